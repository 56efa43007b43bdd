package augment

import (
	"image"
	"testing"
)

func TestToTensor(t *testing.T) {
	wide := photograph(7, 6)
	img := wide.SubImage(image.Rect(2, 1, 6, 4)).(*image.NRGBA) // 4×3.
	const w, h = 4, 3
	for _, n := range []Normalization{
		{Mean: [3]float32{1, 2, 3}, Std: [3]float32{10, 20, 40}},
		{Mean: [3]float32{1, 2, 3}, Std: [3]float32{10, 20, 40}, BGR: true},
		{Mean: [3]float32{1, 2, 3}, Std: [3]float32{10, 20, 40}, NHWC: true},
		{Mean: [3]float32{1, 2, 3}, Std: [3]float32{10, 20, 40}, NHWC: true, BGR: true},
	} {
		dst := make([]float32, 3*w*h)
		ToTensor(dst, img, n)
		for y := range h {
			for x := range w {
				at := img.NRGBAAt(2+x, 1+y)
				pixel := [3]uint8{at.R, at.G, at.B}
				if n.BGR {
					pixel = [3]uint8{at.B, at.G, at.R}
				}
				for c, v := range pixel {
					i := (c*h+y)*w + x
					if n.NHWC {
						i = (y*w+x)*3 + c
					}
					if want := (float32(v) - n.Mean[c]) / n.Std[c]; dst[i] != want {
						t.Errorf("%+v: dst[%d] = %v, want %v", n, i, dst[i], want)
					}
				}
			}
		}
	}
}

func TestToTensorPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a tensor of the wrong length is taken")
		}
	}()
	ToTensor(make([]float32, 11), photograph(2, 2), Normalization{})
}
