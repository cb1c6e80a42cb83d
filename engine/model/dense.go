package model

import (
	"suiren/engine/kernel"
	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// A dense is the matrices of a block that read one input, as training sees
// them: trained in float32, or frozen in the type of their file, with or
// without adapters.
type dense struct {
	rows, cols int
	bias       []float32    // of the first rows, or nil
	w          []float32    // (rows, cols)
	packed     []float32    // the same as the forward pass reads it; it must be packed again whenever w changes
	parts      []frozenPart // instead of w, one below the other
	loras      []*Pair
}

// A frozenPart is a matrix that is not trained: rows of blocks as in its file.
type frozenPart struct {
	src  weight
	size int // bytes of a row
	raw  []byte
}

// denseScratch is one worker's memory for frozen matrices and adapters.
type denseScratch struct {
	wide  []float32 // a whole matrix of a block, dequantised, and packed on the way forward; all workers share it
	block []float32 // (panelRows, cols) rows, dequantised
	panel []float32 // (cols, panelRows) the same, packed
	mid   []float32 // (T, rank)
}

// panelRows is how many rows of a frozen matrix are dequantised at a time.
const panelRows = 4 * kernel.NR

// newDense lays out a trained matrix of the parameters w.
func newDense(rows, cols int, w, bias []float32, a *tensor.Arena) *dense {
	return &dense{rows: rows, cols: cols, w: w, bias: bias, packed: a.Float32(kernel.PackedLen(cols, rows))}
}

// newFrozen lays out the parts of a linear as they are.
func newFrozen(l *linear, bias []float32, a *tensor.Arena) *dense {
	d := &dense{rows: l.rows, cols: l.cols, bias: bias}
	for i := range l.parts {
		d.parts = append(d.parts, newFrozenPart(l.parts[i].src, a))
	}
	return d
}

func newFrozenPart(w weight, a *tensor.Arena) frozenPart {
	f := frozenPart{src: w, size: w.bytes(1)}
	n := w.bytes(w.rows)
	if mem := a.Float32((n + 3) / 4); mem != nil {
		f.raw = bytesOf(mem)[:n]
	}
	return f
}

// read fills a frozen matrix from its file.
func (f *frozenPart) read() error {
	for lo := 0; lo < f.src.rows; lo += exportRows {
		hi := min(f.src.rows, lo+exportRows)
		to := f.raw[lo*f.size : hi*f.size]
		b, err := f.src.read(to, lo, hi)
		if err != nil {
			return err
		}
		copy(to, b)
	}
	return nil
}

// decode writes rows lo to hi to dst. (hi-lo, cols)
func (d *dense) decode(dst []float32, lo, hi int) {
	at := 0
	for i := range d.parts {
		p := &d.parts[i]
		from, to := max(lo, at), min(hi, at+p.src.rows)
		if from < to {
			weights.Decode(dst[(from-lo)*d.cols:(to-lo)*d.cols], p.raw[(from-at)*p.size:(to-at)*p.size], p.src.typ)
		}
		at += p.src.rows
	}
}

// pack makes the forward pass see changed parameters.
func (d *dense) pack() {
	if d.parts == nil {
		kernel.Pack(d.packed, d.cols, d.rows, d.w, 1, d.cols)
	}
}

// unpack dequantises the rows of piece i into the wide scratch: packed, for
// mul, or as they are, for back.
func (d *dense) unpack(i int, forward bool, s *denseScratch) {
	lo := i * panelRows
	hi := min(d.rows, lo+panelRows)
	if !forward {
		d.decode(s.wide[lo*d.cols:], lo, hi)
		return
	}
	d.decode(s.block, lo, hi)
	kernel.Pack(s.wide[lo*d.cols:], d.cols, hi-lo, s.block, 1, d.cols)
}

// mul sets y = x·Wᵀ + bias, and what adapters add; or, with add, adds it.
// x (n, cols), y (n, ld). A frozen matrix has been unpacked.
func (d *dense) mul(x []float32, n int, y []float32, ld int, add bool, s *denseScratch) {
	packed := d.packed
	if d.parts != nil {
		packed = s.wide
	}
	kernel.GemmPacked(n, d.rows, d.cols, x, d.cols, 1, packed, y, ld, add)
	if d.bias != nil {
		for t := range n {
			row := y[t*ld:][:len(d.bias)]
			kernel.Add(row, row, d.bias)
		}
	}
	for _, l := range d.loras {
		kernel.GemmPacked(n, l.rank, d.cols, x, d.cols, 1, l.packedA, s.mid, l.rank, false)
		kernel.GemmPacked(n, l.rows, l.rank, s.mid, l.rank, 1, l.packedB, y[l.at:], ld, true)
	}
}

// back sets dx = dy·W, adapters included. dy (n, ld), dx (n, cols). It leaves
// in states what the gradients of the adapters are made of. A frozen matrix
// has been unpacked.
func (d *dense) back(dy []float32, n, ld int, x, dx []float32, s *denseScratch, states []pairState) {
	w := d.w
	if d.parts != nil {
		w = s.wide
	}
	kernel.Gemm(n, d.cols, d.rows, dy, ld, 1, w, d.cols, dx, d.cols, false)
	for i, l := range d.loras {
		mid, dmid := states[i].mid[:n*l.rank], states[i].dmid[:n*l.rank]
		kernel.GemmPacked(n, l.rank, d.cols, x, d.cols, 1, l.packedA, mid, l.rank, false)
		kernel.Scale(mid, l.scale)
		kernel.Gemm(n, l.rank, l.rows, dy[l.at:], ld, 1, l.b, l.rank, dmid, l.rank, false)
		kernel.Scale(dmid, l.scale)
		kernel.Gemm(n, d.cols, l.rank, dmid, l.rank, 1, l.a, d.cols, dx, d.cols, true)
	}
}

// layScratch lays out the workers' scratch for the widest of the matrices.
// The head is not unpacked as a whole.
func layScratch(workers int, blocks [][linears]*dense, head *dense, tokens int, a *tensor.Arena) []denseScratch {
	cols, rank, wide := 0, 0, 0
	if head.parts != nil {
		cols = head.cols
	}
	for i := range blocks {
		for _, d := range blocks[i] {
			if d.parts != nil {
				cols, wide = max(cols, d.cols), max(wide, kernel.PackedLen(d.cols, d.rows))
			}
			for _, l := range d.loras {
				rank = max(rank, l.rank)
			}
		}
	}
	shared := a.Float32(wide)
	var list []denseScratch
	for range workers {
		list = append(list, denseScratch{shared, a.Float32(panelRows * cols), a.Float32(kernel.PackedLen(cols, panelRows)), a.Float32(tokens * rank)})
	}
	return list
}
