package chinese

import (
	"bufio"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func cut(text string) (list []string) {
	for lo, hi := range Words(text) {
		list = append(list, text[lo:hi])
	}
	return list
}

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"我来到北京清华大学":            "我 来到 北京 清华大学",
		"研究生命的起源":              "研究 生命 的 起源",
		"乒乓球拍卖完了":              "乒乓球 拍卖 完 了",
		"我買了3.5公斤蘋果，花了¥20。":    "我 買 了 3.5 公斤 蘋果 花 了 20",
		"T恤和卡拉OK":              "T恤 和 卡拉 OK",
		"use GPT-4 in C++ 里":   "use GPT 4 in C 里",
		"":                     "",
		"𠀀是生僻字":                "𠀀 是 生僻字",
		"Ｈｅｌｌｏ世界":              "Ｈｅｌｌｏ 世界",
		"été à l’école 学校":     "été à l école 学校",
		"\xff\xfe坏字节":          "坏 字节",
		strings.Repeat("。", 3): "",
	} {
		if got := strings.Join(cut(text), " "); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	for from, want := range map[rune]rune{'漢': '汉', '語': '语', 'Ａ': 'a', '０': '0', '　': ' ', 'É': 'é', '中': '中', 'K': 'k'} {
		if got := Fold(from); got != want {
			t.Errorf("%c: %c, want %c", from, got, want)
		}
	}
	for c, want := range map[rune]string{'中': "zhong", '女': "nv", '吕': "lv", 'a': "", '國': "guo", '嗯': "n"} {
		if got := Pinyin(c); got != want {
			t.Errorf("%c: %q, want %q", c, got, want)
		}
	}
}

// Words are in order, do not overlap, hold whole characters and leave out
// nothing but what is no letter, digit or Chinese character.
func FuzzWords(f *testing.F) {
	f.Add("我来到北京 AT&T 3.14 ñ 한국 \xff")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for lo, hi := range Words(text) {
			if lo < last || hi <= lo || hi > len(text) {
				t.Fatalf("%d to %d after %d of %d", lo, hi, last, len(text))
			}
			for _, c := range text[last:lo] {
				if k := classify(c); k == latin || k == han {
					t.Fatalf("%q is left out", c)
				}
			}
			if utf8.ValidString(text) && !utf8.ValidString(text[lo:hi]) {
				t.Fatalf("%q", text[lo:hi])
			}
			last = hi
		}
	})
}

// testdata/jieba.tsv (oracle.py) has lines of text, a tab, and jieba's words of it,
// between spaces (cut, without its hidden Markov model).
func TestJieba(t *testing.T) {
	f, err := os.Open("testdata/jieba.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	lines := 0
	for in.Scan() {
		text, want, _ := strings.Cut(in.Text(), "\t")
		lines++
		if got := cut(text); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s\n got %s\nwant %s", text, strings.Join(got, " "), want)
		}
	}
	if lines < 100 {
		t.Errorf("%d lines", lines)
	}
}

func BenchmarkWords(b *testing.B) {
	text := strings.Repeat("他指出，研究生命的起源是一项长期而艰巨的任务，需要物理学家、化学家与生物学家共同努力。1953年，米勒在实验室中合成了氨基酸。", 100)
	b.SetBytes(int64(len(text)))
	cut("热")
	b.ResetTimer()
	for b.Loop() {
		n := 0
		for range Words(text) {
			n++
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		read()
	}
}

// A memory takes apart as Words does, whatever it remembers.
func TestMemory(t *testing.T) {
	list := func(seq iter.Seq2[int, int]) (words [][2]int) {
		for lo, hi := range seq {
			words = append(words, [2]int{lo, hi})
		}
		return words
	}
	r := rand.New(rand.NewPCG(8, 8))
	signs := []rune("我们在北京大学学习2024年的计划AI模型，。 C++第12条")
	var m Memory
	for range 3000 {
		var one, two strings.Builder
		for range r.IntN(60) {
			c := signs[r.IntN(len(signs))]
			one.WriteRune(c)
			switch r.IntN(12) {
			case 0: // is missing
			case 1:
				two.WriteRune(signs[r.IntN(len(signs))])
			default:
				two.WriteRune(c)
			}
		}
		if got, want := list(m.Words(one.String())), list(Words(one.String())); !slices.Equal(got, want) {
			t.Fatalf("%s: %v, want %v", one.String(), got, want)
		}
		for _, s := range []string{two.String(), one.String(), two.String() + "，" + one.String()} {
			if got, want := list(m.Again(s)), list(Words(s)); !slices.Equal(got, want) {
				t.Fatalf("%s after %s: %v, want %v", s, one.String(), got, want)
			}
		}
		for range m.Words(one.String()) { // left early
			break
		}
		if s := two.String(); !slices.Equal(list(m.Again(s)), list(Words(s))) {
			t.Fatalf("%s after one word of %s", s, one.String())
		}
	}
}
