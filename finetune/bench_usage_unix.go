//go:build unix && !solaris && !aix

package finetune

import (
	"runtime"
	"syscall"
	"time"
)

// processUsage returns the processor time of all threads of the process so
// far, and the most memory that it held at a time, bytes; 0 for what the
// system does not tell.
func processUsage() (processor time.Duration, peakMemory int64) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, 0
	}
	processor = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	peakMemory = int64(u.Maxrss)
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" { // These count bytes, others KiB.
		peakMemory *= 1024
	}
	return processor, peakMemory
}
