package main

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/guard"
	"suiren/stage/operate"
	"suiren/store"
)

// A releaseView is a release that was made, and how it stands.
type releaseView struct {
	Name    string    `json:"name"`
	Made    time.Time `json:"made"`
	Present bool      `json:"present"` // its files are still in the store
	Newest  bool      `json:"newest"`  // the last apply made it
	operate.Standing
}

// releases lists the releases of all names, the newest first, with the version of
// the tracks.
func (w *workspace) releases() (list []releaseView, version int64, err error) {
	all, version, err := operate.ReadTracks(w.st)
	if err != nil {
		return nil, 0, err
	}
	made, err := w.st.Of(store.Release)
	if err != nil {
		return nil, 0, err
	}
	blocks, err := w.st.Blocks()
	if err != nil {
		return nil, 0, err
	}
	for _, r := range made {
		if slices.ContainsFunc(list, func(v releaseView) bool { return v.Digest == r.Output && v.Name == r.Name }) {
			continue
		}
		v := releaseView{Name: r.Name, Made: r.Began, Standing: operate.Standing{Digest: r.Output, Stage: operate.Candidate}}
		_, err := w.st.Dir(r.Output)
		v.Present = err == nil
		v.Newest = slices.ContainsFunc(blocks, func(b store.Block) bool { return b.Kind == store.Release && b.Name == r.Name && b.Output == r.Output })
		if tr := all.Tracks[r.Name]; tr != nil {
			if s := tr.Find(r.Output); s != nil {
				v.Standing = *s
			}
		}
		list = append(list, v)
	}
	return list, version, nil
}

// release finds a release by the beginning of its digest, or the newest of a
// name.
func (w *workspace) release(ref string) (*releaseView, error) {
	list, _, err := w.releases()
	if err != nil {
		return nil, err
	}
	var found []*releaseView
	for i := range list {
		v := &list[i]
		if v.Name == ref && v.Newest || len(ref) >= 4 && strings.HasPrefix(v.Digest.String(), ref) {
			found = append(found, v)
		}
	}
	if len(found) != 1 {
		what := say.T("there is no release %q", "没有发布版本 %q", ref)
		if len(found) > 1 {
			what = say.T("%q could mean %d releases", "%q 可能指 %d 个发布版本", ref, len(found))
		}
		return nil, &say.Error{Where: w.st.Path(), What: what, Err: errUsage,
			Next: say.T("suiren release list shows their names and digests", "suiren release list 会列出名称和摘要")}
	}
	if !found[0].Present {
		return nil, &say.Error{Where: found[0].Digest.Short(), What: say.T("the files of this release are gone", "该发布版本的文件已被清理"),
			Next: say.T("make it again with suiren apply", "请用 suiren apply 重新制作")}
	}
	return found[0], nil
}

// A decision is what someone wants of the releases.
type decision struct {
	Release string   `json:"release,omitempty"` // a digest's beginning, or a name
	Share   float64  `json:"share,omitempty"`
	Callers []string `json:"callers,omitempty"`
	Tenants []string `json:"tenants,omitempty"`
	Header  string   `json:"header,omitempty"`
	Stop    string   `json:"stop,omitempty"` // errors=2%,slow=5s
	Why     string   `json:"why,omitempty"`
}

// maxWhy bounds the words of a decision, in bytes.
const maxWhy = 500

// decide carries out a decision: canary, promote, rollback or retire. It returns
// the version of the tracks from which it holds.
func (w *workspace) decide(by, action string, d decision, log func(action, subject string) error) (int64, error) {
	stop, err := operate.ParseSignals(d.Stop)
	if err != nil {
		return 0, err
	}
	if len(d.Why) > maxWhy {
		return 0, usage("why", say.T("the reason is longer than %d bytes", "理由超过 %d 字节", maxWhy), say.T("say it shorter", "请写短些"))
	}
	name, digest := d.Release, store.Digest{}
	if v, err := w.release(d.Release); err == nil {
		name, digest = v.Name, v.Digest
	} else if action != "rollback" {
		return 0, err
	}
	if action == "rollback" { // of a name, whichever of its releases was named
		digest = store.Digest{}
		if name, err = w.onlyTrack(name); err != nil {
			return 0, err
		}
	}
	var ended []store.Digest
	version, err := operate.ChangeTracks(w.st, func(all *operate.Tracks) (err error) {
		tr, step := all.Track(name), operate.Step{By: by, Why: d.Why, Now: time.Now()}
		switch action {
		case "canary":
			return tr.Canary(digest, operate.Rule{Share: d.Share, Callers: d.Callers, Tenants: d.Tenants, Header: d.Header}, stop, step)
		case "promote":
			return tr.Promote(digest, stop, step)
		case "rollback":
			ended, err = tr.Rollback(step)
			return err
		case "retire":
			return tr.Retire(digest, step)
		}
		return usage(action, say.T("this is nothing that can be done with a release", "不能对发布版本做这件事"),
			say.T("choose canary, promote, rollback or retire", "可选：canary、promote、rollback、retire"))
	})
	if err != nil {
		return 0, errors.Join(err, refusedStep(err, log, action, name, digest))
	}
	subject := name
	for _, e := range append(ended, digest) {
		if !e.IsZero() {
			subject += " " + e.String()
		}
	}
	if d.Why != "" {
		subject += " " + d.Why
	}
	return version, log("release."+action, subject)
}

// refusedStep writes down that a step was refused.
func refusedStep(err error, log func(action, subject string) error, action, name string, d store.Digest) error {
	if !errors.Is(err, stage.ErrRefused) {
		return nil
	}
	return log("release.refused", action+" "+name+" "+d.String())
}

// onlyTrack returns the name of the only track, or name if it has one.
func (w *workspace) onlyTrack(name string) (string, error) {
	all, _, err := operate.ReadTracks(w.st)
	if err != nil {
		return "", err
	}
	names := all.Names()
	if name == "" && len(names) == 1 {
		return names[0], nil
	}
	if !slices.Contains(names, name) {
		return "", usage(name, say.T("no release of this name was served", "没有服务过该名称的发布版本"), say.T("name one of %s", "请指明其中之一：%s", names))
	}
	return name, nil
}

// parityAsked is how many of a verdict's questions are asked again.
const parityAsked = 32

// check finds out what a release must be known for before it answers anybody, and
// keeps it.
func (w *workspace) check(ctx context.Context, by, ref string, machine stage.Machine) ([]operate.Checked, error) {
	v, err := w.release(ref)
	if err != nil {
		return nil, err
	}
	s, m, err := w.side(v, machine)
	if err != nil {
		return nil, err
	}
	defer s.Answerer.Close()
	now := time.Now().UTC()
	verdictDir, err := w.st.Dir(m.Verdict)
	if err != nil {
		return nil, err
	}
	pass, detail, err := m.Judged(verdictDir)
	if err != nil {
		return nil, err
	}
	list := []operate.Checked{{Name: "evaluation", OK: pass, Time: now, Detail: detail}}
	add := func(name string, ok bool, detail any) error {
		b, err := json.Marshal(detail)
		list = append(list, operate.Checked{Name: name, OK: ok, Time: now, Detail: b})
		return err
	}
	policyDir, err := w.st.Dir(m.Policy)
	if err != nil {
		return nil, err
	}
	trial, err := guard.TryPolicy(policyDir)
	if err != nil {
		return nil, err
	}
	if err := add("guard", trial.OK(), trial); err != nil {
		return nil, err
	}
	problems, err := w.problemsOf(m.Verdict)
	if err != nil {
		return nil, err
	}
	parity, err := guard.Again(ctx, verdictDir, *s, problems, parityAsked)
	if err != nil {
		return nil, err
	}
	if err := add("parity", parity.OK(), parity); err != nil {
		return nil, err
	}
	_, err = operate.ChangeTracks(w.st, func(all *operate.Tracks) error {
		all.Track(v.Name).Check(v.Digest, operate.Step{By: by, Now: now}, list...)
		return nil
	})
	return list, err
}

// side opens a release to be asked, as it is served.
func (w *workspace) side(v *releaseView, machine stage.Machine) (*guard.Side, *operate.Manifest, error) {
	dir, err := w.st.Dir(v.Digest)
	if err != nil {
		return nil, nil, err
	}
	m, err := operate.OpenRelease(dir)
	if err != nil {
		return nil, nil, err
	}
	policyDir, err := w.st.Dir(m.Policy)
	if err != nil {
		return nil, nil, err
	}
	policy, err := guard.Open(policyDir)
	if err != nil {
		return nil, nil, err
	}
	scenarioDir, err := w.st.Dir(m.Scenario)
	if err != nil {
		return nil, nil, err
	}
	s, err := w.openScenarioFixed(scenarioDir, machine, slots)
	if err != nil {
		return nil, nil, err
	}
	return &guard.Side{Name: v.Name + " " + v.Digest.Short(), Answerer: examinee{s}, Policy: policy}, m, nil
}

// problemsOf reads the problems that a verdict asked.
func (w *workspace) problemsOf(verdict store.Digest) ([]stage.Problem, error) {
	made, err := w.st.MadeBy(verdict)
	if err != nil {
		return nil, err
	}
	for _, r := range made {
		for _, in := range r.Inputs {
			if in.Arg != "problems" {
				continue
			}
			_, dir, err := w.st.Part(in.From, in.Part)
			if err != nil {
				return nil, err
			}
			return stage.ReadProblems(filepath.Join(dir, "heldout", "problems.jsonl"))
		}
	}
	return nil, &say.Error{Where: verdict.Short(), What: say.T("it is not known what this verdict asked", "无法得知该评测问了哪些题"),
		Next: say.T("make it again with suiren apply", "请用 suiren apply 重新制作")}
}
