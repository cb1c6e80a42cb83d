package curve

import (
	"embed"
	"encoding/json"
	"io/fs"
	"math"
	"slices"
	"sync"
)

// The reference curves are those of runs that went well: the tutor's lessons
// at small depths, with thoughts and without, up to where their rate falls.
// reference/make.sh makes them.
//
//go:embed reference
var referenceFiles embed.FS

// A Reference is the curve of a run that went well.
type Reference struct {
	Name string // think-2
	*Curve
}

// References returns all reference curves.
var References = sync.OnceValue(func() (list []Reference) {
	dirs, err := fs.ReadDir(referenceFiles, "reference")
	for _, d := range dirs {
		if !d.IsDir() { // how they are made
			continue
		}
		c := new(Curve)
		b, e := referenceFiles.ReadFile("reference/" + d.Name() + "/" + infoFile)
		if e == nil {
			e = json.Unmarshal(b, &c.Info)
		}
		if e == nil {
			b, e = referenceFiles.ReadFile("reference/" + d.Name() + "/" + tableFile)
		}
		if e == nil {
			c.Points, e = parse(b)
		}
		if e != nil {
			err = e
		}
		list = append(list, Reference{d.Name(), c})
	}
	if err != nil {
		panic("curve: " + err.Error()) // they are part of the program
	}
	return list
})

// A run of the same kind learns nothing but the lessons that are generated here, is as
// deep and as wide, has thoughts or none, learns
// about as much of its tokens, and has half to twice the vocabulary and the
// rows a step: with fewer rows the same operations make more steps, and more
// is learnt at first.
const sameShare = 0.12

// A Comparison sets the loss of a run against that of a reference, after as
// many operations, while the rate of neither falls.
type Comparison struct {
	Reference   string
	FLOPs       float64
	Loss, Wants float64 // of the run, and of the reference: means of some steps
}

// compareSteps are the steps of a mean, leastSteps those that a comparison needs.
const (
	compareSteps = 8
	leastSteps   = 30
)

// Compare compares c with the reference curve of its kind; ok is false if
// there is none, or too little of c.
func Compare(c *Curve) (cmp Comparison, ok bool) {
	for _, r := range References() {
		if !sameKind(c.Counts, r.Counts) {
			continue
		}
		flops, loss := c.constant()
		theirs, wants := r.constant()
		if len(theirs) == 0 {
			continue
		}
		n := len(flops)
		for n > 0 && flops[n-1] > theirs[len(theirs)-1] {
			n--
		}
		if n < leastSteps {
			continue
		}
		at := flops[n-1]
		i, _ := slices.BinarySearch(theirs, at)
		i = min(max(i+1, compareSteps), len(wants))
		return Comparison{r.Name, at, average(loss[n-compareSteps : n]), average(wants[i-compareSteps : i])}, true
	}
	return cmp, false
}

func sameKind(a, b map[string]float64) bool {
	for _, name := range []string{"lessons", "layers", "width", "think"} {
		if v, ok := a[name]; !ok || v != b[name] {
			return false
		}
	}
	within := func(name string, most float64) bool { return a[name] <= most*b[name] && b[name] <= most*a[name] }
	return math.Abs(a["supervised"]-b["supervised"]) <= sameShare && within("vocab", 2) && within("batch", 2)
}

// constant returns the operations and losses up to where the rate falls. Of a
// reference there are no rates: it ends there.
func (c *Curve) constant() (flops, loss []float64) {
	top := 0.0
	for _, p := range c.Points {
		l, ok := p.Values["loss"]
		f, known := p.Values["flops"]
		if !ok || !known {
			continue
		}
		if r, ok := p.Values["rate"]; ok {
			if top = max(top, r); r < 0.99*top {
				break
			}
		}
		flops, loss = append(flops, f), append(loss, l)
	}
	return flops, loss
}

func average(x []float64) (sum float64) {
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
