package data

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/stage"
)

// WrittenFile is the file of the part report of examples that a teacher wrote
// that tells of each try.
const WrittenFile = "written.jsonl.zst"

const (
	shardTries = 64 // what one interruption costs
	writing    = 16 // tries at a time
)

type writtenReport struct {
	Format   int            `json:"format"` // 1
	Kind     string         `json:"kind"`
	Teacher  string         `json:"teacher"`
	Of       int            `json:"of"` // passages or problems
	Tries    int            `json:"tries"`
	Kept     int            `json:"kept"`
	Reasons  map[string]int `json:"reasons,omitempty"` // of leaving out
	Examples map[string]int `json:"examples"`          // by part
}

// Run implements stage.Operator.
func (w *Written) Run(ctx context.Context, job *stage.Job) error {
	if job.Work == "" {
		job.Work = filepath.Join(job.Out, ".work")
		if err := os.MkdirAll(job.Work, 0o700); err != nil {
			return err
		}
		defer os.RemoveAll(job.Work)
	}
	p := &pen{Written: w}
	n, try, err := p.subject(ctx, job)
	if err != nil {
		return err
	}
	if p.index != nil {
		defer p.index.Close()
	}
	for _, in := range job.Inputs {
		if in.Arg == "teacher" {
			p.digest = in.Digest.String()
			if p.teacher, err = w.Open.Teacher(job, in); err != nil {
				return err
			}
			defer p.teacher.Close()
			if e := w.mute(!p.teacher.Thinks()); e != nil {
				return e
			}
		}
	}
	for shard := 0; shard*shardTries < n; shard++ {
		lo, hi := shard*shardTries, min((shard+1)*shardTries, n)
		job.Emit(stage.Event{Type: "progress", Done: float64(lo), Total: float64(n), Unit: "tries"})
		name := shardName(job.Work, shard)
		if _, err := os.Stat(name); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := writeTries(ctx, name, lo, hi, try); err != nil {
			return err
		}
	}
	return w.sort(ctx, job, p, n)
}

func shardName(work string, i int) string {
	return filepath.Join(work, fmt.Sprintf("written-%06d.jsonl", i))
}

// subject finds what is written about: how many tries there are, and each of them.
func (p *pen) subject(ctx context.Context, job *stage.Job) (int, func(context.Context, int) (Try, error), error) {
	pick := func(n, all int) (int, func(int) int) { // evenly among all
		if n == 0 || n > all {
			n = all
		}
		return n, func(i int) int { return int(int64(i) * int64(all) / int64(n)) }
	}
	if dir := job.Dir("problems"); dir != "" {
		problems, err := stage.ReadProblems(filepath.Join(dir, problemsFile))
		if bad, ok := errors.AsType[*say.Error](err); ok { // the owner knows the block, not its folder
			named := *bad
			named.Where = "problems"
			err = &named
		}
		if err != nil {
			return 0, nil, err
		}
		n, at := pick(p.Count, len(problems))
		return n, func(ctx context.Context, i int) (Try, error) { return p.problem(ctx, &problems[at(i)]) }, nil
	}
	dir := filepath.Join(job.Work, "index")
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		tmp := dir + ".part"
		if err := errors.Join(os.RemoveAll(tmp), os.MkdirAll(tmp, 0o700)); err != nil {
			return 0, nil, err
		}
		if err := knowledge.Build(tmp, knowledgeDocuments(ctx, documentsFile(job.Dir("from"))), knowledge.Options{}); err != nil {
			return 0, nil, err
		}
		if err := os.Rename(tmp, dir); err != nil {
			return 0, nil, err
		}
	}
	var err error
	if p.index, err = knowledge.Open(dir); err != nil {
		return 0, nil, err
	}
	n, at := pick(p.Count, p.index.Len())
	each := p.each()
	if p.Kind == WrittenPairs {
		each = 1 // its answers are of one question
	}
	return n * each, func(ctx context.Context, i int) (Try, error) { return p.passage(ctx, at(i/each), i%each) }, nil
}

// writeTries makes tries, many at a time, and renames the file into its place
// when it is whole.
func writeTries(ctx context.Context, name string, lo, hi int, try func(context.Context, int) (Try, error)) error {
	tries, errs := make([]Try, hi-lo), make([]error, hi-lo)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var team sync.WaitGroup
	room := make(chan struct{}, writing)
	for i := range tries {
		room <- struct{}{}
		team.Go(func() {
			defer func() { <-room }()
			if tries[i], errs[i] = try(ctx, lo+i); errs[i] != nil {
				cancel()
			}
		})
	}
	team.Wait()
	for _, err := range errs { // what was cancelled says nothing
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	f, err := os.Create(name + ".part")
	if err != nil {
		return err
	}
	b := bufio.NewWriter(f)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for i := range tries {
		if err := e.Encode(&tries[i]); err != nil {
			f.Close()
			return err
		}
	}
	if err := errors.Join(b.Flush(), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(name+".part", name)
}

// sort puts what was kept into its parts, and writes the report.
func (w *Written) sort(ctx context.Context, job *stage.Job, p *pen, n int) error {
	r := writtenReport{Format: 1, Kind: w.Kind, Teacher: p.digest, Tries: n, Reasons: map[string]int{}, Examples: map[string]int{}}
	parts := map[string]*stage.ExampleWriter{}
	for _, part := range []string{trainPart, watchPart, heldoutPart, reportPart} {
		if err := os.Mkdir(filepath.Join(job.Out, part), 0o777); err != nil {
			return err
		}
		if part == reportPart {
			continue
		}
		x, err := stage.CreateExamples(filepath.Join(job.Out, part, stage.ExamplesFile))
		if err != nil {
			return err
		}
		defer x.Close()
		parts[part] = x
	}
	journal, err := os.Create(filepath.Join(job.Out, reportPart, WrittenFile))
	if err != nil {
		return err
	}
	defer journal.Close()
	z, err := zstd.NewWriter(journal, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	defer z.Close()
	tell := json.NewEncoder(z)
	tell.SetEscapeHTML(false)
	var labelled strings.Builder
	keys, of, by := map[string]bool{}, map[string]bool{}, w.parts()
	for shard := 0; shard*shardTries < n; shard++ {
		err := readLines(shardName(job.Work, shard), func(t Try) error {
			of[t.Passage+t.Problem] = true
			if t.Made != nil && keys[t.Key] {
				t.Reason = leftTwice
			} else if t.Made != nil {
				keys[t.Key], t.Kept = true, true
				t.Part = by.part(t.Key)
				if t.Document != "" {
					t.Part = by.part(t.Document)
				}
				e := *t.Made
				e.From, e.Key = w.Kind+" "+t.ID, t.Key
				r.Kept++
				r.Examples[t.Part]++
				if err := parts[t.Part].Write(&e); err != nil {
					return err
				}
				if t.Part == heldoutPart && w.Kind == WrittenQuestions && !strings.ContainsAny(t.Document, " \t") {
					fmt.Fprintf(&labelled, "%s\t%s\n", t.Document, e.Messages[0].Content)
				}
			}
			if t.Reason != "" {
				r.Reasons[t.Reason]++
			}
			t.Made = nil
			return errors.Join(tell.Encode(&t), ctx.Err())
		})
		if err != nil {
			return err
		}
	}
	r.Of = len(of)
	for _, x := range parts {
		if err := x.Close(); err != nil {
			return err
		}
	}
	if err := errors.Join(z.Close(), journal.Close()); err != nil {
		return err
	}
	if w.Kind == WrittenQuestions {
		if err := os.WriteFile(filepath.Join(job.Out, heldoutPart, "questions.tsv"), []byte(labelled.String()), 0o666); err != nil {
			return err
		}
	}
	vals := map[string]float64{"tries": float64(n), "kept": float64(r.Kept)}
	for reason, n := range r.Reasons {
		vals[reason] = float64(n)
	}
	job.Emit(stage.Event{Type: "count", Vals: vals})
	text := r.said()
	job.Emit(stage.Event{Type: "note", Text: &text})
	if r.Examples[trainPart] == 0 {
		return w.nothing(&r)
	}
	return stage.WriteJSON(filepath.Join(job.Out, reportPart, "report.json"), &r)
}

// said is what became of the tries.
func (r *writtenReport) said() say.Text {
	text := say.T("of %d tries %d are kept, %d of them to learn from", "写了 %d 次，留下 %d 条，其中 %d 条供学习", r.Tries, r.Kept, r.Examples[trainPart])
	reasons := slices.SortedFunc(maps.Keys(r.Reasons), func(a, b string) int { return cmp.Or(r.Reasons[b]-r.Reasons[a], strings.Compare(a, b)) })
	for i, reason := range reasons {
		if i == 0 {
			text = say.T("%v; left out: %v %d", "%v；去掉：%v %d", text, leftTexts[reason], r.Reasons[reason])
			continue
		}
		text = say.T("%v, %v %d", "%v，%v %d", text, leftTexts[reason], r.Reasons[reason])
	}
	return text
}

// nothing says why there is nothing to learn from.
func (w *Written) nothing(r *writtenReport) error {
	most := ""
	for reason, n := range r.Reasons {
		if most == "" || n > r.Reasons[most] || n == r.Reasons[most] && reason < most {
			most = reason
		}
	}
	why, next := leftTexts[most], say.T("take a teacher that follows instructions, or give more passages, or a lower heldout", "请换用能听从指令的教师，或提供更多段落，或减小 heldout")
	switch most {
	case "":
		why = say.T("none", "无")
	case leftLong:
		next = say.T("take a teacher with a longer context, or give shorter passages (documents in short sections, each with a heading) or shorter problems", "请换用上下文更长的教师，或提供更短的段落（把文档分成带标题的短节）或更短的题目")
	case leftTie:
		next = say.T("raise each or temperature, let the teacher think where it learnt to, or take problems that it answers now right and now wrong", "请调大 each 或 temperature；教师若学过思考，请用 think 让它思考；或换用它时对时错的题目")
	}
	return &say.Error{Where: "teacher", What: say.T("of %d tries, %d passed the checks and none is left to learn from; most failed by: %v", "%d 次尝试中有 %d 次通过检查，没有可供学习的样例；最多的原因：%v", r.Tries, r.Kept, why), Next: next}
}

// readWritten calls f with each try of examples that a teacher wrote, given
// their folder.
func readWritten(dir string, f func(*Try) error) error {
	return unpackLines(filepath.Join(dir, reportPart, WrittenFile), maxLine, f)
}

// FindWritten returns the tries with an id, or of a passage, a problem or a
// document; at most 100.
func FindWritten(dir, id string) (list []Try, err error) {
	err = readWritten(dir, func(t *Try) error {
		if id == t.ID || id == t.Passage || id == t.Problem || id == t.Document || id == t.Key {
			list = append(list, *t)
		}
		if len(list) == 100 {
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return list, err
}
