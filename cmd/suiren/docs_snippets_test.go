package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fenced are the blocks of a page in a language, without their fences.
func fenced(page, language string) (list []string) {
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(page, -1) {
		list = append(list, m[1])
	}
	return list
}

// The plans that the page shows are one plan together, which can be made of
// files as the page shows them; each row that it shows is read.
func TestPlanSnippets(t *testing.T) {
	for name := range pages {
		page, dir := readPage(t, name), t.TempDir()
		put := func(file, text string) {
			t.Helper()
			path := filepath.Join(dir, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		for to, from := range map[string]string{"models/qwen3": "arch/qwen3", "models/smaller": "arch/qwen2", "adapters/mine": "train/adapter-qwen3"} {
			if err := copyTree(filepath.Join(dir, to), filepath.Join(repository, "testdata/oracle", from)); err != nil {
				t.Fatal(err)
			}
		}
		var blocks strings.Builder
		n := 0
		for _, text := range fenced(page, "json") {
			for line := range strings.Lines(text) {
				if !strings.HasPrefix(line, `{"messages"`) && !strings.HasPrefix(line, `{"instruction"`) && !strings.HasPrefix(line, `{"conversations"`) && !strings.HasPrefix(line, `{"prompt"`) {
					continue
				}
				file := "chats"
				for key, kind := range map[string]string{"chosen": "pairs", "label": "labels", "verify": "problems"} {
					if strings.Contains(line, fmt.Sprintf("%q:", key)) {
						file = kind
					}
				}
				n++
				put("data/"+file+".jsonl", line+others(file))
				put(fmt.Sprintf("rows/data/%d.jsonl", n), line)
				fmt.Fprintf(&blocks, "examples \"e%d\" {\n  path = \"data/%d.jsonl\"\n  heldout = 0\n}\n", n, n)
			}
		}
		if n < 7 {
			t.Errorf("%s shows %d rows", name, n)
		}
		put("rows/suiren.hcl", blocks.String())
		if out, err := program("apply", filepath.Join(dir, "rows")).CombinedOutput(); err != nil {
			t.Errorf("%s: %s", name, out)
		}
		put("text/a.md", "# A\n\nWords.\n")
		put("offence.csv", "text,label\n")
		put("ordinary/a.txt", "none|I wish you a good night\n")
		plans := fenced(page, "hcl")
		for _, text := range fenced(page, "json") {
			if strings.HasPrefix(text, `{"lists"`) {
				put("data/orders.json", text)
				put("grammar/data/orders.json", text)
			}
		}
		for _, text := range plans {
			if strings.Contains(text, `generate = "dialogues"`) {
				put("grammar/suiren.hcl", text)
			}
		}
		if out, err := program("apply", filepath.Join(dir, "grammar")).CombinedOutput(); err != nil {
			t.Errorf("%s: %s", name, out)
		}
		put("suiren.hcl", strings.Join(plans, "\n"))
		if out, err := program("plan", dir).CombinedOutput(); err != nil {
			t.Errorf("%s: %s", name, out)
		}
		for value := range vocabulary(0)["weights"].Ops {
			if !strings.Contains(strings.Join(strings.Fields(strings.Join(plans, " ")), " "), fmt.Sprintf("train = %q", value)) {
				t.Errorf("%s shows no plan with train = %q", name, value)
			}
		}
	}
}

// others are examples for the same as those of a file, with enough questions that some are
// watched: a plan that watches none of what it reads is refused.
func others(file string) string {
	form := map[string]string{
		"chats":    `{"prompt":"Question %d?","completion":"Yes."}`,
		"pairs":    `{"prompt":"Question %d?","chosen":"Yes.","rejected":"No."}`,
		"labels":   `{"prompt":"Question %d?","completion":"Yes.","label":true}`,
		"problems": `{"prompt":"Question %d?","verify":{"number":1}}`,
	}[file]
	var b strings.Builder
	for i := range 80 {
		fmt.Fprintf(&b, form+"\n", i)
	}
	return b.String()
}
