package grammar

import (
	"strings"
	"testing"
)

func TestCalls(t *testing.T) {
	hermes := CallForm{Before: "<tool_call>\n", Begin: `{"name": "`, Middle: []string{`", "arguments": `}, End: "}", Between: "\n</tool_call>\n<tool_call>\n", After: "\n</tool_call>"}
	tools := []Tool{{"add", []byte(`{"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"], "additionalProperties": false}`)}, {"now", nil}}
	one := "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"x\": 1}}\n</tool_call>"
	two := "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>\n" + one
	for _, c := range []struct {
		trigger   string
		many      bool
		good, bad []string
	}{
		{"", false, []string{one}, []string{two, "hello", "hello " + one}},
		{"", true, []string{one, two}, []string{""}},
		{"<tool_call>", false, []string{"hello", "", "hm " + one, "a <tool b"}, []string{"<tool_call>", "<tool_call>\n{}", strings.Replace(one, "1", `"1"`, 1)}},
	} {
		g, err := (&Turn{Form: hermes, Tools: tools, Trigger: c.trigger, Many: c.many}).Compile()
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range c.good {
			if !takes(g, x) {
				t.Errorf("trigger %q refuses %q", c.trigger, x)
			}
		}
		for _, x := range c.bad {
			if takes(g, x) {
				t.Errorf("trigger %q takes %q", c.trigger, x)
			}
		}
	}
	spark := CallForm{Begin: "<tool_call>", End: "</tool_call>", Middle: []string{""}, Key: "<arg_key>", Value: "</arg_key><arg_value>", Done: "</arg_value>"}
	g, err := (&Turn{Form: spark, Tools: []Tool{{"find", []byte(`{"properties": {"q": {"type": "string"}, "k": {"type": "integer"}}, "required": ["q"]}`)}}}).Compile()
	if err != nil {
		t.Fatal(err)
	}
	if x := "<tool_call>find<arg_key>q</arg_key><arg_value>a < b</arg_value><arg_key>k</arg_key><arg_value>3</arg_value></tool_call>"; !takes(g, x) {
		t.Errorf("refuses %s", x)
	}
	if x := "<tool_call>find<arg_key>k</arg_key><arg_value>3</arg_value></tool_call>"; takes(g, x) {
		t.Errorf("takes %s", x)
	}
	// A tag that is one special token comes as that token.
	m := func() *Matcher {
		g, _ := (&Turn{Form: hermes, Tools: tools, Tags: []string{"<tool_call>", "</tool_call>"}}).Compile()
		return g.Start(bytesVocab("<tool_call>", "</tool_call>"))
	}()
	bits := make([]uint32, 9)
	m.Mask(bits)
	if bits[8] != 1 || !m.Accept(256) {
		t.Errorf("the tag's token is not allowed: %b", bits[8])
	}
}
