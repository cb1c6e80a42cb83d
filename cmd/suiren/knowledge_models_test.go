package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/stage"
	"suiren/stage/data"
	"suiren/store"
)

// A plan's knowledge has its vectors of one model and its order of another, by their digests.
func TestKnowledgeOfModels(t *testing.T) {
	const arch = "../../testdata/oracle/arch/"
	corpus := t.TempDir()
	var lines []byte
	for _, text := range []string{"# Hello\n\nA world of words.\n", "# Other\n\nSalaries are paid on the last day.\n"} {
		b, err := json.Marshal(data.Document{ID: "x", Path: text[2:7] + ".md", Text: text})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(append(lines, b...), '\n')
	}
	if err := os.WriteFile(filepath.Join(corpus, "corpus.jsonl"), lines, 0o666); err != nil {
		t.Fatal(err)
	}
	embedder, rerank := store.Digest{1}, store.Digest{2}
	run := func(embedderDir, rerankDir string) (string, error) {
		k := vocabulary(0)[store.Knowledge].Ops[""]().(*data.Knowledge)
		job := &stage.Job{Out: t.TempDir(), Machine: stage.Machine{Threads: 1}, Emit: func(stage.Event) {}, Inputs: []stage.Input{{Arg: "from", Dir: corpus},
			{Arg: "embedder", Dir: arch + embedderDir, Digest: embedder},
			{Arg: "rerank", Dir: arch + rerankDir, Digest: rerank}}}
		return job.Out, k.Run(context.Background(), job)
	}
	dir, err := run("bert-mean", "bert-rank")
	if err != nil {
		t.Fatal(err)
	}
	ix, err := knowledge.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	m, err := knowledge.ReadModels(dir)
	if err != nil || m.Embedder != embedder.String() || m.Rerank != rerank.String() || ix.Embedder() != m.Embedder {
		t.Fatalf("%+v %q %v", m, ix.Embedder(), err)
	}
	by, err := openEncoder(arch+"bert-mean", m.Embedder, stage.Machine{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer by.Close()
	list, err := by.Embedder.Embed(context.Background(), []string{"Hello\nA world of words."})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	ix.Use(by.Embedder)
	hits := ix.Find(knowledge.Question{Text: "Hello\nA world of words.", K: 2, By: knowledge.ByMeaning})
	if len(hits) == 0 || hits[0].File != "Hello.md" || hits[0].Meaning < 0.98 { // rounded to 8 bits
		t.Errorf("its own words: %+v", hits)
	}
	for _, wrong := range [][2]string{{"bert-rank", "bert-rank"}, {"bert-mean", "bert-mean"}} {
		_, err := run(wrong[0], wrong[1])
		if e, ok := errors.AsType[*say.Error](err); !ok || e.Next.En == "" || !strings.Contains(err.Error(), ": bert-") {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}
