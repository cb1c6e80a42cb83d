package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// Dialogues is the operator that makes conversations of several turns by a grammar,
// in one or two languages. A program keeps the state that they speak of, so all
// answers are right. Parts:
//
//	train, watch  examples.jsonl, whole conversations
//	heldout       problems.jsonl: all but the last answer, and what makes it right
//	report        report.json: what was made
//
// A conversation's part is a function of its canonical key: what happens in it, in
// no language's words.
type Dialogues struct {
	Languages []string `plan:"languages,optional"` // en, zh; none: both
	Families  []string `plan:"families,optional"`  // sums, stock, booking; none: all
	Count     int      `plan:"count,optional" min:"100" max:"10000000"`
	Heldout   int      `plan:"heldout,optional" min:"20" max:"100000"`
	Seed      uint64   `plan:"seed,optional"`
}

// Name, Revision and Out implement stage.Operator.
func (*Dialogues) Name() string    { return "dialogues" }
func (*Dialogues) Revision() int   { return 1 }
func (*Dialogues) Out() store.Kind { return store.Examples }

// What is made when the plan does not say.
const (
	defaultDialogues        = 20_000
	defaultHeldoutDialogues = 300
	watchDialogues          = 300
)

func talkNames() (names []string) {
	for _, f := range talkFamilies {
		names = append(names, f.name)
	}
	return names
}

// Check implements stage.Checker.
func (o *Dialogues) Check() (list []*say.Error) {
	for _, c := range []struct {
		where        string
		names, known []string
	}{{"languages", o.Languages, languages}, {"families", o.Families, talkNames()}} {
		for _, name := range c.names {
			if !slices.Contains(c.known, name) {
				list = append(list, &say.Error{Where: c.where, What: say.T("%q is not known here", "这里没有 %q", name),
					Next: say.T("choose among %s", "可选：%s", strings.Join(c.known, ", "))})
			}
		}
	}
	return list
}

// Forecast implements stage.Forecaster. They are read as chats, whose length nobody
// knows before they were made.
func (o *Dialogues) Forecast(map[string][]stage.Forecast, stage.Machine) stage.Forecast {
	n := float64(orDefault(o.Count, defaultDialogues))
	return stage.Forecast{
		Low: n * 5e-6, High: n * 100e-6, Memory: 32<<20 + int64(n)*64,
		Basis: say.T("5–100 µs a conversation, estimated", "每段对话 5–100 微秒（估计）"),
		Size:  map[string]float64{"heldout": float64(orDefault(o.Heldout, defaultHeldoutDialogues))},
	}
}

type dialoguesReport struct {
	Format    int            `json:"format"` // 1
	Seed      uint64         `json:"seed"`
	Examples  map[string]int `json:"examples"` // by part
	Keys      map[string]int `json:"keys"`     // by part, different ones; no key is in two parts
	Families  map[string]int `json:"families"`
	Languages map[string]int `json:"languages"`
	Messages  int            `json:"messages"`
	Twice     int            `json:"exact_duplicate"` // dropped
	Exhausted int            `json:"exhausted"`       // tries that found nothing new
}

// Run implements stage.Operator.
func (o *Dialogues) Run(ctx context.Context, job *stage.Job) error {
	r := dialoguesReport{Format: 1, Seed: o.Seed, Examples: map[string]int{}, Keys: map[string]int{}, Families: map[string]int{}, Languages: map[string]int{}}
	seen := map[[16]byte]bool{}
	for _, p := range []struct {
		name string
		n    int
	}{{heldoutPart, orDefault(o.Heldout, defaultHeldoutDialogues)}, {watchPart, watchDialogues}, {trainPart, orDefault(o.Count, defaultDialogues)}} {
		if err := o.part(ctx, job, p.name, p.n, seen, &r); err != nil {
			return err
		}
	}
	dir := filepath.Join(job.Out, reportPart)
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, "report.json"), r)
}

// part makes n conversations.
func (o *Dialogues) part(ctx context.Context, job *stage.Job, part string, n int, seen map[[16]byte]bool, r *dialoguesReport) error {
	dir := filepath.Join(job.Out, part)
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	var problems []stage.Problem
	var w *stage.ExampleWriter
	if part != heldoutPart {
		var err error
		if w, err = stage.CreateExamples(filepath.Join(dir, stage.ExamplesFile)); err != nil {
			return err
		}
		defer w.Close()
	}
	keys := map[[16]byte]bool{}
	for i := range n {
		if i%1000 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			job.Emit(stage.Event{Type: "progress", Done: float64(i), Total: float64(n), Unit: "examples"})
		}
		g, f, lang, id, ok := o.draw(part, i, seen, r)
		if !ok {
			r.Exhausted++
			continue
		}
		seen[id] = true
		h := sha256.Sum256([]byte(g.key))
		keys[[16]byte(h[:16])] = true
		key, last := hex.EncodeToString(h[:12]), len(g.messages)-1
		r.Examples[part]++
		r.Families[f.name]++
		r.Languages[lang]++
		r.Messages += len(g.messages)
		if part == heldoutPart {
			problems = append(problems, stage.Problem{
				ID: hex.EncodeToString(id[:8]), Key: key, Family: f.name, Lang: lang, Level: (len(g.messages) + 1) / 2,
				Context: g.messages[: last-1 : last-1], Prompt: g.messages[last-1].Content, Verify: json.RawMessage(g.verify),
			})
			continue
		}
		from := fmt.Sprintf("dialogues/%s seed %d, %s %d: %s", f.name, o.Seed, part, i, g.key) // made again by these
		if err := w.Write(&stage.Example{From: from, Key: key, Messages: g.messages}); err != nil {
			return err
		}
	}
	r.Keys[part] = len(keys)
	if w != nil {
		return w.Close()
	}
	f, err := os.Create(filepath.Join(dir, problemsFile))
	if err != nil {
		return err
	}
	return errors.Join(stage.WriteProblems(f, problems), f.Close())
}

// draw makes a conversation that belongs to a part and is not there yet.
func (o *Dialogues) draw(part string, i int, seen map[[16]byte]bool, r *dialoguesReport) (g dialogue, f talkFamily, lang string, id [16]byte, ok bool) {
	langs := o.Languages
	if len(langs) == 0 {
		langs = languages
	}
	var list []talkFamily
	for _, f := range talkFamilies {
		if len(o.Families) == 0 || slices.Contains(o.Families, f.name) {
			list = append(list, f)
		}
	}
	d := newDraw(o.Seed, "dialogues "+part, i)
	f, lang = list[i%len(list)], langs[i/len(list)%len(langs)]
	for range tries {
		g = f.make(d, speaker{d, lang})
		if partOf(g.key) != part {
			continue
		}
		h := sha256.New()
		for _, m := range g.messages {
			fmt.Fprintf(h, "%s\n%s\n", m.Role, m.Content)
		}
		id = [16]byte(h.Sum(nil)[:16])
		if !seen[id] {
			return g, f, lang, id, true
		}
		r.Twice++
	}
	return g, f, lang, id, false
}
