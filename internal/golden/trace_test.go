package golden

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"finetune/importer"
	"finetune/sam"
)

// A trace is 20 steps of PyTorch on EfficientNet-Lite0 with a fresh head.
type trace struct {
	SAMFrom int `json:"sam_from"` // First step, from 0, that is SAM's.
	LR      float64
	Rates   []float64 // Learning rates, where they change.
	BN      string
	Batch   int
	Classes int
	Size    int
	Losses  []float64
	Norms   []float64 `json:"grad_norms"`
}

// TestTracesAgreeWithPyTorch runs SGD and SAM from the same weights on the
// same batches as PyTorch did: the loss of the last step agrees within 1e-3.
func TestTracesAgreeWithPyTorch(t *testing.T) {
	const tolerance = 1e-3
	var traces []trace
	readJSON(t, "testdata/traces.json.gz", &traces)
	for _, want := range traces {
		t.Run(fmt.Sprintf("sam_from=%d,bn=%s,lr=%v", want.SAMFrom, want.BN, want.LR), func(t *testing.T) {
			got := follow(t, want)
			last := len(got) - 1
			for i, loss := range got {
				t.Logf("step %2d: loss %.6f, PyTorch %.6f", i+1, loss, want.Losses[i])
			}
			if !(math.Abs(got[last]-want.Losses[last]) <= tolerance*want.Losses[last]) {
				t.Errorf("loss of step %d is %v, want %v within %v", last+1, got[last], want.Losses[last], tolerance)
			}
		})
	}
}

// TestSAMFromTheFirstStepStaysAtChance keeps the fact that makes --sam-from
// the default: on a fresh head over frozen BatchNorm a perturbation of length
// 0.05 holds the loss at ln(classes), here as in PyTorch's trace, where SGD
// with the same learning rate has long left it.
func TestSAMFromTheFirstStepStaysAtChance(t *testing.T) {
	var traces []trace
	readJSON(t, "testdata/traces.json.gz", &traces)
	for _, want := range traces {
		if want.SAMFrom != 0 || want.BN != "frozen" {
			continue
		}
		chance, last := math.Log(float64(want.Classes)), len(want.Losses)-1
		withSAM := follow(t, want)[last]
		want.SAMFrom = len(want.Losses)
		withSGD := follow(t, want)[last]
		t.Logf("chance %.3f, PyTorch's SAM %.3f, SAM %.3f, SGD %.3f", chance, want.Losses[last], withSAM, withSGD)
		if math.Abs(want.Losses[last]-chance) > 0.01 || math.Abs(withSAM-chance) > 0.01 {
			t.Errorf("SAM from the first step ends at loss %v, PyTorch's at %v, want chance, %v", withSAM, want.Losses[last], chance)
		}
		if withSGD > chance-0.4 {
			t.Errorf("SGD ends at loss %v, want well under chance, %v", withSGD, chance)
		}
	}
}

// follow takes the steps of the trace and returns their losses.
func follow(t *testing.T, want trace) []float64 {
	t.Helper()
	m := lite0WithHead(t, want)
	mode := importer.TrainFrozen
	if want.BN == "train" {
		mode = importer.TrainBatch
	}
	r := compile(t, m, importer.BuildOptions{Batch: want.Batch, Height: want.Size, Width: want.Size, Mode: mode, Loss: true})
	var params []sam.Param
	for i, p := range m.Params {
		params = append(params, sam.Param{Name: p.Name, Value: r.params.Value(i), Grad: r.params.Grad(i)})
	}
	gradient := func(pass sam.Pass) (float64, error) {
		r.machine.MoveStatistics(pass == sam.Clean)
		err := r.machine.RunAll()
		return float64(r.machine.Output(r.graph.Loss)[0]), err
	}
	optimizer := &sam.SAM{Base: &sam.SGD{Momentum: 0.9, Nesterov: true, WeightDecay: 1e-5}, ClipNorm: 5}
	var losses []float64
	for step := range want.Losses {
		r.setBatch(want, step)
		if step >= want.SAMFrom {
			optimizer.Rho = 0.05
		}
		stats, err := optimizer.Step(params, want.LR, gradient)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, stats.Loss)
	}
	return losses
}

// lite0WithHead returns the embedded backbone with the trace's fresh head.
func lite0WithHead(t *testing.T, want trace) *importer.Model {
	t.Helper()
	m, err := importer.Load(lite0(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.ReplaceHead(want.Classes, rand.New(rand.NewPCG(0, 0))); err != nil {
		t.Fatal(err)
	}
	for _, i := range m.HeadParams() {
		if p := m.Params[i]; len(p.Shape) == 2 {
			copy(p.Value, fill("trace/head", len(p.Value), 0, 0.02))
		}
	}
	return m
}

// setBatch puts the batch of a step into the machine.
func (r *run) setBatch(want trace, step int) {
	images, labels := batch(want, step)
	copy(r.machine.Input(r.graph.Images), images)
	copy(r.machine.Input(r.graph.Labels), labels)
}

// batch makes the images and labels of a step: a coarse pattern for the class,
// and noise.
func batch(want trace, step int) (images, labels []float32) {
	block, plane := want.Size/4, want.Size*want.Size
	images = fill(fmt.Sprintf("trace/noise/%d", step), want.Batch*3*plane, 0, 1)
	labels = make([]float32, want.Batch*want.Classes)
	for row := range want.Batch {
		class := (row*7%want.Classes + step) % want.Classes
		labels[row*want.Classes+class] = 1
		pattern := fill(fmt.Sprintf("trace/class/%d", class), 3*4*4, 0, 1)
		image := images[row*3*plane : (row+1)*3*plane]
		for i := range image {
			c, y, x := i/plane, i%plane/want.Size, i%want.Size
			image[i] += pattern[c*16+y/block*4+x/block]
		}
	}
	return images, labels
}
