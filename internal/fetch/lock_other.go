//go:build !unix || solaris || aix

package fetch

import "os"

// lock does nothing here: two processes that fetch one file may disturb each
// other, and the hash tells.
func lock(*os.File) error { return nil }

// isInvalid is true: folders cannot be synced here.
func isInvalid(error) bool { return true }
