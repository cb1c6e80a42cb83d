// Package origin writes the bill of origin of a release: what it was made of,
// down to the owner's files and the code, signed with the owner's key.
//
// The bill is a CycloneDX 1.6 document (ECMA-424) in JSON, with model cards and
// data sets as its ML-BOM profile has them. The signature is a signed note over
// its digest (golang.org/x/mod/sumdb/note, as the audit log's checkpoints):
//
//	suiren-origin
//	<digest of the release, in hexadecimal>
//	<SHA-256 of the bill, in hexadecimal>
//
//	— suiren-origin <signature>
package origin

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"suiren/store"
)

// A Bill is the part of CycloneDX that is written here.
type Bill struct {
	Schema       string       `json:"$schema"`
	BOMFormat    string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	SerialNumber string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     Metadata     `json:"metadata"`
	Components   []Component  `json:"components"`
	Dependencies []Dependency `json:"dependencies"`
}

// Metadata is about the bill.
type Metadata struct {
	Timestamp string     `json:"timestamp"`
	Tools     Tools      `json:"tools"`
	Component *Component `json:"component"` // the release
}

// Tools made what the bill is about.
type Tools struct {
	Components []Component `json:"components"`
}

// A Component is an artifact, a file of the owner's, or a module of the program.
type Component struct {
	Type        string     `json:"type"` // machine-learning-model, data, library, application
	Ref         string     `json:"bom-ref,omitempty"`
	Name        string     `json:"name"`
	Version     string     `json:"version,omitempty"`
	Description string     `json:"description,omitempty"`
	Hashes      []Hash     `json:"hashes,omitempty"`
	Licenses    []Licensed `json:"licenses,omitempty"`
	PURL        string     `json:"purl,omitempty"`
	ModelCard   *ModelCard `json:"modelCard,omitempty"`
	Data        []Data     `json:"data,omitempty"`
	Properties  []Property `json:"properties,omitempty"`
}

// A Hash is of an artifact: the store's digest of its files (docs/formats.md).
type Hash struct {
	Alg     string `json:"alg"`
	Content string `json:"content"`
}

// A Licensed names a licence as its owner wrote it.
type Licensed struct {
	License struct {
		Name string `json:"name"`
	} `json:"license"`
}

// A ModelCard says how weights were trained, and on what.
type ModelCard struct {
	Parameters struct {
		Approach *Approach `json:"approach,omitempty"`
		Task     string    `json:"task"`
		Datasets []DataRef `json:"datasets,omitempty"`
	} `json:"modelParameters"`
}

// An Approach is the kind of learning.
type Approach struct {
	Type string `json:"type"`
}

// A DataRef refers to a data set.
type DataRef struct {
	Ref string `json:"ref"`
}

// Data is a data set.
type Data struct {
	Type string `json:"type"` // dataset, configuration, other
	Name string `json:"name"`
}

// A Property is what CycloneDX has no name for.
type Property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Dependency says what something was made of.
type Dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"`
}

// approaches are the kinds of learning, by operator. What is not here changes
// weights and does not learn.
var approaches = map[string]string{
	"pretrain": "self-supervised", "sft": "supervised", "continue": "supervised", "lora": "supervised", "distil": "supervised",
	"dpo": "supervised", "kto": "supervised", "orpo": "supervised", "grpo": "reinforcement-learning",
}

// maxComponents bounds a bill.
const maxComponents = 100_000

// New makes the bill of a release from the records of the store and the build of
// this program. The same records and program give the same bytes.
func New(st *store.Store, release store.Digest) (*Bill, error) {
	b := &Bill{Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", BOMFormat: "CycloneDX", SpecVersion: "1.6", Version: 1, SerialNumber: serial(release)}
	seen := map[store.Digest]bool{}
	if err := b.add(st, release, nil, seen); err != nil {
		return nil, err
	}
	b.Metadata.Component = &b.Components[0]
	b.Metadata.Component.Type = "application"
	b.Components = b.Components[1:]
	tool, modules := program()
	b.Metadata.Tools.Components = []Component{tool}
	made, err := st.MadeBy(release)
	if err != nil {
		return nil, err
	}
	if len(made) > 0 {
		b.Metadata.Timestamp = made[0].Began.UTC().Format(time.RFC3339)
	}
	b.Components = append(b.Components, modules...)
	dep := Dependency{Ref: tool.Ref}
	for _, m := range modules {
		dep.DependsOn = append(dep.DependsOn, m.Ref)
	}
	b.Dependencies = append(b.Dependencies, dep)
	return b, nil
}

// add adds an artifact and, before the next, all that it was made of.
func (b *Bill) add(st *store.Store, d store.Digest, used *store.Used, seen map[store.Digest]bool) error {
	if seen[d] {
		return nil
	}
	seen[d] = true
	if len(b.Components) > maxComponents {
		return fmt.Errorf("origin: more than %d components", maxComponents)
	}
	made, err := st.MadeBy(d)
	if err != nil {
		return err
	}
	if len(made) == 0 {
		b.Components = append(b.Components, owners(d, used))
		b.Dependencies = append(b.Dependencies, Dependency{Ref: ref(d)})
		return nil
	}
	r := made[0]
	c, err := component(&r)
	if err != nil {
		return err
	}
	dep := Dependency{Ref: c.Ref}
	for _, in := range r.Inputs {
		if to := ref(in.From); !slices.Contains(dep.DependsOn, to) && in.From != d {
			dep.DependsOn = append(dep.DependsOn, to)
			if c.ModelCard != nil && !slices.Contains([]string{"base", "adapter", "tokenizer", "teacher"}, in.Arg) {
				c.ModelCard.Parameters.Datasets = append(c.ModelCard.Parameters.Datasets, DataRef{to})
			}
		}
	}
	b.Components = append(b.Components, c)
	b.Dependencies = append(b.Dependencies, dep)
	for i := range r.Inputs {
		if err := b.add(st, r.Inputs[i].From, &r.Inputs[i], seen); err != nil {
			return err
		}
	}
	return nil
}

func ref(d store.Digest) string { return "artifact:" + d.String() }

// component is an artifact that a block made.
func component(r *store.Record) (Component, error) {
	c := Component{Type: "data", Ref: ref(r.Output), Name: string(r.Kind) + "." + r.Name, Version: r.Output.Short(),
		Hashes: []Hash{{"SHA-256", r.Output.String()}}, Data: []Data{{Type: "dataset", Name: string(r.Kind) + "." + r.Name}},
		Properties: []Property{
			{"suiren:operator", r.Operator + " " + strconv.Itoa(r.Revision)}, {"suiren:settings", string(r.Settings)}, {"suiren:program", r.Version},
			{"suiren:machine", string(r.Machine)}, {"suiren:made", r.Began.UTC().Format(time.RFC3339)}, {"suiren:bytes", strconv.FormatInt(r.Bytes, 10)},
		}}
	switch r.Kind {
	case store.Weights:
		c.Type, c.Data, c.ModelCard = "machine-learning-model", nil, &ModelCard{}
		c.ModelCard.Parameters.Task = "text-generation"
		if a := approaches[r.Operator]; a != "" {
			c.ModelCard.Parameters.Approach = &Approach{a}
		}
	case store.Classifier:
		c.Type, c.Data, c.ModelCard = "machine-learning-model", nil, &ModelCard{}
		c.ModelCard.Parameters.Task, c.ModelCard.Parameters.Approach = "text-classification", &Approach{"supervised"}
	case store.Policy, store.Scenario, store.Release:
		c.Data[0].Type = "configuration"
	case store.Verdict, store.Tokenizer:
		c.Data[0].Type = "other"
	case store.Documents, store.Examples:
		var s struct{ License string }
		if err := json.Unmarshal(r.Settings, &s); err != nil {
			return c, err
		}
		if s.License == "" {
			c.Properties = append(c.Properties, Property{"suiren:licence", "not stated"})
			break
		}
		var l Licensed
		l.License.Name = s.License
		c.Licenses = []Licensed{l}
	}
	if r.Kind == store.Release {
		c.Data = nil
	}
	return c, nil
}

// owners is what no block made: files of the owner's, or a model that was
// brought.
func owners(d store.Digest, used *store.Used) Component {
	c := Component{Type: "data", Ref: ref(d), Name: "files", Version: d.Short(), Description: "of the owner's, as they were when the plan was made",
		Hashes: []Hash{{"SHA-256", d.String()}}, Data: []Data{{Type: "dataset", Name: "files"}}}
	if used == nil {
		return c
	}
	switch used.Arg {
	case "base", "weights", "adapter", "teacher", "against":
		c.Type, c.Name, c.Data, c.ModelCard = "machine-learning-model", used.Arg, nil, &ModelCard{}
		c.ModelCard.Parameters.Task = "text-generation"
	}
	return c
}

// program is this program and the modules that it was built from.
func program() (Component, []Component) {
	c := Component{Type: "application", Ref: "program", Name: "suiren"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return c, nil
	}
	c.Version = info.Main.Version
	c.Properties = append(c.Properties, Property{"go:version", info.GoVersion})
	for _, s := range info.Settings {
		if strings.HasPrefix(s.Key, "vcs") || strings.HasPrefix(s.Key, "GO") || strings.HasPrefix(s.Key, "CGO") {
			c.Properties = append(c.Properties, Property{"go:" + s.Key, s.Value})
		}
	}
	var list []Component
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		purl := "pkg:golang/" + m.Path + "@" + m.Version
		list = append(list, Component{Type: "library", Ref: purl, Name: m.Path, Version: m.Version, PURL: purl, Properties: []Property{{"go:sum", m.Sum}}})
	}
	return c, list
}

// serial names the bill after the release: a UUID of version 8 (RFC 9562).
func serial(d store.Digest) string {
	u := d[:16:16]
	u = slices.Clone(u)
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
