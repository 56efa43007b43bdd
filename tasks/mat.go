package tasks

import (
	"fmt"
	"io/fs"

	"finetune/internal/matfile"
)

// readMat reads a MAT-file of labels. The largest official one holds some 10
// MiB when inflated.
func readMat(fsys fs.FS, name string) (*matfile.File, error) {
	r, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	f, err := matfile.Read(r, matfile.Limits{Bytes: 1 << 26})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// matInts returns the whole numbers of a variable.
func matInts(f *matfile.File, file, variable string) ([]int, error) {
	a, err := f.Var(variable)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	values, err := a.Ints()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return values, nil
}
