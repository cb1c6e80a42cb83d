package serve

// CPUSeconds is the processor time that the process has used, user and system; 0
// where it is not known.
func CPUSeconds() float64 { return float64(cpuMicroseconds()) / 1e6 }
