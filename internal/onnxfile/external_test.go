package onnxfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// externalFile encodes a model whose initializers w0, w1 … of two floats have
// the entries of external data given for each, as "key=value key=value".
func externalFile(entries ...string) []byte {
	return file(func(g *encoder) {
		for i, list := range entries {
			g.bytes(5, message(func(t *encoder) {
				t.integer(1, 2)
				t.integer(2, int64(TypeFloat))
				t.str(8, fmt.Sprint("w", i))
				for _, entry := range strings.Fields(list) {
					key, value, _ := strings.Cut(entry, "=")
					t.bytes(13, message(func(e *encoder) { e.str(1, key); e.str(2, value) }))
				}
				t.integer(14, locationExternal)
			}))
		}
	})
}

// modelFolder returns a folder that holds floats 1, 2, 3, 4 in weights.bin and
// in sub/weights.bin, beside a link, a link to a folder and a file outside.
func modelFolder(t testing.TB) *os.Root {
	t.Helper()
	outside := t.TempDir()
	dir := filepath.Join(outside, "model")
	data := []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40}
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"weights.bin", "sub/weights.bin", "../outside.bin"} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"link.bin": "weights.bin", "linked": "sub", "out.bin": "../outside.bin"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			if runtime.GOOS == "windows" { // Links need a right there.
				t.Skip(err)
			}
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func TestInline(t *testing.T) {
	root := modelFolder(t)
	data := externalFile("location=weights.bin length=8", "location=sub/weights.bin offset=8 length=8 checksum=x", "location=weights.bin length=8")
	got, err := Inline(data, root)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float32{{1, 2}, {3, 4}, {1, 2}} {
		if values, err := m.Graph.Initializers[i].Floats(); err != nil || !slices.Equal(values, want) {
			t.Errorf("w%d = %v, %v, want %v", i, values, err, want)
		}
	}
	again, err := Inline(got, root)
	if err != nil || &again[0] != &got[0] {
		t.Errorf("a file without external data is copied, %v", err)
	}
}

func TestInlineErrors(t *testing.T) {
	root := modelFolder(t)
	tests := []struct {
		name    string
		entries []string
		want    error
		text    string
	}{
		{"no location", []string{"length=8"}, ErrExternalData, `the elements are in "", want a file in the model's own folder`},
		{"parent", []string{"location=../outside.bin"}, ErrExternalData, `"../outside.bin", want a file in the model's own folder`},
		{"parent in the middle", []string{"location=sub/../../outside.bin"}, ErrExternalData, "own folder"},
		{"absolute", []string{"location=/etc/passwd"}, ErrExternalData, `"/etc/passwd", want a file in the model's own folder`},
		{"the folder", []string{"location=."}, ErrExternalData, "own folder"},
		{"a folder", []string{"location=sub"}, ErrExternalData, `"sub" is d---------, want a regular file and no links`},
		{"file as folder", []string{"location=weights.bin/x"}, ErrExternalData, "want a regular file and no links"},
		{"missing", []string{"location=absent.bin"}, fs.ErrNotExist, "has to lie beside it"},
		{"link", []string{"location=link.bin"}, ErrExternalData, `"link.bin" is L---------, want a regular file`},
		{"link out", []string{"location=out.bin"}, ErrExternalData, "want a regular file and no links"},
		{"link on the way", []string{"location=linked/weights.bin"}, ErrExternalData, `"linked" is L---------`},
		{"zero byte", []string{"location=weights.bin\x00x"}, ErrExternalData, ""},
		{"negative offset", []string{"location=weights.bin offset=-4"}, ErrMalformed, "offset is -4, want 0 or more"},
		{"huge offset", []string{"location=weights.bin offset=9223372036854775807"}, ErrTooLarge, "offset is 9223372036854775807, want at most 2147483647"},
		{"offset over int64", []string{"location=weights.bin offset=18446744073709551616"}, ErrMalformed, `offset is "18446744073709551616", want a whole number`},
		{"no number", []string{"location=weights.bin length=0x8"}, ErrMalformed, `length is "0x8"`},
		{"wrong length", []string{"location=weights.bin length=12"}, ErrMalformed, "dims [2] of float want 8 bytes, and external data has 12"},
		{"negative length", []string{"location=weights.bin length=-8"}, ErrMalformed, "external data has -8"},
		{"past the end", []string{"location=weights.bin offset=12"}, ErrTruncated, `tensor "w0" is at bytes 12 to 20, and the file has 16`},
		{"overlap", []string{"location=weights.bin", "location=weights.bin offset=4"}, ErrMalformed, `tensors "w0" and "w1" overlap`},
		{"key twice", []string{"location=weights.bin location=weights.bin"}, ErrDuplicate, `"location" defined twice`},
		{"more than the file", slices.Repeat([]string{"location=weights.bin"}, 3), ErrTooLarge, "3 tensors want 24 bytes together, and the file has 16"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Inline(externalFile(test.entries...), root)
			var format *FormatError
			if !errors.As(err, &format) || !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("err = %v\nwant %v with %q", err, test.want, test.text)
			}
		})
	}
}

// TestExternalFlag refuses tensors that contradict themselves.
func TestExternalFlag(t *testing.T) {
	float := func(t *encoder) { t.integer(1, 1); t.integer(2, int64(TypeFloat)) }
	location := message(func(e *encoder) { e.str(1, "location"); e.str(2, "weights.bin") })
	for name, data := range map[string][]byte{
		"elements here too":        tensorFile(func(t *encoder) { float(t); t.fixed32(4, 0); t.bytes(13, location); t.integer(14, 1) }),
		"location without flag":    tensorFile(func(t *encoder) { float(t); t.fixed32(4, 0); t.bytes(13, location) }),
		"an unknown data_location": tensorFile(func(t *encoder) { float(t); t.integer(14, 2) }),
	} {
		if _, err := Parse(data); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: err = %v, want %v", name, err, ErrMalformed)
		}
	}
}

// TestProducer reads who wrote a file, and writes it back.
func TestProducer(t *testing.T) {
	data := message(func(m *encoder) {
		m.integer(1, 8)
		m.str(2, "pytorch")
		m.str(3, "2.6.0")
		m.bytes(7, message(func(g *encoder) {
			g.str(2, "g")
			g.message(1, (&Node{Op: "Relu", Inputs: []string{"x"}, Outputs: []string{"y"}}).pieces())
			g.message(11, NewName("x").pieces())
			g.message(12, NewName("y").pieces())
		}))
	})
	m, err := Parse(data)
	if err != nil || m.Producer != "pytorch 2.6.0" || !bytes.Equal(m.Bytes(), data) {
		t.Errorf("producer %q, err %v, same bytes %v", m.Producer, err, bytes.Equal(m.Bytes(), data))
	}
}

// FuzzInline reads what entries of external data may say, and never more than
// the file has.
func FuzzInline(f *testing.F) {
	for _, entry := range []string{"location=weights.bin", "location=../outside.bin", "location=/etc/passwd", "location=link.bin",
		"location=weights.bin offset=8 length=8", "location=weights.bin offset=9223372036854775807", "location=sub//weights.bin length=08"} {
		f.Add(entry)
	}
	root := modelFolder(f)
	f.Fuzz(func(t *testing.T, entry string) {
		data := externalFile(entry)
		got, err := Inline(data, root)
		if err != nil {
			return
		}
		if m, err := Parse(got); err != nil || m.Graph.Initializers[0].Len() != 2 {
			t.Errorf("%q: what was read does not parse: %v", entry, err)
		}
	})
}
