package data

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// A plan over the owner's files is foretold before they were read: the rows
// that wikitext2 and CMRC came to, 3,585,209 bytes, are within a quarter.
func TestForecastOfFiles(t *testing.T) {
	files := []stage.Forecast{{Size: map[string]float64{"files": 308, "bytes": 3585209, "bytes.txt": 3585209}}}
	d := (&Documents{}).Forecast(map[string][]stage.Forecast{"files": files}, stage.Machine{})
	c := (&Corpus{Recipe: "rag"}).Forecast(map[string][]stage.Forecast{"from": {d}}, stage.Machine{})
	for vocab, rows := range map[int]float64{512: 8161, 6400: 4231, 16000: 3601} {
		w := (&Tokenizer{Vocab: vocab}).Forecast(map[string][]stage.Forecast{"text": {c}}, stage.Machine{})
		f := (&Tokens{Length: 256}).Forecast(map[string][]stage.Forecast{"text": {c}, "tokenizer": {w}}, stage.Machine{})
		if got := f.Size["rows"]; got < 0.75*rows || got > 1.25*rows {
			t.Errorf("a vocabulary of %d: %.0f rows foretold, there were %.0f", vocab, got, rows)
		}
		for _, f := range []stage.Forecast{d, c, w, f} {
			if f.Low <= 0 || f.High < f.Low || f.Memory <= 0 || f.Basis.En == "" {
				t.Errorf("%+v", f)
			}
		}
	}
	many := c.Memory + 2000*nearBytes
	if more := (&Corpus{Recipe: "rag"}).Forecast(map[string][]stage.Forecast{"from": {{Size: map[string]float64{"text": 1e6, "documents": 2308}}}}, stage.Machine{}); more.Memory != many {
		t.Errorf("2,000 documents more take %d bytes more", more.Memory-c.Memory)
	}
	c0 := stage.Forecast{Size: map[string]float64{"text": 10e6}}
	pdf := []stage.Forecast{{Size: map[string]float64{"files": 2, "bytes": 1100000, "bytes.pdf": 1000000, "bytes.md": 100000}}}
	if d := (&Documents{}).Forecast(map[string][]stage.Forecast{"files": pdf}, stage.Machine{}); d.Size["text"] != 200000 || d.High < 1 {
		t.Errorf("of a PDF and a text: %+v", d)
	}
	own := (&Knowledge{}).Forecast(map[string][]stage.Forecast{"from": {c0}}, stage.Machine{})
	by := Knowledge{Embedder: stage.Ref{Kind: "weights", Name: "m"}}
	model := by.Forecast(map[string][]stage.Forecast{"from": {c0}, "embedder": {{Size: map[string]float64{"bytes": 1.2e9}}}}, stage.Machine{Peak: 1e11})
	// 10 MB are 2.5 million tokens of 0.6 billion parameters, at half of the peak: 60,000 s.
	if own.Low <= 0 || own.High > 60 || own.Size["passages"] != 10_000 || model.Low < 20_000 || model.High > 200_000 || model.Memory < own.Memory+1.2e9 {
		t.Errorf("of an index: %+v; with a model: %+v", own, model)
	}
	for text, took := range map[float64]int64{23e3: 100, 0.3e6: 111, 1e6: 120, 2.3e6: 123, 8.1e6: 141, 30e6: 205} { // MiB, measured
		f := (&Knowledge{}).Forecast(map[string][]stage.Forecast{"from": {{Size: map[string]float64{"text": text}}}}, stage.Machine{})
		if r := float64(f.Memory>>20) / float64(took); r < 0.75 || r > 1.25 {
			t.Errorf("an index of %.0f bytes: %d MiB foretold, it took %d", text, f.Memory>>20, took)
		}
	}
	if f := by.Forecast(map[string][]stage.Forecast{"from": {c0}}, stage.Machine{Peak: 1e11}); f.Low != 0 || f.Basis.En != speedUnknown.En {
		t.Errorf("of a model of which nothing is known: %+v", f)
	}
	if f := (&Tokens{Length: 256}).Forecast(nil, stage.Machine{}); f.Low != 0 || f.Basis.En != lengthUnknown.En {
		t.Errorf("of nothing: %+v", f)
	}
}

// The owner's examples are tasted for a forecast: how many there are, of how
// much text, and what of it is learnt. Of a large file the beginning is enough.
func TestForecastOfExamples(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, times int) stage.Forecast {
		path := filepath.Join(dir, name)
		var all strings.Builder
		for i := range times {
			all.WriteString(strings.ReplaceAll(text, "######", fmt.Sprintf("%06d", i))) // one is unlike another
		}
		if err := os.WriteFile(path, []byte(all.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return stage.Forecast{Size: map[string]float64{"bytes": float64(len(text) * times)}, Files: []string{path}}
	}
	none := 0.0
	op := &Conversations{Heldout: &none}
	pair := `{"prompt": "######` + strings.Repeat("q", 24) + `", "chosen": "` + strings.Repeat("c", 20) + `", "rejected": "` + strings.Repeat("r", 10) + `"}` + "\n"
	for _, n := range []int{10, 100_000} { // 4 MiB are tasted
		f := op.Forecast(map[string][]stage.Forecast{"files": {write("pairs.jsonl", pair, n)}}, stage.Machine{})
		for name, want := range map[string]float64{"examples": 1, "pairs": 1, "text": 60, "learnt": 30} {
			if got := f.Size[name] / float64(n); name != "pairs" && (got < 0.95*want || got > 1.05*want) || f.Size[name] == 0 {
				t.Errorf("%d pairs: %s of each %g, want %g", n, name, got, want)
			}
		}
		if f.Size["longest"] != 50 {
			t.Errorf("longest %g", f.Size["longest"])
		}
	}
	chat := `{"messages": [{"role": "user", "content": "` + strings.Repeat("q", 30) + `"}, {"role": "assistant", "content": "######` + strings.Repeat("c", 14) + `"}]}` + "\n"
	tool := `{"type": "function", "function": {"name": "f", "description": "` + strings.Repeat("d", 200) + `", "parameters": {}}}`
	call := `{"tools": [` + tool + `], "messages": [{"role": "user", "content": "######"}, {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{\"a\": \"` + strings.Repeat("c", 50) + `\"}"}}]}]}` + "\n"
	calls := op.Forecast(map[string][]stage.Forecast{"files": {write("calls.jsonl", call, 10)}}, stage.Machine{})
	if text, learnt := calls.Size["text"]/10, calls.Size["learnt"]/10; text < 300 || text > 345 || learnt < 55 || learnt > 65 {
		t.Errorf("of chats that call tools: %g bytes each, %g learnt", text, learnt)
	}
	called := `{"prompt": "######", "chosen": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{\"a\": \"` + strings.Repeat("c", 50) + `\"}"}}]}], "rejected": "no", "tools": [` + tool + `]}` + "\n"
	if f := op.Forecast(map[string][]stage.Forecast{"files": {write("called.jsonl", called, 10)}}, stage.Machine{}); f.Size["pairs"] != 10 || f.Size["learnt"] < 10*55 || f.Size["learnt"] > 10*70 {
		t.Errorf("of pairs that call tools: %v", f.Size)
	}
	// Of short chats most is what stands around them: 180 in rows of 64 tokens came to 61 rows.
	short := write("short.jsonl", `{"messages": [{"role": "user", "content": "######"}, {"role": "assistant", "content": "7"}]}`+"\n", 200)
	few := (&Conversations{}).Forecast(map[string][]stage.Forecast{"files": {short}}, stage.Machine{})
	if f := (&Tokens{Length: 64}).Forecast(map[string][]stage.Forecast{"from": {few}, "tokenizer": {{Size: map[string]float64{"vocab": 280}}}}, stage.Machine{}); f.Size["rows"] < 45 || f.Size["rows"] > 80 || f.Size["vocab"] != 280 {
		t.Errorf("of short chats: %v", f.Size)
	}
	part := (&Conversations{}).Forecast(map[string][]stage.Forecast{"files": {write("chats.jsonl", chat, 1000)}}, stage.Machine{})
	if n := part.Size["examples"]; n != 1000 || part.Size["watched"] != 0 || part.Size["heldout"] != 0 || part.Size["learnt"] > 0.41*part.Size["text"] {
		t.Errorf("of a thousand chats of one question, which are of one part: %v", part.Size)
	}
	code, url := `{"prompt": "a######", "verify": {"code": {"call": "f", "cases": [{"want": 1}]}}}`+"\n", `{"prompt": "b######", "verify": {"url": "http://127.0.0.1:1/"}}`+"\n"
	if f := op.Forecast(map[string][]stage.Forecast{"files": {write("programs.jsonl", code+url+strings.Replace(url, "b", "d", 1)+`{"prompt": "c######", "verify": {"number": 1}}`+"\n", 5)}}, stage.Machine{}); f.Size["code"] != 0.25 || f.Size["url"] != 0.5 {
		t.Errorf("of problems that programs judge: %v", f.Size)
	}
	// Their families are told if all of them were read.
	sum := `{"prompt": "1+1?", "verify": {"number": 2}, "family": "sums"}` + "\n"
	for _, c := range []struct {
		text  string
		times int
		want  string
	}{{sum, 3, "[sums]"}, {sum + code, 3, "[own sums]"}, {sum + "no example\n", 1, "[]"}, {chat, 3, "[]"}} {
		if f := op.Forecast(map[string][]stage.Forecast{"files": {write("families.jsonl", c.text, c.times)}}, stage.Machine{}); fmt.Sprint(f.Families) != c.want {
			t.Errorf("families of %.80q: %v, want %s", c.text, f.Families, c.want)
		}
	}
	if f := new(Lessons).Forecast(nil, stage.Machine{}); len(f.Families) != 5 {
		t.Errorf("families of lessons: %v", f.Families)
	}
	if f := op.Forecast(map[string][]stage.Forecast{"files": {write("bad.jsonl", "no example\n", 9)}}, stage.Machine{}); f.Size["text"] != 99 || f.Size["examples"] != 0 {
		t.Errorf("of what cannot be read: %v", f.Size)
	} else if _, known := f.Size["watched"]; known { // none would be said to be watched
		t.Errorf("of what cannot be read so many are watched: %v", f.Size)
	}
}

// TestTasteAnswered: of problems those are unanswered that bring no answer; the first of a
// part is named.
func TestTasteAnswered(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.jsonl")
	if err := os.WriteFile(path, []byte(`{"prompt":"6*8?","completion":"48","verify":{"number":48}}`+"\n"+`{"prompt":"6*7?","verify":{"number":42}}`), 0o666); err != nil {
		t.Fatal(err)
	}
	in := []stage.Forecast{{Files: []string{path}, Folder: dir, Size: map[string]float64{"bytes": 90}}}
	got := new(Conversations).taste(in, tasteBytes)
	size, use := got.size, got.use
	if use != stage.UseProblems || size["examples"] != 2 || size["unanswered"] != 1 || size["learnt"] != 2 {
		t.Errorf("%s: %v", use, size)
	}
	heldout := 0.0
	f := (&Conversations{Heldout: &heldout}).Forecast(map[string][]stage.Forecast{"files": in}, stage.Machine{})
	bad := stage.Unlearnable("from", &f)
	if bad == nil || f.BareWatch != nil || !strings.Contains(bad.In(say.English), `from: a.jsonl:2: the problem "6*7?" has a verifier and no answer to learn; add answers`) || !strings.Contains(bad.In(say.Chinese), "题目 \"6*7?\" 只有验证器") {
		t.Errorf("%v, %v", bad, f.BareWatch)
	}
}

// A field that makes a pair of a conversation is named where it is not wanted.
func TestForecastSwift(t *testing.T) {
	const chat, pair = `{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}`, `{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"rejected_response":"b"}`
	dir, heldout := t.TempDir(), 0.0
	path := filepath.Join(dir, "a.jsonl")
	foretold := func(text string) stage.Forecast {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return (&Conversations{Heldout: &heldout}).Forecast(map[string][]stage.Forecast{"files": {{Files: []string{path}, Folder: dir, Size: map[string]float64{"bytes": float64(len(text))}}}}, stage.Machine{})
	}
	f := foretold(pair)
	if bad := stage.Unlearnable("examples", &f); bad == nil || !strings.HasPrefix(bad.Error(), "examples: a.jsonl:1: rejected_response: ") {
		t.Errorf("%v", bad)
	}
	for _, text := range []string{chat + "\n" + pair, pair + "\n" + chat} {
		if f = foretold(text); len(f.Wrong) != 1 || !strings.Contains(f.Wrong[0].In(say.English), "or delete rejected_response, which makes a pair") || !strings.Contains(f.Wrong[0].In(say.Chinese), "或删去 rejected_response") {
			t.Errorf("%v", f.Wrong)
		}
	}
	out, err := converse(t, &Conversations{Heldout: &heldout}, map[string]string{"a.jsonl": pair + "\n" + `{"prompt":"q","chosen":"a","rejected":"b"}`})
	if list := examplesOf(t, out, trainPart); err != nil || len(list) != 1 || list[0].Field != "rejected_response" { // the same pair twice
		t.Errorf("%v, %v", list, err)
	}
}
