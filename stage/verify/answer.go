package verify

import (
	"encoding/json"
	"regexp"
	"strings"

	"golang.org/x/text/width"
)

// settled returns what of an answer gives its result, as data sets of the field
// have it: what stands in each \boxed{} behind the last correction between two, and the text
// behind the last; without
// a box, rest is what stands behind the last ####, else between <answer> and
// </answer>, with the text behind the last of those, else all of the answer.
// Full-width characters become ASCII ones.
func settled(answer string) (boxes []string, rest, behind string) {
	answer = width.Fold.String(answer)
	const box = `\boxed{`
	var open []int // where the braces stand that are not closed; of a box, behind its brace
	var is []bool  // which of them are boxes
	inside, shut := 0, 0
	for i := 0; i < len(answer); i++ {
		switch answer[i] {
		case '{':
			boxed := strings.HasSuffix(answer[:i+1], box)
			open, is = append(open, i+1), append(is, boxed)
			if boxed {
				inside++
			}
		case '}':
			if len(open) == 0 {
				continue
			}
			n := len(open) - 1
			if is[n] {
				if inside--; inside == 0 {
					if corrects.MatchString(answer[shut : open[n]-len(box)]) {
						boxes = nil
					}
					shut = i + 1
					boxes, behind = append(boxes, answer[open[n]:i]), answer[i+1:]
				}
			}
			open, is = open[:n], is[:n]
		}
	}
	if i := strings.LastIndex(answer, "####"); i >= 0 {
		return boxes, answer[i+len("####"):], behind
	}
	if places := answers.FindAllStringIndex(answer, -1); len(boxes) == 0 && places != nil {
		var list []string
		for _, at := range places {
			list = append(list, answer[at[0]:at[1]])
			behind = answer[at[1]:]
		}
		return boxes, strings.Join(list, "\n"), behind
	}
	if said, ok := fieldAnswer(answer); ok && len(boxes) == 0 {
		return boxes, said, behind
	}
	return boxes, answer, behind
}

// fieldAnswer returns the answer of a reply that is an object with one.
func fieldAnswer(reply string) (string, bool) {
	reply = strings.TrimSpace(reply)
	if list := blocks(reply); len(list) == 1 && strings.HasPrefix(reply, "```") && strings.HasSuffix(reply, "```") {
		reply = strings.TrimSpace(list[0])
	}
	if !strings.HasPrefix(reply, "{") {
		return "", false
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(reply), &fields) != nil {
		return "", false
	}
	for _, name := range []string{"answer", "final_answer", "答案"} {
		var text string
		raw, there := fields[name]
		switch {
		case !there:
		case json.Unmarshal(raw, &text) == nil:
			return text, true
		case raw[0] != '{':
			return strings.NewReplacer(`"`, " ", "[", " ", "]", " ").Replace(string(raw)), true
		}
	}
	return "", false
}

// answers are what replies set off as their answer, of which one cut off may be
// open.
var answers = regexp.MustCompile(`(?is)<answer>.*?(?:</answer>|$)`)

// marked returns what stands behind #### in the lines that begin with it.
func marked(answer string) (list []string) {
	for line := range strings.Lines(answer) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "####"); ok && len(rest) <= 2*maxDigits {
			list = append(list, rest)
		}
	}
	return list
}

// blocks returns the blocks of code between lines of three backticks or tildes, or
// within one line. The last may not be closed.
func blocks(answer string) (list []string) {
	var block strings.Builder
	fence := ""
	for line := range strings.Lines(answer) {
		start := strings.TrimSpace(line)
		switch {
		case fence == "" && (strings.HasPrefix(start, "```") || strings.HasPrefix(start, "~~~")):
			fence = start[:3]
			if code, ok := strings.CutSuffix(start[3:], fence); ok && strings.TrimSpace(code) != "" {
				list = append(list, language.ReplaceAllString(code, ""))
				fence = ""
			}
		case fence != "" && strings.HasPrefix(start, fence):
			list = append(list, block.String())
			fence = ""
			block.Reset()
		case fence != "":
			block.WriteString(line)
		}
	}
	if fence != "" && block.Len() > 0 {
		list = append(list, block.String())
	}
	return list
}

// language is what a block within one line may begin with.
var language = regexp.MustCompile(`^(?i:javascript|json|js)\b`)
