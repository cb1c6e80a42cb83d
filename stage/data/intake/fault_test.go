package intake

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
)

// good are examples that the tests spoil, one of each form and use.
var good = map[string]string{
	"messages": `{"messages":[{"role":"system","content":"s"},{"role":"user","content":"3+4?"},{"role":"assistant","content":null,"reasoning_content":"t","tool_calls":[{"id":"a","type":"function","function":{"name":"add","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"7"},{"role":"assistant","content":"7"}],"tools":[{"type":"function","function":{"name":"add"}}]}`,
	"alpaca":   `{"instruction":"Add.","input":"3+4","output":"7","history":[["1+1","2"]],"system":"s"}`,
	"sharegpt": `{"conversations":[{"from":"human","value":"3+4?"},{"from":"function_call","value":"{\"name\":\"add\",\"arguments\":{}}"},{"from":"observation","value":"7"},{"from":"gpt","value":"7"}],"system":"s","tools":"[{\"name\":\"add\"}]"}`,
	"pair":     `{"conversations":[{"from":"human","value":"3+4?"}],"chosen":{"from":"gpt","value":"7"},"rejected":{"from":"gpt","value":"8"}}`,
	"strings":  `{"prompt":"3+4?","chosen":"7","rejected":"8"}`,
	"openai":   `{"input":{"messages":[{"role":"user","content":"3+4?"}]},"preferred_output":[{"role":"assistant","content":"7"}],"non_preferred_output":[{"role":"assistant","content":"8"}]}`,
	"plain":    `{"messages":[{"role":"user","content":"3+4?"},{"role":"assistant","content":"7"}]}`,
	"swift":    `{"messages":[{"role":"user","content":"3+4?"},{"role":"assistant","content":"7"}],"rejected_response":"8"}`,
	"called":   `{"messages":[{"role":"user","content":"3+4?"},{"role":"assistant","content":null},{"role":"tool_call","content":"{\"name\":\"add\"}"},{"role":"tool_response","content":"7"},{"role":"assistant","content":"7"}]}`,
	"label":    `{"messages":[{"role":"user","content":"3+4?"},{"role":"assistant","content":"7"}],"label":true}`,
	"problem":  `{"prompt":"3+4?","verify":{"number":7}}`,
	"sorted":   `{"prompt":"3+4?","verify":{"number":7},"family":"加法 easy","level":3.0}`,
}

// spoilt changes the value at a path of a good example: by a new value, a new
// name (old>new), or by deleting it.
func spoilt(t *testing.T, example, path string, change any) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(example), &v); err != nil {
		t.Fatal(err)
	}
	steps := strings.Split(path, ".")
	var at func(v any, steps []string) any
	at = func(v any, steps []string) any {
		last := len(steps) == 1
		switch v := v.(type) {
		case map[string]any:
			old, ok := v[steps[0]]
			rename, isName := change.(rename)
			switch {
			case !last:
				v[steps[0]] = at(old, steps[1:])
			case change == nil && !ok:
				t.Fatalf("%s has no %s", example, path)
			case change == nil:
				delete(v, steps[0])
			case isName:
				delete(v, steps[0])
				v[string(rename)] = old
			default:
				v[steps[0]] = change
			}
			return v
		case []any:
			i := int(steps[0][0] - '0')
			switch {
			case !last:
				v[i] = at(v[i], steps[1:])
			case change == nil:
				return slices.Delete(v, i, i+1)
			default:
				v[i] = change
			}
			return v
		}
		t.Fatalf("%s has no %s", example, path)
		return nil
	}
	b, err := json.Marshal(at(v, steps))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

type rename string

func said(role, content string) map[string]any {
	return map[string]any{"role": role, "content": content}
}

func call(id, name string) map[string]any {
	return map[string]any{"id": id, "type": "function", "function": map[string]any{"name": name, "arguments": "{}"}}
}

// check reads a spoilt file and compares its one error with what is wanted.
func check(t *testing.T, name string, file []byte, where, what, next string) {
	t.Helper()
	_, faults := readAll("a.jsonl", file, Detect)
	if len(faults) != 1 {
		t.Errorf("%s: %d faults, want 1: %v\n%s", name, len(faults), faults, file)
		return
	}
	var e *say.Error
	if !errors.As(faults[0], &e) {
		t.Errorf("%s: %v is no error for people", name, faults[0])
		return
	}
	if e.Where != where || !strings.Contains(e.What.In(say.English), what) || !strings.Contains(e.Next.In(say.English), next) {
		t.Errorf("%s: %v\nwant %s: … %s … ; … %s …", name, e, where, what, next)
	}
	zh := e.In(say.Chinese)
	if zh == e.In(say.English) || !strings.ContainsFunc(zh, func(r rune) bool { return r >= 0x4e00 }) || strings.Contains(zh, "%!") {
		t.Errorf("%s: in Chinese it is %q", name, zh)
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		from, path        string
		change            any
		field, what, next string
	}{
		{"messages", "messages", nil, "", "no form has these names: tools", "an example has messages"},
		{"messages", "messages", rename("mesages"), "mesages", "not known", "did you mean messages?"},
		{"messages", "messages", "3+4?", "messages", "this is a string", "a list of messages"},
		{"messages", "messages", []any{}, "messages", "there is no message", "a question and an answer"},
		{"messages", "messages.1", nil, "messages[1]", "begins with the role assistant", "the first message is the user's"},
		{"messages", "messages.4", nil, "messages[3]", "the answer is missing", "end the conversation with the assistant's"},
		{"messages", "messages.3", nil, "messages[3]", "two messages of the assistant", "join them"},
		{"messages", "messages.2", nil, "messages[2].tool_call_id", `no call before it has the id "a"`, "the id of the call"},
		{"messages", "messages.2.role", "user", "messages[2]", "the role user cannot think", "the assistant's"},
		{"messages", "messages.4.role", "user", "messages[4]", "before the assistant has answered", "put the assistant's answer"},
		{"messages", "messages.4.role", "system", "messages[4]", "behind other messages", "comes first"},
		{"messages", "messages.1.role", "human", "messages[1].role", `no role "human"`, "did you mean user?"},
		{"messages", "messages.1.role", "usr", "messages[1].role", `no role "usr"`, "system, user, assistant or tool"},
		{"messages", "messages.1.role", nil, "messages[1].role", "missing", "a role is"},
		{"messages", "messages.1.role", 1, "messages[1].role", "this is a number", "a string"},
		{"messages", "messages.1.content", nil, "messages[1].content", "missing", "role and content"},
		{"messages", "messages.1.content", 7, "messages[1].content", "this is a number", "a string or a list of parts"},
		{"messages", "messages.2.tool_calls.0.function.arguments", rename("argument"), "messages[2].tool_calls[0].function.argument", "not known", `"arguments": {…}`},
		{"messages", "messages.2.tool_calls.0.id", []any{}, "messages[2].tool_calls[0].id", "this is a list", "a string"},
		{"messages", "messages.2.thinking", "u", "messages[2].thinking", "two thoughts", "delete one"},
		{"messages", "tools.0.function.parameter", map[string]any{}, "tools[0].parameter", "not known", "did you mean parameters?"},
		{"messages", "tools.0.function.parameters", []any{}, "tools[0].parameters", "this is a list", "an object"},
		{"messages", "tools.0.function.parameters", "{", "tools[0].parameters", "not JSON", "parameters"},
		{"messages", "messages.4.content", "<tool_call>\n{\"name\":\"add\"}\n</tool_call> and", "messages[4].content", "calls in the text", "end the answer"},
		{"label", "label", rename("Label"), "Label", "not known", "did you mean label?"},
		{"messages", "Label", 0, "Label", "not known", "did you mean label?"},
		{"messages", "messages.1.content", " ", "messages[1]", "message is empty", "write the question"},
		{"messages", "messages.4.content", "", "messages[4]", "the answer is empty", "write the answer"},
		{"messages", "messages.4.content", "<think>7", "messages[4].content", "the thought has no end", "</think>"},
		{"messages", "messages.1.content", []any{map[string]any{"type": "image_url"}}, "messages[1].content[0].type", `type "image_url" cannot be read`, "text, reasoning and tool_call"},
		{"messages", "messages.1.content", rename("contents"), "messages[1].contents", "not known", "did you mean content?"},
		{"messages", "messages.2.tool_calls", map[string]any{}, "messages[2].tool_calls", "this is an object", "a list of calls"},
		{"messages", "messages.2.tool_calls.0.function.name", nil, "messages[2].tool_calls[0]", "the call has no name", `"arguments"`},
		{"messages", "messages.2.tool_calls.0.function.arguments", "{", "messages[2].tool_calls[0].function.arguments", "it ends in the middle", `one object, by their names`},
		{"messages", "messages.3.tool_call_id", "b", "messages[3].tool_call_id", `no call before it has the id "b"`, "the id of the call"},
		{"messages", "tools", "[{", "tools", "the string is not JSON", `"parameters"`},
		{"messages", "tools", map[string]any{}, "tools", "this is an object", `"parameters"`},
		{"messages", "tools.0.function.name", nil, "tools[0]", "the tool has no name", `"parameters"`},
		{"alpaca", "instruction", nil, "instruction", "missing", "instruction and output"},
		{"alpaca", "instruction", rename("instructions"), "instructions", "not known", "did you mean instruction?"},
		{"alpaca", "instruction", 5, "instruction", "this is a number", "a string"},
		{"alpaca", "output", nil, "output", "missing", "instruction and output"},
		{"alpaca", "output", rename("ouput"), "ouput", "not known", "did you mean output?"},
		{"alpaca", "output", "", "output", "the answer is empty", "write the answer"},
		{"alpaca", "output", []any{}, "output", "this is a list", "a string"},
		{"alpaca", "output", []any{"good", "bad"}, "output", "this is a list", "as chosen and rejected"},
		{"label", "label", "true", "label", "this is a string", "true or false, without quotes"},
		{"alpaca", "input", rename("inputs"), "inputs", "not known", "did you mean input?"},
		{"alpaca", "history.0.1", nil, "history[0]", "no pair of strings", "[question, answer]"},
		{"sharegpt", "conversations", rename("conversation"), "conversation", "not known", "did you mean conversations?"},
		{"sharegpt", "conversations", map[string]any{}, "conversations", "this is an object", "a list of messages"},
		{"sharegpt", "conversations.0", nil, "conversations[0]", "begins with the role assistant", "the first message is the user's"},
		{"sharegpt", "conversations.3", nil, "conversations[2]", "the answer is missing", "end the conversation"},
		{"sharegpt", "conversations.1", nil, "conversations[1]", "no assistant has called it", "tool_calls"},
		{"sharegpt", "conversations.1.value", "add(3, 4)", "conversations[1].value", "the call is not JSON", `"arguments"`},
		{"sharegpt", "conversations.0.from", "humann", "conversations[0].from", `no role "humann"`, "human, gpt"},
		{"sharegpt", "conversations.0.from", nil, "conversations[0].from", "missing", "human, gpt"},
		{"sharegpt", "conversations.0.value", nil, "conversations[0].value", "missing", "from and value"},
		{"sharegpt", "conversations.0.value", rename("valeu"), "conversations[0].valeu", "not known", "did you mean value?"},
		{"sharegpt", "tools", "nothing", "tools", "the string is not JSON", `"parameters"`},
		{"sharegpt", "system", []any{}, "system", "this is a list", "a string"},
		{"pair", "chosen", nil, "chosen", "missing", "chosen and rejected"},
		{"pair", "rejected", nil, "rejected", "missing", "chosen and rejected"},
		{"pair", "rejected.value", "7", "rejected", "the two answers are the same", "nothing to prefer"},
		{"pair", "chosen.value", "", "chosen", "the answer is empty", "write the answer"},
		{"pair", "chosen", 7, "chosen", "this is a number", "a string, a message"},
		{"pair", "conversations.0.from", "gpt", "conversations[0]", "begins with the role assistant", "the first message is the user's"},
		{"strings", "prompt", nil, "prompt", "missing", "write the question as prompt"},
		{"strings", "prompt", rename("promt"), "promt", "not known", "did you mean prompt?"},
		{"strings", "prompt", "", "prompt", "the prompt is empty", "write the question"},
		{"strings", "rejected", "7", "rejected", "the two answers are the same", "nothing to prefer"},
		{"strings", "chosen", rename("choosen"), "choosen", "not known", "did you mean chosen?"},
		{"label", "label", "true", "label", "this is a string", "true or false, without quotes"},
		{"label", "label", 1, "label", "this is a number", "true or false"},
		{"label", "label", rename("labels"), "labels", "not known", "did you mean label?"},
		{"label", "kto_tag", false, "kto_tag", "label says otherwise", "delete one of the two"},
		{"label", "verify", map[string]any{"number": 7}, "verify", "an example with label has this too", "keep one of the two"},
		{"label", "chosen", "7", "label", "an example with chosen has this too", "keep one of the two"},
		{"strings", "verify", map[string]any{"number": 7}, "verify", "an example with chosen has this too", "keep one of the two"},
		{"label", "images", []any{"a.png"}, "images", "only text is learnt from", "leave such examples out"},
		{"label", "audios", "a.wav", "audios", "only text is learnt from", "leave such examples out"},
		{"label", "label", rename("kto_tga"), "kto_tga", "not known", "did you mean kto_tag?"},
		{"alpaca", "history.0.0", " ", "history[0][0]", "the user's message is empty", "write the question"},
		{"alpaca", "history.0.1", "", "history[0][1]", "the answer is empty", "write the answer"},
		{"alpaca", "history.0.1", "<think>2", "history[0][1]", "the thought has no end", "</think>"},
		{"alpaca", "output", " \n", "output", "the answer is empty", "write the answer"},
		{"messages", "messages.4.content", " ", "messages[4]", "the answer is empty", "write the answer"},
		{"messages", "messages.4.content", []any{map[string]any{"type": "text", "text": "<think>7"}}, "messages[4].content", "the thought has no end", "</think>"},
		{"pair", "chosen.value", " ", "chosen", "the answer is empty", "write the answer"},
		{"strings", "rejected", " ", "rejected", "the answer is empty", "write the answer"},
		{"strings", "chosen", []any{said("assistant", "7"), said("user", "sure?"), said("assistant", "7")}, "chosen", "the answer has 3 messages", "move what comes before the last to the prompt"},
		{"messages", "messages.3.name", "now", "messages[3].name", `the result of "now", and the call with its id is of "add"`, "the name of the tool"},
		{"messages", "messages.3", map[string]any{"role": "tool", "name": "now", "content": "7"}, "messages[3].name", `no call before it that waits for a result is of "now"`, "the tool that was called: add"},
		{"messages", "messages.2.tool_calls", []any{call("a", "add"), call("a", "now")}, "messages[2].tool_calls", `two calls have the id "a"`, "an id of its own"},
		{"messages", "messages.2.tool_calls.0.function.arguments", `{"x":1,"x":2}`, "messages[2].tool_calls[0].function.arguments", "a name comes twice", "in the JSON of the string: delete one of the two"},
		{"messages", "messages.4.weight", 0.5, "messages[4].weight", "neither cannot be kept: 0.5", "1 (the turn is learnt) or 0"},
		{"messages", "messages.4.weight", "0", "messages[4].weight", `neither cannot be kept: "0"`, "1 (the turn is learnt) or 0"},
		{"messages", "messages.4.loss_scale", 0.3, "messages[4].loss_scale", "a weight that is neither cannot be kept: 0.3", "1 (the turn is learnt) or 0"},
		{"messages", "messages.4.weigth", 0, "messages[4].weigth", "not known", "did you mean weight"},
		{"messages", "messages.4", map[string]any{"role": "assistant", "content": "7", "weight": 1, "train": false}, "messages[4].train", "weight says otherwise", "delete one of the two"},
		{"messages", "messages.4", map[string]any{"role": "assistant", "content": "7", "loss": true, "loss_scale": 0}, "messages[4].loss_scale", "loss says otherwise", "delete one of the two"},
		{"messages", "messages.4.train_detail", []any{map[string]any{"begin_offset": 0, "end_offset": 1, "train": false}}, "messages[4].train_detail", "as a whole", "write train"},
		{"sharegpt", "conversations.1", map[string]any{"from": "gpt", "value": "7", "weight": 0.5}, "conversations[1].weight", "cannot be kept: 0.5", "0"},
		{"label", "messages.1", map[string]any{"role": "assistant", "content": "7", "weight": 0}, "messages[1].weight", "by this the answer is not learnt", "delete it"},
		{"label", "messages.1", map[string]any{"role": "assistant", "content": "7", "loss": 0.5, "train": false}, "messages[1].train", "by this the answer is not learnt", "delete it"},
		{"pair", "chosen", map[string]any{"from": "gpt", "value": "7", "weight": 0}, "chosen.weight", "by this the answer is not learnt", "delete it"},
		{"problem", "completion", []any{map[string]any{"role": "assistant", "content": "7", "weight": 0}}, "completion[0].weight", "by this the answer is not learnt", "delete it"},
		{"plain", "rejected_response", "7", "rejected_response", "the two answers are the same", "nothing to prefer"},
		{"plain", "rejected_response", []any{said("assistant", " ")}, "rejected_response[0]", "the answer is empty", "write the answer"},
		{"plain", "rejected_messages", []any{said("assistant", "8")}, "rejected_messages", "does not begin with the same messages as messages", "is a whole conversation"},
		{"plain", "rejected_messages", []any{said("user", "4+4?"), said("assistant", "8")}, "rejected_messages", "does not begin with the same messages as messages", "is a whole conversation"},
		{"plain", "rejected_messages", []any{said("user", "3+4?"), said("bot", "8")}, "rejected_messages[1].role", `no role "bot"`, "did you mean assistant?"},
		{"swift", "rejected_messages", []any{said("user", "3+4?"), said("assistant", "8")}, "rejected_messages", "an example with rejected_response has this too", "keep one"},
		{"openai", "label", true, "preferred_output", "an example with label has this too", "keep one"},
		{"openai", "input.tools", "none", "input.tools", "the string is not JSON", `"parameters"`},
		{"openai", "input.tools", []any{map[string]any{"name": 1}}, "input.tools[0]", "the tool has no name", `"parameters"`},
		{"openai", "input", nil, "input.messages", "missing", "input with messages"},
		{"openai", "preferred_output", nil, "preferred_output", "missing", "preferred_output and non_preferred_output"},
		{"openai", "input.messages.0.role", "assistant", "input.messages[0]", "begins with the role assistant", "the user's"},
		{"openai", "preferred_output", []any{said("assistant", "8")}, "non_preferred_output", "the two answers are the same", "nothing to prefer"},
		{"messages", "messages.1.role", "call", "messages[1].role", `no role "call"`, "a role is system, user"},
		{"messages", "messages.2.tool_calls.0.function.arguments", `{"x"：1}`, "messages[2].tool_calls[0].function.arguments", `"：" cannot stand here`, "in the JSON of the string: a full-width mark"},
		{"messages", "messages.2.tool_calls.0.function.arguments", "å", "messages[2].tool_calls[0].function.arguments", `"å" cannot stand here`, "one object, by their names"},
		{"messages", "messages.2.tool_calls.0.function.arguments", "[]", "messages[2].tool_calls[0].function.arguments", "no JSON object", "one object, by their names"},
		{"messages", "messages.2.tool_calls.0.function.arguments", 3, "messages[2].tool_calls[0].function.arguments", "this is a number", "one object, by their names"},
		{"messages", "tools", "[{'name': 1}]", "tools", `"'" cannot stand here`, "in the JSON of the string: strings stand in double quotes"},
		{"messages", "tools.0.function.parameters", "“", "tools[0].parameters", `"“" cannot stand here`, "in the JSON of the string: a full-width mark"},
		{"sharegpt", "conversations.1.value", `{"name"：1}`, "conversations[1].value", `the call is not JSON: "：" cannot stand here`, "in the JSON of the string: a full-width mark"},
		{"messages", "messages.2", map[string]any{"role": "tool_call", "content": "now"}, "messages[2].content", "the call is not JSON", `"arguments"`},
		{"called", "messages.2.content", map[string]any{"name": "add"}, "messages[2].content", "the call is no string", "write it as a string"},
		{"called", "messages.3.content", map[string]any{"sum": 7}, "messages[3].content", "this is an object", "write the object as a string"},
		{"called", "messages.4.role", "bot", "messages[4].role", `no role "bot"`, "did you mean assistant?"},
		{"called", "messages.4.role", nil, "messages[4].role", "missing", "a role is system"},
		{"called", "messages.4.content", nil, "messages[4].content", "missing", "a message has role and content"},
		{"called", "messages.2.role", "Tool_Call", "messages[2].role", `no role "Tool_Call"`, "did you mean tool_call?"},
		{"messages", "messages", "[]", "messages", "this is a string", "not a string with one"},
		{"messages", "messages", map[string]any{"role": []any{"user"}, "content": []any{"q"}}, "messages", "this is an object", "an object for each"},
		{"sharegpt", "conversations", "[]", "conversations", "this is a string", "not a string with one"},
		{"sharegpt", "conversations", []any{map[string]any{"human": "q", "assistant": "a"}}, "conversations[0].from", "missing", "as a turn of its own"},
		{"problem", "verify", map[string]any{"number": nil}, "verify.number", "this says nothing", "what makes an answer right"},
		{"problem", "verify", map[string]any{"choice": ""}, "verify.choice", "this says nothing", "what makes an answer right"},
		{"problem", "verify", map[string]any{"regex": " "}, "verify.regex", "this says nothing", "what makes an answer right"},
		{"problem", "verify", map[string]any{"code": nil}, "verify.code", "this says nothing", "what makes an answer right"},
		{"problem", "verify", map[string]any{"schema": map[string]any{"type": "nope", "minimum": 1}}, "verify.schema.type", `no "nope" here`, "write one of array, boolean"},
		{"problem", "verify", map[string]any{"schema": map[string]any{"minimum": "1"}}, "verify.schema.minimum", "of the type string", "it must be of the type number"},
		{"problem", "verify", map[string]any{"schema": map[string]any{"pattern": "("}}, "verify.schema.pattern", `"(" is not of the format regex`, "json-schema.org"},
		{"problem", "verify", map[string]any{"schema": map[string]any{"$ref": "http://x/y"}}, "verify.schema", "no JSON schema", "nothing outside of it"},
		{"problem", "completion", []any{map[string]any{"role": "assistant", "tool_calls": []any{call("a", "add")}}}, "prompt", "the answer of a problem calls a tool", "in words"},
		{"problem", "prompt", []any{said("user", "3+4?"), map[string]any{"role": "assistant", "tool_calls": []any{call("a", "add")}}, said("tool", "7")}, "prompt", "it is a tool's result", "end the prompt with the user's message"},
		{"problem", "family", 7, "family", "this is a number", "a string"},
		{"problem", "family", strings.Repeat("题", 41), "family", "no name of a kind of problem", "up to 40 characters"},
		{"problem", "family", "a\nb", "family", `"a\nb"`, "another name"},
		{"problem", "famly", "easy", "famly", "not known", "did you mean family?"},
		{"problem", "level", "hard", "level", "this is a string", "a whole number from 1 to 100"},
		{"problem", "level", 0, "level", "no level of a problem: 0", "a whole number from 1 to 100"},
		{"problem", "level", 101, "level", "no level of a problem: 101", "another name"},
		{"problem", "level", 1.5, "level", "1.5", "a whole number"},
		{"problem", "verify", map[string]any{}, "verify", "verify has 0 of its fields", ""},
		{"problem", "verify", map[string]any{"numer": 7}, "verify", `no verifier "numer"`, ""},
		{"problem", "verify.number", "seven", "verify.number", "is no number", ""},
		{"problem", "verify", map[string]any{"number": "seven", "tolerance": 1}, "verify.number", "is no number", ""},
		{"problem", "verify", map[string]any{"number": 7, "tolerance": -1}, "verify.tolerance", "-1 is no tolerance", "0.01"},
		{"problem", "verify", map[string]any{"choice": "A", "tolerance": 1}, "verify.tolerance", "only a number has a tolerance", "delete it"},
		{"problem", "verify", rename("verifier"), "verifier", "not known", "did you mean verify?"},
		{"problem", "verify", map[string]any{"regex": "[a-z"}, "verify.regex", "missing closing ]", "RE2"},
	} {
		line := spoilt(t, good[c.from], c.path, c.change)
		where := "a.jsonl:2"
		if c.field != "" {
			where += ": " + c.field
		}
		check(t, c.from+" "+c.path, []byte(good[c.from]+"\n"+line+"\n"+good[c.from]), where, c.what, c.next)
	}
}

func TestFileFaults(t *testing.T) {
	one := good["strings"]
	for name, c := range map[string]struct{ file, where, what, next string }{
		"empty":          {"", "a.jsonl:1", "there is no example", "one JSON object a line"},
		"empty array":    {" [ ] ", "a.jsonl:1", "there is no example", "one JSON object a line"},
		"truncated":      {one + "\n" + one[:len(one)/2], "a.jsonl:2:23", "in the middle of the object", "the whole object on one line"},
		"pretty":         {"{\n", "a.jsonl:1:2", "in the middle of the object", "the whole object on one line"},
		"not JSON":       {"{'prompt': 1}", "a.jsonl:1:2", "this is not JSON", "double quotes"},
		"full-width":     {`{"prompt"："x"}`, "a.jsonl:1:10", "this is not JSON", "full-width"},
		"quotes":         {`{"prompt":“x”}`, "a.jsonl:1:11", `"“" cannot stand here`, "full-width"},
		"missing comma":  {`{"prompt":"一：二，三" "verify":1}`, "a.jsonl:1:19", `"\"" cannot stand here`, "write a comma before it"},
		"in a list":      {`{"prompt":["a" "b"]}`, "a.jsonl:1:16", `"\"" cannot stand here`, "write a comma before it"},
		"comma at end":   {`{"prompt":"x", }`, "a.jsonl:1:16", `"}" cannot stand here`, "delete the comma before it"},
		"a word":         {`{"prompt":nothing}`, "a.jsonl:1:11", `"n" cannot stand here`, "one JSON object a line"},
		"two":            {one + one, "a.jsonl:1:46", "behind the value", "begin a line with each object"},
		"ms-swift":       {`{"query":"q","response":"r"}`, "a.jsonl:1", "no form has these names: query, response", "read here: query → prompt, response → completion"},
		"with history":   {`{"query":"q","response":"r","history":[]}`, "a.jsonl:1", "no form has these names", "read here: query → instruction, response → output"},
		"answers":        {`{"question":"q","answer":"r"}`, "a.jsonl:1", "no form has these names: question, answer", "read here: question → prompt, answer → completion"},
		"rejected":       {`{"query":"q","response":"r","rejected_response":"s"}`, "a.jsonl:1", "no form has these names", "read here: query → prompt, response → chosen, rejected_response → rejected"},
		"text":           {`{"text":"all of it"}`, "a.jsonl:1", "no form has these names: text", "a block documents"},
		"dolly":          {`{"instruction":"q","context":"c","response":"r"}`, "a.jsonl:1: output", "missing", "context → input, response → output"},
		"response":       {`{"prompt":"q","response":"r"}`, "a.jsonl:1: completion", "missing", "response → completion"},
		"wrapped":        {`{"version":"1","data":[` + one + `]}`, "a.jsonl:1", "no form has these names: version, data", "the list of data alone"},
		"TRL":            {`{"prompt":"1+1","solution":"2"}`, "a.jsonl:1: completion", "missing", `solution is not read: to have answers judged by it, write verify, as {"number": 42}`},
		"verl":           {`{"prompt":[{"role":"user","content":"q"}],"reward_model":{"style":"rule","ground_truth":"42"}}`, "a.jsonl:1: completion", "missing", "reward_model.ground_truth is not read"},
		"swift problem":  {`{"messages":[{"role":"user","content":"q"}],"solution":"42"}`, "a.jsonl:1: messages[0]", "the answer is missing", "solution is not read: to have answers judged by it, write verify"},
		"exchanges":      {`{"conversation":[{"human":"q","assistant":"a"}]}`, "a.jsonl:1: conversation", "not known", "did you mean conversations? write each question and each answer as a turn"},
		"second BOM":     {one + "\n\ufeff" + one, "a.jsonl:2:1", "cannot stand here", "byte order mark"},
		"Arrow stream":   {"\xff\xff\xff\xff\x10\x00\x00\x00", "a.jsonl:1", "Arrow stream", "JSON Lines"},
		"one weight":     {`{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"Sure.","weight":0},{"from":"function_call","value":"{\"name\":\"add\"}","weight":1}]}`, "a.jsonl:1: conversations[2]", "of one turn with conversations[1]", "the same weight"},
		"call unlearnt":  {`{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"Sure."},{"from":"function_call","value":"{\"name\":\"add\"}","weight":0}]}`, "a.jsonl:1: conversations[2]", "of one turn with conversations[1]", "the same weight"},
		"not an object":  {one + "\n[]", "a.jsonl:2", "this is a list", "an object"},
		"name twice":     {`{"prompt":"a","prompt":"b"}`, "a.jsonl:1:", "twice", "delete one"},
		"tab":            {"{\"prompt\":\"a\",\"completion\":\"first\tsecond\"}", "a.jsonl:1:34", `"\t" cannot stand here`, `a tab \t`},
		"line end":       {"[{\"prompt\":\"a\",\"completion\":\"first\nsecond\"}]", "a.jsonl:1:35", "cannot stand here", `a line end is written \n`},
		"cut in string":  {`{"prompt":"a","completion":"first`, "a.jsonl:1:34", "in the middle of the object", `line ends in strings as \n`},
		"folder":         {`{"prompt":"C:\dir","completion":"a"}`, "a.jsonl:1:15", "\"d\" cannot stand here", `a backslash in a string is written \\`},
		"LaTeX":          {`{"prompt":"a","completion":"\alpha"}`, "a.jsonl:1:30", "\"a\" cannot stand here", `a backslash in a string is written \\`},
		"short escape":   {`{"prompt":"\u12","completion":"a"}`, "a.jsonl:1:16", "cannot stand here", `a backslash in a string is written \\`},
		"missing colon":  {`{"prompt" "a"}`, "a.jsonl:1:11", "cannot stand here", "write a colon before it"},
		"half a pair":    {`{"prompt":"q \ud800 x","completion":"a"}`, "a.jsonl:1:14", "stands alone", "both of its escapes"},
		"other half":     {`{"prompt":"q \\\udc00","completion":"a"}`, "a.jsonl:1:16", "stands alone", "both of its escapes"},
		"half a name":    {`{"prompt":"q","completion":"a","\ud800":1}`, "a.jsonl:1:33", "stands alone", "both of its escapes"},
		"None":           {`{"prompt":"q","completion":None}`, "a.jsonl:1:28", "cannot stand here", "write null for None"},
		"True":           {`{"prompt":"q","completion":"a","label":True}`, "a.jsonl:1:40", "cannot stand here", "write true for True"},
		"NaN":            {`{"prompt":"q","completion":"a","n":NaN}`, "a.jsonl:1:36", "cannot stand here", "JSON has no NaN"},
		"nan":            {`{"prompt":"q","completion":"a","n":nan}`, "a.jsonl:1:36", "cannot stand here", "JSON has no nan"},
		"comma at line":  {one + ",", "a.jsonl:1:46", "behind the value", "delete the comma at the line's end"},
		"open object":    {"{\n \"prompt\": \"a\",\n" + one, "a.jsonl:2:16", "in the middle of the object", "the whole object"},
		"Latin-1":        {one + "\n{\"prompt\":\"caf\xe9\"}", "a.jsonl:2", "byte 15 of the example is not UTF-8", "UTF-8"},
		"UTF-16":         {"\xff\xfe{\x00", "a.jsonl:1", "UTF-16", "UTF-8"},
		"bare UTF-16":    {"{\x00\"\x00", "a.jsonl:1", "UTF-16", "UTF-8"},
		"gzip":           {"\x1f\x8b\x08\x00xxxx", "a.jsonl:1", "gzip", "end in .gz"},
		"Excel":          {"PK\x03\x04xxxx", "a.jsonl:1", "Excel", "JSON Lines"},
		"item of a line": {"[" + one + ", {\"prompt\":\"a\",\"completion\":\"\"}]", "a.jsonl:1: [1].completion", "the answer is empty", "write the answer"},
		"first of line":  {"[{\"prompt\":\"a\",\"completion\":\"\"} , " + one + "]", "a.jsonl:1: [0].completion", "the answer is empty", "write the answer"},
		"third of two":   {"[" + one + "," + one + ",\n{\"prompt\":\"a\",\"completion\":\"\"}, " + one + "]", "a.jsonl:2: [2].completion", "the answer is empty", "write the answer"},
		"NaN in first":   {"[{\"n\":NaN}, " + one + "]", "a.jsonl:1:7: [0]", "cannot stand here", "JSON has no NaN"},
		"one a line":     {"[{\"prompt\":\"a\",\"completion\":\"\"},\n" + one + "]", "a.jsonl:1: completion", "the answer is empty", "write the answer"},
		"NaN in item":    {"[" + one + ", {\"n\":NaN}]", "a.jsonl:1:54: [1]", "cannot stand here", "JSON has no NaN"},
		"no brace":       {"[" + one[:len(one)-1] + ",\n" + one + ",\n" + one + "]", "a.jsonl:2:1", `"{" cannot stand here`, "close the object before it"},
		"last no brace":  {"[\n" + one[:len(one)-1] + "\n]", "a.jsonl:3:1", `"]" cannot stand here`, "close the object before it"},
		"brace too many": {"[\n" + one + "},\n" + one + "]", "a.jsonl:2", "a } stands here", "delete it"},
		"no quote":       {"[\n {\"prompt\":\"hi},\n {\"prompt\":\"a\"}\n]", "a.jsonl:2:17", "cannot stand here", `a line end is written \n`},
		"Parquet":        {"PAR1xxxx", "a.jsonl:1", "Parquet", "JSON Lines"},
		"open array":     {"[" + one + ",\n" + one, "a.jsonl:2", "after 2 examples", "copy it again"},
		"cut array":      {"[" + one + ",\n" + one[:9], "a.jsonl:2", "after 1 example", "copy it again"},
		"no comma":       {"[" + one + "\n" + one + "]", "a.jsonl:2", "no comma", "write one"},
		"last comma":     {"[" + one + ",\n]", "a.jsonl:2", "before the end of the array", "delete it"},
		"behind array":   {"[" + one + "]\n" + one, "a.jsonl:2", "behind the end", "one array"},
		"many values":    {"[[" + strings.Repeat("1,", maxValues) + "1]]", "a.jsonl:1:", "more than 200000 values", ""},
		"deep":           {"[" + strings.Repeat("[", 99) + strings.Repeat("]", 99) + "]", "a.jsonl:1:", "values stand more than 64 deep", "make it simpler"},
		"broken call":    {`{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"<tool_call>{\"name\": now}</tool_call>"}],"tools":[{"name":"now"}]}`, "a.jsonl:1: messages[1].content", "the call is not JSON", `"arguments"`},
		"null":           {`{"messages":null}`, "a.jsonl:1: messages", "this is null", "a value"},
		"empty object":   {`{}`, "a.jsonl:1", "the object is empty", "an example has messages"},
		"long":           {`{"prompt":"` + strings.Repeat("x", maxExample), "a.jsonl:1", "longer than 16 MiB", "shorten it"},
		"long item":      {`[{"prompt":"` + strings.Repeat("x", maxExample), "a.jsonl:1", "longer than 16 MiB", "shorten it"},
	} {
		_, faults := readAll("a.jsonl", []byte(c.file), Detect)
		if e := new(say.Error); len(faults) == 1 && strings.HasSuffix(c.where, ":") && errors.As(faults[0], &e) && strings.HasPrefix(e.Where, c.where) {
			c.where = e.Where
		}
		check(t, name, []byte(c.file), c.where, c.what, c.next)
	}
}

// A table, or a text, is named once and not at each line; JSON may have such a name.
func TestReadTables(t *testing.T) {
	for name, what := range map[string]string{"a.csv": "this is CSV", "a.tsv": "this is TSV", "a.txt.gz": "", "a.TXT": "this is TXT"} {
		data := []byte("prompt,completion\nq,a\nr,b\n")
		if what == "" {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			z.Write(data)
			z.Close()
			data, what = b.Bytes(), "this is TXT"
		}
		list, faults := readAll(name, data, Detect)
		if len(list) > 0 || len(faults) != 1 || !strings.Contains(faults[0].Error(), what+", and examples are JSON; export it") {
			t.Errorf("%s: %v", name, faults)
		}
	}
	if list, faults := readAll("a.txt", []byte(good["alpaca"]), Detect); len(list) != 1 || faults != nil {
		t.Errorf("JSON in a.txt: %v", faults)
	}
}

// TestFormatsSpoilt spoils every fiftieth example of the files of others: no
// change is silent.
func TestFormatsSpoilt(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(formats, "*.json"))
	if len(files) == 0 {
		t.Skipf("%s is not here", formats)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var examples []json.RawMessage
		if err := json.Unmarshal(data, &examples); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(examples); i += 50 {
			var members map[string]json.RawMessage
			if err := json.Unmarshal(examples[i], &members); err != nil {
				t.Fatal(err)
			}
			for name := range members {
				if name == "input" || name == "tools" || name == "label" { // these may be left out
					continue
				}
				for how, change := range map[string]any{"deleted": nil, "renamed": rename(name + "x"), "of another type": 5} {
					line := []byte(spoilt(t, string(examples[i]), name, change))
					_, faults := readAll(file, line, Detect)
					var e *say.Error
					if len(faults) != 1 || !errors.As(faults[0], &e) || !strings.HasPrefix(e.Where, file+":1") || e.Next.IsZero() {
						t.Errorf("%s, example %d: %s %s gives %v", filepath.Base(file), i, name, how, faults)
					}
				}
			}
			var b bytes.Buffer
			json.Compact(&b, examples[i])
			if _, faults := readAll(file, b.Bytes()[:b.Len()*2/3], Detect); len(faults) != 1 {
				t.Errorf("%s, example %d: cut off it gives %v", filepath.Base(file), i, faults)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range good {
		f.Add([]byte(s))
		f.Add([]byte("[" + s + "," + s + "]"))
		f.Add([]byte(s[:len(s)/2] + "\n" + s))
	}
	f.Add([]byte("[1,\"a\"]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, faults := readAll("a", data, Detect)
		if len(list)+len(faults) == 0 {
			t.Fatal("neither an example nor an error")
		}
		for _, err := range faults {
			var e *say.Error
			if !errors.As(err, &e) || e.Where == "" || e.In(say.Chinese) == "" {
				t.Fatalf("%v is no error for people", err)
			}
		}
		for _, e := range list { // what was read is read again as it is
			e.From = ""
			b, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			if _, faults := readAll("a", b, Detect); faults != nil {
				t.Fatalf("%s\nfrom %s: %v", b, data, faults)
			}
		}
	})
}
