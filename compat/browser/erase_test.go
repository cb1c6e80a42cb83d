package browser

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// holding lists the files below folders that hold a word.
func holding(t *testing.T, word string, folders ...string) (found []string) {
	t.Helper()
	for _, dir := range folders {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && path != dir {
				return nil
			}
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) { // a server that runs writes files under other names first
				return nil
			}
			if bytes.Contains(b, []byte(word)) {
				found = append(found, filepath.Base(path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// erasure is the end of a person here: their account, with chats, traces and
// ratings, erased from the page; afterwards they are on no page, in no answer of
// the API and in no file, but for their name in the log of who did what.
func erasure(t *testing.T, browser context.Context, dir string) {
	const name, said, title, why, kept = "nadia", "PLANTED-said", "PLANTED-title", "PLANTED-why", "OTHERS-said"
	s := start(t, "serve", dir, "--traces")
	v := visit(t, browser, s.url)
	defer v.close()
	all := t
	var nadia *visitor
	var answer string
	read := func(path string) string {
		return eval[string](v.tab, `(() => { const r = new XMLHttpRequest(); r.open("GET", `+quote(path)+`, false); r.send(); return r.responseText; })()`)
	}
	paths := []string{"/api/people", "/api/keys", "/api/tenants", "/api/traces?limit=1000", "/api/traces?limit=1000&text=" + said, "/api/usage?by=person,key", "/api/usage/entries", "/api/budgets", "/api/audit?limit=1000",
		"/api/guard/reviews?all=true", "/api/guard/suspended", "/api/erasures", "/api/session/list", "/api/releases", "/api/tasks", "/api/state", "/metrics"}
	journey(t, v,
		step{"joined", func(t *testing.T) {
			v.push("People")
			v.tell("Name", name)
			v.tell(v.titleLabel(), title)
			v.push("Add a person")
			v.wait(`document.querySelector(".once code")`)
			nadia = visit(all, browser, v.text(".once code"))
			nadia.on(t)
			nadia.tell("Password", "three quiet flames")
			nadia.push("Set it and sign in")
			nadia.wait(`document.querySelector(".doors")`)
		}},
		step{"asked", func(t *testing.T) {
			nadia.on(t)
			nadia.push("Chat")
			nadia.asks(said + " What is 3+4?")
			nadia.push("Good answer")
			nadia.tell("Why? (optional)", why)
			nadia.push("Send the reason")
			nadia.wait(reasoned)
			nadia.clean(t, "401")
			v.push("Chat")
			v.asks(kept + " What is 3+4?")
		}},
		step{"kept", func(t *testing.T) { // all is there that is to go: or the journey would prove nothing
			v.push("Traces")
			v.tell("Words in it", said)
			v.wait(`document.querySelectorAll(".trace").length === 1`)
			v.click(".trace")
			v.sees(said)
			answer = strings.TrimPrefix(v.text("dialog[open] h2"), "Trace ")
			v.push("Close")
			for _, word := range []string{said, title, why, name} {
				if len(holding(t, word, dir)) == 0 {
					t.Errorf("no file holds %q", word)
				}
			}
			for path, word := range map[string]string{"/api/people": title, "/api/traces/" + answer: said, "/api/traces?limit=1000": name, "/api/usage?by=person,key": name} {
				if !strings.Contains(read(path), word) {
					t.Errorf("%s does not tell of %q", path, word)
				}
			}
		}},
		step{"erased", func(t *testing.T) {
			v.push("People")
			v.push("Erase")
			v.sees("all that was asked and answered?")
			v.push("Yes, erase")
			v.sees("Erased. What was said in 1 request is gone")
			v.wait(`!document.querySelector(".person")`)
			v.accessible(t)
			nadia.on(t)
			nadia.push("Home")
			nadia.push("Chat")
			nadia.tell("Your question", "Am I still here?")
			nadia.enter()
			nadia.wait(`document.querySelector("#key")`)
		}},
		step{"pages", func(t *testing.T) { // from now on, on none
			v.do(chromedp.Reload())
			v.wait(`document.querySelector("nav a")`)
			v.everywhere(func(view string) {
				text := eval[string](v.tab, `document.querySelector("main").innerText`)
				if strings.Contains(text, "PLANTED") || strings.Contains(text, name) && view != "traces/audit" {
					t.Errorf("%s still tells of who was erased: %s", view, text)
				}
			})
			v.push("Traces")
			v.tell("Words in it", said)
			v.wait(`document.querySelector("main .empty")`)
			v.tell("Words in it", kept)
			v.wait(`document.querySelectorAll(".trace").length === 1`)
		}},
		step{"api", func(t *testing.T) {
			for _, path := range paths {
				text := read(path)
				if strings.Contains(text, "PLANTED") || strings.Contains(text, name) && !strings.HasPrefix(path, "/api/audit") {
					t.Errorf("%s still tells of who was erased: %s", path, text)
				}
			}
			for _, path := range []string{"/api/traces/" + answer, "/v1/receipts/" + answer} {
				if text := read(path); strings.Contains(text, "PLANTED") || strings.Contains(text, `"account":{"key":"`+name) {
					t.Errorf("%s still tells of who was erased: %s", path, text)
				}
			}
		}},
		step{"audit", func(t *testing.T) { // it says that somebody was erased, and holds
			v.push("Traces")
			v.push("Audit log")
			v.wait(`[...document.querySelectorAll("tbody td code")].some(e => e.innerText === "erase")`)
			v.push("Verify the chain")
			v.wait(`document.querySelector("p.good[role=status]")?.innerText.includes("It holds")`)
		}},
		step{"files", func(t *testing.T) {
			for _, when := range []string{"while it serves", "when it has ended"} {
				for _, word := range []string{said, title, why} {
					if found := holding(t, word, dir, s.home); len(found) > 0 {
						t.Errorf("%s %q is in %q", when, word, found)
					}
				}
				for _, file := range holding(t, name, dir, s.home) {
					t.Errorf("%s the name is in %s", when, file)
				}
				if len(holding(t, kept, dir)) == 0 {
					t.Errorf("%s what another said is gone too", when)
				}
				if when == "while it serves" {
					v.clean(t, "404")
					nadia.clean(t, "401")
					if err := s.stop(); err != nil {
						t.Fatal(err)
					}
				}
			}
		}},
	)
}
