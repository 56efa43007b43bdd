//go:build !linux

package vm

// adviseLargePages does nothing: there is no such advice here.
func adviseLargePages([]float32) {}
