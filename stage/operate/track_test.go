package operate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

func digestOf(i int) store.Digest { return store.Digest{byte(i), 1} }

func passed() (list []Checked) {
	for _, n := range Needed {
		list = append(list, Checked{Name: n, OK: true})
	}
	return list
}

var step = Step{By: "test", Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}

func TestTrack(t *testing.T) {
	tr := &Track{}
	a, b, c := digestOf(1), digestOf(2), digestOf(3)
	want := func(what string, live, before store.Digest) {
		t.Helper()
		l := tr.Live()
		if l == nil || l.Digest != live || l.Before != before {
			t.Fatalf("%s: live is %+v, want %s after %s", what, l, live.Short(), before.Short())
		}
	}
	if !tr.Serve(a, step, false) || tr.Serve(a, step, false) {
		t.Fatal("the first that is served is live, once")
	}
	tr.Serve(b, step, false) // made since
	want("served", b, a)
	if err := tr.Canary(c, Rule{Share: 0.1}, nil, step); !errors.Is(err, stage.ErrRefused) {
		t.Fatalf("a canary without checks: %v", err)
	}
	tr.Check(c, step, passed()[:2]...)
	if err := tr.Promote(c, nil, step); !errors.Is(err, stage.ErrRefused) {
		t.Fatalf("promoted without parity: %v", err)
	}
	tr.Check(c, step, Checked{Name: "parity"})
	if err := tr.Promote(c, nil, step); !errors.Is(err, stage.ErrRefused) {
		t.Fatalf("promoted with a failed check: %v", err)
	}
	tr.Check(c, step, passed()...)
	if err := tr.Canary(c, Rule{}, nil, step); err == nil {
		t.Fatal("a canary for nobody")
	}
	if err := tr.Canary(c, Rule{Share: 0.1}, Signals{Errors: 0.1}, step); err != nil {
		t.Fatal(err)
	}
	if tr.Serve(a, step, false) {
		t.Fatal("what is made goes live though the owner decides")
	}
	if ended, err := tr.Rollback(step); err != nil || len(ended) != 1 || ended[0] != c {
		t.Fatal("rollback does not end the canary", ended, err)
	}
	want("canary ended", b, a)
	if err := tr.Promote(c, nil, step); err != nil {
		t.Fatal(err)
	}
	want("promoted", c, b)
	if err := tr.Retire(c, step); !errors.Is(err, stage.ErrRefused) {
		t.Fatalf("the live one is retired: %v", err)
	}
	tr.Rollback(step)
	want("back", b, a)
	tr.Rollback(step)
	want("back again", a, store.Digest{})
	_, err := tr.Rollback(step)
	if err == nil {
		t.Fatal("back to nothing")
	}
	for lang, words := range map[say.Lang][]string{say.English: {a.Short() + " is live", "nothing older", "suiren release promote"}, say.Chinese: {"正在服务的是 " + a.Short(), "没有更早", "suiren release promote"}} {
		for _, word := range words {
			if text := say.Err(lang, err); !strings.Contains(text, word) {
				t.Errorf("%q is not in %s", word, text)
			}
		}
	}
	if _, err := new(Track).Rollback(step); err == nil || strings.Contains(err.Error(), "older") {
		t.Errorf("of nothing that is live: %v", err)
	}
}

// Whatever is done, there is at most one live release, it never vanishes once
// there was one, every answering release has passed its checks or was served
// as made, and the state keeps all that may answer.
func TestTrackProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := &Tracks{Format: 1, Tracks: map[string]*Track{}}
		tr := all.Track("x")
		had := false
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			d := digestOf(rapid.IntRange(1, 5).Draw(t, "release"))
			managed := tr.Managed
			switch rapid.IntRange(0, 5).Draw(t, "do") {
			case 0:
				if tr.Serve(d, step, false) && managed {
					t.Fatal("served over the owner's head")
				}
			case 1:
				tr.Check(d, step, passed()...)
			case 2:
				if err := tr.Canary(d, Rule{Share: 0.5}, nil, step); err == nil && len(tr.Find(d).Checks) < len(Needed) {
					t.Fatal("a canary without checks")
				}
			case 3:
				if err := tr.Promote(d, nil, step); err == nil && (tr.Live().Digest != d || len(tr.Find(d).Checks) < len(Needed)) {
					t.Fatal("promoted without checks, or not")
				}
			case 4:
				tr.Rollback(step)
			case 5:
				tr.Retire(d, step)
			}
			live := 0
			kept := map[store.Digest]bool{}
			for _, d := range all.keep() {
				kept[d] = true
			}
			seen := map[store.Digest]bool{}
			for _, r := range tr.Releases {
				if seen[r.Digest] {
					t.Fatal("a release stands twice")
				}
				seen[r.Digest] = true
				if r.Stage == Live {
					live++
				}
				if (r.Stage == Live || r.Stage == Canary) && !kept[r.Digest] {
					t.Fatal("gc may remove what answers")
				}
				if r.Before == r.Digest {
					t.Fatal("a release is before itself")
				}
			}
			if live > 1 || had && live == 0 {
				t.Fatalf("%d are live", live)
			}
			had = had || live == 1
		}
	})
}

func TestTracksState(t *testing.T) {
	st, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	version, err := ChangeTracks(st, func(all *Tracks) error { all.Track("x").Serve(digestOf(1), step, false); return nil })
	if err != nil || version != 1 {
		t.Fatal(version, err)
	}
	bad := errors.New("no")
	if _, err := ChangeTracks(st, func(*Tracks) error { return bad }); err != bad {
		t.Fatal(err)
	}
	all, version, err := ReadTracks(st)
	if err != nil || version != 1 || all.Tracks["x"].Live().Digest != digestOf(1) {
		t.Fatal(all, version, err)
	}
}

func FuzzTracks(f *testing.F) {
	f.Add([]byte(`{"format":1,"tracks":{"x":{"releases":[{"digest":"` + digestOf(1).String() + `","stage":"live"}]}}}`))
	f.Add([]byte(`{"format":1,"tracks":{"x":null}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := parseTracks(b)
		if err != nil {
			return
		}
		for _, name := range all.Names() {
			tr := all.Track(name)
			tr.Serve(digestOf(9), step, false)
			tr.Rollback(step)
		}
		all.keep()
	})
}

func TestSignals(t *testing.T) {
	s, err := ParseSignals("errors=2%, slow=1.5s")
	if err != nil || s[Errors] != 0.02 || s[Slow] != 1.5 {
		t.Fatal(s, err)
	}
	for _, bad := range []string{"errors", "errors=0", "errors=200%", "slow=-1s", "cost=1%", "errors=NaN", "slow=2"} {
		if s, err := ParseSignals(bad); err == nil {
			t.Errorf("%s: %v", bad, s)
		}
	}
}

// Of releases that just keep to what is tolerated, at most about 1% go back in
// 3000 requests; of those that break it, all do, and the worse the sooner.
func TestWatch(t *testing.T) {
	run := func(seed uint64, wrong float64, stop Signals, most int) int {
		r := rand.New(rand.NewPCG(seed, 1))
		w := NewWatch(stop)
		for i := range most {
			reason := "stop"
			if r.Float64() < wrong {
				reason = "error"
			}
			if w.Answered(reason, 0) != "" {
				return i + 1
			}
		}
		return 0
	}
	stop := Signals{Errors: 0.05, Slow: 2}
	alarms := 0
	const runs = 400
	for seed := range uint64(runs) {
		if run(seed, 0.05, stop, 2000) > 0 {
			alarms++
		}
	}
	if alarms > runs/25 { // 1% is the bound; this is more than five deviations above it
		t.Errorf("%d of %d good releases went back", alarms, runs)
	}
	for _, c := range []struct {
		wrong float64
		most  int
	}{{1, 5}, {0.5, 40}, {0.25, 150}, {0.12, 1500}} {
		for seed := range uint64(50) {
			if n := run(seed, c.wrong, stop, c.most); n == 0 {
				t.Errorf("with %v errors not back after %d requests (seed %d)", c.wrong, c.most, seed)
			}
		}
	}
	w := NewWatch(Signals{Slow: 2})
	n := 0
	for ; n < 50 && w.Answered("stop", 3*time.Second) == ""; n++ {
	}
	if n > 5 {
		t.Errorf("%d slow answers", n)
	}
	if got := fmt.Sprint(w.Seen()); got == "" {
		t.Error("nothing is said")
	}
	w = NewWatch(Signals{Errors: 0.01})
	for range 1000 {
		if w.Answered("cancelled", time.Hour) != "" {
			t.Fatal("clients that leave end a release")
		}
	}
}

// Where two persons are needed, only the first release goes live by itself.
func TestServeNeedsTwo(t *testing.T) {
	var tr Track
	first, next := digestOf(1), digestOf(2)
	if !tr.Serve(first, Step{By: "serve"}, true) || tr.Live().Digest != first {
		t.Fatal("the first is not live")
	}
	if tr.Serve(next, Step{By: "serve"}, true) || tr.Live().Digest != first {
		t.Fatal("the next went live without a second person")
	}
	if tr.Serve(next, Step{By: "serve"}, false) { // the list was shortened since: by two
		t.Fatal("the owner no longer decides")
	}
}
