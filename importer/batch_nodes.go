package importer

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"
)

// A placement is where a Reshape puts the images.
type placement struct {
	axis  int // Counts them.
	outer int // How many things that axis counts outside of them.
}

// placements returns the axes that may count images after a Reshape, the
// likeliest first. Before it, axis at counts them, within as many things as outer
// says. In row-major order an image is stride elements long and the next one
// follows; that has to be so within one axis afterwards. If there is but one image
// several axes may be meant: those of size 1, and those with nothing outside of the
// images, are likelier.
func placements(from tensor.Shape, at, outer int, to tensor.Shape, images int) []placement {
	if product(from) == 0 || product(to) == 0 {
		return nil
	}
	stride := from[at] / (outer * images) * product(from[at+1:])
	var found []placement
	for axis, size := range to {
		inner := product(to[axis+1:])
		if stride%inner == 0 && inner*size%(stride*images) == 0 {
			found = append(found, placement{axis, inner * size / (stride * images)})
		}
	}
	unlikely := func(p placement) int {
		switch {
		case to[p.axis] == images:
			return 0
		case p.outer == 1:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(found, func(a, b placement) int { return cmp.Compare(unlikely(a), unlikely(b)) })
	return found
}

// reshape traces a Reshape of a tensor whose axis at counts images.
func (t *tracer) reshape(i, at int) error {
	r := t.model.records[i]
	x := r.inputs[0]
	before, after, err := t.shapes(x)
	if err != nil {
		return err
	}
	to, err := t.before.value(r.output)
	if err != nil {
		return err
	}
	found := placements(before, at, t.outside(x), to.Shape(), t.fixed)
	if len(found) == 0 {
		return fmt.Errorf("no axis of %v counts images alike that axis %d of %v counts", to.Shape(), at, before)
	}
	p := found[t.choose(i, len(found))]
	want := to.Shape().Clone()
	want[p.axis] = want[p.axis] / t.fixed * (t.fixed + 1)
	if p.outer > 1 {
		t.outer[r.output] = p.outer
	}
	if err := t.after.step(i); err == nil && t.after.values[r.output].Shape().Eq(want) {
		return nil
	}
	given, ok := t.constantInts(r.inputs[1])
	if !ok {
		return fmt.Errorf("its shape follows from images")
	}
	if t.edits[i].ints = freed(given, after, want, at, p.axis); t.edits[i].ints == nil {
		return fmt.Errorf("shape %v: axis %d cannot be left open", given, p.axis)
	}
	t.edits[i].at = 1
	v, err := t.after.value(x)
	if err != nil {
		return err
	}
	n := &node{record: r, builder: t.after, source: t.model.nodes[i]}
	t.after.values[r.output], err = n.reshape(v, want)
	return err
}

// freed returns the target of a Reshape with an axis left open, so that it makes
// want of a tensor of shape from, whose axis at counts images; nil if that cannot
// be.
func freed(given []int64, from, want tensor.Shape, at, axis int) []int64 {
	if len(given) != len(want) {
		return nil
	}
	kept, rest := slices.Clone(given), slices.Clone(given)
	if at == axis {
		kept[axis] = 0
	}
	for i := range rest {
		if rest[i] == -1 {
			rest[i] = int64(want[i])
		}
	}
	rest[axis] = -1
	for _, candidate := range [][]int64{kept, rest} {
		to := make([]int, len(candidate))
		for i, size := range candidate {
			to[i] = int(size)
		}
		if got, err := target(to, from, false); err == nil && slices.Equal(got, want) {
			return candidate
		}
	}
	return nil
}

// constantInts returns the integers that a name stands for in the graph as it is.
func (t *tracer) constantInts(name string) ([]int64, bool) {
	v, err := t.before.value(name)
	if err != nil || v.constant == nil || v.kind != integer || len(v.constant.dims) != 1 || v.constant.dims[0] == 0 {
		return nil, false
	}
	given, err := v.constant.ints()
	values := make([]int64, len(given))
	for i, x := range given {
		values[i] = int64(x)
	}
	return values, err == nil
}

// repair changes node i so that it takes one more image, and reports whether it
// does.
func (t *tracer) repair(i int, counting []int) bool {
	r := t.model.records[i]
	switch r.op {
	case "Expand":
		return t.repairExpand(i, counting[0])
	case "Slice":
		return t.repairSlice(i, counting[0])
	}
	if !broadcasts[r.op] && r.op != "Concat" {
		return false
	}
	return t.leaveAlone(i, counting)
}

// repairExpand keeps the images' axis of an Expand as it is.
func (t *tracer) repairExpand(i, at int) bool {
	r := t.model.records[i]
	to, ok := t.constantInts(r.inputs[1])
	before, _, err := t.shapes(r.inputs[0])
	if !ok || err != nil || at < 0 {
		return false
	}
	if k := len(to) - len(before) + at; k >= 0 {
		to[k] = 1
	}
	return t.withInts(i, 1, to)
}

// repairSlice lets a Slice of all images end with the last one.
func (t *tracer) repairSlice(i, at int) bool {
	r := t.model.records[i]
	if len(r.inputs) < 3 || at < 0 {
		return false
	}
	starts, ok := t.constantInts(r.inputs[1])
	ends, okEnds := t.constantInts(r.inputs[2])
	before, _, err := t.shapes(r.inputs[0])
	if !ok || !okEnds || err != nil || len(starts) != len(ends) {
		return false
	}
	axes, given := []int64(nil), len(r.inputs) > 3 && r.inputs[3] != ""
	if given {
		if axes, ok = t.constantInts(r.inputs[3]); !ok || len(axes) != len(starts) {
			return false
		}
	}
	for k := range starts {
		axis := int64(k)
		if given {
			axis = axes[k]
		}
		if axis < 0 {
			axis += int64(len(before))
		}
		if axis == int64(at) && starts[k] == 0 && ends[k] == int64(before[at]) {
			ends[k] = math.MaxInt64
		}
	}
	return t.withInts(i, 2, ends)
}

// withInts builds node i with other integers as an input.
func (t *tracer) withInts(i, at int, ints []int64) bool {
	data := make([]float64, len(ints))
	for k, v := range ints {
		data[k] = float64(v)
	}
	t.edits[i] = edit{ints: ints, at: at}
	return t.with(i, map[int]value{at: newConstant(integer, []int{len(ints)}, data...)})
}

// with builds node i with other values of some inputs.
func (t *tracer) with(i int, values map[int]value) bool {
	r := t.model.records[i]
	inputs := slices.Clone(r.inputs)
	for k, v := range values {
		inputs[k] = fmt.Sprintf("\x00%d", k) // No tensor of a file that is loaded is called so.
		t.after.values[inputs[k]] = v
		defer delete(t.after.values, inputs[k])
	}
	t.model.records[i].inputs = inputs
	err := t.after.step(i)
	t.model.records[i] = r
	return err == nil
}

// broadcasts has the operators that broadcast their inputs.
var broadcasts = map[string]bool{
	"Add": true, "Sub": true, "Mul": true, "Div": true, "Pow": true, "Where": true, "Min": true, "Max": true, "Mean": true, "Sum": true,
	"And": true, "Or": true, "Xor": true, "Equal": true, "Less": true, "LessOrEqual": true, "Greater": true, "GreaterOrEqual": true,
	"Mod": true, "MatMul": true,
}

// leaveAlone leaves one row of what node i takes beside images and repeats itself
// for each of them, and reports whether the node takes any number of images then.
func (t *tracer) leaveAlone(i int, counting []int) bool {
	r := t.model.records[i]
	with := slices.IndexFunc(counting, func(axis int) bool { return axis >= 0 })
	like := r.inputs[with]
	images, _, err := t.shapes(like)
	if err != nil || images[counting[with]] != t.fixed {
		return false
	}
	behind := len(images) - counting[with] // Axes from the one that counts images on.
	values := map[int]value{}
	var e edit
	for k, name := range r.inputs {
		if name == "" || counting[k] >= 0 {
			continue
		}
		shape, _, err := t.shapes(name)
		axis := len(shape) - behind
		if err != nil || axis < 0 || shape[axis] != t.fixed {
			continue
		}
		if r.op != "Concat" && t.fixed == 1 || !t.repeats(name, axis) {
			continue
		}
		n := &node{record: r, builder: t.after, source: t.model.nodes[i]}
		v, err := t.after.value(name)
		if err == nil {
			v, err = n.gather(v, axis, []int{0})
		}
		a := alone{input: k, axis: axis}
		if r.op == "Concat" && err == nil {
			a.like, a.likeAxis = like, counting[with]
			v, err = n.repeat(v, axis, t.fixed+1)
		}
		if err != nil {
			return false
		}
		values[k] = v
		e.alone = append(e.alone, a)
	}
	t.edits[i] = e
	return len(values) > 0 && t.with(i, values)
}

// repeats reports whether all rows along an axis of a tensor that depends on no
// image are equal.
func (t *tracer) repeats(name string, axis int) bool {
	c := t.known(name)
	if c == nil {
		return false
	}
	data, err := c.values()
	if err != nil {
		return false
	}
	inner := product(c.dims[axis+1:])
	for at, x := range data {
		if first := at - at/inner%c.dims[axis]*inner; x != data[first] {
			return false
		}
	}
	return true
}

// known computes a tensor that depends on no image, with the parameters as they are
// in the file; nil if that takes too much.
func (t *tracer) known(name string) *constant {
	if t.folded == nil {
		b, err := t.model.traced(t.fixed)
		if err != nil {
			return nil
		}
		clear(b.values)
		t.folded = b
	}
	live := map[string]bool{}
	for _, n := range t.model.graph.needed(name) {
		live[n.Outputs[0]] = true
	}
	for i, r := range t.model.records {
		if _, done := t.folded.values[r.output]; live[r.output] && !done && t.folded.step(i) != nil {
			return nil
		}
	}
	v, err := t.folded.value(name)
	if err != nil {
		return nil
	}
	return v.constant
}
