package ledger

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsimple"

	"suiren/internal/say"
)

// A Book says what things cost. It is given as HCL, or as the same in JSON:
//
//	currency = "CNY"
//	watts    = 12          # of a busy processor core, where no meter can be read
//	price "tutor" {        # name of a model; "*" is all others
//	  requests = 0.001     # for a request
//	  prompt   = 2         # for a million tokens that are read
//	  cached   = 0.2       # for a million that had been read before
//	  thought  = 8         # for a million
//	  answer   = 8         # for a million
//	  cpu      = 0.3       # for an hour of one processor
//	  energy   = 0.6       # for a kilowatt hour
//	}
//
// What is not given is free. Amounts have at most six decimals.
type Book struct {
	Currency string   `hcl:"currency"`
	Watts    *float64 `hcl:"watts,optional"`
	Prices   []*Price `hcl:"price,block"`
}

// A Price is what a model costs.
type Price struct {
	Model    string `hcl:"model,label"`
	Requests string `hcl:"requests,optional"`
	Prompt   string `hcl:"prompt,optional"`
	Cached   string `hcl:"cached,optional"`
	Thought  string `hcl:"thought,optional"`
	Answer   string `hcl:"answer,optional"`
	CPU      string `hcl:"cpu,optional"`
	Energy   string `hcl:"energy,optional"`

	each [7]uint64 // millionths of the currency, in the order of per
}

// per is what the seven prices are for: requests, four kinds of tokens, an hour of
// a processor in microseconds, a kilowatt hour in microjoules.
var per = [7]uint64{1, 1e6, 1e6, 1e6, 1e6, 3600 * 1e6, 3600 * 1000 * 1e6}

// DefaultWatts is what a busy core of a server's processor is taken to draw where
// no meter can be read and the price book says nothing: a guess, marked as such.
const DefaultWatts = 10

// maxBook bounds a price book, in bytes, and maxPrice a price, in millionths.
const (
	maxBook  = 1 << 20
	maxPrice = 1 << 50
)

// ParseBook reads a price book.
func ParseBook(name string, text []byte) (*Book, error) {
	if len(text) > maxBook {
		return nil, say.Errorf("the price book is longer than %d bytes", "价目超过 %d 字节", maxBook)
	}
	form := "book.hcl"
	if strings.HasPrefix(strings.TrimSpace(string(text)), "{") {
		form = "book.json"
	}
	b := new(Book)
	if err := hclsimple.Decode(form, text, nil, b); err != nil {
		e := &say.Error{Where: name, What: say.T("the price book cannot be read: %v", "无法读取价目：%v", err), Next: seeForm}
		if diags, ok := errors.AsType[hcl.Diagnostics](err); ok && len(diags) > 0 && diags[0].Subject != nil {
			at := *diags[0].Subject
			what, next := say.Syntax(diags[0].Summary, diags[0].Detail, string(at.SliceBytes(text)))
			e.Where, e.What = fmt.Sprintf("%s:%d:%d", name, at.Start.Line, at.Start.Column), what
			if !next.IsZero() {
				e.Next = next
			}
		}
		return nil, e
	}
	if b.Currency == "" || len(b.Currency) > 16 {
		return nil, bad(name, "currency is the name of one, as CNY", "currency 应为货币名称，如 CNY")
	}
	if w := b.Watts; w != nil && (!(*w > 0) || *w > 10000) {
		return nil, bad(name, "watts are those of one busy core, as 12", "watts 是一个繁忙核心的功率，如 12")
	}
	seen := map[string]bool{}
	for _, p := range b.Prices {
		if p.Model == "" || seen[p.Model] {
			return nil, bad(name, "the model %q has two prices, or no name", "模型 %q 有两个价目，或没有名称", p.Model)
		}
		seen[p.Model] = true
		for i, text := range []string{p.Requests, p.Prompt, p.Cached, p.Thought, p.Answer, p.CPU, p.Energy} {
			var ok bool
			if p.each[i], ok = parseMillionths(text); !ok {
				return nil, bad(name, "%q is no price: write at most six decimals", "%q 不是价格：最多六位小数", text)
			}
		}
	}
	return b, nil
}

var seeForm = say.T("see docs/formats.md for the form of a price book", "价目的格式见 docs/formats.md")

func bad(where, en, zh string, args ...any) error {
	return &say.Error{Where: where, What: say.T(en, zh, args...), Next: seeForm}
}

// parseMillionths reads a decimal number of at most six decimals; "" is 0.
func parseMillionths(text string) (n uint64, ok bool) {
	whole, part, _ := strings.Cut(text, ".")
	if len(part) > 6 {
		return 0, false
	}
	for _, c := range whole + part + strings.Repeat("0", 6-len(part)) {
		if c < '0' || c > '9' || n > maxPrice {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, n <= maxPrice
}

// price finds that of a model, nil if it is free.
func (b *Book) price(model string) *Price {
	var others *Price
	if b != nil {
		for _, p := range b.Prices {
			if p.Model == model {
				return p
			}
			if p.Model == "*" {
				others = p
			}
		}
	}
	return others
}

// cost is what amounts of a model cost, in millionths of the currency: each of
// the seven is rounded to the nearest, halves up, and then they are added.
func (b *Book) cost(model string, a *Amounts) int64 {
	p := b.price(model)
	if p == nil {
		return 0
	}
	var sum int64
	for i, f := range a.fields()[:len(per)] {
		sum += multiply(uint64(max(*f, 0)), p.each[i], per[i])
	}
	return min(sum, math.MaxInt64/2)
}

// worst is the most that a request may cost.
func (b *Book) worst(model string, prompt, answer, cpu, energy int64) int64 {
	p := b.price(model)
	if p == nil {
		return 0
	}
	a := Amounts{Requests: 1, Prompt: prompt, Answer: answer, CPU: cpu, Energy: energy}
	if p.each[2] > p.each[1] {
		a.Prompt, a.Cached = 0, prompt
	}
	if p.each[3] > p.each[4] {
		a.Thought, a.Answer = answer, 0
	}
	return b.cost(model, &a)
}

// multiply is n·price/per, rounded; at most a quarter of what there is room for
// in a sum of a few.
func multiply(n, price, per uint64) int64 {
	hi, lo := bits.Mul64(n, price)
	lo, carry := bits.Add64(lo, per/2, 0)
	if hi += carry; hi >= per {
		return math.MaxInt64 / 16
	}
	q, _ := bits.Div64(hi, lo, per)
	return int64(min(q, math.MaxInt64/16))
}

// SetPrices makes a price book the one in force. It returns its version; a book
// that is in force already keeps its own. Money of two currencies is never added up:
// once some was charged or bounded, the currency stays.
func (l *Ledger) SetPrices(name string, text []byte) (version int64, err error) {
	book, err := ParseBook(name, text)
	if err != nil {
		return 0, err
	}
	err = l.write(true, func(t *tx) error {
		var last string
		if err := t.get(`select version, book from prices order by version desc limit 1`, nil, &version, &last); err == nil && last == string(text) {
			return nil
		} else if err != nil && !isNone(err) {
			return err
		}
		if version > 0 {
			old, err := ParseBook("prices", []byte(last))
			if err != nil {
				return err
			}
			var counted bool
			if err := t.get(`select exists (select 1 from days where money != 0) or exists (select 1 from budgets where unit = 'money')`, nil, &counted); err != nil {
				return err
			}
			if counted && old.Currency != book.Currency {
				return refuse(bad(name, "these books count in %s: sums and budgets cannot be partly in %s", "本账本以 %s 计：合计与预算不能有一部分是 %s", old.Currency, book.Currency))
			}
		}
		version, err = t.put(`insert into prices (version, time, book) values (?,?,?)`, version+1, micro(t.l.Now()), string(text))
		t.l.known = known{}
		return err
	})
	return version, err
}

// Prices returns the price book in force and its version, nil and 0 if there is
// none.
func (l *Ledger) Prices() (text []byte, version int64, err error) {
	var s string
	if err = l.read.QueryRow(`select version, book from prices order by version desc limit 1`).Scan(&version, &s); isNone(err) {
		return nil, 0, nil
	}
	return []byte(s), version, l.failed(err)
}

// Book is the price book in force and its version, nil and 0 if there is none.
func (l *Ledger) Book() (*Book, int64, error) {
	text, version, err := l.Prices()
	if err != nil || version == 0 {
		return nil, 0, err
	}
	b, err := ParseBook("prices", text)
	return b, version, err
}

// prices is the book in force, as the transaction sees it.
func (t *tx) prices() (*Book, int64, error) {
	version := t.l.known.prices
	if version == 0 {
		return nil, 0, nil
	}
	if b := t.l.books[version]; b != nil {
		return b, version, nil
	}
	var text string
	if err := t.get(`select book from prices where version = ?`, []any{version}, &text); err != nil {
		return nil, 0, err
	}
	b, err := ParseBook("prices", []byte(text))
	if err != nil {
		return nil, 0, err
	}
	t.l.books[version] = b
	return b, version, nil
}

// Watts is what a busy core draws, by the price book in force.
func (l *Ledger) Watts() float64 {
	if b, _, err := l.Book(); err == nil && b != nil && b.Watts != nil {
		return *b.Watts
	}
	return DefaultWatts
}
