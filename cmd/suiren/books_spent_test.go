package main

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// Processor time and energy are budgets that stop a request, whichever interface it
// comes by, before it begins; and each interface's requests have used some.
func TestSpentStopsEverySurface(t *testing.T) {
	t.Setenv("SUIREN_HOME", t.TempDir())
	oracle := func(name string) string { return filepath.Join(repository, "testdata/oracle", name) }
	s, err := startServer(program("serve", oracle("qwen3/folder"), oracle("arch/bert-mean"), oracle("arch/bert-rank"), "-o", "jsonl", "--listen", "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	surfaces := []struct{ path, body string }{
		{"/v1/chat/completions", `{"messages":[{"role":"user","content":"seven swans"}],"max_tokens":8}`},
		{"/v1/chat/completions", `{"messages":[{"role":"user","content":"seven swans"}],"max_tokens":8,"stream":true}`},
		{"/v1/completions", `{"prompt":"seven swans","max_tokens":8}`},
		{"/v1/responses", `{"input":"seven swans","max_output_tokens":16}`},
		{"/v1/messages", `{"messages":[{"role":"user","content":"seven swans"}],"max_tokens":8}`},
		{"/api/chat", `{"messages":[{"role":"user","content":"seven swans"}],"options":{"num_predict":8}}`},
		{"/api/generate", `{"prompt":"seven swans","options":{"num_predict":8}}`},
		{"/v1/embeddings", `{"input":"seven swans","model":"bert-mean"}`},
		{"/api/embed", `{"input":"seven swans","model":"bert-mean"}`},
		{"/api/embeddings", `{"prompt":"seven swans","model":"bert-mean"}`},
		{"/v1/rerank", `{"query":"swans","documents":["seven swans","a pond"],"model":"bert-rank"}`},
		{"/v2/rerank", `{"query":"swans","documents":["seven swans","a pond"],"model":"bert-rank"}`},
	}
	ask := func(path, body string) (int, string) {
		status, b, err := send("POST", s.Address, path, "", body)
		if err != nil {
			t.Fatal(err)
		}
		return status, string(b)
	}
	type sums struct {
		Requests int64
		CPU      float64 `json:"cpu_seconds"`
		Energy   float64 `json:"energy_joules"`
	}
	used := func() (u sums) {
		line, _, _ := strings.Cut(mustRun(t, "usage", "--models", "-o", "jsonl"), "\n")
		if err := json.Unmarshal([]byte(line), &u); err != nil {
			t.Fatal(err, line)
		}
		return u
	}
	before := sums{}
	for _, c := range surfaces {
		status, b := ask(c.path, c.body)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", c.path, status, b)
		}
		now := used()
		if now.Requests != before.Requests+1 || now.CPU <= before.CPU || now.Energy <= before.Energy {
			t.Errorf("%s took nothing: %+v, before %+v", c.path, now, before)
		}
		before = now
	}
	for _, unit := range []string{"--cpu", "--energy"} {
		mustRun(t, "budget", "set", "all", unit, "0.000001", "--per", "total", "--models") // less than is used already
		for _, c := range surfaces {
			if status, b := ask(c.path, c.body); status != http.StatusTooManyRequests || !strings.Contains(b, "no room") || !strings.Contains(b, "budget of 0.0000010 ") {
				t.Errorf("%s beyond %s: %d %s", c.path, unit, status, b)
			}
		}
		if now := used(); now != before {
			t.Errorf("what was refused is charged: %+v, before %+v", now, before)
		}
		mustRun(t, "budget", "set", "all", unit, "none", "--per", "total", "--models")
		for _, c := range surfaces {
			if status, b := ask(c.path, c.body); status != http.StatusOK {
				t.Errorf("%s without a budget again: %d %s", c.path, status, b)
			}
		}
		before = used()
	}
}
