package data

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"suiren/stage"
	"suiren/stage/verify"
)

// What the user says, read back by other means than it was made, leads to what the
// assistant answers at each turn; and the verifier takes the last answer, and no
// other.
func TestDialogues(t *testing.T) {
	number := regexp.MustCompile(`\d+`)
	is := func(text string, words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	for _, f := range talkFamilies {
		for _, lang := range languages {
			for i := range 400 {
				d := newDraw(1, "test "+f.name+lang, i)
				g := f.make(d, speaker{d, lang})
				n := 0
				for k := 0; k < len(g.messages); k += 2 {
					u, a := g.messages[k].Content, g.messages[k+1].Content
					if g.messages[k].Role != "user" || g.messages[k+1].Role != "assistant" || strings.ContainsAny(u+a, "{}<>") {
						t.Fatalf("%+v", g.messages)
					}
					if f.name == "booking" {
						continue
					}
					var v []int
					for _, s := range number.FindAllString(u, -1) {
						x, _ := strconv.Atoi(s)
						v = append(v, x)
					}
					switch {
					case len(v) == 2:
						n = v[0] + v[1]
					case k == 0:
						n = v[0]
					case len(v) == 0:
					case is(u, "ubtract", "away", "less", "减", "sold", "sent out", "gone", "卖出", "发走", "少了"):
						n -= v[0]
					case is(u, "ultiply", "times", "乘"):
						n *= v[0]
					case is(u, "add", "Add", "more", "received", "Another", "加", "来了", "收到", "新到"):
						n += v[0]
					default:
						t.Fatalf("%q", u)
					}
					if got := number.FindString(a); got != strconv.Itoa(n) {
						t.Fatalf("%q to %+v, want %d", a, g.messages[:k+1], n)
					}
				}
				v, err := verify.Parse([]byte(g.verify))
				if err != nil {
					t.Fatal(err)
				}
				last := g.messages[len(g.messages)-1].Content
				if score, err := v.Score(t.Context(), "", last); err != nil || score != 1 {
					t.Fatalf("%s of %q: %v %v", g.verify, last, score, err)
				}
				if f.name == "booking" { // the last answer is in the last summary
					said := strings.TrimSuffix(strings.Fields(strings.Trim(last, ".。是位"))[len(strings.Fields(strings.Trim(last, ".。是位")))-1], ".")
					if said == "people" {
						said = number.FindString(last)
					}
					if !strings.Contains(g.messages[len(g.messages)-3].Content, said) {
						t.Fatalf("%q of %+v", said, g.messages)
					}
				}
				if score, _ := v.Score(t.Context(), "", "999"); score != 0 {
					t.Fatalf("%s takes 999", g.verify)
				}
			}
		}
	}
}

// The same seed gives the same bytes, another one others, and no part holds
// another's key.
func TestDialoguesParts(t *testing.T) {
	files := func(seed uint64) (all string, keys map[string]map[string]bool) {
		dir := runOp(t, &Dialogues{Count: 600, Heldout: 60, Seed: seed}, nil)
		keys = map[string]map[string]bool{}
		note := func(part, key string) {
			if keys[part] == nil {
				keys[part] = map[string]bool{}
			}
			keys[part][key] = true
		}
		for _, part := range []string{trainPart, watchPart} {
			name := filepath.Join(dir, part, stage.ExamplesFile)
			n := 0
			for e, err := range stage.Examples(name) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Use() != stage.UseChats || e.From == "" {
					t.Fatalf("%+v", e)
				}
				note(part, e.Key)
				n++
			}
			if n != map[string]int{trainPart: 600, watchPart: watchDialogues}[part] {
				t.Errorf("%s has %d", part, n)
			}
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all += string(b)
		}
		problems := readPart(t, dir, heldoutPart)
		if len(problems) != 60 {
			t.Errorf("%d are held out", len(problems))
		}
		for _, p := range problems {
			note(heldoutPart, p.Key)
			all += p.ID
		}
		return all, keys
	}
	a, keys := files(1)
	if b, _ := files(1); b != a {
		t.Error("made again, they differ")
	}
	if b, _ := files(2); b == a {
		t.Error("another seed makes the same")
	}
	for part, list := range keys {
		for other, theirs := range keys {
			for key := range list {
				if part != other && theirs[key] {
					t.Errorf("%s is in %s and in %s", key, part, other)
				}
			}
		}
	}
}
