package talk

import (
	"slices"
	"strings"

	"suiren/engine/chat"
)

// What templates write before and behind a message. <s> is HTML, too, and tells nothing by
// itself.
var (
	markBegins = []string{"<|im_start|>", "<|start_header_id|>", "<|begin_of_text|>", "<start_of_turn>", "<|turn>", "[INST]", "<s>[INST]", "<s> [INST]", "<<SYS>>",
		"<|system|>", "<|user|>", "<|assistant|>", "<|start|>", "<|channel|>", "<｜begin▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "[gMASK]", "<|START_OF_TURN_TOKEN|>"}
	markEnds = append([]string{"[/INST]", "<</SYS>>", "<|im_start|>assistant", "<|end_header_id|>", "<start_of_turn>model", "<|assistant|>", "<｜Assistant｜>"}, chat.Ends...)
)

// Marked reports whether what is said in a message begins or ends with a mark that templates
// write around messages, and whether it does both: then it was rendered before, and would be
// twice. What is only somewhere in a text is a word about such marks.
func Marked(text string) (some, whole bool) {
	text = strings.TrimSpace(text)
	begins := slices.ContainsFunc(markBegins, func(mark string) bool { return strings.HasPrefix(text, mark) })
	ends := slices.ContainsFunc(markEnds, func(mark string) bool {
		return strings.HasSuffix(text, mark) && (mark != "</s>" || !strings.Contains(text, "<s>")) // HTML
	})
	return begins || ends, begins && ends && !slices.Contains(markEnds, text)
}
