package importer

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"finetune/internal/onnxfile"

	"google.golang.org/protobuf/encoding/protowire"
)

// wire builds a protobuf message by hand, whatever it says.
type wire []byte

func (w wire) bytes(num protowire.Number, b []byte) wire {
	return protowire.AppendBytes(protowire.AppendTag(w, num, protowire.BytesType), b)
}

func (w wire) str(num protowire.Number, s string) wire { return w.bytes(num, []byte(s)) }

func (w wire) int(num protowire.Number, v int64) wire {
	return protowire.AppendVarint(protowire.AppendTag(w, num, protowire.VarintType), uint64(v))
}

// tensorOf begins a TensorProto.
func tensorOf(name string, typ int64, dims ...int64) wire {
	var w wire
	for _, d := range dims {
		w = w.int(1, d)
	}
	return w.int(2, typ).str(8, name)
}

// inject puts a field into the graph of a model.
func inject(model []byte, num protowire.Number, payload []byte) []byte {
	var out wire
	for len(model) > 0 {
		field, typ, n := protowire.ConsumeField(model)
		if field == 7 && typ == protowire.BytesType {
			_, _, tag := protowire.ConsumeTag(model)
			graph, _ := protowire.ConsumeBytes(model[tag:])
			out = out.bytes(7, wire(bytes.Clone(graph)).bytes(num, payload))
		} else {
			out = append(out, model[:n]...)
		}
		model = model[n:]
	}
	return out
}

// withTensor is the Gemm model with one more initializer, which nothing reads.
func withTensor(t wire) []byte { return inject(heads["Gemm"].bytes(), 5, t) }

// withWeight is the Gemm model with another tensor in place of an initializer.
func withWeight(t wire) []byte {
	p, err := onnxfile.ParseTensor(t)
	if err != nil {
		panic(err)
	}
	return alter(func(s *spec) {
		for i := range s.tensors {
			if s.tensors[i].Name == p.Name {
				s.tensors[i] = p
			}
		}
	})
}

// withNode is the Gemm model with another node in place of the i-th.
func withNode(i int, nodes ...*onnxfile.Node) []byte {
	return alter(func(s *spec) { s.nodes = slices.Concat(s.nodes[:i], nodes, s.nodes[i+1:]) })
}

// behind is the Gemm model with nodes between the convolution and the pooling,
// of which the last computes "y", and with more tensors.
func behind(tensors []*onnxfile.Tensor, nodes ...*onnxfile.Node) []byte {
	return alter(func(s *spec) {
		s.tensors = append(s.tensors, tensors...)
		s.nodes = slices.Concat(s.nodes[:1], nodes, []*onnxfile.Node{makeNode("GlobalAveragePool", "y", "pool")}, s.nodes[2:])
	})
}

// raw returns n elements of a value.
func raw(n int, v float32) []byte {
	bits := math.Float32bits(v)
	return bytes.Repeat([]byte{byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24)}, n)
}

// withInput is the Gemm model with another type of its input.
func withInput(typ onnxfile.DataType, dims ...onnxfile.Dim) []byte {
	file, err := onnxfile.Parse(heads["Gemm"].bytes())
	if err != nil {
		panic(err)
	}
	file.Graph.Inputs[0].SetType(typ, dims...)
	return file.Bytes()
}

func size(n int64) onnxfile.Dim { return onnxfile.Dim{Size: n} }

// A hostile file has a name, its bytes, and a part of the reason why it is
// refused; "" for one that is harmless, and runs.
type hostile struct {
	name   string
	data   []byte
	reason string
}

// A largeFile is a hostile one that is made when it is its turn.
type largeFile struct {
	name   string
	data   func() []byte
	reason string
}

const floatType, int64Type = int64(onnxfile.TypeFloat), int64(onnxfile.TypeInt64)

func hostileTensors() []hostile {
	four := raw(4, 1)
	return []hostile{
		{"2^40 elements on an axis", withTensor(tensorOf("t", floatType, 1<<40).bytes(9, four)), "axis 0 has size 1099511627776"},
		{"negative axis", withTensor(tensorOf("t", floatType, -4).bytes(9, four)), "axis 0 has size -4"},
		{"least integer as axis", withTensor(tensorOf("t", floatType, math.MinInt64).bytes(9, four)), "axis 0 has size"},
		{"product over 2^64", withTensor(tensorOf("t", floatType, 1<<31, 1<<31, 1<<31).bytes(9, four)), "want more than 2147483648 elements"},
		{"product is 2^64, which is 0", withTensor(tensorOf("t", floatType, 1<<16, 1<<16, 1<<16, 1<<16)), "want more than 2147483648 elements"},
		{"zero after overflow", withTensor(tensorOf("t", floatType, 1<<31, 1<<31, 0)), "want more than 2147483648 elements"},
		{"17 axes", withTensor(tensorOf("t", floatType, slices.Repeat([]int64{1}, 17)...).bytes(9, raw(1, 1))), "more than 16 axes"},
		{"data too short", withTensor(tensorOf("t", floatType, 5).bytes(9, four)), "want 20 bytes, and raw_data has 16"},
		{"data too long", withTensor(tensorOf("t", floatType, 3).bytes(9, four)), "want 12 bytes, and raw_data has 16"},
		{"no data", withTensor(tensorOf("t", floatType, 4)), "want 4 elements, and 0 are there"},
		{"data in two fields", withTensor(tensorOf("t", floatType, 4).bytes(9, four).bytes(4, four)), "elements in field"},
		{"data twice", withTensor(tensorOf("t", floatType, 4).bytes(9, four).bytes(9, four)), "a second raw_data"},
		{"floats as integers", withTensor(tensorOf("t", floatType, 1).int(7, 1)), "want field 4"},
		{"odd packed data", withTensor(tensorOf("t", floatType, 1).bytes(4, []byte{1, 2, 3})), "want a multiple of 4"},
		{"varint without end", withTensor(tensorOf("t", int64Type, 1).bytes(7, bytes.Repeat([]byte{0xff}, 12))), "packed field 7"},
		{"unknown type", withTensor(tensorOf("t", 99, 1).bytes(9, four)), "data type 99"},
		{"negative type", withTensor(tensorOf("t", -1, 1).bytes(9, four)), "unsupported data type"},
		{"no type", withTensor(wire{}.int(1, 1).str(8, "t").bytes(9, four)), "data type 0"},
		{"complex numbers", withTensor(tensorOf("t", 14, 1).bytes(9, raw(2, 1))), "unsupported data type"},
		{"float8", withTensor(tensorOf("t", 17, 4).bytes(9, four[:4])), "unsupported data type"},
		{"strings in raw_data", withTensor(tensorOf("t", 8, 1).bytes(9, four)), "want field 6"},
		{"a segment", withTensor(tensorOf("t", floatType, 4).bytes(3, nil).bytes(9, four)), "segment"},
		{"a name twice", withTensor(tensorOf("w", floatType, 4).bytes(9, four)), "defined twice"},
		{"no name", withTensor(tensorOf("", floatType, 4).bytes(9, four)), "without a name"},
		{"sparse", inject(heads["Gemm"].bytes(), 15, nil), "sparse"},
		{"external data", withTensor(tensorOf("t", floatType, 4).bytes(13, wire{}.str(1, "location").str(2, "../../etc/passwd")).int(14, 1)), "external data is not supported"},
		{"external data without a place", withTensor(tensorOf("t", floatType, 4).int(14, 1)), "external data is not supported"},
		{"an axis of size 0 that nothing reads", withTensor(tensorOf("t", floatType, 0, 4)), ""},
		{"weight without elements", withWeight(tensorOf("w", floatType, 0, 3, 3, 3)), "no elements"},
		{"classifier without features", withWeight(tensorOf("fc.w", floatType, 5, 0)), "no classifier"},
		{"classifier without classes", withWeight(tensorOf("fc.w", floatType, 0, 4)), "no classifier"},
		{"NaN weight", withWeight(tensorOf("w", floatType, 4, 3, 3, 3).bytes(9, raw(108, float32(math.NaN())))), `element 0 of "w" is NaN, want finite weights`},
		{"infinite weight", withWeight(tensorOf("fc.b", floatType, 5).bytes(9, raw(5, float32(math.Inf(-1))))), "is -Inf, want finite weights"},
		{"weight of integers", withWeight(tensorOf("w", int64Type, 4, 3, 3, 3).bytes(9, make([]byte, 8*108))), "holds integers"},
		{"weight of rank 2", withWeight(tensorOf("w", floatType, 4, 27).bytes(9, raw(108, 1))), "rank"},
		{"weight of other channels", withWeight(tensorOf("w", floatType, 4, 5, 3, 3).bytes(9, raw(180, 1))), "channels"},
		{"kernel larger than the image", withWeight(tensorOf("w", floatType, 1, 3, 99, 99).bytes(9, raw(3*99*99, 1))), "Conv"},
		{"bias of another length", withWeight(tensorOf("fc.b", floatType, 3).bytes(9, raw(3, 1))), "Gemm"},
	}
}

func hostileNodes() []hostile {
	conv := func(a ...*onnxfile.Attribute) []byte { return withNode(0, makeNode("Conv", "images w", "conv", a...)) }
	pool := func(a ...*onnxfile.Attribute) []byte { return behind(nil, makeNode("MaxPool", "conv", "y", a...)) }
	constant := func(name string, v ...int64) []*onnxfile.Tensor { return []*onnxfile.Tensor{ints(name, v...)} }
	foreign := makeNode("Conv", "images w", "conv")
	foreign.Domain = "com.example"
	noOutput, noOp := makeNode("Relu", "conv", "y"), makeNode("", "conv", "y")
	noOutput.SetOutputs()
	return []hostile{
		{"groups 0", conv(onnxfile.Int("group", 0)), "groups"},
		{"groups -1", conv(onnxfile.Int("group", -1)), "groups"},
		{"groups 2^62", conv(onnxfile.Int("group", 1<<62)), "groups"},
		{"strides 0", conv(onnxfile.Ints("strides", 0, 0)), "strides"},
		{"strides negative", conv(onnxfile.Ints("strides", -1, 1)), "strides"},
		{"strides 2^62", conv(onnxfile.Ints("strides", 1<<62, 1<<62)), "strides"},
		{"three strides", conv(onnxfile.Ints("strides", 1, 1, 1)), "want 2 integers"},
		{"dilations 0", conv(onnxfile.Ints("dilations", 0, 1)), "dilations"},
		{"dilations 2^40", conv(onnxfile.Ints("dilations", 1<<40, 1)), "dilations"},
		{"pads 2^62", conv(onnxfile.Ints("pads", 1<<62, 1<<62, 1<<62, 1<<62)), "pads"},
		{"pads 2^19", conv(onnxfile.Ints("pads", 1<<19, 1<<19, 1<<19, 1<<19)), "elements"},
		{"pads negative", conv(onnxfile.Ints("pads", -4, -4, -4, -4)), "pads"},
		{"unknown auto_pad", conv(onnxfile.String("auto_pad", "SOME")), "auto_pad"},
		{"other kernel_shape", conv(onnxfile.Ints("kernel_shape", 7, 7)), "kernel_shape"},
		{"group as a float", conv(onnxfile.Float("group", 1)), "want int64"},
		{"attribute twice", conv(onnxfile.Int("group", 1), onnxfile.Int("group", 1)), "defined twice"},
		{"attribute without a name", conv(onnxfile.Int("", 1)), "without a name"},
		{"unknown attribute", conv(onnxfile.Int("twist", 1)), "twist"},
		{"pooling by 2^30", pool(onnxfile.Ints("kernel_shape", 1<<30, 1<<30)), "MaxPool"},
		{"pooling by 0", pool(onnxfile.Ints("kernel_shape", 0, 0)), "kernel_shape"},
		{"pooling by nothing", pool(), "kernel_shape is missing"},
		{"LpPool by 2^40", behind(nil, makeNode("LpPool", "conv", "y", onnxfile.Ints("kernel_shape", 1<<40, 1))), "LpPool"},
		{"Reshape with two -1", behind(constant("to", -1, -1), makeNode("Reshape", "conv to", "y")), "Reshape"},
		{"Reshape to -5", behind(constant("to", 1, -5, 1, 1), makeNode("Reshape", "conv to", "y")), "Reshape"},
		{"Reshape to an overflow", behind(constant("to", 1<<32, 1<<32, 1, 1), makeNode("Reshape", "conv to", "y")), "Reshape"},
		{"Reshape to 2000 axes", behind(constant("to", slices.Repeat([]int64{1}, 2000)...), makeNode("Reshape", "conv to", "y")), "Reshape"},
		{"Transpose with an axis twice", behind(nil, makeNode("Transpose", "conv", "y", onnxfile.Ints("perm", 0, 1, 1, 3))), "Transpose"},
		{"Transpose to axis 2^40", behind(nil, makeNode("Transpose", "conv", "y", onnxfile.Ints("perm", 0, 1, 2, 1<<40))), "Transpose"},
		{"Flatten at axis 99", withNode(2, makeNode("Flatten", "pool", "flat", onnxfile.Int("axis", 99))), "axis"},
		{"Concat at axis -99", behind(nil, makeNode("Concat", "conv conv", "y", onnxfile.Int("axis", -99))), "axis"},
		{"Softmax at the least integer", behind(nil, makeNode("Softmax", "conv", "y", onnxfile.Int("axis", math.MinInt64))), "axis"},
		{"Gather beyond the end", behind(constant("i", 1<<40), makeNode("Gather", "conv i", "y", onnxfile.Int("axis", 2))), "Gather"},
		{"Slice to nothing", behind(slices.Concat(constant("s", math.MaxInt64), constant("e", math.MinInt64)), makeNode("Slice", "conv s e", "y")), "Slice"},
		{"Range of 2^62 numbers", behind(slices.Concat(constant("z", 0), constant("e", 1<<62), constant("d", 1)), makeNode("Range", "z e d", "r"), makeNode("Reshape", "conv r", "y")), "Range"},
		{"ConstantOfShape 2^40", behind(constant("to", 1<<20, 1<<20), makeNode("ConstantOfShape", "to", "c"), makeNode("Add", "conv c", "y")), "ConstantOfShape"},
		{"ConstantOfShape negative", behind(constant("to", -1), makeNode("ConstantOfShape", "to", "c"), makeNode("Add", "conv c", "y")), "ConstantOfShape"},
		{"Expand to 2^40", behind(constant("to", 1<<20, 1<<20, 1, 1), makeNode("Expand", "conv to", "y")), "Expand"},
		{"Tile 2^40 times", behind(constant("n", 1, 1, 1<<40, 1), makeNode("Tile", "conv n", "y")), "Tile"},
		{"Pad by 2^40", behind(constant("p", 0, 0, 1<<40, 0, 0, 0, 0, 0), makeNode("Pad", "conv p", "y")), "Pad"},
		{"Pad by nothing", behind(constant("p"), makeNode("Pad", "conv p", "y")), "Pad"},
		{"Split into 2^40", behind(constant("p", 1<<40, 2), makeNode("Split", "conv p", "y", onnxfile.Int("axis", 1))), "Split"},
		{"Resize to 1e30", behind([]*onnxfile.Tensor{scales("s", 1, 1, 1e30, 1)}, makeNode("Resize", "conv - s", "y")), "Resize"},
		{"Resize to NaN", behind([]*onnxfile.Tensor{scales("s", 1, 1, float32(math.NaN()), 1)}, makeNode("Resize", "conv - s", "y")), "Resize"},
		{"BatchNormalization of other channels", behind([]*onnxfile.Tensor{floats("g", 3)}, makeNode("BatchNormalization", "conv g g g g", "y")), "BatchNormalization"},
		{"MatMul of constants, 2^30 products", behind([]*onnxfile.Tensor{floats("m", 1<<10, 1<<10), scales("two", 2)}, makeNode("Mul", "m two", "mm"),
			makeNode("MatMul", "mm mm", "p"), makeNode("ReduceMean", "p", "one", onnxfile.Int("keepdims", 0)), makeNode("Mul", "conv one", "y")), "multiplications"},
		{"QuantizeLinear without inputs", behind([]*onnxfile.Tensor{scales("s", 1)}, makeNode("QuantizeLinear", "", "q"), makeNode("DequantizeLinear", "q s", "y")), "Linear"},
		{"QuantizeLinear without scale", behind(nil, makeNode("QuantizeLinear", "conv", "q"), makeNode("DequantizeLinear", "q q", "y")), "Linear"},
		{"DequantizeLinear along axis -99", behind([]*onnxfile.Tensor{scales("s", 1, 2)}, makeNode("DequantizeLinear", "w8 s", "y", onnxfile.Int("axis", -99))), "w8"},
		{"constants of 2^24 numbers in all", behind([]*onnxfile.Tensor{floats("m", 1<<10, 1<<11), scales("two", 2)}, makeNode("Mul", "m two", "m1"), makeNode("Mul", "m1 two", "m2"),
			makeNode("ReduceMean", "m2", "one", onnxfile.Int("keepdims", 0)), makeNode("Mul", "conv one", "y")), "computed elements"},
		{"operator of another domain", withNode(0, foreign), "com.example.Conv"},
		{"unknown operator", behind(nil, makeNode("Teleport", "conv", "y")), "Teleport"},
		{"control flow", behind(nil, makeNode("If", "conv", "y")), "If"},
		{"node without outputs", behind(nil, noOutput), "without a first output"},
		{"node without operator", behind(nil, noOp), "no op_type"},
		{"no inputs", behind(nil, makeNode("Relu", "", "y")), "input"},
		{"200 inputs of one", behind(nil, makeNode("Relu", strings.Repeat("conv ", 200), "y")), "inputs"},
	}
}

// scales is a tensor of the given floats.
func scales(name string, values ...float32) *onnxfile.Tensor {
	t := &onnxfile.Tensor{Name: name}
	t.SetFloats([]int{len(values)}, values)
	return t
}

// preprocessed is the Gemm model that says of itself that it preprocesses images
// up to a tensor.
func preprocessed(name string) []byte {
	return slices.Concat(heads["Gemm"].bytes(), wire{}.bytes(14, wire{}.str(1, metaPreprocessed).str(2, name)))
}

func hostileGraphs() []hostile {
	gemm := heads["Gemm"].bytes()
	opset := func(v int64) []byte { return alter(func(s *spec) { s.opset = v }) }
	attribute := func(w wire) []byte {
		return inject(gemm, 1, wire{}.str(1, "conv").str(2, "z").str(4, "Relu").bytes(5, w))
	}
	batch := onnxfile.Dim{Name: "N"}
	return []hostile{
		{"cycle", withNode(0, makeNode("Conv", "flat w", "conv")), "cyclic"},
		{"a node that needs itself", withNode(1, makeNode("Add", "pool conv", "pool")), "cyclic"},
		{"an output twice", withNode(1, makeNode("GlobalAveragePool", "conv", "conv")), "defined twice"},
		{"a missing tensor", withNode(1, makeNode("GlobalAveragePool", "nothing", "pool")), "not defined"},
		{"a missing output", alter(func(s *spec) { s.output = "nothing" }), "not defined"},
		{"no nodes", alter(func(s *spec) { s.nodes = nil }), "no nodes"},
		{"two graphs", slices.Concat(gemm, wire{}.bytes(7, nil)), "a second graph"},
		{"the graph is a number", wire{}.int(1, 8).int(7, 1), "wire type 0, want 2"},
		{"no graph", wire{}.int(1, 8), "no graph"},
		{"an input twice", inject(gemm, 11, wire{}.str(1, "images")), "defined twice"},
		{"preprocessing that ends in the middle", preprocessed("pool"), "images of shape"},
		{"preprocessing that ends in the output", preprocessed("logits"), "no classifier"},
		{"preprocessing that ends nowhere", preprocessed("nothing"), "no node gives that"},
		{"opset 0", opset(-1), "opset"},
		{"opset 2^62", opset(1 << 62), "unsupported opset"},
		{"opset 1", opset(1), "unsupported opset 1"},
		{"a tensor attribute without a tensor", attribute(wire{}.str(1, "a").int(20, 4)), "without a tensor"},
		{"an attribute of a function", attribute(wire{}.str(1, "a").str(21, "b")), "function"},
		{"an attribute of an unknown type that nothing reads", attribute(wire{}.str(1, "a").int(20, 1<<40)), ""},
		{"2^31 channels", withInput(onnxfile.TypeFloat, batch, size(1<<31), size(8), size(8)), "channels"},
		{"2^40 channels", withInput(onnxfile.TypeFloat, batch, size(1<<40), size(8), size(8)), "size 1099511627776"},
		{"negative height", withInput(onnxfile.TypeFloat, batch, size(3), size(-8), size(8)), ""}, // It is open then.
		{"an image of rank 2", withInput(onnxfile.TypeFloat, batch, size(3)), "want rank 4"},
		{"an image of strings", withInput(onnxfile.TypeString, batch, size(3), size(8), size(8)), "want float"},
		{"an image of an unknown type", withInput(77, batch, size(3), size(8), size(8)), "want float"},
	}
}

// repeated returns a file of about so many bytes of one field in a model, or in
// its graph.
func repeated(inGraph bool, num protowire.Number, payload []byte, bytesInAll int) []byte {
	one := wire{}.bytes(num, payload)
	all := bytes.Repeat(one, bytesInAll/len(one))
	if inGraph {
		return wire{}.bytes(7, all)
	}
	return all
}

// deep returns graphs in attributes of nodes of graphs.
func deep(depth int) []byte {
	var heads [][]byte
	length := 0
	for range depth {
		for _, num := range []protowire.Number{6, 5, 1} { // AttributeProto.g, NodeProto.attribute, GraphProto.node.
			head := protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.BytesType), uint64(length))
			heads = append(heads, head)
			length += len(head)
		}
	}
	out := protowire.AppendVarint(protowire.AppendTag(nil, 7, protowire.BytesType), uint64(length))
	for _, head := range slices.Backward(heads) {
		out = append(out, head...)
	}
	return out
}

// chain is the Gemm model with a chain of n nodes between convolution and
// pooling.
func chain(n int, op string) []byte {
	nodes := make([]*onnxfile.Node, n)
	from := "conv"
	for i := range nodes {
		to := fmt.Sprint("c", i)
		if i == n-1 {
			to = "y"
		}
		nodes[i] = &onnxfile.Node{Op: op, Inputs: []string{from}, Outputs: []string{to}}
		from = to
	}
	return behind(nil, nodes...)
}

// softmaxes is the Gemm model with n Softmax nodes behind it.
func softmaxes(n int) []byte {
	return alter(func(s *spec) {
		for i := range n {
			s.nodes = append(s.nodes, &onnxfile.Node{Op: "Softmax", Inputs: []string{s.output}, Outputs: []string{fmt.Sprint("s", i)}})
			s.output = fmt.Sprint("s", i)
		}
	})
}

// readers is the Gemm model with a long chain of Identity behind a constant,
// whose end n nodes read.
func readers(n int) []byte {
	var nodes []*onnxfile.Node
	from := "half"
	for i := range n {
		nodes = append(nodes, &onnxfile.Node{Op: "Identity", Inputs: []string{from}, Outputs: []string{fmt.Sprint("i", i)}})
		from = fmt.Sprint("i", i)
	}
	x := "conv"
	for i := range n {
		nodes = append(nodes, &onnxfile.Node{Op: "Add", Inputs: []string{x, from}, Outputs: []string{fmt.Sprint("a", i)}})
		x = fmt.Sprint("a", i)
	}
	nodes = append(nodes, makeNode("Relu", x, "y"))
	return behind([]*onnxfile.Tensor{scales("half", 0.5)}, nodes...)
}

// outputs is a chain of n nodes, each of which is an output of the graph too.
func outputs(n int) []byte {
	file, err := onnxfile.Parse(chain(n, "Identity"))
	if err != nil {
		panic(err)
	}
	file.Graph.Outputs = nil
	for i := range n - 1 {
		file.Graph.Outputs = append(file.Graph.Outputs, onnxfile.NewName(fmt.Sprint("c", i)))
	}
	return file.Bytes()
}

// sharedBias is a model in which n MatMul nodes add one large vector of numbers that
// differ, which is one parameter therefore.
func sharedBias(n, features int) []byte {
	return alter(func(s *spec) {
		s.tensors = []*onnxfile.Tensor{floats("m", 192, features), floats("back", features, 192), floats("shared", features), floats("fc.w", features, 5)}
		nodes := []*onnxfile.Node{makeNode("Flatten", "images", "x0")}
		for i := range n {
			nodes = append(nodes, makeNode("MatMul", fmt.Sprint("x", i, " m"), fmt.Sprint("p", i)), makeNode("Add", fmt.Sprint("p", i, " shared"), fmt.Sprint("s", i)),
				makeNode("MatMul", fmt.Sprint("s", i, " back"), fmt.Sprint("x", i+1)))
		}
		s.nodes = append(nodes, makeNode("MatMul", fmt.Sprint("s", n-1, " fc.w"), "logits"))
	})
}

// sharedScale is a model in which n Mul nodes read one large vector of equal
// numbers, which says nothing of whether they mean the same.
func sharedScale(n, features int) []byte {
	return alter(func(s *spec) {
		s.tensors = []*onnxfile.Tensor{floats("m", 192, features), scales("shared", slices.Repeat([]float32{0.5}, features)...), floats("fc.w", features, 5)}
		nodes := []*onnxfile.Node{makeNode("Flatten", "images", "flat"), makeNode("MatMul", "flat m", "x0")}
		for i := range n {
			nodes = append(nodes, makeNode("Mul", fmt.Sprint("x", i, " shared"), fmt.Sprint("x", i+1)))
		}
		s.nodes = append(nodes, makeNode("MatMul", fmt.Sprint("x", n, " fc.w"), "logits"))
	})
}

// reshapes is the Gemm model with n nodes that reshape to one constant.
func reshapes(n int) []byte {
	var nodes []*onnxfile.Node
	x := "conv"
	for i := range n {
		nodes = append(nodes, &onnxfile.Node{Op: "Reshape", Inputs: []string{x, "to"}, Outputs: []string{fmt.Sprint("r", i)}})
		x = fmt.Sprint("r", i)
	}
	return alter(func(s *spec) {
		s.batch = size(1)
		s.tensors = append(s.tensors, ints("to", 1, 4, 6, 6))
		s.nodes = slices.Concat(s.nodes[:1], nodes, []*onnxfile.Node{makeNode("GlobalAveragePool", x, "pool")}, s.nodes[2:])
	})
}

func hostileStructure() []hostile {
	return []hostile{
		{"empty file", nil, "the file is empty"},
		{"a picture", []byte("\x89PNG\r\n\x1a\n and so on"), "not a sound ONNX file"},
		{"text", []byte("hello, world\n"), "not a sound ONNX file"},
		{"bits that go on", bytes.Repeat([]byte{0xff}, 1<<10), "malformed"},
		{"zeros", make([]byte, 1<<10), "malformed"},
		{"a length of 2^62", protowire.AppendVarint([]byte{7<<3 | 2}, 1<<62), "truncated"},
		{"a group", []byte{7<<3 | 3}, "wire type 3"},
		{"an end of a group", []byte{7<<3 | 4}, "wire type 4"},
		{"depth 14", deep(14), "no outputs"},
	}
}

// largeFiles take about bytesInAll bytes each, or have many nodes.
func largeFiles(bytesInAll int) []largeFile {
	inModel := func(num protowire.Number) func() []byte {
		return func() []byte { return repeated(false, num, nil, bytesInAll) }
	}
	inGraph := func(num protowire.Number) func() []byte {
		return func() []byte { return repeated(true, num, nil, bytesInAll) }
	}
	inNode := func(num protowire.Number) func() []byte {
		return func() []byte { return wire{}.bytes(7, wire{}.bytes(1, repeated(false, num, nil, bytesInAll))) }
	}
	return []largeFile{
		{"depth 3,000,000", func() []byte { return deep(3_000_000) }, "nested deeper"},
		{"empty nodes", inGraph(1), "over the limit"},
		{"empty initializers", inGraph(5), "over the limit"},
		{"empty inputs", inGraph(11), "over the limit"},
		{"empty value infos", inGraph(13), "over the limit"},
		{"empty sparse tensors", inGraph(15), "over the limit"},
		{"empty fields that are unknown, in the graph", inGraph(99), "over the limit"},
		{"empty opsets", inModel(8), "over the limit"},
		{"empty metadata", inModel(14), "over the limit"},
		{"empty functions", inModel(25), "over the limit"},
		{"empty fields that are unknown", inModel(99), "over the limit"},
		{"empty inputs of a node", inNode(1), "over the limit"},
		{"empty attributes", inNode(5), "over the limit"},
		{"integers of an attribute", func() []byte {
			return wire{}.bytes(7, wire{}.bytes(1, wire{}.bytes(5, wire{}.bytes(8, make([]byte, bytesInAll)))))
		}, "over the limit"},
		{"sizes of a tensor", func() []byte { return wire{}.bytes(7, wire{}.bytes(5, wire{}.bytes(1, make([]byte, bytesInAll)))) }, "over the limit"},
		{"a doc string", func() []byte { return slices.Concat(heads["Gemm"].bytes(), wire{}.bytes(6, make([]byte, bytesInAll))) }, ""},
		{"a name", func() []byte { return inject(heads["Gemm"].bytes(), 2, make([]byte, bytesInAll)) }, "want at most 4096"},
		{"a chain of 13,000 nodes", func() []byte { return chain(13_000, "Relu") }, ""},
		{"13,000 Softmax", func() []byte { return softmaxes(13_000) }, ""},
		{"a constant behind 6,000 nodes, read 6,000 times", func() []byte { return readers(6000) }, ""},
		{"6,000 outputs in a chain", func() []byte { return outputs(6000) }, "no classifier"},
		{"3,000 layers that share a bias of 4,000", func() []byte { return sharedBias(3000, 4000) }, ""},
		{"3,000 layers that share a scale of 4,000", func() []byte { return sharedScale(3000, 4000) }, "copies"},
		{"9,000 Reshape that share a target", func() []byte { return reshapes(9000) }, ""},
		{"3,000 Reshape that share a target", func() []byte { return reshapes(2990) }, ""},
	}
}

// TestHostileCorpus loads, builds, plans and runs files that were made to break
// something. Each costs little, and is refused with a reason unless it is
// harmless.
func TestHostileCorpus(t *testing.T) {
	bytesInAll := 8 << 20
	if mutations(t) >= 30_000 {
		bytesInAll = 256 << 20
	}
	corpus := slices.Concat(hostileTensors(), hostileNodes(), hostileGraphs(), hostileStructure())
	for _, h := range corpus {
		h.test(t)
	}
	more := largeFiles(bytesInAll)
	for _, l := range more {
		hostile{l.name, l.data(), l.reason}.test(t)
	}
	t.Logf("%d files", len(corpus)+len(more))
}

func (h hostile) test(t *testing.T) {
	t.Helper()
	err := examine(t, h.name, h.data)
	switch {
	case err == nil && h.reason != "":
		t.Errorf("%s: accepted, want an error with %q", h.name, h.reason)
	case err != nil && (h.reason == "" || !strings.Contains(err.Error(), h.reason)):
		t.Errorf("%s: err = %v\nwant %q", h.name, err, h.reason)
	}
	if n := len(message(err)); n > 4<<10 {
		t.Errorf("%s: the reason has %d bytes", h.name, n)
	}
}
