package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/serve/form"
	"suiren/store"
)

// maxReceipt bounds a file of receipts in bytes.
const maxReceipt = 64 << 20

// replayCommand makes answers again.
func (a *app) replayCommand() *cobra.Command {
	var with string
	mf := modelFlags{slots: 1}
	c := &cobra.Command{
		Use: "replay " + a.t("RECEIPT", "回执"), Short: a.t("Make an answer again from its receipt, and say whether it is the same", "按回执重新生成回答，并说明是否一致"),
		Long: a.t(`Make an answer again from its receipt, token by token, and say whether it is the
same. RECEIPT is a file with the receipt, as /v1/receipts/ID tells it, or with
the reply or the stream that holds it (asked for with "receipt": true), or with
many of them, one a line; - is standard input. The text of a chat completion is
compared, too.

The model is found by its digest among those of suiren models list, or given
with --model; weights that a plan made in its folder, here; a release here too,
or in the folder that --model gives.`,
			`按回执逐词元重新生成回答，并说明是否一致。回执是一个文件，内容为回执本身
（来自 /v1/receipts/编号），或带回执的响应或流（请求时加上 "receipt": true），
也可每行一个；- 表示标准输入。对话补全响应中的文字也会一并核对。

模型按摘要在 suiren models list 的模型中查找，或用 --model 指定；计划做出的权重在
当前的计划目录中查找；发布版本也是，或在 --model 指定的计划目录中查找。`),
		Args: a.args(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := readReceipts(args[0])
			if err != nil {
				return err
			}
			first := list[0].Receipt
			if !c.Flags().Changed("kv") && first.Model.KV != "" {
				mf.kv = first.Model.KV
			}
			m, err := a.replayer(c.Context(), first, with, &mf)
			if err != nil {
				return err
			}
			defer m.close()
			if m.release {
				if err := ofRelease.refuse(c, modelOnly...); err != nil {
					return err
				}
			}
			var failed []error
			for _, r := range list {
				failed = append(failed, a.replay(c.Context(), m, r))
			}
			return errors.Join(failed...)
		},
	}
	c.Flags().StringVar(&with, "model", "", a.t("name or path of the model, or the plan's folder of a release", "模型的名称或路径，或发布版本的计划目录"))
	mf.add(a, c)
	return c
}

// A replayer makes answers again: a model, or a release.
type replayer struct {
	path, digest string
	release      bool
	again        func(context.Context, *form.Receipt) (text string, same bool, err error)
	close        func()
}

// replayer opens what gave the answer of a receipt: the model or the plan's
// folder that with names, else a model that is listed, else a release of this
// folder, else weights that its plan made.
func (a *app) replayer(ctx context.Context, r *form.Receipt, with string, mf *modelFlags) (*replayer, error) {
	plan := with != "" && !isModel(with)
	if with == "" {
		var err error
		if with, err = modelOf(r); err != nil {
			if rel, err := a.replayRelease(r, "."); err == nil {
				return rel, nil
			}
			if _, here := a.madeModel(r.Model.Name); here != nil {
				return nil, err
			}
			with = string(store.Weights) + "." + r.Model.Name // as suiren serve names what is made here
		}
	}
	if _, err := os.Stat(a.stateDir(with)); plan && err == nil {
		return a.replayRelease(r, with)
	}
	rel, m, err := a.brought(ctx, with, mf)
	if err != nil {
		return nil, err
	}
	return &replayer{with, "sha256:" + rel.Digest, false, m.Replay, m.Close}, nil
}

// replayRelease opens the release of a receipt in the state folder of a plan.
func (a *app) replayRelease(r *form.Receipt, folder string) (*replayer, error) {
	digest, err := store.ParseDigest(strings.TrimPrefix(r.Model.Digest, "sha256:"))
	if err != nil {
		return nil, &say.Error{Where: r.ID, What: say.T("the receipt's digest %q is none", "回执中的 %q 不是摘要", r.Model.Digest), Next: say.T("use the receipt as it was written", "请使用未改动的回执"), Err: err}
	}
	machine, err := a.machine()
	if err != nil {
		return nil, err
	}
	w, err := a.openState(folder)
	if err != nil {
		return nil, err
	}
	s, err := w.replayer(digest, machine)
	if err != nil {
		w.close()
		return nil, err
	}
	return &replayer{folder, r.Model.Digest, true, s.Replay, func() { s.Close(); w.close() }}, nil
}

// replay makes one answer again.
func (a *app) replay(ctx context.Context, m *replayer, r *received) error {
	if m.digest != r.Model.Digest {
		return &say.Error{Where: m.path, What: say.T("is not the model of the receipt: its digest is %s, not %s", "不是回执中的模型：摘要是 %s，不是 %s", m.digest, r.Model.Digest),
			Next: say.T("give the model with --model", "请用 --model 指定模型")}
	}
	text, same, err := m.again(ctx, r.Receipt)
	if err != nil {
		return err
	}
	said := !same || strings.Contains(readable(text), readable(r.text))
	if a.format == formatJSONL {
		a.line(map[string]any{"type": "replay", "id": r.ID, "tokens": r.Answer.Tokens, "same": same && said})
	}
	if !said {
		return &say.Error{Where: r.ID, What: say.T("its tokens are the same, and the text beside the receipt is not theirs: it was changed since, or by a rule of the policy when it was answered", "词元一致，但回执旁边的文字与之不符：文字后来被改过，或作答时被策略规则改动"),
			Next: say.T("use the reply as it was written", "请使用未改动的响应")}
	}
	if !same {
		return &say.Error{Where: r.ID, What: say.T("the answer is not the same", "回答不一致"),
			Next: say.T("compare the version of Suiren (%s) and the model's files", "请核对 Suiren 版本（%s）与模型文件", r.Program)}
	}
	if a.format != formatJSONL {
		fmt.Fprintln(a.stdout, a.t("the same answer: %d tokens, %s", "回答一致：%d 个词元，%s", r.Answer.Tokens, r.Answer.Digest))
	}
	return nil
}

// readable is a text as it can be compared: a reply says no more of bytes that are no text.
func readable(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\uFFFD", ""))
}

// A received is a receipt, and the text of the answer where the reply that holds it is whole.
type received struct {
	*form.Receipt
	text string
}

// readReceipts reads receipts: one, or those of replies, of which every line
// may hold some. The lines of a stream that hold none are passed over.
func readReceipts(path string) ([]*received, error) {
	in := os.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxReceipt+1))
	if err != nil {
		return nil, err
	}
	list, err := receiptsOf(text)
	if err != nil {
		for line := range bytes.Lines(text) {
			more, _ := receiptsOf(bytes.TrimPrefix(line, []byte("data: ")))
			list = append(list, more...)
		}
	}
	next := say.T("ask for one with \"receipt\": true in the request, or at /v1/receipts/ID", "请在请求中加上 \"receipt\": true，或从 /v1/receipts/编号 获取")
	switch {
	case len(list) > 0:
		return list, nil
	case err != nil:
		return nil, &say.Error{Where: path, What: say.T("this is not a receipt: %v", "这不是回执：%v", err), Next: next, Err: err}
	}
	return nil, &say.Error{Where: path, What: say.T("it holds no receipt", "其中没有回执"), Next: next}
}

// receiptsOf returns the receipts in a JSON text, with the answers that lie beside them.
func receiptsOf(text []byte) (list []*received, err error) {
	var reply struct {
		Suiren   form.Inlay
		Response struct{ Suiren form.Inlay } // the last event of Responses
		Choices  []struct {
			Message struct{ Content string }
		}
	}
	if err := json.Unmarshal(text, &reply); err != nil {
		return nil, err
	}
	own := new(form.Receipt)
	if json.Unmarshal(text, own) != nil { // a reply, which may have fields of the same names
		own = nil
	}
	answers := reply.Choices
	if len(answers) != len(reply.Suiren.Receipts) { // it is not known whose they are
		answers = nil
	}
	for i, r := range append(append(reply.Suiren.Receipts, reply.Response.Suiren.Receipts...), own) {
		if r != nil && strings.HasPrefix(r.Version, receiptVersions) {
			one := &received{Receipt: r}
			if i < len(answers) {
				one.text = answers[i].Message.Content
			}
			list = append(list, one)
		}
	}
	return list, nil
}

// receiptVersions begins every version of receipts.
const receiptVersions = "suiren.receipt/"

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
