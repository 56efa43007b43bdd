package op

import (
	"fmt"
	"hash"
	"hash/fnv"
	"sync/atomic"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// An Op is a Def in an expression graph.
//
// What Gorgonia v0.9.18 does with a graph of them, and asks of whoever builds
// or runs one:
//
//   - Nodes are found again by a 32-bit hash of type, shape, op and children,
//     and then by the op's hash alone. So each Op and Grad hashes an id.
//   - Two inputs of one type, shape and name are one node, and the name of an
//     input that was given none is empty: every input needs a name of its own.
//   - A constant is known by its printed form, which leaves out the middle of a
//     large tensor, so that different constants become one. Use [Constant].
//     A constant alone has no graph to put an Op into.
//   - Grad of a graph works once; the second call meets the Grad ops of the
//     first, which have no gradient.
//   - SymDiff is not told which gradients are wanted, and may return nil only
//     where DiffWRT says false. The graph therefore holds gradients that
//     nothing reads, such as that of the image: the TapeMachine computes them,
//     a machine that starts from the wanted nodes need not.
//   - The cost has rank 0, as shape (1) is refused, and the value here is then a
//     *gorgonia.F64 or *gorgonia.F32. Its gradient is a constant scalar 1.
//   - Where gradients meet Gorgonia puts an elementwise Add of its own, not an
//     Op of this package: ((a + b) + c), in the order in which they were found.
//   - The TapeMachine lets its own ops overwrite a register that is still to be
//     read, preallocates for ops that call extern code, and runs nothing on a
//     second RunAll without Reset. Ops here overwrite nothing and own their
//     results.
type Op struct {
	Def
	node
}

// A Grad is the gradient of an Op with respect to one of its inputs. Its own
// inputs are those of the Op, then the Op's output, then the gradient of that.
type Grad struct {
	Of    *Op
	Input int
	node
}

var (
	_ G.SDOp = (*Op)(nil)
	_ G.Op   = (*Grad)(nil)
)

// Apply puts def into the graph of its inputs, which have one element type,
// float32 or float64, and returns the output. The error is what def.Infer says
// of the shapes, or Gorgonia of the types.
func Apply(def Def, inputs ...*G.Node) (*G.Node, error) {
	shapes := make([]tensor.Shape, len(inputs))
	for i, in := range inputs {
		shapes[i] = in.Shape()
	}
	out, err := def.Infer(shapes)
	if err != nil {
		return nil, fmt.Errorf("op: %s: %w", def.Name(), err)
	}
	o := &Op{Def: def, node: newNode(def.Name(), shapes, out)}
	y, err := G.ApplyOp(o, inputs...)
	if err != nil {
		return nil, fmt.Errorf("op: %s: %w", def.Name(), err)
	}
	return y, nil
}

// InferShape implements gorgonia.Op.
func (o *Op) InferShape(...G.DimSizer) (tensor.Shape, error) { return o.out.Clone(), nil }

// Do implements gorgonia.Op by the plain reference.
func (o *Op) Do(values ...G.Value) (G.Value, error) {
	in := arrays(values)
	y := newArray(o.out)
	o.Forward(y, in)
	return y.value(values[0].Dtype())
}

// DiffWRT implements gorgonia.SDOp.
func (o *Op) DiffWRT(inputs int) []bool { return o.Differentiable(inputs) }

// SymDiff implements gorgonia.SDOp: one Grad per differentiable input.
func (o *Op) SymDiff(inputs G.Nodes, output, grad *G.Node) (G.Nodes, error) {
	grads := make(G.Nodes, len(inputs))
	for i, wanted := range o.Differentiable(len(inputs)) {
		if !wanted {
			continue
		}
		all := append(append(G.Nodes{}, inputs...), output, grad)
		shapes := make([]tensor.Shape, len(all))
		for j, n := range all {
			shapes[j] = n.Shape()
		}
		g := &Grad{Of: o, Input: i, node: newNode(o.Name()+"Grad", shapes, inputs[i].Shape())}
		var err error
		if grads[i], err = G.ApplyOp(g, all...); err != nil {
			return nil, fmt.Errorf("op: %s: gradient of input %d: %w", o.Name(), i, err)
		}
	}
	return grads, nil
}

// InferShape implements gorgonia.Op.
func (g *Grad) InferShape(...G.DimSizer) (tensor.Shape, error) { return g.out.Clone(), nil }

// Do implements gorgonia.Op by the plain reference.
func (g *Grad) Do(values ...G.Value) (G.Value, error) {
	all := arrays(values)
	n := len(all) - 2
	dx := newArray(g.out)
	g.Of.Grad(g.Input, dx, all[:n], all[n], all[n+1])
	return dx.value(values[0].Dtype())
}

// node is the part of gorgonia.Op that is the same for all ops here.
type node struct {
	name  string
	id    int64 // Gorgonia merges nodes by hash: each op has its own.
	ranks []int
	out   tensor.Shape
}

var lastID atomic.Int64

func newNode(name string, in []tensor.Shape, out tensor.Shape) node {
	ranks := make([]int, len(in))
	for i, s := range in {
		ranks[i] = s.Dims()
	}
	return node{name: name, id: lastID.Add(1), ranks: ranks, out: out.Clone()}
}

// Arity implements gorgonia.Op.
func (n *node) Arity() int { return len(n.ranks) }

// Type implements gorgonia.Op.
func (n *node) Type() hm.Type {
	types := make([]hm.Type, 0, len(n.ranks)+1)
	for _, r := range append(append([]int{}, n.ranks...), n.out.Dims()) {
		types = append(types, typeOfRank(r))
	}
	return hm.NewFnType(types...)
}

func typeOfRank(rank int) hm.Type {
	if rank == 0 {
		return hm.TypeVariable('a')
	}
	return G.TensorType{Dims: rank, Of: hm.TypeVariable('a')}
}

// ReturnsPtr implements gorgonia.Op.
func (n *node) ReturnsPtr() bool { return true }

// CallsExtern implements gorgonia.Op. False keeps the TapeMachine from
// preallocating, so that Do owns its result.
func (n *node) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op: never.
func (n *node) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op.
func (n *node) WriteHash(h hash.Hash) { fmt.Fprintf(h, "%s#%d", n.name, n.id) }

// Hashcode implements gorgonia.Op.
func (n *node) Hashcode() uint32 {
	h := fnv.New32a()
	n.WriteHash(h)
	return h.Sum32()
}

// String implements fmt.Stringer.
func (n *node) String() string { return fmt.Sprintf("%s#%d", n.name, n.id) }
