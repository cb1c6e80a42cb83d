package data

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"suiren/internal/say"
	"suiren/knowledge/language"
	"suiren/knowledge/linear"
	"suiren/stage/data/quality"
)

// reasonQuality is that of a classifier that was trained from the owner's labels.
const reasonQuality = "quality_least"

// A label is a line of the owner's file of labels, as suiren data review writes it.
type label struct {
	Text  *string `json:"text"`
	Label string  `json:"label"` // good or bad; "" is not yet known
}

// Labels must be so many of each kind, so that the classifier is worth asking, and
// no more than so many.
const (
	leastLabels = 20
	mostLabels  = 200_000
)

// A Classifier says how likely a text is good, as the owner's labels have it.
type classifier struct{ model *linear.Model }

// A ClassifierReport says how well the classifier does on labels that it did not
// learn from: every fifth.
type ClassifierReport struct {
	Good  int `json:"good"`
	Bad   int `json:"bad"`
	Asked int `json:"asked"` // in the test
	Right int `json:"right"`
}

// features are hashes of a text's words and pairs of words.
func features(text string) (list []uint64) {
	lang, _ := language.Identify(text)
	before := uint64(0)
	for _, w := range quality.Words(nil, text, lang) {
		h := xxhash.Sum64String(text[w.Lo:w.Hi])
		list = append(list, h, (before^h)*0x9e3779b97f4a7c15)
		before = h * 0xc2b2ae3d27d4eb4f
	}
	return list
}

// trainClassifier learns from the file of labels in dir.
func trainClassifier(dir string) (*classifier, *ClassifierReport, error) {
	names, err := filesBelow(dir)
	if err != nil {
		return nil, nil, err
	}
	var r ClassifierReport
	var learn, test []linear.Example
	n := 0
	for _, name := range names {
		err := ownLines(filepath.Join(dir, filepath.FromSlash(name)), name, func(line int, l *label) error {
			e := linear.Example{}
			switch l.Label {
			case "good":
				r.Good++
			case "bad":
				e.Label = 1
				r.Bad++
			case "":
				return nil
			default:
				return &say.Error{Where: fmt.Sprintf("%s:%d: label", name, line), What: say.T("a label is %q", "标签为 %q", l.Label), Next: say.T("write good or bad", "请写 good 或 bad")}
			}
			if l.Text == nil {
				return &say.Error{Where: fmt.Sprintf("%s:%d: text", name, line), What: say.T("this is missing", "缺少此项"), Next: say.T("a label stands beside its text: suiren data review writes both", "标签旁须有文本：suiren data review 会写出两者")}
			}
			if n++; n > mostLabels {
				return &say.Error{Where: name, What: say.T("there are more than %d labels", "标签超过 %d 条", mostLabels),
					Next: say.T("keep a sample of them", "请只保留一部分")}
			}
			e.Features = features(clean(*l.Text))
			if n%5 == 0 {
				test = append(test, e)
			} else {
				learn = append(learn, e)
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if r.Good < leastLabels || r.Bad < leastLabels {
		return nil, nil, &say.Error{Where: "labels", What: say.T("there are %d good and %d bad texts: too few to learn from", "好文本 %d 条、差文本 %d 条，不足以学习", r.Good, r.Bad),
			Next: say.T("label at least %d of each; suiren data review gives texts to label", "每种至少标注 %d 条；suiren data review 可给出待标注的文本", leastLabels)}
	}
	c := &classifier{linear.Train([]string{"good", "bad"}, learn, linear.Options{Bits: 16, Epochs: 10})}
	for _, e := range test {
		r.Asked++
		if (c.probability(e.Features) >= .5) == (e.Label == 0) {
			r.Right++
		}
	}
	return c, &r, nil
}

// ownLines calls f with each line of a file of JSON that is the owner's, and its
// number. Errors name the file as the owner does, line, and column or field. A mark
// of UTF-8 at its beginning and empty lines are passed over.
func ownLines[T any](file, name string, f func(line int, v *T) error) error {
	r, err := os.Open(file)
	if err != nil {
		return err
	}
	defer r.Close()
	next := say.T(`write one JSON object a line: {"text": "…", "label": "good"}`, `请每行写一个 JSON 对象：{"text": "…", "label": "good"}`)
	n := 0
	fail := func(where string, what, next say.Text) error {
		return &say.Error{Where: fmt.Sprintf("%s:%d%s", name, n, where), What: what, Next: next}
	}
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLine)
	for s.Scan() {
		n++
		line := s.Bytes()
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if !utf8.Valid(line) {
			return fail("", say.T("this line is not UTF-8", "这一行不是 UTF-8"), say.T("save the file as UTF-8", "请将文件另存为 UTF-8"))
		}
		v := new(T)
		switch err := json.Unmarshal(line, v).(type) {
		case nil:
		case *json.SyntaxError: // it counts the character at fault
			_, column, _ := strings.Cut(linePlace(line, int(err.Offset)-1), ":1:") // of one line
			return fail(":"+column, say.T("this is not JSON: %v", "这不是 JSON：%v", err), next)
		case *json.UnmarshalTypeError:
			where := ""
			if err.Field != "" {
				where = ": " + err.Field
			}
			return fail(where, say.T("%v stands where %v belongs", "应为%[2]v，却是%[1]v", say.KindThere(err), say.KindOf(err.Type)), next)
		default:
			return fail("", say.T("this is not JSON: %v", "这不是 JSON：%v", err), next)
		}
		if err := f(n, v); err != nil {
			return err
		}
	}
	if err := s.Err(); errors.Is(err, bufio.ErrTooLong) {
		n++
		return fail("", say.T("this line is longer than %d MiB", "这一行超过 %d MiB", maxLine>>20), next)
	}
	return s.Err()
}

// probability of being good.
func (c *classifier) probability(features []uint64) float64 {
	s := c.model.NewSum()
	for _, f := range features {
		s.Add(f)
	}
	k, p := s.Best(nil)
	switch k {
	case 0:
		return p
	case 1:
		return 1 - p
	}
	return .5
}

// good is the probability of a text, to three digits.
func (c *classifier) good(text string) float64 {
	return math.Round(1000*c.probability(features(text))) / 1000
}
