package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const vectorBytes = 32

// A transform emits the loop over whole vectors of channels of L·X·Lᵀ, where
// line multiplies a column by L.
type transform struct {
	name      string
	in, out   int
	constants []float64
	line      func(in, constants []VecVirtual) []VecVirtual
	finish    bool // Add bias and residual, and bound.
}

func (l transform) emit() {
	TEXT(l.name, 0, "func(t *transform)")
	Pragma("noescape")
	t := Dereference(Param("t"))
	lines := alignedLocal(l.in * l.out * vectorBytes)
	constants := broadcasts(l.name, l.constants)
	src, dst := base(t.Field("src")), base(t.Field("dst"))
	srcRow, srcCol := bytes(t.Field("srcRow")), bytes(t.Field("srcCol"))
	dstRow, dstCol := bytes(t.Field("dstRow")), bytes(t.Field("dstCol"))
	count, column := Load(t.Field("count"), GP64()), GP64()
	Label("matrix")
	XORQ(column, column)
	Label("vector")

	p := GP64()
	LEAQ(Mem{Base: src, Index: column, Scale: 1}, p)
	for c := range l.in {
		in := vectors(l.in)
		for r, m := range strided(p, srcRow, l.in) {
			VMOVUPS(m, in[r])
		}
		for r, y := range l.line(in, constants) {
			VMOVAPS(y, Mem{Base: lines, Disp: (r*l.in + c) * vectorBytes})
		}
		ADDQ(srcCol, p)
	}
	LEAQ(Mem{Base: dst, Index: column, Scale: 1}, p)
	for r := range l.out {
		in := vectors(l.in)
		for c := range in {
			VMOVAPS(Mem{Base: lines, Disp: (r*l.in + c) * vectorBytes}, in[c])
		}
		out := l.line(in, constants)
		if l.finish {
			finish(t, fmt.Sprint("row", r), out, p, column, dstCol)
		}
		for c, m := range strided(p, dstCol, l.out) {
			VMOVUPS(out[c], m)
		}
		ADDQ(dstRow, p)
	}

	ADDQ(Imm(vectorBytes), column)
	end := bytes(t.Field("channels"))
	ANDQ(I8(-vectorBytes), end)
	CMPQ(column, end)
	JLT(LabelRef("vector"))
	next := bytes(t.Field("srcNext"))
	ADDQ(next, src)
	next = bytes(t.Field("dstNext"))
	ADDQ(next, dst)
	DECQ(count)
	JNZ(LabelRef("matrix"))
	VZEROUPPER()
	RET()
}

// finish completes a row of pixels, the first of which lies at p.
func finish(t gotypes.Component, label string, y []VecVirtual, p, column, step Register) {
	bias, row := base(t.Field("bias")), YMM()
	VMOVUPS(Mem{Base: bias, Index: column, Scale: 1}, row)
	for _, y := range y {
		VADDPS(row, y, y)
	}
	residual := base(t.Field("residual"))
	TESTQ(residual, residual)
	JZ(LabelRef(label + "NoResidual"))
	dst := base(t.Field("dst"))
	ADDQ(p, residual)
	SUBQ(dst, residual)
	for i, m := range strided(residual, step, len(y)) {
		VADDPS(m, y[i], y[i])
	}
	Label(label + "NoResidual")
	lo, hi := YMM(), YMM()
	VBROADCASTSS(address32(t, "lo"), lo)
	VBROADCASTSS(address32(t, "hi"), hi)
	for _, y := range y { // Both return their second source if one is NaN, which is y.
		VMAXPS(y, lo, y)
		VMINPS(y, hi, y)
	}
}

// strided returns n ≤ 6 places that lie step bytes apart.
func strided(p, step Register, n int) []Mem {
	m := make([]Mem, n)
	for i := range n {
		if i == 3 {
			q := GP64()
			LEAQ(Mem{Base: p, Index: step, Scale: 2}, q)
			ADDQ(step, q)
			p = q
		}
		m[i] = Mem{Base: p}
		if i%3 > 0 {
			m[i].Index, m[i].Scale = step, uint8(i%3)
		}
	}
	return m
}

// alignedLocal returns the address of n bytes of stack that begin at a vector.
func alignedLocal(n int) Register {
	p := GP64()
	LEAQ(AllocLocal(n+vectorBytes), p)
	ADDQ(Imm(vectorBytes-1), p)
	ANDQ(I8(-vectorBytes), p)
	return p
}

// broadcasts puts constants, rounded to float32, in registers.
func broadcasts(name string, constants []float64) []VecVirtual {
	data := GLOBL(name+"Constants", RODATA|NOPTR)
	y := vectors(len(constants))
	for i, c := range constants {
		DATA(4*i, U32(math.Float32bits(float32(c))))
		VBROADCASTSS(data.Offset(4*i), y[i])
	}
	return y
}

// base loads the pointer of a slice field.
func base(s gotypes.Component) Register { return Load(s.Base(), GP64()) }

// bytes loads an int field that counts floats.
func bytes(s gotypes.Component) Register {
	r := Load(s, GP64())
	SHLQ(Imm(2), r)
	return r
}

// address32 returns the place of a float32 field.
func address32(s gotypes.Component, field string) Mem {
	b, err := s.Field(field).Resolve()
	if err != nil {
		panic(fmt.Sprintf("field %s: %v", field, err))
	}
	return b.Addr
}

// vectors allocates n vector registers.
func vectors(n int) []VecVirtual {
	v := make([]VecVirtual, n)
	for i := range v {
		v[i] = YMM()
	}
	return v
}
