package data

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
)

// run runs an operator on inputs, by argument, and returns what it made.
func runOp(t *testing.T, op stage.Operator, in map[string]string) string {
	t.Helper()
	job := &stage.Job{Out: t.TempDir(), Work: t.TempDir(), Emit: func(stage.Event) {}}
	for _, arg := range []string{"from", "text", "tokenizer", "base"} {
		if dir := in[arg]; dir != "" {
			job.Inputs = append(job.Inputs, stage.Input{Arg: arg, Dir: dir})
		}
	}
	if err := op.Run(context.Background(), job); err != nil {
		t.Fatal(err)
	}
	return job.Out
}

func readPart(t *testing.T, dir, part string) []stage.Problem {
	t.Helper()
	list, err := stage.ReadProblems(filepath.Join(dir, part, problemsFile))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// No part holds another's problem: not by key, and not by words around the
// same numbers in another order.
func TestPartsAreDisjoint(t *testing.T) {
	dir := runOp(t, &Lessons{Count: 4000, Heldout: 300, Seed: 5}, nil)
	keys, folded := map[string]string{}, map[string]string{}
	n := map[string]int{}
	for _, part := range []string{heldoutPart, watchPart, lengthPart, trainPart} {
		own := map[string]bool{}
		for _, p := range readPart(t, dir, part) {
			n[part]++
			if other, ok := keys[p.Key]; ok && other != part {
				t.Errorf("key %s is in %s and %s", p.Key, other, part)
			}
			f := fold(p.Prompt)
			if other, ok := folded[f]; ok && other != part {
				t.Errorf("%q is in %s, nearly, and in %s", p.Prompt, other, part)
			}
			if own[f] {
				t.Errorf("%q is in %s twice, nearly", p.Prompt, part)
			}
			keys[p.Key], folded[f], own[f] = part, part, true
		}
	}
	if n[trainPart] != 4000 || n[heldoutPart] != 300 || n[watchPart] != watchProblems || n[lengthPart] < 200 {
		t.Errorf("parts of %v problems", n)
	}
}

// The course begins easy and has, in its second half, every level of every
// family; what is easy goes on to the end.
func TestCourse(t *testing.T) {
	list := readPart(t, runOp(t, &Lessons{Count: 6000, Heldout: 100}, nil), trainPart)
	level := func(list []stage.Problem) (sum float64) {
		for _, p := range list {
			for _, f := range families {
				if f.name == p.Family {
					sum += float64(p.Level) / float64(f.levels)
				}
			}
		}
		return sum / float64(len(list))
	}
	if first, last := level(list[:600]), level(list[5400:]); first > 0.5 || last < 0.7 {
		t.Errorf("mean level is %.2f at first and %.2f at last", first, last)
	}
	seen := map[string]map[int]bool{}
	for _, p := range list[3000:] {
		if seen[p.Family] == nil {
			seen[p.Family] = map[int]bool{}
		}
		seen[p.Family][p.Level] = true
	}
	for _, f := range families {
		if !f.extra && len(seen[f.name]) != f.levels {
			t.Errorf("the second half has levels %v of %s, which has %d", seen[f.name], f.name, f.levels)
		}
	}
}

// The same settings give the same bytes, another seed others; rows hold just
// the conversations.
func TestSameBytes(t *testing.T) {
	digest := func(dir string) string { return digestOf(t, dir) }
	a := runOp(t, &Lessons{Count: 500, Heldout: 100}, nil)
	if b := runOp(t, &Lessons{Count: 500, Heldout: 100}, nil); digest(a) != digest(b) {
		t.Error("two runs, two artifacts")
	}
	if c := runOp(t, &Lessons{Count: 500, Heldout: 100, Seed: 1}, nil); digest(a) == digest(c) {
		t.Error("another seed made the same")
	}
	train := filepath.Join(a, trainPart)
	tok := runOp(t, &Tokenizer{Vocab: 400}, map[string]string{"from": train})
	for _, direct := range []bool{false, true} {
		op := &Tokens{Length: 128, Direct: direct}
		in := map[string]string{"from": train, "tokenizer": tok}
		dir := runOp(t, op, in)
		if digest(dir) != digest(runOp(t, op, in)) {
			t.Error("two packings differ")
		}
		checkRows(t, dir, tok, readPart(t, a, trainPart), direct)
	}
	mixed := runOp(t, &Tokens{Length: 128, Shuffle: true}, map[string]string{"from": train, "tokenizer": tok})
	checkRows(t, mixed, tok, readPart(t, a, trainPart), false)
	if digest(mixed) == digest(runOp(t, &Tokens{Length: 128}, map[string]string{"from": train, "tokenizer": tok})) {
		t.Error("shuffled rows are in the lessons' order")
	}
}

// What lessons come to is foretold: how many tokens, and that what is held out takes
// its time, too.
func TestForecastOfLessons(t *testing.T) {
	short, long := (&Lessons{Count: 100, Heldout: 300}).Forecast(nil, stage.Machine{}), (&Lessons{Count: 100, Heldout: 10_000}).Forecast(nil, stage.Machine{})
	if long.Low < 5*short.Low || long.High < 5*short.High {
		t.Errorf("10,000 held-out problems take %g to %g s, 300 %g to %g", long.Low, long.High, short.Low, short.High)
	}
	op := &Lessons{Count: 3000, Heldout: 100}
	train := filepath.Join(runOp(t, op, nil), trainPart)
	tok := runOp(t, &Tokenizer{Vocab: 512}, map[string]string{"from": train})
	for _, direct := range []bool{false, true} {
		rows := &Tokens{Length: 256, Direct: direct}
		want := rows.Forecast(map[string][]stage.Forecast{"from": {op.Forecast(nil, stage.Machine{})}}, stage.Machine{}).Size
		info, err := stage.ReadRowsInfo(runOp(t, rows, map[string]string{"from": train, "tokenizer": tok}))
		if err != nil {
			t.Fatal(err)
		}
		for name, of := range map[string][2]float64{"tokens": {want["tokens"], float64(info.Tokens)}, "rows": {want["rows"], float64(info.Rows)}} {
			if r := of[0] / of[1]; r < 0.94 || r > 1.06 {
				t.Errorf("direct %v: %.0f %s foretold, there are %.0f", direct, of[0], name, of[1])
			}
		}
	}
}

// checkRows finds every conversation in the rows, whole and once.
func checkRows(t *testing.T, dir, tokDir string, problems []stage.Problem, direct bool) {
	t.Helper()
	tok, err := tokenizer.Load(tokDir)
	if err != nil {
		t.Fatal(err)
	}
	chat, err := tokenizer.NewChat(tok)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for _, p := range problems {
		ids, _ := chat.Example(nil, p.Prompt, p.Think, p.Answer, !direct)
		if len(ids) <= 128 {
			want[tok.Decode(ids)]++
		}
	}
	rows, err := stage.OpenRows(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if rows.Think() == direct {
		t.Error("the rows say the wrong thing about thoughts")
	}
	filled := 0
	for i := range rows.Len() {
		ids, start, weight := rows.Row(i)
		for at := 0; at < len(ids) && start[at] >= 0; {
			end := at
			learnt := 0
			for ; end < len(ids) && int(start[end]) == at; end++ {
				learnt += int(weight[end])
			}
			want[tok.Decode(ids[at:end])]--
			if learnt == 0 || weight[at] != 0 {
				t.Fatalf("row %d: a conversation with %d tokens to learn", i, learnt)
			}
			filled += end - at
			at = end
		}
	}
	for text, n := range want {
		if n != 0 {
			t.Fatalf("%d times too few: %q", n, text)
		}
	}
	// rows of 128 hold two or three conversations; those of 256 are 0.95 full
	if share := float64(filled) / float64(rows.Len()*128); share < 0.8 {
		t.Errorf("the rows are %.2f full", share)
	}
}

func TestLessonsCheck(t *testing.T) {
	if errs := (&Lessons{Languages: []string{"fr"}, Families: []string{"chess"}}).Check(); len(errs) != 2 {
		t.Errorf("%d errors: %v", len(errs), errs)
	} else if errs[0].Where != "languages" || errs[1].In(say.Chinese) == errs[1].In(say.English) {
		t.Errorf("place or Chinese is missing: %v", errs)
	}
	if errs := new(Lessons).Check(); len(errs) != 0 {
		t.Error(errs)
	}
}

// A tokenizer never sees more than the folder it is given.
func TestTokenizerNeedsItsPart(t *testing.T) {
	dir := runOp(t, &Lessons{Count: 200, Heldout: 100}, nil)
	job := &stage.Job{Inputs: []stage.Input{{Arg: "from", Dir: dir}}, Out: t.TempDir(), Emit: func(stage.Event) {}}
	if err := (&Tokenizer{Vocab: 300}).Run(context.Background(), job); !os.IsNotExist(err) {
		t.Errorf("the whole artifact was read: %v", err)
	}
}

// Every family that a plan can name keeps its parts apart.
func TestAllFamilies(t *testing.T) {
	dir := runOp(t, &Lessons{Count: 3000, Heldout: 140, Families: familyNames()}, nil)
	n := map[string]int{}
	for _, p := range readPart(t, dir, heldoutPart) {
		n[p.Family]++
	}
	for _, name := range familyNames() {
		if n[name] == 0 {
			t.Errorf("no problem of %s is held out", name)
		}
	}
}

// Thoughts are gone through again up to so many times, of what is learnt alone.
func TestLessonsChecked(t *testing.T) {
	plain := runOp(t, &Lessons{Count: 300, Heldout: 100}, nil)
	dir := runOp(t, &Lessons{Count: 300, Heldout: 100, Checks: 2}, nil)
	times := map[int]int{}
	once := readPart(t, plain, trainPart)
	for i, p := range readPart(t, dir, trainPart) {
		n := strings.Count(p.Think, "?\n")
		times[n]++
		if p.Think != once[i].Think+strings.Repeat("?\n"+once[i].Think, n) {
			t.Fatalf("%q of %q", p.Think, once[i].Think)
		}
	}
	if len(times) != 3 || min(times[0], times[1], times[2]) < 60 {
		t.Errorf("gone through again: %v", times)
	}
	if a, b := digestOf(t, filepath.Join(plain, watchPart)), digestOf(t, filepath.Join(dir, watchPart)); a != b {
		t.Error("the watched problems are others")
	}
}
