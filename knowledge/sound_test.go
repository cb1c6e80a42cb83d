package knowledge

import (
	"strings"
	"testing"
)

func TestSoundAlike(t *testing.T) {
	ix := index(t, []Document{{Path: "a.txt", Text: "浙江大学在杭州。"}, {Path: "b.txt", Text: "清华大学在北京。"}, {Path: "c.txt", Text: "馒头是早餐。Tea is served."}})
	for question, want := range map[string]string{
		"zhejiang": "a.txt", "浙将": "a.txt", "hangzhou": "a.txt", "Zhejiang 在哪": "a.txt", "beijing": "b.txt", "漫头": "c.txt", "qhdx": "b.txt", "tea": "c.txt", "xizang": "", "浙江": "a.txt", "淸華大學": "b.txt",
	} {
		got := ""
		if hits := ix.Search(question, 1); len(hits) > 0 {
			got = hits[0].File
		}
		if got != want {
			t.Errorf("%s finds %q, want %q", question, got, want)
		}
	}
}

func TestSynonyms(t *testing.T) {
	ix := index(t, []Document{{Path: "a.txt", Text: "绿萝在二楼的窗台上。"}, {Path: "b.txt", Text: "The ferry is out of order."}, {Path: "c.txt", Text: "别的事情。 Other things."}})
	if len(ix.Find(Question{Text: "黄金葛", K: 1, By: ByWords}))+len(ix.Find(Question{Text: "steamboat", K: 1, By: ByWords})) != 0 {
		t.Fatal("found without synonyms")
	}
	if err := ix.readSynonyms([]byte("# ours\n黄金葛, 绿萝, Pothos\nsteamboat = ferry\n\n")); err != nil {
		t.Fatal(err)
	}
	for question, want := range map[string]string{"黄金葛在哪": "a.txt", "黃金葛": "a.txt", "Where is the steamboat?": "b.txt", "pothos": "a.txt"} {
		hits := ix.Search(question, 1)
		if len(hits) == 0 || hits[0].File != want || hits[0].Coverage < 0.5 {
			t.Errorf("%s finds %+v", question, hits)
		}
	}
	for _, bad := range []string{"alone\n", strings.Repeat("a,b\n", maxSynonyms)} {
		if _, err := ParseSynonyms([]byte(bad)); err == nil {
			t.Errorf("%.20q is read", bad)
		}
	}
}

func FuzzSynonyms(f *testing.F) {
	f.Add("电脑, 计算机\na=b=c # d", "电脑")
	f.Fuzz(func(t *testing.T, text, question string) {
		list, err := ParseSynonyms([]byte(text))
		if err != nil {
			return
		}
		q := parse(question)
		synonyms(list).widen(&q, question)
	})
}
