package openai

import (
	"encoding/json"
	"fmt"

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
		q.Format = form.Format{Kind: "json"}
		if known(f.Schema) { // as llama.cpp's clients write it
			q.Format = form.Format{Kind: "schema", Schema: f.Schema}
		}
		q.Need(form.JSON, param)
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
		q.Format = form.Format{Kind: "schema", Schema: schema}
		q.Need(form.JSON, param)
	case "regex":
		if f.Regex == "" {
			return form.Invalid(param, "missing_parameter", say.T("%s has no regex", "%s 里没有 regex", param))
		}
		q.Format = form.Format{Kind: "regex", Text: f.Regex}
		q.Need(form.Pattern, param)
	case "choice":
		q.Format = form.Format{Kind: "choice", List: f.Choices}
		q.Need(form.Pattern, param)
	case "grammar":
		q.Format = form.Format{Kind: "grammar", Text: f.Grammar}
		q.Need(form.Grammar, param)
	default:
		return form.OutOfRange(param, say.T("of type text, json_object, json_schema, regex or choice", "type 为 text、json_object、json_schema、regex 或 choice"))
	}
	return nil
}

func known(v json.RawMessage) bool { return len(v) > 0 && string(v) != "null" }

// pattern reads vLLM's guided_regex and guided_grammar.
func pattern(name, kind string) func(*query, json.RawMessage) error {
	return func(q *query, v json.RawMessage) error {
		q.Format = form.Format{Kind: kind}
		can := form.Pattern
		if kind == "grammar" {
			can = form.Grammar
		}
		q.Need(can, name)
		return json.Unmarshal(v, &q.Format.Text)
	}
}

// choices reads vLLM's guided_choice.
func choices(name string) func(*query, json.RawMessage) error {
	return func(q *query, v json.RawMessage) error {
		q.Format = form.Format{Kind: "choice"}
		q.Need(form.Pattern, name)
		return json.Unmarshal(v, &q.Format.List)
	}
}

// schema reads vLLM's guided_json: a schema, or one written in a string.
func schema(name string) func(*query, json.RawMessage) error {
	return func(q *query, v json.RawMessage) error {
		q.Format = form.Format{Kind: "schema", Schema: v}
		q.Need(form.JSON, name)
		var s string
		if json.Unmarshal(v, &s) == nil {
			if !json.Valid([]byte(s)) {
				return form.Invalid(name, "invalid_value", say.T("%s is not JSON", "%s 不是 JSON", name))
			}
			q.Format.Schema = json.RawMessage(s)
		}
		return nil
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
	seen := map[string]bool{}
	for _, t := range q.Tools {
		if seen[t.Name] {
			return form.Invalid("tools", "invalid_value", say.T("two tools are called %q", "有两个工具都叫 %q", form.Clip(t.Name)))
		}
		seen[t.Name] = true
	}
	if len(q.Tools) > 0 {
		q.Need(form.Tools, "tools")
	}
	return nil
}

// setChoice reads tool_choice: a word, or the name of a function.
func (q *query) setChoice(v json.RawMessage) error {
	var word string
	if json.Unmarshal(v, &word) == nil {
		if word != "none" && word != "auto" && word != "required" {
			return form.OutOfRange("tool_choice", say.T("none, auto, required, or a function", "none、auto、required，或某个函数"))
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
		return form.MustBe("tool_choice", say.T("none, auto, required, or a function", " none、auto、required，或某个函数"))
	}
	if o.Function.Name != "" {
		o.Name = o.Function.Name
	}
	if o.Type != "function" || o.Name == "" {
		return form.OutOfRange("tool_choice", say.T("none, auto, required, or a function", "none、auto、required，或某个函数"))
	}
	q.Choice = form.Choice{Mode: "named", Name: o.Name}
	return nil
}

func (q *query) setParallel(v json.RawMessage) error {
	parallel := true
	err := json.Unmarshal(v, &parallel)
	q.OneCall = !parallel
	return err
}

// settleTools checks the choice against the tools.
func (q *query) settleTools() error {
	return form.SettleTools(&q.Request, "tool_choice")
}
