package jinja

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var (
	casesFile  = flag.String("cases", "../../testdata/oracle/jinja/cases.jsonl.gz", "rows that testdata/oracle/jinja/make.py wrote")
	casesIn    = flag.String("templates", "../../testdata/oracle/jinja/templates", "the folder of their templates")
	casesFewer = flag.Int("least", 100, "how many texts the rows must hold")
)

// oracleNow is the time that make.py lets templates see.
var oracleNow = time.Date(2026, 3, 5, 8, 9, 5, 0, time.UTC)

// TestOracle renders what transformers rendered. Where it gave an error, so
// must we, except for what this package takes in beyond it.
func TestOracle(t *testing.T) {
	f, err := os.Open(*casesFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows := bufio.NewScanner(z)
	rows.Buffer(nil, 16<<20)
	var texts, equal, errors, both int
	templates := map[string]*Template{}
	for rows.Scan() {
		var row struct {
			Template, Case, Source, Error string
			Vars                          json.RawMessage
			Want                          *string
		}
		if err := json.Unmarshal(rows.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		name := row.Template + "/" + row.Case
		tm := templates[row.Template]
		if row.Template == "" { // a snippet
			name = "snippet " + row.Case
			if tm, err = Parse(name, row.Source); err != nil {
				errors, both = errors+1, both+1
				if row.Want != nil {
					t.Errorf("%v; want %q", err, *row.Want)
				}
				continue
			}
		} else if tm == nil {
			source, err := os.ReadFile(filepath.Join(*casesIn, row.Template+".jinja"))
			if err != nil {
				t.Fatal(err)
			}
			if tm, err = Parse(row.Template, string(source)); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			templates[row.Template] = tm
		}
		vars, err := FromJSON(row.Vars)
		if err != nil {
			t.Fatal(name, err)
		}
		got, err := tm.Render(vars.(*Map), Options{Now: oracleNow})
		switch {
		case row.Want == nil:
			if errors++; err != nil {
				both++
			} else if !beyond(row.Error) {
				t.Errorf("%s: transformers says %s; we wrote %q", name, row.Error, tail(got.String))
			}
		case err != nil:
			texts++
			t.Errorf("%s: %v", name, err)
		case got.String != *row.Want:
			texts++
			i := 0
			for i < min(len(got.String), len(*row.Want)) && got.String[i] == (*row.Want)[i] {
				i++
			}
			t.Errorf("%s at byte %d\n got %q\nwant %q", name, i, tail(got.String[i:]), tail((*row.Want)[i:]))
		default:
			texts++
			equal++
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d texts are equal; %d of %d errors are errors here too", equal, texts, both, errors)
	if texts < *casesFewer {
		t.Errorf("%d texts; want at least %d", texts, *casesFewer)
	}
}

// beyond reports whether transformers refuses what we allow.
func beyond(why string) bool {
	for _, s := range []string{"access to attribute 'append' of 'list'", "No filter named 'from_json'"} {
		if bytes.Contains([]byte(why), []byte(s)) {
			return true
		}
	}
	return false
}

func tail(s string) string { return s[:min(len(s), 120)] }
