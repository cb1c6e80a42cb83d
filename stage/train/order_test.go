package train

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// Rows without an order of their own are learnt in one that the seed draws, those with one
// in theirs; what the teacher judged is found again in every round and behind every stop.
func TestDistilOrder(t *testing.T) {
	teacher, in := toyTeacher(t)
	made := func(op Distil, from string) store.Digest {
		b := newBench(t, map[string]string{"teacher": teacher, "base": teacher, "from": from})
		check(t, op.Run(t.Context(), b.Job))
		return digest(t, b.Out)
	}
	drawn := drawnRows(t, in["tokenizer"], toyTexts(70))
	op := Distil{Base: stage.Ref{Name: "x"}, From: stage.Ref{Name: "x"}, Batch: 16, Epochs: 3}
	if errs := op.Check(); len(errs) > 0 {
		t.Fatal(errs)
	}
	other := op
	other.Seed = 1
	if errs := other.Check(); len(errs) > 0 { // it has an effect
		t.Fatal(errs)
	}
	want := made(op, drawn)
	if made(other, drawn) == want {
		t.Error("rows without an order: the seed changes nothing")
	}
	if lessons := toyRows(t, in["tokenizer"], toyProblems(1)); made(op, lessons) != made(other, lessons) {
		t.Error("rows with an order: the seed changes something")
	}
	b := newBench(t, map[string]string{"teacher": teacher, "base": teacher, "from": drawn})
	b.Machine.Threads = 3
	op.Every = time.Nanosecond
	for range 4 {
		if err := op.Run(&countdown{t.Context(), 60}, b.Job); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		b.Out = t.TempDir()
	}
	check(t, op.Run(t.Context(), b.Job))
	if digest(t, b.Out) != want {
		t.Error("stopped and resumed: other bytes")
	}
}

// drawnRows are rows of texts that have no order.
func drawnRows(t *testing.T, tokenizerDir string, texts []string) string {
	t.Helper()
	tok, err := tokenizer.Load(tokenizerDir)
	check(t, err)
	dir := t.TempDir()
	w, err := stage.NewRowWriter(dir, tok.Vocab(), 2*toyContext, false)
	check(t, err)
	w.Drawn()
	for _, text := range texts {
		check(t, w.Add([]stage.RowDoc{{IDs: tok.Encode(nil, text), Supervised: len(text) % 5}}))
	}
	_, err = w.Close()
	check(t, err)
	return dir
}

// In whatever order a teacher is asked about rows, and however they are come to later, each
// has its own judgement, which is asked for once.
func TestJudgedOrder(t *testing.T) {
	dir, in := toyTeacher(t)
	rows, err := stage.OpenRows(drawnRows(t, in["tokenizer"], toyTexts(6*blockRows+5)))
	check(t, err)
	defer rows.Close()
	teach, err := openTeacher(dir, 3, rows.Length(), stage.Machine{Threads: 2})
	check(t, err)
	defer teach.Close()
	row := func(i int) model.Row { return readRow(rows, i) }
	plain := newJudgement(teach, t.TempDir(), 0.25, row, rows.Len())
	var want [][]model.Soft
	for i := range rows.Len() {
		soft, err := plain.of(t.Context(), i)
		check(t, err)
		want = append(want, soft)
	}
	order := shuffle{n: rows.Len(), seed: 7}
	work := t.TempDir()
	drawn := newJudgement(teach, work, 0.25, row, rows.Len())
	drawn.inOrder(&order)
	for p := range 3 * rows.Len() {
		switch p {
		case blockRows: // the first round asks about what it comes to
			if list, err := filepath.Glob(filepath.Join(work, "teacher-*")); err != nil || len(list) != 1 {
				t.Errorf("after %d rows: %v, %v", p, list, err)
			}
		case rows.Len():
			drawn.t = &teacher{top: 3} // nobody is there to be asked again
		case 2 * rows.Len(): // another process
			drawn = newJudgement(&teacher{top: 3}, work, 0.25, row, rows.Len())
			drawn.inOrder(&order)
		}
		i := order.at(p)
		soft, err := drawn.of(t.Context(), i)
		check(t, err)
		if !reflect.DeepEqual(soft, want[i]) {
			t.Fatalf("place %d: row %d has another's judgement", p, i)
		}
	}
}

// What a teacher's judgement takes on the disk is foretold; what is not judged takes nothing.
func TestJudgedDisk(t *testing.T) {
	dir, in := toyTeacher(t)
	from := toyRows(t, in["tokenizer"], toyProblems(8))
	for _, top := range []int{4, 200} {
		op := &Distil{Depth: 1, Top: &top, From: stage.Ref{Name: "x"}}
		f := op.Forecast(map[string][]stage.Forecast{"teacher": {{Path: dir}}, "from": {{Path: from}}}, stage.Machine{Threads: 1})
		b := newBench(t, map[string]string{"teacher": dir, "from": from})
		check(t, op.Run(t.Context(), b.Job))
		list, err := filepath.Glob(filepath.Join(b.Work, "teacher-*"))
		check(t, err)
		kept := int64(0)
		for _, path := range list {
			info, err := os.Stat(path)
			check(t, err)
			kept += info.Size()
		}
		if kept == 0 || f.Disk < kept*9/10 || f.Disk > kept*11/10 {
			t.Errorf("top = %d: %d bytes are kept, foretold are %d", top, kept, f.Disk)
		}
	}
	// By what there is, and not by what was guessed of it, a step is refused that the disk has no
	// room for; what was kept before counts.
	top, free := 200, int64(0)
	op := &Distil{Depth: 1, Top: &top, From: stage.Ref{Name: "x"}}
	b := newBench(t, map[string]string{"teacher": dir, "from": from})
	check(t, op.Run(t.Context(), b.Job))
	b.Machine.Free = func(string) (int64, bool) { return free, true }
	b.Out = t.TempDir()
	check(t, op.Run(t.Context(), b.Job))
	list, err := filepath.Glob(filepath.Join(b.Work, "*"))
	check(t, err)
	for _, path := range list {
		check(t, os.Remove(path))
	}
	err = op.Run(t.Context(), b.Job)
	bad, ok := errors.AsType[*say.Error](err)
	if !ok || bad.Where != "top" || !strings.Contains(bad.In(say.English), "and there is room for 0 ") || bad.In(say.English) == bad.In(say.Chinese) {
		t.Fatal(err)
	}
	free = 1 << 30
	check(t, op.Run(t.Context(), b.Job))

	none := 0
	op = &Distil{Depth: 1, Top: &none, Problems: stage.Ref{Name: "x"}}
	if f := op.Forecast(map[string][]stage.Forecast{"teacher": {{Path: dir}}, "problems": {{Path: toyPart(t, toyProblems(1))}}}, stage.Machine{Threads: 1}); f.Disk != 0 {
		t.Errorf("of nothing that is judged %d bytes are foretold", f.Disk)
	}

	// A teacher whose answers are not known may write to the limit: the disk is that, the time from one to the other.
	owners := toyProblems(1)
	for i := range owners {
		owners[i].Verify, owners[i].Think, owners[i].Answer = json.RawMessage(`{"number": 1}`), "", "1"
	}
	m := stage.Machine{Threads: 1, Peak: 1e11}
	foretold := func(tokens int, problems string) stage.Forecast {
		return (&Distil{Depth: 1, Tokens: tokens}).Forecast(map[string][]stage.Forecast{"teacher": {{Path: dir}}, "problems": {{Path: problems}}}, m)
	}
	part, lessons := toyPart(t, owners), toyPart(t, toyProblems(1))
	few, many := foretold(8, part), foretold(20, part)
	if want := int64(8 * 17 * 20 * len(owners)); many.Disk < want*9/10 || many.Disk > want*11/10 || few.Disk > many.Disk/2 || few.Memory >= many.Memory {
		t.Errorf("of 8 tokens %d bytes of disk and %d of memory, of 20 %d and %d", few.Disk, few.Memory, many.Disk, many.Memory)
	}
	if many.Low != few.Low || many.High <= few.High || !strings.HasSuffix(many.Basis.In(say.English), " to 20 tokens") {
		t.Errorf("%g to %g s, %g to %g s: %v", few.Low, few.High, many.Low, many.High, many.Basis)
	}
	if few, many := foretold(8, lessons), foretold(20, lessons); few.Disk != many.Disk {
		t.Errorf("of lessons that it was taught, %d or %d bytes", few.Disk, many.Disk)
	}
}

// A student that learns texts watches those that a corpus holds out, from random weights and
// over a base: the loss, bits per byte and samples are told, and the best weights kept.
func TestDistilWatchesCorpus(t *testing.T) {
	teacher, in := toyTeacher(t)
	texts := toyTexts(60)
	from, corpus := drawnRows(t, in["tokenizer"], texts[:50]), toyCorpus(t, texts[:50], texts[50:])
	ref := stage.Ref{Kind: "corpus", Name: "c"}
	for name, op := range map[string]*Distil{"depth": {Depth: 1}, "base": {Base: stage.Ref{Name: "x"}}, "rank": {Base: stage.Ref{Name: "x"}, Rank: 2}} {
		op.Watch, op.Patience, op.Epochs, op.Batch = ref, 3, 2, 8
		dirs := map[string]string{"teacher": teacher, "from": from, "watch": corpus}
		if name != "depth" {
			dirs["base"] = teacher
		}
		b := newBench(t, dirs)
		check(t, op.Run(t.Context(), b.Job))
		_, held := b.series("watch_loss")
		_, bits := b.series("bits_per_byte")
		samples := 0
		for _, e := range b.events {
			if e.Type == "sample" {
				samples++
			}
		}
		f, err := readFacts(b.Out)
		if err != nil || len(held) < 3 || len(bits) != len(held) || samples == 0 || f.Stop == nil || !strings.Contains(strings.Join(b.notes(), "\n"), "the teacher's own loss on what is watched") {
			t.Errorf("%s: losses %v, bits %v, %d samples, %+v, %v, %q", name, held, bits, samples, f.Stop, err, b.notes())
		}
	}
	bare := toyCorpus(t, texts, nil)
	f := (&Distil{Depth: 1}).Forecast(map[string][]stage.Forecast{"teacher": {{Path: teacher}}, "from": {{Path: from}}, "watch": {{Path: bare}}}, stage.Machine{})
	if len(f.Wrong) != 1 || f.Wrong[0].Where != "watch" || !strings.Contains(f.Wrong[0].Error(), "holds no text out") {
		t.Errorf("a corpus without a split: %v", f.Wrong)
	}
}

// Rows of another tokenizer than the teacher's are refused with what can be done about it in
// distil, which names no tokenizer.
func TestRowsOfOtherTeacher(t *testing.T) {
	f := (&Distil{Depth: 1}).Forecast(map[string][]stage.Forecast{"teacher": {{Words: "tokenizer.a"}}, "from": {{Words: "tokenizer.b"}}}, stage.Machine{})
	if len(f.Wrong) != 1 || f.Wrong[0].Where != "from" || !strings.Contains(f.Wrong[0].What.In(say.English), "the teacher's") || strings.Contains(f.Wrong[0].Next.In(say.English), "tokens block") {
		t.Errorf("%v", f.Wrong)
	}
}

// Chats of which no answer is learnt are refused when the plan is made, made already or not,
// in the words of a run.
func TestForetoldUnlearnt(t *testing.T) {
	zero, base := 0, archFolder("qwen2")
	chats := make([]stage.Example, 5)
	for i := range chats {
		chats[i] = stage.Example{From: "a.jsonl:" + string(rune('1'+i)), Messages: append(user("a"), stage.Message{Role: "assistant", Content: "b", Weight: &zero})}
	}
	for _, op := range []stage.Operator{&LoRA{}, &Continue{}, &SFT{Base: stage.Ref{Name: "x"}}} {
		for _, learnt := range []bool{false, true} {
			if chats[3].Messages[1].Weight = &zero; learnt {
				chats[3].Messages[1].Weight = nil
			}
			dir := toyExamples(t, chats)
			for how, f := range map[string]stage.Forecast{"made": {Path: dir}, "to be made": {Use: stage.UseChats, Size: map[string]float64{"examples": 5}, Sample: chats, Whole: true}} {
				wrong := op.(stage.Forecaster).Forecast(map[string][]stage.Forecast{"base": {{Path: base}}, "examples": {f}}, stage.Machine{Threads: 1}).Wrong
				if learnt {
					if len(wrong) > 0 {
						t.Errorf("%s, %s: %v", op.Name(), how, wrong)
					}
					continue
				}
				run := op.Run(t.Context(), newBench(t, map[string]string{"base": base, "examples": dir}).Job)
				if len(wrong) != 1 || run == nil || wrong[0].Error() != run.Error() || wrong[0].Where != "examples" {
					t.Errorf("%s, %s: %v; a run says %v", op.Name(), how, wrong, run)
				}
			}
		}
	}
}
