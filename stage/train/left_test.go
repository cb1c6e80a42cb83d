package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/curve"
)

// What a run leaves out it says, once, in both languages, and the weights go on
// saying it; a run that reads everything says nothing of it.
func TestLeftOut(t *testing.T) {
	_, in := toyBase(t)
	long := strings.Repeat("1", 3*toyContext)
	chat := func(answer string) stage.Example {
		return stage.Example{From: "c", Messages: append(user("a+"), stage.Message{Role: "assistant", Content: answer})}
	}
	chats, pairs, labels := []stage.Example{chat("7"), chat("8")}, toyPairs(1)[:2], toyLabels(1)[:2]
	longPair, longLabel := pairs[0], labels[0]
	longPair.Rejected = []stage.Message{{Role: "assistant", Content: long}}
	longLabel.Messages = chat(long).Messages
	const examples = "3 of 5 examples, longer than the base's context"
	for arg, c := range map[string]struct {
		op        stage.Operator
		fit, over []stage.Example
		told      string
		en, zh    string // shown
	}{
		"examples": {&LoRA{Batch: 2, Rank: 2}, chats, []stage.Example{chat(long), chat(long + "2"), chat(long + "3")},
			fmt.Sprintf("3 of 5 answers, longer than the base's %d tokens with the conversation before; of 3 of 5 conversations no answer is learnt", 2*toyContext),
			fmt.Sprintf("3 answers, longer than the base's %d tokens with the conversation before", 2*toyContext), fmt.Sprintf("3 个回答，连同前文超过基座的 %d 个词元", 2*toyContext)},
		"pairs":  {&DPO{Batch: 2}, pairs, []stage.Example{longPair, longPair, longPair}, examples, examples, "5 条样例中的 3 条，超过基座的上下文"},
		"labels": {&KTO{Batch: 2}, labels, []stage.Example{longLabel, longLabel, longLabel}, examples, examples, "5 条样例中的 3 条，超过基座的上下文"},
	} {
		for _, over := range [][]stage.Example{nil, c.over} {
			b := newBench(t, map[string]string{"base": in["base"], arg: toyExamples(t, slices.Concat(c.fit, over))})
			check(t, c.op.Run(context.Background(), b.Job))
			found, err := FoundIn(b.Out, c.op.Name(), nil)
			check(t, err)
			var told, shown int
			for _, note := range b.notes() {
				if note == "left out: "+c.told {
					told++
				}
			}
			for _, f := range found {
				if f.Text.In(say.English) == c.en && f.Text.In(say.Chinese) == c.zh {
					shown++
				}
			}
			if want := min(len(over), 1); told != want || shown != want || strings.Contains(strings.Join(b.notes(), "\n"), "longer") != (want == 1) {
				t.Errorf("%s: of %d that are too long: notes %q, shown %v", arg, len(over), b.notes(), found)
			}
		}
		// Of those that are all too long the block is named, and no path.
		b := newBench(t, map[string]string{"base": in["base"], arg: toyExamples(t, c.over)})
		for i := range b.Inputs {
			if b.Inputs[i].Arg == arg {
				b.Inputs[i].Ref = stage.Ref{Kind: "examples", Name: "mine"}
			}
		}
		e, ok := errors.AsType[*say.Error](c.op.Run(context.Background(), b.Job))
		if !ok || e.Where != arg || e.Next.IsZero() {
			t.Fatalf("%s: %v", arg, e)
		}
		for _, lang := range []say.Lang{say.English, say.Chinese} {
			if text := e.In(lang); !strings.Contains(text, "examples.mine") || strings.Contains(text, filepath.Dir(b.Inputs[0].Dir)) {
				t.Errorf("%s: %s", arg, text)
			}
		}
	}
	// Where some are watched and all of them are too long, that is said.
	for arg, op := range map[string]stage.Operator{"pairs": &DPO{}, "labels": &KTO{}} {
		fit, over := pairs, longPair
		if arg == "labels" {
			fit, over = labels, longLabel
		}
		b := newBench(t, map[string]string{"base": in["base"], arg: toyExamples(t, fit), "watch": toyExamples(t, []stage.Example{over})})
		if e, ok := errors.AsType[*say.Error](op.Run(context.Background(), b.Job)); !ok || e.Where != "watch" || !strings.Contains(e.In(say.English), "longer than the base's") {
			t.Errorf("%s: %v", arg, e)
		}
	}
}

// Earlier answers of a conversation are learnt though the last is too long, and answers are counted,
// not their conversations; a plan says so before, where it knows the base's words and they are not few.
func TestLeftTurns(t *testing.T) {
	_, in := toyBase(t)
	long := strings.Repeat("1", 3*toyContext)
	chat := func(answers ...string) (e stage.Example) {
		for _, a := range answers {
			e.Messages = append(append(e.Messages, user("a+")...), stage.Message{Role: "assistant", Content: a})
		}
		return e
	}
	pair := func(answer string) stage.Example {
		return stage.Example{Prompt: user("a+"), Chosen: []stage.Message{{Role: "assistant", Content: "7"}}, Rejected: []stage.Message{{Role: "assistant", Content: answer}}}
	}
	yes := true
	label := func(answer string) stage.Example {
		e := chat(answer)
		e.Label = &yes
		return e
	}
	few := []stage.Example{chat("7", "8"), chat("7", "8", long)}
	b := newBench(t, map[string]string{"base": in["base"], "examples": toyExamples(t, few)})
	check(t, (&LoRA{Batch: 2, Rank: 2}).Run(context.Background(), b.Job))
	room := fmt.Sprintf("longer than the base's %d tokens with the conversation before", 2*toyContext)
	if list := b.notes(); !slices.Contains(list, "left out: 1 of 5 answers, "+room) {
		t.Errorf("%q", list)
	}
	for _, c := range []struct {
		arg      string
		op       stage.Forecaster
		fit, not stage.Example
		want     string
	}{
		{"examples", &LoRA{Batch: 2, Rank: 2}, chat("7", "8"), chat("7", "8", long), "left out: about %d of 200 answers, " + room},
		{"pairs", &DPO{Batch: 2}, pair("8"), pair(long), "left out: about %d of 100 examples, longer than the base's context"},
		{"labels", &KTO{Batch: 2}, label("8"), label(long), "left out: about %d of 100 examples, longer than the base's context"},
	} {
		for _, n := range []int{0, 2, 40} {
			list := slices.Repeat([]stage.Example{c.fit}, 100-n)
			if c.arg == "examples" {
				list = list[n/2:] // 200 answers in all
			}
			list = append(list, slices.Repeat([]stage.Example{c.not}, n)...)
			want := ""
			if n > 2 {
				want = fmt.Sprintf(c.want, n)
			}
			for what, f := range map[string]stage.Forecast{"made": {Path: toyExamples(t, list)}, "to be made": {Sample: list, Whole: true, Size: map[string]float64{"examples": float64(len(list))}}} {
				got := c.op.Forecast(map[string][]stage.Forecast{c.arg: {f}, "base": {{Path: in["base"]}}}, stage.Machine{}).Derived
				if en := got.In(say.English); strings.Contains(en, "left out") != (want != "") || !strings.Contains(en, want) || strings.Contains(got.In(say.Chinese), "略去") != (want != "") {
					t.Errorf("%s, %s, %d too long: %s", c.arg, what, n, en)
				}
			}
			unknown := stage.Forecast{Sample: list, Size: map[string]float64{"examples": float64(len(list))}}
			if got := c.op.Forecast(map[string][]stage.Forecast{c.arg: {unknown}, "base": {{}}}, stage.Machine{}).Derived; strings.Contains(got.In(say.English), "left out") {
				t.Errorf("%s: over a base that is not known: %v", c.arg, got)
			}
		}
	}
}

// What is watched comes from all over the file, whatever stands at its beginning and whoever
// takes turns, and what is not watched is told.
func TestWatchedOf(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 65, 128, 341, 100_000} {
		list := spread(n, watchPairs)
		odd := 0
		for i, at := range list {
			if at < i*n/len(list) || at >= (i+1)*n/len(list) {
				t.Errorf("of %d: %d is the %dth", n, at, i)
			}
			odd += at % 2
		}
		if len(list) != min(n, watchPairs) || n >= watchPairs && (odd < 20 || odd > 44) {
			t.Errorf("of %d: %d, %d of them odd", n, len(list), odd)
		}
	}
	_, in := toyBase(t)
	long := []stage.Message{{Role: "assistant", Content: strings.Repeat("1", 3*toyContext)}}
	pair, label := toyPairs(1)[0], toyLabels(1)[0]
	longPair, longLabel := pair, label
	longPair.Rejected, longLabel.Messages = long, slices.Concat(label.Messages[:len(label.Messages)-1], long)
	for _, c := range []struct {
		fit, over int
		want      string // behind "watched: "; of answers there are as many
	}{
		{4, 0, ""}, {6, 7, "6 of 13 pairs; 7 are longer than the context"}, {70, 0, "64 of 70 pairs, from all over them"}, {70, 1, "64 of 71 pairs, from all over them; 1 is longer than the context"},
	} {
		for arg, op := range map[string]stage.Operator{"pairs": &DPO{Batch: 2}, "labels": &KTO{Batch: 2}} {
			fit, over, want := pair, longPair, c.want
			if arg == "labels" {
				fit, over, want = label, longLabel, strings.Replace(c.want, "pairs", "answers", 1)
			}
			b := newBench(t, map[string]string{"base": in["base"], arg: toyExamples(t, []stage.Example{fit, fit}),
				"watch": toyExamples(t, slices.Concat(slices.Repeat([]stage.Example{fit}, c.fit), slices.Repeat([]stage.Example{over}, c.over)))})
			check(t, op.Run(t.Context(), b.Job))
			told := slices.DeleteFunc(b.notes(), func(n string) bool { return !strings.HasPrefix(n, "watched: ") })
			if want == "" && len(told) > 0 || want != "" && !slices.Equal(told, []string{"watched: " + want}) {
				t.Errorf("%s: %q, want %q", arg, told, want)
			}
		}
	}
}

// What a base has left out is not told of what goes on from it.
func TestLeftOutOfBase(t *testing.T) {
	_, in := toyBase(t)
	f, err := readFacts(in["base"])
	check(t, err)
	f.Left = &left{3, 5, 64}
	check(t, stage.WriteJSON(filepath.Join(in["base"], stage.WeightsFile), f))
	for arg, op := range map[string]stage.Operator{"pairs": &DPO{Batch: 2}, "labels": &KTO{Batch: 2}} {
		list := toyPairs(1)[:2]
		if arg == "labels" {
			list = toyLabels(1)[:2]
		}
		b := newBench(t, map[string]string{"base": in["base"], arg: toyExamples(t, list)})
		check(t, op.Run(context.Background(), b.Job))
		if f, err := readFacts(b.Out); err != nil || f.Left != nil {
			t.Errorf("%s: %+v %v", arg, f.Left, err)
		}
	}
}

// Labels that are all one are told.
func TestOddLabels(t *testing.T) {
	_, in := toyBase(t)
	yes, no := true, false
	answer := func(from, text string, label *bool) stage.Example {
		return stage.Example{From: from, Messages: append(user("a+"), stage.Message{Role: "assistant", Content: text}), Label: label}
	}
	for name, c := range map[string]struct {
		list []stage.Example
		want []string // parts of notes
	}{
		"good": {[]stage.Example{answer("a:1", "7", &yes), answer("a:2", "7", &yes)}, []string{"all labels are true", "all labels of what is watched are true"}},
		"bad":  {[]stage.Example{answer("a:1", "7", &no), answer("a:2", "8", &no)}, []string{"all labels are false", "all labels of what is watched are false"}},
		"even": {[]stage.Example{answer("a:1", "7", &yes), answer("a:2", "8", &no)}, nil},
	} {
		labels := toyExamples(t, c.list)
		b := newBench(t, map[string]string{"base": in["base"], "labels": labels, "watch": labels})
		check(t, (&KTO{Batch: 2}).Run(context.Background(), b.Job))
		found, err := FoundIn(b.Out, "kto", nil)
		check(t, err)
		notes, shown := strings.Join(b.notes(), "\n"), ""
		_, compared := b.series("watch_right")
		if alike := name == "good" || name == "bad"; alike == (len(compared) > 0) || alike == strings.Contains(notes, "the right way round") {
			t.Errorf("%s: notes %q, compared %v", name, notes, compared)
		}
		for _, f := range found {
			if f.Name.In(say.English) == "labels" {
				shown += f.Text.In(say.English)
				if f.Text.In(say.Chinese) == f.Text.In(say.English) {
					t.Errorf("%s: not in Chinese: %s", name, f.Text)
				}
			}
		}
		for i, want := range c.want {
			if first, _, _ := strings.Cut(want, ","); !strings.Contains(notes, want) || i == 0 && !strings.HasPrefix(shown, first) {
				t.Errorf("%s: notes %q, shown %q", name, notes, shown)
			}
		}
		if (strings.Contains(notes, "label") || shown != "") != (c.want != nil) {
			t.Errorf("%s: notes %q, shown %q", name, notes, shown)
		}
	}
}

// The end of a thought that is not there is no part of what is told of an answer.
func TestSampleOfPreferences(t *testing.T) {
	op, in := toySFT(t)
	chats := musing(2, 5)
	for i := range chats { // answered at once
		chats[i].Direct()
	}
	in["from"] = chosenRows(t, in["tokenizer"], chats, 160, stage.Choice{}, true)
	base := newBench(t, in)
	check(t, op.Run(context.Background(), base.Job))
	pairs := toyExamples(t, toyPairs(1))
	b := newBench(t, map[string]string{"base": base.Out, "pairs": pairs, "watch": pairs})
	check(t, (&DPO{Batch: 8, Rate: 0.001}).Run(context.Background(), b.Job))
	samples := 0
	for _, e := range b.events {
		if e.Type == "sample" {
			if samples++; strings.Contains(e.Text.String(), "</think>") {
				t.Errorf("told: %s", e.Text)
			}
		}
	}
	w, err := newWriter(base.Out, toyContext)
	check(t, err)
	end, _ := w.Tokenizer.Special("</think>")
	open, _ := w.Tokenizer.Special("<think>")
	for _, c := range []struct {
		ids  []int32
		want string
	}{
		{w.Tokenizer.Encode([]int32{end}, "7"), "7"},
		{w.Tokenizer.Encode([]int32{open, end}, "\n\n7"), "7"},
		{append(w.Tokenizer.Encode(nil, "a=7"), end), "a=7</think>"},
		{w.Tokenizer.Encode(nil, " 7"), " 7"},
	} {
		if got := w.told(c.ids); got != c.want {
			t.Errorf("%v is told as %q, not %q", c.ids, got, c.want)
		}
	}
	if samples == 0 {
		t.Error("there are no samples")
	}
}

// Answers of a teacher that are too long in the student's template are told.
func TestLeftOutOfDistil(t *testing.T) {
	list := picks(12)
	for i := range list {
		list[i].Verify = json.RawMessage(`{"regex": "[yn]"}`)
	}
	wordy := strings.Replace(thinkTemplate, "{{ m.content }}", "{{ m.content }}{% if m.content == 'pick 2' %}"+strings.Repeat("x", 230)+"{% endif %}", 1)
	op := &Distil{Base: stage.Ref{Kind: "weights", Name: "x"}, Epochs: 1, Batch: 4, Tokens: 8}
	b := newBench(t, map[string]string{"teacher": picker(t, "qwen2"), "base": withTemplate(t, "llama3", wordy), "problems": toyPart(t, list)})
	check(t, op.Run(context.Background(), b.Job))
	f, err := readFacts(b.Out)
	check(t, err)
	if f.Left == nil || f.Left.Long == 0 || f.Left.Long > 4 || f.Left.Of != f.Distil.Kept || f.Left.Of == f.Left.Long {
		t.Fatalf("%+v of %+v", f.Left, f.Distil)
	}
	if want := fmt.Sprintf("left out: %d of %d answers, longer than the base's %d tokens with the conversation before", f.Left.Long, f.Left.Of, f.Left.Context); !slices.Contains(b.notes(), want) {
		t.Errorf("notes %q", b.notes())
	}
}

// Where all labels are one no pair is compared, which is told as a half right: that
// is no sign that nothing was learnt.
func TestDoctorOneLabel(t *testing.T) {
	alike := &curve.Curve{}
	for i := range 40 {
		alike.Points = append(alike.Points, curve.Point{Step: i + 1, Values: map[string]float64{"loss": 0.5, "right": 0.5, "watch_chosen": float64(i)}})
	}
	if list := Diagnose(alike); len(list) != 1 || list[0].Code != "nothing" {
		t.Errorf("of both labels: %v", list)
	}
	alike.Counts = map[string]float64{"one_label": 1}
	if list := Diagnose(alike); len(list) > 0 {
		t.Errorf("of one label: %v", list)
	}
}

// A plan whose examples are all too long for a base that is at hand is refused in the words
// of the run, made already or not; where some fit, or that is not known, it is not.
func TestForetoldTooLong(t *testing.T) {
	_, in := toyBase(t)
	long := []stage.Message{{Role: "assistant", Content: strings.Repeat("1", 3*toyContext)}}
	pair, label := toyPairs(1)[0], toyLabels(1)[0]
	longPair, longLabel := pair, label
	longPair.Rejected, longLabel.Messages = long, append(user("a+"), long...)
	chat := stage.Example{From: "c", Messages: append(user("a+"), stage.Message{Role: "assistant", Content: "7"})}
	ref := stage.Ref{Kind: "examples", Name: "mine"}
	for arg, c := range map[string]struct {
		op        stage.Operator
		fit, over stage.Example
		use       stage.Use
	}{
		"pairs":    {&DPO{Batch: 2, Pairs: ref}, pair, longPair, stage.UsePairs},
		"labels":   {&KTO{Batch: 2, Labels: ref}, label, longLabel, stage.UseLabels},
		"examples": {&LoRA{Batch: 2, Examples: ref}, chat, stage.Example{From: "c", Messages: longLabel.Messages}, stage.UseChats},
	} {
		over := []stage.Example{c.over, c.over, c.over}
		all := toyExamples(t, over)
		b := newBench(t, map[string]string{"base": in["base"], arg: all})
		for i := range b.Inputs {
			if b.Inputs[i].Arg == arg {
				b.Inputs[i].Ref = ref
			}
		}
		want := c.op.Run(t.Context(), b.Job)
		size := map[string]float64{"examples": 3, "text": 300, "learnt": 200, "longest": 100}
		more := map[string]float64{"examples": 300, "text": 30000, "learnt": 20000, "longest": 100}
		for name, f := range map[string]stage.Forecast{
			"made": {Path: all}, "to be made": {Use: c.use, Size: size, Sample: over, Whole: true},
			"":      {Path: toyExamples(t, append(over[:2:2], c.fit))},
			" more": {Use: c.use, Size: more, Sample: over},
		} {
			got := c.op.(stage.Forecaster).Forecast(map[string][]stage.Forecast{"base": {{Path: in["base"]}}, arg: {f}}, stage.Machine{}).Wrong
			if bad := strings.TrimSpace(name) != "" && name != " more"; bad != (len(got) == 1) || bad && got[0].Error() != want.Error() {
				t.Errorf("%s, %q: %v; a run says %v", arg, name, got, want)
			}
		}
		if arg == "examples" {
			continue
		}
		got := c.op.(stage.Forecaster).Forecast(map[string][]stage.Forecast{"base": {{Path: in["base"]}}, arg: {{Path: toyExamples(t, []stage.Example{c.fit, c.fit})}}, "watch": {{Path: all}}}, stage.Machine{}).Wrong
		if len(got) != 1 || got[0].Where != "watch" {
			t.Errorf("%s that are watched: %v", arg, got)
		}
	}
}
