package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/serve"
	"suiren/store"
)

// A curve of a million points is told in as many as a page can draw; no spike is
// lost, and a closer look has every point.
func TestMillionPoints(t *testing.T) {
	const n, low, high, most = 1_000_000, 123_457, 765_431, 800
	st, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	dir := filepath.Join(st.Path(), "curves", "weights.w", "k")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "curve.csv"))
	if err != nil {
		t.Fatal(err)
	}
	b := bufio.NewWriter(f)
	fmt.Fprintln(b, "step,time,loss")
	for i := 1; i <= n; i++ {
		v := 2 + float64(i%1000)/1000
		switch i {
		case low:
			v = -5
		case high:
			v = 40
		}
		fmt.Fprintf(b, "%d,%d,%g\n", i, i, v)
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	h := &house{svc: &service{w: &workspace{st: st}}}
	points := func(query string) (list [][2]float64, total int) {
		t.Helper()
		q, err := url.ParseQuery("id=weights.w/k&series=loss&most=800" + query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.points(t.Context(), serve.Query{Values: q})
		if err != nil {
			t.Fatal(err)
		}
		m := got.(map[string]any)
		return m["series"].(map[string][][2]float64)["loss"], m["total"].(int)
	}
	all, total := points("")
	if total != n || len(all) > most || len(all) < most/2 {
		t.Fatalf("%d of %d points", len(all), total)
	}
	if all[0][0] != 1 || all[len(all)-1][0] != n {
		t.Errorf("it reaches from %v to %v", all[0], all[len(all)-1])
	}
	found := 0
	for i, p := range all {
		if p == [2]float64{low, -5} || p == [2]float64{high, 40} {
			found++
		}
		if i > 0 && all[i-1][0] >= p[0] {
			t.Errorf("%v stands before %v", all[i-1], p)
		}
	}
	if found != 2 {
		t.Errorf("%d of the two spikes are told", found)
	}
	if near, total := points(fmt.Sprintf("&from=%d&to=%d", high-50, high+49)); len(near) != 100 || total != 100 || near[50] != [2]float64{high, 40} {
		t.Errorf("a closer look has %d points of %d", len(near), total)
	}
	if len(h.curves) != 1 || h.curves[0].points != n || len(h.curves[0].last) != lastPoints {
		t.Error("the curve was not kept as its columns")
	}
}

// A draft takes the place of a policy under its name, in the mode that was chosen,
// and nothing else of it changes.
func TestDraftInItsMode(t *testing.T) {
	for _, c := range []struct{ draft, mode, want string }{
		{"policy \"draft\" {\n  pack = \"minors-zh\"\n}\n", "observe", "policy \"house\" {\n  mode = \"observe\"\n  pack = \"minors-zh\"\n}"},
		{"# mine\npolicy \"x\" {\n  mode = \"observe\" # at first\n  keywords = [\"mode = 1\"]\n}", "enforce", "policy \"house\" {\n  mode = \"enforce\" # at first\n  keywords = [\"mode = 1\"]\n}"},
		{`policy "x" { pack = "minors-zh" }`, "off", "policy \"house\" {\n  mode = \"off\"\n  pack = \"minors-zh\" \n}"},
	} {
		got, err := withMode([]byte(c.draft), "house", c.mode)
		if err != nil || string(got) != c.want {
			t.Errorf("%s\nbecomes\n%s\n%v", c.draft, got, err)
		}
		if list := policyBlocks(got); len(list) != 1 || list[0].Mode != c.mode || list[0].Name != "house" {
			t.Errorf("it is read as %+v", list)
		}
	}
	for _, bad := range []string{"", "policy {", `release "x" {}`, strings.Repeat("policy \"a\" {}\n", 2)} {
		if _, err := withMode([]byte(bad), "house", "observe"); err == nil {
			t.Errorf("%q is taken for a policy", bad)
		}
	}
}

// Tasks name what they are about: each is seen by those who may see that.
func TestTasksAreForThoseWhoMaySeeThem(t *testing.T) {
	h := &house{}
	for kind := range taskOf {
		h.tasks = append(h.tasks, &task{ID: len(h.tasks) + 1, Kind: kind, Name: "name of " + kind})
	}
	for kind, action := range taskOf {
		v, err := h.tasksPage(t.Context(), serve.Query{May: func(a serve.Action) bool { return a == action }})
		b, err2 := json.Marshal(v)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		for other, needs := range taskOf {
			if strings.Contains(string(b), `"name of `+other+`"`) != (needs == action) {
				t.Errorf("who may %s, as for %s, is shown %s", action, kind, b)
			}
		}
	}
}
