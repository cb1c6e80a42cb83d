package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"

	"suiren/stage"
)

const repository = "../.."

// pages are the description of the plan language in both languages, with the
// word for an argument that must be there.
var pages = map[string]string{"docs/plan.md": "required", "docs/plan.zh-CN.md": "必填"}

// The page has a section for every operator, with a row for each argument and
// no other, in the operator's order and with its bounds.
func TestPlanPage(t *testing.T) {
	for name, required := range pages {
		sections := tables(readPage(t, name))
		for kind, choice := range vocabulary(0) {
			for value, op := range choice.Ops {
				if value == "pretrain" { // another name of sft
					if !strings.Contains(readPage(t, name), `train = "pretrain"`) {
						t.Errorf("%s does not name pretrain", name)
					}
					continue
				}
				head := string(kind)
				if choice.By != "" && value != "" {
					head += `, ` + choice.By + ` = "` + value + `"`
				}
				got, ok := sections[head]
				typ := reflect.TypeOf(op()).Elem()
				if want := arguments(typ, required); !ok || !slices.Equal(got, want) {
					t.Errorf("%s, %s:\n got %q\nwant %q", name, head, got, want)
				}
				delete(sections, head)
				for _, f := range reflect.VisibleFields(typ) { // blocks inside the block
					if f.Type.Kind() != reflect.Slice || f.Type.Elem().Kind() != reflect.Struct || f.Type == reflect.TypeFor[[]stage.Ref]() || f.Tag.Get("plan") == "" {
						continue
					}
					inner, _, _ := strings.Cut(f.Tag.Get("plan"), ",")
					inner = head + ", " + inner
					if got, want := sections[inner], arguments(f.Type.Elem(), required); !slices.Equal(got, want) {
						t.Errorf("%s, %s:\n got %q\nwant %q", name, inner, got, want)
					}
					delete(sections, inner)
				}
			}
		}
		for head := range sections {
			t.Errorf("%s describes %s, which a plan cannot say", name, head)
		}
	}
}

// The page names every exit code and no other.
func TestExitCodesPage(t *testing.T) {
	var want []string
	for _, e := range exitCodes {
		want = append(want, strconv.Itoa(e.code))
	}
	for name := range pages {
		var got []string
		for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \|`).FindAllStringSubmatch(readPage(t, name), -1) {
			got = append(got, m[1])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has the exit codes %v, the program %v", name, got, want)
		}
	}
}

// Both READMEs name every command.
func TestCommandsPage(t *testing.T) {
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		text := readPage(t, name)
		for _, c := range newApp(nil).root().Commands() {
			if c.IsAvailableCommand() && !strings.Contains(text, "suiren "+c.Name()) {
				t.Errorf("%s does not name suiren %s", name, c.Name())
			}
		}
	}
}

// A command that a page shows is one of the program, with its flags.
func TestShownCommands(t *testing.T) {
	list := append(globbed(t, "*.md"), append(globbed(t, "docs/*.md"), globbed(t, "docs/*/*.md")...)...)
	root, n := newApp(nil).root(), 0
	for _, path := range list {
		for _, words := range shownCommands(readPage(t, path)) {
			n++
			if err := isCommand(root, words); err != nil {
				t.Errorf("%s: suiren %s: %v", path, strings.Join(words, " "), err)
			}
		}
	}
	if n < 400 {
		t.Errorf("%d commands were found", n)
	}
}

// shownCommands are the words behind each suiren of a page that begins a span
// of code, or stands in a line of a block of code; each of a|b is one.
func shownCommands(page string) (list [][]string) {
	var shown []string
	for _, m := range regexp.MustCompile("`suiren ([a-z][^`]*)`").FindAllStringSubmatch(page, -1) {
		shown = append(shown, m[1])
	}
	for i, block := range regexp.MustCompile("(?m)^```[a-z]*$").Split(page, -1) {
		if i%2 == 1 {
			for _, m := range regexp.MustCompile(`(?m)(?:^|[ /])suiren ([a-z][^#>&;\n]*)`).FindAllStringSubmatch(block, -1) {
				shown = append(shown, m[1])
			}
		}
	}
	for _, text := range shown {
		text = strings.ReplaceAll(text, `\|`, "|")
		text = regexp.MustCompile(`"[^"]*"|'[^']*'`).ReplaceAllString(text, "…")
		words := strings.Fields(text)
		at := slices.IndexFunc(words, func(w string) bool { return strings.Contains(w, "|") && strings.ToLower(w) == w })
		if at < 0 {
			list = append(list, words)
			continue
		}
		for _, one := range strings.Split(words[at], "|") {
			list = append(list, slices.Concat(words[:at], []string{one}, words[at+1:]))
		}
	}
	return list
}

// isCommand finds fault with a command line.
func isCommand(c *cobra.Command, words []string) error {
	if regexp.MustCompile(`^[a-z]+\d$`).MatchString(words[0]) {
		return nil // how a file begins
	}
	for _, word := range words {
		flag, _, _ := strings.Cut(word, "=")
		switch {
		case strings.HasPrefix(flag, "--"):
			if c.Flag(flag[2:]) == nil {
				return fmt.Errorf("%s has no flag %s", c.CommandPath(), flag)
			}
		case strings.HasPrefix(flag, "-") && len(flag) == 2:
			if c.Flags().ShorthandLookup(flag[1:]) == nil && c.InheritedFlags().ShorthandLookup(flag[1:]) == nil {
				return fmt.Errorf("%s has no flag %s", c.CommandPath(), flag)
			}
		case c.HasAvailableSubCommands():
			i := slices.IndexFunc(c.Commands(), func(sub *cobra.Command) bool { return sub.Name() == word || sub.HasAlias(word) })
			if i < 0 {
				if c.HasParent() && c.ValidateArgs([]string{word}) == nil {
					return nil // its argument
				}
				return fmt.Errorf("%s has no command %s", c.CommandPath(), word)
			}
			c = c.Commands()[i]
		}
	}
	return nil
}

func globbed(t *testing.T, pattern string) (names []string) {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(repository, pattern))
	if err != nil || len(list) == 0 {
		t.Fatal(pattern, err)
	}
	for _, path := range list {
		name, err := filepath.Rel(repository, path)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

// The page about formats names the type of every line of -o jsonl and no other.
func TestLinesPage(t *testing.T) {
	_, page, _ := strings.Cut(readPage(t, "docs/formats.md"), "The types:\n")
	page, _, ok := strings.Cut(page, ".\n")
	if !ok {
		t.Fatal("the page has no list of types")
	}
	var told []string
	for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(page, -1) {
		told = append(told, m[1])
	}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if word := lineType(n); word != "" {
				written[word] = true
			}
			return true
		})
	}
	if want := slices.Sorted(maps.Keys(written)); !slices.Equal(told, want) {
		t.Errorf("the page tells of %q\nthe program writes %q", told, want)
	}
}

// lineType is the type of a line of JSON that an expression makes: a map with
// a type, a struct whose first field is Type, or a call that gives the type to
// what makes the line.
func lineType(n ast.Node) string {
	word := func(e ast.Expr) string {
		if b, ok := e.(*ast.BasicLit); ok && b.Kind == token.STRING {
			return strings.Trim(b.Value, `"`)
		}
		return ""
	}
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "recordLine" {
			return word(n.Args[0])
		}
	case *ast.CompositeLit:
		if _, ok := n.Type.(*ast.SelectorExpr); ok { // an event of a run, an answer of the server
			return ""
		}
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				if id, ok := kv.Key.(*ast.Ident); word(kv.Key) == "type" || ok && id.Name == "Type" {
					return word(kv.Value)
				}
			}
		}
		if s, ok := n.Type.(*ast.StructType); ok && len(n.Elts) > 0 && len(s.Fields.List[0].Names) == 1 && s.Fields.List[0].Names[0].Name == "Type" {
			return word(n.Elts[0])
		}
	}
	return ""
}

// A page and its translation have the same sections, and in each as many rows
// of tables and blocks of code.
func TestTranslations(t *testing.T) {
	n := 0
	for _, pattern := range []string{"*.zh-CN.md", "docs/*.zh-CN.md", "docs/*/*.zh-CN.md"} {
		for _, name := range globbed(t, pattern) {
			n++
			other := strings.Replace(name, ".zh-CN.md", ".md", 1)
			if here, there := outline(readPage(t, name)), outline(readPage(t, other)); !slices.Equal(here, there) {
				t.Errorf("sections of %s are\n%q\nand of %s\n%q", name, here, other, there)
			}
		}
	}
	if n < 10 {
		t.Errorf("%d translations were found", n)
	}
}

// outline tells of each section of a page its level, rows and blocks.
func outline(page string) (list []string) {
	level, rows, blocks := 0, 0, 0
	code := false
	end := func() { list = append(list, fmt.Sprintf("%d: %d rows, %d blocks", level, rows, blocks)) }
	for line := range strings.Lines(page) {
		switch {
		case strings.HasPrefix(line, "```"):
			if code = !code; code {
				blocks++
			}
		case code:
		case strings.HasPrefix(line, "#"):
			end()
			level, rows, blocks = len(line)-len(strings.TrimLeft(line, "#")), 0, 0
		case strings.HasPrefix(line, "| "):
			rows++
		}
	}
	end()
	return list
}

// Links between pages, and within one, lead to files and headings that are there.
// Pictures are left to whoever makes them.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`[^!]\[[^\]]*\]\(([^)#:]*)(?:#([^)]*))?\)`)
	within := 0
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		for _, name := range globbed(t, pattern) {
			for _, m := range link.FindAllStringSubmatch(readPage(t, name), -1) {
				to := filepath.Join(filepath.Dir(name), m[1])
				if m[1] == "" {
					to = name
				}
				if _, err := os.Stat(filepath.Join(repository, to)); err != nil {
					t.Errorf("%s: %v", name, err)
				} else if m[2] != "" {
					if within++; !slices.Contains(headings(readPage(t, to)), m[2]) {
						t.Errorf("%s: %s has no heading #%s", name, to, m[2])
					}
				}
			}
		}
	}
	if within < 50 {
		t.Errorf("%d links lead to headings", within)
	}
}

// headings are what links call the headings of a page: small letters, no signs but
// hyphens and underscores, a hyphen for each space.
func headings(page string) (list []string) {
	code := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if !code && strings.HasPrefix(line, "#") {
			list = append(list, strings.Map(func(r rune) rune {
				switch {
				case r == ' ':
					return '-'
				case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
					return unicode.ToLower(r)
				}
				return -1
			}, strings.TrimSpace(strings.TrimLeft(line, "#"))))
		}
	}
	return list
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// tables returns, for each heading of the third level, the rows of arguments
// below it as name, required or not, and bounds.
func tables(page string) map[string][]string {
	sections := map[string][]string{}
	head := ""
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "### "):
			head = line[len("### "):]
			sections[head] = nil
		case strings.HasPrefix(line, "## "):
			head = ""
		case head != "" && strings.HasPrefix(line, "| `"):
			cells := strings.Split(line, "|")
			if len(cells) < 7 { // not of arguments
				continue
			}
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			sections[head] = append(sections[head], strings.Trim(cells[1], "`")+" "+must(cells[3])+" "+cells[4])
		}
	}
	return sections
}

// must keeps of a default only whether it says that there is none.
func must(cell string) string {
	for _, required := range pages {
		if cell == required {
			return cell
		}
	}
	return "optional"
}

// arguments returns what tables should find of an operator.
func arguments(typ reflect.Type, required string) []string {
	var list []string
	for _, f := range reflect.VisibleFields(typ) {
		name, option, _ := strings.Cut(f.Tag.Get("plan"), ",")
		if name == "" || name == "-" {
			continue
		}
		bounds := ""
		if f.Tag.Get("min") != "" {
			bounds = f.Tag.Get("min") + "–" + f.Tag.Get("max")
		}
		if option == "" {
			option = required
		}
		list = append(list, name+" "+option+" "+bounds)
	}
	return list
}
