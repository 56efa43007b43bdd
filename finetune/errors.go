package finetune

import "errors"

var (
	// ErrInterrupted is returned when the context was canceled; a checkpoint
	// was saved, if training had begun.
	ErrInterrupted = errors.New("interrupted")
	// ErrDiverged is returned when the loss is not finite; the last good
	// checkpoint is kept.
	ErrDiverged = errors.New("the loss is not finite")
)

// A DataError is about a data set, an image, a checkpoint or a folder.
type DataError struct{ Err error }

func (e *DataError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *DataError) Unwrap() error { return e.Err }

// A ModelError is about an ONNX file that cannot be used for what was asked.
type ModelError struct{ Err error }

func (e *ModelError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *ModelError) Unwrap() error { return e.Err }
