package plain

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"suiren/engine/grammar"
	"suiren/internal/say"
	"suiren/serve/form"
)

// A format binds what is written, thought or not; what cannot be enforced is
// refused with its place.
func TestFormats(t *testing.T) {
	m := open(t, Options{})
	one := 1.0
	ask := func(f form.Format, seed uint64) (said, error) {
		a := hello(func(r *form.Request) {
			r.Format, r.MaxTokens, r.Sampling.Temperature, r.Think.Mode = f, 200, &one, "off"
		})
		a.Seed = seed
		return answer(t, m, a)
	}
	object := form.Format{Kind: "schema", Schema: []byte(`{"type": "object", "properties": {"a": {"type": "integer", "minimum": 1, "maximum": 99}, "b": {"enum": ["x", "y"]}}, "required": ["a", "b"], "additionalProperties": false}`)}
	schema := form.Format{Kind: "schema", Schema: []byte(`{"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 99}, "minItems": 2, "maxItems": 3}`)}
	for seed := range uint64(20) {
		s, err := ask(schema, seed)
		if err != nil {
			t.Fatal(err)
		}
		var v []float64 // 7.000 is an integer
		if err := json.Unmarshal([]byte(s.text), &v); s.reason == form.Stop && (err != nil || len(v) < 2 || len(v) > 3 || slices.Min(v) < 1 || slices.Max(v) > 99) {
			t.Errorf("%q: %v, %s", s.text, err, s.reason)
		}
		s, err = ask(object, seed)
		if err != nil {
			t.Fatal(err)
		}
		var o struct {
			A float64
			B string
		}
		if err := json.Unmarshal([]byte(s.text), &o); s.reason == form.Stop && (err != nil || o.A < 1 || o.A > 99 || o.B != "x" && o.B != "y") {
			t.Errorf("%q: %v", s.text, err)
		}
		if s, err := ask(form.Format{Kind: "regex", Text: "[0-9]{3}-[a-cé茶]+"}, seed); err != nil || s.reason == form.Stop && !regexp.MustCompile("^[0-9]{3}-[a-cé茶]+$").MatchString(s.text) {
			t.Errorf("regex: %q, %v", s.text, err)
		}
		if s, err := ask(form.Format{Kind: "choice", List: []string{"yes", "no", "也许"}}, seed); err != nil || !slices.Contains([]string{"yes", "no", "也许"}, s.text) {
			t.Errorf("choice: %q, %v", s.text, err)
		}
	}
	for _, f := range []form.Format{{Kind: "schema", Schema: []byte(`{"type": "string", "unevaluatedItems": 7, "$ref": "http://elsewhere"}`)}, {Kind: "regex", Text: "("}, {Kind: "choice"}} {
		_, err := ask(f, 1)
		if e, ok := errors.AsType[*form.Error](err); !ok || e.Status != 400 || e.Code != "unsupported_format" {
			t.Errorf("%s: %v", f.Kind, err)
		}
	}
	if n := len(m.grammars.kept); n != 4 {
		t.Errorf("%d forms are kept", n)
	}
}

// A call that is asked for comes, of the right tool, with arguments that the
// schema takes; at most one, where one is the most.
func TestForcedCalls(t *testing.T) {
	m := open(t, Options{})
	if m.Can()&form.Forced == 0 {
		t.Fatal("the format of calls cannot be bound")
	}
	one := 1.0
	number := []byte(`{"type": "object", "properties": {}, "additionalProperties": false}`)
	tools := []form.Tool{{Name: "look", Parameters: number}, {Name: "lookup", Parameters: number}, {Name: "<|im_end|>", Parameters: number}}
	several := 0
	for seed := range uint64(12) {
		for _, c := range []struct {
			choice form.Choice
			single bool
		}{{form.Choice{Mode: "required"}, false}, {form.Choice{Mode: "required"}, true}, {form.Choice{Mode: "named", Name: "lookup"}, false}} {
			a := hello(func(r *form.Request) {
				r.Tools, r.Choice, r.OneCall, r.MaxTokens, r.Sampling.Temperature, r.Think.Mode = tools, c.choice, c.single, 120, &one, "off"
			})
			a.Seed = seed
			s := must(t, m, a)
			if s.text != "" && s.reason != form.Length || len(s.calls) == 0 || s.reason != form.ToolUse && s.reason != form.Length {
				t.Fatalf("%v: %+v", c, s)
			}
			if len(s.calls) > 1 {
				several++
			}
			for _, call := range s.calls {
				known := slices.ContainsFunc(tools, func(t form.Tool) bool { return t.Name == call.Name })
				if !known || c.choice.Name != "" && call.Name != c.choice.Name || s.reason == form.ToolUse && strings.Trim(call.Args, "{} \n\r\t") != "" {
					t.Errorf("%v: %+v", c, call)
				}
			}
			if len(s.calls) > 1 && (c.single || c.choice.Mode == "named") {
				t.Errorf("%v: %d calls", c, len(s.calls))
			}
		}
	}
	if several == 0 {
		t.Error("several calls never came")
	}
	bad := hello(func(r *form.Request) {
		r.Tools, r.Choice.Mode = []form.Tool{{Name: "f", Parameters: []byte(`{"$ref": "http://elsewhere"}`)}}, "required"
	})
	if _, err := answer(t, m, bad); err == nil {
		t.Error("a schema that cannot be enforced was taken")
	}
}

// After one call no more is told, where one is the most.
func TestOneCall(t *testing.T) {
	m := open(t, Options{})
	two := strings.Repeat("<tool_call>\n{\"name\": \"look\", \"arguments\": {}}\n</tool_call>\n", 2)
	for single, want := range map[bool]int{true: 1, false: 2} {
		s := written(t, m, hello(func(r *form.Request) { r.Tools, r.OneCall = []form.Tool{{Name: "look"}}, single }), two)
		if len(s.calls) != want || s.reason != form.ToolUse {
			t.Errorf("%v: %+v", single, s)
		}
	}
}

// sparkTemplate writes calls as Spark-X2.5 does.
const sparkTemplate = `{%- if tools %}<|im_start|>system
{%- for t in tools %}
{{ t | tojson }}
{%- endfor %}<|im_end|>
{% endif %}
{%- for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}
{%- for c in m.tool_calls or [] %}<tool_call>{{ c.function.name }}
{%- for k, v in c.function.arguments.items() %}<arg_key>{{ k }}</arg_key><arg_value>{{ v if v is string else v | tojson }}</arg_value>{% endfor %}</tool_call>
{%- endfor %}<|im_end|>
{% endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

// Calls whose arguments stand each by itself are bound as well.
func TestForcedXML(t *testing.T) {
	m := openWith(t, Options{}, sparkTemplate)
	one := 1.0
	whole := 0
	for seed := range uint64(12) {
		a := hello(func(r *form.Request) {
			r.Tools = []form.Tool{{Name: "look", Parameters: []byte(`{"type": "object", "properties": {"n": {"type": "integer", "minimum": 1, "maximum": 9}, "w": {"type": "string", "enum": ["red", "blue"]}}, "required": ["n", "w"]}`)}}
			r.Choice, r.OneCall, r.MaxTokens, r.Sampling.Temperature = form.Choice{Mode: "named", Name: "look"}, true, 300, &one
		})
		a.Seed = seed
		s := must(t, m, a)
		if s.reason != form.ToolUse {
			continue
		}
		whole++
		var v struct {
			N float64
			W string
		}
		if err := json.Unmarshal([]byte(s.calls[0].Args), &v); err != nil || v.N < 1 || v.N > 9 || v.W != "red" && v.W != "blue" {
			t.Errorf("%+v: %v", s.calls, err)
		}
	}
	if whole == 0 {
		t.Error("no call was whole")
	}
}

// channelTemplate is in the manner of gpt-oss's.
const channelTemplate = `{% for m in messages %}<|start|>{{ m.role }}{% if m.thinking %}<|channel|>analysis<|message|>{{ m.thinking }}<|end|><|start|>assistant{% endif %}
{%- for c in m.tool_calls or [] %} to=functions.{{ c.function.name }}<|channel|>commentary json<|message|>{{ c.function.arguments | tojson }}<|call|>{% endfor %}
{%- if m.content %}<|channel|>final<|message|>{{ m.content }}<|end|>{% endif %}{% endfor %}{% for t in tools or [] %}{{ t | tojson }}{% endfor %}
{%- if add_generation_prompt %}<|start|>assistant{% endif %}`

// takes says how much of what a model writes its constraint takes.
func takes(t *testing.T, m *Model, a *form.Ask, words string) (n int, end bool) {
	t.Helper()
	j, err := m.job(a)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range m.words.t.EncodeMarked(nil, words, nil) {
		if !j.req.Constraint.Accept(id) {
			return n, false
		}
		n += len(m.words.t.Bytes(id))
	}
	return n, j.req.Constraint.CanEnd()
}

// Where calls are left to the model, text is free until one begins; then its
// arguments are bound, in every format.
func TestAutoCalls(t *testing.T) {
	harmony := []string{"<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|call|>", "<|return|>", "<|constrain|>"}
	tools := []form.Tool{{Name: "look", Parameters: []byte(`{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}`)}}
	qwen, spark, gpt := open(t, Options{}), openWith(t, Options{}, sparkTemplate), openWith(t, Options{}, channelTemplate, harmony...)
	llama := openWith(t, Options{}, strings.NewReplacer("<tool_call>\n", "", "\n</tool_call>", "", "<tool_call>", "", "</tool_call>", "", `"arguments": {{`, `"parameters": {{`, "<|im_start|>system", "<|start_header_id|>system").Replace(chatTemplate))
	object := form.Format{Kind: "schema", Schema: []byte(`{"type": "array"}`)}
	for _, c := range []struct {
		m      *Model
		choice form.Choice
		format form.Format
		good   string // ¦ stands before what may not be 7 but x
	}{
		{m: qwen, good: "Wait, <b>.\n<tool_call>\n{\"name\": \"look\", \"arguments\": {\"n\": ¦7}}\n</tool_call>"},
		{m: qwen, good: "Only text with { and <tool_"},
		{m: qwen, format: object, good: "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"n\": ¦7}}\n</tool_call>"},
		{m: qwen, format: object, good: "[¦7]"},
		{m: spark, good: "Hm <tool_call>look<arg_key>n</arg_key><arg_value>¦7</arg_value></tool_call>"},
		{m: llama, good: "{\"name\": \"look\", \"parameters\": {\"n\": ¦7}}"},
		{m: llama, good: "As JSON: {\"name\": \"anything\"}"},
		{m: gpt, good: "<|channel|>final<|message|>Hello"},
		{m: gpt, good: "<|channel|>commentary to=functions.look <|constrain|>json<|message|>{\"n\": ¦7}"},
		{m: gpt, good: " to=functions.look<|channel|>commentary json<|message|>{\"n\": ¦7}"},
		{m: gpt, choice: form.Choice{Mode: "required"}, good: "<|start|>assistant<|channel|>commentary to=functions.look <|constrain|>json<|message|>{\"n\": ¦7}"},
		{m: gpt, format: object, good: "<|channel|>final<|message|>[¦7]"},
		{m: gpt, format: object, good: "<|start|>assistant<|channel|>commentary to=functions.look <|constrain|>json<|message|>{\"n\": ¦7}"},
	} {
		a := hello(func(r *form.Request) { r.Tools, r.Choice, r.Format = tools, c.choice, c.format })
		before, after, bound := strings.Cut(c.good, "¦")
		if n, end := takes(t, c.m, a, before+after); n != len(before+after) || !end {
			t.Errorf("%s: %q is taken up to %d, at its end %t", c.m.template.Facts().Format.Name, before+after, n, end)
		}
		if n, _ := takes(t, c.m, a, before+"x"); bound && n > len(before) {
			t.Errorf("%s: %q is taken", c.m.template.Facts().Format.Name, before+"x")
		}
	}
	if s := written(t, gpt, hello(func(r *form.Request) { r.Tools = tools }), "<|channel|>commentary to=functions.look <|constrain|>json<|message|>{\"n\": 7}"); len(s.calls) != 1 || s.calls[0].Args != `{"n": 7}` {
		t.Errorf("%+v", s)
	}
}

// A forced call in a channel comes, and so does an answer where calls may.
func TestForcedChannel(t *testing.T) {
	m := openWith(t, Options{}, channelTemplate, "<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|call|>", "<|return|>", "<|constrain|>")
	one := 1.0
	for seed := range uint64(6) {
		a := hello(func(r *form.Request) {
			r.Tools = []form.Tool{{Name: "look", Parameters: []byte(`{"type": "object", "properties": {"n": {"enum": [1, 2]}}, "required": ["n"], "additionalProperties": false}`)}}
			r.Choice, r.MaxTokens, r.Sampling.Temperature, r.Think.Mode = form.Choice{Mode: "required"}, 300, &one, "off"
		})
		a.Seed = seed
		s := must(t, m, a)
		if s.text != "" || len(s.calls) != 1 || s.calls[0].Name != "look" || s.reason == form.ToolUse && !strings.ContainsAny(s.calls[0].Args, "12") {
			t.Errorf("%+v", s)
		}
		a = hello(func(r *form.Request) {
			r.Format, r.MaxTokens, r.Sampling.Temperature, r.Think.Mode = form.Format{Kind: "choice", List: []string{"yes", "no"}}, 100, &one, "off"
		})
		a.Seed = seed
		if s := must(t, m, a); s.text != "yes" && s.text != "no" {
			t.Errorf("%+v", s)
		}
	}
}

// What a form's error is, is said in both languages.
// What has no instance is told to the client, where only the tokens show it.
func TestStuck(t *testing.T) {
	m := open(t, Options{})
	for name, c := range map[string]struct {
		param  string
		change func(*form.Request)
	}{
		"no value": {"text.format", func(r *form.Request) {
			r.Need(form.JSON, "text.format")
			r.Format = form.Format{Kind: "schema", Schema: []byte(`{"enum": []}`)}
		}},
		"no number": {"response_format", func(r *form.Request) {
			r.Format = form.Format{Kind: "schema", Schema: []byte(`{"type": "integer", "minimum": 5, "maximum": 2}`)}
		}},
		"no arguments": {"tools", func(r *form.Request) {
			r.Tools, r.Choice.Mode, r.MaxTokens = []form.Tool{{Name: "f", Parameters: []byte(`{"type": "string"}`)}}, "required", 200
		}},
	} {
		_, err := answer(t, m, hello(c.change))
		if e, ok := errors.AsType[*form.Error](err); !ok || e.Status != 400 || e.Code != "unsupported_format" || e.Param != c.param {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReasons(t *testing.T) {
	for c := grammar.NotJSON; c <= grammar.BadTrigger; c++ {
		e := &grammar.Error{Path: "/a", Code: c, Text: "Zq7", Number: 77}
		err := refused("tools", e).(*form.Error)
		zh, en := err.In(say.Chinese), err.In(say.English)
		if !strings.ContainsFunc(strings.SplitN(zh, "处：", 2)[1], func(r rune) bool { return unicode.Is(unicode.Han, r) }) || strings.Contains(zh+en, "%!") {
			t.Errorf("code %d: %s, %s", c, zh, en)
		}
		for _, field := range []string{"Zq7", "77"} { // as the engine says it
			if in := strings.Contains(e.Error(), field); in != strings.Contains(en, field) || in != strings.Contains(zh, field) {
				t.Errorf("code %d: %s, but %s, %s", c, e, zh, en)
			}
		}
	}
}
