package plan

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"suiren/internal/say"
)

// A drawn plan: three examples, up to two tokens, weights in a row.
type drawn struct {
	Texts   [3]string // of examples.e0 … e2
	Tokens  []drawnTokens
	Weights []drawnWeights
}

type drawnTokens struct {
	From []int // examples
	Note string
}

// drawnWeights grow from tokens, or mix the weights before them.
type drawnWeights struct {
	Mix  []int // earlier weights; none: grown
	From int   // tokens
	By   int
	Note string
}

func (d *drawn) hcl() string {
	var b strings.Builder
	for i := range slices.Backward(d.Weights) { // the file's order is not the graph's
		w := d.Weights[i]
		if len(w.Mix) > 0 {
			fmt.Fprintf(&b, "weights \"w%d\" {\n train = \"mix\"\n of = [%s]\n note = %q\n}\n", i, refs("weights.w", w.Mix), w.Note)
		} else {
			fmt.Fprintf(&b, "weights \"w%d\" {\n train = \"grow\"\n from = tokens.t%d\n by = %d\n}\n", i, w.From, w.By)
		}
	}
	for i, t := range d.Tokens {
		fmt.Fprintf(&b, "tokens \"t%d\" {\n from = [%s]\n note = %q\n}\n", i, refs("examples.e", t.From), t.Note)
	}
	for i, text := range d.Texts {
		fmt.Fprintf(&b, "examples \"e%d\" {\n text = %q\n}\n", i, text)
	}
	return b.String()
}

func refs(prefix string, list []int) string {
	var names []string
	for _, i := range list {
		names = append(names, fmt.Sprint(prefix, i))
	}
	return strings.Join(names, ", ")
}

// A world is what should be in a store: what each description made.
type world struct {
	made     map[string]bool   // descriptions
	standing map[string]string // block → description
}

// walk goes through the blocks of d in an order of the graph and gives each
// block's description, its settings and what it is made from, by which it is
// made once and never again.
func (d *drawn) walk(visit func(block, description, content string)) {
	var tokens, weights []string
	for i, text := range d.Texts {
		visit(fmt.Sprint("examples.e", i), "lesson "+text, text)
	}
	for i, t := range d.Tokens {
		in := ""
		for _, e := range t.From {
			in += strings.ToLower(d.Texts[e]) + "|" // the part it may see
		}
		visit(fmt.Sprint("tokens.t", i), "rows "+t.Note+" of "+in, in) // the note is no part of what is made
		tokens = append(tokens, in)
	}
	for i, w := range d.Weights {
		var description, content string
		if len(w.Mix) > 0 {
			content = w.Note
			for _, m := range w.Mix {
				content += "(" + weights[m] + ")"
			}
			description = "mix " + content
		} else {
			content = strings.Repeat("+", w.By) + tokens[w.From]
			description = "grow " + content
		}
		visit(fmt.Sprint("weights.w", i), description, content)
		weights = append(weights, content)
	}
}

// expect returns the descriptions that apply has to make, each once, and the
// blocks that have them, and changes the world.
func (w *world) expect(d *drawn) (make, blocks []string) {
	w.standing = map[string]string{}
	d.walk(func(block, description, _ string) {
		if !w.made[description] {
			make, blocks = append(make, description), append(blocks, block)
		}
		w.standing[block] = description
	})
	slices.Sort(make)
	make = slices.Compact(make)
	for _, description := range make {
		w.made[description] = true
	}
	return make, blocks
}

// edit changes one thing.
func (d *drawn) edit(t *rapid.T) {
	note := rapid.StringMatching(`[abAB]`)
	switch i := rapid.IntRange(0, 8).Draw(t, "edit"); i {
	case 0, 1:
		d.Texts[rapid.IntRange(0, 2).Draw(t, "which")] = rapid.StringMatching(`[abAB]{1,2}`).Draw(t, "text")
	case 2:
		k := rapid.IntRange(0, len(d.Tokens)-1).Draw(t, "which")
		d.Tokens[k].Note = note.Draw(t, "note")
	case 3:
		k := rapid.IntRange(0, len(d.Tokens)-1).Draw(t, "which")
		d.Tokens[k].From = some(t, 3)
	case 4:
		if len(d.Tokens) < 2 {
			d.Tokens = append(d.Tokens, drawnTokens{From: some(t, 3)})
		}
	case 5:
		if len(d.Weights) < 4 {
			d.Weights = append(d.Weights, d.weights(t, len(d.Weights)))
		}
	case 6: // the last goes, which nothing refers to
		if len(d.Weights) > 1 {
			d.Weights = d.Weights[:len(d.Weights)-1]
		}
	default:
		k := rapid.IntRange(0, len(d.Weights)-1).Draw(t, "which")
		d.Weights[k] = d.weights(t, k)
	}
}

func (d *drawn) weights(t *rapid.T, k int) drawnWeights {
	w := drawnWeights{From: rapid.IntRange(0, len(d.Tokens)-1).Draw(t, "from"), By: rapid.IntRange(1, 3).Draw(t, "by"),
		Note: rapid.StringMatching(`[ab]`).Draw(t, "note")}
	if k > 0 && rapid.Bool().Draw(t, "mix") {
		w.Mix = some(t, k)
	}
	return w
}

// some returns different numbers below n, in any order, at least one.
func some(t *rapid.T, n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return rapid.Permutation(all).Draw(t, "some")[:rapid.IntRange(1, n).Draw(t, "many")]
}

// TestModel edits plans at random, applies them, and compares what was made
// with a model that knows nothing of keys and digests.
func TestModel(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		f.Value.Set("10") // each is many applies
		defer f.Value.Set(f.DefValue)
	}
	rapid.Check(t, func(rt *rapid.T) {
		h := newHouse(t, "")
		defer h.st.Close()
		w := &world{made: map[string]bool{}}
		d := &drawn{Texts: [3]string{"a", "b", "AB"}, Tokens: []drawnTokens{{From: []int{0, 1}}}, Weights: []drawnWeights{{By: 1}}}
		for range rapid.IntRange(2, 6).Draw(rt, "rounds") {
			for range rapid.IntRange(1, 2).Draw(rt, "edits") {
				d.edit(rt)
			}
			h.file(FileName, d.hcl())
			before := w.standing
			run, blocks := w.expect(d)
			p := h.plan()
			told := map[string]Action{}
			for _, s := range p.Steps() {
				told[s.Ref.String()] = s.Action
			}
			for _, block := range blocks { // what will run was foretold, as new or changed
				want := Add
				if _, ok := before[block]; ok {
					want = Change
				}
				if told[block] != want {
					rt.Fatalf("%s will be made, and the plan says %q", block, told[block])
				}
			}
			for block := range before {
				if _, ok := w.standing[block]; !ok && told[block] != Remove {
					rt.Fatalf("%s went, and the plan says %q", block, told[block])
				}
			}
			same := len(run) == 0 && len(before) == len(w.standing)
			for block, description := range w.standing {
				same = same && before[block] == description
			}
			if same != p.Empty() {
				rt.Fatalf("the plan is empty: %v, want %v\n%s", p.Empty(), same, shown(p, say.English))
			}
			if err := h.apply(p); err != nil {
				rt.Fatal(err)
			}
			var made []string
			for _, block := range h.begun {
				made = append(made, w.standing[block])
			}
			slices.Sort(made)
			if !slices.Equal(run, made) {
				rt.Fatalf("made %v, want %v\n%s", made, run, d.hcl())
			}
			if p := h.plan(); !p.Empty() {
				rt.Fatalf("after apply the plan is\n%s", shown(p, say.English))
			}
			stand, err := h.st.Blocks()
			if err != nil || len(stand) != len(w.standing) {
				rt.Fatalf("%d blocks stand, want %d (%v)", len(stand), len(w.standing), err)
			}
		}
	})
}
