package tasks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// shared is where the real data sets lie, beside the repository.
const shared = "../../shared/data"

// sharedDir skips the test where the data is not there.
func sharedDir(t *testing.T, dir string) string {
	t.Helper()
	full := filepath.Join(shared, dir)
	if _, err := os.Stat(full); err != nil {
		t.Skipf("%s: needs ../shared/data beside the repository", dir)
	}
	return full
}

// openShared opens a real data set and checks what holds for all of them.
func openShared(t *testing.T, task, dir string) *Dataset {
	t.Helper()
	d, err := Open(t.Context(), task, sharedDir(t, dir), Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkDataset(t, d)
	return d
}

func checkDataset(t *testing.T, d *Dataset) {
	t.Helper()
	splitOf := map[string]string{}
	for _, split := range []struct {
		name     string
		examples []Example
	}{{"train", d.Train}, {"validation", d.Validation}, {"test", d.Test}} {
		for _, e := range split.examples {
			if e.Label < 0 || e.Label >= len(d.Classes) {
				t.Fatalf("%s: label is %d of %d classes", e.Path, e.Label, len(d.Classes))
			}
			if other := splitOf[e.Path]; other != "" {
				t.Fatalf("%s is in %s and %s", e.Path, other, split.name)
			}
			splitOf[e.Path] = split.name
		}
	}
	names := map[string]bool{}
	for _, c := range d.Classes {
		if c == "" || names[c] {
			t.Errorf("class %q is empty or there twice", c)
		}
		names[c] = true
	}
	if d.Protocol == "" {
		t.Error("no protocol")
	}
}

func wantSizes(t *testing.T, d *Dataset, classes, train, validation, test int) {
	t.Helper()
	got := fmt.Sprintf("%d classes, %d train, %d validation, %d test", len(d.Classes), len(d.Train), len(d.Validation), len(d.Test))
	want := fmt.Sprintf("%d classes, %d train, %d validation, %d test", classes, train, validation, test)
	if got != want {
		t.Errorf("%s: %s, want %s", d.Task, got, want)
	}
}

func wantString(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %q, want %q", what, got, want)
	}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want one with %q", err, want)
	}
}

// paths returns the paths of examples, with their labels if asked for.
func paths(examples []Example) string {
	var s []string
	for _, e := range examples {
		s = append(s, fmt.Sprintf("%s=%d", e.Path, e.Label))
	}
	return strings.Join(s, " ")
}

// mapFS makes a file system of empty files, but for those with contents.
func mapFS(contents map[string]string, empty ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, data := range contents {
		m[name] = &fstest.MapFile{Data: []byte(data)}
	}
	for _, name := range empty {
		m[name] = &fstest.MapFile{}
	}
	return m
}

func TestLookup(t *testing.T) {
	for _, task := range All() {
		got, err := Lookup(task.Name)
		if err != nil || got.Name != task.Name {
			t.Errorf("Lookup(%q) = %q, %v", task.Name, got.Name, err)
		}
		if task.Summary == "" || task.Layout == "" || task.Load == nil {
			t.Errorf("%s: no summary, layout or loader", task.Name)
		}
		for _, a := range task.Archives {
			if len(a.URLs) == 0 || len(a.Unpacks) == 0 || len(a.MD5) != 32 {
				t.Errorf("%s: %s: no address, or no hash", task.Name, a.Name)
			}
		}
	}
	_, err := Lookup("birds")
	if !errors.Is(err, ErrUnknownTask) {
		t.Errorf("error is %v, want %v", err, ErrUnknownTask)
	}
	wantError(t, err, `tasks: unknown task "birds": want `)
	wantError(t, err, "fashion-mnist, flowers, folder")
}

func TestFlowers(t *testing.T) {
	d := openShared(t, "flowers", "flowers")
	wantSizes(t, d, 102, 1020, 1020, 6149)
	wantString(t, "Protocol", d.Protocol, "train on trnid + valid (2,040), test on tstid (6,149)")
	wantString(t, "Partial", d.Partial, "")
	wantString(t, "first", d.Train[0].Path, "jpg/image_06765.jpg")

	// The numbers of images are those of the data set's page.
	count := map[string]int{}
	for _, examples := range [][]Example{d.Train, d.Validation, d.Test} {
		for _, e := range examples {
			count[d.Classes[e.Label]]++
		}
	}
	for name, want := range map[string]int{"petunia": 258, "passion flower": 251, "wallflower": 196, "water lily": 194, "watercress": 184} {
		if count[name] != want {
			t.Errorf("%d images of %s, want %d", count[name], name, want)
		}
	}
	f, err := d.FS.Open(d.Test[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestFlowersErrors(t *testing.T) {
	dir := sharedDir(t, "labels/flowers")
	labels, err := os.ReadFile(filepath.Join(dir, "imagelabels.mat"))
	if err != nil {
		t.Fatal(err)
	}
	setid, err := os.ReadFile(filepath.Join(dir, "setid.mat"))
	if err != nil {
		t.Fatal(err)
	}
	hdf5 := "MATLAB 7.3 MAT-file, Platform: GLNXA64" + strings.Repeat(" ", 600)
	for _, test := range []struct {
		files map[string]string
		want  string
	}{
		{nil, "open imagelabels.mat: file does not exist"},
		{map[string]string{"imagelabels.mat": string(labels)}, "open setid.mat: file does not exist"},
		{map[string]string{"imagelabels.mat": hdf5}, "save it with -v7"},
		{map[string]string{"imagelabels.mat": string(labels[:300])}, "imagelabels.mat: matfile: byte 128: variable: miCOMPRESSED of 366 bytes, found 164"},
		{map[string]string{"imagelabels.mat": string(setid)}, `imagelabels.mat: matfile: no variable "labels"`},
		{map[string]string{"imagelabels.mat": string(labels), "setid.mat": string(setid)}, "jpg"},
		{map[string]string{"imagelabels.mat": string(labels), "setid.mat": string(setid), "jpg/image_00001.jpg": ""},
			"jpg/image_06765.jpg: no such file (8,188 of 8,189 images are missing)"},
	} {
		_, err := loadFlowers(mapFS(test.files), ".")
		wantError(t, err, test.want)
	}
}

func TestFashionSlice(t *testing.T) {
	t.Setenv("FINETUNE_DATA", t.TempDir())
	d, err := Open(t.Context(), "fashion-mnist", "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkDataset(t, d)
	wantSizes(t, d, 10, 1800, 200, 1000)
	wantString(t, "Protocol", d.Protocol, "train on the 2,000 training images of a slice (validation: 200 of them), test on 1,000")
	wantString(t, "Partial", d.Partial, "2,000 of 60,000 training images, 1,000 of 10,000 test images")
	for _, examples := range [][]Example{d.Train, d.Validation, d.Test} {
		for _, class := range byClass(examples) {
			if len(class) != len(examples)/10 {
				t.Errorf("%d of %d images are of class %d", len(class), len(examples), examples[class[0]].Label)
			}
		}
	}
	// The first training image is an ankle boot; so is the first test image.
	if e := d.Test[0]; e.Path != "test/00000.png" || d.Classes[e.Label] != "Ankle boot" {
		t.Errorf("first test image is %v, want an ankle boot", e)
	}
	data, err := fs.ReadFile(d.FS, d.Test[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 28 || b.Dy() != 28 {
		t.Errorf("image has %v, want 28×28", b)
	}
}

func TestFashionWhole(t *testing.T) {
	const dir = "/usr/share/datasets/fashion-mnist"
	if testing.Short() {
		t.Skip("reads 70,000 pictures")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("needs Debian's package dataset-fashion-mnist")
	}
	d, err := Open(t.Context(), "fashion-mnist", dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkDataset(t, d)
	wantSizes(t, d, 10, 54000, 6000, 10000)
	wantString(t, "Partial", d.Partial, "")
}

func TestOpenMissing(t *testing.T) {
	root := t.TempDir()
	t.Setenv("FINETUNE_DATA", root)
	for _, task := range []string{"flowers", "folder"} {
		_, err := Open(context.Background(), task, "", Options{Offline: true})
		var missing *MissingError
		if !errors.As(err, &missing) || missing.Dir != filepath.Join(root, task) {
			t.Errorf("%s: error is %v, want a MissingError", task, err)
		}
	}
	_, err := Open(context.Background(), "flowers", "", Options{Offline: true})
	wantError(t, err, "102flowers.tgz (344,862,509 bytes) from https://www.robots.ox.ac.uk/~vgg/data/flowers/102/102flowers.tgz")
	_, err = Open(context.Background(), "flowers", filepath.Join(root, "nowhere"), Options{})
	wantError(t, err, "no such folder")
	_, err = Open(context.Background(), "flowers", root, Options{})
	wantError(t, err, "open imagelabels.mat: no such file or directory (want jpg/")
	if err := os.WriteFile(filepath.Join(root, "102flowers.tgz"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	_, err = Open(context.Background(), "flowers", root, Options{})
	wantError(t, err, "open imagelabels.mat: no such file or directory (102flowers.tgz is there: unpack it)")
	file := filepath.Join(root, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	_, err = Open(context.Background(), "flowers", file, Options{})
	wantError(t, err, "is a file, want a folder with jpg/")
}

// TestOpenOuter gives the folder that holds the data set under its name.
func TestOpenOuter(t *testing.T) {
	outer, err := filepath.Abs(sharedDir(t, "flowers"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), "flowers", filepath.Dir(outer), Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantSizes(t, d, 102, 1020, 1020, 6149)
}
