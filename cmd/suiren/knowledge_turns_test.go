package main

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"testing"

	"suiren/knowledge/base"
	"suiren/serve"
	"suiren/serve/form"
)

// Whoever asks much of the bases is refused more, by each of the routes that ask all of
// one; others have their turn, one at a time, and who goes away leaves their place.
func TestTurns(t *testing.T) {
	t.Setenv("SUIREN_HOME", t.TempDir())
	dir, err := bases()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{shelf: base.NewShelf(dir)}
	defer h.shelf.Close()
	first, err := h.searching.take(t.Context(), "mei")
	if err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(t.Context())
	waited := make(chan error)
	for range mostOwn - 1 {
		go func() {
			done, err := h.searching.take(gone, "mei")
			if err == nil {
				done()
			}
			waited <- err
		}()
	}
	within(t, "all of a caller's places taken", func() bool {
		h.searching.mu.Lock()
		defer h.searching.mu.Unlock()
		return h.searching.own["mei"] == mostOwn
	})
	ask := map[string]serve.View{"eval": h.evalBase, "conflicts": h.baseConflicts}
	for name, view := range ask {
		_, err := view(t.Context(), serve.Query{Caller: "mei", Name: "kiln", Values: url.Values{}})
		if e, ok := errors.AsType[*form.Error](err); !ok || e.Status != http.StatusTooManyRequests {
			t.Errorf("%s beyond the caller's places: %v", name, err)
		}
		short, stop := context.WithCancel(t.Context())
		stop()
		if _, err := view(short, serve.Query{Caller: "lin", Name: "kiln", Values: url.Values{}}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s while another has the turn: %v", name, err)
		}
	}
	leave()
	for range mostOwn - 1 {
		if err := <-waited; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	first()
	for name, view := range ask {
		if _, err := view(t.Context(), serve.Query{Caller: "mei", Name: "kiln", Values: url.Values{}}); err == nil || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, base.ErrEmpty) {
			t.Errorf("%s of no base: %v", name, err)
		}
	}
	if len(h.searching.own) != 0 {
		t.Errorf("left behind: %v", h.searching.own)
	}
}
