package browser

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// writeLoRA writes a PEFT folder of random numbers for the query projection of
// layer 1 of the model that the test brings (20 wide, 6 heads of 10), of rank 2.
func writeLoRA(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	r := rand.New(rand.NewPCG(7, 7))
	header, data := map[string]any{}, bytes.Buffer{}
	for _, one := range []struct {
		name       string
		rows, cols int
	}{{"lora_A", 2, 20}, {"lora_B", 60, 2}} {
		from := data.Len()
		for range one.rows * one.cols {
			binary.Write(&data, binary.LittleEndian, math.Float32bits(r.Float32()-0.5))
		}
		header["base_model.model.model.layers.1.self_attn.q_proj."+one.name+".weight"] = map[string]any{"dtype": "F32", "shape": []int{one.rows, one.cols}, "data_offsets": []int{from, data.Len()}}
	}
	head, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...)
	for name, text := range map[string][]byte{
		"adapter_config.json":       []byte(`{"peft_type": "LORA", "r": 2, "lora_alpha": 64, "target_modules": ["q_proj"], "layers_to_transform": [1]}`),
		"adapter_model.safetensors": append(file, data.Bytes()...),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// adapter loads a model with an adapter, asks it with and without, and gets by the
// API what the page shows.
func adapter(t *testing.T, browser context.Context, dir string) {
	little, lora := filepath.Join(t.TempDir(), "little"), writeLoRA(t)
	if err := os.CopyFS(little, os.DirFS(*model)); err != nil {
		t.Fatal(err)
	}
	s := start(t, "serve", dir)
	v := visit(t, browser, s.url)
	defer v.close()
	const question = "What is 3+4?"
	type answer struct{ Thought, Answer string }
	shown := func() answer {
		return eval[answer](v.tab, `(r => ({ Thought: r.querySelector(".thoughts")?.textContent ?? "", Answer: r.querySelector(".answer")?.textContent ?? "" }))(document.querySelector(".turn:last-child .reply"))`)
	}
	byAPI := func(t *testing.T, more string) answer {
		t.Helper()
		status, text := s.call(t, "POST", "/v1/chat/completions", `{"model":"little","temperature":1,"seed":12,"max_tokens":24,"messages":[{"role":"user","content":"`+question+`"}]`+more+`}`)
		var r struct {
			Choices []struct {
				Message struct {
					Content          string
					ReasoningContent string `json:"reasoning_content"`
				}
			}
		}
		if err := json.Unmarshal([]byte(text), &r); err != nil || status != 200 || len(r.Choices) != 1 {
			t.Fatalf("the API answers %d %s", status, text)
		}
		m := r.Choices[0].Message
		return answer{m.ReasoningContent, m.Content}
	}
	var base, adapted answer
	journey(t, v,
		step{"refused", func(t *testing.T) { // a folder that is no adapter says so
			v.push("Models")
			v.tell("Path on this machine", little)
			v.push("Add")
			v.push("With an adapter (LoRA)")
			v.tell("Name, by which a question asks for it", "accent")
			v.tell("Folder on this machine", little)
			v.push("Load and talk")
			v.wait(`document.querySelector("main :is([role=alert], .tasks .bad)")?.innerText`)
			if got := v.text(".picks"); got == "" || v.count(".picks .tag.done") > 1 {
				t.Errorf("it is loaded without the adapter that was asked for: %s", got)
			}
		}},
		step{"loaded", func(t *testing.T) {
			v.tell("Folder on this machine", lora)
			v.push("Load and talk")
			v.wait(`document.querySelector(".picks .tag.done")?.innerText === "answers now"`)
			v.sees("Chosen in the chat's parameters.")
			v.accessible(t)
		}},
		step{"base", func(t *testing.T) {
			v.push("Chat")
			v.push("Parameters · mine")
			v.pick("Model", "little")
			v.tell("Temperature", "1")
			v.tell("Most tokens", "24")
			v.tell("Seed", "12")
			v.asks(question)
			if base = shown(); base != byAPI(t, "") {
				t.Errorf("without the adapter the page shows %q, and the API answers %q", base, byAPI(t, ""))
			}
		}},
		step{"adapted", func(t *testing.T) { // per request, another answer, and the same as the API's
			v.pick("Adapter (LoRA)", "accent")
			v.click(".conversations a.button") // so that the question stands alone
			v.wait(`!document.querySelector(".turn")`)
			v.asks(question)
			if adapted = shown(); adapted != byAPI(t, `,"adapter":"accent"`) {
				t.Errorf("with the adapter the page shows %q, and the API answers %q", adapted, byAPI(t, `,"adapter":"accent"`))
			}
			if adapted == base || adapted == (answer{}) {
				t.Errorf("with the adapter comes %q, and without %q", adapted, base)
			}
		}},
		step{"replayed", func(t *testing.T) {
			v.push("Receipt")
			v.sees(`"accent"`)
			v.push("Replay")
			v.sees("the same answer, character by character")
		}},
		step{"kept", func(t *testing.T) { // which it was stays with the conversation
			v.keeps(`"seed":"12","think":"","adapter":"accent","knowledge":""},"chosen":0,"turns":[{`)
			v.wait(`document.querySelectorAll(".shelf li").length === 2`)
			v.again()
			v.wait(`document.querySelector(".turn:last-child footer")`)
			v.push("Parameters · little")
			v.wait(`document.querySelector("select.adapter")?.value === "accent"`)
		}},
	)
	v.clean(t, "400")
}
