package verify

import (
	"encoding/json"
	"errors"
	"testing"

	"suiren/internal/say"
)

// What is wrong with a schema is said in both languages, at its place.
func TestMisfits(t *testing.T) {
	for schema, want := range map[string][2]string{
		`{"type": "strng"}`:                    {`this is no JSON schema: at "/type", a schema has no "strng" here; write one of array, boolean, integer, null, number, object, string`, `这不是 JSON Schema："/type" 处，Schema 在此处不能写 "strng"；请写其中之一：array、boolean、integer、null、number、object、string`},
		`{"properties": {"a": {"type": "x"}}}`: {`this is no JSON schema: at "/properties/a/type", a schema has no "x" here; write one of array, boolean, integer, null, number, object, string`, `这不是 JSON Schema："/properties/a/type" 处，Schema 在此处不能写 "x"；请写其中之一：array、boolean、integer、null、number、object、string`},
		`{"required": "a"}`:                    {`this is no JSON schema: at "/required", this is of the type string; it must be of the type array`, `这不是 JSON Schema："/required" 处，此处的类型是 string；应为 array`},
		`{"additionalProperties": 1}`:          {`this is no JSON schema: at "/additionalProperties", this is of the type number; it must be of the type boolean, object`, `这不是 JSON Schema："/additionalProperties" 处，此处的类型是 number；应为 boolean、object`},
		`{"enum": 1}`:                          {`this is no JSON schema: at "/enum", this is of the type number; it must be of the type array`, `这不是 JSON Schema："/enum" 处，此处的类型是 number；应为 array`},
		`{"required": ["a", "b", "a"]}`:        {`this is no JSON schema: at "/required", the items 1 and 3 of this list are equal; write each of them once`, `这不是 JSON Schema："/required" 处，此列表的第 1 项与第 3 项相同；每项只写一次`},
		`{"minLength": -1}`:                    {`this is no JSON schema: at "/minLength", -1 is too small; it must be at least 0`, `这不是 JSON Schema："/minLength" 处，-1 太小；至少应为 0`},
		`{"multipleOf": 0}`:                    {`this is no JSON schema: at "/multipleOf", 0 is too small; it must be more than 0`, `这不是 JSON Schema："/multipleOf" 处，0 太小；应大于 0`},
		`{"anyOf": []}`:                        {`this is no JSON schema: at "/anyOf", this list has 0 items; it must have at least 1`, `这不是 JSON Schema："/anyOf" 处，此列表有 0 项；至少应有 1 项`},
		`{"pattern": "("}`:                     {`this is no JSON schema: at "/pattern", "(" is not of the format regex; see json-schema.org for what a schema may say`, `这不是 JSON Schema："/pattern" 处，"(" 不是 regex 格式；Schema 的写法见 json-schema.org`},
		`[]`:                                   {`this is no JSON schema: at "/", this is of the type array; it must be of the type boolean, object`, `这不是 JSON Schema："/" 处，此处的类型是 array；应为 boolean、object`},
		`{"$anchor": "1", "type": "object"}`:   {`this is no JSON schema: at "/$anchor", "1" is not what may stand here; it must match ^[A-Za-z_][-A-Za-z0-9._]*$`, `这不是 JSON Schema："/$anchor" 处，"1" 不能写在此处；应匹配 ^[A-Za-z_][-A-Za-z0-9._]*$`},
	} {
		raw, _ := json.Marshal(map[string]json.RawMessage{"schema": json.RawMessage(schema)})
		_, err := Parse(raw)
		if got := say.Err(say.English, err); got != "schema: "+want[0] {
			t.Errorf("%s: %s", schema, got)
		}
		if got := say.Err(say.Chinese, err); got != "schema: "+want[1] {
			t.Errorf("%s: %s", schema, got)
		}
		if _, ok := errors.AsType[*Misfit](err); !ok {
			t.Errorf("%s: %v tells no place", schema, err)
		}
	}
}
