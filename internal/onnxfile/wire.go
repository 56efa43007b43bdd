package onnxfile

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// A field is one field of a message on the wire.
type field struct {
	num   protowire.Number
	typ   protowire.Type
	value uint64 // Of a varint, fixed32 or fixed64.
	data  []byte // Of a length-delimited field; refers to the file.
	whole []byte // Tag, length and payload; refers to the file.
}

// fields calls visit for each field of the message.
func fields(message []byte, visit func(field) error) error {
	for at := 0; at < len(message); {
		f, n, err := readField(message[at:])
		if err == nil {
			err = visit(f)
		} else {
			err = fmt.Errorf("byte %d of %d: %w", at, len(message), err)
		}
		if err != nil {
			return err
		}
		at += n
	}
	return nil
}

func readField(b []byte) (f field, n int, err error) {
	num, typ, tag := protowire.ConsumeTag(b)
	if tag < 0 {
		return f, 0, wireError("field tag", tag)
	}
	f.num, f.typ = num, typ
	switch typ {
	case protowire.VarintType:
		f.value, n = protowire.ConsumeVarint(b[tag:])
	case protowire.Fixed32Type:
		var v uint32
		v, n = protowire.ConsumeFixed32(b[tag:])
		f.value = uint64(v)
	case protowire.Fixed64Type:
		f.value, n = protowire.ConsumeFixed64(b[tag:])
	case protowire.BytesType:
		f.data, n = protowire.ConsumeBytes(b[tag:])
		if n < 0 {
			return f, 0, lengthError(b[tag:], num, n)
		}
	default:
		return f, 0, fmt.Errorf("%w: field %d has wire type %d, want 0, 1, 2 or 5", ErrMalformed, num, typ)
	}
	if n < 0 {
		return f, 0, wireError(fmt.Sprintf("field %d", num), n)
	}
	f.whole = b[: tag+n : tag+n]
	return f, tag + n, nil
}

// lengthError says how far a length-delimited field reaches past its message.
func lengthError(b []byte, num protowire.Number, code int) error {
	length, n := protowire.ConsumeVarint(b)
	if n < 0 {
		return wireError(fmt.Sprintf("length of field %d", num), code)
	}
	return fmt.Errorf("%w: field %d has %d bytes, and %d are left", ErrTruncated, num, length, len(b)-n)
}

// wireError translates a negative length of package protowire.
func wireError(what string, code int) error {
	const truncated = -1 // protowire.ParseError's code for io.ErrUnexpectedEOF.
	if code == truncated {
		return fmt.Errorf("%w: %s ends with the message", ErrTruncated, what)
	}
	return fmt.Errorf("%w: %s: %v", ErrMalformed, what, protowire.ParseError(code))
}

// want checks the wire type of a field that the caller knows.
func (f field) want(typ protowire.Type) error {
	if f.typ != typ {
		return fmt.Errorf("%w: field %d has wire type %d, want %d", ErrMalformed, f.num, f.typ, typ)
	}
	return nil
}

// str reads a string into s.
func (f field) str(s *string) error {
	if err := f.want(protowire.BytesType); err != nil {
		return err
	}
	*s = string(f.data)
	return nil
}

// integer reads a varint into v.
func (f field) integer(v *int64) error {
	if err := f.want(protowire.VarintType); err != nil {
		return err
	}
	*v = int64(f.value)
	return nil
}

// varints calls visit for each element of a repeated integer field, which may
// be packed or not.
func (f field) varints(visit func(uint64)) error {
	if f.typ == protowire.VarintType {
		visit(f.value)
		return nil
	}
	if err := f.want(protowire.BytesType); err != nil {
		return err
	}
	for b := f.data; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return wireError(fmt.Sprintf("packed field %d", f.num), n)
		}
		visit(v)
		b = b[n:]
	}
	return nil
}

// fixed calls visit for each element of a repeated fixed32 or fixed64 field,
// which may be packed or not.
func (f field) fixed(typ protowire.Type, visit func(uint64)) error {
	if f.typ == typ {
		visit(f.value)
		return nil
	}
	if err := f.want(protowire.BytesType); err != nil {
		return err
	}
	size := 4
	if typ == protowire.Fixed64Type {
		size = 8
	}
	if len(f.data)%size != 0 {
		return fmt.Errorf("%w: packed field %d has %d bytes, want a multiple of %d", ErrMalformed, f.num, len(f.data), size)
	}
	for b := f.data; len(b) > 0; b = b[size:] {
		visit(littleEndian(b[:size]))
	}
	return nil
}

// littleEndian reads an unsigned integer of len(b) bytes, at most 8.
func littleEndian(b []byte) (v uint64) {
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	return v
}
