package language

import (
	"syscall"
	"testing"
)

// perCPU reports bytes a second of processor time, which a busy machine changes little.
func perCPU(b *testing.B, bytes int, f func()) {
	var from, to syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &from)
	n := 0
	for b.Loop() {
		f()
		n++
	}
	syscall.Getrusage(syscall.RUSAGE_SELF, &to)
	us := to.Utime.Nano() - from.Utime.Nano() + to.Stime.Nano() - from.Stime.Nano()
	b.ReportMetric(float64(bytes)*float64(n)/float64(us)*1e3, "MB/cpu-s")
}
