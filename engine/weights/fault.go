package weights

import (
	"fmt"
	"strings"
)

// A Fault is what can be wrong with a GGUF file: a sentence, the format of
// GGUFError's Args. A caller may say it in other words, with the same Args in
// the same order.
type Fault string

// What is wrong with the file as a whole.
const (
	NotRegular   Fault = "is not a regular file"
	NotGGUF      Fault = "does not begin with GGUF but with %q"
	BigEndian    Fault = "is big-endian; only little-endian files are read"
	WrongVersion Fault = "has version %d of GGUF; versions 2 and 3 are read"
	CutShort     Fault = "%d bytes are needed here and %d are left"
	LongHeader   Fault = "the part before the weights is longer than %d bytes"
)

// What is wrong with a key or a value.
const (
	TooMany     Fault = "claims %d items, for which the %d bytes that are left are too few"
	BadName     Fault = "a name is empty, longer than %d bytes or not printable UTF-8"
	Twice       Fault = "comes twice"
	UnknownKind Fault = "has a value of the unknown kind %d"
	TooDeep     Fault = "holds arrays more than %d deep"
	BadBool     Fault = "a truth value is %d; 0 and 1 are allowed"
	WrongKind   Fault = "is a value of kind %s; %s is needed"
	BadAlign    Fault = "an alignment of %d is not a power of two up to %d"
)

// What is wrong with a tensor.
const (
	ManyDims    Fault = "has %d dimensions; %d are allowed"
	BadShape    Fault = "the shape %v is impossible"
	UnknownType Fault = "has the unknown type %d"
	RetiredType Fault = "has the type %s, which the format has withdrawn"
	CutBlocks   Fault = "a row of %d weights is not made of whole blocks of %d, as %s needs"
	NotAligned  Fault = "begins at byte %d of the data, which is not a multiple of %d"
	OutOfRange  Fault = "takes bytes %d to %d of the data, which has %d"
	Overlap     Fault = "overlaps the tensor %s"
)

// What is wrong with a set of files.
const (
	BadPart   Fault = "says that it is part %d of %d; its name says otherwise"
	NoPart    Fault = "part %d of %d is missing"
	LostParts Fault = "the parts hold %d tensors; %d are announced"
)

// Faults lists them all.
var Faults = []Fault{
	NotRegular, NotGGUF, BigEndian, WrongVersion, CutShort, LongHeader,
	TooMany, BadName, Twice, UnknownKind, TooDeep, BadBool, WrongKind, BadAlign,
	ManyDims, BadShape, UnknownType, RetiredType, CutBlocks, NotAligned, OutOfRange, Overlap,
	BadPart, NoPart, LostParts,
}

// A GGUFError says that a file is not what GGUF requires, or that it needs
// something that this package does not do.
type GGUFError struct {
	Path  string // file
	Place string // key or tensor; may be empty
	At    int64  // byte of the file; negative where there is none
	Fault Fault
	Args  []any
	Err   error // cause, such as a part that cannot be opened; may be nil
}

func (e *GGUFError) Error() string {
	var b strings.Builder
	b.WriteString(e.Path + ": ")
	if e.Place != "" {
		b.WriteString(e.Place + ": ")
	}
	if e.At >= 0 {
		fmt.Fprintf(&b, "byte %d: ", e.At)
	}
	fmt.Fprintf(&b, string(e.Fault), e.Args...)
	return b.String()
}

func (e *GGUFError) Unwrap() error { return e.Err }
