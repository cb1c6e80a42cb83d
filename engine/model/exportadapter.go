package model

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"suiren/engine/kernel"
	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// WriteAdapterGGUF writes the adapter in a PEFT folder (OpenAdapter) as a GGUF file, as
// llama.cpp adds it to this model's: for the matrix NAME, NAME.lora_a (rank, columns) and
// NAME.lora_b (rows, rank), of experts those of all in one, in the order of rows that GGUF
// has. adapter.lora.alpha is the adapter's; where its matrices differ in it, B carries
// their scales, and alpha is 0, which says so.
func (f *File) WriteAdapterGGUF(w io.Writer, dir string, x Mixture, threads int) error {
	list, alpha, base, err := f.adapterTensors(dir, x)
	if err != nil {
		return err
	}
	meta := []weights.Pair{
		{Key: "general.architecture", Value: f.ggufArch()},
		{Key: "general.type", Value: "adapter"},
		{Key: "general.file_type", Value: fileTypes[x].number},
		{Key: "adapter.type", Value: "lora"},
		{Key: "adapter.lora.alpha", Value: alpha},
	}
	if base != "" {
		meta = append(meta, weights.Pair{Key: "suiren.base", Value: base})
	}
	return writeTensors(w, meta, list, threads)
}

// CompareAdapter reads an adapter again from the GGUF file at path, which
// WriteAdapterGGUF made, and reports the first tensor that is not what it should be.
func (f *File) CompareAdapter(path, dir string, x Mixture) error {
	list, _, _, err := f.adapterTensors(dir, x)
	if err != nil {
		return err
	}
	g, err := weights.OpenGGUF(path)
	if err != nil {
		return err
	}
	defer g.Close()
	if n := len(g.Tensors()); n != len(list) {
		return fmt.Errorf("model: %d tensors were written, not %d", n, len(list))
	}
	return compareTensors(list, g)
}

// adapterTensors lists what a GGUF file has of the adapter in dir, with its alpha and the
// digest of its base.
func (f *File) adapterTensors(dir string, x Mixture) (list []exported, alpha float32, base string, err error) {
	if !slices.Contains(Plain, x) {
		return nil, 0, "", badConfig("an adapter is not written as %q", x)
	}
	if f.gguf == nil {
		if err := f.Shape.CheckGGUF(); err != nil {
			return nil, 0, "", err
		}
	}
	deltas, base, err := f.deltas(dir)
	if err != nil {
		return nil, 0, "", err
	}
	found, err := f.plan()
	if err != nil {
		return nil, 0, "", err
	}
	alpha, one := oneAlpha(deltas)
	for _, w := range found {
		if of := deltas[w.name]; of != nil {
			a, b := f.pairOf(&w, of, !one)
			list = append(list, a, b)
		}
	}
	for i := range list {
		list[i].Type = fileTypes[x].typ
	}
	return list, alpha, base, nil
}

// oneAlpha returns the alpha that all pairs of A and B have; 0 and false if there is none,
// or if the pairs of a tensor differ in their rank, so that some are filled up.
func oneAlpha(deltas map[string][]*delta) (alpha float32, ok bool) {
	for _, list := range deltas {
		for _, d := range list {
			if own := d.scale * float32(d.rank); alpha == 0 {
				alpha = own
			} else if own != alpha {
				return 0, false
			}
			if d.rank != list[0].rank {
				return 0, false
			}
		}
	}
	return alpha, true
}

// pairOf returns A and B of the matrix w as GGUF has them: of experts one after the
// other, those that have none as zeros. scaled: B carries the scale.
func (f *File) pairOf(w *weight, of []*delta, scaled bool) (exported, exported) {
	parts, rank := 1, 0
	if strings.Contains(w.name, "_exps.") {
		parts = f.Shape.Experts
	}
	for _, d := range of {
		rank = max(rank, d.rank)
	}
	rows := w.rows / parts
	a, b := make([]float32, parts*rank*w.cols), make([]float32, w.rows*rank)
	for _, d := range of {
		copy(a[d.at/rows*rank*w.cols:], d.a)
		for r := range rows {
			row := b[(d.at+r)*rank:][:d.rank]
			copy(row, d.b[r*d.rank:])
			if scaled {
				kernel.Scale(row, d.scale)
			}
		}
	}
	A := exported{src: floatsWeight(w.name+".lora_a", a, parts*rank, w.cols)}
	B := exported{src: floatsWeight(w.name+".lora_b", b, w.rows, rank)}
	A.Shape, B.Shape = []int{rank, w.cols}, []int{rows, rank}
	if parts > 1 {
		A.Shape, B.Shape = []int{parts, rank, w.cols}, []int{parts, rows, rank}
	}
	A.Name, B.Name = A.src.name, B.src.name
	B.src = f.Shape.inPairs(B.src)
	return A, B
}

// writeTensors writes a GGUF file of tensors.
func writeTensors(w io.Writer, meta []weights.Pair, list []exported, threads int) error {
	of := map[string]*exported{}
	var plain []weights.GGUFTensor
	for i := range list {
		of[list[i].Name] = &list[i]
		plain = append(plain, list[i].GGUFTensor)
	}
	team := tensor.NewTeam(threads)
	return weights.WriteGGUF(w, meta, plain, func(w io.Writer, t weights.GGUFTensor) error { return of[t.Name].write(w, team) })
}
