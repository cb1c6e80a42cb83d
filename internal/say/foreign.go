package say

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// foreign returns in lang the words of an error of Go's library, of the system or of
// SQLite, which speak English alone. Those that are not known here stay as they are.
func foreign(lang Lang, err error) string {
	switch e := err.(type) {
	case *fs.PathError:
		return operation(e.Op, e.Path, e.Err).In(lang)
	case *os.LinkError:
		return T("%[1]s %[2]s %[3]s: %[4]v", "无法%[5]s %[2]s（到 %[3]s）：%[4]v", e.Op, e.Old, e.New, e.Err, chineseOf(e.Op)).In(lang)
	case *os.SyscallError: // the name of the call says nothing to people
		return Err(lang, e.Err)
	case *net.OpError:
		if e.Op == "listen" { // where is said by who listens
			return Err(lang, e.Err)
		}
		at := e.Net
		if e.Addr != nil {
			at += " " + e.Addr.String()
		}
		return operation(e.Op, at, e.Err).In(lang)
	case *net.AddrError:
		return T("%s: %s", "%s：%s", e.Addr, phrase(lang, e.Err)).In(lang)
	case *net.DNSError:
		return T("the name %s cannot be looked up: %s", "无法解析名称 %s：%s", e.Name, phrase(lang, e.Err)).In(lang)
	case *url.Error:
		return operation(strings.ToLower(e.Op), e.URL, e.Err).In(lang)
	case *json.UnmarshalTypeError:
		if e.Field == "" {
			return T("%v stands where %v belongs", "应为%[2]v，却是%[1]v", KindThere(e), KindOf(e.Type)).In(lang)
		}
		return T("%s: %v stands where %v belongs", "%s 应为%[3]v，却是%[2]v", e.Field, KindThere(e), KindOf(e.Type)).In(lang)
	case *csv.ParseError:
		return T("line %d, column %d: %v", "第 %d 行第 %d 列：%v", e.Line, e.Column, e.Err).In(lang)
	case *strconv.NumError:
		return T("%q is not a number that fits here", "%q 不是此处可用的数", e.Num).In(lang)
	case *time.ParseError:
		return T("%q is not a time of the form %q", "%q 不是 %q 形式的时间", e.Value, e.Layout).In(lang)
	}
	return err.Error()
}

// operation says what was to be done with something, and why it was not.
func operation(op, with string, err error) Text {
	return T("%[1]s %[2]s: %[3]v", "无法%[4]s %[2]s：%[3]v", op, with, err, chineseOf(op))
}

func chineseOf(op string) string {
	if zh := operations[op]; zh != "" {
		return zh
	}
	return "执行 " + op
}

// phrase returns in lang what a library says.
func phrase(lang Lang, s string) string {
	if zh := phrases[s]; zh != "" && lang == Chinese {
		return zh
	}
	for _, p := range patterns {
		m := p.said.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		format := p.en
		if lang == Chinese {
			format = p.zh
		}
		if format == "" {
			return s
		}
		args := make([]any, len(m)-1)
		for i, word := range m[1:] {
			args[i] = phrase(lang, word)
		}
		return fmt.Sprintf(format, args...)
	}
	return s
}

// KindOf names what JSON has for a type of Go.
func KindOf(t reflect.Type) Text {
	switch t.Kind() {
	case reflect.Pointer:
		return KindOf(t.Elem())
	case reflect.Bool:
		return T("a boolean", "布尔值")
	case reflect.String:
		return T("a string", "字符串")
	case reflect.Slice, reflect.Array:
		return T("a list", "列表")
	case reflect.Map, reflect.Struct:
		return T("an object", "对象")
	case reflect.Float32, reflect.Float64:
		return T("a number", "数字")
	}
	return T("a whole number", "整数")
}

// KindThere names what stood in a JSON text where another kind belongs, without its value.
func KindThere(e *json.UnmarshalTypeError) Text {
	kind, value, _ := strings.Cut(e.Value, " ")
	switch kind {
	case "bool":
		return T("a boolean", "布尔值")
	case "string":
		return T("a string", "字符串")
	case "array":
		return T("a list", "列表")
	case "object":
		return T("an object", "对象")
	}
	if k := e.Type.Kind(); value != "" && (k == reflect.Float64 || k == reflect.Float32) {
		return T("a number that is too large", "过大的数字")
	}
	if value != "" { // of a kind that takes numbers
		return T("a fraction, or a number that is too large", "小数，或过大的数字")
	}
	return T("a number", "数字")
}
