package operate

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// The stages of a release.
const (
	Candidate = "candidate" // made, and asked by nobody
	Canary    = "canary"    // answers some of the requests
	Live      = "live"      // answers the rest
	Retired   = "retired"   // was one of them
)

// Tracks is the state that says which release answers: one small document of
// the store, which a server follows. Nothing else decides it.
type Tracks struct {
	Format int               `json:"format"` // 1
	Tracks map[string]*Track `json:"tracks"` // by the name of the release's block
}

// A Track is the releases of one name, in the order in which they began.
type Track struct {
	// Managed says that the owner decides what is live. Until the first
	// decision, the release that was made last is, as soon as it is served.
	Managed  bool        `json:"managed,omitempty"`
	Releases []*Standing `json:"releases"`
}

// A Standing is how one release stands.
type Standing struct {
	Digest store.Digest `json:"digest"`
	Stage  string       `json:"stage"`
	Since  time.Time    `json:"since"`
	By     string       `json:"by"`            // a command, a key, or the watch
	Why    string       `json:"why,omitempty"` // as By said it
	// Before is what was live before this one: where rollback leads.
	Before store.Digest `json:"before,omitzero"`
	Rule   *Rule        `json:"rule,omitempty"`   // of a canary
	Stop   Signals      `json:"stop,omitempty"`   // what ends it by itself
	Checks []Checked    `json:"checks,omitempty"` // the newest of each name
}

// A Rule says which requests a canary answers: those of some callers or tenants, those
// that name it in a header, and a share of the rest.
type Rule struct {
	Share   float64  `json:"share,omitempty"` // of the conversations, 0 to 1
	Callers []string `json:"callers,omitempty"`
	Tenants []string `json:"tenants,omitempty"`
	Header  string   `json:"header,omitempty"` // a value of Suiren-Canary
}

// A Checked is one thing that was found out about a release.
type Checked struct {
	Name   string          `json:"name"` // one of Needed
	OK     bool            `json:"ok"`
	Time   time.Time       `json:"time"`
	Detail json.RawMessage `json:"detail,omitempty"`
}

// Needed are the checks without which nothing is a canary or live.
//
//	evaluation  the verdict of its plan passes
//	guard       its policy does what its rules say
//	parity      served, it gives the very replies that were judged
var Needed = []string{"evaluation", "guard", "parity"}

// StateName is the name of the tracks among the store's states.
const StateName = "releases"

// ReadTracks reads the state, and its version.
func ReadTracks(st *store.Store) (*Tracks, int64, error) {
	b, version, err := st.State(StateName)
	if err != nil {
		return nil, 0, err
	}
	t, err := parseTracks(b)
	if err != nil {
		return nil, 0, unreadable("state "+StateName, err)
	}
	return t, version, nil
}

func parseTracks(b []byte) (*Tracks, error) {
	t := &Tracks{Format: 1, Tracks: map[string]*Track{}}
	if b == nil {
		return t, nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(t); err != nil {
		return nil, err
	}
	if t.Format != 1 {
		return nil, say.Errorf("its format is %d, and this program reads format 1", "格式版本是 %d，本程序只读版本 1", t.Format)
	}
	if t.Tracks == nil {
		t.Tracks = map[string]*Track{}
	}
	for _, tr := range t.Tracks {
		if tr == nil || slices.Contains(tr.Releases, nil) {
			return nil, say.Errorf("a release is null", "有一个发布版本为空")
		}
	}
	return t, nil
}

// Rename puts another name in the place of somebody's who decided, or whose requests a
// canary answers.
func (t *Tracks) Rename(name, as string) (n int) {
	for _, tr := range t.Tracks {
		for _, r := range tr.Releases {
			if r.By == name {
				r.By = as
				n++
			}
			if r.Rule != nil {
				before := len(r.Rule.Callers)
				r.Rule.Callers = slices.DeleteFunc(r.Rule.Callers, func(c string) bool { return c == name })
				n += before - len(r.Rule.Callers)
			}
		}
	}
	return n
}

// ChangeTracks changes the state by f, which may be called again if another
// process was faster. It returns the new version.
func ChangeTracks(st *store.Store, f func(*Tracks) error) (int64, error) {
	for {
		t, version, err := ReadTracks(st)
		if err != nil {
			return 0, err
		}
		if err := f(t); err != nil {
			return version, err
		}
		b, err := json.Marshal(t)
		if err != nil {
			return version, err
		}
		err = st.SetState(StateName, version, b, t.keep()...)
		if !errors.Is(err, store.ErrChanged) {
			return version + 1, err
		}
	}
}

// keep returns the releases that may be asked for again: GC leaves them.
func (t *Tracks) keep() (list []store.Digest) {
	for _, tr := range t.Tracks {
		for _, r := range tr.Releases {
			if r.Stage == Live || r.Stage == Canary {
				list = append(list, r.Digest)
			}
			if r.Stage == Live && !r.Before.IsZero() {
				list = append(list, r.Before)
			}
		}
	}
	return list
}

// Track returns the releases of a name; it makes the track if there is none.
func (t *Tracks) Track(name string) *Track {
	tr := t.Tracks[name]
	if tr == nil {
		tr = &Track{}
		t.Tracks[name] = tr
	}
	return tr
}

// Names returns the names that have a track.
func (t *Tracks) Names() []string { return slices.Sorted(maps.Keys(t.Tracks)) }

// Find returns how a release stands; nil if it is not known.
func (tr *Track) Find(d store.Digest) *Standing {
	for _, r := range tr.Releases {
		if r.Digest == d {
			return r
		}
	}
	return nil
}

// Live returns the release that is live, nil if none is.
func (tr *Track) Live() *Standing {
	for _, r := range tr.Releases {
		if r.Stage == Live {
			return r
		}
	}
	return nil
}

// Canaries returns the releases that answer a part.
func (tr *Track) Canaries() (list []*Standing) {
	for _, r := range tr.Releases {
		if r.Stage == Canary {
			list = append(list, r)
		}
	}
	return list
}

// A Step is who changes how a release stands, when and why.
type Step struct {
	By, Why string
	Now     time.Time
}

// know returns how a release stands, as a candidate if it was not known.
func (tr *Track) know(d store.Digest, s Step) *Standing {
	r := tr.Find(d)
	if r == nil {
		r = &Standing{Digest: d, Stage: Candidate, Since: s.Now, By: s.By}
		tr.Releases = append(tr.Releases, r)
	}
	return r
}

func (r *Standing) to(stageOf string, s Step) {
	r.Stage, r.Since, r.By, r.Why = stageOf, s.Now.UTC(), s.By, s.Why
	r.Rule, r.Stop = nil, nil
}

// Serve makes what was made last live, unless the owner decides. It reports
// whether anything changed. Where two persons are needed for it, the owner
// decides from the second release on.
func (tr *Track) Serve(d store.Digest, s Step, two bool) bool {
	live := tr.Live()
	tr.Managed = tr.Managed || two && live != nil
	if tr.Managed || live != nil && live.Digest == d {
		return false
	}
	tr.goLive(tr.know(d, s), s)
	return true
}

func (tr *Track) goLive(r *Standing, s Step) {
	old := tr.Live()
	r.to(Live, s)
	if old != nil && old != r {
		r.Before = old.Digest
		old.to(Retired, s)
	}
}

// Check keeps what was found out about a release.
func (tr *Track) Check(d store.Digest, s Step, list ...Checked) {
	r := tr.know(d, s)
	for _, c := range list {
		r.Checks = slices.DeleteFunc(r.Checks, func(old Checked) bool { return old.Name == c.Name })
		r.Checks = append(r.Checks, c)
	}
}

// ready refuses a release that lacks a check.
func (r *Standing) ready() error {
	var failed, missing []string
	for _, name := range Needed {
		i := slices.IndexFunc(r.Checks, func(c Checked) bool { return c.Name == name })
		switch {
		case i < 0:
			missing = append(missing, name)
		case !r.Checks[i].OK:
			failed = append(failed, name)
		}
	}
	short := r.Digest.Short()
	if len(failed) > 0 {
		return &say.Error{Where: short, Err: stage.ErrRefused, What: say.T("the release is refused: it failed %s", "发布被拒绝：未通过 %s", failed),
			Next: say.T("suiren release show %s says why", "suiren release show %s 会说明原因", short)}
	}
	if len(missing) > 0 {
		return &say.Error{Where: short, Err: stage.ErrRefused, What: say.T("the release is refused: it was not checked for %s", "发布被拒绝：尚未检查 %s", missing),
			Next: say.T("run suiren release check %s", "请运行 suiren release check %s", short)}
	}
	return nil
}

// Canary has a release answer a part of the requests.
func (tr *Track) Canary(d store.Digest, rule Rule, stop Signals, s Step) error {
	r, live := tr.know(d, s), tr.Live()
	switch {
	case live == nil:
		return &say.Error{Where: d.Short(), What: say.T("nothing is live that the rest could be answered by", "没有正在服务的版本来回答其余请求"),
			Next: say.T("promote it, or serve a release first", "请直接让它上线，或先启动服务")}
	case live == r:
		return &say.Error{Where: d.Short(), What: say.T("this release is live: it answers all requests already", "该版本正在服务，已在回答全部请求"),
			Next: say.T("choose another one of suiren release list", "请从 suiren release list 中另选一个")}
	case !(rule.Share >= 0 && rule.Share <= 1), rule.Share == 0 && len(rule.Callers)+len(rule.Tenants) == 0 && rule.Header == "":
		return &say.Error{Where: d.Short(), What: say.T("nobody would be answered by this canary", "没有任何请求会由该灰度版本回答"),
			Next: say.T("give a share up to 100%, callers, or a header", "请给出不超过 100% 的比例、调用者或请求头")}
	}
	if err := r.ready(); err != nil {
		return err
	}
	tr.Managed = true
	r.to(Canary, s)
	r.Rule, r.Stop = &rule, stop
	return nil
}

// Promote makes a release live.
func (tr *Track) Promote(d store.Digest, stop Signals, s Step) error {
	r := tr.know(d, s)
	if r.Stage == Live {
		return &say.Error{Where: d.Short(), What: say.T("this release is live", "该版本正在服务"), Next: say.T("suiren release list shows the others", "suiren release list 会列出其他版本")}
	}
	if err := r.ready(); err != nil {
		return err
	}
	tr.Managed = true
	tr.goLive(r, s)
	r.Stop = stop
	return nil
}

// Rollback ends the canaries or, if there are none, goes back to what was live
// before, which needs no check: it was live. It returns what has ended.
func (tr *Track) Rollback(s Step) ([]store.Digest, error) {
	var ended []store.Digest
	for _, r := range tr.Canaries() {
		r.to(Retired, s)
		ended = append(ended, r.Digest)
	}
	if ended != nil {
		tr.Managed = true
		return ended, nil
	}
	live := tr.Live()
	switch {
	case live == nil:
		return nil, &say.Error{What: say.T("no release is live: there is nothing to go back from", "没有正在服务的版本，无从回退"),
			Next: say.T("suiren release list shows what could be promoted", "suiren release list 会列出可上线的版本")}
	case live.Before.IsZero():
		return nil, &say.Error{What: say.T("%s is live, and there is nothing older to go back to", "正在服务的是 %s，没有更早的版本可回退", live.Digest.Short()),
			Next: say.T("to go to another one, choose it from suiren release list, then suiren release promote RELEASE", "要换用其他版本，请从 suiren release list 中选定，再运行 suiren release promote 版本")}
	}
	tr.Managed = true
	old := tr.know(live.Before, s)
	before := old.Before
	live.to(Retired, s)
	old.to(Live, s)
	old.Before = before
	return []store.Digest{live.Digest}, nil
}

// Retire has a release answer nobody any more. A candidate that is the newest is
// not served at the next start either: the owner has decided.
func (tr *Track) Retire(d store.Digest, s Step) error {
	r, live := tr.know(d, s), tr.Live()
	switch {
	case r.Stage == Retired:
		return &say.Error{Where: d.Short(), What: say.T("this release is retired", "该版本已下线"), Next: say.T("see suiren release list", "请查看 suiren release list")}
	case r.Stage == Live:
		return &say.Error{Where: d.Short(), Err: stage.ErrRefused, What: say.T("this release is live", "该版本正在服务"),
			Next: say.T("promote another one, or go back with suiren release rollback", "请让另一个版本上线，或用 suiren release rollback 回退")}
	}
	tr.Managed = tr.Managed || live != nil
	r.to(Retired, s)
	return nil
}
