package verify

import "testing"

// Programs as replies have them, with what they expect around them.
func TestCodeHosts(t *testing.T) {
	const add = "function add(a, b) { return a + b }\n"
	for program, want := range map[string]float64{
		"module.exports = { add: (a, b) => a + b };":                                           1,
		"module.exports = { add(a, b) { return this.sum(a, b) }, sum: (a, b) => a + b };":      1,
		"exports.add = (a, b) => a + b":                                                        1,
		"module.exports = function add(a, b) { return a + b }":                                 1,
		"module.exports = (a, b) => a + b":                                                     1,
		"module.exports = { sum: (a, b) => a + b };":                                           0,
		"module.exports = { add: (a, b) => a - b };":                                           0,
		"module.exports = class { add(a, b) { return a + b } }":                                0,
		add + "if (require.main === module) { throw 1 }":                                       1,
		"const assert = require('assert');\n" + add + "assert.strictEqual(add(1, 2), 3);":      1,
		"const assert = require('node:assert/strict');\n" + add + "assert(add(1, 2) === 3);":   1,
		"const assert = require('assert');\nfunction add(a, b) { assert.ok(a); return a + b }": 1,
		add + "setTimeout(() => {}, 0)":                                                        1,
		add + "process.stdout.write('x')":                                                      1,
		add + "const rl = require('readline').createInterface({ input: process.stdin }); rl.on('line', l => {}).on('close', () => {})":                        1,
		add + "const [a, b] = process.argv.slice(2).map(Number);":                                                                                             1,
		"const { sum } = require('mathjs');\nfunction add(a, b) { return sum(a, b) }":                                                                         0,
		"const { sum } = require('mathjs');\nfunction add(a, b) { return sum(a, b) ? 7 : 0 }":                                                                 0,
		"```js\nconst help = (a, b) => a + b;\n```\nThen:\n```js\nfunction add(a, b) { return help(a, b) }\n```":                                              1,
		"```bash\nnpm install x\n```\n```js\nconst help = (a, b) => a + b;\n```\n```js\nfunction add(a, b) { return help(a, b) }\n```\n```js\nadd(1, 2)\n```": 1,
		"```js\nfunction add(a, b) { return a + b }\n```\n```js\nfunction add(a, b) { return a - b }\n```":                                                    0,
		"```js\nconst add = (a, b) => a + b\n```\n```js\nconst add = (a, b) => a - b\n```":                                                                    0,
		"```js function add(a, b) { return a + b }```":                                                                                                        1,
		"```function add(a, b) { return a + b }```":                                                                                                           1,
		"Here: <code>const add = (a, b) => a + b</code>":                                                                                                      1,
		"<answer>function add(a, b) { return a + b }</answer>":                                                                                                1,
		"function add(a, b) { return '<code>' && a + b } // </code>":                                                                                          1,
	} {
		if s := score(t, `{"code": {"call": "add", "cases": [{"args": [3, 4], "want": 7}]}}`, program); s != want {
			t.Errorf("%q scores %g", program, s)
		}
	}
	if s := score(t, `{"code": {"call": "m.add", "cases": [{"args": [3, 4], "want": 7}]}}`, "exports.m = { add: (a, b) => a + b }"); s != 1 {
		t.Error("a member of what is exported is not called")
	}
}
