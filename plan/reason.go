package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"suiren/internal/say"
	"suiren/run"
	"suiren/stage"
	"suiren/store"
)

// maxReasons bounds the reasons that are said of one step.
const maxReasons = 4

// reason says why s, of which old stands, is to be made again.
func (k *maker) reason(s *Step, old store.Block, inputs []input, wait []stage.Ref) (say.Text, error) {
	rec, here, err := k.st.Made(old.Key)
	switch {
	case err != nil:
		return say.Text{}, err
	case rec.Key != old.Key:
		return say.T("how it was made is no longer recorded", "它的制作记录已丢失"), nil
	case old.Key == s.Key && !here:
		return say.T("its artifact is no longer in the store", "它的产物已不在存储中"), nil
	}
	if s.begun {
		if at, err := run.Now(k.st.Path()); err == nil && at != nil && at.Key == s.Key {
			return say.T("is being made anew now", "正在重做"), nil
		}
		return say.T("begun anew and cut short: it goes on", "重做到一半被中断：将继续"), nil
	}
	if s.block.anew {
		return say.T("to be made anew", "按要求重做"), nil
	}
	list := settingsChanged(s.block.Op, rec)
	if op := s.block.Op; rec.Operator == op.Name() {
		if now := revisionFor(op, rec); now != rec.Revision {
			list = append(list, say.T("this program makes it differently (revision %d, was %d)", "本程序的做法已更新（修订 %d，原为 %d）", now, rec.Revision))
		}
	}
	changed, err := k.inputsChanged(s, rec, inputs, wait)
	if err != nil {
		return say.Text{}, err
	}
	list = append(list, changed...)
	if len(list) == 0 { // the same in other words: an argument was renamed, or a default became a setting
		list = append(list, say.T("its description changed", "它的描述有改动"))
	}
	if n := len(list) - maxReasons; n > 0 {
		list = append(list[:maxReasons], say.T("and %d more", "另有 %d 项", n))
	}
	return joinTexts(list, "; ", "；"), nil
}

// revisionFor is the revision of op's kind with the settings and inputs of a record, on
// which it may depend.
func revisionFor(op stage.Operator, rec store.Record) int {
	if reflect.TypeOf(op).Kind() != reflect.Pointer {
		return op.Revision()
	}
	other, ok := reflect.New(reflect.TypeOf(op).Elem()).Interface().(stage.Operator)
	if !ok || json.Unmarshal(rec.Settings, other) != nil {
		return op.Revision()
	}
	withInputs(other, rec)
	return other.Revision()
}

// settingsChanged says which settings of op differ from those in the record.
func settingsChanged(op stage.Operator, rec store.Record) []say.Text {
	if rec.Operator != op.Name() {
		return []say.Text{say.T("%s, was %s", "由 %[2]s 改为 %[1]s", op.Name(), rec.Operator)}
	}
	b, err := json.Marshal(op)
	if err != nil {
		return nil
	}
	var before, now map[string]json.RawMessage
	if json.Unmarshal(b, &now) != nil || json.Unmarshal(rec.Settings, &before) != nil {
		return nil
	}
	var list []say.Text
	for _, f := range fieldsOf(op) {
		if f.isInput() || bytes.Equal(before[f.json], now[f.json]) {
			continue
		}
		was, is := f.shown(before[f.json]), f.shown(now[f.json])
		list = append(list, say.T("%s %s, was %s", "%s 由 %[3]s 改为 %[2]s", f.name, is, was))
	}
	return list
}

// shown writes f's JSON for people. A field that is a pointer tells a zero that
// the plan says from one that it does not: 0 is a setting like any other.
func (f *field) shown(b json.RawMessage) say.Text {
	if s := string(b); f.value.Kind() == reflect.Pointer && s != "" && s != "null" {
		return clipped(asWritten(b))
	}
	return setting(b)
}

// setting writes a setting's JSON for people.
func setting(b json.RawMessage) say.Text {
	s := string(b)
	switch s {
	case "", "null", "0", `""`, "[]", "{}":
		return say.T("left out", "未写")
	}
	return clipped(asWritten(b))
}

// clipped is s in both languages, cut where it is long.
func clipped(s string) say.Text {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return say.Text{En: s, Zh: s}
}

// asWritten writes a setting's JSON as a plan would. A whole number keeps all
// its digits: a seed may have more than a float64 holds.
func asWritten(b json.RawMessage) string {
	s := string(b)
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || !strings.ContainsAny(s, ".eE") && strconv.FormatFloat(x, 'f', -1, 64) != s {
		return s
	}
	s = show(x)
	if short := strings.NewReplacer("e+0", "e", "e+", "e").Replace(strconv.FormatFloat(x, 'g', -1, 64)); x >= 1e8 && len(short) < len(s) {
		s = short // 6e11: nobody counts zeros
	}
	return s
}

// inputsChanged says which inputs differ from those in the record.
func (k *maker) inputsChanged(s *Step, rec store.Record, inputs []input, wait []stage.Ref) ([]say.Text, error) {
	var list []say.Text
	for _, a := range s.block.Args {
		var before []store.Used
		for _, u := range rec.Inputs {
			if u.Arg == a.Name {
				before = append(before, u)
			}
		}
		if a.Path != "" {
			if now := digestsOf(inputs, a.Name); len(before) > 0 && (before[0].Block != "" || before[0].Digest != now[0]) {
				list = append(list, say.T("%s: the model at %s is another", "%s：%s 处的模型已不同", a.Name, clip(a.Path)))
			}
			continue
		}
		if a.Pin {
			now := digestsOf(inputs, a.Name)
			if !slices.EqualFunc(before, now, func(u store.Used, d store.Digest) bool { return u.Digest == d }) {
				list = append(list, say.T("%s: new answers", "%s：有新的对话记录", a.Refs[0]))
			}
			continue
		}
		var names, old []string
		for _, ref := range a.Refs {
			names = append(names, ref.String())
		}
		for _, u := range before {
			old = append(old, u.Block)
		}
		if !slices.Equal(names, old) {
			list = append(list, say.T("%s %s, was %s", "%s 由 %[3]s 改为 %[2]s", a.Name, listed(names), listed(old)))
		}
		for i, ref := range a.Refs {
			if slices.Contains(wait, ref) {
				if t := k.willBe(ref); !slices.ContainsFunc(list, func(u say.Text) bool { return u.In(say.English) == t.In(say.English) }) {
					list = append(list, t)
				}
				continue
			}
			if j := slices.Index(old, names[i]); j >= 0 && !slices.Contains(digestsFrom(inputs, a.Name, ref), before[j].Digest) {
				list = append(list, say.T("%s changed", "%s 有改动", ref))
			}
		}
	}
	for _, u := range rec.Inputs { // arguments that were taken away
		if u.Arg != filesArg && !slices.ContainsFunc(s.block.Args, func(a Arg) bool { return a.Name == u.Arg }) {
			list = append(list, say.T("%s %s, was %s", "%s 由 %[3]s 改为 %[2]s", u.Arg, setting(nil), listed([]string{u.Block})))
		}
	}
	files, err := k.ownedChanged(s, rec)
	return append(list, files...), err
}

// willBe says what is to happen to a block first.
func (k *maker) willBe(ref stage.Ref) say.Text {
	if k.steps[ref].Action == Add {
		return say.T("%s will be made", "%s 将新做", ref)
	}
	return say.T("%s will be made again", "%s 将重做", ref)
}

// ownedChanged says how the owner's files differ from those in the record.
func (k *maker) ownedChanged(s *Step, rec store.Record) ([]say.Text, error) {
	var now *snapshot
	for _, snap := range s.snaps {
		if snap.arg == filesArg {
			now = snap
		}
	}
	i := slices.IndexFunc(rec.Inputs, func(u store.Used) bool { return u.Arg == filesArg })
	if now == nil || i < 0 || rec.Inputs[i].Digest == now.digest {
		return nil, nil // a setting says it if files are read now and were not
	}
	dir, err := k.st.Dir(rec.Inputs[i].Digest)
	if errors.Is(err, store.ErrNotFound) {
		return []say.Text{say.T("files changed", "文件有改动")}, nil
	}
	if err != nil {
		return nil, err
	}
	before, err := store.List(dir)
	if err != nil {
		return nil, err
	}
	return []say.Text{filesChanged(before, now.files)}, nil
}

func digestsOf(inputs []input, arg string) (list []store.Digest) {
	for _, in := range inputs {
		if in.Arg == arg {
			list = append(list, in.Digest)
		}
	}
	return list
}

func digestsFrom(inputs []input, arg string, ref stage.Ref) (list []store.Digest) {
	for _, in := range inputs {
		if in.Arg == arg && in.Ref == ref {
			list = append(list, in.Digest)
		}
	}
	return list
}

// listed writes the names of blocks for people. What no block made has none: it lay at a
// path, which a record does not hold.
func listed(names []string) say.Text {
	switch {
	case len(names) == 0:
		return setting(nil)
	case len(names) == 1 && names[0] == "":
		return say.T("a model at a path", "某路径处的模型")
	}
	return say.T("%s", "%s", names)
}
