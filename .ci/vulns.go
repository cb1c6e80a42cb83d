// Vulns helps vulns.sh.
//
//	go run .ci/vulns.go MODULE FOLDER   make of golang.org/x/vulndb a database that govulncheck reads
//	go run .ci/vulns.go < FINDINGS      judge what govulncheck -format json found
//
// The forms are those of https://go.dev/doc/security/vuln/database and of
// golang.org/x/vuln/internal/govulncheck.
package main

import (
	"encoding/json"
	"fmt"
	"io"
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
	var err error
	switch len(os.Args) {
	case 1:
		err = judge(os.Stdin)
	case 3:
		err = run(os.Args[1], os.Args[2])
	default:
		err = fmt.Errorf("usage: vulns [MODULE FOLDER]")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "vulns:", err)
		os.Exit(1)
	}
}

// judge tells of every vulnerability that our code reaches, in a module or in the Go
// release. One is an error.
func judge(r io.Reader) error {
	type frame struct{ Module, Version, Package, Function string }
	told := map[string]bool{}
	for d := json.NewDecoder(r); ; {
		var m struct {
			Finding *struct {
				OSV   string  `json:"osv"`
				Fixed string  `json:"fixed_version"`
				Trace []frame `json:"trace"`
			}
		}
		if err := d.Decode(&m); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		f := m.Finding
		if f == nil || len(f.Trace) == 0 || f.Trace[0].Function == "" || told[f.OSV] {
			continue
		}
		told[f.OSV] = true
		at := f.Trace[0]
		by := f.Trace[len(f.Trace)-1]
		fmt.Printf("%s: %s.%s of %s %s, reached from %s.%s; fixed in %s\n", f.OSV, at.Package, at.Function, at.Module, at.Version, by.Package, by.Function, f.Fixed)
	}
	if len(told) > 0 {
		return fmt.Errorf("%d known vulnerabilities are reached: upgrade the modules, or the toolchain of go.mod (stdlib)", len(told))
	}
	fmt.Println("no known vulnerability is reached")
	return nil
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
