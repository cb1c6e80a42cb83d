package form

import "suiren/internal/say"

// CheckConversation checks that a conversation can be answered, and notes
// what it needs.
func CheckConversation(r *Request, param string) error {
	if len(r.Messages) == 0 {
		return Invalid(param, "missing_parameter", say.T("%s is missing or empty", "缺少 %s，或为空", param))
	}
	asked := false
	for _, m := range r.Messages {
		asked = asked || m.Role == "user"
		if m.Role == "tool" || len(m.Calls) > 0 {
			r.Need(Tools, param)
		}
	}
	switch last := r.Messages[len(r.Messages)-1].Role; {
	case last == "user", last == "tool":
	case last == "assistant":
		r.Need(Prefilled, param)
	case asked: // a system message after the user's: Claude Code's
	default:
		return Invalid(param, "invalid_value", say.T("the last message must be the user's, or the result of a tool", "最后一条消息必须来自 user，或是工具的结果"))
	}
	return nil
}
