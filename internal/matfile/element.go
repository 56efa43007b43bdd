package matfile

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A dataType is the type of an element as stored, which for numbers may be
// narrower than the class of their array.
type dataType uint32

const (
	typeInt8       dataType = 1
	typeUint8      dataType = 2
	typeInt16      dataType = 3
	typeUint16     dataType = 4
	typeInt32      dataType = 5
	typeUint32     dataType = 6
	typeSingle     dataType = 7
	typeDouble     dataType = 9
	typeInt64      dataType = 12
	typeUint64     dataType = 13
	typeMatrix     dataType = 14
	typeCompressed dataType = 15
	typeUTF8       dataType = 16
	typeUTF16      dataType = 17
	typeUTF32      dataType = 18
)

var dataTypes = map[dataType]struct {
	name string
	size int // Bytes of a value; 0 for containers.
}{
	typeInt8:       {"miINT8", 1},
	typeUint8:      {"miUINT8", 1},
	typeInt16:      {"miINT16", 2},
	typeUint16:     {"miUINT16", 2},
	typeInt32:      {"miINT32", 4},
	typeUint32:     {"miUINT32", 4},
	typeSingle:     {"miSINGLE", 4},
	typeDouble:     {"miDOUBLE", 8},
	typeInt64:      {"miINT64", 8},
	typeUint64:     {"miUINT64", 8},
	typeMatrix:     {"miMATRIX", 0},
	typeCompressed: {"miCOMPRESSED", 0},
	typeUTF8:       {"miUTF8", 1},
	typeUTF16:      {"miUTF16", 2},
	typeUTF32:      {"miUTF32", 4},
}

func (t dataType) size() int { return dataTypes[t].size }

func (t dataType) String() string {
	if d, ok := dataTypes[t]; ok {
		return d.name
	}
	return fmt.Sprintf("%d", uint32(t))
}

// A FormatError says what is wrong with a file, and where.
type FormatError struct {
	Variable   string // Name of the variable, or "" where it was not read yet.
	Offset     int64  // Byte of the file; of the inflated variable if Compressed.
	Compressed bool   // The variable is compressed; its element is at byte At of the file.
	At         int64
	Err        error
}

func (e *FormatError) Error() string {
	where := fmt.Sprintf("byte %d", e.Offset)
	if e.Compressed {
		where = fmt.Sprintf("byte %d, inflated byte %d", e.At, e.Offset)
	}
	if e.Variable != "" {
		where = fmt.Sprintf("variable %q: %s", e.Variable, where)
	}
	return fmt.Sprintf("matfile: %s: %v", where, e.Err)
}

func (e *FormatError) Unwrap() error { return e.Err }

// state is what the decoders of one file share.
type state struct {
	order        binary.ByteOrder
	limits       Limits
	spent        int64  // Of limits.Bytes.
	arrays       int    // Of limits.Arrays.
	name         string // Of the variable that is being read.
	compressedAt int64  // Byte of the compressed element that is being read, or -1.
}

// A decoder reads the elements that lie one after the other in data.
type decoder struct {
	data   []byte
	pos    int
	origin int64 // Offset of data[0] in the file or the inflated variable.
	*state
}

// An element is a tag and its data, which aliases the decoder's.
type element struct {
	typ  dataType
	data []byte
	at   int // Offset of data in the decoder.
}

func (d *decoder) wrap(at int, err error) error {
	return &FormatError{
		Variable:   d.name,
		Offset:     d.origin + int64(at),
		Compressed: d.compressedAt >= 0,
		At:         d.compressedAt,
		Err:        err,
	}
}

func (d *decoder) errorf(at int, format string, args ...any) error {
	return d.wrap(at, fmt.Errorf(format, args...))
}

// spend takes n bytes from the budget of the file.
func (d *decoder) spend(at, n int) error {
	if d.spent += int64(n); d.spent > d.limits.Bytes {
		return d.errorf(at, "the file holds more than %d bytes when inflated, want no more", d.limits.Bytes)
	}
	return nil
}

// inside returns a decoder of the elements in e.
func (d *decoder) inside(e element) *decoder {
	return &decoder{data: e.data, origin: d.origin + int64(e.at), state: d.state}
}

// next reads an element; what names it in errors.
//
// A tag is eight bytes: the type and the number of bytes, four bytes each, and
// data padded to eight bytes; or, if the upper half of the type is not zero,
// that half is the number of bytes and up to four bytes of data follow at once.
func (d *decoder) next(what string) (element, error) {
	at, left := d.pos, len(d.data)-d.pos
	if left < 8 {
		return element{}, d.wrap(at, fmt.Errorf("%s: found %d bytes, want a tag of 8: %w", what, left, io.ErrUnexpectedEOF))
	}
	word := d.order.Uint32(d.data[at:])
	if n := int(word >> 16); n != 0 {
		if n > 4 {
			return element{}, d.errorf(at, "%s: small element of %d bytes, want at most 4", what, n)
		}
		d.pos += 8
		return element{dataType(word & 0xffff), d.data[at+4 : at+4+n], at + 4}, nil
	}
	e := element{typ: dataType(word), at: at + 8}
	n := int64(d.order.Uint32(d.data[at+4:]))
	if n > int64(left-8) {
		return element{}, d.wrap(at, fmt.Errorf("%s: %v of %d bytes, found %d: %w", what, e.typ, n, left-8, io.ErrUnexpectedEOF))
	}
	e.data = d.data[e.at : e.at+int(n)]
	d.pos = e.at + int(n)
	if e.typ != typeCompressed {
		d.pos = min((d.pos+7)&^7, len(d.data))
	}
	return e, nil
}

// nextOf is next for an element that must be of one of the types.
func (d *decoder) nextOf(what string, types ...dataType) (element, error) {
	at := d.pos
	e, err := d.next(what)
	if err != nil {
		return e, err
	}
	for _, t := range types {
		if e.typ == t {
			return e, nil
		}
	}
	return e, d.errorf(at, "%s: data type is %v, want %v", what, e.typ, types[0])
}
