// Package verify says whether an answer to the owner's problem is right: by an
// exact number, an equation, a choice, a regular expression, a JSON schema, by
// running code in a sandbox, or by asking a program on the owner's own network.
//
// A reply is judged without its thought. Every verifier is bounded in time and
// memory, and none but url can give two scores to one reply.
package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"math/big"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"suiren/internal/say"
)

// A Spec is what makes an answer right: exactly one of its fields, of which
// number may have a tolerance. It is the
// value of "verify" in a problem of the owner.
type Spec struct {
	Number    json.RawMessage `json:"number,omitempty"`    // 42, "1/3", "12.50"
	Tolerance json.RawMessage `json:"tolerance,omitempty"` // of number: how far off the answer may be
	Equation  json.RawMessage `json:"equation,omitempty"`  // "(11-1)*2", or {"target": 24, "numbers": [3, 3, 8, 8]}
	Choice    string          `json:"choice,omitempty"`    // "B", "ACD"
	Regex     string          `json:"regex,omitempty"`     // RE2; all of the answer
	Schema    json.RawMessage `json:"schema,omitempty"`    // JSON Schema of the answer
	Code      *Code           `json:"code,omitempty"`
	URL       string          `json:"url,omitempty"` // asked with the reply
}

// A Verifier scores replies to one problem. It may be used by many at once.
type Verifier struct {
	score func(ctx context.Context, prompt, answer string) (float64, error)
	most  int  // how many are judged at a time; 0: one after another, which is fastest
	url   bool // a program of the owner's gives the score
}

// Names are the kinds of verifier.
var Names = []string{"number", "equation", "choice", "regex", "schema", "code", "url"}

// toleranceName is the field beside number.
const toleranceName = "tolerance"

// maxAnswer bounds what is judged; a longer answer is wrong.
const maxAnswer = 1 << 20

// Parse reads a Spec and prepares its verifier. Errors are for people; where one of its
// fields is wrong, they name that as the place.
func Parse(raw []byte) (*Verifier, error) {
	s, err := read(raw)
	if err != nil {
		return nil, err
	}
	have := s.kinds()
	if len(have) != 1 {
		return nil, choose(say.T("verify has %d of its fields; it must have one", "verify 有 %d 项，应恰有一项", len(have)))
	}
	var f func(context.Context, string, string) (float64, error)
	if s.Tolerance != nil && s.Number == nil {
		return nil, &say.Error{Where: toleranceName, What: say.T("only a number has a tolerance", "只有 number 可以有 tolerance"), Next: say.T("delete it, or write it beside number", "请删去，或与 number 写在一起")}
	}
	switch have[0] {
	case "number":
		f, err = number(s.Number, s.Tolerance)
	case "equation":
		f, err = equation(s.Equation)
	case "choice":
		f, err = choice(s.Choice)
	case "regex":
		f, err = pattern(s.Regex)
	case "schema":
		f, err = schema(s.Schema)
	case "code":
		f, err = code(s.Code, codeTime)
	case "url":
		f, err = endpoint(s.URL)
	}
	if err != nil {
		return nil, in(have[0], err)
	}
	codes, _ := Sandboxes()
	return &Verifier{f, map[string]int{"url": atOnce, "code": codes}[have[0]], have[0] == "url"}, nil
}

// kinds are the Names that s has.
func (s *Spec) kinds() (have []string) {
	for i, there := range []bool{s.Number != nil, s.Equation != nil, s.Choice != "", s.Regex != "", s.Schema != nil, s.Code != nil, s.URL != ""} {
		if there {
			have = append(have, Names[i])
		}
	}
	return have
}

// Program is "code" or "url" of a Spec by which a program runs for each reply,
// else "".
func Program(raw []byte) string {
	switch s, err := read(raw); {
	case err != nil:
	case s.Code != nil:
		return "code"
	case s.URL != "":
		return "url"
	}
	return ""
}

// read reads a Spec whose fields are known and of their kinds.
func read(raw []byte) (s Spec, err error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil {
		return s, choose(say.T("verify is no object with a field", "verify 不是带一项的对象"))
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != toleranceName && !slices.Contains(Names, name) {
			return s, choose(say.T("there is no verifier %q", "没有验证方式 %q", clip(name)))
		}
	}
	texts := map[string]*string{"choice": &s.Choice, "regex": &s.Regex, "url": &s.URL}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if raw := fields[name]; raw != nil && json.Unmarshal(raw, texts[name]) != nil {
			return s, &say.Error{Where: name, What: say.T("%s is no text", "%s 不是文本", name), Next: say.T("write it between quotation marks", "请写在引号中")}
		}
	}
	if raw := fields["code"]; raw != nil {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&s.Code); err != nil {
			return s, in("code", codeFault(raw, err))
		}
	}
	s.Number, s.Tolerance, s.Equation, s.Schema = fields["number"], fields[toleranceName], fields["equation"], fields["schema"]
	return s, nil
}

// in says in which field an error is, if it does not itself.
func in(field string, err error) error {
	if e, ok := errors.AsType[*say.Error](err); ok && e.Where == "" {
		e.Where = field
	}
	return err
}

func choose(what say.Text) error {
	return &say.Error{What: what, Next: say.T("write one of %s", "请写其中一项：%s", Names)}
}

// Score returns the reward of a reply, 0 to 1. The thought before </think> is
// not judged, and a reply whose thought has not ended gives no answer. An error says that the reply could not be judged.
func (v *Verifier) Score(ctx context.Context, prompt, reply string) (float64, error) {
	answer, ok := answerIn(reply)
	if !ok {
		return 0, ctx.Err()
	}
	return v.score(ctx, prompt, answer)
}

// answerIn is what is judged of a reply, if there is anything.
func answerIn(reply string) (answer string, ok bool) {
	if _, after, ok := strings.Cut(reply, "</think>"); ok {
		reply = after
	}
	reply = strings.TrimSpace(reply)
	return reply, reply != "" && len(reply) <= maxAnswer && !strings.HasPrefix(reply, "<think>")
}

// exact makes a score of a question that an answer settles by itself.
func exact(right func(answer string) bool) func(context.Context, string, string) (float64, error) {
	return func(ctx context.Context, _, answer string) (float64, error) {
		if ctx.Err() == nil && right(answer) {
			return 1, ctx.Err()
		}
		return 0, ctx.Err()
	}
}

// number: the answer settles on this one, within the tolerance. A per cent sign is
// a hundredth or a unit, unless the owner wrote it, and 万 a unit where it is asked
// how many of them. A division that is left to do is no answer. Of a number and what it
// is rounded to, either may be right. A bound is right only where one of its side is asked for.
func number(raw, within json.RawMessage) (func(context.Context, string, string) (float64, error), error) {
	want, err := rational(raw)
	if err != nil {
		return nil, err
	}
	off := figure{value: new(big.Rat)}
	if within != nil {
		if off, err = rational(within); err != nil || off.value.Sign() < 0 {
			return nil, &say.Error{Where: toleranceName, What: say.T("%s is no tolerance", "%s 不能作 tolerance", clip(string(within))), Next: say.T("write how far off an answer may be, like 0.01", "请写回答最多可以相差多少，例如 0.01")}
		}
	}
	right := func(v *big.Rat) bool {
		d := new(big.Rat).Sub(v, want.value)
		return d.Abs(d).Cmp(off.value) <= 0
	}
	return func(_ context.Context, prompt, answer string) (float64, error) {
		got, ok := answerNumber(answer)
		if !ok || !got.bound.asked(prompt) || got.near != nil && !got.near.bound.asked(prompt) {
			return 0, nil
		}
		for f := &got; f != nil; f = f.near {
			if f.unfinished(want) || repeats(prompt, *f) {
				continue
			}
			unit := big.NewRat(1, 1)
			switch {
			case f.percent && !want.percent:
				unit.SetFrac64(1, 100)
			case f.power > 0 && counted(prompt, f.power):
				unit.SetInt64(int64(math.Pow10(f.power)))
			}
			if right(f.value) || right(unit.Quo(f.value, unit)) {
				return 1, nil
			}
		}
		return 0, nil
	}, nil
}

// span is what two numbers and - are: 1-2 is rather from 1 to 2 than -1, 50-8 is not.
var span = regexp.MustCompile(`^\s*(` + numeral + `)\s?[-–−]\s?(` + numeral + `)\s*$`)

// rational reads a number, or a string with one or with what gives one.
func rational(raw json.RawMessage) (figure, error) {
	var s string
	if json.Unmarshal(raw, &s) != nil && json.Unmarshal(raw, new(json.Number)) == nil {
		s = string(raw)
	}
	fraction := strings.Contains(plain(s), "/")
	if f, ok := soleNumber(s); ok {
		f.fraction = fraction
		return f, nil
	}
	if m := span.FindStringSubmatch(s); m != nil {
		from, ok := soleNumber(m[1])
		to, also := soleNumber(m[2])
		if ok && also && from.value.Cmp(to.value) < 0 {
			return figure{}, &say.Error{What: say.T("%s may be a range or a difference", "%s 可能是范围，也可能是减法", clip(s)), Next: say.T(`write the one number, like "%s" for a difference`, `请写出一个数，若是减法则写 "%s"`, new(big.Rat).Sub(from.value, to.value).RatString())}
		}
	}
	if v, ok := evaluate(s, nil, true); ok {
		return figure{value: v, percent: strings.Contains(s, "%"), fraction: fraction}, nil
	}
	return figure{}, &say.Error{What: say.T("%s is no number", "%s 不是数", clip(string(raw))), Next: say.T(`write it like 42, "1/3", "2(1/2)" or "12.50"`, `请写成 42、"1/3"、"2(1/2)" 或 "12.50" 的样子`)}
}

// equation: the answer's value, written as an expression or a number.
func equation(raw json.RawMessage) (func(context.Context, string, string) (float64, error), error) {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		wanted := divided(afterEquals(s))
		want, ok := evaluate(wanted, nil, true)
		if !ok {
			return nil, &say.Error{What: say.T("%s cannot be worked out", "%s 无法计算", clip(s)), Next: say.T("write numbers, + - * / ^ and parentheses", "请只用数、+ - * / ^ 和括号")}
		}
		ratios := wanted != afterEquals(s)
		return exact(func(answer string) bool {
			if ratios {
				answer = divided(answer)
			}
			_, ok := answerEquation(answer, want, true)
			return ok
		}), nil
	}
	var o struct {
		Target  json.RawMessage   `json:"target"`
		Numbers []json.RawMessage `json:"numbers"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil || len(o.Numbers) == 0 || len(o.Numbers) > 100 {
		return nil, &say.Error{What: say.T("this equation cannot be read", "无法读取这个 equation"), Next: say.T(`write "(11-1)*2", or {"target": 24, "numbers": [3, 3, 8, 8]}`, `请写 "(11-1)*2"，或 {"target": 24, "numbers": [3, 3, 8, 8]}`)}
	}
	want, err := rational(o.Target)
	if err != nil {
		return nil, err
	}
	var have []*big.Rat
	for _, raw := range o.Numbers {
		r, err := rational(raw)
		if err != nil {
			return nil, err
		}
		have = append(have, r.value)
	}
	order := func(list []*big.Rat) { slices.SortFunc(list, (*big.Rat).Cmp) }
	order(have)
	return exact(func(answer string) bool {
		sides, ok := answerEquation(answer, want.value, false)
		return ok && slices.ContainsFunc(sides, func(x side) bool {
			order(x.used)
			return slices.EqualFunc(x.used, have, func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
		})
	}), nil
}

// pattern: the whole answer matches.
func pattern(re string) (func(context.Context, string, string) (float64, error), error) {
	if len(re) > 1<<16 {
		return nil, &say.Error{What: say.T("the regular expression is longer than %d bytes", "正则表达式超过 %d 字节", 1<<16)}
	}
	var m *regexp.Regexp
	_, err := regexp.Compile(re) // by itself: no parenthesis closes ours, and faults are told of what was written
	if err == nil {
		m, err = regexp.Compile(`\A(?:` + re + `)\z`)
	}
	if err != nil {
		return nil, &say.Error{What: say.T("this is no regular expression: %v", "这不是正则表达式：%v", err), Next: say.T("it is written as RE2, without references and look-around", "请按 RE2 书写，不能用反向引用和环视")}
	}
	size := stepsOf(re)
	return exact(func(answer string) bool { return len(answer) <= maxSteps/size && m.MatchString(answer) }), nil
}

// maxSteps bounds the work of a regular expression: each of its steps may be taken for each
// byte of an answer. A longer answer is wrong.
const maxSteps = 1 << 28

// stepsOf returns how many steps a regular expression has.
func stepsOf(re string) int {
	parsed, err := syntax.Parse(re, syntax.Perl)
	if err != nil {
		return 1
	}
	p, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 1
	}
	return len(p.Inst)
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}
