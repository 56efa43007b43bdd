//go:build !amd64

package gokernel

// isas returns the instruction sets there are loops for, the fastest first.
func isas() []*isa { return []*isa{&plainISA} }
