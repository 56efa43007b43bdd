// Package matfile reads MATLAB level 5 MAT-files: what MATLAB writes with
// save -v6 and save -v7, and what scipy.io.savemat writes.
//
// A file is a list of named arrays. [Read] decodes numeric, char, cell and
// struct arrays of either byte order, compressed or not, and knows of the other
// classes that they are there. Memory is bounded by [Limits] before it is
// taken, so a hostile file costs an error.
//
// The format is "MAT-File Format", MathWorks, version R2017b, chapter 1:
// https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
package matfile

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrHDF5 is returned for files that were saved with -v7.3, which are HDF5.
var ErrHDF5 = errors.New("the file is MATLAB 7.3 (HDF5), want MATLAB 5 to 7: save it with -v7")

// Limits bounds what reading a file may cost; a zero field has the default.
type Limits struct {
	Depth  int   // Nesting of cells and structs; by default 16.
	Arrays int   // Arrays in the file, nested ones included; by default 1<<20.
	Bytes  int64 // Bytes of the file plus those its compressed variables inflate to; by default 1<<28.
}

func (l Limits) withDefaults() Limits {
	if l.Depth == 0 {
		l.Depth = 16
	}
	if l.Arrays == 0 {
		l.Arrays = 1 << 20
	}
	if l.Bytes == 0 {
		l.Bytes = 1 << 28
	}
	return l
}

// A File is a decoded MAT-file.
type File struct {
	Vars []*Array // In the order of the file.
}

// Var returns the variable of that name: the last one if there are several, as
// MATLAB does for a file that was appended to.
func (f *File) Var(name string) (*Array, error) {
	for i := len(f.Vars) - 1; i >= 0; i-- {
		if f.Vars[i].Name == name {
			return f.Vars[i], nil
		}
	}
	names := make([]string, len(f.Vars))
	for i, v := range f.Vars {
		names[i] = fmt.Sprintf("%q", v.Name)
	}
	return nil, fmt.Errorf("matfile: no variable %q: the file has [%s]", name, strings.Join(names, " "))
}

// Read decodes a whole MAT-file.
//
// The error is a [*FormatError] where the file is malformed or passes a limit,
// and wraps [ErrHDF5] or [io.ErrUnexpectedEOF] where that is the reason.
func Read(r io.Reader, l Limits) (*File, error) {
	l = l.withDefaults()
	data, err := io.ReadAll(io.LimitReader(r, l.Bytes+1))
	if err != nil {
		return nil, fmt.Errorf("matfile: %w", err)
	}
	s := &state{limits: l, compressedAt: -1}
	d := &decoder{data: data, state: s}
	if err := d.spend(0, len(data)); err != nil {
		return nil, err
	}
	if err := d.fileHeader(); err != nil {
		return nil, err
	}
	f := &File{}
	for d.pos < len(d.data) {
		v, err := d.variable()
		if err != nil {
			return nil, err
		}
		if v != nil {
			f.Vars = append(f.Vars, v)
		}
	}
	return f, nil
}

const (
	headerSize = 128
	version5   = 0x0100
)

var hdf5Signature = []byte("\x89HDF\r\n\x1a\n")

// fileHeader reads the 128 bytes of text, subsystem offset, version and endian
// indicator.
func (d *decoder) fileHeader() error {
	h := d.data
	if bytes.HasPrefix(h, []byte("MATLAB 7.3")) || bytes.HasPrefix(h, hdf5Signature) {
		return d.wrap(0, ErrHDF5)
	}
	if len(h) < headerSize {
		return d.wrap(len(h), fmt.Errorf("header: found %d bytes, want %d: %w", len(h), headerSize, io.ErrUnexpectedEOF))
	}
	switch mark := string(h[126:128]); mark {
	case "IM":
		d.order = binary.LittleEndian
	case "MI":
		d.order = binary.BigEndian
	default:
		return d.errorf(126, `endian indicator is %q, want "IM" or "MI": not a MATLAB 5 file`, mark)
	}
	if v := d.order.Uint16(h[124:]); v != version5 {
		return d.errorf(124, "version is %#04x, want %#04x", v, version5)
	}
	d.pos = headerSize
	return nil
}

// variable reads the next top-level element: an array, which may be compressed,
// or nil for an element of another type.
func (d *decoder) variable() (*Array, error) {
	d.name, d.compressedAt = "", -1
	at := d.pos
	e, err := d.next("variable")
	if err != nil {
		return nil, err
	}
	switch e.typ {
	case typeMatrix:
		return d.array(e, 0)
	case typeCompressed:
		in, err := d.inflate(e)
		if err != nil {
			return nil, err
		}
		d.compressedAt = int64(at)
		if e, err = in.next("compressed variable"); err != nil {
			return nil, err
		}
		if e.typ != typeMatrix {
			return nil, in.errorf(0, "compressed variable: data type is %v, want %v", e.typ, typeMatrix)
		}
		return in.array(e, 0)
	}
	return nil, nil
}

// inflate returns a decoder of what e, a compressed element, holds.
func (d *decoder) inflate(e element) (*decoder, error) {
	z, err := zlib.NewReader(bytes.NewReader(e.data))
	if err != nil {
		return nil, d.wrap(e.at, fmt.Errorf("compressed variable: %w", err))
	}
	left := d.limits.Bytes - d.spent
	data, err := io.ReadAll(io.LimitReader(z, left+1))
	if err != nil {
		return nil, d.wrap(e.at, fmt.Errorf("compressed variable: %w", err))
	}
	if err := d.spend(e.at, len(data)); err != nil {
		return nil, err
	}
	return &decoder{data: data, state: d.state}, nil
}
