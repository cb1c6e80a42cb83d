package form

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// ReceiptVersion is the version of a Receipt. A new version may change fields.
const ReceiptVersion = "suiren.receipt/1"

// A Receipt says how an answer was made, so that it can be made again, to the
// token. It holds the prompt's tokens, so it is as confidential as the prompt.
type Receipt struct {
	Version string        `json:"version"`
	ID      string        `json:"id"` // of the answer
	Program string        `json:"program"`
	Model   ReceiptModel  `json:"model"`
	Prompt  ReceiptTokens `json:"prompt"`
	Answer  ReceiptTokens `json:"answer"` // thought and answer, as generated, without its IDs
	Finish  string        `json:"finish"` // stop, length, tool_calls; "" if the answer was left
	Seed    uint64        `json:"seed"`

	// The parameters, as the request gave them after defaults.
	Sampling  Sampling `json:"sampling"`
	MaxTokens int      `json:"max_tokens"`
	MinTokens int      `json:"min_tokens,omitempty"`
	IgnoreEnd bool     `json:"ignore_eos,omitempty"`
	Stop      []string `json:"stop,omitempty"`
	Think     Think    `json:"think,omitzero"`
	Format    Format   `json:"format,omitzero"`
	Tools     []Tool   `json:"tools,omitempty"`
	Choice    Choice   `json:"tool_choice,omitzero"`
	OneCall   bool     `json:"one_call,omitempty"`
	Adapter   string   `json:"adapter,omitempty"`
	Chat      bool     `json:"chat"`                   // the prompt is a rendered conversation
	Open      bool     `json:"open_thought,omitempty"` // which ends in a thought
}

// A ReceiptModel names the weights.
type ReceiptModel struct {
	Name   string `json:"name"`
	Digest string `json:"digest"` // sha256 over its files
}

// ReceiptTokens are tokens and their digest.
type ReceiptTokens struct {
	Tokens int     `json:"tokens"`
	Digest string  `json:"digest"` // TokensDigest
	IDs    []int32 `json:"ids,omitempty"`
}

// Tokens returns the count and the digest of ids, and ids themselves if keep.
func Tokens(ids []int32, keep bool) ReceiptTokens {
	t := ReceiptTokens{Tokens: len(ids), Digest: TokensDigest(ids)}
	if keep {
		t.IDs = ids
	}
	return t
}

// TokensDigest returns "sha256:" and the hexadecimal SHA-256 of ids, each as
// four bytes, the lowest first.
func TokensDigest(ids []int32) string {
	h := sha256.New()
	var b [4]byte
	for _, id := range ids {
		binary.LittleEndian.PutUint32(b[:], uint32(id))
		h.Write(b[:])
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
