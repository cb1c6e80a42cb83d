package operate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// logOf makes a log of n lines with a checkpoint after each.
func logOf(t *testing.T, n int) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "audit.jsonl")
	a, err := OpenAudit(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for i := range n {
		if _, err := a.Append("cli", "act", fmt.Sprint(i), ""); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Checkpoint(path); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestProofs(t *testing.T) {
	path := logOf(t, 9)
	if n, err := VerifyCheckpoints(path, ""); n != 9 || err != nil {
		t.Errorf("%d checkpoints, %v", n, err)
	}
	for i := int64(1); i <= 9; i++ {
		p, key, err := Prove(path, i)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := CheckProof(bytes.NewReader(b), key+"\n")
		if err != nil || !strings.Contains(got.Line, fmt.Sprintf(`"subject":"%d"`, i-1)) {
			t.Errorf("line %d: %+v, %v", i, got, err)
		}
		for name, change := range map[string]func(*Proof){
			"line":       func(p *Proof) { p.Line = strings.Replace(p.Line, "act", "akt", 1) },
			"number":     func(p *Proof) { p.N = p.N%9 + 1 },
			"far":        func(p *Proof) { p.N = 100 },
			"hash":       func(p *Proof) { p.Hashes[0][3] ^= 1 },
			"few":        func(p *Proof) { p.Hashes = p.Hashes[1:] },
			"checkpoint": func(p *Proof) { p.Checkpoint = strings.Replace(p.Checkpoint, "\n9\n", "\n8\n", 1) },
		} {
			var bad Proof
			if err := json.Unmarshal(b, &bad); err != nil {
				t.Fatal(err)
			}
			change(&bad)
			c, _ := json.Marshal(&bad)
			if _, err := CheckProof(bytes.NewReader(c), key); err == nil {
				t.Errorf("line %d: a proof with another %s holds", i, name)
			}
		}
		if _, err := CheckProof(bytes.NewReader(b), strings.Replace(key, "suiren", "other", 1)); err == nil {
			t.Error("another key verifies")
		}
	}
	for _, n := range []int64{0, 10, -1} {
		if _, _, err := Prove(path, n); err == nil {
			t.Errorf("line %d was proved", n)
		}
	}
}

// A log that was made anew, chain and head and all, does not agree with a
// checkpoint that was noted elsewhere.
func TestCheckpointElsewhere(t *testing.T) {
	path := logOf(t, 5)
	noted, _, err := Checkpoint(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyCheckpoints(path, noted); err != nil {
		t.Errorf("as it was: %v", err)
	}
	for _, f := range []string{path, path + ".head", path + ".checkpoints"} {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	a, err := OpenAudit(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for i := range 6 {
		if _, err := VerifyCheckpoints(path, noted); err == nil {
			t.Errorf("a new log of %d lines agrees", i)
		}
		if _, err := a.Append("cli", "act", fmt.Sprint(i), ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := VerifyAudit(path); err != nil {
		t.Errorf("the new chain itself: %v", err)
	}
}
