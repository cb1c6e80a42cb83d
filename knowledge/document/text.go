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

// A loss is what of a text is no characters.
type loss struct {
	replaced int // places that were read as U+FFFD
	dropped  int // bytes that were left out
}

func (l loss) remark() Remark {
	r := reject(Damaged, "holds bytes that are no characters; places read as U+FFFD: %d, bytes left out (NUL, or of a character cut off at the end): %d",
		"含有不成字符的字节：%d 处读作 U+FFFD，略去 %d 个字节（NUL，或末尾不完整的字符）", l.replaced, l.dropped)
	return Remark{Damaged, r.En, r.Zh}
}

// valid is data in UTF-8, with U+FFFD for each run of bytes that are no characters.
func (l *loss) valid(data []byte) string {
	if utf8.Valid(data) {
		return string(data)
	}
	text := toUTF8(data)
	l.replaced += strings.Count(text, "\uFFFD") - bytes.Count(data, []byte("\uFFFD"))
	return text
}

// mark is what UTF-8 may begin with.
const mark = "\xef\xbb\xbf"

// decode turns the bytes of a text file into UTF-8. utf says that they are
// UTF-8 already, and where they stand, so do the bytes of text. What is lost the next
// document tells.
func (s *source) decode(data []byte) (text string, utf bool, err error) {
	skip, e, err := encodingOf(data, false)
	if err != nil {
		return "", false, err
	}
	if e != nil {
		return s.decoded(data[skip:], e), false, nil
	}
	before := s.lost
	text = strings.Repeat(" ", skip) + s.decoded(data[skip:], nil) // offsets stay
	return text, s.lost == before, nil
}

// decode is source.decode for what no document tells of.
func decode(data []byte) (text string, utf bool, err error) { return new(source).decode(data) }

// decoded decodes a text of a known encoding, nil if that is UTF-8.
func (s *source) decoded(data []byte, e encoding.Encoding) string {
	var text string
	if e != nil {
		text = convert(data, e)
		s.lost.replaced += strings.Count(text, "\uFFFD")
	} else {
		if !utf8.Valid(data) {
			n := len(data)
			data = whole(data)
			s.lost.dropped += n - len(data)
		}
		text = s.lost.valid(data)
	}
	if n := strings.Count(text, "\x00"); n > 0 {
		s.lost.dropped += n
		text = strings.ReplaceAll(text, "\x00", "")
	}
	return text
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

// nearlyUTF8 reports whether data is UTF-8 but for some bytes: of characters beyond ASCII
// at least as many are whole. Of GB18030, Big5 and others a third looks like UTF-8 at most.
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
	return good > 0 && good >= bad
}

// A stray byte is one of so many at most: of NUL in a text, or beyond ASCII in one that is
// else ASCII.
const stray = 1000

// knownEncoding tells in what encoding a text is, nil if it is UTF-8. begins says that it
// is the beginning of a file and no part from its middle: in that, a NUL is a sign of a
// binary.
func knownEncoding(data []byte, begins bool) (encoding.Encoding, error) {
	at, isUTF8 := bytes.IndexByte(data, 0), utf8.Valid(data) || nearlyUTF8(data)
	if at < 0 && isUTF8 {
		return nil, nil
	}
	if e := utf16Without(data); begins && e != nil {
		return e, nil
	}
	size := len(data)
	if !begins {
		size = max(size, pieceBytes) // the last piece is shorter
	}
	if at >= 0 && (begins && at < 1024 || bytes.Count(data, []byte{0})*stray > size) {
		return nil, reject(Broken, "holds bytes that no text has, the first at byte %d: NUL", "含有文本中不会出现的字节，第一个是位于字节 %d 处的 NUL", at)
	}
	if isUTF8 {
		return nil, nil
	}
	return guess(data)
}

// guess finds the encoding of a text that is not UTF-8. One that is ASCII but for stray
// bytes in no encoding is damaged UTF-8.
func guess(data []byte) (encoding.Encoding, error) {
	sample, n := beyondASCII(data)
	best, most := encoding.Encoding(nil), leastPlausible
	if !isJapanese(sample) {
		for _, e := range []encoding.Encoding{simplifiedchinese.GB18030, traditionalchinese.Big5, charmap.Windows1252} {
			text := convert(sample, e)
			if score := plausible(text); score > most && !unusual(text) && (e != charmap.Windows1252 || inWords(text)) {
				best, most = e, score
			}
		}
	}
	if best == nil && n*stray > len(data) {
		at := 0
		for r, size := utf8.DecodeRune(data); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRune(data[at:]) {
			at += size
		}
		return nil, reject(Broken, "is in no known encoding, byte %d is no UTF-8: save it as UTF-8", "编码无法识别，字节 %d 处不是 UTF-8：请另存为 UTF-8", at)
	}
	return best, nil
}

// beyondASCII returns the bytes beyond ASCII with three on either side, up to 64 KiB, so
// that what else is in a text does not decide about them, and how many there are in all.
func beyondASCII(data []byte) (sample []byte, n int) {
	end := 0
	for i, b := range data {
		if b < utf8.RuneSelf {
			continue
		}
		n++
		if len(sample) < 64<<10 {
			lo, hi := max(end, i-3), min(i+4, len(data))
			sample, end = append(sample, data[lo:hi]...), hi
		}
	}
	return sample, n
}

// isJapanese reports whether a third of the characters of two bytes are kana in EUC-JP or in
// Shift_JIS. Of Japanese half are; the same bytes are one in five of Chinese in Big5 at most.
func isJapanese(data []byte) bool {
	n, euc, shift := 0, 0, 0
	for i := 0; i+1 < len(data); i++ {
		lead, trail := data[i], data[i+1]
		if lead <= utf8.RuneSelf {
			continue
		}
		n++
		i++
		switch {
		case lead == 0xA4 && trail >= 0xA1 && trail <= 0xF3, lead == 0xA5 && trail >= 0xA1 && trail <= 0xF6:
			euc++
		case lead == 0x82 && trail >= 0x9F && trail <= 0xF1, lead == 0x83 && trail >= 0x40 && trail <= 0x96:
			shift++
		}
	}
	return max(euc, shift) >= 4 && max(euc, shift)*3 > n
}

// inWords reports whether of the letters beyond ASCII most stand as in words of
// European languages: beside one of ASCII, or alone.
func inWords(text string) bool {
	ascii := func(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }
	list := []rune(" " + text + " ")
	letters, good := 0, 0
	for i, r := range list {
		if r < utf8.RuneSelf || !unicode.IsLetter(r) {
			continue
		}
		letters++
		before, after := list[i-1], list[i+1]
		if ascii(before) || ascii(after) || !unicode.IsLetter(before) && !unicode.IsLetter(after) {
			good++
		}
	}
	return 2*good > letters || letters == 0
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
	return n >= 20 && known*15 < n
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
		if r == '\uFFFD' && n > 0 {
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
	if s.lost != (loss{}) {
		r := s.lost.remark()
		lost = &r
	}
	return asItStands(data, text), lost, nil
}
