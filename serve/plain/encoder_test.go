package plain

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"suiren/serve/form"
)

// oracle is where the folders of testdata/oracle/arch lie.
const oracle = "../../testdata/oracle/arch"

func openOracle(t *testing.T, name string) *Model {
	t.Helper()
	m, err := Open(filepath.Join(oracle, name), Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// Vectors have length one, whatever is read beside them, and a text that is
// too long is an error unless it may be cut.
func TestEmbed(t *testing.T) {
	for _, name := range []string{"bert-mean", "bert-cls"} {
		m := openOracle(t, name)
		e := m.Embedder()
		if e == nil || m.Reranker() != nil || m.Answers() {
			t.Fatalf("%s is no embedder", name)
		}
		a, n, err := e.Embed(context.Background(), []form.Prompt{{Text: "hello"}, {Text: "a world"}}, false)
		if err != nil {
			t.Fatal(err)
		}
		alone, _, err := e.Embed(context.Background(), []form.Prompt{{Text: "a world"}}, false)
		if err != nil {
			t.Fatal(err)
		}
		var sum float64
		for i, x := range a[1] {
			sum += float64(x) * float64(x)
			if x != alone[0][i] {
				t.Fatalf("%s: alone the vector is another", name)
			}
		}
		if math.Abs(sum-1) > 1e-5 || len(a[1]) != e.Width() || n[0] < 3 {
			t.Errorf("%s: squared length %g, width %d, %d tokens", name, sum, len(a[1]), n[0])
		}
		long := make([]int32, e.Longest()+1)
		if _, _, err := e.Embed(context.Background(), []form.Prompt{{IDs: long}}, false); err == nil {
			t.Errorf("%s: a text of %d tokens passed", name, len(long))
		}
		if _, n, err := e.Embed(context.Background(), []form.Prompt{{IDs: long}}, true); err != nil || n[0] != e.Longest() {
			t.Errorf("%s: cut to %v: %v", name, n, err)
		}
		if _, _, err := e.Embed(context.Background(), []form.Prompt{{IDs: []int32{1 << 30}}}, true); err == nil {
			t.Errorf("%s: a token that is not there passed", name)
		}
	}
}

// Scores lie between 0 and 1, each document's its own.
func TestRerank(t *testing.T) {
	for _, name := range []string{"bert-rank", "xlm-roberta-rank"} {
		if _, err := os.Stat(filepath.Join(oracle, name, "config.json")); err != nil {
			t.Fatal(err)
		}
		m := openOracle(t, name)
		r := m.Reranker()
		if r == nil || m.Embedder() != nil {
			t.Fatalf("%s is no reranker", name)
		}
		both, n, err := r.Rerank(context.Background(), "hello", []string{"a world", "hello hello"})
		if err != nil {
			t.Fatal(err)
		}
		one, _, err := r.Rerank(context.Background(), "hello", []string{"hello hello"})
		if err != nil {
			t.Fatal(err)
		}
		if both[1] != one[0] || both[0] == both[1] || both[0] <= 0 || both[0] >= 1 || n < 6 {
			t.Errorf("%s: %v, alone %v, %d tokens", name, both, one, n)
		}
	}
}
