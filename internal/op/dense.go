package op

// Dense is a linear layer: ONNX Gemm and MatMul.
//
// Inputs are x [N,F], w [F,O] or, with TransposeWeight, [O,F], and, optionally,
// bias [O].
type Dense struct{ TransposeWeight bool }
