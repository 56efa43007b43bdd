package tasks

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"testing/fstest"
)

// images returns names of n images in a folder.
func images(dir string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s/%d.jpg", dir, i)
	}
	return names
}

func TestFolderClasses(t *testing.T) {
	files := slices.Concat(images("class10", 20), images("class2", 10), images("other/deeper/still", 2), images("other", 1))
	files = append(files, "class2/.hidden.jpg", ".git/x.jpg", "__MACOSX/class2/x.jpg", "class2/notes.txt", "class2/README", "readme.jpg")
	d, err := loadFolder(mapFS(nil, files...), ".")
	if err != nil {
		t.Fatal(err)
	}
	checkDataset(t, d)
	wantString(t, "Classes", fmt.Sprint(d.Classes), "[class2 class10 other]")
	wantSizes(t, d, 3, 25, 4, 4)
	wantString(t, "Partial", d.Partial, "files left out: 1 .txt, 1 without extension")
	for _, split := range [][]Example{d.Validation, d.Test} {
		if n := len(byClass(split)); n != 3 {
			t.Errorf("a split has %d classes", n)
		}
	}
	again, err := loadFolder(mapFS(nil, files...), ".")
	if err != nil {
		t.Fatal(err)
	}
	wantString(t, "Test", paths(again.Test), paths(d.Test))
}

func TestFolderSaysWhichClassesAreNotTested(t *testing.T) {
	d, err := loadFolder(mapFS(nil, slices.Concat(images("a", 10), images("b", 1))...), ".")
	if err != nil {
		t.Fatal(err)
	}
	wantString(t, "Partial", d.Partial, `no test image of 1 of 2 classes, such as "b"`)
}

func TestFolderSplit(t *testing.T) {
	train := slices.Concat(images("train/b", 20), images("train/a", 20))
	for _, test := range []struct {
		files                   []string
		train, validation, test int
		protocol                string
	}{
		{append(images("val/a", 3), images("test/b", 2)...), 40, 3, 2,
			"train on train (40) + val (3), test on test (2)"},
		{append(images("valid/a", 3), images("test/b", 2)...), 40, 3, 2,
			"train on train (40) + valid (3), test on test (2)"},
		{images("validation/a", 3), 36, 4, 3,
			"train on train (40; validation: 4 of them), test on validation (3)"},
		{images("test/a", 3), 36, 4, 3,
			"train on train (40; validation: 4 of them), test on test (3)"},
	} {
		d, err := loadFolder(mapFS(nil, append(test.files, train...)...), ".")
		if err != nil {
			t.Fatal(err)
		}
		checkDataset(t, d)
		wantSizes(t, d, 2, test.train, test.validation, test.test)
		wantString(t, "Protocol", d.Protocol, test.protocol)
	}
}

// TestFolderTrains has pictures of trains, not training pictures.
func TestFolderTrains(t *testing.T) {
	d, err := loadFolder(mapFS(nil, append(images("train", 10), images("bus", 10)...)...), ".")
	if err != nil {
		t.Fatal(err)
	}
	wantString(t, "Classes", fmt.Sprint(d.Classes), "[bus train]")
}

func TestFolderErrors(t *testing.T) {
	for _, test := range []struct {
		files []string
		want  string
	}{
		{nil, "no folders: want one for each class"},
		{[]string{"a.jpg", "b.jpg"}, "no folders: want one for each class"},
		{images("a", 3), `one class, "a": want at least two`},
		{append(images("a", 3), "b/notes.txt"), `b: no images in the folder of class "b"`},
		{slices.Concat(images("train/a", 3), images("val/a", 1), images("valid/a", 1)), "folders val and valid: want one"},
		{slices.Concat(images("train/a", 3), images("train/b", 3), images("test/c", 1)), `test: class "c" is not in train, which has a, b`},
		{append(images("train", 3), "test/x.jpg"), "train: no folders"},
		{append(images("train/a", 3), "test/x.jpg"), "test: no folders"},
	} {
		_, err := loadFolder(mapFS(nil, test.files...), ".")
		wantError(t, err, test.want)
	}
}

// TestFolderLinks follows links to class folders, and ends in a circle.
func TestFolderLinks(t *testing.T) {
	root := t.TempDir()
	for _, class := range []string{"a", "store/b"} {
		dir := filepath.Join(root, "data", class)
		if class == "store/b" {
			dir = filepath.Join(root, "store", "b")
		}
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.png", i)), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Symlink(filepath.Join(root, "store", "b"), filepath.Join(root, "data", "b")); err != nil {
		if runtime.GOOS == "windows" { // Links need a right there.
			t.Skip(err)
		}
		t.Fatal(err)
	}
	d, err := Open(t.Context(), "folder", filepath.Join(root, "data"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantString(t, "Classes", fmt.Sprint(d.Classes), "[a b]")
	if err := os.Symlink("..", filepath.Join(root, "data", "a", "up")); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), "folder", filepath.Join(root, "data"), Options{})
	wantError(t, err, "folders nest deeper than 16")
}

func TestNaturalCompare(t *testing.T) {
	sorted := []string{"", "01", "1", "2", "10", "10a", "A2", "A10", "a", "a1", "a01b", "a2", "a10", "b", "ä"}
	for i, a := range sorted {
		for j, b := range sorted {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := naturalCompare(a, b); got != want {
				t.Errorf("naturalCompare(%q, %q) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func FuzzFolder(f *testing.F) {
	f.Add("a/1.jpg", "b/2.jpg", "train/a/1.png", "test/a/2.png")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		fsys := fstest.MapFS{}
		for _, name := range []string{a, b, c, d} {
			fsys[name] = &fstest.MapFile{}
		}
		if data, err := loadFolder(fsys, "."); err == nil {
			checkDataset(t, data)
		}
	})
}
