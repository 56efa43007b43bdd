//go:build static

package onednn

const absence = "left out of this build by -tags static"
