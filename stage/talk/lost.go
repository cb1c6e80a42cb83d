package talk

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"suiren/engine/jinja"
	"suiren/internal/say"
	"suiren/stage"
)

// Lost is what became of a conversation in a template: what of it was written, and what not.
type Lost uint16

// Answers and questions are told apart by whether any was written: if none was, nothing can
// be learnt. Each of a document, which may have several.
const (
	hasAnswer   Lost = 1 << iota
	hasQuestion      // the last one of the user
	lostAnswer
	lostQuestion
	lostSystem
	lostCall
	lostWords  // said before the last question, by a tool, or beside a call
	wordedCall // no loss: text of an answer that reads as a call
)

// switches are words of a question that some templates take for themselves.
var switches = strings.NewReplacer("/no_think", "", "/think", "")

// lost looks for what is said in what the template writes of it: of an answer in
// text[from:to], and of all before it in text[:from]. A template may trim and escape what
// people wrote, and move and join what the system says; thoughts and what only switches
// them are not looked for, as many drop them by design, but what stands before one is. Text
// without letters and digits is not judged: escaped, nothing of it is sure to be there.
//
// Cost: it reads the text about once, where the template took many steps to write it.
func (w *Writer) lost(text jinja.Text, from, to int, prompt, answer []stage.Message) (l Lost) {
	before, behind := heard(text, 0, from), heard(text, from, to)
	asked := len(prompt) - 1
	for asked >= 0 && prompt[asked].Role != "user" {
		asked--
	}
	at := 0 // behind what was found last: what others say in the same words is not this
	for i := range prompt {
		m := &prompt[i]
		if calls := called(before, m); calls < len(m.Calls) {
			l |= lostCall
		}
		head, rest, again := w.told(m)
		said := strings.TrimSpace(head + " " + rest)
		if said == "" {
			continue
		}
		if m.Role == "system" || m.Role == "developer" {
			if _, ok := within(before, said); !ok {
				l |= lostSystem
			}
			continue
		}
		n, ok := within(before[at:], said)
		if head != "" && rest != "" { // what is dropped of this, others may say later
			if n, _ = within(before[at:], rest); !again {
				_, ok = within(before[at:at+n], said)
			}
		}
		switch at += n; {
		case i == asked && ok:
			l |= hasQuestion
		case i == asked:
			l |= lostQuestion
		case !ok:
			l |= lostWords
		}
	}
	for i := range answer {
		m := &answer[i]
		head, rest, _ := w.told(m)
		said := strings.TrimSpace(head + " " + rest)
		if said == "" && len(m.Calls) == 0 {
			continue
		}
		_, words := within(behind, said)
		calls := called(behind, m)
		part := said != "" && words
		if !words && rest != "" {
			_, part = within(behind, rest)
		}
		switch {
		case part || calls > 0:
			l |= hasAnswer
			switch {
			case words:
			case part:
				l |= lostAnswer
			default:
				l |= lostWords
			}
			if calls < len(m.Calls) {
				l |= lostCall
			}
		default:
			l |= lostAnswer
		}
	}
	return l
}

// told is what is looked for of a message; "" if it cannot be judged: what stands before
// the last end of a thought and behind it, and whether the words of the latter stand before
// that end, too. Thoughts are not looked for. Templates take all before that end for one,
// whether it begins there or not.
func (w *Writer) told(m *stage.Message) (head, rest string, again bool) {
	rest = m.Content
	tags := w.Template.Facts().Thought
	if open, end := strings.TrimSpace(tags.Open), tags.Close; m.Role == "assistant" && end != "" {
		if i := strings.LastIndex(rest, end); i >= 0 {
			head, rest = rest[:i+len(end)], rest[i+len(end):]
			_, again = within(m.Thought+" "+head, judged(rest))
		}
		plain := strings.NewReplacer(open, " ", end, " ")
		head, rest = plain.Replace(unthought(head, open, end)), plain.Replace(rest)
	}
	return judged(head), judged(rest), again
}

// unthought is text without what stands between open and end.
func unthought(text, open, end string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, open)
		n := strings.Index(text[max(i, 0):], end)
		if i < 0 || n < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:i] + " ")
		text = text[i+n+len(end):]
	}
}

// judged is text without what only switches thoughts; "" if it has no letters and digits.
func judged(text string) string {
	if text = strings.TrimSpace(switches.Replace(text)); strings.IndexFunc(text, lettered) < 0 {
		return ""
	}
	return text
}

// heard is what of text[from:to] came from the conversation.
func heard(text jinja.Text, from, to int) string {
	var b strings.Builder
	for _, s := range text.User {
		if s.From < to && s.To > from {
			b.WriteString(text.String[max(s.From, from):min(s.To, to)])
		}
	}
	return b.String()
}

func lettered(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

// within reports whether all words of said stand in text, in their order, and where the last ends.
func within(text, said string) (end int, ok bool) {
	if i := strings.Index(text, said); i >= 0 {
		return i + len(said), true
	}
	for word := range words(said) {
		n := after(text[end:], word)
		if n < 0 {
			return 0, false
		}
		end += n
	}
	return end, true
}

// words are the longest pieces of letters and digits.
func words(text string) func(yield func(string) bool) {
	return strings.FieldsFuncSeq(text, func(c rune) bool { return !lettered(c) })
}

// after returns where a word ends in text, as it is or as JSON in ASCII has it; -1: it is not there.
func after(text, word string) int {
	i, n := strings.Index(text, word), len(word)
	if i < 0 {
		plain := strconv.QuoteToASCII(word)
		plain = plain[1 : len(plain)-1]
		i, n = strings.Index(text, plain), len(plain)
	}
	if i < 0 {
		return -1
	}
	return i + n
}

// called counts the calls of a message that are in text: their names, and all that is text
// in their arguments, in any order.
func called(text string, m *stage.Message) (n int) {
	for i := range m.Calls {
		f := &m.Calls[i].Function
		var args any
		if json.Unmarshal([]byte(f.Arguments), &args) != nil {
			args = nil // who renders it finds fault with it
		}
		if strings.Contains(text, f.Name) && holds(text, args) {
			n++
		}
	}
	return n
}

// holds reports whether all words of v, of JSON, are in text.
func holds(text string, v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, one := range v {
			if !holds(text, one) {
				return false
			}
		}
	case []any:
		for _, one := range v {
			if !holds(text, one) {
				return false
			}
		}
	case string:
		for word := range words(v) {
			if after(text, word) < 0 {
				return false
			}
		}
	}
	return true
}

// Losses count what a template drops of examples, and keep where each kind is met first.
type Losses struct {
	seen  Lost
	count map[Lost]int
	first map[Lost]string
}

// Add takes the losses of one example, of all of its documents together.
func (l *Losses) Add(from string, lost Lost) {
	l.seen |= lost
	for kind := lostAnswer; kind <= wordedCall; kind <<= 1 {
		if lost&kind == 0 {
			continue
		}
		if l.count == nil {
			l.count, l.first = map[Lost]int{}, map[Lost]string{}
		}
		if l.count[kind]++; l.count[kind] == 1 {
			l.first[kind] = from
		}
	}
}

// Refused is the error, at an argument of a plan, of examples all of whose answers, or last
// questions, the template of what is called name drops; nil of others. Those that are watched
// are measured, the others are learnt.
func (l *Losses) Refused(arg, name string) *say.Error {
	bad := &say.Error{Where: arg, Next: say.T("mend the chat template of %s so that it writes the content of every message, or take another base", "请修正 %s 的对话模板，使其写出每条消息的内容，或换用别的基座", name), Err: stage.ErrRefused}
	nothing, toNothing := say.T("nothing of them would be learnt", "什么也学不到"), say.T("answers would be learnt to nothing", "回答将无所对应")
	if arg == watched {
		nothing, toNothing = say.T("nothing of them would be measured", "什么也量不到"), say.T("answers to nothing would be measured", "所量的回答将无所对应")
	}
	switch answers, questions := l.count[lostAnswer], l.count[lostQuestion]; {
	case answers > 0 && l.seen&hasAnswer == 0:
		bad.What = say.T("the chat template of %s drops the answers of all %d examples, so that %v; the first is at %s", "%s 的对话模板丢掉了全部 %d 条样例的回答，%v；第一条在 %s", name, answers, nothing, l.first[lostAnswer])
	case questions > 0 && l.seen&hasQuestion == 0:
		bad.What = say.T("the chat template of %s drops the last question of all %d examples, so that %v; the first is at %s", "%s 的对话模板丢掉了全部 %d 条样例的最后一个提问，%v；第一条在 %s", name, questions, toNothing, l.first[lostQuestion])
	default:
		return nil
	}
	return bad
}

// watched is the argument of what is not learnt.
const watched = "watch"

// Tell refuses examples all of whose answers, or last questions, the template of what the
// plan names in arg, which is that of w, drops, and notes what it drops of some.
func (l *Losses) Tell(job *stage.Job, arg string, w *Writer) error {
	name := nameOf(job, arg)
	if text := w.remark(name); !text.IsZero() {
		job.Emit(stage.Event{Type: "note", Text: &text})
	}
	return l.tell(job, arg, name)
}

// TellWatched is Tell of examples that are watched, in the template of the base.
func (l *Losses) TellWatched(job *stage.Job) error { return l.tell(job, watched, nameOf(job, "base")) }

// nameOf is what the plan names in an argument.
func nameOf(job *stage.Job, arg string) string {
	for _, in := range job.Inputs {
		if in.Arg == arg && !in.Ref.IsZero() {
			return in.Ref.String()
		}
	}
	return arg
}

func (l *Losses) tell(job *stage.Job, arg, name string) error {
	if bad := l.Refused(arg, name); bad != nil {
		return bad
	}
	for _, o := range []struct {
		kind Lost
		text func(n int, at string) say.Text
	}{
		{lostAnswer, func(n int, at string) say.Text {
			return say.T("examples of which the chat template of %s drops an answer, or a part of it: %d; the first is at %s", "有 %[2]d 条样例的回答被 %[1]s 的对话模板丢掉了全部或一部分；第一条在 %[3]s", name, n, at)
		}},
		{lostQuestion, func(n int, at string) say.Text {
			return say.T("examples of which the chat template of %s drops the last question, or a part of it: %d; the first is at %s", "有 %[2]d 条样例的最后一个提问被 %[1]s 的对话模板丢掉了全部或一部分；第一条在 %[3]s", name, n, at)
		}},
		{lostSystem, func(n int, at string) say.Text {
			return say.T("examples of which the chat template of %s drops what the system says: %d; the first is at %s", "有 %[2]d 条样例的系统消息被 %[1]s 的对话模板丢掉；第一条在 %[3]s", name, n, at)
		}},
		{lostCall, func(n int, at string) say.Text {
			return say.T("examples of which the chat template of %s drops a call: %d; the first is at %s", "有 %[2]d 条样例的工具调用被 %[1]s 的对话模板丢掉；第一条在 %[3]s", name, n, at)
		}},
		{lostWords, func(n int, at string) say.Text {
			return say.T("examples of which the chat template of %s drops what was said before the last question, by a tool, or beside a call: %d; the first is at %s", "有 %[2]d 条样例中较早的内容、工具的结果或调用旁的话被 %[1]s 的对话模板丢掉；第一条在 %[3]s", name, n, at)
		}},
		{wordedCall, func(n int, at string) say.Text {
			return say.T("examples with an answer whose text reads as a call in the form of %s, and is learnt as text: %d; the first is at %s. If it is one, write it in tool_calls", "有 %[2]d 条样例的回答文本在 %[1]s 的格式中读作工具调用，但按文本学习；第一条在 %[3]s。若确为调用，请写入 tool_calls", name, n, at)
		}},
	} {
		if n := l.count[o.kind]; n > 0 {
			text := o.text(n, l.first[o.kind])
			if arg == watched {
				text = say.T("watch: %v", "watch：%v", text)
			}
			job.Emit(stage.Event{Type: "note", Text: &text})
		}
	}
	return nil
}
