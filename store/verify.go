package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"suiren/internal/say"
)

// A Problem is one thing wrong in the store.
type Problem struct {
	What say.Text // which file, and what is wrong with it
	Next say.Text // what to do about it

	whole bool // the artifact itself is: something else lies beside its files
}

func (p *Problem) Error() string { return p.In(say.English) }

// In returns the problem on one line.
func (p *Problem) In(lang say.Lang) string { return (&say.Error{What: p.What, Next: p.Next}).In(lang) }

// Verify reads everything in the store again and calls each, which may be nil,
// once for every artifact: with nil if it is what its name says. A damaged
// one is moved to damaged/, so that it no longer counts as made; not so one that only has
// files beside its own. Then come
// the artifacts of standing blocks that are lost, and what is wrong with the
// records, under the zero Digest. The error is of the reading itself.
func (s *Store) Verify(ctx context.Context, each func(Digest, *Problem)) error {
	if each == nil {
		each = func(Digest, *Problem) {}
	}
	have, err := s.artifacts()
	if err != nil {
		return err
	}
	bad := map[Digest]bool{}
	for _, d := range have {
		if err := ctx.Err(); err != nil {
			return err
		}
		p, err := s.check(ctx, d)
		if err != nil {
			return err
		}
		if p == nil {
			each(d, nil)
			continue
		}
		if _, err := s.Dir(d); errors.Is(err, ErrNotFound) {
			continue // gc removed it meanwhile
		}
		if !p.whole {
			if err := s.setAside(d); err != nil {
				return DiskFull(s.dir, err)
			}
			bad[d] = true
		}
		each(d, p)
	}
	return s.checkRecords(ctx, bad, each)
}

// Check reads artifact d again, as Verify does, before something is made from it.
// A damaged one is moved to damaged/, and the error is a *Problem.
func (s *Store) Check(ctx context.Context, d Digest) error {
	p, err := s.check(ctx, d)
	if err != nil || p == nil {
		return err
	}
	if !p.whole {
		if err := s.setAside(d); err != nil {
			return DiskFull(s.dir, err)
		}
	}
	return p
}

// artifacts returns the digests of all artifacts, sorted.
func (s *Store) artifacts() ([]Digest, error) {
	list, err := os.ReadDir(filepath.Join(s.dir, "artifacts"))
	if err != nil {
		return nil, err
	}
	var have []Digest
	for _, e := range list {
		if d, err := ParseDigest(e.Name()); err == nil && e.IsDir() && d.String() == e.Name() {
			have = append(have, d)
		}
	}
	return have, nil
}

// check compares an artifact's files with its list, and the list with its name. A hidden
// file that is not in the list is none of the artifact's: whoever looks into a folder may
// leave one.
func (s *Store) check(ctx context.Context, d Digest) (*Problem, error) {
	again := say.T("it was moved to damaged/; suiren apply makes it again", "已移到 damaged/；运行 suiren apply 可重新制作")
	got, err := listFiles(ctx, s.artifact(d))
	if errors.Is(err, fs.ErrPermission) {
		return nil, err // the reader's trouble, not the artifact's
	}
	if err != nil {
		if _, ok := errors.AsType[*say.Error](err); ok || errors.Is(err, syscall.EIO) || errors.Is(err, fs.ErrNotExist) {
			return &Problem{What: say.T("it cannot be read: %v", "无法读取：%v", err), Next: again}, nil
		}
		return nil, err
	}
	if FilesDigest(got) == d {
		return nil, s.mendList(d, got)
	}
	text, err := os.ReadFile(s.artifact(d) + listSuffix)
	var want []File
	if err == nil && Digest(sha256.Sum256(text)) == d {
		want, err = parseList(text)
	} else {
		err = errors.Join(err, errors.New("damaged"))
	}
	if err != nil {
		return &Problem{What: say.T("its files are not those it was made with, and the list of them is lost", "文件与制作时不符，且文件清单已丢失"), Next: again}, nil
	}
	got = slices.DeleteFunc(got, func(f File) bool {
		return strings.HasPrefix(path.Base(f.Path), ".") && !slices.ContainsFunc(want, func(w File) bool { return w.Path == f.Path })
	})
	if slices.Equal(got, want) {
		return nil, nil
	}
	p := &Problem{What: difference(want, got), Next: again}
	if p.whole = !slices.ContainsFunc(want, func(f File) bool { return !slices.Contains(got, f) }); p.whole {
		p.Next = say.T("remove it from %s", "请从 %s 中删去", s.artifact(d))
	}
	return p, nil
}

// mendList writes the list of a whole artifact again if it is lost or damaged.
func (s *Store) mendList(d Digest, files []File) error {
	text := listText(files)
	if have, err := os.ReadFile(s.artifact(d) + listSuffix); err == nil && bytes.Equal(have, text) {
		return nil
	}
	return DiskFull(s.dir, s.writeList(d, text))
}

// difference says how got differs from want, both sorted by path.
func difference(want, got []File) say.Text {
	var found []say.Text
	for len(want) > 0 || len(got) > 0 {
		switch {
		case len(got) == 0 || len(want) > 0 && want[0].Path < got[0].Path:
			found = append(found, say.T("%s is missing", "缺少 %s", want[0].Path))
			want = want[1:]
		case len(want) == 0 || got[0].Path < want[0].Path:
			found = append(found, say.T("%s does not belong here", "多出 %s", got[0].Path))
			got = got[1:]
		default:
			if want[0] != got[0] {
				found = append(found, say.T("%s has changed", "%s 的内容已变化", want[0].Path))
			}
			want, got = want[1:], got[1:]
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return say.T("%v, and %d more differences", "%v，另有 %d 处不同", found[0], len(found)-1)
}

// checkRecords looks for standing blocks without their artifact, and has
// SQLite check its file.
func (s *Store) checkRecords(ctx context.Context, told map[Digest]bool, each func(Digest, *Problem)) error {
	blocks, err := s.Blocks()
	if err != nil {
		return err
	}
	for _, b := range blocks {
		if _, err := s.Dir(b.Output); errors.Is(err, ErrNotFound) && !told[b.Output] {
			told[b.Output] = true
			each(b.Output, &Problem{What: say.T("the artifact of %s.%s is lost", "%s.%s 的产物已丢失", b.Kind, b.Name),
				Next: say.T("suiren apply makes it again", "运行 suiren apply 可重新制作")})
		} else if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	rows, err := s.db.QueryContext(ctx, "PRAGMA integrity_check(10)")
	if err != nil {
		return s.dbError(err)
	}
	defer rows.Close()
	var wrong []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return s.dbError(err)
		}
		if line != "ok" {
			wrong = append(wrong, line)
		}
	}
	if len(wrong) > 0 {
		each(Digest{}, &Problem{What: say.T("suiren.db is damaged: %s", "suiren.db 已损坏：%s", strings.Join(wrong, "; ")),
			Next: say.T("move it away together with suiren.db-wal: the artifacts stay, and apply makes the records anew",
				"请将它与 suiren.db-wal 一并移走：产物仍在，apply 会重新生成记录")})
	}
	return s.dbError(rows.Err())
}
