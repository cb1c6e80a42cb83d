package model

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"suiren/engine/tensor"
	"suiren/engine/weights"
)

// A Mixture is a way to write a model's matrices: the type of each.
type Mixture string

// The mixtures, by the names that the field has for them.
const (
	AsF32    Mixture = "f32"
	AsF16    Mixture = "f16"
	AsBF16   Mixture = "bf16"
	AsQ8_0   Mixture = "q8_0"
	AsQ4_0   Mixture = "q4_0"
	AsQ3_K_M Mixture = "q3_k_m"
	AsQ4_K_M Mixture = "q4_k_m"
	AsQ5_K_M Mixture = "q5_k_m"
	AsQ6_K   Mixture = "q6_k"
)

// Mixtures lists the mixtures.
var Mixtures = []Mixture{AsF32, AsF16, AsBF16, AsQ8_0, AsQ4_0, AsQ3_K_M, AsQ4_K_M, AsQ5_K_M, AsQ6_K}

// Plain lists those without blocks: a folder has no others, and an adapter has rows of its
// rank, which is no whole number of blocks.
var Plain = []Mixture{AsF32, AsF16, AsBF16}

// fileTypes are llama.cpp's numbers of them (general.file_type), and the type
// of most matrices.
var fileTypes = map[Mixture]struct {
	number uint32
	typ    weights.Type
}{
	AsF32: {0, weights.F32}, AsF16: {1, weights.F16}, AsBF16: {32, weights.BF16}, AsQ8_0: {7, weights.Q8_0},
	AsQ4_0: {2, weights.Q4_0}, AsQ3_K_M: {12, weights.Q3_K}, AsQ4_K_M: {15, weights.Q4_K}, AsQ5_K_M: {17, weights.Q5_K},
	AsQ6_K: {18, weights.Q6_K},
}

// typeOf returns the type that a tensor is to have under a mixture: llama.cpp's choice,
// but for what it keeps finer in models of 8 experts or of 70B. Vectors, routers and
// what is looked up by position stay F32, as do gates of heads, which rounding
// would move.
func (x Mixture) typeOf(name string, shape []int, layers int, tied, headGates bool) weights.Type {
	if strings.Contains(name, "attn_gate") && headGates {
		return weights.F32
	}
	for _, keep := range []string{"norm", "ffn_gate_inp", "ssm_beta", "ssm_alpha", "ssm_conv1d", "position_embd", "token_types", "rope_freqs", "cls"} {
		if strings.Contains(name, keep) {
			return weights.F32
		}
	}
	if len(shape) < 2 || !strings.HasSuffix(name, ".weight") {
		return weights.F32
	}
	head := name == "output.weight" || tied && name == "token_embd.weight"
	switch {
	case slices.Contains(Plain, x):
	case head && x != AsQ8_0:
		return weights.Q6_K
	case x == AsQ3_K_M || x == AsQ4_K_M || x == AsQ5_K_M:
		return x.finer(name, layers)
	}
	return fileTypes[x].typ
}

// narrower are the types of blocks of 32 for rows that are no multiples of 256: llama.cpp's,
// but for IQ4_NL, of as many bits as Q4_0, in the place of Q3_K.
var narrower = map[weights.Type]weights.Type{weights.Q3_K: weights.Q4_0, weights.Q4_K: weights.Q5_0, weights.Q5_K: weights.Q5_1, weights.Q6_K: weights.Q8_0}

// fitting returns typ, or instead of it the type of a tensor whose rows of so many weights
// hold no whole number of its blocks.
func fitting(typ weights.Type, cols int) weights.Type {
	if to, ok := narrower[typ]; ok && !fits(typ, cols) {
		typ = to
	}
	if !fits(typ, cols) {
		return weights.F16
	}
	return typ
}

// fits reports whether a row is a whole number of blocks.
func fits(typ weights.Type, cols int) bool {
	n, _ := typ.Block()
	return cols%n == 0
}

// finer returns the type of a matrix of a mixture that has finer ones for what
// rounding harms most. In AsQ4_K_M attn_qkv is that in all layers; llama.cpp has
// it in those of attn_v.
func (x Mixture) finer(name string, layers int) weights.Type {
	var l int
	fmt.Sscanf(name, "blk.%d.", &l)
	qkv, down := strings.Contains(name, "attn_qkv."), strings.Contains(name, "ffn_down")
	value := qkv || strings.Contains(name, "attn_v.")
	if x == AsQ3_K_M {
		switch {
		case value && l < 2 || down && l < layers/16:
			return weights.Q5_K
		case value || down || strings.Contains(name, "attn_output."):
			return weights.Q4_K
		}
		return weights.Q3_K
	}
	more := l < layers/8 || l >= 7*layers/8 || (l-layers/8)%3 == 2
	if more && (value || down) || qkv && x == AsQ4_K_M {
		return weights.Q6_K
	}
	return fileTypes[x].typ
}

// An exported tensor is a tensor to write and where it comes from.
type exported struct {
	weights.GGUFTensor
	src    weight
	wanted weights.Type // Type, but where its blocks do not fit the rows
}

// WriteGGUF writes the model as a GGUF file. meta is the tokenizer's, the
// template's and whatever else is to be in it. It keeps a piece of a tensor
// in memory. Of a GGUF file it keeps all other metadata. What such a file
// cannot say of the shape is a *GGUFError.
func (f *File) WriteGGUF(w io.Writer, x Mixture, meta []weights.Pair, threads int) error {
	if f.gguf == nil {
		if err := f.Shape.CheckGGUF(); err != nil {
			return err
		}
	}
	list, err := f.tensors(x)
	if err != nil {
		return err
	}
	own := f.metadata(x)
	for _, p := range meta {
		switch i := slices.IndexFunc(own, func(q weights.Pair) bool { return q.Key == p.Key }); {
		case i < 0:
			own = append(own, p)
		case p.Key == weights.KeyTemplate: // a copy may be asked otherwise than the file says
			own[i] = p
		}
	}
	rows := f.Shape.Vocab
	if f.Encoder != nil {
		rows = f.Encoder.Vocab
	}
	padVocabulary(own, rows)
	return writeTensors(w, own, list, threads)
}

// A GGUFError is a ConfigError of what a GGUF file cannot say of a shape.
type GGUFError struct{ ConfigError }

func (e *GGUFError) Unwrap() error { return &e.ConfigError }

// CheckGGUF reports as a *GGUFError what the model's form of GGUF has no place
// for, so that llama.cpp would answer otherwise: that some layers slide and some
// do not (it lets all of them see everything), which have no positions, a
// GPT-2's activation, or what experts count whose shares are left as they are.
func (s *Shape) CheckGGUF() error {
	row, err := familyOf(s.Arch)
	if err == nil && !s.turnsAs(row) {
		return &GGUFError{ConfigError{Why: "a GGUF file of the form of %s cannot say which layers are without positions; llama.cpp takes every fourth to be", Args: []any{s.Arch}}}
	}
	if s.Experts > 0 && !s.Renorm {
		return &GGUFError{ConfigError{Why: "a GGUF file of the form of %s cannot say that what the chosen experts count does not add up to one (norm_topk_prob), and llama.cpp makes it so", Args: []any{s.Arch}}}
	}
	if s.Ungated && s.Act != row.act {
		return &GGUFError{ConfigError{Why: "a GGUF file of the form of %s cannot say that the activation is %s", Args: []any{s.Arch, s.Act}}}
	}
	if s.Arch == "exaone4" && s.Layers == 64 && s.Sliding == nil {
		return &GGUFError{ConfigError{Why: "a GGUF file of the form of %s cannot say which layers are without positions; llama.cpp takes every fourth to be", Args: []any{s.Arch}}}
	}
	known := err == nil && row.slides != nil && (s.Arch != "exaone4" || s.Layers == 64) // llama.cpp knows 32B by its layers
	if err != nil || known || !slices.Contains(s.Sliding, true) || !slices.Contains(s.Sliding, false) {
		return nil
	}
	return &GGUFError{ConfigError{Why: "a GGUF file of the form of %s cannot say which layers slide, and llama.cpp lets all of them see everything", Args: []any{s.Arch}}}
}

// exportRows is how many rows are converted at a time.
const exportRows = 256

// write converts a tensor and writes it.
func (t *exported) write(w io.Writer, team *tensor.Team) error {
	one, _ := t.Type.Size(int64(t.src.cols))
	out := make([]byte, exportRows*one)
	errs := make([]error, exportRows)
	for lo := 0; lo < t.src.rows; lo += exportRows {
		n := min(exportRows, t.src.rows-lo)
		in, err := t.src.read(make([]byte, t.src.bytes(n)), lo, lo+n)
		if err != nil {
			return err
		}
		size := t.src.bytes(1)
		if t.src.typ == t.Type {
			if _, err := w.Write(in); err != nil {
				return err
			}
			continue
		}
		team.For(n, func(_, r int) {
			x := make([]float32, t.src.cols)
			weights.Decode(x, in[r*size:(r+1)*size], t.src.typ)
			errs[r] = weights.Encode(out[int64(r)*one:int64(r+1)*one], x, t.Type)
		})
		for _, err := range errs[:n] {
			if err != nil {
				return unheld(t.Name, err)
			}
		}
		if _, err := w.Write(out[:int64(n)*one]); err != nil {
			return err
		}
	}
	return nil
}

// tensors lists what the model has, in GGUF's names, shapes and order of rows.
func (f *File) tensors(x Mixture) ([]exported, error) {
	if _, ok := fileTypes[x]; !ok {
		return nil, badConfig("no mixture is called %q", x)
	}
	if f.Encoder != nil && f.Encoder.Arch == "gte" {
		return nil, badConfig("GGUF has no architecture for GTE's encoders")
	}
	found, err := f.plan()
	if err != nil {
		return nil, err
	}
	layers, heads := f.Shape.Layers, f.Shape
	if f.Encoder != nil {
		layers = f.Encoder.Layers
	}
	tied := !slices.ContainsFunc(found, func(w weight) bool { return w.name == "output.weight" })
	var list []exported
	for _, w := range found {
		if e := f.Encoder; e != nil && w.name == "position_embd.weight" {
			w = w.part(e.Offset, w.rows) // GGUF counts from the first token
		}
		t := exported{src: w}
		t.Name, t.Shape = w.name, []int{w.rows, w.cols}
		switch {
		case strings.Contains(w.name, "_exps."):
			t.Shape = []int{heads.Experts, w.rows / heads.Experts, w.cols}
		case w.rows == 1 && !strings.HasPrefix(w.name, "cls.output") && w.name != "token_types.weight" && !strings.Contains(w.name, "ffn_gate_inp") || strings.HasSuffix(w.name, ".bias"):
			t.Shape = []int{w.cols}
		}
		if f.Encoder == nil {
			t.src = heads.inPairs(w)
		}
		t.wanted = x.typeOf(t.Name, t.Shape, layers, tied, f.Shape.HeadGate)
		t.Type = fitting(t.wanted, w.cols)
		list = append(list, t)
	}
	if f.Encoder == nil {
		list = append(list, f.Shape.Rope[0].factors()...)
	}
	return list, nil
}

// inPairs returns the rows of queries' and keys' heads, of their weight or what is added
// to it, in the order in which GGUF has them.
func (s *Shape) inPairs(w weight) weight {
	switch {
	case !s.permuted():
	case strings.Contains(w.name, ".attn_q."):
		return w.paired(s.Heads)
	case strings.Contains(w.name, ".attn_k."):
		return w.paired(s.KVHeads)
	}
	return w
}

func constant(list []float32) bool {
	for _, x := range list {
		if x != list[0] {
			return false
		}
	}
	return true
}

// plan finds all of the model's tensors.
func (f *File) plan() ([]weight, error) {
	if f.Encoder != nil {
		e := Encoder{Shape: *f.Encoder}
		err := e.plan(f.src)
		return e.net.plan.found, err
	}
	net, err := planNet(&f.Shape, f.src)
	if err != nil {
		return nil, err
	}
	return net.found, nil
}

// ggufArch is what GGUF calls the model's architecture.
func (f *File) ggufArch() string {
	switch {
	case f.gguf != nil:
		return f.gguf.Text("general.architecture")
	case f.Encoder != nil:
		return f.Encoder.Arch
	case f.Shape.Arch == "mistral":
		return "llama"
	}
	return f.Shape.Arch
}

// metadata returns the keys that describe the model's shape.
func (f *File) metadata(x Mixture) []weights.Pair {
	var list []weights.Pair
	arch := f.ggufArch()
	put := func(key string, v any) {
		key = strings.Replace(key, "*", arch, 1)
		if i := slices.IndexFunc(list, func(p weights.Pair) bool { return p.Key == key }); i >= 0 {
			list[i].Value = v
			return
		}
		list = append(list, weights.Pair{Key: key, Value: v})
	}
	if f.gguf != nil {
		for _, p := range f.gguf.Meta() {
			if !strings.HasPrefix(p.Key, "split.") && p.Key != "general.alignment" && p.Key != weights.KeyDirect && p.Key != weights.KeyPlain { // what this writer says anew
				put(p.Key, p.Value)
			}
		}
		put("general.file_type", fileTypes[x].number)
		put("general.quantization_version", uint32(2))
		return list
	}
	put("general.architecture", arch)
	put("general.type", "model")
	put("general.file_type", fileTypes[x].number)
	put("general.quantization_version", uint32(2))
	if e := f.Encoder; e != nil {
		put("*.block_count", uint32(e.Layers))
		put("*.context_length", uint32(e.Context))
		put("*.embedding_length", uint32(e.Width))
		put("*.feed_forward_length", uint32(e.Hidden))
		put("*.attention.head_count", uint32(e.Heads))
		put("*.attention.layer_norm_epsilon", e.Eps)
		put("*.attention.causal", false)
		if e.Before {
			e.modernMetadata(put)
		}
		switch {
		case e.Labels > 0:
			put("*.pooling_type", uint32(4))
			labels := slices.Clone(e.LabelNames)
			for i := len(labels); i < e.Labels; i++ {
				labels = append(labels, fmt.Sprintf("LABEL_%d", i)) // what transformers calls those without a name
			}
			put("*.classifier.output_labels", labels)
		case e.Pool == PoolFirst:
			put("*.pooling_type", uint32(2))
		default:
			put("*.pooling_type", uint32(1))
		}
		return list
	}
	f.Shape.metadata(put)
	return list
}

// modernMetadata writes the keys that ModernBERT has beside BERT's.
func (e *EncoderShape) modernMetadata(put func(key string, v any)) {
	put("*.vocab_size", uint32(e.Vocab))
	put("*.rope.freq_base", float32(e.Theta))
	put("*.rope.freq_base_swa", float32(e.LocalTheta))
	put("*.rope.scaling.type", "none")
	put("*.hidden_activation", e.Act.String())
	if e.Local != nil {
		put("*.attention.sliding_window", uint32(2*e.Window))
		put("*.attention.sliding_window_pattern", e.Local)
		for n := 1; n <= e.Layers; n++ {
			if slices.Equal(e.Local, everyFrom0(e.Layers, n)) {
				put("*.attention.sliding_window_pattern", uint32(n))
				break
			}
		}
	}
	if kind := uint32(1); e.Labels > 0 {
		if e.Pool == PoolFirst {
			kind = 2
		}
		put("*.classifier.pooling_type", kind)
	}
}

// metadata writes the keys of a decoder's shape.
func (s *Shape) metadata(put func(key string, v any)) {
	put("*.block_count", uint32(s.Layers))
	put("*.context_length", uint32(s.Context))
	put("*.embedding_length", uint32(s.Width))
	put("*.feed_forward_length", uint32(s.Hidden))
	put("*.attention.head_count", uint32(s.Heads))
	put("*.attention.head_count_kv", uint32(s.KVHeads))
	put("*.attention.key_length", uint32(s.HeadDim))
	put("*.attention.value_length", uint32(s.HeadDim))
	put("*.vocab_size", uint32(s.Vocab))
	if s.LayerNorm {
		put("*.attention.layer_norm_epsilon", s.Eps)
	} else {
		put("*.attention.layer_norm_rms_epsilon", s.Eps)
	}
	if s.Learned {
		return
	}
	put("*.rope.freq_base", float32(s.Rope[0].Theta))
	put("*.rope.dimension_count", uint32(s.Rope[0].Dims))
	switch r := s.Rope[0]; {
	case r.Yarn != nil:
		put("*.rope.scaling.type", "yarn")
		put("*.rope.scaling.factor", float32(r.Yarn.Factor))
		put("*.rope.scaling.original_context_length", uint32(r.Yarn.Original))
		put("*.rope.scaling.yarn_beta_fast", float32(r.Yarn.Fast))
		put("*.rope.scaling.yarn_beta_slow", float32(r.Yarn.Slow))
		if usual := float32(yarnGain(r.Yarn.Factor, 1)); r.Gain != usual {
			put("*.rope.scaling.attn_factor", r.Gain/usual)
		}
	case r.Long != nil:
		put("*.rope.scaling.type", "longrope")
		put("*.rope.scaling.original_context_length", uint32(r.Long.Original))
		put("*.rope.scaling.attn_factor", r.Gain)
	case r.Div != nil && constant(r.Div):
		put("*.rope.scaling.type", "linear")
		put("*.rope.scaling.factor", r.Div[0])
	}
	s.familyMetadata(put)
	s.expertMetadata(put)
	if s.Delta != nil {
		s.Delta.metadata(put)
	}
	if s.CapScores > 0 {
		put("*.attn_logit_softcapping", s.CapScores)
	}
	if s.CapLogits > 0 {
		put("*.final_logit_softcapping", s.CapLogits)
	}
	if s.Sliding == nil {
		return
	}
	put("*.attention.sliding_window", uint32(s.Window))
	put("*.rope.freq_base_swa", float32(s.Rope[1].Theta))
	if s.Arch == "spark2_5" || s.Arch == "exaone4" {
		put("*.attention.sliding_window_pattern", s.Sliding)
	}
	if s.Arch == "spark2_5" {
		put("*.rope.dimension_count_swa", uint32(s.Rope[1].Dims))
	}
}
