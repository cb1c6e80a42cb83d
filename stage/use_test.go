package stage

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
)

// A pair that is a conversation but for one field is told by that, where conversations are learnt.
func TestNoChat(t *testing.T) {
	dir := t.TempDir()
	line := `{"from":"a.jsonl:3","prompt":[{"role":"user","content":"a"}],"chosen":[{"role":"assistant","content":"7"}],"rejected":[{"role":"assistant","content":"8"}],"field":"rejected_response"}`
	if err := os.WriteFile(filepath.Join(dir, ExamplesFile), []byte(line), 0o666); err != nil {
		t.Fatal(err)
	}
	pair := Example{From: "a.jsonl:3", Chosen: []Message{{}}, Field: "rejected_response"}
	const want = "examples: a.jsonl:3: rejected_response: there is an example without a conversation to learn: it is a chosen and a rejected answer; delete this field to learn the conversation"
	for _, f := range []Forecast{{Path: dir}, {Use: UsePairs, Sample: []Example{pair}}} {
		if bad := Unlearnable("examples", &f); bad == nil || !strings.HasPrefix(bad.In(say.English), want) || !strings.Contains(bad.In(say.Chinese), "请删去此项") {
			t.Errorf("%v", bad)
		}
	}
	for _, err := range Conversations(dir) {
		if err == nil || "examples: "+err.Error()[:len(want)-10] != want {
			t.Errorf("%v", err)
		}
	}
	pair.Field = ""
	if bad := Unlearnable("examples", &Forecast{Use: UsePairs, Sample: []Example{pair}}); bad == nil || !strings.Contains(bad.Error(), "name other examples in the plan; dpo learns from pairs") {
		t.Errorf("%v", bad)
	}
}
