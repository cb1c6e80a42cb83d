"""Writes random snippets and what transformers makes of them, for engine/jinja's TestOracle.

    compat/templates/.venv/bin/python compat/templates/random_snippets.py COUNT SEED CASES    # check.sh makes the venv
    go test ./engine/jinja -run TestOracle -v -args -cases CASES

docs/decisions/0006-jinja.md says which differences are known.
"""

import gzip
import json
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "testdata/oracle/jinja"))
import make  # noqa: E402

NAMES = ["x.n", "x.s", "x.l", "d", "people", "messages", "none", "true", "false", "nothing", "x", "d.a", "people[0]", "people[1].name", "x.nope", "tree"]
STRINGS = ["''", "'a'", "'Hello World'", "' pad \\n'", "'a,b,,c'", "'é世界'", "'x\\ty'", "'<b>'", "'%s'", "'{}'", "'-12'", "'3.5'", "'aAbB'", "'one two  three'", "'it\\'s'", "'\\\"q\\\"'", "'line1\\nline2\\n\\nline4'"]
NUMBERS = ["0", "1", "2", "-1", "3", "7", "10", "100", "1.5", "-2.5", "0.1", "1e3", "1e16", "255", "12345678901234567890", "2.675"]
FILTERS = ["abs", "capitalize", "count", "default('D')", "default('D', true)", "dictsort", "dictsort(true)", "dictsort(by='value')", "dictsort(reverse=true)", "escape", "first", "float", "float(2)", "indent", "indent(2, true)",
           "indent(width='> ', blank=true)", "int", "int(5)", "items|list", "join", "join('-')", "join(', ', attribute='name')", "last", "length", "list", "lower", "map('upper')|list", "map(attribute='name')|list", "map('string')|join('|')",
           "map('length')|list", "max", "min", "reject('none')|list", "rejectattr('nick')|list|length", "rejectattr('team','eq','red')|map(attribute='name')|list", "replace('a','<A>')", "replace('', '.')", "replace('l','L',1)",
           "reverse|list", "reverse", "round", "round(1)", "round(2,'floor')", "round(-1)", "safe", "select|list", "select('string')|list", "select('number')|list", "selectattr('name')|list|length",
           "selectattr('age','gt',26)|map(attribute='name')|join(',')", "selectattr('nick','defined')|list|length", "sort|list", "sort(reverse=true)", "sort(attribute='name')", "sort(attribute='age,name', reverse=true)", "sort(case_sensitive=true)", "string", "sum", "sum(attribute='age')",
           "title", "tojson", "tojson(indent=2)", "tojson(separators=(',',':'))", "tojson(sort_keys=true)", "tojson(ensure_ascii=true)", "trim", "trim('a')", "truncate(7)", "truncate(5, true, '')", "unique|list", "upper", "wordcount", "batch(2)|list", "batch(2, 0)|list",
           "groupby('team')|list", "format(1)", "attr('name')", "center(9)", "e", "d"]
TESTS = ["boolean", "callable", "defined", "divisibleby(2)", "eq(1)", "even", "false", "float", "ge(1)", "gt(1)", "in([1,'a'])", "integer", "iterable", "le(1)", "lower", "lt(2)", "mapping", "ne(1)", "none", "number", "odd", "sameas(none)", "sequence", "string", "true", "undefined", "upper", "not none", "not string", "not defined"]
METHODS = [".upper()", ".lower()", ".strip()", ".lstrip('a')", ".rstrip()", ".split()", ".split(',')", ".split(',', 1)", ".split(' ')[0]", ".rsplit(' ', 1)", ".splitlines()", ".replace('a', 'bb')", ".replace('', '-')", ".startswith('a')", ".endswith(('d', 'b'))", ".find('l')", ".rfind('o')",
           ".count('l')", ".title()", ".capitalize()", ".swapcase()", ".center(8, '*')", ".ljust(6)", ".rjust(6, '0')", ".zfill(5)", ".partition(' ')", ".rpartition(',')", ".join(['p','q'])", ".format(1)", ".format('a', k=2)", ".isdigit()", ".isalpha()", ".isupper()", ".islower()", ".isspace()", ".isalnum()",
           ".removeprefix('a')", ".removesuffix('d')", ".items()|list", ".keys()|list", ".values()|list", ".get('a')", ".get('zz', 'no')", ".get('name')", ".name", ".a", ".index(1)", "[0]", "[-1]", "[1:]", "[:-1]", "[::-1]", "[::2]", "[1:3]", "['a']", "['name']", "[-3:-1]", "[10:]", "[5:0:-2]", ".0", ".index('a')", ".isdecimal()", ".casefold()"]
OPS = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or", " if x.n > 2 else "]


def expr(r, depth):
    k = r.random()
    if depth <= 0 or k < 0.12:
        return r.choice(r.choice([NAMES, STRINGS, NUMBERS]))
    sub = lambda: expr(r, depth - 1)  # noqa: E731
    if k < 0.34:
        return f"{atom(sub())}|{r.choice(FILTERS)}"
    if k < 0.40:
        return f"{atom(sub())} is {r.choice(TESTS)}"
    if k < 0.60:
        return f"{atom(sub())}{r.choice(METHODS)}"
    if k < 0.80:
        a, op, b = sub(), r.choice(OPS), sub()
        if op == "**":
            a, b = r.choice(NUMBERS), r.choice(["0", "1", "2", "-1", "0.5", "3"])
        if op == "*" and r.random() < 0.7:
            b = r.choice(["0", "2", "-1", "3"])
        return f"{a if r.random() < 0.5 else atom(a)} {op} {b if r.random() < 0.5 else atom(b)}"
    if k < 0.84:
        return f"not {sub()}"
    if k < 0.87:
        return f"-{atom(sub())}"
    if k < 0.91:
        return "[" + ", ".join(sub() for _ in range(r.randint(0, 3))) + "]"
    if k < 0.93:
        return "(" + ", ".join(sub() for _ in range(r.randint(1, 3))) + ",)"
    if k < 0.96:
        return "{" + ", ".join(f"{r.choice(STRINGS + NUMBERS)}: {sub()}" for _ in range(r.randint(0, 3))) + "}"
    if k < 0.98:
        spec = r.choice(["%s", "%5s|", "%-5s|", "%d", "%05d", "%.2f", "%r", "%x", "%+d", "%5.1f", "%g", "%e", "%%", "%s-%s"])
        return f"'{spec}' % {atom(sub())}"
    spec = r.choice(["", ":>8", ":<8", ":^8", ":*^9", ":05", ":.2f", ":,", ":d", ":x", ":+", ":e", ":g", ":%", ":.3", ":s", "!r", "!s"])
    return "'[{" + spec + "}]'.format(" + sub() + ")"


def atom(e):
    return e if e[-1] in "'\"])}" and " " not in e and "|" not in e and "-" != e[0] or e.replace(".", "").replace("_", "").isalnum() and not e[0].isdigit() else f"({e})"


def block(r, depth):
    k = r.random()
    body = lambda: "".join(block(r, depth - 1) for _ in range(r.randint(1, 3)))  # noqa: E731
    minus = lambda: r.choice(["", "", "", "-", "+"])  # noqa: E731
    end = lambda: r.choice(["", "", "", "-"])  # noqa: E731
    if depth <= 0 or k < 0.35:
        return r.choice(["", " ", "\n", "  \n\t"]) + "{{" + r.choice(["", "", "-"]) + " " + expr(r, r.choice([0, 1, 1, 2, 3])) + " " + end() + "}}" + r.choice(["", " ", "\n", "\n\n  "])
    if k < 0.45:
        return r.choice(["text", " a b ", "\n", "\n  ", "é\n", "{", "}"])
    if k < 0.6:
        return "{%" + minus() + " if " + expr(r, 1) + " " + end() + "%}" + body() + ("{%" + minus() + " elif " + expr(r, 1) + " %}" + body() if r.random() < 0.3 else "") + ("{%" + minus() + " else " + end() + "%}" + body() if r.random() < 0.5 else "") + "{%" + minus() + " endif " + end() + "%}"
    if k < 0.75:
        over = r.choice(["x.l", "people", "range(3)", "d.items()", "d", "messages[::-1]", "'abc'", "[1,2,3,4]", "nothing", expr(r, 1)])
        var = "k, v" if ".items" in over else "it"
        inner = body() + r.choice(["{{ it }}", "{{ loop.index }}", "{{ loop.last }}{{ loop.previtem is defined }}", "{{ loop.revindex0 }}", "{{ loop.cycle('o', 'e') }}", "{% if loop.index > 2 %}{% break %}{% endif %}", "{% if loop.first %}{% continue %}{% endif %}x", "{% set ns.n = ns.n + 1 %}{{ ns.n }}", "{% set q = loop.index %}{{ q }}"])
        return "{%" + minus() + f" for {var} in {over} " + r.choice(["", "", f"if {expr(r, 1)} "]) + end() + "%}" + inner + ("{% else %}" + body() if r.random() < 0.3 else "") + "{%" + minus() + " endfor " + end() + "%}"
    if k < 0.82:
        return "{%" + minus() + " set " + r.choice(["q", "ns.n", "x", "d"]) + " = " + expr(r, 1) + " " + end() + "%}" + "{{ q }}"
    if k < 0.86:
        return "{% set q" + r.choice(["", " | upper", " | trim | length"]) + " %}" + body() + "{% endset %}{{ q }}"
    if k < 0.92:
        return "{% macro mm(a, b=" + expr(r, 1) + ") " + end() + "%}" + body() + "{{ a }}{{ b }}{%" + minus() + " endmacro %}{{ mm(" + r.choice(["", expr(r, 1), expr(r, 1) + ", " + expr(r, 1), "b=1"]) + ") }}"
    if k < 0.95:
        return "{% filter " + r.choice(["upper", "trim", "indent(2)", "replace('a', 'b')", "length"]) + " %}" + body() + "{% endfilter %}"
    if k < 0.97:
        return "{% with q = " + expr(r, 1) + " %}" + body() + "{{ q }}{% endwith %}"
    return r.choice(["{# c #}", "{#- c -#}", "  {# c #}  \n", "{% raw %}{{ x }}{% endraw %}", "{%- raw -%} {% {%- endraw -%}"])


def main(count, seed, out):
    r = random.Random(int(seed))
    rows, errors = [], 0
    for i in range(int(count)):
        source = "{% set ns = namespace(n=0) %}" + "".join(block(r, r.randint(1, 3)) for _ in range(r.randint(1, 3)))
        answer = make.snippet(source)
        text = answer.get("want", "")
        if "object at 0x" in text or len(text) > 20000 or " method " in text or "<function" in text or "ellipsis" in text:
            continue
        errors += "error" in answer
        rows.append(json.dumps({"case": str(i), "source": source, "vars": make.THINGS, **answer}))
    with gzip.open(out, "wt") as f:
        f.write("\n".join(rows) + "\n")
    print(f"{len(rows)} rows, {errors} errors")


main(*sys.argv[1:])
