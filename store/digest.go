package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"suiren/internal/say"
)

// A File is one file of an artifact.
type File struct {
	Path string // below the artifact's folder, with slashes
	Size int64  // bytes
	Sum  Digest // SHA-256 of the content
}

// DirDigest returns the digest of a folder's files: FilesDigest of List.
func DirDigest(dir string) (Digest, error) {
	files, err := List(dir)
	if err != nil {
		return Digest{}, err
	}
	return FilesDigest(files), nil
}

// FilesDigest names a set of files: the SHA-256 of one line for each file,
// sorted by the bytes of the path, which must differ from each other:
//
//	<SHA-256 of the content, 64 hexadecimal digits> <size, decimal> <path>\n
//
// with single spaces. In the path a byte below 0x20, 0x7f and the backslash
// are written \xHH, so that a line is a file. Modes, times and empty folders
// do not count. A sub-folder has a digest by the same rule, with paths from
// there.
func FilesDigest(files []File) Digest { return sha256.Sum256(listText(files)) }

// listText is the text whose SHA-256 is the digest.
func listText(files []File) []byte {
	files = slices.Clone(files)
	slices.SortFunc(files, byPath)
	var b []byte
	for _, f := range files {
		b = fmt.Appendf(b, "%s %d ", f.Sum, f.Size)
		for i := range len(f.Path) {
			if c := f.Path[i]; c < 0x20 || c == 0x7f || c == '\\' {
				b = fmt.Appendf(b, `\x%02x`, c)
			} else {
				b = append(b, c)
			}
		}
		b = append(b, '\n')
	}
	return b
}

func byPath(a, b File) int { return strings.Compare(a.Path, b.Path) }

// parseList reads what listText wrote, and nothing else.
func parseList(text []byte) ([]File, error) {
	var files []File
	all := text
	for len(text) > 0 {
		line, rest, ok := bytes.Cut(text, []byte("\n"))
		sum, tail, _ := strings.Cut(string(line), " ")
		size, path, _ := strings.Cut(tail, " ")
		f := File{}
		var errSum, errSize, errPath error
		f.Sum, errSum = ParseDigest(sum)
		f.Size, errSize = strconv.ParseInt(size, 10, 64)
		f.Path, errPath = unescape(path)
		if err := errors.Join(errSum, errSize, errPath); err != nil || !ok || f.Size < 0 || !fs.ValidPath(strings.ToValidUTF8(f.Path, "?")) {
			return nil, fmt.Errorf("line %d of a list of files: %w", len(files)+1, errors.Join(err, errors.New("not <digest> <size> <path>")))
		}
		files = append(files, f)
		text = rest
	}
	if !bytes.Equal(listText(files), all) { // another order, capitals, a sign
		return nil, errors.New("a list of files is not in its one form")
	}
	return files, nil
}

func unescape(s string) (string, error) {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, `\`)
		b.WriteString(before)
		if !ok {
			return b.String(), nil
		}
		if len(after) < 3 || after[0] != 'x' {
			return "", fmt.Errorf("bad escape in %q", s)
		}
		c, err := strconv.ParseUint(after[1:3], 16, 8)
		if err != nil {
			return "", fmt.Errorf("bad escape in %q", s)
		}
		b.WriteByte(byte(c))
		s = after[3:]
	}
}

// part returns the files below the sub-folder part, with paths from there.
func part(files []File, part string) []File {
	var in []File
	for _, f := range files {
		if rest, ok := strings.CutPrefix(f.Path, part+"/"); ok {
			f.Path = rest
			in = append(in, f)
		}
	}
	return in
}

// List reads every file of a folder and its sub-folders, sorted by path. A
// symbolic link below it, or anything else that is neither a file nor a
// folder, is an error: what it leads to is not in the folder.
func List(dir string) ([]File, error) { return listFiles(context.Background(), dir) }

func listFiles(ctx context.Context, dir string) ([]File, error) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	var files []File
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !d.Type().IsRegular() {
			return &say.Error{Where: path,
				What: say.T("an artifact holds files and folders only; this is neither", "产物里只能有文件和目录，这里两者都不是"),
				Next: say.T("replace it by the file itself", "请换成文件本身")}
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f, err := sumFile(ctx, path)
		f.Path = filepath.ToSlash(rel)
		files = append(files, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, byPath) // WalkDir's order is by name in each folder: a/b before a-b
	return files, nil
}

// sumFile returns the size and sum of a file.
func sumFile(ctx context.Context, path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.CopyBuffer(h, until{ctx, f}, make([]byte, 1<<18))
	return File{Size: n, Sum: Digest(h.Sum(nil))}, err
}

// until reads as long as ctx is not done: a file of gigabytes takes seconds.
type until struct {
	ctx context.Context
	io.Reader
}

func (u until) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.Reader.Read(b)
}

// ParseList reads the list of an artifact's files, as it lies beside it.
func ParseList(text []byte) ([]File, error) { return parseList(text) }
