package plan

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"suiren/stage"
)

const reading = `
documents "asked" { traces = release.tutor }
documents "papers" { path = "papers/**" }
examples "a" { text = "One" }
tokens "rows" { from = examples.a }
weights "w" {
  train = "grow"
  from  = tokens.rows
}
release "tutor" {
  weights = weights.w
  asked   = documents.asked
}
`

func TestOwnersFiles(t *testing.T) {
	h := newHouse(t, reading)
	if _, err := h.tryPlan(); err == nil || !strings.Contains(err.Error(), `suiren.hcl:3:29: documents.papers: no file matches "papers/**"; paths begin at `) {
		t.Errorf("no files: %v", err)
	}
	h.edit(`"papers/**"`, `"suiren.hcl"`)
	if _, err := h.tryPlan(); err == nil || !strings.Contains(err.Error(), `suiren.hcl:3:29: documents.papers: "suiren.hcl" is the plan itself, which is no data; name other files`) {
		t.Errorf("the plan: %v", err)
	}
	h.edit(`"suiren.hcl"`, `"a\u0000b"`)
	if _, err := h.tryPlan(); err == nil || !strings.Contains(err.Error(), "a path holds no NUL") {
		t.Errorf("NUL: %v", err)
	}
	h.edit(`"a\u0000b"`, `"papers/**"`)
	h.file("folder/one.md", "1")
	h.edit(`"papers/**"`, `"folder"`)
	if _, err := h.tryPlan(); err == nil || !strings.Contains(err.Error(), `no file matches "folder"; this is a folder: write "folder/**" for all files in it`) {
		t.Errorf("a folder: %v", err)
	}
	h.edit(`"folder"`, `"papers/**"`)
	h.file("papers/one.md", "1")
	h.file("papers/deep/two.md", "2")
	h.file("papers/.hidden", "3")
	h.file("other.md", "4")
	if size := h.plan().Steps()[1].Forecast.Size; size["read"] != 2 { // what two files hold
		t.Errorf("foretold by %v", size)
	}
	h.made()
	s := h.plan().Steps()[1]
	dir, err := h.st.Dir(s.Output)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "papers")); err != nil || string(b) != "papers/deep/two.md: 2\npapers/one.md: 1\n" {
		t.Errorf("read %q (%v)", b, err)
	}
	h.edit(`"papers/**"`, `"./papers/**"`) // the same files by the same pattern
	h.expect("\n= documents.asked\n= documents.papers\n= examples.a\n= tokens.rows\n= weights.w\n= release.tutor\n", "")
	h.edit(`"./papers/**"`, `"papers/**"`)

	h.file("papers/one.md", "11")
	h.expect("\n= documents.asked\n~ documents.papers papers/one.md changed\n= examples.a\n= tokens.rows\n= weights.w\n= release.tutor\n", "")
	h.file("papers/three.md", "3")
	h.file("papers/four.md", "3")
	if err := os.RemoveAll(filepath.Join(h.dir, "papers/deep")); err != nil {
		t.Fatal(err)
	}
	p := h.expect("\n= documents.asked\n~ documents.papers 2 files are new, papers/one.md changed, papers/deep/two.md is gone\n= examples.a\n= tokens.rows\n= weights.w\n= release.tutor\n",
		"\n= documents.asked\n~ documents.papers 新增 2 个文件，papers/one.md 有改动，删除了 papers/deep/two.md\n= examples.a\n= tokens.rows\n= weights.w\n= release.tutor\n")

	// The files move between plan and apply.
	h.file("papers/one.md", "111")
	if err := h.apply(p); !errors.Is(err, ErrMoved) || !strings.Contains(err.Error(), "papers/one.md changed") {
		t.Errorf("apply after the files moved: %v", err)
	}
	p = h.plan()
	if err := os.Remove(filepath.Join(h.dir, "papers/one.md")); err != nil {
		t.Fatal(err)
	}
	if err := h.apply(p); !errors.Is(err, ErrMoved) || !strings.Contains(err.Error(), "papers/one.md is gone") {
		t.Errorf("apply after a file went: %v", err)
	}
	h.made()
}

// placed is what begins with line and column of a plan.
var placed = regexp.MustCompile(`^\S*suiren\.hcl:\d+:\d+: `)

func TestLinksAreNotFollowed(t *testing.T) {
	h := newHouse(t, reading)
	outside := filepath.Join(t.TempDir(), "secret")
	write(t, filepath.Join(outside, "x.md"), "secret")
	h.file("papers/one.md", "1")
	for name, target := range map[string]string{"papers/link.md": filepath.Join(outside, "x.md"), "papers/folder": outside, "papers/dangling": "nowhere", "papers/inner.md": "one.md"} {
		link := filepath.Join(h.dir, name)
		if err := os.Symlink(target, link); err != nil {
			t.Skip(err)
		}
		if _, err := h.tryPlan(); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), name+": this is a link") || !placed.MatchString(err.Error()) {
			t.Errorf("%s → %s: %v", name, target, err)
		}
		os.Remove(link)
	}
	if err := os.Symlink(outside, filepath.Join(h.dir, "unrelated")); err != nil {
		t.Fatal(err)
	}
	h.made()
	// A file that becomes a link after the plan was made.
	h.file("papers/one.md", "2")
	p := h.plan()
	os.Remove(filepath.Join(h.dir, "papers/one.md"))
	if err := os.Symlink(filepath.Join(outside, "x.md"), filepath.Join(h.dir, "papers/one.md")); err != nil {
		t.Fatal(err)
	}
	if err := h.apply(p); !errors.Is(err, ErrMoved) {
		t.Errorf("apply of a link: %v", err)
	}
}

func TestPins(t *testing.T) {
	h := newHouse(t, reading)
	h.file("papers/one.md", "1")
	h.made()
	answers := "{}\n"
	h.env.Pin = func(ref stage.Ref) (func(string) error, error) {
		if ref.String() != "release.tutor" {
			t.Errorf("pinned %s", ref)
		}
		now := answers
		return func(dir string) error { return put(dir, tracesFile, now) }, nil
	}
	p := h.expect("\n~ documents.asked release.tutor: new answers\n= documents.papers\n= examples.a\n= tokens.rows\n= weights.w\n~ release.tutor documents.asked will be made again\n",
		"\n~ documents.asked release.tutor：有新的对话记录\n= documents.papers\n= examples.a\n= tokens.rows\n= weights.w\n~ release.tutor documents.asked 将重做\n")
	answers = "{}\n{}\n" // comes later, and is not in the plan
	if err := h.apply(p); err != nil {
		t.Fatal(err)
	}
	dir, _ := h.st.Dir(p.Steps()[0].Output)
	if b, err := os.ReadFile(filepath.Join(dir, "papers")); err != nil || string(b) != "traces.jsonl: {}\n\n" {
		t.Errorf("read %q (%v)", b, err)
	}
	h.made()
	h.env.Pin = func(stage.Ref) (func(string) error, error) { return nil, os.ErrPermission }
	if _, err := h.tryPlan(); !errors.Is(err, os.ErrPermission) {
		t.Errorf("unreadable answers: %v", err)
	}
}
