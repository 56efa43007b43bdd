package fetch

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestResume interrupts one Get and checks what the next asks for.
func TestResume(t *testing.T) {
	const cut = 400000
	changed := bytes.Clone(content)
	changed[5]++
	noRange := func(w http.ResponseWriter, r *http.Request) { w.Write(content) }
	right := func(w http.ResponseWriter, r *http.Request) { serveContent(w, r, content) }
	tests := []struct {
		name   string
		first  []byte // What the interrupted server had.
		second func(w http.ResponseWriter, r *http.Request)
		change func(*Request)
		rng    string // Range of the second Get.
	}{
		{"same", content, right, nil, "bytes=400000-"},
		{"without range support", content, noRange, nil, "bytes=400000-"},
		{"changed since", changed, right, nil, "bytes=400000-"},
		{"changed since, no hash", changed, right, func(r *Request) { r.SHA256 = "" }, "bytes=400000-"},
		{"length unknown", content, right, func(r *Request) { r.Bytes = 0 }, "bytes=400000-"},
		{"range refused", content, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return
			}
			w.Write(content)
		}, nil, "bytes=400000-"},
		{"another range given", content, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" {
				w.Header().Set("Content-Range", "bytes 7-1048592/1048593")
				w.WriteHeader(http.StatusPartialContent)
				w.Write(content[7:])
				return
			}
			w.Write(content)
		}, nil, "bytes=400000-"},
		{"changed, and the server ignores If-Range", changed, func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("If-Range")
			serveContent(w, r, content)
		}, nil, "bytes=400000-"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
				switch n {
				case 0:
					cutAfter(w, r, test.first, cut)
				case 1, 2:
					panic(http.ErrAbortHandler) // Attempts that get nowhere.
				}
				test.second(w, r)
			})
			r := request(t, s.URL)
			if test.change != nil {
				test.change(&r)
			}
			err := Get(t.Context(), r)
			if err == nil {
				t.Fatal("no error from the interrupted Get")
			}
			if info, err := os.Stat(r.Path + ".part"); err != nil || info.Size() != cut {
				t.Fatalf("part is %v, %v, want %d bytes", info, err, cut)
			}
			before := len(s.seen())
			for len(s.seen()) < 3 {
				_ = Get(t.Context(), r)
				before = len(s.seen())
			}
			mustGet(t, r)
			if got := s.seen()[before].Header.Get("Range"); got != test.rng {
				t.Errorf("Range = %q, want %q", got, test.rng)
			}
			if got, want := s.seen()[before].Header.Get("If-Range"), `"`+sha(test.first)[:8]+`"`; got != want {
				t.Errorf("If-Range = %q, want %q", got, want)
			}
		})
	}
}

// TestInterruptedContinues checks that one Get survives a cut in the middle.
func TestInterruptedContinues(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n < 2 {
			cutAfter(w, r, content, 300000)
		}
		serveContent(w, r, content)
	})
	mustGet(t, request(t, s.URL))
	if n := len(s.seen()); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}

// TestNoBlindResume checks that bytes of an unknown version are not continued
// where nothing could tell that they do not fit.
func TestNoBlindResume(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { w.Write(content) })
	r := request(t, s.URL)
	r.SHA256 = ""
	if err := os.MkdirAll(filepath.Dir(r.Path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.Path+".part", content[:77], 0o666); err != nil {
		t.Fatal(err)
	}
	mustGet(t, r)
	if got := s.seen()[0].Header.Get("Range"); got != "" {
		t.Errorf("Range = %q, want none", got)
	}
}

// TestCompletePart checks a part that only lacks its name, right and wrong.
func TestCompletePart(t *testing.T) {
	s := serve(t, good)
	for i, data := range [][]byte{content, make([]byte, len(content)), make([]byte, len(content)+1)} {
		r := request(t, s.URL)
		os.MkdirAll(filepath.Dir(r.Path), 0o777)
		if err := os.WriteFile(r.Path+".part", data, 0o666); err != nil {
			t.Fatal(err)
		}
		mustGet(t, r)
		if n := len(s.seen()); n != i {
			t.Errorf("part %d: %d requests, want %d", i, n, i)
		}
	}
}

func TestTruncated(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		cutAfter(w, r, content, 1000)
	})
	r := request(t, s.URL)
	err := Get(t.Context(), r)
	var truncated *TruncatedError
	if !errors.As(err, &truncated) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("error %#v, want a TruncatedError of an unexpected EOF", err)
	}
	if truncated.Got != 1000 || truncated.Want != r.Bytes {
		t.Errorf("%d of %d, want 1000 of %d", truncated.Got, truncated.Want, r.Bytes)
	}
	checkError(t, err, s.URL+": ended after 1000 bytes of 1048593: unexpected EOF (try again to continue there)")
	if _, err := os.Stat(r.Path); err == nil {
		t.Error("a truncated file has its name")
	}
}

func TestStall(t *testing.T) {
	defer func(old time.Duration) { stallTimeout = old }(stallTimeout)
	stallTimeout = 100 * time.Millisecond
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 0 {
			w.Write(content[:500])
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	})
	r := request(t, s.URL)
	r.Bytes = 0
	err := Get(t.Context(), r)
	var network *NetworkError
	if !errors.Is(err, errStalled) || !errors.As(err, &network) {
		t.Errorf("error %v, want a NetworkError of the second request, %v", err, errStalled)
	}
}

func TestWrongContent(t *testing.T) {
	changed := bytes.Clone(content)
	changed[5]++
	bad := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { serveContent(w, r, changed) })
	page := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>Sign in") })
	endless := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		w.Write(content)
		w.Write(content)
	})
	short := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		w.Write(content[:100])
	})
	right := serve(t, good)

	r := request(t, bad.URL)
	err := Get(t.Context(), r)
	var wrong *HashError
	if !errors.As(err, &wrong) || wrong.Got != sha(changed) || wrong.Want != sha(content) || wrong.File != bad.URL {
		t.Errorf("error %#v, want a HashError", err)
	}
	checkError(t, err, bad.URL+": sha256 is "+sha(changed)[:12]+"…, want "+sha(content)[:12]+"… (the file was changed there, or on the way)")

	r = request(t, page.URL)
	err = Get(t.Context(), r)
	var size *SizeError
	if !errors.As(err, &size) || size.Got != 13 || size.Want != r.Bytes {
		t.Errorf("error %#v, want a SizeError of 13 bytes", err)
	}

	err = Get(t.Context(), request(t, endless.URL))
	if !errors.As(err, &size) {
		t.Errorf("error %#v, want a SizeError", err)
	}

	var truncated *TruncatedError
	err = Get(t.Context(), request(t, short.URL))
	if !errors.As(err, &truncated) {
		t.Errorf("error %#v, want a TruncatedError", err)
	}

	mustGet(t, request(t, bad.URL, page.URL, endless.URL, short.URL, right.URL))
}

func TestStatus(t *testing.T) {
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) })
	err := Get(t.Context(), request(t, s.URL+"/model.onnx", s.URL+"/other"))
	var status *StatusError
	if !errors.As(err, &status) || status.Code != 404 {
		t.Errorf("error %#v, want a StatusError 404", err)
	}
	checkError(t, err, "/model.onnx: server says 404 Not Found")
	checkError(t, err, "/other: server says 404 Not Found")
}

func TestNoNetwork(t *testing.T) {
	s := serve(t, good)
	s.Close()
	r := request(t, s.URL+"/model.onnx")
	err := Get(t.Context(), r)
	var network *NetworkError
	if !errors.As(err, &network) || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("error %#v, want a NetworkError", err)
	}
	checkError(t, err, "no answer from "+strings.TrimPrefix(s.URL, "http://")+": ")
	checkError(t, err, "(without a network, put "+s.URL+"/model.onnx at "+r.Path+" by hand)")
	entries, _ := os.ReadDir(filepath.Dir(r.Path))
	if len(entries) != 0 {
		t.Errorf("folder holds %v, want nothing", entries)
	}
}

func TestDiskFull(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	s := serve(t, good)
	r := request(t, s.URL, s.URL)
	os.MkdirAll(filepath.Dir(r.Path), 0o777)
	if err := os.Symlink("/dev/full", r.Path+".part"); err != nil {
		t.Fatal(err)
	}
	err := Get(t.Context(), r)
	var full *DiskFullError
	if !errors.As(err, &full) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error %#v, want a DiskFullError", err)
	}
	if n := len(s.seen()); n != 1 {
		t.Errorf("%d requests, want 1: another mirror does not help", n)
	}
}

func TestReadOnlyFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	r := request(t, "http://127.0.0.1:1")
	r.Path = filepath.Join(file, "model.onnx")
	if err := Get(t.Context(), r); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("error %v, want %v", err, syscall.ENOTDIR)
	}
	r.URLs = nil
	checkError(t, Get(t.Context(), r), "no address to fetch it from")
}
