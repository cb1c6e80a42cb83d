package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"suiren/engine/model"
	"suiren/engine/tokenizer"
	"suiren/engine/weights"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/talk"
)

// facts go into a folder's suiren.json: what its maker knows and its readers need.
type facts struct {
	Method string   `json:"method"`
	Think  bool     `json:"think"`            // whether it was taught to think before it answers
	Direct bool     `json:"direct,omitempty"` // it learnt chats last, and none of them has a thought: see talk.Direct
	Steps  int      `json:"steps"`
	FLOPs  float64  `json:"flops"` // of training, its base's included
	Loss   float64  `json:"loss"`  // mean of the last steps
	RL     *rlFacts `json:"rl,omitempty"`

	Taught     stage.Taught     `json:"taught,omitzero"`    // in our own chat: beyond single questions, its base's included
	Words      string           `json:"words,omitempty"`    // of an adapter: talk.Words.Sum of its base
	Ends       []int32          `json:"ends,omitempty"`     // of an adapter: tokens with which the turns end that it learnt, if its base's files named them as ends
	NewEnds    []int32          `json:"new_ends,omitempty"` // if they did not
	AllEnds    []int32          `json:"all_ends,omitempty"` // of an adapter: talk.Words.AllEnds of its base
	Stop       *stopFacts       `json:"stop,omitempty"`     // with patience
	Parity     *parity          `json:"parity,omitempty"`   // of the served form with the trained one
	Left       *left            `json:"left_out,omitempty"` // of chats
	Preference *preferenceFacts `json:"preference,omitempty"`
	Distil     *distilFacts     `json:"distil,omitempty"`
}

// distilFacts are recorded in suiren.json.
type distilFacts struct {
	Rows         int     `json:"rows"`
	Top          int     `json:"top"`
	Asked        int     `json:"asked,omitempty"`             // problems that the teacher answered
	Kept         int     `json:"kept,omitempty"`              // of them, those it got right
	Vocabulary   float64 `json:"mapped_vocabulary,omitempty"` // share of the student's tokens that a teacher of another vocabulary has
	Mapped       float64 `json:"mapped,omitempty"`            // share of the tokens to learn that it could judge, if not all
	TeacherFLOPs float64 `json:"teacher_flops"`
}

// trainedIn notes of an adapter the words of its base, and the tokens with which the
// turns end that it learnt, those of the adapter in the folder first among them, which it goes
// on from; "": from none.
func (f *facts) trainedIn(words *talk.Words, first string, ends []int32) error {
	f.Words, f.Ends, f.NewEnds, f.AllEnds = words.Sum(), nil, nil, words.AllEnds()
	if first != "" {
		before, err := readFacts(first)
		if err != nil {
			return err
		}
		known := slices.Concat(before.Ends, before.NewEnds)
		ends = append(known, slices.DeleteFunc(slices.Clone(ends), func(id int32) bool { return slices.Contains(known, id) })...)
	}
	for _, id := range ends {
		if words.EndsWith(id) {
			f.Ends = append(f.Ends, id)
		} else {
			f.NewEnds = append(f.NewEnds, id)
		}
	}
	return nil
}

// under makes of the facts of a base those of it with the adapter in the folder dir, which
// says what it is if it was trained here.
func (f *facts) under(dir string) error {
	over, err := readFacts(dir)
	if err != nil {
		return err
	}
	if over.Taught.Or(f.Taught); over.Method != "" {
		*f = over
		f.Words, f.Ends, f.NewEnds, f.AllEnds = "", nil, nil, nil
	}
	return nil
}

// writeFolder writes a Hugging Face folder, tokenizer and card included, and
// reads the weights back before it counts.
func writeFolder(job *stage.Job, tokenizerDir string, p *model.Params, f facts) error {
	tok, err := tokenizer.Load(tokenizerDir)
	if err != nil {
		return err
	}
	chat, err := tokenizer.NewChat(tok)
	if err != nil {
		return err
	}
	h := p.Config.ToFolder()
	h.EOSTokenID = int(chat.End())
	if err := p.Write(job.Out, h); err != nil {
		return err
	}
	if err := tok.Save(job.Out); err != nil {
		return err
	}
	trained := fmt.Sprintf("%d steps", f.Steps)
	if f.Stop != nil && f.Stop.Kept < f.Stop.Ended {
		trained = fmt.Sprintf("%s (the weights are those of step %d of the %d of the last run)", trained, f.Stop.Kept, f.Stop.Ended)
	}
	// Nothing here knows whose the data are, or in which languages.
	card := weights.Card{
		Name: fmt.Sprintf("Model of %d parameters", p.Config.Params()),
		Tags: []string{"suiren", f.Method, "qwen3"},
		Summary: fmt.Sprintf("Trained by Suiren: %s, %s and %.3g FLOPs in all. What it learnt from stands in the records where it was made (`suiren show`); under what licence it may be used, its owner says.",
			f.Method, trained, f.FLOPs),
	}
	if err := weights.WriteCard(job.Out, card); err != nil {
		return err
	}
	f.Loss = rounded(f.Loss)
	if err := stage.WriteJSON(filepath.Join(job.Out, stage.WeightsFile), f); err != nil {
		return err
	}
	if err := p.Same(job.Out); err != nil {
		return fmt.Errorf("reading back: %w", err)
	}
	return nil
}

// leaves reports whether weights are asked without a thought once they have learnt l in
// words: if l has chats and no thought, or no chats and their base is asked so.
func (l *learnt) leaves(words *talk.Words) bool {
	if l.words == "" {
		return words.Direct
	}
	return !l.think && !words.Mute()
}

// tellDirect says how weights are asked that are.
func tellDirect(job *stage.Job, direct bool) {
	if direct {
		note(job, say.T("no answer that is learnt has a thought: the weights are asked without one, unless who asks says otherwise (think)", "所学的回答都没有思考：提问方未指定（think）时，这份权重不思考直接回答"))
	}
}

// addTextEnd names in the folder that job writes the token that ends a text, if some of
// the rows' documents end so: what serves the weights has to stop there, too.
func addTextEnd(job *stage.Job, rows *stage.Rows) error {
	t, err := tokenizer.Load(job.Dir("tokenizer"))
	if err != nil {
		return err
	}
	end, ok := talk.TextEnd(t)
	for i := 0; ok && i < rows.Len(); i++ {
		r := readRow(rows, i)
		for _, hi := range r.Docs[1:] {
			if r.IDs[hi-1] == end && r.Weight[hi-1] != 0 {
				return weights.AddEnds(job.Out, []int32{end})
			}
		}
	}
	return nil
}

// rounded keeps three digits: the logarithm in a loss has other last bits on
// other machines, and a folder's digest must not.
func rounded(x float64) float64 {
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	return y
}

// readFacts reads a folder's suiren.json.
func readFacts(dir string) (f facts, err error) {
	err = readJSON(filepath.Join(dir, stage.WeightsFile), &f)
	if errors.Is(err, fs.ErrNotExist) {
		return facts{Think: true}, nil
	}
	return f, err
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
