//go:build unix

package serve

import "syscall"

// cpuMicroseconds is the processor time that the process has used, user and system.
func cpuMicroseconds() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return (int64(u.Utime.Sec)+int64(u.Stime.Sec))*1e6 + int64(u.Utime.Usec) + int64(u.Stime.Usec)
}
