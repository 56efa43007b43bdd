package augment

import (
	"bytes"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// BenchmarkFiles takes real pictures from file to tensor at 224 pixels, one of
// each step for all pictures, and reports the processor time of a picture.
func BenchmarkFiles(b *testing.B) {
	for _, set := range []struct{ name, pattern string }{
		{"flowers", "flowers/jpg/image_0?0?0.jpg"},
		{"flowers-original", "flowers_original_sample/jpg/*.jpg"},
		{"cars", "cars/cars_train/*0.jpg"},
		{"odd", "pets_odd_originals/*.jpg"},
	} {
		b.Run(set.name, func(b *testing.B) { benchmarkFiles(b, dataFiles(b, set.pattern)) })
	}
}

func benchmarkFiles(b *testing.B, names []string) {
	training, err := Training("random_resized_crop(0.35,1)|flip", 224, 0.875, Bicubic)
	if err != nil {
		b.Fatal(err)
	}
	n := Normalization{Mean: [3]float32{127, 127, 127}, Std: [3]float32{128, 128, 128}}
	tensor, buf := make([]float32, 3*224*224), make([]uint8, 4<<20)
	rng := rand.New(rand.NewPCG(1, 2))
	var files [][]byte
	var kept []*Picture
	pixels, keptBytes := 0, int64(0)
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dataRoot, name))
		if err != nil {
			b.Fatal(err)
		}
		p, err := DecodePicture(data, DecodeOptions{})
		if err != nil {
			b.Fatal(err)
		}
		full := p.NRGBA(nil)
		pixels += full.Rect.Dx() * full.Rect.Dy()
		p = p.Shrink(training.Enough())
		keptBytes += p.Bytes()
		files, kept = append(files, data), append(kept, p)
	}
	for _, step := range []struct {
		name string
		do   func(i int)
	}{
		{"jpeg.Decode", func(i int) { jpeg.Decode(bytes.NewReader(files[i])) }},
		{"decode+shrink", func(i int) {
			p, _ := DecodePicture(files[i], DecodeOptions{})
			p.Shrink(training.Enough())
		}},
		{"colours", func(i int) { kept[i].NRGBA(buf) }},
		{"augment", func(i int) { training.Apply(kept[i].NRGBA(buf), rng) }},
		{"tensor", func(i int) { ToTensor(tensor, training.Apply(kept[i].NRGBA(buf), rng), n) }},
	} {
		b.Run(step.name, func(b *testing.B) {
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				for i := range files {
					step.do(i)
				}
			}
			images := float64(b.N * len(files))
			b.ReportMetric((processorTime(b)-before)*1e3/images, "cpu-ms/image")
			b.ReportMetric(float64(pixels)/float64(len(files)), "pixels")
			b.ReportMetric(float64(keptBytes)/float64(len(files)), "kept-B")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// processorTime returns what the process has taken, seconds.
func processorTime(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
