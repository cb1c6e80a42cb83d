package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A load is the clients and what they have seen.
type load struct {
	o       *options
	servers [2]*server
	http    *http.Client
	left    atomic.Int64
	refused atomic.Int64 // by a budget

	mu     sync.Mutex
	counts map[string]int
	ended  map[string]usage // of answers that were seen to end, by their ids
	odd    []string
}

// A usage is what a client was told that its answers used.
type usage struct{ prompt, completion, answers int }

func newLoad(o *options, servers [2]*server) *load {
	l := &load{o: o, servers: servers, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.clients}}, counts: map[string]int{}, ended: map[string]usage{}}
	l.left.Store(int64(o.requests))
	return l
}

func (l *load) run() {
	var wg sync.WaitGroup
	for i := range l.o.clients {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(l.o.seed, uint64(i)))
			for l.left.Add(-1) >= 0 {
				l.ask(rng)
			}
		})
	}
	wg.Wait()
}

func (l *load) count(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[what]++
}

func (l *load) note(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.odd) < 20 {
		l.odd = append(l.odd, fmt.Sprintf(format, args...))
	}
}

func (l *load) table() {
	var names []string
	for n := range l.counts {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fmt.Printf("%7d  %s\n", l.counts[n], n)
	}
}

// A surface is a way to ask.
type surface struct {
	path string
	body func(prompt string, tokens int, stream bool) map[string]any
}

var surfaces = []surface{
	{"/v1/chat/completions", func(p string, n int, stream bool) map[string]any {
		b := map[string]any{"messages": messages(p), "max_tokens": n, "stream": stream}
		if stream {
			b["stream_options"] = map[string]any{"include_usage": true}
		}
		return b
	}},
	{"/v1/completions", func(p string, n int, stream bool) map[string]any {
		b := map[string]any{"prompt": p, "max_tokens": n, "stream": stream}
		if stream {
			b["stream_options"] = map[string]any{"include_usage": true}
		}
		return b
	}},
	{"/v1/responses", func(p string, n int, stream bool) map[string]any {
		return map[string]any{"input": p, "max_output_tokens": n, "stream": stream}
	}},
	{"/v1/messages", func(p string, n int, stream bool) map[string]any {
		return map[string]any{"messages": messages(p), "max_tokens": n, "stream": stream}
	}},
	{"/api/chat", func(p string, n int, stream bool) map[string]any {
		return map[string]any{"messages": messages(p), "stream": stream, "options": map[string]any{"num_predict": n}}
	}},
	{"/api/generate", func(p string, n int, stream bool) map[string]any {
		return map[string]any{"prompt": p, "raw": true, "stream": stream, "options": map[string]any{"num_predict": n}}
	}},
}

func messages(p string) []map[string]any { return []map[string]any{{"role": "user", "content": p}} }

// ask asks once, and leaves when it likes.
func (l *load) ask(rng *rand.Rand) {
	s := surfaces[rng.IntN(len(surfaces))]
	stream := rng.IntN(3) > 0
	prompt := strings.Repeat("seven swans ", 1+rng.IntN(4))
	body := s.body(prompt, 1+rng.IntN(40), stream)
	if rng.IntN(8) == 0 && strings.HasPrefix(s.path, "/v1/c") {
		body["n"] = 2
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	if rng.IntN(3) == 0 { // leaves
		cancel()
		ctx, cancel = context.WithTimeout(context.Background(), time.Duration(1+rng.IntN(400))*time.Millisecond)
	}
	defer cancel()
	to := l.servers[rng.IntN(2)]
	req, err := http.NewRequestWithContext(ctx, "POST", "http://"+to.addr.Load().(string)+s.path, bytes.NewReader(b))
	if err != nil {
		panic(err)
	}
	resp, err := l.http.Do(req)
	if err != nil {
		l.broken(ctx, "before a reply")
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 500))
		switch {
		case resp.StatusCode == http.StatusTooManyRequests && bytes.Contains(said, []byte("insufficient_quota")):
			l.count("refused: no budget")
			l.refused.Add(1)
		case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusServiceUnavailable: // it asks again
			l.count("sent away: the queue is full")
			l.left.Add(1)
			time.Sleep(time.Duration(rng.IntN(200)) * time.Millisecond)
		default:
			l.count(fmt.Sprint("status ", resp.StatusCode))
			l.note("%s: %d %s", s.path, resp.StatusCode, said)
		}
		return
	}
	var u usage
	over := false
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		if read(strings.TrimPrefix(lines.Text(), "data: "), &u) {
			over = true
		}
	}
	if lines.Err() != nil || !over {
		l.broken(ctx, "in a reply")
		return
	}
	l.count("ended")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended[resp.Header.Get("X-Request-Id")] = u
}

func (l *load) broken(ctx context.Context, where string) {
	if ctx.Err() != nil {
		l.count("left " + where)
	} else {
		l.count("cut " + where)
	}
}

// read takes a line of any interface's reply, and reports whether it is one that
// comes after the charge: with the usage, or the end.
func read(line string, u *usage) bool {
	if line == "[DONE]" {
		return true
	}
	type counts struct {
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
		Input      int `json:"input_tokens"`
		Output     int `json:"output_tokens"`
		Read       int `json:"cache_read_input_tokens"`
	}
	var v struct {
		Type     string
		Usage    *counts
		Response json.RawMessage
		Done     bool
		Prompt   int    `json:"prompt_eval_count"`
		Eval     int    `json:"eval_count"`
		Stop     string `json:"stop_reason"`
		Object   string
		Choices  []struct {
			Finish string `json:"finish_reason"`
		}
		Status string
	}
	if json.Unmarshal([]byte(line), &v) != nil {
		return false
	}
	switch {
	case v.Done:
		u.prompt, u.completion = v.Prompt, v.Eval
		return true
	case v.Type == "message_stop", v.Type == "message", v.Object == "response" && v.Status != "in_progress", v.Type == "response.completed", v.Type == "response.incomplete":
		if v.Usage != nil && v.Object == "response" {
			u.prompt, u.completion = v.Usage.Input, v.Usage.Output
		}
		return true
	case v.Usage != nil && v.Usage.Completion+v.Usage.Prompt > 0 && v.Object != "":
		u.prompt, u.completion = v.Usage.Prompt, v.Usage.Completion
		return v.Object == "chat.completion" || v.Object == "text_completion" && len(v.Choices) > 0 && v.Choices[0].Finish != ""
	}
	return false
}
