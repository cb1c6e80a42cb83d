package train

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"suiren/engine/infer"
	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/stage"
)

// ofBytes is a tokenizer of SentencePiece that writes bytes where it has no
// piece: each byte of ASCII is two tokens of it, of which it writes one.
const ofBytes = "../../testdata/oracle/tokenizers/mistral"

const fallbackText = "The quick brown fox, and the model of the world: 12 tokens.\n"

// Of tokens of the same bytes the one that is written is learnt, whoever has
// them twice; a space that one of them writes before the text moves no
// boundary.
func TestMappingOfByteFallback(t *testing.T) {
	pieces, err := tokenizer.Load(ofBytes)
	check(t, err)
	ours := otherWords(t, []string{fallbackText}, 320)
	for name, c := range map[string]struct{ student, teacher *tokenizer.Tokenizer }{
		"the teacher has them": {ours, pieces}, "the student has them": {pieces, ours},
	} {
		m := newMapping(c.student, c.teacher)
		for _, text := range []string{"T", "e", "0"} {
			list := c.student.Encode(nil, "\n"+text)
			id := list[len(list)-1]
			if string(c.student.Bytes(id)) != text {
				t.Fatalf("%s: %q ends with %q", name, text, c.student.Bytes(id))
			}
			found := 0
			for theirs := range int32(c.teacher.Vocab()) {
				if string(c.teacher.Bytes(theirs)) != text {
					continue
				}
				if found++; m.to[theirs] != id {
					t.Errorf("%s: %q is %d, and %d is written", name, text, m.to[theirs], id)
				}
			}
			if found == 0 {
				t.Errorf("%s: nobody has %q", name, text)
			}
		}
		ids := c.student.Encode(nil, fallbackText)
		theirs, at := m.translate(ids)
		judged := 0
		for k, j := range at {
			if j < 0 {
				continue
			}
			judged++
			if string(c.student.Bytes(ids[k])) != string(c.teacher.Bytes(theirs[j])) {
				t.Errorf("%s: %q is taken for %q", name, c.student.Bytes(ids[k]), c.teacher.Bytes(theirs[j]))
			}
		}
		t.Logf("%s: %d of %d tokens are judged", name, judged, len(ids))
		if 5*judged < len(ids) {
			t.Errorf("%s: %d of %d tokens are judged", name, judged, len(ids))
		}
	}
}

// What a teacher says of two tokens that are one of the student's is said of it
// once, with the probability of both.
func TestJudgedOnce(t *testing.T) {
	dir := t.TempDir()
	for _, file := range []string{"tokenizer.json", "tokenizer_config.json"} {
		b, err := os.ReadFile(filepath.Join(ofBytes, file))
		check(t, err)
		check(t, os.WriteFile(filepath.Join(dir, file), b, 0o666))
	}
	pieces, err := tokenizer.Load(dir)
	check(t, err)
	c := model.Scale(1, pieces.Vocab(), 128)
	l, err := newLearner(c, model.Training{Rows: 1, Length: c.Context, Threads: 1}, recipe("", 1))
	check(t, err)
	defer l.Close()
	l.Params.Init(7)
	check(t, l.Params.Write(dir, c.ToFolder()))
	teach, err := openTeacher(dir, 256, c.Context, stage.Machine{Threads: 1})
	check(t, err)
	defer teach.Close()
	ours := otherWords(t, []string{fallbackText}, 320)
	teach.m = newMapping(ours, pieces)
	row := model.Row{IDs: ours.Encode(nil, fallbackText)}
	row.Docs = []int{0, len(row.IDs)}
	for range row.IDs {
		row.Weight = append(row.Weight, 1)
	}
	j := newJudgement(teach, t.TempDir(), 0, func(int) model.Row { return row }, 1)
	soft, err := j.of(context.Background(), 0)
	check(t, err)
	theirs, at := teach.m.translate(row.IDs)
	judged, both := 0, 0
	for k := range soft {
		if len(soft[k].IDs) == 0 {
			continue
		}
		judged++
		told := map[int32]float64{} // what the serving engine says, of the student's tokens
		check(t, teach.ask(context.Background(), []infer.Request{{Prompt: theirs, Echo: true, TopLogprobs: 256}}, func(_ int, tokens []infer.Token) {
			for _, p := range tokens[at[k]].Top {
				if to, ok := teach.m.to[p.ID]; ok {
					if told[to] > 0 {
						both++
					}
					told[to] += math.Exp(float64(p.Logprob))
				}
			}
		}))
		seen := map[int32]bool{}
		for i, id := range soft[k].IDs {
			if seen[id] || math.Abs(float64(soft[k].P[i])-told[id]) > 1e-6 && id != row.IDs[k] {
				t.Errorf("token %d: %d is said to be %g, before %t; the teacher says %g", k, id, soft[k].P[i], seen[id], told[id])
			}
			seen[id] = true
		}
	}
	if judged == 0 || both == 0 {
		t.Errorf("%d tokens are judged, and tokens are said twice %d times", judged, both)
	}
}
