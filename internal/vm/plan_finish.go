package vm

import (
	"fmt"

	"finetune/internal/kernel"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// finished says that a gradient has been taken through the activation of the
// unit before by the kernel that computed it, which also summed its columns.
type finished struct {
	taken    bool // The unit before has read it.
	sums     *value
	sumsXhat *value // For a unit that begins with a BatchNorm.
}

// take returns what is known of dy if it is finished, else nil.
func (p *planner) take(dy *G.Node) *finished {
	f := p.finished[dy]
	if f != nil {
		f.taken = true
	}
	return f
}

// checkFinished returns an error if a finished gradient went elsewhere than to the unit
// before, which alone may read it.
func (p *planner) checkFinished() error {
	for n, f := range p.finished {
		if !f.taken {
			return fmt.Errorf("vm: %s: finished for a unit that does not take it", describe(n))
		}
	}
	return nil
}

// summed returns the sum of gradients that dx is the last part of to be computed, and the
// node of the rest; or dx itself and nil.
func (p *planner) summed(dx *G.Node) (total, plus *G.Node) {
	if users := p.consumers[dx]; len(users) == 1 && isSum(users[0]) && p.targets[dx] == nil {
		for _, other := range children(users[0]) {
			if other != dx && p.values[other] != nil {
				return users[0], other
			}
		}
	}
	return dx, nil
}

// parts returns of how many gradients n is the sum.
func parts(n *G.Node) int {
	if n == nil {
		return 0
	}
	if !isSum(n) {
		return 1
	}
	in := children(n)
	return parts(in[0]) + parts(in[1])
}

// finishes returns the unit whose value u's convolution reads, if the gradient
// with respect to that, the sum of u's and of plus, can be taken through the unit's
// activation at once: it is all of the gradient, nothing else needs it, and the unit needs its sums.
func (p *planner) finishes(u *unit, total, plus *G.Node) *unit {
	x := children(u.head)[0]
	before := p.units[x]
	if before == nil || before.out() != x || len(p.users[x]) != 1+parts(plus) || p.targets[total] != nil {
		return nil
	}
	switch d := defOf(before.head).(type) {
	case *op.Conv:
		if !p.wantsSums(before) {
			return nil
		}
	case *op.BatchNorm:
		if !d.Training {
			return nil
		}
	default:
		return nil
	}
	return before
}

// wantsSums reports whether the gradients of a convolution's unit need the sums
// of what reaches it.
func (p *planner) wantsSums(u *unit) bool {
	if len(children(u.head)) == 3 && p.wanted(u.head, 2) != nil {
		return true
	}
	return u.norm != nil && (p.wanted(u.norm, 1) != nil || p.wanted(u.norm, 2) != nil)
}

// finishGradInput emits dx of a convolution with w·scale, with what it is summed with, taken
// through the activation of the unit before, and beside it the gradient of the weights unless
// dw is nil. It reports whether that can be done at once.
func (p *planner) finishGradInput(u *unit, g kernel.Conv, dw *value, dx *G.Node, dz, w, scale *value) bool {
	total, plus := p.summed(dx)
	before := p.finishes(u, total, plus)
	if before == nil {
		return false
	}
	if total != dx {
		p.values[dx] = newValue(dx.Shape(), nhwc) // A part of the total alone.
	}
	f := &finished{sums: temp(logical, g.C)}
	p.finished[total] = f
	to := p.out(total, nhwc)
	name, writes, reads := "ConvGradInput", []*value{to, f.sums}, present(dz, w, scale)
	var x, rest, y, xhat *value
	if dw != nil {
		x = p.as(children(u.head)[0], nhwc)
		name, writes, reads = "ConvGrads", append(writes, dw), append(reads, x)
	}
	if plus != nil {
		rest = p.as(plus, nhwc)
		name += "+sum"
	}
	act := identity
	if before.act != nil {
		act, y = defOf(before.act).(*op.Activate).Activation, p.as(before.out(), nhwc)
		name += "+ActivateGrad"
	}
	k := p.machine.norms[before]
	if k == nil {
		name += "+ColumnSums"
		k = &normalized{}
	} else {
		f.sumsXhat = temp(logical, g.C)
		xhat, writes = p.as(children(before.head)[0], nhwc), append(writes, f.sumsXhat)
		name += "+BatchNormGradSums"
	}
	p.emit(name, writes, append(reads, present(rest, y, xhat, k.mean, k.invStd)...), func() {
		finish := kernel.GradFinish{
			Plus: dataOf(rest), Act: act, Y: dataOf(y), Sums: f.sums.data,
			X: dataOf(xhat), Mean: dataOf(k.mean), InvStd: dataOf(k.invStd), SumsXhat: dataOf(f.sumsXhat),
		}
		if dw != nil {
			p.Backend.ConvGrads(dw.data, to.data, x.data, dz.data, w.data, dataOf(scale), g, finish)
		} else {
			p.Backend.ConvGradInputFinish(to.data, dz.data, w.data, dataOf(scale), g, finish)
		}
	})
	p.multiplies(g)
	p.steps[len(p.steps)-1].both = dw != nil
	p.settle(dx)
	return true
}
