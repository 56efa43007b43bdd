package finetune

import (
	"os"
	"strconv"
	"strings"
)

// peakMemory returns the most memory that the process held at a time, bytes; 0
// if the system does not tell. Linux's VmHWM comes first, because what Linux
// says to getrusage begins with what the parent held when it started us.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		if peak := highWater(string(status)); peak > 0 {
			return peak
		}
	}
	_, peak := processUsage()
	return peak
}

// highWater returns the VmHWM of a /proc/self/status, bytes; 0 if it has none.
func highWater(status string) int64 {
	for line := range strings.Lines(status) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			if err == nil {
				return 1024 * kib
			}
		}
	}
	return 0
}
