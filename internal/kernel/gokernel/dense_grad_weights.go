package gokernel

import "finetune/internal/kernel"

// gradWeightsJob is the gradient of a dense or grouped convolution's weights:
// for every tap, the outer products of the patch's pixels and those of dy.
// A chunk is a range of input channels in one part of the bands of all images.
type gradWeightsJob struct {
	window
	x, dy    []float32
	sums     []float32 // [parts, KernelH·KernelW·C/groups, OutC].
	size     int       // Elements of one part.
	groups   int
	direct   bool
	band     int
	channels int // Input channels of a chunk.
	parts    int
}

// A chunk has mostChannels input channels at most, and fewer down to fewChannels
// where that makes four chunks.
const mostChannels, fewChannels = 96, 48

func (b *Backend) convGradWeights(dw, x, dy []float32, g kernel.Conv) {
	j := &b.jobs.gradWeights
	j.window = forwardWindow(g)
	v := &j.window
	inC := g.C / g.Groups
	j.x, j.dy, j.groups, j.size = x, dy, g.Groups, len(dw)
	j.channels = inC
	if pieces := max((inC+mostChannels-1)/mostChannels, min(4, inC/fewChannels)); pieces > 1 {
		j.channels = evenly(inC, pieces, sumTiling.rows)
	}
	j.direct = v.inside() && ((inC-1)%j.channels+1 >= b.isa.rows || b.isa.anyOuter)
	j.band, _ = v.chunkSize(j.channels)
	j.band = max(1, min(j.band, 2*outerRows/g.OutW))
	blocks := g.Groups * j.blocks()
	j.parts = partCount(g.N*j.bands(), blocks, len(dw))
	j.sums = b.partials(dw, j.parts)
	b.workers.run(j, j.parts*blocks)
	b.combine(dw, j.sums, j.parts)
	j.x, j.dy, j.sums = nil, nil, nil
}

func (j *gradWeightsJob) bands() int { return (j.window.y.count + j.band - 1) / j.band }

// blocks returns the chunks of a group and part.
func (j *gradWeightsJob) blocks() int {
	return (j.inC/j.groups + j.channels - 1) / j.channels
}

func (j *gradWeightsJob) chunk(w *worker, i int) {
	v := &j.window
	inC, outC := v.inC/j.groups, v.outC/j.groups
	part, i := i/(j.groups*j.blocks()), i%(j.groups*j.blocks())
	group, c0 := i/j.blocks(), i%j.blocks()*j.channels
	c1 := min(c0+j.channels, inC)
	sums := j.sums[part*j.size : (part+1)*j.size]
	for row := range v.y.taps * v.x.taps * inC {
		if c := row % inC; c0 <= c && c < c1 {
			clear(sums[row*v.outC+group*outC:][:outC])
		}
	}
	units := v.images * j.bands()
	for u := units * part / j.parts; u < units*(part+1)/j.parts; u++ {
		j.addBand(w, sums, u/j.bands(), u%j.bands()*j.band, group, c0, c1)
	}
}

// addBand adds the products of one band of one image.
func (j *gradWeightsJob) addBand(w *worker, sums []float32, image, t0, group, c0, c1 int) {
	v := &j.window
	inC, outC := v.inC/j.groups, v.outC/j.groups
	t1 := min(t0+j.band, v.y.count)
	var p patch
	if j.direct {
		p = v.view(j.x, image, t0, group*inC+c0)
	} else {
		p = v.copyPatch(w, j.x, image, image+1, t0, t1, group*inC+c0, group*inC+c1)
	}
	s := outerSum{
		ldc: v.outC, n: outC,
		stepA: v.x.stride * p.colStep, stepB: v.outC,
		k: v.x.count, segments: t1 - t0,
		b: j.dy[v.out(image, t0, 0)+group*outC:],
	}
	s.gapA = v.y.stride*p.rowStep - v.x.count*s.stepA
	slack := !j.direct
	if j.direct && v.y.taps*v.x.taps == 1 && conflicts(s.stepA, w.isa.outerSets) && outC >= manyColumns {
		p.data, s.stepA, s.gapA, slack = w.gatherRows(p.data, s, c1-c0), w.isa.padded(c1-c0), 0, true
	}
	run, runs := c1-c0, v.x.taps
	if v.x.dilation == 1 && p.colStep == inC && c1-c0 == inC {
		run, runs = v.x.taps*inC, 1
	}
	s.m = run
	if next := s.k * s.segments * s.stepB; 2*next <= len(s.b) {
		s.aheadB = next
	}
	for y := range v.y.taps {
		for x := range runs {
			s.a = p.data[y*v.y.dilation*p.rowStep+x*v.x.dilation*p.colStep:]
			s.c = sums[((y*v.x.taps+x)*inC+c0)*v.outC+group*outC:]
			w.addOuter(s, slack)
		}
	}
}

// gatherRows copies n columns of the rows of a that s sums to whole panels.
func (w *worker) gatherRows(a []float32, s outerSum, n int) []float32 {
	width := w.isa.padded(n)
	dst := w.left.get(s.segments * s.k * width)
	for segment := range s.segments {
		packRows(dst[segment*s.k*width:][:s.k*width], a[segment*(s.k*s.stepA+s.gapA):], width, n, s.stepA)
	}
	return dst
}
