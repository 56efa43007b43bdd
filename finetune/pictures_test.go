package finetune

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/fstest"

	"finetune/augment"
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

// pixels returns a copy of what the pictures show of example i.
func pixels(t *testing.T, p *pictures, i int) *image.NRGBA {
	t.Helper()
	var shown *image.NRGBA
	err := p.show(i, func(m *image.NRGBA) {
		shown = &image.NRGBA{Pix: slices.Clone(m.Pix), Stride: m.Stride, Rect: m.Rect}
	})
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

func TestPicturesAreTheSameFromTheCache(t *testing.T) {
	fsys := fstest.MapFS{
		"a.png": {Data: noise(t, 7, 5, color.NRGBA{10, 20, 30, 255}, 1)},
		"b.png": {Data: noise(t, 6, 6, color.NRGBA{90, 20, 30, 255}, 2)},
		"c.png": {Data: noise(t, 4, 4, color.NRGBA{90, 90, 30, 255}, 3)},
	}
	examples := []tasks.Example{{Path: "a.png"}, {Path: "b.png"}, {Path: "c.png"}}
	p := newPictures(fsys, examples, augment.Enough{}, 3*7*5+3*4*4)
	for i := range examples {
		first, second := pixels(t, p, i), pixels(t, p, i)
		if first.Rect != second.Rect || !bytes.Equal(first.Pix, second.Pix) {
			t.Errorf("picture %d differs the second time", i)
		}
	}
	if p.kept[0] == nil || p.kept[1] != nil || p.kept[2] == nil || p.budget != 0 {
		t.Errorf("kept %v with %d bytes left, want the first and the last", p.kept, p.budget)
	}
}

// A picture is shrunk whether the budget keeps it or not.
func TestPicturesDoNotDependOnTheBudget(t *testing.T) {
	fsys := fstest.MapFS{"a.png": {Data: noise(t, 33, 20, color.NRGBA{10, 20, 30, 255}, 1)}}
	examples := []tasks.Example{{Path: "a.png"}}
	enough := augment.Enough{Area: 80, Side: 8}
	without := pixels(t, newPictures(fsys, examples, enough, 0), 0)
	kept := newPictures(fsys, examples, enough, 1<<20)
	pixels(t, kept, 0)
	with := pixels(t, kept, 0)
	if with.Rect != image.Rect(0, 0, 17, 10) || with.Rect != without.Rect || !bytes.Equal(with.Pix, without.Pix) {
		t.Errorf("%v from the cache and %v from the file, want the same 17×10 pixels", with.Rect, without.Rect)
	}
	if left := int64(1<<20 - 3*17*10); kept.budget != left {
		t.Errorf("%d bytes left, want %d", kept.budget, left)
	}
}
