package onnxfile

import (
	"bytes"
	"io"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// An encoder collects the fields of a message without copying large payloads.
type encoder struct{ fields []encoded }

// An encoded field is the tag and the payload, in pieces.
type encoded struct {
	num    protowire.Number
	pieces [][]byte
}

// whole adds a field as it was read.
func (e *encoder) whole(num protowire.Number, b []byte) {
	e.fields = append(e.fields, encoded{num, [][]byte{b}})
}

func (e *encoder) bytes(num protowire.Number, b []byte) {
	head := protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.BytesType), uint64(len(b)))
	e.fields = append(e.fields, encoded{num, [][]byte{head, b}})
}

func (e *encoder) str(num protowire.Number, s string) { e.bytes(num, []byte(s)) }

func (e *encoder) integer(num protowire.Number, v int64) {
	b := protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), uint64(v))
	e.fields = append(e.fields, encoded{num, [][]byte{b}})
}

func (e *encoder) fixed32(num protowire.Number, v uint32) {
	b := protowire.AppendFixed32(protowire.AppendTag(nil, num, protowire.Fixed32Type), v)
	e.fields = append(e.fields, encoded{num, [][]byte{b}})
}

// message adds a child message.
func (e *encoder) message(num protowire.Number, child [][]byte) {
	size := 0
	for _, piece := range child {
		size += len(piece)
	}
	head := protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.BytesType), uint64(size))
	e.fields = append(e.fields, encoded{num, append([][]byte{head}, child...)})
}

// rest adds the fields that the decoder did not know.
func (e *encoder) rest(fields []unknown) {
	for _, f := range fields {
		e.whole(f.num, f.whole)
	}
}

// pieces returns the message: its fields by ascending number, those of one
// number in the order in which they were added.
func (e *encoder) pieces() [][]byte {
	slices.SortStableFunc(e.fields, func(a, b encoded) int { return int(a.num) - int(b.num) })
	count := 0
	for _, f := range e.fields {
		count += len(f.pieces)
	}
	pieces := make([][]byte, 0, count)
	for _, f := range e.fields {
		pieces = append(pieces, f.pieces...)
	}
	return pieces
}

// An unknown field is kept as it was read.
type unknown struct {
	num   protowire.Number
	whole []byte
}

func (f field) unknown() unknown { return unknown{f.num, f.whole} }

// WriteTo writes the file. It implements io.WriterTo.
func (m *Model) WriteTo(w io.Writer) (written int64, err error) {
	for _, piece := range m.pieces() {
		n, err := w.Write(piece)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// Bytes returns the file.
func (m *Model) Bytes() []byte { return bytes.Join(m.pieces(), nil) }
