package main

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"suiren/plan"
	"suiren/stage"
	"suiren/stage/guard"
	"suiren/store"
)

// Of every input of tokens, weights and scenarios it is said whether what is made
// holds what it learnt from it: else a verdict could not follow it.
func TestLearntSaid(t *testing.T) {
	said := 0
	for kind, choice := range vocabulary(0) {
		if !slices.Contains([]store.Kind{store.Tokens, store.Weights, store.Scenario}, kind) {
			continue
		}
		for by, op := range choice.Ops {
			typ := reflect.TypeOf(op()).Elem()
			for i := range typ.NumField() {
				f := typ.Field(i)
				if f.Type != reflect.TypeFor[stage.Ref]() && f.Type != reflect.TypeFor[[]stage.Ref]() {
					continue
				}
				if v := f.Tag.Get("learnt"); v != "yes" && v != "no" {
					t.Errorf("%s %q: learnt:%q of %s; say yes or no", kind, by, v, f.Name)
				}
				said++
			}
		}
	}
	if said < 30 {
		t.Errorf("%d inputs", said)
	}
}

// A verdict is shown what its scenario's weights learnt from, in every way in
// which weights are made, and nothing else.
func TestVerdictShown(t *testing.T) {
	names := func(refs []stage.Ref) string {
		var list []string
		for _, r := range refs {
			list = append(list, r.Name)
		}
		slices.Sort(list)
		return strings.Join(list, " ")
	}
	tutor, err := plan.Load(filepath.Join(repository, "examples/tutor"), vocabulary(0))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range tutor.Blocks {
		if v, ok := b.Op.(*guard.Verdict); ok && (names(v.Taught) != "lessons" || names(v.Watched) != "lessons" || len(v.Texts)+len(v.Brought) > 0) {
			t.Errorf("of the tutor: %+v", v)
		}
	}
	const base = `
tokenizer "b" {
  from  = [examples.words]
  vocab = 512
}
tokens "t" {
  from      = [examples.taught]
  text      = [corpus.c]
  tokenizer = tokenizer.b
  length    = 64
}
weights "base" {
  train     = "sft"
  from      = tokens.t
  tokenizer = tokenizer.b
  depth     = 1
  watch     = examples.watched
}
documents "d" { path = "d/**" }
corpus "c" {
  from   = [documents.d]
  recipe = "rag"
}
policy "p" { pack = "minors-zh" }
verdict "v" {
  scenario = scenario.s
  policy   = policy.p
  problems = examples.asked
  against  = [weights.base]
}
`
	for _, c := range []struct{ weights, scenario, taught, watched, texts, brought string }{
		{``, `weights = weights.base`, "taught", "watched", "c", ""},
		{`weights "w" {
  train = "lora"
  base = weights.base
  examples = examples.more
}
weights "m" {
  train = "merge"
  base = weights.base
  adapter = weights.w
}
weights "q" {
  train = "quantise"
  base = weights.m
  type = "q8_0"
}`, `weights = weights.q`, "more taught", "watched", "c", ""},
		{`weights "w" {
  train = "dpo"
  base = "m.gguf"
  pairs = examples.more
}`, `weights = weights.w`, "more", "", "", "m.gguf"},
		{`weights "w" {
  train = "kto"
  base = weights.base
  labels = examples.more
  watch = examples.more
}`, `weights = weights.w`, "more taught", "more watched", "c", ""},
		{`weights "w" {
  train = "grpo"
  base = weights.base
  problems = examples.more
  watch = examples.asked
  replay = examples.replayed
}`, `weights = weights.w`, "more replayed taught", "asked watched", "c", ""},
		{`weights "w" {
  train = "distil"
  teacher = weights.base
  base = "m.gguf"
  problems = examples.more
}`, `weights = weights.w`, "more", "", "", "m.gguf"},
		{`weights "w" {
  train = "lora"
  base = "m.gguf"
  examples = examples.more
}`, `weights = "n.gguf"
  adapter = weights.w`, "more", "", "", "m.gguf n.gguf"},
		{``, `weights = "n.gguf"
  scope = examples.more`, "", "", "", "n.gguf"},
	} {
		src := base + c.weights + "\nscenario \"s\" {\n  " + c.scenario + "\n}\n"
		for _, e := range []string{"words", "taught", "watched", "more", "asked", "replayed"} {
			src += "examples \"" + e + "\" { path = \"" + e + ".jsonl\" }\n"
		}
		f, err := plan.Parse([]byte(src), "suiren.hcl", vocabulary(0))
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		at := slices.IndexFunc(f.Blocks, func(b *plan.Block) bool { return b.Kind == store.Verdict })
		v := f.Blocks[at].Op.(*guard.Verdict)
		got := [4]string{names(v.Taught), names(v.Watched), names(v.Texts), names(v.Brought)}
		if want := [4]string{c.taught, c.watched, c.texts, c.brought}; got != want {
			t.Errorf("%s %s: taught, watched, texts, brought are %q, want %q", c.weights, c.scenario, got, want)
		}
	}
}
