package serve

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"

	"suiren/internal/say"
	"suiren/serve/form"
)

// An Export asks for a conversation as a file, or for a label on a picture of one.
type Export struct {
	Format  string       `json:"format"` // md, html, json, docx, pdf; png: of Picture
	Title   string       `json:"title"`
	Turns   []ExportTurn `json:"turns"`
	Answer  string       `json:"answer"`  // id of the last answer; "": none. Without turns, what is kept of it
	Picture []byte       `json:"picture"` // PNG, in base64
	Label   string       `json:"label"`   // "", or none: without, for who has the right to

	Caller string   `json:"-"`
	Model  *Release `json:"-"` // what the page talks with, or what gave the answer; nil if there is nothing

	kept *Release // what gave the answer; it may not be served any more, so that only a right leaves out its label
}

// An ExportTurn is one message.
type ExportTurn struct {
	Role string `json:"role"`
	Text string `json:"text"`
}

// export sends a conversation as a file that says who wrote it.
func (s *Server) export(w http.ResponseWriter, r *http.Request) error {
	if s.conf.Export == nil {
		return errNotFound
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	var e Export
	if err := json.Unmarshal(body, &e); err != nil {
		return form.Invalid("", "invalid_json", say.T("the body is not such JSON: %v", "正文不是相应的 JSON：%v", err))
	}
	e.Caller = caller(r)
	if byID := len(e.Turns) == 0 && e.Answer != "" && e.Format != "png" && s.conf.Kept != nil; byID {
		if e.Turns, e.kept, err = s.conf.Kept(CallerOf(r), s.may(r, ReadTraces, TheServer, "") == nil, e.Answer); errors.Is(err, ErrNoAnswer) {
			return errNotFound
		} else if err != nil {
			return pageError(err)
		}
	} else if list := s.visible(r); len(list) > 0 {
		e.Model = list[0]
	}
	switch e.Label {
	case "":
	case "none":
		if err := s.mayLeaveOut(r, e.Model); err != nil {
			return err
		}
	default:
		return form.Invalid("label", "invalid_value", say.T("label is none, or absent", "label 只能是 none，或不填"))
	}
	if e.kept != nil {
		e.Model = e.kept
	}
	kind, file, err := s.conf.Export(&e)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "conversation." + e.Format}))
	h.Set("Content-Length", strconv.Itoa(len(file)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	w.Write(file) // fails when the client is gone: no one is left to tell
	return nil
}

// mayLeaveOut decides whether the label may be left out: where the policy has
// none, or by right.
func (s *Server) mayLeaveOut(r *http.Request, rel *Release) error {
	if rel != nil && !rel.Label {
		return nil
	}
	if s.conf.Decide != nil {
		return s.may(r, Unlabelled, TheServer, "")
	}
	return &form.Error{Status: http.StatusForbidden, Type: "permission_error", Code: "unlabelled",
		Text: say.T("content that a model wrote leaves here with its label", "AI 生成的内容须带标识导出"),
		Next: say.T("leave label out of the request, or ask who gives the right to", "请去掉请求中的 label，或向授权者申请")}
}
