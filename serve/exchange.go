package serve

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/serve/form"
)

// An exchange is one answer on its way: the rails before and after the
// model, the stop strings, and the record of what happened.
type exchange struct {
	s      *Server
	ask    *form.Ask
	rec    *Record
	reply  *form.Reply
	emit   func(form.Event) error // to the client; an error means that it is gone
	lang   say.Lang
	start  time.Time
	last   time.Time // of the last piece
	think  channel
	answer channel
	args   channel // of the call that is being made
	time   timing
	asked  time.Time // when the model was
	queued time.Duration
	kept   bool // in the books
	vault  Vault
	calls  []form.Call // as the books have them
	ctx    context.Context

	screened bool // the passages have passed the rails: the model has read them
	marking  marking
}

// exchanges makes the exchanges of a request: N for each prompt.
func (s *Server) exchanges(c Caller, id string, lang say.Lang, rel *Release, req *form.Request) []*exchange {
	prompts := max(1, len(req.Prompts))
	seed := RandomSeed()
	if req.Seed != nil {
		seed = *req.Seed
	}
	var list []*exchange
	for i := range prompts * max(1, req.N) {
		a := &form.Ask{Request: req, Messages: req.Messages, Seed: seed + uint64(i%max(1, req.N)), Caller: c.Name, Tenant: c.Tenant, Readers: c.readers()}
		if len(req.Prompts) > 0 {
			p := req.Prompts[i/max(1, req.N)]
			a.Prompt = &p
		}
		own := id
		if i > 0 {
			own += "-" + strconv.Itoa(i)
		}
		list = append(list, s.exchange(c, own, lang, rel, a))
	}
	return list
}

func (s *Server) exchange(c Caller, id string, lang say.Lang, rel *Release, a *form.Ask) *exchange {
	now := s.conf.Now()
	x := &exchange{s: s, ask: a, lang: lang, start: now, last: now, reply: &form.Reply{Seed: a.Seed}, time: timing{now: s.conf.Now, start: now},
		rec: &Record{ID: id, Caller: c.Name, Person: c.Person, Tenant: c.Tenant, Project: c.Project, Time: now, Release: rel, Operation: "chat", Metered: s.metered, Options: Options{
			MaxTokens: a.MaxTokens, Think: a.Think, Sampling: a.Sampling, Seed: a.Seed, Tools: len(a.Tools), Format: a.Format.Kind,
		}},
	}
	if a.Choice.Mode != "none" {
		x.rec.Tools = a.Tools
	}
	if rel.Answerer.Can()&form.Receipts != 0 {
		a.Receipt = &form.Receipt{ID: id, Program: s.conf.Version}
	}
	if a.Request.Receipt {
		x.reply.Receipt = a.Receipt
	}
	a.Screen = func(list []form.Source) ([]form.Source, error) {
		x.screened = true
		return x.retrieved(list)
	}
	x.think.kind, x.answer.kind, x.args.kind = form.Thought, form.Text, form.CallArgs
	x.answer.stops = a.Stop
	return x
}

// RandomSeed is a seed that JSON's numbers hold exactly, so that a caller can
// send back the one that it was told. There is room above it for N answers.
func RandomSeed() uint64 {
	n, err := rand.Int(rand.Reader, big.NewInt(1<<53-1<<16))
	if err != nil {
		panic("serve: no random numbers: " + err.Error()) // crypto/rand does not fail
	}
	return n.Uint64()
}

// run generates the answer, passes its pieces to emit and keeps the record.
// A refusal is not an error: it ends the answer with the reason
// content_filter. An answer that is not in the books is one.
func (x *exchange) run(ctx context.Context, wait time.Duration) error {
	part := x.s.meter.begin()
	x.rec.Wait = wait
	x.ctx = ctx
	err := x.guarded(ctx)
	refusal, refused := errors.AsType[*Refusal](err)
	if w, ok := errors.AsType[*Retraction](err); ok {
		refusal, refused, x.rec.Retracted = &w.Refusal, true, true
		if x.answer.told.String() != x.answer.text.String() {
			w.From = 0
		}
		x.reply.Retract = &form.Retracted{From: w.From, Class: w.Class, Policy: w.Policy, Text: w.Text.In(x.lang)}
	}
	switch {
	case refused:
		x.rec.Refusal, x.rec.Reason = refusal, form.Filtered
		x.reply.Refusal = &form.Refused{Class: refusal.Class, Text: refusal.Text.In(x.lang)}
		err = nil
	case ctx.Err() != nil:
		x.rec.Reason = "cancelled"
	case err != nil:
		x.rec.Reason = "error"
	}
	return cmp.Or(err, x.record(x.s.meter.end(part)))
}

// guarded makes a panic of the model's an error: one answer fails, the server
// goes on.
func (x *exchange) guarded(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("serve: a panic: %v\n%s", p, debug.Stack())
		}
	}()
	return x.generate(ctx)
}

func (x *exchange) generate(ctx context.Context) error {
	began := x.s.conf.Now()
	x.time.list = append(x.time.list, Span{Name: spanQueue, Start: began.Sub(x.start) - x.queued, Total: x.queued})
	err := x.checkInput()
	x.time.add(spanInput, "", began, 0)
	if err != nil {
		return err
	}
	x.asked = x.s.conf.Now()
	x.time.model = x.asked
	emit := x.emit
	x.emit = func(e form.Event) error {
		began := x.s.conf.Now()
		defer func() { x.time.sent += x.s.conf.Now().Sub(began) }()
		return emit(e)
	}
	for e, err := range x.rec.Release.Answerer.Answer(ctx, x.ask) {
		if err != nil {
			return err
		}
		x.rec.Usage = e.Usage
		x.time.event(&e)
		began, sent := x.s.conf.Now(), x.time.sent
		stopped, err := x.event(e)
		x.time.passed(began, sent)
		if err != nil {
			return err
		}
		if stopped {
			x.rec.Reason = form.Stop
			break // leaving the loop stops the generation
		}
	}
	if x.rec.Reason == "" {
		return errors.New("serve: the model ended without a reason")
	}
	if err := x.end(&x.think); err != nil {
		return err
	}
	return x.end(&x.answer)
}

// event passes one event of the model on.
func (x *exchange) event(e form.Event) (stopped bool, err error) {
	switch e.Kind {
	case form.Sources:
		if !x.screened {
			if e.Sources, err = x.retrieved(e.Sources); err != nil {
				return false, err
			}
		}
		x.rec.Sources = e.Sources
		e.Sources = x.restoredSources(e.Sources)
		x.reply.Sources = e.Sources
		return false, x.emit(e)
	case form.Prompted:
		if x.standing() {
			e.Text, e.Tokens = x.restored(e.Text), nil // they spell the stand-ins
		}
		x.reply.Prompt += e.Text
		x.reply.PromptTokens = append(x.reply.PromptTokens, e.Tokens...)
		return false, x.emit(e)
	case form.Thought:
		return x.pass(&x.think, e, false)
	case form.Text:
		if err = x.end(&x.think); err == nil {
			stopped, err = x.pass(&x.answer, e, false)
		}
		return stopped, err
	case form.Marked:
		return false, x.mark(*e.Mark)
	case form.CallStart:
		return false, x.beginCall(e)
	case form.CallArgs:
		if x.args.start != nil { // checked when they are whole
			x.args.held.WriteString(e.Text)
			return false, nil
		}
		_, err = x.pass(&x.args, e, false)
		return false, err
	case form.CallEnd:
		return false, x.endCall(e)
	default:
		x.rec.Reason = e.Reason
		return false, nil
	}
}

// end lets a channel go that will get no more.
func (x *exchange) end(c *channel) error {
	_, err := x.pass(c, form.Event{Usage: x.rec.Usage}, true)
	return err
}

// pass sends what may leave of a channel's text, and reports whether a stop
// string has ended it.
func (x *exchange) pass(c *channel, e form.Event, last bool) (stopped bool, err error) {
	e.Kind = c.kind
	if c.rail == nil && (e.Text != "" || last && c.began) {
		c.rail = x.rail(stageOf[c.kind])
		if x.standing() {
			c.back, c.mute = x.vault.Restore(), true
		}
	}
	c.began = c.began || e.Text != ""
	e.Text, e.Tokens, stopped, err = c.write(e.Text, e.Tokens, last)
	if c.back != nil {
		if e.Text = c.back.Write(e.Text); last || err != nil {
			e.Text += c.back.Flush()
		}
	}
	c.told.WriteString(e.Text)
	if e.Text == "" && len(e.Tokens) == 0 {
		return stopped, err
	}
	if c.kind == form.Text {
		x.reply.Tokens = append(x.reply.Tokens, e.Tokens...)
	}
	x.timePiece()
	err = cmp.Or(x.emit(e), err)
	if err == nil && c == &x.answer {
		err = x.placeMarks()
	}
	return stopped, err
}

func (x *exchange) timePiece() {
	now := x.s.conf.Now()
	if x.rec.First == 0 {
		x.rec.First = max(now.Sub(x.start), 1)
		x.s.metrics.first.Observe(x.rec.First.Seconds())
	} else {
		x.s.metrics.between.Observe(now.Sub(x.last).Seconds())
	}
	x.last = now
	if x.s.metered == "power" {
		x.s.meter.sample(now)
	}
}

// record keeps the answer in the books and completes the reply. It is called
// once, when the answer has ended in whatever way.
func (x *exchange) record(part share) error {
	r, p := x.rec, x.reply
	for _, c := range []*channel{&x.think, &x.answer} {
		x.noted(stageOf[c.kind], c.rail)
	}
	p.Thought, p.Text = x.think.told.String(), x.answer.told.String()
	p.Reason, p.Usage, p.Stopped = r.Reason, r.Usage, x.answer.by
	r.Thought, r.Answer = x.think.text.String(), (&form.Message{Text: x.answer.text.String(), Calls: x.calls}).All()
	r.Total = x.s.conf.Now().Sub(x.start)
	r.spent(part)
	r.Spans = x.time.spans(x.asked, r.Usage)
	p.First, p.Total = r.First, r.Total
	if c := x.ask.Receipt; c != nil && c.Version != "" { // the model began
		r.Receipt = c
		if err := x.s.receipts.add(r.ID, r.Caller, c); err != nil {
			x.s.conf.Log.Error("a receipt is not kept", "id", r.ID, "err", err)
		}
	}
	err := x.s.keep(r)
	x.kept = err == nil
	return err
}

// spent notes what a request has used.
func (r *Record) spent(part share) {
	r.CPUSeconds, r.Joules = float64(part.microseconds)/1e6, float64(part.microjoules)/1e6
}

// keep writes a record into the books.
func (s *Server) keep(r *Record) error {
	s.metrics.count(r)
	if r.Refusal != nil && s.conf.Refused != nil {
		if err := s.conf.Refused(r); err != nil {
			s.conf.Log.Error("a refusal is not in the audit log", "id", r.ID, "err", err)
		}
	}
	if s.conf.Record == nil {
		return nil
	}
	began := s.conf.Now()
	if err := s.conf.Record(r); err != nil {
		return s.unwritten(r.ID, err)
	}
	s.metrics.settle.Observe(s.conf.Now().Sub(began).Seconds())
	return nil
}

// all runs the exchanges, some at a time, and returns their first error.
func all(ctx context.Context, list []*exchange, wait time.Duration, width int) error {
	if len(list) == 1 {
		return list[0].run(ctx, wait)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	free := make(chan struct{}, max(1, width))
	for _, x := range list {
		free <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-free }()
			if err := x.run(ctx, wait); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
