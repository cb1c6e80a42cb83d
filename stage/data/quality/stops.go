package quality

import "strings"

// gopherStops are the words of which a text must hold two kinds: Gopher's for
// English, FineWeb-2's (cmn_Hani) for Chinese.
var gopherStops = map[string]string{
	"en": "the be to of and that have with",
	"zh": "的 年 在 月 是 和 日 了 於 · 為 有 被 人 中 为 他 與 後 也 而 由",
}

// functionWords carry grammar, not matter: prose is full of them, lists are not.
var functionWords = map[string]string{
	"en": "a an the this that these those i you he she it we they me him her us them my your his its our their " +
		"is am are was were be been being do does did have has had will would can could may might must shall should " +
		"of in on at by for with from to into about as than and or but if so not no nor then there here when where who what which how all any some",
	"zh": "的 了 在 是 我 你 您 他 她 它 有 和 就 不 也 都 而 及 与 與 或 一个 没有 我们 你们 他们 这 那 这个 那个 之 以 于 於 对 从 把 被 让 由 向 " +
		"为 為 着 過 过 到 但 因为 所以 如果 虽然 可以 可 会 能 要 很 更 最 还 又 再 只 已 已经 将 等 中 上 下 里 并 其 个 則 则 吗 呢 吧",
}

// A stopTable finds words by their hash. The first 64 are of gopherStops.
type stopTable struct {
	keys [512]uint64
	bits [512]uint8
}

func (t *stopTable) find(h uint64) (bit uint8, ok bool) {
	if t == nil {
		return 0, false
	}
	for i := h % 512; t.keys[i] != 0; i = (i + 1) % 512 {
		if t.keys[i] == h {
			return t.bits[i], true
		}
	}
	return 0, false
}

// common is the bit of a word that is no stop word of Gopher's: a shift by it
// sets nothing.
const common = 64

var stopTables = func() map[string]*stopTable {
	m := map[string]*stopTable{}
	for lang := range gopherStops {
		t := &stopTable{}
		add := func(word string, bit uint8) {
			h := hash(word)
			if _, ok := t.find(h); ok {
				return
			}
			i := h % 512
			for t.keys[i] != 0 {
				i = (i + 1) % 512
			}
			t.keys[i], t.bits[i] = h, bit
		}
		for i, w := range strings.Fields(gopherStops[lang]) {
			add(w, uint8(i))
		}
		for w := range strings.FieldsSeq(functionWords[lang]) {
			add(w, common)
		}
		m[lang] = t
	}
	return m
}()

// stopHashes returns the table of a language; English for those without one,
// because their profiles do not ask.
func stopHashes(lang string) *stopTable { return stopTables[lang] }
