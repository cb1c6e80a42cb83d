package serve

import (
	"net/http"
	"slices"
	"time"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A Release is what a server answers from: a release of a plan, or a model.
// What it cannot do is nil.
type Release struct {
	Name     string // the model's name for clients
	Digest   string // hexadecimal
	Made     time.Time
	Answerer form.Answerer
	Speller  form.Speller
	Embedder form.Embedder
	Reranker form.Reranker
	Policy   Policy
	Context  int            // most tokens of prompt and completion; 0 if unknown
	Origin   string         // of Context: the model's own, or a limit here
	Examples []say.Text     // questions to begin with
	Label    bool           // mark answers as AI-generated
	About    map[string]any // shown on the page: parameters, think budget
	Facts    form.Facts
	Limits   Limits
	// Document is a document that answers cite, as a caller may read it: passages,
	// as JSON. base is the knowledge base that the answer was written from, of a
	// release that is asked with one; NoBase if it is none. nil: it cites nothing.
	Document  func(readers []string, base, file string) (any, error)
	Knowledge string   // the base that is asked unless a request names another; "": none
	Canary    *Canary  // nil: it answers all but what the canaries of its name take
	Adapters  []string // that a request may name, as adapter or as the model
}

// called reports whether a client that asks for model means name.
func called(model, name string) bool {
	return model == name || model == name+":latest" // as Ollama's clients write it
}

// adapter is the adapter that model means of a release that pick found; "": none.
func (rel *Release) adapter(model string) string {
	if at := slices.IndexFunc(rel.Adapters, func(name string) bool { return called(model, name) }); at >= 0 && !called(model, rel.Name) {
		return rel.Adapters[at]
	}
	return ""
}

// adapts has a request whose model is an adapter of the release ask for it.
func (rel *Release) adapts(req *form.Request) error {
	name := rel.adapter(req.Model)
	switch {
	case name == "":
		return nil
	case req.Adapter != "" && req.Adapter != name:
		return form.Invalid("adapter", "invalid_value", say.T("model %q is an adapter itself, and adapter names another: leave one of them out", "model %q 本身就是适配器，而 adapter 指定了另一个：请去掉其中之一", name))
	}
	req.Adapter = name
	req.Need(form.Adapters, "model")
	return nil
}

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
