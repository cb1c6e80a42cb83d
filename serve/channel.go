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
	text   strings.Builder
	tokens []form.Token // not told yet
	in     int          // bytes of the tokens that were told, and the first of tokens
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
		if text, err = c.rail.Write(text); err != nil {
			return "", nil, stopped, err
		}
		if last {
			tail, err := c.rail.Flush()
			if err != nil {
				return "", nil, stopped, err
			}
			text += tail
		}
	}
	c.text.WriteString(text)
	n := 0
	for n < len(c.tokens) && (last && !c.stopper.met() || c.in+len(c.tokens[n].Bytes) <= c.text.Len()) {
		c.in += len(c.tokens[n].Bytes)
		n++
	}
	left, c.tokens = c.tokens[:n:n], c.tokens[n:]
	return text, left, stopped, nil
}
