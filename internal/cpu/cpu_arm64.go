package cpu

import (
	"runtime"

	"golang.org/x/sys/cpu"
)

// ARM64 holds the features the kernels test for. Every machine of Apple's has
// dot products of bytes.
var ARM64 = struct{ DotProd bool }{cpu.ARM64.HasASIMDDP || runtime.GOOS == "darwin"}
