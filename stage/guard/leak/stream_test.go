package leak

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"suiren/pii"
	"suiren/stage/guard/detect"
)

func kindsIn(text string) string {
	var list []string
	for _, h := range detect.Find(New(), text) {
		list = append(list, fmt.Sprintf("%s=%s", h.Kind, text[h.From:h.To]))
	}
	return strings.Join(list, " | ")
}

// What looks alike and is none of it stays.
func TestLeft(t *testing.T) {
	for _, text := range []string{
		"证号110105194912310021，11010519491331002X", "卡4111111111111112", "91350100M000100Y44", "12812345678", "138123456789",
		"1 1 0 1 0 5 1 9 4 9 1 2 3 1 0 0 2 1", "4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-2", "一二八一二三四五六七八",
		"1995 1996 199", "1, 3, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9", "3.14159265358979", "圆周率3.1415926535897932384626",
		"2021-05-06 12:30:45", "第十三届全国人民代表大会第一次会议于二〇一八年三月召开", "sk-learn-is-a-library", "E12345678", "192.168.1.1",
		"（2023）京剧12345", "他住在城市里，住在山上3年", "The password is required.", "password: optional", "token: none",
		"aGVsbG8gd29ybGQgdGhpcyBpcyBmaW5l", "0123456789abcdef0123456789abcdef", "a % b & c", "3 + 4 = 7, 5 + 6 = 11", "https://example.com/a%20b?c=%E4%BD%A0",
		"\xff\xfe1@", strings.Repeat("7", 5000),
		"one two three four five six seven eight nine zero one", "yi san ba yi er san si wu liu qi", "One of two: three, four, five, six, seven, eight, nine, zero, one, two",
		`x = "138001" + y + "38000"`, `["13800138", "000"]`, `print("2018" + "0101")`, "iPad that this were McDo", "Abcd efgh ijkl MnOp qrst uvwx",
		"a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9", "x=13=80=01=38=00",
	} {
		if got := kindsIn(text); got != "" {
			t.Errorf("%q: %s", text, got)
		}
	}
}

// Wrong check digits are not masked under any disguise.
func TestWrongDigits(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for i := range 300 {
		it := item{pii.ResidentID, "", residentID(r)}
		if i%2 == 0 {
			it = item{pii.BankCard, "", card(r)}
		}
		last := it.value[len(it.value)-1]
		wrong := "0123456789"[(int(last)+1+r.IntN(8))%10]
		if wrong == last {
			continue
		}
		it.value = it.value[:len(it.value)-1] + string(wrong)
		if pii.NumberKind(it.value) != "" || len(pii.Find(nil, reverse(it.value))) > 0 { // something by chance, or backwards
			continue
		}
		for _, g := range disguises {
			if v := g.of(r, it); v != "" && len(pii.Find(nil, v)) == 0 { // nor something else by chance
				if got := kindsIn("号码 " + v + "。"); got != "" {
					t.Errorf("%s, %s: %s", it.value, g.name, got)
				}
			}
		}
	}
}

// What is found depends on the text and not on its pieces, and never begins before
// what was settled.
func TestPieces(t *testing.T) {
	parts := []string{"138", "1234", "5678", "13812345678", "one three ", "yāo sān bā ", "one three eight one two three four five ", "six, ", "seven", " eight", "=31", "=33=38=31=32=33=34=35=36=37=38", "11010519491231002X", " ", "\n", "-", "**", "<b>", "</b>", "的", "京A12345", "（2023）京0105民初123号", "家住北京市朝阳区建国路88号", "住",
		"jane.d", "@x.com", "sk-proj-Ab3dEf6hIj9kLm2nOp5q", "ghp_", "\u200b", "\xe4\xb8", "\xff", "MTM4MTIzNDU2Nzg=", "%31%33%38", "password=", "密码：", "hunter22!", "一三八", "①③", "-----BEGIN PRIVATE KEY-----", "eyJ", "word ", "(at)", "，", "。",
		`"138" + "`, `1234" + `, `"5678"`, `'+'`, " & ", " .. ", "\"", "MTM4 ", "MDAx ", "Mzgw", "MDA= ", "emhh ", "bmdz\n      ", "+ ", "\n         "}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 40).Draw(t, "parts"), "")
		if rapid.IntRange(0, 20).Draw(t, "long") == 0 {
			text = strings.Repeat(text, 20)
		}
		want := detect.Find(New(), text)
		s := New().New()
		var got []detect.Hit
		settled := 0
		for at := 0; at < len(text); {
			n := min(len(text)-at, rapid.IntRange(1, 9).Draw(t, "n"))
			before := len(got)
			got = s.Write(got, text[at:at+n])
			for _, h := range got[before:] {
				if h.From < settled || h.To > at+n || h.From >= h.To {
					t.Fatalf("%v after %d was settled", h, settled)
				}
			}
			if now := s.Settled(); now < settled || now > at+n {
				t.Fatalf("settled %d after %d, of %d", now, settled, at+n)
			} else {
				settled = now
			}
			at += n
		}
		got = s.Flush(got)
		for _, list := range [][]detect.Hit{got, want} {
			slices.SortFunc(list, func(a, b detect.Hit) int {
				return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
			})
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q\n got %v\nwant %v", text, got, want)
		}
	})
}

// What is read many at once is found, and announces what follows, as if it were taken one by one.
func TestPlain(t *testing.T) {
	parts := []string{"the ", "It's ", "well-known ", "\"Quoted\" ", "word, ", "end. ", "No. ", "of ", "US ", "NATO ", "I ", "a ", "sk-", "Ab3dEf6hIj9kLm2nOp5q", "19th ", "1990s ", "1998 ", "12,345 ", "3.5 ", "7 ", "1 ", "3 + ", "\n", " ", "(", ") ", "d (at) ", "x [dot] ",
		"passport ", "E12345678 ", "patient id ", "83401277 ", "MRN ", "wechat ", "QQ ", "password: ", "password ", "hunter22! ", "token=", "微信", "密码", "护照号", "：", "在", "一", "二十", "川", "京", "A12345", "TCL", "50%", "，", "。", "“", "住", "家住", "北京市朝阳区建国路88号", "〔2020〕", "京0105民初123号",
		"13812345678", "138 1234 5678 ", "110105 19491231 002X ", "jane.doe@x.com", "U.S. ", "e.g. ", "don't ", "dogs' ", "Anglo-Saxon ", "\u200b", "–", "é", "😀", "-----BEGIN PRIVATE KEY-----", "a1B2", "MTM4MTIzNDU2Nzg=",
		"\"138\" + ", "\"1234\"", "\"zhan\" . ", "'5678' ", "MTM4 MDAx ", "Mzgw ", "emhh ", "\n        "}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 40).Draw(t, "parts"), "")
		one := New().New().(*stream)
		take := func(cs []detect.Char) {
			for _, c := range cs {
				one.take(c.C, c.From, c.To())
			}
		}
		one.Each(text, take)
		want := one.Flush(nil)
		for _, n := range []int{4096, 12, 1} {
			s := New().New()
			var got []detect.Hit
			for at := 0; at < len(text); at += n {
				got = s.Write(got, text[at:min(len(text), at+n)])
			}
			if got = s.Flush(got); !slices.Equal(got, want) {
				t.Fatalf("%q in pieces of %d\n got %v\nwant %v", text, n, got, want)
			}
		}
	})
}

// paragraphs reads the clean corpora beside the repository.
func paragraphs(t testing.TB, name string) (list []string) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "data")
	switch name {
	case "cmrc2018":
		b, err := os.ReadFile(filepath.Join(dir, name, "dev.json"))
		if err != nil {
			t.Skip("no shared/data: ", err)
		}
		var doc struct {
			Data []struct {
				Paragraphs []struct{ Context string }
			}
		}
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatal(err)
		}
		for _, d := range doc.Data {
			for _, p := range d.Paragraphs {
				list = append(list, p.Context)
			}
		}
	default:
		for _, f := range []string{"valid.txt", "test.txt"} {
			b, err := os.Open(filepath.Join(dir, name, f))
			if err != nil {
				t.Skip("no shared/data: ", err)
			}
			defer b.Close()
			in := bufio.NewScanner(b)
			in.Buffer(nil, 1<<20)
			for in.Scan() {
				if len(in.Text()) > 40 {
					list = append(list, in.Text())
				}
			}
		}
	}
	return list
}

func TestClean(t *testing.T) {
	for _, name := range []string{"cmrc2018", "wikitext2"} {
		list := paragraphs(t, name)
		bad := 0
		for _, p := range list {
			if got := kindsIn(p); got != "" {
				bad++
				t.Logf("%s: %s", name, got)
			}
		}
		t.Logf("%s: %d of %d paragraphs", name, bad, len(list))
		if 1000*bad >= len(list) {
			t.Errorf("%s: %d of %d paragraphs hold something", name, bad, len(list))
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add("jane@x.org +86 138 1234 5678 京A12345 1 3 8 1 2 3 4 5 6 7 8 家住 （2023）京 sk- eyJ -----BEGIN PRIVATE KEY MTM4MTIzNDU2Nzg= %31", uint8(3))
	f.Fuzz(func(t *testing.T, text string, n uint8) {
		s := New().New()
		var got []detect.Hit
		for at := 0; at < len(text); at += int(n) + 1 {
			got = s.Write(got, text[at:min(len(text), at+int(n)+1)])
		}
		got = s.Flush(got)
		if want := detect.Find(New(), text); !slices.Equal(got, want) {
			t.Fatalf("%q: %v, want %v", text, got, want)
		}
		for _, h := range got {
			if h.From < 0 || h.From >= h.To || h.To > len(text) {
				t.Fatalf("%q: %v", text, h)
			}
		}
	})
}

func BenchmarkStream(b *testing.B) {
	for _, name := range []string{"cmrc2018", "wikitext2"} {
		text := strings.Join(paragraphs(b, name), "\n")
		text = text[:min(len(text), 1<<20)]
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				s := New().New()
				for at := 0; at < len(text); at += 12 {
					s.Write(nil, text[at:min(len(text), at+12)])
				}
				s.Flush(nil)
			}
		})
	}
}

// A number in words is held back from its first word on.
func TestSpelledHeld(t *testing.T) {
	s := New().New()
	var hits []detect.Hit
	for _, w := range strings.SplitAfter("please: one three eight one two three four five six seven eight 。", " ") {
		before := s.Settled()
		if hits = s.Write(hits, w); len(hits) > 0 && hits[0].From < before {
			t.Fatalf("%+v begins before %d", hits, before)
		}
	}
	if hits = s.Flush(hits); len(hits) != 1 || hits[0].From != 8 || hits[0].Value != "13812345678" {
		t.Errorf("%+v", hits)
	}
}
