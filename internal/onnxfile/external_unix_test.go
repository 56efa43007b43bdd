//go:build unix

package onnxfile

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestInlinePipe does not wait for a pipe that nobody writes to.
func TestInlinePipe(t *testing.T) {
	root := modelFolder(t)
	if err := syscall.Mkfifo(filepath.Join(root.Name(), "pipe.bin"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := Inline(externalFile("location=pipe.bin"), root)
	if !errors.Is(err, ErrExternalData) || !strings.Contains(err.Error(), `"pipe.bin" is p---------, want a regular file`) {
		t.Errorf("err = %v, want %v", err, ErrExternalData)
	}
}
