//go:build !static && (!linux || !amd64)

package onnxruntime

const absence = "only on Linux on amd64"
