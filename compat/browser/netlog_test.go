package browser

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// contacts reads a browser's own network log and returns the addresses that
// it opened connections to, by whatever part of it. A log that was cut off at
// its end, as by the end of the browser, is read as far as it goes.
func contacts(t *testing.T, path string) (addresses map[string]int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var head struct {
		Constants struct {
			Types map[string]int `json:"logEventTypes"`
		} `json:"constants"`
	}
	first, rest, ok := bytes.Cut(b, []byte("\"events\": ["))
	if !ok || json.Unmarshal(append(bytes.TrimRight(bytes.TrimSpace(first), ","), '}'), &head) != nil {
		t.Fatalf("%s is not a network log of this form", path)
	}
	tcp, ok := head.Constants.Types["TCP_CONNECT_ATTEMPT"]
	if !ok {
		t.Fatal("the network log knows no TCP_CONNECT_ATTEMPT")
	}
	addresses = map[string]int{}
	for line := range bytes.Lines(rest) {
		var e struct {
			Type   int
			Params struct{ Address string }
		}
		if json.Unmarshal(bytes.TrimRight(bytes.TrimSpace(line), ",]}"), &e) != nil {
			if json.Unmarshal(bytes.TrimRight(bytes.TrimSpace(line), ","), &e) != nil {
				continue
			}
		}
		if e.Type == tcp && e.Params.Address != "" {
			addresses[e.Params.Address]++
		}
	}
	return addresses
}
