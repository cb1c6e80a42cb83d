package serve

import (
	"encoding/json"
	"net/http"
	"strings"

	"suiren/internal/say"
	"suiren/serve/anthropic"
	"suiren/serve/form"
	"suiren/serve/openai"
)

var errNoSpeller = form.Invalid("model", "unsupported_model", say.T("this model does not show its tokens", "该模型不提供词元"))

// mostPieces bounds the tokens that are spelt out one by one: each takes a hundred
// times the byte that it may have come from.
const mostPieces = 1 << 17

// spelling finds the model whose tokens a request is about.
func (s *Server) spelling(r *http.Request, model string) (*Release, error) {
	return s.pickFor(r, model, func(r *Release) bool { return r.Speller != nil }, errNoSpeller)
}

// tokenize takes a text, as llama.cpp's or vLLM's clients write it, or a
// conversation.
func (s *Server) tokenize(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	var in struct {
		Model    string          `json:"model"`
		Content  *string         `json:"content"`
		Prompt   *string         `json:"prompt"`
		Messages json.RawMessage `json:"messages"`
		Special  *bool           `json:"add_special"`
		Specials *bool           `json:"add_special_tokens"`
		Pieces   bool            `json:"with_pieces"`
		Strings  bool            `json:"return_token_strs"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return form.Unread(err)
	}
	rel, err := s.spelling(r, in.Model)
	if err != nil {
		return err
	}
	var ids []int32
	switch {
	case in.Content != nil:
		ids = rel.Speller.Tokens(*in.Content, in.Special != nil && *in.Special)
	case in.Prompt != nil:
		ids = rel.Speller.Tokens(*in.Prompt, in.Specials == nil || *in.Specials)
	case len(in.Messages) > 0:
		req, err := openai.ParseTemplate(body)
		if err == nil {
			err = rel.adapts(req)
		}
		if err != nil {
			return err
		}
		if _, ids, err = rel.Speller.Render(req); err != nil {
			return err
		}
	default:
		return form.Invalid("content", "missing_parameter", say.T("content, prompt or messages is missing", "缺少 content、prompt 或 messages"))
	}
	out := map[string]any{"tokens": ids, "count": len(ids), "max_model_len": rel.Context}
	if ids == nil {
		out["tokens"] = []int32{}
	}
	if !in.Pieces && !in.Strings {
		return WriteJSON(w, http.StatusOK, out)
	}
	if len(ids) > mostPieces {
		return form.Invalid("", "too_many_tokens", say.T("the text has %d tokens; at most %d are told with their pieces", "文本有 %d 个词元；附带片段时至多 %d 个", len(ids), mostPieces))
	}
	type piece struct {
		ID    int32 `json:"id"`
		Piece any   `json:"piece"`
	}
	pieces, strs := make([]piece, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		b, _ := rel.Speller.Piece(id)
		strs[i] = string(b)
		pieces[i] = piece{id, strs[i]}
		if strings.ToValidUTF8(strs[i], "") != strs[i] { // part of a character: its bytes, as llama.cpp has them
			bytes := make([]int, len(b))
			for j, c := range b {
				bytes[j] = int(c)
			}
			pieces[i].Piece = bytes
		}
	}
	if in.Pieces {
		out["tokens"] = pieces
	}
	if in.Strings {
		out["token_strs"] = strs
	}
	return WriteJSON(w, http.StatusOK, out)
}

func (s *Server) detokenize(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Model  string  `json:"model"`
		Tokens []int32 `json:"tokens"`
	}
	if err := Decode(w, r, &in); err != nil {
		return err
	}
	rel, err := s.spelling(r, in.Model)
	if err != nil {
		return err
	}
	size := 0
	for i, id := range in.Tokens {
		b, ok := rel.Speller.Piece(id)
		if !ok {
			return form.Invalid("tokens", "invalid_value", say.T("tokens[%d] is %d, which is not in the vocabulary", "tokens[%d] 为 %d，不在词表中", i, id))
		}
		if size += len(b); size > maxBody { // a long piece has a short number
			return form.Invalid("tokens", "too_many_tokens", say.T("the text would be longer than %d bytes", "文本将超过 %d 字节", maxBody))
		}
	}
	text := rel.Speller.Spell(in.Tokens)
	return WriteJSON(w, http.StatusOK, map[string]string{"content": text, "prompt": text})
}

// applyTemplate shows the prompt that a conversation becomes.
func (s *Server) applyTemplate(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	req, err := openai.ParseTemplate(body)
	if err != nil {
		return err
	}
	rel, err := s.spelling(r, req.Model)
	if err == nil {
		err = rel.adapts(req)
	}
	if err != nil {
		return err
	}
	text, _, err := rel.Speller.Render(req)
	if err != nil {
		return err
	}
	return WriteJSON(w, http.StatusOK, map[string]string{"prompt": text})
}

// countTokens is Anthropic's.
func (s *Server) countTokens(w http.ResponseWriter, r *http.Request) error {
	n, err := s.count(w, r, anthropic.ParseCount)
	if err != nil {
		return err
	}
	return WriteJSON(w, http.StatusOK, map[string]int{"input_tokens": n})
}

// inputTokens is OpenAI's.
func (s *Server) inputTokens(w http.ResponseWriter, r *http.Request) error {
	n, err := s.count(w, r, openai.ParseInput)
	if err != nil {
		return err
	}
	return WriteJSON(w, http.StatusOK, map[string]any{"object": "response.input_tokens", "input_tokens": n})
}

// count returns how many tokens the prompt of a request has.
func (s *Server) count(w http.ResponseWriter, r *http.Request, parse func(body []byte) (*form.Request, error)) (int, error) {
	body, err := readBody(w, r)
	if err != nil {
		return 0, err
	}
	req, err := parse(body)
	if err != nil {
		return 0, err
	}
	rel, err := s.spelling(r, req.Model)
	if err == nil {
		err = rel.adapts(req)
	}
	if err != nil {
		return 0, err
	}
	_, ids, err := rel.Speller.Render(req)
	return len(ids), err
}
