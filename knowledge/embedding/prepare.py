"""Writes train.tsv: in a line a source, a tab, a text, a tab and a text that speaks of the same.

    python prepare.py FOLDER > train.tsv

FOLDER holds, as git repositories or as unpacked packages (see SOURCES):
"""
import bz2
import pathlib
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

# Name below FOLDER, revision, licence. LICENSE names the authors.
SOURCES = {
    "DaoChaShao+py-st-dl-translater-2.0": "620408eda172 data/cmn.txt: Tatoeba sentences in Chinese and English, CC BY 2.0 FR",
    "omwn+omw-data": "f75be19ec590 wns/cow: Chinese Open Wordnet, WordNet licence; wns/cldr: Unicode licence",
    "wordnet": "data.* of Princeton WordNet 3.0 (Debian wordnet-base 1:3.0-37): WordNet licence",
    "LawRefBook+Laws": "2f4c5c23716 statutes of the People's Republic of China, which are free of copyright (Copyright Law, article 5)",
    "open-telemetry+opentelemetry.io": "dd5997c8b9fa content/zh, content/en: CC BY 4.0",
    "microsoft+IoT-For-Beginners": "8bd535533b39 MIT",
    "Anduin2017+HowToCook": "cbeb53676032 Unlicense",
    "openstax+osbooks-college-success-bundle": "4c04b87eb275 CC BY 4.0",
    "openstax+osbooks-introduction-business": "78c9e7ad4e58 CC BY 4.0",
    "openstax+osbooks-principles-economics-bundle": "cd31beb103ff CC BY 4.0",
    "unihan": "Unihan_Readings.txt.bz2 of Unicode 15.0 (Debian unicode-data 15.0.0-1): Unicode licence",
}

root = pathlib.Path(sys.argv[1])
random.seed(1)
out = []


def clean(text):
    text = re.sub(r"<!--.*?-->|<[^>]*>|\{\{.*?\}\}|\{[#:%].*?\}|https?://\S+|`+|[*_]{2,}|!?\[([^\]]*)\]\([^)]*\)", lambda m: m.group(1) or " ", text, flags=re.S)
    return re.sub(r"\s+", " ", text).strip()


def add(source, a, b):
    a, b = clean(a)[:600], clean(b)[:600]
    if len(a) > 1 and len(b) > 1 and a != b:
        out.append(f"{source}\t{a}\t{b}")


def git(name, *args):
    return subprocess.run(["git", "-C", str(root / name / "repo"), "-c", "core.quotepath=off", *args], check=True, capture_output=True).stdout.decode("utf-8", "replace")


def files(name, *under):
    rev = SOURCES[name].split()[0]
    names = sorted(n for n in git(name, "ls-tree", "-r", "--name-only", rev, *under).split("\n") if n)
    return rev, names


def many(rev, name, names):
    """The texts of files, in one process."""
    p = subprocess.run(["git", "-C", str(root / name / "repo"), "cat-file", "--batch"], input="".join(f"{rev}:{n}\n" for n in names).encode(), check=True, capture_output=True).stdout
    at = 0
    for n in names:
        end = p.index(b"\n", at)
        size = int(p[at:end].split()[-1])
        yield n, p[end + 1:end + 1 + size].decode("utf-8", "replace")
        at = end + 2 + size


def sections(text):
    """(headings, paragraphs) of Markdown."""
    text = re.sub(r"^---\n.*?\n---\n", "", text, flags=re.S)
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    path, paras = [], []
    for block in re.split(r"\n\s*\n|\n(?=#)", text):
        m = re.match(r"\s*(#+)\s+(.*)", block)
        if m:
            if paras:
                yield list(path), paras
            path[len(m.group(1)) - 1:] = [re.sub(r"\{#.*", "", m.group(2))]
            paras = []
        elif len(block.strip()) > 8:
            paras.append(block)
    if paras:
        yield list(path), paras


def prose(source, text, title=""):
    for path, paras in sections(text):
        head = " ".join([title, *path[-2:]])
        for i, p in enumerate(paras):
            add(source, head, p)
            if i:
                add(source, paras[i - 1], p)


# Sentences and their translations.
rev = SOURCES["DaoChaShao+py-st-dl-translater-2.0"].split()[0]
for line in git("DaoChaShao+py-st-dl-translater-2.0", "show", rev + ":data/cmn.txt").splitlines():
    en, zh, _ = line.split("\t")
    for _ in range(3):
        add("tatoeba", en, zh)

# Words: Chinese and English of one meaning, and what it means.
rev = SOURCES["omwn+omw-data"].split()[0]
tab = lambda name: [l.split("\t") for l in git("omwn+omw-data", "show", f"{rev}:wns/{name}").splitlines() if l and l[0] != "#"]
lemmas, glosses, chinese = {}, {}, {}
for kind in ("noun", "verb", "adj", "adv"):
    for line in (root / "wordnet" / ("data." + kind)).read_text("latin-1").splitlines():
        if line[0] != " ":
            left, _, gloss = line.partition("|")
            f = left.split()
            key = f[0] + "-" + f[2].replace("s", "a")
            lemmas[key] = [re.sub(r"\(.*", "", w).replace("_", " ") for w in f[4:4 + 2 * int(f[3], 16):2]]
            glosses[key] = [gloss]
for l in tab("cow/wn-data-cmn.tab") + tab("cldr/wn-cldr-cmn.tab"):
    if "lemma" in l[1]:
        chinese.setdefault(l[0].replace("-s", "-a"), []).append(l[2].replace("+的", "").replace("+地", "").replace("_", " "))
for s in sorted(lemmas):
    en, gloss, zh = lemmas[s], " ".join(glosses.get(s, [])), chinese.get(s, [])
    add("wordnet", " ".join(en), gloss)
    if zh:
        add("cow", " ".join(zh), " ".join(en))
        add("cow", " ".join(zh), " ".join(en))
        add("cow", " ".join(zh), gloss)
        for z in zh:
            add("cow", z, en[0])
            add("cow", z, " ".join(en))

# Characters and what they mean.
with bz2.open(root / "unihan" / "Unihan_Readings.txt.bz2", "rt") as f:
    for line in f:
        p = line.rstrip("\n").split("\t")
        if len(p) == 3 and p[1] == "kDefinition":
            c = chr(int(p[0][2:], 16))
            if 0x4e00 <= ord(c) < 0x9fff:
                out.append(f"unihan\t{c}\t{p[2]}")

# Statutes: the name and the chapter with an article, an article with the next, halves of one.
rev, names = files("LawRefBook+Laws")
names = [n for n in names if n.endswith(".md") and "/" in n]
local = [n for n in names if n.startswith("DLC")]
random.shuffle(local)
for n, text in many(rev, "LawRefBook+Laws", sorted(set(names) - set(local)) + sorted(local[:1200])):
    title = re.sub(r"\(.*", "", n.split("/")[-1]).removesuffix(".md")
    text = text.split("<!-- INFO END -->")[-1]
    chapter = ""
    for block in re.split(r"\n(?=第[一二三四五六七八九十百千零]+[条])|\n(?=#)", text):
        m = re.match(r"#+ *(?:第\S+[编章节])?\s*(.*)", block)
        if m:
            chapter = m.group(1)
            continue
        block = clean(re.sub(r"^第\S+?条\s*", "", block))
        if len(block) < 15:
            continue
        add("laws", chapter + " " + title, block)
        parts = [p for p in re.split(r"(?<=[。；])", block) if len(p) > 10]
        if len(parts) > 1:
            i = random.randrange(len(parts))
            add("laws", parts[i], title + " " + "".join(parts[:i] + parts[i + 1:]))

# Handbooks in both languages, block by block where they have as many.
rev, names = files("open-telemetry+opentelemetry.io", "content/zh", "content/en")
texts = dict(many(rev, "open-telemetry+opentelemetry.io", [n for n in names if n.endswith(".md")]))
for n, zh in texts.items():
    if not n.startswith("content/zh"):
        continue
    en = texts.get(n.replace("content/zh", "content/en"), "")
    prose("otel", zh)
    prose("otel", en)
    a, b = list(sections(zh)), list(sections(en))
    if len(a) == len(b):
        for (p, x), (q, y) in zip(a, b):
            add("otel2", " ".join(p[-1:]), " ".join(q[-1:]))
            if len(x) == len(y):
                for u, v in zip(x, y):
                    add("otel2", u, v)
rev, names = files("microsoft+IoT-For-Beginners")
texts = dict(many(rev, "microsoft+IoT-For-Beginners", [n for n in names if n.endswith(".md") and ("/zh" in n or n.count("translations") == 0)]))
for n, text in texts.items():
    prose("iot", text)
    m = re.fullmatch(r"translations/zh[^/]*/(.*)", n) or re.fullmatch(r"(.*)/translations/(.*)\.zh[^.]*\.md", n)
    if m:
        en = texts.get(m.group(1)) if n.startswith("translations") else texts.get(f"{m.group(1)}/{m.group(2)}.md")
        a, b = list(sections(text)), list(sections(en or ""))
        if len(a) == len(b):
            for (p, x), (q, y) in zip(a, b):
                add("iot2", " ".join(p[-1:]), " ".join(q[-1:]))
                if len(x) == len(y):
                    for u, v in zip(x, y):
                        add("iot2", u, v)
rev, names = files("Anduin2017+HowToCook")
for n, text in many(rev, "Anduin2017+HowToCook", [n for n in names if n.endswith(".md")]):
    prose("cook", text)

# Textbooks: section titles with paragraphs, terms with their meanings.
for name in SOURCES:
    if not name.startswith("openstax"):
        continue
    rev, names = files(name, "modules")
    for n, text in many(rev, name, [n for n in names if n.endswith(".cnxml")]):
        try:
            doc = ET.fromstring(re.sub(r"<(/?)\w+:", r"<\1", text))
        except ET.ParseError:
            continue
        tag = lambda e: e.tag.split("}")[-1]
        say = lambda e: " ".join("".join(e.itertext()).split())

        def walk(e, heads):
            last = ""
            for c in e:
                if tag(c) == "title":
                    heads = heads[-1:] + [say(c)]
                elif tag(c) == "para" and len(say(c)) > 40:
                    add("openstax", " ".join(heads), say(c))
                    if last:
                        add("openstax", last, say(c))
                    last = say(c)
                elif tag(c) == "definition":
                    parts = [say(x) for x in c]
                    if len(parts) > 1:
                        add("openstax", parts[0], parts[1])
                elif tag(c) not in ("metadata",):
                    walk(c, heads)
        walk(doc, [])

sys.stdout.write("\n".join(sorted(out)) + "\n")
