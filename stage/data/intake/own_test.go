package intake

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"suiren/stage"
)

// same checks that an example is read as want, which is JSON too.
func same(t *testing.T, in, want string) {
	t.Helper()
	var w stage.Example
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(want, err)
	}
	list, faults := readAll("a", []byte(in), Detect)
	if len(list) != 1 || faults != nil {
		t.Errorf("%s: %d examples, %v", in, len(list), faults)
		return
	}
	if list[0].From = ""; !reflect.DeepEqual(list[0], w) {
		t.Errorf("%s\n got %+v\nwant %+v", in, list[0], w)
	}
}

// What the owner has beside the parts of a message is no part of it, whatever it is called.
func TestOwnOfTurns(t *testing.T) {
	const ask, said = `{"role":"user","content":"3+4?"}`, `{"role":"assistant","content":"7"}`
	for _, own := range []string{
		`"lost":true`, `"rain":true`, `"less":1`, `"boss":0`, `"grain":false`, `"brain":true`, `"trains":1`, `"trail":0`, `"trainin":false`, `"losses":1`, // near to masks
		`"loss":0.53`, `"loss":2`, `"loss":"low"`, `"loss":[0.1]`, `"train":"yes"`, `"train":0.5`, `"training":{"lr":1}`, `"train_detail":2.5`, `"train_detail":["a"]`, // no masks
		`"value":"0.2"`, `"value":0.7`, `"from":"web"`, `"from":["human"]`,
	} {
		same(t, `{"messages":[{"role":"user","content":"3+4?",`+own+`},{"role":"assistant","content":"7",`+own+`}]}`, `{"messages":[`+ask+`,`+said+`]}`)
		same(t, `{"messages":[{"role":"user","content":"3+4?",`+own+`},{"role":"tool_call","content":"{\"name\":\"add\"}",`+own+`},{"role":"tool_response","content":"7",`+own+`},{"role":"assistant","content":"7",`+own+`}]}`,
			`{"messages":[`+ask+`,{"role":"assistant","content":"","tool_calls":[{"id":"call_1","type":"function","function":{"name":"add","arguments":"{}"}}]},{"role":"tool","content":"7","tool_call_id":"call_1","name":"add"},`+said+`]}`)
		if strings.HasPrefix(own, `"value"`) || strings.HasPrefix(own, `"from"`) {
			continue
		}
		same(t, `{"conversations":[{"from":"human","value":"3+4?",`+own+`},{"from":"gpt","value":"7",`+own+`}]}`, `{"messages":[`+ask+`,`+said+`]}`)
	}
	for _, own := range []string{`"weight":0.5`, `"weight":"x"`, `"weight":0`, `"loss_scale":0.3`, `"train_detail":[{"train":false}]`} { // on turns that are never learnt
		same(t, `{"messages":[{"role":"user","content":"3+4?",`+own+`},`+said+`]}`, `{"messages":[`+ask+`,`+said+`]}`)
	}
	// Nothing is said before a call.
	for _, content := range []string{`""`, `null`} {
		same(t, `{"messages":[`+ask+`,{"role":"assistant","content":`+content+`},{"role":"tool_call","content":"{\"name\":\"add\"}"},{"role":"tool_response","content":"7"},`+said+`]}`,
			`{"messages":[`+ask+`,{"role":"assistant","content":"","tool_calls":[{"id":"call_1","type":"function","function":{"name":"add","arguments":"{}"}}]},{"role":"tool","content":"7","tool_call_id":"call_1","name":"add"},`+said+`]}`)
	}
}

// What the owner has beside the parts of an example is no use of it.
func TestOwnOfExamples(t *testing.T) {
	const ask, said, worse = `{"role":"user","content":"3+4?"}`, `{"role":"assistant","content":"7"}`, `{"role":"assistant","content":"8"}`
	const chat = `"messages":[` + ask + `,` + said + `]`
	for _, own := range []string{
		`"input":{"tools":[{"name":"add"}]}`, `"input":{"tools":"none"}`, `"input":"x"`,
		`"rejected_responses":["8"]`, `"rejected_message":1`, `"rejected_respons":"8"`, `"preferred_outputs":1`,
		`"rejected_response":""`, `"rejected_response":" "`, `"rejected_response":[]`, `"rejected_response":{}`, `"rejected_response":null`, `"rejected_response":7`, `"rejected_response":false`, `"rejected_response":["8","9"]`, `"rejected_response":{"score":1}`,
		`"rejected_messages":""`, `"rejected_messages":[]`, `"rejected_messages":{}`, `"rejected_messages":["8"]`, `"rejected_messages":"8"`,
		`"preferred_output":"json"`, `"preferred_output":[` + said + `],"non_preferred_output":[` + worse + `]`, `"preferred_output":[` + said + `],"input":{"messages":[` + ask + `]}`,
	} {
		same(t, `{`+chat+`,`+own+`}`, `{`+chat+`}`)
	}
	same(t, `{"conversations":[{"from":"human","value":"3+4?"},{"from":"gpt","value":"7"}],"rejected_messages":[`+ask+`,`+worse+`]}`, `{`+chat+`}`)
	same(t, `{"instruction":"3+4?","output":"7","rejected_messages":[`+ask+`,`+worse+`]}`, `{`+chat+`}`)
	same(t, `{`+chat+`,"label":true,"rejected_response":"8"}`, `{`+chat+`,"label":true}`)
	const pair = `{"prompt":[` + ask + `],"chosen":[` + said + `],"rejected":[` + worse + `]}`
	for _, own := range []string{`"rejected_response":"9"`, `"rejected_messages":[` + ask + `,` + said + `]`, `"preferred_output":"json"`} {
		same(t, `{"prompt":"3+4?","chosen":"7","rejected":"8",`+own+`}`, pair)
	}
}

// Masks are no difference between the sides of a pair, and nothing of it.
func TestMaskedPair(t *testing.T) {
	const ask, said, worse = `{"role":"user","content":"3+4?"}`, `{"role":"assistant","content":"7"}`, `{"role":"assistant","content":"8"}`
	const masked = `{"role":"assistant","content":"6","loss":false}`
	const prompt = `"prompt":[` + ask + `,{"role":"assistant","content":"6"},` + ask + `],"chosen":[` + said + `],"rejected":[` + worse + `]}`
	one := func(before, answer string) string { return `[` + ask + `,` + before + `,` + ask + `,` + answer + `]` }
	plain := strings.Replace(masked, `,"loss":false`, "", 1)
	for _, c := range [][2]string{{masked, plain}, {plain, masked}, {masked, masked}} {
		same(t, `{"messages":`+one(c[0], said)+`,"rejected_messages":`+one(c[1], worse)+`}`, `{"field":"rejected_messages",`+prompt)
		same(t, `{"chosen":`+one(c[0], said)+`,"rejected":`+one(c[1], worse)+`}`, `{`+prompt)
	}
	same(t, `{"system":"s","messages":[`+ask+`,`+said+`],"rejected_messages":[`+ask+`,`+worse+`]}`, `{"field":"rejected_messages","prompt":[{"role":"system","content":"s"},`+ask+`],"chosen":[`+said+`],"rejected":[`+worse+`]}`)
	same(t, `{"messages":[{"role":"user","content":"3+4?","from":"web"},`+said+`],"rejected_messages":[{"role":"user","content":"3+4?","from":"web"},`+worse+`]}`, `{"field":"rejected_messages","prompt":[`+ask+`],"chosen":[`+said+`],"rejected":[`+worse+`]}`)
}

// A call in the text is one if it ends the answer, alone on its lines; else it is words.
func TestWrittenCalls(t *testing.T) {
	const one = `<tool_call>{"name":"add"}</tool_call>`
	for _, c := range []struct {
		said, left string
		calls      int // -1: it is refused
	}{
		{one, "", 1},
		{"Sure.\n" + one + "\n" + one + " \n", "Sure.", 2},
		{one + one, "", 2},
		{"Sure.\n<tool_call>\r\n{\"name\":\"add\"}\r\n</tool_call>", "Sure.", 1},
		{"```\n1+1\n```\n" + one, "```\n1+1\n```", 1},
		{one + "\n<tool_call>\n{\"name\":\"add\"}\n</tool_call>", "", 2},
		{"Write " + one, "Write " + one, 0},
		{"Write " + one + "\n" + one, "Write " + one, 1},
		{"Write\n" + one + "\nlike this.", "Write\n" + one + "\nlike this.", 0},
		{"```\n" + one + "\n```", "```\n" + one + "\n```", 0},
		{"```\n" + one, "```\n" + one, 0},
		{`<tool_call>{"name":"add"}`, `<tool_call>{"name":"add"}`, 0},
		{`<tool_call>{"no":"add"}</tool_call>`, `<tool_call>{"no":"add"}</tool_call>`, 0},
		{"The form is\n<tool_call>\n\n{...}\n</tool_call>", "The form is\n<tool_call>\n\n{...}\n</tool_call>", 0},
		{"<tool_call>{add}</tool_call>", "", -1},
		{"<tool_call>{add}</tool_call>\n" + one, "", -1},
		{"<tool_call>\n{add}\n</tool_call>", "", -1},
		{"<tool_call>\n{\"no\":\"add\"}\n</tool_call>", "", -1},
		{"<tool_call>\n{\"name\":\"add\"}", "", -1},
		{"<tool_call>\n{\"name\":\"add\"}\n</tool_call>\nand\n" + one, "", -1},
	} {
		said, _ := json.Marshal(c.said)
		list, faults := readAll("a", []byte(`{"tools":[{"name":"add"}],"messages":[{"role":"user","content":"3+4?"},{"role":"assistant","content":`+string(said)+`}]}`), Detect)
		if c.calls < 0 {
			if len(faults) != 1 {
				t.Errorf("%q is read", c.said)
			}
			continue
		}
		if len(list) != 1 {
			t.Errorf("%q: %v", c.said, faults)
			continue
		}
		if m := list[0].Messages[1]; m.Content != c.left || len(m.Calls) != c.calls {
			t.Errorf("%q: %q and %d calls", c.said, m.Content, len(m.Calls))
		}
	}
}
