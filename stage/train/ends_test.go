package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// All tokens that end an answer go into a GGUF file, whatever their names are: one is
// the vocabulary's, two more have keys, and a type whose file has none for a fourth is refused.
func TestEndsInBlocks(t *testing.T) {
	ending := func(ids ...int32) string {
		base := t.TempDir()
		check(t, os.CopyFS(base, os.DirFS(archFolder("qwen2"))))
		text := strings.ReplaceAll(fmt.Sprint(ids), " ", ",")
		check(t, os.WriteFile(filepath.Join(base, "generation_config.json"), []byte(`{"eos_token_id": `+text+`}`), 0o666))
		return base
	}
	tok, err := tokenizer.Load(archFolder("qwen2"))
	check(t, err)
	known := tok.Ends()
	ends := append(slices.Clone(known), 40, 50) // plain tokens
	base := ending(ends...)
	slices.Sort(ends)
	for _, x := range []string{"q8_0", "q4_k_m"} {
		b := newBench(t, map[string]string{"base": base})
		check(t, (&Quantise{Type: x}).Run(context.Background(), b.Job))
		w, err := talk.Open(b.Out)
		check(t, err)
		got := w.Ends
		slices.Sort(got)
		if !w.GGUF || !slices.Equal(got, ends) {
			t.Errorf("%s: an answer ends at %v, want %v", x, got, ends)
		}
		// And from there into a folder.
		dir := t.TempDir()
		check(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte("{}"), 0o666))
		check(t, talk.Copy(b.Out, dir))
		if w, err = talk.Open(dir); err != nil || w.GGUF || !slices.Equal(w.Ends, ends) {
			t.Errorf("%s: in a folder again an answer ends at %v, want %v (%v)", x, w.Ends, ends, err)
		}
	}

	many := ending(append(ends, 60)...)
	for _, op := range []stage.Operator{&Quantise{Type: "q8_0"}, &Continue{Type: "q8_0"}} {
		b := newBench(t, map[string]string{"base": many, "from": archRows(t, 261)})
		bad, ok := errors.AsType[*say.Error](op.Run(context.Background(), b.Job))
		foretold := op.(stage.Forecaster).Forecast(map[string][]stage.Forecast{"base": {{Path: many}}}, stage.Machine{}).Wrong
		if !ok || len(foretold) != 1 {
			t.Fatalf("%s: %v, foretold %v", op.Name(), bad, foretold)
		}
		for _, e := range []*say.Error{bad, foretold[0]} {
			if e.Where != "type" || !strings.Contains(e.In(say.English), "no key left to say that the token 60") || !strings.Contains(e.In(say.Chinese), "没有剩余的键来说明词元 60") {
				t.Errorf("%s: %v", op.Name(), e)
			}
		}
	}

	// An end that is lost on the way is not passed by the gate, whatever the form.
	b, err := openBrought(base)
	check(t, err)
	defer b.Close()
	small := newBench(t, map[string]string{"base": archFolder("qwen2")}) // which knows its own alone
	check(t, (&Quantise{Type: "q8_0"}).Run(context.Background(), small.Job))
	q, err := openBrought(small.Out)
	check(t, err)
	defer q.Close()
	if err := sameWords(b, q); !errors.Is(err, stage.ErrRefused) || !strings.Contains(err.Error(), "an answer ended at") {
		t.Errorf("an end was lost, and the gate says %v", err)
	}
	if err := sameWords(q, b); err == nil || !strings.Contains(err.Error(), "an answer ended at") {
		check(t, err) // more are known of it
	}
}
