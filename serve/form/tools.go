package form

import "suiren/internal/say"

// SettleTools checks the tools, and the choice of one against them, and notes what
// it needs. Without tools there is nothing to choose.
func SettleTools(r *Request, choiceParam string) error {
	seen := map[string]bool{}
	for _, t := range r.Tools {
		if seen[t.Name] {
			return Invalid("tools", "invalid_value", say.T("two tools are called %q", "有两个工具都叫 %q", Clip(t.Name)))
		}
		seen[t.Name] = true
	}
	named := r.Choice.Mode == "named"
	if named || r.Choice.Mode == "required" {
		found := !named && len(r.Tools) > 0
		for _, t := range r.Tools {
			found = found || named && t.Name == r.Choice.Name
		}
		if !found {
			return Invalid(choiceParam, "invalid_value", say.T("%s asks for a tool that is not among tools", "%s 要求的工具不在 tools 之中", choiceParam))
		}
		r.Need(Forced, choiceParam)
	}
	if r.Format.Kind != "" && (named || r.Choice.Mode == "required") {
		return Invalid(choiceParam, "invalid_value", say.T("%s forces a call, and a format binds the answer: choose one", "%s 强制调用工具，而输出格式约束回答：二者择一", choiceParam))
	}
	return nil
}
