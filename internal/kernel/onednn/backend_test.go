//go:build linux && amd64 && !static

package onednn

import (
	"testing"

	"finetune/internal/kernel/kerneltest"
)

// open opens the library with all that it can do, or skips the test.
func open(t testing.TB, threads int) *Backend {
	t.Helper()
	if _, err := Find(); err != nil {
		t.Skip("oneDNN: ", err)
	}
	b, err := newBackend(threads, Everything)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func TestBackend(t *testing.T) {
	b := open(t, 2)
	kerneltest.Run(t, b)
	for _, err := range b.Refused() {
		t.Log(err)
	}
	if len(b.primitives) == 0 {
		t.Error("oneDNN did nothing")
	}
}

func TestAllocs(t *testing.T) { kerneltest.RunAllocs(t, open(t, 2)) }
