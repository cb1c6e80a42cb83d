package guard

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// What a verdict cannot require is told when the plan is made, if the problems are made
// or foretell their families; of others nothing is said before they are asked.
func TestRequiredForetold(t *testing.T) {
	made := t.TempDir()
	if err := os.Mkdir(filepath.Join(made, "heldout"), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(made, "heldout", stage.ProblemsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := stage.WriteProblems(f, []stage.Problem{{Family: "products"}, {Family: "add"}, {Family: "capitals"}}); err != nil {
		t.Fatal(err)
	}
	chats := t.TempDir()
	if err := os.Mkdir(filepath.Join(chats, "heldout"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(chats, "heldout", stage.ExamplesFile), []byte(`{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range []stage.Forecast{{Path: chats}, {Use: stage.UseChats, Families: []string{"add"}}} {
		if list := new(Verdict).Forecast(map[string][]stage.Forecast{"problems": {f}}, stage.Machine{}).Wrong; len(list) != 1 || list[0].Where != "problems" || !strings.Contains(list[0].Error(), "it is a conversation to learn") {
			t.Errorf("of conversations: %v", list)
		}
	}
	for _, c := range []struct {
		require string
		of      stage.Forecast
		wrong   bool
	}{
		{"products", stage.Forecast{Path: made}, false},
		{"add", stage.Forecast{Path: made}, false},
		{"accuracy", stage.Forecast{Path: made}, false},
		{"word", stage.Forecast{Path: made}, true},
		{"sums", stage.Forecast{Path: made, Families: []string{"sums"}}, true}, // none of it is held out
		{"sums", stage.Forecast{Families: []string{"own", "sums"}}, false},
		{"products", stage.Forecast{Families: []string{"own", "sums"}}, true},
		{"products", stage.Forecast{}, false},
		{"products", stage.Forecast{Path: t.TempDir()}, false},
	} {
		v := &Verdict{Require: map[string]float64{c.require: 0.5}}
		list := v.Forecast(map[string][]stage.Forecast{"problems": {c.of}}, stage.Machine{}).Wrong
		if len(list) > 0 != c.wrong {
			t.Errorf("%s of %+v: %v", c.require, c.of, list)
		}
		for _, e := range list {
			if next := e.Next.In(say.English); e.Where != "require" || !strings.Contains(e.What.In(say.Chinese), c.require) || !strings.Contains(next, "accuracy_low, gain, ") {
				t.Errorf("%s says too little: %v", c.require, e)
			}
		}
		if len(list) > 0 && c.of.Path != "" && list[0].Next.In(say.English) != "it can require accuracy, accuracy_low, gain, add, capitals, products" {
			t.Errorf("of what is made %v", list[0].Next)
		}
	}
}
