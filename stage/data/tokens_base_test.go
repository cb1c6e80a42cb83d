package data

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// A base whose words cannot be read is refused when the plan is made, with the file that is at
// fault and what to do; a base that is yet to be made is not.
func TestTokensBaseUnread(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../testdata/oracle/qwen3/folder")); err != nil {
		t.Fatal(err)
	}
	forecast := func(path string) []*say.Error {
		in := map[string][]stage.Forecast{"from": {{}}, "base": {{Path: path}}}
		return (&Tokens{Length: 64}).Forecast(in, stage.Machine{}).Wrong
	}
	if wrong := append(forecast(dir), forecast("")...); wrong != nil {
		t.Fatal(wrong)
	}
	path := filepath.Join(dir, "tokenizer.json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		text   []byte
		en, zh string
	}{
		"cut short": {b[:len(b)/2], "tokenizer.json: the vocabulary cannot be used: ", "tokenizer.json：无法使用该词表："},
		"no words":  {[]byte(`{"model": {"type": "Pairs"}}`), `"Pairs" is not read`, `不支持 "Pairs"`},
	} {
		if err := os.WriteFile(path, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		wrong := forecast(dir)
		if len(wrong) != 1 || wrong[0].Where != "base" || !strings.Contains(wrong[0].In(say.English), c.en) || !strings.Contains(wrong[0].In(say.Chinese), c.zh) || wrong[0].Next.In(say.Chinese) == "" {
			t.Errorf("%s: %v", what, wrong)
		}
		job := &stage.Job{Out: t.TempDir(), Inputs: []stage.Input{{Arg: "base", Dir: dir}}}
		if err := (&Tokens{Length: 64}).Run(t.Context(), job); err == nil || len(wrong) == 1 && err.Error() != wrong[0].Error() {
			t.Errorf("%s: apply says %v", what, err)
		}
	}
}
