package plain

import (
	"context"
	"slices"
	"strings"

	"suiren/engine/chat"
	"suiren/engine/infer"
	"suiren/internal/say"
	"suiren/serve/form"
)

// Replay makes the answer of a receipt again and reports whether it is the
// same, token by token. The caller has compared the models' digests.
func (m *Model) Replay(ctx context.Context, r *form.Receipt) (text string, same bool, err error) {
	if err := r.Check(); err != nil {
		return "", false, err
	}
	if m.engine == nil {
		return "", false, &say.Error{Where: r.ID, What: say.T("its model writes no answers: it makes vectors or scores", "它的模型不生成回答：只产生向量或评分"),
			Next: say.T("use the receipt as it was written", "请使用未改动的回执")}
	}
	if have := m.adapters[r.Adapter]; r.Adapter != "" && (have == nil || r.AdapterDigest != "" && have.digest != r.AdapterDigest) {
		return "", false, &say.Error{Where: r.ID, What: say.T("it was made with the adapter %q of the digest %s, which is not there", "它使用了适配器 %q（摘要 %s），而这里没有", r.Adapter, r.AdapterDigest),
			Next: say.T("give it with --adapter %s=FOLDER", "请用 --adapter %s=目录 指定", r.Adapter)}
	}
	if have := m.engine.Limit(); r.MaxTokens > have-len(r.Prompt.IDs) { // a thought's room depends on it
		return "", false, &say.Error{Where: r.ID, What: say.T("its context of %d tokens is more than the %d there is room for here", "它的上下文有 %d 个词元，超出这里能容纳的 %d 个", uint64(len(r.Prompt.IDs))+uint64(max(r.MaxTokens, 0)), have),
			Next: say.T("give a larger --context, or more memory", "请加大 --context，或提供更多内存")}
	}
	a := &form.Ask{Request: &form.Request{Sampling: r.Sampling, Format: r.Format, Tools: r.Tools, Choice: r.Choice, OneCall: r.OneCall, Think: r.Think, Adapter: r.Adapter, MaxTokens: r.MaxTokens,
		MinTokens: r.MinTokens, IgnoreEnd: r.IgnoreEnd}, Prompt: &form.Prompt{IDs: r.Prompt.IDs}, Seed: r.Seed}
	if r.Chat {
		a.Prompt = nil
	}
	j, err := m.again(a, r)
	if err != nil {
		return "", false, err
	}
	var ids []int32
	if r.Answer.Tokens > 0 {
		for t, err := range m.engine.Generate(ctx, j.req) {
			if err != nil {
				return "", false, public(err)
			}
			if !t.Prompt && t.ID >= 0 && t.Finish != infer.Stopped {
				ids = append(ids, t.ID)
			}
			if len(ids) == r.Answer.Tokens {
				break
			}
		}
	}
	return m.said(ids), form.TokensDigest(ids) == r.Answer.Digest, nil
}

// said is what tokens say that are text: each run between those that are none by itself,
// as a writer passes it on.
func (m *Model) said(ids []int32) string {
	var b strings.Builder
	none := func(id int32) bool {
		s, special := m.words.special[id]
		return special && (s.Control || m.tag(s.Text))
	}
	for len(ids) > 0 {
		n := slices.IndexFunc(ids, none)
		if n < 0 {
			n = len(ids)
		}
		b.WriteString(m.words.t.Decode(ids[:n]))
		ids = ids[min(n+1, len(ids)):]
	}
	return b.String()
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
