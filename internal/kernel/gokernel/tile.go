package gokernel

// The tiles of plain Go, and of AVX2, where 12 accumulators of 8 floats leave 4
// of 16 registers. Other instruction sets have others, up to the largest.
const (
	plainRows  = 6
	plainPanel = 16

	largestRows  = 12
	largestPanel = 32
)

// A tile is some rows of C = A·B, across one or more panels of B: as many rows,
// and columns of a panel, as the instruction set says.
//
// Row r of A starts at a[rows[r]]. It is cut into segments of k elements, and
// step elements lie between the end of a segment and the start of the next.
// Row r of C starts at c[outs[r]]; rows at the end may repeat the one before
// them. A panel is [segments·k, columns of a panel] in b, one after the other.
type tile struct {
	a, b, c    []float32
	rows, outs []int // [rows of a tile].
	k          int
	segments   int
	step       int
	ahead      int // How many elements further in a to prefetch.
	panels     int
	columns    int       // Of the only panel, for a loop that computes the first ones.
	accumulate bool      // Add to C.
	bias       []float32 // In whole panels, or nil.
	residual   []float32 // Indexed as c, or nil.
	clip       bool      // Bound the result by lo and hi.
	stream     bool      // Store past the caches; rows of C are aligned to a vector.
	fetch      bool      // C may be in no cache: fetch its lines before the sums.
	lo, hi     float32
}

// tilePartPlain returns the loop for the first columns of a panel, or nil if
// there is none.
func tilePartPlain(columns int) func(*tile) {
	if columns == 8 {
		return tile8Plain
	}
	return nil
}

// tile16Plain computes whole panels, tile8Plain the first 8 columns of one.
func tile16Plain(t *tile) {
	for p := range t.panels {
		tilePanelPlain(t, p, 16)
	}
}

func tile8Plain(t *tile) { tilePanelPlain(t, 0, 8) }

func tilePanelPlain(t *tile, panel, width int) {
	b := t.b[panel*t.segments*t.k*plainPanel:]
	for r := 0; r < plainRows; r += 2 {
		for q := 0; q < width; q += 4 {
			var s [2][4]float32
			sumPlain(&s, t, b[q:], t.rows[r], t.rows[r+1])
			for i := range s {
				if r+i > 0 && t.outs[r+i] == t.outs[r+i-1] {
					break
				}
				at := t.outs[r+i] + panel*plainPanel + q
				t.storePlain(at, panel*plainPanel+q, &s[i])
			}
		}
	}
}

// sumPlain computes two rows and four columns of A·B.
func sumPlain(s *[2][4]float32, t *tile, b []float32, row0, row1 int) {
	var s00, s01, s02, s03, s10, s11, s12, s13 float32
	for range t.segments {
		a0, a1 := t.a[row0:row0+t.k], t.a[row1:row1+t.k]
		for p, v := range a0 {
			u := a1[p]
			q := b[p*plainPanel : p*plainPanel+4 : p*plainPanel+4]
			s00 += v * q[0]
			s01 += v * q[1]
			s02 += v * q[2]
			s03 += v * q[3]
			s10 += u * q[0]
			s11 += u * q[1]
			s12 += u * q[2]
			s13 += u * q[3]
		}
		row0 += t.k + t.step
		row1 += t.k + t.step
		b = b[min(t.k*plainPanel, len(b)):]
	}
	s[0] = [4]float32{s00, s01, s02, s03}
	s[1] = [4]float32{s10, s11, s12, s13}
}

// storePlain writes four columns of a row, which are column col of the bias.
func (t *tile) storePlain(at, col int, s *[4]float32) {
	c := t.c[at : at+4]
	for i, v := range s {
		if t.accumulate {
			v += c[i]
		}
		if t.bias != nil {
			v += t.bias[col+i]
		}
		if t.residual != nil {
			v += t.residual[at+i]
		}
		if t.clip {
			v = min(max(v, t.lo), t.hi)
		}
		c[i] = v
	}
}

// An outer adds a sum of outer products to a tile of C [rows, columns], or puts it there:
// c[r·ldc+q] += Σ over p of a[p·stepA+r]·b[p·stepB+q].
//
// p runs over segments of k; gapA more elements of a lie between two segments.
type outer struct {
	a, b, c      []float32
	stepA, stepB int
	k            int
	segments     int
	gapA         int
	ldc          int
	columns      int  // For a loop that takes any number.
	fresh        bool // C is not read.
	aheadA       int  // How many elements further in a and b to prefetch.
	aheadB       int
}

// outerPlain returns the loop for the first of rows and for columns, and how
// many rows that computes, or nil if there is none.
func outerPlain(rows, columns int) (run func(*outer), count int) {
	switch {
	case rows >= plainRows && columns == plainPanel:
		return outer16Plain, plainRows
	case rows >= plainRows && columns == 8:
		return outer8Plain, plainRows
	}
	return nil, 0
}

func outer16Plain(o *outer) { outerSumPlain(o, 16) }
func outer8Plain(o *outer)  { outerSumPlain(o, 8) }

func outerSumPlain(o *outer, width int) {
	for q := 0; q < width; q += 4 {
		for r := 0; r < plainRows; r += 2 {
			var s00, s01, s02, s03, s10, s11, s12, s13 float32
			a, b := r, q
			for range o.segments {
				for range o.k {
					v, u := o.a[a], o.a[a+1]
					bb := o.b[b : b+4 : b+4]
					s00 += v * bb[0]
					s01 += v * bb[1]
					s02 += v * bb[2]
					s03 += v * bb[3]
					s10 += u * bb[0]
					s11 += u * bb[1]
					s12 += u * bb[2]
					s13 += u * bb[3]
					a += o.stepA
					b += o.stepB
				}
				a += o.gapA
			}
			c0, c1 := o.c[r*o.ldc+q:][:4], o.c[(r+1)*o.ldc+q:][:4]
			if o.fresh {
				clear(c0)
				clear(c1)
			}
			c0[0] += s00
			c0[1] += s01
			c0[2] += s02
			c0[3] += s03
			c1[0] += s10
			c1[1] += s11
			c1[2] += s12
			c1[3] += s13
		}
	}
}
