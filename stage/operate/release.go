// Package operate holds what runs a released model: the release and its gate,
// the keys, the ledger of what was used, the traces of what was answered and
// the audit log.
package operate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// A Release is the operator that makes a release: one manifest with the
// digests of all that answers, so that all of it moves, and goes back,
// together. It refuses a scenario whose verdict does not pass.
type Release struct {
	Scenario stage.Ref `plan:"scenario" kinds:"scenario"`
	Policy   stage.Ref `plan:"policy" kinds:"policy"`
	Verdict  stage.Ref `plan:"verdict" kinds:"verdict"`
	// Limits bound what one caller may ask of it: see limits.
	Limits map[string]int `plan:"limits,optional" json:"Limits,omitempty"`
}

// The keys of limits.
const (
	LimitTokens = "tokens"  // of one answer, thought included
	LimitAtOnce = "at_once" // answers of one caller at a time
	LimitMinute = "minute"  // requests of one caller in a minute
)

var limits = []string{LimitTokens, LimitAtOnce, LimitMinute}

// Check implements stage.Checker.
func (r *Release) Check() (list []*say.Error) {
	for _, key := range slices.Sorted(maps.Keys(r.Limits)) {
		switch n := r.Limits[key]; {
		case !slices.Contains(limits, key):
			list = append(list, &say.Error{Where: "limits", What: say.T("a release has no limit %q", "发布版本没有 %q 这项限制", key),
				Next: say.T("choose among %s", "可选：%s", limits)})
		case n < 1:
			list = append(list, &say.Error{Where: "limits", What: say.T("%s cannot be %d", "%s 不能是 %d", key, n), Next: say.T("give a whole number from 1", "请写不小于 1 的整数")})
		}
	}
	return list
}

// Name, Revision and Out implement stage.Operator.
func (*Release) Name() string    { return "release" }
func (*Release) Revision() int   { return 1 }
func (*Release) Out() store.Kind { return store.Release }

// A Manifest is release.json.
type Manifest struct {
	Format    int          `json:"format"`         // 1
	Name      string       `json:"name,omitempty"` // of the scenario, if it has one
	Scenario  store.Digest `json:"scenario"`
	Weights   store.Digest `json:"weights"`
	Knowledge store.Digest `json:"knowledge,omitzero"`
	Policy    store.Digest `json:"policy"`
	Verdict   store.Digest `json:"verdict"`

	Limits map[string]int `json:"limits,omitempty"`
}

const manifestFile = "release.json"

// maxManifest bounds the JSON files that are read here.
const maxManifest = 64 << 20

// verdict is what a release asks of verdict.json.
type verdict struct {
	Pass     *bool         `json:"pass"`
	Checks   []stage.Check `json:"checks"`
	Scenario string        `json:"scenario"` // digests of what was judged, where the verdict names them
	Policy   string        `json:"policy"`
}

// Run implements stage.Operator.
func (r *Release) Run(_ context.Context, job *stage.Job) error {
	m := Manifest{Format: 1, Limits: r.Limits}
	for _, in := range job.Inputs {
		switch in.Arg {
		case "scenario":
			m.Scenario = in.Digest
		case "policy":
			m.Policy = in.Digest
		case "verdict":
			m.Verdict = in.Digest
		}
	}
	path := filepath.Join(job.Dir("verdict"), "verdict.json")
	b, err := stage.ReadFile(path, maxManifest)
	if err != nil {
		return err
	}
	if err := judge(path, b, &m); err != nil {
		return err
	}
	path = filepath.Join(job.Dir("scenario"), "scenario.json")
	if b, err = stage.ReadFile(path, maxManifest); err != nil {
		return err
	}
	if err := m.readScenario(path, b); err != nil {
		return err
	}
	if b, err = json.MarshalIndent(&m, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(job.Out, manifestFile), append(b, '\n'), 0o666)
}

// judge refuses the release unless verdict.json says in every word that it
// passes: silence is no.
func judge(path string, b []byte, m *Manifest) error {
	var v verdict
	if err := json.Unmarshal(b, &v); err != nil {
		return unreadable(path, err)
	}
	refuse := func(what, next say.Text) error {
		return &say.Error{Err: stage.ErrRefused, What: what, Next: say.T("%s; the verdict holds every reply", "%s；每条回答都在评测里", next)}
	}
	again := say.T("make the verdict again with suiren apply", "请用 suiren apply 重新评测")
	var what, next []say.Text
	for i := range v.Checks {
		if c := &v.Checks[i]; !c.OK {
			what = append(what, c.Text())
			if n := c.Next(); !slices.ContainsFunc(next, func(t say.Text) bool { return t.En == n.En }) {
				next = append(next, n)
			}
		}
	}
	switch {
	case len(what) > 0:
		return refuse(say.T("the release is refused, the verdict does not pass: %s", "发布被拒绝，评测未通过：%s", say.Join(what...)), say.Join(next...))
	case v.Pass == nil || !*v.Pass:
		return refuse(say.T("the release is refused, the verdict does not pass", "发布被拒绝，评测未通过"), again)
	case v.Scenario != "" && v.Scenario != m.Scenario.String():
		return refuse(say.T("the release is refused, the verdict is about another scenario", "发布被拒绝，评测针对的是另一个场景"), again)
	case v.Policy != "" && v.Policy != m.Policy.String():
		return refuse(say.T("the release is refused, the verdict is about another policy", "发布被拒绝，评测针对的是另一个策略"), again)
	}
	return nil
}

// Judged reads the verdict of a release again: whether it passes and is about
// this release, and what it checked.
func (m *Manifest) Judged(dir string) (pass bool, checks json.RawMessage, err error) {
	path := filepath.Join(dir, "verdict.json")
	b, err := stage.ReadFile(path, maxManifest)
	if err != nil {
		return false, nil, err
	}
	var v struct {
		Checks json.RawMessage `json:"checks"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return false, nil, unreadable(path, err)
	}
	var short bytes.Buffer
	if json.Compact(&short, v.Checks) == nil {
		v.Checks = short.Bytes()
	}
	err = judge(path, b, m)
	if errors.Is(err, stage.ErrRefused) {
		return false, v.Checks, nil
	}
	return err == nil, v.Checks, err
}

// readScenario takes what the manifest needs from scenario.json.
func (m *Manifest) readScenario(path string, b []byte) error {
	var s struct {
		Name      string `json:"name"`
		Weights   string `json:"weights"`
		Knowledge string `json:"knowledge"`
	}
	err := json.Unmarshal(b, &s)
	if err == nil {
		m.Name = s.Name
		m.Weights, err = store.ParseDigest(s.Weights)
	}
	if err == nil && s.Knowledge != "" {
		m.Knowledge, err = store.ParseDigest(s.Knowledge)
	}
	if err != nil {
		return unreadable(path, err)
	}
	return nil
}

// OpenRelease reads the manifest in a release's directory.
func OpenRelease(dir string) (*Manifest, error) {
	path := filepath.Join(dir, manifestFile)
	b, err := stage.ReadFile(path, maxManifest)
	if err != nil {
		return nil, err
	}
	m, err := parseManifest(b)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return m, nil
}

func parseManifest(b []byte) (*Manifest, error) {
	var m Manifest
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return nil, err
	}
	switch {
	case m.Format != 1:
		return nil, say.Errorf("its format is %d, and this program reads format 1", "格式版本是 %d，本程序只读版本 1", m.Format)
	case m.Scenario.IsZero(), m.Weights.IsZero(), m.Policy.IsZero(), m.Verdict.IsZero():
		return nil, say.Errorf("it does not name a scenario, weights, a policy and a verdict", "没有写全场景、权重、策略和评测")
	}
	return &m, nil
}

func unreadable(path string, err error) error {
	return &say.Error{Where: path, Err: err, What: say.T("cannot be read: %v", "无法读取：%v", err),
		Next: say.T("check the store with suiren store verify", "请用 suiren store verify 检查存储")}
}
