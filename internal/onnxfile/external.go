package onnxfile

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"google.golang.org/protobuf/encoding/protowire"
)

// locationExternal is TensorProto.DataLocation's EXTERNAL.
const locationExternal = 1

// external reads the fields that say where elements are.
func (t *Tensor) external(f field) error {
	if f.num == 14 {
		var location int64
		if err := f.integer(&location); err != nil {
			return err
		}
		t.isExternal = location == locationExternal
		if location != 0 && !t.isExternal {
			return fmt.Errorf("%w: data_location is %d, want 0 or 1", ErrMalformed, location)
		}
		return nil
	}
	if err := f.want(protowire.BytesType); err != nil {
		return err
	}
	var e Entry
	err := fields(f.data, e.field)
	t.location = append(t.location, e)
	return err
}

// refuseExternal refuses a tensor whose elements are in another file.
func (t *Tensor) refuseExternal() error {
	if !t.isExternal {
		return nil
	}
	for _, e := range t.location {
		if e.Key == "location" {
			return fmt.Errorf("%w: the elements are in the file %s, want them in the model (onnx.save with save_as_external_data=False)",
				ErrExternalData, quote(e.Value))
		}
	}
	return fmt.Errorf("%w: the elements are in another file, which has no name", ErrExternalData)
}

// A span is where a tensor's elements are in another file.
type span struct {
	tensor         *Tensor
	file           string // Slash-separated, relative to the model's folder.
	offset, length int64  // Bytes; offset + length does not overflow.
}

// span reads the entries of external_data: location, offset (0 if it is
// missing), length (what the sizes want), and others, which do not matter.
func (t *Tensor) span() (s span, err error) {
	want := int64(t.Len() * layouts[t.Type].size)
	if layouts[t.Type].size == 0 {
		return s, fmt.Errorf("%w: elements of type %v in another file", ErrExternalData, t.Type)
	}
	s = span{tensor: t, length: want}
	seen := map[string]bool{}
	for _, e := range t.location {
		if seen[e.Key] {
			return s, fmt.Errorf("%w: external data: %s %w", ErrMalformed, quote(e.Key), ErrDuplicate)
		}
		seen[e.Key] = true
		switch e.Key {
		case "location":
			s.file = e.Value
		case "offset":
			s.offset, err = strconv.ParseInt(e.Value, 10, 64)
		case "length":
			s.length, err = strconv.ParseInt(e.Value, 10, 64)
		}
		if err != nil {
			return s, fmt.Errorf("%w: external data: %s is %s, want a whole number of bytes", ErrMalformed, e.Key, quote(e.Value))
		}
	}
	switch {
	case !filepath.IsLocal(filepath.FromSlash(s.file)) || path.Clean(s.file) == ".":
		return s, fmt.Errorf("%w: the elements are in %s, want a file in the model's own folder", ErrExternalData, quote(s.file))
	case s.offset < 0:
		return s, fmt.Errorf("%w: external data: offset is %d, want 0 or more", ErrMalformed, s.offset)
	case s.length != want:
		return s, fmt.Errorf("%w: dims %v of %v want %d bytes, and external data has %d", ErrMalformed, t.Dims, t.Type, want, s.length)
	case s.offset > MaxFile:
		return s, fmt.Errorf("%w: external data: offset is %d, want at most %d", ErrTooLarge, s.offset, MaxFile)
	}
	return s, nil
}

// Inline returns the model with the elements that it keeps in other files:
// data itself, if there are none. folder is the one that the model lies in.
//
// The files are regular ones in folder or below it, and no path leads over a
// symbolic link. Spans lie inside of their file, and those of two tensors are
// apart or the same. What is read is at most as long as the files are together.
// Errors are of type *FormatError.
func Inline(data []byte, folder *os.Root) ([]byte, error) {
	m, err := decode(data)
	if err != nil {
		return nil, err
	}
	byFile := map[string][]span{}
	for i, t := range m.Graph.Initializers {
		if !t.isExternal {
			continue
		}
		s, err := t.span()
		if err != nil {
			return nil, inside(inside(err, "initializer[%d] %s", i, quote(t.Name)), "graph")
		}
		name := path.Clean(s.file)
		byFile[name] = append(byFile[name], s)
	}
	if len(byFile) == 0 {
		return data, nil
	}
	total := int64(len(data))
	for _, name := range sortedKeys(byFile) {
		read, err := inlineFile(folder, name, byFile[name], MaxFile-total)
		if err != nil {
			return nil, inside(err, "external data %s", quote(name))
		}
		total += read
	}
	return m.Bytes(), nil
}

func sortedKeys(m map[string][]span) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// inlineFile reads the spans of one file, at most so many bytes, and returns
// how many they are.
func inlineFile(folder *os.Root, name string, spans []span, most int64) (total int64, err error) {
	f, size, err := openRegular(folder, name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := apart(spans, size); err != nil {
		return 0, err
	}
	for _, s := range spans {
		total += s.length
	}
	if total > min(size, most) {
		return 0, fmt.Errorf("%w: %d tensors want %d bytes together, and the file has %d (at most %d fit into a model)",
			ErrTooLarge, len(spans), total, size, most)
	}
	for _, s := range spans {
		raw := make([]byte, s.length)
		if _, err := io.ReadFull(io.NewSectionReader(f, s.offset, s.length), raw); err != nil {
			return 0, fmt.Errorf("%w: tensor %s: %w", ErrExternalData, quote(s.tensor.Name), err)
		}
		s.tensor.isExternal, s.tensor.location = false, nil
		s.tensor.setRaw(s.tensor.Type, s.tensor.Dims, raw)
	}
	return total, nil
}

// apart checks that the spans lie inside of a file of that size, and that two
// of them are the same or have no byte in common.
func apart(spans []span, size int64) error {
	byOffset := slices.Clone(spans)
	slices.SortStableFunc(byOffset, func(a, b span) int {
		if a.offset != b.offset {
			return int(a.offset - b.offset) // Offsets are below 2^31.
		}
		return int(b.length - a.length)
	})
	for i, s := range byOffset {
		if s.length > size-s.offset {
			return fmt.Errorf("%w: tensor %s is at bytes %d to %d, and the file has %d", ErrTruncated, quote(s.tensor.Name), s.offset, s.offset+s.length, size)
		}
		if i == 0 {
			continue
		}
		before := byOffset[i-1]
		same := before.offset == s.offset && before.length == s.length
		if !same && before.offset+before.length > s.offset && s.length > 0 {
			return fmt.Errorf("%w: tensors %s and %s overlap", ErrMalformed, quote(before.tensor.Name), quote(s.tensor.Name))
		}
	}
	return nil
}

// openRegular opens a regular file, and returns its size. Nothing on the way to
// it may be a link. The open does not wait for the writer of a pipe that took
// the file's place after it was looked at.
func openRegular(folder *os.Root, name string) (*os.File, int64, error) {
	var found os.FileInfo
	parts := strings.Split(name, "/")
	for i := range parts {
		part := filepath.Join(parts[:i+1]...)
		var err error
		if found, err = folder.Lstat(part); err != nil {
			return nil, 0, fmt.Errorf("%w: %w (the file belongs to the model and has to lie beside it)", ErrExternalData, err)
		}
		isFile := i == len(parts)-1
		if isFile && !found.Mode().IsRegular() || !isFile && !found.IsDir() {
			return nil, 0, fmt.Errorf("%w: %s is %v, want a regular file and no links", ErrExternalData, quote(part), found.Mode().Type())
		}
	}
	f, err := folder.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrExternalData, err)
	}
	opened, err := f.Stat()
	if err == nil && !os.SameFile(found, opened) {
		err = fmt.Errorf("%w: the file changed while it was opened", ErrExternalData)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, opened.Size(), nil
}
