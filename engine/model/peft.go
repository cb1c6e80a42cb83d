package model

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"suiren/engine/weights"
)

// A peftConfig is adapter_config.json.
type peftConfig struct {
	Type    string   `json:"peft_type"`
	Rank    int      `json:"r"`
	Alpha   float64  `json:"lora_alpha"`
	RsLoRA  bool     `json:"use_rslora"`
	Bias    string   `json:"bias"`
	Ranks   patterns `json:"rank_pattern"`  // in place of Rank
	Alphas  patterns `json:"alpha_pattern"` // … of Alpha
	Fan     bool     `json:"fan_in_fan_out"`
	Init    any      `json:"init_lora_weights"`
	Targets names    `json:"target_modules"`
	Exclude names    `json:"exclude_modules"`
	Layers  numbers  `json:"layers_to_transform"`
	Base    string   `json:"suiren_base"` // what baseKey says, where it was written before

	text   []byte         // the file
	others map[string]any // all that it says
}

// unlike are settings of PEFT 0.21 under which an adapter is more than B·A beside a
// matrix, or not always there: they are not read.
var unlike = []string{"use_dora", "modules_to_save", "layer_replication", "megatron_config", "lora_bias", "use_qalora", "use_bdlora", "alora_invocation_tokens", "trainable_token_indices", "arrow_config", "kasa_config", "monteclora_config"}

// plainly are the values of init_lora_weights from which the base stays as it was.
// What the others of PEFT 0.21 (pissa, olora, corda, loftq, lora_ga) begin with they
// take from the base, so that the adapter is of another one.
var plainly = []string{"gaussian", "eva", "orthogonal", "mica"}

// baseKey names, in the metadata of an adapter's tensors, the digest of the
// model it was trained over. Its configuration has no place for it: peft warns
// of names it does not know.
const baseKey = "suiren_base"

// rank is that of a module's pair.
func (c *peftConfig) rank(module string) int {
	return int(c.Ranks.of(module, float64(c.Rank)))
}

// scale is what B·A of a module is multiplied by.
func (c *peftConfig) scale(module string, rank int) float64 {
	alpha := c.Alphas.of(module, c.Alpha)
	if c.RsLoRA {
		return alpha / math.Sqrt(float64(rank))
	}
	return alpha / float64(rank)
}

// readPEFT reads adapter_config.json and refuses what is not applied.
func readPEFT(dir string, s *Shape) (*peftConfig, error) {
	path := filepath.Join(dir, "adapter_config.json")
	c := new(peftConfig)
	bad := func(place, format string, args ...any) error {
		return &weights.FormatError{Path: path, Place: place, Why: format, Args: args}
	}
	text, err := readLimited(path)
	if err != nil {
		return nil, err
	}
	c.text = text
	if err := json.Unmarshal(text, c); err != nil {
		return nil, bad("", "is not the JSON of an adapter: %v", err)
	}
	if err := json.Unmarshal(text, &c.others); err != nil {
		return nil, bad("", "is not the JSON of an adapter: %v", err)
	}
	if c.Type != "LORA" {
		return nil, bad("peft_type", "%q is not read; LORA is", c.Type)
	}
	for _, name := range unlike {
		if said(c.others[name]) {
			return nil, bad(name, "is set, and only plain LoRA is read")
		}
	}
	switch {
	case c.Fan && s.Arch != "gpt2":
		return nil, bad("fan_in_fan_out", "is set, and only plain LoRA is read")
	case c.Bias != "" && c.Bias != "none":
		return nil, bad("bias", "%q is not read; none is", c.Bias)
	case !(c.Alpha > 0) || math.IsInf(c.Alpha, 0):
		return nil, bad("lora_alpha", "%g is not a scale", c.Alpha)
	}
	if name, ok := c.Ranks.compile(func(n float64) bool { return n >= 1 && n <= maxRank && n == math.Trunc(n) }); !ok {
		return nil, bad("rank_pattern", "%q is a pattern, or has a value, that is not read", name)
	}
	if name, ok := c.Alphas.compile(func(x float64) bool { return x > 0 && !math.IsInf(x, 0) }); !ok {
		return nil, bad("alpha_pattern", "%q is a pattern, or has a value, that is not read", name)
	}
	if name, ok := c.Init.(string); ok && !slices.Contains(plainly, strings.ToLower(name)) {
		return nil, bad("init_lora_weights", "%q took a part of the base away before the training, so that the adapter does not fit it; save it with path_initial_model_for_weight_conversion, which makes it plain LoRA", name)
	}
	return c, nil
}

// said reports whether a value of a configuration says something.
func said(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

// names are modules in a configuration: ends of their names, or a pattern of
// whole ones, in Python's form.
type names struct {
	list    []string
	pattern string
}

// UnmarshalJSON reads a list, a pattern or null.
func (n *names) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, &n.pattern) == nil {
		return nil
	}
	return json.Unmarshal(text, &n.list)
}

// match returns what tells whether a module is among n. ok: that can be told; a
// pattern may be of a kind that Go does not know.
func (n *names) match() (is func(module string) bool, ok bool) {
	if n.pattern != "" {
		p, err := regexp.Compile(`^(?:` + n.pattern[:min(len(n.pattern), maxPattern)] + `)$`)
		if err != nil || len(n.pattern) > maxPattern {
			return nil, false
		}
		return p.MatchString, true
	}
	return func(module string) bool {
		return slices.ContainsFunc(n.list, func(end string) bool { return endsIn(module, end) })
	}, true
}

// numbers are layers in a configuration: a list, one, or null.
type numbers []int

// UnmarshalJSON reads them.
func (n *numbers) UnmarshalJSON(text []byte) error {
	var one int
	if err := json.Unmarshal(text, &one); err == nil && string(text) != "null" {
		*n = numbers{one}
		return nil
	}
	return json.Unmarshal(text, (*[]int)(n))
}

// maxPattern bounds a pattern in bytes; longer ones are not looked at. maxPatterns
// bounds those of ranks, or of alphas, together.
const (
	maxPattern  = 1 << 12
	maxPatterns = 1 << 16
)

// patterns are numbers of modules by patterns, in Python's form, of ends of their
// names. The first that matches counts (get_pattern_key of PEFT 0.21).
type patterns []pattern

type pattern struct {
	text  string
	value float64
	is    *regexp.Regexp
}

// UnmarshalJSON reads an object, in its order, or null.
func (p *patterns) UnmarshalJSON(text []byte) error {
	var all map[string]float64
	if err := json.Unmarshal(text, &all); err != nil || all == nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.Token() // the brace
	for d.More() {
		key, err := d.Token()
		if err := cmp.Or(err, d.Decode(new(any))); err != nil {
			return err
		}
		name := key.(string)
		*p = append(*p, pattern{text: name, value: all[name]})
	}
	return nil
}

// compile makes p ready for of. !ok: it cannot be read where it says name. Counted
// repetitions are not: a few letters of them ask for any memory.
func (p patterns) compile(fits func(float64) bool) (name string, ok bool) {
	sum := 0
	for i := range p {
		x := &p[i]
		if sum += len(x.text); sum > maxPatterns || strings.Contains(x.text, "{") || !fits(x.value) {
			return x.text, false
		}
		var err error
		if x.is, err = regexp.Compile(`^(?:.*\.)?(?:` + x.text + `)$`); err != nil {
			return x.text, false
		}
	}
	return "", true
}

// of returns the number of a module, and otherwise if no pattern matches.
func (p patterns) of(module string, otherwise float64) float64 {
	module = strings.TrimPrefix(module, peftPrefix)
	for _, x := range p {
		if x.is.MatchString(module) {
			return x.value
		}
	}
	return otherwise
}

// A foundPair is where tensors of an adapter were found to lie.
type foundPair struct {
	place
	tensor string
}

// A site is a linear of a block, or of its expert (−1: none).
type site struct{ l, e, linear int }

// lacks returns the name of a module that the targets of c name and of which the
// adapter has no tensors; "" if it is whole, or that cannot be told. prefix is what
// stands before the number of a block in the names that it has. (What PEFT takes for a target:
// tuners_utils.check_target_module_exists of PEFT 0.21.)
func (c *peftConfig) lacks(s *Shape, prefix string, found map[site][]foundPair) string {
	wanted, ok := c.Targets.match()
	without, known := c.Exclude.match()
	if !ok || !known {
		return ""
	}
	places := s.places()
	for _, m := range s.modules() {
		own, ofExperts := strings.CutPrefix(m, expertModules)
		var lost string
		some := !ofExperts // where experts are one tensor, PEFT passes over their names
		for l := range s.Layers {
			if c.Targets.pattern == "" && len(c.Layers) > 0 && !slices.Contains(c.Layers, l) {
				continue
			}
			for e := range s.copies(l, m) {
				name, at := m, site{l, -1, places[m].linear}
				if strings.HasPrefix(m, sharedModules) {
					at.e = s.Experts
				} else if ofExperts {
					name, at.e = fmt.Sprintf("%s%d.%s", expertModules, e, own), e
				}
				name = fmt.Sprintf("%s%d.%s", prefix, l, name)
				if !wanted(name) || without(name) {
					continue
				}
				if slices.ContainsFunc(found[at], func(f foundPair) bool { return f.covers(places[m]) }) {
					some = true
				} else if lost == "" {
					lost = name
				}
			}
		}
		if some && lost != "" {
			return lost
		}
	}
	return ""
}

// covers reports whether p has all rows of q.
func (p place) covers(q place) bool { return p.at <= q.at && q.at+q.rows <= p.at+p.rows }

// meets reports whether p and q share rows.
func (p place) meets(q place) bool { return p.at < q.at+q.rows && q.at < p.at+p.rows }
