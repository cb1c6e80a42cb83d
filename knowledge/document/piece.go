package document

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// A text of more than large bytes is read in pieces of so many bytes at most.
const pieceBytes = 64 << 10

// textEnd stands between the texts of a file that holds several.
const textEnd = "<|endoftext|>"

// Piece tells how long the first piece of a text is, and what of the text parts it from
// the next. A piece ends at textEnd, or if it would be longer than most bytes (at least 2
// utf8.UTFMax) in its second half at the last empty line, or else at the end of a line,
// of a sentence, of a word. Of a text that goes on, at least most and len(textEnd) bytes
// are given.
func Piece(text []byte, most int) (n, gap int) {
	if i := bytes.Index(text[:min(len(text), most+len(textEnd))], []byte(textEnd)); i >= 0 {
		return i, len(textEnd)
	}
	if len(text) <= most {
		return len(text), 0
	}
	half := most / 2
	for _, end := range []string{"\n\n", "\n\r\n", "\n", "。", ". ", " "} {
		if i := bytes.LastIndex(text[half:most], []byte(end)); i >= 0 {
			return half + i + len(end), 0
		}
	}
	n = most
	for n > most-utf8.UTFMax && !utf8.RuneStart(text[n]) {
		n--
	}
	return n, 0
}

// Several reports whether a file is plain text, not Markdown or source, that holds several
// texts with textEnd between them.
func Several(name string, data []byte) bool {
	ending := strings.ToLower(path.Ext(name))
	return (ending == "" || byEnding[ending] == "txt") && bytes.Contains(data, []byte(textEnd))
}

// readPieces reads plain text or Markdown. One of more than large bytes gives pieces,
// named by the byte of the decoded text at which they begin.
func readPieces(s *source, name string, in io.Reader) error {
	first, err := io.ReadAll(io.LimitReader(in, large+1))
	if err != nil {
		return streamed("text", err)
	}
	skip, e, err := encodingOf(first, len(first) > large)
	if err != nil {
		return err
	}
	if len(first) > large && e == charmap.Windows1252 { // a few bytes beside ASCII do not decide about the rest
		e = nil
	}
	in = io.MultiReader(bytes.NewReader(first[skip:]), in)
	if e != nil {
		in = transform.NewReader(in, e.NewDecoder())
	}
	most := pieceBytes
	if len(first) <= large {
		text, err := io.ReadAll(in)
		if err != nil {
			return streamed("text", err)
		}
		if len(text) <= large {
			if !Several(name, text) {
				return s.read(name, first)
			}
			most = len(text)
		}
		in = bytes.NewReader(text)
	}
	r := bufio.NewReaderSize(in, most+len(textEnd))
	format := Detect(name, first)
	given, bad := 0, 0
	for at := 0; ; {
		b, err := r.Peek(most + len(textEnd))
		if len(b) == 0 && errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return streamed("text", err)
		}
		n, gap := Piece(b, most)
		part := name + "#" + strconv.Itoa(at)
		text, err := s.piece(b[:n], e != nil)
		r.Discard(n + gap)
		at += n + gap
		if r, ok := errors.AsType[*Rejection](err); ok {
			bad++
			if err := s.sink.Rejected(r.named(part)); err != nil {
				return err
			}
			continue
		}
		d := &Document{Name: part, Format: format, Source: strings.Trim(ends.Replace(text), "\n")}
		if strings.TrimSpace(d.Source) != "" {
			line, _, _ := strings.Cut(strings.TrimSpace(d.Source), "\n")
			d.Title = clip(line, 120)
			if err := s.give(d); err != nil {
				return err
			}
			given++
		}
	}
	if given == 0 && bad == 0 {
		return reject(Empty, "holds no text", "没有文字")
	}
	return nil
}

// piece decodes a piece of a text. That its file begins in UTF-8 does not decide about a
// piece that is not, and of one that was decoded a half may be lost. An error is a
// *Rejection of the piece.
func (s *source) piece(data []byte, decoded bool) (string, error) {
	e, err := knownEncoding(data, false)
	if err != nil {
		return "", err
	}
	if e != nil && e != charmap.Windows1252 {
		s.remark(Damaged, "is partly in another encoding than its beginning, and was read there as %[1]s", "部分内容的编码与文件开头不同，已按 %[1]s 读入", fmt.Sprint(e))
	}
	if decoded {
		n := bytes.Count(data, []byte("\uFFFD"))
		if 2*n > utf8.RuneCount(data) {
			return "", reject(Broken, "is not in the encoding in which its file begins", "与文件开头的编码不同")
		}
		s.lost.replaced += n
	}
	return s.decoded(data, e), nil
}
