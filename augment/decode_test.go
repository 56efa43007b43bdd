package augment

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"io"
	"runtime"
	"strings"
	"testing"
)

var decodable = []string{
	"rgb444.jpg", "rgb420.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "ycck.jpg",
	"rgb.png", "alpha.png", "palette.png", "grey16.png", "palette.gif", "rgb.bmp", "lossless.webp", "lossy.webp",
}

func TestDecodeBadInput(t *testing.T) {
	jpegHeader := []byte("\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01" +
		"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00")
	for _, c := range []struct {
		name, data string
		want       error
		message    string
	}{
		{"empty", "", ErrFormat, "empty"},
		{"html", "<html>404</html>", ErrFormat, "starts with"},
		{"two bytes", "\xff\xd8", ErrFormat, "starts with"},
		{"huge JPEG", string(jpegHeader), ErrTooLarge, "65535×65535"},
		{"huge PNG", hugePNG(1 << 20), ErrTooLarge, "1048576×1048576"},
		{"huge GIF", "GIF89a\xff\xff\xff\xff\x00\x00\x00", ErrTooLarge, "65535×65535"},
		{"signature only", "\x89PNG\r\n\x1a\n", io.ErrUnexpectedEOF, "truncated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Decode([]byte(c.data), DecodeOptions{})
			runtime.ReadMemStats(&after)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.message) {
				t.Errorf("error is %v, want %v with %q", err, c.want, c.message)
			}
			if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<20 {
				t.Errorf("took %d bytes", taken)
			}
		})
	}
}

// hugePNG returns a header that claims side×side pixels.
func hugePNG(side uint32) string {
	chunk := []byte("IHDR")
	chunk = binary.BigEndian.AppendUint32(chunk, side)
	chunk = binary.BigEndian.AppendUint32(chunk, side)
	chunk = append(chunk, 8, 2, 0, 0, 0)
	out := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d")
	out = append(out, chunk...)
	return string(binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk)))
}

func TestDecodeMaxPixels(t *testing.T) {
	data := readFile(t, "rgb.png") // 45×31.
	if _, err := Decode(data, DecodeOptions{MaxPixels: 45*31 - 1}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error is %v, want %v", err, ErrTooLarge)
	}
	if _, err := Decode(data, DecodeOptions{MaxPixels: 45 * 31}); err != nil {
		t.Error(err)
	}
}

func TestDecodeTruncated(t *testing.T) {
	for _, name := range decodable {
		data := readFile(t, name)
		for _, n := range []int{len(data) / 2, len(data) / 4, 20} {
			if _, err := Decode(data[:n], DecodeOptions{}); err == nil {
				t.Errorf("%s: the first %d of %d bytes decode", name, n, len(data))
			} else if !strings.HasPrefix(err.Error(), "augment: ") {
				t.Errorf("%s: error is %q", name, err)
			}
		}
	}
	data := readFile(t, "rgb420.jpg")
	if _, err := Decode(data[:len(data)/2], DecodeOptions{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error is %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

func TestDecodeTrailingBytes(t *testing.T) {
	for _, name := range decodable {
		data := append(readFile(t, name), "\x00trailing"...)
		img, err := Decode(data, DecodeOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		within(t, img, decodeFile(t, name), 0, 0)
	}
}

func TestDecodeGIFFrameInScreen(t *testing.T) {
	frame := image.NewPaletted(image.Rect(2, 1, 4, 3), color.Palette{color.NRGBA{200, 10, 20, 255}, color.Transparent})
	frame.SetColorIndex(3, 1, 1)
	second := image.NewPaletted(image.Rect(0, 0, 5, 4), color.Palette{color.Black})
	var buf bytes.Buffer
	err := gif.EncodeAll(&buf, &gif.GIF{
		Image: []*image.Paletted{frame, second}, Delay: []int{1, 1},
		Config: image.Config{Width: 5, Height: 4, ColorModel: frame.Palette},
	})
	if err != nil {
		t.Fatal(err)
	}
	img, err := Decode(buf.Bytes(), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if img.Rect != image.Rect(0, 0, 5, 4) {
		t.Fatalf("bounds are %v", img.Rect)
	}
	white, red := color.NRGBA{255, 255, 255, 255}, color.NRGBA{200, 10, 20, 255}
	for at, want := range map[image.Point]color.NRGBA{{0, 0}: white, {2, 1}: red, {3, 1}: white, {3, 2}: red, {4, 3}: white} {
		if got := img.NRGBAAt(at.X, at.Y); got != want {
			t.Errorf("pixel %v is %v, want %v", at, got, want)
		}
	}
}

func TestDecode16BitAlpha(t *testing.T) {
	src := image.NewNRGBA64(image.Rect(0, 0, 2, 1))
	src.SetNRGBA64(0, 0, color.NRGBA64{0xffff, 0x8000, 0, 0xffff})
	src.SetNRGBA64(1, 0, color.NRGBA64{0, 0, 0, 0x8000})
	var buf bytes.Buffer
	if err := png.Encode(&buf, src); err != nil {
		t.Fatal(err)
	}
	img, err := Decode(buf.Bytes(), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []uint8{255, 128, 0, 255, 127, 127, 127, 255}; !bytes.Equal(img.Pix, want) {
		t.Errorf("pixels are %v, want %v", img.Pix, want)
	}
}

// TestUpsampleConstant holds for every ratio: a plane of one colour stays it.
func TestUpsampleConstant(t *testing.T) {
	for ratio := image.YCbCrSubsampleRatio444; ratio <= image.YCbCrSubsampleRatio410; ratio++ {
		for _, size := range [][2]int{{1, 1}, {2, 2}, {3, 5}, {4, 3}, {5, 4}, {17, 9}, {16, 8}} {
			img := image.NewYCbCr(image.Rect(0, 0, size[0], size[1]), ratio)
			for _, plane := range []struct {
				pix   []uint8
				value uint8
			}{{img.Y, 120}, {img.Cb, 90}, {img.Cr, 200}} {
				for i := range plane.pix {
					plane.pix[i] = plane.value
				}
			}
			got := image.NewNRGBA(img.Rect)
			convertYCbCr(got, img)
			r, g, b := color.YCbCrToRGB(120, 90, 200)
			for i := 0; i < len(got.Pix); i += 4 {
				if p := got.Pix[i : i+4]; !bytes.Equal(p, []uint8{r, g, b, 255}) {
					t.Errorf("%v %v: pixel %d is %v, want %v", ratio, size, i/4, p, []uint8{r, g, b, 255})
					break
				}
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range decodable {
		f.Add(readFile(f, name))
	}
	f.Add(withOrientation(readFile(f, "grey.jpg"), 6, binary.LittleEndian))
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := Decode(data, DecodeOptions{MaxPixels: 1 << 14})
		if err != nil {
			return
		}
		if img.Rect.Min != (image.Point{}) || img.Rect.Empty() || img.Rect.Dx()*img.Rect.Dy() > 1<<14 {
			t.Fatalf("bounds are %v", img.Rect)
		}
		for i := 3; i < len(img.Pix); i += 4 {
			if img.Pix[i] != 255 {
				t.Fatalf("alpha of pixel %d is %d", i/4, img.Pix[i])
			}
		}
	})
}
