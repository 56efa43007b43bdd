package tasks

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

func init() {
	register(Task{
		Name:     "pets",
		Summary:  "Oxford-IIIT Pets: photographs of cats and dogs by breed",
		Official: petsSize,
		Load:     loadPets,
		Layout:   "images/*.jpg, annotations/trainval.txt, annotations/test.txt",
		Archives: []Archive{
			petsArchive("annotations", 19173078, "95a8c909bbe2e81eed6a22bccdf3f68f",
				"52425fb6de5c424942b7626b428656fcbd798db970a937df61750c0f1d358e91"),
			petsArchive("images", 791918971, "5c4f3ee8e5d25df40f4fd59a7f44e54c",
				"67195c5e1c01f1ab5f9b6a5d22b8c27a580d896ece458917e61d459337fa318d"),
		},
		marker:  "annotations",
		folders: []string{"oxford-iiit-pet"},
	})
}

func petsArchive(folder string, bytes int64, md5, sha256 string) Archive {
	name := folder + ".tar.gz"
	return Archive{
		Name:    name,
		Unpacks: []string{folder},
		URLs: []string{
			"https://www.robots.ox.ac.uk/~vgg/data/pets/data/" + name,
			"https://thor.robots.ox.ac.uk/~vgg/data/pets/" + name,
			"https://thor.robots.ox.ac.uk/pets/" + name,
		},
		Bytes:  bytes,
		MD5:    md5,
		SHA256: sha256,
	}
}

var petsSize = Size{Classes: 37, Train: 3680, Test: 3669}

// loadPets reads the official layout of Oxford-IIIT Pets (Parkhi et al., 2012).
// There is no official validation set.
//
// A dir that has trainval.txt itself is another set of labels for the folder
// images beside it. Where the lists have a part of the classes, labels are
// without gaps and in the order of the class ids.
//
// https://www.robots.ox.ac.uk/~vgg/data/pets/
func loadPets(fsys fs.FS, dir string) (*Dataset, error) {
	annotations := "annotations"
	if exists(fsys, path.Join(dir, "trainval.txt")) {
		if dir == "." {
			return nil, errors.New("trainval.txt is at the root of the file system, want it in a folder beside the folder images")
		}
		dir, annotations = path.Dir(dir), path.Base(dir)
	}
	fsys, err := fs.Sub(fsys, dir)
	if err != nil {
		return nil, err
	}
	d := &Dataset{Task: "pets", FS: fsys}
	lists := petLists{names: make([]string, petsSize.Classes), at: map[string]string{}}
	if d.Train, err = lists.read(fsys, annotations+"/trainval.txt"); err != nil {
		return nil, err
	}
	if d.Test, err = lists.read(fsys, annotations+"/test.txt"); err != nil {
		return nil, err
	}
	d.Classes = lists.names
	if err := d.dropUnused(); err != nil {
		return nil, err
	}
	if err := d.checkImages(); err != nil {
		return nil, err
	}
	d.Train, d.Validation = holdOut(d.Train, heldOut)
	of := ""
	if annotations != "annotations" {
		of = " of " + annotations
	}
	d.Protocol = fmt.Sprintf("train on trainval%s (%s; validation: %s of them), test on test (%s)",
		of, grouped(len(d.Train)+len(d.Validation)), grouped(len(d.Validation)), grouped(len(d.Test)))
	d.Partial = petsSize.compare(d)
	return d, nil
}

// petLists holds what the lists of one data set must agree on.
type petLists struct {
	names []string          // Of classes, by label; "" if none was seen.
	at    map[string]string // Where an image was listed, as file:line.
}

// read reads a list of images, the labels of which are class ids less one.
func (l petLists) read(fsys fs.FS, file string) ([]Example, error) {
	r, err := fsys.Open(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	examples, err := l.parse(r, file)
	if err == nil && len(examples) == 0 {
		err = fmt.Errorf("%s: no images are listed", file)
	}
	return examples, err
}

// parse reads lines of "image class-id species breed-id"; a line that begins
// with # is a comment.
func (l petLists) parse(r io.Reader, file string) ([]Example, error) {
	var examples []Example
	lines := bufio.NewScanner(r)
	n := 1
	for ; lines.Scan(); n++ {
		line := strings.TrimPrefix(lines.Text(), "\ufeff")
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		where := fmt.Sprintf("%s:%d", file, n)
		e, err := l.example(line, where)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		examples = append(examples, e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", file, n, err)
	}
	return examples, nil
}

func (l petLists) example(line, where string) (Example, error) {
	fields := strings.Fields(line)
	if len(fields) != 4 {
		return Example{}, fmt.Errorf("found %d fields, want 4: image, class id, species, breed id", len(fields))
	}
	image := fields[0]
	if !isFileName(image) {
		return Example{}, fmt.Errorf("image %q: want the name of a file", image)
	}
	var ids [3]int
	for i, field := range []struct {
		name string
		most int
	}{{"class id", petsSize.Classes}, {"species", 2}, {"breed id", petsSize.Classes}} {
		id, err := strconv.Atoi(fields[i+1])
		if err != nil || id < 1 || id > field.most {
			return Example{}, fmt.Errorf("%s %q: want an integer from 1 to %d", field.name, fields[i+1], field.most)
		}
		ids[i] = id
	}
	label := ids[0] - 1
	if err := l.name(label, image); err != nil {
		return Example{}, err
	}
	if first := l.at[image]; first != "" {
		return Example{}, fmt.Errorf("image %q: is at %s already", image, first)
	}
	l.at[image] = where
	return Example{Path: "images/" + image + ".jpg", Label: label}, nil
}

// name notes the name of a class, which is that of its images up to the number:
// great_pyrenees_12 is of class great_pyrenees.
func (l petLists) name(label int, image string) error {
	i := strings.LastIndexByte(image, '_')
	if i < 1 {
		return fmt.Errorf("image %q: want a name of class and number, as Abyssinian_100", image)
	}
	class := image[:i]
	if known := l.names[label]; known != "" && known != class {
		return fmt.Errorf("image %q: class id %d is of %s", image, label+1, known)
	}
	for other, known := range l.names {
		if known == class && other != label {
			return fmt.Errorf("image %q: class id %d, but %s has %d", image, label+1, class, other+1)
		}
	}
	l.names[label] = class
	return nil
}
