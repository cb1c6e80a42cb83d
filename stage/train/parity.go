package train

import (
	"errors"
	"math"
	"slices"

	"suiren/engine/model"
	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/stage"
)

// A parity is how near the served form of weights is to what they were made
// from, on some prompts. It is recorded in suiren.json.
type parity struct {
	Prompts int     `json:"prompts"`
	Tokens  int     `json:"tokens"`
	Max     float64 `json:"max"`   // largest difference of two logits
	Mean    float64 `json:"mean"`  // mean difference
	Error   float64 `json:"nmse"`  // mean square difference over that of the logits
	Top     float64 `json:"top_1"` // share of tokens after which both find the same one likeliest
}

func (p *parity) text() say.Text {
	return say.T("served as made: on %d prompts of %d tokens the logits differ by %.2g at most, %.2g on average (mean square %.2g), and the likeliest token is the same at %.1f%%",
		"服务与制作一致：%d 条提示、共 %d 个词元上，logits 最多相差 %.2g，平均 %.2g（均方差 %.2g），最可能词元一致率 %.1f%%", p.Prompts, p.Tokens, p.Max, p.Mean, p.Error, 100*p.Top)
}

// bounds are the largest error and the smallest agreement that pass, by how
// the served weights are kept. Near ties do not count against the agreement: see leads. They are two to three times what rounding makes
// of small models of random weights, which feel it most (0.003 for q8_0, 0.13
// for q4_0); logits of two models that have nothing in common differ by 2.
var bounds = map[model.Mixture]struct{ err, top float64 }{
	model.AsF32: {1e-9, 0.999}, model.AsF16: {1e-5, 0.99}, model.AsBF16: {1e-3, 0.95},
	model.AsQ8_0: {0.01, 0.85}, model.AsQ6_K: {0.03, 0.75}, model.AsQ5_K_M: {0.1, 0.55}, model.AsQ4_K_M: {0.3, 0.3}, model.AsQ4_0: {0.3, 0.3}, model.AsQ3_K_M: {0.6, 0.2},
}

// leads reports whether logits u prefer token a to b by more than an error of so much
// may turn round: by four times its root, for two logits that move by twice it each
// meet there.
func leads(u []float32, a, b int, mean, err float64) bool {
	size := 0.0
	for _, x := range u {
		size += (float64(x) - mean) * (float64(x) - mean)
	}
	return float64(u[a])-float64(u[b]) > 4*math.Sqrt(err*size/float64(len(u)))
}

// A ParityError says that what would be served is not what was made.
type ParityError struct {
	What say.Text
}

func (e *ParityError) Error() string { return e.What.In(say.English) }
func (e *ParityError) Unwrap() error { return stage.ErrRefused }

// narrow is the width, or the hidden width, up to which rounding alone was seen to
// come beyond the bounds (of width 32 and hidden width 33 to 0.0011 as bf16 and, merged,
// to 0.037 as q8_0), and outOfRounding how often the bound is more than that.
const (
	narrow        = 64
	outOfRounding = 10
)

// finer are the types to try where one is too coarse.
var finer = map[model.Mixture]string{model.AsF16: "f32", model.AsBF16: "f16, f32", model.AsQ8_0: "f16, f32", model.AsQ6_K: "q8_0, f16", model.AsQ5_K_M: "q6_k, q8_0",
	model.AsQ4_K_M: "q6_k, q8_0", model.AsQ4_0: "q6_k, q8_0", model.AsQ3_K_M: "q5_k_m, q6_k"}

// afterwards says what to do about logits that are so far off, of a model of shape s that
// may be as far off as type x; over: because its base is in such a type.
func (p *parity) afterwards(s *model.Shape, x model.Mixture, over bool) say.Text {
	types := finer[x]
	if types == "" { // f32 rounds nothing
		return say.T("these weights are not kept; this is an error of the program: report it, with the model's config.json", "这份权重不会保留；这是程序的错误：请附上模型的 config.json 报告")
	}
	next := say.T("these weights are not kept; write them in a finer type: %s", "这份权重不会保留；请用更精细的类型写出：%s", types)
	if over {
		next = say.T("these weights are not kept; take the base in a finer type: %s", "这份权重不会保留；请改用更精细类型的基座：%s", types)
	}
	if w := min(s.Width, s.Hidden); w <= narrow && p.Error <= outOfRounding*bounds[x].err {
		next = say.T("rounding alone can do that in a model as narrow as this (%d); %v", "模型这么窄（%d），仅舍入就可能如此；%v", w, next)
	}
	return next
}

func refuse(what say.Text) error {
	return &say.Error{What: what, Next: say.T("these weights are not kept; check base, template and type", "这份权重不会保留；请检查 base、模板和 type"), Err: &ParityError{what}}
}

// A logitsOf reads a prompt, and returns what writes the logits of its tokens lo
// to hi to z: (hi-lo, V). It is asked for all tokens in order.
type logitsOf func(ids []int32) func(lo, hi int, z []float32) error

// promptTokens bounds the tokens of a prompt, maxPrompts their number. Of
// proofTokens the logits are in memory at a time: of a large vocabulary they
// would be more than the weights.
const (
	promptTokens = 128
	maxPrompts   = 8
	proofTokens  = 32
)

// proofBytes is the memory that it takes to prove that f is served as it is, with
// an adapter or without.
func proofBytes(f *model.File, threads int) (int64, error) {
	off, heap, err := f.DecoderBytes(proofTokens, promptTokens, max(threads, 1))
	full, window := model.PageBytes(&f.Shape, model.KVFloat32)
	return off + heap + proofPages*int64(full+window) + logitBytes(f.Shape.Vocab), err
}

// logitBytes is that of the logits that are compared.
func logitBytes(vocab int) int64 { return 2 * 4 * proofTokens * int64(vocab) }

// proofPages are those of a prompt.
const proofPages = promptTokens/model.PageTokens + 1

// compareLogits measures parity and refuses what is beyond the bounds of x.
func compareLogits(want, got logitsOf, prompts [][]int32, vocab int, x model.Mixture) (p parity, err error) {
	var diff, size float64
	same, apart, bound := 0, 0, bounds[x]
	arena, err := tensor.NewArena(2*proofTokens*vocab + 64)
	if err != nil {
		return p, err
	}
	defer arena.Close()
	a, b := arena.Float32(proofTokens*vocab), arena.Float32(proofTokens*vocab)
	for _, ids := range prompts {
		made, answered := want(ids), got(ids)
		for lo := 0; lo < len(ids); lo += proofTokens {
			n := min(proofTokens, len(ids)-lo)
			if err := errors.Join(made(lo, lo+n, a), answered(lo, lo+n, b)); err != nil {
				return p, err
			}
			for t := range n {
				u, v := a[t*vocab:(t+1)*vocab], b[t*vocab:(t+1)*vocab]
				mean := 0.0
				for i := range u {
					mean += float64(u[i]) / float64(vocab)
				}
				for i := range u {
					d := float64(u[i]) - float64(v[i])
					p.Max = max(p.Max, max(d, -d))
					p.Mean += max(d, -d)
					diff += float64(d * d)
					size += (float64(u[i]) - mean) * (float64(u[i]) - mean)
				}
				switch a, b := likeliest(u), likeliest(v); {
				case a == b:
					same++
				case leads(u, a, b, mean, bound.err):
					apart++
				}
			}
		}
		p.Prompts++
		p.Tokens += len(ids)
	}
	if p.Tokens == 0 {
		return p, errors.New("parity: no prompts")
	}
	p.Mean /= float64(p.Tokens * vocab)
	p.Error, p.Top = diff/max(size, 1e-30), float64(same)/float64(p.Tokens)
	if agreed := float64(p.Tokens-apart) / float64(p.Tokens); !(p.Error <= bound.err) || agreed < bound.top {
		return p, refuse(say.T("what would be served does not answer as what it was made from: the logits of %d tokens differ by %.2g (mean square, at most %.2g) and agree on the likeliest in %.1f%% (at least %.1f%%), near ties left alone",
			"将要服务的模型与制作它的来源回答不一致：%d 个词元的 logits 均方差为 %.2g（上限 %.2g），最可能词元一致率 %.1f%%（下限 %.1f%%），近乎并列的不计", p.Tokens, p.Error, bound.err, 100*agreed, 100*bound.top))
	}
	for _, x := range []*float64{&p.Max, &p.Mean, &p.Error, &p.Top} {
		*x = rounded(*x)
	}
	return p, nil
}

func likeliest(x []float32) (at int) {
	for i := range x {
		if x[i] > x[at] {
			at = i
		}
	}
	return at
}

// sameWords refuses a model whose template, special tokens or tokenizer are
// not those of another. Of the tokens that end an answer it may have those of
// learnt beside the other's.
func sameWords(want, got *brought, learnt ...int32) error {
	if want.words.Template != got.words.Template {
		return refuse(say.T("the chat template changed", "对话模板被改变"))
	}
	ends := slices.Concat(want.words.Ends, learnt)
	lost := slices.ContainsFunc(ends, func(id int32) bool { return !slices.Contains(got.words.Ends, id) })
	more := slices.ContainsFunc(got.words.Ends, func(id int32) bool { return !slices.Contains(ends, id) })
	if lost || more && want.IsGGUF() == got.IsGGUF() { // in another form it may know more of them, by their names
		return refuse(say.T("an answer ended at the tokens %v, and ends at %v now", "回答原以词元 %v 结束，现为 %v", ends, got.words.Ends))
	}
	if want.words.Tokenizer.Vocab() != got.words.Tokenizer.Vocab() || !slices.Equal(want.words.Tokenizer.Specials(), got.words.Tokenizer.Specials()) {
		return refuse(say.T("the special tokens changed", "特殊词元被改变"))
	}
	for _, text := range sentences {
		if !slices.Equal(want.words.Tokenizer.Encode(nil, text), got.words.Tokenizer.Encode(nil, text)) {
			return refuse(say.T("%q is cut into other tokens", "%q 的分词结果不同", text))
		}
	}
	return nil
}

// sentences are the prompts of those who have no others.
var sentences = []string{
	"The quick brown fox jumps over the lazy dog, and 17 + 26 = 43.",
	"燧人氏钻木取火，教民熟食。今天天气很好，我们去公园散步。",
	"def add(a, b):\n    return a + b\n",
	"  Q: What is the capital of France?\nA: Paris.\t100%",
}

// promptsOf returns prompts from rows, the owner's own; nil: the sentences.
func promptsOf(rows *learnt, b *brought) (list [][]int32) {
	for i := 0; rows != nil && i < rows.n && len(list) < maxPrompts; i++ {
		r := rows.row(i)
		for d := 0; d < len(r.Docs)-1 && len(list) < maxPrompts; d++ {
			list = append(list, r.IDs[r.Docs[d]:min(r.Docs[d+1], r.Docs[d]+promptTokens)])
		}
	}
	if len(list) > 0 {
		return list
	}
	for _, text := range sentences {
		if ids := b.words.Tokenizer.Encode(nil, text); len(ids) > 0 {
			list = append(list, ids[:min(len(ids), promptTokens, b.Shape.Context)])
		}
	}
	return list
}

// served opens a decoder of a model, with an adapter or without.
func served(f *model.File, ad *model.Adapter, threads int) (logits logitsOf, done func(), err error) {
	d, err := f.NewDecoder(proofTokens, promptTokens, threads)
	if err != nil {
		return nil, nil, err
	}
	pages, err := model.NewPages(&f.Shape, model.KVFloat32, proofPages, proofPages)
	if err != nil {
		d.Close()
		return nil, nil, err
	}
	var table []int32
	for i := range proofPages {
		table = append(table, int32(i))
	}
	return func(ids []int32) func(lo, hi int, z []float32) error {
		return func(lo, hi int, z []float32) error {
			return d.Step(pages, []model.Seq{{IDs: ids[lo:hi], At: lo, Full: table, Window: table, Logits: hi - lo, Adapter: ad}}, z)
		}
	}, func() { pages.Close(); d.Close() }, nil
}

// ofTrainer are the logits of a trainer.
func ofTrainer(t *model.Trainer) logitsOf {
	return func(ids []int32) func(lo, hi int, z []float32) error {
		logits := t.Read(model.Row{IDs: ids, Docs: []int{0, len(ids)}, Weight: make([]float32, len(ids))})
		return func(lo, hi int, z []float32) error {
			logits(lo, hi, z)
			return nil
		}
	}
}
