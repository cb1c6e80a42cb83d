package tokenizer

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// everyKind returns a tokenizer of each kind, with tokens that a template would use.
func everyKind(t testing.TB) map[string]*Tokenizer {
	t.Helper()
	all := map[string]*Tokenizer{"trained": trained(t, 450)}
	for _, name := range []string{"llama", "xlm-r", "bert", "spm-bpe", "spm-unigram"} {
		tok, err := Load(filepath.Join(familiesOracle, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = tok
	}
	return all
}

// count returns how many of ids are control tokens.
func (t *Tokenizer) countControl(ids []int32) (n int) {
	for _, id := range ids {
		if i := t.addedAt(id); i >= 0 && !t.added[i].plain() && id != t.roles.unk {
			n++
		}
	}
	return n
}

// What a user writes is never a special token, whatever it is and wherever it
// stands; what the template writes always is.
func TestMarkedUserIsText(t *testing.T) {
	for name, tok := range everyKind(t) {
		start, end := tok.added[0].name, tok.added[len(tok.added)-1].name
		if name == "llama" { // its last is not found within a word
			end = tok.added[1].name
		}
		for _, s := range tok.Specials() {
			for _, user := range []string{s.Text, "a " + s.Text + s.Text + " b", s.Text[:len(s.Text)-1], s.Text[1:], strings.ToLower(s.Text)} {
				text := start + "user\n" + user + end + "\n"
				from := len(start + "user\n")
				ids := tok.EncodeMarked(nil, text, []Span{{from, from + len(user)}})
				want := tok.EncodeMarked(nil, start+"user\nx"+end+"\n", nil)
				if got := tok.countControl(ids); got != tok.countControl(want) {
					t.Errorf("%s: %q has %d special tokens", name, text, got)
				}
				if n := tok.countControl(tok.Encode(nil, user)); n > 0 {
					t.Errorf("%s: Encode makes %d special tokens of %q", name, n, user)
				}
			}
		}
	}
}

// A token half of the template's and half of the user's is text.
func TestMarkedAcrossBorder(t *testing.T) {
	tok := trained(t, 450)
	for i := range len(turnEnd) - 1 {
		for _, user := range []Span{{0, i + 1}, {i + 1, len(turnEnd)}, {i, i + 1}} {
			if n := tok.countControl(tok.EncodeMarked(nil, turnEnd, []Span{user})); n > 0 {
				t.Errorf("%s with the user's %v is a token", turnEnd, user)
			}
		}
	}
	if n := tok.countControl(tok.EncodeMarked(nil, "a"+turnEnd+"b", []Span{{0, 1}, {1 + len(turnEnd), 2 + len(turnEnd)}})); n != 1 {
		t.Errorf("between two spans there are %d tokens, not 1", n)
	}
}

// On innocent text spans change nothing: pieces run across their borders.
func TestMarkedInnocent(t *testing.T) {
	for name, tok := range everyKind(t) {
		start, end := tok.added[0].name, tok.added[len(tok.added)-1].name
		for _, user := range lessons {
			for i := 0; i < len(user); i += 7 {
				text := start + "user: " + user + end + "assistant"
				from := len(start+"user: ") + i
				got := tok.EncodeMarked(nil, text, []Span{{from, from}, {from, len(text) - len(end+"assistant")}})
				if want := tok.EncodeMarked(nil, text, nil); !slices.Equal(got, want) {
					t.Fatalf("%s: %q, the user's from %d on\n got %v\nwant %v", name, text, from, got, want)
				}
			}
		}
	}
}

// White space that a file lists among its added tokens, as Gemma does, is
// found in what a user wrote too; it steers nothing.
func TestMarkedWhiteSpace(t *testing.T) {
	tok, err := parse("x", []byte(strings.Replace(string(saved(t)), `"content": "<think>"`, `"content": "\t\t\t"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	id, ok := tok.Special("\t\t\t")
	if !ok {
		t.Fatal("the token is not there")
	}
	const text = "a\t\t\tb"
	for _, ids := range [][]int32{tok.Encode(nil, text), tok.EncodeMarked(nil, text, []Span{{0, 3}}), tok.EncodeMarked(nil, text, nil)} {
		if !slices.Contains(ids, id) || tok.Decode(ids) != text {
			t.Errorf("%v has no %d", ids, id)
		}
	}
}

// A token that is found after normalisation is not found in what a user
// wrote, even if only normalisation makes it.
func TestMarkedNormalized(t *testing.T) {
	text := strings.Replace(string(saved(t)), `"NFC"`, `"NFKC"`, 1)
	text = strings.Replace(text, `"normalized": false`, `"normalized": true`, -1)
	tok, err := parse("x", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	wide := "＜｜im_end｜＞"
	if n := tok.countControl(tok.EncodeMarked(nil, "a"+wide, nil)); n != 1 {
		t.Errorf("the library finds %q after normalisation, here are %d tokens", wide, n)
	}
	for _, user := range []Span{{0, len(wide)}, {3, 6}, {len(wide) - 3, len(wide)}} {
		if n := tok.countControl(tok.EncodeMarked(nil, wide, []Span{user})); n > 0 {
			t.Errorf("the user's %v makes %d tokens", user, n)
		}
	}
	full := "<|im_start|>e\u0301<|im_end|>"
	at := strings.Index(full, "\u0301") // the mark of the user's joins the template's letter
	if n := tok.countControl(tok.EncodeMarked(nil, full, []Span{{at, at + 2}})); n > 2 {
		t.Errorf("%d tokens", n)
	}
}

func TestMarkedPanics(t *testing.T) {
	tok := trained(t, 300)
	for _, user := range [][]Span{{{2, 1}}, {{0, 9}}, {{-1, 0}}, {{2, 3}, {1, 2}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v: no panic", user)
				}
			}()
			tok.EncodeMarked(nil, "abc", user)
		}()
	}
}

func TestRoles(t *testing.T) {
	llama, err := Load(filepath.Join(familiesOracle, "llama"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tok := range []*Tokenizer{llama, throughGGUF(t, llama), resaved(t, llama), resaved(t, throughGGUF(t, llama))} {
		bos, ok1 := tok.BOS()
		eos, ok2 := tok.EOS()
		unk, ok3 := tok.UNK()
		_, pad := tok.PAD()
		if bos != 1 || eos != 2 || unk != 0 || !ok1 || !ok2 || !ok3 || pad {
			t.Errorf("bos %d %t, eos %d %t, unk %d %t, pad %t", bos, ok1, eos, ok2, unk, ok3, pad)
		}
		if !tok.AddBOS() || tok.AddEOS() || !slices.Equal(tok.Prefix(), []int32{1}) || len(tok.Suffix()) > 0 || !slices.Equal(tok.Ends(), []int32{2}) {
			t.Errorf("add bos %t, eos %t, prefix %v, suffix %v, ends %v", tok.AddBOS(), tok.AddEOS(), tok.Prefix(), tok.Suffix(), tok.Ends())
		}
	}
}

func TestStreamIsDecode(t *testing.T) {
	for name, tok := range everyKind(t) {
		for _, text := range append(slices.Clone(lessons), " 👍🏽 \U0002070E é", "  two") {
			ids := tok.Encode(nil, text)
			s, all := NewStream(tok), ""
			for _, id := range ids {
				all += s.Write(id)
			}
			if all += s.Flush(); all != tok.Decode(ids) {
				t.Errorf("%s: the stream gives %q, Decode %q", name, all, tok.Decode(ids))
			}
			if (name == "trained" || name == "llama" || name == "spm-bpe") && all != text && tok.normal == nil {
				t.Errorf("%s: %q comes back as %q", name, text, all)
			}
		}
	}
}

func FuzzMarked(f *testing.F) {
	kinds := everyKind(f)
	f.Add("<|im_end|>", "hello <s>", uint8(3))
	f.Add("e\u0301<|im_", "end|>", uint8(0))
	f.Add("[CLS] a", "<mask>", uint8(7))
	f.Fuzz(func(t *testing.T, a, b string, cut uint8) {
		for name, tok := range kinds {
			mid := tok.added[0].name
			text := a + mid + b
			user := []Span{{0, len(a)}, {len(a) + len(mid), len(text)}}
			ids := tok.EncodeMarked(nil, text, user)
			if n := tok.countControl(ids); n > 1 {
				t.Fatalf("%s: %q has %d special tokens besides its own", name, text, n-1)
			}
			for _, id := range ids {
				if id < 0 || int(id) >= tok.Vocab() {
					t.Fatalf("%s: id %d", name, id)
				}
			}
			at := int(cut) % (len(text) + 1)
			tok.EncodeMarked(nil, text, []Span{{at, len(text)}})
			if tok.countControl(tok.Encode(nil, text)) > 0 {
				t.Fatalf("%s: Encode makes special tokens of %q", name, text)
			}
		}
	})
}
