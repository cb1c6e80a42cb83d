package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A visitor is a person at a tab of their own, who finds their way by the words
// on the page. Each act is noted: a click, a field that is filled, a key that sends.
type visitor struct {
	*tab
	acts []string
}

// visit opens an address in English, with nothing remembered of earlier visits.
func visit(t *testing.T, browser context.Context, address string) *visitor {
	t.Helper()
	v := &visitor{tab: open(t, browser, address, true)}
	t.Cleanup(v.close)
	v.wait(`document.querySelector("nav a, form")`)
	return v
}

func (v *visitor) act(format string, args ...any) {
	v.acts = append(v.acts, fmt.Sprintf(format, args...))
}

// push clicks a button, a link or a fold by its words.
func (v *visitor) push(words string) {
	v.t.Helper()
	v.act("click %s", words)
	v.reach(words)
}

// tell fills the field of a label.
func (v *visitor) tell(label, text string) {
	v.t.Helper()
	v.act("fill %s", label)
	for v.reach(label); !eval[bool](v.tab, `!!document.activeElement.select && (document.activeElement.select(), true)`); v.reach(label) {
	} // until the page has not taken the keyboard elsewhere
	v.write(text)
}

// enter sends what was filled in.
func (v *visitor) enter() {
	v.t.Helper()
	v.act("press Enter")
	v.press(kb.Enter)
}

// reach clicks what has a name, as soon as it is there, stands still and nothing covers it.
func (v *visitor) reach(words string) {
	v.t.Helper()
	v.strike(fmt.Sprintf("look.aim(%s)", quote(words)), fmt.Sprintf("that says %q", words))
}

// sees waits for words on the page, or in the dialog that is open on it.
func (v *visitor) sees(words string) {
	v.t.Helper()
	v.wait(`(document.querySelector("dialog[open]") ?? document.querySelector("main")).innerText.includes(` + quote(words) + `)`)
}

// asks asks on the chat page by typing, and waits for the end of the answer.
func (v *visitor) asks(question string) {
	v.t.Helper()
	v.wait(`document.getElementById("question")`)
	before := v.count(".turn")
	v.tell("Your question", question)
	v.enter()
	v.wait(fmt.Sprintf(`document.querySelectorAll(".turn").length === %d && document.querySelector(".turn:last-child :is(footer, [role=alert])")`, before+1))
}

// A step is a part of a journey.
type step struct {
	name string
	do   func(t *testing.T)
}

// journey does its steps one by one; after one that fails none is begun. In the
// end nothing may have gone wrong in the tab but what is expected.
func journey(t *testing.T, v *visitor, steps ...step) {
	for _, s := range steps {
		if !t.Run(s.name, func(t *testing.T) { v.on(t); s.do(t) }) {
			t.FailNow()
		}
	}
	v.on(t)
}

// accessible fails if axe-core finds something against WCAG 2.1 AA now.
func (v *visitor) accessible(t *testing.T) {
	t.Helper()
	for _, b := range v.broken() {
		t.Error(b)
	}
}

// A workshop makes the smallest plan once, and gives a copy to each that asks.
type workshop struct{ made string }

// folder is a copy of the smallest plan's folder, in which all is made.
func (w *workshop) folder(t *testing.T) (dir string) {
	t.Helper()
	if w.made == "" {
		w.make(t)
	}
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(w.made)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (w *workshop) make(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "suiren-small")
	t.Cleanup(func() {
		if w.made == "" {
			os.RemoveAll(dir)
		}
	})
	if err == nil {
		err = os.CopyFS(filepath.Join(dir, "handbook"), os.DirFS(filepath.Join(*tutor, "handbook")))
	}
	var plan []byte
	if err == nil {
		plan, err = os.ReadFile("testdata/small.hcl")
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "suiren.hcl"), plan, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	apply(t, dir)
	w.made = dir
}

func (w *workshop) clear() { os.RemoveAll(w.made) }

// apply makes what the plan of a folder says, at the command line.
func apply(t *testing.T, dir string) {
	t.Helper()
	c := exec.Command(*suiren, "apply", dir, "--lang", "en")
	c.Env = append(os.Environ(), "SUIREN_HOME="+t.TempDir())
	if said, err := c.CombinedOutput(); err != nil {
		t.Fatalf("suiren apply: %v\n%s", err, said)
	}
}
