package plan

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"suiren/internal/say"
	"suiren/run"
	"suiren/stage"
	"suiren/store"
)

// maxOwned bounds the files that one block may read.
const maxOwned = 100_000

// A snapshot is an input that no block makes, as it is when the plan is made.
type snapshot struct {
	arg    string
	ref    stage.Ref    // of a pinned release; zero for the owner's files
	files  []store.File // what is in it
	digest store.Digest
	write  func(dir string) error                                        // the same files each time
	place  string                                                        // of a model of the owner's, which is read where it is
	sum    func(ctx context.Context, place string) ([]store.File, error) // of its files
	dir    string                                                        // of the owner's files: the folder that their paths begin at
}

// paths are where the owner's files lie, of those that one block reads.
func (s *snapshot) paths() (list []string) {
	for i := 0; s.dir != "" && i < len(s.files); i++ {
		list = append(list, filepath.Join(s.dir, filepath.FromSlash(s.files[i].Path)))
	}
	return list
}

// filesArg is the argument that the owner's files are given as.
const filesArg = "files"

// owned takes a snapshot of the owner's files for block b: it reads them all
// and copies nothing. The store's own folder and the plan file are no files of
// the owner. A symbolic link is refused and not followed: what it leads to
// may lie outside of the folder, and is not in the snapshot.
func owned(ctx context.Context, f *File, b *Block, patterns []string, st *store.Store) (*snapshot, error) {
	root, err := os.OpenRoot(f.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	s := &snapshot{arg: filesArg, dir: f.Dir}
	hit := make([]bool, len(patterns))
	anyOf := func(like func(pattern, name string) bool, name string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return like(p, name) })
	}
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case name == ".":
			return err
		case d.IsDir():
			if filepath.Join(f.Dir, name) == st.Path() || !anyOf(matchBelow, name) {
				return fs.SkipDir
			}
			return err
		case err != nil:
			return err
		case d.Type()&fs.ModeSymlink != 0 && anyOf(matchBelow, name) && leadsToFolder(filepath.Join(f.Dir, name)),
			!d.Type().IsRegular() && anyOf(match, name):
			return &say.Error{Where: b.place("path"), What: say.T("%s: %s: this is a link or no plain file; links are not followed", "%s：%s：这是链接或特殊文件；程序不跟随链接", b.Ref, clip(name)),
				Next: say.T("put the file itself there, or narrow the path in the plan", "请把文件本身放在那里，或在计划文件里缩小路径范围"), Err: ErrInvalid}
		case !d.Type().IsRegular(), !anyOf(match, name), filepath.Join(f.Dir, name) == f.Path:
			return nil
		case len(s.files) == maxOwned:
			return &say.Error{Where: b.At, What: say.T("%s would read more than %d files", "%s 要读的文件多于 %d 个", b.Ref, maxOwned),
				Next: say.T("narrow the path in the plan", "请在计划文件里缩小路径范围")}
		}
		for i, p := range patterns {
			hit[i] = hit[i] || match(p, name)
		}
		file, err := sum(root, name)
		s.files = append(s.files, file)
		return err
	})
	if err != nil {
		return nil, noted(b, err)
	}
	for i, p := range patterns {
		if !hit[i] {
			next := say.T("paths begin at %s", "路径从 %s 开始", f.Dir)
			if leadsToFolder(filepath.Join(f.Dir, p)) {
				next = say.T("this is a folder: write %q for all files in it", "这是文件夹：其中全部文件请写 %q", path.Join(p, "**"))
			}
			if filepath.Join(f.Dir, p) == f.Path {
				return nil, &say.Error{Where: b.place("path"), What: say.T("%s: %q is the plan itself, which is no data", "%s：%q 是计划文件本身，不能当作数据", b.Ref, p), Next: say.T("name other files", "请写其他文件"), Err: ErrInvalid}
			}
			return nil, &say.Error{Where: b.place("path"), What: say.T("%s: no file matches %q", "%s：没有文件匹配 %q", b.Ref, p), Next: next, Err: ErrInvalid}
		}
	}
	s.digest = store.FilesDigest(s.files)
	s.write = func(dir string) error { return s.copyFrom(f.Dir, dir) }
	return s, nil
}

// noted says whose files could not be read.
func noted(b *Block, err error) error {
	if _, ok := errors.AsType[*say.Error](err); ok || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &say.Error{Where: b.place("path"), What: say.T("the files of %s cannot be read: %v", "无法读取 %s 的文件：%v", b.Ref, err),
		Next: say.T("let this user read them, or narrow the path in the plan", "请让当前用户可以读取它们，或在计划文件里缩小路径范围"), Err: err}
}

func leadsToFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// sum reads one file.
func sum(root *os.Root, name string) (store.File, error) {
	f, err := root.Open(name)
	if err != nil {
		return store.File{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return store.File{Path: name, Size: n, Sum: store.Digest(h.Sum(nil))}, err
}

// copyFrom copies the snapshot's files into dir. They may have changed since,
// or gone: the caller compares the digests.
func (s *snapshot) copyFrom(from, dir string) error {
	root, err := os.OpenRoot(from)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range s.files {
		to := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return err
		}
		if err := copyFile(root, f.Path, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// copyFile copies one file. One that is a link by now is as good as gone.
func copyFile(root *os.Root, name, to string) error {
	if info, err := root.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return errors.Join(err, fs.ErrNotExist)
	}
	in, err := root.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// tracesFile is the file of a pinned release's answers.
const tracesFile = "traces.jsonl"

// pinned takes a snapshot of the answers that the running release ref gave.
func pinned(ref stage.Ref, env Env) (*snapshot, error) {
	s := &snapshot{ref: ref}
	if env.Pin != nil {
		write, err := env.Pin(ref)
		if err != nil {
			return nil, &say.Error{What: say.T("the answers of %s cannot be read: %v", "无法读取 %s 的对话记录：%v", ref, err), Err: err}
		}
		s.write = write
	}
	if s.write == nil { // it does not run yet
		s.write = func(dir string) error { return os.WriteFile(filepath.Join(dir, tracesFile), nil, 0o666) }
	}
	dir, err := os.MkdirTemp("", "suiren-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := s.write(dir); err != nil {
		return nil, err
	}
	if s.files, err = store.List(dir); err != nil {
		return nil, err
	}
	s.digest = store.FilesDigest(s.files)
	return s, nil
}

// keep copies the snapshot into the store, unless it is there. Its error
// wraps ErrMoved if the files are no longer those of the snapshot.
func (s *snapshot) keep(st *store.Store) error {
	if s.place != "" {
		files, err := s.sum(context.Background(), s.place)
		if err != nil {
			return err
		}
		if store.FilesDigest(files) != s.digest {
			return moved(s.changed(files))
		}
		return st.SetPlace(s.digest, s.place)
	}
	if _, err := st.Dir(s.digest); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	dir, err := st.Temp()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // gone already if all went well
	if err := s.write(dir); err != nil {
		return store.DiskFull(st.Path(), err)
	}
	files, err := store.List(dir)
	if err != nil {
		return err
	}
	if store.FilesDigest(files) != s.digest {
		return moved(s.changed(files))
	}
	_, err = st.Put(dir)
	return err
}

// Places notes where the owner's models lie that blocks are made from: they may have been
// moved since those were made.
func (p *Plan) Places(st *store.Store) error {
	for _, s := range p.Steps() {
		for _, snap := range s.snaps {
			if snap.place == "" {
				continue
			}
			if err := st.SetPlace(snap.digest, snap.place); err != nil {
				return err
			}
		}
	}
	return nil
}

// changed says how the files of the snapshot differ from before.
func (s *snapshot) changed(now []store.File) say.Text {
	if !s.ref.IsZero() {
		return say.T("%s has new answers", "%s 有新的对话记录", s.ref)
	}
	return filesChanged(s.files, now)
}

// filesChanged counts the differences between two sets of files, and names
// one if it is the only one.
func filesChanged(before, now []store.File) say.Text {
	old := make(map[string]store.Digest, len(before))
	for _, f := range before {
		old[f.Path] = f.Sum
	}
	var added, changed, removed []string
	for _, f := range now {
		d, ok := old[f.Path]
		switch {
		case !ok:
			added = append(added, f.Path)
		case d != f.Sum:
			changed = append(changed, f.Path)
		}
		delete(old, f.Path)
	}
	for p := range old {
		removed = append(removed, p)
	}
	var list []say.Text
	count := func(names []string, en1, zh1, en, zh string) {
		switch len(names) {
		case 0:
		case 1:
			list = append(list, say.T(en1, zh1, clip(names[0])))
		default:
			list = append(list, say.T(en, zh, len(names)))
		}
	}
	count(added, "%s is new", "新增 %s", "%d files are new", "新增 %d 个文件")
	count(changed, "%s changed", "%s 有改动", "%d files changed", "改动 %d 个文件")
	count(removed, "%s is gone", "删除了 %s", "%d files are gone", "删除 %d 个文件")
	return joinTexts(list, ", ", "，")
}

// joinTexts makes one text of many.
func joinTexts(list []say.Text, en, zh string) say.Text {
	var e, z []string
	for _, t := range list {
		e, z = append(e, t.In(say.English)), append(z, t.In(say.Chinese))
	}
	return say.Text{En: strings.Join(e, en), Zh: strings.Join(z, zh)}
}

// at says of an error about what s is made from of which argument it is, and of a model of
// the owner's where it lies. That one is no longer as it was is s's own fault: other steps
// may be made.
func (s *Step) at(snap *snapshot, err error) error {
	bad, ok := errors.AsType[*say.Error](err)
	if !ok {
		return err
	}
	named := *bad
	if named.Where = s.Ref.String(); snap.place == "" {
		return &named
	}
	named.Where = snap.arg + ": " + clip(snap.place)
	return &run.Fault{Step: s.Ref.String(), Err: &named}
}

// moved is an error that wraps ErrMoved.
func moved(what say.Text) error {
	return &say.Error{What: say.T("what was planned from has changed: %s", "计划所依据的内容已变化：%s", what),
		Next: say.T("make the plan again: suiren plan", "请重新运行 suiren plan"), Err: ErrMoved}
}
