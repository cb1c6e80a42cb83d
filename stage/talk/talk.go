// Package talk writes conversations as tokens in a model's own template, says
// which of them are learnt, and reads what the model answers.
package talk

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"suiren/engine/chat"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/stage"
)

// Words are what a model's files say of how it is talked to.
type Words struct {
	Tokenizer *tokenizer.Tokenizer
	Template  string  // source; "": they have none
	Ends      []int32 // tokens that end an answer, as the files say
	GGUF      bool
	Direct    bool // asked without a thought, unless who asks says otherwise: see Direct

	generation *weights.Generation // all that they say; nil of words without files
	endPairs   []tokenizer.Pair    // of a GGUF file: those of tokenizer.EndKeys
}

// Sum names how a model is talked to: its template, its special tokens and how
// many tokens it has. The tokens that end an answer are not in it: a folder and
// a GGUF file of one model may name more or fewer of them. Nor is a template that would
// stand in for it if there were none: a copy that says it is talked to as before.
func (w *Words) Sum() string {
	h, template := sha256.New(), w.Template
	if _, source := chat.BuiltIn(vocabularyOf(w.Tokenizer)); template == source {
		template = ""
	}
	if c, err := tokenizer.NewChat(w.Tokenizer); err == nil && c.Wrote(template) { // whichever way they are asked
		template = c.Template(false)
	}
	fmt.Fprintf(h, "%d %q\n", w.Tokenizer.Vocab(), template)
	for _, s := range w.Tokenizer.Specials() {
		fmt.Fprintf(h, "%d %q\n", s.ID, s.Text)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// EndsWith reports whether the files name id as a token that ends an answer.
func (w *Words) EndsWith(id int32) bool {
	eos, ok := w.Tokenizer.EOS()
	return ok && id == eos || slices.Contains(w.Ends, id)
}

// AllEnds are the tokens that end an answer, in order: those that the files name, and
// those that are known by their names. They are the same of a folder and of a GGUF file
// that was written of it.
func (w *Words) AllEnds() []int32 {
	ends := w.allEnds()
	slices.Sort(ends)
	return slices.Compact(ends)
}

func (w *Words) allEnds() []int32 {
	ends := slices.Concat(w.Tokenizer.Ends(), w.Ends)
	for _, name := range chat.Ends {
		if id, ok := w.Tokenizer.Special(name); ok {
			ends = append(ends, id)
		}
	}
	return ends
}

// strayEnds refuses words of our own chat by which an answer ends at more than the tokens
// that end one: they were changed since, and would cut answers short. What ends an answer
// in other templates only who made them knows.
func (w *Words) strayEnds() error {
	if !w.Own() {
		return nil
	}
	stray := slices.DeleteFunc(w.AllEnds(), func(id int32) bool {
		name := string(w.Tokenizer.Bytes(id))
		s, ok := w.Tokenizer.Special(name)
		return ok && s == id && slices.Contains(chat.Ends, name)
	})
	if len(stray) == 0 {
		return nil
	}
	return &say.Error{Where: "eos_token_id", What: say.T("an answer would end at %s, which ends none in the chat template of these weights", "回答会在 %s 处结束，而在这份权重的对话模板中它们并不结束回答", w.names(stray)),
		Next: say.T("name the token again that ended one when they were made (config.json, generation_config.json, eos_token of tokenizer_config.json)", "请恢复制作时结束回答的词元（config.json、generation_config.json 的 eos_token_id，tokenizer_config.json 的 eos_token）"), Err: stage.ErrRefused}
}

// names are tokens as an error tells them.
func (w *Words) names(ids []int32) string {
	var list []string
	for _, id := range ids {
		name := ""
		if id >= 0 && int(id) < w.Tokenizer.Vocab() {
			name = string(w.Tokenizer.Bytes(id))
		}
		list = append(list, fmt.Sprintf("%d %q", id, name))
	}
	return strings.Join(list, ", ")
}

// TurnEnd is Writer.TurnEnd of the writer of w; nothing if it has none.
func (w *Words) TurnEnd() []int32 {
	out, err := w.Writer()
	if err != nil {
		return nil
	}
	return out.TurnEnd()
}

// TaughtIn refuses an adapter that was trained in other words: sum is its base's
// then, ends are the tokens that ended the turns that it learnt, of those that the base's
// files named, and all is AllEnds then. What is empty is not known.
func (w *Words) TaughtIn(sum string, ends, all []int32) error {
	next := say.T("give the base the eos_token_id that it had (config.json, generation_config.json), or train the adapter again", "请恢复基座当时的 eos_token_id（config.json、generation_config.json），或重新训练适配器")
	if lost := slices.DeleteFunc(slices.Clone(ends), w.EndsWith); len(lost) > 0 {
		return &say.Error{What: say.T("the adapter learnt to end an answer with the token %s, with which its base ended one then and does not now", "适配器学会以词元 %s 结束回答；其基座当时以它结束，现在不再如此", w.names(lost)),
			Next: next, Err: stage.ErrRefused}
	}
	if have := w.AllEnds(); len(all) > 0 && !slices.Equal(have, all) {
		return &say.Error{What: say.T("an answer of the adapter's base ended at %s when it was trained, and ends at %s now", "训练适配器时，其基座的回答以 %s 结束，现在以 %s 结束", w.names(all), w.names(have)),
			Next: next, Err: stage.ErrRefused}
	}
	if have := w.Sum(); sum != "" && have != sum {
		return &say.Error{What: say.T("the adapter was trained in another chat template, or with other special tokens, than its base has now", "适配器训练时所用的对话模板或特殊词元，与其基座现在的不同"),
			Next: say.T("give the base the template that it had, or train the adapter again", "请恢复基座当时的模板，或重新训练适配器"), Err: stage.ErrRefused}
	}
	return nil
}

// ggufName is the GGUF file of an artifact of weights.
const ggufName = "model.gguf"

// Path returns the file or folder of a model: of an artifact, or the owner's.
func Path(path string) string {
	if info, err := os.Stat(filepath.Join(path, ggufName)); err == nil && info.Mode().IsRegular() {
		return filepath.Join(path, ggufName)
	}
	return path
}

// Open reads the words of a GGUF file or a Hugging Face folder. Those of our own chat that
// end an answer at other tokens than it does are refused: stage.ErrRefused.
func Open(path string) (*Words, error) {
	path = Path(path)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return openGGUF(path)
	}
	w := new(Words)
	w.Direct, _ = Direct(path)
	if w.Tokenizer, err = tokenizer.Load(path); err != nil {
		return nil, err
	}
	if w.generation, err = weights.ReadGeneration(path); err != nil {
		return nil, err
	}
	w.Template = w.generation.Template
	for _, id := range w.generation.Ends {
		if id >= 0 && int(id) < w.Tokenizer.Vocab() && !slices.Contains(w.Ends, id) {
			w.Ends = append(w.Ends, id)
		}
	}
	slices.Sort(w.Ends)
	if err := w.strayEnds(); err != nil {
		return nil, err
	}
	return w, nil
}

func openGGUF(path string) (*Words, error) {
	g, err := weights.OpenGGUF(path)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	w := &Words{GGUF: true, generation: g.Generation()}
	w.Direct, _ = Direct(path)
	w.Template = w.generation.Template
	if w.Tokenizer, err = tokenizer.FromGGUF(func(key string) (any, bool) { v := g.Value(key); return v, v != nil }); err != nil {
		return nil, err // and no words without a tokenizer, which callers that only estimate would use
	}
	w.Ends = w.Tokenizer.Ends()
	for _, key := range tokenizer.EndKeys() {
		if v := g.Value(key); v != nil {
			w.endPairs = append(w.endPairs, tokenizer.Pair{Key: key, Value: v})
		}
	}
	if err := w.strayEnds(); err != nil {
		return nil, err
	}
	return w, nil
}

// A Writer writes conversations as tokens: in a template, or in the chat of
// models of our own.
type Writer struct {
	Tokenizer *tokenizer.Tokenizer
	Template  *chat.Template  // nil: Chat
	Chat      *tokenizer.Chat // of our own; nil: Template
	Stops     []int32         // tokens that end an answer
	Sum       string          // of the words: Words.Sum
	Direct    bool            // of the words: Words.Direct

	words   *chat.Template // of our own: says tools and calls in words, as they are said where it is served
	special map[int32]tokenizer.SpecialToken
	each    float64 // of a rough one: bytes that a token stands for
}

// Own returns the writer of a folder with the chat of our own.
func Own(dir string) (*Writer, error) {
	tok, err := tokenizer.Load(dir)
	if err != nil {
		return nil, err
	}
	c, err := tokenizer.NewChat(tok)
	if err != nil {
		return nil, err
	}
	direct, _ := Direct(dir)
	return own(c, tok, direct)
}

func own(c *tokenizer.Chat, t *tokenizer.Tokenizer, direct bool) (*Writer, error) {
	words, err := chat.New("chat_template", c.Template(false), vocabularyOf(t))
	return &Writer{Tokenizer: t, Chat: c, Stops: []int32{c.End()}, Sum: (&Words{Tokenizer: t, Template: c.Template(false)}).Sum(), Direct: direct, words: words}, err
}

func vocabularyOf(t *tokenizer.Tokenizer) chat.Vocabulary {
	v := chat.Vocabulary{Token: func(text string) bool { _, ok := t.Special(text); return ok }}
	if id, ok := t.BOS(); ok {
		v.BOS = string(t.Bytes(id))
	}
	if id, ok := t.EOS(); ok {
		v.EOS = string(t.Bytes(id))
	}
	return v
}

// Own reports whether the model is talked to in the chat of our own.
func (w *Words) Own() bool {
	c, err := tokenizer.NewChat(w.Tokenizer)
	return err == nil && c.Wrote(w.Template)
}

// Writer returns the writer of the template; without one, of one that fits
// the vocabulary. Where the template is that of our own chat, it is that
// chat's: the template does not say how an answer with a thought is written.
func (w *Words) Writer() (*Writer, error) {
	t := w.Tokenizer
	if c, err := tokenizer.NewChat(t); err == nil && c.Wrote(w.Template) {
		return own(c, t, w.Direct)
	}
	template, err := chat.New("chat_template", w.Template, vocabularyOf(t))
	if err != nil {
		return nil, &say.Error{Where: "chat_template", What: say.T("the template cannot be read: %v", "无法读取模板：%v", err),
			Next: say.T("mend it in the model's folder", "请修正模型目录中的模板"), Err: err}
	}
	out := &Writer{Tokenizer: t, Template: template, Sum: w.Sum(), Direct: w.Direct, special: map[int32]tokenizer.SpecialToken{}}
	for _, s := range t.Specials() {
		out.special[s.ID] = s
	}
	add := func(id int32) {
		if string(t.Bytes(id)) != template.Facts().Thought.Close && !slices.Contains(out.Stops, id) { // <|end|> may end a thought, and only that
			out.Stops = append(out.Stops, id)
		}
	}
	for _, id := range w.allEnds() {
		add(id)
	}
	return out, nil
}

// BytesPerToken is about how many bytes of Chinese and English a token of a
// vocabulary stands for: 1.7 of 512 tokens, 3.3 of 6,400, 3.9 of 16,000.
func BytesPerToken(vocab float64) float64 {
	return min(max(1.73+0.44*(math.Log2(max(vocab, 2))-9), 1), 4.4)
}

// MarkTokens is about how many tokens a template writes around a question and its answer.
const MarkTokens = 10

// TextEnd returns the token with which a text ends in the words of t: of our own, and of
// bases whose EOS ends a turn, <|endoftext|>.
func TextEnd(t *tokenizer.Tokenizer) (id int32, ok bool) {
	if id, ok = t.Special("<|endoftext|>"); ok {
		return id, true
	}
	return t.EOS()
}
