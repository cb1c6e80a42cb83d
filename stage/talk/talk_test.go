package talk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
)

// Our own chat ends an answer at one token. Files of it that name another were changed
// since, and are refused: weights that are whole do not say at which they learnt to end.
func TestStrayEnds(t *testing.T) {
	tok, err := tokenizer.Train(slices.Values([]string{"ab"}), 256+len(tokenizer.ChatSpecial), tokenizer.ChatSpecial)
	check(t, err)
	c, err := tokenizer.NewChat(tok)
	check(t, err)
	thought, _ := tok.Special("</think>")
	text, _ := tok.Special("<|endoftext|>")
	for _, x := range []struct {
		template string
		ends     []int32
		stray    string // "": none
	}{
		{c.Template(false), []int32{c.End()}, ""},
		{c.Template(false), []int32{c.End(), text}, ""},
		{c.Template(false), nil, ""},
		{c.Template(false), []int32{c.End(), 61}, `61 "="`},
		{c.Template(false), []int32{61, thought}, fmt.Sprintf(`61 "=", %d "</think>"`, thought)},
		{"{{ messages[0].content }}", []int32{61}, ""}, // another's template
	} {
		dir := t.TempDir()
		check(t, tok.Save(dir))
		check(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte("{}"), 0o666))
		check(t, os.WriteFile(filepath.Join(dir, "chat_template.jinja"), []byte(x.template), 0o666))
		check(t, stage.WriteJSON(filepath.Join(dir, "generation_config.json"), map[string]any{"eos_token_id": x.ends}))
		_, err := Open(dir)
		bad, _ := errors.AsType[*say.Error](err)
		switch {
		case x.stray == "" && err != nil, x.stray != "" && (bad == nil || !errors.Is(err, stage.ErrRefused)):
			t.Errorf("%v: %v", x.ends, err)
		case bad != nil && (!strings.Contains(bad.In(say.English), x.stray) || !strings.Contains(bad.In(say.Chinese), x.stray)):
			t.Errorf("%v: %s", x.ends, bad.In(say.English))
		}
	}
}
