package train

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"suiren/engine/tensor"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
)

// A student of any family learns from a teacher of another: its logits, and
// its answers to problems, in the student's own template; whole and by an
// adapter, to the same bytes whenever it was stopped.
func TestBroughtDistil(t *testing.T) {
	teacher := picker(t, "qwen2")
	either := picks(40)
	for i := range either {
		either[i].Verify = json.RawMessage(`{"regex": "[yn]"}`)
	}
	part := toyPart(t, either)
	rows := t.TempDir()
	w, err := stage.NewRowWriter(rows, 261, 64, false)
	check(t, err)
	for i := range 16 {
		var ids []int32
		for j := range 40 {
			ids = append(ids, int32(tensor.Rand(uint64(i), 1, uint64(j))%16))
		}
		check(t, w.Add([]stage.RowDoc{{IDs: ids, Supervised: 4}}))
	}
	_, err = w.Close()
	check(t, err)
	for name, c := range map[string]struct {
		op   *Distil
		base string
		in   map[string]string
	}{
		"logits":  {&Distil{Rank: 4, Rate: 2, Epochs: 4, Batch: 4, Every: time.Nanosecond}, archFolder("llama3"), map[string]string{"from": rows}},
		"whole":   {&Distil{Rate: 2, Epochs: 4, Batch: 4, Every: time.Nanosecond}, archFolder("spark2_5"), map[string]string{"from": rows}},
		"mixture": {&Distil{Rate: 2, Epochs: 4, Batch: 4, Every: time.Nanosecond}, archFolder("qwen3_moe"), map[string]string{"from": rows}},
		"capped":  {&Distil{Rate: 2, Epochs: 4, Batch: 4, Every: time.Nanosecond}, archFolder("gemma2"), map[string]string{"from": rows}},
		"fused":   {&Distil{Rank: 4, Rate: 2, Epochs: 4, Batch: 4, Every: time.Nanosecond}, archFolder("phi3"), map[string]string{"from": rows}},
		"pairs":   {&Distil{Rate: 2, Epochs: 4, Batch: 4, Every: time.Nanosecond}, archFolder("glm4"), map[string]string{"from": rows}},
		"learnt":  {&Distil{Rate: 2, Epochs: 4, Batch: 4, Every: time.Nanosecond}, archFolder("gpt2"), map[string]string{"from": rows}},
		"states":  {&Distil{Rate: 2, Epochs: 4, Batch: 4, Every: time.Nanosecond}, archFolder("qwen3_5"), map[string]string{"from": rows}},
		"answers": {&Distil{Rate: 0.5, Epochs: 4, Batch: 1, Tokens: 8, Every: time.Nanosecond}, withTemplate(t, "llama3", thinkTemplate), map[string]string{"problems": part}},
	} {
		c.in["teacher"], c.in["base"] = teacher, c.base
		c.op.Base = stage.Ref{Kind: "weights", Name: "x"}
		b := newBench(t, c.in)
		check(t, c.op.Run(context.Background(), b.Job))
		f, err := readFacts(b.Out)
		check(t, err)
		_, loss := b.series("loss")
		t.Logf("%s: %+v, loss %.3g to %.3g", name, *f.Distil, loss[0], loss[len(loss)-1])
		if f.Method != "distil" || f.Parity == nil || f.Parity.Top < 0.99 || loss[len(loss)-1] > 0.9*loss[0] || f.Distil.TeacherFLOPs <= 0 || f.Distil.Mapped != 0 {
			t.Errorf("%s: %+v, %+v, losses %v", name, f, *f.Distil, loss)
		}
		if name == "answers" && (f.Distil.Asked != 40 || f.Distil.Kept == 0) {
			t.Errorf("%s: %+v", name, *f.Distil)
		}
		again := newBench(t, c.in)
		again.Machine.Threads = 2
		for range 3 {
			if err := c.op.Run(&countdown{context.Background(), 30}, again.Job); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			again.Out = t.TempDir()
		}
		check(t, c.op.Run(context.Background(), again.Job))
		if digest(t, again.Out) != digest(t, b.Out) {
			t.Errorf("%s: stopped, on 2 threads: other bytes", name)
		}
	}
	err = (&Distil{Depth: 1}).Run(context.Background(), newBench(t, map[string]string{"teacher": archFolder("qwen2"), "from": rows}).Job)
	if e, ok := errors.AsType[*say.Error](err); !ok || e.Where != "depth" {
		t.Errorf("a student of random weights of a brought teacher: %v", err)
	}
}

// otherWords gives a folder another tokenizer, with merges.
func otherWords(t *testing.T, texts []string, vocab int) *tokenizer.Tokenizer {
	t.Helper()
	tok, err := tokenizer.Train(slices.Values(texts), vocab, tokenizer.ChatSpecial)
	check(t, err)
	return tok
}

// A teacher of another vocabulary judges the tokens that both have, where both
// cut the text alike, and one that has too few of them is refused.
func TestMapping(t *testing.T) {
	b, err := openBrought(archFolder("qwen2"))
	check(t, err)
	defer b.Close()
	bytes := b.words.Tokenizer // of bytes
	other := otherWords(t, []string{"hello hello hello", "yes"}, 275)
	if sameTokens(bytes, other) || !sameTokens(bytes, bytes) {
		t.Error("which vocabularies are one?")
	}
	m := newMapping(bytes, other)
	if m.share < 0.99 || len(m.to) < 259 {
		t.Errorf("share %g, %d tokens", m.share, len(m.to))
	}
	ids := bytes.EncodeMarked(nil, "<|im_start|>x hello y<|im_end|>", nil)
	theirs, at := m.translate(ids)
	if text := other.Decode(theirs); text != "<|im_start|>x hello y<|im_end|>" {
		t.Errorf("%q", text)
	}
	for k, j := range at {
		same := j >= 0
		if same && string(bytes.Bytes(ids[k])) != string(other.Bytes(theirs[j])) {
			t.Errorf("%q is taken for %q", bytes.Bytes(ids[k]), other.Bytes(theirs[j]))
		}
		from := len(bytes.Decode(ids[:k])) // where it stands; all is ASCII
		has := false
		for n := range theirs {
			has = has || len(other.Decode(theirs[:n])) == from && string(other.Bytes(theirs[n])) == string(bytes.Bytes(ids[k]))
		}
		if same != has {
			t.Errorf("token %d, %q: judged %t, the teacher has it %t", k, bytes.Bytes(ids[k]), same, has)
		}
	}
	weight := make([]float32, len(ids))
	for k := range weight {
		weight[k] = 1
	}
	if judged, _, all := (&teacher{m: m, limit: 99}).judges(ids, weight); all != len(ids)-1 || judged < 3 || judged > all-2 {
		t.Errorf("%d of %d can be judged", judged, all)
	}

	// A run with such a teacher, and one that it must refuse.
	teach := func(tok *tokenizer.Tokenizer) string {
		dir := t.TempDir()
		check(t, tok.Save(dir))
		op, in := toySFT(t)
		in["tokenizer"], in["from"] = dir, toyRows(t, dir, toyProblems(2))
		run := newBench(t, in)
		check(t, op.Run(context.Background(), run.Job))
		return run.Out
	}
	rows := func(answer string) string {
		dir := t.TempDir()
		w, err := stage.NewRowWriter(dir, bytes.Vocab(), 64, false)
		check(t, err)
		for range 8 {
			ids := bytes.EncodeMarked(nil, "<|im_start|>user\nsay it<|im_end|>\n<|im_start|>assistant\n", nil)
			n := len(ids)
			check(t, w.Add([]stage.RowDoc{{IDs: bytes.EncodeMarked(ids, answer+"<|im_end|>", nil), Supervised: n}}))
		}
		_, err = w.Close()
		check(t, err)
		return dir
	}
	op := &Distil{Base: stage.Ref{Kind: "weights", Name: "x"}, Rank: 3, Rate: 1, Batch: 4, Epochs: 2}
	in := map[string]string{"teacher": teach(otherWords(t, []string{"hello hello hello"}, 270)), "base": archFolder("qwen2"), "from": rows("uvwxyz hello")}
	run := newBench(t, in)
	check(t, op.Run(context.Background(), run.Job))
	f, err := readFacts(run.Out)
	check(t, err)
	if f.Distil.Mapped < leastMapped || f.Distil.Mapped > 0.6 || f.Distil.Vocabulary < 0.9 {
		t.Errorf("%+v", f.Distil)
	}
	in["from"] = rows("hello hello x")
	run = newBench(t, in)
	err = op.Run(context.Background(), run.Job)
	if e, ok := errors.AsType[*say.Error](err); !ok || e.Where != "teacher" || e.In(say.Chinese) == e.In(say.English) {
		t.Errorf("too unlike: %v; %q", err, run.notes())
	}
}
