package importer

import (
	"errors"
	"fmt"

	"finetune/internal/onnxfile"
)

// The opsets whose rules the operators here follow.
const (
	OldestOpset = 7
	NewestOpset = 22
)

// ErrOpset says that a file is of an opset outside of these.
var ErrOpset = errors.New("unsupported opset")

// checkOpset refuses files whose operators may mean something else.
func checkOpset(file *onnxfile.Model) error {
	switch version := file.OpsetVersion(); {
	case version == 0:
		return fmt.Errorf("importer: %w: the file names none for ONNX's own operators, want %d to %d", ErrOpset, OldestOpset, NewestOpset)
	case version < OldestOpset || version > NewestOpset:
		return fmt.Errorf("importer: %w %d, want %d to %d", ErrOpset, version, OldestOpset, NewestOpset)
	}
	return nil
}

// introduced says which opset an operator came with, of those that came after
// OldestOpset.
//
// https://onnx.ai/onnx/operators/
var introduced = map[string]int64{
	"Expand": 8,

	"ConstantOfShape": 9, "Cosh": 9, "Erf": 9, "EyeLike": 9, "IsNaN": 9, "MeanVarianceNormalization": 9, "NonZero": 9,
	"OneHot": 9, "Shrink": 9, "Sign": 9, "Sinh": 9, "Where": 9,

	"DequantizeLinear": 10, "IsInf": 10, "Mod": 10, "QuantizeLinear": 10, "Resize": 10, "ReverseSequence": 10, "RoiAlign": 10,

	"BitShift": 11, "CumSum": 11, "GatherElements": 11, "GatherND": 11, "Range": 11, "Round": 11, "ScatterElements": 11, "ScatterND": 11,

	"Celu": 12, "Einsum": 12, "GreaterOrEqual": 12, "LessOrEqual": 12,

	"HardSwish": 14, "Trilu": 14, "CastLike": 15, "GridSample": 16, "LayerNormalization": 17,

	"BitwiseAnd": 18, "BitwiseNot": 18, "BitwiseOr": 18, "BitwiseXor": 18, "CenterCropPad": 18, "Col2Im": 18,
	"GroupNormalization": 18, "Mish": 18,

	"DeformConv": 19, "AffineGrid": 20, "Gelu": 20,
}

// withdrawn says which opset an operator was the last of.
var withdrawn = map[string]int64{"Upsample": 9, "Scatter": 10}

// checkOperatorOpset refuses an operator in a file of an opset that does not have
// it: no runtime would read what is exported of it. LayerNormalization alone is
// let through, which onnxruntime's own transformer tools write before opset 17.
func checkOperatorOpset(op string, opset int64) error {
	if first := introduced[op]; opset < first && op != "LayerNormalization" {
		return fmt.Errorf("the file is of opset %d, the operator came with opset %d", opset, first)
	}
	if last, ok := withdrawn[op]; ok && opset > last {
		return fmt.Errorf("the file is of opset %d, the operator went after opset %d", opset, last)
	}
	return nil
}

// An OperatorSupport says which opsets an operator is known of.
type OperatorSupport struct {
	Operator string `json:"operator"`
	Oldest   int64  `json:"oldest_opset"`
	Newest   int64  `json:"newest_opset"`
}

// Support lists the operators that models may have, sorted, with their opsets.
func Support() []OperatorSupport {
	var list []OperatorSupport
	for _, op := range Operators() {
		newest := int64(NewestOpset)
		if last, ok := withdrawn[op]; ok {
			newest = last
		}
		list = append(list, OperatorSupport{op, max(OldestOpset, introduced[op]), newest})
	}
	return list
}
