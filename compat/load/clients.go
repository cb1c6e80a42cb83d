package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A load is the clients and what they have seen.
type load struct {
	o       *options
	address string
	model   string
	embed   string
	ctx     context.Context
	end     func()
	done    chan struct{}

	mu              sync.Mutex
	seen            map[string]string // the first answer of each kind
	vector          string            // the embedding of a text
	statuses        map[string]map[string]int
	receipts        sample
	wrong           notes
	unexpected      notes
	compared, bound atomic.Int64
}

// notes are a count and the first few of what was counted.
type notes struct {
	mu   sync.Mutex
	n    int
	list []string
}

func (n *notes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.n++; len(n.list) < 10 {
		text := fmt.Sprintf(format, args...)
		n.list = append(n.list, text[:min(len(text), 600)])
	}
}

// A sample is some of many, each as likely as any other.
type sample struct {
	mu   sync.Mutex
	most int
	n    int
	rng  *rand.Rand
	list []json.RawMessage
}

func (s *sample) add(v json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	if len(s.list) < s.most {
		s.list = append(s.list, v)
	} else if i := s.rng.IntN(s.n); i < s.most {
		s.list[i] = v
	}
}

func newLoad(o *options, address string, models []string) *load {
	l := &load{o: o, address: address, model: models[0], done: make(chan struct{}), seen: map[string]string{}, statuses: map[string]map[string]int{}}
	if len(models) > 1 {
		l.embed = models[1]
	}
	l.receipts = sample{most: o.replays, rng: rand.New(rand.NewPCG(o.seed, 99))}
	l.ctx, l.end = context.WithCancel(context.Background())
	return l
}

// warm asks once by every interface, before anything is measured.
func (l *load) warm() error {
	c := l.client(0)
	for i := range surfaces {
		for _, stream := range []bool{false, true} {
			q := c.question(surfaces[i].raw)
			a, status, err := c.ask(l.ctx, &surfaces[i], q, stream, false, nil)
			if err != nil || status != 200 || a.failed != "" || !a.ended {
				return fmt.Errorf("%s: status %d, %v, %+v", surfaces[i].name, status, err, a)
			}
		}
	}
	c.http.CloseIdleConnections()
	return l.fill()
}

// fill fills the server's memory for keys and values, so that what it holds
// does not grow any more: with prompts as long as its context, and then with
// short ones, of which sliding layers keep all.
func (l *load) fill() error {
	var wg sync.WaitGroup
	errs := make(chan error, 5*slots)
	for i := range 5 * slots {
		most := l.o.fill - 1
		if i >= slots {
			most = l.o.fill/4 + 8
		}
		wg.Go(func() {
			c := l.client(-1 - i)
			defer c.http.CloseIdleConnections()
			var text strings.Builder
			for range l.o.fill {
				text.WriteString(" " + word(c.rng))
			}
			var reply struct{ Tokens []int }
			status, err := c.json("/tokenize", map[string]any{"content": text.String()}, &reply)
			if err == nil && status == 200 {
				ids := reply.Tokens[:min(len(reply.Tokens), most)]
				status, err = c.json("/v1/completions", map[string]any{"prompt": ids, "max_tokens": 1}, nil)
			}
			if err == nil && status == 200 { // many logits at a time
				ids := reply.Tokens[:min(len(reply.Tokens), 64)]
				status, err = c.json("/v1/completions", map[string]any{"prompt": ids, "max_tokens": 1, "echo": true, "logprobs": 5}, nil)
			}
			if err != nil || status != 200 {
				errs <- fmt.Errorf("filling the memory: status %d, %v", status, err)
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

// json posts v and reads the reply into to.
func (c *client) json(path string, v, to any) (status int, err error) {
	resp, err := c.post(context.Background(), path, marshal(v), nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if to != nil {
		err = json.NewDecoder(resp.Body).Decode(to)
	}
	return resp.StatusCode, err
}

func (l *load) begin(d time.Duration) {
	var cancel func()
	l.ctx, cancel = context.WithTimeout(l.ctx, d)
	var wg sync.WaitGroup
	for i := range l.o.clients {
		wg.Go(func() { l.client(i).live() })
	}
	go func() {
		wg.Wait()
		cancel()
		close(l.done)
	}()
}

// A client is one of many. Its prompts are its own.
type client struct {
	*load
	i    int
	rng  *rand.Rand
	http *http.Client
}

func (l *load) client(i int) *client {
	return &client{l, i, rand.New(rand.NewPCG(l.o.seed, uint64(int64(i)))), &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}}}
}

// patience is how long a reply may take in all.
const patience = 4 * time.Minute

// live does one thing after another until the time is over.
func (c *client) live() {
	defer c.http.CloseIdleConnections()
	for c.ctx.Err() == nil {
		switch p := c.rng.IntN(100); {
		case p < 62:
			c.proper(nil)
		case p < 66:
			c.slow()
		case p < 67:
			c.stuck()
		case p < 82:
			c.leave()
		case p < 90:
			c.malformed()
		case p < 95:
			c.truncated()
		default:
			c.aside()
		}
	}
}

// prompts is how many prompts of its own a client comes back to.
const prompts = 3

// question is one that the client asks again and again, or, one in five
// times, one that nobody has asked before.
func (c *client) question(raw bool) *question {
	v := c.rng.IntN(prompts)
	of := rand.New(rand.NewPCG(uint64(c.i), uint64(v)))
	q := &question{model: c.model, tokens: c.o.tokens, raw: raw, n: 1}
	if c.rng.IntN(5) == 0 {
		of = c.rng
		v = -1
	}
	words := []string{fmt.Sprintf("client %d prompt %d", c.i, v)}
	for range 5 + of.IntN(60) {
		words = append(words, word(of))
	}
	q.prompt = strings.Join(words, " ")
	return q
}

func word(rng *rand.Rand) string {
	b := make([]byte, 2+rng.IntN(5))
	for i := range b {
		b[i] = byte('a' + rng.IntN(26))
	}
	return string(b)
}

// proper asks a question as it should be asked, and looks at the answer.
func (c *client) proper(via http.RoundTripper) {
	s := &surfaces[c.rng.IntN(len(surfaces))]
	q := c.question(s.raw)
	var check func(text string) bool
	switch p := c.rng.IntN(10); {
	case s.name == "chat" && p < 3: // bound to the client's number
		q.bound = map[string]any{"response_format": map[string]any{"type": "regex", "regex": fmt.Sprintf("client-%d-[a-z]{6}", c.i)}, "think": false}
		form := regexp.MustCompile(fmt.Sprintf("^client-%d-[a-z]{6}$", c.i))
		check, q.tokens = form.MatchString, 64
	case s.name == "completions" && p < 3:
		q.echo = true
		check = func(text string) bool { return strings.HasPrefix(text, q.prompt) }
	case s.name == "chat" && p < 5:
		q.n = 2
	}
	if s.seeded && c.rng.IntN(4) > 0 { // models of random weights like to say the same
		q.seed = 10*uint64(c.i) + 1 + 4*c.rng.Uint64N(2)
	}
	stream, receipt := c.rng.IntN(2) == 0, c.rng.IntN(4) == 0
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	a, status, err := c.ask(ctx, s, q, stream, receipt, via)
	c.count(s.name, status, err)
	switch {
	case err != nil:
		c.unexpected.add("%s: %v", s.name, err)
		return
	case status == 429 || status == 503:
		c.rest(time.Second)
		return
	case status != 200 || a.failed != "" || !a.ended || len(a.texts) != q.n:
		c.unexpected.add("%s: status %d, ended %v, %d texts, %s", s.name, status, a.ended, len(a.texts), a.failed)
		return
	}
	c.judge(s, q, a, check)
	for _, r := range a.receipts {
		c.receipts.add(r)
	}
	if receipt && len(a.receipts) != q.n {
		c.wrong.add("%s: %d receipts for %d answers", s.name, len(a.receipts), q.n)
	}
}

// judge compares an answer with the bound that the question set, and with the
// answer that the same question had before, by whatever interface.
func (c *client) judge(s *surface, q *question, a *answer, check func(string) bool) {
	if check != nil {
		c.bound.Add(1)
		if !check(a.texts[0]) {
			c.wrong.add("%s: client %d got %q", s.name, c.i, a.texts[0])
		}
	}
	if !strings.Contains(q.prompt, "prompt -1") {
		for i, text := range a.texts {
			seed := q.seed
			if seed > 0 {
				seed += uint64(i)
			}
			key := fmt.Sprintln(q.raw, q.prompt, q.echo, seed, q.tokens, q.bound != nil)
			c.mu.Lock()
			first, ok := c.seen[key]
			if !ok {
				c.seen[key] = text
			}
			c.mu.Unlock()
			if !ok {
				continue
			}
			c.compared.Add(1)
			if first != text {
				c.wrong.add("%s: client %d, seed %d: %q, before %q", s.name, c.i, seed, text, first)
			}
		}
	}
}

// different returns how many different answers there are to the questions
// that were asked again: few would mean that mixed answers go unseen.
func (l *load) different() string {
	texts := map[string]bool{}
	for _, t := range l.seen {
		texts[t] = true
	}
	return fmt.Sprintf("%d of %d", len(texts), len(l.seen))
}

func (c *client) rest(d time.Duration) {
	select {
	case <-time.After(time.Duration(c.rng.Int64N(int64(d)))):
	case <-c.ctx.Done():
	}
}

// ask sends a question and reads the reply.
func (c *client) ask(ctx context.Context, s *surface, q *question, stream, receipt bool, via http.RoundTripper) (*answer, int, error) {
	body := s.body(q)
	body["model"], body["stream"] = q.model, stream
	if receipt {
		body["receipt"] = true
	}
	resp, err := c.post(ctx, s.path, marshal(body), via)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	a := &answer{}
	if !stream || resp.StatusCode != 200 {
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			return a, resp.StatusCode, err
		}
		var e event
		if err := json.Unmarshal(text, &e); err != nil {
			return a, resp.StatusCode, fmt.Errorf("%v: %s", err, text)
		}
		if a.add(&e); resp.StatusCode != 200 && a.failed == "" {
			a.failed = "an error without a text"
		}
		return a, resp.StatusCode, nil
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		a.line(lines.Text())
	}
	return a, resp.StatusCode, lines.Err()
}

func (c *client) post(ctx context.Context, path string, body []byte, via http.RoundTripper) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, "POST", "http://"+c.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if via != nil {
		return via.RoundTrip(req)
	}
	return c.http.Do(req)
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func (l *load) count(kind string, status int, err error) {
	what := fmt.Sprint(status)
	if err != nil {
		what = "error"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.statuses[kind] == nil {
		l.statuses[kind] = map[string]int{}
	}
	l.statuses[kind][what]++
}

func (l *load) table() {
	var kinds []string
	for k := range l.statuses {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	for _, k := range kinds {
		fmt.Printf("%-22s", k)
		var names []string
		for s := range l.statuses[k] {
			names = append(names, s)
		}
		slices.Sort(names)
		for _, s := range names {
			fmt.Printf("  %s: %d", s, l.statuses[k][s])
		}
		fmt.Println()
	}
}

// narrow dials with a receive buffer of the least size, so that the server
// feels how slowly its answer is read.
func narrow() *http.Transport {
	d := &net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1) })
	}}
	return &http.Transport{DialContext: d.DialContext, DisableKeepAlives: true, ReadBufferSize: 64}
}
