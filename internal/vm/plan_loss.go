package vm

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// crossEntropy emits the loss and, if it is wanted, the gradient of the logits
// at the same time.
func (p *planner) crossEntropy(u *unit, d *op.CrossEntropy) {
	in := children(u.head)
	logits, labels := p.values[in[0]], p.values[in[1]]
	rows, classes := logits.shape[0], logits.shape[1]
	loss := p.out(u.head, logical)
	writes := []*value{loss}
	var dlogits *value
	if p.wanted(u.head, 0) != nil {
		dlogits = newValue(logits.shape, logical)
		p.machine.dlogits[u] = dlogits
		writes = append(writes, dlogits)
	}
	p.emit("SoftmaxCrossEntropy", writes, []*value{logits, labels}, func() {
		loss.data[0] = p.Backend.SoftmaxCrossEntropy(dataOf(dlogits), logits.data, labels.data, rows, classes, float32(d.Smoothing))
	})
}

// crossEntropyGrad scales the gradient by that of the loss, which
// gorgonia.Grad sets to one.
func (p *planner) crossEntropyGrad(u *unit, _ *op.CrossEntropy, dyNode *G.Node) {
	dx, dlogits, dy := p.wanted(u.head, 0), p.machine.dlogits[u], p.values[dyNode]
	if dy.fixed && dy.data[0] == 1 {
		p.alias(dx, dlogits)
		return
	}
	to := p.out(dx, logical)
	p.emit("scale loss gradient", []*value{to}, []*value{dlogits, dy}, func() {
		for i, v := range dlogits.data {
			to.data[i] = v * dy.data[0]
		}
	})
	p.settle(dx)
}
