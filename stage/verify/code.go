package verify

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"suiren/engine/tensor"
	"suiren/internal/say"
)

// A Code is what the JavaScript of an answer must do: what Call names is
// called with the arguments of each case, and must return what it wants, as
// JSON: what JSON.stringify would only make of a result (null of NaN) is not
// it. See script for what of the answer is the program.
type Code struct {
	Call  string `json:"call"`
	Cases []Case `json:"cases"`
}

// A Case is one call.
type Case struct {
	Args []json.RawMessage `json:"args"`
	Want json.RawMessage   `json:"want"`
}

// Bounds of a program. Fuel and memory decide the same way on every machine;
// the time is a net below what QuickJS does not count, as products of huge
// numbers.
const (
	maxCases   = 1000
	codeMemory = 64 << 20 // bytes of one value: QuickJS does not know how large what it has is in WebAssembly
	codePages  = 1536     // of 64 KiB, of all of the sandbox
	codeFuel   = 1000     // times 10,000 jumps and calls
	codeTime   = 10 * time.Second
	maxResult  = 1 << 20 // bytes of JSON
	mostCodes  = 8       // at a time
)

// Sandboxes returns how many programs of answers run at a time, and the most bytes
// that they take.
func Sandboxes() (n int, bytes int64) {
	n = min(mostCodes, runtime.GOMAXPROCS(0))
	return n, int64(n) * codePages << 16
}

// sandbox is QuickJS-ng and sandbox/sandbox.c as WebAssembly.
//
//go:embed sandbox/sandbox.wasm
var sandbox []byte

// A machine runs the sandbox.
type machine struct {
	r wazero.Runtime
	m wazero.CompiledModule
}

// theMachine compiles the sandbox when the first code comes.
var theMachine = sync.OnceValues(func() (*machine, error) {
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithMemoryLimitPages(codePages).WithCloseOnContextDone(true))
	// What the C library asks for, of a module without files, arguments,
	// environment, clock and random numbers: wazero's defaults.
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return nil, err
	}
	m, err := r.CompileModule(ctx, sandbox)
	return &machine{r, m}, err
})

var callable = regexp.MustCompile(`^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$`)

var writeCode = say.T(`write {"call": "add", "cases": [{"args": [3, 4], "want": 7}]}`, `请写成 {"call": "add", "cases": [{"args": [3, 4], "want": 7}]}`)

// codeFault says what of raw, which cannot be read as a Code, is wrong.
func codeFault(raw []byte, err error) error {
	what := say.T("this code is no call with its cases", "这个 code 不是带用例的调用")
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		what = say.T("code knows no field %s", "code 没有 %s 这一项", name)
	}
	var c struct {
		Cases []json.RawMessage `json:"cases"`
	}
	if json.Unmarshal(raw, &c) == nil {
		for i, k := range c.Cases {
			d := json.NewDecoder(bytes.NewReader(k))
			d.DisallowUnknownFields()
			if d.Decode(new(Case)) != nil {
				what = say.T("case %d is no args with what they make", "第 %d 个用例不是 args 与 want", i+1)
				break
			}
		}
	}
	return &say.Error{What: what, Next: writeCode}
}

// code: the program of the answer passes all cases within a time.
func code(c *Code, within time.Duration) (func(context.Context, string, string) (float64, error), error) {
	switch {
	case !callable.MatchString(c.Call):
		return nil, &say.Error{What: say.T("%q is no name of a function", "%q 不是函数名", clip(c.Call)), Next: writeCode}
	case len(c.Cases) == 0 || len(c.Cases) > maxCases:
		return nil, &say.Error{What: say.T("there are %d cases; there may be 1 to %d", "用例有 %d 个，应为 1 到 %d 个", len(c.Cases), maxCases), Next: writeCode}
	}
	for i, k := range c.Cases {
		if k.Want == nil || len(k.Args) > 64 {
			return nil, &say.Error{What: say.T("case %d has no want, or more than 64 args", "第 %d 个用例没有 want，或参数超过 64 个", i+1), Next: writeCode}
		}
	}
	root, _, _ := strings.Cut(c.Call, ".")
	root = regexp.QuoteMeta(root)
	defines, err := regexp.Compile(`\b(?:function\s*\*?|class|const|let|var)\s+` + root + `(?:[^\w$]|$)|(?m:^)\s*` + root + `\s*=[^=]|\bexports\.` + root + `\s*=[^=]|\bmodule\.exports\s*=[^=]`)
	if err != nil { // too long a name
		return nil, &say.Error{What: say.T("%q is no name of a function", "%q 不是函数名", clip(c.Call)), Next: writeCode}
	}
	return func(ctx context.Context, _, answer string) (float64, error) {
		program, before := script(answer, defines)
		m, err := theMachine()
		if err != nil {
			return 0, err
		}
		limited, cancel := context.WithTimeout(ctx, within)
		defer cancel()
		right, err := m.run(limited, program, c)
		if !right && len(before) > 0 && limited.Err() == nil && !errors.Is(err, errSandbox) { // they may help it
			right, err = m.run(limited, program, c, before...)
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if errors.Is(err, errSandbox) {
			return 0, err
		}
		if right {
			return 1, nil
		}
		return 0, nil
	}, nil
}

// script returns the program of an answer, and the blocks of code before it: its last block
// that defines what is called, as one behind it may show how to call it; else its last
// block; else what <code> or <answer> sets off and defines it; else all of it.
func script(answer string, defines *regexp.Regexp) (program string, before []string) {
	list := blocks(answer)
	for i, b := range slices.Backward(list) {
		if defines.MatchString(b) {
			return b, list[:i]
		}
	}
	if n := len(list) - 1; n >= 0 {
		return list[n], list[:n]
	}
	if n := len(answer); n > 1 && answer[0] == '`' && answer[n-1] == '`' { // code within a line
		return answer[1 : n-1], nil
	}
	if m := setOff.FindStringSubmatch(answer); m != nil && defines.MatchString(m[1]) {
		return m[1], nil
	}
	return answer, nil
}

var setOff = regexp.MustCompile(`(?is)<(?:code|answer)>(.*)</(?:code|answer)>`)

// hosts is what programs for a browser or Node expect around them and do not
// need to be right: console.log says nothing to anyone, and timers never ring. While the
// program loads there are require and process, too, as what stands beside a function uses
// them: what comes from elsewhere does nothing then, and fails when it is called for a
// case, unless it only asserts. They are no const, so that a program may have its own.
const hosts = `{
let loaded = false;
const quiet = new Proxy(function () {}, { get: () => quiet, apply: () => {} });
const foreign = new Proxy(function () {}, {
	get: (_, name) => name === 'then' || name === Symbol.toPrimitive ? undefined : foreign,
	construct: () => foreign,
	apply: () => { if (loaded) throw new Error('it is not here'); return foreign; },
});
const require = name => /^(node:)?assert\b/.test(name) ? quiet : foreign;
const process = new Proxy({ argv: ['node', 'answer.js'], env: {}, stdin: foreign }, { get: (known, name) => known[name] ?? quiet });
const module = { exports: {}, set loaded(_) {
	loaded = true;
	if (globalThis.require === require) delete globalThis.require;
	if (globalThis.process === process) delete globalThis.process;
} };
Object.assign(globalThis, { console: quiet, module, exports: module.exports, require, process });
for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate']) globalThis[name] = () => 0;
}`

// exported is export before what a module defines, and the lines that only
// export. The program runs as a script, which knows none of it.
var exported = regexp.MustCompile(`(?m)^([ \t]*)export[ \t]+(?:default[ \t]+)?(?:((?:async[ \t]+)?(?:function|class|const|let|var)\b)|(?:\{[^{}]*\}|[\w$]+)[ \t]*;?[ \t]*$)`)

// errSandbox is wrapped where the sandbox itself does not start.
var errSandbox = errors.New("the sandbox does not start")

// callee is an expression for what is called: what the program defines, else what it
// exports by that name, else the one function that it exports.
func callee(call string) string {
	root, _, dotted := strings.Cut(call, ".")
	exports := "globalThis.module.exports"
	own := fmt.Sprintf("(...args) => %s.%s(...args)", exports, call)
	if !dotted {
		own = fmt.Sprintf("typeof %s === 'function' && !Object.hasOwn(%s, '%s') ? %s : %s", exports, exports, root, exports, own)
	}
	return fmt.Sprintf("typeof %s !== 'undefined' ? %s : %s", root, call, own)
}

// run runs a program, behind those before it of which each may fail, and all cases. An error of the program is no error here,
// but those of the sandbox it broke out of its bounds with.
func (m *machine) run(ctx context.Context, program string, c *Code, before ...string) (bool, error) {
	mod, err := m.r.InstantiateModule(experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(newMemory)), m.m, wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize"))
	if err != nil {
		return false, fmt.Errorf("%w: %w", errSandbox, err)
	}
	defer mod.Close(context.Background())
	p := &process{ctx: ctx, mod: mod}
	if failed, err := p.do("begin", codeMemory, codeFuel); failed || err != nil {
		return false, fmt.Errorf("%w: %w", errSandbox, err)
	}
	if failed, err := p.load(hosts); failed || err != nil {
		return false, fmt.Errorf("%w: %w", errSandbox, err)
	}
	for _, b := range before {
		if _, err := p.load(b); err != nil {
			return false, err
		}
	}
	failed, err := p.load(program)
	if script := exported.ReplaceAllString(program, "$1$2"); failed && err == nil && script != program {
		failed, err = p.load(script)
	}
	if failed || err != nil {
		return false, err
	}
	if failed, err := p.load("globalThis.module && (globalThis.module.loaded = true)"); failed || err != nil {
		return false, err
	}
	name, err := p.write(callee(c.Call))
	if err != nil {
		return false, err
	}
	for _, k := range c.Cases {
		args, err := json.Marshal(k.Args)
		if err != nil {
			return false, err
		}
		if k.Args == nil {
			args = []byte("[]")
		}
		at, err := p.write(string(args))
		if err != nil {
			return false, err
		}
		failed, err := p.do("call", name, at, uint64(len(args)))
		if failed || err != nil {
			return false, err
		}
		got, err := p.out()
		if err != nil || !sameJSON(got, k.Want) {
			return false, err
		}
	}
	return true, nil
}

// A memory is that of one sandbox. It lies outside of the Go heap, and is given
// back when the sandbox ends: on the heap each would stay until a collection, with
// the smaller ones that it grew out of.
type memory struct {
	arena *tensor.Arena
	bytes []byte
}

func newMemory(_, most uint64) experimental.LinearMemory {
	n := int(min(most, codePages<<16))
	a, err := tensor.NewArena(n / 4)
	if err != nil {
		return &memory{bytes: make([]byte, n)}
	}
	return &memory{a, unsafe.Slice((*byte)(unsafe.Pointer(&a.Float32(n / 4)[0])), n)}
}

// Reallocate implements experimental.LinearMemory.
func (m *memory) Reallocate(size uint64) []byte {
	if size > uint64(len(m.bytes)) {
		return nil
	}
	return m.bytes[:size]
}

// Free implements experimental.LinearMemory.
func (m *memory) Free() {
	if m.arena != nil {
		m.arena.Close()
	}
}

// A process is one instance of the sandbox.
type process struct {
	ctx context.Context
	mod api.Module
}

// do calls a function that returns 0 if it did what it should.
func (p *process) do(name string, args ...uint64) (failed bool, err error) {
	res, err := p.mod.ExportedFunction(name).Call(p.ctx, args...)
	return err != nil || uint32(res[0]) != 0, err
}

// write puts a text and a 0 into the sandbox.
func (p *process) write(s string) (at uint64, err error) {
	res, err := p.mod.ExportedFunction("allocate").Call(p.ctx, uint64(len(s)+1))
	if err != nil {
		return 0, err
	}
	if res[0] == 0 || !p.mod.Memory().WriteString(uint32(res[0]), s) || !p.mod.Memory().WriteByte(uint32(res[0])+uint32(len(s)), 0) {
		return 0, errors.New("the sandbox is full")
	}
	return res[0], nil
}

// load runs a program.
func (p *process) load(program string) (failed bool, err error) {
	at, err := p.write(program)
	if err != nil {
		return true, err
	}
	return p.do("load", at, uint64(len(program)))
}

// out reads what a call left.
func (p *process) out() ([]byte, error) {
	at, err := p.mod.ExportedFunction("out").Call(p.ctx)
	if err != nil {
		return nil, err
	}
	n, err := p.mod.ExportedFunction("out_len").Call(p.ctx)
	if err != nil {
		return nil, err
	}
	if n[0] > maxResult {
		return nil, nil
	}
	b, ok := p.mod.Memory().Read(uint32(at[0]), uint32(n[0]))
	if !ok {
		return nil, nil
	}
	return bytes.Clone(b), nil
}

// sameJSON reports whether two JSON values are equal; numbers by their value.
func sameJSON(a, b []byte) bool {
	x, ok := readJSON(a)
	y, also := readJSON(b)
	return ok && also && same(x, y)
}

func readJSON(b []byte) (v any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	err := d.Decode(&v)
	return v, err == nil && !d.More()
}

func same(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || sameNumber(string(a), string(b)))
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k := range a {
			if v, there := b[k]; !there || !same(a[k], v) {
				return false
			}
		}
		return true
	}
	return a == b
}

// sameNumber compares numbers as JavaScript has them: as float64s. Those that are
// not both whole are equal within what a few roundings make, as 0.1+0.2 and 0.3.
func sameNumber(a, b string) bool {
	x, _, err := big.ParseFloat(strings.TrimSpace(a), 10, 200, big.ToNearestEven)
	if err != nil {
		return false
	}
	y, _, err := big.ParseFloat(strings.TrimSpace(b), 10, 200, big.ToNearestEven)
	if err != nil {
		return false
	}
	f, _ := x.Float64()
	g, _ := y.Float64()
	if f == math.Trunc(f) && g == math.Trunc(g) {
		return f == g
	}
	return math.Abs(f-g) <= 1e-9*max(math.Abs(f), math.Abs(g))
}
