package train

import (
	"slices"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
)

// What examples come to, about, for a forecast: of the tutor's lessons with
// their thoughts, and of text in a vocabulary of some thousands; and the
// longest row that is made of them.
const (
	problemTokens = 62
	tokenBytes    = 3.5
	exampleLength = 512
)

// forecast foretells a run over rows. A base that is at hand is looked into,
// so that its memory is that of the run, of a base yet to be made only the size
// is known.
func (o *own) forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	params, tokens, length := baseSize(in["base"]), 0.0, exampleLength
	for _, f := range in["from"] {
		tokens += max(f.Size["tokens"], f.Size["rows"]*f.Size["length"])
		length = max(int(f.Size["length"]), 1)
	}
	for _, f := range in["examples"] { // not yet in tokens
		tokens += f.Size["problems"]*problemTokens + f.Size["text"]/tokenBytes
	}
	forward, rank := 3.0, 0
	if o.lora != nil {
		forward, rank = 2, o.lora.Rank
	}
	f := stage.Forecast{FLOPs: 2 * forward * params * tokens * float64(o.epochs), Size: map[string]float64{"params": params}}
	if m.Peak > 0 {
		f.Low, f.High = f.FLOPs/(m.Peak*0.75), f.FLOPs/(m.Peak*0.35)
	}
	for _, base := range in["base"] {
		if o.foretellMemory(&f, base.Path, length, m) {
			return f
		}
	}
	f.Memory = leastBytes(params, o.optimizer, rank) + 64<<20
	f.Basis = say.T("the base's size; the exact memory is told before the first step", "按基座大小估计；第一步之前会给出准确内存")
	if m.Memory > 0 && f.Memory > m.Memory && rank == 0 {
		if o.optimizer != "adamw8" && leastBytes(params, "adamw8", 0) <= m.Memory {
			f.Smaller = append(f.Smaller, say.T(`optimizer = "adamw8"`, `optimizer = "adamw8"`))
		}
		if leastBytes(params, "", 16) <= m.Memory {
			f.Smaller = append(f.Smaller, say.T(`train = "lora"`, `train = "lora"`))
		}
	}
	return f
}

// foretellMemory sets the memory of a run over the model at path, and reports
// whether it could be read: what cannot is told when the step runs.
func (o *own) foretellMemory(f *stage.Forecast, path string, length int, m stage.Machine) bool {
	file, err := model.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	b := &brought{File: file}
	if o.patience > 0 && o.lora == nil {
		o.beside = 4 * int64(b.Shape.Params())
	}
	length = min(length, b.Shape.Context)
	_, fits, err := o.fit(b, length, m)
	if err != nil {
		return false
	}
	f.Memory = o.need * 10 / 9 // fit leaves a tenth of the machine's memory free
	f.Basis = say.T("the base's shape and rows of %d tokens, with a tenth of the memory to spare", "按基座的形状和每行 %d 个词元计，内存留出一成余量", length)
	if !fits {
		f.Smaller = o.smaller(b, length, m)
	}
	return true
}

// baseSize is how many parameters a base has: as its files say, or as was
// foretold, or two bytes each, about.
func baseSize(in []stage.Forecast) (params float64) {
	for _, f := range in {
		size := max(f.Size["params"], f.Size["bytes"]/2)
		if file, err := model.Open(f.Path); err == nil {
			size = float64(file.Shape.Params())
			file.Close()
		}
		params = max(params, size)
	}
	return params
}

// brings reports whether a base is files of the owner's.
func brings(in []stage.Forecast) bool {
	return slices.ContainsFunc(in, func(f stage.Forecast) bool { return f.Size["bytes"] > 0 })
}

// leastBytes is the memory that training takes whatever the rows: of all
// weights the weights, their gradients and both packed forms, and what the
// optimiser remembers; of an adapter the base as it is.
func leastBytes(params float64, optimizer string, rank int) int64 {
	if rank > 0 {
		return int64(2 * params)
	}
	moments := map[string]float64{"adamw8": 2, "lion": 4}[optimizer]
	return int64((16 + orDefault(moments, 8)) * params)
}
