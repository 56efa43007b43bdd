//go:build !unix || solaris || aix

package finetune

import "time"

// processUsage knows nothing of this system.
func processUsage() (processor time.Duration, peakMemory int64) { return 0, 0 }
