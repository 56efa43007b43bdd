package augment_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"

	"finetune/augment"
)

// The way of a picture into a batch: bytes, picture, augmented picture, tensor.
func Example() {
	plain := image.NewNRGBA(image.Rect(0, 0, 40, 30))
	for i := range plain.Pix {
		plain.Pix[i] = 191
	}
	plain.Set(0, 0, color.White)
	var file bytes.Buffer
	png.Encode(&file, plain)

	const size = 16
	training, err := augment.Training("random_resized_crop(0.35,1)|flip", size, 0.875, augment.Bicubic)
	if err != nil {
		fmt.Println(err)
		return
	}
	normalization := augment.Normalization{Mean: [3]float32{127, 127, 127}, Std: [3]float32{128, 128, 128}}
	tensor := make([]float32, 3*size*size)

	img, err := augment.Decode(file.Bytes(), augment.DecodeOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	const seed, epoch, sample = 0, 3, 17
	rng := rand.New(rand.NewPCG(seed<<32|epoch, sample))
	augment.ToTensor(tensor, training.Apply(img, rng), normalization)
	fmt.Println(training)
	fmt.Printf("%.2f\n", tensor[len(tensor)-1])
	// Output:
	// random_resized_crop(16,0.35,1)|flip(0.5)
	// 0.62
}

func ExampleParse() {
	_, err := augment.Parse("random_resized_crop(0.35,1)|flip(2)", 224, augment.Bicubic)
	fmt.Println(err)
	// Output: augment: spec "random_resized_crop(0.35,1)|flip(2)": column 34: 2: want a number from 0 to 1, as in flip(p)
}
