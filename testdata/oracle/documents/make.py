"""Makes the files here with the libraries that people write them with:

    python3 -m venv V && V/bin/pip install python-docx==1.2.0 openpyxl==3.1.5 python-pptx==1.0.2 odfpy==1.4.1 EbookLib==0.19 \
        pyarrow==26.0.1 warcio==1.8.1
    V/bin/python make.py

Each holds the same handbook in English and Chinese; expected.json says, for each file, what its library reads back of it:
the kind of each block and its text, in order.
"""

import datetime, email.message, email.policy, io, json, pathlib, zipfile

here = pathlib.Path(__file__).parent
TITLE = "House rules 员工手册"
LEAVE = "Each of us has twenty days of leave a year; five more after ten years."
LEAVE_ZH = "每人每年有二十天年假，工作满十年后再加五天。"
ITEMS = ["Ask your group first", "Write it into the calendar", "把钥匙交给同事"]
ROWS = [["Room", "Name", "人数"], ["203", "Li | Wang", "2"], ["204", "张三", "12"]]
expected = {}


def docx():
    import docx
    d = docx.Document()
    d.core_properties.title, d.core_properties.author = TITLE, "A. Author"
    d.core_properties.created = d.core_properties.modified = datetime.datetime(2026, 5, 4)
    d.add_heading("Leave 休假", 1)
    d.add_paragraph(LEAVE)
    d.add_paragraph(LEAVE_ZH)
    d.add_heading("Before you go", 2)
    for i in ITEMS[:2]:
        d.add_paragraph(i, style="List Bullet")
    d.add_paragraph(ITEMS[2], style="List Number")
    t = d.add_table(len(ROWS), 3)
    for r, row in enumerate(ROWS):
        for c, cell in enumerate(row):
            t.cell(r, c).text = cell
    d.add_paragraph("Rooms of the house", style="Caption")
    p = d.add_paragraph("A line\nand its next; ")
    p.add_run("bold").bold = True
    p.add_run(" text.")
    t = d.add_table(2, 2)
    t.cell(0, 0).merge(t.cell(1, 0)).text = "merged"
    t.cell(0, 1).text, t.cell(1, 1).text = "up", "down"
    d.save(here / "sample.docx")
    d = docx.Document(here / "sample.docx")
    out = []
    for b in d.iter_inner_content():
        if hasattr(b, "rows"):
            out.append(["table", [[c.text for c in r.cells] for r in b.rows]])
        else:
            name = b.style.name
            kind = "heading" if name.startswith("Heading") else "item" if name.startswith("List") else "caption" if name == "Caption" else "paragraph"
            out.append([kind, b.text])
    expected["sample.docx"] = out


def xlsx():
    import openpyxl
    from openpyxl.workbook import Workbook
    w = Workbook()
    w.properties.title = TITLE
    s = w.active
    s.title = "Rooms 房间"
    for r in ROWS:
        s.append(r)
    s.append([205, datetime.date(2026, 3, 1), 0.5])
    s["A6"], s["B6"], s["C6"] = "when", datetime.datetime(2026, 3, 1, 13, 30, 5), True
    s["B8"] = "after a gap"
    s.merge_cells("A2:A3")
    t = w.create_sheet("Empty")
    t = w.create_sheet("Hidden")
    t.sheet_state, t["A1"] = "hidden", "not shown"
    t = w.create_sheet("Two")
    t.append(["x", "y"])
    t.append([1, 2.25])
    w.save(here / "sample.xlsx")
    w = openpyxl.load_workbook(here / "sample.xlsx", data_only=True)
    out = []
    for s in w:
        if s.sheet_state != "visible":
            continue
        rows = [[v for v in r] for r in s.iter_rows(values_only=True)]
        for m in s.merged_cells.ranges:
            for r in range(m.min_row + 1, m.max_row + 1):
                rows[r - 1][m.min_col - 1] = rows[m.min_row - 1][m.min_col - 1]

        def show(v):
            if v is None:
                return ""
            if isinstance(v, bool):
                return str(v).upper()
            if isinstance(v, datetime.datetime):
                return v.strftime("%Y-%m-%d" if (v.hour, v.minute, v.second) == (0, 0, 0) else "%Y-%m-%d %H:%M:%S")
            return str(v)
        rows = [[show(v) for v in r] for r in rows]
        rows = [r for r in rows if any(r)]
        if rows:
            out += [["heading", s.title], ["table", rows]]
    expected["sample.xlsx"] = out


def pptx():
    import pptx
    from pptx.util import Inches
    p = pptx.Presentation()
    p.core_properties.title = TITLE
    s = p.slides.add_slide(p.slide_layouts[0])
    s.shapes.title.text, s.placeholders[1].text = "House rules", LEAVE
    s = p.slides.add_slide(p.slide_layouts[1])
    s.shapes.title.text = "Leave 休假"
    f = s.placeholders[1].text_frame
    f.text = ITEMS[0]
    for level, i in enumerate(ITEMS[1:]):
        q = f.add_paragraph()
        q.text, q.level = i, level
    s.notes_slide.notes_text_frame.text = "Speak slowly."
    s = p.slides.add_slide(p.slide_layouts[5])
    s.shapes.title.text = "Rooms"
    t = s.shapes.add_table(3, 3, Inches(1), Inches(2), Inches(6), Inches(2)).table
    for r, row in enumerate(ROWS):
        for c, cell in enumerate(row):
            t.cell(r, c).text = cell
    s.shapes.add_textbox(Inches(1), Inches(5), Inches(4), Inches(1)).text_frame.text = LEAVE_ZH
    p.save(here / "sample.pptx")
    p = pptx.Presentation(here / "sample.pptx")
    out = []
    for s in p.slides:
        for sh in s.shapes:
            if sh.has_table:
                out.append(["table", [[c.text for c in r.cells] for r in sh.table.rows]])
            elif sh.has_text_frame:
                kind = "paragraph"
                if sh.is_placeholder:
                    kind = {1: "heading", 3: "heading", 4: "paragraph"}.get(sh.placeholder_format.type, "item")
                out += [[kind, q.text] for q in sh.text_frame.paragraphs if q.text]
        if s.has_notes_slide:
            out.append(["paragraph", s.notes_slide.notes_text_frame.text])
    expected["sample.pptx"] = out


def odt():
    from odf import opendocument, text, table, dc, style
    d = opendocument.OpenDocumentText()
    d.meta.addElement(dc.Title(text=TITLE))
    out = []

    def add(e, kind, words):
        d.text.addElement(e)
        out.append([kind, words])
    add(text.H(outlinelevel=1, text="Leave 休假"), "heading", "Leave 休假")
    add(text.P(text=LEAVE), "paragraph", LEAVE)
    add(text.P(text=LEAVE_ZH), "paragraph", LEAVE_ZH)
    l = text.List()
    for i in ITEMS:
        it = text.ListItem()
        it.addElement(text.P(text=i))
        l.addElement(it)
        out.append(["item", i])
    d.text.addElement(l)
    t = table.Table()
    for row in ROWS:
        r = table.TableRow()
        for cell in row:
            c = table.TableCell()
            c.addElement(text.P(text=cell))
            r.addElement(c)
        t.addElement(r)
    d.text.addElement(t)
    out.append(["table", ROWS])
    p = text.P(text="Two")
    p.addElement(text.S(c=2))
    p.addText("spaces")
    d.text.addElement(p)
    out.append(["paragraph", "Two  spaces"])
    d.save(str(here / "sample.odt"))
    expected["sample.odt"] = out


def epub():
    from ebooklib import epub
    b = epub.EpubBook()
    b.set_identifier("x"), b.set_title(TITLE), b.set_language("zh"), b.add_author("A. Author")
    chapters, out = [], []
    for i, (head, words) in enumerate([("Leave", LEAVE), ("休假", LEAVE_ZH)]):
        c = epub.EpubHtml(title=head, file_name=f"c {i}.xhtml")
        c.content = f"<html><body><h1>{head}</h1><p>{words}</p><ul><li>{ITEMS[i]}</li></ul></body></html>"
        b.add_item(c)
        chapters.append(c)
        out += [["heading", head], ["paragraph", words], ["item", ITEMS[i]]]
    b.toc, b.spine = chapters, ["nav", *chapters]
    b.add_item(epub.EpubNcx()), b.add_item(epub.EpubNav())
    epub.write_epub(str(here / "sample.epub"), b)
    expected["sample.epub"] = out


def mail():
    m = email.message.EmailMessage(policy=email.policy.SMTP)
    m["Subject"], m["From"], m["To"], m["Date"] = TITLE, "Li <li@example.org>", "all@example.org", "Mon, 04 May 2026 10:00:00 +0800"
    m.set_content(LEAVE + "\n\n" + LEAVE_ZH + "\n")
    m.add_alternative(f"<p>{LEAVE}</p><p>{LEAVE_ZH}</p>", subtype="html")
    m.add_attachment("\n".join(",".join(r) for r in ROWS), subtype="csv", filename="房间.csv")
    m.add_attachment((here / "sample.docx").read_bytes(), maintype="application", subtype="octet-stream", filename="sample.docx")
    m.set_boundary("outer")
    m.get_payload()[0].set_boundary("inner")
    (here / "sample.eml").write_bytes(m.as_bytes())
    expected["sample.eml"] = [["heading", TITLE], ["paragraph", LEAVE], ["paragraph", LEAVE_ZH]]


def warc():
    from warcio.warcwriter import WARCWriter
    from warcio.statusandheaders import StatusAndHeaders
    for gzip, name in (False, "sample.warc"), (True, "sample.warc.gz"):
        with open(here / name, "wb") as f:
            w = WARCWriter(f, gzip=gzip)
            for url, kind, body in [("http://example.org/leave", "text/html; charset=utf-8", f"<html lang=en><body><nav><a href=/>Home</a></nav><article><h1>Leave</h1><p>{LEAVE} {LEAVE_ZH}</p></article></body></html>"),
                                    ("http://example.org/logo", "image/png", "png"), ("http://example.org/note", "text/plain", LEAVE)]:
                h = StatusAndHeaders("200 OK", [("Content-Type", kind)], protocol="HTTP/1.1")
                w.write_record(w.create_warc_record(url, "response", payload=io.BytesIO(body.encode()), http_headers=h,
                                                   warc_headers_dict={"WARC-Date": "2026-05-04T10:00:00Z", "WARC-Record-ID": f"<urn:uuid:00000000-0000-0000-0000-{len(url):012}>"}))
        expected[name] = [["heading", "Leave"], ["paragraph", LEAVE + " " + LEAVE_ZH]]


def parquet():
    import pyarrow, pyarrow.parquet
    t = pyarrow.table({"text": [LEAVE, LEAVE_ZH, ""], "title": ["Leave", "休假", "none"], "n": [1, 2, 3]})
    for codec in "snappy", "zstd":
        pyarrow.parquet.write_table(t, here / f"{codec}.parquet", compression=codec)
        expected[f"{codec}.parquet"] = [["paragraph", LEAVE]]


def pack():
    with zipfile.ZipFile(here / "sample.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("a/leave.txt", LEAVE)
        z.writestr("休假.txt", LEAVE_ZH.encode("gb18030"))
        z.write(here / "sample.odt", "sample.odt")
        z.writestr("logo.png", b"\x89PNG")
    expected["sample.zip"] = [["paragraph", LEAVE]]


def texts():
    words = (LEAVE_ZH + "\n\n" + "公司的制度由全体员工共同遵守，部门负责人应当以身作则。\n")
    for e in "utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be":
        (here / f"{e}.txt").write_bytes(words.encode(e))
    big = "每人每年有二十天年假，工作滿十年後再加五天。\n\n公司的制度由全體員工共同遵守，部門負責人應當以身作則。\n"
    (here / "big5.txt").write_bytes(big.encode("big5"))
    (here / "cp1252.txt").write_bytes("Das Büro öffnet um neun; wer später kommt, ruft an. Café – “geöffnet”.\n".encode("cp1252"))
    for e in "utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be":
        expected[f"{e}.txt"] = [["paragraph", LEAVE_ZH], ["paragraph", "公司的制度由全体员工共同遵守，部门负责人应当以身作则。"]]
    expected["big5.txt"] = [["paragraph", x] for x in big.strip().split("\n\n")]
    expected["cp1252.txt"] = [["paragraph", "Das Büro öffnet um neun; wer später kommt, ruft an. Café – “geöffnet”."]]


for f in docx, xlsx, pptx, odt, epub, mail, warc, parquet, pack, texts:
    f()
(here / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")
