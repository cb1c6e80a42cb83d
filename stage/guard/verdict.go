package guard

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// A Verdict is the operator that judges a scenario before it may be released:
// it proves that the test problems are not among the questions that the
// scenario's weights learnt from, as far as these are known, has every one answered as
// a user would have it answered, and compares with other weights that answer
// the same. It makes verdict.json, whatever the outcome; a release refuses
// one that does not pass.
type Verdict struct {
	Scenario stage.Ref          `plan:"scenario" kinds:"scenario"`
	Policy   stage.Ref          `plan:"policy" kinds:"policy"`
	Problems stage.Ref          `plan:"problems" kinds:"examples"` // all parts: only a verdict sees them all
	Against  []stage.Ref        `plan:"against,optional" kinds:"weights"`
	Require  map[string]float64 `plan:"require,optional"` // needs, and families of the problems

	// What the scenario's weights learnt from, through all that they were made of:
	// no arguments, the plan finds them.
	Taught  []stage.Ref `json:"-" plan:"-" behind:"scenario" kinds:"examples" part:"train"`
	Watched []stage.Ref `json:"-" plan:"-" behind:"scenario" kinds:"examples" part:"watch"` // what was kept of the training was chosen by them
	Texts   []stage.Ref `json:",omitempty" plan:"-" behind:"scenario" kinds:"corpus"`
	Brought []stage.Ref `json:",omitempty" plan:"-" behind:"scenario" kinds:"path"` // models of the owner's

	Open Opener `json:"-" plan:"-"` // never nil when Run is called
}

// Name, Revision and Out implement stage.Operator.
func (*Verdict) Name() string    { return "verdict" }
func (*Verdict) Revision() int   { return 9 }
func (*Verdict) Out() store.Kind { return store.Verdict }

// Check implements stage.Checker. Which families can be required the problems tell: see
// Forecast and Run.
func (v *Verdict) Check() []*say.Error {
	var list []*say.Error
	bad := func(what, next say.Text) {
		list = append(list, &say.Error{Where: "require", What: what, Next: next})
	}
	for _, key := range slices.Sorted(maps.Keys(v.Require)) {
		want := v.Require[key]
		switch {
		case key == stage.NeedUnseen:
			bad(say.T("a verdict always requires that nothing it asks was seen", "评测始终要求所问题目未曾见过"), say.T("leave %s out", "请删去 %s", key))
		case key == stage.NeedGain && !(want >= -1 && want <= 1), key != stage.NeedGain && !(want >= 0 && want <= 1):
			bad(say.T("%s cannot be %v", "%s 不能是 %v", key, want),
				say.T("give a share: 0.9 is 90 of 100 problems, a gain of 0.25 is 25 points", "请写成比例：0.9 表示 100 题对 90 题，gain = 0.25 表示高 25 个百分点"))
		case key == stage.NeedGain && len(v.Against) == 0:
			bad(say.T("a gain needs a model to be above", "gain 需要有对照模型"),
				say.T("name weights that were trained without thoughts in against", "请在 against 中写上不带思考训练的权重"))
		}
	}
	if len(v.Against) >= maxModels {
		list = append(list, &say.Error{Where: "against", What: say.T("%d models are more than a verdict compares", "%d 个模型超出评测可比较的数量", len(v.Against)),
			Next: say.T("keep fewer than %d", "请少于 %d 个", maxModels)})
	}
	return list
}

// What a forecast assumes where the steps before do not foretell it.
const (
	askedProblems = 1500 // held-out and longer ones
	askedTokens   = 90   // of a question, its thought and its answer
	askedParams   = 1e6
	// Share of the peak that answering reaches, at 2 FLOPs a parameter and
	// token. With 64 in flight on two busy cores, engine/infer reached 0.48 at
	// depth 4 and 0.25 at depth 8.
	askedLow, askedHigh = 0.1, 0.5

	// Seconds that the proof of "unseen" takes of what was learnt: of a generated
	// problem, and of a byte of the owner's text, the less the more of it answers
	// (BenchmarkProof). The watched are too few to count. 54,000 lessons took 0.41 s, where
	// a million parameters are foretold to answer 2,000 problems in 3 to 15 s.
	provedLow, provedHigh         = 5e-6, 20e-6
	provedByteLow, provedByteHigh = 10e-9, 60e-9

	// What the process holds beside weights and questions in flight, a MiB each: the tutor's verdict took 184 to 190 MiB in all.
	askingBytes = 108 << 20
)

// Forecast implements stage.Forecaster.
func (v *Verdict) Forecast(in map[string][]stage.Forecast, m stage.Machine) stage.Forecast {
	sizes := func(arg, name string, or float64) float64 {
		for _, f := range in[arg] {
			if s := f.Size[name]; s > 0 {
				return s
			}
		}
		return or
	}
	problems := sizes("problems", "heldout", 0) + sizes("problems", "length", 0)
	if problems == 0 {
		problems = askedProblems
	}
	models := float64(1 + len(v.Against))
	bytes := sizes("scenario", "bytes", 0) // of a model of the owner's, two a parameter, about
	params := sizes("scenario", "params", sizes("against", "params", max(bytes/2, askedParams)))
	work := 2 * params * problems * models * askedTokens
	weights := 16 * params
	switch {
	case bytes > 0:
		weights = 1.25 * bytes // served as it is
	case sizes("scenario", "brought", 0) > 0:
		weights = 1.25 * 4 * params // too, in no more than 32 bits
	}
	f := stage.Forecast{Memory: askingBytes + int64(weights) + inFlight<<20, Size: map[string]float64{"problems": problems}}
	for i := range in["problems"] {
		held := in["problems"][i]
		if held.Path != "" {
			held.Path = filepath.Join(held.Path, "heldout")
		}
		if bad := stage.NoProblems("problems", &held); bad != nil {
			f.Wrong = append(f.Wrong, bad)
		} else if families := foretoldFamilies(&in["problems"][i]); families != nil {
			f.Wrong = unasked(v.Require, families)
		}
	}
	if m.Peak > 0 {
		low, high := proving(in["taught"])
		f.Low, f.High = low+work/(m.Peak*askedHigh), high+work/(m.Peak*askedLow)
		f.Basis = say.T("%.0f problems × %.0f models × about %d tokens, at %.0f–%.0f%% of the measured %.0f GFLOP/s",
			"%.0f 题 × %.0f 个模型 × 约 %d 个词元，按实测峰值的 %.0f–%.0f%%（%.0f GFLOP/s）计", problems, models, askedTokens, 100*askedLow, 100*askedHigh, m.Peak/1e9)
		if high > 0 {
			f.Basis = say.T("%v, and the comparison with what was learnt", "%v，另加与所学内容的比较", f.Basis)
		}
	} else {
		f.Basis = say.T("the machine was not measured", "尚未测量本机性能")
	}
	return f
}

// proving foretells the seconds that it takes to compare what is asked with what
// was learnt.
func proving(taught []stage.Forecast) (low, high float64) {
	for _, f := range taught {
		if text := f.Size["text"]; text > 0 {
			low, high = low+text*provedByteLow, high+text*provedByteHigh
		} else {
			low, high = low+f.Size["problems"]*provedLow, high+f.Size["problems"]*provedHigh
		}
	}
	return low, high
}

// An exam is what a verdict asks, and whom.
type exam struct {
	job      *stage.Job
	policy   *Policy
	heldout  int             // of problems, the first; the rest is longer than what was taught
	problems []stage.Problem // held-out and longer ones
	report   *Report
	replies  [][]given // by model, by problem
	dirs     []string  // of the models' weights; the tutor's is the scenario's
	rl       *rlFacts  // of the tutor
	done     int
}

// Run implements stage.Operator.
func (v *Verdict) Run(ctx context.Context, job *stage.Job) error {
	if v.Open == nil {
		panic("guard: a Verdict without an Opener")
	}
	x := &exam{job: job, report: &Report{Format: 1}}
	if err := x.read(); err != nil {
		return err
	}
	var wrong []error // before the first question is asked: that takes long
	for _, e := range unasked(v.Require, familiesIn(x.problems[:x.heldout])) {
		wrong = append(wrong, e)
	}
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	if err := x.prove(len(v.Texts), len(v.Brought)); err != nil {
		return err
	}
	for i := range x.report.Models {
		list, err := x.ask(ctx, v.Open, i)
		if err != nil {
			return err
		}
		x.replies = append(x.replies, list)
	}
	x.judge(v.Require)
	if err := x.writeReplies(); err != nil {
		return err
	}
	return x.report.write(job.Out)
}

// read reads everything that is known before the first question.
func (x *exam) read() error {
	for _, in := range x.job.Inputs {
		switch in.Arg {
		case "scenario":
			x.report.Scenario = in.Digest
		case "policy":
			x.report.Policy = in.Digest
		}
	}
	var err error
	if x.policy, err = Open(x.job.Dir("policy")); err != nil {
		return err
	}
	if err := x.readProblems(); err != nil {
		return err
	}
	return x.readModels()
}

// readModels finds out who is asked: the weights of against, then the
// scenario. Names come from what the weights are and not from the plan: a
// renamed block leaves the verdict as it was.
func (x *exam) readModels() error {
	taken := map[string]bool{}
	add := func(digest store.Digest, dir, role string, f *facts) {
		m := Model{Weights: digest, Method: f.Method, Think: f.Think, Steps: f.Steps, FLOPs: f.FLOPs, Loss: f.Loss}
		if f.RL != nil {
			m.SampleFLOPs = f.RL.SampleFLOPs
		}
		if m.Name = role; role == "" || taken[role] {
			m.Name = fmt.Sprintf("%s %s", cmp.Or(role, f.Method), digest.Short())
		} else {
			m.Role, taken[role] = role, true
		}
		x.report.Models = append(x.report.Models, m)
		x.dirs = append(x.dirs, dir)
	}
	dir := x.job.Dir("scenario")
	var s struct{ Weights, Adapter store.Digest }
	if err := readJSON(filepath.Join(dir, "scenario.json"), &s); err != nil {
		return err
	}
	weights, err := x.job.Open(s.Weights)
	if err != nil {
		return fmt.Errorf("opening the scenario's weights: %w", err)
	}
	if !s.Adapter.IsZero() { // what was trained says what it is
		if weights, err = x.job.Open(s.Adapter); err != nil {
			return fmt.Errorf("opening the scenario's adapter: %w", err)
		}
	}
	served, err := readFacts(weights)
	if err != nil {
		return err
	}
	for _, in := range x.job.Inputs {
		if in.Arg != "against" {
			continue
		}
		f, err := readFacts(in.Dir)
		if err != nil {
			return err
		}
		role := Direct
		switch {
		case f.RL != nil && f.RL.Control != "":
			role = Coin
		case slices.Contains([]string{"grpo", "dpo", "kto", "distil"}, f.Method):
			role = "" // trained otherwise than by examples: the sentences do not speak of it
		case f.Think || !served.Think: // it answers as what is served does
			role = Taught
		}
		add(in.Digest, in.Dir, role, f)
	}
	x.rl = served.RL
	add(s.Weights, dir, Tutor, served)
	return nil
}

// ask has model i answer all problems, unless its replies are there from a
// run that was interrupted.
func (x *exam) ask(ctx context.Context, open Opener, i int) (list []given, err error) {
	m := &x.report.Models[i]
	what := say.T("%s answers", "%s作答", roleText(m))
	total := len(x.problems) * len(x.report.Models)
	progress := func() {
		x.job.Emit(stage.Event{Type: "progress", Done: float64(x.done), Total: float64(total), Unit: "problems", Text: &what})
	}
	progress()
	path := filepath.Join(x.job.Work, keptName(x.job.Inputs, m))
	if list := readKept(path, len(x.problems)); list != nil {
		x.done += len(list)
		progress()
		return list, nil
	}
	var a Answerer
	switch {
	case m.Role == Tutor:
		a, err = open.Scenario(x.job, x.dirs[i])
	case m.Think:
		a, err = open.Weights(x.job, x.dirs[i], x.job.Dir("scenario"), -1)
	default:
		a, err = open.Weights(x.job, x.dirs[i], x.job.Dir("scenario"), 0)
	}
	if err != nil {
		return nil, err
	}
	right, answered := 0, 0
	list, err = askAll(ctx, a, x.policy, x.problems, func(g *given) {
		x.done++
		if answered++; g.Right {
			right++
		}
		if answered%max(1, len(x.problems)/50) == 0 {
			progress()
			x.job.Emit(stage.Event{Type: "metric", Vals: map[string]float64{"accuracy": float64(right) / float64(answered)}})
		}
	})
	if err := errors.Join(err, a.Close()); err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Model = m.Name
	}
	return list, writeKept(path, list)
}

// A line of replies.jsonl is a problem and every model's reply to it.
type line struct {
	Part    string  `json:"part"` // heldout or length
	ID      string  `json:"id"`
	Family  string  `json:"family"`
	Lang    string  `json:"lang"`
	Level   int     `json:"level"`
	Prompt  string  `json:"prompt"`
	Want    string  `json:"want"`
	Replies []given `json:"replies"`
}

// writeReplies writes the evidence.
func (x *exam) writeReplies() (err error) {
	f, err := os.Create(filepath.Join(x.job.Out, repliesFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b := bufio.NewWriter(f)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for i := range x.problems {
		p := &x.problems[i]
		l := line{Part: "heldout", ID: p.ID, Family: p.Family, Lang: p.Lang, Level: p.Level, Prompt: p.Prompt, Want: p.Answer}
		if i >= x.heldout {
			l.Part = "length"
		}
		for _, list := range x.replies {
			l.Replies = append(l.Replies, list[i])
		}
		if err := e.Encode(&l); err != nil {
			return err
		}
	}
	return b.Flush()
}

// facts are what a verdict reads of a weights folder's suiren.json.
type facts struct {
	Method string   `json:"method"`
	Think  bool     `json:"think"`
	Steps  int      `json:"steps"`
	FLOPs  float64  `json:"flops"`
	Loss   float64  `json:"loss"`
	RL     *rlFacts `json:"rl"`
}

// rlFacts are what reinforcement says of itself.
type rlFacts struct {
	Pass        float64   `json:"pass_at_1"`
	Informative float64   `json:"informative"`
	Started     bool      `json:"started"`
	Steps       int       `json:"steps"` // kept
	Watched     []watched `json:"watched"`
	RolledBack  string    `json:"rolled_back"` // step 15: word
	Control     string    `json:"control"`     // random: the rewards were a coin
	SampleFLOPs float64   `json:"sample_flops"`
}

type watched struct {
	Step    int     `json:"step"`
	Overall float64 `json:"overall"`
}

// readFacts reads a weights folder's suiren.json. Weights from elsewhere have
// none, and are asked to think.
func readFacts(dir string) (*facts, error) {
	var f facts
	err := readJSON(filepath.Join(dir, "suiren.json"), &f)
	if errors.Is(err, fs.ErrNotExist) || err != nil && isFile(dir) { // a GGUF file
		return &facts{Think: true}, nil
	}
	if f.Steps < 0 || !(f.FLOPs >= 0 && f.FLOPs <= math.MaxFloat64) || f.RL != nil && !(f.RL.SampleFLOPs >= 0) {
		err = errors.Join(err, fmt.Errorf("%s: a count is below zero", dir))
	}
	return &f, err
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// readJSON reads a small JSON file that an operator of this program wrote.
func readJSON(path string, v any) error {
	b, err := stage.ReadFile(path, maxReport)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return &say.Error{Where: path, Err: err, What: say.T("cannot be read: %v", "无法读取：%v", err),
			Next: say.T("check the store with suiren store verify", "请用 suiren store verify 检查存储")}
	}
	return nil
}
