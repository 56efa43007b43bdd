package finetune

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"testing"
	"testing/fstest"

	"finetune/tasks"
)

// noise returns a picture of random pixels around a colour, as a PNG file.
func noise(t *testing.T, w, h int, around color.NRGBA, seed uint64) []byte {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := around
			c.R, c.G, c.B = c.R+uint8(rng.IntN(60)), c.G+uint8(rng.IntN(60)), c.B+uint8(rng.IntN(60))
			m.SetNRGBA(x, y, c)
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestPicturesAreTheSameFromTheCache(t *testing.T) {
	fsys := fstest.MapFS{
		"a.png": {Data: noise(t, 7, 5, color.NRGBA{10, 20, 30, 255}, 1)},
		"b.png": {Data: noise(t, 6, 6, color.NRGBA{90, 20, 30, 255}, 2)},
	}
	examples := []tasks.Example{{Path: "a.png"}, {Path: "b.png"}}
	p := newPictures(fsys, examples, 3*7*5)
	for i := range examples {
		first, err := p.picture(i)
		if err != nil {
			t.Fatal(err)
		}
		second, err := p.picture(i)
		if err != nil {
			t.Fatal(err)
		}
		if first.Rect != second.Rect || !bytes.Equal(first.Pix, second.Pix) {
			t.Errorf("picture %d differs the second time", i)
		}
	}
	if p.kept[0].rgb == nil || p.kept[1].rgb != nil || p.budget != 0 {
		t.Errorf("kept %v and %v with %d bytes left, want the first alone", p.kept[0].rgb != nil, p.kept[1].rgb != nil, p.budget)
	}
}
