package quality

import (
	"strings"
	"unicode/utf8"
)

// longestURL bounds what is looked at, so that a text of one word costs no more.
const longestURL = 2048

// isURL reports whether a word is an address of the web or of mail, which stays
// whole: scheme, user, host with a top domain of lower case, port, path.
func isURL(s string) bool {
	if len(s) > longestURL || !strings.Contains(s, ".") {
		return false
	}
	rest := s
	if scheme, after, ok := strings.Cut(s, "://"); ok && len(scheme) > 1 && strings.IndexFunc(scheme, func(c rune) bool {
		return !letter(c) && !digit(c) && c != '_' && c != '+' && c != '-' && c != '.'
	}) < 0 {
		rest = after
	}
	if isHost(rest) {
		return true
	}
	for i := len(rest) - 1; i > 0; i-- { // the user may hold any sign
		if rest[i] == '@' && isHost(rest[i+1:]) {
			return true
		}
	}
	return false
}

func isHost(s string) bool {
	if end := strings.IndexAny(s, "/?#"); end >= 0 {
		s = s[:end]
	}
	if host, port, ok := strings.Cut(s, ":"); ok {
		if len(port) < 2 || len(port) > 5 || strings.Trim(port, "0123456789") != "" {
			return false
		}
		s = host
	}
	labels := strings.Split(s, ".")
	if len(labels) < 2 || len(labels) > 127 {
		return false
	}
	top := labels[len(labels)-1]
	if len(labels) == 4 && strings.Trim(s, "0123456789.") == "" {
		return isPublic(labels)
	}
	if n := utf8.RuneCountInString(top); n < 2 || n > 63 || strings.IndexFunc(top, func(c rune) bool { return !lower(c) }) >= 0 {
		return false
	}
	for _, l := range labels[:len(labels)-1] {
		if l == "" || len(l) > 256 || strings.HasPrefix(l, "-") || strings.HasPrefix(l, "_") || strings.HasSuffix(l, "-") || strings.HasSuffix(l, "_") ||
			strings.IndexFunc(l, func(c rune) bool {
				return c < 128 && !letter(c) && !digit(c) && c != '-' && c != '_' || c >= 128 && c <= 0xa0
			}) >= 0 {
			return false
		}
	}
	return true
}

// isPublic reports whether four numbers are an address outside the private ranges.
func isPublic(labels []string) bool {
	var n [4]int
	for i, l := range labels {
		if l == "" || len(l) > 3 || len(l) > 1 && l[0] == '0' {
			return false
		}
		for _, d := range l {
			n[i] = n[i]*10 + int(d-'0')
		}
		if n[i] > 255 {
			return false
		}
	}
	return n[0] >= 1 && n[0] <= 223 && n[0] != 10 && n[0] != 127 && !(n[0] == 169 && n[1] == 254) && !(n[0] == 192 && n[1] == 168) &&
		!(n[0] == 172 && n[1] >= 16 && n[1] <= 31) && n[3] >= 1 && n[3] <= 254
}
