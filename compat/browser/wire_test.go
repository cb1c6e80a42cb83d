package browser

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A wire leads from a browser to a server, and breaks when it is told to.
type wire struct {
	net.Listener
	to string

	mu    sync.Mutex
	open  map[net.Conn]bool
	until []byte // the next connection on which this comes from the server breaks there
}

// lay lays a wire to a server.
func lay(t *testing.T, s *server) *wire {
	t.Helper()
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, to: u.Host, open: map[net.Conn]bool{}}
	served[l.Addr().String()] = true
	t.Cleanup(func() { l.Close(); w.cut() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(near)
		}
	}()
	s.url = strings.Replace(s.url, u.Host, l.Addr().String(), 1)
	return w
}

// carry carries what two ends say until one of them ends or the wire breaks.
func (w *wire) carry(near net.Conn) {
	w.mu.Lock()
	to := w.to
	w.mu.Unlock()
	far, err := net.Dial("tcp", to)
	if err != nil {
		near.Close()
		return
	}
	w.mu.Lock()
	w.open[near], w.open[far] = true, true
	w.mu.Unlock()
	end := func() {
		w.mu.Lock()
		delete(w.open, near)
		delete(w.open, far)
		w.mu.Unlock()
		near.Close()
		far.Close()
	}
	go func() {
		defer end()
		b := make([]byte, 64<<10)
		for {
			n, err := near.Read(b)
			if n > 0 {
				if _, err := far.Write(b[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	defer end()
	b := make([]byte, 64<<10)
	for {
		n, err := far.Read(b)
		w.mu.Lock()
		at := -1
		if len(w.until) > 0 {
			at = bytes.Index(b[:n], w.until)
		}
		if at >= 0 {
			n, w.until = at+len(w.until), nil
		}
		w.mu.Unlock()
		if n > 0 {
			if _, err := near.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil || at >= 0 {
			return
		}
	}
}

// cut breaks all connections that are open, and returns how many.
func (w *wire) cut() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		c.Close()
	}
	return len(w.open) / 2
}

// tie leads what comes from now on to another server.
func (w *wire) tie(t *testing.T, s *server) {
	t.Helper()
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to = u.Host
	delete(served, u.Host) // the browser does not know of it
}

// breakAt breaks the next connection that carries a word, after it.
func (w *wire) breakAt(word string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until = []byte(word)
}

// asked counts the requests of the tab for a path.
func (p *tab) asked(path string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, address := range p.requests {
		if u, err := url.Parse(address); err == nil && u.Path == path {
			n++
		}
	}
	return n
}

// wires is the way of a reader whose connection breaks: what is made goes on to
// show, with nothing lost and nothing twice, and an answer that broke off says so.
func wires(t *testing.T, browser context.Context, dir string) {
	s := start(t, "serve", dir)
	still := visit(t, browser, s.url) // whose connection never breaks
	defer still.close()
	w := lay(t, s)
	v := &visitor{tab: open(t, browser, strings.Split(s.url, "/open")[0], true)}
	defer v.close()
	v.wait(`document.querySelector("#key")`)
	v.fill("#key", s.key)
	v.click("form button")
	v.wait(`document.querySelector(".doors")`)
	v.clean(t, "401")
	drawn := func(v *visitor) map[string]string {
		return eval[map[string]string](v.tab, `Object.fromEntries([...document.querySelectorAll("figure:has(path.line)")].map(f => [f.querySelector("figcaption").textContent, [...f.querySelectorAll("path.line")].map(p => p.getAttribute("d")).join()]))`)
	}
	journey(t, v,
		step{"made", func(t *testing.T) {
			still.on(t)
			still.push("Plan")
			v.push("Plan")
			v.push("File")
			v.wait(`document.querySelector("#plan-text")?.value`)
			text := eval[string](v.tab, `document.querySelector("#plan-text").value`)
			v.fill("#plan-text", strings.Replace(text, "flops     = 2e10", "flops     = 2e11", 1))
			v.push("Save")
			v.sees("Saved")
			v.push("Apply")
			v.push("Graph")
		}},
		step{"broken", func(t *testing.T) { // in the middle of a training
			const points = `Math.max(0, ...Object.values(look.history.at(-1).points))`
			v.wait(`look.history.at(-1).nodes["weights.mine"] === "running" && ` + points + ` > 2`)
			before := eval[int](v.tab, points)
			if n := w.cut(); n == 0 {
				t.Fatal("no connection broke")
			}
			v.wait(points + fmt.Sprintf(" > %d", before)) // the rest of it comes
		}},
		step{"resumed", func(t *testing.T) { // by itself, and as one that never broke
			for _, one := range []*visitor{v, still} {
				one.on(t)
				one.front()
				one.wait(`look.history.some(h => h.nodes["weights.mine"] === "running") && look.history.at(-1).nodes["release.mine"] === "done" && document.querySelector("[aria-labelledby=report] table")`)
				one.wait(`document.querySelectorAll("figure path.line").length > 0`)
			}
			want := drawn(still)
			if len(want) == 0 {
				t.Error("no curve shows")
			}
			got := drawn(v)
			for name, line := range want {
				if got[name] != line {
					t.Errorf("%s is drawn as %q after the connection broke, and as %q where it did not", name, got[name], line)
				}
			}
			still.clean(t)
		}},
		step{"answer", func(t *testing.T) { // one that breaks off says so, and can be asked for again
			v.on(t)
			v.front()
			v.push("Chat")
			w.breakAt("reasoning_content")
			v.asks("What is 3+4?")
			if got := v.text(".turn [role=alert]"); !strings.Contains(got, "broke off") {
				t.Errorf("a broken answer is told as %q", got)
			}
			v.accessible(t)
			v.push("Try again")
			v.wait(`document.querySelector(".turn:last-child footer") && !document.querySelector(".turn:last-child [role=alert]")`)
		}},
		step{"restarted", func(t *testing.T) { // the page finds the server again by itself, and the session holds
			still.close()
			if err := s.stop(); err != nil {
				t.Fatal(err)
			}
			s = start(t, "serve", dir)
			w.tie(t, s)
			before := v.asked("/api/events")
			for end := time.Now().Add(patience); v.asked("/api/events") == before; time.Sleep(50 * time.Millisecond) {
				if time.Now().After(end) {
					v.lost("the page does not ask for the server's events again")
				}
			}
			v.asks("What is 3+4?")
			if got := v.text(".turn:last-child [role=alert]"); got != "" {
				t.Errorf("after the server began anew: %s", got)
			}
			v.do(chromedp.Reload())
			v.wait(`document.querySelector("#question")`)
		}},
	)
	v.clean(t, "ERR_", "401")
}
