package jinja

// A node is a statement; an expr is an expression. Their names are Jinja2's.
type (
	node interface{ at() int }
	expr interface{ at() int }
	pos  int // the line

	textNode struct {
		pos
		text Str
	}
	printNode struct {
		pos
		values []expr
	}
	ifNode struct {
		pos
		test         expr
		body, orElse []node
	}
	forNode struct {
		pos
		target       expr
		over         expr
		test         expr // or nil
		body, orElse []node
		recursive    bool
	}
	setNode struct {
		pos
		target, value expr
	}
	setBlock struct {
		pos
		target expr
		filter expr // over caughtExpr; or nil
		body   []node
	}
	withNode struct {
		pos
		targets, values []expr
		body            []node
	}
	macroNode struct {
		pos
		name     string
		params   []string
		defaults []expr // of the last params
		body     []node
		varargs  bool // the body reads varargs, kwargs, caller
		kwargs   bool
		caller   bool
	}
	callBlock struct {
		pos
		call   *callExpr
		caller *macroNode
	}
	filterBlock struct {
		pos
		filter expr // over caughtExpr
		body   []node
	}
	generationNode struct {
		pos
		body []node
	}
	breakNode    struct{ pos }
	continueNode struct{ pos }

	constExpr struct {
		pos
		value Value
	}
	nameExpr struct {
		pos
		name string
	}
	nsRef struct {
		pos
		name, attr string
	}
	caughtExpr struct{ pos } // what a filter block or set block caught
	listExpr   struct {
		pos
		items []expr
		tuple bool
	}
	dictExpr struct {
		pos
		keys, values []expr
	}
	unaryExpr struct {
		pos
		op string // not - +
		x  expr
	}
	binaryExpr struct {
		pos
		op   string // and or + - * / // % **
		x, y expr
	}
	concatExpr struct {
		pos
		parts []expr
	}
	compareExpr struct {
		pos
		x   expr
		ops []string
		ys  []expr
	}
	condExpr struct {
		pos
		test, yes, no expr // no may be nil
	}
	attrExpr struct {
		pos
		x    expr
		name string
	}
	itemExpr struct {
		pos
		x, key expr
	}
	sliceExpr struct {
		pos
		parts [3]expr // each may be nil
	}
	callExpr struct {
		pos
		f    expr
		args argList
	}
	filterExpr struct {
		pos
		x    expr
		name string
		args argList
	}
	testExpr struct {
		pos
		x    expr
		name string
		args argList
	}
	argList struct {
		args          []expr
		names         []string // of the keyword arguments
		values        []expr
		more, mapping expr // *more, **mapping
	}
)

func (p pos) at() int { return int(p) }
