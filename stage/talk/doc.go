package talk

import (
	"encoding/json"
	"slices"
	"strings"

	"suiren/engine/chat"
	"suiren/engine/jinja"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/stage"
)

// A Doc is a conversation with what is learnt of it.
type Doc struct {
	IDs   []int32
	Learn []bool // of each of IDs; never the first

	Answers int // the turns of the assistant that are learnt

	Taught stage.Taught // in our own chat: what the answer stands behind
	Lost   Lost         // what the template dropped
}

// Supervised counts what is learnt.
func (d *Doc) Supervised() (n int) {
	for _, l := range d.Learn {
		if l {
			n++
		}
	}
	return n
}

// A piece is a part of a turn's text, from the end of the one before.
type piece struct {
	to    int
	learn bool
}

// A turn is an answer of the assistant as its template writes it: text[from:to]
// of the conversation up to it.
type turn struct {
	text     jinja.Text
	from, to int
	pieces   []piece // of text, from from to to
	lost     Lost
}

// Docs writes the assistant's turns of a conversation, and counts those that
// are longer than most tokens with what stands before them. Each is learnt as
// it is asked for: after just what the template writes in front of it then.
// Turns that stand in the text of a later one as they do in their own share a
// document; templates that drop thoughts of the past make several.
func (w *Writer) Docs(e *stage.Example, o stage.Choice, most int) (docs []Doc, long int, err error) {
	var left []int // turns to be learnt
	first := 0
	if o.LastTurn {
		first = lastTurn(e.Messages)
	}
	for k := first; k < len(e.Messages); k++ {
		if m := &e.Messages[k]; m.Role == "assistant" && (m.Weight == nil || *m.Weight > 0) && (!o.NoAnswers || !o.NoThoughts && w.thinks(m) || !o.NoCalls && len(m.Calls) > 0) {
			left = append(left, k)
		}
	}
	if w.Template == nil {
		for _, k := range left {
			d, err := w.ownDoc(e.From, e.Messages[:k:k], &e.Messages[k], e.Tools, o)
			if err != nil {
				return nil, 0, err
			}
			if w.Size(d.IDs) > most {
				long++
				continue
			}
			d.Answers = 1
			docs = append(docs, d)
		}
		return docs, long, nil
	}
	all := map[int]turn{}
	for _, k := range left {
		if all[k], err = w.turn(e.From, e.Messages[:k:k], e.Messages[k], e.Tools, o); err != nil {
			return nil, 0, err
		}
	}
	for len(left) > 0 {
		last := all[left[len(left)-1]]
		share, rest := []turn{last}, left[:0:0]
		for _, k := range left[:len(left)-1] {
			if t := all[k]; strings.HasPrefix(last.text.String, t.text.String[:t.to]) && t.to <= last.from {
				share = append(share, t)
			} else {
				rest = append(rest, k)
			}
		}
		d := w.encode(last, share)
		if w.Size(d.IDs) > most {
			long++
			left = left[:len(left)-1]
			continue
		}
		d.Answers = len(share)
		docs, left = append(docs, d), rest
	}
	slices.Reverse(docs)
	return docs, long, nil
}

// lastTurn is where the assistant's last turn stands, whether it is learnt or
// not; len(list), if there is none.
func lastTurn(list []stage.Message) int {
	for k, m := range slices.Backward(list) {
		if m.Role == "assistant" {
			return k
		}
	}
	return len(list)
}

// Doc writes a prompt and its answer, all of which is learnt.
func (w *Writer) Doc(from string, prompt, answer []stage.Message, tools []json.RawMessage) (Doc, error) {
	if w.Template == nil {
		if len(answer) != 1 || answer[0].Role != "assistant" {
			return Doc{}, &say.Error{Where: from, What: say.T("an answer must be one message of the assistant", "回答必须是助手的一条消息"),
				Next: say.T("move earlier turns to the prompt", "请把前面的轮次移到 prompt 中")}
		}
		return w.ownDoc(from, prompt, &answer[0], tools, stage.Choice{})
	}
	t, err := w.answer(from, prompt, answer, tools)
	if err != nil {
		return Doc{}, err
	}
	t.pieces = []piece{{t.to, true}}
	return w.encode(t, []turn{t}), nil
}

// TurnEnd returns the token with which an answer ends as w writes it; nothing where
// the template does not take a plain one.
func (w *Writer) TurnEnd() []int32 {
	if w.Template == nil {
		return w.Stops[:1:1]
	}
	d, err := w.Doc("", []stage.Message{{Role: "user", Content: "?"}}, []stage.Message{{Role: "assistant", Content: "!"}}, nil)
	if err != nil || len(d.IDs) == 0 || !slices.Contains(w.Stops, d.IDs[len(d.IDs)-1]) {
		return nil
	}
	return d.IDs[len(d.IDs)-1:]
}

// ownDoc writes an answer in our own chat. What is asked begins a thought; one
// that is not there is ended at once, and that is learnt with the answer: so who
// was taught without thoughts answers at once where it may think.
func (w *Writer) ownDoc(from string, prompt []stage.Message, a *stage.Message, tools []json.RawMessage, o stage.Choice) (d Doc, err error) {
	if d.IDs, err = w.own(from, prompt, tools, true); err != nil {
		return d, err
	}
	called, err := w.words.InWords(chat.Conversation{Messages: turns([]stage.Message{*a})})
	if err != nil {
		return d, err
	}
	learn := func(ids []int32, learn bool) {
		d.IDs, d.Learn = ids, append(d.Learn, slices.Repeat([]bool{learn}, len(ids)-len(d.Learn))...)
	}
	learn(d.IDs, false)
	calls := strings.TrimPrefix(called[0].Content, a.Content)
	first, last := !o.NoAnswers, !o.NoAnswers // of what is said, its parts
	if calls != "" {
		last = !o.NoCalls
		if a.Content == "" {
			first = last
		}
	}
	learn(append(w.Tokenizer.Encode(d.IDs, a.Thought), w.Chat.ThinkEnd()), a.Thought != "" && !o.NoThoughts || a.Thought == "" && first)
	learn(w.Tokenizer.Encode(d.IDs, a.Content), first)
	learn(append(w.Tokenizer.Encode(d.IDs, calls), w.Chat.End()), last)
	d.Taught.Add(prompt, tools)
	if w.words.Called(a.Content, tools) {
		d.Lost = wordedCall
	}
	return d, nil
}

// turn is answer for one message of a conversation, in pieces.
func (w *Writer) turn(from string, before []stage.Message, m stage.Message, tools []json.RawMessage, o stage.Choice) (turn, error) {
	t, err := w.answer(from, before, []stage.Message{m}, tools)
	if err != nil {
		return t, err
	}
	f, end := w.Template.Facts(), t.to
	at := t.from
	if w.thinks(&m) && f.Thought.Close != "" {
		if i := find(t.text, at, end, f.Thought.Close); i >= 0 {
			i += len(f.Thought.Close)
			for i < end && strings.IndexByte(" \n", t.text.String[i]) >= 0 {
				i++
			}
			t.pieces, at = append(t.pieces, piece{i, !o.NoThoughts}), i
		}
	}
	if len(m.Calls) > 0 {
		i := -1
		for _, tag := range []string{f.Format.Trigger, f.Format.Before, f.Format.Begin} {
			if tag = strings.TrimSpace(tag); i < 0 && tag != "" {
				i = find(t.text, at, end, tag)
			}
		}
		if i < 0 { // it begins in no way that is known: what is not said before it
			i = at
			if m.Content != "" {
				i = max(at, strings.LastIndex(t.text.String[:end], m.Content)+len(m.Content))
			}
		}
		t.pieces, at = append(t.pieces, piece{i, !o.NoAnswers}), i
		t.pieces = append(t.pieces, piece{end, !o.NoCalls})
		return t, nil
	}
	t.pieces = append(t.pieces, piece{end, !o.NoAnswers})
	return t, nil
}

// answer is put, with what the template dropped of it.
func (w *Writer) answer(from string, prompt, answer []stage.Message, tools []json.RawMessage) (turn, error) {
	t, err := w.put(from, prompt, answer, tools)
	if err != nil {
		return t, err
	}
	t.lost = w.lost(t.text, t.from, t.to, prompt, answer)
	for i := range answer {
		if w.Template.Called(answer[i].Content, tools) {
			t.lost |= wordedCall
		}
	}
	return t, nil
}

// put writes a prompt and its answer: what the template writes beyond the
// prompt, up to the token that ends it.
func (w *Writer) put(from string, prompt, answer []stage.Message, tools []json.RawMessage) (t turn, err error) {
	c := chat.Conversation{Messages: append(turns(prompt), turns(answer)...), Tools: tools, Now: Day}
	full, err := w.Template.Prompt(c)
	if err != nil {
		return t, refused(from, say.T("the base's template refuses the answer: %v", "基座的模板拒绝该回答：%v", err), err)
	}
	a, err := w.thoughtOf(from, full.Text, c, len(prompt))
	if err != nil {
		return t, err
	}
	if t.text, t.from, err = w.behind(from, full.Text, c, turns(prompt), a); err != nil {
		return t, err
	}
	if t.to = w.end(t.text, t.from); t.to > 0 {
		return t, nil
	}
	// Some models end an answer with the token that begins the next turn.
	c.Messages = append(c.Messages, chat.Message{Role: "user", Content: "?"})
	if next, err := w.Template.Prompt(c); err == nil && len(next.User) > 0 {
		at, to := 0, next.User[len(next.User)-1].From
		for _, s := range next.User {
			if s.To < to {
				at = s.To
			}
		}
		for _, id := range w.Stops {
			if name := string(w.Tokenizer.Bytes(id)); find(next.Text, at, to, name) >= 0 {
				t.text = join(t.text, jinja.Text{String: name})
				t.to = len(t.text.String)
				return t, nil
			}
		}
	}
	return t, refused(from, say.T("the base's template ends an answer with no token that ends its text", "基座的模板没有用结束词元来结束回答"), nil)
}

// end returns where the last token ends that ends an answer in text[from:]; 0
// if there is none.
func (w *Writer) end(text jinja.Text, from int) (to int) {
	for _, id := range w.Stops {
		name := string(w.Tokenizer.Bytes(id))
		if i := findLast(text, from, name); i >= 0 {
			to = max(to, i+len(name))
		}
	}
	return to
}

// behind returns a conversation as it is asked for and answered, and where the
// answer begins. full is what the template writes of it once it is answered:
// where that has no thought, or another prompt, as templates write the past,
// the answer is put behind what is asked.
func (w *Writer) behind(from string, full jinja.Text, c chat.Conversation, prompt []chat.Message, a thought) (text jinja.Text, begin int, err error) {
	c.Messages, c.Open = prompt, true
	think := a.text != ""
	ways := []*bool{nil, &think} // as it is asked when nothing is said about thoughts, or as this answer came
	if think {
		ways = []*bool{&think, nil}
	}
	parted := 0
	var asked chat.Prompt
	for _, way := range ways {
		c.Think = way
		open, err := w.Template.Prompt(c)
		if err != nil {
			return text, 0, refused(from, say.T("the base's template refuses the prompt: %v", "基座的模板拒绝该提问：%v", err), err)
		}
		n := shared(full, open.Text)
		if strings.HasPrefix(full.String, open.String) {
			if !a.unwritten {
				return full, len(open.String), nil
			}
			n = len(open.String)
		}
		if n == 0 {
			n = behindLast(full, open.Text)
		}
		if n > 0 && (parted == 0 || !think) {
			parted, asked = n, open
		}
	}
	if parted == 0 {
		return text, 0, refused(from, say.T("the base's template writes the prompt in another way once it is answered", "加上回答后，基座的模板以另一种方式书写提问"), nil)
	}
	written := cut(full, parted)
	if a.unwritten || a.text == "" && asked.Thinking {
		written = thoughtful(w.Template.Facts(), a.text, asked.Thinking, written)
	}
	return join(asked.Text, written), len(asked.String), nil
}

// shared returns how much of a prompt a template repeats once it is answered,
// if it does not repeat all: up to where they part, and not in the midst of a
// tag. It must reach beyond all that people wrote, into the head of the answer;
// else it is 0.
func shared(full jinja.Text, open jinja.Text) int {
	n := 0
	for n < min(len(full.String), len(open.String)) && full.String[n] == open.String[n] {
		n++
	}
	if i := strings.LastIndexAny(full.String[:n], "<["); i > strings.LastIndexAny(full.String[:n], ">]") {
		n = i
	}
	k := len(open.User)
	if k == 0 || open.User[k-1].To >= n {
		return 0
	}
	for _, s := range full.User { // an answer may begin as the head does: its first letters are its own
		if s.From >= open.User[k-1].To {
			n = min(n, s.From)
		}
	}
	return n
}

// behindLast is shared for templates that write what comes first in another
// way once there is an answer, such as a system message beside the last
// question: it returns where what follows the last question of a prompt ends in
// full; 0 if it is not there.
func behindLast(full, open jinja.Text) int {
	if len(open.User) == 0 {
		return 0
	}
	last := open.User[len(open.User)-1]
	question, tail := open.String[last.From:last.To], open.String[last.To:]
	for _, s := range slices.Backward(full.User) {
		if strings.HasSuffix(full.String[:s.To], question) && strings.HasPrefix(full.String[s.To:], tail) && tail != "" {
			return s.To + len(tail)
		}
	}
	return 0
}

// cut returns what stands behind the first n bytes of a text.
func cut(t jinja.Text, n int) (rest jinja.Text) {
	rest.String = t.String[n:]
	for _, s := range t.User {
		if s.To > n {
			rest.User = append(rest.User, jinja.Span{From: max(s.From-n, 0), To: s.To - n})
		}
	}
	return rest
}

// join returns a text behind another.
func join(a, b jinja.Text) jinja.Text {
	out := jinja.Text{String: a.String + b.String, User: slices.Clone(a.User)}
	for _, s := range b.User {
		out.User = append(out.User, jinja.Span{From: s.From + len(a.String), To: s.To + len(a.String)})
	}
	return out
}

// find returns where a tag of the template's own stands in text[from:to], or -1.
func find(text jinja.Text, from, to int, tag string) int {
	for from < to {
		i := strings.Index(text.String[from:to], tag)
		if i < 0 {
			return -1
		}
		if i += from; !written(text, i, i+len(tag)) {
			return i
		}
		from = i + 1
	}
	return -1
}

// findLast is find for the last one from from on.
func findLast(text jinja.Text, from int, tag string) int {
	to := len(text.String)
	for tag != "" {
		i := strings.LastIndex(text.String[from:to], tag)
		if i < 0 {
			break
		}
		if i += from; !written(text, i, i+len(tag)) {
			return i
		}
		to = i + len(tag) - 1
	}
	return -1
}

// written reports whether text[from:to] came from the conversation.
func written(text jinja.Text, from, to int) bool {
	for _, s := range text.User {
		if s.From < to && from < s.To {
			return true
		}
	}
	return false
}

// encode writes the text of a turn as tokens, of which those of share are
// learnt, all of which begin it. What is asked, what is answered and their
// pieces are encoded each by itself: a token is of one of them.
func (w *Writer) encode(last turn, share []turn) (d Doc) {
	slices.SortFunc(share, func(a, b turn) int { return a.from - b.from })
	at := 0
	put := func(to int, learn bool) {
		var own []tokenizer.Span
		for _, s := range last.text.User {
			if s.To > at && s.From < to {
				own = append(own, tokenizer.Span{From: max(s.From, at) - at, To: min(s.To, to) - at})
			}
		}
		if to > at {
			d.IDs = w.Tokenizer.EncodeMarked(d.IDs, last.text.String[at:to], own)
		}
		for len(d.Learn) < len(d.IDs) {
			d.Learn = append(d.Learn, learn && len(d.Learn) > 0)
		}
		at = max(at, to)
	}
	for _, t := range share {
		d.Lost |= t.lost
		put(t.from, false)
		for _, p := range t.pieces {
			put(p.to, p.learn)
		}
	}
	return d
}
