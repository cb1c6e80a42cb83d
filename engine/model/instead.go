package model

import (
	"slices"

	"suiren/engine/weights"
)

// An Instead is what is in other types than a mixture has them in, as the rows hold no
// whole number of their blocks.
type Instead struct {
	Matrices int            // so many
	Of       int            // those that the mixture rounds
	Weights  int64          // of Matrices
	Block    int            // of the largest blocks that did not fit: no row is a multiple of it
	Types    []weights.Type // that they are in
}

// Instead returns what of f is so, a GGUF file or what As says of one; nothing of a folder.
func (f *File) Instead() (in Instead, err error) {
	x, ok := f.mixture()
	if !ok {
		return in, nil
	}
	list, err := f.tensors(x)
	for i := range list {
		t := &list[i]
		if t.wanted != weights.F32 {
			in.Of++
		}
		if fits(t.wanted, t.src.cols) {
			continue
		}
		n, _ := t.wanted.Block()
		in.Matrices, in.Weights, in.Block = in.Matrices+1, in.Weights+int64(t.src.rows)*int64(t.src.cols), max(in.Block, n)
		if !slices.Contains(in.Types, t.src.typ) {
			in.Types = append(in.Types, t.src.typ)
		}
	}
	slices.Sort(in.Types)
	return in, err
}

// mixture returns the mixture that f is in, if that is known.
func (f *File) mixture() (Mixture, bool) {
	if f.gguf == nil {
		return f.as, f.as != ""
	}
	number, ok := f.gguf.Value("general.file_type").(uint32)
	for x, of := range fileTypes {
		if ok && of.number == number {
			return x, true
		}
	}
	return "", false
}
