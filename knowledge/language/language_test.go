package language

import (
	"bufio"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// check reads lines of language and text, and returns how many were told right.
func check(t *testing.T, name string, least int) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	type tally struct{ n, right int }
	langs := map[string]*tally{}
	all := tally{}
	in := bufio.NewScanner(f)
	for in.Scan() {
		want, text, _ := strings.Cut(in.Text(), "\t")
		if langs[want] == nil {
			langs[want] = &tally{}
		}
		got, sure := Identify(text)
		langs[want].n++
		all.n++
		if got == want {
			langs[want].right++
			all.right++
		} else if testing.Verbose() && langs[want].n-langs[want].right < 6 {
			t.Logf("%s is said to be %s (%.2f): %s", want, got, sure, text)
		}
	}
	for l, n := range langs {
		t.Logf("%s: %d of %d", l, n.right, n.n)
		if 100*n.right < 97*n.n {
			t.Errorf("%s: %d of %d", l, n.right, n.n)
		}
	}
	if 1000*all.right < least*all.n || all.n == 0 {
		t.Errorf("%d of %d", all.right, all.n)
	}
}

// test.tsv has paragraphs of 100 characters from a source that the model has not seen.
func TestIdentify(t *testing.T) { check(t, "test.tsv", 990) }

func TestScripts(t *testing.T) {
	for text, want := range map[string]string{
		"天地玄黄": "zh", "漢字仮名交じり文です": "ja", "안녕하세요 세계": "ko", "Καλημέρα": "el", "שלום": "he", "สวัสดี": "th", "नमस्ते": "hi",
		"": "", "12345 !?": "", "\xff\xfe": "", "中文里有 English words 也是中文的句子": "zh", "これは日本国憲法第一条である": "ja",
	} {
		got, sure := Identify(text)
		if got != want || sure < 0 || sure > 1 || (got == "") != (sure == 0) {
			t.Errorf("%q is said to be %q (%v)", text, got, sure)
		}
	}
}

// All that can be told is known by its code and its name.
func TestKnown(t *testing.T) {
	told := append([]string{}, Modelled...)
	for _, code := range alone {
		if code != "" {
			told = append(told, code)
		}
	}
	slices.Sort(told)
	if !slices.Equal(Known, told) {
		t.Errorf("%q are told, %q are known", told, Known)
	}
	for word, want := range map[string]string{"english": "en", "Chinese": "zh", "EN": "en", "zh_CN": "zh", "pt-br": "pt", "klingon": "", "": "", "-": ""} {
		if got := Meant(word); got != want {
			t.Errorf("%q means %q", word, got)
		}
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add("The cat. 漢字 год\xff")
	f.Fuzz(func(t *testing.T, s string) {
		lang, sure := Identify(s)
		if math.IsNaN(sure) || sure < 0 || sure > 1 || (lang == "") != (sure == 0) {
			t.Error(lang, sure)
		}
	})
}

func BenchmarkIdentify(b *testing.B) {
	for name, text := range map[string]string{
		"en": "The quick brown fox jumps over the lazy dog while forty-two other animals look on and wonder a lot.",
		"zh": "研究生命的起源是一项长期而艰巨的任务，需要物理学家、化学家与生物学家共同努力。米勒在实验室中合成了氨基酸。",
	} {
		b.Run(name, func(b *testing.B) {
			Identify(text)
			perCPU(b, len(text), func() { Identify(text) })
		})
	}
}
