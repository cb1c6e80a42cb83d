package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
)

// reading is a copy of a model that reads n tokens at most.
func reading(t *testing.T, dir string, n int) string {
	t.Helper()
	out := t.TempDir()
	check(t, os.CopyFS(out, os.DirFS(dir)))
	path := filepath.Join(out, "config.json")
	text, err := os.ReadFile(path)
	check(t, err)
	context := regexp.MustCompile(`"max_position_embeddings": *\d+`)
	if !context.Match(text) {
		t.Fatalf("%s", text)
	}
	check(t, os.WriteFile(path, context.ReplaceAll(text, fmt.Appendf(nil, `"max_position_embeddings": %d`, n)), 0o666))
	return out
}

// A teacher judges no document that is longer than it reads: how much that is
// is told and recorded, only what it did judge is counted, and one that can
// judge less than half is refused, whatever its vocabulary.
func TestTeacherOfShortContext(t *testing.T) {
	dir, in := toyTeacher(t)
	rows := func(long int) (from string, share float64, most int) {
		list := toyProblems(1)
		var learnt [2]float64
		tok, err := tokenizer.Load(in["tokenizer"])
		check(t, err)
		chat, err := tokenizer.NewChat(tok)
		check(t, err)
		for i := range list {
			short := i%4 >= long
			if !short {
				list[i].Think = strings.Repeat(list[i].Think, 2)
			}
			ids, n := chat.Example(nil, list[i].Prompt, list[i].Think, list[i].Answer, true)
			if short {
				learnt[0], most = learnt[0]+float64(len(ids)-n), max(most, len(ids))
			}
			learnt[1] += float64(len(ids) - n)
		}
		return rowsBy(t, in["tokenizer"], list, 1), learnt[0] / learnt[1], most
	}
	op := &Distil{Base: stage.Ref{Name: "x"}, Batch: 4, Rate: 0.1}
	from, share, short := rows(1) // the longest of the short ones fill the context
	spent := map[int]float64{}
	for _, most := range []int{short, 2 * toyContext} {
		b := newBench(t, map[string]string{"teacher": reading(t, dir, most), "base": dir, "from": from})
		check(t, op.Run(context.Background(), b.Job))
		f, err := readFacts(b.Out)
		check(t, err)
		spent[most] = f.Distil.TeacherFLOPs
		notes := strings.Join(b.notes(), "\n")
		want := fmt.Sprintf("it can judge %.1f%% of the tokens to be learnt", 100*share)
		if some := most == short; f.Distil.Mapped != 0 != some || some && f.Distil.Mapped != rounded(share) || strings.Contains(notes, want) != some {
			t.Errorf("context %d: %+v, of a share of %g; %q", most, *f.Distil, share, notes)
		}
	}
	if spent[short] <= 0 || spent[short] > 0.8*spent[2*toyContext] {
		t.Errorf("a teacher of few documents spent %g, one of all %g", spent[short], spent[2*toyContext])
	}
	from, share, short = rows(3)
	err := op.Run(context.Background(), newBench(t, map[string]string{"teacher": reading(t, dir, short), "base": dir, "from": from}).Job)
	e, ok := errors.AsType[*say.Error](err)
	if share >= leastMapped || !ok || e.Where != "teacher" || !strings.Contains(e.Error(), "at most") || e.In(say.Chinese) == e.In(say.English) {
		t.Errorf("of a share of %g: %v", share, err)
	}
}

// What the teacher has answered is not asked again: a run that was stopped goes
// on behind it, to the same bytes.
func TestWritingGoesOn(t *testing.T) {
	dir, _ := toyTeacher(t)
	in := map[string]string{"teacher": dir, "problems": toyPart(t, toyProblems(25))}
	op := &Distil{Depth: 1, Batch: 32, Tokens: 12, Count: 600}
	whole := newBench(t, in)
	check(t, op.Run(context.Background(), whole.Job))
	stopped := func() *bench {
		b := newBench(t, in)
		ctx, cancel := context.WithCancel(context.Background())
		b.each = func(e stage.Event) {
			if e.Type == "progress" && e.Unit == "problems" && e.Done == sequencesChunk {
				cancel()
			}
		}
		if err := op.Run(ctx, b.Job); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		b.each = nil
		return b
	}
	b := stopped()
	check(t, op.Run(context.Background(), b.Job))
	if digest(t, b.Out) != digest(t, whole.Out) {
		t.Error("stopped after a chunk, it made other bytes")
	}
	b = stopped()
	path := filepath.Join(b.Work, fmt.Sprintf(sequencesFile, 0))
	var kept sequences
	known, err := recall(path, &kept)
	check(t, err)
	if !known || kept.Asked != sequencesChunk {
		t.Fatalf("kept is %t: %d were asked", known, kept.Asked)
	}
	kept.Asked = 1000 // who asks again finds another number
	check(t, keep(path, &kept))
	check(t, op.Run(context.Background(), b.Job))
	f, err := readFacts(b.Out)
	check(t, err)
	if f.Distil.Asked != 1000+600-sequencesChunk {
		t.Errorf("%d were asked", f.Distil.Asked)
	}
}

// What is watched beside answers without thoughts has none, whoever trains; and
// a student of a teacher without thoughts has none.
func TestWatchedDirect(t *testing.T) {
	sft, in := toySFT(t)
	direct := func(times int) string {
		list := toyProblems(times)
		for i := range list {
			list[i].Think = ""
		}
		return rowsBy(t, in["tokenizer"], list, 1)
	}
	in["from"] = direct(100)
	base := newBench(t, in)
	check(t, sft.Run(context.Background(), base.Job))
	ref := stage.Ref{Name: "x"}
	rows, watch := direct(2), toyPart(t, toyProblems(1))
	for name, c := range map[string]struct {
		op stage.Operator
		in map[string]string
	}{
		"distil":   {&Distil{Base: ref, From: ref, Rate: 0.0001}, map[string]string{"teacher": base.Out, "base": base.Out, "from": rows}},
		"answers":  {&Distil{Base: ref, Problems: ref, Rate: 0.0001}, map[string]string{"teacher": base.Out, "base": base.Out, "problems": toyPart(t, toyProblems(2))}},
		"continue": {&Continue{Rate: 0.0001}, map[string]string{"base": base.Out, "from": rows}},
		"lora":     {&LoRA{Rate: 0.0001, Rank: 2}, map[string]string{"base": base.Out, "from": rows}},
	} {
		c.in["watch"] = watch
		b := newBench(t, c.in)
		check(t, c.op.Run(context.Background(), b.Job))
		_, loss := b.series("loss")
		_, held := b.series("watch_loss")
		if len(loss) == 0 || len(held) == 0 || held[0] > 2*loss[0]+0.1 {
			t.Errorf("%s: of what is known by heart the loss is %v, watched %v", name, loss, held)
		}
	}
	b := newBench(t, map[string]string{"teacher": base.Out, "problems": toyPart(t, toyProblems(2))})
	check(t, (&Distil{Depth: 1}).Run(context.Background(), b.Job))
	if f, err := readFacts(b.Out); err != nil || f.Think {
		t.Errorf("a student of a teacher without thoughts: %+v, %v", f, err)
	}
}

// Weights that were quantised cannot give a student of random weights its
// tokenizer: that is said, in the plan as soon as they are there.
func TestPackedTeacher(t *testing.T) {
	sft, in := toySFT(t)
	in["tokenizer"] = t.TempDir()
	check(t, otherWords(t, []string{"hello hello hello"}, 270).Save(in["tokenizer"]))
	in["from"] = toyRows(t, in["tokenizer"], toyProblems(2))
	made := newBench(t, in)
	check(t, sft.Run(context.Background(), made.Job))
	dir := made.Out
	packed := newBench(t, map[string]string{"base": dir})
	check(t, (&Quantise{Type: "q8_0"}).Run(context.Background(), packed.Job))
	op := &Distil{Depth: 1, From: stage.Ref{Name: "x"}}
	err := op.Run(context.Background(), newBench(t, map[string]string{"teacher": packed.Out, "from": in["from"]}).Job)
	e, ok := errors.AsType[*say.Error](err)
	if !ok || e.Where != "teacher" || !strings.Contains(e.Error(), "quantised") || e.In(say.Chinese) == e.In(say.English) {
		t.Errorf("%v", err)
	}
	for path, wrong := range map[string]int{packed.Out: 1, dir: 0} {
		f := op.Forecast(map[string][]stage.Forecast{"teacher": {{Path: path}}, "from": {{Path: in["from"]}}}, stage.Machine{Threads: 1})
		if len(f.Wrong) != wrong {
			t.Errorf("foretold: %v", f.Wrong)
		}
	}
}

// What targets take is foretold: the memory of a batch of them and of the blocks
// that are kept, with what Go has not taken back, and their time.
func TestJudgedForetold(t *testing.T) {
	dir, in := toyTeacher(t)
	from := toyRows(t, in["tokenizer"], toyProblems(50))
	rows, err := stage.OpenRows(from)
	check(t, err)
	defer rows.Close()
	const top = 200
	n := top
	op := &Distil{Depth: 1, Top: &n, Batch: 4096}
	teach, err := openTeacher(dir, top, rows.Length(), stage.Machine{Threads: 1})
	check(t, err)
	defer teach.Close()
	j := newJudgement(teach, t.TempDir(), 0, func(i int) model.Row { return readRow(rows, i) }, rows.Len())
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	var batch [][]model.Soft
	for i := range rows.Len() {
		soft, err := j.of(context.Background(), i)
		check(t, err)
		batch = append(batch, soft)
	}
	held := heap() - before
	w := rowsLoad(stage.Forecast{Path: from})
	foretold := op.judgedBytes(&w)
	t.Logf("%d rows hold %d bytes, foretold with garbage %d", len(batch), held, foretold)
	if foretold < held || foretold > 4*held {
		t.Errorf("%d rows hold %d bytes, foretold are %d", len(batch), held, foretold)
	}
	runtime.KeepAlive(batch)
	runtime.KeepAlive(j)
	known := map[string][]stage.Forecast{"teacher": {{Path: dir}}, "from": {{Path: from}}}
	m := stage.Machine{Threads: 1, Peak: 1e11}
	many := op.Forecast(known, m)
	few := *op
	one := 1
	few.Top = &one
	if f := few.Forecast(known, m); many.Memory-f.Memory < held/2 || many.High < 1.5*f.High {
		t.Errorf("of one token %d bytes and %.3g s are foretold, of %d %d bytes and %.3g s", f.Memory, f.High, top, many.Memory, many.High)
	}
}

// Answers that the student cannot read are counted, and problems that the
// teacher cannot.
func TestAnswersTooLong(t *testing.T) {
	list := picks(12)
	for i := range list {
		list[i].Verify = json.RawMessage(`{"regex": "(?s).*"}`)
		if i%3 == 0 {
			list[i].Prompt += strings.Repeat("!", 10)
		}
	}
	base := withTemplate(t, "llama3", strings.ReplaceAll(thinkTemplate, "<|im_start|>", "<|im_start|>now as the ")) // of 11 tokens more a turn
	teacher := picker(t, "qwen2")
	probe, err := openBrought(teacher)
	check(t, err)
	defer probe.Close()
	w, err := probe.writer()
	check(t, err)
	long, err := w.Ask("here", list[0].Asking(), nil, nil)
	check(t, err)
	most := len(long.IDs) + 40
	b := newBench(t, map[string]string{"teacher": teacher, "base": reading(t, base, most), "problems": toyPart(t, list)})
	check(t, (&Distil{Base: stage.Ref{Name: "x"}, Tokens: 12}).Run(context.Background(), b.Job))
	if want := fmt.Sprintf("4 of 12 answers, longer than the base's %d tokens with the conversation before", most); !strings.Contains(strings.Join(b.notes(), "\n"), want) {
		t.Errorf("%q, not %q", b.notes(), want)
	}
	for i := range list {
		if i%3 == 1 {
			list[i].Prompt += strings.Repeat("!", 90)
		}
	}
	b = newBench(t, map[string]string{"teacher": teacher, "base": reading(t, base, most), "problems": toyPart(t, list)})
	check(t, (&Distil{Base: stage.Ref{Name: "x"}, Tokens: 12}).Run(context.Background(), b.Job))
	if want := "4 of 12 problems are longer than the"; !strings.Contains(strings.Join(b.notes(), "\n"), want) {
		t.Errorf("%q, not %q", b.notes(), want)
	}
}
