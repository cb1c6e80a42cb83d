package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types/ref"

	"suiren/internal/say"
	"suiren/stage"
)

// A grammar makes dialogues: a file of the owner's, or dialogues.json. What
// stands in braces in a text is a phrase, a name that was drawn, or CEL over
// such names; {{ and }} are braces.
type grammar struct {
	Lists     map[string][]any               `json:"lists"`   // to draw from: texts, numbers, objects
	Phrases   map[string]map[string][]string `json:"phrases"` // by language: wordings of one meaning, which are texts too
	Dialogues []dialogue                     `json:"dialogues"`

	name string
}

// A dialogue is a form that dialogues are made of.
type dialogue struct {
	Name   string            `json:"name"`
	Weight int               `json:"weight"` // among the others: 1 unless said
	Draw   [][2]string       `json:"draw"`   // name and what: "2..9", a list, or CEL over the names before
	Where  string            `json:"where"`  // CEL: draws for which it does not hold are drawn again
	Turns  map[string][]turn `json:"turns"`  // by language
	Verify any               `json:"verify"` // what makes the last answer right, see stage/verify

	g       *grammar
	draws   []drawn
	where   cel.Program
	env     *cel.Env
	texts   map[string]*text // by how they are written
	current string           // the language that is compiled
}

// A turn is a message with texts in the place of its strings.
type turn struct {
	Role    string     `json:"role"`
	Content string     `json:"content"`
	Thought string     `json:"reasoning_content"`
	Calls   []turnCall `json:"tool_calls"`
}

type turnCall struct {
	Name      string `json:"name"`
	Arguments any    `json:"arguments"` // texts in it are filled in
}

// A drawn is a name and where its value comes from: a range, a list, or CEL.
type drawn struct {
	name   string
	lo, hi int
	list   []any
	value  cel.Program
}

// A text is pieces one after the other.
type text []piece

// A piece is words as they are, a phrase, or a value.
type piece struct {
	words  string
	phrase []*text
	value  cel.Program
}

// Bounds of a grammar and of what it makes.
const (
	maxGrammar    = 4 << 20 // bytes
	maxPhrases    = 8       // one within the other
	maxFilled     = 64 << 10
	maxDrawCost   = 10_000 // CEL's units
	maxTurns      = 64
	maxDraws      = 64
	rangesAtMost  = 1 << 40
	maxExpression = 500
)

var rangeOf = regexp.MustCompile(`^(-?[0-9]{1,13})\.\.(-?[0-9]{1,13})$`)

// readGrammar reads and compiles a grammar. Errors name the place in it.
func readGrammar(name string, b []byte, langs []string) (*grammar, error) {
	fail := func(where string, err error) error { return inGrammar(name+": "+where, err) }
	if len(b) > maxGrammar {
		return nil, fail("", say.Errorf("a grammar has at most %d bytes", "语法文件至多 %d 字节", maxGrammar))
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")) // as editors mark UTF-8
	g := &grammar{name: name}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(g); err != nil {
		return nil, inGrammar(name+placeIn(b, err), err)
	}
	if rest := bytes.TrimSpace(b[d.InputOffset():]); len(rest) > 0 {
		at := bytes.LastIndex(b, rest)
		return nil, inGrammar(name+linePlace(b, at), say.Errorf("something stands behind the grammar", "语法之后还有别的内容"))
	}
	for name, list := range g.Lists {
		for i := range list {
			v, err := plainValue(list[i])
			if err != nil {
				return nil, fail("lists."+name, err)
			}
			list[i] = v
		}
	}
	names := map[string]bool{}
	for i := range g.Dialogues {
		d := &g.Dialogues[i]
		if d.Name == "" || names[d.Name] {
			return nil, fail(fmt.Sprintf("dialogues[%d]", i), say.Errorf("it needs a name of its own", "需要一个独有的名字"))
		}
		names[d.Name] = true
		d.g = g
		if err := d.compile(langs); err != nil {
			return nil, fail(d.Name, err)
		}
	}
	if len(g.Dialogues) == 0 {
		return nil, fail("dialogues", say.Errorf("there are none", "没有对话"))
	}
	return g, nil
}

// inGrammar says where in a grammar an error is.
func inGrammar(where string, err error) error {
	next := say.T("see generate = \"dialogues\" in docs/plan.md", "见 docs/plan.zh-CN.md 的 generate = \"dialogues\"")
	if e, ok := errors.AsType[*say.Error](err); ok {
		if e.Where != "" {
			where += ": " + e.Where
		}
		return &say.Error{Where: where, What: e.What, Next: next, Err: err}
	}
	return &say.Error{Where: where, What: say.T("%v", "%v", err), Next: next, Err: err}
}

// plainValue makes whole numbers of JSON int64, others float64.
func plainValue(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		return v.Float64()
	case map[string]any:
		for k := range v {
			x, err := plainValue(v[k])
			if err != nil {
				return nil, err
			}
			v[k] = x
		}
	case []any:
		for i := range v {
			x, err := plainValue(v[i])
			if err != nil {
				return nil, err
			}
			v[i] = x
		}
	}
	return v, nil
}

func (d *dialogue) compile(langs []string) error {
	if d.Weight < 0 || len(d.Draw) > maxDraws {
		return say.Errorf("weight is at least 0, and draws are at most %d", "weight 不小于 0，draw 至多 %d 项", maxDraws)
	}
	options := []cel.EnvOption{cel.ParserExpressionSizeLimit(maxExpression), cel.ParserRecursionLimit(16)}
	for _, x := range d.Draw {
		options = append(options, cel.Variable(x[0], cel.DynType))
	}
	var err error
	if d.env, err = cel.NewEnv(options...); err != nil {
		return err
	}
	for _, x := range d.Draw {
		v := drawn{name: x[0]}
		if m := rangeOf.FindStringSubmatch(x[1]); m != nil {
			v.lo, _ = strconv.Atoi(m[1])
			v.hi, _ = strconv.Atoi(m[2])
			if v.hi < v.lo || v.hi-v.lo > rangesAtMost {
				return say.Errorf("%s: %q is no range", "%s：%q 不是范围", x[0], x[1])
			}
		} else if v.list = d.g.Lists[x[1]]; v.list != nil {
			if len(v.list) == 0 {
				return say.Errorf("%s: the list %q is empty", "%s：列表 %q 是空的", x[0], x[1])
			}
		} else if v.value, err = d.program(x[1]); err != nil {
			return inGrammar(x[0], err)
		}
		d.draws = append(d.draws, v)
	}
	if d.Where != "" {
		if d.where, err = d.program(d.Where); err != nil {
			return inGrammar("where", err)
		}
	}
	made := 0
	d.texts = map[string]*text{}
	for _, lang := range langs {
		turns := d.Turns[lang]
		if turns == nil {
			continue
		}
		d.current, made = lang, made+1
		if n := len(turns); n < 2 || n > maxTurns || turns[n-1].Role != "assistant" || turns[n-2].Role == "assistant" {
			return say.Errorf("turns.%s: from 2 to %d, the last an answer of the assistant", "turns.%s：2 到 %d 轮，最后一轮是助手的回答", lang, maxTurns)
		}
		for i, t := range turns {
			if !slices.Contains([]string{"system", "user", "assistant", "tool"}, t.Role) {
				return say.Errorf("turns.%s[%d]: there is no role %q", "turns.%s[%d]：没有角色 %q", lang, i, t.Role)
			}
			for _, s := range []string{t.Content, t.Thought} {
				if _, err := d.text(s, 0); err != nil {
					return inGrammar(fmt.Sprintf("turns.%s[%d]", lang, i), err)
				}
			}
			for _, c := range t.Calls {
				if err := d.texted(c.Arguments); err != nil {
					return inGrammar(fmt.Sprintf("turns.%s[%d]", lang, i), err)
				}
			}
		}
		if err := d.texted(d.Verify); err != nil {
			return inGrammar("verify", err)
		}
	}
	for lang := range d.Turns {
		if !slices.Contains(languages, lang) {
			return say.Errorf("turns: languages are %s", "turns：语言为 %s", languages)
		}
	}
	return nil
}

func (d *dialogue) program(s string) (cel.Program, error) {
	if len(s) > maxExpression {
		return nil, say.Errorf("an expression is longer than %d bytes", "表达式超过 %d 字节", maxExpression)
	}
	ast, issues := d.env.Compile(s)
	if err := issues.Err(); err != nil {
		return nil, err
	}
	return d.env.Program(ast, cel.CostLimit(maxDrawCost))
}

// texted compiles all texts in a value of JSON.
func (d *dialogue) texted(v any) (err error) {
	switch v := v.(type) {
	case string:
		_, err = d.text(v, 0)
	case map[string]any:
		for _, x := range v {
			err = errors.Join(err, d.texted(x))
		}
	case []any:
		for _, x := range v {
			err = errors.Join(err, d.texted(x))
		}
	}
	return err
}

// text compiles a text, once for each language: phrases differ.
func (d *dialogue) text(s string, depth int) (*text, error) {
	if depth > maxPhrases {
		return nil, say.Errorf("phrases stand in one another more than %d deep", "短语嵌套超过 %d 层", maxPhrases)
	}
	key := d.current + "\n" + s
	if t := d.texts[key]; t != nil {
		return t, nil
	}
	t := new(text)
	rest, words := s, ""
	for {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			words += rest
			break
		}
		words += rest[:i]
		if strings.HasPrefix(rest[i:], "{{") || strings.HasPrefix(rest[i:], "}}") {
			words, rest = words+rest[i:i+1], rest[i+2:]
			continue
		}
		end := strings.IndexByte(rest[i:], '}')
		if rest[i] == '}' || end < 0 {
			return nil, say.Errorf("%q: a brace stands alone; write {{ or }} for one", "%q：花括号不成对；要写花括号请用 {{ 或 }}", s)
		}
		inner := strings.TrimSpace(rest[i+1 : i+end])
		rest = rest[i+end+1:]
		p := piece{words: words}
		words = ""
		if wordings := d.g.Phrases[inner][d.current]; wordings != nil {
			for _, w := range wordings {
				one, err := d.text(w, depth+1)
				if err != nil {
					return nil, err
				}
				p.phrase = append(p.phrase, one)
			}
		} else if d.g.Phrases[inner] != nil {
			return nil, say.Errorf("the phrase %q has no wording in %q", "短语 %q 没有 %q 的说法", inner, d.current)
		} else {
			var err error
			if p.value, err = d.program(inner); err != nil {
				return nil, err
			}
		}
		*t = append(*t, p)
	}
	*t = append(*t, piece{words: words})
	d.texts[key] = t
	return t, nil
}

// errUnfit: the draws do not hold what where asks.
var errUnfit = errors.New("data: the draws do not fit")

// make makes one dialogue. Its key is the form and what was drawn, whatever the
// language and the wording.
func (d *dialogue) make(r *draw, lang string) (*stage.Example, error) {
	values := map[string]any{}
	key := d.g.name + "\n" + d.Name
	for _, x := range d.draws {
		switch {
		case x.value != nil:
			v, _, err := x.value.Eval(values)
			if err != nil {
				return nil, inGrammar(x.name, err)
			}
			values[x.name] = v
		case x.list != nil:
			i := r.below(len(x.list))
			values[x.name] = x.list[i]
			key += fmt.Sprint("\n", i)
		default:
			n := r.between(x.lo, x.hi)
			values[x.name] = int64(n)
			key += fmt.Sprint("\n", n)
		}
	}
	if d.where != nil {
		v, _, err := d.where.Eval(values)
		if err != nil {
			return nil, inGrammar("where", err)
		}
		if fits, ok := v.Value().(bool); !ok {
			return nil, say.Errorf("where is no truth value, but %s", "where 的结果不是真假值，而是 %s", v.Type().TypeName())
		} else if !fits {
			return nil, errUnfit
		}
	}
	e := &stage.Example{Key: keyOfText(key)}
	f := &filler{d: d, r: r, values: values, lang: lang}
	calls := 0
	for _, t := range d.Turns[lang] {
		m := stage.Message{Role: t.Role, Content: f.fill(t.Content), Thought: f.fill(t.Thought)}
		for _, c := range t.Calls {
			args, err := json.Marshal(f.filled(c.Arguments))
			if err != nil {
				return nil, err
			}
			calls++
			m.Calls = append(m.Calls, stage.Call{ID: fmt.Sprint("call_", calls), Type: "function", Function: stage.Function{Name: c.Name, Arguments: string(args)}})
		}
		if t.Role == "tool" {
			m.CallID = fmt.Sprint("call_", calls)
		}
		e.Messages = append(e.Messages, m)
	}
	if d.Verify != nil && f.err == nil {
		e.Verify, f.err = json.Marshal(f.filled(d.Verify))
	}
	return e, f.err
}

// A filler fills texts in.
type filler struct {
	d      *dialogue
	r      *draw
	values map[string]any
	lang   string
	size   int
	err    error
}

func (f *filler) fill(s string) string {
	if s == "" || f.err != nil {
		return ""
	}
	var b strings.Builder
	f.write(&b, f.d.texts[f.lang+"\n"+s])
	return b.String()
}

func (f *filler) write(b *strings.Builder, t *text) {
	for _, p := range *t {
		b.WriteString(p.words)
		f.size += len(p.words)
		switch {
		case f.err != nil:
			return
		case f.size > maxFilled:
			f.err = say.Errorf("a dialogue is longer than %d bytes", "一段对话超过 %d 字节", maxFilled)
		case p.phrase != nil:
			f.write(b, pick(f.r, p.phrase))
		case p.value != nil:
			v, _, err := p.value.Eval(f.values)
			if err != nil {
				f.err = err
				return
			}
			s := written(v)
			f.size += len(s)
			b.WriteString(s)
		}
	}
}

// filled fills the texts of a value of JSON. A text that is one value and no
// more is that value: {"n": "{n}"} has a number.
func (f *filler) filled(v any) any {
	switch v := v.(type) {
	case string:
		if t := f.d.texts[f.lang+"\n"+v]; t != nil && len(*t) == 2 && (*t)[0].words == "" && (*t)[1].words == "" && (*t)[0].value != nil {
			if x, _, err := (*t)[0].value.Eval(f.values); err == nil {
				switch x := x.Value().(type) {
				case int64, float64, bool:
					return x
				}
			}
		}
		return f.fill(v)
	case map[string]any:
		m := make(map[string]any, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			m[k] = f.filled(v[k])
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = f.filled(v[i])
		}
		return list
	}
	return v
}

// written writes a value as people do.
func written(v ref.Val) string {
	switch x := v.Value().(type) {
	case string:
		return x
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case int64, uint64, bool:
		return fmt.Sprint(x)
	}
	b, err := json.Marshal(v.Value())
	if err != nil {
		return fmt.Sprint(v.Value())
	}
	return string(b)
}
