package weights

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"finetune/internal/fetch"

	"github.com/adrg/xdg"
)

// Options tells Open how to fetch.
type Options struct {
	// CacheDir holds the fetched files under their published names. It is
	// finetune/weights in the user's cache folder (XDG_CACHE_HOME) if empty.
	CacheDir string
	// Progress, if not nil, is called during a download with the bytes that
	// are there and the length of the file.
	Progress func(done, total int64)
}

// Open returns the ONNX bytes of the backbone that [Lookup] finds: the embedded
// one, or those of a file in the cache, where it is fetched first if it is not
// there. The bytes have the SHA256 of their Info and are the caller's.
//
// Errors are a *[NameError], those of internal/fetch, which tell a wrong hash,
// a missing network and a full disk apart, and those of the file system.
func Open(ctx context.Context, name string, o Options) ([]byte, Info, error) {
	info, err := Lookup(name)
	if err != nil {
		return nil, Info{}, err
	}
	data, err := info.open(ctx, o)
	if err != nil {
		return nil, Info{}, fmt.Errorf("weights: %s: %w", info.Name, err)
	}
	return data, info, nil
}

// Cached reports whether the file is in the cache folder of [Options], with
// the right length, so that Open needs no network.
func (i *Info) Cached() bool {
	stat, err := os.Stat(i.cachePath(""))
	return i.URL != "" && err == nil && stat.Size() == i.Bytes
}

// cachePath returns where the file is kept in dir; "" is the default folder.
func (i *Info) cachePath(dir string) string {
	if dir == "" {
		dir = filepath.Join(xdg.CacheHome, "finetune", "weights")
	}
	return filepath.Join(dir, path.Base(i.URL))
}

func (i *Info) open(ctx context.Context, o Options) ([]byte, error) {
	if i.URL == "" {
		return bytes.Clone(embedded), nil
	}
	file := i.cachePath(o.CacheDir)
	urls := []string{i.URL}
	if i.Mirror != "" {
		urls = append(urls, i.Mirror)
	}
	err := fetch.Get(ctx, fetch.Request{
		URLs:     urls,
		Path:     file,
		SHA256:   i.SHA256,
		Bytes:    i.Bytes,
		Verify:   true,
		Progress: o.Progress,
	})
	if err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}
