package augment

import "sync"

// scratches holds memory between calls: a picture on its way is as large as the
// result, and pictures come by the thousand.
var scratches = sync.Pool{New: func() any { return new([]uint8) }}

// borrow returns n bytes of unknown content, for giveBack.
func borrow(n int) *[]uint8 {
	s := scratches.Get().(*[]uint8)
	if cap(*s) < n {
		*s = make([]uint8, n)
	}
	*s = (*s)[:n]
	return s
}

func giveBack(s *[]uint8) { scratches.Put(s) }
