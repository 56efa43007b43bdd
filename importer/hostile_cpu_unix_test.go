//go:build unix

package importer

import (
	"syscall"
	"time"
)

// processorTime returns what this process computed so far, which other work on
// the machine does not change.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
