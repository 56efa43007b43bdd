package vm

import "gorgonia.org/tensor"

// A layout is the order in which a tensor of rank 4 lies in memory. Tensors of
// other ranks are logical.
type layout uint8

const (
	logical layout = iota // Row-major in the logical shape: NCHW, OIHW.
	nhwc                  // Activations.
	hwio                  // Convolution weights.
)

func (l layout) String() string { return [...]string{"logical", "nhwc", "hwio"}[l] }

// A value is a tensor of the plan.
type value struct {
	shape  tensor.Shape
	layout layout
	view   *value // Shares the storage of another value, from at on.
	at     int    // Floats.
	fixed  bool   // Has storage of its own outside the arena.

	first, last int // Steps that write it first and use it last.
	offset      int // In the arena, floats.
	data        []float32
}

func newValue(shape tensor.Shape, l layout) *value {
	if len(shape) != 4 {
		l = logical
	}
	return &value{shape: shape, layout: l, first: -1, last: -1}
}

func fixedValue(shape tensor.Shape, l layout, data []float32) *value {
	v := newValue(shape, l)
	v.fixed, v.data = true, data
	return v
}

func (v *value) size() int { return size(v.shape) }

func (v *value) root() *value {
	r, _ := v.place()
	return r
}

// place returns the value whose storage v shares, and where in it v begins.
func (v *value) place() (root *value, at int) {
	for v.view != nil {
		at += v.at
		v = v.view
	}
	return v, at
}

// part returns a view of v of another shape, from at on.
func (v *value) part(shape tensor.Shape, l layout, at int) *value {
	p := newValue(shape, l)
	p.view, p.at = v, at
	return p
}

// rowsCols returns the value as a matrix of channels: N·H·W by C for NHWC,
// else everything but the last axis by that.
func (v *value) rowsCols() (rows, cols int) {
	switch {
	case v.layout == nhwc:
		cols = v.shape[1]
	case v.layout == hwio:
		cols = v.shape[0]
	case len(v.shape) == 0:
		cols = 1
	default:
		cols = v.shape[len(v.shape)-1]
	}
	return v.size() / cols, cols
}

// sameOrder reports whether a tensor of the shape lies alike in both layouts.
func sameOrder(shape tensor.Shape, a, b layout) bool {
	if a == b || len(shape) != 4 {
		return true
	}
	spatial := shape[2] * shape[3]
	orderedAlike := func(l layout) bool { // As logical.
		if l == nhwc {
			return shape[1] == 1 || spatial == 1
		}
		wide := 0
		for _, d := range []int{shape[0], shape[1], spatial} {
			if d > 1 {
				wide++
			}
		}
		return l == logical || wide <= 1
	}
	return orderedAlike(a) && orderedAlike(b)
}
