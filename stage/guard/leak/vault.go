package leak

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"suiren/pii"
	"suiren/stage/guard/detect"
)

// maxVault bounds the values of one conversation that have stand-ins; later ones are
// masked for good.
const maxVault = 4096

// A Vault gives the values of one conversation stand-ins that are in nobody's use,
// the same for the same value however it is disguised, and puts the values back on
// the way to the caller. It may be used by many goroutines. It is kept in memory
// alone.
type Vault struct {
	key    []byte
	mu     sync.Mutex
	stands map[string]string // of kind and value
	values map[string]string // of a stand-in
}

// NewVault makes a vault. Under another key the same value has another stand-in.
func NewVault(key []byte) *Vault {
	return &Vault{key: slices.Clone(key), stands: map[string]string{}, values: map[string]string{}}
}

// identity is the same for the same value, however it is spaced.
func identity(h detect.Hit) string {
	id := h.Kind + "\n" + strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || c == '@' || c == '.' || c == ':' {
			return c
		}
		return -1
	}, h.Value)
	if h.Detector == "pii" {
		id = strings.ToLower(id)
	}
	return id
}

// Lookup returns what stands for the value of a hit, if something does.
func (v *Vault) Lookup(h detect.Hit) (string, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s, ok := v.stands[identity(h)]
	return s, ok
}

// StandIn returns what stands for the value of a hit of this package.
func (v *Vault) StandIn(h detect.Hit) string {
	id := identity(h)
	v.mu.Lock()
	defer v.mu.Unlock()
	if s, ok := v.stands[id]; ok {
		return s
	}
	if len(v.stands) >= maxVault {
		return "[" + h.Kind + "]"
	}
	for n := range 64 {
		if s := v.standIn(h, fmt.Sprint(id, n)); v.free(s) {
			v.stands[id], v.values[s] = s, h.Value
			return s
		}
	}
	return "[" + h.Kind + "]"
}

// free reports whether no stand-in is s, or begins with it or as a part of it: numbers of
// two kinds may.
func (v *Vault) free(s string) bool {
	for other := range v.values {
		if strings.HasPrefix(other, s) || strings.HasPrefix(s, other) {
			return false
		}
	}
	return true
}

// Known reports whether a text is a stand-in of this vault.
func (v *Vault) Known(text string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, ok := v.values[text]
	return ok
}

// Empty reports whether nothing has a stand-in.
func (v *Vault) Empty() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.values) == 0
}

// standIn makes a stand-in.
func (v *Vault) standIn(h detect.Hit, id string) string {
	if h.Detector == "pii" && h.Kind != string(pii.IP) {
		return pii.StandIn(pii.Kind(h.Kind), id, v.key)
	}
	mac := hmac.New(sha256.New, v.key)
	mac.Write([]byte(id))
	sum := mac.Sum(nil)
	if h.Kind == string(pii.IP) { // RFC 3849: addresses for examples
		return fmt.Sprintf("2001:db8::%02x%02x:%02x%02x", sum[0], sum[1], sum[2], sum[3])
	}
	return fmt.Sprintf("%s_%x", h.Kind, sum[:6])
}

// Restore returns a reader of one text in which the stand-ins of now become values.
func (v *Vault) Restore() *Restorer {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := &Restorer{values: make(map[string]string, len(v.values))}
	for s, value := range v.values {
		r.values[s] = value
		r.names = append(r.names, s)
	}
	slices.Sort(r.names)
	return r
}

// A Restorer puts values back into a text that comes in pieces.
type Restorer struct {
	values map[string]string
	names  []string // sorted
	held   string
}

// Write takes a piece and returns what may leave.
func (r *Restorer) Write(piece string) string {
	r.held += piece
	var out strings.Builder
	for len(r.held) > 0 {
		name, more := r.at(r.held)
		switch {
		case more:
			return out.String()
		case name != "":
			out.WriteString(r.values[name])
			r.held = r.held[len(name):]
		default:
			out.WriteByte(r.held[0])
			r.held = r.held[1:]
		}
	}
	return out.String()
}

// Flush ends the text and returns what was held back.
func (r *Restorer) Flush() string {
	out := r.held
	r.held = ""
	return out
}

// at returns the stand-in with which text begins, or that more of it may be one. None
// is the beginning of another.
func (r *Restorer) at(text string) (name string, more bool) {
	i, found := slices.BinarySearch(r.names, text)
	if found {
		return text, false
	}
	if i < len(r.names) && strings.HasPrefix(r.names[i], text) {
		return "", true
	}
	if i > 0 && strings.HasPrefix(text, r.names[i-1]) {
		return r.names[i-1], false
	}
	return "", false
}
