package document

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	enc "golang.org/x/text/encoding/unicode"
)

// readText reads plain text: paragraphs end at empty lines.
func readText(_ *source, d *Document, data []byte) error {
	text, utf, err := decode(data)
	if err != nil {
		return err
	}
	d.Blocks = paragraphs(text, utf)
	if len(d.Blocks) > 0 {
		first, _, _ := strings.Cut(d.Blocks[0].Text, "\n")
		d.Title = clip(first, 120)
	}
	return nil
}

// paragraphs cuts a text at its empty lines. Offsets are of data when the
// text begins there byte for byte.
func paragraphs(text string, offsets bool) []Block {
	var list []Block
	at, start := 0, -1
	end := func(i int) {
		if start < 0 {
			return
		}
		b := Block{Kind: Paragraph, Text: unwrap(strings.TrimSpace(newlines.Replace(text[start:i])))}
		if offsets {
			b.Start, b.End = start, i
		}
		list = append(list, b)
		start = -1
	}
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			end(at)
		} else if start < 0 {
			start = at
		}
		at += len(line)
	}
	end(len(text))
	return list
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", "\n", "\u2028", "\n", "\u2029", "\n")

// unwrap joins the lines of a paragraph that were broken for their length.
func unwrap(p string) string {
	if !strings.Contains(p, "\n") {
		return p
	}
	lines := strings.Split(p, "\n")
	var b strings.Builder
	for i, l := range lines {
		l = strings.TrimRight(l, " \t")
		if i == 0 {
			b.WriteString(l)
			continue
		}
		before := lines[i-1]
		last, _ := utf8.DecodeLastRuneInString(strings.TrimSpace(before))
		first, _ := utf8.DecodeRuneInString(l)
		long := utf8.RuneCountInString(before) >= 60 || wide(last) && utf8.RuneCountInString(before) >= 30
		switch {
		case !long || strings.ContainsRune(".!?:;。！？：；…", last) || unicode.IsSpace(first):
			b.WriteByte('\n')
		case !(wide(last) && wide(first)):
			b.WriteByte(' ')
		}
		b.WriteString(l)
	}
	return b.String()
}

// decode turns the bytes of a text file into UTF-8. utf says that they are
// UTF-8 already, and where they stand, so do the bytes of text.
func decode(data []byte) (text string, utf bool, err error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = append([]byte("   "), data[3:]...) // offsets stay
		return strings.ToValidUTF8(string(data), "\uFFFD"), true, nil
	case bytes.HasPrefix(data, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(data, []byte("\x00\x00\xfe\xff")):
		return "", false, reject(Broken, "is in UTF-32: save it as UTF-8", "是 UTF-32 编码：请另存为 UTF-8")
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return convert(data[2:], enc.UTF16(enc.LittleEndian, enc.IgnoreBOM)), false, nil
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return convert(data[2:], enc.UTF16(enc.BigEndian, enc.IgnoreBOM)), false, nil
	}
	nul := bytes.IndexByte(data, 0) >= 0
	if !nul && utf8.Valid(data) {
		return string(data), true, nil
	}
	e, err := guess(data)
	if err != nil {
		return "", false, err
	}
	return convert(data, e), false, nil
}

// guess finds the encoding of a text that is not UTF-8.
func guess(data []byte) (encoding.Encoding, error) {
	if e := utf16Without(data); e != nil {
		return e, nil
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, reject(Broken, "holds bytes that no text has", "含有文本中不会出现的字节")
	}
	sample := data[:min(len(data), 64<<10)]
	best, most := encoding.Encoding(nil), 0.0
	for _, e := range []encoding.Encoding{simplifiedchinese.GB18030, traditionalchinese.Big5, charmap.Windows1252} {
		if score := plausible(convert(sample, e)); score > most {
			best, most = e, score
		}
	}
	if best == nil {
		return nil, reject(Broken, "is in no known encoding: save it as UTF-8", "编码无法识别：请另存为 UTF-8")
	}
	return best, nil
}

func convert(data []byte, e encoding.Encoding) string {
	out, _ := e.NewDecoder().Bytes(data)
	return strings.ToValidUTF8(string(out), "\uFFFD")
}

// utf16Without recognises UTF-16 without a mark: every other byte of
// European text is zero, and Chinese text has spaces and ends of lines.
func utf16Without(data []byte) encoding.Encoding {
	sample := data[:min(len(data), 64<<10)&^1]
	if len(sample) < 4 || len(data)%2 != 0 {
		return nil
	}
	for _, e := range []encoding.Encoding{enc.UTF16(enc.LittleEndian, enc.IgnoreBOM), enc.UTF16(enc.BigEndian, enc.IgnoreBOM)} {
		if plausible(convert(sample, e)) > 0.65 { // two letters of ASCII look like a Han character: 0.55
			return e
		}
	}
	return nil
}

// Characters that every longer Chinese text holds many of.
const (
	frequentHans = "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从知使全明理外想间应点制第条规关工管部内新实动长高情力开现名本文"
	frequentHant = "的一是不了人我在有他這為之大來以個中上們到說國和地也子時道出而要於就下得可你年生自會那後能對著事其裡所去行過家十用發天如然作方成者多日都三小軍二無同麼經法當起與好看學進種將還分此心前面又定見只主沒公從知使全明理外想間應點制第條規關工管部內新實動長高情力開現名本文"
)

var frequent = func() map[rune]bool {
	m := map[rune]bool{}
	for _, r := range frequentHans + frequentHant {
		m[r] = true
	}
	return m
}()

// plausible says how much a decoded text looks like one, 0 to 1: letters of
// few scripts, frequent characters, no signs that nobody writes.
func plausible(text string) float64 {
	n, good, latin := 0, 0.0, 0
	for _, r := range text {
		if r == '\uFFFD' && n > 0 && len(text) > 100 {
			good -= 4
		}
		n++
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			good++
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0 || unicode.Is(unicode.Co, r) || unicode.Is(unicode.Cn, r):
			good -= 4
		case r < 0x7f:
			good++
		case r >= 0xC0 && r < 0x250:
			good += 0.8
			latin++
		case frequent[r], r >= 0x3000 && r <= 0x3020, r >= 0xFF00 && r <= 0xFF5E, r >= 0x2010 && r <= 0x2026:
			good++
		case r >= 0x4E00 && r <= 0x9FFF:
			good += 0.55
		case unicode.IsLetter(r):
			good += 0.4
		default:
			good += 0.2
		}
	}
	if n == 0 || latin*3 > n {
		return 0
	}
	return max(0, good/float64(n))
}

// Decode turns the bytes of a text file, in UTF-8, UTF-16, GB18030, Big5 or
// Windows-1252, into UTF-8 without a mark at its beginning.
func Decode(data []byte) (string, error) {
	text, _, err := decode(data)
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) && err == nil {
		text = text[3:]
	}
	return text, err
}
