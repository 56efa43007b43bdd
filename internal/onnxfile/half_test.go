package onnxfile

import (
	"math"
	"testing"
)

// Every half comes back from its float, and a float between two halves goes to
// the nearer one, at the middle to the even one.
func TestHalves(t *testing.T) {
	for h := range 0x7c00 {
		h := uint16(h)
		f := halfToFloat(h)
		if got := floatToHalf(f); got != h {
			t.Fatalf("half %#04x = %v became %#04x", h, f, got)
		}
		if got := floatToHalf(-f); got != h|0x8000 {
			t.Fatalf("half %#04x = %v became %#04x", h|0x8000, -f, got)
		}
		if h == 0x7bff {
			break
		}
		next := halfToFloat(h + 1)
		middle := (f + next) / 2 // Exact: floats have more bits.
		if got, want := floatToHalf(middle), h+h&1; got != want {
			t.Fatalf("%v between %#04x and its next became %#04x, want %#04x", middle, h, got, want)
		}
		if got := floatToHalf(math.Nextafter32(middle, next)); got != h+1 {
			t.Fatalf("just above %v became %#04x, want %#04x", middle, got, h+1)
		}
		if got := floatToHalf(math.Nextafter32(middle, f)); got != h {
			t.Fatalf("just below %v became %#04x, want %#04x", middle, got, h)
		}
	}
	for f, want := range map[float32]uint16{65519: 0x7bff, 65520: 0x7c00, -1e30: 0xfc00, 1e-9: 0, float32(math.Inf(1)): 0x7c00} {
		if got := floatToHalf(f); got != want {
			t.Errorf("%v became %#04x, want %#04x", f, got, want)
		}
	}
	if got := halfToFloat(floatToHalf(float32(math.NaN()))); got == got {
		t.Errorf("NaN became %v", got)
	}
}
