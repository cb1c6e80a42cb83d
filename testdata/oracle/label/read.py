"""Reads the AIGC element and the visible words of a folder of labelled files with
python-docx 1.2.0, pypdf 7.1.1 and Pillow 13.0.0, and prints them: one line a file.

    python3 -m venv v && v/bin/pip install python-docx pypdf Pillow
    LABEL_FILES=/tmp/labelled go test ./stage/guard/label -run OthersRead
    v/bin/python testdata/oracle/label/read.py /tmp/labelled > testdata/oracle/label/read.txt
"""
import hashlib, html.parser, json, os, sys
import docx, pypdf
from PIL import Image

folder = sys.argv[1]
path = lambda ext: os.path.join(folder, "a." + ext)


def docx_label():
    d = docx.Document(path("docx"))
    parts = [p for p in d.part.package.iter_parts() if str(p.partname) == "/docProps/custom.xml"]
    assert len(parts) == 1
    from lxml import etree
    found = [e for e in etree.fromstring(parts[0].blob) if e.get("name") == "AIGC"]
    assert len(found) == 1
    return found[0][0].text, d.paragraphs[0].text, "\n".join(p.text for p in d.paragraphs)


def pdf_label():
    r = pypdf.PdfReader(path("pdf"), strict=True)
    text = "\n".join(p.extract_text() for p in r.pages)
    assert all("AI 生成内容" in p.extract_text() for p in r.pages)
    return r.metadata["/AIGC"], text.strip().split("\n")[0], text


def png_label():
    i = Image.open(path("png"))
    i.load()
    return i.text["AIGC"], "", ""


def html_label():
    class P(html.parser.HTMLParser):
        found, text = [], []
        def handle_starttag(self, tag, attrs):
            a = dict(attrs)
            if tag == "meta" and a.get("name") == "AIGC":
                self.found.append(a["content"])
        def handle_data(self, data):
            self.text.append(data)
    p = P()
    p.feed(open(path("html"), encoding="utf-8").read())
    assert len(p.found) == 1
    return p.found[0], "", "".join(p.text)


def json_label():
    v = json.load(open(path("json"), encoding="utf-8"))
    return json.dumps(v["AIGC"]), v["label"], v["turns"][1]["text"]


def md_label():
    head = open(path("md"), encoding="utf-8").read().split("---\n")[1]
    assert head.count("AIGC:") == 1
    return head.split("AIGC:", 1)[1].strip(), "", open(path("md"), encoding="utf-8").read()


for name, read in [("docx", docx_label), ("html", html_label), ("json", json_label), ("md", md_label), ("pdf", pdf_label), ("png", png_label)]:
    element, first, text = read()
    v = json.loads(element)
    assert list(v) == ["Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"], v
    sha = hashlib.sha256(open(path(name), "rb").read()).hexdigest()
    print(name, sha, json.dumps(v, ensure_ascii=False), json.dumps(first, ensure_ascii=False), "换行" in text.replace("\n", "") or name == "png")
