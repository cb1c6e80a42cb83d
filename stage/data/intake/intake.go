// Package intake reads the owner's examples in the forms that the field has:
// OpenAI's messages, Alpaca, ShareGPT, and prompts with their answers; as chats,
// preference pairs, labelled answers and problems; in a JSON array or JSON Lines.
//
// Sources: the OpenAI API reference; the data formats of LLaMA-Factory
// (data/README.md) and of TRL (docs/source/dataset_formats.md).
package intake

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"suiren/internal/say"
	"suiren/stage"
)

// A Form is a way of writing an example.
type Form string

// The forms.
const (
	Detect   Form = ""
	Messages Form = "messages" // messages, each with role and content
	Alpaca   Form = "alpaca"   // instruction, input, output, history, system
	ShareGPT Form = "sharegpt" // conversations, each with from and value
	Prompt   Form = "prompt"   // prompt, and completion, chosen and rejected, or verify
)

// Forms are the forms that a setting can name.
var Forms = []Form{Messages, Alpaca, ShareGPT, Prompt}

// maxExample bounds the bytes of one example, and of the blank space before one: a few
// bytes that are packed unfold to any length of it.
const maxExample = 16 << 20

// Read reads a file of examples, one at a time. Name is what errors call the
// file; one that ends in .gz or .zst is decompressed. The examples have no Key.
//
// An error is a *say.Error with file, line, field, cause and suggestion, or one
// of r. After an error about one example the next is read; after any other,
// nothing. Once ctx is done it ends with that, within an example too.
func Read(ctx context.Context, r io.Reader, name string, form Form) iter.Seq2[stage.Example, error] {
	return func(yield func(stage.Example, error) bool) {
		s := &source{name: name, line: 1, form: form}
		switch strings.ToLower(path.Ext(name)) {
		case ".gz":
			z, err := gzip.NewReader(r)
			if err != nil {
				yield(stage.Example{}, s.unreadable(err))
				return
			}
			defer z.Close()
			r = z
		case ".zst":
			z, err := zstd.NewReader(r, zstd.WithDecoderMaxMemory(128<<20), zstd.WithDecoderConcurrency(1))
			if err != nil {
				yield(stage.Example{}, s.unreadable(err))
				return
			}
			defer z.Close()
			r = z
		}
		s.r = bufio.NewReaderSize(heard{ctx, r}, 1<<16)
		s.read(yield)
	}
}

// heard is a reader that ends once ctx is done.
type heard struct {
	ctx context.Context
	r   io.Reader
}

func (h heard) Read(p []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		return 0, err
	}
	return h.r.Read(p)
}

// tabular reports whether a file is by its name of no JSON at all: one error tells that,
// and not one for each of its lines.
func (s *source) tabular() bool {
	return slices.Contains([]string{"csv", "tsv", "txt", "md", "xml", "html", "yaml", "yml"}, ending(s.name))
}

// ending is how a name ends, but for how it is packed.
func ending(name string) string {
	name = strings.ToLower(name)
	for _, packed := range []string{".gz", ".zst"} {
		name = strings.TrimSuffix(name, packed)
	}
	return strings.TrimPrefix(path.Ext(name), ".")
}

// A source is a file being read.
type source struct {
	name string
	r    *bufio.Reader
	line int // of the next byte
	runs int // characters before it on its line
	form Form
	ends bool // an error ended the reading

	// Of the example at hand.
	start int    // characters before it on its line
	item  string // its place in the array, if another stands on the line before it
	place string // … or behind it
	ended int    // the line on which the one before it ended
}

// at is an example that begins on a line.
func (s *source) at(line int) *record { return &record{file: s.name, line: line} }

// pass goes on behind a byte.
func (s *source) pass(b byte) {
	switch {
	case b == '\n':
		s.line++
		s.runs = 0
	case utf8.RuneStart(b):
		s.runs++
	}
}

func (s *source) read(yield func(stage.Example, error) bool) {
	start, err := s.open()
	if err != nil {
		yield(stage.Example{}, err)
		return
	}
	next := s.nextLine
	if start == '[' {
		next = s.nextItem
	}
	if start != '[' && start != '{' && start != 0 && s.tabular() {
		yield(stage.Example{}, s.at(s.line).fail("", say.T("this is %s, and examples are JSON", "这是 %s，而样例应为 JSON", strings.ToUpper(ending(s.name))), exportLines))
		return
	}
	count := 0
	for {
		line, src, err := next(count)
		if err == io.EOF {
			if count == 0 {
				yield(stage.Example{}, s.at(1).fail("", say.T("there is no example in this file", "文件里没有样例"),
					say.T("write one JSON object a line, or a JSON array of objects", "请每行写一个 JSON 对象，或写一个由对象组成的 JSON 数组")))
			}
			return
		}
		count++
		var e stage.Example
		if err == nil {
			r := s.at(line)
			r.start, r.item, r.place = s.start, s.item, s.place
			e, err = read(r, src, s.form)
		}
		if !yield(e, err) || s.ends {
			return
		}
	}
}

// open looks at the beginning: an array opens with [, which is taken.
func (s *source) open() (byte, error) {
	b, err := s.r.Peek(8)
	if err != nil && err != io.EOF {
		return 0, s.unreadable(err)
	}
	for _, f := range foreign {
		if bytes.HasPrefix(b, []byte(f.begins)) {
			return 0, s.at(1).fail("", f.what, f.next)
		}
	}
	if bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) {
		s.r.Discard(3)
	}
	c, err := s.skip()
	if err == io.EOF {
		return 0, nil
	}
	if err != nil {
		return 0, s.unreadable(err)
	}
	if c == '[' {
		s.r.Discard(1)
		s.pass(c)
	}
	return c, nil
}

var (
	saveUTF8    = say.T("save it as UTF-8", "请另存为 UTF-8")
	exportLines = say.T("export it as JSON Lines", "请导出为 JSON Lines")
)

// foreign are files of other kinds, by what they begin with.
var foreign = []struct {
	begins     string
	what, next say.Text
}{
	{"\xff\xfe\x00\x00", say.T("this file is in UTF-32", "文件是 UTF-32 编码"), saveUTF8},
	{"\x00\x00\xfe\xff", say.T("this file is in UTF-32", "文件是 UTF-32 编码"), saveUTF8},
	{"\xff\xfe", say.T("this file is in UTF-16", "文件是 UTF-16 编码"), saveUTF8},
	{"\xfe\xff", say.T("this file is in UTF-16", "文件是 UTF-16 编码"), saveUTF8},
	{"{\x00", say.T("this file is in UTF-16", "文件是 UTF-16 编码"), saveUTF8},
	{"[\x00", say.T("this file is in UTF-16", "文件是 UTF-16 编码"), saveUTF8},
	{"\x00{", say.T("this file is in UTF-16", "文件是 UTF-16 编码"), saveUTF8},
	{"\x00[", say.T("this file is in UTF-16", "文件是 UTF-16 编码"), saveUTF8},
	{"\x1f\x8b", say.T("this file is compressed with gzip", "这是 gzip 压缩文件"), say.T("let its name end in .gz", "请让文件名以 .gz 结尾")},
	{"\x28\xb5\x2f\xfd", say.T("this file is compressed with Zstandard", "这是 Zstandard 压缩文件"), say.T("let its name end in .zst", "请让文件名以 .zst 结尾")},
	{"BZh", say.T("this file is compressed with bzip2", "这是 bzip2 压缩文件"), say.T("unpack it", "请先解压")},
	{"\xfd7zXZ", say.T("this file is compressed with xz", "这是 xz 压缩文件"), say.T("unpack it", "请先解压")},
	{"PK\x03\x04", say.T("this is an Excel file or another archive (ZIP)", "这是 Excel 文件或其他压缩包（ZIP）"), say.T("unpack it, or export it as JSON Lines", "请先解压，或导出为 JSON Lines")},
	{"PAR1", say.T("this is a Parquet file", "这是 Parquet 文件"), exportLines},
	{"ARROW1", say.T("this is an Arrow file", "这是 Arrow 文件"), exportLines},
	{"\xff\xff\xff\xff", say.T("this is an Arrow stream", "这是 Arrow 流文件"), exportLines},
	{"SQLite f", say.T("this is an SQLite database", "这是 SQLite 数据库"), exportLines},
}

// skip goes on to the next byte that is no white space, and returns it.
func (s *source) skip() (byte, error) {
	for blank := 0; ; blank++ {
		if blank > maxExample {
			return 0, s.at(s.line).fail("", say.T("more than %d MiB of blank space end here", "到此处为止的空白超过 %d MiB", maxExample>>20), say.T("delete it", "请删去它"))
		}
		b, err := s.r.Peek(1)
		if err != nil {
			return 0, err
		}
		if !bytes.ContainsRune([]byte(" \t\r\n"), rune(b[0])) {
			return b[0], nil
		}
		s.pass(b[0])
		s.r.Discard(1)
	}
}

// nextLine returns the next line that is not empty, or the object that begins
// there where it goes on over lines.
func (s *source) nextLine(int) (line int, src []byte, err error) {
	if _, err = s.skip(); err != nil {
		return 0, nil, s.end(err)
	}
	line, s.start, s.runs = s.line, s.runs, 0
	var b balance
	for {
		piece, err := s.r.ReadSlice('\n')
		if len(src)+len(piece) > maxExample {
			return line, nil, s.end(s.tooLong(line))
		}
		src = append(src, piece...)
		b.read(piece)
		switch {
		case err == nil:
			s.line++
			if !s.goesOn(b) {
				return line, bytes.TrimSpace(src), nil
			}
		case err == io.EOF:
			return line, bytes.TrimSpace(src), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, nil, s.end(err)
		}
	}
}

// goesOn reports whether the value at the end of a line goes on: it is open, and
// the next line begins none of its own. Who prints objects over several lines
// moves to the right what stands in them.
func (s *source) goesOn(b balance) bool {
	next, err := s.r.Peek(1)
	return b.depth > 0 && !b.inString && err == nil && next[0] != '{' && next[0] != '['
}

// A balance counts what of JSON is open.
type balance struct {
	depth             int
	inString, escaped bool
}

func (b *balance) read(src []byte) {
	for _, c := range src {
		b.next(c)
	}
}

func (b *balance) next(c byte) {
	switch {
	case b.escaped:
		b.escaped = false
	case b.inString:
		b.inString, b.escaped = c != '"', c == '\\'
	case c == '"':
		b.inString = true
	case c == '{' || c == '[':
		b.depth++
	case c == '}' || c == ']':
		b.depth--
	}
}

// end notes that nothing can be read any more.
func (s *source) end(err error) error {
	s.ends = true
	if err == io.EOF {
		return err
	}
	return s.unreadable(err)
}

// unreadable names the file and the line where it cannot be read on.
func (s *source) unreadable(err error) error {
	if _, ok := errors.AsType[*say.Error](err); ok {
		return err
	}
	what, next := say.T("the file cannot be read on from here: %v", "文件从此处起无法读取：%v", err), say.T("copy it again", "请重新复制")
	switch strings.ToLower(path.Ext(s.name)) {
	case ".gz":
		what = say.T("this is not gzip, or it is damaged or cut off: %v", "这不是 gzip，或已损坏、不完整：%v", err)
	case ".zst":
		what = say.T("this is not Zstandard, or it is damaged or cut off: %v", "这不是 Zstandard，或已损坏、不完整：%v", err)
	}
	e := s.at(s.line).fail("", what, next)
	e.Err = err
	return e
}

func (s *source) tooLong(line int) error {
	return s.at(line).fail("", say.T("an example is longer than %d MiB", "一条样例超过 %d MiB", maxExample>>20),
		say.T("shorten it, or cut it into several examples; if it holds many, begin a line with each", "请缩短它，或拆成多条样例；若其中有多个对象，请让每个对象各占一行"))
}

// nextItem returns the next item of the array; count is how many came before.
func (s *source) nextItem(count int) (line int, src []byte, err error) {
	c, err := s.skip()
	if err == nil && c == ',' && count > 0 {
		s.r.Discard(1)
		s.pass(c)
		if c, err = s.skip(); err == nil && c == ']' {
			return 0, nil, s.end(s.at(s.line).fail("", say.T("a comma stands before the end of the array", "数组结尾前多了一个逗号"), say.T("delete it", "请删去它")))
		}
	} else if err == nil && c == '}' && count > 0 {
		return 0, nil, s.end(s.at(s.line).fail("", say.T("a } stands here that closes nothing", "这里多了一个 }"), say.T("delete it", "请删去它")))
	} else if err == nil && c != ']' && count > 0 {
		return 0, nil, s.end(s.at(s.line).fail("", say.T("two examples have no comma between them", "两条样例之间缺少逗号"), say.T("write one", "请补上")))
	}
	if err == io.EOF {
		return 0, nil, s.end(s.cut(s.line, count, nil))
	}
	if err != nil {
		return 0, nil, s.end(err)
	}
	if c == ']' {
		s.r.Discard(1)
		if c, err := s.skip(); err == nil {
			return 0, nil, s.end(s.at(s.line).fail("", say.T("%s stands behind the end of the array", "数组结束之后还有 %s", strconv.Quote(string(rune(c)))), say.T("a file holds one array, or objects one a line", "一个文件是一个数组，或每行一个对象")))
		} else if err != io.EOF {
			return 0, nil, s.end(err)
		}
		return 0, nil, io.EOF
	}
	line, s.start, s.item, s.place = s.line, s.runs, "", ""
	if count > 0 && line == s.ended {
		s.item = fmt.Sprintf("[%d]", count)
		s.place = s.item
	}
	defer func() {
		if err == nil && line == s.line && s.another() {
			s.place = fmt.Sprintf("[%d]", count)
		}
	}()
	var open balance
	for {
		b, err := s.r.ReadByte()
		if err == io.EOF {
			return 0, nil, s.end(s.cut(line, count, src))
		}
		if err != nil {
			return 0, nil, s.end(err)
		}
		if open.depth == 0 && !open.inString && len(src) > 0 && (b == ',' || b == ']' || b == '\n') { // a number or word ends
			s.r.UnreadByte()
			s.ended = s.line
			return line, src, nil
		}
		if src = append(src, b); len(src) > maxExample {
			return 0, nil, s.end(s.tooLong(line))
		}
		s.pass(b)
		open.next(b)
		if open.depth <= 0 && (b == '}' || b == ']' || b == '"') && !open.inString {
			s.ended = s.line
			s.ends = src[0] == '{' && b == ']' // it is not closed, and took in what came after it
			return line, src, nil
		}
	}
}

// another reports whether the next item of the array begins on this line, too.
func (s *source) another() bool {
	b, _ := s.r.Peek(64)
	rest, comma := bytes.CutPrefix(bytes.TrimLeft(b, " \t"), []byte(","))
	rest = bytes.TrimLeft(rest, " \t")
	return comma && len(rest) > 0 && !bytes.ContainsRune([]byte("\r\n]"), rune(rest[0]))
}

// cut says that the file ends inside an example, of which src is left; or what
// else is wrong with that, which took in what comes after it.
func (s *source) cut(line, count int, src []byte) error {
	if _, err := parse(src); len(src) > 0 && err != nil && !errors.Is(err.(*syntaxError).err, io.ErrUnexpectedEOF) {
		r := s.at(line)
		r.start, r.place = s.start, s.place
		return r.syntax(src, err)
	}
	return s.at(line).fail("", say.T("the file ends in the middle of the array, after %d examples", "文件在数组中间中断，前面有 %d 条样例", count),
		say.T("it was cut off: copy it again", "文件不完整：请重新复制"))
}

// read reads one example.
func read(r *record, src []byte, form Form) (stage.Example, error) {
	if !utf8.Valid(src) {
		at := 0
		for at < len(src) {
			c, n := utf8.DecodeRune(src[at:])
			if c == utf8.RuneError && n == 1 {
				break
			}
			at += n
		}
		r.line += bytes.Count(src[:at], []byte("\n"))
		return stage.Example{}, r.fail("", say.T("byte %d of the example is not UTF-8", "样例的第 %d 个字节不是 UTF-8", at+1), say.T("save the file as UTF-8; if it is in GB18030, convert it", "请将文件另存为 UTF-8；如为 GB18030，请先转换"))
	}
	n, err := parse(src)
	if err != nil {
		return stage.Example{}, r.syntax(src, err)
	}
	r.src = src
	return r.example(n, form)
}
