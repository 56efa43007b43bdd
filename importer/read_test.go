package importer

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"finetune/internal/onnxfile"
)

// TestReadFile reads a model whose weights lie beside it.
func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.onnx")
	weights := raw(2, 0.5)
	model := inject(heads["Gemm"].bytes(), 5, tensorOf("t", floatType, 2).bytes(13, wire{}.str(1, "location").str(2, "weights.bin")).int(14, 1))
	if err := os.WriteFile(path, model, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path); !errors.Is(err, ErrFormat) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without its weights: err = %v, want %v", err, fs.ErrNotExist)
	}
	if err := os.WriteFile(filepath.Join(dir, "weights.bin"), weights, 0o666); err != nil {
		t.Fatal(err)
	}
	data, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, weights) {
		t.Error("the weights are not in what was read")
	}
	if _, err := Load(data); err != nil {
		t.Error(err)
	}
	if _, err := Load(model); !errors.Is(err, onnxfile.ErrExternalData) {
		t.Errorf("Load without the folder: err = %v, want %v", err, onnxfile.ErrExternalData)
	}
}

func TestReadFileErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadFile(dir); !errors.Is(err, ErrFormat) {
		t.Errorf("a folder: err = %v, want %v", err, ErrFormat)
	}
	if _, err := ReadFile(filepath.Join(dir, "absent.onnx")); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrFormat) {
		t.Errorf("nothing: err = %v, want %v alone", err, fs.ErrNotExist)
	}
}

// TestRemedies has something to say about every reason to refuse a file.
func TestRemedies(t *testing.T) {
	for _, h := range hostileGraphs() {
		if _, err := Load(h.data); err != nil && Remedy(err) == "" {
			t.Errorf("%s: no remedy for %v", h.name, err)
		}
	}
}
