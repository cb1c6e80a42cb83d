package label

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"unicode/utf8"
)

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// writeDOCX writes the smallest document that every reader opens (ECMA-376), with
// the element as the property AIGC of docProps/custom.xml.
func writeDOCX(w io.Writer, c *Conversation, l *Label) error {
	var body strings.Builder
	para := func(style, text string) {
		for line := range strings.Lines(text + "\n") {
			body.WriteString("<w:p>")
			if style != "" {
				body.WriteString(`<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`)
			}
			body.WriteString(`<w:r><w:t xml:space="preserve">` + escaped(strings.TrimRight(line, "\r\n")) + `</w:t></w:r></w:p>`)
		}
	}
	if l != nil {
		para("", Words)
	}
	if c.Title != "" {
		para("Title", oneLine(c.Title))
	}
	para("", c.about())
	for _, t := range c.Turns {
		para("Heading2", roleText(t.Role))
		para("", strings.TrimRight(t.Text, "\n"))
	}
	if l != nil {
		para("", Words)
	}
	types := `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>` +
		`<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>`
	rels := `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>`
	if l != nil {
		types += `<Override PartName="/docProps/custom.xml" ContentType="application/vnd.openxmlformats-officedocument.custom-properties+xml"/>`
		rels += `<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties" Target="docProps/custom.xml"/>`
	}
	parts := [][2]string{
		{"[Content_Types].xml", types + `</Types>`},
		{"_rels/.rels", rels + `</Relationships>`},
		{"word/_rels/document.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`},
		{"word/styles.xml", `<w:styles xmlns:w="` + wordNS + `"><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>` +
			`<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/><w:rPr><w:b/><w:sz w:val="36"/></w:rPr></w:style>` +
			`<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:basedOn w:val="Normal"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr><w:rPr><w:b/></w:rPr></w:style></w:styles>`},
		{"word/document.xml", `<w:document xmlns:w="` + wordNS + `"><w:body>` + body.String() + `<w:sectPr/></w:body></w:document>`},
	}
	if l != nil {
		parts = append(parts, [2]string{"docProps/custom.xml", `<Properties xmlns="` + customNS + `" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">` +
			`<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="` + key + `"><vt:lpwstr>` + escaped(l.text()) + `</vt:lpwstr></property></Properties>`})
	}
	z := zip.NewWriter(w)
	for _, p := range parts {
		f, err := z.Create(p[0])
		if err != nil {
			return err
		}
		if _, err := io.WriteString(f, xmlHead+p[1]); err != nil {
			return err
		}
	}
	return z.Close()
}

const (
	wordNS   = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	customNS = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
)

// escaped is text as XML holds it; what XML cannot hold becomes U+FFFD.
func escaped(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(s)) // a Buffer does not fail
	return b.String()
}
