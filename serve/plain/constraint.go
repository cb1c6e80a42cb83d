package plain

import (
	"encoding/json"
	"errors"
	"slices"
	"sync"

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

// maxKept bounds the forms that are kept.
const maxKept = 16

// get returns the form of a key, which make compiles if it is not kept.
func (k *grammars) get(key string, make func() (*grammar.Grammar, error)) (*grammar.Grammar, error) {
	k.mu.Lock()
	if i := slices.IndexFunc(k.kept, func(c compiled) bool { return c.key == key }); i >= 0 {
		c := k.kept[i]
		k.kept = append(slices.Delete(k.kept, i, i+1), c)
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
	if len(k.kept) == maxKept {
		k.kept = slices.Delete(k.kept, 0, 1)
	}
	k.kept = append(k.kept, compiled{key, g})
	return g, nil
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

// constrain binds the answer to the format that the request asks for.
func (j *job) constrain() error {
	a := j.ask
	if a.Choice.Mode == "required" || a.Choice.Mode == "named" {
		return j.forceCalls()
	}
	if a.Format.Kind == "" {
		return nil
	}
	if a.Prompt == nil && len(a.Messages) > 0 && a.Messages[len(a.Messages)-1].Role == "assistant" {
		return form.Invalid(j.param(form.JSON|form.Pattern), "invalid_value", say.T("a format cannot bind an answer that has begun", "已开始的回答不能再约束格式"))
	}
	if len(a.Tools) > 0 && a.Choice.Mode != "none" {
		return form.Invalid("tools", "unsupported_parameter", say.T("tools and a format cannot stand together yet; send tool_choice none, or no format", "工具与输出格式暂不能同时使用；请将 tool_choice 设为 none，或不设格式"))
	}
	key, err := json.Marshal(a.Format)
	if err != nil {
		return form.Invalid(j.param(form.JSON|form.Pattern), "invalid_value", say.T("the schema is not JSON", "schema 不是 JSON"))
	}
	g, err := j.m.grammars.get(string(key), func() (*grammar.Grammar, error) { return compile(&a.Format) })
	if err != nil {
		return j.refused(err)
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

// refused says why a form cannot be enforced, and where in a schema.
func (j *job) refused(err error) error {
	bad, ok := errors.AsType[*grammar.Error](err)
	if !ok {
		return err
	}
	param := j.param(form.JSON | form.Pattern | form.Forced)
	if j.ask.Choice.Mode == "required" || j.ask.Choice.Mode == "named" {
		param = "tools"
	}
	if bad.Path == "" {
		return form.Invalid(param, "unsupported_format", say.T("the format cannot be enforced: %s", "无法强制此格式：%s", bad.Why))
	}
	return form.Invalid(param, "unsupported_format", say.T("the schema cannot be enforced: at %s: %s", "无法强制此 schema：%s 处：%s", bad.Path, bad.Why))
}
