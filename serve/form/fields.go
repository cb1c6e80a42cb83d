package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"suiren/internal/say"
)

// Fields are the parameters of a request's body: what each does to an R. One
// that is not among them is refused by name, for to ignore it could change
// the answer behind the caller's back.
type Fields[R any] map[string]func(r *R, v json.RawMessage) error

// Read reads a body into r. Its errors name the parameter at fault. A null
// counts as left out.
func (f Fields[R]) Read(body []byte, r *R) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return Unread(err)
	}
	if fields == nil {
		return notObject(say.T("it is null", "它是 null"))
	}
	return f.each("", fields, r)
}

// ReadIn reads the object v, which the parameter of that name is. Its errors
// name what is in it name.key.
func (f Fields[R]) ReadIn(name string, v json.RawMessage, r *R) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(v, &fields); err != nil {
		return err // of the parameter
	}
	return f.each(name+".", fields, r)
}

// List reads the list v, which the parameter of that name is, of at most most items.
// Its errors name the item as its surface counts them, "[%d]" or ".%d".
func List[T any](v json.RawMessage, name, index string, most int) ([]T, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(v, &items); err != nil {
		return nil, err // of the parameter
	}
	if len(items) > most {
		return nil, OutOfRange(name, say.T("at most %d", "至多 %d 项", most))
	}
	list := make([]T, len(items))
	for i, item := range items {
		if err := json.Unmarshal(item, &list[i]); err != nil {
			return nil, WrongType(name+fmt.Sprintf(index, i), err)
		}
	}
	return list, nil
}

func (f Fields[R]) each(prefix string, fields map[string]json.RawMessage, r *R) error {
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		name := prefix + key
		set, ok := f[key]
		if !ok {
			return Invalid(Clip(name), "unknown_parameter", say.T("unknown parameter: %q", "未知参数：%q", Clip(name)))
		}
		v := fields[key]
		if string(v) == "null" {
			continue
		}
		if err := set(r, v); err != nil {
			e := WrongType(name, err)
			if e.Param == key {
				e.Param = name
			}
			return e
		}
	}
	return nil
}

// Unread is the 400 for a body that encoding/json did not read.
func Unread(err error) *Error {
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case !ok:
		return notObject(say.T("%v", "%v", err))
	case e.Field == "":
		return notObject(say.T("it is %v", "它是%v", say.KindThere(e)))
	}
	return WrongType("", err)
}

func notObject(why say.Text) *Error {
	return Invalid("", "invalid_json", say.T("the body is not a JSON object: %v", "请求体不是 JSON 对象：%v", why))
}

// WrongType makes an error of encoding/json about a parameter, or something in it,
// one for the client; "" is the whole body.
func WrongType(name string, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return Invalid(name, "invalid_type", say.T("%s has the wrong type", "%s 的类型不对", name))
	}
	if e.Field != "" {
		name = strings.TrimPrefix(name+"."+e.Field, ".")
	}
	return Invalid(name, "invalid_type", say.T("%s: expected %v, got %v", "%s：应为%v，却是%v", name, say.KindOf(e.Type), say.KindThere(e)))
}

// Ignore accepts a parameter that does not change the answer.
func Ignore[R any](*R, json.RawMessage) error { return nil }

// Only accepts a parameter that nothing here knows, if its value asks for
// nothing.
func Only[R any](name string, neutral ...string) func(*R, json.RawMessage) error {
	return func(_ *R, v json.RawMessage) error {
		var b bytes.Buffer
		if err := json.Compact(&b, v); err != nil {
			return err
		}
		if slices.Contains(neutral, b.String()) {
			return nil
		}
		return Invalid(name, "unsupported_parameter", say.T("%s is not supported here; leave it out or send %s",
			"这里不支持 %s；请去掉，或写成 %s", name, neutral[0]))
	}
}

// Number reads a number within [low, high].
func Number(v json.RawMessage, name string, low, high float64) (*float64, error) {
	var f float64
	if err := json.Unmarshal(v, &f); err != nil {
		return nil, err
	}
	if f < low || f > high {
		return nil, OutOfRange(name, say.T("%v to %v", "%v 到 %v", low, high))
	}
	return &f, nil
}

// Whole reads a whole number within [low, high].
func Whole(v json.RawMessage, name string, low, high int) (int, error) {
	var f float64 // some clients write 5.0
	if err := json.Unmarshal(v, &f); err != nil {
		return 0, err
	}
	if f != math.Trunc(f) {
		return 0, MustBe(name, say.T("a whole number", "整数"))
	}
	if f < float64(low) || f > float64(high) {
		if f < float64(low) && high == math.MaxInt32 {
			return 0, OutOfRange(name, say.T("at least %d", "不小于 %d 的数", low))
		}
		return 0, OutOfRange(name, say.T("%d to %d", "%d 到 %d", low, high))
	}
	return int(f), nil
}

// Bounds of stop strings.
const (
	maxStops   = 16
	maxStopLen = 256 // bytes
)

// ReadStop reads one string or a list.
func ReadStop(v json.RawMessage, name string) ([]string, error) {
	list, err := Strings(v)
	if err != nil {
		return nil, MustBe(name, say.T("a string, or a list of strings", "字符串，或字符串的列表"))
	}
	if len(list) > maxStops {
		return nil, OutOfRange(name, say.T("at most %d strings", "至多 %d 个字符串", maxStops))
	}
	for _, s := range list {
		if s == "" || len(s) > maxStopLen {
			return nil, OutOfRange(name, say.T("strings of 1 to %d bytes", "长度 1 到 %d 字节的字符串", maxStopLen))
		}
	}
	return list, nil
}

// Strings reads one string or a list.
func Strings(v json.RawMessage) ([]string, error) {
	var one string
	if json.Unmarshal(v, &one) == nil {
		return []string{one}, nil
	}
	var list []string
	err := json.Unmarshal(v, &list)
	return list, err
}

// ReadSeed reads a seed: any whole number of 64 bits, with a sign, as replies tell it, or
// without, as receipts do.
func ReadSeed(v json.RawMessage) (*uint64, error) {
	var n int64
	var u uint64
	switch {
	case json.Unmarshal(v, &n) == nil:
		u = uint64(n)
	case json.Unmarshal(v, &u) != nil:
		return nil, MustBe("seed", say.T("a whole number of 64 bits", "64 位整数"))
	}
	return &u, nil
}

// readPrompt reads a string, or a list of token ids.
func readPrompt(v json.RawMessage) (Prompt, error) {
	var p Prompt
	if json.Unmarshal(v, &p.Text) == nil {
		return p, nil
	}
	p.IDs = []int32{}
	err := json.Unmarshal(v, &p.IDs)
	if err == nil && bytes.Contains(v, []byte("null")) {
		err = errors.New("null is no token") // encoding/json leaves it 0
	}
	return p, err
}

// ReadPrompts reads what readPrompt does, or a list of it of at most most.
func ReadPrompts(v json.RawMessage, name string, most int) ([]Prompt, error) {
	if p, err := readPrompt(v); err == nil && !(p.IDs != nil && len(p.IDs) == 0) {
		return []Prompt{p}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(v, &list); err != nil {
		return nil, MustBe(name, say.T("a string, a list of tokens, or a list of either", "字符串、词元列表，或它们的列表"))
	}
	if len(list) == 0 || len(list) > most {
		return nil, OutOfRange(name, say.T("a string, tokens, or a list of 1 to %d of them", "字符串、词元，或 1 到 %d 个这样的列表", most))
	}
	prompts := make([]Prompt, len(list))
	for i, v := range list {
		p, err := readPrompt(v)
		if err != nil || string(v) == "null" {
			return nil, MustBe(fmt.Sprintf("%s[%d]", name, i), say.T("a string, or a list of tokens", "字符串，或词元列表"))
		}
		prompts[i] = p
	}
	return prompts, nil
}
