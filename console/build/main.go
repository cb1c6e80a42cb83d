// Command build makes the page's files, console/dist, from its source. Run it
// from anywhere in the module after a change to the source:
//
//	go run ./console/build
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := root()
	if err != nil {
		return err
	}
	files, err := bundle(dir)
	if err != nil {
		return err
	}
	dist := filepath.Join(dir, "dist")
	if err := os.RemoveAll(dist); err != nil {
		return err
	}
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dist, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// root is the folder console/, found from where this file was compiled.
func root() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return "", errors.New("build: where is the source?")
	}
	return filepath.Dir(filepath.Dir(file)), nil
}

// imported finds what a file takes from beside it.
var imported = regexp.MustCompile(`from "\./(\w+)"`)

// A part is a file below pages: a page, or what pages are made of.
type part struct {
	file string
	page bool
	of   []string // names of parts that it imports
}

// readParts returns the parts by name.
func readParts(dir string) (map[string]part, error) {
	list, err := filepath.Glob(filepath.Join(dir, "*.ts*"))
	if err != nil {
		return nil, err
	}
	parts := map[string]part{}
	for _, f := range list {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		p := part{file: f, page: bytes.Contains(text, []byte("\nexport default "))}
		for _, m := range imported.FindAllSubmatch(text, -1) {
			p.of = append(p.of, string(m[1]))
		}
		parts[strings.TrimSuffix(filepath.Base(f), filepath.Ext(f))] = p
	}
	return parts, nil
}

// apart are the names of the parts that are files of their own: the pages, and
// what more than one of them is made of.
func apart(parts map[string]part) []string {
	users := map[string]int{}
	for name, p := range parts {
		if !p.page {
			continue
		}
		users[name] = 2
		seen := map[string]bool{}
		var add func(p part)
		add = func(p part) {
			for _, name := range p.of {
				if q := parts[name]; q.file != "" && !q.page && !seen[name] {
					seen[name] = true
					users[name]++
					add(q)
				}
			}
		}
		add(p)
	}
	var names []string
	for name, n := range users {
		if n > 1 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// external leaves kit, which all pages share, and what stands apart files of their
// own with names that do not change.
func external(names []string) api.Plugin {
	return api.Plugin{Name: "external", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: `^\.\.?/(kit|(pages/)?(` + strings.Join(names, "|") + `))$`}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: "./" + path.Base(a.Path) + ".js", External: true}, nil
		})
	}}
}

// bundle returns the built files by name. The same source gives the same
// bytes. They are not minified, so that whoever runs Suiren can read them.
func bundle(dir string) (map[string][]byte, error) {
	src, preact := filepath.Join(dir, "src"), filepath.Join(dir, "vendor", "preact")
	entries := []string{filepath.Join(src, "kit.ts"), filepath.Join(src, "suiren.tsx"), filepath.Join(src, "suiren.css")}
	parts, err := readParts(filepath.Join(src, "pages"))
	if err != nil {
		return nil, err
	}
	names := apart(parts)
	for _, name := range names {
		entries = append(entries, parts[name].file)
	}
	r := api.Build(api.BuildOptions{
		AbsWorkingDir: dir,
		EntryPoints:   entries,
		EntryNames:    "[name]",
		Outdir:        filepath.Join(dir, "dist"),
		Bundle:        true,
		Format:        api.FormatESModule,
		Target:        api.ES2022,
		Charset:       api.CharsetUTF8,
		LegalComments: api.LegalCommentsNone,
		Alias: map[string]string{"preact": filepath.Join(preact, "index.js"),
			"preact-hooks": filepath.Join(dir, "vendor", "preact-hooks", "index.js")},
		JSX:         api.JSXTransform,
		JSXFactory:  "h",
		JSXFragment: "Fragment",
		Plugins:     []api.Plugin{external(names)},
	})
	if len(r.Errors) > 0 {
		return nil, errors.New(api.FormatMessages(r.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})[0])
	}
	files := map[string][]byte{}
	for _, f := range r.OutputFiles {
		files[filepath.Base(f.Path)] = f.Contents
	}
	for name, from := range map[string]string{
		"index.html":         filepath.Join(src, "index.html"),
		"suiren.svg":         filepath.Join(src, "suiren.svg"),
		"preact-licence.txt": filepath.Join(preact, "LICENSE"),
	} {
		data, err := os.ReadFile(from)
		if err != nil {
			return nil, err
		}
		files[name] = data
	}
	return files, nil
}
