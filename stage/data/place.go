package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// placeIn is where in b an error of encoding/json is, as :line:column, or "".
func placeIn(b []byte, err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return linePlace(b, int(syntax.Offset)-1) // it counts the character at fault
	case errors.As(err, &kind):
		return linePlace(b, int(kind.Offset)-1) // the last of the value
	case errors.Is(err, io.ErrUnexpectedEOF):
		return linePlace(b, len(b))
	}
	return ""
}

// linePlace is byte at of b as :line:column.
func linePlace(b []byte, at int) string {
	before := b[:min(max(at, 0), len(b))]
	return fmt.Sprintf(":%d:%d", 1+bytes.Count(before, []byte("\n")), 1+utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]))
}
