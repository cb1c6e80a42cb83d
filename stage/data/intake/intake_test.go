package intake

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// formats are the files of others that are read as they are.
const formats = "../../../../shared/data/formats"

// readAll reads a file; faults are the errors about its examples.
func readAll(name string, data []byte, form Form) (list []stage.Example, faults []error) {
	for e, err := range Read(context.Background(), bytes.NewReader(data), name, form) {
		if err != nil {
			faults = append(faults, err)
		} else {
			list = append(list, e)
		}
	}
	return list, faults
}

func TestFormats(t *testing.T) {
	for name, want := range map[string]struct {
		use   stage.Use
		count int
		form  Form
	}{
		"alpaca_en_demo.json":           {stage.UseChats, 999, Alpaca},
		"alpaca_zh_demo.json":           {stage.UseChats, 1000, Alpaca},
		"identity.json":                 {stage.UseChats, 91, Alpaca},
		"dpo_en_demo.json":              {stage.UsePairs, 300, ShareGPT},
		"dpo_zh_demo.json":              {stage.UsePairs, 300, ShareGPT},
		"glaive_toolcall_en_demo.json":  {stage.UseChats, 300, ShareGPT},
		"glaive_toolcall_zh_demo.json":  {stage.UseChats, 300, ShareGPT},
		"kto_en_demo.json":              {stage.UseLabels, 300, Messages},
		"reason_tool_use_demo_50.jsonl": {stage.UseChats, 50, Messages},
	} {
		data, err := os.ReadFile(filepath.Join(formats, name))
		if errors.Is(err, os.ErrNotExist) {
			t.Skipf("%s is not here", formats)
		}
		if err != nil {
			t.Fatal(err)
		}
		list, faults := readAll(name, data, Detect)
		if len(list) != want.count || len(faults) > 0 {
			t.Errorf("%s: %d examples, want %d; %d faults, %v", name, len(list), want.count, len(faults), faults)
		}
		for _, e := range list {
			if e.Use() != want.use {
				t.Fatalf("%s: %s is for %s", name, e.From, e.Use())
			}
		}
		if again, faults := readAll(name, data, want.form); len(again) != len(list) || len(faults) > 0 {
			t.Errorf("%s: as %s there are %d examples and %d faults", name, want.form, len(again), len(faults))
		}
		for _, other := range Forms {
			if again, _ := readAll(name, data, other); other != want.form && len(again) > 0 {
				t.Errorf("%s: as %s there are %d examples", name, other, len(again))
			}
		}
	}
}

func TestRead(t *testing.T) {
	const ask, said = `{"role":"user","content":"3+4?"}`, `{"role":"assistant","content":"7"}`
	const read = `{"role":"assistant","content":"8","weight":0}`
	const swift = `{"field":"rejected_response","prompt":[` + ask + `],"chosen":[` + said + `],"rejected":[{"role":"assistant","content":"8"}]}`
	const pair = `{"prompt":[` + ask + `],"chosen":[` + said + `],"rejected":[{"role":"assistant","content":"8"}]}`
	const shared = `"messages":[` + ask + `,` + said + `]`
	for _, c := range []struct{ in, want string }{
		{`{` + shared + `,"id":5}`, `{` + shared + `}`},
		{"\xef\xbb\xbf[{" + shared + "}\r]", `{` + shared + `}`},
		{`{"instruction":"3+4?","input":"","output":"7"}`, `{` + shared + `}`},
		{`{"instruction":"Add.","input":"3+4","output":"7","system":"Sums.","history":[["1+1","2"]]}`,
			`{"messages":[{"role":"system","content":"Sums."},{"role":"user","content":"1+1"},{"role":"assistant","content":"2"},{"role":"user","content":"Add.\n3+4"},` + said + `]}`},
		{`{"prompt":"3+4?","completion":"7"}`, `{` + shared + `}`},
		{`{"prompt":[` + ask + `],"completion":[` + said + `]}`, `{` + shared + `}`},
		{`{"conversations":[{"from":"human","value":"3+4?"},{"from":"gpt","value":"7"}],"system":""}`, `{` + shared + `}`},
		{`{"messages":[` + ask + `,{"role":"assistant","content":"<think>\n3 and 4\n</think>\n\n7"}]}`,
			`{"messages":[` + ask + `,{"role":"assistant","content":"7","reasoning_content":"3 and 4"}]}`},
		{`{"messages":[` + ask + `,{"role":"assistant","reasoning":"3 and 4","content":[{"type":"text","text":"7"}]}]}`,
			`{"messages":[` + ask + `,{"role":"assistant","content":"7","reasoning_content":"3 and 4"}]}`},
		{`{"messages":[` + ask + `,{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"add","arguments":"{\"x\": [3, 4]}"}}]},
			{"role":"tool","tool_call_id":"a","content":"7"},` + said + `],"tools":[{"name":"add","parameters":{}}]}`,
			`{"tools":[{"type":"function","function":{"name":"add","parameters":{}}}],"messages":[` + ask + `,{"role":"assistant","content":"","tool_calls":[{"id":"a","type":"function","function":{"name":"add","arguments":"{\"x\":[3,4]}"}}]},
			{"role":"tool","content":"7","tool_call_id":"a","name":"add"},` + said + `]}`},
		{`{"messages":[` + ask + `,` + said + `],"tools":[{"function":{"strict":true,"parameters":{"type":"object", "properties":{}},"description":"Adds.","name":"add","returns":{}},"type":"function"},{"name":"now","description":null}]}`,
			`{"tools":[{"type":"function","function":{"name":"add","description":"Adds.","parameters":{"type":"object","properties":{}}}},{"type":"function","function":{"name":"now","parameters":{"type":"object","properties":{}}}}],"messages":[` + ask + `,` + said + `]}`},
		{`{"conversations":[{"from":"human","value":"3+4?"},{"from":"gpt","value":"Let me add."},{"from":"function_call","value":"[{\"name\":\"add\",\"arguments\":{\"x\":3}},{\"name\":\"now\"}]"},
			{"from":"observation","value":"7"},{"from":"observation","value":"noon"},{"from":"gpt","value":"7"}]}`,
			`{"messages":[` + ask + `,{"role":"assistant","content":"Let me add.","tool_calls":[{"id":"call_1","type":"function","function":{"name":"add","arguments":"{\"x\":3}"}},{"id":"call_2","type":"function","function":{"name":"now","arguments":"{}"}}]},
			{"role":"tool","content":"7","tool_call_id":"call_1","name":"add"},{"role":"tool","content":"noon","tool_call_id":"call_2","name":"now"},` + said + `]}`},
		{`{` + shared + `,"label":false}`, `{` + shared + `,"label":false}`},
		{`{"prompt":"3+4?","completion":"7","label":true}`, `{` + shared + `,"label":true}`},
		{`{"instruction":"3+4?","output":"7","kto_tag":true}`, `{` + shared + `,"label":true}`},
		{`{"prompt":"3+4?","chosen":"7","rejected":"8"}`, `{"prompt":[` + ask + `],"chosen":[` + said + `],"rejected":[{"role":"assistant","content":"8"}]}`},
		{`{"instruction":"3+4?","chosen":"7","rejected":"8"}`, `{"prompt":[` + ask + `],"chosen":[` + said + `],"rejected":[{"role":"assistant","content":"8"}]}`},
		{`{"chosen":[` + ask + `,` + said + `],"rejected":[` + ask + `,{"role":"assistant","content":"8"}]}`,
			`{"prompt":[` + ask + `],"chosen":[` + said + `],"rejected":[{"role":"assistant","content":"8"}]}`},
		{`{"conversations":[{"from":"human","value":"3+4?"}],"chosen":{"from":"gpt","value":"7"},"rejected":{"from":"gpt","value":"8"}}`,
			`{"prompt":[` + ask + `],"chosen":[` + said + `],"rejected":[{"role":"assistant","content":"8"}]}`},
		{`{"prompt":"3+4?","verify":{"number":7}}`, `{"messages":[` + ask + `],"verify":{"number":7}}`},
		{`{"prompt":"3+4?","completion":"<think>t</think>7","verify":{"number":7,"choice":null}}`, `{"messages":[` + ask + `,{"role":"assistant","content":"7","reasoning_content":"t"}],"verify":{"number":7}}`},
		{`{"instruction":"3+4?","output":"7","verify":{"number":7}}`, `{` + shared + `,"verify":{"number":7}}`},
		{`{"instruction":"3+4?","output":"","verify":{"number":7}}`, `{"messages":[` + ask + `],"verify":{"number":7}}`},
		{`{` + shared + `,"verify":{"number":7}}`, `{` + shared + `,"verify":{"number":7}}`},
		{`{"conversations":[{"from":"human","value":"3+4?"},{"from":"gpt","value":"7"}],"verify":{"number":7}}`, `{` + shared + `,"verify":{"number":7}}`},
		// Results of calls that are told one after the other belong to them in turn.
		{`{"conversations":[{"from":"human","value":"3+4?"},{"from":"function_call","value":"{\"name\":\"add\"}"},{"from":"function_call","value":"{\"name\":\"now\"}"},
			{"from":"observation","value":"7"},{"from":"observation","value":"noon"},{"from":"gpt","value":"7"}]}`,
			`{"messages":[` + ask + `,{"role":"assistant","content":"","tool_calls":[{"id":"call_1","type":"function","function":{"name":"add","arguments":"{}"}},{"id":"call_2","type":"function","function":{"name":"now","arguments":"{}"}}]},
			{"role":"tool","content":"7","tool_call_id":"call_1","name":"add"},{"role":"tool","content":"noon","tool_call_id":"call_2","name":"now"},` + said + `]}`},
		// Without ids a result finds its call by the name.
		{`{"messages":[` + ask + `,{"role":"assistant","tool_calls":[{"function":{"name":"add","arguments":""}},{"id":"call_1","function":{"name":"now"}}]},
			{"role":"tool","name":"now","content":"noon"},{"role":"tool","name":"add","content":"7"},` + said + `]}`,
			`{"messages":[` + ask + `,{"role":"assistant","content":"","tool_calls":[{"id":"call_2","type":"function","function":{"name":"add","arguments":"{}"}},{"id":"call_1","type":"function","function":{"name":"now","arguments":"{}"}}]},
			{"role":"tool","content":"noon","tool_call_id":"call_1","name":"now"},{"role":"tool","content":"7","tool_call_id":"call_2","name":"add"},` + said + `]}`},
		// Thoughts are found in parts, behind any space, and in what was said before.
		{`{"messages":[` + ask + `,{"role":"assistant","content":[{"type":"text","text":"<think>t</think>7"}]}]}`, `{"messages":[` + ask + `,{"role":"assistant","content":"7","reasoning_content":"t"}]}`},
		{`{"messages":[` + ask + `,{"role":"assistant","content":"\t<think>t</think>7"}]}`, `{"messages":[` + ask + `,{"role":"assistant","content":"7","reasoning_content":"t"}]}`},
		{`{"instruction":"3+4?","output":"7","history":[["1+1","<think>t</think>2"]]}`, `{"messages":[{"role":"user","content":"1+1"},{"role":"assistant","content":"2","reasoning_content":"t"},` + ask + `,` + said + `]}`},
		// A thought whose beginning the template wrote; the tag as a word is none.
		{`{"messages":[` + ask + `,{"role":"assistant","content":"t\n</think>\n\n7"}]}`, `{"messages":[` + ask + `,{"role":"assistant","content":"7","reasoning_content":"t"}]}`},
		{`{"messages":[` + ask + `,{"role":"assistant","content":"write </think> behind it"}]}`, `{"messages":[` + ask + `,{"role":"assistant","content":"write </think> behind it"}]}`},
		{`{"messages":[` + ask + `,{"role":"assistant","content":"7","reasoning_content":"t","reasoning":"t"}]}`, `{"messages":[` + ask + `,{"role":"assistant","content":"7","reasoning_content":"t"}]}`},
		// Turns with what messages have; a thought before a call, and a call in a turn of its own.
		{`{"conversations":[{"from":"human","value":"3+4?"},{"from":"gpt","value":"8","weight":0},{"from":"human","value":"3+4?"},{"role":"assistant","content":"7","reasoning_content":"t","weight":1}]}`,
			`{"messages":[` + ask + `,{"role":"assistant","content":"8","weight":0},` + ask + `,{"role":"assistant","content":"7","reasoning_content":"t"}]}`},
		{`{"conversations":[{"role":"user","content":[{"type":"text","text":"3+4?"}]},{"role":"assistant","content":null,"tool_calls":[{"id":1,"function":{"name":"add","input":{"x":3}}}]},{"role":"tool","tool_call_id":1,"content":"7"},{"role":"assistant","content":"7"}]}`,
			`{"messages":[` + ask + `,{"role":"assistant","content":"","tool_calls":[{"id":"1","type":"function","function":{"name":"add","arguments":"{\"x\":3}"}}]},{"role":"tool","content":"7","tool_call_id":"1","name":"add"},` + said + `]}`},
		{`{"conversations":[{"from":"human","value":"3+4?"},{"from":"gpt","value":"<think>t</think>"},{"from":"function_call","value":"{\"name\":\"add\"}"},{"from":"observation","value":"7"},{"from":"gpt","value":"7"}]}`,
			`{"messages":[` + ask + `,{"role":"assistant","content":"","reasoning_content":"t","tool_calls":[{"id":"call_1","type":"function","function":{"name":"add","arguments":"{}"}}]},{"role":"tool","content":"7","tool_call_id":"call_1","name":"add"},` + said + `]}`},
		{`{"conversations":[{"from":"developer","value":"Sums."},{"from":"human","value":"3+4?"},{"from":"function_call","value":"<think>\nt\n</think>\n\n{\"name\":\"add\",\"args\":{}}"},{"from":"observation","value":"7"},{"from":"gpt","value":"7"}]}`,
			`{"messages":[{"role":"developer","content":"Sums."},` + ask + `,{"role":"assistant","content":"","reasoning_content":"t","tool_calls":[{"id":"call_1","type":"function","function":{"name":"add","arguments":"{}"}}]},{"role":"tool","content":"7","tool_call_id":"call_1","name":"add"},` + said + `]}`},
		// Calls that end the text are calls where there are tools, else words; tools by other names.
		{`{"tools":[{"name":"add","input_schema":{"type":"object"}}],"conversations":[{"from":"human","value":"3+4?"},{"from":"gpt","value":"Sure.\n<tool_call>\n{\"name\":\"add\",\"arguments\":{\"x\":3}}\n</tool_call>\n<tool_call>\n{\"name\":\"add\"}\n</tool_call>"}]}`,
			`{"tools":[{"type":"function","function":{"name":"add","parameters":{"type":"object"}}}],"messages":[` + ask + `,{"role":"assistant","content":"Sure.","tool_calls":[{"id":"call_1","type":"function","function":{"name":"add","arguments":"{\"x\":3}"}},{"id":"call_2","type":"function","function":{"name":"add","arguments":"{}"}}]}]}`},
		{`{"messages":[` + ask + `,{"role":"assistant","content":"<tool_call>\n{}\n</tool_call>"}]}`, `{"messages":[` + ask + `,{"role":"assistant","content":"<tool_call>\n{}\n</tool_call>"}]}`},
		{`{"functions":[{"name":"add","parameters":"{\"type\":\"object\"}"}],` + shared + `}`, `{"tools":[{"type":"function","function":{"name":"add","parameters":{"type":"object"}}}],` + shared + `}`},
		// null is not there; other names are the owner's.
		{`{"messages":null,"prompt":"3+4?","completion":"7","chosen":null,"rejected":null,"label":null,"verify":null,"tools":null,"system":null,"images":[]}`, `{` + shared + `}`},
		{`{` + shared + `,"level":"Level 3","story":"a","labels":["x"],"type":"y"}`, `{` + shared + `}`},
		{`{"messages":[` + ask + `,{"role":"assistant","content":"7","weight":1.0}]}`, `{` + shared + `}`},
		{`{"instruction":"3+4?","output":"7","kto_tag":true,"label":true}`, `{` + shared + `,"label":true}`},
		{`{"prompt":"\ud83d\ude00 \\ud800","completion":"7"}`, `{"messages":[{"role":"user","content":"😀 \\ud800"},` + said + `]}`},
		// What is read alone, by its name here and in other programs; on turns that are not learnt it changes nothing.
		{`{"messages":[{"role":"system","content":"s","weight":0},{"role":"user","content":"3+4?","weight":1.0,"train":true,"loss":0.3},{"role":"assistant","content":"8","train":false,"weight":0},` + ask + `,{"role":"assistant","content":"8","training":false},` + ask + `,{"role":"assistant","content":"8","loss":false},` + ask + `,{"role":"assistant","content":"8","loss_scale":0.0},` + ask + `,{"role":"assistant","content":"7","train":true,"training":null,"loss":1,"loss_scale":1.0,"weight":true}]}`,
			`{"messages":[{"role":"system","content":"s"},` + ask + `,` + read + `,` + ask + `,` + read + `,` + ask + `,` + read + `,` + ask + `,` + read + `,` + ask + `,` + said + `]}`},
		{`{"conversations":[{"from":"human","value":"3+4?","weight":0},{"from":"gpt","value":"8","train":false},{"from":"human","value":"3+4?"},{"from":"gpt","value":"7","weight":1}]}`, `{"messages":[` + ask + `,` + read + `,` + ask + `,` + said + `]}`},
		// A turn and its call are learnt, or both are not.
		{`{"conversations":[{"from":"human","value":"3+4?"},{"from":"gpt","value":"Sure.","weight":0},{"from":"function_call","value":"{\"name\":\"add\"}","loss":false},{"from":"observation","value":"7"},{"from":"gpt","value":"7"}]}`,
			`{"messages":[` + ask + `,{"role":"assistant","content":"Sure.","tool_calls":[{"id":"call_1","type":"function","function":{"name":"add","arguments":"{}"}}],"weight":0},{"role":"tool","content":"7","tool_call_id":"call_1","name":"add"},` + said + `]}`},
		// Pairs of ms-swift and of OpenAI.
		{`{` + shared + `,"rejected_response":"8"}`, swift},
		{`{` + shared + `,"rejected_response":{"role":"assistant","content":"8","weight":0}}`, swift},
		{`{"prompt":"3+4?","completion":"7","rejected_response":"8","label":null}`, swift},
		{`{` + shared + `,"rejected_messages":[` + ask + `,{"role":"assistant","content":"8"}]}`, strings.Replace(swift, "response", "messages", 1)},
		{`{"input":{"messages":[` + ask + `],"tools":[],"parallel_tool_calls":true},"preferred_output":[` + said + `],"non_preferred_output":[{"role":"assistant","content":"8"}]}`, pair},
		{`{"input":{"messages":[` + ask + `],"tools":[{"type":"function","function":{"name":"add","parameters":{}}}]},"preferred_output":[` + said + `],"non_preferred_output":[{"role":"assistant","content":"8"}]}`, `{"tools":[{"type":"function","function":{"name":"add","parameters":{}}}],` + pair[1:]},
		// Calls and results by their roles, in messages too; the tags around a result are the template's.
		{`{"messages":[` + ask + `,{"role":"assistant","content":"Sure."},{"role":"tool_call","content":"{\"name\":\"add\",\"arguments\":{\"x\":3}}"},{"role":"tool_response","content":"<tool_response>\n7\n</tool_response>"},` + said + `]}`,
			`{"messages":[` + ask + `,{"role":"assistant","content":"Sure.","tool_calls":[{"id":"call_1","type":"function","function":{"name":"add","arguments":"{\"x\":3}"}}]},{"role":"tool","content":"7","tool_call_id":"call_1","name":"add"},` + said + `]}`},
		{`{"prompt":"3+4?","chosen":{"role":"tool_call","content":"{\"name\":\"add\"}"},"rejected":"8"}`,
			`{"prompt":[` + ask + `],"chosen":[{"role":"assistant","content":"","tool_calls":[{"id":"call_1","type":"function","function":{"name":"add","arguments":"{}"}}]}],"rejected":[{"role":"assistant","content":"8"}]}`},
		{`{"tools":[{"name":"add","parameters":{}}],"messages":[` + ask + `,{"role":"assistant","content":"Sure.\n<tool_call>{\"name\":\"add\"}</tool_call><tool_call> \n {\"name\":\"add\"}</tool_call>"}]}`,
			`{"tools":[{"type":"function","function":{"name":"add","parameters":{}}}],"messages":[` + ask + `,{"role":"assistant","content":"Sure.","tool_calls":[{"id":"call_1","type":"function","function":{"name":"add","arguments":"{}"}},{"id":"call_2","type":"function","function":{"name":"add","arguments":"{}"}}]}]}`},
		{`{"messages":[` + ask + `,` + said + `,{"role":"tool","content":"<tool_response>7</tool_response><tool_response>8</tool_response>"},` + said + `]}`, `{"messages":[` + ask + `,` + said + `,{"role":"tool","content":"<tool_response>7</tool_response><tool_response>8</tool_response>"},` + said + `]}`},
		{`{"messages":[{"role":"user","content":[{"type":"input_text","text":"3+4?"}]},{"role":"assistant","content":[{"type":"output_text","text":"7"}]}]}`, `{` + shared + `}`},
		// UltraFeedback, binarised: the prompt, and whole conversations that begin with it.
		{`{"prompt":"3+4?","chosen":[` + ask + `,` + said + `],"rejected":[` + ask + `,{"role":"assistant","content":"8"}],"messages":[` + ask + `,` + said + `]}`,
			`{"prompt":[` + ask + `],"chosen":[` + said + `],"rejected":[{"role":"assistant","content":"8"}]}`},
	} {
		same(t, strings.ReplaceAll(c.in, "\n", ""), c.want)
	}
}

// TestSilentSystem: a system message that says nothing is none, in each form and use, and
// what is wrong behind it is told by its own place.
func TestSilentSystem(t *testing.T) {
	const ask, said, worse = `{"role":"user","content":"3+4?"}`, `{"role":"assistant","content":"7"}`, `{"role":"assistant","content":"8"}`
	const chat, pair = `{"messages":[` + ask + `,` + said + `]}`, `{"prompt":[` + ask + `],"chosen":[` + said + `],"rejected":[` + worse + `]}`
	for _, blank := range []string{`""`, `" \n"`, `null`} {
		system, turn := `{"role":"system","content":`+blank+`},`, `{"from":"system","value":`+blank+`},`
		same(t, `{"messages":[`+system+ask+`,`+said+`]}`, chat)
		same(t, `{"messages":[`+strings.Replace(system, "system", "developer", 1)+ask+`,`+said+`]}`, chat)
		same(t, `{"messages":[`+ask+`,`+said+`],"system":`+blank+`}`, chat)
		same(t, `{"messages":[`+system+ask+`,`+said+`],"system":"s"}`, `{"messages":[{"role":"system","content":"s"},`+ask+`,`+said+`]}`)
		same(t, `{"conversations":[`+turn+`{"from":"human","value":"3+4?"},{"from":"gpt","value":"7"}]}`, chat)
		same(t, `{"instruction":"3+4?","output":"7","system":`+blank+`}`, chat)
		same(t, `{"prompt":[`+system+ask+`],"completion":[`+said+`],"label":true}`, chat[:len(chat)-1]+`,"label":true}`)
		same(t, `{"prompt":[`+system+ask+`],"chosen":"7","rejected":"8"}`, pair)
		same(t, `{"chosen":[`+system+ask+`,`+said+`],"rejected":[`+ask+`,`+worse+`]}`, pair)
		same(t, `{"conversations":[`+turn+`{"from":"human","value":"3+4?"}],"chosen":{"from":"gpt","value":"7"},"rejected":{"from":"gpt","value":"8"}}`, pair)
		same(t, `{"prompt":[`+system+ask+`],"verify":{"number":7}}`, `{"messages":[`+ask+`],"verify":{"number":7}}`)
		check(t, "behind it", []byte(`{"messages":[`+system+ask+`,`+said+`,`+worse+`]}`), "a.jsonl:1: messages[3]", "two messages of the assistant", "join them")
		check(t, "alone", []byte(`{"messages":[`+strings.TrimSuffix(system, ",")+`]}`), "a.jsonl:1: messages", "there is no message", "a question and an answer")
	}
	same(t, `{"messages":[{"role":"system","content":[]},`+ask+`,`+said+`]}`, chat)
	check(t, "missing", []byte(`{"messages":[{"role":"system"},`+ask+`,`+said+`]}`), "a.jsonl:1: messages[0].content", "missing", "role and content")
}

// TestOtherQuestion: a prompt beside conversations that begin with another.
func TestOtherQuestion(t *testing.T) {
	const sides = `"chosen":[{"role":"user","content":"3+4?"},{"role":"assistant","content":"7"}],"rejected":[{"role":"user","content":"3+4?"},{"role":"assistant","content":"8"}]}`
	check(t, "prompt", []byte(`{"prompt":"4+4?",`+sides), "a.jsonl:1: prompt", "begin with another question", "delete one of the two questions")
	check(t, "messages", []byte(`{"messages":[{"role":"user","content":"4+4?"}],`+sides), "a.jsonl:1: messages", "begin with another question", "delete one of the two questions")
}

// TestPrinted reads objects that are printed over several lines, one after the
// other, and tells of each that is wrong once.
func TestPrinted(t *testing.T) {
	const one = "{\n  \"prompt\": \"a {\",\n\n  \"completion\": \"b\"\n}\n"
	list, faults := readAll("a", []byte(one+one+`{"prompt":"c","completion":"d"}`), Detect)
	if len(list) != 3 || faults != nil || list[1].From != "a:6" || list[2].From != "a:11" {
		t.Errorf("%v, %v", list, faults)
	}
	spoilt := strings.Replace(one, `"a {",`, `"a {"`, 1)
	list, faults = readAll("a", []byte(one+spoilt+strings.TrimSuffix(one, "}\n")+one), Detect)
	if len(list) != 2 || len(faults) != 2 {
		t.Fatalf("%d examples, %v", len(list), faults)
	}
	for i, where := range []string{"a:9:3: ", "a:14:20: "} {
		if !strings.HasPrefix(faults[i].Error(), where) {
			t.Errorf("%v, want %s", faults[i], where)
		}
	}
}

// TestDamaged names the file that cannot be decompressed.
func TestDamaged(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for i := range 5000 {
		fmt.Fprintf(z, "{\"prompt\":\"%d\",\"completion\":\"%d\"}\n", i*i, i*i*i)
	}
	z.Close()
	for name, c := range map[string]struct {
		data []byte
		what string
	}{
		"no.jsonl.gz":   {[]byte("{}"), "not gzip"},
		"cut.jsonl.gz":  {b.Bytes()[:b.Len()/2], "damaged or cut off"},
		"head.jsonl.gz": {b.Bytes()[:20], "damaged or cut off"},
		"no.jsonl.zst":  {b.Bytes(), "not Zstandard"},
	} {
		_, faults := readAll(name, c.data, Detect)
		var e *say.Error
		if len(faults) != 1 || !errors.As(faults[0], &e) || !strings.HasPrefix(e.Where, name+":") || !strings.Contains(e.What.In(say.English), c.what) || e.Next.IsZero() || e.In(say.Chinese) == e.In(say.English) {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

func TestCompressed(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(`{"prompt":"3+4?","completion":"7"}`))
	z.Close()
	if list, faults := readAll("a.jsonl.gz", b.Bytes(), Detect); len(list) != 1 || faults != nil {
		t.Errorf("%d examples, %v", len(list), faults)
	}
}

// TestLines counts lines as an editor does.
func TestLines(t *testing.T) {
	const one = `{"prompt":"3+4?","completion":"7"}`
	for in, want := range map[string][]string{
		one + "\n\n" + one + "\r\n" + one:                                {"a:1", "a:3", "a:4"},
		"[" + one + ",\n\n" + one + "]":                                  {"a:1", "a:3"},
		"[" + one + ", " + one + ",\n" + one + "," + one + "]":           {"a:1", "a:1[1]", "a:2", "a:2[3]"},
		"[\n {\n\"prompt\":\"x\",\n\"completion\":\"y\"},\n" + one + "]": {"a:2", "a:5"},
	} {
		list, faults := readAll("a", []byte(in), Detect)
		var got []string
		for _, e := range list {
			got = append(got, e.From)
		}
		if !slices.Equal(got, want) || faults != nil {
			t.Errorf("%q: %v, want %v; %v", in, got, want, faults)
		}
	}
}

// Blank space without end is refused, however it is packed, and an interrupt is heard in it.
func TestReadBlank(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range maxExample>>20 + 8 {
		z.Write(bytes.Repeat([]byte(" "), 1<<20))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if list, faults := readAll("a.jsonl.gz", packed.Bytes(), Detect); len(list) > 0 || len(faults) != 1 || !strings.Contains(faults[0].Error(), "a.jsonl.gz:1: more than 16 MiB of blank space") {
		t.Errorf("%d examples, %v", len(list), faults)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, err := range Read(ctx, bytes.NewReader(packed.Bytes()), "a.jsonl.gz", Detect) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted: %v", err)
		}
	}
}
