package talk

import "suiren/engine/tokenizer"

// Rough returns a writer for forecasts in words that are not at hand: it writes in the
// chat of our own, in bytes, of which a token of those words stands for about each. So
// what the chat writes around what is said, asked and called is counted, too.
func Rough(each float64) (*Writer, error) {
	tok, err := tokenizer.Train(func(func(string) bool) {}, 256+len(tokenizer.ChatSpecial), tokenizer.ChatSpecial)
	if err != nil {
		return nil, err
	}
	c, err := tokenizer.NewChat(tok)
	if err != nil {
		return nil, err
	}
	w, err := own(c, tok, false)
	if err == nil {
		w.each = each
	}
	return w, err
}

// Size is how many tokens ids are: as many, but of a rough writer about.
func (w *Writer) Size(ids []int32) int {
	if w.each == 0 {
		return len(ids)
	}
	bytes := 0
	for _, id := range ids {
		if id < 256 { // the others are marks of the chat, each a token in any words
			bytes++
		}
	}
	return len(ids) - bytes + int(float64(bytes)/w.each+0.5)
}
