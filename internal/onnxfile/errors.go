package onnxfile

import (
	"errors"
	"fmt"
)

// What can be wrong with a file. Errors of this package are of type
// *FormatError and wrap one of these.
var (
	ErrTruncated    = errors.New("truncated")
	ErrMalformed    = errors.New("malformed")
	ErrTooLarge     = errors.New("over the limit")
	ErrExternalData = errors.New("external data is not supported")
	ErrDataType     = errors.New("unsupported data type")
	ErrDuplicate    = errors.New("defined twice")
	ErrMissing      = errors.New("not defined")
	ErrCyclic       = errors.New("cyclic graph")
)

// A FormatError says what in a file is wrong, and where.
type FormatError struct {
	Path string // Such as `graph.node[3] "conv1"`; empty for the file itself.
	Err  error
}

// Error implements error.
func (e *FormatError) Error() string {
	if e.Path == "" {
		return "onnxfile: " + e.Err.Error()
	}
	return "onnxfile: " + e.Path + ": " + e.Err.Error()
}

// Unwrap returns what is wrong.
func (e *FormatError) Unwrap() error { return e.Err }

// inside says that err was found in the part of the file called by format.
func inside(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	part := fmt.Sprintf(format, args...)
	var inner *FormatError
	if !errors.As(err, &inner) {
		return &FormatError{Path: part, Err: err}
	}
	if part != "" && inner.Path != "" {
		part += "."
	}
	return &FormatError{Path: part + inner.Path, Err: inner.Err}
}

// quote shortens a name from a file for a message.
func quote(name string) string {
	const most = 80
	if len(name) > most {
		return fmt.Sprintf("%q…", name[:most])
	}
	return fmt.Sprintf("%q", name)
}
