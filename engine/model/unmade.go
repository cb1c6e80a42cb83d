package model

import "suiren/engine/tensor"

// Unmade is the file of a model of our own that is to be made in type x, of zeros: what
// decoders and trainers of it will take can be asked of it.
func Unmade(c Config, x Mixture) (*File, error) {
	return NewParams(c, new(tensor.Arena)).File().As(x)
}

// As is f as it would be in type x, of zeros, to be asked the same. f may be closed then.
func (f *File) As(x Mixture) (*File, error) {
	list, err := f.tensors(x)
	if err != nil {
		return nil, err
	}
	src := unmade{}
	for _, t := range list {
		src[t.Name] = weight{name: t.Name, typ: t.Type, rows: t.src.rows, cols: t.src.cols}
	}
	return &File{Shape: f.Shape, Encoder: f.Encoder, src: src, as: x}, nil
}

// An unmade source has weights by their names, none of them read from anywhere.
type unmade map[string]weight

func (s unmade) weight(name string) (weight, bool) {
	w, ok := s[name]
	w.read = func(_ []byte, lo, hi int) ([]byte, error) { return make([]byte, w.bytes(hi-lo)), nil }
	return w, ok
}
