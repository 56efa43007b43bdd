// Package onnxruntime runs an ONNX file in ONNX Runtime, where its shared library
// is found at run time: as a second opinion on files that this program writes.
//
// The library is opened by dlopen, without cgo, and only on Linux on amd64. It
// is the one that [Variable] names, else what the loader finds. Its C API is a
// table of functions to which versions only append; the functions used here are
// of version 1 (onnxruntime_c_api.h).
package onnxruntime

// Variable is the environment variable that names the library's file. The one of
// the Python package lies in onnxruntime/capi.
const Variable = "FINETUNE_ONNXRUNTIME"

// A Library is the shared library that was found.
type Library struct {
	Path    string
	Version string // Such as "1.32.0".
}

// An Input is what a model reads: a tensor of one of two types.
type Input struct {
	Name   string
	Shape  []int64
	Floats []float32 // Row-major.
	Bytes  []uint8   // If Floats is nil.
}
