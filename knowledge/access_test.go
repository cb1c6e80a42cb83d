package knowledge

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestAccessRules(t *testing.T) {
	ix := index(t, []Document{{Path: "a.md", Text: "key"}, {Path: "hr/pay.md", Text: "key"}, {Path: "hr/public/holidays.md", Text: "key"}, {Path: "hr/mail.eml/plan.txt", Text: "key"},
		{Path: "rows.jsonl#1", Text: "key"}, {Path: "hrx/b.md", Text: "key"}})
	rules := []Rule{{"/hr/", []string{"hr"}}, {"hr/public", []string{Everybody}}, {"hr/mail.eml", nil}, {"rows.jsonl", []string{"ann"}}}
	for _, c := range []struct{ who, want string }{
		{"bob", "a.md hr/public/holidays.md hrx/b.md"},
		{"hr", "a.md hr/pay.md hr/public/holidays.md hrx/b.md"},
		{"ann hr", "a.md hr/pay.md hr/public/holidays.md hrx/b.md rows.jsonl#1"},
		{"*", "a.md hr/public/holidays.md hrx/b.md"},
	} {
		a := ix.Access(rules, strings.Fields(c.who)...)
		var got []string
		for _, h := range ix.Find(Question{Text: "key", K: 10, Access: a}) {
			got = append(got, h.File)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.who, got, c.want)
		}
		for i, s := range ix.Sources() {
			if a.MaySource(i) != slices.Contains(got, s.Path) {
				t.Errorf("%s: %s", c.who, s.Path)
			}
		}
	}
	var paths []string
	for _, s := range ix.Sources() {
		paths = append(paths, s.Path)
	}
	if got := Governed(append(rules, Rule{Path: "pay.md"}, Rule{}), paths); !slices.Equal(got, []int{3, 1, 1, 1, 0, 6}) {
		t.Errorf("under each rule lie %v", got)
	}
	if len(ix.Find(Question{Text: "key", K: 10, Access: ix.Access(nil, "bob")})) != 6 {
		t.Error("without rules something is hidden")
	}
	twice := []Rule{{"hr", []string{"a", "b"}}, {"hr/", []string{"b", "c"}}}
	for who, want := range map[string]bool{"a": false, "b": true, "c": false} {
		if ix.Access(twice, who).MaySource(1) != want {
			t.Errorf("%s of two rules", who)
		}
	}
}

// What somebody may not read changes nothing of what they get: with other
// words in the hidden documents, every answer is the same, its scores, terms,
// coverage and quotation too. 10,000 questions in random trees of folders.
func TestNothingLeaks(t *testing.T) {
	words := strings.Fields("key server 密钥 服务器 浙江 大学 report budget salary 工资 预算 名单 plan door kitchen 钥匙 会议 记录 meeting minutes patient 病人 诊断 diagnosis")
	secret := strings.Fields("salary2 merger 并购 裁员 layoff 浙将 verdict9 诉讼 lawsuit scandal 丑闻 zhejiang")
	asked := 0
	for tree := range uint64(50) {
		r := rand.New(rand.NewPCG(tree, 7))
		var paths []string
		var rules []Rule
		people := []string{"ann", "bob", "hr", "law", "tenant:school", "tenant:court", "ward:school/7", "ward:7", "project:court/x"}
		for range 40 {
			path := ""
			for range r.IntN(4) {
				path += fmt.Sprintf("d%d/", r.IntN(3))
			}
			if r.IntN(3) == 0 {
				r.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
				rules = append(rules, Rule{Path: path, Allow: slices.Clone(people[:r.IntN(len(people)+1)])})
			}
			path += fmt.Sprintf("f%d.md", len(paths))
			if r.IntN(5) == 0 {
				rules = append(rules, Rule{Path: path, Allow: []string{people[r.IntN(len(people))]}})
			}
			paths = append(paths, path)
		}
		for _, who := range [][]string{{"bob"}, {"law", "hr", "ward:7"}, {"nobody"}, {"sam", "tenant:school", "ward:school/7"}, {"kim", "tenant:court", "project:court/x"}} {
			// Twice the same documents, but for what is hidden from who: as long, of other words.
			byPath := map[string]Rule{}
			for _, rule := range rules {
				old, ok := byPath[clean(rule.Path)]
				if ok {
					rule.Allow = slices.DeleteFunc(slices.Clone(rule.Allow), func(p string) bool { return !slices.Contains(old.Allow, p) })
				}
				byPath[clean(rule.Path)] = rule
			}
			var docs []Document
			hidden := map[string]bool{}
			for i, path := range paths {
				r := rand.New(rand.NewPCG(tree, uint64(i)))
				text := func(list []string) string {
					var s []string
					for range 12 {
						s = append(s, list[r.IntN(len(list))])
					}
					return "# " + s[0] + "\n\n" + strings.Join(s[1:], " ") + "."
				}
				open := text(words)
				if hidden[path] = !allows(byPath, clean(path), who); hidden[path] {
					docs = append(docs, Document{Path: path, Text: strings.Repeat("x y z ", 1+i%3) + text(secret)})
				} else {
					docs = append(docs, Document{Path: path, Text: open})
				}
			}
			a := index(t, docs)
			access := a.Access(rules, who...)
			// The mean lengths are those of all documents, so both sides must have the same.
			c := index(t, permuted(docs, hidden, r))
			for range 41 {
				asked++
				var q []string
				for range 1 + r.IntN(4) {
					list := words
					if r.IntN(2) == 0 {
						list = secret
					}
					q = append(q, list[r.IntN(len(list))])
				}
				question := strings.Join(q, " ")
				hits := a.Find(Question{Text: question, K: 50, Access: access})
				for _, h := range hits {
					if hidden[h.File] || !access.May(h.At) {
						t.Fatalf("%v finds %s", who, h.File)
					}
				}
				if other := c.Find(Question{Text: question, K: 50, Access: c.Access(rules, who...)}); !reflect.DeepEqual(hits, other) {
					t.Fatalf("%v: %q depends on what is hidden:\n%+v\n%+v", who, question, hits, other)
				}
			}
		}
	}
	if asked < 10_000 {
		t.Errorf("%d questions", asked)
	}
}

// One gate, many callers: what it remembers of one is never another's.
func TestGateKeepsApart(t *testing.T) {
	ix := index(t, []Document{{Path: "a/x.md", Text: "key"}, {Path: "b/x.md", Text: "key"}, {Path: "open.md", Text: "key"}})
	g := ix.Gate([]Rule{{"a", []string{"tenant:a"}}, {"b", []string{"tenant:b"}}})
	for range 2 { // the second time from memory
		for _, c := range []struct {
			who  []string
			a, b bool
		}{{[]string{"ann", "tenant:a"}, true, false}, {[]string{"ann", "tenant:b"}, false, true}, {[]string{"ann\x00tenant:a"}, false, false}, {[]string{"ann\" \"tenant:b"}, false, false}, {nil, false, false}, {[]string{""}, false, false}} {
			access := g.Access(c.who...)
			if access.MaySource(0) != c.a || access.MaySource(1) != c.b || !access.MaySource(2) {
				t.Errorf("%q", c.who)
			}
			if n := len(ix.Find(Question{Text: "key", K: 10, Access: access})); n != 1+map[bool]int{true: 1}[c.a || c.b] {
				t.Errorf("%q finds %d", c.who, n)
			}
		}
	}
}

// permuted exchanges the letters of the hidden documents, word by word: their
// lengths stay.
func permuted(docs []Document, hidden map[string]bool, r *rand.Rand) []Document {
	docs = slices.Clone(docs)
	for i := range docs {
		if hidden[docs[i].Path] {
			docs[i].Text = strings.NewReplacer("merger", "dinner", "lawsuit", "windows", "诉讼", "官司", "丑闻", "早餐", "scandal", "cabinet", "zhejiang", "shanghai").Replace(docs[i].Text)
		}
	}
	return docs
}

// Who reads the same documents has the same key, and whoever reads others, or documents of the
// same names in another base, has another.
func TestAccessKey(t *testing.T) {
	open := func(text string) *Index {
		dir := t.TempDir()
		if err := Build(dir, All([]Document{{Path: "a.md", Text: text}, {Path: "b/c.md", Text: "# B\n\nThe bell rings.\n"}}), Options{}); err != nil {
			t.Fatal(err)
		}
		ix, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { ix.Close() })
		return ix
	}
	rules := []Rule{{Path: "b", Allow: []string{"ann", "bea"}}}
	one, two := open("# A\n\nThe kiln is hot.\n"), open("# A\n\nThe kiln is cold.\n")
	key := func(ix *Index, who string) string { return ix.Access(rules, who).Key() }
	if key(one, "ann") != key(one, "bea") || key(one, "ann") == key(one, "cid") || key(one, "ann") == key(two, "ann") || key(one, "cid") == key(two, "cid") {
		t.Error("keys do not tell who reads what")
	}
	if got := one.Access(nil, "ann").Key(); got != "" {
		t.Errorf("everything has the key %q", got)
	}
	if a := one.Access(rules, "cid"); a.MayFile(one, "b/c.md") || !a.MayFile(one, "a.md") || a.MayFile(one, "none.md") || len(one.Document("b/c.md", a, 9)) != 0 || len(one.Document("a.md", a, 9)) != 1 {
		t.Error("documents are not kept to")
	}
}
