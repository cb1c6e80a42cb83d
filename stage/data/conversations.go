package data

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/stage"
	"suiren/stage/data/intake"
	"suiren/stage/wording"
	"suiren/store"
)

// Conversations is the operator that reads the owner's examples: chats,
// preference pairs, labelled answers, or problems with verifiers. One block
// holds one of these. Parts:
//
//	train, watch, heldout  examples.jsonl; of problems also problems.jsonl
//	report                 report.json: what was read, dropped and kept
//
// Which part an example goes to depends on its canonical key alone: the letters
// and digits of its first user message; of problems, on less of it (wording.Group).
// So no question is both learnt from and held out, however its case, spaces and
// punctuation differ; nor is a problem with its numbers in another order.
type Conversations struct {
	Path    string   `plan:"path"`          // a pattern of files below the folder of the plan
	Form    string   `plan:"form,optional"` // messages, alpaca, sharegpt, prompt; none: found in the data
	Heldout *float64 `plan:"heldout,optional" min:"0" max:"0.5"`
}

// Name, Revision and Out implement stage.Operator.
func (*Conversations) Name() string    { return "conversations" }
func (*Conversations) Revision() int   { return 10 } // a system message that says nothing is none
func (*Conversations) Out() store.Kind { return store.Examples }

// Files implements stage.FileReader.
func (c *Conversations) Files() []string { return []string{c.Path} }

// Check implements stage.Checker.
func (c *Conversations) Check() []*say.Error {
	if c.Form == "" || slices.Contains(intake.Forms, intake.Form(c.Form)) {
		return nil
	}
	var names []string
	for _, f := range intake.Forms {
		names = append(names, string(f))
	}
	return []*say.Error{{Where: "form", What: say.T("there is no form %q", "没有名为 %q 的格式", c.Form), Next: say.T("choose among %s, or leave it out", "可选：%s；也可省略", names)}}
}

// share is the share of the keys that is held out; as many again are watched.
func (c *Conversations) share() float64 {
	if c.Heldout == nil {
		return 0.05
	}
	return *c.Heldout
}

// Reserves implements stage.Reserver.
func (c *Conversations) Reserves() bool { return c.share() == maxHeldout }

// Settled implements stage.Settler.
func (c *Conversations) Settled() map[string]any { return map[string]any{"heldout": c.share()} }

// Bounds of what one block may read.
const (
	maxExamples   = 10_000_000
	maxHeldout    = 0.5 // half is held out, half watched
	maxFamilies   = 64  // of problems: each is drawn, watched and scored by itself
	ownersProblem = "own"
)

// keyOf is the canonical key of an example: a hash of the letters and digits
// of its first user message, in NFKC and lower case.
func keyOf(e *stage.Example) string { return wording.Key(question(e)) }

// placeOf is that of an example with a canonical key by which its part is chosen.
func (a *admission) placeOf(e *stage.Example, key string) string {
	if a.use == stage.UseProblems {
		return wording.Group(question(e))
	}
	return key
}

// part says where examples of a place belong.
func (c *Conversations) part(key string) string {
	h := sha256.Sum256([]byte("part of " + key))
	at := float64(binary.BigEndian.Uint32(h[:4])) / (1 << 32)
	switch share := c.share(); {
	case at < share:
		return heldoutPart
	case at < 2*share:
		return watchPart
	}
	return trainPart
}

type conversationsReport struct {
	Format    int            `json:"format"` // 1
	Use       stage.Use      `json:"use"`
	Files     map[string]int `json:"files"`    // examples read, by file
	Examples  map[string]int `json:"examples"` // by part
	Keys      map[string]int `json:"keys"`     // by part, different ones
	Twice     int            `json:"exact_duplicate"`
	Reworded  int            `json:"reworded,omitempty"` // left out: another part has a problem of this wording
	Messages  map[string]int `json:"messages"`           // by role
	Thoughts  int            `json:"thoughts"`
	Calls     int            `json:"tool_calls"`
	Labels    map[string]int `json:"labels,omitempty"`
	Languages map[string]int `json:"languages"`

	// What contradicts itself, and is kept as it is.
	Uncalled int `json:"results_without_call,omitempty"`    // of tools, behind an answer that called none
	Untold   int `json:"calls_without_result,omitempty"`    // beside others of their message that have one
	Twins    int `json:"tools_twice,omitempty"`             // of one name in an example
	Ends     int `json:"thought_ends_in_answers,omitempty"` // of thoughts that do not begin
	Unknown  int `json:"calls_of_other_tools,omitempty"`    // that the example does not offer
	Both     int `json:"labelled_both,omitempty"`           // answers that are labelled true and false
	Opposite int `json:"preferred_both,omitempty"`          // pairs of which another prefers the other answer
	Wrong    int `json:"answered_wrong,omitempty"`          // problems whose own answer their verifier calls wrong; programs are not asked
}

// A sorter puts examples into their parts.
type sorter struct {
	*Conversations
	admission
	parts    map[string]*stage.ExampleWriter
	problems map[string][]stage.Problem
	keys     map[string]map[string]bool
	labelled map[[16]byte]bool   // the label of each labelled answer
	paired   map[[16]byte]bool   // pairs
	asked    map[[16]byte]asked  // problems, by what they ask
	apart    int                 // of them want another answer
	places   []string            // of the first of those
	marked   int                 // examples with marks of a template as text
	rendered bool                // a message of theirs stands between two
	odd      map[*int]string     // where what the report counts stands first
	worded   map[[16]byte]string // of problems whose keys are given: the part of a wording
	drawn    bool                // from a grammar: nobody brought what was drawn twice
	report   conversationsReport
}

// Run implements stage.Operator.
func (c *Conversations) Run(ctx context.Context, job *stage.Job) error {
	s, err := c.sorter(job)
	if err != nil {
		return err
	}
	defer s.stop()
	dir := job.Dir("files")
	paths, err := filesBelow(dir)
	if err != nil {
		return err
	}
	for i, p := range paths {
		job.Emit(stage.Event{Type: "progress", Done: float64(i), Total: float64(len(paths)), Unit: "files"})
		if err := s.file(ctx, dir, p); err != nil {
			return err
		}
	}
	if err := s.faults.Err(); err != nil {
		return err
	}
	return s.close(job)
}

// sorter opens the parts.
func (c *Conversations) sorter(job *stage.Job) (*sorter, error) {
	s := &sorter{Conversations: c, parts: map[string]*stage.ExampleWriter{}, problems: map[string][]stage.Problem{}, keys: map[string]map[string]bool{}, labelled: map[[16]byte]bool{}, paired: map[[16]byte]bool{}, asked: map[[16]byte]asked{}, odd: map[*int]string{}, worded: map[[16]byte]string{}}
	s.report = conversationsReport{Format: 1, Files: map[string]int{}, Examples: map[string]int{}, Keys: map[string]int{}, Messages: map[string]int{}, Languages: map[string]int{}}
	for _, part := range []string{trainPart, watchPart, heldoutPart} {
		dir := filepath.Join(job.Out, part)
		if err := os.Mkdir(dir, 0o777); err != nil {
			return nil, err
		}
		w, err := stage.CreateExamples(filepath.Join(dir, stage.ExamplesFile))
		if err != nil {
			return nil, errors.Join(err, s.stop())
		}
		s.parts[part], s.keys[part] = w, map[string]bool{}
	}
	return s, nil
}

// stop closes the parts as they are.
func (s *sorter) stop() (err error) {
	for _, w := range s.parts {
		err = errors.Join(err, w.Close())
	}
	return err
}

// filesBelow returns the files below dir in the order of their paths.
func filesBelow(dir string) (paths []string, err error) {
	err = filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			p, err = filepath.Rel(dir, p)
			paths = append(paths, filepath.ToSlash(p))
		}
		return err
	})
	slices.Sort(paths)
	return paths, err
}

// file reads one file.
func (s *sorter) file(ctx context.Context, dir, p string) error {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(p)))
	if err != nil {
		return err
	}
	defer f.Close()
	for e, err := range intake.Read(ctx, f, p, intake.Form(s.Form)) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		taken, err := s.read(&e, err)
		if err != nil {
			return err
		}
		if !taken {
			continue
		}
		s.report.Files[p]++
		twice := s.report.Twice
		if err := s.add(&e); err != nil {
			return err
		}
		if s.report.Twice == twice {
			if err := s.oddities(ctx, &e); err != nil {
				return err
			}
		}
	}
	return nil
}

// add writes an example that was admitted into its part, once. Its key may be there.
func (s *sorter) add(e *stage.Example) error {
	s.report.Use = s.use
	place := e.Key // of a dialogue: what was drawn
	if e.Key == "" {
		e.Key = keyOf(e)
		place = s.placeOf(e, e.Key)
	}
	if twice, err := s.twice(e); err != nil {
		return err
	} else if twice {
		s.report.Twice++
		return nil
	}
	part := s.part(place)
	if s.use == stage.UseProblems && place == e.Key && s.elsewhere(e, part) {
		s.report.Reworded++
		return nil
	}
	s.keys[part][e.Key] = true
	s.report.Examples[part]++
	s.count(e)
	if s.use == stage.UseProblems {
		s.problems[part] = append(s.problems[part], problemOf(e))
	}
	return s.parts[part].Write(e)
}

// kept counts the examples that were written.
func (s *sorter) kept() int { return s.total - s.report.Twice - s.report.Reworded }

// elsewhere reports whether another part has a problem like e, which is to go to
// part: keys that the makers of problems give do not tell what another draw says
// in the same words.
func (s *sorter) elsewhere(e *stage.Example, part string) bool {
	p := problemOf(e)
	for _, words := range []string{wording.Of(&p), wording.Said(&p)} {
		h := sha256.Sum256([]byte(words))
		sum := [16]byte(h[:16])
		if other, ok := s.worded[sum]; ok && other != part {
			return true
		}
		s.worded[sum] = part
	}
	return false
}

// count notes what an example holds.
func (s *sorter) count(e *stage.Example) {
	r := &s.report
	if e.Label != nil {
		if r.Labels == nil {
			r.Labels = map[string]int{}
		}
		if *e.Label {
			r.Labels["true"]++
		} else {
			r.Labels["false"]++
		}
	}
	for _, list := range [][]stage.Message{e.Messages, e.Prompt, e.Chosen, e.Rejected} {
		for i := range list {
			m := &list[i]
			r.Messages[m.Role]++
			r.Calls += len(m.Calls)
			if m.Thought != "" {
				r.Thoughts++
			}
		}
	}
	r.Languages[knowledge.Lang(question(e))]++
}

// question is the first user message of an example.
func question(e *stage.Example) string {
	for _, m := range slices.Concat(e.Prompt, e.Messages) {
		if m.Role == "user" {
			return m.Content
		}
	}
	return ""
}

// familyOf is the family of an example that is a problem.
func familyOf(e *stage.Example) string { return cmp.Or(e.Family, ownersProblem) }

// problemOf is a problem as reinforcement and verdicts read it. Its prompt is
// the user's last message; what comes before it is its context, and the
// assistant's message behind it the answer to learn.
func problemOf(e *stage.Example) stage.Problem {
	p := stage.Problem{ID: e.Key, Key: e.Key, Family: familyOf(e), Lang: knowledge.Lang(question(e)), Level: cmp.Or(e.Level, 1), Tools: e.Tools, Verify: e.Verify}
	last := len(e.Messages) - 1
	if m := &e.Messages[last]; m.Role == "assistant" {
		p.Think, p.Answer = m.Thought, m.Content
		last--
	}
	p.Context, p.Prompt = e.Messages[:last:last], e.Messages[last].Content
	return p
}

// close ends the parts and writes the report.
func (s *sorter) close(job *stage.Job) error {
	for part, w := range s.parts {
		if err := w.Close(); err != nil {
			return err
		}
		s.report.Keys[part] = len(s.keys[part])
		if s.report.Use != stage.UseProblems {
			continue
		}
		f, err := os.Create(filepath.Join(job.Out, part, problemsFile))
		if err != nil {
			return err
		}
		if err := errors.Join(stage.WriteProblems(f, s.problems[part]), f.Close()); err != nil {
			return err
		}
	}
	dir := filepath.Join(job.Out, reportPart)
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	r, read := &s.report, s.total
	if s.drawn {
		read = s.kept()
	}
	job.Emit(stage.Event{Type: "count", Vals: map[string]float64{
		"examples": float64(read), "exact_duplicate": float64(r.Twice), "kept": float64(r.Examples[trainPart]),
		"held_out": float64(r.Examples[heldoutPart]), "watched": float64(r.Examples[watchPart]),
	}})
	s.tell(job)
	fell := spread{s.share(), read, r.Keys[trainPart] + r.Keys[watchPart] + r.Keys[heldoutPart], r.Examples, s.drawn}
	if bad := fell.left(s.Path); bad != nil {
		return bad
	}
	if text := fell.remark(); !text.IsZero() {
		job.Emit(stage.Event{Type: "note", Text: &text})
	}
	if left := r.left(); !left.IsZero() && !s.drawn {
		text := say.T("left out: %v", "略去：%v", left)
		job.Emit(stage.Event{Type: "note", Text: &text})
	}
	return stage.WriteJSON(filepath.Join(dir, "report.json"), r)
}

// left says how many examples were left out, as they were there before; nothing if none.
func (r *conversationsReport) left() say.Text {
	if r.Twice == 0 {
		return say.Text{}
	}
	all := r.Twice
	for _, n := range r.Examples {
		all += n
	}
	return say.T("%d of %d examples, exact copies of others", "%[2]d 条样例中的 %[1]d 条，与其他样例完全相同", r.Twice, all)
}

// LeftOf says what Conversations left out of the artifact in dir; nothing if it
// left out none.
func LeftOf(dir string) (say.Text, error) {
	text, err := stage.ReadFile(filepath.Join(dir, reportPart, "report.json"), maxReport)
	if err != nil {
		return say.Text{}, err
	}
	var r conversationsReport
	err = json.Unmarshal(text, &r)
	return r.left(), err
}

// maxReport bounds a report.json that is read: maxAside parts, with their reasons.
const maxReport = 64 << 20
