package train

import (
	"context"
	"slices"

	"suiren/engine/objective"
	"suiren/engine/tensor"
	"suiren/internal/say"
	"suiren/stage"
)

// randomControl gives every answer a coin in the place of its reward: what a run
// gains by it, it did not learn (Shao et al.: Spurious Rewards, 2025).
const randomControl = "random"

// Check implements stage.Checker.
func (g *GRPO) Check() (list []*say.Error) {
	if _, ok := objective.Variant(g.Variant, g.tokens()); g.Variant != "" && !ok {
		list = append(list, unknown("variant", g.Variant, objective.Variants))
	}
	if g.Control != "" && g.Control != randomControl {
		list = append(list, unknown("control", g.Control, []string{randomControl}))
	}
	if where := firstOf(map[string]bool{"clip_low": g.Low > 0, "clip_high": g.High > 0}); where != "" && g.Updates < 2 {
		list = append(list, withoutEffect(where, say.T("after one update there is nothing to clip", "只更新一次时没有可裁剪的"), say.T("set updates to 2 or more, or leave it out", "请把 updates 设为 2 以上，或省略此项")))
	}
	if !g.Replay.IsZero() && g.weight() == 0 {
		list = append(list, withoutEffect("replay", say.T("with a replay_weight of 0 nothing is learnt again", "replay_weight 为 0 时什么也不重学"), say.T("leave one of the two out", "请去掉其中之一")))
	}
	if g.Overlong > g.tokens() {
		list = append(list, &say.Error{Where: "overlong", What: say.T("overlong is %d, more than the %d tokens of an answer", "overlong 为 %d，超过回答的 %d 个词元", g.Overlong, g.tokens()),
			Next: say.T("make it smaller, or tokens larger", "请调小它，或调大 tokens")})
	}
	return slices.Concat(list, checkAdapter(g.Adapter, g.Rank, g.Alpha, g.Targets), checkStored(g.Storage, g.MakesAdapter()), checkGradients(g.Gradients))
}

// withoutEffect is the error of an argument that would be without effect.
func withoutEffect(where string, why, next say.Text) *say.Error {
	return &say.Error{Where: where, What: say.T("%s is without effect: %v", "%s 不起作用：%v", where, why), Next: next}
}

// firstOf is the first, by its name, of those that are so; "": none is.
func firstOf(args map[string]bool) string {
	for _, name := range sortedKeys(args) {
		if args[name] {
			return name
		}
	}
	return ""
}

// general reports whether the settings ask for more than the default loss,
// whose ratios are one.
func (g *GRPO) general() bool {
	return g.Variant != "" || g.Updates > 1 || g.Low > 0 || g.High > 0 || g.Beta != nil
}

// clipDefault bounds ratios where batches are learnt from more than once and the
// plan says nothing (Schulman et al.: PPO, arXiv 1707.06347).
const clipDefault = 0.2

// policy is the loss that the settings ask for, of the longest answer that
// there is room for.
func (r *rl) policy() objective.Policy {
	p := r.GRPO.policy()
	p.Length = min(p.Length, float64(r.most))
	return p
}

// room is the most tokens of an answer to a prompt.
func (r *rl) room(prompt []int32) int { return min(r.tokens(), r.speaker.limit-len(prompt)) }

// policy returns the loss that the settings ask for, of answers of up to tokens.
func (g *GRPO) policy() objective.Policy {
	p, _ := objective.Variant(g.Variant, g.tokens())
	if g.Variant == "" && g.Updates > 1 {
		p.Low, p.High = clipDefault, clipDefault
	}
	if g.Low > 0 || g.High > 0 {
		if g.Variant == "" { // of one bound alone the other is the same
			p.Low, p.High = 0, 0
		}
		p.Low, p.High = orDefault(g.Low, orDefault(p.Low, g.High)), orDefault(g.High, orDefault(p.High, g.Low))
	}
	if g.Beta != nil {
		p.Beta = *g.Beta
	}
	return p
}

// reward returns what a sample is worth.
func (r *rl) reward(s *sample, step, i uint64) float32 {
	if r.Control == randomControl {
		return float32(tensor.Rand(r.Seed^0x636f696e, step, i) & 1)
	}
	return r.worthOf(s)
}

// worthOf is the score of a sample, less the price of its length.
func (g *GRPO) worthOf(s *sample) float32 {
	return float32(s.score - objective.Overlong(len(s.ids), s.most, min(g.Overlong, s.most)))
}

// update takes the steps of the weights that one batch of samples allows, by
// the loss of the policy.
func (r *rl) update(ctx context.Context, groups []group) error {
	p := r.policy()
	var docs []doc
	var rollouts []objective.Rollout
	for i := range groups {
		g := &groups[i]
		if !g.informative() {
			continue
		}
		rewards := make([]float64, len(g.samples))
		for j := range rewards {
			rewards[j] = float64(g.samples[j].reward)
		}
		advantages := p.Advantages(rewards)
		for j := range g.samples {
			if s := &g.samples[j]; !s.dropped {
				docs = append(docs, g.doc(s))
				rollouts = append(rollouts, objective.Rollout{Advantage: advantages[j]})
			}
		}
	}
	if len(docs) == 0 {
		return r.learn(ctx, nil)
	}
	c := &r.l.Params.Shape
	if p.Beta > 0 {
		if err := r.underBase(func() error {
			s, err := r.l.score(ctx, docs)
			if err != nil {
				return err
			}
			for i := range rollouts {
				rollouts[i].Reference = s.each[i]
			}
			for _, row := range s.rows {
				r.st.FLOPs += rowFLOPs(c, row) / 3
			}
			return nil
		}); err != nil {
			return err
		}
	}
	var f objective.Facts
	updates := r.updates()
	for u := range updates {
		s, err := r.l.score(ctx, docs)
		if err != nil {
			return err
		}
		weight := make([][]float64, len(docs))
		for i := range rollouts {
			rollouts[i].Now, weight[i] = s.each[i], make([]float64, len(s.each[i]))
		}
		r.st.Loss, f = p.Loss(rollouts, weight)
		if err := diverged(r.st.Loss, r.st.Step); err != nil {
			return err
		}
		for i := range rollouts {
			s.weigh(i, weight[i])
			if u == 0 {
				rollouts[i].Old = s.each[i] // the model that wrote them
			}
		}
		again, err := r.replay(uint64(r.st.Step*updates + u))
		if err != nil {
			return err
		}
		lessons := packDocs(again, r.s.length())
		for _, row := range s.rows {
			r.st.FLOPs += rowFLOPs(c, row) * 4 / 3
		}
		for _, row := range lessons {
			r.st.FLOPs += rowFLOPs(c, row)
		}
		if _, _, _, err := r.l.AccumulateUntil(ctx, append(s.rows, lessons...)); err != nil {
			return err
		}
		r.move()
	}
	vals := map[string]float64{"step": float64(r.st.Step + 1), "clipped": f.Clipped}
	if p.Beta > 0 { // else it is not measured
		vals["kl"] = f.KL
	}
	r.job.Emit(stage.Event{Type: "metric", Vals: vals})
	return r.speaker.Repack()
}

// underBase runs f while the learner has the base's parameters.
func (r *rl) underBase(f func() error) error {
	copy(r.spare, r.l.State())
	copy(r.l.State(), r.base)
	r.l.Repack()
	err := f()
	copy(r.l.State(), r.spare)
	r.l.Repack()
	return err
}
