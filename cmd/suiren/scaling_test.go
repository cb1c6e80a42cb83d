package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/internal/terminal"
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
	warned := false // that three numbers fit three rungs whatever they are
	var foretold, outcome struct{ Loss, Foretold, Error, Flops float64 }
	for line := range bytes.Lines(out) {
		var v struct {
			Type, Step            string
			Text                  any
			Loss, Foretold, Error float64
			Flops                 float64
		}
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		switch v.Type {
		case "warning":
			text, _ := v.Text.(string)
			warned = strings.Contains(text, "three numbers")
		case "rung":
			losses = append(losses, v.Loss)
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
	if !warned {
		t.Error("nothing is said of a fit that is exact")
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
	out2 := filepath.Join(dir, "reports")
	again, err := program(append(args, "--out", out2)...).Output()
	if err != nil || bytes.Contains(again, []byte(`"begin"`)) {
		t.Errorf("made again: %v\n%s", err, again)
	}
	for _, name := range []string{"scaling.md", "scaling.zh-CN.md"} {
		b, err := os.ReadFile(filepath.Join(out2, name))
		if !bytes.Contains(b, []byte(map[bool]string{true: exactFit.En, false: exactFit.Zh}[name == "scaling.md"])) {
			t.Errorf("%s does not say that the fit is exact", name)
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
