package importer

import (
	"errors"
	"slices"
	"strings"

	"finetune/internal/onnxfile"
)

// remedies say what may be done about an error that wraps a sentinel; the
// first that fits counts.
var remedies = []struct {
	err    error
	remedy string
}{
	{onnxfile.ErrExternalData, "keep the weights in the model: onnx.save(model, path, save_as_external_data=False)"},
	{onnxfile.ErrTruncated, "copy or fetch the file again: a part of it is missing"},
	{onnxfile.ErrDataType, "export the weights as float32, float16 or bfloat16"},
	{onnxfile.ErrCyclic, "export the model again: onnx.checker.check_model refuses it too"},
	{onnxfile.ErrDuplicate, "export the model again: onnx.checker.check_model refuses it too"},
	{onnxfile.ErrMissing, "export the model again: onnx.checker.check_model refuses it too"},
	{ErrOpset, "convert it: onnx.version_converter.convert_version(model, 18)"},
	{ErrNoClassifier, "name the tensor to put a new classifier on: --features NODE"},
	{ErrFeatures, "name another tensor or node: --features NODE"},
	{ErrInput, "export the model with one image input, float [N,3,H,W], and everything else as constants"},
	{ErrFixedBatch, "export the model with a batch of any size: dynamic_axes={\"images\": {0: \"batch\"}}, or dynamic_shapes with dynamo=True"},
	{ErrFormat, "export the model again, or fetch it again"},
	{ErrUnsupported, "export it with constants folded and for inference, or put a head on a tensor before this node: --features NODE"},
}

// Remedy says what a user may do about an error of this package, in a clause;
// "" if nothing is known.
func Remedy(err error) string {
	var unsupported *UnsupportedError
	if errors.As(err, &unsupported) {
		return operatorRemedy(unsupported.Nodes[0].Op)
	}
	for _, r := range remedies {
		if errors.Is(err, r.err) {
			return r.remedy
		}
	}
	var node *OpError
	if errors.As(err, &node) {
		return "export the model again: onnx.checker.check_model says whether the node is sound"
	}
	return ""
}

// operatorRemedy says what may be done about an operator.
func operatorRemedy(op string) string {
	switch {
	case strings.Contains(strings.ToLower(op), "quantize") || strings.HasPrefix(op, "QLinear") || strings.HasSuffix(op, "Integer"):
		return "take the model before it was quantized: quantized weights cannot be trained"
	case slices.Contains([]string{"If", "Loop", "Scan", "SequenceMap"}, op):
		return "export the model with fixed control flow, as tracing does"
	case strings.Contains(op, "."):
		return "export the model without the fusions and operators of one runtime"
	}
	return "export the model without it, or put a head on a tensor before it: --features NODE; 'finetune doctor --operators' lists what there is"
}
