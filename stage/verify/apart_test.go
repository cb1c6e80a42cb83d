package verify

import (
	"encoding/json"
	"testing"
)

func TestApart(t *testing.T) {
	for _, c := range []struct {
		a, said, b, saidToo string
		want                bool
	}{
		{`{"number":48}`, "", `{"number":48}`, "", false},
		{`{"number":48}`, "", `{"number":"48.0"}`, "", false},
		{`{"number":48}`, "", `{"number":49}`, "", true},
		{`{"number":48}`, "", `{"number":49,"tolerance":1}`, "", false}, // 48 is right by both
		{`{"number":48}`, "It is 48.", `{"number":49}`, "It is 49.", true},
		{`{"number":"1/3"}`, "", `{"number":"2/6"}`, "", false},
		{`{"number":"50%"}`, "", `{"number":0.5}`, "", false},
		{`{"choice":"B"}`, "", `{"choice":"C"}`, "", true},
		{`{"choice":"AC"}`, "", `{"choice":"CA"}`, "", false},
		{`{"choice":"B"}`, "", `{"number":2}`, "", false}, // "B: 2" may be meant
		{`{"equation":"(11-1)*2"}`, "", `{"equation":"4*5"}`, "", false},
		{`{"equation":"(11-1)*2"}`, "", `{"equation":"4*6"}`, "", true},
		{`{"equation":{"target":24,"numbers":[3,3,8,8]}}`, "", `{"equation":{"target":20,"numbers":[3,3,8,8]}}`, "", false}, // no answer is known
		{`{"regex":"Paris"}`, "", `{"regex":"^London$"}`, "", true},
		{`{"regex":"(?i)paris"}`, "", `{"regex":"London"}`, "", false},
		{`{"regex":"(?i)paris"}`, "paris", `{"regex":"London"}`, "", true},
		{`{"regex":"Par.*"}`, "Lyon", `{"regex":"London"}`, "", false}, // its own answer is wrong
		{`{"schema":{"type":"integer"}}`, "3", `{"schema":{"type":"string"}}`, `"a"`, true},
		{`{"schema":{"type":"integer"}}`, "", `{"schema":{"type":"string"}}`, "", false},
		{`{"url":"http://127.0.0.1:1/"}`, "a", `{"url":"http://127.0.0.1:2/"}`, "b", false},
	} {
		a, b := Known{json.RawMessage(c.a), c.said}, Known{json.RawMessage(c.b), c.saidToo}
		for _, k := range [][2]Known{{a, b}, {b, a}} {
			if got, err := Apart(t.Context(), "What is it?", k[0], k[1]); got != c.want || err != nil {
				t.Errorf("%s %s: %v, %v", k[0], k[1], got, err)
			}
		}
	}
}
