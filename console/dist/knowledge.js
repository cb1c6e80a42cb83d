// src/pages/knowledge.tsx
import { act, bytes, Card, Command, count as count2, Empty, Fail, Field, Fragment as Fragment2, get, h as h2, Loaded as Loaded2, mayDo, Page, percent, say as say2, store, t, Table, Tabs as Tabs2, Tag, TaskList, useAct, useEffect as useEffect2, useGet as useGet2, useState as useState2 } from "./kit.js";

// src/pages/document.tsx
import { count, Fragment, h, Loaded, say, Tabs, useEffect, useGet, useRef, useState } from "./kit.js";

// src/pages/document.words.ts
var words = {
  close: ["Close", "关闭"],
  page: ["Page {0}", "第 {0} 页"],
  whole: ["The document", "全文"],
  before: ["Page before", "上一页"],
  next: ["Next page", "下一页"],
  asRead: ["The text as it was read: without its layout and pictures. What is cited is marked.", "读入的文字，不含版式与图片。被引用处已标出。"],
  views: ["How the page shows", "页面显示方式"],
  asDrawn: ["As it looks", "原样"],
  asText: ["As text", "文字"],
  drawnHelp: ["The page as it looks. What is cited is marked beside it, and in its text.", "页面原样。被引用处在右侧和文字视图中标出。"],
  drawnAlt: ["Page {0} of {1}, drawn", "{1} 第 {0} 页的图像"],
  undrawn: ["The page cannot be drawn: the file changed or went since it was read. This is its text.", "无法绘制该页：文件在读入后有改动或已移走。以下是其文字。"],
  passages: ["Its passages", "所含段落"],
  place: ["bytes {0} to {1} of the text", "文本字节 {0}–{1}"],
  gone: ["You may not read this document, or it is not there any more.", "您无权阅读该文档，或它已不在。"]
};

// src/pages/document.tsx
var w = say(words);
function Document({ path, at: at2, close }) {
  const got = useGet(path), box = useRef(null);
  useEffect(() => {
    if (!box.current.open) box.current.showModal();
  }, []);
  return /* @__PURE__ */ h("dialog", { ref: box, class: "document", "aria-label": at2.file, onClose: close }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("h2", null, at2.file), /* @__PURE__ */ h("button", { class: "push", onClick: () => box.current.close() }, w("close"))), /* @__PURE__ */ h(Loaded, { of: got }, ({ passages }) => passages.length === 0 ? /* @__PURE__ */ h("p", null, w("gone")) : /* @__PURE__ */ h(Pages, { of: passages, at: at2, picture: /\.pdf$/i.test(at2.file) ? picture(path) : null })));
}
var picture = (path) => (page) => `${path.replace(/(\/text)?\?/, "/page?")}&page=${page}&width=1200`;
function Pages({ of, at: at2, picture: picture2 }) {
  const cited = of.find((p) => p.id === at2.id);
  const on = (p) => [p.page ?? 0, ...(p.turns ?? []).map((one) => one.page)];
  const numbers = [...new Set(of.flatMap(on))].sort((a, b) => a - b);
  const [page, turn] = useState(at2.page && numbers.includes(at2.page) ? at2.page : cited?.page ?? numbers[0]), [marked, mark] = useState(cited?.id ?? "");
  const here = of.filter((p) => on(p).includes(page)), i = numbers.indexOf(page), span = useRef(null);
  const [drawn, draw] = useState(!!picture2), [undrawn, setUndrawn] = useState(false), shows = !!picture2 && drawn && !undrawn && page > 0;
  useEffect(() => setUndrawn(false), [page]);
  useEffect(() => {
    span.current?.scrollIntoView({ block: "center" });
  }, [page, marked, shows]);
  const text = (p) => spans(p.text, p.id === at2.id ? at2.quotes : void 0).map(([text2, quoted], k) => quoted ? /* @__PURE__ */ h("mark", { key: k, ref: k < 2 ? span : void 0 }, text2) : /* @__PURE__ */ h("span", { key: k, ref: k === 0 ? span : void 0 }, text2));
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("h3", null, page ? w("page", page) : w("whole")), numbers.length > 1 && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("button", { disabled: i <= 0, onClick: () => turn(numbers[i - 1]) }, w("before")), /* @__PURE__ */ h("button", { disabled: i === numbers.length - 1, onClick: () => turn(numbers[i + 1]) }, w("next"))), picture2 && page > 0 && /* @__PURE__ */ h("span", { class: "push" }, /* @__PURE__ */ h(Tabs, { label: w("views"), at: shows ? "page" : "text", set: (to) => {
    setUndrawn(false);
    draw(to === "page");
  }, of: [["page", w("asDrawn")], ["text", w("asText")]] }))), /* @__PURE__ */ h("p", { class: "quiet", role: "status" }, undrawn ? w("undrawn") : shows ? w("drawnHelp") : w("asRead")), /* @__PURE__ */ h("div", { class: "beside" }, /* @__PURE__ */ h("div", { class: "sheet", tabIndex: 0, role: "region", "aria-label": page ? w("page", page) : w("whole") }, shows ? /* @__PURE__ */ h("img", { class: "drawn", key: page, src: picture2(page), alt: w("drawnAlt", page, at2.file), onError: () => setUndrawn(true) }) : here.map((p, n) => /* @__PURE__ */ h(Fragment, { key: p.id + n }, p.heading && p.heading !== here[n - 1]?.heading && /* @__PURE__ */ h("h4", null, p.heading), /* @__PURE__ */ h("p", { class: p.id === marked ? "passage here" : "passage" }, p.id === marked ? text(p) : p.text)))), /* @__PURE__ */ h("section", { "aria-label": w("passages") }, /* @__PURE__ */ h("h3", null, w("passages")), /* @__PURE__ */ h("ol", { class: "passages" }, here.map((p, n) => /* @__PURE__ */ h("li", { key: p.id + n, class: p.id === marked ? "here" : "" }, /* @__PURE__ */ h("button", { class: "bare", "aria-pressed": p.id === marked, onClick: () => mark(p.id) }, n + 1, ". ", [...p.text].slice(0, 60).join(""), [...p.text].length > 60 && "…"), shows && p.id === marked && /* @__PURE__ */ h("p", { class: "passage" }, text(p)), p.end ? /* @__PURE__ */ h("span", { class: "quiet" }, w("place", count(p.start ?? 0), count(p.end))) : null))))));
}
function spans(text, quotes2) {
  if (!quotes2?.length) return [[text, true]];
  const letters = [...text], out = [];
  let at2 = 0;
  for (const [from, to] of [...quotes2].sort((a, b) => a[0] - b[0])) {
    if (from < at2 || to <= from || to > letters.length) continue;
    if (from > at2) out.push([letters.slice(at2, from).join(""), false]);
    out.push([letters.slice(from, to).join(""), true]);
    at2 = to;
  }
  if (at2 < letters.length) out.push([letters.slice(at2).join(""), false]);
  return out;
}

// src/pages/knowledge.words.ts
var words2 = {
  lead: ["Folders of your documents. Answers are sentences from them, with file, page and place; what they do not say is not answered.", "您的文档目录。回答都是文档中的原句，注明文件、页码和位置；文档没说的就不答。"],
  make: ["Read a folder", "读入目录"],
  name: ["Name of the base", "知识库名称"],
  nameHint: ["Letters, digits and hyphens.", "字母、数字和连字符。"],
  path: ["Folder or file on this machine", "本机上的目录或文件"],
  pathHint: ["The whole path, from the root. Files stay where they are.", "从根开始的完整路径，文件留在原处。"],
  go: ["Read it", "开始读入"],
  none: ["No documents yet", "还没有文档"],
  noneHelp: ["Name a folder with PDF, Word, Markdown, text or web pages. It is read on this machine, usually in seconds, and what cannot be read says why.", "请指定含 PDF、Word、Markdown、文本或网页的目录。在本机读取，通常几秒完成；无法读取的会说明原因。"],
  noneOpen: ["None is open to you. Whoever keeps the documents of this house says who reads them.", "目前没有对您开放的文档；由管理文档的人决定谁可以阅读。"],
  files: ["{0} files", "{0} 个文件"],
  stale: ["{0} changed since", "其后改动 {0} 个"],
  aside: ["{0} set aside", "{0} 个未读入"],
  again: ["Read what changed", "读入改动"],
  ask: ["Ask", "提问"],
  tab_ask: ["Ask and test", "提问与检验"],
  tab_files: ["Files", "文件"],
  tab_readers: ["Permissions", "权限"],
  tab_eval: ["Evaluation", "评测"],
  views: ["Views of the base", "知识库视图"],
  question: ["Question", "问题"],
  as: ["As (person or group)", "以谁的身份（人或组）"],
  asHint: ["Empty: as the owner, who may read everything.", "留空：以所有者身份，可读全部。"],
  answer: ["Answer", "回答"],
  refused: ["The documents do not say. The nearest passages are below.", "文档里没有答案。下面是最接近的段落。"],
  unsupported: ["not found word for word", "原文中没有逐字出现"],
  differs: ["Another document says otherwise", "另一文档的说法不同"],
  hits: ["What was found, and why", "找到的段落及原因"],
  noHits: ["Nothing was found. Ask with words that stand in the documents.", "没有找到。请用文档里出现的词提问。"],
  score: ["score {0}; covers {1} of the question", "得分 {0}；覆盖问题的 {1}"],
  byWords: ["by words {0}:", "按词 {0}："],
  byMeaning: ["by meaning {0}", "按含义 {0}"],
  page: ["page {0}", "第 {0} 页"],
  openAt: ["Open at this place", "在此处打开"],
  file: ["File", "文件"],
  state: ["State", "状态"],
  reason: ["Reason", "原因"],
  changed: ["Changed", "修改时间"],
  size: ["Size", "大小"],
  state_read: ["read", "已读入"],
  state_stale: ["changed since", "其后有改动"],
  state_aside: ["set aside", "未读入"],
  rule: ["Folder or document", "目录或文档"],
  allow: ["Who may read it, parted by commas", "谁可读，用逗号分隔"],
  rules: ["Who may read what. The rule with the longest path counts; what has none may be read by all.", "谁可读什么。以路径最长的规则为准；没有规则的人人可读。"],
  like: ["Folders are named as the files are: {0}.", "目录的写法与文件名一致：{0}。"],
  governsNone: ["No file lies there: it keeps nothing from anybody.", "此处没有文件：这条规则不起作用。"],
  addRule: ["Add a rule", "添加规则"],
  remove: ["Remove", "删除"],
  save: ["Save", "保存"],
  saved: ["Saved: it counts from the next question on.", "已保存，下一个问题起生效。"],
  evalGo: ["Measure with 100 questions", "用 100 个问题测量"],
  evalHelp: ["The questions are sentences of the base's own passages: that finds what is broken, and is easier than what people ask.", "问题取自知识库自身的段落：能查出故障，但比人的提问容易。"],
  measure: ["Measure", "指标"],
  value: ["Mean and 95% interval", "均值与 95% 区间"],
  recall_at_1: ["the answering document is first", "能回答的文档排第一"],
  recall_at_3: ["it is among the first three", "在前三"],
  recall_at_10: ["it is among the first ten", "在前十"],
  ndcg_at_10: ["nDCG of the first ten", "前十的 nDCG"],
  mrr_at_10: ["MRR of the first ten", "前十的 MRR"],
  answered: ["answered, and from it", "据其作答"],
  missed: ["What was missed", "未找到的"]
};

// src/pages/knowledge.tsx
var w2 = say2(words2);
var at = (name) => "/api/bases/" + encodeURIComponent(name);
function Knowledge() {
  const list = useGet2("/api/bases");
  const tasks = JSON.stringify((store.now?.tasks ?? []).filter((task) => task.kind === "knowledge"));
  useEffect2(list.reload, [tasks]);
  const name = store.rest || list.data?.[0]?.name || "";
  const base = list.data?.find((b) => b.name === name);
  return /* @__PURE__ */ h2(Page, { title: t("knowledge"), lead: w2("lead") }, /* @__PURE__ */ h2(TaskList, { kinds: ["knowledge"] }), /* @__PURE__ */ h2(Loaded2, { of: list }, (bases) => /* @__PURE__ */ h2(Fragment2, null, bases.length === 0 && /* @__PURE__ */ h2(Empty, { title: w2("none") }, /* @__PURE__ */ h2("p", null, w2(mayDo("set_bases") ? "noneHelp" : "noneOpen"))), bases.length > 0 && /* @__PURE__ */ h2("ul", { class: "picks row" }, bases.map((b) => /* @__PURE__ */ h2("li", { key: b.name }, /* @__PURE__ */ h2("a", { class: "button", href: "#knowledge/" + encodeURIComponent(b.name), "aria-current": b.name === name ? "true" : void 0 }, /* @__PURE__ */ h2("b", null, b.name), " ", /* @__PURE__ */ h2("span", { class: "quiet" }, w2("files", count2(b.files))), b.stale > 0 && /* @__PURE__ */ h2(Tag, { kind: "running" }, w2("stale", b.stale)), b.aside > 0 && /* @__PURE__ */ h2(Tag, null, w2("aside", b.aside)))))), base && /* @__PURE__ */ h2(One, { key: base.name, of: base, changed: list.reload }))), mayDo("set_bases") && /* @__PURE__ */ h2(Make, null));
}
function Make() {
  const [name, setName] = useState2("handbook"), [path, setPath] = useState2(""), make = useAct();
  return /* @__PURE__ */ h2(Card, { title: w2("make") }, /* @__PURE__ */ h2("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    make.run(async () => {
      await act("POST", at(name), { paths: [path] });
      location.hash = "#knowledge/" + encodeURIComponent(name);
    });
  } }, /* @__PURE__ */ h2(Field, { label: w2("name"), hint: w2("nameHint") }, (id) => /* @__PURE__ */ h2("input", { id, value: name, required: true, onInput: (e) => setName(e.target.value) })), /* @__PURE__ */ h2(Field, { label: w2("path"), hint: w2("pathHint") }, (id) => /* @__PURE__ */ h2("input", { id, class: "base-path", value: path, required: true, onInput: (e) => setPath(e.target.value) })), /* @__PURE__ */ h2("button", { class: "main", disabled: make.busy || !name || !path }, w2("go"))), make.failure && /* @__PURE__ */ h2(Fail, { of: make.failure }), /* @__PURE__ */ h2(Command, { line: `suiren knowledge add ${name || "NAME"} ${path || "PATH"}` }));
}
function One({ of, changed }) {
  const [tab, setTab] = useState2(mayDo("search") ? "ask" : "files");
  const [open, setOpen] = useState2(null);
  const again = useAct(), keeps = mayDo("read_bases");
  const tabs = [["ask", w2("tab_ask")], ["files", w2("tab_files")], ["readers", w2("tab_readers")], ["eval", w2("tab_eval")]];
  return /* @__PURE__ */ h2(Card, { title: of.name, side: mayDo("set_bases") && /* @__PURE__ */ h2("button", { disabled: again.busy, onClick: () => again.run(() => act("POST", at(of.name), { paths: [] })).then(changed) }, w2("again")) }, again.failure && /* @__PURE__ */ h2(Fail, { of: again.failure }), /* @__PURE__ */ h2(Tabs2, { label: w2("views"), at: tab, set: setTab, of: tabs.filter(([k]) => k === "files" || (k === "readers" ? keeps && mayDo("set_bases") : mayDo("search"))) }), tab === "ask" && /* @__PURE__ */ h2(Asking, { base: of.name, open: setOpen }), tab === "files" && (keeps ? /* @__PURE__ */ h2(Table, { label: w2("tab_files"), source: of.name + of.files + of.stale, load: (from, n) => get(`${at(of.name)}?from=${from}&n=${n}`), columns: [
    { key: "name", title: w2("file"), wide: 3, cell: (f) => /* @__PURE__ */ h2("button", { class: "bare", title: f.name, onClick: () => setOpen({ file: f.name }) }, f.name) },
    { key: "state", title: w2("state"), cell: (f) => /* @__PURE__ */ h2(Tag, { kind: { read: "done", stale: "running", aside: "failed" }[f.state] }, w2(`state_${f.state}`)) },
    { key: "why", title: w2("reason"), wide: 2, cell: (f) => /* @__PURE__ */ h2("span", { title: f.why }, f.why ?? "") },
    { key: "size", title: w2("size"), number: true, cell: (f) => bytes(f.size) },
    { key: "changed", title: w2("changed"), number: true, cell: (f) => f.changed }
  ] }) : /* @__PURE__ */ h2(Table, { label: w2("tab_files"), source: of.name + of.files, load: (from, n) => get(`${at(of.name)}/documents?from=${from}&n=${n}`), columns: [
    { key: "name", title: w2("file"), wide: 3, cell: (f) => /* @__PURE__ */ h2("button", { class: "bare", title: f.name, onClick: () => setOpen({ file: f.name }) }, f.name) }
  ] })), tab === "readers" && /* @__PURE__ */ h2(Readers, { base: of.name }), tab === "eval" && /* @__PURE__ */ h2(Evaluate, { base: of.name }), open && /* @__PURE__ */ h2(Document, { key: open.file + open.id, path: `${at(of.name)}/text?file=${encodeURIComponent(open.file)}`, at: open, close: () => setOpen(null) }));
}
function Asking({ base, open }) {
  const [q, setQ] = useState2(""), [as, setAs] = useState2(""), [found, setFound] = useState2(null), ask = useAct();
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    ask.run(async () => setFound(await get(`${at(base)}/find?q=${encodeURIComponent(q)}&as=${encodeURIComponent(as)}`)));
  } }, /* @__PURE__ */ h2(Field, { label: w2("question") }, (id) => /* @__PURE__ */ h2("input", { id, class: "base-question", value: q, required: true, onInput: (e) => setQ(e.target.value) })), mayDo("set_bases") && /* @__PURE__ */ h2(Field, { label: w2("as"), hint: w2("asHint") }, (id) => /* @__PURE__ */ h2("input", { id, value: as, onInput: (e) => setAs(e.target.value) })), /* @__PURE__ */ h2("button", { class: "main", disabled: ask.busy || !q }, w2("ask"))), ask.failure && /* @__PURE__ */ h2(Fail, { of: ask.failure }), found && /* @__PURE__ */ h2("div", { class: "found", "aria-live": "polite" }, /* @__PURE__ */ h2("h3", null, w2("answer")), found.refused ? /* @__PURE__ */ h2("p", null, w2("refused")) : /* @__PURE__ */ h2("blockquote", { class: "said-by" }, found.sentences.map((s) => /* @__PURE__ */ h2("p", null, s.text, !s.supported && /* @__PURE__ */ h2(Tag, { kind: "failed" }, w2("unsupported")))), found.source && /* @__PURE__ */ h2("footer", null, /* @__PURE__ */ h2(Place, { of: found.source, open: (h3) => open({ ...h3, quotes: quotes(h3.text, found.sentences.map((s) => s.text)) }) }))), found.differ.map(([, other]) => /* @__PURE__ */ h2("p", { class: "bad" }, w2("differs"), ": ", other)), /* @__PURE__ */ h2("h3", null, w2("hits")), found.hits.length === 0 ? /* @__PURE__ */ h2("p", { class: "quiet" }, w2("noHits")) : /* @__PURE__ */ h2("ol", { class: "hits" }, found.hits.map((hit) => /* @__PURE__ */ h2("li", { key: hit.id }, /* @__PURE__ */ h2(Place, { of: hit, open: (h3) => open({ ...h3, quotes: quotes(h3.text, found.sentences.map((s) => s.text)) }) }), /* @__PURE__ */ h2("p", { class: "quiet" }, w2("score", hit.score.toFixed(2), percent(hit.coverage, 0)), " · ", w2("byWords", hit.words.toFixed(2)), " ", (hit.terms ?? []).slice(0, 8).map((m) => /* @__PURE__ */ h2("span", { class: "term" }, m.term, " ", m.score.toFixed(2))), hit.meaning ? /* @__PURE__ */ h2(Fragment2, null, " · ", w2("byMeaning", hit.meaning.toFixed(2))) : null), /* @__PURE__ */ h2("p", { class: "passage" }, hit.text.slice(0, 400), hit.text.length > 400 && "…")))), /* @__PURE__ */ h2(Command, { line: `suiren knowledge search ${base} ${JSON.stringify(q)}` })));
}
function quotes(text, sentences) {
  return sentences.flatMap((s) => {
    const at2 = text.indexOf(s), from = [...text.slice(0, Math.max(at2, 0))].length;
    return at2 < 0 || !s ? [] : [[from, from + [...s].length]];
  });
}
function Place({ of, open }) {
  return /* @__PURE__ */ h2("button", { type: "button", class: "bare place", title: w2("openAt"), onClick: () => open(of) }, /* @__PURE__ */ h2("code", null, of.file), of.page > 0 && /* @__PURE__ */ h2("span", null, " · ", w2("page", of.page)), of.heading && /* @__PURE__ */ h2("span", null, " · ", of.heading));
}
function Readers({ base }) {
  const got = useGet2(`${at(base)}?n=1`);
  const [rules, setRules] = useState2(null), save = useAct(), [saved, setSaved] = useState2(false), [under, setUnder] = useState2(null);
  const now = rules ?? got.data?.rules ?? [];
  const set = (i, r) => {
    setSaved(false);
    setUnder(null);
    setRules(r ? now.map((old, j) => j === i ? r : old) : now.filter((_, j) => j !== i));
  };
  const counts = rules ? under : got.data?.governed;
  return /* @__PURE__ */ h2(Loaded2, { of: got }, ({ rows }) => /* @__PURE__ */ h2("div", null, /* @__PURE__ */ h2("p", { class: "quiet" }, w2("rules"), rows[0] && " " + w2("like", rows[0].name)), now.map((r, i) => /* @__PURE__ */ h2("div", { class: "form", key: i }, /* @__PURE__ */ h2(Field, { label: w2("rule") }, (id) => /* @__PURE__ */ h2("input", { id, value: r.path, onInput: (e) => set(i, { ...r, path: e.target.value }) })), /* @__PURE__ */ h2(Field, { label: w2("allow") }, (id) => /* @__PURE__ */ h2("input", { id, value: (r.allow ?? []).join(", "), onChange: (e) => set(i, { ...r, allow: e.target.value.split(/[,，]/).map((s) => s.trim()).filter(Boolean) }) })), counts && (counts[i] ? /* @__PURE__ */ h2("span", { class: "quiet" }, w2("files", count2(counts[i]))) : /* @__PURE__ */ h2("span", { class: "bad" }, w2("governsNone"))), /* @__PURE__ */ h2("button", { onClick: () => set(i, null) }, w2("remove")))), /* @__PURE__ */ h2("div", { class: "row" }, /* @__PURE__ */ h2("button", { onClick: () => {
    setSaved(false);
    setUnder(null);
    setRules([...now, { path: "", allow: [] }]);
  } }, w2("addRule")), /* @__PURE__ */ h2("button", { class: "main", disabled: save.busy || !rules, onClick: () => save.run(async () => setUnder((await act("PUT", at(base) + "/readers", { rules: now })).governed)).then(setSaved) }, w2("save")), /* @__PURE__ */ h2("span", { class: "quiet", role: "status" }, saved ? w2("saved") : "")), save.failure && /* @__PURE__ */ h2(Fail, { of: save.failure })));
}
function Evaluate({ base }) {
  const [e, setE] = useState2(null), run = useAct();
  return /* @__PURE__ */ h2("div", null, /* @__PURE__ */ h2("p", { class: "quiet" }, w2("evalHelp")), /* @__PURE__ */ h2("button", { class: "main", disabled: run.busy, onClick: () => run.run(async () => setE(await act("POST", at(base) + "/eval"))) }, w2("evalGo")), run.failure && /* @__PURE__ */ h2(Fail, { of: run.failure }), e && /* @__PURE__ */ h2("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w2("tab_eval") }, /* @__PURE__ */ h2("table", null, /* @__PURE__ */ h2("thead", null, /* @__PURE__ */ h2("tr", null, /* @__PURE__ */ h2("th", { scope: "col" }, w2("measure")), /* @__PURE__ */ h2("th", { scope: "col" }, w2("value")))), /* @__PURE__ */ h2("tbody", null, ["recall_at_1", "recall_at_3", "recall_at_10", "ndcg_at_10", "mrr_at_10", "answered"].map((k) => /* @__PURE__ */ h2("tr", null, /* @__PURE__ */ h2("th", { scope: "row" }, w2(k)), /* @__PURE__ */ h2("td", null, percent(e[k].mean), " ", /* @__PURE__ */ h2("small", null, percent(e[k].low), "–", percent(e[k].high)))))))), e?.missed && e.missed.length > 0 && /* @__PURE__ */ h2("details", null, /* @__PURE__ */ h2("summary", null, w2("missed"), " (", e.missed.length, ")"), /* @__PURE__ */ h2("ul", null, e.missed.slice(0, 20).map((m) => /* @__PURE__ */ h2("li", null, m.question)))), /* @__PURE__ */ h2(Command, { line: `suiren knowledge eval ${base}` }));
}
export {
  Knowledge as default
};
