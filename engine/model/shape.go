package model

import (
	"math"

	"suiren/engine/tensor"
)

// A Shape is what the decoder knows of a model: its dimensions, and the
// options in which its block differs from that of a Llama. Of Config, Theta
// is not looked at: Rope has it.
type Shape struct {
	Config
	Arch      string // the family's name
	Act       Act
	QKNorm    bool    // RMSNorm on every query and key head
	LateQK    bool    // … behind their turn, not before it
	WideQK    bool    // … on all query heads together, and on all key heads
	NoNorms   bool    // attention and feed-forward read the residual stream as it is
	PostNorms bool    // RMSNorm of what attention and feed-forward add
	HeadGate  bool    // every head's output is multiplied by a sigmoid of the block's input
	OutGate   bool    // every number of it is, by one of its own
	Bias      bool    // queries, keys and values have biases; of a GGUF file the trainer alone knows
	LayerNorm bool    // norms subtract the mean, and have biases
	Ungated   bool    // feed-forward layers have no gate
	Learned   bool    // positions are embeddings that are added, Context of them; nothing rotates
	Biases    bool    // every matrix of a block has a bias
	Embed     float32 // factor of the embeddings
	Query     float32 // factor of the queries
	Residual  float32 // factor of what attention and feed-forward add; 0: one
	Logits    float32 // factor of the logits; 0: one
	CapScores float32 // c·tanh(x/c) of the scores; 0: no
	CapLogits float32
	Sliding   []bool   // (L) which layers slide; nil: none
	Delta     *Delta   // layers that have a state in place of keys and values; nil: none
	Rope      [2]Rope  // of full and of sliding layers
	Unturned  []bool   // (L) layers whose queries and keys are not turned; nil: none
	Experts   int      // of a mixture; 0: one feed-forward layer
	Chosen    int      // experts a token asks
	Renorm    bool     // the chosen experts' weights sum to one
	Shared    int      // width of an expert that every token asks, by a sigmoid of its own; 0: none
	Tied      bool     // the head is the embeddings
	Unbiased  []string // matrices whose biases in a folder are not read, as its config says they have none
	Inner     string   // where a folder of a model that sees as well has what reads text: "language_model."
}

// A Rope says how positions turn queries and keys: the pairs (x[i],
// x[i+Dims/2]), or neighbours, of the first Dims of every head by
// pos·Theta^(−2i/Dims)/Div[i].
type Rope struct {
	Theta float64
	Dims  int
	Pairs bool      // the pairs are (x[2i], x[2i+1])
	Div   []float32 // (Dims/2); nil: ones
	Gain  float32   // of cosines and sines; 0: one
	// Llama3 is what Div was made of, if a folder said it: factor, low_freq_factor,
	// high_freq_factor and original_max_position_embeddings.
	Llama3 [4]float64
	Yarn   *Yarn // what Div and Gain were made of; nil: not of that
	Long   *Long // what Div is of longer sequences; nil: the same
}

// Own returns the shape of the models that Suiren trains from random weights:
// that of Qwen3. With a window three layers of four slide, the last never does.
func Own(c Config) Shape {
	s := Shape{Config: c, Arch: "qwen3", QKNorm: true, Tied: true, Embed: 1, Query: attentionScale(c.HeadDim),
		Rope: [2]Rope{{Theta: c.Theta, Dims: c.HeadDim}}}
	if s.Window = 0; c.Layers > 1 && c.Window > 0 {
		var sliding []bool
		for l := range c.Layers {
			sliding = append(sliding, every(4)(l) && l < c.Layers-1)
		}
		s.slide(nil, c.Window, sliding)
		s.Rope[1] = s.Rope[0]
	}
	return s
}

// inputs is the most that a block makes of its first norm.
func (s *Shape) inputs() int {
	if s.Delta == nil {
		return s.inputsOf(0)
	}
	return max(s.Delta.inputs(), s.queries()+2*s.kv())
}

// inputsOf is the width of all that block l makes of its first norm: queries,
// keys, values and, if heads have gates, those; or what Delta.inputs says.
func (s *Shape) inputsOf(l int) int {
	switch {
	case s.delta(l):
		return s.Delta.inputs()
	case s.HeadGate:
		return s.qkv() + s.Heads
	}
	return s.queries() + 2*s.kv()
}

// queries is the width of what makes queries: behind each stands its gate, if
// outputs have such. queryStep is how far two of them are apart.
func (s *Shape) queries() int { return s.Heads * s.queryStep() }

func (s *Shape) queryStep() int {
	if s.OutGate {
		return 2 * s.HeadDim
	}
	return s.HeadDim
}

// headAt is where query or key head h stands in what a block makes.
func (s *Shape) headAt(h int) int {
	if h < s.Heads {
		return h * s.queryStep()
	}
	return s.queries() + (h-s.Heads)*s.HeadDim
}

// outputsOf is the width of what block l's attention, or its state, puts out;
// outputs is the most.
func (s *Shape) outputsOf(l int) int {
	if s.delta(l) {
		return s.Delta.values()
	}
	return s.q()
}

func (s *Shape) outputs() int {
	if s.Delta == nil {
		return s.q()
	}
	return max(s.Delta.values(), s.q())
}

// Params returns the number of parameters.
func (s *Shape) Params() int {
	C := s.Width
	layer := max(s.Experts, 1)*C*(s.ups()+s.Hidden) + s.scored()*C + 3*C*s.Shared
	if !s.NoNorms {
		layer += 2 * C
	}
	if s.PostNorms {
		layer += 2 * C
	}
	if s.Bias {
		layer += s.qkv()
	}
	n := s.Vocab*C + s.Layers*layer + C
	for l := range s.Layers {
		n += C * (s.inputsOf(l) + s.outputsOf(l))
		switch q, k := s.qkNorms(); {
		case s.delta(l):
			n += s.Delta.vectors()
		case s.QKNorm:
			n += q + k
		}
	}
	if !s.Tied {
		n += s.Vocab * C
	}
	if s.LayerNorm {
		n += (2*s.Layers + 1) * C
	}
	if s.Learned {
		n += s.Context * C
	}
	if s.Biases {
		n += s.Layers * (2*C + s.Hidden)
	}
	return n
}

// FLOPs is Config.FLOPs, windows, the experts that a token asks, and layers with a
// state taken into account: of those the products of the state, which is looked at
// twice and changed once by every token, and the convolution.
func (s *Shape) FLOPs(docs []int, supervised int) float64 {
	n := s.Config.FLOPs(docs, supervised)
	tokens := float64(total(docs))
	if s.OutGate || s.Delta != nil {
		n += s.gatedFLOPs(docs)
	}
	if s.Ungated {
		n -= 2 * tokens * float64(s.Layers*s.Width*s.Hidden)
	}
	if s.Experts > 0 {
		n += 2 * tokens * float64(s.Layers*s.Width) * float64((s.Chosen-1)*3*s.Hidden+3*s.Shared+s.scored())
	}
	if s.Sliding == nil {
		return n
	}
	unseen := 0.0 // pairs of tokens further apart than the window
	for _, d := range docs {
		if k := float64(d - s.Window); k > 0 {
			unseen += k * (k + 1) / 2
		}
	}
	return n - 4*unseen*float64(s.q())*float64(s.layersOf()[1])
}

// Matrices lists the matrices of the blocks that are trained, without their numbers.
func (s *Shape) Matrices() (list []Tensor) {
	for _, t := range newParams(*s, inFloats, new(tensor.Arena)).tensors() {
		if t.Matrix {
			list = append(list, t)
		}
	}
	return list
}

// scaled reports whether what attention and feed-forward add has a factor.
func (s *Shape) scaled() bool { return s.Residual != 0 && s.Residual != 1 }

// turned reports whether layer l turns queries and keys.
func (s *Shape) turned(l int) bool { return s.Unturned == nil || !s.Unturned[l] }

// qkNorms returns the widths of the norms of queries and of keys.
func (s *Shape) qkNorms() (q, k int) {
	if s.WideQK {
		return s.q(), s.kv()
	}
	return s.HeadDim, s.HeadDim
}

// sliding reports whether layer l slides.
func (s *Shape) sliding(l int) bool { return s.Sliding != nil && s.Sliding[l] }

// layersOf returns the number of full layers and of those that are not: they
// slide or have a state.
func (s *Shape) layersOf() (n [2]int) {
	for l := range s.Layers {
		n[s.class(l)]++
	}
	return n
}

// Attends returns the number of layers that attend to keys and values.
func (s *Shape) Attends() int {
	if s.Delta != nil {
		return s.layersOf()[0]
	}
	return s.Layers
}

// class is 1 for layers that slide or have a state: the index of their rope and pages.
func (s *Shape) class(l int) int {
	if s.sliding(l) || s.delta(l) {
		return 1
	}
	return 0
}

// Check reports the first thing that cannot be built.
func (s *Shape) Check() error {
	c := s.Config
	c.Theta = 2 // not looked at
	if err := c.Check(); err != nil {
		return err
	}
	finite := func(x float32) bool { return x >= -1e6 && x <= 1e6 }
	slides := s.Sliding != nil
	switch {
	case slides && len(s.Sliding) != s.Layers:
		return badConfig("%d layer types for %d layers", len(s.Sliding), s.Layers)
	case slides && s.Window < 1:
		return badConfig("sliding window of %d", s.Window)
	case s.Unturned != nil && len(s.Unturned) != s.Layers:
		return badConfig("%d layers with and without positions of %d layers", len(s.Unturned), s.Layers)
	case s.NoNorms && !s.PostNorms:
		return badConfig("layers without norms are not read")
	case !finite(s.Residual) || !finite(s.Logits):
		return badConfig("a factor or a cap is out of range")
	case !finite(s.Embed) || !finite(s.Query) || !finite(s.CapScores) || !finite(s.CapLogits) || s.CapScores < 0 || s.CapLogits < 0:
		return badConfig("a factor or a cap is out of range")
	}
	for i, r := range s.Rope {
		if i == 1 && !slides || s.Learned {
			break
		}
		if !(r.Theta > 1) || r.Theta > 1e15 {
			return badTheta(r.Theta)
		}
		if r.Dims < 2 || r.Dims%2 != 0 || r.Dims > s.HeadDim || r.Div != nil && len(r.Div) != r.Dims/2 {
			return badConfig("rotary positions of %d of %d, base %g, %d factors", r.Dims, s.HeadDim, r.Theta, len(r.Div))
		}
		if !(r.Gain >= 0) || r.Gain > 1e3 {
			return badConfig("a factor of rotary positions of %g", r.Gain)
		}
		for _, f := range r.Div {
			if !(f > 0) || math.IsInf(float64(f), 0) {
				return badConfig("a rotary factor of %g", f)
			}
		}
		if err := r.Long.check(r.Dims); err != nil {
			return err
		}
	}
	if s.Delta != nil {
		if err := s.Delta.check(s); err != nil {
			return err
		}
	}
	return s.checkExperts()
}

// llama3Div returns the factors of Llama 3.1's longer context: long waves are
// stretched by factor, short ones left alone, and those between in part.
func llama3Div(r Rope, factor, low, high, original float64) []float32 {
	div := make([]float32, r.Dims/2)
	for i := range div {
		wave := 2 * math.Pi * math.Pow(r.Theta, float64(2*i)/float64(r.Dims))
		switch {
		case wave < original/high:
			div[i] = 1
		case wave > original/low:
			div[i] = float32(factor)
		default:
			part := (original/wave - low) / (high - low)
			div[i] = float32(1 / ((1-part)/factor + part))
		}
	}
	return div
}
