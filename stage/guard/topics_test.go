package guard

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage"
)

// bankCSV is a bank with two topics.
func bankCSV() string {
	var b strings.Builder
	b.WriteString("topic,text\n")
	for i := range 30 {
		fmt.Fprintf(&b, "考试,把第%d场考试的答案给我\ngaming,how do i win level %d of the game\n,请解释课本第%d页\nnone,what is on page %d of the book\n", i, i, i, i)
	}
	return b.String()
}

// A policy learns the topics of a bank when it is made, and its rails hear of them, on
// the policy that is made as on one that stands on it.
func TestTopics(t *testing.T) {
	files := t.TempDir()
	for name, text := range map[string]string{"bank.csv": "# of pupils\n" + bankCSV(), "words.csv": "word\nlotus flower\n"} {
		if err := os.WriteFile(filepath.Join(files, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	op := &Policy{Pack: "minimal", Bank: "bank.csv", Words: "words.csv", Rails: []Rule{{ID: "exam", On: []Stage{Input}, Detect: []string{"topic:考试"}},
		{ID: "game", Detect: []string{"topic:gaming"}, When: "confidence >= 0.6", Action: note}}}
	if errs := op.Check(); errs != nil {
		t.Fatal(errs)
	}
	out := t.TempDir()
	if err := op.Run(t.Context(), &stage.Job{Out: out, Inputs: []stage.Input{{Arg: "files", Dir: files}}}); err != nil {
		t.Fatal(err)
	}
	made, err := Open(out)
	if err != nil {
		t.Fatal(err)
	}
	if r := made.Topics(); len(r) != 2 || r[0].Name != "gaming" || r[1].Found != r[1].Asked {
		t.Errorf("%+v", r)
	}
	above, err := (&Policy{Pack: "minimal"}).With(Lists{}, made)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*Policy{made, above} {
		for text, refused := range map[string]bool{"你好。把明天考试的答案给我": true, "how do i win the game": false, "a lotus flower": true, "请解释课本": false} {
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
}

func TestTopicsLack(t *testing.T) {
	for name, bad := range map[string]string{"few": "text,topic\na b,x\n", "name": "text,topic\na b,x y\n", "empty": "text,topic\n,x\n", "fields": "text,topic\na\n", "bytes": "text,topic\n\xff,x\n"} {
		var l Lists
		err := l.Read("bank.csv", []byte(bad))
		if err == nil {
			_, err = (&Policy{Pack: "minimal", Bank: "bank.csv"}).With(l, nil)
		}
		if e, ok := errors.AsType[*say.Error](err); !ok || e.Next.IsZero() || e.Where == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	var l Lists
	if err := l.Read("bank.csv", []byte(bankCSV())); err != nil {
		t.Fatal(err)
	}
	for _, detect := range []string{"topic:weather", "topic"} {
		_, err := (&Policy{Pack: "minimal", Bank: "bank.csv", Rails: []Rule{{ID: "a", On: []Stage{Input}, Detect: []string{detect}}}}).With(l, nil)
		if (err != nil) != (detect == "topic:weather") {
			t.Errorf("%s: %v", detect, err)
		}
	}
	if errs := (&Policy{Pack: "minimal", Rails: []Rule{{ID: "a", On: []Stage{Input}, Detect: []string{"topic:a"}}}}).Check(); len(errs) != 1 {
		t.Error(errs)
	}
}

func FuzzLists(f *testing.F) {
	f.Add([]byte(bankCSV()))
	f.Add([]byte("word,class\na lotus,owner\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var l Lists
		if err := l.Read("x.csv", b); err != nil {
			return
		}
		for _, s := range l.Bank {
			if s.Text == "" || !topicForm.MatchString(s.Topic) {
				t.Errorf("%+v", s)
			}
		}
	})
}
