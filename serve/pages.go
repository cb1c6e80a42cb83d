package serve

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"slices"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A Query is what a page of the console asks.
type Query struct {
	Caller  string
	Readers []string // the caller, as rules of documents name it
	Owner   bool     // may read everything there is
	Keeper  bool     // may see all bases, their files and who reads them
	Lang    say.Lang
	Name    string // of the path: /api/bases/{name}
	Values  url.Values
	Search  func(base string) bool                       // whether the caller may search a base
	May     func(Action) bool                            // whether the caller may do that to the server
	Body    json.RawMessage                              // of what is not a GET
	Second  func(act, subject string, body []byte) error // as Config.Second, of this request
}

// A View answers a question of a page of the console with what becomes JSON.
// Its *say.Error is shown to the reader.
type View func(ctx context.Context, q Query) (any, error)

// A Picture is what a View answers that is no JSON: a page that was drawn.
type Picture struct {
	Type  string
	Bytes []byte
}

// Pages are what the pages of the console ask of the program around the
// server. A nil one is not there: its routes answer 404.
type Pages struct {
	Tasks, StartFirst                                                                                                            View // what runs in the background; the first plan of a newcomer
	PlanFile, CheckPlan, SavePlan, ApplyPlan                                                                                     View
	Library, Fit, AddModel, LoadModel, UnloadModel                                                                               View
	Bases, BaseFiles, BaseDocuments, BaseText, BasePage, ReleasePage, FindInBase, BaseConflicts, AddToBase, SetReaders, EvalBase View
	Corpora, Journal, Measure, Document, Near, Card, Rows                                                                        View
	Curves, Points, Diagnose                                                                                                     View
	PolicyOfPlan, DraftPolicy, Assessments                                                                                       View
	Lineage, Compare, Compared, Replies, Correct                                                                                 View
	Verdicts, Machine, Settings                                                                                                  View
	Sets, AddToSet, RemoveFromSet                                                                                                View // traces that were chosen for data
	Assess                                                                                                                       View
	Care, SetCare, RunCare, Backups, MakeBackup, SetBackups                                                                      View // retention, holds; backups
}

// pageRoutes are what the console's pages read and do.
func (s *Server) pageRoutes() (list []Route) {
	p := &s.conf.Pages
	for _, r := range []struct {
		pattern string
		action  Action
		page    View
	}{
		{"GET /api/tasks", ReadState, p.Tasks},
		{"POST /api/first", SetPlan, p.StartFirst},
		{"GET /api/plan/file", ReadPlan, p.PlanFile},
		{"POST /api/plan/check", SetPlan, p.CheckPlan},
		{"PUT /api/plan/file", SetPlan, p.SavePlan},
		{"POST /api/plan/apply", SetPlan, p.ApplyPlan},
		{"GET /api/library", ReadLibrary, p.Library},
		{"GET /api/library/fit", ReadLibrary, p.Fit},
		{"POST /api/library", SetLibrary, p.AddModel},
		{"POST /api/library/load", SetLibrary, p.LoadModel},
		{"POST /api/library/unload", SetLibrary, p.UnloadModel},
		{"GET /api/bases", Search, p.Bases}, // those that the caller may search
		{"GET /api/bases/{name}", ReadBases, p.BaseFiles},
		{"GET /api/bases/{name}/documents", Search, p.BaseDocuments},
		{"GET /api/bases/{name}/text", Search, p.BaseText},
		{"GET /api/bases/{name}/page", Search, p.BasePage},
		{"GET /api/bases/{name}/find", Search, p.FindInBase},
		{"GET /api/bases/{name}/conflicts", Search, p.BaseConflicts},
		{"POST /api/bases/{name}", SetBases, p.AddToBase},
		{"PUT /api/bases/{name}/readers", SetBases, p.SetReaders},
		{"POST /api/bases/{name}/eval", Search, p.EvalBase},
		{"GET /api/corpora", ReadData, p.Corpora},
		{"GET /api/corpora/{name}/journal", ReadData, p.Journal},
		{"GET /api/corpora/{name}/measure", ReadData, p.Measure},
		{"GET /api/corpora/{name}/document", ReadData, p.Document},
		{"GET /api/corpora/{name}/near", ReadData, p.Near},
		{"GET /api/corpora/{name}/card", ReadData, p.Card},
		{"GET /api/rows", ReadData, p.Rows},
		{"GET /api/curves", ReadRuns, p.Curves},
		{"GET /api/curves/points", ReadRuns, p.Points},
		{"GET /api/curves/findings", ReadRuns, p.Diagnose},
		{"GET /api/verdicts", ReadPlan, p.Verdicts},
		{"GET /api/verdicts/replies", ReadTraces, p.Replies},
		{"GET /api/guard/policy", ReadPolicy, p.PolicyOfPlan},
		{"POST /api/guard/policy", SetPolicy, p.DraftPolicy},
		{"GET /api/guard/assessments", ReadPolicy, p.Assessments},
		{"POST /api/guard/assessments", SetPolicy, p.Assess},
		{"GET /api/sets", ReadTraces, p.Sets},
		{"POST /api/sets/{name}", SetData, p.AddToSet},
		{"DELETE /api/sets/{name}", SetData, p.RemoveFromSet},
		{"GET /api/lineage", ReadReleases, p.Lineage},
		{"GET /api/comparison", ReadReleases, p.Compared},
		{"POST /api/comparison", SetRelease, p.Compare},
		{"GET /api/usage/correct", ReadUsage, p.Correct},
		{"GET /api/machine", ReadMachine, p.Machine},
		{"GET /api/settings", ReadMachine, p.Settings},
		{"GET /api/care", Keep, p.Care},
		{"PUT /api/care", SetPolicy, p.SetCare},
		{"POST /api/care/run", Keep, p.RunCare},
		{"GET /api/backups", Keep, p.Backups},
		{"POST /api/backups", Keep, p.MakeBackup},
		{"PUT /api/backups", Keep, p.SetBackups},
	} {
		list = append(list, Route{r.pattern, r.action, s.pageOf(r.page)})
	}
	return list
}

func (s *Server) pageOf(f View) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		q := s.query(r)
		if named[scopeOf(r).action] && (q.Name != "" || !q.Keeper) { // who keeps all bases may list them
			if err := Allow(r, ABase, q.Name); errors.Is(err, ErrHidden) {
				return errNotFound // as if it were not there
			} else if err != nil {
				return err
			}
		}
		if f == nil {
			return errNotFound
		}
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
		return writeView(w, v)
	}
}

func writeView(w http.ResponseWriter, v any) error {
	drawn, ok := v.(*Picture)
	if !ok {
		return WriteJSON(w, http.StatusOK, v)
	}
	w.Header().Set("Content-Type", drawn.Type)
	w.Header().Set("Cache-Control", "private, max-age=600") // not longer: the reader may lose the right to it
	_, err := w.Write(drawn.Bytes)
	return err
}

// query is what a request asks of a page. Whoever may say who reads a base
// reads all of it; without rules of access that is who holds no mere key.
func (s *Server) query(r *http.Request) Query {
	c := CallerOf(r)
	q := Query{Caller: c.Name, Readers: c.readers(), Lang: language(r), Name: r.PathValue("name"), Values: r.URL.Query(),
		Search: func(base string) bool { return May(r, Search, ABase, base) },
		May:    func(a Action) bool { return May(r, a, TheServer, "") },
		Second: func(act, subject string, body []byte) error { return s.second(r, act, subject, body) }}
	if s.conf.Decide != nil {
		q.Owner, q.Keeper = May(r, SetBases, TheServer, ""), May(r, ReadBases, TheServer, "")
	} else {
		q.Owner = slices.Contains([]string{"page", "anyone", "first"}, q.Caller)
		q.Keeper = q.Owner
	}
	return q
}

// pageError makes an error that was made for people one that the page may show.
func pageError(err error) error {
	told, ok := errors.AsType[*say.Error](err)
	_, public := errors.AsType[*form.Error](err)
	_, asks := errors.AsType[*Asked](err)
	switch {
	case public, asks:
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
