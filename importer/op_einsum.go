package importer

import (
	"fmt"
	"slices"
	"strings"

	"finetune/internal/op"
)

func init() { register("Einsum", buildEinsum) }

// buildEinsum builds ONNX Einsum, opset 12, of one or two inputs: as sums and
// permutations of axes, and a product of stacks of matrices.
//
// https://onnx.ai/onnx/operators/onnx__Einsum.html
func buildEinsum(n *node) (value, error) {
	equation, err := attr(n, "equation", "")
	if err != nil {
		return value{}, err
	}
	xs, err := n.xs(1, 2)
	if err != nil {
		return value{}, err
	}
	terms, out, err := parseEquation(equation, xs)
	if err != nil {
		return value{}, err
	}
	in := make([]labeled, len(xs))
	for i, x := range xs {
		if in[i], err = n.diagonals(labeled{x, terms[i]}); err != nil {
			return value{}, err
		}
	}
	y := in[0]
	if len(in) == 2 {
		if y, err = n.contract(in[0], in[1], out); err != nil {
			return value{}, err
		}
	}
	if y, err = n.sumOver(y, func(l rune) bool { return !strings.ContainsRune(out, l) }); err != nil {
		return value{}, err
	}
	return n.arranged(y, out)
}

// A labeled is a value with a label for each axis.
type labeled struct {
	value
	labels string
}

// firstEllipsis is the label of the last axis of an ellipsis; the axes before it
// have the labels behind it.
const firstEllipsis = '0'

// parseEquation returns the labels of the axes of each input and of the output,
// which by default has those that occur once, sorted. An ellipsis gets labels.
func parseEquation(equation string, xs []value) (terms []string, out string, err error) {
	left, right, explicit := strings.Cut(strings.ReplaceAll(equation, " ", ""), "->")
	terms = strings.Split(left, ",")
	if len(terms) != len(xs) {
		return nil, "", fmt.Errorf("attribute equation = %q for %d inputs", equation, len(xs))
	}
	longest := ""
	for i, x := range xs {
		hidden := len(x.Shape()) - len(strings.Replace(terms[i], "...", "", 1))
		if hidden < 0 || hidden > 8 || hidden > 0 && !strings.Contains(terms[i], "...") {
			return nil, "", fmt.Errorf("attribute equation = %q: input %d has shape %v", equation, i, x.Shape())
		}
		ellipsis := ""
		for k := range hidden {
			ellipsis = string(rune(firstEllipsis+k)) + ellipsis
		}
		if len(ellipsis) > len(longest) {
			longest = ellipsis
		}
		terms[i] = strings.Replace(terms[i], "...", ellipsis, 1)
	}
	if out = strings.Replace(right, "...", longest, 1); !explicit {
		out = longest + onceSorted(strings.Join(terms, ""))
	}
	for _, l := range out {
		if strings.Count(out, string(l)) > 1 || !strings.ContainsRune(strings.Join(terms, ""), l) {
			return nil, "", fmt.Errorf("attribute equation = %q: the output's axis %q, want each once and in an input", equation, l)
		}
	}
	return terms, out, nil
}

// onceSorted returns the letters that occur once.
func onceSorted(labels string) string {
	var once []rune
	for _, l := range labels {
		if l > '9' && strings.Count(labels, string(l)) == 1 {
			once = append(once, l)
		}
	}
	slices.Sort(once)
	return string(once)
}

// diagonals leaves of axes with one label those elements that have one index.
func (n *node) diagonals(x labeled) (labeled, error) {
	for i, l := range x.labels {
		j := strings.LastIndex(x.labels, string(l))
		if j == i {
			continue
		}
		perm, rest := []int{}, ""
		for k := range x.labels {
			if k != i && k != j {
				perm = append(perm, k)
				rest += x.labels[k : k+1]
			}
		}
		y, err := n.transpose(x.value, append(perm, i, j)...)
		if err != nil {
			return x, err
		}
		s := y.Shape()
		size := s[len(s)-1]
		if s[len(s)-2] != size {
			return x, fmt.Errorf("axes %q of shape %v, want one size", l, x.Shape())
		}
		if y, err = n.reshape(y, append(slices.Clone([]int(s[:len(s)-2])), size*size)); err != nil {
			return x, err
		}
		if err := n.spend(size); err != nil {
			return x, err
		}
		indices := make([]int, size)
		for k := range indices {
			indices[k] = k * (size + 1)
		}
		if y, err = n.gather(y, len(s)-2, indices); err != nil {
			return x, err
		}
		return n.diagonals(labeled{y, rest + string(l)})
	}
	return x, nil
}

// sumOver adds up along the axes that drop says.
func (n *node) sumOver(x labeled, drop func(l rune) bool) (labeled, error) {
	var axes []int
	kept := ""
	for i, l := range x.labels {
		if drop(l) {
			axes = append(axes, i)
		} else {
			kept += string(l)
		}
	}
	if axes == nil {
		return x, nil
	}
	y, err := n.reduceAxes(op.Sum, x.value, axes, false)
	return labeled{y, kept}, err
}

// arranged permutes the axes of x.
func (n *node) arranged(x labeled, labels string) (value, error) {
	var perm []int
	for _, l := range labels {
		perm = append(perm, strings.IndexRune(x.labels, l))
	}
	return n.transpose(x.value, perm...)
}

// contract multiplies a by b and adds up along what both have and out has not.
func (n *node) contract(a, b labeled, out string) (labeled, error) {
	inA, inB := a.labels, b.labels
	only := func(labels, other string) string {
		return pick(labels, func(l rune) bool { return !strings.ContainsRune(other, l) })
	}
	var err error
	if a, err = n.sumOver(a, func(l rune) bool { return !strings.ContainsRune(inB+out, l) }); err != nil {
		return a, err
	}
	if b, err = n.sumOver(b, func(l rune) bool { return !strings.ContainsRune(inA+out, l) }); err != nil {
		return b, err
	}
	shared := pick(a.labels, func(l rune) bool { return strings.ContainsRune(b.labels, l) })
	stack := pick(shared, func(l rune) bool { return strings.ContainsRune(out, l) })
	summed := only(shared, stack)
	rows, cols := only(a.labels, shared), only(b.labels, shared)
	left, err := n.grouped(a, stack, rows, summed)
	if err != nil {
		return a, err
	}
	right, err := n.grouped(b, stack, summed, cols)
	if err != nil {
		return b, err
	}
	y, err := n.apply(&op.MatMul{}, left, right)
	if err != nil {
		return a, err
	}
	var to []int
	for _, l := range stack {
		to = append(to, max(a.size(l), b.size(l)))
	}
	for _, l := range rows {
		to = append(to, a.size(l))
	}
	for _, l := range cols {
		to = append(to, b.size(l))
	}
	y, err = n.reshape(y, to)
	return labeled{y, stack + rows + cols}, err
}

// grouped makes [stack..., rows, cols] of x.
func (n *node) grouped(x labeled, stack, rows, cols string) (value, error) {
	y, err := n.arranged(x, stack+rows+cols)
	if err != nil {
		return y, err
	}
	s := y.Shape()
	to := slices.Clone([]int(s[:len(stack)]))
	return n.reshape(y, append(to, product(s[len(stack):len(stack)+len(rows)]), product(s[len(stack)+len(rows):])))
}

// size returns the size of the axis with a label.
func (x labeled) size(l rune) int { return x.Shape()[strings.IndexRune(x.labels, l)] }

// pick returns the labels that keep says.
func pick(labels string, keep func(l rune) bool) string {
	return strings.Map(func(l rune) rune {
		if keep(l) {
			return l
		}
		return -1
	}, labels)
}
