package say

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// counted is a verb of a format, and of a number what it counts and does:
// "%d files are".
var counted = regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0-9.]*([a-zA-Z%])(?:( [a-z]*[a-rt-z]s)\b)?(?:( (?:are|were|have|do|lie|stand|wait|want|agree|remain))\b)?`)

// nouns are what is counted. Another word after a number is left as it is: the number
// may be a name, and the word what that does.
var nouns = strings.Fields(`actions acts allocations alternatives answers arguments artifacts backups bits blocks boxes buckets budgets bytes callers cases cells
	chapters characters checkpoints checks circles classes clients clusters codes columns components contents conversations copies cores days decisions degrees
	dialogues digits dimensions documents edges elements entries epochs errors examples experts factors families faults fields files floats forms formats frames
	frequencies glasses gradients guesses hashes heads histograms hits ids items judges keys keywords kinds labels layers letters levels lines losses manifests
	marks masks megabytes messages millionths minutes models names nodes numbers objects operations oracles others packets pages pairs paragraphs parameters parts
	passages passkeys pieces pixels points policies problems questions rails reasons receipts recipients records refusals releases replies requests requirements
	reviews rises rounds routes rows rules runes runs samples schemas seconds seeds sentences sequences sessions sets shares shingles signatures slides slots
	sources spans starts steps strings surfaces tables targets templates tensors texts thoughts threads times tokens topics traces tries turns types units users
	values vectors walks weights words workers`)

var verbs = map[string]string{" are": " is", " were": " was", " have": " has", " do": " does"}

// singular returns an English format in which nouns and verbs after a 1 agree
// with it: formats are written for many.
func singular(format string, args []any) string {
	one := false
	for _, a := range args {
		one = one || fmt.Sprint(a) == "1"
	}
	if !one {
		return format
	}
	var b strings.Builder
	last, next := 0, 0
	for _, at := range counted.FindAllStringSubmatchIndex(format, -1) {
		group := func(i int) string {
			if at[2*i] < 0 {
				return ""
			}
			return format[at[2*i]:at[2*i+1]]
		}
		if group(2) == "%" {
			continue
		}
		if n := group(1); n != "" {
			next, _ = strconv.Atoi(n)
			next--
		}
		arg := next
		next++
		noun, verb := group(3), group(4)
		if arg >= len(args) || fmt.Sprint(args[arg]) != "1" || noun != "" && !slices.Contains(nouns, noun[1:]) {
			continue
		}
		b.WriteString(format[last:at[5]])
		switch {
		case strings.HasSuffix(noun, "ies"):
			noun = strings.TrimSuffix(noun, "ies") + "y"
		case strings.HasSuffix(noun, "sses"), strings.HasSuffix(noun, "xes"), strings.HasSuffix(noun, "ches"), strings.HasSuffix(noun, "shes"):
			noun = strings.TrimSuffix(noun, "es")
		default:
			noun = strings.TrimSuffix(noun, "s")
		}
		if to := verbs[verb]; to != "" {
			verb = to
		} else if verb != "" {
			verb += "s"
		}
		b.WriteString(noun + verb)
		last = at[1]
	}
	return b.String() + format[last:]
}
