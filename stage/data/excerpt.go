package data

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"suiren/stage"
	"suiren/stage/talk"
)

// So much of texts is written in tokens when a plan is made, from so many places of them.
const (
	excerptBytes  = 1 << 20
	excerptPlaces = 16
)

// asText are the owner's files that are text as they stand; of others it is known when they are read.
var asText = []string{".txt", ".md"}

// An excerpt is some of the text of documents, from all over them.
type excerpt struct {
	texts []string
	text  float64 // bytes of texts
	read  float64 // … and of the files that they stand in
	size  float64 // of all files
}

// excerptFiles are those of which there may be an excerpt of what f foretells.
func excerptFiles(f *stage.Forecast) []string {
	if f.Path != "" {
		return []string{documentsFile(f.Path)}
	}
	return f.Files
}

// of reads an excerpt of files. What cannot be read is told by a run.
func (x *excerpt) of(files []string) {
	sizes := make([]int64, len(files))
	all := int64(0)
	for i, path := range files {
		if info, err := os.Stat(path); err == nil {
			sizes[i] = info.Size()
			all += sizes[i]
		}
	}
	x.size = float64(all)
	at := int64(0)
	for i, path := range files {
		if all <= excerptBytes {
			x.cut(path, 0, sizes[i])
			continue
		}
		for k := range int64(excerptPlaces) {
			if place := k * all / excerptPlaces; place >= at && place < at+sizes[i] {
				x.cut(path, place-at, excerptBytes/excerptPlaces)
			}
		}
		at += sizes[i]
	}
}

// cut takes so many bytes of a file, from a place on: of lines of documents their texts.
func (x *excerpt) cut(path string, from, most int64) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	b := make([]byte, most)
	n, _ := f.ReadAt(b, from)
	x.read += float64(n)
	if filepath.Ext(path) != ".jsonl" {
		x.add(string(b[:n]))
		return
	}
	for line := range strings.Lines(string(b[:n])) {
		x.add(textOfLine(line))
	}
}

// add takes a piece of text. One in another encoding is left out.
func (x *excerpt) add(text string) {
	if text = runes(text); text != "" && utf8.ValidString(text) {
		x.texts, x.text = append(x.texts, text), x.text+float64(len(text))
	}
}

// textOfLine is the text of a document's line, of which the ends may be missing.
func textOfLine(line string) (text string) {
	if _, rest, ok := strings.Cut(line, `"text":"`); ok {
		line = rest
	}
	n := 0
	for n < len(line) && line[n] != '"' && line[n] != '\n' {
		size := 1
		switch {
		case strings.HasPrefix(line[n:], `\u`):
			size = 6
		case line[n] == '\\':
			size = 2
		}
		if n+size > len(line) {
			break
		}
		n += size
	}
	if json.Unmarshal([]byte(`"`+runes(line[:n])+`"`), &text) != nil {
		return ""
	}
	return text
}

// runes leaves out what text has of characters that were cut at its ends.
func runes(text string) string {
	for range utf8.UTFMax - 1 {
		if text != "" && !utf8.RuneStart(text[0]) {
			text = text[1:]
		}
	}
	for n := 1; n < min(utf8.UTFMax, len(text)+1); n++ {
		if last := text[len(text)-n:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRuneInString(last) {
				text = text[:len(text)-n]
			}
			break
		}
	}
	return text
}

// texts is about how much text corpora hold, and how many tokens in the words of w; of words
// that are not at hand so many are known.
func (t *Tokens) texts(in []stage.Forecast, w *talk.Writer, vocab float64) (text, tokens float64) {
	for i := range in {
		f, n, each := &in[i], in[i].Size["text"], talk.BytesPerToken(vocab)
		var x excerpt
		if w != nil {
			x.of(excerptFiles(f))
		}
		if x.text > 0 {
			ids := len(x.texts) // each ends with one
			for _, text := range x.texts {
				ids += len(w.Tokenizer.Encode(nil, text))
			}
			if each = x.text / float64(ids); f.Path != "" { // its files tell how much there is
				n = x.size * x.text / x.read
			}
		}
		text, tokens = text+n, tokens+n/each
	}
	return text, tokens
}

// plainFiles are those of the owner's files of which there may be an excerpt.
func plainFiles(in []stage.Forecast) (list []string) {
	for i := range in {
		for _, path := range in[i].Files {
			if slices.Contains(asText, strings.ToLower(filepath.Ext(path))) {
				list = append(list, path)
			}
		}
	}
	return list
}
