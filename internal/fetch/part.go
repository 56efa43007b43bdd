package fetch

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// errBusy is returned when another process holds the part.
var errBusy = errors.New("another process fetches the file")

// A part is the beginning of a file that is being fetched, locked against
// other processes.
type part struct {
	file    *os.File
	size    int64  // Bytes written.
	resumed bool   // Some of them came in an earlier request.
	gone    bool   // The part has no name any more.
	origin  origin // Of the bytes.
}

// An origin tells which version of which URL bytes came from.
type origin struct {
	url       string
	validator string // Value for If-Range; "" if the server gave none.
}

// openPart opens path's part, or makes it, and locks it.
func openPart(path string) (*part, error) {
	f, err := os.OpenFile(path+".part", os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	p, err := lockPart(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return p, nil
}

func lockPart(f *os.File) (*part, error) {
	if err := lock(f); err != nil {
		return nil, err
	}
	// The holder before us may have renamed or removed what we opened.
	opened, err := f.Stat()
	if err != nil {
		return nil, err
	}
	named, err := os.Stat(f.Name())
	if err != nil || !os.SameFile(opened, named) {
		return nil, errBusy
	}
	p := &part{file: f, size: opened.Size()}
	if _, err := f.Seek(p.size, io.SeekStart); err != nil {
		return nil, err
	}
	p.readOrigin()
	return p, nil
}

func (p *part) originPath() string { return p.file.Name() + ".from" }

// readOrigin reads the origin of the bytes; without one it stays empty.
func (p *part) readOrigin() {
	data, err := os.ReadFile(p.originPath())
	if err != nil {
		return
	}
	p.origin.url, p.origin.validator, _ = strings.Cut(strings.TrimSuffix(string(data), "\n"), "\n")
}

// begin empties the part, whose bytes now come from o.
func (p *part) begin(o origin) error {
	if err := p.reset(); err != nil {
		return err
	}
	p.origin = o
	return os.WriteFile(p.originPath(), []byte(o.url+"\n"+o.validator+"\n"), 0o666)
}

// reset empties the part.
func (p *part) reset() error {
	if p.size > 0 {
		if err := p.file.Truncate(0); err != nil {
			return err
		}
		if _, err := p.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
	}
	p.size, p.resumed, p.origin = 0, false, origin{}
	return nil
}

func (p *part) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	p.size += int64(n)
	return n, err
}

// finish puts the part in its place, durably.
func (p *part) finish(path string) error {
	if err := p.file.Sync(); err != nil {
		return err
	}
	if err := p.file.Close(); err != nil {
		return err
	}
	if err := os.Rename(p.file.Name(), path); err != nil {
		return err
	}
	os.Remove(p.originPath())
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a rename in dir durable, where the system can.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !isInvalid(err) {
		return err
	}
	return nil
}

func (p *part) remove() {
	if p.gone {
		return // The name may be another process's by now.
	}
	p.gone = true
	os.Remove(p.originPath())
	os.Remove(p.file.Name())
}

// close lets other processes have the part. An empty one is removed.
func (p *part) close() {
	if info, err := p.file.Stat(); err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		p.remove()
	}
	p.file.Close()
}
