package store

import (
	"crypto/sha256"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The expected digests were made with sha256sum, wc and sort of GNU coreutils
// 9, from the form that FilesDigest states.
func TestDirDigest(t *testing.T) {
	for _, c := range []struct {
		want  string
		files []string
	}{
		{"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", nil},
		{"68a4030a52a3d2f25d839b96c91a7af53a7f212f5be1d261e90a49a3a26548c5", []string{"a-b", "two\n", "a/b", "one\n", "a/空 格", ""}},
		{"20c1f2d07a435517c7c050f6072a6e578352c8706f8b1deccb4322b2777f12ca", []string{"new\nline", "x", `back\slash`, "y"}},
	} {
		dir := t.TempDir()
		write(t, dir, c.files...)
		check(t, os.Mkdir(filepath.Join(dir, "empty"), 0o777)) // does not count
		got, err := DirDigest(dir)
		check(t, err)
		if got.String() != c.want {
			files, _ := List(dir)
			t.Errorf("%v, want %v; of\n%s", got, c.want, listText(files))
		}
	}
}

// The digest does not depend on the order in which files come.
func TestFilesDigestOrder(t *testing.T) {
	files := []File{{Path: "a-b"}, {Path: "a/b", Size: 1}, {Path: "a", Size: 2}, {Path: "中/文", Size: 3}}
	want := FilesDigest(files)
	for range 20 {
		rand.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
		if got := FilesDigest(files); got != want {
			t.Fatalf("%v in order %v, want %v", got, files, want)
		}
	}
}

// Names that are not UTF-8, as old archives unpack to, are names.
func TestOddNames(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system has no such names")
	}
	s := open(t, t.TempDir())
	d := put(t, s, "\xb2\xe2\xca\xd4/\xff", "1")
	if _, _, err := s.Part(d, "."); err == nil {
		t.Error("the part . is no part")
	}
	check(t, s.Verify(t.Context(), func(_ Digest, p *Problem) {
		if p != nil {
			t.Error(p)
		}
	}))
	if files, err := s.list(d); err != nil || len(files) != 1 || files[0].Path != "\xb2\xe2\xca\xd4/\xff" {
		t.Errorf("%v, %v", files, err)
	}
}

// Two different sets of files have different lists, whatever their names.
func TestListText(t *testing.T) {
	name := rapid.SliceOfN(rapid.SampledFrom([]string{"a", " ", "\n", "\\", `\x0a`, "\x7f", "\xff", "é", "0"}), 1, 5)
	rapid.Check(t, func(t *rapid.T) {
		var files []File
		for range rapid.IntRange(0, 4).Draw(t, "n") {
			path := strings.Join(name.Draw(t, "name"), "")
			if slices.ContainsFunc(files, func(f File) bool { return f.Path == path }) {
				continue
			}
			sum := sha256.Sum256([]byte(rapid.String().Draw(t, "content")))
			files = append(files, File{path, rapid.Int64Min(0).Draw(t, "size"), sum})
		}
		slices.SortFunc(files, byPath)
		got, err := parseList(listText(files))
		if err != nil || !slices.Equal(got, files) {
			t.Fatalf("%v, %v; want %v", got, err, files)
		}
	})
}

func FuzzParseList(f *testing.F) {
	f.Add([]byte(""))
	f.Add(listText([]File{{Path: "a b"}, {Path: "c\n\\", Size: 12, Sum: Digest{1}}}))
	f.Add([]byte(strings.Repeat("0", 64) + " 1 ../x\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		files, err := parseList(text)
		if err != nil {
			return
		}
		for _, f := range files {
			if f.Size < 0 || !filepath.IsLocal(f.Path) {
				t.Errorf("took %+v", f)
			}
		}
		if again := listText(files); string(again) != string(text) {
			t.Errorf("%q was read and is written as %q", text, again)
		}
	})
}

func TestVerify(t *testing.T) {
	for _, c := range []struct {
		name, says string
		ruin       func(dir string) error
	}{
		{"nothing", "", func(string) error { return nil }},
		{"a flipped bit", "train/rows has changed", func(dir string) error { return flip(filepath.Join(dir, "train", "rows")) }},
		{"a removed file", "train/rows is missing", func(dir string) error { return os.Remove(filepath.Join(dir, "train", "rows")) }},
		{"a hidden file", "", func(dir string) error { return os.WriteFile(filepath.Join(dir, "train", ".DS_Store"), nil, 0o600) }},
		{"a symbolic link", "it cannot be read", func(dir string) error { return os.Symlink("rows", filepath.Join(dir, "train", "more")) }},
		{"a renamed file", "and 1 more differences", func(dir string) error { return os.Rename(filepath.Join(dir, "z"), filepath.Join(dir, "y")) }},
		{"a lost list", "", func(dir string) error { return os.Remove(dir + listSuffix) }},
		{"a damaged list", "", func(dir string) error { return flip(dir + listSuffix) }},
		{"a damaged list and a flipped bit", "the list of them is lost", func(dir string) error {
			check(t, flip(filepath.Join(dir, "z")))
			return flip(dir + listSuffix)
		}},
		{"a lost artifact", "corpus.clean is lost", os.RemoveAll},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			other := put(t, s, "x", "other")
			d := put(t, s, "train/rows", "1\n2\n", "z", "3")
			check(t, s.Record(Record{Key: Digest{1}, Kind: Corpus, Name: "clean", Output: d}))
			check(t, s.SetBlock(Block{Corpus, "clean", Digest{1}, d}))
			check(t, c.ruin(s.artifact(d)))
			got := map[Digest]*Problem{}
			check(t, s.Verify(t.Context(), func(d Digest, p *Problem) {
				if _, twice := got[d]; twice {
					t.Errorf("%v was told of twice", d)
				}
				got[d] = p
			}))
			if p, ok := got[other]; !ok || p != nil {
				t.Errorf("the other artifact: %v, %v", ok, p)
			}
			_, made, err := s.Made(Digest{1})
			check(t, err)
			p := got[d]
			if made != (c.says == "") || (p == nil) != (c.says == "") {
				t.Fatalf("made: %v, problem: %v", made, p)
			}
			if p != nil && (!strings.Contains(p.Error(), c.says) || p.Next.IsZero() || p.In("zh") == p.In("en")) {
				t.Errorf("%q, want it to say %q", p, c.says)
			}
			if p == nil {
				if text, err := os.ReadFile(s.artifact(d) + listSuffix); err != nil || sha256.Sum256(text) != d {
					t.Errorf("the list was not mended: %q, %v", text, err)
				}
			}
			// It can be made again, and then all is well but for what was moved aside.
			if again := put(t, s, "train/rows", "1\n2\n", "z", "3"); again != d {
				t.Errorf("made again: %v, want %v", again, d)
			}
			check(t, s.Verify(t.Context(), func(d Digest, p *Problem) {
				if p != nil {
					t.Errorf("after it was made again: %v", p)
				}
			}))
		})
	}
}

// What lies beside the files of a whole artifact is told, and the artifact stays.
func TestVerifyAdded(t *testing.T) {
	s := open(t, t.TempDir())
	d := put(t, s, "train/rows", "1\n2\n")
	added := filepath.Join(s.artifact(d), "train", "more")
	check(t, os.WriteFile(added, nil, 0o600))
	err := s.Check(t.Context(), d)
	if err == nil || !strings.HasPrefix(err.Error(), "train/more does not belong here; remove it from ") {
		t.Errorf("of an added file it says %v", err)
	}
	check(t, s.Verify(t.Context(), func(_ Digest, p *Problem) {
		if p == nil || p.Error() != err.Error() {
			t.Errorf("verify says %v", p)
		}
	}))
	check(t, os.Remove(added))
	check(t, s.Check(t.Context(), d))
}

func flip(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	b[len(b)/2] ^= 4
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

// GC keeps the lineage of what stands, parts of artifacts included, and the
// checkpoints of steps that may go on.
func TestGC(t *testing.T) {
	s := open(t, t.TempDir())
	lessons := put(t, s, "train/x", "1", "heldout/x", "2")
	held, _, err := s.Part(lessons, "heldout")
	check(t, err)
	model, verdict, old := put(t, s, "model", "m"), put(t, s, "verdict", "v"), put(t, s, "model", "old")
	check(t, s.Record(Record{Key: Digest{1}, Output: verdict, Inputs: []Used{
		{Arg: "problems", Part: "heldout", Digest: held, From: lessons}, {Arg: "weights", Digest: model}}}))
	check(t, s.SetBlock(Block{Verdict, "ready", Digest{1}, verdict}))
	for _, key := range []Digest{{1}, {2}, {3}} { // done, to be gone on from, forgotten
		dir, err := s.Work(key)
		check(t, err)
		write(t, dir, "checkpoint", "123")
		if key == (Digest{3}) {
			long := time.Now().Add(-keepWork - time.Hour)
			check(t, os.Chtimes(filepath.Join(dir, "checkpoint"), long, long))
			check(t, os.Chtimes(dir, long, long))
		}
	}
	removed, bytes, err := s.GC(t.Context(), false)
	if err != nil || !slices.Equal(removed, []Digest{old}) || bytes != 3+2*3 {
		t.Errorf("removed %v (%d bytes), %v; want %v", removed, bytes, err, old)
	}
	if got := names(t, filepath.Join(s.Path(), "work")); got != (Digest{2}).String() {
		t.Errorf("checkpoints left: %s", got)
	}
	if got, want := len(strings.Fields(names(t, filepath.Join(s.Path(), "artifacts")))), 2*3; got != want {
		t.Errorf("%d names in artifacts, want %d", got, want)
	}
}
