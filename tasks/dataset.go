// Package tasks gives data sets as lists of (path, label) with their official
// splits: Oxford Flowers-102, Stanford Cars, Oxford-IIIT Pets, Fashion-MNIST
// and folders of images.
package tasks

import "io/fs"

// An Example is one image of a data set.
type Example struct {
	Path  string // In Dataset.FS, slash-separated.
	Label int    // In [0, len(Dataset.Classes)).
}

// A Dataset is a task's images and labels.
type Dataset struct {
	Task    string   // Name of the task, such as "flowers".
	Classes []string // Class names by label; the order is part of a trained model.
	FS      fs.FS    // Holds the images, as encoded files.

	// Train and Validation are disjoint; the official training set of a final
	// run is both. Validation is the official one where there is one, else a
	// deterministic part held out of the training set.
	Train, Validation, Test []Example

	Protocol string // The split in a sentence, such as "train on trnid + valid (2,040), test on tstid (6,149)".
	Partial  string // What is missing of the official data set, or "".
}
