package plan

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/store"
)

const tuning = `
weights "w" {
  train = "tune"
  base  = "models/base"
}
weights "v" {
  train = "tune"
  base  = weights.w
}
`

// A model of the owner's is read where it is, pinned by its digest.
func TestOwnersModel(t *testing.T) {
	h := newHouse(t, tuning)
	if _, err := h.tryPlan(); err == nil || !strings.Contains(err.Error(), `suiren.hcl:4:11: base: there is no model at "models/base"; paths begin at `) {
		t.Errorf("no model: %v", err)
	}
	h.file("models/base/weights", "1")
	h.file("models/base/config.json", "{}")
	h.made()
	filepath.WalkDir(h.st.Path(), func(path string, d fs.DirEntry, err error) error {
		if d.Name() == "config.json" {
			t.Errorf("%s: the model was copied", path)
		}
		return err
	})
	h.expect("\n= weights.w\n= weights.v\n", "")
	h.file("models/base/.DS_Store", "x") // as a Finder leaves it
	h.file("models/base/README.md", "x")
	h.expect("\n= weights.w\n= weights.v\n", "")
	h.file("models/base/config.json", "{\"v\": 2}")
	p := h.expect("\n~ weights.w base: the model at models/base is another\n~ weights.v weights.w will be made again\n",
		"\n~ weights.w base：models/base 处的模型已不同\n~ weights.v weights.w 将重做\n")
	h.file("models/base/config.json", "{\"v\": 3}")
	if err := h.apply(p); !errors.Is(err, ErrMoved) || !strings.Contains(err.Error(), "config.json changed") || !strings.Contains(err.Error(), "weights.w: base: ") || !strings.Contains(err.Error(), "models/base") {
		t.Errorf("apply after the model changed: %v", err)
	}
	h.made()
}

// What is no model is refused when the plan is made, at the place where it is named.
func TestNoModel(t *testing.T) {
	h := newHouse(t, tuning)
	h.file("text", "a text of somebody's")
	h.file("short", "GG")
	h.file("one.gguf", "GGUF...")
	h.file("folder/sub/one.gguf", "GGUF...")
	h.file("folder/sub/notes.txt", "a text")
	h.file("folder/hf/config.json", "{}")
	h.file("folder/lora/adapter_config.json", "{}")
	const give = "give a GGUF file or a Hugging Face folder"
	was := `"models/base"`
	for _, c := range []struct{ value, en, zh string }{
		{`"text"`, `suiren.hcl:4:11: base: "text" is no model: the file does not begin as GGUF does; ` + give, `suiren.hcl:4:11: base："text" 不是模型：文件开头不是 GGUF；请给出 GGUF 文件或 Hugging Face 目录`},
		{`"short"`, `suiren.hcl:4:11: base: "short" is no model: the file does not begin as GGUF does; ` + give, ""},
		{`"folder"`, `suiren.hcl:4:11: base: "folder" is no model: the folder has no config.json; ` + give, ""},
		{`"folder/sub"`, `suiren.hcl:4:11: base: "folder/sub" is no model: the folder has no config.json; name the file in it: folder/sub/one.gguf`, ""},
		{`"one.gguf"`, "", ""},
		{`"folder/hf"`, "", ""},
		{"\"one.gguf\"\n  adapter = \"one.gguf\"", `suiren.hcl:5:13: adapter: "one.gguf" is no adapter: it is no folder with adapter_config.json; give the folder as the PEFT library saves it`, ""},
		{"\"one.gguf\"\n  adapter = \"folder/lora\"", "", ""},
	} {
		h.edit("= "+was, "= "+c.value)
		was = c.value
		_, err := h.tryPlan()
		if c.en == "" && err == nil {
			continue
		}
		if err == nil || !errors.Is(err, ErrInvalid) || say.Err(say.English, err) != c.en || c.zh != "" && say.Err(say.Chinese, err) != c.zh {
			t.Errorf("%s: %v", c.value, err)
		}
	}
}

// A model that was moved is found where the plan says that it lies now, after an apply that
// makes nothing.
func TestOwnersModelPlaced(t *testing.T) {
	h := newHouse(t, tuning)
	h.file("models/base/weights", "1")
	h.file("models/base/config.json", "{}")
	h.made()
	digest := h.plan().steps[0].snaps[0].digest
	if err := os.Rename(filepath.Join(h.dir, "models/base"), filepath.Join(h.dir, "models/moved")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.st.Model(digest); !errors.Is(err, store.ErrMoved) {
		t.Errorf("moved: %v", err)
	}
	h.edit("models/base", "models/moved")
	if err := h.apply(h.expect("\n= weights.w\n= weights.v\n", "")); err != nil {
		t.Fatal(err)
	}
	if path, err := h.st.Model(digest); err != nil || path != filepath.Join(h.dir, "models/moved") {
		t.Errorf("%s %v", path, err)
	}
}

// A model that changes while a plan is applied keeps no block from being made that is not
// made from it.
func TestOwnersModelMoved(t *testing.T) {
	h := newHouse(t, tuning+`
weights "u" {
  train = "tune"
  base  = "models/other"
}
`)
	h.file("models/base/weights", "1")
	h.file("models/base/config.json", "{}")
	h.file("models/other/weights", "1")
	h.file("models/other/config.json", "{}")
	p, err := h.tryPlan()
	if err != nil {
		t.Fatal(err)
	}
	h.file("models/base/config.json", "{\"v\": 2}")
	err = h.apply(p)
	if !errors.Is(err, ErrMoved) || !strings.Contains(err.Error(), "weights.w: base: ") {
		t.Errorf("applied: %v", err)
	}
	for _, s := range p.Steps() {
		if want := s.Name == "u"; s.Stands != want {
			t.Errorf("%s stands: %v, want %v", s.Ref, s.Stands, want)
		}
	}
}

// A model at a path has no name in records: what an argument was before is said all the same.
func TestOwnersModelLeft(t *testing.T) {
	h := newHouse(t, tuning)
	for _, name := range []string{"models/base", "models/other"} {
		h.file(name+"/weights", "1")
		h.file(name+"/config.json", `{"name": "`+name+`"}`)
	}
	h.file("models/lora/adapter_config.json", "{}")
	h.edit("base  = \"models/base\"", "base  = \"models/base\"\n  adapter = \"models/lora\"")
	h.made()
	h.edit("\n  adapter = \"models/lora\"", "")
	h.expect("\n~ weights.w adapter left out, was a model at a path\n~ weights.v weights.w will be made again\n", "\n~ weights.w adapter 由 某路径处的模型 改为 未写\n~ weights.v weights.w 将重做\n")
	h.made()
	h.edit("base  = \"models/base\"", "base  = weights.u")
	h.edit("\nweights \"v\"", "\nweights \"u\" {\n  train = \"tune\"\n  base  = \"models/other\"\n}\nweights \"v\"")
	h.expect("\n+ weights.u new\n~ weights.w base weights.u, was a model at a path; weights.u will be made\n~ weights.v weights.w will be made again\n", "\n+ weights.u 新建\n~ weights.w base 由 某路径处的模型 改为 weights.u；weights.u 将新做\n~ weights.v weights.w 将重做\n")
}
