//go:build !unix || aix || solaris

package operate

import "os"

// Without advisory locks one process at a time may use a state folder.
func lock(*os.File) error { return nil }

func unlock(*os.File) {}
