package finetune

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// replace gives a file new content: it is written aside, synced and renamed, so
// that path is whole whatever happens. What is no regular file is not replaced. The checks are called with the path aside
// before that; what one returns leaves path as it was.
func replace(path string, write func(w io.Writer) error, checks ...func(aside string) error) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s: is no regular file, want one to replace or nothing", path)
	}
	aside := path + ".part"
	f, err := os.OpenFile(aside, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	if err := writeSynced(f, write); err != nil {
		os.Remove(aside)
		return err
	}
	for _, check := range checks {
		if err := check(aside); err != nil {
			os.Remove(aside)
			return err
		}
	}
	if err := os.Rename(aside, path); err != nil {
		os.Remove(aside)
		return err
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// writeSynced writes, syncs and closes f.
func writeSynced(f *os.File, write func(w io.Writer) error) error {
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<16)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

// syncFolder makes a rename last through a loss of power, on systems where
// folders can be synced; elsewhere there is no such promise.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
}

// replaceSymlink points link to target.
func replaceSymlink(target, link string) error {
	aside := link + ".part"
	os.Remove(aside)
	if err := os.Symlink(target, aside); err != nil {
		return err
	}
	return os.Rename(aside, link)
}
