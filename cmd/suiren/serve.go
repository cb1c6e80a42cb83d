package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net"
	"runtime"
	"slices"
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
	keys   *operate.Keys
	plan   atomic.Pointer[plan.Plan]
	shown  shownPlan

	opening  sync.Mutex // of the release that is followed
	follower atomic.Pointer[follower]

	tended sync.Once
	life   context.Context // of what goes on beside the answers
	stop   context.CancelFunc
	beside sync.WaitGroup

	roomMu sync.Mutex // of what follows: whether what is said is still kept
	looked time.Time
	full   bool
}

// newService is the service of a workspace, which writes into books.
func newService(w *workspace, b *books) *service {
	s := &service{w: w, books: b, teller: newTeller(w.a.lang, w.a.screen.Note)}
	s.life, s.stop = context.WithCancel(context.Background())
	return s
}

// service opens all that a request is written down in, and listens.
func (w *workspace) service(f serveFlags, mf modelFlags, c *cobra.Command) (s *service, err error) {
	b, err := openBooks(w.books(), f.traces)
	if err != nil {
		return nil, err
	}
	b.planned = true
	s = newService(w, b)
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
	if s.keys, err = operate.OpenKeys(b.dir.keys()); err != nil {
		return nil, err
	}
	conf := b.config(w.a, f.hosts)
	door, err := b.door(w.a, s.keys, f.access)
	if err != nil {
		return nil, err
	}
	conf.Slots = max(slots, mf.slots)
	door.Perform, door.Alarm = s.perform, s.glassBroken
	door.Config(&conf)
	d := &desk{books: b}
	conf.Guard = d
	conf.Export = exporter(b.audit, func() (string, error) { return producer(w.st) })
	s.house = &house{a: w.a, books: b, cmd: c, svc: s, model: mf}
	s.house.model.context = 0
	s.Server = s.house.server(conf)
	d.releases, d.space = s.Releases, s.house.workspace
	return s, nil
}

// Open makes the server answer from the plan's releases, before all others.
func (s *service) Open(list ...*serve.Release) (ended <-chan struct{}) { return s.house.openMade(list) }

// tend looks after what is due beside the answers, until the service ends.
func (s *service) tend() {
	s.tended.Do(func() {
		s.beside.Go(func() { s.watchHealth(s.life) })
		s.beside.Go(func() { s.care(s.life, s.w.a, s.w) })
	})
}

// end ends what goes on beside the answers.
func (s *service) end() {
	s.stop()
	s.beside.Wait()
	if f := s.follower.Load(); f != nil {
		f.end()
	}
}

// close ends what the service holds, when the server has stopped.
func (s *service) close() {
	s.end()
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
	s.opening.Lock()
	defer s.opening.Unlock()
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
	p := s.planNow()
	if p == nil {
		return nil, nil
	}
	at, _ := run.Now(s.w.st.Path()) // without these, what was planned is known all the same
	failed, _ := run.Failures(s.w.st.Path())
	return json.Marshal(p.ViewBeside(lang, at, failed))
}

// reportView is the report that a page of the plan shows: that of which apply tells
// first; of all of them its page of evaluations tells.
func (s *service) reportView() (json.RawMessage, error) {
	blocks, err := s.w.st.Blocks()
	if err != nil {
		return nil, err
	}
	var steps []plan.Step
	if p := s.planNow(); p != nil {
		steps = p.Steps()
	}
	b := shownVerdict(steps, blocks)
	if b == nil {
		return nil, nil
	}
	r, err := s.w.join(b.Output)
	if err != nil {
		return nil, err
	}
	r.Name = b.Name
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

// announce says where the page is, and the first key, which is made when it can be
// shown; of models also more.
func (s *service) announce(more map[string]any) error {
	a := s.w.a
	secret, err := s.firstKey(s.keys)
	if err != nil {
		return err
	}
	if a.format == formatJSONL {
		line := map[string]any{"type": "serving", "url": s.url(), "address": s.ln.Addr().String(), "key": secret}
		maps.Copy(line, more)
		a.line(line)
		return nil
	}
	if secret != "" {
		fmt.Fprintln(a.stdout, a.t("API key (shown once): %s", "API 密钥（只显示一次）：%s", secret))
	}
	fmt.Fprintln(a.stdout, a.t("page: %s", "页面：%s", s.url()))
	return nil
}

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	var mf modelFlags
	c := &cobra.Command{
		Use:   "serve [" + a.t("FOLDER | MODEL…", "目录 | 模型…") + "]",
		Short: a.t("Serve a release, or models: chat page; OpenAI, Anthropic and Ollama APIs", "提供发布版本或模型的服务：对话页面；OpenAI、Anthropic、Ollama 接口"),
		Long: a.t(`Open the console of a plan's folder and serve its release, when one stands, or the
weights that its plan made (weights.NAME); or serve models that you brought: GGUF
files or Hugging Face folders. Nothing is downloaded, and nobody is dialed.

Models that you brought are served to this machine without a key. To other
machines, and for what a plan made, callers must show a key.`,
			`打开计划目录的控制台，并提供其发布版本（如有）或其计划做出的权重（weights.名称）的服务；
也可提供您带来的模型的服务：GGUF 文件或 Hugging Face 目录。
不下载任何东西，也不对外联网。

对本机提供自带模型的服务时无需密钥；对其他机器，以及提供计划产物的服务时，调用者须出示密钥。`),
		Args: a.args(0, 16),
		RunE: func(c *cobra.Command, args []string) error {
			asModels := len(args) > 1 || len(args) == 1 && isModel(args[0])
			if asModels || len(args) == 0 && noPlanHere() {
				if err := ofModel.refuse(c, "release", "unsigned"); err != nil {
					return err
				}
				folder, ok := a.planOfBlocks()
				if !ok || !slices.ContainsFunc(args, isBlock) {
					return ended(c.Context(), a.serveModels(c, args, &f, &mf))
				}
				return ended(c.Context(), a.servePlan(c, folder, args, &f, &mf))
			}
			if err := ofRelease.refuse(c, modelOnly...); err != nil {
				return err
			}
			usual := usualModels()
			return ended(c.Context(), a.servePlan(c, strings.Join(args, ""), nil, &f, &usual))
		},
	}
	f.add(a, c)
	mf.add(a, c)
	mf.addKnowledge(a, c)
	c.Flags().StringVar(&mf.policy, "policy", "", a.t("rails before models: a pack, or a plan file or its folder, #NAME of the policy block", "模型之前的护栏：策略包，或计划文件或其目录，可加 #策略块名"))
	c.Flags().IntVar(&mf.slots, "slots", 8, a.t("answers of a model that are generated at once", "一个模型同时生成的回答数"))
	return c
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
		Use: "up [" + a.t("FOLDER|NAME.plan", "目录|名称.plan") + "]", Short: a.t("Plan, make and serve, in one go", "一步完成：计划、制作、提供服务"), Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			w, p, m, err := a.planOf(c.Context(), strings.Join(args, ""), true)
			if err != nil {
				return err
			}
			defer w.close()
			if err := w.toServe(p, f.release); err != nil {
				return err
			}
			a.showPlan(p, m)
			if err := p.Places(w.st); err != nil {
				return err
			}
			mf := usualModels()
			s, err := w.service(f, mf, c)
			if err != nil {
				return err
			}
			defer s.close()
			s.show(p, m)
			ctx, stop := context.WithCancel(c.Context())
			defer stop()
			ended := make(chan error, 1)
			go func() { ended <- s.Serve(ctx, s.ln) }()
			if !p.Empty() {
				err := s.announce(nil)
				if err == nil {
					applied := s.applying()
					err = a.apply(ctx, w, p, m, w.unlock != nil)
					applied()
				}
				if err != nil {
					if toReport(p, err) {
						err = errors.Join(err, a.showReport(w, p))
					}
					stop()
					return errors.Join(err, <-ended)
				}
			}
			w.free()
			done, err := s.openMade(ctx, p, m, f.release, &mf)
			defer done()
			if err == nil {
				err = a.showReport(w, p)
			}
			if err == nil {
				err = s.announce(nil)
			}
			if err != nil {
				stop()
				return errors.Join(err, <-ended)
			}
			return <-ended
		},
	}
	a.everyFlag(c)
	f.add(a, c)
	return c
}
