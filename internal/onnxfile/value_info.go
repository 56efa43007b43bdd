package onnxfile

import (
	"bytes"
	"fmt"
)

// A ValueInfo is ValueInfoProto: the type of a tensor.
type ValueInfo struct {
	Name     string
	Type     DataType // 0 if the file does not say, or it is no tensor.
	Dims     []Dim
	HasShape bool // Dims is known, though it may be empty.

	encoded []byte
	rest    []unknown
}

// A Dim is a size of a tensor: a number, a name of a size that may vary, or
// neither, of which nothing is known.
type Dim struct {
	Size int64 // 0 unless it is known.
	Name string
}

// String returns the size or the name, "?" if there is neither.
func (d Dim) String() string {
	switch {
	case d.Name != "":
		return d.Name
	case d.Size != 0:
		return fmt.Sprint(d.Size)
	}
	return "?"
}

func (v *ValueInfo) decode(encoded []byte) func(field) error {
	v.encoded = encoded
	return v.field
}

func (v *ValueInfo) field(f field) error {
	switch f.num {
	case 1:
		return f.str(&v.Name)
	case 2:
		return inside(fields(f.data, v.typeField), "type")
	}
	v.rest = append(v.rest, f.unknown())
	return nil
}

func (v *ValueInfo) typeField(f field) error {
	if f.num != 1 {
		return nil
	}
	return fields(f.data, func(f field) error {
		switch f.num {
		case 1:
			return f.integer((*int64)(&v.Type))
		case 2:
			v.HasShape = true
			return fields(f.data, v.shapeField)
		}
		return nil
	})
}

func (v *ValueInfo) shapeField(f field) error {
	if f.num != 1 {
		return nil
	}
	var d Dim
	err := fields(f.data, func(f field) error {
		switch f.num {
		case 1:
			return f.integer(&d.Size)
		case 2:
			return f.str(&d.Name)
		}
		return nil
	})
	if err == nil && d.Size < 0 {
		d.Size = 0 // Some writers say -1 for a size that may vary.
	}
	if err == nil && d.Size > maxElements {
		err = fmt.Errorf("%w: size %d, want at most %d", ErrTooLarge, d.Size, maxElements)
	}
	v.Dims = append(v.Dims, d)
	return inside(err, "dim[%d]", len(v.Dims)-1)
}

// NewValueInfo returns the type of a tensor.
func NewValueInfo(name string, t DataType, dims ...Dim) *ValueInfo {
	v := &ValueInfo{Name: name}
	v.SetType(t, dims...)
	return v
}

// NewName returns a ValueInfo that says nothing but the name.
func NewName(name string) *ValueInfo { return &ValueInfo{Name: name} }

// SetType replaces the type. The doc string is kept.
func (v *ValueInfo) SetType(t DataType, dims ...Dim) {
	v.Type, v.Dims, v.HasShape, v.encoded = t, dims, true, nil
}

func (v *ValueInfo) pieces() [][]byte {
	if v.encoded != nil {
		return [][]byte{v.encoded}
	}
	var e encoder
	e.str(1, v.Name)
	if v.Type != 0 {
		e.message(2, v.typePieces())
	}
	e.rest(v.rest)
	return e.pieces()
}

func (v *ValueInfo) typePieces() [][]byte {
	var typ, tensor, shape encoder
	for _, d := range v.Dims {
		var dim encoder
		switch {
		case d.Name != "":
			dim.str(2, d.Name)
		case d.Size != 0:
			dim.integer(1, d.Size)
		}
		shape.message(1, dim.pieces())
	}
	tensor.integer(1, int64(v.Type))
	if v.HasShape {
		tensor.message(2, [][]byte{bytes.Join(shape.pieces(), nil)})
	}
	typ.message(1, tensor.pieces())
	return typ.pieces()
}
