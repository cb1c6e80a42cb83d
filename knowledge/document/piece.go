package document

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

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
	in = io.MultiReader(bytes.NewReader(first[skip:]), in)
	if e != nil {
		in = transform.NewReader(in, e.NewDecoder())
	}
	if len(first) <= large {
		text, err := io.ReadAll(in)
		if err != nil {
			return streamed("text", err)
		}
		if len(text) <= large {
			return s.read(name, first)
		}
		in = bytes.NewReader(text)
	}
	r := bufio.NewReaderSize(in, 1<<18)
	format := Detect(name, first)
	given := 0
	for at := 0; ; {
		b, err := r.Peek(pieceBytes + len(textEnd))
		if len(b) == 0 && errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return streamed("text", err)
		}
		n, gap := Piece(b, pieceBytes)
		text := b[:n]
		if bytes.IndexByte(text, 0) >= 0 {
			return reject(Broken, "holds bytes that no text has", "含有文本中不会出现的字节")
		}
		if !utf8.Valid(text) {
			text = bytes.ToValidUTF8(whole(text), []byte("\uFFFD"))
			s.damaged()
		}
		d := &Document{Name: name + "#" + strconv.Itoa(at), Format: format, Source: strings.Trim(ends.Replace(string(text)), "\n")}
		if strings.TrimSpace(d.Source) != "" {
			line, _, _ := strings.Cut(strings.TrimSpace(d.Source), "\n")
			d.Title = clip(line, 120)
			if err := s.give(d); err != nil {
				return err
			}
			given++
		}
		r.Discard(n + gap)
		at += n + gap
	}
	if given == 0 {
		return reject(Empty, "holds no text", "没有文字")
	}
	return nil
}
