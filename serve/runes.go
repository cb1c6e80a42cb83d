package serve

import "unicode/utf8"

// A runes makes pieces of text whole: a character that is split between two
// pieces leaves with the second. JSON cannot carry half of one.
type runes struct{ held string }

func (r *runes) write(piece string) string {
	text := r.held + piece
	cut := len(text)
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if c := text[len(text)-n]; utf8.RuneStart(c) {
			if !utf8.FullRuneInString(text[len(text)-n:]) {
				cut = len(text) - n
			}
			break
		}
	}
	r.held = text[cut:]
	return text[:cut]
}

// flush returns what never became whole.
func (r *runes) flush() string {
	text := r.held
	r.held = ""
	return text
}
