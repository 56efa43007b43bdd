package onnxfile

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// message encodes a message of the fields that add adds.
func message(add func(e *encoder)) []byte {
	var e encoder
	add(&e)
	return bytes.Join(e.pieces(), nil)
}

// file encodes a model of one Relu, with what add adds to the graph.
func file(add func(graph *encoder)) []byte {
	return message(func(m *encoder) {
		m.integer(1, 8)
		m.bytes(7, message(func(g *encoder) {
			g.message(1, (&Node{Op: "Relu", Name: "relu", Inputs: []string{"x"}, Outputs: []string{"y"}}).pieces())
			g.message(11, NewValueInfo("x", TypeFloat, Dim{Name: "N"}, Dim{Size: 3}).pieces())
			g.message(12, NewName("y").pieces())
			add(g)
		}))
	})
}

// tensorFile encodes a model with an initializer.
func tensorFile(add func(t *encoder)) []byte {
	return file(func(g *encoder) {
		g.bytes(5, message(func(t *encoder) { t.str(8, "w"); add(t) }))
	})
}

// nested encodes graphs in attributes of nodes of graphs.
func nested(depth int) []byte {
	var graph []byte
	for range depth {
		inner := graph
		attribute := message(func(a *encoder) { a.bytes(6, inner) })
		node := message(func(n *encoder) { n.bytes(5, attribute) })
		graph = message(func(g *encoder) { g.bytes(1, node) })
	}
	return message(func(m *encoder) { m.bytes(7, graph) })
}

func TestParseErrors(t *testing.T) {
	float := func(t *encoder) { t.integer(2, int64(TypeFloat)) }
	tests := []struct {
		name string
		data []byte
		want error
		text string
	}{
		{"empty", nil, ErrTruncated, "onnxfile: truncated: the file is empty"},
		{"length past the end", []byte{7<<3 | 2, 100, 0}, ErrTruncated, "onnxfile: ModelProto: byte 0 of 3: truncated: field 7 has 100 bytes, and 1 are left"},
		{"huge length", append([]byte{7<<3 | 2}, protowire.AppendVarint(nil, 1<<62)...), ErrTruncated, "field 7 has 4611686018427387904 bytes"},
		{"group", []byte{7<<3 | 3}, ErrMalformed, "field 7 has wire type 3"},
		{"varint without end", bytes.Repeat([]byte{0xff}, 40), ErrMalformed, "field tag"},
		{"graph as number", []byte{7 << 3, 1}, ErrMalformed, "field 7 has wire type 0, want 2"},
		{"no graph", []byte{1 << 3, 8}, ErrMalformed, "the file has no graph"},
		{"nested", nested(40), ErrTooLarge, "nested deeper than 48"},
		{"many nodes", message(func(m *encoder) { m.bytes(7, bytes.Repeat([]byte{1<<3 | 2, 0}, 200_000)) }), ErrTooLarge, "more than 65536 messages and names"},
		{"long name", file(func(g *encoder) { g.str(2, strings.Repeat("n", 5000)) }), ErrTooLarge, "has 5000 bytes, want at most 4096"},
		{"many dims", tensorFile(func(t *encoder) { float(t); t.bytes(1, make([]byte, 100)) }), ErrTooLarge, "more than 16 axes"},
		{"2^40 elements", tensorFile(func(t *encoder) { float(t); t.integer(1, 1<<20); t.integer(1, 1<<20); t.bytes(9, make([]byte, 12)) }),
			ErrTooLarge, `graph.initializer[0] "w": over the limit: dims [1048576 1048576] want more than 2147483648 elements, and 3 are there`},
		{"size 2^40", tensorFile(func(t *encoder) { float(t); t.integer(1, 1<<40) }), ErrTooLarge, "axis 0 has size 1099511627776"},
		{"negative size", tensorFile(func(t *encoder) { float(t); t.integer(1, -4) }), ErrTooLarge, "axis 0 has size -4, want 0 to 2147483648"},
		{"short data", tensorFile(func(t *encoder) { float(t); t.integer(1, 4); t.bytes(9, make([]byte, 12)) }), ErrMalformed, "dims [4] of float want 16 bytes, and raw_data has 12"},
		{"no data", tensorFile(func(t *encoder) { float(t); t.integer(1, 4) }), ErrMalformed, "dims [4] want 4 elements, and 0 are there"},
		{"data twice", tensorFile(func(t *encoder) { float(t); t.bytes(9, make([]byte, 4)); t.fixed32(4, 0) }), ErrMalformed, "elements in field 4 and in field 9"},
		{"data of another type", tensorFile(func(t *encoder) { float(t); t.integer(7, 1) }), ErrMalformed, "elements of type float in field 7, want field 4"},
		{"type", tensorFile(func(t *encoder) { t.integer(2, 99) }), ErrDataType, "data type 99"},
		{"no type", tensorFile(func(t *encoder) {}), ErrDataType, "data type 0"},
		{"segment", tensorFile(func(t *encoder) { float(t); t.bytes(3, nil) }), ErrMalformed, "segment"},
		{"external data", tensorFile(func(t *encoder) {
			float(t)
			t.bytes(13, message(func(e *encoder) { e.str(1, "location"); e.str(2, "../../etc/passwd") }))
			t.integer(14, 1)
		}), ErrExternalData, `the elements are in the file "../../etc/passwd"`},
		{"sparse", file(func(g *encoder) { g.bytes(15, nil) }), ErrDataType, "1 sparse initializers"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.data)
			var format *FormatError
			if !errors.As(err, &format) || !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("err = %v\nwant %v with %q", err, test.want, test.text)
			}
		})
	}
}

// TestMemory parses the most expensive file that passes the scan.
func TestMemory(t *testing.T) {
	node := message(func(n *encoder) { n.str(1, "x"); n.str(2, "y"); n.str(4, "a") })
	data := file(func(g *encoder) {
		for i := range maxItems/4 - 10 {
			g.bytes(1, bytes.Replace(node, []byte("y"), []byte{byte(i)}, 1))
		}
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	_, err := Parse(data)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrDuplicate) && !errors.Is(err, ErrMissing) {
		t.Errorf("err = %v", err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("%d bytes for a file of %d, want at most 64 MiB", used, len(data))
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestRoundTrip writes what was read, to the same bytes.
func TestRoundTrip(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "weights", "efficientnet_lite0.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(m.Bytes(), data) {
		t.Error("the file changes by being read and written")
	}
	if m.OpsetVersion() != 13 {
		t.Errorf("opset %d, want 13", m.OpsetVersion())
	}
}

// TestUnknownFields keeps what this package does not know, in its order.
func TestUnknownFields(t *testing.T) {
	data := file(func(g *encoder) {
		g.str(2, "g")
		g.str(10, "doc of the graph")
		g.str(14, "quantization")
		g.bytes(1, message(func(n *encoder) {
			n.str(1, "y")
			n.str(2, "z")
			n.str(4, "Relu")
			n.str(6, "doc of the node")
			n.str(9, "metadata")
		}))
	})
	m, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(m.Bytes(), data) {
		t.Errorf("wrote %q, want %q", m.Bytes(), data)
	}
	m.Graph.Nodes[1].SetOutputs("z")
	if !bytes.Equal(m.Bytes(), data) {
		t.Errorf("after a change to the same: wrote %q, want %q", m.Bytes(), data)
	}
}

func TestTypedData(t *testing.T) {
	half := func(v ...int64) func(t *encoder) {
		return func(t *encoder) {
			for _, x := range v {
				t.integer(int32Data, x)
			}
		}
	}
	tests := []struct {
		typ  DataType
		data func(t *encoder)
		want []float32
	}{
		{TypeFloat, func(t *encoder) { t.fixed32(4, math.Float32bits(1.5)); t.fixed32(4, math.Float32bits(-2)) }, []float32{1.5, -2}},
		{TypeFloat, func(t *encoder) { t.bytes(4, []byte{0, 0, 192, 63, 0, 0, 0, 192}) }, []float32{1.5, -2}},
		{TypeDouble, func(t *encoder) { t.bytes(9, []byte{0, 0, 0, 0, 0, 0, 248, 63, 0, 0, 0, 0, 0, 0, 0, 192}) }, []float32{1.5, -2}},
		{TypeFloat16, half(0x3e00, 0xc000), []float32{1.5, -2}},
		{TypeFloat16, func(t *encoder) { t.bytes(9, []byte{1, 0, 255, 123}) }, []float32{1.0 / (1 << 24), 65504}},
		{TypeBFloat16, half(0x3fc0, 0xc000), []float32{1.5, -2}},
	}
	for _, test := range tests {
		tensor, err := ParseTensor(message(func(e *encoder) {
			e.integer(1, 2)
			e.integer(2, int64(test.typ))
			test.data(e)
		}))
		if err != nil {
			t.Fatal(err)
		}
		got, err := tensor.Floats()
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%v: %v, %v, want %v", test.typ, got, err, test.want)
		}
		if _, err := tensor.Ints(); !errors.Is(err, ErrDataType) {
			t.Errorf("%v: Ints: err = %v", test.typ, err)
		}
	}
}

func TestHalfToFloat(t *testing.T) {
	for h, want := range map[uint16]float64{0: 0, 0x7c00: math.Inf(1), 0xfc00: math.Inf(-1), 0x0400: math.Ldexp(1, -14), 0x03ff: math.Ldexp(1023, -24)} {
		if got := float64(halfToFloat(h)); got != want {
			t.Errorf("halfToFloat(%#x) = %v, want %v", h, got, want)
		}
	}
	if got := halfToFloat(0x7e00); got == got {
		t.Errorf("halfToFloat(0x7e00) = %v, want NaN", got)
	}
}

func TestSort(t *testing.T) {
	data := file(func(g *encoder) {
		g.message(1, (&Node{Op: "Relu", Inputs: []string{"b"}, Outputs: []string{"c"}}).pieces())
		g.message(1, (&Node{Op: "Relu", Inputs: []string{"y"}, Outputs: []string{"b"}}).pieces())
	})
	m, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, n := range m.Graph.Nodes {
		order = append(order, n.Outputs[0])
	}
	if !slices.Equal(order, []string{"y", "b", "c"}) {
		t.Errorf("order %q, want y, b, c", order)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(file(func(g *encoder) {}))
	f.Add(tensorFile(func(t *encoder) { t.integer(1, 1); t.integer(2, 1); t.fixed32(4, 0) }))
	f.Add(nested(3))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		written := m.Bytes()
		again, err := Parse(written)
		if err != nil {
			t.Fatalf("what was written does not parse: %v", err)
		}
		if !bytes.Equal(again.Bytes(), written) {
			t.Error("a second write differs")
		}
	})
}

func ExampleParse() {
	t := &Tensor{Name: "w"}
	t.SetFloats([]int{1}, []float32{0.5})
	m := &Model{IRVersion: 8, Opsets: []Opset{{Version: 13}}, Graph: &Graph{
		Nodes:        []*Node{{Op: "Mul", Inputs: []string{"x", "w"}, Outputs: []string{"y"}}},
		Initializers: []*Tensor{t},
		Inputs:       []*ValueInfo{NewValueInfo("x", TypeFloat, Dim{Name: "N"}, Dim{Size: 3})},
		Outputs:      []*ValueInfo{NewName("y")},
	}}
	data := m.Bytes()
	read, err := Parse(data)
	fmt.Println(read.Graph.Nodes[0].Op, read.Graph.Inputs[0].Dims, err)
	_, err = Parse(data[:20])
	fmt.Println(err)
	// Output:
	// Mul [N 3] <nil>
	// onnxfile: ModelProto: byte 2 of 20: truncated: field 7 has 60 bytes, and 16 are left
}

// TestDequantized reads numbers that are computed from integers by every way
// there is, with scales and zero points of each axis.
func TestDequantized(t *testing.T) {
	dims, scales := []int{2, 3, 2}, map[int][]float32{0: {0.5, 2}, 1: {0.5, 2, -1}, 2: {0.25, 4}}
	values, each := []int64{0, 1, 2, 3, 100, 127, 5, 6, 7, 8, 9, 10}, []int64{1, 2, 3}
	for _, typ := range []DataType{TypeInt8, TypeUint8, TypeInt32} {
		for axis, scales := range scales {
			for _, zeros := range [][]int64{{3}, each[:len(scales)]} {
				inner := map[int]int{0: 6, 1: 2, 2: 1}[axis]
				var want []float32
				for i, q := range values {
					c := i / inner % len(scales)
					want = append(want, float32(q-zeros[c%len(zeros)])*scales[c])
				}
				raw := &Tensor{Name: "q"}
				raw.SetIntegers(typ, dims, values...)
				list, err := ParseTensor(message(func(e *encoder) {
					for _, d := range dims {
						e.integer(1, int64(d))
					}
					e.integer(2, int64(typ))
					for _, v := range values {
						e.integer(int32Data, v)
					}
				}))
				if err != nil {
					t.Fatal(err)
				}
				for name, of := range map[string]*Tensor{"raw_data": raw, "int32_data": list} {
					checkDequantized(t, fmt.Sprintf("%v in %s, axis %d, zeros %v", typ, name, axis, zeros), of, axis, scales, zeros, want)
				}
			}
		}
	}
	if err := new(Tensor).SetDequantized(&Tensor{Type: TypeFloat}, 1, []float32{1}, []int64{0}); !errors.Is(err, ErrDataType) {
		t.Errorf("of floats: err = %v, want ErrDataType", err)
	}
}

func checkDequantized(t *testing.T, name string, of *Tensor, axis int, scales []float32, zeros []int64, want []float32) {
	t.Helper()
	d := &Tensor{Name: "d"}
	if err := d.SetDequantized(of, axis, scales, zeros); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	again, err := ParseTensor(bytes.Join(d.pieces(), nil))
	if err != nil {
		t.Fatalf("%s: written and read: %v", name, err)
	}
	for _, x := range []*Tensor{d, again} {
		floats, err := x.Floats()
		if err != nil || !slices.Equal(floats, want) {
			t.Errorf("%s: Floats = %v, %v, want %v", name, floats, err, want)
		}
		numbers, err := x.Numbers()
		if err != nil || len(numbers) != len(want) {
			t.Fatalf("%s: Numbers = %v, %v", name, numbers, err)
		}
		for i, v := range numbers {
			if v != float64(want[i]) {
				t.Errorf("%s: Numbers[%d] = %v, want %v", name, i, v, want[i])
			}
		}
	}
}
