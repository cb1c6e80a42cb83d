package data

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/stage"
)

// Rows of texts are foretold by some of them in the base's words, from all over them: of a corpus
// that is there, of documents, of the owner's files, and beside conversations.
func TestForecastOfTexts(t *testing.T) {
	const base = "../../testdata/oracle/qwen3/folder"
	words := func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, "the \"%d\" of them\tand %d more\\.\n", i*i, i)
		}
		return b.String()
	}
	chinese := func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, "第%d篇：山间的清风。\n", i)
		}
		return b.String()
	}
	var chat strings.Builder
	for i := range 300 {
		fmt.Fprintf(&chat, `{"prompt": "what is %d?", "completion": "a number"}`+"\n", i)
	}
	none := 0.0
	said, err := converse(t, &Conversations{Heldout: &none}, map[string]string{"a.jsonl": chat.String()})
	if err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string]map[string]string{
		"small": {"a.txt": words(30_000), "b.md": chinese(30_000)},
		"long":  {"a.txt": words(700_000), "b.md": chinese(700_000)},
		"many":  {"a.txt": strings.ReplaceAll(words(600_000), "99 more", "<|endoftext|>"), "b.md": chinese(700_000)},
	} {
		in := stage.Forecast{Folder: t.TempDir(), Size: map[string]float64{}}
		for name, text := range files {
			path := filepath.Join(in.Folder, name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			in.Files, in.Size["bytes"] = append(in.Files, path), in.Size["bytes"]+float64(len(text))
		}
		docs := must(t, &Documents{Path: "*"}, stage.Input{Arg: "files", Dir: in.Folder})
		corpus := must(t, &Corpus{Recipe: "measure"}, stage.Input{Arg: "from", Dir: docs})
		op := &Tokens{Length: 128}
		owners := new(Documents).Forecast(map[string][]stage.Forecast{"files": {in}}, stage.Machine{})
		of := func(f stage.Forecast) stage.Forecast {
			return (&Corpus{Recipe: "measure"}).Forecast(map[string][]stage.Forecast{"from": {f}}, stage.Machine{})
		}
		made := owners
		made.Path, made.Files = docs, nil
		rows := map[bool]float64{}
		for _, with := range []bool{false, true} {
			list := []stage.Input{{Arg: "text", Dir: corpus}, {Arg: "base", Dir: base}}
			if with {
				list = append(list, stage.Input{Arg: "from", Dir: filepath.Join(said, trainPart)})
			}
			info, err := stage.ReadRowsInfo(must(t, op, list...))
			if err != nil {
				t.Fatal(err)
			}
			rows[with] = float64(info.Rows)
		}
		for what, f := range map[string]stage.Forecast{"a corpus": {Path: corpus}, "documents": of(made), "files": of(owners)} {
			for with, want := range rows {
				in := map[string][]stage.Forecast{"text": {f}, "base": {{Path: base}}}
				if with {
					in["from"] = []stage.Forecast{{Path: filepath.Join(said, trainPart), Use: stage.UseChats, Size: map[string]float64{"examples": 300}}}
				}
				if got := op.Forecast(in, stage.Machine{}).Size["rows"]; math.Abs(got/want-1) > 0.05 {
					t.Errorf("%s, %s, with conversations %v: %.0f rows are foretold, there are %.0f", name, what, with, got, want)
				}
			}
		}
	}
}

// Of a line that is cut anywhere the text is read that is left of it, and of a file in another
// encoding nothing.
func TestExcerptCut(t *testing.T) {
	d := newDocument("a \"b\".txt", "one \"two\"\n三\u0001四 \\ five")
	dir := t.TempDir()
	path := filepath.Join(dir, "documents.jsonl")
	w, err := createDocuments(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.write(&d); err != nil {
		t.Fatal(err)
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	line, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begins := strings.Index(string(line), `"text":"`) + len(`"text":"`)
	for to := begins; to <= len(line); to++ {
		if got := textOfLine(string(line[:to])); !strings.HasPrefix(d.Text, got) || len(got) < min(len(d.Text), (to-begins)/6) {
			t.Errorf("up to %d: %q", to, got)
		}
	}
	if got := textOfLine(string(line)); got != d.Text {
		t.Errorf("%q", got)
	}
	if got := textOfLine(string(line[begins+1:])); got != d.Text[1:] {
		t.Errorf("from the second letter on: %q", got)
	}
	other := filepath.Join(dir, "a.txt")
	for text, want := range map[string]string{"\xa4\xe5\xa4\xa4\xa4\xa4": "", "\xb8\x89四\xe4": "四", "": ""} {
		if err := os.WriteFile(other, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var x excerpt
		if x.of([]string{other, filepath.Join(dir, "none.txt")}); strings.Join(x.texts, "") != want || x.text != float64(len(want)) || x.size != float64(len(text)) {
			t.Errorf("%q: %+v", text, x)
		}
	}
}
