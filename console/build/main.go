// Command build makes the page's files, console/dist, from its source. Run it
// from anywhere in the module after a change to the source:
//
//	go run ./console/build
package main

import (
	"errors"
	"fmt"
	"os"
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

// bundle returns the built files by name. The same source gives the same
// bytes. They are not minified, so that whoever runs Suiren can read them.
func bundle(dir string) (map[string][]byte, error) {
	src := filepath.Join(dir, "src")
	preact := filepath.Join(dir, "vendor", "preact")
	r := api.Build(api.BuildOptions{
		AbsWorkingDir: dir,
		EntryPoints:   []string{filepath.Join(src, "suiren.tsx"), filepath.Join(src, "suiren.css")},
		Outdir:        filepath.Join(dir, "dist"),
		Bundle:        true,
		Format:        api.FormatIIFE,
		Target:        api.ES2022,
		Charset:       api.CharsetUTF8,
		LegalComments: api.LegalCommentsNone,
		Alias:         map[string]string{"preact": filepath.Join(preact, "index.js")},
		JSX:           api.JSXTransform,
		JSXFactory:    "h",
		JSXFragment:   "Fragment",
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
