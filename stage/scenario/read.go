package scenario

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"suiren/engine/infer"
	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/stage"
)

// How a scenario answers from its knowledge: the argument answers.
const (
	Quoted  = "quoted"  // with sentences of the documents, word for word
	Written = "written" // by the model, from passages that it is given to read
)

// What a scenario does with a question that the documents do not answer: the
// argument unanswered.
const (
	Decline   = "decline" // says so, and names the passages that come nearest
	FromModel = "model"   // says so, and lets the model answer from itself
)

// A Book is documents that are asked. With calls f with what somebody with these
// principals may read of them; without any, what everybody may.
type Book interface {
	With(principals []string, f func(*knowledge.Index, knowledge.Access) error) error
}

// own is the knowledge that a scenario has opened for itself.
type own struct {
	index *knowledge.Index
	gate  *knowledge.Gate
}

func (o own) With(principals []string, f func(*knowledge.Index, knowledge.Access) error) error {
	return f(o.index, o.gate.Access(principals...))
}

// A Reading is what the documents have to do with a conversation.
type Reading struct {
	Known    []Delta  // the whole answer: the model is not asked
	Passages []Source // else what it is to write from, best first; none: it answers from itself
	Lang     say.Lang // of the question
	Notice   string   // what is to be said before an answer from itself; "": nothing
	Memory   string   // with passages, what those share who may read the same: no other may tell by the time it takes that they were read

	may  func(file string) bool
	hits []knowledge.Hit // which the passages are of
}

// Page returns the page on which the first of some quotes of a passage stands; 0:
// there are none.
func (r *Reading) Page(id string, quotes [][2]int) int {
	for i := range r.hits {
		h := &r.hits[i]
		if h.ID != id {
			continue
		}
		at := 0
		if len(quotes) > 0 {
			at = len(firstRunes(h.Text, quotes[0][0]))
		}
		return h.PageAt(at)
	}
	return 0
}

// firstRunes returns the first n characters of a text.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// May reports whether a document may still be read by whoever asked.
func (r *Reading) May(file string) bool { return r.may == nil || r.may(file) }

// Bounds of what a model is given to read.
const (
	mostPassages = 12 // what the context holds of them is another matter
	nearest      = 3  // passages that are named to whoever is declined
	earlier      = 2  // questions before this one that a search may add to it
)

// Read says how the documents that the principals may read meet a conversation.
//
// A question that is a heading of the documents is answered by what stands below
// it, word for word. Any other that they answer is quoted, or read by the model. A
// question that finds nothing alone is searched once more with those before it.
// Where answers are written, a greeting, thanks, a goodbye and the question who
// answers are the model's own.
func (s *Scenario) Read(conversation []stage.Message, principals []string) (r Reading, err error) {
	question, err := lastQuestion(conversation)
	if err != nil {
		return r, err
	}
	r.Lang = say.English
	if knowledge.Lang(question) == "zh" {
		r.Lang = say.Chinese
	}
	polite := s.Answers == Written && courtesy(question)
	var hits []knowledge.Hit
	if s.book != nil {
		err := s.book.With(principals, func(ix *knowledge.Index, access knowledge.Access) error {
			ask := knowledge.Question{Text: question, K: nearest, Access: access, Least: s.Sure, Reranker: s.rerank}
			if s.Answers == Written {
				ask.K = mostPassages
			}
			a := ix.Answer(ask)
			if before := questionsBefore(conversation, earlier); a.Refused && s.Answers == Written && !polite && before != "" && !knowledge.Calculation(question) {
				ask.Text = before + "\n" + question
				if with := ix.Answer(ask); !with.Refused {
					a, a.Asked = with, false
				}
			}
			switch {
			case !a.Refused && (s.Answers != Written || a.Asked):
				r.Known = quote(&a)
			case polite:
			case !a.Refused:
				r.Passages, r.hits = readable(a.Hits), a.Hits
				r.Memory = "passages " + access.Key()
			default:
				hits = a.Hits[:min(len(a.Hits), nearest)]
			}
			return nil
		})
		if err != nil {
			return r, err
		}
		r.may = func(file string) (may bool) {
			s.book.With(principals, func(ix *knowledge.Index, access knowledge.Access) error {
				may = access.MayFile(ix, file)
				return nil
			})
			return may
		}
	}
	if r.Known != nil || r.Passages != nil {
		return r, nil
	}
	decline := func(text string) {
		r.Known = []Delta{{Kind: Answer, Text: text}, {Kind: Finish, Reason: infer.Stopped}}
	}
	switch {
	case s.scope != nil && !s.scope.holds(question):
		decline(s.scope.decline(question, hits))
	case polite:
	case s.book != nil && s.Answers == Written && s.Unanswered != FromModel:
		decline(unanswered.In(r.Lang) + named(r.Lang, hits))
	case s.book != nil && s.Answers == Written:
		r.Notice = ofItself.In(r.Lang)
	}
	return r, nil
}

var (
	unanswered = say.T("The documents do not answer this.", "文档没有回答这个问题。")
	ofItself   = say.T("The documents do not answer this; what follows is the model's own.\n\n", "文档没有回答这个问题；以下出自模型本身。\n\n")
	comeNear   = say.T("\n\nWhat the documents have that comes nearest:\n", "\n\n文档里最接近的段落：\n")
)

// named names the passages that come near enough to be worth a look.
func named(lang say.Lang, hits []knowledge.Hit) (text string) {
	for _, h := range hits {
		if h.Coverage >= related {
			if text == "" {
				text = comeNear.In(lang)
			}
			text += "\n- " + place(h)
		}
	}
	return text
}

// questionsBefore are the user's messages before the last one, at most so many,
// in their order.
func questionsBefore(conversation []stage.Message, most int) string {
	var list []string
	for i := len(conversation) - 1; i >= 0 && len(list) <= most; i-- {
		if m := conversation[i]; m.Role == "user" && strings.TrimSpace(m.Content) != "" {
			list = append(list, strings.TrimSpace(m.Content))
		}
	}
	list = list[min(1, len(list)):] // the question itself
	slices.Reverse(list)
	return strings.Join(list, "\n")
}

// readable are the passages that a model is given: the best, and what of the
// others has at least some of the question.
func readable(hits []knowledge.Hit) (list []Source) {
	for i, h := range hits {
		if i < nearest || h.Coverage >= related {
			list = append(list, sourceOf(&h))
		}
	}
	return list
}

// sourceOf is a passage that was found.
func sourceOf(h *knowledge.Hit) Source {
	return Source{ID: h.ID, File: h.File, Heading: h.Heading, Text: h.Text, Score: h.Score, Page: h.Page, Start: h.Start, End: h.End}
}

// quote answers with sentences of the documents, and says where they stand and
// which other document says otherwise.
func quote(a *knowledge.Answer) []Delta {
	first := a.Hits[0]
	source, other := "\n\nSource: ", "\n\nAnother document says: "
	if first.Lang == "zh" {
		source, other = "\n\n出处：", "\n\n另有文档写道："
	}
	text := "“" + a.Quote + "”" + source + place(first)
	cited := []int{0}
	spans, pages := map[int][][2]int{}, map[int]int{}
	note := func(sentence knowledge.Sentence) {
		if sentence.Hit < 0 {
			return
		}
		if !slices.Contains(cited, sentence.Hit) {
			cited = append(cited, sentence.Hit)
		}
		if pages[sentence.Hit] == 0 {
			pages[sentence.Hit] = sentence.Page
		}
		h := a.Hits[sentence.Hit].Text
		if at := strings.Index(h, sentence.Text); at >= 0 {
			from := utf8.RuneCountInString(h[:at])
			spans[sentence.Hit] = append(spans[sentence.Hit], [2]int{from, from + utf8.RuneCountInString(sentence.Text)})
		}
	}
	for _, sentence := range a.Sentences {
		note(sentence)
	}
	for _, p := range a.Differ {
		note(p.Two)
		text += other + "“" + p.Two.Text + "” (" + place(a.Hits[p.Two.Hit]) + ")"
	}
	var sources []Source
	for _, i := range cited {
		h := a.Hits[i]
		src := sourceOf(&h)
		src.Page, src.Quotes = cmp.Or(pages[i], h.Page), spans[i]
		sources = append(sources, src)
	}
	return []Delta{{Kind: Sources, Sources: sources}, {Kind: Answer, Text: text}, {Kind: Finish, Reason: infer.Stopped}}
}

// place says where a passage stands, in its language.
func place(h knowledge.Hit) string {
	switch {
	case h.Heading == "":
		return h.File
	case h.Lang == "zh":
		return h.File + "，" + h.Heading
	}
	return h.File + ", " + h.Heading
}
