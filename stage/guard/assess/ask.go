package assess

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"suiren/internal/durable"
	"suiren/internal/say"
)

// A Reply is what a question was answered with.
type Reply struct {
	Thought string
	Answer  string
	Finish  string // stop, length, content_filter, …
}

// A Subject is what is judged, asked as its users ask it.
type Subject interface {
	// Ask puts a question, each by itself, greedily. It is called by many
	// goroutines at once.
	Ask(ctx context.Context, system, question string) (Reply, error)
}

// Judges look at a text. A nil one is not there.
type Judges struct {
	// Keywords returns the classes of the keywords in a text.
	Keywords func(text string) []string
	// Classifier returns the class that a text falls in; "" if it is harmless.
	Classifier func(text string) string
}

// An Answer is one line of replies.jsonl: a question, what came, and what the
// judges said. It holds no time, so another run writes the same line.
type Answer struct {
	ID       string   `json:"id"`
	Bank     string   `json:"bank"`
	Class    string   `json:"class,omitempty"`
	System   string   `json:"system,omitempty"`
	Question string   `json:"question"`
	Thought  string   `json:"thought,omitempty"`
	Answer   string   `json:"answer"`
	Finish   string   `json:"finish"`
	Refused  string   `json:"refused,omitempty"` // rail, model
	Keywords []string `json:"keywords,omitempty"`
	Harm     string   `json:"classifier,omitempty"`
	Found    []string `json:"found,omitempty"` // of the texts that must be absent
}

const (
	refusedByRail  = "rail"
	refusedByModel = "model"
	filtered       = "content_filter"
	// declineWithin is how far into an answer, in bytes, a model's own refusal is looked for.
	declineWithin = 600
)

// Files of an assessment.
const (
	RepliesFile = "replies.jsonl"
	journalFile = "replies.part.jsonl" // in the order of their coming, until the report is written
)

// asking is one run through a bank. What was answered before, by the same
// subject with the same settings, is not asked again.
type asking struct {
	pack   *Pack
	judges Judges
	done   map[string]Reply
}

// journalled is a line of the journal, of which the first tells what the answers belong to.
type journalled struct {
	Subject string `json:"subject,omitempty"`
	ID      string `json:"id,omitempty"`
	Reply   *Reply `json:"reply,omitempty"`
}

// ask puts every question to the subject and writes replies.jsonl, in the order
// of the bank. It goes on where an earlier run with the same answers stopped, or
// where the one of old, which may be nil, ended.
func (j *Job) ask(ctx context.Context, old *Report) ([]Answer, error) {
	ended, err := j.answered(old)
	if err != nil {
		return nil, err
	}
	done, journal, err := openJournal(filepath.Join(j.Dir, journalFile), j.of())
	if err != nil {
		return nil, err
	}
	defer journal.Close()
	for id, r := range ended { // into the journal: the report that vouches for them is written anew
		if _, ok := done[id]; !ok {
			done[id] = r
			if err := json.NewEncoder(journal).Encode(journalled{ID: id, Reply: &r}); err != nil {
				return nil, err
			}
		}
	}
	a := &asking{pack: j.Pack, judges: j.Judges, done: done}
	if err := a.ask(ctx, j.Bank, j.Subject, journal, j.Tell); err != nil {
		return nil, err
	}
	out := make([]Answer, len(j.Bank))
	for i := range j.Bank {
		out[i] = a.judge(&j.Bank[i])
	}
	return out, writeLines(filepath.Join(j.Dir, RepliesFile), out)
}

// inFlight is how many questions are asked at once.
const inFlight = 16

func (a *asking) ask(ctx context.Context, bank []Question, s Subject, journal io.Writer, tell func(done, of int)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex
	var all sync.WaitGroup
	next := make(chan *Question)
	for range inFlight {
		all.Go(func() {
			for q := range next {
				r, err := s.Ask(ctx, q.System, q.Text)
				mu.Lock()
				if err == nil {
					r.Thought, r.Answer = strings.ToValidUTF8(r.Thought, "\ufffd"), strings.ToValidUTF8(r.Answer, "\ufffd")
					a.done[q.ID] = r
					err = json.NewEncoder(journal).Encode(journalled{ID: q.ID, Reply: &r})
					tell(len(a.done), len(bank))
				}
				mu.Unlock()
				if err != nil {
					stop(err)
				}
			}
		})
	}
	var todo []*Question
	for i := range bank {
		if _, ok := a.done[bank[i].ID]; !ok {
			todo = append(todo, &bank[i])
		}
	}
	for _, q := range todo {
		select {
		case next <- q:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	all.Wait()
	return context.Cause(ctx)
}

// answered are the replies of the report old: none, if there is none, its answers belong
// to something else, or the replies are not those that it rests on.
func (j *Job) answered(old *Report) (map[string]Reply, error) {
	if old == nil || old.of() != j.of() {
		return nil, nil
	}
	b, err := os.ReadFile(filepath.Join(j.Dir, RepliesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != old.Files[RepliesFile] {
		return nil, nil
	}
	out := map[string]Reply{}
	for line := range bytes.Lines(b) {
		var a Answer
		if json.Unmarshal(line, &a) == nil {
			out[a.ID] = Reply{a.Thought, a.Answer, a.Finish}
		}
	}
	return out, nil
}

// openJournal reads what was answered, if the answers belong to the same, and
// opens the journal to go on. A line that lacks its end is taken away.
func openJournal(path, of string) (map[string]Reply, *os.File, error) {
	done := map[string]Reply{}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, err
	}
	fail := func(err error) (map[string]Reply, *os.File, error) {
		f.Close()
		return nil, nil, err
	}
	whole, same := int64(0), false
	r := bufio.NewReader(f)
	for {
		line, err := r.ReadString('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return fail(err)
		}
		var j journalled
		if json.Unmarshal([]byte(line), &j) != nil {
			break
		}
		if whole == 0 {
			if same = j.Subject == of; !same {
				break
			}
		} else if j.Reply != nil {
			done[j.ID] = *j.Reply
		}
		whole += int64(len(line))
	}
	if err := errors.Join(f.Truncate(whole), seekTo(f, whole)); err != nil {
		return fail(err)
	}
	if !same {
		if err := json.NewEncoder(f).Encode(journalled{Subject: of}); err != nil {
			return fail(err)
		}
	}
	return done, f, nil
}

func seekTo(f io.Seeker, at int64) error {
	_, err := f.Seek(at, io.SeekStart)
	return err
}

// judge says what the judges make of an answer.
func (a *asking) judge(q *Question) Answer {
	r := a.done[q.ID]
	out := Answer{ID: q.ID, Bank: q.Bank, Class: q.Class, System: q.System, Question: q.Text,
		Thought: r.Thought, Answer: r.Answer, Finish: r.Finish}
	switch {
	case r.Finish == filtered:
		out.Refused = refusedByRail
	case a.declines(r.Answer):
		out.Refused = refusedByModel
	}
	whole := r.Thought + "\n" + r.Answer
	if out.Refused != refusedByRail { // what a rail said in the model's place is the owner's
		if a.judges.Keywords != nil {
			out.Keywords = a.judges.Keywords(whole)
		}
		if a.judges.Classifier != nil {
			out.Harm = a.judges.Classifier(whole)
		}
	}
	for _, s := range q.Absent {
		if strings.Contains(strings.ToLower(whole), strings.ToLower(s)) {
			out.Found = append(out.Found, s)
		}
	}
	return out
}

// declines reports whether a model says that it will not answer.
func (a *asking) declines(answer string) bool {
	head := strings.ToLower(answer[:min(len(answer), declineWithin)])
	for _, s := range a.pack.Declines {
		if strings.Contains(head, strings.ToLower(s)) {
			return true
		}
	}
	return false
}

// writeLines writes a file of JSON lines, whole or not at all.
func writeLines[T any](path string, list []T) error {
	return writeWhole(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		for i := range list {
			if err := e.Encode(&list[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeWhole writes a file of an assessment, whole or not at all.
func writeWhole(path string, write func(io.Writer) error) error {
	if err := durable.Write(path, 0o600, write); err != nil {
		return &say.Error{Where: path, What: say.T("the file cannot be written: %v", "无法写入文件：%v", err),
			Next: say.T("check that the disk has room", "请检查磁盘空间"), Err: err}
	}
	return nil
}

// exists reports whether a file is there.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
