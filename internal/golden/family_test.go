package golden

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"finetune/importer"
	"finetune/internal/onnxfile"
)

// A family is what testdata/families.py says of an architecture.
type family struct {
	Name      string
	Size      int // Height and width of the images.
	Batch     int
	Classes   int
	Gradients map[string]*familyGradients // By form: BatchNorm written, or folded.
	Exports   map[string]export           // By exporter.
}

// familyGradients are PyTorch's in float64, of its module's own parameters.
type familyGradients struct {
	Fill   map[string][2]float64 // Offset and scale, by the module's names.
	Images []string              // Names that fill the images.
	Loss   float64
	Params map[string]struct {
		Norm        float64
		Projections packed // Products with the vectors that fill makes of "parameter/k".
	}
}

// An export is a file that an exporter of PyTorch wrote.
type export struct {
	Gradients    string            // Form.
	Initializers map[string]source // By initializer.
	Logits       packed            // onnxruntime's, [batches, Batch, Classes].
}

// A source says which tensor of the module an initializer is.
type source struct {
	Name       string
	Transposed bool
}

// TestFamilies holds each architecture, as both exporters of PyTorch and tf2onnx
// write it: logits within 1e-4 of the largest of onnxruntime's, of every
// parameter that the module has a gradient with ‖Δ‖ at most 1e-3·‖g‖ of
// PyTorch's, and what is written after a step.
func TestFamilies(t *testing.T) {
	for _, want := range families(t) {
		for _, exporter := range slices.Sorted(maps.Keys(want.Exports)) {
			e := want.Exports[exporter]
			t.Run(want.Name+"/"+exporter, func(t *testing.T) {
				file := want.file(t, exporter)
				opset := file.OpsetVersion()
				m, sources := want.load(t, file, e)
				forward := want.checkLogits(t, m, e)
				r, backward, of := want.checkGradients(t, m, sources, want.Gradients[e.Gradients])
				exported := want.checkExport(t, m, opset, r)
				t.Logf("opset %d: logits %.1e of the largest, gradients of %d parameters %.1e (%s), exported %.1e",
					opset, forward, len(m.Params), backward, of, exported)
			})
		}
	}
}

// TestFamiliesHaveEveryOpset wants several families at every opset that the
// importer reads, and each family in an opset before 14 and in one behind it.
func TestFamiliesHaveEveryOpset(t *testing.T) {
	const least = 3
	count := map[int64]int{}
	for _, f := range families(t) {
		opsets := map[int64]bool{}
		for exporter := range f.Exports {
			opsets[f.file(t, exporter).OpsetVersion()] = true
		}
		sorted := slices.Sorted(maps.Keys(opsets))
		if sorted[0] >= 14 || sorted[len(sorted)-1] <= 14 {
			t.Errorf("%s: opsets %v, want one before and one behind 14", f.Name, sorted)
		}
		for opset := range opsets {
			count[opset]++
		}
	}
	for opset := int64(importer.OldestOpset); opset <= importer.NewestOpset; opset++ {
		if count[opset] < least {
			t.Errorf("%d families of opset %d, want at least %d", count[opset], opset, least)
		}
	}
	t.Logf("families by opset: %v", count)
}

func families(t *testing.T) []*family {
	t.Helper()
	paths, err := filepath.Glob("testdata/families/*.json.gz")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no families in testdata: %v", err)
	}
	list := make([]*family, len(paths))
	for i, path := range paths {
		list[i] = new(family)
		readJSON(t, path, list[i])
	}
	return list
}

// file returns what an exporter wrote.
func (f *family) file(t *testing.T, exporter string) *onnxfile.Model {
	t.Helper()
	file, err := onnxfile.Parse(unzip(t, fmt.Sprintf("testdata/families/%s.%s.onnx.gz", f.Name, exporter)))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// load fills the file's weights, imports it, and says what each parameter of
// the model is.
func (f *family) load(t *testing.T, file *onnxfile.Model, e export) (*importer.Model, []source) {
	t.Helper()
	rules := f.Gradients[e.Gradients].Fill
	sources := map[string]source{}
	for _, tensor := range file.Graph.Initializers {
		from, ok := e.Initializers[tensor.Name]
		if !ok {
			continue
		}
		rule, ok := rules[from.Name]
		if !ok {
			t.Fatalf("initializer %q: the module has no %q", tensor.Name, from.Name)
		}
		sources[tensor.Name] = from
		values := fill(from.Name, tensor.Len(), rule[0], rule[1])
		if from.Transposed {
			values = transposed(values, tensor.Dims[1], tensor.Dims[0])
		}
		tensor.SetFloats(tensor.Dims, values)
	}
	if len(sources) != len(rules) {
		t.Fatalf("the file has %d of the module's %d tensors", len(sources), len(rules))
	}
	for _, n := range file.Graph.Nodes { // The importer names a rearranged weight by the node that rearranges it.
		if n.Op != "Transpose" && n.Op != "Reshape" {
			continue
		}
		if from, ok := sources[n.Inputs[0]]; ok {
			from.Transposed = from.Transposed != (n.Op == "Transpose")
			sources[n.Outputs[0]] = from
		}
	}
	m, err := importer.Load(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	list := make([]source, len(m.Params))
	for i, p := range m.Params {
		list[i] = sources[p.Name]
	}
	return m, list
}

// checkLogits returns the largest difference as a share of the largest logit.
func (f *family) checkLogits(t *testing.T, m *importer.Model, e export) float64 {
	t.Helper()
	const tolerance = 1e-4
	r := compile(t, m, importer.BuildOptions{Batch: f.Batch, Height: f.Size, Width: f.Size})
	images := r.machine.Input(r.graph.Images)
	logits := e.Logits.floats(t)
	perBatch := f.Batch * f.Classes
	worst, largest := 0.0, 0.0
	for k := range len(logits) / perBatch {
		for row := range f.Batch {
			copy(images[row*len(images)/f.Batch:], fill(fmt.Sprintf("%s/forward/%d/%d", f.Name, k, row), len(images)/f.Batch, 0, 2))
		}
		r.machine.Forward()
		got := r.machine.Output(r.graph.Logits)
		for i, v := range logits[k*perBatch : (k+1)*perBatch] {
			largest = math.Max(largest, math.Abs(float64(v)))
			worst = math.Max(worst, math.Abs(float64(got[i]-v)))
		}
	}
	if !(worst <= tolerance*largest) {
		t.Errorf("logits differ by up to %v, want %v of the largest, %v", worst, tolerance, largest)
	}
	return worst / largest
}

// checkGradients returns the largest ‖Δ‖/‖g‖, the parameter that has it, and the
// run, which has the gradients.
func (f *family) checkGradients(t *testing.T, m *importer.Model, sources []source, g *familyGradients) (r *run, worst float64, of string) {
	t.Helper()
	const tolerance = 1e-3
	r = compile(t, m, importer.BuildOptions{Batch: f.Batch, Height: f.Size, Width: f.Size, Mode: importer.TrainFrozen, Loss: true})
	images := r.machine.Input(r.graph.Images)
	labels := r.machine.Input(r.graph.Labels)
	for row, name := range g.Images {
		copy(images[row*len(images)/f.Batch:], fill(name, len(images)/f.Batch, 0, 2))
		labels[row*f.Classes+row*3%f.Classes] = 1
	}
	r.machine.RunAll()
	if loss := float64(r.machine.Output(r.graph.Loss)[0]); !(math.Abs(loss-g.Loss) <= 1e-4*math.Abs(g.Loss)) {
		t.Errorf("loss is %v, want %v", loss, g.Loss)
	}
	largest := 0.0
	for _, p := range g.Params {
		largest = math.Max(largest, p.Norm)
	}
	trained := map[string]bool{}
	for i, p := range m.Params {
		from := sources[i]
		want, ok := g.Params[from.Name]
		if !ok || trained[from.Name] {
			t.Errorf("parameter %q of the model: PyTorch's %q is no parameter, or is another's too", p.Name, from.Name)
			continue
		}
		trained[from.Name] = true
		got := make([]float32, len(p.Value))
		r.params.GetGrad(i, got)
		if from.Transposed {
			got = transposed(got, p.Shape[0], p.Shape[1])
		}
		if want.Norm <= vanishing*largest {
			if norm := norm(got); !(norm <= 1e-5*largest) {
				t.Errorf("gradient of %s has norm %v, want nothing beside %v", from.Name, norm, largest)
			}
			continue
		}
		ratio := distance(from.Name, got, want.Projections.floats(t)) / want.Norm
		if !(ratio <= tolerance) {
			t.Errorf("gradient of %s %v: ‖Δ‖/‖g‖ = %.2g, want at most %v (‖g‖ = %.3g)", from.Name, p.Shape, ratio, tolerance, want.Norm)
		}
		if ratio > worst {
			worst, of = ratio, from.Name
		}
	}
	for name := range g.Params {
		if !trained[name] {
			t.Errorf("parameter %q of PyTorch's module is not trained", name)
		}
	}
	return r, worst, of
}

// distance estimates the length of what separates a gradient from one of which
// the products with random vectors are known. An element of such a vector is
// uniform in [-1, 1), so the product with a difference Δ has the mean square
// ‖Δ‖²/3.
func distance(name string, got []float32, projections []float32) float64 {
	sum := 0.0
	for k, want := range projections {
		product := 0.0
		for i, u := range fill(fmt.Sprintf("%s/%d", name, k), len(got), 0, 1) {
			product += float64(got[i]) * float64(u)
		}
		sum += (product - float64(want)) * (product - float64(want))
	}
	return math.Sqrt(3 * sum / float64(len(projections)))
}

func norm(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// transposed returns the transpose of a row-major matrix.
func transposed(values []float32, rows, cols int) []float32 {
	out := make([]float32, 0, len(values))
	for c := range cols {
		for r := range rows {
			out = append(out, values[r*cols+c])
		}
	}
	return out
}
