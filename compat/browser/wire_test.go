package browser

import (
	"bytes"
	"context"
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

// lay lays a wire that leads nowhere yet.
func lay(t *testing.T) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, open: map[net.Conn]bool{}}
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
	var before []byte // what came last, for a word may come in two parts
	for {
		n, err := far.Read(b)
		w.mu.Lock()
		at := -1
		if w.until != nil {
			before = append(before, b[:n]...)
			if at = bytes.Index(before, w.until); at >= 0 {
				n, w.until = at+len(w.until)-(len(before)-n), nil
			} else {
				before = before[max(0, len(before)-len(w.until)+1):]
			}
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

// cut breaks all connections that are open.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		c.Close()
	}
}

// tie leads what comes from now on to a server.
func (w *wire) tie(t *testing.T, s *server) {
	t.Helper()
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to = u.Host
}

// broke reports whether it did.
func (w *wire) broke() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.until == nil
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
	w := lay(t)
	w.tie(t, s)
	v := &visitor{tab: open(t, browser, "http://"+w.Addr().String(), true)}
	defer v.close()
	v.wait(`document.querySelector("#key")`)
	v.fill("#key", s.key)
	v.click("form button")
	v.wait(`document.querySelector(".doors")`)
	v.clean(t, "401")
	const drawn = `JSON.stringify([...document.querySelectorAll("figure:has(path.line)")].map(f => [f.querySelector("figcaption").textContent, [...f.querySelectorAll("path.line")].map(p => p.getAttribute("d")).join()]))`
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
			w.breakAt(`"step":150`) // in the middle of the training, and of a line that tells of it; a pace may follow
			v.push("Apply")
			v.push("Graph")
		}},
		step{"broken", func(t *testing.T) {
			for end := time.Now().Add(patience); !w.broke(); time.Sleep(30 * time.Millisecond) {
				if time.Now().After(end) {
					v.lost("no line tells of step 150")
				}
			}
			w.cut() // and the others: the rest of it comes
			v.wait(`Object.values(look.history.at(-1).points).some(n => n > 150)`)
		}},
		step{"resumed", func(t *testing.T) { // by itself, and as one that never broke
			for _, one := range []*visitor{v, still} {
				one.on(t)
				one.front()
				one.wait(`look.history.some(h => h.nodes["weights.mine"] === "running") && look.history.at(-1).nodes["release.mine"] === "done" && document.querySelector("[aria-labelledby=report] table")`)
				one.wait(`document.querySelectorAll("figure path.line").length > 0`)
			}
			want := eval[string](still.tab, drawn)
			v.wait(drawn + " === " + quote(want))
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
			v.turn("home")
			v.wait(`document.querySelector("main .health")`)
			if err := s.stop(); err != nil {
				t.Fatal(err)
			}
			v.wait(`document.querySelector("header .lost") && !document.querySelector("main .health")`) // nor is what was well still said to be
			eval[bool](v.tab, `look.turn("#usage")`)                                                    // whose file is not there yet
			v.wait(`document.querySelector("main .failure button")`)
			v.accessible(t)
			v.shot(*look, "lost", false)
			s = start(t, "serve", dir)
			delete(served, strings.TrimPrefix(strings.Split(s.url, "/open")[0], "http://")) // the browser does not know of it
			w.tie(t, s)
			before := v.asked("/api/events")
			for end := time.Now().Add(patience); v.asked("/api/events") == before; time.Sleep(50 * time.Millisecond) {
				if time.Now().After(end) {
					v.lost("the page does not ask for the server's events again")
				}
			}
			v.wait(`!document.querySelector("header .lost, main .failure") && document.querySelector("main .budget")`) // without a click
			v.turn("chat")
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
