package importer

import (
	"slices"
	"testing"

	"finetune/internal/onnxfile"
)

// evaluate folds one node of constants.
func evaluate(t *testing.T, n *onnxfile.Node, opset int64, inputs ...*onnxfile.Tensor) value {
	t.Helper()
	b := &builder{values: map[string]value{}, model: &Model{graph: &view{}}}
	for i, in := range inputs {
		b.values[n.Inputs[i]] = value{kind: kindOf(in.Type), constant: &constant{dims: in.Dims, tensor: in}}
	}
	records, err := decode([]*onnxfile.Node{n}, n.Outputs[0])
	if err != nil {
		t.Fatal(err)
	}
	v, err := (&node{record: records[0], opset: opset, builder: b, source: n}).build()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func floatsOf(values ...float32) *onnxfile.Tensor {
	t := new(onnxfile.Tensor)
	t.SetFloats([]int{len(values)}, values)
	return t
}

func TestCast(t *testing.T) {
	for _, c := range []struct {
		node   *onnxfile.Node
		inputs []*onnxfile.Tensor
		kind   kind
		want   []float64
	}{
		{makeNode("Cast", "x", "y", onnxfile.Int("to", int64(onnxfile.TypeInt64))), []*onnxfile.Tensor{floatsOf(-1.5, 0, 2.7)}, integer, []float64{-1, 0, 2}},
		{makeNode("Cast", "x", "y", onnxfile.Int("to", int64(onnxfile.TypeBool))), []*onnxfile.Tensor{floatsOf(-1.5, 0, 0.5)}, boolean, []float64{1, 0, 1}},
		{makeNode("Cast", "x", "y", onnxfile.Int("to", int64(onnxfile.TypeFloat))), []*onnxfile.Tensor{ints("", 3, -4)}, floating, []float64{3, -4}},
		{makeNode("CastLike", "x like", "y"), []*onnxfile.Tensor{floatsOf(-1.5, 2), ints("", 1)}, integer, []float64{-1, 2}},
		{makeNode("CastLike", "x like", "y"), []*onnxfile.Tensor{ints("", 1, 2), floatsOf(1)}, floating, []float64{1, 2}},
	} {
		v := evaluate(t, c.node, 19, c.inputs...)
		if got, err := v.constant.values(); err != nil || v.kind != c.kind || !slices.Equal(got, c.want) {
			t.Errorf("%s %v = %v of %v, %v, want %v of %v", c.node.Op, c.node.Attributes, got, v.kind, err, c.want, c.kind)
		}
	}
}

// TestGlobalLpPool: the norms of (3, −4) and of (0, 2), by hand.
func TestGlobalLpPool(t *testing.T) {
	x := new(onnxfile.Tensor)
	x.SetFloats([]int{1, 2, 1, 2}, []float32{3, -4, 0, 2})
	for p, want := range map[int64][]float32{1: {7, 2}, 2: {5, 2}, 3: {4.4979415, 2}} {
		v := evaluate(t, makeNode("GlobalLpPool", "x", "y", onnxfile.Int("p", p)), 18, x)
		got, err := v.constant.values()
		if err != nil || !slices.Equal(v.Shape(), []int{1, 2, 1, 1}) || !slices.Equal(float32s(got), want) {
			t.Errorf("p = %d: %v of shape %v, %v, want %v", p, got, v.Shape(), err, want)
		}
	}
}
