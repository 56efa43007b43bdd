package report

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"time"
)

// sample is a made-up run: classes come in families of four that are taken
// for each other, with one prediction for each of perClass images a class.
func sample(classes, perClass, epochs, samFrom int) Data {
	r := rand.New(rand.NewPCG(1, uint64(classes)))
	d := Data{
		Title: "flowers · efficientnet_lite0.google", Task: "flowers", Backbone: "efficientnet_lite0.google",
		Method:   fmt.Sprintf("SAM (rho 0.05) on SGD from epoch %d, %d epochs", samFrom, epochs),
		Finished: time.Date(2026, 11, 24, 17, 30, 0, 0, time.UTC),
		Protocol: "train on trnid + valid (2,040 images), test on tstid (6,149 images), the official split",
		Before:   &Accuracy{N: 1000, Top1: 1.2 / float64(classes)},

		TrainSeconds: 872, ImagesPerSecond: 28.1, DataWaitShare: 0.0213, Parameters: 3_500_000, ModelBytes: 13_900_000,
		ModelSHA256: "4a44dc15364204a80fe80e9039455cc1608281820fe2b24f1e5233ade6af1dd5",
		Thumbnail:   sampleThumbnail,
		Config: [][2]string{{"task", "flowers"}, {"data", ""}, {"backbone", "efficientnet_lite0.google"}, {"optimizer", "sam"},
			{"rho", "0.05"}, {"sam-from", "3"}, {"clip-norm", "5"}, {"epochs", "12"}, {"batch", "32"}, {"lr", "0.02"}, {"schedule", "cosine"},
			{"augment", "random_resized_crop(224,0.35,1)|flip"}, {"seed", "0"}},
		Environment: [][2]string{{"cpu", "two cores"}, {"go", "go1.26"}, {"backend", "gokernel avx512"}},
	}
	names := []string{"pink primrose", "hard-leaved pocket orchid", "canterbury bells", "sweet pea", "english marigold", "tiger lily", "moon orchid"}
	for i := range classes {
		d.Classes = append(d.Classes, fmt.Sprintf("%s %d", names[i%len(names)], i))
	}
	for label := range classes {
		skill := 1 - 0.25*r.Float64()*r.Float64()*2
		for i := range perClass {
			p := Prediction{Path: fmt.Sprintf("jpg/image_%05d.jpg", label*perClass+i), Label: label, Predicted: label, Probability: 0.5 + 0.5*r.Float64()}
			if r.Float64() > skill {
				p.Predicted = (label + classes/3*(1+r.IntN(2))) % classes
				if r.Float64() < 0.1 {
					p.Predicted = r.IntN(classes)
				}
				p.LabelProbability = (1 - p.Probability) * r.Float64()
			}
			d.Predictions = append(d.Predictions, p)
		}
	}
	right := 0
	for _, p := range d.Predictions {
		if p.Label == p.Predicted {
			right++
		}
	}
	n := len(d.Predictions)
	d.After = Accuracy{N: n, Top1: float64(right) / float64(n), Top5: 0.991, MeanPerClass: float64(right)/float64(n) + 0.004, Loss: 0.2371}
	half := 1.96 * math.Sqrt(d.After.Top1*(1-d.After.Top1)/float64(n))
	d.After.Top1CI95 = [2]float64{d.After.Top1 - half, d.After.Top1 + half}
	sampleCurves(&d, r, epochs, samFrom)
	return d
}

func sampleCurves(d *Data, r *rand.Rand, epochs, samFrom int) {
	const perEpoch = 64
	start := math.Log(float64(len(d.Classes)))
	for i := range epochs * perEpoch {
		t := float64(i) / float64(epochs*perEpoch)
		s := Step{Step: i + 1, Epoch: i/perEpoch + 1, LearningRate: 0.01 * (1 + math.Cos(math.Pi*t)) * min(1, float64(i+1)/32)}
		s.Loss = start*math.Exp(-6*t) + 0.15*r.ExpFloat64()
		s.GradNorm = 1 + 9*math.Exp(-4*t)*(0.5+r.Float64())
		if s.Epoch >= samFrom {
			s.PerturbedLoss = s.Loss*1.1 + 0.2
		}
		d.Steps = append(d.Steps, s)
	}
	for e := 1; e <= epochs; e++ {
		t := float64(e) / float64(epochs)
		d.Epochs = append(d.Epochs, Epoch{Epoch: e, LastStep: e * perEpoch, TrainLoss: start * math.Exp(-6*t), TrainAccuracy: 0.99 - 0.9*math.Exp(-6*t),
			Evaluated: e%2 == 0, Loss: 0.2 + start*math.Exp(-7*t), Top1: d.After.Top1 - 0.8*math.Exp(-8*t)})
	}
}

func sampleThumbnail(path string) ([]byte, error) {
	if path == "jpg/image_00001.jpg" {
		return nil, errors.New("truncated")
	}
	seed := uint8(len(path) * int(path[len(path)-5]))
	m := image.NewRGBA(image.Rect(0, 0, 128, 128))
	for y := range 128 {
		for x := range 128 {
			d := math.Hypot(float64(x)-64, float64(y)-64)
			petal := 40 + 16*math.Cos(5*math.Atan2(float64(y)-64, float64(x)-64))
			c := color.RGBA{60, uint8(90 + y/3), 50, 255}
			if d < petal {
				c = color.RGBA{220, seed * 3, uint8(120 + 2*d), 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, m, nil)
	return b.Bytes(), err
}
