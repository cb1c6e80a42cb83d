package data

import (
	"encoding/json"
	"reflect"
	"testing"
)

// lines are JSON, or nearly, of which plain must say what encoding/json says.
var lines = []string{
	`{"id":"1","path":"a.txt","lang":"en","title":"A \"title\"","text":"one\ntwo\t\\ \/ 中文\n"}`,
	`{"id":"1","text":"","format":"pdf","author":"x","date":"2026"}`, `{"id":"","id":"2"}`, `{"id":"1","id":"2"}`, `{"ID":"1"}`, `{"text":"\u4e2d"}`,
	`{"text":"a","pages":[1,2]}`, `{"text":null}`, `{"text":1}`, `{ "text":"a" }`, `{"text":"a",}`, `{"text":"a"}}`, `{"text":"a"} `, `{"text":"a`, `{"text":"a"`, `{"text":"a",`,
	`{"text":"a\`, `{"text":"a\x"}`, `{"text"}`, `{}`, `{`, ``, `null`, `[]`, `{"other":"a"}`, "{\"text\":\"a\tb\"}", "{\"text\":\"a\xffb\"}", `{"te\u0078t":"a"}`, `{"te\/xt":"a"}`, `{"text":"\ud83d\ude00"}`,
}

func sameAsJSON(t *testing.T, line string) (plain bool) {
	t.Helper()
	var want, got, fast Document
	wrong := json.Unmarshal([]byte(line), &want)
	err := got.parse([]byte(line))
	if (err == nil) != (wrong == nil) || err == nil && !reflect.DeepEqual(got, want) {
		t.Errorf("%q: %+v %v, want %+v %v", line, got, err, want, wrong)
	}
	if plain = fast.plain(line); plain && wrong != nil {
		t.Errorf("%q is read, and is no JSON: %v", line, wrong)
	}
	return plain
}

func TestParse(t *testing.T) {
	plain := 0
	for _, l := range lines {
		if sameAsJSON(t, l) {
			plain++
		}
	}
	if plain < 2 {
		t.Errorf("%d lines were plain", plain)
	}
	text, err := json.Marshal(newDocument("a/b.txt", "A title\n\nSome words.\n第二行\n"))
	if err != nil || !sameAsJSON(t, string(text)) {
		t.Errorf("a line as it is written is not plain: %s %v", text, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, l := range lines {
		f.Add(l)
	}
	f.Fuzz(func(t *testing.T, line string) { sameAsJSON(t, line) })
}
