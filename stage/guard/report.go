package guard

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// A Report is verdict.json: what a verdict found. It holds no time and no
// machine, so it is the same bytes wherever it is made; Model.Weights joins it
// to the records of what the training took. Shares are 0 to 1, rounded to six
// decimals; Low and High bound 95% intervals.
type Report struct {
	Format   int           `json:"format"` // 1
	Pass     bool          `json:"pass"`   // every check holds
	Checks   []stage.Check `json:"checks"`
	Scenario store.Digest  `json:"scenario"` // of what was judged
	Policy   store.Digest  `json:"policy"`
	Unseen   Unseen        `json:"unseen"`
	Models   []Model       `json:"models"` // against in the plan's order, the tutor last
	Overall  Group         `json:"overall"`
	Families []Group       `json:"families"`
	Length   []Group       `json:"length"` // by family: problems longer than those that were taught
	Changes  []Change      `json:"changes"`
	Said     []Said        `json:"said"`
}

// Unseen counts what the proof read, and what it found. A problem counts in
// Keys and in Wordings if it does so on both grounds. Until revision 3 of the
// verdict, Train and Watch were of the examples that the problems are of,
// whatever the weights had learnt; Blocks is then 0.
type Unseen struct {
	Heldout  int      `json:"heldout"`
	Length   int      `json:"length"`
	Train    int      `json:"train"`              // questions that the weights learnt from; of a conversation each of its user's turns
	Watch    int      `json:"watch"`              // those by which it was chosen what to keep of the training
	Blocks   int      `json:"blocks,omitempty"`   // of examples that hold them
	Texts    int      `json:"texts,omitempty"`    // corpora that the weights learnt from: not compared
	Brought  int      `json:"brought,omitempty"`  // models that the weights go back to: what they had learnt is not known
	Seen     int      `json:"seen"`               // held-out and longer problems that training saw
	Keys     int      `json:"keys"`               // of them, by canonical key
	Wordings int      `json:"wordings"`           // of them, by words, signs and numbers, sorted where the answer is the same
	Examples []string `json:"examples,omitempty"` // the first few: what is asked, and where it stands if that is known

	at []int // of Examples, among the problems asked
}

// The roles of a model in a verdict.
const (
	Direct = "direct" // trained to answer without a thought, where the scenario's think: the control
	Taught = "taught" // trained to answer as the scenario's do, before reinforcement
	Coin   = "coin"   // reinforced by a coin in the place of the reward: the other control
	Tutor  = "tutor"  // the scenario itself
)

// A Model is one that answered.
type Model struct {
	Name        string       `json:"name"`           // its role, or what tells it from the others
	Role        string       `json:"role,omitempty"` // the first of its kind has it
	Weights     store.Digest `json:"weights"`
	Method      string       `json:"method,omitempty"` // of training: sft, grpo
	Think       bool         `json:"think"`
	Steps       int          `json:"steps,omitempty"`
	FLOPs       float64      `json:"flops,omitempty"`        // of training, its base's included; 0 if unknown
	SampleFLOPs float64      `json:"sample_flops,omitempty"` // of answers sampled during reinforcement
	Loss        float64      `json:"loss,omitempty"`
	Refused     int          `json:"refused,omitempty"` // replies that the policy refused
	Masked      int          `json:"masked,omitempty"`  // questions or answers that it changed
	Sourced     int          `json:"sourced,omitempty"` // replies that rest on documents
	Cut         int          `json:"cut,omitempty"`     // replies that did not end by themselves
}

// A Group is a set of problems and what each model made of it, in the order
// of the models.
type Group struct {
	Name     string  `json:"name"`
	Problems int     `json:"problems"`
	Scores   []Score `json:"scores"`
}

// A Score is one model's on one group.
type Score struct {
	Right    int     `json:"right"`
	Accuracy float64 `json:"accuracy"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Tokens   float64 `json:"tokens"` // mean of a reply, thought included
}

// A Change is how the tutor stands against another model on the same
// held-out problems, overall and by family.
type Change struct {
	Over     string   `json:"over"` // the other's role
	Overall  Paired   `json:"overall"`
	Families []Paired `json:"families"`
}

// Paired counts problems by which of the two models was right; Value is the
// tutor's accuracy less the other's.
type Paired struct {
	Name    string  `json:"name"`
	Both    int     `json:"both"`
	Gained  int     `json:"gained"` // only the tutor
	Lost    int     `json:"lost"`   // only the other
	Neither int     `json:"neither"`
	Value   float64 `json:"value"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
}

// Said is a sentence of the report.
type Said struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// In returns the sentence in lang.
func (s Said) In(lang say.Lang) string { return say.Text{En: s.En, Zh: s.Zh}.In(lang) }

// The files of a verdict artifact.
const (
	reportFile  = "verdict.json"
	repliesFile = "replies.jsonl" // the evidence: every problem and every reply to it
)

// Bounds of what verdict.json may hold.
const (
	maxReport = 8 << 20 // bytes
	maxModels = 64
	maxGroups = 1024
	maxSaid   = 1024
)

// Model returns the index of the model with a role, or -1.
func (r *Report) Model(role string) int {
	for i := range r.Models {
		if r.Models[i].Role == role {
			return i
		}
	}
	return -1
}

// Change returns how the tutor stands against the model with a role, or nil.
func (r *Report) Change(over string) *Change {
	for i := range r.Changes {
		if r.Changes[i].Over == over {
			return &r.Changes[i]
		}
	}
	return nil
}

// ReadReport reads the report in a verdict's directory. Errors name the file
// and what is wrong in it.
func ReadReport(dir string) (*Report, error) {
	path := filepath.Join(dir, reportFile)
	b, err := stage.ReadFile(path, maxReport)
	if err != nil {
		return nil, err
	}
	r, err := parseReport(b)
	if err != nil {
		return nil, &say.Error{Where: path, Err: err,
			What: say.T("this verdict cannot be read: %v", "无法读取这份评测：%v", err),
			Next: say.T("check the store with suiren store verify", "请用 suiren store verify 检查存储")}
	}
	return r, nil
}

// parseReport reads verdict.json. It believes nothing in it: what it returns
// can be shown without another look.
func parseReport(b []byte) (*Report, error) {
	var r Report
	if err := strict(b, &r); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return &r, nil
}

func (r *Report) check() error {
	switch {
	case r.Format != 1:
		return say.Errorf("its format is %d, and this program reads format 1", "格式版本是 %d，本程序只读版本 1", r.Format)
	case len(r.Models) == 0, len(r.Models) > maxModels, len(r.Checks) > maxGroups, len(r.Families) > maxGroups,
		len(r.Length) > maxGroups, len(r.Changes) > maxModels, len(r.Said) > maxSaid:
		return say.Errorf("it holds no model, or more of something than a verdict has", "没有任何模型，或某项数量超出评测的范围")
	}
	pass := true
	for _, c := range r.Checks {
		pass = pass && c.OK
	}
	if pass != r.Pass {
		return say.Errorf("its checks and its pass do not agree", "各项检查与结论不一致")
	}
	if u := &r.Unseen; min(u.Heldout, u.Length, u.Train, u.Watch, u.Blocks, u.Texts, u.Brought, u.Seen, u.Keys, u.Wordings) < 0 {
		return say.Errorf("the proof that the problems are unseen has a count below zero", "题目未见过的证明里有小于零的数")
	}
	for _, m := range r.Models {
		if m.Name == "" || m.Steps < 0 || m.FLOPs < 0 || m.SampleFLOPs < 0 || min(m.Refused, m.Masked, m.Sourced, m.Cut) < 0 {
			return say.Errorf("model %q has no name or a number below zero", "模型 %q 没有名称，或有小于零的数", m.Name)
		}
	}
	groups := append([]Group{r.Overall}, r.Families...)
	for _, g := range append(groups, r.Length...) {
		if err := g.check(len(r.Models)); err != nil {
			return err
		}
	}
	for _, c := range r.Changes {
		if len(c.Families) > maxGroups {
			return say.Errorf("a comparison has too many families", "对比中的题型过多")
		}
		for _, p := range append([]Paired{c.Overall}, c.Families...) {
			if min(p.Both, p.Gained, p.Lost, p.Neither) < 0 || p.Low > p.Value || p.Value > p.High || p.Low < -1.5 || p.High > 1.5 {
				return say.Errorf("the comparison of %q does not add up", "%q 的对比数据不自洽", p.Name)
			}
		}
	}
	return nil
}

func (g *Group) check(models int) error {
	if len(g.Scores) != models {
		return say.Errorf("group %q has %d scores for %d models", "题组 %q 有 %d 个得分，模型却有 %d 个", g.Name, len(g.Scores), models)
	}
	for _, s := range g.Scores {
		if s.Right < 0 || s.Right > g.Problems || s.Low < 0 || s.Low > s.Accuracy || s.Accuracy > s.High || s.High > 1 || s.Tokens < 0 {
			return say.Errorf("a score of group %q does not add up", "题组 %q 的得分不自洽", g.Name)
		}
	}
	return nil
}

// write writes verdict.json. It is read back first: a report that its
// readers would refuse is not written.
func (r *Report) write(dir string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	b = append(b, '\n')
	if _, err := parseReport(b); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, reportFile), b, 0o666)
}

// round keeps six decimals: more than an interval of any number of problems
// needs, and few enough to read.
func round(x float64) float64 { return math.Round(x*1e6)/1e6 + 0 } // + 0: no -0
