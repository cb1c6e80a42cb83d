package chat

import (
	"strings"

	"suiren/engine/jinja"
)

// Args tells how the arguments of a call are written.
type Args int

const (
	JSONArgs Args = iota // one JSON object
	XMLArgs              // each by itself, between tags: see ToolFormat.Key
)

// A ToolFormat says how a model writes calls of tools, as text that a grammar
// can be made of:
//
//	Before  Begin name Middle arguments End  Between  Begin name … End  After
//
// Names of special tokens stand in these texts as they are in the vocabulary.
// Arguments are a JSON object, or, as XMLArgs, for each argument
//
//	Key name Value value Done
//
// where a string stands as it is and everything else as JSON.
type ToolFormat struct {
	Name          string // of the family: hermes, qwen3-coder, …
	Trigger       string // what a call begins with; text before it is free
	Before, After string // around all the calls of a turn
	Begin         string
	Middle        string
	End           string
	Between       string // "" with !Parallel
	Parallel      bool   // more than one call in a turn
	Args          Args

	Key, Value, Done string

	// IDLength is the number of letters and digits that the template wants
	// the ids of calls to have, or 0.
	IDLength int
}

// syntax is what the parser of a format needs beyond it.
type syntax struct {
	ToolFormat
	opens  string // tag in front of the calls; "" if a call stands alone
	closes string // tag behind them
	object bool   // calls are JSON objects that hold the name: {"name": …}
	bare   bool   // … and may begin the turn without a tag
	begin  []part // of a call whose name stands outside of its arguments
	end    []part // behind its arguments
	attrs  bool   // behind an argument's name there may be attributes
	strip  bool   // a line break beside a value is not part of it
	start  bool   // the prompt already holds begin's first part
}

// A part is a piece of what stands around a name: text, with any white space
// before it, or the name.
type part struct {
	text string
	name bool
}

func texts(list ...string) []part {
	var parts []part
	for _, s := range list {
		parts = append(parts, part{s, s == ""}) // "" stands for the name
	}
	return parts
}

// A row is a format and what tells by a template's text that it is the one.
type row struct {
	writes []string // all of these
	lacks  string   // not this
	syntax
}

// object returns the row of a format of JSON objects.
func object(name, opens, closes, args string, s syntax) syntax {
	s.Name, s.opens, s.closes, s.object = name, opens, closes, true
	s.Begin, s.Middle, s.End = s.Begin+`{"name": "`, `", "`+args+`": `, "}"+s.End
	if s.Trigger == "" {
		s.Trigger = opens
	}
	return s
}

// list is a JSON list of calls between two tags.
func list(name, opens, closes, args string, id int) syntax {
	return object(name, opens, closes, args, syntax{ToolFormat: ToolFormat{
		Before: opens + "[", Between: ", ", After: "]" + closes, Parallel: true, IDLength: id}})
}

var hermes = object("hermes", "<tool_call>", "</tool_call>", "arguments", syntax{ToolFormat: ToolFormat{
	Begin: "<tool_call>\n", End: "\n</tool_call>", Between: "\n", Parallel: true}})

// rows are the formats, the more telling first.
var rows = []row{
	{[]string{"<arg_key>", "<tool_call>", "\n<arg_key>"}, "", arguments("\n")},
	{[]string{"<arg_key>", "<tool_call>", "\\n<arg_key>"}, "", arguments("\n")},
	{[]string{"<arg_key>", "<tool_call>"}, "", arguments("")},
	{[]string{"<minimax:tool_call>"}, "", xml("minimax", "<minimax:tool_call>", "</minimax:tool_call>", `<invoke name="`, `">`, "</invoke>", `<parameter name="`, `">`, false, true)},
	{[]string{"｜DSML｜", "function_calls"}, "", dsml("function_calls")},
	{[]string{"｜DSML｜", "tool_calls"}, "", dsml("tool_calls")},
	{[]string{"<seed:tool_call>"}, "", xml("seed", "<seed:tool_call>", "</seed:tool_call>", "<function=", ">", "</function>", "<parameter=", ">", false, false)},
	{[]string{"<function=", "<parameter=", "<tool_call>"}, "", xml("qwen3-coder", "<tool_call>", "</tool_call>", "<function=", ">", "</function>", "<parameter=", ">", true, false)},
	{[]string{"<|tool_calls_section_begin|>"}, "", syntax{
		ToolFormat: ToolFormat{Name: "kimi", Trigger: "<|tool_calls_section_begin|>", Before: "<|tool_calls_section_begin|>", Begin: "<|tool_call_begin|>functions.",
			Middle: ":0<|tool_call_argument_begin|>", End: "<|tool_call_end|>", After: "<|tool_calls_section_end|>", Parallel: true},
		opens: "<|tool_calls_section_begin|>", closes: "<|tool_calls_section_end|>",
		begin: texts("<|tool_call_begin|>", "", "<|tool_call_argument_begin|>"), end: texts("<|tool_call_end|>")}},
	{[]string{"<｜tool▁calls▁begin｜>", "```json"}, "", syntax{
		ToolFormat: ToolFormat{Name: "deepseek-r1", Trigger: "<｜tool▁calls▁begin｜>", Before: "<｜tool▁calls▁begin｜>", Begin: "<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
			Middle: "\n```json\n", End: "\n```<｜tool▁call▁end｜>", Between: "\n", After: "<｜tool▁calls▁end｜>", Parallel: true},
		opens: "<｜tool▁calls▁begin｜>", closes: "<｜tool▁calls▁end｜>",
		begin: texts("<｜tool▁call▁begin｜>", "function", "<｜tool▁sep｜>", "", "```json"), end: texts("```", "<｜tool▁call▁end｜>")}},
	{[]string{"<｜tool▁calls▁begin｜>"}, "", syntax{
		ToolFormat: ToolFormat{Name: "deepseek-v3", Trigger: "<｜tool▁calls▁begin｜>", Before: "<｜tool▁calls▁begin｜>", Begin: "<｜tool▁call▁begin｜>",
			Middle: "<｜tool▁sep｜>", End: "<｜tool▁call▁end｜>", After: "<｜tool▁calls▁end｜>", Parallel: true},
		opens: "<｜tool▁calls▁begin｜>", closes: "<｜tool▁calls▁end｜>",
		begin: texts("<｜tool▁call▁begin｜>", "", "<｜tool▁sep｜>"), end: texts("<｜tool▁call▁end｜>")}},
	{[]string{"<|channel|>", "commentary"}, "", syntax{ToolFormat: ToolFormat{Name: Channels, Trigger: " to=functions.", Begin: " to=functions.",
		Middle: "<|channel|>commentary json<|message|>", End: "<|call|>"}}},
	{[]string{"[TOOL_CALLS]", "[ARGS]"}, "", syntax{
		ToolFormat: ToolFormat{Name: "mistral", Trigger: "[TOOL_CALLS]", Begin: "[TOOL_CALLS]", Middle: "[ARGS]", Parallel: true, IDLength: 9},
		opens:      "[TOOL_CALLS]", object: true, begin: texts("", "[ARGS]")}},
	{[]string{"[TOOL_CALLS]"}, "", list("mistral-list", "[TOOL_CALLS]", "", "arguments", 9)},
	{[]string{"<|START_ACTION|>"}, "", commandR},
	{[]string{">>>", "all"}, "", syntax{
		ToolFormat: ToolFormat{Name: "functionary-v3.2", Trigger: ">>>", Begin: ">>>", Middle: "\n", Parallel: true},
		begin:      texts(">>>", ""), start: true}},
	{[]string{"<function=", "</function>"}, "<parameter=", syntax{
		ToolFormat: ToolFormat{Name: "function-tag", Trigger: "<function=", Begin: "<function=", Middle: ">", End: "</function>", Parallel: true},
		begin:      texts("<function=", "", ">"), end: texts("</function>")}},
	{[]string{"<TOOLCALL>"}, "", list("nemotron", "<TOOLCALL>", "</TOOLCALL>", "arguments", 0)},
	{[]string{"<tool_calls>\n{"}, "", object("tool-calls-lines", "<tool_calls>", "</tool_calls>", "arguments", syntax{ToolFormat: ToolFormat{
		Before: "<tool_calls>\n", Between: "\n", After: "\n</tool_calls>", Parallel: true}})},
	{[]string{"<tool_calls>["}, "", list("tool-calls", "<tool_calls>", "</tool_calls>", "arguments", 0)},
	{[]string{"<tool_call>"}, "", hermes},
	{[]string{"<|tool|>", "<|/tool|>"}, "", list(toolsInside, "<|tool_call|>", "<|/tool_call|>", "arguments", 0)},
	{[]string{"<|tool_call|>"}, "", list("granite", "<|tool_call|>", "", "arguments", 0)},
	{[]string{"<|python_tag|>"}, "", llama3},
	{[]string{"<|start_header_id|>", `"parameters": `}, "", llama3},
	{[]string{" functools["}, "", list("functools", "functools", "", "arguments", 0)},
}

// toolsInside is the name of Phi-4-mini's format, whose template looks for the
// tools within the system's message.
const toolsInside = "phi4"

// Channels is the name of the format of gpt-oss, whose whole output is in channels.
const Channels = "gpt-oss"

var llama3 = object("llama3", "<|python_tag|>", "", "parameters", syntax{ToolFormat: ToolFormat{Trigger: `{"name": "`}, bare: true})

// commandR names the name otherwise than object does.
var commandR = func() syntax {
	s := list("command-r7b", "<|START_ACTION|>", "<|END_ACTION|>", "parameters", 0)
	s.Begin = `{"tool_call_id": "0", "tool_name": "`
	return s
}()

// arguments is the format of GLM, Spark-X2.5 and Ling.
func arguments(line string) syntax {
	s := xml("arg-key", "", "", "<tool_call>", "", "</tool_call>", "<arg_key>", "</arg_key>"+line+"<arg_value>", false, false)
	s.Middle, s.Done, s.Between = line, "</arg_value>"+line, line
	s.begin = texts("<tool_call>", "")
	return s
}

// xml is a format with an element for each argument. With lines, values stand
// on lines of their own; with shared, all calls stand in one pair of tags.
func xml(name, opens, closes, call, named, end, key, value string, lines, shared bool) syntax {
	s := syntax{ToolFormat: ToolFormat{Name: name, Parallel: true, Args: XMLArgs, Key: key, Value: value, Done: "</parameter>\n"}, strip: lines, attrs: shared,
		opens: opens, closes: closes, begin: texts(call, "", named), end: texts(end)}
	s.Begin, s.Middle, s.End, s.Between = call, named+"\n", end, "\n"
	switch {
	case opens == "":
	case shared:
		s.Before, s.After = opens+"\n", "\n"+closes
	default:
		s.Begin, s.End = opens+"\n"+s.Begin, s.End+"\n"+closes
	}
	if lines {
		s.Value, s.Done = value+"\n", "\n</parameter>\n"
	}
	s.Trigger = opens
	if opens == "" {
		s.Trigger = call
	}
	return s
}

// dsml is the format of DeepSeek-V3.2 and later.
func dsml(calls string) syntax {
	const t = "｜DSML｜"
	s := xml("deepseek-dsml", "<"+t+calls+">", "</"+t+calls+">", "<"+t+`invoke name="`, `">`, "</"+t+"invoke>", "<"+t+`parameter name="`, `" string="true">`, false, true)
	s.Done = "</" + t + "parameter>\n"
	return s
}

// formatOf returns the format that a template's text tells, or nil.
func formatOf(t *jinja.Template) *syntax {
	for i := range rows {
		r := &rows[i]
		ok := r.lacks == "" || !t.Writes(r.lacks)
		for _, s := range r.writes {
			ok = ok && t.Writes(s)
		}
		if ok {
			return &r.syntax
		}
	}
	return nil
}

// Ends are special tokens that end an answer wherever a vocabulary has them.
var Ends = []string{"<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<|endoftext|>", "<end_of_turn>", "<|eom_id|>", "<|end|>", "<|end_of_turn|>",
	"</s>", "<｜end▁of▁sentence｜>", "<|endofturn|>", "<|end_of_sentence|>", "<|user|>", "<|observation|>", // the last two of GLM-4, which ends by what begins the next turn
	"<turn|>", "<eos>", "<|return|>", "<|call|>", "<|END_OF_TURN_TOKEN|>"}

// Tags are what a thought stands between.
type Tags struct{ Open, Close string }

// thoughts are the pairs of tags that templates have.
var thoughts = []Tags{
	{"<think>", "</think>"},
	{"[THINK]", "[/THINK]"},
	{"<|START_THINKING|>", "<|END_THINKING|>"},
	{"<seed:think>", "</seed:think>"},
	{"<mm:think>", "</mm:think>"},
	{"<|channel>thought\n", "<channel|>"},
	{"<|channel|>analysis<|message|>", "<|end|>"},
	{"<thinking>", "</thinking>"},
	{"<reasoning>", "</reasoning>"},
}

// tagsOf returns the tags of thoughts that a template's text holds, or else the
// vocabulary. writes: the text holds both.
func tagsOf(t *jinja.Template, v Vocabulary) (tags Tags, writes bool) {
	for _, tags := range thoughts {
		if t.Writes(tags.Close) && (t.Writes(tags.Open) || strings.Contains(tags.Open, "analysis") && t.Writes("analysis")) {
			return tags, true
		}
	}
	for _, tags := range thoughts {
		if v.token(tags.Open) && v.token(tags.Close) {
			return tags, false
		}
	}
	for _, tags := range thoughts { // DeepSeek-R1 strips what it never writes
		if tags.Close != "<|end|>" && t.Writes(tags.Close) {
			return tags, false
		}
	}
	return Tags{}, false
}
