package plan

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/store"
)

// FileName is the name of a plan file in its folder.
const FileName = "suiren.hcl"

// Bounds of a plan file.
const (
	maxFile   = 1 << 20 // bytes
	maxBlocks = 1000
	maxName   = 64
)

// ErrInvalid is wrapped by every error about what a plan file says.
var ErrInvalid = errors.New("the plan file is wrong")

// A Vocabulary is what a plan can say: the kinds of block and the operators
// behind them.
type Vocabulary map[store.Kind]Choice

// A Choice is the operators that can make one kind of block.
type Choice struct {
	By  string                           // the argument that chooses: "train", "generate", "recipe"; "" if there is one operator
	Ops map[string]func() stage.Operator // by its value; "" when it is left out, or By is empty
}

// A File is a plan file that was read and found right.
type File struct {
	Path   string       // of the file
	Dir    string       // its folder: the owner's files are below it
	Name   string       // of the folder, for people
	Sum    store.Digest // SHA-256 of its bytes
	Blocks []*Block     // each after those it refers to, else in the file's order
	Only   []string     // if any were chosen, by Choose: the blocks that alone are looked at, with what they need
	Anew   []string     // the blocks that are made again though they stand
}

// A Block is one block of a plan file: an operator with its settings, and the
// blocks it refers to.
type Block struct {
	stage.Ref
	Op   stage.Operator
	Args []Arg  // its inputs, in the order of the operator's fields
	At   string // where it stands: "suiren.hcl:12:1"

	anew     bool              // by Choose
	asked    *asked            // by a saved plan, that is; nil: by none
	settings map[string]string // where the values of its settings stand, by name
}

// place returns where the value of an argument stands; where the block does, if
// the block does not name it.
func (b *Block) place(arg string) string {
	for _, a := range b.Args {
		if a.Name == arg {
			return a.At
		}
	}
	return cmp.Or(b.settings[arg], b.At)
}

// An Arg is an argument that refers to other blocks.
type Arg struct {
	Name string
	Refs []stage.Ref
	Part string // of examples: the sub-folder that is handed over; "": all of it
	Pin  bool   // what the release has answered so far: no edge of the graph
	Path string // of a model of the owner's, instead of blocks
	Form string // of weights: what the operator's field wants, a model or an adapter
	At   string // where its value stands: "suiren.hcl:14:11"
}

// partOf is the part of ref's artifact that is handed over: only examples have parts.
func (a *Arg) partOf(ref stage.Ref) string {
	if ref.Kind != store.Examples {
		return ""
	}
	return a.Part
}

// Load reads the plan file at path, or in the folder path. Its error joins a
// *say.Error for everything that is wrong in the file.
func Load(path string, v Vocabulary) (*File, error) {
	path, src, err := readFile(path)
	if err != nil {
		return nil, err
	}
	f, err := Parse(src, filepath.Base(path), v)
	if err != nil {
		return nil, err
	}
	return f.At(path, src), nil
}

// HasBlocks is an error if the file has none: to make it would be to remove all that
// stands, which an empty file does not ask for.
func (f *File) HasBlocks() error {
	if len(f.Blocks) > 0 {
		return nil
	}
	where := f.Name // of a text; a file at its place is called by its folder
	if f.Path != "" {
		where = filepath.Base(f.Path)
	}
	return &say.Error{Where: where, Err: ErrInvalid, What: say.T("the plan has no block, and to make it would remove all that stands", "计划中没有任何块，执行它会移除全部产物"),
		Next: say.T("write a block into it; to wipe what was made: suiren reset --everything", "请写入一个块；要清除已制作的内容：suiren reset --everything")}
}

// readFile returns the absolute path and the bytes of a plan file.
func readFile(path string) (string, []byte, error) {
	given := path
	path, err := filepath.Abs(path)
	if err != nil {
		return "", nil, err
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		given, path = filepath.Join(given, FileName), filepath.Join(path, FileName)
		info, err = os.Stat(path)
	}
	wrong := func(what, next say.Text) error {
		return &say.Error{Where: given, What: what, Next: next, Err: errors.Join(ErrInvalid, err)}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil, wrong(say.T("there is no plan file", "没有计划文件"),
			say.T("name a folder with a %s, such as examples/tutor, or let the page write a first one: suiren serve", "请指定含有 %s 的目录，例如 examples/tutor，或在页面上生成第一个计划：suiren serve", FileName))
	case err != nil:
		return "", nil, wrong(say.T("the plan file cannot be read: %v", "无法读取计划文件：%v", err), say.Text{})
	case !info.Mode().IsRegular():
		return "", nil, wrong(say.T("this is not a file", "这不是普通文件"), say.T("name a plan file or its folder", "请指定计划文件或其所在目录"))
	}
	f, err := os.Open(path)
	if err != nil {
		return "", nil, wrong(say.T("the plan file cannot be read: %v", "无法读取计划文件：%v", err), say.Text{})
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", nil, wrong(say.T("the plan file cannot be read: %v", "无法读取计划文件：%v", err), say.Text{})
	}
	if len(src) > maxFile {
		return "", nil, wrong(say.T("the file is larger than 1 MiB", "文件大于 1 MiB"), say.T("is this a plan file?", "请确认这是计划文件"))
	}
	return path, src, nil
}

// A reader reads one plan file and notes what is wrong in it.
type reader struct {
	file  string
	vocab Vocabulary
	found map[stage.Ref]hcl.Range // the blocks of the file, and their names' places
	lost  map[string]bool         // names of blocks whose kind or name is wrong: no use to say so at each reference
	wrong []*say.Error
	more  int // errors that were left out
	slips int // errors of values that are of their kind, and too large, small, long or short
}

// maxErrors is how many errors are listed. A person mends a few at a time,
// and a hostile file could have a million.
const maxErrors = 100

func (r *reader) add(at hcl.Range, what, next say.Text) { r.addAt(place(at), what, next) }

func (r *reader) addAt(where string, what, next say.Text) {
	if len(r.wrong) == maxErrors {
		r.more++
		return
	}
	r.wrong = append(r.wrong, &say.Error{Where: where, What: what, Next: next, Err: ErrInvalid})
}

// err joins what was found, in the file's order, or is nil.
func (r *reader) err() error {
	if len(r.wrong) == 0 {
		return nil
	}
	slices.SortStableFunc(r.wrong, func(a, b *say.Error) int { return comparePlaces(a.Where, b.Where) })
	list := make([]error, 0, len(r.wrong)+1)
	for _, e := range r.wrong {
		list = append(list, e)
	}
	if r.more > 0 {
		list = append(list, &say.Error{Where: r.file, What: say.T("%d more errors", "另有 %d 处错误", r.more), Err: ErrInvalid})
	}
	return errors.Join(list...)
}

// isUTF16 reports whether src begins as text in UTF-16 does: by its mark, or with a
// letter of ASCII in two bytes.
func isUTF16(src []byte) bool {
	return len(src) > 1 && (src[0] == 0xff && src[1] == 0xfe || src[0] == 0xfe && src[1] == 0xff || (src[0] == 0) != (src[1] == 0))
}

// parse reads the blocks of a plan file. name is the file's, for places.
func parse(src []byte, name string, v Vocabulary) ([]*Block, error) {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")) // some editors begin UTF-8 with it
	r := &reader{file: name, vocab: v, found: map[stage.Ref]hcl.Range{}, lost: map[string]bool{}}
	if isUTF16(src) { // each of its characters would be an error
		r.add(hcl.Range{Filename: r.file, Start: hcl.InitialPos}, say.T("the file is in UTF-16", "文件是 UTF-16 编码"), say.T("save it as UTF-8", "请另存为 UTF-8"))
		return nil, r.err()
	}
	body := r.syntax(src)
	if body == nil {
		return nil, r.err()
	}
	for _, a := range inOrder(body.Attributes) {
		r.add(a.NameRange, say.T("argument %s stands in no block", "参数 %s 不在任何块里", a.Name),
			say.T("put it into a block, such as weights \"tutor\" { … }", "请把它放进块里，例如 weights \"tutor\" { … }"))
	}
	if len(body.Blocks) > maxBlocks {
		r.add(body.Blocks[maxBlocks].DefRange(), say.T("the plan has more than %d blocks", "计划的块多于 %d 个", maxBlocks),
			say.T("split it into several plans", "请拆成几个计划"))
		return nil, r.err()
	}
	var blocks []*Block
	var bodies []*hclsyntax.Block
	for _, b := range body.Blocks {
		if ref, ok := r.head(b); ok {
			blocks = append(blocks, &Block{Ref: ref, At: place(b.DefRange()), settings: map[string]string{}})
			bodies = append(bodies, b)
		}
	}
	for i, b := range blocks {
		r.body(b, bodies[i])
	}
	r.adapters(blocks)
	r.reserved(blocks)
	blocks = r.order(blocks)
	if err := r.err(); err != nil {
		return blocks, err
	}
	lookBehind(blocks)
	return blocks, nil
}

// head reads a block's kind and name.
func (r *reader) head(b *hclsyntax.Block) (stage.Ref, bool) {
	kind := store.Kind(b.Type)
	if _, ok := r.vocab[kind]; !ok {
		for _, name := range b.Labels {
			r.lost[name] = true
		}
		r.add(b.TypeRange, say.T("a plan has no blocks of kind %s", "计划里没有 %s 这种块", clip(b.Type)), suggest(b.Type, r.kinds()))
		return stage.Ref{}, false
	}
	if len(b.Labels) != 1 {
		r.add(b.DefRange(), say.T("a block has one name, and this one has %d", "每个块要有一个名字，这里有 %d 个", len(b.Labels)),
			say.T("write %s \"name\" { … }", "请写成 %s \"名字\" { … }", kind))
		return stage.Ref{}, false
	}
	ref := stage.Ref{Kind: kind, Name: b.Labels[0]}
	at := b.LabelRanges[0]
	if !goodName(ref.Name) {
		r.lost[ref.Name] = true
		r.add(at, say.T("%q is not a name for a block", "%q 不能作块名", clip(ref.Name)),
			say.T("begin with a letter; letters, digits, - and _ may follow, %d in all", "以英文字母开头，后面可以是字母、数字、- 和 _，总长不超过 %d", maxName))
		return stage.Ref{}, false
	}
	if first, ok := r.found[ref]; ok {
		r.add(at, say.T("there are two blocks %s; the first is at %s", "有两个 %s 块，第一个在 %s", ref, place(first)),
			say.T("give one of them another name", "请给其中一个换个名字"))
		return stage.Ref{}, false
	}
	r.found[ref] = at
	return ref, true
}

// goodName reports whether a block may have the name s, so that others can
// refer to it and it is safe in a path, an address and a terminal.
func goodName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for i, c := range []byte(s) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '-' && c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

// kinds are the kinds of block that the vocabulary has, in the order of the loop.
func (r *reader) kinds() []string {
	var list []string
	for _, k := range stage.Kinds {
		if _, ok := r.vocab[k]; ok {
			list = append(list, string(k))
		}
	}
	return list
}

// chosen reads the argument that chooses the operator.
func (r *reader) chosen(choice Choice, a *hclsyntax.Attribute, names []string) (string, bool) {
	v, ok := literal(a.Expr)
	if !ok || !isString(v) {
		r.addExpr(a.Expr, say.T("a string", "字符串"), &field{name: choice.By, value: reflect.ValueOf(""), known: names})
		return "", false
	}
	name := v.AsString()
	if name == "" || choice.Ops[name] == nil {
		r.add(a.Expr.Range(), say.T("%s cannot be %q", "%s 不能是 %q", choice.By, clip(name)), suggestOperator(name, names))
		return "", false
	}
	return name, true
}

// body reads a block's arguments: first the one that chooses the operator.
func (r *reader) body(b *Block, h *hclsyntax.Block) {
	before, slips := len(r.wrong)+r.more, r.slips
	choice := r.vocab[b.Kind]
	args := h.Body.Attributes
	var chosen string
	if choice.By != "" {
		names := slices.DeleteFunc(sortedKeys(choice.Ops), func(name string) bool { return name == "" })
		a, ok := args[choice.By]
		switch {
		case ok:
			if chosen, ok = r.chosen(choice, a, names); !ok {
				r.unchosen(b, args, choice)
				return
			}
		case choice.Ops[""] == nil:
			if slip := r.misspelt(choice, args); slip == nil {
				r.add(h.DefRange(), say.T("%s lacks the argument %s", "%s 缺少参数 %s", b.Ref, choice.By), oneOf(names))
			} else if chosen, ok = r.chosen(choice, slip, names); ok { // its name is said below
				break
			}
			r.unchosen(b, args, choice)
			return
		}
	}
	op := choice.Ops[chosen]()
	fields := fieldsOf(op)
	known := []string{}
	if choice.By != "" {
		known = append(known, choice.By)
	}
	for i := range fields {
		f := &fields[i]
		if f.name != choice.By {
			known = append(known, f.name)
		}
		a, ok := args[f.name]
		switch {
		case f.isBlock():
			for _, in := range h.Body.Blocks {
				if in.Type == f.name {
					r.inner(f, in)
				}
			}
			if ok {
				r.add(a.NameRange, say.T("%s is a block", "%s 是块，不是参数", f.name), say.T("write %s \"name\" { … }", "请写成 %s \"名字\" { … }", f.name))
			}
		case ok:
			r.argument(b, f, a)
		case !f.optional:
			r.add(h.DefRange(), say.T("%s lacks the argument %s", "%s 缺少参数 %s", b.Ref, f.name), say.T("write %s = %v", "请写 %s = %v", f.name, f.example()))
		}
	}
	for _, a := range inOrder(args) {
		if !slices.Contains(known, a.Name) {
			r.add(a.NameRange, say.T("%s has no argument %s", "%s 没有参数 %s", b.Kind, clip(a.Name)), r.suggestArgument(a, choice, known, args, fields))
		}
	}
	for _, in := range h.Body.Blocks {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.isBlock() && f.name == in.Type }) {
			r.noBlock(in, known)
		}
	}
	startHere(op, fields)
	b.Op = op
	if c, ok := op.(stage.Checker); ok && before+r.slips-slips == len(r.wrong)+r.more { // else it might tell what only follows
		known := r.wrong[min(before, len(r.wrong)):]
		for _, e := range c.Check() {
			at := h.DefRange()
			if a := args[e.Where]; a != nil {
				at = a.Expr.Range()
			}
			if !slices.ContainsFunc(known, func(k *say.Error) bool { return k.Where == place(at) }) {
				r.add(at, e.What, e.Next)
			}
		}
	}
	r.patterns(op, h)
}

// noBlock refuses a block where there are only arguments, which are known.
func (r *reader) noBlock(b *hclsyntax.Block, known []string) {
	next := suggest(b.Type, known)
	if _, ok := r.vocab[store.Kind(b.Type)]; ok {
		next = say.T("end the block above with }", "请用 } 结束上面的块")
	} else if slices.Contains(known, b.Type) {
		next = say.T("write %s = …", "请写成 %s = …", b.Type)
	}
	r.add(b.DefRange(), say.T("a block holds arguments, and no blocks such as %s", "块里只有参数，不能再有块（%s）", clip(b.Type)), next)
}

// patterns refuses patterns of files that are not below the plan's folder.
func (r *reader) patterns(op stage.Operator, h *hclsyntax.Block) {
	reads, ok := op.(stage.FileReader)
	if !ok {
		return
	}
	for _, p := range reads.Files() {
		if err := checkPattern(p); err != nil {
			at, said := h.DefRange(), false
			for _, a := range inOrder(h.Body.Attributes) { // the argument that says it, if one does so plainly
				if v, ok := literal(a.Expr); ok && isString(v) && fromHere(v.AsString()) == p {
					at, said = a.Expr.Range(), true
				}
			}
			if said || p != "" { // else it is missing, which was said
				r.add(at, err.What, err.Next)
			}
		}
	}
}

// inOrder returns arguments in the file's order.
func inOrder(args hclsyntax.Attributes) []*hclsyntax.Attribute {
	list := make([]*hclsyntax.Attribute, 0, len(args))
	for _, a := range args {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *hclsyntax.Attribute) int { return a.NameRange.Start.Byte - b.NameRange.Start.Byte })
	return list
}

// clip bounds what an error repeats of a file, and keeps it from moving the
// cursor of a terminal.
func clip(s string) string {
	s = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return unicode.ReplacementChar
		}
		return c
	}, s)
	if len(s) > 80 {
		s = strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}
