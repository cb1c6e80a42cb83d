package browser

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// desk is where a person decides: what a rail will not let pass by itself, and
// the appeal of a caller who was suspended.
func desk(t *testing.T, browser context.Context, dir string) {
	edit(t, dir, `pack = "minors-zh"`, `pack = "minors-zh"
  rail "unsure" {
    on       = ["input"]
    keywords = ["durian"]
    action   = "ask_human"
    en       = "Nobody allowed it."
    zh       = "没有人放行。"
  }
  rail "never" {
    on       = ["input"]
    keywords = ["nightshade"]
    action   = "suspend"
  }`)
	apply(t, dir)
	s := start(t, "serve", dir)
	v := visit(t, browser, s.url)
	defer v.close()
	asker := visit(t, browser, v.origin)
	defer asker.close()
	asker.wait(`document.querySelector("#key")`)
	asker.fill("#key", s.key)
	asker.click("form button")
	asker.wait(`document.querySelector("nav a[href='#chat']")`)
	asker.push("Chat")
	asker.wait(`document.querySelector("#question")`)
	// waits asks what a person must decide.
	waits := func(t *testing.T, question string) {
		asker.on(t)
		asker.tell("Your question", question)
		asker.enter()
		v.wait(`[...document.querySelectorAll("main li.card .passage")].some(e => e.innerText.includes(` + quote(question) + `) && e.querySelector("mark")?.innerText === "durian")`)
		if got := v.text("main li.card"); !strings.Contains(got, "by policy minors-zh") || !strings.Contains(got, "The caller is told: Nobody allowed it.") || !strings.Contains(got, "goes on to the model") {
			t.Errorf("who decides sees %q", got)
		}
		if files := holding(t, "durian?", dir); len(files) > 0 {
			t.Errorf("what waits is to be read in %v", files)
		}
		if n := asker.count(".turn:last-child .reply footer"); n != 0 {
			t.Error("it is answered before a person decided")
		}
	}
	ended := func() { asker.wait(`document.querySelector(".turn:last-child :is(footer, [role=alert])")`) }
	journey(t, v,
		step{"allowed", func(t *testing.T) {
			v.push("Guard")
			v.push("Review")
			v.sees("Nothing waits.")
			waits(t, "May I eat a durian?")
			v.accessible(t)
			v.tell("Reason", "a fruit")
			v.push("Allow")
			v.sees("Nothing waits.")
			ended()
			if got := asker.text(".turn:last-child .refusal"); got != "" || asker.text(".turn:last-child .answer") == "" {
				t.Errorf("a person allowed it, and %s", asker.text(".turn:last-child .reply"))
			}
		}},
		step{"refused", func(t *testing.T) {
			waits(t, "May I throw a durian?")
			v.push("Refuse")
			v.sees("Nothing waits.")
			ended()
			if got := asker.text(".turn:last-child .refusal"); !strings.Contains(got, "Nobody allowed it.") {
				t.Errorf("a person refused it, and %s", asker.text(".turn:last-child .reply"))
			}
			v.push("Traces")
			v.push("Audit log")
			for _, action := range []string{"review.allow", "review.refuse"} {
				v.wait(`[...document.querySelectorAll("tbody td code")].some(e => e.innerText === ` + quote(action) + `)`)
			}
		}},
		step{"suspended", func(t *testing.T) { // after three in a row, and told what to do
			for range 3 {
				s.call(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"nightshade"}]}`)
			}
			asker.on(t)
			asker.asks("What is 3+4?")
			if got := asker.text(".turn:last-child [role=alert]"); !strings.Contains(got, "suspended until") || !strings.Contains(got, "appeal") {
				t.Errorf("who is suspended is told %q", got)
			}
		}},
		step{"lifted", func(t *testing.T) { // by a person, who reads the appeal
			if status, text := s.call(t, "POST", "/api/guard/appeals", `{"text":"I am a botanist"}`); status != http.StatusOK {
				t.Fatalf("%d %s", status, text)
			}
			v.push("Guard")
			v.push("Review")
			v.sees("I am a botanist")
			v.accessible(t)
			v.push("Allow")
			v.sees("Nothing waits.")
			v.sees("Nobody is suspended.")
			asker.on(t)
			asker.asks("What is 3+4?")
			if got := asker.text(".turn:last-child [role=alert]"); got != "" {
				t.Errorf("after it was lifted: %s", got)
			}
		}},
	)
	v.clean(t)
	asker.clean(t, "401", "403")
}

// compared is the way of two releases that are asked the same: what improved and
// what regressed, one by one, with an interval.
func compared(t *testing.T, browser context.Context, dir string) {
	s := start(t, "serve", dir)
	v := visit(t, browser, s.url)
	defer v.close()
	journey(t, v,
		step{"made", func(t *testing.T) {
			v.push("Releases")
			v.sees("There is no other release whose files are still here.")
			edit(t, dir, "flops     = 2e10", "flops     = 2e11")
			apply(t, dir)
			v.push("Home")
			v.push("Releases")
			v.wait(`document.querySelectorAll(".picks button").length === 2`)
		}},
		step{"asked", func(t *testing.T) {
			v.push("Ask both")
			v.wait(`document.querySelector(".pairs")`)
			v.wait(`!document.querySelector(".tasks li .pulse")`)
			v.accessible(t)
		}},
		step{"told", func(t *testing.T) { // the counts, the lists and the server's own agree
			c := get[struct {
				Overall struct{ Both, Gained, Lost, Neither int }
			}](v.tab, "/api/comparison").Overall
			if c.Both+c.Gained+c.Lost+c.Neither != 100 || c.Gained+c.Lost == 0 {
				t.Fatalf("the comparison is %+v of 100 problems", c)
			}
			v.sees(fmt.Sprintf("%d improved, %d regressed", c.Gained, c.Lost))
			for which, n := range map[string]int{"improved": c.Gained, "regressed": c.Lost, "same": c.Both + c.Neither} {
				v.pick("Which", which)
				v.wait(fmt.Sprintf(`document.querySelector(".pairs [role=status]")?.innerText.startsWith("%d problems") && document.querySelectorAll(".pair").length === %d`, n, min(n, 10)))
				want := map[string]string{"improved": "✗✓", "regressed": "✓✗"}[which]
				for _, got := range eval[[]string](v.tab, `[...document.querySelectorAll(".pair")].map(p => [...p.querySelectorAll("section > .row > .tag:not(.tag + .tag)")].map(e => e.innerText[0]).join(""))`) {
					if want != "" && got != want {
						t.Errorf("among what %s is one that is %q", which, got)
					}
				}
				if n > 10 {
					first := v.text(".pair .passage")
					v.push("Next")
					v.wait(`document.querySelector(".pair .passage") && document.querySelector(".pair .passage").innerText !== ` + quote(first))
				}
			}
		}},
		step{"retired", func(t *testing.T) { // the candidate, which then is no more
			candidate := standing(v, "candidate")
			v.push("Retire")
			v.wait(`document.querySelector(".picks .tag.failed")?.innerText === "retired"`)
			if got := standing(v, "retired"); got != candidate || candidate == "" {
				t.Errorf("%q was retired, and %q was the candidate", got, candidate)
			}
		}},
	)
	v.clean(t)
}

// shelf is a base of documents for several people: why something was found, and
// what one may not see who may not read it.
func shelf(t *testing.T, browser context.Context, dir string) {
	papers := t.TempDir()
	for name, text := range map[string]string{
		"open/kiln.md":     "# The kiln\n\nThe kiln is fired on the first Monday of each month.\n",
		"open/old.md":      "# The kiln\n\nThe kiln is fired on the first Friday of each month.\n",
		"closed/wages.md":  "# Wages\n\nThe potter earns forty silver coins a month.\n",
		"closed/garden.md": "# Garden\n\nThe quinces are behind the wall.\n",
	} {
		path := filepath.Join(papers, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, "serve", dir)
	v := visit(t, browser, s.url)
	defer v.close()
	all := t
	var olga, ben *visitor
	// asks asks the base, and returns what is answered.
	asks := func(one *visitor, question string) string {
		one.tell("Question", question)
		one.enter()
		one.wait(`document.querySelector(".found .command")?.innerText.includes(` + quote(question) + `)`)
		return one.text(".found")
	}
	const wages = "How many silver coins does the potter earn?"
	journey(t, v,
		step{"read", func(t *testing.T) {
			v.push("Knowledge")
			v.tell("Folder or file on this machine", papers)
			v.push("Read it")
		}},
		step{"explained", func(t *testing.T) { // by the words that it was found by, the strongest first
			got := asks(v, wages)
			if !strings.Contains(got, "forty silver coins") || !strings.Contains(got, "wages.md") {
				t.Errorf("the answer is %q", got)
			}
			type term struct {
				Term  string
				Score float64
			}
			terms := eval[[]term](v.tab, `[...document.querySelectorAll(".hits li:first-child .term")].map(e => ({ term: e.innerText.replace(/ [\d.]+$/, ""), score: +/[\d.]+$/.exec(e.innerText)[0] }))`)
			if len(terms) < 2 {
				t.Fatalf("it is explained by %v", terms)
			}
			sum := 0.0
			for i, one := range terms {
				if one.Score <= 0 || i > 0 && one.Score > terms[i-1].Score {
					t.Errorf("the words count %v", terms)
				}
				sum += one.Score
			}
			if words := eval[float64](v.tab, `+/by words ([\d.]+)/.exec(document.querySelector(".hits li:first-child .quiet").innerText)[1]`); math.Abs(sum-words) > 0.05*words {
				t.Errorf("the words add up to %.2f, and by words it counts %.2f", sum, words)
			}
			v.accessible(t)
		}},
		step{"contradicted", func(t *testing.T) { // two documents that say otherwise are both told
			got := asks(v, "On which day of the month is the kiln fired?")
			if !strings.Contains(got, "Monday") || !strings.Contains(got, "Friday") {
				t.Errorf("two documents differ, and it is told as %q", got)
			}
		}},
		step{"listed", func(t *testing.T) { // without a question, with both places to open
			v.push("Out of date")
			v.wait(`document.querySelectorAll(".conflicts .pair").length === 1`)
			if got := v.text(".conflicts .pair"); !strings.Contains(got, "first Monday") || !strings.Contains(got, "first Friday") || !strings.Contains(got, "kiln.md") || !strings.Contains(got, "old.md") {
				t.Errorf("two documents differ, and it is listed as %q", got)
			}
			v.accessible(t)
			v.click(".conflicts .pair .place:last-child")
			v.wait(`document.querySelector("dialog[open] .sheet mark")?.innerText.includes("first Friday")`)
			v.push("Close")
			v.push("Ask and test")
		}},
		step{"stale", func(t *testing.T) { // a file that changed since says so, until it is read again
			path := filepath.Join(papers, "closed", "garden.md")
			if err := os.WriteFile(path, []byte("# Garden\n\nThe quinces are behind the well.\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			later := time.Now().Add(time.Hour)
			if err := os.Chtimes(path, later, later); err != nil {
				t.Fatal(err)
			}
			v.push("Home")
			v.push("Knowledge")
			v.push("Files")
			v.wait(`[...document.querySelectorAll(".trow")].some(e => e.innerText.includes("garden.md") && e.querySelector(".tag.running")?.innerText === "changed since")`)
			v.push("Out of date")
			v.wait(`document.querySelector(".conflicts .tag.running")?.innerText === "changed since"`)
			v.push("Files")
			v.push("Read what changed")
			v.wait(`[...document.querySelectorAll(".trow")].some(e => e.innerText.includes("garden.md") && e.querySelector(".tag.done"))`)
			v.push("Ask and test")
			if got := asks(v, "Where are the quinces?"); !strings.Contains(got, "behind the well") {
				t.Errorf("after it was read again: %q", got)
			}
		}},
		step{"closed", func(t *testing.T) { // a folder for one person alone
			v.push("Permissions")
			v.push("Add a rule")
			v.tell("Folder or document", "closed")
			v.tell("Who may read it, parted by commas", "ben")
			v.push("Save")
			v.sees("No file lies there") // a rule for nothing says so, and how folders are named
			v.tell("Folder or document", filepath.Base(papers)+"/closed")
			v.push("Save")
			v.sees("Saved: it counts from the next question on.")
			v.sees("2 files")
			v.accessible(t)
		}},
		step{"as", func(t *testing.T) { // the owner tries it as another
			v.push("Ask and test")
			v.tell("As (person or group)", "olga")
			if got := asks(v, wages); strings.Contains(got, "silver") && strings.Contains(got, "forty") || strings.Contains(got, "wages.md") {
				t.Errorf("as olga: %s", got)
			}
		}},
		step{"seen", func(t *testing.T) { // by each as they may
			ben = v.lets(all, browser, "ben", "user")
			olga = v.lets(all, browser, "olga", "user")
			for one, may := range map[*visitor]bool{ben: true, olga: false} {
				one.on(t)
				one.push("Knowledge")
				if got := asks(one, wages); strings.Contains(got, "wages.md") != may {
					t.Errorf("who may read it: %v; and it is answered: %s", may, got)
				}
				if got := one.text(".tabs"); one.count(".base-path") != 0 || strings.Contains(got, "Permissions") || !strings.Contains(got, "Evaluation") {
					t.Errorf("who may only read is offered %s", got)
				}
				one.push("Files") // those that they may read, and no others
				one.wait(`document.querySelectorAll(".trow button").length === ` + map[bool]string{true: "4", false: "2"}[may])
				one.push("Ask and test")
				one.clean(t, "401")
			}
			name := get[[]struct{ Name string }](v.tab, "/api/bases")[0].Name
			for one, may := range map[*visitor]int{ben: 200, olga: 404} { // nor by its address
				one.on(t)
				if got := one.send("GET", "/api/bases/"+name+"/text?file="+query(filepath.Base(papers)+"/closed/wages.md"), ""); got != may {
					t.Errorf("the file itself is answered %d, not %d", got, may)
				}
			}
		}},
	)
	v.clean(t)
}
