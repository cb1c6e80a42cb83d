package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"

	"suiren/examples/guard/sets"
	"suiren/stage/guard/classify"
)

const guardFolder = "../../examples/guard"

var update = flag.Bool("update", false, "embed the classifiers that examples/guard makes")

// The classifiers that are built in are what the plan in examples/guard makes, on one
// thread and on two.
func TestBuiltIn(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds")
	}
	const data = "../../../shared/data"
	if _, err := os.Stat(data); err != nil {
		t.Skip("no shared/data: ", err)
	}
	for _, threads := range []string{"1", "2"} {
		dir := t.TempDir()
		if err := copyTree(dir, guardFolder); err != nil {
			t.Fatal(err)
		}
		if err := sets.Write(data, filepath.Join(dir, "sets")); err != nil {
			t.Fatal(err)
		}
		t.Log(apply(t, dir, "--threads", threads))
		for i, kind := range classify.Kinds {
			out, err := program("show", "-o", "jsonl", "--plan", dir, "classifier."+kind).Output()
			if err != nil {
				t.Fatal(err)
			}
			var record struct{ Dir string }
			if err := json.NewDecoder(bytes.NewReader(out)).Decode(&record); err != nil {
				t.Fatal(err)
			}
			made, err := os.ReadFile(filepath.Join(record.Dir, "classifier"))
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				embed(t, kind, made)
			} else if !bytes.Equal(made, classify.BuiltIn()[i]) { // not packed: releases of zstd pack differently
				t.Errorf("what is embedded for %s is not what %s threads make: go test ./cmd/suiren -run BuiltIn -update", kind, threads)
			}
		}
	}
}

func embed(t *testing.T, kind string, made []byte) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := os.WriteFile(filepath.Join("..", "..", "stage", "guard", "classify", kind+".zst"), w.EncodeAll(made, nil), 0o666); err != nil {
		t.Fatal(err)
	}
}
