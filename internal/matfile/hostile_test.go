package matfile

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

var files = []string{"little.mat", "compressed.mat", "big.mat"}

// use calls every accessor, none of which may panic on an array that Read gave.
func use(a *Array) {
	a.Float64s()
	a.Ints()
	a.Bytes()
	a.Text()
	for i := range a.nested {
		a.Cell(i)
		use(a.nested[i])
	}
	if a.Class == Struct {
		for i := range a.Len() {
			for _, name := range a.Fields {
				a.Field(i, name)
			}
		}
	}
}

func readAndUse(data []byte) (*File, error) {
	f, err := Read(bytes.NewReader(data), Limits{Bytes: 1 << 24, Arrays: 1 << 12})
	if err == nil {
		for _, v := range f.Vars {
			use(v)
		}
	}
	return f, err
}

// TestTruncated cuts the files at every length: that is an error, but where a
// variable ends.
func TestTruncated(t *testing.T) {
	for _, file := range files {
		data := read(t, file)
		whole := len(open(t, file).Vars)
		ends := 0
		for n := range data {
			f, err := readAndUse(data[:n])
			switch {
			case err == nil && len(f.Vars) == whole && n < len(data)-7:
				t.Errorf("%s: no error at %d of %d bytes", file, n, len(data))
			case err == nil:
				ends++
			case !errors.Is(err, io.ErrUnexpectedEOF):
				t.Errorf("%s: %d bytes: error is %v, want %v", file, n, err, io.ErrUnexpectedEOF)
			}
		}
		if ends > 8*whole { // Padding, at most seven bytes, may be missing.
			t.Errorf("%s: read without error at %d lengths, want at most %d", file, ends, 8*whole)
		}
	}
}

// TestMutants changes some bytes of the files: that must not panic.
func TestMutants(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, file := range files {
		data := read(t, file)
		for range 2000 {
			mutant := bytes.Clone(data)
			for range 1 + rng.IntN(4) {
				i := headerSize + rng.IntN(len(data)-headerSize)
				switch rng.IntN(3) {
				case 0:
					mutant[i] ^= 1 << rng.IntN(8)
				case 1:
					mutant[i] = byte(rng.IntN(20)) // A type or class.
				case 2:
					mutant[i] = byte(rng.IntN(256))
				}
			}
			readAndUse(mutant)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, file := range files {
		f.Add(read(f, file))
	}
	f.Fuzz(func(t *testing.T, data []byte) { readAndUse(data) })
}
