package model

import (
	"os"
	"path/filepath"
	"testing"
)

// Any config.json gives a shape that passes its check, or an error.
func FuzzConfig(f *testing.F) {
	paths, _ := filepath.Glob(archOracle + "/*/config.json")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseHF(text)
		if err == nil && s.Check() != nil {
			t.Errorf("%+v: %v", s, s.Check())
		}
	})
}

// Any bytes as a GGUF file give a decoder's plan of bounded size, or an error.
func FuzzOpenGGUF(f *testing.F) {
	paths, _ := filepath.Glob(archOracle + "/*/model.gguf.gz")
	for _, path := range paths {
		text, err := os.ReadFile(unzip(f, path))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "m.gguf")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := Open(path)
		if err != nil {
			return
		}
		defer m.Close()
		if m.Encoder == nil {
			m.DecoderBytes(32, 64, 1)
		}
	})
}
