package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// amounts are the fields of a trace or an entry, by their names.
type amounts map[string]int64

func (a amounts) add(b amounts) {
	for k, v := range b {
		a[k] += v
	}
}

type row struct {
	Type    string
	Kind    string
	ID      string
	Trace   string
	Reason  string
	Amounts amounts
	Entries int64
	Scope   string
	Name    string
	Unit    string
	Amount  int64
	Used    int64
	Held    int64
}

// rows reads lines of JSON.
func (h *house) rows(args ...string) ([]row, error) {
	out, err := h.suiren(args...)
	if err != nil {
		return nil, err
	}
	var list []row
	for line := range bytes.Lines(out) {
		var r row
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		list = append(list, r)
	}
	return list, nil
}

// judge adds up, prints what it found, and reports whether it is as it must be.
func (h *house) judge(l *load) (bool, error) {
	ok := true
	bar := func(good bool, format string, args ...any) {
		mark := "ok  "
		if !good {
			mark, ok = "FAIL", false
		}
		fmt.Println(mark, fmt.Sprintf(format, args...))
	}
	checked, err := h.rows("usage", "check", "--models", "-o", "jsonl")
	bar(err == nil && len(checked) == 1, "suiren usage check: %v", err)
	entries, err := h.rows("usage", "export", "--models", "-o", "jsonl")
	if err != nil {
		return false, err
	}
	traces, err := h.rows("trace", "export", "--models", "-o", "jsonl")
	if err != nil {
		return false, err
	}
	bill, told := amounts{}, amounts{}
	charged := map[string]amounts{}
	twice := 0
	for _, e := range entries {
		bill.add(e.Amounts)
		if charged[e.Trace] != nil {
			twice++
		}
		charged[e.Trace] = e.Amounts
	}
	reasons := map[string]int{}
	for _, t := range traces {
		told.add(t.Amounts)
		reasons[t.Reason]++
		if !maps.Equal(charged[t.ID], t.Amounts) {
			bar(false, "the trace %s has %v and is charged %v", t.ID, t.Amounts, charged[t.ID])
		}
	}
	bar(len(entries) > 0 && len(entries) == len(traces) && maps.Equal(bill, told), "%d entries come to %v, %d traces to the same", len(entries), bill, len(traces))
	bar(twice == 0, "charged twice: %d", twice)
	fmt.Println("     ended by", reasons)
	missing, other := 0, 0
	for id, u := range l.ended {
		a := charged[id]
		if a == nil {
			missing++
			continue
		}
		sum := amounts{}
		for i := range 8 { // those of n answers
			name := id
			if i > 0 {
				name += fmt.Sprint("-", i)
			}
			sum.add(charged[name])
		}
		if u.completion > 0 && sum["thought"]+sum["answer"] != int64(u.completion) {
			other++
			l.note("%s: told %+v, charged %v", id, u, sum)
		}
	}
	bar(missing == 0 && len(l.ended) > 0, "of %d answers that were seen to end, %d are not charged", len(l.ended), missing)
	bar(other == 0, "charged other than told: %d", other)
	budgets, err := h.rows("budget", "list", "--models", "-o", "jsonl")
	if err != nil {
		return false, err
	}
	field := map[string]func() int64{"requests": func() int64 { return bill["requests"] }, "cpu": func() int64 { return bill["cpu"] },
		"tokens": func() int64 { return bill["prompt"] + bill["cached"] + bill["thought"] + bill["answer"] }}
	const reservation = 512 // of one request: the context
	for _, b := range budgets {
		over := max(0, b.Used-b.Amount)
		bar(b.Used == field[b.Unit]() && over <= reservation && b.Held == 0, "budget of %s %s, %s: used %d of %d, reserved %d; the entries say %d", b.Scope, b.Name, b.Unit, b.Used, b.Amount, b.Held, field[b.Unit]())
	}
	bar(len(budgets) == 3, "%d budgets", len(budgets))
	for i := range 2 {
		said, _ := os.ReadFile(filepath.Join(h.dir, fmt.Sprint("stderr", i)))
		var bad []string
		for line := range strings.Lines(string(said)) {
			if strings.Contains(line, "not in the books") || strings.Contains(line, "not released") {
				bad = append(bad, strings.TrimSpace(line))
			}
		}
		bar(len(bad) == 0, "server %d could not write: %d %s", i, len(bad), strings.Join(slices.Compact(bad[:min(3, len(bad))]), "; "))
	}
	for _, n := range l.odd {
		fmt.Println("     odd:", n)
	}
	return ok, nil
}
