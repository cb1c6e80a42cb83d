package label

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html"
)

// maxFile bounds a file that is read, in bytes; maxPart a part of a DOCX.
const (
	maxFile = 256 << 20
	maxPart = 4 << 20
)

// Parse reads an element, and nothing else.
func Parse(text string) (*Label, error) {
	var l Label
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("there is text after the label")
	}
	return &l, l.Check()
}

// Find returns the elements in a file, whole or broken, as they stand in its
// carrier of the format. A file that was labelled has exactly one that Parse
// reads. Of PDF it reads what Write writes: elements in plain strings.
func Find(format string, file []byte) ([]string, error) {
	if len(file) > maxFile {
		return nil, fmt.Errorf("the file is larger than %d bytes", maxFile)
	}
	switch format {
	case "md":
		return findMarkdown(file), nil
	case "html":
		return findHTML(file)
	case "json":
		return findJSON(file)
	case "docx":
		return findDOCX(file)
	case "pdf":
		return findPDF(file), nil
	case "png":
		return findPNG(file)
	}
	return nil, fmt.Errorf("labels in %q are not read", format)
}

// findMarkdown reads the front matter.
func findMarkdown(file []byte) (list []string) {
	text, ok := strings.CutPrefix(strings.TrimPrefix(string(file), "\ufeff"), "---\n")
	if !ok {
		return nil
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "---" || line == "..." {
			return list
		}
		if v, ok := strings.CutPrefix(line, key+":"); ok {
			list = append(list, strings.TrimSpace(v))
		}
	}
	return nil // it never ended: this was no front matter
}

func findHTML(file []byte) (list []string, err error) {
	z := html.NewTokenizer(bytes.NewReader(file))
	z.SetMaxBuf(maxPart)
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() == io.EOF {
				return list, nil
			}
			return list, z.Err()
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			name, content := "", ""
			for _, a := range t.Attr {
				switch a.Key {
				case "name":
					name = a.Val
				case "content":
					content = a.Val
				}
			}
			if t.Data == "meta" && name == key {
				list = append(list, content)
			}
		}
	}
}

// findJSON reads the member of the outermost object.
func findJSON(file []byte) (list []string, err error) {
	d := json.NewDecoder(bytes.NewReader(file))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return list, err
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return list, err
		}
		if name == key {
			list = append(list, string(v))
		}
	}
	return list, nil
}

func findDOCX(file []byte) (list []string, err error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	for _, f := range z.File {
		if f.Name != "docProps/custom.xml" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return list, err
		}
		b, err := io.ReadAll(io.LimitReader(r, maxPart+1))
		r.Close()
		if err == nil && len(b) > maxPart {
			err = fmt.Errorf("%s is larger than %d bytes", f.Name, maxPart)
		}
		if err != nil {
			return list, err
		}
		var p struct {
			Property []struct {
				Name  string `xml:"name,attr"`
				Value string `xml:"lpwstr"`
			} `xml:"property"`
		}
		if err := xml.Unmarshal(b, &p); err != nil {
			return list, err
		}
		for _, p := range p.Property {
			if p.Name == key {
				list = append(list, p.Value)
			}
		}
	}
	return list, nil
}

// findPDF looks for the key before a literal string.
func findPDF(file []byte) (list []string) {
	for rest := file; ; {
		i := bytes.Index(rest, []byte("/"+key))
		if i < 0 {
			return list
		}
		rest = bytes.TrimLeft(rest[i+1+len(key):], " \r\n\t")
		if len(rest) == 0 || rest[0] != '(' {
			continue
		}
		var b []byte
		depth := 0
	value:
		for i := 0; i < len(rest) && len(b) < maxPart; i++ {
			switch c := rest[i]; {
			case c == '\\' && i+1 < len(rest):
				i++
				b = append(b, rest[i])
			case c == '(':
				if depth++; depth > 1 {
					b = append(b, c)
				}
			case c == ')':
				if depth--; depth == 0 {
					break value
				}
				b = append(b, c)
			default:
				b = append(b, c)
			}
		}
		list = append(list, string(b))
	}
}

const pngMagic = "\x89PNG\r\n\x1a\n"

// findPNG reads the text chunks that are not compressed.
func findPNG(file []byte) (list []string, err error) {
	rest, ok := bytes.CutPrefix(file, []byte(pngMagic))
	if !ok {
		return nil, fmt.Errorf("this is not a PNG picture")
	}
	for len(rest) >= 12 {
		n := int64(binary.BigEndian.Uint32(rest))
		if n > int64(len(rest))-12 {
			return list, fmt.Errorf("the picture was cut short")
		}
		kind, data := string(rest[4:8]), rest[8:8+n]
		if name, text, ok := bytes.Cut(data, []byte{0}); ok && kind == "tEXt" && string(name) == key {
			list = append(list, string(text))
		}
		rest = rest[12+n:]
	}
	return list, nil
}
