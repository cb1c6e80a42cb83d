package plain

import (
	"encoding/json"
	"errors"
	"slices"
	"sync"

	"suiren/engine/chat"
	"suiren/engine/grammar"
	"suiren/internal/say"
	"suiren/serve/form"
)

// grammars are the forms that were compiled lately, and the vocabulary that
// they are made of. A form keeps what it has learnt of its masks.
type grammars struct {
	once  sync.Once
	vocab *grammar.Vocab
	mu    sync.Mutex
	kept  []compiled // the latest last
}

type compiled struct {
	key string
	g   *grammar.Grammar
}

// Bounds of the forms that are kept: their number, and the bytes, about, that
// they remember together. What runs with one may remember more meanwhile.
const (
	maxKept      = 16
	maxKeptBytes = 32 << 20
)

// get returns the form of a key, which make compiles if it is not kept.
func (k *grammars) get(key string, make func() (*grammar.Grammar, error)) (*grammar.Grammar, error) {
	k.mu.Lock()
	if i := slices.IndexFunc(k.kept, func(c compiled) bool { return c.key == key }); i >= 0 {
		c := k.kept[i]
		k.kept = append(slices.Delete(k.kept, i, i+1), c)
		k.trim()
		k.mu.Unlock()
		return c.g, nil
	}
	k.mu.Unlock()
	g, err := make()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept = append(k.kept, compiled{key, g})
	k.trim()
	return g, nil
}

// trim lets go of the oldest beyond the bounds, but never of the latest.
func (k *grammars) trim() {
	size := 0
	for i := len(k.kept) - 1; i >= 0; i-- {
		size += len(k.kept[i].key) + k.kept[i].g.Size()
		if n := len(k.kept) - 1 - i; n > 0 && (n == maxKept || size > maxKeptBytes) {
			k.kept = slices.Delete(k.kept, 0, i+1)
			return
		}
	}
}

// start returns a matcher of a form.
func (m *Model) start(g *grammar.Grammar) *grammar.Matcher {
	k := &m.grammars
	k.once.Do(func() {
		w := m.words
		k.vocab = grammar.NewVocab(w.t.Vocab(), w.t.Bytes, func(id int32) bool { _, ok := w.special[id]; return ok })
	})
	return g.Start(k.vocab)
}

// constrain binds the answer to the format that the request asks for, and
// calls of tools to their schemas.
func (j *job) constrain() error {
	a := j.ask
	begun := a.Prompt == nil && len(a.Messages) > 0 && a.Messages[len(a.Messages)-1].Role == "assistant"
	if begun && a.Format.Kind != "" {
		return form.Invalid(j.param(form.JSON|form.Pattern), "invalid_value", say.T("a format cannot bind an answer that has begun", "已开始的回答不能再约束格式"))
	}
	if len(a.Tools) > 0 && a.Choice.Mode != "none" && a.Prompt == nil && !begun {
		return j.bindCalls()
	}
	if a.Format.Kind == "" {
		return nil
	}
	key, err := json.Marshal(a.Format)
	if err != nil {
		return form.Invalid(j.param(form.JSON|form.Pattern), "invalid_value", say.T("the schema is not JSON", "schema 不是 JSON"))
	}
	channels := a.Prompt == nil && j.m.template.Facts().Format.Name == chat.Channels
	if channels {
		key = append(key, finalChannel...)
	}
	g, err := j.m.grammars.get(string(key), func() (*grammar.Grammar, error) {
		g, err := compile(&a.Format)
		if err == nil && channels {
			g = grammar.Headed(g, afterThought, finalChannel, j.m.tags())
		}
		return g, err
	})
	if err != nil {
		return refused(j.param(form.JSON|form.Pattern), err)
	}
	j.req.Constraint = j.m.start(g)
	return nil
}

// compile compiles a format.
func compile(f *form.Format) (*grammar.Grammar, error) {
	switch f.Kind {
	case "json":
		return grammar.Schema([]byte(`{"type": "object"}`))
	case "schema":
		return grammar.Schema(f.Schema)
	case "regex":
		return grammar.Regex(f.Text)
	}
	return grammar.Choice(f.List)
}

// param is the parameter that asked for one of some abilities.
func (j *job) param(can form.Can) string {
	for _, n := range j.ask.Needs {
		if n.Can&can != 0 {
			return n.Param
		}
	}
	return "response_format"
}

// stuck says that an answer has come to where nothing can follow: its form, or the
// schema of the tool that it calls, has no instance. Not of every form is that known
// before.
func (j *job) stuck() error {
	param := "tools"
	if len(j.ask.Tools) == 0 || j.ask.Format.Kind != "" {
		param = j.param(form.JSON | form.Pattern)
	}
	return refused(param, &grammar.Error{Code: grammar.Impossible})
}

// refused says why a form cannot be enforced, and where in a schema.
func refused(param string, err error) error {
	bad, ok := errors.AsType[*grammar.Error](err)
	if !ok {
		return err
	}
	if bad.Path == "" {
		return form.Invalid(param, "unsupported_format", say.T("the format cannot be enforced: %s", "无法强制此格式：%s", reason(bad)))
	}
	return form.Invalid(param, "unsupported_format", say.T("the schema cannot be enforced: at %s: %s", "无法强制此 schema：%s 处：%s", form.Clip(bad.Path), reason(bad)))
}

// reason says in words what a grammar's error is.
func reason(e *grammar.Error) say.Text {
	switch e.Code {
	case grammar.NotJSON:
		return say.T("it is not JSON: %v", "不是 JSON：%v", errors.New(e.Text))
	case grammar.NotSchema:
		return say.T("a schema is an object or a boolean", "schema 应为对象或布尔值")
	case grammar.NotList:
		return say.T("it is not a list", "不是列表")
	case grammar.NotObject:
		return say.T("it is not an object", "不是对象")
	case grammar.NotString:
		return say.T("it is not a string", "不是字符串")
	case grammar.NotNumber:
		return say.T("it is not a number", "不是数字")
	case grammar.NotCount:
		return say.T("%q is not a whole number", "%q 不是非负整数", e.Text)
	case grammar.NotPositive:
		return say.T("%q is not above 0", "%q 不大于 0", e.Text)
	case grammar.NotType:
		return say.T("%q is not a type", "%q 不是类型名", e.Text)
	case grammar.NotName:
		return say.T("%q is not a name", "%q 不是名称", e.Text)
	case grammar.NotProperty:
		return say.T("%q is not among the properties", "%q 不在 properties 之中", e.Text)
	case grammar.NotHere:
		return say.T("%q is not in this schema; nothing is fetched", "%q 不在此 schema 之内；不会去别处取", e.Text)
	case grammar.Nothing:
		return say.T("there is nothing at %q", "%q 处没有内容", e.Text)
	case grammar.Itself:
		return say.T("a $ref leads to itself, so it says nothing", "$ref 指向自身，没有意义")
	case grammar.Keyword:
		return say.T("the keyword %q is not enforced", "关键字 %q 无法强制", e.Text)
	case grammar.Format:
		return say.T("the format %q is not enforced", "format %q 无法强制", e.Text)
	case grammar.Pattern:
		return say.T("the pattern %q is not enforced: look-around, back references and errors are not", "正则 %q 无法强制：不支持环视、反向引用，也可能有语法错误", e.Text)
	case grammar.PatternLines:
		return say.T("the pattern %q is not enforced: it looks at words or lines", "正则 %q 无法强制：它判断单词或行的边界", e.Text)
	case grammar.PatternStates:
		return say.T("the pattern %q is not enforced: it has too many states", "正则 %q 无法强制：状态过多", e.Text)
	case grammar.TooLong:
		return say.T("it has more than %d bytes", "超过 %d 字节", e.Number)
	case grammar.TooManyParts:
		return say.T("it has more than %d parts", "超过 %d 个部分", e.Number)
	case grammar.TooDeep:
		return say.T("it is nested more than %d deep", "嵌套超过 %d 层", e.Number)
	case grammar.TooManyDigits:
		return say.T("%q has too many digits", "%q 位数过多", e.Text)
	case grammar.BadChoice:
		return say.T("the choices are none, more than %d, or one of them is empty", "选项为空、多于 %d 个，或其中有空字符串", e.Number)
	case grammar.NoTools:
		return say.T("there is no tool to call", "没有可调用的工具")
	case grammar.BadTrigger:
		return say.T("calls do not begin with %q", "调用不以 %q 开头", e.Text)
	}
	return say.T("nothing can be what it asks for", "没有内容能符合它的要求")
}
