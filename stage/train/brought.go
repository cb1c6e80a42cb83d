package train

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"suiren/engine/model"
	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/stage/unread"
)

// A brought is a model that was not made by this plan's own sft: a Hugging
// Face folder or a GGUF file, with its tokenizer and its template.
type brought struct {
	*model.File
	words *talk.Words
	path  string

	looked bool // at its numbers
}

// ggufName is the GGUF file of an artifact of weights.
const ggufName = "model.gguf"

// openBrought opens a model: an artifact's folder, or the owner's.
func openBrought(path string) (*brought, error) {
	path = talk.Path(path)
	f, err := model.Open(path)
	if err != nil {
		return nil, err
	}
	words, err := talk.Open(path)
	if err != nil {
		f.Close()
		return nil, err
	}
	if err := f.Shape.CheckWords(words.Tokenizer.Vocab()); err != nil && f.Encoder == nil {
		f.Close()
		return nil, err
	}
	return &brought{File: f, words: words, path: path}, nil
}

// trainShape is the shape of a base that can be trained, or, frozen, have adapters
// trained over it.
func (b *brought) trainShape(frozen bool) (model.Shape, error) {
	s, err := b.TrainShape(frozen)
	if bad, ok := errors.AsType[*model.UntrainedError](err); ok {
		form := b.Shape.Arch
		if b.Encoder != nil {
			form = b.Encoder.Arch
		}
		if slices.Contains(model.Trained(), form) { // this one alone
			next := say.T("take another base", "请改用其他基座")
			if _, err := b.TrainShape(true); err == nil {
				next = say.T("train an adapter over it (lora; or rank in dpo, kto and grpo), or take another base", "请在其上训练适配器（lora，或 dpo、kto、grpo 的 rank），或改用其他基座")
			}
			return s, &say.Error{Where: "base", What: say.T("this model is read here, and is not trained: %v", "该模型在此可以使用，但不能训练：%v", say.Engine(bad.Why, bad.Args)),
				Next: next, Err: err}
		}
		err = &say.Error{Where: "base", What: say.T("models of the form of %s are read here, and are not trained", "%s 结构的模型在此可以使用，但不能训练", form),
			Next: say.T("take one of these forms: %s", "请改用以下结构之一的模型：%s", model.Trained()), Err: err}
	}
	if err == nil && !b.looked {
		b.looked = true
		err = b.Finite()
	}
	return s, unread.Error("base", b.path, err)
}

// writer writes conversations in the base's template.
func (b *brought) writer() (*writer, error) {
	w, err := b.words.Writer()
	return &writer{w, min(b.Shape.Context, mostTokens)}, err
}

// write writes f, the model with other weights or in another type, to the
// artifact of job: as b is, folder or GGUF, but quantised as GGUF. It is read
// again and compared, and returned open. The tokens of learnt, with which it learnt
// to end a turn, are among those that end an answer. What x cannot hold is a fault of
// type.
func (b *brought) write(job *stage.Job, f *model.File, x model.Mixture, learnt ...int32) (*brought, error) {
	out, err := b.writeAs(job, f, x, learnt)
	if _, ok := errors.AsType[*model.RoundError](err); ok {
		err = unread.Error("type", b.path, err)
	}
	return out, err
}

func (b *brought) writeAs(job *stage.Job, f *model.File, x model.Mixture, learnt []int32) (*brought, error) {
	threads := job.Machine.Threads
	if !b.IsGGUF() {
		for _, err := range noGGUF(&f.Shape, x) {
			return nil, err
		}
	}
	for _, id := range learnt {
		if !slices.Contains(b.words.Ends, id) {
			note(job, say.T("an answer ends with %q as it was learnt, which the base's files do not name as an end: those that are written do", "学到的回答以 %q 结束，而基座的文件没有把它列为结束词元：写出的文件会列出", b.words.Tokenizer.Bytes(id)))
		}
	}
	if b.IsGGUF() || !isFolderType(x) {
		if err := b.writeGGUF(filepath.Join(job.Out, ggufName), f, x, threads, learnt); err != nil {
			return nil, err
		}
	} else {
		if err := f.WriteFolder(job.Out, x, threads); err != nil {
			return nil, err
		}
		if err := talk.Copy(b.path, job.Out); err != nil {
			return nil, err
		}
		if err := weights.AddEnds(job.Out, learnt); err != nil {
			return nil, err
		}
	}
	out, err := openBrought(job.Out)
	if err != nil {
		return nil, err
	}
	if out.IsGGUF() {
		err = f.Compare(out.File, x)
	} else {
		err = f.CompareFolder(out.File, x)
	}
	if err != nil {
		out.Close()
		return nil, err
	}
	text, err := Instead(out.File)
	if err != nil {
		out.Close()
		return nil, err
	}
	if !text.IsZero() {
		note(job, text)
	}
	return out, nil
}

// noGGUF finds fault with a type of GGUF for a model of shape s, of which such a
// file cannot say all.
func noGGUF(s *model.Shape, x model.Mixture) []*say.Error {
	bad, ok := errors.AsType[*model.GGUFError](s.CheckGGUF())
	if isFolderType(x) || !ok {
		return nil
	}
	return []*say.Error{{Where: "type", What: say.Engine(bad.Why, bad.Args), Next: say.T("choose f32, f16 or bf16", "请选择 f32、f16 或 bf16")}}
}

// isFolderType reports whether weights of type x are written as a folder.
func isFolderType(x model.Mixture) bool {
	return x == model.AsF32 || x == model.AsF16 || x == model.AsBF16
}

func (b *brought) writeGGUF(path string, f *model.File, x model.Mixture, threads int, learnt []int32) error {
	meta, err := metaOf(b.words, learnt)
	if err != nil {
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	err = f.WriteGGUF(out, x, meta, threads)
	return errors.Join(err, out.Sync(), out.Close())
}

// metaOf is what is added to a GGUF file of weights with words, whose turns end with
// the tokens of learnt: all of a folder, and of a GGUF file, which keeps what it has,
// the ends that it lacks.
func metaOf(words *talk.Words, learnt []int32) ([]weights.Pair, error) {
	if words.GGUF {
		return words.MoreEnds(learnt...)
	}
	return words.Meta(learnt...)
}

// unwritable is the error of words that go with weights of type x into a GGUF file,
// which has no form for them, or for the tokens of learnt that end a turn; nil of others.
func unwritable(words *talk.Words, x model.Mixture, learnt ...int32) *say.Error {
	if !words.GGUF && isFolderType(orMixture(x)) {
		return nil
	}
	_, err := metaOf(words, learnt)
	if err == nil {
		return nil
	}
	return &say.Error{Where: "type", What: say.T("%q makes a GGUF file, and %v", "%q 写成 GGUF 文件；%v", x, err),
		Next: say.T("write f32, f16 or bf16, which keep the files of the base", "请改用 f32、f16 或 bf16，它们保留基座的文件"), Err: err}
}

// unwritable finds fault with a type in which b is to be written, as far as its
// shape is known and its words are at hand.
func (b *footing) unwritable(x model.Mixture) []*say.Error {
	x = orMixture(x)
	if b.known() {
		if bad := noGGUF(&b.shape, x); bad != nil {
			return bad
		}
	}
	if words := b.speech(); words != nil {
		if bad := unwritable(words, x); bad != nil {
			return []*say.Error{bad}
		}
	}
	return nil
}

// checkType finds fault with the name of a type of weights.
func checkType(name string) []*say.Error {
	if name == "" || slices.Contains(model.Mixtures, model.Mixture(name)) {
		return nil
	}
	return []*say.Error{unknown("type", name, []string{"f32", "f16", "bf16", "q8_0", "q6_k", "q5_k_m", "q4_k_m", "q4_0", "q3_k_m"})}
}
