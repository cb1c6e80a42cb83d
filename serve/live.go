package serve

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/serve/form"
)

// liveEvery is how often a live page is told what has changed.
const liveEvery = time.Second

// A running release, as the home page shows it.
type liveRelease struct {
	Name    string     `json:"name"`
	Context int        `json:"context,omitempty"` // tokens
	Origin  string     `json:"origin,omitempty"`  // of the context
	Stats   form.Stats `json:"stats"`
}

// Live is what the server does now. How much is of all its callers, and told to those
// who may see the releases.
type live struct {
	Slots    int           `json:"slots"`             // answers at once
	Working  *int          `json:"working,omitempty"` // of them now
	Waiting  *int          `json:"waiting,omitempty"` // requests in the queue
	Most     int           `json:"most"`              // that may wait
	Releases []liveRelease `json:"releases"`
	Tasks    any           `json:"tasks,omitempty"`
}

func (s *Server) live(r *http.Request, q Query) live {
	v := live{Slots: cap(s.queue.slots), Most: int(s.queue.most), Releases: []liveRelease{}}
	all := May(r, ReadReleases, TheServer, "")
	if all {
		v.Working, v.Waiting = new(len(s.queue.slots)), new(int(s.queue.waiting.Load()))
	}
	for _, rel := range s.visible(r) {
		one := liveRelease{Name: rel.Name, Context: rel.Context, Origin: rel.Origin}
		if t, ok := rel.Answerer.(form.Reporter); ok && all {
			one.Stats = t.Stats()
		}
		v.Releases = append(v.Releases, one)
	}
	if s.conf.Pages.Tasks != nil {
		if tasks, err := s.conf.Pages.Tasks(r.Context(), q); err == nil {
			v.Tasks = tasks
		}
	}
	return v
}

// tabStream is the one stream of a tab: what the server does, whenever that
// changes, and to those who may read runs the lines of the newest. A tab that comes
// back says the last line it saw, RUN/ID, and goes on from there.
func (s *Server) tabStream(w http.ResponseWriter, r *http.Request) error {
	q := s.query(r)
	if lang, ok := say.Parse(r.URL.Query().Get("lang")); ok { // EventSource sets no headers
		q.Lang = lang
	}
	out := newEventStream(w, heartbeat)
	defer out.close()
	ctx, stop := s.whileMay(r)
	var lines sync.WaitGroup
	defer lines.Wait() // who writes behind the end of a request brings the server down
	defer stop()
	if s.conf.Events != nil && s.conf.Runs != nil && !q.Values.Has("once") && May(r, ReadRuns, TheServer, "") {
		lines.Go(func() { s.lines(ctx, stop, out, r.Header.Get("Last-Event-ID"), q.Lang) })
	}
	tick := time.NewTicker(liveEvery)
	defer tick.Stop()
	last := ""
	for {
		now, err := json.Marshal(map[string]any{"type": "live", "live": s.live(r, q)})
		if err != nil {
			return err
		}
		if string(now) != last {
			if last = string(now); out.raw("", last) != nil {
				return nil
			}
		}
		if q.Values.Has("once") { // what the server does now, and no more
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// whileMay is a context that ends when the request does, or its caller is nobody any
// more, or may no longer do what its route does: a stream outlasts them.
func (s *Server) whileMay(r *http.Request) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(r.Context())
	x := scopeOf(r)
	go func() {
		defer stop()
		tick := time.NewTicker(liveEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			c, ok := s.identify(r)
			if !ok || s.conf.Decide != nil && s.conf.Decide(Question{Caller: c, Action: x.action, Kind: TheServer, Says: x.says}) != nil {
				return
			}
		}
	}()
	return ctx, stop
}

// lines sends the lines of the newest run, and of those that begin after it.
func (s *Server) lines(ctx context.Context, stop func(), out *eventStream, last string, lang say.Lang) {
	defer stop()
	seen, n, _ := strings.Cut(last, "/")
	after, _ := strconv.ParseInt(n, 10, 64)
	for ctx.Err() == nil {
		if run := s.newestRun(); run != "" && run != seen || after > 0 {
			if run != seen {
				after = 0
			}
			seen = run
			for e, err := range s.conf.Events(ctx, run, after, lang) {
				if err != nil {
					break
				}
				b, err := json.Marshal(map[string]any{"type": "line", "run": run, "line": e.Data})
				if err != nil || out.raw(run+"/"+strconv.FormatInt(e.ID, 10), string(b)) != nil {
					return
				}
			}
			after = 0
			b, _ := json.Marshal(map[string]string{"type": "run_end", "run": run})
			if out.raw("", string(b)) != nil {
				return
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(liveEvery):
		}
	}
}

func (s *Server) newestRun() string {
	b, err := s.conf.Runs()
	var list []struct {
		ID string `json:"id"`
	}
	if err != nil || json.Unmarshal(b, &list) != nil || len(list) == 0 {
		return ""
	}
	return list[0].ID
}
