package plain

import (
	"context"

	"suiren/engine/chat"
	"suiren/engine/infer"
	"suiren/internal/say"
	"suiren/serve/form"
)

// Replay makes the answer of a receipt again and reports whether it is the
// same, token by token. The caller has compared the models' digests.
func (m *Model) Replay(ctx context.Context, r *form.Receipt) (same bool, err error) {
	if r.Version != form.ReceiptVersion {
		return false, &say.Error{Where: r.Version, What: say.T("is not a version of receipts that is read here", "不是此处支持的凭据版本"),
			Next: say.T("use the version of Suiren that wrote it: %s", "请使用写出它的 Suiren 版本：%s", r.Program)}
	}
	if form.TokensDigest(r.Prompt.IDs) != r.Prompt.Digest {
		return false, &say.Error{What: say.T("the prompt in the receipt is not the one of its digest", "凭据中的提示与其摘要不符"), Next: say.T("use the receipt as it was written", "请使用未改动的凭据")}
	}
	if need, have := len(r.Prompt.IDs)+r.MaxTokens, m.engine.Limit(); need > have { // a thought's room depends on it
		return false, &say.Error{Where: r.ID, What: say.T("its context of %d tokens is more than the %d there is room for here", "它的上下文有 %d 个词元，超出这里能容纳的 %d 个", need, have),
			Next: say.T("give a larger --context, or more memory", "请加大 --context，或提供更多内存")}
	}
	a := &form.Ask{Request: &form.Request{Sampling: r.Sampling, Format: r.Format, Tools: r.Tools, Choice: r.Choice, OneCall: r.OneCall, Think: r.Think, Adapter: r.Adapter, MaxTokens: r.MaxTokens,
		MinTokens: r.MinTokens, IgnoreEnd: r.IgnoreEnd}, Prompt: &form.Prompt{IDs: r.Prompt.IDs}, Seed: r.Seed}
	if r.Chat {
		a.Prompt = nil
	}
	j, err := m.again(a, r)
	if err != nil {
		return false, err
	}
	var ids []int32
	if r.Answer.Tokens > 0 {
		for t, err := range m.engine.Generate(ctx, j.req) {
			if err != nil {
				return false, public(err)
			}
			if !t.Prompt && t.ID >= 0 && t.Finish != infer.Stopped {
				ids = append(ids, t.ID)
			}
			if len(ids) == r.Answer.Tokens {
				break
			}
		}
	}
	return form.TokensDigest(ids) == r.Answer.Digest, nil
}

// again is job with the prompt of a receipt.
func (m *Model) again(a *form.Ask, r *form.Receipt) (*job, error) {
	j := &job{m: m, ask: a, after: r.Sampling}
	if err := j.begin(); err != nil {
		return nil, err
	}
	j.req.Prompt, j.req.MaxTokens = r.Prompt.IDs, r.MaxTokens
	if r.Chat {
		if m.template == nil {
			return nil, form.Invalid("model", "unsupported_model", say.T("this model has no chat template", "该模型没有对话模板"))
		}
		j.thought(chat.Prompt{Thinking: r.Open})
	}
	return j, j.constrain()
}
