//go:build unix

package train

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"suiren/stage"
	"suiren/store"
)

// A killing is a run in a process of its own, which ends itself amid a step.
type killing struct {
	Kind      string
	Settings  json.RawMessage
	In        map[string]string
	Out, Work string
	Step      int // 0: it is let live
	Threads   int
}

const killEnv = "SUIREN_TEST_KILLING"

// operators are those that are killed.
var operators = map[string]func() stage.Operator{
	"dpo":    func() stage.Operator { return &DPO{Every: time.Nanosecond} },
	"kto":    func() stage.Operator { return &KTO{Every: time.Nanosecond} },
	"distil": func() stage.Operator { return &Distil{Every: time.Nanosecond} },
	"grpo":   func() stage.Operator { return &GRPO{Every: time.Nanosecond} },

	"continue": func() stage.Operator { return &Continue{Every: time.Nanosecond} },
	"lora":     func() stage.Operator { return &LoRA{Every: time.Nanosecond} },
	"sft":      func() stage.Operator { return &SFT{Every: time.Nanosecond} },
}

// TestKilledProcess is the process that TestKilled starts.
func TestKilledProcess(t *testing.T) {
	text := os.Getenv(killEnv)
	if text == "" {
		t.Skip("only TestKilled starts it")
	}
	var k killing
	check(t, json.Unmarshal([]byte(text), &k))
	op := operators[k.Kind]()
	check(t, json.Unmarshal(k.Settings, op))
	b := newBench(t, k.In)
	b.Out, b.Work, b.Machine.Threads = k.Out, k.Work, k.Threads
	b.each = func(e stage.Event) {
		if k.Step > 0 && e.Type == "metric" && int(e.Vals["step"]) == k.Step {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			time.Sleep(time.Minute)
		}
	}
	check(t, op.Run(context.Background(), b.Job))
}

// start runs k, and reports whether it was killed.
func (k killing) start(t *testing.T) bool {
	t.Helper()
	text, err := json.Marshal(k)
	check(t, err)
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$", "-test.v")
	cmd.Env = append(os.Environ(), killEnv+"="+string(text), "TMPDIR="+t.TempDir()) // it cannot remove what it makes there
	out, err := cmd.CombinedOutput()
	e, failed := errors.AsType[*exec.ExitError](err)
	if killed := failed && e.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL; killed || err == nil {
		return killed
	}
	t.Fatalf("%s, step %d: %v\n%s", k.Kind, k.Step, err, out)
	return false
}

// killedSteps are the steps of the runs that are killed.
const killedSteps = 20

// A killed is a kind of training that is killed, and the digest of the weights
// that it makes on every machine: who changes them raises the kind's revision.
type killed struct {
	kind    string
	op      stage.Operator
	in      map[string]string
	weights string
}

// A run that is killed in each of its 20 steps, one after the other, and then
// let live, makes the bytes of one that nobody touched; its threads change too.
func TestKilled(t *testing.T) {
	const steps = killedSteps
	beta := 0.05
	_, torn := toyTorn(t)
	dir, in := toyTeacher(t)
	part := toyPart(t, toyProblems(2))
	first := map[string]string{"from": toyRows(t, in["tokenizer"], toyProblems(1)), "tokenizer": in["tokenizer"]}
	for _, c := range []killed{
		{"sft", &SFT{Depth: 1, Batch: 3, Epochs: 5, Rate: 2}, first, "cdb5dc58446e"},
		{"sft", &SFT{Depth: 1, Batch: 3, Epochs: 5, Storage: "bf16", Gradients: "bf16x3", Optimizer: "adamw"}, first, "85db8d107901"},
		{"sft", &SFT{Depth: 1, Batch: 3, Epochs: 5, Rate: 2, Gradients: "bf16x6"}, first, "ef67fabf29b3"},
		{"dpo", &DPO{Batch: 6, Epochs: 5}, map[string]string{"base": torn, "pairs": toyExamples(t, toyPairs(1))}, "c50ebe7096f3"},
		{"kto", &KTO{Batch: 6, Epochs: 5}, map[string]string{"base": torn, "labels": toyExamples(t, toyLabels(1))}, "c2d8a2c4948c"},
		{"distil", &Distil{Depth: 1, Batch: 3, Epochs: 5, Gradients: "bf16x3"}, map[string]string{"teacher": dir, "from": toyRows(t, in["tokenizer"], toyProblems(1))}, "f4dcdd7edc1c"},
		{"distil", &Distil{Depth: 1, Batch: 1, Epochs: 2, Tokens: 12}, map[string]string{"teacher": dir, "problems": part}, "0c2c4296c6d2"},
		{"grpo", &GRPO{Steps: steps, Prompts: 4, Samples: 4, Tokens: 12, Variant: "dapo", Updates: 2, Beta: &beta, Rate: 0.01},
			map[string]string{"base": torn, "problems": part, "watch": part}, "c3a05003d669"},
	} {
		c.test(t)
	}
}

// The same over a base of another family, whole and by adapters, watching or not.
func TestKilledBrought(t *testing.T) {
	var chats, pairs, labels []stage.Example
	yes, no := true, false
	said := func(text string) []stage.Message { return []stage.Message{{Role: "assistant", Content: text}} }
	for i := range 20 {
		q := user("say " + string(rune('a'+i)))
		chats = append(chats, stage.Example{From: "c", Messages: append(q[:1:1], said("yes")...)})
		pairs = append(pairs, stage.Example{From: "p", Prompt: q, Chosen: said("yes"), Rejected: said("no!")})
		labels = append(labels, stage.Example{From: "l", Messages: append(q[:1:1], said("yes")...), Label: &yes}, stage.Example{From: "l", Messages: append(q[:1:1], said("no!")...), Label: &no})
	}
	base, pick, part, ref := archFolder("qwen2"), picker(t, "llama3"), toyPart(t, picks(12)), stage.Ref{Kind: "examples", Name: "x"}
	talk, rows := toyExamples(t, chats), archRows(t, 261)
	adapter, picked := adapterOver(t, &LoRA{Rank: 3}, base, rows), adapterOver(t, &LoRA{Rank: 2, Targets: []string{"q_proj", "down_proj"}}, pick, rows)
	for _, c := range []killed{
		{"continue", &Continue{Batch: 1, Epochs: 2, Watch: ref, Patience: 1000, Rate: 0.1, Storage: "bf16", Gradients: "bf16x3"}, map[string]string{"base": archFolder("gpt2"), "from": rows, "watch": talk}, "d93a626b2aee"},
		{"lora", &LoRA{Batch: 1, Epochs: 2, Rank: 3}, map[string]string{"base": archFolder("spark2_5"), "from": rows}, "cbaae49cb206"},
		{"lora", &LoRA{Batch: 1, Epochs: 2, Rank: 3}, map[string]string{"base": archGGUF(t, "qwen3-wide/Q4_K"), "from": rows}, "878fa90dfc86"}, // QLoRA
		{"lora", &LoRA{Batch: 1, Epochs: 2, Rank: 3, Gradients: "bf16x6", Targets: []string{"q_proj", "gate_proj", "up_proj", "down_proj"}}, map[string]string{"base": archGGUF(t, "qwen3_moe/Q4_0"), "from": rows}, "37a208dca6a5"},
		{"continue", &Continue{Batch: 1, Epochs: 2, Rate: 0.1, Gradients: "bf16x6"}, map[string]string{"base": archFolder("qwen3_moe"), "from": rows}, "7752ff501aca"},
		{"continue", &Continue{Batch: 1, Epochs: 2, Rate: 0.1}, map[string]string{"base": archFolder("qwen3_5"), "from": rows}, "e30482048f14"},
		{"lora", &LoRA{Batch: 1, Epochs: 2, Rank: 3}, map[string]string{"base": archGGUF(t, "qwen3_5/Q8_0"), "from": rows}, "2db6bf82fd6d"},
		{"sft", &SFT{Batch: 1, Rate: 10, Base: ref}, map[string]string{"base": archFolder("llama3"), "from": archRowsOf(t, 261, killedSteps)}, "4d8bdf0e6ecb"},
		{"dpo", &DPO{Batch: 2, Epochs: 2, Rank: 3, Watch: ref}, map[string]string{"base": base, "pairs": toyExamples(t, pairs), "watch": toyExamples(t, pairs[:4])}, "e3804a561122"},
		{"dpo", &DPO{Batch: 2, Epochs: 2}, map[string]string{"base": base, "adapter": adapter, "pairs": toyExamples(t, pairs)}, "79e6e2462568"},
		{"grpo", &GRPO{Steps: killedSteps, Prompts: 4, Samples: 4, Tokens: 6, Variant: "grpo", Rate: 0.1}, map[string]string{"base": pick, "adapter": picked, "problems": part, "watch": part}, "ecef57c25f8c"},
		{"kto", &KTO{Batch: 4, Epochs: 2}, map[string]string{"base": familyFolder(t, "gemma2"), "labels": toyExamples(t, labels)}, "c5c07f210b45"},
		{"distil", &Distil{Base: ref, Rank: 3, Batch: 1, Epochs: 2}, map[string]string{"base": familyFolder(t, "gemma3"), "teacher": base, "from": rows}, "c777842984d2"},
		{"grpo", &GRPO{Steps: killedSteps, Prompts: 4, Samples: 4, Tokens: 6, Rank: 3, Rate: 0.1}, map[string]string{"base": pick, "problems": part, "watch": part}, "4a551f38d5c8"},
		{"grpo", &GRPO{Steps: killedSteps, Prompts: 4, Samples: 4, Tokens: 6, Variant: "gspo", Updates: 2, Rate: 0.1}, map[string]string{"base": pick, "problems": part, "watch": part}, "ab7cf944d244"},
	} {
		c.test(t)
	}
}

func (c killed) test(t *testing.T) {
	t.Helper()
	const steps = killedSteps
	settings, err := json.Marshal(c.op)
	check(t, err)
	whole := killing{c.kind, settings, c.in, t.TempDir(), t.TempDir(), 0, 1}
	if whole.start(t) {
		t.Fatal("killed by whom?")
	}
	want := digest(t, whole.Out)
	files, err := store.List(whole.Out)
	check(t, err)
	files = slices.DeleteFunc(files, func(f store.File) bool { return filepath.Ext(f.Path) != ".safetensors" })
	if got := store.FilesDigest(files).Short(); got != c.weights {
		t.Errorf("%s: its weights are %s, elsewhere %s", c.kind, got, c.weights)
	}
	k := killing{c.kind, settings, c.in, "", t.TempDir(), 0, 1}
	for step := 1; step <= steps; step++ {
		k.Step, k.Out, k.Threads = step, t.TempDir(), 1+step%3
		if !k.start(t) {
			t.Fatalf("%s: not killed in step %d", c.kind, step)
		}
	}
	k.Step, k.Out = 0, t.TempDir()
	k.start(t)
	if digest(t, k.Out) != want {
		t.Errorf("%s: killed in every step, it made other bytes", c.kind)
	}
}
