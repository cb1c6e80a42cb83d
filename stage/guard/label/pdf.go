package label

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// A page of A4, in points.
const (
	pageWidth, pageHeight = 595, 842
	margin                = 56
	fontSize, leading     = 11, 17
)

// writePDF writes plain text over pages, with the element as AIGC in the document's
// information (PDF 1.7, 14.3.3) and the words at the head of each page.
//
// The font is the predefined Chinese one, STSong-Light, which readers bring along:
// none is embedded. Characters beyond the basic plane become U+FFFD.
func writePDF(w io.Writer, c *Conversation, l *Label) error {
	var lines []string
	add := func(text string) {
		for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
			lines = append(lines, wrap(strings.TrimRight(line, "\r\n"))...)
		}
	}
	if c.Title != "" {
		add(oneLine(c.Title))
	}
	add(c.about())
	for _, t := range c.Turns {
		lines = append(lines, "")
		add("【" + roleText(t.Role) + "】")
		add(t.Text)
	}
	if l != nil {
		lines = append(lines, "", Words) // some readers leave out what heads every page
	}
	perPage := (pageHeight-2*margin)/leading - 2
	var p pdf
	p.begin()
	var kids []string
	const fixed = 6 // objects before the pages
	for n := 0; n == 0 || n*perPage < len(lines); n++ {
		var s bytes.Buffer
		fmt.Fprintf(&s, "BT /F1 %d Tf %d TL %d %d Td\n", fontSize, leading, margin, pageHeight-margin)
		if l != nil {
			s.WriteString(shown(Words))
		}
		s.WriteString("T*\nT*\n")
		for _, line := range lines[n*perPage : min(len(lines), (n+1)*perPage)] {
			s.WriteString(shown(line) + "T*\n")
		}
		s.WriteString("ET\n")
		id := fixed + 1 + 2*n
		kids = append(kids, fmt.Sprintf("%d 0 R", id))
		p.late = append(p.late, fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>", pageWidth, pageHeight, id+1),
			fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", s.Len(), s.String()))
	}
	p.object("<</Type/Catalog/Pages 2 0 R/Lang(zh-CN)>>")
	p.object(fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", strings.Join(kids, " "), len(kids)))
	p.object("<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[4 0 R]/ToUnicode 6 0 R>>")
	p.object("<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/DW 1000/W[1 95 500]/FontDescriptor 5 0 R>>")
	p.object("<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>")
	p.object(toUnicode())
	for _, o := range p.late {
		p.object(o)
	}
	info := "<</Producer(Suiren)"
	if l != nil {
		info += "/" + key + literal(l.text())
	}
	p.object(info + ">>")
	p.end()
	_, err := w.Write(p.b.Bytes())
	return err
}

// A pdf is a file in the making.
type pdf struct {
	b    bytes.Buffer
	at   []int // where each object begins
	late []string
}

func (p *pdf) begin() { p.b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n") }

func (p *pdf) object(text string) {
	p.at = append(p.at, p.b.Len())
	fmt.Fprintf(&p.b, "%d 0 obj\n%s\nendobj\n", len(p.at), text)
}

func (p *pdf) end() {
	start := p.b.Len()
	fmt.Fprintf(&p.b, "xref\n0 %d\n0000000000 65535 f \n", len(p.at)+1)
	for _, at := range p.at {
		fmt.Fprintf(&p.b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&p.b, "trailer\n<</Size %d/Root 1 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(p.at)+1, len(p.at), start)
}

// literal is a literal string; the element is ASCII.
func literal(s string) string {
	return "(" + strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(s) + ")"
}

// shown shows a line.
func shown(line string) string {
	var b strings.Builder
	b.WriteByte('<')
	for _, r := range line {
		if r > 0xffff || utf16.IsSurrogate(r) || r < 0x20 {
			r = 0xfffd
		}
		fmt.Fprintf(&b, "%04X", r)
	}
	b.WriteString("> Tj\n")
	return b.String()
}

// wide is how many halves of an em a rune takes.
func wide(r rune) int {
	if r >= 0x20 && r < 0x7f {
		return 1
	}
	return 2
}

// wrap cuts a line where it is full: between words where there are some.
func wrap(line string) (out []string) {
	const most = (pageWidth - 2*margin) * 2 / fontSize
	line = strings.ReplaceAll(line, "\t", "    ")
	start, width, space := 0, 0, -1
	for i, r := range line {
		if width+wide(r) > most {
			cut := i
			if space > start && r < 0x7f {
				cut = space + 1
			}
			out = append(out, line[start:cut])
			start, space, width = cut, -1, 0
			for _, r := range line[cut:i] {
				width += wide(r)
			}
		}
		if r == ' ' {
			space = i
		}
		width += wide(r)
	}
	return append(out, line[start:])
}

// toUnicode maps each code to itself, so that what is copied is what was
// written (PDF 1.7, 9.10.3).
func toUnicode() string {
	var b strings.Builder
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapType 2 def\n1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n")
	for from := 0; from < 256; from += 64 {
		b.WriteString("64 beginbfrange\n")
		for i := from; i < from+64; i++ {
			fmt.Fprintf(&b, "<%02X00><%02XFF><%02X00>\n", i, i, i)
		}
		b.WriteString("endbfrange\n")
	}
	b.WriteString("endcmap\nend\nend")
	return fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", b.Len(), b.String())
}
