package otlp

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"mime"
	"strings"
	"time"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"suiren/internal/say"
	"suiren/stage/operate/ledger"
)

// Limits of what is taken in one request.
const (
	maxSpans = 10_000
	maxBody  = 64 << 10 // bytes of a span's attributes
	maxName  = 1000     // bytes
	maxDepth = 16       // of a value in values
)

// Decode reads the spans of an export request, as protocol buffers or JSON by its
// Content-Type. The caller has bounded the body. What it returns names no sender yet.
func Decode(contentType string, body []byte) ([]ledger.Foreign, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = contentType
	}
	var d trace.TracesData // on the wire an ExportTraceServiceRequest
	switch kind {
	case "application/x-protobuf":
		err = proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, &d)
	case "application/json":
		if tooDeep(body) {
			return nil, say.Errorf("the body nests too deeply", "请求体嵌套过深")
		}
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, &d)
	default:
		return nil, say.Errorf("the Content-Type is neither application/x-protobuf nor application/json", "Content-Type 应为 application/x-protobuf 或 application/json")
	}
	if err != nil {
		return nil, say.Errorf("the body is no OTLP traces: %v", "请求体不是 OTLP 轨迹：%v", err)
	}
	var list []ledger.Foreign
	for _, r := range d.ResourceSpans {
		of := attributes(r.GetResource().GetAttributes())
		for _, s := range r.ScopeSpans {
			for _, span := range s.Spans {
				if len(list) == maxSpans {
					return nil, say.Errorf("there are more than %d spans in one request", "一次请求中的 span 超过 %d 个", maxSpans)
				}
				f, err := foreign(span, kind == "application/json", of, s.GetScope().GetName())
				if err != nil {
					return nil, err
				}
				list = append(list, f)
			}
		}
	}
	return list, nil
}

// Reply is what a sender is told of spans that were taken.
func Reply(contentType string) []byte {
	if strings.HasPrefix(contentType, "application/json") {
		return []byte("{}")
	}
	return nil // an empty ExportTraceServiceResponse
}

func foreign(s *trace.Span, isJSON bool, resource map[string]any, scope string) (ledger.Foreign, error) {
	f := ledger.Foreign{Trace: id(s.TraceId, isJSON), Span: id(s.SpanId, isJSON), Parent: id(s.ParentSpanId, isJSON), Name: s.Name}
	if len(f.Trace) != 32 || len(f.Span) != 16 || len(f.Parent) != 0 && len(f.Parent) != 16 {
		return f, say.Errorf("a span has no ids of 16 and 8 bytes", "有 span 的编号不是 16 与 8 字节")
	}
	const latest = 1 << 62 // nanoseconds: the year 2116
	if len(s.Name) > maxName || s.StartTimeUnixNano > latest || s.EndTimeUnixNano > latest {
		return f, say.Errorf("a span's name or time is out of range", "有 span 的名称或时间超出范围")
	}
	f.Time = time.Unix(0, int64(s.StartTimeUnixNano)).UTC()
	f.Total = time.Duration(int64(max(s.EndTimeUnixNano, s.StartTimeUnixNano)) - int64(s.StartTimeUnixNano))
	var events []map[string]any
	for _, e := range s.Events {
		events = append(events, map[string]any{"name": e.Name, "time": e.TimeUnixNano, "attributes": attributes(e.Attributes)})
	}
	b, err := json.Marshal(map[string]any{"attributes": attributes(s.Attributes), "resource": resource, "scope": scope, "events": events,
		"kind": s.Kind.String(), "status": s.GetStatus().GetCode().String(), "message": s.GetStatus().GetMessage()})
	if err != nil {
		return f, say.Errorf("a span's attributes cannot be kept: %v", "无法保存 span 的属性：%v", err)
	}
	if len(b) > maxBody {
		return f, say.Errorf("a span's attributes are longer than %d bytes", "有 span 的属性超过 %d 字节", maxBody)
	}
	f.Body = b
	return f, nil
}

// id is an id in hexadecimal. OTLP's JSON has it so, where protocol buffers' own
// JSON would have base64: what was read as that is undone.
func id(b []byte, isJSON bool) string {
	if !isJSON {
		return hex.EncodeToString(b)
	}
	text := strings.ToLower(base64.StdEncoding.EncodeToString(b))
	if _, err := hex.DecodeString(text); err != nil {
		return ""
	}
	return text
}

func attributes(list []*common.KeyValue) map[string]any {
	m := map[string]any{}
	for _, kv := range list {
		m[kv.GetKey()] = value(kv.GetValue(), 0)
	}
	return m
}

func value(v *common.AnyValue, depth int) any {
	if depth > maxDepth {
		return nil
	}
	switch v := v.GetValue().(type) {
	case *common.AnyValue_StringValue:
		return v.StringValue
	case *common.AnyValue_BoolValue:
		return v.BoolValue
	case *common.AnyValue_IntValue:
		return v.IntValue
	case *common.AnyValue_DoubleValue:
		if v.DoubleValue != v.DoubleValue || v.DoubleValue-v.DoubleValue != 0 { // JSON has no such numbers
			return nil
		}
		return v.DoubleValue
	case *common.AnyValue_BytesValue:
		return v.BytesValue
	case *common.AnyValue_ArrayValue:
		list := []any{}
		for _, e := range v.ArrayValue.GetValues() {
			list = append(list, value(e, depth+1))
		}
		return list
	case *common.AnyValue_KvlistValue:
		m := map[string]any{}
		for _, kv := range v.KvlistValue.GetValues() {
			m[kv.GetKey()] = value(kv.GetValue(), depth+1)
		}
		return m
	}
	return nil
}

// tooDeep keeps a parser from a stack of brackets.
func tooDeep(b []byte) bool {
	d := json.NewDecoder(bytes.NewReader(b))
	for depth := 0; ; {
		t, err := d.Token()
		if err != nil {
			return false // the parser says what is wrong
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > 100 {
				return true
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}
