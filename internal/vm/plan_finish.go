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

// finishes returns the unit whose value u's convolution reads, if the gradient
// dx with respect to that can be taken through the unit's activation at once:
// nothing else needs dx, and the unit needs its sums.
func (p *planner) finishes(u *unit, dx *G.Node) *unit {
	x := children(u.head)[0]
	before := p.units[x]
	if before == nil || before.act == nil || before.out() != x || len(p.users[x]) != 1 || p.targets[dx] != nil {
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

// finishGradInput emits dx, taken through the activation of the unit before.
func (p *planner) finishGradInput(before *unit, g kernel.Conv, dx *G.Node, dz, w *value) {
	f := &finished{sums: temp(logical, g.C)}
	p.finished[dx] = f
	to, y := p.out(dx, nhwc), p.as(before.out(), nhwc)
	act := defOf(before.act).(*op.Activate).Activation
	writes, reads := []*value{to, f.sums}, []*value{dz, w, y}
	k := p.machine.norms[before]
	if k == nil {
		p.emit("ConvGradInput+ActivateGrad", writes, reads, func() {
			p.Backend.ConvGradInputFinish(to.data, dz.data, w.data, g, kernel.GradFinish{Act: act, Y: y.data, Sums: f.sums.data})
		})
		return
	}
	f.sumsXhat = temp(logical, g.C)
	x := p.as(children(before.head)[0], nhwc)
	p.emit("ConvGradInput+ActivateGrad+BatchNormGradSums", append(writes, f.sumsXhat), append(reads, x, k.mean, k.invStd), func() {
		p.Backend.ConvGradInputFinish(to.data, dz.data, w.data, g, kernel.GradFinish{Act: act, Y: y.data, Sums: f.sums.data,
			X: x.data, Mean: k.mean.data, InvStd: k.invStd.data, SumsXhat: f.sumsXhat.data})
	})
}
