package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// rowFunctions emits the loops that go over a row several times.
func rowFunctions(masks Mem) {
	softmax(masks)
	softmaxGrad(masks)
	layerNorm(masks)
	layerNormGrad(masks)
}

// begin begins a function of slices of one length, that of operand shared, and
// of what else the signature has. It returns the slices' addresses.
func begin(name, signature, shared string, masks Mem, operands ...string) (p map[string]Register, r row) {
	TEXT(name+isa.suffix, NOSPLIT, signature)
	Pragma("noescape")
	p = map[string]Register{}
	for _, operand := range operands {
		p[operand] = Load(Param(operand).Base(), GP64())
	}
	return p, newRow(Load(Param(shared).Len(), GP64()), masks)
}

func end() {
	VZEROUPPER()
	RET()
}

// newZero returns a register of zeros.
func newZero() VecVirtual {
	y := isa.vector()
	zero([]VecVirtual{y})
	return y
}

// A rowSum is a sum over a row: of each 16th element in a lane of a vector of AVX-512, or of
// one of two of AVX2, which take turns.
type rowSum struct{ sum, other VecVirtual }

func newRowSum() rowSum {
	s := rowSum{sum: newZero()}
	if isa.bytes < 64 {
		s.other = newZero()
	}
	return s
}

// turn follows what a vector of the row adds to s.sum.
func (s rowSum) turn() {
	if s.other != nil {
		last := isa.vector()
		VMOVAPS(s.sum, last)
		VMOVAPS(s.other, s.sum)
		VMOVAPS(last, s.other)
	}
}

// all returns the sum in all lanes.
func (s rowSum) all() VecVirtual {
	if s.other != nil {
		VADDPS(s.other, s.sum, s.sum)
	}
	return across(VADDPS, s.sum)
}

// softmax emits softmaxPlain.
func softmax(masks Mem) {
	p, r := begin("softmax", "func(y, x []float32)", "x", masks, "y", "x")
	largest := broadcast(math.Inf(-1))
	r.pass("largest", func(at, mask Register) {
		x := read(p["x"], at, mask)
		switch {
		case mask == nil:
			VMAXPS(x, largest, largest)
		case isa.masked:
			VMAXPS(x, largest, mask, largest)
		default:
			VBLENDVPS(mask, x, largest, x)
			VMAXPS(x, largest, largest)
		}
	})
	largest = across(VMAXPS, largest)
	total := newRowSum()
	r.pass("exponentials", func(at, mask Register) {
		x := read(p["x"], at, mask)
		VSUBPS(largest, x, x)
		e := exponential(x, true)
		clearBeyond(mask, e)
		VADDPS(e, total.sum, total.sum)
		total.turn()
		write(e, p["y"], at, mask)
	})
	scale := total.all()
	VDIVPS(scale, broadcast(1), scale)
	r.pass("scale", func(at, mask Register) {
		y := read(p["y"], at, mask)
		VMULPS(scale, y, y)
		write(y, p["y"], at, mask)
	})
	end()
}

// softmaxGrad emits softmaxGradPlain.
func softmaxGrad(masks Mem) {
	p, r := begin("softmaxGrad", "func(dx, dy, y []float32)", "dx", masks, "dx", "dy", "y")
	dots := newRowSum()
	r.pass("dot", func(at, mask Register) {
		VFMADD231PS(read(p["dy"], at, mask), read(p["y"], at, mask), dots.sum)
		dots.turn()
	})
	dot := dots.all()
	r.pass("gradient", func(at, mask Register) {
		d, y := read(p["dy"], at, mask), read(p["y"], at, mask)
		VSUBPS(dot, d, d)
		VMULPS(y, d, d)
		write(d, p["dx"], at, mask)
	})
	end()
}

// layerNorm emits layerNormPlain. inverse is one over the length.
func layerNorm(masks Mem) {
	p, r := begin("layerNorm", "func(y, x, scale, bias []float32, inverse, epsilon float32) (mean, invStd float32)", "x", masks,
		"y", "x", "scale", "bias")
	inverse, sum, squares := scalar("inverse"), newRowSum(), newRowSum()
	r.pass("sum", func(at, mask Register) {
		VADDPS(read(p["x"], at, mask), sum.sum, sum.sum)
		sum.turn()
	})
	mean := sum.all()
	VMULPS(inverse, mean, mean)
	r.pass("squares", func(at, mask Register) {
		d := read(p["x"], at, mask)
		VSUBPS(mean, d, d)
		clearBeyond(mask, d)
		VFMADD231PS(d, d, squares.sum)
		squares.turn()
	})
	invStd := squares.all()
	VMULPS(inverse, invStd, invStd)
	VADDPS(scalar("epsilon"), invStd, invStd)
	VSQRTPS(invStd, invStd)
	VDIVPS(invStd, broadcast(1), invStd)
	r.pass("normalize", func(at, mask Register) {
		d := read(p["x"], at, mask)
		VSUBPS(mean, d, d)
		VMULPS(invStd, d, d)
		VFMADD213PS(read(p["bias"], at, mask), read(p["scale"], at, mask), d)
		write(d, p["y"], at, mask)
	})
	for i, result := range []VecVirtual{mean, invStd} {
		b, err := ReturnIndex(i).Resolve()
		if err != nil {
			panic(err)
		}
		VMOVSS(result.AsX(), b.Addr)
	}
	end()
}

// layerNormGrad emits layerNormGradPlain.
func layerNormGrad(masks Mem) {
	p, r := begin("layerNormGrad", "func(dx, dscale, dbias, dy, x, scale []float32, mean, invStd, inverse float32)", "x", masks,
		"dx", "dscale", "dbias", "dy", "x", "scale")
	mean, invStd := scalar("mean"), scalar("invStd")
	normalized := func(at, mask Register) VecVirtual {
		x := read(p["x"], at, mask)
		VSUBPS(mean, x, x)
		VMULPS(invStd, x, x)
		return x
	}
	sumG, sumGX := newRowSum(), newRowSum()
	r.pass("sums", func(at, mask Register) {
		xhat, d := normalized(at, mask), read(p["dy"], at, mask)
		sum := read(p["dbias"], at, mask)
		VADDPS(d, sum, sum)
		write(sum, p["dbias"], at, mask)
		sum = read(p["dscale"], at, mask)
		VFMADD231PS(d, xhat, sum)
		write(sum, p["dscale"], at, mask)
		VMULPS(read(p["scale"], at, mask), d, d)
		VADDPS(d, sumG.sum, sumG.sum)
		VFMADD231PS(d, xhat, sumGX.sum)
		sumG.turn()
		sumGX.turn()
	})
	meanG, meanGX := sumG.all(), sumGX.all()
	inverse := scalar("inverse")
	VMULPS(inverse, meanG, meanG)
	VMULPS(inverse, meanGX, meanGX)
	r.pass("gradient", func(at, mask Register) {
		xhat, d := normalized(at, mask), read(p["dy"], at, mask)
		VMULPS(read(p["scale"], at, mask), d, d)
		VSUBPS(meanG, d, d)
		VFNMADD231PS(xhat, meanGX, d)
		VMULPS(invStd, d, d)
		write(d, p["dx"], at, mask)
	})
	end()
}
