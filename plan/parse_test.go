package plan

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// lines returns the errors that Load joined, a line each.
func lines(err error, lang say.Lang) string {
	if err == nil {
		return ""
	}
	var b strings.Builder
	list := []error{err}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		list = j.Unwrap()
	}
	for _, e := range list {
		b.WriteString(say.Err(lang, e) + "\n")
	}
	return b.String()
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ name, src, en, zh string }{
		{"empty", "", "", ""},
		{"unknown kind", `exampels "a" {}`,
			"suiren.hcl:1:1: a plan has no blocks of kind exampels; did you mean examples?",
			"suiren.hcl:1:1: 计划里没有 exampels 这种块；是否想写 examples？"},
		{"one slip, one error", "exampels \"a\" {\n text = \"x\"\n}\ntokens \"t\" {\n from = [examples.a, examples.b]\n}",
			"suiren.hcl:1:1: a plan has no blocks of kind exampels; did you mean examples?\n" +
				"suiren.hcl:5:22: the plan has no block examples.b; add the block examples \"b\"", ""},
		{"include", "include \"x.hcl\"\nexamples \"a\" {\n text = \"x\"\n}",
			"suiren.hcl:1:16: a plan includes no other file; write the blocks themselves here: a plan is one file",
			"suiren.hcl:1:16: 计划不能包含其他文件；请把那些块直接写在这里：计划只有一个文件"},
		{"UTF-16", "\xff\xfee\x00x\x00", "suiren.hcl:1:1: the file is in UTF-16; save it as UTF-8", "suiren.hcl:1:1: 文件是 UTF-16 编码；请另存为 UTF-8"},
		{"bare UTF-16", "\x00e\x00x\n", "suiren.hcl:1:1: the file is in UTF-16; save it as UTF-8", ""},
		{"far kind", `thing "a" {}`,
			"suiren.hcl:1:1: a plan has no blocks of kind thing; it may be documents, corpus, examples, tokens, weights, verdict, release", ""},
		{"no name", "examples {\n}", `suiren.hcl:1:1: a block has one name, and this one has 0; write examples "name" { … }`, ""},
		{"bad name", `examples "../a" {}`,
			`suiren.hcl:1:10: "../a" is not a name for a block; begin with a letter; letters, digits, - and _ may follow, 64 in all`, ""},
		{"twice", "examples \"a\" {\n text = \"x\"\n}\nexamples \"a\" {\n text = \"x\"\n}",
			"suiren.hcl:4:10: there are two blocks examples.a; the first is at suiren.hcl:1:10; give one of them another name", ""},
		{"unknown argument", "examples \"a\" {\n  text = \"x\"\n  cuont = 3\n}",
			"suiren.hcl:3:3: examples has no argument cuont; did you mean count?", "suiren.hcl:3:3: examples 没有参数 cuont；是否想写 count？"},
		{"argument of others", "examples \"a\" {\n text = \"x\"\n learning_rate = 2\n per_text_counter = 1\n max_grad_norm = 1\n}",
			"suiren.hcl:3:2: examples has no argument learning_rate; did you mean rate?\n" +
				"suiren.hcl:4:2: examples has no argument per_text_counter; did you mean count?\n" +
				"suiren.hcl:5:2: examples has no argument max_grad_norm; it may be text, count, rate, flag, names, need, seed", ""},
		{"missing argument", `examples "a" {}`,
			`suiren.hcl:1:1: examples.a lacks the argument text; write text = "…"`, "suiren.hcl:1:1: examples.a 缺少参数 text；请写 text = \"…\""},
		{"choice missing", `weights "a" {}`, "suiren.hcl:1:1: weights.a lacks the argument train; it may be bend, grow, mix, tune", ""},
		{"choice wrong", "weights \"a\" {\n train = \"grwo\"\n}",
			`suiren.hcl:2:10: train cannot be "grwo"; did you mean grow?`, ""},
		{"choice misspelt", "weights \"a\" {\n trian = \"grow\"\n from = tokens.b\n by = 0\n}",
			"suiren.hcl:2:2: weights has no argument trian; did you mean train?\n" +
				"suiren.hcl:3:9: the plan has no block tokens.b; add the block tokens \"b\"\nsuiren.hcl:4:7: by cannot be 0; it is at least 1",
			"suiren.hcl:2:2: weights 没有参数 trian；是否想写 train？\nsuiren.hcl:3:9: 计划里没有块 tokens.b；请添加块 tokens \"b\"\nsuiren.hcl:4:7: by 不能是 0；至少为 1"},
		{"choice misspelt and wrong", "weights \"a\" {\n trian = \"grwo\"\n}",
			"suiren.hcl:2:2: weights has no argument trian; did you mean train?\nsuiren.hcl:2:10: train cannot be \"grwo\"; did you mean grow?", ""},
		{"choice wrong, and more", "tokens \"b\" {\n from = [examples.e]\n}\nexamples \"e\" {\n text = \"x\"\n}\n" +
			"weights \"a\" {\n train = \"grwo\"\n from = tokens.c\n of = [weights.x, weights.a]\n by = 3\n bi = 3\n}\nweights \"d\" {\n from = tokens.c\n nots = 1\n}",
			"suiren.hcl:8:10: train cannot be \"grwo\"; did you mean grow?\nsuiren.hcl:9:9: the plan has no block tokens.c; did you mean tokens.b?\n" +
				"suiren.hcl:10:8: the plan has no block weights.x; did you mean weights.d?\nsuiren.hcl:12:2: weights has no argument bi; it may be train, base, rank, from, watch, by, of, note, adapter\n" +
				"suiren.hcl:14:1: weights.d lacks the argument train; it may be bend, grow, mix, tune\n" +
				"suiren.hcl:15:9: the plan has no block tokens.c; did you mean tokens.b?\nsuiren.hcl:16:2: weights has no argument nots; did you mean note?", ""},
		{"bounds and checker", "examples \"a\" {\n text = \"bad\"\n count = 0\n}",
			"suiren.hcl:2:9: bad words; write good ones\nsuiren.hcl:3:10: count cannot be 0; it may be 1 to 1000", ""},
		{"no checker of what may follow", "examples \"a\" {\n text = \"bad\"\n cuont = 1\n}", "suiren.hcl:3:2: examples has no argument cuont; did you mean count?", ""},
		{"letters swapped", "weights \"a\" {\n train = \"mxi\"\n}", `suiren.hcl:2:10: train cannot be "mxi"; did you mean mix?`, ""},
		{"quote missing", "examples \"a {\n text = \"x\"\n names = [\"y\"]\n}\nexamples \"b\" {\n text = \"x\"\n}",
			"suiren.hcl:1:14: a string in quotes ends on its line; add the closing quote, or write \\n for a new line",
			"suiren.hcl:1:14: 加引号的字符串要在同一行结束；请补上右引号，或用 \\n 表示换行"},
		{"quote missing in a value", "examples \"a\" {\n text = = \"y\"\n}\nexamples \"b\" {\n text = \"x\n count = 2\n}\nexamples \"c\" {\n text = \"x\"\n}",
			"suiren.hcl:2:9: this is not a value; write a string in quotes, a number, true, false, a list or a reference\n" +
				"suiren.hcl:5:11: a string in quotes ends on its line; add the closing quote, or write \\n for a new line", ""},
		{"choice type", "weights \"a\" {\n train = 3\n}", `suiren.hcl:2:10: train is a string, and this is a whole number; it may be bend, grow, mix, tune`, "suiren.hcl:2:10: train 应当是字符串，这里是整数；可以是 bend、grow、mix、tune"},
		{"types", "examples \"a\" {\n text = 3\n count = \"x\"\n rate = true\n flag = 1\n names = \"x\"\n need = []\n}",
			"suiren.hcl:2:9: text is a string, and this is a whole number\n" +
				"suiren.hcl:3:10: count is a whole number, and this is a string; it may be 1 to 1000\n" +
				"suiren.hcl:4:9: rate is a number, and this is true or false; leave it out for its default\n" +
				"suiren.hcl:5:9: flag is true or false, and this is a whole number; leave it out for its default\n" +
				"suiren.hcl:6:10: names is a list (each item a string), and this is a string; write names = [\"x\"]\n" +
				"suiren.hcl:7:9: need is a map (each value a number), and this is a list; leave it out for its default", ""},
		{"item types", "examples \"a\" {\n text = \"x\"\n names = [\"x\", 3]\n need = { a = \"x\", a = 1 }\n}",
			"suiren.hcl:3:16: names is a string, and this is a whole number\n" +
				"suiren.hcl:4:15: need.a is a number, and this is a string\n" +
				"suiren.hcl:4:20: need has the key a twice; remove one of the two", ""},
		{"bounds", "examples \"a\" {\n text = \"x\"\n count = 1001\n rate = 1e999\n}",
			"suiren.hcl:3:10: count cannot be 1001; it may be 1 to 1000\nsuiren.hcl:4:9: rate is too large a number",
			"suiren.hcl:3:10: count 不能是 1001；范围是 1 到 1000\nsuiren.hcl:4:9: rate 的数值过大"},
		{"fraction", "examples \"a\" {\n text = \"x\"\n count = 1.5\n}",
			"suiren.hcl:3:10: count is a whole number, and this is a number with a fraction; it may be 1 to 1000", ""},
		{"sizes", "examples \"a\" {\n text = \"x\"\n count = 1e30\n seed = -1\n}",
			"suiren.hcl:3:10: count is too large a number; it may be 1 to 1000\nsuiren.hcl:4:9: seed is less than 0; write a whole number from 0, of 19 digits at most", ""},
		{"null", "examples \"a\" {\n text = null\n}", "suiren.hcl:2:9: text is null; leave the argument out", ""},
		{"checker", "examples \"a\" {\n text = \"bad\"\n}", "suiren.hcl:2:9: bad words; write good ones", "suiren.hcl:2:9: 坏词；请写好词"},
		{"function", "examples \"a\" {\n text = upper(\"x\")\n}",
			"suiren.hcl:2:9: a plan has no functions such as upper; write the value itself, or a reference such as weights.tutor",
			"suiren.hcl:2:9: 计划文件里没有函数（upper）；请直接写出值，或写引用，例如 weights.tutor"},
		{"template", "examples \"a\" {\n text = \"x${y}\"\n names = [\"${y}\"]\n}",
			"suiren.hcl:2:9: a string holds no ${ } or %{ }; write the text itself; for the characters ${ write $${\n" +
				"suiren.hcl:3:11: a string holds no ${ }; write a reference without quotes: weights.tutor", ""},
		{"operators", "examples \"a\" {\n text = \"x\"\n count = 1 + 1\n rate = true ? 1 : 2\n}",
			"suiren.hcl:3:10: a plan computes nothing: no operators, conditions or loops; write the value itself, or a reference such as weights.tutor\n" +
				"suiren.hcl:4:9: a plan computes nothing: no operators, conditions or loops; write the value itself, or a reference such as weights.tutor",
			"suiren.hcl:3:10: 计划文件不做计算：没有运算符、条件和循环；请直接写出值，或写引用，例如 weights.tutor\n" +
				"suiren.hcl:4:9: 计划文件不做计算：没有运算符、条件和循环；请直接写出值，或写引用，例如 weights.tutor"},
		{"reference", "examples \"a\" {\n text = \"x\"\n}\ntokens \"t\" {\n from = examples.b\n}",
			"suiren.hcl:5:9: the plan has no block examples.b; did you mean examples.a?", "suiren.hcl:5:9: 计划里没有块 examples.b；是否想写 examples.a？"},
		{"a block is not offered for its own", "weights \"a\" {\n train = \"tune\"\n base = weights.b\n}",
			"suiren.hcl:3:9: the plan has no block weights.b; add the block weights \"b\"", "suiren.hcl:3:9: 计划里没有块 weights.b；请添加块 weights \"b\""},
		{"reference to the wrong kind", "examples \"a\" {\n text = \"x\"\n}\ntokens \"t\" {\n from = [examples.a]\n}\ntokens \"u\" {\n from = tokens.t\n}",
			"suiren.hcl:8:9: from of tokens is a reference to examples, and tokens.t is tokens; it may be examples.a", ""},
		{"reference in quotes", "examples \"a\" {\n text = \"x\"\n}\ntokens \"t\" {\n from = \"examples.a\"\n}",
			"suiren.hcl:5:9: from is a reference to examples, and this is a string; write it without quotes: examples.a", "suiren.hcl:5:9: from 应当是对 examples 的引用，这里是字符串；请去掉引号：examples.a"},
		{"values in quotes", "examples \"a\" {\n text = \"x\"\n count = \"2\"\n rate = \"0.5\"\n flag = \"true\"\n}",
			"suiren.hcl:3:10: count is a whole number, and this is a string; write it without quotes: 2\n" +
				"suiren.hcl:4:9: rate is a number, and this is a string; write it without quotes: 0.5\n" +
				"suiren.hcl:5:9: flag is true or false, and this is a string; write it without quotes: true", ""},
		{"long reference", "examples \"a\" {\n text = \"x\"\n}\ntokens \"t\" {\n from = examples.a.b\n}",
			"suiren.hcl:5:9: a reference is a kind and a name with a dot between; write it like [examples.name]", ""},
		{"indexed reference", "examples \"a\" {\n text = \"x\"\n}\ntokens \"t\" {\n from = examples[\"a\"]\n}",
			"suiren.hcl:5:9: a reference is a kind and a name with a dot between; write it like [examples.name]", ""},
		{"none to refer to", "tokens \"t\" {\n from = examples.a\n}",
			`suiren.hcl:2:9: the plan has no block examples.a; add the block examples "a"`, ""},
		{"none to refer to, of another kind", "tokens \"t\" {\n from = weights.a\n}",
			`suiren.hcl:2:9: the plan has no block weights.a; add a block such as examples "name"`, ""},
		{"empty list", "tokens \"t\" {\n from = []\n}", "suiren.hcl:2:9: from is an empty list; name at least one: [examples.name]", ""},
		{"same twice", "examples \"a\" {\n text = \"x\"\n}\ntokens \"t\" {\n from = [examples.a, examples.a]\n}",
			"suiren.hcl:5:22: from names examples.a twice; remove one of the two", ""},
		{"cycle", "weights \"a\" {\n train = \"mix\"\n of = [weights.b]\n}\nweights \"b\" {\n train = \"mix\"\n of = [weights.c]\n}\n" +
			"weights \"c\" {\n train = \"mix\"\n of = [weights.b]\n}\nweights \"d\" {\n train = \"mix\"\n of = [weights.d]\n}",
			"suiren.hcl:5:9: blocks need each other: weights.b → weights.c → weights.b; remove one of these references\n" +
				"suiren.hcl:13:9: blocks need each other: weights.d → weights.d; remove one of these references",
			"suiren.hcl:5:9: 块互相依赖：weights.b → weights.c → weights.b；请去掉其中一个引用\n" +
				"suiren.hcl:13:9: 块互相依赖：weights.d → weights.d；请去掉其中一个引用"},
		{"outside", "documents \"d\" {\n path = \"../secrets/**\"\n}",
			`suiren.hcl:2:9: "../secrets/**": a path stays below the folder of the plan file and has no empty parts; write it like "handbook/**" or "notes/*.md"`, ""},
		{"absolute", "documents \"d\" {\n path = \"/etc/passwd\"\n}",
			`suiren.hcl:2:9: "/etc/passwd": paths begin at the folder of the plan file; write it like "handbook/**" or "notes/*.md"`, ""},
		{"outside, from here", "documents \"d\" {\n path = \"./../secrets/**\"\n}",
			`suiren.hcl:2:9: "../secrets/**": a path stays below the folder of the plan file and has no empty parts; write it like "handbook/**" or "notes/*.md"`, ""},
		{"here", "documents \"d\" {\n path = \"./\"\n}",
			`suiren.hcl:2:9: "./": a path stays below the folder of the plan file and has no empty parts; write it like "handbook/**" or "notes/*.md"`, ""},
		{"address", "documents \"d\" {\n path = \"https://a.example/b.jsonl\"\n}",
			`suiren.hcl:2:9: "https://a.example/b.jsonl" is an address, and nothing is fetched from elsewhere; put the file into the folder of the plan file, and name it from there`,
			`suiren.hcl:2:9: "https://a.example/b.jsonl" 是网址，而这里不会从别处下载；请把文件放到计划文件所在目录，并以相对路径指明`},
		{"block in block", "examples \"a\" {\n text = \"x\"\n need {\n }\n}",
			"suiren.hcl:3:2: a block holds arguments, and no blocks such as need; write need = …", ""},
		{"block in block that did not end", "tokens \"a\" {\n from = [examples.a]\nexamples \"a\" {\n text = \"x\"\n}\n}",
			"suiren.hcl:2:10: the plan has no block examples.a; add the block examples \"a\"\n" +
				"suiren.hcl:3:1: a block holds arguments, and no blocks such as examples; end the block above with }", ""},
		{"block of another program", "examples \"a\" {\n text = \"x\"\n lifecycle {\n }\n}",
			"suiren.hcl:3:2: a block holds arguments, and no blocks such as lifecycle; it may be text, count, rate, flag, names, need, seed", ""},
		{"argument outside", "depth = 4", `suiren.hcl:1:1: argument depth stands in no block; put it into a block, such as weights "tutor" { … }`, ""},
		{"unclosed", "examples \"a\" {\n text = \"x\"\n", "suiren.hcl:1:14: the block that begins here has no closing }; add } where the block ends",
			"suiren.hcl:1:14: 从这里开始的块没有用 } 结束；请在块的结尾补上 }"},
		{"two slips", "examples \"a\" {\n text =\n count = 'x'\n}\nexamples \"b\"\n",
			"", "suiren.hcl:2:8: 这不是一个值；请写加引号的字符串、数字、true、false、列表或引用\n" +
				"suiren.hcl:3:10: 字符串用双引号；请把 ' 换成 \"\n" +
				"suiren.hcl:5:13: 块的 { 要和块名在同一行；请把 { 移到那一行的末尾"},
		{"full width", "examples “a” {\n}", "", "suiren.hcl:1:10: “ 是全角字符；请改用半角的 \"\nsuiren.hcl:1:12: ” 是全角字符；请改用半角的 \""},
		{"deep", "examples \"a\" {\n text = " + strings.Repeat("[", 100000) + "\n}",
			"suiren.hcl:2:40: this is nested too deeply for a plan; is this a plan file?", ""},
		{"many operators", "examples \"a\" {\n text = " + strings.Repeat("!", 100000) + "true\n}",
			"suiren.hcl:2:1009: this is nested too deeply for a plan; is this a plan file?", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse([]byte(c.src), FileName, vocabulary)
			if err != nil && !errors.Is(err, ErrInvalid) {
				t.Errorf("%v is not ErrInvalid", err)
			}
			if got := strings.TrimSpace(lines(err, say.English)); c.en != "" && got != c.en || err == nil && c.en != "" {
				t.Errorf("got\n%s\nwant\n%s", got, c.en)
			}
			if got := strings.TrimSpace(lines(err, say.Chinese)); c.zh != "" && got != c.zh {
				t.Errorf("got\n%s\nwant\n%s", got, c.zh)
			}
		})
	}
}

func TestParse(t *testing.T) {
	const src = "\xef\xbb\xbf" + `
release "tutor" {
  weights = weights.mixed
  asked   = documents.asked
}
documents "asked" { traces = release.tutor }
weights "mixed" {
  train = "mix"
  of    = [weights.one, weights.two]
}
examples "all" {
  text  = <<EOT
two
lines
EOT
  count = 7
  rate  = -2.5e-1
  flag  = false
  names = ["a", "b\t$${c}"]
  need  = { accuracy = 0.9, "two words" = -1 }
  seed  = 18446744073709551615
}
weights "two" {
  train = "grow"
  from  = tokens.rows
}
weights "one" {
  train = "grow"
  from  = tokens.rows
  by    = 3
}
tokens "rows" { from = examples.all }
`
	blocks, err := parse([]byte(src), FileName, vocabulary)
	if err != nil {
		t.Fatal(lines(err, say.English))
	}
	var order []string
	for _, b := range blocks {
		order = append(order, b.Ref.String())
	}
	if got, want := strings.Join(order, " "), "documents.asked examples.all tokens.rows weights.two weights.one weights.mixed release.tutor"; got != want {
		t.Errorf("order %s, want %s", got, want)
	}
	e := blocks[1].Op.(*lesson)
	if e.Text != "two\nlines\n" || e.Count != 7 || e.Rate != -0.25 || e.Flag == nil || *e.Flag || len(e.Names) != 2 || e.Names[1] != "b\t${c}" ||
		e.Need["accuracy"] != 0.9 || e.Need["two words"] != -1 || e.Seed != 1<<64-1 {
		t.Errorf("settings %+v", e)
	}
	if g := blocks[4].Op.(*grow); g.By != 3 || g.From.String() != "tokens.rows" {
		t.Errorf("weights.one %+v", g)
	}
	if d := blocks[0]; len(d.Args) != 1 || !d.Args[0].Pin || d.Args[0].Refs[0].String() != "release.tutor" || d.At != "suiren.hcl:6:1" {
		t.Errorf("documents.asked %+v", d)
	}
}

func TestLoadPaths(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(dir, vocabulary); !errors.Is(err, os.ErrNotExist) || !errors.Is(err, ErrInvalid) {
		t.Errorf("no file: %v", err)
	}
	path := filepath.Join(dir, FileName)
	write(t, path, strings.Repeat("#", maxFile+1))
	if _, err := Load(path, vocabulary); err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
		t.Errorf("large file: %v", err)
	}
	write(t, path, "examples \"a\" { text = \"x\" }\n")
	f, err := Load(dir, vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	if f.Path != path || f.Dir != dir || f.Name != filepath.Base(dir) || len(f.Blocks) != 1 {
		t.Errorf("%+v", f)
	}
}

func TestManyErrors(t *testing.T) {
	_, err := parse([]byte(strings.Repeat("wieghts \"a\" {\n}\n", 999)), FileName, vocabulary)
	got := strings.Split(strings.TrimSpace(lines(err, say.English)), "\n")
	if len(got) != maxErrors+1 || got[maxErrors] != "suiren.hcl: 899 more errors" {
		t.Errorf("%d errors, the last %q", len(got), got[len(got)-1])
	}
	_, err = parse([]byte(strings.Repeat("weights \"a\" {\n}\n", 1001)), FileName, vocabulary)
	if got := lines(err, say.English); got != "suiren.hcl:2001:1: the plan has more than 1000 blocks; split it into several plans\n" {
		t.Errorf("many blocks: %s", got)
	}
	// What is repeated of a file cannot steer a terminal.
	_, err = parse([]byte("examples \"\\u001b[2J"+strings.Repeat("x", 200)+"\" {\n}\n"), FileName, vocabulary)
	if got := lines(err, say.English); strings.Contains(got, "\x1b") || len(got) > 300 {
		t.Errorf("a name: %q", got)
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want, below   bool
	}{
		{"handbook/**", "handbook/a.md", true, true},
		{"handbook/**", "handbook/en/x/a.md", true, true},
		{"handbook/**", "handbook", true, true},
		{"handbook/**", "other/a.md", false, false},
		{"handbook/**", "handbook/.git/config", false, false},
		{"handbook/**", ".handbook/a", false, false},
		{"**/*.md", "a.md", true, true},
		{"**/*.md", "x/y/a.md", true, true},
		{"**/*.md", "x/y/a.txt", false, true},
		{"**/b/**/c", "a/b/d/b/c", true, true},
		{"*.md", "a.md", true, false},
		{"*.md", "x/a.md", false, false},
		{"a/?.md", "a", false, true},
		{"a/[xy].md", "a/x.md", true, false},
		{".notes/*", ".notes/a", true, false},
		{".a/**", ".a", true, true},
		{strings.Repeat("**/a/", 100) + "b", strings.Repeat("a/", 400) + "c", false, true}, // in reasonable time
	} {
		if got := match(c.pattern, c.name); got != c.want {
			t.Errorf("match(%.40q, %.40q) = %v", c.pattern, c.name, got)
		}
		if got := matchBelow(c.pattern, c.name); got != c.below {
			t.Errorf("matchBelow(%.40q, %.40q) = %v", c.pattern, c.name, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	src, err := os.ReadFile("../examples/tutor/suiren.hcl")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	f.Add([]byte("examples \"a\" {\n text = \"x${y}\"\n need = { a = [1, -2.5e3] }\n}\nweights \"b\" {\n train = \"mix\"\n of = [weights.b]\n}\n"))
	f.Add([]byte("examples \"a\" {\n text = <<-E\n  x %{ if a }b%{ endif }\n E\n count = a[*].b.*.c[0]\n rate = {for k, v in x : k => v...}\n}"))
	f.Add([]byte("“＝：}]) ${ %{ <<E\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > maxFile {
			return
		}
		blocks, err := parse(src, FileName, vocabulary)
		if err != nil {
			for line := range strings.Lines(lines(err, say.English)) {
				if !strings.HasPrefix(line, FileName) && !strings.Contains(lines(err, say.English), "\n"+line) {
					t.Errorf("no place in %q", line)
				}
			}
			lines(err, say.Chinese)
			return
		}
		for i, b := range blocks { // each after those it needs, and its key can be made
			for _, ref := range b.needs() {
				if !made(blocks[:i], ref) {
					t.Errorf("%s stands before %s", b.Ref, ref)
				}
			}
			stage.Key(b.Op, nil)
		}
	})
}

func made(blocks []*Block, ref stage.Ref) bool {
	for _, b := range blocks {
		if b.Ref == ref {
			return true
		}
	}
	return false
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
