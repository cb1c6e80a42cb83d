package serve

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"suiren/internal/say"
)

// An apiError is an error made for the client, in the shape of OpenAI's.
type apiError struct {
	status int
	typ    string // invalid_request_error, authentication_error, …
	code   string // stable, never translated
	param  string // the parameter at fault, or ""
	text   say.Text
	next   say.Text
}

func (e *apiError) Error() string { return e.in(say.English) }

func (e *apiError) in(lang say.Lang) string {
	return (&say.Error{What: e.text, Next: e.next}).In(lang)
}

func (e *apiError) body(lang say.Lang) any {
	var param *string
	if e.param != "" {
		param = &e.param
	}
	return map[string]any{"error": map[string]any{
		"message": e.in(lang), "type": e.typ, "param": param, "code": e.code,
	}}
}

// invalid is a 400 that names a parameter.
func invalid(param, code string, text say.Text) *apiError {
	return &apiError{status: http.StatusBadRequest, typ: "invalid_request_error", code: code, param: param, text: text}
}

var errInternal = &apiError{
	status: http.StatusInternalServerError, typ: "server_error", code: "internal_error",
	text: say.T("the server failed; its log says why", "服务器出错，原因见其日志"),
}

// A handler answers one request. It must not return an error after it has
// begun to write.
type handler func(http.ResponseWriter, *http.Request) error

// handle turns the error of f into a response. Errors that are not made for
// the client are ours: handle logs them and tells the client nothing.
func (s *Server) handle(f handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := f(w, r)
		if err == nil || r.Context().Err() != nil {
			return
		}
		s.fail(w, r, err)
	})
}

// fail is the one exit for errors.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := s.public(r, err)
	if e.status == http.StatusTooManyRequests || e.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfterS))
	}
	writeJSON(w, e.status, e.body(language(r)))
}

// public is err if it was made for the client; else it is logged and the
// client learns only that something failed.
func (s *Server) public(r *http.Request, err error) *apiError {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e
	}
	s.conf.Log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "err", err)
	return errInternal
}

// writeJSON sends v. The type is always set: Go would sniff text/plain, and
// OpenAI's clients then hand their caller a bare string.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.Encode(v) // fails when the client is gone: no one is left to tell
	return nil
}

// language is the first language of the Accept-Language header, by weight,
// that the program speaks; else English.
func language(r *http.Request) say.Lang {
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
		return say.English
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
	return list[0].lang
}
