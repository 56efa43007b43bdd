package sam

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A classifier is a small network as fine-tuning meets it: linear layers with
// ReLU between them, scaled to keep the size of their inputs, under a fresh
// head drawn from N(0, 0.01).
type classifier struct {
	params  []Param // Weights of a layer each, [outputs, inputs].
	widths  []int
	outputs [][]float64 // Of a layer, for one example; outputs[0] is the example.
}

func newClassifier(rng *rand.Rand, widths ...int) *classifier {
	c := &classifier{widths: widths, outputs: make([][]float64, len(widths))}
	c.outputs[0] = make([]float64, widths[0])
	for l := range len(widths) - 1 {
		n := widths[l] * widths[l+1]
		p := Param{Name: string(rune('a' + l)), Value: make([]float32, n), Grad: make([]float32, n)}
		std := math.Sqrt(2 / float64(widths[l]))
		if l == len(widths)-2 {
			std = 0.01
		}
		for i := range p.Value {
			p.Value[i] = float32(std * rng.NormFloat64())
		}
		c.params = append(c.params, p)
		c.outputs[l+1] = make([]float64, widths[l+1])
	}
	return c
}

// forward returns the logits of outputs[0].
func (c *classifier) forward() []float64 {
	for l, p := range c.params {
		x, y := c.outputs[l], c.outputs[l+1]
		for o := range y {
			sum, row := 0.0, p.Value[o*len(x):][:len(x)]
			for i, v := range x {
				sum += float64(row[i]) * v
			}
			if l < len(c.params)-1 {
				sum = max(sum, 0)
			}
			y[o] = sum
		}
	}
	return c.outputs[len(c.outputs)-1]
}

// backward adds the gradient of the loss, dy at the logits, to grads.
func (c *classifier) backward(dy []float64, grads [][]float64) {
	for l := len(c.params) - 1; l >= 0; l-- {
		x := c.outputs[l]
		dx := make([]float64, len(x))
		for o, d := range dy {
			if d == 0 {
				continue
			}
			row, grad := c.params[l].Value[o*len(x):][:len(x)], grads[l][o*len(x):][:len(x)]
			for i, v := range x {
				grad[i] += d * v
				dx[i] += d * float64(row[i])
			}
		}
		for i, v := range x {
			if v <= 0 {
				dx[i] = 0
			}
		}
		dy = dx
	}
}

// gradient returns the Gradient of the mean cross-entropy of a batch.
func (c *classifier) gradient(images [][]float64, labels []int) Gradient {
	return func(Pass) (float64, error) {
		grads := make([][]float64, len(c.params))
		for l, p := range c.params {
			grads[l] = make([]float64, len(p.Grad))
		}
		loss := 0.0
		for n, image := range images {
			copy(c.outputs[0], image)
			logits := c.forward()
			sum := 0.0
			for _, z := range logits {
				sum += math.Exp(z)
			}
			dy := make([]float64, len(logits))
			for k, z := range logits {
				dy[k] = math.Exp(z) / sum / float64(len(images))
			}
			dy[labels[n]] -= 1 / float64(len(images))
			loss += (math.Log(sum) - logits[labels[n]]) / float64(len(images))
			c.backward(dy, grads)
		}
		for l, p := range c.params {
			for i, g := range grads[l] {
				p.Grad[i] = float32(g)
			}
		}
		return loss, nil
	}
}

// train takes steps, with SAM from step samFrom on, and returns the mean loss
// of the last 20.
func (c *classifier) train(t *testing.T, rng *rand.Rand, rho float64, samFrom, steps int) float64 {
	t.Helper()
	const batch, noise, learningRate = 32, 0.5, 0.02
	classes := c.widths[len(c.widths)-1]
	prototypes := make([][]float64, classes)
	for k := range prototypes {
		prototypes[k] = make([]float64, c.widths[0])
		for i := range prototypes[k] {
			prototypes[k][i] = rng.NormFloat64()
		}
	}
	optimizer := &SAM{Base: &SGD{Momentum: 0.9, Nesterov: true}, ClipNorm: 5}
	mean := 0.0
	images, labels := make([][]float64, batch), make([]int, batch)
	for k := range steps {
		for n := range images {
			labels[n] = rng.IntN(classes)
			images[n] = make([]float64, c.widths[0])
			for i, v := range prototypes[labels[n]] {
				images[n][i] = v + noise*rng.NormFloat64()
			}
		}
		if k >= samFrom {
			optimizer.Rho = rho
		}
		stats, err := optimizer.Step(c.params, learningRate, c.gradient(images, labels))
		if err != nil {
			t.Fatal(err)
		}
		if k >= steps-20 {
			mean += stats.Loss / 20
		}
	}
	return mean
}

// TestFreshHead shows why SAM begins after some epochs of the base optimizer:
// with a large rho, a network under a fresh head stays at chance, a loss of
// ln 50 = 3.91; it leaves chance with a small rho, or where the base
// optimizer went first.
func TestFreshHead(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for seconds")
	}
	const classes, steps = 50, 200
	tests := []struct {
		name     string
		rho      float64
		samFrom  int
		min, max float64 // Of the loss.
	}{
		{"sgd", 0, 0, 0, 1},
		{"small rho", 0.1, 0, 0, 1},
		{"large rho", 1, 0, 3.8, 4},
		{"large rho from step 80", 1, 80, 0, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			loss := newClassifier(rng, 16, 32, 32, 32, classes).train(t, rng, test.rho, test.samFrom, steps)
			if !(loss >= test.min && loss <= test.max) {
				t.Errorf("loss = %.3f, want %v to %v", loss, test.min, test.max)
			}
		})
	}
}
