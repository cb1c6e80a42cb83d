package compute

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"suiren/internal/say"
	"suiren/stage"
)

// A Status says how a check went.
type Status string

// The statuses of a check.
const (
	OK   Status = "ok"
	Warn Status = "warn" // works, but slowly or not for long
	Fail Status = "fail" // Suiren cannot work like this
)

// A Check is one thing that Suiren needs of a machine, as it was found.
type Check struct {
	ID     string   `json:"id"`
	Status Status   `json:"status"`
	Name   say.Text `json:"-"`
	Found  say.Text `json:"-"`
	Next   say.Text `json:"-"` // what to do; empty when all is well
}

// Least amounts below which a check fails or warns: the main job of the
// smallest example needs under 2 GB of memory and tens of megabytes of disk.
const (
	memoryFail, memoryWarn = 256 << 20, 2 << 30
	diskFail, diskWarn     = 100 << 20, 1 << 30
)

// Doctor checks m, and that work can be done in the state folder and answers
// given on the loopback address. It needs nothing to exist yet.
func Doctor(m stage.Machine, state string, now time.Time) []Check {
	return []Check{
		checkCPU(m), checkMemory(m), checkState(state), checkDisk(state), checkListen(), checkClock(now),
	}
}

func checkCPU(m stage.Machine) Check {
	c := Check{ID: "cpu", Status: OK, Name: say.T("processor", "处理器")}
	c.Found = say.T("%s, %s, %d cores, %d threads to use", "%s，%s，%d 核，使用 %d 个线程", m.CPU, m.Arch, m.Cores, m.Threads)
	if m.Peak > 0 {
		c.Found = say.T("%s, %.0f GFLOP/s measured", "%s，实测 %.0f GFLOP/s", c.Found, m.Peak/1e9)
	}
	if strings.HasSuffix(m.Arch, " generic") {
		c.Status = Warn
		c.Next = say.T("without AVX2 or NEON training is many times slower; use a newer processor for more than trials",
			"没有 AVX2 或 NEON，训练会慢很多倍；除试用外请换较新的处理器")
	}
	return c
}

func checkMemory(m stage.Machine) Check {
	c := Check{ID: "memory", Status: OK, Name: say.T("memory", "内存")}
	if m.Memory <= 0 {
		c.Found = say.T("unknown on this system", "此系统上无法得知")
		return c
	}
	c.Found = say.T("%.1f GiB available", "可用 %.1f GiB", gib(m.Memory))
	c.Status, c.Next = level(m.Memory, memoryFail, memoryWarn,
		say.T("examples/tutor may need up to %.0f GiB; free some, or raise the container's limit", "examples/tutor 最多可能需要 %.0f GiB；请释放内存或提高容器限额", gib(memoryWarn)))
	return c
}

func checkState(dir string) Check {
	c := Check{ID: "state", Status: OK, Name: say.T("state folder", "状态目录"), Found: say.T("%s can be written", "%s 可写", dir)}
	parent := existing(dir)
	f, err := os.CreateTemp(parent, ".suiren-doctor-*")
	if err == nil {
		_, err = f.WriteString("x")
		f.Close()
		os.Remove(f.Name())
	}
	if err != nil {
		c.Status = Fail
		c.Found = say.T("cannot write in %s: %v", "无法写入 %s：%v", parent, err)
		c.Next = say.T("give yourself the right to write there, or choose another folder with --state", "请获得写权限，或用 --state 另选目录")
	}
	return c
}

func checkDisk(dir string) Check {
	c := Check{ID: "disk", Status: OK, Name: say.T("disk", "磁盘")}
	free, ok := DiskFree(existing(dir))
	if !ok {
		c.Found = say.T("unknown on this system", "此系统上无法得知")
		return c
	}
	c.Found = say.T("%.1f GiB free", "剩余 %.1f GiB", gib(free))
	c.Status, c.Next = level(free, diskFail, diskWarn,
		say.T("free some space, remove what no plan needs with suiren store gc, or choose another disk with --state",
			"请腾出空间，用 suiren store gc 清理不再需要的产物，或用 --state 换一个磁盘"))
	return c
}

func checkListen() Check {
	c := Check{ID: "listen", Status: OK, Name: say.T("loopback address", "回环地址"), Found: say.T("can be listened on", "可以监听")}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.Status = Fail
		c.Found = say.T("cannot be listened on: %v", "无法监听：%v", err)
		c.Next = say.T("bring up the interface lo, or serve on another address with --listen", "请启用 lo 接口，或用 --listen 指定其他地址")
		return c
	}
	ln.Close()
	return c
}

// released is before any binary with this check was built.
var released = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func checkClock(now time.Time) Check {
	c := Check{ID: "clock", Status: OK, Name: say.T("clock", "时钟"), Found: say.T("%s", "%s", now.Format("2006-01-02 15:04:05 -0700"))}
	if now.Before(released) {
		c.Status = Warn
		c.Next = say.T("the clock is behind: the audit log will bear wrong times; set it", "时钟落后：审计日志的时间会出错；请校准")
	}
	return c
}

// level judges an amount of bytes.
func level(have, fail, warn int64, next say.Text) (Status, say.Text) {
	switch {
	case have < fail:
		return Fail, next
	case have < warn:
		return Warn, next
	}
	return OK, say.Text{}
}

// existing returns dir, or the nearest folder above it that exists.
func existing(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	for {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

func gib(n int64) float64 { return float64(n) / (1 << 30) }
