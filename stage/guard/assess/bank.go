package assess

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"suiren/internal/say"
)

// A Question is a line of a bank.
type Question struct {
	ID      string // of its bank, its system and its words: the same in every run
	Bank    string
	Class   string
	Text    string
	System  string   // what the model was told before; may be empty
	Absent  []string // texts that the answer must not hold
	Owner   string
	Updated time.Time // zero: not said
	Where   string    // file and line
}

// Bounds of a bank.
const (
	maxBank      = 64 << 20 // bytes of a file
	maxQuestions = 200_000
	maxText      = 64 << 10 // bytes of a question
)

var (
	bankColumns = []string{"bank", "class", "question", "system", "absent", "owner", "updated"}
	bankName    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
)

// ReadBank reads the questions of CSV files and of those in folders, in the
// order of the paths. The first line names the columns: bank and question,
// and as wanted class, system, absent (several are set apart by |), owner and
// updated (2026-11-26). A question that is there twice is an error.
func ReadBank(paths []string) ([]Question, error) {
	var list []Question
	seen := map[string]string{}
	err := eachCSV(paths, func(name string, b []byte) error {
		rows, err := readTable(name, b, bankColumns, "bank", "question")
		if err != nil {
			return err
		}
		for _, r := range rows {
			q := Question{Bank: r.of["bank"], Class: r.of["class"], Text: r.of["question"], System: r.of["system"], Owner: r.of["owner"], Where: r.where}
			if s := r.of["absent"]; s != "" {
				q.Absent = strings.Split(s, "|")
			}
			if s := r.of["updated"]; s != "" {
				if q.Updated, err = time.Parse(time.DateOnly, s); err != nil {
					return badRow(r.where, say.T("%q is no date like 2026-12-31", "%q 不是 2026-12-31 这样的日期", s))
				}
			}
			switch {
			case !bankName.MatchString(q.Bank):
				return badRow(r.where, say.T("%q is not the name of a bank", "%q 不是题库名称", q.Bank))
			case q.Text == "" || len(q.Text)+len(q.System) > maxText:
				return badRow(r.where, say.T("a question is empty, or longer than %d bytes", "题目为空，或超过 %d 字节", maxText))
			case slices.Contains(q.Absent, ""):
				return badRow(r.where, say.T("one of the absent texts is empty", "absent 中有空文本"))
			}
			q.ID = identify(q.Bank, q.System, q.Text)
			if first, ok := seen[q.ID]; ok {
				return badRow(r.where, say.T("this question is in %s already", "此题与 %s 重复", first))
			}
			seen[q.ID] = r.where
			if list = append(list, q); len(list) > maxQuestions {
				return badRow(r.where, say.T("more than %d questions", "题目超过 %d 道", maxQuestions))
			}
		}
		return nil
	})
	return list, err
}

// identify names what parts say, in 16 hexadecimal digits.
func identify(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		io.WriteString(h, p)
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// A row is a line of a table with named columns.
type row struct {
	of    map[string]string
	where string
}

// inEnglish is inChinese, the other way.
var inEnglish = func() map[string]string {
	m := map[string]string{}
	for en, zh := range inChinese {
		m[zh] = en
	}
	return m
}()

// readTable reads a CSV file in UTF-8 whose first line names its columns: all
// of them known, needed ones among them.
func readTable(name string, b []byte, known []string, needed ...string) ([]row, error) {
	if !utf8.Valid(b) {
		return nil, &say.Error{Where: name, What: say.T("the table is not UTF-8", "表格不是 UTF-8 编码"),
			Next: say.T("convert it, for example with iconv -f GB18030", "请转换编码，例如用 iconv -f GB18030")}
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(b), "\ufeff")))
	r.TrimLeadingSpace = true
	var columns []string
	var list []row
	for {
		record, err := r.Read()
		if err == io.EOF {
			if columns == nil {
				return nil, badRow(place(name, 1), say.T("the table is empty", "表格是空的"))
			}
			return list, nil
		}
		if err != nil {
			line := 0
			if p, ok := errors.AsType[*csv.ParseError](err); ok {
				line, err = p.Line, p.Err
			}
			return nil, badRow(place(name, line), say.T("%v", "%v", err))
		}
		line, _ := r.FieldPos(0)
		if columns == nil {
			columns = record
			for i, c := range columns {
				if own, ok := inEnglish[c]; ok {
					c, columns[i] = own, own
				}
				if !slices.Contains(known, c) || slices.Contains(columns[:i], c) {
					return nil, badRow(place(name, line), say.T("the column %q is not known or there twice; there are %s", "列 %q 未知或重复；可用的有 %s", c, known))
				}
			}
			for _, c := range needed {
				if !slices.Contains(columns, c) {
					return nil, badRow(place(name, line), say.T("there is no column %q", "缺少列 %q", c))
				}
			}
			continue
		}
		of := map[string]string{}
		for i, field := range record {
			of[columns[i]] = strings.TrimSpace(field)
		}
		list = append(list, row{of, place(name, line)})
	}
}

func badRow(where string, what say.Text) error {
	return &say.Error{Where: where, What: what, Next: say.T("mend this line", "请修改这一行")}
}

// eachCSV hands the files, and those in folders, to read.
func eachCSV(paths []string, read func(name string, b []byte) error) error {
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || path != root && filepath.Ext(path) != ".csv" {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			if info.Size() > maxBank {
				return badRow(path, say.T("the file is larger than %d bytes", "文件大于 %d 字节", maxBank))
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return read(path, b)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func place(name string, line int) string { return name + ":" + strconv.Itoa(line) }
