package tasks

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// grayImages are pictures of one size, stored pixel by pixel.
type grayImages struct {
	height, width int
	pixels        []byte // [n, height, width].
}

func (g grayImages) len() int { return len(g.pixels) / (g.height * g.width) }

// encode returns picture i as a PNG file, which takes longer to compress than
// it is worth.
func (g grayImages) encode(i int) ([]byte, error) {
	size := g.height * g.width
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, &image.Gray{
		Pix:    g.pixels[i*size : (i+1)*size],
		Stride: g.width,
		Rect:   image.Rect(0, 0, g.width, g.height),
	})
	return b.Bytes(), err
}

// An idxFS serves pictures as PNG files: picture 7 of folder "train" is
// train/00007.png.
type idxFS map[string]grayImages

var _ fs.ReadFileFS = idxFS{}

func idxPath(folder string, i int) string { return fmt.Sprintf("%s/%05d.png", folder, i) }

// find returns the picture that a path names.
func (f idxFS) find(name string) (images grayImages, i int, ok bool) {
	folder, base := path.Split(name)
	folder = strings.TrimSuffix(folder, "/")
	images, ok = f[folder]
	i, err := strconv.Atoi(strings.TrimSuffix(base, ".png"))
	ok = ok && err == nil && i >= 0 && i < images.len() && idxPath(folder, i) == name
	return images, i, ok
}

// ReadFile returns the PNG file of that name.
func (f idxFS) ReadFile(name string) ([]byte, error) {
	images, i, ok := f.find(name)
	if !ok {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	return images.encode(i)
}

// Open returns a picture or a folder.
func (f idxFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if images, i, ok := f.find(name); ok {
		data, err := images.encode(i)
		if err != nil {
			return nil, err
		}
		return &idxFile{idxInfo{path.Base(name), int64(len(data)), false}, bytes.NewReader(data)}, nil
	}
	info := idxInfo{path.Base(name), 0, true}
	if images, ok := f[name]; ok {
		return &idxFolder{idxInfo: info, n: images.len(), entry: func(i int) (fs.DirEntry, error) {
			data, err := images.encode(i)
			return fs.FileInfoToDirEntry(idxInfo{path.Base(idxPath(name, i)), int64(len(data)), false}), err
		}}, nil
	}
	if name == "." {
		folders := make([]string, 0, len(f))
		for folder := range f {
			folders = append(folders, folder)
		}
		slices.Sort(folders)
		return &idxFolder{idxInfo: info, n: len(folders), entry: func(i int) (fs.DirEntry, error) {
			return fs.FileInfoToDirEntry(idxInfo{folders[i], 0, true}), nil
		}}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

type idxInfo struct {
	name   string
	size   int64
	folder bool
}

func (i idxInfo) Name() string               { return i.name }
func (i idxInfo) Size() int64                { return i.size }
func (i idxInfo) ModTime() time.Time         { return time.Time{} }
func (i idxInfo) IsDir() bool                { return i.folder }
func (i idxInfo) Sys() any                   { return nil }
func (i idxInfo) Stat() (fs.FileInfo, error) { return i, nil }
func (i idxInfo) Close() error               { return nil }

func (i idxInfo) Mode() fs.FileMode {
	if i.folder {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

type idxFile struct {
	idxInfo
	*bytes.Reader
}

func (f *idxFile) Size() int64 { return f.idxInfo.Size() }

type idxFolder struct {
	idxInfo
	n, at int
	entry func(i int) (fs.DirEntry, error)
}

func (f *idxFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.name, Err: errors.New("is a directory")}
}

func (f *idxFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	end := f.n
	if n > 0 {
		if f.at == f.n {
			return nil, io.EOF
		}
		end = min(f.at+n, f.n)
	}
	var entries []fs.DirEntry
	for ; f.at < end; f.at++ {
		e, err := f.entry(f.at)
		if err != nil {
			return entries, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}
