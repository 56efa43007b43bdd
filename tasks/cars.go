package tasks

import (
	"fmt"
	"io/fs"
	"strings"

	"finetune/internal/matfile"
)

func init() {
	const (
		host   = "http://ai.stanford.edu/~jkrause/"
		mirror = "http://imagenet.stanford.edu/internal/car196/"
	)
	register(Task{
		Name:     "cars",
		Summary:  "Stanford Cars: photographs of cars by make, model and year",
		Official: carsSize,
		Load:     loadCars,
		Layout:   "cars_train/*.jpg, cars_test/*.jpg, devkit/*.mat, and cars_test_annos_withlabels.mat there or in devkit",
		Archives: []Archive{
			{
				Name:    "car_devkit.tgz",
				Unpacks: []string{"devkit"},
				URLs: []string{
					host + "cars/car_devkit.tgz",
					"https://github.com/pytorch/vision/files/11644847/car_devkit.tgz",
				},
				Bytes:  330960,
				MD5:    "c3b158d763b6e2245038c8ad08e45376",
				SHA256: "b97deb463af7d58b6bfaa18b2a4de9829f0f79e8ce663dfa9261bf7810e9accd",
			},
			{
				Name:    "cars_test_annos_withlabels.mat",
				Unpacks: []string{"cars_test_annos_withlabels.mat", "devkit/cars_test_annos_withlabels.mat"},
				URLs:    []string{host + "car196/cars_test_annos_withlabels.mat", mirror + "cars_test_annos_withlabels.mat"},
				Bytes:   185758,
				MD5:     "b0a2b23655a3edd16d84508592a98d10",
				SHA256:  "790f75be8ea34eeded134cc559332baf23e30e91367e9ddca97d26ed9b895f05",
			},
			{
				Name:    "cars_train.tgz",
				Unpacks: []string{"cars_train"},
				URLs:    []string{host + "car196/cars_train.tgz", mirror + "cars_train.tgz"},
				Bytes:   979269282,
				MD5:     "065e5b463ae28d29e77c1b4b166cfe61",
				SHA256:  "512b227b30e2f0a8aab9e09485786ab4479582073a144998da74d64b801fd288",
			},
			{
				Name:    "cars_test.tgz",
				Unpacks: []string{"cars_test"},
				URLs:    []string{host + "car196/cars_test.tgz", mirror + "cars_test.tgz"},
				Bytes:   977350468,
				MD5:     "4ce7ebf6a94d07f1952d94dd34c4d501",
				SHA256:  "bffea656d6f425cba3c91c6d83336e4c5f86c6cffd8975b0f375d3a10da8e243",
			},
		},
		marker:  "devkit",
		folders: []string{"stanford_cars"},
	})
}

var carsSize = Size{Classes: 196, Train: 8144, Test: 8041}

// loadCars reads the official layout of Stanford Cars (Krause et al., 2013).
// There is no official validation set. The bounding boxes are not used.
//
// https://ai.stanford.edu/~jkrause/cars/car_dataset.html
func loadCars(fsys fs.FS, dir string) (*Dataset, error) {
	fsys, err := fs.Sub(fsys, dir)
	if err != nil {
		return nil, err
	}
	d := &Dataset{Task: "cars", FS: fsys}
	if d.Classes, err = carNames(fsys); err != nil {
		return nil, err
	}
	if d.Train, err = carExamples(fsys, "cars_train_annos.mat", "cars_train", len(d.Classes)); err != nil {
		return nil, err
	}
	if d.Test, err = carExamples(fsys, "cars_test_annos_withlabels.mat", "cars_test", len(d.Classes)); err != nil {
		return nil, err
	}
	if err := d.dropUnused(); err != nil {
		return nil, err
	}
	if err := d.checkImages(); err != nil {
		return nil, err
	}
	d.Train, d.Validation = holdOut(d.Train, heldOut)
	d.Protocol = fmt.Sprintf("train on cars_train (%s; validation: %s of them), test on cars_test (%s)",
		grouped(len(d.Train)+len(d.Validation)), grouped(len(d.Validation)), grouped(len(d.Test)))
	d.Partial = carsSize.compare(d)
	return d, nil
}

// carFile returns the path of a label file, which lies in devkit or beside it.
func carFile(fsys fs.FS, name string) string {
	if inner := "devkit/" + name; exists(fsys, inner) || !exists(fsys, name) {
		return inner
	}
	return name
}

func carNames(fsys fs.FS) ([]string, error) {
	file := carFile(fsys, "cars_meta.mat")
	f, err := readMat(fsys, file)
	if err != nil {
		return nil, err
	}
	cells, err := f.Var("class_names")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	names := make([]string, cells.Len())
	for i := range names {
		cell, err := cells.Cell(i)
		if err == nil {
			names[i], err = cell.Text()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: class_names(%d): %w", file, i+1, err)
		}
	}
	return names, nil
}

// carExamples reads a struct array of annotations; images lie in folder.
func carExamples(fsys fs.FS, name, folder string, classes int) ([]Example, error) {
	file := carFile(fsys, name)
	if unlabelled := carFile(fsys, "cars_test_annos.mat"); !exists(fsys, file) && folder == "cars_test" && exists(fsys, unlabelled) {
		return nil, fmt.Errorf("%s has no labels: want %s too, beside it or beside devkit", unlabelled, name)
	}
	f, err := readMat(fsys, file)
	if err != nil {
		return nil, err
	}
	annotations, err := f.Var("annotations")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	examples := make([]Example, annotations.Len())
	seen := map[string]int{}
	for i := range examples {
		if examples[i], err = carExample(annotations, i, folder, classes); err != nil {
			return nil, fmt.Errorf("%s: annotations(%d): %w", file, i+1, err)
		}
		image := examples[i].Path
		if first := seen[image]; first > 0 {
			return nil, fmt.Errorf("%s: annotations(%d): %s is in annotations(%d) already", file, i+1, image, first)
		}
		seen[image] = i + 1
	}
	return examples, nil
}

func carExample(annotations *matfile.Array, i int, folder string, classes int) (Example, error) {
	field, err := annotations.Field(i, "class")
	if err != nil {
		return Example{}, err
	}
	class, err := field.Int()
	if err != nil {
		return Example{}, fmt.Errorf("class: %w", err)
	}
	if class < 1 || class > classes {
		return Example{}, fmt.Errorf("class is %d, want 1 to %d", class, classes)
	}
	if field, err = annotations.Field(i, "fname"); err != nil {
		return Example{}, err
	}
	name, err := field.Text()
	if err != nil {
		return Example{}, fmt.Errorf("fname: %w", err)
	}
	if !isFileName(name) {
		return Example{}, fmt.Errorf("fname is %q, want the name of a file", name)
	}
	return Example{Path: folder + "/" + name, Label: class - 1}, nil
}

// isFileName reports whether name can be that of a file in a folder.
func isFileName(name string) bool {
	return fs.ValidPath(name) && name != "." && !strings.ContainsAny(name, `/\`)
}
