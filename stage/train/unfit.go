package train

import (
	"os"
	"path/filepath"

	"suiren/internal/say"
	"suiren/stage"
)

// wanted says what an example has that is for a use.
var wanted = map[stage.Use]say.Text{
	stage.UseChats: say.T("a conversation to learn", "供学习的对话"), stage.UsePairs: say.T("a chosen and a rejected answer", "选中与被拒的两个回答"),
	stage.UseLabels: say.T("an answer with a label", "带标签的回答"), stage.UseProblems: say.T("a problem whose answers can be checked", "可以核对答案的题目"),
}

// wrongUse is the error of examples that are not for a use.
func wrongUse(where string, use stage.Use) *say.Error {
	return &say.Error{Where: where, What: say.T("there is an example without %v", "有样例缺少%v", wanted[use]),
		Next: say.T("name other examples in the plan", "请在计划中引用另外的样例")}
}

// nothingWatched is the error of examples none of which are in the part watch.
func nothingWatched() *say.Error {
	return &say.Error{Where: "watch", What: say.T("none of these examples are watched", "这些样例中没有观察集"),
		Next: say.T("raise heldout of the examples, or bring more of them", "请调大这些样例的 heldout，或增加样例")}
}

// useOf is what examples are for; "": it is not known.
func useOf(f *stage.Forecast) stage.Use {
	if f.Path == "" {
		return f.Use
	}
	if _, err := os.Stat(filepath.Join(f.Path, problemsFile)); err == nil {
		return stage.UseProblems
	}
	for e, err := range stage.Examples(filepath.Join(f.Path, stage.ExamplesFile)) {
		if err == nil {
			return e.Use()
		}
		break
	}
	return ""
}

// unfit finds fault with examples of which it is known that a run does not take
// them. Problems with their answers are conversations, too.
func unfit(in map[string][]stage.Forecast, use stage.Use, args ...string) (list []*say.Error) {
	for _, arg := range args {
		for _, f := range in[arg] {
			if n, known := f.Size["watched"]; arg == "watch" && known && n == 0 {
				list = append(list, nothingWatched())
				continue
			}
			if is := useOf(&f); is != "" && is != use && (use != stage.UseChats || is != stage.UseProblems) {
				list = append(list, wrongUse(arg, use))
			}
		}
	}
	return list
}
