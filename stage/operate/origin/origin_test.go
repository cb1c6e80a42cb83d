package origin

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"suiren/stage"
	"suiren/store"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// plant makes a store with a release that has a history: documents, a corpus,
// weights over a brought base, a scenario, a policy and a verdict.
func plant(t testing.TB) (st *store.Store, release store.Digest, parts []store.Digest) {
	t.Helper()
	st, err := store.Open(t.TempDir())
	check(t, err)
	t.Cleanup(func() { st.Close() })
	n := 0
	made := func(kind store.Kind, operator, settings string, in ...store.Used) store.Digest {
		n++
		dir, err := st.Temp()
		check(t, err)
		check(t, os.WriteFile(filepath.Join(dir, "f"), []byte(operator+string(rune('a'+n))), 0o644))
		d, err := st.Put(dir)
		check(t, err)
		check(t, st.Record(store.Record{Key: store.Digest{byte(n)}, Kind: kind, Name: "x", Operator: operator, Revision: 1, Settings: json.RawMessage(settings),
			Inputs: in, Output: d, Bytes: 3, Machine: json.RawMessage(`{"cores":2}`), Version: "test", Began: time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC)}))
		return d
	}
	used := func(arg string, d store.Digest) store.Used {
		return store.Used{Arg: arg, Block: "b.x", Digest: d, From: d}
	}
	brought, adapter := store.Digest{0xbb}, store.Digest{0xad}
	docs := made(store.Documents, "documents", `{"License":"CC-BY-4.0"}`, used("files", store.Digest{0xf0}))
	corpus := made(store.Corpus, "corpus", `{}`, used("from", docs))
	weights := made(store.Weights, "grpo", `{"Steps":4}`, used("base", brought), used("from", corpus), used("adapter", adapter))
	policy := made(store.Policy, "policy", `{}`)
	scenario := made(store.Scenario, "scenario", `{}`, used("weights", weights))
	verdict := made(store.Verdict, "verdict", `{}`, used("scenario", scenario))
	release = made(store.Release, "release", `{}`, used("scenario", scenario), used("policy", policy), used("verdict", verdict))
	return st, release, []store.Digest{weights, policy, scenario, verdict}
}

// The bill is what the schema of CycloneDX 1.6 allows (testdata: the schemas as
// cyclonedx-python-lib 11.12.0 ships them, Apache-2.0), and says what it should.
func TestBill(t *testing.T) {
	st, release, _ := plant(t)
	b, err := New(st, release)
	check(t, err)
	text, err := json.Marshal(b)
	check(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for name, file := range map[string]string{"bom-1.6.schema.json": "bom-1.6", "jsf-0.82.SNAPSHOT.schema.json": "jsf-0.82", "spdx.SNAPSHOT.schema.json": "spdx"} {
		raw, err := os.ReadFile("testdata/" + file + ".schema.json")
		check(t, err)
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		check(t, err)
		check(t, c.AddResource("http://cyclonedx.org/schema/"+name, v))
	}
	schema, err := c.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	check(t, err)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	check(t, err)
	if err := schema.Validate(v); err != nil {
		t.Errorf("%#v", err)
	}
	if err := schema.Validate(map[string]any{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []any{map[string]any{"type": "thing"}}}); err == nil {
		t.Error("the schema allows everything")
	}
	found := map[string]*Component{}
	for i := range b.Components {
		found[b.Components[i].Name] = &b.Components[i]
	}
	w := found["weights.x"]
	if w == nil || w.ModelCard.Parameters.Approach.Type != "reinforcement-learning" || len(w.ModelCard.Parameters.Datasets) != 1 {
		t.Errorf("weights: %+v", w)
	}
	if d := found["documents.x"]; d == nil || len(d.Licenses) != 1 || d.Licenses[0].License.Name != "CC-BY-4.0" {
		t.Errorf("documents: %+v", d)
	}
	if b := found["base"]; b == nil || b.Type != "machine-learning-model" {
		t.Errorf("the base that was brought: %+v", b)
	}
	if f := found["files"]; f == nil || f.Type != "data" {
		t.Errorf("the owner's files: %+v", f)
	}
	refs := map[string]bool{b.Metadata.Component.Ref: true, "program": true}
	for _, c := range b.Components {
		if refs[c.Ref] {
			t.Errorf("%s is there twice", c.Ref)
		}
		refs[c.Ref] = true
	}
	for _, d := range b.Dependencies {
		for _, r := range append(d.DependsOn, d.Ref) {
			if !refs[r] {
				t.Errorf("%s is not in the bill", r)
			}
		}
	}
	if again, err := New(st, release); err != nil || !equal(again, b) {
		t.Error("another bill the second time", err)
	}
}

func equal(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

func TestVerify(t *testing.T) {
	st, release, parts := plant(t)
	refused := func(what string, d store.Digest, key string, parts ...store.Digest) {
		t.Helper()
		if _, err := Verify(st, d, key, parts...); !errors.Is(err, ErrUnproved) || !errors.Is(err, stage.ErrRefused) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("no bill", release, "")
	key, err := Sign(st, release)
	check(t, err)
	for _, k := range []string{"", key} {
		if b, err := Verify(st, release, k, parts...); err != nil || b.SerialNumber == "" {
			t.Fatal(err)
		}
	}
	refused("a part that the bill does not name", release, "", store.Digest{9})
	refused("another's key", release, "suiren-origin+00000000+AUJg")
	other, _, _ := plant(t)
	otherKey, err := Sign(other, release)
	check(t, err)
	refused("another's key of the right form", release, otherKey)

	// A change of the bill, of the note, or of a part.
	bill, signed, err := Read(st.Path(), release)
	check(t, err)
	for i := 0; i < len(bill); i += 1 + len(bill)/50 {
		bad := bytes.Clone(bill)
		bad[i] ^= 1
		if _, _, err := Prove(bad, signed, key); !errors.Is(err, ErrUnproved) {
			t.Fatalf("byte %d of the bill changed: %v", i, err)
		}
	}
	for i := 0; i < len(signed); i++ {
		bad := bytes.Clone(signed)
		bad[i] ^= 4 // the lowest bits of the last sign hold nothing
		if _, _, err := Prove(bill, bad, key); err == nil {
			t.Fatalf("byte %d of the note changed", i)
		}
	}
	dir, err := st.Dir(parts[0])
	check(t, err)
	check(t, os.Chmod(filepath.Join(dir, "f"), 0o644))
	check(t, os.WriteFile(filepath.Join(dir, "f"), []byte("another size"), 0o644))
	refused("weights that were changed", release, "", parts...)
	// a template with other words as long as these
	was, err := os.ReadFile(filepath.Join(other.Path(), "artifacts", parts[0].String(), "f"))
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, "f"), was, 0o644))
	if _, err := Verify(st, release, "", parts...); err != nil {
		t.Fatal(err)
	}
	was[0] ^= 1
	check(t, os.WriteFile(filepath.Join(dir, "f"), was, 0o644))
	refused("weights that were changed and are as long", release, "", parts...)
	check(t, os.Remove(KeyFile(st.Path())))
	refused("the owner's key is gone", release, "")
}

func FuzzProve(f *testing.F) {
	f.Add([]byte("{}"), []byte("suiren-origin\n"), "key")
	f.Fuzz(func(t *testing.T, bill, signed []byte, key string) {
		if _, _, err := Prove(bill, signed, key); err == nil {
			t.Error("proved")
		}
	})
}
