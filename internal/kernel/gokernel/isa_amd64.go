//go:build amd64

package gokernel

func bestISA() *isa { return &plainISA }
