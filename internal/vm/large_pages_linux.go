package vm

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// adviseLargePages asks the system to back what nothing has written yet of the
// arena by large pages: convolutions read many rows at once, each on small
// pages of its own. It is advice: a system without them goes on with small
// ones.
func adviseLargePages(arena []float32) {
	const page = 2 << 20
	if len(arena) == 0 {
		return
	}
	memory := unsafe.Slice((*byte)(unsafe.Pointer(&arena[0])), 4*len(arena))
	first := -uintptr(unsafe.Pointer(&memory[0])) % page
	if whole := uintptr(len(memory)) - min(first, uintptr(len(memory))); whole >= page {
		_ = unix.Madvise(memory[first:first+whole/page*page], unix.MADV_HUGEPAGE)
	}
}
