package main

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/store"
)

// Every fault of a GGUF file is said in both languages, with the same verbs,
// and has a next step.
func TestFaultTexts(t *testing.T) {
	verb := regexp.MustCompile(`%[a-z]`)
	for _, f := range weights.Faults {
		text, ok := faultTexts[f]
		if !ok || text.next.Zh == "" {
			t.Errorf("%q is not translated", f)
		}
		if en, zh := verb.FindAllString(string(f), -1), verb.FindAllString(text.zh, -1); !slices.Equal(en, zh) {
			t.Errorf("%q has the verbs %q, %q has %q", f, en, text.zh, zh)
		}
		err := modelError("x", &weights.GGUFError{Path: "m.gguf", Place: "key\x1b", At: 7, Fault: f, Args: []any{1, 2, 3}[:strings.Count(string(f), "%")]})
		said, ok := err.(*say.Error)
		if !ok {
			t.Fatal(err)
		}
		if en := said.In(say.English); !strings.HasPrefix(en, `m.gguf: key\x1b: byte 7: `) {
			t.Error(en)
		}
		if zh := said.In(say.Chinese); !strings.HasPrefix(zh, `m.gguf: key\x1b: 第 7 字节：`) {
			t.Error(zh)
		}
	}
	if len(faultTexts) != len(weights.Faults) {
		t.Errorf("%d texts for %d faults", len(faultTexts), len(weights.Faults))
	}
}

// A model's digest is that of the artifact that it would be.
func TestModelDigest(t *testing.T) {
	dir := repository + "/testdata/oracle/qwen3/folder"
	m, err := weights.OpenModel(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	files, err := sumFiles(t.Context(), m, dir)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := store.DirDigest(dir); err != nil || store.FilesDigest(files) != want {
		t.Errorf("digest %v, want %v, error %v", store.FilesDigest(files), want, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sumFiles(ctx, m, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("it goes on after the interrupt: %v", err)
	}
	if _, _, err := m.NotFinite(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("it goes on after the interrupt: %v", err)
	}
}
