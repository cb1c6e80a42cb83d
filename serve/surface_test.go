package serve

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the replies into testdata")

// steady are the parts of replies that differ each time.
var steady = []struct {
	find *regexp.Regexp
	put  string
}{
	{regexp.MustCompile(`(chatcmpl|cmpl|resp|msg|rerank|ollama)([-_])[A-Z2-7]{26}`), "$1${2}ID"},
	{regexp.MustCompile(`(rs|msg|fc)_[A-Z2-7]{26}`), "${1}_ID"},
	{regexp.MustCompile(`"(created|created_at|completed_at)":\d+`), `"$1":0`},
	{regexp.MustCompile(`"created_at":"[^"]*"`), `"created_at":""`},
	{regexp.MustCompile(`"(total|prompt_eval|eval)_duration":\d+`), `"${1}_duration":0`},
	{regexp.MustCompile(`"seed":\d{6,}`), `"seed":0`},
}

// Every request of testdata/surfaces is answered as it stands there. A case
// has the request, as clients send it, and the reply's status and body.
func TestSurfaces(t *testing.T) {
	b := start(t, parrot{}, func(c *Config, r *Release) {
		c.Slots = 1 // answers of one request one after another
		made := r.Made
		*r = *everything()
		r.Made = made
	})
	files, err := filepath.Glob("testdata/surfaces/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases: ", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i+1 < len(a.Files); i += 2 {
				method, path, _ := strings.Cut(a.Files[i].Name, " ")
				code, body := b.send(t, method, path, string(a.Files[i].Data), "Authorization", "", "X-Api-Key", goodKey)
				for _, s := range steady {
					body = s.find.ReplaceAllString(body, s.put)
				}
				got := strconv.Itoa(code) + "\n" + strings.TrimSuffix(body, "\n") + "\n"
				if *update {
					a.Files[i+1].Data = []byte(got)
				} else if want := string(a.Files[i+1].Data); strings.TrimRight(got, "\n") != strings.TrimRight(want, "\n") {
					t.Errorf("%s %s\n%s\ngot %s\nwant %s", method, path, a.Files[i].Data, got, want)
				}
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
