// Package fetch downloads a file once: it resumes what was interrupted, checks
// length and hash, and only then gives the file its name.
//
// The bytes gather in PATH.part; PATH.part.from says where they came from.
// PATH itself is either absent or complete.
//
// Errors carry no package prefix: tasks and weights put theirs.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// A Request names a file and where it is had.
type Request struct {
	URLs   []string // Mirrors of the same bytes, tried in order.
	Path   string   // Where the file goes; folders are made.
	SHA256 string   // Hexadecimal; "" is not checked.
	MD5    string   // Hexadecimal; "" is not checked.
	Bytes  int64    // Length; 0 is unknown.

	// Verify hashes a file that is already there. Without it the length is
	// enough, where it is known.
	Verify bool
	// Progress, if not nil, is called with the bytes that are there and the
	// length, -1 if unknown, many times a second.
	Progress func(done, total int64)
}

// busyWait is the time between two looks at a file that another process fetches.
const busyWait = 200 * time.Millisecond

// Get makes sure that r.Path is the file that r describes. If it is there
// already, Get returns at once, and if another process fetches it, Get waits.
//
// What was downloaded before an error stays for the next Get, except after a
// wrong hash. Errors are a *[SizeError], *[HashError], *[NetworkError],
// *[StatusError], *[TruncatedError] or *[DiskFullError], that of the context or
// of the file system; several are joined when several mirrors were tried.
func Get(ctx context.Context, r Request) error {
	if len(r.URLs) == 0 {
		return fmt.Errorf("%s: no address to fetch it from", r.Path)
	}
	if err := os.MkdirAll(filepath.Dir(r.Path), 0o777); err != nil {
		return diskError(r.Path, err)
	}
	for {
		if there, err := r.there(ctx); there || err != nil {
			return err
		}
		part, err := openPart(r.Path)
		if errors.Is(err, errBusy) {
			if err := sleep(ctx, busyWait); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return diskError(r.Path, err)
		}
		defer part.close()
		if there, err := r.there(ctx); there || err != nil {
			part.remove()
			return err
		}
		return r.fetch(ctx, part)
	}
}

// fetch tries the mirrors in turn.
func (r *Request) fetch(ctx context.Context, part *part) error {
	var errs []error
	for _, url := range r.URLs {
		err := r.fetchFrom(ctx, url, part)
		if err == nil {
			return diskError(r.Path, part.finish(r.Path))
		}
		errs = append(errs, err)
		if !otherMirrorMayHelp(ctx, err) {
			break
		}
	}
	return errors.Join(errs...)
}

// attempts is how often one mirror is asked again where it left off.
const attempts = 3

// fetchFrom completes part from url and verifies it.
func (r *Request) fetchFrom(ctx context.Context, url string, part *part) error {
	for attempt := 1; ; attempt++ {
		before := part.size
		err := r.transfer(ctx, url, part)
		if err == nil {
			err = r.verify(ctx, part.file.Name(), part.size)
		}
		var truncated *TruncatedError
		var wrong *HashError
		switch {
		case err == nil:
			return nil
		case attempt < attempts && errors.As(err, &truncated) && part.size > before:
			continue
		case errors.As(err, &wrong):
			wrong.File, wrong.Downloaded = url, true
			mixed := part.resumed
			if err := part.reset(); err != nil {
				return diskError(r.Path, err)
			}
			if attempt < attempts && mixed {
				continue
			}
		}
		return err
	}
}

// there reports whether the file is there. A file that is there and wrong is
// an error: it may be the user's.
func (r *Request) there(ctx context.Context) (bool, error) {
	info, err := os.Stat(r.Path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, fmt.Errorf("%s: is not a regular file", r.Path)
	}
	if r.Bytes != 0 && info.Size() != r.Bytes {
		return false, &SizeError{File: r.Path, Got: info.Size(), Want: r.Bytes}
	}
	if r.Bytes != 0 && !r.Verify {
		return true, nil
	}
	if err := r.verify(ctx, r.Path, info.Size()); err != nil {
		return false, err
	}
	return true, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
