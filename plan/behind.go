package plan

import (
	"reflect"
	"slices"
	"strings"

	"suiren/stage"
	"suiren/store"
)

// A source is what was learnt: a block, met as a part of it, or a model of the
// owner's.
type source struct {
	ref  stage.Ref
	part string
}

// lookBehind fills in, for operators that ask (see stage.Operator), what was learnt
// behind an input. blocks are in order, and right.
func lookBehind(blocks []*Block) {
	made := make(map[stage.Ref]*Block, len(blocks))
	for _, b := range blocks {
		made[b.Ref] = b
	}
	for _, b := range blocks {
		v := reflect.ValueOf(b.Op).Elem()
		learnt := map[string][]source{} // by the input asked of
		for i := range v.NumField() {
			f := v.Type().Field(i)
			arg := f.Tag.Get("behind")
			if arg == "" {
				continue
			}
			if _, ok := learnt[arg]; !ok {
				learnt[arg] = sources(b, arg, made)
			}
			kinds := strings.Split(f.Tag.Get("kinds"), ",")
			show := Arg{Name: strings.ToLower(f.Name), Part: f.Tag.Get("part"), At: b.place(arg)}
			for _, s := range learnt[arg] {
				if s.part == show.Part && slices.Contains(kinds, string(s.ref.Kind)) {
					show.Refs = append(show.Refs, s.ref)
				}
			}
			if len(show.Refs) == 0 {
				continue
			}
			v.Field(i).Set(reflect.ValueOf(show.Refs))
			if show.Part != "" {
				b.Args = append(b.Args, show)
			}
		}
	}
}

// sources returns all that was learnt behind an input of b, each once, in the
// order in which it is met.
func sources(b *Block, arg string, made map[stage.Ref]*Block) (list []source) {
	been := map[stage.Ref]bool{}
	note := func(s source) {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	var walk func(a Arg)
	walk = func(a Arg) {
		if a.Path != "" {
			note(source{ref: stage.Ref{Kind: stage.Owners, Name: a.Path}})
		}
		for _, ref := range a.Refs {
			note(source{ref, a.partOf(ref)})
			if been[ref] || ref.Kind == store.Examples || ref.Kind == store.Corpus { // they hold what is learnt
				continue
			}
			been[ref] = true
			of := made[ref]
			for _, a := range of.Args {
				if teaches(of.Op, a.Name) {
					walk(a)
				}
			}
		}
	}
	for _, a := range b.Args {
		if a.Name == arg {
			walk(a)
		}
	}
	return list
}

// teaches reports whether what op makes holds what it learnt from an argument.
func teaches(op stage.Operator, arg string) bool {
	t := reflect.TypeOf(op).Elem()
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("plan"), ","); name == arg {
			return t.Field(i).Tag.Get("learnt") == "yes"
		}
	}
	return false
}
