package base

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"suiren/knowledge"
)

func put(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, dir string) *Base {
	t.Helper()
	b, err := Open(dir, "ours")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func first(t testing.TB, b *Base, question string) string {
	t.Helper()
	ix, err := b.Index()
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	if hits := ix.Search(question, 1); len(hits) > 0 {
		return hits[0].File
	}
	return ""
}

func TestBase(t *testing.T) {
	ctx, docs, dir := context.Background(), filepath.Join(t.TempDir(), "docs"), t.TempDir()
	for i := range 20 {
		put(t, filepath.Join(docs, fmt.Sprintf("n%d.md", i)), fmt.Sprintf("# Number %d\n\nThe word of number %d is q%cx.\n", i, i, 'a'+i))
	}
	put(t, filepath.Join(docs, "sub", "秘密.txt"), "钥匙在花盆下面。\n")
	put(t, filepath.Join(docs, ".hidden.md"), "hidden secret")
	put(t, filepath.Join(docs, "~$n1.docx"), "\x05owner") // Office's note that n1.docx is open
	put(t, filepath.Join(docs, "broken.txt"), "   \n")
	b := open(t, dir)
	if _, err := b.Index(); err == nil {
		t.Error("an empty base has an index")
	}
	r, err := b.Add(ctx, []string{docs}, ReadText)
	if err != nil || r.Files != 22 || r.Documents != 21 || r.Read != 22 || len(r.Aside) != 1 || r.Unchanged {
		t.Fatalf("%+v %v", r, err)
	}
	if got := first(t, b, "钥匙在哪里？"); got != "docs/sub/秘密.txt" {
		t.Error(got)
	}
	if first(t, b, "hidden secret") == "docs/.hidden.md" {
		t.Error("a hidden file is found")
	}

	// Nothing changed: nothing is read, and the index stands.
	b = open(t, dir)
	if r, err = b.Add(ctx, []string{docs}, ReadText); err != nil || r.Read != 0 || !r.Unchanged || len(r.Aside) != 1 {
		t.Errorf("%+v %v", r, err)
	}
	// One file is replaced: it alone is read again. An index that is open keeps answering.
	old, err := b.Index()
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	put(t, filepath.Join(docs, "n3.md"), "# Number 3\n\nNow it is changedword.\n")
	os.Rename(filepath.Join(docs, "n4.md"), filepath.Join(docs, "m4.md"))
	if got := b.Stale(); len(got) != 2 {
		t.Errorf("stale: %v", got)
	}
	if r, err = b.Sync(ctx, ReadText); err != nil || r.Read != 1 || r.Unchanged {
		t.Errorf("%+v %v", r, err)
	}
	if first(t, b, "changedword") != "docs/n3.md" || first(t, b, "qdx") == "docs/n3.md" || first(t, b, "qex") != "docs/m4.md" || len(b.Stale()) != 0 {
		t.Error("the change is not seen")
	}
	if hits := old.Search("qdx", 1); len(hits) != 1 || hits[0].File != "docs/n3.md" {
		t.Error("the index that was open changed")
	}

	// Rules count at once, without a new index.
	if err := b.SetRules([]knowledge.Rule{{Path: "docs/sub", Allow: []string{"ann"}}}); err != nil {
		t.Fatal(err)
	}
	ix, err := open(t, dir).Index()
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	if hits := ix.Find(knowledge.Question{Text: "钥匙", K: 3, Access: ix.Access(open(t, dir).Rules(), "bob")}); slices.ContainsFunc(hits, func(h knowledge.Hit) bool { return h.File == "docs/sub/秘密.txt" }) {
		t.Error(hits)
	}

	wrong := errors.New("wrong")
	put(t, filepath.Join(docs, "new.md"), "x")
	if _, err := b.Sync(ctx, func(context.Context, string, []byte) ([]knowledge.Document, *Aside, error) { return nil, nil, wrong }); !errors.Is(err, wrong) {
		t.Error(err)
	}
	if _, err := b.Add(ctx, []string{filepath.Join(docs, "nowhere")}, ReadText); err == nil {
		t.Error("a folder that is not there is added")
	}
	put(t, filepath.Join(dir, "other", "docs", "a.md"), "x")
	if _, err := b.Add(ctx, []string{filepath.Join(dir, "other", "docs")}, ReadText); err == nil {
		t.Error("two folders of one name")
	}
	for _, name := range []string{"", "../x", "a/b", ".x", strings.Repeat("x", 65)} {
		if _, err := Open(dir, name); err == nil {
			t.Errorf("%q is a name", name)
		}
	}
	if names, err := List(dir); err != nil || len(names) != 1 || names[0] != "ours" {
		t.Error(names, err)
	}
	if err := b.Remove(); err != nil {
		t.Fatal(err)
	}
	if names, _ := List(dir); len(names) != 0 {
		t.Error(names)
	}
}

// contents returns the bytes of what answers.
func contents(t testing.TB, dir string) []byte {
	t.Helper()
	b := open(t, dir)
	files, err := filepath.Glob(filepath.Join(dir, "ours", b.conf.Index, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var all bytes.Buffer
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %d\n", filepath.Base(f), len(text))
		all.Write(text)
	}
	return all.Bytes()
}

// kills is how often TestKilled kills.
var kills = flag.Int("kills", 6, "how often TestKilled kills the process that indexes")

// A process that is killed while it indexes leaves nothing but time lost, and questions are
// answered all the while:
// until then the old index answers, and the next Sync makes the same bytes as an
// undisturbed one.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("BASE_KILLED"); dir != "" {
		b, err := Open(dir, "ours")
		if err == nil {
			_, err = b.Sync(context.Background(), ReadText)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	docs, dir, calm := filepath.Join(t.TempDir(), "docs"), t.TempDir(), t.TempDir()
	write := func(round int) {
		for i := range 60 {
			put(t, filepath.Join(docs, fmt.Sprintf("%d.md", i)), fmt.Sprintf("# Page %d\n\n", i)+strings.Repeat(fmt.Sprintf("Round %d of page %d 说明。", round, i), 30))
		}
	}
	write(0)
	if _, err := open(t, dir).Add(context.Background(), []string{docs}, ReadText); err != nil {
		t.Fatal(err)
	}
	shelf := NewShelf(dir)
	defer shelf.Close()
	r := rand.New(rand.NewPCG(4, 4))
	killed, answers := 0, 0
	child := func(dir string) *exec.Cmd {
		c := exec.Command(exe, "-test.run", "^TestKilled$")
		c.Env = append(os.Environ(), "BASE_KILLED="+dir)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	write(1)
	begin := time.Now()
	if err := child(dir).Wait(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begin) // undisturbed
	for round := 2; round < 2+*kills || killed == 0; round++ {
		write(round)
		before := contents(t, dir)
		c := child(dir)
		for end := time.Now().Add(time.Duration(r.Int64N(int64(took)))); time.Now().Before(end); answers++ { // where it is then is chance
			if err := shelf.With("ours", nil, func(ix *knowledge.Index, access knowledge.Access) error {
				if len(ix.Find(knowledge.Question{Text: "Which round of page 7?", K: 3, Access: access})) != 3 {
					return errors.New("nothing is found")
				}
				return nil
			}); err != nil {
				t.Fatalf("round %d: while it indexes: %v", round, err)
			}
		}
		c.Process.Kill()
		if c.Wait() != nil {
			killed++
		}
		after := contents(t, dir)
		if _, err := open(t, dir).Sync(context.Background(), ReadText); err != nil {
			t.Fatal(err)
		}
		b, err := Open(calm, "ours")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Add(context.Background(), []string{docs}, ReadText); err != nil {
			t.Fatal(err)
		}
		want := contents(t, calm)
		if !bytes.Equal(contents(t, dir), want) {
			t.Fatalf("round %d: another index than without the kill", round)
		}
		if !bytes.Equal(after, before) && !bytes.Equal(after, want) {
			t.Fatalf("round %d: after the kill neither the old nor the new index answers", round)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "ours", "*new-*")); len(left) > 0 {
			t.Errorf("round %d: left behind %v", round, left)
		}
	}
	t.Logf("killed %d of %d times, %d questions answered meanwhile", killed, *kills, answers)
	if killed == 0 || answers == 0 {
		t.Error("it was never killed, or never asked")
	}
}

// Of 100 files one is replaced: the vectors of its changed passage are made
// anew, and no others; and the index is that of a base made afresh.
func TestOnlyChangesAreEmbedded(t *testing.T) {
	ctx, docs, dir := context.Background(), filepath.Join(t.TempDir(), "docs"), t.TempDir()
	for i := range 100 {
		put(t, filepath.Join(docs, fmt.Sprintf("n%d.md", i)), fmt.Sprintf("# A%d\n\nThe first section of page %d.\n\n# B%d\n\nThe second section.\n", i, i, i))
	}
	b := open(t, dir)
	if r, err := b.Add(ctx, []string{docs}, ReadText); err != nil || r.Embedded != 200 || r.Passages != 200 {
		t.Fatalf("%+v %v", r, err)
	}
	put(t, filepath.Join(docs, "n7.md"), "# A7\n\nThe first section of page 7.\n\n# B7\n\nA changed section.\n")
	if r, err := b.Sync(ctx, ReadText); err != nil || r.Embedded != 1 || r.Read != 1 {
		t.Errorf("%+v %v", r, err)
	}
	afresh := t.TempDir()
	if _, err := open(t, afresh).Add(ctx, []string{docs}, ReadText); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(contents(t, dir), contents(t, afresh)) {
		t.Error("another index than one made afresh")
	}
}

// Weights that were fitted hold for the base, over a change of its documents, and not for other vectors.
func TestKeep(t *testing.T) {
	docs, dir := filepath.Join(t.TempDir(), "docs"), t.TempDir()
	put(t, filepath.Join(docs, "a.txt"), "The oven is in the kitchen.\n")
	b := open(t, dir)
	sync := func() {
		t.Helper()
		if _, err := b.Add(t.Context(), []string{docs}, ReadText); err != nil {
			t.Fatal(err)
		}
	}
	sync()
	weights := func() knowledge.Weights {
		t.Helper()
		ix, err := open(t, dir).Index()
		if err != nil {
			t.Fatal(err)
		}
		defer ix.Close()
		return ix.Weights()
	}
	fitted := knowledge.Weights{Meaning: 0.3, Near: 0.2}
	for _, c := range []struct {
		keep     knowledge.Weights
		embedder string
		want     knowledge.Weights
	}{{fitted, knowledge.Default.Name(), fitted}, {fitted, "another", knowledge.Usual}, {fitted, knowledge.Default.Name(), fitted}, {knowledge.Usual, "", knowledge.Usual}} {
		if err := b.Keep(c.keep, c.embedder); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(docs, "b.txt"), c.embedder+" tea at four.\n")
		sync()
		if got := weights(); got != c.want {
			t.Errorf("%+v by %q: %+v", c.keep, c.embedder, got)
		}
	}
	conf := filepath.Join(dir, "ours", confFile)
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	put(t, conf, strings.Replace(string(text), `"index"`, `"fitted": {"meaning": 7, "embedder": "`+knowledge.Default.Name()+`"}, "index"`, 1))
	if _, err := open(t, dir).Index(); err == nil {
		t.Error("a weight of 7 is used")
	}
}
