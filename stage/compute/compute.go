// Package compute finds out what this machine is and how fast it is, and
// whether Suiren can work on it.
package compute

import (
	"cmp"
	"os"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
	"suiren/stage"
)

// Probe describes this machine without measuring it. threads limits the
// threads to use; 0 stands for as many as the process is given, which a
// control group's quota bounds.
func Probe(threads int) stage.Machine {
	given := runtime.GOMAXPROCS(0)
	if threads <= 0 {
		threads = given
	}
	return stage.Machine{
		CPU: cmp.Or(cpuName(), runtime.GOARCH), Arch: Arch(), Cores: runtime.NumCPU(),
		Threads: min(threads, runtime.NumCPU()), Memory: memory(), Tiles: kernel.Tiles(), Free: DiskFree,
	}
}

// Arch returns the architecture and the instruction sets in use.
func Arch() string {
	arch := runtime.GOARCH + " " + kernel.ISA()
	if kernel.Tiles() {
		arch += " AMX"
	}
	return arch
}

// Rounds of a measurement. The best one counts: another program can only
// make a round slower.
const (
	peakRounds = 5
	peakRound  = 10 * time.Millisecond
	readRounds = 4
	readBytes  = 32 << 20 // of each thread, larger than its share of the caches
)

// Calibrate sets m.Peak by measuring it, about 60 ms long: the FLOP/s of fused
// multiply-adds between registers on m.Threads threads at once.
func Calibrate(m *stage.Machine) {
	run := func(n int) (flops float64) {
		for range n { // in pieces of some microseconds: a collection that waits for the end of one keeps a processor
			flops += kernel.PeakFMA(1 << 14)
		}
		return flops
	}
	run(1) // warm: clocks rise, code is paged in
	n := 1
	for ; ; n *= 2 {
		if t := timed(1, func(int) { run(n) }); t >= peakRound/2 {
			n = max(1, int(float64(n)*peakRound.Seconds()/t.Seconds()))
			break
		}
	}
	flops := make([]float64, m.Threads)
	for range peakRounds {
		t := timed(m.Threads, func(i int) { flops[i] = run(n) })
		var sum float64
		for _, f := range flops {
			sum += f
		}
		m.Peak = max(m.Peak, sum/t.Seconds())
	}
}

// Bandwidth measures how many bytes per second the given number of threads
// read from memory together, the best of a few rounds.
func Bandwidth(threads int) (float64, error) {
	r, err := NewReader(threads)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	var best float64
	for range readRounds {
		best = max(best, r.Read())
	}
	return best, nil
}

// A Reader reads memory as the engine's weights have it, in large pages where
// there are any, which are faster to read than small ones.
type Reader struct {
	arena *tensor.Arena
	bufs  [][]byte
	sums  []uint64
}

// NewReader takes memory for so many threads to read.
func NewReader(threads int) (*Reader, error) {
	arena, err := tensor.NewArena(threads * readBytes / 4)
	if err != nil {
		return nil, err
	}
	r := &Reader{arena, make([][]byte, threads), make([]uint64, threads)}
	for i := range r.bufs {
		f := arena.Float32(readBytes / 4)
		for j := 0; j < len(f); j += 1024 {
			f[j] = 1 // or every page would be the one page of zeros
		}
		r.bufs[i] = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(f))), readBytes)
	}
	return r, nil
}

// Read reads everything once and returns bytes a second.
func (r *Reader) Read() float64 {
	t := timed(len(r.bufs), func(i int) { r.sums[i] = kernel.ReadSum(r.bufs[i]) })
	return float64(len(r.bufs)) * readBytes / t.Seconds()
}

// Close frees the memory.
func (r *Reader) Close() { r.arena.Close() }

// timed runs f(0) … f(n-1) at once and returns how long all of them took.
func timed(n int, f func(int)) time.Duration {
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	began := time.Now()
	close(start)
	wg.Wait()
	return max(time.Since(began), 1)
}

// readFile returns a file's text, or "" if there is no such file.
func readFile(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(b)
}
