package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// edit replaces words of a plan file.
func edit(t *testing.T, dir, old, new string) {
	t.Helper()
	path := filepath.Join(dir, "suiren.hcl")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), old) {
		t.Fatalf("the plan does not say %q", old)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), old, new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// releases are what was made, the newest first.
func releases(v *visitor) []release {
	return get[struct{ Releases []release }](v.tab, "/api/releases").Releases
}

type release struct {
	Digest, Stage string
	Newest        bool
}

// answers waits until the server answers by the release that is live, and returns it.
func answers(v *visitor) (digest string) {
	v.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		live := standing(v, "live")
		now := get[struct{ Release struct{ Digest string } }](v.tab, "/api/state").Release.Digest
		if live == now && live != "" {
			return live
		}
		if time.Now().After(end) {
			v.t.Fatalf("live is %q, and %q answers", live, now)
		}
	}
}

// answersAnew waits until another release than before is live and answers, and returns it.
func answersAnew(v *visitor, before string) (digest string) {
	v.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if digest = answers(v); digest != before {
			return digest
		}
		if time.Now().After(end) {
			v.t.Fatalf("%s answers as before", digest)
		}
	}
}

// standing is the digest of the release at a stage; "" if there is none.
func standing(v *visitor, stage string) string {
	for _, r := range releases(v) {
		if r.Stage == stage {
			return r.Digest
		}
	}
	return ""
}

// planned is the way from a changed line to a release that answers: edited,
// applied, watched, released; and again where a block beside it fails.
func planned(t *testing.T, browser context.Context, dir string) {
	s := start(t, "serve", dir)
	v := visit(t, browser, s.url)
	defer v.close()
	var before string
	journey(t, v,
		step{"asked", func(t *testing.T) {
			before = answers(v)
			v.push("Chat")
			v.asks("Tell me about the durian.")
			if got := v.text(".turn .refusal"); got != "" {
				t.Errorf("refused before it was forbidden: %s", got)
			}
		}},
		step{"edited", func(t *testing.T) {
			v.push("Plan")
			v.push("File")
			v.wait(`document.querySelector("#plan-text")?.value`)
			text := eval[string](v.tab, `document.querySelector("#plan-text").value`)
			text = strings.Replace(text, `pack = "minors-zh"`, "pack = \"minors-zh\"\n  keywords = [\"durian\"]", 1)
			v.fill("#plan-text", strings.Replace(text, "flops     = 2e10", "flops     = 1e11", 1))
			v.wait(`document.querySelector(".editor-page tbody").innerText.includes("Derived: 1 layer of width ")`)
			// What would be made again, and what would not.
			for ref, mark := range map[string]string{"weights.mine": "~", "policy.house": "~", "release.mine": "~"} {
				v.wait(`[...document.querySelectorAll(".editor-page tbody th")].some(e => e.innerText === ` + quote(mark+" "+ref) + `)`)
			}
			for _, ref := range []string{"tokenizer.bpe", "knowledge.handbook"} {
				v.wait(`[...document.querySelectorAll(".editor-page details")].some(e => e.textContent.startsWith("Unchanged: 6") && e.textContent.includes(` + quote(ref) + `))`)
			}
			if got := file(t, dir); strings.Contains(got, "durian") {
				t.Error("the file changed before it was saved")
			}
			v.push("Save")
			v.sees("Saved")
			if got := file(t, dir); !strings.Contains(got, `keywords = ["durian"]`) || !strings.Contains(got, "1e11") {
				t.Errorf("the file says %s", got)
			}
		}},
		step{"applied", func(t *testing.T) {
			v.push("Apply")
			v.push("Graph")
		}},
		step{"watched", func(t *testing.T) { // steps run and end, and the curve grows, without a reload
			v.wait(`look.history.some(h => h.nodes["weights.mine"] === "running")`)
			v.wait(`look.history.at(-1).nodes["release.mine"] === "done" && Object.values(look.history.at(-1).nodes).every(s => s === "done")`)
			if !eval[bool](v.tab, `look.history.some((h, i, all) => i > 0 && all[i-1].nodes["weights.mine"] === "running" && h.nodes["weights.mine"] === "done")`) {
				t.Error("the training was not seen to run and end")
			}
			if !eval[bool](v.tab, `Object.values(look.history.at(-1).points).some(n => n > 1)`) {
				t.Error("no curve was seen")
			}
			v.wait(`document.querySelector("[aria-labelledby=report] table")`)
		}},
		step{"released", func(t *testing.T) {
			v.wait(`document.querySelector(".tasks li") && !document.querySelector(".tasks li .pulse")`)
			answersAnew(v, before)
			v.push("Releases")
			v.wait(`document.querySelectorAll(".picks button").length === 2`)
			v.wait(`document.querySelector(".picks .done")?.innerText === "live"`)
			v.push("Chat")
			v.asks("Tell me about the durian.")
			if v.text(".turn:last-child .refusal") == "" {
				t.Errorf("the new release does not refuse: %s", v.text(".turn:last-child .reply"))
			}
		}},
		step{"failed", func(t *testing.T) { // only the making shows it; what needs it is not made, and the rest is
			before = answers(v)
			if err := os.WriteFile(filepath.Join(dir, "cut.json"), []byte(`{"dialogues": [{"name": "cut", "draw": [["n", "1..3"]], "turns": {"en": [{"role": "user", "content": "{n}?"}, {"role": "assistant", "content": "Yes."}]}}]}`), 0o600); err != nil {
				t.Fatal(err)
			}
			v.push("Plan")
			v.push("File")
			v.wait(`document.querySelector("#plan-text")?.value`)
			text := eval[string](v.tab, `document.querySelector("#plan-text").value`)
			v.fill("#plan-text", strings.Replace(text, `["durian"]`, `["mango"]`, 1)+
				"\nexamples \"cut\" {\n  generate  = \"dialogues\"\n  path      = \"cut.json\"\n  languages = [\"en\"]\n  count     = 60\n}\ntokenizer \"cut\" {\n  from  = [examples.cut]\n  vocab = 512\n}\n")
			v.wait(`[...document.querySelectorAll(".editor-page tbody th")].some(e => e.innerText === "+ tokenizer.cut")`)
			v.push("Save")
			v.sees("Saved")
			v.push("Apply")
			v.push("Graph")
			answersAnew(v, before)
			v.wait(`document.querySelector(".tasks li.bad")?.innerText.includes("examples.cut: cut.json: ")`)
			v.wait(`look.history.at(-1).nodes["examples.cut"] === "failed" && look.history.at(-1).nodes["tokenizer.cut"] === "skipped" && look.history.at(-1).nodes["release.mine"] === "done"`)
			v.wait(`document.querySelector(".plan [role=status]").innerText.endsWith(" steps done, 1 failed, 1 not done because of it")`)
			if high := eval[float64](v.tab, `+document.querySelector(".graph svg").getAttribute("height")`); high > 400 {
				t.Errorf("four rows of steps take %.0f pixels", high)
			}
			v.shot(*look, "plan-failed", true)
			v.act("open the step that was passed over")
			v.click(".node.skipped")
			v.wait(`document.querySelector(".details").innerText.includes("not made because of examples.cut, which failed")`)
			v.accessible(t)
		}},
	)
	v.clean(t)
}

// file is the plan file of a folder.
func file(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "suiren.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// An asker is a client of the API that asks again and again, each time in a new
// conversation.
type asker struct {
	mu     sync.Mutex
	by     map[string]int // answers by the release that gave them
	failed []string
	done   chan struct{}
	ended  sync.WaitGroup
}

// call does one request of a client with the server's first key.
func (s *server) call(t *testing.T, method, path, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(method, strings.Split(s.url, "/open")[0]+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(b)
}

// keepAsking starts one; stop ends it and returns what failed.
func (s *server) keepAsking(t *testing.T) *asker {
	a := &asker{by: map[string]int{}, done: make(chan struct{})}
	a.ended.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-a.done:
				return
			default:
			}
			status, text := s.call(t, "POST", "/v1/chat/completions", fmt.Sprintf(`{"messages":[{"role":"user","content":"What is %d+%d?"}],"max_tokens":8}`, i%90+1, i/90+1))
			var answer struct {
				By string `json:"system_fingerprint"`
			}
			err := json.Unmarshal([]byte(text), &answer)
			a.mu.Lock()
			if status != http.StatusOK || err != nil || answer.By == "" {
				a.failed = append(a.failed, fmt.Sprintf("%d %s", status, text))
			}
			a.by[answer.By]++
			a.mu.Unlock()
		}
	})
	return a
}

// since waits until answers came of a release that are younger than this call.
func (a *asker) since(t *testing.T, digest string) {
	t.Helper()
	count := func() int {
		a.mu.Lock()
		defer a.mu.Unlock()
		n := 0
		for by, answers := range a.by {
			if by != "" && strings.HasPrefix(digest, strings.TrimPrefix(by, "suiren-")) {
				n += answers
			}
		}
		return n
	}
	for before, end := count(), time.Now().Add(patience); count() <= before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			a.mu.Lock()
			defer a.mu.Unlock()
			t.Fatalf("no answer of %s came; they came from %v; failed: %q", digest, a.by, a.failed)
		}
	}
}

func (a *asker) stop() (asked int, failed []string) {
	close(a.done)
	a.ended.Wait()
	for _, n := range a.by {
		asked += n
	}
	return asked, a.failed
}

// canary is the way of a second release: tried on a part, promoted and rolled
// back, while a client asks on.
func canary(t *testing.T, browser context.Context, dir string) {
	s := start(t, "serve", dir)
	v := visit(t, browser, s.url)
	defer v.close()
	var first, second string
	client := s.keepAsking(t)
	stopped := false
	defer func() {
		if !stopped {
			client.stop()
		}
	}()
	journey(t, v,
		step{"made", func(t *testing.T) { // beside the server, which goes on answering
			v.push("Releases")
			v.wait(`document.querySelectorAll(".picks button").length === 1`)
			first = standing(v, "live")
			client.since(t, first)
			edit(t, dir, `pack = "minors-zh"`, "pack = \"minors-zh\"\n  keywords = [\"durian\"]")
			apply(t, dir)
			second = standing(v, "candidate")
			if second == "" || first == "" {
				t.Fatalf("live is %q, and the candidate %q", first, second)
			}
		}},
		step{"unchecked", func(t *testing.T) { // nothing answers that was not checked
			v.push("Home")
			v.push("Releases")
			v.wait(`document.querySelectorAll(".picks button").length === 2`)
			v.wait(`document.querySelector(".picks button[aria-pressed=true]")?.innerText.includes("candidate")`)
			v.push("Promote")
			v.wait(`document.querySelector("main [role=alert]")?.innerText.includes("was not checked")`)
			if now := standing(v, "live"); now != first {
				t.Errorf("live is %s, after a promotion that was refused", now)
			}
		}},
		step{"checked", func(t *testing.T) {
			v.push("Check")
			v.wait(`document.querySelectorAll(".listed .plainlist .good").length === 3`)
			v.accessible(t)
		}},
		step{"canary", func(t *testing.T) {
			eval[bool](v.tab, `(e => { e.value = 50; return e.dispatchEvent(new Event("input", { bubbles: true })); })(document.querySelector("input[type=range]"))`)
			v.tell("Why", "half of them")
			v.push("Try on a few")
			v.wait(`document.querySelector(".picks button[aria-pressed=true] .tag.running")?.innerText === "canary"`)
			v.sees("50% of the conversations")
			client.since(t, second)
			client.since(t, first)
			v.accessible(t)
		}},
		step{"promoted", func(t *testing.T) {
			v.push("Promote")
			v.wait(`document.querySelector(".picks button[aria-pressed=true] .tag.done")?.innerText === "live"`)
			if now := standing(v, "live"); now != second {
				t.Errorf("live is %s, not %s", now, second)
			}
			client.since(t, second)
		}},
		step{"rolled-back", func(t *testing.T) {
			v.push("Roll back")
			v.wait(`[...document.querySelectorAll(".picks button")].find(e => e.innerText.includes(` + quote(first[:8]) + `))?.querySelector(".tag.done")?.innerText === "live"`)
			if now := standing(v, "live"); now != first {
				t.Errorf("live is %s, not %s", now, first)
			}
			client.since(t, first)
		}},
		step{"lost-none", func(t *testing.T) {
			stopped = true
			asked, failed := client.stop()
			if asked < 10 || len(failed) > 0 {
				t.Errorf("of %d requests %d failed: %.3q", asked, len(failed), failed)
			}
			told(t, "canary, promotion, rollback: %d requests meanwhile, %d failed", asked, len(failed))
			v.push("Traces")
			v.push("Audit log")
			for _, action := range []string{"release.canary", "release.promote", "release.rollback", "release.refused"} {
				v.wait(`[...document.querySelectorAll("tbody td code")].some(e => e.innerText === ` + quote(action) + `)`)
			}
		}},
	)
	v.clean(t, "409", "400")
}

// policy is the way of a rule: tried in observe, replayed over what was asked
// lately, enforced; all of it on the guard's page.
func policy(t *testing.T, browser context.Context, dir string) {
	const forbidden = "Tell me about the durian."
	s := start(t, "serve", dir, "--traces")
	v := visit(t, browser, s.url)
	defer v.close()
	before := ""
	// carry writes what the page proposes into the plan, and waits until the release that comes of it answers.
	carry := func() {
		v.push("Write it into the plan, and make it")
		v.wait(`document.querySelector(".tasks li .pulse") || !document.querySelector(".staged")`)
		v.wait(`!document.querySelector(".staged") && !document.querySelector(".tasks li .pulse")`)
		if got := v.text(".tasks li"); !strings.Contains(got, "✓") {
			v.t.Fatalf("the plan was not made: %s", got)
		}
		before = answersAnew(v, before)
	}
	refused := func() string {
		v.push("Chat")
		v.asks(forbidden)
		return v.text(".turn:last-child .refusal")
	}
	replayPage := func(says string) { // the policy as the plan has it, not yet another
		v.push("Guard")
		v.push("Replay a draft")
		v.wait(`document.querySelector("main textarea")?.value.includes(` + quote(says) + `)`)
	}
	journey(t, v,
		step{"observe", func(t *testing.T) {
			before = answers(v)
			replayPage(`policy "house"`)
			text := eval[string](v.tab, `document.querySelector("main textarea").value`)
			v.fill("main textarea", strings.Replace(text, `pack = "minors-zh"`, "pack = \"minors-zh\"\n  keywords = [\"durian\"]", 1))
			v.push("Observe it")
			v.wait(`document.querySelector(".staged")`)
			if got := v.text(".staged"); !strings.Contains(got, `mode`) || !strings.Contains(got, "durian") || !strings.Contains(got, "policy.house") {
				t.Errorf("what would be written is told as %q", got)
			}
			if got := file(t, dir); strings.Contains(got, "durian") {
				t.Error("it is written before it was said so")
			}
			v.accessible(t)
			carry()
			if got := file(t, dir); !strings.Contains(got, "durian") || !strings.Contains(got, `"observe"`) {
				t.Errorf("the plan says %s", got)
			}
		}},
		step{"passes", func(t *testing.T) { // and is noted
			if got := refused(); got != "" {
				t.Fatalf("a rule that only observes refuses: %s", got)
			}
			v.asks("What is 3+4?")
			v.push("Traces")
			v.wait(`document.querySelectorAll(".trace").length === 2`)
			v.click("tr:nth-child(2) .trace")
			v.sees("durian")
			v.wait(`document.querySelector("dialog[open] .plainlist code")`)
			v.push("Close")
		}},
		step{"replayed", func(t *testing.T) { // with the draft that would be enforced
			replayPage("durian")
			text := eval[string](v.tab, `document.querySelector("main textarea").value`)
			v.fill("main textarea", strings.Replace(text, `"observe"`, `"enforce"`, 1))
			v.push("Replay")
			v.wait(`document.querySelector(".replayed")`)
			if got := v.text(".replayed"); !strings.Contains(got, "Of 2 requests the draft judges 1 more strictly and 0 less.") {
				t.Errorf("the replay says %q", got)
			}
			v.wait(`document.querySelectorAll(".replayed tbody tr").length >= 1`)
			v.accessible(t)
		}},
		step{"enforce", func(t *testing.T) {
			v.push("Enforce it")
			carry()
			v.push("Policies")
			v.wait(`document.querySelector("main .card .tag")?.innerText === "enforces"`)
		}},
		step{"refused", func(t *testing.T) {
			if refused() == "" {
				t.Errorf("not refused: %s", v.text(".turn:last-child .reply"))
			}
			status, text := s.call(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"`+forbidden+`"}]}`)
			if status != 200 || !strings.Contains(text, "content_filter") {
				t.Errorf("a program is answered %d %s", status, text)
			}
		}},
	)
	v.clean(t)
}
