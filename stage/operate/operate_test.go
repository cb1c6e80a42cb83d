package operate

import (
	"encoding/json"
	"errors"
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
		`{"pass":false,"checks":[{"name":"a","ok":true},{"name":"accuracy","want":0.9,"got":0.42,"ok":false}]}`: "wanted an accuracy of 0.9, got 0.42; improve the model",
		`{"pass":false,"checks":[{"name":"unseen","want":0,"got":72,"ok":false}]}`:                              "72 of the test problems were seen in training; take those problems out of the training data, or ask others; the",
		`{"pass":true,"checks":[{"name":"accuracy","want":0.9,"got":0.42,"ok":false}]}`:                         "accuracy",
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
	fresh, until, err := k.Rotate("turned", time.Hour)
	if err != nil || fresh == old || !until.Equal(noon.Add(time.Hour)) {
		t.Fatal(until, err)
	}
	if k, err = OpenKeys(k.path); err != nil { // through a restart
		t.Fatal(err)
	}
	k.Now = func() time.Time { return now }
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
	if _, _, err := k.Rotate("nobody", 0); err == nil {
		t.Error("no such key was rotated")
	}
	// Another rotation, without a grace, ends that of before; so does the key's end.
	third, _, err := k.Rotate("turned", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	fourth, until, err := k.Rotate("turned", 0)
	if err != nil || !until.IsZero() {
		t.Fatal(until, err)
	}
	opens("the first of two graces", fresh, false)
	opens("what was rotated at once", third, false)
	fifth, _, err := k.Rotate("turned", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	opens("in the grace", fourth, true)
	if err := k.Revoke("turned"); err != nil {
		t.Fatal(err)
	}
	opens("a revoked key's old secret", fourth, false)
	opens("a revoked key's secret", fifth, false)
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
