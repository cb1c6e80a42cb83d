// Package serve answers over HTTP: the OpenAI, Anthropic and Ollama surfaces,
// the page and the interface behind it. It listens on the loopback address unless told
// otherwise, and nothing in it opens a connection to anywhere.
package serve

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"suiren/internal/say"
	"suiren/serve/anthropic"
	"suiren/serve/openai"
)

// Addr is where a server listens when nobody says otherwise.
const Addr = "127.0.0.1:7740"

// Limits of a request. They bound what a stranger can make the server hold.
const (
	maxBody     = 4 << 20          // bytes of a request body
	readTime    = 30 * time.Second // for the body to arrive
	writeTime   = 30 * time.Second // for one piece of an answer to leave
	heartbeat   = 15 * time.Second // between signs of life on a silent stream
	maxWaiting  = 64               // requests in the queue
	retryAfterS = 2                // seconds a client is asked to wait when it is full
)

// A Config is what a server is made of. Every function may be called from
// many goroutines. A nil function means that the thing is not there, and its
// route answers 404.
type Config struct {
	Version string   // of the program
	Hosts   []string // names, besides localhost, by which clients may call it
	Slots   int      // answers generated at once; 0 means 4
	Log     *slog.Logger
	Now     func() time.Time // nil means time.Now

	// Key finds the holder of an API key; ok is false if there is no such key.
	// A nil Key lets everyone in, which Listen allows on loopback only.
	Key func(secret string) (c Caller, ok bool)
	// Shown finds the holder of a key that a caller shows although none is asked
	// for, where Key is nil: what it uses is that key's, and within its budgets.
	Shown func(secret string) (c Caller, ok bool)
	// Decide answers whether a caller may do something, by an error made for
	// the client that says why not. A nil Decide lets all callers do everything.
	Decide func(Question) error
	// Decided notes what was decided about what a request asked to do. What was
	// allowed and cannot be noted is not done.
	Decided func(Question, error) error
	// SignIn finds who has a name and a password; an error made for the client
	// refuses it.
	SignIn func(r *http.Request, name, password string) (Caller, error)
	// Sessions keep who signed in; nil keeps them in memory.
	Sessions Sessions
	// Erased reports whether whose session a secret was is erased; nil: nobody is.
	Erased func(secret string) bool
	// Who says more of a caller, for the page.
	Who func(Caller) map[string]any
	// Second lets an act pass that one person may do alone, or that another has
	// approved; otherwise its error is an Asked. Nil lets all pass.
	Second func(r *http.Request, act, subject string, body []byte) error
	// Routes of other rooms, which stand in the table beside the server's own.
	Routes []Route

	// NotYet says why there is nothing to answer from yet, and what to do; nil: it is
	// still being made.
	NotYet func() (what, next say.Text)

	// Reserve holds what a request may use, and returns how many of its More
	// tokens there is room for; an error made for the client refuses it. Record
	// ends the hold, and so does Release, of requests that did not begin. Both or
	// neither are nil.
	Reserve func(Hold) (more int, err error)
	Release func(id string) error
	// Record keeps the ledger and the trace of one answered request, refused
	// ones too. Of neither's errors but those made for the client more is told than
	// that the books are closed, and the request fails.
	Record func(*Record) error
	// Refused writes one refusal to the audit log.
	Refused func(*Record) error
	// Judge counts a request against its caller, or for him: once, when all its
	// answers have ended. The record is of the answer that was refused on its way
	// in, failing that of one that was refused, failing that of the first.
	Judge func(*Record) error
	// Barred returns an error made for the client if a caller is suspended.
	Barred func(caller string) error
	// Review asks a person whether a text may pass, and waits for the decision.
	Review func(context.Context, Review) bool
	// Guard is what the page sees and does of policies.
	Guard Guard
	// Language tells in which language a question is, for answers to who does not say
	// theirs. nil: they are told in English.
	Language func(question string) say.Lang
	// Rate keeps what a reader thought of an answer. It returns ErrNoAnswer
	// for an id it does not know.
	Rate func(Rating) error

	// Usage, Budgets, Traces and Audit answer the page's questions about the books,
	// which are queries of a URL; Trace is one of them whole, and wraps
	// ErrNoAnswer. Entries writes the ledger's as CSV. A caller of a tenant is told
	// of that tenant alone.
	Usage, Traces, Audit func(c Caller, q url.Values) (any, error)
	Entries              func(c Caller, q url.Values, w io.Writer) error
	Trace                func(c Caller, id string) (any, error)
	Budgets              func(c Caller) (any, error)
	// SetBudget bounds, by JSON.
	SetBudget func(c Caller, body []byte) error
	// Spans keeps the spans of an OTLP request, of a Content-Type, and returns the reply
	// of the same type.
	Spans func(c Caller, contentType string, body []byte) (reply []byte, err error)

	// Kept returns what is kept of an answer, and its release's name and digest, to who
	// asked for it, or with all to every caller of its tenant. It returns ErrNoAnswer for
	// an id that the caller may not know of.
	Kept func(c Caller, all bool, id string) ([]ExportTurn, *Release, error)

	// Search finds the passages of a knowledge base for a caller, who may not
	// read all of it. It returns ErrNoStore for a base it does not know.
	Search func(readers []string, base, query string, most int) ([]openai.Found, error)

	// Pages are what the console's pages ask for.
	Pages Pages

	// Plan is the view of the plan, as JSON, in a language.
	Plan func(say.Lang) (json.RawMessage, error)
	// NoRoom reports whether an error says that a disk, or a file, can take no more. Nil:
	// none does.
	NoRoom func(error) bool
	// Health is what else than the server itself is looked at.
	Health func() []Health
	// Export writes a conversation as a file, with its label unless Label is
	// none, which the server has allowed. It returns the media type.
	Export func(*Export) (kind string, file []byte, err error)
	// Releases are the releases and how they stand, as JSON. ReleaseAct decides
	// about one: check, canary, promote, rollback, retire.
	Releases   func() (json.RawMessage, error)
	ReleaseAct func(ctx context.Context, caller, act string, body json.RawMessage) (json.RawMessage, error)
	// Report is the latest report, as JSON; nil if none was made yet.
	Report func() (json.RawMessage, error)
	// Runs are the runs of the plan, as a JSON list, newest first.
	Runs func() (json.RawMessage, error)
	// Events follows a run from the event after the given one, and ends with
	// the run. "latest" is the newest run.
	Events func(ctx context.Context, run string, after int64, lang say.Lang) iter.Seq2[Event, error]
}

// An Event is one line of a run's log.
type Event struct {
	ID   int64
	Data json.RawMessage
}

// A Server answers requests. It can be made before there is a release to
// answer from: until Open is called, chat says that the model is being made.
type Server struct {
	conf     Config
	open     atomic.Pointer[[]*Release]
	queue    *queue
	sessions Sessions
	tokens   tokens
	receipts *receipts
	metrics  *metrics
	meter    *meter
	metered  string // what reads the energy
	epochs   *epochs
	limits   *limits
	mux      func() *http.ServeMux // of the routes, made once
}

// New makes a server.
func New(conf Config) *Server {
	if conf.Log == nil {
		conf.Log = slog.New(slog.DiscardHandler)
	}
	if conf.Now == nil {
		conf.Now = time.Now
	}
	if conf.Slots == 0 {
		conf.Slots = 4
	}
	s := &Server{conf: conf, sessions: conf.Sessions, receipts: newReceipts(maxReceipts), epochs: newEpochs(), limits: newLimits()}
	var clock func() share
	clock, s.metered = machineClock(sysClass)
	s.meter = newMeter(clock)
	if s.sessions == nil {
		s.sessions = &sessions{live: map[[32]byte]session{}, now: conf.Now}
	}
	s.queue = newQueue(conf.Slots, maxWaiting)
	s.metrics = newMetrics(s)
	s.mux = sync.OnceValue(s.newMux)
	return s
}

// Open makes the server answer from the releases; the first is the one that a
// request without a model's name gets, and no canary. Requests under way finish
// with the release they began with; what is returned is closed when the last of
// them has ended, after which nothing holds a release that is not in the list.
func (s *Server) Open(list ...*Release) (ended <-chan struct{}) {
	return s.epochs.turn(func() { s.open.Store(&list) })
}

// Releases are those that Open was called with.
func (s *Server) Releases() []*Release { return s.releases() }

func (s *Server) releases() []*Release {
	if list := s.open.Load(); list != nil {
		return *list
	}
	return nil
}

// Routes is the table of all that the server answers.
func (s *Server) Routes() []Route {
	return slices.Concat([]Route{
		{"GET /v1/models", ReadModels, s.models},
		{"GET /v1/models/{model}", ReadModels, s.model},
		{"POST /v1/chat/completions", Chat, s.ask(openai.ParseChat)},
		{"POST /v1/completions", Chat, s.ask(openai.ParseCompletion)},
		{"POST /v1/responses", Chat, s.ask(openai.ParseResponse)},
		{"POST /v1/responses/input_tokens", Tokenize, s.inputTokens},
		{"POST /v1/embeddings", Embed, s.embeddings},
		{"POST /v1/rerank", Rerank, s.rerank},
		{"POST /v2/rerank", Rerank, s.rerank},
		{"POST /v1/vector_stores/{id}/search", Search, s.searchStore},
		{"POST /v1/messages", Chat, s.ask(anthropic.ParseMessages)},
		{"POST /v1/messages/count_tokens", Tokenize, s.countTokens},
		{"GET /v1/receipts/{id}", ReadReceipt, s.receipt},
		{"GET /api/documents/{model}", Chat, s.document},
		{"GET /api/documents/{model}/page", Chat, s.documentPage},
	}, s.ollamaRoutes(), []Route{
		{"POST /tokenize", Tokenize, s.tokenize},
		{"POST /detokenize", Tokenize, s.detokenize},
		{"POST /apply-template", Tokenize, s.applyTemplate},
		{"GET /metrics", ReadMetrics, s.metrics.write},
		{"GET /healthz", Open, s.health},
		{"GET /health", Open, s.health}, // as llama.cpp and vLLM call it

		{"GET /api/state", ReadState, s.state},
		{"GET /api/plan", ReadPlan, s.plan},
		{"GET /api/report", ReadPlan, s.report},
		{"GET /api/runs", ReadRuns, s.runs},
		{"GET /api/runs/{run}/events", ReadRuns, s.events},
		{"POST /api/feedback", Rate, s.feedback},
		{"GET /api/usage", ReadUsage, s.ofBooks(s.conf.Usage)},
		{"GET /api/usage/entries", ReadUsage, s.entries},
		{"GET /api/budgets", ReadUsage, s.budgets},
		{"POST /api/budgets", SetBudget, s.setBudget},
		{"GET /api/traces", ReadTraces, s.ofBooks(s.conf.Traces)},
		{"GET /api/traces/{id}", ReadTraces, s.trace},
		{"GET /api/audit", ReadAudit, s.ofBooks(s.conf.Audit)},
		{"POST /v1/traces", SendSpans, s.spans},
		{"GET /api/guard", ReadPolicy, s.policies},
		{"POST /api/guard/try", ReadPolicy, s.tryPolicy},
		{"POST /api/guard/replay", ReadTraces, s.replayPolicy},
		{"GET /api/guard/reviews", SetPolicy, s.reviews},
		{"POST /api/guard/reviews/{id}", SetPolicy, s.decideReview},
		{"GET /api/guard/suspended", ReadPolicy, s.suspended},
		{"DELETE /api/guard/suspended/{caller}", SetPolicy, s.lift},
		{"POST /api/guard/appeals", Rate, s.appeal},
		{"GET /api/health", ReadMetrics, s.healthFull},
		{"POST /api/export", ExportChat, s.export},
		{"GET /api/releases", ReadReleases, s.releaseList},
		{"POST /api/releases/{act}", SetRelease, s.releaseAct},
		{"GET /api/events", ReadState, s.tabStream},
	}, s.pageRoutes(), []Route{
		{"GET /open", Open, s.openSession},
		{"POST /api/session", Open, s.signIn},
		{"GET /api/session", UseSession, s.whoAmI},
		{"DELETE /api/session", UseSession, s.signOut},
		{everyFile, Open, s.page},
		{everywhere, Open, s.notFound},
	}, s.conf.Routes)
}

// The patterns of what stands at no other route.
const (
	everyFile  = "GET /{file...}" // of the page
	everywhere = "/"
)

// Handler answers the routes.
func (s *Server) Handler() http.Handler { return s.protect(s.mux()) }

func (s *Server) newMux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range s.Routes() {
		do := r.Do
		if r.Action != Open {
			do = s.keyed(r.Action, do)
		}
		mux.Handle(r.Pattern, s.handle(do))
	}
	return mux
}

// Listen opens addr. It refuses an address that other machines can reach
// unless callers must show a key.
func Listen(addr string, keyed bool) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return nil, &say.Error{Where: addr, What: say.T("this is not an address and a port", "这不是“地址:端口”"),
			Next: say.T("write it like %s", "请写成 %s 的样子", Addr), Err: err}
	}
	if !keyed && !isLoopback(host) {
		return nil, &say.Error{Where: addr,
			What: say.T("other machines could reach this address, and no key is asked for", "其他机器能访问这个地址，却不检查密钥"),
			Next: say.T("listen on %s, or ask for keys", "请监听 %s，或启用密钥", Addr)}
	}
	if host != "" && host != "localhost" && net.ParseIP(host) == nil {
		return nil, &say.Error{Where: addr, What: say.T("a host name would have to be looked up in the network", "主机名需要联网解析"),
			Next: say.T("give the IP address", "请直接写 IP 地址")}
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, &say.Error{Where: addr, What: say.T("cannot listen: %v", "无法监听：%v", err),
			Next: say.T("another program may hold the port; choose one with --listen", "端口可能被占用；用 --listen 换一个"), Err: err}
	}
	return ln, nil
}

// Serve answers on ln until ctx is done; then it ends what is in flight with
// errStopping, waits a moment for the rest and returns nil.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	srv := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return work },
		ErrorLog:          slog.NewLogLogger(s.conf.Log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stop(errStopping)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if srv.Shutdown(grace) != nil {
		srv.Close()
	}
	<-done
	return nil
}
