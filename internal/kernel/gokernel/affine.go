package gokernel

import (
	"math"

	"finetune/internal/kernel"
)

// rowsChunk is the size of a chunk of rows in elements, and longestSum the
// number of rows that are summed one after the other.
const (
	rowsChunk  = 1 << 14
	longestSum = 512
)

// chunkOfRows returns how many rows of cols elements make a chunk.
func chunkOfRows(cols int) int { return max(1, min(rowsChunk/max(cols, 1), longestSum)) }

// affineJob scales and shifts columns. A chunk is some rows.
type affineJob struct {
	y, x, scale, shift, residual []float32
	rows, cols                   int
	act                          kernel.Activation
}

// Affine implements kernel.Backend.
func (b *Backend) Affine(y, x, scale, shift, residual []float32, rows, cols int, act kernel.Activation) {
	check("Affine", "y", len(y), rows*cols)
	check("Affine", "x", len(x), rows*cols)
	check("Affine", "scale", len(scale), cols)
	checkOptional("Affine", "shift", shift, cols)
	checkOptional("Affine", "residual", residual, rows*cols)
	if cols == 0 {
		return
	}
	if shift == nil {
		shift = b.bias.get(cols)
		clear(shift)
	}
	b.jobs.affine = affineJob{y, x, scale, shift, residual, rows, cols, act}
	each := chunkOfRows(cols)
	b.workers.run(&b.jobs.affine, (rows+each-1)/each)
	b.jobs.affine = affineJob{}
}

func (j *affineJob) chunk(w *worker, i int) {
	each := chunkOfRows(j.cols)
	lo, hi := i*each*j.cols, min((i+1)*each, j.rows)*j.cols
	y, x := j.y[lo:hi], j.x[lo:hi]
	var residual []float32
	if j.residual != nil {
		residual = j.residual[lo:hi]
	}
	least, most := float32(math.Inf(-1)), float32(math.Inf(1))
	if j.act.Kind == kernel.Clip {
		least, most = j.act.Alpha, j.act.Beta
	}
	w.isa.affine(y, x, j.scale, j.shift, residual, len(y)/j.cols, least, most)
	if j.act.Kind != kernel.Identity && j.act.Kind != kernel.Clip {
		w.isa.activate(y, y, j.act)
	}
}

// affinePlain computes y[r,c] = min(max(x[r,c]·scale[c] + shift[c] +
// residual[r,c], lo), hi). residual may be nil; y may be x or residual.
func affinePlain(y, x, scale, shift, residual []float32, rows int, lo, hi float32) {
	cols := len(scale)
	shift = shift[:cols]
	for r := range rows {
		x, y := x[r*cols:][:cols], y[r*cols:][:cols]
		if residual == nil {
			for c, v := range x {
				y[c] = min(max(v*scale[c]+shift[c], lo), hi)
			}
			continue
		}
		residual := residual[r*cols:][:cols]
		for c, v := range x {
			y[c] = min(max(v*scale[c]+shift[c]+residual[c], lo), hi)
		}
	}
}
