package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/verify"
)

// problem reads a question with a verifier, and the answer to learn if there is one.
func (r *record) problem(e *stage.Example, n *node, form Form, v *node) (err *say.Error) {
	answered := false
	switch form {
	case Prompt:
		answered = n.get("completion") != nil
	case Alpaca:
		out := n.get("output")
		answered = out != nil && (out.kind != text || strings.TrimSpace(out.text) != "")
	case Messages, ShareGPT:
		answered = r.endsAnswered(n, form)
	}
	if e.Messages, err = r.chat(n, form, answered); err != nil {
		return err
	}
	asked := len(e.Messages) - 1
	if answered {
		asked--
	}
	path := listName(form, n)
	switch last := e.Messages[len(e.Messages)-1]; {
	case e.Messages[asked].Role != "user":
		return r.wrong(n, path, say.T("the question of a problem is the user's, and here it is a tool's result", "题目应由用户提出，而这里是工具的结果"), say.T("end the prompt with the user's message", "请以用户的消息结束提示"))
	case answered && len(last.Calls) > 0:
		return r.wrong(n, path, say.T("the answer of a problem calls a tool, which is no answer that can be judged", "题目的回答调用了工具，无法评判"), say.T("write the answer in words, or leave it out", "请写出文字回答，或省略"))
	}
	if err = r.judged(n, path, e.Messages); err != nil {
		return err
	}
	if e.Verify, err = r.verifier(v); err != nil {
		return err
	}
	if e.Family, err = r.family(n); err != nil {
		return err
	}
	e.Level, err = r.level(n)
	return err
}

// Bounds of what is said of a problem.
const (
	maxFamily = 40 // characters
	maxLevel  = 100
)

// family reads what kind of problem it is; "" if that is not said.
func (r *record) family(n *node) (string, *say.Error) {
	name, err := r.str(n, "", "family")
	if err != nil {
		return "", err
	}
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > maxFamily || strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return "", r.wrong(n.get("family"), "family", say.T("this is no name of a kind of problem: %q", "这不是题目种类的名称：%q", clip(name)),
			say.T("write up to %d characters on one line, or give this column another name", "请写不超过 %d 个字符、不换行，或将此列改名", maxFamily))
	}
	return name, nil
}

// level reads how hard a problem is; 0 if that is not said.
func (r *record) level(n *node) (int, *say.Error) {
	v := n.get("level")
	if v == nil {
		return 0, nil
	}
	next := say.T("write a whole number from 1 to %d, or give this column another name", "请写 1 到 %d 的整数，或将此列改名", maxLevel)
	if v.kind != number {
		return 0, r.wrong(v, "level", say.T("this is %s", "这是%s", kindText(v.kind)), next)
	}
	x, err := strconv.ParseFloat(v.text, 64)
	if err != nil || x != math.Trunc(x) || x < 1 || x > maxLevel {
		return 0, r.wrong(v, "level", say.T("this is no level of a problem: %s", "这不是题目的难度：%s", clip(v.text)), next)
	}
	return int(x), nil
}

// endsAnswered reports whether a list of messages ends with the assistant's.
func (r *record) endsAnswered(n *node, form Form) bool {
	list := n.get(listName(form, n))
	if list.kind != listKind || len(list.items) == 0 {
		return false
	}
	last := list.items[len(list.items)-1]
	role := last.get("role")
	if form == ShareGPT && last.get("from") != nil {
		role = last.get("from")
	}
	if role == nil {
		return false
	}
	to := aliases[strings.ToLower(role.text)]
	return to == "assistant" || to == "call"
}

// verifier reads what makes an answer right. A field that is null is not there.
func (r *record) verifier(v *node) (json.RawMessage, *say.Error) {
	raw := v.raw(r.src)
	if v.kind == object && len(v.members) > 0 {
		var list [][]byte
		var empty *member
		for i := range v.members {
			m := &v.members[i]
			if m.kind == null || m.kind == text && strings.TrimSpace(m.text) == "" && slices.Contains(verify.Names, m.name) {
				empty = m
				continue
			}
			name, _ := json.Marshal(m.name)
			list = append(list, slices.Concat(name, []byte(":"), m.raw(r.src)))
		}
		if len(list) == 0 {
			return nil, r.wrong(empty.node, "verify."+empty.name, say.T("this says nothing", "此项是空的"),
				say.T("write what makes an answer right, or delete the example", "请写上怎样的回答算对，或删去这条样例"))
		}
		if empty != nil {
			raw = join("{", bytes.Join(list, []byte(",")), "}")
		}
	}
	_, err := verify.Parse(raw)
	if err == nil {
		return raw, nil
	}
	e, ok := errors.AsType[*say.Error](err)
	if !ok {
		e = &say.Error{What: say.T("%v", "%v", err)}
	}
	path := "verify"
	if e.Where != "" {
		path += "." + e.Where
	}
	if bad := r.schema(v.get("schema"), e); bad != nil {
		return nil, bad
	}
	return nil, r.wrong(v, path, e.What, e.Next)
}
