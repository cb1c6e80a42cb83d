package data

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/stage/verify"
)

// oddities notes what of an example contradicts itself, or another.
func (s *sorter) oddities(ctx context.Context, e *stage.Example) error {
	odd := func(n *int) {
		if *n++; *n == 1 {
			s.odd[n] = e.From
		}
	}
	offered := map[string]bool{}
	for _, t := range e.Tools {
		var tool struct {
			Function struct {
				Name string `json:"name"`
			} `json:"function"`
		}
		if err := json.Unmarshal(t, &tool); err != nil {
			return err
		}
		if offered[tool.Function.Name] {
			odd(&s.report.Twins)
		}
		offered[tool.Function.Name] = true
	}
	for _, list := range [][]stage.Message{e.Messages, e.Prompt, e.Chosen, e.Rejected} {
		for i := range list {
			m := &list[i]
			if m.Role == "tool" && m.CallID == "" {
				odd(&s.report.Uncalled)
			}
			if m.Role == "assistant" && strayEnd(m.Content) {
				odd(&s.report.Ends)
			}
			results := 0
			for _, next := range list[i+1:] {
				if next.Role != "tool" {
					break
				}
				results++
			}
			if results > 0 && results < len(m.Calls) {
				odd(&s.report.Untold)
			}
			for j := range m.Calls {
				if !offered[m.Calls[j].Function.Name] {
					odd(&s.report.Unknown)
				}
			}
		}
	}
	marked := false
	for _, m := range slices.Concat(e.Prompt, e.Messages, e.Chosen, e.Rejected) {
		some, whole := talk.Marked(m.Content)
		marked, s.rendered = marked || some, s.rendered || whole
	}
	if marked {
		odd(&s.marked)
	}
	if wrong, err := answeredWrong(ctx, e); err != nil {
		return err
	} else if wrong {
		odd(&s.report.Wrong)
	}
	if err := s.askedBefore(ctx, e); err != nil {
		return err
	}
	if e.Chosen != nil {
		pair, err := messagesSum(e.Prompt, e.Chosen, e.Rejected)
		if err != nil {
			return err
		}
		other, err := messagesSum(e.Prompt, e.Rejected, e.Chosen)
		if err != nil {
			return err
		}
		if s.paired[other] {
			odd(&s.report.Opposite)
		}
		s.paired[pair] = true
	}
	if e.Label == nil {
		return nil
	}
	sum, err := messagesSum(e.Messages)
	if err != nil {
		return err
	}
	if label, ok := s.labelled[sum]; ok && label != *e.Label {
		odd(&s.report.Both)
	}
	s.labelled[sum] = *e.Label
	return nil
}

// An asked is a problem as it was asked first.
type asked struct {
	from string
	verify.Known
}

// mostPlaces are as many problems as have their places told.
const mostPlaces = 3

// askedBefore notes a problem that wants another answer than the first that asked the
// same. It is told of, and not in the report: the problems are kept as they are.
func (s *sorter) askedBefore(ctx context.Context, e *stage.Example) error {
	if e.Verify == nil {
		return nil
	}
	p := problemOf(e)
	tools, err := json.Marshal(e.Tools)
	if err != nil {
		return err
	}
	sum, err := messagesSum(p.Asking(), []stage.Message{{Content: string(tools)}})
	if err != nil {
		return err
	}
	now := asked{e.From, verify.Known{Verify: e.Verify, Answer: p.Answer}}
	first, ok := s.asked[sum]
	if !ok {
		s.asked[sum] = now
		return nil
	}
	if bytes.Equal(first.Verify, now.Verify) {
		return nil
	}
	apart, err := verify.Apart(ctx, p.Prompt, first.Known, now.Known)
	if err != nil || !apart {
		return err
	}
	if s.apart++; s.apart <= mostPlaces {
		s.places = append(s.places, now.from+" / "+first.from)
	}
	return nil
}

// strayEnd reports whether an answer has the end of a thought that begins nowhere in it.
// One on a line of its own was taken for the thought's by who read the answer; another may
// be of a thought as well, or a word about such tags.
func strayEnd(answer string) bool {
	before, _, ok := strings.Cut(answer, "</think>")
	return ok && !strings.Contains(before, "<think>")
}

// messagesSum is a hash of lists of messages.
func messagesSum(lists ...[]stage.Message) ([16]byte, error) {
	text, err := json.Marshal(lists)
	h := sha256.Sum256(text)
	return [16]byte(h[:16]), err
}

// answeredWrong reports whether a problem has an answer that its verifier calls wrong.
func answeredWrong(ctx context.Context, e *stage.Example) (bool, error) {
	last := len(e.Messages) - 1
	if e.Verify == nil || last < 0 || e.Messages[last].Role != "assistant" || verify.Program(e.Verify) != "" {
		return false, nil
	}
	v, err := verify.Parse(e.Verify)
	if err != nil {
		return false, err
	}
	prompt := ""
	if last > 0 {
		prompt = e.Messages[last-1].Content
	}
	score, err := v.Score(ctx, prompt, e.Messages[last].Content)
	return score < 1, err
}

// tell notes for people what oddities found.
func (s *sorter) tell(job *stage.Job) {
	r := &s.report
	if !s.rendered && 2*s.marked < s.kept() { // a word about such marks
		s.marked = 0
	}
	for _, o := range []struct {
		n    *int
		text say.Text
	}{
		{&r.Uncalled, say.T("results of tools behind an answer that called none: %d; the first is at %s", "有 %d 条工具结果，其前面的回答没有调用工具；第一条在 %s", r.Uncalled, s.odd[&r.Uncalled])},
		{&r.Untold, say.T("answers of whose calls some have a result and others none: %d; the first is at %s", "有 %d 个回答的多个调用中只有一部分有结果；第一个在 %s", r.Untold, s.odd[&r.Untold])},
		{&r.Twins, say.T("tools that their example offers twice by one name: %d; the first is at %s", "有 %d 个工具在同一条样例中重名；第一个在 %s", r.Twins, s.odd[&r.Twins])},
		{&r.Ends, say.T("answers that have </think> with no <think> before it, which a base's template may take for the end of a thought: %d; the first is at %s", "有 %d 个回答含有 </think> 而前面没有 <think>，基座的模板可能把它当作思考的结尾；第一个在 %s", r.Ends, s.odd[&r.Ends])},
		{&r.Unknown, say.T("calls of tools that their example does not offer: %d; the first is at %s", "有 %d 个调用的工具不在其样例的 tools 中；第一个在 %s", r.Unknown, s.odd[&r.Unknown])},
		{&r.Both, say.T("answers labelled true, and elsewhere false: %d; the first such pair ends at %s", "有 %d 个回答既标为 true 又标为 false；第一处在 %s", r.Both, s.odd[&r.Both])},
		{&r.Opposite, say.T("pairs of which another prefers the other answer: %d; the first is at %s", "有 %d 个偏好对与另一对的取舍相反；第一个在 %s", r.Opposite, s.odd[&r.Opposite])},
		{&r.Wrong, say.T("problems whose own answer is wrong by their verifier: %d; the first is at %s", "有 %d 道题自带的答案按其验证方式是错的；第一道在 %s", r.Wrong, s.odd[&r.Wrong])},
		{&s.marked, say.T("examples in which a message begins or ends with a mark of a chat template, as <|im_end|> or [INST], which is learnt as text beside those that the base's template writes: %d; the first is at %s; give what was said without them", "有 %d 条样例的消息以对话模板的标记（如 <|im_end|>、[INST]）开头或结尾，除基座模板自己写的标记外，它们会被当作文本学习；第一条在 %s；请去掉这些标记", s.marked, s.odd[&s.marked])},
		{&s.apart, say.T("problems that ask the same as another and want another answer: %d; the first, each with the other: %s", "有 %d 道题与另一题问法相同而答案不同；前几处（均附另一题）：%s", s.apart, s.places)},
	} {
		if *o.n > 0 {
			job.Emit(stage.Event{Type: "note", Text: &o.text})
		}
	}
}
