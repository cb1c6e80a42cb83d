package verify

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"suiren/internal/say"
)

// What an owner reads where a program gave no reward names the problem, and a next step
// that fits: none is advised to wait for what will not come.
func TestURLNext(t *testing.T) {
	for code, want := range map[int]string{
		302: "no redirection is followed: write the address that replies itself in url; this one leads to /elsewhere", 404: "look at the path in url",
		500: "the program failed at this answer", 0: "closed the connection before it had replied; it was asked 5 times",
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if code == 0 {
				panic(http.ErrAbortHandler)
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
		}))
		v, err := Parse([]byte(`{"url": "` + s.URL + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Score(context.Background(), "how many apples?", "x")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `"how many apples?"`) || !strings.Contains(err.Error(), s.URL) {
			t.Errorf("%d: %v; want %q", code, err, want)
		} else if zh := say.Err(say.Chinese, err); strings.Contains(zh, "it answered") || strings.Contains(zh, "%!") || !strings.Contains(zh, "针对题目") {
			t.Errorf("%d: %s", code, zh)
		}
		s.Close()
	}
	if e := askError("", "", errors.New("none"), 1).(*say.Error); !strings.Contains(e.Next.In(say.English), "within 30 s") || !strings.Contains(e.Next.In(say.Chinese), "30 秒") {
		t.Errorf("not in the units of the language: %v", e.Next.In(say.Chinese))
	}
}

// The rewards that programs gave are counted; what is not asked about, or judged without
// a program, is none.
func TestRewards(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct{ Answer string }
		json.NewDecoder(r.Body).Decode(&q)
		w.Write([]byte(`{"reward": 0.` + q.Answer + `}`))
	}))
	defer s.Close()
	spec := json.RawMessage(`{"url": "` + s.URL + `"}`)
	var j Judge
	for _, c := range []struct {
		texts []string
		want  Rewards
	}{{[]string{"", "<think>9"}, Rewards{}}, {[]string{"5", "", "5"}, Rewards{2, 0.5, 0.5}}, {[]string{"7", "<think>9</think>2"}, Rewards{4, 0.2, 0.7}}} {
		list := []Reply{{Spec: json.RawMessage(`{"number": 1}`), Text: "1"}, {}}
		for _, text := range c.texts {
			list = append(list, Reply{spec, "q", text})
		}
		if _, err := j.All(t.Context(), list); err != nil || j.Rewards() != c.want {
			t.Errorf("%q: %+v, %v; want %+v", c.texts, j.Rewards(), err, c.want)
		}
	}
}

// A password in an address is told to nobody, neither where it cannot be used nor where its
// program fails; and a port that there is not is refused when it is read.
func TestURLSecret(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	defer s.Close()
	with := func(address string) string { return strings.Replace(address, "://", "://me:s3cret@", 1) }
	for address, refused := range map[string]string{
		s.URL: "", "http://127.0.0.1:1": "", "ftp://127.0.0.1": "not http", "http://8.8.8.8": "not of this machine", "http://127.0.0.1:port": "not http", "http://localhost:99999/x": "up to 65535", "http://127.0.0.1/%zz": "not http",
	} {
		v, err := Parse([]byte(`{"url": "` + with(address) + `"}`))
		if (err != nil) != (refused != "") {
			t.Errorf("%s: %v", address, err)
		}
		if err == nil {
			ctx, stop := context.WithTimeout(t.Context(), pause/2)
			_, err = v.Score(ctx, "q", "a")
			stop()
		}
		for _, lang := range []say.Lang{say.English, say.Chinese} {
			if told := say.Err(lang, err); strings.Contains(told, "s3cret") {
				t.Errorf("%s: %s", address, told)
			}
		}
		if err == nil || !strings.Contains(err.Error(), refused) {
			t.Errorf("%s: %v; want %q", address, err, refused)
		}
	}
}
