package talk

import (
	"encoding/json"
	"strings"
	"testing"

	"suiren/stage"
)

// A rough writer counts what is said by its bytes, each mark of the chat as a token,
// and what stands around tools and calls; it leaves out what is too long.
func TestRough(t *testing.T) {
	w, err := Rough(4)
	if err != nil {
		t.Fatal(err)
	}
	chat := func(answer stage.Message, tools ...json.RawMessage) (int, int) {
		e := stage.Example{From: "e", Messages: []stage.Message{{Role: "user", Content: "3+4=?"}, answer}, Tools: tools}
		docs, long, err := w.Docs(&e, stage.Choice{}, 1000)
		if err != nil || len(docs)+long != 1 {
			t.Fatal(docs, long, err)
		}
		if long > 0 {
			return 0, long
		}
		return w.Size(docs[0].IDs), 0
	}
	if n, _ := chat(stage.Message{Role: "assistant", Content: "7"}); n != 12 { // 6 marks, and 22 bytes
		t.Errorf("a short chat has %d tokens", n)
	}
	if n, _ := chat(stage.Message{Role: "assistant", Content: strings.Repeat("7", 3900)}); n < 975 || n > 1000 {
		t.Errorf("a long chat has %d tokens", n)
	}
	if n, long := chat(stage.Message{Role: "assistant", Content: strings.Repeat("7", 4000)}); long != 1 {
		t.Errorf("a chat that is too long has %d tokens", n)
	}
	tool := json.RawMessage(`{"type":"function","function":{"name":"f","description":"adds","parameters":{"type":"object","properties":{}}}}`)
	if n, _ := chat(stage.Message{Role: "assistant", Content: "7"}, tool); n < 12+len(tool)/4 {
		t.Errorf("a chat with a tool has %d tokens", n)
	}
}
