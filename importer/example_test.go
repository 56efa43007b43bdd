package importer_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"

	"finetune/importer"
)

func Example() {
	data, err := os.ReadFile("../weights/efficientnet_lite0.onnx")
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := importer.Load(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model.Classes(), "classes of", model.Features(), "features")
	if err := model.ReplaceHead(102, rand.New(rand.NewPCG(1, 2))); err != nil {
		fmt.Println(err)
		return
	}
	graph, err := model.Build(importer.BuildOptions{Batch: 32, Mode: importer.TrainFrozen, Loss: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(graph.Images.Shape(), "to", graph.Logits.Shape())
	var file bytes.Buffer
	err = model.WriteONNX(&file, map[string]string{"task": "flowers"})
	fmt.Println(err)
	// Output:
	// 1000 classes of 1280 features
	// (32, 3, 224, 224) to (32, 102)
	// <nil>
}
