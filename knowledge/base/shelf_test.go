package base

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"suiren/internal/say"
	"suiren/knowledge"
)

// Questions are answered while the base is read again and again, each from a
// whole index, and a rule counts from the next question on.
func TestShelf(t *testing.T) {
	docs, dir := filepath.Join(t.TempDir(), "docs"), t.TempDir()
	write := func(round int) {
		for i := range 10 {
			put(t, filepath.Join(docs, fmt.Sprintf("p%c.md", 'a'+i)), fmt.Sprintf("# Page\n\nround word%c.\n", 'a'+round))
		}
	}
	write(0)
	b := open(t, dir)
	if _, err := b.Add(context.Background(), []string{docs}, ReadText); err != nil {
		t.Fatal(err)
	}
	s := NewShelf(dir)
	find := func(who ...string) (n int, words map[string]bool) {
		words = map[string]bool{}
		err := s.With("ours", who, func(ix *knowledge.Index, a knowledge.Access) error {
			for _, h := range ix.Find(knowledge.Question{Text: "round", K: 100, Access: a}) {
				n++
				words[h.Text] = true
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return n, words
	}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if n, words := find("ann"); n != 10 || len(words) != 1 {
					t.Errorf("%d passages of %d rounds", n, len(words))
					return
				}
			}
		})
	}
	for round := 1; round < 8; round++ {
		write(round)
		if _, err := b.Sync(context.Background(), ReadText); err != nil {
			t.Fatal(err)
		}
		if _, words := find("ann"); !words[fmt.Sprintf("round word%c.", 'a'+round)] {
			t.Errorf("round %d: %v", round, words)
		}
	}
	close(stop)
	wg.Wait()
	if err := b.SetRules([]knowledge.Rule{{Path: "docs/pa.md", Allow: []string{"ann"}}}); err != nil {
		t.Fatal(err)
	}
	if n, _ := find("bob"); n != 9 {
		t.Errorf("bob finds %d", n)
	}
	if n, _ := find("ann"); n != 10 {
		t.Errorf("ann finds %d", n)
	}
	if err := b.SetRules([]knowledge.Rule{{Path: "docs", Allow: []string{"ann"}}}); err != nil {
		t.Fatal(err)
	}
	if n, _ := find("bob"); n != 0 {
		t.Errorf("after the rule bob finds %d", n)
	}
	if err := s.With("nothing", nil, nil); !errors.Is(err, ErrEmpty) {
		t.Error(err)
	}
	if err := s.With("../x", nil, nil); !errors.Is(err, ErrName) || !strings.Contains(say.Err(say.Chinese, err), "数字或 . - _") || !strings.Contains(say.Err(say.English, err), "digits, and . - _") {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
