package guard

import (
	"sync"

	"cel.dev/cel-go/cel"

	"suiren/internal/say"
)

// Bounds of a condition.
const (
	maxCondition = 2000   // bytes
	maxCost      = 10_000 // CEL's units of work: about 100 µs
)

// conditionNames are what a condition can look at: where the text stands; of the
// annotation its detector, kind, class, confidence and text; how many the rail
// has heard of in this text, this one included; and what is known of the caller.
var conditionNames = []string{"stage", "detector", "kind", "class", "confidence", "text", "count", "labels"}

var conditions = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(cel.Variable("stage", cel.StringType), cel.Variable("detector", cel.StringType), cel.Variable("kind", cel.StringType),
		cel.Variable("class", cel.StringType), cel.Variable("confidence", cel.DoubleType), cel.Variable("text", cel.StringType),
		cel.Variable("count", cel.IntType), cel.Variable("labels", cel.MapType(cel.StringType, cel.StringType)),
		cel.ParserExpressionSizeLimit(maxCondition), cel.ParserRecursionLimit(32))
})

// condition compiles CEL (github.com/google/cel-spec); nil stands for the empty
// one, which always holds.
func condition(text string) (cel.Program, error) {
	if text == "" {
		return nil, nil
	}
	if len(text) > maxCondition {
		return nil, say.Errorf("it is longer than %d bytes", "长度超过 %d 字节", maxCondition)
	}
	env, err := conditions()
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(text)
	if err := issues.Err(); err != nil {
		return nil, err
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return nil, say.Errorf("it is no truth value, but %s", "结果不是真假值，而是 %s", ast.OutputType())
	}
	return env.Program(ast, cel.CostLimit(maxCost))
}
