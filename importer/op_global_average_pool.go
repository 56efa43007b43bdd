package importer

import "finetune/internal/op"

func init() { register("GlobalAveragePool", buildGlobalAveragePool) }

// buildGlobalAveragePool builds ONNX GlobalAveragePool in two dimensions,
// opset 1 to 22.
//
// https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html
func buildGlobalAveragePool(n *node) (value, error) { return n.unary(&op.GlobalAveragePool{}) }
