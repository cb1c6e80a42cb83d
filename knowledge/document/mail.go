package document

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html/charset"
)

// readMail reads a message (RFC 5322, MIME): its text as one document, and
// what is attached to it as others.
func readMail(s *source, name string, data []byte) error {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return broken("message", err)
	}
	d := &Document{Name: name, Format: "eml", Title: header(m.Header, "Subject"), Author: header(m.Header, "From")}
	if at, err := m.Header.Date(); err == nil {
		d.Date = at.Format(time.RFC3339)
	}
	l := &letter{s: s, d: d}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		return broken("message", err)
	}
	l.part(map[string][]string(m.Header), body, 0)
	if l.plain == nil && l.html != nil {
		if err := wholeHTML(d, l.html); err != nil {
			return err
		}
	} else {
		d.Blocks = paragraphs(string(l.plain), false)
	}
	title, author := header(m.Header, "Subject"), header(m.Header, "From")
	d.Title, d.Author = title, author
	if title != "" {
		d.Blocks = append([]Block{{Kind: Heading, Level: 1, Text: title}}, d.Blocks...)
	}
	err = s.give(d)
	if r, ok := errors.AsType[*Rejection](err); err != nil && (!ok || r.Cause != Empty || len(l.attached) == 0) {
		return err
	}
	for i, a := range l.attached {
		if a.name == "" {
			a.name = "part" + strconv.Itoa(i+1)
		}
		if s.packed -= int64(len(a.data)); s.packed < 0 {
			return reject(Large, "unpacks to more than %d MiB", "解压后超过 %d MiB", s.limits.File>>20)
		}
		if err := s.unpack(join(name, a.name), a.data); err != nil {
			return err
		}
	}
	return nil
}

func header(h mail.Header, key string) string {
	d := mime.WordDecoder{CharsetReader: charset.NewReaderLabel}
	raw := h.Get(key)
	if s, err := d.DecodeHeader(raw); err == nil {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.ToValidUTF8(raw, "\uFFFD")
}

type attachment struct {
	name string
	data []byte
}

type letter struct {
	s           *source
	d           *Document
	plain, html []byte
	attached    []attachment
	parts       int
}

// Bounds of MIME.
const (
	maxMailParts = 1000
	maxMailDepth = 10
)

func (l *letter) part(h map[string][]string, body []byte, depth int) {
	if l.parts++; l.parts > maxMailParts || depth > maxMailDepth {
		return
	}
	get := func(key string) string {
		if v := h[key]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	kind, params, err := mime.ParseMediaType(get("Content-Type"))
	if err != nil && kind == "" {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" {
		r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
		for l.parts < maxMailParts {
			p, err := r.NextRawPart()
			if err != nil {
				return
			}
			b, err := io.ReadAll(p)
			if err != nil && len(b) == 0 {
				return
			}
			l.part(map[string][]string(p.Header), b, depth+1)
		}
		return
	}
	body = transfer(get("Content-Transfer-Encoding"), body)
	disposition, dparams, _ := mime.ParseMediaType(get("Content-Disposition"))
	file := dparams["filename"]
	if file == "" {
		file = params["name"]
	}
	w := mime.WordDecoder{CharsetReader: charset.NewReaderLabel}
	if s, err := w.DecodeHeader(file); err == nil {
		file = s
	}
	switch {
	case kind == "message/rfc822":
		if file == "" {
			file = "message" + strconv.Itoa(l.parts) + ".eml"
		}
		l.attached = append(l.attached, attachment{file, body})
	case disposition != "attachment" && kind == "text/plain" && file == "":
		l.plain = append(append(l.plain, inUTF8(body, params["charset"])...), '\n', '\n')
	case disposition != "attachment" && kind == "text/html" && file == "":
		l.html = append(l.html, inUTF8(body, params["charset"])...)
	case strings.HasPrefix(kind, "image/"), strings.HasPrefix(kind, "audio/"), strings.HasPrefix(kind, "video/"), strings.HasSuffix(kind, "-signature"):
	case file != "" || disposition == "attachment":
		l.attached = append(l.attached, attachment{file, body})
	}
}

func transfer(encoding string, body []byte) []byte {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		clean := bytes.Map(func(r rune) rune {
			if r == '\r' || r == '\n' || r == ' ' || r == '\t' {
				return -1
			}
			return r
		}, body)
		out := make([]byte, base64.StdEncoding.DecodedLen(len(clean)))
		n, _ := base64.StdEncoding.Decode(out, clean)
		return out[:n]
	case "quoted-printable":
		out, _ := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(body)))
		return out
	}
	return body
}

// inUTF8 decodes a text by the name of its encoding, or by its look.
func inUTF8(b []byte, label string) []byte {
	if label != "" {
		if e, name := charset.Lookup(label); e != nil && name != "utf-8" {
			return []byte(convert(b, e))
		}
	}
	text, _, err := decode(b)
	if err != nil {
		return []byte(strings.ToValidUTF8(string(b), "\uFFFD"))
	}
	return []byte(text)
}
