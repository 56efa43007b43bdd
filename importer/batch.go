package importer

import (
	"fmt"
	"slices"

	"finetune/internal/onnxfile"

	"gorgonia.org/tensor"
)

// openInput leaves the number of images open in the type of the input. It
// returns the number that the file fixes there, 0 if it fixes none.
func (m *Model) openInput() int64 {
	if !m.input.HasShape || len(m.input.Dims) == 0 || m.input.Dims[0].Name != "" {
		return 0
	}
	fixed := m.input.Dims[0].Size
	dims := slices.Clone(m.input.Dims)
	dims[0] = onnxfile.Dim{Name: batchName}
	m.input.SetType(m.input.Type, dims...)
	m.file.Graph.ValueInfos = nil // They state the old batch.
	return fixed
}

// freeBatch changes the nodes of a file that was exported for a fixed number of
// images, so that they take any. It follows the images through two graphs: for
// so many images, and for one more. A tensor that depends on the images counts
// them in one of its axes, perhaps together with something else, such as the
// windows of Swin. Where a node fixes their number it is changed:
//
//   - The target of a Reshape. Which of its axes counts the images follows from
//     the strides ([placements]).
//   - The shape of an Expand of images, and the ends of a Slice of all of them.
//   - A tensor that a node takes beside images, but which does not depend on them
//     and repeats itself for each of them, as class tokens and position
//     embeddings that exporters expanded. One row of it stays.
//
// Another node that needs the number is an error that wraps ErrFixedBatch. A graph
// that cannot be built even as it is has targets of Reshape freed that begin with
// the number, and Build says what is wrong with it.
func (m *Model) freeBatch(fixed int64) error {
	t := &tracer{model: m, fixed: int(fixed), outer: map[string]int{}}
	var err error
	if t.before, err = m.traced(t.fixed); err != nil || t.before.run() != nil {
		m.graph.freeTargets(m.nodes, fixed)
		return nil
	}
	if t.after, err = m.traced(t.fixed + 1); err != nil {
		return err
	}
	if err := t.run(); err != nil {
		return err
	}
	t.apply()
	return nil
}

// traceable reports whether the graph is one that freeBatch builds. A large graph
// of few weights is not, as what a file may cost follows from its size.
func (m *Model) traceable(fixed int64) bool {
	const mostImages, mostNodes, weightsOfNode = 1 << 12, 3000, 1000
	weights := 0
	for _, t := range m.file.Graph.Initializers {
		weights += t.Len()
	}
	return len(m.input.Dims) == 4 && fixed <= mostImages && len(m.nodes) <= mostNodes+weights/weightsOfNode
}

// traced returns an empty builder of a graph for so many images.
func (m *Model) traced(batch int) (*builder, error) {
	o := BuildOptions{Batch: batch}
	if _, height, width := m.InputSize(); height == 0 || width == 0 {
		o.Height, o.Width = assumedSize, assumedSize
	}
	images, err := m.imageShape(o)
	if err != nil {
		return nil, err
	}
	return m.newBuilder(o, images), nil
}

// freeTargets frees the targets of Reshape that begin with the number of images.
func (v *view) freeTargets(nodes []*onnxfile.Node, fixed int64) {
	v.counted = nil
	for _, n := range nodes {
		if v.makers[n] {
			continue
		}
		v.editTarget(n, func(target []int64) {
			if target[0] == fixed {
				target[0] = 0
			}
		})
	}
}

// A tracer follows the images through the graph of a file that fixes their
// number.
type tracer struct {
	model  *Model
	fixed  int      // Images that the file is for.
	before *builder // For so many images, of the nodes as they are.
	after  *builder // For one image more, of the nodes as they will be.
	folded *builder // Of what depends on no image, with parameters as constants; nil before it is needed.

	// outer has how many things are counted outside of the images in the axis that
	// counts both, as in [tokens·images, features]; 1 is left out.
	outer   map[string]int
	edits   []edit // By node.
	forks   []fork
	retries int
}

// An edit is what changes in a node.
type edit struct {
	ints  []int64 // Instead of the constant integers of input at; nil if they stay.
	at    int
	alone []alone
}

// alone is an input that does not depend on images, of which one row along an
// axis is left.
type alone struct {
	input, axis int
	like        string // The tensor for whose images the row is repeated; "" if it broadcasts.
	likeAxis    int    // That counts them.
}

// A fork is a Reshape in a file for one image, where several axes may count
// images. What follows tells.
type fork struct{ node, taken, choices int }

// maxRetries bounds how often another choice is tried.
const maxRetries = 256

// run traces all nodes. From one that fails it goes back to the last fork.
func (t *tracer) run() error {
	t.edits = make([]edit, len(t.model.records))
	var first error
	for i := 0; i < len(t.model.records); {
		err := t.step(i)
		if err == nil {
			i++
			continue
		}
		if first == nil {
			first = err
		}
		if i = t.back(); i < 0 {
			return first
		}
	}
	return nil
}

// back takes the next choice of the last fork that has one, and returns its node;
// -1 if there is none.
func (t *tracer) back() int {
	for t.retries++; len(t.forks) > 0 && t.retries <= maxRetries; t.forks = t.forks[:len(t.forks)-1] {
		if last := &t.forks[len(t.forks)-1]; last.taken+1 < last.choices {
			last.taken++
			return last.node
		}
	}
	return -1
}

// choose returns which of several choices is taken at node i.
func (t *tracer) choose(i, choices int) int {
	if k := len(t.forks) - 1; k >= 0 && t.forks[k].node == i {
		return t.forks[k].taken
	}
	if choices > 1 {
		t.forks = append(t.forks, fork{i, 0, choices})
	}
	return 0
}

// step traces node i.
func (t *tracer) step(i int) error {
	r, source := t.model.records[i], t.model.nodes[i]
	t.edits[i] = edit{}
	for _, name := range source.Outputs {
		delete(t.outer, name)
	}
	counting, err := t.counting(r.inputs)
	switch {
	case err != nil:
	case counting == nil:
		if err = t.after.step(i); err != nil {
			return err
		}
	case r.op == "Reshape":
		err = t.reshape(i, counting[0])
	default:
		if err = t.after.step(i); err == nil {
			err = t.follows(i, counting)
		}
		if err != nil && t.repair(i, counting) {
			err = t.follows(i, counting)
		}
	}
	if err == nil {
		return nil
	}
	if node, ok := err.(*OpError); ok {
		err = node.Err
	}
	return &OpError{r.op, source.Label(), fmt.Errorf("%w at %d: %w", ErrFixedBatch, t.fixed, err)}
}

// counting returns for each input the axis that counts images, -1 for those
// that have none; nil if none has.
func (t *tracer) counting(inputs []string) ([]int, error) {
	axes, some := make([]int, len(inputs)), false
	for k, name := range inputs {
		axes[k] = -1
		if name == "" {
			continue
		}
		var err error
		if axes[k], err = t.axis(name); err != nil {
			return nil, err
		}
		some = some || axes[k] >= 0
	}
	if !some {
		return nil, nil
	}
	return axes, nil
}

// axis returns the axis of a tensor that counts images, -1 if there is none.
func (t *tracer) axis(name string) (int, error) {
	before, after, err := t.shapes(name)
	if err != nil {
		return -1, err
	}
	if len(before) != len(after) {
		return -1, fmt.Errorf("%q has shape %v for %d images, %v for %d", name, before, t.fixed, after, t.fixed+1)
	}
	found := -1
	for i := range before {
		switch {
		case before[i] == after[i]:
		case found < 0 && before[i]*(t.fixed+1) == after[i]*t.fixed:
			found = i
		default:
			return -1, fmt.Errorf("%q has shape %v for %d images, %v for %d", name, before, t.fixed, after, t.fixed+1)
		}
	}
	return found, nil
}

// shapes returns the shape of a tensor in both graphs.
func (t *tracer) shapes(name string) (before, after tensor.Shape, err error) {
	a, err := t.before.value(name)
	if err != nil {
		return nil, nil, err
	}
	b, err := t.after.value(name)
	return a.Shape(), b.Shape(), err
}

// outside returns what is counted outside of the images.
func (t *tracer) outside(name string) int { return max(1, t.outer[name]) }

// follows checks that what node i computes of images counts them, and that it
// does not compute one image from another.
func (t *tracer) follows(i int, counting []int) error {
	r := t.model.records[i]
	outside, size := 0, 0
	for k, axis := range counting {
		if axis < 0 {
			continue
		}
		before, _, err := t.shapes(r.inputs[k])
		if err != nil {
			return err
		}
		if r.mixes(axis, len(before), t.model.file.OpsetVersion()) {
			return fmt.Errorf("axis %d of %q counts images, and it computes along that", axis, r.inputs[k])
		}
		o := t.outside(r.inputs[k])
		if outside != 0 && o != outside {
			return fmt.Errorf("inputs count images in different orders")
		}
		outside, size = o, before[axis]
	}
	for _, name := range t.model.nodes[i].Outputs {
		v, ok := t.after.values[name]
		if !ok || v.constant != nil {
			continue
		}
		axis, err := t.axis(name)
		if err != nil {
			return err
		}
		if axis < 0 {
			return fmt.Errorf("%q depends on images and does not count them", name)
		}
		if before, _, _ := t.shapes(name); outside > 1 && before[axis] != size {
			return fmt.Errorf("%q counts images inside of something else", name)
		}
		if outside > 1 {
			t.outer[name] = outside
		}
	}
	return nil
}

// mixes reports whether an operator computes along an axis of its inputs.
func (r record) mixes(axis, rank int, opset int64) bool {
	along := func(fallback int64) int {
		a, ok := r.attributes["axis"].(int64)
		if !ok {
			a = fallback
		}
		if a < 0 {
			a += int64(rank)
		}
		return int(a)
	}
	switch r.op {
	case "Conv", "ConvTranspose", "AveragePool", "MaxPool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool",
		"BatchNormalization", "InstanceNormalization", "GroupNormalization", "LRN", "Resize", "Upsample", "DepthToSpace", "SpaceToDepth":
		return axis != 0
	case "Softmax", "LogSoftmax":
		if opset < 13 {
			return axis >= along(1)
		}
		return axis == along(-1)
	case "LayerNormalization":
		return axis >= along(-1)
	case "Concat", "Split":
		return axis == along(0)
	case "CumSum": // Its axis is an input.
		return true
	case "Flatten": // Of [things, images, …] the images are inside.
		return axis != 0 && axis != along(1)
	}
	return false
}
