package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"suiren/internal/say"
)

// syntax says where JSON is wrong, and how it is put right.
func (r *record) syntax(src []byte, err error) error {
	s := err.(*syntaxError)
	cause, next := s.cause(src)
	before := src[:s.at]
	r.line += bytes.Count(before, []byte("\n"))
	r.column = 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	if !bytes.Contains(before, []byte("\n")) {
		r.column += r.start
	}
	what := say.T("this is not JSON: %v", "这不是 JSON：%v", cause)
	if next.IsZero() {
		next = say.T("write one JSON object a line, or a JSON array of objects", "请每行写一个 JSON 对象，或写一个由对象组成的 JSON 数组")
	}
	switch {
	case errors.Is(s.err, io.ErrUnexpectedEOF):
		what, next = say.T("the line ends in the middle of the object", "这一行在对象中间中断"), say.T("it was cut off: write the whole object on one line", "内容不完整：请把整个对象写在一行里")
		var b balance
		if b.read(src); b.inString {
			next = say.T("it was cut off: write the whole object on one line, and line ends in strings as \\n", "内容不完整：请把整个对象写在一行里，字符串中的换行写成 \\n")
		}
	case errors.Is(s.err, errDeep), errors.Is(s.err, errMany):
		what = cause
	case errors.Is(s.err, errBehind):
		switch rest := src[s.at:]; {
		case len(rest) == 1 && rest[0] == ',':
			next = say.T("delete the comma at the line's end: between lines there is none", "请删去行末的逗号：各行之间不写逗号")
		case rest[0] == '{' || bytes.HasPrefix(bytes.TrimLeft(rest, ", \t"), []byte("{")):
			next = say.T("begin a line with each object", "请让每个对象各占一行")
		}
	}
	return r.fail("", what, next)
}

// inString says what is wrong with JSON that stands in a string, and how it is put right: by
// next, if that is not known.
func inString(src []byte, err error, next say.Text) (cause, _ say.Text) {
	cause, better := err.(*syntaxError).cause(src)
	if !better.IsZero() {
		next = say.T("in the JSON of the string: %v", "在字符串里的 JSON 中：%v", better)
	}
	return cause, next
}

// cause says what is wrong with the JSON src, and how it is put right; nothing if that is not
// known. The place becomes that of the character that people see there.
func (s *syntaxError) cause(src []byte) (what, next say.Text) {
	var fault *json.SyntaxError
	if errors.As(s.err, &fault) && strings.Contains(fault.Error(), "in literal") { // nothing begins like null
		s.at -= len(letters(src[:s.at], true))
	}
	what = say.T("%v", "%v", s.err)
	switch {
	case errors.Is(s.err, io.ErrUnexpectedEOF):
		what = say.T("it ends in the middle", "内容在中间中断")
	case errors.Is(s.err, errTwice):
		next = say.T("delete one of the two", "请删去其中一个")
	case errors.Is(s.err, errDeep), errors.Is(s.err, errMany):
		next = say.T("make it simpler, or leave the example out", "请简化它，或去掉这条样例")
	case errors.Is(s.err, errHalf):
		next = say.T("write the character itself, or both of its escapes: \\ud83d\\ude00", "请直接写出该字符，或写全两个转义：\\ud83d\\ude00")
	case fault != nil:
		at, _ := utf8.DecodeRune(src[s.at:])
		what, next = say.T("%q cannot stand here", "此处不能是 %q", string(at)), hint(src, s.at, at, fault.Error())
	}
	return what, next
}

// words are values of other languages, and what JSON has for them.
var words = map[string]string{"None": "null", "nil": "null", "undefined": "null", "True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "NULL": "null", "Null": "null"}

// hint says how a fault of JSON at src[i], the rune at, is put right. cause is
// what encoding/json says of it.
func hint(src []byte, i int, at rune, cause string) say.Text {
	last, _ := utf8.DecodeLastRune(bytes.TrimSpace(src[:i]))
	is := func(part string) bool { return strings.Contains(cause, part) }
	switch {
	case is("in string literal"):
		return say.T(`inside a string a line end is written \n and a tab \t`, `字符串中的换行须写成 \n，制表符须写成 \t`)
	case is("escape code"), is(`in \u`):
		return say.T(`a backslash in a string is written \\`, `字符串中的反斜杠须写成 \\`)
	case at == '\ufeff':
		return say.T("files with a byte order mark were joined: delete the mark (U+FEFF)", "合并了带有字节顺序标记的文件：请删去这个标记（U+FEFF）")
	case strings.ContainsRune("“”：，", at):
		return say.T("a full-width mark (“ ” ： ，) stands for an ASCII one", "误用了全角标点（“ ” ： ，），请改用半角")
	case at == '{' && is("object key"), at == ']' && is("after object key:value"):
		return say.T("close the object before it with }", "请先用 } 结束前面的对象")
	case at == '\'':
		return say.T("strings stand in double quotes", "字符串须用双引号")
	case last == ',' && (at == '}' || at == ']'):
		return say.T("delete the comma before it", "请删去它前面的逗号")
	}
	word := string(letters(src[i:], false))
	if json := words[word]; json != "" {
		return say.T("write %[2]s for %[1]s", "请把 %[1]s 写成 %[2]s", word, json)
	}
	if word == "NaN" || word == "nan" || word == "Infinity" || word == "inf" || word == "Inf" {
		return say.T("JSON has no %s: write null, or leave it out", "JSON 没有 %s：请写 null，或删去此项", word)
	}
	switch {
	case is("after object key:value"), is("after array element"):
		return say.T("write a comma before it", "请在它前面加上逗号")
	case is("after object key"):
		return say.T("write a colon before it", "请在它前面加上冒号")
	}
	return say.Text{}
}

// letters are the ASCII letters at the beginning of b, or at its end; 16 at most.
func letters(b []byte, end bool) []byte {
	n := 0
	for n < min(len(b), 16) {
		c := b[n]
		if end {
			c = b[len(b)-1-n]
		}
		if c |= 0x20; c < 'a' || c > 'z' {
			break
		}
		n++
	}
	if end {
		return b[len(b)-n:]
	}
	return b[:n]
}
