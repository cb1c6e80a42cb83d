package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// tutorFolder is the shipped example. The tests make it with sizes that take
// seconds: everything else in it is tested as it is.
const tutorFolder = "../../examples/tutor"

// tinySizes are those sizes: a line that takes the place of an argument of a
// block, or that is added to it where no argument is named. Linear equations
// are what so small a model learns enough of for reinforcement to start.
var tinySizes = []struct{ block, arg, line string }{
	{`examples "lessons"`, "", "count = 3000"},
	{`examples "lessons"`, "", "heldout = 100"},
	{`examples "lessons"`, "", `families = ["linear"]`},
	{`weights "taught"`, "depth", "depth = 1"},
	{`weights "taught"`, "flops|minutes", "flops = 6e10"},
	{`weights "taught"`, "", "width = 64"},
	{`weights "taught"`, "", "batch = 1"},
	{`weights "direct"`, "depth", "depth = 1"},
	{`weights "direct"`, "flops|minutes", "flops = 2e10"},
	{`weights "direct"`, "", "width = 64"},
	{`weights "direct"`, "", "batch = 1"},
	{`weights "tutor"`, "", "steps = 4"},
	{`weights "tutor"`, "", "prompts = 16"},
	{`weights "tutor"`, "", "tokens = 64"},
	{`scenario "tutor"`, "think", "think = 64"},
	{`scenario "tutor"`, "", "tokens = 16"},
	{`verdict "ready"`, "require", "require = { accuracy = 0 }"},
}

// writeTutor writes the example with its tiny sizes into dir, or with its own
// under -full.
func writeTutor(dir string) error {
	if err := copyTree(dir, tutorFolder); err != nil {
		return err
	}
	if *full {
		return nil
	}
	path := filepath.Join(dir, "suiren.hcl")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text := string(b)
	for _, s := range tinySizes {
		if text, err = resize(text, s.block, s.arg, s.line); err != nil {
			return err
		}
	}
	return os.WriteFile(path, []byte(text), 0o666)
}

// resize puts a line into a block of a plan file. An argument that it is to
// replace must be there once, and one that it adds must not.
func resize(text, block, arg, line string) (string, error) {
	begin := strings.Index(text, "\n"+block+" {")
	if begin < 0 {
		return "", fmt.Errorf("%s: there is no block %s: mend tinySizes", tutorFolder, block)
	}
	begin = begin + 1 + strings.Index(text[begin+1:], "\n")
	end := begin + strings.Index(text[begin:], "\n}")
	body := text[begin:end]
	name := arg
	if name == "" {
		name = strings.Fields(line)[0]
	}
	found := regexp.MustCompile(`\n +(`+name+`) *=.*`).FindAllStringIndex(body, -1)
	switch {
	case arg == "" && len(found) == 0:
		body += "\n  " + line
	case arg != "" && len(found) == 1:
		body = body[:found[0][0]] + "\n  " + line + body[found[0][1]:]
	default:
		return "", fmt.Errorf("%s: %s has %d arguments %s: mend tinySizes", tutorFolder, block, len(found), name)
	}
	return text[:begin] + body + text[end:], nil
}

// madeTutor makes the tiny tutor once for all tests and returns its folder,
// which is only to be read and copied.
var madeTutor = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp(scratch, "made-")
	if err != nil {
		return "", err
	}
	if err := writeTutor(dir); err != nil {
		return "", err
	}
	out, err := program("apply", dir).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("suiren apply: %w\n%s", err, out)
	}
	return dir, nil
})

// program is the program with args, on one thread and in English.
func program(args ...string) *exec.Cmd {
	c := exec.Command("suiren", args...)
	c.Env = append(os.Environ(), "SUIREN_LANG=en", "SUIREN_THREADS=1")
	return c
}

// A block is what stands of one block: a line of suiren show -o jsonl.
type block struct {
	Kind, Name, Digest string
	Seconds            float64 // that it took to make
}

// standing lists what stands in the folder of a plan.
func standing(args ...string) ([]block, error) {
	out, err := program(append([]string{"show", "-o", "jsonl"}, args...)...).Output()
	if err != nil {
		return nil, err
	}
	var list []block
	for line := range bytes.Lines(out) {
		var b block
		if err := json.Unmarshal(line, &b); err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, nil
}

// madeCopy is a copy of the tutor that was made, in a folder t of a new folder.
func madeCopy(t *testing.T) (dir, plan string) {
	t.Helper()
	made, err := madeTutor()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	plan = filepath.Join(dir, "t")
	if err := copyTree(plan, made); err != nil {
		t.Fatal(err)
	}
	return dir, plan
}

// copyTree copies a folder, whose files may be read-only.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if (from == tutorFolder || from == guardFolder) && d.Name() == ".suiren" { // somebody's own
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, rel), 0o777)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o666)
	})
}

func TestResize(t *testing.T) {
	const plan = "\nweights \"a\" {\n  depth = 4 # the dial\n  flops    = 1\n}\n\nweights \"b\" {\n  depth = 8\n}\n"
	got, err := resize(plan, `weights "a"`, "flops|minutes", "minutes = 2")
	if want := strings.Replace(plan, "flops    = 1", "minutes = 2", 1); err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
	got, err = resize(plan, `weights "b"`, "", "batch = 2")
	if want := strings.Replace(plan, "depth = 8\n", "depth = 8\n  batch = 2\n", 1); err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
	for _, wrong := range [][3]string{
		{`weights "c"`, "", "batch = 2"}, {`weights "a"`, "batch", "batch = 2"}, {`weights "a"`, "", "depth = 2"},
	} {
		if _, err := resize(plan, wrong[0], wrong[1], wrong[2]); err == nil {
			t.Errorf("%v: no error", wrong)
		}
	}
}
