package importer

import (
	"fmt"

	"finetune/internal/onnxfile"
)

// preprocessOpset is the first opset that has all the operators of
// preprocessing as they are used here.
const preprocessOpset = 13

// A Preprocessing is what Form.Preprocess puts before a model: the centred
// square whose side is Crop × the short side, resampled to Size×Size pixels as
// Pillow's resize with a box does, and normalized.
type Preprocessing struct {
	Size      int        // Height and width of the model's input, pixels.
	Crop      float64    // In (0, 1].
	Bicubic   bool       // Keys' cubic with a = -0.5; otherwise the triangle. Both widened to antialias.
	BGR       bool       // The model wants blue, green, red.
	Mean, Std [3]float32 // In the model's order, on 0..255: input = (pixel − Mean)/Std.
}

// preprocessPrefix begins the names of the nodes that Form.Preprocess adds,
// and of all they give but the input of the model.
const preprocessPrefix = "preprocess/"

// Metadata of a file that preprocesses images itself.
const (
	metaOutput       = "output"         // logits or probabilities.
	metaPreprocessed = "finetune.input" // Name of what preprocessing gives.
)

// preprocess makes the input images of any size, uint8 [N,H,W,3] RGB, and the
// output probabilities.
//
// Resampling is two products with matrices of weights that the graph makes of
// the image's size, one along each axis, each rounded to 8 bits as Pillow does.
// Resize is not used: no coordinate mode of it keeps a crop whose edges lie
// between pixels centred, and few runtimes antialias (docs/decisions/export.md).
func (m *Model) preprocess(p Preprocessing) {
	v := m.graph
	g := m.file.Graph
	input := m.input.Name
	b := &preprocessor{view: v, Preprocessing: p}
	b.images = v.free("images")
	x := b.resample()
	if p.BGR {
		x = b.node("Gather", []string{x, b.ints("bgr", []int{3}, 2, 1, 0)}, "channels", onnxfile.Int("axis", 1))
	}
	x = b.node("Sub", []string{x, b.floats("mean", []int{3, 1, 1}, p.Mean[:]...)}, "centred")
	if m.nhwc {
		x = b.node("Div", []string{x, b.floats("std", []int{3, 1, 1}, p.Std[:]...)}, "scaled")
		b.add(newNode("Transpose", []string{x}, input, onnxfile.Ints("perm", 0, 2, 3, 1)))
	} else {
		b.add(newNode("Div", []string{x, b.floats("std", []int{3, 1, 1}, p.Std[:]...)}, input))
	}
	b.nodes[len(b.nodes)-1].Name = preprocessPrefix + "normalized"
	v.before(g.Nodes[0], b.nodes...)

	batch := onnxfile.Dim{Name: batchName}
	if m.input.HasShape {
		batch = m.input.Dims[0]
	}
	m.input.Name = b.images
	m.input.SetType(onnxfile.TypeUint8, batch, onnxfile.Dim{Name: "height"}, onnxfile.Dim{Name: "width"}, onnxfile.Dim{Size: 3})
	g.ValueInfos = nil
	m.softmaxOutput()
	m.file.SetMetadata(metaPreprocessed, input)
}

// softmaxOutput makes the output probabilities.
func (m *Model) softmaxOutput() {
	v, g := m.graph, m.file.Graph
	logits := m.head.output
	name := v.free("probabilities")
	v.before(nil, newNode("Softmax", []string{logits}, name, onnxfile.Int("axis", 1)))
	g.Outputs[0].Name = name
	g.Outputs[0].SetType(onnxfile.TypeFloat, g.Outputs[0].Dims...)
	m.file.SetMetadata(metaOutput, "probabilities")
}

// A preprocessor collects the nodes of preprocessing.
type preprocessor struct {
	*view
	Preprocessing
	images string
	nodes  []*onnxfile.Node
}

func (b *preprocessor) add(n *onnxfile.Node) { b.nodes = append(b.nodes, n) }

// node adds a node and returns its output.
func (b *preprocessor) node(op string, inputs []string, name string, attributes ...*onnxfile.Attribute) string {
	out := b.free(preprocessPrefix + name)
	b.add(newNode(op, inputs, out, attributes...))
	return out
}

func (b *preprocessor) floats(name string, dims []int, values ...float32) string {
	t := &onnxfile.Tensor{Name: b.free(preprocessPrefix + name)}
	t.SetFloats(dims, values)
	b.view.add(t)
	return t.Name
}

func (b *preprocessor) ints(name string, dims []int, values ...int64) string {
	t := &onnxfile.Tensor{Name: b.free(preprocessPrefix + name)}
	t.SetInts(dims, values...)
	b.view.add(t)
	return t.Name
}

// resample adds all up to the resampled image, float [N,3,Size,Size], whose
// values are whole numbers from 0 to 255.
func (b *preprocessor) resample() string {
	shape := b.node("Shape", []string{b.images}, "shape")
	height := b.size(shape, "height", 1)
	width := b.size(shape, "width", 2)
	side := b.node("Min", []string{height, width}, "short")
	side = b.node("Mul", []string{side, b.floats("crop", nil, float32(b.Crop))}, "side")
	scale := b.node("Div", []string{side, b.floats("size", nil, float32(b.Size))}, "scale")
	filter := b.node("Max", []string{scale, b.floats("one", nil, 1)}, "filter")
	rows := b.axis("rows", height, side, scale, filter)
	columns := b.axis("columns", width, side, scale, filter)

	from := b.node("Concat", []string{rows.from, columns.from}, "from", onnxfile.Int("axis", 0))
	to := b.node("Concat", []string{rows.to, columns.to}, "to", onnxfile.Int("axis", 0))
	x := b.node("Slice", []string{b.images, from, to, b.ints("axes", []int{2}, 1, 2)}, "region")
	x = b.node("Cast", []string{x}, "float", onnxfile.Int("to", int64(onnxfile.TypeFloat)))
	x = b.node("Transpose", []string{x}, "nchw", onnxfile.Ints("perm", 0, 3, 1, 2))
	across := b.node("Transpose", []string{columns.weights}, "across", onnxfile.Ints("perm", 1, 0))
	x = b.bytes(b.node("MatMul", []string{x, across}, "resampled_across"), "across8")
	return b.bytes(b.node("MatMul", []string{rows.weights, x}, "resampled"), "resampled8")
}

// size returns an element of the shape as a number of type float.
func (b *preprocessor) size(shape, name string, axis int64) string {
	n := b.node("Gather", []string{shape, b.ints(name+"_axis", nil, axis)}, name+"_int")
	return b.node("Cast", []string{n}, name, onnxfile.Int("to", int64(onnxfile.TypeFloat)))
}

// bytes rounds to the nearest whole numbers, halves upwards, from 0 to 255.
func (b *preprocessor) bytes(x, name string) string {
	x = b.node("Add", []string{x, b.floats(name+"_half", nil, 0.5)}, name+"_up")
	x = b.node("Floor", []string{x}, name+"_floor")
	return b.node("Clip", []string{x, b.floats(name+"_least", nil, 0), b.floats(name+"_most", nil, 255)}, name)
}

// A resampled axis has the range of source pixels that are used, int64 [1]
// each, and the weights [Size, to−from].
type resampledAxis struct{ from, to, weights string }

// axis adds what makes the weights of an axis of n pixels: that of output pixel
// i and source pixel j is kernel((j + ½ − centre)/filter), with
// centre = (n − side)/2 + (i + ½)·scale, divided by the sum over j.
func (b *preprocessor) axis(name, n, side, scale, filter string) resampledAxis {
	node := func(op string, inputs []string, what string, attributes ...*onnxfile.Attribute) string {
		return b.node(op, inputs, name+"_"+what, attributes...)
	}
	number := func(what string, x float32) string { return b.floats(name+"_"+what, nil, x) }
	toInt := onnxfile.Int("to", int64(onnxfile.TypeInt64))
	toFloat := onnxfile.Int("to", int64(onnxfile.TypeFloat))
	half := number("half", 0.5)

	margin := node("Sub", []string{n, side}, "margin")
	low := node("Mul", []string{margin, half}, "low")
	high := node("Add", []string{low, side}, "high")
	support := node("Mul", []string{filter, number("kernel_support", b.support())}, "support")
	first := node("Floor", []string{node("Sub", []string{low, support}, "reach_low")}, "first")
	last := node("Ceil", []string{node("Add", []string{high, support}, "reach_high")}, "last")
	from := node("Cast", []string{node("Max", []string{first, number("zero", 0)}, "from_float")}, "from_int", toInt)
	to := node("Cast", []string{node("Min", []string{last, n}, "to_float")}, "to_int", toInt)
	source := node("Range", []string{from, to, b.ints(name+"_step", nil, 1)}, "source_int")
	source = node("Cast", []string{source}, "source_float", toFloat)
	source = node("Add", []string{source, half}, "source")

	outputs := make([]float32, b.Size)
	for i := range outputs {
		outputs[i] = float32(i) + 0.5
	}
	centre := node("Mul", []string{b.floats(name+"_outputs", []int{b.Size, 1}, outputs...), scale}, "offset")
	centre = node("Add", []string{centre, low}, "centre")
	distance := node("Abs", []string{node("Sub", []string{source, centre}, "difference")}, "pixels")
	distance = node("Div", []string{distance, filter}, "distance")
	weights := b.kernel(distance, node, number)
	sum := node("ReduceSum", []string{weights, b.ints(name+"_along", []int{1}, 1)}, "sum", onnxfile.Int("keepdims", 1))
	one := b.ints(name+"_shape", []int{1}, 1)
	return resampledAxis{
		from:    node("Reshape", []string{from, one}, "from"),
		to:      node("Reshape", []string{to, one}, "to"),
		weights: node("Div", []string{weights, sum}, "weights"),
	}
}

// support is where the kernel ends, in pixels of the coarser grid.
func (b *preprocessor) support() float32 {
	if b.Bicubic {
		return 2
	}
	return 1
}

// kernel adds the kernel at distances that are not negative.
func (b *preprocessor) kernel(d string, node func(string, []string, string, ...*onnxfile.Attribute) string, number func(string, float32) string) string {
	if !b.Bicubic {
		return node("Relu", []string{node("Sub", []string{number("one", 1), d}, "triangle")}, "kernel")
	}
	// Keys (1981) with a = -½, by Horner's rule.
	polynomial := func(part string, coefficients ...float32) string {
		y := ""
		for i, c := range coefficients {
			name := fmt.Sprintf("%s%d", part, i)
			term := number(name+"_coefficient", c)
			if y == "" {
				y = term
				continue
			}
			y = node("Add", []string{node("Mul", []string{y, d}, name+"_product"), term}, name)
		}
		return y
	}
	inner := polynomial("inner", 1.5, -2.5, 0, 1)
	outer := polynomial("outer", -0.5, 2.5, -4, 2)
	tail := node("Where", []string{node("Less", []string{d, number("two", 2)}, "in_two"), outer, number("nothing", 0)}, "tail")
	return node("Where", []string{node("Less", []string{d, number("one", 1)}, "in_one"), inner, tail}, "kernel")
}
