package op_test

import (
	"fmt"
	"log"

	"finetune/internal/op"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A linear layer and its loss, differentiated and run by Gorgonia.
func Example() {
	g := gorgonia.NewGraph()
	input := func(name string, shape tensor.Shape, data ...float32) *gorgonia.Node {
		value := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
		return gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithValue(value))
	}
	x := input("x", tensor.Shape{1, 2}, 1, 2)
	w := input("w", tensor.Shape{2, 2}, 3, 3, -1, -1)
	labels := input("labels", tensor.Shape{1, 2}, 1, 0)

	logits, err := op.Apply(&op.Dense{}, x, w)
	if err != nil {
		log.Fatal(err)
	}
	loss, err := op.Apply(&op.CrossEntropy{}, logits, labels)
	if err != nil {
		log.Fatal(err)
	}
	gradients, err := gorgonia.Grad(loss, w)
	if err != nil {
		log.Fatal(err)
	}

	machine := gorgonia.NewTapeMachine(g)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("loss %.4f\n", loss.Value().Data())
	fmt.Println("gradient", gradients[0].Value().Data())
	// Output:
	// loss 0.6931
	// gradient [-0.5 0.5 -1 1]
}
