package main

import (
	"errors"

	"suiren/serve"
	"suiren/stage/guard"
)

// rails makes a policy's rails serve's.
type rails struct {
	policy *guard.Policy
	name   string
}

// Rail implements serve.Policy.
func (r rails) Rail(stage string, c serve.RailContext) serve.Rail {
	own := guard.Context{Labels: c.Labels, Passages: c.Passages}
	if c.Ask != nil {
		own.Ask = func(q guard.Question) bool {
			return c.Ask(serve.RailQuestion{Rule: q.Rule, Class: q.Class, Stage: string(q.Stage), Text: q.Text})
		}
	}
	return rail{r.policy.Rail(guard.Stage(stage), own), stage, r.name}
}

type rail struct {
	*guard.Rail
	stage, policy string
}

func (r rail) Write(piece string) (string, error) {
	out, err := r.Rail.Write(piece)
	return out, r.refusal(err)
}

func (r rail) Flush() (string, error) {
	out, err := r.Rail.Flush()
	return out, r.refusal(err)
}

func (r rail) Notes() []serve.Note {
	var list []serve.Note
	for _, n := range r.Rail.Notes() {
		list = append(list, serve.Note{Stage: r.stage, Rule: n.Rule, Class: n.Class, Action: n.Action, Observed: n.Observed, Failed: n.Failed, Count: n.Count})
	}
	return list
}

// refusal makes a guard's refusal serve's.
func (r rail) refusal(err error) error {
	if g, ok := errors.AsType[*guard.Refusal](err); ok {
		return r.own(g)
	}
	if w, ok := errors.AsType[*guard.Retraction](err); ok {
		return &serve.Retraction{Refusal: *r.own(&w.Refusal), From: w.From, Policy: r.policy}
	}
	return err
}

func (r rail) own(g *guard.Refusal) *serve.Refusal {
	return &serve.Refusal{Class: g.Class, Rule: g.Rule, Text: g.Text, Suspend: g.Suspend, Stage: r.stage}
}
