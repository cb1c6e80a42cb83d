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
func readText(s *source, d *Document, data []byte) error {
	text, utf, err := s.decode(data)
	if err != nil {
		return err
	}
	d.Source, d.Blocks = asItStands(data, text), paragraphs(text, utf)
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

// asItStands is the decoded text of data with one end of line and without a mark.
func asItStands(data []byte, text string) string {
	if bytes.HasPrefix(data, []byte(mark)) {
		text = text[len(mark):]
	}
	return ends.Replace(text)
}

var ends = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// decode decodes a text, and has a document tell if that lost something.
func (s *source) decode(data []byte) (text string, utf bool, err error) {
	text, utf, lost, err := decode(data)
	if lost {
		s.damaged()
	}
	return text, utf, err
}

func (s *source) damaged() {
	s.remark(Damaged, "holds bytes that are no characters: each such place was read as U+FFFD, and a character cut off at the end was left out",
		"含有不成字符的字节：每处读作 U+FFFD，末尾不完整的字符略去")
}

// mark is what UTF-8 may begin with.
const mark = "\xef\xbb\xbf"

// decode turns the bytes of a text file into UTF-8. utf says that they are
// UTF-8 already, and where they stand, so do the bytes of text; lost, that some of
// them are no characters.
func decode(data []byte) (text string, utf, lost bool, err error) {
	skip, e, err := encodingOf(data, false)
	switch {
	case err != nil:
		return "", false, false, err
	case e != nil:
		text = convert(data[skip:], e)
		return text, false, strings.ContainsRune(text, '\uFFFD'), nil
	}
	text = strings.Repeat(" ", skip) + string(data[skip:]) // offsets stay
	if utf8.ValidString(text) {
		return text, true, false, nil
	}
	return strings.ToValidUTF8(string(whole([]byte(text))), "\uFFFD"), false, true, nil
}

// whole returns data without a character of UTF-8 that is cut off at its end.
func whole(data []byte) []byte {
	for i := len(data) - 1; i >= max(0, len(data)-utf8.UTFMax); i-- {
		if utf8.RuneStart(data[i]) {
			if !utf8.FullRune(data[i:]) {
				return data[:i]
			}
			break
		}
	}
	return data
}

// nearlyUTF8 reports whether data is UTF-8 but for some bytes: of others at least four
// times as many characters are whole. In GB18030 or Big5 one pair in seven looks like
// a character of UTF-8.
func nearlyUTF8(data []byte) bool {
	good, bad := 0, 0
	for b := whole(data); len(b) > 0; {
		_, n := utf8.DecodeRune(b)
		switch {
		case n > 1:
			good++
		case b[0] >= utf8.RuneSelf:
			bad++
		}
		b = b[n:]
	}
	return good > 0 && good >= 4*bad
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
	best, most := encoding.Encoding(nil), leastPlausible
	for _, e := range []encoding.Encoding{simplifiedchinese.GB18030, traditionalchinese.Big5, charmap.Windows1252} {
		text := convert(sample, e)
		if score := plausible(text); score > most && !unusual(text) {
			best, most = e, score
		}
	}
	if best == nil {
		return nil, reject(Broken, "is in no known encoding: save it as UTF-8", "编码无法识别：请另存为 UTF-8")
	}
	return best, nil
}

// leastPlausible is how plausible a text must be in its encoding. Chinese in GB18030
// comes to .68 and more, Russian in Windows-1251 read as Chinese to less than .57, mostly to 0.
const leastPlausible = .5

// unusual reports whether a text of many Chinese characters has hardly any of those that
// every Chinese text has: of Chinese a third are, of Japanese or Korean read as if it were
// Chinese one in twenty at most.
func unusual(text string) bool {
	n, known := 0, 0
	for _, r := range text {
		if r >= 0x4E00 && r <= 0x9FFF {
			n++
			if frequent[r] {
				known++
			}
		}
	}
	return n >= 40 && known*15 < n
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
// Windows-1252, into UTF-8 with one end of line and without a mark at its beginning.
// lost is not nil if some of them are no characters, and says so.
func Decode(data []byte) (text string, lost *Remark, err error) {
	var s source
	if text, _, err = s.decode(data); err != nil {
		return "", nil, err
	}
	if len(s.remarks) > 0 {
		lost = &s.remarks[0]
	}
	return asItStands(data, text), lost, nil
}
