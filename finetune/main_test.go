package finetune

import (
	"flag"
	"os"
	"testing"
)

// Under the race detector the plain kernels of a proof take minutes.
func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		proofImages = 1
	}
	os.Exit(m.Run())
}
