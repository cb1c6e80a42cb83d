package form

import (
	"strings"
	"testing"

	"suiren/internal/say"
)

// What a model cannot do is told with what to do instead; a conversation is not to be
// left out.
func TestUnmet(t *testing.T) {
	for _, c := range []struct {
		need   Need
		en, zh string
	}{
		{Need{Prefilled, "messages"}, "end it with a message of the user", "结尾"},
		{Need{Tools, "input"}, "leave them out of it", "去掉它们"},
		{Need{Tools, "tools"}, "tools is not supported by this model here; leave it out", "请去掉它"},
		{Need{Raw, "prompt"}, "/v1/chat/completions", "/v1/chat/completions"},
		{Need{Raw | Echo, "echo"}, "/v1/chat/completions", "原始提示"},
		{Need{Logprobs, "logprobs"}, "leave it out", "请去掉它"},
	} {
		e := (JSON | Sampled).Unmet([]Need{{JSON, "format"}, c.need})
		if e == nil || e.Status != 400 || e.Code != "unsupported_parameter" || e.Param != c.need.Param {
			t.Fatalf("%v: %v", c.need, e)
		}
		if !strings.Contains(e.In(say.English), c.en) || !strings.Contains(e.In(say.Chinese), c.zh) {
			t.Errorf("%v: %s, %s", c.need, e.In(say.English), e.In(say.Chinese))
		}
		if e := (JSON | c.need.Can).Unmet([]Need{{JSON, "format"}, c.need}); e != nil {
			t.Errorf("%v: %v of who can", c.need, e)
		}
	}
}
