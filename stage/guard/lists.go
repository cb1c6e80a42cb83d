package guard

import (
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/stage/guard/classify"
)

// A Word is a line of a list of keywords.
type Word struct {
	Text   string
	Class  string    // A.1.a … A.5.b, LLM01 …, owner; "allow": a phrase in which keywords are none
	Owner  string    // who answers for it
	Review time.Time // until when; zero: never
	Where  string    // file and line
}

// allowClass is the class of phrases in which keywords are none.
const allowClass = "allow"

const maxList = 16 << 20 // bytes of one file

var classForm = regexp.MustCompile(`^(A\.[1-5](\.[a-i])?|LLM(0[1-9]|10)|owner|allow)$`)

// wordColumns are the columns of a list of keywords, by their names.
var wordColumns = map[string]string{
	"word": "word", "class": "class", "owner": "owner", "review": "review",
	"关键词": "word", "类别": "class", "责任人": "owner", "复核日期": "review",
}

// ParseWords reads a list of keywords: CSV in UTF-8 whose first line names the
// columns, word, and as wanted class, owner and review (2026-12-31, 2026/12/31), in any
// order, in English or Chinese; or one keyword a line. Errors name the file and the line,
// and all other lines that are to be mended. A keyword that is fit for no rail is an error,
// and so is a list without any: its owner believes that it guards.
func ParseWords(name string, b []byte) ([]Word, error) {
	if len(b) > maxList {
		return nil, &say.Error{Where: name, What: say.T("the list is larger than %d bytes", "词表大于 %d 字节", maxList),
			Next: say.T("split it into several files", "请拆成几个文件")}
	}
	if !utf8.Valid(b) {
		return nil, &say.Error{Where: name, What: say.T("the list is not UTF-8", "词表不是 UTF-8 编码"),
			Next: say.T("save it as UTF-8 (in Excel: CSV UTF-8), or convert it, for example with iconv -f GB18030 -t UTF-8", "请另存为 UTF-8（Excel 中选“CSV UTF-8”），或转换编码，例如用 iconv -f GB18030 -t UTF-8")}
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(b), "\ufeff")))
	r.FieldsPerRecord, r.TrimLeadingSpace, r.Comment = -1, true, '#'
	columns := []string{"word"}
	var list []Word
	var bad []*say.Error // a line each
	for first := true; ; first = false {
		record, err := r.Read()
		if err == io.EOF {
			if err := together(bad); err != nil {
				return nil, err
			}
			if len(list) == 0 {
				return nil, &say.Error{Where: name, What: say.T("there is no keyword in this list", "这个词表中没有关键词"),
					Next: say.T("write a keyword a line, below the line that names the columns if there is one; or leave the file out", "请每行写一个关键词（有列名行时写在其下方），或不使用这个文件")}
			}
			return list, nil
		}
		if err != nil {
			return nil, badList(name, r, err)
		}
		if first && slices.Contains(record, "text") && slices.Contains(record, "label") {
			return nil, &say.Error{Where: name, What: say.T("these are sentences to learn from, and no keywords", "这是供学习的句子，不是关键词"),
				Next: say.T("name the file in the path of a classifier block", "请在 classifier 块的 path 中写这个文件")}
		}
		if first && slices.ContainsFunc(record, func(c string) bool { return wordColumns[strings.TrimSpace(c)] == "word" }) {
			columns = nil
			for _, c := range record {
				known := wordColumns[strings.TrimSpace(c)]
				if known == "" {
					return nil, badList(name, r, say.Errorf("there is no column %q: the columns are word, class, owner, review", "没有 %q 这一列：可用的列为 word、class、owner、review，或关键词、类别、责任人、复核日期", c))
				}
				columns = append(columns, known)
			}
			continue
		}
		if head, _, apart := strings.Cut(strings.ReplaceAll(record[0], "\t", ";"), ";"); first && apart && wordColumns[head] != "" {
			return nil, badList(name, r, say.Errorf("its columns are not set apart by commas", "各列不是用逗号分隔"))
		}
		w, e := wordOf(name, r, record, columns)
		if e != nil {
			bad = append(bad, e)
		}
		if list = append(list, w); len(list) > maxKeywords {
			return nil, badList(name, r, say.Errorf("more than %d keywords", "关键词超过 %d 个", maxKeywords))
		}
	}
}

// wordOf reads a line.
func wordOf(name string, r *csv.Reader, record, columns []string) (w Word, bad *say.Error) {
	w = Word{Class: "owner", Where: place(name, lineOf(r))}
	if len(record) > len(columns) {
		return w, badList(name, r, say.Errorf("%d fields in %d columns", "有 %d 个字段，而列只有 %d 个", len(record), len(columns)))
	}
	for i, field := range record {
		field = strings.TrimSpace(field)
		switch columns[i] {
		case "word":
			w.Text = field
		case "owner":
			w.Owner = field
		case "class":
			if field != "" {
				w.Class = field
			}
		case "review":
			if field == "" {
				continue
			}
			var err error
			if w.Review, err = time.Parse("2006-1-2", strings.ReplaceAll(field, "/", "-")); err != nil {
				return w, badList(name, r, say.Errorf("%q is no date like 2026-12-31", "%q 不是 2026-12-31 这样的日期", field))
			}
		}
	}
	if !classForm.MatchString(w.Class) {
		return w, badList(name, r, say.Errorf("there is no class %q: A.1.a to A.5.b, LLM01 to LLM10, owner, or allow", "没有 %q 这个类别：可用 A.1.a 至 A.5.b、LLM01 至 LLM10、owner 或 allow", w.Class))
	}
	if _, bad = foldKeyword(w.Text); bad != nil {
		bad.Where = w.Where
	}
	return w, bad
}

// mostLines bounds the lines that an error names.
const mostLines = 20

// together is the error of several lines of a file: the first, and where the others are.
func together(bad []*say.Error) error {
	if len(bad) == 0 {
		return nil
	}
	first := bad[0]
	if len(bad) > 1 {
		var lines []string
		for _, e := range bad[1:min(len(bad), 1+mostLines)] {
			lines = append(lines, e.Where[strings.LastIndexByte(e.Where, ':')+1:])
		}
		all := strings.Join(lines, ", ")
		if len(bad) > 1+mostLines {
			all += ", … (" + strconv.Itoa(len(bad)-1) + ")"
		}
		first.Next = say.T("%s (lines to mend as well: %s)", "%s（同样需修改的行：%s）", first.Next, all)
	}
	return first
}

func place(name string, line int) string { return name + ":" + strconv.Itoa(line) }

func lineOf(r *csv.Reader) int {
	n, _ := r.FieldPos(0)
	return n
}

func badList(name string, r *csv.Reader, err error) *say.Error {
	n := 0
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		n, err = p.Line, p.Err
	} else {
		n = lineOf(r)
	}
	return &say.Error{Where: place(name, n), Err: err, What: say.T("this list of keywords cannot be used: %v", "无法使用这个词表：%v", err),
		Next: say.T("mend this line", "请修改这一行")}
}

// Lists are what a policy takes from the owner: keywords, and classifiers.
type Lists struct {
	Words  []Word
	Learnt []*classify.Classifier
}

// ReadFiles reads files of keywords (ParseWords), and those below folders in the order
// of their paths. Names in errors are relative to the folder of a list.
func (l *Lists) ReadFiles(paths []string) error {
	err := eachFile(paths, func(name string, b []byte) error {
		words, err := ParseWords(name, b)
		l.Words = append(l.Words, words...)
		return err
	})
	if err != nil {
		return err
	}
	if len(l.Words) > maxKeywords {
		return &say.Error{Where: "words", What: say.T("%d keywords are more than a policy may hold", "关键词有 %d 个，超过上限", len(l.Words)),
			Next: say.T("keep at most %d", "最多保留 %d 个", maxKeywords)}
	}
	return nil
}

// add puts the words of lists into the policy: a rule for each class.
func (d *document) add(words []Word) {
	byClass := map[string][]string{}
	var classes []string
	for _, w := range words {
		if w.Class == allowClass {
			d.Allow = append(d.Allow, w.Text)
			continue
		}
		if byClass[w.Class] == nil {
			classes = append(classes, w.Class)
		}
		byClass[w.Class] = append(byClass[w.Class], w.Text)
	}
	slices.Sort(classes)
	for _, c := range classes {
		d.Rules = append(d.Rules, ownersRule("words/"+c, c, byClass[c]))
	}
}
