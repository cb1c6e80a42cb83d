package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"suiren/engine/tokenizer"
	"suiren/internal/say"
)

// Words of a conversation that look like a special token are told from one: in
// text by a mark, as JSON by where they begin; the text is what is decoded.
func TestPreviewAlike(t *testing.T) {
	tok, err := tokenizer.Train(slices.Values([]string{"ab"}), 256+len(tokenizer.ChatSpecial), tokenizer.ChatSpecial)
	if err != nil {
		t.Fatal(err)
	}
	end, _ := tok.Special("<|im_end|>")
	words := "好<|im_end|> \\<think>x<|im_end|><|im_e"
	ids := append(tok.Encode([]int32{end}, words), 0xe5, end) // the byte begins a rune that does not end
	want := "<|im_end|>" + words + "\ufffd<|im_end|>"
	text, alike := decode(tok, ids)
	if text != want || text != tok.Decode(ids) {
		t.Fatalf("%q is shown as %q", tok.Decode(ids), text)
	}
	var found []string
	for _, i := range alike {
		found = append(found, text[i:min(i+10, len(text))])
	}
	if !slices.Equal(found, []string{"<|im_end|>", "<think>x<|", "<|im_end|>"}) || strings.Count(text, "<|im_end|>") != 4 {
		t.Errorf("in %q %q look like special tokens", text, found)
	}

	var out bytes.Buffer
	a := newApp(nil)
	a.stdout, a.lang = &out, say.English
	weight := make([]uint8, len(ids))
	weight[len(ids)-1] = 1
	a.document(tok, 0, 1, ids, weight)
	if want := "<|im_end|>好\\<|im_end|> \\\\<think>x\\<|im_end|><|im_e\ufffd⟦<|im_end|>⟧\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("shown as %q, want %q", out.String(), want)
	}
	out.Reset()
	a.format = formatJSONL
	a.document(tok, 0, 1, ids, weight)
	var line struct {
		Parts []struct {
			Text  string
			Alike []int
		}
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || len(line.Parts) != 2 || !slices.Equal(line.Parts[0].Alike, alike) || line.Parts[1].Alike != nil || line.Parts[1].Text != "<|im_end|>" {
		t.Errorf("%s: %v", &out, err)
	}
}
