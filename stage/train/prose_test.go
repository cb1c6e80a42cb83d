package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// toyCorpus is a corpus with texts, and those that it holds out; nil: it has no split.
func toyCorpus(t *testing.T, texts, aside []string) string {
	t.Helper()
	dir := t.TempDir()
	for name, list := range map[string][]string{corpusFile: texts, asideFile: aside} {
		if list == nil {
			continue
		}
		var all []byte
		for i, text := range list {
			line, err := json.Marshal(map[string]string{"id": fmt.Sprint(i), "text": text})
			check(t, err)
			all = append(append(all, line...), '\n')
		}
		check(t, os.WriteFile(filepath.Join(dir, name), all, 0o600))
	}
	return dir
}

// toyTexts are n texts of one kind, all different.
func toyTexts(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("the %c and the %c are two", 'a'+i%26, 'a'+i/26))
	}
	return list
}

// textRows are rows of texts, all of which is learnt.
func textRows(t *testing.T, tokenizerDir string, texts []string) string {
	t.Helper()
	tok, err := tokenizer.Load(tokenizerDir)
	check(t, err)
	end, _ := tok.Special("<|endoftext|>")
	dir := t.TempDir()
	w, err := stage.NewRowWriter(dir, tok.Vocab(), 2*toyContext, false)
	check(t, err)
	for _, text := range texts {
		check(t, w.Add([]stage.RowDoc{{IDs: append(tok.Encode(nil, text), end)}}))
	}
	_, err = w.Close()
	check(t, err)
	return dir
}

// What was taught texts stops where they end, in other programs too; what was taught chats
// alone says nothing of texts.
func TestTextEnd(t *testing.T) {
	tok := toyTokenizer(t)
	words, err := tokenizer.Load(tok)
	check(t, err)
	end, _ := words.Special("<|endoftext|>")
	for name, c := range map[string]struct {
		rows string
		ends bool
	}{"texts": {textRows(t, tok, toyTexts(8)), true}, "chats": {toyRows(t, tok, toyProblems(1)), false}} {
		b := newBench(t, map[string]string{"from": c.rows, "tokenizer": tok})
		check(t, (&SFT{Depth: 1, Batch: 8}).Run(t.Context(), b.Job))
		w, err := talk.Open(b.Out)
		check(t, err)
		if w.EndsWith(end) != c.ends {
			t.Errorf("%s: an answer ends with %v", name, w.Ends)
		}
	}
}

// Text that a corpus holds out is watched while other text is learnt: its loss and its
// bits a byte fall, from random weights and over a base; no byte is another.
func TestWatchCorpus(t *testing.T) {
	tok := toyTokenizer(t)
	all := toyTexts(96)
	rows := textRows(t, tok, all[:80])
	corpus := toyCorpus(t, all[:80], all[80:])
	ref := stage.Ref{Kind: "corpus", Name: "c"}
	var base string
	for _, c := range []struct {
		plain, watched stage.Operator
	}{
		{&SFT{Depth: 1, Batch: 8, Epochs: 6, Rate: 2}, &SFT{Depth: 1, Batch: 8, Epochs: 6, Rate: 2, Watch: ref}},
		{&Continue{Batch: 8, Epochs: 4}, &Continue{Batch: 8, Epochs: 4, Watch: ref}},
	} {
		in := map[string]string{"from": rows, "tokenizer": tok}
		if base != "" {
			in = map[string]string{"from": rows, "base": base}
		}
		plain := newBench(t, in)
		check(t, c.plain.Run(t.Context(), plain.Job))
		in["watch"] = corpus
		b := newBench(t, in)
		check(t, c.watched.Run(t.Context(), b.Job))
		if digest(t, b.Out) != digest(t, plain.Out) {
			t.Errorf("%s: watching changed the weights", c.plain.Name())
		}
		_, loss := b.series("watch_loss")
		_, bits := b.series("bits_per_byte")
		first := 0.9
		if base != "" {
			first = 1
		}
		if len(loss) < 3 || len(bits) != len(loss) || loss[len(loss)-1] > first*loss[0] {
			t.Fatalf("%s: losses %v, bits %v", c.plain.Name(), loss, bits)
		}
		// A token is a byte, and each text's first is not predicted, its end is.
		n := float64(len(all[0]))
		for i := range loss {
			if want := loss[i] * n / (n - 1) / math.Ln2; math.Abs(bits[i]-want) > 1e-9*want {
				t.Errorf("%s: %g bits a byte at a loss of %g, want %g", c.plain.Name(), bits[i], loss[i], want)
			}
		}
		looks := len(loss)
		if base != "" {
			looks-- // at the base
		}
		if notes := strings.Join(b.notes(), "\n"); !strings.Contains(notes, fmt.Sprintf("%d times", looks)) || strings.Contains(notes, "samples") {
			t.Errorf("%s: %q, %d looks", c.plain.Name(), notes, len(loss))
		}
		begun := 0 // texts that it was told to go on with
		for _, e := range b.events {
			if e.Type == "sample" {
				begun++
			}
		}
		if begun < watchSamples || begun%watchSamples != 0 {
			t.Errorf("%s: %d texts were gone on with", c.plain.Name(), begun)
		}
		base = b.Out
	}
}

// Patience works on held-out text: of another kind it is learnt no better, and the run
// ends early, to the same bytes when it is interrupted.
func TestWatchCorpusPatience(t *testing.T) {
	tok := toyTokenizer(t)
	var other []string
	for i := range 16 {
		other = append(other, fmt.Sprintf("%d%d~|{}#@!?", i*7%10, i*3%10))
	}
	rows := textRows(t, tok, toyTexts(40))
	made := newBench(t, map[string]string{"from": rows, "tokenizer": tok})
	check(t, (&SFT{Depth: 1, Batch: 8, Epochs: 4, Rate: 2}).Run(t.Context(), made.Job))
	op := &Continue{Batch: 8, Epochs: 20, Patience: 3, Watch: stage.Ref{Kind: "corpus", Name: "c"}, Every: time.Nanosecond}
	in := map[string]string{"from": rows, "base": made.Out, "watch": toyCorpus(t, toyTexts(40), other)}
	b := newBench(t, in)
	check(t, op.Run(t.Context(), b.Job))
	f, err := readFacts(b.Out)
	check(t, err)
	if _, loss := b.series("watch_loss"); f.Stop == nil || f.Stop.Ended >= f.Stop.Planned || f.Stop.Planned != 100 || len(loss) < 4 {
		t.Fatalf("%+v, losses %v", f.Stop, loss)
	}
	again := newBench(t, in)
	if err := op.Run(&countdown{t.Context(), 30}, again.Job); err == nil {
		t.Fatal("it was not interrupted")
	}
	again.Out = t.TempDir()
	check(t, op.Run(t.Context(), again.Job))
	if digest(t, again.Out) != digest(t, b.Out) {
		t.Error("other bytes after an interruption")
	}
}

// A corpus that holds nothing out is refused: in the plan, made or not, and by the run.
func TestWatchUnsplit(t *testing.T) {
	tok := toyTokenizer(t)
	rows := textRows(t, tok, toyTexts(8))
	for _, aside := range [][]string{nil, {}} {
		dir := toyCorpus(t, toyTexts(8), aside)
		b := newBench(t, map[string]string{"from": rows, "tokenizer": tok, "watch": dir})
		bad, ok := errors.AsType[*say.Error]((&SFT{Depth: 1}).Run(t.Context(), b.Job))
		if !ok || bad.Where != "watch" || !strings.Contains(bad.Next.In(say.English), "split = 0.05") || !strings.Contains(bad.Next.In(say.Chinese), "split") {
			t.Errorf("%v: %v", aside, bad)
		}
		for _, f := range []stage.Forecast{{Path: dir, Size: map[string]float64{"text": 9}}, {Size: map[string]float64{"text": 9, "split": 0}}} {
			in := map[string][]stage.Forecast{"from": {{Path: rows}}, "tokenizer": {{Size: map[string]float64{"vocab": 261}}}, "watch": {f}, "base": {{Path: archFolder("llama3")}}}
			for _, op := range []stage.Forecaster{&Continue{}, &LoRA{}} {
				if list := op.Forecast(in, stage.Machine{Threads: 1}).Wrong; len(list) == 0 || list[len(list)-1].Where != "watch" {
					t.Errorf("%T: %v", op, list)
				}
			}
			delete(in, "base")
			if list := (&SFT{Depth: 1}).Forecast(in, stage.Machine{Threads: 1}).Wrong; len(list) != 1 || list[0].Where != "watch" {
				t.Errorf("%v", list)
			}
		}
	}
	split := toyCorpus(t, toyTexts(8), toyTexts(2))
	for _, f := range []stage.Forecast{{Path: split}, {Size: map[string]float64{"text": 9, "split": 0.1}}} {
		if bad := unfitCorpus(&f); bad != nil {
			t.Errorf("%+v: %v", f, bad)
		}
	}
}

// Of a long file pieces from all over it are read, of a long text pieces from all over
// that, none of which begins or ends within a rune.
func TestHeldPieces(t *testing.T) {
	var texts []string
	for i := range 1000 {
		texts = append(texts, fmt.Sprintf("%04d ", i)+strings.Repeat("燧人", 5+i%5))
	}
	dir := toyCorpus(t, nil, texts)
	list, err := heldPieces(filepath.Join(dir, asideFile), 10, 64)
	check(t, err)
	if len(list) != 10 {
		t.Fatalf("%d pieces: %v", len(list), list)
	}
	for i, p := range list {
		if !strings.HasPrefix(p.text, fmt.Sprintf("%02d", i)) || !p.whole {
			t.Errorf("piece %d is %+v", i, p)
		}
	}
	long := strings.Repeat("燧", 1000)
	for i := range 5 {
		p := pieceOf(long, 64, i)
		if !strings.HasPrefix(long, p.text) || len(p.text) < 58 || len(p.text) > 64 || p.whole != (i == 4) {
			t.Errorf("%d: %d bytes %q, whole %v", i, len(p.text), p.text, p.whole)
		}
	}
	if p := pieceOf("one two three", 64, 3); p.text != "one two three" || !p.whole {
		t.Errorf("%+v", p)
	}
}

// Rows that another tokenizer of as many tokens wrote are refused over a base of our
// own: when the plan is made as far as it names both, and by the run.
func TestForeignRows(t *testing.T) {
	save := func(text string) string {
		tok, err := tokenizer.Train(func(yield func(string) bool) { yield(text) }, 262+len(tokenizer.ChatSpecial), tokenizer.ChatSpecial)
		check(t, err)
		dir := t.TempDir()
		check(t, tok.Save(dir))
		return dir
	}
	ours, others := save("the other thing that they gather"), save("one open door, no more stone, and two are")
	made := newBench(t, map[string]string{"from": textRows(t, ours, toyTexts(8)), "tokenizer": ours})
	check(t, (&SFT{Depth: 1}).Run(t.Context(), made.Job))
	rows := textRows(t, others, toyTexts(8))
	for _, op := range []stage.Operator{&SFT{Base: stage.Ref{Kind: "weights", Name: "b"}}, &Continue{}, &LoRA{}} {
		b := newBench(t, map[string]string{"from": rows, "base": made.Out})
		bad, ok := errors.AsType[*say.Error](op.Run(t.Context(), b.Job))
		if !ok || bad.Where != "from" || !strings.Contains(bad.What.In(say.English), "another tokenizer") || !strings.Contains(bad.What.In(say.Chinese), "另一个分词器") {
			t.Errorf("%T: %v", op, bad)
		}
		own := newBench(t, map[string]string{"from": textRows(t, ours, toyTexts(8)), "base": made.Out})
		check(t, op.Run(t.Context(), own.Job))
		for words, want := range map[string]int{"tokenizer.others": 1, "tokenizer.ours": 0, "": 0} {
			in := map[string][]stage.Forecast{"base": {{Path: made.Out, Words: "tokenizer.ours"}}, "from": {{Size: map[string]float64{"rows": 8, "length": 64, "tokens": 200}, Words: words}}}
			if list := op.(stage.Forecaster).Forecast(in, stage.Machine{Threads: 1}).Wrong; len(list) != want || want > 0 && list[0].Where != "from" {
				t.Errorf("%T, rows by %q: %v", op, words, list)
			}
		}
	}
}
