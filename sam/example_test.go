package sam_test

import (
	"fmt"

	"finetune/sam"
)

// One step on ½·(w₀² + 4·w₁²) from (3, 1): the gradient (3, 4) has norm 5, so
// SAM evaluates the second one at (3.6, 1.8).
func ExampleSAM_Step() {
	w := sam.Param{Name: "w", Value: []float32{3, 1}, Grad: make([]float32, 2)}
	gradient := func(sam.Pass) (loss float64, err error) {
		w.Grad[0], w.Grad[1] = w.Value[0], 4*w.Value[1]
		return float64(w.Value[0]*w.Value[0]+4*w.Value[1]*w.Value[1]) / 2, nil
	}

	optimizer := &sam.SAM{Base: &sam.SGD{Momentum: 0.9}, Rho: 1}
	stats, err := optimizer.Step([]sam.Param{w}, 0.125, gradient)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("loss %.2f, at w+ε %.2f, gradient norm %.2f\n", stats.Loss, stats.PerturbedLoss, stats.GradNorm)
	fmt.Printf("w %.3f\n", w.Value)
	// Output:
	// loss 6.50, at w+ε 12.96, gradient norm 5.00
	// w [2.550 0.100]
}
