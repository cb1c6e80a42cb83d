package run

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

func note(en, zh string, args ...any) stage.Event {
	return stage.Event{Type: "note", Step: "weights.base", Text: new(say.T(en, zh, args...))}
}

// shape replaces what differs between runs.
func shape(t *testing.T, list []string) string {
	t.Helper()
	var b strings.Builder
	for _, data := range list {
		var m map[string]any
		check(t, json.Unmarshal([]byte(data), &m))
		if _, err := time.Parse(time.RFC3339, fmt.Sprint(m["time"])); err != nil {
			t.Errorf("time: %v", err)
		}
		delete(m, "time")
		if m["run"] != nil {
			m["run"] = "RUN"
		}
		line, err := json.Marshal(m)
		check(t, err)
		b.WriteString(string(line) + "\n")
	}
	return b.String()
}

func TestLog(t *testing.T) {
	st := open(t)
	l, err := Begin(st)
	check(t, err)
	l.Emit(stage.Event{Type: "begin", Step: "weights.base", Vals: map[string]float64{"low": 1}})
	l.Emit(stage.Event{Type: "metric", Step: "weights.base", Vals: map[string]float64{"step": 1, "loss": math.NaN(), "x": math.Inf(1)}})
	l.Emit(stage.Event{Type: "progress", Step: "weights.base", Done: 1, Total: 4, Unit: "steps"})
	l.Emit(note("%d rows, %v", "%d 行，%v", 3, say.Errorf("bad", "坏的")))
	l.Emit(stage.Event{Type: "note", Say: "said"})
	check(t, l.Close(nil))
	l.Emit(note("late", "太晚"))
	check(t, l.Close(errors.New("twice")))
	for lang, want := range map[say.Lang]string{
		say.English: `{"id":1,"run":"RUN","type":"run","version":"1.2"}
{"id":2,"step":"weights.base","type":"begin","values":{"low":1}}
{"id":3,"step":"weights.base","type":"metric","values":{"step":1}}
{"done":1,"id":4,"step":"weights.base","total":4,"type":"progress","unit":"steps"}
{"id":5,"step":"weights.base","text":"3 rows, bad","type":"note"}
{"id":6,"text":"said","type":"note"}
{"id":7,"state":"done","text":"done","type":"end"}
`,
		say.Chinese: `{"id":1,"run":"RUN","type":"run","version":"1.2"}
{"id":2,"step":"weights.base","type":"begin","values":{"low":1}}
{"id":3,"step":"weights.base","type":"metric","values":{"step":1}}
{"done":1,"id":4,"step":"weights.base","total":4,"type":"progress","unit":"steps"}
{"id":5,"step":"weights.base","text":"3 行，坏的","type":"note"}
{"id":6,"text":"said","type":"note"}
{"id":7,"state":"done","text":"完成","type":"end"}
`} {
		for _, id := range []string{l.ID(), Latest} {
			if got := shape(t, lines(t, st, id, 0, lang)); got != want {
				t.Errorf("%s in %s:\n%swant\n%s", id, lang, got, want)
			}
		}
	}
	if got := lines(t, st, l.ID(), 5, say.English); len(got) != 2 {
		t.Errorf("after 5: %v", got)
	}
	if got := lines(t, st, l.ID(), 7, say.English); len(got) != 0 {
		t.Errorf("after the end: %v", got)
	}
}

func TestStates(t *testing.T) {
	st := open(t)
	if list, err := Runs(st.Path()); err != nil || len(list) != 0 || list == nil {
		t.Errorf("none: %v, %v", list, err)
	}
	if got := lines(t, st, Latest, 0, say.English); len(got) != 0 {
		t.Errorf("the latest of none: %v", got)
	}
	var want []string
	for _, c := range []struct {
		err   error
		state string
	}{
		{nil, Done}, {say.Errorf("bad", "坏"), Failed}, {context.Canceled, Interrupted},
		{fmt.Errorf("x: %w", context.Canceled), Interrupted}, {errors.New(strings.Repeat("long\x00", 100000)), Failed},
	} {
		l, err := Begin(st)
		check(t, err)
		want = append(want, l.ID()+" "+c.state)
		check(t, l.Close(c.err))
	}
	live, err := Begin(st)
	check(t, err)
	defer live.Close(nil)
	want = append(want, live.ID()+" "+Running)
	slices.Reverse(want)
	list, err := Runs(st.Path())
	check(t, err)
	var got []string
	for _, i := range list {
		got = append(got, i.ID+" "+i.State)
		if i.Began.IsZero() || i.Ended.IsZero() != (i.State == Running) {
			t.Errorf("%+v", i)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("runs\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Every event of every goroutine reaches every reader, once and in order,
// also one that began to read before the run was done.
func TestFollowLive(t *testing.T) {
	st := open(t)
	l, err := Begin(st)
	check(t, err)
	const writers, each = 4, 50
	var wg sync.WaitGroup
	read := make([][]int64, 3)
	began := make(chan bool, len(read))
	for r := range read {
		wg.Go(func() {
			for e, err := range Follow(t.Context(), st.Path(), Latest, 0, say.English) {
				if err != nil {
					t.Error(err)
					return
				}
				if len(read[r]) == 0 {
					began <- true
				}
				read[r] = append(read[r], e.ID)
			}
		})
	}
	for range read {
		<-began
	}
	var out sync.WaitGroup
	for w := range writers {
		out.Go(func() {
			for i := range each {
				l.Emit(stage.Event{Type: []string{"metric", "note", "count"}[(w+i)%3], Step: "a.b", Vals: map[string]float64{"step": float64(i)}})
			}
		})
	}
	out.Wait()
	check(t, l.Close(nil))
	wg.Wait()
	for r, ids := range read {
		if len(ids) != writers*each+2 {
			t.Errorf("reader %d got %d lines, want %d", r, len(ids), writers*each+2)
		}
		for i, id := range ids {
			if id != int64(i+1) {
				t.Fatalf("reader %d: line %d has id %d", r, i+1, id)
			}
		}
	}
}

// A metric reaches the file without an event that pushes it there.
func TestFlush(t *testing.T) {
	st := open(t)
	l, err := Begin(st)
	check(t, err)
	defer l.Close(nil)
	l.Emit(stage.Event{Type: "metric", Step: "a.b"})
	for e, err := range Follow(t.Context(), st.Path(), l.ID(), 1, say.English) {
		check(t, err)
		if e.ID == 2 {
			break // the loop ends only if it comes
		}
	}
}

func TestFollowLeaves(t *testing.T) {
	st := open(t)
	l, err := Begin(st)
	check(t, err)
	defer l.Close(nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range Follow(ctx, st.Path(), l.ID(), 0, say.English) {
		check(t, err)
		n++
		cancel()
	}
	if n != 1 {
		t.Errorf("%d lines, want the first", n)
	}
}

func TestFollowNothing(t *testing.T) {
	st := open(t)
	check(t, os.WriteFile(filepath.Join(st.Path(), "secret.jsonl"), []byte("{}\n"), 0o600))
	for _, id := range []string{"", "..", "../secret", "20261125T193752Z-0001", "20261125T193752Z-0001/../../../secret", "20269925T193752Z-0001", strings.Repeat("x", 1e6)} {
		var got error
		for e, err := range Follow(t.Context(), st.Path(), id, 0, say.English) {
			if got = err; err == nil {
				t.Errorf("%q gave %s", id, e.Data)
			}
		}
		if !errors.Is(got, store.ErrNotFound) || len(got.Error()) > 200 {
			t.Errorf("%.50q: %.300v", id, got)
		}
	}
}

const childVar = "SUIREN_RUN_TEST_CHILD"

// The child of TestDeath emits what only flushing by time would write, says
// so and waits to be killed.
func TestMain(m *testing.M) {
	if os.Getenv(childVar) != "" {
		st, err := store.Open(os.Args[1])
		if err != nil {
			panic(err)
		}
		l, err := Begin(st)
		if err != nil {
			panic(err)
		}
		l.Emit(note("alive", "活着"))
		fmt.Println(l.ID())
		bufio.NewReader(os.Stdin).ReadByte()
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// A run whose process died without a word has ended, for those who follow it
// and for those who ask later.
func TestDeath(t *testing.T) {
	st := open(t)
	exe, err := os.Executable()
	check(t, err)
	cmd := exec.Command(exe, st.Path())
	cmd.Env = append(os.Environ(), childVar+"=1")
	in, err := cmd.StdinPipe()
	check(t, err)
	defer in.Close()
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	id, err := bufio.NewReader(out).ReadString('\n')
	check(t, err)
	id = strings.TrimSpace(id)
	if list, err := Runs(st.Path()); err != nil || len(list) != 1 || list[0].State != Running {
		t.Errorf("%v, %v", list, err)
	}
	n := 0
	for e, err := range Follow(t.Context(), st.Path(), id, 0, say.English) {
		check(t, err)
		if n++; e.ID == 2 {
			cmd.Process.Kill()
		}
	}
	cmd.Wait()
	if n != 2 {
		t.Errorf("%d lines", n)
	}
	// Half a line, as a kill may leave it.
	path := logPath(filepath.Join(st.Path(), "runs"), id)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	check(t, err)
	_, err = f.WriteString(`{"id":3,"type":"en`)
	check(t, err)
	check(t, f.Close())
	if got := lines(t, st, id, 0, say.English); len(got) != 2 {
		t.Errorf("%v", got)
	}
	list, err := Runs(st.Path())
	if err != nil || len(list) != 1 || list[0].State != Interrupted || list[0].Ended.IsZero() {
		t.Errorf("%+v, %v", list, err)
	}
	// The next run's id is later, whatever the clock says.
	l, err := begin(filepath.Join(st.Path(), "runs"), time.Unix(0, 0))
	check(t, err)
	if l.ID() <= id {
		t.Errorf("%s comes before %s", l.ID(), id)
	}
	check(t, l.Close(nil))
}

func TestIDs(t *testing.T) {
	for _, c := range []struct{ now, last, want string }{
		{"2026-11-25T19:37:52.12345Z", "", "20261125T193752Z-1234"},
		{"2026-11-25T19:37:52.12345Z", "20261125T193752Z-1233", "20261125T193752Z-1234"},
		{"2026-11-25T19:37:52.12345Z", "20261125T193752Z-1234", "20261125T193752Z-1235"},
		{"1970-01-01T00:00:00Z", "20261231T235959Z-9999", "20270101T000000Z-0000"},
		{"2026-11-26T03:37:52+08:00", "", "20261125T193752Z-0000"},
	} {
		dir := t.TempDir()
		for _, name := range []string{c.last + suffix, "99999999T999999Z-0000" + suffix, "new-1", "x" + suffix} {
			check(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
		}
		now, err := time.Parse(time.RFC3339, c.now)
		check(t, err)
		if got, err := newID(dir, now); got != c.want || err != nil {
			t.Errorf("at %s after %q: %s, %v; want %s", c.now, c.last, got, err, c.want)
		}
	}
}

// FuzzFollow reads files that may hold anything.
func FuzzFollow(f *testing.F) {
	f.Add([]byte(`{"id":1,"time":"2026-11-25T19:37:52.123Z","type":"run","version":"1.0"}` + "\n" + `{"id":2,"text":{"en":"a","zh":"b"},"stack":"s"}` + "\n"))
	f.Add([]byte("{}\n\n"))
	f.Add([]byte(`{"id":9223372036854775807,"type":"end","values":{"a":1e308}}` + "\nx"))
	dir := f.TempDir()
	runs := filepath.Join(dir, "runs")
	if err := os.Mkdir(runs, 0o700); err != nil {
		f.Fatal(err)
	}
	const id = "20261125T193752Z-0001"
	f.Fuzz(func(t *testing.T, b []byte) {
		check(t, os.WriteFile(logPath(runs, id), b, 0o600))
		n := 0
		for e, err := range Follow(t.Context(), dir, id, 0, say.Chinese) {
			if err != nil {
				if _, ok := errors.AsType[*say.Error](err); !ok {
					t.Errorf("not words for people: %v", err)
				}
				break
			}
			if n++; !json.Valid(e.Data) || strings.Contains(string(e.Data), "\n") {
				t.Errorf("%q is not a line of JSON", e.Data)
			}
		}
		if n > strings.Count(string(b), "\n") {
			t.Errorf("%d lines of %q", n, b)
		}
		list, err := Runs(dir)
		if err != nil || len(list) != 1 || list[0].State == Running {
			t.Errorf("%v, %v", list, err)
		}
	})
}

// What a run told so far is read at once, while it goes on and after it.
func TestTold(t *testing.T) {
	st := open(t)
	l, err := Begin(st)
	check(t, err)
	types := func() (list []string) {
		check(t, Told(st.Path(), l.ID(), func(l Line) { list = append(list, l.Type+l.Step) }))
		return list
	}
	l.Emit(stage.Event{Type: TypeBegin, Step: "weights.a"})
	if got := types(); !slices.Equal(got, []string{"run", "beginweights.a"}) {
		t.Errorf("of a run that goes on: %q", got)
	}
	check(t, l.Close(nil))
	if got := types(); !slices.Equal(got, []string{"run", "beginweights.a", "end"}) {
		t.Errorf("of one that ended: %q", got)
	}
	path := logPath(filepath.Join(st.Path(), "runs"), l.ID())
	b, err := os.ReadFile(path)
	check(t, err)
	check(t, os.WriteFile(path, append([]byte("damaged\n"), b[:len(b)-3]...), 0o600))
	if got := types(); !slices.Equal(got, []string{"run", "beginweights.a"}) {
		t.Errorf("of one that is damaged: %q", got)
	}
	for _, id := range []string{"20261125T204755Z-1362", "../x", ""} {
		if err := Told(st.Path(), id, func(Line) {}); err == nil {
			t.Errorf("%q is read", id)
		}
	}
}
