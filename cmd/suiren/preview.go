package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/store"
)

// previewCommand shows rows of tokens as the model reads them.
func (a *app) previewCommand() *cobra.Command {
	var folder string
	var rows, from int
	c := &cobra.Command{
		Use: "preview [" + a.t("BLOCK", "块") + "]", Short: a.t("Show the rows of a tokens block, and what of them is learnt", "显示 tokens 块的数据行，以及其中学习的部分"),
		Long: a.t("Show the rows of a tokens block as the model reads them. What is learnt stands between ⟦ and ⟧; everything else is only read. Before text that only looks like a special token, such as <|im_end|>, stands a \\.",
			"按模型读到的样子显示 tokens 块的数据行。⟦ 与 ⟧ 之间的内容参与学习，其余只是读入。形似特殊词元（如 <|im_end|>）的普通文字前面加有 \\。"),
		Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if rows < 1 {
				return usage("--rows", say.T("%d is not a number of rows to show", "%d 不是要显示的行数", rows), say.T("choose 1 or more", "请选 1 或更大"))
			}
			if from < 0 {
				return usage("--from", say.T("rows are counted from 0, so that none is %d", "行从 0 数起，没有第 %d 行", from), say.T("choose 0 or more", "请选 0 或更大"))
			}
			name := strings.Join(args, "")
			if kind, rest, said := strings.Cut(name, "."); said {
				if kind != string(store.Tokens) {
					return usage(name, say.T("this is no tokens block; what is learnt from examples at once has no rows to show", "这不是 tokens 块；直接学 examples 时没有可供显示的数据行"),
						say.T("to see them, add a tokens block with from = [examples.NAME] and base, or tokenizer", "要查看，请加一个 tokens 块，写明 from = [examples.名称] 和 base（或 tokenizer）"))
				}
				name = rest
			}
			w, err := a.openState(folder)
			if err != nil {
				return err
			}
			defer w.close()
			b, err := w.standing(store.Tokens, name)
			if bad, ok := errors.AsType[*say.Error](err); ok && name == "" && bad.Where == w.st.Path() { // none stands, and the plan may have none
				bad.Next = say.T("%v; where the plan has none, add a tokens block with from = [examples.NAME] and base, or tokenizer", "%v；计划中没有 tokens 块时，请加一个，写明 from = [examples.名称] 和 base（或 tokenizer）", bad.Next)
			}
			if err != nil {
				return err
			}
			return w.preview(b, from, rows)
		},
	}
	c.Flags().StringVar(&folder, "plan", "", a.t("folder of the plan file (default: here)", "计划文件所在目录（默认：当前目录）"))
	c.Flags().IntVar(&rows, "rows", 2, a.t("how many rows", "行数"))
	c.Flags().IntVar(&from, "from", 0, a.t("the first of them, counted from 0", "起始行，从 0 数起"))
	return c
}

// preview writes rows of what stands of a tokens block.
func (w *workspace) preview(b store.Block, from, n int) error {
	a := w.a
	dir, err := w.st.Dir(b.Output)
	if err != nil {
		return err
	}
	tok, err := w.vocabularyOf(b)
	if err != nil {
		return err
	}
	rows, err := stage.OpenRows(dir)
	if err != nil {
		return err
	}
	defer rows.Close()
	if rows.Vocab() != tok.Vocab() {
		return say.Errorf("the rows are over a vocabulary of %d, the tokenizer has %d", "数据行的词表大小为 %d，分词器为 %d", rows.Vocab(), tok.Vocab())
	}
	if from >= rows.Len() {
		return usage("--from", say.T("there are only %d rows, counted from 0", "只有 %d 行，从 0 数起", rows.Len()), say.T("choose a number below %d", "请选小于 %d 的数", rows.Len()))
	}
	info := rows.Info()
	share := 100 * float64(info.Supervised) / float64(max(info.Tokens, 1))
	if a.format == formatText {
		fmt.Fprintln(a.stdout, a.t("tokens.%s: %d rows of %d tokens, %d documents (%d answers too long); %.1f%% of the tokens are learnt",
			"tokens.%s：%d 行，每行 %d 个词元，%d 篇文档（%d 个回答过长）；%.1f%% 的词元参与学习", b.Name, info.Rows, info.Length, info.Documents, info.Dropped, share))
	} else {
		a.line(map[string]any{"type": "rows", "block": "tokens." + b.Name, "rows": info.Rows, "length": info.Length, "documents": info.Documents, "dropped": info.Dropped, "learnt": share})
	}
	for i := from; i < from+min(n, rows.Len()-from); i++ {
		ids, start, weight := rows.Row(i)
		for at, d := 0, 1; at < len(ids) && start[at] >= 0; d++ {
			end := at + 1
			for end < len(ids) && int(start[end]) == at {
				end++
			}
			a.document(tok, i, d, ids[at:end], weight[at:end])
			at = end
		}
	}
	return nil
}

// document writes one document of a row.
func (a *app) document(tok *tokenizer.Tokenizer, row, d int, ids []int32, weight []uint8) {
	type part struct {
		Text  string `json:"text"`
		Learn bool   `json:"learn"`
		Alike []int  `json:"alike,omitempty"` // bytes of Text where words begin that only look like a special token
	}
	var parts []part
	learnt := 0
	for at := 0; at < len(ids); {
		end := at
		for end < len(ids) && weight[end] == weight[at] {
			end++
		}
		if weight[at] > 0 {
			learnt += end - at
		}
		text, alike := decode(tok, ids[at:end])
		parts, at = append(parts, part{text, weight[at] > 0, alike}), end
	}
	if a.format != formatText {
		a.line(map[string]any{"type": "document", "row": row, "document": d, "tokens": len(ids), "learnt": learnt, "parts": parts})
		return
	}
	fmt.Fprintln(a.stdout, a.t("— row %d, document %d: %d tokens, %d learnt", "— 第 %d 行，第 %d 篇：%d 个词元，学习 %d 个", row, d, len(ids), learnt))
	for _, p := range parts {
		text, at := "", 0
		for _, i := range p.Alike {
			text, at = text+terminal.Printable(p.Text[at:i])+`\`, i
		}
		text += terminal.Printable(p.Text[at:])
		if p.Learn {
			text = "⟦" + text + "⟧"
		}
		fmt.Fprint(a.stdout, text)
	}
	fmt.Fprintln(a.stdout)
}

// decode returns the text of tokens, and where in it words begin that only look
// like a special token.
func decode(tok *tokenizer.Tokenizer, ids []int32) (text string, alike []int) {
	names := map[int32]string{}
	for _, s := range tok.Specials() {
		if strings.TrimSpace(s.Text) != "" { // spaces look like nothing
			names[s.ID] = s.Text
		}
	}
	from := 0 // where the words at hand begin
	look := func(to int) {
		for i := from; i < to; i++ {
			for _, name := range names {
				if strings.HasPrefix(text[i:to], name) {
					alike = append(alike, i)
					break
				}
			}
		}
		from = len(text)
	}
	stream := tokenizer.NewStream(tok)
	for _, id := range ids {
		text += stream.Write(id)
		if name, ok := names[id]; ok {
			look(len(strings.TrimSuffix(text, name)))
		}
	}
	text += stream.Flush()
	look(len(text))
	return text, alike
}

// vocabularyOf returns the tokenizer that rows were made with.
func (w *workspace) vocabularyOf(b store.Block) (*tokenizer.Tokenizer, error) {
	rec, ok, err := w.st.Made(b.Key)
	if err != nil {
		return nil, err
	}
	for _, in := range rec.Inputs {
		if !ok || in.Arg != "tokenizer" && in.Arg != "base" {
			continue
		}
		dir, err := w.st.Model(in.From)
		if err != nil {
			return nil, err
		}
		words, err := talk.Open(filepath.Join(dir, in.Part))
		if err != nil {
			return nil, err
		}
		return words.Tokenizer, nil
	}
	return nil, say.Errorf("the record of these rows names no tokenizer", "这些数据行的记录没有写明分词器")
}
