//go:build !static && (!linux || !amd64)

package onednn

const absence = "only on Linux on amd64"
