package op

import (
	"finetune/internal/kernel"

	"gorgonia.org/tensor"
)

// Name implements Def.
func (*Conv) Name() string { return "Conv" }

// Infer implements Def.
func (*Conv) Infer([]tensor.Shape) (tensor.Shape, error) { panic("op: Conv is being written") }

// Forward implements Def.
func (*Conv) Forward(Array, []Array) { panic("op: Conv is being written") }

// Differentiable implements Def.
func (*Conv) Differentiable(int) []bool { panic("op: Conv is being written") }

// Grad implements Def.
func (*Conv) Grad(int, Array, []Array, Array, Array) { panic("op: Conv is being written") }

// Name implements Def.
func (*BatchNorm) Name() string { return "BatchNorm" }

// Infer implements Def.
func (*BatchNorm) Infer([]tensor.Shape) (tensor.Shape, error) {
	panic("op: BatchNorm is being written")
}

// Forward implements Def.
func (*BatchNorm) Forward(Array, []Array) { panic("op: BatchNorm is being written") }

// Differentiable implements Def.
func (*BatchNorm) Differentiable(int) []bool { panic("op: BatchNorm is being written") }

// Grad implements Def.
func (*BatchNorm) Grad(int, Array, []Array, Array, Array) { panic("op: BatchNorm is being written") }

// Name implements Def.
func (*Activate) Name() string { return "Activate" }

// Infer implements Def.
func (*Activate) Infer([]tensor.Shape) (tensor.Shape, error) { panic("op: Activate is being written") }

// Forward implements Def.
func (*Activate) Forward(Array, []Array) { panic("op: Activate is being written") }

// Differentiable implements Def.
func (*Activate) Differentiable(int) []bool { panic("op: Activate is being written") }

// Grad implements Def.
func (*Activate) Grad(int, Array, []Array, Array, Array) { panic("op: Activate is being written") }

// Name implements Def.
func (*Add) Name() string { return "Add" }

// Infer implements Def.
func (*Add) Infer([]tensor.Shape) (tensor.Shape, error) { panic("op: Add is being written") }

// Forward implements Def.
func (*Add) Forward(Array, []Array) { panic("op: Add is being written") }

// Differentiable implements Def.
func (*Add) Differentiable(int) []bool { panic("op: Add is being written") }

// Grad implements Def.
func (*Add) Grad(int, Array, []Array, Array, Array) { panic("op: Add is being written") }

// Name implements Def.
func (*Mul) Name() string { return "Mul" }

// Infer implements Def.
func (*Mul) Infer([]tensor.Shape) (tensor.Shape, error) { panic("op: Mul is being written") }

// Forward implements Def.
func (*Mul) Forward(Array, []Array) { panic("op: Mul is being written") }

// Differentiable implements Def.
func (*Mul) Differentiable(int) []bool { panic("op: Mul is being written") }

// Grad implements Def.
func (*Mul) Grad(int, Array, []Array, Array, Array) { panic("op: Mul is being written") }

// Name implements Def.
func (*MaxPool) Name() string { return "MaxPool" }

// Infer implements Def.
func (*MaxPool) Infer([]tensor.Shape) (tensor.Shape, error) { panic("op: MaxPool is being written") }

// Forward implements Def.
func (*MaxPool) Forward(Array, []Array) { panic("op: MaxPool is being written") }

// Differentiable implements Def.
func (*MaxPool) Differentiable(int) []bool { panic("op: MaxPool is being written") }

// Grad implements Def.
func (*MaxPool) Grad(int, Array, []Array, Array, Array) { panic("op: MaxPool is being written") }

// Name implements Def.
func (*AveragePool) Name() string { return "AveragePool" }

// Infer implements Def.
func (*AveragePool) Infer([]tensor.Shape) (tensor.Shape, error) {
	panic("op: AveragePool is being written")
}

// Forward implements Def.
func (*AveragePool) Forward(Array, []Array) { panic("op: AveragePool is being written") }

// Differentiable implements Def.
func (*AveragePool) Differentiable(int) []bool { panic("op: AveragePool is being written") }

// Grad implements Def.
func (*AveragePool) Grad(int, Array, []Array, Array, Array) {
	panic("op: AveragePool is being written")
}

// Name implements Def.
func (*GlobalAveragePool) Name() string { return "GlobalAveragePool" }

// Infer implements Def.
func (*GlobalAveragePool) Infer([]tensor.Shape) (tensor.Shape, error) {
	panic("op: GlobalAveragePool is being written")
}

// Forward implements Def.
func (*GlobalAveragePool) Forward(Array, []Array) { panic("op: GlobalAveragePool is being written") }

// Differentiable implements Def.
func (*GlobalAveragePool) Differentiable(int) []bool { panic("op: GlobalAveragePool is being written") }

// Grad implements Def.
func (*GlobalAveragePool) Grad(int, Array, []Array, Array, Array) {
	panic("op: GlobalAveragePool is being written")
}

// Name implements Def.
func (*Reshape) Name() string { return "Reshape" }

// Infer implements Def.
func (*Reshape) Infer([]tensor.Shape) (tensor.Shape, error) { panic("op: Reshape is being written") }

// Forward implements Def.
func (*Reshape) Forward(Array, []Array) { panic("op: Reshape is being written") }

// Differentiable implements Def.
func (*Reshape) Differentiable(int) []bool { panic("op: Reshape is being written") }

// Grad implements Def.
func (*Reshape) Grad(int, Array, []Array, Array, Array) { panic("op: Reshape is being written") }

// Name implements Def.
func (*Dense) Name() string { return "Dense" }

// Infer implements Def.
func (*Dense) Infer([]tensor.Shape) (tensor.Shape, error) { panic("op: Dense is being written") }

// Forward implements Def.
func (*Dense) Forward(Array, []Array) { panic("op: Dense is being written") }

// Differentiable implements Def.
func (*Dense) Differentiable(int) []bool { panic("op: Dense is being written") }

// Grad implements Def.
func (*Dense) Grad(int, Array, []Array, Array, Array) { panic("op: Dense is being written") }

// Name implements Def.
func (*Concat) Name() string { return "Concat" }

// Infer implements Def.
func (*Concat) Infer([]tensor.Shape) (tensor.Shape, error) { panic("op: Concat is being written") }

// Forward implements Def.
func (*Concat) Forward(Array, []Array) { panic("op: Concat is being written") }

// Differentiable implements Def.
func (*Concat) Differentiable(int) []bool { panic("op: Concat is being written") }

// Grad implements Def.
func (*Concat) Grad(int, Array, []Array, Array, Array) { panic("op: Concat is being written") }

// Name implements Def.
func (*Pad) Name() string { return "Pad" }

// Infer implements Def.
func (*Pad) Infer([]tensor.Shape) (tensor.Shape, error) { panic("op: Pad is being written") }

// Forward implements Def.
func (*Pad) Forward(Array, []Array) { panic("op: Pad is being written") }

// Differentiable implements Def.
func (*Pad) Differentiable(int) []bool { panic("op: Pad is being written") }

// Grad implements Def.
func (*Pad) Grad(int, Array, []Array, Array, Array) { panic("op: Pad is being written") }

// Name implements Def.
func (*Dropout) Name() string { return "Dropout" }

// Infer implements Def.
func (*Dropout) Infer([]tensor.Shape) (tensor.Shape, error) { panic("op: Dropout is being written") }

// Forward implements Def.
func (*Dropout) Forward(Array, []Array) { panic("op: Dropout is being written") }

// Differentiable implements Def.
func (*Dropout) Differentiable(int) []bool { panic("op: Dropout is being written") }

// Grad implements Def.
func (*Dropout) Grad(int, Array, []Array, Array, Array) { panic("op: Dropout is being written") }

// Name implements Def.
func (*Transpose) Name() string { return "Transpose" }

// Infer implements Def.
func (*Transpose) Infer([]tensor.Shape) (tensor.Shape, error) {
	panic("op: Transpose is being written")
}

// Forward implements Def.
func (*Transpose) Forward(Array, []Array) { panic("op: Transpose is being written") }

// Differentiable implements Def.
func (*Transpose) Differentiable(int) []bool { panic("op: Transpose is being written") }

// Grad implements Def.
func (*Transpose) Grad(int, Array, []Array, Array, Array) { panic("op: Transpose is being written") }

// Name implements Def.
func (*Softmax) Name() string { return "Softmax" }

// Infer implements Def.
func (*Softmax) Infer([]tensor.Shape) (tensor.Shape, error) { panic("op: Softmax is being written") }

// Forward implements Def.
func (*Softmax) Forward(Array, []Array) { panic("op: Softmax is being written") }

// Differentiable implements Def.
func (*Softmax) Differentiable(int) []bool { panic("op: Softmax is being written") }

// Grad implements Def.
func (*Softmax) Grad(int, Array, []Array, Array, Array) { panic("op: Softmax is being written") }

// Name implements Def.
func (*CrossEntropy) Name() string { return "CrossEntropy" }

// Infer implements Def.
func (*CrossEntropy) Infer([]tensor.Shape) (tensor.Shape, error) {
	panic("op: CrossEntropy is being written")
}

// Forward implements Def.
func (*CrossEntropy) Forward(Array, []Array) { panic("op: CrossEntropy is being written") }

// Differentiable implements Def.
func (*CrossEntropy) Differentiable(int) []bool { panic("op: CrossEntropy is being written") }

// Grad implements Def.
func (*CrossEntropy) Grad(int, Array, []Array, Array, Array) {
	panic("op: CrossEntropy is being written")
}

// Geometry returns the geometry of the kernel for inputs of the given shapes.
func (*Conv) Geometry(x, w tensor.Shape) kernel.Conv { panic("op: Conv is being written") }

// Geometry returns the geometry of the kernel for an input of shape x.
func (*MaxPool) Geometry(x tensor.Shape) kernel.Pool { panic("op: MaxPool is being written") }

// Geometry returns the geometry of the kernel for an input of shape x.
func (*AveragePool) Geometry(x tensor.Shape) kernel.Pool { panic("op: AveragePool is being written") }

// Geometry returns the geometry of the kernel for an input of shape x.
func (*GlobalAveragePool) Geometry(x tensor.Shape) kernel.Pool {
	panic("op: GlobalAveragePool is being written")
}

// Relu is ONNX Relu: max(x, 0).
func Relu() *Activate { panic("op: Activate is being written") }
