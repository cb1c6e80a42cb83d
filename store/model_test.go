package store

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A model is what a store should hold, as maps.
type model struct {
	artifacts map[Digest]map[string]string // path → content
	records   map[Digest]Record
	standing  map[Block]Block // by the block without Key and Output
	work      map[Digest]bool
}

// needed is GC's rule, said again in the plainest way: a record makes its
// inputs needed when its output is.
func (m *model) needed() map[Digest]bool {
	need := map[Digest]bool{}
	for _, b := range m.standing {
		need[b.Output] = true
	}
	for grew := true; grew; {
		n := len(need)
		for _, r := range m.records {
			if need[r.Output] {
				for _, in := range r.Inputs {
					need[in.From] = true
				}
			}
		}
		grew = len(need) > n
	}
	return need
}

// TestModel does random things to a store and to a model of it, and compares.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("/dev/shm", "store") // where there is one, syncing costs nothing
		if err != nil {
			dir, err = os.MkdirTemp("", "store")
		}
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		s, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { s.Close() }()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		m := &model{artifacts: map[Digest]map[string]string{}, records: map[Digest]Record{}, standing: map[Block]Block{}, work: map[Digest]bool{}}
		keys := rapid.Custom(func(t *rapid.T) Digest { return Digest{rapid.ByteRange(1, 6).Draw(t, "key")} })
		blocks := rapid.SampledFrom([]Block{{Kind: Corpus, Name: "a"}, {Kind: Corpus, Name: "b"}, {Kind: Weights, Name: "a"}})
		known := func() []Digest { return slices.SortedFunc(maps.Keys(m.artifacts), compare) }
		pick := func(t *rapid.T) Digest {
			if len(m.artifacts) == 0 {
				t.Skip("nothing yet")
			}
			return rapid.SampledFrom(known()).Draw(t, "artifact")
		}
		path := rapid.SampledFrom([]string{"a", "b", "train/x", "train/y", "train-x", "heldout/x"})
		content := rapid.SampledFrom([]string{"", "1", "2", "a longer content\n"})

		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				files := rapid.MapOfN(path, content, 0, 4).Draw(t, "files")
				temp, err := s.Temp()
				must(err)
				for p, c := range files {
					must(os.MkdirAll(filepath.Dir(filepath.Join(temp, p)), 0o777))
					must(os.WriteFile(filepath.Join(temp, p), []byte(c), 0o666))
				}
				d, err := s.Put(temp)
				must(err)
				if have, ok := m.artifacts[d]; ok && !maps.Equal(have, files) {
					t.Fatalf("%v and %v have one digest", have, files)
				}
				m.artifacts[d] = files
			},
			"record": func(t *rapid.T) {
				r := Record{Key: keys.Draw(t, "of"), Output: pick(t)}
				for range rapid.IntRange(0, 3).Draw(t, "inputs") {
					from := pick(t)
					r.Inputs = append(r.Inputs, Used{Arg: "from", Digest: from, From: from})
				}
				must(s.Record(r))
				m.records[r.Key] = r
			},
			"set": func(t *rapid.T) {
				b := blocks.Draw(t, "block")
				id := b
				b.Key, b.Output = keys.Draw(t, "of"), pick(t)
				must(s.SetBlock(b))
				m.standing[id] = b
			},
			"remove": func(t *rapid.T) {
				b := blocks.Draw(t, "block")
				must(s.RemoveBlock(b.Kind, b.Name))
				delete(m.standing, b)
			},
			"work": func(t *rapid.T) {
				key := keys.Draw(t, "of")
				work, err := s.Work(key)
				must(err)
				must(os.WriteFile(filepath.Join(work, "checkpoint"), []byte("12345"), 0o600))
				m.work[key] = true
			},
			"gc": func(t *rapid.T) {
				need := m.needed()
				var want []Digest
				for _, d := range known() {
					if !need[d] {
						want = append(want, d)
					}
				}
				would, wouldFree, err := s.GC(t.Context(), true)
				must(err)
				got, free, err := s.GC(t.Context(), false)
				must(err)
				if !slices.Equal(got, want) || !slices.Equal(would, want) || free != wouldFree {
					t.Fatalf("gc removed %v (%d bytes), said it would %v (%d), want %v", got, free, would, wouldFree, want)
				}
				for key := range m.work {
					if _, made := m.artifacts[m.records[key].Output]; made {
						delete(m.work, key)
					}
				}
				for _, d := range want {
					delete(m.artifacts, d)
				}
			},
			"damage": func(t *rapid.T) {
				d := pick(t)
				damage(t, s, d, m.artifacts[d])
				found := map[Digest]bool{}
				must(s.Verify(t.Context(), func(d Digest, p *Problem) { found[d] = p != nil }))
				for _, have := range known() {
					if found[have] != (have == d) {
						t.Fatalf("%v was damaged; Verify says of %v: problem %v", d, have, found[have])
					}
				}
				if os.Remove(filepath.Join(s.artifact(d), addedFile)) != nil { // what is only beside its files leaves it whole
					delete(m.artifacts, d)
				}
			},
			"open again": func(t *rapid.T) {
				must(s.Close())
				s, err = Open(dir)
				must(err)
			},
			"": func(t *rapid.T) {
				have, err := s.artifacts()
				must(err)
				if want := known(); !slices.Equal(have, want) {
					t.Fatalf("artifacts %v, want %v", have, want)
				}
				for key, r := range m.records {
					got, made, err := s.Made(key)
					must(err)
					if _, there := m.artifacts[r.Output]; made != there || got.Output != r.Output {
						t.Fatalf("made %v of %v: %v, want %v of %v", made, key, got.Output, there, r.Output)
					}
				}
				standing, err := s.Blocks()
				must(err)
				if len(standing) != len(m.standing) {
					t.Fatalf("%v stand, want %v", standing, m.standing)
				}
				for _, b := range standing {
					if m.standing[Block{Kind: b.Kind, Name: b.Name}] != b {
						t.Fatalf("%v stands, want %v", b, m.standing)
					}
				}
				work, err := os.ReadDir(filepath.Join(dir, "work"))
				must(err)
				if len(work) != len(m.work) {
					t.Fatalf("%d checkpoints, want %d", len(work), len(m.work))
				}
			},
		})
	})
}

const addedFile = "added"

// damage does to an artifact what Verify must find: it flips a bit, adds a
// file or removes one.
func damage(t *rapid.T, s *Store, d Digest, files map[string]string) {
	paths := slices.Sorted(maps.Keys(files))
	how := rapid.IntRange(0, 2).Draw(t, "how")
	if len(paths) == 0 {
		how = 0
	}
	var err error
	switch how {
	case 0:
		err = os.WriteFile(filepath.Join(s.artifact(d), addedFile), nil, 0o666)
	case 1:
		err = os.Remove(filepath.Join(s.artifact(d), rapid.SampledFrom(paths).Draw(t, "removed")))
	case 2:
		name := filepath.Join(s.artifact(d), rapid.SampledFrom(paths).Draw(t, "flipped"))
		b, e := os.ReadFile(name)
		if e != nil {
			t.Fatal(e)
		}
		if len(b) == 0 {
			b = []byte{0}
		} else {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		if e := os.Chmod(name, 0o600); e != nil {
			t.Fatal(e)
		}
		err = os.WriteFile(name, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func compare(a, b Digest) int { return bytes.Compare(a[:], b[:]) }
