// Package openai translates OpenAI's interfaces: chat completions,
// completions, responses, embeddings, and the reranking of Jina and Cohere
// that stands beside them.
//
// The shapes are those of https://github.com/openai/openai-openapi, with what
// vLLM and llama.cpp added and their clients send.
package openai

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A query is a request of one of the interfaces while it is read.
type query struct {
	form.Request
	stream       bool
	includeUsage bool
	budget       *int
	think        *bool
	allowed      []string // names of the tools that tool_choice allows; nil: all
}

type fields = form.Fields[query]

// Error is the body that tells an error.
func Error(e *form.Error, lang say.Lang) any {
	var param *string
	if e.Param != "" {
		param = &e.Param
	}
	return map[string]any{"error": map[string]any{
		"message": e.In(lang), "type": e.Type, "param": param, "code": e.Code,
	}}
}

// shared are the parameters that chat and completions have in common.
var shared = fields{
	"model":          func(q *query, v json.RawMessage) error { return json.Unmarshal(v, &q.Model) },
	"stream":         func(q *query, v json.RawMessage) error { return json.Unmarshal(v, &q.stream) },
	"stream_options": (*query).setStreamOptions,
	"stop": func(q *query, v json.RawMessage) (err error) {
		q.Stop, err = form.ReadStop(v, "stop")
		return err
	},
	"seed": func(q *query, v json.RawMessage) (err error) {
		q.Seed, err = form.ReadSeed(v)
		return err
	},
	"n": func(q *query, v json.RawMessage) (err error) {
		q.N, err = form.Whole(v, "n", 1, maxAnswers)
		return err
	},
	"temperature":        number("temperature", 0, 2, 0, func(s *form.Sampling) **float64 { return &s.Temperature }),
	"top_p":              number("top_p", 0, 1, 0, func(s *form.Sampling) **float64 { return &s.TopP }),
	"min_p":              number("min_p", 0, 1, form.Sampled, func(s *form.Sampling) **float64 { return &s.MinP }),
	"typical_p":          number("typical_p", 0, 1, form.Sampled, func(s *form.Sampling) **float64 { return &s.Typical }),
	"presence_penalty":   number("presence_penalty", -2, 2, form.Sampled, func(s *form.Sampling) **float64 { return &s.Presence }),
	"frequency_penalty":  number("frequency_penalty", -2, 2, form.Sampled, func(s *form.Sampling) **float64 { return &s.Frequency }),
	"repetition_penalty": number("repetition_penalty", 0, 10, form.Sampled, func(s *form.Sampling) **float64 { return &s.Repeat }),
	"top_k":              (*query).setTopK,
	"logit_bias":         (*query).setBias,
	"adapter":            (*query).setAdapter,
	"receipt":            func(q *query, v json.RawMessage) error { return q.ReadReceipt(v) },
	"ignore_eos":         (*query).setIgnoreEnd,
	"min_tokens":         (*query).setMinTokens,
	"guided_regex":       pattern("guided_regex", "regex"),
	"guided_grammar":     pattern("guided_grammar", "grammar"),
	"guided_choice":      choices("guided_choice"),
	"guided_json":        schema("guided_json"),
	"structured_outputs": (*query).setStructured,

	// vLLM's, whose clients write their defaults out.
	"stop_token_ids": form.Only[query]("stop_token_ids", "[]"), "include_stop_str_in_output": form.Only[query]("include_stop_str_in_output", "false"),
	"skip_special_tokens": form.Only[query]("skip_special_tokens", "true"), "spaces_between_special_tokens": form.Only[query]("spaces_between_special_tokens", "true"),
	"use_beam_search": form.Only[query]("use_beam_search", "false"), "length_penalty": form.Only[query]("length_penalty", "1", "1.0"),
	"prompt_logprobs": form.Only[query]("prompt_logprobs", "null"), "truncate_prompt_tokens": form.Only[query]("truncate_prompt_tokens", "null"),

	// These do not change the answer.
	"user": form.Ignore[query], "metadata": form.Ignore[query], "store": form.Ignore[query], "service_tier": form.Ignore[query],
	"safety_identifier": form.Ignore[query], "prompt_cache_key": form.Ignore[query], "prompt_cache_retention": form.Ignore[query],
	"prompt_cache_options": form.Ignore[query], "cache_prompt": form.Ignore[query],
}

// maxAnswers bounds n, maxPrompts a list of prompts.
const (
	maxAnswers = 64
	maxPrompts = 2048
)

// with returns the shared parameters and more.
func with(more fields) fields {
	all := maps.Clone(shared)
	maps.Copy(all, more)
	return all
}

// number reads one number of Sampling, which needs an ability unless it asks
// for nothing.
func number(name string, low, high float64, need form.Can, at func(*form.Sampling) **float64) func(*query, json.RawMessage) error {
	return func(q *query, v json.RawMessage) error {
		f, err := form.Number(v, name, low, high)
		if err != nil {
			return err
		}
		neutral := 0.0
		if name == "repetition_penalty" || name == "typical_p" {
			neutral = 1
		}
		if need != 0 {
			if *f == neutral {
				return nil
			}
			q.Need(need, name)
		}
		*at(&q.Sampling) = f
		return nil
	}
}

func (q *query) setTopK(v json.RawMessage) error {
	n, err := form.Whole(v, "top_k", -1, math.MaxInt32)
	if err != nil || n <= 0 {
		return err
	}
	q.Sampling.TopK = &n
	q.Need(form.Sampled, "top_k")
	return nil
}

func (q *query) setBias(v json.RawMessage) error {
	var m map[string]float64
	if err := json.Unmarshal(v, &m); err != nil || len(m) == 0 {
		return err
	}
	if len(m) > 1024 {
		return form.OutOfRange("logit_bias", say.T("for at most %d tokens", "至多 %d 个词元", 1024))
	}
	q.Sampling.Bias = map[int32]float64{}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		id, err := strconv.ParseInt(key, 10, 32)
		if err != nil || id < 0 || m[key] < -100 || m[key] > 100 {
			return form.OutOfRange("logit_bias", say.T("token ids with −100 to 100", "词元编号，取值 −100 到 100"))
		}
		q.Sampling.Bias[int32(id)] = m[key]
	}
	q.Need(form.Sampled, "logit_bias")
	return nil
}

func (q *query) setAdapter(v json.RawMessage) error {
	if err := json.Unmarshal(v, &q.Adapter); err != nil || q.Adapter == "" {
		return err
	}
	q.Need(form.Adapters, "adapter")
	return nil
}

func (q *query) setIgnoreEnd(v json.RawMessage) error {
	if err := json.Unmarshal(v, &q.IgnoreEnd); err != nil || !q.IgnoreEnd {
		return err
	}
	q.Need(form.Endless, "ignore_eos")
	return nil
}

func (q *query) setMinTokens(v json.RawMessage) error {
	n, err := form.Whole(v, "min_tokens", 0, math.MaxInt32)
	if err != nil || n == 0 {
		return err
	}
	q.MinTokens = n
	q.Need(form.Endless, "min_tokens")
	return nil
}

func (q *query) setStreamOptions(v json.RawMessage) error {
	var o struct {
		IncludeUsage bool `json:"include_usage"`
	}
	err := json.Unmarshal(v, &o)
	q.includeUsage = o.IncludeUsage
	return err
}

func maxTokens(name string, least int) func(*query, json.RawMessage) error {
	return func(q *query, v json.RawMessage) error {
		n, err := form.Whole(v, name, least, math.MaxInt32)
		q.MaxTokens = n
		return err
	}
}

// setThink takes true, false, or an object in the manner of Anthropic's
// thinking: {"type": "enabled", "budget_tokens": 256}.
func (q *query) setThink(v json.RawMessage) error {
	var on bool
	if json.Unmarshal(v, &on) == nil {
		q.think = &on
		return nil
	}
	var o struct {
		Type   string          `json:"type"`
		Budget json.RawMessage `json:"budget_tokens"`
	}
	if err := json.Unmarshal(v, &o); err != nil {
		return form.MustBe("think", say.T("true, false, or an object", " true、false，或对象"))
	}
	switch o.Type {
	case "enabled", "disabled", "":
		on = o.Type != "disabled"
	default:
		return form.OutOfRange("think", say.T(`of type "enabled" or "disabled"`, `type 为 "enabled" 或 "disabled"`))
	}
	q.think = &on
	if len(o.Budget) > 0 && string(o.Budget) != "null" {
		return q.readBudget("think", o.Budget)
	}
	return nil
}

func (q *query) readBudget(name string, v json.RawMessage) error {
	n, err := form.Whole(v, name, 0, math.MaxInt32)
	q.budget = &n
	return err
}

// Efforts are OpenAI's levels of reasoning. None answers at once; what the
// others mean is the template's to say.
var Efforts = []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}

func effort(name string) func(*query, json.RawMessage) error {
	return func(q *query, v json.RawMessage) error {
		var level string
		if err := json.Unmarshal(v, &level); err != nil {
			return err
		}
		if !slices.Contains(Efforts, level) {
			return form.OutOfRange(name, say.T("one of %s", "%s 之一", Efforts))
		}
		q.Think.Effort = level
		return nil
	}
}

// settleThink makes one of the switches, which stand in this order: think,
// thinking_budget, reasoning_effort.
func (q *query) settleThink() {
	t := &q.Think
	off := q.think != nil && !*q.think || q.think == nil && (t.Effort == "none" || q.budget != nil && *q.budget == 0)
	switch {
	case off:
		*t = form.Think{Mode: "off"}
	case q.think != nil || q.budget != nil || t.Effort != "":
		t.Mode = "on"
		if q.budget != nil {
			t.Budget = *q.budget
		}
		if t.Effort == "none" {
			t.Effort = ""
		}
	}
	if t.Mode == "on" && q.budget != nil && *q.budget == 0 {
		t.Mode = "off"
	}
}
