package optim_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"suiren/engine/model"
	"suiren/engine/optim"
)

// Ten steps of AdamW on models of every family, whole and by adapters, have
// the losses of PyTorch. (testdata/oracle/train/make.py)
func TestOracleFamilies(t *testing.T) {
	const oracle = "../../testdata/oracle"
	families := []string{"qwen3", "llama", "llama3", "qwen2", "mistral", "spark2_5", "gemma2", "gemma3", "gpt2",
		"phi3", "phi3-long", "glm4", "hunyuan", "ernie4_5", "smollm3", "granite", "olmo2", "seed_oss", "exaone4", "exaone4-sliding", "qwen3_moe", "qwen3_5", "qwen3_5_moe"}
	if testing.Short() {
		families = []string{"spark2_5", "gpt2", "qwen3_moe", "qwen3_5", "qwen3_5_moe"}
	}
	for _, name := range families {
		text, err := os.ReadFile(filepath.Join(oracle, "train", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var want struct {
			Row   model.Row
			AdamW struct {
				LR, Beta1, Beta2, Eps float32
				Steps                 int
			}
			Losses map[string][]float64
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		f, err := model.Open(filepath.Join(oracle, "arch", name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var targets []string // none: all
		if name == "qwen3_moe" {
			targets = []string{"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
		}
		for kind, lora := range map[string]*model.LoRA{"full": nil, "lora": {Rank: 3, Alpha: 6, Targets: targets}} {
			if len(want.Losses[kind]) != want.AdamW.Steps+1 || want.AdamW.Steps < 10 {
				t.Fatalf("%d losses of %d steps", len(want.Losses[kind]), want.AdamW.Steps)
			}
			tr, err := f.NewTrainer(model.Training{Rows: 1, Length: 71, Threads: 2, Recompute: lora != nil, LoRA: lora})
			if err != nil {
				t.Fatal(err)
			}
			defer tr.Close()
			if lora != nil {
				if err := tr.ReadAdapter(filepath.Join(oracle, "train", "adapter-"+name)); err != nil {
					t.Fatal(err)
				}
			}
			var params []optim.Param
			list, grads := tr.Trained()
			for i, x := range list {
				params = append(params, optim.Param{Data: x.Data, Grad: grads[i].Data, Rows: x.Shape[0], Cols: len(x.Data) / x.Shape[0], Rate: 1})
			}
			a := want.AdamW
			o, err := optim.New(optim.Settings{Adam: a.LR, Beta1: a.Beta1, Beta2: a.Beta2, Eps: a.Eps}, params, tr.Team())
			if err != nil {
				t.Fatal(err)
			}
			defer o.Close()
			worst := 0.0
			for step, w := range want.Losses[kind] {
				tr.Repack()
				got, _, _ := tr.Accumulate([]model.Row{want.Row})
				off := math.Abs(got-w) / want.Losses[kind][0]
				worst = max(worst, off)
				if !(off <= 1e-5) {
					t.Errorf("%s, %s, step %d: loss %.9g, PyTorch %.9g", name, kind, step, got, w)
				}
				o.Step(1)
			}
			t.Logf("%s, %s: at worst off by %.1e of the first loss", name, kind, worst)
		}
	}
}
