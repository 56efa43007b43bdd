package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// gradSumsLoops emits the loops of each kind, stream those that store past the caches.
func gradSumsLoops(width string, vectorsPerRow int, stream bool) {
	gradSumsLoop("gradSums"+width, vectorsPerRow, true, false, stream)
	gradSumsLoop("gradNormSums"+width, vectorsPerRow, true, true, stream)
	gradSumsLoop("linearSums"+width, vectorsPerRow, false, false, stream)
	gradSumsLoop("linearNormSums"+width, vectorsPerRow, false, true, stream)
}

// gradSumsLoop emits gradSumsPlain for vectorsPerRow vectors of columns; where
// vectors can be cut short, for the first s.columns columns. The sums of the
// columns stay in registers. One that streams reads s.from in place of dx.
func gradSumsLoop(name string, vectorsPerRow int, bounds, norm, stream bool) {
	TEXT(name+isa.suffix, NOSPLIT, "func(s *gradSums)")
	s := Dereference(Param("s"))
	lanes := [2]Register{}
	if isa.masked {
		lanes = firstLanes(integer(s.Field("columns")))
	}
	at := &rowsAt{matrix: map[string]Mem{}, scalar: map[string]VecVirtual{}}
	names := []string{"dx"}
	if bounds {
		names = append(names, "y")
	}
	if norm {
		names = append(names, "x")
	}
	for _, name := range names {
		at.matrix[name] = Mem{Base: base(s.Field(name))}
	}
	at.matrix["dy"] = at.matrix["dx"]
	if stream {
		at.matrix["dy"] = Mem{Base: base(s.Field("from"))}
	}
	for _, name := range []string{"lo", "hi"} {
		if bounds {
			at.scalar[name] = isa.vector()
			VBROADCASTSS(address32(s, name), at.scalar[name])
		}
	}
	sums, sumsX, mean := vectors(vectorsPerRow), vectors(vectorsPerRow), vectors(vectorsPerRow)
	zero(sums)
	if norm {
		zero(sumsX)
		from := base(s.Field("mean"))
		for v := range mean {
			loadLanes(Mem{Base: from, Disp: isa.bytes * v}, lanes[v], mean[v])
		}
	}
	rows, step := integer(s.Field("rows")), integer(s.Field("step"))
	SHLQ(Imm(2), step)
	var fromStep Register
	if stream {
		fromStep = integer(s.Field("fromStep"))
		SHLQ(Imm(2), fromStep)
	}
	loop("row", rows, func() {
		for v := range vectorsPerRow {
			column := at.movedBy(isa.bytes*v, lanes[v])
			var d VecVirtual
			if bounds {
				d = column.clippedGrad()
			} else {
				d = column.load("dy")
			}
			switch {
			case stream:
				VMOVNTPS(d, column.matrix["dx"])
			case bounds:
				column.store(d, "dx")
			}
			VADDPS(d, sums[v], sums[v])
			if norm {
				x := column.load("x")
				VSUBPS(mean[v], x, x)
				VFMADD231PS(d, x, sumsX[v])
			}
		}
		for _, name := range names {
			ADDQ(step, at.matrix[name].Base)
		}
		if stream {
			ADDQ(fromStep, at.matrix["dy"].Base)
		}
	})
	addSums := func(field string, sums []VecVirtual) {
		to := base(s.Field(field))
		for v, sum := range sums {
			m := Mem{Base: to, Disp: isa.bytes * v}
			if lanes[v] == nil {
				VADDPS(m, sum, sum)
				VMOVUPS(sum, m)
				continue
			}
			VADDPS(m, sum, lanes[v], sum)
			VMOVUPS(sum, lanes[v], m)
		}
	}
	addSums("sums", sums)
	if norm {
		addSums("sumsX", sumsX)
	}
	VZEROUPPER()
	RET()
}

// movedBy is l moved on by some bytes, of which only some lanes are there.
func (l *rowsAt) movedBy(bytes int, lanes Register) *rowsAt {
	moved := &rowsAt{matrix: map[string]Mem{}, scalar: l.scalar, lanes: lanes}
	for name, m := range l.matrix {
		m.Disp += bytes
		moved.matrix[name] = m
	}
	return moved
}
