package gokernel

import "sync/atomic"

// ownChunks are the chunks of a job that are one worker's to do, [first, end): it begins
// at the first, and workers with none of their own left take from the end.
//
// Chunks go through images and rows in order, so a worker's own ones read about the part of
// the data that it wrote in the job before, and find it in its own caches.
type ownChunks struct{ bounds atomic.Uint64 } // first in the upper half, end in the lower one.

func (c *ownChunks) set(first, end int) { c.bounds.Store(uint64(first)<<32 | uint64(end)) }

// take returns a chunk that nobody has taken, the first one or else the last; ok is false
// if there is none.
func (c *ownChunks) take(fromFirst bool) (chunk int, ok bool) {
	for {
		bounds := c.bounds.Load()
		first, end := bounds>>32, bounds&(1<<32-1)
		if first >= end {
			return 0, false
		}
		chunk, left := first, (first+1)<<32|end
		if !fromFirst {
			chunk, left = end-1, first<<32|(end-1)
		}
		if c.bounds.CompareAndSwap(bounds, left) {
			return int(chunk), true
		}
	}
}
