package operate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func put(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func releaseOf(t *testing.T, verdict, scenario string) (*Manifest, error) {
	t.Helper()
	job := &stage.Job{Out: t.TempDir()}
	for i, arg := range []string{"scenario", "policy", "verdict"} {
		job.Inputs = append(job.Inputs, stage.Input{Arg: arg, Digest: store.Digest{byte(i + 1)}, Dir: t.TempDir()})
	}
	put(t, filepath.Join(job.Dir("scenario"), "scenario.json"), scenario)
	put(t, filepath.Join(job.Dir("verdict"), "verdict.json"), verdict)
	if err := new(Release).Run(t.Context(), job); err != nil {
		if _, e := os.Stat(filepath.Join(job.Out, manifestFile)); e == nil {
			t.Error("a refused release was written")
		}
		return nil, err
	}
	return OpenRelease(job.Out)
}

func TestRelease(t *testing.T) {
	weights, knowledge := store.Digest{7}, store.Digest{8}
	scenario := `{"name":"tutor","weights":"` + weights.String() + `","knowledge":"` + knowledge.String() + `","think":192}`
	m, err := releaseOf(t, `{"pass":true,"checks":[{"name":"accuracy","want":0.9,"got":0.93,"ok":true}],"scenario":"`+store.Digest{1}.String()+`"}`, scenario)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Manifest{1, "tutor", store.Digest{1}, weights, knowledge, store.Digest{2}, store.Digest{3}, nil}); !reflect.DeepEqual(*m, want) {
		t.Errorf("%+v, want %+v", m, want)
	}
	m, err = releaseOf(t, `{"pass":true,"checks":[]}`, `{"weights":"`+weights.String()+`","knowledge":""}`)
	if err != nil || !m.Knowledge.IsZero() {
		t.Errorf("no knowledge: %+v, %v", m, err)
	}
	for verdict, says := range map[string]string{
		`{"pass":false,"checks":[{"name":"a","ok":true},{"name":"accuracy","want":"≥ 0.9","got":0.42,"ok":false}]}`: "accuracy: wanted ≥ 0.9, got 0.42",
		`{"pass":true,"checks":[{"name":"accuracy","want":0.9,"got":0.42,"ok":false}]}`:                             "accuracy",
		`{"pass":false}`:                   "does not pass",
		`{}`:                               "does not pass",
		`{"pass":true,"scenario":"other"}`: "another scenario",
		`{"pass":true,"policy":"other"}`:   "another policy",
	} {
		_, err := releaseOf(t, verdict, scenario)
		if !errors.Is(err, stage.ErrRefused) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want a refusal that says %q", verdict, err, says)
		}
		if zh := say.Err(say.Chinese, err); !strings.Contains(zh, "发布被拒绝") || strings.Contains(zh, "%!") {
			t.Errorf("in Chinese: %s", zh)
		}
	}
	if _, err := releaseOf(t, `{"pass":true}`, `{"weights":"x"}`); err == nil || errors.Is(err, stage.ErrRefused) {
		t.Errorf("a broken scenario: %v", err)
	}
}

func TestKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "keys.json")
	k, err := OpenKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	k.Now = func() time.Time { return noon }
	first, err := k.First(Key{Name: "first", Roles: []string{"owner"}})
	if err != nil || !strings.HasPrefix(first, secretPrefix) {
		t.Fatal(first, err)
	}
	if again, err := k.First(Key{Name: "again"}); again != "" || err != nil {
		t.Errorf("a second first key: %q, %v", again, err)
	}
	other, err := k.Make(Key{Name: "other"})
	if err != nil || other == first {
		t.Fatal(other, err)
	}
	if _, err := k.Make(Key{Name: "other"}); err == nil {
		t.Error("two keys of one name")
	}
	if text := get(t, path); strings.Contains(text, first) || strings.Contains(text, strings.TrimPrefix(first, secretPrefix)) {
		t.Error("the file holds the secret")
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	for secret, want := range map[string]string{first: "first", other: "other", "": "", first[:len(first)-1]: "", first + "x": ""} {
		if key, ok := k.Lookup(secret); key.Name != want || ok != (want != "") {
			t.Errorf("lookup of %q: %q, %v", secret, key.Name, ok)
		}
	}
	second, err := OpenKeys(path) // another process revokes
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Revoke("first"); err != nil {
		t.Fatal(err)
	}
	if err := second.Revoke("first"); err == nil {
		t.Error("revoked twice")
	}
	if key, ok := k.Lookup(first); ok {
		t.Errorf("a revoked key opens: %q", key.Name)
	}
	if _, ok := k.Lookup(other); !ok {
		t.Error("revoking one key closed another")
	}
	put(t, path, "{")
	if _, ok := k.Lookup(other); ok {
		t.Error("a broken file lets somebody in")
	}
	if _, err := OpenKeys(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a broken file: %v", err)
	}
	if _, err := k.Make(Key{Name: "third"}); err == nil {
		t.Error("a broken file was overwritten")
	}
}

// A key ends when it expires; when it is rotated, the old secret works for the grace.
func TestKeyTimes(t *testing.T) {
	k, err := OpenKeys(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	now := noon
	k.Now = func() time.Time { return now }
	short, err := k.Make(Key{Name: "short", Expires: noon.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	old, err := k.Make(Key{Name: "turned", Roles: []string{"user"}, Models: []string{"m"}})
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := k.Rotate("turned", time.Hour)
	if err != nil || fresh == old {
		t.Fatal(err)
	}
	opens := func(what, secret string, want bool) {
		t.Helper()
		if _, ok := k.Lookup(secret); ok != want {
			t.Errorf("%s: opens is %v", what, ok)
		}
	}
	opens("within its time", short, true)
	opens("the old secret in the grace", old, true)
	opens("the new secret", fresh, true)
	if key, _ := k.Lookup(fresh); key.Models[0] != "m" || key.Roles[0] != "user" {
		t.Errorf("rotation lost the scopes: %+v", key)
	}
	now = now.Add(time.Hour)
	opens("expired", short, false)
	opens("the old secret after the grace", old, false)
	opens("the new secret later", fresh, true)
	opens("nothing", "", false)
	if _, err := k.Rotate("nobody", 0); err == nil {
		t.Error("no such key was rotated")
	}
}

func TestKeysTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	var wg sync.WaitGroup
	for _, name := range strings.Fields("a b c d e f g h") {
		wg.Go(func() {
			k, err := OpenKeys(path) // as another process would
			if err == nil {
				_, err = k.Make(Key{Name: name})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	k, err := OpenKeys(path)
	if err != nil || len(k.List()) != 8 {
		t.Errorf("%d keys of 8, %v", len(k.List()), err)
	}
}

func TestLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c%41#d", "ledger.db")
	var wg sync.WaitGroup
	for i := range 2 { // as two processes
		l, err := OpenLedger(path)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for j := range 4 {
			wg.Go(func() {
				for n := range 10 {
					id := string(rune('a'+i)) + string(rune('a'+j)) + string(rune('a'+n))
					u := Usage{ID: id, Time: noon.Add(time.Duration(n) * time.Hour), Caller: []string{"x", "y"}[i], Release: "r", Reason: "stop",
						Prompt: 7, Completion: 5, Reasoning: 3, CPU: 1500 * time.Microsecond}
					for range 2 { // the second time counts nothing
						if err := l.Add(u); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
	}
	wg.Wait()
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	l, err := OpenLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	want := Total{"x", 40, 280, 200, 120, 60 * time.Millisecond}
	list, err := l.Totals(time.Time{})
	if err != nil || len(list) != 2 || list[0] != want || list[1].Caller != "y" {
		t.Errorf("%+v, %v; want %+v", list, err, want)
	}
	list, err = l.Totals(noon.Add(5 * time.Hour))
	if err != nil || len(list) != 2 || list[0].Requests != 20 {
		t.Errorf("since: %+v, %v", list, err)
	}
	for _, u := range []Usage{{}, {ID: "1", Prompt: -1}, {ID: "1", Completion: 1, Reasoning: 2}, {ID: "1", CPU: -1}} {
		if l.Add(u) == nil {
			t.Errorf("took %+v", u)
		}
	}
	put(t, filepath.Join(filepath.Dir(path), "other.db"), strings.Repeat("not a database ", 100))
	if l, err := OpenLedger(filepath.Join(filepath.Dir(path), "other.db")); err == nil {
		l.Close()
		t.Error("opened what is no ledger")
	}
}

func traceOf(id string) *Trace {
	return &Trace{ID: id, Time: noon, Messages: []Message{{"user", "q " + id}, {"assistant", "a"}, {"user", "3+5=? <" + id + ">"}},
		Thought: "3+5", Answer: "8", Sources: json.RawMessage(`[{"file":"a.md"}]`), Params: json.RawMessage(`{"max_tokens":9}`), Seed: 1<<64 - 1, Reason: "stop"}
}

func TestTraces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "traces", "r", "traces.jsonl")
	tr, err := OpenTraces(path)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	tr.Now = func() time.Time { return noon }
	refused := traceOf("refused")
	refused.Reason = "content_filter"
	for _, x := range []*Trace{traceOf("a"), traceOf("b"), traceOf("c"), refused} {
		if err := tr.Add(x); err != nil {
			t.Fatal(err)
		}
	}
	if tr.Add(traceOf("a")) == nil || tr.Add(&Trace{}) == nil {
		t.Error("took a trace twice, or without an id")
	}
	if err := tr.Rate("nobody", true, ""); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("rating of an unknown answer: %v", err)
	}
	other, err := OpenTraces(path) // another process
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, err := range []error{
		tr.Rate("a", false, "wrong"), other.Rate("a", true, ""), tr.Rate("b", false, "rude"), other.Rate("refused", true, ""),
		other.Add(traceOf("d")), tr.Rate("d", true, ""),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	list, err := ReadRated(strings.NewReader(get(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteRated(&b, list); err != nil {
		t.Fatal(err)
	}
	want := `{"id":"a","question":"3+5=? <a>","answer":"8","rating":1,"time":"2026-11-24T12:00:00Z"}
{"id":"b","question":"3+5=? <b>","answer":"8","rating":-1,"time":"2026-11-24T12:00:00Z"}
{"id":"d","question":"3+5=? <d>","answer":"8","rating":1,"time":"2026-11-24T12:00:00Z"}
`
	if b.String() != want {
		t.Errorf("rated:\n%swant:\n%s", b.String(), want)
	}
}

// Whatever a crash leaves of the last line, the lines before it stand, and
// the next one is written after them.
func TestTracesTail(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.jsonl")
	tr, err := OpenTraces(whole)
	if err != nil {
		t.Fatal(err)
	}
	tr.Now = func() time.Time { return noon }
	if err := errors.Join(tr.Add(traceOf("a")), tr.Rate("a", true, ""), tr.Add(traceOf("b")), tr.Close()); err != nil {
		t.Fatal(err)
	}
	text := get(t, whole)
	acknowledged := strings.Index(text, `"b"`)
	acknowledged = strings.LastIndex(text[:acknowledged], "\n") + 1
	for n := acknowledged; n <= len(text); n += 5 {
		path := filepath.Join(dir, "cut.jsonl")
		put(t, path, text[:n])
		tr, err := OpenTraces(path)
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if err := errors.Join(tr.Add(traceOf("c")), tr.Rate("c", false, ""), tr.Close()); err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		list, err := ReadRated(strings.NewReader(get(t, path)))
		if err != nil || len(list) != 2 || list[0].Rating != 1 || list[1].Rating != -1 {
			t.Fatalf("cut at %d: %+v, %v", n, list, err)
		}
	}
	bad := filepath.Join(dir, "bad.jsonl")
	put(t, bad, strings.Replace(text, `{"id"`, `{"id`, 1))
	if _, err := OpenTraces(bad); err == nil || !strings.Contains(err.Error(), bad) {
		t.Errorf("a broken line in the middle: %v", err)
	}
}

func TestTracesTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "traces.jsonl")
	var wg sync.WaitGroup
	for p := range 2 { // as two processes
		tr, err := OpenTraces(path)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		for g := range 3 {
			wg.Go(func() {
				for n := range 6 {
					id := string([]byte{'a' + byte(p), 'a' + byte(g), 'a' + byte(n)})
					if err := errors.Join(tr.Add(traceOf(id)), tr.Rate(id, true, "")); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	if list, err := ReadRated(strings.NewReader(get(t, path))); err != nil || len(list) != 36 {
		t.Errorf("%d of 36, %v", len(list), err)
	}
}

// The ids that are kept in memory do not grow with the file; what they leave
// out can be rated all the same.
func TestTracesAreBounded(t *testing.T) {
	tr, err := OpenTraces(filepath.Join(t.TempDir(), "traces.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	const n = recentTraces + 300
	for i := range n {
		if err := tr.Add(&Trace{ID: fmt.Sprint("answer-", i), Reason: "stop"}); err != nil {
			t.Fatal(err)
		}
	}
	again, err := OpenTraces(tr.j.path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for _, x := range []*Traces{tr, again} {
		if len(x.recent.ids) != recentTraces || len(x.recent.list) != recentTraces {
			t.Fatalf("%d and %d ids are kept", len(x.recent.ids), len(x.recent.list))
		}
		for _, i := range []int{0, 299, 300, n - 1} {
			if err := x.Rate(fmt.Sprint("answer-", i), true, ""); err != nil {
				t.Errorf("answer %d: %v", i, err)
			}
		}
		if err := x.Rate("answer-", true, `"id":"answer-"`); !errors.Is(err, ErrNoAnswer) {
			t.Errorf("an unknown answer: %v", err)
		}
	}
	if list, err := ReadRated(strings.NewReader(get(t, tr.j.path))); err != nil || len(list) != 4 {
		t.Errorf("%d are rated, %v", len(list), err)
	}
}

func FuzzTraces(f *testing.F) {
	for _, s := range []string{`{"id":"a","answer":"8","reason":"stop"}` + "\n" + `{"rates":"a","good":true}` + "\n" + `{"ra`, "\n", `{"id":"a","rates":"a"}` + "\n", "null\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := ReadRated(bytes.NewReader(b))
		if err == nil && len(list) > bytes.Count(b, []byte("\n")) {
			t.Errorf("%d answers of %q", len(list), b)
		}
	})
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte(`{"keys":[{"name":"a","hash":"` + secretHash("x") + `","made":"2026-11-24T12:00:00Z"}]}`))
	f.Add([]byte(`{"keys":[{"name":"","hash":"00"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := parseKeys(b)
		for _, k := range list {
			if err == nil && (k.Name == "" || len(k.Hash) != 64) {
				t.Errorf("took %+v", k)
			}
		}
	})
}

func FuzzManifest(f *testing.F) {
	b, _ := json.Marshal(Manifest{1, "x", store.Digest{1}, store.Digest{2}, store.Digest{}, store.Digest{3}, store.Digest{4}, map[string]int{"tokens": 9}})
	f.Add(b)
	f.Add([]byte(`{"pass":true,"checks":[{"name":"a","want":1,"got":null,"ok":false}],"weights":"00"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := parseManifest(b); err == nil && m.Weights.IsZero() {
			t.Error("a release without weights")
		}
		judge("verdict.json", b, &Manifest{})
		new(Manifest).readScenario("scenario.json", b)
	})
}
