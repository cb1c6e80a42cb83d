package train

import (
	"suiren/internal/say"
	"suiren/stage"
)

// smaller lists the least changes that would each make s fit into the memory
// of m, where it needs more: of the rows of a step, of their length, of depth.
// What no value of one setting can do is not in the list.
func (s *SFT) smaller(vocab, length int, m stage.Machine) (list []say.Text) {
	fits := func(o SFT, length int) bool {
		c := o.config(vocab, length)
		f := forecast(1, 1, c, o.batch(), length, m)
		if o.Patience > 0 {
			f.Memory += 4 * int64(c.Params())
		}
		return f.Memory <= m.Memory
	}
	o := *s
	for o.Batch = min(s.batch(), microRows) - 1; o.Batch > 0; o.Batch-- { // more than microRows take no more memory
		if fits(o, length) {
			list = append(list, say.T("batch = %d", "batch = %d", o.Batch))
			break
		}
	}
	const unit = 32 // tokens
	for n := (length - 1) / unit * unit; n >= unit; n -= unit {
		if fits(*s, n) {
			list = append(list, say.T("length = %d in the tokens block", "tokens 块中 length = %d", n))
			break
		}
	}
	o = *s
	o.Batch = s.batch() // depth must not change it
	for o.Depth = s.Depth - 1; o.Depth > 0; o.Depth-- {
		if fits(o, length) {
			list = append(list, say.T("depth = %d", "depth = %d", o.Depth))
			break
		}
	}
	if s.Patience > 0 {
		o = *s
		if o.Patience = 0; fits(o, length) {
			list = append(list, say.T("no patience", "不设 patience"))
		}
	}
	return list
}
