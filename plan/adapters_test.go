package plan

import (
	"fmt"
	"strings"
	"testing"

	"suiren/internal/say"
)

// An adapter in the place of a model, and a model in that of an adapter, are found
// when the plan is read, at the place where they are named.
func TestAdapterAsModel(t *testing.T) {
	const blocks = `
weights "m" {
  train = "bend"
  base  = "models/base"
}
weights "l" {
  train = "bend"
  base  = weights.m
  rank  = 4
}
`
	read := func(text string) (err error) {
		_, err = parse([]byte(blocks+text), "suiren.hcl", vocabulary)
		return err
	}
	for _, good := range []string{
		`weights "x" {
  train   = "tune"
  base    = weights.m
  adapter = weights.l
}`,
		`weights "x" {
  train = "mix"
  of    = [weights.l, weights.m] # which are not asked to be models
}`,
	} {
		if err := read(good); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct{ text, want, zh string }{
		{`weights "x" {
  train = "bend"
  base  = weights.l
}`, `suiren.hcl:13:11: base: weights.l makes an adapter, and no model by itself; add it to its base with train = "merge", and name that block`,
			`suiren.hcl:13:11: base：weights.l 生成的是适配器，本身不是模型；请用 train = "merge" 把它并入基座，并引用合并的块`},
		{`weights "x" {
  train   = "tune"
  base    = weights.l
  adapter = weights.l
}`, `suiren.hcl:13:13: base: weights.l makes an adapter, and no model by itself; add it to its base with train = "merge", and name that block`,
			`suiren.hcl:13:13: base：weights.l 生成的是适配器，本身不是模型；请用 train = "merge" 把它并入基座，并引用合并的块`},
		{`weights "x" {
  train = "tune"
  base  = weights.l
}`, `suiren.hcl:13:11: base: weights.l makes an adapter, and no model by itself; name its base here and the block itself in adapter, or add it to its base with train = "merge", and name that block`,
			`suiren.hcl:13:11: base：weights.l 生成的是适配器，本身不是模型；请在这里写它的基座、在 adapter 中引用这个块；或用 train = "merge" 把它并入基座，并引用合并的块`},
		{`weights "x" {
  train   = "tune"
  base    = weights.m
  adapter = weights.m
}`, `suiren.hcl:14:13: adapter: weights.m makes a model, and no adapter; name a block of train = "lora", or one with rank or adapter`,
			`suiren.hcl:14:13: adapter：weights.m 生成的是模型，不是适配器；请引用 train = "lora" 的块，或写了 rank 或 adapter 的块`},
	} {
		err := read(c.text)
		bad, ok := wrongs(err)
		if !ok || len(bad) != 1 || bad[0].In(say.English) != c.want || bad[0].In(say.Chinese) != c.zh {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	// What is wrong otherwise is told, and no more of it.
	if err := read("weights \"x\" {\n  train = \"bend\"\n  base = weights.y\n}\nweights \"y\" {\n  train = \"bond\"\n}\n"); err == nil || strings.Contains(err.Error(), "adapter") {
		t.Error(err)
	}
	// Of very many some are listed.
	var many strings.Builder
	for i := range 2 * maxErrors {
		fmt.Fprintf(&many, "weights \"x%d\" {\n  train = \"bend\"\n  base = weights.l\n}\n", i)
	}
	if bad, ok := wrongs(read(many.String())); !ok || len(bad) != maxErrors+1 {
		t.Errorf("%d errors are listed", len(bad))
	}
}

// An adapter of a block beside another model than that block's is found when the plan is
// read, where the two cannot be one model.
func TestAdapterOfOther(t *testing.T) {
	const blocks = `
examples "e" {
  text = "One"
}
tokens "t" {
  from = [examples.e]
}
weights "m" {
  train = "grow"
  from  = tokens.t
}
weights "same" { # as the one before
  train = "grow"
  from  = tokens.t
}
weights "other" {
  train = "grow"
  from  = tokens.t
  by    = 2
}
weights "written" {
  train = "bend"
  base  = weights.m
}
weights "far" {
  train = "tune"
  base  = weights.other
}
weights "l" {
  train = "bend"
  base  = weights.m
  rank  = 4
}
`
	for base, good := range map[string]bool{
		"weights.m": true, "weights.same": true, "weights.written": true, `"models/base"`: true,
		"weights.other": false, "weights.far": false,
	} {
		_, err := parse([]byte(blocks+"weights \"x\" {\n  train   = \"tune\"\n  base    = "+base+"\n  adapter = weights.l\n}"), "suiren.hcl", vocabulary)
		if good {
			if err != nil {
				t.Errorf("%s: %v", base, err)
			}
			continue
		}
		en := "suiren.hcl:37:13: adapter: weights.l is trained over weights.m, and base is " + base + "; name weights.m in base, or train an adapter over " + base
		zh := "suiren.hcl:37:13: adapter：weights.l 在 weights.m 上训练，而 base 是 " + base + "；请在 base 中引用 weights.m，或在 " + base + " 上另训适配器"
		if bad, ok := wrongs(err); !ok || len(bad) != 1 || bad[0].In(say.English) != en || bad[0].In(say.Chinese) != zh {
			t.Errorf("%v, want %s", err, en)
		}
	}
	// One that is not there is told as that.
	_, err := parse([]byte(blocks+"weights \"x\" {\n  train   = \"tune\"\n  base    = weights.none\n  adapter = weights.l\n}"), "suiren.hcl", vocabulary)
	if err == nil || strings.Contains(err.Error(), "trained over") {
		t.Error(err)
	}
}

// wrongs are the errors that are joined in err.
func wrongs(err error) (list []*say.Error, ok bool) {
	all, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil, false
	}
	for _, e := range all.Unwrap() {
		bad, is := e.(*say.Error)
		list, ok = append(list, bad), ok && is
	}
	return list, ok
}
