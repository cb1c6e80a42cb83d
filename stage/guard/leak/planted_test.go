package leak

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"suiren/pii"
	"suiren/stage/guard/detect"
)

// An item is something that must not leave.
type item struct {
	kind  pii.Kind
	cue   string // that announces it, where its form alone does not
	value string
}

func digits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(r.IntN(10))
	}
	return string(b)
}

func word(r *rand.Rand, n int, set string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = set[r.IntN(len(set))]
	}
	return string(b)
}

const (
	lowerSet = "abcdefghijklmnopqrstuvwxyz"
	alnumSet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

func residentID(r *rand.Rand) string {
	body := []string{"110105", "310104", "440305", "510107", "330106", "420111"}[r.IntN(6)] + fmt.Sprintf("%04d%02d%02d", 1950+r.IntN(60), 1+r.IntN(12), 1+r.IntN(28)) + digits(r, 3)
	for _, c := range "0123456789X" {
		if pii.NumberKind(body+string(c)) == pii.ResidentID {
			return body + string(c)
		}
	}
	panic("no check digit")
}

func card(r *rand.Rand) string {
	body := []string{"622202", "621700", "411111", "521234"}[r.IntN(4)] + digits(r, 9)
	for c := '0'; c <= '9'; c++ {
		if pii.NumberKind(body+string(c)) == pii.BankCard {
			return body + string(c)
		}
	}
	panic("no check digit")
}

func creditCode(r *rand.Rand) string {
	for {
		v := "91" + []string{"110105", "310104", "440305"}[r.IntN(3)] + word(r, 10, "0123456789ABCDEFGHJKLMNPQRTUWXY")
		if list := pii.Find(nil, v); len(list) == 1 && list[0].Kind == pii.CreditCode {
			return v
		}
	}
}

// newItem makes an item of every kind in turn.
func newItem(r *rand.Rand, i int) item {
	letter := func(set string) string { return word(r, 1, set) }
	switch i % 20 {
	case 0:
		return item{pii.ResidentID, "", residentID(r)}
	case 1:
		return item{pii.Mobile, "", "1" + letter("3456789") + digits(r, 9)}
	case 2:
		return item{pii.BankCard, "", card(r)}
	case 3:
		return item{pii.CreditCode, "", creditCode(r)}
	case 4:
		return item{pii.Email, "", word(r, 6, lowerSet) + "." + word(r, 4, lowerSet) + digits(r, 2) + "@" + word(r, 6, lowerSet) + ".com"}
	case 5:
		return item{pii.IP, "", fmt.Sprintf("%d.%d.%d.%d", 101+r.IntN(20), 20+r.IntN(200), 20+r.IntN(200), 20+r.IntN(200))}
	case 6:
		return item{pii.Passport, "护照号：", "E" + digits(r, 8)}
	case 7:
		return item{pii.Permit, "港澳通行证：", "C" + digits(r, 8)}
	case 8:
		return item{pii.Plate, "", string([]rune(plates)[r.IntN(31)]) + letter("ABCD") + letter("123456789") + word(r, 4, "0123456789")}
	case 9:
		return item{pii.Medical, "病历号：", digits(r, 10)}
	case 10:
		return item{pii.Case, "", fmt.Sprintf("（20%02d）京%s民初%s号", 10+r.IntN(15), digits(r, 4), "1"+digits(r, 4))}
	case 11:
		return item{pii.Address, "家住", fmt.Sprintf("浙江省杭州市西湖区文三路%d号%d单元%d室", 1+r.IntN(300), 1+r.IntN(9), 101+r.IntN(900))}
	case 12:
		return item{pii.Landline, "", "0571-" + letter("678") + digits(r, 7)}
	case 13:
		return item{pii.APIKey, "", "sk-proj-" + word(r, 10, alnumSet) + digits(r, 3) + word(r, 27, alnumSet)}
	case 14:
		return item{pii.APIKey, "", "ghp_" + word(r, 20, alnumSet) + digits(r, 2) + word(r, 14, alnumSet)}
	case 15:
		return item{pii.APIKey, "", "AKIA" + word(r, 12, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") + digits(r, 4)}
	case 16:
		part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
		return item{pii.Token, "", part(`{"alg":"HS256"}`) + "." + part(`{"sub":"`+digits(r, 8)+`"}`) + "." + word(r, 30, alnumSet)}
	case 17:
		return item{pii.Connection, "", "postgres://app:" + word(r, 6, alnumSet) + digits(r, 2) + "@db" + digits(r, 2) + ".internal:5432/x"}
	case 18:
		return item{pii.Password, "密码：", word(r, 6, alnumSet) + digits(r, 3) + "!a"}
	}
	return item{pii.PrivateKey, "", "-----BEGIN PRIVATE KEY-----\n" + word(r, 64, alnumSet) + "\n" + word(r, 64, alnumSet) + "\n-----END PRIVATE KEY-----"}
}

// A disguise is a way to write a value that a reader, or a model, still reads. It
// returns "" where it has nothing to change.
type disguise struct {
	name string
	of   func(r *rand.Rand, it item) string
}

func each(f func(i int, c rune) string) func(*rand.Rand, item) string {
	return func(_ *rand.Rand, it item) string {
		var b strings.Builder
		i := 0
		for _, c := range it.value {
			b.WriteString(f(i, c))
			i++
		}
		return b.String()
	}
}

// digitsAll writes each digit by a function.
func digitsAll(f func(c rune) string) func(*rand.Rand, item) string {
	return each(func(_ int, c rune) string {
		if c >= '0' && c <= '9' {
			return f(c)
		}
		return string(c)
	})
}

// digitsAs writes the digits with other ones.
func digitsAs(set string) func(*rand.Rand, item) string {
	list := []rune(set)
	return digitsAll(func(c rune) string { return string(list[c-'0']) })
}

// inWords writes each digit as a word.
func inWords(sep, words string) func(*rand.Rand, item) string {
	list := strings.Fields(words)
	return func(_ *rand.Rand, it item) string {
		var all []string
		for _, c := range it.value {
			w := string(c)
			if c >= '0' && c <= '9' {
				w = list[c-'0']
			}
			all = append(all, w)
		}
		return strings.Join(all, sep)
	}
}

// between puts a sign after each character.
func between(sep string) func(*rand.Rand, item) string {
	return func(_ *rand.Rand, it item) string { return strings.Join(strings.Split(it.value, ""), sep) }
}

// inMiddle cuts the value once.
func inMiddle(sep func(r *rand.Rand) string) func(*rand.Rand, item) string {
	return func(r *rand.Rand, it item) string {
		runes := []rune(it.value)
		k := len(runes)/2 + r.IntN(3) - 1
		return string(runes[:k]) + sep(r) + string(runes[k:])
	}
}

// groups cuts a value into pieces, the first of which has first signs.
func groups(value string, first, n int) (list []string) {
	for len(value) > first {
		list, value, first = append(list, value[:first]), value[first:], n
	}
	return append(list, value)
}

// A phrase of Chinese characters is told by these: they are not spread or coded digit by digit.
func isPhrase(it item) bool { return it.kind == pii.Case || it.kind == pii.Address }

func notPhrase(f func(*rand.Rand, item) string) func(*rand.Rand, item) string {
	return func(r *rand.Rand, it item) string {
		if isPhrase(it) {
			return ""
		}
		return f(r, it)
	}
}

// number is a disguise of what is only digits.
func number(f func(*rand.Rand, item) string) func(*rand.Rand, item) string {
	return func(r *rand.Rand, it item) string {
		if pii.NumberKind(it.value) == "" || strings.Trim(it.value, "0123456789X") != "" {
			return ""
		}
		return f(r, it)
	}
}

func reverse(s string) string {
	b := []rune(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

var disguises = []disguise{
	{"none", each(func(_ int, c rune) string { return string(c) })},
	{"full width", each(func(_ int, c rune) string {
		if c > ' ' && c < 0x7f {
			return string(c + 0xfee0)
		}
		return string(c)
	})},
	{"mathematical", each(func(_ int, c rune) string {
		switch {
		case c >= '0' && c <= '9':
			return string(c - '0' + 0x1D7CE)
		case c >= 'A' && c <= 'Z':
			return string(c - 'A' + 0x1D400)
		case c >= 'a' && c <= 'z':
			return string(c - 'a' + 0x1D41A)
		}
		return string(c)
	})},
	{"circled", digitsAs("⓪①②③④⑤⑥⑦⑧⑨")},
	{"superscript", digitsAs("⁰¹²³⁴⁵⁶⁷⁸⁹")},
	{"Arabic-Indic", digitsAs("٠١٢٣٤٥٦٧٨٩")},
	{"Chinese numerals", digitsAs("〇一二三四五六七八九")},
	{"formal numerals", digitsAs("零壹贰叁肆伍陆柒捌玖")},
	{"numerals of a market", digitsAs("〇〡〢〣〤〥〦〧〨〩")},
	{"numerals in circles", digitsAs("〇㊀㊁㊂㊃㊄㊅㊆㊇㊈")},
	{"numerals in brackets", digitsAs("〇㈠㈡㈢㈣㈤㈥㈦㈧㈨")},
	{"digits on keys", digitsAll(func(c rune) string { return string(c) + "\ufe0f\u20e3" })},
	{"look-alikes", each(func(_ int, c rune) string {
		for _, p := range []string{"aа", "eе", "oо", "pр", "cс", "xх", "iі", "jј", "AА", "EЕ", "HН", "KК", "MМ", "OО", "PР", "TТ", "XХ", "BВ", "CС"} {
			if strings.HasPrefix(p, string(c)) {
				return p[1:]
			}
		}
		return string(c)
	})},
	{"zero width", between("\u200b")},
	{"tag characters", between("\U000E0041")},
	{"soft hyphens and bidi", inMiddle(func(r *rand.Rand) string {
		return []string{"\u00ad", "\u202e\u202c", "\ufeff\u2060", "\ufe0f"}[r.IntN(4)]
	})},
	{"combining marks", between("\u0336")},
	{"spaced out", between(" ")},
	{"spaced wide", notPhrase(between("\u3000"))},
	{"dashed", notPhrase(between("-"))},
	{"dotted", notPhrase(between("·"))},
	{"plus signs", number(between(" + "))},
	{"equals signs", number(between(" = "))},
	{"enumerated", number(between("、"))},
	{"pictures between", number(between("🔥"))},
	{"cells", number(func(_ *rand.Rand, it item) string {
		return "| " + strings.Join(strings.Split(it.value, ""), " | ") + " |"
	})},
	{"cells of mail", func(_ *rand.Rand, it item) string {
		if it.kind != pii.Email {
			return ""
		}
		return strings.Join(strings.Split(it.value, ""), " | ")
	}},
	{"brackets each", func(_ *rand.Rand, it item) string {
		if isPhrase(it) || it.kind == pii.Plate || it.kind == pii.PrivateKey {
			return ""
		}
		return "[" + strings.Join(strings.Split(it.value, ""), "][") + "]"
	}},
	{"new line of Windows", notPhrase(inMiddle(func(*rand.Rand) string { return "\r\n" }))},
	{"new line behind a backslash", number(inMiddle(func(*rand.Rand) string { return "\\\n" }))},
	{"new line", notPhrase(inMiddle(func(*rand.Rand) string { return "\n" }))},
	{"emphasis", notPhrase(inMiddle(func(*rand.Rand) string { return "**" }))},
	{"tags", notPhrase(inMiddle(func(r *rand.Rand) string { return []string{"<b></b>", "<!-- -->", "<wbr>"}[r.IntN(3)] }))},
	{"base64", func(_ *rand.Rand, it item) string {
		return base64.StdEncoding.EncodeToString([]byte(it.cue + it.value))
	}},
	{"base64 in groups", func(r *rand.Rand, it item) string {
		if it.kind == pii.Plate { // of two groups
			return ""
		}
		n := []int{8, 10, 16}[r.IntN(3)]
		return strings.Join(groups(base64.StdEncoding.EncodeToString([]byte(it.cue+it.value)), n, n), []string{" ", "\n", "\n        ", " \r\n"}[r.IntN(4)])
	}},
	{"base64 in groups of four", number(func(_ *rand.Rand, it item) string {
		return strings.Join(groups(base64.StdEncoding.EncodeToString([]byte(it.value)), 4, 4), " ")
	})},
	{"strings added", func(r *rand.Rand, it item) string {
		if isPhrase(it) || it.kind == pii.Plate || it.kind == pii.PrivateKey || it.cue != "" {
			return ""
		}
		q := []string{`"`, "'"}[r.IntN(2)]
		plus := []string{"+", " + ", " . ", " .. ", " +\n        "}[r.IntN(5)]
		return q + strings.Join(groups(it.value, 4, 9), q+plus+q) + q
	}},
	{"hexadecimal", func(_ *rand.Rand, it item) string { return hex.EncodeToString([]byte(it.cue + it.value)) }},
	{"percent", each(func(_ int, c rune) string {
		var b strings.Builder
		for _, x := range []byte(string(c)) {
			fmt.Fprintf(&b, "%%%02X", x)
		}
		return b.String()
	})},
	{"HTML entities", each(func(i int, c rune) string {
		if i%2 == 0 {
			return fmt.Sprintf("&#x%x;", c)
		}
		return fmt.Sprintf("&#%d;", c)
	})},
	{"source escapes", each(func(_ int, c rune) string { return fmt.Sprintf("\\u%04x", c) })},
	{"braces of source", each(func(_ int, c rune) string { return fmt.Sprintf("\\u{%x}", c) })},
	{"octal", each(func(_ int, c rune) string {
		var b strings.Builder
		for _, x := range []byte(string(c)) {
			fmt.Fprintf(&b, "\\%03o", x)
		}
		return b.String()
	})},
	{"open entities", each(func(_ int, c rune) string { return fmt.Sprintf("&#%d", c) })},
	{"base32", func(_ *rand.Rand, it item) string {
		return base32.StdEncoding.EncodeToString([]byte(it.cue + it.value))
	}},
	{"bytes between colons", func(_ *rand.Rand, it item) string {
		return strings.ReplaceAll(fmt.Sprintf("% x", it.cue+it.value), " ", ":")
	}},
	{"bytes of source", number(func(_ *rand.Rand, it item) string {
		return strings.ReplaceAll(fmt.Sprintf("0x% x", it.value), " ", ", 0x")
	})},
	{"codes", number(func(_ *rand.Rand, it item) string { return strings.Trim(fmt.Sprint([]byte(it.value)), "[]") })},
	{"English words", number(inWords(", ", "zero one two three four five six seven eight nine"))},
	{"Pinyin", number(inWords(" ", "líng yāo èr sān sì wǔ liù qī bā jiǔ"))},
	{"quoted-printable", notPhrase(each(func(_ int, c rune) string { return "=" + strings.ReplaceAll(fmt.Sprintf("% X", string(c)), " ", "=") }))},
	{"overridden", number(func(_ *rand.Rand, it item) string { return "\u202e" + reverse(it.value) + "\u202c" })},
	{"backwards", func(_ *rand.Rand, it item) string {
		switch it.kind {
		case pii.Email, pii.ResidentID, pii.APIKey, pii.Connection, pii.Token:
			return reverse(it.value)
		}
		return ""
	}},
	{"spelled signs", func(_ *rand.Rand, it item) string {
		if it.kind != pii.Email {
			return ""
		}
		return strings.NewReplacer("@", " (at) ", ".", "[dot]").Replace(it.value)
	}},
}

// carriers are where an item stands; the cue comes before it.
var carriers = []string{
	"请记住，%s，谢谢。", // a prompt
	"本页记录了以下内容：%s。其余部分与此无关，从略。",                                 // a document
	"The user gave %s, so I should not repeat it.",              // a thought
	"{\"name\": \"lookup\", \"arguments\": {\"q\": \"%s\"}}",    // arguments of a tool
	"Here is what I found:\n\n- %s\n\nLet me know if it helps.", // an answer
}

// left returns the runes of the item that no hit covers, but for white space and what
// draws nothing.
func left(text string, from, to int, hits []detect.Hit) string {
	var b strings.Builder
	for i, c := range text[from:to] {
		k, _ := look(c)
		if k == gap || k == unseen {
			continue
		}
		covered := false
		for _, h := range hits {
			covered = covered || h.From <= from+i && from+i < h.To
		}
		if !covered {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// Nothing that was planted leaves, under any disguise, in any place.
func TestPlanted(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	d := New()
	n := 0
	for i := range 1000 {
		it := newItem(r, i)
		for _, g := range disguises {
			value := g.of(r, it)
			if value == "" || value == it.value && g.name != "none" {
				continue
			}
			n++
			carrier := carriers[(i/20)%len(carriers)]
			before, _, _ := strings.Cut(carrier, "%s")
			cue := it.cue
			if slices.Contains([]string{"base64", "base64 in groups", "base64 in groups of four", "base32", "hexadecimal", "bytes between colons"}, g.name) {
				cue = ""
			}
			text := strings.Replace(carrier, "%s", cue+value, 1)
			from := len(before) + len(cue)
			rest := left(text, from, from+len(value), detect.Find(d, text))
			if all := utf8.RuneCountInString(strings.Map(func(c rune) rune {
				if k, _ := look(c); k == gap || k == unseen {
					return -1
				}
				return c
			}, value)); 4*utf8.RuneCountInString(rest) > all {
				t.Errorf("%s, %s: %q leaves %q", it.kind, g.name, text, rest)
			}
		}
	}
	t.Logf("%d planted", n)
}
