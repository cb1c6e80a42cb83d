package guard

import (
	"encoding/csv"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/stage/guard/classify"
)

// topics are what a policy learnt of the owner's bank of sentences.
type topics struct {
	Report []classify.Topic `json:"report"`
	Model  []byte           `json:"model"` // room classify's
}

// maxBank bounds the sentences of a bank.
const maxBank = 100_000

var topicForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_-]{0,39}$`)

// parseBank reads a bank: CSV in UTF-8 with the columns text and topic. Errors name the
// file and the line.
func parseBank(name string, b []byte) ([]classify.Sentence, error) {
	bad := func(r *csv.Reader, err error) error {
		e := badList(name, r, err)
		e.What = say.T("this bank of sentences cannot be used: %v", "无法使用这个题库：%v", e.Err)
		return e
	}
	if len(b) > maxList || !utf8.Valid(b) {
		return nil, &say.Error{Where: name, What: say.T("a bank of sentences is UTF-8, at most %d bytes", "题库须为 UTF-8 编码，且不超过 %d 字节", maxList),
			Next: say.T("convert it, for example with iconv -f GB18030, or split it", "请转换编码（例如 iconv -f GB18030），或拆分文件")}
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(b), "\ufeff")))
	r.TrimLeadingSpace, r.Comment = true, '#'
	columns, err := r.Read()
	if err != nil {
		return nil, bad(r, err)
	}
	text, topic := slices.Index(columns, "text"), slices.Index(columns, "topic")
	var list []classify.Sentence
	for {
		record, err := r.Read()
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return nil, bad(r, err)
		}
		s := classify.Sentence{Text: strings.TrimSpace(record[text]), Topic: strings.TrimSpace(record[topic])}
		if s.Topic == "" {
			s.Topic = classify.None
		}
		switch {
		case !topicForm.MatchString(s.Topic):
			return nil, bad(r, say.Errorf("%q is no name of a topic: letters, digits, - and _, at most 40", "%q 不能作为主题名：只用文字、数字、- 与 _，至多 40 个", s.Topic))
		case s.Text == "":
			return nil, bad(r, say.Errorf("a sentence is empty", "句子为空"))
		case len(list) == maxBank:
			return nil, bad(r, say.Errorf("more than %d sentences", "句子超过 %d 条", maxBank))
		}
		list = append(list, s)
	}
}

// learn learns the topics of a bank.
func (d *document) learn(bank []classify.Sentence) error {
	if len(bank) == 0 {
		return nil
	}
	t, report, err := classify.Learn(bank)
	if err != nil {
		return &say.Error{Where: "topics", Err: err, What: say.T("the bank of sentences cannot be learnt: %v", "无法从题库学习：%v", err),
			Next: say.T("give at least %d sentences of each topic, and as many of none (%q)", "每个主题至少给 %d 句，另给同样多不属于任何主题的句子（%q）", classify.LeastSentences, classify.None)}
	}
	d.Topics = &topics{report, t.Marshal()}
	return nil
}

// Topics are the topics that a policy knows, those of its bases first, and how well it
// tells them.
func (p *Policy) Topics() (list []classify.Topic) {
	for _, d := range p.bases {
		if d.Topics != nil {
			list = append(list, d.Topics.Report...)
		}
	}
	return list
}
