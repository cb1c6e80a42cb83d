package serve

import (
	"net/http"
	"slices"

	"suiren/internal/say"
	"suiren/serve/form"
)

// releaseActs are what can be done with a release.
var releaseActs = []string{"check", "canary", "promote", "rollback", "retire"}

func (s *Server) releaseList(w http.ResponseWriter, r *http.Request) error {
	return writeRaw(w, s.conf.Releases)
}

// releaseAct carries out a decision about a release.
func (s *Server) releaseAct(w http.ResponseWriter, r *http.Request) error {
	act := r.PathValue("act")
	if s.conf.ReleaseAct == nil || !slices.Contains(releaseActs, act) {
		return errNotFound
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	if act == "promote" || act == "canary" {
		if err := s.second(r, "release", act+" "+string(body), body); err != nil {
			return err
		}
	}
	out, err := s.conf.ReleaseAct(r.Context(), caller(r), act, body)
	if err != nil {
		return err
	}
	return WriteJSON(w, http.StatusOK, out)
}

// BadAct is the error of an act that is wrong as it is or, refused, not allowed.
func BadAct(what, next say.Text, refused bool) error {
	e := &form.Error{Status: http.StatusBadRequest, Type: "invalid_request_error", Code: "invalid_value", Text: what, Next: next}
	if refused {
		e.Status, e.Code = http.StatusConflict, "refused"
	}
	return e
}
