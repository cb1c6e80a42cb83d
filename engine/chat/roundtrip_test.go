package chat

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var folder = flag.String("templates", "../../testdata/oracle/jinja/templates", "a folder of chat templates")

var weather = json.RawMessage(`{"type": "function", "function": {"name": "get_weather", "description": "Weather of a city",
	"parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "the city"}, "days": {"type": "integer", "description": "how many"}}, "required": ["city"]}}}`)

var clock = json.RawMessage(`{"type": "function", "function": {"name": "now", "description": "The time", "parameters": {"type": "object", "properties": {}}}}`)

// told writes events as one line.
func told(events []Event) string {
	var b strings.Builder
	var last EventKind = -1
	for _, e := range events {
		switch {
		case e.Kind == last && e.Text != "":
		case e.Kind == Thought:
			b.WriteString("\nthought: ")
		case e.Kind == Content:
			b.WriteString("\ncontent: ")
		case e.Kind == ToolCallStart:
			fmt.Fprintf(&b, "\ncall %d %s %s: ", e.Index, e.ID, e.Name)
		case e.Kind == ToolCallEnd:
			b.WriteString(" end")
		}
		b.WriteString(e.Text)
		last = e.Kind
	}
	return strings.TrimPrefix(b.String(), "\n")
}

// parse feeds text in pieces of random sizes; one size if r is nil.
func parse(p *Parser, text string, r *rand.Rand) string {
	var events []Event
	for text != "" {
		n := len(text)
		if r != nil {
			n = min(1+r.IntN(1+r.IntN(12)), len(text))
		}
		events = append(events, p.Feed(text[:n], false)...)
		text = text[n:]
	}
	return told(append(events, p.Close()...))
}

// TestRoundTrip renders what a model would have written with each template, and
// reads it back.
func TestRoundTrip(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(*folder, "*.jinja"))
	if err != nil || len(files) == 0 {
		t.Fatal("no templates in ", *folder)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".jinja")
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tm, err := New(name, string(source), Vocabulary{BOS: "<s>", EOS: "</s>"})
			if err != nil {
				t.Fatal(err)
			}
			f := tm.Facts()
			t.Logf("%s: tools %v calls %v system %v thinks %v %q switch %q effort %v parts %v texts %v objects %v blank %v",
				f.Format.Name, f.Tools, f.Calls, f.System, f.Thinks, f.Thought.Open, f.Switch, f.Effort, tm.parts, tm.texts, tm.objects, tm.blank)
			ask := Conversation{Tools: []json.RawMessage{weather, clock}, Open: true, Messages: []Message{{Role: "user", Content: "Weather?"}}}
			prompt, err := tm.Prompt(ask)
			if err != nil && !f.Tools {
				t.Skip("it needs variables of its own: ", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			calls := []Call{{"123456789", "get_weather", `{"city": "Bern <x> \"old\"", "days": 3}`}}
			want := `call 0 call_0 get_weather: {"city": "Bern <x> \"old\"", "days": 3} end`
			if f.Format.Parallel {
				calls = append(calls, Call{"abcdefghi", "now", `{}`})
				want += "\ncall 1 call_1 now: {} end"
			}
			answered := ask
			answered.Open = false
			answered.Messages = append(ask.Messages, Message{Role: "assistant", Calls: calls})
			full, err := tm.Prompt(answered)
			if err != nil {
				t.Fatal(err)
			}
			written := writtenAfter(full.String, prompt, f.Thought)
			got := parse(tm.NewParser(ask, prompt, nil), written, nil)
			if f.Format.Name == "generic" { // the template's own text may stand around it
				if !strings.Contains(got, want) {
					t.Errorf("wrote %q\n got %s\nwant %s", written, got, want)
				}
			} else if !strings.HasPrefix(got, want) {
				t.Errorf("wrote %q\n got %s\nwant %s", written, got, want)
			}
			for seed := range uint64(20) {
				if again := parse(tm.NewParser(ask, prompt, nil), written, rand.New(rand.NewPCG(seed, 1))); again != got {
					t.Fatalf("in pieces: %s\nat once: %s", again, got)
				}
			}
		})
	}
}
