package model

import (
	"fmt"
	"path/filepath"
	"slices"

	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// ToFolder returns what config.json says of a model of shape c.
func (c *Config) ToFolder() weights.Config {
	s := Own(*c)
	return weights.Config{
		VocabSize: c.Vocab, HiddenSize: c.Width, NumHiddenLayers: c.Layers, NumAttentionHeads: c.Heads,
		NumKeyValueHeads: c.KVHeads, HeadDim: c.HeadDim, IntermediateSize: c.Hidden, MaxPositionEmbeddings: c.Context,
		RopeTheta: c.Theta, RMSNormEps: float64(c.Eps), TieWordEmbeddings: true,
		UseSlidingWindow: s.Sliding != nil, SlidingWindow: s.Window, LayerTypes: s.layerTypes(),
	}
}

// fromFolder returns the shape that config.json describes.
func fromFolder(w *weights.Config) (Config, error) {
	c := Config{
		Vocab: w.VocabSize, Width: w.HiddenSize, Layers: w.NumHiddenLayers, Heads: w.NumAttentionHeads,
		KVHeads: w.NumKeyValueHeads, HeadDim: w.HeadDim, Hidden: w.IntermediateSize, Context: w.MaxPositionEmbeddings,
		Theta: w.RopeTheta, Eps: float32(w.RMSNormEps),
	}
	if !w.TieWordEmbeddings {
		return c, badConfig("a head of its own (tie_word_embeddings false) is not read")
	}
	if w.UseSlidingWindow {
		c.Window = w.SlidingWindow
	}
	if err := c.Check(); err != nil {
		return c, err
	}
	if s := Own(c); w.UseSlidingWindow && (s.Sliding == nil || !slices.Equal(w.LayerTypes, s.layerTypes())) {
		return c, badConfig("layer_types other than three sliding of four, the last one full, are not read")
	}
	return c, nil
}

// Write writes p as a Hugging Face folder: config.json, which is h, and
// model.safetensors.
func (p *Params) Write(dir string, h weights.Config) error {
	if p.embed.h != nil {
		h.TorchDtype = "bfloat16"
	}
	if err := h.Write(dir); err != nil {
		return err
	}
	var list []weights.Tensor
	for _, t := range p.Tensors() {
		list = append(list, weights.Tensor{Name: t.Name, Shape: t.Shape, Data: t.Data, Half: t.Half})
	}
	return weights.Write(filepath.Join(dir, "model.safetensors"), list, nil)
}

// Load reads a Hugging Face folder. The caller closes the arena that holds
// the parameters.
func Load(dir string) (*Params, *tensor.Arena, error) {
	c, f, err := openOurs(dir)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	a, err := tensor.NewArena(c.Params())
	if err != nil {
		return nil, nil, err
	}
	p := NewParams(c, a)
	for _, t := range p.Tensors() {
		if err := f.Read(t.Name, t.Data); err != nil {
			a.Close()
			return nil, nil, err
		}
	}
	return p, a, nil
}

// Same reports, as an error, where the folder dir holds other numbers than p, which
// was written there. It reads a tensor at a time.
func (p *Params) Same(dir string) error {
	_, f, err := openOurs(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	tensors, most := p.Tensors(), 0
	for _, t := range tensors {
		most = max(most, t.len())
	}
	a, err := tensor.NewArena(most)
	if err != nil {
		return err
	}
	defer a.Close()
	all := a.Float32(most)
	for _, t := range tensors {
		data := all[:t.len()]
		if err := f.Read(t.Name, data); err != nil {
			return err
		}
		if at := t.Differs(data); at >= 0 {
			return fmt.Errorf("number %d of %s is %g, which is not what was written", at, t.Name, data[at])
		}
	}
	return nil
}

// openOurs opens the weights of a folder that holds just the tensors of its shape.
func openOurs(dir string) (c Config, f *weights.File, err error) {
	h, err := weights.ReadConfig(dir)
	if err != nil {
		return c, nil, err
	}
	path := filepath.Join(dir, "config.json")
	c, err = fromFolder(h)
	if err != nil {
		return c, nil, fmt.Errorf("%s: %w", path, err)
	}
	f, err = weights.Open(dir)
	if err != nil {
		return c, nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	// Before memory is taken: the file holds just the tensors of this shape.
	names := map[string]bool{}
	for _, t := range NewParams(c, new(tensor.Arena)).Tensors() {
		shape, ok := f.Shape(t.Name)
		if !ok || !slices.Equal(shape, t.Shape) {
			return c, nil, &weights.FormatError{Path: path, Place: t.Name, Why: "the file's shape is %v, the config asks for %v", Args: []any{shape, t.Shape}}
		}
		names[t.Name] = true
	}
	for _, n := range f.Names() {
		if !names[n] {
			return c, nil, &weights.FormatError{Path: path, Place: n, Why: "the config knows no such tensor"}
		}
	}
	return c, f, nil
}
