package tasks

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

// fashionSlice has the first images of each class of Fashion-MNIST, as idx
// files like the official ones. fashion/make.go wrote it; fashion/README.md has
// origin and licence.
//
//go:embed fashion/*.gz
var fashionSlice embed.FS

func init() {
	register(Task{
		Name:     "fashion-mnist",
		Summary:  "Fashion-MNIST: grey pictures of clothes, 28×28; a slice of it is in the binary",
		Official: fashionSize,
		Load:     loadFashion,
		Embedded: func() (*Dataset, error) { return loadFashion(fashionSlice, "fashion") },
		Layout:   "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, each plain or .gz",
		Archives: []Archive{
			fashionArchive("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
			fashionArchive("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
			fashionArchive("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
			fashionArchive("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
		},
		marker:  "train-images-idx3-ubyte.gz",
		folders: []string{"FashionMNIST/raw"},
	})
}

// The md5 sums are those of the data set's README.
func fashionArchive(name, md5 string) Archive {
	return Archive{
		Name:    name,
		Unpacks: []string{name, strings.TrimSuffix(name, ".gz")},
		URLs: []string{
			"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/" + name,
			"https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/" + name,
		},
		MD5: md5,
	}
}

var fashionNames = [...]string{
	"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
	"Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
}

var fashionSize = Size{Classes: len(fashionNames), Train: 60000, Test: 10000}

// loadFashion reads the idx files of Fashion-MNIST (Xiao et al., 2017,
// https://arxiv.org/abs/1708.07747). There is no official validation set.
//
// https://github.com/zalandoresearch/fashion-mnist
func loadFashion(fsys fs.FS, dir string) (*Dataset, error) {
	fsys, err := fs.Sub(fsys, dir)
	if err != nil {
		return nil, err
	}
	images := idxFS{}
	train, err := fashionPart(fsys, "train", images, "train")
	if err != nil {
		return nil, err
	}
	test, err := fashionPart(fsys, "t10k", images, "test")
	if err != nil {
		return nil, err
	}
	d := &Dataset{Task: "fashion-mnist", Classes: fashionNames[:], FS: images, Test: test}
	d.Train, d.Validation = holdOut(train, heldOut)
	d.Partial = fashionSize.compare(d)
	of := ""
	if d.Partial != "" {
		of = " of a slice"
	}
	d.Protocol = fmt.Sprintf("train on the %s training images%s (validation: %s of them), test on %s",
		grouped(len(train)), of, grouped(len(d.Validation)), grouped(len(test)))
	return d, nil
}

// fashionPart reads the images and labels of the files that begin with prefix
// and adds the images to a folder.
func fashionPart(fsys fs.FS, prefix string, images idxFS, folder string) ([]Example, error) {
	size, pixels, err := readIDX(fsys, prefix+"-images-idx3-ubyte", 3)
	if err != nil {
		return nil, err
	}
	file := prefix + "-labels-idx1-ubyte"
	_, labels, err := readIDX(fsys, file, 1)
	if err != nil {
		return nil, err
	}
	if len(labels) != size[0] {
		return nil, fmt.Errorf("%s: %d labels, want one for each of the %d images", file, len(labels), size[0])
	}
	examples := make([]Example, len(labels))
	for i, label := range labels {
		if int(label) >= len(fashionNames) {
			return nil, fmt.Errorf("%s: label %d is %d, want 0 to %d", file, i+1, label, len(fashionNames)-1)
		}
		examples[i] = Example{Path: idxPath(folder, i), Label: int(label)}
	}
	images[folder] = grayImages{height: size[1], width: size[2], pixels: pixels}
	return examples, nil
}
