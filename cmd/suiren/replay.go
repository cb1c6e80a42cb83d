package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/serve/form"
)

// maxReceipt bounds the file of a receipt in bytes.
const maxReceipt = 64 << 20

// replayCommand makes an answer again.
func (a *app) replayCommand() *cobra.Command {
	var with string
	mf := modelFlags{slots: 1}
	c := &cobra.Command{
		Use: "replay " + a.t("RECEIPT", "凭据"), Short: a.t("Make an answer again from its receipt, and say whether it is the same", "按凭据重新生成回答，并说明是否一致"),
		Long: a.t(`Make an answer again from its receipt, token by token, and say whether it is the
same. RECEIPT is a file with the receipt, or with the reply of /v1/chat/completions
that holds it (asked for with "receipt": true); - is standard input.

The model is found by its digest among those of suiren models list, or given
with --model.`,
			`按凭据逐词元重新生成回答，并说明是否一致。凭据是含有凭据本身，或含有带凭据的
/v1/chat/completions 响应（请求时加上 "receipt": true）的文件；- 表示标准输入。

模型按摘要在 suiren models list 的模型中查找，或用 --model 指定。`),
		Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := readReceipt(args[0])
			if err != nil {
				return err
			}
			if with == "" {
				if with, err = modelOf(r); err != nil {
					return err
				}
			}
			rel, m, err := a.brought(c.Context(), with, &mf)
			if err != nil {
				return err
			}
			defer m.Close()
			if got := "sha256:" + rel.Digest; got != r.Model.Digest {
				return &say.Error{Where: with, What: say.T("is not the model of the receipt: its digest is %s, not %s", "不是凭据中的模型：摘要是 %s，不是 %s", got, r.Model.Digest),
					Next: say.T("give the model with --model", "请用 --model 指定模型")}
			}
			same, err := m.Replay(c.Context(), r)
			if err != nil {
				return err
			}
			if a.format == formatJSONL {
				a.line(map[string]any{"type": "replay", "id": r.ID, "tokens": r.Answer.Tokens, "same": same})
			}
			if !same {
				return &say.Error{Where: r.ID, What: say.T("the answer is not the same", "回答不一致"),
					Next: say.T("compare the version of Suiren (%s) and the model's files", "请核对 Suiren 版本（%s）与模型文件", r.Program)}
			}
			if a.format != formatJSONL {
				fmt.Fprintln(a.stdout, a.t("the same answer: %d tokens, %s", "回答一致：%d 个词元，%s", r.Answer.Tokens, r.Answer.Digest))
			}
			return nil
		},
	}
	c.Flags().StringVar(&with, "model", "", a.t("name or path of the model", "模型的名称或路径"))
	mf.add(a, c)
	return c
}

// readReceipt reads a receipt, or the first of a reply.
func readReceipt(path string) (*form.Receipt, error) {
	in := os.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, modelError(path, err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxReceipt+1))
	if err != nil {
		return nil, err
	}
	var reply struct {
		Suiren struct {
			Receipts []*form.Receipt `json:"receipts"`
		} `json:"suiren"`
	}
	r := new(form.Receipt)
	err = json.Unmarshal(text, &reply)
	if list := reply.Suiren.Receipts; len(list) > 0 && list[0] != nil {
		r = list[0]
	} else if err == nil {
		err = json.Unmarshal(text, r)
	}
	if err != nil {
		return nil, &say.Error{Where: path, What: say.T("this is not a receipt: %v", "这不是凭据：%v", err),
			Next: say.T("ask for one with \"receipt\": true in the request", "请在请求中加上 \"receipt\": true 以获取凭据"), Err: err}
	}
	if r.Version == "" {
		return nil, &say.Error{Where: path, What: say.T("it holds no receipt", "其中没有凭据"),
			Next: say.T("ask for one with \"receipt\": true in the request", "请在请求中加上 \"receipt\": true 以获取凭据")}
	}
	return r, nil
}

// modelOf finds a receipt's model in the library.
func modelOf(r *form.Receipt) (string, error) {
	l, err := library()
	if err != nil {
		return "", err
	}
	list, err := l.List()
	if err != nil {
		return "", err
	}
	for _, m := range list {
		if "sha256:"+m.Digest.String() == r.Model.Digest {
			return m.Name, nil
		}
	}
	return "", &say.Error{Where: r.Model.Name, What: say.T("no model here has the digest %s", "没有摘要为 %s 的模型", r.Model.Digest),
		Next: say.T("give it with --model, or add it: suiren models add PATH", "请用 --model 指定，或先添加：suiren models add 路径")}
}
