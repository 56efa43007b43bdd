package augment

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// golden is testdata/golden.json, which testdata/make_golden.py wrote with Pillow.
type golden struct {
	Decode   []struct{ File, Expected string }
	Resample []struct {
		File, Filter, Expected string
		Box                    [4]float64
		Size                   [2]int
	}
	Adjust []struct {
		File, Enhancement, Expected string
		Factor                      float32
	}
	Orient []struct {
		Orientation int
		Expected    string
	}
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	if err := json.Unmarshal(readFile(t, "golden.json"), &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func readFile(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func decodeFile(tb testing.TB, name string) *image.NRGBA {
	tb.Helper()
	img, err := Decode(readFile(tb, name), DecodeOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	return img
}

// difference returns the mean and the largest difference of a channel, in 255ths.
func difference(t *testing.T, got, want *image.NRGBA) (mean float64, largest int) {
	t.Helper()
	if got.Rect.Size() != want.Rect.Size() {
		t.Fatalf("size is %v, want %v", got.Rect.Size(), want.Rect.Size())
	}
	w, h := want.Rect.Dx(), want.Rect.Dy()
	sum := 0
	for y := range h {
		for i := range 4 * w {
			d := int(got.Pix[y*got.Stride+i]) - int(want.Pix[y*want.Stride+i])
			d = max(d, -d)
			sum, largest = sum+d, max(largest, d)
		}
	}
	return float64(sum) / float64(3*w*h), largest
}

// within fails unless got is as near to want as said.
func within(t *testing.T, got, want *image.NRGBA, mean float64, largest int) {
	t.Helper()
	if m, l := difference(t, got, want); !(m <= mean && l <= largest) {
		t.Errorf("differs by %.3f on the mean and %d at most, want %.3f and %d", m, l, mean, largest)
	}
}

func TestDecodeGolden(t *testing.T) {
	// How far decoders may differ, by a part of the file's name. The inverse
	// cosine transforms of libjpeg and image/jpeg round differently here and
	// there; so do the upsamplers of libwebp and libjpeg.
	tolerances := []struct {
		part    string
		mean    float64
		largest int
	}{
		{"ycck.jpg", 0.25, 3}, // Two conversions, each rounded.
		{".jpg", 0.1, 3},
		{"lossy.webp", 0.1, 2},
		{"", 0, 0},
	}
	for _, c := range readGolden(t).Decode {
		t.Run(c.File, func(t *testing.T) {
			for _, tolerance := range tolerances {
				if strings.Contains(c.File, tolerance.part) {
					within(t, decodeFile(t, c.File), decodeFile(t, c.Expected), tolerance.mean, tolerance.largest)
					return
				}
			}
		})
	}
}

func TestResampleGolden(t *testing.T) {
	for _, c := range readGolden(t).Resample {
		t.Run(c.Expected, func(t *testing.T) {
			interp, err := ParseInterpolation(c.Filter)
			if err != nil {
				t.Fatal(err)
			}
			box := Box{c.Box[0], c.Box[1], c.Box[2], c.Box[3]}
			got := Resample(decodeFile(t, c.File), box, c.Size[0], c.Size[1], interp)
			within(t, got, decodeFile(t, c.Expected), 0, 0)
		})
	}
}

func TestAdjustGolden(t *testing.T) {
	adjustments := map[string]func(*image.NRGBA, float32){
		"brightness": adjustBrightness, "contrast": adjustContrast, "saturation": adjustSaturation,
	}
	for _, c := range readGolden(t).Adjust {
		t.Run(c.Expected, func(t *testing.T) {
			img := decodeFile(t, c.File)
			adjustments[c.Enhancement](img, c.Factor)
			within(t, img, decodeFile(t, c.Expected), 0, 0)
		})
	}
}

// TestOrientGolden puts every orientation into a JPEG in both byte orders.
func TestOrientGolden(t *testing.T) {
	plain := readFile(t, "rgb444.jpg")
	cases := map[uint16]*image.NRGBA{}
	for _, invalid := range []uint16{0, 1, 9, 65535} {
		cases[invalid] = decodeFile(t, "rgb444.jpg")
	}
	for _, c := range readGolden(t).Orient {
		cases[uint16(c.Orientation)] = decodeFile(t, c.Expected)
	}
	for orientation, want := range cases {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			t.Run(fmt.Sprint(orientation, order), func(t *testing.T) {
				got, err := Decode(withOrientation(plain, orientation, order), DecodeOptions{})
				if err != nil {
					t.Fatal(err)
				}
				within(t, got, want, 0.1, 3)
			})
		}
	}
}

// withOrientation returns jpeg with an EXIF segment of two entries.
func withOrientation(jpeg []byte, orientation uint16, order binary.AppendByteOrder) []byte {
	tiff := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, entry := range []struct{ tag, value uint16 }{{0x0100, 77}, {0x0112, orientation}} {
		tiff = order.AppendUint16(tiff, entry.tag)
		tiff = order.AppendUint16(tiff, 3)
		tiff = order.AppendUint32(tiff, 1)
		tiff = order.AppendUint16(tiff, entry.value)
		tiff = append(tiff, 0, 0)
	}
	tiff = order.AppendUint32(tiff, 0)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{}, jpeg[:2]...)
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(segment)+2))
	return append(append(out, segment...), jpeg[2:]...)
}
