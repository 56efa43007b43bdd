package importer

import (
	"fmt"
	"slices"

	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Build makes an expression graph of the model, a new one each time.
//
// Dropout is the identity in every mode. The features of a classifier that is
// a convolution before the pooling, as in SqueezeNet, have shape [N, F, H, W].
// Errors about a node are of type *OpError.
func (m *Model) Build(o BuildOptions) (*Graph, error) {
	images, err := m.imageShape(o)
	if err != nil {
		return nil, err
	}
	b := m.newBuilder(o, images)
	if err := b.run(); err != nil {
		return nil, err
	}
	if features := m.head.commonInput(m.graph); features != "" {
		if b.out.Features, err = b.float(features); err != nil {
			return nil, fmt.Errorf("importer: features: %w", err)
		}
	}
	if b.out.Logits, err = b.logits(); err != nil {
		return nil, fmt.Errorf("importer: logits: %w", err)
	}
	for _, name := range o.Tensors {
		x, err := b.float(name)
		if err != nil {
			return nil, fmt.Errorf("importer: tensor %q: %w", name, err)
		}
		b.out.Tensors = append(b.out.Tensors, x)
	}
	if o.Loss {
		if err := b.addLoss(); err != nil {
			return nil, fmt.Errorf("importer: loss: %w", err)
		}
	}
	return b.out, nil
}

// A builder holds a graph while it is built.
type builder struct {
	model   *Model
	options BuildOptions
	dtype   tensor.Dtype
	out     *Graph
	values  map[string]value
	known   recollection

	channelsLast value // The images as [N,H,W,C], once something reads them so.

	constants int
	computed  int // Elements of constants that were computed.
	products  int // Multiplications for them.
	trained   int // Numbers that are, in the file.
	made      int // Elements that may be computed of weights that are made constants, if more than of others.
}

// imageShape returns [N,C,H,W] of the images.
func (m *Model) imageShape(o BuildOptions) ([]int, error) {
	channels, height, width := m.InputSize()
	if o.Height != 0 {
		height = o.Height
	}
	if o.Width != 0 {
		width = o.Width
	}
	if channels == 0 {
		channels = m.channels()
	}
	shape := []int{o.Batch, channels, height, width}
	if slices.Min(shape) < 1 {
		return nil, fmt.Errorf("importer: images of shape %v: want sizes of at least 1 (the file may leave some to BuildOptions)", shape)
	}
	return shape, nil
}

func (m *Model) newBuilder(o BuildOptions, images []int) *builder {
	b := &builder{
		model: m, options: o, dtype: tensor.Float32,
		out:    &Graph{G: G.NewGraph()},
		values: map[string]value{}, trained: m.parameters(),
	}
	if o.Float64 {
		b.dtype = tensor.Float64
	}
	b.out.Images = b.newInput(m.input.Name, images)
	b.values[m.input.Name] = value{node: b.out.Images}
	b.out.Params = b.newInputs(m.Params)
	b.out.Statistics = b.newInputs(m.Statistics)
	return b
}

// channels returns the channels that the first convolution reads, 0 if there
// is none.
func (m *Model) channels() int {
	for _, n := range m.nodes {
		if _, w := m.graph.floats(n, 1); n.Op == "Conv" && w != nil && len(w.Dims) > 1 {
			return w.Dims[1]
		}
	}
	return 0
}

func (b *builder) newInput(name string, shape []int) *G.Node {
	if len(shape) == 0 {
		return G.NewScalar(b.out.G, b.dtype, G.WithName(name))
	}
	return G.NewTensor(b.out.G, b.dtype, len(shape), G.WithShape(shape...), G.WithName(name))
}

func (b *builder) newInputs(tensors []Tensor) G.Nodes {
	nodes := make(G.Nodes, len(tensors))
	for i, t := range tensors {
		nodes[i] = b.newInput(t.Name, t.Shape)
		b.values[t.Name] = value{node: nodes[i]}
	}
	return nodes
}

// run builds the nodes in their order.
func (b *builder) run() error {
	for i := range b.model.records {
		if err := b.step(i); err != nil {
			return err
		}
	}
	return nil
}

// step builds the i-th node.
func (b *builder) step(i int) error {
	r, source := b.model.records[i], b.model.nodes[i]
	n := &node{record: r, label: source.Label(), opset: b.model.file.OpsetVersion(), builder: b, source: source}
	key := n.key()
	if v, ok := b.known.results[key]; ok {
		b.values[r.output] = v
		return nil
	}
	v, err := n.build()
	if err != nil {
		return &OpError{r.op, n.label, err}
	}
	v = b.known.same(v)
	if key != "" {
		b.known.remember(key, v)
	}
	b.values[r.output] = v
	for k, v := range n.more {
		b.values[source.Outputs[1+k]] = v
	}
	return nil
}

// faults builds all nodes that can be, and returns the errors of the others,
// without those that only lack what another would have given.
func (b *builder) faults() (errs []error) {
	missing := map[string]bool{}
	for i, n := range b.model.nodes {
		lacks := slices.ContainsFunc(n.Inputs, func(name string) bool { return missing[name] })
		if !lacks {
			err := b.step(i)
			if err == nil {
				continue
			}
			errs = append(errs, err)
		}
		for _, name := range n.Outputs {
			missing[name] = true
		}
	}
	return errs
}

// logits returns the output as [N, classes].
func (b *builder) logits() (*G.Node, error) {
	x, err := b.float(b.model.head.output)
	if err != nil {
		return nil, err
	}
	want := tensor.Shape{b.options.Batch, b.model.Classes()}
	if x.Shape().Eq(want) {
		return x, nil
	}
	if x.Shape().TotalSize() != want.TotalSize() || x.Shape()[0] != want[0] {
		return nil, fmt.Errorf("output %q has shape %v, want %v", b.model.head.output, x.Shape(), want)
	}
	return op.Apply(&op.Reshape{To: want}, x)
}

// addLoss adds the labels and the loss.
func (b *builder) addLoss() (err error) {
	b.out.Labels = b.newInput("labels", []int{b.options.Batch, b.model.Classes()})
	b.out.Loss, err = op.Apply(&op.CrossEntropy{Smoothing: b.options.LabelSmoothing}, b.out.Logits, b.out.Labels)
	return err
}
