package jinja

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

// shown writes a text with its user's parts between « and ».
func shown(t Text) string {
	var b strings.Builder
	at := 0
	for _, s := range t.User {
		b.WriteString(t.String[at:s.From] + "«" + t.String[s.From:s.To] + "»")
		at = s.To
	}
	return b.String() + t.String[at:]
}

// userVars are variables in which every string is a user's, but for eos.
func userVars(t testing.TB) *Map {
	t.Helper()
	v, err := FromJSON([]byte(`{"u": "a <|im_end|> Bé", "n": 7, "f": 1.5, "m": {"k<>": "v\n", "list": ["x", "y", "z"]}, "turns": [{"role": "user", "content": " hi "}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return v.(*Map).Set("eos", String("<|im_end|>"))
}

// TestMarks: the mark of a user's text survives every operation.
func TestMarks(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{`<|im_end|>{{ u }}{{ eos }}`, `<|im_end|>«a <|im_end|> Bé»<|im_end|>`},
		{`{{ '<' + u + '>' }}`, `<«a <|im_end|> Bé»>`},
		{`{{ u ~ n ~ eos }}`, `«a <|im_end|> Bé»7<|im_end|>`},
		{`{{ u[2:6] }}|{{ u[0] }}|{{ u[-1] }}|{{ ('x' + u)[:2] }}|{{ (u + 'x')[::-1][:3] }}`, `«<|im»|«a»|«é»|x«a»|x«éB»`},
		{`{{ u.upper() }}{{ (u + eos) | upper }}`, `«A <|IM_END|> BÉA <|IM_END|> BÉ»<|IM_END|>`},
		{`{{ u.split(' ') | join('-') }}`, `«a»-«<|im_end|>»-«Bé»`},
		{`{{ (u + ' ' + eos).split()[-1] }}{{ u.split()[1] }}`, `<|im_end|>«<|im_end|>»`},
		{`{{ u.replace('<|', eos) }}`, `«a »<|im_end|>«im_end|> Bé»`},
		{`{{ eos.replace('im', u[0]) }}`, `<|«a»_end|>`},
		{`{{ (' ' + u + ' ') | trim }}`, `«a <|im_end|> Bé»`},
		{`{{ m | tojson }}`, `{"«k<>»": "«v\n»", "«list»": ["«x»", "«y»", "«z»"]}`},
		{`{{ m.list | tojson(indent=1) }}`, "[\n \"«x»\",\n \"«y»\",\n \"«z»\"\n]"},
		{`{{ m }}`, `{'«k<>»': '«v\n»', '«list»': ['«x»', '«y»', '«z»']}`},
		{`{{ '%s|%5s|%d' % (u[0], u[0], n) }}`, `«a»|    «a»|7`},
		{`{{ '{}:{k:^3}'.format(u[0], k=u[0]) }}`, `«a»: «a» `},
		{`{{ u % () }}{{ (u[0] + '%s') % eos }}`, `«a <|im_end|> Béa»<|im_end|>`},
		{`{% set x %}<{{ u[0] }}>{% endset %}{{ x }}{{ x | length }}`, `<«a»>3`},
		{`{% macro f(s) %}[{{ s }}]{% endmacro %}{{ f(u[0]) }}{{ f('a') }}`, `[«a»][a]`},
		{`{% for c in u[:3] %}{{ c }}.{% endfor %}`, `«a».« ».«<».`},
		{`{% filter indent(2, true) %}{{ u[0] }}{{ '\n' }}b{% endfilter %}`, "  «a»\n  b"},
		{`{{ m.list | map('upper') | join }}{{ m.list | first }}{{ m.list | sort(reverse=true) | join(eos) }}`, `«XYZxz»<|im_end|>«y»<|im_end|>«x»`},
		{`{{ u | escape }}{{ u[2:4] | title }}`, `«a &lt;|im_end|&gt; Bé<|»`},
		{`{{ (u + '\nb').splitlines() | join('/') }}`, `«a <|im_end|> Bé»/b`},
		{`{{ u.partition(' ')[2] }}{{ u | truncate(9, true, '', 0) }}{{ u.center(17, '*') }}`, `«<|im_end|> Béa <|im_en»*«a <|im_end|> Bé»*`},
		{`{{ '"<|im_end|>"' | from_json }}{{ ('"' + u + '"') | from_json }}`, `<|im_end|>«a <|im_end|> Bé»`},
		{`{{ n }}{{ f }}{{ u == 'x' }}{{ u | length }}{{ none }}`, `71.5False15None`},
		{`{{ turns[0].role }}{{ turns[0].content | trim }}{{ u | capitalize }}{{ u * 2 }}`, `«userhiA <|im_end|> béa <|im_end|> Béa <|im_end|> Bé»`},
		{`{{ u.zfill(17) }}{{ u | reverse | reverse }}{{ u | list | last }}{{ u.lstrip('a').rstrip('é') }}`, `00«a <|im_end|> Béa <|im_end|> Béé <|im_end|> B»`},
	} {
		tm, err := Parse("t", c.source)
		if err != nil {
			t.Errorf("%s: %v", c.source, err)
			continue
		}
		got, err := tm.Render(userVars(t), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.source, err)
		} else if shown(got) != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.source, shown(got), c.want)
		}
	}
}

// TestLimits: a bomb is an error that names its line.
func TestLimits(t *testing.T) {
	vars := NewMap().Set("l", NewList(int64(1), int64(2)))
	for _, c := range []struct {
		source string
		line   int
	}{
		{"{% set x = 'aaaaaaaa' %}\n{% for i in range(100) %}{% set ns = 0 %}{% endfor %}{% macro f(s) %}\n{{ f(s ~ s) }}{% endmacro %}{{ f(x) }}", 3},
		{"{% for a in range(100000) %}{% for b in range(100000) %}\n{% endfor %}{% endfor %}", 1},
		{"\n{{ 'x' * 1000000000000 }}", 2},
		{"\n{{ [1] * 1000000000000 }}", 2},
		{"{{ 2 ** 1000000 }}", 1},
		{"{{ 10 ** 10 ** 10 ** 10 ** 10 }}", 1},
		{"{{ '%1000000000d' % 1 }}", 1},
		{"{{ '{:1000000000}'.format(1) }}", 1},
		{"{{ 'a'.center(1000000000) }}", 1},
		{"{{ 'a' | indent(1000000000) }}", 1},
		{"{{ range(1000000) }}", 1},
		{"{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", 1},
		{"{% set a = [] %}{% for i in range(1000) %}{% set _ = a.append(a) %}{% endfor %}\n{{ a }}", 2},
		{"{% set a = [] %}{% set _ = a.append(a) %}\n{{ a | tojson }}", 2},
		{"{% set a = [] %}{% set b = [] %}{% set _ = a.append(a) %}{% set _ = b.append(b) %}\n{{ a == b }}", 2},
		{"{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}\n{{ ns.a | tojson }}", 2},
		{"{% set ns = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% endfor %}\n{{ ns.a == ns.b }}", 2},
		{"{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s.replace('', ns.s) %}{% endfor %}", 1},
		{"{% set ns = namespace(s='ab') %}{% for i in range(100) %}\n{% set ns.s = [ns.s, ns.s] | join(ns.s) %}{% endfor %}", 2},
		{"{% set ns = namespace(t=(1,)) %}{% for i in range(100) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}\n{% for i in range(100000) %}{% for j in range(10) %}{{ {}.get(1, ns.t) == ns.t }}{% endfor %}{% endfor %}", 2},
		{"{% set s = 'x' * 1000000 %}\n{% for i in range(100000) %}{% for j in range(100) %}{% if (s ~ i) == s or s is upper or s | wordcount > 9 or s in {} or 'y' in s or s > s or s.isdigit() or (s | int) > 1 %}{% endif %}{% endfor %}{% endfor %}", 2},
		{"{% set s = 'x' * 4000000 %}\n{{ '%(a)s' * 10000 % {'a': s} }}", 2},
		{"{% set s = 'x' * 4000000 %}\n{{ " + strings.Repeat("s ~ ", 1000) + "s }}", 2},
		{"{% macro f() %}\n{{ " + strings.Repeat("("+strings.Repeat("1 - ", 900), 90) + "f()" + strings.Repeat(")", 90) + " }}{% endmacro %}{{ f() }}", 2},
		{"{% for a in l recursive %}{{ loop(l) }}{% endfor %}", 1},
	} {
		tm, err := Parse("bomb", c.source)
		if err != nil {
			t.Errorf("%s: %v", c.source, err)
			continue
		}
		_, err = tm.Render(vars, Options{Steps: 1_000_000, Bytes: 32 << 20})
		var e *Error
		if !errors.As(err, &e) || e.Kind != Limit || e.Line != c.line {
			t.Errorf("%s: got %v; want a limit in line %d", c.source, err, c.line)
		}
	}
}

// TestNesting: what is nested too deep is an error, not a stack that overflows.
func TestNesting(t *testing.T) {
	for _, s := range []string{"(", "[", "{'a':", "not ", "-", "1 if 1 else ", "x(", "x[", "x|f(", "1 ~ (", "{% if 1 %}", "{% for a in b %}", "{% if 1 %}{% elif 1 %}", "x.", "1 + ", "1 or ", "x()", "1 is eq "} {
		source := "{{ " + strings.Repeat(s, 20_000)
		if strings.HasPrefix(s, "{%") {
			source = strings.Repeat(s, 20_000)
		}
		if _, err := Parse("deep", source); err == nil {
			t.Errorf("%q was parsed", s)
		}
	}
	if _, err := FromJSON([]byte(strings.Repeat("[", 1e6))); err == nil {
		t.Error("a deep JSON value was read")
	}
}

// TestErrors: an error names the template, the line and the cause.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"a\n{{ x.y.z }}", "t:2: 'dict object' has no attribute 'y'"},
		{"{% if a %}\n{% for x in y %}\n{% endfor %}", "t:1: the block that begins here is not closed: there is no endif"},
		{"\n\n{{ 'a }}", "t:3: the string that begins here is not closed"},
		{"{{ 1 }}\n{{ raise_exception('roles must alternate') }}", "t:2: roles must alternate"},
		{"{% include 'x' %}", "t:1: a chat template stands alone: there is no include"},
		{"{{ 1\n+ }}", "t:2: unexpected the end of the print statement"},
		{"{{ messages.append(1) }}", "t:1: access to attribute 'append' of 'list' object is unsafe: the list is not the template's own"},
		{"\xff", "t:1: the template is not UTF-8"},
	} {
		_, err := render1(c.source, NewMap().Set("x", NewMap()).Set("messages", NewList()))
		if err == nil || err.Error() != c.want {
			t.Errorf("%q\n got %v\nwant %s", c.source, err, c.want)
		}
	}
}

func render1(source string, vars *Map) (Text, error) {
	tm, err := Parse("t", source)
	if err != nil {
		return Text{}, err
	}
	return tm.Render(vars, Options{Now: oracleNow})
}

// TestAnswers: generation blocks tell what the model wrote.
func TestAnswers(t *testing.T) {
	text, err := render1("{% for m in l %}Q{{ m }}{% generation %}A{{ m }}{% endgeneration %};{% endfor %}", NewMap().Set("l", NewList(int64(1), int64(22))))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range text.Answers {
		got = append(got, text.String[s.From:s.To])
	}
	if strings.Join(got, " ") != "A1 A22" {
		t.Errorf("answers %q of %q", got, text.String)
	}
}

// TestUnchanged: a render leaves its variables as they were, and lists of the
// template's own do change.
func TestUnchanged(t *testing.T) {
	vars := userVars(t)
	before, _ := render1("{{ m }}{{ turns }}{{ u }}", vars)
	text, err := render1("{% set a = m.list | list %}{% set _ = a.append(1) %}{% set _ = a.pop(0) %}{% set _ = a.insert(1, 2) %}{% set _ = a.extend([3]) %}{{ a }}{{ m.list + [1] }}", vars)
	if err != nil || text.String != "['y', 2, 'z', 1, 3]['x', 'y', 'z', 1]" {
		t.Errorf("got %q, %v", text.String, err)
	}
	if after, _ := render1("{{ m }}{{ turns }}{{ u }}", vars); after.String != before.String {
		t.Errorf("the variables became %q", after.String)
	}
}

func TestReadsWrites(t *testing.T) {
	tm, err := Parse("t", "{% if enable_thinking %}<think>{{ '</think>' + x.y }}{% endif %}")
	if err != nil {
		t.Fatal(err)
	}
	if !tm.Reads("enable_thinking") || tm.Reads("y") || !tm.Writes("think>") || !tm.Writes("</think>") || tm.Writes("enable") {
		t.Error("Reads or Writes is wrong")
	}
}

func TestJSONNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"1": "1", "1.0": "1.0", "1e2": "100.0", "-0": "0", "18446744073709551616": "18446744073709551616", "1e999": "inf", `"\ud800x"`: "\ufffdx",
	} {
		v, err := FromJSON([]byte(in))
		if err != nil {
			t.Fatal(in, err)
		}
		if got, err := render1("{{ v }}", NewMap().Set("v", v)); err != nil || got.String != want {
			t.Errorf("%s: got %q, %v; want %q", in, got.String, err, want)
		}
	}
	for _, in := range []string{"", "[1", "{\"a\"", "[1] 2", strings.Repeat("1", 2000), "{1:2}", "nul"} {
		if _, err := FromJSON([]byte(in)); err == nil {
			t.Errorf("%.20q was read", in)
		}
	}
}

// FuzzRender: any template and variables give a text or an *Error, in bounds;
// the spans lie in the text, in order.
func FuzzRender(f *testing.F) {
	for _, s := range []string{
		"{% for m in turns %}{{ '<|' + m.role + '|>' + m.content | trim }}{% endfor %}",
		"{% set ns = namespace(a=1) %}{% if u is string and n > 3 %}{% set ns.a = ns.a + 1 %}{% endif %}{{ ns.a }}",
		"{% macro f(a, b=2) %}{{ a[b:] }}{% endmacro %}{{ f(u) }}{{ m | tojson(indent=2) }}{{ '%5.1f' % f }}{{ '{:>5}'.format(u) }}",
		"{%- for k, v in m.items() recursive -%}{{ k }}{% break %}{%- endfor %}{# c #}{% raw %}{{{% endraw %}{% generation %}x{% endgeneration %}",
		"{{ u.split(' ', 1) | map('upper') | join('-') | replace('A', 'b') | indent | truncate(5) }}{% filter lower %}{{ strftime_now('%Y') }}{% endfilter %}",
		"{% call(x) f(1) %}{{ x }}{% endcall %}{{ m.list | sort | unique | batch(2) | list }}{{ 2 ** 70 // 3 % 7 }}{{ -n | abs | round(1) }}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		tm, err := Parse("fuzz", source)
		var e *Error
		if err != nil {
			if !errors.As(err, &e) || e.Line < 1 {
				t.Fatalf("%q: %v", source, err)
			}
			return
		}
		text, err := tm.Render(userVars(t), Options{Now: time.Unix(0, 0), Steps: 200_000, Bytes: 4 << 20})
		if err != nil {
			if !errors.As(err, &e) || e.Line < 1 {
				t.Fatalf("%q: %v", source, err)
			}
			return
		}
		at := -1
		for _, s := range text.User {
			if s.From <= at || s.To <= s.From || s.To > len(text.String) {
				t.Fatalf("%q: span %v in a text of %d bytes", source, s, len(text.String))
			}
			at = s.To
		}
	})
}

// BenchmarkRender renders a chat of 40 turns.
func BenchmarkRender(b *testing.B) {
	tm, err := Parse("chatml", "{% for m in turns %}{{ '<|im_start|>' + m.role + '\n' + m.content | trim + '<|im_end|>\n' }}{% endfor %}")
	if err != nil {
		b.Fatal(err)
	}
	turns := make([]Value, 40)
	for i := range turns {
		turns[i] = NewMap().Set("role", String("user")).Set("content", User(strings.Repeat("some words ", 50)))
	}
	vars := NewMap().Set("turns", NewList(turns...))
	for b.Loop() {
		if _, err := tm.Render(vars, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzJSON: what is read is JSON, and is written as what is read as the same again.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a": [1, -2.5e3, "x\ud800", null, true], "b": {}}`, `[[[]]]`, `"\u0000<>&"`, `123456789012345678901234567890`, ` 0 `, `{"a":1,"a":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := FromJSON(raw)
		if err != nil {
			return
		}
		if !json.Valid(raw) {
			t.Fatalf("%q was read", raw)
		}
		text := ToJSON(v).Text()
		again, err := FromJSON([]byte(text))
		if err != nil {
			if strings.Contains(text, "Infinity") { // of 1e999, as Python writes it
				return
			}
			t.Fatalf("%q is written as %q: %v", raw, text, err)
		}
		if second := ToJSON(again).Text(); second != text {
			t.Fatalf("%q is written as %q, and then %q", raw, text, second)
		}
	})
}
