//go:build unix && !solaris && !aix

package fetch

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the lock of f, which the system frees when f is closed, or returns
// errBusy.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return errBusy
	case errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOLCK):
		return nil // Some network file systems have no locks.
	}
	return err
}

// isInvalid reports whether the system cannot do what was asked of the file.
func isInvalid(err error) bool { return errors.Is(err, syscall.EINVAL) }
