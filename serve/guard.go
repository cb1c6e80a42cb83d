package serve

import (
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A Guard is what the page can see and do of policies. Its answers are JSON
// values; its errors made for the client are *form.Error.
type Guard interface {
	Policies(say.Lang) (any, error)
	Try(context.Context, Trial, say.Lang) (any, error)
	Replay(context.Context, Rerun) (any, error)
	Reviews(all, names bool) (any, error) // without names: not who asked and who decided
	Decide(id, by string, allow bool, reason string) error
	Suspended(names bool) (any, error)
	Lift(caller, by string) error
	Appeal(caller, text string) (id string, err error)
}

// A Trial is a text to be passed through the rails of a policy.
type Trial struct {
	Policy string            `json:"policy"` // name of a release, or of a pack; "": the first release's
	Draft  string            `json:"draft"`  // or a policy block, as a plan file says it
	Stage  string            `json:"stage"`  // "": input
	Text   string            `json:"text"`
	Labels map[string]string `json:"labels"`
}

// A Rerun asks what a draft would change of the last requests.
type Rerun struct {
	Release string `json:"release"`
	Draft   string `json:"draft"`
	Last    int    `json:"last"`
}

// maxTrial bounds a text that is tried, and the words of a decision or an
// appeal.
const (
	maxTrial = 64 << 10
	maxWords = 4000
)

func (s *Server) policies(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Guard == nil {
		return errNotFound
	}
	v, err := s.conf.Guard.Policies(language(r))
	return answer(w, v, err)
}

// answer sends v, unless there is an error.
func answer(w http.ResponseWriter, v any, err error) error {
	if err != nil {
		return err
	}
	return WriteJSON(w, http.StatusOK, v)
}

func (s *Server) tryPolicy(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Guard == nil {
		return errNotFound
	}
	var in Trial
	if err := Decode(w, r, &in); err != nil {
		return err
	}
	if len(in.Text) > maxTrial {
		return form.OutOfRange("text", say.T("at most %d bytes", "至多 %d 字节", maxTrial))
	}
	v, err := s.conf.Guard.Try(r.Context(), in, language(r))
	return answer(w, v, err)
}

func (s *Server) replayPolicy(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Guard == nil {
		return errNotFound
	}
	var in Rerun
	if err := Decode(w, r, &in); err != nil {
		return err
	}
	v, err := s.conf.Guard.Replay(r.Context(), in)
	return answer(w, v, err)
}

func (s *Server) reviews(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Guard == nil {
		return errNotFound
	}
	v, err := s.conf.Guard.Reviews(r.URL.Query().Get("all") == "true", May(r, ReadPeople, ATenant, ""))
	return answer(w, v, err)
}

func (s *Server) decideReview(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Guard == nil {
		return errNotFound
	}
	var in struct {
		Allow  *bool  `json:"allow"`
		Reason string `json:"reason"`
	}
	if err := Decode(w, r, &in); err != nil {
		return err
	}
	if in.Allow == nil {
		return form.Invalid("allow", "missing_parameter", say.T("allow is missing: true or false", "缺少 allow，即 true 或 false"))
	}
	if utf8.RuneCountInString(in.Reason) > maxWords {
		return form.OutOfRange("reason", say.T("at most %d characters", "至多 %d 个字", maxWords))
	}
	return done(w, s.conf.Guard.Decide(r.PathValue("id"), caller(r), *in.Allow, strings.TrimSpace(in.Reason)))
}

func done(w http.ResponseWriter, err error) error { return answer(w, map[string]bool{"ok": true}, err) }

func (s *Server) suspended(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Guard == nil {
		return errNotFound
	}
	v, err := s.conf.Guard.Suspended(May(r, ReadPeople, ATenant, ""))
	return answer(w, v, err)
}

func (s *Server) lift(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Guard == nil {
		return errNotFound
	}
	return done(w, s.conf.Guard.Lift(r.PathValue("caller"), caller(r)))
}

// appeal is a suspended caller's, about itself.
func (s *Server) appeal(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Guard == nil {
		return errNotFound
	}
	var in struct {
		Text string `json:"text"`
	}
	if err := Decode(w, r, &in); err != nil {
		return err
	}
	if in.Text = strings.TrimSpace(in.Text); in.Text == "" || utf8.RuneCountInString(in.Text) > maxWords {
		return form.OutOfRange("text", say.T("1 to %d characters", "1 至 %d 个字", maxWords))
	}
	id, err := s.conf.Guard.Appeal(caller(r), in.Text)
	return answer(w, map[string]string{"id": id}, err)
}
