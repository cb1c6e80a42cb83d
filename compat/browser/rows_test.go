package browser

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// rows scrolls through a table of 100,000 documents, which a corpus is made of
// beside the server, and counts what the browser holds and asks for meanwhile. How
// long a frame took is told, and decides nothing.
func rows(t *testing.T, browser context.Context, origin, dir string) {
	const n = 100_000
	many(t, dir, n)
	p := open(t, browser, origin+"/#data", false)
	defer p.close()
	p.on(t)
	p.wait(`[...document.querySelectorAll("main option")].some(o => o.value === "many")`)
	// What did not come is not called empty, and comes when it is asked for again.
	answers := func(yes bool) {
		eval[bool](p, fmt.Sprintf(`(() => { const all = window.all ??= window.fetch; window.fetch = (at, of) => %v || !String(at).includes("from=") ? all(at, of) : Promise.reject(new TypeError("away")); return true; })()`, yes))
	}
	answers(false)
	p.choose("main .card select", "many")
	p.wait(`document.querySelector("main .failure button") && !document.querySelector("[role=table]")`)
	answers(true)
	p.click("main .failure button")
	p.wait(fmt.Sprintf(`document.querySelector("[role=table]")?.getAttribute("aria-rowcount") === "%d"`, n+1))
	p.wait(`document.querySelector(".tbody .trow button")`)
	still := p.count("*")
	requests := func() int {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.requests)
	}
	answers(false)
	eval[bool](p, `document.querySelector(".tbody").scrollTop = 40000, true`)
	p.wait(`document.querySelector("main .vtable .failure button") && [...document.querySelectorAll(".tbody .trow")].some(r => r.textContent.startsWith("…"))`)
	answers(true)
	p.click("main .vtable .failure button")
	p.wait(`!document.querySelector("main .failure") && [...document.querySelectorAll(".tbody .trow")].every(r => !r.textContent.startsWith("…"))`)
	eval[bool](p, `document.querySelector(".tbody").scrollTop = 0, true`)
	before := requests()
	eval[bool](p, `(() => {
		const box = document.querySelector(".tbody"), all = box.scrollHeight - box.clientHeight;
		const seen = window.seen = { frames: 0, rows: 0, nodes: 0, longest: 0, over: 0, done: false };
		let last = performance.now();
		const step = now => {
			const took = now - last;
			last = now;
			if (seen.frames > 1) seen.longest = Math.max(seen.longest, took), seen.over += took > 50;
			seen.rows = Math.max(seen.rows, box.querySelectorAll(".trow").length);
			seen.nodes = Math.max(seen.nodes, document.querySelectorAll("*").length);
			if (seen.frames++ === 400) return seen.done = true;
			box.scrollTop = all * seen.frames / 400;
			requestAnimationFrame(step);
		};
		requestAnimationFrame(step);
		return true;
	})()`)
	p.await(`window.seen.done`, 10*patience) // 400 frames
	p.wait(`[...document.querySelectorAll(".tbody .trow")].at(-1)?.getAttribute("aria-rowindex") === "` + fmt.Sprint(n+1) + `" && [...document.querySelectorAll(".tbody .trow")].at(-1).querySelector("button")`)
	s := eval[struct {
		Frames, Rows, Nodes, Over int
		Longest                   float64
	}](p, "window.seen")
	t.Logf("%d rows in %d frames: at most %d rows and %d nodes at once, %d requests; the longest frame %.0f ms, %d over 50 ms", n, s.Frames, s.Rows, s.Nodes, requests()-before, s.Longest, s.Over)
	if s.Rows > 60 || s.Nodes > still+60*12 {
		t.Errorf("up to %d rows and %d nodes were there at once, %d before scrolling", s.Rows, s.Nodes, still)
	}
	// Of 1,000 pages: what passes by is not asked for. A frame that took long is one at which the reader
	// stopped, as far as the page can know, at the border of two pages perhaps.
	if got := requests() - before; got > 40+2*s.Over {
		t.Errorf("%d requests, and %d frames took long", got, s.Over)
	}
	p.clean(t)
}

// many makes a corpus of so many documents beside what a plan's folder has.
func many(t *testing.T, dir string, n int) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "many.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	b := bufio.NewWriter(f)
	for i := range n {
		fmt.Fprintf(b, `{"id":"d%06d","text":"Entry %d of the ledger of the kiln: it was fired to %d degrees on day %d, and %d bowls came out whole."}`+"\n", i, i, 900+i*7919%400, i, i*104729%97)
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "suiren.hcl")
	plan, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plan = append(plan, "\ndocuments \"many\" {\n  path = \"many.jsonl\"\n}\ncorpus \"many\" {\n  from   = [documents.many]\n  recipe = \"measure\"\n}\n"...)
	if err := os.WriteFile(path, plan, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(*suiren, "apply", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
