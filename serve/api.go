package serve

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/serve/form"
)

var errNotFound = &form.Error{Status: http.StatusNotFound, Type: "invalid_request_error", Code: "not_found",
	Text: say.T("there is nothing here", "这里什么也没有")}

// notFound says that there is nothing at a path, or nothing for this method, and
// what stands near: with /v1 before it, or once instead of twice.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) error {
	takes := func(method, path string) bool {
		_, pattern := s.mux().Handler(&http.Request{Method: method, Host: r.Host, URL: &url.URL{Path: path}})
		return pattern != "" && pattern != everywhere && pattern != everyFile
	}
	var methods []string
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		if takes(m, r.URL.Path) {
			methods = append(methods, m)
		}
	}
	if methods != nil {
		w.Header().Set("Allow", strings.Join(methods, ", "))
		return &form.Error{Status: http.StatusMethodNotAllowed, Type: "invalid_request_error", Code: "method_not_allowed",
			Text: say.T("this path is not for %s", "该路径不接受 %s", form.Clip(r.Method)), Next: say.T("use %v", "请用 %v", methods)}
	}
	for _, near := range []string{"/v1" + r.URL.Path, strings.TrimPrefix(r.URL.Path, "/v1")} {
		if takes(r.Method, near) {
			e := *errNotFound
			e.Next = say.T("did you mean %s? Clients of OpenAI's interface have /v1 at the end of their base URL, those of Anthropic's and Ollama's have not",
				"是否指 %s？OpenAI 接口的客户端，base URL 以 /v1 结尾；Anthropic 与 Ollama 的则没有 /v1", form.Clip(near))
			return &e
		}
	}
	if strings.HasPrefix(r.URL.Path, "/v1/responses/") || strings.HasPrefix(r.URL.Path, "/v1/chat/completions/") {
		e := *errNotFound
		e.Next = say.T("answers are not kept: send the whole conversation with each request", "回答不会保留：请在每次请求中发送完整对话")
		return &e
	}
	return errNotFound
}

func (s *Server) health(w http.ResponseWriter, r *http.Request) error {
	return WriteJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

type modelInfo struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
	Context int    `json:"max_model_len,omitempty"` // as vLLM calls it
	Parent  string `json:"parent,omitempty"`        // of an adapter the model, as vLLM calls it
}

func (l *listed) info() modelInfo {
	m := modelInfo{ID: l.name(), Object: "model", Created: l.Made.Unix(), OwnedBy: "suiren", Context: l.Context}
	if l.Adapter != "" {
		m.Parent = l.Name
	}
	return m
}

func (s *Server) models(w http.ResponseWriter, r *http.Request) error {
	list := []modelInfo{}
	for _, l := range s.listed(r) {
		list = append(list, l.info())
	}
	return WriteJSON(w, http.StatusOK, map[string]any{"object": "list", "data": list})
}

func (s *Server) model(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("model")
	rel, err := s.pick(r, name)
	if err != nil {
		return err
	}
	l := listed{rel, rel.adapter(name)}
	return WriteJSON(w, http.StatusOK, l.info())
}

// document is a document that a model's answers cite: file names it, and knowledge the
// base that the request for the answer named.
func (s *Server) document(w http.ResponseWriter, r *http.Request) error {
	rel, err := s.pick(r, r.PathValue("model"))
	if err != nil {
		return err
	}
	req := form.Request{Knowledge: r.URL.Query().Get("knowledge")}
	if req.Knowledge != "" && (rel.Answerer == nil || rel.Answerer.Can()&form.Bases == 0) {
		return form.Unsupported("knowledge")
	}
	if err := rel.consults(r, &req); err != nil {
		return err
	}
	file, passages := r.URL.Query().Get("file"), any([]string{})
	if rel.Document != nil {
		c := CallerOf(r)
		if passages, err = rel.Document(c.readers(), req.Knowledge, file); err != nil {
			return err
		}
	}
	return WriteJSON(w, http.StatusOK, map[string]any{"file": file, "passages": passages})
}

// documentPage draws a page of a document that a release quotes.
func (s *Server) documentPage(w http.ResponseWriter, r *http.Request) error {
	rel, err := s.pick(r, r.PathValue("model"))
	if err != nil {
		return err
	}
	if s.conf.Pages.ReleasePage == nil {
		return errNotFound
	}
	q := s.query(r)
	q.Name = rel.Name
	v, err := s.conf.Pages.ReleasePage(r.Context(), q)
	if err != nil {
		return pageError(err)
	}
	return writeView(w, v)
}

// state is what the page needs to begin.
func (s *Server) state(w http.ResponseWriter, r *http.Request) error {
	type example struct {
		En string `json:"en"`
		Zh string `json:"zh"`
	}
	type release struct {
		Answers  bool           `json:"answers"`
		Bases    bool           `json:"bases,omitempty"` // it answers from the knowledge base that a request names
		Base     string         `json:"base,omitempty"`  // and from this one of the caller's if none is named
		Name     string         `json:"name"`
		Digest   string         `json:"digest"`
		Context  int            `json:"context"`
		Label    bool           `json:"label"`
		Examples []example      `json:"examples"`
		About    map[string]any `json:"about"`
	}
	var out struct {
		Version  string     `json:"version"`
		Release  *release   `json:"release"`  // the first of
		Releases []*release `json:"releases"` // all
		Caller   string     `json:"caller"`
		Has      []string   `json:"has"` // what below /api/ can be read: the page shows no more
	}
	for _, r := range s.Routes() {
		if path, ok := strings.CutPrefix(r.Pattern, "GET /api/"); ok {
			out.Has = append(out.Has, path)
		}
	}
	out.Version, out.Releases, out.Caller = s.conf.Version, []*release{}, caller(r)
	for _, rel := range s.visible(r) {
		v := &release{Answers: rel.Answerer != nil, Bases: rel.Answerer != nil && rel.Answerer.Can()&form.Bases != 0, Name: rel.Name, Digest: rel.Digest, Context: rel.Context, Label: rel.Label, About: rel.About, Examples: []example{}}
		if rel.Knowledge != "" && (s.conf.Decide == nil || s.may(r, Search, ABase, rel.Knowledge) == nil) {
			v.Base = rel.Knowledge
		}
		for _, t := range rel.Examples {
			v.Examples = append(v.Examples, example{t.In(say.English), t.In(say.Chinese)})
		}
		out.Releases = append(out.Releases, v)
	}
	if len(out.Releases) > 0 {
		out.Release = out.Releases[0]
	}
	return WriteJSON(w, http.StatusOK, out)
}

func (s *Server) plan(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Plan == nil {
		return errNotFound
	}
	return writeRaw(w, func() (json.RawMessage, error) { return s.conf.Plan(language(r)) })
}

func (s *Server) report(w http.ResponseWriter, r *http.Request) error {
	return writeRaw(w, s.conf.Report)
}

func (s *Server) runs(w http.ResponseWriter, r *http.Request) error {
	return writeRaw(w, s.conf.Runs)
}

// writeRaw sends the JSON that get gives; null means that there is none yet.
func writeRaw(w http.ResponseWriter, get func() (json.RawMessage, error)) error {
	if get == nil {
		return errNotFound
	}
	v, err := get()
	if err != nil {
		return err
	}
	if v == nil {
		v = json.RawMessage("null")
	}
	return WriteJSON(w, http.StatusOK, v)
}

// events streams a run. A browser that lost the connection names the last
// event it saw, and gets those after it.
func (s *Server) events(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Events == nil {
		return errNotFound
	}
	after, _ := strconv.ParseInt(r.Header.Get("Last-Event-ID"), 10, 64)
	stream := newEventStream(w, heartbeat)
	defer stream.close()
	ctx, stop := s.whileMay(r)
	defer stop()
	for e, err := range s.conf.Events(ctx, r.PathValue("run"), after, language(r)) {
		if err != nil {
			return s.broken(r, stream, err)
		}
		if stream.raw(strconv.FormatInt(e.ID, 10), string(e.Data)) != nil {
			return nil
		}
	}
	if r.Context().Err() == nil {
		stream.raw("", `{"type":"end"}`) // tells the browser not to come back
	}
	return nil
}

// maxReason bounds the words of a rating, in characters.
const maxReason = 2000

// feedback keeps what a reader thought of an answer.
func (s *Server) feedback(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Rate == nil {
		return errNotFound
	}
	var in struct {
		ID     string `json:"id"`
		Good   *bool  `json:"good"`
		Reason string `json:"reason"`
	}
	if err := Decode(w, r, &in); err != nil {
		return err
	}
	if in.ID == "" {
		return form.Invalid("id", "missing_parameter", say.T("id is missing: the id of the answer", "缺少 id，即回答的编号"))
	}
	if in.Good == nil {
		return form.Invalid("good", "missing_parameter", say.T("good is missing: true or false", "缺少 good，即 true 或 false"))
	}
	if utf8.RuneCountInString(in.Reason) > maxReason {
		return form.OutOfRange("reason", say.T("at most %d characters", "至多 %d 个字", maxReason))
	}
	err := s.conf.Rate(Rating{ID: in.ID, Good: *in.Good, Reason: strings.TrimSpace(in.Reason), Caller: caller(r)})
	if errors.Is(err, ErrNoAnswer) {
		return &form.Error{Status: http.StatusNotFound, Type: "invalid_request_error", Code: "not_found", Param: "id",
			Text: say.T("no answer has the id %q", "没有编号为 %q 的回答", form.Clip(in.ID))}
	}
	if err != nil {
		return err
	}
	s.metrics.ratings.WithLabelValues(map[bool]string{true: "good", false: "bad"}[*in.Good]).Inc()
	return WriteJSON(w, http.StatusOK, map[string]bool{"ok": true})
}
