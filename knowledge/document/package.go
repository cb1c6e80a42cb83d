package document

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
	"suiren/internal/say"
)

// A parcel is a ZIP file whose members are read one at a time.
type parcel struct {
	s     *source
	files map[string]*zip.File
	order []*zip.File
}

// encryptedPackage is the name of the stream that holds a document under a password
// ([MS-OFFCRYPTO] 1.3.3), as the directory of its container spells it: in UTF-16.
var encryptedPackage = []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")

// readOLE says why a compound file is not read: all documents under a password are one,
// and so are those of Office before 2007.
func readOLE(_ *source, _ string, data []byte) error {
	if bytes.Contains(data, encryptedPackage) {
		return reject(Encrypted, "asks for a password: save it without one", "有打开密码：请去掉密码另存")
	}
	return reject(Unknown, "is in the format of Office before 2007, or of Outlook: save it as DOCX, XLSX, PPTX or PDF, a mail as EML", "是 Office 2007 之前或 Outlook 的格式：请另存为 DOCX、XLSX、PPTX 或 PDF，邮件另存为 EML")
}

// maxMembers bounds the members of a ZIP file.
const maxMembers = 65_535

func (s *source) open(what string, data []byte) (*parcel, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, broken(what, err)
	}
	if len(z.File) > maxMembers {
		return nil, reject(Large, "holds %d files", "包含 %d 个文件", len(z.File))
	}
	p := &parcel{s: s, files: map[string]*zip.File{}, order: z.File}
	for _, f := range z.File {
		p.files[strings.TrimPrefix(f.Name, "/")] = f
	}
	return p, nil
}

// read unpacks a member, and counts what it unpacks.
func (p *parcel) read(name string) ([]byte, error) {
	f := p.files[strings.TrimPrefix(name, "/")]
	if f == nil {
		return nil, errMissing
	}
	return p.member(f)
}

var errMissing = say.Errorf("a part of it is missing", "缺少其中一部分")

func (p *parcel) member(f *zip.File) ([]byte, error) {
	if f.Flags&1 != 0 {
		return nil, reject(Encrypted, "is encrypted", "已加密")
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, p.s.packed+1))
	if p.s.packed -= int64(len(b)); p.s.packed < 0 {
		return nil, reject(Large, "unpacks to more than %d MiB", "解压后超过 %d MiB", p.s.limits.File>>20)
	}
	return b, err
}

// A node is an element of XML; Name is "" for text.
type node struct {
	Name string // without its prefix
	Attr map[string]string
	Text string
	Kids []*node
}

// Bounds of XML.
const (
	maxDepth = 200
	maxNodes = 8 << 20
)

// xmlTree parses XML into nodes. Names lose their prefixes, attributes too:
// no format read here has two that differ only in it where both matter.
func xmlTree(b []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) {
		return nil, say.Errorf("it is not in UTF-8", "不是 UTF-8")
	}
	root := &node{}
	stack := []*node{root}
	for n := 0; ; {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch t := t.(type) {
		case xml.StartElement:
			if n++; n > maxNodes || len(stack) > maxDepth {
				return nil, say.Errorf("its XML is too deep or too long", "其中的 XML 嵌套过深或过长")
			}
			e := &node{Name: t.Name.Local}
			if len(t.Attr) > 0 {
				e.Attr = make(map[string]string, len(t.Attr))
				for _, a := range t.Attr {
					e.Attr[a.Name.Local] = a.Value
				}
			}
			top.Kids = append(top.Kids, e)
			stack = append(stack, e)
		case xml.EndElement:
			if len(stack) == 1 || top.Name != t.Name.Local {
				return nil, say.Errorf("an element of its XML does not end", "其中的 XML 有元素没有结束")
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.Kids = append(top.Kids, &node{Text: string(t)})
		}
	}
	if len(stack) != 1 {
		return nil, say.Errorf("its XML is cut off", "其中的 XML 不完整")
	}
	return root, nil
}

// tree reads and parses a member.
func (p *parcel) tree(name string) (*node, error) {
	b, err := p.read(name)
	if err != nil {
		return nil, err
	}
	return xmlTree(b)
}

// each calls f with the elements named name below n, not with those in them.
func (n *node) each(name string, f func(*node)) {
	for _, k := range n.Kids {
		if k.Name == name {
			f(k)
		} else {
			k.each(name, f)
		}
	}
}

// first returns the first element named name below n, or an empty one.
func (n *node) first(name string) *node {
	for _, k := range n.Kids {
		if k.Name == name {
			return k
		}
		if g := k.first(name); g.Name != "" {
			return g
		}
	}
	return &node{}
}

// words returns all text below n.
func (n *node) words() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	b.WriteString(n.Text)
	for _, k := range n.Kids {
		k.write(b)
	}
}

// relations returns the targets of a part's relationships by their id.
func (p *parcel) relations(part string) map[string]relation {
	list := map[string]relation{}
	root, err := p.tree(path.Join(path.Dir(part), "_rels", path.Base(part)+".rels"))
	if err != nil {
		return list
	}
	root.each("Relationship", func(n *node) {
		t := n.Attr["Target"]
		if !strings.HasPrefix(t, "/") {
			t = path.Join(path.Dir(part), t)
		}
		list[n.Attr["Id"]] = relation{strings.TrimPrefix(t, "/"), path.Base(n.Attr["Type"])}
	})
	return list
}

type relation struct{ target, kind string }

// core reads title, author, language and date of an Office file.
func (p *parcel) core(d *Document) {
	root, err := p.tree("docProps/core.xml")
	if err != nil {
		return
	}
	d.Title, d.Author, d.Language = root.first("title").words(), root.first("creator").words(), root.first("language").words()
	if d.Date = root.first("modified").words(); d.Date == "" {
		d.Date = root.first("created").words()
	}
}
