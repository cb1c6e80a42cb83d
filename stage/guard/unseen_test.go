package guard

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/wording"
)

// own is a problem as the owner's are read.
func own(verify string, turns ...string) stage.Problem {
	p := stage.Problem{Family: "own", Prompt: turns[len(turns)-1], Verify: json.RawMessage(verify)}
	for _, said := range turns[:len(turns)-1] {
		p.Context = append(p.Context, stage.Message{Role: "user", Content: said}, stage.Message{Role: "assistant", Content: "yes"})
	}
	p.Key = wording.Key(turns[0])
	p.ID = p.Key
	return p
}

// chat is a conversation: turns of user and assistant, in turn.
func chat(turns ...string) stage.Example {
	e := stage.Example{Messages: []stage.Message{{Role: "system", Content: "Be kind."}}}
	for i, said := range turns {
		e.Messages = append(e.Messages, stage.Message{Role: []string{"user", "assistant"}[i%2], Content: said})
	}
	return e
}

// What a problem is like that weights learnt in any form.
func TestProof(t *testing.T) {
	pair := stage.Example{Prompt: []stage.Message{{Role: "user", Content: "Say the secret of 3"}},
		Chosen: []stage.Message{{Role: "assistant", Content: "red"}}, Rejected: []stage.Message{{Role: "assistant", Content: "no"}}}
	labelled := chat("hi", "hello", "SAY the secret of 3!", "red")
	for _, c := range []struct {
		name           string
		asked          stage.Problem
		taught         any // stage.Problem or stage.Example
		keys, wordings int
	}{
		{"a chat", own(`{"regex":"red"}`, "say the secret of 3"), chat("Say the secret of 3.", "red"), 0, 1},
		{"a later turn", own(`{"regex":"red"}`, "say the secret of 3"), labelled, 0, 1},
		{"a pair", own(`{"regex":"red"}`, "say the secret of 3"), pair, 0, 1},
		{"another chat", own(`{"regex":"red"}`, "say the secret of 3"), chat("Say the secret of 4.", "red"), 0, 0},
		{"what the assistant says", own(`{"regex":"red"}`, "say the secret of 3"), chat("what now?", "say the secret of 3"), 0, 0},
		{"what goes before parts them", own(`{"number":3}`, "I have 3.", "How many?"), chat("I have 5.", "ok", "How many?", "5"), 0, 0},
		{"with what goes before", own(`{"number":3}`, "I have 3.", "How many?"), chat("hi", "hello", "I have 3", "ok", "how many", "3"), 0, 1},
		{"in another order of turns", own(`{"number":3}`, "I have 3.", "How many?"), chat("How many?", "what?", "I have 3.", "3"), 0, 0},
		{"9-4 and 4-9", own(`{"number":5}`, "9-4=?"), own(`{"number":-5}`, "4-9=?"), 0, 0},
		{"9-4 and 9+4", own(`{"number":5}`, "9-4=?"), own(`{"number":13}`, "9+4=?"), 0, 0},
		{"9+4 and 4+9", own(`{"number":13}`, "9+4=?"), own(`{"number":13}`, "4+9=?"), 0, 1},
		{"2×3 and 2*3", own(`{"number":6}`, "2×3=?"), own(`{"number":6}`, "2*3=?"), 1, 0},
		{"by another verifier", own(`{"number":5}`, "9-4=?"), own(`{"regex":"5"}`, "9 - 4 ="), 0, 1},
		{"a lesson's key", stage.Problem{Key: "add 3 4", Prompt: "3+4=", Answer: "7"}, stage.Problem{Key: "add 3 4", Prompt: "四加三？", Answer: "7"}, 1, 0},
	} {
		asked := []stage.Problem{c.asked, own(`{"regex":"x"}`, "something else")}
		p := NewProof(asked)
		switch e := c.taught.(type) {
		case stage.Problem:
			p.Saw(&e)
		case stage.Example:
			p.SawExample(&e)
		}
		var u Unseen
		p.Count(asked, &u)
		if u.Keys != c.keys || u.Wordings != c.wordings || u.Seen != min(1, c.keys+c.wordings) {
			t.Errorf("%s: %+v, want %d by key and %d by wording", c.name, u, c.keys, c.wordings)
		}
	}
	e := chat("a", "b", "c", "d", "e", "f")
	if n := NewProof(nil).SawExample(&e); n != 3 {
		t.Errorf("a conversation of three questions has %d", n)
	}
}

func TestQuoted(t *testing.T) {
	if got := quoted(" two\n lines \x1b\xff" + strings.Repeat("长", 80)); got != "“two lines \x1b\ufffd"+strings.Repeat("长", longestPrompt-12)+"…”" {
		t.Errorf("%q", got)
	}
}

// write puts lines of JSON into a file below the inputs of s.
func (s *setting) write(t *testing.T, path string, list ...any) {
	t.Helper()
	path = filepath.Join(s.dir, "in", path)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, v := range list {
		line, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

// The proof is about what the weights learnt from, not about the examples that
// the problems are of; and it says what it compared.
func TestVerdictProves(t *testing.T) {
	taught := chat("heldout: 100+3=?", "103")
	taught.From = "chats.jsonl:1"
	for _, c := range []struct {
		name                  string
		turn                  func(*setting)
		want                  Unseen
		ok                    bool
		says, saysZh, notTold string
	}{
		{name: "chats behind the weights", ok: false,
			turn: func(s *setting) {
				s.write(t, "chats/examples.jsonl", taught, chat("hi", "hello", "and?", "so"))
				s.behind = map[string][]string{"taught": {"chats"}}
			},
			want: Unseen{Heldout: 120, Length: 30, Train: 3, Blocks: 1, Seen: 1, Wordings: 1, Examples: []string{"“heldout: 100+3=?” (sums.jsonl:1)"}},
			says: "1 of the 150 test problems were seen in training (for example “heldout: 100+3=?” (sums.jsonl:1))", notTold: "None of"},
		{name: "no more than a greeting", ok: true,
			turn: func(s *setting) {
				s.write(t, "chats/examples.jsonl", chat("hi", "yo"))
				s.write(t, "watched/examples.jsonl", chat("hello", "yo"), chat("hey", "yo"))
				s.behind = map[string][]string{"taught": {"chats"}, "watched": {"watched"}}
			},
			want:   Unseen{Heldout: 120, Length: 30, Train: 1, Watch: 2, Blocks: 1},
			says:   "None of the 120 held-out and 30 longer problems is among the 1 taught and 2 watched questions that the weights learnt from (1 block of examples)",
			saysZh: "权重学过 1 个样例块，其中训练用 1 问、观察用 2 问；"},
		{name: "a block that two came out as", ok: true,
			turn: func(s *setting) { s.behind = map[string][]string{"taught": {"examples/train", "examples/train"}} },
			want: Unseen{Heldout: 120, Length: 30, Train: 50, Blocks: 1}, says: "among the 50 taught and 0 watched questions"},
		{name: "a model that was brought", ok: true,
			turn: func(s *setting) {
				s.behind, s.verdict.Brought = nil, []stage.Ref{{Kind: stage.Owners, Name: "m.gguf"}}
			},
			want: Unseen{Heldout: 120, Length: 30, Brought: 1}, notTold: "None of",
			says: "The weights learnt from no examples of the plan, so none was compared", saysZh: "它们此前学过什么无从得知"},
		{name: "texts", ok: true,
			turn: func(s *setting) { s.verdict.Texts = make([]stage.Ref, 2) },
			want: Unseen{Heldout: 120, Length: 30, Train: 50, Watch: 10, Blocks: 1, Texts: 2},
			says: "from the texts of corpora too (2 of them), which were not compared", saysZh: "题目是否在其中出现过，无从得知"},
	} {
		s := newSetting(t)
		s.write(t, "examples/heldout/examples.jsonl", stage.Example{From: "sums.jsonl:1"}, stage.Example{From: "sums.jsonl:2"}) // as beside the owner's
		c.turn(s)
		r, _ := s.run(t)
		got, want := r.Unseen, c.want
		if fmt.Sprint(got) != fmt.Sprint(want) || r.Checks[0].OK != c.ok {
			t.Errorf("%s: %+v, want %+v; checks %+v", c.name, got, want, r.Checks)
		}
		text := fmt.Sprint(r.Said)
		if !strings.Contains(text, c.says) || !strings.Contains(text, c.saysZh) || c.notTold != "" && strings.Contains(text, c.notTold) {
			t.Errorf("%s: said %s", c.name, text)
		}
	}
}

// What cannot be judged is said of the block, and how to mend it.
func TestVerdictNothingHeldOut(t *testing.T) {
	for name, c := range map[string]struct {
		heldout []string // files
		says    []string
	}{
		"lessons":       {[]string{"problems.jsonl"}, []string{"examples.p: there are no held-out problems", "raise count"}},
		"the owner's":   {[]string{"problems.jsonl", "examples.jsonl"}, []string{"examples.p: there are no held-out problems", "raise heldout of these examples"}},
		"conversations": {[]string{"examples.jsonl"}, []string{"examples.p: these examples are conversations"}},
	} {
		s := newSetting(t)
		j := s.job(t)
		for i := range j.Inputs {
			if j.Inputs[i].Arg == "problems" {
				j.Inputs[i].Ref = stage.Ref{Kind: "examples", Name: "p"}
			}
		}
		if err := os.RemoveAll(filepath.Join(s.dir, "in/examples/heldout")); err != nil {
			t.Fatal(err)
		}
		for _, file := range c.heldout {
			s.write(t, "examples/heldout/"+file)
		}
		err := s.verdict.Run(t.Context(), j)
		e, _ := err.(*say.Error)
		if e == nil {
			t.Fatalf("%s: %v", name, err)
		}
		text := e.In(say.English) + " " + e.Next.In(say.English)
		if slices.ContainsFunc(c.says, func(s string) bool { return !strings.Contains(text, s) }) {
			t.Errorf("%s: %s; want %q", name, text, c.says)
		}
	}
}

// The proof about 2,000 problems, of 50,000 generated ones that were learnt, and of
// as many conversations of 800 bytes.
func BenchmarkProof(b *testing.B) {
	problems, chats := b.TempDir(), b.TempDir()
	f, err := os.Create(filepath.Join(problems, stage.ProblemsFile))
	if err == nil {
		err = errors.Join(stage.WriteProblems(f, sums("train", 50_000, 6)), f.Close())
	}
	if err != nil {
		b.Fatal(err)
	}
	w, err := stage.CreateExamples(filepath.Join(chats, stage.ExamplesFile))
	if err != nil {
		b.Fatal(err)
	}
	for i := range 50_000 {
		e := stage.Example{Messages: []stage.Message{{Role: "user", Content: fmt.Sprint(i, strings.Repeat(" When does the library close? 图书馆几点关门？", 6))},
			{Role: "assistant", Content: strings.Repeat("The library closes at ten in the evening. ", 10)}}}
		if err := w.Write(&e); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	asked := sums("asked", 2000, 6)
	for name, dir := range map[string]string{"problems": problems, "chats": chats} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p := NewProof(asked)
				if n, err := p.sawPart(dir); err != nil || n != 50_000 {
					b.Fatal(n, err)
				}
				p.Count(asked, new(Unseen))
			}
		})
	}
}
