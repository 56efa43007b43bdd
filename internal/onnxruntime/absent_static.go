//go:build static

package onnxruntime

const absence = "left out of this build by -tags static"
