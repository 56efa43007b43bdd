package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A rowsLoop is a loop over the vectors of one or more matrices of the same
// shape, with one or more row vectors that all of their rows share.
//
// The function takes the address of each, then the number of rows, the elements
// from one row to the next and the vectors of a row. One row after the other is
// how memory comes fastest, even where the loop sums over rows.
type rowsLoop struct {
	name     string
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
}

func (l rowsLoop) emit() {
	pointers := append(append([]string{}, l.matrices...), l.columns...)
	signature := "func(" + strings.Join(pointers, ", ") + " *float32, rows, stride, vectors int"
	if len(l.scalars) > 0 {
		signature += ", " + strings.Join(l.scalars, ", ") + " float32"
	}
	TEXT(l.name, NOSPLIT, signature+")")
	Pragma("noescape")
	at := rowsAt{matrix: map[string]Mem{}, column: map[string]Mem{}, scalar: map[string]VecVirtual{}}
	stride, width := Load(Param("stride"), GP64()), Load(Param("vectors"), GP64())
	SHLQ(Imm(2), stride)
	SHLQ(Imm(5), width)
	column := GP64()
	var matrices []Register
	for _, name := range l.matrices {
		p := Load(Param(name), GP64())
		matrices = append(matrices, p)
		at.matrix[name] = Mem{Base: p}
	}
	for _, name := range l.columns {
		at.column[name] = Mem{Base: Load(Param(name), GP64()), Index: column, Scale: 1}
	}
	for _, name := range l.scalars {
		y := YMM()
		b, err := Param(name).Resolve()
		if err != nil {
			panic(fmt.Sprintf("parameter %s: %v", name, err))
		}
		VBROADCASTSS(b.Addr, y)
		at.scalar[name] = y
	}

	rows := Load(Param("rows"), GP64())
	Label("row")
	XORQ(column, column)
	Label("vector")
	l.body(&at)
	for _, p := range matrices {
		ADDQ(Imm(32), p)
	}
	ADDQ(Imm(32), column)
	CMPQ(column, width)
	JLT(LabelRef("vector"))
	for _, p := range matrices {
		ADDQ(stride, p)
		SUBQ(width, p)
	}
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// load reads a vector.
func load(m Mem) VecVirtual {
	y := YMM()
	VMOVUPS(m, y)
	return y
}

// insideBounds sets mask to all ones where lo < y < hi or y is NaN.
func insideBounds(y, lo, hi VecVirtual) VecVirtual {
	const notLessEqual, notGreaterEqual = 6, 9 // Predicates that NaN satisfies.
	below, above := YMM(), YMM()
	VCMPPS(Imm(notLessEqual), lo, y, below)
	VCMPPS(Imm(notGreaterEqual), hi, y, above)
	VANDPS(below, above, above)
	return above
}

func elementwiseLoops() {
	rowsLoop{name: "clipRows", matrices: []string{"y", "x"}, scalars: []string{"lo", "hi"},
		body: func(l *rowsAt) {
			x := load(l.matrix["x"])
			bound(x, l.scalar["lo"], l.scalar["hi"])
			VMOVUPS(x, l.matrix["y"])
		}}.emit()
	rowsLoop{name: "clipGradRows", matrices: []string{"dx", "dy", "y"}, scalars: []string{"lo", "hi"},
		body: func(l *rowsAt) {
			mask := insideBounds(load(l.matrix["y"]), l.scalar["lo"], l.scalar["hi"])
			VANDPS(l.matrix["dy"], mask, mask)
			VMOVUPS(mask, l.matrix["dx"])
		}}.emit()
	rowsLoop{name: "addRows", matrices: []string{"y", "a", "b"},
		body: func(l *rowsAt) {
			a := load(l.matrix["a"])
			VADDPS(l.matrix["b"], a, a)
			VMOVUPS(a, l.matrix["y"])
		}}.emit()
	rowsLoop{name: "mulRows", matrices: []string{"y", "a", "b"},
		body: func(l *rowsAt) {
			a := load(l.matrix["a"])
			VMULPS(l.matrix["b"], a, a)
			VMOVUPS(a, l.matrix["y"])
		}}.emit()
}

func columnLoops() {
	rowsLoop{name: "clipGradSumsRows", matrices: []string{"dx", "dy", "y"}, columns: []string{"sums"},
		scalars: []string{"lo", "hi"},
		body: func(l *rowsAt) {
			sum := load(l.column["sums"])
			mask := insideBounds(load(l.matrix["y"]), l.scalar["lo"], l.scalar["hi"])
			VANDPS(l.matrix["dy"], mask, mask)
			VMOVUPS(mask, l.matrix["dx"])
			VADDPS(mask, sum, sum)
			VMOVUPS(sum, l.column["sums"])
		}}.emit()
	rowsLoop{name: "columnSumsRows", matrices: []string{"x"}, columns: []string{"sums"},
		body: func(l *rowsAt) {
			sum := load(l.column["sums"])
			VADDPS(l.matrix["x"], sum, sum)
			VMOVUPS(sum, l.column["sums"])
		}}.emit()
	rowsLoop{name: "columnDotsRows", matrices: []string{"a", "b"}, columns: []string{"dots"},
		body: func(l *rowsAt) {
			sum := load(l.column["dots"])
			VFMADD231PS(l.matrix["b"], load(l.matrix["a"]), sum)
			VMOVUPS(sum, l.column["dots"])
		}}.emit()
	rowsLoop{name: "squareSumsRows", matrices: []string{"x"}, columns: []string{"sums", "mean"},
		body: func(l *rowsAt) {
			sum, mean := load(l.column["sums"]), load(l.column["mean"])
			d := load(l.matrix["x"])
			VSUBPS(mean, d, d)
			VFMADD231PS(d, d, sum)
			VMOVUPS(sum, l.column["sums"])
		}}.emit()
	rowsLoop{name: "normSumsRows", matrices: []string{"dy", "x"}, columns: []string{"sumDy", "sumDyDiff", "mean"},
		body: func(l *rowsAt) {
			sum, sumDiff, mean := load(l.column["sumDy"]), load(l.column["sumDyDiff"]), load(l.column["mean"])
			d, x := load(l.matrix["dy"]), load(l.matrix["x"])
			VADDPS(d, sum, sum)
			VSUBPS(mean, x, x)
			VFMADD231PS(d, x, sumDiff)
			VMOVUPS(sum, l.column["sumDy"])
			VMOVUPS(sumDiff, l.column["sumDyDiff"])
		}}.emit()
}

func affineLoops() {
	for _, residual := range []bool{false, true} {
		l := rowsLoop{name: "affineRows", matrices: []string{"y", "x"}, columns: []string{"scale", "shift"},
			scalars: []string{"lo", "hi"}}
		if residual {
			l.name, l.matrices = "affineResidualRows", []string{"y", "x", "residual"}
		}
		l.body = func(l *rowsAt) {
			v := load(l.column["shift"])
			VFMADD231PS(l.matrix["x"], load(l.column["scale"]), v)
			if residual {
				VADDPS(l.matrix["residual"], v, v)
			}
			bound(v, l.scalar["lo"], l.scalar["hi"])
			VMOVUPS(v, l.matrix["y"])
		}
		l.emit()
	}
	rowsLoop{name: "normGradRows", matrices: []string{"dx", "dy", "x"}, columns: []string{"mean", "scale", "slope", "shift"},
		body: func(l *rowsAt) {
			v, x := load(l.column["shift"]), load(l.matrix["x"])
			VSUBPS(l.column["mean"], x, x)
			VFMADD231PS(l.matrix["dy"], load(l.column["scale"]), v)
			VFMADD231PS(l.column["slope"], x, v)
			VMOVUPS(v, l.matrix["dx"])
		}}.emit()
}
