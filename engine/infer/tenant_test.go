package infer

import (
	"context"
	"slices"
	"testing"
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
