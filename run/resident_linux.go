package run

import (
	"bytes"
	"os"
	"strconv"
)

var pageSize = int64(os.Getpagesize())

// resident returns the bytes of memory that this process holds now; 0 if the
// system does not say. Those of arenas outside the Go heap are among them.
func resident() int64 {
	b, err := os.ReadFile("/proc/self/statm") // size resident …, in pages
	if err != nil {
		return 0
	}
	f := bytes.Fields(b)
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.ParseInt(string(f[1]), 10, 64)
	return n * pageSize
}
