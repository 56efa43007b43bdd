package tasks

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// checkImages sees that the file of every example is there. The error names the
// first that is not, and counts them.
func (d *Dataset) checkImages() error {
	listed := map[string]map[string]bool{}
	total, missing, first := 0, 0, ""
	for _, examples := range [][]Example{d.Train, d.Validation, d.Test} {
		total += len(examples)
		for _, e := range examples {
			dir, name := path.Split(e.Path)
			dir = path.Clean(dir)
			if listed[dir] == nil {
				files, err := fileNames(d.FS, dir)
				if err != nil {
					return err
				}
				listed[dir] = files
			}
			if !listed[dir][name] {
				if missing == 0 {
					first = e.Path
				}
				missing++
			}
		}
	}
	if missing > 0 {
		return fmt.Errorf("%s: no such file (%s of %s images are missing)", first, grouped(missing), grouped(total))
	}
	return nil
}

func fileNames(fsys fs.FS, dir string) (map[string]bool, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool, len(entries))
	for _, e := range entries {
		names[e.Name()] = !e.IsDir()
	}
	return names, nil
}

// compare returns what d lacks of the official data set, for Dataset.Partial.
func (s Size) compare(d *Dataset) string {
	var lacks []string
	for _, c := range []struct {
		what      string
		have, all int
	}{
		{"classes", len(d.Classes), s.Classes},
		{"training images", len(d.Train) + len(d.Validation), s.Train},
		{"test images", len(d.Test), s.Test},
	} {
		switch {
		case c.have < c.all:
			lacks = append(lacks, fmt.Sprintf("%s of %s %s", grouped(c.have), grouped(c.all), c.what))
		case c.have > c.all:
			lacks = append(lacks, fmt.Sprintf("%s %s where the official data set has %s", grouped(c.have), c.what, grouped(c.all)))
		}
	}
	tested := map[int]bool{}
	for _, e := range d.Test {
		tested[e.Label] = true
	}
	if n := len(tested); n < len(d.Classes) {
		lacks = append(lacks, fmt.Sprintf("test images of %s of %s classes", grouped(n), grouped(len(d.Classes))))
	}
	return strings.Join(lacks, ", ")
}

// grouped formats n with a comma between thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// dropUnused leaves out the classes that have no training image, keeping the
// order of the others. A test image of such a class is an error.
func (d *Dataset) dropUnused() error {
	label := make([]int, len(d.Classes)) // New label by old, from 1; 0 is unused.
	for _, e := range d.Train {
		label[e.Label] = 1
	}
	var classes []string
	for i := range label {
		if label[i] > 0 {
			classes = append(classes, d.Classes[i])
			label[i] = len(classes)
		}
	}
	for _, examples := range [][]Example{d.Train, d.Validation, d.Test} {
		for i, e := range examples {
			if label[e.Label] == 0 {
				return fmt.Errorf("%s: class %q has no training images", e.Path, d.Classes[e.Label])
			}
			examples[i].Label = label[e.Label] - 1
		}
	}
	d.Classes = classes
	return nil
}
