package tasks

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// unpack extracts a tar.gz file, takes folder out of it into dir, and removes
// the file. The folder appears in dir complete, or not at all.
func unpack(ctx context.Context, file, dir, folder string) error {
	temporary, err := os.MkdirTemp(dir, ".unpack-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	if err := extract(ctx, file, temporary); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	to := filepath.Join(dir, folder)
	if err := os.Rename(filepath.Join(temporary, folder), to); err != nil {
		if _, there := os.Stat(to); there != nil { // Else another process was faster.
			return fmt.Errorf("%s: unpacked, has no folder %s: %w", file, folder, err)
		}
	}
	return os.Remove(file)
}

// An archive of pictures is about as long as what is in it, and the largest
// official one has some 30,000 files. Small archives of text may grow more.
const (
	mostFiles   = 100_000
	mostGrowth  = 8
	smallGrowth = 64 << 20
)

// extract writes the folders and files of a tar.gz file below dir. Anything
// else in it, a name that leads out of dir, and contents out of proportion are
// errors.
func extract(ctx context.Context, file, dir string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	left := mostGrowth*info.Size() + smallGrowth
	t := tar.NewReader(z)
	for n := 0; ; n++ {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case n == mostFiles:
			return fmt.Errorf("more than %d files, want no more", mostFiles)
		}
		if left -= h.Size; left < 0 {
			return fmt.Errorf("%s: more than %d times as long unpacked, want no more", h.Name, mostGrowth)
		}
		if err := extractEntry(root, h, t); err != nil {
			return fmt.Errorf("%q: %w", h.Name, err)
		}
	}
}

func extractEntry(root *os.Root, h *tar.Header, r io.Reader) error {
	name := path.Clean(h.Name)
	if !fs.ValidPath(name) {
		return errors.New("the name leads out of the folder")
	}
	switch h.Typeflag {
	case tar.TypeXGlobalHeader:
		return nil
	case tar.TypeDir:
		return root.MkdirAll(name, 0o777)
	case tar.TypeReg:
	default:
		return fmt.Errorf("entry of type %q, want a file or a folder", h.Typeflag)
	}
	if err := root.MkdirAll(path.Dir(name), 0o777); err != nil {
		return err
	}
	w, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}
