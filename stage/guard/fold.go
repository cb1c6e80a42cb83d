package guard

import folding "suiren/stage/guard/fold"

// What a rune is to the matcher: see room fold.
type class = folding.Class

const (
	plain     = folding.Plain
	skipped   = folding.Skipped
	invisible = folding.Invisible
)

// The folding of a text, under the names that rails use.
var (
	fold   = folding.Rune
	joined = folding.IsJoined
	isTag  = folding.IsTag
)
