//go:build unix

package unread

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/stage/talk"
)

// A pipe in the place of a file of a model is refused and not waited for, whatever opens it.
// A test that waits is stopped by its time limit.
func TestPipe(t *testing.T) {
	whole := os.DirFS("../../testdata/oracle/qwen3/folder")
	for name, open := range map[string]func(dir string) error{
		"model.safetensors":      func(dir string) error { m, err := weights.OpenModel(dir); return errors.Join(err, shut(m)) },
		"config.json":            func(dir string) error { m, err := weights.OpenModel(dir); return errors.Join(err, shut(m)) },
		"tokenizer_config.json":  func(dir string) error { m, err := weights.OpenModel(dir); return errors.Join(err, shut(m)) },
		"tokenizer.json":         func(dir string) error { _, err := talk.Open(dir); return err },
		"chat_template.jinja":    func(dir string) error { _, err := talk.Open(dir); return err },
		"generation_config.json": func(dir string) error { _, err := talk.Open(dir); return err },
		"LICENSE":                func(dir string) error { return talk.Copy(dir, t.TempDir()) },
		"adapter_config.json":    func(dir string) error { _, err := model.OpenAdapter(dir, &model.Shape{}); return err },
		"m.gguf":                 func(dir string) error { _, err := weights.OpenModel(filepath.Join(dir, "m.gguf")); return err },
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, whole); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		os.Remove(path)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		bad, ok := errors.AsType[*say.Error](Error("", dir, open(dir)))
		if !ok || !strings.Contains(bad.In(say.English), name+": is not a regular file; ") || !strings.Contains(bad.In(say.Chinese), name+": 不是普通文件；") {
			t.Errorf("%s: %v", name, bad)
		}
		if words := name == "tokenizer.json" || name == "chat_template.jinja"; words && tokenizer.IsChat(dir) {
			t.Errorf("%s: taken for our own chat", name)
		}
	}
}

func shut(m *weights.Model) error {
	if m == nil {
		return nil
	}
	return m.Close()
}
