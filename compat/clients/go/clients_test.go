// Package clients runs the Go libraries of OpenAI and Anthropic against a
// server: SUIREN=http://… MODEL=… go test. The model may be one of random
// weights: what is checked is what the libraries make of the replies.
package clients

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
)

var (
	base, model = os.Getenv("SUIREN"), os.Getenv("MODEL")
	oai         = openai.NewClient(option.WithBaseURL(base+"/v1"), option.WithAPIKey("none"), option.WithMaxRetries(0))
	ant         = anthropic.NewClient(anthropicoption.WithBaseURL(base), anthropicoption.WithAPIKey("none"), anthropicoption.WithMaxRetries(0))
)

func TestMain(m *testing.M) {
	if base == "" || model == "" {
		panic("set SUIREN to a server's address and MODEL to a model's name")
	}
	os.Exit(m.Run())
}

// where is closed: a model of random weights invents properties without end.
var where = map[string]any{"type": "object", "properties": map[string]any{"where": map[string]any{"enum": []string{"hearth", "stove"}}},
	"required": []string{"where"}, "additionalProperties": false}

// called checks the arguments of a call.
func called(t *testing.T, args string) {
	t.Helper()
	var in map[string]string
	if err := json.Unmarshal([]byte(args), &in); err != nil || len(in) != 1 || in["where"] != "hearth" && in["where"] != "stove" {
		t.Errorf("arguments are %q (%v)", args, err)
	}
}

func chat(n int64) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: model, MaxTokens: openai.Int(n), Temperature: openai.Float(0),
		Messages: []openai.ChatCompletionMessageParamUnion{openai.SystemMessage("Be brief."), openai.UserMessage("Say hello.")}}
}

func TestOpenAIModels(t *testing.T) {
	pages := oai.Models.ListAutoPaging(t.Context())
	for pages.Next() {
		if pages.Current().ID == model {
			return
		}
	}
	t.Errorf("%s is not listed (%v)", model, pages.Err())
}

func TestOpenAIChat(t *testing.T) {
	c, err := oai.Chat.Completions.New(t.Context(), chat(8))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Choices) != 1 || c.Usage.CompletionTokens > 8 || c.Usage.PromptTokens == 0 {
		t.Error(c.RawJSON())
	}
}

func TestOpenAIChatStream(t *testing.T) {
	p := chat(8)
	p.StreamOptions.IncludeUsage = openai.Bool(true)
	s := oai.Chat.Completions.NewStreaming(t.Context(), p)
	var acc openai.ChatCompletionAccumulator
	for s.Next() {
		if !acc.AddChunk(s.Current()) {
			t.Fatalf("not of this answer: %s", s.Current().RawJSON())
		}
	}
	whole, err := oai.Chat.Completions.New(t.Context(), chat(8))
	if s.Err() != nil || err != nil {
		t.Fatal(s.Err(), err)
	}
	if acc.Choices[0].Message.Content != whole.Choices[0].Message.Content || acc.Usage.TotalTokens != whole.Usage.TotalTokens {
		t.Errorf("streamed %+v, whole %s", acc.ChatCompletion, whole.RawJSON())
	}
}

func TestOpenAIToolStream(t *testing.T) {
	p := chat(400)
	p.Tools = []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{Name: "light", Parameters: where})}
	p.ToolChoice.OfFunctionToolChoice = &openai.ChatCompletionNamedToolChoiceParam{Function: openai.ChatCompletionNamedToolChoiceFunctionParam{Name: "light"}}
	p.ParallelToolCalls = openai.Bool(false)
	s := oai.Chat.Completions.NewStreaming(t.Context(), p)
	var acc openai.ChatCompletionAccumulator
	var done openai.FinishedChatCompletionToolCall
	for s.Next() {
		acc.AddChunk(s.Current())
		if call, ok := acc.JustFinishedToolCall(); ok {
			done = call
		}
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	if done.Name != "light" || done.ID == "" || acc.Choices[0].FinishReason != "tool_calls" {
		t.Fatalf("no call: %+v", acc.Choices[0])
	}
	called(t, done.Arguments)
	p = chat(4)
	p.Messages = append(p.Messages, acc.Choices[0].Message.ToParam(), openai.ToolMessage("lit", done.ID))
	if _, err := oai.Chat.Completions.New(t.Context(), p); err != nil {
		t.Error("the call and its answer are not taken back:", err)
	}
}

func TestOpenAIResponses(t *testing.T) {
	p := responses.ResponseNewParams{Model: model, MaxOutputTokens: openai.Int(400), Temperature: openai.Float(0),
		Input:             responses.ResponseNewParamsInputUnion{OfString: openai.String("Light a fire.")},
		Tools:             []responses.ToolUnionParam{{OfFunction: &responses.FunctionToolParam{Name: "light", Parameters: where, Strict: openai.Bool(true)}}},
		ToolChoice:        responses.ResponseNewParamsToolChoiceUnion{OfFunctionTool: &responses.ToolChoiceFunctionParam{Name: "light"}},
		ParallelToolCalls: openai.Bool(false)}
	s := oai.Responses.NewStreaming(t.Context(), p)
	var args, done string
	var last responses.ResponseStreamEventUnion
	for s.Next() {
		last = s.Current()
		switch e := last.AsAny().(type) {
		case responses.ResponseFunctionCallArgumentsDeltaEvent:
			args += e.Delta
		case responses.ResponseFunctionCallArgumentsDoneEvent:
			done = e.Arguments
		}
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	end, ok := last.AsAny().(responses.ResponseCompletedEvent)
	if !ok || args != done || end.Response.Usage.OutputTokens == 0 {
		t.Fatalf("pieces %q, in all %q, at last %s", args, done, last.RawJSON())
	}
	called(t, done)
	call, ok := end.Response.Output[len(end.Response.Output)-1].AsAny().(responses.ResponseFunctionToolCall)
	if !ok || call.Name != "light" || call.CallID == "" {
		t.Errorf("the last item is not the call: %s", end.Response.RawJSON())
	}
}

func TestOpenAIFormat(t *testing.T) {
	p := chat(400)
	p.ResponseFormat.OfJSONSchema = &openai.ResponseFormatJSONSchemaParam{
		JSONSchema: openai.ResponseFormatJSONSchemaJSONSchemaParam{Name: "where", Schema: where, Strict: openai.Bool(true)}}
	c, err := oai.Chat.Completions.New(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	called(t, c.Choices[0].Message.Content)
}

func TestOpenAIError(t *testing.T) {
	p := chat(8)
	p.TopLogprobs = openai.Int(2)
	_, err := oai.Chat.Completions.New(t.Context(), p)
	var e *openai.Error
	if !errors.As(err, &e) || e.StatusCode != 400 || e.Param != "top_logprobs" || e.Message == "" {
		t.Errorf("%#v", err)
	}
}

func message(n int64) anthropic.MessageNewParams {
	return anthropic.MessageNewParams{Model: anthropic.Model(model), MaxTokens: n, Temperature: anthropic.Float(0), System: []anthropic.TextBlockParam{{Text: "Be brief."}},
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("Say hello."))}}
}

func TestAnthropicToolStream(t *testing.T) {
	p := message(400)
	p.Tools = []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{Name: "light", InputSchema: anthropic.ToolInputSchemaParam{
		Properties: where["properties"], Required: []string{"where"}, ExtraFields: map[string]any{"additionalProperties": false}}}}}
	p.ToolChoice = anthropic.ToolChoiceUnionParam{OfTool: &anthropic.ToolChoiceToolParam{Name: "light", DisableParallelToolUse: anthropic.Bool(true)}}
	s := ant.Messages.NewStreaming(t.Context(), p)
	var m anthropic.Message
	for s.Next() {
		if err := m.Accumulate(s.Current()); err != nil {
			t.Fatal(err)
		}
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	call, ok := m.Content[len(m.Content)-1].AsAny().(anthropic.ToolUseBlock)
	if !ok || call.Name != "light" || m.StopReason != "tool_use" || m.Usage.OutputTokens == 0 {
		t.Fatalf("no call: %s", m.RawJSON())
	}
	called(t, string(call.Input))
	p = message(4)
	p.Messages = append(p.Messages, m.ToParam(), anthropic.NewUserMessage(anthropic.NewToolResultBlock(call.ID, "lit", false)))
	if _, err := ant.Messages.New(t.Context(), p); err != nil {
		t.Error("the call and its answer are not taken back:", err)
	}
}

func TestAnthropicCount(t *testing.T) {
	p := message(1)
	c, err := ant.Messages.CountTokens(t.Context(), anthropic.MessageCountTokensParams{Model: p.Model, Messages: p.Messages,
		System: anthropic.MessageCountTokensParamsSystemUnion{OfTextBlockArray: p.System}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := ant.Messages.New(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if n := m.Usage.InputTokens + m.Usage.CacheReadInputTokens; n != c.InputTokens {
		t.Errorf("%d counted, %d used", c.InputTokens, n)
	}
}

func TestAnthropicOverflow(t *testing.T) {
	p := message(1)
	p.Messages = []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(strings.Repeat("word ", 500000)))}
	_, err := ant.Messages.New(t.Context(), p)
	var e *anthropic.Error
	if !errors.As(err, &e) || e.StatusCode != 400 || !strings.Contains(err.Error(), "prompt is too long") {
		t.Errorf("%v", err)
	}
}
