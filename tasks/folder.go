package tasks

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

func init() {
	register(Task{
		Name:    "folder",
		Summary: "images of your own: one folder a class, or train, val and test folders of such",
		Load:    loadFolder,
		Layout:  "CLASS/*.jpg (or .jpeg, .png, .gif, .bmp, .webp), or train/CLASS/*.jpg, val/CLASS/*.jpg, test/CLASS/*.jpg",
	})
}

var (
	imageExtensions    = []string{".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp"}
	validationSynonyms = []string{"val", "valid", "validation"}
)

// loadFolder reads a folder of images, in one of two layouts.
//
// A folder with train and at least one of test, val, valid and validation in it
// is split already; each has one folder a class, and what lies beside them is
// left out. Without test, the validation
// folder is the test set; without a validation folder, or where it serves as
// the test set, 10 % of the training images of each class are held out.
//
// Else every folder is a class, and of its images 10 % are for validation and
// 10 % for testing, which ones depending on their paths alone.
//
// Classes are the folders' names in natural order ("2" before "10"). Images may
// lie deeper in the folder of their class. Hidden files and files with another
// extension are left out.
func loadFolder(fsys fs.FS, dir string) (*Dataset, error) {
	fsys, err := fs.Sub(fsys, dir)
	if err != nil {
		return nil, err
	}
	f := &imageFolder{fsys: fsys, skipped: map[string]int{}}
	folders, err := f.folders(".")
	if err != nil {
		return nil, err
	}
	d := &Dataset{Task: "folder", FS: fsys}
	if isSplit(folders) {
		err = f.loadSplit(d, folders)
	} else {
		err = f.loadClasses(d, folders)
	}
	if err != nil {
		return nil, err
	}
	if len(d.Classes) < 2 {
		return nil, fmt.Errorf("one class, %q: want at least two", d.Classes[0])
	}
	d.Partial = strings.Join(slices.DeleteFunc([]string{f.leftOut(), untested(d)}, func(s string) bool { return s == "" }), "; ")
	return d, nil
}

// untested says which classes an accuracy is silent about: those without a test image.
func untested(d *Dataset) string {
	tested := make([]bool, len(d.Classes))
	for _, e := range d.Test {
		tested[e.Label] = true
	}
	var without []string
	for label, class := range d.Classes {
		if !tested[label] {
			without = append(without, class)
		}
	}
	if len(without) == 0 || len(d.Test) == 0 {
		return ""
	}
	return fmt.Sprintf("no test image of %s of %s classes, such as %q", grouped(len(without)), grouped(len(d.Classes)), without[0])
}

func isSplit(folders []string) bool {
	return slices.Contains(folders, "train") && slices.ContainsFunc(folders, func(name string) bool {
		return name == "test" || slices.Contains(validationSynonyms, name)
	})
}

// loadClasses fills d from the folders of the classes.
func (f *imageFolder) loadClasses(d *Dataset, folders []string) error {
	if len(folders) == 0 {
		return fmt.Errorf("no folders: want one for each class, with images in it")
	}
	d.Classes = folders
	all, err := f.examples(".", d.Classes, folders)
	if err != nil {
		return err
	}
	var rest []Example
	rest, d.Test = holdOut(all, heldOut)
	d.Train, d.Validation = holdOut(rest, heldOut/(1-heldOut))
	d.Protocol = fmt.Sprintf("split by path, class by class: train on %s (validation: %s of them), test on %s",
		grouped(len(d.Train)+len(d.Validation)), grouped(len(d.Validation)), grouped(len(d.Test)))
	return nil
}

// loadSplit fills d from the folders train, val and test.
func (f *imageFolder) loadSplit(d *Dataset, folders []string) (err error) {
	var validation []string
	for _, name := range folders {
		if slices.Contains(validationSynonyms, name) {
			validation = append(validation, name)
		}
	}
	if len(validation) > 1 {
		return fmt.Errorf("folders %s and %s: want one for validation", validation[0], validation[1])
	}
	if d.Classes, err = f.folders("train"); err != nil {
		return err
	}
	if len(d.Classes) == 0 {
		return fmt.Errorf("train: no folders: want one for each class, with images in it")
	}
	if d.Train, err = f.splitExamples("train", d.Classes); err != nil {
		return err
	}
	test := "test"
	if len(validation) == 1 {
		if d.Validation, err = f.splitExamples(validation[0], d.Classes); err != nil {
			return err
		}
	}
	if slices.Contains(folders, "test") {
		if d.Test, err = f.splitExamples("test", d.Classes); err != nil {
			return err
		}
	} else {
		test, d.Test, d.Validation = validation[0], d.Validation, nil
	}
	train := ""
	if d.Validation == nil {
		d.Train, d.Validation = holdOut(d.Train, heldOut)
		train = fmt.Sprintf("train (%s; validation: %s of them)", grouped(len(d.Train)+len(d.Validation)), grouped(len(d.Validation)))
	} else {
		train = fmt.Sprintf("train (%s) + %s (%s)", grouped(len(d.Train)), validation[0], grouped(len(d.Validation)))
	}
	d.Protocol = fmt.Sprintf("train on %s, test on %s (%s)", train, test, grouped(len(d.Test)))
	return nil
}

// splitExamples reads a folder of class folders, the names of which must be
// classes; one of them may be absent.
func (f *imageFolder) splitExamples(dir string, classes []string) ([]Example, error) {
	folders, err := f.folders(dir)
	if err != nil {
		return nil, err
	}
	examples, err := f.examples(dir, classes, folders)
	if err == nil && len(examples) == 0 {
		err = fmt.Errorf("%s: no folders: want one for each class, with images in it", dir)
	}
	return examples, err
}

// An imageFolder finds images, and counts the files that it leaves out.
type imageFolder struct {
	fsys    fs.FS
	skipped map[string]int // By extension.
}

// folders returns the names of the folders in dir that are not hidden, in
// natural order.
func (f *imageFolder) folders(dir string) ([]string, error) {
	entries, err := fs.ReadDir(f.fsys, dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if hidden(e.Name()) {
			continue
		}
		if folder, err := f.isFolder(dir, e); err != nil {
			return nil, err
		} else if folder {
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, naturalCompare)
	return names, nil
}

// isFolder follows symbolic links.
func (f *imageFolder) isFolder(dir string, e fs.DirEntry) (bool, error) {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir(), nil
	}
	info, err := fs.Stat(f.fsys, path.Join(dir, e.Name()))
	if err != nil {
		return false, err
	}
	return info.IsDir(), nil
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") || name == "__MACOSX" }

// examples returns the images in the folders of dir, each of which is a class.
func (f *imageFolder) examples(dir string, classes, folders []string) ([]Example, error) {
	var examples []Example
	for _, folder := range folders {
		label := slices.Index(classes, folder)
		if label < 0 {
			return nil, fmt.Errorf("%s: class %q is not in train, which has %s", dir, folder, strings.Join(classes, ", "))
		}
		paths, err := f.images(path.Join(dir, folder), 1)
		if err != nil {
			return nil, err
		}
		if len(paths) == 0 {
			return nil, fmt.Errorf("%s: no images in the folder of class %q: want files named %s",
				path.Join(dir, folder), folder, strings.Join(imageExtensions, ", "))
		}
		for _, p := range paths {
			examples = append(examples, Example{Path: p, Label: label})
		}
	}
	return examples, nil
}

// images returns the paths of the images in dir and deeper, in natural order.
func (f *imageFolder) images(dir string, depth int) ([]string, error) {
	const deepest = 16 // Symbolic links can make a circle.
	if depth > deepest {
		return nil, fmt.Errorf("%s: folders nest deeper than %d, want no more", dir, deepest)
	}
	entries, err := fs.ReadDir(f.fsys, dir)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return naturalCompare(a.Name(), b.Name()) })
	var paths []string
	for _, e := range entries {
		if hidden(e.Name()) {
			continue
		}
		folder, err := f.isFolder(dir, e)
		if err != nil {
			return nil, err
		}
		name := path.Join(dir, e.Name())
		extension := strings.ToLower(path.Ext(name))
		switch {
		case folder:
			inner, err := f.images(name, depth+1)
			if err != nil {
				return nil, err
			}
			paths = append(paths, inner...)
		case slices.Contains(imageExtensions, extension):
			paths = append(paths, name)
		default:
			f.skipped[extension]++
		}
	}
	return paths, nil
}

// leftOut says which files are no images by their extension.
func (f *imageFolder) leftOut() string {
	var counts []string
	for extension, n := range f.skipped {
		if extension == "" {
			extension = "without extension"
		}
		counts = append(counts, fmt.Sprintf("%s %s", grouped(n), extension))
	}
	if len(counts) == 0 {
		return ""
	}
	slices.Sort(counts)
	return "files left out: " + strings.Join(counts, ", ")
}
