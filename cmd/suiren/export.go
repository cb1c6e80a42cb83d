package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"suiren/internal/say"
	"suiren/serve"
	"suiren/stage/guard/label"
	"suiren/stage/operate"
	"suiren/stage/operate/ledger"
	"suiren/store"
)

// labelState is the name of the state that holds what stands in every label.
const labelState = "label"

// A labelling is that state.
type labelling struct {
	Producer string `json:"producer"` // ContentProducer: a code of who provides the service
}

// defaultProducer stands in labels where nobody said who provides the service.
const defaultProducer = "suiren"

// labelOf makes the label of a text.
func labelOf(producer, id, text string) *label.Label {
	return &label.Label{Label: label.Generated, ContentProducer: producer, ProduceID: id, ReservedCode1: fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text)))}
}

// producer reads who provides the service.
func producer(st *store.Store) (string, error) {
	b, _, err := st.State(labelState)
	if err != nil || b == nil {
		return defaultProducer, err
	}
	var l labelling
	err = json.Unmarshal(b, &l)
	return l.Producer, err
}

// exported writes a conversation, or a stamped picture. Without a label it is
// nil.
func exported(e *serve.Export, producer string, now time.Time) (file []byte, id string, err error) {
	c := &label.Conversation{Title: e.Title, Made: now}
	if e.Model != nil {
		c.Model = e.Model.Name + " " + e.Model.Digest[:min(12, len(e.Model.Digest))]
	}
	var text strings.Builder
	for _, t := range e.Turns {
		c.Turns = append(c.Turns, label.Turn(t))
		if t.Role == "assistant" {
			text.WriteString(t.Text)
		}
	}
	id = e.Answer
	if id == "" {
		id = "export-" + rand.Text()
	}
	l := labelOf(producer, id, text.String())
	var b bytes.Buffer
	switch {
	case e.Format == "png" && e.Label != "":
		return nil, id, &say.Error{Where: "label", What: say.T("a picture is only labelled here", "这里只给图片加标识"), Next: say.T("leave label out", "请去掉 label")}
	case e.Format == "png":
		l.ReservedCode1 = fmt.Sprintf("sha256:%x", sha256.Sum256(e.Picture))
		err = label.Stamp(&b, e.Picture, l)
	case e.Label == "none":
		err = label.Write(&b, e.Format, c, nil)
	default:
		err = label.Write(&b, e.Format, c, l)
	}
	return b.Bytes(), id, err
}

// exporter writes files for the page, and writes down that it did: of what left
// without a label, with a digest of the text. The audit log is never shortened, so
// the record outlives the six months that are asked for.
func exporter(audit *operate.Audit, producer func() (string, error)) func(*serve.Export) (string, []byte, error) {
	return func(e *serve.Export) (string, []byte, error) {
		name, err := producer()
		if err != nil {
			return "", nil, err
		}
		file, id, err := exported(e, name, time.Now())
		if own, ok := errors.AsType[*say.Error](err); ok {
			return "", nil, serve.BadAct(own.What, own.Next, false)
		}
		if err != nil {
			return "", nil, err
		}
		action := "export"
		if e.Label == "none" {
			action = "export.unlabelled"
		}
		_, err = audit.Append(e.Caller, action, fmt.Sprintf("%s %s sha256:%x", e.Format, id, sha256.Sum256(file)), "")
		return label.Types[e.Format], file, err
	}
}

func (a *app) exportCommand() *cobra.Command {
	var folder, format, out, title, code string
	c := &cobra.Command{
		Use: "export " + a.t("CONVERSATION|PICTURE", "对话|图片"), Short: a.t("Write a conversation as a file that says an AI wrote it", "把对话写成带 AI 生成标识的文件"),
		Long: a.t(`Write a conversation as Markdown, HTML, JSON, DOCX or PDF, with the words that a reader
sees and the AIGC element in its metadata (GB 45438), or stamp a PNG picture of one.
CONVERSATION is JSON: {"turns":[{"role":"user","text":…},…]}, or a request of OpenAI's
form with messages. --producer keeps who provides the service, as a code: it stands in
every label from then on.`,
			`把对话写成 Markdown、HTML、JSON、DOCX 或 PDF，带读者可见的文字和元数据中的 AIGC 要素
（GB 45438），或给 PNG 图片加标识。对话为 JSON：{"turns":[{"role":"user","text":…},…]}，
或 OpenAI 形式的 messages。--producer 保存服务提供者的编码，此后写入每个标识。`),
		Args: a.args(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			w, err := a.openState(folder)
			if err != nil {
				return err
			}
			defer w.close()
			if code != "" {
				if err := w.setProducer(code); err != nil {
					return err
				}
			}
			if len(args) == 0 {
				if code == "" {
					return usage("", say.T("an argument is missing", "缺少参数"), say.T("name the file of a conversation, or --producer", "请给出对话文件，或 --producer"))
				}
				return nil
			}
			log, err := operate.OpenAudit(w.books().audit())
			if err != nil {
				return err
			}
			defer log.Close()
			b, err := readSome(args[0], 32<<20)
			if err != nil {
				return err
			}
			e := &serve.Export{Format: format, Title: title, Caller: "cli"}
			if format == "png" {
				e.Picture = b
			} else if e.Turns, err = turnsOf(args[0], b); err != nil {
				return err
			}
			return a.writeExport(exporter(log, func() (string, error) { return producer(w.st) }), e, out)
		},
	}
	c.AddCommand(a.exportAnswerCommand())
	c.Flags().StringVar(&folder, "plan", ".", a.t("folder of the plan", "计划所在的目录"))
	c.Flags().StringVar(&format, "format", "md", a.t("md, html, json, docx, pdf, png", "md、html、json、docx、pdf、png"))
	c.Flags().StringVar(&out, "to", "", a.t("file to write (default: standard output)", "写入的文件（默认：标准输出）"))
	c.Flags().StringVar(&title, "title", "", a.t("title of the document", "文档标题"))
	c.Flags().StringVar(&code, "producer", "", a.t("code of who provides the service, kept for all labels", "服务提供者编码，保存后用于所有标识"))
	return c
}

// writeExport writes a file to where it is wanted.
func (a *app) writeExport(export func(*serve.Export) (string, []byte, error), e *serve.Export, to string) error {
	_, file, err := export(e)
	if err != nil {
		return err
	}
	if to == "" {
		_, err = a.stdout.Write(file)
		return err
	}
	return os.WriteFile(to, file, 0o644)
}

// exportAnswerCommand writes what is kept of one answer.
func (a *app) exportAnswerCommand() *cobra.Command {
	var folder, format, out, title string
	var models bool
	c := &cobra.Command{
		Use: "answer " + a.t("ID", "编号"), Short: a.t("Write an answer that was given, with its question, by its id", "按编号导出一条已给出的回答及其问题"),
		Long: a.t("Write an answer that was given, with its question, as a file that says an AI wrote it (GB 45438). What is said must be kept: see suiren trace capture.",
			"把一条已给出的回答及其问题写成带 AI 生成标识的文件（GB 45438）。内容须已保留，见 suiren trace capture。"),
		Args: a.args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			name := func() (string, error) { return defaultProducer, nil }
			if !models {
				w, err := a.openState(folder)
				if err != nil {
					return err
				}
				defer w.close()
				name = func() (string, error) { return producer(w.st) }
			}
			return a.onLedger(folder, models, func(dir bookDir, l *ledger.Ledger) error {
				t, err := l.Find(args[0])
				if errors.Is(err, ledger.ErrNoAnswer) {
					return &say.Error{Where: args[0], What: say.T("no request has this id", "没有这个编号的请求"), Next: say.T("suiren trace list shows the ids", "用 suiren trace list 查看编号")}
				}
				if err != nil {
					return err
				}
				e := &serve.Export{Format: format, Title: title, Answer: t.ID, Caller: "cli", Model: &serve.Release{Name: t.Model, Digest: t.Release}}
				if e.Turns, err = turnsKept(t); err != nil {
					return err
				}
				log, err := operate.OpenAudit(dir.audit())
				if err != nil {
					return err
				}
				defer log.Close()
				return a.writeExport(exporter(log, name), e, out)
			})
		},
	}
	c.Flags().StringVar(&folder, "plan", ".", a.t("folder of the plan", "计划所在的目录"))
	a.bookFlag(c, &models)
	c.Flags().StringVar(&format, "format", "md", a.t("md, html, json, docx, pdf", "md、html、json、docx、pdf"))
	c.Flags().StringVar(&out, "to", "", a.t("file to write (default: standard output)", "写入的文件（默认：标准输出）"))
	c.Flags().StringVar(&title, "title", "", a.t("title of the document", "文档标题"))
	return c
}

// setProducer keeps who provides the service.
func (w *workspace) setProducer(code string) error {
	if err := labelOf(code, "x", "").Check(); err != nil {
		return err
	}
	b, err := json.Marshal(labelling{code})
	if err != nil {
		return err
	}
	_, version, err := w.st.State(labelState)
	if err == nil {
		err = w.st.SetState(labelState, version, b)
	}
	return errors.Join(err, w.books().log("label.producer", code))
}

// turnsOf reads a conversation: of ours, or of OpenAI's form.
func turnsOf(path string, b []byte) ([]serve.ExportTurn, error) {
	var c struct {
		Turns    []serve.ExportTurn `json:"turns"`
		Messages []struct {
			Role    string `json:"role"`
			Content string `json:"content"`
		} `json:"messages"`
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, &say.Error{Where: path, Err: err, What: say.T("this is no conversation: %v", "这不是对话：%v", err), Next: say.T(`write it like {"turns":[{"role":"user","text":"…"}]}`, `请写成 {"turns":[{"role":"user","text":"…"}]} 的样子`)}
	}
	for _, m := range c.Messages {
		if m.Role == "user" || m.Role == "assistant" {
			c.Turns = append(c.Turns, serve.ExportTurn{Role: m.Role, Text: m.Content})
		}
	}
	return c.Turns, nil
}
