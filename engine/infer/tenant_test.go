package infer

import (
	"context"
	"slices"
	"testing"
	"time"
)

// What one tenant's request has read, no other tenant's finds: not in the
// tokens that were cached, nor in why they were not. The answers are the same.
func TestTenantsShareNoPrefix(t *testing.T) {
	e, err := NewEngine(params(t), 2, 64, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	prompt := make([]int32, pageTokens+3)
	for i := range prompt {
		prompt[i] = int32(i*7%tiny.Vocab) &^ 1
	}
	ask := func(tenant string) (ids []int32, u *Usage) {
		for tok, err := range e.Generate(context.Background(), Request{Prompt: prompt, MaxTokens: 8, Temperature: 1, Seed: 9, Tenant: tenant}) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, tok.ID)
			if tok.Usage != nil {
				u = tok.Usage
			}
		}
		return ids, u
	}
	want, first := ask("a")
	again, second := ask("a")
	if first.Cached != 0 || second.Cached != pageTokens || !slices.Equal(again, want) {
		t.Fatalf("the same tenant: %d, then %d tokens cached; answers %v and %v", first.Cached, second.Cached, want, again)
	}
	for _, tenant := range []string{"b", ""} {
		got, u := ask(tenant)
		if u.Cached != 0 || u.Shared != 0 || u.Miss != Unseen {
			t.Errorf("tenant %q found %d tokens of another's cached, %d shared, %q", tenant, u.Cached, u.Shared, u.Miss)
		}
		if !slices.Equal(got, want) {
			t.Errorf("tenant %q got %v, not %v", tenant, got, want)
		}
	}
}

// Forgotten is what stood in every page of every partition, in the tree and in its memory, and
// what the caller has under way; others go on, and answer as before.
func TestForget(t *testing.T) {
	e, err := NewEngine(params(t), 3, 4096, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	prompt := make([]int32, 3*pageTokens+3)
	for i := range prompt {
		prompt[i] = int32(i*7%tiny.Vocab) &^ 1
	}
	ask := func(caller, tenant string, n int, each func()) (ids []int32, u *Usage, err error) {
		for tok, err := range e.Generate(context.Background(), Request{Prompt: prompt, MaxTokens: n, Temperature: 1, Seed: 9, Caller: caller, Tenant: tenant}) {
			if err != nil {
				return ids, u, err
			}
			ids = append(ids, tok.ID)
			if tok.Usage != nil {
				u = tok.Usage
			}
			each()
		}
		return ids, u, nil
	}
	none := func() {}
	want, _, err := ask("gone", "a", 8, none)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = ask("other", "b", 8, none); err != nil {
		t.Fatal(err)
	}
	for e.Stats().PagesUsed > 0 { // pages are let go after the last token
		time.Sleep(time.Millisecond)
	}
	if n := e.Stats().PagesCached; n < 6 {
		t.Fatalf("%d pages are kept", n)
	}
	var over error
	ended := make(chan bool)
	n := 0
	_, _, over = ask("gone", "a", 3900, func() {
		if n++; n == 2 {
			go func() { e.Forget("gone"); close(ended) }()
			<-ended
		}
	})
	if over != ErrForgotten {
		t.Errorf("what was under way ended with %v after %d tokens", over, n)
	}
	if s := e.Stats(); s.PagesUsed != 0 {
		t.Errorf("%d pages are held", s.PagesUsed)
	}
	e.Forget("")
	e.mu.Lock() // the loop sleeps, or is at its beginning
	for of, root := range e.b.tree.roots {
		if len(root.children) != 0 {
			t.Errorf("the partition of %v has %d pages", of, len(root.children))
		}
	}
	for page := range e.b.tree.full.used {
		if !e.b.pages.Zero(0, page) {
			t.Errorf("page %d still holds keys or values", page)
		}
	}
	if e.b.tree.full.used == 0 || len(e.b.tree.ghosts) != 0 {
		t.Errorf("%d pages were used, %d are remembered", e.b.tree.full.used, len(e.b.tree.ghosts))
	}
	e.mu.Unlock()
	got, u, err := ask("new", "a", 8, none)
	if err != nil || u.Cached != 0 || u.Miss != Unseen || !slices.Equal(got, want) {
		t.Errorf("%v: %d cached, %q, %v, not %v", err, u.Cached, u.Miss, got, want)
	}
	e.Close()
	e.Forget("x") // of a closed one there is nothing
}
