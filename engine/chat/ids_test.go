package chat

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// A template that refuses ids of calls that have not nine letters and digits, as
// Mistral's do, is given such, and a result goes on naming its call; ids that
// fit stay, and so do all for templates that take them.
func TestCallIDs(t *testing.T) {
	source, err := os.ReadFile("../../testdata/oracle/jinja/templates/mistral-list.jinja")
	if err != nil {
		t.Fatal(err)
	}
	strict := strings.Replace(string(source), "c.id | length < 6", "c.id | length != 9", 1)
	if strict == string(source) {
		t.Fatal("the template does not look at the length of ids")
	}
	tool := json.RawMessage(`{"type":"function","function":{"name":"now","description":"","parameters":{"type":"object","properties":{}}}}`)
	written, named := regexp.MustCompile(`"id": "([^"]*)"`), regexp.MustCompile(`"call_id": "([^"]*)"`)
	for _, c := range []struct {
		source, id string
		want       string // a pattern
	}{
		{strict, "call_0123456789", "^[0-9A-Za-z]{9}$"}, {strict, "a-b_c.d-e", "^[0-9A-Za-z]{9}$"}, {strict, "123456789", "^123456789$"},
		{string(source), "call_0123456789", "^call_0123456789$"},
	} {
		tpl, err := New("mistral", c.source, Vocabulary{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := tpl.Prompt(Conversation{Tools: []json.RawMessage{tool}, Open: true, Messages: []Message{{Role: "user", Content: "Late?"},
			{Role: "assistant", Calls: []Call{{c.id, "now", "{}"}}}, {Role: "tool", Name: "now", CallID: c.id, Content: "noon"}}})
		if err != nil {
			t.Errorf("%q: %v", c.id, err)
			continue
		}
		call, result := written.FindStringSubmatch(p.String), named.FindStringSubmatch(p.String)
		if call == nil || result == nil || call[1] != result[1] || !regexp.MustCompile(c.want).MatchString(call[1]) {
			t.Errorf("%q is written as %q and answered as %q", c.id, call, result)
		}
	}
}
