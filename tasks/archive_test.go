package tasks

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// tarball makes a tar.gz file. An entry without size is a file with its own
// name in it.
func tarball(t testing.TB, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range entries {
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
			h.Size = int64(len(h.Name))
		}
		h.Mode = 0o644
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(h.Name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// smallTask is a task of two archives that a server on this machine gives out.
func smallTask(url string, images, labels []byte) Task {
	archive := func(name, unpacks string, data []byte) Archive {
		return Archive{
			Name:    name,
			Unpacks: []string{unpacks},
			URLs:    []string{url + "/gone/" + name, url + "/" + name},
			Bytes:   int64(len(data)),
			MD5:     fmt.Sprintf("%x", md5.Sum(data)),
		}
	}
	return Task{
		Name:     "small",
		Layout:   "jpg/*.jpg, labels.txt",
		Archives: []Archive{archive("images.tgz", "jpg", images), archive("labels.txt", "labels.txt", labels)},
	}
}

func TestDownload(t *testing.T) {
	images := tarball(t, tar.Header{Name: "jpg/", Typeflag: tar.TypeDir}, tar.Header{Name: "jpg/a.jpg"}, tar.Header{Name: "./jpg/deep/b.jpg"}, tar.Header{Name: "other/c.jpg"})
	labels := []byte("a 1\nb 2\n")
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		switch r.URL.Path {
		case "/images.tgz":
			w.Write(images)
		case "/labels.txt":
			w.Write(labels)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	task := smallTask(server.URL, images, labels)
	dir := filepath.Join(t.TempDir(), "cache", "small")
	progress := map[string]int64{}
	o := Options{Progress: func(file string, done, total int64) { progress[file] = done }}
	if err := task.download(t.Context(), dir, o); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"jpg/a.jpg", "jpg/deep/b.jpg", "labels.txt"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if progress["images.tgz"] != int64(len(images)) || progress["labels.txt"] != int64(len(labels)) {
		t.Errorf("progress is %v, want %d and %d bytes", progress, len(images), len(labels))
	}
	for _, name := range []string{"images.tgz", "other"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left behind", name)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".unpack*")); len(left) > 0 {
		t.Errorf("%v is left behind", left)
	}

	// What is there is not asked for again; what is not there is.
	before := requests.Load()
	if err := task.download(t.Context(), dir, Options{}); err != nil || requests.Load() != before {
		t.Errorf("second download: %v, %d requests, want none", err, requests.Load()-before)
	}
	if err := os.Remove(filepath.Join(dir, "labels.txt")); err != nil {
		t.Fatal(err)
	}
	wantError(t, task.download(t.Context(), dir, Options{Offline: true}), "downloading is switched off\nput these files there as they are, or name a folder that has them unpacked (jpg/*.jpg, labels.txt):\n  labels.txt (8 bytes) from ")
	if err := task.download(t.Context(), dir, Options{}); err != nil {
		t.Fatal(err)
	}
}

// TestDownloadByHand uses the archives that lie in the folder.
func TestDownloadByHand(t *testing.T) {
	images, labels := tarball(t, tar.Header{Name: "jpg/a.jpg"}), []byte("a 1\n")
	task := smallTask("http://localhost:0", images, labels)
	dir := t.TempDir()
	for name, data := range map[string][]byte{"images.tgz": images, "labels.txt": labels} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := task.download(t.Context(), dir, Options{Offline: true}); err != nil {
		t.Fatal(err)
	}
	if len(task.missing(dir)) > 0 {
		t.Errorf("missing: %v", task.missing(dir))
	}

	wrong := t.TempDir()
	if err := os.WriteFile(filepath.Join(wrong, "images.tgz"), bytes.Repeat([]byte{0}, len(images)), 0o666); err != nil {
		t.Fatal(err)
	}
	err := task.download(t.Context(), wrong, Options{Offline: true})
	wantError(t, err, "tasks: small: data is missing in "+wrong)
	wantError(t, err, "md5 is ")
}

func TestDownloadErrors(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	task := smallTask(server.URL, []byte("x"), []byte("y"))
	err := task.download(t.Context(), t.TempDir(), Options{})
	var missing *MissingError
	if !errors.As(err, &missing) || len(missing.Files) != 2 {
		t.Errorf("error is %v, want a MissingError of two files", err)
	}
	wantError(t, err, "404 Not Found")
	wantError(t, err, "\n  images.tgz (1 bytes) from "+server.URL)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := task.download(ctx, t.TempDir(), Options{}); !errors.Is(err, context.Canceled) || errors.As(err, &missing) {
		t.Errorf("error is %v, want %v", err, context.Canceled)
	}
}

func TestUnpackErrors(t *testing.T) {
	valid := tarball(t, tar.Header{Name: "jpg/a.jpg"})
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"parent", tarball(t, tar.Header{Name: "jpg/../../a.jpg"}), `"jpg/../../a.jpg": the name leads out of the folder`},
		{"root", tarball(t, tar.Header{Name: "/etc/passwd"}), `"/etc/passwd": the name leads out of the folder`},
		{"symbolic link", tarball(t, tar.Header{Name: "jpg", Typeflag: tar.TypeSymlink, Linkname: "/etc"}), `"jpg": entry of type '2', want a file or a folder`},
		{"hard link", tarball(t, tar.Header{Name: "jpg", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}), `"jpg": entry of type '1'`},
		{"device", tarball(t, tar.Header{Name: "jpg", Typeflag: tar.TypeChar}), `"jpg": entry of type '3'`},
		{"twice", tarball(t, tar.Header{Name: "jpg/a"}, tar.Header{Name: "jpg/a"}), "file exists"},
		{"file as folder", tarball(t, tar.Header{Name: "jpg"}, tar.Header{Name: "jpg/a"}), "mkdirat jpg: "},
		{"other folder", tarball(t, tar.Header{Name: "png/a.png"}), "unpacked, has no folder jpg"},
		{"no gzip", []byte(strings.Repeat("x", 600)), "gzip: invalid header"},
		{"cut", valid[:len(valid)-20], "unexpected EOF"},
		{"bomb", bomb(t), "jpg/zeros: more than 8 times as long unpacked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			outer := t.TempDir()
			dir := filepath.Join(outer, "data")
			if err := os.Mkdir(dir, 0o777); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, "images.tgz")
			if err := os.WriteFile(file, test.data, 0o666); err != nil {
				t.Fatal(err)
			}
			wantError(t, unpack(t.Context(), file, dir, "jpg"), test.want)
			for folder, want := range map[string]int{outer: 1, dir: 1} {
				if entries, _ := os.ReadDir(folder); len(entries) != want {
					t.Errorf("%s has %v, want %d entry", folder, entries, want)
				}
			}
		})
	}
}

// bomb is an archive of some kilobytes that claims a gigabyte.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: "jpg/zeros", Typeflag: tar.TypeReg, Size: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
