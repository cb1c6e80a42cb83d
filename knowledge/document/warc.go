package document

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// readWARC reads the pages of a web archive (ISO 28500): responses and
// resources that hold text. Each is named by its address.
func readWARC(s *source, name string, data []byte) error {
	return readRecords(s, name, bytes.NewReader(data))
}

func readRecords(s *source, name string, in io.Reader) error {
	br := bufio.NewReaderSize(in, 1<<16)
	tp := textproto.NewReader(br)
	given := 0
	for n := 1; ; n++ {
		for { // empty lines end a record
			c, err := br.Peek(1)
			if err != nil || c[0] != '\r' && c[0] != '\n' {
				break
			}
			br.Discard(1)
		}
		version, err := tp.ReadLine()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || !strings.HasPrefix(version, "WARC/") {
			if given > 0 {
				return s.sink.Rejected(reject(Broken, "is damaged after record %d", "第 %d 条记录之后已损坏", n-1).named(name))
			}
			return reject(Broken, "is no WARC that can be read", "不是可读的 WARC")
		}
		h, err := tp.ReadMIMEHeader()
		length, err2 := strconv.ParseInt(h.Get("Content-Length"), 10, 64)
		if err != nil || err2 != nil || length < 0 || length > s.limits.File && s.one == 0 {
			return s.sink.Rejected(reject(Broken, "is damaged at record %d", "第 %d 条记录已损坏", n).named(name))
		}
		if s.one > 0 && length > s.one {
			if _, err := io.CopyN(io.Discard, br, length); err != nil {
				return s.sink.Rejected(reject(Broken, "is cut off in record %d", "在第 %d 条记录处被截断", n).named(name))
			}
			if err := s.sink.Rejected(reject(Large, "record %d is longer than %d MiB", "第 %d 条记录超过 %d MiB", n, s.one>>20).named(name)); err != nil {
				return err
			}
			continue
		}
		body, err := io.ReadAll(io.LimitReader(br, length))
		if err != nil || int64(len(body)) < length {
			return s.sink.Rejected(reject(Broken, "is cut off in record %d", "在第 %d 条记录处被截断", n).named(name))
		}
		uri := strings.Trim(h.Get("Warc-Target-Uri"), "<>")
		kind := h.Get("Content-Type")
		switch h.Get("Warc-Type") {
		case "response":
			if kind, body = s.response(body); body == nil {
				continue
			}
		case "resource", "conversion":
		default:
			continue
		}
		part := name + "#" + clip(uri, 300)
		given++
		if err := s.page(part, kind, h.Get("Warc-Date"), body); err != nil {
			return err
		}
	}
	if given == 0 {
		return reject(Empty, "holds no pages", "没有网页")
	}
	return nil
}

// response returns type and body of an answer of HTTP; nil if it is no page.
func (s *source) response(b []byte) (string, []byte) {
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), nil)
	if err != nil || r.StatusCode != 200 {
		return "", nil
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(r.Body, s.limits.File)) // what is there of a body cut off
	if strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		if z, err := gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, _ = io.ReadAll(io.LimitReader(z, s.packed+1))
			if s.packed -= int64(len(body)); s.packed < 0 {
				return "", nil
			}
		}
	}
	return r.Header.Get("Content-Type"), body
}

// page gives a page of an archive by its media type.
func (s *source) page(name, kind, date string, body []byte) error {
	kind, _, _ = strings.Cut(strings.ToLower(kind), ";")
	d := &Document{Name: name, Format: "html", Date: date}
	var err error
	switch strings.TrimSpace(kind) {
	case "text/html", "application/xhtml+xml":
		err = readHTML(s, d, body)
	case "text/plain":
		d.Format = "txt"
		err = readText(s, d, body)
	case "application/pdf":
		return s.unpack(name+".pdf", body)
	default:
		return nil // pictures, styles, programs
	}
	if err == nil {
		err = s.give(d)
	}
	if r, ok := errors.AsType[*Rejection](err); ok && s.left >= 0 && s.parts >= 0 {
		return s.sink.Rejected(r.named(name))
	}
	return err
}
