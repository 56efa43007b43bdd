package fetch

import (
	"context"
	"errors"
	"fmt"
	"syscall"
)

// A SizeError is returned when a file has another length than it must have.
type SizeError struct {
	File       string // Path of a file that is there, or URL.
	Got, Want  int64
	Downloaded bool // File is a URL.
}

func (e *SizeError) Error() string {
	if e.Downloaded {
		return fmt.Sprintf("%s: has %d bytes, want %d (the file was changed there, or a page is in its place)", e.File, e.Got, e.Want)
	}
	return fmt.Sprintf("%s: has %d bytes, want %d (delete the file to fetch it again)", e.File, e.Got, e.Want)
}

// A HashError is returned when a file of the right length has other contents.
type HashError struct {
	File       string // Path of a file that is there, or URL.
	Algorithm  string // "sha256" or "md5".
	Got, Want  string // Hexadecimal.
	Downloaded bool   // File is a URL; what came from it was removed.
}

func (e *HashError) Error() string {
	hint := "delete the file to fetch it again"
	if e.Downloaded {
		hint = "the file was changed there, or on the way"
	}
	return fmt.Sprintf("%s: %s is %s, want %s (%s)", e.File, e.Algorithm, short(e.Got), short(e.Want), hint)
}

// short returns as much of a hash as a person compares.
func short(hash string) string {
	if len(hash) <= 12 {
		return hash
	}
	return hash[:12] + "…"
}

// A NetworkError is returned when a server could not be reached.
type NetworkError struct {
	URL, Host string
	Path      string // Where the file may be put by hand.
	Err       error
}

func (e *NetworkError) Error() string {
	return fmt.Sprintf("no answer from %s: %v (without a network, put %s at %s by hand)", e.Host, e.Err, e.URL, e.Path)
}

func (e *NetworkError) Unwrap() error { return e.Err }

// A StatusError is returned when a server answers without the file.
type StatusError struct {
	URL    string
	Code   int
	Status string // Such as "404 Not Found".
}

func (e *StatusError) Error() string { return fmt.Sprintf("%s: server says %s", e.URL, e.Status) }

// A TruncatedError is returned when a transfer ended early. The next Get
// continues it.
type TruncatedError struct {
	URL       string
	Got, Want int64 // Bytes of the whole file; Want is -1 if unknown.
	Err       error // What ended it.
}

func (e *TruncatedError) Error() string {
	of := ""
	if e.Want >= 0 {
		of = fmt.Sprintf(" of %d", e.Want)
	}
	return fmt.Sprintf("%s: ended after %d bytes%s: %v (try again to continue there)", e.URL, e.Got, of, e.Err)
}

func (e *TruncatedError) Unwrap() error { return e.Err }

// A DiskFullError is returned when the file does not fit on its disk.
type DiskFullError struct {
	Path string
	Err  error
}

func (e *DiskFullError) Error() string {
	return fmt.Sprintf("%s: disk full: %v (free some space and try again to continue)", e.Path, e.Err)
}

func (e *DiskFullError) Unwrap() error { return e.Err }

// diskError returns err, met while writing path, as a DiskFullError if it is
// one.
func diskError(path string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &DiskFullError{Path: path, Err: err}
	}
	return err
}

// otherMirrorMayHelp reports whether err is the server's and not ours.
func otherMirrorMayHelp(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	var (
		size      *SizeError
		hash      *HashError
		network   *NetworkError
		status    *StatusError
		truncated *TruncatedError
	)
	return errors.As(err, &size) || errors.As(err, &hash) || errors.As(err, &network) ||
		errors.As(err, &status) || errors.As(err, &truncated)
}
