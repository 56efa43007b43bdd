package gokernel

import "finetune/internal/kernel"

// elementwiseChunk is the size of a chunk in elements: some 32 KiB an operand.
const elementwiseChunk = 8192

// elementwiseJob computes y from a and b, element by element.
type elementwiseJob struct {
	run     func(w *worker, y, a, b []float32, act kernel.Activation)
	y, a, b []float32 // b may be nil.
	act     kernel.Activation
}

func (b *Backend) elementwise(y, a, c []float32, act kernel.Activation, run func(w *worker, y, a, b []float32, act kernel.Activation)) {
	j := &b.jobs.elementwise
	j.run, j.y, j.a, j.b, j.act = run, y, a, c, act
	b.workers.run(j, (len(y)+elementwiseChunk-1)/elementwiseChunk)
	j.y, j.a, j.b = nil, nil, nil
}

func (j *elementwiseJob) chunk(w *worker, i int) {
	lo, hi := i*elementwiseChunk, min((i+1)*elementwiseChunk, len(j.y))
	var b []float32
	if j.b != nil {
		b = j.b[lo:hi]
	}
	j.run(w, j.y[lo:hi], j.a[lo:hi], b, j.act)
}

// Activate implements kernel.Backend.
func (b *Backend) Activate(y, x []float32, act kernel.Activation) {
	check("Activate", "x", len(x), len(y))
	b.elementwise(y, x, nil, act, runActivate)
}

func runActivate(w *worker, y, x, _ []float32, act kernel.Activation) { w.isa.activate(y, x, act) }

// ActivateGrad implements kernel.Backend.
func (b *Backend) ActivateGrad(dx, dy, x, y []float32, act kernel.Activation) {
	b.elementwise(dx, dy, activateGradSource("ActivateGrad", dx, dy, x, y, act), act, runActivateGrad)
}

// activateGradSource returns which of x and y the derivative reads.
func activateGradSource(op string, dx, dy, x, y []float32, act kernel.Activation) []float32 {
	check(op, "dy", len(dy), len(dx))
	if act.FromOutput() {
		check(op, "y", len(y), len(dx))
		return y
	}
	check(op, "x", len(x), len(dx))
	return x
}

func runActivateGrad(w *worker, dx, dy, from []float32, act kernel.Activation) {
	w.isa.activateGrad(dx, dy, from, act)
}

// Add implements kernel.Backend.
func (b *Backend) Add(y, a, c []float32) {
	check("Add", "a", len(a), len(y))
	check("Add", "b", len(c), len(y))
	b.elementwise(y, a, c, kernel.Activation{}, runAdd)
}

// Mul implements kernel.Backend.
func (b *Backend) Mul(y, a, c []float32) {
	check("Mul", "a", len(a), len(y))
	check("Mul", "b", len(c), len(y))
	b.elementwise(y, a, c, kernel.Activation{}, runMul)
}

func runAdd(w *worker, y, a, b []float32, _ kernel.Activation) { w.isa.add(y, a, b) }
func runMul(w *worker, y, a, b []float32, _ kernel.Activation) { w.isa.mul(y, a, b) }

// activate computes y = act(x). y may be x.
func activate(y, x []float32, act kernel.Activation) {
	x = x[:len(y)]
	switch act.Kind {
	case kernel.Identity:
		copy(y, x)
	case kernel.Clip:
		clipPlain(y, x, act.Alpha, act.Beta)
	case kernel.LeakyRelu:
		for i, v := range x {
			if v < 0 {
				v *= act.Alpha
			}
			y[i] = v
		}
	default:
		plainFunctions[act.Kind].value(y, x)
	}
}

// activateGrad computes dx = dy·act', from the output of the activation if its
// kind allows it, else from the input. dx may be dy.
func activateGrad(dx, dy, from []float32, act kernel.Activation) {
	dy, from = dy[:len(dx)], from[:len(dx)]
	switch act.Kind {
	case kernel.Identity:
		copy(dx, dy)
	case kernel.Clip:
		clipGradPlain(dx, dy, from, act.Alpha, act.Beta)
	case kernel.LeakyRelu:
		for i, v := range from {
			d := dy[i]
			if v < 0 {
				d *= act.Alpha
			}
			dx[i] = d
		}
	default:
		plainFunctions[act.Kind].grad(dx, dy, from)
	}
}

// clipPlain computes y = min(max(x, lo), hi). y may be x. NaN stays NaN.
func clipPlain(y, x []float32, lo, hi float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = min(max(v, lo), hi)
	}
}

// clipGradPlain computes dx = dy where lo < y < hi, else 0. dx may be dy.
func clipGradPlain(dx, dy, y []float32, lo, hi float32) {
	dy, y = dy[:len(dx)], y[:len(dx)]
	for i, v := range y {
		d := dy[i]
		if v <= lo || v >= hi {
			d = 0
		}
		dx[i] = d
	}
}

// addPlain computes y = a + b. y may be a or b.
func addPlain(y, a, b []float32) {
	a, b = a[:len(y)], b[:len(y)]
	for i := range y {
		y[i] = a[i] + b[i]
	}
}

// mulPlain computes y = a·b. y may be a or b.
func mulPlain(y, a, b []float32) {
	a, b = a[:len(y)], b[:len(y)]
	for i := range y {
		y[i] = a[i] * b[i]
	}
}
