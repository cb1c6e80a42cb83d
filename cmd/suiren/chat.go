package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/internal/terminal"
	"suiren/serve"
	"suiren/serve/form"
)

// chatCommand talks with a model, or with a server.
func (a *app) chatCommand() *cobra.Command {
	var key, name string
	f, mf := askFlags{}, modelFlags{slots: 1, always: true}
	c := &cobra.Command{
		Use: "chat [" + a.t("MODEL | URL", "模型 | 网址") + "]", Short: a.t("Talk with a model, or with a server", "与模型或服务器对话"),
		Long: a.t(`Talk with a GGUF file, a Hugging Face folder, the weights that the plan in this
folder made (weights.NAME), or a server that speaks OpenAI's API (default:
`+defaultServer+`).

  /think on|off   think before answering, or not      /clear   begin anew
  /save FILE      keep the conversation, as JSON      /exit    leave
Ctrl-C stops an answer. Weights that were taught plain text only go on with each line.`,
			`与 GGUF 文件、Hugging Face 目录、当前目录的计划做出的权重（weights.名称），或支持
OpenAI 接口的服务器对话（默认：`+defaultServer+`）。

  /think on|off   回答前思考或不思考          /clear   重新开始
  /save 文件      将对话保存为 JSON           /exit    离开
Ctrl-C 停止当前回答。只学过纯文本的权重会接着每一行往下写。`),
		Args: a.args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			to := defaultServer
			if len(args) > 0 {
				to = args[0]
			}
			var s speaker
			if isAddress(to) {
				if err := ofServer.refuse(c, modelOnly...); err != nil {
					return err
				}
				remote, err := newRemote(c.Context(), to, key, name, a.lang)
				if err != nil {
					return err
				}
				s = remote
			} else {
				if err := ofModel.refuse(c, "key", "model"); err != nil {
					return err
				}
				rel, m, err := a.brought(c.Context(), to, &mf)
				if err != nil {
					return err
				}
				defer m.Close()
				f.mute = !m.Facts().Thinks
				if s, err = a.speaker(rel, m, &f); err != nil {
					return err
				}
				var done func()
				if s, done, err = a.consulting(c.Context(), s, m, mf.knowledge); err != nil {
					return err
				}
				defer done()
			}
			if _, err := f.request(nil); err != nil {
				return err
			}
			a.mind(&f)
			return a.converse(c.Context(), s, &f)
		},
	}
	f.add(a, c)
	mf.add(a, c)
	mf.addKnowledge(a, c)
	c.Flags().StringVar(&key, "key", "", a.t("API key of the server", "服务器的 API 密钥"))
	c.Flags().StringVar(&name, "model", "", a.t("name of the server's model (default: its first)", "服务器上的模型名称（默认：第一个）"))
	return c
}

const defaultServer = "http://" + serve.Addr

// converse takes turns until the user leaves.
func (a *app) converse(ctx context.Context, s speaker, f *askFlags) error {
	a.screen.Note(say.T("%s; /help lists the commands", "%s；/help 列出命令", s.name()))
	in := terminal.NewLines(os.Stdin, a.stdout, "> ", 64*maxPrompt)
	var list []form.Message
	for {
		line, err := in.Next()
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		line = strings.TrimSpace(line)
		switch word, rest, _ := strings.Cut(line, " "); {
		case line == "":
		case line == "/exit", line == "/quit":
			return nil
		case strings.HasPrefix(line, "/"):
			a.chatWord(word, strings.TrimSpace(rest), &list, f)
		default:
			if list, err = a.turn(ctx, s, f, append(list, form.Message{Role: "user", Text: line})); err != nil {
				return err
			}
		}
	}
}

// turn gets the answer to the last message. What was stopped stays; a message
// that could not be answered goes.
func (a *app) turn(ctx context.Context, s speaker, f *askFlags, list []form.Message) ([]form.Message, error) {
	req, err := f.request(list)
	if err != nil {
		return list, err
	}
	own, stop := context.WithCancel(ctx)
	defer stop()
	a.onInterrupt(stop)
	m, err := a.show(s.answer(own, req))
	a.onInterrupt(nil)
	switch {
	case ctx.Err() != nil:
		return list, ctx.Err()
	case own.Err() != nil:
		fmt.Fprintln(a.stdout)
	case err != nil:
		fmt.Fprintln(a.stderr, say.Err(a.lang, err))
		return list[:len(list)-1], nil
	}
	return append(list, m), nil
}

// chatWord does what a word that begins with a slash says.
func (a *app) chatWord(word, rest string, list *[]form.Message, f *askFlags) {
	switch {
	case word == "/clear":
		*list = nil
	case word == "/think" && (rest == "on" || rest == "off"):
		f.think = rest
		a.mind(f)
	case word == "/save" && rest != "":
		if err := saveConversation(rest, *list); err != nil {
			a.screen.Note(say.T("cannot save: %v", "无法保存：%v", err))
			return
		}
		a.screen.Note(say.T("saved in %s", "已保存到 %s", rest))
	default:
		a.screen.Note(say.T("/think on|off, /clear, /save FILE, /exit; Ctrl-C stops an answer", "/think on|off、/clear、/save 文件、/exit；Ctrl-C 停止当前回答"))
	}
}
