package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	templates "suiren/engine/chat"
	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/models"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage/guard/watch"
	"suiren/stage/operate"
	"suiren/stage/operate/care"
	"suiren/stage/operate/ledger"
	"suiren/stage/operate/otlp"
)

// A bookDir is the folder of what is written down of requests: the state
// folder of a plan, or the home of the models that were brought.
type bookDir string

func (d bookDir) keys() string     { return filepath.Join(string(d), "keys.json") }
func (d bookDir) accounts() string { return filepath.Join(string(d), "people.db") }
func (d bookDir) audit() string    { return filepath.Join(string(d), "audit.jsonl") }
func (d bookDir) ledger() string   { return filepath.Join(string(d), "usage.db") }
func (d bookDir) guard() string    { return filepath.Join(string(d), "guard.db") }

// openLedger opens the ledger, and takes over the traces of an earlier program.
func (d bookDir) openLedger() (*ledger.Ledger, error) {
	l, err := ledger.Open(d.ledger())
	if err != nil {
		return nil, err
	}
	if err := l.Import(filepath.Join(string(d), "traces")); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// broughtBooks is that of the models that were brought.
func broughtBooks() (bookDir, error) {
	home, err := models.Home()
	return bookDir(home), err
}

// bookFlag lets a command choose between a plan's books and those of the
// models that were brought.
func (a *app) bookFlag(c *cobra.Command, models *bool) {
	a.bookFlagOf(c.Flags(), models)
}

func (a *app) bookFlagOf(f *pflag.FlagSet, models *bool) {
	f.BoolVar(models, "models", false, a.t("of the models that were brought (suiren serve MODEL), not of a plan", "针对带来的模型（suiren serve 模型），而非计划"))
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

// books are what a server writes down: who used how much, how each answer was
// asked for and, where content is kept, what was said (the ledger), and what must
// not be changed afterwards (the audit log).
type books struct {
	dir       bookDir
	content   bool // what is said is kept, whatever the ledger says of it
	planned   bool // what is served is a plan's, which has scenarios
	audit     *operate.Audit
	ledger    *ledger.Ledger
	watch     *watch.Watch
	mu        sync.Mutex
	names     map[string]string // of releases, by their digests
	salts     sync.Map          // of refusals on their way from the audit log to their traces
	watts     float64           // of a busy core, where no meter is read
	sent      func(*ledger.Trace)
	room      func() bool               // for what is said; nil: there is
	suspended func(caller, rule string) // tells of it; nil: nobody is to be told
	forget    func(caller string)       // what the server remembers of a caller; "": of everybody
	erased    map[string]bool           // erasures that the server has followed
	late      late                      // who was erased since, for requests on their way
	owedMu    sync.Mutex
	owed      []*ledger.Trace // what could not be written down yet
	opened    []func() error  // closes what was opened, the last first
}

func openBooks(dir bookDir, content bool) (_ *books, err error) {
	b := &books{dir: dir, content: content, names: map[string]string{}}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if b.audit, err = operate.OpenAudit(dir.audit()); err != nil {
		return nil, err
	}
	b.opened = append(b.opened, b.audit.Close)
	if b.ledger, err = dir.openLedger(); err != nil {
		return nil, err
	}
	b.opened = append(b.opened, b.ledger.Close)
	b.late = late{book: dir.care(), path: dir.path(care.Name), began: time.Now()}
	b.ledger.Erased = b.late.as
	b.watts = b.ledger.Watts()
	b.erased = map[string]bool{}
	if err := b.followErased(); err != nil { // of before there is nothing to forget
		return nil, err
	}
	b.opened = append(b.opened, b.beat())
	if b.watch, err = watch.Open(dir.guard()); err != nil {
		return nil, err
	}
	b.opened = append(b.opened, b.watch.Close)
	b.watch.Erased = b.late.as
	return b, nil
}

// beat says every few seconds that this process lives, and holds what it holds.
func (b *books) beat() (stop func() error) {
	done := make(chan struct{})
	var over sync.WaitGroup
	over.Go(func() {
		tick := time.NewTicker(ledger.BeatEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				b.ledger.Beat() // the next request says what is wrong
				b.followErased()
				b.settleOwed() // else health says that it is owed
			case <-done:
				return
			}
		}
	})
	return func() error { close(done); over.Wait(); return b.settleOwed() }
}

// followErased has the server forget when somebody was erased by another process: it
// is not told who, so everybody is forgotten.
func (b *books) followErased() error {
	s, err := b.dir.care().Read()
	if err != nil {
		return err
	}
	b.mu.Lock()
	more, forget := false, b.forget
	for _, e := range s.Erased {
		if !e.Done.IsZero() && !b.erased[e.As] {
			b.erased[e.As], more = true, true
		}
	}
	b.mu.Unlock()
	if more && forget != nil {
		forget("")
	}
	return nil
}

// forgotten has the server forget somebody whom it has erased itself.
func (b *books) forgotten(name, as string) {
	b.mu.Lock()
	b.erased[as] = true
	forget := b.forget
	b.mu.Unlock()
	if forget != nil {
		forget(name)
	}
}

// sendTo also sends traces to the owner's collector, if there is an address.
func (b *books) sendTo(address string, a *app) error {
	if address == "" {
		return nil
	}
	s, err := otlp.NewSender(address, versionText(), b.log(a))
	if err != nil {
		return err
	}
	b.sent = s.Send
	b.opened = append(b.opened, s.Close)
	return nil
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
		Version: versionText(), Hosts: hosts, Reserve: b.reserve, Release: b.ledger.Release, Record: b.record, Refused: b.refused, Judge: b.judge, Rate: b.rate, Barred: b.barred, Review: b.review, Search: search, Kept: b.kept,
		Usage: b.usageView, Entries: b.entriesView, Budgets: b.budgetsView, SetBudget: b.setBudget, Traces: b.tracesView, Trace: b.traceView, Audit: b.auditView, Spans: b.takeSpans,
		Log: b.log(a), Language: languageOf, NoRoom: isNoRoom,
	}
}

// languageOf is the language of a question.
func languageOf(question string) say.Lang {
	lang, _ := say.Parse(knowledge.Lang(question))
	return lang
}

// log is where a server says what is wrong.
func (b *books) log(a *app) *slog.Logger {
	words := func(_ []string, at slog.Attr) slog.Attr {
		if err, ok := at.Value.Any().(error); ok {
			at.Value = slog.StringValue(say.Err(a.lang, ofFile(err)))
		}
		return at
	}
	return slog.New(slog.NewTextHandler(a.screen, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: words}))
}

// openKeys opens the keys, and makes the first one if there is none; its
// secret is "" if there is.
func (b *books) openKeys() (keys *operate.Keys, secret string, err error) {
	if keys, err = operate.OpenKeys(b.dir.keys()); err != nil {
		return nil, "", err
	}
	secret, err = b.firstKey(keys)
	return keys, secret, err
}

// firstKey makes the first key, an owner's, and returns its secret; "" if there is one.
func (b *books) firstKey(keys *operate.Keys) (secret string, err error) {
	if secret, err = keys.First(operate.Key{Name: "first", Roles: []string{"owner"}}); err == nil && secret != "" {
		_, err = b.audit.Append("cli", "key.create", "first", "")
	}
	return secret, err
}

// begin notes that a release is served from now on.
func (b *books) begin(name, digest string) error {
	b.mu.Lock()
	b.names[digest] = name
	b.mu.Unlock()
	_, err := b.audit.Append("cli", "release", digest, "")
	return err
}

// begun reports whether begin was called for a release.
func (b *books) begun(digest string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.names[digest] != ""
}

// account and supply are what the ledger calls a caller and a release.
func (b *books) account(name string, person bool, tenant, project string, r *serve.Release) ledger.Account {
	a := ledger.Account{Key: name, Tenant: tenant, Project: project}
	if person {
		a.Person = name
	}
	if b.planned {
		a.Scenario = r.Name
	}
	return a
}

func (b *books) supply(r *serve.Release) ledger.Supply {
	b.mu.Lock()
	defer b.mu.Unlock()
	return ledger.Supply{Release: r.Digest, Model: cmp.Or(b.names[r.Digest], r.Name)}
}

// reserve holds what a request may use, if its budgets have room for it.
func (b *books) reserve(h serve.Hold) (int, error) {
	if err := b.settleOwed(); err != nil { // what cannot be written down is not answered
		return 0, err
	}
	more, err := b.ledger.Reserve(&ledger.Hold{ID: h.ID, Account: b.account(h.Caller, h.Person, h.Tenant, h.Project, h.Release), Model: b.supply(h.Release).Model,
		Prompt: int64(h.Prompt), Answer: int64(h.Tokens - h.Prompt), More: int64(h.More)})
	if e, ok := errors.AsType[*ledger.Exceeded](err); ok {
		return 0, exceeded(e)
	}
	return int(more), err
}

// record settles a request: its trace, its charge and its budgets at once.
func (b *books) record(r *serve.Record) error {
	var err error
	who := b.caller(r)
	for _, n := range r.Notes {
		if r.Refusal != nil && n.Rule == r.Refusal.Rule && !n.Observed && !n.Failed {
			continue // it has its own line
		}
		_, err2 := b.audit.Append(who, noteAction(n), r.ID+" "+n.Class+" "+n.Rule+" "+n.Stage, "")
		err = errors.Join(err, err2)
	}
	t, err2 := b.traceOf(r)
	if err2 != nil {
		return errors.Join(err, err2)
	}
	return errors.Join(err, b.settle(t))
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
func (b *books) traceOf(r *serve.Record) (*ledger.Trace, error) {
	u := r.Usage
	t := &ledger.Trace{ID: r.ID, Time: r.Time, Account: b.account(r.Caller, r.Person, r.Tenant, r.Project, r.Release), Supply: b.supply(r.Release),
		Operation: r.Operation, Parent: r.Parent, Reason: r.Reason, Seed: r.Options.Seed, Wait: r.Wait, First: r.First, Total: r.Total, Metered: r.Metered,
		Amounts: ledger.Amounts{Requests: 1, Prompt: int64(u.Prompt - min(u.Cached, u.Prompt)), Cached: int64(min(u.Cached, u.Prompt)),
			Thought: int64(min(u.Reasoning, u.Completion)), Answer: int64(u.Completion - min(u.Reasoning, u.Completion)),
			CPU: int64(math.Round(max(r.CPUSeconds, 0) * 1e6)), Energy: int64(math.Round(max(r.Joules, 0) * 1e6))}}
	if r.Metered == "" && r.CPUSeconds > 0 {
		t.Metered, t.Amounts.Energy = "model", int64(r.CPUSeconds*b.watts*1e6)
	}
	for _, s := range r.Spans {
		t.Spans = append(t.Spans, ledger.Span{Name: s.Name, Parent: s.Parent, Start: s.Start, Total: s.Total, Count: int64(s.Count)})
	}
	if r.Refusal != nil {
		t.Rails = append(t.Rails, ledger.Decision{Class: r.Refusal.Class, Rule: r.Refusal.Rule, Action: "refuse"})
	}
	for _, n := range r.Notes {
		t.Rails = append(t.Rails, ledger.Decision{Class: n.Class, Rule: n.Rule, Action: noteAction(n)})
	}
	if len(r.Marks) > 0 {
		t.Sentences = &ledger.Sentences{All: len(r.Marks)}
		for _, m := range r.Marks {
			t.Sentences.Corrected += m.Corrected
			if !m.Supported {
				t.Sentences.Unsupported++
			}
		}
	}
	salt, _ := b.salts.LoadAndDelete(r.ID)
	if r.Messages == nil { // vectors or scores: nothing was said
		return t, nil
	}
	var err error
	if t.Params, err = json.Marshal(r.Options); err != nil {
		return nil, err
	}
	keep := b.content
	if !keep {
		if keep, err = b.ledger.Captured(t.Model, t.Tenant); err != nil {
			return nil, err
		}
	}
	if keep && (b.room == nil || b.room()) {
		if t.Content, err = contentOf(r); err == nil && salt != nil {
			t.Content.Salt = salt.(string)
		}
	}
	return t, err
}

// contentOf is what was said.
func contentOf(r *serve.Record) (*ledger.Content, error) {
	c := &ledger.Content{Thought: r.Thought, Answer: r.Answer}
	for _, m := range r.Messages {
		c.Messages = append(c.Messages, ledger.Message{Role: m.Role, Text: m.All()})
	}
	var err, err2, err3, err4 error
	if len(r.Tools) > 0 {
		c.Tools, err4 = toolsOf(r.Tools)
	}
	if len(r.Sources) > 0 {
		c.Sources, err = json.Marshal(r.Sources)
	}
	answer := []rune(r.Answer)
	marks := slices.DeleteFunc(slices.Clone(r.Marks), func(m form.Mark) bool { // with stand-ins for what the client saw, places are others
		return m.From < 0 || m.From > m.To || m.To > len(answer) || string(answer[m.From:m.To]) != m.Text
	})
	if len(marks) > 0 {
		c.Marks, err3 = json.Marshal(marks)
	}
	if r.Receipt != nil {
		c.Receipt, err2 = json.Marshal(r.Receipt)
	}
	return c, errors.Join(err, err2, err3, err4)
}

// toolsOf is a list of tools as templates read them.
func toolsOf(tools []form.Tool) (json.RawMessage, error) {
	var list []json.RawMessage
	for _, t := range tools {
		v, err := templates.Tool(t.Name, t.Description, t.Parameters)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return json.Marshal(list)
}

// refused writes a refusal to the audit log: by which rule, and a digest of
// what was said, whose salt goes into the trace. It is called before record.
func (b *books) refused(r *serve.Record) error {
	c, err := contentOf(r)
	if err != nil {
		return err
	}
	salt, err := b.audit.Append(b.caller(r), "refuse", r.ID+" "+r.Refusal.Class+" "+r.Refusal.Rule, c.Text())
	b.salts.Store(r.ID, salt)
	return err
}

// rate keeps a rating beside the answer's trace.
func (b *books) rate(r serve.Rating) error {
	err := b.ledger.Rate(r.ID, r.Good, r.Reason)
	if errors.Is(err, ledger.ErrNoAnswer) {
		return serve.ErrNoAnswer
	}
	return err
}
