package knowledge

import (
	"strings"
	"testing"
)

func TestArticles(t *testing.T) {
	law := "读书管理办法\n\n第一章 总则\n第一条 为了方便读书，制定本办法。\n第二条　本办法适用于全体读者。\n读者包括员工和访客。\n\n第二章 借阅\n第三条之一 每人最多借五本，见第一条。\n第十二条 逾期的，每天收费一角。\n"
	want := "读书管理办法 › 第一章 总则 › 第一条| 第一条 为了方便读书，制定本办法。\n" +
		"读书管理办法 › 第一章 总则 › 第二条| 第二条　本办法适用于全体读者。\n\t读者包括员工和访客。\n" +
		"读书管理办法 › 第二章 借阅 › 第三条之一| 第三条之一 每人最多借五本，见第一条。\n" +
		"读书管理办法 › 第二章 借阅 › 第十二条| 第十二条 逾期的，每天收费一角。"
	if got := show(Passages(Document{Path: "law.txt", Title: "读书管理办法", Text: law})); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	faq := "问：几点开门？\n答：早上八点。\n\n问：周末开门吗？\n答：不开。\n\nQ: Is there tea?\nA: Yes, in the kitchen.\n"
	want = "几点开门？| 问：几点开门？\n\t答：早上八点。\n周末开门吗？| 问：周末开门吗？\n\t答：不开。\nIs there tea?| Q: Is there tea?\n\tA: Yes, in the kitchen."
	if got := show(Passages(Document{Path: "faq.txt", Text: faq})); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := show(Passages(Document{Path: "a.txt", Text: "按照\n\n第三条 规定，可以。\n"})); strings.Contains(got, "第三条|") {
		t.Errorf("one article is no statute: %s", got)
	}
	md := "# 办法\n\n第一条 甲。\n\n第二条 乙。\n\n## 附则\n\n第三条 丙。\n"
	if got, want := show(Passages(Document{Path: "a.md", Text: md})), "办法 › 第一条| 第一条 甲。\n办法 › 第二条| 第二条 乙。\n办法 › 附则 › 第三条| 第三条 丙。"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A passage's place in its document holds its words.
func TestPlaces(t *testing.T) {
	for _, d := range []Document{
		{Path: "a.md", Text: "---\ntitle: x\n---\n# A\n\nOne two.\n\n- three\n- four `five`\n\n## B\n\n| a | b |\n|---|---|\n| six | seven |\n"},
		{Path: "b.txt", Title: "T", Text: "T\n\nfirst paragraph\n\n\n  second one\n\nthird\n"},
		{Path: "c.go", Text: "package a\n\nfunc b() {}\n"},
	} {
		for _, p := range Passages(d) {
			if p.Start < 0 || p.End <= p.Start || p.End > len(d.Text) {
				t.Errorf("%s: %+v", d.Path, p)
				continue
			}
			at := d.Text[p.Start:p.End]
			for _, w := range strings.FieldsFunc(p.Text, func(r rune) bool { return strings.ContainsRune(" |-\n", r) }) {
				if !strings.Contains(at, w) {
					t.Errorf("%s: %q is not in %q", d.Path, w, at)
				}
			}
		}
	}
	list := Passages(Document{Path: "a.txt", Text: strings.Repeat("x", maxSize) + "\n\ntwo\n", Pages: []int{0, maxSize + 2}})
	if len(list) < 2 || list[0].Page != 1 || list[len(list)-1].Page != 2 {
		t.Errorf("%+v", list)
	}
}
