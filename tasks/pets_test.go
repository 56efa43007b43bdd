package tasks

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPets(t *testing.T) {
	for _, test := range []struct {
		dir                              string
		classes, train, validation, test int
		protocol, partial                string
	}{
		{"pets", 37, 640 - 64, 64, 298,
			"train on trainval (640; validation: 64 of them), test on test (298)",
			"640 of 3,680 training images, 298 of 3,669 test images, test images of 3 of 37 classes"},
		{"pets/annotations_3class", 3, 270, 30, 298,
			"train on trainval of annotations_3class (300; validation: 30 of them), test on test (298)",
			"3 of 37 classes, 300 of 3,680 training images, 298 of 3,669 test images"},
		{"pets/annotations_37class_5shot_derived", 37, 148, 37, 185,
			"train on trainval of annotations_37class_5shot_derived (185; validation: 37 of them), test on test (185)",
			"185 of 3,680 training images, 185 of 3,669 test images"},
	} {
		t.Run(test.dir, func(t *testing.T) {
			d := openShared(t, "pets", test.dir)
			wantSizes(t, d, test.classes, test.train, test.validation, test.test)
			wantString(t, "Protocol", d.Protocol, test.protocol)
			wantString(t, "Partial", d.Partial, test.partial)
			if test.classes == 3 {
				wantString(t, "Classes", fmt.Sprint(d.Classes), "[Abyssinian american_bulldog Bengal]")
			}
		})
	}
}

// TestPetsFull reads the lists of the whole data set, without images.
func TestPetsFull(t *testing.T) {
	dir := sharedDir(t, "labels/pets_full_rebuilt")
	lists := petLists{names: make([]string, petsSize.Classes), at: map[string]string{}}
	for name, want := range map[string]int{"trainval.txt": petsSize.Train, "test.txt": petsSize.Test} {
		examples, err := lists.read(os.DirFS(dir), name)
		if err != nil {
			t.Fatal(err)
		}
		if len(examples) != want {
			t.Errorf("%s has %d images, want %d", name, len(examples), want)
		}
	}
	for i, name := range lists.names {
		if i > 0 && strings.ToLower(name) <= strings.ToLower(lists.names[i-1]) {
			t.Errorf("class %d is %q after %q, want the order of the alphabet", i+1, name, lists.names[i-1])
		}
	}
	// The images are not there.
	_, err := Open(t.Context(), "pets", filepath.Clean(dir), Options{})
	wantError(t, err, "open images: no such file or directory")
}

// TestPetsOdd reads pictures of odd formats beside stray MAT-files.
func TestPetsOdd(t *testing.T) {
	dir := sharedDir(t, "pets_odd_originals")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]int{"Abyssinian": 1, "american_bulldog": 2, "Bengal": 6, "Egyptian_Mau": 12, "german_shorthaired": 15}
	var list strings.Builder
	fsys := fstest.MapFS{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		fsys["images/"+e.Name()] = &fstest.MapFile{Data: data}
		if image, ok := strings.CutSuffix(e.Name(), ".jpg"); ok {
			class := image[:strings.LastIndexByte(image, '_')]
			fmt.Fprintf(&list, "%s %d 1 1\n", image, ids[class])
		}
	}
	fsys["annotations/trainval.txt"] = &fstest.MapFile{Data: []byte(list.String())}
	fsys["annotations/test.txt"] = &fstest.MapFile{Data: []byte("beagle_1 5 2 1")}
	_, err = loadPets(fsys, ".")
	wantError(t, err, `images/beagle_1.jpg: class "beagle" has no training images`)
	fsys["annotations/test.txt"] = &fstest.MapFile{Data: []byte("Abyssinian_102 1 1 1")}
	_, err = loadPets(fsys, ".")
	wantError(t, err, "images/Abyssinian_102.jpg: no such file (1 of 12 images are missing)")
	fsys["images/Abyssinian_102.jpg"] = &fstest.MapFile{}
	d, err := loadPets(fsys, ".")
	if err != nil {
		t.Fatal(err)
	}
	checkDataset(t, d)
	wantSizes(t, d, 5, 11-len(d.Validation), len(d.Validation), 1)
}

const petList = `#Image CLASS-ID SPECIES BREED ID
#ID: 1:37 Class ids
beagle_1 5 2 4

Abyssinian_1 1 1 1
great_pyrenees_20 16 2 9
`

func TestPetsSubset(t *testing.T) {
	fsys := mapFS(map[string]string{
		"pets/mine/trainval.txt": petList, "pets/mine/test.txt": "\ufeffbeagle_2 5 2 4\r\n",
	}, "pets/images/beagle_1.jpg", "pets/images/beagle_2.jpg", "pets/images/Abyssinian_1.jpg", "pets/images/great_pyrenees_20.jpg")
	d, err := loadPets(fsys, "pets/mine")
	if err != nil {
		t.Fatal(err)
	}
	wantString(t, "Classes", fmt.Sprint(d.Classes), "[Abyssinian beagle great_pyrenees]")
	wantString(t, "Train", paths(d.Train), "images/beagle_1.jpg=1 images/Abyssinian_1.jpg=0 images/great_pyrenees_20.jpg=2")
	wantString(t, "Test", paths(d.Test), "images/beagle_2.jpg=1")

	delete(fsys, "pets/images/Abyssinian_1.jpg")
	_, err = loadPets(fsys, "pets/mine")
	wantError(t, err, "images/Abyssinian_1.jpg: no such file (1 of 4 images are missing)")
}

func TestPetsErrors(t *testing.T) {
	for _, test := range []struct{ trainval, test, want string }{
		{"", "beagle_2 5 2 4", "annotations/trainval.txt: no images are listed"},
		{petList, "# nothing\n", "annotations/test.txt: no images are listed"},
		{petList, "beagle_2 5 2", "annotations/test.txt:1: found 3 fields, want 4"},
		{petList + "beagle_2 x 2 4", "", `annotations/trainval.txt:7: class id "x": want an integer from 1 to 37`},
		{petList + "\nbeagle_2 38 2 4", "", `annotations/trainval.txt:8: class id "38": want an integer from 1 to 37`},
		{petList, "beagle_2 0 2 4", `annotations/test.txt:1: class id "0": want an integer from 1 to 37`},
		{petList, "beagle_2 5 3 4", `annotations/test.txt:1: species "3": want an integer from 1 to 2`},
		{petList, "beagle_2 5 2 -", `annotations/test.txt:1: breed id "-": want`},
		{petList, "../../etc/passwd_1 5 2 4", `annotations/test.txt:1: image "../../etc/passwd_1": want the name of a file`},
		{petList, "beagle 5 2 4", `annotations/test.txt:1: image "beagle": want a name of class and number`},
		{petList, "pug_2 5 2 4", `annotations/test.txt:1: image "pug_2": class id 5 is of beagle`},
		{petList, "beagle_2 6 2 4", `annotations/test.txt:1: image "beagle_2": class id 6, but beagle has 5`},
		{petList, "beagle_1 5 2 4", `annotations/test.txt:1: image "beagle_1": is at annotations/trainval.txt:3 already`},
		{petList, "pug_1 26 2 4", `images/pug_1.jpg: class "pug" has no training images`},
		{petList, strings.Repeat("x", 1<<17), "annotations/test.txt:1: bufio.Scanner: token too long"},
	} {
		_, err := loadPets(mapFS(map[string]string{"annotations/trainval.txt": test.trainval, "annotations/test.txt": test.test}), ".")
		wantError(t, err, test.want)
	}
	_, err := loadPets(mapFS(map[string]string{"trainval.txt": petList}), ".")
	wantError(t, err, "trainval.txt is at the root")
	_, err = loadPets(mapFS(nil), ".")
	wantError(t, err, "open annotations/trainval.txt: file does not exist")
}

func FuzzPetList(f *testing.F) {
	f.Add(petList)
	f.Add("a_1 1 1 1\r\n\ufeffb_2 37 2 12")
	f.Fuzz(func(t *testing.T, list string) {
		lists := petLists{names: make([]string, petsSize.Classes), at: map[string]string{}}
		examples, err := lists.parse(strings.NewReader(list), "list.txt")
		if err != nil {
			return
		}
		for _, e := range examples {
			if e.Label < 0 || e.Label >= petsSize.Classes || lists.names[e.Label] == "" || !strings.HasPrefix(e.Path, "images/") {
				t.Errorf("example is %v", e)
			}
		}
	})
}
