package document

import (
	"net/url"
	"path"
	"strings"
)

// readEPUB reads the chapters of a book in the order of its spine (EPUB 3.3).
func readEPUB(s *source, d *Document, data []byte) error {
	p, err := s.open("EPUB", data)
	if err != nil {
		return err
	}
	box, err := p.tree("META-INF/container.xml")
	if err != nil {
		return wrap("EPUB", err)
	}
	opf := box.first("rootfile").Attr["full-path"]
	root, err := p.tree(opf)
	if err != nil {
		return wrap("EPUB", err)
	}
	meta := root.first("metadata")
	d.Title, d.Author, d.Language, d.Date = meta.first("title").words(), meta.first("creator").words(), meta.first("language").words(), meta.first("date").words()
	type item struct{ href, properties string }
	items := map[string]item{}
	root.first("manifest").each("item", func(n *node) {
		items[n.Attr["id"]] = item{n.Attr["href"], n.Attr["properties"]}
	})
	protected := map[string]bool{}
	if e, err := p.tree("META-INF/encryption.xml"); err == nil {
		e.each("CipherReference", func(n *node) { protected[n.Attr["URI"]] = true })
	}
	read, locked := 0, 0
	var fault error
	root.first("spine").each("itemref", func(n *node) {
		it := items[n.Attr["idref"]]
		href, err := url.PathUnescape(it.href)
		if err != nil || fault != nil || href == "" || strings.Contains(" "+it.properties+" ", " nav ") {
			return
		}
		name := path.Join(path.Dir(opf), href)
		if protected[name] {
			locked++
			return
		}
		b, err := p.read(name)
		if r, ok := err.(*Rejection); ok {
			fault = r
			return
		}
		if err != nil {
			return // one chapter less
		}
		if read++; read > s.limits.Pages {
			fault = reject(Large, "has more than %d chapters", "章节超过 %d 个", s.limits.Pages)
			return
		}
		in := &Document{}
		if err := wholeHTML(in, b); err == nil {
			d.Blocks = append(d.Blocks, in.Blocks...)
		}
	})
	if fault == nil && read == 0 && locked > 0 {
		fault = reject(Encrypted, "is protected (DRM)", "受版权保护（DRM）")
	}
	return fault
}
