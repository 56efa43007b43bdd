//go:build linux && amd64 && !static

package onednn

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"sync"
)

const soname = "libdnnl.so.3"

// find loads the library once in the life of the process.
var find = sync.OnceValues(func() (*library, error) {
	// OpenMP's threads would spin after a convolution, in the way of the Go
	// kernels' workers. It reads this when it is loaded.
	if os.Getenv("OMP_WAIT_POLICY") == "" {
		os.Setenv("OMP_WAIT_POLICY", "passive")
	}
	named := os.Getenv(Variable)
	l, err := load(cmp.Or(named, soname))
	if err != nil && named == "" && strings.Contains(err.Error(), "cannot open shared object file") {
		return nil, fmt.Errorf("%s not found: set %s to its path", soname, Variable)
	}
	if err != nil && err.Error() == "" { // There may be no loader to give a reason.
		return nil, fmt.Errorf("%s cannot be opened", cmp.Or(named, soname))
	}
	return l, err
})

// Find returns the library that Open would use, or why there is none.
func Find() (Library, error) {
	l, err := find()
	if err != nil {
		return Library{}, err
	}
	return Library{
		Path:         cmp.Or(os.Getenv(Variable), soname),
		Version:      l.version().String(),
		Instructions: l.isaName(),
	}, nil
}
