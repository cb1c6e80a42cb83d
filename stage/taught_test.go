package stage

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestTaught(t *testing.T) {
	said := func(roles ...string) (list []Message) {
		for _, r := range roles {
			list = append(list, Message{Role: r})
		}
		return list
	}
	tools := []json.RawMessage{json.RawMessage(`{}`)}
	for name, c := range map[string]struct {
		before []Message
		tools  []json.RawMessage
		want   Taught
	}{
		"a question":             {said("user"), nil, Taught{}},
		"nothing":                {nil, nil, Taught{}},
		"instructions":           {said("system", "user"), nil, Taught{System: true}},
		"a developer's":          {said("developer", "user"), nil, Taught{System: true}},
		"a turn before":          {said("user", "assistant", "user"), nil, Taught{Turns: true}},
		"tools":                  {said("user"), tools, Taught{Tools: true}},
		"a tool's result":        {said("user", "assistant", "tool"), tools, Taught{Tools: true}},
		"all of it":              {said("system", "user", "assistant", "tool", "assistant", "user"), tools, Taught{true, true, true}},
		"a greeting, a question": {said("assistant", "user"), nil, Taught{}},
	} {
		var got Taught
		if got.Add(c.before, c.tools); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	sum := Taught{System: true}
	if sum.Or(Taught{Tools: true}); sum != (Taught{System: true, Tools: true}) {
		t.Errorf("together %+v", sum)
	}

	dir := t.TempDir()
	if got, err := TaughtOf(dir); got != nil || err != nil {
		t.Errorf("weights from elsewhere: %v %v", got, err)
	}
	path := filepath.Join(dir, WeightsFile)
	for text, want := range map[string]Taught{`{"method":"sft"}`: {}, `{"taught":{"turns":true}}`: {Turns: true}} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if got, err := TaughtOf(dir); err != nil || got == nil || *got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	if got, err := TaughtOf(path); got != nil || err != nil {
		t.Errorf("a file: %v %v", got, err)
	}
	if err := os.WriteFile(path, []byte(`{"taught":7}`), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := TaughtOf(dir); err == nil {
		t.Error("what cannot be read is read")
	}
}
