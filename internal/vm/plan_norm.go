package vm

import (
	"math"

	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// A normalized is what a BatchNorm that stands alone keeps for its gradient:
// y = act(x·scale + shift + residual).
type normalized struct{ mean, invStd, scale, shift *value }

// norm emits a BatchNorm that is not folded, by running or batch statistics.
func (p *planner) norm(u *unit, d *op.BatchNorm) {
	in := children(u.head)
	x := p.as(in[0], nhwc)
	rows, cols := x.rowsCols()
	mean, variance := p.as(in[3], logical), p.as(in[4], logical)
	name := "BatchNorm"
	if d.Training {
		mean, variance = p.batchStatistics(d, x, mean, variance)
		name = "BatchNormTraining"
	}
	gamma, beta := p.as(in[1], logical), p.as(in[2], logical)
	k := &normalized{mean: mean, invStd: temp(logical, cols), scale: temp(logical, cols), shift: temp(logical, cols)}
	p.machine.norms[u] = k
	p.emit("scale and shift", []*value{k.scale, k.shift, k.invStd}, []*value{gamma, beta, mean, variance}, func() {
		for c, v := range variance.data {
			r := float32(1 / math.Sqrt(float64(v)+d.Epsilon))
			s := gamma.data[c] * r
			k.invStd.data[c], k.scale.data[c], k.shift.data[c] = r, s, beta.data[c]-s*mean.data[c]
		}
	})
	residual, act, suffix := p.epilogue(u)
	y := p.out(u.out(), nhwc)
	p.emitInPlace(name+suffix, []*value{y}, present(x, k.scale, k.shift, residual), present(x, residual), func() {
		p.Backend.Affine(y.data, x.data, k.scale.data, k.shift.data, dataOf(residual), rows, cols, act)
	})
}

// batchStatistics emits the statistics of the batch, and moves the running
// ones towards them when the machine says so: PyTorch's rule, with the
// unbiased variance.
func (p *planner) batchStatistics(d *op.BatchNorm, x, runningMean, runningVariance *value) (mean, variance *value) {
	rows, cols := x.rowsCols()
	mean, variance = temp(logical, cols), temp(logical, cols)
	p.emit("BatchStatistics", []*value{mean, variance}, []*value{x}, func() {
		p.Backend.BatchStatistics(mean.data, variance.data, x.data, rows, cols)
	})
	momentum := float32(d.Momentum)
	unbias := float32(rows) / float32(max(rows-1, 1))
	p.emit("move statistics", []*value{runningMean, runningVariance}, []*value{mean, variance}, func() {
		if !p.machine.moving {
			return
		}
		for c := range cols {
			runningMean.data[c] += momentum * (mean.data[c] - runningMean.data[c])
			runningVariance.data[c] += momentum * (unbias*variance.data[c] - runningVariance.data[c])
		}
	})
	return mean, variance
}

// normGrad emits the gradients of norm.
func (p *planner) normGrad(u *unit, d *op.BatchNorm, dyNode *G.Node) {
	in := children(u.head)
	x, gamma := p.as(in[0], nhwc), p.as(in[1], logical)
	k := p.machine.norms[u]
	dz, _ := p.epilogueGrad(u, dyNode, false)
	rows, cols := dz.rowsCols()

	dgamma, dbeta, dx := p.wanted(u.head, 1), p.wanted(u.head, 2), p.wanted(u.head, 0)
	sumDy, sumDyXhat := temp(logical, cols), temp(logical, cols)
	if f := p.finished[dyNode]; f != nil {
		sumDy, sumDyXhat = f.sums, f.sumsXhat
	} else if dgamma != nil || dbeta != nil || d.Training {
		p.emit("BatchNormGradSums", []*value{sumDy, sumDyXhat}, []*value{dz, x, k.mean, k.invStd}, func() {
			p.Backend.BatchNormGradSums(sumDy.data, sumDyXhat.data, dz.data, x.data, k.mean.data, k.invStd.data, rows, cols)
		})
	}
	if dgamma != nil {
		p.alias(dgamma, sumDyXhat)
	}
	if dbeta != nil {
		p.alias(dbeta, sumDy)
	}
	if dx == nil {
		return
	}
	to := p.out(dx, nhwc)
	if d.Training {
		p.emitInPlace("BatchNormGradInput", []*value{to}, []*value{dz, x, k.mean, k.invStd, gamma, sumDy, sumDyXhat}, []*value{dz}, func() {
			p.Backend.BatchNormGradInput(to.data, dz.data, x.data, k.mean.data, k.invStd.data, gamma.data, sumDy.data, sumDyXhat.data, rows, cols)
		})
	} else {
		p.emitInPlace("BatchNormGradInput", []*value{to}, []*value{dz, k.scale}, []*value{dz}, func() {
			p.Backend.Affine(to.data, dz.data, k.scale.data, nil, nil, rows, cols, identity)
		})
	}
	p.settle(dx)
}
