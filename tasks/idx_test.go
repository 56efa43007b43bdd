package tasks

import (
	"bytes"
	"compress/gzip"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

func compressed(t *testing.T, data string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(data)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Two pictures of one row of two pixels, and their labels.
const (
	idxImages = "\x00\x00\x08\x03\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x02\x10\x20\x30\x40"
	idxLabels = "\x00\x00\x08\x01\x00\x00\x00\x02\x09\x00"
)

func TestFashion(t *testing.T) {
	d, err := loadFashion(mapFS(map[string]string{
		"train-images-idx3-ubyte": idxImages, "train-labels-idx1-ubyte.gz": compressed(t, idxLabels),
		"t10k-images-idx3-ubyte.gz": compressed(t, idxImages), "t10k-labels-idx1-ubyte": idxLabels,
	}), ".")
	if err != nil {
		t.Fatal(err)
	}
	wantString(t, "Train", paths(d.Train), "train/00000.png=9 train/00001.png=0")
	wantString(t, "Test", paths(d.Test), "test/00000.png=9 test/00001.png=0")
	if err := fstest.TestFS(d.FS, "train/00000.png", "train/00001.png", "test/00001.png"); err != nil {
		t.Error(err)
	}
	f, err := d.FS.Open("test/00001.png")
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if r, _, _, _ := img.At(1, 0).RGBA(); img.Bounds().Dx() != 2 || r>>8 != 0x40 {
		t.Errorf("pixel 1 is %#x of %v, want 0x40", r>>8, img.Bounds())
	}
	for _, name := range []string{"test/1.png", "test/00002.png", "valid/00000.png", "test/-0001.png", "../test"} {
		if _, err := fs.ReadFile(d.FS, name); err == nil {
			t.Errorf("ReadFile(%q) has no error", name)
		}
	}
}

func TestFashionErrors(t *testing.T) {
	valid := map[string]string{
		"train-images-idx3-ubyte": idxImages, "train-labels-idx1-ubyte": idxLabels,
		"t10k-images-idx3-ubyte": idxImages, "t10k-labels-idx1-ubyte": idxLabels,
	}
	for _, test := range []struct{ file, data, want string }{
		{"train-images-idx3-ubyte", idxImages[:10], "train-images-idx3-ubyte: header: unexpected EOF"},
		{"train-images-idx3-ubyte", idxImages[:18], "train-images-idx3-ubyte: found 2 values, want 4"},
		{"train-images-idx3-ubyte", idxImages + "x", "found 5 values or more, want 4"},
		{"train-images-idx3-ubyte", idxLabels + idxLabels, "byte 0: found 00 00 08 01, want 00 00 08 03"},
		{"train-images-idx3-ubyte", "\x00\x00\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "dimension 1 is 4294967295"},
		{"train-images-idx3-ubyte", "\x00\x00\x08\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01", "dimension 2 is 0"},
		{"t10k-labels-idx1-ubyte", "\x00\x00\x08\x01\x00\x00\x00\x01\x09", "t10k-labels-idx1-ubyte: 1 labels, want one for each of the 2 images"},
		{"t10k-labels-idx1-ubyte", "\x00\x00\x08\x01\x00\x00\x00\x02\x09\x0a", "t10k-labels-idx1-ubyte: label 2 is 10, want 0 to 9"},
		{"t10k-labels-idx1-ubyte", "", "t10k-labels-idx1-ubyte: header: EOF"},
	} {
		fsys := mapFS(valid)
		fsys[test.file] = &fstest.MapFile{Data: []byte(test.data)}
		_, err := loadFashion(fsys, ".")
		wantError(t, err, test.want)
	}
	fsys := mapFS(valid)
	delete(fsys, "t10k-images-idx3-ubyte")
	fsys["t10k-images-idx3-ubyte.gz"] = &fstest.MapFile{Data: []byte(compressed(t, idxImages)[:25])}
	_, err := loadFashion(fsys, ".")
	wantError(t, err, "t10k-images-idx3-ubyte.gz: ")
	delete(fsys, "t10k-images-idx3-ubyte.gz")
	_, err = loadFashion(fsys, ".")
	wantError(t, err, "t10k-images-idx3-ubyte.gz: file does not exist")
}

// TestFashionCache has the whole data set in the cache, or something else.
func TestFashionCache(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("FINETUNE_DATA", cache)
	dir := filepath.Join(cache, "fashion-mnist")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	write := func(name, data string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	open := func() (*Dataset, error) { return Open(t.Context(), "fashion-mnist", "", Options{Offline: true}) }
	write("notes.txt", "")
	d, err := open()
	if err != nil {
		t.Fatal(err)
	}
	wantSizes(t, d, 10, 1800, 200, 1000)

	write("train-images-idx3-ubyte", idxImages)
	write("train-labels-idx1-ubyte", idxLabels)
	write("t10k-images-idx3-ubyte", idxImages)
	_, err = open()
	wantError(t, err, "\n  t10k-labels-idx1-ubyte.gz from http")

	write("t10k-labels-idx1-ubyte", idxLabels)
	if d, err = open(); err != nil {
		t.Fatal(err)
	}
	wantSizes(t, d, 10, 2, 0, 2)
}

func FuzzIDX(f *testing.F) {
	f.Add([]byte(idxImages), 3)
	f.Add([]byte(idxLabels), 1)
	f.Fuzz(func(t *testing.T, data []byte, dims int) {
		if dims < 1 || dims > 3 {
			return
		}
		sizes, values, err := decodeIDX(bytes.NewReader(data), dims)
		if err != nil {
			return
		}
		n := 1
		for _, s := range sizes {
			n *= s
		}
		if n != len(values) {
			t.Errorf("%d values of %v", len(values), sizes)
		}
	})
}
