package plan

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// A field is one argument of an operator, as its tags describe it.
type field struct {
	name     string // in the plan
	json     string // in the settings
	optional bool
	kinds    []store.Kind // inputs: what it may refer to; none: anything
	part     string
	pin      bool
	path     string   // inputs: of what of the owner's a path will do: model, adapter
	like     string   // a usual value
	factor   string   // of a number: the learning rate that it is a factor of
	known    []string // of a string: what it may be
	min, max string   // of a number; of the length of a string, list or map
	value    reflect.Value
}

var (
	refType  = reflect.TypeFor[stage.Ref]()
	refsType = reflect.TypeFor[[]stage.Ref]()
)

// fieldsOf returns the arguments of op, in the order of its fields. It panics
// if op is not what stage.Operator describes.
func fieldsOf(op stage.Operator) []field {
	v := reflect.ValueOf(op)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("plan: %T is not a pointer to a struct", op))
	}
	return fieldsIn(v.Elem())
}

// fieldsIn returns the arguments that are the fields of a struct.
func fieldsIn(v reflect.Value) []field {
	var list []field
	for i := range v.NumField() {
		sf := v.Type().Field(i)
		name, option, _ := strings.Cut(sf.Tag.Get("plan"), ",")
		if !sf.IsExported() || name == "" || name == "-" {
			continue
		}
		f := field{name: name, optional: option == "optional", part: sf.Tag.Get("part"), pin: sf.Tag.Get("pin") != "", path: sf.Tag.Get("path"),
			like: sf.Tag.Get("like"), factor: sf.Tag.Get("factor"), min: sf.Tag.Get("min"), max: sf.Tag.Get("max"), value: v.Field(i)}
		f.json, _, _ = strings.Cut(sf.Tag.Get("json"), ",")
		if f.json == "" {
			f.json = sf.Name
		}
		for k := range strings.SplitSeq(sf.Tag.Get("kinds"), ",") {
			if k != "" {
				f.kinds = append(f.kinds, store.Kind(k))
			}
		}
		list = append(list, f)
	}
	return list
}

// isBlock reports whether the argument is blocks inside the block: a list of
// structs, whose first field is the block's name.
func (f *field) isBlock() bool {
	return f.value.Kind() == reflect.Slice && f.value.Type().Elem().Kind() == reflect.Struct && !f.isInput()
}

// isInput reports whether the argument refers to blocks.
func (f *field) isInput() bool {
	return f.value.IsValid() && (f.value.Type() == refType || f.value.Type() == refsType)
}

// takes reports whether the argument may refer to a block of kind k.
func (f *field) takes(k store.Kind) bool { return len(f.kinds) == 0 || slices.Contains(f.kinds, k) }

// want says what the argument must be.
func (f *field) want() say.Text {
	if f.isInput() {
		var kinds []string
		for _, k := range f.kinds {
			kinds = append(kinds, string(k))
		}
		if len(kinds) == 0 {
			return say.T("a reference", "引用")
		}
		if f.path != "" {
			return say.T("a reference to %s, or the path of a model", "对 %s 的引用，或模型的路径", strings.Join(kinds, "/"))
		}
		return say.T("a reference to %s", "对 %s 的引用", strings.Join(kinds, "/"))
	}
	return wantOf(f.value.Type())
}

func wantOf(t reflect.Type) say.Text {
	switch t.Kind() {
	case reflect.Pointer:
		return wantOf(t.Elem())
	case reflect.String:
		return say.T("a string", "字符串")
	case reflect.Bool:
		return say.T("true or false", "true 或 false")
	case reflect.Float32, reflect.Float64:
		return say.T("a number", "数字")
	case reflect.Slice:
		return say.T("a list (each item %s)", "列表（每项为%s）", wantOf(t.Elem()))
	case reflect.Map:
		return say.T("a map (each value %s)", "映射（每个值为%s）", wantOf(t.Elem()))
	}
	return say.T("a whole number", "整数")
}

// example is how the argument's value may look.
func (f *field) example() say.Text {
	if f.isInput() {
		kind := store.Kind("weights")
		if len(f.kinds) > 0 {
			kind = f.kinds[0]
		}
		if f.value.Type() == refsType {
			return say.T("[%s.name]", "[%s.名字]", kind)
		}
		if f.path != "" {
			return say.T("%s.name, or a path: \"models/name\"", "%s.名字，或路径：\"models/名字\"", kind)
		}
		return say.T("%s.name", "%s.名字", kind)
	}
	text := cmp.Or(f.like, f.min, "1")
	switch t := f.value.Type(); t.Kind() {
	case reflect.String:
		text = strconv.Quote(cmp.Or(f.like, "…"))
	case reflect.Bool:
		text = "true"
	case reflect.Slice:
		text = "[…]"
	case reflect.Map:
		text = "{ … }"
	}
	return say.T(text, text)
}

// block is the head of a block that the argument could refer to.
func (f *field) block() string {
	if len(f.kinds) == 0 {
		return `weights "name"`
	}
	return string(f.kinds[0]) + ` "name"`
}

// argument reads a into field f of block b's operator.
func (r *reader) argument(b *Block, f *field, a *hclsyntax.Attribute) {
	if !f.isInput() {
		b.settings[f.name] = place(a.Expr.Range())
		r.set(f.value, f, a.Expr)
		return
	}
	if v, ok := literal(a.Expr); ok && f.path != "" && isString(v) && v.AsString() != "" {
		ref := stage.Ref{Kind: stage.Owners, Name: v.AsString()}
		f.value.Set(reflect.ValueOf(ref))
		b.Args = append(b.Args, Arg{Name: f.name, Path: ref.Name, Form: f.path, At: place(a.Expr.Range())})
		return
	}
	list := []hclsyntax.Expression{a.Expr}
	t, isList := a.Expr.(*hclsyntax.TupleConsExpr)
	if isList && f.value.Type() == refsType {
		list = t.Exprs
	}
	if len(list) == 0 && !f.optional {
		r.add(a.Expr.Range(), say.T("%s is an empty list", "%s 是空列表", f.name), say.T("name at least one: %v", "至少写一个：%v", f.example()))
		return
	}
	arg := Arg{Name: f.name, Part: f.part, Pin: f.pin, Form: f.path, At: place(a.Expr.Range())}
	for _, e := range list {
		if ref, ok := r.ref(b, f, e); ok {
			if slices.Contains(arg.Refs, ref) {
				r.add(e.Range(), say.T("%s names %s twice", "%s 重复引用了 %s", f.name, ref), say.T("remove one of the two", "请删去其中一个"))
			}
			arg.Refs = append(arg.Refs, ref)
		}
	}
	if len(arg.Refs) == 0 {
		return
	}
	if f.value.Type() == refsType {
		f.value.Set(reflect.ValueOf(slices.Clone(arg.Refs)))
	} else {
		f.value.Set(reflect.ValueOf(arg.Refs[0]))
	}
	b.Args = append(b.Args, arg)
}

// inner reads a block inside a block, and appends it to field f.
func (r *reader) inner(f *field, h *hclsyntax.Block) {
	if len(h.Labels) != 1 || !goodName(h.Labels[0]) {
		r.add(h.DefRange(), say.T("%s has no name, or one that cannot be a name", "%s 没有名字，或名字不合规则", f.name), say.T("write %s \"name\" { … }", "请写成 %s \"名字\" { … }", f.name))
		return
	}
	v := reflect.New(f.value.Type().Elem()).Elem()
	for i := range f.value.Len() {
		if f.value.Index(i).Field(0).String() == h.Labels[0] {
			r.add(h.LabelRanges[0], say.T("there are two %s %q", "有两个 %s %q", f.name, h.Labels[0]), say.T("give one of them another name", "请给其中一个换个名字"))
			return
		}
	}
	v.Field(0).SetString(h.Labels[0])
	fields := fieldsIn(v)
	var known []string
	for i := range fields {
		known = append(known, fields[i].name)
		if a, ok := h.Body.Attributes[fields[i].name]; ok {
			r.set(fields[i].value, &fields[i], a.Expr)
		}
	}
	for _, a := range inOrder(h.Body.Attributes) {
		if !slices.Contains(known, a.Name) {
			r.add(a.NameRange, say.T("%s has no argument %s", "%s 没有参数 %s", f.name, clip(a.Name)), suggest(a.Name, known))
		}
	}
	for _, b := range h.Body.Blocks {
		r.noBlock(b, known)
	}
	f.value.Set(reflect.Append(f.value, v))
}

// set reads the literal e into v, a setting.
func (r *reader) set(v reflect.Value, f *field, e hclsyntax.Expression) {
	switch v.Kind() {
	case reflect.Pointer: // tells left out from zero
		v.Set(reflect.New(v.Type().Elem()))
		r.set(v.Elem(), f, e)
		return
	case reflect.Slice:
		t, ok := e.(*hclsyntax.TupleConsExpr)
		if one, is := literal(e); !ok && is && isString(one) && v.Type().Elem().Kind() == reflect.String {
			next, none := peersValues[f.name][one.AsString()]
			if !none {
				next = say.T("write %s = [%q]", "请写 %s = [%q]", f.name, clip(one.AsString()))
			}
			r.add(e.Range(), say.T("%s is %s, and this is %s", "%s 应当是%s，这里是%s", f.name, wantOf(v.Type()), form(e)), next)
			return
		}
		if !ok {
			r.addExpr(e, wantOf(v.Type()), f)
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(t.Exprs), len(t.Exprs)))
		for i, item := range t.Exprs {
			r.set(v.Index(i), &field{name: f.name}, item)
		}
		r.length(e.Range(), f, len(t.Exprs))
		return
	case reflect.Map:
		r.setMap(v, f, e)
		return
	}
	val, ok := literal(e)
	if !ok {
		r.addExpr(e, wantOf(v.Type()), f)
		return
	}
	n, isNumber := number(val)
	switch v.Kind() {
	case reflect.String:
		if ok = isString(val); ok {
			if next, none := peersValues[f.name][val.AsString()]; none {
				r.add(e.Range(), say.T("%s cannot be %q", "%s 不能是 %q", f.name, val.AsString()), next)
				return
			}
			v.SetString(val.AsString())
			r.length(e.Range(), f, utf8.RuneCountInString(val.AsString()))
		}
	case reflect.Bool:
		if ok = !isNumber && !isString(val); ok {
			v.SetBool(val.True())
		}
	case reflect.Float32, reflect.Float64:
		if ok = isNumber; ok {
			x, _ := n.Float64()
			if v.OverflowFloat(x) || math.IsInf(x, 0) {
				r.add(e.Range(), say.T("%s is too large a number", "%s 的数值过大", f.name), r.within(f))
				return
			}
			v.SetFloat(x)
			r.bounds(e.Range(), f, x)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if ok = isNumber && n.IsInt(); ok {
			x, exact := n.Int64()
			if exact != 0 || v.OverflowInt(x) {
				r.add(e.Range(), say.T("%s is too large a number", "%s 的数值过大", f.name), r.within(f))
				return
			}
			v.SetInt(x)
			r.bounds(e.Range(), f, float64(x))
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if ok = isNumber && n.IsInt(); ok {
			x, exact := n.Uint64()
			if exact != 0 || v.OverflowUint(x) {
				what, next := say.T("%s is too large a number", "%s 的数值过大", f.name), r.within(f)
				if n.Sign() < 0 {
					what = say.T("%s is less than 0", "%s 小于 0", f.name)
				}
				if next.IsZero() {
					next = say.T("write a whole number from 0, of 19 digits at most", "请写不小于 0 的整数，至多 19 位")
				}
				r.add(e.Range(), what, next)
				return
			}
			v.SetUint(x)
			r.bounds(e.Range(), f, float64(x))
		}
	default:
		panic(fmt.Sprintf("plan: argument %s has type %s, which a plan cannot write", f.name, v.Type()))
	}
	if !ok {
		r.addExpr(e, wantOf(v.Type()), f)
	}
}

// setMap reads a map with string keys.
func (r *reader) setMap(v reflect.Value, f *field, e hclsyntax.Expression) {
	o, ok := e.(*hclsyntax.ObjectConsExpr)
	if !ok {
		r.addExpr(e, wantOf(v.Type()), f)
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(o.Items)))
	for _, item := range o.Items {
		k, ok := key(item.KeyExpr)
		if !ok {
			r.add(item.KeyExpr.Range(), say.T("this is not a key", "这不能作键"), say.T("write a word or a string", "请写一个词或字符串"))
			continue
		}
		name := reflect.ValueOf(k).Convert(v.Type().Key())
		if v.MapIndex(name).IsValid() {
			r.add(item.KeyExpr.Range(), say.T("%s has the key %s twice", "%s 里的键 %s 重复", f.name, clip(k)), say.T("remove one of the two", "请删去其中一个"))
			continue
		}
		val := reflect.New(v.Type().Elem()).Elem()
		r.set(val, &field{name: f.name + "." + clip(k)}, item.ValueExpr)
		v.SetMapIndex(name, val)
	}
	r.length(e.Range(), f, len(o.Items))
}

// bounds checks a number against the field's least and most.
func (r *reader) bounds(at hcl.Range, f *field, x float64) {
	if least, most := f.limits(); !(x >= least && x <= most) {
		r.slips++
		r.add(at, say.T("%s cannot be %s", "%s 不能是 %s", f.name, show(x)), r.factor(f, x))
	}
}

// factor says what f may be; of a factor, which one x is as a learning rate, too.
func (r *reader) factor(f *field, x float64) say.Text {
	text := r.within(f)
	least, most := f.limits()
	if unit, err := strconv.ParseFloat(f.factor, 64); err == nil && x/unit >= least && x/unit <= most {
		return say.T("%v: for %s write %.3g", "%v：要得到 %s，请写 %.3g", text, show(x), x/unit)
	}
	return text
}

// length checks the length of a string, list or map.
func (r *reader) length(at hcl.Range, f *field, n int) {
	if least, most := f.limits(); !(float64(n) >= least && float64(n) <= most) {
		r.slips++
		r.add(at, say.T("%s has length %d", "%s 的长度是 %d", f.name, n), r.within(f))
	}
}

// limits returns the field's least and most.
func (f *field) limits() (least, most float64) {
	parse := func(tag string, none float64) float64 {
		if tag == "" {
			return none
		}
		x, err := strconv.ParseFloat(tag, 64)
		if err != nil {
			panic(fmt.Sprintf("plan: argument %s has the bound %q", f.name, tag))
		}
		return x
	}
	return parse(f.min, math.Inf(-1)), parse(f.max, math.Inf(1))
}

// within says what the field's limits are.
func (r *reader) within(f *field) say.Text {
	switch {
	case f.factor != "":
		return say.T("it is a factor of AdamW's %s, and may be %s to %s", "它是 AdamW 学习率 %s 的倍数，范围是 %s 到 %s", f.factor, f.min, f.max)
	case f.min != "" && f.max != "":
		return say.T("it may be %s to %s", "范围是 %s 到 %s", f.min, f.max)
	case f.min != "":
		return say.T("it is at least %s", "至少为 %s", f.min)
	case f.max != "":
		return say.T("it is at most %s", "最多为 %s", f.max)
	}
	return say.Text{}
}

// show writes a number as a person would.
func show(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
