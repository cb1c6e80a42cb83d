package document

import (
	"math"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// The main text of a page is found by the density of its text, as Readability
// (Arc90, 2009) and what followed it do: paragraphs give their score to the
// elements that hold them, links take it away, and the best element and its
// like siblings are the article. Lengths count a Han character as three.

// A main is the elements that hold the article, and what in them is none of it.
type mainPart struct {
	roots []*html.Node
	skip  func(*html.Node) bool
}

// An element is what is counted of an element and all below it.
type element struct {
	text, link int // length of all text, and of that in links
	own        int // length of the text that is in no block below
	ownLink    int
	commas     int
	paragraphs int // p with a sentence
	prose      int // length of the text of those
	score      float64
	drop       bool
}

type finder struct {
	of   map[*html.Node]*element
	list []*html.Node       // in which score was given
	raw  map[*html.Node]int // length of the paragraphs below an element, whatever it is called
	all  int

	headed map[*html.Node]bool // elements that hold an h1 and a paragraph
	h1     int
}

// weigh fills f.raw. It returns the length of the paragraphs below n, and of
// the text in n that is in no block below it.
func (f *finder) weigh(n *html.Node) (w, own int) {
	before := f.h1
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			l, _ := length(c.Data)
			own += l
		case c.Type == html.ElementNode && !unseen[c.DataAtom]:
			kw, ko := f.weigh(c)
			w += kw
			if !isBlock[c.DataAtom] {
				own += ko
			}
		}
	}
	if isBlock[n.DataAtom] && own >= 80 {
		w += own
	}
	if w > 0 {
		f.raw[n] = w
	}
	if n.DataAtom == atom.H1 {
		f.h1++
	}
	if w >= 300 && f.h1 > before {
		f.headed[n] = true
	}
	return w, own
}

func mainText(root *html.Node) mainPart {
	f := finder{of: map[*html.Node]*element{}, raw: map[*html.Node]int{}, headed: map[*html.Node]bool{}}
	body := find(root, atom.Body)
	if body == nil {
		body = root
	}
	f.weigh(body)
	f.all = f.raw[body]
	f.count(body, false)
	f.score(body)
	top := f.best(body)
	roots := f.siblings(top)
	for _, r := range roots {
		f.clean(r, f.of[top].text)
	}
	return mainPart{roots, func(n *html.Node) bool { e := f.of[n]; return e != nil && e.drop }}
}

func find(n *html.Node, a atom.Atom) *html.Node {
	if n.DataAtom == a && n.Type == html.ElementNode {
		return n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if g := find(c, a); g != nil {
			return g
		}
	}
	return nil
}

// length counts the letters of a text: white space once, a Han character as 3.
func length(s string) (n, commas int) {
	space := true
	for _, r := range s {
		switch {
		case r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\u00a0':
			if !space {
				n++
			}
			space = true
			continue
		case r == ',' || r == '，' || r == '、' || r == '。' || r == '؛' || r == '،':
			commas++
		}
		space = false
		if wide(r) {
			n += 3
		} else {
			n++
		}
	}
	return n, commas
}

// count fills f.of with what is below n.
func (f *finder) count(n *html.Node, inLink bool) *element {
	e := &element{}
	f.of[n] = e
	if hidden(n) && f.raw[n]*2 < f.all || unlikely(n) && f.raw[n]*5 < f.all*2 && !f.headed[n] {
		e.drop = true
	}
	inLink = inLink || n.DataAtom == atom.A
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.Type {
		case html.TextNode:
			l, commas := length(c.Data)
			e.text += l
			e.own += l
			e.commas += commas
			if inLink {
				e.link += l
				e.ownLink += l
			}
		case html.ElementNode:
			if unseen[c.DataAtom] {
				f.of[c] = &element{drop: true}
				continue
			}
			k := f.count(c, inLink)
			if k.drop {
				continue
			}
			if !isBlock[c.DataAtom] {
				e.own += k.own
				e.ownLink += k.ownLink
			}
			e.text += k.text
			e.link += k.link
			e.commas += k.commas
			e.paragraphs += k.paragraphs
			e.prose += k.prose
		}
	}
	if n.DataAtom != atom.Li && isBlock[n.DataAtom] && e.own >= 80 && e.ownLink*2 < e.own {
		e.paragraphs++
		e.prose += e.own
	}
	return e
}

// Parts of the names of classes and ids by which pages say what an element is.
var (
	asideNames = []string{"comment", "disqus", "sidebar", "side-bar", "share", "sharing", "social", "related", "recommend", "promo", "advert", "sponsor", "newsletter", "subscri", "signup", "sign-up",
		"cookie", "breadcrumb", "crumb", "menu", "navbar", "nav-", "-nav", "navigation", "footer", "masthead", "popup", "modal", "overlay", "byline", "author-bio", "authorbio", "author-info", "about-author",
		"toolbar", "widget", "outbrain", "taboola", "paywall", "login", "pagination", "pager", "readmore", "read-more", "more-", "most-", "popular", "trending", "tags", "tag-list", "taglist",
		"copyright", "disclaimer", "skip", "print", "banner", "hatnote", "caption", "credit", "gallery", "slideshow", "player", "rating", "feedback", "reply", "respond", "donat", "gdpr", "consent", "timestamp", "dateline", "post-meta", "entry-meta", "article-meta", "postmeta", "metadata", "article-info",
		"visually-hidden", "screen-reader", "sr-only", "tooltip", "dropdown", "推荐", "评论"}
	mainNames = []string{"article", "story", "post-content", "entry-content", "content", "main", "body", "text", "blog", "page", "正文"}
)

// names returns class and id of an element, in lower case.
func names(n *html.Node) string {
	var s string
	for i := range n.Attr {
		switch n.Attr[i].Key {
		case "class", "id", "role", "itemprop", "data-component", "data-testid":
			s += " " + n.Attr[i].Val
		}
	}
	return strings.ToLower(s)
}

// unlikely reports whether an element says that it is not the article.
func unlikely(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Nav, atom.Aside, atom.Footer, atom.Dialog, atom.Menu:
		return true
	case atom.Body, atom.Html, atom.Article, atom.Main, atom.A, atom.P, atom.H1, atom.Em, atom.Strong, atom.B, atom.I:
		return false
	}
	s := names(n)
	if s == "" {
		return false
	}
	if strings.Contains(s, "articlebody") || strings.Contains(s, "article-body") || strings.Contains(s, "entry-content") {
		return false
	}
	for name := range strings.FieldsSeq(s) {
		// "content-with-sidebar" is what has a sidebar, not the sidebar.
		if strings.Contains(name, "with-") || strings.Contains(name, "has-") || strings.Contains(name, "-w-") || strings.Contains(name, "no-") || strings.HasSuffix(name, "-enabled") {
			continue
		}
		if name == "hidden" {
			return true
		}
		for _, w := range asideNames {
			if strings.Contains(name, w) {
				return true
			}
		}
	}
	return false
}

// score gives each paragraph's score to the elements above it.
func (f *finder) score(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		e := f.of[c]
		if e == nil || e.drop {
			continue
		}
		if isParagraph[c.DataAtom] && e.own >= 25 {
			s := 1 + float64(e.commas)*float64(e.own)/float64(e.text) + min(float64(e.own)/100, 3)
			s *= 1 - float64(e.ownLink)/float64(e.own)
			level, from := 0, c.Parent
			if e.own*10 < e.text*9 || hasBreaks(c) { // text and blocks, or paragraphs that are only broken lines
				from = c
			}
			for p := from; p != nil && level < 5; p = p.Parent {
				pe := f.of[p]
				if pe == nil {
					break
				}
				if pe.score == 0 {
					f.list = append(f.list, p)
					pe.score = worth(p)
				}
				switch level {
				case 0:
					pe.score += s
				case 1:
					pe.score += s / 2
				default:
					pe.score += s / float64(3*level)
				}
				level++
			}
		}
		f.score(c)
	}
}

// isParagraph names the elements whose text counts.
var isParagraph = map[atom.Atom]bool{
	atom.P: true, atom.Pre: true, atom.Blockquote: true, atom.Div: true, atom.Td: true, atom.Section: true, atom.Article: true, atom.Li: true, atom.Dd: true, atom.Center: true, atom.Main: true, atom.Body: true,
}

// hasBreaks reports whether the lines of an element are broken at least
// twice, as paragraphs are by pages that know no other.
func hasBreaks(n *html.Node) bool {
	breaks := 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Br {
			breaks++
		}
	}
	return breaks >= 2 && n.DataAtom != atom.P
}

// worth is where an element begins: what it is and what it is called.
func worth(n *html.Node) float64 {
	w := 0.0001
	switch n.DataAtom {
	case atom.Article, atom.Main:
		w += 15
	case atom.Div, atom.Section:
		w += 5
	case atom.Pre, atom.Td, atom.Blockquote:
		w += 3
	case atom.Ol, atom.Ul, atom.Dl, atom.Dd, atom.Dt, atom.Li, atom.Form, atom.Address:
		w -= 3
	}
	s := names(n)
	for _, m := range mainNames {
		if strings.Contains(s, m) {
			w += 15
			break
		}
	}
	if strings.Contains(s, "articlebody") || strings.Contains(s, "article-body") || strings.Contains(s, "entry-content") || strings.Contains(s, "post-content") {
		w += 25
	}
	return w
}

// best returns the element with the highest score.
func (f *finder) best(body *html.Node) *html.Node {
	top, most := body, math.Inf(-1)
	for _, n := range f.list {
		e := f.of[n]
		if e.text == 0 {
			continue
		}
		s := e.score * (1 - float64(e.link)/float64(e.text))
		if f.headed[n] {
			s *= 1.2
		}
		if s > most {
			top, most = n, s
		}
	}
	return f.widen(top)
}

// widen takes the element above as long as the one below has a part only of
// the paragraphs: an article that is broken by boxes.
func (f *finder) widen(top *html.Node) *html.Node {
	best := top
	if top.DataAtom == atom.Article { // beside it are others
		return top
	}
	for p, up := top.Parent, 0; p != nil && up < 4 && p.DataAtom != atom.Body; p, up = p.Parent, up+1 {
		e, b := f.of[p], f.of[best]
		if e == nil || e.text == 0 {
			break
		}
		more, rest := e.prose-b.prose, (e.text-e.prose)-(b.text-b.prose)
		if more*8 > b.prose && more > rest {
			best = p
		}
	}
	return best
}

// siblings returns top and those beside it that are of the same text.
func (f *finder) siblings(top *html.Node) []*html.Node {
	if top.Parent == nil || top.DataAtom == atom.Body {
		return []*html.Node{top}
	}
	least := max(10, f.of[top].score*0.2)
	var list []*html.Node
	for c := top.Parent.FirstChild; c != nil; c = c.NextSibling {
		if c == top {
			list = append(list, c)
			continue
		}
		e := f.of[c]
		if c.Type != html.ElementNode || e == nil || e.drop || e.text == 0 || c.DataAtom == atom.Article {
			continue
		}
		density := float64(e.link) / float64(e.text)
		switch {
		case e.score > least && density < 0.3 && e.paragraphs > 0:
			list = append(list, c)
		case c.DataAtom == atom.P && e.text > 80 && density < 0.25:
			list = append(list, c)
		}
	}
	return list
}

// clean marks what in an article is none of it: lists of links, boxes that
// call for something, headings of what was taken away.
func (f *finder) clean(n *html.Node, whole int) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		e := f.of[c]
		if e == nil {
			continue
		}
		if !e.drop && e.text > 0 {
			density := float64(e.link) / float64(e.text)
			switch c.DataAtom {
			case atom.Ul, atom.Ol, atom.Dl, atom.Div, atom.Section, atom.Table, atom.Form, atom.Header, atom.Figure, atom.Fieldset:
				small := e.text*10 < whole*4
				if small && density > 0.5 && e.paragraphs == 0 {
					e.drop = true
				}
				if c.DataAtom == atom.Form && small || c.DataAtom == atom.Figure && e.paragraphs < 2 {
					e.drop = true
				}
			case atom.P, atom.H2, atom.H3, atom.H4, atom.Li:
				if density > 0.8 && utf8.RuneCountInString(inner(c)) < 200 && e.text > 15 && c.DataAtom != atom.Li {
					e.drop = true
				}
			}
		}
		if !e.drop {
			f.clean(c, whole)
		}
	}
}
