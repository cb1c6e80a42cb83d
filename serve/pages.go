package serve

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/url"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A Query is what a page of the console asks.
type Query struct {
	Caller string
	Lang   say.Lang
	Name   string // of the path: /api/bases/{name}
	Values url.Values
	Body   json.RawMessage // of what is not a GET
}

// A Page answers a question of a page of the console with what becomes JSON.
// Its *say.Error is shown to the reader.
type Page func(ctx context.Context, q Query) (any, error)

// Pages are what the pages of the console ask of the program around the
// server. A nil one is not there: its routes answer 404.
type Pages struct {
	Tasks, StartFirst                                                       Page // what runs in the background; the first plan of a newcomer
	PlanFile, CheckPlan, SavePlan, ApplyPlan                                Page
	Library, Fit, AddModel, LoadModel                                       Page
	Bases, BaseFiles, BaseText, FindInBase, AddToBase, SetReaders, EvalBase Page
	Corpora, Journal, Measure, Document, Near, Card, Rows                   Page
	Curves, Points, Diagnose                                                Page
	Verdicts, Machine, Settings                                             Page
}

// pageRoutes are what the console's pages read and, in the second half, do.
func (s *Server) pageRoutes(keyed func(pattern string, f handler)) {
	p := &s.conf.Pages
	for _, route := range []struct {
		pattern string
		page    Page
	}{
		{"GET /api/tasks", p.Tasks},
		{"GET /api/plan/file", p.PlanFile},
		{"GET /api/library", p.Library},
		{"GET /api/library/fit", p.Fit},
		{"GET /api/bases", p.Bases},
		{"GET /api/bases/{name}", p.BaseFiles},
		{"GET /api/bases/{name}/text", p.BaseText},
		{"GET /api/bases/{name}/find", p.FindInBase},
		{"GET /api/corpora", p.Corpora},
		{"GET /api/corpora/{name}/journal", p.Journal},
		{"GET /api/corpora/{name}/measure", p.Measure},
		{"GET /api/corpora/{name}/document", p.Document},
		{"GET /api/corpora/{name}/near", p.Near},
		{"GET /api/corpora/{name}/card", p.Card},
		{"GET /api/rows", p.Rows},
		{"GET /api/curves", p.Curves},
		{"GET /api/curves/points", p.Points},
		{"GET /api/curves/findings", p.Diagnose},
		{"GET /api/verdicts", p.Verdicts},
		{"GET /api/machine", p.Machine},
		{"GET /api/settings", p.Settings},

		{"POST /api/first", p.StartFirst},
		{"POST /api/plan/check", p.CheckPlan},
		{"PUT /api/plan/file", p.SavePlan},
		{"POST /api/plan/apply", p.ApplyPlan},
		{"POST /api/library", p.AddModel},
		{"POST /api/library/load", p.LoadModel},
		{"POST /api/bases/{name}", p.AddToBase},
		{"PUT /api/bases/{name}/readers", p.SetReaders},
		{"POST /api/bases/{name}/eval", p.EvalBase},
	} {
		keyed(route.pattern, s.pageOf(route.page))
	}
}

func (s *Server) pageOf(f Page) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if f == nil {
			return errNotFound
		}
		q := Query{Caller: caller(r), Lang: language(r), Name: r.PathValue("name"), Values: r.URL.Query()}
		if r.Method != http.MethodGet {
			body, err := readBody(w, r)
			if err != nil {
				return err
			}
			q.Body = body
		}
		v, err := f(r.Context(), q)
		if err != nil {
			return pageError(err)
		}
		return writeJSON(w, http.StatusOK, v)
	}
}

// pageError makes an error that was made for people one that the page may show.
func pageError(err error) error {
	told, ok := errors.AsType[*say.Error](err)
	_, public := errors.AsType[*form.Error](err)
	switch {
	case public:
		return err
	case ok:
		e := form.Invalid("", "refused", told.What)
		if e.Next = told.Next; told.Where != "" {
			e.Text = say.T("%s: %v", "%s：%v", told.Where, told.What)
		}
		return e
	case errors.Is(err, fs.ErrNotExist):
		return errNotFound
	}
	return err
}
