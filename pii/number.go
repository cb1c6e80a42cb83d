package pii

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// wide returns the ASCII letter or digit that a character of full width at i
// stands for, or 0.
func wide(s string, i int) byte {
	if i+2 >= len(s) || s[i] != 0xef {
		return 0
	}
	c, size := utf8.DecodeRuneInString(s[i:])
	if size != 3 || c < '０' || c > 'ｚ' {
		return 0
	}
	if b := byte(c - '！' + '!'); alnum(b) {
		return b
	}
	return 0
}

// at returns the letter or digit at i, of half or full width, and its bytes.
func at(s string, i int) (byte, int) {
	if i < len(s) {
		if alnum(s[i]) {
			return s[i], 1
		}
		if b := wide(s, i); b != 0 {
			return b, 3
		}
	}
	return 0, 0
}

// longestNumber is the number of letters and digits that are looked at; what is
// longer is none of ours.
const longestNumber = 40

// A run is letters and digits that belong together: groups with one space or
// hyphen between them count as one.
type run struct {
	chars  [longestNumber + 1]byte
	ends   [longestNumber + 1]int // bytes of the text up to each
	groups [longestNumber + 1]int // how many characters before each group
	n      int
	ng     int
}

// number finds what the digit at i belongs to, and tells where to go on.
func (f *finder) number(i int) (Finding, int) {
	s := f.text
	lo := i
	for lo > f.done && i-lo < longestNumber && alnum(s[lo-1]) {
		lo--
	}
	if found, end := f.address(lo, i); found.Hi > 0 {
		return found, end
	}
	if lo == i {
		if from, to := f.caseNumber(i); to > 0 {
			return Finding{Case, from, to}, to
		}
	}
	var r run
	hi := lo
	for r.n <= longestNumber {
		b, size := at(s, hi)
		if size == 0 {
			break
		}
		r.chars[r.n], hi = b, hi+size
		r.ends[r.n] = hi
		r.n++
	}
	if r.n > longestNumber {
		for {
			_, size := at(s, hi)
			if size == 0 {
				return Finding{}, hi
			}
			hi += size
		}
	}
	r.ng = 1
	first := hi
	digits := strings.Trim(string(r.chars[:r.n]), "0123456789") == ""
	if !digits {
		return f.word(lo, &r), first
	}
	for r.n < longestNumber { // groups of digits
		sep := 0
		if hi < len(s) && (s[hi] == ' ' || s[hi] == '-') {
			sep = 1
		}
		b, size := at(s, hi+sep)
		if sep == 0 || size == 0 || !digit(b) {
			break
		}
		start, end := r.n, hi+sep
		for r.n < longestNumber {
			b, size := at(s, end)
			if size == 0 || !digit(b) && !(r.n == 17 && b|0x20 == 'x') {
				break
			}
			r.chars[r.n], end = b, end+size
			r.ends[r.n] = end
			r.n++
		}
		if _, size := at(s, end); size > 0 || r.n == start {
			r.n = start
			break
		}
		r.groups[r.ng] = start
		r.ng++
		hi = end
	}
	r.groups[r.ng] = r.n
	whole, most := f.list(lo, &r)
	for g := r.ng; g >= 1; g-- { // the most groups that make something
		if g < r.ng || !whole {
			g = min(g, most)
		}
		if kind := f.digits(lo, &r, g); kind != "" {
			begin := lo
			if kind == Phone || kind == Mobile {
				begin = f.country(lo)
			}
			end := r.ends[r.groups[g]-1]
			return Finding{kind, begin, end}, end
		}
	}
	if kind := f.plate(lo, &r); kind.Hi > 0 {
		return kind, kind.Hi
	}
	for k := 0; k < r.ng && r.groups[k+1]-r.groups[k] == 1; k++ { // no number begins with a digit by itself
		first = r.ends[r.groups[k+1]-1]
	}
	return Finding{}, first
}

// list looks at groups of one or two digits. From three groups on, such a number is
// all there is: whole reports whether it may be, and most is how many groups make
// one otherwise.
func (f *finder) list(lo int, r *run) (whole bool, most int) {
	for k := range r.ng {
		if r.groups[k+1]-r.groups[k] < 3 {
			before := lo > 1 && (f.text[lo-1] == ' ' || f.text[lo-1] == '-') && digit(f.text[lo-2])
			return r.ng < 3 || !before, max(k, 2)
		}
	}
	return true, r.ng
}

// country takes the + before a number along.
func (f *finder) country(lo int) int {
	if lo > f.done && f.text[lo-1] == '+' {
		return lo - 1
	}
	return lo
}

// digits tells what the first g groups are together.
func (f *finder) digits(lo int, r *run, g int) Kind {
	n := r.groups[g]
	d := string(r.chars[:n])
	plus := lo > 0 && f.text[lo-1] == '+'
	switch {
	case n == 18 && validResidentID(d), n == 15 && validOldID(d):
		return ResidentID
	case n == 11 && mobile(d) && (g == 1 || g == 3 && r.groups[1] == 3 && r.groups[2] == 7), // 138 1234 5678
		n == 13 && d[:2] == "86" && mobile(d[2:]), plus && n == 13 && d[:2] == "86" && mobile(d[2:]):
		return Mobile
	case plus && n >= 8 && n <= 15 && d[0] != '0':
		return Phone
	case g == 2 && d[0] == '0' && (r.groups[1] == 3 || r.groups[1] == 4) && n-r.groups[1] >= 7 && n-r.groups[1] <= 8 && areaCode(d[:r.groups[1]]):
		return Landline
	case g == 1 && (n >= 10 && n <= 12) && d[0] == '0' && f.before(lo, "电话", "传真", "座机", "tel", "fax"):
		return Landline
	case g == 3 && n == 10 && r.groups[1] == 3 && r.groups[2] == 6 && d[0] >= '2' && d[3] >= '2':
		return Phone
	case n >= 15 && n <= 19 && issuer(d) && luhn(d):
		return BankCard
	case g == 1 && n == 18 && validCreditCode(d):
		return CreditCode
	case g == 1 && n == 8 && f.before(lo, taiwanWords...):
		return Permit
	case n >= 6 && n <= 12 && f.before(lo, medicalWords...):
		return Medical
	}
	return ""
}

// word tells what a run of letters and digits is.
func (f *finder) word(lo int, r *run) Finding {
	if r.n < 6 { // too short for the others
		return f.plate(lo, r)
	}
	d := strings.ToUpper(string(r.chars[:r.n]))
	hi := r.ends[r.n-1]
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	kind := Kind("")
	switch n := len(d); {
	case n == 18 && validResidentID(d):
		kind = ResidentID
	case n == 18 && validCreditCode(d):
		kind = CreditCode
	case n == 9 && strings.IndexByte("DEGHKPS", d[0]) >= 0 && (digits(d[1:]) || d[0] == 'E' && digits(d[2:])) && f.before(lo, passportWords...):
		kind = Passport
	case (n == 9 || n == 11) && (d[0] == 'H' || d[0] == 'M' || d[0] == 'C' || d[0] == 'W') && digits(d[1:]) && f.before(lo, permitWords...):
		kind = Permit
	case n >= 6 && n <= 14 && strings.ContainsAny(d, "0123456789") && f.before(lo, medicalWords...):
		kind = Medical
	default:
		return f.plate(lo, r)
	}
	return Finding{kind, lo, hi}
}

const (
	provinces  = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使"
	plateSigns = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
)

// plate finds a number plate whose last signs are the first group of r: 京A12345,
// 京A·12345, and of new energy 京AD12345 and 京A12345D.
func (f *finder) plate(lo int, r *run) Finding {
	s := f.text
	n := r.n
	if r.ng > 1 {
		n = r.groups[1]
	}
	from := lo
	if c, size := utf8.DecodeLastRuneInString(s[:lo]); c == '·' || c == '•' || c == ' ' {
		from -= size
	}
	if from < lo { // the letter stands before the dot
		if from == 0 || s[from-1]&^0x20 < 'A' || s[from-1]&^0x20 > 'Z' {
			return Finding{}
		}
		from--
	}
	c, size := utf8.DecodeLastRuneInString(s[:from])
	if size != 3 || !strings.ContainsRune(provinces, c) || from-size < f.done {
		return Finding{}
	}
	d := strings.ToUpper(string(r.chars[:n]))
	if from < lo {
		d = strings.ToUpper(s[from:from+1]) + d
	}
	if len(d) < 6 || len(d) > 7 || d[0] < 'A' || d[0] > 'Z' || d[0] == 'I' || strings.Trim(d[1:], plateSigns) != "" || !strings.ContainsAny(d[1:], "0123456789") {
		return Finding{}
	}
	energy := func(b byte) bool { return strings.IndexByte("ABCDEFGHJK", b) >= 0 }
	if len(d) == 7 && !(energy(d[1]) && strings.Trim(d[3:], "0123456789") == "") && !(energy(d[6]) && strings.Trim(d[1:6], "0123456789") == "") {
		return Finding{}
	}
	return Finding{Plate, from - size, r.ends[n-1]}
}

// address finds a public IP address around the digit at i, in the word that
// begins at lo.
func (f *finder) address(lo, i int) (Finding, int) {
	s := f.text
	part := func(b byte) bool { return digit(b) || b == '.' || b == ':' || b|0x20 >= 'a' && b|0x20 <= 'f' }
	from, to := lo, i
	for from > f.done && lo-from < 45 && (part(s[from-1])) {
		from--
	}
	colons, dots := 0, 0
	for to < len(s) && to-from < 48 && part(s[to]) {
		to++
	}
	for _, b := range []byte(s[from:to]) {
		if b == ':' {
			colons++
		} else if b == '.' {
			dots++
		}
	}
	if colons >= 2 {
		six := strings.TrimRight(s[from:to], ".")
		if !strings.HasSuffix(six, "::") {
			six = strings.TrimRight(six, ":")
		}
		if a, err := netip.ParseAddr(six); err == nil && a.Is6() && public(a) {
			return Finding{IP, from, from + len(six)}, from + len(six)
		}
	}
	if dots < 3 || lo < i {
		return Finding{}, 0
	}
	end := i
	for end < len(s) && end-i < 16 && (digit(s[end]) || s[end] == '.') {
		end++
	}
	four := strings.TrimRight(s[i:end], ".")
	if (i > 0 && s[i-1] == '.') || end-i == 16 {
		return Finding{}, 0
	}
	a, err := netip.ParseAddr(four)
	if err != nil {
		return Finding{}, 0
	}
	if !public(a) || end < len(s) && alnum(s[end]) {
		return Finding{}, 0
	}
	return Finding{IP, i, i + len(four)}, i + len(four)
}

// special are the ranges that belong to nobody in particular (IANA's registries of
// special-purpose addresses).
var special = func() (list []netip.Prefix) {
	for _, p := range strings.Fields("0.0.0.0/8 100.64.0.0/10 192.0.0.0/24 192.0.2.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 2001:db8::/32 64:ff9b:1::/48 100::/64") {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}()

func public(a netip.Addr) bool {
	a = a.Unmap()
	if a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() || a.IsMulticast() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
