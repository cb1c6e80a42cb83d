package main

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/stage/guard/assess"
)

// Bounds of what a page may ask for.
const (
	mostBanks    = 200  // that are listed
	assessAtOnce = 2    // answers: those who use the server come first
	assessTokens = 8192 // of one answer
)

// assessFolder is what a folder of a report may be called: no other folder of the
// owner's is written to.
var assessFolder = regexp.MustCompile(`^assessment[A-Za-z0-9._-]{0,80}$`)

// assess judges a release by a pack, beside the server: what guard assess does.
func (h *house) assess(_ context.Context, q serve.Query) (any, error) {
	w, err := h.workspace()
	if err != nil {
		return nil, err
	}
	var in struct {
		Release, Pack, Folder string
		Bank, Words, Corpus   []string // files or folders below that of the plan
		MaxTokens             int      `json:"max_tokens"`
	}
	if err := read(q, &in); err != nil {
		return nil, err
	}
	in.Pack = cmp.Or(in.Pack, assess.Packs()[0])
	if !slices.Contains(assess.Packs(), in.Pack) {
		return nil, &say.Error{Where: "pack", What: say.T("there is no pack %q", "没有评估包 %q", first(in.Pack, 40)), Next: say.T("choose among %s", "可选：%s", assess.Packs())}
	}
	r, err := w.release(in.Release)
	if err != nil {
		return nil, err
	}
	in.Folder = cmp.Or(in.Folder, "assessment-"+r.Name+"-"+in.Pack)
	if !assessFolder.MatchString(in.Folder) {
		return nil, &say.Error{Where: "folder", What: say.T("%q is no folder of a report", "%q 不是报告目录", first(in.Folder, 80)), Next: say.T("begin with assessment; letters, digits, . - and _", "以 assessment 开头；字母、数字、. - 和 _")}
	}
	if in.MaxTokens < 0 || in.MaxTokens > assessTokens {
		return nil, &say.Error{Where: "max_tokens", What: say.T("an answer has 1 to %d tokens", "回答为 1 至 %d 个词元", assessTokens)}
	}
	dir := filepath.Dir(w.file.Path)
	f := &assessFlags{pack: in.Pack, out: filepath.Join(dir, in.Folder), tokens: cmp.Or(in.MaxTokens, 512)}
	for _, l := range []struct {
		name string
		from []string
		to   *[]string
	}{{"bank", in.Bank, &f.bank}, {"words", in.Words, &f.words}, {"corpus", in.Corpus, &f.corpus}} {
		for _, p := range l.from {
			path, err := below(dir, p)
			if err != nil {
				return nil, &say.Error{Where: l.name, What: say.T("there is no file %q below the folder of the plan", "计划目录中没有文件 %q", first(p, 200)), Next: say.T("put it there, and name it from there", "请放到该目录中，并以相对路径指明")}
			}
			*l.to = append(*l.to, path)
		}
	}
	if len(f.bank) == 0 {
		return nil, &say.Error{Where: "bank", What: say.T("no questions are named", "没有指明题库"), Next: say.T("name CSV files below the folder of the plan, or folders of them", "请指明计划目录中的 CSV 文件或其目录")}
	}
	name := in.Folder
	j, err := f.job(q.Lang, func(done, of int) { h.progress("assess", name, done, of) })
	if err != nil {
		return nil, err
	}
	return h.begin("assess", name, func(ctx context.Context) (say.Text, error) {
		if _, err := h.books.audit.Append(q.Caller, "assess.begin", name+" "+in.Pack+" "+r.Digest.String(), ""); err != nil {
			return say.Text{}, err
		}
		return h.runAssessment(ctx, w, j, f, r.Name, r.Digest.String(), q.Caller)
	})
}

// runAssessment asks a copy of the release that is its own: the one that is served may go.
func (h *house) runAssessment(ctx context.Context, w *workspace, j *assess.Job, f *assessFlags, release, digest, caller string) (say.Text, error) {
	r, err := w.release(digest)
	if err != nil {
		return say.Text{}, err
	}
	machine, err := h.a.machine()
	if err != nil {
		return say.Text{}, err
	}
	s, err := w.serveRelease(release, r.Digest, machine)
	if err != nil {
		return say.Text{}, err
	}
	defer s.close()
	s.release.Limits = serve.Limits{} // they are for people
	conf := serve.Config{Version: versionText(), Slots: assessAtOnce, Reserve: h.books.reserve, Release: h.books.ledger.Release, Record: h.books.recordAssessed,
		Key: func(string) (serve.Caller, bool) { return serve.Caller{Name: caller}, true }}
	subject := &assessed{remote: inside(s.release, conf), tokens: f.tokens}
	j.Name, j.Digest, j.Settings, j.Subject = s.release.Name, s.release.Digest, subject.settings(), subject
	report, err := j.Run(ctx)
	if err != nil {
		return say.Text{}, err
	}
	n := report.Counts
	return say.T("%d met, %d missed, %d not assessed", "达到 %d 项，未达到 %d 项，未评估 %d 项", n[assess.Met]+n[assess.Surely], n[assess.Missed], n[assess.Missing]), nil
}

// recordAssessed settles a question of an assessment. What was said is in its report,
// and what was refused no misdeed of who asked for it.
func (b *books) recordAssessed(r *serve.Record) error {
	t, err := b.traceOf(r)
	if err != nil {
		return err
	}
	t.Operation, t.Content = "assess", nil
	return b.ledger.Settle(t)
}

// below is a file or folder below dir, whatever links there are.
func below(dir, name string) (string, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", fs.ErrNotExist
	}
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	path, err := filepath.EvalSymlinks(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(root, path); err != nil || !filepath.IsLocal(rel) {
		return "", fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return path, nil
}

// banks are the tables below the folder of the plan that may hold questions.
func (h *house) banks(w *workspace) []string {
	list := []string{}
	dir := filepath.Dir(w.file.Path)
	for _, pattern := range []string{"*.csv", "*/*.csv"} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern)) // the pattern is right
		for _, p := range found {
			rel, err := filepath.Rel(dir, p)
			if err == nil && !strings.HasPrefix(rel, ".") && !strings.HasPrefix(rel, "assessment") && len(list) < mostBanks {
				list = append(list, filepath.ToSlash(rel))
			}
		}
	}
	return list
}
