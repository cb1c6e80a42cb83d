package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// splitPattern is the pattern that pieceEnd follows, as tokenizer.json spells
// it. Source: https://huggingface.co/Qwen/Qwen3-0.6B/blob/main/tokenizer.json
const splitPattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

// A class is what the pattern distinguishes among runes.
type class uint8

const (
	other   class = iota // [^\s\p{L}\p{N}]
	letter               // \p{L}
	number               // \p{N}
	newline              // [\r\n]
	blank                // \s but a newline
)

var ascii = func() (table [utf8.RuneSelf]class) {
	for i := range table {
		table[i] = classOf(rune(i))
	}
	return table
}()

func classOf(r rune) class {
	switch {
	case r == '\r' || r == '\n':
		return newline
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return number
	case unicode.IsSpace(r):
		return blank
	}
	return other
}

// at returns the class and the width of the rune of s at i, and width 0 at
// its end. A byte that is not UTF-8 is of class other.
func at(s string, i int) (class, int) {
	if i >= len(s) {
		return other, 0
	}
	if c := s[i]; c < utf8.RuneSelf {
		return ascii[c], 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return classOf(r), n
}

// run returns the end of the runes of class c from i on.
func run(s string, i int, c class) int {
	for {
		d, n := at(s, i)
		if n == 0 || d != c {
			return i
		}
		i += n
	}
}

// pieceEnd returns the length of the first piece of s, which is not empty:
// the match of splitPattern at its start. Every text is a sequence of pieces.
func pieceEnd(s string) int {
	if n := contraction(s); n > 0 {
		return n
	}
	c, n := at(s, 0)
	d, m := at(s, n)
	switch {
	case c == letter:
		return run(s, n, letter)
	case c == number:
		return n
	case c != newline && m > 0 && d == letter: // [^\r\n\p{L}\p{N}]?\p{L}+
		return run(s, n+m, letter)
	case c == other || s[0] == ' ' && m > 0 && d == other: //  ?[^\s\p{L}\p{N}]+[\r\n]*
		return run(s, run(s, n, other), newline)
	}
	// White space: up to and with its last newline; else all of it at the end
	// of the text; else all but the last rune, which the next piece may want.
	i, last, line := 0, 0, 0
	for {
		c, n := at(s, i)
		if n == 0 && line == 0 {
			return i
		}
		if n == 0 || c != newline && c != blank {
			break
		}
		last, i = i, i+n
		if c == newline {
			line = i
		}
	}
	switch {
	case line > 0:
		return line
	case last > 0:
		return last
	}
	return i
}

// contraction returns the length of (?i:'s|'t|'re|'ve|'m|'ll|'d) at the start
// of s, or 0. The long s, ſ, is an s whose case is folded.
func contraction(s string) int {
	if len(s) < 2 || s[0] != '\'' {
		return 0
	}
	switch s[1] | 0x20 {
	case 's', 't', 'm', 'd':
		return 2
	case 'r', 'v':
		if len(s) > 2 && s[2]|0x20 == 'e' {
			return 3
		}
	case 'l':
		if len(s) > 2 && s[2]|0x20 == 'l' {
			return 3
		}
	}
	if len(s) > 2 && s[1:3] == "ſ" {
		return 3
	}
	return 0
}
