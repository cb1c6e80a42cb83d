package plan

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// winding is a plan whose weights go back to much, and not to all of it.
const winding = `
verdict "v" { weights = weights.top }
weights "top" {
  train = "mix"
  of    = [weights.left, weights.right]
}
weights "left" {
  train = "grow"
  from  = tokens.left
  by    = 1
  watch = examples.watched
}
weights "right" {
  train   = "tune"
  base    = weights.under
}
weights "under" {
  train = "grow"
  from  = tokens.right
  by    = 2
}
weights "aside" {
  train = "grow"
  from  = tokens.aside
  by    = 3
}
tokens "left" {
  from = [examples.a, examples.b]
}
tokens "right" {
  from = [examples.b]
  text = [corpus.c]
  like = [examples.alike]
}
tokens "aside" { from = [examples.aside] }
corpus "c" { from = [documents.d] }
documents "d" { path = "d.txt" }
examples "a" { text = "A" }
examples "b" { text = "B" }
examples "aside" { text = "Aside" }
examples "alike" { text = "Alike" }
examples "watched" { text = "Watched" }
`

func windingHouse(t *testing.T) *house {
	h := newHouse(t, winding)
	h.file("d.txt", "text")
	return h
}

// seen is what the verdict was shown.
func (h *house) seen() string {
	h.t.Helper()
	p := h.plan()
	for _, s := range p.Steps() {
		if s.Ref.String() == "verdict.v" {
			dir, err := h.st.Dir(s.Output)
			if err != nil {
				h.t.Fatal(err)
			}
			b, err := os.ReadFile(filepath.Join(dir, "seen"))
			if err != nil {
				h.t.Fatal(err)
			}
			return string(b)
		}
	}
	h.t.Fatal("no verdict")
	return ""
}

func TestBehind(t *testing.T) {
	h := windingHouse(t)
	h.made()
	if got, want := h.seen(), "taught examples.a: a\ntaught examples.b: b\nwatched examples.watched: Watched\n"; got != want {
		t.Errorf("shown\n%s, want\n%s", got, want)
	}
	// Text that is not handed over is counted, and so in the key.
	f, err := Load(h.dir, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(f.Blocks, func(b *Block) bool { return b.Ref.String() == "verdict.v" })
	op := f.Blocks[at].Op.(*jury)
	if len(op.Texts) != 1 || op.Texts[0].String() != "corpus.c" || op.Brought != nil {
		t.Errorf("texts %v, brought %v", op.Texts, op.Brought)
	}
	counted := stage.Key(op, nil)
	if op.Texts = nil; stage.Key(op, nil) == counted {
		t.Error("texts are not in the key")
	}
	needs := f.Blocks[at].needs()
	if !slices.Equal(needs, []stage.Ref{{Kind: "weights", Name: "top"}, {Kind: "examples", Name: "a"}, {Kind: "examples", Name: "b"}, {Kind: "examples", Name: "watched"}}) {
		t.Errorf("it needs %v", needs)
	}
}

// What is learnt elsewhere makes the verdict again, though what it judges comes
// out as before.
func TestBehindChanges(t *testing.T) {
	h := windingHouse(t)
	h.made()
	h.edit(`examples "aside" { text = "Aside" }`, `examples "aside" { text = "Other" }`)
	if p := shown(h.plan(), say.English); !strings.Contains(p, "= verdict.v") {
		t.Errorf("what is not behind it changes it:\n%s", p)
	}
	h.made()
	h.edit(`from = [examples.a, examples.b]`, `from = [examples.b]`)
	if p := shown(h.plan(), say.English); !strings.Contains(p, "~ verdict.v") || !strings.Contains(p, "taught examples.b, was examples.a, examples.b") {
		t.Errorf("got\n%s", p)
	}
	h.made()
	if got, want := h.seen(), "taught examples.b: b\nwatched examples.watched: Watched\n"; got != want {
		t.Errorf("shown\n%s, want\n%s", got, want)
	}
}

// A model of the owner's is named, by whichever way it is reached.
func TestBehindBrought(t *testing.T) {
	h := newHouse(t, `
weights "base" {
  train = "tune"
  base  = "model"
}
weights "top" {
  train = "mix"
  of    = [weights.base]
}
verdict "v" { weights = weights.top }
`)
	for _, name := range []string{"config.json", "weights"} {
		h.file("model/"+name, "{}")
	}
	h.made()
	if got := h.seen(); got != "" {
		t.Errorf("shown %s", got)
	}
	f, err := Load(h.dir, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	op := f.Blocks[len(f.Blocks)-1].Op.(*jury)
	if len(op.Brought) != 1 || op.Brought[0].Kind != stage.Owners || op.Brought[0].Name != "model" {
		t.Errorf("brought %v", op.Brought)
	}
}
