package kernel

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unsafe"
)

var emulate = flag.String("emulate", "", "a folder with boot.bin and call.bin of compat/avx512: write disk.img there, or, if there is one, compare what the emulator printed")

// A job calls assembly that this machine may be unable to run. The emulator
// runs it on memory of its own, this machine a twin on the same memory.
type job struct {
	name string
	mem  [][]byte                 // what the arguments point to
	args func(at []uint64) []byte // given where mem lies; results follow
	ret  int                      // offset of a float32 that it returns, or -1
	twin func(mem [][]byte) float32

	point func(at []uint64) []byte // what the last of mem holds, which points to the others; nil if it does not
}

// Where things lie in the emulator.
const (
	emuBase  = 0x100000
	emuTable = 0x101000
	emuJobs  = 17 * 8 // bytes of a call
)

// TestEmulated writes a disk that runs every AVX-512 kernel, and compares what
// came of it: compat/avx512/run.sh.
func TestEmulated(t *testing.T) {
	if *emulate == "" {
		t.Skip("no emulator")
	}
	jobs := slices.Concat(vectorJobs(), gemmJobs(), quantJobs())
	disk := filepath.Join(*emulate, "disk.img")
	image, dump, size := layJobs(t, jobs)
	if _, err := os.Stat(disk); err != nil {
		writeDisk(t, disk, image)
		t.Logf("%d calls", len(jobs))
		return
	}
	got := readDump(t, size)
	at := map[string]int{}
	for i := range jobs {
		j := &jobs[i]
		call := got[i*emuJobs:][:emuJobs]
		var ret float32
		if j.ret >= 0 {
			ret = math.Float32frombits(binary.LittleEndian.Uint32(call[8+j.ret:]))
		}
		mem := make([][]byte, len(j.mem))
		for k := range mem {
			mem[k] = bytes.Clone(j.mem[k])
		}
		want := j.twin(mem)
		if j.ret >= 0 && !sameBits(ret, want) {
			t.Errorf("%s, call %d: returns %v, its twin %v", j.name, i, ret, want)
		}
		if j.point != nil {
			mem = mem[:len(mem)-1]
		}
		for k := range mem {
			from := got[dump[i][k]:][:len(mem[k])]
			for b := 0; b < len(from); b += 4 {
				x, y := math.Float32frombits(binary.LittleEndian.Uint32(from[b:])), math.Float32frombits(binary.LittleEndian.Uint32(mem[k][b:]))
				if !sameBits(x, y) {
					t.Errorf("%s, call %d: float %d of argument %d is %v, of its twin %v", j.name, i, b/4, k, x, y)
					break
				}
			}
		}
		at[j.name]++
	}
	for name, n := range at {
		t.Logf("%-20s %d calls", name, n)
	}
}

func sameBits(x, y float32) bool {
	return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
}

// layJobs returns memory from emuBase on: this program's code and data, the
// calls and what they point to; and where in the dump each job's memory is.
func layJobs(t *testing.T, jobs []job) (image []byte, dump [][]int, size int) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	end := uint64(emuTable + 4096)
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			end = max(end, (p.Vaddr+p.Memsz+4095)&^4095)
		}
	}
	image = make([]byte, end-emuBase)
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			if _, err := p.ReadAt(image[p.Vaddr-emuBase:][:p.Filesz], 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	address := map[string]uint64{}
	for _, s := range symbols {
		address[s.Name] = s.Value
	}
	calls := end
	where := calls + uint64(len(jobs)*emuJobs)
	var list, mem []byte
	for _, j := range jobs {
		var at []uint64
		var offsets []int
		for _, m := range j.mem {
			for where%64 != 0 { // as Go aligns it, at most
				where++
				mem = append(mem, 0)
			}
			at = append(at, where)
			offsets = append(offsets, int(where-calls))
			mem = append(mem, m...)
			where += uint64(len(m))
		}
		if j.point != nil {
			last := j.mem[len(j.mem)-1]
			copy(mem[len(mem)-len(last):], j.point(at))
		}
		fn := address["suiren/engine/kernel."+j.name+".abi0"]
		if fn == 0 {
			t.Fatalf("no function %s", j.name)
		}
		call := make([]byte, emuJobs)
		binary.LittleEndian.PutUint64(call, fn)
		copy(call[8:], j.args(at))
		list = append(list, call...)
		dump = append(dump, offsets)
	}
	image = append(append(image, list...), mem...)
	size = len(list) + len(mem)
	code, err := os.ReadFile(filepath.Join(*emulate, "call.bin"))
	if err != nil || len(code) > emuTable-emuBase {
		t.Fatal("call.bin: ", err)
	}
	copy(image, code)
	table := image[emuTable-emuBase:]
	for i, v := range []uint64{calls, uint64(len(jobs)), calls, uint64(size)} {
		binary.LittleEndian.PutUint64(table[8*i:], v)
	}
	return image, dump, size
}

// writeDisk writes the first sector and the image, in pieces of 64 sectors, on
// whole cylinders of 16 heads and 63 sectors.
func writeDisk(t *testing.T, name string, image []byte) {
	boot, err := os.ReadFile(filepath.Join(*emulate, "boot.bin"))
	if err != nil || len(boot) != 512 {
		t.Fatal("boot.bin: ", err)
	}
	chunks := (len(image) + 1<<15 - 1) >> 15
	binary.LittleEndian.PutUint32(boot[504:], uint32(chunks))
	const cylinder = 16 * 63 * 512
	disk := append(boot, image...)
	n := 512 + chunks<<15
	cylinders := (n + cylinder - 1) / cylinder
	disk = append(disk, make([]byte, cylinders*cylinder-len(disk))...)
	if err := os.WriteFile(name, disk, 0o644); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("cylinders=%d\n", cylinders)
}

// readDump returns the memory that the emulator printed.
func readDump(t *testing.T, size int) []byte {
	out, err := os.ReadFile(filepath.Join(*emulate, "out.txt"))
	if err != nil {
		t.Fatal(err)
	}
	from := bytes.IndexByte(out, '<')
	for from >= 0 {
		if to := bytes.IndexByte(out[from:], '>'); to == 2*size+1 {
			got := make([]byte, size)
			if _, err := hex.Decode(got, out[from+1:from+to]); err != nil {
				t.Fatal(err)
			}
			return got
		}
		next := bytes.IndexByte(out[from+1:], '<')
		if next < 0 {
			break
		}
		from += 1 + next
	}
	t.Fatalf("out.txt has no memory of %d bytes: the emulator stopped early", size)
	return nil
}

func emuFloats(m []byte) *float32 { return (*float32)(unsafe.Pointer(unsafe.SliceData(m))) }

// words lays arguments out: addresses and counts, then float32s.
func words(list ...any) (b []byte) {
	for _, v := range list {
		switch v := v.(type) {
		case uint64:
			b = binary.LittleEndian.AppendUint64(b, v)
		case int:
			b = binary.LittleEndian.AppendUint64(b, uint64(v))
		case float32:
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b
}

// emuVectors returns rows of n floats: usual ones, then with all kinds.
func emuVectors(rng *rand.Rand, rows, n int, special bool) (mem [][]byte) {
	odd := []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), 1e-42, 3e38, -90, 90}
	for range rows {
		var b []byte
		for range n {
			x := float32(rng.NormFloat64())
			if special && rng.IntN(4) == 0 {
				x = odd[rng.IntN(len(odd))]
			}
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		mem = append(mem, b)
	}
	return mem
}

func vectorJobs() (jobs []job) {
	rng := rand.New(rand.NewPCG(1, 512))
	for _, n := range []int{32, 64, 160, 384} {
		for _, special := range []bool{false, true} {
			v := func(rows int) [][]byte { return emuVectors(rng, rows, n, special) }
			s := func(rows int) [][]byte { return append([][]byte{make([]byte, 4*lanes)}, v(rows)...) }
			lane := func(m [][]byte) *[lanes]float32 { return (*[lanes]float32)(unsafe.Pointer(emuFloats(m[0]))) }
			p := emuFloats
			c := float32(0.37)
			add := func(name string, mem [][]byte, ret int, args func(at []uint64) []byte, twin func(m [][]byte) float32) {
				jobs = append(jobs, job{name: name, mem: mem, args: args, ret: ret, twin: twin})
			}
			none := func(f func(m [][]byte)) func(m [][]byte) float32 {
				return func(m [][]byte) float32 { f(m); return 0 }
			}
			add("dotAVX512", s(2), 32, func(at []uint64) []byte { return words(at[0], at[1], at[2], n) },
				func(m [][]byte) float32 { return dotAVX2(lane(m), p(m[1]), p(m[2]), n) })
			for _, n := range []int{n, n - 5} {
				v := func(rows int) [][]byte { return emuVectors(rng, rows, n, special) }
				add("expSumAVX512", v(2), 32, func(at []uint64) []byte { return words(at[0], at[1], n, c) },
					func(m [][]byte) float32 { return expSumGeneric(floats(m[0]), floats(m[1]), c) })
				add("maximumAVX512", v(1), 16, func(at []uint64) []byte { return words(at[0], n) },
					func(m [][]byte) float32 { return maximumGeneric(floats(m[0])) })
				add("softmaxGradAVX512", v(2), -1, func(at []uint64) []byte { return words(at[0], at[1], n, c, c/2, c/3) },
					none(func(m [][]byte) { softmaxGradParts(floats(m[0]), floats(m[1]), c, c/2, c/3) }))
				add("rmsNormAVX512", v(3), 40, func(at []uint64) []byte { return words(at[0], at[1], at[2], n, c) },
					func(m [][]byte) float32 { return rmsNormParts(floats(m[0]), floats(m[1]), floats(m[2]), c) })
				add("rmsNormGradAVX512", v(5), -1, func(at []uint64) []byte { return words(at[0], at[1], at[2], at[3], at[4], n, c) },
					none(func(m [][]byte) {
						rmsNormGradParts(floats(m[0]), floats(m[1]), floats(m[2]), floats(m[3]), floats(m[4]), c)
					}))
			}
			add("axpyAVX512", v(2), -1, func(at []uint64) []byte { return words(at[0], at[1], n, c) },
				none(func(m [][]byte) { axpyAVX2(p(m[0]), p(m[1]), n, c) }))
			add("addAVX512", v(3), -1, func(at []uint64) []byte { return words(at[0], at[1], at[2], n) },
				none(func(m [][]byte) { addAVX2(p(m[0]), p(m[1]), p(m[2]), n) }))
			add("mulAVX512", v(3), -1, func(at []uint64) []byte { return words(at[0], at[1], at[2], n) },
				none(func(m [][]byte) { mulAVX2(p(m[0]), p(m[1]), p(m[2]), n) }))
			add("scaleAVX512", v(1), -1, func(at []uint64) []byte { return words(at[0], n, c) },
				none(func(m [][]byte) { scaleAVX2(p(m[0]), n, c) }))
			add("swiGLUAVX512", v(3), -1, func(at []uint64) []byte { return words(at[0], at[1], at[2], n) },
				none(func(m [][]byte) { swiGLUAVX2(p(m[0]), p(m[1]), p(m[2]), n) }))
			add("swiGLUGradAVX512", v(5), -1, func(at []uint64) []byte { return words(at[0], at[1], at[2], at[3], at[4], n) },
				none(func(m [][]byte) { swiGLUGradAVX2(p(m[0]), p(m[1]), p(m[2]), p(m[3]), p(m[4]), n) }))
			a := adamW{0.9, 1 - 0.9, 0.99, 1 - 0.99, 1.2, 1.3, 1e-8, 0.1, 1e-3}
			adam := append(v(4), words(a.beta1, a.rest1, a.beta2, a.rest2, a.inv1, a.inv2, a.eps, a.decay, a.lr))
			add("adamWAVX512", adam, -1, func(at []uint64) []byte { return words(at[0], at[1], at[2], at[3], n, at[4]) },
				none(func(m [][]byte) { adamWAVX2(p(m[0]), p(m[1]), p(m[2]), p(m[3]), n, &a) }))
		}
	}
	return jobs
}

// gemmJobs multiplies tiles of every count of rows and of columns that the
// kernel treats apart.
func gemmJobs() (jobs []job) {
	rng := rand.New(rand.NewPCG(2, 512))
	for m := 1; m <= 40; m++ {
		for _, shape := range [][3]int{{1, 7, 0}, {15, 3, 1}, {16, 5, 0}, {17, 9, 1}, {32, 33, m % 2}} {
			n, k, add := shape[0], shape[1], shape[2]
			a, b, c := emuVectors(rng, 1, m*k, false)[0], emuVectors(rng, 1, k*NR, false)[0], emuVectors(rng, 1, m*NR, false)[0]
			ars, acs := k, 1
			if m%3 == 0 { // the transpose
				ars, acs = 1, m
			}
			jobs = append(jobs, job{
				name: "gemmAVX512", mem: [][]byte{a, b, c, make([]byte, unsafe.Sizeof(tile{}))}, ret: -1,
				args: func(at []uint64) []byte { return words(at[3]) },
				point: func(at []uint64) []byte {
					return words(at[0], 4*ars, 4*acs, at[1], 4*NR, at[2], 4*NR, m, n, k, add, 0, 0, k, 0, 0, 0, 0, 0, 0, 0, 1) // one part, of k steps
				},
				twin: func(mem [][]byte) float32 {
					gemmGeneric(m, n, k, floats(mem[0]), ars, acs, floats(mem[1]), NR, floats(mem[2]), NR, add == 1)
					return 0
				},
			})
		}
	}
	return jobs
}

// quantJobs multiplies with random weights and with the largest.
func quantJobs() (jobs []job) {
	rng := rand.New(rand.NewPCG(3, 512))
	random := func() byte { return byte(rng.Uint32()) }
	for _, fill := range []func() byte{random, func() byte { return 0 }, func() byte { return 0x7f }, func() byte { return 0x80 }, func() byte { return 0xff }} {
		for _, shape := range [][3]int{{256, 1, 2}, {768, 1, 6}, {512, 2, 2}, {768, 4, 2}, {1024, 4, 2}} {
			for i, typ := range []Type{Q4_0, Q4_K, Q6_K, Q8_0, Q2_K, Q3_K, IQ4_XS, IQ3_XXS, IQ2_XS} {
				name := []string{"q40", "q4K", "q6K", "q80", "q2K", "q3K", "look", "look", "iq2"}[i]
				jobs = append(jobs, quantJob(name, typ, shape[0], shape[1], shape[2], rng, fill))
			}
		}
	}
	return jobs
}

func quantJob(name string, typ Type, k, n, groups int, rng *rand.Rand, fill func() byte) job {
	f := &forms[typ]
	src := make([]byte, groups*Group*k/f.weights*f.bytes)
	for i := range src {
		src[i] = fill()
	}
	scales := map[Type][]int{Q4_0: {0}, Q8_0: {0}, Q4_K: {0, 2}, Q6_K: {208}, Q2_K: {80, 82}, Q3_K: {108}, IQ4_XS: {0}, IQ3_XXS: {0}, IQ2_XS: {0}}[typ]
	for b := 0; b < len(src); b += f.bytes {
		for _, at := range scales { // 0.25 to 4, either sign
			src[b+at], src[b+at+1] = byte(rng.Uint32()), byte(0x34+rng.IntN(12))|byte(rng.IntN(2)<<7)
		}
	}
	m := Matrix{Type: typ, Rows: groups * Group, K: k, Data: make([]byte, PackedBytes(typ, groups*Group, k))}
	m.Pack(0, m.Rows, src)
	in := NewInput(n, k, make([]float32, InputFloats(n, k)))
	for i := range in.f {
		if in.f[i] = float32(rng.NormFloat64()); i/k%2 == 1 { // all the largest
			in.f[i] = float32(math.Copysign(127, float64(in.f[i])))
		}
	}
	in.Quantise(0, n, typ.Forms())
	x := &in.forms[typ.Forms().index()]
	a := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x.q))), n*k)
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x.b))), n*k/32*int(unsafe.Sizeof(block{})))
	look := make([]byte, unsafe.Sizeof(table{}))
	if t := typ.table(); t != nil {
		*(*table)(unsafe.Pointer(unsafe.SliceData(look))) = *t
	}
	return job{
		name: fmt.Sprintf("%sx%dVNNI", name, n), ret: -1,
		mem:  [][]byte{m.Data, a, b, make([]byte, n*groups*Group*4), look, make([]byte, unsafe.Sizeof(quantTile{}))},
		args: func(at []uint64) []byte { return words(at[5]) },
		point: func(at []uint64) []byte {
			return words(k/32, at[0], len(m.Data)/groups, at[1], k, at[2], len(b)/n, at[3], groups/2, 0, at[4])
		},
		twin: func(mem [][]byte) float32 {
			m.tileGeneric(in, m.Data, groups, 0, n, floats(mem[3]))
			return 0
		},
	}
}
