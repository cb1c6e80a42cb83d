package tokenizer

import "unicode"

// The patterns that files name, and the scanners that follow them. They are
// as tokenizer.json spells them.
const (
	patternQwen2   = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternQwen35  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternLlama3  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternBailing = `'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`
	patternCl100k  = `'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`
	patternSeed    = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\r\n]+|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"
	patternMiniCPM = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternUfak    = `[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternGPT2    = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	patternGPT4o   = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternTekken  = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternV3      = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"
	patternSpark   = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+|[\r\n]|\\s+(?!\\S)|\\s+"
	patternBloom   = ` ?[^(\s|[.,!?…。，、।۔،])]+`
	patternDigit   = `\p{N}`
	patternDigits  = `\p{N}+`
	patternDigits3 = `\p{N}{1,3}`
	patternThree   = `[0-9][0-9][0-9]`
	patternMarks   = "[\\p{P}\\$\\+<=>\\^~\\|]+"
	patternLines   = `[^\n]+|[\n]+`
	patternNewline = "[\r\n]"
	patternLetters = `\s?\p{L}+`
	patternPuncts  = `\s?\p{P}+`
	patternEnd     = `\s+$`
	patternKana    = `[` + kana + `]+`
	patternCJK     = `[` + cjk + `]+`
	patternCased   = `\s?[` + casedLetters + `]+`
	patternWide    = `\s?[` + widePunct + `]+`

	kana      = "一-龥\u3040-ゟ゠-ヿ"
	cjk       = "一-龥ࠀ-一가-퟿"
	widePunct = "!-/:-~！-／：-～‘-‟　-。"

	// casedLetters are letters that have a case, as DeepSeek-LLM lists them.
	casedLetters = "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃"
)

// patterns maps each pattern to its scanner.
var patterns = map[string]scanner{
	patternQwen2:   modern{digits: 1, word: letter}.scan,
	patternQwen35:  modern{digits: 1, word: letter | mark}.scan,
	patternLlama3:  modern{digits: 3, word: letter}.scan,
	patternBailing: modern{digits: 1, word: letter}.scan,
	patternCl100k:  modern{digits: 3, word: letter}.scan,
	patternSeed:    modern{digits: 1, word: letter, noTail: true}.scan,
	patternMiniCPM: modern{digits: 0, word: letter}.scan,
	patternUfak:    modern{digits: 1, word: letter, noContraction: true}.scan,
	patternGPT2:    gpt2,
	patternGPT4o:   cased{digits: 3}.scan,
	patternTekken:  cased{digits: 1, noContraction: true}.scan,
	patternV3:      between(func(s string) int { return deepseek(s, false) }),
	patternSpark:   between(func(s string) int { return deepseek(s, true) }),
	patternBloom:   between(listed),
	patternDigit:   digitGroups(1),
	patternDigits:  digitGroups(0),
	patternDigits3: digitGroups(3),
	patternThree:   between(threeDigits),
	patternMarks:   between(punctuation(true, "`")),
	patternLines:   newlines,
	patternNewline: between(oneNewline),
	patternLetters: between(afterSpace(letter)),
	patternPuncts:  between(afterSpace(punct)),
	patternEnd:     lastSpace,
	patternKana:    between(runesOf(kana).match),
	patternCJK:     between(runesOf(cjk).match),
	patternCased:   between(runesOf(casedLetters).afterSpace),
	patternWide:    between(runesOf(widePunct).afterSpace),
}

// wordRunes tells whether r, of class c and not a letter or mark, is of \w.
func wordRunes(r rune, c class) bool {
	return c&number != 0 && !unicode.Is(unicode.No, r) || unicode.In(r, unicode.Pc, unicode.Other_Alphabetic, unicode.Join_Control)
}
