package tasks

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

func TestCars(t *testing.T) {
	d := openShared(t, "cars", "cars")
	wantSizes(t, d, 56, 1167-len(d.Validation), len(d.Validation), 1136)
	wantString(t, "Partial", d.Partial, "56 of 196 classes, 1,167 of 8,144 training images, 1,136 of 8,041 test images")
	wantString(t, "Protocol", d.Protocol, "train on cars_train (1,167; validation: 111 of them), test on cars_test (1,136)")
	wantString(t, "class 1", d.Classes[0], "AM General Hummer SUV 2000")
}

// TestCarsOfficial reads the official label files, without images.
func TestCarsOfficial(t *testing.T) {
	fsys := os.DirFS(sharedDir(t, "labels/cars"))
	names, err := carNames(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if len(names) != carsSize.Classes {
		t.Errorf("%d classes, want %d", len(names), carsSize.Classes)
	}
	wantString(t, "class 174", names[173], "Ram C/V Cargo Van Minivan 2012")
	examples, err := carExamples(fsys, "cars_train_annos.mat", "cars_train", len(names))
	if err != nil {
		t.Fatal(err)
	}
	if len(examples) != carsSize.Train {
		t.Errorf("%d training images, want %d", len(examples), carsSize.Train)
	}
	if want := (Example{"cars_train/00001.jpg", 13}); examples[0] != want {
		t.Errorf("first image is %v, want %v", examples[0], want)
	}
	_, err = carExamples(fsys, "cars_test_annos_withlabels.mat", "cars_test", len(names))
	wantError(t, err, "cars_test_annos.mat has no labels: want cars_test_annos_withlabels.mat too")
	_, err = carExamples(fsys, "cars_test_annos.mat", "cars_test", len(names))
	wantError(t, err, `no field "class"`)
	_, err = carExamples(fsys, "cars_train_annos.mat", "cars_train", 190)
	wantError(t, err, "cars_train_annos.mat: annotations(")
	wantError(t, err, "want 1 to 190")
}

// carFiles are the small files of testdata/cars, and their images.
func carFiles(t *testing.T) fstest.MapFS {
	t.Helper()
	fsys := mapFS(nil, "cars_train/00001.jpg", "cars_train/00002.jpg", "cars_train/00003.jpg", "cars_test/00001.jpg", "cars_test/00002.jpg")
	files, err := filepath.Glob("testdata/cars/*.mat")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fsys["devkit/"+filepath.Base(name)] = &fstest.MapFile{Data: data}
	}
	return fsys
}

func TestCarsSmall(t *testing.T) {
	fsys := carFiles(t)
	const labels = "cars_test_annos_withlabels.mat"
	beside := maps.Clone(fsys)
	beside[labels] = beside["devkit/"+labels]
	delete(beside, "devkit/"+labels)
	for _, fsys := range []fs.FS{fsys, beside} {
		d, err := loadCars(fsys, ".")
		if err != nil {
			t.Fatal(err)
		}
		wantSizes(t, d, 2, 2, 1, 2)
		wantString(t, "class 2", d.Classes[1], "Ram C/V 2012")
		wantString(t, "Test", paths(d.Test), "cars_test/00001.jpg=1 cars_test/00002.jpg=0")
	}
}

func TestCarsErrors(t *testing.T) {
	for _, test := range []struct{ file, as, want string }{
		{"cars_meta.mat", "", "open devkit/cars_meta.mat: file does not exist"},
		{"cars_train_annos.mat", "", "open devkit/cars_train_annos.mat: file does not exist"},
		{"cars_test_annos_withlabels.mat", "", "devkit/cars_test_annos.mat has no labels: want cars_test_annos_withlabels.mat too, beside it or beside devkit"},
		{"cars_meta.mat", "cars_train_annos.mat", `devkit/cars_meta.mat: matfile: no variable "class_names": the file has ["annotations"]`},
		{"cars_train_annos.mat", "cars_test_annos.mat", `devkit/cars_train_annos.mat: annotations(1): matfile: variable "annotations": 1×2 struct: no field "class": it has ["bbox_x1" "fname"]`},
		{"cars_train_annos.mat", "range.mat", "devkit/cars_train_annos.mat: annotations(2): class is 4, want 1 to 3"},
		{"cars_train_annos.mat", "outside.mat", `devkit/cars_train_annos.mat: annotations(1): fname is "../x.jpg", want the name of a file`},
		{"cars_train_annos.mat", "twice.mat", "devkit/cars_train_annos.mat: annotations(2): cars_train/00001.jpg is in annotations(1) already"},
		{"cars_test_annos_withlabels.mat", "untrained.mat", `cars_test/00001.jpg: class "Ford" has no training images`},
	} {
		fsys := carFiles(t)
		fsys["devkit/"+test.file] = fsys["devkit/"+test.as]
		if test.as == "" {
			delete(fsys, "devkit/"+test.file)
		}
		_, err := loadCars(fsys, ".")
		wantError(t, err, test.want)
	}
}
