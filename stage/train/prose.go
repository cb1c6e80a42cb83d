package train

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// The files of a corpus: its documents, one a line, and those that split holds out.
const (
	corpusFile = "corpus.jsonl"
	asideFile  = "heldout.jsonl"
)

// What looking may cost: about a hundredth of the run; and the last look, at the weights that
// are kept, is at up to watchWhole rows, whatever the run is: what is told of
// two that watch the same is of the same text.
const (
	watchLeast = 3    // looks, however short the run
	watchWhole = 64   // rows of the last look, and the most of any
	watchShare = 0.02 // rows read of those trained on; one costs a third of a step's
)

// watchEverySteps is how many steps lie between looks at what is watched, and how
// many rows a look may read.
func watchEverySteps(steps, batch int) (every, rows int) {
	room := watchShare * float64(steps*batch)
	looks := min(max(int(room/watchRows), watchLeast), watchLooks)
	return max(steps/looks, 1), min(max(int(room/float64(looks)), watchRows), watchWhole)
}

// looksIn is how often a run of so many steps looks, with so many between looks.
func looksIn(steps, every int) int { return (steps + every - 1) / every }

// remarkLooks adds to what is derived how often it is looked at what is watched, and
// that patience ends nothing where it is never at its end before the steps are.
func remarkLooks(derived say.Text, steps, every, patience int) say.Text {
	looks := looksIn(steps, every)
	text := say.T("%v; held-out loss every %d steps, %d times", "%v；每 %d 步看一次留出损失，共 %d 次", derived, every, looks)
	if idle := idlePatience(looks, patience); idle.En != "" {
		text = say.T("%v; %v", "%v；%v", text, idle)
	}
	return text
}

// idlePatience says that patience ends nothing in so many looks: the first is the
// lowest so far, and the last is at the end. Nothing if it may.
func idlePatience(looks, patience int) say.Text {
	if patience == 0 || patience < looks-1 {
		return say.Text{}
	}
	return say.T("patience of %d ends nothing in so few looks, and only keeps the weights of the lowest loss", "看这么几次，patience = %d 不会提前结束训练，只会保留损失最低时的权重", patience)
}

// watchAll has o watch what lies in dir, a part of examples or a corpus, in a run of
// so many steps over b, nil of a model of our own, and says how often it looks. It looks
// at most rows of length tokens at a time, about.
func (o *lookout) watchAll(ctx context.Context, dir string, length, most, steps int, b *brought, run *own) error {
	o.tellLooks(steps)
	var err error
	if isCorpus(dir) {
		err = o.watchProse(dir, length, most)
	} else {
		err = o.watchText(ctx, dir, length, most)
	}
	return errors.Join(err, o.watching(b, run, length))
}

// tellLooks says how often o looks in a run of so many steps.
func (o *lookout) tellLooks(steps int) {
	looks := looksIn(steps, o.every)
	text := say.T("held-out loss every %d steps, %d times", "每 %d 步看一次留出损失，共 %d 次", o.every, looks)
	if idle := idlePatience(looks, o.patience); idle.En != "" {
		text = say.T("%v; %v", "%v；%v", text, idle)
	}
	note(o.job, text)
}

// isCorpus reports whether dir is a corpus and no part of examples.
func isCorpus(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, corpusFile))
	return err == nil
}

// notSplit is the error of a corpus that holds no text out. It has no split, or was
// made when a split could hold nothing out of few texts.
func notSplit() *say.Error {
	return &say.Error{Where: "watch", What: say.T("this corpus holds no text out", "该语料没有留出任何文本"),
		Next: say.T("set split in the corpus block, such as split = 0.05, or a larger one where the texts are few: what it holds out is not learnt, and is watched", "请在 corpus 块中设置 split，例如 split = 0.05，文本少时取更大的值：留出的文本不参与训练，供观察")}
}

// unfitCorpus finds fault with what is watched if it is a corpus without a split.
func unfitCorpus(f *stage.Forecast) *say.Error {
	if f.Path != "" {
		if !isCorpus(f.Path) {
			return nil
		}
		if info, err := os.Stat(filepath.Join(f.Path, asideFile)); err != nil || info.Size() == 0 {
			return notSplit()
		}
		return nil
	}
	if split, corpus := f.Size["split"]; corpus && split == 0 {
		return notSplit()
	}
	return nil
}

// What is read of a corpus that is watched.
const (
	asideLine   = 64 << 20 // bytes of a document's line, at most
	asideTexts  = 32       // texts for each row: they are about that short at least, or fewer are looked at
	runeBytes   = 16       // bytes of a text for each token of a row: more than a token has
	proseBegun  = 16       // tokens of a text that are gone on with
	proseTokens = 40       // with so many
)

// watchProse has o tell the mean loss of text that a corpus holds out, and the bits
// it takes to say a byte of it. It looks at up to most rows: of texts from all over the
// file a piece each, which lies at its beginning or further on, as rows are cut; and where
// that is all of them, how the pieces go on. Of a few
// that begin a text the model is to write how it goes on.
func (o *lookout) watchProse(dir string, length, most int) error {
	end, ok := talk.TextEnd(o.w.Tokenizer)
	pieces, err := heldPieces(filepath.Join(dir, asideFile), asideTexts*watchWhole, runeBytes*length)
	if err != nil {
		return err
	}
	h := held{most: most * length}
	order, room := shuffle{n: len(pieces)}, true
	var more [][]int32 // what of the pieces goes beyond a row: it comes when there are no more of them
	add := func(ids []int32) {
		if len(ids) > length {
			more = append(more, ids[length:])
			ids = ids[:length]
		}
		if len(ids) < 2 {
			return
		}
		bytes := 0
		for _, id := range ids[1:] {
			if id != end || !ok {
				bytes += len(o.w.Tokenizer.Bytes(id))
			}
		}
		room = h.add(doc{ids: ids, supervised: len(ids) - 1, weight: 1}, bytes, length)
	}
	for i := 0; i < len(pieces) && room; i++ {
		p := &pieces[order.at(i)]
		ids := o.w.Tokenizer.Encode(o.w.Tokenizer.Prefix(), p.text)
		if ok && p.whole {
			ids = append(ids, end)
		}
		if add(ids); !room || len(ids) < 2 {
			continue
		}
		if n := min(proseBegun, len(ids)/2, length/2); p.begins && len(o.asks) < watchSamples {
			o.asks = append(o.asks, asked{talk.Question{IDs: ids[:n]}, o.w.Tokenizer.Decode(ids[:n]), min(length-n, proseTokens)})
		}
	}
	for ; len(more) > 0 && room; more = more[1:] {
		add(more[0])
	}
	if h.bytes == 0 {
		return notSplit()
	}
	o.measure(&h, length)
	return nil
}

// A piece is text of a document that is held out.
type piece struct {
	text   string
	begins bool // where the document does
	whole  bool // to the document's end
}

// heldPieces reads pieces of up to size bytes of up to n documents of the file at
// path, evenly from all over it.
func heldPieces(path string, n, size int) (list []piece, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notSplit()
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	s := bufio.NewScanner(f)
	s.Buffer(nil, asideLine)
	read := int64(0)
	for line := 1; s.Scan() && len(list) < n; line++ {
		read += int64(len(s.Bytes())) + 1
		if float64(read) <= float64(info.Size())*float64(len(list))/float64(n) {
			continue
		}
		var d struct{ Text string }
		if err := json.Unmarshal(s.Bytes(), &d); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		if d.Text != "" {
			list = append(list, pieceOf(d.Text, size, len(list)))
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

// pieceOf is a piece of up to size bytes, which of several says i. It begins where
// a word does, as far as words are told apart.
func pieceOf(text string, size, i int) piece {
	if len(text) <= size {
		return piece{text, true, true}
	}
	const places = 5 // from the beginning to the end
	at := int(float64(len(text)-size) * float64(i%places) / (places - 1))
	if at > 0 {
		for at < len(text) && !utf8.RuneStart(text[at]) {
			at++
		}
		if n := strings.IndexAny(text[at:at+size/2], " \n"); n >= 0 {
			at += n
		}
	}
	to := min(at+size, len(text))
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to--
	}
	return piece{text[at:to], at == 0, to == len(text)}
}
