// Package base keeps knowledge bases: folders of the owner's documents under
// a name, with an index that is made again when they change.
//
// An index is made beside the one that answers and takes its place by a
// rename, so questions are answered meanwhile, and a process that is killed
// leaves the old one or the new one, never a part.
package base

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"suiren/internal/durable"
	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/knowledge/document"
)

// A Base is a folder: base.json, the texts that were read (texts/, by the
// digest of their file), and the index (index-…).
type Base struct {
	dir  string
	conf conf
	by   knowledge.Embedder // nil: knowledge.Default
	set  bool               // Guard was called
}

// conf is base.json.
type conf struct {
	Format   int              `json:"format"` // 1
	Roots    []string         `json:"roots"`  // files and folders, absolute
	Rules    []knowledge.Rule `json:"rules,omitempty"`
	Synonyms string           `json:"synonyms,omitempty"`
	Policy   string           `json:"policy,omitempty"`   // through which documents enter, as the owner named it
	Rails    string           `json:"rails,omitempty"`    // its digest
	Embedder string           `json:"embedder,omitempty"` // as the owner named it; "": the one that is part of the program
	Fitted   *fitted          `json:"fitted,omitempty"`
	Index    string           `json:"index,omitempty"` // folder
	Files    []File           `json:"files,omitempty"`
}

// A fitted is weights that were fitted to the owner's questions.
type fitted struct {
	knowledge.Weights
	Embedder string `json:"embedder"` // of the index they were fitted on: for another they say nothing
}

// A File is a file that was read, or not.
type File struct {
	Name    string    `json:"name"` // its root's, and the path below it
	Path    string    `json:"path"`
	Size    int64     `json:"size"`
	Changed time.Time `json:"changed"` // modified, as the disk says
	Digest  string    `json:"sha256"`
	Aside   *Aside    `json:"aside,omitempty"` // why it was set aside
}

// An Aside says why a file, or a part of one, was not read.
type Aside struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

func (a Aside) In(lang say.Lang) string {
	if lang == say.Chinese {
		return a.Zh
	}
	return a.En
}

const confFile = "base.json"

// Bounds.
const (
	maxConf  = 1 << 28
	maxFiles = 200_000
	maxBytes = 256 << 20 // of a file
)

var plain = regexp.MustCompile(`^[\p{Han}A-Za-z0-9][\p{Han}A-Za-z0-9._-]{0,63}$`)

// Open opens the base called name below dir. One that is not there is empty,
// and is made by the first Sync.
func Open(dir, name string) (*Base, error) {
	if !plain.MatchString(name) {
		return nil, &say.Error{Where: name, Err: ErrName, What: say.T("a name has at most 64 Chinese characters, letters from A to Z, digits, and . - _, none of these three first", "名称最多 64 个汉字、英文字母、数字或 . - _，不以这三个符号开头"),
			Next: say.T("choose another name", "请换一个名称")}
	}
	b := &Base{dir: filepath.Join(dir, name), conf: conf{Format: 1}}
	f, err := os.Open(filepath.Join(b.dir, confFile))
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConf))
	if err == nil {
		err = json.Unmarshal(text, &b.conf)
	}
	if err == nil && (b.conf.Format != 1 || b.conf.Index != path.Base(b.conf.Index) && b.conf.Index != "") {
		err = say.Errorf("format %d", "格式 %d", b.conf.Format)
	}
	if err != nil {
		return nil, &say.Error{Where: f.Name(), Err: err, What: say.T("cannot be read: %v", "无法读取：%v", err), Next: say.T("remove the base and add its documents again", "请删除该知识库后重新添加文档")}
	}
	return b, nil
}

// List returns the names of the bases below dir.
func List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(dir, e.Name(), confFile)); err == nil && plain.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// Remove removes the base; the owner's documents stay.
func (b *Base) Remove() error {
	if _, err := os.Stat(b.dir); err != nil {
		return err
	}
	return os.RemoveAll(b.dir)
}

// Files returns what was read, in order.
func (b *Base) Files() []File { return b.conf.Files }

// Roots returns the files and folders of the base.
func (b *Base) Roots() []string { return b.conf.Roots }

// Rules returns who may read what.
func (b *Base) Rules() []knowledge.Rule { return b.conf.Rules }

// SetRules changes who may read what. It counts from the next question on.
func (b *Base) SetRules(rules []knowledge.Rule) error {
	b.conf.Rules = rules
	return b.save()
}

// SetSynonyms replaces the synonyms; they are used after the next Sync.
func (b *Base) SetSynonyms(text string) error {
	if _, err := knowledge.ParseSynonyms([]byte(text)); err != nil {
		return err
	}
	b.conf.Synonyms = text
	return nil
}

// Embedder returns the name of the model that makes the vectors, as the owner
// gave it; "" is the one that is part of the program.
func (b *Base) Embedder() string { return b.conf.Embedder }

// Use sets the model that makes the vectors, and the name that finds it again.
// The next Sync makes all vectors anew if it is another than before.
func (b *Base) Use(name string, by knowledge.Embedder) { b.conf.Embedder, b.by = name, by }

// Keep keeps weights that were fitted on an index of the base, for questions from now
// on; knowledge.Usual ends that.
func (b *Base) Keep(w knowledge.Weights, embedder string) error {
	if b.conf.Fitted = nil; w != knowledge.Usual {
		b.conf.Fitted = &fitted{w, embedder}
	}
	return b.save()
}

// Policy returns the name of the policy through which documents enter, as the owner
// gave it; "" is none.
func (b *Base) Policy() string { return b.conf.Policy }

// Guard says that the Reader of the next Sync passes documents through the rails of a
// policy; "" is none. Files are read anew if it is another than before, by its digest.
func (b *Base) Guard(name, digest string) { b.conf.Policy, b.conf.Rails, b.set = name, digest, true }

// ErrName is wrapped by the error for what can be no base's name.
var ErrName = errors.New("no name of a knowledge base")

// ErrEmpty is wrapped by the error for a base that holds nothing yet.
var ErrEmpty = errors.New("empty knowledge base")

// Index opens the index. The caller closes it.
func (b *Base) Index() (*knowledge.Index, error) {
	if b.conf.Index == "" {
		what := say.T("this knowledge base is empty", "这个知识库是空的")
		if _, err := os.Stat(b.dir); errors.Is(err, fs.ErrNotExist) {
			what = say.T("there is no such knowledge base", "没有这个知识库")
		}
		return nil, &say.Error{Where: filepath.Base(b.dir), Err: ErrEmpty, What: what,
			Next: say.T("add documents with suiren knowledge add", "请用 suiren knowledge add 添加文档")}
	}
	ix, err := knowledge.Open(filepath.Join(b.dir, b.conf.Index))
	if err != nil {
		return nil, err
	}
	if b.by != nil {
		ix.Use(b.by)
	}
	if f := b.conf.Fitted; f != nil && f.Embedder == ix.Embedder() {
		if err := ix.SetWeights(f.Weights); err != nil {
			ix.Close()
			return nil, &say.Error{Where: filepath.Join(b.dir, confFile), Err: err, What: say.T("cannot be read: %v", "无法读取：%v", err), Next: say.T("fit the weights again", "请重新拟合权重")}
		}
	}
	return ix, nil
}

// Stale reports the files of the base that are no longer as they were read.
func (b *Base) Stale() (names []string) {
	for _, f := range b.conf.Files {
		if info, err := os.Stat(f.Path); err != nil || info.Size() != f.Size || !info.ModTime().Equal(f.Changed) {
			names = append(names, f.Name)
		}
	}
	return names
}

func (b *Base) save() error {
	if err := os.MkdirAll(b.dir, 0o777); err != nil {
		return err
	}
	text, err := json.MarshalIndent(&b.conf, "", " ")
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(b.dir, confFile), append(text, '\n'), 0o600)
}

// A Reader makes documents of a file, and says what of it was set aside.
type Reader func(ctx context.Context, name string, data []byte) ([]knowledge.Document, *Aside, error)

// A Report says what a Sync did.
type Report struct {
	Files, Documents, Passages int
	Read                       int // files that were read anew; the others were as before
	Aside                      []File
	Embedded                   int  // passages whose vectors were made anew
	Unchanged                  bool // the index stands as it was
}

// Add adds files and folders, and makes the index.
func (b *Base) Add(ctx context.Context, roots []string, read Reader) (Report, error) {
	for _, r := range roots {
		abs, err := filepath.Abs(r)
		if err != nil {
			return Report{}, err
		}
		if _, err := os.Stat(abs); err != nil {
			return Report{}, &say.Error{Where: r, Err: err, What: say.T("there is no such file or folder", "没有这个文件或目录"),
				Next: say.T("look at how it is written, or give the whole path", "请检查写法，或写出完整路径")}
		}
		for _, old := range b.conf.Roots {
			if filepath.Base(old) == filepath.Base(abs) && old != abs {
				return Report{}, &say.Error{Where: r, What: say.T("the base has another folder or file of that name: %s", "知识库里已有同名的目录或文件：%s", old),
					Next: say.T("rename one, or make another base", "请改名，或另建一个知识库")}
			}
		}
		if !slices.Contains(b.conf.Roots, abs) {
			b.conf.Roots = append(b.conf.Roots, abs)
		}
	}
	slices.Sort(b.conf.Roots)
	return b.Sync(ctx, read)
}

// Sync reads what changed and makes the index again.
func (b *Base) Sync(ctx context.Context, read Reader) (Report, error) {
	var r Report
	files, err := b.walk(ctx)
	if err != nil {
		return r, err
	}
	if err := os.MkdirAll(filepath.Join(b.dir, "texts"), 0o777); err != nil {
		return r, err
	}
	sum := sha256.New()
	opt := knowledge.Options{Embedder: knowledge.Default, Embedded: &r.Embedded}
	if b.by != nil {
		opt.Embedder = b.by
	}
	if b.conf.Embedder != "" && b.by == nil {
		return r, &say.Error{Where: filepath.Base(b.dir), What: say.T("the vectors of this knowledge base are made by %s, which is not open", "这个知识库的向量由 %s 生成，但它未打开", b.conf.Embedder)}
	}
	if b.conf.Policy != "" && !b.set {
		return r, &say.Error{Where: filepath.Base(b.dir), What: say.T("documents enter this knowledge base through the policy %s, which is not open", "这个知识库的文档须经策略 %s 进入，但它未打开", b.conf.Policy)}
	}
	if b.conf.Policy != "" {
		fmt.Fprintln(sum, b.conf.Rails)
	}
	fmt.Fprintf(sum, "2\n%d %d\n%s\n%s\n", knowledge.Revision, document.Revision, b.conf.Synonyms, opt.Embedder.Name())
	for i := range files {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		anew, err := b.text(ctx, &files[i], read)
		if err != nil {
			return r, err
		}
		if anew {
			r.Read++
		}
		if files[i].Aside != nil {
			r.Aside = append(r.Aside, files[i])
		}
		fmt.Fprintf(sum, "%s\n%s\n", files[i].Name, files[i].Digest)
	}
	r.Files = len(files)
	name := "index-" + hex.EncodeToString(sum.Sum(nil)[:8])
	if _, err := os.Stat(filepath.Join(b.dir, name)); err == nil {
		r.Unchanged = name == b.conf.Index
	} else if err := b.build(ctx, name, files, opt); err != nil {
		return r, err
	}
	old := b.conf.Index
	b.conf.Index, b.conf.Files = name, files
	if err := b.save(); err != nil {
		return r, err
	}
	b.tidy(old)
	ix, err := b.Index()
	if err != nil {
		return r, err
	}
	defer ix.Close()
	r.Documents, r.Passages = len(ix.Sources()), ix.Len()
	return r, nil
}

// build makes the index beside the one that answers.
func (b *Base) build(ctx context.Context, name string, files []File, opt knowledge.Options) error {
	if b.conf.Index != "" { // one that cannot be read is made anew all the same
		if before, err := knowledge.Open(filepath.Join(b.dir, b.conf.Index)); err == nil {
			defer before.Close()
			opt.Before = before
		}
	}
	tmp, err := os.MkdirTemp(b.dir, "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	err = knowledge.Build(tmp, func(yield func(knowledge.Document, error) bool) {
		for _, f := range files {
			docs, err := b.cached(&f)
			if err = errors.Join(err, ctx.Err()); err != nil {
				yield(knowledge.Document{}, err)
				return
			}
			for _, d := range docs {
				if !yield(d, nil) {
					return
				}
			}
		}
	}, opt)
	if err == nil && b.conf.Synonyms != "" {
		err = knowledge.WriteSynonyms(tmp, b.conf.Synonyms)
	}
	if err != nil {
		return err
	}
	if err := durable.Tree(tmp); err != nil {
		return err
	}
	return durable.Rename(tmp, filepath.Join(b.dir, name))
}

// tidy removes what no index needs, but for the index before this one, which
// a question may still be open on.
func (b *Base) tidy(before string) {
	entries, _ := os.ReadDir(b.dir)
	for _, e := range entries {
		if n := e.Name(); (strings.HasPrefix(n, "index-") || strings.HasPrefix(n, "new-") || strings.HasPrefix(n, ".new-")) && n != b.conf.Index && n != before {
			os.RemoveAll(filepath.Join(b.dir, n))
		}
	}
	wanted := map[string]bool{}
	for i := range b.conf.Files {
		wanted[filepath.Base(b.textPath(&b.conf.Files[i]))] = true
	}
	entries, _ = os.ReadDir(filepath.Join(b.dir, "texts"))
	for _, e := range entries {
		if !wanted[e.Name()] {
			os.Remove(filepath.Join(b.dir, "texts", e.Name()))
		}
	}
}
