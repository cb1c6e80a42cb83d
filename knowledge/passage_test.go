package knowledge

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func show(list []Passage) string {
	var b strings.Builder
	for _, p := range list {
		fmt.Fprintf(&b, "%s| %s\n", p.Heading, strings.ReplaceAll(p.Text, "\n", "\n\t"))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestPassages(t *testing.T) {
	for _, c := range []struct{ name, path, text, want string }{
		{"headings", "a.md", "# A\n\none\n\n## B\n\ntwo\n\n### C\n\nthree\n\n## D\n\nfour\n\n# E\n\nfive",
			"A| one\nA › B| two\nA › B › C| three\nA › D| four\nE| five"},
		{"skipped level", "a.md", "## B\n\n#### D\n\nx\n\n### C\n\ny\n", "B › D| x\nB › C| y"},
		{"before the first heading", "a.md", "x\n\n# A\n\ny", "| x\nA| y"},
		{"heading alone", "a.md", "# A\n\n# B\n", ""},
		{"marks", "a.md", "# `A` *b*\n\nA [link](http://x), **bold**, `code`, <b>html</b> &amp; ![picture](y.png) <http://z>.\n",
			"A b| A link, bold, code, html &amp; picture http://z."},
		{"lines of a paragraph", "a.md", "one\ntwo  \nthree\n\n中文\n换行，\n接着 \nabc\n", "| one two\n\tthree\n\t中文换行，接着 abc"},
		{"list", "a.md", "Do:\n\n- one\n- two\n  more\n  1. inner\n  2. inner two\n\n    para\n\n3. a\n4. b\n",
			"| Do:\n\t- one\n\t- two more\n\t  1. inner\n\t  2. inner two\n\t  para\n\t3. a\n\t4. b"},
		{"table", "a.md", "| a | b |\n|---|---|\n| 1 | `2` |\n| 3 | 4 |\n", "| a | b\n\t1 | 2\n\t3 | 4"},
		{"code", "a.md", "```sh\nmake\n  # not a heading\n```\n", "| make\n\t  # not a heading"},
		{"quote and rule", "a.md", "> one\n>\n> two\n\n---\n\n<div>html</div>\n\nend", "| one\n\ttwo\n\tend"},
		{"front matter", "a.md", "---\ntitle: x\n---\n# A\n\ny", "A| y"},
		{"plain text", "a.txt", "# no heading\n\nA line that is long enough to have been broken by someone's editor at\nthe seventieth column.\nshort\nlines\n",
			"| # no heading\n\tA line that is long enough to have been broken by someone's editor at the seventieth column.\n\tshort\n\tlines"},
		{"empty", "a.md", " \n\n", ""},
	} {
		if got := show(Passages(Document{Path: c.path, Text: c.text})); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
	got := show(Passages(Document{Path: "traces/1", Title: "How are you?", Text: "How are you?\n\nFine. Thanks.\n"}))
	if got != "How are you?| Fine. Thanks." {
		t.Errorf("an answer: %s", got)
	}
}

// Long sections are cut between blocks, long blocks between their parts, and
// nothing is lost or said twice.
func TestPassageSizes(t *testing.T) {
	var text strings.Builder
	var words []string
	say := func(format string, n int) {
		w := fmt.Sprintf("W%04d", len(words))
		words = append(words, w)
		fmt.Fprintf(&text, format, w+strings.Repeat("x", n))
	}
	text.WriteString("# A\n\n")
	for i := range 12 { // paragraphs of about 130 runes
		for range 1 + i%3 {
			say("%s is a word. ", 20+5*i)
		}
		text.WriteString("\n\n")
	}
	for range 60 { // one paragraph
		say("%s is a word. ", 30)
	}
	text.WriteString("\n\n")
	for range 60 {
		say("- %s\n", 30)
	}
	text.WriteString("\n| key | value |\n|---|---|\n")
	for range 60 {
		say("| %s | y |\n", 30)
	}
	text.WriteString("\n")
	say("%s", 2000) // a word too long for any passage
	list := Passages(Document{Path: "a.md", Text: text.String()})
	all := ""
	ids := map[string]bool{}
	for i, p := range list {
		n := size(p.Text)
		if n > maxSize+maxSize/2 || i+1 < len(list) && n < 250 || ids[p.ID] {
			t.Errorf("passage %d, %s: %d runes", i, p.ID, n)
		}
		ids[p.ID] = true
		if strings.Contains(p.Text, " | y") && !strings.HasPrefix(p.Text, "key | value\n") && !strings.Contains(p.Text, "\nkey | value\n") {
			t.Errorf("a piece of the table without its header: %s", p.Text)
		}
		all += p.Text + "\n"
	}
	at := 0
	for _, w := range words {
		if strings.Count(all, w) != 1 || strings.Index(all, w) < at {
			t.Errorf("%s is there %d times, or out of order", w, strings.Count(all, w))
		}
		at = strings.Index(all, w)
	}
}

// An id stays while file, heading and text stay, whatever stands around them.
func TestPassageID(t *testing.T) {
	a := Passages(Document{Path: "a.md", Text: "# A\n\none\n\n# B\n\ntwo\n\n# B\n\ntwo\n"})
	b := Passages(Document{Path: "a.md", Text: "# New\n\nzero\n\n# B\n\ntwo\n"})
	if a[1].ID != b[1].ID || a[1].ID == a[2].ID || a[0].ID == a[1].ID {
		t.Error(a, b)
	}
	if c := Passages(Document{Path: "b.md", Text: "# B\n\ntwo\n"}); c[0].ID == b[1].ID {
		t.Error("the same id in two files")
	}
}

func TestTitle(t *testing.T) {
	for _, c := range [][3]string{
		{"a.md", "text\n\n## Second *level*\n\n# First\n", "Second level"}, {"a.md", "no heading\nat all", "no heading"}, {"a.txt", "\n\n# first line\nx", "# first line"}, {"a.md", "", ""},
	} {
		if got := Title(c[0], c[1]); got != c[2] {
			t.Errorf("%q: %q, want %q", c[1], got, c[2])
		}
	}
}

func TestSentences(t *testing.T) {
	for text, want := range map[string]string{
		"One. Two! Three? Four":          "One.|Two!|Three?|Four",
		"Version 1.2 is out. Get it.":    "Version 1.2 is out.|Get it.",
		"Use e.g. this one. Or that.":    "Use e.g. this one.|Or that.",
		"1. first item":                  "1. first item",
		"No. It does not.":               "No.|It does not.",
		"She said “Stop.” He stopped.":   "She said “Stop.”|He stopped.",
		"你好！我是小老师。“会吗？”会……的。":            "你好！|我是小老师。|“会吗？”|会……|的。",
		"文件 suiren.hcl 里的一行。运行 a.b 看看":   "文件 suiren.hcl 里的一行。|运行 a.b 看看",
		"Line one\nLine two. Three.\n\n": "Line one|Line two.|Three.",
		"Wait... what? yes.":             "Wait... what? yes.",
	} {
		if got := strings.Join(Sentences(text), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if got := strings.Join(split(text), ""); got != text {
			t.Errorf("%q does not come together again: %q", text, got)
		}
	}
}

// Texts that would take a parser of Markdown hours or gigabytes.
func TestHostileMarkdown(t *testing.T) {
	const n = 1 << 17
	for name, text := range map[string]string{
		"quotes":   strings.Repeat("> ", n/2) + "x",
		"lists":    strings.Repeat("- ", n/2) + "x",
		"links":    strings.Repeat("[a](", n/4),
		"brackets": strings.Repeat("[", n),
		"emphasis": strings.Repeat("_a", n/2),
		"table":    strings.Repeat("|a", 5000) + "\n" + strings.Repeat("|-", 5000) + "\n" + strings.Repeat("|x\n", 20000),
		"headings": strings.Repeat("# a\n", n/4),
	} {
		for i, p := range Passages(Document{Path: "a.md", Text: text}) {
			if size(p.Text) > maxSize+maxSize/2 {
				t.Errorf("%s: passage %d has %d runes", name, i, size(p.Text))
			}
		}
	}
}

func FuzzPassages(f *testing.F) {
	f.Add("a.md", "---\nx\n---\n# A\n\n> - b\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nc\n```\n")
	f.Add("a.txt", "一。二！\n\nthree four.")
	f.Fuzz(func(t *testing.T, path, text string) {
		if !utf8.ValidString(text) || !utf8.ValidString(path) {
			t.Skip()
		}
		d := Document{Path: path, Title: Title(path, text), Text: text}
		ids := map[string]bool{}
		for _, p := range Passages(d) {
			if strings.TrimSpace(p.Text) == "" || size(p.Text) > 2*maxSize || ids[p.ID] || !utf8.ValidString(p.Text+p.Heading) {
				t.Errorf("%+v", p)
			}
			ids[p.ID] = true
		}
		ix := index(t, []Document{d})
		defer ix.Close()
		for _, q := range append(Sentences(text), text, d.Title) {
			for _, h := range ix.Search(q, 2) {
				if h.Coverage < 0 || h.Coverage > 1 || h.Score < 0 || ix.Quote(Question{Text: q}, h) == "" {
					t.Errorf("%+q finds %+v", q, h)
				}
			}
		}
	})
}

// A block that reaches over the end of a page says in its passages where the page turns, also if it is cut.
func TestPagesInBlocks(t *testing.T) {
	first, second := "The tower opens at nine, and whoever comes early waits ", "in the yard beside the fountain. "
	var long strings.Builder
	for i := range 40 {
		fmt.Fprintf(&long, "Rule %d says that lamp %d is lit at dusk on all days of the week. ", i, i)
	}
	table := "| Room | Beds |\n| --- | --- |\n| Garden | 2 |\n| Tower | 3 |\n| Cellar | 1 |\n"
	at := strings.Index(table, "| Tower")
	for name, c := range map[string]struct {
		text  string
		pages []int
		where map[string]int // words, and their page
	}{
		"a paragraph": {"# A\n\n" + first + second + "\n", []int{0, len("# A\n\n" + first)}, map[string]int{"The tower": 1, "whoever": 1, "in the yard": 2}},
		"a table":     {table, []int{0, at}, map[string]int{"Garden": 1, "Tower": 2, "Cellar": 2}},
		"a long one":  {long.String(), []int{0, strings.Index(long.String(), "Rule 5 "), strings.Index(long.String(), "Rule 30 ")}, map[string]int{"Rule 2 ": 1, "Rule 7 ": 2, "Rule 25 ": 2, "Rule 35 ": 3, "Rule 31 ": 3}},
	} {
		list := Passages(Document{Path: "a.pdf", Markdown: true, Text: c.text, Pages: c.pages})
		for words, page := range c.where {
			found := false
			for _, p := range list {
				if i := strings.Index(p.Text, words); i >= 0 {
					found = true
					if got := p.PageAt(i); got != page {
						t.Errorf("%s: %q on page %d, want %d: %+v", name, words, got, page, p.Turns)
					}
				}
			}
			if !found {
				t.Errorf("%s: %q is in no passage", name, words)
			}
		}
	}
}
