package chat

import (
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"suiren/engine/jinja"
)

// familyTemplate stands for a template by the texts that tell its format.
func familyTemplate(t testing.TB, marks string, v Vocabulary) *Template {
	t.Helper()
	source := "{{ '" + marks + "' if false }}{% for m in messages %}{{ m.role + ':' + (m.content or '') }}{% endfor %}" +
		"{% for t in tools or [] %}{{ t.function.name }}{% endfor %}"
	tm, err := New("family", source, v)
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

var asked = Conversation{Tools: []json.RawMessage{weather, clock}}

// families are texts that models write and what they mean. A text is written
// after the prompt's end, the part before a "¦".
var families = []struct{ name, format, marks, text, want string }{
	{"plain", "hermes", "<tool_call>", `Hello <b>, a < b & "c".`, `content: Hello <b>, a < b & "c".`},
	{"hermes", "hermes", "<tool_call>", "I look.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Bern\"}}\n</tool_call>",
		"content: I look.\ncall 0 call_0 get_weather: {\"city\": \"Bern\"} end"},
	{"hermes, two", "hermes", "<tool_call>", "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"a } ] \\\" </tool_call> \\\\\"}}</tool_call>\n\n<tool_call>\n{\"name\":\"now\",\"arguments\":{}}\n</tool_call>\n",
		"call 0 call_0 get_weather: {\"city\": \"a } ] \\\" </tool_call> \\\\\"} end\ncall 1 call_1 now: {} end"},
	{"hermes, arguments first", "hermes", "<tool_call>", "<tool_call>{\"arguments\": {\"city\": \"x\"}, \"name\": \"get_weather\"}</tool_call>", `call 0 call_0 get_weather: {"city": "x"} end`},
	{"hermes, arguments as text", "hermes", "<tool_call>", `<tool_call>{"name": "get_weather", "arguments": "{\"city\": \"x\"}"}</tool_call>`, `call 0 call_0 get_weather: {"city": "x"} end`},
	{"hermes, more members", "hermes", "<tool_call>", `<tool_call>{"id": 7, "name": "now", "arguments": null, "x": [1]}</tool_call>done`, "call 0 call_0 now: {} end\ncontent: done"},
	{"hermes, no arguments", "hermes", "<tool_call>", `<tool_call>{"name": "now"}</tool_call>`, "call 0 call_0 now: {} end"},
	{"hermes, bracket lacks", "hermes", "<tool_call>", "<tool_call>\n{\"name\": \"now\", \"arguments\": {}\n</tool_call>!", "call 0 call_0 now: {} end\ncontent: !"},
	{"hermes, no call", "hermes", "<tool_call>", "The tag <tool_call> begins a call, <tool_call>{ too, <tool_cal", "content: The tag <tool_call> begins a call, <tool_call>{ too, <tool_cal"},
	{"hermes, cut short", "hermes", "<tool_call>", `<tool_call>{"name": "get_weather", "arguments": {"city": "Be`, `call 0 call_0 get_weather: {"city": "Be end`},
	{"hermes, head cut short", "hermes", "<tool_call>", `a <tool_call>{"name": "get_wea`, `content: a <tool_call>{"name": "get_wea`},
	{"thought", "hermes", "<think></think><tool_call>", "<think>\nLet me <b>.\n\n</think>\n\nHello\n", "thought: Let me <b>.\ncontent: Hello\n"},
	{"thought begun", "hermes", "<think></think><tool_call>", "<think>\n¦hm\n</think>\n\n<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>", "thought: hm\ncall 0 call_0 now: {} end"},
	{"thought, empty", "hermes", "<think></think><tool_call>", "<think>\n\n</think>\n\nHello", "content: Hello"},
	{"thought, open", "hermes", "<think></think><tool_call>", "<think>still at it </thin", "thought: still at it </thin"},
	{"thought, spoken of", "hermes", "<think></think><tool_call>", "I use <think> and </think>.", "content: I use <think> and </think>."},
	{"mistral thought", "mistral", "[THINK][/THINK][TOOL_CALLS][ARGS]", "[THINK]so[/THINK]Hi", "thought: so\ncontent: Hi"},
	{"command thought", "command-r7b", "<|START_THINKING|><|END_THINKING|><|START_ACTION|>", "<|START_THINKING|>so<|END_THINKING|><|START_ACTION|>[\n  {\"tool_call_id\": \"0\", \"tool_name\": \"now\", \"parameters\": {}},\n {\"tool_call_id\": \"1\", \"tool_name\": \"get_weather\", \"parameters\": {\"city\": \"x\"}}\n]<|END_ACTION|>",
		"thought: so\ncall 0 call_0 now: {} end\ncall 1 call_1 get_weather: {\"city\": \"x\"} end"},
	{"qwen3-coder", "qwen3-coder", "<tool_call><function=<parameter=", "Sure.\n\n<tool_call>\n<function=get_weather>\n<parameter=city>\nBern\n\n\"old\"\n</parameter>\n<parameter=days>\n3\n</parameter>\n<parameter=more>\n{\"a\": [1]}\n</parameter>\n</function>\n</tool_call>\n<tool_call>\n<function=now>\n</function>\n</tool_call>",
		"content: Sure.\ncall 0 call_0 get_weather: {\"city\": \"Bern\\n\\n\\\"old\\\"\", \"days\": 3, \"more\": {\"a\": [1]}} end\ncall 1 call_1 now: {} end"},
	{"qwen3-coder, strings", "qwen3-coder", "<tool_call><function=<parameter=", "<tool_call>\n<function=get_weather>\n<parameter=city>\n\nnull é世</par \"\n\n</parameter>\n<parameter=city>\nnull\n</parameter>\n<parameter=city>\n</parameter>\n</function>\n</tool_call>",
		"call 0 call_0 get_weather: {\"city\": \"\\nnull é世</par \\\"\\n\", \"city\": null, \"city\": \"\"} end"},
	{"qwen3-coder, no tag", "qwen3-coder", "<tool_call><function=<parameter=", "<function=now>\n</function>\n</tool_call>", "call 0 call_0 now: {} end"},
	{"qwen3-coder, cut short", "qwen3-coder", "<tool_call><function=<parameter=", "<tool_call>\n<function=get_weather>\n<parameter=days>\n3\n</parameter>\n<parameter=city>\nBe", "call 0 call_0 get_weather: {\"days\": 3, \"city\": \"Be end"},
	{"spark", "arg-key", "<tool_call><arg_key>", "<tool_call>get_weather<arg_key>city</arg_key><arg_value>007</arg_value><arg_key>days</arg_key><arg_value>3.0</arg_value></tool_call><tool_call>now</tool_call>",
		"call 0 call_0 get_weather: {\"city\": \"007\", \"days\": 3} end\ncall 1 call_1 now: {} end"},
	{"glm", "arg-key", "<tool_call><arg_key>", "\n<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>null</arg_value>\n<arg_key>other</arg_key>\n<arg_value>true</arg_value>\n</tool_call>",
		`call 0 call_0 get_weather: {"city": null, "other": true} end`},
	{"llama3", "llama3", "<|python_tag|>", `{"name": "get_weather", "parameters": {"city": "x"}}`, `call 0 call_0 get_weather: {"city": "x"} end`},
	{"llama3, tag", "llama3", "<|python_tag|>", `<|python_tag|>{"type": "function", "name": "now", "parameters": {}}; {"name": "now", "parameters": {}}`, "call 0 call_0 now: {} end\ncall 1 call_1 now: {} end"},
	{"llama3, an answer", "llama3", "<|python_tag|>", `{"name": "Ann", "parameters": {"age": 3}}`, `content: {"name": "Ann", "parameters": {"age": 3}}`},
	{"llama3, in text", "llama3", "<|python_tag|>", `So: {"name": "now", "parameters": {}}`, `content: So: {"name": "now", "parameters": {}}`},
	{"mistral list", "mistral-list", "[TOOL_CALLS]", `[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "x"}, "id": "abcdefghi"}, {"name": "now", "arguments": {}}]`, "call 0 call_0 get_weather: {\"city\": \"x\"} end\ncall 1 call_1 now: {} end"},
	{"mistral names", "mistral", "[TOOL_CALLS][ARGS]", `[TOOL_CALLS]get_weather[ARGS]{"city": "x"}[TOOL_CALLS]now[CALL_ID]abc123[ARGS]{}`, "call 0 call_0 get_weather: {\"city\": \"x\"} end\ncall 1 call_1 now: {} end"},
	{"mistral both", "mistral", "[TOOL_CALLS][ARGS]", `[TOOL_CALLS] [{"name": "now", "arguments": {}}]`, "call 0 call_0 now: {} end"},
	{"deepseek r1", "deepseek-r1", "<think></think><｜tool▁calls▁begin｜>```json", "so</think>\n\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{\"city\": \"x\"}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>now\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
		"content: so</think>\ncall 0 call_0 get_weather: {\"city\": \"x\"} end\ncall 1 call_1 now: {} end"},
	{"deepseek v3", "deepseek-v3", "<｜tool▁calls▁begin｜>", "Ok.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{\"city\": \"x\"}<｜tool▁call▁end｜><｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
		"content: Ok.\ncall 0 call_0 get_weather: {\"city\": \"x\"} end\ncall 1 call_1 now: {} end"},
	{"phi", "phi4", "<|tool|><|/tool|>", `I look.<|tool_call|>[{"name": "get_weather", "arguments": {"city": "x"}}, {"name": "now", "arguments": {}}]<|/tool_call|>`,
		"content: I look.\ncall 0 call_0 get_weather: {\"city\": \"x\"} end\ncall 1 call_1 now: {} end"},
	{"kimi", "kimi", "<|tool_calls_section_begin|>", "<|tool_calls_section_begin|><|tool_call_begin|>functions.now:0<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>", "call 0 call_0 now: {} end"},
	{"functionary", "functionary-v3.2", ">>>all\\n", ">>>¦all\nLooking.\n>>>get_weather\n{\"city\": \"x\"}", "content: Looking.\ncall 0 call_0 get_weather: {\"city\": \"x\"} end"},
	{"functionary, only a call", "functionary-v3.2", ">>>all\\n", ">>>¦now\n{}", "call 0 call_0 now: {} end"},
	{"only white space", "hermes", "<think></think><tool_call>", "<think>a" + strings.Repeat(" ", 5000), "thought: a" + strings.Repeat(" ", 5000)},
	{"white space at the end", "hermes", "<think></think><tool_call>", "<think>a" + strings.Repeat("\n", 100), "thought: a"},
	{"function tag", "function-tag", "<function=</function>", `Hm.<function=now>{}</function><function=get_weather>{"city": "x"}</function>`, "content: Hm.\ncall 0 call_0 now: {} end\ncall 1 call_1 get_weather: {\"city\": \"x\"} end"},
	{"minimax", "minimax", "<minimax:tool_call>", "<minimax:tool_call>\n<invoke name=\"get_weather\">\n<parameter name=\"city\">x</parameter>\n</invoke>\n<invoke name=\"now\">\n</invoke>\n</minimax:tool_call>", "call 0 call_0 get_weather: {\"city\": \"x\"} end\ncall 1 call_1 now: {} end"},
	{"gpt-oss", "gpt-oss", "<|channel|>analysis<|message|><|end|>commentary", "<|channel|>analysis<|message|>so <b><|end|><|start|>assistant<|channel|>final<|message|>Hi <b> there", "thought: so <b>\ncontent: Hi <b> there"},
	{"gpt-oss call", "gpt-oss", "<|channel|>analysis<|message|><|end|>commentary", "<|channel|>analysis<|message|>so<|end|><|start|>assistant<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\": \"x\"}<|call|>",
		"thought: so\ncontent: I look.\ncall 0 call_0 get_weather: {\"city\": \"x\"} end"},
	{"gpt-oss, no channel", "gpt-oss", "<|channel|>analysis<|message|><|end|>commentary", "Just text. ", "content: Just text. "},
	{"gpt-oss, cut short", "gpt-oss", "<|channel|>analysis<|message|><|end|>commentary", "<|channel|>final<|message|>Hi<|end|><|start|>assistant<|chan", "content: Hi"},
	{"gemma code", "generic", "", "```tool_code\nprint(now())\n```", "content: ```tool_code\nprint(now())\n```"},
	{"generic", "generic", "", "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>", "call 0 call_0 now: {} end"},
}

func TestParser(t *testing.T) {
	for _, f := range families {
		tm := familyTemplate(t, f.marks, Vocabulary{})
		if got := tm.Facts().Format.Name; got != f.format {
			t.Errorf("%s: format %s, want %s", f.name, got, f.format)
		}
		before, text, ok := strings.Cut(f.text, "¦")
		if !ok {
			before, text = "", f.text
		}
		prompt := Prompt{Thinking: strings.Contains(before, "<think>")}
		prompt.String = before
		if got := parse(tm.NewParser(asked, prompt, nil), text, nil); got != f.want {
			t.Errorf("%s: %q\n got %s\nwant %s", f.name, text, got, f.want)
			continue
		}
		for seed := range uint64(50) {
			if got := parse(tm.NewParser(asked, prompt, nil), text, rand.New(rand.NewPCG(seed, 2))); got != f.want {
				t.Errorf("%s in pieces: %q\n got %s\nwant %s", f.name, text, got, f.want)
				break
			}
		}
	}
}

var tagLike = regexp.MustCompile(`<\|[^|>]*\|>|<｜[^｜>]*｜>|\[/?[A-Z_]+\]|</?(think|tool_call|function|arg_key|arg_value)>`)

// TestParserAsTokens feeds the families' texts with each tag as a token.
func TestParserAsTokens(t *testing.T) {
	v := Vocabulary{Token: func(s string) bool { return tagLike.FindString(s) == s }}
	for _, f := range families {
		if tagLike.MatchString(f.want) {
			continue // tags are spoken of
		}
		before, text, ok := strings.Cut(f.text, "¦")
		if !ok {
			before, text = "", f.text
		}
		prompt := Prompt{Text: jinja.Text{String: before}, Thinking: strings.Contains(before, "<think>")}
		p := familyTemplate(t, f.marks, v).NewParser(asked, prompt, nil)
		var events []Event
		at := 0
		for _, m := range tagLike.FindAllStringIndex(text, -1) {
			for _, c := range text[at:m[0]] {
				events = append(events, p.Feed(string(c), false)...)
			}
			events = append(events, p.Feed(text[m[0]:m[1]], true)...)
			at = m[1]
		}
		events = append(events, p.Feed(text[at:], false)...)
		if got := told(append(events, p.Close()...)); got != f.want {
			t.Errorf("%s: %q\n got %s\nwant %s", f.name, text, got, f.want)
		}
	}
}

// TestParserTokens: where a tag is a token of the vocabulary, its spelling is
// text, and tokens that mean nothing vanish.
func TestParserTokens(t *testing.T) {
	v := Vocabulary{Token: func(s string) bool {
		return strings.HasPrefix(s, "[TOOL_CALLS]") || s == "[ARGS]" || s == "<|im_end|>"
	}}
	p := familyTemplate(t, "[TOOL_CALLS][ARGS]", v).NewParser(asked, Prompt{}, nil)
	var events []Event
	feed := func(s string, special bool) { events = append(events, p.Feed(s, special)...) }
	feed("I write [TOOL_CALLS]now[ARGS]{} ", false)
	feed("<|im_end|>", true)
	feed("as <|im_end|> text.", false)
	feed("[TOOL_CALLS]", true)
	feed("no", false)
	feed("w", false)
	feed("[ARGS]", true)
	feed("{}", false)
	events = append(events, p.Close()...)
	want := "content: I write [TOOL_CALLS]now[ARGS]{} as <|im_end|> text.\ncall 0 call_0 now: {} end"
	if got := told(events); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Without tools nothing is a call.
func TestParserNoTools(t *testing.T) {
	tm := familyTemplate(t, ">>>all\\n", Vocabulary{})
	if got, want := parse(tm.NewParser(Conversation{}, Prompt{Text: jinja.Text{String: ">>>"}}, nil), "all\nHi\n>>>now\n{}", nil), "content: Hi\n>>>now\n{}"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	text := "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>"
	p := familyTemplate(t, "<tool_call>", Vocabulary{}).NewParser(Conversation{}, Prompt{}, nil)
	if got, want := parse(p, text, nil), "content: "+text; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func FuzzParser(f *testing.F) {
	for i, c := range families {
		_, text, ok := strings.Cut(c.text, "¦")
		if !ok {
			text = c.text
		}
		f.Add(uint8(i), uint64(i), text, i%2 == 0)
	}
	var templates []*Template
	for _, c := range families {
		templates = append(templates, familyTemplate(f, c.marks, Vocabulary{}))
	}
	f.Fuzz(func(t *testing.T, which uint8, seed uint64, text string, thinking bool) {
		if len(text) > 1<<12 {
			return
		}
		tm := templates[int(which)%len(templates)]
		prompt := Prompt{Thinking: thinking && tm.facts.Thinks && tm.syntax.Name != Channels}
		got := parse(tm.NewParser(asked, prompt, nil), text, nil)
		if again := parse(tm.NewParser(asked, prompt, nil), text, rand.New(rand.NewPCG(seed, 3))); again != got {
			t.Errorf("%s: %q\nin pieces: %s\n  at once: %s", tm.syntax.Name, text, again, got)
		}
		if tm.syntax.Name == "hermes" && !strings.Contains(text, "<tool_call>") && !strings.Contains(text, "think>") && !prompt.Thinking {
			if strings.TrimPrefix(got, "content: ") != text {
				t.Errorf("%q became %q", text, got)
			}
		}
	})
}
