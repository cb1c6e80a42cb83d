//go:build !unix

package serve

// cpuSeconds is not known here: requests are then metered in tokens only.
func cpuSeconds() float64 { return 0 }
