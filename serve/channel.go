package serve

import (
	"strings"

	"suiren/serve/form"
)

// A channel is one of the texts of an answer on its way out: whole
// characters, cut at a stop string, past a rail.
type channel struct {
	kind form.Kind
	runes
	stopper
	rail   Rail // nil lets everything pass
	began  bool
	start  *form.Event     // of a call under a policy
	held   strings.Builder // its arguments, until they are whole
	text   strings.Builder // as the books have it
	told   strings.Builder // as the client has it
	back   Restorer        // nil: both are the same
	tokens []form.Token    // not told yet
	mute   bool            // no more tokens are told
	in     int             // bytes of the tokens that were told, and the first of tokens
}

// write returns what may leave of the text with this piece, the tokens that
// have left whole with it, and whether a stop string has ended it.
func (c *channel) write(piece string, tokens []form.Token, last bool) (text string, left []form.Token, stopped bool, err error) {
	c.tokens = append(c.tokens, tokens...)
	whole := c.runes.write(piece)
	if last {
		whole += c.runes.flush()
	}
	text, stopped = c.stopper.write(whole)
	if last && !stopped {
		text += c.stopper.flush()
	}
	if c.rail != nil {
		text, err = c.rail.Write(text)
		if last && err == nil {
			var tail string
			tail, err = c.rail.Flush()
			text += tail
		}
		if c.rail.Changed() {
			c.tokens, c.mute = nil, true // they spell what was masked
		}
	}
	c.text.WriteString(text)
	if c.mute {
		c.tokens = nil
		return text, nil, stopped, err
	}
	all := last && !c.stopper.met() && err == nil
	n := 0
	for n < len(c.tokens) && (all || c.in+len(c.tokens[n].Bytes) <= c.text.Len()) {
		c.in += len(c.tokens[n].Bytes)
		if c.rail != nil {
			c.tokens[n].Top = nil // alternatives spell what a rail has not read
		}
		n++
	}
	left, c.tokens = c.tokens[:n:n], c.tokens[n:]
	return text, left, stopped, err
}
