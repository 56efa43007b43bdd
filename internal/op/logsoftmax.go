package op

import (
	"math"

	"gorgonia.org/tensor"
)

// LogSoftmax is ONNX LogSoftmax from opset 13 on: x − log Σ exp(x) along one
// axis.
//
// https://onnx.ai/onnx/operators/onnx__LogSoftmax.html
type LogSoftmax struct{ Axis int } // In [0, rank).

var _ Def = (*LogSoftmax)(nil)

// Name implements Def.
func (*LogSoftmax) Name() string { return "LogSoftmax" }

// Infer implements Def.
func (d *LogSoftmax) Infer(in []tensor.Shape) (tensor.Shape, error) {
	return (&Softmax{d.Axis}).Infer(in)
}

// Forward implements Def.
func (d *LogSoftmax) Forward(y Array, in []Array) {
	x := in[0].Data
	(&Softmax{d.Axis}).lines(y.Shape, func(line []int) {
		values := make([]float64, len(line))
		pick(values, x, line, 0)
		total := logSumExp(values)
		for _, j := range line {
			y.Data[j] = x[j] - total
		}
	})
}

// Differentiable implements Def.
func (*LogSoftmax) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def: dx = dy − exp(y)·Σ dy.
func (d *LogSoftmax) Grad(_ int, dx Array, _ []Array, y, dy Array) {
	(&Softmax{d.Axis}).lines(y.Shape, func(line []int) {
		total := 0.0
		for _, j := range line {
			total += dy.Data[j]
		}
		for _, j := range line {
			dx.Data[j] = dy.Data[j] - math.Exp(y.Data[j])*total
		}
	})
}
