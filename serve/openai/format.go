package openai

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"suiren/internal/say"
	"suiren/serve/form"
)

// setFormat reads response_format of chat, and text.format of responses,
// which has the schema one level higher.
func (q *query) setFormat(v json.RawMessage) error { return q.readFormat(v, "response_format") }

func (q *query) readFormat(v json.RawMessage, param string) error {
	var f struct {
		Type       string          `json:"type"`
		JSONSchema json.RawMessage `json:"json_schema"`
		Schema     json.RawMessage `json:"schema"`
		Grammar    string          `json:"grammar"`
		Regex      string          `json:"regex"`
		Choices    []string        `json:"choices"`
	}
	if err := json.Unmarshal(v, &f); err != nil {
		return err
	}
	switch f.Type {
	case "text", "":
	case "json_object":
		if known(f.Schema) { // as llama.cpp's clients write it
			return q.bind(param, form.JSON, form.Format{Kind: "schema", Schema: f.Schema})
		}
		return q.bind(param, form.JSON, form.Format{Kind: "json"})
	case "json_schema":
		schema := f.Schema
		if known(f.JSONSchema) {
			var inner struct {
				Schema json.RawMessage `json:"schema"`
			}
			if err := json.Unmarshal(f.JSONSchema, &inner); err != nil {
				return err
			}
			schema = inner.Schema
		}
		if !known(schema) {
			return form.Invalid(param, "missing_parameter", say.T("%s has no schema", "%s 里没有 schema", param))
		}
		return q.bind(param, form.JSON, form.Format{Kind: "schema", Schema: schema})
	case "regex":
		if f.Regex == "" {
			return form.Invalid(param, "missing_parameter", say.T("%s has no regex", "%s 里没有 regex", param))
		}
		return q.bind(param, form.Pattern, form.Format{Kind: "regex", Text: f.Regex})
	case "choice":
		return q.bind(param, form.Pattern, form.Format{Kind: "choice", List: f.Choices})
	case "grammar":
		return q.bind(param, form.Grammar, form.Format{Kind: "grammar", Text: f.Grammar})
	default:
		return form.OutOfRange(param, say.T("of type text, json_object, json_schema, regex or choice", "type 为 text、json_object、json_schema、regex 或 choice"))
	}
	return nil
}

func known(v json.RawMessage) bool { return len(v) > 0 && string(v) != "null" }

// bind binds the answer to a format, which the parameter asks for. To two it is not bound.
func (q *query) bind(param string, need form.Can, f form.Format) error {
	if q.Format.Kind != "" {
		return form.Invalid(param, "invalid_value", say.T("%s is a second format for one answer: choose one", "%s 是同一回答的第二种输出格式：请只选一种", param))
	}
	q.Format = f
	q.Need(need, param)
	return nil
}

// pattern reads vLLM's guided_regex and guided_grammar.
func pattern(name, kind string) func(*query, json.RawMessage) error {
	return func(q *query, v json.RawMessage) error {
		can := form.Pattern
		if kind == "grammar" {
			can = form.Grammar
		}
		var text string
		if err := json.Unmarshal(v, &text); err != nil {
			return err
		}
		if text == "" {
			return form.Invalid(name, "missing_parameter", say.T("%s is missing or empty", "缺少 %s，或为空", name))
		}
		return q.bind(name, can, form.Format{Kind: kind, Text: text})
	}
}

// choices reads vLLM's guided_choice.
func choices(name string) func(*query, json.RawMessage) error {
	return func(q *query, v json.RawMessage) error {
		var list []string
		if err := json.Unmarshal(v, &list); err != nil {
			return err
		}
		return q.bind(name, form.Pattern, form.Format{Kind: "choice", List: list})
	}
}

// schema reads vLLM's guided_json: a schema, or one written in a string.
func schema(name string) func(*query, json.RawMessage) error {
	return func(q *query, v json.RawMessage) error {
		var s string
		if json.Unmarshal(v, &s) == nil {
			if v = json.RawMessage(s); !json.Valid(v) {
				return form.Invalid(name, "invalid_value", say.T("%s is not JSON", "%s 不是 JSON", name))
			}
		}
		return q.bind(name, form.JSON, form.Format{Kind: "schema", Schema: v})
	}
}

// setStructured reads vLLM's structured_outputs: one of json, regex, choice,
// grammar.
func (q *query) setStructured(v json.RawMessage) error {
	return form.Fields[query]{
		"json":    schema("structured_outputs.json"),
		"regex":   pattern("structured_outputs.regex", "regex"),
		"grammar": pattern("structured_outputs.grammar", "grammar"),
		"choice":  choices("structured_outputs.choice"),
	}.ReadIn("structured_outputs", v, q)
}

// A tool as chat writes it.
type tool struct {
	Type     string `json:"type"`
	Function *struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
	} `json:"function"`
}

// maxTools bounds a list of tools.
const maxTools = 512

func (q *query) setTools(v json.RawMessage) error {
	list, err := form.List[tool](v, "tools", "[%d]", maxTools)
	if err != nil {
		return err
	}
	for i, t := range list {
		if t.Type != "function" && t.Type != "" || t.Function == nil || t.Function.Name == "" {
			return badTool(i)
		}
		q.Tools = append(q.Tools, form.Tool{Name: t.Function.Name, Description: t.Function.Description, Parameters: t.Function.Parameters})
	}
	return q.checkTools()
}

func badTool(i int) error {
	param := fmt.Sprintf("tools[%d]", i)
	return form.Invalid(param, "invalid_value", say.T("%s must be of type function, with a name", "%s 应为 function 类型，并有名称", param))
}

func (q *query) checkTools() error {
	if len(q.Tools) > 0 {
		q.Need(form.Tools, "tools")
	}
	return nil
}

// setChoice reads tool_choice: a word, the name of a function, or the tools that are
// allowed.
func (q *query) setChoice(v json.RawMessage) error {
	var word string
	if json.Unmarshal(v, &word) == nil {
		if word != "none" && word != "auto" && word != "required" {
			return form.OutOfRange("tool_choice", say.T("none, auto, required, a function, or allowed_tools", "none、auto、required、某个函数，或 allowed_tools"))
		}
		q.Choice.Mode = word
		return nil
	}
	var o struct {
		Type     string `json:"type"`
		Name     string `json:"name"`
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	}
	if err := json.Unmarshal(v, &o); err != nil {
		return form.MustBe("tool_choice", say.T("none, auto, required, a function, or allowed_tools", " none、auto、required、某个函数，或 allowed_tools"))
	}
	if o.Type == "allowed_tools" {
		return q.setAllowed(v)
	}
	if o.Function.Name != "" {
		o.Name = o.Function.Name
	}
	if o.Type != "function" || o.Name == "" {
		return form.OutOfRange("tool_choice", say.T("none, auto, required, a function, or allowed_tools", "none、auto、required、某个函数，或 allowed_tools"))
	}
	q.Choice = form.Choice{Mode: "named", Name: o.Name}
	return nil
}

// setAllowed reads which of the tools are allowed: chat has them one level deeper than
// Responses. Those of types that the server would run are not offered anyhow.
func (q *query) setAllowed(v json.RawMessage) error {
	type list struct {
		Mode  string          `json:"mode"`
		Tools json.RawMessage `json:"tools"`
	}
	var o struct {
		list
		Inner *list `json:"allowed_tools"`
	}
	if err := json.Unmarshal(v, &o); err != nil {
		return err
	}
	at := "tool_choice"
	if o.Inner != nil {
		o.list, at = *o.Inner, "tool_choice.allowed_tools"
	}
	if o.Mode != "auto" && o.Mode != "required" {
		return form.OutOfRange(at+".mode", say.T("auto or required", "auto 或 required"))
	}
	if !known(o.Tools) {
		return form.Invalid(at+".tools", "missing_parameter", say.T("%s is missing", "缺少 %s", at+".tools"))
	}
	tools, err := form.List[struct {
		Type     string `json:"type"`
		Name     string `json:"name"`
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	}](o.Tools, at+".tools", "[%d]", maxTools)
	if err != nil {
		return form.WrongType(at+".tools", err)
	}
	q.Choice, q.allowed = form.Choice{Mode: o.Mode}, []string{}
	for i, t := range tools {
		switch name := cmp.Or(t.Function.Name, t.Name); {
		case t.Type != "function":
		case name == "":
			return form.Invalid(fmt.Sprintf("%s.tools[%d]", at, i), "invalid_value", say.T("%s has no name", "%s 没有名称", fmt.Sprintf("%s.tools[%d]", at, i)))
		default:
			q.allowed = append(q.allowed, name)
		}
	}
	return nil
}

func (q *query) setParallel(v json.RawMessage) error {
	parallel := true
	err := json.Unmarshal(v, &parallel)
	q.OneCall = !parallel
	return err
}

// settleTools checks the choice against the tools. Those that are not allowed are not
// offered: the model sees the others alone.
func (q *query) settleTools() error {
	for _, name := range q.allowed {
		if !slices.ContainsFunc(q.Tools, func(t form.Tool) bool { return t.Name == name }) {
			return form.Invalid("tool_choice", "invalid_value", say.T("tool_choice allows %q, which is not among tools", "tool_choice 允许的 %q 不在 tools 之中", form.Clip(name)))
		}
	}
	if q.allowed != nil {
		q.Tools = slices.DeleteFunc(q.Tools, func(t form.Tool) bool { return !slices.Contains(q.allowed, t.Name) })
	}
	return form.SettleTools(&q.Request, "tool_choice")
}
