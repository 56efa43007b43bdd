package tasks

import (
	"fmt"
	"io/fs"

	"finetune/internal/matfile"
)

func init() {
	register(Task{
		Name:     "flowers",
		Summary:  "Oxford Flowers-102: photographs of flowers common in the United Kingdom",
		Official: flowersSize,
		Load:     loadFlowers,
		Layout:   "jpg/image_00001.jpg to image_08189.jpg, imagelabels.mat, setid.mat",
		Archives: []Archive{
			flowersArchive("102flowers.tgz", "jpg", 344862509, "52808999861908f626f3c1f4e79d11fa",
				"2d01ecc807db462958cfe3d92f57a8c252b4abd240eb955770201e45f783b246"),
			flowersArchive("imagelabels.mat", "imagelabels.mat", 502, "e0620be6f572b9609742df49c70aed4d",
				"4903e94206bac23bf772aadf06451916df56b58fc483a62db32a97b82656651d"),
			flowersArchive("setid.mat", "setid.mat", 14989, "a5357ecc9cb78c4bef273ce3793fc85c",
				"46b8678f91fd95d3c8f4feab80d271a6c834a1dd896fe29fd3e6ad9ce5c8dccd"),
		},
		marker:  "setid.mat",
		folders: []string{"flowers-102"},
	})
}

func flowersArchive(name, unpacks string, bytes int64, md5, sha256 string) Archive {
	return Archive{
		Name:    name,
		Unpacks: []string{unpacks},
		URLs: []string{
			"https://www.robots.ox.ac.uk/~vgg/data/flowers/102/" + name,
			"https://thor.robots.ox.ac.uk/flowers/102/" + name,
		},
		Bytes:  bytes,
		MD5:    md5,
		SHA256: sha256,
	}
}

var flowersSize = Size{Classes: len(flowerNames), Train: 2040, Test: 6149}

// loadFlowers reads the official layout of Oxford Flowers-102 (Nilsback and
// Zisserman, 2008): imagelabels.mat has the label of each image, from 1, and
// setid.mat the numbers of the images of each split.
//
// https://www.robots.ox.ac.uk/~vgg/data/flowers/102/
func loadFlowers(fsys fs.FS, dir string) (*Dataset, error) {
	fsys, err := fs.Sub(fsys, dir)
	if err != nil {
		return nil, err
	}
	labels, err := flowerLabels(fsys)
	if err != nil {
		return nil, err
	}
	setid, err := readMat(fsys, "setid.mat")
	if err != nil {
		return nil, err
	}
	d := &Dataset{Task: "flowers", Classes: flowerNames[:], FS: fsys}
	splitOf := make([]string, len(labels))
	for _, split := range []struct {
		variable string
		examples *[]Example
	}{{"trnid", &d.Train}, {"valid", &d.Validation}, {"tstid", &d.Test}} {
		if *split.examples, err = flowerSplit(setid, split.variable, labels, splitOf); err != nil {
			return nil, err
		}
	}
	d.Protocol = fmt.Sprintf("train on trnid + valid (%s), test on tstid (%s)",
		grouped(len(d.Train)+len(d.Validation)), grouped(len(d.Test)))
	d.Partial = flowersSize.compare(d)
	if err := d.checkImages(); err != nil {
		return nil, err
	}
	return d, nil
}

// flowerLabels returns the label of each image, from 0.
func flowerLabels(fsys fs.FS) ([]int, error) {
	const file = "imagelabels.mat"
	f, err := readMat(fsys, file)
	if err != nil {
		return nil, err
	}
	labels, err := matInts(f, file, "labels")
	if err != nil {
		return nil, err
	}
	for i, label := range labels {
		if label < 1 || label > len(flowerNames) {
			return nil, fmt.Errorf("%s: labels(%d) is %d, want 1 to %d", file, i+1, label, len(flowerNames))
		}
		labels[i]--
	}
	return labels, nil
}

// flowerSplit returns the examples of a split in the order of the file, and
// notes in splitOf which images they are: an image is in one split, once.
func flowerSplit(setid *matfile.File, split string, labels []int, splitOf []string) ([]Example, error) {
	const file = "setid.mat"
	ids, err := matInts(setid, file, split)
	if err != nil {
		return nil, err
	}
	examples := make([]Example, len(ids))
	for i, id := range ids {
		if id < 1 || id > len(labels) {
			return nil, fmt.Errorf("%s: %s(%d) is %d, want 1 to %d, the number of labels", file, split, i+1, id, len(labels))
		}
		if other := splitOf[id-1]; other != "" {
			return nil, fmt.Errorf("%s: %s(%d) is %d, which is in %s already", file, split, i+1, id, other)
		}
		splitOf[id-1] = split
		examples[i] = Example{Path: fmt.Sprintf("jpg/image_%05d.jpg", id), Label: labels[id-1]}
	}
	return examples, nil
}
