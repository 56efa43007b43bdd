package tasks

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestPlainFilesOpensNoPipe(t *testing.T) {
	p := PlainFiles{fstest.MapFS{"a/pipe.jpg": {Mode: fs.ModeNamedPipe}, "a/image.jpg": {Data: []byte("x")}}}
	if _, err := fs.ReadFile(p, "a/pipe.jpg"); !errors.Is(err, ErrNoRegularFile) {
		t.Errorf("a pipe: error %v, want ErrNoRegularFile", err)
	}
	sub, err := fs.Sub(p, "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.ReadFile(sub, "pipe.jpg"); !errors.Is(err, ErrNoRegularFile) {
		t.Errorf("a pipe in a folder below: error %v, want ErrNoRegularFile", err)
	}
	if data, err := fs.ReadFile(sub, "image.jpg"); err != nil || string(data) != "x" {
		t.Errorf("a file has %q, error %v", data, err)
	}
	if entries, err := fs.ReadDir(sub, "."); err != nil || len(entries) != 2 {
		t.Errorf("the folder has %v, error %v, want two files", entries, err)
	}
}
