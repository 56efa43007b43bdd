package importer

import (
	"math"
	"slices"
	"testing"

	"finetune/internal/onnxfile"

	"google.golang.org/protobuf/encoding/protowire"
)

// narrow returns a tensor of half precision or bfloat16, rounded towards zero.
func narrow(typ onnxfile.DataType, name string, dims []int, values []float32) *onnxfile.Tensor {
	var b, raw []byte
	for _, d := range dims {
		b = protowire.AppendVarint(protowire.AppendTag(b, 1, protowire.VarintType), uint64(d))
	}
	b = protowire.AppendVarint(protowire.AppendTag(b, 2, protowire.VarintType), uint64(typ))
	b = protowire.AppendString(protowire.AppendTag(b, 8, protowire.BytesType), name)
	for _, v := range values {
		bits := narrowBits(typ, v)
		raw = append(raw, byte(bits), byte(bits>>8))
	}
	t, err := onnxfile.ParseTensor(protowire.AppendBytes(protowire.AppendTag(b, 9, protowire.BytesType), raw))
	if err != nil {
		panic(err)
	}
	return t
}

// narrowBits cuts the mantissa of v, which is 0 or normal in half precision.
func narrowBits(typ onnxfile.DataType, v float32) uint16 {
	bits := math.Float32bits(v)
	if typ == onnxfile.TypeBFloat16 || v == 0 {
		return uint16(bits >> 16)
	}
	exponent := int(bits>>23&255) - 127 + 15
	return uint16(bits>>16&0x8000) | uint16(exponent)<<10 | uint16(bits>>13&1023)
}

// widened is what a float of that many mantissa bits keeps of v.
func widened(v float32, mantissa int) float32 {
	return math.Float32frombits(math.Float32bits(v) &^ (1<<(23-mantissa) - 1))
}

// TestWiden computes with weights of two bytes what their values in float give.
func TestWiden(t *testing.T) {
	images := ramp(3 * 8 * 8)
	for typ, mantissa := range map[onnxfile.DataType]int{onnxfile.TypeFloat16: 10, onnxfile.TypeBFloat16: 7} {
		t.Run(typ.String(), func(t *testing.T) {
			var got [2][]float32
			for i := range got {
				s := heads["Gemm"]
				s.tensors = slices.Clone(s.tensors)
				for k, tensor := range s.tensors {
					values, err := tensor.Floats()
					if err != nil {
						t.Fatal(err)
					}
					for j, v := range values {
						values[j] = widened(v, mantissa)
					}
					if i == 0 {
						s.tensors[k] = narrow(typ, tensor.Name, tensor.Dims, values)
					} else {
						s.tensors[k] = &onnxfile.Tensor{Name: tensor.Name}
						s.tensors[k].SetFloats(tensor.Dims, values)
					}
				}
				m, err := Load(s.bytes())
				if err != nil {
					t.Fatal(err)
				}
				got[i] = logits(t, m, BuildOptions{Batch: 1}, images)
			}
			if !slices.Equal(got[0], got[1]) {
				t.Errorf("logits %v, want those of the widened weights, %v", got[0], got[1])
			}
		})
	}
}
