package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// get asks the server for JSON, signed in as the page is.
func get[T any](p *tab, path string) (v T) {
	p.t.Helper()
	text := eval[string](p, `(() => { const r = new XMLHttpRequest(); r.open("GET", `+quote(path)+`, false); r.send(); return r.responseText; })()`)
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		p.t.Fatalf("%s: %v", path, err)
	}
	return v
}

// plan holds what the plan page shows against what the server knows.
func plan(t *testing.T, p *tab) {
	p.on(t)
	type score struct{ Accuracy, Low, High, Tokens float64 }
	type group struct {
		Problems int
		Scores   []score
	}
	view := get[struct {
		Nodes []struct {
			Kind, Name string
			Inputs     []string
			Forecast   *struct{ High float64 }
			Actual     *struct{ Seconds float64 }
		}
	}](p, "/api/plan")
	report := get[struct {
		Models []struct {
			FLOPs, Seconds, Share float64
			Memory                int64
		}
		Overall          group
		Families, Length []group
		Said             []struct{ En, Zh string }
	}](p, "/api/report")

	p.click(`nav a[href="#plan"]`)
	p.wait(`document.querySelectorAll(".node").length === ` + fmt.Sprint(len(view.Nodes)))
	edges := 0
	for _, n := range view.Nodes {
		edges += len(n.Inputs)
	}
	if got := p.count("path.edge"); got != edges {
		t.Errorf("%d edges show, and the plan has %d", got, edges)
	}
	for i, n := range view.Nodes {
		p.click(fmt.Sprintf(".node:nth-of-type(%d)", i+1))
		p.wait(`document.querySelector(".details").ariaLabel === ` + quote(n.Kind+"."+n.Name))
		if want := strings.Join(n.Inputs, ", "); want != "" && !strings.Contains(p.text(".details dl"), want) {
			t.Errorf("the details of %s.%s do not name %s: %s", n.Kind, n.Name, want, p.text(".details dl"))
		}
	}

	p.wait(`document.querySelectorAll("figure").length > 0`)
	// Reinforcement that did not begin has the point before it alone, which is a dot.
	if got := eval[[]int](p, `(n => [Math.min(...n), Math.max(...n)])([...document.querySelectorAll("figure path.line")].map(l => l.getAttribute("d").split(/[ML]/).length - 1))`); got[0] < 1 || got[1] < 2 {
		t.Errorf("curves have from %d to %d points", got[0], got[1])
	}
	p.click("figure details summary")
	p.wait(`document.querySelectorAll("figure details[open] tbody tr").length > 1`)

	p.wait(`document.querySelector("[aria-labelledby=report] table")`)
	shown := p.text("[aria-labelledby=report]")
	p.turn("evaluation")
	p.wait(`document.querySelector("main .scores")`)
	shown += p.text("main")
	p.turn("plan")
	want := func(what, number string) {
		if !strings.Contains(shown, number) {
			t.Errorf("the report does not show %s, %s", what, number)
		}
	}
	percent := func(v float64) string { return fmt.Sprintf("%.1f%%", 100*v) }
	for i, g := range slices.Concat([]group{report.Overall}, report.Families, report.Length) {
		for j, s := range g.Scores {
			for _, v := range []float64{s.Accuracy, s.Low, s.High} {
				// Halves round one way here and the other there.
				if !strings.Contains(shown, percent(v)) && !strings.Contains(shown, percent(math.Nextafter(v, 1))) {
					want(fmt.Sprintf("group %d, model %d", i, j), percent(v))
				}
			}
		}
	}
	for _, s := range report.Said {
		want("the sentence", s.En)
	}
	for i, m := range report.Models {
		if m.Share > 0 {
			want(fmt.Sprintf("the share of peak of model %d", i), percent(m.Share))
		}
		if m.Memory == 0 || m.Seconds == 0 || m.FLOPs == 0 {
			t.Errorf("the server does not know what model %d took", i)
		}
	}
	for _, n := range view.Nodes {
		if n.Forecast != nil && n.Forecast.High > 0 && n.Actual != nil {
			want("the step", n.Kind+"."+n.Name)
		}
	}
	p.clean(t)
}

// pages are all pages of the console, by its own list.
func (p *tab) pages() []string {
	p.t.Helper()
	p.wait(`document.querySelectorAll("nav a").length >= 10`)
	return eval[[]string](p, `[...document.querySelectorAll("nav a")].map(a => a.hash.slice(1))`)
}

// turn turns to a page, or a view of it, by its address.
func (p *tab) turn(page string) {
	p.t.Helper()
	eval[bool](p, `look.turn(`+quote("#"+page)+`)`)
	page, _, _ = strings.Cut(page, "/")
	p.wait(`look.turned() && document.querySelector("nav a[aria-current]")?.hash === ` + quote("#"+page) + ` && document.querySelector("main h1, main #question")`)
}

// readable measures the contrast of every text, and what sticks out, on each
// page, in each language, colours and width.
func readable(t *testing.T, p *tab) {
	p.on(t)
	defer func() {
		p.size(1280, 800)
		p.dark(false)
		p.choose(".switches select:last-child", "auto")
	}()
	for _, l := range tongues {
		p.choose(".switches select", l.lang)
		for _, page := range p.pages() {
			p.turn(page)
			p.wait(`!document.querySelector("main").innerText.match(/Asking the server|正在连接/)`)
			// All that folds is unfolded, so that it is measured too.
			eval[bool](p, `(document.querySelectorAll(".thought:not([open]) > summary, .sources details:not([open]) > summary, .plan details:not([open]) > summary").forEach(s => s.click()), true)`)
			for _, c := range []struct {
				theme string
				dark  bool // of the system
			}{{"light", true}, {"dark", false}, {"auto", false}, {"auto", true}} {
				p.dark(c.dark)
				p.choose(".switches select:last-child", c.theme)
				p.wait(`document.documentElement.dataset.theme === ` + quote(c.theme))
				dark := c.theme == "dark" || c.theme == "auto" && c.dark
				p.wait(fmt.Sprintf(`look.dark() === %v`, dark))
				for _, width := range []int64{1280, 375} {
					p.size(width, 800)
					if c.theme == "light" && l.key == "en" || c.theme == "dark" && l.key == "zh" { // axe takes its time
						for _, v := range p.broken() {
							t.Errorf("%s, %s at %d: %s", page, c.theme, width, v)
						}
					}
					name := fmt.Sprintf("%s-%s-%s-%d", page, l.key, map[bool]string{true: "dark", false: "light"}[dark], width)
					if c.theme != "auto" {
						p.shot(*look, name, true)
					}
					r := eval[struct {
						Texts int
						Faint []string
					}](p, "look.faint()")
					if r.Texts < 15 {
						t.Errorf("%s: only %d texts were measured", name, r.Texts)
					}
					for _, f := range slices.Compact(r.Faint) {
						t.Errorf("%s: %s", name, f)
					}
					for _, o := range eval[[]string](p, "look.outside()") {
						t.Errorf("%s: %s", name, o)
					}
				}
				p.size(1280, 800)
			}
		}
	}
	p.clean(t)
}

// keyboard uses the page without a mouse.
func keyboard(t *testing.T, browser context.Context, old *tab) {
	old.on(t)
	old.choose(".switches select", tongues[0].lang)
	old.choose(".switches select:last-child", "dark")
	p := open(t, browser, old.origin+"/#chat", false)
	defer p.close()
	p.wait(`document.getElementById("question")`)
	if got := eval[string](p, `document.documentElement.lang + " " + document.documentElement.dataset.theme`); got != tongues[0].lang+" dark" {
		t.Errorf("a new page does not keep the reader's language and colours: %s", got)
	}
	for _, tab := range []*tab{old, p} {
		tab.choose(".switches select", "en")
		tab.choose(".switches select:last-child", "auto")
	}
	p.press(kb.Tab) // to the skip link, which shows only now
	if !eval[bool](p, `document.activeElement.className === "skip" && document.activeElement.getBoundingClientRect().left >= 0`) {
		t.Error("the first stop of the keyboard is not the skip link in sight")
	}
	p.press(kb.Enter)
	if got := eval[string](p, "document.activeElement.id"); got != "main" {
		t.Errorf("the skip link leads to %q", got)
	}
	p.focus("#question")
	p.write(tongues[1].problem)
	p.press(kb.Enter)
	p.wait(`document.querySelector(".turn footer")`)
	p.walk(t)

	p.focus(".thought summary")
	p.press(kb.Enter)
	p.wait(`document.querySelector(".thoughts").checkVisibility()`)
	p.focus(".rate button:last-child")
	p.press(" ")
	p.wait(`document.querySelector(".rate button:last-child").getAttribute("aria-pressed") === "true"`)

	p.focus(`nav a[href="#plan"]`)
	p.press(kb.Enter)
	p.wait(`document.querySelectorAll(".node").length > 0 && document.querySelectorAll("figure").length > 0 && document.querySelector("[aria-labelledby=report] :is(.passed, p.failure)")`)
	p.walk(t)
	p.focus(".node")
	p.press(kb.Enter)
	p.wait(`document.querySelector(".node").getAttribute("aria-pressed") === "true"`)
	p.clean(t)
}

// walk goes through the page by Tab: each control must be reached, in order,
// and be seen to have the keyboard. Where the page gets more of them meanwhile,
// as when a list comes, it is gone through again.
func (p *tab) walk(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		want := eval[[]string](p, "look.controls()")
		got, unseen := p.walked(len(want))
		if now := eval[[]string](p, "look.controls()"); !slices.Equal(now, want) && time.Now().Before(end) {
			continue
		}
		for _, name := range unseen {
			t.Errorf("it cannot be seen that %q has the keyboard", name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("the keyboard reaches %q, and the controls are %q", got, want)
		}
		return
	}
}

// walked are the names of so many controls that Tab leads to, and of those of them
// that are not seen to have the keyboard.
func (p *tab) walked(n int) (got, unseen []string) {
	p.t.Helper()
	eval[bool](p, "(document.activeElement.blur(), getSelection().removeAllRanges(), document.documentElement.focus(), true)")
	eval[bool](p, "(document.querySelector('.skip').focus(), true)")
	for range n {
		f := eval[struct {
			Name    string
			Visible bool
		}](p, "look.focused() ?? {}")
		if f.Name != "" {
			got = append(got, f.Name)
		}
		if !f.Visible {
			unseen = append(unseen, f.Name)
		}
		p.press(kb.Tab)
	}
	return got, unseen
}

// focus tabs to an element.
func (p *tab) focus(selector string) {
	p.t.Helper()
	for range 200 {
		if eval[bool](p, `document.activeElement.matches(`+quote(selector)+`)`) {
			return
		}
		p.press(kb.Tab)
	}
	p.t.Fatalf("Tab does not lead to %s, but to %q", selector, eval[string](p, "document.activeElement.outerHTML"))
}

// strict spoils a page in the ways that the checks look for: each must be noticed.
func strict(t *testing.T, browser context.Context, origin string) {
	p := open(t, browser, origin+"/#chat", false)
	defer p.close()
	p.on(t)
	p.wait(`document.getElementById("question")`)
	eval[bool](p, `(() => {
		const e = document.createElement("p");
		e.textContent = "faint and wide";
		e.style.color = "#aaa";
		e.style.width = "3000px";
		document.querySelector("main").append(e);
		const picture = new Image();
		picture.src = "http://192.0.2.1/picture.png"; // an address that is nobody's; the page's policy forbids it
		document.body.append(picture);
		return true;
	})()`)
	if got := eval[struct{ Faint []string }](p, "look.faint()").Faint; len(got) != 1 || !strings.Contains(got[0], "faint and wide") {
		t.Errorf("faint words are noticed as %q", got)
	}
	if got := eval[[]string](p, "look.outside()"); len(got) < 2 {
		t.Errorf("a wide page is noticed as %q", got)
	}
	p.complains("192.0.2.1")
}

// complains waits until something went wrong in the tab that says a word.
func (p *tab) complains(word string) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		p.mu.Lock()
		heard := slices.ContainsFunc(p.wrong, func(w string) bool { return strings.Contains(w, word) })
		p.mu.Unlock()
		if heard {
			return
		}
		if time.Now().After(end) {
			p.lost("nothing is noticed of %s", word)
		}
	}
}

// key opens the page without the signed address.
func key(t *testing.T, browser context.Context, s *server) {
	origin, _, _ := strings.Cut(s.url, "/open")
	p := open(t, browser, origin, true)
	defer p.close()
	p.wait(`document.querySelector("#key")`)
	p.shot(*look, "key", false)
	r := eval[struct{ Faint []string }](p, "look.faint()")
	for _, f := range r.Faint {
		t.Error(f)
	}
	p.click("#key")
	p.write("not a key")
	p.press(kb.Enter)
	p.wait(`document.querySelector("[role=alert]")`)
	if s.key != "" {
		p.do(chromedp.SetValue(chromedp.CSS("#key"), s.key))
		p.click("form button")
		p.wait(`document.querySelector(".doors")`)
	}
	p.clean(t, "401") // the browser notes each
}

// gone asks a server that has ended.
func gone(t *testing.T, p *tab, s *server) {
	p.on(t)
	p.click(`nav a[href="#chat"]`)
	s.stop()
	p.click("#question")
	p.write("1 + 1")
	p.press(kb.Enter)
	p.wait(`document.querySelector(".turn:last-child [role=alert] button")`)
	if got := p.text(".turn:last-child [role=alert]"); !strings.Contains(got, "suiren serve") {
		t.Errorf("a server that is gone: %q", got)
	}
	p.shot(*look, "gone", false)
	p.clean(t, "ERR_")
}
