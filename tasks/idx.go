package tasks

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// readIDX reads a file of unsigned bytes in the idx format of MNIST: two zero
// bytes, the type 8, the number of dimensions, the dimensions as big-endian
// uint32, and the values, the last index fastest. The file may be compressed,
// with .gz after its name.
//
// http://yann.lecun.com/exdb/mnist/
func readIDX(fsys fs.FS, name string, dims int) (sizes []int, values []byte, err error) {
	r, err := fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		name += ".gz"
		r, err = fsys.Open(name)
	}
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	var plain io.Reader = r
	if strings.HasSuffix(name, ".gz") {
		if plain, err = gzip.NewReader(r); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	sizes, values, err = decodeIDX(plain, dims)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return sizes, values, nil
}

func decodeIDX(r io.Reader, dims int) (sizes []int, values []byte, err error) {
	header := make([]byte, 4+4*dims)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, nil, fmt.Errorf("header: %w", err)
	}
	if want := []byte{0, 0, 8, byte(dims)}; !bytes.Equal(header[:4], want) {
		return nil, nil, fmt.Errorf("byte 0: found % x, want % x: idx of bytes with %d dimensions", header[:4], want, dims)
	}
	const most = 1 << 28 // Bytes; Fashion-MNIST has 47,040,000.
	total := int64(1)
	for i := range dims {
		n := binary.BigEndian.Uint32(header[4+4*i:])
		if total *= int64(n); n == 0 || total > most {
			return nil, nil, fmt.Errorf("byte %d: dimension %d is %d, want at least 1 and at most %d values", 4+4*i, i+1, n, most)
		}
		sizes = append(sizes, int(n))
	}
	values, err = io.ReadAll(io.LimitReader(r, total+1))
	if err != nil {
		return nil, nil, fmt.Errorf("byte %d: %w", len(header)+len(values), err)
	}
	if int64(len(values)) != total {
		more := ""
		if int64(len(values)) > total {
			more = " or more"
		}
		return nil, nil, fmt.Errorf("found %d values%s, want %d", len(values), more, total)
	}
	return sizes, values, nil
}
