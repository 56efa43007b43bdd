package matfile

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Class is MATLAB's class of an array.
type Class uint8

// The classes. Read decodes Cell, Struct, Char and the numeric ones, and leaves
// the others without values.
const (
	Cell     Class = 1
	Struct   Class = 2
	Object   Class = 3
	Char     Class = 4
	Sparse   Class = 5
	Double   Class = 6
	Single   Class = 7
	Int8     Class = 8
	Uint8    Class = 9
	Int16    Class = 10
	Uint16   Class = 11
	Int32    Class = 12
	Uint32   Class = 13
	Int64    Class = 14
	Uint64   Class = 15
	Function Class = 16
	Opaque   Class = 17
)

var classNames = [...]string{
	"", "cell", "struct", "object", "char", "sparse", "double", "single", "int8", "uint8",
	"int16", "uint16", "int32", "uint32", "int64", "uint64", "function_handle", "opaque",
}

// String returns MATLAB's name of the class.
func (c Class) String() string {
	if c > 0 && int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("class %d", uint8(c))
}

func (c Class) numeric() bool { return c >= Double && c <= Uint64 }

// An Array is one MATLAB value. Elements are in column-major order: the first
// index moves fastest.
type Array struct {
	Name    string   // Of a variable; "" inside a cell or struct.
	Class   Class    // What MATLAB takes the values for.
	Dims    []int    // At least two; rows first.
	Fields  []string // Of a struct, in order.
	Complex bool
	Logical bool

	stored dataType // Of data.
	order  binary.ByteOrder
	data   []byte   // Real parts of numbers, as stored.
	text   []rune   // Of a char array.
	nested []*Array // Elements of a cell; fields of a struct, element by element.
}

// Len returns the number of elements.
func (a *Array) Len() int {
	n := 1
	for _, d := range a.Dims {
		n *= d
	}
	return n
}

func (a *Array) describe() string {
	dims := make([]string, len(a.Dims))
	for i, d := range a.Dims {
		dims[i] = fmt.Sprint(d)
	}
	s := strings.Join(dims, "×") + " " + a.Class.String()
	if a.Complex {
		s = "complex " + s
	}
	if a.Name != "" {
		s = fmt.Sprintf("variable %q: %s", a.Name, s)
	}
	return s
}

func (a *Array) mismatch(want string) error {
	return fmt.Errorf("matfile: %s, want %s", a.describe(), want)
}

// Float64s returns the elements of a real numeric or logical array. Integers
// beyond 2^53 are rounded.
func (a *Array) Float64s() ([]float64, error) {
	if !a.Class.numeric() || a.Complex {
		return nil, a.mismatch("real numbers")
	}
	values := make([]float64, a.Len())
	for i := range values {
		values[i], _, _ = a.number(i)
	}
	return values, nil
}

// Ints returns the elements of a real numeric or logical array, which must be
// whole.
func (a *Array) Ints() ([]int, error) {
	if !a.Class.numeric() || a.Complex {
		return nil, a.mismatch("whole numbers")
	}
	values := make([]int, a.Len())
	for i := range values {
		f, n, whole := a.number(i)
		if !whole {
			return nil, fmt.Errorf("matfile: %s: element %d is %v, want a whole number", a.describe(), i+1, f)
		}
		values[i] = int(n)
	}
	return values, nil
}

// Int returns the only element of an array, which must be whole.
func (a *Array) Int() (int, error) {
	values, err := a.Ints()
	if err != nil {
		return 0, err
	}
	if len(values) != 1 {
		return 0, a.mismatch("one number")
	}
	return values[0], nil
}

// Bytes returns the elements of a uint8 array without a copy: as MATLAB stores
// images.
func (a *Array) Bytes() ([]byte, error) {
	if a.Class != Uint8 || a.Complex || (a.stored != typeUint8 && a.Len() > 0) {
		return nil, a.mismatch("uint8 numbers")
	}
	return a.data, nil
}

// number returns element i, and as an integer if it is whole.
func (a *Array) number(i int) (f float64, n int64, whole bool) {
	p := a.data[i*a.stored.size():]
	switch a.stored {
	case typeInt8:
		n = int64(int8(p[0]))
	case typeUint8:
		n = int64(p[0])
	case typeInt16:
		n = int64(int16(a.order.Uint16(p)))
	case typeUint16:
		n = int64(a.order.Uint16(p))
	case typeInt32:
		n = int64(int32(a.order.Uint32(p)))
	case typeUint32:
		n = int64(a.order.Uint32(p))
	case typeInt64:
		n = int64(a.order.Uint64(p))
	case typeUint64:
		u := a.order.Uint64(p)
		return float64(u), int64(u), u <= math.MaxInt64
	case typeSingle:
		return wholeFloat(float64(math.Float32frombits(a.order.Uint32(p))))
	case typeDouble:
		return wholeFloat(math.Float64frombits(a.order.Uint64(p)))
	}
	return float64(n), n, true
}

func wholeFloat(f float64) (float64, int64, bool) {
	const exact = 1 << 53 // Integers up to here have a float64 of their own.
	if !(math.Abs(f) <= exact) || f != math.Trunc(f) {
		return f, 0, false
	}
	return f, int64(f), true
}

// Text returns the characters of a char array of at most one row.
func (a *Array) Text() (string, error) {
	if a.Class != Char || len(a.Dims) != 2 || (a.Dims[0] != 1 && a.Len() != 0) {
		return "", a.mismatch("one row of char")
	}
	return string(a.text), nil
}

// Cell returns element i of a cell array, counted from 0.
func (a *Array) Cell(i int) (*Array, error) {
	if a.Class != Cell {
		return nil, a.mismatch("a cell array")
	}
	if i < 0 || i >= len(a.nested) {
		return nil, fmt.Errorf("matfile: %s: no element %d", a.describe(), i+1)
	}
	return a.nested[i], nil
}

// Field returns a field of element i of a struct array, counted from 0.
func (a *Array) Field(i int, name string) (*Array, error) {
	if a.Class != Struct {
		return nil, a.mismatch("a struct array")
	}
	if i < 0 || i >= a.Len() {
		return nil, fmt.Errorf("matfile: %s: no element %d", a.describe(), i+1)
	}
	j := slices.Index(a.Fields, name)
	if j < 0 {
		return nil, fmt.Errorf("matfile: %s: no field %q: it has %q", a.describe(), name, a.Fields)
	}
	return a.nested[i*len(a.Fields)+j], nil
}
