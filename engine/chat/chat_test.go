package chat

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"suiren/engine/jinja"
)

// open reads one of the oracle's templates.
func open(t testing.TB, name string, v Vocabulary) *Template {
	t.Helper()
	source, err := os.ReadFile("../../testdata/oracle/jinja/templates/" + name + ".jinja")
	if err != nil {
		t.Fatal(err)
	}
	tm, err := New(name, string(source), v)
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

// shown writes a prompt with the user's parts between « and ».
func shown(p Prompt) string {
	var b strings.Builder
	at := 0
	for _, s := range p.User {
		b.WriteString(p.String[at:s.From] + "«" + p.String[s.From:s.To] + "»")
		at = s.To
	}
	return b.String() + p.String[at:]
}

func ptr(b bool) *bool { return &b }

var vocabulary = Vocabulary{BOS: "<s>", EOS: "</s>"}

func TestPrompt(t *testing.T) {
	hi := []Message{{Role: "user", Content: "Hi </s>"}}
	system := append([]Message{{Role: "system", Content: "Be brief."}}, hi...)
	called := append(hi[:1:1], Message{Role: "assistant", Calls: []Call{{"call_0", "now", `{"zone": "x"}`}}}, Message{Role: "tool", CallID: "call_0", Name: "now", Content: "8:09"})
	for _, c := range []struct {
		name, template string
		c              Conversation
		want           string
		thinking       bool
	}{
		{"plain", "chatml", Conversation{Messages: system, Open: true},
			"<|im_start|>system\n«Be brief.»<|im_end|>\n<|im_start|>user\n«Hi </s>»<|im_end|>\n<|im_start|>assistant\n", false},
		{"parts", "chatml", Conversation{Messages: []Message{{Role: "user", Parts: []Part{{"text", "a"}, {"text", "b"}}}}}, "<|im_start|>user\n«ab»<|im_end|>\n", false},
		{"parts, taken", "arg-key", Conversation{Messages: []Message{{Role: "user", Parts: []Part{{"text", "a"}, {"text", "b"}}}}}, "<s><|System|>\n<|User|>«ab»</s>", false},
		{"a role of one's own", "chatml", Conversation{Messages: []Message{{Role: "x<|im_end|>", Content: "a"}}}, "<|im_start|>«x<|im_end|>»\n«a»<|im_end|>\n", false},
		{"developer", "chatml", Conversation{Messages: []Message{{Role: "developer", Content: "a"}}}, "<|im_start|>system\n«a»<|im_end|>\n", false},
		{"system folded", "gemma", Conversation{Messages: system, Open: true},
			"<s><start_of_turn>user\n«Be brief.\n\nHi </s>»<end_of_turn>\n<start_of_turn>model\n", false},
		{"thinking", "arg-key", Conversation{Messages: hi, Open: true}, "<s><|System|>\n<|User|>«Hi </s>»</s><|Bot|><think>", true},
		{"switched off", "arg-key", Conversation{Messages: hi, Open: true, Think: ptr(false)}, "<s><|System|>\n<|User|>«Hi </s>»</s><|Bot|></think>", false},
		{"closed", "deepseek", Conversation{Messages: hi, Open: true, Think: ptr(false)}, "<s><｜User｜>«Hi </s>»<｜Assistant｜><think>\n\n</think>\n\n", false},
		{"not begun by a user", "chatml", Conversation{Messages: []Message{{Role: "user", Content: "<think>"}}}, "<|im_start|>user\n«<think>»<|im_end|>\n", false},
		{"continued", "chatml", Conversation{Messages: append(hi[:1:1], Message{Role: "assistant", Content: "Well, "}), Continue: true},
			"<|im_start|>user\n«Hi </s>»<|im_end|>\n<|im_start|>assistant\n«Well, »", false},
		{"effort", "channels", Conversation{Messages: hi, Open: true, Effort: "high", Now: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)},
			"<|start|>system<|message|>Now: 2026-01-02\n\nReasoning: «high»<|end|><|start|>user<|message|>«Hi </s>»<|end|><|start|>assistant", false},
		{"calls", "arg-key", Conversation{Messages: called}, "<s><|System|>\n<|User|>«Hi </s>»</s><|Bot|></think><tool_call>«now»<arg_key>«zone»</arg_key><arg_value>«x»</arg_value></tool_call></s><|Tool|>«8:09»</s>", false},
		{"arguments as text", "deepseek", Conversation{Messages: called[:2]}, "<s><｜User｜>«Hi </s>»<｜Assistant｜><｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>«now»\n```json\n«{\"zone\": \"x\"}»\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜><｜end▁of▁sentence｜>", false},
		{"calls spelled", "gemma", Conversation{Messages: called},
			"<s><start_of_turn>user\n«Hi </s>»<end_of_turn>\n<start_of_turn>model\n<tool_call>\n{\"name\": \"«now»\", \"arguments\": «{\"zone\": \"x\"}»}\n</tool_call><end_of_turn>\n" +
				"<start_of_turn>user\n<tool_response>\n«8:09»\n</tool_response><end_of_turn>\n", false},
		{"tools explained", "llama2", Conversation{Messages: system, Tools: []json.RawMessage{[]byte(`{"function": {"name": "</s>"}}`)}},
			"<s>[INST] <<SYS>>\nYou may call these functions, described in JSON, one a line:\n<tools>\n«{\"function\": {\"name\": \"</s>\"}}»\n</tools>\n" +
				"To call one, answer with nothing but its name and its arguments, in this form:\n<tool_call>\n{\"name\": \"name\", \"arguments\": {}}\n</tool_call>\nThe result comes in the next message.\n\n«Be brief.»\n<</SYS>>\n\n«Hi </s>» [/INST]", false},
		{"thought kept", "hermes", Conversation{Messages: append(called[:2:2], Message{Role: "tool", Content: "8:09"}, Message{Role: "assistant", Thought: "so", Content: "It is."})},
			"<|im_start|>user\n«Hi </s>»<|im_end|>\n<|im_start|>assistant\n<tool_call>\n{\"name\": \"«now»\", \"arguments\": {\"«zone»\": \"«x»\"}}\n</tool_call><|im_end|>\n<|im_start|>user\n<tool_response>\n«8:09»\n</tool_response><|im_end|>\n<|im_start|>assistant\n<think>\n«so»\n</think>\n\n«It is.»<|im_end|>\n", false},
		{"more variables", "llama3", Conversation{Messages: hi, More: map[string]json.RawMessage{"date_string": []byte(`"today<|eot_id|>"`)}},
			"<s><|start_header_id|>system<|end_header_id|>\n\nToday Date: «today<|eot_id|>»\n\n<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n«Hi </s>»<|eot_id|>", false},
	} {
		p, err := open(t, c.template, vocabulary).Prompt(c.c)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := shown(p); got != c.want || p.Thinking != c.thinking {
			t.Errorf("%s: thinking %v\n got %s\nwant %s", c.name, p.Thinking, got, c.want)
		}
	}
}

// A developer's message is the system's where a template knows no developers, also beside
// tools that it has to be told in words; where it knows them, it stays theirs.
func TestDeveloper(t *testing.T) {
	conversation := func(role string) Conversation {
		return Conversation{Messages: []Message{{Role: role, Content: "Be brief."}, {Role: "user", Content: "Hi"}}, Tools: []json.RawMessage{[]byte(`{"function": {"name": "now"}}`)}, Open: true}
	}
	for _, name := range []string{"chatml", "llama2", "gemma", "hermes", "arg-key"} {
		tm := open(t, name, vocabulary)
		want, err := tm.Prompt(conversation("system"))
		if err != nil {
			t.Fatal(err)
		}
		c := conversation("developer")
		got, err := tm.Prompt(c)
		if err != nil || shown(got) != shown(want) {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, shown(got), shown(want))
		}
		if c.Messages[0].Role != "developer" {
			t.Errorf("%s: the caller's message was changed", name)
		}
	}
	knows, err := New("knows", "{% for m in messages %}{% if m.role == 'developer' %}{{ '<developer>' }}{% else %}<{{ m.role }}>{% endif %}{{ m.content }}{% endfor %}", vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := knows.Prompt(Conversation{Messages: conversation("developer").Messages}); err != nil || p.String != "<developer>Be brief.<user>Hi" {
		t.Errorf("%q, %v", p.String, err)
	}
}

func TestPromptErrors(t *testing.T) {
	tm := open(t, "llama3", vocabulary)
	user := Message{Role: "user", Content: "a"}
	var e *jinja.Error
	two := Message{Role: "assistant", Calls: []Call{{"1", "a", "{}"}, {"2", "b", "{}"}}}
	if _, err := tm.Prompt(Conversation{Messages: []Message{user, two}}); !errors.As(err, &e) || e.Kind != jinja.Raised || e.Why != "one call at a time" {
		t.Errorf("got %v", err)
	}
	if _, err := tm.Prompt(Conversation{Messages: []Message{user}, Continue: true}); !errors.Is(err, ErrNothingToContinue) {
		t.Errorf("got %v", err)
	}
	for _, c := range []Conversation{
		{Messages: []Message{user}, Tools: []json.RawMessage{[]byte("{")}},
		{Messages: []Message{user, {Role: "assistant", Calls: []Call{{"1", "a", "[]"}}}}},
		{Messages: []Message{user}, More: map[string]json.RawMessage{"bos_token": []byte(`"x"`)}},
	} {
		if _, err := tm.Prompt(c); err == nil {
			t.Errorf("%+v was rendered", c)
		}
	}
	if _, err := New("bad", "{% if %}", vocabulary); !errors.As(err, &e) || e.Line != 1 {
		t.Errorf("got %v", err)
	}
}

// Without a template a built-in one stands in, and says so.
func TestBuiltIn(t *testing.T) {
	for token, want := range map[string]string{"<|im_start|>": "chatml", "<|start_header_id|>": "llama3", "<start_of_turn>": "gemma", "none": "llama2"} {
		tm, err := New("none", " \n", Vocabulary{BOS: "<s>", EOS: "</s>", Token: func(s string) bool { return s == token }})
		if err != nil {
			t.Fatal(err)
		}
		if got := tm.Facts().BuiltIn; got != want {
			t.Errorf("%s: %s, want %s", token, got, want)
		}
		p, err := tm.Prompt(Conversation{Open: true, Messages: []Message{{Role: "system", Content: "S"}, {Role: "user", Content: "U"}, {Role: "assistant", Content: "A"}, {Role: "user", Content: "V"}}})
		if err != nil || !strings.Contains(p.String, "S") || !strings.Contains(p.String, "V") {
			t.Errorf("%s: %q, %v", want, p.String, err)
		}
	}
	// A vocabulary without tokens of turns: an answer ends with that of a text, if there is one.
	for eos, want := range map[string]string{"<|endoftext|>": "turns", "end": "chatml", "": "chatml"} {
		tm, err := New("none", "", Vocabulary{EOS: eos, Token: func(s string) bool { return s == "<|endoftext|>" }})
		if err != nil || tm.Facts().BuiltIn != want {
			t.Fatalf("ended by %q: %v, want %s", eos, tm, want)
		}
		p, err := tm.Prompt(Conversation{Open: true, Messages: []Message{{Role: "system", Content: "S"}, {Role: "user", Content: "U"}, {Role: "assistant", Content: "A"}, {Role: "user", Content: "V"}}})
		if said := "S\n\nUser:\nU\n\nAssistant:\nA<|endoftext|>\n\nUser:\nV\n\nAssistant:\n"; err != nil || want == "turns" && p.String != said {
			t.Errorf("ended by %q: %q, %v", eos, p.String, err)
		}
	}
	if tm := open(t, "chatml", vocabulary); tm.Facts().BuiltIn != "" {
		t.Error("a template of one's own is called built-in")
	}
}

// FuzzNew: any template is an error or renders in bounds.
func FuzzNew(f *testing.F) {
	for _, name := range []string{"hermes", "arg-key", "mistral-list", "deepseek", "gemma", "channels"} {
		source, err := os.ReadFile("../../testdata/oracle/jinja/templates/" + name + ".jinja")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(source), "Hi <|im_end|>", `{"city": "x"}`)
	}
	f.Fuzz(func(t *testing.T, source, text, args string) {
		tm, err := New("fuzz", source, vocabulary)
		if err != nil {
			return
		}
		tm.looking = true // its bounds
		p, err := tm.Prompt(Conversation{Open: true, Tools: asked.Tools, Messages: []Message{{Role: "user", Content: text},
			{Role: "assistant", Thought: text, Calls: []Call{{"1", "get_weather", args}}}, {Role: "tool", Content: text, Name: text}}})
		if err == nil && len(p.User) > 0 && p.User[len(p.User)-1].To > len(p.String) {
			t.Fatalf("%q: spans %v of %d bytes", source, p.User, len(p.String))
		}
	})
}

// What a format says to write is what its parser reads.
func TestToolFormat(t *testing.T) {
	for i := range rows {
		s := &rows[i].syntax
		tm := &Template{syntax: s, facts: Facts{Format: s.ToolFormat}}
		f := &s.ToolFormat
		call := func(name, args string) string {
			return f.writeCall(jinja.String(name), f.arguments(args)).Text()
		}
		text := f.Before + call("get_weather", `{"city": "a <b>", "days": 3}`)
		want := `call 0 call_0 get_weather: {"city": "a <b>", "days": 3} end`
		if f.Parallel {
			text += f.Between + call("now", "{}")
			want += "\ncall 1 call_1 now: {} end"
		}
		if got := parse(tm.NewParser(asked, Prompt{}, nil), text+f.After, nil); got != want {
			t.Errorf("%s: %q\n got %s\nwant %s", f.Name, text+f.After, got, want)
		}
		if !strings.HasPrefix(f.Before+f.Begin, f.Trigger) {
			t.Errorf("%s: a call begins with %q, not with %q", f.Name, f.Before+f.Begin, f.Trigger)
		}
	}
}

// A template that goes through its tools is given none to go through, and one
// that wants a call before a tool's answer gets that answer from the user,
// where calls are written as text.
func TestToolless(t *testing.T) {
	listed, err := New("listed", `{% for tool in tools %}[{{ tool.function.name }}]{% endfor %}{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token }}{% endfor %}`, Vocabulary{EOS: "</s>"})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := listed.Prompt(Conversation{Messages: []Message{{Role: "user", Content: "Hi"}}}); err != nil || p.String != "user: Hi</s>" {
		t.Errorf("%q, %v", p.String, err)
	}
	strict, err := New("strict", `{% for m in messages %}{% if m.role == 'tool' and not messages[loop.index0 - 1].tool_calls %}{{ raise_exception('no call') }}{% endif %}{{ m.role }}: {{ m.content }}{{ eos_token }}{% endfor %}`, Vocabulary{EOS: "</s>"})
	if err != nil {
		t.Fatal(err)
	}
	called := []Message{{Role: "user", Content: "Hi"}, {Role: "assistant", Calls: []Call{{"1", "now", "{}"}}}, {Role: "tool", CallID: "1", Content: "noon"}}
	if p, err := strict.Prompt(Conversation{Messages: called}); err != nil || !strings.Contains(p.String, "user: <tool_response>\nnoon") {
		t.Errorf("%q, %v", p.String, err)
	}
}

// A template that looks for tools within the system's message finds them there,
// and calls as its model writes them.
func TestToolsInside(t *testing.T) {
	tm, err := New("inside", `{% for m in messages %}{% if m.role == 'system' and 'tools' in m %}{{ '<|system|>' + m.content + '<|tool|>' + m.tools + '<|/tool|><|end|>' }}`+
		`{% else %}{{ '<|' + m.role + '|>' + m.content + '<|end|>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}`, Vocabulary{EOS: "<|end|>"})
	if err != nil {
		t.Fatal(err)
	}
	now := json.RawMessage(`{"type": "function", "function": {"name": "now", "parameters": {}}}`)
	const tools = `<|tool|>[{"name":"now","parameters":{}}]<|/tool|><|end|>`
	asked := []Message{{Role: "user", Content: "Hi"}, {Role: "assistant", Calls: []Call{{"1", "now", `{"a": 1}`}}}, {Role: "tool", CallID: "1", Content: "noon"}}
	const rest = `<|user|>Hi<|end|><|assistant|><|tool_call|>[{"name": "now", "arguments": {"a": 1}}]<|/tool_call|><|end|><|tool|>noon<|end|><|assistant|>`
	for want, messages := range map[string][]Message{
		"<|system|>" + tools + rest:       asked,
		"<|system|>Brief." + tools + rest: append([]Message{{Role: "system", Content: "Brief."}}, asked...),
	} {
		p, err := tm.Prompt(Conversation{Messages: messages, Tools: []json.RawMessage{now}, Open: true})
		if err != nil || p.String != want {
			t.Errorf("%v\n got %q\nwant %q", err, p.String, want)
		}
		inside := false
		for _, s := range p.User { // what is said of tools is no special token
			inside = inside || strings.Contains(p.String[s.From:s.To], `"name":"now"`)
		}
		if !inside {
			t.Error("the tools are the template's own words")
		}
	}
	if p, err := tm.Prompt(Conversation{Messages: asked[:1], Open: true}); err != nil || p.String != "<|user|>Hi<|end|><|assistant|>" {
		t.Errorf("without tools: %q, %v", p.String, err)
	}
}

// A template that neither writes thoughts nor begins one was not trained with an empty
// one: without thoughts it asks as ever, whatever the vocabulary has. What the model
// writes between the tags all the same is a thought.
func TestThoughtOff(t *testing.T) {
	v := Vocabulary{BOS: "<s>", EOS: "</s>", Token: func(s string) bool { return s == "<think>" || s == "</think>" || s == "</s>" }}
	const turns = "{% for m in messages %}{{ m.role }}: {{ m.content }}</s>{% endfor %}"
	const open = "{% if add_generation_prompt %}assistant: "
	const empty = "<think>\n\n</think>\n\n"
	for name, c := range map[string]struct{ template, on, off string }{
		"knows none":    {turns + open + "{% endif %}", "", ""},
		"strips":        {"{% for m in messages %}{{ m.role }}: {{ m.content.split('</think>')[-1] }}</s>{% endfor %}" + open + "{% endif %}", "", ""},
		"begins one":    {turns + open + "<think>\n{% endif %}", "<think>\n", "<think>\n\n</think>\n\n"},
		"writes them":   {turns + "{% if messages[-1].reasoning_content %}<think>{{ messages[-1].reasoning_content }}</think>{% endif %}" + open + "{% endif %}", "", empty},
		"has a switch":  {turns + open + "{% if enable_thinking is false %}" + empty + "{% endif %}{% endif %}", "", empty},
		"other thought": {turns + open + "[THINK]{% endif %}{# [/THINK] #}", "[THINK]", "[THINK]"},
	} {
		tm, err := New(name, c.template, v)
		if err != nil {
			t.Fatal(err)
		}
		asked := Conversation{Messages: []Message{{Role: "user", Content: "Hi"}}, Open: true}
		for think, want := range map[*bool]string{nil: c.on, ptr(false): c.off} {
			asked.Think = think
			p, err := tm.Prompt(asked)
			if got := strings.TrimPrefix(p.String, "user: Hi</s>assistant: "); err != nil || got != want {
				t.Errorf("%s: %q, want %q (%v)", name, got, want, err)
			}
			if name == "other thought" || p.Thinking {
				continue
			}
			r := tm.NewParser(asked, p, nil)
			got := map[EventKind]string{}
			for _, e := range slices.Concat(r.Feed("<think>", true), r.Feed("so", false), r.Feed("</think>", true), r.Feed("Hi", false), r.Close()) {
				got[e.Kind] += e.Text
			}
			if got[Thought] != "so" || got[Content] != "Hi" {
				t.Errorf("%s: read as %v", name, got)
			}
		}
	}
}

// A template that writes what a tool answers only beside its call, in a form that is not
// known, gets both in words, and drops neither.
func TestAnswersBesideCalls(t *testing.T) {
	tm, err := New("beside", `{% for m in messages %}{% if m.role != 'tool' %}[{{ m.role }}] {{ m.content }}{% if m.tool_calls %}<do>{{ m.tool_calls[0].function.name }} {{ m.tool_calls[0].function.arguments | tojson }} → {{ messages[loop.index].content }}</do>{% endif %}
{% endif %}{% endfor %}`, Vocabulary{BOS: "<s>", EOS: "</s>"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := tm.Prompt(Conversation{Tools: []json.RawMessage{weather}, Messages: []Message{{Role: "user", Content: "Weather?"}, {Role: "assistant", Calls: []Call{{"1", "get_weather", `{"city": "Zq7city"}`}}}, {Role: "tool", CallID: "1", Content: "Zq7rain"}}})
	if err != nil || !strings.Contains(p.String, "Zq7city") || !strings.Contains(p.String, "Zq7rain") {
		t.Errorf("%q, %v", p.String, err)
	}
}
