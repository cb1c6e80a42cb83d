package assess

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/internal/say"
)

// Sheets for people. Two reviewers write their names and pass or fail; where
// they differ, a third settles it.
const (
	AnswersSheet    = "review-answers.csv"
	CorpusSheet     = "review-corpus.csv"
	StatementsSheet = "statements.csv"
)

var (
	sheetColumns     = []string{"id", "class", "question", "text", "reviewer_1", "verdict_1", "reviewer_2", "verdict_2", "settled_by", "settled"}
	statementColumns = []string{"id", "asked", "holds", "who", "on", "evidence"}
)

// inChinese names the columns of sheets and banks for readers of Chinese. Tables are
// read under either name.
var inChinese = map[string]string{
	"id": "编号", "class": "类别", "question": "题目", "text": "内容", "reviewer_1": "评审人一", "verdict_1": "结论一", "reviewer_2": "评审人二", "verdict_2": "结论二",
	"settled_by": "裁定人", "settled": "裁定", "asked": "要求", "holds": "是否成立", "who": "陈述人", "on": "日期", "evidence": "证据",
	"bank": "题库", "owner": "责任人", "updated": "更新日期",
}

// writeTable writes a table that people fill in a spreadsheet. The mark before a Chinese
// one tells the spreadsheet that it is UTF-8.
func writeTable(path string, columns []string, rows [][]string, chinese bool) error {
	return writeWhole(path, func(w io.Writer) error {
		if chinese {
			columns = slices.Clone(columns)
			for i, c := range columns {
				columns[i] = inChinese[c]
			}
			io.WriteString(w, "\ufeff")
		}
		c := csv.NewWriter(w)
		c.Write(columns)
		c.WriteAll(rows)
		return c.Error()
	})
}

// A sheetRow is an item for two reviewers.
type sheetRow struct{ ID, Class, Question, Text string }

// writeSheet writes a sheet, unless there is one: people's work is not overwritten.
func writeSheet(path string, items []sheetRow, chinese bool) error {
	if exists(path) || len(items) == 0 {
		return nil
	}
	var rows [][]string
	for _, r := range items {
		rows = append(rows, []string{r.ID, r.Class, safeCell(r.Question), safeCell(r.Text), "", "", "", "", "", ""})
	}
	return writeTable(path, sheetColumns, rows, chinese)
}

// safeCell keeps a spreadsheet from taking a text for a formula.
func safeCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// A Review is what the reviewers of a sheet found.
type Review struct {
	Items     int      `json:"items"`           // on the sheet
	Judged    int      `json:"judged"`          // by both
	Passed    int      `json:"passed"`          // by both, or as it was settled
	Differ    int      `json:"differ"`          // judged differently
	Open      int      `json:"open"`            // of them, not settled: they count as failed
	Kappa     *float64 `json:"kappa,omitempty"` // Cohen's: agreement beyond chance; nil if all verdicts are the same
	Reviewers []string `json:"reviewers"`
}

var verdicts = map[string]bool{"pass": true, "fail": false, "合格": true, "不合格": false}

// readReview reads a sheet that people have filled, whole or in part. known
// are the ids that it may hold.
func readReview(path string, known map[string]bool) (*Review, error) {
	r := new(Review)
	var both, firstYes, secondYes int
	seen, names := map[string]bool{}, map[string]bool{}
	err := eachCSV([]string{path}, func(name string, b []byte) error {
		rows, err := readTable(name, b, sheetColumns, "id", "reviewer_1", "verdict_1", "reviewer_2", "verdict_2")
		if err != nil {
			return err
		}
		for _, row := range rows {
			id := row.of["id"]
			if !known[id] || seen[id] {
				return &say.Error{Where: row.where, What: say.T("%q is there twice, or no item of this assessment", "%q 重复，或不属于这次评估", id),
					Next: say.T("mend this line, or move the sheet away for a new sample", "请修改这一行；或移走此表，重新抽样")}
			}
			seen[id] = true
			r.Items++
			one, two := row.of["reviewer_1"], row.of["reviewer_2"]
			a, okA := verdicts[row.of["verdict_1"]]
			b, okB := verdicts[row.of["verdict_2"]]
			switch {
			case row.of["verdict_1"] != "" && !okA || row.of["verdict_2"] != "" && !okB:
				return badRow(row.where, say.T("a verdict is pass or fail", "结论只能是 合格 或 不合格（pass 或 fail）"))
			case !okA || !okB:
				continue
			case one == "" || two == "" || one == two:
				return badRow(row.where, say.T("two verdicts want two different reviewers", "两个结论必须出自两位不同的评审人"))
			}
			names[one], names[two] = true, true
			r.Judged++
			if a {
				firstYes++
			}
			if b {
				secondYes++
			}
			switch settled, ok := verdicts[row.of["settled"]]; {
			case a == b:
				both++
				if a {
					r.Passed++
				}
			case !ok || row.of["settled_by"] == "" || row.of["settled_by"] == one || row.of["settled_by"] == two:
				r.Differ++
				r.Open++
			default:
				r.Differ++
				names[row.of["settled_by"]] = true
				if settled {
					r.Passed++
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for n := range names {
		r.Reviewers = append(r.Reviewers, n)
	}
	slices.Sort(r.Reviewers)
	r.Kappa = kappa(r.Judged, both, firstYes, secondYes)
	return r, nil
}

// forgetSheet takes away a sheet of answers that are asked anew: only one on which
// people wrote nothing.
func forgetSheet(path string) error {
	if !exists(path) {
		return nil
	}
	err := eachCSV([]string{path}, func(name string, b []byte) error {
		rows, err := readTable(name, b, sheetColumns, "id")
		for _, r := range rows {
			for _, c := range []string{"reviewer_1", "verdict_1", "reviewer_2", "verdict_2", "settled_by", "settled"} {
				if r.of[c] != "" {
					return &say.Error{Where: r.where, What: say.T("what was judged here are answers of another model, or by other settings", "此处评审的是另一模型的回答，或按其他设置得到的回答"),
						Next: say.T("assess into another folder, or move the sheet away for a new sample", "请评估到另一目录；或移走此表，重新抽样")}
				}
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return os.Remove(path)
}

// kappa is Cohen's (Educational and Psychological Measurement 20:37–46, 1960).
func kappa(n, agree, first, second int) *float64 {
	if n == 0 {
		return nil
	}
	m := float64(n)
	chance := float64(first)/m*float64(second)/m + float64(n-first)/m*float64(n-second)/m
	if chance == 1 {
		return nil
	}
	k := round((float64(agree)/m - chance) / (1 - chance))
	return &k
}

// A Statement is what only a person can say.
type Statement struct {
	Holds    bool   `json:"holds"`
	Who      string `json:"who"`
	On       string `json:"on"`
	Evidence string `json:"evidence,omitempty"`
}

// writeStatements writes the statements that a pack asks for, unless there is a sheet.
func writeStatements(path string, p *Pack, chinese bool) error {
	if exists(path) {
		return nil
	}
	var rows [][]string
	for _, r := range p.Requirements {
		if r.Kind == statement {
			asked := r.En
			if chinese {
				asked = r.Zh
			}
			rows = append(rows, []string{r.ID, asked, "", "", "", ""})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return writeTable(path, statementColumns, rows, chinese)
}

var holds = map[string]bool{"yes": true, "no": false, "是": true, "否": false}

func readStatements(path string) (map[string]Statement, error) {
	out := map[string]Statement{}
	err := eachCSV([]string{path}, func(name string, b []byte) error {
		rows, err := readTable(name, b, statementColumns, "id", "holds", "who", "on")
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.of["holds"] == "" {
				continue
			}
			h, ok := holds[r.of["holds"]]
			if !ok || r.of["who"] == "" || r.of["on"] == "" {
				return badRow(r.where, say.T("a statement wants yes or no, who says so, and on which day", "每项陈述需写明 是 或 否、由谁陈述、日期"))
			}
			out[r.of["id"]] = Statement{h, r.of["who"], r.of["on"], r.of["evidence"]}
		}
		return nil
	})
	return out, err
}

// An item is a text of a corpus, drawn by the digest of itself: which are
// drawn does not depend on their order or on what else is there.
type item struct{ draw, id, text string }

type items []item // the largest draw on top

func (l items) Len() int           { return len(l) }
func (l items) Less(i, j int) bool { return l[i].draw > l[j].draw }
func (l items) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *items) Push(x any)        { *l = append(*l, x.(item)) }
func (l *items) Pop() any {
	x := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return x
}

// A Sampled is what reading a corpus once gave.
type Sampled struct {
	Documents int `json:"documents"`
	Keywords  int `json:"keywords"`             // documents with a keyword
	Harmful   int `json:"classifier,omitempty"` // documents that the classifier objects to

	drawn []item
}

const maxDocument = 64 << 20 // bytes of a line

// readCorpus reads files of JSON lines whose texts stand under text, lets the
// judges see every one, and draws n of them.
func readCorpus(paths []string, n int, j Judges) (*Sampled, error) {
	s := new(Sampled)
	var drawn items
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			path = filepath.Join(path, "corpus.jsonl")
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, maxDocument)
		for line := 1; lines.Scan(); line++ {
			var d struct {
				Text *string `json:"text"`
			}
			if err := json.Unmarshal(lines.Bytes(), &d); err != nil || d.Text == nil {
				return nil, badRow(place(path, line), say.T("this line has no text", "这一行没有 text"))
			}
			s.Documents++
			if j.Keywords != nil && len(j.Keywords(*d.Text)) > 0 {
				s.Keywords++
			}
			if j.Classifier != nil && j.Classifier(*d.Text) != "" {
				s.Harmful++
			}
			id := identify("corpus", *d.Text)
			heap.Push(&drawn, item{identify("draw", id), id, *d.Text})
			if len(drawn) > n {
				heap.Pop(&drawn)
			}
		}
		if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
			return nil, badRow(path, say.T("a line is longer than %d bytes", "有一行超过 %d 字节", maxDocument))
		} else if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(drawn, func(a, b item) int { return cmp.Compare(a.draw, b.draw) })
	s.drawn = slices.CompactFunc(drawn, func(a, b item) bool { return a.id == b.id })
	return s, nil
}
