package train

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"suiren/engine/model"
	"suiren/engine/objective"
	"suiren/engine/tensor"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/curve"
)

// diagnosed runs op and returns the codes of what the doctor finds in its curve.
func diagnosed(t *testing.T, op *SFT, in map[string]string) (codes []string, c *curve.Curve) {
	t.Helper()
	dir := t.TempDir()
	w := curve.New(dir, "")
	b := newBench(t, in)
	b.each = w.Event
	if err := op.Run(context.Background(), b.Job); err != nil {
		t.Log(err)
	}
	check(t, w.Close())
	c, err := curve.Read(dir)
	check(t, err)
	for _, f := range Diagnose(c) {
		codes = append(codes, f.Code)
		for _, text := range []say.Text{f.What, f.Next} {
			if en, zh := text.In(say.English), text.In(say.Chinese); strings.Contains(en, "%!") || strings.Contains(zh, "%!") || en == zh {
				t.Errorf("%s: %q, %q", f.Code, en, zh)
			}
		}
	}
	return codes, c
}

// maskRows are rows whose documents teach only what keep says.
func maskRows(t *testing.T, tokenizerDir string, one func(step uint64) (ids []int32, supervised int), n int) string {
	t.Helper()
	tok, err := tokenizer.Load(tokenizerDir)
	check(t, err)
	dir := t.TempDir()
	w, err := stage.NewRowWriter(dir, tok.Vocab(), 2*toyContext, true)
	check(t, err)
	for i := range n {
		ids, supervised := one(uint64(i))
		check(t, w.Add([]stage.RowDoc{{IDs: ids, Supervised: supervised}}))
	}
	_, err = w.Close()
	check(t, err)
	return dir
}

// Each fault is made on purpose, and found; a healthy run has none.
func TestDoctor(t *testing.T) {
	healthy, in := toySFT(t)
	random := func(supervised int) string {
		return maskRows(t, in["tokenizer"], func(row uint64) ([]int32, int) {
			ids := make([]int32, 2*toyContext)
			for i := range ids {
				ids[i] = int32(tensor.Rand(7, row, uint64(i)) % 94) // letters and signs, which the tokenizer writes so
			}
			return ids, supervised
		}, 600)
	}
	short, other := toyRows(t, in["tokenizer"], toyProblems(1)), toyProblems(1)
	for i := range other { // another rule: what is learnt by heart does not help
		other[i].Answer = string(rune('0' + i*3%10))
		other[i].Think = other[i].Prompt + "=" + other[i].Answer
	}
	for name, c := range map[string]struct {
		change func(op *SFT, in map[string]string)
		want   string
	}{
		"healthy":   {func(*SFT, map[string]string) {}, ""},
		"watched":   {func(_ *SFT, in map[string]string) { in["watch"] = toyPart(t, toyProblems(1)) }, ""},
		"rate-high": {func(op *SFT, _ map[string]string) { op.Rate = 100 }, "rate-high"},
		"rate-low":  {func(op *SFT, _ map[string]string) { op.Rate = 0.03 }, "rate-low"},
		"unlike":    {func(_ *SFT, in map[string]string) { in["watch"] = toyPart(t, other) }, "unlike"}, // the rows are read once
		"repeated":  {func(op *SFT, in map[string]string) { in["watch"], in["from"], op.Epochs = toyPart(t, other), short, 50 }, "repeated"},
		"nothing":   {func(op *SFT, in map[string]string) { in["from"] = random(1); op.Rate = 0.001 }, "nothing"},
		"mask":      {func(_ *SFT, in map[string]string) { in["from"] = random(2*toyContext - 1) }, "mask"},
	} {
		op, these := *healthy, map[string]string{"from": in["from"], "tokenizer": in["tokenizer"]}
		c.change(&op, these)
		codes, cv := diagnosed(t, &op, these)
		if c.want == "" && len(codes) > 0 || c.want != "" && !slices.Contains(codes, c.want) {
			_, loss := cv.Series("loss")
			_, held := cv.Series("watch_loss")
			s, m := noise(loss[len(loss)/2:])
			t.Errorf("%s: found %q; loss %.2f … %.2f, held out %.2f, noise %.2f of %.2f", name, codes, loss[0], mean64(loss[len(loss)-len(loss)/10:]), held, s, m)
		}
	}
}

// Data that was read again and again, until it is known by heart, is named
// where nothing is watched; once is not too often, whatever the loss.
func TestDoctorByHeart(t *testing.T) {
	op, in := toySFT(t)
	for times, want := range map[int]string{1: "", 100: "repeated"} {
		these := map[string]string{"from": toyRows(t, in["tokenizer"], toyProblems(100/times)), "tokenizer": in["tokenizer"]}
		op.Epochs = times
		codes, c := diagnosed(t, op, these)
		if _, loss := c.Series("loss"); strings.Join(codes, " ") != want || mean64(loss[len(loss)-5:]) > byHeart*loss[0] {
			t.Errorf("%d times: found %q; loss %.2f … %.3f", times, codes, loss[0], loss[len(loss)-1])
		}
	}
}

// A base that goes on with what it knows is well, though its small loss differs
// from batch to batch; one that forgets it is not.
func TestDoctorGoesOn(t *testing.T) {
	for _, c := range []struct {
		rise float64
		want string
	}{{0, ""}, {0.002, ""}, {0.05, "rate-high"}} {
		var cv curve.Curve
		cv.Counts = map[string]float64{"base_loss": 0.03, "own_words": 1, "epochs": 1}
		for i := range 100 {
			noise := 0.01 * (float64(tensor.Uniform(tensor.Rand(3, uint64(i), 0))) - 0.5)
			loss := 0.03 + noise + c.rise*float64(i)/10
			if i > 0 {
				loss += 0.01
			}
			cv.Points = append(cv.Points, curve.Point{Step: i + 1, Values: map[string]float64{"loss": loss, "rate": min(float64(i+1)/10, 1)}})
		}
		var codes []string
		for _, f := range Diagnose(&cv) {
			codes = append(codes, f.Code)
		}
		if got := strings.Join(codes, " "); got != c.want {
			t.Errorf("rising by %g: found %q, want %q", c.rise, got, c.want)
		}
	}
}

// A run that is too short, or of a kind that has no loss to judge, is not said to look well.
func TestDoctorUnjudged(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps int
		want  string
	}{{"loss", leastPoints - 1, "29 steps, and 30 are wanted"}, {"loss", leastPoints, ""}, {"reward", 100, "not judged"}, {"pass_at_1", 1, "not judged"}} {
		var cv curve.Curve
		for i := range c.steps {
			cv.Points = append(cv.Points, curve.Point{Step: i + 1, Values: map[string]float64{c.name: 5 - 0.1*float64(i)}})
		}
		if got := Unjudged(&cv).In(say.English); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%d steps of %s: %q", c.steps, c.name, got)
		}
	}
}

// What SFT itself does not do wrong: no warm-up, rows in words that the
// weights do not know, and one row a step where rows differ much.
func TestDoctorLoop(t *testing.T) {
	_, in := toySFT(t)
	open := func(dir string) *stage.Rows {
		rows, err := stage.OpenRows(dir)
		check(t, err)
		return rows
	}
	good := open(in["from"])
	mixed := open(maskRows(t, in["tokenizer"], func(row uint64) ([]int32, int) {
		ids := make([]int32, 2*toyContext)
		for i := range ids {
			if ids[i] = 5; row%3 == 0 {
				ids[i] = int32(tensor.Rand(7, row, uint64(i)) % 256)
			}
		}
		return ids, 1
	}, 300))
	random := open(maskRows(t, in["tokenizer"], func(row uint64) ([]int32, int) {
		ids := make([]int32, 2*toyContext)
		for i := range ids {
			ids[i] = int32(tensor.Rand(9, row, uint64(i)) % 256)
		}
		return ids, 1
	}, 300))
	cfg := (&SFT{Depth: 1}).config(good.Vocab(), good.Length())
	trained := func(l *Learner) { // as SFT trains the toy
		for n := range 100 {
			l.Accumulate(batchAt(good, n, 4))
			l.Learn(1)
		}
	}
	for want, c := range map[string]struct {
		rate   float64
		warmup int
		before func(*Learner)
		rows   *stage.Rows
		batch  int
	}{
		"":         {2, 10, nil, good, 4},
		"warmup":   {60, 1, nil, good, 4},
		"template": {1, 10, trained, random, 4},
		"noise":    {1, 10, nil, mixed, 1},
	} {
		l, err := newLearner(cfg, model.Training{Rows: 4, Length: good.Length(), Threads: 1}, recipe("", c.rate))
		check(t, err)
		l.Params.Init(1)
		l.Repack()
		if c.before != nil {
			c.before(l)
		}
		dir := t.TempDir()
		w := curve.New(dir, "")
		b := newBench(t, nil)
		b.each = w.Event
		b.Emit(stage.Event{Type: "count", Vals: map[string]float64{"vocab": float64(cfg.Vocab), "supervised": 0.5}})
		const steps = 100
		m := newMeter(b.Job, steps, 0)
		m.l = l
		for n := range steps {
			loss, _, _ := l.Accumulate(batchAt(c.rows, n, c.batch))
			if diverged(loss, n) != nil {
				break
			}
			l.Learn(min(1, float32(n+1)/float32(c.warmup)))
			m.step(n+1, loss, 1, 0)
		}
		l.Close()
		check(t, w.Close())
		cv, err := curve.Read(dir)
		check(t, err)
		var codes []string
		for _, f := range Diagnose(cv) {
			codes = append(codes, f.Code)
		}
		if want == "" && len(codes) > 0 || want != "" && !slices.Contains(codes, want) {
			_, loss := cv.Series("loss")
			s, mid := noise(loss[len(loss)/2:])
			t.Errorf("%s: found %q; loss %.2f %.2f; noise %.2f of %.2f", want, codes, loss[:min(12, len(loss))], loss[len(loss)-1], s, mid)
		}
	}
}

// Conversations cost a base that has read prose more at first than its text
// did: that is no fault while their words are its own.
func TestDoctorOwnWords(t *testing.T) {
	chat := func(text string) (*tokenizer.Tokenizer, *tokenizer.Chat) {
		tok, err := tokenizer.Train(slices.Values([]string{text}), 262+len(tokenizer.ChatSpecial), tokenizer.ChatSpecial)
		check(t, err)
		c, err := tokenizer.NewChat(tok)
		check(t, err)
		return tok, c
	}
	tok, ours := chat("the other thing that they gather")
	_, others := chat("one open door, no more stone")
	for own, c := range map[bool]*tokenizer.Chat{true: ours, false: others} {
		dir := t.TempDir()
		w, err := stage.NewRowWriter(dir, tok.Vocab(), 128, true)
		check(t, err)
		ids, supervised := c.Example(nil, "what do they gather there?", "", "the other stones, once more", true)
		check(t, w.Add([]stage.RowDoc{{IDs: ids, Supervised: supervised}}))
		_, err = w.Close()
		check(t, err)
		rows, err := stage.OpenRows(dir)
		check(t, err)
		if wrote(tok, rows) != own {
			t.Errorf("rows of the base's own tokenizer: %v, want %v", !own, own)
		}
		check(t, rows.Close())

		// above the base's loss, and above guessing evenly: 6.2
		for _, loss := range []float64{3, 13} {
			cv := &curve.Curve{Points: []curve.Point{{Step: 1, Values: map[string]float64{"loss": loss}}}}
			if cv.Counts = map[string]float64{"vocab": 512, "base_loss": 1}; own {
				cv.Counts["own_words"] = 1
			}
			if found := Diagnose(cv); len(found) > 0 == own {
				t.Errorf("own words %v, loss %g: found %v", own, loss, found)
			}
		}
	}
}

// A base that knows what it is shown has little left to learn: that is neither a
// rate too low nor nothing learnt.
func TestDoctorKnown(t *testing.T) {
	for _, base := range []float64{0, 0.003} {
		for _, fall := range []float64{0, 0.5} {
			c := &curve.Curve{}
			for i := range 60 {
				c.Points = append(c.Points, curve.Point{Step: i + 1, Values: map[string]float64{"loss": 0.01 * (1 - fall*float64(i)/60)}})
			}
			c.Counts = map[string]float64{"base_loss": base, "own_words": 1}
			if found := Diagnose(c); len(found) > 0 != (base == 0) {
				t.Errorf("base %g, fall %g: %v", base, fall, found)
			}
		}
	}
}

// Of a loss that fell by its noise alone, what is watched tells: next to nothing
// was learnt. A loss that falls, what is watched with it, and a base that knows
// all of it are no fault.
func TestDoctorStill(t *testing.T) {
	for _, x := range []struct {
		base, to, held float64 // of the base's own training; what is left of the loss, and of what is watched
		found          bool
	}{{4, 1, 0.9992, true}, {0, 1, 0.9992, true}, {0, 1, 1.01, true}, {4, 1, 0.98, false}, {4, 0.9, 0.9992, false}, {4, 1, 0.9939, true}, {5.2, 1, 0.9992, false}} {
		c := &curve.Curve{}
		for i := range 60 {
			part := float64(i) / 59
			v := map[string]float64{"loss": 5.24 * (1 + (x.to-1)*part)}
			if i == 0 {
				v["loss"] = 5.6 // a hard batch
			}
			if i%6 == 2 {
				v["watch_loss"] = 5.24 * (1 + (x.held-1)*part)
			}
			c.Points = append(c.Points, curve.Point{Step: i + 1, Values: v})
		}
		c.Counts = map[string]float64{"base_loss": x.base, "own_words": 1}
		list := Diagnose(c)
		if found := len(list) == 1 && list[0].Code == "nothing" && strings.Contains(list[0].What.In(say.English), "a loss of 5.2") && strings.Contains(list[0].What.In(say.Chinese), "第 3 步为 5.2"); found != x.found || !found && len(list) > 0 {
			t.Errorf("%+v: %v", x, list)
		}
	}
}

// A run that is far ahead of its reference knows its data by heart, or it had
// easier problems: if what was not trained on is known as well, there is no fault.
func TestDoctorAhead(t *testing.T) {
	for _, r := range curve.References() {
		c := &curve.Curve{}
		c.Counts = r.Counts
		for _, p := range r.Points {
			c.Points = append(c.Points, curve.Point{Step: p.Step, Values: map[string]float64{"loss": p.Values["loss"] / 4, "flops": p.Values["flops"]}})
		}
		for watched, want := range map[float64]bool{0: true, 9: true, 0.01: false} {
			if watched > 0 {
				c.Points[len(c.Points)-1].Values["watch_loss"] = watched
			}
			found := slices.ContainsFunc(Diagnose(c), func(f Finding) bool { return f.Code == "ahead" })
			if found != want {
				t.Errorf("%s: with a loss of %g on what is watched, found: %v", r.Name, watched, found)
			}
			delete(c.Points[len(c.Points)-1].Values, "watch_loss")
		}
	}
}

// Data that was repeated too often is found with patience, too, which is then not
// advised: it has kept the weights from before.
func TestDoctorPatience(t *testing.T) {
	for patience, advised := range map[float64]bool{0: true, 3: false} {
		c := &curve.Curve{}
		for i := range 60 {
			held := 1 + math.Abs(float64(i)-20)/20
			c.Points = append(c.Points, curve.Point{Step: i + 1, Values: map[string]float64{"loss": 3 - 0.04*float64(i), "watch_loss": held}})
		}
		c.Counts = map[string]float64{"patience": patience}
		found := Diagnose(c)
		i := slices.IndexFunc(found, func(f Finding) bool { return f.Code == "repeated" })
		if i < 0 || strings.Contains(found[i].Next.In(say.English), "set patience") != advised {
			t.Errorf("patience %g: %+v", patience, found)
		}
	}
}

// What healthy runs look like is no fault: wide random weights guess worse than
// evenly at first, a loss may rise for a few steps while the rate does; and no
// advice names what is set already.
func TestDoctorHealthy(t *testing.T) {
	falling := func(n int, rise float64) *curve.Curve {
		cv := new(curve.Curve)
		cv.Counts = map[string]float64{"vocab": 512, "supervised": 0.5}
		for i := range n {
			x := 6.0 / (1 + float64(i)/5)
			if i > 0 && i < 6 {
				x = 6 + rise
			}
			cv.Points = append(cv.Points, curve.Point{Step: i + 1, Values: map[string]float64{"loss": x, "rate": min(1, float64(i+1)/10)}})
		}
		return cv
	}
	codes := func(cv *curve.Curve) (list []string) {
		for _, f := range Diagnose(cv) {
			list = append(list, f.Code)
		}
		return list
	}
	wide := falling(1, 0)
	wide.Points[0].Values["loss"] = 9.6
	if got := codes(wide); !slices.Equal(got, []string{"template"}) {
		t.Errorf("over a base that is foreign: %v", got)
	}
	wide.Counts["layers"] = 10
	if got := codes(wide); len(got) > 0 {
		t.Errorf("of random weights: %v", got)
	}
	if got := codes(falling(60, 0.8)); len(got) > 0 {
		t.Errorf("of a rise that is over at once: %v", got)
	}
	stays := falling(60, 0.8)
	for i := 1; i < len(stays.Points); i++ {
		stays.Points[i].Values["loss"] = 7
	}
	if got := codes(stays); !slices.Contains(got, "rate-high") {
		t.Errorf("of a rise that stays: %v", got)
	}
	held := falling(60, 0)
	for i, x := range []float64{3, 2, 3, 4} {
		held.Points[15*i+14].Values["watch_loss"] = x
	}
	for patience, want := range map[float64]bool{0: true, 3: false} {
		held.Counts["patience"] = patience
		list := Diagnose(held)
		if len(list) != 1 || list[0].Code != "repeated" || strings.Contains(list[0].Next.In(say.English), "patience") != want || strings.Contains(list[0].Next.In(say.Chinese), "patience") != want {
			t.Errorf("patience %g: %v", patience, list)
		}
	}
}

// A rate far above the usual one is told by gradients that grow while the loss falls; one
// that the run bears is not, nor gradients that grow at the usual rate.
func TestDoctorBold(t *testing.T) {
	for _, c := range []struct {
		usual, norm float64
		want        bool
	}{{100, 4, true}, {100, 0.5, false}, {1, 4, false}, {10, 4, false}} {
		cv := new(curve.Curve)
		cv.Counts = map[string]float64{"vocab": 2000, "supervised": 1, "layers": 1, "of_usual_rate": c.usual}
		for i := range 131 {
			norm := 1.3
			if i > 12 {
				norm = c.norm
			}
			cv.Points = append(cv.Points, curve.Point{Step: i + 1, Values: map[string]float64{"loss": 5.4 + 2.3/(1+float64(i)/10), "norm": norm, "rate": min(1, float64(i+1)/13)}})
		}
		list := Diagnose(cv)
		if got := len(list) == 1 && list[0].Code == "rate-high" && strings.Contains(list[0].What.In(say.English), "100 times the usual one, and the gradients grew from 1.3 to 4"); got != c.want || !c.want && len(list) > 0 {
			t.Errorf("%+v: %v", c, list)
		}
	}
}

// A good answer is compared with every bad one, whatever both have in common.
func TestTold(t *testing.T) {
	list := func(gains ...float64) (list []objective.Answer) {
		for _, g := range gains {
			list = append(list, objective.Answer{LogProb: g - 7, Reference: -7})
		}
		return list
	}
	for _, c := range []struct {
		gains []float64
		good  []bool
		want  float64
	}{
		{[]float64{-11, -13, -11.5, -14}, []bool{true, false, true, false}, 1},
		{[]float64{1, 2}, []bool{true, false}, 0},
		{[]float64{3, 3, 4}, []bool{true, false, false}, 0.25},
		{[]float64{3, 4}, []bool{true, true}, 0.5},
		{nil, nil, 0.5},
	} {
		if got := told(list(c.gains...), c.good); got != c.want {
			t.Errorf("%v, %v: %g, want %g", c.gains, c.good, got, c.want)
		}
	}
}

// That watched questions are learnt is told of any curve, however short, and where none is it is not.
func TestDiagnoseSeen(t *testing.T) {
	for n, want := range map[float64]string{0: "", 2: "2 of the 3 watched questions are learnt, too, "} {
		c := new(curve.Curve)
		c.Counts = map[string]float64{"watch_learnt": n, "watch_questions": 3}
		list, text := Diagnose(c), AlsoLearnt(c)
		if (len(list) == 1 && list[0].Code == "seen") != (n > 0) || text.IsZero() != (n == 0) || !strings.HasPrefix(text.In(say.English), want) {
			t.Errorf("%g: %v, %v", n, list, text)
		}
		if zh := text.In(say.Chinese); n > 0 && !strings.HasPrefix(zh, "3 个观察问题中有 2 个") {
			t.Error(zh)
		}
	}
}
