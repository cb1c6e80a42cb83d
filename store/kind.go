// Package store keeps artifacts: directories that are written once, named by
// the SHA-256 of their content and never changed, and the records of how each
// was made.
package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// A Kind says what an artifact is. The kinds are the stations of the loop.
type Kind string

// The kinds, in the order the data meets them.
const (
	Documents  Kind = "documents"
	Corpus     Kind = "corpus"
	Examples   Kind = "examples"
	Tokenizer  Kind = "tokenizer"
	Tokens     Kind = "tokens"
	Weights    Kind = "weights"
	Knowledge  Kind = "knowledge"
	Classifier Kind = "classifier"
	Policy     Kind = "policy"
	Scenario   Kind = "scenario"
	Verdict    Kind = "verdict"
	Release    Kind = "release"
)

// A Digest names an artifact by its content.
type Digest [sha256.Size]byte

func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Short returns the first 12 hexadecimal digits, for people.
func (d Digest) Short() string { return hex.EncodeToString(d[:6]) }

// IsZero reports whether d names nothing.
func (d Digest) IsZero() bool { return d == Digest{} }

// ParseDigest reads 64 hexadecimal digits.
func ParseDigest(s string) (d Digest, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(d) {
		return d, fmt.Errorf("digest %q is not 64 hexadecimal digits", s)
	}
	return Digest(b), nil
}

// MarshalText writes d in hexadecimal.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Digest) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDigest(string(b))
	return err
}
