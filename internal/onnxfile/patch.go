package onnxfile

import (
	"encoding/binary"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// SetHalves makes t a float16 tensor of the given values, rounded to nearest.
// Values beyond ±65504 become infinite.
func (t *Tensor) SetHalves(dims []int, values []float32) {
	raw := make([]byte, 0, 2*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint16(raw, floatToHalf(v))
	}
	t.setRaw(TypeFloat16, dims, raw)
}

// docString is the field of ValueInfoProto that holds its doc string.
const docString = 3

// SetDoc replaces the doc string.
func (v *ValueInfo) SetDoc(text string) {
	v.rest = slices.DeleteFunc(v.rest, func(f unknown) bool { return f.num == docString })
	field := protowire.AppendString(protowire.AppendTag(nil, docString, protowire.BytesType), text)
	v.rest, v.encoded = append(v.rest, unknown{docString, field}), nil
}

// SetOpsetVersion states another version of ONNX's own operators, and the
// version of the format that has it, if that is above the file's.
func (m *Model) SetOpsetVersion(version int64) {
	m.Opsets = slices.DeleteFunc(m.Opsets, func(o Opset) bool { return IsONNX(o.Domain) })
	m.Opsets = append(m.Opsets, Opset{Version: version})
	for _, r := range formats {
		if version >= r.opset {
			m.IRVersion = max(m.IRVersion, r.format)
		}
	}
}

// formats are the versions of the format by the first opset that needs each.
//
// https://onnx.ai/onnx/repo-docs/Versioning.html
var formats = []struct{ opset, format int64 }{{9, 4}, {10, 5}, {11, 6}, {12, 7}, {15, 8}, {19, 9}, {21, 10}, {23, 11}, {24, 12}, {25, 13}}
