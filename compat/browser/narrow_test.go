package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// views are parts of pages that have an address of their own.
var views = []string{"plan/file", "guard/try", "guard/replay", "guard/review", "traces/audit", "guard/assess", "people/keys", "people/tenants", "settings/keep", "settings/backup", "settings/two"}

// everywhere turns to every page that is offered, and to its views.
func (v *visitor) everywhere(do func(view string)) {
	v.t.Helper()
	v.wait(`document.querySelectorAll("nav a").length > 1`)
	pages := v.offered()
	for _, view := range append(pages, views...) {
		if page, _, _ := strings.Cut(view, "/"); !slices.Contains(pages, page) {
			continue
		}
		v.turn(view)
		v.wait(`!document.querySelector("main").innerText.match(/Asking the server|正在连接/)`)
		do(view)
	}
}

// fits fails where a page sticks out of windows so wide, in pixels.
func (v *visitor) fits(t *testing.T, widths ...int64) {
	t.Helper()
	defer v.size(1280, 800)
	for _, l := range tongues {
		v.choose(".switches select", l.lang)
		v.everywhere(func(view string) {
			for _, width := range widths {
				v.size(width, 740)
				v.wait(fmt.Sprintf("innerWidth === %d", width))
				for _, o := range eval[[]string](v.tab, "look.outside()") {
					t.Errorf("%s in %s at %d pixels: %s", view, l.lang, width, o)
				}
				// Sentences that lie outside make rows high of which nothing is seen.
				for _, o := range eval[[]string](v.tab, `[...document.querySelectorAll("td.wrap")].filter(c => c.getBoundingClientRect().right > c.closest(".scroll").getBoundingClientRect().right + 1).map(c => c.innerText)`) {
					t.Errorf("%s in %s at %d pixels: one has to scroll to %q", view, l.lang, width, o)
				}
			}
		})
	}
	v.choose(".switches select", "en")
}

// hands reaches by Tab alone what each journey begins with, and goes the first
// steps of one without a mouse.
func hands(t *testing.T, browser context.Context, dir string) {
	t.Run("empty", func(t *testing.T) {
		v := visit(t, browser, startIn(t, t.TempDir(), "serve").url)
		defer v.close()
		v.wait(`document.querySelectorAll(".door").length === 3`)
		v.fits(t, 360)
		v.everywhere(func(view string) { // what is not there yet is said
			if v.count("main :is(.card, .empty, .talks)") == 0 {
				t.Errorf("%s is empty: %s", view, v.text("main"))
			}
		})
		v.turn("home")
		v.wait(`document.querySelector(".door:last-child button:not(:disabled)")`)
		for _, door := range []string{".door:nth-child(1) a", ".door:nth-child(2) a", ".door:nth-child(3) button"} {
			v.focus(door)
		}
		v.turn("home")
		v.focus(".door:nth-child(2) a")
		v.press(kb.Enter)
		v.wait(`document.querySelector(".base-path")`)
		v.focus(".base-path")
		v.write("/nowhere/to/be/found")
		v.press(kb.Enter)
		v.wait(`document.querySelector("main [role=alert], .tasks .bad")`)
		v.clean(t, "400", "404")
	})
	t.Run("made", func(t *testing.T) {
		s := start(t, "serve", dir)
		v := visit(t, browser, s.url)
		defer v.close()
		for _, begin := range []struct{ view, first string }{
			{"chat", "#question"}, {"plan/file", "#plan-text"}, {"plan", ".node"}, {"releases", "button.check"}, {"usage", ".budget-amount"},
			{"guard/try", ".trial"}, {"guard/replay", "textarea"}, {"people", ".person-name"}, {"models", "form input"}, {"traces/audit", ".form button.main"},
		} {
			t.Run(begin.view, func(t *testing.T) {
				v.on(t)
				v.turn(begin.view)
				v.wait(`document.querySelector("main ` + begin.first + `")`)
				eval[bool](v.tab, "(document.querySelector('.skip').focus(), true)")
				v.focus("main :is(" + begin.first + ")")
				if f := eval[struct{ Visible bool }](v.tab, "look.focused() ?? {}"); !f.Visible {
					t.Error("it cannot be seen that it has the keyboard")
				}
			})
		}
		v.on(t)
		v.fits(t, 1180, 768)
		v.clean(t)
	})
	t.Run("whole", func(t *testing.T) { byHand(t, browser) })
}

// byHand goes a whole way without a mouse, from the first page of an empty house to
// a cited answer, its document and back, by what Tab leads to and by Enter alone.
func byHand(t *testing.T, browser context.Context) {
	papers := t.TempDir()
	if err := os.WriteFile(filepath.Join(papers, "kiln.md"), []byte("# The kiln\n\nOnly Mei Lin holds its key.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	v := visit(t, browser, startIn(t, t.TempDir(), "serve").url)
	defer v.close()
	v.wait(`document.querySelectorAll(".door").length === 3`)
	v.focus(".door:nth-child(2) a")
	v.press(kb.Enter)
	v.wait(`document.querySelector(".base-path")`)
	v.focus(".base-path")
	v.write(papers)
	v.press(kb.Enter)
	v.wait(`document.querySelector(".base-question")`)
	v.focus(".base-question")
	v.write("Who holds the key of the kiln?")
	v.press(kb.Enter)
	v.wait(`document.querySelector(".said-by")?.innerText.includes("Mei Lin")`)
	v.focus(".said-by .place")
	v.press(kb.Enter)
	v.wait(`document.querySelector("dialog[open] .sheet mark") && document.querySelector("dialog[open]").contains(document.activeElement)`)
	v.focus("dialog[open] .passages button")
	v.press(kb.Enter)
	v.press(kb.Escape)
	v.wait(`!document.querySelector("dialog[open]") && document.activeElement.matches(".said-by .place")`) // where one was
	v.focus(".tabs button:nth-child(2)")
	v.press(kb.Enter)
	v.wait(`document.querySelector(".trow")?.innerText`)
	v.clean(t)
}
