package tasks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"
)

// Options configures [Open].
type Options struct {
	Offline  bool                                 // Never download.
	Progress func(file string, done, total int64) // Called while a file is fetched; may be nil.
}

// Open loads the data set of a task from a folder. Other than the official
// layout, the folder may be the one that holds it under its usual name.
//
// If dir is "", the folder is [CacheDir]. Where that has nothing of the data set,
// the part that is embedded is loaded if there is one; else what is missing of
// the official archives is downloaded into it.
//
// The error wraps [ErrUnknownTask], or is a [*MissingError] where there is no
// data; else it is about the data.
func Open(ctx context.Context, name, dir string, o Options) (*Dataset, error) {
	t, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	if dir != "" {
		return t.open(dir)
	}
	dir, err = CacheDir(t.Name)
	if err != nil {
		return nil, err
	}
	if t.Embedded != nil && len(t.missing(dir)) == len(t.Archives) {
		return t.Embedded()
	}
	if err := t.download(ctx, dir, o); err != nil {
		return nil, err
	}
	return t.open(dir)
}

// CacheDir returns the folder of a task's data: in the folder that the
// environment variable FINETUNE_DATA names, else in the user's cache by the XDG
// Base Directory Specification.
func CacheDir(task string) (string, error) {
	if data := os.Getenv("FINETUNE_DATA"); data != "" {
		return filepath.Abs(filepath.Join(data, task))
	}
	return filepath.Join(xdg.CacheHome, "finetune", task), nil
}

// open loads the data set from dir, which is read as a folder of its parent:
// label files may lie in a folder beside the images.
func (t Task) open(dir string) (*Dataset, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is a file, want a folder with %s", dir, t.Layout)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = &MissingError{Task: t, Dir: dir, Files: t.Archives, Err: errors.New("no such folder")}
	}
	if err != nil {
		return nil, fmt.Errorf("tasks: %s: %w", t.Name, err)
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("tasks: %s: %w", t.Name, err)
	}
	parent, base := filepath.Split(full)
	if base == "" { // The root of the file system.
		base = "."
	}
	fsys := PlainFiles{os.DirFS(parent).(fs.StatFS)}
	d, err := t.Load(fsys, t.locate(fsys, base))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w (%s)", err, t.hint(dir))
	}
	if err != nil {
		return nil, fmt.Errorf("tasks: %s: %s: %w", t.Name, dir, err)
	}
	return d, nil
}

// hint says what to do about a file that is not in dir.
func (t Task) hint(dir string) string {
	for _, a := range t.missing(dir) {
		if _, err := os.Stat(filepath.Join(dir, a.Name)); err == nil {
			return fmt.Sprintf("%s is there: unpack it", a.Name)
		}
	}
	return "want " + t.Layout
}
