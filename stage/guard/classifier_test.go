package guard

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/knowledge/linear"
	"suiren/stage"
	"suiren/stage/guard/classify"
)

// bankCSV is a bank with two kinds.
func bankCSV() string {
	var b strings.Builder
	b.WriteString("label,text\n")
	for i := range 30 {
		c := '一' + rune(7*i)
		fmt.Fprintf(&b, "考试,把第%d场考试的答案%c给我\ngaming,how do i win level %c of the game\nnone,请解释课本%c第%d页\nnone,what is on page %c of the book\n", i, c, c, c, i, c)
	}
	return b.String()
}

// learned makes a classifier of files.
func learned(t *testing.T, op *Classifier, files map[string]string) (dir string, events []stage.Event) {
	t.Helper()
	from, out := t.TempDir(), t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(from, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	job := &stage.Job{Out: out, Inputs: []stage.Input{{Arg: "files", Dir: from}}, Emit: func(e stage.Event) { events = append(events, e) }}
	if err := op.Run(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	return out, events
}

// A classifier is learnt from files of all three forms, and the rails of a policy hear of
// its kinds, on the policy that takes it as on one that stands on that.
func TestClassifier(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(bankCSV()), "\n")
	files := map[string]string{"a.csv": "# of pupils\n" + strings.Join(lines[:60], "\n")}
	for _, l := range lines[60:] {
		label, text, _ := strings.Cut(l, ",")
		b, err := json.Marshal(map[string]any{"text": text, "label": label, "id": 7})
		if err != nil {
			t.Fatal(err)
		}
		files["b.jsonl"] += string(b) + "\n"
	}
	files["c.txt"] = "# more\n{什么}=数学,语文,英语,物理\n{a}={什么}考试\n考试|偷看{a}的{什么}卷\nnone|晚饭吃什么\n"
	dir, events := learned(t, &Classifier{Path: []string{"*"}}, files)
	notes := 0
	for _, e := range events {
		if e.Type == "note" && strings.Contains(e.Text.En, "kind %s") {
			notes++
		}
	}
	if notes != 2 {
		t.Errorf("%+v", events)
	}
	op := &Policy{Pack: "minimal", Learnt: []stage.Ref{{Kind: "classifier", Name: "pupils"}}, Rails: []Rule{{ID: "exam", On: []Stage{Input}, Detect: []string{"classify:考试"}},
		{ID: "game", Detect: []string{"classify:gaming"}, When: "confidence >= 0.6", Action: note}}}
	if errs := op.Check(); errs != nil {
		t.Fatal(errs)
	}
	out := t.TempDir()
	if err := op.Run(t.Context(), &stage.Job{Out: out, Inputs: []stage.Input{{Arg: "classifiers", Dir: dir}}}); err != nil {
		t.Fatal(err)
	}
	made, err := Open(out)
	if err != nil {
		t.Fatal(err)
	}
	above, err := (&Policy{Pack: "minimal"}).With(Lists{}, made)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*Policy{made, above} {
		refuses(t, p, map[string]bool{"你好。把明天考试的答案给我": true, "偷看物理考试的英语卷": true, "how do i win the game": false, "请解释课本": false})
	}
}

func refuses(t *testing.T, p *Policy, texts map[string]bool) {
	t.Helper()
	for text, refused := range texts {
		r := p.Rail(Input, Context{})
		_, err := r.Write(text)
		if err == nil {
			_, err = r.Flush()
		}
		if (err != nil) != refused {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A sentence may begin with a number sign; notes before the first row may too.
func TestNotes(t *testing.T) {
	list, err := ParseSentences("a.csv", []byte("\ufeff# note, \"one\"\r\n#two\r\ntext,label\r\n#高考#加油,none\r\n\"#a\n,b\",x\r\n"))
	if err != nil || len(list) != 2 || list[0] != (classify.Sentence{Text: "#高考#加油", Label: "none", Where: "a.csv:4"}) || list[1].Text != "#a\n,b" {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := ParseSentences("a.csv", []byte("# note\ntext,label\n#,y z\n")); err == nil || !strings.HasPrefix(err.Error(), "a.csv:3: ") {
		t.Error(err)
	}
}

// What of a file or a policy is wrong is told with its place, and what to do.
func TestClassifierLacks(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"columns":   {"a.csv", "句子,标签\na,b\n", `a.csv:1: the columns are "句子, 标签", and text and label are needed`},
		"semicolon": {"a.csv", "text;label\na;b\n", "a.csv:1: the columns are"},
		"nothing":   {"a.csv", "", "a.csv:1: the columns are"},
		"header":    {"a.csv", "text,label\n", "a.csv: there is no sentence in this file"},
		"no lines":  {"a.txt", "# note\n", "a.txt: there is no sentence in this file"},
		"label":     {"a.csv", "text,label\na,x y\n", `a.csv:2: "x y" is no label`},
		"no label":  {"a.csv", "text,label\na,\n", "a.csv:2: a sentence has no label"},
		"empty":     {"a.csv", "text,label\n ,x\n", "a.csv:2: a sentence is empty"},
		"fields":    {"a.csv", "text,label\na\n", "a.csv:2: this file of sentences cannot be read"},
		"quote":     {"a.csv", "text,label\n\"a,b\n", "a.csv:2: this file of sentences cannot be read"},
		"bytes":     {"a.csv", "text,label\n\xc4\xe3,x\n", "a.csv: this file of sentences is not UTF-8"},
		"long":      {"a.csv", "text,label\n" + strings.Repeat("长", longestExample) + ",x\n", "a.csv:2: a sentence is longer than"},
		"rows":      {"a.csv", "text,label\n" + strings.Repeat("a,x\n", classify.MostSentences+1), "a.csv:200002: there are more than 200000 sentences"},
		"size":      {"a.csv", "text,label\n" + strings.Repeat("我有一句很长的话要说,x\n", 1_000_000), "a.csv: this file of sentences is larger than"},
		"json":      {"a.jsonl", "{\"text\":\"a\",\"label\":\"b\"}\n[]\n", "a.jsonl:2: this is no line of JSON"},
		"fields ":   {"a.jsonl", "{\"text\":\"a\",\"topic\":\"b\"}\n", "a.jsonl:1: the fields text and label are needed"},
		"bar":       {"a.txt", "a\n", "a.txt:1: a template is a label"},
		"slot":      {"a.txt", "x|a {b}\n", "a.txt:1: there is no slot {b}"},
		"brace":     {"a.txt", "x|a {b\n", "a.txt:1: a { has no }"},
		"circle":    {"a.txt", "{b}=c {b}\nx|a {b}\n", "a.txt:2: a template has more than"},
		"growth":    {"a.txt", "{b}=" + strings.Repeat("c", 5000) + "{b}\nx|a {b}\n", "a.txt:2: a template has more than"},
		"form":      {"a.xlsx", "PK", "a.xlsx: sentences are not read from such a file"},
	} {
		_, err := ParseSentences(c.file, []byte(c.text))
		e, ok := errors.AsType[*say.Error](err)
		if !ok || e.Next.IsZero() || e.What.Zh == "" || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %.200v", name, err)
		}
	}
	dir, _ := learned(t, &Classifier{Path: []string{"*"}}, map[string]string{"a.csv": bankCSV()})
	c, err := OpenClassifier(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, detect := range []string{"classify:weather", "classify:offense"} {
		rails := []Rule{{ID: "a", On: []Stage{Input}, Detect: []string{detect}}}
		if _, err := (&Policy{Pack: "minimal", Rails: rails}).With(Lists{Learnt: []*classify.Classifier{c}}, nil); err == nil || !strings.Contains(err.Error(), "no classifier has the kind") {
			t.Errorf("%s: %v", detect, err)
		}
		if errs := (&Policy{Pack: "minimal", Rails: rails}).Check(); len(errs) != 1 {
			t.Error(detect, errs)
		}
		if errs := (&Policy{Pack: "minimal", Rails: rails, Learnt: []stage.Ref{{Kind: "classifier", Name: "a"}}}).Check(); errs != nil { // not known before it is made
			t.Error(detect, errs)
		}
	}
	if _, err := (&Policy{Pack: "minimal"}).With(Lists{Learnt: []*classify.Classifier{c, c}}, nil); err == nil || !strings.Contains(err.Error(), "two classifiers have the kind") {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, classifierFile), []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenClassifier(dir); err == nil || !strings.Contains(err.Error(), "cannot be used") {
		t.Error(err)
	}
}

// A policy that was made before there were classifiers acts as it did.
func TestOldTopics(t *testing.T) {
	list := []linear.Example{}
	for range 20 {
		list = append(list, linear.Example{Label: 0, Features: classify.Features("win the game")}, linear.Example{Label: 1, Features: classify.Features("read the book")})
	}
	model := linear.Train([]string{"gaming", classify.None}, list, linear.Options{Bits: 14})
	for _, name := range []string{"topic", "topic:gaming"} {
		doc := document{Format: 2, Pack: "minimal", Rules: []Rule{{ID: "game", On: []Stage{Input}, Detect: []string{name}}}, Topics: &topics{json.RawMessage("[]"), model.Marshal()}}
		b, err := json.Marshal(&doc)
		if err != nil {
			t.Fatal(err)
		}
		p, err := parse(b)
		if err != nil {
			t.Fatal(err)
		}
		above, err := (&Policy{Pack: "minimal"}).With(Lists{}, p)
		if err != nil {
			t.Fatal(err)
		}
		if b, err = json.Marshal(above.doc); err != nil { // what stands on it is written whole
			t.Fatal(err)
		}
		again, err := parse(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []*Policy{p, above, again} {
			refuses(t, p, map[string]bool{"win the game": true, "read the book": false})
		}
	}
}

func FuzzSentences(f *testing.F) {
	f.Add("x.csv", []byte(bankCSV()))
	f.Add("x.jsonl", []byte(`{"text":"a","label":"b"}`))
	f.Add("x.txt", []byte("{a}=1,2\nb|{a} {a}"))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		list, err := ParseSentences(name, b)
		if err != nil {
			return
		}
		for _, s := range list {
			if s.Text == "" || !labelForm.MatchString(s.Label) || s.Where == "" {
				t.Errorf("%+v", s)
			}
		}
	})
}
