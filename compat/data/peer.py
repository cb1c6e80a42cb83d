"""Does the lanes of suiren bench data with datatrove 0.10.1:

    python3 -m venv v && v/bin/pip install -r compat/data/requirements.txt
    suiren bench data en.txt zh.jsonl --peer 'v/bin/python compat/data/peer.py en.txt zh.jsonl'

Texts are read as suiren reads them; a rate is megabytes of text a second of processor time.
"""
import json
import re
import sys
import time

from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.formatters import PIIFormatter
from datatrove.utils.hashing import HashConfig

texts = {"en": [], "zh": []}


def add(text):
    if text.strip():
        han = len(re.findall("[\u4e00-\u9fff]", text))
        texts["zh" if 3 * han > len(text) else "en"].append(text)


for name in sys.argv[1:]:
    whole = ""
    for line in open(name, encoding="utf-8"):
        if line.startswith("{"):
            add(json.loads(line)["text"])
            continue
        whole += line
        if len(whole.encode()) > 4096 and line.strip() == "":
            add(whole)
            whole = ""
    add(whole)

code = {"en": "en", "zh": "cmn_Hani"}
minhash = MinhashConfig(hash_config=HashConfig(hash_fc="xxhash", precision=64))
signers = {l: MinhashDedupSignature("/tmp/curate-sig", minhash, language=code[l]) for l in texts}
zh = ([GopherRepetitionFilter(language="cmn_Hani", dup_para_frac=0, dup_line_char_frac=0, dup_para_char_frac=0, dup_line_frac=.287,
                              top_n_grams=((2, .256), (3, .201), (4, .171)), dup_n_grams=((5, .198), (6, .182), (7, .167), (8, .154), (9, .14), (10, .127))),
       GopherQualityFilter(language="cmn_Hani", max_avg_word_length=5, min_avg_word_length=1, max_non_alpha_words_ratio=.735, min_stop_words=2,
                           stop_words=list("的年在月是和日了於·為有被人中为他與後也而由")),
       FineWebQualityFilter(language="cmn_Hani", short_line_thr=999, char_duplicates_ratio=.1, line_punct_thr=.106, new_line_ratio=.178)])
chains = {"en": [GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter(filter_no_terminal_punct=False), FineWebQualityFilter()], "zh": zh}
pii = PIIFormatter()


def signature(text, lang):
    s = signers[lang].get_shingles(text)
    if s.size:
        signers[lang].get_signature(s)


def filters(text, lang):  # all of them, as suiren measures all
    for f in chains[lang]:
        f.filter(Document(text=text, id="x"))
    pii.format(text)


lanes = {"signature": signature, "filters": filters, "pii": lambda t, _: pii.format(t)}
for request in sys.stdin:
    lane, lang = request.strip().rsplit("-", 1)
    if lane not in lanes or not texts[lang]:
        print("{}", flush=True)
        continue
    lanes[lane](texts[lang][0], lang)
    size, start, wall = 0, time.process_time(), time.time()
    while time.time() - wall < 3:
        for t in texts[lang]:
            lanes[lane](t, lang)
            size += len(t.encode())
            if time.time() - wall > 3:
                break
    print(json.dumps({"rate": size / (time.process_time() - start) / 1e6}), flush=True)
