package importer

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"finetune/internal/onnxfile"
)

// alter returns the Gemm model after a change.
func alter(change func(s *spec)) []byte {
	s := heads["Gemm"]
	s.nodes, s.tensors = slices.Clone(s.nodes), slices.Clone(s.tensors)
	change(&s)
	return s.bytes()
}

func TestHostileGraphs(t *testing.T) {
	tests := []struct {
		name string
		data []byte
		want error
		text string
	}{
		{"empty file", nil, onnxfile.ErrTruncated, "the file is empty"},
		{"not protobuf", []byte("\x89PNG\r\n\x1a\n and so on"), ErrFormat, "importer: not a sound ONNX file: onnxfile: "},
		{"text", []byte("hello, world"), ErrFormat, ""},
		{"cycle", alter(func(s *spec) { s.nodes[0] = makeNode("Conv", "flat w", "conv") }), onnxfile.ErrCyclic,
			`cyclic graph: node[0] "Conv_conv" (Conv) is among or after nodes that need each other`},
		{"node that needs itself", alter(func(s *spec) { s.nodes[1] = makeNode("Add", "pool conv", "pool") }), onnxfile.ErrCyclic, ""},
		{"output twice", alter(func(s *spec) { s.nodes[1] = makeNode("GlobalAveragePool", "conv", "conv") }), onnxfile.ErrDuplicate,
			`graph: node[1] "GlobalAveragePool_conv" (GlobalAveragePool): output "conv": defined twice`},
		{"initializer twice", alter(func(s *spec) { s.tensors = append(s.tensors, floats("w", 1)) }), onnxfile.ErrDuplicate,
			`initializer[3] "w"`},
		{"missing initializer", alter(func(s *spec) { s.tensors = s.tensors[:1] }), onnxfile.ErrMissing,
			`graph: node[3] "Gemm_logits" (Gemm): input "fc.w": not defined by an input, an initializer or a node`},
		{"missing output", alter(func(s *spec) { s.output = "other" }), onnxfile.ErrMissing, `output "other"`},
		{"no nodes", alter(func(s *spec) { s.nodes = nil }), ErrFormat, "no nodes"},
		{"no inputs", alter(func(s *spec) { s.nodes[0] = makeNode("Concat", "", "conv") }), ErrInput, "0 inputs [] lead to the classifier, want 1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load(test.data)
			if !errors.Is(err, test.want) || err != nil && !strings.Contains(err.Error(), test.text) {
				t.Errorf("err = %v, want %v with %q", err, test.want, test.text)
			}
		})
	}
}

// TestBuildErrors are faults that show when shapes are known.
func TestBuildErrors(t *testing.T) {
	huge := onnxfile.Ints("pads", 1<<62, 1<<62, 1<<62, 1<<62)
	tests := []struct {
		name  string
		nodes []*onnxfile.Node
		text  string
	}{
		{"group", []*onnxfile.Node{makeNode("Conv", "images w", "conv", onnxfile.Int("group", 2))}, `importer: Conv "Conv_conv": `},
		{"group 0", []*onnxfile.Node{makeNode("Conv", "images w", "conv", onnxfile.Int("group", 0))}, "groups"},
		{"pads", []*onnxfile.Node{makeNode("Conv", "images w", "conv", huge)}, "pads"},
		{"strides", []*onnxfile.Node{makeNode("Conv", "images w", "conv", onnxfile.Ints("strides", 0, 1))}, "strides [0 1]"},
		{"auto_pad", []*onnxfile.Node{makeNode("Conv", "images w", "conv", onnxfile.String("auto_pad", "SOME"))}, `auto_pad = "SOME"`},
		{"attribute type", []*onnxfile.Node{makeNode("Conv", "images w", "conv", onnxfile.Float("group", 1))}, "attribute group = 1 is float32, want int64"},
		{"kernel", []*onnxfile.Node{makeNode("MaxPool", "images", "conv")}, "attribute kernel_shape is missing"},
		{"axis", []*onnxfile.Node{makeNode("Concat", "images images", "conv", onnxfile.Int("axis", 9))}, "axis 9, want one from -4 to 3"},
		{"reshape", []*onnxfile.Node{
			makeNode("Constant", "", "to", onnxfile.Value("value", ints("", 1<<62, 4, -1, 1))),
			makeNode("Reshape", "images to", "conv"),
		}, "elements, as x of shape [1 3 8 8] has"},
		{"missing input", []*onnxfile.Node{makeNode("Add", "images -", "conv")}, "input 1 is missing"},
		{"integers", []*onnxfile.Node{makeNode("Shape", "images", "s"), makeNode("Add", "images s", "conv")}, `"s" holds integers, want floats`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := Load(alter(func(s *spec) { s.nodes = append(test.nodes, s.nodes[1:]...) }))
			if err != nil {
				t.Fatal(err)
			}
			_, err = m.Build(BuildOptions{Batch: 1})
			var op *OpError
			if !errors.As(err, &op) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("err = %v, want an OpError with %q", err, test.text)
			}
		})
	}
}

// tryAll loads a file and does everything that can be done with it.
func tryAll(data []byte) {
	m, err := Load(data)
	if err != nil {
		return
	}
	m.Build(BuildOptions{Batch: 2, Height: 8, Width: 8, Mode: TrainBatch, Loss: true})
	if m.ReplaceHead(3, rand.New(rand.NewPCG(1, 2))) == nil {
		m.Build(BuildOptions{Batch: 1, Height: 8, Width: 8})
	}
	m.WriteONNX(new(bytes.Buffer), nil)
}

func TestTruncated(t *testing.T) {
	for name, s := range heads {
		data := s.bytes()
		for n := range data {
			if _, err := Load(data[:n]); err == nil && n < len(data)-40 {
				t.Errorf("%s: %d of %d bytes load", name, n, len(data))
			}
		}
	}
}

func TestBitFlips(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, s := range heads {
		data := s.bytes()
		for range 500 {
			damaged := bytes.Clone(data)
			for range 1 + rng.IntN(3) {
				damaged[rng.IntN(len(damaged))] ^= 1 << rng.IntN(8)
			}
			tryAll(damaged)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, s := range heads {
		f.Add(s.bytes())
	}
	for _, h := range slices.Concat(hostileTensors(), hostileNodes(), hostileGraphs(), hostileStructure()) {
		if len(h.data) < 64<<10 {
			f.Add(h.data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) { tryAll(data) })
}

// TestMemory loads the model of the most nodes that the limits allow.
func TestMemory(t *testing.T) {
	data := alter(func(s *spec) {
		s.nodes[0] = makeNode("Conv", "images w", "a0")
		var relus []*onnxfile.Node
		for i := range 13_000 {
			relus = append(relus, &onnxfile.Node{Op: "Relu", Inputs: []string{fmt.Sprint("a", i)}, Outputs: []string{fmt.Sprint("a", i+1)}})
		}
		s.nodes = slices.Concat(s.nodes[:1], relus, []*onnxfile.Node{makeNode("GlobalAveragePool", "a13000", "pool")}, s.nodes[2:])
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	if _, err := Load(data); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if used, most := after.TotalAlloc-before.TotalAlloc, uint64(4*len(data)+64<<20); used > most {
		t.Errorf("%d bytes for a file of %d, want at most %d", used, len(data), most)
	}
	t.Logf("%v, %d bytes for a file of %d", took, after.TotalAlloc-before.TotalAlloc, len(data))
}

// TestQuantizedMemory loads a model of int8 weights, each of which becomes a
// parameter of four bytes.
func TestQuantizedMemory(t *testing.T) {
	const features = 1 << 17
	q := func(field protowire.Number) []byte {
		weight := tensorOf("q", int64(onnxfile.TypeInt8), 192, features).bytes(field, bytes.Repeat([]byte{1, 2, 3, 4}, 48*features))
		return inject(alter(func(s *spec) {
			s.tensors = []*onnxfile.Tensor{scales("scale", 0.5), floats("fc.w", features, 5)}
			s.nodes = []*onnxfile.Node{
				makeNode("DequantizeLinear", "q scale", "w"), makeNode("Flatten", "images", "flat"), makeNode("MatMul", "flat w", "x"), makeNode("MatMul", "x fc.w", "logits"),
			}
		}), 5, weight)
	}
	for name, field := range map[string]protowire.Number{"raw_data": 9, "int32_data": 5} {
		data := q(field)
		m, _, err := loadAndBuild(t, name, data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if w := m.Params[slices.IndexFunc(m.Params, func(p Tensor) bool { return p.Name == "w" })].Value; w[5] != 1 || w[len(w)-1] != 2 {
			t.Errorf("%s: weights %v … %v, want 1 … 2", name, w[5], w[len(w)-1])
		}
	}
}
