package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"suiren/models"
	"suiren/serve"
	"suiren/stage/guard/watch"
	"suiren/stage/operate"
)

// A bookDir is the folder of what is written down of requests: the state
// folder of a plan, or the home of the models that were brought.
type bookDir string

func (d bookDir) keys() string     { return filepath.Join(string(d), "keys.json") }
func (d bookDir) accounts() string { return filepath.Join(string(d), "people.db") }
func (d bookDir) audit() string    { return filepath.Join(string(d), "audit.jsonl") }
func (d bookDir) ledger() string   { return filepath.Join(string(d), "usage.db") }
func (d bookDir) guard() string    { return filepath.Join(string(d), "guard.db") }
func (d bookDir) traces(release string) string {
	return filepath.Join(string(d), "traces", release+".jsonl")
}

// broughtBooks is that of the models that were brought.
func broughtBooks() (bookDir, error) {
	home, err := models.Home()
	return bookDir(home), err
}

// bookFlag lets a command choose between a plan's books and those of the
// models that were brought.
func (a *app) bookFlag(c *cobra.Command, models *bool) {
	c.Flags().BoolVar(models, "models", false, a.t("of the models that were brought (suiren serve MODEL), not of a plan", "针对带来的模型（suiren serve 模型），而非计划"))
}

// bookDir returns the folder of the plan at path, whose state folder must be
// there, or that of the models.
func (a *app) bookDir(path string, models bool) (bookDir, error) {
	if models {
		return broughtBooks()
	}
	w, err := a.openState(path)
	if err != nil {
		return "", err
	}
	defer w.close()
	return w.books(), nil
}

// log writes one line to the audit log, as a command.
func (d bookDir) log(action, subject string) error {
	log, err := operate.OpenAudit(d.audit())
	if err != nil {
		return err
	}
	defer log.Close()
	_, err = log.Append("cli", action, subject, "")
	return err
}

// books are what a server writes down: who used how much (the ledger), how
// each answer was asked for and, if content is kept, what was said (the
// traces), and what must not be changed afterwards (the audit log).
type books struct {
	dir     bookDir
	content bool // traces hold what was said
	audit   *operate.Audit
	ledger  *operate.Ledger
	watch   *watch.Watch
	mu      sync.Mutex
	traces  map[string]*operate.Traces // by the release's digest
	names   map[string]string          // of the traces, by the release's digest
	salts   sync.Map                   // of refusals on their way from the audit log to their traces
	opened  []func() error             // closes what was opened, the last first
}

func openBooks(dir bookDir, content bool) (b *books, err error) {
	b = &books{dir: dir, content: content, traces: map[string]*operate.Traces{}, names: map[string]string{}}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if b.audit, err = operate.OpenAudit(dir.audit()); err != nil {
		return nil, err
	}
	b.opened = append(b.opened, b.audit.Close)
	if b.ledger, err = operate.OpenLedger(dir.ledger()); err != nil {
		return nil, err
	}
	b.opened = append(b.opened, b.ledger.Close)
	if b.watch, err = watch.Open(dir.guard()); err != nil {
		return nil, err
	}
	b.opened = append(b.opened, b.watch.Close)
	return b, nil
}

func (b *books) close() {
	for _, f := range slices.Backward(b.opened) {
		f()
	}
	b.opened = nil
}

// config is a server's, which writes into the books.
func (b *books) config(a *app, hosts []string) serve.Config {
	search, done := a.searcher()
	b.opened = append(b.opened, done)
	return serve.Config{
		Version: versionText(), Hosts: hosts, Reserve: b.reserve, Release: b.ledger.Release, Record: b.record, Refused: b.refused, Rate: b.rate, Barred: b.barred, Review: b.review, Search: search,
		Log: b.log(a),
	}
}

// log is where a server says what is wrong.
func (b *books) log(a *app) *slog.Logger {
	return slog.New(slog.NewTextHandler(a.screen, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// openKeys opens the keys, and makes the first one if there is none; its
// secret is "" if there is.
func (b *books) openKeys() (keys *operate.Keys, secret string, err error) {
	if keys, err = operate.OpenKeys(b.dir.keys()); err != nil {
		return nil, "", err
	}
	if secret, err = keys.First(operate.Key{Name: "first", Roles: []string{"owner"}}); err == nil && secret != "" {
		_, err = b.audit.Append("cli", "key.create", "first", "")
	}
	return keys, secret, err
}

// begin notes that a release is served from now on.
func (b *books) begin(name, digest string) error {
	t, err := operate.OpenTraces(b.dir.traces(name))
	if err != nil {
		return err
	}
	b.mu.Lock()
	b.opened = append(b.opened, t.Close)
	b.traces[digest], b.names[digest] = t, name
	b.mu.Unlock()
	_, err = b.audit.Append("cli", "release", digest, "")
	return err
}

func (b *books) tracesOf(digest string) *operate.Traces {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.traces[digest]
}

// reserve holds what a request may use, if its budgets have room for it.
func (b *books) reserve(h serve.Hold) (int, error) {
	more, err := b.ledger.Reserve(operate.Hold{ID: h.ID, Caller: h.Caller, Tokens: int64(h.Tokens), More: int64(h.More)}, time.Now())
	if e, ok := errors.AsType[*operate.Exceeded](err); ok {
		return 0, exceeded(e)
	}
	return int(more), err
}

// record keeps the ledger and the trace of a request.
func (b *books) record(r *serve.Record) error {
	err := b.ledger.Add(operate.Usage{
		ID: r.ID, Time: r.Time, Caller: r.Caller, Release: r.Release.Digest, Reason: r.Reason,
		Prompt: int64(r.Usage.Prompt), Completion: int64(r.Usage.Completion), Reasoning: int64(r.Usage.Reasoning),
		CPU: time.Duration(r.CPUSeconds * float64(time.Second)),
	})
	for _, n := range r.Notes {
		if r.Refusal != nil && n.Rule == r.Refusal.Rule && !n.Observed && !n.Failed {
			continue // it has its own line
		}
		_, err2 := b.audit.Append(r.Caller, noteAction(n), r.ID+" "+n.Class+" "+n.Rule+" "+n.Stage, "")
		err = errors.Join(err, err2)
	}
	if r.Refusal == nil && r.Release.Policy != nil {
		err = errors.Join(err, b.watch.Good(r.Caller))
	}
	if r.Messages == nil { // vectors or scores: there is nothing to trace
		return err
	}
	t, err2 := traceOf(r)
	if salt, ok := b.salts.LoadAndDelete(r.ID); ok {
		t.Salt = salt.(string)
	}
	if !b.content {
		t.Messages, t.Thought, t.Answer, t.Sources, t.Salt = []operate.Message{}, "", "", nil, ""
	}
	return errors.Join(err, err2, b.tracesOf(r.Release.Digest).Add(t))
}

// noteAction is what the audit log calls what a rail did.
func noteAction(n serve.Note) string {
	switch {
	case n.Failed:
		return "rail.failed"
	case n.Observed:
		return "observe"
	}
	return n.Action
}

// traceOf makes the trace of a request.
func traceOf(r *serve.Record) (*operate.Trace, error) {
	t := &operate.Trace{ID: r.ID, Time: r.Time, Caller: r.Caller, Thought: r.Thought, Answer: r.Answer, Seed: r.Options.Seed, Reason: r.Reason}
	for _, m := range r.Messages {
		t.Messages = append(t.Messages, operate.Message{Role: m.Role, Text: m.All()})
	}
	var err, err2 error
	if len(r.Sources) > 0 {
		t.Sources, err = json.Marshal(r.Sources)
	}
	t.Params, err2 = json.Marshal(r.Options)
	return t, errors.Join(err, err2)
}

// refused writes a refusal to the audit log: by which rule, and a digest of
// what was said, whose salt goes into the trace. It is called before record.
func (b *books) refused(r *serve.Record) error {
	t, err := traceOf(r)
	if err != nil {
		return err
	}
	salt, err := b.audit.Append(r.Caller, "refuse", r.ID+" "+r.Refusal.Class+" "+r.Refusal.Rule, t.Content())
	b.salts.Store(r.ID, salt)
	return errors.Join(err, b.strike(r))
}

// rate keeps a rating beside the answer's trace, whichever release gave it.
func (b *books) rate(r serve.Rating) error {
	b.mu.Lock()
	list := make([]*operate.Traces, 0, len(b.traces))
	for _, t := range b.traces {
		list = append(list, t)
	}
	b.mu.Unlock()
	reason := r.Reason
	if !b.content {
		reason = ""
	}
	for _, t := range list {
		if err := t.Rate(r.ID, r.Good, reason); !errors.Is(err, operate.ErrNoAnswer) {
			return err
		}
	}
	return serve.ErrNoAnswer
}
