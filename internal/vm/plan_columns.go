package vm

// columns says that a tensor lies as a stack of matrices, of which another one
// holds a row each, [stack, cols], or one row for all of them, [cols].
type columns struct {
	stack, rows, cols int
	own               bool // Each matrix has a row of its own.
}

// fewest is the size of a matrix from which on a call of the backend for each
// is worth it.
const fewest = 1 << 10

// columnsOf returns how small repeats along the rows of whole.
func columnsOf(whole, small *value) (c columns, ok bool) {
	axes := newWalk(whole, whole, small).axes
	switch {
	case len(axes) == 2 && axes[0].strides[1] == 0 && axes[1].strides[1] == 1:
		c = columns{stack: 1, rows: axes[0].size, cols: axes[1].size}
	case len(axes) == 3 && axes[0].strides[1] == axes[2].size && axes[1].strides[1] == 0 && axes[2].strides[1] == 1:
		c = columns{stack: axes[0].size, rows: axes[1].size, cols: axes[2].size, own: true}
	default:
		return c, false
	}
	return c, c.rows*c.cols >= fewest && c.size() == whole.size()
}

func (c columns) size() int { return c.stack * c.rows * c.cols }

// matrix returns matrix i of data that lies so.
func (c columns) matrix(data []float32, i int) []float32 {
	return data[i*c.rows*c.cols : (i+1)*c.rows*c.cols]
}

// row returns the row that belongs to matrix i.
func (c columns) row(data []float32, i int) []float32 {
	if !c.own {
		i = 0
	}
	return data[i*c.cols : (i+1)*c.cols]
}

// shifted returns what computes y = x + shift, which repeats along rows.
func (p *planner) shifted(c columns, y, x, shift *value) func() {
	ones := make([]float32, c.cols)
	for j := range ones {
		ones[j] = 1
	}
	return func() {
		for i := range c.stack {
			p.Backend.Affine(c.matrix(y.data, i), c.matrix(x.data, i), ones, c.row(shift.data, i), nil, c.rows, c.cols, identity)
		}
	}
}

// scaled returns what computes y = x·scale, which repeats along rows.
func (p *planner) scaled(c columns, y, x, scale *value) func() {
	return func() {
		for i := range c.stack {
			p.Backend.Affine(c.matrix(y.data, i), c.matrix(x.data, i), c.row(scale.data, i), nil, nil, c.rows, c.cols, identity)
		}
	}
}

// byColumns returns what computes y = a + b or a·b, if one of them has y's
// shape and order and the other repeats along its rows; else nil. whole is the
// former.
func (p *planner) byColumns(f arithmetic, y, a, b *value) (whole *value, run func()) {
	for _, pair := range [][2]*value{{a, b}, {b, a}} {
		whole, small := pair[0], pair[1]
		if whole.layout != y.layout || whole.size() != y.size() || len(whole.shape) != len(y.shape) {
			continue
		}
		if run := p.byScalar(f, y, whole, small); run != nil {
			return whole, run
		}
		c, ok := columnsOf(y, small)
		switch {
		case ok && f.name == "Add":
			return whole, p.shifted(c, y, whole, small)
		case ok && f.name == "Mul":
			return whole, p.scaled(c, y, whole, small)
		}
	}
	return nil, nil
}

// byScalar returns what computes y = x + c or x·c, of one element c; nil if it is
// another operation, or if the elements make no matrix of wide rows.
func (p *planner) byScalar(f arithmetic, y, x, c *value) func() {
	rows := wideRows(y.size())
	if c.size() != 1 || rows == 0 || f.name != "Add" && f.name != "Mul" {
		return nil
	}
	cols := y.size() / rows
	scale, shift := make([]float32, cols), make([]float32, cols)
	to := scale
	if f.name == "Add" {
		to = shift
		for j := range scale {
			scale[j] = 1
		}
	}
	return func() {
		for j := range to {
			to[j] = c.data[0]
		}
		p.Backend.Affine(y.data, x.data, scale, shift, nil, rows, cols, identity)
	}
}

// wideRows returns how many rows of one size, of fewest to 4 times as many elements
// or all of few, n elements make; 0 if there is none.
func wideRows(n int) (rows int) {
	for rows = (n + 4*fewest - 1) / (4 * fewest); rows > 0 && n/rows >= min(n, fewest); rows++ {
		if n%rows == 0 {
			return rows
		}
	}
	return 0
}
