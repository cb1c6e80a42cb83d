package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage/operate"
	"suiren/stage/operate/ledger"
)

// Somebody is erased by another process while their request is on its way: it brings
// their name back into none of the files.
func TestEraseInFlight(t *testing.T) {
	dir := bookDir(t.TempDir())
	b, err := openBooks(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	var forgot []string
	b.forget = func(caller string) { forgot = append(forgot, caller) }
	rel := &serve.Release{Name: "tutor", Digest: strings.Repeat("ab", 32), Policy: rails{}}
	ask := func(id, who string) *serve.Record {
		return &serve.Record{ID: id, Caller: who, Person: who == "li", Time: time.Now(), Release: rel, Operation: "chat", Reason: form.Stop,
			Messages: []form.Message{{Role: "user", Text: "words of " + who}}, Answer: "to " + who, Notes: []serve.Note{{Rule: "r", Class: "c", Action: "mask"}}}
	}
	record := func(r *serve.Record) {
		t.Helper()
		if err := b.record(r); err != nil {
			t.Fatal(err)
		}
	}
	record(ask("one", "li"))
	flying, others := ask("two", "li"), ask("three", "wang")
	e, err := dir.erase("li", "cli", false)
	if err != nil {
		t.Fatal(err)
	}
	refused := ask("four", "li")
	refused.Time, refused.Refusal = flying.Time, &serve.Refusal{Class: "c", Rule: "r", Stage: "input", Suspend: true}
	if err := b.refused(refused); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*serve.Record{flying, others, refused} {
		record(r)
		if err := b.judge(r); err != nil {
			t.Fatal(err)
		}
	}
	left, leave := context.WithCancel(t.Context())
	leave()
	if b.review(left, serve.Review{ID: "five", Caller: "li", Time: flying.Time, Release: rel, Question: serve.RailQuestion{Rule: "r", Found: "words"}}) {
		t.Error("what nobody was asked about passed")
	}
	names, err := dir.names()
	if got := strings.Join(names, " "); err != nil || got != e.As+" wang" {
		t.Errorf("known are %s, %v", got, err)
	}
	if len(forgot) == 0 || forgot[0] != "li" {
		t.Errorf("the server forgot %q", forgot)
	}
	list, _, err := b.ledger.Traces(&ledger.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		full, err := b.ledger.Find(r.ID)
		if err != nil || r.Key == "li" || r.Person == "li" || (full.Content != nil) != (r.ID == "three" || r.ID == "four") {
			t.Errorf("%s of %s: %+v, %v", r.ID, r.Key, full.Content, err)
		}
	}
	if n, _, err := operate.VerifyAudit(dir.audit()); err != nil || n == 0 {
		t.Errorf("%d lines, %v", n, err)
	}
	if _, _, err := b.ledger.Check(); err != nil {
		t.Error(err)
	}
}
