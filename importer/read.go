package importer

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"finetune/internal/onnxfile"
)

// ReadFile reads an ONNX file for [Load]. Weights that it keeps in other files
// are read into it: from regular files in its folder or below, over no link.
//
// What is wrong with the model wraps ErrFormat; other errors are of the file
// system.
func ReadFile(path string) ([]byte, error) {
	data, err := readRegular(path)
	if err != nil {
		return nil, err
	}
	folder, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	whole, err := onnxfile.Inline(data, folder)
	if err != nil {
		return nil, fmt.Errorf("importer: %w: %w", ErrFormat, err)
	}
	return whole, nil
}

// readRegular reads a regular file of at most onnxfile.MaxFile bytes.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("importer: %w: %s is %v, want a regular file", ErrFormat, path, info.Mode().Type())
	}
	if info.Size() > onnxfile.MaxFile {
		return nil, fmt.Errorf("importer: %w: %s has %d bytes, want at most %d", ErrFormat, path, info.Size(), onnxfile.MaxFile)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}
