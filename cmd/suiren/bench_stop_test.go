package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"suiren/internal/say"
)

// A measurement that takes minutes ends when it is interrupted, with its peer.
func TestBenchStops(t *testing.T) {
	text := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(text, []byte("The tower opens at nine in the morning. Dogs wait at the gate beside the fountain, and lanterns are lent in winter.\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	a := &app{lang: say.English, format: formatJSONL, stdout: io.Discard, stderr: io.Discard}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for name, run := range map[string]func() error{
		"data --corpus": func() error { return a.benchCorpus(ctx, []string{text}, maxBenchCorpus, "measure") },
		"data":          func() error { return a.benchData(ctx, []string{text}, "", 1_000_000) },
		"knowledge":     func() error { return a.benchKnowledge(ctx, 10_000_000, 0) },
		"vectors":       func() error { _, err := benchVectors(ctx, 10_000_000, 0); return err },
		"a peer": func() error {
			running, end := context.WithCancel(t.Context())
			defer end()
			p, err := startPeer(running, "cat")
			if err != nil {
				t.Fatal(err)
			}
			defer p.stop()
			if err := p.line("{}"); err != nil {
				return err
			}
			end()
			for err == nil {
				err = p.line("{}")
			}
			return err
		},
	} {
		if err := run(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
