package augment

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/disintegration/imaging"
	nfnt "github.com/nfnt/resize"
)

// photograph returns a w×h picture with the smoothness and detail of one.
func photograph(w, h int) *image.NRGBA {
	rng := rand.New(rand.NewPCG(1, 2))
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			wave := math.Sin(float64(x)/17)*math.Cos(float64(y)/23) + 0.5*math.Sin(float64(x*y)/900)
			p := img.Pix[y*img.Stride+4*x:]
			for c := range 3 {
				p[c] = uint8(clamp(int32(128 + 60*wave*float64(c+1)/2 + 10*rng.NormFloat64())))
			}
			p[3] = 255
		}
	}
	return img
}

func jpegBytes(tb testing.TB, img image.Image, quality int) []byte {
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: quality}); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

// benchmark reports pictures a second of one call each, on one core.
func benchmark(b *testing.B, name string, f func()) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f()
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "images/s")
	})
}

// BenchmarkInput times the way of a picture of the size that Flowers has here,
// 320×256, from a file to a tensor.
func BenchmarkInput(b *testing.B) {
	src := photograph(320, 256)
	data := jpegBytes(b, src, 72)
	rng := rand.New(rand.NewPCG(1, 2))
	training, err := Training("random_resized_crop(0.35,1)|flip", 224, 0.875, Bicubic)
	if err != nil {
		b.Fatal(err)
	}
	evaluation := Evaluation(224, 0.875, Bicubic)
	n := Normalization{Mean: [3]float32{127, 127, 127}, Std: [3]float32{128, 128, 128}}
	tensor := make([]float32, 3*224*224)

	benchmark(b, "jpeg.Decode", func() { jpeg.Decode(bytes.NewReader(data)) })
	benchmark(b, "decode", func() { Decode(data, DecodeOptions{}) })
	benchmark(b, "train", func() { ToTensor(tensor, training.Apply(src, rng), n) })
	benchmark(b, "evaluate", func() { ToTensor(tensor, evaluation.Apply(src, nil), n) })
	benchmark(b, "decode+train", func() {
		img, _ := Decode(data, DecodeOptions{})
		ToTensor(tensor, training.Apply(img, rng), n)
	})
	benchmark(b, "tensor", func() { ToTensor(tensor, src.SubImage(image.Rect(0, 0, 224, 224)).(*image.NRGBA), n) })
	benchmark(b, "color_jitter", func() { mustParse(b, "color_jitter(0.2)").Apply(src, rng) })
}

// BenchmarkResample compares ways to take the centre of a 500×375 picture to
// 224×224; nfnt/resize and imaging only know whole pixels.
func BenchmarkResample(b *testing.B) {
	src := photograph(500, 375)
	box := centerCrop{0.875}.box(src.Rect, nil)
	crop := image.Rect(int(box.X0), int(box.Y0), int(box.X1), int(box.Y1))
	benchmark(b, "augment", func() { Resample(src, box, 224, 224, Bicubic) })
	benchmark(b, "imaging", func() { imaging.Resize(src.SubImage(crop), 224, 224, imaging.CatmullRom) })
	benchmark(b, "nfnt", func() { nfnt.Resize(224, 224, rgba(src).SubImage(crop), nfnt.Bicubic) })
}

// rgba returns an opaque picture in the type for which nfnt/resize is fast.
func rgba(img *image.NRGBA) *image.RGBA {
	return &image.RGBA{Pix: img.Pix, Stride: img.Stride, Rect: img.Rect}
}

func mustParse(tb testing.TB, spec string) Pipeline {
	tb.Helper()
	p, err := Parse(spec, 224, Bicubic)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
