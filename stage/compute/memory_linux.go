package compute

import (
	"math"
	"path"
	"strconv"
	"strings"
)

// cpuName returns the processor's name from /proc/cpuinfo, or "".
func cpuName() string { return parseCPUName(readFile("/proc/cpuinfo")) }

// parseCPUName finds the line that names the processor. Its label differs
// between architectures.
func parseCPUName(cpuinfo string) string {
	for _, label := range []string{"model name", "cpu model", "uarch", "hardware", "model"} {
		for line := range strings.Lines(cpuinfo) {
			k, v, ok := strings.Cut(line, ":")
			if v = strings.TrimSpace(v); ok && v != "" && strings.EqualFold(strings.TrimSpace(k), label) {
				return strings.Join(strings.Fields(v), " ")
			}
		}
	}
	return ""
}

// memory returns the bytes the process may still use: what the kernel says is
// available, or what the control groups leave, whichever is less. 0 means
// unknown.
func memory() int64 {
	free := parseMeminfo(readFile("/proc/meminfo"), "MemAvailable")
	for line := range strings.Lines(readFile("/proc/self/cgroup")) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		switch {
		case controllers == "": // version 2
			free = min(free, groupMemory("/sys/fs/cgroup", group, "memory.max", "memory.current", ""))
		case strings.Contains(","+controllers+",", ",memory,"):
			free = min(free, groupMemory("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"))
		}
	}
	return free
}

// parseMeminfo returns a field of /proc/meminfo in bytes, or 0.
func parseMeminfo(meminfo, field string) int64 {
	for line := range strings.Lines(meminfo) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == field+":" {
			kib, _ := strconv.ParseInt(f[1], 10, 64)
			return kib << 10
		}
	}
	return 0
}

// groupMemory returns what the limits of group and of every group above it
// leave. A file cache that can be dropped, which is all of it but shared memory
// (of which the lists of files have none), is not counted as used; prefix is
// that of its names.
func groupMemory(root, group, limit, used, prefix string) int64 {
	free := int64(math.MaxInt64)
	for dir := path.Clean("/" + group); ; dir = path.Dir(dir) {
		at := root + dir + "/"
		if max, err := strconv.ParseInt(strings.TrimSpace(readFile(at+limit)), 10, 64); err == nil {
			n, _ := strconv.ParseInt(strings.TrimSpace(readFile(at+used)), 10, 64)
			for line := range strings.Lines(readFile(at + "memory.stat")) {
				if f := strings.Fields(line); len(f) == 2 && (f[0] == prefix+"inactive_file" || f[0] == prefix+"active_file") {
					c, _ := strconv.ParseInt(f[1], 10, 64)
					n -= c
				}
			}
			free = min(free, max-n)
		}
		if dir == "/" {
			return free
		}
	}
}
