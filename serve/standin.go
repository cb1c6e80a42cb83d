package serve

import (
	"slices"

	"suiren/serve/form"
)

// standing reports whether something stands for personal data in this request.
func (x *exchange) standing() bool { return x.vault != nil && !x.vault.Empty() }

// restored is a whole text as the caller may have it.
func (x *exchange) restored(text string) string {
	if !x.standing() {
		return text
	}
	r := x.vault.Restore()
	return r.Write(text) + r.Flush()
}

// restoredJSON is the same for the strings and numbers of a JSON text.
func (x *exchange) restoredJSON(text string) (string, error) {
	if !x.standing() {
		return text, nil
	}
	return eachJSON(text, func(value string) (string, error) { return x.restored(value), nil })
}

// restoredSources is the same for passages.
func (x *exchange) restoredSources(list []form.Source) []form.Source {
	if !x.standing() {
		return list
	}
	list = slices.Clone(list)
	for i := range list {
		list[i].Heading = x.restored(list[i].Heading)
		if text := x.restored(list[i].Text); text != list[i].Text {
			list[i].Text, list[i].Quotes = text, nil // its places are others
		}
	}
	return list
}
