// Package language tells in which language a text is written: Chinese, Japanese,
// Korean and others by their script, those that share one by the frequency of
// their runs of letters.
//
// The model, model.zst, is made by prepare.py and train.go from texts under
// permissive licences; the script names them.
package language

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"suiren/knowledge/linear"
)

//go:embed model.zst
var packed []byte

type classifier struct {
	model  *linear.Model
	latin  []int
	others map[script][]int
}

var model = sync.OnceValue(func() *classifier {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	defer d.Close()
	raw, err := d.DecodeAll(packed, nil)
	if err != nil {
		panic("language: model.zst: " + err.Error()) // it is embedded
	}
	m, err := linear.Unmarshal(raw)
	if err != nil {
		panic(err)
	}
	c := &classifier{model: m, others: map[script][]int{}}
	for i, l := range m.Labels() {
		c.others[scripts[l]] = append(c.others[scripts[l]], i)
	}
	c.latin = c.others[latin]
	return c
})

// A script is a set of letters.
type script uint8

const (
	none script = iota
	latin
	cyrillic
	arabic
	han
	kana
	hangul
	greek
	hebrew
	thai
	devanagari
	numScripts
)

// alone are the languages of the scripts that only one of ours has.
var alone = [numScripts]string{han: "zh", kana: "ja", hangul: "ko", greek: "el", hebrew: "he", thai: "th", devanagari: "hi"}

// scripts are those of the model's languages, where they are not Latin.
var scripts = func() map[string]script {
	m := map[string]script{"ru": cyrillic, "uk": cyrillic, "bg": cyrillic, "ar": arabic, "fa": arabic}
	for _, l := range Latin {
		m[l] = latin
	}
	return m
}()

// Latin are the languages in Latin letters that are known.
var Latin = []string{"en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "ro", "hu", "tr", "id", "vi", "ca"}

// Modelled are the languages that the model tells apart.
var Modelled = append(append([]string{}, Latin...), "ru", "uk", "bg", "ar", "fa")

// Known are the codes of all languages that Identify tells.
var Known = slices.Sorted(maps.Keys(names))

// names are the languages' English names, by their ISO 639-1 codes.
var names = map[string]string{
	"ar": "arabic", "bg": "bulgarian", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
	"es": "spanish", "fa": "persian", "fi": "finnish", "fr": "french", "he": "hebrew", "hi": "hindi", "hu": "hungarian", "id": "indonesian",
	"it": "italian", "ja": "japanese", "ko": "korean", "nb": "norwegian", "nl": "dutch", "pl": "polish", "pt": "portuguese", "ro": "romanian",
	"ru": "russian", "sv": "swedish", "th": "thai", "tr": "turkish", "uk": "ukrainian", "vi": "vietnamese", "zh": "chinese",
}

// Meant returns the code of the language that is perhaps meant by a word that is no
// code: its English name, or a code in capitals or with a region (en-US, zh_CN); "" if
// none is.
func Meant(word string) string {
	word = strings.ToLower(word)
	for code, name := range names {
		if word == name {
			return code
		}
	}
	if i := strings.IndexAny(word, "-_"); i >= 0 {
		word = word[:i]
	}
	if names[word] == "" {
		return ""
	}
	return word
}

func scriptOf(c rune) script {
	switch {
	case c < 0x250:
		if c < 128 && (c|0x20 >= 'a' && c|0x20 <= 'z') || c >= 0xc0 && c != 0xd7 && c != 0xf7 {
			return latin
		}
	case c >= 0x370 && c < 0x400:
		return greek
	case c >= 0x400 && c < 0x530:
		return cyrillic
	case c >= 0x590 && c < 0x600:
		return hebrew
	case c >= 0x600 && c < 0x780:
		if unicode.IsLetter(c) {
			return arabic
		}
	case c >= 0x900 && c < 0x980:
		return devanagari
	case c >= 0xe00 && c < 0xe80:
		return thai
	case c >= 0x1e00 && c < 0x1f00:
		return latin
	case c >= 0x3041 && c < 0x3100:
		return kana
	case c >= 0x3400 && c < 0xa000, c >= 0x20000 && c < 0x32000:
		return han
	case c >= 0xac00 && c < 0xd7a4, c >= 0x1100 && c < 0x1200:
		return hangul
	}
	return none
}

// weight of a character: a Chinese one says about as much as two letters.
var weight = [numScripts]int{latin: 1, cyrillic: 1, arabic: 1, han: 2, kana: 2, hangul: 2, greek: 1, hebrew: 1, thai: 1, devanagari: 1}

// enough is how much of a text is read: the beginning, and as much of the middle.
const enough = 1 << 10

// Identify returns the language of a text, by its ISO 639-1 code, and how sure it
// is: the share of the letters in that language's script, times the probability
// among the languages that share it. The code is "" for a text without letters.
//
// Of a long text the first KiB and one of the middle are read.
func Identify(text string) (lang string, sure float64) {
	c := model()
	r := readings.Get().(*reading)
	defer readings.Put(r)
	r.count, r.sum = [numScripts]int{}, c.model.NewSum()
	if len(text) > 3*enough {
		middle := text[len(text)/2:]
		for len(middle) > 0 && !utf8.RuneStart(middle[0]) {
			middle = middle[1:]
		}
		scan(text[:enough], &r.count, &r.found, r.add)
		scan(middle[:min(enough, len(middle))], &r.count, &r.found, r.add)
	} else {
		scan(text, &r.count, &r.found, r.add)
	}
	count := &r.count
	total, top := 0, none
	for s, n := range count {
		count[s] = n * weight[s]
		total += count[s]
	}
	if japanese := count[han] + count[kana]; 12*count[kana] > count[han] { // kana stand in every Japanese sentence
		count[kana], count[han] = japanese, 0
	} else {
		count[han], count[kana] = japanese, 0
	}
	for s := range count {
		if count[s] > count[top] {
			top = script(s)
		}
	}
	if top == none {
		return "", 0
	}
	share := float64(count[top]) / float64(total)
	if l := alone[top]; l != "" {
		return l, share
	}
	k, p := r.sum.Best(c.others[top])
	if k < 0 {
		return "", 0
	}
	return c.model.Labels()[k], share * p
}

// A reading is the memory of one Identify, kept for the next.
type reading struct {
	count [numScripts]int
	sum   linear.Sum
	found [256]uint64
	add   func([]uint64) // to sum
}

var readings = sync.Pool{New: func() any {
	r := &reading{}
	r.add = r.sum.AddAll
	return r
}}

// Features calls add with a text's features: each run of three and four
// characters of a word and the spaces around it.
func Features(text string, add func(hash uint64)) {
	var count [numScripts]int
	scan(text, &count, new([256]uint64), func(hashes []uint64) {
		for _, h := range hashes {
			add(h)
		}
	})
}

// scan calls add with the features, many at a time, which it gathers in found.
func scan(text string, count *[numScripts]int, found *[256]uint64, add func([]uint64)) {
	n := 0
	var run uint64 // the last four characters, 16 bits each
	within := false
	for i := 0; i < len(text); {
		var c rune
		s := none
		if b := text[i]; b < utf8.RuneSelf {
			i++
			if b |= 0x20; b >= 'a' && b <= 'z' {
				c, s = rune(b), latin
			}
		} else {
			var size int
			c, size = utf8.DecodeRuneInString(text[i:])
			i += size
			if s = scriptOf(c); s == latin || s == cyrillic {
				c = unicode.ToLower(c)
			}
		}
		count[s]++
		if s == none || s > arabic {
			if !within {
				continue
			}
			c, within = ' ', false
		} else if !within {
			run, within = ' ', true
		}
		run = run<<16 | uint64(uint16(c))
		found[n] = (run&0xffffffffffff | 3<<60) * 0xc2b2ae3d27d4eb4f
		n++
		if run>>48 != 0 {
			found[n] = (run ^ run>>29) * 0x165667b19e3779f9
			n++
		}
		if n > len(found)-3 {
			add(found[:n])
			n = 0
		}
	}
	if within {
		run = run<<16 | ' '
		found[n] = (run&0xffffffffffff | 3<<60) * 0xc2b2ae3d27d4eb4f
		n++
	}
	add(found[:n])
}
