package serve

import (
	"net/http"
	"sync"
	"time"

	"suiren/internal/say"
	"suiren/serve/form"
)

// Limits bound what one caller may ask of a release; 0 does not limit.
type Limits struct {
	Tokens int // of one answer, thought included
	AtOnce int // answers at a time
	Minute int // requests in a minute
}

// bound keeps a request's answers within the limit.
func (l Limits) bound(req *form.Request) {
	if l.Tokens > 0 && (req.MaxTokens < 0 || req.MaxTokens > l.Tokens) {
		req.MaxTokens = l.Tokens
	}
}

// limits counts what the callers of limited releases do.
type limits struct {
	mu sync.Mutex
	of map[string]*asking // by name of release and caller
}

// An asking is what one caller does of one name.
type asking struct {
	now  int         // answers under way
	last []time.Time // of the requests of the last minute, the oldest first
}

func newLimits() *limits { return &limits{of: map[string]*asking{}} }

// begin lets a request begin, or refuses it. The caller calls done at its end.
func (l *limits) begin(rel *Release, caller string, now time.Time) (done func(), err error) {
	if rel.Limits.AtOnce == 0 && rel.Limits.Minute == 0 {
		return func() {}, nil
	}
	key := rel.Name + "\x00" + caller
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.of[key]
	if a == nil {
		a = &asking{}
		l.of[key] = a
	}
	for len(a.last) > 0 && now.Sub(a.last[0]) >= time.Minute {
		a.last = a.last[1:]
	}
	if n := rel.Limits.AtOnce; n > 0 && a.now >= n {
		return nil, limited(say.T("this caller has %d answers under way, and may have no more", "该调用者已有 %d 个回答在进行，不能更多", n), retryAfterS)
	}
	if n := rel.Limits.Minute; n > 0 && len(a.last) >= n {
		wait := time.Minute - now.Sub(a.last[0])
		return nil, limited(say.T("this caller has sent %d requests within a minute, and may send no more", "该调用者一分钟内已发出 %d 个请求，不能更多", n), int(wait/time.Second)+1)
	}
	a.now++
	if rel.Limits.Minute > 0 {
		a.last = append(a.last, now)
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if a.now--; a.now == 0 && len(a.last) == 0 {
			delete(l.of, key)
		}
	}, nil
}

func limited(what say.Text, after int) error {
	return &form.Error{Status: http.StatusTooManyRequests, Type: "rate_limit_error", Code: "rate_limit_exceeded", Text: what,
		Next: say.T("try again in %d seconds", "请在 %d 秒后重试", after), After: after}
}
