package pdfium

// A Bookmark is an entry of the outline.
type Bookmark struct {
	Title string
	Level int // from 1
	Page  int // from 0; −1 unknown
}

// maxBookmarks bounds the outline, which may be a circle.
const maxBookmarks = 5000

// Outline returns the bookmarks in order.
func (d *Document) Outline() []Bookmark {
	var list []Bookmark
	var walk func(parent uint64, level int)
	walk = func(parent uint64, level int) {
		b, err := d.l.call("FPDFBookmark_GetFirstChild", d.doc, parent)
		for err == nil && uint32(b) != 0 && len(list) < maxBookmarks && level <= 6 {
			b = uint64(uint32(b))
			m := Bookmark{Title: d.l.text("FPDFBookmark_GetTitle", b), Level: level, Page: -1}
			if dest, err := d.l.call("FPDFBookmark_GetDest", d.doc, b); err == nil && uint32(dest) != 0 {
				if n, err := d.l.call("FPDFDest_GetDestPageIndex", d.doc, uint64(uint32(dest))); err == nil {
					m.Page = int(int32(n))
				}
			}
			list = append(list, m)
			walk(b, level+1)
			b, err = d.l.call("FPDFBookmark_GetNextSibling", d.doc, b)
		}
	}
	walk(0, 1)
	return list
}

// An Attachment is a file in the PDF.
type Attachment struct {
	Name string
	Data []byte
}

// Attachments returns the files in the PDF that together have at most most
// bytes.
func (d *Document) Attachments(most int64) []Attachment {
	var list []Attachment
	l := d.l
	n, err := l.call("FPDFDoc_GetAttachmentCount", d.doc)
	for i := range uint64(min(max(int(int32(n)), 0), 1000)) {
		if err != nil {
			break
		}
		var a uint64
		if a, err = l.call("FPDFDoc_GetAttachment", d.doc, i); err != nil || uint32(a) == 0 {
			continue
		}
		a = uint64(uint32(a))
		name := l.text("FPDFAttachment_GetName", a)
		if _, err = l.call("FPDFAttachment_GetFile", a, 0, 0, l.scratch); err != nil {
			break
		}
		size, _ := l.module.Memory().ReadUint32Le(uint32(l.scratch))
		if size == 0 || int64(size) > most {
			continue
		}
		var buf uint64
		if buf, err = l.call("malloc", uint64(size)); err != nil || uint32(buf) == 0 {
			break
		}
		buf = uint64(uint32(buf))
		if _, err = l.call("FPDFAttachment_GetFile", a, buf, uint64(size), l.scratch); err != nil {
			break
		}
		if b, ok := l.module.Memory().Read(uint32(buf), size); ok {
			list = append(list, Attachment{name, append([]byte(nil), b...)})
			most -= int64(size)
		}
		_, err = l.call("free", buf)
	}
	return list
}
