package grammar

import (
	"fmt"
	"strings"
)

// An Error says what of a form cannot be enforced, and where in a schema it
// stands. Who shows it in another language has the code, and what the code is
// about.
type Error struct {
	Path   string // JSON pointer into the schema
	Code   Code
	Text   string // what stands there, shortened
	Number int    // a bound
}

// A Code is a reason of an Error.
type Code int

// Codes: what they say of Text and Number, Error tells.
const (
	NotJSON Code = iota
	NotSchema
	NotList
	NotObject
	NotString
	NotNumber
	NotCount
	NotPositive
	NotType
	NotName
	NotProperty
	NotHere
	Nothing
	Itself
	Impossible
	Keyword
	Format
	Pattern
	PatternLines
	PatternStates
	TooLong
	TooManyParts
	TooDeep
	TooManyDigits
	BadChoice
	NoTools
	BadTrigger
)

var reasons = map[Code]string{
	NotJSON: "it is not JSON: {text}", NotSchema: "a schema is an object or a boolean", NotList: "it is not a list", NotObject: "it is not an object",
	NotString: "it is not a string", NotNumber: "it is not a number", NotCount: "{text} is not a whole number", NotPositive: "{text} is not above 0",
	NotType: "{text} is not a type", NotName: "{text} is not a name", NotProperty: "{text} is not among the properties",
	NotHere: "{text} is not in this schema; nothing is fetched", Nothing: "there is nothing at {text}", Itself: "a $ref leads to itself, so it says nothing",
	Impossible: "nothing can be what it asks for", Keyword: "the keyword {text} is not enforced", Format: "the format {text} is not enforced",
	Pattern: "the pattern {text} is not enforced: only what a finite automaton can tell is", PatternLines: "the pattern {text} is not enforced: it looks at words or lines",
	PatternStates: "the pattern {text} is not enforced: it has too many states", TooLong: "it has more than {number} bytes",
	TooManyParts: "it has more than {number} parts", TooDeep: "it is nested more than {number} deep", TooManyDigits: "{text} has too many digits",
	BadChoice: "the choices are none, more than {number}, or one of them is empty", NoTools: "there is no tool to call",
	BadTrigger: "calls do not begin with {text}",
}

func (e *Error) Error() string {
	why := strings.NewReplacer("{text}", e.Text, "{number}", fmt.Sprint(e.Number)).Replace(reasons[e.Code])
	if e.Path == "" {
		return "grammar: " + why
	}
	return "grammar: " + e.Path + ": " + why
}

func bad(path string, code Code, text any) error {
	return &Error{Path: path, Code: code, Text: clip(fmt.Sprint(text))}
}

func beyond(path string, code Code, most int) error {
	return &Error{Path: path, Code: code, Number: most}
}

// located gives an error without a place one.
func located(path string, err error) error {
	if e, ok := err.(*Error); ok && e.Path == "" {
		e.Path = path
	}
	return err
}
