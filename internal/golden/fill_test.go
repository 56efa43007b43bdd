package golden

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"os"
	"testing"
)

// fill returns offset + scale·u for count numbers u in [-1, 1) that the name
// alone decides: splitmix64 seeded by FNV-1a, as fill in testdata/make.py.
func fill(name string, count int, offset, scale float64) []float32 {
	seed := uint64(0xCBF29CE484222325)
	for _, b := range []byte(name) {
		seed = (seed ^ uint64(b)) * 0x100000001B3
	}
	out := make([]float32, count)
	for i := range out {
		z := seed + uint64(i+1)*0x9E3779B97F4A7C15
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		z ^= z >> 31
		u := float64(z>>40)/(1<<23) - 1
		out[i] = float32(offset + scale*u)
	}
	return out
}

func unzip(t testing.TB, path string) []byte {
	t.Helper()
	zipped, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readJSON(t testing.TB, path string, to any) {
	t.Helper()
	if err := json.Unmarshal(unzip(t, path), to); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// A packed is a base64 of little-endian float32.
type packed string

func (p packed) floats(t *testing.T) []float32 {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(string(p))
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}
