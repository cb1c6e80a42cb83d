package plan

import (
	"path"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/stage"
)

// checkPattern refuses a pattern of files that could leave the folder of the
// plan file, or that no path can match.
func checkPattern(p string) *say.Error {
	next := say.T(`write it like "handbook/**" or "notes/*.md"`, `请写成 "handbook/**" 或 "notes/*.md" 这样`)
	wrong := func(what say.Text) *say.Error { return &say.Error{What: what, Next: next, Err: ErrInvalid} }
	switch {
	case p == "":
		return wrong(say.T("a path is empty", "路径为空"))
	case len(p) > 1024:
		return wrong(say.T("a path is longer than 1024 bytes", "路径超过 1024 字节"))
	case strings.Contains(p, "\x00"):
		return wrong(say.T("%q: a path holds no NUL", "%q：路径中不能有 NUL", clip(p)))
	case strings.Contains(p, "\\"):
		return wrong(say.T("%q: paths are written with /", "%q：路径用 / 分隔", clip(p)))
	case strings.Contains(p, "://"):
		err := wrong(say.T("%q is an address, and nothing is fetched from elsewhere", "%q 是网址，而这里不会从别处下载", clip(p)))
		err.Next = say.T("put the file into the folder of the plan file, and name it from there", "请把文件放到计划文件所在目录，并以相对路径指明")
		return err
	case strings.HasPrefix(p, "/"), len(p) > 1 && p[1] == ':':
		return wrong(say.T("%q: paths begin at the folder of the plan file", "%q：路径从计划文件所在目录开始写", clip(p)))
	}
	for s := range strings.SplitSeq(p, "/") {
		if s == "" || s == "." || s == ".." {
			return wrong(say.T("%q: a path stays below the folder of the plan file and has no empty parts", "%q：路径不能超出计划文件所在目录，也不能有空的部分", clip(p)))
		}
		if _, err := path.Match(s, ""); err != nil {
			return wrong(say.T("%q is not a pattern: a [ has no ]", "%q 不是合法的模式：[ 没有对应的 ]", clip(p)))
		}
	}
	return nil
}

// fromHere is a pattern without the "./" before it: all begin at the folder of the plan file.
func fromHere(p string) string {
	if rest := strings.TrimPrefix(p, "./"); rest != "" {
		return rest
	}
	return p
}

// startHere has the patterns of files among the arguments of op begin alike, so that what is
// made of them is the same, and its key.
func startHere(op stage.Operator, fields []field) {
	reads, ok := op.(stage.FileReader)
	if !ok {
		return
	}
	patterns := slices.Clone(reads.Files())
	for i := range fields {
		switch v := fields[i].value.Addr().Interface().(type) {
		case *string:
			if slices.Contains(patterns, *v) {
				*v = fromHere(*v)
			}
		case *[]string:
			for j, p := range *v {
				if slices.Contains(patterns, p) {
					(*v)[j] = fromHere(p)
				}
			}
		}
	}
}

// match reports whether the path with slashes matches the pattern: * and ?
// within one part, ** for any number of parts. Names that begin with a dot
// match only where the pattern says the dot.
func match(pattern, name string) bool {
	return matchParts(strings.Split(pattern, "/"), strings.Split(name, "/"), false)
}

// matchBelow reports whether a path below the folder dir could match.
func matchBelow(pattern, dir string) bool {
	return matchParts(strings.Split(pattern, "/"), strings.Split(dir, "/"), true)
}

// matchParts keeps the set of pattern positions that the parts so far can
// have reached, so that its cost is the product of the lengths.
func matchParts(pattern, parts []string, below bool) bool {
	reached := make([]bool, len(pattern)+1)
	skip := func(at []bool) { // ** may match nothing
		for i, p := range pattern {
			if at[i] && p == "**" {
				at[i+1] = true
			}
		}
	}
	reached[0] = true
	skip(reached)
	for _, part := range parts {
		next := make([]bool, len(pattern)+1)
		hidden := strings.HasPrefix(part, ".")
		for i, p := range pattern {
			switch {
			case !reached[i]:
			case p == "**":
				next[i] = next[i] || !hidden
			default:
				ok, _ := path.Match(p, part)
				next[i+1] = next[i+1] || ok && (!hidden || strings.HasPrefix(p, "."))
			}
		}
		skip(next)
		reached = next
	}
	if below {
		return slices.Contains(reached[:len(pattern)], true)
	}
	return reached[len(pattern)]
}
