package gokernel

import "finetune/internal/kernel"

// patchSize is the size in floats of a patch: a quarter of the second-level
// cache.
const patchSize = 1 << 15

// tilePixels is how many lattice points a chunk should have at least, so that
// the last tile's unused rows do not matter.
const tilePixels = 96

// convJob is a convolution as a product of the rows of patches and the packed
// weights. A chunk is a band of lattice rows in one or more images; it goes
// through all groups.
type convJob struct {
	product
	window
	y, x, residual []float32
	panels, bias   []float32 // Of all groups, one after the other.
	groups         int
	direct         bool // Patches are views of x.
	band, images   int  // Lattice rows and images of a chunk.
}

func (b *Backend) convForward(j *convJob, w, bias []float32, g kernel.Conv, act kernel.Activation) {
	inC, outC := g.C/g.Groups, g.OutC/g.Groups
	b.prepareConv(j, g.Groups, act)
	for group := range g.Groups {
		if bias != nil {
			copy(j.bias[group*b.isa.padded(outC):], bias[group*outC:(group+1)*outC])
		}
		panels := j.panels[group*j.k*b.isa.padded(outC):]
		for tap := range g.KernelH * g.KernelW {
			b.packWeights(&j.product, panels, w[tap*inC*g.OutC+group*outC:], nil, tap*inC, inC, g.OutC, false)
		}
	}
	b.runConv(j)
}

// convBackward computes the phase of the input's gradient that j's window says.
func (b *Backend) convBackward(j *convJob, w []float32, g kernel.Conv) {
	inC, outC := g.C/g.Groups, g.OutC/g.Groups
	b.prepareConv(j, g.Groups, kernel.Activation{})
	for group := range g.Groups {
		panels := j.panels[group*j.k*b.isa.padded(inC):]
		for ty := range j.window.y.taps {
			for tx := range j.window.x.taps {
				tap := (j.window.y.tap+ty*j.window.y.tapStep)*g.KernelW + j.window.x.tap + tx*j.window.x.tapStep
				first := (ty*j.window.x.taps + tx) * outC
				b.packWeights(&j.product, panels, w[tap*inC*g.OutC+group*outC:], nil, first, outC, g.OutC, true)
			}
		}
	}
	b.runConv(j)
}

// prepareConv chooses chunks and blocks, and takes memory for the panels.
func (b *Backend) prepareConv(j *convJob, groups int, act kernel.Activation) {
	v := &j.window
	j.groups = groups
	inC, outC := v.inC/groups, v.outC/groups
	taps := v.y.taps * v.x.taps
	j.direct = v.inside() && (taps <= 1 || groups == 1)
	j.band, j.images = v.chunkSize(inC)
	p := v.patchSteps(j.band, inC)
	if j.direct {
		p = v.view(j.x, 0, 0, 0)
	}
	j.product.init(b.isa, outC, taps*inC, act)
	j.setStream(b, j.y)
	j.blocks = v.appendBlocks(j.blocks, p, inC)
	j.panels = b.panels.get(groups * j.k * b.isa.padded(outC))
	j.bias = b.bias.get(groups * b.isa.padded(outC))
	clear(j.bias)
}

// chunkSize returns the lattice rows and images of a chunk.
func (v *window) chunkSize(channels int) (band, images int) {
	_, width := v.x.span(0, v.x.count)
	width = max(1, width-v.x.offset)
	rows := patchSize / (width * channels)
	band = max(1, (rows-(max(v.y.taps, 1)-1)*v.y.dilation)/v.y.stride, (tilePixels+v.x.count-1)/max(v.x.count, 1))
	if band < v.y.count {
		bands := (v.y.count + band - 1) / band
		return (v.y.count + bands - 1) / bands, 1
	}
	pixels := v.y.count * v.x.count
	return v.y.count, min(v.images, max(1, (tilePixels+pixels-1)/max(pixels, 1)))
}

// appendBlocks adds the stretches of a patch that the taps read, in the order
// of the taps.
func (v *window) appendBlocks(blocks []block, p patch, channels int) []block {
	run, runs := v.x.taps*channels, 1
	if v.x.dilation != 1 || p.colStep != channels {
		run, runs = channels, v.x.taps
	}
	if total := v.y.taps * run; runs == 1 && total <= longestStretch && total > 0 {
		return append(blocks, block{k: run, segments: v.y.taps, step: v.y.dilation*p.rowStep - run})
	}
	first := 0
	for y := range v.y.taps {
		for x := range runs {
			blocks = appendRun(blocks, first, y*v.y.dilation*p.rowStep+x*v.x.dilation*p.colStep, run)
			first += run
		}
	}
	return blocks
}

func (b *Backend) runConv(j *convJob) {
	b.workers.run(j, j.bands()*((j.window.images+j.images-1)/j.images))
	j.y, j.x, j.residual = nil, nil, nil
}

func (j *convJob) bands() int { return (j.window.y.count + j.band - 1) / j.band }

func (j *convJob) chunk(w *worker, i int) {
	v := &j.window
	n0, t0 := i/j.bands()*j.images, i%j.bands()*j.band
	n1, t1 := min(n0+j.images, v.images), min(t0+j.band, v.y.count)
	if v.x.count == 0 || t0 >= t1 {
		return
	}
	inC, outC := v.inC/j.groups, v.outC/j.groups
	for group := range j.groups {
		var p patch
		if j.direct {
			p = v.view(j.x, n0, t0, group*inC)
		} else {
			p = v.copyPatch(w, j.x, n0, n1, t0, t1, group*inC, (group+1)*inC)
		}
		o := operand{ahead: cacheLine, c: j.y[group*outC:], a: p.data,
			panels: j.panels[group*j.k*w.isa.padded(outC):],
			bias:   j.bias[group*w.isa.padded(outC):]}
		if j.residual != nil {
			o.residual = j.residual[group*outC:]
		}
		o.rows, o.outs = v.offsets(w, p, n0, n1, t0, t1)
		j.multiply(w, o, 0, outC)
	}
}

// offsets returns where each lattice point begins in the patch and in the
// output, in whole tiles.
func (v *window) offsets(w *worker, p patch, n0, n1, t0, t1 int) (rows, outs []int) {
	rows, outs = w.tileOffsets((n1 - n0) * (t1 - t0) * v.x.count)
	i := 0
	for n := n0; n < n1; n++ {
		for t := t0; t < t1; t++ {
			row, out := (n-n0)*p.imageStep+(t-t0)*v.y.stride*p.rowStep, v.out(n, t, 0)
			for range v.x.count {
				rows[i], outs[i] = row, out
				row, out, i = row+v.x.stride*p.colStep, out+v.x.step*v.outC, i+1
			}
		}
	}
	for ; i < len(rows); i++ {
		rows[i], outs[i] = rows[i-1], outs[i-1]
	}
	return rows, outs
}
