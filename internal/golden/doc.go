// Package golden compares whole networks, imported, planned and run, with
// onnxruntime and PyTorch. It has tests only; testdata/make.py makes what they
// compare with.
package golden
