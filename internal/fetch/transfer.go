package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// stallTimeout is how long a server may be silent.
var stallTimeout = time.Minute

// errStalled ends a transfer in which nothing comes.
var errStalled = errors.New("nothing came for too long")

// transfer appends to part what is missing of the file at address.
func (r *Request) transfer(ctx context.Context, address string, part *part) error {
	if r.Bytes != 0 && part.size == r.Bytes {
		part.resumed = true
		return nil
	}
	if part.size > 0 && !r.mayResume(address, part) {
		if err := part.reset(); err != nil {
			return diskError(r.Path, err)
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(stallTimeout, func() { cancel(errStalled) })
	defer watchdog.Stop()

	response, err := r.ask(ctx, address, part)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusOK:
		total, err := r.total(address, 0, response)
		if err != nil {
			return err
		}
		if err := part.begin(origin{address, validator(response.Header)}); err != nil {
			return diskError(r.Path, err)
		}
		return r.receive(ctx, address, part, response.Body, total, watchdog)
	case response.StatusCode == http.StatusPartialContent && part.size > 0 && startsAt(response.Header, part.size):
		total, err := r.total(address, part.size, response)
		if err != nil {
			return err
		}
		part.resumed = true
		return r.receive(ctx, address, part, response.Body, total, watchdog)
	case part.size > 0 && (response.StatusCode == http.StatusRequestedRangeNotSatisfiable || response.StatusCode == http.StatusPartialContent):
		if err := part.reset(); err != nil {
			return diskError(r.Path, err)
		}
		return r.transfer(ctx, address, part)
	}
	return &StatusError{URL: address, Code: response.StatusCode, Status: response.Status}
}

// mayResume reports whether bytes from address can follow those of part:
// either a hash will tell, or the server can say that they are of one version.
func (r *Request) mayResume(address string, part *part) bool {
	if r.Bytes != 0 && part.size > r.Bytes {
		return false
	}
	return r.SHA256 != "" || r.MD5 != "" || part.origin.url == address && part.origin.validator != ""
}

// ask sends the request for the rest of the file.
func (r *Request) ask(ctx context.Context, address string, part *part) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "finetune")
	request.Header.Set("Accept-Encoding", "identity")
	if part.size > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", part.size))
		if part.origin.url == address && part.origin.validator != "" {
			request.Header.Set("If-Range", part.origin.validator)
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err == nil {
		return response, nil
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errStalled) {
		return nil, cause
	} else if cause != nil {
		err = cause
	}
	host := request.URL.Host
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
		if u, parseErr := url.Parse(wrapped.URL); parseErr == nil {
			host = u.Host // That of a redirect, perhaps.
		}
	}
	return nil, &NetworkError{URL: address, Host: host, Path: r.Path, Err: err}
}

// total returns the length of the file of which response brings what follows
// offset, or -1 if nobody knows it.
func (r *Request) total(address string, offset int64, response *http.Response) (int64, error) {
	total := int64(-1)
	if response.ContentLength >= 0 {
		total = offset + response.ContentLength
	}
	if r.Bytes == 0 || total == r.Bytes {
		return total, nil
	}
	if total >= 0 {
		return 0, &SizeError{File: address, Got: total, Want: r.Bytes, Downloaded: true}
	}
	return r.Bytes, nil
}

// receive appends body to part, which then has total bytes.
func (r *Request) receive(ctx context.Context, address string, part *part, body io.Reader, total int64, watchdog *time.Timer) error {
	r.report(part.size, total)
	buffer := make([]byte, 256<<10)
	for {
		n, err := body.Read(buffer)
		watchdog.Reset(stallTimeout)
		if got := part.size + int64(n); total >= 0 && got > total {
			if err := part.reset(); err != nil {
				return diskError(r.Path, err)
			}
			return &SizeError{File: address, Got: got, Want: total, Downloaded: true}
		}
		if _, err := part.Write(buffer[:n]); err != nil {
			return diskError(r.Path, err)
		}
		r.report(part.size, total)
		if err == nil {
			continue
		}
		if errors.Is(err, io.EOF) && (total < 0 || part.size == total) {
			return nil
		}
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errStalled) {
			return cause
		} else if cause != nil {
			err = cause
		} else if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return &TruncatedError{URL: address, Got: part.size, Want: total, Err: err}
	}
}

func (r *Request) report(done, total int64) {
	if r.Progress != nil {
		r.Progress(done, total)
	}
}

// validator returns the value for If-Range that names the version of a
// response (RFC 9110, section 13.1.5), or "".
func validator(header http.Header) string {
	if etag := header.Get("ETag"); etag != "" && !strings.HasPrefix(etag, "W/") {
		return etag
	}
	return header.Get("Last-Modified")
}

// startsAt reports whether a partial response begins at offset.
func startsAt(header http.Header, offset int64) bool {
	return strings.HasPrefix(header.Get("Content-Range"), fmt.Sprintf("bytes %d-", offset))
}
