package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// harmless gives the page a model's answer that would do harm as markup: all of
// it must show as the text that it is.
func harmless(t *testing.T, browser context.Context, origin string) {
	p := open(t, browser, origin+"/#chat", false)
	defer p.close()
	p.on(t)
	p.wait(`document.getElementById("question")`)
	const evil = `<img src=x onerror="window.hurt=1"> <script>window.hurt=2</script> [click](javascript:window.hurt=3) ![p](http://192.0.2.1/p.png) <a href="http://192.0.2.1/">x</a> **bold** <iframe src="http://192.0.2.1/"></iframe>`
	eval[bool](p, `(() => {
		const real = fetch;
		window.fetch = async (url, how) => {
			if (!String(url).includes("/v1/chat/completions")) return real(url, how);
			const chunk = d => "data: " + JSON.stringify(d) + "\n\n";
			const text = `+quote(evil)+`;
			return new Response(chunk({ id: "x", choices: [{ delta: { reasoning_content: text } }] }) + chunk({ id: "x", suiren: { sources: [{ file: text, heading: text, text, score: 1 }] }, choices: [{ delta: { content: text } }] })
				+ chunk({ id: "x", choices: [{ delta: {}, finish_reason: "stop" }] }) + "data: [DONE]\n\n", { headers: { "Content-Type": "text/event-stream" } });
		};
		return true;
	})()`)
	p.click("#question")
	p.write(evil)
	p.press(kb.Enter)
	p.wait(`document.querySelector(".turn:last-child footer")`)
	p.click(".turn:last-child .thought summary")
	if got := p.text(".turn:last-child .answer"); !strings.Contains(got, `<img src=x onerror="window.hurt=1">`) || !strings.Contains(got, "![p](http://192.0.2.1/p.png)") {
		t.Errorf("the answer shows as %q", got)
	}
	if n := p.count(".turn :is(img, iframe, script, object, embed, form[action], a[href^='javascript'], a[href^='http'])"); n > 0 {
		t.Errorf("%d elements came of a model's words", n)
	}
	if eval[bool](p, `"hurt" in window`) {
		t.Error("a model's words ran as a script")
	}
	p.clean(t)
}

// tasks does the main task of each page on the served plan.
func tasks(t *testing.T, browser context.Context, origin string) {
	p := open(t, browser, origin+"/", false)
	defer p.close()
	p.on(t)
	p.wait(`document.querySelectorAll(".door").length === 3`)
	p.choose(".switches select", "en")

	t.Run("documents", func(t *testing.T) { // a folder becomes answers with their sources
		p.on(t)
		dir := t.TempDir()
		text := "# The kiln\n\nThe kiln is fired on the first Monday of each month. Only Mei Lin holds its key.\n"
		if err := os.WriteFile(filepath.Join(dir, "kiln.md"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		p.click(".door:nth-child(2) a")
		p.wait(`document.querySelector(".base-path")`)
		p.click(".base-path")
		p.write(dir)
		p.click("form button.main")
		p.wait(`document.querySelector(".base-question")`)
		p.click(".base-question")
		p.write("Who holds the key of the kiln?")
		p.press(kb.Enter)
		p.wait(`document.querySelector(".said-by")`)
		if got := p.text(".said-by"); !strings.Contains(got, "Mei Lin") || !strings.Contains(got, "kiln.md") {
			t.Errorf("the answer is %q", got)
		}
		p.click(".said-by .place")
		p.wait(`[...document.querySelectorAll("dialog[open] .sheet mark")].some(e => e.innerText === "Only Mei Lin holds its key.")`)
		if n := p.count("dialog[open] .passages button[aria-pressed=true]"); n != 1 {
			t.Errorf("%d passages are marked beside the page", n)
		}
		for _, v := range p.broken() {
			t.Error(v)
		}
		p.shot(*look, "knowledge-open", false)
		p.press(kb.Escape)
		p.wait(`!document.querySelector("dialog[open]")`)
	})
	t.Run("plan", func(t *testing.T) { // a mistake is shown where it stands; what is right says what it comes to
		p.on(t)
		p.turn("plan")
		p.click(".tabs button:last-child")
		p.wait(`document.querySelector("#plan-text") && document.querySelector(".editor-page .good")`)
		right := eval[string](p, `document.querySelector("#plan-text").value`)
		p.fill("#plan-text", strings.Replace(right, "vocab", "vocap", 1))
		p.wait(`document.querySelector(".editor .lines .bad") && document.querySelector(".editor-page ul button")`)
		if got := p.text(".editor-page [role=status]"); !strings.Contains(got, "vocap") {
			t.Errorf("the mistake is told as %q", got)
		}
		p.fill("#plan-text", right+"\ndocuments \"more\" {\n  path = \"handbook/zh/**\"\n}\n")
		p.wait(`[...document.querySelectorAll(".editor-page tbody th")].some(e => e.innerText.includes("+ documents.more"))`)
		p.shot(*look, "plan-file", true)
		// Of two texts the older's check may be answered later: it says nothing of the newer.
		eval[string](p, `look.late = "vocap"`)
		p.fill("#plan-text", strings.Replace(right, "vocab", "vocap", 1))
		p.wait(`look.held === 1`)
		p.fill("#plan-text", right+"\ndocuments \"other\" {\n  path = \"handbook/zh/**\"\n}\n")
		p.wait(`[...document.querySelectorAll(".editor-page tbody th")].some(e => e.innerText.includes("+ documents.other"))`)
		eval[string](p, `look.late = ""`)
		p.wait(`look.held === 0`)
		eval[bool](p, `(window.after = false, fetch("/api/state").then(r => r.json()).then(() => window.after = true), true)`)
		p.wait(`window.after`)
		if got := p.text(".editor-page"); strings.Contains(got, "vocap") || !strings.Contains(got, "+ documents.other") {
			t.Errorf("after an older answer the page says %q", got)
		}
		p.click(".editor-page .row button:last-child") // the file again
		p.wait(`document.querySelector("#plan-text").value === ` + quote(right))
	})
	t.Run("training", func(t *testing.T) {
		p.on(t)
		p.turn("training")
		p.wait(`document.querySelectorAll(".curve path.line").length >= 2`)
		before := p.text(".curve figcaption")
		p.click(".curve .zoom button")
		p.wait(`document.querySelector(".curve .zoom button:nth-child(2)")`)
		if before == "" {
			t.Error("a curve has no name")
		}
	})
	t.Run("data", func(t *testing.T) {
		p.on(t)
		p.turn("data")
		p.wait(`document.querySelectorAll(".tbody .trow button").length > 0`)
		p.click(".tbody .trow button")
		p.wait(`document.querySelector("dialog[open] .passage")`)
		p.press(kb.Escape)
		p.wait(`!document.querySelector("dialog[open]")`)
		p.click(".tabs button:nth-child(2)")
		p.wait(`document.querySelector(".histogram, .measureless")`)
		measured := *state == "" // the tiny plan's corpus is; that of a state may not be
		if n := p.count(".histogram"); measured && n != 1 {
			t.Errorf("%d histograms of what was measured", n)
		}
		if measured {
			said := p.text("[role=status] b")
			eval[bool](p, `(e => { e.value = +e.value > (+e.min + +e.max) / 2 ? e.min : e.max; return e.dispatchEvent(new Event("input", { bubbles: true })); })(document.querySelector("input[type=range]"))`)
			p.wait(`document.querySelector("[role=status] b").innerText !== ` + quote(said))
		}
		p.click(".tabs button:last-child")
		p.wait(`document.querySelector(".tokens mark")`)
		p.shot(*look, "data-rows", true)
	})
	t.Run("evaluation", func(t *testing.T) {
		p.on(t)
		p.turn("evaluation")
		p.wait(`document.querySelectorAll(".card table").length > 1 && document.querySelector(".map")`)
		p.choose(".change", "") // all problems, each with both replies
		p.wait(`document.querySelectorAll(".pair").length === 10`)
		if n := p.count(".pair:first-child .two > section"); n != 2 {
			t.Errorf("%d replies stand beside each other", n)
		}
		p.click(".pair details summary")
		p.shot(*look, "evaluation-pairs", true)
	})
	t.Run("compute", func(t *testing.T) {
		p.on(t)
		p.turn("compute")
		p.wait(`document.querySelector(".chart") && document.querySelector(".map") && document.querySelectorAll(".health li").length >= 4`)
		for _, width := range []int64{375, 360} { // what is drawn stays as large as text
			p.size(width, 800)
			small := eval[[]string](p, `[...document.querySelectorAll(".roof text")].filter(e => e.getBoundingClientRect().height < 11).map(e => e.textContent)`)
			outside := eval[[]string](p, `(f => [...document.querySelectorAll(".roof text")].filter(e => { const b = e.getBoundingClientRect(); return b.left < f.left - 1 || b.right > f.right + 1; }).map(e => e.textContent))(document.querySelector(".roof").getBoundingClientRect())`)
			over := eval[[]string](p, `(all => all.filter((e, i) => all.some((o, j) => { if (j <= i) return false; const a = e.getBoundingClientRect(), b = o.getBoundingClientRect(); return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom; })).map(e => e.textContent))([...document.querySelectorAll(".roof text")])`)
			if len(small)+len(outside)+len(over) > 0 {
				t.Errorf("at %d the roofline has small %q, cut %q and covered labels %q", width, small, outside, over)
			}
			p.shot(*look, fmt.Sprintf("compute-%d", width), true)
		}
		p.size(1280, 800)
	})
	t.Run("settings", func(t *testing.T) {
		p.on(t)
		p.turn("settings")
		p.wait(`document.querySelectorAll("tbody tr").length > 5`)
		if got := p.text("main"); !strings.Contains(got, "database people.db") {
			t.Errorf("the origin of accounts is not told: %s", got)
		}
		if got := p.text("table"); !strings.Contains(got, "--listen") {
			t.Errorf("the origin of the address is not told: %s", got)
		}
	})
	t.Run("kept", func(t *testing.T) { // how long things are kept, where backups go, and what needs two people
		p.on(t)
		p.turn("settings/keep")
		p.wait(`document.querySelector(".keep-content")`)
		p.fill(".keep-content", "30")
		p.click(".form:has(.keep-content) > button")
		p.wait(`document.querySelector("p.good[role=status]")?.innerText === "Saved."`)
		p.fill(".hold-name", "nobody-yet")
		p.fill(".hold-reason", "a law suit")
		p.click("button.hold")
		p.wait(`[...document.querySelectorAll(".plainlist .row")].some(e => e.innerText.includes("a law suit"))`)
		for _, v := range p.broken() {
			t.Error(v)
		}
		p.shot(*look, "settings-keep", true)
		p.turn("settings/backup")
		p.wait(`document.querySelector(".backup-folder")`)
		p.fill(".backup-folder", t.TempDir())
		p.click("form button.main")
		p.wait(`document.querySelector(".backup-now:not(:disabled)")`)
		p.click(".backup-now")
		p.wait(`document.querySelectorAll(".backups li").length === 1`)
		for _, v := range p.broken() {
			t.Error(v)
		}
		p.shot(*look, "settings-backup", true)
		p.turn("settings/two")
		p.wait(`document.querySelectorAll(".roles input").length === 7`)
		for _, v := range p.broken() {
			t.Error(v)
		}
		p.shot(*look, "settings-two", true)
	})
	t.Run("branch", func(t *testing.T) { // a question asked differently is a branch beside the first
		p.on(t)
		p.turn("chat")
		p.wait(`document.getElementById("question")`)
		ask(p, tongues[1].problem) // an answer, not a refusal, has a proof
		p.click(".turn-tools button:last-child")
		p.wait(`document.querySelector(".branches") && document.querySelector(".turn footer")`)
		if got := p.text(".branches"); !strings.Contains(got, "2 of 2") {
			t.Errorf("the branches are told as %q", got)
		}
		p.click(".branches button")
		p.wait(`document.querySelector(".branches").innerText.includes("1 of 2")`)
		p.click(".proof ~ .proof summary")
		p.wait(`document.querySelector(".proof[open] pre")?.innerText.includes("/v1/chat/completions")`)
	})
	kept(t, browser, p)
	p.clean(t)
}

// kept does the tasks of who keeps a house: what was used, traced, released and
// refused, and who may come in.
func kept(t *testing.T, browser context.Context, p *tab) {
	t.Run("usage", func(t *testing.T) { // what is asked is counted, and bounded
		p.on(t)
		total := func() (n int) {
			p.turn("usage")
			p.wait(`document.querySelector("tr.total td")`)
			fmt.Sscan(strings.ReplaceAll(eval[string](p, `document.querySelector("tr.total td:nth-of-type(2)").innerText`), ",", ""), &n)
			return n
		}
		before := total()
		p.turn("chat")
		p.wait(`document.getElementById("question")`)
		ask(p, tongues[1].problem)
		if after := total(); after <= before {
			t.Errorf("%d tokens of prompts were used before a question, and %d after", before, after)
		}
		p.choose(".usage-by", "release")
		p.wait(`[...document.querySelectorAll(".per-correct")].some(e => / tokens$/.test(e.innerText)) || document.querySelector(".per-correct")?.innerText === "not judged"`)
		p.fill(".budget-name", "nobody")
		p.fill(".budget-amount", "12345")
		p.click("form.budget button")
		p.wait(`[...document.querySelectorAll(".plainlist li")].some(e => e.innerText.includes("nobody") && e.innerText.includes("0 of 12,345"))`)
		p.shot(*look, "usage-budget", true)
		p.click(".plainlist button")
		p.wait(`!document.querySelector("main .plainlist")`)
	})
	t.Run("traces", func(t *testing.T) {
		p.on(t)
		p.turn("traces")
		p.wait(`document.querySelectorAll(".trace").length > 0`)
		newest := get[struct{ Traces []struct{ ID string } }](p, "/api/traces?limit=1").Traces[0].ID
		if got := p.text("tbody tr code"); got != newest {
			t.Errorf("the newest trace is %s, and %q shows", newest, got)
		}
		p.click(".trace")
		p.wait(`document.querySelectorAll("dialog[open] .timeline li").length > 2 && document.querySelector("dialog[open] .timeline .inner")`)
		if got := p.text("dialog[open] .timeline"); !strings.Contains(got, "prompt read") {
			t.Errorf("the timeline is %q", got)
		}
		for _, v := range p.broken() {
			t.Error(v)
		}
		p.shot(*look, "trace-open", false)
		p.press(kb.Escape)
		p.wait(`!document.querySelector("dialog[open]")`)
		p.click(".tabs button:last-child")
		p.wait(`[...document.querySelectorAll("tbody td")].some(e => e.innerText.includes("budget.set"))`)
		p.click(".form button.main")
		p.wait(`document.querySelector("p.good[role=status]")?.innerText.includes("It holds")`)
		p.shot(*look, "audit", true)
	})
	t.Run("guard", func(t *testing.T) { // a text is refused, and by which rule
		p.on(t)
		p.turn("guard/try")
		p.wait(`document.querySelector(".trial")`)
		p.fill(".trial", tongues[1].forbidden)
		p.click("form button.main")
		p.wait(`document.querySelector(".verdict .bad")?.innerText.includes("refused")`)
		if got := p.text(".verdict"); !strings.Contains(got, "terrorism") || !strings.Contains(got, "make a bomb") {
			t.Errorf("the verdict is told as %q", got)
		}
		for _, v := range p.broken() {
			t.Error(v)
		}
		p.shot(*look, "guard-try", true)
		p.fill(".trial", "What is a verdict?")
		p.click("form button.main")
		p.wait(`document.querySelector(".verdict .good")?.innerText.includes("It passes")`)
		p.turn("guard/assess")
		p.wait(`document.querySelector("main .command")?.innerText.includes("guard assess")`)
		p.turn("guard/replay")
		p.wait(`document.querySelector("textarea.code")?.value.includes("minors-zh")`)
		p.click(".stage-observe") // what would change shows, and nothing is written yet
		p.wait(`[...document.querySelectorAll(".lines-diff .good")].some(e => e.innerText.includes('mode = "observe"')) && document.querySelector(".carry")`)
		if got := p.text(".staged"); !strings.Contains(got, "policy.") || !strings.Contains(got, "release.") {
			t.Errorf("what would be made is told as %q", got)
		}
		for _, v := range p.broken() {
			t.Error(v)
		}
		p.shot(*look, "guard-staged", true)
	})
	t.Run("releases", func(t *testing.T) { // the one that is live passes what promotion asks
		p.on(t)
		p.turn("releases")
		p.wait(`document.querySelector(".picks .done")?.innerText === "live" && document.querySelector("button.promote:disabled")`)
		p.click("button.check")
		p.wait(`document.querySelectorAll(".listed .plainlist .good").length === 3`)
		p.click(".lineage") // and is made of what the owner gave, by a bill that is signed
		p.wait(`document.querySelector(".tree") && document.querySelector(".stack p.good[role=status]")?.innerText.includes("as its owner signed it")`)
		if got := eval[string](p, `document.querySelector(".tree").textContent`); !strings.Contains(got, "documents.handbook") || !strings.Contains(got, "weights.tutor") {
			t.Errorf("the lineage is told as %q", got)
		}
		for _, v := range p.broken() {
			t.Error(v)
		}
		p.shot(*look, "release-checked", true)
	})
	t.Run("people", func(t *testing.T) { // who is added comes in by a link, and out again
		p.on(t)
		p.turn("people")
		p.wait(`document.querySelector(".person-name")`)
		p.fill(".person-name", "mei")
		p.click("form button.main")
		p.wait(`document.querySelector(".person b")?.innerText === "mei" && document.querySelector(".once code")`)
		link := p.text(".once code")
		if !strings.HasPrefix(link, p.origin+"/#join=") {
			t.Errorf("the link is %q", link)
		}
		for _, v := range p.broken() {
			t.Error(v)
		}
		p.shot(*look, "people-added", true)
		guest := open(t, browser, link, true)
		defer guest.close()
		guest.wait(`document.querySelector("#password")`)
		guest.click("#password")
		guest.write("three quiet flames")
		guest.click("form button.main")
		guest.wait(`document.querySelector(` + quote(`nav a[href="#chat"]`) + `) && document.querySelector(".doors")`)
		if guest.count(`nav a[href="#chat"]`) != 1 || guest.count(`nav a[href="#people"]`) != 0 {
			t.Errorf("a user is offered %q", guest.text("nav"))
		}
		guest.clean(t, "401") // before it had joined
		comesIn(t, browser, guest)
		p.front()
		p.click(".person .remove")
		p.click(".person button.main")
		p.wait(`!document.querySelector(".person")`)
	})
}

// carried has a policy observed and enforced by buttons alone. It makes the plan
// again, twice: what looks at the newest run's training comes before it.
func carried(t *testing.T, browser context.Context, origin string) {
	p := open(t, browser, origin+"/", false)
	defer p.close()
	p.on(t)
	p.wait(`document.querySelector(".switches select")`)
	p.choose(".switches select", "en")
	for _, step := range []struct{ says, button, mode, tag string }{{"minors-zh", ".stage-observe", "observe", "observes"}, {`mode = "observe"`, ".stage-enforce", "enforce", "enforces"}} {
		p.turn("guard/replay")
		p.wait(`document.querySelector("textarea.code")?.value.includes(` + quote(step.says) + `)`) // the plan as it is now
		p.click("form button.main")
		p.wait(`document.querySelector(".replayed")`)
		p.click(step.button)
		p.wait(`document.querySelector(".lines-diff")?.innerText.includes(` + quote(`+   mode = "`+step.mode+`"`) + `)`)
		p.click(".carry")
		p.wait(`!document.querySelector(".staged") && document.querySelector("main .card .tag")?.innerText === ` + quote(step.tag))
	}
}

// fill sets the text of a field, as a reader would who writes all of it.
func (p *tab) fill(selector, text string) {
	p.t.Helper()
	p.wait("document.querySelector(" + quote(selector) + ")")
	eval[bool](p, fmt.Sprintf(`(e => { e.focus(); e.value = %s; return e.dispatchEvent(new Event("input", { bubbles: true })); })(document.querySelector(%s))`, quote(text), quote(selector)))
}
