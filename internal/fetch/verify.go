package fetch

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
	"strings"
)

// verify checks size, which the file at path has, and its hashes.
func (r *Request) verify(ctx context.Context, path string, size int64) error {
	if r.Bytes != 0 && size != r.Bytes {
		return &SizeError{File: path, Got: size, Want: r.Bytes}
	}
	if r.SHA256 != "" {
		if err := verifyHash(ctx, path, "sha256", sha256.New(), r.SHA256); err != nil {
			return err
		}
	}
	if r.MD5 != "" {
		return verifyHash(ctx, path, "md5", md5.New(), r.MD5)
	}
	return nil
}

func verifyHash(ctx context.Context, path, algorithm string, h hash.Hash, want string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(h, &contextReader{ctx, f}); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); !strings.EqualFold(got, want) {
		return &HashError{File: path, Algorithm: algorithm, Got: got, Want: strings.ToLower(want)}
	}
	return nil
}

// contextReader ends with the context's error.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r *contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
