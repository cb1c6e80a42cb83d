package say_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"suiren/internal/say"
)

// What Go's library and the system say is said in Chinese to who reads Chinese, from
// the outermost error to the innermost.
func TestForeign(t *testing.T) {
	decode := func(text string, strict bool, v any) error {
		d := json.NewDecoder(strings.NewReader(text))
		if strict {
			d.DisallowUnknownFields()
		}
		return d.Decode(v)
	}
	var v struct {
		N    int
		List []struct{ Text string }
	}
	var float struct {
		X float64 `json:"x"`
	}
	_, missing := os.Open("/no/such")
	_, link := error(nil), os.Rename("/no/such", "/no/other")
	_, number := strconv.Atoi("x1")
	_, length := time.ParseDuration("5")
	_, form := regexp.Compile("a(")
	_, form2 := regexp.Compile(`\pX`)
	_, fields := csv.NewReader(strings.NewReader("a,b\nc\n")).ReadAll()
	_, quotes := csv.NewReader(strings.NewReader("a\"b,c\n")).ReadAll()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, taken := net.Listen("tcp", l.Addr().String())
	for _, c := range []struct {
		err    error
		zh, en string // "": as the library says it
	}{
		{missing, "无法打开 /no/such：没有这个文件或目录", ""},
		{link, "无法重命名 /no/such（到 /no/other）：没有这个文件或目录", ""},
		{fmt.Errorf("a.json:3: %w", missing), "a.json:3: 无法打开 /no/such：没有这个文件或目录", ""},
		{syscall.ENOSPC, "磁盘已满", ""},
		{errors.Join(syscall.ENOSPC, say.Errorf("it broke", "坏了")), "磁盘已满\n坏了", ""},
		{taken, "地址已被占用", "address already in use"},
		{&net.OpError{Op: "dial", Net: "tcp", Addr: l.Addr(), Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "无法连接 tcp " + l.Addr().String() + "：拒绝连接", "dial tcp " + l.Addr().String() + ": connection refused"},
		{fmt.Errorf("parser error: %w", fmt.Errorf(`parse error at <input>:1:48 "}": %w`, errors.New("invalid primary"))), `第 1 行第 48 列，在 "}" 处：此处应为一个值`, `line 1, column 48, at "}": invalid primary`},
		{errors.New("ERROR: <input>:1:14: Syntax error: mismatched input '<EOF>' expecting {'['}\n | confidence >\n | ....^"), "第 1 行第 14 列：没有写完", "line 1, column 14: it ends too early"},
		{errors.New("ERROR: <input>:1:12: found no matching overload for '_+_' applied to '(double, int)'\n | x"), "第 1 行第 12 列：+ 不能用于 (double, int)", "line 1, column 12: + does not go with (double, int)"},
		{number, `"x1" 不是此处可用的数`, `"x1" is not a number that fits here`},
		{length, `"5" 不是 90s、5m、24h 这样的时长`, `"5" is not a length of time such as 90s, 5m or 24h`},
		{form, "缺少 )：a(", "missing closing ): a("},
		{form2, `字符类的范围无效：\pX`, `invalid character class range: \pX`},
		{fields, "第 2 行第 1 列：栏数与前面不同", "line 2, column 1: wrong number of fields"},
		{quotes, "第 1 行第 2 列：没有用引号括起的一栏里有引号", `line 1, column 2: bare " in non-quoted-field`},
		{decode(`{"n": 1, "x y": 2}`, true, &v), `没有字段 "x y"`, `there is no field "x y"`},
		{decode(`{"n": "1"}`, false, &v), "N 应为整数，却是字符串", "N: a string stands where a whole number belongs"},
		{decode(`{"n": 1.5}`, false, &v), "N 应为整数，却是小数，或过大的数字", "N: a fraction, or a number that is too large stands where a whole number belongs"},
		{decode(`{"x": 1e400}`, false, &float), "x 应为数字，却是过大的数字", "x: a number that is too large stands where a number belongs"},
		{decode(strings.Repeat("[", 20000), false, &v), "嵌套过深", "it is nested too deep"},
		{decode(`{"list": [{"text": []}]}`, false, &v), "List.Text 应为字符串，却是列表", "List.Text: a list stands where a string belongs"},
		{decode(`[]`, false, &v), "应为对象，却是列表", "a list stands where an object belongs"},
		{errors.New("disk I/O error (778)"), "无法读写数据库文件（SQLite 778）", "the file of the database cannot be read or written (SQLite 778)"},
		{errors.New("database is locked (5) (SQLITE_BUSY)"), "数据库正被另一进程占用（SQLite 5）", "another process holds the database (SQLite 5)"},
		{errors.New("100%d of it"), "100%d of it", ""},
	} {
		if got := say.Err(say.Chinese, c.err); got != c.zh {
			t.Errorf("%v is said as %s, want %s", c.err, got, c.zh)
		}
		if want := c.en; want == "" {
			c.en = c.err.Error()
		}
		if got := say.Err(say.English, c.err); got != c.en {
			t.Errorf("%v is said as %s, want %s", c.err, got, c.en)
		}
		if got, want := say.T("so: %v", "如此：%v", c.err).In(say.Chinese), "如此："+c.zh; got != want {
			t.Errorf("within a text %s, want %s", got, want)
		}
	}
}

// Whatever encoding/json finds wrong with a text has Chinese words. A new version of Go
// that says it otherwise fails here.
func TestForeignJSON(t *testing.T) {
	whole := []byte(`{"a": [1, -2.5e+3, true, false, null, "s\n\u00e4"], "b": {"c": {}}}`)
	n := 0
	try := func(text []byte) {
		var v any
		err := json.Unmarshal(text, &v)
		if err == nil {
			return
		}
		n++
		got := say.Err(say.Chinese, err)
		quoted := regexp.MustCompile(`'[^']*'|'\\''|true|false|null|JSON`).ReplaceAllString(got, "")
		if strings.IndexFunc(quoted, func(r rune) bool { return r < 128 && unicode.IsLetter(r) }) >= 0 {
			t.Errorf("%s: %v is said as %s", text, err, got)
		}
	}
	for i := range whole {
		try(whole[:i])
		for _, c := range []byte("{}[]:,\"\\x1t \n\x01") {
			try(bytes.Join([][]byte{whole[:i], whole[i:]}, []byte{c}))
			try(append(append(bytes.Clone(whole[:i]), c), whole[i+1:]...))
		}
	}
	if n < 500 {
		t.Errorf("%d texts were wrong", n)
	}
}

// What the parser of HCL finds is said in Chinese, with the name of what it is about.
func TestSyntax(t *testing.T) {
	for _, c := range []struct{ summary, detail, text, en, zh string }{
		{"Unsupported argument", `An argument named "foo" is not expected here.`, "foo", `there is no argument "foo" here`, `这里没有参数 "foo"`},
		{"Unsupported block type", `Blocks of type "blk" are not expected here.`, "blk", `there is no block "blk" here`, `这里没有块 "blk"`},
		{"Missing required argument", `The argument "currency" is required, but no definition was found.`, "", `the argument "currency" is missing`, `缺少参数 "currency"`},
		{"Invalid character", "", "“", "“ is a full-width character", "“ 是全角字符"},
		{"Missing expression", "", "", "the value is missing", "缺少值"},
	} {
		what, _ := say.Syntax(c.summary, c.detail, c.text)
		if en, zh := what.In(say.English), what.In(say.Chinese); en != c.en || zh != c.zh {
			t.Errorf("%s is said as %s and %s, want %s and %s", c.summary, en, zh, c.en, c.zh)
		}
	}
}
