//go:build !linux && !darwin

package compute

func cpuName() string { return "" }
func memory() int64   { return 0 } // unknown
