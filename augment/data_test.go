package augment

import (
	"flag"
	"image"
	"os"
	"path/filepath"
	"testing"
)

var dump = flag.String("dump", "", "folder where TestData writes pixels, for testdata/parity.py")

// dataRoot holds pictures that are not part of the repository.
const dataRoot = "../../shared/data"

// TestData decodes and evaluates real pictures, oddities among them.
func TestData(t *testing.T) {
	files := dataFiles(t, "pets_odd_originals/*.jpg", "flowers_original_sample/jpg/*.jpg", "flowers/jpg/image_0?00?.jpg", "pets/images/*_1?.jpg", "cars/cars_train/*0.jpg")
	step := 8
	if *dump != "" {
		step = 1
	}
	evaluation := Evaluation(224, 0.875, Bicubic)
	for i := 0; i < len(files); i += step {
		file := files[i]
		data, err := os.ReadFile(filepath.Join(dataRoot, file))
		if err != nil {
			t.Fatal(err)
		}
		img, err := Decode(data, DecodeOptions{})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		out := evaluation.Apply(img, nil)
		if *dump != "" {
			writePixels(t, file+".decoded", img)
			writePixels(t, file+".evaluated", out)
		}
	}
}

// TestDataOddities checks what is odd about some pictures of Pets.
func TestDataOddities(t *testing.T) {
	for _, c := range []struct {
		file, format string
		w, h         int
		orientation  int
	}{
		{"Abyssinian_34.jpg", "GIF", 250, 202, 1},
		{"Abyssinian_5.jpg", "PNG", 200, 150, 1},
		{"Abyssinian_17.jpg", "JPEG", 275, 411, 0},
		{"Bengal_201.jpg", "JPEG", 250, 166, 0},
		{"german_shorthaired_127.jpg", "JPEG", 357, 500, 1},
	} {
		data, err := os.ReadFile(filepath.Join(dataRoot, dataFiles(t, "pets_odd_originals/"+c.file)[0]))
		if err != nil {
			t.Fatal(err)
		}
		f, err := sniff(data)
		if err != nil || f.name != c.format {
			t.Errorf("%s: format is %v, %v, want %s", c.file, f, err, c.format)
		}
		if c.format == "JPEG" && exifOrientation(data) != c.orientation {
			t.Errorf("%s: orientation is %d, want %d", c.file, exifOrientation(data), c.orientation)
		}
		img, err := Decode(data, DecodeOptions{})
		if err != nil || img.Rect != image.Rect(0, 0, c.w, c.h) {
			t.Errorf("%s: %v, want %d×%d", c.file, err, c.w, c.h)
		}
	}
}

// dataFiles returns the files that match the patterns, relative to dataRoot; it
// skips the test if there are none.
func dataFiles(t testing.TB, patterns ...string) (files []string) {
	t.Helper()
	for _, pattern := range patterns {
		matches, err := filepath.Glob(filepath.Join(dataRoot, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range matches {
			rel, err := filepath.Rel(dataRoot, m)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, rel)
		}
	}
	if len(files) == 0 {
		t.Skipf("no pictures at %s", filepath.Join(dataRoot, patterns[0]))
	}
	return files
}

func writePixels(t *testing.T, name string, img *image.NRGBA) {
	t.Helper()
	path := filepath.Join(*dump, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, img.Pix, 0o666); err != nil {
		t.Fatal(err)
	}
}
