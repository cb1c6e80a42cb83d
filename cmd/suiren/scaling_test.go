package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage/curve"
)

const scalingPlan = `
examples "sums" {
  generate = "lessons"
  families = ["add"]
  count    = 3000
  heldout  = 100
}
tokenizer "bpe" {
  from  = [examples.sums]
  vocab = 300
}
tokens "rows" {
  from      = [examples.sums]
  tokenizer = tokenizer.bpe
  length    = 128
}
weights "base" {
  train     = "sft"
  from      = tokens.rows
  tokenizer = tokenizer.bpe
  depth     = 9
}
`

// A ladder of seconds: the law is that of the rungs, what is foretold stood
// before the next one was trained, and the loss falls from rung to rung.
func TestScaling(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "suiren.hcl"), []byte(scalingPlan), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"scaling", dir, "--depths", "3", "--minutes", "0.02", "-o", "jsonl"}
	out, err := program(args...).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var order []string
	begun := map[string]int{}
	var losses []float64
	warned, far := "", 0.0 // of three numbers for three rungs
	var foretold, outcome struct{ Loss, Foretold, Error, Flops float64 }
	for line := range bytes.Lines(out) {
		var v struct {
			Type, Step            string
			Text                  any
			Loss, Foretold, Error float64
			Flops, Fitted         float64
		}
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		switch v.Type {
		case "warning":
			warned, _ = v.Text.(string)
		case "rung":
			losses, far = append(losses, v.Loss), max(far, math.Abs(v.Fitted/v.Loss-1))
		case "foretold":
			order = append(order, v.Type)
			foretold.Loss, foretold.Flops = v.Loss, v.Flops
		case "begin":
			begun[v.Step]++
			if v.Step == "weights.depth-4" {
				order = append(order, v.Step)
			}
		case "outcome":
			outcome.Loss, outcome.Foretold, outcome.Error, outcome.Flops = v.Loss, v.Foretold, v.Error, v.Flops
		}
	}
	minds := map[bool]string{true: "goes through three rungs exactly", false: "no law of this form goes through these three rungs"}[far <= exactWithin]
	if !strings.Contains(warned, minds) {
		t.Errorf("of a fit that is %g off is said %q", far, warned)
	}
	for step, n := range begun {
		if n != 1 {
			t.Errorf("%s was made %d times", step, n)
		}
	}
	if len(order) != 2 || order[0] != "foretold" {
		t.Errorf("the order was %v", order)
	}
	if len(losses) != 3 || !(losses[0] > losses[1] && losses[1] > losses[2] && losses[2] > outcome.Loss) {
		t.Errorf("losses %.3f, then %.3f", losses, outcome.Loss)
	}
	if outcome.Foretold != foretold.Loss || math.Abs(outcome.Foretold/outcome.Loss-1-outcome.Error) > 1e-12 || math.Abs(outcome.Error) > 0.5 {
		t.Errorf("foretold %+v, outcome %+v", foretold, outcome)
	}
	f, err := os.Open(filepath.Join(dir, ".suiren", "scaling", "scaling.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 5 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if last, _ := strconv.ParseFloat(rows[4][4], 64); last != outcome.Loss {
		t.Errorf("the table ends with %v, the outcome is %v", rows[4], outcome.Loss)
	}
	if fitted, _ := strconv.ParseFloat(rows[4][5], 64); fitted != foretold.Loss {
		t.Errorf("the table ends with %v, foretold was %v", rows[4], foretold.Loss)
	}
	if bytes.Contains(out, []byte("the budget ends after")) {
		t.Error("a rung is told that its budget is small, which the ladder sets")
	}
	out2 := filepath.Join(dir, "reports")
	again, err := program(append(args, "--out", out2)...).Output()
	if err != nil || bytes.Contains(again, []byte(`"begin"`)) {
		t.Errorf("made again: %v\n%s", err, again)
	}
	for _, name := range []string{"scaling.md", "scaling.zh-CN.md"} {
		b, err := os.ReadFile(filepath.Join(out2, name))
		if zh := map[string]string{"goes through three rungs exactly": "正好穿过三档"}; name == "scaling.zh-CN.md" {
			minds = cmp.Or(zh[minds], "没有一条这种形式的规律能穿过这三档")
		}
		if !bytes.Contains(b, []byte(minds)) {
			t.Errorf("%s does not say %q", name, minds)
		}
		for _, x := range []float64{foretold.Loss, outcome.Loss, losses[2]} {
			if want := strconv.FormatFloat(x, 'f', 4, 64); err != nil || !bytes.Contains(b, []byte(want)) {
				t.Errorf("%s does not tell of %s: %v\n%s", name, want, err, b)
			}
		}
	}
}

// The terminal says what came of a ladder in words, on lines of 80 columns.
func TestScalingMeans(t *testing.T) {
	for _, c := range []struct {
		foretold float64
		lang     say.Lang
		want     string
	}{
		{1.52, say.English, "The law is the nearest of the three."}, {1.9, say.English, "no better than the\nsimpler ways."},
		{1.52, say.Chinese, "拟合的规律最接近。"}, {1.9, say.Chinese, "并不比更简单的办法准。"},
	} {
		var out strings.Builder
		a := &app{lang: c.lang, stdout: &out}
		a.showOutcome(&ladderReport{rungs: []rung{{loss: 2}, {loss: 1.8}, {depth: 3, loss: 1.5}}, foretold: c.foretold, straight: 1.6}, "scaling")
		for line := range strings.Lines(out.String()) {
			if n := terminal.Columns(line); n > 80 {
				t.Errorf("%d columns: %q", n, line)
			}
		}
		if !strings.Contains(out.String(), c.want) || !strings.Contains(out.String(), "+6.7%") || !strings.Contains(out.String(), "+20.0%") {
			t.Errorf("%v, foretold %g: %s", c.lang, c.foretold, out.String())
		}
	}
}

// A law that does not go through three rungs is not said to: of losses that fall
// ever faster there is none that does.
func TestScalingExact(t *testing.T) {
	for _, c := range []struct {
		losses []float64
		en, zh string
		off    bool
	}{
		{[]float64{4, 3, 2.5}, "goes through three rungs exactly", "正好穿过三档", false},
		{[]float64{4, 3.6, 2.5}, "no law of this form goes through these three rungs", "没有一条这种形式的规律能穿过这三档", true},
		{[]float64{4, 3, 2.5, 2.2}, "", "", false},
	} {
		var rungs []rung
		var compute []float64
		for i, l := range c.losses {
			compute = append(compute, math.Pow(10, float64(10+i)))
			rungs = append(rungs, rung{depth: i + 1, flops: compute[i], loss: l})
		}
		law, err := curve.FitPowerLaw(compute, c.losses)
		if err != nil {
			t.Fatal(err)
		}
		l := &ladderReport{depths: len(rungs), rungs: append(rungs, rung{depth: len(rungs) + 1, flops: 1e14, loss: 2}), law: law}
		far := 0.0
		for i := range compute {
			far = max(far, math.Abs(law.At(compute[i])/c.losses[i]-1))
		}
		text := l.exact()
		en, zh := text.In(say.English), text.In(say.Chinese)
		if !strings.Contains(en, c.en) || !strings.Contains(zh, c.zh) || text.IsZero() != (c.en == "") {
			t.Errorf("%v: %s %s", c.losses, en, zh)
		}
		if c.off && (law.E > 0.01 || far < 0.01 || !strings.Contains(en, fmt.Sprintf("up to %.1f%% off", 100*far)) || !strings.Contains(zh, fmt.Sprintf("%.1f%%", 100*far))) {
			t.Errorf("%v: %+v, %g off: %s %s", c.losses, law, far, en, zh)
		}
		var b strings.Builder
		a := &app{lang: say.English, screen: terminal.NewScreen(&b, false)}
		if a.warnExact(l); !strings.Contains(b.String(), en) || strings.Contains(string(l.text(0)), "Mind: "+en+".") != (c.en != "") || strings.Contains(string(l.text(1)), "注意："+zh+"。") != (c.en != "") {
			t.Errorf("%v: told %q, reports %s %s", c.losses, b.String(), l.text(0), l.text(1))
		}
	}
}
