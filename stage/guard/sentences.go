package guard

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/stage/guard/classify"
)

// longestExample bounds the bytes of a sentence to learn from, mostVariants how many are
// made of a template, and mostSlots how often one is filled.
const (
	longestExample = 8192
	mostVariants   = 60
	mostSlots      = 32
)

var labelForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_-]{0,39}$`)

// ParseSentences reads labelled sentences, by the name of the file: CSV with the columns
// text and label, JSON Lines with fields of these names, or templates in a .txt. A label
// is a kind, or none. Errors name the file and the line.
func ParseSentences(name string, b []byte) ([]classify.Sentence, error) {
	if len(b) > maxList {
		return nil, &say.Error{Where: name, What: say.T("this file of sentences is larger than %d bytes", "句子文件大于 %d 字节", maxList),
			Next: say.T("split it, or keep what is typical: a classifier learns from at most %d sentences", "请拆分，或只保留有代表性的句子：分类器至多从 %d 句学习", classify.MostSentences)}
	}
	if !utf8.Valid(b) {
		return nil, &say.Error{Where: name, What: say.T("this file of sentences is not UTF-8", "句子文件不是 UTF-8 编码"),
			Next: say.T("save it as CSV UTF-8, or convert it with iconv -f GB18030", "请另存为“CSV UTF-8”，或用 iconv -f GB18030 转换")}
	}
	r := sentenceFile{name: name}
	text := strings.TrimPrefix(string(b), "\ufeff")
	var err error
	switch strings.ToLower(path.Ext(name)) {
	case ".csv":
		err = r.csv(text)
	case ".jsonl":
		err = r.jsonl(text)
	case ".txt":
		err = r.templates(text)
	default:
		err = &say.Error{Where: name, What: say.T("sentences are not read from such a file", "不能从这种文件读取句子"),
			Next: say.T("give a .csv with the columns text and label, a .jsonl with fields of these names, or a .txt of templates", "请用含 text、label 两列的 .csv，含这两个字段的 .jsonl，或 .txt 模板")}
	}
	if err == nil && len(r.list) == 0 {
		err = &say.Error{Where: name, What: say.T("there is no sentence in this file", "文件里没有句子"),
			Next: say.T("add sentences, each with its label", "请写入句子，并给每句标上类别")}
	}
	return r.list, err
}

// A sentenceFile is read line by line.
type sentenceFile struct {
	name string
	list []classify.Sentence
}

// add takes a sentence of a line; made is the template that it was made from.
func (r *sentenceFile) add(line int, label, text, made string) error {
	text, label = strings.TrimSpace(text), strings.TrimSpace(label)
	switch {
	case text == "":
		return r.bad(line, say.T("a sentence is empty", "句子为空"))
	case label == "":
		return r.bad(line, say.T("a sentence has no label: its kind, or %s", "句子没有标签：写它的类别，或 %s", classify.None))
	case !labelForm.MatchString(label):
		return r.bad(line, say.T("%q is no label: letters, digits, - and _, at most 40", "%q 不能作为标签：只用文字、数字、- 与 _，至多 40 个", clip(label)))
	case len(text) > longestExample:
		return r.bad(line, say.T("a sentence is longer than %d bytes", "句子超过 %d 字节", longestExample))
	case len(r.list) == classify.MostSentences:
		return tooMany(place(r.name, line))
	}
	r.list = append(r.list, classify.Sentence{Text: text, Label: label, Group: made, Where: place(r.name, line)})
	return nil
}

func tooMany(where string) error {
	return &say.Error{Where: where, What: say.T("there are more than %d sentences to learn from", "供学习的句子超过 %d 句", classify.MostSentences),
		Next: say.T("keep what is typical of each kind: more teach little", "每类只保留有代表性的句子：再多也学不到什么")}
}

func (r *sentenceFile) bad(line int, what say.Text) error {
	return &say.Error{Where: place(r.name, line), What: what, Next: say.T("mend this line", "请修改这一行")}
}

// clip shortens what an error quotes.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// csv reads rows. Lines before the first that begin with # are notes; a sentence may begin
// so, as what is said on a subject does on forums.
func (r *sentenceFile) csv(text string) error {
	notes := 0 // lines
	for strings.HasPrefix(text, "#") {
		_, text, _ = strings.Cut(text, "\n")
		notes++
	}
	in := csv.NewReader(strings.NewReader(strings.Repeat("\n", notes) + text)) // empty lines count
	in.TrimLeadingSpace = true
	columns, err := in.Read()
	if err != nil && err != io.EOF {
		return r.badRow(in, err)
	}
	at, of := slices.Index(columns, "text"), slices.Index(columns, "label")
	if at < 0 || of < 0 {
		return &say.Error{Where: place(r.name, 1), What: say.T("the columns are %q, and text and label are needed", "现有的列为 %q，需要 text 与 label 两列", clip(strings.Join(columns, ", "))),
			Next: say.T("name them in the first line, parted by commas: text,label", "请在第一行写上列名，用英文逗号分隔：text,label")}
	}
	for {
		record, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return r.badRow(in, err)
		}
		if err := r.add(lineOf(in), record[of], record[at], ""); err != nil {
			return err
		}
	}
}

// badRow tells what is wrong in a row of CSV.
func (r *sentenceFile) badRow(in *csv.Reader, err error) error {
	e := badList(r.name, in, err)
	e.What = say.T("this file of sentences cannot be read: %v", "无法读取句子文件：%v", e.Err)
	return e
}

func (r *sentenceFile) jsonl(text string) error {
	n := 0
	for line := range strings.Lines(text) {
		if n++; strings.TrimSpace(line) == "" {
			continue
		}
		var s struct{ Text, Label *string }
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			return r.bad(n, say.T("this is no line of JSON with text and label: %v", "这一行不是含 text 与 label 的 JSON：%v", err))
		}
		if s.Text == nil || s.Label == nil {
			return r.bad(n, say.T("the fields text and label are needed", "需要 text 与 label 两个字段"))
		}
		if err := r.add(n, *s.Label, *s.Text, ""); err != nil {
			return err
		}
	}
	return nil
}

// templates reads lines of a label, a bar and a template. {name} in it is a slot, and a
// line {name}= says what may stand there, between commas. Of each template up to
// mostVariants sentences are made; one without slots is a sentence.
func (r *sentenceFile) templates(text string) error {
	slots := map[string][]string{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if name, values, ok := strings.Cut(line, "}="); ok && line[0] == '{' {
			slots[name[1:]] = strings.Split(values, ",")
			continue
		}
		label, template, ok := strings.Cut(line, "|")
		if !ok {
			return r.bad(n, say.T("a template is a label, a bar and a sentence: offence|…", "模板由标签、竖线和句子组成：offence|…"))
		}
		seen := map[string]bool{}
		for variant := range mostVariants {
			made, wrong := fill(template, slots, variant)
			if !wrong.IsZero() {
				return r.bad(n, wrong)
			}
			if seen[made] {
				continue
			}
			seen[made] = true
			if err := r.add(n, label, made, place(r.name, n)); err != nil {
				return err
			}
		}
	}
	return nil
}

// fill fills the slots of a template, those of what was filled in too; which values it
// takes depends on the template and the number of the variant alone.
func fill(template string, slots map[string][]string, variant int) (made string, wrong say.Text) {
	for n := 1; ; n++ {
		i := strings.IndexByte(template, '{')
		if i < 0 {
			return template, say.Text{}
		}
		length := strings.IndexByte(template[i:], '}')
		if length < 0 {
			return "", say.T("a { has no }", "{ 没有对应的 }")
		}
		options := slots[template[i+1:i+length]]
		if options == nil {
			return "", say.T("there is no slot %s above this line", "这一行之前没有槽 %s", clip(template[i:i+length+1]))
		}
		if n > mostSlots || len(template) > longestExample {
			return "", say.T("a template has more than %d slots, or is longer than %d bytes", "模板的槽超过 %d 个，或长度超过 %d 字节", mostSlots, longestExample)
		}
		h := fnv.New64a()
		fmt.Fprint(h, template, variant, n)
		x := h.Sum64()
		x = (x ^ x>>31) * 0x9E3779B97F4A7C15
		template = template[:i] + options[(x^x>>29)%uint64(len(options))] + template[i+length+1:]
	}
}
