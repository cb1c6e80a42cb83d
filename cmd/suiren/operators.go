package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/plan"
	"suiren/stage"
	"suiren/stage/data"
	"suiren/stage/guard"
	"suiren/stage/operate"
	"suiren/stage/scenario"
	"suiren/stage/train"
	"suiren/store"
)

// vocabulary is all that a plan can say. To delete a line is to remove a
// feature. Training saves its state every so often; 0 leaves that to it.
func vocabulary(every time.Duration) plan.Vocabulary {
	one := func(f func() stage.Operator) plan.Choice {
		return plan.Choice{Ops: map[string]func() stage.Operator{"": f}}
	}
	return plan.Vocabulary{
		store.Documents: one(func() stage.Operator { return &data.Documents{Rails: documentRails} }),
		store.Corpus:    one(func() stage.Operator { return new(data.Corpus) }),
		store.Examples: {By: "generate", Ops: map[string]func() stage.Operator{
			"":          func() stage.Operator { return new(data.Conversations) },
			"lessons":   func() stage.Operator { return new(data.Lessons) },
			"dialogues": func() stage.Operator { return new(data.Dialogues) },

			data.WrittenQuestions: func() stage.Operator { return &data.Written{Kind: data.WrittenQuestions, Open: opener{}} },
			data.WrittenRewrites:  func() stage.Operator { return &data.Written{Kind: data.WrittenRewrites, Open: opener{}} },
			data.WrittenPairs:     func() stage.Operator { return &data.Written{Kind: data.WrittenPairs, Open: opener{}} },
		}},
		store.Tokenizer: one(func() stage.Operator { return new(data.Tokenizer) }),
		store.Tokens:    one(func() stage.Operator { return new(data.Tokens) }),
		store.Weights: {By: "train", Ops: map[string]func() stage.Operator{
			"sft": func() stage.Operator { return &train.SFT{Every: every} },
			// The same loop: what is learnt of the rows makes the difference.
			"pretrain": func() stage.Operator { return &train.SFT{Every: every} },

			"grpo": func() stage.Operator { return &train.GRPO{Every: every} },

			"dpo":      func() stage.Operator { return &train.DPO{Every: every} },
			"kto":      func() stage.Operator { return &train.KTO{Every: every} },
			"distil":   func() stage.Operator { return &train.Distil{Every: every} },
			"continue": func() stage.Operator { return &train.Continue{Every: every} },
			"lora":     func() stage.Operator { return &train.LoRA{Every: every} },
			"merge":    func() stage.Operator { return new(train.Merge) },
			"quantise": func() stage.Operator { return new(train.Quantise) },
		}},
		store.Knowledge:  one(func() stage.Operator { return &data.Knowledge{Open: openEncoder} }),
		store.Classifier: one(func() stage.Operator { return new(guard.Classifier) }),
		store.Policy:     one(func() stage.Operator { return new(guard.Policy) }),
		store.Scenario:   one(func() stage.Operator { return &scenario.Scenario{Unfit: train.UnfitAdapter} }),
		store.Verdict:    one(func() stage.Operator { return &guard.Verdict{Open: opener{}} }),
		store.Release:    one(func() stage.Operator { return new(operate.Release) }),
	}
}

// An opener opens for a verdict what will be served later.
type opener struct{}

// judged is how many questions a verdict has answered at a time.
const judged = 64

func questioned(job *stage.Job) *scenario.Opener {
	return &scenario.Opener{Artifact: job.Open, Threads: job.Machine.Threads, Slots: judged,
		Model: func(path, adapter string) (scenario.Model, error) {
			return otherModel(path, adapter, job.Machine, true)
		},
		Encoder: func(path, name string) (*knowledge.Encoder, error) { return openEncoder(path, name, job.Machine) }}
}

func (opener) Scenario(job *stage.Job, dir string) (guard.Answerer, error) {
	s, err := questioned(job).Open(dir)
	return examinee{s}, err
}

func (opener) Weights(job *stage.Job, dir, like string, think int) (guard.Answerer, error) {
	m, err := scenario.ReadManifest(like)
	if err != nil {
		return nil, err
	}
	if think < 0 {
		think = m.Think
	}
	s, err := questioned(job).Bare(dir, "", think)
	if err != nil {
		return nil, err
	}
	if think > 0 && s.Think == 0 {
		text := say.T("weights to compare with answer without thoughts: their template knows none", "有一份对照权重不思考直接作答：其模板没有思考")
		job.Emit(stage.Event{Type: "note", Text: &text})
	}
	s.Tokens, s.Temperature = m.Tokens, m.Temperature
	return examinee{s}, nil
}

// An examinee is a scenario before a verdict.
type examinee struct{ *scenario.Scenario }

func (e examinee) Reply(ctx context.Context, asked []stage.Message, tools []json.RawMessage) (guard.Reply, error) {
	r, err := e.ReplyTo(ctx, asked, tools)
	if errors.Is(err, scenario.ErrTooLong) {
		return guard.Reply{Finish: "too long"}, nil
	}
	return guard.Reply{Thought: r.Thought, Answer: r.Answer, Tokens: r.Tokens, Sources: len(r.Sources), Called: r.Called, Finish: r.Finish}, err
}
