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

// notNouns may follow a number, which is then a name, and are no plural.
var notNouns = strings.Fields(`allocates allows always announces as asks becomes begins calls charges comes corrects decides depends describes differs does
	ends falls fits forbids forces gets gives goes has holds is its kills knows lacks leads learns leaves less lies loses makes needs opens plus reads refuses
	says shows stands takes this us verifies was weighs`)

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
		if arg >= len(args) || fmt.Sprint(args[arg]) != "1" || slices.Contains(notNouns, strings.TrimSpace(noun)) || strings.HasSuffix(noun, "ss") {
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
