package matfile

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func open(t testing.TB, name string) *File {
	t.Helper()
	f, err := Read(bytes.NewReader(read(t, name)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *File) must(t *testing.T, name string) *Array {
	t.Helper()
	a, err := f.Var(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func wantFloats(t *testing.T, f *File, name string, dims []int, want ...float64) {
	t.Helper()
	a := f.must(t, name)
	got, err := a.Float64s()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a.Dims, dims) || !reflect.DeepEqual(got, want) {
		t.Errorf("%s = %v %v, want %v %v", name, a.Dims, got, dims, want)
	}
}

func wantText(t *testing.T, a *Array, err error, want string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Text()
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("text = %q, want %q", got, want)
	}
}

// wantAnnotations checks the struct array that every file of testdata has.
func wantAnnotations(t *testing.T, f *File) {
	t.Helper()
	a := f.must(t, "annotations")
	for i, want := range []int{14, 3} {
		class, err := a.Field(i, "class")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := class.Int(); got != want || err != nil {
			t.Errorf("annotations(%d).class = %v, %v, want %v", i+1, got, err, want)
		}
		name, err := a.Field(i, "fname")
		wantText(t, name, err, []string{"00001.jpg", "00002.jpg"}[i])
	}
}

func TestReadScipy(t *testing.T) {
	for _, file := range []string{"little.mat", "compressed.mat"} {
		t.Run(file, func(t *testing.T) {
			f := open(t, file)
			wantFloats(t, f, "matrix", []int{2, 3}, 1, 4, 2, 5, 3, 6.5)
			wantFloats(t, f, "i8", []int{1, 2}, -128, 127)
			wantFloats(t, f, "u8", []int{1, 2}, 0, 255)
			wantFloats(t, f, "i16", []int{1, 2}, -32768, 32767)
			wantFloats(t, f, "u16", []int{1, 2}, 0, 65535)
			wantFloats(t, f, "i32", []int{1, 2}, math.MinInt32, math.MaxInt32)
			wantFloats(t, f, "u32", []int{1, 2}, 0, math.MaxUint32)
			wantFloats(t, f, "i64", []int{1, 2}, math.MinInt64, math.MaxInt64)
			wantFloats(t, f, "u64", []int{1, 2}, 0, math.MaxUint64)
			wantFloats(t, f, "f32", []int{1, 2}, 0.25, -1e10)
			wantFloats(t, f, "logical", []int{1, 3}, 1, 0, 1)
			wantFloats(t, f, "empty", []int{0, 0}, []float64{}...)
			if !f.must(t, "logical").Logical {
				t.Error("logical: Logical is false")
			}
			for name, want := range map[string]string{"text": "Jeep Wrangler", "unicode": "Škoda → 車"} {
				wantText(t, f.must(t, name), nil, want)
			}
			if b, err := f.must(t, "cube").Bytes(); err != nil || len(b) != 24 || b[1] != 12 {
				t.Errorf("cube = %v, %v, want 24 bytes, the second 12", b, err)
			}
			ints, err := f.must(t, "i64").Ints()
			if want := []int{math.MinInt64, math.MaxInt64}; err != nil || !reflect.DeepEqual(ints, want) {
				t.Errorf("i64 = %v, %v, want %v", ints, err, want)
			}
			names := f.must(t, "class_names")
			first, err := names.Cell(0)
			wantText(t, first, err, "AM General Hummer SUV 2000")
			wantAnnotations(t, f)

			deep, err := f.must(t, "deep").Cell(0)
			if err != nil {
				t.Fatal(err)
			}
			inner, err := deep.Field(0, "inner")
			if err != nil {
				t.Fatal(err)
			}
			leaf, err := inner.Field(0, "leaf")
			if err != nil {
				t.Fatal(err)
			}
			if n, err := leaf.Int(); n != 7 || err != nil {
				t.Errorf("deep{1}.inner.leaf = %v, %v, want 7", n, err)
			}
			if a := f.must(t, "sparse"); a.Class != Sparse {
				t.Errorf("sparse: class is %v", a.Class)
			}
		})
	}
}

func TestReadBigEndian(t *testing.T) {
	f := open(t, "big.mat")
	wantFloats(t, f, "matrix", []int{2, 3}, 1, 4, 2, 5, 3, 6.5)
	wantFloats(t, f, "u16", []int{1, 2}, 0, 65535)
	wantFloats(t, f, "i32", []int{1, 2}, math.MinInt32, math.MaxInt32)
	wantText(t, f.must(t, "text"), nil, "Jeep Wrangler")
	second, err := f.must(t, "class_names").Cell(1)
	wantText(t, second, err, "bc")
	wantAnnotations(t, f)
}

func TestAccessErrors(t *testing.T) {
	f := open(t, "little.mat")
	first := func(_ any, err error) error { return err }
	for want, err := range map[string]error{
		`no variable "labels": the file has ["matrix" "i8"`:                   first(f.Var("labels")),
		`"text": 1×13 char, want real numbers`:                                first(f.must(t, "text").Float64s()),
		`"complex": complex 1×2 double, want whole numbers`:                   first(f.must(t, "complex").Ints()),
		`"matrix": 2×3 double: element 6 is 6.5, want a whole number`:         first(f.must(t, "matrix").Ints()),
		`"u64": 1×2 uint64: element 2 is 1.8446744073709552e+19, want a whol`: first(f.must(t, "u64").Ints()),
		`"u8": 1×2 uint8, want one number`:                                    first(f.must(t, "u8").Int()),
		`"i8": 1×2 int8, want uint8 numbers`:                                  first(f.must(t, "i8").Bytes()),
		`"rows": 2×2 char, want one row of char`:                              first(f.must(t, "rows").Text()),
		`"matrix": 2×3 double, want a cell array`:                             first(f.must(t, "matrix").Cell(0)),
		`"class_names": 1×3 cell: no element 4`:                               first(f.must(t, "class_names").Cell(3)),
		`"matrix": 2×3 double, want a struct array`:                           first(f.must(t, "matrix").Field(0, "x")),
		`"annotations": 1×2 struct: no element 3`:                             first(f.must(t, "annotations").Field(2, "class")),
		`"annotations": 1×2 struct: no field "box": it has ["class" "fname"]`: first(f.must(t, "annotations").Field(0, "box")),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

func TestHeaderErrors(t *testing.T) {
	valid := read(t, "little.mat")[:headerSize]
	with := func(at int, s string) []byte {
		b := bytes.Clone(valid)
		copy(b[at:], s)
		return b
	}
	for _, test := range []struct {
		name string
		data []byte
		is   error
		want string
	}{
		{"HDF5 text", with(0, "MATLAB 7.3 MAT-file"), ErrHDF5, "save it with -v7"},
		{"HDF5 signature", []byte("\x89HDF\r\n\x1a\n...."), ErrHDF5, "save it with -v7"},
		{"empty", nil, io.ErrUnexpectedEOF, "header: found 0 bytes, want 128"},
		{"short", valid[:127], io.ErrUnexpectedEOF, "header: found 127 bytes, want 128"},
		{"text", bytes.Repeat([]byte("x"), 200), nil, `endian indicator is "xx", want "IM" or "MI"`},
		{"version", with(124, "\x00\x02"), nil, "byte 124: version is 0x0200, want 0x0100"},
	} {
		_, err := Read(bytes.NewReader(test.data), Limits{})
		if err == nil || !strings.Contains(err.Error(), test.want) || (test.is != nil && !errors.Is(err, test.is)) {
			t.Errorf("%s: error is %v, want %s", test.name, err, test.want)
		}
	}
}

func TestLimits(t *testing.T) {
	for _, test := range []struct {
		limits Limits
		want   string
	}{
		{Limits{Depth: 1}, `variable "deep"`},
		{Limits{Arrays: 20}, "more than 20 arrays"},
		{Limits{Bytes: 1000}, "more than 1000 bytes"},
	} {
		for _, file := range []string{"little.mat", "compressed.mat"} {
			_, err := Read(bytes.NewReader(read(t, file)), test.limits)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %+v: error is %v, want %s", file, test.limits, err, test.want)
			}
		}
	}
}

// TestInflateBudget reads a variable of 4 MiB of zeros that is 4 KiB on disk.
func TestInflateBudget(t *testing.T) {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	if _, err := w.Write(make([]byte, 4<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data := read(t, "little.mat")[:headerSize]
	data = binary.LittleEndian.AppendUint32(data, uint32(typeCompressed))
	data = binary.LittleEndian.AppendUint32(data, uint32(z.Len()))
	data = append(data, z.Bytes()...)
	_, err := Read(bytes.NewReader(data), Limits{Bytes: 1 << 20})
	var format *FormatError
	if !errors.As(err, &format) || !strings.Contains(err.Error(), "more than 1048576 bytes when inflated") {
		t.Errorf("error is %v", err)
	}
}
