package model

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/engine/weights"
)

// peftPrefix stands before the names of modules in the files of the peft library.
const peftPrefix = "base_model.model."

// An adapterForm is that of an adapter which a trainer goes on from: its pairs, each with its own
// rank and scale, and the configuration by which the peft library finds them.
type adapterForm struct {
	pairs []target
	text  []byte // adapter_config.json
}

// ReadLoRA returns what the adapter in a PEFT folder is over a model of shape s: a trainer
// with it has the folder's pairs, with the rank and the scale of each, and WriteAdapter
// writes the folder's configuration. Its numbers are read by Trainer.ReadAdapter. Rank is the
// largest, Alpha the one of the configuration. Errors are those of OpenAdapter.
func ReadLoRA(dir string, s *Shape) (*LoRA, error) {
	c, f, _, err := openPEFT(dir, s)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	o := &LoRA{Alpha: c.Alpha, from: &adapterForm{text: c.text}}
	for _, name := range f.Names() {
		stem, ok := strings.CutSuffix(name, ".lora_A.weight")
		if !ok {
			continue
		}
		l, e, module, _ := s.module(stem)
		shape, _ := f.Shape(name)
		o.from.pairs = append(o.from.pairs, target{l, e, module, strings.TrimPrefix(stem, peftPrefix), shape[0], float32(c.scale(stem, shape[0]))})
		o.Rank = max(o.Rank, shape[0])
	}
	return o, nil
}

// Ranks returns the smallest and the largest rank of o's pairs.
func (o *LoRA) Ranks() (least, most int) {
	least, most = o.Rank, o.Rank
	if o.from != nil {
		for i := range o.from.pairs {
			least = min(least, o.from.pairs[i].rank)
		}
	}
	return least, most
}

// of returns the pairs, which must be of matrices that a model of shape s has.
func (a *adapterForm) of(s *Shape) ([]target, error) {
	places := s.places()
	for i := range a.pairs {
		x := &a.pairs[i]
		_, e, _, ok := s.module(x.name)
		if _, known := places[x.module]; !ok || !known || e != x.e || s.copies(x.l, x.module) == 0 {
			return nil, badConfig("the adapter is of another model: this one has no %s", x.name)
		}
	}
	return a.pairs, nil
}

// config returns adapter_config.json of adapters over a model of shape s.
func (o *LoRA) config(s *Shape) ([]byte, error) {
	if o.from != nil {
		return o.from.text, nil
	}
	targets, err := o.named(s)
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(map[string]any{
		"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": o.Rank, "lora_alpha": o.Alpha, "lora_dropout": 0.0, "bias": "none",
		"target_modules": targets, "fan_in_fan_out": s.Arch == "gpt2", "inference_mode": true, "base_model_name_or_path": "",
	}, "", "  ")
	return append(text, '\n'), err
}

// WriteAdapter writes the adapters as a folder of the peft library. base is
// the digest of the model that they were trained over (File.Digest).
func (t *Trainer) WriteAdapter(dir, base string, o LoRA) error {
	text, err := o.config(&t.net.Shape)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), text, 0o666); err != nil {
		return err
	}
	params, _ := t.Trained()
	var list []weights.Tensor
	for i, p := range params {
		data := slices.Clone(p.Data)
		if err := t.net.orderAdapter(p.Name, data, t.pairs[i/2].rank, true); err != nil {
			return err
		}
		list = append(list, weights.Tensor{Name: p.Name, Shape: p.Shape, Data: data})
	}
	return weights.Write(filepath.Join(dir, "adapter_model.safetensors"), list, map[string]string{baseKey: base})
}

// ReadAdapter fills the trainer's adapters from a folder. They must be of the
// same targets and ranks: see ReadLoRA.
func (t *Trainer) ReadAdapter(dir string) error {
	f, err := openAdapterFile(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	params, _ := t.Trained()
	if n := len(f.Names()); n != len(params) {
		return &weights.FormatError{Path: dir, Why: "has %d tensors; an adapter of these targets has %d", Args: []any{n, len(params)}}
	}
	for i, p := range params {
		name := p.Name
		if _, ok := f.Shape(name); !ok { // OpenAdapter reads those without it, too
			name = strings.TrimPrefix(name, peftPrefix)
		}
		if err := f.Read(name, p.Data); err != nil {
			return err
		}
		if err := t.net.orderAdapter(p.Name, p.Data, t.pairs[i/2].rank, false); err != nil {
			return err
		}
	}
	t.Repack()
	return nil
}
