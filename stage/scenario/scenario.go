// Package scenario makes a use of weights and knowledge, and answers with it:
// the same code for whoever asks a served model and for the verdict.
package scenario

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"suiren/engine/infer"
	"suiren/engine/tokenizer"
	"suiren/internal/say"
	"suiren/knowledge"
	"suiren/stage"
	"suiren/stage/talk"
	"suiren/store"
)

// A Scenario is the operator that says how weights and knowledge answer, and
// the scenario that Open reads back. It may be used by many goroutines.
type Scenario struct {
	Weights     stage.Ref `plan:"weights" kinds:"weights" path:"model" learnt:"yes"`
	Knowledge   stage.Ref `plan:"knowledge,optional" kinds:"knowledge" learnt:"no"`
	Scope       stage.Ref `plan:"scope,optional" kinds:"examples" part:"train" learnt:"no"` // what may be asked; unset: anything
	Title       string    `plan:"name,optional"`                                            // the model's name for clients
	Think       int       `plan:"think,optional" min:"0" max:"65536"`                       // most tokens of thought; 0: answer at once
	Tokens      int       `plan:"tokens,optional" min:"0" max:"65536"`                      // most tokens of the answer; 0: what the context leaves
	Temperature float64   `plan:"temperature,optional" min:"0" max:"2"`                     // 0: the likeliest token, always

	Sure float64 `plan:"sure,optional" min:"0.05" max:"1" json:",omitzero"` // least share of a question that a passage has to hold to answer it; 0: 0.5

	Answers    string `plan:"answers,optional" json:",omitzero"`    // how its knowledge is answered from; unset: written by weights that were not made here from random ones
	Unanswered string `plan:"unanswered,optional" json:",omitzero"` // what becomes of a question that the documents do not answer, where answers are written; unset: decline

	Adapter stage.Ref `plan:"adapter,optional" kinds:"weights" path:"adapter" json:",omitzero" learnt:"yes"` // over the weights, which stay as they are

	// Unfit finds fault with an adapter for a model, as far as both are known. nil:
	// whoever opens the scenario does.
	Unfit func(weights, adapter stage.Forecast) *say.Error `json:"-" plan:"-"`

	other    Model        // instead of model and engine: weights that are asked conversations
	model    *infer.Model // our own, of single questions
	engine   *infer.Engine
	book     Book                 // nil: none
	index    *knowledge.Index     // of the book, if it is the scenario's own
	encoders []*knowledge.Encoder // of the book
	rerank   knowledge.Reranker   // nil: none
	scope    *scope               // nil: anything is answered
	special  map[int32]bool       // tokens that are not text
}

// Name, Revision and Out implement stage.Operator.
func (*Scenario) Name() string    { return "scenario" }
func (*Scenario) Out() store.Kind { return store.Scenario }

// Revision implements stage.Operator. Where it is not said how knowledge is answered
// from, quantised weights of our own came to quote as they do in a folder.
func (s *Scenario) Revision() int {
	if !s.Knowledge.IsZero() && s.Answers != Quoted {
		return 3
	}
	return 2
}

// Settled implements stage.Settler.
func (s *Scenario) Settled() map[string]any {
	m := map[string]any{"think": s.Think, "temperature": s.Temperature}
	if !s.Knowledge.IsZero() {
		m["sure"] = cmp.Or(s.Sure, knowledge.Confident)
	}
	return m
}

// Check implements stage.Checker.
func (s *Scenario) Check() []*say.Error {
	m := Manifest{Format: 1, Name: s.Title, Think: s.Think, Tokens: s.Tokens, Temperature: s.Temperature, Sure: s.Sure, Answers: s.Answers, Unanswered: s.Unanswered}
	if e := m.check(); e != nil {
		return []*say.Error{e}
	}
	return nil
}

// Forecast implements stage.Forecaster: it costs nothing, and tells those who
// ask it how large its weights are.
func (s *Scenario) Forecast(in map[string][]stage.Forecast, _ stage.Machine) stage.Forecast {
	f := stage.Forecast{Size: map[string]float64{}}
	if s.Think == 0 { // whoever has it write is told
		f.Size["mute"] = 1
	}
	for _, w := range in["weights"] {
		for _, name := range []string{"params", "bytes", "brought"} {
			if v := w.Size[name]; v > 0 {
				f.Size[name] = v
			}
		}
		if _, err := talk.Open(w.Path); errors.Is(err, stage.ErrRefused) {
			f.Wrong = append(f.Wrong, stage.Wrong("weights", err)...)
		}
		if e := s.mute(w.Path, w.Size["mute"] > 0); e != nil {
			f.Wrong = append(f.Wrong, e)
		}
		for _, ad := range in["adapter"] {
			if e := s.unfit(w, ad); e != nil {
				f.Wrong = append(f.Wrong, e)
			}
		}
	}
	return f
}

// mute finds fault with thoughts of weights whose template knows none, which may
// be foretold. What cannot be read is the business of whoever opens it.
func (s *Scenario) mute(path string, foretold bool) *say.Error {
	if s.Think == 0 || !foretold && !talk.Mute(path) {
		return nil
	}
	return &say.Error{Where: "think", What: say.T("the weights' template knows no thoughts", "权重的模板没有思考"),
		Next: say.T("leave think out, or name weights whose template has them", "请删去 think，或引用模板带思考的权重")}
}

// unfit is Unfit, if it is known.
func (s *Scenario) unfit(weights, adapter stage.Forecast) *say.Error {
	if s.Unfit == nil {
		return nil
	}
	return s.Unfit(weights, adapter)
}

// A Manifest is scenario.json: what answers, by digest, and how.
type Manifest struct {
	Format      int          `json:"format"` // 1
	Name        string       `json:"name,omitempty"`
	Weights     store.Digest `json:"weights"`
	Adapter     store.Digest `json:"adapter,omitzero"`
	Knowledge   store.Digest `json:"knowledge,omitzero"`
	Scope       store.Digest `json:"scope,omitzero"` // the examples that scope.json was learned from
	Think       int          `json:"think"`
	Tokens      int          `json:"tokens,omitempty"`
	Temperature float64      `json:"temperature,omitempty"`
	Sure        float64      `json:"sure,omitempty"`
	Answers     string       `json:"answers,omitempty"`    // written; quoted if empty
	Unanswered  string       `json:"unanswered,omitempty"` // model; decline if empty
}

const manifestFile = "scenario.json"

// Bounds of scenario.json.
const (
	maxManifest = 1 << 16 // bytes
	maxName     = 64      // bytes
	maxTokens   = 1 << 16
)

// check finds what no scenario may be. Where is the argument of the plan.
func (m *Manifest) check() *say.Error {
	switch {
	case len(m.Name) > maxName || !printable(m.Name):
		return &say.Error{Where: "name", What: say.T("a name has at most %d letters from A to Z, digits, and . - _", "名称最多 %d 个英文字母、数字或 . - _", maxName)}
	case m.Think < 0 || m.Think > maxTokens:
		return &say.Error{Where: "think", What: say.T("a thought of %d tokens is not between 0 and %d", "思考长度 %d 不在 0 到 %d 之间", m.Think, maxTokens)}
	case m.Tokens < 0 || m.Tokens > maxTokens:
		return &say.Error{Where: "tokens", What: say.T("an answer of %d tokens is not between 0 and %d", "回答长度 %d 不在 0 到 %d 之间", m.Tokens, maxTokens)}
	case !(m.Temperature >= 0 && m.Temperature <= 2):
		return &say.Error{Where: "temperature", What: say.T("temperature %g is not between 0 and 2", "温度 %g 不在 0 到 2 之间", m.Temperature)}
	case !(m.Sure >= 0 && m.Sure <= 1):
		return &say.Error{Where: "sure", What: say.T("sure %g is not between 0 and 1", "sure 的值 %g 不在 0 到 1 之间", m.Sure)}
	case m.Answers != "" && m.Answers != Quoted && m.Answers != Written:
		return &say.Error{Where: "answers", What: say.T("%q is neither \"quoted\" nor \"written\"", "%q 不是 \"quoted\" 或 \"written\"", m.Answers)}
	case m.Unanswered != "" && m.Unanswered != Decline && m.Unanswered != FromModel:
		return &say.Error{Where: "unanswered", What: say.T("%q is neither \"decline\" nor \"model\"", "%q 不是 \"decline\" 或 \"model\"", m.Unanswered)}
	}
	return nil
}

// printable reports whether a name can stand in an address, a file and JSON.
func printable(name string) bool {
	for _, r := range name {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '.' || r == '-' || r == '_') {
			return false
		}
	}
	return true
}

// Run implements stage.Operator: it writes scenario.json, which names weights
// and knowledge and copies neither, and scope.json.
func (s *Scenario) Run(_ context.Context, job *stage.Job) error {
	m := Manifest{Format: 1, Name: s.Title, Think: s.Think, Tokens: s.Tokens, Temperature: s.Temperature, Sure: s.Sure}
	ours := false
	for _, in := range job.Inputs {
		switch in.Arg {
		case "weights":
			if e := s.mute(in.Dir, false); e != nil {
				return e
			}
			words, err := talk.Open(in.Dir)
			if errors.Is(err, stage.ErrRefused) {
				return err
			}
			m.Weights, ours = in.Digest, err == nil && words.Own() // a folder, or quantised
		case "adapter":
			m.Adapter = in.Digest
			if e := s.unfit(stage.Forecast{Path: job.Dir("weights")}, stage.Forecast{Path: in.Dir}); e != nil { // which was not made when the plan was
				return e
			}
		case "knowledge":
			m.Knowledge = in.Digest
		case "scope":
			m.Scope = in.Digest
			scope, err := learnScope(filepath.Join(in.Dir, problemsFile))
			if err != nil {
				return err
			}
			if err := scope.write(job.Out); err != nil {
				return err
			}
		}
	}
	ours = ours && m.Adapter.IsZero()
	switch {
	case ours && s.Answers == Written:
		return &say.Error{Where: "answers", What: say.T("weights trained here from random ones were not taught to read passages", "在本程序中从随机权重训练的模型没有学过阅读段落"),
			Next: say.T("leave it out, or take \"quoted\"", "请去掉它，或改为 \"quoted\"")}
	case m.Knowledge.IsZero() && s.Answers+s.Unanswered != "":
		return &say.Error{Where: "knowledge", What: say.T("answers and unanswered are about knowledge, and there is none", "answers 与 unanswered 针对知识库，而这里没有指定"),
			Next: say.T("name it in knowledge", "请在 knowledge 中指定")}
	case s.Unanswered != "" && (ours || s.Answers == Quoted):
		return &say.Error{Where: "unanswered", What: say.T("it is about answers that are written, and these are quoted", "它针对由模型撰写的回答，而这里的回答是引用原文"), Next: say.T("leave it out", "请去掉它")}
	case !m.Knowledge.IsZero() && !ours && s.Answers != Quoted:
		m.Answers, m.Unanswered = Written, s.Unanswered
	}
	b, err := json.MarshalIndent(&m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(job.Out, manifestFile), append(b, '\n'), 0o666)
}

// ReadManifest reads dir/scenario.json.
func ReadManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, manifestFile)
	b, err := stage.ReadFile(path, maxManifest)
	if err != nil {
		return nil, err
	}
	m, err := parseManifest(b)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return m, nil
}

func unreadable(path string, err error) error {
	return &say.Error{Where: path, Err: err, What: say.T("cannot be read: %v", "无法读取：%v", err),
		Next: say.T("check the store with suiren store verify", "请用 suiren store verify 检查存储")}
}

func parseManifest(b []byte) (*Manifest, error) {
	var m Manifest
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return nil, err
	}
	switch {
	case m.Format != 1:
		return nil, say.Errorf("its format is %d, and this program reads format 1", "格式版本是 %d，本程序只读版本 1", m.Format)
	case m.Weights.IsZero():
		return nil, say.Errorf("it names no weights", "没有写明权重")
	}
	if e := m.check(); e != nil {
		return nil, e
	}
	return &m, nil
}

// A Model is weights that are asked conversations in their template: those that
// were not trained here from random ones, and those that were taught some.
type Model interface {
	// Answer answers a whole conversation. Every field of the options is set:
	// Think 0 is without a thought, MaxTokens 0 as many as fit.
	Answer(ctx context.Context, conversation []stage.Message, o Options) iter.Seq2[Delta, error]
	Thinks() bool
	Facts() Facts
	Close()
}

// An Opener says how weights are opened.
type Opener struct {
	Artifact func(store.Digest) (dir string, err error)          // where weights and knowledge are
	Model    func(path, adapter string) (Model, error)           // opens those that are asked conversations, adapter "" for none; nil: there are none
	Encoder  func(path, name string) (*knowledge.Encoder, error) // opens a model of knowledge: its embedder, its reranker
	Threads  int
	Slots    int // answers at a time
}

// openBook opens the knowledge in dir with its models.
func (s *Scenario) openBook(o *Opener, dir string) (err error) {
	if s.index, err = knowledge.Open(dir); err != nil {
		return err
	}
	s.book = own{s.index, s.index.Gate(s.index.Rules())}
	m, err := knowledge.ReadModels(dir)
	if err != nil {
		return err
	}
	for _, name := range []string{m.Embedder, m.Rerank} {
		if name == "" {
			continue
		}
		digest, err := store.ParseDigest(name)
		if err != nil {
			return err
		}
		path, err := o.Artifact(digest)
		if err != nil {
			return err
		}
		e, err := o.Encoder(path, name)
		if err != nil {
			return err
		}
		s.encoders = append(s.encoders, e)
		if name == m.Embedder && e.Embedder != nil {
			s.index.Use(e.Embedder)
		}
		if name == m.Rerank && e.Reranker != nil {
			s.rerank = e.Reranker
		}
	}
	return nil
}

// Open opens the scenario in dir.
func (o *Opener) Open(dir string) (*Scenario, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	folder, err := o.Artifact(m.Weights)
	if err != nil {
		return nil, err
	}
	adapter := ""
	if !m.Adapter.IsZero() {
		if adapter, err = o.Artifact(m.Adapter); err != nil {
			return nil, err
		}
	}
	s, err := o.Bare(folder, adapter, m.Think)
	if err != nil {
		return nil, err
	}
	s.Title, s.Tokens, s.Temperature, s.Sure = m.Name, m.Tokens, m.Temperature, m.Sure
	s.Answers, s.Unanswered = m.Answers, m.Unanswered
	if !m.Scope.IsZero() {
		s.scope, err = openScope(dir)
	}
	if err == nil && !m.Knowledge.IsZero() {
		if folder, err = o.Artifact(m.Knowledge); err == nil {
			err = s.openBook(o, folder)
		}
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Over returns a scenario in which a model that is open answers from a book. Closing
// it closes the model, and not the book.
func Over(m Model, book Book) *Scenario {
	return &Scenario{Answers: Written, other: m, book: book}
}

// Bare opens a scenario of nothing but weights, with which a verdict compares.
// Tokens and Temperature may be set before the first question.
//
// Over them lies an adapter, unless it is "".
func (o *Opener) Bare(weights, adapter string, think int) (*Scenario, error) {
	s := &Scenario{Think: max(think, 0), special: map[int32]bool{}}
	taught, err := stage.TaughtOf(weights)
	if err != nil {
		return nil, err
	}
	single := taught != nil && *taught == stage.Taught{} // they were made here, and learnt single questions
	if o.Model != nil && (adapter != "" || !single || !tokenizer.IsChat(weights)) {
		if s.other, err = o.Model(weights, adapter); err != nil {
			return nil, err
		}
		if !s.other.Thinks() {
			s.Think = 0
		}
		return s, nil
	}
	model, err := infer.Load(weights)
	if err != nil {
		return nil, &say.Error{Where: weights, Err: err, What: say.T("the weights cannot be used: %v", "无法使用权重：%v", err),
			Next: say.T("check the store with suiren store verify", "请用 suiren store verify 检查存储")}
	}
	engine, err := infer.NewEngine(model.Params, max(o.Slots, 1), model.Context(), max(o.Threads, 1))
	if err != nil {
		model.Close()
		return nil, fmt.Errorf("%s: %w", weights, err)
	}
	s.model, s.engine = model, engine
	for _, name := range tokenizer.ChatSpecial {
		if id, ok := model.Tokenizer.Special(name); ok {
			s.special[id] = true
		}
	}
	return s, nil
}

// Forget ends what a caller, if it is not "", has under way, and lets go of what is kept
// of questions for later ones.
func (s *Scenario) Forget(caller string) {
	if f, ok := s.other.(interface{ Forget(string) }); ok {
		f.Forget(caller)
	} else if s.engine != nil {
		s.engine.Forget(caller)
	}
}

// Close ends the scenario; answers in progress end with infer.ErrClosed.
func (s *Scenario) Close() error {
	if s.other != nil {
		s.other.Close()
	} else {
		s.engine.Close()
		s.model.Close()
	}
	for _, e := range s.encoders {
		e.Close()
	}
	if s.index != nil {
		return s.index.Close()
	}
	return nil
}

// Facts are what a page shows of an open scenario.
type Facts struct {
	Name       string `json:"name,omitempty"`
	Parameters int    `json:"parameters"`
	Layers     int    `json:"layers"`
	Width      int    `json:"width"`
	Vocabulary int    `json:"vocabulary"`
	Context    int    `json:"context"`  // most tokens of question, thought and answer
	Think      int    `json:"think"`    // most tokens of thought
	Passages   int    `json:"passages"` // of knowledge
}

// Facts returns the facts of an open scenario.
func (s *Scenario) Facts() Facts {
	var f Facts
	if s.other != nil {
		f = s.other.Facts()
	} else {
		c := s.model.Params.Config
		f = Facts{Parameters: c.Params(), Layers: c.Layers, Width: c.Width, Vocabulary: c.Vocab, Context: c.Context}
	}
	f.Name, f.Think = s.Title, s.Think
	if s.index != nil {
		f.Passages = s.index.Len()
	}
	return f
}
