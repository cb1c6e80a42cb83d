package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"suiren/stage"
)

// A settled is a kind of training with inputs, and for each of its arguments
// that is no input a value other than the default.
type settled struct {
	op   stage.Operator
	in   map[string]string
	vals map[string]any
}

// in is a Ref of the plan, for what Check looks at.
func in(name string) stage.Ref { return stage.Ref{Kind: "x", Name: name} }

// toySettings are all kinds of training, over each kind of base where that
// makes another run of it.
func toySettings(t *testing.T) map[string]settled {
	_, rl := toyBase(t)
	base := rl["base"]
	sft, fresh := toySFT(t)
	sft.FLOPs, sft.Rate, sft.From, sft.Tokenizer, sft.Watch = 1.6e9, 3, in("from"), in("tokenizer"), in("watch")
	fresh["watch"] = toyPart(t, strangers())
	rows := map[string]string{"base": base, "from": toyRows(t, fresh["tokenizer"], toyProblems(2)), "watch": fresh["watch"]}
	b, err := openBrought(archFolder("qwen2")) // toys have no GGUF form
	check(t, err)
	arch := map[string]string{"base": b.path, "from": archRowsOf(t, b.words.Tokenizer.Vocab(), 2)}
	check(t, b.Close())
	adapter := newBench(t, arch)
	check(t, (&LoRA{}).Run(context.Background(), adapter.Job))
	arch["adapter"] = adapter.Out
	pairs, labels := toyPairs(2), toyLabels(2)
	preferred := map[string]string{"base": base, "pairs": toyExamples(t, pairs), "labels": toyExamples(t, labels)}
	for i := range pairs {
		pairs[i].Chosen, pairs[i].Rejected = pairs[i].Rejected, pairs[i].Chosen
	}
	for i := range labels {
		good := !*labels[i].Label
		labels[i].Label = &good
	}
	mistaken, wrong := maps.Clone(preferred), maps.Clone(preferred)
	mistaken["watch"], wrong["watch"] = toyExamples(t, pairs), toyExamples(t, labels)
	judged := map[string]string{"teacher": base, "from": rows["from"], "watch": fresh["watch"]}
	asked := toyProblems(2) // the owner's, which have no order
	for i := range asked {
		asked[i].Verify = json.RawMessage(`{"regex": "(?s).*"}`)
	}
	answered := map[string]string{"teacher": base, "base": base, "problems": toyPart(t, asked), "watch": fresh["watch"]}
	grpo := map[string]any{"steps": 2, "prompts": 6, "samples": 5, "tokens": 10, "rate": 3.0, "seed": uint64(5), "variant": "dr_grpo", "updates": 2, "clip_low": 0.01, "clip_high": 0.01,
		"beta": 0.5, "overlong": 6, "control": "random", "think": false, "rank": 4, "alpha": 3.0, "targets": []string{"q_proj"}, "replay_weight": 0.1, "warmup": 0.5, "weight_decay": 2.0, "storage": "bf16", "gradients": "bf16x3"}
	preference := map[string]any{"beta": 3.0, "epochs": 3, "batch": 5, "rate": 0.7, "optimizer": "lion", "rank": 4, "alpha": 3.0, "targets": []string{"q_proj"}, "seed": uint64(5), "patience": 1, "warmup": 0.5, "weight_decay": 2.0, "storage": "bf16", "gradients": "bf16x3"}
	distil := map[string]any{"depth": 2, "top": 4, "hard": 0.5, "count": 20, "tokens": 5, "epochs": 2, "batch": 3, "rate": 0.7, "optimizer": "lion", "seed": uint64(5), "rank": 4, "alpha": 3.0, "targets": []string{"q_proj"}, "patience": 1, "warmup": 0.5, "weight_decay": 2.0, "storage": "bf16", "gradients": "bf16x3"}
	more := func(of map[string]any, more map[string]any) map[string]any {
		all := maps.Clone(of)
		maps.Copy(all, more)
		return all
	}
	own := map[string]any{"epochs": 2, "batch": 5, "rate": 40.0, "optimizer": "lion", "schedule": "cosine", "clip": 0.01, "warmup": 0.5, "weight_decay": 2.0, "seed": uint64(5), "patience": 1}
	continued := more(own, map[string]any{"storage": "bf16", "gradients": "bf16x3", "type": "bf16"})
	scratch := map[string]any{"depth": 2, "width": 64, "hidden": 64, "heads": 4, "kv_heads": 3, "window": 8, "flops": 8e8, "minutes": 8e8 / perMinute, "batch": 5, "rate": 0.7, "seed": uint64(5), "optimizer": "lion",
		"schedule": "linear", "clip": 0.01, "warmup": 0.5, "weight_decay": 2.0, "patience": 1, "epochs": 2, "storage": "bf16", "gradients": "bf16x3", "type": "bf16"}
	deep := *sft
	deep.Depth, deep.Heads, deep.FLOPs, deep.Watch = 2, 4, 2e9, stage.Ref{}
	return map[string]settled{
		"sft":          {sft, fresh, scratch},
		"sft of heads": {&deep, map[string]string{"from": fresh["from"], "tokenizer": fresh["tokenizer"]}, more(scratch, map[string]any{"depth": 3, "width": 96, "heads": 2, "kv_heads": 1, "window": 8})},
		"sft over a base": {&SFT{Batch: 2, Base: in("base"), From: in("from"), Watch: in("watch")}, rows, map[string]any{"depth": 2, "width": 64, "hidden": 64, "heads": 4, "kv_heads": 1, "window": 8, "flops": 7e7, "minutes": 1.0, "batch": 5, "rate": 20.0,
			"seed": uint64(5), "optimizer": "lion", "schedule": "cosine", "clip": 0.01, "warmup": 0.5, "weight_decay": 2.0, "patience": 1, "epochs": 2, "storage": "bf16", "gradients": "bf16x3", "type": "bf16"}},
		"continue":         {&Continue{Batch: 4, Epochs: 3, From: in("from"), Watch: in("watch")}, rows, continued},
		"lora":             {&LoRA{Batch: 4, Epochs: 3, From: in("from"), Watch: in("watch")}, rows, more(own, map[string]any{"rank": 3, "alpha": 7.0, "gradients": "bf16x3", "targets": []string{"q_proj"}, "optimizer": "muon"})},
		"merge":            {&Merge{}, arch, map[string]any{"type": "q8_0"}},
		"quantise":         {&Quantise{Type: "q8_0"}, arch, map[string]any{"type": "q4_0"}},
		"grpo":             {&GRPO{Steps: 3, Prompts: 8, Samples: 4, Tokens: 12}, rl, grpo},
		"grpo, an adapter": {&GRPO{Steps: 3, Prompts: 8, Samples: 4, Tokens: 12, Rank: 3, Updates: 2, Rate: 3}, rl, more(grpo, map[string]any{"updates": 3, "rate": 1.0})},
		"dpo":              {&DPO{Batch: 6, Epochs: 2, Watch: in("watch")}, mistaken, more(preference, map[string]any{"loss": "ipo", "smoothing": 0.2})},
		"ipo":              {&DPO{Loss: "ipo", Batch: 6, Epochs: 2, Watch: in("watch")}, mistaken, more(preference, map[string]any{"loss": "normalised", "smoothing": 0.2})},
		"dpo, an adapter":  {&DPO{Batch: 6, Epochs: 2, Rank: 3, Watch: in("watch")}, mistaken, more(preference, map[string]any{"loss": "ipo", "smoothing": 0.2})},
		"kto, an adapter":  {&KTO{Batch: 6, Epochs: 2, Rank: 3, Watch: in("watch")}, wrong, more(preference, map[string]any{"good": 3.0, "bad": 3.0})},
		"kto":              {&KTO{Batch: 6, Epochs: 2, Watch: in("watch")}, wrong, more(preference, map[string]any{"good": 3.0, "bad": 3.0})},
		"distil":           {&Distil{Batch: 4, Epochs: 12, Rate: 4, Depth: 1, From: in("from"), Watch: in("watch")}, judged, distil},
		"distil to a base": {&Distil{Batch: 2, Epochs: 3, Rate: 1, Base: in("base"), Problems: in("problems"), Watch: in("watch")}, answered, more(distil, map[string]any{"depth": 1})},
		"distil text":      {&Distil{Batch: 2, Epochs: 3, Base: in("base"), Problems: in("problems"), Top: new(int), Rank: 3, Watch: in("watch")}, answered, more(distil, map[string]any{"depth": 1})},
	}
}

// strangers are problems whose answers are not those of the toy.
func strangers() []stage.Problem {
	list := toyProblems(1)
	for i := range list {
		list[i].Answer = other(list[i])
		list[i].Think = list[i].Prompt + "=" + list[i].Answer
	}
	return list
}

// Every argument of every kind of training changes what comes of it, or is
// refused when the plan is made: none is taken in silence.
func TestSettings(t *testing.T) {
	for name, s := range toySettings(t) {
		t.Run(name, func(t *testing.T) {
			if errs := checked(s.op); len(errs) > 0 {
				t.Fatalf("by default: %v", errs[0])
			}
			plain, err := outcomeOf(t, s.op, s.in)
			check(t, err)
			typ := reflect.TypeOf(s.op).Elem()
			for i := range typ.NumField() {
				arg, _, _ := strings.Cut(typ.Field(i).Tag.Get("plan"), ",")
				if ft := typ.Field(i).Type; arg == "" || arg == "-" || ft == reflect.TypeFor[stage.Ref]() {
					continue
				}
				v, ok := s.vals[arg]
				if !ok {
					t.Errorf("%s is in no case", arg)
					continue
				}
				op := reflect.New(typ)
				op.Elem().Set(reflect.ValueOf(s.op).Elem())
				set(op.Elem().Field(i), v)
				if arg == "minutes" && op.Elem().FieldByName("Base").IsZero() { // instead of flops
					op.Elem().FieldByName("FLOPs").SetFloat(0)
				}
				other := op.Interface().(stage.Operator)
				if len(checked(other)) > 0 {
					continue
				}
				made, err := outcomeOf(t, other, s.in)
				if err != nil && arg != "tokens" { // too few for an answer
					t.Errorf("%s: %v", arg, err)
				}
				if made == plain {
					t.Errorf("%s is taken, and without effect", arg)
				}
			}
		})
	}
}

func checked(op stage.Operator) []error {
	var list []error
	if c, ok := op.(stage.Checker); ok {
		for _, err := range c.Check() {
			list = append(list, err)
		}
	}
	return list
}

func set(field reflect.Value, v any) {
	if x := reflect.ValueOf(v); field.Kind() == reflect.Pointer {
		field.Set(reflect.New(field.Type().Elem()))
		field.Elem().Set(x)
	} else {
		field.Set(x)
	}
}

// outcomeOf names what a run makes, its facts aside, which repeat its settings,
// and what it tells of its steps, its speed aside.
func outcomeOf(t *testing.T, op stage.Operator, in map[string]string) (string, error) {
	t.Helper()
	b := newBench(t, in)
	if err := op.Run(context.Background(), b.Job); err != nil {
		return "", err
	}
	h := sha256.New()
	check(t, filepath.WalkDir(b.Out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "suiren.json" || d.Name() == "README.md" {
			return err
		}
		text, err := os.ReadFile(path)
		h.Write(text)
		return err
	}))
	for _, e := range b.events {
		if e.Type == "metric" {
			delete(e.Vals, "tokens_per_s")
			text, err := json.Marshal(e.Vals)
			check(t, err)
			h.Write(text)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
