package train

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
)

// randomFolder is a model of random weights that reads so many tokens, in words of ours.
func randomFolder(t *testing.T, words *tokenizer.Tokenizer, reads int) string {
	t.Helper()
	dir := t.TempDir()
	c := model.Scale(1, words.Vocab(), reads)
	l, err := newLearner(c, model.Training{Rows: 1, Length: reads, Threads: 1}, recipe("", 1))
	check(t, err)
	defer l.Close()
	l.Params.Init(7)
	chat, err := tokenizer.NewChat(words)
	check(t, err)
	h := c.ToFolder()
	h.EOSTokenID = int(chat.End())
	check(t, l.Params.Write(dir, h))
	check(t, words.Save(dir))
	return dir
}

// A teacher of a smaller vocabulary needs more tokens for a text than its student, and reads
// it by its own context: rows are judged, problems are asked, and the plan takes the memory
// that the run does.
func TestTeacherReadsByItsOwnContext(t *testing.T) {
	ours, theirs := otherWords(t, []string{"hello hello hello"}, 270), otherWords(t, []string{"a+=0"}, 261)
	base, teacher := randomFolder(t, ours, 64), randomFolder(t, theirs, 256)
	ids := ours.Encode(nil, strings.Repeat("hello uvwxyz ", 16))[:64]
	rows := t.TempDir()
	w, err := stage.NewRowWriter(rows, ours.Vocab(), 64, false)
	check(t, err)
	for i := range 8 {
		check(t, w.Add([]stage.RowDoc{{IDs: ids[:60+i%5], Supervised: 50}}))
	}
	_, err = w.Close()
	check(t, err)
	long := len(theirs.Encode(nil, ours.Decode(ids)))
	d := &Distil{Base: stage.Ref{Kind: "weights", Name: "x"}, From: stage.Ref{Kind: "tokens", Name: "x"}, Batch: 4}
	in := map[string]string{"teacher": teacher, "base": base, "from": rows}
	b := newBench(t, in)
	b.Machine.Memory = 1 << 32
	r := &distilling{Distil: d, job: b.Job}
	check(t, r.open(t.Context()))
	defer r.close()
	student, over := footingOf([]stage.Forecast{{Path: base}}), footingOf([]stage.Forecast{{Path: teacher}})
	planned := longestRead([]stage.Forecast{{Path: rows}}, &student, &over, 1)
	if r.t.limit != long || planned != long || long <= 64 {
		t.Errorf("it reads %d tokens, planned %d; the longest document has %d", r.t.limit, planned, long)
	}
	if about := longestRead(nil, &student, &over, 999); about != 256 {
		t.Errorf("about %d tokens are planned of a teacher that reads 256", about)
	}
	check(t, d.Run(t.Context(), newBench(t, in).Job))
	forecast := func() int64 {
		return d.Forecast(map[string][]stage.Forecast{"teacher": {{Path: teacher}}, "base": {{Path: base}}, "from": {{Path: rows}}}, b.Machine).Memory
	}
	if with := forecast(); r.s.own.need == 0 || with > r.s.own.need+processBytes || with < r.s.own.need {
		t.Errorf("the plan takes %d bytes, the run %d", with, r.s.own.need)
	}

	// Of problems, too. A teacher of random weights is right nowhere; the last ones are longer than it reads.
	delete(in, "from")
	d = &Distil{Base: d.Base, Problems: stage.Ref{Kind: "examples", Name: "x"}, Tokens: 8}
	for times, want := range map[int]string{14: "the teacher answered none of 4 problems right", 60: "none of 4 problems was asked: they are longer than the 256 tokens that the teacher reads"} {
		list := toyProblems(1)[:4]
		for i := range list {
			list[i].Prompt, list[i].Answer, list[i].ID = strings.Repeat("hello", times), "none", fmt.Sprint(i)
		}
		in["problems"] = toyPart(t, list)
		b := newBench(t, in)
		err := d.Run(context.Background(), b.Job)
		e, ok := errors.AsType[*say.Error](err)
		if !ok || e.Where != "problems" || e.What.In(say.English) != want || e.In(say.English) == e.In(say.Chinese) {
			t.Errorf("%d times: %v; %q", times, err, b.notes())
		}
		if strings.Contains(strings.Join(b.notes(), "\n"), "longer than") || strings.Contains(strings.Join(b.notes(), "\n"), "answered 0 problems") {
			t.Errorf("%d times: %q", times, b.notes())
		}
	}
}
