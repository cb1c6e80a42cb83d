// Vulns makes of the module golang.org/x/vulndb a database that govulncheck reads
// (https://go.dev/doc/security/vuln/database): go run .ci/vulns.go MODULE FOLDER
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// An entry says nothing of versions: the report itself is asked.
type entry struct {
	ID       string `json:"id"`
	Modified string `json:"modified"`
}

type module struct {
	Path  string  `json:"path"`
	Vulns []entry `json:"vulns"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: vulns MODULE FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "vulns:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	files, err := filepath.Glob(filepath.Join(from, "data", "osv", "*.json"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("there are no reports below %s: %v", from, err)
	}
	for _, dir := range []string{"ID", "index"} {
		if err := os.MkdirAll(filepath.Join(to, dir), 0o777); err != nil {
			return err
		}
	}
	byPath := map[string]*module{}
	modules, all, last := []*module{}, []entry{}, ""
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		var v struct {
			ID, Modified string
			Affected     []struct{ Package struct{ Name string } }
		}
		if err := json.Unmarshal(b, &v); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		if err := os.WriteFile(filepath.Join(to, "ID", v.ID+".json"), b, 0o666); err != nil {
			return err
		}
		last = max(last, v.Modified)
		all = append(all, entry{ID: v.ID, Modified: v.Modified})
		for _, a := range v.Affected {
			m := byPath[a.Package.Name]
			if m == nil {
				m = &module{Path: a.Package.Name}
				byPath[m.Path], modules = m, append(modules, m)
			}
			if n := len(m.Vulns); n == 0 || m.Vulns[n-1].ID != v.ID { // a module may be affected twice
				m.Vulns = append(m.Vulns, entry{v.ID, v.Modified})
			}
		}
	}
	for name, v := range map[string]any{"db.json": map[string]string{"modified": last}, "modules.json": modules, "vulns.json": all} {
		b, err := json.Marshal(v)
		if err == nil {
			err = os.WriteFile(filepath.Join(to, "index", name), b, 0o666)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
