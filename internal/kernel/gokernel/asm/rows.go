package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A rowsLoop is a loop over the vectors of one or more matrices of the same
// shape, with one or more row vectors that all of their rows share. One row
// after the other is how memory comes fastest, even where the loop sums over
// rows.
//
// For whole vectors alone, the function takes the address of each, then the
// number of rows, the elements from one row to the next and the vectors of a
// row. Where vectors can be cut short it has the operands of the plain form.
type rowsLoop struct {
	name     string
	operands string // Of the plain form: slices in its order.
	rows     bool   // The plain form takes the number of rows; else it is one.
	matrices []string
	columns  []string
	scalars  []string // float32, broadcast before the loop.
	// body computes one vector.
	body func(l *rowsAt)
}

// rowsAt is the position of a rowsLoop.
type rowsAt struct {
	matrix map[string]Mem
	column map[string]Mem
	scalar map[string]VecVirtual
	lanes  Register // Mask of a vector that is cut short, or nil.
}

// load reads a vector of a matrix or of a shared row.
func (l *rowsAt) load(name string) VecVirtual {
	v := isa.vector()
	loadLanes(l.at(name), l.lanes, v)
	return v
}

// operand is a vector that an instruction can read: in memory, if all of it is
// there.
func (l *rowsAt) operand(name string) Op {
	if l.lanes == nil {
		return l.at(name)
	}
	return l.load(name)
}

func (l *rowsAt) store(v VecVirtual, name string) {
	if l.lanes == nil {
		VMOVUPS(v, l.at(name))
	} else {
		VMOVUPS(v, l.lanes, l.at(name))
	}
}

func (l *rowsAt) at(name string) Mem {
	if m, ok := l.matrix[name]; ok {
		return m
	}
	return l.column[name]
}

func (l rowsLoop) emit() {
	if isa.masked {
		l.emitMasked()
	} else {
		l.emitWhole()
	}
}

func (l rowsLoop) emitWhole() {
	pointers := append(append([]string{}, l.matrices...), l.columns...)
	TEXT(l.name+"Rows"+isa.suffix, NOSPLIT, "func("+strings.Join(pointers, ", ")+" *float32, rows, stride, vectors int"+l.scalarParams()+")")
	Pragma("noescape")
	column := GP64() // Bytes into a row.
	at := l.position(column, func(name string) Register { return Load(Param(name), GP64()) })
	stride, width := Load(Param("stride"), GP64()), Load(Param("vectors"), GP64())
	SHLQ(Imm(2), stride)
	SHLQ(Imm(5), width)
	rows := Load(Param("rows"), GP64())

	Label("row")
	XORQ(column, column)
	Label("vector")
	l.body(at)
	l.advance(at, column)
	CMPQ(column, width)
	JLT(LabelRef("vector"))
	for _, name := range l.matrices {
		ADDQ(stride, at.matrix[name].Base)
		SUBQ(width, at.matrix[name].Base)
	}
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

func (l rowsLoop) emitMasked() {
	signature := "func(" + l.operands + " []float32"
	if l.rows {
		signature += ", rows int"
	}
	TEXT(l.name+isa.suffix, NOSPLIT, signature+l.scalarParams()+")")
	Pragma("noescape")
	column := GP64() // Bytes into a row.
	at := l.position(column, func(name string) Register { return Load(Param(name).Base(), GP64()) })
	rows := GP64()
	if l.rows {
		Load(Param("rows"), rows)
	} else {
		MOVQ(U32(1), rows)
	}
	width, rest := Load(Param(l.shared()).Len(), GP64()), GP64()
	TESTQ(width, width)
	JZ(LabelRef("end"))
	MOVQ(width, rest)
	ANDQ(Imm(15), rest)
	lanes := firstLanes(rest)[0]
	SHRQ(Imm(4), width)
	SHLQ(Imm(6), width)

	loop("row", rows, func() {
		XORQ(column, column)
		TESTQ(width, width)
		JZ(LabelRef("rest"))
		Label("vector")
		l.body(at)
		l.advance(at, column)
		CMPQ(column, width)
		JLT(LabelRef("vector"))
		Label("rest")
		TESTQ(rest, rest)
		JZ(LabelRef("next"))
		short := *at
		short.lanes = lanes
		l.body(&short)
		for _, name := range l.matrices {
			p := at.matrix[name].Base
			LEAQ(Mem{Base: p, Index: rest, Scale: 4}, p)
		}
		Label("next")
	})
	Label("end")
	VZEROUPPER()
	RET()
}

// shared returns an operand as long as a row.
func (l rowsLoop) shared() string {
	if len(l.columns) > 0 {
		return l.columns[0]
	}
	return l.matrices[0]
}

func (l rowsLoop) scalarParams() string {
	if len(l.scalars) == 0 {
		return ""
	}
	return ", " + strings.Join(l.scalars, ", ") + " float32"
}

// position loads the addresses of the operands, and the scalars.
func (l rowsLoop) position(column Register, address func(name string) Register) *rowsAt {
	at := &rowsAt{matrix: map[string]Mem{}, column: map[string]Mem{}, scalar: map[string]VecVirtual{}}
	for _, name := range l.matrices {
		at.matrix[name] = Mem{Base: address(name)}
	}
	for _, name := range l.columns {
		at.column[name] = Mem{Base: address(name), Index: column, Scale: 1}
	}
	for _, name := range l.scalars {
		y := isa.vector()
		b, err := Param(name).Resolve()
		if err != nil {
			panic(fmt.Sprintf("parameter %s: %v", name, err))
		}
		VBROADCASTSS(b.Addr, y)
		at.scalar[name] = y
	}
	return at
}

// advance moves on by a vector.
func (l rowsLoop) advance(at *rowsAt, column Register) {
	for _, name := range l.matrices {
		fetchAhead(at.matrix[name], isa.bytes)
		ADDQ(Imm(uint64(isa.bytes)), at.matrix[name].Base)
	}
	ADDQ(Imm(uint64(isa.bytes)), column)
}

// clippedGrad returns dy where lo < y < hi or y is NaN, else 0.
func (l *rowsAt) clippedGrad() VecVirtual {
	const notLessEqual, notGreaterEqual = 6, 9 // Predicates that NaN satisfies.
	y, lo, hi := l.load("y"), l.scalar["lo"], l.scalar["hi"]
	if isa.masked {
		above, inside, d := K(), K(), isa.vector()
		if l.lanes == nil {
			VCMPPS(Imm(notLessEqual), lo, y, above)
		} else {
			VCMPPS(Imm(notLessEqual), lo, y, l.lanes, above)
		}
		VCMPPS(Imm(notGreaterEqual), hi, y, above, inside)
		VMOVUPS_Z(l.at("dy"), inside, d)
		return d
	}
	above, below := isa.vector(), isa.vector()
	VCMPPS(Imm(notLessEqual), lo, y, above)
	VCMPPS(Imm(notGreaterEqual), hi, y, below)
	VANDPS(above, below, below)
	VANDPS(l.at("dy"), below, below)
	return below
}

var rowsLoops = []rowsLoop{
	{name: "clip", operands: "y, x", matrices: []string{"y", "x"}, scalars: []string{"lo", "hi"},
		body: func(l *rowsAt) {
			x := l.load("x")
			bound(x, l.scalar["lo"], l.scalar["hi"])
			l.store(x, "y")
		}},
	{name: "clipGrad", operands: "dx, dy, y", matrices: []string{"dx", "dy", "y"}, scalars: []string{"lo", "hi"},
		body: func(l *rowsAt) { l.store(l.clippedGrad(), "dx") }},
	{name: "add", operands: "y, a, b", matrices: []string{"y", "a", "b"},
		body: func(l *rowsAt) {
			a := l.load("a")
			VADDPS(l.operand("b"), a, a)
			l.store(a, "y")
		}},
	{name: "mul", operands: "y, a, b", matrices: []string{"y", "a", "b"},
		body: func(l *rowsAt) {
			a := l.load("a")
			VMULPS(l.operand("b"), a, a)
			l.store(a, "y")
		}},
	{name: "climb", operands: "saved, w, grad", matrices: []string{"saved", "w", "grad"}, scalars: []string{"scale"},
		body: func(l *rowsAt) {
			w, grad := l.load("w"), l.load("grad")
			l.store(w, "saved")
			VFMADD231PS(grad, l.scalar["scale"], w)
			l.store(w, "w")
		}},
	{name: "nesterov", operands: "w, from, v, grad", matrices: []string{"w", "from", "v", "grad"},
		scalars: []string{"scale", "rate", "decay", "momentum"},
		body: func(l *rowsAt) {
			w, v, grad := l.load("from"), l.load("v"), l.load("grad")
			VMULPS(l.scalar["scale"], grad, grad)
			VFMADD231PS(w, l.scalar["decay"], grad)
			VFMADD213PS(grad, l.scalar["momentum"], v) // v = momentum·v + grad
			l.store(v, "v")
			VFMADD231PS(v, l.scalar["momentum"], grad)
			VFNMADD231PS(grad, l.scalar["rate"], w)
			l.store(w, "w")
		}},
	{name: "adamW", operands: "w, from, m, v, grad", matrices: []string{"w", "from", "m", "v", "grad"},
		scalars: []string{"scale", "keep", "first", "beta2", "second", "correct", "epsilon", "rate"},
		body: func(l *rowsAt) {
			m, grad, step := l.load("m"), l.load("grad"), isa.vector()
			VMULPS(l.scalar["scale"], grad, grad)
			VSUBPS(m, grad, step)
			VFMADD231PS(step, l.scalar["first"], m)
			l.store(m, "m")
			VMULPS(grad, grad, grad)
			VMULPS(l.scalar["second"], grad, grad)
			VFMADD231PS(l.operand("v"), l.scalar["beta2"], grad) // v from here on.
			l.store(grad, "v")
			VSQRTPS(grad, grad)
			VFMADD213PS(l.scalar["epsilon"], l.scalar["correct"], grad)
			VMULPS(l.scalar["rate"], m, m)
			VDIVPS(grad, m, m)
			w := l.load("from")
			VFMSUB132PS(l.scalar["keep"], m, w)
			l.store(w, "w")
		}},
	{name: "clipGradSums", operands: "dx, sums, dy, y", rows: true, matrices: []string{"dx", "dy", "y"},
		columns: []string{"sums"}, scalars: []string{"lo", "hi"},
		body: func(l *rowsAt) {
			sum, d := l.load("sums"), l.clippedGrad()
			l.store(d, "dx")
			VADDPS(d, sum, sum)
			l.store(sum, "sums")
		}},
	{name: "columnSums", operands: "sums, x", rows: true, matrices: []string{"x"}, columns: []string{"sums"},
		body: func(l *rowsAt) {
			sum := l.load("sums")
			VADDPS(l.operand("x"), sum, sum)
			l.store(sum, "sums")
		}},
	{name: "columnDots", operands: "dots, a, b", rows: true, matrices: []string{"a", "b"}, columns: []string{"dots"},
		body: func(l *rowsAt) {
			sum := l.load("dots")
			VFMADD231PS(l.operand("b"), l.load("a"), sum)
			l.store(sum, "dots")
		}},
	{name: "squareSums", operands: "sums, x, mean", rows: true, matrices: []string{"x"}, columns: []string{"sums", "mean"},
		body: func(l *rowsAt) {
			sum, mean := l.load("sums"), l.load("mean")
			d := l.load("x")
			VSUBPS(mean, d, d)
			VFMADD231PS(d, d, sum)
			l.store(sum, "sums")
		}},
	{name: "normSums", operands: "sumDy, sumDyDiff, dy, x, mean", rows: true, matrices: []string{"dy", "x"},
		columns: []string{"sumDy", "sumDyDiff", "mean"},
		body: func(l *rowsAt) {
			sum, sumDiff, mean := l.load("sumDy"), l.load("sumDyDiff"), l.load("mean")
			d, x := l.load("dy"), l.load("x")
			VADDPS(d, sum, sum)
			VSUBPS(mean, x, x)
			VFMADD231PS(d, x, sumDiff)
			l.store(sum, "sumDy")
			l.store(sumDiff, "sumDyDiff")
		}},
	{name: "affine", operands: "y, x, scale, shift", rows: true, matrices: []string{"y", "x"},
		columns: []string{"scale", "shift"}, scalars: []string{"lo", "hi"},
		body: func(l *rowsAt) {
			v := l.load("shift")
			VFMADD231PS(l.operand("x"), l.load("scale"), v)
			bound(v, l.scalar["lo"], l.scalar["hi"])
			l.store(v, "y")
		}},
	{name: "affineResidual", operands: "y, x, residual, scale, shift", rows: true, matrices: []string{"y", "x", "residual"},
		columns: []string{"scale", "shift"}, scalars: []string{"lo", "hi"},
		body: func(l *rowsAt) {
			v := l.load("shift")
			VFMADD231PS(l.operand("x"), l.load("scale"), v)
			VADDPS(l.operand("residual"), v, v)
			bound(v, l.scalar["lo"], l.scalar["hi"])
			l.store(v, "y")
		}},
	{name: "normGrad", operands: "dx, dy, x, mean, scale, slope, shift", rows: true, matrices: []string{"dx", "dy", "x"},
		columns: []string{"mean", "scale", "slope", "shift"},
		body: func(l *rowsAt) {
			v, x := l.load("shift"), l.load("x")
			VSUBPS(l.operand("mean"), x, x)
			VFMADD231PS(l.operand("dy"), l.load("scale"), v)
			VFMADD231PS(l.operand("slope"), x, v)
			l.store(v, "dx")
		}},
}
