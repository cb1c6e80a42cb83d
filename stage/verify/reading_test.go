package verify

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

// Everyday answers, in the notations that models and data sets have.
func TestReading(t *testing.T) {
	for _, c := range []struct {
		spec         string
		right, wrong []string
	}{
		// Mixed numbers and fractions.
		{`{"number": "5/2"}`, []string{`\boxed{2\frac{1}{2}}`, `2 \frac12`, `$2\dfrac{1}{2}$`, "2(1/2)", "2 1/2", "2½", "2又1/2", "2又2分之1", "2.5", `\tfrac52`, `\frac5{2}`, `\frac{5}2`, "250%", "(5/2)", "((5)/(2))", "2((1)/(2))", `x = \frac{5}{2}`}, []string{"21/2", "1/2", "2", `\boxed{2\frac{1}{3}}`, "2(2/1)", "2(5/2)", "5(1/2)"}},
		{`{"number": "-5/2"}`, []string{`-2\frac{1}{2}`, `\frac{-5}{2}`, `-\frac{5}{2}`, "-2(1/2)", "−5/2"}, []string{"2(1/2)", "-3/2"}},
		{`{"number": "70/3"}`, []string{"23(1/3)", `23\frac13`, "答：23(1/3)千米。", "23 1/3 km"}, []string{"1/3", "23", "23(1/4)", "231/3"}},
		{`{"number": "23(1/3)"}`, []string{"70/3", `\boxed{\frac{70}{3}}`}, []string{"1/3", "231/3"}},
		{`{"number": "3/4"}`, []string{`\frac34`, `\tfrac{3}{4}`, `\dfrac34`, `\cfrac{3}{4}`, "0.75", "75%", "¾", "4分之3", "百分之75"}, []string{"34", "4", "3", `\frac43`, "3:4", "4分之1"}},
		{`{"number": "((2)/(3))"}`, []string{"2/3", `\frac{2}{3}`}, []string{"3"}},
		{`{"number": "5((7)/(10))"}`, []string{"5.7", "5(7/10)"}, []string{"57/10.5", "7/10"}},
		{`{"number": "1200/(1+20%)"}`, []string{"1000", "答：1000元"}, []string{"1200/(1+20%)", "20%"}},
		{`{"number": "336/48%"}`, []string{"700"}, []string{"7", "0.07"}},
		{`{"number": 32}`, nil, []string{"2^5", "2**5", "4*8", "40-8"}},
		{`{"number": 1}`, nil, []string{"231/3", `\frac{1}{2}`, "70/3"}},
		// A division that is left to do.
		{`{"number": 3}`, []string{"285/95 = 3", `\frac{285}{95} = 3`}, []string{"285/95", `\frac{285}{95}`, `\boxed{285/95}`, "3/1", "答：285/95"}},
		{`{"number": "76%"}`, []string{"19/25", "76%", "0.76"}, []string{"38/50", `\boxed{\frac{38}{50}}`, "76/100"}},
		{`{"number": 0.75}`, []string{"3/4", "0.75"}, []string{"6/8", "1.5/2", "3/4.0"}},
		{`{"number": "1/2"}`, []string{"1/2", "2/4", "0.5"}, []string{"1/2.0"}},
		{`{"number": "480/6"}`, []string{"480/6", "80"}, []string{"160/2"}},
		{`{"number": 12}`, nil, []string{"3/0.25", `\frac{3}{0.25}`}},
		// Thousands, units, powers of ten.
		{`{"number": 10000}`, []string{"10{,}000", `$10{,}000$`, `10\,000`, "10,000", "10\u00a0000", "10 000", "1e4", `1 \times 10^4`, "10^4", `10^{4}`, "1×10⁴", `\boxed{10{,}000\text{ m}}`, `\$10,000`, "1*10**4"}, []string{"10", "0", "4", "1"}},
		{`{"number": 25}`, []string{"25 m^2", "25m²", "25 m2", "25 cm2.", `25\text{ cm}^2`, `\boxed{25\ \mathrm{m}^{2}}`, "25平方米", "25 kg/m^3", "25°", `25^\circ`, "x_1 = 25", `x_{2}=25`, "25 m/s^2", "**25** m^2", "25 s^{-1}"}, []string{"2", "25^2", `\sqrt{25}`, "25π", `25\pi`, "5^2"}},
		{`{"number": 2}`, nil, []string{"25 m^2", "25m²", "25 cm2", `\sqrt{2}`, "2π", "x^2", "x_2", "√2", "log 2", "5*2", "3^2", "6/(3*2)", "3-2", "x + 2", "-(2)", `\frac{x}{2}`, "3:2"}},
		{`{"number": 1000}`, []string{`1 \times 10^3`, "10^3", "1.0×10³"}, []string{"3", "10", "10^(3).5", `1 \times 10^2`}},
		{`{"number": 0.001}`, []string{"10^{-3}", `1\times10^{-3}`, "1e-3"}, []string{"-3"}},
		// Per cent: a hundredth, or a unit where the owner wrote the bare number.
		{`{"number": 50}`, []string{"50%", `50\%`, "50 percent", "50 per cent.", `\boxed{50\%}`, "百分之50", "5000%"}, []string{"0.5", "0.5%", "5%"}},
		{`{"number": 0.5}`, []string{"50%", "1/2", `\frac12`}, []string{"0.5‰", "50", "5%"}},
		{`{"number": "50%"}`, []string{"50%", "0.5", "1/2", "50 percent"}, []string{"50", "5000", "0.5%", "1/2%"}},
		// Where the answer stands.
		{`{"number": 42}`, []string{"42, not 41", "不是41，是42", "21 answers * 2 points/answer = 42 points.\nSo it is 42", "24 answers * 2 points/answer = 48 points.\nThe answer is 42.", "6*7 => 42", "6*7 -> 42", "<answer>42</answer>", "<b>42</b>", "\\begin{aligned} x &= 6*7 \\\\ &= 42 \\end{aligned}", "They are 6*7 = $<<6*7=42>>42.", "6 coins of 7 make 42 possible ways", "每次6个，7次，可能的情况有42种", "With 6 faces and 7 coins in all there could be 42 outcomes", "There are 3 red and 4 blue ones, so it is 6*7 = 42.", "12个，每个3元5角，一共是42元。", "11-1=10\n10+32=42", "6*7\n42", "1. 42", "3 or more are 42", "Step 1: 6*7\nStep 2: 42", `\[ 42 \]`, `\(42\)`, "#### Step 1\n6*7\n#### Answer\n42", "It is **42**", "`42`", "42!", "答案：**42**元", `\boxed{6*7=42}`, `\boxed{\text{42 apples}}`, `\boxed{42}\boxed{42}`, "The answer is 42.\n\nThe answer is 42.0"}, []string{"41, not 42", "The answer is not 42", "答案不是42", "x ≠ 42", "x > 42", "> 42", "42?", "是42吗？", "6*42"}},
		{`{"choice": "AB"}`, []string{"A and B", "A和B", "A与B", "A及B", "A、B", "A,B", "BA", "答案是A和B。", "The answer is A and B.", "(A) and (B)", "选A、B", "Both A and B", `\boxed{A, B}`, `\boxed{\text{A and B}}`, "A, and B", "选项A和选项B"}, []string{"A or B", "A或B", "A", "B", "A/B", "A|B", "A and B or C", "A还是B", "A and/or B"}},
		{`{"choice": "B"}`, []string{"B. Hepatitis A", "(B) Vitamin C", "(B) 不构成犯罪", "(B) 错误", "B. False", "(B) False", "B. 不是", "答案是B。因为A项可能会伤人，是错误的。", "Answer: B. A may cause harm. C is also wrong.", "B) Vitamin C", "B、丙型肝炎C", "选B。选项A、C错误。", "答案B。A、C、D说法正确。", "answer: I think B", "I think B", "I'd say B.", "The answer is option B because A is wrong.", "**B**", "**B.** Paris", "正确答案是B项", "故选：B", "A错误；C错误；D错误。故选B。", "A. wrong\nB. right\n\nAnswer: B", "A good guess is B", "The correct option is (B).", `\boxed{\text{B}}`, `\boxed{B. \text{Paris}}`, "A is wrong, B", "#### B", "答案：\nB", "It is B, because DNA is long", "B, since A is impossible", "My answer is B.", "本题选B", "选择B"},
			[]string{"A. Hepatitis B", "(A) Vitamin B", "选A。选项B错误。", "The answer is not B", "答案不是B", "不选B", "B is wrong", "B错误", "B项不对", "B不正确", "(B)项错误", "A. 正确\nB. 错误", "B?", "选B吗？", "A. red\nB. blue", "除了B"}},
		{`{"choice": "A"}`, []string{"A", "A.", "The answer is A", "A is right", "The answer is A which is red.", "I choose A here", "B is wrong, since it is late. <answer>A</answer>", "<answer>A</answer>"}, []string{"A good guess is B", "I", "The answer is A or B or C or D"}},
		// Equations: all sides of a line are equal to each other.
		{`{"equation": "(11-1)*2"}`, []string{"(11-1)*2=20", "(11-1)×2=10×2=20", "20", "(11-1)*2=20(个)", "(11-1)×2=20（元）", "11-1=10，10×2=20", "10(个)\n10*2=20", "x = 20", "x=(11-1)*2=20", "答：20元。", `\boxed{(11-1)\times 2}`, "2x = 40, x = 20", "So it is (11-1)*2 = 20 apples.", "**20**", "4^2+4", "4**2+4=20", `\frac{40}{2}`, "20 cm^2", "30-10 = 20"}, []string{"(11-1)*2=21", "21=(11-1)*2", "10+10=20=21", "11-1=9, 10*2=20", "20 = 21", "10+10≈21", "20x9", "20π", "2^20"}},
		{`{"equation": "20"}`, []string{"10+10=20", "20=20"}, []string{"10+10=999", "10+10=999=20", "999=20", "20=999", "19≠20", "19<20"}},
		{`{"equation": "12(1/2)"}`, []string{"12(1/2)", "25/2", `12\frac{1}{2}`, "12.5", "5*2(1/2)=12.5"}, []string{"121/2", "6"}},
		{`{"equation": "x=3.14*(8/2)**2"}`, []string{"50.24", "3.14*(8/2)^2", "3.14×4²=50.24", `3.14\times(\frac{8}{2})^2 = 50.24`}, []string{"3.14*(8/2)*2", "3.14"}},
		{`{"equation": "x=3.14*[(3+2)^2-3^2]"}`, []string{"50.24"}, nil},
		{`{"equation": "35*(4:5)"}`, []string{"28", "35*(4:5)", "35×4∶5=28"}, nil},
		{`{"equation": "3:4"}`, []string{"3:4", "3 : 4", "3：4", "0.75", "比是3:4"}, []string{"4:3", "3"}},
		{`{"equation": "0.75"}`, []string{"0.75"}, []string{"3:4"}},
		{`{"equation": "1.5"}`, []string{"1 1/2", "1(1/2)", "3 * 1/2"}, []string{"1 3/2", "11/2"}},
		{`{"equation": "20"}`, []string{"2(11-1)", "2(11-1)=20", "(1+1)(11-1)", "2 (5+5)"}, []string{"2(11-2)", "20(11-1)"}},
		{`{"equation": {"target": 8, "numbers": [2, 3]}}`, nil, []string{"2^3", "2**3", "2³", "8"}},
		{`{"equation": {"target": "27/8", "numbers": [3, 3, 8]}}`, []string{"3+3/8"}, []string{"3(3/8)"}},
		{`{"equation": {"target": 24, "numbers": [3, 3, 8, 8]}}`, []string{"8/(3-8/3) = 8/(1/3) = 24", `\frac{8}{3-\frac{8}{3}}`, `\boxed{8/(3-8/3)}`}, []string{"8/(3-8/3) = 25", "25 = 8/(3-8/3)", "8/(3-8/3) or 3*8", "8/(3-8/3)=24=23"}},
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

// An answer that names several candidates scores for none of them, in whatever
// order it names them: @ and % are the right one and another.
func TestCandidates(t *testing.T) {
	for _, c := range []struct {
		spec, right, other string
		answers            []string
	}{
		{`{"number": 42}`, "42", "41", []string{"@ or %", "@, %", "@ %", "@\n%", "@; %", "@. %.", "@ and %", "@、%", "@和%", "@或%", "@或者%", "@还是%", "@/%", "@-%", "@~%", "@ to %", "between @ and %", "@ & %", "@|%",
			"The answer is @ or %.", "答案是@或%。", "Either @ or %", "要么@，要么%", "@ apples or % apples", "@元或%元", "@元、%元", "@ apples, % apples", "@ or maybe %", "@, or possibly %", "It is @. Or %.", "@, maybe %", "Maybe @. Perhaps %.", "@，也许%", "@ (maybe %)", "大概@，大概%", "可能是@，也可能是%", "It might be @, it could be %.",
			"@ (or %)", "The answer is @. Alternatively, %.", "答案：@。答案：%。", "The answer is @. The answer is %.", `\boxed{@}\boxed{%}`, `\boxed{@} or \boxed{%}`, `\boxed{@ \text{ or } %}`, `\boxed{@, %}`, `\boxed{@、%}`, `\boxed{\{@, %\}}`, `\boxed{@ \quad %}`,
			`\boxed{@} or %`, `\boxed{@}，或%`, "#### @\n#### %", "#### @ or %", "#### @, %", `\boxed{@}` + "\n#### %", "x = @ or x = %", "x=@, x=%", "x=@或x=%", "<answer>@</answer> <answer>%</answer>", "<answer>@ or %</answer>", "@? %?", "**@** or **%**", "`@` `%`", "@ = %?", "It is @, otherwise %", "@，%", "@ 或许 %", `\boxed{x=@, x=%}`, "[@, %]", "{@, %}", "40, @, %"}},
		{`{"choice": "B"}`, "B", "C", []string{"@ or %", "@, %", "@ %", "@%", "@\n%", "@; %", "@. %.", "@ and %", "@、%", "@和%", "@或%", "@或者%", "@还是%", "@/%", "@|%", "@ & %", "The answer is @ or %.", "The answer is A or @ or % or D", "答案：@或%", "答案是@，也可能是%", "答案：@。答案：%。",
			"The answer is @. The answer is %.", "The answer is @, but it could also be %.", "Answer: @ (maybe %)", "Either @ or %", "要么@，要么%", "选@或者选%", "选@，也可以选%", `\boxed{@}\boxed{%}`, `\boxed{@ \text{ or } %}`, `\boxed{@, %}`, `\boxed{@} or %`, `\boxed{@}或%`,
			"#### @ or %", "<answer>@</answer><answer>%</answer>", "@. red\n%. blue", "(@) red (%) blue", "@) red %) blue", "@? %?", "可能是@，可能是%", "@ or %, I am not sure", "Maybe @. Maybe %.", "A. x\n@. y\n%. z\nD. w", "选@。选%。", "正确答案：@/%", "answer: @|%", "@、%都对", "It is @. Alternatively, %.", "答案是@，不然就是%"}},
		{`{"choice": "BC"}`, "BC", "BD", []string{"@ or %", "@或%", "答案：@。答案：%。", `\boxed{@}\boxed{%}`, "B和C，或者B和D", "The answer is B and C or D"}},
		{`{"equation": "(11-1)*2"}`, "20", "19", []string{"@ or %", "@, %", "@ %", "@; %", "@、%", "@或%", "@ and %", "@ = %", "10+9=@", "@ or maybe %", "@\n%", `\boxed{@}\boxed{%}`, `\boxed{@, %}`, `\boxed{@} or %`, "答案是@或者%", "@?", "10*2=@=%", "@≠%", "%<@"}},
		{`{"equation": {"target": 24, "numbers": [3, 3, 8, 8]}}`, "8/(3-8/3)", "8*3*(8-3)", []string{"@ or %", "@, %", "@ = %", "@或%", `\boxed{@}\boxed{%}`, "@; %", "@\n%"}},
	} {
		for _, a := range c.answers {
			for _, order := range [][2]string{{c.right, c.other}, {c.other, c.right}} {
				reply := strings.NewReplacer("@", order[0], "%", order[1]).Replace(a)
				if s := score(t, c.spec, reply); s != 0 {
					t.Errorf("%s: %q names several and scores %g", c.spec, reply, s)
				}
			}
		}
	}
}

// A result that is no JSON is not what JSON.stringify would make of it.
func TestCodeResults(t *testing.T) {
	for _, c := range []struct {
		want, body string
		score      float64
	}{
		{"null", "return null", 1}, {"null", "return NaN", 0}, {"null", "return -Infinity", 0}, {"null", "", 0}, {"null", "return () => 1", 0}, {"null", "return Symbol()", 0},
		{"null", "return {toJSON: () => null}", 0}, {"7", "return {toJSON: () => 7}", 0}, {"7", "return new Number(7)", 0}, {"7", "return 7n", 0}, {"7", "return '7'", 0}, {`"7"`, "return new String('7')", 0}, {"true", "return new Boolean(true)", 0},
		{`"1970-01-01T00:00:00.000Z"`, "return new Date(0)", 0}, {`"1970-01-01T00:00:00.000Z"`, "return new Date(0).toJSON()", 1},
		{"[null]", "return [null]", 1}, {"[null]", "return [NaN]", 0}, {"[null]", "return [undefined]", 0}, {"[null]", "return new Array(1)", 0}, {"[null]", "return [() => 1]", 0}, {"[[1, [null]]]", "return [[1, [0 / 0]]]", 0},
		{"{}", "return {}", 1}, {"{}", "return {a: undefined}", 0}, {"{}", "return {f() {}}", 0}, {"{}", "return new Map([[1, 2]])", 0}, {"{}", "return new Set([1])", 0}, {"{}", "return /a/", 0}, {"{}", "return new Error('x')", 0}, {"{}", "return new Proxy({}, {})", 0},
		{`{"0": 7}`, "return new Uint8Array([7])", 0}, {"[7]", "return Array.from(new Uint8Array([7]))", 1}, {`{"x": 1}`, "return new (class { constructor() { this.x = 1 } })", 1}, {`{"x": 1}`, "return Object.create(null, {x: {value: 1, enumerable: true}})", 1}, {`{"__proto__": 1}`, "return JSON.parse('{\"__proto__\": 1}')", 1},
		{"7", "Object.prototype.toJSON = () => 7; return {}", 0}, {"7", "Array.prototype.toJSON = () => 7; return []", 0}, {"[7]", "let n = 0; return [{get x() { return n++ }, toJSON: undefined}]", 0}, {`{"x": 1}`, "let n = 1; return {get x() { return n++ ? n - 1 : NaN }}", 1},
		{"1", "const a = []; a.push(a, a); return a", 0}, {"1", "let a = []; for (let i = 0; i < 40; i++) a = [a, a]; return a", 0}, {"1", "return new Array(4e9)", 0},
		{strings.Repeat("[", 400) + strings.Repeat("]", 400), "let a = []; for (let i = 1; i < 400; i++) a = [a]; return a", 1}, {strings.Repeat("[", 600) + strings.Repeat("]", 600), "let a = []; for (let i = 1; i < 600; i++) a = [a]; return a", 0},
		{"0", "return -0", 1}, {`"\ud83d\ude00"`, "return '😀'", 1}, {`{"b": [1, "x", true], "a": null}`, "return {a: null, b: [1, 'x', true]}", 1},
	} {
		spec := `{"code": {"call": "f", "cases": [{"want": ` + c.want + `}]}}`
		if s := score(t, spec, "function f() { "+c.body+" }"); s != c.score {
			t.Errorf("want %.40s: %q scores %g, not %g", c.want, c.body, s, c.score)
		}
	}
}

// Hostile answers and verifiers cost no more than their bytes, and each value
// has few bits. Work that grows with the square of an answer would outlast the
// test's own time here.
func TestBounded(t *testing.T) {
	const long = 1 << 15
	for _, a := range []string{"1=", "1 ", "1,", "9^9^9", "2^1000*", "(", "((", `\boxed{`, `\boxed{}`, `\boxed{1}`, `\frac`, `\frac{`, `\frac{1}{`, "**", "1**", "2^", "^{", "_", "{", "}", "1/7^999+", "答案1", "A,", "A或", "(A) x ", "A. x\n", "选A", "#### 1\n", "1 or ", "x=1,", "-", "- 1", "1.", "1(1/2)", "百分之", "1分之", "²", "½", "I A "} {
		many := strings.Repeat(a, long/len(a))
		for _, spec := range []string{`{"number": 1}`, `{"equation": "1"}`, `{"equation": {"target": 1, "numbers": [1]}}`, `{"choice": "A"}`} {
			score(t, spec, many)
			if s := score(t, spec, "7 "+many+" 8"); s != 0 && !strings.Contains(spec, "choice") && !strings.Contains(a, "boxed") {
				t.Errorf("%s of many %q and an 8 scores %g", spec, a, s)
			}
		}
	}
	for _, s := range []string{"9^9^9", "9**9**9", "(2^1000)^1000", "2^0.5", "2^1001", "0^0", "0^-1", "1/0", "1/(1-1)", "2^(1/2)", "10^-99999999999999999999", "2(3/2)", "2(1+1)", "(1)(2)", "1//2", "2^", "^2", "1 2", strings.Repeat("-", 200) + "1", strings.Repeat("2^", 200) + "1", strings.Repeat("9", maxDigits+1), strings.Repeat("1+", 5000) + "1"} {
		for _, spec := range []string{"number", "equation"} {
			raw, _ := json.Marshal(map[string]string{spec: s})
			if _, err := Parse(raw); err == nil {
				t.Errorf("%.80s is taken", raw)
			}
		}
	}
	for s, want := range map[string]string{"2^10": "1024", "2**3**2": "512", "-2^2": "-4", "(-1)**6": "1", "2^-2": "0.25", "(1+50%)**2/1**2": "2.25", "1/5(1/2)": "2/11", "-2(1/2)": "-2.5", "5((7)/(10))": "5.7", "((2)/(3))": "2/3", "9(3/5)/2": "4.8", "(1.05)^40": "", "５＋５": "10"} {
		raw, _ := json.Marshal(map[string]string{"equation": s})
		v, err := Parse(raw)
		if err != nil {
			t.Error(err)
		} else if got, _ := v.Score(context.Background(), "", want); want != "" && got != 1 {
			t.Errorf("%s is not %s", s, want)
		}
	}
}

// A division that is asked for is not its own answer; what is asked of fractions may be one of them.
func TestRepeated(t *testing.T) {
	for _, c := range []struct {
		spec, prompt string
		right, wrong []string
	}{
		{`{"number": 45}`, "135/3=?", []string{"45", "135/3=45"}, []string{"90/2", "135/3", "(135/3)", `\boxed{135/3}`, `\frac{135}{3}`, "答：135/3"}},
		{`{"number": 45}`, "135 ÷ 3 = ?", []string{"45"}, []string{"135/3", "135÷3"}},
		{`{"number": "3/4"}`, "Simplify 6/8.", []string{"3/4", "0.75", "9/12"}, []string{"6/8"}},
		{`{"number": 5}`, "把 15/3 化为整数。", []string{"5"}, []string{"15/3"}},
		{`{"number": "3/4"}`, "Write 3/4 as a fraction or a decimal.", []string{"3/4", "0.75"}, nil},
		{`{"number": "2/4"}`, "Which is greater, 2/4 or 1/3?", []string{"2/4", "1/2"}, []string{"1/3"}},
		{`{"number": 3}`, "How many thirds are in one?", []string{"3"}, []string{"9/3"}},
	} {
		v, err := Parse(json.RawMessage(c.spec))
		if err != nil {
			t.Fatal(err)
		}
		for want, list := range map[float64][]string{1: c.right, 0: c.wrong} {
			for _, a := range list {
				if s, err := v.Score(t.Context(), c.prompt, a); err != nil || s != want {
					t.Errorf("%q, answered %q, scores %g, not %g (%v)", c.prompt, a, s, want, err)
				}
			}
		}
	}
}

// What words and letters say of a number, and what is none by itself.
func TestQuantities(t *testing.T) {
	for _, c := range []struct {
		spec         string
		right, wrong []string
	}{
		{`{"number": 70000}`, []string{"7万", "7 万元", "$70k", "$70K", "70 thousand", "70,000", `\boxed{70\text{ thousand}}`, "答：一共7万元。", "七万"}, []string{"7", "70", "70 千米", "70千克", "7万5千"}},
		{`{"number": 7}`, []string{"7 千米", "7千克", "7km", "$7", "七"}, []string{"7万", "7 million", "7k", "7百"}},
		{`{"number": 300}`, []string{"300K", "$300K$", "3百", "3 hundred", "三百"}, []string{"300k", "3百帕"}},
		{`{"number": "3亿"}`, []string{"3亿", "300000000", "0.3 billion", "300 million", `\boxed{3\text{亿}}`, "3×10^8"}, []string{"3"}},
		{`{"number": -5}`, []string{"负5", "minus 5", "negative 5", "零下5度", "The answer is minus 5.", "负五", "-5"}, []string{"10 minus 5", "±5", `\boxed{\pm 5}`, "胜3负5"}},
		{`{"number": 5}`, []string{"5", "+5 ", "五"}, []string{"负5", "minus 5", "negative 5", "零下5度", `\boxed{\pm 5}`, "+/-5", "5i", `\boxed{5i}`}},
		{`{"number": 7}`, []string{"x = 7", "7 a day", "7 m", "7/day", `\boxed{x=7}`, "7 - because it is so"}, []string{`\boxed{7x}`, `\boxed{7 x}`, `\boxed{7ab}`, `\boxed{\frac{7}{x}}`, `\boxed{\frac{x}{7}}`, `\boxed{7/x}`, `\boxed{7+x}`, `\boxed{7-x}`, `5 \pmod{7}`, `5 (mod 7)`, `x \geq 7`, "6x7"}},
		{`{"number": -7}`, []string{"x = -7", "is -7"}, []string{`\boxed{x-7}`, "x - 7", "2x-7"}},
		{`{"number": 2}`, nil, []string{`\boxed{2a+b}`, `\binom{5}{2}`, `\lfloor 2\rfloor`, "5C2"}},
		{`{"number": 4}`, []string{"It is 4!"}, []string{`\boxed{4!}`}},
		{`{"number": "1/3"}`, []string{`0.\overline{3}`, `0.\dot{3}`, "三分之一"}, []string{"0.3", "三分之二"}},
		{`{"number": 3}`, []string{"商是7，余数是3"}, []string{`0.\overline{3}`, "7余3", "7 R 3", "7 remainder 3", "一样多"}},
		{`{"number": "1/6"}`, []string{`0.1\overline{6}`, `\boxed{0.1\overline{6}}`, "六分之一"}, nil},
		{`{"number": 30}`, []string{"30分", "After 3 hours 30 km are left", "三十", "答：三十分钟。"}, []string{"1小时30分", "1小时30分钟", "1 hour 30 minutes", "1 hour and 30 minutes", "3元30分", "2 ft 30 in"}},
		{`{"number": 0.005}`, []string{"千分之5", "5‰", "0.5%"}, []string{"百分之5", "5"}},
		{`{"number": 0.5}`, []string{"二分之一", "百分之五十", "一百分之五十"}, []string{"两分之三", "一半多"}},
		{`{"number": 42}`, []string{"四十二", "答案是四十二。", "答：一共四十二个。", `\boxed{四十二}`, "<answer>四十二</answer>"}, []string{"二十四", "四十二或四十一", "四二", "四十"}},
		{`{"number": 10005}`, []string{"一万零五"}, []string{"一万五"}},
		{`{"number": 300500000}`, []string{"三亿零五十万"}, nil},
		{`{"number": 3.14, "tolerance": 0.01}`, []string{"3.14", "3.15", "3.13", "3.145", "314%"}, []string{"3.151", "3.12", "-3.14"}},
		{`{"number": 50, "tolerance": "1/2"}`, []string{"50.5", "49.5%"}, []string{"51"}},
	} {
		for want, list := range map[float64][]string{1: c.right, 0: c.wrong} {
			for _, reply := range list {
				if s := score(t, c.spec, reply); s != want {
					t.Errorf("%s: %q scores %g, not %g", c.spec, reply, s, want)
				}
			}
		}
	}
}

// An answer that is announced or set off may be explained with other numbers.
func TestAnnounced(t *testing.T) {
	for reply, want := range map[string]float64{
		"<answer>15</answer> because 3 boxes hold 5 each":               1,
		"3 and 5. <answer>15</answer>\nNote: 2024.":                     1,
		"<answer>15</answer> or 16":                                     0,
		"<answer>15</answer><answer>16</answer>":                        0,
		"<answer>3*5</answer> = 15":                                     0,
		"<answer>15":                                                    1,
		"Answer: 15\nExplanation: 3 boxes of 5 apples.":                 1,
		"**Answer:** 15 apples\n3 boxes of 5 apples.":                   1,
		"答案是15。因为有3盒，每盒5个。":                                             1,
		"Answer: 15\nExplanation: 3 boxes hold 5 each. So 15 are in 3.": 1,
		"答案是15个。因为每盒5个，所以15个要3盒。":                                       1,
		"The answer is 15, which is less than 16.":                      1,
		"The answer is 15 because 3 boxes hold 5.":                      1,
		"The answer is 15 minutes (0.25 hours).":                        1,
		"The answer is 15. Wait, it is 3*6, which is 18.":               0,
		"The answer is 15. So with the other box it is 16.":             0,
		"The answer is 15.\nThe answer is 16.":                          0,
		"The answer is 15, 16":                                          0,
		"The answer is 15. Maybe it is 16.":                             0,
		"The answer is 15? It was 3 boxes.":                             0,
		"The answer is not 15, but 3*5.":                                0,
		"I first thought the answer is 15. But 3 more make it 18":       0,
	} {
		if s := score(t, `{"number": 15}`, reply); s != want {
			t.Errorf("%q scores %g, not %g", reply, s, want)
		}
	}
}

// 万 is a unit where it is asked how many of them.
func TestCounted(t *testing.T) {
	for _, c := range []struct {
		want, prompt, answer string
		score                float64
	}{
		{"3.6", "一共有多少万元？", "3.6万元", 1}, {"36000", "一共有多少万元？", "3.6万元", 1}, {"3.6", "一共有多少元？", "3.6万元", 0}, {"3.6", "一共有多少亿元？", "3.6万元", 0}, {"3", "有多少千米？", "3千米", 1}, {"3", "有多少千米？", "3×10^3", 0},
		{"4", "How much, in thousands of dollars, is it?", "$4k", 1}, {"4", "How many million people live there?", "4 million", 1}, {"4", "How many people live there?", "4 million", 0},
	} {
		v, err := Parse([]byte(`{"number": ` + c.want + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if s, _ := v.Score(context.Background(), c.prompt, c.answer); s != c.score {
			t.Errorf("%s, answered %s for %s, scores %g, not %g", c.prompt, c.answer, c.want, s, c.score)
		}
	}
}

// Choices in lower case, with their reasons, and letters that are none.
func TestChoices(t *testing.T) {
	for _, c := range []struct {
		spec         string
		right, wrong []string
	}{
		{`{"choice": "b"}`, []string{"B", "b", "(b)", "b.", "b) Vitamin C", "b. red", "The answer is b.", "The correct answer is option b", "option b is correct", "答案是b", "选b", `\boxed{b}`, `\boxed{\text{(b)}}`, "<answer>b</answer>"},
			[]string{"a", "(b) or (c)", "b or c", "(a) red (b) blue", "not b", "bad", "be", "The answer is being checked", "(a), (b)"}},
		{`{"choice": "A"}`, []string{"a", "option a is correct", "The answer is a.", "The answer is (a) because of it"}, []string{"The answer is a dog", "I choose a book"}},
		{`{"choice": "a, c"}`, []string{"A and C", "a, c", "(a), (c)", "A\nC", "A;C", "['A','C']", "AC"}, []string{"A", "A\nB", "A.\nC."}},
		{`{"choice": "B"}`, []string{"B because A is too large.", "B since A is too large", "B，因为A太大", "I'd pick B; A is too small.", "I'd go with B.", "Among A, B, C and D, the correct one is B.", "B (not C)", "B"},
			[]string{"All but B", "无法确定B", "不确定B", "Option B is a trap. C", "Vitamin B", "维生素B", "B (C)", "<answer>B</answer> or C", "Anything other than B"}},
		{`{"choice": "D"}`, []string{"D. A and B", "D. A and B are both right", "D（A和B都对）", "D (A, B and C)"}, []string{"D, A", "A. D"}},
	} {
		for want, list := range map[float64][]string{1: c.right, 0: c.wrong} {
			for _, reply := range list {
				if s := score(t, c.spec, reply); s != want {
					t.Errorf("%s: %q scores %g, not %g", c.spec, reply, s, want)
				}
			}
		}
	}
}
