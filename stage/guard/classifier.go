package guard

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/guard/classify"
	"suiren/store"
)

// A Classifier is the operator that learns kinds of sentences from the owner's files.
type Classifier struct {
	Path      []string `plan:"path"`                                                       // patterns of files below the folder of the plan
	Threshold float64  `plan:"threshold,optional" json:",omitempty" min:"0.05" max:"0.99"` // the probability from which a sentence counts; 0: the best by sentences that are kept apart
}

// The file of a classifier artifact, and its most bytes.
const (
	classifierFile = "classifier"
	maxClassifier  = 8 << 20
)

// Name, Revision and Out implement stage.Operator.
func (*Classifier) Name() string    { return "classifier" }
func (*Classifier) Revision() int   { return 1 }
func (*Classifier) Out() store.Kind { return store.Classifier }

// Files implements stage.FileReader.
func (c *Classifier) Files() []string { return c.Path }

// Check implements stage.Checker.
func (c *Classifier) Check() []*say.Error {
	if len(c.Path) > 0 {
		return nil
	}
	return []*say.Error{{Where: "path", What: say.T("a classifier learns from files", "分类器要从文件学习"), Next: say.T("write path = [%q]", "请写 path = [%q]", "sentences.csv")}}
}

// What a classifier costs, measured on one core of an Intel Xeon with 84,000 sentences of
// 13 MB: bytes of sentences a second, all trainings together, and bytes of memory for
// each. A template makes up to 60 sentences, and most make fewer.
const (
	learnRate   = 1.9e6
	learnMemory = 18
	baseMemory  = 56 << 20
	fillShare   = 40
)

// Forecast implements stage.Forecaster.
func (*Classifier) Forecast(in map[string][]stage.Forecast, _ stage.Machine) stage.Forecast {
	bytes := 0.0
	for _, f := range in["files"] {
		templates := f.Size["bytes.txt"]
		bytes += f.Size["bytes"] - templates + fillShare*templates
	}
	return stage.Forecast{Low: bytes / learnRate / 3, High: .5 + 3*bytes/learnRate, Memory: baseMemory + int64(learnMemory*bytes),
		Basis: say.T("by the size of the files", "按文件大小")}
}

// Run implements stage.Operator: it writes the classifier.
func (c *Classifier) Run(ctx context.Context, job *stage.Job) error {
	learnt, err := c.Learn(ctx, job.Dirs("files"), func(done, of int) {
		job.Emit(stage.Event{Type: "progress", Done: float64(done), Total: float64(of), Unit: "trainings"})
	})
	if err != nil {
		return err
	}
	for i := range learnt.Kinds {
		t := Told(&learnt.Kinds[i])
		job.Emit(stage.Event{Type: "note", Text: &t})
	}
	return os.WriteFile(filepath.Join(job.Out, classifierFile), learnt.Marshal(), 0o666)
}

// Told says how well a kind is told from all others.
func Told(k *classify.Kind) say.Text {
	share := func(n, of int) say.Text {
		low, high := stage.Wilson(n, of)
		if of == 0 {
			return say.T("–", "–")
		}
		return say.T("%.1f%% (%d of %d; %.1f–%.1f)", "%.1f%%（%d/%d；%.1f–%.1f）", 100*float64(n)/float64(of), n, of, 100*low, 100*high)
	}
	return say.T("kind %s: learnt from %d sentences, counts from a probability of %.3g on; of those kept apart: precision %v, recall %v, F1 %.3f",
		"类别 %s：由 %d 个句子学成，概率达到 %.3g 起计入；在留出的句子上：精确率 %v，召回率 %v，F1 %.3f",
		k.Name, k.Sentences, k.Threshold, share(k.Found, k.Found+k.Wrong), share(k.Found, k.Asked), k.F1())
}

// Learn learns from the files of paths, and those below folders in the order of their
// names.
func (c *Classifier) Learn(ctx context.Context, paths []string, tell func(done, of int)) (*classify.Classifier, error) {
	var list []classify.Sentence
	err := eachFile(paths, func(name string, b []byte) error {
		some, err := ParseSentences(name, b)
		if list = append(list, some...); err == nil && len(list) > classify.MostSentences {
			err = tooMany(name)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return classify.Learn(ctx, list, c.Threshold, tell)
}

// Kinds are those that the classifiers of a policy and its bases learnt, and how well they
// tell them.
func (p *Policy) Kinds() (list []classify.Kind) {
	for _, d := range p.bases {
		for _, c := range d.learnt {
			list = append(list, c.Kinds...)
		}
	}
	return list
}

// eachFile reads files, and those below folders in the order of their paths, of each at
// most a byte more than a list may have. Names are relative to the folder.
func eachFile(paths []string, f func(name string, b []byte) error) error {
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := readAtMost(path, maxList)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(root, path)
			if err != nil || name == "." {
				name = path
			}
			return f(filepath.ToSlash(name), b)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readAtMost reads a file, and of one that is larger a byte more.
func readAtMost(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most+1))
}

// OpenClassifier reads the classifier in a directory. It believes nothing in it.
func OpenClassifier(dir string) (*classify.Classifier, error) {
	path := filepath.Join(dir, classifierFile)
	b, err := stage.ReadFile(path, maxClassifier)
	if err != nil {
		return nil, err
	}
	c, err := classify.Open(b)
	if err != nil {
		return nil, &say.Error{Where: path, Err: err, What: say.T("this classifier cannot be used: %v", "无法使用这个分类器：%v", err),
			Next: say.T("make it again with suiren apply", "请用 suiren apply 重新生成")}
	}
	return c, nil
}
