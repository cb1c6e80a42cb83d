package model

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"suiren/engine/kernel"
	"suiren/engine/weights"
)

// Digest returns "sha256:" and a digest over what a model computes with: its
// heads, its positions, its windows, its caps, and the names, types, shapes and bytes of
// its weights. It reads the whole model.
func (f *File) Digest() (string, error) {
	found, err := f.plan()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	s := &f.Shape
	fmt.Fprintf(h, "%s %d %d %d %g %d\n", s.Arch, s.Heads, s.KVHeads, s.HeadDim, s.Eps, s.Window)
	if usual := attentionScale(s.HeadDim); s.CapScores != 0 || s.CapLogits != 0 || s.Query != usual {
		fmt.Fprintf(h, "%g %g %g\n", s.CapScores, s.CapLogits, s.Query)
	}
	for l := range s.Layers {
		r := &s.Rope[s.class(l)]
		fmt.Fprintf(h, "%t %g %d %v\n", s.sliding(l), r.Theta, r.Dims, r.Div)
		if r.Gain != 0 {
			fmt.Fprintf(h, "%g\n", r.Gain)
		}
		if r.Long != nil {
			fmt.Fprintf(h, "%v\n", *r.Long)
		}
		if !s.turned(l) {
			fmt.Fprintln(h, "unturned")
		}
	}
	if s.Residual != 0 {
		fmt.Fprintf(h, "%g %g %g %g\n", s.Embed, s.Query, s.Residual, s.Logits)
	}
	for i := range found {
		w := &found[i]
		fmt.Fprintf(h, "%s %s %d %d\n", w.name, w.typ, w.rows, w.cols)
		buf := make([]byte, w.bytes(min(w.rows, exportRows)))
		for lo := 0; lo < w.rows; lo += exportRows {
			hi := min(w.rows, lo+exportRows)
			b, err := w.read(buf[:w.bytes(hi-lo)], lo, hi)
			if err != nil {
				return "", err
			}
			h.Write(b)
		}
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

// File returns the parameters as a model's file: to be written, compared or
// served. The parameters must outlive it.
func (p *Params) File() *File { return &File{Shape: p.Shape, src: newTrainedSource(p, true)} }

// With returns the file with p for its weights, which were trained from it:
// what is written of it keeps the metadata. Both must outlive it.
func (f *File) With(p *Params) *File {
	g := p.File()
	g.Shape, g.gguf = f.Shape, f.gguf
	return g
}

// Quantised reports whether some of the matrices are in blocks of integers:
// then decoders round activations, and trainers do not.
func (f *File) Quantised() bool {
	found, err := f.plan()
	return err == nil && slices.ContainsFunc(found, func(w weight) bool { return kernelTypes[w.typ].Quantised() })
}

// Turns reports whether it is quantised in types through which the way back goes by
// integers, too: see kernel.Turned.
func (f *File) Turns() bool {
	found, err := f.plan()
	return err == nil && f.Quantised() && !slices.ContainsFunc(found, func(w weight) bool {
		t := kernelTypes[w.typ]
		return t.Quantised() && !t.Turns()
	})
}

// IsGGUF reports whether the weights come from a GGUF file.
func (f *File) IsGGUF() bool { return f.gguf != nil }

// A BaseError says that an adapter was trained over another model.
type BaseError struct{ Want, Have string } // digests

func (e *BaseError) Error() string {
	return fmt.Sprintf("the adapter was trained over the model %s; this one is %s", e.Want, e.Have)
}

// OpenAdapter reads the adapter in a PEFT folder for this model. One that names another base
// gives a *BaseError, whatever else is wrong with it: that it has other shapes follows from it.
// It reads the whole model if the adapter names its base.
func (f *File) OpenAdapter(dir string) (*Adapter, error) {
	ad, fault := OpenAdapter(dir, &f.Shape)
	base := ""
	if fault == nil {
		base = ad.Base
	} else if file, err := openAdapterFile(dir); err == nil {
		base = file.Meta()[baseKey]
		file.Close()
	}
	if base == "" {
		return ad, fault
	}
	have, err := f.Digest()
	if err == nil && have != base {
		err = &BaseError{base, have}
	}
	if err == nil {
		return ad, fault
	}
	if ad != nil {
		ad.Close()
	}
	return nil, err
}

// Merge returns the model with the adapter of a folder added to its matrices,
// W + s·B·A, in float32: to be written in any type. An adapter that names
// another base gives a *BaseError. The file must outlive what is returned.
//
// A merged weight is rounded once more than one that is not merged: logits
// differ by the rounding of float32 alone, a mean square of less than 1e-10 of
// theirs.
func (f *File) Merge(dir string) (*File, error) {
	deltas, _, err := f.deltas(dir)
	if err != nil {
		return nil, err
	}
	for _, list := range deltas {
		for _, d := range list {
			kernel.Scale(d.b, d.scale)
		}
	}
	return &File{Shape: f.Shape, src: &mergedSource{f.src, deltas}, gguf: f.gguf}, nil
}

// deltas reads the adapter in a folder, by the names of the matrices that it changes, and
// the digest of its base, "" if it does not say.
func (f *File) deltas(dir string) (deltas map[string][]*delta, base string, err error) {
	if f.Encoder != nil {
		return nil, "", badConfig("encoders have no adapters")
	}
	ad, err := f.OpenAdapter(dir) // of this base, and finite
	if err != nil {
		return nil, "", err
	}
	ad.Close()
	c, a, _, err := openPEFT(dir, &f.Shape)
	if err != nil {
		return nil, "", err
	}
	defer a.Close()
	deltas = map[string][]*delta{}
	for _, name := range a.Names() {
		stem, ok := strings.CutSuffix(name, ".lora_A.weight")
		if !ok {
			continue
		}
		_, e, _, _ := f.Shape.module(stem)
		gguf, ok := ggufName(stem)
		w, have := f.src.weight(gguf)
		shapeA, _ := a.Shape(name)
		shapeB, _ := a.Shape(stem + ".lora_B.weight")
		at, rows := 0, w.rows
		if e >= 0 && e < f.Shape.Experts {
			rows /= f.Shape.Experts
			at = e * rows
		}
		if !ok || !have || rows != shapeB[0] || w.cols != shapeA[1] {
			return nil, "", &weights.FormatError{Path: dir, Place: name, Why: "is of no matrix that this model has"}
		}
		rank := shapeA[0]
		d := &delta{at: at, rows: rows, rank: rank, scale: float32(c.scale(stem, rank)), a: make([]float32, rank*w.cols), b: make([]float32, rows*rank)}
		if err := a.Read(name, d.a); err != nil {
			return nil, "", err
		}
		if err := a.Read(stem+".lora_B.weight", d.b); err != nil {
			return nil, "", err
		}
		for of, data := range map[string][]float32{"A": d.a, "B": d.b} {
			if err := f.Shape.orderAdapter(stem+".lora_"+of+".weight", data, rank, false); err != nil {
				return nil, "", err
			}
		}
		deltas[gguf] = append(deltas[gguf], d)
	}
	return deltas, ad.Base, nil
}

// ggufName returns GGUF's name of the weight of a Hugging Face module of a block.
func ggufName(module string) (string, bool) {
	layer, own, _ := moduleOf(module)
	end := ".weight"
	if expert, ok := strings.CutPrefix(own, expertModules); ok { // GGUF has all experts in one
		_, own, _ = strings.Cut(expert, ".")
		own, end = "mlp."+own, "_exps.weight"
	}
	for _, names := range []map[string]string{decoderNames, sparkNames, phiNames, gptNames, deltaNames} {
		for gguf, hf := range names {
			if hf == own {
				return fmt.Sprintf("blk.%d.%s%s", layer, gguf, end), true
			}
		}
	}
	return "", false
}

// A mergedSource is a model with what adapters add.
type mergedSource struct {
	src    source
	deltas map[string][]*delta
}

// A delta is scale·B·A of rows at and on. a (rank, cols), b (rows, rank), which carries the
// scale once it is merged.
type delta struct {
	at, rows, rank int
	scale          float32
	a, b           []float32
}

func (s *mergedSource) weight(name string) (weight, bool) {
	w, ok := s.src.weight(name)
	list := s.deltas[name]
	if !ok || list == nil {
		return w, ok
	}
	plain := w
	w.typ = weights.F32
	w.read = func(buf []byte, lo, hi int) ([]byte, error) {
		b, err := plain.read(make([]byte, plain.bytes(hi-lo)), lo, hi)
		if err != nil {
			return nil, err
		}
		x := floatsOf(buf[:w.bytes(hi-lo)])
		weights.Decode(x, b, plain.typ)
		for _, d := range list {
			if from, to := max(lo, d.at), min(hi, d.at+d.rows); from < to {
				kernel.Gemm(to-from, w.cols, d.rank, d.b[(from-d.at)*d.rank:], d.rank, 1, d.a, w.cols, x[(from-lo)*w.cols:], w.cols, true)
			}
		}
		return bytesOf(x), nil
	}
	return w, true
}
