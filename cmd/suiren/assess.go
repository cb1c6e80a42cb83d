package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/stage"
	"suiren/stage/guard"
	"suiren/stage/guard/assess"
	"suiren/stage/guard/classify"
	"suiren/stage/guard/detect"
	"suiren/stage/operate"
	"suiren/store"
)

// assessFlags are those of suiren guard assess.
type assessFlags struct {
	pack, out, asOf, policy, key, release, sign string
	bank, words, corpus                         []string
	tokens                                      int
}

// guardAssessCommand judges a served model by a regulation.
func (a *app) guardAssessCommand() *cobra.Command {
	var f assessFlags
	mf := modelFlags{always: true}
	c := &cobra.Command{
		Use:   "assess [" + a.t("FOLDER | MODEL | URL", "目录 | 模型 | 网址") + "]",
		Short: a.t("Judge a release by a regulation, with all evidence", "按法规评估发布版本，并留存全部证据"),
		Long: a.t(`Judge a release, a model or a server by a pack: count keywords and questions, ask the
questions, judge the answers by keywords, and draw samples of answers and of a corpus for two
reviewers. Fill the sheets in the folder of the report (review-answers.csv, review-corpus.csv,
statements.csv) and run the same command again: what was answered is not asked again.

Packs: %s, or a file of your own. Their numbers are to be confirmed against the
text of the regulation; the report marks those that are not.`,
			`按评估包评估发布版本、模型或服务：统计关键词与题目，提问，用关键词评判回答，并抽取回答与
语料的样本交两位评审人。请填写报告目录中的表格（review-answers.csv、review-corpus.csv、
statements.csv）后再次运行同一命令：已有的回答不会重问。

评估包：%s，或您自己的文件。其中的数值须与标准原文核对，尚未核对的在报告中标出。`, assess.Packs()),
		Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(f.bank) == 0 {
				return usage("--bank", say.T("there are no questions", "没有题目"), say.T("give CSV files, or folders of them; examples/assess has some to begin with", "请给出 CSV 文件或其目录；examples/assess 中有可作起点的题库"))
			}
			target := strings.Join(args, "")
			var err error
			switch {
			case isAddress(target):
				err = ofServer.refuse(c, slices.Concat(modelOnly, []string{"release"})...)
			case isModel(target):
				err = ofModel.refuse(c, "release", "key")
			default:
				err = ofRelease.refuse(c, slices.Concat(modelOnly, []string{"key"})...)
			}
			if err != nil {
				return err
			}
			return a.assess(c.Context(), target, &f, &mf)
		},
	}
	c.Flags().StringVar(&f.pack, "pack", assess.Packs()[0], a.t("what is asked for", "评估包"))
	c.Flags().StringSliceVar(&f.bank, "bank", nil, a.t("questions: CSV files, or folders of them", "题库：CSV 文件或其目录"))
	c.Flags().StringSliceVar(&f.words, "words", nil, a.t("your lists of keywords", "您的关键词表"))
	c.Flags().StringSliceVar(&f.corpus, "corpus", nil, a.t("the corpus: JSON Lines with text, or a folder of corpus.jsonl", "语料：含 text 的 JSON Lines，或 corpus.jsonl 所在目录"))
	c.Flags().StringVar(&f.policy, "policy", "", a.t("rails before a model: a pack, or a plan file or its folder, #NAME of the policy block", "模型之前的护栏：策略包，或计划文件或其目录，可加 #策略块名"))
	c.Flags().StringVar(&f.out, "out", "assessment", a.t("folder of the report", "报告目录"))
	c.Flags().StringVar(&f.asOf, "as-of", "", a.t("the day that ages are counted to (default: today)", "计算时效的日期（默认：今天）"))
	c.Flags().StringVar(&f.key, "key", "", a.t("API key, for an address", "API 密钥，用于网址"))
	c.Flags().StringVar(&f.release, "release", "", a.t("name of the release (default: the only one)", "发布版本的名称（默认：唯一的那个）"))
	c.Flags().StringVar(&f.sign, "sign", "", a.t("who answers for the report: their name and its SHA-256 go into the audit log", "对报告负责的人：姓名与报告的 SHA-256 写入审计日志"))
	c.Flags().IntVar(&f.tokens, "max-tokens", 512, a.t("most tokens of an answer", "一个回答最多的词元数"))
	mf.add(a, c)
	return c
}

// job makes what is to be judged by what out of the flags; who answers is not in it.
func (f *assessFlags) job(lang say.Lang, tell func(done, of int)) (*assess.Job, error) {
	j := &assess.Job{Dir: f.out, Corpus: f.corpus, AsOf: time.Now(), Program: versionText(), Lang: lang, Tell: tell}
	var err error
	if f.asOf != "" {
		if j.AsOf, err = time.Parse(time.DateOnly, f.asOf); err != nil {
			return nil, usage(f.asOf, say.T("this is no date like 2026-12-31", "这不是 2026-12-31 这样的日期"), say.Text{})
		}
	}
	if j.Pack, err = assess.ReadPack(f.pack); err != nil {
		return nil, err
	}
	if j.Bank, err = assess.ReadBank(f.bank); err != nil {
		return nil, err
	}
	words, err := readLists(f.words)
	if err != nil {
		return nil, err
	}
	j.Keywords = map[string]int{}
	for _, w := range words.Words {
		j.Keywords[w.Class]++
	}
	if j.Judges.Keywords, err = keywordJudge(words); err != nil {
		return nil, err
	}
	harm := classify.New("harm")
	j.Judges.Classifier = func(text string) string {
		for _, h := range detect.Find(harm, text) {
			return h.Kind
		}
		return ""
	}
	return j, nil
}

func (a *app) assess(ctx context.Context, target string, f *assessFlags, mf *modelFlags) error {
	j, err := f.job(a.lang, func(done, of int) {
		if done%100 == 0 || done == of {
			a.screen.Note(say.T("%d of %d questions answered", "已回答 %d 题（共 %d 题）", done, of))
		}
	})
	if err != nil {
		return err
	}
	s, err := a.subject(ctx, target, f, mf)
	if err != nil {
		return err
	}
	defer s.close()
	s.tokens = f.tokens
	j.Name, j.Digest, j.Settings, j.Subject = s.name, s.digest, s.settings(), s
	r, err := j.Run(ctx)
	if err != nil {
		return err
	}
	if f.sign != "" {
		if err := a.signAssessment(target, f); err != nil {
			return err
		}
	}
	return a.showAssessment(r, f.out)
}

// signAssessment writes down, where it cannot be changed any more, who answers
// for a report.
func (a *app) signAssessment(target string, f *assessFlags) error {
	_, err := os.Stat(filepath.Join(a.stateDir(target)))
	dir, err := a.bookDir(target, err != nil)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(f.out, "report.json"))
	if err != nil {
		return err
	}
	log, err := operate.OpenAudit(dir.audit())
	if err != nil {
		return err
	}
	defer log.Close()
	_, err = log.Append(f.sign, "assess", fmt.Sprintf("%x", sha256.Sum256(b)), "")
	return err
}

// keywordJudge finds the owner's keywords, and those of the pack with the most rules, in answers.
func keywordJudge(words guard.Lists) (func(string) []string, error) {
	p, err := (&guard.Policy{Pack: "enterprise-zh"}).With(words, nil)
	if err != nil {
		return nil, err
	}
	return func(text string) []string {
		r := p.Rail(guard.Output, guard.Context{})
		_, err := r.Write(text)
		if err == nil {
			_, err = r.Flush()
		}
		if g, ok := err.(*guard.Refusal); ok {
			return []string{g.Class}
		}
		return nil
	}, nil
}

// An assessed is a model behind a server of its own, or somebody's server.
type assessed struct {
	*remote
	name, digest string
	set          string // what a brought model was opened with that changes its answers
	tokens       int
	closers      []func()
}

// settings are what changes the answers besides who gives them.
func (s *assessed) settings() string { return fmt.Sprintf("max_tokens=%d", s.tokens) + s.set }

func (s *assessed) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
}

// Ask implements assess.Subject.
func (s *assessed) Ask(ctx context.Context, system, question string) (assess.Reply, error) {
	zero, seed := 0.0, uint64(1)
	req := &form.Request{MaxTokens: s.tokens, Seed: &seed}
	req.Sampling.Temperature = &zero
	if system != "" {
		req.Messages = append(req.Messages, form.Message{Role: "system", Text: system})
	}
	req.Messages = append(req.Messages, form.Message{Role: "user", Text: question})
	var out assess.Reply
	for e, err := range s.answer(ctx, req) {
		if err != nil {
			return out, err
		}
		switch e.Kind {
		case form.Thought:
			out.Thought += e.Text
		case form.Text:
			out.Answer += e.Text
		case form.Finish:
			out.Finish = e.Reason
		}
	}
	return out, nil
}

// subject opens what is to be judged, behind the server that its users meet.
func (a *app) subject(ctx context.Context, target string, f *assessFlags, mf *modelFlags) (_ *assessed, err error) {
	s := &assessed{}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if isAddress(target) {
		if s.remote, err = newRemote(ctx, target, f.key, "", ""); err != nil {
			return nil, err
		}
		s.name, s.digest = s.remote.model, s.remote.base+" "+s.remote.model
		return s, nil
	}
	var rel *serve.Release
	if isModel(target) {
		free, err := a.modelMemory(mf)
		if err != nil {
			return nil, err
		}
		p, err := a.prepare(target, mf, false)
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, func() { p.Close() })
		if rel, err = a.load(ctx, p, free); err != nil {
			return nil, err
		}
		policy, err := a.policyBefore(ctx, f.policy)
		if err != nil {
			return nil, err
		}
		if policy != nil {
			rel.Policy = rails{policy, policy.Title()}
			s.digest = " " + policy.Title() + " " + policy.Digest()[:12]
		}
		s.set = " kv=" + mf.kv
		if ad := p.Adapter(); ad != "" {
			s.set += " adapter=" + ad
		}
		if mf.context > 0 || mf.memory > 0 { // else the model's, or what is free today: no setting
			s.set += fmt.Sprintf(" context=%d", rel.Context)
		}
	} else if rel, err = a.assessedRelease(target, f.release, s); err != nil {
		return nil, err
	}
	s.name, s.digest = rel.Name, rel.Digest+s.digest
	s.remote = inside(rel, serve.Config{Version: versionText(), Slots: slots})
	return s, nil
}

// inside is a server of one release that only this process can call, as its users
// would: nobody else meets it.
func inside(rel *serve.Release, conf serve.Config) *remote {
	server := serve.New(conf)
	server.Open(rel)
	return &remote{base: "http://127.0.0.1", key: "inside", model: rel.Name, client: &http.Client{Transport: inProcess{server.Handler()}}}
}

// inProcess answers requests by a handler of this process.
type inProcess struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &reply{head: http.Header{}, status: http.StatusOK}
	r.RequestURI = r.URL.RequestURI()
	r.Host = r.URL.Host
	if r.Body == nil {
		r.Body = http.NoBody
	}
	t.ServeHTTP(w, r)
	return &http.Response{StatusCode: w.status, Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), Header: w.head, Body: io.NopCloser(&w.body), Request: r}, nil
}

// A reply is one that is kept until it is whole.
type reply struct {
	head   http.Header
	status int
	body   bytes.Buffer
}

func (w *reply) Header() http.Header              { return w.head }
func (w *reply) WriteHeader(status int)           { w.status = status }
func (w *reply) Write(b []byte) (int, error)      { return w.body.Write(b) }
func (w *reply) Flush()                           {}
func (w *reply) SetReadDeadline(time.Time) error  { return nil }
func (w *reply) SetWriteDeadline(time.Time) error { return nil }

// assessedRelease opens the release of a plan's folder.
func (a *app) assessedRelease(folder, name string, s *assessed) (*serve.Release, error) {
	w, err := a.openState(folder)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, w.close)
	b, err := w.standing(store.Release, name)
	if err != nil {
		return nil, err
	}
	machine, err := a.machine()
	if err != nil {
		return nil, err
	}
	r, err := w.serveRelease(b.Name, b.Output, machine)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, r.close)
	spareProcessor(machine.Threads)
	return r.release, nil
}

func (a *app) showAssessment(r *assess.Report, dir string) error {
	if a.format == formatJSONL {
		for _, x := range r.Results {
			a.line(struct {
				Type string `json:"type"`
				assess.Result
			}{"requirement", x})
		}
		a.line(map[string]any{"type": "assessment", "counts": r.Counts, "unconfirmed": r.Unconfirmed, "report": filepath.Join(dir, "report.json")})
	} else {
		outcomes := map[string]string{assess.Met: a.t("met", "达到"), assess.Surely: a.t("met, with its interval", "达到，区间亦达到"),
			assess.Missed: a.t("missed", "未达到"), assess.Missing: a.t("not assessed", "未评估")}
		rows := [][]string{{a.t("id", "编号"), a.t("asked for", "要求"), a.t("wanted", "数值"), a.t("found", "结果"), ""}}
		for _, x := range r.Results {
			rows = append(rows, []string{x.ID, x.Words.Text().In(a.lang), x.Wanted(a.lang), x.Found(), outcomes[x.Outcome]})
		}
		for _, line := range terminal.Table("llrrl", rows) {
			fmt.Fprintln(a.stdout, line)
		}
		fmt.Fprintln(a.stdout, a.t("%d of %d numbers are still to be confirmed against the text of the regulation. Report: %s", "%d 项数值（共 %d 项）尚待与标准原文核对。报告：%s",
			r.Unconfirmed, len(r.Results), filepath.Join(dir, "report.html")))
	}
	if n := r.Counts[assess.Missed]; n > 0 {
		return &say.Error{What: say.T("%d requirements are missed", "有 %d 项要求未达到", n), Next: say.T("see %s", "见 %s", filepath.Join(dir, "report.html")), Err: stage.ErrRefused}
	}
	return nil
}
