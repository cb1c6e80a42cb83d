package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"suiren/internal/say"
)

func score(t *testing.T, spec, reply string) float64 {
	t.Helper()
	v, err := Parse([]byte(spec))
	if err != nil {
		t.Fatalf("%s: %v", spec, err)
	}
	s, err := v.Score(context.Background(), "a question", reply)
	if err != nil {
		t.Fatalf("%s: %q: %v", spec, reply, err)
	}
	return s
}

func TestScore(t *testing.T) {
	const person = `{"schema": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "additionalProperties": false}}`
	for _, c := range []struct {
		spec         string
		right, wrong []string
	}{
		{`{"number": 42}`,
			[]string{"42", "42.0", "The answer is 42.", "答案是４２。", `so \boxed{42}, not 41`, "6*7=42", "#### 42", "$42$", "<think>41</think>42", "1+41 = 42\n\n**42**", "4.2e1", "42%", "4200%"},
			[]string{`\frac{84}{2}`, "", "41", "-42", "42 or 43", "<think>42</think>", "420", "4 2", "0.42", "0.42%"}},
		{`{"number": "1/3"}`, []string{"1/3", "2/6", `\boxed{\frac{1}{3}}`, `\dfrac{1}{3}`}, []string{"0.333", "3", "1/0", "-1/3"}},
		{`{"number": "1,234.50"}`, []string{"1234.5", "$1,234.50", "1,234.5 元"}, []string{"1,234", "1234.51"}},
		{`{"number": -5}`, []string{"-5", "−5", "x = -5"}, []string{"5", "10 - 5"}},
		{`{"number": "12.5%"}`, []string{"12.5%", "0.125", "1/8"}, []string{"12.5"}},
		{`{"equation": "x=(11-1)*2"}`, []string{"20", "(11-1)*2", "2×10", "(11 - 1) × 2 = 20", "答：20"}, []string{"21", "11-1*2", "none"}},
		{`{"equation": {"target": 24, "numbers": [3, 3, 8, 8]}}`, []string{"8/(3-8/3)", "8 ÷ (3 - 8 ÷ 3) = 24", "24 = 8/(3-8/3)", "So:\n8/(3-8/3)"},
			[]string{"24", "3*8", "8*3*(8-3)", "8/(3-8/3)+0", "3+3+8+8+2", "8/(3-3)*8", "24 = 24"}},
		{`{"equation": {"target": 10, "numbers": [2, 5]}}`, []string{"2*5", "5*2=10"}, []string{"5+5", "10", "2*5*1"}},
		{`{"choice": "B"}`, []string{"B", "B.", "(B)", "The answer is B", "答案：B", "故选B。", "A is wrong, so the answer is (B).", `\boxed{B}`, "选项Ｂ", "b"}, []string{"A", "AB", "Bad", "The answer is A, not B is wrong", "答案是AB"}},
		{`{"choice": "ACD"}`, []string{"ACD", "A, C, D", "D、A、C", "答案：A C D"}, []string{"AC", "ABCD", "A"}},
		{`{"regex": "[0-9]{4}-[0-9]{2}"}`, []string{"2026-11", " 2026-11\n"}, []string{"in 2026-11", "2026-1", "2026-111"}},
		{`{"regex": "x.y"}`, []string{"x-y"}, []string{"x\ny"}},
		{`{"regex": "(?s)x.y"}`, []string{"x-y", "x\ny"}, nil},
		{`{"regex": "a|b"}`, []string{"a", "b"}, []string{"ab", "xb"}},
		{`{"schema": {"type": "string", "format": "date"}}`, []string{`"2026-11-29"`}, []string{`"notadate"`, `"2026-13-29"`}},
		{person, []string{`{"name": "Ada"}`, "```json\n{\"name\": \"Ada\", \"age\": 36}\n```"}, []string{`{"age": 36}`, `{"name": 1}`, "Ada", `{"name": "Ada", "x": 1}`, `{"name": "Ada"} and more`}},
	} {
		for _, reply := range c.right {
			if s := score(t, c.spec, reply); s != 1 {
				t.Errorf("%s: %q is right and scores %g", c.spec, reply, s)
			}
		}
		for _, reply := range c.wrong {
			if s := score(t, c.spec, reply); s != 0 {
				t.Errorf("%s: %q is wrong and scores %g", c.spec, reply, s)
			}
		}
	}
}

func TestCode(t *testing.T) {
	const add = `{"code": {"call": "add", "cases": [{"args": [3, 4], "want": 7}, {"args": ["a", "b"], "want": "ab"}, {"args": [0.1, 0.2], "want": 0.30000000000000004}]}}`
	for _, c := range []struct {
		spec, reply string
		want        float64
	}{
		{add, "function add(x, y) { return x + y }", 1},
		{add, "Here:\n```js\nconst add = (x, y) => x + y\n```\nDone.", 1},
		{add, "function add(x, y) { return x - y }", 0},
		{add, "no code at all", 0},
		{add, "function add(x, y) { throw 7 }", 0},
		{add, "function add(x, y) { while (true); }", 0},
		{add, "while (true) {}", 0},
		{add, "function add(x, y) { return add(x, y) }", 0},
		{add, "let s = 'x'; while (true) s += s;", 0},
		{add, "let a = []; while (true) a.push(new Array(1000).fill(a));", 0},
		{add, "function add(x, y) { return 'x'.repeat(1 << 26) }", 0},
		{add, "function add() { return { toJSON() { return 7 } } }", 0},
		{add, "JSON.stringify = () => '7'; function add() { return 8 }", 0},
		{`{"code": {"call": "o.f", "cases": [{"args": [{"k": [1, null]}], "want": {"b": [1, null], "a": true}}]}}`, "const o = { f: v => ({ a: true, b: v.k }) }", 1},
		{`{"code": {"call": "f", "cases": [{"want": "undefined"}]}}`, "const f = () => typeof require + typeof std + typeof os + typeof fetch + typeof WebAssembly", 0},
		{`{"code": {"call": "f", "cases": [{"want": ["undefined", "undefined", "undefined", "undefined", "undefined"]}]}}`,
			"const f = () => [typeof require, typeof std, typeof os, typeof fetch, typeof process]", 1},
		{`{"code": {"call": "f", "cases": [{"want": true}]}}`, "const f = () => Date.now() < 1700000000000", 1}, // no clock
		{`{"code": {"call": "f", "cases": [{"want": 1}, {"want": 2}]}}`, "let n = 0; const f = () => ++n", 1},
		// As programs for a browser or Node are written.
		{add, "function add(x, y) { return x + y }\nconsole.log(add(3, 4)); console.table([1]);", 1},
		{add, "const console = 1; function add(x, y) { return x + y }", 1},
		{add, "'use strict';\nfunction add(x, y) { return x + y }\nmodule.exports = { add };", 1},
		{add, "function add(x, y) { return x + y }\nmodule.exports = add;\nexports.add = add;", 1},
		{add, "export function add(x, y) { return x + y }", 1},
		{add, "export default function add(x, y) { return x + y }", 1},
		{add, "export const add = (x, y) => x + y;", 1},
		{add, "function add(x, y) { return x + y }\nexport default add;", 1},
		{add, "function add(x, y) { return x + y }\nexport { add };", 1},
		{add, "export function add(x, y) { return x - y }", 0},
		{`{"code": {"call": "f", "cases": [{"want": "export {}"}]}}`, "const f = () => `\nexport {}`.trim()", 1}, // a program that runs is not touched
		// A promise is awaited, within the same bounds.
		{add, "async function add(x, y) { return x + y }", 1},
		{add, "const same = async x => x; const add = async (x, y) => await same(x) + (await Promise.all([same(y)]))[0]", 1},
		{add, "function add(x, y) { return new Promise(done => done(x + y)) }", 1},
		{add, "async function add(x, y) { throw x + y }", 0},
		{add, "async function add(x, y) { return x - y }", 0},
		{add, "function add(x, y) { return [Promise.resolve(x + y)] }", 0},
		{add, "function add() { return new Promise(() => 0) }", 0},
		{add, "async function add() { while (true); }", 0},
		// Which block is the program.
		{add, "```js\nfunction add(x, y) { return x + y }\n```\nOutput:\n```\n7\n```", 1},
		{add, "```js\nfunction add(x, y) { return x + y }\n```\nUse it so:\n```js\nadd(3, 4) // 7\n```", 1},
		{add, "```js\nfunction add(x, y) { return x + y }\n```\nor\n```js\nfunction add(x, y) { return x - y }\n```", 0},
		{add, "~~~js\nfunction add(x, y) { return x + y }\n~~~", 1},
		{add, "~~~js\nconst mark = '```';\nfunction add(x, y) { return x + y }\n~~~", 1},
		{add, "`const add = (x, y) => x + y`", 1},
		// Numbers: as near as floating point comes, and whole ones exactly.
		{`{"code": {"call": "f", "cases": [{"want": 0.3}]}}`, "const f = () => 0.1 + 0.2", 1},
		{`{"code": {"call": "f", "cases": [{"want": 7}]}}`, "const f = () => 70 * 0.1", 1},
		{`{"code": {"call": "f", "cases": [{"want": [0.3]}]}}`, "const f = () => [0.30001]", 0},
		{`{"code": {"call": "f", "cases": [{"want": 1000000000000}]}}`, "const f = () => 1000000000001", 0},
	} {
		if s := score(t, c.spec, c.reply); s != c.want {
			t.Errorf("%s: %q scores %g, want %g", c.spec, c.reply, s, c.want)
		}
	}
}

func TestCodeStops(t *testing.T) {
	v, err := Parse([]byte(`{"code": {"call": "f", "cases": [{"want": 1}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := v.Score(ctx, "", "while (true);"); !errors.Is(err, context.Canceled) {
		t.Errorf("of a call that is over: %v", err)
	}
	// A loop ends by what it was given to do, the same on every machine, long before its time.
	m, err := theMachine()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, endless := range []string{"while (true);", "async function f() { while (true) await 0 }"} {
		if right, err := m.run(ctx, endless, &Code{Call: "f", Cases: []Case{{Want: []byte("1")}}}); right || err != nil {
			t.Errorf("%s: %v, %v", endless, right, err)
		}
	}
}

// A program has as much memory as code.go says, and no more; so has the
// sandbox around it, and what is read of a result.
func TestCodeMemory(t *testing.T) {
	one := []byte("1")
	long := func(n int) Case { return Case{Want: []byte(`"` + strings.Repeat("x", n-2) + `"`)} }
	for _, c := range []struct {
		program string
		call    Case
		want    bool
	}{
		{"const f = () => new Uint8Array(48 << 20).length && 1", Case{Want: one}, true},
		{"const f = () => { const a = []; try { for (let i = 0; i < 12; i++) a.push(new Uint8Array(8 << 20)); return 0 } catch { return 1 } }", Case{Want: one}, true}, // refused, and the program goes on
		{"const f = () => 'x'.repeat((1 << 20) - 2)", long(1 << 20), true},
		{"const f = () => 'x'.repeat((1 << 20) - 1)", long(1<<20 + 1), false},
	} {
		m, err := theMachine()
		if err != nil {
			t.Fatal(err)
		}
		right, err := m.run(context.Background(), c.program, &Code{Call: "f", Cases: []Case{c.call}})
		if right != c.want || err != nil {
			t.Errorf("%s: %v, %v", c.program, right, err)
		}
	}
	m, err := theMachine()
	if err != nil {
		t.Fatal(err)
	}
	mod, err := m.r.InstantiateModule(context.Background(), m.m, wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize"))
	if err != nil {
		t.Fatal(err)
	}
	defer mod.Close(context.Background())
	const most = 96 << 20
	if _, ok := mod.Memory().Grow(most>>16 - mod.Memory().Size()>>16); !ok {
		t.Error("the sandbox does not grow to 96 MiB")
	}
	if _, ok := mod.Memory().Grow(1); ok {
		t.Errorf("the sandbox grew to %d bytes", mod.Memory().Size())
	}
}

// What QuickJS does not count ends with its time, and is wrong.
func TestCodeNet(t *testing.T) {
	f, err := code(&Code{Call: "f", Cases: []Case{{Want: []byte("1")}}}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	const product = "let n = 3n; for (let i = 0; i < 40; i++) n = n * n; function f() { return 1 }"
	if s, err := f(context.Background(), "", product); s != 0 || err != nil {
		t.Errorf("a product of huge numbers scores %g, %v", s, err)
	}
	if codeTime > askTime {
		t.Errorf("a program has %v, more than the owner's own", codeTime)
	}
}

// A thought that has not ended is no answer, whoever judges it.
func TestUnended(t *testing.T) {
	for _, spec := range []string{`{"number": 4}`, `{"equation": "2+2"}`, `{"regex": ".*4"}`, `{"schema": {}}`} {
		for reply, want := range map[string]float64{"4": 1, "<think>2+2</think>4": 1, "so 2+2</think>\n4": 1, "<think>\nso 2+2=4": 0, " \n<think>4": 0, "<think>2</think><think>4": 0} {
			if got := score(t, spec, reply); got != want {
				t.Errorf("%s of %q: %g", spec, reply, got)
			}
		}
	}
}

func TestURL(t *testing.T) {
	var asked map[string]string
	reply, status := `{"reward": 0.5}`, http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			t.Error("a redirection was followed")
		}
		json.NewDecoder(r.Body).Decode(&asked)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		w.Write([]byte(reply))
	}))
	defer s.Close()
	spec, _ := json.Marshal(map[string]string{"url": s.URL})
	if got := score(t, string(spec), "<think>x</think>an answer"); got != 0.5 || asked["answer"] != "an answer" || asked["prompt"] != "a question" {
		t.Errorf("reward %g, asked %v", got, asked)
	}
	v, err := Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		status      int
		reply, want string
	}{
		{200, `{"reward": 2}`, "no reward between 0 and 1"}, {200, `{}`, "no reward"}, {200, "[", "no reward between 0 and 1 in its reply: ["}, {500, "", "500"}, {302, "", "302"},
		{200, `{"reward": 1, "x": "` + strings.Repeat("x", maxReply) + `"}`, "longer than"},
	} {
		status, reply = c.status, c.reply
		if _, err := v.Score(context.Background(), "", "x"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d %.40s: %v; want %q", c.status, c.reply, err, c.want)
		}
	}
}

// Programs are asked side by side, each question on its own connection: also one
// that answers a connection after another gets them all.
func TestAll(t *testing.T) {
	all, together := make(chan struct{}), atomic.Int32{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct{ Answer string }
		json.NewDecoder(r.Body).Decode(&q)
		if !r.Close {
			t.Error("a connection is kept")
		}
		switch n := together.Add(1); {
		case n == atOnce:
			close(all)
		case n < atOnce:
			<-all // hangs if they are asked one after another
		}
		fmt.Fprintf(w, `{"reward": %s}`, q.Answer)
	}))
	defer s.Close()
	url, _ := json.Marshal(map[string]string{"url": s.URL})
	var list []Reply
	var want []float64
	for i := range 3 * atOnce {
		list = append(list, Reply{url, "q", strconv.Itoa(i % 2)}, Reply{[]byte(`{"number": 1}`), "q", strconv.Itoa(i % 3)}, Reply{})
		one := 0.0
		if i%3 == 1 {
			one = 1
		}
		want = append(want, float64(i%2), one, 0)
	}
	var j Judge
	if got, err := j.All(context.Background(), list); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v, want %v", got, err, want)
	}
	if n, took := j.Programs(); n != 3*atOnce || took <= 0 {
		t.Errorf("%d programs in %v", n, took)
	}
	list[39].Text = "7" // no reward
	if _, err := j.All(context.Background(), slices.Repeat(list, 10)); err == nil || !strings.Contains(err.Error(), "no reward between 0 and 1") {
		t.Errorf("of a reply that is none: %v", err)
	}
	if n := together.Load(); n > 3*3*atOnce {
		t.Errorf("asked %d times, the most of them after an error", n)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := j.All(ctx, list); !errors.Is(err, context.Canceled) {
		t.Errorf("of a run that is over: %v", err)
	}
}

// A program that is busy or starts anew is asked again, and a run that is over waits for none.
func TestURLAgain(t *testing.T) {
	answers := make(chan int, 8)
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		if status := <-answers; status == 0 { // it dies amid the reply
			panic(http.ErrAbortHandler)
		} else {
			w.WriteHeader(status)
		}
		w.Write([]byte(`{"reward": 0.75}`))
	}))
	defer s.Close()
	v, err := Parse([]byte(`{"url": "` + s.URL + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		statuses []int
		want     string // of the error
	}{{[]int{503, 0, 200}, ""}, {[]int{429, 200}, ""}, {[]int{500}, "500"}, {[]int{502, 404}, "404"}} {
		asked = 0
		for _, status := range c.statuses {
			answers <- status
		}
		switch got, err := v.Score(t.Context(), "", "x"); {
		case c.want == "" && (err != nil || got != 0.75), c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)), asked != len(c.statuses):
			t.Errorf("%v: %g %v, asked %d times", c.statuses, got, err, asked)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	answers <- 503
	time.AfterFunc(pause/10, cancel)
	if _, err := v.Score(ctx, "", "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("of a run that is over: %v", err)
	}
}

// What an owner reads of a program that is not there, or says something else.
func TestURLSays(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) }))
	ask := func() error {
		v, err := Parse([]byte(`{"url": "` + s.URL + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Score(context.Background(), "", "x")
		return err
	}
	if err := say.Err(say.Chinese, ask()); !strings.Contains(err, "没有 0 到 1 之间的 reward：<html>") {
		t.Error(err)
	}
	s.Close()
	err := ask()
	if zh := say.Err(say.Chinese, err); !strings.Contains(zh, "连接不上") || strings.Contains(zh, "refused") || !strings.Contains(err.Error(), "it was asked 5 times; start it, then run the same command again: it goes on") || !strings.Contains(zh, "已问了 5 次") {
		t.Error(zh, err)
	}
}

func TestOwnNetworkOnly(t *testing.T) {
	for address, want := range map[string]string{
		"http://8.8.8.8/":         "not of this machine",
		"http://[2001:db8::1]/":   "not of this machine",
		"http://0.0.0.0/":         "not of this machine",
		"http://169.254.169.254/": "not of this machine", // where clouds keep secrets
		"ftp://127.0.0.1/":        "not http",
		"127.0.0.1:80":            "not http",
	} {
		spec, _ := json.Marshal(map[string]string{"url": address})
		if _, err := Parse(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"http://127.0.0.1:1/r", "http://10.0.0.7/r", "https://192.168.1.5:8000/", "http://[::1]/", "http://rewards.local/"} {
		spec, _ := json.Marshal(map[string]string{"url": address})
		if _, err := Parse(spec); err != nil {
			t.Error(err)
		}
	}
	// A name is judged by what it leads to.
	control := client.Transport.(*http.Transport).DialContext
	if _, err := control(context.Background(), "tcp", "93.184.216.34:80"); !errors.Is(err, errOutside) {
		t.Errorf("a public address is called: %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	for spec, want := range map[string]string{
		`{}`:                   "0 of its fields",
		`[]`:                   "no object with a field",
		`"B"`:                  "no object with a field",
		`{"choice": 2}`:        "choice is no text; write it between quotation marks",
		`{"code": "print(1)"}`: "no call with its cases; write {\"call\"",
		`{"code": {"call": "f", "cases": [{"input": [1], "want": 2}]}}`:                 "case 1 is no args",
		`{"code": {"call": "f", "cases": [{"args": [], "want": 2}], "language": "js"}}`: `code knows no field "language"`,
		`{"number": 1, "choice": "A"}`:                                                  "2 of its fields",
		`{"nummer": 1}`:                                                                 `no verifier "nummer"; write one of number, `,
		`{"number": "x"}`:                                                               "is no number",
		`{"number": [1]}`:                                                               "is no number",
		`{"number": "1-2"}`:                                                             "may be a range or a difference; write the one number",
		`{"number": "10 - 20"}`:                                                         "may be a range",
		`{"number": 1, "tolerance": "x"}`:                                               "no tolerance",
		`{"number": 1, "tolerance": -1}`:                                                "no tolerance",
		`{"choice": "A", "tolerance": 1}`:                                               "only a number has a tolerance",
		`{"tolerance": 1}`:                                                              "0 of its fields",
		`{"number": "1e999999999"}`:                                                     "is no number",
		`{"equation": "2+"}`:                                                            "cannot be worked out",
		`{"equation": {"target": 1}}`:                                                   "cannot be read",
		`{"equation": "` + strings.Repeat("(", 4000) + `"}`:                             "cannot be worked out",
		`{"choice": "bad"}`:                                                             "is no choice",
		`{"choice": "left"}`:                                                            "is no choice",
		`{"regex": "("}`:                                                                "no regular expression",
		`{"regex": ")("}`:                                                               "no regular expression",
		`{"regex": "(a)\\1"}`:                                                           "no regular expression",
		`{"schema": {"type": 5}}`:                                                       "no JSON schema",
		`{"schema": {"$ref": "file:///etc/passwd"}}`:                                    "no JSON schema",
		`{"schema": {"$ref": "http://127.0.0.1/"}}`:                                     `it refers to "http://127.0.0.1/"`,
		`{"schema": {"$ref": "#/x"}}`:                                                   `it refers to "#/x", which it does not have`,
		`{"schema": {"$ref": "#x"}}`:                                                    `it refers to "#x", which it does not have`,
		`{"code": {"call": "f()", "cases": [{"want": 1}]}}`:                             "no name of a function",
		`{"code": {"call": "f", "cases": []}}`:                                          "there are 0 cases",
		`{"code": {"call": "f", "cases": [{"args": [1]}]}}`:                             "has no want",
	} {
		_, err := Parse([]byte(spec))
		var e *say.Error
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &e) || e.In(say.Chinese) == e.In(say.English) {
			t.Errorf("%.60s: %v; want %q in both languages", spec, err, want)
		}
	}
}

func FuzzScore(f *testing.F) {
	for _, s := range []string{`{"number": 42}`, `{"equation": "(1+2)*3/4"}`, `{"equation": {"target": 24, "numbers": [3,3,8,8]}}`, `{"choice": "AB"}`, `{"regex": "a+"}`, `{"schema": {"type": "object"}}`} {
		f.Add(s, `The answer is \boxed{\frac{1}{2}} = 1/2 or (3-8/3)*1,000.5%`)
	}
	for _, s := range []string{"$250 000", "1亿2千万 or 3万5", "The answer is one hundred and five.", "**42** boxes, 6 crates", "1/3 ≈ 0.333"} {
		f.Add(`{"number": 42}`, s)
	}
	f.Fuzz(func(t *testing.T, spec, reply string) {
		v, err := Parse([]byte(spec))
		if err != nil || strings.Contains(spec, "url") || strings.Contains(spec, "code") {
			return
		}
		s, err := v.Score(context.Background(), "", reply)
		if err != nil || s != 0 && s != 1 {
			t.Fatalf("%s: %q scores %g, %v", spec, reply, s, err)
		}
	})
}

func BenchmarkCode(b *testing.B) {
	v, err := Parse([]byte(`{"code": {"call": "add", "cases": [{"args": [3, 4], "want": 7}]}}`))
	if err != nil {
		b.Fatal(err)
	}
	for name, program := range map[string]string{"right": "const add = (x, y) => x + y", "endless": "while (true);", "full": "let s = 'x'; while (true) s += s;"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				v.Score(context.Background(), "", program)
			}
		})
	}
}
