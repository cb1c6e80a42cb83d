package account

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"suiren/serve"
)

var update = flag.Bool("update", false, "write the routes into docs/api.md and its translation")

// The page about the interfaces ends, in both languages, with every route and
// what it needs, and no other.
//
//	go test ./serve/account -run RoutesPage -update
func TestRoutesPage(t *testing.T) {
	var a Account
	want := listed(serve.New(serve.Config{Routes: a.routes()}).Routes())
	block := regexp.MustCompile("(?s)<!-- routes -->\n```\n(.*?)```\n<!-- /routes -->")
	for _, name := range []string{"../../docs/api.md", "../../docs/api.zh-CN.md"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		at := block.FindSubmatchIndex(b)
		if at == nil {
			t.Fatalf("%s has no list of routes", name)
		}
		if *update {
			if err := os.WriteFile(name, slices.Concat(b[:at[2]], []byte(want), b[at[3]:]), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got := string(b[at[2]:at[3]]); got != want {
			t.Errorf("%s lists\n%s\nand the server answers\n%s", name, got, want)
		}
	}
}

// listed is a line for each path, with the methods that need the same action in
// one group.
func listed(routes []serve.Route) string {
	paths := map[string]map[string][]string{} // to actions, to methods
	for _, r := range routes {
		method, path, ok := strings.Cut(r.Pattern, " ")
		if !ok {
			continue // what answers that there is nothing
		}
		path = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllStringFunc(path, func(s string) string { return strings.ToUpper(strings.Trim(s, "{.}")) })
		if paths[path] == nil {
			paths[path] = map[string][]string{}
		}
		action := cmp.Or(string(r.Action), "-")
		paths[path][action] = append(paths[path][action], method)
	}
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		var groups []string
		for _, action := range slices.Sorted(maps.Keys(paths[path])) {
			groups = append(groups, strings.Join(paths[path][action], " ")+" "+action)
		}
		fmt.Fprintf(&b, "%-36s %s\n", path, strings.Join(groups, ", "))
	}
	return b.String()
}
