package plan

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"suiren/internal/say"
)

// The parser calls itself for every opened bracket and for most operators, so
// a hostile file could make it overflow its stack. A plan needs neither many
// brackets in each other nor operators.
const (
	maxDepth     = 32
	maxOperators = 1000
)

// syntax parses src, and returns nil if it is not HCL.
func (r *reader) syntax(src []byte) *hclsyntax.Body {
	start := hcl.InitialPos
	tokens, slips := hclsyntax.LexConfig(src, r.file, start)
	var open []hclsyntax.TokenType // the closers that are waited for
	operators := 0
	for i := range tokens {
		switch t := tokens[i].Type; t {
		case hclsyntax.TokenOBrace:
			open = append(open, hclsyntax.TokenCBrace)
		case hclsyntax.TokenOBrack:
			open = append(open, hclsyntax.TokenCBrack)
		case hclsyntax.TokenOParen:
			open = append(open, hclsyntax.TokenCParen)
		case hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			open = append(open, hclsyntax.TokenTemplateSeqEnd)
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			if n := len(open); n > 0 && open[n-1] == t {
				open = open[:n-1]
			}
		case hclsyntax.TokenIdent, hclsyntax.TokenNumberLit, hclsyntax.TokenOQuote, hclsyntax.TokenQuotedLit, hclsyntax.TokenCQuote,
			hclsyntax.TokenOHeredoc, hclsyntax.TokenStringLit, hclsyntax.TokenCHeredoc, hclsyntax.TokenEqual, hclsyntax.TokenComma,
			hclsyntax.TokenDot, hclsyntax.TokenColon, hclsyntax.TokenNewline, hclsyntax.TokenComment, hclsyntax.TokenEOF:
		default:
			operators++
		}
		if len(open) > maxDepth || operators > maxOperators {
			r.add(tokens[i].Range, say.T("this is nested too deeply for a plan", "嵌套过深，不像计划文件"),
				say.T("is this a plan file?", "请确认这是计划文件"))
			return nil
		}
	}
	file, diags := hclsyntax.ParseConfig(src, r.file, start) // diags begins with slips
	if !diags.HasErrors() {
		return file.Body.(*hclsyntax.Body)
	}
	slipped := map[int]bool{} // lines with a wrong character: other errors there follow from it
	torn := tornString(diags)
	for i, d := range diags {
		if d.Severity == hcl.DiagError && !follows(d, torn) && (d.Subject == nil || i < len(slips) || !slipped[d.Subject.Start.Line]) {
			r.addSyntax(src, d)
		}
		if i < len(slips) && d.Subject != nil {
			slipped[d.Subject.Start.Line] = true
		}
	}
	return nil // what else is wrong would be guesses
}

// tornString returns the first error of a string that goes on after its line, or nil.
func tornString(diags hcl.Diagnostics) (first *hcl.Diagnostic) {
	for _, d := range diags {
		if d.Summary == "Invalid multi-line string" && d.Subject != nil && (first == nil || d.Subject.Start.Byte < first.Subject.Start.Byte) {
			first = d
		}
	}
	return first
}

// follows reports whether d may come of a string that misses its closing quote: from
// there on what is text is read as strings, and strings as text.
func follows(d, torn *hcl.Diagnostic) bool {
	return torn != nil && d != torn && (d.Subject == nil || d.Subject.Start.Line >= torn.Subject.Start.Line || strings.HasPrefix(d.Summary, "Un"))
}

// addSyntax notes an error of the parser in both languages. The parser speaks
// English only.
func (r *reader) addSyntax(src []byte, d *hcl.Diagnostic) {
	at := hcl.Range{Filename: r.file, Start: hcl.InitialPos, End: hcl.InitialPos}
	if d.Subject != nil {
		at = *d.Subject
	}
	what, next := say.Syntax(d.Summary, d.Detail, string(at.SliceBytes(src)))
	switch {
	case d.Summary == "Unsupported operator":
		what, next = notLiteral, useLiterals
	case d.Summary == "Invalid block definition" && includes.Match(lineOf(src, at.Start.Line)):
		what, next = say.T("a plan includes no other file", "计划不能包含其他文件"), say.T("write the blocks themselves here: a plan is one file", "请把那些块直接写在这里：计划只有一个文件")
	}
	r.add(at, what, next)
}

// includes is a line that would bring in another file, as other programs have it.
var includes = regexp.MustCompile(`^\s*(?:include|import|source)\s+"[^"]*"\s*$`)

// lineOf is a line of src, from 1.
func lineOf(src []byte, n int) []byte {
	i := 1
	for line := range bytes.Lines(src) {
		if i == n {
			return line
		}
		i++
	}
	return nil
}

// place writes where something stands: "suiren.hcl:12:5".
func place(at hcl.Range) string {
	return fmt.Sprintf("%s:%d:%d", at.Filename, at.Start.Line, at.Start.Column)
}

// comparePlaces orders what place wrote, of one file.
func comparePlaces(a, b string) int {
	number := func(s string) (line, column int) {
		list := strings.Split(s, ":")
		if len(list) < 3 {
			return 0, 0
		}
		line, _ = strconv.Atoi(list[len(list)-2])
		column, _ = strconv.Atoi(list[len(list)-1])
		return line, column
	}
	la, ca := number(a)
	lb, cb := number(b)
	return cmp.Or(cmp.Compare(la, lb), cmp.Compare(ca, cb))
}

// suggest says which of names was perhaps meant by given, or lists them.
func suggest(given string, names []string) say.Text {
	if best := nearest(given, names); best != "" {
		return say.T("did you mean %s?", "是否想写 %s？", best)
	}
	return oneOf(names)
}

// suggestArgument says which of known was perhaps meant by given, of those that
// are not among the arguments already: by a slip of the hand, or by the name that
// other programs have for it, as learning_rate for rate. Of any other of another operator
// it says whose it is.
func (r *reader) suggestArgument(a *hclsyntax.Attribute, choice Choice, known []string, args hclsyntax.Attributes, fields []field) say.Text {
	given := a.Name
	meant := slices.DeleteFunc(strings.Fields(peersNames[given]), func(n string) bool { return !slices.Contains(known, n) })
	if len(meant) > 1 {
		return say.T("did you mean one of %s?", "是否想写 %s 之一？", meant)
	}
	if none, ok := peersOwn[given]; ok && len(meant) == 0 {
		return none
	}
	if others := having(choice, given); len(meant) == 0 && len(others) > 0 {
		return say.T("it is one where %s is %s", "%s 为 %s 时才有", choice.By, others)
	}
	var free []string
	for _, n := range known {
		if _, ok := args[n]; !ok {
			free = append(free, n)
		}
	}
	best := cmp.Or(strings.Join(meant, ""), nearest(given, free), partOf(given, free))
	if best == "" {
		return oneOf(known)
	}
	text := say.T("did you mean %s?", "是否想写 %s？", best)
	v, _ := literal(a.Expr)
	if n, ok := number(v); ok {
		x, _ := n.Float64()
		for i := range fields {
			if f := &fields[i]; f.name == best && f.factor != "" {
				return say.T("%v %v", "%v%v", text, r.factor(f, x))
			}
		}
	}
	return text
}

// having are the operators of choice that have an argument.
func having(choice Choice, name string) (ops []string) {
	for _, op := range sortedKeys(choice.Ops) {
		if op != "" && slices.ContainsFunc(fieldsOf(choice.Ops[op]()), func(f field) bool { return f.name == name }) {
			ops = append(ops, op)
		}
	}
	return ops
}

// peersNames are the names that other programs have for an argument, where they do not
// show it; or for what several say here, with spaces between.
var peersNames = map[string]string{
	"steps": "epochs minutes flops", "max_steps": "epochs minutes flops", "num_train_epochs": "epochs",
	"learning_rate": "rate", "lr": "rate", "lr_scheduler_type": "schedule", "max_grad_norm": "clip", "optim": "optimizer",
	"gradient_accumulation_steps": "batch", "gradient_accumulation": "batch", "grad_accum": "batch", "grad_accum_steps": "batch", "per_device_train_batch_size": "batch", "device_batch_size": "batch", "num_generations": "samples",
	"early_stopping": "patience", "early_stopping_patience": "patience", "bf16": "storage", "fp16": "storage",
	"lora_r": "rank", "r": "rank", "target_modules": "targets", "lora_target": "targets", "adapter_name_or_path": "adapter",
	"model": "base", "model_name_or_path": "base", "dataset": "examples", "eval_dataset": "watch", "val_size": "heldout",
	"cutoff_len": "length", "max_seq_length": "length", "max_length": "length", "block_size": "length",
	"max_completion_length": "tokens", "max_new_tokens": "tokens", "vocab_size": "vocab", "n_layer": "depth", "num_hidden_layers": "depth",
}

// peersOwn are arguments of other programs that have none of their kind here, and why they may
// be left out; or that another block has.
var peersOwn = map[string]say.Text{
	"gradient_checkpointing": say.T("leave it out: blocks are run again on the way back where memory asks for it", "请去掉：内存不够时会自动在反向时重算各层"),
	"eval_interval":          looksItself, "eval_steps": looksItself, "eval_strategy": looksItself,
	"min_lr": say.T("leave it out: schedule says how the rate falls", "请去掉：学习率如何下降由 schedule 决定"),
	"betas":  betasFixed, "adam_beta1": betasFixed, "adam_beta2": betasFixed, "beta1": betasFixed, "beta2": betasFixed,
	"dropout": noDropout, "lora_dropout": noDropout,
	"neftune_noise_alpha": say.T("leave it out: no noise is added to embeddings", "请去掉：嵌入不加噪声"), "val_size": heldoutOfExamples,
	"mask_history": say.T(`it is turns = "last", in a tokens block`, `它是 tokens 块中的 turns = "last"`),
	"matrix_lr":    allRates, "embedding_lr": allRates,
	"block_size": lengthOfTokens, "max_seq_length": lengthOfTokens, "cutoff_len": lengthOfTokens, "max_length": lengthOfTokens,
}

var (
	looksItself       = say.T("leave it out: what watch names is looked at up to 20 times a run", "请去掉：watch 所写的观察集每次训练自动查看至多 20 次")
	betasFixed        = say.T("leave it out: optimizer chooses them", "请去掉：由 optimizer 决定")
	noDropout         = say.T("leave it out: there is none; watch and patience end a run before it learns by heart", "请去掉：没有这一项；watch 和 patience 会在背下数据之前结束训练")
	allRates          = say.T("it is rate, one factor of all learning rates; left out it is the usual one", "它是 rate，所有学习率共用的一个倍数；省略即为常用值")
	heldoutOfExamples = say.T("it is heldout, in an examples block, which watch then names", "它是 examples 块中的 heldout，再由 watch 引用该块")
	lengthOfTokens    = say.T("it is length, in a tokens block", "它是 tokens 块中的 length")
)

// peersValues are strings that other programs take for an argument and that are none of its
// here, and what to do.
var peersValues = map[string]map[string]say.Text{
	"targets": {"all": allMatrices, "all-linear": allMatrices, "all_linear": allMatrices},
}

var allMatrices = say.T("leave targets out: all matrices of the blocks are what holds then", "请去掉 targets：省略即为各层的所有矩阵")

// suggestOperator says which of names was perhaps meant by given.
func suggestOperator(given string, names []string) say.Text {
	name, known := peersOperators[strings.ToLower(given)]
	switch {
	case !known:
		return suggest(given, names)
	case slices.Contains(names, name):
		return say.T("did you mean %s?", "是否想写 %s？", name)
	}
	return oneOf(names)
}

// peersOperators are what other programs call an operator; "" those that have none here,
// however near their names are to another's.
var peersOperators = map[string]string{
	"ppo": "", "orpo": "", "simpo": "", "rm": "", "reward": "",
	"pt": "pretrain", "full": "continue", "finetune": "continue", "qlora": "lora", "dora": "lora", "quantize": "quantise", "distillation": "distil",
}

// partOf returns the name that a word of given, put together with _, begins or
// begins with, or "".
func partOf(given string, names []string) string {
	const least = 4 // letters that are no chance
	for word := range strings.SplitSeq(clip(given), "_") {
		for _, n := range names {
			if min(len(word), len(n)) >= least && (strings.HasPrefix(n, word) || strings.HasPrefix(word, n)) {
				return n
			}
		}
	}
	return ""
}

// nearest returns the name that is close enough to given to be meant, or "".
func nearest(given string, names []string) string {
	best, least := "", 3 // a slip of two keys
	if given = clip(given); len(given) < 4 {
		least = 2
	}
	for _, n := range names {
		d := levenshtein.Distance(given, n, nil)
		if swapped(given, n) {
			d = 1
		}
		if d < least {
			best, least = n, d
		}
	}
	return best
}

// swapped reports whether a and b differ in the order of two neighbours, the commonest
// slip of a short word, which counts as two of a key otherwise.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// oneOf lists what may stand in a place.
func oneOf(names []string) say.Text {
	if len(names) == 0 {
		return say.Text{}
	}
	const most = 24
	if len(names) > most {
		return say.T("it may be %s …", "可以是 %s……", names[:most])
	}
	return say.T("it may be %s", "可以是 %s", names)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
