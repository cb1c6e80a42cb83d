package assess

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"

	"suiren/internal/say"
)

//go:embed report.html
var reportHTML string

var page = template.Must(template.New("report").Parse(reportHTML))

// HTML writes the report as a page that loads nothing.
func (r *Report) HTML(w io.Writer, lang say.Lang) error {
	in := func(en, zh string) string { return say.T(en, zh).In(lang) }
	type line struct {
		ID, Asked, Wanted, Got, Interval, Outcome, Class, Note, Clause, Controls string
		Confirmed                                                                bool
	}
	outcomes := map[string]string{
		Met: in("met", "达到"), Surely: in("met, with its interval", "达到，区间亦达到"),
		Missed: in("missed", "未达到"), Missing: in("not assessed", "未评估"),
	}
	var lines []line
	for _, x := range r.Results {
		l := line{ID: x.ID, Asked: x.Words.Text().In(lang), Wanted: x.Wanted(lang), Got: x.Found(), Outcome: outcomes[x.Outcome], Class: x.Outcome,
			Clause: x.Clause, Confirmed: x.ConfirmedBy != ""}
		if x.Low != nil {
			l.Interval = number(x.Requirement, *x.Low) + "–" + number(x.Requirement, *x.High)
		}
		switch {
		case x.Why != nil:
			l.Note = x.Why.Text().In(lang)
		case x.Worst != "":
			l.Note = in("least: ", "最少：") + x.Worst
		case x.Said != nil:
			l.Note = x.Said.Who + ", " + x.Said.On + " " + x.Said.Evidence
		case x.Review != nil && x.Review.Kappa != nil:
			l.Note = fmt.Sprintf("κ %.2f", *x.Review.Kappa)
		}
		for _, c := range x.Controls {
			l.Controls += " " + c
		}
		lines = append(lines, l)
	}
	type class struct {
		ClassCount
		Name string
	}
	var classes []class
	for _, c := range r.Classes {
		classes = append(classes, class{c, c.Text().In(lang)})
	}
	return page.Execute(w, map[string]any{
		"lang": map[say.Lang]string{say.Chinese: "zh-CN", say.English: "en"}[lang], "r": r, "title": r.Pack.Title.Text().In(lang), "lines": lines, "classes": classes,
		"sum": say.T("%d met with their intervals, %d met, %d missed, %d not assessed.", "%d 项连同区间达到，%d 项达到，%d 项未达到，%d 项未评估。",
			r.Counts[Surely], r.Counts[Met], r.Counts[Missed], r.Counts[Missing]).In(lang),
		"unconfirmed": say.T("%d of %d numbers are still to be confirmed against the text of the regulation; they are marked with *.", "%d 项数值（共 %d 项）尚待与标准原文核对，以 * 标出。",
			r.Unconfirmed, len(r.Results)).In(lang),
		"said": map[string]string{
			"subject": in("Judged", "评估对象"), "day": in("as of", "评估日"), "source": in("after", "依据"), "pack": in("pack", "评估包"),
			"id": in("id", "编号"), "asked": in("asked for", "要求"), "wanted": in("number", "数值"), "got": in("found", "结果"), "interval": in("95% interval", "95% 区间"),
			"outcome": in("outcome", "结论"), "note": in("note", "说明"), "classes": in("Classes of risk", "风险类别"), "class": in("class", "类别"),
			"keywords": in("keywords", "关键词"), "questions": in("questions", "题目"), "rail": in("refused by rails", "策略拒答"), "model": in("refused by the model", "模型拒答"),
			"hits": in("keyword hits", "关键词命中"), "harm": in("classifier hits", "分类器命中"), "files": in("Evidence", "证据"),
		},
	})
}

// Found writes what was found; "" if nothing was.
func (r *Result) Found() string {
	s := ""
	if r.Got != nil {
		s = number(r.Requirement, *r.Got)
	}
	if r.Of > 0 {
		s += fmt.Sprintf(" (%d/%d)", r.Hits, r.Of)
	}
	return s
}

// Wanted writes the number that is asked for.
func (r *Requirement) Wanted(lang say.Lang) string {
	switch {
	case r.Least != nil:
		return "≥ " + number(r, *r.Least)
	case r.Most != nil:
		return "≤ " + number(r, *r.Most)
	}
	return say.T("said by a person", "由人陈述").In(lang)
}

// number writes a count, days, or a share.
func number(r *Requirement, x float64) string {
	if r.Kind == rate || r.Kind == corpus {
		return strconv.FormatFloat(100*x, 'f', 1, 64) + "%"
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}
