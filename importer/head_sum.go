package importer

import (
	"fmt"
	"slices"

	"finetune/internal/onnxfile"
)

// maxClassifiers bounds the classifiers of a head, and how deep their sums are
// nested.
const maxClassifiers = 16

// A sumSearch is where a walk back from a tensor ended.
type sumSearch struct {
	node *onnxfile.Node // That adds what classifiers give; nil if there is none.
	name string         // Otherwise, the tensor at which the walk ended.
}

// towardsSum walks back from a name, over nodes that may be behind a classifier
// or scale what it gives, to one that adds what several give. It notes the nodes
// on the way in the tail.
func (h *head) towardsSum(v *view, name string) sumSearch {
	for {
		n := v.producer[name]
		switch {
		case n == nil || len(n.Inputs) == 0:
			return sumSearch{name: name}
		case v.isSum(n):
			return sumSearch{node: n}
		case v.scaledInput(n) >= 0:
			h.tail = append(h.tail, n)
			name = n.Inputs[v.scaledInput(n)]
		case v.stackOf(n) != nil:
			h.tail = append(h.tail, n)
			return sumSearch{node: v.stackOf(n)}
		case tailOperators[n.Op]:
			h.tail = append(h.tail, n)
			name = n.Inputs[0]
		default:
			return sumSearch{name: name}
		}
	}
}

// isSum reports whether n adds or averages tensors that nodes compute: an Add
// that is no bias, Sum or Mean.
func (v *view) isSum(n *onnxfile.Node) bool {
	switch n.Op {
	case "Add":
		if len(n.Inputs) != 2 || v.biasOf(n) >= 0 {
			return false
		}
	case "Sum", "Mean":
		if len(n.Inputs) < 2 {
			return false
		}
	default:
		return false
	}
	return !slices.ContainsFunc(n.Inputs, func(name string) bool { return v.producer[name] == nil })
}

// stackOf returns the Concat that stacks the tensors of which n is the sum or the
// mean, nil if n is none of a stack.
func (v *view) stackOf(n *onnxfile.Node) *onnxfile.Node {
	if n.Op != "ReduceSum" && n.Op != "ReduceMean" {
		return nil
	}
	stack := v.producer[v.resolve(n.Inputs[0])]
	if stack == nil || stack.Op != "Concat" || len(stack.Inputs) < 2 {
		return nil
	}
	for _, name := range stack.Inputs {
		if from := v.producer[name]; from == nil || from.Op != "Unsqueeze" {
			return nil
		}
	}
	return stack
}

// scaledInput returns which input of n, a Mul or Div by one constant number, is
// scaled, or -1.
func (v *view) scaledInput(n *onnxfile.Node) int {
	if len(n.Inputs) != 2 || n.Op != "Mul" && n.Op != "Div" {
		return -1
	}
	switch {
	case v.isNumber(n.Inputs[1]):
		return 0
	case n.Op == "Mul" && v.isNumber(n.Inputs[0]):
		return 1
	}
	return -1
}

// isNumber reports whether name is a constant of one element, perhaps through a
// Cast.
func (v *view) isNumber(name string) bool {
	t := v.constants[v.beforeCast(v.resolve(name))]
	return t != nil && t.Len() == 1
}

// added makes h the head of the classifiers whose logits node sum adds.
func (h *head) added(v *view, sum *onnxfile.Node) (*head, string) {
	a := addition{view: v, head: h, seen: map[*onnxfile.Node]bool{}}
	if reason := a.split(sum, 1); reason != "" {
		return nil, reason
	}
	h.classifier, h.others = *a.found[0], a.found[1:]
	for _, c := range h.others {
		if c.classes != h.classes {
			return nil, fmt.Sprintf("%s %q, which adds %d classes to %d", sum.Op, sum.Label(), c.classes, h.classes)
		}
	}
	return h, ""
}

// An addition is a search for classifiers whose logits are added.
type addition struct {
	*view
	head  *head
	seen  map[*onnxfile.Node]bool // Sums and classifiers.
	found []*classifier
}

// split finds the classifiers of each input of a sum. Without success it says
// what it met.
func (a *addition) split(sum *onnxfile.Node, depth int) string {
	if a.seen[sum] || depth > maxClassifiers {
		return fmt.Sprintf("%s %q, which adds one tensor twice", sum.Op, sum.Label())
	}
	a.seen[sum] = true
	a.head.tail = append(a.head.tail, sum)
	for _, name := range sum.Inputs {
		part := &head{}
		s := part.towardsSum(a.view, name)
		if s.node == nil {
			var reason string
			if part, reason = part.one(a.view, s.name); part == nil {
				return reason
			}
		}
		if slices.ContainsFunc(part.tail, func(n *onnxfile.Node) bool { return n.Op == "Softmax" || n.Op == "LogSoftmax" }) {
			return fmt.Sprintf("%s %q of probabilities", sum.Op, sum.Label())
		}
		a.head.tail = append(a.head.tail, part.tail...)
		if s.node != nil {
			if reason := a.split(s.node, depth+1); reason != "" {
				return reason
			}
			continue
		}
		if a.seen[part.node] || len(a.found) == maxClassifiers {
			return fmt.Sprintf("%s %q, which is not of different classifiers, at most %d", sum.Op, sum.Label(), maxClassifiers)
		}
		a.seen[part.node] = true
		a.found = append(a.found, &part.classifier)
	}
	return ""
}

// commonInput returns the tensor that all classifiers read, "" if they read
// different ones.
func (h *head) commonInput(v *view) string {
	name := h.node.Inputs[0]
	for _, c := range h.others {
		if v.resolve(c.node.Inputs[0]) != v.resolve(name) {
			return ""
		}
	}
	return name
}
