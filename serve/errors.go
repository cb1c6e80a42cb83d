package serve

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"suiren/internal/say"
	"suiren/serve/anthropic"
	"suiren/serve/form"
	"suiren/serve/ollama"
	"suiren/serve/openai"
)

var errInternal = &form.Error{
	Status: http.StatusInternalServerError, Type: "server_error", Code: "internal_error",
	Text: say.T("the server failed; its log says why", "服务器出错，原因见其日志"),
}

// errLeft is for a client that is gone, or that only says no more: a client
// that has closed its side may still listen. The status is nginx's.
var errLeft = &form.Error{Status: 499, Type: "invalid_request_error", Code: "client_closed_request",
	Text: say.T("the client closed the connection before its answer", "客户端在得到回答之前关闭了连接")}

// errStopping is for requests that are in flight when the server stops, and
// the cause by which their contexts end.
var errStopping = &form.Error{Status: http.StatusServiceUnavailable, Type: "server_error", Code: "stopping",
	Text: say.T("the server is stopping", "服务器正在停止"), Next: say.T("ask again when it is back", "请在其恢复后重试")}

// errBooks is for what cannot be written down: it is not answered.
var errBooks = &form.Error{Status: http.StatusServiceUnavailable, Type: "server_error", Code: "books_closed", After: 10,
	Text: say.T("nothing is answered now: the books cannot be written", "暂不作答：账本无法写入"), Next: say.T("tell whoever runs this server; its log says why", "请告知管理员，原因见服务器日志")}

// errFull is for a change that finds no room.
var errFull = &form.Error{Status: http.StatusServiceUnavailable, Type: "server_error", Code: "disk_full", After: 10,
	Text: say.T("there is no room on the server's disk", "服务器的磁盘没有空间"), Next: say.T("tell whoever runs this server; its log says why", "请告知管理员，原因见服务器日志")}

// unwritten says what an error of the books means for a request: unless it was made for
// the client, that nothing is answered. It is logged.
func (s *Server) unwritten(id string, err error) error {
	if _, told := errors.AsType[*form.Error](err); told || err == nil {
		return err
	}
	s.conf.Log.Error("the books cannot be written", "id", id, "err", err)
	return errBooks
}

// ended says what an error means if the request's context has ended: that the
// client is gone, or that the server stops.
func ended(r *http.Request, err error) error {
	_, told := errors.AsType[*form.Error](err)
	switch {
	case told || err == nil || r.Context().Err() == nil:
		return err
	case errors.Is(context.Cause(r.Context()), errStopping):
		return errStopping
	}
	return errLeft
}

// The dialects, by the path's beginning. Paths of the console and of OpenAI
// have OpenAI's.
func dialectOf(r *http.Request) dialect {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/v1/messages"):
		return dialect{"error", anthropic.Error, "messages"}
	case path == "/v1/responses":
		return dialect{"error", openai.Error, "input"}
	case slices.Contains(ollamaPaths, path):
		return dialect{"", ollama.Error, "messages"}
	case path == "/v1/completions":
		return dialect{"", openai.Error, "prompt"}
	}
	return dialect{"", openai.Error, "messages"}
}

// A Handler answers one request. It must not return an error after it has
// begun to write.
type Handler func(http.ResponseWriter, *http.Request) error

// handle turns the error of f into a response. Errors that are not made for
// the client are ours: handle logs them and tells the client nothing.
func (s *Server) handle(f Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/events") { // they last, and hold no release
			defer s.epochs.enter()()
		}
		if err := ended(r, f(w, r)); err != nil {
			s.fail(w, r, err)
		}
	})
}

// fail is the one exit for errors.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if asked, ok := errors.AsType[*Asked](err); ok {
		WriteJSON(w, http.StatusAccepted, map[string]any{"approval": asked.Request}) // fails when the client is gone
		return
	}
	e := s.public(r, err)
	if e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(cmp.Or(e.After, retryAfterS)))
	}
	WriteJSON(w, e.Status, dialectOf(r).body(e, language(r)))
}

// public is err if it was made for the client; else it is logged and the
// client learns only that something failed, or that there was no room.
func (s *Server) public(r *http.Request, err error) *form.Error {
	if e, ok := errors.AsType[*form.Error](err); ok {
		if e.Code == "context_length_exceeded" && e.Param == "messages" { // which whoever counts does not know
			named := *e
			named.Param = dialectOf(r).param
			return &named
		}
		return e
	}
	s.conf.Log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "err", err)
	if s.conf.NoRoom != nil && s.conf.NoRoom(err) {
		return errFull
	}
	return errInternal
}

// WriteJSON sends v. The type is always set: Go would sniff text/plain, and
// OpenAI's clients then hand their caller a bare string.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(v) // fails when the client is gone: no one is left to tell
	return nil
}

// language is the one of a request's asker; English if nobody knows.
func language(r *http.Request) say.Lang {
	if lang, ok := spoken(r); ok {
		return lang
	}
	return say.English
}

// hear takes the language of a question for its asker's, if the request does not say
// it: programs do not.
func (s *Server) hear(r *http.Request, req *form.Request) {
	if _, ok := spoken(r); ok || s.conf.Language == nil {
		return
	}
	text := ""
	for i := range req.Messages {
		if m := &req.Messages[i]; m.Role == "user" {
			text = m.All()
		}
	}
	if len(req.Prompts) > 0 {
		text = req.Prompts[0].Text
	}
	r.Header.Set("Accept-Language", string(s.conf.Language(text)))
}

// spoken is the first language of the Accept-Language header, by weight, that the
// program speaks.
func spoken(r *http.Request) (lang say.Lang, ok bool) {
	type choice struct {
		lang   say.Lang
		weight float64
	}
	var list []choice
	for tag := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(tag), ";")
		weight := 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			weight, _ = strconv.ParseFloat(q, 64)
		}
		if lang, ok := say.Parse(tag); ok && weight > 0 {
			list = append(list, choice{lang, weight})
		}
	}
	if len(list) == 0 {
		return "", false
	}
	slices.SortStableFunc(list, func(a, b choice) int {
		if a.weight > b.weight {
			return -1
		}
		if a.weight < b.weight {
			return 1
		}
		return 0
	})
	return list[0].lang, true
}
