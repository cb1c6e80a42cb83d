package say

import "strings"

// Syntax says in both languages what the parser of HCL found at text: its diagnostic's
// summary and detail, which are English.
func Syntax(summary, detail, text string) (what, next Text) {
	if ascii, ok := fullWidth[text]; ok {
		return T("%s is a full-width character", "%s 是全角字符", text), T("write %s", "请改用半角的 %s", ascii)
	}
	for _, s := range syntaxTexts {
		if s.summary == summary && strings.Contains(detail, s.detail) {
			return s.what, s.next
		}
	}
	if named, ok := strings.CutPrefix(detail, "An argument named "); ok {
		named, _, _ = strings.Cut(named, " ")
		return T("there is no argument %s here", "这里没有参数 %s", named), Text{}
	}
	if named, ok := strings.CutPrefix(detail, "Blocks of type "); ok {
		named, _, _ = strings.Cut(named, " ")
		return T("there is no block %s here", "这里没有块 %s", named), Text{}
	}
	if named, ok := strings.CutPrefix(detail, "The argument "); ok && summary == "Missing required argument" {
		named, _, _ = strings.Cut(named, " ")
		return T("the argument %s is missing", "缺少参数 %s", named), Text{}
	}
	return T("%s: %s", "语法错误：%s（%s）", summary, detail), Text{}
}

// fullWidth are the characters that a Chinese keyboard gives in place of ours.
var fullWidth = map[string]string{
	"“": `"`, "”": `"`, "＂": `"`, "‘": `"`, "’": `"`, "，": ",", "、": ",", "＝": "=", "｛": "{", "｝": "}", "［": "[", "］": "]",
	"【": "[", "】": "]", "．": ".", "。": ".", "＃": "#", "：": "=", "；": ",", "（": "(", "）": ")",
}

// syntaxTexts are the parser's errors, by its summary and a part of its detail.
var syntaxTexts = []struct {
	summary, detail string
	what, next      Text
}{
	{"Attribute redefined", "", T("this argument is set twice in its block", "同一个块里重复设置了这个参数"), T("remove one of the two", "请删去其中一个")},
	{"Invalid argument name", "", T("an argument's name stands without quotes", "参数名不加引号"), T("remove the quotes", "请去掉引号")},
	{"Unclosed configuration block", "", T("the block that begins here has no closing }", "从这里开始的块没有用 } 结束"), T("add } where the block ends", "请在块的结尾补上 }")},
	{"Unclosed configuration body", "", T("the file ends within a block", "文件在块的中间结束了"), T("add } where the block ends", "请在块的结尾补上 }")},
	{"Argument or block definition required", "equals sign", T("a name stands here alone", "这里只有一个名字"), T("write name = value, or kind \"name\" { … }", "请写成 名字 = 值，或 种类 \"名字\" { … }")},
	{"Argument or block definition required", "", T("an argument or a block is expected here", "这里应当是参数或块"), T("write name = value, or kind \"name\" { … }", "请写成 名字 = 值，或 种类 \"名字\" { … }")},
	{"Argument definition required", "", T("a block on one line holds one argument", "写在一行里的块只能有一个参数"), T("put each argument on a line of its own", "请让每个参数各占一行")},
	{"Invalid single-argument block definition", "", T("a block on one line holds one argument and ends on that line", "写在一行里的块只能有一个参数，并且要在同一行结束"), T("put each argument on a line of its own", "请让每个参数各占一行")},
	{"Invalid block definition", "equals sign", T("no = stands between a block's name and its {", "块名和 { 之间没有 ="), T("remove the =", "请去掉 =")},
	{"Invalid block definition", "same line", T("a block's { stands on the line of its name", "块的 { 要和块名在同一行"), T("move { up to the end of that line", "请把 { 移到那一行的末尾")},
	{"Invalid block definition", "", T("a block's head is its kind, its name in quotes, and {", "块的开头是种类、加引号的名字和 {"), T("write kind \"name\" {", "请写成 种类 \"名字\" {")},
	{"Missing newline after argument", "", T("an argument ends its line", "参数之后要换行"), T("put what follows on the next line", "请把后面的内容移到下一行")},
	{"Unexpected comma after argument", "", T("no comma stands after an argument", "参数之后不写逗号"), T("remove the comma", "请删去逗号")},
	{"Missing newline after block definition", "", T("a block's } ends its line", "块的 } 之后要换行"), T("put what follows on the next line", "请把后面的内容移到下一行")},
	{"Missing expression", "", T("the value is missing", "缺少值"), T("write a string, a number, a list or a reference", "请写字符串、数字、列表或引用")},
	{"Invalid expression", "", T("this is not a value", "这不是一个值"), T("write a string in quotes, a number, true, false, a list or a reference", "请写加引号的字符串、数字、true、false、列表或引用")},
	{"Invalid number literal", "", T("this is not a number", "这不是数字"), T("write it like 256, 0.9 or 2.1e13", "请写成 256、0.9 或 2.1e13 这样")},
	{"Unbalanced parentheses", "", T("a ( has no )", "( 没有对应的 )"), T("no parentheses are needed", "不需要圆括号")},
	{"Unterminated tuple constructor expression", "", T("the list that begins here has no ]", "从这里开始的列表没有用 ] 结束"), T("add ]", "请补上 ]")},
	{"Missing item separator", "", T("a comma is missing in the list", "列表里缺少逗号"), T("separate items with commas", "请用逗号分隔各项")},
	{"Unterminated object constructor expression", "", T("the map that begins here has no }", "从这里开始的映射没有用 } 结束"), T("add }", "请补上 }")},
	{"Missing attribute value", "", T("this key of the map has no value", "映射里的这个键没有值"), T("write key = value", "请写成 键 = 值")},
	{"Missing key/value separator", "", T("this key of the map has no =", "映射里的这个键后面缺少 ="), T("write key = value", "请写成 键 = 值")},
	{"Missing attribute separator", "", T("a comma is missing in the map", "映射里缺少逗号"), T("separate entries with commas or new lines", "请用逗号或换行分隔各项")},
	{"Invalid attribute name", "", T("a name is expected after the dot", "点号后面应当是名字"), T("refer to a block as kind.name", "引用块时请写 种类.名字")},
	{"Invalid multi-line string", "", T("a string in quotes ends on its line", "加引号的字符串要在同一行结束"), T("add the closing quote, or write \\n for a new line", "请补上右引号，或用 \\n 表示换行")},
	{"Unterminated string literal", "", T("the string has no closing quote", "字符串缺少右引号"), T("add the quote", "请补上引号")},
	{"Unterminated template string", "", T("the string has no closing quote", "字符串缺少右引号"), T("add the quote", "请补上引号")},
	{"Invalid string literal", "Template", T("a name holds no ${ }", "名字里不能有 ${ }"), T("write the name itself", "请直接写出名字")},
	{"Invalid escape sequence", "", T("this is not an escape", "这不是合法的转义"), T("after \\ stands n, r, t, \\, \" or u with four hexadecimal digits", "\\ 之后可以是 n、r、t、\\、\"，或 u 加四位十六进制数字")},
	{"Invalid character", "Single quotes", T("strings stand in double quotes", "字符串用双引号"), T("write \" in place of '", "请把 ' 换成 \"")},
	{"Invalid character", "\";\"", T("no semicolon stands here", "这里不用分号"), T("put each argument on a line of its own", "请让每个参数各占一行")},
	{"Invalid character", "\"`\"", T("no backtick stands here", "这里不用反引号"), T("write \" around strings", "字符串请用 \"")},
	{"Invalid character", "", T("this character has no meaning here", "这个字符在这里没有意义"), T("remove it, or put it into a string", "请删去，或放进字符串里")},
	{"Invalid character encoding", "", T("the file is not UTF-8", "文件不是 UTF-8 编码"), T("save it as UTF-8", "请另存为 UTF-8")},
	{"Missing JSON value", "", T("a JSON value is missing here", "这里缺少 JSON 值"), Text{}},
	{"Invalid JSON keyword", "", T("this is no JSON value", "这不是 JSON 值"), Text{}},
	{"Unclosed object", "", T("an object does not end", "有对象没有用 } 结束"), Text{}},
	{"Unsuitable value type", "number", T("a number belongs here", "这里应为数字"), Text{}},
	{"Unsuitable value type", "string", T("a string belongs here", "这里应为字符串"), Text{}},
	{"Invalid operand", "", T("a value of this kind cannot be calculated with", "这种值不能参与运算"), Text{}},
}
