package care

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"suiren/internal/say"
)

// The acts that can be made to need two persons: one asks, another approves.
const (
	Erase   = "erase"       // a person
	Release = "release"     // what goes live, and with it its policy
	Glass   = "break_glass" // to be broken
	Shorten = "retention"   // keep something for a shorter time, end a hold
	Export  = "audit_export"
	Reset   = "reset"
	Plan    = "plan"       // write the plan's text from the page: what is made, by which policy
	Alone   = "one_person" // take an act off the list again
)

// Acts are those that an owner chooses from. Once the list holds one, Alone needs
// two persons too.
var Acts = []string{Erase, Release, Glass, Shorten, Export, Reset, Plan}

// A Request waits for a second person.
type Request struct {
	ID      string          `json:"id"`
	Act     string          `json:"act"`
	Subject string          `json:"subject"`
	Asker   string          `json:"asker"`
	Reason  string          `json:"reason,omitempty"`
	Body    json.RawMessage `json:"body,omitempty"` // what will be done, as it was asked
	Asked   time.Time       `json:"asked"`
	Ends    time.Time       `json:"ends"`
	State   string          `json:"state"`
	Decider string          `json:"decider,omitempty"`
	Why     string          `json:"why,omitempty"`
	Decided time.Time       `json:"decided,omitzero"`
}

// The states of a request.
const (
	Waiting  = "waiting"
	Approved = "approved" // and not done yet
	Refused  = "refused"
	Expired  = "expired" // nobody decided, or nobody did it, in time
	Done     = "done"
)

// Times and bounds of requests.
const (
	waitTime    = 72 * time.Hour       // for a decision
	useTime     = 24 * time.Hour       // for what was approved to be done
	rememberFor = 183 * 24 * time.Hour // of those that are over; the audit log remembers them all
	maxWaiting  = 200
	maxBody     = 64 << 10 // bytes
	maxReason   = 4000     // bytes
)

// ErrWaiting is wrapped by the error of an act that waits for a second person.
var ErrWaiting = errors.New("it waits for a second person")

// A Wait is that error.
type Wait struct{ Request Request }

func (w *Wait) Error() string { return ErrWaiting.Error() + ": " + w.Request.ID }
func (w *Wait) Unwrap() []error {
	return []error{ErrWaiting, &say.Error{Where: w.Request.ID, What: say.T("this needs a second person, who was asked", "此操作须由第二人批准，已提交申请"),
		Next: say.T("when somebody else has approved it (suiren care approve %s --as NAME), do it again", "他人批准后（suiren care approve %s --as 名称），请再次执行", w.Request.ID)}}
}

// Needs reports whether an act needs two persons.
func (s *State) Needs(act string) bool {
	return slices.Contains(s.TwoPeople, act) || act == Alone && len(s.TwoPeople) > 0
}

// now expires what is over.
func (s *State) now(now time.Time) {
	for i := range s.Requests {
		if r := &s.Requests[i]; (r.State == Waiting || r.State == Approved) && !now.Before(r.Ends) {
			r.State, r.Body = Expired, nil
		}
	}
	s.Requests = slices.DeleteFunc(s.Requests, func(r Request) bool {
		return r.State != Waiting && r.State != Approved && now.Sub(r.Ends) > rememberFor
	})
}

// Clear returns nil if an act may be done now: it needs one person alone, or
// another has approved this very act of this very asker, which is used up by it.
// Otherwise the error is a Wait: the request that was made, or is there already.
func (b *Book) Clear(r Request) error {
	var wait *Wait
	s, err := b.Read()
	if err != nil || !s.Needs(r.Act) {
		return err
	}
	if len(r.Body) > maxBody || len(r.Reason) > maxReason || len(r.Subject) > maxReason || r.Asker == "" {
		return say.Errorf("what is asked for is too long, or nobody asks", "申请内容过长，或没有申请人")
	}
	err = b.Change(func(s *State) error {
		now := b.Now().UTC()
		s.now(now)
		waiting := 0
		for i := range s.Requests {
			x := &s.Requests[i]
			if x.State == Waiting {
				waiting++
			}
			if x.Act != r.Act || x.Subject != r.Subject || x.Asker != r.Asker || !sameJSON(x.Body, r.Body) {
				continue
			}
			switch x.State {
			case Approved:
				x.State, x.Body = Done, nil
				return nil
			case Waiting:
				wait = &Wait{*x}
				return nil
			}
		}
		if waiting >= maxWaiting {
			return say.Errorf("%d requests wait for a second person already", "已有 %d 项申请等待批准", waiting)
		}
		r.ID, r.Asked, r.Ends, r.State = rand.Text()[:12], now, now.Add(waitTime), Waiting
		r.Decider, r.Why, r.Decided = "", "", time.Time{}
		s.Requests = append(s.Requests, r)
		wait = &Wait{r}
		return nil
	})
	if err == nil && wait != nil {
		return wait
	}
	return err
}

// sameJSON compares texts: the file is written with other spaces than were asked.
func sameJSON(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// Decide approves or refuses a request. Nobody decides about their own.
func (b *Book) Decide(id, by string, approve bool, why string) (r Request, err error) {
	if len(why) > maxReason {
		return r, say.Errorf("the reason is too long", "理由过长")
	}
	return r, b.Change(func(s *State) error {
		now := b.Now().UTC()
		s.now(now)
		i := slices.IndexFunc(s.Requests, func(x Request) bool { return x.ID == id && x.State == Waiting })
		if i < 0 {
			return &say.Error{Where: id, Err: ErrNoRequest, What: say.T("nothing of this id waits for a second person", "没有此编号的待批准申请"), Next: say.T("suiren care approvals lists what waits", "用 suiren care approvals 查看")}
		}
		x := &s.Requests[i]
		if x.Asker == by || by == "" {
			return &say.Error{Where: id, Err: ErrSelf, What: say.T("nobody approves what they asked for themselves", "不得批准自己提出的申请"), Next: say.T("ask another administrator", "请由其他管理员批准")}
		}
		x.Decider, x.Why, x.Decided, x.State, x.Ends = by, strings.TrimSpace(why), now, Approved, now.Add(useTime)
		if !approve {
			x.State, x.Body = Refused, nil
		}
		r = *x
		return nil
	})
}

// Errors of Decide that a caller tells apart.
var (
	ErrNoRequest = errors.New("there is no such request")
	ErrSelf      = errors.New("one's own request")
)

// List returns the requests, the newest first.
func (b *Book) List() ([]Request, error) {
	s, err := b.Read()
	if err != nil {
		return nil, err
	}
	s.now(b.Now().UTC())
	slices.Reverse(s.Requests)
	return s.Requests, nil
}

// SetTwoPeople says which acts need two persons from now on.
func (b *Book) SetTwoPeople(acts []string) error {
	for _, act := range acts {
		if !slices.Contains(Acts, act) {
			return &say.Error{Where: act, What: say.T("there is no such act", "没有这项操作"), Next: say.T("choose of %s", "可选：%s", Acts)}
		}
	}
	acts = slices.Clone(acts)
	slices.Sort(acts)
	acts = slices.Compact(acts)
	return b.Change(func(s *State) error {
		s.TwoPeople = acts
		return nil
	})
}

// Fewer reports whether a list of acts leaves one out that needs two persons now.
func (s *State) Fewer(acts []string) bool {
	return slices.ContainsFunc(s.TwoPeople, func(act string) bool { return !slices.Contains(acts, act) })
}
