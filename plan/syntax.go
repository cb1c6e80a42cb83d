package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"suiren/internal/say"
)

// The parser calls itself for every opened bracket and for most operators, so
// a hostile file could make it overflow its stack. A plan needs neither many
// brackets in each other nor operators.
const (
	maxDepth     = 32
	maxOperators = 1000
)

// syntax parses src, and returns nil if it is not HCL.
func (r *reader) syntax(src []byte) *hclsyntax.Body {
	start := hcl.InitialPos
	tokens, slips := hclsyntax.LexConfig(src, r.file, start)
	var open []hclsyntax.TokenType // the closers that are waited for
	operators := 0
	for i := range tokens {
		switch t := tokens[i].Type; t {
		case hclsyntax.TokenOBrace:
			open = append(open, hclsyntax.TokenCBrace)
		case hclsyntax.TokenOBrack:
			open = append(open, hclsyntax.TokenCBrack)
		case hclsyntax.TokenOParen:
			open = append(open, hclsyntax.TokenCParen)
		case hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			open = append(open, hclsyntax.TokenTemplateSeqEnd)
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			if n := len(open); n > 0 && open[n-1] == t {
				open = open[:n-1]
			}
		case hclsyntax.TokenIdent, hclsyntax.TokenNumberLit, hclsyntax.TokenOQuote, hclsyntax.TokenQuotedLit, hclsyntax.TokenCQuote,
			hclsyntax.TokenOHeredoc, hclsyntax.TokenStringLit, hclsyntax.TokenCHeredoc, hclsyntax.TokenEqual, hclsyntax.TokenComma,
			hclsyntax.TokenDot, hclsyntax.TokenColon, hclsyntax.TokenNewline, hclsyntax.TokenComment, hclsyntax.TokenEOF:
		default:
			operators++
		}
		if len(open) > maxDepth || operators > maxOperators {
			r.add(tokens[i].Range, say.T("this is nested too deeply for a plan", "嵌套过深，不像计划文件"),
				say.T("is this a plan file?", "请确认这是计划文件"))
			return nil
		}
	}
	file, diags := hclsyntax.ParseConfig(src, r.file, start) // diags begins with slips
	if !diags.HasErrors() {
		return file.Body.(*hclsyntax.Body)
	}
	slipped := map[int]bool{} // lines with a wrong character: other errors there follow from it
	for i, d := range diags {
		if d.Severity == hcl.DiagError && (d.Subject == nil || i < len(slips) || !slipped[d.Subject.Start.Line]) {
			r.addSyntax(src, d)
		}
		if i < len(slips) && d.Subject != nil {
			slipped[d.Subject.Start.Line] = true
		}
	}
	return nil // what else is wrong would be guesses
}

// addSyntax notes an error of the parser in both languages. The parser speaks
// English only.
func (r *reader) addSyntax(src []byte, d *hcl.Diagnostic) {
	at := hcl.Range{Filename: r.file, Start: hcl.InitialPos, End: hcl.InitialPos}
	if d.Subject != nil {
		at = *d.Subject
	}
	what, next := syntaxText(d, string(at.SliceBytes(src)))
	r.add(at, what, next)
}

// syntaxText says in both languages what the parser found at text.
func syntaxText(d *hcl.Diagnostic, text string) (what, next say.Text) {
	if ascii, ok := fullWidth[text]; ok {
		return say.T("%s is a full-width character", "%s 是全角字符", text), say.T("write %s", "请改用半角的 %s", ascii)
	}
	for _, s := range syntaxTexts {
		if s.summary == d.Summary && strings.Contains(d.Detail, s.detail) {
			return s.what, s.next
		}
	}
	return say.T("%s: %s", "语法错误：%s（%s）", d.Summary, d.Detail), say.Text{}
}

// fullWidth are the characters that a Chinese keyboard gives in place of ours.
var fullWidth = map[string]string{
	"“": `"`, "”": `"`, "＂": `"`, "‘": `"`, "’": `"`, "，": ",", "、": ",", "＝": "=", "｛": "{", "｝": "}", "［": "[", "］": "]",
	"【": "[", "】": "]", "．": ".", "。": ".", "＃": "#", "：": "=", "；": ",", "（": "(", "）": ")",
}

// syntaxTexts are the parser's errors, by its summary and a part of its detail.
var syntaxTexts = []struct {
	summary, detail string
	what, next      say.Text
}{
	{"Attribute redefined", "", say.T("this argument is set twice in its block", "同一个块里重复设置了这个参数"), say.T("remove one of the two", "请删去其中一个")},
	{"Invalid argument name", "", say.T("an argument's name stands without quotes", "参数名不加引号"), say.T("remove the quotes", "请去掉引号")},
	{"Unclosed configuration block", "", say.T("the block that begins here has no closing }", "从这里开始的块没有用 } 结束"), say.T("add } where the block ends", "请在块的结尾补上 }")},
	{"Unclosed configuration body", "", say.T("the file ends within a block", "文件在块的中间结束了"), say.T("add } where the block ends", "请在块的结尾补上 }")},
	{"Argument or block definition required", "equals sign", say.T("a name stands here alone", "这里只有一个名字"), say.T("write name = value, or kind \"name\" { … }", "请写成 名字 = 值，或 种类 \"名字\" { … }")},
	{"Argument or block definition required", "", say.T("an argument or a block is expected here", "这里应当是参数或块"), say.T("write name = value, or kind \"name\" { … }", "请写成 名字 = 值，或 种类 \"名字\" { … }")},
	{"Argument definition required", "", say.T("a block on one line holds one argument", "写在一行里的块只能有一个参数"), say.T("put each argument on a line of its own", "请让每个参数各占一行")},
	{"Invalid single-argument block definition", "", say.T("a block on one line holds one argument and ends on that line", "写在一行里的块只能有一个参数，并且要在同一行结束"), say.T("put each argument on a line of its own", "请让每个参数各占一行")},
	{"Invalid block definition", "equals sign", say.T("no = stands between a block's name and its {", "块名和 { 之间没有 ="), say.T("remove the =", "请去掉 =")},
	{"Invalid block definition", "same line", say.T("a block's { stands on the line of its name", "块的 { 要和块名在同一行"), say.T("move { up to the end of that line", "请把 { 移到那一行的末尾")},
	{"Invalid block definition", "", say.T("a block's head is its kind, its name in quotes, and {", "块的开头是种类、加引号的名字和 {"), say.T("write kind \"name\" {", "请写成 种类 \"名字\" {")},
	{"Missing newline after argument", "", say.T("an argument ends its line", "参数之后要换行"), say.T("put what follows on the next line", "请把后面的内容移到下一行")},
	{"Unexpected comma after argument", "", say.T("no comma stands after an argument", "参数之后不写逗号"), say.T("remove the comma", "请删去逗号")},
	{"Missing newline after block definition", "", say.T("a block's } ends its line", "块的 } 之后要换行"), say.T("put what follows on the next line", "请把后面的内容移到下一行")},
	{"Missing expression", "", say.T("the value is missing", "缺少值"), say.T("write a string, a number, a list or a reference", "请写字符串、数字、列表或引用")},
	{"Invalid expression", "", say.T("this is not a value", "这不是一个值"), say.T("write a string in quotes, a number, true, false, a list or a reference", "请写加引号的字符串、数字、true、false、列表或引用")},
	{"Invalid number literal", "", say.T("this is not a number", "这不是数字"), say.T("write it like 256, 0.9 or 2.1e13", "请写成 256、0.9 或 2.1e13 这样")},
	{"Unbalanced parentheses", "", say.T("a ( has no )", "( 没有对应的 )"), say.T("a plan needs no parentheses", "计划文件里不需要圆括号")},
	{"Unterminated tuple constructor expression", "", say.T("the list that begins here has no ]", "从这里开始的列表没有用 ] 结束"), say.T("add ]", "请补上 ]")},
	{"Missing item separator", "", say.T("a comma is missing in the list", "列表里缺少逗号"), say.T("separate items with commas", "请用逗号分隔各项")},
	{"Unterminated object constructor expression", "", say.T("the map that begins here has no }", "从这里开始的映射没有用 } 结束"), say.T("add }", "请补上 }")},
	{"Missing attribute value", "", say.T("this key of the map has no value", "映射里的这个键没有值"), say.T("write key = value", "请写成 键 = 值")},
	{"Missing key/value separator", "", say.T("this key of the map has no =", "映射里的这个键后面缺少 ="), say.T("write key = value", "请写成 键 = 值")},
	{"Missing attribute separator", "", say.T("a comma is missing in the map", "映射里缺少逗号"), say.T("separate entries with commas or new lines", "请用逗号或换行分隔各项")},
	{"Invalid attribute name", "", say.T("a name is expected after the dot", "点号后面应当是名字"), say.T("refer to a block as kind.name", "引用块时请写 种类.名字")},
	{"Invalid multi-line string", "", say.T("a string in quotes ends on its line", "加引号的字符串要在同一行结束"), say.T("add the closing quote, or write \\n for a new line", "请补上右引号，或用 \\n 表示换行")},
	{"Unterminated string literal", "", say.T("the string has no closing quote", "字符串缺少右引号"), say.T("add the quote", "请补上引号")},
	{"Unterminated template string", "", say.T("the string has no closing quote", "字符串缺少右引号"), say.T("add the quote", "请补上引号")},
	{"Invalid string literal", "Template", say.T("a name holds no ${ }", "名字里不能有 ${ }"), say.T("write the name itself", "请直接写出名字")},
	{"Invalid escape sequence", "", say.T("this is not an escape", "这不是合法的转义"), say.T("after \\ stands n, r, t, \\, \" or u with four hexadecimal digits", "\\ 之后可以是 n、r、t、\\、\"，或 u 加四位十六进制数字")},
	{"Invalid character", "Single quotes", say.T("strings stand in double quotes", "字符串用双引号"), say.T("write \" in place of '", "请把 ' 换成 \"")},
	{"Invalid character", "\";\"", say.T("a plan has no semicolons", "计划文件里没有分号"), say.T("put each argument on a line of its own", "请让每个参数各占一行")},
	{"Invalid character", "\"`\"", say.T("a plan has no backticks", "计划文件里没有反引号"), say.T("write \" around strings", "字符串请用 \"")},
	{"Invalid character", "", say.T("this character has no meaning here", "这个字符在这里没有意义"), say.T("remove it, or put it into a string", "请删去，或放进字符串里")},
	{"Invalid character encoding", "", say.T("the file is not UTF-8", "文件不是 UTF-8 编码"), say.T("save it as UTF-8", "请另存为 UTF-8")},
	{"Unsupported operator", "", notLiteral, useLiterals},
}

// place writes where something stands: "suiren.hcl:12:5".
func place(at hcl.Range) string {
	return fmt.Sprintf("%s:%d:%d", at.Filename, at.Start.Line, at.Start.Column)
}

// comparePlaces orders what place wrote, of one file.
func comparePlaces(a, b string) int {
	number := func(s string) (line, column int) {
		list := strings.Split(s, ":")
		if len(list) < 3 {
			return 0, 0
		}
		line, _ = strconv.Atoi(list[len(list)-2])
		column, _ = strconv.Atoi(list[len(list)-1])
		return line, column
	}
	la, ca := number(a)
	lb, cb := number(b)
	return cmp.Or(cmp.Compare(la, lb), cmp.Compare(ca, cb))
}

// suggest says which of names was perhaps meant by given, or lists them.
func suggest(given string, names []string) say.Text {
	if best := nearest(given, names); best != "" {
		return say.T("did you mean %s?", "是否想写 %s？", best)
	}
	return oneOf(names)
}

// suggestArgument says which of known was perhaps meant by given, of those that
// are not among the arguments already: by a slip of the hand, or by the name that
// other programs have for it, as learning_rate for rate.
func suggestArgument[V any](given string, known []string, args map[string]V) say.Text {
	var free []string
	for _, n := range known {
		if _, ok := args[n]; !ok {
			free = append(free, n)
		}
	}
	if best := cmp.Or(nearest(given, free), partOf(given, free)); best != "" {
		return say.T("did you mean %s?", "是否想写 %s？", best)
	}
	return oneOf(known)
}

// partOf returns the name that a word of given, put together with _, begins or
// begins with, or "".
func partOf(given string, names []string) string {
	const least = 4 // letters that are no chance
	for word := range strings.SplitSeq(clip(given), "_") {
		for _, n := range names {
			if min(len(word), len(n)) >= least && (strings.HasPrefix(n, word) || strings.HasPrefix(word, n)) {
				return n
			}
		}
	}
	return ""
}

// nearest returns the name that is close enough to given to be meant, or "".
func nearest(given string, names []string) string {
	best, least := "", 3 // a slip of two keys
	if given = clip(given); len(given) < 4 {
		least = 2
	}
	for _, n := range names {
		if d := levenshtein.Distance(given, n, nil); d < least {
			best, least = n, d
		}
	}
	return best
}

// oneOf lists what may stand in a place.
func oneOf(names []string) say.Text {
	if len(names) == 0 {
		return say.Text{}
	}
	const most = 24
	if len(names) > most {
		return say.T("it may be %s …", "可以是 %s……", names[:most])
	}
	return say.T("it may be %s", "可以是 %s", names)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
