// Package otlp speaks OpenTelemetry's protocol (OTLP/HTTP, protocol buffers or
// JSON): it writes the ledger's traces as spans, and reads the spans that the
// owner's programs send.
package otlp

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"suiren/stage/operate/ledger"
)

// SchemaURL is of the semantic conventions whose names these are.
const SchemaURL = "https://opentelemetry.io/schemas/1.41.0"

// The attributes' names. Those of the conventions are checked against
// testdata/oracle/semconv; our own begin with suiren.
const (
	operationName = "gen_ai.operation.name"
	providerName  = "gen_ai.provider.name"
	requestModel  = "gen_ai.request.model"
	responseModel = "gen_ai.response.model"
	responseID    = "gen_ai.response.id"
	finishReasons = "gen_ai.response.finish_reasons"
	firstChunk    = "gen_ai.response.time_to_first_chunk"
	inputTokens   = "gen_ai.usage.input_tokens"
	outputTokens  = "gen_ai.usage.output_tokens"
	cachedTokens  = "gen_ai.usage.cache_read.input_tokens"
	thoughtTokens = "gen_ai.usage.reasoning.output_tokens"
	errorType     = "error.type"

	ownRelease  = "suiren.release"
	ownScenario = "suiren.scenario"
	ownKey      = "suiren.key"
	ownTenant   = "suiren.tenant"
	ownProject  = "suiren.project"
	ownCPU      = "suiren.usage.cpu_microseconds"
	ownEnergy   = "suiren.usage.energy_microjoules"
	ownMetered  = "suiren.usage.metered"
	ownMoney    = "suiren.usage.money_millionths"
	ownPrice    = "suiren.price.version"
	ownRail     = "suiren.rail"
	ownCount    = "suiren.count"
)

// operations are what the conventions call ours.
var operations = map[string]string{"chat": "chat", "embeddings": "embeddings", "rerank": "retrieval", "job": "invoke_workflow"}

// Encode writes traces as spans: one of each request, and below it its parts.
// What was said is not among them.
func Encode(list []*ledger.Trace, version string) *trace.TracesData {
	var spans []*trace.Span
	for _, t := range list {
		spans = append(spans, encode(t)...)
	}
	return &trace.TracesData{ResourceSpans: []*trace.ResourceSpans{{
		SchemaUrl:  SchemaURL,
		Resource:   &resource.Resource{Attributes: []*common.KeyValue{text("service.name", "suiren"), text("service.version", version)}},
		ScopeSpans: []*trace.ScopeSpans{{SchemaUrl: SchemaURL, Scope: &common.InstrumentationScope{Name: "suiren", Version: version}, Spans: spans}},
	}}}
}

// JSON is Encode as OTLP's JSON, whose ids are hexadecimal.
func JSON(list []*ledger.Trace, version string) ([]byte, error) {
	d := Encode(list, version)
	for _, s := range d.ResourceSpans[0].ScopeSpans[0].Spans {
		for _, id := range []*[]byte{&s.TraceId, &s.SpanId, &s.ParentSpanId} {
			// What protocol buffers' own JSON writes as base64 is the digits themselves.
			b, err := base64.StdEncoding.DecodeString(hex.EncodeToString(*id))
			if err != nil {
				return nil, err
			}
			*id = b
		}
	}
	return protojson.MarshalOptions{UseEnumNumbers: true}.Marshal(d)
}

func encode(t *ledger.Trace) []*trace.Span {
	sum := sha256.Sum256([]byte(t.ID))
	id, parent := sum[:16], []byte(nil)
	if len(t.Parent) == 55 { // version-trace-span-flags
		id, _ = hex.DecodeString(t.Parent[3:35])
		parent, _ = hex.DecodeString(t.Parent[36:52])
	}
	a := &t.Amounts
	op := operations[t.Operation]
	root := &trace.Span{TraceId: id, SpanId: sum[16:24], ParentSpanId: parent, Name: op + " " + t.Model, Kind: trace.Span_SPAN_KIND_SERVER,
		StartTimeUnixNano: nano(t.Time, 0), EndTimeUnixNano: nano(t.Time, t.Total), Status: &trace.Status{},
		Attributes: []*common.KeyValue{
			text(operationName, op), text(providerName, "suiren"), text(requestModel, t.Model), text(responseModel, t.Model), text(responseID, t.ID),
			{Key: finishReasons, Value: &common.AnyValue{Value: &common.AnyValue_ArrayValue{ArrayValue: &common.ArrayValue{Values: []*common.AnyValue{{Value: &common.AnyValue_StringValue{StringValue: t.Reason}}}}}}},
			number(inputTokens, a.Prompt+a.Cached), number(cachedTokens, a.Cached), number(outputTokens, a.Thought+a.Answer), number(thoughtTokens, a.Thought),
			text(ownRelease, t.Release), text(ownKey, t.Key), number(ownCPU, a.CPU), number(ownEnergy, a.Energy), text(ownMetered, t.Metered),
			number(ownMoney, a.Money), number(ownPrice, t.Price),
		}}
	for name, v := range map[string]string{ownScenario: t.Scenario, ownTenant: t.Tenant, ownProject: t.Project} {
		if v != "" {
			root.Attributes = append(root.Attributes, text(name, v))
		}
	}
	if t.First > 0 {
		root.Attributes = append(root.Attributes, &common.KeyValue{Key: firstChunk, Value: &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: t.First.Seconds()}}})
	}
	if t.Reason == "error" {
		root.Status = &trace.Status{Code: trace.Status_STATUS_CODE_ERROR}
		root.Attributes = append(root.Attributes, text(errorType, "_OTHER"))
	}
	for _, d := range t.Rails {
		root.Events = append(root.Events, &trace.Span_Event{TimeUnixNano: root.EndTimeUnixNano, Name: ownRail,
			Attributes: []*common.KeyValue{text("suiren.rail.class", d.Class), text("suiren.rail.rule", d.Rule), text("suiren.rail.action", d.Action)}})
	}
	spans := []*trace.Span{root}
	for _, s := range t.Spans {
		above := root.SpanId
		if s.Parent != "" {
			above = partID(t.ID, s.Parent)
		}
		spans = append(spans, &trace.Span{TraceId: id, SpanId: partID(t.ID, s.Name), ParentSpanId: above, Name: s.Name, Kind: trace.Span_SPAN_KIND_INTERNAL,
			StartTimeUnixNano: nano(t.Time, s.Start), EndTimeUnixNano: nano(t.Time, s.Start+s.Total), Attributes: []*common.KeyValue{number(ownCount, s.Count)}})
	}
	return spans
}

func partID(id, name string) []byte {
	sum := sha256.Sum256([]byte(id + "\n" + name))
	return sum[:8]
}

func nano(t time.Time, after time.Duration) uint64 { return uint64(max(t.Add(after).UnixNano(), 0)) }

func text(key, v string) *common.KeyValue {
	return &common.KeyValue{Key: key, Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: v}}}
}

func number(key string, v int64) *common.KeyValue {
	return &common.KeyValue{Key: key, Value: &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: v}}}
}
