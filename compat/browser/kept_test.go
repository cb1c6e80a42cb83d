package browser

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// inStore runs a script on the heads and bodies that the browser keeps, and
// returns what it leaves in out.
func (p *tab) inStore(script string) string {
	p.t.Helper()
	eval[bool](p, `(window.out = null, (() => {
		const r = indexedDB.open("suiren");
		r.onsuccess = () => {
			const t = r.result.transaction(["heads", "bodies"], "readwrite"), heads = t.objectStore("heads"), bodies = t.objectStore("bodies");
			let out = "";
			`+script+`
			t.oncomplete = () => { r.result.close(); window.out = String(out); };
		};
	})(), true)`)
	p.wait(`out !== null`)
	return eval[string](p, `out`)
}

// stored is all that the browser keeps of conversations.
func (p *tab) stored() string {
	p.t.Helper()
	return p.inStore(`for (const of of [heads, bodies]) { const g = of.getAll(); g.onsuccess = () => { out += g.result.map(v => typeof v === "string" ? v : JSON.stringify(v)).join("\n") + "\n"; }; }`)
}

// keeps waits until the browser keeps some words.
func (p *tab) keeps(words string) {
	p.t.Helper()
	p.keepsLike(regexp.QuoteMeta(words))
}

// keepsAnswer waits until the browser keeps that the answer to a question has ended, without sources.
func (p *tab) keepsAnswer(question string) {
	p.t.Helper()
	p.keepsLike(regexp.QuoteMeta(question) + `"[^}]*"reason":"[^"]`)
}

func (p *tab) keepsLike(words string) {
	p.t.Helper()
	like := regexp.MustCompile(words)
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		stored := p.stored()
		if like.MatchString(stored) {
			return
		}
		if time.Now().After(end) {
			p.lost("the browser keeps nothing like %s: %s", words, stored)
		}
	}
}

// shelf is the list of conversations, in order.
func (p *tab) shelf() []string {
	p.t.Helper()
	return eval[[]string](p, `[...document.querySelectorAll(".shelf li > a")].map(e => e.innerText)`)
}

func (p *tab) listed(titles ...string) {
	p.t.Helper()
	p.wait(`JSON.stringify([...document.querySelectorAll(".shelf li > a")].map(e => e.textContent)) === JSON.stringify(` + quoted(titles) + `)`)
}

func quoted(list []string) string {
	var out []string
	for _, s := range list {
		out = append(out, quote(s))
	}
	return "[" + strings.Join(out, ",") + "]"
}

// again loads the page once more, as a reader does.
func (v *visitor) again() {
	v.t.Helper()
	v.do(chromedp.Reload())
	v.wait(`document.querySelector("#question, #key")`)
}

// conversations is what a browser keeps of conversations: over a reload, for who held
// them, between two tabs, and no longer than it may.
func conversations(t *testing.T, browser context.Context, dir string) {
	little := filepath.Join(t.TempDir(), "little")
	if err := os.CopyFS(little, os.DirFS(*model)); err != nil {
		t.Fatal(err)
	}
	s := start(t, "serve", dir)
	owner := visit(t, browser, s.url)
	defer owner.close()
	all := t
	v := owner.lets(t, browser, "mei", "user")
	defer v.close()
	address := func() string { return eval[string](v.tab, "location.hash") }
	var first, second string
	journey(t, v,
		step{"reload", func(t *testing.T) { // both versions, their answers, what was chosen and what was half written
			owner.on(t)
			owner.push("Models")
			owner.tell("Path on this machine", little)
			owner.push("Add")
			owner.push("Load and talk")
			owner.wait(`document.querySelector(".picks .tag.done")?.innerText === "answers now"`)
			v.clean(t, "401")
			v.push("Chat")
			v.sees("kept in this browser alone")
			v.push("Parameters · mine")
			v.wait(`document.querySelector("select.beside")`)
			v.pick("Beside it", "little")
			v.tell("Temperature", "0")
			v.tell("Most tokens", "24")
			v.asks("What is 3+4?")
			v.wait(`document.querySelectorAll(".turn:last-child .reply footer").length === 2`)
			v.push("Edit")
			v.tell("Ask it differently", "What is 5+6?")
			v.push("Send")
			v.wait(`document.querySelector(".branches") && document.querySelectorAll(".turn:last-child .reply footer").length === 2`)
			v.keeps(`"question":"What is 5+6?"`)
			v.push("Bad answer")
			v.tell("Why? (optional)", "it does not add")
			v.push("Send the reason")
			v.wait(reasoned)
			v.tell("Your question", "half a thought")
			v.keeps("half a thought")
			first = address()
			said := func() string {
				return v.text(".turns") + eval[string](v.tab, `JSON.stringify([...document.querySelectorAll(".thoughts, .receipt, .rate [aria-pressed=true]")].map(e => e.textContent + e.ariaLabel))`)
			}
			before := said()
			v.again()
			v.wait(`document.querySelectorAll(".turn:last-child .reply footer").length === 2`)
			if got := said(); flat(got) != strings.ReplaceAll(flat(before), " Thank you: kept for the next plan.", "") {
				t.Errorf("after a reload shows\n%s\nand before\n%s", got, before)
			}
			if got := eval[string](v.tab, `document.querySelector("#question").value`); got != "half a thought" {
				t.Errorf("of the draft %q is left", got)
			}
			if got := address(); got != first {
				t.Errorf("the address was %s and is %s", first, got)
			}
			v.push("Earlier version")
			v.wait(`document.querySelector(".turn .question").innerText.includes("What is 3+4?") && document.querySelectorAll(".turn:last-child .reply footer").length === 2`)
			v.push("Parameters · mine | little")
			if got := eval[string](v.tab, `document.querySelector(".parameters input[type=number]").value`); got != "0" {
				t.Errorf("the temperature is %q", got)
			}
			v.pick("Beside it", "")
			v.accessible(t)
		}},
		step{"listed", func(t *testing.T) { // the newest first, each at an address
			v.click(".conversations a.button")
			v.wait(`location.hash === "#chat/new" && !document.querySelector(".turn")`)
			v.asks("What is 2+2?")
			second = address()
			v.listed("What is 2+2?", "What is 3+4?")
			v.click(`.shelf a[href="` + first + `"]`)
			v.wait(`document.querySelector(".turn .question")?.innerText.includes("What is 3+4?")`)
			for _, way := range []struct{ step, address, question string }{{"back", second, "2+2"}, {"back", first, "3+4"}, {"forward", second, "2+2"}, {"forward", first, "3+4"}} {
				eval[bool](v.tab, `(history.`+way.step+`(), true)`)
				v.wait(`location.hash === ` + quote(way.address) + ` && document.querySelector(".turn .question")?.innerText.includes(` + quote(way.question) + `)`)
			}
		}},
		step{"found", func(t *testing.T) { // by what was asked in it
			v.tell("Search conversations", "5+6")
			v.listed("What is 3+4?")
			v.tell("Search conversations", "durian")
			v.sees("No conversation says that.")
			v.fill("#search", "")
			v.listed("What is 2+2?", "What is 3+4?")
		}},
		step{"renamed", func(t *testing.T) {
			v.push("Rename What is 3+4?")
			v.tell("New name", "Sums <b>& more</b>")
			v.enter()
			v.listed("What is 2+2?", "Sums <b>& more</b>")
			v.again()
			v.listed("What is 2+2?", "Sums <b>& more</b>")
		}},
		step{"broken-off", func(t *testing.T) { // what had come shows, and can be asked for again
			v.pace(300)
			v.tell("Your question", "What is 8+9?")
			v.enter()
			const thought = `(document.querySelector(".turn:last-child .thoughts")?.textContent ?? "")`
			v.wait(thought + `.length > 8`)
			v.hold()
			came := eval[string](v.tab, thought)
			v.keepsLike(`What is 8\+9\?"[^}]*"thought":"[^"]`) // while it comes
			v.again()
			v.wait(`document.querySelector(".turn:last-child [role=alert]")`)
			if got := v.text(".turn:last-child .reply"); !strings.Contains(got, "broke off") {
				t.Errorf("an answer that broke off is shown as %q", got)
			}
			if got := eval[string](v.tab, thought); got == "" || !strings.HasPrefix(got, came) && !strings.HasPrefix(came, got) {
				t.Errorf("of %q, which had come, %q shows", came, got)
			}
			v.accessible(t)
			v.push("Try again")
			v.wait(`document.querySelector(".turn:last-child footer") && !document.querySelector(".turn:last-child [role=alert]")`)
		}},
		step{"two-tabs", func(t *testing.T) { // neither loses what the other wrote
			o := &visitor{tab: open(all, v.ctx, v.origin+"/"+first, false)}
			defer o.close()
			o.on(t)
			o.wait(`document.querySelectorAll(".turn").length === 2`)
			o.asks("What is 1+1?")
			v.front()
			v.wait(`document.querySelectorAll(".turn").length === 3 && document.querySelector(".turn:last-child footer")`)
			v.sees("Another tab went on with this conversation")
			v.pace(400) // while this one's answer comes, the other asks too
			v.tell("Your question", "What is 6+1?")
			v.enter()
			v.wait(`document.querySelector(".turn:last-child .thoughts")?.textContent.length > 0`)
			v.hold()
			v.keeps("What is 6+1?")
			o.front()
			o.wait(`document.querySelectorAll(".turn").length === 4`)
			o.sees("It comes in another tab.")
			o.asks("What is 7+1?")
			o.keeps("What is 7+1?")
			v.front()
			v.pace(0)
			v.wait(`document.querySelectorAll(".turn").length === 5 && document.querySelector(".ask button[type=submit]")`)
			for _, asked := range []string{"What is 1+1?", "What is 6+1?", "What is 7+1?"} {
				v.keepsAnswer(asked)
			}
			for _, one := range []*visitor{v, o} {
				one.front()
				one.again()
				one.wait(`document.querySelectorAll(".turn").length === 5`)
				for _, asked := range []string{"What is 1+1?", "What is 6+1?", "What is 7+1?"} {
					one.sees(asked)
				}
				if got := one.count(".turn [role=alert]"); got != 0 {
					t.Errorf("%d answers were lost: %s", got, one.text(".turns"))
				}
			}
			o.front()
			o.push("Delete Sums <b>& more</b>")
			o.push("Cancel")
			o.push("Delete Sums <b>& more</b>")
			o.push("Yes, delete")
			o.listed("What is 2+2?")
			v.front()
			v.sees("was deleted in another tab")
			v.listed("What is 2+2?")
			if got := v.stored(); strings.Contains(got, "6+1") {
				t.Errorf("what was deleted is still kept: %s", got)
			}
			o.clean(t)
		}},
		step{"hostile", func(t *testing.T) { // what stands in the store is believed only in its form
			v.inStore(`const g = heads.getAll(); g.onsuccess = () => {
				const like = g.result[0];
				heads.put({ ...like, id: "aaaaaaaaaaaaaaaa", title: "broken", changed: like.changed - 1 }); bodies.put('{"turns":[{"id":"aaaaaaaaaaaaaaaa","after":"bbbbbbbbbbbbbbbb","question":"x"}]}', "aaaaaaaaaaaaaaaa");
				heads.put({ ...like, id: "bbbbbbbbbbbbbbbb", title: "of another", who: "person\nben\n2026" }); bodies.put('{"turns":[]}', "bbbbbbbbbbbbbbbb");
				heads.put({ ...like, id: "cccccccccccccccc", form: 2, title: { html: "<b>" } }); bodies.put({ later: true }, "cccccccccccccccc");
			};`)
			v.do(chromedp.Navigate("about:blank"))
			v.do(chromedp.Navigate(v.origin + "/#chat/aaaaaaaaaaaaaaaa"))
			v.wait(`document.querySelector(".told p")`)
			v.sees("That conversation cannot be read")
			v.sees("1 more were written by another version")
			v.listed("What is 2+2?", "broken")
			v.turn("chat/bbbbbbbbbbbbbbbb")
			v.sees("There is no such conversation in this browser")
			if got := v.stored(); !strings.Contains(got, `{"later":true}`) {
				t.Errorf("what another version wrote was changed: %s", got)
			}
			v.inStore(`for (const id of ["aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccc"]) { heads.delete(id); bodies.delete(id); }`)
		}},
		step{"bounded", func(t *testing.T) { // the oldest is told of before it goes
			v.inStore(`const g = heads.getAll(); g.onsuccess = () => { for (let i = 0; i < 199; i++) { const id = (0x1000000 + i).toString(16).padStart(16, "0"); heads.put({ ...g.result[0], id, title: "old " + i, changed: 1e12 + i, size: 12 }); bodies.put('{"turns":[]}', id); } };`)
			v.again()
			v.sees("when another is kept, the oldest goes, “old 0”")
			v.turn("chat/new")
			v.asks("What is 9+9?")
			v.sees("The oldest conversation went, there was no more room: “old 0”.")
			v.wait(`document.querySelectorAll(".shelf li").length === 200`)
			if got := v.shelf(); got[0] != "What is 9+9?" || got[199] != "old 1" {
				t.Errorf("the list begins with %q and ends with %q", got[0], got[199])
			}
			v.push("Delete all")
			v.push("Yes, delete")
			v.listed()
			v.turn("chat/new")
			v.asks("What is 2+2?")
			v.keeps("What is 2+2?")
		}},
		step{"hands", func(t *testing.T) { // narrow, by keyboard, in both languages
			for _, l := range tongues {
				v.choose(".switches select", l.lang)
				v.wait(`document.documentElement.lang === ` + quote(l.lang))
				v.accessible(t)
				v.size(360, 740)
				v.wait(`innerWidth === 360 && !document.querySelector(".shelf").checkVisibility()`)
				eval[bool](v.tab, "(document.querySelector('.skip').focus(), true)")
				v.focus(".conversations .fold")
				v.press(kb.Enter)
				v.wait(`document.querySelector(".shelf").checkVisibility()`)
				for _, o := range eval[[]string](v.tab, "look.outside()") {
					t.Errorf("%s: %s", l.lang, o)
				}
				v.accessible(t)
				v.focus(".shelf li > a")
				v.press(kb.Enter)
				v.wait(`document.querySelector(".turn") && !document.querySelector(".shelf").checkVisibility()`)
				v.size(1280, 800)
			}
			v.choose(".switches select", "en")
			v.focus(".shelf .tools button")
			v.press(kb.Enter)
			v.wait(`document.activeElement.matches(".shelf form input")`)
			v.write("By hand")
			v.press(kb.Enter)
			v.listed("By hand")
		}},
		step{"refused", func(t *testing.T) { // where the browser keeps nothing, the page says so and goes on
			o := &visitor{tab: open(all, v.ctx, "about:blank", false)}
			defer o.close()
			o.on(t)
			o.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
				_, err := chromedp.Call(ctx, cdpage.AddScriptToEvaluateOnNewDocument, cdpage.AddScriptToEvaluateOnNewDocumentParams{Source: `IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError"); };`})
				return err
			}))
			o.origin = v.origin
			o.do(chromedp.Navigate(v.origin + "/#chat"))
			o.wait(`document.querySelector("#question")`)
			o.sees("This browser keeps nothing")
			o.asks("What is 3+1?")
			first := eval[string](o.tab, "location.hash")
			o.click(".conversations a.button")
			o.wait(`!document.querySelector(".turn")`)
			o.asks("What is 4+1?")
			o.click(`.shelf a[href="` + first + `"]`)
			o.wait(`document.querySelector(".turn .question")?.innerText.includes("3+1")`)
			o.clean(t)
			if got := v.stored(); strings.Contains(got, "3+1") {
				t.Error("the browser keeps what it refused")
			}
		}},
		step{"another", func(t *testing.T) { // who signs in on the same browser sees none
			v.front()
			owner.on(t)
			owner.push("People")
			owner.pushAt("mei", "Sign out everywhere")
			ben := owner.lets(all, browser, "ben", "user")
			ben.close()
			v.tell("Your question", "Still me?")
			v.enter() // her session is over
			v.comesBack("ben")
			v.push("Chat")
			v.listed()
			v.sees("kept in this browser alone")
			if got := v.text("main"); strings.Contains(got, "2+2") || strings.Contains(got, "By hand") || strings.Contains(got, "Still me?") {
				t.Errorf("ben sees what was mei's: %s", got)
			}
			v.asks("What is 3+3?")
			v.listed("What is 3+3?")
			v.clean(t, "401")
		}},
		step{"signed-out", func(t *testing.T) { // deletes one's own, after saying so
			v.push("Home")
			v.click(".who-am-i button")
			v.wait(`document.querySelector("dialog.leaving[open]")?.innerText.includes("Conversations kept in this browser alone: 1.")`)
			v.accessible(t)
			v.push("Stay")
			v.wait(`!document.querySelector("dialog[open]") && document.querySelector("nav a")`)
			v.keeps("What is 3+3?")
			v.click(".who-am-i button")
			v.push("Delete and sign out")
			v.wait(`document.querySelector("#key")`)
			if got := v.stored(); strings.Contains(got, "3+3") || !strings.Contains(got, "2+2") {
				t.Errorf("after ben has left, the browser keeps %s", got)
			}
			v.comesBack("mei")
			v.push("Chat")
			v.listed("By hand")
			v.clean(t, "401")
		}},
		step{"erased", func(t *testing.T) { // by the server: the browser forgets too
			owner.pushAt("mei", "Erase")
			owner.pushAt("mei", "Yes, erase")
			owner.sees("Erased.")
			v.do(chromedp.Reload())
			v.wait(`document.querySelector("#key")`)
			v.sees("Your account was erased.")
			for end := time.Now().Add(patience); strings.Contains(v.stored(), "2+2"); time.Sleep(50 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("of an erased person the browser keeps %s", v.stored())
				}
			}
		}},
	)
	v.clean(t, "401")
	owner.clean(t)
}
