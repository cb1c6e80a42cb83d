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
	s, err := startServer(program("serve", filepath.Join(repository, "testdata/oracle/qwen3/folder"), "-o", "jsonl", "--listen", "127.0.0.1:0"))
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
		{"/v1/embeddings", `{"input":"seven swans","model":"folder"}`},
		{"/api/embed", `{"input":"seven swans","model":"folder"}`},
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
	var answers []int // of surfaces, that this model has
	before := sums{}
	for i, c := range surfaces {
		status, b := ask(c.path, c.body)
		if status != http.StatusOK {
			if !strings.Contains(c.path, "embed") {
				t.Errorf("%s: %d %s", c.path, status, b)
			}
			continue
		}
		answers = append(answers, i)
		now := used()
		if now.Requests != before.Requests+1 || now.CPU <= before.CPU || now.Energy <= before.Energy {
			t.Errorf("%s took nothing: %+v, before %+v", c.path, now, before)
		}
		before = now
	}
	for _, unit := range []string{"--cpu", "--energy"} {
		mustRun(t, "budget", "set", "all", unit, "0.000001", "--per", "total", "--models") // less than is used already
		for _, i := range answers {
			if status, b := ask(surfaces[i].path, surfaces[i].body); status != http.StatusTooManyRequests || !strings.Contains(b, "no room") || !strings.Contains(b, "budget of 0.0000010 ") {
				t.Errorf("%s beyond %s: %d %s", surfaces[i].path, unit, status, b)
			}
		}
		if now := used(); now != before {
			t.Errorf("what was refused is charged: %+v, before %+v", now, before)
		}
		mustRun(t, "budget", "set", "all", unit, "none", "--per", "total", "--models")
		for _, i := range answers {
			if status, b := ask(surfaces[i].path, surfaces[i].body); status != http.StatusOK {
				t.Errorf("%s without a budget again: %d %s", surfaces[i].path, status, b)
			}
		}
		before = used()
	}
	if len(answers) < 7 {
		t.Errorf("%d surfaces answer", len(answers))
	}
	t.Logf("%d surfaces", len(answers))
}
