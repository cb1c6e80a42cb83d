//go:build linux || darwin

package compute

import "syscall"

// DiskFree returns the bytes that a file in dir may take, where the system tells.
func DiskFree(dir string) (int64, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true
}
