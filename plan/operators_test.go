package plan

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// The vocabulary of the tests: small operators that truly make artifacts.

var vocabulary = Vocabulary{
	store.Documents: {Ops: map[string]func() stage.Operator{"": func() stage.Operator { return new(papers) }}},
	store.Examples:  {Ops: map[string]func() stage.Operator{"": func() stage.Operator { return new(lesson) }}},
	store.Tokens:    {Ops: map[string]func() stage.Operator{"": func() stage.Operator { return new(rows) }}},
	store.Weights: {By: "train", Ops: map[string]func() stage.Operator{
		"grow": func() stage.Operator { return new(grow) },
		"mix":  func() stage.Operator { return new(mix) },
		"tune": func() stage.Operator { return new(tune) },
		"bend": func() stage.Operator { return new(bend) },
	}},
	store.Corpus:  {Ops: map[string]func() stage.Operator{"": func() stage.Operator { return new(sheaf) }}},
	store.Verdict: {Ops: map[string]func() stage.Operator{"": func() stage.Operator { return new(jury) }}},
	store.Release: {Ops: map[string]func() stage.Operator{"": func() stage.Operator { return new(launch) }}},
}

// A lesson writes its text: two parts, of which the second is a secret.
type lesson struct {
	Text  string             `plan:"text"`
	Count int                `plan:"count,optional" min:"1" max:"1000"`
	Rate  float64            `plan:"rate,optional"`
	Flag  *bool              `plan:"flag,optional"`
	Names []string           `plan:"names,optional"`
	Need  map[string]float64 `plan:"need,optional"`
	Seed  uint64             `plan:"seed,optional"`
	Hook  func()             `json:"-" plan:"-"`
}

func (*lesson) Name() string    { return "lesson" }
func (*lesson) Revision() int   { return 1 }
func (*lesson) Out() store.Kind { return store.Examples }
func (l *lesson) Forecast(map[string][]stage.Forecast, stage.Machine) stage.Forecast {
	f := stage.Forecast{Size: map[string]float64{"lines": float64(max(l.Count, 1))}}
	if l.Text == "foul" {
		f.Wrong = []*say.Error{{Where: "text", What: say.T("foul words", "脏词"), Next: say.T("write good ones", "请写好词")}}
	}
	return f
}
func (l *lesson) Check() []*say.Error {
	if l.Text == "bad" {
		return []*say.Error{{Where: "text", What: say.T("bad words", "坏词"), Next: say.T("write good ones", "请写好词")}}
	}
	return nil
}
func (l *lesson) Run(_ context.Context, job *stage.Job) error {
	switch l.Text {
	case "fail":
		return say.Errorf("the text fails", "文本失败")
	case "break":
		panic("broken")
	case "full":
		return &os.PathError{Op: "write", Path: "lines", Err: syscall.ENOSPC}
	}
	if err := put(job.Out, "train/lines", strings.ToLower(l.Text)); err != nil {
		return err
	}
	return put(job.Out, "heldout/lines", l.Text)
}

// rows reads what lessons may be read.
type rows struct {
	From  []stage.Ref `plan:"from" kinds:"examples" part:"train" learnt:"yes"`
	Text  []stage.Ref `plan:"text,optional" kinds:"corpus" learnt:"yes"`
	Like  []stage.Ref `plan:"like,optional" kinds:"examples" part:"train" learnt:"no"`
	Note  string      `plan:"note,optional"`
	Watch stage.Ref   `plan:"watch,optional" kinds:"examples,documents" part:"heldout" json:",omitzero" learnt:"no"`
}

func (*rows) Name() string    { return "rows" }
func (*rows) Revision() int   { return 1 }
func (*rows) Out() store.Kind { return store.Tokens }
func (r *rows) Forecast(in map[string][]stage.Forecast, _ stage.Machine) stage.Forecast {
	n := 0.0
	for _, f := range in["from"] {
		n += f.Size["lines"]
	}
	return stage.Forecast{Size: map[string]float64{"rows": n}}
}
func (r *rows) Run(_ context.Context, job *stage.Job) error {
	watched := ""
	for _, name := range []string{"lines", "papers"} { // of a part of examples, or of documents
		if b, err := os.ReadFile(filepath.Join(job.Dir("watch"), name)); err == nil && job.Dir("watch") != "" {
			watched += name + ": " + string(b)
		}
	}
	return gather(job, "rows", watched, "from", "lines")
}

var growRevision = 1

// grow makes weights from rows.
type grow struct {
	From  stage.Ref `plan:"from" kinds:"tokens" learnt:"yes"`
	Watch stage.Ref `plan:"watch,optional" kinds:"examples" part:"heldout" learnt:"yes"`
	By    int       `plan:"by,optional" min:"1"`
}

func (*grow) Name() string    { return "grow" }
func (*grow) Revision() int   { return growRevision }
func (*grow) Out() store.Kind { return store.Weights }
func (g *grow) Forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	f := stage.Forecast{FLOPs: in["from"][0].Size["rows"] * float64(g.By) * 1e6, Memory: int64(g.By) << 20, Basis: say.T("by %d", "按 %d", g.By), Derived: say.T("%d rows", "%d 行", int(in["from"][0].Size["rows"]))}
	f.Low, f.High = f.FLOPs/m.Peak, 2*f.FLOPs/m.Peak
	f.Rough = in["from"][0].Size["rows"] > 6
	return f
}

// growing is called by grow before it writes; its error cuts the step short.
var growing func(*stage.Job) error

func (g *grow) Run(_ context.Context, job *stage.Job) error {
	if growing != nil {
		if err := growing(job); err != nil {
			return err
		}
	}
	return gather(job, "weights", strings.Repeat("+", g.By), "from", "rows")
}

// mix makes weights from others.
type mix struct {
	Of   []stage.Ref `plan:"of" kinds:"weights" learnt:"yes"`
	Note string      `plan:"note,optional"`
}

func (*mix) Name() string    { return "mix" }
func (*mix) Revision() int   { return 1 }
func (*mix) Out() store.Kind { return store.Weights }
func (m *mix) Run(_ context.Context, job *stage.Job) error {
	return gather(job, "weights", m.Note, "of", "weights")
}

// papers reads the owner's files, or what was asked.
type papers struct {
	Path   string    `plan:"path,optional"`
	Traces stage.Ref `plan:"traces,optional" kinds:"release" pin:"traces"`
}

func (*papers) Name() string    { return "papers" }
func (*papers) Revision() int   { return 1 }
func (*papers) Out() store.Kind { return store.Documents }
func (p *papers) Files() []string {
	if p.Path == "" {
		return nil
	}
	return []string{p.Path}
}
func (*papers) Forecast(in map[string][]stage.Forecast, _ stage.Machine) stage.Forecast {
	read := 0
	for _, f := range in["files"] {
		for _, path := range f.Files {
			b, _ := os.ReadFile(path)
			read += len(b)
		}
	}
	return stage.Forecast{Size: map[string]float64{"read": float64(read)}}
}
func (p *papers) Run(_ context.Context, job *stage.Job) error {
	var all strings.Builder
	for _, dir := range append(job.Dirs("files"), job.Dirs("traces")...) {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			rel, _ := filepath.Rel(dir, path)
			all.WriteString(filepath.ToSlash(rel) + ": " + string(b) + "\n")
			return err
		})
		if err != nil {
			return err
		}
	}
	return put(job.Out, "papers", all.String())
}

// launch makes a release.
type launch struct {
	Weights stage.Ref `plan:"weights" kinds:"weights"`
	Asked   stage.Ref `plan:"asked,optional" kinds:"documents"`
	Refuse  bool      `plan:"refuse,optional"`
}

func (*launch) Name() string    { return "launch" }
func (*launch) Revision() int   { return 1 }
func (*launch) Out() store.Kind { return store.Release }
func (l *launch) Run(_ context.Context, job *stage.Job) error {
	if l.Refuse {
		return &say.Error{What: say.T("not good enough", "还不够好"), Err: stage.ErrRefused}
	}
	return gather(job, "release", "", "weights", "weights")
}

// gather writes into file what the inputs of arg have in from, after note.
func gather(job *stage.Job, file, note, arg, from string) error {
	all := note + "\n"
	for _, dir := range job.Dirs(arg) {
		b, err := os.ReadFile(filepath.Join(dir, from))
		if err != nil {
			return err
		}
		all += string(b) + "\n"
	}
	return put(job.Out, file, all)
}

func put(dir, name, text string) error {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o666)
}

// tune makes weights from others, or from a model of the owner's.
type tune struct {
	Base    stage.Ref `plan:"base" kinds:"weights" path:"model" learnt:"yes"`
	Adapter stage.Ref `plan:"adapter,optional" kinds:"weights" path:"adapter" json:",omitzero" learnt:"yes"`
}

func (*tune) Name() string    { return "tune" }
func (*tune) Revision() int   { return 1 }
func (*tune) Out() store.Kind { return store.Weights }
func (t *tune) Run(_ context.Context, job *stage.Job) error {
	return gather(job, "weights", "", "base", "weights")
}

// sheaf is a corpus of what papers hold.
type sheaf struct {
	From []stage.Ref `plan:"from" kinds:"documents"`
}

func (*sheaf) Name() string    { return "sheaf" }
func (*sheaf) Revision() int   { return 1 }
func (*sheaf) Out() store.Kind { return store.Corpus }
func (s *sheaf) Run(_ context.Context, job *stage.Job) error {
	return gather(job, "sheaf", "", "from", "papers")
}

// jury writes what it is shown.
type jury struct {
	Weights stage.Ref   `plan:"weights" kinds:"weights"`
	Taught  []stage.Ref `json:"-" plan:"-" behind:"weights" kinds:"examples" part:"train"`
	Watched []stage.Ref `json:"-" plan:"-" behind:"weights" kinds:"examples" part:"heldout"`
	Texts   []stage.Ref `json:",omitempty" plan:"-" behind:"weights" kinds:"corpus"`
	Brought []stage.Ref `json:",omitempty" plan:"-" behind:"weights" kinds:"path"`
}

func (*jury) Name() string    { return "jury" }
func (*jury) Revision() int   { return 1 }
func (*jury) Out() store.Kind { return store.Verdict }
func (*jury) Run(_ context.Context, job *stage.Job) error {
	var all strings.Builder
	for _, in := range job.Inputs[1:] {
		b, err := os.ReadFile(filepath.Join(in.Dir, "lines"))
		if err != nil {
			return err
		}
		all.WriteString(in.Arg + " " + in.Ref.String() + ": " + string(b) + "\n")
	}
	return put(job.Out, "seen", all.String())
}

// bend makes weights or, with rank, an adapter.
type bend struct {
	Base stage.Ref `plan:"base" kinds:"weights" path:"model" learnt:"yes"`
	Rank int       `plan:"rank,optional"`
}

func (*bend) Name() string         { return "bend" }
func (*bend) Revision() int        { return 1 }
func (*bend) Out() store.Kind      { return store.Weights }
func (b *bend) MakesAdapter() bool { return b.Rank > 0 }
func (b *bend) Run(_ context.Context, job *stage.Job) error {
	return gather(job, "weights", "", "base", "weights")
}
