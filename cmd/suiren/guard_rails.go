package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"

	"suiren/serve"
	"suiren/stage/guard"
	"suiren/stage/guard/leak"
)

// rails makes a policy's rails serve's.
type rails struct {
	policy *guard.Policy
	name   string
}

// Rail implements serve.Policy.
func (r rails) Rail(stage string, c serve.RailContext) serve.Rail {
	own := guard.Context{Labels: c.Labels, Passages: c.Passages}
	if v, ok := c.Vault.(vault); ok {
		own.Vault = v.Vault
	}
	if c.Ask != nil {
		own.Ask = func(q guard.Question) bool {
			return c.Ask(serve.RailQuestion{Rule: q.Rule, Class: q.Class, Stage: string(q.Stage), Before: q.Before, Found: q.Found, After: q.After, Refusal: q.Refusal})
		}
	}
	return rail{r.policy.Rail(guard.Stage(stage), own), stage, r.name}
}

// vaultKey is of this process: what stands for a value is another after a restart.
var vaultKey = sync.OnceValue(func() []byte {
	key := make([]byte, 32)
	rand.Read(key) // does not fail
	return key
})

// Vault implements serve.Vaulter: what stands for a value is the same in all requests
// of a caller.
func (r rails) Vault(caller string) serve.Vault {
	if !r.policy.StandsIn() {
		return nil
	}
	mac := hmac.New(sha256.New, vaultKey())
	mac.Write([]byte(caller))
	return vault{leak.NewVault(mac.Sum(nil))}
}

type vault struct{ *leak.Vault }

func (v vault) Restore() serve.Restorer { return v.Vault.Restore() }

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

func (r rail) Whole(text string) (string, error) {
	out, err := r.Rail.Whole(text)
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
