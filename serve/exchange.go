package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"time"

	"suiren/internal/say"
)

// An exchange is one chat request on its way: the rails before and after the
// model, the stop strings, and the record of what happened.
type exchange struct {
	s       *Server
	req     *chatRequest
	rec     *Record
	emit    func(Delta) error // to the client; an error means that it is gone
	start   time.Time
	last    time.Time // of the last piece
	thought channel
	answer  channel
}

// A channel is one of the two texts of an answer on its way out.
type channel struct {
	kind Kind
	runes
	stopper
	rail Rail // nil lets everything pass
	text strings.Builder
}

// begin makes the exchange of a request that r, which came from caller, asks.
func (s *Server) begin(caller string, rel *Release, req *chatRequest) *exchange {
	now := s.conf.Now()
	if !req.seeded {
		req.Options.Seed = randomSeed()
	}
	x := &exchange{s: s, req: req, start: now, last: now, rec: &Record{
		ID: "chatcmpl-" + rand.Text(), Caller: caller, Time: now, Release: rel, Options: req.Options,
	}}
	x.thought.kind, x.answer.kind = Thought, Answer
	x.answer.stops = req.Stop
	if rel.Policy != nil {
		x.thought.rail, x.answer.rail = rel.Policy.Output(), rel.Policy.Output()
	}
	return x
}

// randomSeed is a seed that JSON's numbers hold exactly, so that a caller can
// send back the one that it was told.
func randomSeed() uint64 {
	n, err := rand.Int(rand.Reader, big.NewInt(1<<53))
	if err != nil {
		panic("serve: no random numbers: " + err.Error()) // crypto/rand does not fail
	}
	return n.Uint64()
}

// run generates the answer and passes its pieces to emit. A refusal is not
// an error: it ends the answer with the reason content_filter.
func (x *exchange) run(ctx context.Context) error {
	err := x.generate(ctx)
	refusal, refused := errors.AsType[*Refusal](err)
	switch {
	case refused:
		x.rec.Refusal, x.rec.Reason = refusal, "content_filter"
		return nil
	case ctx.Err() != nil:
		x.rec.Reason = "cancelled"
	case err != nil:
		x.rec.Reason = "error"
	}
	return err
}

func (x *exchange) generate(ctx context.Context) error {
	if err := x.checkInput(); err != nil {
		return err
	}
	for d, err := range x.rec.Release.Scenario.Answer(ctx, x.rec.Messages, x.rec.Options) {
		if err != nil {
			return err
		}
		x.rec.Usage = d.Usage
		stopped := false
		switch d.Kind {
		case Sources:
			x.rec.Sources = d.Sources
			err = x.emit(d)
		case Thought:
			_, err = x.pass(&x.thought, d.Text, false)
		case Answer:
			if err = x.end(&x.thought); err == nil {
				stopped, err = x.pass(&x.answer, d.Text, false)
			}
		case Finish:
			x.rec.Reason = d.Reason
		}
		if err != nil {
			return err
		}
		if stopped {
			x.rec.Reason = "stop"
			break // leaving the loop stops the generation
		}
	}
	if x.rec.Reason == "" {
		return errors.New("serve: the scenario ended without a reason")
	}
	if err := x.end(&x.thought); err != nil {
		return err
	}
	return x.end(&x.answer)
}

// checkInput passes every message through the input rails, which may mask it.
func (x *exchange) checkInput() error {
	for _, m := range x.req.Messages {
		if p := x.rec.Release.Policy; p != nil {
			rail := p.Input()
			head, err := rail.Write(m.Text)
			if err != nil {
				return err
			}
			tail, err := rail.Flush()
			if err != nil {
				return err
			}
			m.Text = head + tail
		}
		x.rec.Messages = append(x.rec.Messages, m)
	}
	return nil
}

// end flushes what a channel holds back. It may be called again.
func (x *exchange) end(c *channel) error {
	_, err := x.pass(c, "", true)
	return err
}

// pass sends what may leave of a channel's text, and reports whether a stop
// string has ended it.
func (x *exchange) pass(c *channel, piece string, last bool) (stopped bool, err error) {
	whole := c.runes.write(piece)
	if last {
		whole += c.runes.flush()
	}
	text, stopped := c.stopper.write(whole)
	if last && !stopped {
		text += c.stopper.flush()
	}
	if c.rail != nil {
		if text, err = c.rail.Write(text); err != nil {
			return stopped, err
		}
		if last {
			tail, err := c.rail.Flush()
			if err != nil {
				return stopped, err
			}
			text += tail
		}
	}
	if text == "" {
		return stopped, nil
	}
	c.text.WriteString(text)
	x.timePiece()
	return stopped, x.emit(Delta{Kind: c.kind, Text: text})
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
}

// record keeps the request in the books. It is called once, when the request
// has ended in whatever way.
func (x *exchange) record(cpu float64) {
	r := x.rec
	r.Thought, r.Answer = x.thought.text.String(), x.answer.text.String()
	r.CPUSeconds, r.Total = cpu, x.s.conf.Now().Sub(x.start)
	x.s.metrics.count(r)
	if r.Refusal != nil && x.s.conf.Refused != nil {
		if err := x.s.conf.Refused(r); err != nil {
			x.s.conf.Log.Error("a refusal is not in the audit log", "id", r.ID, "err", err)
		}
	}
	if x.s.conf.Record != nil {
		if err := x.s.conf.Record(r); err != nil {
			x.s.conf.Log.Error("a request is not in the books", "id", r.ID, "err", err)
		}
	}
}

// errTooLong is what a client is told of a conversation that does not fit.
func errTooLong(err error) *apiError {
	return &apiError{status: http.StatusBadRequest, typ: "invalid_request_error", code: "context_length_exceeded", param: "messages",
		text: say.T("%v", "%v", err), next: say.T("shorten the conversation", "请缩短对话")}
}
