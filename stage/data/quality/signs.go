package quality

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// terminals are the marks that end sentences, in all scripts.
const terminals = "᪩？⁈𑩂．꩞𑅃﹗𑂾\u1b7d፧𑅂꡶꘎⁉࠾᪨𑊩𑱂᱿𖩮᥅\U00011f43\U00011f44﹒𑈹𑈸።܂؞꛳\U00010f88𑗍𐩖𑙂\u061d꩟᠉\u1b7e𑗗᰼𑻸؟𑪜꧉𑗉𐽙𖫵𖬷܀꓿᜵𑗏𑁇𑗓𑥄៖𑥆𑗑𑗒꯫۔𐩗\U00010f86꡷\u2e54｡៕߹⸮.𑇅࠹𛲟꫰꤯𐽗᭞𑜼፨𑃁꣏𑇟𖬸𑪛𑜾࠷𝪈?𑃀𑗃！։꣎॥𑗖᭛᠃!၊𖺘⁇𑗌𑑋𖭄᭟𑅁𑙁⸼꩝𑗋。꧈꫱𑜽𐽖𑂿᙮។꛷\U00010f89៚᥄𑗕𑗎᪪᭚࠽𑇞𑗊𐽘\u2e53𑗔𖩯𑇍𑻷𐽕𑩃।𑗂𑇆𑁈။᱾𑱁꘏܁᜶‼𑈻‽᪫﹖𑑌𑈼\U00010f87𑗐៙᰻"

// punctuation are the marks that datatrove 0.10 takes out of a text before it
// compares it with others; the control characters come to them.
const punctuation = "!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»"

// What a character is. The names of Unicode's categories stand for themselves.
const (
	isSpace  uint16 = 1 << iota // Python's str.isspace
	isLetter                    // L, M and the marks of Chinese
	isAlpha                     // L
	isUpper                     // Lu
	isLower                     // Ll
	isDigit                     // Nd
	isQuote
	isAffix   // stands before and after words as a word of its own
	isPrefix  // only before
	isMoney   // of a currency
	isIcon    // So: such stand alone wherever they are
	isCut     // a word may be cut at it
	isEnd     // of a sentence
	isRemoved // texts are compared without it
	isPunct   // P
)

const planeChars = 1 << 16

// signs has what each character of the first plane is.
var signs = func() *[planeChars]uint16 {
	t := &[planeChars]uint16{}
	set := func(bit uint16, c rune) {
		if c < planeChars {
			t[c] |= bit
		}
	}
	for bit, table := range map[uint16]*unicode.RangeTable{
		isSpace: unicode.White_Space, isAlpha | isLetter: unicode.L, isLetter: unicode.M, isUpper: unicode.Lu,
		isLower: unicode.Ll, isDigit: unicode.Nd, isIcon | isCut: unicode.So, isPunct: unicode.P,
	} {
		for _, r := range table.R16 {
			for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
				set(bit, c)
			}
		}
	}
	for bit, list := range map[uint16]string{
		isQuote: quotes, isAffix: affixes, isPrefix: prefixes, isMoney: currencies, isCut: cuts, isEnd: terminals, isRemoved: punctuation,
		isSpace: "\x1c\x1d\x1e\x1f",
	} {
		for _, c := range list {
			set(bit, c)
		}
	}
	for c := rune(0); c < 160; c++ {
		if c < 32 && c != '\t' && c != '\n' || c >= 127 {
			set(isRemoved, c)
		}
	}
	for c := rune(0x3000); c <= 0x303f; c++ {
		set(isLetter, c)
	}
	t[utf8.RuneError] &^= isLetter
	return t
}()

// sign tells what c is.
func sign(c rune) uint16 {
	if uint32(c) < planeChars {
		return signs[c]
	}
	return farSign(c)
}

// farSign is sign beyond the first plane.
func farSign(c rune) (is uint16) {
	switch {
	case unicode.IsLetter(c):
		is = isAlpha | isLetter
		if unicode.IsUpper(c) {
			is |= isUpper
		} else if unicode.IsLower(c) {
			is |= isLower
		}
	case unicode.IsMark(c):
		is = isLetter
	case unicode.IsDigit(c):
		is = isDigit
	case unicode.Is(unicode.So, c):
		is = isIcon | isCut
	case unicode.IsPunct(c):
		is = isPunct
	}
	if strings.ContainsRune(terminals, c) {
		is |= isEnd
	}
	return is
}

// space reports whether Python's str.isspace holds.
func space(c rune) bool { return sign(c)&isSpace != 0 }

func isTerminal(c rune) bool { return sign(c)&isEnd != 0 }

// IsRemoved reports whether c is a mark or a control character that texts are
// compared without.
func IsRemoved(c rune) bool { return sign(c)&isRemoved != 0 }
