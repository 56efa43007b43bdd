package augment

import (
	"bytes"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
)

// A Picture is what Decode returns, whatever the format and wherever it lies.
func TestPictureIsWhatDecodeReturns(t *testing.T) {
	for _, name := range decodable {
		data := readFile(t, name)
		want, err := Decode(data, DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := DecodePicture(data, DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		dirty := bytes.Repeat([]byte{77}, 4*want.Rect.Dx()*want.Rect.Dy()+5)
		for _, buf := range [][]byte{nil, dirty} {
			if got := p.NRGBA(buf); got.Rect != want.Rect || !bytes.Equal(got.Pix, want.Pix) {
				t.Errorf("%s: the picture is not what Decode returns", name)
			}
		}
		if w, h := want.Rect.Dx(), want.Rect.Dy(); p.Bytes() > int64(3*(w+16)*(h+16)) {
			t.Errorf("%s: %d bytes for %d×%d pixels", name, p.Bytes(), w, h)
		}
	}
}

func TestEnough(t *testing.T) {
	crop := mustParse(t, "random_resized_crop(0.35,1)|flip").Enough()
	if want := (Enough{191147, 224}); crop != want {
		t.Errorf("enough for the random crop is %v, want %v", crop, want)
	}
	for _, p := range []Pipeline{nil, Evaluation(224, 0.875, Bicubic), mustParse(t, "flip|random_resized_crop")} {
		if got := p.Enough(); got != (Enough{}) {
			t.Errorf("enough for %v is %v, want every pixel", p, got)
		}
	}
	for _, c := range []struct{ w, h, want int }{
		{500, 375, 1}, {874, 874, 1}, {876, 876, 2}, {448, 447, 1}, {4000, 447, 1}, {4000, 450, 2}, {3264, 2448, 6}, {1, 1, 1},
	} {
		if got := crop.factor(c.w, c.h); got != c.want {
			t.Errorf("%d×%d is shrunk by %d, want %d", c.w, c.h, got, c.want)
		}
	}
}

// No crop of a picture that is just enough has fewer pixels across or down than
// the result.
func TestEnoughEnlargesNoCrop(t *testing.T) {
	p := mustParse(t, "random_resized_crop(0.35,1)")
	e := p.Enough()
	crop := p[0].(randomResizedCrop)
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		w := e.Side + rng.IntN(900)
		h := max(e.Side, ceilDiv(e.Area, w))
		b := crop.box(image.Rect(0, 0, w, h), rng)
		if side := min(b.X1-b.X0, b.Y1-b.Y0); side < float64(crop.size)-0.5 { // The sides of a crop are rounded.
			t.Fatalf("a crop of %d×%d is %v wide, want %d", w, h, side, crop.size)
		}
	}
}

// Every number is the mean of a square, up to rounding, on all planes.
func TestShrinkTakesMeans(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, f := range []int{2, 3, 5} {
		for _, size := range [][2]int{{40, 30}, {41, 31}, {37, 59}} {
			w, h := size[0], size[1]
			src := make([]uint8, w*h)
			for i := range src {
				src[i] = uint8(rng.IntN(256))
			}
			smallW, smallH := ceilDiv(w, f), ceilDiv(h, f)
			dst := make([]uint8, smallW*smallH)
			shrinkPlane(dst, smallW, src, w, 1, w, h, f)
			for y := range smallH {
				for x := range smallW {
					sum, n := 0.0, 0.0
					for sy := y * f; sy < min(h, y*f+f); sy++ {
						for sx := x * f; sx < min(w, x*f+f); sx++ {
							sum += float64(src[sy*w+sx])
							n++
						}
					}
					if got := float64(dst[y*smallW+x]); got < sum/n-0.5001 || got > sum/n+0.5001 {
						t.Fatalf("%d×%d by %d: (%d, %d) is %v, want %v", w, h, f, x, y, got, sum/n)
					}
				}
			}
		}
	}
}

// A picture of four colours keeps them in their corners, in every form.
func TestShrinkKeepsCorners(t *testing.T) {
	corners := [4]color.NRGBA{{200, 40, 40, 255}, {40, 200, 40, 255}, {40, 40, 200, 255}, {180, 180, 60, 255}}
	img := image.NewNRGBA(image.Rect(0, 0, 121, 90))
	for y := range 90 {
		for x := range 121 {
			img.SetNRGBA(x, y, corners[x/61+2*(y/45)])
		}
	}
	planes, err := DecodePicture(jpegBytes(t, img, 95), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*Picture{"pixels": pack(img), "planes": planes} {
		small := p.Shrink(Enough{Area: 40 * 30, Side: 30})
		got := small.NRGBA(nil)
		if got.Rect != image.Rect(0, 0, 41, 30) || small.Bytes() >= p.Bytes()/4 {
			t.Errorf("%s: %v of %d bytes, want 41×30 of less than a quarter of %d", name, got.Rect, small.Bytes(), p.Bytes())
			continue
		}
		for i, want := range corners {
			c := got.NRGBAAt(5+30*(i%2), 5+18*(i/2))
			if d := func(a, b uint8) bool { return max(a, b)-min(a, b) > 6 }; d(c.R, want.R) || d(c.G, want.G) || d(c.B, want.B) {
				t.Errorf("%s: corner %d is %v, want %v", name, i, c, want)
			}
		}
	}
}
