package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// slowBody reads a reply a few bytes at a time.
type slowBody struct {
	io.ReadCloser
	pause time.Duration
}

func (b slowBody) Read(p []byte) (int, error) {
	time.Sleep(b.pause)
	return b.ReadCloser.Read(p[:min(len(p), 256)])
}

type slowly struct {
	*http.Transport
	pause time.Duration
}

func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.Transport.RoundTrip(r)
	if err == nil {
		resp.Body = slowBody{resp.Body, s.pause}
	}
	return resp, err
}

// slow asks properly and reads slowly.
func (c *client) slow() {
	c.proper(slowly{narrow(), time.Duration(5+c.rng.IntN(30)) * time.Millisecond})
}

// stuck asks for a long stream, reads none of it for longer than the server
// lets a piece take, and goes.
func (c *client) stuck() {
	s := &surfaces[c.rng.IntN(len(surfaces))]
	q := c.question(s.raw)
	q.tokens = c.o.fill / 4
	body := s.body(q)
	body["model"], body["stream"] = c.model, true
	t := narrow()
	defer t.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 45*time.Second)
	defer cancel()
	resp, err := c.post(ctx, s.path, marshal(body), t)
	if err != nil {
		c.count("stuck", 0, err)
		return
	}
	c.count("stuck", resp.StatusCode, nil)
	c.rest(40 * time.Second)
	resp.Body.Close()
}

// leave asks and goes before the answer has ended: before it began, or after
// some of it.
func (c *client) leave() {
	s := &surfaces[c.rng.IntN(len(surfaces))]
	q := c.question(s.raw)
	q.tokens = c.o.fill / 4
	body := s.body(q)
	stream := c.rng.IntN(4) > 0
	body["model"], body["stream"] = c.model, stream
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(1+c.rng.IntN(2000))*time.Millisecond)
	defer cancel()
	resp, err := c.post(ctx, s.path, marshal(body), nil)
	if err != nil {
		c.count("left before a reply", 0, nil)
		return
	}
	defer resp.Body.Close()
	_, err = io.CopyN(io.Discard, resp.Body, int64(c.rng.IntN(4000)))
	c.count("left in a reply", resp.StatusCode, nil)
}

// malformed sends what no client should, and wants to be told so.
func (c *client) malformed() {
	s := &surfaces[c.rng.IntN(len(surfaces))]
	q := c.question(s.raw)
	body := s.body(q)
	body["model"] = c.model
	var text []byte
	want := 400
	kind := ""
	switch c.rng.IntN(9) {
	case 0:
		kind, text = "not JSON", []byte("{"+word(c.rng))
	case 1:
		kind, text = "half JSON", marshal(body)
		text = text[:c.rng.IntN(len(text))]
	case 2:
		kind, text = "bytes", make([]byte, 1+c.rng.IntN(5000))
		for i := range text {
			text[i] = byte(c.rng.Uint32())
		}
	case 3:
		body["no_such_parameter"] = 1
		kind, text = "unknown parameter", marshal(body)
	case 4:
		body["model"], want = "nobody", 404
		kind, text = "unknown model", marshal(body)
	case 5:
		for name, v := range body {
			switch v.(type) {
			case map[string]any, []map[string]any, int:
				body[name] = "x" + fmt.Sprint(v)
			default:
				body[name] = []any{map[string]any{}}
			}
		}
		kind, text = "wrong types", marshal(body)
	case 6:
		q.prompt = strings.Repeat(q.prompt+" ", 20*c.o.fill/len(q.prompt)+1)
		body = s.body(q)
		body["model"] = c.model
		kind, text = "too long", marshal(body)
	case 7:
		kind, text, want = "too large", []byte(`{"x":"`+strings.Repeat("x", 5<<20)+`"}`), 413
	case 8:
		kind, text = "deep", []byte(strings.Repeat(`{"messages":[`, 20000))
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	resp, err := c.post(ctx, s.path, text, nil)
	if err != nil {
		c.count("bad: "+kind, 0, err)
		if want != 413 { // the server need not read to the end of what it refuses
			c.unexpected.add("%s, %s: %v", s.name, kind, err)
		}
		return
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(resp.Body)
	c.count("bad: "+kind, resp.StatusCode, nil)
	if resp.StatusCode != want && resp.StatusCode != 429 {
		c.unexpected.add("%s, %s: status %d, want %d: %s", s.name, kind, resp.StatusCode, want, said)
	}
}

// truncated sends less than it announced, or what is no HTTP.
func (c *client) truncated() {
	s := &surfaces[c.rng.IntN(len(surfaces))]
	body := s.body(c.question(s.raw))
	body["model"] = c.model
	text := string(marshal(body))
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n", s.path, c.address)
	kind, send := "", ""
	switch c.rng.IntN(4) {
	case 0:
		kind, send = "cut body", head+fmt.Sprintf("Content-Length: %d\r\n\r\n", len(text))+text[:c.rng.IntN(len(text))]
	case 1:
		kind, send = "cut head", head[:c.rng.IntN(len(head))]
	case 2:
		kind, send = "bad chunks", head+"Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n"+text
	case 3:
		kind, send = "no HTTP", word(c.rng)+"\r\n\r\n"
	}
	conn, err := net.DialTimeout("tcp", c.address, 10*time.Second)
	if err != nil {
		c.count(kind, 0, err)
		c.unexpected.add("%s: %v", kind, err)
		return
	}
	defer conn.Close()
	io.WriteString(conn, send)
	status := 0
	if c.rng.IntN(2) == 0 { // close our side and listen
		conn.(*net.TCPConn).CloseWrite()
		conn.SetReadDeadline(time.Now().Add(time.Minute))
		reply, _ := io.ReadAll(conn)
		fmt.Sscanf(string(reply), "HTTP/1.1 %d", &status)
		if status >= 500 || status == 200 {
			c.unexpected.add("%s: %s", kind, reply)
		}
	} else {
		c.rest(200 * time.Millisecond)
	}
	c.count(kind, status, nil)
}

// aside asks for what is no answer.
func (c *client) aside() {
	type call struct {
		method, path string
		body         any
		want         int
	}
	q := c.question(false)
	list := []call{
		{"GET", "/v1/models", nil, 200}, {"GET", "/api/tags", nil, 200}, {"GET", "/metrics", nil, 200}, {"GET", "/", nil, 200},
		{"GET", "/v1/receipts/" + word(c.rng), nil, 404}, {"DELETE", "/v1/models", nil, 405}, {"GET", "/no/such/page", nil, 404},
		{"POST", "/tokenize", map[string]any{"content": q.prompt}, 200}, {"POST", "/api/pull", map[string]any{"model": "x"}, 501},
		{"POST", "/v1/messages/count_tokens", map[string]any{"model": c.model, "messages": messages(q)}, 200},
		{"POST", "/v1/embeddings", map[string]any{"model": c.model, "input": "x"}, 400},
	}
	if c.embed != "" {
		embed := call{"POST", "/v1/embeddings", map[string]any{"model": c.embed, "input": "one text, always the same"}, 200}
		list = append(list, embed, embed, embed, embed)
	}
	k := list[c.rng.IntN(len(list))]
	var body io.Reader
	if k.body != nil {
		body = strings.NewReader(string(marshal(k.body)))
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, k.method, "http://"+c.address+k.path, body)
	if err != nil {
		panic(err)
	}
	name := k.method + " " + k.path
	if strings.HasPrefix(k.path, "/v1/receipts/") {
		name = "GET /v1/receipts/…"
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.count(name, 0, err)
		c.unexpected.add("%s: %v", name, err)
		return
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(resp.Body)
	c.count(name, resp.StatusCode, nil)
	if resp.StatusCode != k.want && resp.StatusCode != 429 {
		c.unexpected.add("%s: status %d, want %d: %s", name, resp.StatusCode, k.want, said)
	}
	if k.path == "/v1/embeddings" && resp.StatusCode == 200 {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.vector == "" {
			c.vector = string(said)
		}
		if c.vector != string(said) {
			c.wrong.add("another vector of the same text")
		}
	}
}
