package main

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/guard"
	"suiren/stage/operate"
)

// checkName is a check of a release for people.
func checkName(name string) say.Text {
	switch name {
	case "evaluation":
		return say.T("evaluation", "评测")
	case "guard":
		return say.T("policy", "策略")
	case "parity":
		return say.T("parity", "一致性")
	}
	return say.T("%s", "%s", name)
}

// checkedText is a check on one line.
func (a *app) checkedText(c operate.Checked) string {
	state := a.t("passed", "通过")
	if !c.OK {
		state = a.t("failed", "未通过")
	}
	return state + "  " + c.Time.Local().Format(time.DateTime) + "  " + foundText(c).Told(a.lang)
}

// foundText says what a check found. What another program wrote is not told.
func foundText(c operate.Checked) say.Text {
	switch c.Name {
	case "evaluation":
		return evaluationText(c)
	case "guard":
		var t guard.Trial
		if json.Unmarshal(c.Detail, &t) == nil {
			return withNames(say.T("%d of the %d words that it lists are found, %d of %d ordinary sentences are refused", "列出的 %[2]d 个词命中 %[1]d 个，%[4]d 个普通句子中拒绝 %[3]d 个", t.Caught, t.Words, t.Refused, t.Ordinary), t.Examples)
		}
	case "parity":
		var p guard.Parity
		if json.Unmarshal(c.Detail, &p) == nil {
			return withNames(say.T("%d of %d replies are those that were judged", "%[2]d 条回答中有 %[1]d 条与评测时相同", p.Equal, p.Asked), p.Differs)
		}
	}
	return say.Text{}
}

func evaluationText(c operate.Checked) say.Text {
	var checks []stage.Check
	if json.Unmarshal(c.Detail, &checks) != nil {
		return say.Text{}
	}
	failed := slices.DeleteFunc(slices.Clone(checks), func(c stage.Check) bool { return c.OK })
	if len(failed) == 0 && !c.OK { // every check holds, of something else
		return say.T("the verdict is about another scenario or policy, or does not say that it passes; make it again with suiren apply", "评测针对的是别的场景或策略，或没有写明通过；请用 suiren apply 重新评测")
	}
	if len(failed) > 0 {
		checks = failed
	}
	var list []say.Text
	for i := range checks {
		list = append(list, checks[i].Text())
		if !checks[i].OK {
			list = append(list, checks[i].Next())
		}
	}
	return say.Join(list...)
}

// withNames adds the first few of what is at fault.
func withNames(t say.Text, names []string) say.Text {
	if len(names) == 0 {
		return t
	}
	return say.T("%s: %s", "%s：%s", t, names)
}

// limitsText says what one caller may ask of a release.
func limitsText(limits map[string]int) say.Text {
	var list []say.Text
	for _, key := range slices.Sorted(maps.Keys(limits)) {
		list = append(list, map[string]say.Text{
			operate.LimitTokens: say.T("at most %d tokens of one answer", "每条回答至多 %d 个词元", limits[key]),
			operate.LimitAtOnce: say.T("at most %d answers of one caller at a time", "每个调用方同时至多 %d 条回答", limits[key]),
			operate.LimitMinute: say.T("at most %d requests of one caller in a minute", "每个调用方每分钟至多 %d 次请求", limits[key]),
		}[key])
	}
	if len(list) == 0 {
		return say.Text{}
	}
	return say.Join(list...)
}
