package importer

import "finetune/internal/op"

func init() { register("Mod", buildMod) }

// buildMod builds ONNX Mod, opset 10 to 13, with multidirectional broadcasting:
// the remainder has the sign of b, or with fmod that of a.
//
// https://onnx.ai/onnx/operators/onnx__Mod.html
func buildMod(n *node) (value, error) {
	fmod, err := n.flag("fmod")
	if err != nil {
		return value{}, err
	}
	if fmod {
		return n.binary(&op.Binary{Operation: op.Fmod})
	}
	return n.binary(&op.Binary{Operation: op.Mod})
}
