package operate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"suiren/internal/say"
)

// ErrNoAnswer is returned by Rate for an id that no trace has.
var ErrNoAnswer = errors.New("no such answer")

// A Trace is one answered request: all that is needed to give the answer
// again, and to learn from it.
type Trace struct {
	ID       string          `json:"id"`
	Time     time.Time       `json:"time"`
	Caller   string          `json:"caller,omitempty"`
	Messages []Message       `json:"messages"` // as they passed the input rails
	Thought  string          `json:"thought,omitempty"`
	Answer   string          `json:"answer"`
	Sources  json.RawMessage `json:"sources,omitempty"`
	Params   json.RawMessage `json:"params,omitempty"` // max_tokens, temperature, …
	Seed     uint64          `json:"seed"`
	Reason   string          `json:"reason"`         // stop, length, content_filter, cancelled, error
	Salt     string          `json:"salt,omitempty"` // of what the audit log keeps of a refusal: see Audit.Append, Trace.Content
}

// Content is what the audit log keeps the digest of when a rule refuses: the
// messages, and as much of the answer as had left.
func (t *Trace) Content() string {
	var b strings.Builder
	for _, m := range t.Messages {
		b.WriteString(m.Text + "\n")
	}
	return b.String() + t.Answer
}

// A Message is one turn of a conversation.
type Message struct {
	Role string `json:"role"`
	Text string `json:"text"`
}

// A rating is what a reader thought of an answer. The last one counts.
type rating struct {
	Rates  string    `json:"rates"` // id of the trace
	Time   time.Time `json:"time"`
	Good   bool      `json:"good"`
	Reason string    `json:"why,omitempty"`
}

// A Rated is a trace with a rating, as a documents block reads it: a line of
// the traces.jsonl it is given.
type Rated struct {
	ID       string    `json:"id"`
	Question string    `json:"question"` // the last message of the user
	Answer   string    `json:"answer"`
	Rating   int       `json:"rating"` // 1 good, -1 bad
	Time     time.Time `json:"time"`   // of the answer
}

// Traces is the file of one release's traces and their ratings. It may be
// used by many goroutines, and by more than one process.
type Traces struct {
	Now func() time.Time // of ratings; set by OpenTraces to time.Now

	mu     sync.Mutex
	j      *journal
	recent recent
}

// recentTraces is how many of the last ids are kept in memory: most ratings
// come soon. For older ones the file is read.
const recentTraces = 4096

// A recent is the last ids.
type recent struct {
	ids  map[string]struct{}
	list []string // a ring
	next int
}

func (r *recent) has(id string) bool {
	_, ok := r.ids[id]
	return ok
}

func (r *recent) add(id string) {
	if r.has(id) {
		return
	}
	if len(r.list) < recentTraces {
		r.list = append(r.list, id)
	} else {
		delete(r.ids, r.list[r.next])
		r.list[r.next] = id
	}
	r.ids[id] = struct{}{}
	r.next = (r.next + 1) % recentTraces
}

// OpenTraces opens or makes traces.jsonl. A half-written last line is taken
// away; a line in the middle that cannot be read is an error.
func OpenTraces(path string) (*Traces, error) {
	j, err := openJournal(path)
	if err != nil {
		return nil, err
	}
	t := &Traces{Now: time.Now, j: j, recent: recent{ids: map[string]struct{}{}}}
	if err := j.begin(t.see); err != nil {
		j.f.Close()
		return nil, badTraces(path, err)
	}
	j.end()
	return t, nil
}

// see notes the id of a new line.
func (t *Traces) see(b []byte) error {
	l, err := parseLine(b)
	if err == nil && l.trace != nil {
		t.recent.add(l.trace.ID)
	}
	return err
}

// Add appends a trace, whose id is none of the last. It is on its way to the disk when Add returns: it
// outlives the process, and a power failure if it was rated.
func (t *Traces) Add(tr *Trace) error {
	if tr.ID == "" {
		return errors.New("operate: a trace without an id")
	}
	return t.write(tr, tr.ID, false, func(known bool) error {
		if known {
			return fmt.Errorf("operate: there is a trace %q already", tr.ID)
		}
		return nil
	})
}

// Rate appends a rating of the answer id, and returns when it, and the answer,
// are on the disk. It returns ErrNoAnswer for an unknown id. For an answer that
// is not among the last it reads the file.
func (t *Traces) Rate(id string, good bool, reason string) error {
	old, err := t.old(id)
	if err != nil {
		return badTraces(t.j.path, err)
	}
	return t.write(rating{id, t.Now().UTC(), good, reason}, id, true, func(known bool) error {
		if !known && !old {
			return ErrNoAnswer
		}
		return nil
	})
}

// old reports whether the file has a trace of an id that is not among the last.
// It holds no lock while it reads: what was written stays.
func (t *Traces) old(id string) (bool, error) {
	t.mu.Lock()
	known, size := t.recent.has(id), t.j.size
	t.mu.Unlock()
	if known {
		return false, nil
	}
	quoted, err := json.Marshal(id)
	if err != nil {
		return false, err
	}
	found := errors.New("found")
	_, err = lines(io.NewSectionReader(t.j.f, 0, size), func(b []byte) error {
		if !bytes.Contains(b, quoted) {
			return nil
		}
		if l, err := parseLine(b); err != nil || l.trace == nil || l.trace.ID != id {
			return err
		}
		return found
	})
	if err == found {
		return true, nil
	}
	return false, err
}

// write appends v, which is about id, if allow agrees.
func (t *Traces) write(v any, id string, sync bool, allow func(known bool) error) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.j.begin(t.see); err != nil {
		return badTraces(t.j.path, err)
	}
	defer t.j.end()
	if err := allow(t.recent.has(id)); err != nil {
		return err
	}
	if err := t.j.append(b, sync); err != nil {
		return err
	}
	t.recent.add(id)
	return nil
}

// Close closes the file.
func (t *Traces) Close() error { return t.j.f.Close() }

// ReadRated returns the rated answers in a traces.jsonl of OpenTraces, in the
// order in which they were given. Answers that were cut off or refused are
// left out: a refusal must not be learnt. A half-written last line is left
// out, and left where it is.
func ReadRated(r io.Reader) ([]Rated, error) {
	var list []Rated
	at := map[string]int{}
	_, err := lines(r, func(b []byte) error {
		l, err := parseLine(b)
		switch {
		case err != nil:
			return err
		case l.rating != nil:
			if i, ok := at[l.rating.Rates]; ok {
				list[i].Rating = -1
				if l.rating.Good {
					list[i].Rating = 1
				}
			}
		case l.trace.Reason == "stop":
			q := ""
			for _, m := range l.trace.Messages {
				if m.Role == "user" {
					q = m.Text
				}
			}
			at[l.trace.ID] = len(list)
			list = append(list, Rated{ID: l.trace.ID, Question: q, Answer: l.trace.Answer, Time: l.trace.Time})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(r Rated) bool { return r.Rating == 0 }), nil
}

// WriteRated writes rated answers as JSON Lines.
func WriteRated(w io.Writer, list []Rated) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i := range list {
		if err := e.Encode(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

// line is one or the other.
type line struct {
	trace  *Trace
	rating *rating
}

func parseLine(b []byte) (line, error) {
	var l struct {
		Trace
		Rates string `json:"rates"`
		Good  bool   `json:"good"`
		Why   string `json:"why"`
	}
	if err := json.Unmarshal(b, &l); err != nil {
		return line{}, err
	}
	switch {
	case l.Rates != "" && l.ID == "":
		return line{rating: &rating{l.Rates, l.Time, l.Good, l.Why}}, nil
	case l.ID != "" && l.Rates == "":
		return line{trace: &l.Trace}, nil
	}
	return line{}, say.Errorf("a line is neither a trace nor a rating", "有一行既不是记录也不是评价")
}

func badTraces(path string, err error) error {
	return &say.Error{Where: path, Err: err, What: say.T("the traces cannot be used: %v", "无法使用对话记录：%v", err),
		Next: say.T("move the file away; a new one is begun", "请把文件移走，程序会新建一个")}
}
