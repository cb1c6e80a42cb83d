package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// probe asks for the server's health every 50 ms and prints how long each
// answer took, in milliseconds. It is a process of its own, so that what the
// clients do does not show in it more than it must.
func probe(address string) {
	c := &http.Client{Timeout: 30 * time.Second}
	for next := time.Now(); ; {
		start := time.Now()
		resp, err := c.Get("http://" + address + "/healthz")
		if err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				err = fmt.Errorf("status %d", resp.StatusCode)
			}
		}
		if err != nil {
			fmt.Println("failed", err)
		} else {
			fmt.Println(float64(time.Since(start).Microseconds()) / 1000)
		}
		if next = next.Add(50 * time.Millisecond); time.Until(next) < 0 {
			next = time.Now()
		}
		time.Sleep(time.Until(next))
	}
}

// A watch looks at the server while it is under load.
type watch struct {
	probe  *exec.Cmd
	pid    int
	stop   chan struct{}
	wg     sync.WaitGroup
	pings  []float64 // milliseconds
	failed int
	rss    []float64 // bytes, one a second
}

func (s *server) watch() (*watch, error) {
	w := &watch{pid: s.cmd.Process.Pid, stop: make(chan struct{})}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w.probe = exec.Command(self, "-probe", s.address)
	out, err := w.probe.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.probe.Start(); err != nil {
		return nil, err
	}
	w.wg.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if ms, err := strconv.ParseFloat(lines.Text(), 64); err == nil {
				w.pings = append(w.pings, ms)
			} else {
				w.failed++
			}
		}
	})
	w.wg.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				w.rss = append(w.rss, resident(w.pid))
			case <-w.stop:
				return
			}
		}
	})
	return w, nil
}

func (w *watch) end() {
	w.probe.Process.Kill()
	close(w.stop)
	w.wg.Wait()
	w.probe.Wait()
}

// resident returns the memory of a process in bytes.
func resident(pid int) float64 {
	return statusField(pid, "VmRSS:")
}

// statusField returns a field of a process's status that is in kB, in bytes.
func statusField(pid int, name string) float64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == name {
			n, _ := strconv.ParseFloat(f[1], 64)
			return n * 1024
		}
	}
	return 0
}

func (w *watch) health() (p50, p99, most float64) {
	list := sorted(w.pings)
	return quantile(list, 0.5), quantile(list, 0.99), quantile(list, 1)
}

// part returns the median of the memory from one share of the time to another.
func (w *watch) part(from, to float64) float64 {
	n := float64(len(w.rss))
	return quantile(sorted(w.rss[int(from*n):int(to*n)]), 0.5)
}

func (w *watch) drift() float64 {
	if len(w.rss) < 10 {
		return 0
	}
	return w.part(0.8, 1)/w.part(0.2, 0.4) - 1
}

func (w *watch) tenths() (list []int) {
	for i := range 10 {
		list = append(list, int(w.part(float64(i)/10, float64(i+1)/10))>>20)
	}
	return list
}

// A state is what the server says of itself.
type state struct{ running, waiting, pages, goroutines, files, heap, system float64 }

func (s *server) state() (state, error) {
	resp, err := http.Get("http://" + s.address + "/metrics")
	if err != nil {
		return state{}, err
	}
	http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	v := map[string]float64{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), " "); ok {
			v[name], _ = strconv.ParseFloat(value, 64)
		}
	}
	return state{v["suiren_num_requests_running"], v["suiren_num_requests_waiting"], v["suiren_kv_cache_usage_perc"],
		v["go_goroutines"], v["process_open_fds"], v["go_memstats_heap_inuse_bytes"], v["go_memstats_sys_bytes"]}, nil
}

// filled compares the peak of memory, when that for keys and values is full,
// with what the server said it would take.
func (s *server) filled() (ok bool, err error) {
	at, err := s.state()
	if err != nil {
		return false, err
	}
	peak := statusField(s.cmd.Process.Pid, "VmHWM:")
	off := s.memory/peak - 1
	fmt.Printf("%s\nsaid %.1f MiB, peak %.1f MiB: off by %+.1f%%; heap in use %.1f MiB, of the system's %.1f MiB, pages of files %.1f MiB\n", s.said(), s.memory/(1<<20), peak/(1<<20), 100*off, at.heap/(1<<20), at.system/(1<<20),
		statusField(s.cmd.Process.Pid, "RssFile:")/(1<<20))
	return off > -0.05 && off < 0.05, nil
}

// settle waits until the server has noticed that all clients are gone.
func (s *server) settle(before state) (after state, err error) {
	for range 60 {
		if after, err = s.state(); err != nil || after.running+after.waiting+after.pages == 0 && after.goroutines <= before.goroutines+2 && after.files <= before.files+2 {
			return after, err
		}
		time.Sleep(time.Second)
	}
	return after, nil
}
