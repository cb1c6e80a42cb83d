package quality

import (
	"unicode"
)

// terminals are the marks that end sentences, in all scripts.
const terminals = "᪩？⁈𑩂．꩞𑅃﹗𑂾\u1b7d፧𑅂꡶꘎⁉࠾᪨𑊩𑱂᱿𖩮᥅\U00011f43\U00011f44﹒𑈹𑈸።܂؞꛳\U00010f88𑗍𐩖𑙂\u061d꩟᠉\u1b7e𑗗᰼𑻸؟𑪜꧉𑗉𐽙𖫵𖬷܀꓿᜵𑗏𑁇𑗓𑥄៖𑥆𑗑𑗒꯫۔𐩗\U00010f86꡷\u2e54｡៕߹⸮.𑇅࠹𛲟꫰꤯𐽗᭞𑜼፨𑃁꣏𑇟𖬸𑪛𑜾࠷𝪈?𑃀𑗃！։꣎॥𑗖᭛᠃!၊𖺘⁇𑗌𑑋𖭄᭟𑅁𑙁⸼꩝𑗋。꧈꫱𑜽𐽖𑂿᙮។꛷\U00010f89៚᥄𑗕𑗎᪪᭚࠽𑇞𑗊𐽘\u2e53𑗔𖩯𑇍𑻷𐽕𑩃।𑗂𑇆𑁈။᱾𑱁꘏܁᜶‼𑈻‽᪫﹖𑑌𑈼\U00010f87𑗐៙᰻"

// punctuation are the marks that datatrove 0.10 takes out of a text before it
// compares it with others; the control characters come to them.
const punctuation = "!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»"

type runes struct {
	first [1 << 13]bool // of the first characters
	more  map[rune]bool
}

func newRunes(s string) *runes {
	r := &runes{more: map[rune]bool{}}
	for _, c := range s {
		if int(c) < len(r.first) {
			r.first[c] = true
		} else {
			r.more[c] = true
		}
	}
	return r
}

func (r *runes) has(c rune) bool {
	if c >= 0 && int(c) < len(r.first) {
		return r.first[c]
	}
	if c >= 0x3400 && c <= 0x9fff {
		return false
	}
	return r.more[c]
}

var (
	terminalRunes = newRunes(terminals)
	removedRunes  = newRunes(punctuation)
)

func isTerminal(c rune) bool { return terminalRunes.has(c) }

// IsRemoved reports whether c is a mark or a control character that texts are
// compared without.
func IsRemoved(c rune) bool {
	return removedRunes.has(c) || c >= 0 && c < 32 && c != '\t' && c != '\n' || c >= 127 && c < 160
}

// isMark reports whether a word of such characters alone is no real word.
func isMark(c rune) bool { return IsRemoved(c) || isTerminal(c) }

func isPunct(c rune) bool { return unicode.IsPunct(c) }
