package compute

import "golang.org/x/sys/unix"

func cpuName() string {
	name, _ := unix.Sysctl("machdep.cpu.brand_string")
	return name
}

func memory() int64 {
	n, _ := unix.SysctlUint64("hw.memsize")
	return int64(n)
}
