package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func newArray(shape tensor.Shape) Array {
	return Array{Shape: shape, Data: make([]float64, shape.TotalSize())}
}

func arrays(values []G.Value) []Array {
	out := make([]Array, len(values))
	for i, v := range values {
		out[i] = arrayOf(v)
	}
	return out
}

// arrayOf widens a Gorgonia value. Its data must be row-major, as all values
// here are.
func arrayOf(v G.Value) Array {
	a := Array{Shape: v.Shape()}
	switch d := v.Data().(type) {
	case []float64:
		a.Data = d
	case []float32:
		a.Data = make([]float64, len(d))
		for i, x := range d {
			a.Data[i] = float64(x)
		}
	case float64:
		a.Data = []float64{d}
	case float32:
		a.Data = []float64{float64(d)}
	default:
		panic(fmt.Sprintf("op: value of type %T", d))
	}
	return a
}

// value narrows a to a Gorgonia value of dt.
func (a Array) value(dt tensor.Dtype) (G.Value, error) {
	scalar := len(a.Shape) == 0
	switch {
	case dt == tensor.Float64 && scalar:
		return G.NewF64(a.Data[0]), nil
	case dt == tensor.Float64:
		return tensor.New(tensor.WithShape(a.Shape...), tensor.WithBacking(a.Data)), nil
	case dt == tensor.Float32 && scalar:
		return G.NewF32(float32(a.Data[0])), nil
	case dt == tensor.Float32:
		data := make([]float32, len(a.Data))
		for i, x := range a.Data {
			data[i] = float32(x)
		}
		return tensor.New(tensor.WithShape(a.Shape...), tensor.WithBacking(data)), nil
	}
	return nil, fmt.Errorf("op: element type %v: want float32 or float64", dt)
}
