package train

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/stage/unread"
	"suiren/store"
)

// A Merge adds an adapter to the model that it was trained over.
type Merge struct {
	Base    stage.Ref `plan:"base" kinds:"weights" path:"model" learnt:"yes"`
	Adapter stage.Ref `plan:"adapter" kinds:"weights" path:"adapter" learnt:"yes"`
	Prompts stage.Ref `plan:"prompts,optional" kinds:"tokens" learnt:"no"` // on which the gate compares; none: some sentences
	Type    string    `plan:"type,optional"`                               // of the weights that are written
}

// Name, Revision and Out implement stage.Operator.
func (*Merge) Name() string    { return "merge" }
func (m *Merge) Revision() int { return 2 + inBlocks(m.Type) }
func (*Merge) Out() store.Kind { return store.Weights }

// Check implements stage.Checker.
func (m *Merge) Check() []*say.Error { return checkType(m.Type) }

// inBlocks is 4 of a type that is written as GGUF whatever the base is: such a file
// came to say how it is sampled, then typical_p and Unigram vocabularies as well, then
// all tokens that end an answer, and then which of them ends a turn, with a name for
// each row of the embeddings. Of the K types it is one more: their proofs came to have
// other numbers. Of q4_k_m it is one more again: rows that are no multiples of 256 were in Q8_0.
func inBlocks(typ string) int {
	switch m := orMixture(model.Mixture(typ)); {
	case isFolderType(m):
		return 0
	case m == model.AsQ8_0 || m == model.AsQ4_0:
		return 4
	case m == model.AsQ4_K_M:
		return 6
	}
	return 5
}

// Settled implements stage.Settler.
func (*Merge) Settled() map[string]any { return map[string]any{"type": "f32"} }

// TaughtIn refuses an adapter that was trained here in other words than those
// of its base. It is an error if its suiren.json cannot be read.
func TaughtIn(base *talk.Words, adapter string) error {
	f, err := readFacts(adapter)
	if err != nil {
		return err
	}
	return base.TaughtIn(f.Words, f.Ends, f.AllEnds)
}

// Forecast implements stage.Forecaster.
func (x *Merge) Forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	f := forecastWrite(in, x.Type, m)
	for _, base := range in["base"] {
		for _, ad := range in["adapter"] {
			if bad := UnfitAdapter(base, ad); bad != nil {
				f.Wrong = append(f.Wrong, bad)
			}
		}
	}
	return f
}

// Run implements stage.Operator.
func (m *Merge) Run(ctx context.Context, job *stage.Job) error {
	b, err := openBrought(job.Dir("base"))
	if err != nil {
		return unread.Error("base", job.Dir("base"), err)
	}
	defer b.Close()
	dir := job.Dir("adapter")
	merged, err := b.Merge(dir)
	if err != nil {
		return adapterError(err)
	}
	if err := TaughtIn(b.words, dir); err != nil {
		return adapterError(err)
	}
	ad, err := model.OpenAdapter(dir, &b.Shape)
	if err != nil {
		return err
	}
	defer ad.Close()
	f, err := readFacts(dir)
	if err != nil {
		return err
	}
	ends := b.words.TurnEnd()
	ends = slices.DeleteFunc(ends, func(id int32) bool { return !slices.Contains(f.Ends, id) && !slices.Contains(f.NewEnds, id) })
	return rewrite(ctx, job, b, merged, ad, m.Type, "merge", ends...)
}

// A Quantise writes a model in another type: a GGUF file of quantised weights,
// or a folder of f32, f16 or bf16.
type Quantise struct {
	Base    stage.Ref `plan:"base" kinds:"weights" path:"model" learnt:"yes"`
	Prompts stage.Ref `plan:"prompts,optional" kinds:"tokens" learnt:"no"`
	Type    string    `plan:"type" like:"q4_k_m"`
}

// Name, Revision and Out implement stage.Operator.
func (*Quantise) Name() string    { return "quantise" }
func (q *Quantise) Revision() int { return 1 + inBlocks(q.Type) }
func (*Quantise) Out() store.Kind { return store.Weights }

// Check implements stage.Checker.
func (q *Quantise) Check() []*say.Error { return checkType(q.Type) }

// Forecast implements stage.Forecaster.
func (q *Quantise) Forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	return forecastWrite(in, q.Type, m)
}

// Run implements stage.Operator.
func (q *Quantise) Run(ctx context.Context, job *stage.Job) error {
	b, err := openBrought(job.Dir("base"))
	if err != nil {
		return unread.Error("base", job.Dir("base"), err)
	}
	defer b.Close()
	return rewrite(ctx, job, b, b.File, nil, q.Type, "quantise")
}

// rewrite writes f, which is b in another form, and proves that it answers as
// b does, with the adapter, which learnt to end turns with the tokens ends.
func rewrite(ctx context.Context, job *stage.Job, b *brought, f *model.File, ad *model.Adapter, typ, method string, ends ...int32) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x := orMixture(model.Mixture(typ))
	if bad := unwritable(b.words, x, ends...); bad != nil {
		return bad
	}
	if ad == nil {
		tellAside(job)
	}
	out, err := b.write(job, f, x, ends...)
	if wrong := pinned(job); wrong != nil { // then it is no wonder that they differ
		if err == nil {
			out.Close()
		}
		return wrong
	}
	if err != nil {
		return unread.Error("base", b.path, err)
	}
	defer out.Close()
	if err := sameWords(b, out, ends...); err != nil {
		return err
	}
	var rows *learnt
	if dir := job.Dir("prompts"); dir != "" {
		if rows, err = openLearntRows(dir, b, false); err != nil {
			return ofPrompts(err)
		}
		defer rows.close()
	}
	want, done, err := served(b.File, ad, job.Machine.Threads)
	if err != nil {
		return err
	}
	defer done()
	over := b.Quantised() && bounds[x].err < bounds[model.AsQ8_0].err
	if over { // the base was served with rounded activations
		x = model.AsQ8_0
	}
	p, err := gate(job, want, out.File, nil, promptsOf(rows, b), x, over)
	if err != nil {
		return err
	}
	facts, err := readFacts(job.Dir("base"))
	if err != nil {
		facts.FLOPs = 0 // the owner's
	}
	facts.Direct = b.words.Direct             // which a GGUF file says, too
	if dir := job.Dir("adapter"); dir != "" { // what was trained says what it is
		if err := facts.under(dir); err != nil {
			return err
		}
	}
	facts.Method, facts.Parity, facts.Stop, facts.Left = method, p, nil, nil
	return stage.WriteJSON(filepath.Join(job.Out, stage.WeightsFile), facts)
}

// ofPrompts says of rows that a base cannot read that they are the prompts of the proof.
func ofPrompts(err error) *say.Error {
	bad, ok := errors.AsType[*say.Error](err)
	if !ok {
		return &say.Error{Where: "prompts", What: say.T("cannot be read: %v", "无法读取：%v", err), Err: err}
	}
	at := *bad
	at.Where, at.Next = "prompts", say.T("make the rows with the base's tokenizer and within its context, or leave prompts out", "请用基座的分词器、在其上下文之内生成数据行，或省略 prompts")
	return &at
}

// forecastWrite foretells writing a base in a type and proving that it is
// served as before: both files are in memory, and the logits of a prompt twice.
func forecastWrite(in map[string][]stage.Forecast, typ string, m stage.Machine) stage.Forecast {
	b := footingOf(in["base"])
	x := orMixture(model.Mixture(typ))
	f := stage.Forecast{Size: b.size(), Model: b.model(x), WordsPath: b.wordsAt, Wrong: slices.Concat(b.bad, b.unwritable(x))}
	if len(in["adapter"]) == 0 {
		f.Derived = aside(b.file)
	}
	f.Derived = alsoInstead(f.Derived, f.Model)
	bytes := 4 * b.params
	for _, base := range in["base"] {
		bytes = orDefault(base.Size["bytes"], bytes)
	}
	var w workload
	for _, rows := range in["prompts"] {
		w = rowsLoad(rows)
		words := b.speech()
		info, err := stage.ReadRowsInfo(rows.Path)
		if err != nil || words == nil || !b.known() {
			continue // not made yet
		}
		if bad := misfit(info.Vocab, info.Length, words.Tokenizer.Vocab(), &b.shape); bad != nil {
			f.Wrong = append(f.Wrong, ofPrompts(bad))
		}
	}
	f.Memory = int64(bytes+b.params*weightBytes[x]) + logitBytes(b.shape.Vocab) + processBytes
	if need, err := b.rewriting(x, m.Threads); err == nil {
		f.Memory = need + processBytes
	}
	setTime(&f, b.copying(x, f.Model, m.Threads)+b.proof(w.prompts(), m.Threads), m)
	if f.High > 0 {
		f.Basis = say.T("writing, reading again and comparing %.2g weights, by the measured %.0f GFLOP/s", "写出、读回并比对 %.2g 个权重，按实测 %.0f GFLOP/s 计", b.params, m.Peak/1e9)
	}
	return f
}

// rewriting is the memory of decoders of b as it is and in type x.
func (b *footing) rewriting(x model.Mixture, threads int) (int64, error) {
	at, err := b.files()
	if err != nil {
		return 0, err
	}
	defer at.Close()
	is, err := proofBytes(at.File, threads)
	if err != nil {
		return 0, err
	}
	other, err := at.as(x, is)
	return is + other - logitBytes(at.Shape.Vocab), err
}

// weightBytes is about how many bytes a weight takes in a type.
var weightBytes = map[model.Mixture]float64{
	model.AsF32: 4, model.AsF16: 2, model.AsBF16: 2, model.AsQ8_0: 1.0625, model.AsQ6_K: 0.82, model.AsQ5_K_M: 0.71, model.AsQ4_K_M: 0.6, model.AsQ4_0: 0.5625,
	model.AsQ3_K_M: 0.49,
}
