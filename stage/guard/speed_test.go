package guard

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// chinese is text of common characters in sentences, with a number here and
// there, that does not repeat itself.
func chinese(r *rand.Rand, runes int) string {
	const common = "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学之都好看起发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知世什两次使身者被高已亲其进此话常与活正感"
	list := []rune(common)
	var b strings.Builder
	for n := 0; n < runes; {
		for range 8 + r.IntN(20) {
			b.WriteRune(list[r.IntN(len(list))])
			n++
		}
		switch r.IntN(8) {
		case 0:
			b.WriteString(" " + strconv.Itoa(r.IntN(5000)) + " ")
		case 1:
			b.WriteString("（" + strconv.Itoa(1950+r.IntN(70)) + "年）")
		}
		b.WriteString([]string{"。", "，", "，", "；", "。\n"}[r.IntN(5)])
	}
	return b.String()
}

// keywordsOf are keywords of two to five characters that do not stand in a text
// but begin as it does.
func keywordsOf(r *rand.Rand, text string, n int) []string {
	runes := slices.DeleteFunc([]rune(text), func(c rune) bool { return !joinedNone([]rune{c}) }) // punctuation hides no keyword
	seen := map[string]bool{}
	for i := range runes {
		for k := 2; k <= 5 && i+k <= len(runes); k++ {
			seen[string(runes[i:i+k])] = true
		}
	}
	var words []string
	for len(words) < n {
		w := make([]rune, 2+r.IntN(4))
		for i := range w {
			w[i] = 0x4e00 + rune(r.IntN(3000))
			if i == 0 {
				w[i] = runes[r.IntN(len(runes))]
			}
		}
		if s := string(w); !seen[s] && !seen[folded(s)] {
			seen[s] = true
			words = append(words, s)
		}
	}
	return words
}

func joinedNone(w []rune) bool {
	return !slices.ContainsFunc(w, func(c rune) bool { return c < 0x4e00 || c > 0x9fff })
}

func folded(s string) string {
	f, _ := foldKeyword(s)
	return string(f)
}

// reads passes a text through new rails in pieces. It tells MB of a second, and of a
// second of processor time.
func reads(b *testing.B, p *Policy, text string, size int, stages ...Stage) {
	b.SetBytes(int64(len(text)))
	from := cpuTime()
	defer func() { b.ReportMetric(float64(b.N*len(text))/1e6/(cpuTime()-from).Seconds(), "MB/cpu-s") }()
	for b.Loop() {
		for _, on := range stages {
			rail := p.Rail(on, Context{})
			for i := 0; i < len(text); i += size {
				if _, err := rail.Write(text[i:min(i+size, len(text))]); err != nil {
					b.Fatal(err)
				}
			}
			if _, err := rail.Flush(); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// texts are what the benchmarks read: made, and a quarter of a megabyte of encyclopedia
// in Chinese and in English where that is there.
func texts(b *testing.B, f func(b *testing.B, text string, words []string)) {
	r := rand.New(rand.NewPCG(5, 6))
	common := chinese(r, 20_000)
	for _, name := range []string{"made", "cmrc2018", "wikitext2"} {
		b.Run(name, func(b *testing.B) {
			text, from := common, common
			switch name {
			case "cmrc2018":
				text = chineseText(b)[:1<<18]
				text = strings.ReplaceAll(text, "色情小说", "小说") // it would be refused
				from = text
			case "wikitext2":
				raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", name, "test.txt"))
				if err != nil {
					b.Skip("no shared/data: ", err)
				}
				text = strings.NewReplacer("<unk>", "Valkyria", " @-@ ", "-", " @,@ ", ",", " @.@ ", ".", " , ", ", ", " . ", ". ", " 's", "'s").Replace(string(raw[:1<<18])) // as it was written
			}
			f(b, text, keywordsOf(r, from, 20_000))
		})
	}
}

// BenchmarkKeywords reads texts against 20,000 keywords of two to five Chinese
// characters, in pieces of a page and of a token.
func BenchmarkKeywords(b *testing.B) {
	texts(b, func(b *testing.B, text string, words []string) {
		p, err := (&document{Format: 2, Language: "zh", Rules: []Rule{{ID: "words", Keywords: words}}}).open()
		if err != nil {
			b.Fatal(err)
		}
		b.Run("page", func(b *testing.B) { reads(b, p, text, 4096, Output) })
		b.Run("token", func(b *testing.B) { reads(b, p, text, 12, Output) })
	})
}

// BenchmarkEnterprise reads the same with all rails of a pack: an input whole, an
// answer in pages and token by token. Bytes are those of the text, which is read once.
func BenchmarkEnterprise(b *testing.B) {
	texts(b, func(b *testing.B, text string, words []string) {
		p := made(b, &Policy{Pack: "enterprise-zh", Keywords: words})
		b.Run("input", func(b *testing.B) { reads(b, p, text, 4096, Input) })
		b.Run("output", func(b *testing.B) { reads(b, p, text, 4096, Output) })
		b.Run("token", func(b *testing.B) { reads(b, p, text, 12, Output) })
	})
}

// questions are those of CMRC 2018 and the prompts of XSTest.
func questions(b *testing.B) (list []string) {
	dir := filepath.Join("..", "..", "..", "shared", "data")
	raw, err := os.ReadFile(filepath.Join(dir, "cmrc2018", "dev.json"))
	if err != nil {
		b.Skip("no shared/data: ", err)
	}
	var doc struct {
		Data []struct {
			Paragraphs []struct{ Qas []struct{ Question string } }
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		b.Fatal(err)
	}
	for _, d := range doc.Data {
		for _, p := range d.Paragraphs {
			for _, q := range p.Qas {
				list = append(list, q.Question)
			}
		}
	}
	for _, p := range xstest(b) {
		list = append(list, p[1])
	}
	return list
}

// BenchmarkToken tells what each token of an answer waits for the rails (token), the first
// of them (first), and the model for the question: one of 2,000 characters (question), and such
// as were really asked (asked).
func BenchmarkToken(b *testing.B) {
	texts(b, func(b *testing.B, text string, words []string) {
		p := made(b, &Policy{Pack: "enterprise-zh", Keywords: words})
		runes := []rune(text)
		percentiles := func(b *testing.B, took []time.Duration) {
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "µs-p99")
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "µs-p50")
		}
		b.Run("token", func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				rail := p.Rail(Output, Context{})
				for at := 0; at+12 <= len(text); at += 12 {
					begin := time.Now()
					if _, err := rail.Write(text[at : at+12]); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(begin))
				}
			}
			percentiles(b, took)
		})
		// What a question of 2,000 characters waits before the model may have it, and what
		// the rails then take of the first token's time.
		b.Run("question", func(b *testing.B) {
			var took []time.Duration
			at := 0
			for b.Loop() {
				if at += 2000; at+2000 > len(runes) {
					at = 0
				}
				question := string(runes[at : at+2000])
				begin := time.Now()
				asked := p.Rail(Input, Context{})
				_, err := asked.Write(question)
				if err == nil {
					_, err = asked.Flush()
				}
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begin))
			}
			percentiles(b, took)
		})
		// What real questions wait, one after the other: nothing of them is in a cache.
		b.Run("asked", func(b *testing.B) {
			list := questions(b)
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				begin := time.Now()
				asked := p.Rail(Input, Context{})
				asked.Write(list[i%len(list)]) // some are refused
				asked.Flush()
				took = append(took, time.Since(begin))
			}
			percentiles(b, took)
		})
		b.Run("first", func(b *testing.B) {
			var took []time.Duration
			at := 0
			for b.Loop() {
				if at += 64; at+64 > len(runes) {
					at = 0
				}
				begin := time.Now()
				answer := p.Rail(Output, Context{})
				for left, i := "", at; left == "" && i < at+64; i++ { // until something leaves
					var err error
					if left, err = answer.Write(string(runes[i])); err != nil {
						b.Fatal(err)
					}
				}
				took = append(took, time.Since(begin))
			}
			percentiles(b, took)
		})
	})
}
