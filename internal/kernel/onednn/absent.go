//go:build !linux || !amd64 || static

package onednn

import (
	"errors"

	"finetune/internal/kernel"
)

// Find returns why this build cannot use the library.
func Find() (Library, error) { return Library{}, errors.New(absence) }

// Open returns the error of Find.
func Open(int, Rule) (kernel.Backend, error) { return nil, errors.New(absence) }
