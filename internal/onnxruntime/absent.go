//go:build !linux || !amd64 || static

package onnxruntime

import "errors"

// Find returns why this build cannot use the library.
func Find() (Library, error) { return Library{}, errors.New("onnxruntime: " + absence) }

// A Session cannot be had in this build.
type Session struct{}

// Open returns the error of Find.
func Open([]byte) (*Session, error) { return nil, errors.New("onnxruntime: " + absence) }

// Close does nothing.
func (*Session) Close() {}

// Run returns the error of Find.
func (*Session) Run(Input, string) ([]float32, error) {
	return nil, errors.New("onnxruntime: " + absence)
}
