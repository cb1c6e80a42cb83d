package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/plan"
	"suiren/run"
	"suiren/serve"
	"suiren/stage"
	"suiren/stage/operate"
	"suiren/stage/operate/care"
	"suiren/store"
)

// slots is how many answers are generated at a time.
const slots = 16

// A service is the server of a workspace, with its books.
type service struct {
	*serve.Server
	*books
	w      *workspace
	ln     net.Listener
	house  *house
	teller *teller
	scheme string // http:// or https://
	secret string // of the key that was made at the first start, until it was shown
	plan   atomic.Pointer[plan.Plan]

	follower atomic.Pointer[follower]

	roomMu sync.Mutex // of what follows: whether what is said is still kept
	looked time.Time
	full   bool
}

// service opens all that a request is written down in, and listens.
func (w *workspace) service(f serveFlags, c *cobra.Command) (s *service, err error) {
	b, err := openBooks(w.books(), f.traces)
	if err != nil {
		return nil, err
	}
	b.planned = true
	s = &service{w: w, books: b, teller: newTeller(w.a.lang, w.a.screen.Note)}
	b.opened = append(b.opened, s.teller.close)
	b.suspended = s.callerSuspended
	b.room = s.room
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if err := b.sendTo(f.otlp, w.a); err != nil {
		return nil, err
	}
	if s.ln, err = serve.Listen(f.listen, true); err != nil {
		return nil, err
	}
	b.opened = append(b.opened, s.ln.Close)
	if s.ln, err = f.secure(w.a, s.ln); err != nil {
		return nil, err
	}
	s.scheme = f.scheme()
	keys, secret, err := b.openKeys()
	if err != nil {
		return nil, err
	}
	s.secret = secret
	conf := b.config(w.a, f.hosts)
	door, err := b.door(w.a, keys, f.access)
	if err != nil {
		return nil, err
	}
	conf.Slots = slots
	door.Perform, door.Alarm = s.perform, s.glassBroken
	door.Config(&conf)
	d := &desk{books: b}
	conf.Guard = d
	conf.Export = exporter(b.audit, func() (string, error) { return producer(w.st) })
	s.house = &house{a: w.a, books: b, cmd: c, svc: s, model: modelFlags{slots: 8, kv: "f16"}}
	s.Server = s.house.server(conf)
	d.releases, d.space = s.Releases, s.house.workspace
	return s, nil
}

// Open makes the server answer from the plan's releases, before all others.
func (s *service) Open(list ...*serve.Release) (ended <-chan struct{}) { return s.house.openMade(list) }

// close ends what the service holds, when the server has stopped.
func (s *service) close() {
	if f := s.follower.Load(); f != nil {
		f.end()
	}
	s.books.close()
}

// url is the address of the page; it signs a browser in, once.
func (s *service) url() string { return s.scheme + s.ln.Addr().String() + s.OpenPath() }

// openRelease makes the server answer from a standing release or, once the
// owner decides which one is live, from that.
func (s *service) openRelease(b store.Block, m stage.Machine) error {
	kept, err := s.dir.care().Read()
	if err != nil {
		return err
	}
	_, err = operate.ChangeTracks(s.w.st, func(all *operate.Tracks) error {
		all.Track(b.Name).Serve(b.Output, operate.Step{By: "serve", Now: time.Now()}, kept.Needs(care.Release))
		return nil
	})
	if err != nil {
		return err
	}
	spareProcessor(m.Threads)
	if s.follower.Load() != nil { // it sees that the tracks changed
		return nil
	}
	return s.follow(b.Name, m)
}

// record keeps a request in the books, and shows it to the release's watch.
func (s *service) record(r *serve.Record) error {
	err := s.books.record(r)
	if f := s.follower.Load(); f != nil {
		f.answered(r)
	}
	return err
}

// rate keeps a rating, and shows it to the release's watch.
func (s *service) rate(r serve.Rating) error {
	err := s.books.rate(r)
	if f := s.follower.Load(); f != nil && err == nil {
		f.rated(r.ID, r.Good)
	}
	return err
}

// spareProcessor lets one thread more run than compute: a request that comes
// need not wait for one of them.
func spareProcessor(threads int) { runtime.GOMAXPROCS(threads + 1) }

func (s *service) planView(lang say.Lang) (json.RawMessage, error) {
	p := s.plan.Load()
	if p == nil {
		return nil, nil
	}
	return json.Marshal(p.View(lang))
}

func (s *service) reportView() (json.RawMessage, error) {
	r, err := s.w.report("")
	if err != nil || r == nil {
		return nil, err
	}
	return json.Marshal(r)
}

func (s *service) runsView() (json.RawMessage, error) {
	list, err := run.Runs(s.w.st.Path())
	if err != nil {
		return nil, err
	}
	return json.Marshal(list)
}

func (s *service) events(ctx context.Context, id string, after int64, lang say.Lang) iter.Seq2[serve.Event, error] {
	return func(yield func(serve.Event, error) bool) {
		for e, err := range run.Follow(ctx, s.w.st.Path(), id, after, lang) {
			if !yield(serve.Event{ID: e.ID, Data: e.Data}, err) {
				return
			}
		}
	}
}

// announce says where the page is, and the key if it is new and was not shown.
func (s *service) announce() {
	a := s.w.a
	defer func() { s.secret = "" }()
	if a.format == formatJSONL {
		a.line(map[string]string{"type": "serving", "url": s.url(), "address": s.ln.Addr().String(), "key": s.secret})
		return
	}
	if s.secret != "" {
		fmt.Fprintln(a.stdout, a.t("API key (shown once): %s", "API 密钥（只显示一次）：%s", s.secret))
	}
	fmt.Fprintln(a.stdout, a.t("page: %s", "页面：%s", s.url()))
}

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	var mf modelFlags
	c := &cobra.Command{
		Use:   "serve [" + a.t("FOLDER | MODEL…", "目录 | 模型…") + "]",
		Short: a.t("Serve a release, or models: chat page; OpenAI, Anthropic and Ollama APIs", "提供发布版本或模型的服务：对话页面；OpenAI、Anthropic、Ollama 接口"),
		Long: a.t(`Serve the release of a plan's folder, or models that you brought: GGUF files or
Hugging Face folders, or the weights that the plan in this folder made
(weights.NAME). Nothing is downloaded, and nobody is dialed.

Models are served to this machine without a key. To other machines, and for
releases, callers must show a key.`,
			`提供计划目录中发布版本的服务，或您带来的模型的服务：GGUF 文件或 Hugging Face 目录，
或当前目录的计划做出的权重（weights.名称）。
不下载任何东西，也不对外联网。

对本机提供模型服务时无需密钥；对其他机器，以及提供发布版本的服务时，调用者须出示密钥。`),
		Args: a.args(0, 16),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && isModel(args[0]) || len(args) == 0 && noPlanHere() {
				if err := ofModel.refuse(c, "release", "unsigned"); err != nil {
					return err
				}
				return a.serveModels(c, args, &f, &mf)
			}
			if err := ofRelease.refuse(c, modelOnly...); err != nil {
				return err
			}
			w, err := a.open(strings.Join(args, ""))
			if err != nil {
				return err
			}
			defer w.close()
			m, err := a.machine()
			if err != nil {
				return err
			}
			b, err := w.standing(store.Release, f.release)
			if err != nil {
				return w.noRelease(c.Context(), m, err)
			}
			s, err := w.service(f, c)
			if err != nil {
				return err
			}
			defer s.close()
			p, err := w.plan(c.Context(), m)
			switch {
			case c.Context().Err() != nil:
				return err
			case err != nil: // a restored folder has its releases, and not its documents
				a.screen.Note(say.T("the plan cannot be made here, what it made is served: %v", "此处无法生成计划，仍提供已制作版本的服务：%v", err))
			default:
				s.plan.Store(p)
			}
			if err == nil && !p.Empty() {
				a.screen.Note(say.T("the plan has changed since this release was made; suiren apply makes it anew", "发布之后计划有变化；suiren apply 会重新制作"))
			}
			if err := s.openRelease(b, m); err != nil {
				return err
			}
			s.announce()
			return s.Serve(c.Context(), s.ln)
		},
	}
	f.add(a, c)
	mf.add(a, c)
	mf.addKnowledge(a, c)
	c.Flags().StringVar(&mf.policy, "policy", "", a.t("rails before models: a pack, or a plan file or its folder, #NAME of the policy block", "模型之前的护栏：策略包，或计划文件或其目录，可加 #策略块名"))
	c.Flags().IntVar(&mf.slots, "slots", 8, a.t("answers of a model that are generated at once", "一个模型同时生成的回答数"))
	return c
}

// noPlanHere reports whether the working directory has no plan: the page then
// begins with nothing, and says how to go on.
func noPlanHere() bool {
	_, err := os.Stat(plan.FileName)
	return errors.Is(err, fs.ErrNotExist)
}

// serveFlags say where a server is found, and what it serves.
type serveFlags struct {
	listen, release string
	access          string // folder of the owner's rules
	cert, key       string // files for TLS
	hosts           []string
	traces          bool   // what is said is kept
	otlp            string // address of the owner's collector
}

func (f *serveFlags) add(a *app, c *cobra.Command) {
	c.Flags().StringVar(&f.listen, "listen", serve.Addr, a.t("address and port", "监听的地址和端口"))
	c.Flags().StringSliceVar(&f.hosts, "host", nil, a.t("a name, besides localhost, by which clients may call this server", "除 localhost 外，客户端可使用的主机名"))
	c.Flags().BoolVar(&f.traces, "traces", false, a.t("keep what is asked and answered, not only how much; suiren trace capture keeps it of some", "保留提问与回答的内容，而不只是用量；suiren trace capture 可只保留一部分"))
	c.Flags().StringVar(&f.otlp, "otlp", "", a.t("address of your collector of traces (OTLP/HTTP), as http://10.0.0.5:4318; nothing is sent otherwise", "您的轨迹收集器地址（OTLP/HTTP），如 http://10.0.0.5:4318；不指定则不发送"))
	c.Flags().BoolVar(&a.unsigned, "unsigned", false, a.t("serve a release although its bill of origin does not verify", "即使来源清单未通过验证也提供服务"))
	c.Flags().StringVar(&f.access, "access", "", a.t("folder of the owner's rules of access and outer sign-in", "访问规则与外部登录配置所在目录"))
	c.Flags().StringVar(&f.cert, "tls-cert", "", a.t("PEM file of the certificate: serve by TLS 1.3", "证书的 PEM 文件：以 TLS 1.3 提供服务"))
	c.Flags().StringVar(&f.key, "tls-key", "", a.t("PEM file of its key", "其私钥的 PEM 文件"))
	c.Flags().StringVar(&f.release, "release", "", a.t("name of the release to serve (default: the only one)", "要提供服务的发布版本的名称（默认：唯一的那个）"))
}

// upCommand is plan, apply and serve.
func (a *app) upCommand() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use: "up [" + a.t("FOLDER", "目录") + "]", Short: a.t("Plan, make and serve, in one go", "一步完成：计划、制作、提供服务"), Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			w, p, m, err := a.planOf(c.Context(), strings.Join(args, ""))
			if err != nil {
				return err
			}
			defer w.close()
			if err := w.toServe(p, f.release); err != nil {
				return err
			}
			a.showPlan(p, m)
			s, err := w.service(f, c)
			if err != nil {
				return err
			}
			defer s.close()
			s.plan.Store(p)
			ctx, stop := context.WithCancel(c.Context())
			defer stop()
			done := make(chan error, 1)
			go func() { done <- s.Serve(ctx, s.ln) }()
			if !p.Empty() {
				s.announce()
				if err := a.apply(ctx, w, p, m); err != nil {
					if toReport(p, err) {
						err = errors.Join(err, a.showReport(w, p))
					}
					stop()
					return errors.Join(err, <-done)
				}
			}
			b, err := w.standing(store.Release, f.release)
			if err != nil {
				err = w.noRelease(c.Context(), m, err)
			} else {
				err = s.openRelease(b, m)
			}
			if err == nil {
				err = a.showReport(w, p)
			}
			if err != nil {
				stop()
				return errors.Join(err, <-done)
			}
			s.announce()
			return <-done
		},
	}
	a.everyFlag(c)
	f.add(a, c)
	return c
}
