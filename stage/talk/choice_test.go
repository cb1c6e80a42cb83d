package talk

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"suiren/engine/tokenizer"
	"suiren/stage"
)

// The last turn of a conversation is its last one, whatever is learnt of it: where
// that is read only, or has no part that is chosen, no other is learnt in its place.
func TestLastTurn(t *testing.T) {
	none := 0
	unlearnt := said("assistant", "Zq7two")
	unlearnt.Weight = &none
	first := stage.Message{Role: "assistant", Thought: "Zq7first", Content: "Zq7one"}
	source, err := os.ReadFile("../../testdata/oracle/jinja/templates/hermes.jinja")
	check(t, err)
	tok, err := tokenizer.Train(slices.Values([]string{"ab"}), 256+len(tokenizer.ChatSpecial), tokenizer.ChatSpecial)
	check(t, err)
	c, err := tokenizer.NewChat(tok)
	check(t, err)
	ours, err := (&Words{Tokenizer: tok, Template: c.Template(false)}).Writer()
	check(t, err)
	for name, w := range map[string]*Writer{"a template": writerOf(t, string(source)), "our own": ours} {
		for _, x := range []struct {
			last stage.Message
			o    stage.Choice
			want string // a part of what is learnt; "": nothing is
		}{
			{unlearnt, stage.Choice{LastTurn: true}, ""},
			{said("assistant", "Zq7two"), stage.Choice{LastTurn: true, NoAnswers: true}, ""},
			{said("assistant", "Zq7two"), stage.Choice{LastTurn: true}, "Zq7two"},
			{unlearnt, stage.Choice{}, "Zq7one"},
			{said("assistant", "Zq7two"), stage.Choice{NoAnswers: true, NoThoughts: true}, ""}, // nor do turns without a call make anything
		} {
			e := stage.Example{Messages: []stage.Message{said("user", "l?"), first, said("user", "l2?"), x.last, said("user", "Bye.")}}
			docs, long, err := w.Docs(&e, x.o, 1<<16)
			check(t, err)
			var learnt []string
			for i := range docs {
				learnt = append(learnt, w.runs(&docs[i])...)
			}
			if got := strings.Join(learnt, "|"); long > 0 || x.want == "" && len(docs) > 0 || !strings.Contains(got, x.want) || x.o.LastTurn && strings.Contains(got, "Zq7one") {
				t.Errorf("%s, %+v: learns %q, want %q", name, x.o, got, x.want)
			}
		}
	}
}

// A template that wants ids of nine letters and digits is asked with those that
// were learnt, whatever the owner's are.
func TestCallIDs(t *testing.T) {
	source, err := os.ReadFile("../../testdata/oracle/jinja/templates/mistral-list.jinja")
	check(t, err)
	strict := strings.Replace(string(source), "c.id | length < 6", "c.id | length != 9", 1)
	if strict == string(source) {
		t.Fatal("the template does not look at the length of ids")
	}
	w := writerOf(t, strict)
	call := func(id string) stage.Call {
		return stage.Call{ID: id, Type: "function", Function: stage.Function{Name: "get_weather", Arguments: `{"city": "Zq7city"}`}}
	}
	result := func(id, text string) stage.Message {
		return stage.Message{Role: "tool", Name: "get_weather", CallID: id, Content: text}
	}
	ids := regexp.MustCompile(`"id": "(\w*)"`)
	of := func(text, content string) string {
		m := regexp.MustCompile(`"content": "` + content + `", "call_id": "(\w*)"`).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("no result %s in %q", content, text)
		}
		return m[1]
	}
	for _, given := range [][2]string{{"call_1", "call_2"}, {"call_2", "a-b_c.d-e"}, {"123456789", "1234567890"}} {
		e := stage.Example{Tools: []json.RawMessage{weather}, Messages: []stage.Message{said("user", "Weather?"),
			{Role: "assistant", Calls: []stage.Call{call(given[0]), call(given[1])}}, result(given[1], "Zq7second"), result(given[0], "Zq7first"), said("assistant", "Zq7wet")}}
		docs, _, err := w.Docs(&e, stage.Choice{}, 1<<16)
		check(t, err)
		text := w.Tokenizer.Decode(docs[len(docs)-1].IDs)
		written := ids.FindAllStringSubmatch(text, -1)
		if len(written) != 2 || written[0][1] == written[1][1] || of(text, "Zq7first") != written[0][1] || of(text, "Zq7second") != written[1][1] {
			t.Fatalf("%q are written in %q", given, text)
		}
		for i, m := range written {
			if !regexp.MustCompile(`^[0-9A-Za-z]{9}$`).MatchString(m[1]) || given[i] == "123456789" && m[1] != given[i] {
				t.Errorf("%q is written as %q", given[i], m[1])
			}
		}
		q, err := w.Ask("here", e.Messages[:4], e.Tools, nil)
		check(t, err)
		if asked := w.Tokenizer.Decode(q.IDs); of(asked, "Zq7first") != written[0][1] {
			t.Errorf("asked with %q, learnt with %q", asked, written[0][1])
		}
	}
}
