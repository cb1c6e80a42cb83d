package main

import (
	"errors"

	"suiren/serve"
	"suiren/stage/guard"
)

// rails makes a policy's rails serve's.
type rails struct{ policy *guard.Policy }

func (r rails) Input() serve.Rail  { return rail{r.policy.Input()} }
func (r rails) Output() serve.Rail { return rail{r.policy.Output()} }

type rail struct{ *guard.Rail }

func (r rail) Write(piece string) (string, error) {
	out, err := r.Rail.Write(piece)
	return out, refusal(err)
}

func (r rail) Flush() (string, error) {
	out, err := r.Rail.Flush()
	return out, refusal(err)
}

func (r rail) Hits() []*serve.Refusal {
	var list []*serve.Refusal
	for _, g := range r.Rail.Hits() {
		list = append(list, &serve.Refusal{Class: g.Class, Rule: g.Rule, Text: g.Text})
	}
	return list
}

// refusal makes a guard's refusal serve's.
func refusal(err error) error {
	if g, ok := errors.AsType[*guard.Refusal](err); ok {
		return &serve.Refusal{Class: g.Class, Rule: g.Rule, Text: g.Text}
	}
	return err
}
