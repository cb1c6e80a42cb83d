package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net"
	"net/http"
	"strings"
	"syscall"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/serve/form"
)

// remote is a server that speaks OpenAI's chat completions.
type remote struct {
	base, key, model string
	lang             say.Lang     // of its errors and refusals; empty: that of the question
	client           *http.Client // nil: http.DefaultClient
}

// isAddress reports whether what is named is a server.
func isAddress(target string) bool {
	return strings.HasPrefix(target, "http://") || strings.HasPrefix(target, "https://")
}

// newRemote finds the server's model.
func newRemote(ctx context.Context, base, key, model string, lang say.Lang) (*remote, error) {
	r := &remote{base: strings.TrimSuffix(strings.TrimSuffix(base, "/"), "/v1"), key: key, model: model, lang: lang}
	if model != "" {
		return r, nil
	}
	resp, err := r.send(ctx, "GET", "/v1/models", nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var list struct{ Data []struct{ ID string } }
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&list); err != nil || len(list.Data) == 0 {
		return nil, &say.Error{Where: r.base, What: say.T("the server has no model", "服务器上没有模型"), Next: say.T("wait until it has made one, or start it with one", "请等它制作完成，或带着模型启动它"), Err: err}
	}
	r.model = list.Data[0].ID
	return r, nil
}

func (r *remote) name() string { return r.model + " @ " + r.base }

// send sends a request; a status other than 200 is an error with the
// server's words.
func (r *remote) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var b bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&b).Encode(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, &b)
	if err != nil {
		return nil, usage(r.base, say.T("this is not the address of a server", "这不是服务器的网址"), say.T("write it like %s", "请写成 %s 的样子", defaultServer))
	}
	req.Header.Set("Content-Type", "application/json")
	if r.lang != "" {
		req.Header.Set("Accept-Language", string(r.lang))
	}
	if r.key != "" {
		req.Header.Set("Authorization", "Bearer "+r.key)
	}
	resp, err := cmp.Or(r.client, http.DefaultClient).Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &say.Error{Where: r.base, What: say.T("no server answers there: %v", "那里没有服务器应答：%v", unreached(err)),
			Next: say.T("start one with suiren serve, or name a model: suiren chat MODEL", "请用 suiren serve 启动，或指定模型：suiren chat 模型"), Err: err}
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	var e struct{ Error struct{ Message string } }
	if json.Unmarshal(text, &e) != nil || e.Error.Message == "" {
		e.Error.Message = resp.Status
	}
	return nil, &say.Error{Where: r.base, What: say.T("the server says: %s", "服务器答复：%s", terminal.Printable(e.Error.Message))}
}

// unreached says why a server was not reached, in the words of both languages where
// the reason is a common one.
func unreached(err error) any {
	var lookup *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return say.T("the connection was refused", "连接被拒绝")
	case errors.As(err, &lookup):
		return say.T("%s has no address", "找不到 %s 的地址", lookup.Name)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return say.T("there is no way to it", "网络不可达")
	}
	return err
}

// answer implements speaker.
func (r *remote) answer(ctx context.Context, req *form.Request) iter.Seq2[form.Event, error] {
	return func(yield func(form.Event, error) bool) {
		resp, err := r.send(ctx, "POST", "/v1/chat/completions", r.body(req))
		if err != nil {
			yield(form.Event{}, err)
			return
		}
		defer resp.Body.Close()
		last := form.Event{Kind: form.Finish}
		lines := bufio.NewReaderSize(io.LimitReader(resp.Body, 1<<30), 1<<16)
		for {
			line, err := lines.ReadString('\n')
			data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: ")
			switch {
			case data == "[DONE]":
				yield(last, nil)
				return
			case ok:
				if err := chunk(data, &last, yield); err != nil {
					if !errors.Is(err, errLeft) {
						yield(form.Event{}, err)
					}
					return
				}
			}
			if err != nil {
				if ctx.Err() != nil {
					err = ctx.Err()
				}
				yield(form.Event{}, &say.Error{Where: r.base, What: say.T("the answer broke off: %v", "回答中断：%v", err), Err: err, Next: say.T("ask again", "请再问一次")})
				return
			}
		}
	}
}

// body is the request as the server reads it.
func (r *remote) body(req *form.Request) any {
	body := map[string]any{"model": r.model, "stream": true, "stream_options": map[string]bool{"include_usage": true}}
	var list []map[string]string
	for _, m := range req.Messages {
		list = append(list, map[string]string{"role": m.Role, "content": m.Text})
	}
	body["messages"] = list
	if req.MaxTokens > 0 {
		body["max_tokens"] = req.MaxTokens
	}
	if req.Sampling.Temperature != nil {
		body["temperature"] = *req.Sampling.Temperature
	}
	if req.Seed != nil {
		body["seed"] = *req.Seed
	}
	switch {
	case req.Think.Effort != "":
		body["reasoning_effort"] = req.Think.Effort
	case req.Think.Mode == "off":
		body["reasoning_effort"] = "none"
	case req.Think.Mode == "on":
		body["reasoning_effort"] = "medium"
	}
	return body
}

var errLeft = errors.New("the reader has left")

// chunk yields what one event of the stream holds.
func chunk(data string, last *form.Event, yield func(form.Event, error) bool) error {
	var c struct {
		Error   *struct{ Message string }
		Choices []struct {
			Delta struct {
				Content          string
				ReasoningContent string `json:"reasoning_content"`
				Refusal          string
			}
			FinishReason string `json:"finish_reason"`
		}
		Usage *struct {
			PromptTokens     int `json:"prompt_tokens"`
			CompletionTokens int `json:"completion_tokens"`
			Details          struct {
				ReasoningTokens int `json:"reasoning_tokens"`
			} `json:"completion_tokens_details"`
		}
	}
	if err := json.Unmarshal([]byte(data), &c); err != nil {
		return say.Errorf("the server's answer is not JSON: %v", "服务器的答复不是 JSON：%v", err)
	}
	if c.Error != nil {
		return &say.Error{What: say.T("the server says: %s", "服务器答复：%s", terminal.Printable(c.Error.Message))}
	}
	if u := c.Usage; u != nil {
		last.Usage = form.Usage{Prompt: u.PromptTokens, Completion: u.CompletionTokens, Reasoning: u.Details.ReasoningTokens}
	}
	for _, ch := range c.Choices {
		if ch.FinishReason != "" {
			last.Reason = ch.FinishReason
		}
		text := ch.Delta.Content
		if text == "" {
			text = ch.Delta.Refusal
		}
		if t := ch.Delta.ReasoningContent; t != "" && !yield(form.Event{Kind: form.Thought, Text: t}, nil) ||
			text != "" && !yield(form.Event{Kind: form.Text, Text: text}, nil) {
			return errLeft
		}
	}
	return nil
}
