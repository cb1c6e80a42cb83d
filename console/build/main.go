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
	"runtime"

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

// apart leaves kit, which all pages share, and the pages, which are loaded when
// they are opened, files of their own with names that do not change.
var apart = api.Plugin{Name: "apart", Setup: func(b api.PluginBuild) {
	b.OnResolve(api.OnResolveOptions{Filter: `^\.\.?/(kit|pages/[a-z]+)$`}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: "./" + path.Base(a.Path) + ".js", External: true}, nil
	})
}}

// bundle returns the built files by name. The same source gives the same
// bytes. They are not minified, so that whoever runs Suiren can read them.
func bundle(dir string) (map[string][]byte, error) {
	src, preact := filepath.Join(dir, "src"), filepath.Join(dir, "vendor", "preact")
	entries := []string{filepath.Join(src, "kit.ts"), filepath.Join(src, "suiren.tsx"), filepath.Join(src, "suiren.css")}
	pages, err := filepath.Glob(filepath.Join(src, "pages", "*.tsx"))
	if err != nil {
		return nil, err
	}
	for _, p := range pages {
		text, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(text, []byte("\nexport default ")) { // the others are parts of pages
			entries = append(entries, p)
		}
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
		Plugins:     []api.Plugin{apart},
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
