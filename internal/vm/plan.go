package vm

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// forward emits the steps that compute u's value.
func (p *planner) forward(u *unit) {
	switch d := defOf(u.head).(type) {
	case *op.Conv:
		p.conv(u, d)
	case *op.BatchNorm:
		if len(u.head.Shape()) != 4 {
			p.plain(u)
			return
		}
		p.norm(u, d)
	case *op.Activate:
		p.activate(u, d)
	case *op.Add:
		p.binary(u, "Add", p.Backend.Add)
	case *op.Mul, *op.Dropout:
		p.binary(u, "Mul", p.Backend.Mul)
	case *op.MaxPool:
		p.maxPool(u, d)
	case *op.AveragePool:
		p.averagePool(u, d.Geometry(children(u.head)[0].Shape()))
	case *op.GlobalAveragePool:
		p.averagePool(u, d.Geometry(children(u.head)[0].Shape()))
	case *op.Reshape:
		p.reshape(u)
	case *op.Concat:
		p.concat(u, d)
	case *op.Dense:
		p.dense(u, d)
	case *op.CrossEntropy:
		p.crossEntropy(u, d)
	case *op.Map:
		p.mapped(u, d)
	case *op.Binary:
		p.broadcast(u, arithmeticOf(d.Operation))
	case *op.Reduce:
		p.reduce(u, d)
	case *op.MatMul:
		p.matMul(u, d)
	case *op.Softmax:
		p.softmax(u, d)
	case *op.LayerNorm:
		p.layerNorm(u, d)
	case *op.Transpose:
		p.transpose(u, d)
	case *op.Gather:
		p.gather(u, d)
	case *op.Pad:
		p.pad(u, d)
	case op.Pointwise:
		p.pointwise(u, d)
	default:
		p.plain(u)
	}
}

// backward emits the steps that compute all gradients of u that are wanted,
// from the gradient dy of its value.
func (p *planner) backward(u *unit, dy *G.Node) {
	switch d := defOf(u.head).(type) {
	case *op.Conv:
		p.convGrad(u, d, dy)
	case *op.BatchNorm:
		if len(u.head.Shape()) != 4 {
			p.plainGrad(u, dy)
			return
		}
		p.normGrad(u, d, dy)
	case *op.Activate:
		p.activateGrad(u, d, dy)
	case *op.Add:
		p.addGrad(u, dy)
	case *op.Mul, *op.Dropout:
		p.mulGrad(u, dy)
	case *op.MaxPool:
		p.maxPoolGrad(u, d, dy)
	case *op.AveragePool:
		p.averagePoolGrad(u, d.Geometry(children(u.head)[0].Shape()), dy)
	case *op.GlobalAveragePool:
		p.averagePoolGrad(u, d.Geometry(children(u.head)[0].Shape()), dy)
	case *op.Reshape:
		p.reshapeGrad(u, dy)
	case *op.Concat:
		p.concatGrad(u, d, dy)
	case *op.Dense:
		p.denseGrad(u, d, dy)
	case *op.CrossEntropy:
		p.crossEntropyGrad(u, d, dy)
	case *op.Map:
		p.mappedGrad(u, d, dy)
	case *op.Binary:
		p.broadcastGrad(u, arithmeticOf(d.Operation), dy)
	case *op.Reduce:
		p.reduceGrad(u, d, dy)
	case *op.MatMul:
		p.matMulGrad(u, d, dy)
	case *op.Softmax:
		p.softmaxGrad(u, d, dy)
	case *op.LayerNorm:
		p.layerNormGrad(u, d, dy)
	case *op.Transpose:
		p.transposeGrad(u, d, dy)
	case *op.Gather:
		p.gatherGrad(u, d, dy)
	case *op.Pad:
		p.padGrad(u, d, dy)
	default:
		p.plainGrad(u, dy)
	}
}
