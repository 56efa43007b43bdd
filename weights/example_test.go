package weights_test

import (
	"fmt"

	"finetune/weights"
)

func ExampleLookup() {
	info, err := weights.Lookup("efficientnet_lite0")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(info.Name, info.Licence, info.InputSize, info.Interpolation, info.Mean, info.Std)

	_, err = weights.Lookup("mobilenetv2")
	fmt.Println(err)
	// Output:
	// efficientnet_lite0.google Apache-2.0 224 bicubic [127 127 127] [128 128 128]
	// weights: "mobilenetv2" may be mobilenetv2.mxnet, mobilenetv2.pytorch: want one of them
}
