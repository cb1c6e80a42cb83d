package form

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"

	"suiren/internal/say"
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
	Sampling      Sampling `json:"sampling"`
	MaxTokens     int      `json:"max_tokens"`
	MinTokens     int      `json:"min_tokens,omitempty"`
	IgnoreEnd     bool     `json:"ignore_eos,omitempty"`
	Stop          []string `json:"stop,omitempty"`
	Think         Think    `json:"think,omitzero"`
	Format        Format   `json:"format,omitzero"`
	Tools         []Tool   `json:"tools,omitempty"`
	Choice        Choice   `json:"tool_choice,omitzero"`
	OneCall       bool     `json:"one_call,omitempty"`
	Adapter       string   `json:"adapter,omitempty"`
	AdapterDigest string   `json:"adapter_digest,omitempty"` // sha256 over adapter_config.json and then adapter_model.safetensors
	Chat          bool     `json:"chat"`                     // the prompt is a rendered conversation
	Open          bool     `json:"open_thought,omitempty"`   // which ends in a thought
	Readers       []string `json:"readers,omitempty"`        // who asked documents that not everybody may read

	Passages []ReceiptPassage `json:"passages,omitempty"` // which the model read, in their order; their text is in the prompt
}

// A ReceiptPassage is a passage that the model read.
type ReceiptPassage struct {
	ID     string `json:"id"`
	Digest string `json:"digest"` // "sha256:" and that of its text
}

// A ReceiptModel names what answered: a model, or a release.
type ReceiptModel struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`       // sha256 over its files; that of the release
	KV     string `json:"kv,omitempty"` // type of keys and values: f16 if empty
}

// ReceiptTokens are tokens and their digest.
type ReceiptTokens struct {
	Tokens int     `json:"tokens"`
	Digest string  `json:"digest"` // TokensDigest
	IDs    []int32 `json:"ids,omitempty"`
}

// Check reports what keeps r from being replayed by any program of this version.
func (r *Receipt) Check() error {
	if r.Version != ReceiptVersion {
		return &say.Error{Where: r.Version, What: say.T("is not a version of receipts that is read here", "不是此处支持的回执版本"),
			Next: say.T("use the version of Suiren that wrote it: %s", "请使用写出它的 Suiren 版本：%s", r.Program)}
	}
	if TokensDigest(r.Prompt.IDs) != r.Prompt.Digest {
		return &say.Error{What: say.T("the prompt in the receipt is not the one of its digest", "回执中的提示与其摘要不符"), Next: say.T("use the receipt as it was written", "请使用未改动的回执")}
	}
	return nil
}

// ReadReceipt reads a parameter that asks for receipts.
func (r *Request) ReadReceipt(v json.RawMessage) error {
	if err := json.Unmarshal(v, &r.Receipt); err != nil || !r.Receipt {
		return err
	}
	r.Need(Receipts, "receipt")
	return nil
}

// Inlay is what is added to the replies of interfaces that have no place for
// receipts, retractions and sources, under the key suiren; nil if there are none.
type Inlay struct {
	Sources  []Source   `json:"sources,omitempty"` // the passages that the one answer rests on
	Marks    []Mark     `json:"marks,omitempty"`   // of its sentences
	Receipts []*Receipt `json:"receipts,omitempty"`
	Retract  *Retracted `json:"retract,omitempty"` // of the one answer
	Steered  int        `json:"steered,omitempty"` // tokens chosen so that an answer in a form ended in its room, of all answers
}

// NewInlay returns the inlay of replies.
func NewInlay(replies ...*Reply) *Inlay {
	var in Inlay
	for _, p := range replies {
		if p.Receipt != nil {
			in.Receipts = append(in.Receipts, p.Receipt)
		}
		in.Steered += p.Usage.Steered
		if len(replies) == 1 {
			in.Retract, in.Sources, in.Marks = p.Retract, p.Sources, p.Marks
		}
	}
	if in.Receipts == nil && in.Retract == nil && in.Steered == 0 && in.Sources == nil && in.Marks == nil {
		return nil
	}
	return &in
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
