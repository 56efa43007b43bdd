package onnxfile

import (
	"bytes"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// An AttributeType is AttributeProto.AttributeType.
type AttributeType int64

// The types of attributes that operators of classifiers have.
const (
	AttributeFloat   AttributeType = 1
	AttributeInt     AttributeType = 2
	AttributeString  AttributeType = 3
	AttributeTensor  AttributeType = 4
	AttributeFloats  AttributeType = 6
	AttributeInts    AttributeType = 7
	AttributeStrings AttributeType = 8
)

// An Attribute is AttributeProto. It does not change.
type Attribute struct {
	Name    string
	Type    AttributeType
	Float   float32
	Int     int64
	String  string
	Tensor  *Tensor
	Floats  []float32
	Ints    []int64
	Strings []string

	encoded []byte
}

// attributeFields gives the type of an attribute by the field that holds its
// value, for old files that do not state the type.
var attributeFields = map[protowire.Number]AttributeType{
	2: AttributeFloat, 3: AttributeInt, 4: AttributeString, 5: AttributeTensor,
	7: AttributeFloats, 8: AttributeInts, 9: AttributeStrings,
}

func parseAttribute(encoded []byte) (*Attribute, error) {
	a := &Attribute{encoded: encoded}
	var byField AttributeType
	err := fields(encoded, func(f field) error {
		if t, ok := attributeFields[f.num]; ok {
			byField = t
		}
		return a.field(f)
	})
	if a.Type == 0 {
		a.Type = byField
	}
	if err == nil && a.Type == AttributeTensor && a.Tensor == nil {
		err = fmt.Errorf("%w: an attribute of type TENSOR without a tensor", ErrMalformed)
	}
	return a, err
}

func (a *Attribute) field(f field) (err error) {
	switch f.num {
	case 1:
		return f.str(&a.Name)
	case 2:
		a.Float = math.Float32frombits(uint32(f.value))
		return f.want(protowire.Fixed32Type)
	case 3:
		return f.integer(&a.Int)
	case 4:
		return f.str(&a.String)
	case 5:
		a.Tensor, err = parseTensor(f.data)
		if err == nil {
			err = a.Tensor.refuseExternal()
		}
		return inside(err, "t")
	case 7:
		return f.fixed(protowire.Fixed32Type, func(v uint64) {
			a.Floats = append(a.Floats, math.Float32frombits(uint32(v)))
		})
	case 8:
		return f.varints(func(v uint64) { a.Ints = append(a.Ints, int64(v)) })
	case 9:
		a.Strings = append(a.Strings, string(f.data))
		return f.want(protowire.BytesType)
	case 20:
		return f.integer((*int64)(&a.Type))
	case 21:
		return fmt.Errorf("%w: a reference to an attribute of a function", ErrMalformed)
	}
	return nil
}

// newAttribute encodes an attribute of which add adds the value.
func newAttribute(name string, t AttributeType, add func(*encoder)) *Attribute {
	var e encoder
	e.str(1, name)
	e.integer(20, int64(t))
	add(&e)
	a, err := parseAttribute(bytes.Join(e.pieces(), nil))
	if err != nil {
		panic(fmt.Sprintf("onnxfile: attribute %q: %v", name, err))
	}
	return a
}

// Int returns an attribute of an integer.
func Int(name string, v int64) *Attribute {
	return newAttribute(name, AttributeInt, func(e *encoder) { e.integer(3, v) })
}

// Float returns an attribute of a number.
func Float(name string, v float32) *Attribute {
	return newAttribute(name, AttributeFloat, func(e *encoder) { e.fixed32(2, math.Float32bits(v)) })
}

// String returns an attribute of a string.
func String(name, v string) *Attribute {
	return newAttribute(name, AttributeString, func(e *encoder) { e.str(4, v) })
}

// Ints returns an attribute of integers.
func Ints(name string, v ...int64) *Attribute {
	return newAttribute(name, AttributeInts, func(e *encoder) {
		for _, x := range v {
			e.integer(8, x)
		}
	})
}

// Floats returns an attribute of numbers.
func Floats(name string, v ...float32) *Attribute {
	return newAttribute(name, AttributeFloats, func(e *encoder) {
		for _, x := range v {
			e.fixed32(7, math.Float32bits(x))
		}
	})
}

// Value returns an attribute of a tensor, such as that of Constant.
func Value(name string, t *Tensor) *Attribute {
	return newAttribute(name, AttributeTensor, func(e *encoder) { e.message(5, t.pieces()) })
}
