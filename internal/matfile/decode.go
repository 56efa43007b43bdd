package matfile

import (
	"bytes"
	"math"
	"unicode/utf16"
	"unicode/utf8"
)

// Bits of the array flags, beside the class in the lowest byte.
const (
	flagLogical = 1 << 9
	flagComplex = 1 << 11
)

// array decodes e, a matrix element that lies in depth cells and structs.
func (d *decoder) array(e element, depth int) (*Array, error) {
	if depth > d.limits.Depth {
		return nil, d.errorf(e.at, "arrays nest deeper than %d, want no more", d.limits.Depth)
	}
	if d.arrays++; d.arrays > d.limits.Arrays {
		return nil, d.errorf(e.at, "the file holds more than %d arrays, want no more", d.limits.Arrays)
	}
	if len(e.data) == 0 { // How an empty cell or field is written.
		return &Array{Class: Double, Dims: []int{0, 0}, order: d.order}, nil
	}
	in := d.inside(e)
	a, err := in.arrayHeader()
	if err != nil {
		return nil, err
	}
	if depth == 0 {
		d.name = a.Name
	}
	switch {
	case a.Class == Cell:
		err = in.cells(a, depth)
	case a.Class == Struct:
		err = in.fields(a, depth)
	case a.Class == Char:
		err = in.chars(a)
	case a.Class.numeric():
		err = in.numbers(a)
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// arrayHeader reads flags, dimensions and name.
func (d *decoder) arrayHeader() (*Array, error) {
	e, err := d.nextOf("array flags", typeUint32)
	if err != nil {
		return nil, err
	}
	if len(e.data) != 8 {
		return nil, d.errorf(e.at, "array flags: found %d bytes, want 8", len(e.data))
	}
	flags := d.order.Uint32(e.data)
	a := &Array{
		Class:   Class(flags & 0xff),
		Complex: flags&flagComplex != 0,
		Logical: flags&flagLogical != 0,
		order:   d.order,
	}
	if a.Class < Cell || a.Class > Opaque {
		return nil, d.errorf(e.at, "array flags: %v, want 1 to %d", a.Class, Opaque)
	}
	if a.Class != Opaque { // Which has no dimensions.
		if a.Dims, err = d.dims(); err != nil {
			return nil, err
		}
	}
	e, err = d.nextOf("array name", typeInt8, typeUint8, typeUTF8)
	if err != nil {
		return nil, err
	}
	a.Name = string(e.data)
	return a, nil
}

// dims reads the dimensions, the product of which fits an int32.
func (d *decoder) dims() ([]int, error) {
	e, err := d.nextOf("dimensions", typeInt32)
	if err != nil {
		return nil, err
	}
	const maxDims = 32
	if n := len(e.data); n%4 != 0 || n < 8 || n > 4*maxDims {
		return nil, d.errorf(e.at, "dimensions: found %d bytes, want 2 to %d numbers of 4", n, maxDims)
	}
	dims := make([]int, len(e.data)/4)
	count := int64(1)
	for i := range dims {
		k := int32(d.order.Uint32(e.data[4*i:]))
		if k < 0 {
			return nil, d.errorf(e.at+4*i, "dimension %d is %d, want at least 0", i+1, k)
		}
		dims[i] = int(k)
		if count *= max(int64(k), 1); count > math.MaxInt32 {
			return nil, d.errorf(e.at, "dimensions: more than %d elements, want no more", math.MaxInt32)
		}
	}
	return dims, nil
}

// nestedArrays reads n arrays.
func (d *decoder) nestedArrays(n, depth int, what string) ([]*Array, error) {
	const smallest = 8 // Bytes of an array: its tag.
	if left := len(d.data) - d.pos; n > left/smallest {
		return nil, d.errorf(d.pos, "%s: %d arrays in %d bytes, want at least %d bytes each", what, n, left, smallest)
	}
	if left := d.limits.Arrays - d.arrays; n > left {
		return nil, d.errorf(d.pos, "the file holds more than %d arrays, want no more", d.limits.Arrays)
	}
	nested := make([]*Array, n)
	for i := range nested {
		e, err := d.nextOf(what, typeMatrix)
		if err != nil {
			return nil, err
		}
		if nested[i], err = d.array(e, depth+1); err != nil {
			return nil, err
		}
	}
	return nested, nil
}

func (d *decoder) cells(a *Array, depth int) (err error) {
	a.nested, err = d.nestedArrays(a.Len(), depth, "cell")
	return err
}

// fields reads the field names, each padded with zeros to one length, and the
// fields' values.
func (d *decoder) fields(a *Array, depth int) error {
	e, err := d.nextOf("field name length", typeInt32)
	if err != nil {
		return err
	}
	if len(e.data) != 4 {
		return d.errorf(e.at, "field name length: found %d bytes, want 4", len(e.data))
	}
	length := int64(int32(d.order.Uint32(e.data)))
	names, err := d.nextOf("field names", typeInt8)
	if err != nil {
		return err
	}
	if length < 1 || int64(len(names.data))%length != 0 {
		return d.errorf(names.at, "field names: %d bytes in names of %d, want a multiple", len(names.data), length)
	}
	seen := map[string]bool{}
	for rest := names.data; len(rest) > 0; rest = rest[length:] {
		name, _, _ := bytes.Cut(rest[:length], []byte{0})
		if seen[string(name)] {
			return d.errorf(names.at, "field names: %q is there twice", name)
		}
		seen[string(name)] = true
		a.Fields = append(a.Fields, string(name))
	}
	if len(a.Fields) > 0 && a.Len() > d.limits.Arrays/len(a.Fields) {
		return d.errorf(d.pos, "the file holds more than %d arrays, want no more", d.limits.Arrays)
	}
	a.nested, err = d.nestedArrays(a.Len()*len(a.Fields), depth, "field")
	return err
}

// numbers reads the real parts, and checks that imaginary ones follow where
// they should.
func (d *decoder) numbers(a *Array) error {
	e, err := d.numberElement(a, "numbers")
	if err != nil {
		return err
	}
	a.stored, a.data = e.typ, e.data
	if a.Complex {
		_, err = d.numberElement(a, "imaginary parts")
	}
	return err
}

func (d *decoder) numberElement(a *Array, what string) (element, error) {
	at := d.pos
	e, err := d.next(what)
	if err != nil {
		return e, err
	}
	size := e.typ.size()
	if size == 0 || e.typ > typeUint64 {
		return e, d.errorf(at, "%s: data type is %v, want numbers", what, e.typ)
	}
	if int64(len(e.data)) != int64(size)*int64(a.Len()) {
		return e, d.errorf(at, "%s: found %d bytes of %v, want %d values of %d", what, len(e.data), e.typ, a.Len(), size)
	}
	return e, nil
}

// chars reads text, stored in an encoding of Unicode or as numbers that are
// UTF-16 units.
func (d *decoder) chars(a *Array) error {
	at := d.pos
	e, err := d.next("char")
	if err != nil {
		return err
	}
	if size := e.typ.size(); size == 0 || len(e.data)%size != 0 {
		return d.errorf(at, "char: found %d bytes of %v, want text", len(e.data), e.typ)
	}
	units := len(e.data) / e.typ.size()
	switch e.typ {
	case typeUTF8:
		if !utf8.Valid(e.data) {
			return d.errorf(e.at, "char: invalid UTF-8")
		}
		a.text = []rune(string(e.data))
		units = len(a.text)
	case typeUint8, typeInt8: // Latin-1.
		a.text = make([]rune, units)
		for i, c := range e.data {
			a.text[i] = rune(c)
		}
	case typeUTF16, typeUint16:
		words := make([]uint16, units)
		for i := range words {
			words[i] = d.order.Uint16(e.data[2*i:])
		}
		a.text = utf16.Decode(words)
	case typeUTF32:
		a.text = make([]rune, units)
		for i := range a.text {
			a.text[i] = rune(d.order.Uint32(e.data[4*i:]))
			if !utf8.ValidRune(a.text[i]) {
				return d.errorf(e.at+4*i, "char: %#x is no Unicode character", uint32(a.text[i]))
			}
		}
	default:
		return d.errorf(at, "char: data type is %v, want text", e.typ)
	}
	// In UTF-8 and UTF-32 a writer may count characters or UTF-16 units.
	if n := a.Len(); units != n && len(utf16.Encode(a.text)) != n && len(e.data) != n {
		return d.errorf(at, "char: found %d characters, want %d", units, n)
	}
	return nil
}
