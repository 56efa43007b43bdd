package gokernel

import (
	"math"
	"unsafe"

	"finetune/internal/kernel"
)

// smallPanels is the size of packed B, in floats, that stays in the first-level
// cache whole, so that a tile can go through all panels at once.
const smallPanels = 6144

// A block is a stretch of the sums of a product: rows [first, first+k·segments)
// of B, and for each row of A the segments that start at offset a.
type block struct {
	first, a          int
	k, segments, step int
}

// height returns the rows of B in it.
func (b block) height() int { return b.k * b.segments }

// appendRun adds one segment of length k at offset a, cut to longestStretch.
func appendRun(blocks []block, first, a, k int) []block {
	parts := (k + longestStretch - 1) / longestStretch
	for i := range parts {
		lo, hi := k*i/parts, k*(i+1)/parts
		blocks = append(blocks, block{first: first + lo, a: a + lo, k: hi - lo, segments: 1})
	}
	return blocks
}

// A product is C = act(A·B + bias + residual), with B packed.
type product struct {
	n      int
	panel  int  // Columns of a panel.
	stream bool // C is larger than the caches and its rows are aligned.
	k      int
	blocks []block
	act    kernel.Activation
	lo, hi float32
}

func (p *product) init(isa *isa, n, k int, act kernel.Activation) {
	p.stream = false
	p.n, p.panel, p.k, p.act, p.blocks = n, isa.panel, k, act, p.blocks[:0]
	p.lo, p.hi = float32(math.Inf(-1)), float32(math.Inf(1))
	if act.Kind == kernel.Clip {
		p.lo, p.hi = act.Alpha, act.Beta
	}
}

// clips reports whether the inner loops can do the activation.
func clips(act kernel.Activation) bool {
	return act.Kind == kernel.Identity || act.Kind == kernel.Clip
}

// cacheLine is the size of a cache line in floats.
const cacheLine = 16

// streamed is the size of a result in floats from which on it will not be in a
// cache when it is read next, so that reading its lines to write them is in vain.
const streamed = 1 << 21

// streams reports whether to store y past the caches.
func (b *Backend) streams(y []float32) bool {
	if b.isa.fence == nil || len(y) < streamed {
		return false
	}
	return uintptr(unsafe.Pointer(unsafe.SliceData(y)))%uintptr(b.isa.vector) == 0
}

// setStream decides it for the tiles of c, whose rows must be whole cache lines.
func (p *product) setStream(b *Backend, c []float32) {
	p.stream = b.streams(c) && p.n%cacheLine == 0 && clips(p.act)
}

// An operand is what one call of multiply reads and writes. Row r of A starts
// at a[rows[r]], row r of C, and of the residual if there is one, at
// c[outs[r]]; rows and outs are as long as whole tiles, the last row repeated.
type operand struct {
	c, residual, a []float32
	panels, bias   []float32
	rows, outs     []int
	ahead          int // Elements from a tile's rows to the next one's.
}

// multiply computes columns [from, to) of C; both are multiples of a panel
// except for to = n.
func (p *product) multiply(w *worker, o operand, from, to int) {
	if len(p.blocks) == 0 {
		p.multiplyNothing(o, from, to)
		return
	}
	for i := range p.blocks {
		p.multiplyBlock(w, o, i, from, to)
	}
	if p.stream {
		w.isa.fence()
	}
	if clips(p.act) {
		return
	}
	for r, at := range o.outs {
		if r == 0 || at != o.outs[r-1] {
			activate(o.c[at+from:at+to], o.c[at+from:at+to], p.act)
		}
	}
}

// multiplyBlock adds the i-th block of the sums to C, and finishes C if it is
// the last one. A tile goes through all panels at once if they are small, else
// a panel through all tiles.
func (p *product) multiplyBlock(w *worker, o operand, i, from, to int) {
	blk, last := p.blocks[i], i == len(p.blocks)-1
	height, width := blk.height(), roundUp(p.n, p.panel)
	t := &w.tile
	*t = tile{
		a: o.a[blk.a:], k: blk.k, segments: blk.segments, step: blk.step, ahead: o.ahead,
		accumulate: i > 0, clip: last && p.act.Kind == kernel.Clip, lo: p.lo, hi: p.hi,
		stream: p.stream && len(p.blocks) == 1, // Else C is in a cache already.
	}
	t.fetch = i == 0 && !t.stream // A later block finds C in a cache.
	most := 1
	if height*width <= smallPanels && len(p.blocks) == 1 {
		most = max(1, (to-from)/p.panel)
	}
	for j := from; j < to; j += t.panels * p.panel {
		t.b = o.panels[blk.first*width+j*height:]
		t.panels = min(most, max(1, (to-j)/p.panel))
		run := w.isa.tile
		if t.columns = to - j; t.columns < p.panel {
			run = w.isa.tilePart(t.columns)
		}
		if run == nil {
			p.multiplyEdge(w, o, j, last)
			continue
		}
		t.c = o.c[j:]
		if last && o.bias != nil {
			t.bias = o.bias[j:]
		}
		if last && o.residual != nil {
			t.residual = o.residual[j:]
		}
		for r := 0; r < len(o.rows); r += w.isa.rows {
			t.rows, t.outs = o.rows[r:r+w.isa.rows], o.outs[r:r+w.isa.rows]
			run(t)
		}
	}
}

// multiplyEdge computes the columns from j to n, fewer than a panel, in the
// worker's edge buffer.
func (p *product) multiplyEdge(w *worker, o operand, j int, last bool) {
	t := &w.tile
	accumulate, rows := t.accumulate, w.isa.rows
	t.accumulate, t.clip, t.bias, t.residual = false, false, nil, nil
	t.c, t.outs = w.edge[:], w.edgeOuts()
	for r := 0; r < len(o.rows); r += rows {
		t.rows = o.rows[r : r+rows]
		w.isa.tile(t)
		for i, at := range o.outs[r : r+rows] {
			if i > 0 && at == o.outs[r+i-1] {
				break
			}
			c := o.c[at+j : at+p.n]
			edge := w.edge[i*p.panel:][:len(c)]
			if accumulate {
				addPlain(c, c, edge)
			} else {
				copy(c, edge)
			}
			if !last {
				continue
			}
			if o.bias != nil {
				addPlain(c, c, o.bias[j:])
			}
			if o.residual != nil {
				addPlain(c, c, o.residual[at+j:])
			}
			clipPlain(c, c, p.lo, p.hi)
		}
	}
}

// edgeOuts returns the rows of a tile in the worker's edge buffer.
func (w *worker) edgeOuts() []int {
	outs := w.edgeRows[:w.isa.rows]
	for r := range outs {
		outs[r] = r * w.isa.panel
	}
	return outs
}

// multiplyNothing finishes an empty sum: an input that no tap reaches.
func (p *product) multiplyNothing(o operand, from, to int) {
	for r, at := range o.outs {
		if r > 0 && at == o.outs[r-1] {
			continue
		}
		for j := from; j < to; j++ {
			var v float32
			if o.bias != nil {
				v = o.bias[j]
			}
			if o.residual != nil {
				v += o.residual[at+j]
			}
			o.c[at+j] = v
		}
		activate(o.c[at+from:at+to], o.c[at+from:at+to], p.act)
	}
}
