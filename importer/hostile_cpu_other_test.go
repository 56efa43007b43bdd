//go:build !unix

package importer

import "time"

var started = time.Now()

// processorTime returns the time by the clock.
func processorTime() time.Duration { return time.Since(started) }
