package train

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"suiren/engine/model"
	"suiren/engine/optim"
	"suiren/engine/tensor"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/store"
)

// archFolder is a random model of another family, of whose rows tests are.
func archFolder(name string) string { return filepath.Join("../../testdata/oracle/arch", name) }

// archGGUF is a random model in a GGUF file, which is kept packed.
func archGGUF(t *testing.T, name string) string {
	t.Helper()
	packed, err := os.Open(archFolder(name + ".gguf.gz"))
	check(t, err)
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	check(t, err)
	text, err := io.ReadAll(r)
	check(t, err)
	path := filepath.Join(t.TempDir(), "model.gguf")
	check(t, os.WriteFile(path, text, 0o666))
	return path
}

// archRows are rows of random tokens.
func archRows(t *testing.T, vocab int) string { return archRowsOf(t, vocab, 12) }

func archRowsOf(t *testing.T, vocab, rows int) string {
	t.Helper()
	dir := t.TempDir()
	w, err := stage.NewRowWriter(dir, vocab, 48, false)
	check(t, err)
	for i := range rows {
		var docs []stage.RowDoc
		for d, n := range []int{17, 30} {
			var ids []int32
			for j := range n {
				ids = append(ids, int32(tensor.Rand(uint64(i), uint64(d), uint64(j))%16))
			}
			docs = append(docs, stage.RowDoc{IDs: ids, Supervised: 3})
		}
		check(t, w.Add(docs))
	}
	_, err = w.Close()
	check(t, err)
	return dir
}

// A base of any family is trained on, whole and by adapters, to the same bytes
// on any number of threads and whenever it was stopped; what is written is
// served as it was trained.
func TestOwn(t *testing.T) {
	for _, name := range []string{"llama3", "qwen2", "spark2_5", "gemma2", "gemma3", "gpt2", "phi3", "glm4", "hunyuan", "ernie4_5", "smollm3", "granite", "olmo2", "seed_oss", "exaone4", "qwen3_moe", "phi3-long", "qwen3_5", "qwen3_5_moe"} {
		base := familyFolder(t, name)
		b, err := openBrought(base)
		check(t, err)
		in := map[string]string{"base": base, "from": archRows(t, b.words.Tokenizer.Vocab())}
		b.Close()
		for _, op := range []stage.Operator{
			&Continue{Batch: 3, Epochs: 2, Rate: 0.2, Every: time.Nanosecond},
			&LoRA{Batch: 3, Epochs: 2, Rate: 1, Rank: 3, Every: time.Nanosecond},
			&SFT{Batch: 3, Rate: 100, Every: time.Nanosecond},
		} {
			whole := newBench(t, in)
			check(t, op.Run(context.Background(), whole.Job))
			want := digest(t, whole.Out)
			f, err := readFacts(whole.Out)
			check(t, err)
			shares, counted, metered := 0, 0.0, 0.0
			for _, e := range whole.events { // what the doctor reads, and the record
				if e.Type == "count" {
					counted += e.Vals["flops"]
				} else {
					metered = max(metered, e.Vals["flops"]) // so far
				}
				if v := e.Vals["supervised"]; v > 0.7 && v < 0.9 {
					shares++
				}
			}
			if shares != 1 {
				t.Errorf("%s: the share that is learnt was told %d times", name, shares)
			}
			if counted <= 0 || counted != metered {
				t.Errorf("%s: %g operations are counted, and %g were told", name, counted, metered)
			}
			if f.Steps < 4 || f.Method != op.Name() || f.Parity == nil || f.Parity.Top != 1 || f.Parity.Tokens < 100 {
				t.Errorf("%s: %+v", name, f)
			}
			for threads := range 3 {
				again := newBench(t, in)
				again.Machine.Threads = threads + 1
				for stop := threads; stop < f.Steps; stop += 3 {
					if err := op.Run(&countdown{context.Background(), 1}, again.Job); !errors.Is(err, context.Canceled) {
						t.Fatalf("stopped: %v", err)
					}
				}
				check(t, op.Run(context.Background(), again.Job))
				if digest(t, again.Out) != want {
					t.Errorf("%s, %s: stopped, on %d threads: other bytes", name, op.Name(), threads+1)
				}
			}
			if op.Name() != "lora" {
				continue
			}
			merge := newBench(t, map[string]string{"base": in["base"], "adapter": whole.Out, "prompts": in["from"]})
			check(t, (&Merge{}).Run(context.Background(), merge.Job))
			if f, err := readFacts(merge.Out); err != nil || f.Parity == nil || f.Parity.Error > 1e-9 {
				t.Errorf("%s: merged: %+v %v", name, f.Parity, err)
			}
			quant := newBench(t, map[string]string{"base": merge.Out})
			switch name { // of which the gate keeps no such small states: what is rounded is blown up
			case "qwen3_5":
				quant.Out = archGGUF(t, "qwen3_5/Q8_0")
			case "qwen3_5_moe":
				quant.Out = archGGUF(t, "qwen3_5_moe/Q5_0")
			default:
				check(t, (&Quantise{Type: "q8_0"}).Run(context.Background(), quant.Job))
			}
			q := newBench(t, map[string]string{"base": quant.Out, "from": in["from"]}) // QLoRA
			check(t, (&LoRA{Batch: 3, Rank: 2}).Run(context.Background(), q.Job))
			// Merging into what it was not trained over.
			err = (&Merge{}).Run(context.Background(), newBench(t, map[string]string{"base": merge.Out, "adapter": whole.Out}).Job)
			if _, ok := errors.AsType[*model.BaseError](err); !ok {
				t.Errorf("%s: merged into another base: %v", name, err)
			}
			// The same weights, talked to in another template.
			other := t.TempDir()
			check(t, os.CopyFS(other, os.DirFS(in["base"])))
			template := []byte("{% for m in messages %}{{ m.content }}</s>{% endfor %}")
			check(t, os.WriteFile(filepath.Join(other, "chat_template.jinja"), template, 0o666))
			err = (&Merge{}).Run(context.Background(), newBench(t, map[string]string{"base": other, "adapter": whole.Out}).Job)
			if !errors.Is(err, stage.ErrRefused) || !strings.Contains(fmt.Sprint(err), "another chat template") {
				t.Errorf("%s: merged into a base with another template: %v", name, err)
			}
		}
	}
}

// A base that is not trained, and targets that it has not, are refused in words
// before anything is read.
func TestUnfitBase(t *testing.T) {
	encoder := map[string]string{"base": archFolder("bert-mean"), "pairs": toyExamples(t, toyPairs(1)), "from": archRows(t, 300)}
	for _, op := range []stage.Operator{&Continue{}, &LoRA{}, &DPO{}} {
		err := op.Run(context.Background(), newBench(t, encoder).Job)
		if bad, ok := errors.AsType[*say.Error](err); !ok || bad.Where != "base" || !strings.HasPrefix(bad.What.In(say.Chinese), "bert 结构的模型") || !strings.Contains(bad.Next.In(say.English), "gemma3") {
			t.Errorf("%s: %v", op.Name(), err)
		}
	}
	b, err := openBrought(archFolder("llama3"))
	check(t, err)
	defer b.Close()
	err = (&LoRA{Targets: []string{"query"}}).Run(context.Background(), newBench(t, map[string]string{"base": archFolder("llama3"), "from": archRows(t, b.words.Tokenizer.Vocab())}).Job)
	if bad, ok := errors.AsType[*say.Error](err); !ok || bad.Where != "targets" || !strings.Contains(bad.Next.In(say.Chinese), "可选 q_proj") {
		t.Error(err)
	}
}

// Over a base the plan chooses schedule, clipping, epochs and type as for random
// weights: the rate falls as is said, each makes other weights, and sft those of continue.
func TestOwnRecipes(t *testing.T) {
	base := stage.Ref{Kind: store.Weights, Name: "base"}
	weights := map[string]string{}
	for name, op := range map[string]stage.Operator{
		"continue": &Continue{Rate: 0.5}, "cosine": &Continue{Rate: 0.5, Schedule: "cosine"}, "wsd": &Continue{Rate: 0.5, Schedule: "wsd"}, "linear": &Continue{Rate: 0.5, Schedule: "linear"},
		"clip": &Continue{Rate: 0.5, Clip: 0.01}, "sft": &SFT{Base: base, Rate: 100}, "sft cosine": &SFT{Base: base, Rate: 100, Schedule: "cosine"}, "sft clip": &SFT{Base: base, Rate: 100, Clip: 0.01},
		"bf16": &Continue{Rate: 0.5, Type: "bf16"}, "sft bf16": &SFT{Base: base, Rate: 100, Type: "bf16"}, "stored": &Continue{Rate: 0.5, Storage: "bf16"}, "sft stored": &SFT{Base: base, Rate: 100, Storage: "bf16"}, "lora": &LoRA{}, "lora wsd": &LoRA{Schedule: "wsd"}, "lora clip": &LoRA{Clip: 0.001},
	} {
		form := optim.Linear
		fields := reflect.ValueOf(op).Elem()
		fields.FieldByName("Batch").SetInt(2)
		fields.FieldByName("Epochs").SetInt(2)
		if s := fields.FieldByName("Schedule").String(); s != "" {
			form = schedules[s]
		}
		b := newBench(t, map[string]string{"base": archFolder("llama3"), "from": archRows(t, 261)})
		check(t, op.Run(t.Context(), b.Job))
		const steps = 12
		want, n := optim.Schedule{Form: form, Warmup: 1, Decay: 0.5, End: 0.05}, 0
		for _, e := range b.events {
			if rate, ok := e.Vals["rate"]; ok {
				if n = int(e.Vals["step"]); rate != float64(want.At(n-1, steps)) {
					t.Errorf("%s: step %d at a rate of %g", name, n, rate)
				}
			}
		}
		if n != steps {
			t.Errorf("%s: %d steps", name, n)
		}
		files, err := filepath.Glob(filepath.Join(b.Out, "*.safetensors"))
		check(t, err)
		text, err := os.ReadFile(files[0])
		check(t, err)
		weights[name] = string(text)
	}
	for pair, same := range map[[2]string]bool{
		{"continue", "linear"}: true, {"continue", "sft"}: true, {"cosine", "sft cosine"}: true, {"clip", "sft clip"}: true, {"bf16", "sft bf16"}: true, {"stored", "sft stored"}: true, {"stored", "bf16"}: false,
		{"continue", "cosine"}: false, {"continue", "wsd"}: false, {"continue", "clip"}: false, {"continue", "bf16"}: false, {"lora", "lora wsd"}: false, {"lora", "lora clip"}: false,
	} {
		if got := weights[pair[0]] == weights[pair[1]]; got != same {
			t.Errorf("%v: the same weights: %v", pair, got)
		}
	}
}

// What a run would refuse is foretold, and nothing else is.
func TestForetoldUnfit(t *testing.T) {
	made := map[stage.Use]stage.Forecast{}
	for _, use := range []stage.Use{stage.UseChats, stage.UsePairs, stage.UseLabels} {
		made[use] = stage.Forecast{Path: toyExamples(t, pieces(3, use))}
	}
	problems := stage.Forecast{Use: stage.UseProblems, Size: map[string]float64{"problems": 10, "watched": 5}}
	none := stage.Forecast{Size: map[string]float64{"examples": 10}}
	for name, c := range map[string]struct {
		op          stage.Forecaster
		base, arg   string
		data, watch stage.Forecast
		want        string
	}{
		"dpo":           {&DPO{}, "qwen2", "pairs", made[stage.UsePairs], made[stage.UsePairs], ""},
		"dpo chats":     {&DPO{}, "qwen2", "pairs", made[stage.UseChats], made[stage.UsePairs], "pairs"},
		"dpo problems":  {&DPO{}, "qwen2", "pairs", problems, none, "pairs"},
		"kto":           {&KTO{}, "qwen2", "labels", made[stage.UseLabels], none, ""},
		"kto pairs":     {&KTO{Rank: 2}, "qwen2", "labels", made[stage.UsePairs], made[stage.UseChats], "labels watch"},
		"lora":          {&LoRA{}, "qwen2", "examples", problems, made[stage.UseChats], ""},
		"lora pairs":    {&LoRA{}, "bert-mean", "examples", made[stage.UsePairs], none, "base examples"},
		"lora targets":  {&LoRA{Targets: []string{"q_proj", "query"}}, "qwen2", "examples", made[stage.UseChats], none, "targets"},
		"continue":      {&Continue{}, "bert-mean", "examples", none, none, "base"},
		"sft":           {&SFT{}, "bert-mean", "examples", none, none, "base"},
		"grpo":          {&GRPO{}, "bert-mean", "problems", made[stage.UseChats], problems, "base problems"},
		"grpo problems": {&GRPO{Rank: 2}, "qwen2", "problems", problems, problems, ""},
		"distil":        {&Distil{}, "bert-mean", "problems", problems, none, "base"},
		"quantise":      {&Quantise{Type: "q8_0"}, "gemma2", "prompts", none, none, ""},
	} {
		in := map[string][]stage.Forecast{"base": {{Path: archFolder(c.base)}}, "teacher": {{Path: archFolder("gemma2")}}, c.arg: {c.data}, "watch": {c.watch}}
		var got []string
		for _, e := range c.op.Forecast(in, stage.Machine{Threads: 1, Memory: 1 << 32}).Wrong {
			got = append(got, e.Where)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: refused %q, want %q", name, got, c.want)
		}
	}
}

// Rows that do not fit the base are refused for what is wrong with them.
func TestUnfitRows(t *testing.T) {
	b, err := openBrought(archFolder("llama3"))
	check(t, err)
	defer b.Close()
	vocab := b.words.Tokenizer.Vocab()
	for _, c := range []struct {
		vocab, length, rows int
		want                string
	}{
		{vocab + 1, 48, 1, "over a vocabulary of"},
		{vocab, b.Shape.Context + 1, 1, fmt.Sprintf("the base has a context of %d", b.Shape.Context)},
		{vocab, 48, 0, "there are no rows"},
	} {
		dir := t.TempDir()
		w, err := stage.NewRowWriter(dir, c.vocab, c.length, false)
		check(t, err)
		for range c.rows {
			check(t, w.Add([]stage.RowDoc{{IDs: make([]int32, 30), Supervised: 3}}))
		}
		_, err = w.Close()
		check(t, err)
		job := newBench(t, map[string]string{"base": archFolder("llama3"), "from": dir})
		if err := (&Continue{}).Run(context.Background(), job.Job); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
		// So it is in the plan, but for rows that are not there: that is told of no plan.
		in := map[string][]stage.Forecast{"base": {{Path: archFolder("llama3")}}, "from": {{Path: dir}}}
		for _, op := range []stage.Forecaster{&Continue{}, &SFT{}, &LoRA{}} {
			if wrong := op.Forecast(in, stage.Machine{}).Wrong; c.rows > 0 && (len(wrong) != 1 || wrong[0].Where != "from" || !strings.Contains(wrong[0].Error(), c.want)) || c.rows == 0 && len(wrong) > 0 {
				t.Errorf("%+v is planned: %v", c, wrong)
			}
		}
	}
}

// packableSFT is toySFT with a tokenizer that a GGUF file can describe: it has merges.
func packableSFT(t *testing.T) (*SFT, map[string]string) {
	t.Helper()
	tok, err := tokenizer.Train(slices.Values([]string{"the the tion tion"}), 258+len(tokenizer.ChatSpecial), tokenizer.ChatSpecial)
	check(t, err)
	dir := t.TempDir()
	check(t, tok.Save(dir))
	return &SFT{Depth: 1, Batch: 4, Rate: 2}, map[string]string{"from": toyRows(t, dir, toyProblems(50)), "tokenizer": dir}
}

// Over a model that was trained here from random weights, in a folder or in a GGUF
// file, continue, sft and lora learn what they are shown without being told a rate.
func TestOurRate(t *testing.T) {
	op, in := packableSFT(t)
	base := newBench(t, map[string]string{"from": toyRows(t, in["tokenizer"], toyProblems(1)), "tokenizer": in["tokenizer"]})
	check(t, op.Run(context.Background(), base.Job))
	small := newBench(t, map[string]string{"base": base.Out})
	check(t, (&Quantise{Type: "q8_0"}).Run(context.Background(), small.Job))
	for _, dir := range []string{base.Out, small.Out} {
		for _, over := range []stage.Operator{&Continue{}, &SFT{Base: stage.Ref{Kind: store.Weights, Name: "base"}}, &LoRA{}} {
			b := newBench(t, map[string]string{"base": dir, "from": in["from"]})
			check(t, over.Run(context.Background(), b.Job))
			var loss []float64
			for _, e := range b.events {
				if v, ok := e.Vals["loss"]; ok {
					loss = append(loss, v)
				}
			}
			if n := len(loss); n < 20 || loss[n-1] > 0.85*loss[0] {
				t.Errorf("%s: a loss of %g after %d steps, %g at first", over.Name(), loss[n-1], n, loss[0])
			}
		}
	}
}

// A base of our own in a GGUF file is trained at the rates that are foretold, before
// it stands and after: those of a folder of our own.
func TestOurRateForetold(t *testing.T) {
	op, in := packableSFT(t)
	m := stage.Machine{Threads: 1, Memory: 1 << 34}
	folder := newBench(t, map[string]string{"from": in["from"], "tokenizer": in["tokenizer"]})
	check(t, op.Run(context.Background(), folder.Job))
	small := newBench(t, map[string]string{"base": folder.Out})
	check(t, (&Quantise{Type: "q8_0"}).Run(context.Background(), small.Job))
	first := op.Forecast(map[string][]stage.Forecast{"from": {{Path: in["from"]}}, "tokenizer": {{Size: map[string]float64{"vocab": 263}}}}, m)
	later := (&Quantise{Type: "q8_0"}).Forecast(map[string][]stage.Forecast{"base": {first}}, m)
	base := stage.Ref{Kind: store.Weights, Name: "base"}
	for name, op := range map[string]stage.Forecaster{"continue": &Continue{}, "lora": &LoRA{}, "sft": &SFT{Base: base}, "sft half": &SFT{Base: base, Rate: 0.5}, "dpo": &DPO{}, "dpo rank": &DPO{Rank: 4},
		"kto": &KTO{Optimizer: "adamw8"}, "kto muon": &KTO{Rate: 0.3, Decay: half()}, "grpo": &GRPO{}, "distil": &Distil{Base: base}} {
		told := map[string]string{}
		for at, f := range map[string]stage.Forecast{"in a folder": {Path: folder.Out}, "in a GGUF file": {Path: small.Out}, "not yet": later} {
			_, told[at], _ = strings.Cut(op.Forecast(map[string][]stage.Forecast{"base": {f}, "teacher": {{Path: folder.Out}}, "from": {{Path: in["from"]}}}, m).Derived.In(say.English), ", ")
		}
		if at := told["in a folder"]; at == "" || told["in a GGUF file"] != at || told["not yet"] != at {
			t.Errorf("%s: foretold %q", name, told)
		}
		var o own
		ours := preferenceRate
		switch op := op.(type) {
		case *DPO:
			o = op.own()
		case *KTO:
			o = op.own()
		case *GRPO:
			o, ours = op.own(), op.rate()
		case *Distil:
			o, ours = op.own(), op.rate()
		default:
			continue
		}
		var used []optim.Settings
		for _, dir := range []string{folder.Out, small.Out} {
			s, err := openStudent(newBench(t, map[string]string{"base": dir}).Job, o, ours)
			check(t, err)
			check(t, s.readyFor(promptTokens))
			used = append(used, s.l.Optimizer.Settings)
			s.Close()
		}
		if used[0] != used[1] {
			t.Errorf("%s: %+v over a folder, %+v over a GGUF file", name, used[0], used[1])
		}
		if got := paced(used[1], "linear", 0.1, 0).In(say.English); name != "grpo" && !strings.HasSuffix(told["not yet"], got) {
			t.Errorf("%s: works at %s, foretold %s", name, got, told["not yet"])
		}
	}
	// What is said and what is left out come to the same bytes.
	for _, ops := range [][2]stage.Operator{{&Continue{}, &Continue{Rate: ourRate / 32.}}, {&LoRA{Rank: 2}, &LoRA{Rank: 2, Rate: ourLoRARate / 32.}}} {
		var sums []string
		for _, op := range ops {
			b := newBench(t, map[string]string{"base": small.Out, "from": in["from"]})
			check(t, op.Run(context.Background(), b.Job))
			sums = append(sums, fmt.Sprint(digest(t, b.Out)))
		}
		if sums[0] != sums[1] {
			t.Errorf("%s over a GGUF file of ours is not at its rate", ops[0].Name())
		}
	}
}

// How a model is talked to and sampled stays with it, in whichever form it is
// written.
func TestGenerationKept(t *testing.T) {
	base := t.TempDir()
	check(t, os.CopyFS(base, os.DirFS(archFolder("qwen2"))))
	check(t, os.WriteFile(filepath.Join(base, "generation_config.json"), []byte(`{"do_sample": true, "temperature": 0.7, "top_p": 0.8, "top_k": 20, "repetition_penalty": 1.05}`), 0o666))
	check(t, os.WriteFile(filepath.Join(base, "tokenizer_config.json"), []byte(`{"chat_template": [{"name": "default", "template": "{{ messages }}"}]}`), 0o666))
	want, err := weights.ReadGeneration(base)
	check(t, err)
	b, err := openBrought(base)
	check(t, err)
	rows := archRowsOf(t, b.Shape.Vocab, 2)
	check(t, b.Close())
	adapter := newBench(t, map[string]string{"base": base, "from": rows})
	check(t, (&LoRA{Rank: 2}).Run(context.Background(), adapter.Job))
	as := func(what string, op stage.Operator, in map[string]string) string {
		b := newBench(t, in)
		check(t, op.Run(context.Background(), b.Job))
		var got *weights.Generation
		if path := talk.Path(b.Out); path == b.Out {
			got, err = weights.ReadGeneration(path)
			check(t, err)
		} else {
			g, err := weights.OpenGGUF(path)
			check(t, err)
			defer g.Close()
			got = g.Generation()
		}
		got.BOS, got.EOS, got.Ends = want.BOS, want.EOS, want.Ends // which the vocabulary of a GGUF file knows
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, was %+v", what, got, want)
		}
		return b.Out
	}
	small := as("quantised", &Quantise{Type: "q8_0"}, map[string]string{"base": base})
	as("quantised, as f16", &Quantise{Type: "f16"}, map[string]string{"base": base})
	as("a GGUF file, as f16", &Quantise{Type: "f16"}, map[string]string{"base": small})
	as("merged", &Merge{Type: "q8_0"}, map[string]string{"base": base, "adapter": adapter.Out})
	as("gone on from", &Continue{Type: "q8_0"}, map[string]string{"base": base, "from": rows})
	as("gone on from a GGUF file", &Continue{}, map[string]string{"base": small, "from": rows})
}
