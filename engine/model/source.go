package model

import (
	"strings"

	"suiren/engine/weights"
)

// A source is where a model's weights come from. Names are GGUF's.
type source interface {
	// weight returns the tensor of a name, as a matrix; ok is false if there is none.
	weight(name string) (w weight, ok bool)
}

// A weight is a tensor where it lies: rows of blocks of a type. A vector has
// one row.
type weight struct {
	name       string
	typ        weights.Type
	rows, cols int
	unread     string  // what the files call its type, if that is none that is read
	log        *weight // of decays: what they were made of; nil: a file has them as they are
	// read returns rows lo to hi as the type lays them out, in buf if they
	// are not in memory. buf holds them.
	read func(buf []byte, lo, hi int) ([]byte, error)
}

// bytes returns the bytes of n rows.
func (w *weight) bytes(n int) int {
	size, _ := w.typ.Size(int64(w.cols))
	return n * int(size)
}

// floats reads all of the weight as numbers.
func (w *weight) floats(dst []float32) error {
	b, err := w.read(make([]byte, w.bytes(w.rows)), 0, w.rows)
	if err == nil {
		weights.Decode(dst, b, w.typ)
	}
	return err
}

// part returns rows [lo, hi) as a weight of its own.
func (w weight) part(lo, hi int) weight {
	read := w.read
	w.rows = hi - lo
	w.read = func(buf []byte, a, b int) ([]byte, error) { return read(buf, lo+a, lo+b) }
	return w
}

// permuted returns the weight with its rows in the order in which Hugging
// Face has them: llama.cpp's converter writes the pairs of a rotary head one
// after the other, where here they lie half a head apart.
func (w weight) permuted(heads int) weight {
	return w.ordered(heads, func(i, D int) int { return 2*(i%(D/2)) + i/(D/2) })
}

// paired undoes permuted: the rows of a rotary head's pairs lie side by side.
func (w weight) paired(heads int) weight {
	return w.ordered(heads, func(i, D int) int { return i/2 + i%2*(D/2) })
}

// ordered returns the weight with the rows of its heads, or what a bias adds to
// them, in another order: row i of D is row at(i, D).
func (w weight) ordered(heads int, at func(i, D int) int) weight {
	if read := w.read; w.rows == 1 {
		w.read = func(buf []byte, lo, hi int) ([]byte, error) {
			b, err := read(make([]byte, w.bytes(1)), lo, hi)
			if err != nil {
				return nil, err
			}
			D, size := w.cols/heads, w.bytes(1)/w.cols
			for r := range w.cols {
				from := r/D*D + at(r%D, D)
				copy(buf[r*size:(r+1)*size], b[from*size:])
			}
			return buf[:w.bytes(1)], nil
		}
		return w
	}
	read, D, size := w.read, w.rows/heads, w.bytes(1)
	w.read = func(buf []byte, lo, hi int) ([]byte, error) {
		for r := lo; r < hi; r++ {
			from := r/D*D + at(r%D, D)
			b, err := read(buf[(r-lo)*size:(r-lo+1)*size], from, from+1)
			if err != nil {
				return nil, err
			}
			copy(buf[(r-lo)*size:], b)
		}
		return buf[:(hi-lo)*size], nil
	}
	return w
}

// matrix returns a shape as rows and columns: a vector has one row, and the
// matrices of a stack lie below one another.
func matrix(shape []int) (rows, cols int) {
	rows = 1
	for _, n := range shape[:max(0, len(shape)-1)] {
		rows *= n
	}
	return rows, shape[len(shape)-1]
}

// A ggufSource is an open GGUF file.
type ggufSource struct {
	g *weights.GGUF
	// heads are those of queries and keys whose rows are permuted; 0: none.
	heads, kvHeads int
}

func newGGUFSource(g *weights.GGUF, s *Shape) *ggufSource {
	src := &ggufSource{g: g}
	if s.permuted() {
		src.heads, src.kvHeads = s.Heads, s.KVHeads
	}
	return src
}

func (s *ggufSource) weight(name string) (weight, bool) {
	t, ok := s.g.Tensor(name)
	if !ok {
		return s.fusedExperts(name)
	}
	if len(t.Shape) == 0 {
		return weight{}, false
	}
	w := weight{name: name, typ: t.Type}
	if !t.Type.Decodes() {
		w.unread = t.Type.String()
	}
	w.rows, w.cols = matrix(t.Shape)
	size := int64(w.bytes(1))
	w.read = func(buf []byte, lo, hi int) ([]byte, error) {
		buf = buf[:int64(hi-lo)*size]
		return buf, s.g.Copy(name, int64(lo)*size, buf)
	}
	switch {
	case s.heads > 0 && strings.Contains(name, ".attn_q."):
		w = w.permuted(s.heads)
	case s.heads > 0 && strings.Contains(name, ".attn_k."):
		w = w.permuted(s.kvHeads)
	}
	return w, true
}

// fusedExperts returns gates or ups of experts from a file that has both in one tensor,
// as llama.cpp's converter writes it if it is told to.
func (s *ggufSource) fusedExperts(name string) (weight, bool) {
	for i, end := range []string{"ffn_gate_exps.weight", "ffn_up_exps.weight"} {
		stem, ok := strings.CutSuffix(name, end)
		if !ok {
			continue
		}
		t, ok := s.g.Tensor(stem + "ffn_gate_up_exps.weight")
		if !ok {
			return weight{}, false
		}
		w, ok := s.weight(t.Name)
		if !ok || w.unread != "" {
			return w, ok
		}
		return w.half(name, t.Shape, i == 1)
	}
	return weight{}, false
}
