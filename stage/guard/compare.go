package guard

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"

	"suiren/internal/say"
	"suiren/stage"
)

// A Side is one of two releases that are compared: what answers, through the
// rails of its policy.
type Side struct {
	Name     string // for people
	Answerer Answerer
	Policy   *Policy
}

// A Comparison is what two releases made of the same questions. Shares and
// bounds are as in a Report; the value is the second's less the first's.
type Comparison struct {
	Format   int      `json:"format"` // 1
	First    string   `json:"first"`
	Second   string   `json:"second"`
	Scores   [2]Score `json:"scores"`
	Overall  Paired   `json:"overall"` // gained: only the second was right; of the questions that have a right answer
	Families []Paired `json:"families"`
	// Ended are replies that stopped by themselves, Allowed those that no policy
	// refused, of all questions.
	Ended   Paired `json:"ended"`
	Allowed Paired `json:"allowed"`
	Tokens  Mean   `json:"tokens"` // generated for a reply
	// P is the exact two-sided probability of McNemar's test (Psychometrika
	// 12:153–157, 1947): of so uneven a split of the questions that only one
	// got right, if neither were better.
	P       float64 `json:"p"`
	Outcome string  `json:"outcome"` // improved, regressed or same: where the interval lies
	Rows    []Row   `json:"rows"`
}

// A Mean is how two releases differ in a number, question by question: the second's
// mean less the first's, with its 95% interval by the normal distribution, which says
// little of fewer than 30 questions.
type Mean struct {
	First  float64 `json:"first"`
	Second float64 `json:"second"`
	Value  float64 `json:"value"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// A Row is one question with both replies.
type Row struct {
	ID     string `json:"id"`
	Family string `json:"family,omitempty"`
	Prompt string `json:"prompt"`
	Want   string `json:"want,omitempty"`
	Change string `json:"change"` // improved, regressed, same
	Equal  bool   `json:"equal"`  // word for word
	First  given  `json:"first"`
	Second given  `json:"second"`
}

// The outcomes.
const (
	Improved  = "improved"
	Regressed = "regressed"
	Same      = "same"
)

// Compare puts the same questions to two releases. done is called after each
// answer, by one goroutine at a time.
func Compare(ctx context.Context, a, b Side, problems []stage.Problem, done func()) (*Comparison, error) {
	x := &exam{problems: problems, heldout: len(problems)}
	for _, s := range []Side{b, a} { // paired counts for the first of them
		list, err := askAll(ctx, s.Answerer, s.Policy, problems, func(*given) { done() })
		if err != nil {
			return nil, err
		}
		for i := range list {
			list[i].Model = s.Name
		}
		x.replies = append(x.replies, list)
	}
	var judged []int
	for i := range problems {
		if problems[i].Answer != "" || problems[i].Verify != nil {
			judged = append(judged, i)
		}
	}
	c := &Comparison{Format: 1, First: a.Name, Second: b.Name, Overall: x.paired("overall", 0, 1, judged)}
	g := x.group("overall", judged)
	c.Scores = [2]Score{g.Scores[1], g.Scores[0]}
	every := make([]int, len(problems))
	for i := range every {
		every[i] = i
	}
	c.Ended = x.pairedBy("ended", 0, 1, every, func(g *given) bool { return g.Finish == Stop })
	c.Allowed = x.pairedBy("allowed", 0, 1, every, func(g *given) bool { return g.Finish != refused })
	c.Tokens = meanTokens(x.replies[1], x.replies[0])
	names, by := x.split(judged)
	for _, name := range names {
		c.Families = append(c.Families, x.paired(name, 0, 1, by[name]))
	}
	c.P = round(mcnemar(c.Overall.Gained, c.Overall.Lost))
	switch {
	case c.Overall.Low > 0:
		c.Outcome = Improved
	case c.Overall.High < 0:
		c.Outcome = Regressed
	default:
		c.Outcome = Same
	}
	for i := range problems {
		p, first, second := &problems[i], x.replies[1][i], x.replies[0][i]
		r := Row{ID: p.ID, Family: p.Family, Prompt: p.Prompt, Want: p.Answer, First: first, Second: second, Change: Same,
			Equal: first.Thought == second.Thought && first.Answer == second.Answer}
		switch {
		case second.Right && !first.Right:
			r.Change = Improved
		case first.Right && !second.Right:
			r.Change = Regressed
		}
		c.Rows = append(c.Rows, r)
	}
	return c, nil
}

// meanTokens compares what the replies of two releases took.
func meanTokens(first, second []given) Mean {
	n := float64(len(first))
	if n == 0 {
		return Mean{}
	}
	var sums [2]float64
	square := 0.0
	for i := range first {
		a, b := float64(first[i].Tokens), float64(second[i].Tokens)
		sums[0], sums[1] = sums[0]+a, sums[1]+b
	}
	value := (sums[1] - sums[0]) / n
	for i := range first {
		d := float64(second[i].Tokens) - float64(first[i].Tokens) - value
		square += float64(d * d)
	}
	half := 0.0
	if n > 1 {
		half = 1.96 * math.Sqrt(square/(n-1)/n)
	}
	return Mean{round(sums[0] / n), round(sums[1] / n), round(value), round(value - half), round(value + half)}
}

// mcnemar returns the exact two-sided probability that n coins of gained + lost
// fall as unevenly, or more so.
func mcnemar(gained, lost int) float64 {
	n, k := gained+lost, min(gained, lost)
	if n == 0 {
		return 1
	}
	p := 0.0
	for i := 0; i <= k; i++ {
		p += math.Exp(lchoose(n, i) - float64(n)*math.Ln2)
	}
	return min(1, 2*p)
}

func lchoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// A Parity says whether a scenario, opened to serve, gives the very replies
// that its verdict judged.
type Parity struct {
	Asked   int      `json:"asked"`
	Equal   int      `json:"equal"`
	Differs []string `json:"differs,omitempty"` // ids of the first few
}

// OK reports whether there was something to compare, and it was all equal.
func (p *Parity) OK() bool { return p.Asked > 0 && p.Equal == p.Asked }

// maxDiffers is how many differences are named.
const maxDiffers = 10

// Again asks the problems of a verdict's directory again, at most so many of
// them, spread over all, and compares the replies with those that it keeps.
func Again(ctx context.Context, verdict string, s Side, problems []stage.Problem, most int) (*Parity, error) {
	judged, err := tutorReplies(verdict)
	if err != nil {
		return nil, err
	}
	var chosen []stage.Problem
	step := max(1, len(problems)/max(1, most))
	for i := 0; i < len(problems) && len(chosen) < most; i += step {
		if _, ok := judged[problems[i].ID]; ok {
			chosen = append(chosen, problems[i])
		}
	}
	list, err := askAll(ctx, s.Answerer, s.Policy, chosen, func(*given) {})
	if err != nil {
		return nil, err
	}
	p := &Parity{Asked: len(chosen)}
	for i, g := range list {
		was := judged[chosen[i].ID]
		was.Model = ""
		if g == was {
			p.Equal++
		} else if len(p.Differs) < maxDiffers {
			p.Differs = append(p.Differs, chosen[i].ID)
		}
	}
	return p, nil
}

// tutorReplies reads the scenario's replies from a verdict's evidence, by id.
func tutorReplies(dir string) (map[string]given, error) {
	path := filepath.Join(dir, repliesFile)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	judged := map[string]given{}
	d := json.NewDecoder(bufio.NewReader(io.LimitReader(f, 1<<30)))
	for {
		var l line
		if err := d.Decode(&l); err == io.EOF {
			return judged, nil
		} else if err != nil {
			return nil, &say.Error{Where: path, Err: err, What: say.T("this is not the evidence of a verdict: %v", "这不是评测的证据：%v", err),
				Next: say.T("check the store with suiren store verify", "请用 suiren store verify 检查存储")}
		}
		if n := len(l.Replies); n > 0 {
			judged[l.ID] = l.Replies[n-1] // the tutor answers last
		}
	}
}
