package sam

import (
	"math"

	"finetune/internal/kernel"
)

// Parallel calls do(0) … do(n-1), in any order and at once, and returns when
// all of them have.
type Parallel func(n int, do func(i int))

func oneAfterAnother(n int, do func(i int)) {
	for i := range n {
		do(i)
	}
}

// blockLength is how many elements of a Param are treated together: few enough
// that weights, gradient and momentum stay in a core's cache from one loop to
// the next. It is part of the bits of a norm.
const blockLength = 16384

// A block is the elements [from, to) of Param param, which lie at offset in a
// buffer of all Params.
type block struct{ param, from, to, offset int }

// A sweep goes over all elements of all Params, block by block.
type sweep struct {
	params   []Param
	blocks   []block
	parallel Parallel
	loops    Loops

	squares []float64 // Of each block of the gradient.
	saved   []float32
	scale   float32
	base    Base

	// The loops over blocks, made once so that a step allocates none.
	sumBlock, climbBlock, restoreBlock, updateBlock func(i int)
}

// cut makes ready for params.
func (s *sweep) cut(params []Param, parallel Parallel, loops Loops) {
	s.params, s.blocks, s.parallel, s.loops = params, s.blocks[:0], parallel, loops
	if parallel == nil {
		s.parallel = oneAfterAnother
	}
	if loops == nil {
		s.loops = kernel.PlainLoops{}
	}
	offset := 0
	for i := range params {
		n := len(params[i].Value)
		for from := 0; from < n; from += blockLength {
			s.blocks = append(s.blocks, block{i, from, min(n, from+blockLength), offset + from})
		}
		offset += n
	}
	if cap(s.squares) < len(s.blocks) {
		s.squares = make([]float64, len(s.blocks))
	}
	s.squares = s.squares[:len(s.blocks)]
	if s.sumBlock == nil {
		s.sumBlock, s.climbBlock, s.restoreBlock, s.updateBlock = s.doSum, s.doClimb, s.doRestore, s.doUpdate
	}
}

// elements returns how many there are.
func (s *sweep) elements() int {
	if len(s.blocks) == 0 {
		return 0
	}
	last := s.blocks[len(s.blocks)-1]
	return last.offset + last.to - last.from
}

// norm returns the 2-norm of all gradients together, accumulated in float64 in
// blocks, one after another.
func (s *sweep) norm() float64 {
	s.parallel(len(s.blocks), s.sumBlock)
	total := 0.0
	for _, v := range s.squares {
		total += v
	}
	return math.Sqrt(total)
}

func (s *sweep) doSum(i int) {
	b := s.blocks[i]
	s.squares[i] = s.loops.SumSquares(s.params[b.param].Grad[b.from:b.to])
}

// climb keeps the weights in saved and adds scale times the gradient to them.
func (s *sweep) climb(saved []float32, scale float32) {
	s.saved, s.scale = saved, scale
	s.parallel(len(s.blocks), s.climbBlock)
}

func (s *sweep) doClimb(i int) {
	b := s.blocks[i]
	p := &s.params[b.param]
	w, saved := p.Value[b.from:b.to], s.saved[b.offset:][:b.to-b.from]
	if s.scale != 0 {
		s.loops.Climb(saved, w, p.Grad[b.from:b.to], s.scale)
	} else {
		copy(saved, w)
	}
}

// restore takes the weights from saved.
func (s *sweep) restore(saved []float32) {
	s.saved = saved
	s.parallel(len(s.blocks), s.restoreBlock)
}

func (s *sweep) doRestore(i int) {
	b := s.blocks[i]
	copy(s.params[b.param].Value[b.from:b.to], s.saved[b.offset:])
}

// A sweepingBase is a Base that restores, scales and updates in one pass.
type sweepingBase interface {
	// sweep is Update of a Param whose weights are in from, which may be Value, and whose
	// gradient is to be scaled. It reports whether it did it.
	sweep(loops Loops, params []Param, i int, from []float32, scale float32, lo, hi int) bool
}

// update takes the weights from saved unless that is nil, scales the gradient,
// and lets base update the weights.
func (s *sweep) update(base Base, saved []float32, scale float32) {
	s.base, s.saved, s.scale = base, saved, scale
	s.parallel(len(s.blocks), s.updateBlock)
}

func (s *sweep) doUpdate(i int) {
	b := s.blocks[i]
	from := s.params[b.param].Value[b.from:b.to]
	if s.saved != nil {
		from = s.saved[b.offset:][:b.to-b.from]
	}
	if base, ok := s.base.(sweepingBase); ok && base.sweep(s.loops, s.params, b.param, from, s.scale, b.from, b.to) {
		return
	}
	if s.saved != nil {
		s.doRestore(i)
	}
	if s.scale != 1 {
		multiply(s.params[b.param].Grad[b.from:b.to], s.scale)
	}
	s.base.Update(s.params, b.param, b.from, b.to)
}
