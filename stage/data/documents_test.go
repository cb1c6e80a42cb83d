package data

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/knowledge/reader"
	"suiren/stage"
	"suiren/store"
)

func TestMain(m *testing.M) {
	reader.Child()
	os.Exit(m.Run())
}

// tree writes files and returns their folder.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// make runs an operator with one input for each argument and returns what it made.
func makeFrom(t testing.TB, op stage.Operator, in ...stage.Input) (out string, err error) {
	t.Helper()
	out = t.TempDir()
	return out, op.Run(context.Background(), &stage.Job{Inputs: in, Out: out, Work: t.TempDir(), Emit: func(stage.Event) {}})
}

func must(t testing.TB, op stage.Operator, in ...stage.Input) string {
	t.Helper()
	out, err := makeFrom(t, op, in...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func documentsIn(t testing.TB, name string) []Document {
	t.Helper()
	var list []Document
	if err := readLines(name, func(d Document) error { list = append(list, d); return nil }); err != nil {
		t.Fatal(err)
	}
	return list
}

func readJSON(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestDocumentsFromFiles(t *testing.T) {
	dir := tree(t, map[string]string{
		"book/b.md":      "\uFEFF---\ntitle: x\n---\n# The keys\r\n\r\nOne key.\rTwo keys.\r\n",
		"book/a/a.txt":   "手册的第一行\n\n其余部分 with some English words in it.",
		"book/a-b.MD":    "No heading here.",
		"book/gb.txt":    "\xca\xd6\xb2\xe1\xb5\xc4\xb5\xda\xd2\xbb\xd0\xd0\xa3\xac\xb9\xab\xcb\xbe\xb5\xc4\xd6\xc6\xb6\xc8\xa1\xa3",
		"book/utf16.txt": "\xff\xfea\x00",
		"book/page.html": "<html><title>Leave</title><body><nav><a href=x>Home</a></nav><article><h1>Leave</h1><p>Each of us has twenty days of leave, and five more after ten years of work, which must be taken before the end of March.</p></article>",
		"book/staff.csv": "name,room\nLi,203\nWang,204\n",
		"book/bad.docx":  "PK\x03\x04 nonsense",
		"book/empty.md":  " \n\t\n",
		"book/nul.txt":   "a\x00b",
		"book/logo.png":  "\x89PNG",
	})
	op := &Documents{Path: "book/**"}
	out := must(t, op, stage.Input{Arg: "files", Dir: dir})
	got := documentsIn(t, filepath.Join(out, "documents.jsonl"))
	want := []struct{ path, lang, title, text string }{
		{"book/a-b.MD", "en", "No heading here.", "No heading here."},
		{"book/a/a.txt", "zh", "手册的第一行", "手册的第一行\n\n其余部分 with some English words in it."},
		{"book/b.md", "en", "The keys", "---\ntitle: x\n---\n# The keys\n\nOne key.\nTwo keys.\n"},
		{"book/gb.txt", "zh", "手册的第一行，公司的制度。", "手册的第一行，公司的制度。"},
		{"book/page.html", "en", "Leave", "# Leave\n\nEach of us has twenty days of leave, and five more after ten years of work, which must be taken before the end of March.\n"},
		{"book/staff.csv", "en", "staff", "| name | room |\n| --- | --- |\n| Li | 203 |\n| Wang | 204 |\n"},
		{"book/utf16.txt", "en", "a", "a"},
	}
	if len(got) != len(want) {
		t.Fatalf("%d documents: %+v", len(got), got)
	}
	for i, w := range want {
		g := got[i]
		if g.Path != w.path || g.Lang != w.lang || g.Title != w.title || g.Text != w.text || !strings.HasSuffix(g.ID, ":"+w.path) || len(g.ID) != 13+len(w.path) {
			t.Errorf("%+v, want %+v", g, w)
		}
	}
	var r documentsReport
	readJSON(t, filepath.Join(out, "report.json"), &r)
	reasons := map[string]string{}
	for _, a := range r.SetAside {
		if a.En == a.Zh || a.Zh == "" {
			t.Errorf("%s: not said in Chinese: %q", a.Path, a.Zh)
		}
		reasons[a.Path] = a.En
	}
	for path, word := range map[string]string{"bad.docx": "DOCX", "empty.md": "empty", "nul.txt": "bytes", "logo.png": "format"} {
		if !strings.Contains(reasons["book/"+path], word) {
			t.Errorf("%s: %q", path, reasons["book/"+path])
		}
	}
	if r.Documents != 7 || r.Languages["zh"] != 2 || len(r.SetAside) != 4 || r.Formats["html"] != 1 {
		t.Errorf("%+v", r)
	}
	same := must(t, op, stage.Input{Arg: "files", Dir: dir})
	if a, b := digestOf(t, out), digestOf(t, same); a != b {
		t.Error("two runs differ")
	}

	for _, threads := range []int{1, 4} { // as many workers as there are files change nothing
		many := t.TempDir()
		if err := op.Run(t.Context(), &stage.Job{Inputs: []stage.Input{{Arg: "files", Dir: dir}}, Out: many, Work: t.TempDir(), Emit: func(stage.Event) {}, Machine: stage.Machine{Threads: threads}}); err != nil || digestOf(t, out) != digestOf(t, many) {
			t.Errorf("%d threads: %v", threads, err)
		}
	}

	bad := tree(t, map[string]string{"x.txt": "a\x00b"})
	var e *say.Error
	if _, err := makeFrom(t, op, stage.Input{Arg: "files", Dir: bad}); !errors.As(err, &e) || !strings.Contains(e.In(say.Chinese), "字节") || e.Next.IsZero() {
		t.Errorf("nothing to read: %v", err)
	}
}

// TestDocumentsOfLargeText: a text that is too long for one document is several, and what of
// a file is not read as it stands there is said once.
func TestDocumentsOfLargeText(t *testing.T) {
	line := "A line of a large text, 大文件的一行。\n\n"
	dir := tree(t, map[string]string{
		"a.jsonl": `{"text": "    indented\n", "answer": "x"}` + "\n" + `{"text": "two", "answer": "y"}` + "\n",
		"b.txt":   strings.Repeat(line, maxText/len(line)+1),
		"c.py":    "if a:\n    # b\n",
		"d.txt":   strings.Repeat(line, 9)[:9*len(line)-4],
		"e.zip/x": "not hidden",
	})
	var notes []say.Text
	job := &stage.Job{Inputs: []stage.Input{{Arg: "files", Dir: dir}}, Out: t.TempDir(), Work: t.TempDir(), Emit: func(e stage.Event) {
		if e.Type == "note" {
			notes = append(notes, *e.Text)
		}
	}}
	if err := (&Documents{Path: "**"}).Run(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	texts, n := map[string]string{}, 0
	for _, d := range documentsIn(t, filepath.Join(job.Out, "documents.jsonl")) {
		if strings.HasPrefix(d.Path, "b.txt#") {
			if n += strings.Count(d.Text, "\n\n") + 1; len(d.Text) > 64<<10 || d.Format != "" {
				t.Errorf("%s: %d bytes, %q", d.Path, len(d.Text), d.Format)
			}
			continue
		}
		texts[d.Path] = d.Text
	}
	want := map[string]string{"a.jsonl#1": "    indented\n", "a.jsonl#2": "two", "c.py": "if a:\n    # b\n", "d.txt": strings.Repeat(line, 9)[:9*len(line)-5], "e.zip/x": "not hidden"}
	if n != maxText/len(line)+1 || !reflect.DeepEqual(texts, want) {
		t.Errorf("%d lines, %q", n, texts)
	}
	if len(notes) != 1 || notes[0].In(say.English) != `remarks on what was read: 2, see report.json; the first is a.jsonl#1: of its records only "text" is read; they also hold answer` ||
		!strings.HasPrefix(notes[0].In(say.Chinese), "对已读入内容的说明共 2 条，见 report.json；第一条是 a.jsonl#1：") {
		t.Errorf("%v", notes)
	}
	var r documentsReport
	readJSON(t, filepath.Join(job.Out, "report.json"), &r)
	if len(r.Remarks) != 2 || r.Remarks[1].Path != "d.txt" || r.Remarks[1].Cause != "damaged" {
		t.Errorf("%+v", r.Remarks)
	}
}

func digestOf(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			text, err := os.ReadFile(p)
			b.WriteString(e.Name() + "\n" + string(text) + "\n")
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDocumentsFromTraces(t *testing.T) {
	op := &Documents{Traces: stage.Ref{Kind: store.Release, Name: "tutor"}, Rated: "good"}
	dir := tree(t, map[string]string{"traces.jsonl": `{"id":"b1","question":"怎么\n得到密钥？","answer":"看手册。\r\n","rating":1,"time":"2026-01-01T00:00:00Z"}
{"id":"b0","question":"Where is the log?","answer":"Here.","rating":-1,"time":"2026-01-01T00:00:00Z"}
{"id":"../x","question":"Who are you?","answer":"The tutor.","rating":1,"time":"2026-01-01T00:00:00Z"}
{"id":"b3","question":"","answer":"x","rating":1,"time":"2026-01-01T00:00:00Z"}
{"id":"a9","question":"3+4","answer":"7","rating":1,"time":"2026-01-01T00:00:00Z"}
`})
	got := documentsIn(t, filepath.Join(must(t, op, stage.Input{Arg: "traces", Dir: dir}), "documents.jsonl"))
	var texts []string
	for _, d := range got {
		if strings.Contains(d.Path, "..") || !strings.HasPrefix(d.Path, "traces/") {
			t.Errorf("path %q", d.Path)
		}
		texts = append(texts, d.Lang+" "+d.Title+"|"+d.Text)
	}
	want := []string{"en 3+4|3+4\n\n7\n", "zh 怎么 得到密钥？|怎么 得到密钥？\n\n看手册。\n", "en Who are you?|Who are you?\n\nThe tutor.\n"}
	if len(got) == 3 && got[0].Path > got[1].Path || len(got) != 3 {
		t.Errorf("%+v", got)
	}
	for _, w := range want {
		if !strings.Contains(strings.Join(texts, "\x00"), w) {
			t.Errorf("%q is not in %q", w, texts)
		}
	}

	for name, dir := range map[string]string{"no file": t.TempDir(), "empty": tree(t, map[string]string{"traces.jsonl": ""})} {
		if got := documentsIn(t, filepath.Join(must(t, op, stage.Input{Arg: "traces", Dir: dir}), "documents.jsonl")); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	broken := tree(t, map[string]string{"traces.jsonl": "{\"id\":\"a\"}\nnonsense\n"})
	if _, err := makeFrom(t, op, stage.Input{Arg: "traces", Dir: broken}); err == nil || !strings.Contains(err.Error(), "traces.jsonl:2") {
		t.Errorf("broken line: %v", err)
	}
}

// Of a set there is what was chosen for it, rated or not, and nothing else.
func TestDocumentsOfASet(t *testing.T) {
	dir := tree(t, map[string]string{"traces.jsonl": `{"id":"a","question":"qa","answer":"x","rating":1}
{"id":"b","question":"qb","answer":"x","rating":0,"sets":["hard","other"]}
{"id":"c","question":"qc","answer":"x","rating":1,"sets":["hard"]}
{"id":"d","question":"qd","answer":"x","rating":1,"sets":["other"]}
`})
	tutor := stage.Ref{Kind: store.Release, Name: "tutor"}
	for _, c := range []struct {
		op   Documents
		want string
	}{{Documents{Traces: tutor}, "qa qc qd"}, {Documents{Traces: tutor, Set: "hard"}, "qb qc"}, {Documents{Traces: tutor, Set: "hard", Rated: "good"}, "qc"}, {Documents{Traces: tutor, Set: "none"}, ""}} {
		var got []string
		for _, d := range documentsIn(t, filepath.Join(must(t, &c.op, stage.Input{Arg: "traces", Dir: dir}), "documents.jsonl")) {
			got = append(got, strings.Fields(d.Text)[0])
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %v, want %q", c.op, got, c.want)
		}
	}
}

func TestDocumentsCheck(t *testing.T) {
	tutor := stage.Ref{Kind: store.Release, Name: "tutor"}
	for _, c := range []struct {
		op    Documents
		where string
	}{
		{Documents{Path: "handbook/**"}, "ok"}, {Documents{Traces: tutor, Rated: "good"}, "ok"}, {Documents{Traces: tutor}, "ok"},
		{Documents{}, ""}, {Documents{Path: "x", Traces: tutor}, "traces"}, {Documents{Path: "/etc/*"}, "path"}, {Documents{Path: "a/../../b"}, "path"},
		{Documents{Path: `a\b`}, "path"}, {Documents{Path: "x", Rated: "good"}, "rated"}, {Documents{Path: "x", Set: "hard"}, "set"}, {Documents{Traces: tutor, Rated: "bad"}, "rated"},
	} {
		got := "ok"
		if list := c.op.Check(); len(list) > 0 {
			got = list[0].Where
		}
		if got != c.where {
			t.Errorf("%+v: at %q, want %q", c.op, got, c.where)
		}
	}
	if f := (&Documents{Path: "a/**"}).Files(); !reflect.DeepEqual(f, []string{"a/**"}) {
		t.Error(f)
	}
	if f := (&Documents{Traces: tutor}).Files(); f != nil {
		t.Error(f)
	}
}

func FuzzDocuments(f *testing.F) {
	f.Add([]byte("# A\r\n\r\nb\n"), []byte(`{"id":"a","question":"q","answer":"b","rating":1}`))
	f.Fuzz(func(t *testing.T, file, trace []byte) {
		dir := tree(t, map[string]string{"a.md": string(file), "b.txt": "ok"})
		out := must(t, &Documents{Path: "*"}, stage.Input{Arg: "files", Dir: dir})
		for _, d := range documentsIn(t, filepath.Join(out, "documents.jsonl")) {
			if !utf8.ValidString(d.Text) || strings.Contains(d.Text, "\r") || d.Lang == "" {
				t.Errorf("%+v", d)
			}
		}
		traces := tree(t, map[string]string{"traces.jsonl": string(trace)})
		makeFrom(t, &Documents{Traces: stage.Ref{Name: "x"}}, stage.Input{Arg: "traces", Dir: traces})
	})
}

// TestAsideNote: the note names the first part that was set aside, and why.
func TestAsideNote(t *testing.T) {
	dir := tree(t, map[string]string{"a.jsonl": "{\"text\": \"A line of words.\"}\n{\"text\": tru}\n5 6\n"})
	var notes []say.Text
	job := &stage.Job{Inputs: []stage.Input{{Arg: "files", Dir: dir}}, Out: t.TempDir(), Work: t.TempDir(), Emit: func(e stage.Event) {
		if e.Type == "note" {
			notes = append(notes, *e.Text)
		}
	}}
	if err := (&Documents{Path: "*"}).Run(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if len(notes) != 1 || !strings.HasPrefix(notes[0].In(say.English), "files or records set aside: 2, see report.json; the first is a.jsonl#2: is no JSON that can be read: line 2, column 13: ") ||
		!strings.HasPrefix(notes[0].In(say.Chinese), "有 2 个文件或记录未读入，见 report.json；第一个是 a.jsonl#2：不是可读的 JSON：第 2 行第 13 列：") {
		t.Errorf("%v", notes)
	}
	list, err := FindAside(job.Out, "a.jsonl")
	if err != nil || len(list) != 2 || list[1].Path != "a.jsonl#3" || strings.Contains(list[0].En+list[0].Zh, "%!") {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err = FindAside(job.Out, "a.jsonl#3"); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}
