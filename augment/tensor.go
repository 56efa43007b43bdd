package augment

import (
	"fmt"
	"image"
)

// A Normalization says how pixels become the input of a network.
type Normalization struct {
	Mean, Std [3]float32 // In the order of the channels, on 0..255: input = (pixel − Mean)/Std.
	BGR       bool       // Channels are blue, green, red; otherwise red, green, blue.
	NHWC      bool       // Channels last; otherwise a plane a channel.
}

// ToTensor writes img to dst as [3, H, W], or [H, W, 3] if n.NHWC. It panics if
// dst has another length.
func ToTensor(dst []float32, img *image.NRGBA, n Normalization) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if len(dst) != 3*w*h {
		panic(fmt.Sprintf("augment: a tensor of %d numbers for a %d×%d picture, want %d", len(dst), w, h, 3*w*h))
	}
	var tables [3][256]float32
	for c := range tables {
		for v := range tables[c] {
			tables[c][v] = (float32(v) - n.Mean[c]) / n.Std[c]
		}
	}
	first, last := 0, 2 // Of the pixel's bytes.
	if n.BGR {
		first, last = 2, 0
	}
	plane := w * h
	for y := range h {
		pix := img.Pix[y*img.Stride:][:4*w]
		if n.NHWC {
			row := dst[3*y*w:][:3*w]
			for x := range w {
				row[3*x] = tables[0][pix[4*x+first]]
				row[3*x+1] = tables[1][pix[4*x+1]]
				row[3*x+2] = tables[2][pix[4*x+last]]
			}
			continue
		}
		c0, c1, c2 := dst[y*w:][:w], dst[plane+y*w:][:w], dst[2*plane+y*w:][:w]
		for x := range w {
			c0[x] = tables[0][pix[4*x+first]]
			c1[x] = tables[1][pix[4*x+1]]
			c2[x] = tables[2][pix[4*x+last]]
		}
	}
}
