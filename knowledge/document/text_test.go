package document

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"

	"suiren/internal/say"
)

// Texts whose lines, indents and marks are their own.
var verbatim = []string{
	"def f(a, b):\n    # comment\n    if a < b:\n        return a*b*2\n\n\n    x = 1\n",
	"床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。",
	"　　这一段以两个全角空格开头，比三十个字还要长一些，所以换行之后曾经被接在一起。\n　　下一段也是。\n",
	"> quoted\n1. one\n- item\n---\n# no heading\n| a | b |\n",
	"A line of more than sixty characters that was once joined to the next line of code;\nfor (;;) { }\n",
	"\r\n\r\nends of lines\r\n",
}

// TestVerbatim: a record's text, and a text that is packed, is read as it stands.
func TestVerbatim(t *testing.T) {
	for i, text := range verbatim {
		line, err := json.Marshal(map[string]string{"text": text})
		if err != nil {
			t.Fatal(err)
		}
		var table, packed bytes.Buffer
		w := csv.NewWriter(&table)
		w.Write([]string{"id", "Text"})
		w.Write([]string{"1", text})
		w.Flush()
		z := zip.NewWriter(&packed)
		for _, name := range []string{"a.txt", "a.md", "a.py"} {
			f, err := z.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			f.Write([]byte(text))
		}
		z.Close()
		for name, data := range map[string][]byte{"a.jsonl": line, "a.json": fmt.Appendf(nil, "[%s,\n%s]", line, line), "a.csv": table.Bytes(), "a.zip": packed.Bytes(), "a.txt.gz": gz(t, []byte(text)), "a.txt": []byte("\xef\xbb\xbf" + text)} {
			var c collect
			if err := new(Reader).Read(name, data, &c); err != nil || len(c.rejected) > 0 || len(c.documents) == 0 {
				t.Errorf("%d %s: %v %+v", i, name, err, c)
			}
			for _, d := range c.documents {
				if got, _ := d.Markdown(); got != strings.ReplaceAll(text, "\r\n", "\n") || len(d.Remarks) > 0 {
					t.Errorf("%d %s: %q, want %q; %v", i, d.Name, got, text, d.Remarks)
				}
			}
		}
	}
}

// TestRecords: which field of a record is its text, and what is said of the others.
func TestRecords(t *testing.T) {
	long := strings.Repeat("A passage that is long. ", 10)
	for _, c := range []struct{ name, file, want, remark string }{
		{"a.jsonl", `{"text": ""}` + "\n" + `{"text": "  ", "id": 1}` + "\n" + `{"text": null, "id": 2}` + "\n" + `{"text": "one"}`, "one", ""},
		{"a.json", `[{"text": ""}, {"text": "one"}, {"text": "two"}]`, "one|two", ""},
		{"a.jsonl", `{"raw_content": "one", "url": "x"}`, "one", ""},
		{"a.jsonl", `{"context": "one", "question": "q", "answer": "two"}`, "one", `of its records only "context" is read; they also hold answer`},
		{"a.jsonl", `{"text": "one", "body": "two", "content": "one"}` + "\n" + `{"text": "three", "body": "four"}`, "one|three", `of its records only "text" is read; they also hold body`},
		{"a.jsonl", `{"text": "one", "summary": "` + long + `"}`, "one", `of its records only "text" is read; they also hold summary`},
		{"a.jsonl", `{"name": "x", "rooms": [1, 2]}`, "- name: x\n- rooms:\n   - 1\n   - 2\n", "a record has no field of text and was written out as a list: name the field text"},
		{"a.json", `{"name": "x", "rooms": [1, 2]}`, "- name: x\n- rooms:\n   - 1\n   - 2\n", ""},
		{"a.jsonl", `{"story": "` + long + `", "summary": "A short one.", "instruction": {"prompt": "Write!", "words": ["tree"]}, "source": "G"}` + "\n" + `{"story": "Short.", "source": "G"}`, long + "|Short.",
			`of its records only "story" is read; they also hold instruction, source, summary`},
		{"a.json", `[{"story": "` + long + `", "id": 1}, {"story": "` + long + `"}]`, long + "|" + long, `of its records only "story" is read, which holds most of their text`},
		{"a.jsonl", `{"chosen": "` + long + `", "rejected": "` + long + `"}`, "- chosen: " + strings.TrimSpace(long) + "\n- rejected: " + strings.TrimSpace(long) + "\n", "a record has no field of text and was written out as a list: name the field text"},
		{"a.tsv", "text\tlabel\none\t1\n\t1\ntwo\t0\n", "one|two", ""},
		{"faq.csv", "question,answer\nWhen?,At nine o'clock\n", "At nine o'clock", ""},
		{"rooms.csv", "content,owner,room\nsafe,Li of the archive,203\n", "| content | owner | room |\n| --- | --- | --- |\n| safe | Li of the archive | 203 |\n", ""},
	} {
		for _, stream := range []bool{false, true} {
			var got collect
			err := new(Reader).Read(c.name, []byte(c.file), &got)
			if stream = stream && c.name != "a.json"; stream {
				got = collect{}
				err = new(Reader).ReadAt(c.name, strings.NewReader(c.file), int64(len(c.file)), 0, &got)
			}
			var texts, remarks []string
			for _, d := range got.documents {
				text, _ := d.Markdown()
				texts = append(texts, text)
				for _, r := range d.Remarks {
					if r.En == r.Zh || r.Cause != Beside {
						t.Errorf("%+v", r)
					}
					remarks = append(remarks, r.En)
				}
			}
			if err != nil || strings.Join(texts, "|") != c.want || strings.Join(remarks, "|") != c.remark || len(got.rejected) > 0 {
				t.Errorf("%s: %q %q %v, want %q %q", c.file, texts, remarks, err, c.want, c.remark)
			}
		}
	}
}

// TestDamaged: some bytes that are no characters cost these alone, and it is said.
func TestDamaged(t *testing.T) {
	z := "中文测试文本，句子很长。"
	for _, c := range []struct{ name, file, want string }{
		{"cut.txt", strings.Repeat(z, 300)[:300*len(z)-2], strings.Repeat(z, 300)[:300*len(z)-3]},
		{"cut.txt", "中文"[:5], "中"},
		{"mark.txt", "\xef\xbb\xbf" + z + "\xe4", z},
		{"stray.txt", z + "\xff" + z, z + "\uFFFD" + z},
		{"quotes.txt", "He said “yes” and “no”\xe9 again.", "He said “yes” and “no”\uFFFD again."},
		{"a.jsonl", `{"text": "` + z + "\xb0" + z + `"}`, z + "\uFFFD" + z},
		{"a.md", "# " + z + "\xff\n", "# " + z + "\uFFFD\n"},
		{"a.csv", "id,text\n1," + z + "\xff\n", z + "\uFFFD"},
		{"even.txt", "A café — and two\xe9 stray\xe9 bytes.", "A café — and two\uFFFD stray\uFFFD bytes."},
		{"ascii.txt", strings.Repeat("Words. ", 1000) + "\xff\xfe\x80abc, \xe4\xb8", strings.Repeat("Words. ", 1000) + "\uFFFDabc, "},
		{"nul.txt", strings.Repeat("Words. ", 1000) + "a\x00b", strings.Repeat("Words. ", 1000) + "ab"},
	} {
		for _, stream := range []bool{false, true} {
			var got collect
			err := new(Reader).Read(c.name, []byte(c.file), &got)
			if stream {
				got = collect{}
				err = new(Reader).ReadAt(c.name, strings.NewReader(c.file), int64(len(c.file)), 0, &got)
			}
			if err != nil || len(got.documents) != 1 {
				t.Fatalf("%s: %v %+v", c.name, err, got)
			}
			d := got.documents[0]
			if text, _ := d.Markdown(); text != c.want || len(d.Remarks) != 1 || d.Remarks[0].Cause != Damaged {
				t.Errorf("%s: %q %v, want %q", c.name, text, d.Remarks, c.want)
			}
		}
	}
	mixed := "{\"text\": \"caf\xe9\"}\n" + strings.Repeat("{\"text\": \"plain\"}\n", 10_000) + "{\"text\": \"" + z + "\"}"
	var got collect
	if err := new(Reader).Read("a.jsonl", []byte(mixed), &got); err != nil || len(got.documents) != 10_002 || got.documents[0].Source != "café" || got.documents[10_001].Source != z {
		t.Errorf("%v, %d documents", err, len(got.documents))
	}
	// What a large text holds in another encoding is decoded piece by piece, or set aside.
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(strings.Repeat(z+"\n", 2000))
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Repeat("Some words.\n", large/12+100)
	late := words + gb + words[:pieceBytes] + strings.Repeat("\x00", pieceBytes) + words[:pieceBytes] + "\xe9t\xe9 \xff\xfe\xfd\xfc \x81\x81 \xff\xff\n"
	got = collect{}
	if err := new(Reader).ReadAt("late.txt", strings.NewReader(late), int64(len(late)), 0, &got); err != nil {
		t.Fatal(err)
	}
	chinese, lost := 0, 0
	for _, d := range got.documents {
		chinese += strings.Count(d.Source, z)
		lost += len(d.Remarks)
	}
	if chinese != 2000 || lost != 2 || len(got.rejected) == 0 || !strings.Contains(got.rejected[0].En, "at byte") {
		t.Errorf("%d lines of Chinese, %d remarks, set aside %+v", chinese, lost, got.rejected)
	}
	early := "caf\xe9\n" + words + words[:pieceBytes] + z
	got = collect{}
	if err := new(Reader).ReadAt("early.txt", strings.NewReader(early), int64(len(early)), 0, &got); err != nil || !strings.HasPrefix(got.documents[0].Source, "café\n") || !strings.HasSuffix(got.documents[len(got.documents)-1].Source, z) {
		t.Errorf("%v, %d documents", err, len(got.documents))
	}
	if text, lost, err := Decode([]byte("caf\xe9")); err != nil || lost != nil || text != "café" { // Windows-1252
		t.Errorf("%q %v %v", text, lost, err)
	}
}

// TestUnknownEncodings: what is in no known encoding is rejected, and Chinese is not.
func TestUnknownEncodings(t *testing.T) {
	b, err := os.ReadFile("../language/test.tsv")
	if err != nil {
		t.Fatal(err)
	}
	texts, lines := map[string]string{}, map[string][]string{}
	for line := range strings.Lines(string(b)) {
		lang, text, _ := strings.Cut(line, "\t")
		texts[lang] += text
		lines[lang] = append(lines[lang], text)
	}
	for _, c := range []struct {
		lang string
		e    encoding.Encoding
		read bool
	}{{"zh", simplifiedchinese.GB18030, true}, {"ja", japanese.ShiftJIS, false}, {"ja", japanese.EUCJP, false}, {"ko", korean.EUCKR, false},
		{"de", charmap.Windows1252, true}, {"fr", charmap.Windows1252, true}, {"es", charmap.Windows1252, true}, {"ru", charmap.Windows1251, false}, {"ru", charmap.KOI8R, false}} {
		for i := 0; i+3 <= len(lines[c.lang]); i++ { // of three sentences none is read as what it is not
			want := strings.Join(lines[c.lang][i:i+3], "")
			data, err := encoding.ReplaceUnsupported(c.e.NewEncoder()).String(want)
			if err != nil {
				t.Fatal(err)
			}
			want, _ = c.e.NewDecoder().String(data)
			if text, _, err := Decode([]byte(data)); c.read != (err == nil) || c.read && text != want {
				t.Errorf("%s in %v: %q %v, want %q", c.lang, c.e, text, err, want)
			}
		}
		data, err := encoding.ReplaceUnsupported(c.e.NewEncoder()).String(texts[c.lang])
		if err != nil {
			t.Fatal(err)
		}
		text, _, err := Decode([]byte(data))
		if r, ok := errors.AsType[*Rejection](err); c.read != (err == nil) || c.read && text != texts[c.lang] || !c.read && (!ok || r.Cause != Broken || !strings.Contains(r.En, "no known encoding")) {
			t.Errorf("%s in %v: %v", c.lang, c.e, err)
		}
	}
}

// TestDetectText: a file that is text is read, whatever its name ends in.
func TestDetectText(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"main.py", "print(1)\n", "txt"}, {"LICENSE", "Permission is granted", "txt"}, {"a.配置", "名称 = 值", "txt"}, {"cut.go", "// 中文"[:8], "txt"},
		{"a.bin", "a\x00b", ""}, {"a.png", "\x89PNG", ""}, {"a.gbk", "\xca\xd6\xb2\xe1", ""}, {"a.rtf", `{\rtf1 text}`, ""}, {"a.ps", "%!PS-Adobe", ""}, {"a", "", ""},
		{"page", "<!DOCTYPE html><p>", "html"}, {"a.docx", "text", "docx"},
	} {
		if got := Detect(c.name, []byte(c.data)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestPieces: a large text comes in pieces that end where it has an end, and lose nothing.
func TestPieces(t *testing.T) {
	paragraph := strings.Repeat("A sentence of some words. ", 30) + "\n\n"
	stories := strings.Repeat("Once upon a time.\nThe end.\n"+textEnd+"\n", large/30)
	for name, c := range map[string]struct {
		text, sep, end string
		most           int
	}{
		"paragraphs.txt": {strings.Repeat(paragraph, large/len(paragraph)+1), "", " ", pieceBytes},
		"a.md":           {strings.Repeat(paragraph, large/len(paragraph)+1), "", " ", pieceBytes},
		"stories.txt":    {stories, textEnd, ".", 30},
		"enwik8":         {strings.Repeat("word ", large/5+1), "", " ", pieceBytes},
		"古文.txt":         {strings.Repeat("天地玄黄", large/12+1), "", "", pieceBytes},
		"crlf.txt":       {strings.Repeat("a line\r\n\r\n", large/10+1), "", "e", pieceBytes},
	} {
		for _, name := range []string{name, name + ".gz"} {
			data := []byte(c.text)
			if strings.HasSuffix(name, ".gz") {
				if within(name) == "" {
					continue
				}
				data = gz(t, data)
			}
			var got collect
			if err := new(Reader).ReadAt(name, bytes.NewReader(data), int64(len(data)), 0, &got); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var all strings.Builder
			for i, d := range got.documents {
				if len(d.Source) > c.most || i < len(got.documents)-1 && !strings.HasSuffix(d.Source, c.end) || !strings.HasPrefix(d.Name, name+"#") || d.Title == "" {
					t.Fatalf("%s: %d bytes, %q", d.Name, len(d.Source), d.Source[max(0, len(d.Source)-50):])
				}
				all.WriteString(d.Source)
			}
			squeeze := strings.NewReplacer("\n", "", "\r", "", textEnd, "")
			if len(got.documents) < 100 || squeeze.Replace(all.String()) != squeeze.Replace(c.text) {
				t.Errorf("%s: %d documents, %d bytes of %d", name, len(got.documents), all.Len(), len(c.text))
			}
		}
	}
	for _, c := range []struct {
		name, text string
		n          int
	}{{"a.txt", stories[:300], 8}, {"stories", stories[:300], 8}, {"a.txt.gz", stories[:300], 8}, {"a.md", "Texts end at `" + textEnd + "`.", 1}, {"a.py", "end = '" + textEnd + "'\n", 1}, {"a.txt", "One.\n", 1}} {
		data := []byte(c.text)
		if strings.HasSuffix(c.name, ".gz") {
			data = gz(t, data)
		}
		var got collect
		if err := new(Reader).Read(c.name, data, &got); err != nil || len(got.documents) < c.n || c.n == 1 && len(got.documents) > 1 || c.n > 1 && got.documents[1].Source != "Once upon a time.\nThe end." {
			t.Errorf("%s: %v, %d documents", c.name, err, len(got.documents))
		}
	}
	var got collect
	small := gz(t, []byte("A text that is not large.\n"))
	if err := new(Reader).ReadAt("a.txt.gz", bytes.NewReader(small), int64(len(small)), 0, &got); err != nil || len(got.documents) != 1 || got.documents[0].Name != "a.txt.gz" {
		t.Errorf("%v %+v", err, got.documents)
	}
	words := strings.Repeat("word ", large)
	got = collect{}
	if err := new(Reader).ReadAt("a", strings.NewReader(words+"\x00"), int64(len(words)+1), 0, &got); err != nil || len(got.rejected) > 0 || !strings.Contains(got.documents[len(got.documents)-1].Remarks[0].En, "at the end): 1") {
		t.Errorf("%v %+v %+v", err, got.rejected, got.documents[len(got.documents)-1].Remarks)
	}
	binary := []byte(words[:2000] + strings.Repeat("\x00word", large))
	err := new(Reader).ReadAt("a", bytes.NewReader(binary), int64(len(binary)), 0, &got)
	if r, ok := errors.AsType[*Rejection](err); !ok || r.Cause != Broken || !strings.Contains(r.En, "byte 2000") {
		t.Error(err)
	}
}

// A quote that never closes takes in the rest of a table, which is told; one that closes, and
// one within a cell, are not. The cells are as they were read without the remark.
func TestOpenQuote(t *testing.T) {
	for text, want := range map[string]string{
		"text,n\n\"a, unclosed,1\nsecond row,2\n": "a, unclosed,1\nsecond row,2\n",
		"a,b\n1,\"two":          "two",
		"a,b\n1,\"two\"\n":      "",
		"a,b\n1,\"two\"":        "",
		"a,b\n1,two \"inches\"": "",
		"a,b\n1,2\r":            "",
	} {
		var c collect
		if err := new(Reader).Read("x.csv", []byte(text), &c); err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		d := c.documents[0]
		if told := len(d.Remarks) == 1 && strings.Contains(d.Remarks[0].En, "never closes"); told != (want != "") {
			t.Errorf("%q: %v", text, d.Remarks)
		}
		all := d.Title
		for _, b := range d.Blocks {
			all += b.Text
			for _, row := range b.Rows {
				all += strings.Join(row, "|")
			}
		}
		if strings.Contains(all, "\x00") || !strings.Contains(all, strings.TrimSpace(want)) {
			t.Errorf("%q: %q", text, all)
		}
	}
}

// What is nested too deeply is said in Chinese alone.
func TestDeepHTML(t *testing.T) {
	var c collect
	err := new(Reader).Read("x.html", []byte(strings.Repeat("<div>", 600)+"text"), &c)
	if text := say.Err(say.Chinese, err); !strings.Contains(text, "元素嵌套超过 512 层") || strings.Contains(text, "nodes") {
		t.Error(text)
	}
}
