package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"suiren/internal/durable"
	"suiren/internal/say"
	"suiren/stage"
	"suiren/stage/verify"
)

// A Reply is what a question was answered with.
type Reply struct {
	Thought string
	Answer  string
	Tokens  int      // generated, thought included; 0 if the model was not asked
	Sources int      // passages that the answer rests on
	Called  []string // tools of the question
	Finish  string   // Stop, or why it did not end by itself: length, …
}

// Finishes of a reply. Only one that stopped can be right.
const (
	Stop    = "stop"
	refused = "refused" // by the policy; the model was cut off, or not asked
)

// An Answerer answers questions, each by itself with what was said before it and the
// tools that it offers. Nobody runs these: what is said beside a call is the answer,
// which ends as any other. Reply is called by many
// goroutines at once, and what it returns depends on the question alone. Of a
// question that cannot be answered as it is (longer than the context) the
// reply is empty and its Finish says why; an error ends the verdict.
type Answerer interface {
	Reply(ctx context.Context, asked []stage.Message, tools []json.RawMessage) (Reply, error)
	Close() error
}

// An Opener opens what will be served, so that the verdict judges the very
// path that answers later.
type Opener interface {
	// Scenario opens the scenario in dir as it will be served, knowledge included.
	Scenario(job *stage.Job, dir string) (Answerer, error)
	// Weights opens weights alone, asked as the scenario in dir like asks.
	// think bounds the thought: 0 answers directly, < 0 is the scenario's bound.
	Weights(job *stage.Job, dir, like string, think int) (Answerer, error)
}

// inFlight is how many questions are asked at once, so that the engine has
// batches to work on. What is answered does not depend on it.
const inFlight = 64

// given is one reply as its reader would get it, judged: a line's part of
// replies.jsonl.
type given struct {
	Model   string `json:"model"`
	Thought string `json:"thought"`
	Answer  string `json:"answer"`
	Finish  string `json:"finish"`
	Rule    string `json:"rule,omitempty"`    // of the policy, that refused
	Masked  bool   `json:"masked,omitempty"`  // the policy changed the question or the answer
	Called  string `json:"called,omitempty"`  // tools, in order
	Sources int    `json:"sources,omitempty"` // passages
	Tokens  int    `json:"tokens"`
	Right   bool   `json:"right"`
}

// ask puts one problem to a model as a user would, through the rails, and as
// training puts it: with what comes before it and with its tools.
func ask(ctx context.Context, a Answerer, policy *Policy, p *stage.Problem) (given, error) {
	question, rule := filter(policy.Rail(Input, Context{}), p.Prompt)
	if rule != "" {
		return given{Finish: refused, Rule: rule}, nil
	}
	asked := *p
	asked.Prompt = question
	r, err := a.Reply(ctx, asked.Asking(), p.Tools)
	if err != nil {
		return given{}, err
	}
	g := given{Finish: r.Finish, Sources: r.Sources, Tokens: r.Tokens, Called: calledText(r.Called)}
	if g.Thought, rule = filter(policy.Rail(Thought, Context{}), r.Thought); rule == "" {
		g.Answer, rule = filter(policy.Rail(Output, Context{}), r.Answer)
	}
	if rule != "" {
		g.Finish, g.Rule = refused, rule
	}
	g.Masked = rule == "" && (question != p.Prompt || g.Thought != r.Thought || g.Answer != r.Answer)
	if g.Finish == Stop {
		if g.Right, err = right(ctx, p, g.Answer); err != nil {
			return given{}, err
		}
	}
	// JSON holds no broken bytes, and a resumed verdict reads replies back.
	g.Thought, g.Answer = strings.ToValidUTF8(g.Thought, "\ufffd"), strings.ToValidUTF8(g.Answer, "\ufffd")
	return g, nil
}

// calledText names the tools that were called, as a record does. The names are the
// model's words.
func calledText(names []string) string {
	return strings.ToValidUTF8(strings.Join(names, ", "), "\ufffd")
}

// judge holds the owners' verifiers that were met.
var judge verify.Judge

// right reports whether an answer is: by the problem's own, or by its verifier.
func right(ctx context.Context, p *stage.Problem, answer string) (bool, error) {
	if p.Verify == nil {
		return p.Correct(answer), nil
	}
	return judge.Right(ctx, p.Verify, p.Prompt, answer)
}

// filter returns what a rail lets through of a text, and the rule that
// refused the rest.
func filter(r *Rail, text string) (passed, rule string) {
	head, err := r.Write(text)
	if err == nil {
		passed, err = r.Flush()
	}
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		rule = refusal.Rule
	} else if w, ok := errors.AsType[*Retraction](err); ok {
		rule = w.Rule
	}
	return head + passed, rule
}

// askAll puts every problem to a model, many at once. Replies stand in the
// order of the problems. done is called after each, by one goroutine at a
// time.
func askAll(ctx context.Context, a Answerer, policy *Policy, problems []stage.Problem, done func(*given)) ([]given, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	list := make([]given, len(problems))
	next := make(chan int)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range min(inFlight, len(problems)) {
		wg.Go(func() {
			for i := range next {
				g, err := ask(ctx, a, policy, &problems[i])
				if err != nil {
					cancel(fmt.Errorf("problem %s: %w", problems[i].ID, err)) // the first counts
					continue
				}
				mu.Lock()
				list[i] = g
				done(&list[i])
				mu.Unlock()
			}
		})
	}
feed:
	for i := range problems {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	return list, context.Cause(ctx)
}

// The replies of each model are kept until the verdict is made, so that one
// that was interrupted does not ask again.

// keptName names the file of a model's replies, by all that they depend on.
func keptName(inputs []stage.Input, m *Model) string {
	h := sha256.New()
	for _, in := range inputs {
		fmt.Fprintf(h, "%s %s\n", in.Arg, in.Digest)
	}
	fmt.Fprintf(h, "%s %s\n", m.Name, m.Weights)
	return "replies-" + hex.EncodeToString(h.Sum(nil)[:12]) + ".json"
}

// maxKept bounds a file of kept replies.
const maxKept = 1 << 30

// readKept returns the n replies in a file; nil if there is no whole one.
func readKept(path string, n int) []given {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var list []given
	d := json.NewDecoder(io.LimitReader(f, maxKept))
	if d.Decode(&list) != nil || len(list) != n {
		return nil
	}
	return list
}

// writeKept writes replies; there is a whole file or none.
func writeKept(path string, list []given) error {
	err := durable.Write(path, 0o600, func(w io.Writer) error { return json.NewEncoder(w).Encode(list) })
	if err != nil {
		return &say.Error{Where: path, Err: err, What: say.T("the replies could not be kept: %v", "无法保存回答：%v", err),
			Next: say.T("make room on the disk, then run suiren apply again", "请腾出磁盘空间，再运行 suiren apply")}
	}
	return nil
}
