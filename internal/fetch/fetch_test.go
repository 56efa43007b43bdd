package fetch

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// content is what a right server has.
var content = func() []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 1<<20+17)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}()

func sha(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }

// A server serves data and keeps the requests it saw.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

// serve starts a server whose n-th request, from 0, is answered by handle.
func serve(t *testing.T, handle func(n int, w http.ResponseWriter, r *http.Request)) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		n := len(s.requests)
		s.requests = append(s.requests, r.Clone(context.Background()))
		s.mu.Unlock()
		handle(n, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) seen() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// serveContent answers as a good server does, with ranges and a validator.
func serveContent(w http.ResponseWriter, r *http.Request, data []byte) {
	w.Header().Set("ETag", `"`+sha(data)[:8]+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

func good(_ int, w http.ResponseWriter, r *http.Request) { serveContent(w, r, content) }

// cutAfter promises all of data from the requested offset and hangs up after n
// bytes.
func cutAfter(w http.ResponseWriter, r *http.Request, data []byte, n int) {
	cut := &cutWriter{ResponseWriter: w, left: n}
	serveContent(cut, r, data)
	panic(http.ErrAbortHandler)
}

type cutWriter struct {
	http.ResponseWriter
	left int
}

func (w *cutWriter) Write(b []byte) (int, error) {
	if len(b) > w.left {
		n, _ := w.ResponseWriter.Write(b[:w.left])
		w.ResponseWriter.(http.Flusher).Flush()
		w.left = 0
		return n, errors.New("cut")
	}
	w.left -= len(b)
	return w.ResponseWriter.Write(b)
}

func request(t *testing.T, urls ...string) Request {
	return Request{
		URLs:   urls,
		Path:   filepath.Join(t.TempDir(), "folder", "model.onnx"),
		SHA256: sha(content),
		Bytes:  int64(len(content)),
	}
}

func checkContent(t *testing.T, path string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	} else if !bytes.Equal(got, content) {
		t.Errorf("%s: %d wrong bytes, want %d", path, len(got), len(content))
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	if len(entries) != 1 {
		t.Errorf("folder holds %v, want the file alone", entries)
	}
}

func mustGet(t *testing.T, r Request) {
	t.Helper()
	if err := Get(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	checkContent(t, r.Path)
}

func TestGet(t *testing.T) {
	s := serve(t, good)
	r := request(t, s.URL)
	sum := md5.Sum(content)
	r.MD5 = strings.ToUpper(hex.EncodeToString(sum[:]))
	var last, calls int64
	r.Progress = func(done, total int64) {
		if done < last || total != int64(len(content)) {
			t.Errorf("progress %d of %d after %d", done, total, last)
		}
		last, calls = done, calls+1
	}
	mustGet(t, r)
	if last != int64(len(content)) || calls < 2 {
		t.Errorf("progress ended at %d after %d calls, want %d", last, calls, len(content))
	}
	mustGet(t, r)
	r.Verify = true
	mustGet(t, r)
	if n := len(s.seen()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestUnknownLength(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush() // Chunked.
		w.Write(content)
	})
	r := request(t, s.URL)
	r.Bytes, r.SHA256 = 0, ""
	r.Progress = func(done, total int64) {
		if total != -1 {
			t.Errorf("total = %d, want -1", total)
		}
	}
	mustGet(t, r)
}

// TestThere checks files that are there before Get.
func TestThere(t *testing.T) {
	s := serve(t, good)
	changed := bytes.Clone(content)
	changed[5]++
	tests := []struct {
		name   string
		data   []byte
		change func(*Request)
		want   string
	}{
		{"right", content, func(r *Request) { r.Verify = true }, ""},
		{"length is enough", changed, func(r *Request) {}, ""},
		{"wrong length", content[:9], func(r *Request) {}, "has 9 bytes, want 1048593 (delete the file to fetch it again)"},
		{"wrong hash", changed, func(r *Request) { r.Verify = true }, "sha256 is " + sha(changed)[:12] + "…, want " + sha(content)[:12] + "… (delete the file to fetch it again)"},
		{"no length, wrong hash", changed, func(r *Request) { r.Bytes = 0 }, "sha256 is " + sha(changed)[:12]},
		{"nothing known", changed, func(r *Request) { r.Bytes, r.SHA256 = 0, "" }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := request(t, s.URL)
			r.Path = filepath.Join(t.TempDir(), "model.onnx")
			test.change(&r)
			if err := os.WriteFile(r.Path, test.data, 0o666); err != nil {
				t.Fatal(err)
			}
			checkError(t, Get(t.Context(), r), test.want)
			if got, _ := os.ReadFile(r.Path); !bytes.Equal(got, test.data) {
				t.Error("the file was touched")
			}
		})
	}
	if n := len(s.seen()); n != 0 {
		t.Errorf("%d requests, want none", n)
	}
}

func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil {
		t.Errorf("error %v, want none", err)
	}
	if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n > 0 {
			serveContent(w, r, content)
			return
		}
		w.Header().Set("ETag", `"`+sha(content)[:8]+`"`)
		w.Header().Set("Content-Length", "1048593")
		w.Write(content[:300000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	r := request(t, s.URL, s.URL)
	r.Progress = func(done, _ int64) {
		if done == 300000 {
			cancel()
		}
	}
	if err := Get(ctx, r); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if n := len(s.seen()); n != 1 {
		t.Errorf("%d requests, want 1: no other mirror after a cancel", n)
	}
	r.Progress = nil
	mustGet(t, r)
	if got := s.seen()[1].Header.Get("Range"); got != "bytes=300000-" {
		t.Errorf("Range = %q, want bytes=300000-", got)
	}
}

// TestTwoAtOnce has several Gets of one file at once: one of them downloads.
func TestTwoAtOnce(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		time.Sleep(50 * time.Millisecond)
		serveContent(w, r, content)
	})
	r := request(t, s.URL)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := Get(t.Context(), r); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	checkContent(t, r.Path)
	if n := len(s.seen()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}
