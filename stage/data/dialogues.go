package data

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/verify"
	"suiren/store"
)

// Dialogues is the operator that makes conversations by grammars: of forms with
// what is drawn, in one or two languages. Parts are those of Conversations. A
// dialogue's key is its form and what was drawn, so that no other wording and no
// translation of one is in another part.
type Dialogues struct {
	Path      string   `plan:"path,optional"`      // a pattern of grammars below the folder of the plan; none: our own
	Languages []string `plan:"languages,optional"` // en, zh; none: both
	As        string   `plan:"as,optional" json:",omitempty"`
	Count     int      `plan:"count,optional" min:"1" max:"10000000"`
	Heldout   *float64 `plan:"heldout,optional" min:"0" max:"0.4"`
	Seed      uint64   `plan:"seed,optional"`
}

// Name, Revision and Out implement stage.Operator.
func (*Dialogues) Name() string    { return "dialogues" }
func (*Dialogues) Out() store.Kind { return store.Examples }

// Revision implements stage.Operator. Problems of one wording came to be of one part.
func (d *Dialogues) Revision() int {
	if d.As == asProblems {
		return 2
	}
	return 1
}

// Files implements stage.FileReader.
func (d *Dialogues) Files() []string {
	if d.Path == "" {
		return nil
	}
	return []string{d.Path}
}

// count is the dialogues that are made: 5000 unless said.
func (d *Dialogues) count() int { return orDefault(d.Count, 5000) }

// langs are the languages: both unless said.
func (d *Dialogues) langs() []string {
	if len(d.Languages) == 0 {
		return languages
	}
	return d.Languages
}

// Settled implements stage.Settler.
func (d *Dialogues) Settled() map[string]any {
	return map[string]any{"languages": d.langs(), "as": asChats, "count": d.count(), "heldout": (&Conversations{Heldout: d.Heldout}).share(), "seed": d.Seed}
}

// What dialogues are made as.
const (
	asChats    = "chats"
	asProblems = "problems" // without the last answer, with what makes one right
)

//go:embed dialogues.json
var ownGrammar []byte

// Check implements stage.Checker.
func (d *Dialogues) Check() []*say.Error {
	if d.As != "" && d.As != asChats && d.As != asProblems {
		return []*say.Error{{Where: "as", What: say.T("%q is not known here", "这里没有 %q", d.As), Next: say.T("choose among %s", "可选：%s", asChats+", "+asProblems)}}
	}
	for _, lang := range d.Languages {
		if !slices.Contains(languages, lang) {
			return []*say.Error{{Where: "languages", What: say.T("%q is not known here", "这里没有 %q", lang), Next: say.T("choose among %s", "可选：%s", languages)}}
		}
	}
	return nil
}

// Forecast implements stage.Forecaster.
func (d *Dialogues) Forecast(map[string][]stage.Forecast, stage.Machine) stage.Forecast {
	const bytes = 300 // of a dialogue, about
	n := float64(d.count())
	return stage.Forecast{Low: n * 60e-6, High: n * 600e-6, Memory: 64<<20 + int64(n)*100,
		Basis: say.T("60–600 µs a dialogue, measured", "每段对话 60–600 微秒（实测）"), Size: map[string]float64{"text": n * bytes}, Use: stage.UseChats}
}

// Run implements stage.Operator.
func (d *Dialogues) Run(ctx context.Context, job *stage.Job) error {
	list, err := d.grammars(job)
	if err != nil {
		return err
	}
	langs := d.langs()
	type form struct {
		*dialogue
		lang string
	}
	var forms []form
	var weights []int
	for _, g := range list {
		for i := range g.Dialogues {
			x := &g.Dialogues[i]
			for _, lang := range langs {
				if x.Turns[lang] != nil && (d.As != asProblems || x.Verify != nil) {
					forms, weights = append(forms, form{x, lang}), append(weights, orDefault(x.Weight, 1))
				}
			}
		}
	}
	if len(forms) == 0 {
		return &say.Error{Where: orWord(d.Path, "dialogues"), What: say.T("no dialogue is in these languages, and of what is asked for", "没有所要语言和用途的对话"),
			Next: say.T("problems need verify; see languages", "problems 需要 verify；请检查 languages")}
	}
	s, err := (&Conversations{Path: d.Path, Heldout: d.Heldout}).sorter(job)
	if err != nil {
		return err
	}
	defer s.stop()
	s.drawn = true
	n := d.count()
	progress := stage.Event{Type: "progress", Total: float64(n), Unit: "dialogues"}
	if d.As == asProblems {
		progress.Unit = "problems"
	}
	unfit, known, again := 0, 0, 0 // again: draws in a row that were there before
	for i := 0; s.kept() < n; i++ {
		if i%1000 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			progress.Done = float64(s.kept())
			job.Emit(progress)
		}
		if unfit+s.total-s.kept() > tries*(n+tries) || again > sameAgain*(s.kept()+tries) {
			return &say.Error{Where: orWord(d.Path, "dialogues"), What: say.T("there are no %d different dialogues: %d were found", "凑不出 %d 段不同的对话：只找到 %d 段", n, s.kept()),
				Next: say.T("lower count to what was found or less, widen what is drawn, or give more wordings", "请把 count 减小到不超过找到的数目、扩大抽取范围，或给出更多说法")}
		}
		r := newDraw(d.Seed, "dialogues", i)
		f := forms[r.weigh(weights)]
		e, err := f.make(r, f.lang)
		if errors.Is(err, errUnfit) {
			unfit++
			continue
		}
		if err == nil {
			err = d.judge(ctx, e)
		}
		if err != nil {
			return inGrammar(f.g.name+": "+f.Name, err)
		}
		e.From = fmt.Sprintf("%s:%s/%s#%d", f.g.name, f.Name, f.lang, i)
		s.report.Files[f.g.name+":"+f.Name+"/"+f.lang]++
		if err := s.admit(e); err != nil {
			return err
		}
		if err := s.add(e); err != nil {
			return err
		}
		if again++; s.kept() > known {
			known, again = s.kept(), 0
		}
	}
	return s.close(job)
}

// sameAgain is how many draws in a row for each dialogue that was found, and for tries
// more, may find nothing new: where all are as likely, the last of them is overlooked with
// a probability of exp(-sameAgain), and one that is 20 times less likely with exp(-2).
const sameAgain = 40

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

// grammars reads those of the plan, or our own.
func (d *Dialogues) grammars(job *stage.Job) ([]*grammar, error) {
	langs := d.langs()
	if d.Path == "" {
		g, err := readGrammar("dialogues.json", ownGrammar, langs)
		return []*grammar{g}, err
	}
	dir := job.Dir("files")
	paths, err := filesBelow(dir)
	if err != nil {
		return nil, err
	}
	var list []*grammar
	for _, p := range paths {
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(p)))
		if err != nil {
			return nil, err
		}
		g, err := readGrammar(p, b, langs)
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, nil
}

// judge has the verifier judge the answer that was made, and makes of the
// dialogue what is asked for. A grammar that contradicts itself is an error.
func (d *Dialogues) judge(ctx context.Context, e *stage.Example) error {
	last := len(e.Messages) - 1
	if e.Verify != nil {
		var spec verify.Spec
		if json.Unmarshal(e.Verify, &spec) == nil && spec.URL != "" {
			return say.Errorf("what is made here is not judged by an address", "这里生成的内容不能由网址评判")
		}
		v, err := verify.Parse(e.Verify)
		if err != nil {
			return err
		}
		score, err := v.Score(ctx, e.Messages[last-1].Content, e.Messages[last].Content)
		if err != nil {
			return err
		}
		if score < 0.5 {
			return say.Errorf("its own answer %q is wrong by %s", "按 %[2]s，它自己的回答 %[1]q 是错的", e.Messages[last].Content, e.Verify)
		}
	}
	if d.As == asProblems {
		e.Messages = e.Messages[:last:last]
		return nil
	}
	e.Verify = nil
	return nil
}
