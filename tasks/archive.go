package tasks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"finetune/internal/fetch"
)

// An Archive is a file that an official data set is given out as.
type Archive struct {
	Name    string   // Of the file.
	Unpacks []string // What it adds to the data folder: the first of these; any of them will do.
	URLs    []string // Tried in order; they give the same bytes.
	Bytes   int64    // 0 if unknown.
	MD5     string   // Hexadecimal.
	SHA256  string   // Hexadecimal; "" if unknown.
}

// isFile reports whether the archive is used as it is.
func (a Archive) isFile() bool { return a.Unpacks[0] == a.Name }

// A MissingError is returned when the data of a task is not there and was not
// downloaded. Its text says what to put where.
type MissingError struct {
	Task  Task
	Dir   string    // Where the data was looked for.
	Files []Archive // What is not there; empty if the task has none to download.
	Err   error     // Why it was not downloaded.
}

func (e *MissingError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "data is missing in %s: %v", e.Dir, e.Err)
	if len(e.Files) == 0 {
		fmt.Fprintf(&b, "\nput it there, or name the folder that has it: %s", e.Task.Layout)
		return b.String()
	}
	fmt.Fprintf(&b, "\nput these files there as they are, or name a folder that has them unpacked (%s):", e.Task.Layout)
	for _, a := range e.Files {
		fmt.Fprintf(&b, "\n  %s", a.Name)
		if a.Bytes > 0 {
			fmt.Fprintf(&b, " (%s bytes)", grouped(int(a.Bytes)))
		}
		fmt.Fprintf(&b, " from %s", a.URLs[0])
	}
	return b.String()
}

func (e *MissingError) Unwrap() error { return e.Err }

// missing returns the archives that nothing in dir came from.
func (t Task) missing(dir string) []Archive {
	var missing []Archive
	for _, a := range t.Archives {
		there := false
		for _, name := range a.Unpacks {
			_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
			there = there || err == nil
		}
		if !there {
			missing = append(missing, a)
		}
	}
	return missing
}

var errOffline = errors.New("downloading is switched off")

// download adds to dir what is missing there of the official data set. Archives
// that lie in dir are used, and removed when they are unpacked.
func (t Task) download(ctx context.Context, dir string, o Options) error {
	for _, a := range t.missing(dir) {
		file := filepath.Join(dir, a.Name)
		_, err := os.Stat(file)
		switch {
		case err != nil && o.Offline:
			err = errOffline
		default:
			err = a.get(ctx, file, o)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("tasks: %s: %w", t.Name, ctx.Err())
		}
		if err != nil {
			return fmt.Errorf("tasks: %s: %w", t.Name, &MissingError{t, dir, t.missing(dir), err})
		}
		if a.isFile() {
			continue
		}
		if err := unpack(ctx, file, dir, a.Unpacks[0]); err != nil {
			return fmt.Errorf("tasks: %s: %w", t.Name, err)
		}
	}
	return nil
}

func (a Archive) get(ctx context.Context, file string, o Options) error {
	r := fetch.Request{URLs: a.URLs, Path: file, SHA256: a.SHA256, MD5: a.MD5, Bytes: a.Bytes, Verify: true}
	if o.Progress != nil {
		r.Progress = func(done, total int64) { o.Progress(a.Name, done, total) }
	}
	return fetch.Get(ctx, r)
}
