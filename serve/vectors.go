package serve

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/serve/form"
	"suiren/serve/ollama"
	"suiren/serve/openai"
)

// turn waits for a turn, does work on some characters that is no answer, and keeps
// its record, whose id is the reply's X-Request-Id.
func (s *Server) turn(w http.ResponseWriter, r *http.Request, operation string, rel *Release, characters int, work func(ctx context.Context) (tokens int, err error)) error {
	start := s.conf.Now()
	c := CallerOf(r)
	rec := &Record{ID: "work-" + rand.Text(), Caller: c.Name, Person: c.Person, Tenant: c.Tenant, Project: c.Project, Time: start, Release: rel, Reason: form.Stop, Operation: operation, Parent: parentOf(r), Metered: s.metered}
	w.Header().Set("X-Request-Id", rec.ID)
	kept, time := false, timing{now: s.conf.Now, start: start}
	if s.conf.Reserve != nil {
		if _, err := s.conf.Reserve(Hold{ID: rec.ID, Caller: c.Name, Person: c.Person, Tenant: c.Tenant, Project: c.Project, Release: rel, Prompt: characters, Tokens: characters}); err != nil {
			return s.unwritten(rec.ID, err)
		}
		time.add(spanReserve, "", start, 0)
		defer func() {
			if !kept {
				s.release(rec.ID)
			}
		}()
	}
	began := s.conf.Now()
	if err := s.queue.enter(r.Context()); err != nil {
		return err
	}
	defer s.queue.leave()
	rec.Wait = s.conf.Now().Sub(start)
	time.add(spanQueue, "", began, 0)
	part := s.meter.begin()
	began = s.conf.Now()
	var err error
	rec.Usage.Prompt, err = work(r.Context())
	time.add(spanModel, "", began, rec.Usage.Prompt)
	rec.spent(s.meter.end(part))
	rec.Spans = time.list
	rec.Total = s.conf.Now().Sub(start)
	switch {
	case r.Context().Err() != nil:
		rec.Reason = "cancelled"
	case err != nil:
		rec.Reason = "error"
	}
	unkept := s.keep(rec)
	kept = unkept == nil
	return cmp.Or(err, unkept)
}

// pickFor finds the model, or if none is named the first that fits.
func (s *Server) pickFor(r *http.Request, model string, fits func(*Release) bool, not *form.Error) (*Release, error) {
	if model == "" {
		if rel := s.first(r, fits); rel != nil {
			return rel, Allow(r, AModel, rel.Name)
		}
	}
	rel, err := s.pick(r, model)
	if err == nil && !fits(rel) {
		err = not
	}
	return rel, err
}

var (
	errNoVectors = form.Invalid("model", "unsupported_model", say.T("this model makes no embeddings", "该模型不产生向量"))
	errNoScores  = form.Invalid("model", "unsupported_model", say.T("this model does not rerank", "该模型不能重排"))
)

func (s *Server) embed(w http.ResponseWriter, r *http.Request, model string, texts []form.Prompt, cut bool, dimensions int, param string) (rel *Release, vectors [][]float32, tokens int, took time.Duration, err error) {
	start := s.conf.Now()
	rel, err = s.pickFor(r, model, func(r *Release) bool { return r.Embedder != nil }, errNoVectors)
	if err != nil {
		return
	}
	if width := rel.Embedder.Width(); dimensions > width {
		err = form.OutOfRange("dimensions", say.T("1 to %d", "1 到 %d", width))
		return
	}
	size := 0
	for _, t := range texts {
		size += utf8.RuneCountInString(t.Text) + len(t.IDs)
		if t.Text == "" && len(t.IDs) == 0 {
			err = form.Invalid(param, "invalid_value", say.T("%s holds an empty text", "%s 里有空文本", param))
			return
		}
	}
	err = s.turn(w, r, "embeddings", rel, size, func(ctx context.Context) (int, error) {
		var each []int
		vectors, each, err = rel.Embedder.Embed(ctx, texts, cut)
		for _, n := range each {
			tokens += n
		}
		return tokens, err
	})
	return rel, vectors, tokens, s.conf.Now().Sub(start), err
}

// embeddings is OpenAI's.
func (s *Server) embeddings(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	req, err := openai.ParseEmbedding(body)
	if err != nil {
		return err
	}
	rel, vectors, tokens, _, err := s.embed(w, r, req.Model, req.Input, req.Cut, req.Dimensions, "input")
	if err != nil {
		return err
	}
	return WriteJSON(w, http.StatusOK, req.Reply(rel.Name, vectors, tokens))
}

// ollamaEmbed is Ollama's, of many texts, or of one in the older manner.
func (s *Server) ollamaEmbed(one bool) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		body, err := readBody(w, r)
		if err != nil {
			return err
		}
		req, err := ollama.ParseEmbed(body, one)
		if err != nil {
			return err
		}
		rel, vectors, tokens, took, err := s.embed(w, r, req.Model, req.Input, req.Cut, req.Dimensions, req.Param)
		if err != nil {
			return err
		}
		return WriteJSON(w, http.StatusOK, req.Reply(rel.Name, vectors, tokens, took))
	}
}

// rerank says how well documents answer a query.
func (s *Server) rerank(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	req, err := openai.ParseReranking(body)
	if err != nil {
		return err
	}
	rel, err := s.pickFor(r, req.Model, func(r *Release) bool { return r.Reranker != nil }, errNoScores)
	if err != nil {
		return err
	}
	var scores []float64
	var tokens int
	size := 0
	for _, d := range req.Documents {
		size += utf8.RuneCountInString(req.Query) + utf8.RuneCountInString(d)
	}
	err = s.turn(w, r, "rerank", rel, size, func(ctx context.Context) (int, error) {
		scores, tokens, err = rel.Reranker.Rerank(ctx, req.Query, req.Documents)
		return tokens, err
	})
	if err != nil {
		return err
	}
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	return WriteJSON(w, http.StatusOK, req.Reply("rerank-"+rand.Text(), rel.Name, scores, order, tokens))
}
