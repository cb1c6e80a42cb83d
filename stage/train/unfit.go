package train

import (
	"os"
	"path/filepath"

	"suiren/engine/model"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// nothingWatched is the error of examples none of which are in the part watch.
func nothingWatched() *say.Error {
	return &say.Error{Where: "watch", What: say.T("none of these examples are watched", "这些样例中没有观察集"),
		Next: say.T("raise heldout of the examples, or bring more of them that begin with other questions: those of one question are of one part", "请调大这些样例的 heldout，或增加以其他提问开头的样例：同一提问的样例归入同一部分")}
}

// noneFits is the error of chats to watch none of which fits a row of length tokens.
func noneFits(length int) *say.Error {
	return &say.Error{Where: "watch", What: say.T("no example of the part to watch fits a row of %d tokens", "观察集中没有一条能放进 %d 个词元的行", length),
		Next: say.T("watch shorter ones, or make rows longer: by length of the tokens block or, where examples are learnt, by a base with a longer context", "请观察更短的样例，或用更长的行：调大 tokens 块的 length；学习 examples 时，换用上下文更长的基座")}
}

// watchedIn counts what a run in the words of b watches, in rows of length tokens. All is counted
// if it is known that the run reads the same. Whether rows that are not made yet leave thoughts
// out, or what a teacher is to write does, is not known: what is too long without is so with them.
func watchedIn(in map[string][]stage.Forecast, b footing, length int) tally {
	if length <= 1 { // it is not known
		return tally{}
	}
	b.room, b.any, b.direct = length, len(in["examples"]) == 0, len(in["examples"]) == 0 // of examples more is asked
	for _, rows := range in["from"] {
		if info, err := stage.ReadRowsInfo(rows.Path); err == nil {
			b.direct = !info.Think
		}
	}
	t := tallyOf(in["watch"], &b)
	t.all = t.known(&b)
	return t
}

// noRoom reports whether of the examples that were counted none fits.
func (t *tally) noRoom() bool { return t.docs == 0 && t.left > 0 && t.left >= t.of }

// unfitWatched finds fault with examples to watch if it is known that none fits a row of length tokens.
func (t *tally) unfitWatched(length int) []*say.Error {
	if !t.all || !t.noRoom() {
		return nil
	}
	return []*say.Error{noneFits(length)}
}

// remarkWatched adds to what is derived that of the examples to watch that were counted none has
// room in most, which is said: the run is refused if that is so of all.
func (t *tally) remarkWatched(derived, most say.Text) say.Text {
	if !t.noRoom() {
		return derived
	}
	return say.Join(derived, say.T("watch: of the examples that were counted none fits %v with what stands before the answer; if none of all does, the run is refused", "watch：数过的样例连同前文没有一条能放进%v；若全部如此，运行会被拒绝", most))
}

// roomOfRow is a row of so many tokens.
func roomOfRow(length int) say.Text {
	return say.T("a row of %d tokens", "一行的 %d 个词元", length)
}

// emptyPart reports whether path is a part of examples that holds none.
func emptyPart(path string) bool {
	for _, name := range []string{stage.ExamplesFile, problemsFile} {
		if info, err := os.Stat(filepath.Join(path, name)); path != "" && err == nil && info.Size() == 0 {
			return true
		}
	}
	return false
}

// otherTokenizer finds fault with rows that are written with another tokenizer than
// the one in arg, as far as it is known.
func otherTokenizer(in map[string][]stage.Forecast, arg string) []*say.Error {
	for _, rows := range in["from"] {
		for _, f := range in[arg] {
			switch {
			case rows.Words == "" || f.Words == "" || rows.Words == f.Words:
			case arg == "teacher":
				return []*say.Error{foreignRows()}
			default:
				return []*say.Error{wrongWords()}
			}
		}
	}
	return nil
}

// unfitRows finds fault with rows that a base cannot read, or that another tokenizer
// than its own writes, as far as both are known. ours names the base's tokenizer.
func unfitRows(in []stage.Forecast, ours string, b *footing) (list []*say.Error) {
	for _, f := range in {
		vocab, own, length := 0, 0, int(f.Size["length"])
		written, read := "", ""
		w := b.speech()
		if w != nil {
			read = w.Sum()
		}
		if info, err := stage.ReadRowsInfo(f.Path); err == nil {
			length, written = info.Length, info.Words
			if w != nil {
				vocab, own = info.Vocab, w.Tokenizer.Vocab()
			}
		} else if f.WordsPath != "" && f.WordsPath != b.wordsAt {
			if words, err := talk.Open(f.WordsPath); err == nil {
				written = words.Sum()
			}
		}
		switch bad := misfit(vocab, length, own, &b.shape); {
		case bad != nil && b.known():
			list = append(list, bad)
		case ours != "" && f.Words != "" && f.Words != ours:
			list = append(list, foreignRows())
		default:
			if bad := otherTemplate(written, read); bad != nil {
				list = append(list, bad)
			}
		}
	}
	return list
}

// unspoken finds fault with a base, of argument arg, in whose template nothing can be written.
func (b *footing) unspoken(arg string) []*say.Error {
	words := b.speech()
	if words == nil {
		return nil
	}
	_, err := words.Writer()
	return stage.Wrong(arg, err)
}

// standIn adds to what is derived of a run over b in which form it is talked to, if it has
// no template.
func (b *footing) standIn(derived say.Text) say.Text {
	if words := b.speech(); words != nil {
		if text := words.Remark("base"); !text.IsZero() {
			return say.T("%v; %v", "%v；%v", derived, text)
		}
	}
	return derived
}

// unspoken is the same of a run over b that learns from conversations, or asks what it
// watches. One over rows writes nothing.
func (o *own) unspoken(in map[string][]stage.Forecast, b *footing) []*say.Error {
	if len(in["examples"])+len(in["watch"]) == 0 {
		return nil
	}
	return b.unspoken("base")
}

// unthinking finds fault with a base that is to think and cannot be asked to; nil
// where it can, or is not to.
func unthinking(w *talk.Writer, think *bool) *say.Error {
	if think == nil || !*think {
		return nil
	}
	if _, asked := w.Thinks(); asked {
		return nil
	}
	return &say.Error{Where: "think", What: say.T("the base's template has no switch for thinking", "基座的模板没有思考开关"),
		Next: say.T("leave think out, or take a base whose template has one", "请删去 think，或换用模板带此开关的基座")}
}

// misfit is the error of rows of length tokens over vocab that a model of shape s
// with own tokens cannot read; nil: it can.
func misfit(vocab, length, own int, s *model.Shape) *say.Error {
	switch {
	case own > s.Vocab:
		return &say.Error{Where: "from", What: say.T("the base's tokenizer has %d tokens, and its embeddings have %d rows: rows of data may hold tokens that it does not have", "基座的分词器有 %d 个词元，而其嵌入只有 %d 行：数据行里可能有它没有的词元", own, s.Vocab),
			Next: say.T("take a base whose tokenizer belongs to its weights", "请换用分词器与权重相配的基座")}
	case vocab != own:
		return &say.Error{Where: "from", What: say.T("the rows are over a vocabulary of %d tokens, the base's tokenizer has %d", "数据行的词表有 %d 个词元，基座的分词器有 %d 个", vocab, own),
			Next: say.T("make the rows with the base's tokenizer, or name examples instead", "请用基座的分词器生成数据行，或改用 examples")}
	case length > s.Context:
		return &say.Error{Where: "from", What: say.T("the rows have %d tokens, the base has a context of %d", "每行 %d 个词元，而基座的上下文只有 %d", length, s.Context),
			Next: say.T("make rows of at most %d; a base that is trained here from random weights has the length of its own rows as its context", "请把数据行的 length 设为不超过 %d；在此从随机权重训练的基座，上下文就是它自己数据行的 length", s.Context)}
	}
	return nil
}

// foreignRows is the error of rows that another tokenizer than the base's wrote.
func foreignRows() *say.Error {
	return &say.Error{Where: "from", What: say.T("the rows were written with another tokenizer than the base's, or the teacher's: the weights would be trained on other tokens than they know", "数据行是用另一个分词器写成的，不是基座或教师的：权重会在它不认识的词元上训练"),
		Next: say.T("make the rows with that tokenizer, or name examples or problems instead", "请用该分词器生成数据行，或改用 examples、problems")}
}

// otherTemplate is the error of conversations that were written in other words than
// those of the base, which would be asked in its own; nil where they are the same, or
// one of the two is not known.
func otherTemplate(written, read string) *say.Error {
	if written == "" || read == "" || written == read {
		return nil
	}
	return &say.Error{Where: "from", What: say.T("the rows were written in another chat template, or with other special tokens, than the base's: it would be asked otherwise than it learnt", "数据行所用的对话模板或特殊词元与基座的不同：服务时的提问方式会与学到的不一致"),
		Next: say.T("make the rows with this base (base of the tokens block), or name examples instead", "请在 tokens 块里以该基座（base）生成数据行，或改用 examples"), Err: stage.ErrRefused}
}

// namedWords names the tokenizer of what is foretold; "": it is not known.
func namedWords(in []stage.Forecast) string {
	for _, f := range in {
		return f.Words
	}
	return ""
}

// unfit finds fault with examples of which it is known that a run does not take
// them. Problems with their answers are conversations, too.
func unfit(in map[string][]stage.Forecast, use stage.Use, args ...string) (list []*say.Error) {
	for _, arg := range args {
		for _, f := range in[arg] {
			is := stage.UseOf(&f)
			other := is != "" && is != use && (use != stage.UseChats || is != stage.UseProblems) // more of them would not help
			if n, known := f.Size["watched"]; arg == "watch" && !other && (known && n == 0 || emptyPart(f.Path)) {
				list = append(list, nothingWatched())
				continue
			}
			if bad := unfitCorpus(&f); bad != nil && arg == "watch" {
				list = append(list, bad)
				continue
			}
			if use == stage.UseChats {
				if bad := stage.Unlearnable(arg, &f); bad != nil {
					list = append(list, bad)
				}
			} else if other {
				list = append(list, stage.WrongUse(arg, use, is))
			}
		}
	}
	return list
}
