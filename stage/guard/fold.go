package guard

import folding "suiren/stage/guard/fold"

// What a rune is to the matcher: see room fold.
type class = folding.Class

const (
	plain     = folding.Plain
	skipped   = folding.Skipped
	invisible = folding.Invisible
	broken    = folding.Broken
)

// The folding of a text, under the names that rails use.
var (
	fold   = folding.Rune
	folds  = folding.Table
	joined = folding.IsJoined
	isTag  = folding.IsTag
)

// folded is fold by the table; it also reports whether the first rune is joined.
func (s *ruleset) folded(dst []rune, r rune) ([]rune, class, bool) {
	if int(r) < len(s.folds) {
		if e := s.folds[r]; e != 0 {
			kind := class(e >> 16 & 0xff)
			if kind == plain {
				dst = append(dst, rune(e&0xffff))
			}
			return dst, kind, e&folding.Joined != 0
		}
	}
	dst, kind := fold(dst, r)
	return dst, kind, len(dst) > 0 && joined(dst[0])
}
