package objective_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"suiren/engine/model"
	"suiren/engine/objective"
	"suiren/engine/weights"
)

// testdata/oracle/objective: losses and gradients of TRL's trainers.
const oracle = "../../testdata/oracle/objective"

// answers are six sequences, of which the first three are the chosen of pairs
// with the last three, and what TRL makes of them. The log-probabilities are
// those of the answers' tokens.
type answers struct {
	IDs            [][]int32
	Prompt         []int
	Tokens         int
	Now, Ref       [][]float64
	Old, Near      [][]float64
	Good           []bool
	KL             [2][]float64
	Advantages     []float64
	Cases          []oracleCase
	Models         map[string]float64
	DPO, KTO, GRPO map[string][]float32
}

type oracleCase struct {
	Kind, Form, Norm           string
	Beta, Smoothing, Low, High float64
	GoodWeight                 float64 `json:"good"`
	Bad                        float64
	Sequence                   bool
	KL                         [2][]float64
	Loss                       float64
	Grad                       [][]float64
}

func readAnswers(t *testing.T) *answers {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(oracle, "answers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var a answers
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return &a
}

// list returns the sums of sequences' log-probabilities.
func list(now, ref [][]float64) (list []objective.Answer) {
	for i := range now {
		list = append(list, objective.Answer{LogProb: sum(now[i]), Reference: sum(ref[i]), Tokens: len(now[i])})
	}
	return list
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

// mismatched returns answers of which only the sums are known.
func mismatched(kl [2][]float64) (list []objective.Answer) {
	for i := range kl[0] {
		list = append(list, objective.Answer{LogProb: kl[0][i], Reference: kl[1][i], Tokens: 1})
	}
	return list
}

var forms = map[string]objective.Form{"sigmoid": objective.Sigmoid, "sigmoid_norm": objective.Normalised, "ipo": objective.IPO}

// policy returns the settings of a case.
func (a *answers) policy(c *oracleCase) (objective.Policy, []objective.Rollout) {
	p := objective.Policy{Sequence: c.Sequence, Low: c.Low, High: c.High, Beta: c.Beta, Length: float64(a.Tokens)}
	p.Norm = map[string]objective.Norm{"grpo": objective.PerAnswer, "dapo": objective.AllTokens, "dr_grpo": objective.Constant}[c.Norm]
	old := a.Old
	if c.Sequence {
		old = a.Near
	}
	var rollouts []objective.Rollout
	for i := range a.Now {
		rollouts = append(rollouts, objective.Rollout{Now: a.Now[i], Old: old[i], Reference: a.Ref[i], Advantage: a.Advantages[i]})
	}
	return p, rollouts
}

// spread gives each token its answer's weight.
func spread(like [][]float64, each []float64) [][]float64 {
	w := make([][]float64, len(like))
	for i := range like {
		for range like[i] {
			w[i] = append(w[i], each[i])
		}
	}
	return w
}

func (a *answers) run(c *oracleCase) (loss float64, weight [][]float64) {
	all, each := list(a.Now, a.Ref), make([]float64, 6)
	switch c.Kind {
	case "dpo":
		p := objective.Preference{Form: forms[c.Form], Beta: c.Beta, Smoothing: c.Smoothing}
		loss = p.Loss(all[:3], all[3:], each[:3], each[3:])
	case "kto":
		k := objective.KTO{Beta: c.Beta, Good: c.GoodWeight, Bad: c.Bad}
		loss = k.Loss(all, a.Good, k.Baseline(mismatched(c.KL)), each)
	case "policy":
		p, rollouts := a.policy(c)
		weight = spread(a.Now, each)
		loss, _ = p.Loss(rollouts, weight)
		return loss, weight
	}
	return loss, spread(a.Now, each)
}

// Losses and gradients by log-probabilities are TRL's, computed in float64 by
// both.
func TestOracle(t *testing.T) {
	a := readAnswers(t)
	kinds := map[string]int{}
	for i := range a.Cases {
		c := &a.Cases[i]
		kinds[c.Kind]++
		loss, weight := a.run(c)
		if !(math.Abs(loss-c.Loss) <= 1e-6*math.Abs(c.Loss)) { // TRL sums IPO's and KTO's in part in float32
			t.Errorf("case %d (%s %s): loss %.9g, TRL %.9g", i, c.Kind, c.Form+c.Norm, loss, c.Loss)
		}
		size := 0.0
		for _, g := range c.Grad {
			for _, v := range g {
				size = max(size, math.Abs(v))
			}
		}
		if size == 0 {
			t.Errorf("case %d has no gradient", i)
		}
		for j, g := range c.Grad {
			if len(g) != len(weight[j]) {
				t.Fatalf("case %d: %d gradients of %d tokens", i, len(g), len(weight[j]))
			}
			for k, v := range g {
				if !(math.Abs(-weight[j][k]-v) <= 1e-6*size) {
					t.Errorf("case %d (%s %s), answer %d, token %d: gradient %.9g, TRL %.9g", i, c.Kind, c.Form+c.Norm, j, k, -weight[j][k], v)
				}
			}
		}
	}
	if kinds["dpo"] < 5 || kinds["kto"] < 3 || kinds["policy"] < 5 {
		t.Errorf("cases %v", kinds)
	}
}

// The weights make, by Accumulate, the gradients of a model's parameters that
// TRL's loss has through PyTorch's autograd.
func TestOracleModel(t *testing.T) {
	a := readAnswers(t)
	file, err := weights.OpenFile(filepath.Join(oracle, "answers.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p, arena, err := model.Load("../../testdata/oracle/qwen3/folder")
	if err != nil {
		t.Fatal(err)
	}
	defer arena.Close()
	tr, err := model.NewTrainer(p.Config, 2, p.Config.Context, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	copy(tr.Params.All, p.All)
	tr.Repack()

	// one row for each sequence
	rows := make([]model.Row, len(a.IDs))
	for i, ids := range a.IDs {
		rows[i] = model.Row{IDs: ids, Docs: []int{0, len(ids)}, Weight: make([]float32, len(ids))}
		for t := a.Prompt[i]; t < len(ids); t++ {
			rows[i].Weight[t] = 1
		}
	}
	_, each, _ := tr.LogProbs(t.Context(), rows)
	for i := range each {
		each[i] = each[i][a.Prompt[i]:]
		for k, want := range a.Now[i] {
			if math.Abs(each[i][k]-want) > 1e-4 {
				t.Fatalf("answer %d, token %d: log-probability %g, PyTorch %g", i, k, each[i][k], want)
			}
		}
	}
	now := a.Now
	for name, want := range a.Models {
		a.Now = each // our own log-probabilities from here on
		loss, weight := a.run(a.byModel(name))
		a.Now = now
		if !(math.Abs(loss-want) <= 1e-4*max(math.Abs(want), 0.1)) { // policy's is a difference of like numbers
			t.Errorf("%s: loss %.7g, TRL %.7g", name, loss, want)
		}
		for i := range rows {
			for k, w := range weight[i] {
				rows[i].Weight[a.Prompt[i]+k] = float32(w)
			}
		}
		clear(tr.Grads.All)
		tr.Accumulate(rows)
		for _, g := range tr.Grads.Tensors() {
			want := make([]float32, len(g.Data))
			if err := file.Read(name+"."+g.Name, want); err != nil {
				t.Fatal(err)
			}
			far, size := 0.0, 0.0
			for i := range want {
				far = max(far, math.Abs(float64(g.Data[i]-want[i])))
				size = max(size, math.Abs(float64(want[i])))
			}
			if !(far <= 1e-4*size) {
				t.Errorf("%s: gradient of %s is off by %.2g of %.3g", name, g.Name, far, size)
			}
		}
	}
}

// byModel returns the case that was run on the model.
func (a *answers) byModel(name string) *oracleCase {
	for i := range a.Cases { // the first of its kind
		if a.Cases[i].Kind == name {
			return &a.Cases[i]
		}
	}
	return nil
}
