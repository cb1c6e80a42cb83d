package plan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"suiren/internal/durable"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// savedFormat is the version of a saved plan.
const savedFormat = 1

// maxSaved bounds a saved plan: the bounds of a plan file allow no more.
const maxSaved = 4 << 20

// A Saved is a plan that was written to a file, to be looked at and applied
// later. It holds no instructions, only what the plan was made from and what
// it came to: apply makes the plan again and compares. What it shows may have been done
// since, in part or all of it.
type Saved struct {
	Path string // of the plan file, absolute

	written
}

// written is the JSON of a saved plan.
type written struct {
	Format   int          `json:"format"`         // 1
	File     string       `json:"file"`           // the plan file, seen from the folder of the saved plan, with slashes
	Sum      store.Digest `json:"sha256"`         // of the plan file
	Only     []string     `json:"only,omitempty"` // see File.Choose
	Anew     []string     `json:"anew,omitempty"`
	Standing []savedBlock `json:"standing"`
	Steps    []savedStep  `json:"steps"`
}

// A savedBlock is a block that stood.
type savedBlock struct {
	Block  string       `json:"block"` // "kind.name"
	Key    store.Digest `json:"key"`
	Output store.Digest `json:"output"`
}

// A savedStep is what the plan came to for a block.
type savedStep struct {
	Block    string       `json:"block"`
	Action   Action       `json:"action"`
	Operator string       `json:"operator,omitempty"`
	Revision int          `json:"revision,omitempty"`
	Key      store.Digest `json:"key,omitzero"`
	Made     time.Time    `json:"made,omitzero"` // of a block to be made anew: when the run began that made it before
	Read     []savedRead  `json:"read,omitempty"`

	stands bool // the block stands just so
}

// A savedRead is a snapshot of what no block makes.
type savedRead struct {
	Arg    string       `json:"arg"`
	Block  string       `json:"block,omitempty"` // the pinned release
	Digest store.Digest `json:"digest"`
}

// written returns what is saved of p, with its file seen from dir.
func (p *Plan) written(dir string) (written, error) {
	rel, err := filepath.Rel(dir, p.File.Path)
	if err != nil {
		rel = p.File.Path // on another drive
	}
	w := written{Format: savedFormat, File: filepath.ToSlash(rel), Sum: p.File.Sum, Only: p.File.Only, Anew: p.File.Anew, Standing: []savedBlock{}, Steps: []savedStep{}}
	for _, b := range p.Standing {
		w.Standing = append(w.Standing, savedBlock{stage.Ref{Kind: b.Kind, Name: b.Name}.String(), b.Key, b.Output})
	}
	for _, s := range p.Steps() {
		e := savedStep{Block: s.Ref.String(), Action: s.Action, Key: s.Key, Made: s.before, stands: s.Stands}
		if s.block != nil {
			e.Operator, e.Revision = s.block.Op.Name(), s.block.Op.Revision()
		}
		for _, snap := range s.snaps {
			r := savedRead{Arg: snap.arg, Digest: snap.digest}
			if !snap.ref.IsZero() {
				r.Block = snap.ref.String()
			}
			e.Read = append(e.Read, r)
		}
		w.Steps = append(w.Steps, e)
	}
	return w, nil
}

// Save writes the plan, as it was made, to a file.
func (p *Plan) Save(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	w, err := p.written(filepath.Dir(path))
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(&w, "", "  ")
	if err != nil {
		return err
	}
	return cannotSave(path, durable.WriteFile(path, append(b, '\n'), 0o600))
}

func cannotSave(path string, err error) error {
	if err == nil {
		return nil
	}
	return &say.Error{Where: path, What: say.T("the plan cannot be saved: %v", "无法保存计划：%v", err),
		Next: say.T("choose another place", "请换个位置"), Err: err}
}

// ReadSaved reads a saved plan. It trusts nothing in it: the plan file that it
// names is read and checked as any other.
func ReadSaved(path string) (*Saved, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = say.Errorf("there is no such file", "文件不存在")
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, unreadable(path, errors.Join(err, say.Errorf("this is not a file", "这不是普通文件")))
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSaved+1))
	if err == nil && len(b) > maxSaved {
		err = say.Errorf("the file is larger than 4 MiB", "文件大于 4 MiB")
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	w, err := parseSaved(b)
	if err != nil {
		return nil, unreadable(path, err)
	}
	s := &Saved{written: *w, Path: filepath.FromSlash(w.File)}
	if !filepath.IsAbs(s.Path) {
		s.Path = filepath.Join(filepath.Dir(path), s.Path)
	}
	return s, nil
}

func unreadable(path string, err error) error {
	return &say.Error{Where: path, What: say.T("this is not a saved plan: %v", "这不是保存的计划：%v", err),
		Next: say.T("make one with suiren plan -o NAME.plan", "请用 suiren plan -o 名字.plan 生成"), Err: errors.Join(ErrInvalid, err)}
}

// parseSaved reads the JSON of a saved plan.
func parseSaved(b []byte) (*written, error) {
	var version struct{ Format int }
	if err := json.Unmarshal(b, &version); err != nil {
		return nil, err
	}
	if version.Format != savedFormat {
		return nil, say.Errorf("its format is %d, and this program reads format 1", "格式版本是 %d，本程序只读版本 1", version.Format)
	}
	var w written
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return nil, err
	}
	if w.File == "" {
		return nil, say.Errorf("it names no plan file", "没有写明计划文件")
	}
	return &w, nil
}

// Remake makes the saved plan again, as far as it is not done yet. Its error wraps
// ErrMoved, and says what moved, unless the plan comes out as it was saved, or as what it
// shows would leave it.
func (s *Saved) Remake(ctx context.Context, v Vocabulary, st *store.Store, m stage.Machine, env Env) (*Plan, error) {
	path, src, err := readFile(s.Path)
	if err != nil {
		return nil, err
	}
	if sha256.Sum256(src) != s.Sum {
		return nil, moved(say.T("%s was edited", "%s 被修改过", filepath.Base(path)))
	}
	f, err := Load(path, v)
	if err == nil {
		f, err = f.Choose(s.Only, s.Anew)
	}
	if err != nil {
		return nil, err
	}
	for _, b := range f.Blocks {
		if b.anew {
			b.asked = s.asked(b.Ref.String())
		}
	}
	p, err := Make(ctx, f, st, m, env)
	if err != nil {
		return nil, err
	}
	now, err := p.written(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	if what := s.compare(&now); !what.IsZero() {
		return nil, moved(what)
	}
	return p, nil
}

// An asked is what a saved plan knew of a block that it is to make anew.
type asked struct {
	stood savedBlock   // zero: none did
	key   store.Digest // of its step; zero: an input was to be made
	made  time.Time    // when the run began that had made it
}

func (w *written) asked(block string) *asked {
	var a asked
	for _, b := range w.Standing {
		if b.Block == block {
			a.stood = b
		}
	}
	for _, s := range w.Steps {
		if s.Block == block {
			a.key, a.made = s.Key, s.Made
		}
	}
	return &a
}

// done reports whether a block that is made as rec tells, and of which now stands, was
// made anew since: another run made it than had, or it stands of other inputs than it did.
func (a *asked) done(rec store.Record, now store.Block) bool {
	if rec.Key == a.key || a.key.IsZero() && rec.Key == a.stood.Key {
		return !rec.Began.Equal(a.made)
	}
	return now.Key == rec.Key && now.Output == rec.Output
}

// compare says how the plan that comes out now differs from the one that was saved by more
// than that steps of it are done. Only the first reason of each block is said.
func (w *written) compare(now *written) say.Text {
	var list []say.Text
	said := map[string]bool{}
	differs := func(block, en, zh string) {
		if !said[block] {
			said[block] = true
			list = append(list, say.T(en, zh, clip(block)))
		}
	}
	if w.Sum != now.Sum {
		list = append(list, say.T("the plan file was edited", "计划文件被修改过"))
	}
	was, is := stepsByBlock(w.Steps), stepsByBlock(now.Steps)
	if !slices.Equal(w.Standing, now.Standing) {
		stood, stands := standingByBlock(w.Standing), standingByBlock(now.Standing)
		for _, b := range now.Standing {
			old := stood[b.Block]
			if s, ok := was[b.Block]; old != b && !(ok && s.leaves(old, is[b.Block])) {
				differs(b.Block, "something else stands as %s", "%s 的现有产物已不同")
			}
		}
		for _, b := range w.Standing {
			if _, ok := stands[b.Block]; !ok && was[b.Block].Action != Remove {
				differs(b.Block, "%s stands no more", "%s 不再存在")
			}
		}
	}
	for _, s := range now.Steps {
		old, ok := was[s.Block]
		toDo := old.Action == Add || old.Action == Change
		switch {
		case !ok:
			differs(s.Block, "%s was not in it", "其中原本没有 %s")
		case old.Operator != s.Operator || old.Revision != s.Revision:
			differs(s.Block, "this program makes %s differently", "本程序制作 %s 的做法不同了")
		case !slices.Equal(old.Read, s.Read):
			differs(s.Block, "the files or answers that %s reads", "%s 所读的文件或对话记录")
		case old.Key != s.Key && !(toDo && old.Key.IsZero()): // what it is made from is made now
			differs(s.Block, "what %s is made from", "%s 的输入")
		case old.Action != s.Action && !(toDo && s.Action == Keep):
			differs(s.Block, "what is to be done about %s", "对 %s 要做的事")
		}
	}
	for _, name := range sortedKeys(was) {
		if _, ok := is[name]; !ok && was[name].Action != Remove {
			differs(name, "%s is no longer in it", "其中不再有 %s")
		}
	}
	if n := len(list) - maxReasons; n > 0 {
		list = append(list[:maxReasons], say.T("and %d more", "另有 %d 项", n))
	}
	return joinTexts(list, "; ", "；")
}

// leaves reports whether the step would leave a block, of which old stood, as now has it.
func (s *savedStep) leaves(old savedBlock, now savedStep) bool {
	switch s.Action {
	case Add, Change:
		return now.stands
	case Keep: // what was made before, and did not stand
		return now.stands && (old.Block == "" || old.Key != s.Key)
	}
	return false
}

func stepsByBlock(list []savedStep) map[string]savedStep {
	m := make(map[string]savedStep, len(list))
	for _, s := range list {
		m[s.Block] = s
	}
	return m
}

func standingByBlock(list []savedBlock) map[string]savedBlock {
	m := make(map[string]savedBlock, len(list))
	for _, b := range list {
		m[b.Block] = b
	}
	return m
}
