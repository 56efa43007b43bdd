package importer

import (
	"archive/zip"
	"errors"
	"io"
	"math"
	"path"
	"slices"
	"testing"

	"finetune/internal/onnxfile"

	G "gorgonia.org/gorgonia"
)

// refused are the official node tests of features that Load refuses.
var refused = []string{
	"test_constant_pad_negative", // Negative pads are no padding.
	"test_edge_pad", "test_reflect_pad", "test_wrap_pad",
	"test_gemm_transposeA", "test_gemm_all_attributes", // transA.
	"test_matmul_3d", "test_matmul_4d", "test_matmul_bcast", "test_matmul_1d_1d", "test_matmul_1d_3d", // w is no matrix.
	"test_matmul_4d_1d",
	"test_reduce_mean_default_axes_keepdims_example", "test_reduce_mean_default_axes_keepdims_random", // Not H and W.
	"test_reduce_mean_do_not_keepdims_example", "test_reduce_mean_do_not_keepdims_random",
	"test_reduce_mean_keepdims_example", "test_reduce_mean_keepdims_random",
	"test_reduce_mean_negative_axes_keepdims_example", "test_reduce_mean_negative_axes_keepdims_random",
}

// nodeTolerance is that of single precision sums of a few hundred terms.
const nodeTolerance = 1e-5

// TestOfficialNodes runs ONNX's node tests, see testdata/node_tests.py.
func TestOfficialNodes(t *testing.T) {
	archive, err := zip.OpenReader("testdata/node_tests.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	seen := map[string]bool{}
	for _, f := range archive.File {
		dir, base := path.Split(f.Name)
		if base != "model.onnx" {
			continue
		}
		t.Run(path.Clean(dir), func(t *testing.T) {
			m, err := parse(member(t, archive, f.Name))
			if err == nil {
				seen[m.file.Graph.Nodes[0].Op] = true
				err = m.prepare(m.file.Graph.Outputs[0].Name)
			}
			if err != nil {
				t.Fatal(err)
			}
			x, want := testTensor(t, archive, dir+"input.pb"), testTensor(t, archive, dir+"output.pb")
			got, err := runNode(t, m, x)
			if slices.Contains(refused, path.Clean(dir)) {
				if !errors.Is(err, ErrUnsupported) {
					t.Errorf("err = %v, want %v", err, ErrUnsupported)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			compare(t, got, want, tolerance(path.Clean(dir)))
		})
	}
	for _, op := range Operators() {
		if !seen[op] && !slices.Contains([]string{"Constant", "Shape", "Gather", "Cast"}, op) {
			t.Errorf("no node test of %s", op)
		}
	}
}

func member(t *testing.T, archive *zip.ReadCloser, name string) []byte {
	t.Helper()
	f, err := archive.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func testTensor(t *testing.T, archive *zip.ReadCloser, name string) Tensor {
	t.Helper()
	p, err := onnxfile.ParseTensor(member(t, archive, name))
	if err != nil {
		t.Fatal(err)
	}
	values, err := p.Floats()
	if err != nil {
		t.Fatal(err)
	}
	return Tensor{Shape: p.Dims, Value: values}
}

// runNode builds and runs a model of one node, which need be no classifier.
func runNode(t *testing.T, m *Model, x Tensor) (Tensor, error) {
	t.Helper()
	b := m.newBuilder(BuildOptions{Batch: 1}, x.Shape)
	if err := b.run(); err != nil {
		return Tensor{}, err
	}
	y, err := b.float(m.records[len(m.records)-1].output)
	if err != nil {
		return Tensor{}, err
	}
	if y == b.out.Images {
		return x, nil
	}
	bind(t, b.out.Images, x.Value)
	for i, p := range m.Params {
		bind(t, b.out.Params[i], p.Value)
	}
	for i, s := range m.Statistics {
		bind(t, b.out.Statistics[i], s.Value)
	}
	var v G.Value
	G.Read(y, &v)
	vm := G.NewTapeMachine(b.out.G)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	return Tensor{Shape: y.Shape(), Value: v.Data().([]float32)}, nil
}

// tolerance is nodeTolerance, but for a test whose output is rounded to four
// digits.
func tolerance(test string) float64 {
	if test == "test_averagepool_2d_ceil_last_window_starts_on_pad" {
		return 5e-5
	}
	return nodeTolerance
}

func compare(t *testing.T, got, want Tensor, tolerance float64) {
	t.Helper()
	if !slices.Equal(got.Shape, want.Shape) {
		t.Fatalf("shape %v, want %v", got.Shape, want.Shape)
	}
	for i, w := range want.Value {
		if diff := math.Abs(float64(got.Value[i] - w)); !(diff <= tolerance*(1+math.Abs(float64(w)))) {
			t.Fatalf("y[%d] = %v, want %v", i, got.Value[i], w)
		}
	}
}
