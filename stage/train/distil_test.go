package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
)

// toyTeacher knows the toy by heart.
func toyTeacher(t *testing.T) (dir string, in map[string]string) {
	t.Helper()
	op, in := toySFT(t)
	b := newBench(t, in)
	check(t, op.Run(context.Background(), b.Job))
	return b.Out, in
}

// toyDistil is a student from random weights on a few rows, and its inputs.
func toyDistil(t *testing.T) (*Distil, map[string]string) {
	t.Helper()
	dir, in := toyTeacher(t)
	rows := toyRows(t, in["tokenizer"], toyProblems(4))
	return &Distil{Depth: 1, Batch: 4, Rate: 2, Epochs: 12}, map[string]string{"teacher": dir, "from": rows}
}

// A student learns what its teacher says, from logits, from its text, and from
// answers of its own; the bytes are the same for any number of threads.
func TestDistilLearns(t *testing.T) {
	op, in := toyDistil(t)
	none := 0
	answers := *op
	answers.Problems = stage.Ref{Kind: "examples", Name: "x"}
	text := *op
	text.Top = &none
	half := *op
	half.Hard = 0.5
	for _, c := range []struct {
		name string
		op   *Distil
		in   map[string]string
	}{
		{"logits", op, in}, {"text", &text, in}, {"half", &half, in},
		{"answers", &answers, map[string]string{"teacher": in["teacher"], "problems": toyPart(t, toyProblems(4))}},
	} {
		b := newBench(t, c.in)
		check(t, c.op.Run(context.Background(), b.Job))
		f, err := readFacts(b.Out)
		check(t, err)
		score := right(t, b.Out, toyProblems(1))
		t.Logf("%s: %.2f after %d steps, loss %.3g, %+v", c.name, score, f.Steps, f.Loss, *f.Distil)
		if score < 0.8 || f.Method != "distil" || !f.Think || f.Distil.Rows == 0 || f.Distil.TeacherFLOPs <= 0 != (c.name == "text") {
			t.Errorf("%s: %.2f right; %+v, %+v", c.name, score, f, *f.Distil)
		}
		if (c.name == "answers") != (f.Distil.Asked == 4*toyCount) || f.Distil.Kept > f.Distil.Asked {
			t.Errorf("%s: %+v", c.name, *f.Distil)
		}
		again := newBench(t, c.in)
		again.Machine.Threads = 3
		c.op.Every = time.Nanosecond
		check(t, c.op.Run(context.Background(), again.Job))
		if digest(t, again.Out) != digest(t, b.Out) {
			t.Errorf("%s: three threads, and a checkpoint after every step, made other bytes", c.name)
		}
	}
}

// A teacher tells its own probabilities: those of the training forward pass.
func TestTeacherJudges(t *testing.T) {
	_, in := toyDistil(t)
	rows, err := stage.OpenRows(toyRows(t, in["teacher"], strangers())) // of whose answers the teacher thinks little
	check(t, err)
	defer rows.Close()
	r := readRow(rows, 0)
	teach, err := openTeacher(in["teacher"], 3, rows.Length(), stage.Machine{Threads: 2})
	check(t, err)
	defer teach.Close()
	j := newJudgement(teach, t.TempDir(), 0.25, func(i int) model.Row { return readRow(rows, i) }, rows.Len())
	soft, err := j.of(context.Background(), 0)
	check(t, err)
	params, arena, err := model.Load(in["teacher"])
	check(t, err)
	defer arena.Close()
	l, err := newLearner(params.Config, model.Training{Rows: 1, Length: params.Config.Context, Threads: 1}, recipe("", 1))
	check(t, err)
	defer l.Close()
	copy(l.Params.All, params.All)
	l.Repack()
	z, V := l.Logits(r), rows.Vocab()
	judged, beside := 0, 0
	for k := range r.IDs {
		s := soft[k]
		if (len(s.IDs) > 0) != (r.Weight[k] != 0) {
			t.Fatalf("token %d, weight %g: %v", k, r.Weight[k], s)
		}
		if len(s.IDs) == 0 {
			continue
		}
		judged++
		row := z[(k-1)*V : k*V]
		top, sum, own := math.Inf(-1), 0.0, false
		for _, x := range row {
			top = max(top, float64(x))
		}
		for _, x := range row {
			sum += math.Exp(float64(x) - top)
		}
		seen := map[int32]bool{}
		for i, id := range s.IDs {
			want := 0.75 * math.Exp(float64(row[id])-top) / sum
			if id == r.IDs[k] {
				want, own = want+0.25, true
			}
			if math.Abs(float64(s.P[i])-want) > 1e-5 || seen[id] {
				t.Errorf("token %d: the teacher gives %d %g, its logits %g", k, id, s.P[i], want)
			}
			seen[id] = true
		}
		if !own || len(s.IDs) < 3 || len(s.IDs) > 4 {
			t.Errorf("token %d: %v", k, s)
		}
		beside += len(s.IDs) - 3
	}
	if judged == 0 || beside == 0 {
		t.Errorf("%d tokens were judged, %d of them unlikely", judged, beside)
	}
	// What was asked is kept: nobody is there to be asked again.
	j.blocks, j.whole, j.t = map[int][][]model.Soft{}, map[int]bool{}, &teacher{top: 3}
	again, err := j.of(context.Background(), 0)
	check(t, err)
	if !reflect.DeepEqual(again, soft) {
		t.Error("the kept judgement is another")
	}
}

// Of many problems the teacher is asked some, evenly among all.
func TestDistilAsksEvenly(t *testing.T) {
	_, in := toyDistil(t)
	b := newBench(t, map[string]string{"teacher": in["teacher"], "problems": toyPart(t, toyProblems(1))})
	check(t, (&Distil{Depth: 1, Count: 6}).Run(context.Background(), b.Job))
	var wrote sequences
	ok, err := recall(filepath.Join(b.Work, fmt.Sprintf(sequencesFile, 0)), &wrote)
	check(t, err)
	w, err := newWriter(in["teacher"], 2*toyContext)
	check(t, err)
	asked := ""
	for _, ids := range wrote.IDs {
		text := w.Tokenizer.Decode(ids)
		asked += text[strings.IndexByte(text, '+')-1:][:1]
	}
	if !ok || wrote.Asked != 6 || asked != "aeimqu" {
		t.Errorf("%d were asked, and %q answered", wrote.Asked, asked)
	}
}

func TestDistilFaults(t *testing.T) {
	ref := stage.Ref{Kind: "weights", Name: "x"}
	for _, c := range []struct {
		op    Distil
		where []string
	}{
		{Distil{Depth: 1, From: ref}, nil}, {Distil{Base: ref, Problems: ref}, nil},
		{Distil{Depth: 1, From: ref, Hard: 1}, []string{"hard"}}, {Distil{Depth: 1, From: ref, Hard: 0.99}, nil}, {Distil{Depth: 1, Problems: ref, Hard: 1}, nil},
		{Distil{Depth: 1, Base: ref, From: ref}, []string{"depth"}}, {Distil{Depth: 1}, []string{"from"}},
		{Distil{From: ref, Problems: ref, Optimizer: "x"}, []string{"optimizer", "base", "problems"}},
	} {
		errs := c.op.Check()
		if len(errs) != len(c.where) {
			t.Errorf("%+v: %v", c.op, errs)
			continue
		}
		for i, e := range errs {
			if e.Where != c.where[i] {
				t.Errorf("%+v: %v", c.op, e)
			}
		}
	}
	op, in := toyDistil(t)
	wide := t.TempDir()
	w, err := stage.NewRowWriter(wide, 999, 2*toyContext, true)
	check(t, err)
	check(t, w.Add([]stage.RowDoc{{IDs: []int32{1, 998}, Supervised: 1}}))
	_, err = w.Close()
	check(t, err)
	err = op.Run(context.Background(), newBench(t, map[string]string{"teacher": in["teacher"], "from": wide}).Job)
	if err == nil {
		t.Error("rows of another vocabulary were taken")
	}
	// a teacher that is right nowhere
	strange := toyProblems(1)
	for i := range strange {
		strange[i].Answer = "none"
	}
	err = op.Run(context.Background(), newBench(t, map[string]string{"teacher": in["teacher"], "problems": toyPart(t, strange)}).Job)
	if e, ok := errors.AsType[*say.Error](err); !ok || e.Where != "problems" || e.In(say.Chinese) == e.In(say.English) {
		t.Error(err)
	}
}

// The teacher's loss on what is watched is what a student that is the teacher
// begins with, and it is told.
func TestDistilTellsTheTeachersLoss(t *testing.T) {
	_, in := toyDistil(t)
	b := newBench(t, map[string]string{"teacher": in["teacher"], "base": in["teacher"], "from": in["from"], "watch": toyPart(t, toyProblems(3))})
	op := Distil{Base: stage.Ref{Name: "x"}, From: stage.Ref{Name: "x"}, Rate: 0.0001}
	check(t, op.Run(context.Background(), b.Job))
	_, student := b.series("watch_loss")
	teacher := 0.0
	for _, e := range b.events {
		teacher += e.Vals["teacher_loss"]
	}
	if teacher == 0 || math.Abs(teacher-student[0]) > 0.01*teacher {
		t.Errorf("the teacher's loss %g, the student's %g", teacher, student[0])
	}
	if !strings.Contains(strings.Join(b.notes(), "\n"), fmt.Sprintf("is %.3f", teacher)) {
		t.Errorf("notes %q", b.notes())
	}
}
