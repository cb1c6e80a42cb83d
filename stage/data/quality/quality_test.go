package quality

import (
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"
)

// Clean Chinese stays, and what no reader wants goes.
func TestChineseKeptAndJunkDropped(t *testing.T) {
	texts := sources(t)
	t.Run("seen", func(t *testing.T) { keptAndDropped(t, texts["cmrc"]) }) // by whoever chose the thresholds
	t.Run("unseen", func(t *testing.T) { keptAndDropped(t, texts["cmrc-trial"]) })
}

func keptAndDropped(t *testing.T, list []string) {
	if list == nil {
		t.Skip("the paragraphs are not at hand")
	}
	r := rand.New(rand.NewPCG(1, 1))
	m := &Meter{}
	thresholds := Named("fineweb2-zh").For("zh")
	var paragraphs, kept, junk, dropped int
	reasons := map[string]int{}
	for _, p := range list {
		c, _ := m.Measure(p, "zh")
		if c.RealWords < 50 {
			continue
		}
		paragraphs++
		if why := thresholds.Decide(&c); why == "" {
			kept++
		} else {
			reasons[why]++
		}
		for _, text := range junkOf(r, p) {
			junk++
			c, _ := m.Measure(text, "zh")
			if thresholds.Decide(&c) != "" {
				dropped++
			}
		}
	}
	t.Logf("%d of %d paragraphs kept, %v; %d of %d pieces of junk dropped", kept, paragraphs, reasons, dropped, junk)
	if 10*kept < 9*paragraphs || 10*dropped < 9*junk || paragraphs < 100 {
		t.Error("too few")
	}
}

// junkOf makes what crawls are full of of a good text: menus, lists of key words,
// repeated advertisements, tables of numbers, signs.
func junkOf(r *rand.Rand, text string) []string {
	chars := []rune(text)
	pick := func(n int) string {
		at := r.IntN(max(1, len(chars)-n))
		return strings.NewReplacer("。", "", "，", "", "\n", "").Replace(string(chars[at:min(len(chars), at+n)]))
	}
	var menu, keys, advert, table, signs strings.Builder
	slogan := pick(14) + "！"
	for range 40 {
		menu.WriteString(pick(4) + "\n")
		keys.WriteString(pick(3) + " | ")
		advert.WriteString(slogan + "点击这里。")
		for range 6 {
			table.WriteString(strings.Repeat(string(rune('0'+r.IntN(10))), 2+r.IntN(4)) + " ")
		}
		table.WriteString("\n")
		signs.WriteString(pick(2) + strings.Repeat(string("★◆●■→"[3*r.IntN(5):][:3]), 3))
	}
	return []string{menu.String(), keys.String(), advert.String(), table.String(), signs.String()}
}

func FuzzMeasure(f *testing.F) {
	f.Add("A b. C!\n\n- d e…\n汉字。\x85x\xff https://a.b/c", "en")
	f.Add("漢字 3.5% C++\n{ lorem ipsum }", "zh")
	f.Fuzz(func(t *testing.T, text, lang string) {
		last := int32(0)
		for _, w := range Words(nil, text, lang) {
			if w.Lo < last || w.Hi <= w.Lo || int(w.Hi) > len(text) {
				t.Fatal(w)
			}
			last = w.Hi
		}
		for _, rules := range []LineRules{NoLines, C4Lines, FineWebLines} {
			m := &Meter{Lines: rules}
			r, kept := m.Measure(text, lang)
			if utf8.ValidString(text) && !utf8.ValidString(kept) || len(kept) > len(text) {
				t.Fatalf("%q", kept)
			}
			if r.RealWords > r.Words || r.DupRowChars > r.Chars || r.Dup[0] > r.Chars || r.PunctLines > r.FullLines {
				t.Fatalf("%+v", r)
			}
			for i := range Rules {
				Rules[i].Value(&r)
			}
		}
	})
}

func BenchmarkMeasure(b *testing.B) {
	texts, size := map[string][]string{}, map[string]int{}
	for source, list := range sources(b) {
		if lang := map[string]string{"wikitext": "en", "cmrc": "zh"}[source]; lang != "" {
			for _, t := range list {
				texts[lang] = append(texts[lang], t)
				size[lang] += len(t)
			}
		}
	}
	for lang, list := range texts {
		b.Run(lang, func(b *testing.B) {
			m := &Meter{Lines: FineWebLines}
			var from, to syscall.Rusage
			m.Measure(list[0], lang)
			syscall.Getrusage(syscall.RUSAGE_SELF, &from)
			n := 0
			for b.Loop() {
				for _, t := range list {
					m.Measure(t, lang)
				}
				n++
			}
			syscall.Getrusage(syscall.RUSAGE_SELF, &to)
			ns := to.Utime.Nano() - from.Utime.Nano() + to.Stime.Nano() - from.Stime.Nano()
			b.ReportMetric(float64(size[lang])*float64(n)/float64(ns)*1e3, "MB/cpu-s")
		})
	}
}

// The hash of a word is the polynomial that hashes of runs are made of.
func TestHash(t *testing.T) {
	long := strings.Repeat("word of many signs 字", 60)
	for n := range len(long) {
		h := uint64(0)
		for i := range n {
			h = mulmod(h, base) + uint64(long[i]) + 1
		}
		if got := hash(long[:n]); got != h%mersenne {
			t.Fatalf("%d bytes: %d, want %d", n, got, h%mersenne)
		}
	}
	if all := strings.Repeat("\xff", 512); hash(all) >= mersenne {
		t.Error("it is not reduced")
	}
}

// No line that names one of these is passed over, whatever its case.
func TestMayName(t *testing.T) {
	for _, p := range append([]string{"lorem ipsum", "javascript"}, policies...) {
		for _, s := range []string{p, strings.ToUpper(p), "x" + strings.ToTitle(p[:1]) + p[1:] + "y", strings.ReplaceAll(p, "k", "\u212a")} {
			if strings.Contains(strings.ToLower(s), p) && !mayName(s) {
				t.Errorf("%q is passed over", s)
			}
		}
	}
	if mayName("Nothing of that is said here – nor there.") {
		t.Error("every line is looked at")
	}
}
