package train

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"suiren/internal/say"
	"suiren/stage"
)

// series are the values of a metric in the order they were told.
func (b *bench) series(name string) (steps, vals []float64) {
	for _, e := range b.events {
		if v, ok := e.Vals[name]; ok && e.Type == "metric" {
			steps, vals = append(steps, e.Vals["step"]), append(vals, v)
		}
	}
	return steps, vals
}

// Watching tells a loss that falls, bits per byte and answers, and changes no byte.
func TestWatch(t *testing.T) {
	op, in := toySFT(t)
	plain := newBench(t, in)
	check(t, op.Run(context.Background(), plain.Job))
	in["watch"] = toyPart(t, toyProblems(1))
	b := newBench(t, in)
	check(t, op.Run(context.Background(), b.Job))
	if digest(t, b.Out) != digest(t, plain.Out) {
		t.Error("watching changed the weights")
	}
	steps, loss := b.series("watch_loss")
	_, bits := b.series("bits_per_byte")
	if len(loss) < watchLeast || len(loss) > watchLooks+1 || steps[len(steps)-1] != 150 || loss[len(loss)-1] > 0.1*loss[0] {
		t.Errorf("losses %v at %v", loss, steps)
	}
	// Each token is a byte but two of an answer of a+=0 and 0: </think> and <|im_end|> are none, as marks are no text. Both numbers speak of the same sum.
	for i := range bits {
		if r := bits[i] * math.Ln2 / loss[i]; math.Abs(r-7.0/5) > 1e-9 {
			t.Errorf("%g bits a byte at a loss of %g", bits[i], loss[i])
		}
	}
	samples := 0
	for _, e := range b.events {
		if e.Type == "sample" {
			samples++
			if !strings.Contains(e.Text.String(), "a+") && !strings.Contains(e.Text.String(), "b+") && !strings.Contains(e.Text.String(), "c+") {
				t.Errorf("sample %s", e.Text)
			}
		}
	}
	if samples < watchSamples || samples%watchSamples != 0 {
		t.Errorf("%d samples", samples)
	}
	// The curve is whole: two hundred points, or all.
	if steps, _ := b.series("loss"); len(steps) != 150 {
		t.Errorf("%d of 150 steps were told", len(steps))
	}
	if _, norms := b.series("norm"); len(norms) != 150 || norms[0] <= 0 {
		t.Errorf("norms %v", norms)
	}
}

// A speed is what was done since the last one was told, by the time that it took.
func TestMeter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		b.Machine.Peak = 1e9
		const steps, before = 400, 5e9 // operations of the base
		m := newMeter(b.Job, steps, before)
		for n := 1; n <= steps; n++ {
			time.Sleep(200 * time.Millisecond)
			m.step(n, float64(-n), 100, before+1e8*float64(n))
		}
		for name, want := range map[string]float64{"tokens_per_s": 500, "share_of_peak": 0.5} {
			at, vals := b.series(name)
			for i, v := range vals {
				if math.Abs(v-want) > 1e-9*want {
					t.Errorf("step %g: %s is %g, not %g", at[i], name, v, want)
				}
			}
			if len(vals) < steps/4 || at[len(at)-1] != steps {
				t.Errorf("%s was told at %v", name, at)
			}
		}
		at, loss := b.series("loss")
		for i := range at {
			if loss[i] != -at[i] {
				t.Errorf("at step %g a loss of %g", at[i], loss[i])
			}
		}
	})
}

// Chats are watched as problems are: the same examples in either form tell the
// same losses.
func TestWatchChats(t *testing.T) {
	op, in := toySFT(t)
	op.FLOPs = 1e8
	var losses [2][]float64
	problems := toyProblems(1)
	var chats []stage.Example
	for _, p := range problems {
		chats = append(chats, stage.Example{From: p.ID, Messages: []stage.Message{{Role: "user", Content: p.Prompt}, {Role: "assistant", Thought: p.Think, Content: p.Answer}}})
	}
	for i, dir := range []string{toyPart(t, problems), toyExamples(t, chats)} {
		in["watch"] = dir
		b := newBench(t, in)
		check(t, op.Run(context.Background(), b.Job))
		_, losses[i] = b.series("watch_loss")
	}
	if len(losses[0]) == 0 || !slices.Equal(losses[0], losses[1]) {
		t.Errorf("problems %v, chats %v", losses[0], losses[1])
	}
}

// What is learnt by heart does not help with what is watched: with patience
// the run stops early and keeps the best weights, interrupted or not.
func TestPatience(t *testing.T) {
	op, in := toySFT(t)
	other := toyProblems(1)
	for i := range other { // answers that no rule gives
		other[i].Answer = string(rune('0' + i*3%10))
		other[i].Think = other[i].Prompt + "=" + other[i].Answer
	}
	in["watch"] = toyPart(t, other)
	op.Watch = stage.Ref{Kind: "examples", Name: "x"}
	op.Patience = 1
	b := newBench(t, in)
	check(t, op.Run(context.Background(), b.Job))
	steps, loss := b.series("watch_loss")
	if last := steps[len(steps)-1]; last >= 150 {
		t.Fatalf("it went on to step %g: %v", last, loss)
	}
	f, err := readFacts(b.Out)
	check(t, err)
	want := stopFacts{Ended: int(steps[len(steps)-1]), Planned: 150, Loss: rounded(b.counted("held_loss"))} // of more than the looks are at
	for i := range loss {                                                                                   // the first of those that are as low
		if want.Kept == 0 && loss[i]*(1-better) <= slices.Min(loss) {
			want.Kept = int(steps[i])
		}
	}
	if f.Stop == nil || *f.Stop != want {
		t.Errorf("%+v, want %+v", f.Stop, want)
	}
	if n := b.notes(); len(n) != 2 || n[0] != "held-out loss every 50 steps, 3 times" || n[1] != f.Stop.text().String() || !strings.Contains(n[1], "ended after") {
		t.Errorf("notes %q", b.notes())
	}
	// The weights that were written have the loss that is told of them.
	made := newBench(t, map[string]string{"base": b.Out})
	s, err := openStudent(made.Job, own{}, 1)
	check(t, err)
	defer s.Close()
	check(t, s.readyFor(0))
	l := s.l
	w, err := newWriter(b.Out, l.Params.Config.Context)
	check(t, err)
	o, err := newLookout(made.Job, l, w, 1, 0)
	check(t, err)
	check(t, o.watchText(t.Context(), in["watch"], 2*toyContext, watchRows))
	kept, err := o.whole(t.Context())
	check(t, err)
	if rounded(kept) != f.Stop.Loss || want.Kept == want.Ended {
		t.Errorf("the weights of step %d have a loss of %g, not %g", f.Stop.Kept, kept, f.Stop.Loss)
	}
	resumed := newBench(t, in)
	for _, n := range []int{60, 45} {
		if err := op.Run(&countdown{context.Background(), n}, resumed.Job); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	check(t, op.Run(context.Background(), resumed.Job))
	if digest(t, b.Out) != digest(t, resumed.Out) {
		t.Error("other bytes after an interruption")
	}
	if errs := (&SFT{Depth: 1, From: someRows, Tokenizer: stage.Ref{Name: "x"}, Patience: 1}).Check(); len(errs) != 1 || errs[0].Where != "patience" {
		t.Errorf("patience without watch: %v", errs)
	}
}

// What is kept is of the last look that was lower by what counts, if in several; it is not said
// to be the lowest alone, which another line may tell of a later one.
func TestLowerByWhatCounts(t *testing.T) {
	var s sight
	for i, loss := range []float64{1, 0.99995, 0.99989, 0.99985} {
		if lower := s.saw(loss, i+1); lower != (i%2 == 0) {
			t.Errorf("%g after %+v: lower %t", loss, s, lower)
		}
	}
	if s.BestAt != 3 || s.Worse != 1 {
		t.Errorf("%+v", s)
	}
	for ended, want := range map[int][2]string{
		4: {"ended after step 4 of 9, as the loss on watch fell by 0.01% no more; kept the weights of step 3, where it was lowest to within as much: held-out loss 0.681", "观察集损失的下降不再达到 0.01%，训练在第 4 步（共 9 步）结束；保留其最低时（相差不到这一幅度）第 3 步的权重，留出损失 0.681"},
		9: {"kept the weights of step 3 of 9, where the loss on watch was lowest to within 0.01%: held-out loss 0.681", "保留观察集损失最低时（相差不到 0.01%）第 3 步（共 9 步）的权重，留出损失 0.681"},
	} {
		if text := (&stopFacts{s.BestAt, 0.681, ended, 9}).text(); text.In(say.English) != want[0] || text.In(say.Chinese) != want[1] {
			t.Errorf("%s, %s", text.In(say.English), text.In(say.Chinese))
		}
	}
}

// Of a long question so much is told that its answer is seen beside it.
func TestBrief(t *testing.T) {
	long := strings.Repeat("睡莲", questionRunes)
	for text, want := range map[string]string{"3+4": "3+4", long[:3*questionRunes]: long[:3*questionRunes], long: long[:3*(questionRunes-1)] + "…"} {
		if got := brief(text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A rate that ruins the base: the best of the ruins is told beside the base's own loss.
func TestRuined(t *testing.T) {
	said := func(text string) []stage.Message { return []stage.Message{{Role: "assistant", Content: text}} }
	var chats, others []stage.Example
	for i := range 24 {
		q := user("say " + string(rune('A'+i)))
		chats = append(chats, stage.Example{From: "c", Messages: append(q[:1:1], said("yes")...)})
		others = append(others, stage.Example{From: "o", Messages: append(q[:1:1], said("no! and that is all there is")...)})
	}
	ref := stage.Ref{Kind: "examples", Name: "x"}
	for _, ruin := range []bool{true, false} {
		op, in := &LoRA{Batch: 1, Epochs: 9, Rank: 2, Watch: ref, Patience: 100}, map[string]string{"base": archFolder("qwen2"), "examples": toyExamples(t, chats), "watch": toyExamples(t, chats)}
		if ruin {
			op.Rate, in["watch"] = 100, toyExamples(t, others)
		}
		b := newBench(t, in)
		check(t, op.Run(context.Background(), b.Job))
		told := false
		for _, e := range b.events {
			told = told || e.Type == "note" && strings.Contains(e.Text.In(say.English), "the base itself has a loss of") && strings.Contains(e.Text.In(say.Chinese), "基座自身")
		}
		if steps, loss := b.series("watch_loss"); told != ruin || steps[0] != 0 {
			t.Errorf("ruined %t: told %t; %v at %v", ruin, told, loss, steps)
		}
	}
}
