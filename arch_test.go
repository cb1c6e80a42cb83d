package suiren

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// imports is the architecture: which packages of this module each package
// may import. It is policy, not a record. Do not extend it to fix a build.
// A name that ends in /* stands for every package below it.
const imports = `
internal/cpu:
internal/kerneltest: internal/cpu
internal/say:
internal/terminal: internal/say
internal/flock:
internal/durable:
internal/sqlite:
engine/codebook:
engine/kernel: internal/cpu engine/codebook
engine/tensor:
engine/tokenizer:
engine/grammar:
engine/jinja:
engine/chat: engine/jinja
engine/weights: engine/codebook
engine/model: engine/kernel engine/tensor engine/weights
engine/optim: engine/kernel engine/tensor
engine/objective:
engine/infer: engine/kernel engine/tensor engine/model engine/tokenizer
store: internal/durable internal/flock internal/say internal/sqlite
store/backup: internal/durable internal/flock store internal/say
models: internal/durable engine/weights store internal/say
stage: store internal/say
stage/curve: stage internal/say
pii:
knowledge/chinese:
knowledge/linear:
knowledge/language: knowledge/linear
knowledge/document/pdfium:
knowledge/document: internal/say knowledge/document/pdfium
knowledge/reader: internal/say knowledge/document
knowledge/inverted:
knowledge/embedding: internal/cpu
knowledge/vector: internal/cpu
knowledge: internal/say knowledge/chinese knowledge/inverted knowledge/vector knowledge/embedding knowledge/document
knowledge/base: internal/durable internal/say knowledge knowledge/document knowledge/reader
stage/compute: stage internal/say engine/kernel engine/tensor
stage/talk: stage internal/say engine/chat engine/jinja engine/tokenizer engine/weights
stage/unread: internal/say engine/model engine/tokenizer engine/weights
stage/verify: internal/say engine/tensor
stage/wording: stage stage/guard/fold
stage/data/intake: engine/chat stage internal/say stage/verify
stage/data/quality: internal/say knowledge/chinese
stage/data/duplicate: internal/cpu knowledge/chinese stage/data/quality
stage/data: stage stage/verify store internal/say engine/tokenizer knowledge knowledge/chinese knowledge/language knowledge/linear knowledge/document knowledge/reader pii stage/data/intake stage/data/quality stage/data/duplicate stage/talk stage/unread stage/wording
stage/train: stage stage/curve stage/talk stage/unread stage/verify store internal/say engine/*
stage/scenario: stage stage/talk store internal/say knowledge engine/tokenizer engine/infer
stage/guard/fold:
stage/guard/detect: stage/guard/fold
stage/guard/cite: stage/guard/detect
stage/guard/leak: pii stage/guard/detect stage/guard/fold
stage/guard/classify: internal/say knowledge/linear stage/guard/detect stage/guard/fold
stage/guard/label: internal/say
stage/guard/assess: internal/durable stage internal/say
stage/guard/watch: internal/durable internal/say internal/sqlite
stage/guard: internal/durable pii stage stage/guard/watch store internal/say stage/verify stage/guard/fold stage/guard/detect stage/guard/leak stage/guard/classify stage/wording
stage/operate: internal/durable stage store internal/flock internal/say
stage/operate/origin: internal/durable stage stage/operate store internal/say
stage/operate/access: internal/say
stage/operate/people: internal/say internal/sqlite stage/operate/access
stage/operate/care: internal/durable internal/flock internal/say
stage/operate/ledger: internal/flock internal/say internal/sqlite
stage/operate/otlp: internal/say stage/operate/ledger
run: stage stage/curve store internal/say
plan: internal/durable stage store run internal/say
serve: internal/durable internal/say serve/form serve/openai serve/anthropic serve/ollama console
serve/account: internal/say serve serve/form stage/operate stage/operate/access stage/operate/care stage/operate/people
serve/form: internal/say
serve/openai: internal/say serve/form
serve/anthropic: internal/say serve/form
serve/ollama: internal/say serve/form serve/openai
serve/plain: internal/say serve/form engine/weights engine/tokenizer engine/model engine/jinja engine/chat engine/grammar engine/infer
console:
console/build:
cmd/suiren: *
examples/guard: examples/guard/sets
examples/guard/sets: stage/guard/detect
examples/reasoner/claims: *
`

// engineMay lists what engine/ may use besides the standard library and itself.
var engineMay = []string{"golang.org/x/"}

// platforms have every file of the repository between them.
var platforms = []string{"linux/amd64", "linux/arm64", "linux/loong64", "darwin/arm64", "windows/amd64"}

func TestImports(t *testing.T) {
	may := map[string][]string{".": nil}
	for line := range strings.Lines(strings.TrimSpace(imports)) {
		pkg, list, _ := strings.Cut(line, ":")
		may[pkg] = strings.Fields(list)
	}
	seen := map[string][]string{} // what each room of the repository imports
	err := filepath.WalkDir(".", func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		name := d.Name()
		if dir != "." && (strings.HasPrefix(name, ".") || name == "testdata" || dir == "compat") {
			return filepath.SkipDir // compat has its own go.mod
		}
		for _, platform := range platforms {
			c := build.Default
			c.GOOS, c.GOARCH, _ = strings.Cut(platform, "/")
			p, err := c.ImportDir(dir, 0)
			if err == nil { // else no Go files here
				room := filepath.ToSlash(dir)
				seen[room] = append(seen[room], p.Imports...)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, list := range seen {
		allowed, ok := may[dir]
		if !ok {
			t.Errorf("%s is not in the policy", dir)
		}
		slices.Sort(list)
		for _, imp := range slices.Compact(list) {
			rel, ours := strings.CutPrefix(imp, "suiren/")
			domain, _, _ := strings.Cut(imp, "/")
			switch {
			case ours && !slices.ContainsFunc(allowed, func(m string) bool { return matches(m, rel) }):
				t.Errorf("%s may not import %s", dir, rel)
			case !ours && strings.Contains(domain, ".") && strings.HasPrefix(dir, "engine/") &&
				!slices.ContainsFunc(engineMay, func(p string) bool { return strings.HasPrefix(imp, p) }):
				t.Errorf("%s imports %s; engine uses only the standard library and golang.org/x", dir, imp)
			}
		}
	}
	for dir, allowed := range may { // a door that nobody uses is shut
		list, ok := seen[dir]
		if !ok {
			t.Errorf("the policy has %s, which is not there", dir)
		}
		for _, m := range allowed {
			if !slices.ContainsFunc(list, func(imp string) bool { return matches("suiren/"+m, imp) }) {
				t.Errorf("%s may import %s and does not", dir, m)
			}
		}
	}
}

func matches(pattern, pkg string) bool {
	dir, wild := strings.CutSuffix(pattern, "*")
	return pattern == pkg || wild && strings.HasPrefix(pkg, dir)
}
