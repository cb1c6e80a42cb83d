package data

import (
	"slices"
	"strings"

	"suiren/engine/chat"
	"suiren/stage"
)

// What templates write before and behind a message. <s> and </s> are HTML, too: the former
// tells nothing by itself.
var (
	markBegins = []string{"<|im_start|>", "<|start_header_id|>", "<|begin_of_text|>", "<start_of_turn>", "<|turn>", "[INST]", "<s>[INST]", "<s> [INST]", "<<SYS>>",
		"<|system|>", "<|user|>", "<|assistant|>", "<|start|>", "<|channel|>", "<｜begin▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "[gMASK]", "<|START_OF_TURN_TOKEN|>"}
	markEnds = append([]string{"[/INST]", "<</SYS>>", "<|im_start|>assistant", "<|end_header_id|>", "<start_of_turn>model", "<|assistant|>", "<｜Assistant｜>"}, chat.Ends...)
)

// marked reports whether a message of an example begins or ends with a mark that a template
// writes around messages, and whether one does both: then it was rendered before, and would be
// twice. What is only somewhere in a text is a word about such marks.
func marked(e *stage.Example) (some, whole bool) {
	for _, m := range slices.Concat(e.Prompt, e.Messages, e.Chosen, e.Rejected) {
		text := strings.TrimSpace(m.Content)
		begins := slices.ContainsFunc(markBegins, func(mark string) bool { return strings.HasPrefix(text, mark) })
		ends := slices.ContainsFunc(markEnds, func(mark string) bool { return strings.HasSuffix(text, mark) })
		some, whole = some || begins || ends, whole || begins && ends && !slices.Contains(markEnds, text)
	}
	return some, whole
}
