package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/plan"
)

// The first plan is the same in both languages but for its comments, which are in one.
func TestFirstPlan(t *testing.T) {
	bare := map[say.Lang]string{}
	for _, lang := range []say.Lang{say.English, say.Chinese} {
		text := firstPlanIn(lang)
		for line := range strings.Lines(text) {
			if !strings.Contains(line, "#") {
				bare[lang] += line
			} else if regexp.MustCompile(`\p{Han}`).MatchString(line) != (lang == say.Chinese) || strings.Contains(line, string(lang)+":") {
				t.Errorf("%s: %s", lang, line)
			}
		}
		if !strings.Contains(text, "#") {
			t.Errorf("%s: no comments", lang)
		}
		file := filepath.Join(t.TempDir(), plan.FileName)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := plan.Load(file, vocabulary(0)); err != nil {
			t.Error(err)
		}
	}
	if bare[say.English] != bare[say.Chinese] {
		t.Error("the plans differ")
	}
}

// A server is asked in the reader's language, for its errors are shown as they are; where no
// reader is, in none.
func TestRemoteSpeaks(t *testing.T) {
	heard := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heard <- strings.Join(r.Header["Accept-Language"], ",")
		w.Write([]byte(`{"data":[{"id":"m"}]}`))
	}))
	defer server.Close()
	for lang, want := range map[say.Lang]string{say.Chinese: "zh", say.English: "en", "": ""} {
		if _, err := newRemote(t.Context(), server.URL, "", "", lang); err != nil {
			t.Fatal(err)
		}
		if got := <-heard; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
