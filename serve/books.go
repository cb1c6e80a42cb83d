package serve

import (
	"errors"
	"io"
	"net/http"
	"net/url"

	"suiren/internal/say"
	"suiren/serve/form"
)

// ofBooks makes the handler of a question about the books.
func (s *Server) ofBooks(f func(Caller, url.Values) (any, error)) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if f == nil {
			return errNotFound
		}
		v, err := f(CallerOf(r), r.URL.Query())
		if err != nil {
			return asked(err)
		}
		return WriteJSON(w, http.StatusOK, v)
	}
}

// asked makes what is wrong with a question an error for who asked.
func asked(err error) error {
	if e, ok := errors.AsType[*say.Error](err); ok && e.Where == "" && e.Err == nil {
		return &form.Error{Status: http.StatusBadRequest, Type: "invalid_request_error", Code: "invalid_value", Text: e.What, Next: e.Next}
	}
	return err
}

// entries sends the ledger as CSV.
func (s *Server) entries(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Entries == nil {
		return errNotFound
	}
	return asked(s.conf.Entries(CallerOf(r), r.URL.Query(), &csvReply{w: w}))
}

// A csvReply is a reply whose head leaves with its first byte: before, an error can.
type csvReply struct {
	w     http.ResponseWriter
	began bool
}

func (c *csvReply) Write(b []byte) (int, error) {
	if !c.began {
		c.began = true
		c.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		c.w.Header().Set("Content-Disposition", `attachment; filename="usage.csv"`)
	}
	return c.w.Write(b)
}

func (s *Server) budgets(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Budgets == nil {
		return errNotFound
	}
	v, err := s.conf.Budgets(CallerOf(r))
	if err != nil {
		return err
	}
	return WriteJSON(w, http.StatusOK, v)
}

func (s *Server) setBudget(w http.ResponseWriter, r *http.Request) error {
	if s.conf.SetBudget == nil {
		return errNotFound
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	if err := s.conf.SetBudget(CallerOf(r), body); err != nil {
		return asked(err)
	}
	return WriteJSON(w, http.StatusOK, map[string]bool{"ok": true})
}

func (s *Server) trace(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Trace == nil {
		return errNotFound
	}
	v, err := s.conf.Trace(CallerOf(r), r.PathValue("id"))
	if errors.Is(err, ErrNoAnswer) {
		return errNotFound
	}
	if err != nil {
		return err
	}
	return WriteJSON(w, http.StatusOK, v)
}

// spans takes OTLP traces, as protocol buffers or JSON.
func (s *Server) spans(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Spans == nil {
		return errNotFound
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	kind := r.Header.Get("Content-Type")
	reply, err := s.conf.Spans(CallerOf(r), kind, body)
	if err != nil {
		return asked(err)
	}
	w.Header().Set("Content-Type", kind)
	_, err = io.Writer(w).Write(reply)
	return err
}
