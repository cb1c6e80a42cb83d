package guard

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"suiren/internal/say"
	"suiren/stage"
)

// drawn makes a report of random replies to random problems.
func drawn(t *rapid.T) (*exam, *Report) {
	x := &exam{report: &Report{Format: 1}}
	n := rapid.IntRange(1, 60).Draw(t, "problems")
	x.heldout = rapid.IntRange(1, n).Draw(t, "heldout")
	families := append([]string{"other", "zz"}, stage.Families...)
	for i := range n {
		x.problems = append(x.problems, stage.Problem{ID: fmt.Sprint(i), Family: rapid.SampledFrom(families).Draw(t, "family")})
	}
	roles := []string{Direct, Taught, "", Tutor}[rapid.IntRange(0, 3).Draw(t, "roles"):]
	for _, role := range roles {
		x.report.Models = append(x.report.Models, Model{Name: "a " + role, Role: role, FLOPs: 1e12})
		var list []given
		for range n {
			list = append(list, given{Right: rapid.Bool().Draw(t, "right"), Tokens: rapid.IntRange(0, 300).Draw(t, "tokens"),
				Finish: rapid.SampledFrom([]string{Stop, Stop, Stop, refused, "length"}).Draw(t, "finish")})
		}
		x.replies = append(x.replies, list)
	}
	if rapid.Bool().Draw(t, "rl") {
		x.rl = &rlFacts{Started: rapid.Bool().Draw(t, "started"), Steps: rapid.IntRange(0, 9).Draw(t, "steps"), RolledBack: rapid.SampledFrom([]string{"", "step 5: word", "%"}).Draw(t, "back")}
	}
	require := map[string]float64{}
	for _, key := range slices.Concat(needs, stage.Families) {
		if rapid.Bool().Draw(t, key) {
			require[key] = rapid.Float64Range(0, 1).Draw(t, "want "+key)
		}
	}
	x.judge(require)
	return x, x.report
}

// The numbers of a report agree with each other and with the replies, and its
// readers take it.
func TestReportAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, r := drawn(t)
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseReport(b); err != nil {
			t.Fatalf("its reader says: %v", err)
		}
		problems := 0
		for m := range r.Models {
			right, byFamily, tokens := 0, 0, 0.0
			for i := range x.heldout {
				if x.replies[m][i].Right {
					right++
				}
			}
			problems = 0
			for _, g := range r.Families {
				problems += g.Problems
				byFamily += g.Scores[m].Right
				tokens += g.Scores[m].Tokens * float64(g.Problems)
			}
			if s := r.Overall.Scores[m]; s.Right != right || byFamily != right || problems != x.heldout || abs(tokens/float64(problems)-s.Tokens) > 1e-3 {
				t.Fatalf("model %d: %+v, %d right, %d by family of %d problems, %v tokens", m, s, right, byFamily, problems, tokens)
			}
		}
		tutor := len(r.Models) - 1
		for _, c := range r.Changes {
			other := r.Model(c.Over)
			for i, p := range append([]Paired{c.Overall}, c.Families...) {
				g := r.Overall
				if i > 0 {
					g = r.Families[i-1]
				}
				a, b := g.Scores[tutor], g.Scores[other]
				if p.Name != g.Name || p.Both+p.Gained != a.Right || p.Both+p.Lost != b.Right || p.Both+p.Gained+p.Lost+p.Neither != g.Problems || abs(p.Value-(a.Accuracy-b.Accuracy)) > 2e-6 {
					t.Fatalf("over %s: %+v of %+v and %+v", c.Over, p, a, b)
				}
			}
		}
		for _, c := range r.Checks {
			if c.Got != nil && c.Name != "unseen" && c.OK != (*c.Got >= c.Want) && *c.Got+1e-4 < c.Want {
				t.Fatalf("%+v", c)
			}
			if r.Pass && !c.OK {
				t.Fatalf("passes without %s", c.Name)
			}
		}
		for _, s := range r.Said {
			if strings.Contains(s.En+s.Zh, "%!") || s.En == "" || s.Zh == "" || s.In(say.Chinese) != s.Zh {
				t.Fatalf("said %+v", s)
			}
		}
	})
}

func abs(x float64) float64 { return max(x, -x) }

// whole is a report that its reader takes.
const whole = `{"format":1,"pass":true,"checks":[{"name":"accuracy","want":0.9,"got":0.95,"ok":true}],
"scenario":"0000000000000000000000000000000000000000000000000000000000000001","policy":"0000000000000000000000000000000000000000000000000000000000000002",
"unseen":{"heldout":2,"length":1,"train":9,"watch":1,"seen":0,"keys":0,"wordings":0},
"models":[{"name":"taught","role":"taught","weights":"0000000000000000000000000000000000000000000000000000000000000003","think":true},
{"name":"tutor","role":"tutor","weights":"0000000000000000000000000000000000000000000000000000000000000004","think":true,"flops":2e13}],
"overall":{"name":"overall","problems":2,"scores":[{"right":1,"accuracy":0.5,"low":0.1,"high":0.9,"tokens":3},{"right":2,"accuracy":1,"low":0.34,"high":1,"tokens":3}]},
"families":[],"length":[{"name":"add","problems":1,"scores":[{"right":0,"accuracy":0,"low":0,"high":0.8,"tokens":3},{"right":0,"accuracy":0,"low":0,"high":0.8,"tokens":3}]}],
"changes":[{"over":"taught","overall":{"name":"overall","both":1,"gained":1,"lost":0,"neither":0,"value":0.5,"low":-0.2,"high":0.9},"families":[]}],
"said":[{"en":"100% right","zh":"全对"}]}`

func TestReadReport(t *testing.T) {
	dir := t.TempDir()
	put := func(text string) (*Report, error) {
		if err := os.WriteFile(filepath.Join(dir, "verdict.json"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return ReadReport(dir)
	}
	r, err := put(whole)
	if err != nil {
		t.Fatal(err)
	}
	if r.Model(Tutor) != 1 || r.Model(Direct) != -1 || r.Change(Taught).Overall.Gained != 1 || r.Change(Direct) != nil || r.Said[0].In(say.English) != "100% right" {
		t.Errorf("read %+v", r)
	}
	for _, c := range [][2]string{
		{`"format":1`, `"format":2`}, {`"ok":true`, `"ok":false`}, {`"pass":true`, `"pass":true,"passed":true`}, {`"name":"tutor"`, `"name":""`},
		{`"flops":2e13`, `"flops":-1`}, {`"flops":2e13`, `"flops":1e999`}, {`"right":2`, `"right":3`}, {`"low":0.34`, `"low":1.1`},
		{`"high":0.8,"tokens":3},`, `"high":0.8,"tokens":3},{"right":0,"accuracy":0,"low":0,"high":0.8,"tokens":3},`},
		{`"lost":0`, `"lost":-1`}, {`"low":-0.2`, `"low":-9`}, {`"value":0.5`, `"value":1`}, {`"families":[],`, `"families":{},`}, {`全对"}]}`, `全对"}]}{}`},
		{`000000001"`, `00000001"`}, {`"models":[`, `"models":[],"said":[`},
	} {
		bad := strings.Replace(whole, c[0], c[1], 1)
		if bad == whole {
			t.Fatalf("%s is not there", c[0])
		}
		if _, err := put(bad); err == nil || !strings.Contains(err.Error(), "verdict.json: this verdict cannot be read") {
			t.Errorf("%s for %s: %v", c[1], c[0], err)
		}
	}
	if _, err := put(strings.Repeat(" ", maxReport) + whole); err == nil || !strings.Contains(err.Error(), "larger") {
		t.Errorf("too large: %v", err)
	}
}

func FuzzReport(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(`{"format":1,"models":[{"name":"x"}],"overall":{"scores":[{}]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseReport(b)
		if err != nil {
			return
		}
		for _, g := range append([]Group{r.Overall}, append(r.Families, r.Length...)...) {
			for i := range r.Models {
				if s := g.Scores[i]; s.Low < 0 || s.High > 1 || s.Right > g.Problems {
					t.Errorf("%+v", s)
				}
			}
		}
		if i := r.Model(Tutor); i >= len(r.Models) {
			t.Error(i)
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseReport(again); err != nil {
			t.Errorf("written again, it is refused: %v", err)
		}
	})
}
