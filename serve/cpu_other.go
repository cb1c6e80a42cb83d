//go:build !unix

package serve

// cpuMicroseconds is not known here: requests are then metered in tokens only.
func cpuMicroseconds() int64 { return 0 }
