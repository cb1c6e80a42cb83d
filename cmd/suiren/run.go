package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/serve"
	"suiren/serve/form"
	"suiren/serve/plain"
)

// maxPrompt bounds what is read from standard input.
const maxPrompt = 16 << 20

// askFlags say how an answer is wanted.
type askFlags struct {
	system      string
	think       string
	tokens      int
	temperature float64
	seed        int64

	mute bool // the model is here, and its template knows no thoughts
}

func (f *askFlags) add(a *app, c *cobra.Command) {
	c.Flags().StringVar(&f.system, "system", "", a.t("what the model is told before the conversation", "对话之前给模型的说明"))
	c.Flags().StringVar(&f.think, "think", "", a.t("on, off, or an effort: low, medium, high (default: the model's way)", "on、off 或强度 low、medium、high（默认：随模型）"))
	c.Flags().IntVar(&f.tokens, "max-tokens", 0, a.t("most tokens of thought and answer (default: as many as fit)", "思考与回答合计的最多词元数（默认：能放多少就放多少）"))
	c.Flags().Float64Var(&f.temperature, "temperature", -1, a.t("0 takes the likeliest token (default: the model's)", "0 表示总取最可能的词元（默认：随模型）"))
	c.Flags().Lookup("temperature").DefValue = "0" // in the sentence above
	c.Flags().Int64Var(&f.seed, "seed", -1, a.t("the same seed gives the same answer (default: another each time)", "种子相同则回答相同（默认：每次不同）"))
	c.Flags().Lookup("seed").DefValue = "0"
}

// request makes the request for an answer to messages.
func (f *askFlags) request(messages []form.Message) (*form.Request, error) {
	r := &form.Request{N: 1, MaxTokens: form.NoLimit, Messages: messages}
	if f.system != "" {
		r.Messages = append([]form.Message{{Role: "system", Text: f.system}}, messages...)
	}
	switch f.think {
	case "":
	case "on", "off":
		r.Think.Mode = f.think
	case "low", "medium", "high":
		r.Think = form.Think{Mode: "on", Effort: f.think}
	default:
		return nil, usage("--think", say.T("%q is not a way to think", "%q 不是思考方式", f.think), say.T("choose on, off, low, medium or high", "可选 on、off、low、medium、high"))
	}
	if f.tokens > 0 {
		r.MaxTokens = f.tokens
	}
	if f.temperature >= 0 {
		r.Sampling.Temperature = &f.temperature
	}
	if f.seed >= 0 {
		seed := uint64(f.seed)
		r.Seed = &seed
	}
	return r, nil
}

// mind says so if the answers are to be thought about and cannot be.
func (a *app) mind(f *askFlags) {
	if f.mute && f.think != "" && f.think != "off" {
		a.screen.Note(say.T("this model answers without thoughts: its template knows none", "该模型不思考直接作答：其模板没有思考"))
	}
}

// runCommand answers one prompt.
func (a *app) runCommand() *cobra.Command {
	f, mf := askFlags{}, modelFlags{slots: 1, always: true}
	c := &cobra.Command{
		Use: "run " + a.t("MODEL [PROMPT]", "模型 [提示]"), Short: a.t("Answer a prompt with a model, once", "用模型回答一次提示"),
		Long: a.t(`Answer a prompt, given as an argument or on standard input, with a GGUF file, a
Hugging Face folder, or the weights that the plan in this folder made
(weights.NAME). The answer goes to standard output as it comes; a thought is
shown on a terminal only. Weights that were taught plain text only go on with the
prompt.`,
			`用 GGUF 文件、Hugging Face 目录，或当前目录的计划做出的权重（weights.名称）回答
提示；提示取自参数或标准输入。回答随生成随输出到标准输出；思考过程只在终端上显示。
只学过纯文本的权重会接着提示往下写。`),
		Args: a.args(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			prompt, err := promptOf(args[1:], os.Stdin)
			if err != nil {
				return err
			}
			req, err := f.request([]form.Message{{Role: "user", Text: prompt}})
			if err != nil {
				return err
			}
			rel, m, err := a.brought(c.Context(), args[0], &mf)
			if err != nil {
				return err
			}
			defer m.Close()
			f.mute = !m.Facts().Thinks
			a.mind(&f)
			s, err := a.speaker(rel, m, &f)
			if err != nil {
				return err
			}
			s, done, err := a.consulting(c.Context(), s, m, mf.knowledge)
			if err != nil {
				return err
			}
			defer done()
			_, err = a.show(s.answer(c.Context(), req))
			return err
		},
	}
	f.add(a, c)
	mf.add(a, c)
	mf.addKnowledge(a, c)
	return c
}

// promptOf is the prompt, from the arguments or standard input.
func promptOf(args []string, stdin *os.File) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	if term.IsTerminal(int(stdin.Fd())) {
		return "", usage("", say.T("there is no prompt", "没有提示"), say.T("give it as an argument or on standard input, or use suiren chat", "请作为参数给出，或从标准输入送入；也可使用 suiren chat"))
	}
	b, err := io.ReadAll(io.LimitReader(stdin, maxPrompt+1))
	if err != nil {
		return "", err
	}
	if len(b) > maxPrompt {
		return "", usage("", say.T("the prompt is longer than %d bytes", "提示超过 %d 字节", maxPrompt), say.T("shorten it", "请缩短"))
	}
	if text := strings.TrimSpace(string(b)); text != "" {
		return text, nil
	}
	return "", usage("", say.T("the prompt is empty", "提示为空"), say.T("write something", "请写点什么"))
}

// A speaker answers requests: a model here, or a server.
type speaker interface {
	answer(ctx context.Context, r *form.Request) iter.Seq2[form.Event, error]
	name() string
}

// localSpeaker is a model in this process. One that was taught plain text alone goes on
// with the last message.
type localSpeaker struct {
	rel   *serve.Release
	plain bool
}

func (a *app) speaker(rel *serve.Release, m *plain.Model, f *askFlags) (speaker, error) {
	if rel.Answerer == nil {
		return nil, &say.Error{Where: rel.Name, What: say.T("this model writes no answers: it makes vectors or scores", "该模型不生成回答：它只产生向量或评分"),
			Next: say.T("serve it with suiren serve and call /v1/embeddings or /v1/rerank", "请用 suiren serve 提供服务，并调用 /v1/embeddings 或 /v1/rerank")}
	}
	if m.Plain() && f.system != "" {
		return nil, usage("--system", say.T("these weights were taught plain text only, and follow no instructions", "这份权重只学过纯文本，不会遵循说明"), say.T("leave it out", "请去掉此选项"))
	}
	if m.Plain() {
		a.screen.Note(say.T("taught plain text only: it goes on with what you write", "只学过纯文本：它会接着您写的内容往下写"))
	}
	return localSpeaker{rel, m.Plain()}, nil
}

func (s localSpeaker) name() string { return s.rel.Name }

func (s localSpeaker) answer(ctx context.Context, r *form.Request) iter.Seq2[form.Event, error] {
	ask := &form.Ask{Request: r, Messages: r.Messages, Seed: serve.RandomSeed()}
	if r.Seed != nil {
		ask.Seed = *r.Seed
	}
	if s.plain {
		ask.Messages, ask.Prompt = nil, &form.Prompt{Text: r.Messages[len(r.Messages)-1].Text}
	}
	return s.rel.Answerer.Answer(ctx, ask)
}

// The colours of a terminal: a thought is dim.
const (
	dim    = "\x1b[2m"
	normal = "\x1b[0m"
)

// show writes an answer as it comes and returns it.
func (a *app) show(events iter.Seq2[form.Event, error]) (form.Message, error) {
	m := form.Message{Role: "assistant"}
	tty := term.IsTerminal(int(os.Stdout.Fd()))
	plain := func(text string) string { return text } // a pipe gets every byte
	if tty {
		plain = terminal.Printable
	}
	dimmed := false
	light := func(on bool) {
		if on != dimmed && a.colour {
			fmt.Fprint(a.stdout, map[bool]string{true: dim, false: normal}[on])
		}
		if dimmed && !on {
			fmt.Fprint(a.stdout, "\n\n")
		}
		dimmed = on
	}
	defer func() {
		if dimmed && a.colour {
			fmt.Fprint(a.stdout, normal)
		}
	}()
	last, sources := form.Event{}, []form.Source(nil)
	var marks []form.Mark
	for e, err := range events {
		if err != nil {
			return m, err
		}
		last = e
		switch e.Kind {
		case form.Thought:
			m.Thought += e.Text
			if tty && a.format == formatText {
				light(true)
				fmt.Fprint(a.stdout, plain(e.Text))
			}
		case form.Sources:
			sources = e.Sources
		case form.Marked:
			marks = append(marks, *e.Mark)
			if !e.Mark.Supported && a.format == formatText {
				fmt.Fprint(a.stdout, a.t(" [unsupported]", " [无依据]"))
			}
		case form.Text:
			m.Text += e.Text
			if a.format == formatText {
				light(false)
				fmt.Fprint(a.stdout, plain(e.Text))
			}
		}
	}
	if a.format == formatJSONL {
		line := map[string]any{"type": "answer", "thought": m.Thought, "answer": m.Text, "finish": last.Reason,
			"prompt_tokens": last.Usage.Prompt, "completion_tokens": last.Usage.Completion, "reasoning_tokens": last.Usage.Reasoning}
		if sources != nil {
			line["sources"], line["sentences"] = sources, sentencesOf(marks)
		}
		a.line(line)
		return m, nil
	}
	light(false)
	fmt.Fprintln(a.stdout)
	a.showCited(sources, marks)
	switch {
	case last.Reason == form.Length:
		a.screen.Note(say.T("the answer was cut at the limit of tokens", "回答因词元上限被截断"))
	case m.Thought != "" && !tty:
		a.screen.Note(say.T("(a thought of %s tokens is not shown)", "（未显示 %s 个词元的思考）", count(float64(last.Usage.Reasoning))))
	}
	return m, nil
}

// saveConversation writes a conversation as lines of JSON, in the form of training data.
func saveConversation(path string, list []form.Message) error {
	type turn struct {
		Role    string `json:"role"`
		Content string `json:"content"`
		Thought string `json:"reasoning_content,omitempty"`
	}
	var turns []turn
	for _, m := range list {
		turns = append(turns, turn{m.Role, m.Text, m.Thought})
	}
	b, err := json.Marshal(map[string]any{"messages": turns})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(append(b, '\n')); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
