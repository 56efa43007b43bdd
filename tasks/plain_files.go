package tasks

import (
	"errors"
	"io/fs"
)

// ErrNoRegularFile is of what would be waited for, such as a named pipe.
var ErrNoRegularFile = errors.New("is no regular file")

// PlainFiles is a file system of which folders and regular files alone are opened.
type PlainFiles struct{ FS fs.StatFS }

// Open implements fs.FS. An error for another kind of file is ErrNoRegularFile.
func (p PlainFiles) Open(name string) (fs.File, error) {
	if info, err := p.FS.Stat(name); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: ErrNoRegularFile}
	}
	return p.FS.Open(name)
}

// Stat implements fs.StatFS.
func (p PlainFiles) Stat(name string) (fs.FileInfo, error) { return p.FS.Stat(name) }
