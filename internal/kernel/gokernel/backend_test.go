package gokernel

import (
	"testing"

	"finetune/internal/kernel/kerneltest"
)

func TestPlain(t *testing.T) {
	b := NewPlain(2)
	defer b.Close()
	kerneltest.Run(t, b)
}
