package infer

import (
	"fmt"

	"suiren/engine/model"
	"suiren/engine/tensor"
	"suiren/engine/tokenizer"
)

// A Model is a Hugging Face folder, ready to answer: parameters, tokenizer
// and chat form.
type Model struct {
	Params    *model.Params
	Tokenizer *tokenizer.Tokenizer
	Chat      *tokenizer.Chat
	arena     *tensor.Arena
}

// Load reads a Hugging Face folder with config.json, model.safetensors and
// tokenizer.json.
func Load(dir string) (*Model, error) {
	tok, err := tokenizer.Load(dir)
	if err != nil {
		return nil, err
	}
	chat, err := tokenizer.NewChat(tok)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	params, arena, err := model.Load(dir)
	if err != nil {
		return nil, err
	}
	s := model.Own(params.Config)
	if err := s.CheckWords(tok.Vocab()); err != nil {
		arena.Close()
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if v := params.Config.Vocab; tok.Vocab() != v {
		arena.Close()
		return nil, fmt.Errorf("%s: the tokenizer has %d tokens, the model %d", dir, tok.Vocab(), v)
	}
	return &Model{params, tok, chat, arena}, nil
}

// Close frees the parameters. Samplers and engines of m end before it.
func (m *Model) Close() { m.arena.Close() }

// Context returns the tokens that prompt and answer may have together.
func (m *Model) Context() int { return m.Params.Config.Context }

// Ask returns the greedy request for an answer to msgs of at most tokens
// tokens, thought included. think bounds the thought: 0 answers directly, < 0
// sets no bound. Training, verdicts and serving all ask through here.
func (m *Model) Ask(msgs []tokenizer.Message, think, tokens int) Request {
	return Ask(m.Chat, msgs, think, tokens)
}

// Ask is Model.Ask for a chat without its model.
func Ask(c *tokenizer.Chat, msgs []tokenizer.Message, think, tokens int) Request {
	return Request{
		Prompt: c.Prompt(nil, msgs, think != 0), MaxTokens: tokens, Open: think != 0, Think: max(think, 0), ThinkEnd: []int32{c.ThinkEnd()},
		Stop: []int32{c.End()}, Blank: c.Blank,
	}
}
