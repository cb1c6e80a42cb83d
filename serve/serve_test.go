package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A script is an Answerer that gives its deltas, then err. It notes what it
// was asked.
type script struct {
	deltas []form.Event
	err    error

	mu     sync.Mutex
	asked  []form.Message
	ask    form.Ask
	can    form.Can
	ended  bool          // the loop was left or the context ended
	block  chan struct{} // if not nil, waits here, or for the context, before each delta
	pieces int           // deltas given
}

func (m *script) Can() form.Can { return m.can }

func (m *script) Answer(ctx context.Context, a *form.Ask) iter.Seq2[form.Event, error] {
	return func(yield func(form.Event, error) bool) {
		m.mu.Lock()
		m.asked, m.ask = a.Messages, *a
		m.mu.Unlock()
		for _, d := range m.deltas {
			if m.block != nil {
				select {
				case <-m.block:
				case <-ctx.Done():
					m.note(func() { m.ended = true })
					yield(form.Event{}, ctx.Err())
					return
				}
			}
			m.note(func() { m.pieces++ })
			if !yield(d, nil) {
				m.note(func() { m.ended = true })
				return
			}
		}
		if m.err != nil {
			yield(form.Event{}, m.err)
		}
	}
}

func (m *script) note(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

// words is a script of a thought, an answer and an end, one token a piece.
func words(thought, answer []string) *script {
	m := new(script)
	u := form.Usage{Prompt: 3}
	for _, t := range thought {
		u.Completion++
		u.Reasoning++
		m.deltas = append(m.deltas, form.Event{Kind: form.Thought, Text: t, Usage: u})
	}
	for _, t := range answer {
		u.Completion++
		m.deltas = append(m.deltas, form.Event{Kind: form.Text, Text: t, Usage: u})
	}
	m.deltas = append(m.deltas, form.Event{Kind: form.Finish, Reason: "stop", Usage: u})
	return m
}

// A wordPolicy refuses a word, on the way in and on the way out, and holds
// back what may begin it.
type wordPolicy string

func (p wordPolicy) Rail(string, RailContext) Rail { return &wordRail{word: string(p)} }

type wordRail struct {
	word string
	s    stopper
}

func (r *wordRail) Write(piece string) (string, error) {
	r.s.stops = []string{r.word}
	text, met := r.s.write(piece)
	if met {
		return "", &Refusal{Class: "A.1.a", Rule: "words", Text: say.T("I may not talk about that.", "这个我不能谈。")}
	}
	return text, nil
}

func (r *wordRail) Flush() (string, error)            { return r.s.flush(), nil }
func (r *wordRail) Whole(text string) (string, error) { return whole(r, text) }
func (r *wordRail) Changed() bool                     { return false }
func (r *wordRail) Notes() []Note                     { return nil }

// whole passes a text through a rail that takes pieces alone.
func whole(r Rail, text string) (string, error) {
	head, err := r.Write(text)
	if err != nil {
		return head, err
	}
	tail, err := r.Flush()
	return head + tail, err
}

// A bench is a server under test and its books.
type bench struct {
	*httptest.Server
	s       *Server
	mu      sync.Mutex
	records []*Record
	audit   []*Record
	ratings []Rating
	kept    chan struct{} // gets one per record
}

const goodKey = "sk-suiren-good"

func start(t testing.TB, model form.Answerer, change func(*Config, *Release)) *bench {
	t.Helper()
	b := &bench{kept: make(chan struct{}, 100)}
	conf := Config{
		Version: "test",
		Key:     func(k string) (Caller, bool) { return Caller{Name: "first"}, k == goodKey },
		Record: func(r *Record) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.records = append(b.records, r)
			b.kept <- struct{}{}
			return nil
		},
		Refused: func(r *Record) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.audit = append(b.audit, r)
			return nil
		},
		Rate: func(r Rating) error {
			if r.ID != "chatcmpl-1" {
				return ErrNoAnswer
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			b.ratings = append(b.ratings, r)
			return nil
		},
	}
	rel := &Release{Name: "tutor", Digest: strings.Repeat("ab", 32), Made: time.Unix(1, 0), Answerer: model,
		Examples: []say.Text{say.T("1+1?", "一加一？")}}
	if change != nil {
		change(&conf, rel)
	}
	b.s = New(conf)
	if model != nil {
		b.s.Open(rel)
	}
	b.Server = httptest.NewServer(b.s.Handler())
	t.Cleanup(b.Close)
	return b
}

// send sends a request with the good key and returns status and body.
func (b *bench) send(t *testing.T, method, path, body string, header ...string) (int, string) {
	t.Helper()
	resp := b.request(t, method, path, body, header...)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func (b *bench) request(t *testing.T, method, path, body string, header ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(method, b.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+goodKey)
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func ask(more string) string {
	return `{"model":"tutor","messages":[{"role":"user","content":"1+1?"}]` + more + `}`
}

// The shapes that a client reads.
type (
	completion struct {
		ID                string
		Object            string
		Model             string
		SystemFingerprint string `json:"system_fingerprint"`
		Choices           []struct {
			Index          int
			Message, Delta *struct {
				Role             string
				Content          *string
				ReasoningContent string `json:"reasoning_content"`
				Refusal          string
				ToolCalls        []map[string]any `json:"tool_calls"`
			}
			FinishReason *string `json:"finish_reason"`
		}
		Usage  *usage
		Suiren *struct {
			Sources  []form.Source
			Seed     *uint64
			Refusal  *form.Refused
			Receipts []form.Receipt
		}
	}
	usage struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
		TotalTokens      int `json:"total_tokens"`
		Details          struct {
			ReasoningTokens int `json:"reasoning_tokens"`
		} `json:"completion_tokens_details"`
	}
)

// told is what a client makes of a stream.
type told struct {
	order            []string // what each event carried
	thought, content string
	refusal, finish  string
	usage            *usage
	sources          []form.Source
	err              map[string]any
}

func (b *bench) stream(t *testing.T, body string, header ...string) told {
	t.Helper()
	resp := b.request(t, "POST", "/v1/chat/completions", body, header...)
	defer resp.Body.Close()
	if ct := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || ct != "text/event-stream" {
		data, _ := io.ReadAll(resp.Body)
		t.Fatalf("status %d, type %q: %s", resp.StatusCode, ct, data)
	}
	var got told
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		if data == "[DONE]" {
			got.order = append(got.order, data)
			continue
		}
		var c struct {
			completion
			Error map[string]any
		}
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			t.Fatalf("%v in %s", err, data)
		}
		if c.Error != nil {
			got.err = c.Error
			got.order = append(got.order, "error")
			continue
		}
		if c.Object != "chat.completion.chunk" || c.Model != "tutor" || !strings.HasPrefix(c.ID, "chatcmpl-") {
			t.Errorf("odd chunk %s", data)
		}
		what := ""
		if len(c.Choices) == 0 {
			what, got.usage = "usage", c.Usage
		} else {
			d := c.Choices[0].Delta
			if d.Role != "" {
				what += "role+"
			}
			if d.ReasoningContent != "" {
				what += "thought"
				got.thought += d.ReasoningContent
			}
			if d.Content != nil {
				what += "content"
				got.content += *d.Content
			}
			got.refusal += d.Refusal
			if c.Suiren != nil && c.Suiren.Sources != nil {
				what += "sources"
				got.sources = c.Suiren.Sources
			}
			if f := c.Choices[0].FinishReason; f != nil {
				what += "finish"
				got.finish = *f
			}
		}
		got.order = append(got.order, what)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return got
}

func (b *bench) lastRecord(t *testing.T) *Record {
	t.Helper()
	select {
	case <-b.kept:
	case <-time.After(time.Minute):
		t.Fatal("no record was kept")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.records[len(b.records)-1]
}

var errBoom = errors.New("secret path /var/lib/suiren")
