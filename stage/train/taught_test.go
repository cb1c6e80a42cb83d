package train

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"suiren/stage"
)

// Weights of our own remember behind what their answers were learnt, whatever they were
// taught by, and what their base remembers.
func TestTaught(t *testing.T) {
	op, in := toySFT(t)
	op.FLOPs = 1e8
	run := func(op stage.Operator, in map[string]string) string {
		t.Helper()
		b := newBench(t, in)
		check(t, op.Run(context.Background(), b.Job))
		return b.Out
	}
	taught := func(name, dir string, want stage.Taught) {
		t.Helper()
		if got, err := stage.TaughtOf(dir); err != nil || got == nil || *got != want {
			t.Errorf("%s: %+v, want %+v (%v)", name, got, want, err)
		}
	}
	base := run(op, in)
	taught("single questions", base, stage.Taught{})

	// rows that say so
	text, err := os.ReadFile(filepath.Join(in["from"], "rows.json"))
	check(t, err)
	var info stage.RowsInfo
	check(t, json.Unmarshal(text, &info))
	info.Taught = stage.Taught{Tools: true}
	rows := t.TempDir()
	check(t, os.CopyFS(rows, os.DirFS(in["from"])))
	check(t, stage.WriteJSON(filepath.Join(rows, "rows.json"), info))
	tools := run(op, map[string]string{"from": rows, "tokenizer": in["tokenizer"]})
	taught("sft", tools, stage.Taught{Tools: true})
	taught("continue", run(&Continue{}, map[string]string{"base": base, "from": rows}), stage.Taught{Tools: true})
	taught("distil", run(&Distil{Depth: 1}, map[string]string{"teacher": base, "from": rows}), stage.Taught{Tools: true})

	// examples
	pairs, labels := toyPairs(1), toyLabels(1)
	var chats []stage.Example
	for i, p := range toyProblems(1) {
		pairs[i].Prompt = append([]stage.Message{{Role: "system", Content: "s"}}, pairs[i].Prompt...)
		labels[i].Messages = append(append(user("q"), answers(p, "1")...), labels[i].Messages...)
		chats = append(chats, stage.Example{From: p.ID, Messages: append(append(user("q"), answers(p, "1")...), append(user(p.Prompt), answers(p, p.Answer)...)...)})
	}
	chat := map[string]string{"base": base, "examples": toyExamples(t, chats)}
	taught("dpo", run(&DPO{}, map[string]string{"base": tools, "pairs": toyExamples(t, pairs)}), stage.Taught{System: true, Tools: true})
	taught("kto", run(&KTO{}, map[string]string{"base": base, "labels": toyExamples(t, labels)}), stage.Taught{Turns: true})
	taught("sft over a base", run(&SFT{}, chat), stage.Taught{Turns: true})
	adapter := run(&LoRA{}, chat)
	taught("lora", adapter, stage.Taught{Turns: true})
	both := map[string]string{"base": base, "adapter": adapter, "pairs": toyExamples(t, pairs), "examples": toyExamples(t, chats[:1])}
	preferred := run(&DPO{}, both)
	taught("dpo from an adapter", preferred, stage.Taught{System: true, Turns: true})
	both["adapter"] = preferred
	taught("lora from an adapter", run(&LoRA{}, both), stage.Taught{System: true, Turns: true})
	merged := run(&Merge{}, map[string]string{"base": base, "adapter": adapter})
	taught("merge", merged, stage.Taught{Turns: true})
	was, err := readFacts(adapter)
	check(t, err)
	if is, err := readFacts(merged); err != nil || was.FLOPs == 0 || is.FLOPs != was.FLOPs || is.Loss != was.Loss || is.Method != "merge" || is.Words != "" {
		t.Errorf("merged %+v (%v), of %+v", is, err, was)
	}
	taught("quantise", run(&Quantise{Type: "bf16"}, map[string]string{"base": tools}), stage.Taught{Tools: true})
}

// Reinforcement teaches what its problems stand behind.
func TestTaughtAsking(t *testing.T) {
	list := toyProblems(1)
	if got := taughtAsking(list); got != (stage.Taught{}) {
		t.Errorf("single questions: %+v", got)
	}
	list[1].Context = append(user("q"), answers(list[1], "1")...)
	if got := taughtAsking(list); got != (stage.Taught{Turns: true}) {
		t.Errorf("%+v", got)
	}
	list[0].Tools = []json.RawMessage{json.RawMessage(`{"type":"function","function":{"name":"now"}}`)}
	if got := taughtAsking(list); got != (stage.Taught{Turns: true, Tools: true}) {
		t.Errorf("%+v", got)
	}
}
