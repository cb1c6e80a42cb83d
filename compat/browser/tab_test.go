package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed look.js
var lookJS string

// patience bounds every wait. It is long because machines that check many
// things at once are slow; no check passes or fails by how long something took.
var patience = 2 * time.Minute

// A tab is one page of the browser with what went wrong in it: messages of the
// console, exceptions, and requests to anything but the server.
type tab struct {
	t      *testing.T
	ctx    context.Context
	close  context.CancelFunc
	origin string // of the server
	wide   int64  // the window's width now

	mu       sync.Mutex
	wrong    []string
	requests []string
	posts    map[network.RequestID]string // path
	answers  map[string][]int64           // status codes by path of a POST
}

// chrome starts the browser with a log of all that it does on the network,
// and returns the context in which tabs are opened. Cancelling ends it.
func chrome(t *testing.T, netlog string) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(*chromium), chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP localhost 127.0.0.1"), // where the server listens, and not also at [::1]
		chromedp.Flag("lang", "en-US"), chromedp.Flag("accept-lang", "en-US"),
		chromedp.Flag("log-net-log", netlog), chromedp.Flag("hide-scrollbars", true),
		chromedp.WSURLReadTimeout(patience),
	)
	if fonts := fontsFile(t); fonts != "" {
		options = append(options, chromedp.Env("FONTCONFIG_FILE="+fonts))
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses root
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// fontsFile makes one typeface the system's for both scripts, as a desktop does;
// a bare machine has none set, and its pictures would look like no reader's.
func fontsFile(t *testing.T) string {
	if _, err := os.Stat("/etc/fonts/fonts.conf"); err != nil {
		return ""
	}
	path := filepath.Join(t.TempDir(), "fonts.conf")
	alias := ""
	for _, name := range []string{"system-ui", "sans-serif"} {
		alias += `<match target="pattern"><test name="family"><string>` + name + `</string></test>` +
			`<edit name="family" mode="prepend" binding="strong"><string>Noto Sans CJK SC</string></edit></match>`
	}
	err := os.WriteFile(path, []byte(`<?xml version="1.0"?><fontconfig><include>/etc/fonts/fonts.conf</include>`+alias+`</fontconfig>`), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens a tab at an address of the server. In a fresh one nobody is signed in.
// It stays open until it is closed or the browser ends.
func open(t *testing.T, browser context.Context, address string, fresh bool) *tab {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &tab{t: t, origin: u.Scheme + "://" + u.Host, posts: map[network.RequestID]string{}, answers: map[string][]int64{}}
	options := []chromedp.ContextOption{chromedp.WithListener(p.hear)}
	if fresh {
		options = append(options, chromedp.WithNewBrowserContext())
	}
	p.ctx, p.close = chromedp.NewContext(browser, options...)
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if *slow > 1 {
			if _, err := chromedp.Call(ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: *slow}); err != nil {
				return err
			}
		}
		_, err := chromedp.Call(ctx, cdpage.AddScriptToEvaluateOnNewDocument, cdpage.AddScriptToEvaluateOnNewDocumentParams{Source: lookJS + fmt.Sprintf("look.lag = %d;", *lag)})
		return err
	}))
	if *axe != "" {
		source, err := os.ReadFile(*axe)
		if err != nil {
			t.Fatal(err)
		}
		p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := chromedp.Call(ctx, cdpage.AddScriptToEvaluateOnNewDocument, cdpage.AddScriptToEvaluateOnNewDocumentParams{Source: string(source)})
			return err
		}))
	}
	p.size(1280, 800)
	p.dark(false)
	p.front()
	p.do(chromedp.Navigate(address))
	return p
}

// hear notes what goes wrong.
func (p *tab) hear(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, ev.Request.URL)
		// A data: address holds what it names, as the browser's own icons of a date.
		if !strings.HasPrefix(ev.Request.URL, p.origin+"/") && ev.Request.URL != "about:blank" && !strings.HasPrefix(ev.Request.URL, "data:") {
			p.wrong = append(p.wrong, "a request leaves for "+ev.Request.URL)
		}
		if u, err := url.Parse(ev.Request.URL); err == nil && ev.Request.Method == "POST" {
			p.posts[ev.RequestID] = u.Path
		}
	case *network.EventResponseReceived:
		if path, ok := p.posts[ev.RequestID]; ok {
			p.answers[path] = append(p.answers[path], ev.Response.Status)
		}
	case *network.EventWebSocketCreated:
		p.wrong = append(p.wrong, "a web socket opens to "+ev.URL)
	case *runtime.EventExceptionThrown:
		b, _ := json.Marshal(ev.ExceptionDetails)
		p.wrong = append(p.wrong, "an exception: "+string(b))
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeWarning {
			b, _ := json.Marshal(ev.Args)
			p.wrong = append(p.wrong, "the console says "+string(b))
		}
	case *log.EventEntryAdded:
		if ev.Entry.Level == log.EntryLevelError || ev.Entry.Level == log.EntryLevelWarning {
			p.wrong = append(p.wrong, fmt.Sprintf("the console says %s (%s)", ev.Entry.Text, ev.Entry.URL))
		}
	}
}

// clean fails the test if anything went wrong since it was last asked, but
// for complaints that hold one of the given words.
func (p *tab) clean(t *testing.T, expected ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
next:
	for _, w := range p.wrong {
		for _, e := range expected {
			if strings.Contains(w, e) {
				continue next
			}
		}
		t.Error(w)
	}
	p.wrong = nil
}

// on makes failures those of a subtest.
func (p *tab) on(t *testing.T) { p.t = t }

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	// The first run on a context must not have a time limit of its own: it owns the tab.
	if chromedp.FromContext(p.ctx).Target == nil {
		ctx = p.ctx
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// eval returns the value of an expression in the page.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for {
		v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
		switch {
		case err == nil:
			return v
		case ctx.Err() != nil || !between.MatchString(err.Error()):
			p.t.Fatalf("%s: %v", expression, err)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// between are the browser's words for a tab that has left one page and not yet come to the next.
var between = regexp.MustCompile(`(?i)context was destroyed|find (default execution )?context|navigated or closed`)

// wait returns when an expression becomes true in the page.
func (p *tab) wait(expression string) {
	p.t.Helper()
	p.await(expression, patience)
}

// await waits longer, for what computes.
func (p *tab) await(expression string, patience time.Duration) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		said := eval[string](p, "(() => { try { return ("+expression+") ? 'true' : 'false'; } catch (err) { return String(err); } })()") // what it asks of may not be there yet
		if said == "true" {
			return
		}
		if time.Now().After(end) {
			p.lost("never came true: %s (%s)", expression, said)
		}
	}
}

// lost ends the test with what the page shows, and a picture of it beside the others.
func (p *tab) lost(format string, args ...any) {
	p.t.Helper()
	p.shot(*look, "lost-"+strings.ReplaceAll(p.t.Name(), "/", "-"), false)
	p.t.Fatalf(format+"\nthe page shows:\n%s", append(args, eval[string](p, `(document.querySelector("dialog[open]") ?? document.querySelector("main") ?? document.body).innerText`))...)
}

// front makes the tab the one in sight: curves that are not in sight are not asked for.
func (p *tab) front() {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, cdpage.BringToFront, cdp.Empty{})
		return err
	}))
}

// broken lists what axe-core finds against WCAG 2.1 AA.
func (p *tab) broken() []string {
	p.t.Helper()
	if *axe == "" {
		return nil
	}
	eval[bool](p, `(look.found = null, look.axe().then(f => look.found = f), true)`)
	p.wait(`look.found`)
	return eval[[]string](p, "look.found")
}

// quote is s as JavaScript.
func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// text is what a reader sees in the first element of a selector; "" if there is none.
func (p *tab) text(selector string) string {
	p.t.Helper()
	return eval[string](p, "document.querySelector("+quote(selector)+")?.innerText ?? ''")
}

func (p *tab) count(selector string) int {
	p.t.Helper()
	return eval[int](p, "document.querySelectorAll("+quote(selector)+").length")
}

// click clicks in the middle of an element, which must be there.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.strike(fmt.Sprintf(`look.aim("", %s)`, quote(selector)), selector)
}

// strike clicks what an expression aims at, as soon as it is there, stands still and nothing
// covers it; again if the page moved it away under the click.
func (p *tab) strike(aim, what string) {
	p.t.Helper()
	type spot struct{ X, Y float64 }
	var before *spot
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		at := eval[*spot](p, aim)
		if at != nil && before != nil && *at == *before {
			p.do(chromedp.MouseClickXY(at.X, at.Y))
			if eval[bool](p, "look.landed()") {
				return
			}
		}
		before = at
		if time.Now().After(end) {
			p.lost("there is nothing to click %s", what)
		}
	}
}

// choose sets a select, as a reader would by its list.
func (p *tab) choose(selector, value string) {
	p.t.Helper()
	p.wait("document.querySelector(" + quote(selector) + ")")
	eval[bool](p, fmt.Sprintf(`(e => { e.value = %s; return e.dispatchEvent(new Event("change", { bubbles: true })); })(document.querySelector(%s))`,
		quote(value), quote(selector)))
}

// write types text where the keyboard is; an input method's text comes the same way.
func (p *tab) write(text string) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// press presses one key. Its letter comes with the key's going down, as from a
// keyboard: a page that takes the key for itself does not get the letter too.
func (p *tab) press(key string) {
	p.t.Helper()
	r, _ := utf8.DecodeRuneInString(key)
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		var letter string
		for _, k := range kb.Encode(r) {
			if k.Type == kb.KeyChar {
				letter = k.Text
			}
		}
		for _, k := range kb.Encode(r) {
			switch k.Type {
			case kb.KeyChar:
				continue
			case kb.KeyRawDown, kb.KeyDown:
				k.Type, k.Text = kb.KeyRawDown, letter
				if letter != "" {
					k.Type = kb.KeyDown
				}
			}
			if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, *k); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (p *tab) size(width, height int64) {
	p.t.Helper()
	p.wide = width
	p.do(chromedp.EmulateViewport(width, height))
	p.wait(fmt.Sprintf("innerWidth === %d && innerHeight === %d", width, height))
}

// still has the page move nothing by itself: what is measured would depend on when.
var still = &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"}

// dark makes the system's colours dark or light.
func (p *tab) dark(dark bool) {
	p.t.Helper()
	value := "light"
	if dark {
		value = "dark"
	}
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}, still}})
		return err
	}))
}

// pace puts a pause of so many milliseconds between the pieces of an answer.
func (p *tab) pace(pause int) {
	p.t.Helper()
	eval[int](p, fmt.Sprintf("look.pause = %d", pause))
}

// hold lets no more of an answer come until another pace is set: it is in its middle
// for as long as a check needs.
func (p *tab) hold() {
	p.t.Helper()
	p.pace(1 << 40)
}

// replied waits until every request to a path has been answered, and returns how.
func (p *tab) replied(path string) (statuses []int64) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		p.mu.Lock()
		asked := 0
		for _, to := range p.posts {
			if to == path {
				asked++
			}
		}
		statuses = slices.Clone(p.answers[path])
		p.mu.Unlock()
		if asked > 0 && len(statuses) == asked {
			return statuses
		}
		if time.Now().After(end) {
			p.lost("of %d requests to %s %d are answered", asked, path, len(statuses))
		}
	}
}

// shot writes a picture of the window, or of the whole page, to dir.
func (p *tab) shot(dir, name string, whole bool) {
	p.t.Helper()
	if dir == "" {
		return
	}
	if whole { // in a window as high as the page, or what sticks to its edges would hide some of it
		p.size(p.wide, eval[int64](p, "document.scrollingElement.scrollHeight"))
		defer p.size(p.wide, 800)
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	b, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), b, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
