package train

import (
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/curve"
)

// What training found is told in both languages, each method's own and not
// its base's.
func TestFoundIn(t *testing.T) {
	rl := &rlFacts{Pass: 0.5, Any: 0.75, Informative: 0.25, Started: true, Steps: 4, Control: randomControl,
		Watched: []watched{{Step: 0, Overall: 0.25}, {Step: 4, Overall: 0.5}, {Step: 8, Overall: 0.375}}}
	for _, c := range []struct {
		f    facts
		says []string
	}{
		{facts{}, nil},
		{facts{Method: "sft", Steps: 156, Loss: 0.5, Stop: &stopFacts{78, 0.815, 156, 267}}, []string{"sft, 156 steps", "ended after step 156 of 267", "kept the weights of step 78", "0.815"}},
		{facts{Method: "lora", Stop: &stopFacts{20, 0.5, 20, 20}, Parity: &parity{Prompts: 8, Tokens: 285, Top: 1}}, []string{"kept the weights of step 20 of 20", "8 prompts of 285 tokens", "100.0%"}},
		{facts{Method: "grpo", RL: rl}, []string{"pass@1 0.500, pass@k 0.750, 25% of groups", "kept step 4 of 8: the watched problems from 25.0% to 50.0% right", "a coin"}},
		{facts{Method: "grpo", Steps: 2, RL: &rlFacts{}}, []string{"grpo, without a step of its own; 2 known before\n", "nothing to learn from"}},
		{facts{Method: "merge", Steps: 156, Loss: 0.5, RL: rl}, []string{"merge, without a step of its own; 156 known before\n"}},
		{facts{Method: "grpo", RL: &rlFacts{Started: true, Watched: []watched{{Overall: 0.25}}}}, []string{"grpo, no step of which is kept; 0 known before\n", "no step raised the watched problems above 25.0%"}},
		{facts{Method: "grpo", Steps: 7, Loss: 0.5, RL: &rlFacts{Started: true, Steps: 3, Watched: []watched{{Overall: 0.25}, {Step: 3, Overall: 0.5}}}}, []string{"grpo, 7 steps with those known of its base; mean loss of its last steps, 20 at most, 0.5\n"}},
		{facts{Method: "dpo", RL: rl, Preference: &preferenceFacts{Examples: 114, Right: 0.625}}, []string{"114 examples; 62.5%"}},
		{facts{Method: "lora", Left: &left{33, 35, 512}}, []string{"33 answers, longer than the base's 512 tokens with the conversation before"}},
		{facts{Method: "kto", Preference: &preferenceFacts{Examples: 2, Dropped: 1, labels: labels{Alike: "true"}}}, []string{"1 of 3 examples", "all labels are true"}},
		{facts{Method: "distil", Distil: &distilFacts{Asked: 8000, Kept: 7579}}, []string{"8000 problems, 7579 of them right"}},
	} {
		dir := t.TempDir()
		check(t, stage.WriteJSON(filepath.Join(dir, "suiren.json"), c.f))
		found, err := FoundIn(dir, c.f.Method, nil)
		check(t, err)
		all := ""
		for _, f := range found {
			for _, text := range []say.Text{f.Name, f.Text} {
				en, zh := text.In(say.English), text.In(say.Chinese)
				if en == zh || strings.Contains(en+zh, "%!") {
					t.Errorf("%q, %q", en, zh)
				}
			}
			all += f.Text.In(say.English) + "\n"
		}
		for _, want := range c.says {
			if !strings.Contains(all, want) {
				t.Errorf("%+v: not said %q in\n%s", c.f, want, all)
			}
		}
		if c.f.Method == "dpo" && strings.Contains(all, "pass@") || len(c.says) == 0 && all != "" {
			t.Errorf("%+v: said\n%s", c.f, all)
		}
	}
}

// The loss at the end is that of the last tenth of the steps, up to the weights that are kept,
// in what is shown as in what the doctor says; without a curve it is what is written down.
func TestLossAtEnd(t *testing.T) {
	falling := func(steps int) *curve.Curve {
		c := &curve.Curve{Info: curve.Info{Counts: map[string]float64{"epochs": 1, "rows": 40, "batch": 1}}}
		for i := range steps {
			c.Points = append(c.Points, curve.Point{Step: i + 1, Values: map[string]float64{"loss": float64(100 - i)}})
		}
		return c
	}
	for _, c := range []struct {
		f    facts
		c    *curve.Curve
		want string
	}{
		{facts{Method: "sft", Loss: 6.23}, falling(8), "20 at most, 6.23"}, // the curve ends before the run
		{facts{Method: "lora", Loss: 6.23, Stop: &stopFacts{Kept: 20, Ended: 40}}, falling(8), "20 at most, 6.23"},
		{facts{Method: "sft", Loss: 6.23}, falling(40), "loss at the end 62.5, "},
		{facts{Method: "lora", Loss: 6.23, Stop: &stopFacts{Kept: 20, Ended: 40}}, falling(40), "loss at the end 81.5, "},
		{facts{Method: "grpo", Loss: 6.23, RL: &rlFacts{Started: true}}, falling(40), "20 at most, 6.23"},
		{facts{Method: "sft", Loss: 6.23}, nil, "20 at most, 6.23"},
		{facts{Method: "sft", Loss: 6.23}, new(curve.Curve), "20 at most, 6.23"},
	} {
		if got := c.f.lossAtEnd(c.c); !strings.Contains(got.In(say.English), c.want) || got.In(say.Chinese) == got.In(say.English) {
			t.Errorf("%+v: %v, not %s", c.f, got, c.want)
		}
	}
	flat := falling(40)
	for i := range flat.Points {
		flat.Points[i].Values["loss"] = 5 - float64(i)/1000
	}
	shown, list := (&facts{Method: "sft"}).lossAtEnd(flat), Diagnose(flat)
	if len(list) != 1 || !strings.Contains(list[0].What.In(say.English), "the loss is 4.96 at the end") || !strings.Contains(shown.In(say.English), "at the end 4.96") {
		t.Errorf("shown %v; the doctor says %v", shown, list)
	}
}

// Bits per byte are told where they were measured.
func TestHeldOutBits(t *testing.T) {
	for _, tt := range []struct{ last, en, zh string }{
		{"low", "held-out loss 1.500 at step 20, its lowest; 0.750 bits per byte", "每字节 0.750 比特"},
		{"high", "held-out loss 3.500 at step 20, lowest 3.000 at step 10; 1.750 and 1.500 bits per byte", "每字节 1.750 和 1.500 比特"},
	} {
		c := new(curve.Curve)
		for i, v := range []float64{3, map[string]float64{"low": 1.5, "high": 3.5}[tt.last]} {
			c.Points = append(c.Points, curve.Point{Step: 10 * (i + 1), Values: map[string]float64{"watch_loss": v, "bits_per_byte": v / 2}})
		}
		if got := HeldOut(c); got.In(say.English) != tt.en || !strings.HasSuffix(got.In(say.Chinese), tt.zh) {
			t.Errorf("%v", got)
		}
	}
}

// What is watched is told with its lowest loss, which is the last of equal ones.
func TestHeldOut(t *testing.T) {
	for want, held := range map[string][]float64{"": nil, "held-out loss 2.500 at step 20, lowest 1.500 at step 10": {3, 1.5, 2.5}, "held-out loss 1.500 at step 20, its lowest": {3, 1.5, 1.5}} {
		c := &curve.Curve{Points: []curve.Point{{Step: 1, Values: map[string]float64{"loss": 4}}}}
		for i, v := range held {
			c.Points = append(c.Points, curve.Point{Step: 10 * i, Values: map[string]float64{"watch_loss": v}})
		}
		if got := HeldOut(c); got.In(say.English) != want || want != "" && !strings.Contains(got.In(say.Chinese), "第 20 步为 "+want[len("held-out loss "):][:5]) {
			t.Errorf("%v: %v", held, got)
		}
	}
}
