package importer

import "finetune/internal/op"

func init() { register("IsInf", buildIsInf) }

// buildIsInf builds ONNX IsInf, opset 10 to 20.
//
// https://onnx.ai/onnx/operators/onnx__IsInf.html
func buildIsInf(n *node) (value, error) {
	negative, err := n.intAttr("detect_negative", 1)
	if err != nil {
		return value{}, err
	}
	positive, err := n.intAttr("detect_positive", 1)
	if err != nil {
		return value{}, err
	}
	y, err := n.unary(&op.Map{Function: op.IsInf(negative != 0, positive != 0)})
	return y.as(boolean), err
}
