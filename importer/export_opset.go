package importer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"finetune/internal/onnxfile"
)

// maxOpset is the last version of ONNX's operators that the tables here know.
const maxOpset = 22

// compatible are the operators that every version from 7 to maxOpset accepts as
// an earlier one wrote them, with the same meaning: what was added are types,
// attributes whose default is what was before, and negative axes.
//
// https://onnx.ai/onnx/operators/
var compatible = strings.Fields(`
	Abs Add And ArgMax ArgMin AveragePool Cast CastLike Ceil Celu Concat Constant ConstantOfShape Conv
	ConvTranspose Cos CumSum DepthToSpace Div Einsum Elu Equal Erf Exp Expand Flatten Floor Gather GatherElements
	GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish
	Identity InstanceNormalization IsInf IsNaN LRN LayerNormalization LeakyRelu Less LessOrEqual Log LpNormalization
	LpPool MatMul Max MaxPool Mean Min Mish Mod Mul Neg Not Or PRelu Pow Range Reciprocal Relu Reshape Round
	ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Size Softplus Softsign SpaceToDepth Sqrt Sub Sum
	Tanh ThresholdedRelu Tile Transpose Trilu Where Xor`)

// An opsetChange is what a version of an operator asks of a node that was
// written for the one before.
type opsetChange struct {
	version int64
	change  func(v *view, n *onnxfile.Node) error
}

// opsetChanges are those of the operators that are not compatible.
var opsetChanges = map[string][]opsetChange{
	"BatchNormalization": {{9, dropSpatial}, {14, oneOutput}},
	"Clip":               {{11, attributesToInputs("min", "max")}},
	"Dropout":            {{10, oneOutput}, {12, attributesToInputs("ratio")}},
	"GroupNormalization": {{21, refuse("scale and bias are one number a group before opset 21 and one a channel from there on")}},
	"Hardmax":            {{13, lastAxis}},
	"LogSoftmax":         {{13, lastAxis}},
	"OneHot":             {{11, refuse("negative indices are out of range before opset 11 and count from the end from there on")}},
	"Pad":                {{11, attributesToInputs("pads", "value")}},
	"ReduceL1":           {{18, attributesToInputs("axes")}},
	"ReduceL2":           {{18, attributesToInputs("axes")}},
	"ReduceLogSum":       {{18, attributesToInputs("axes")}},
	"ReduceLogSumExp":    {{18, attributesToInputs("axes")}},
	"ReduceMax":          {{18, attributesToInputs("axes")}},
	"ReduceMean":         {{18, attributesToInputs("axes")}},
	"ReduceMin":          {{18, attributesToInputs("axes")}},
	"ReduceProd":         {{18, attributesToInputs("axes")}},
	"ReduceSum":          {{13, attributesToInputs("axes")}},
	"ReduceSumSquare":    {{18, attributesToInputs("axes")}},
	"Resize":             {{11, refuse("its inputs have another order from opset 11 on")}, {13, resizeModes}},
	"Slice":              {{10, attributesToInputs("starts", "ends", "axes")}},
	"Softmax":            {{13, lastAxis}},
	"Split":              {{13, attributesToInputs("split")}, {18, countOutputs}},
	"Squeeze":            {{13, attributesToInputs("axes")}},
	"Unsqueeze":          {{13, attributesToInputs("axes")}},
	"Upsample":           {{10, refuse("it is deprecated from opset 10 on (Resize took its place)")}},
}

// raiseOpset rewrites the nodes for a later version of ONNX's operators.
func (v *view) raiseOpset(to int64) error {
	from := v.file.OpsetVersion()
	switch {
	case to < from:
		return fmt.Errorf("importer: opset %d: %w: the file is of opset %d, and an opset is never lowered", to, ErrUnsupported, from)
	case to > maxOpset:
		return fmt.Errorf("importer: opset %d: %w: the highest known is %d", to, ErrUnsupported, maxOpset)
	case to == from:
		return nil
	}
	for _, n := range slices.Clone(v.file.Graph.Nodes) {
		if !onnxfile.IsONNX(n.Domain) {
			continue
		}
		changes, known := opsetChanges[n.Op]
		if !known && !slices.Contains(compatible, n.Op) {
			return &OpError{n.Op, n.Label(), fmt.Errorf("from opset %d to %d: no rule says what changes: %w", from, to, ErrUnsupported)}
		}
		for _, c := range changes {
			if from < c.version && c.version <= to {
				if err := c.change(v, n); err != nil {
					return &OpError{n.Op, n.Label(), fmt.Errorf("from opset %d to %d: %w", from, to, err)}
				}
			}
		}
	}
	format := v.file.IRVersion
	v.file.SetOpsetVersion(to)
	if format < 4 && v.file.IRVersion >= 4 {
		v.takeInitializersFromInputs()
	}
	return nil
}

// takeInitializersFromInputs leaves the inputs that a caller gives. Before
// version 4 of the format initializers are among the inputs; in a later one that
// says that a caller may replace them, and runtimes do not fold them.
func (v *view) takeInitializersFromInputs() {
	g := v.file.Graph
	g.Inputs = slices.DeleteFunc(g.Inputs, func(info *onnxfile.ValueInfo) bool { return v.constants[info.Name] != nil })
}

// refuse says why a node cannot be rewritten.
func refuse(why string) func(*view, *onnxfile.Node) error {
	return func(*view, *onnxfile.Node) error { return fmt.Errorf("%s: %w", why, ErrUnsupported) }
}

// attributesToInputs makes the named attributes constant inputs, behind the
// first input, in this order.
func attributesToInputs(names ...string) func(*view, *onnxfile.Node) error {
	return func(v *view, n *onnxfile.Node) error {
		inputs := slices.Clone(n.Inputs[:1])
		for _, name := range names {
			input := ""
			if a := n.Attribute(name); a != nil {
				t := &onnxfile.Tensor{Name: v.free(n.Label() + "." + name)}
				switch a.Type {
				case onnxfile.AttributeFloat:
					t.SetFloats(nil, []float32{a.Float})
				case onnxfile.AttributeInts:
					t.SetInts([]int{len(a.Ints)}, a.Ints...)
				default:
					return fmt.Errorf("attribute %s of type %d: %w", name, a.Type, ErrUnsupported)
				}
				v.add(t)
				input = t.Name
				n.RemoveAttribute(name)
			}
			inputs = append(inputs, input)
		}
		for inputs[len(inputs)-1] == "" {
			inputs = inputs[:len(inputs)-1]
		}
		n.SetInputs(inputs...)
		return nil
	}
}

// dropSpatial removes what BatchNormalization had until opset 9.
func dropSpatial(_ *view, n *onnxfile.Node) error {
	if a := n.Attribute("spatial"); a != nil && a.Int != 1 {
		return fmt.Errorf("attribute spatial = %d, want 1: %w", a.Int, ErrUnsupported)
	}
	n.RemoveAttribute("spatial")
	return nil
}

// oneOutput refuses nodes of which more than the first output is asked for.
func oneOutput(_ *view, n *onnxfile.Node) error {
	if len(n.Outputs) > 1 {
		return fmt.Errorf("%d outputs, want 1: %w", len(n.Outputs), ErrUnsupported)
	}
	return nil
}

// lastAxis sees to Softmax and its kin: until opset 13 they flatten all axes
// from theirs on, from there on they work along it alone. That is the same for
// the last axis.
func lastAxis(v *view, n *onnxfile.Node) error {
	axis := int64(1)
	if a := n.Attribute("axis"); a != nil {
		axis = a.Int
	}
	rank, known := v.rank(n.Inputs[0])
	if axis != -1 && !(known && axis == int64(rank)-1) {
		return fmt.Errorf("axis = %d means all axes from there on before opset 13, and is not known to be the last: %w", axis, ErrUnsupported)
	}
	n.SetAttribute(onnxfile.Int("axis", -1))
	return nil
}

// rank returns the number of axes of a tensor, where that is known.
func (v *view) rank(name string) (int, bool) {
	if rank, ok := v.ranks[name]; ok {
		return rank, true
	}
	name = v.resolve(name)
	if n := v.producer[name]; n != nil && (n.Op == "Gemm" || n.Op == "Flatten") {
		return 2, true
	}
	for _, list := range [][]*onnxfile.ValueInfo{v.file.Graph.ValueInfos, v.file.Graph.Inputs, v.file.Graph.Outputs} {
		for _, info := range list {
			if info.Name == name && info.HasShape {
				return len(info.Dims), true
			}
		}
	}
	return 0, false
}

// resizeModes refuses a mode that opset 13 dropped.
func resizeModes(_ *view, n *onnxfile.Node) error {
	const dropped = "tf_half_pixel_for_nn"
	if a := n.Attribute("coordinate_transformation_mode"); a != nil && a.String == dropped {
		return fmt.Errorf("coordinate_transformation_mode %s is gone from opset 13 on: %w", dropped, ErrUnsupported)
	}
	return nil
}

// countOutputs states into how many parts of one size a Split cuts.
func countOutputs(_ *view, n *onnxfile.Node) error {
	if len(n.Inputs) < 2 || n.Inputs[1] == "" {
		n.SetAttribute(onnxfile.Int("num_outputs", int64(len(n.Outputs))))
	}
	return nil
}

func init() {
	for _, op := range compatible {
		if opsetChanges[op] != nil {
			panic(errors.New("importer: " + op + " is both compatible and not"))
		}
	}
}

// ranks returns the numbers of axes of the tensors, as far as they can be built.
func (m *Model) ranks() map[string]int {
	ranks := map[string]int{}
	b, err := m.traced(1)
	if err != nil {
		return ranks
	}
	if err := b.run(); err != nil {
		return ranks
	}
	for name, v := range b.values {
		ranks[name] = len(v.Shape())
	}
	return ranks
}
