// src/pages/knowledge.tsx
import { act, bytes, Card, Command, count, Empty, Fail, Field, Fragment, get, h, Loaded, mayDo, Page, percent, say, store, t, Table, Tabs, Tag, TaskList, useAct, useEffect, useGet, useState } from "./kit.js";
import { Document } from "./document.js";

// src/pages/knowledge.words.ts
var words = {
  lead: ["Folders of your documents. Answers are sentences from them, with file, page and place; what they do not say is not answered.", "您的文档目录。回答都是文档中的原句，注明文件、页码和位置；文档没说的就不答。"],
  make: ["Read a folder", "读入目录"],
  name: ["Name of the base", "知识库名称"],
  nameHint: ["Letters, digits and hyphens.", "文字、数字和连字符。"],
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
  tab_conflicts: ["Out of date", "过时与矛盾"],
  conflictsHelp: ["Files that are not as they were read, documents that say that they held until a day that is over, and sentences of different documents that say nearly the same with other numbers or days. Each may be right: a person decides.", "与读入时不同的文件、自称有效期已过的文档，以及不同文档中说法几乎相同、数字或日子不同的句子。各自都可能正确，由人判断。"],
  noConflicts: ["Nothing differs, and nothing is out of date.", "没有矛盾，也没有过时内容。"],
  staleFiles: ["Files that are not as they were read ({0})", "与读入时不同的文件（{0}）"],
  state_gone: ["gone", "已不在"],
  outdated: ["Out of date, by themselves ({0})", "自称有效期已过（{0}）"],
  heldUntil: ["held until {0}", "有效期至 {0}"],
  pairs: ["Two documents say otherwise ({0})", "两份文档说法不同（{0}）"],
  conflictsCut: ["There was more than can be compared at once.", "内容过多，未能全部比较。"],
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
import { AskWritten } from "./written.js";
var w = say(words);
var at = (name) => "/api/bases/" + encodeURIComponent(name);
function Knowledge() {
  const list = useGet("/api/bases");
  const tasks = JSON.stringify((store.now?.tasks ?? []).filter((task) => task.kind === "knowledge"));
  useEffect(list.reload, [tasks]);
  const name = store.rest || list.data?.[0]?.name || "";
  const base = list.data?.find((b) => b.name === name);
  return /* @__PURE__ */ h(Page, { title: t("knowledge"), lead: w("lead") }, /* @__PURE__ */ h(TaskList, { kinds: ["knowledge"] }), /* @__PURE__ */ h(Loaded, { of: list }, (bases) => /* @__PURE__ */ h(Fragment, null, bases.length === 0 && /* @__PURE__ */ h(Empty, { title: w("none") }, /* @__PURE__ */ h("p", null, w(mayDo("set_bases") ? "noneHelp" : "noneOpen"))), bases.length > 0 && /* @__PURE__ */ h("ul", { class: "picks row" }, bases.map((b) => /* @__PURE__ */ h("li", { key: b.name }, /* @__PURE__ */ h("a", { class: "button", href: "#knowledge/" + encodeURIComponent(b.name), "aria-current": b.name === name ? "true" : void 0 }, /* @__PURE__ */ h("b", null, b.name), " ", /* @__PURE__ */ h("span", { class: "quiet" }, w("files", count(b.files))), b.stale > 0 && /* @__PURE__ */ h(Tag, { kind: "running" }, w("stale", b.stale)), b.aside > 0 && /* @__PURE__ */ h(Tag, null, w("aside", b.aside)))))), base && /* @__PURE__ */ h(One, { key: base.name, of: base, changed: list.reload }))), mayDo("set_bases") && /* @__PURE__ */ h(Make, null));
}
function Make() {
  const [name, setName] = useState("handbook"), [path, setPath] = useState(""), make = useAct();
  return /* @__PURE__ */ h(Card, { title: w("make") }, /* @__PURE__ */ h("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    make.run(async () => {
      await act("POST", at(name), { paths: [path] });
      location.hash = "#knowledge/" + encodeURIComponent(name);
    });
  } }, /* @__PURE__ */ h(Field, { label: w("name"), hint: w("nameHint") }, (id) => /* @__PURE__ */ h("input", { id, value: name, required: true, onInput: (e) => setName(e.target.value) })), /* @__PURE__ */ h(Field, { label: w("path"), hint: w("pathHint") }, (id) => /* @__PURE__ */ h("input", { id, class: "base-path", value: path, required: true, onInput: (e) => setPath(e.target.value) })), /* @__PURE__ */ h("button", { class: "main", disabled: make.busy || !name || !path }, w("go"))), make.failure && /* @__PURE__ */ h(Fail, { of: make.failure }), /* @__PURE__ */ h(Command, { line: `suiren knowledge add ${name || "NAME"} ${path || "PATH"}` }));
}
function One({ of, changed }) {
  const [tab, setTab] = useState(mayDo("search") ? "ask" : "files");
  const [open, setOpen] = useState(null);
  const again = useAct(), keeps = mayDo("read_bases");
  const tabs = [["ask", w("tab_ask")], ["files", w("tab_files")], ["conflicts", w("tab_conflicts")], ["readers", w("tab_readers")], ["eval", w("tab_eval")]];
  return /* @__PURE__ */ h(Card, { title: of.name, side: mayDo("set_bases") && /* @__PURE__ */ h("button", { disabled: again.busy, onClick: () => again.run(() => act("POST", at(of.name), { paths: [] })).then(changed) }, w("again")) }, again.failure && /* @__PURE__ */ h(Fail, { of: again.failure }), /* @__PURE__ */ h(Tabs, { label: w("views"), at: tab, set: setTab, of: tabs.filter(([k]) => k === "files" || (k === "readers" ? keeps && mayDo("set_bases") : mayDo("search"))) }), tab === "ask" && /* @__PURE__ */ h(Asking, { base: of.name, open: setOpen }), tab === "files" && (keeps ? /* @__PURE__ */ h(Table, { label: w("tab_files"), source: of.name + of.files + of.stale, load: (from, n) => get(`${at(of.name)}?from=${from}&n=${n}`), columns: [
    { key: "name", title: w("file"), wide: 3, cell: (f) => /* @__PURE__ */ h("button", { class: "bare", title: f.name, onClick: () => setOpen({ file: f.name }) }, f.name) },
    { key: "state", title: w("state"), cell: (f) => /* @__PURE__ */ h(Tag, { kind: { read: "done", stale: "running", aside: "failed" }[f.state] }, w(`state_${f.state}`)) },
    { key: "why", title: w("reason"), wide: 2, cell: (f) => /* @__PURE__ */ h("span", { title: f.why }, f.why ?? "") },
    { key: "size", title: w("size"), number: true, cell: (f) => bytes(f.size) },
    { key: "changed", title: w("changed"), number: true, cell: (f) => f.changed }
  ] }) : /* @__PURE__ */ h(Table, { label: w("tab_files"), source: of.name + of.files, load: (from, n) => get(`${at(of.name)}/documents?from=${from}&n=${n}`), columns: [
    { key: "name", title: w("file"), wide: 3, cell: (f) => /* @__PURE__ */ h("button", { class: "bare", title: f.name, onClick: () => setOpen({ file: f.name }) }, f.name) }
  ] })), tab === "conflicts" && /* @__PURE__ */ h(Conflicts, { base: of.name, open: setOpen }), tab === "readers" && /* @__PURE__ */ h(Readers, { base: of.name }), tab === "eval" && /* @__PURE__ */ h(Evaluate, { base: of.name }), open && /* @__PURE__ */ h(Document, { key: open.file + open.id, path: `${at(of.name)}/text?file=${encodeURIComponent(open.file)}`, at: open, close: () => setOpen(null) }));
}
function Asking({ base, open }) {
  const [q, setQ] = useState(""), [as, setAs] = useState(""), [found, setFound] = useState(null), ask = useAct();
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    ask.run(async () => {
      const got = await get(`${at(base)}/find?q=${encodeURIComponent(q)}&as=${encodeURIComponent(as)}`);
      setFound(got && { ...got, q, as });
    });
  } }, /* @__PURE__ */ h(Field, { label: w("question") }, (id) => /* @__PURE__ */ h("input", { id, class: "base-question", value: q, required: true, onInput: (e) => setQ(e.target.value) })), mayDo("set_bases") && /* @__PURE__ */ h(Field, { label: w("as"), hint: w("asHint") }, (id) => /* @__PURE__ */ h("input", { id, value: as, onInput: (e) => setAs(e.target.value) })), /* @__PURE__ */ h("button", { class: "main", disabled: ask.busy || !q }, w("ask"))), ask.failure && /* @__PURE__ */ h(Fail, { of: ask.failure }), found && /* @__PURE__ */ h("div", { class: "found", "aria-live": "polite" }, /* @__PURE__ */ h("h3", null, w("answer")), found.refused ? /* @__PURE__ */ h("p", null, w("refused")) : /* @__PURE__ */ h("blockquote", { class: "said-by" }, found.sentences.map((s) => /* @__PURE__ */ h("p", null, s.text, !s.supported && /* @__PURE__ */ h(Tag, { kind: "failed" }, w("unsupported")))), found.source && /* @__PURE__ */ h("footer", null, /* @__PURE__ */ h(Place, { of: found.source, open: (h2) => open({ ...h2, quotes: quotes(h2.text, found.sentences.map((s) => s.text)) }) }))), !found.as && /* @__PURE__ */ h(AskWritten, { base, question: found.q, path: (file) => `${at(base)}/text?file=${encodeURIComponent(file)}` }), found.differ.map(([, other]) => /* @__PURE__ */ h("p", { class: "bad" }, w("differs"), ": ", other)), /* @__PURE__ */ h("h3", null, w("hits")), found.hits.length === 0 ? /* @__PURE__ */ h("p", { class: "quiet" }, w("noHits")) : /* @__PURE__ */ h("ol", { class: "hits" }, found.hits.map((hit) => /* @__PURE__ */ h("li", { key: hit.id }, /* @__PURE__ */ h(Place, { of: hit, open: (h2) => open({ ...h2, quotes: quotes(h2.text, found.sentences.map((s) => s.text)) }) }), /* @__PURE__ */ h("p", { class: "quiet" }, w("score", hit.score.toFixed(2), percent(hit.coverage, 0)), " · ", w("byWords", hit.words.toFixed(2)), " ", (hit.terms ?? []).slice(0, 8).map((m) => /* @__PURE__ */ h("span", { class: "term" }, m.term, " ", m.score.toFixed(2))), hit.meaning ? /* @__PURE__ */ h(Fragment, null, " · ", w("byMeaning", hit.meaning.toFixed(2))) : null), /* @__PURE__ */ h("p", { class: "passage" }, hit.text.slice(0, 400), hit.text.length > 400 && "…")))), /* @__PURE__ */ h(Command, { line: `suiren knowledge search ${base} ${JSON.stringify(found.q)}` })));
}
function quotes(text, sentences) {
  return sentences.flatMap((s) => {
    const at2 = text.indexOf(s), from = [...text.slice(0, Math.max(at2, 0))].length;
    return at2 < 0 || !s ? [] : [[from, from + [...s].length]];
  });
}
function Place({ of, open }) {
  return /* @__PURE__ */ h("button", { type: "button", class: "bare place", title: w("openAt"), onClick: () => open(of) }, /* @__PURE__ */ h("code", null, of.file), of.page > 0 && /* @__PURE__ */ h("span", null, " · ", w("page", of.page)), of.heading && /* @__PURE__ */ h("span", null, " · ", of.heading));
}
function Conflicts({ base, open }) {
  const got = useGet(at(base) + "/conflicts");
  const stands = (s) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("p", { class: "passage" }, s.text), /* @__PURE__ */ h(Place, { of: { ...s, page: s.page ?? 0, heading: s.heading ?? "" }, open: () => open({ ...s, quotes: [s.quote] }) }));
  return /* @__PURE__ */ h("div", { class: "conflicts" }, /* @__PURE__ */ h("p", { class: "quiet" }, w("conflictsHelp")), /* @__PURE__ */ h(Loaded, { of: got }, (c) => /* @__PURE__ */ h(Fragment, null, c.stale.length + c.outdated.length + c.pairs.length === 0 && /* @__PURE__ */ h("p", null, w("noConflicts")), c.stale.length > 0 && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("h3", null, w("staleFiles", count(c.stale.length))), /* @__PURE__ */ h("ul", { class: "plainlist" }, c.stale.map((f) => /* @__PURE__ */ h("li", { key: f.file, class: "row" }, /* @__PURE__ */ h("button", { class: "bare place", title: w("openAt"), onClick: () => open({ file: f.file }) }, /* @__PURE__ */ h("code", null, f.file)), /* @__PURE__ */ h(Tag, { kind: f.state === "gone" ? "failed" : "running" }, w(f.state === "gone" ? "state_gone" : "state_stale")))))), c.outdated.length > 0 && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("h3", null, w("outdated", count(c.outdated.length))), /* @__PURE__ */ h("ul", { class: "plainlist" }, c.outdated.map((o, i) => /* @__PURE__ */ h("li", { key: i, class: "card" }, /* @__PURE__ */ h(Tag, { kind: "running" }, w("heldUntil", o.until)), stands(o))))), c.pairs.length > 0 && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("h3", null, w("pairs", count(c.pairs.length))), /* @__PURE__ */ h("ol", { class: "plainlist" }, c.pairs.map((p, i) => /* @__PURE__ */ h("li", { key: i, class: "card pair" }, stands(p.one), stands(p.two))))), c.cut && /* @__PURE__ */ h("p", { class: "quiet" }, w("conflictsCut")))), /* @__PURE__ */ h(Command, { line: `suiren knowledge conflicts ${base}` }));
}
function Readers({ base }) {
  const got = useGet(`${at(base)}?n=1`);
  const [rules, setRules] = useState(null), save = useAct(), [saved, setSaved] = useState(false), [under, setUnder] = useState(null);
  const now = rules ?? got.data?.rules ?? [];
  const set = (i, r) => {
    setSaved(false);
    setUnder(null);
    setRules(r ? now.map((old, j) => j === i ? r : old) : now.filter((_, j) => j !== i));
  };
  const counts = rules ? under : got.data?.governed;
  return /* @__PURE__ */ h(Loaded, { of: got }, ({ rows }) => /* @__PURE__ */ h("div", null, /* @__PURE__ */ h("p", { class: "quiet" }, w("rules"), rows[0] && " " + w("like", rows[0].name)), now.map((r, i) => /* @__PURE__ */ h("div", { class: "form", key: i }, /* @__PURE__ */ h(Field, { label: w("rule") }, (id) => /* @__PURE__ */ h("input", { id, value: r.path, onInput: (e) => set(i, { ...r, path: e.target.value }) })), /* @__PURE__ */ h(Field, { label: w("allow") }, (id) => /* @__PURE__ */ h("input", { id, value: (r.allow ?? []).join(", "), onChange: (e) => set(i, { ...r, allow: e.target.value.split(/[,，]/).map((s) => s.trim()).filter(Boolean) }) })), counts && (counts[i] ? /* @__PURE__ */ h("span", { class: "quiet" }, w("files", count(counts[i]))) : /* @__PURE__ */ h("span", { class: "bad" }, w("governsNone"))), /* @__PURE__ */ h("button", { onClick: () => set(i, null) }, w("remove")))), /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("button", { onClick: () => {
    setSaved(false);
    setUnder(null);
    setRules([...now, { path: "", allow: [] }]);
  } }, w("addRule")), /* @__PURE__ */ h("button", { class: "main", disabled: save.busy || !rules, onClick: () => save.run(async () => setUnder((await act("PUT", at(base) + "/readers", { rules: now })).governed)).then(setSaved) }, w("save")), /* @__PURE__ */ h("span", { class: "quiet", role: "status" }, saved ? w("saved") : "")), save.failure && /* @__PURE__ */ h(Fail, { of: save.failure })));
}
function Evaluate({ base }) {
  const [e, setE] = useState(null), run = useAct();
  return /* @__PURE__ */ h("div", null, /* @__PURE__ */ h("p", { class: "quiet" }, w("evalHelp")), /* @__PURE__ */ h("button", { class: "main", disabled: run.busy, onClick: () => run.run(async () => setE(await act("POST", at(base) + "/eval"))) }, w("evalGo")), run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }), e && /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w("tab_eval") }, /* @__PURE__ */ h("table", null, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, w("measure")), /* @__PURE__ */ h("th", { scope: "col" }, w("value")))), /* @__PURE__ */ h("tbody", null, ["recall_at_1", "recall_at_3", "recall_at_10", "ndcg_at_10", "mrr_at_10", "answered"].map((k) => /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "row" }, w(k)), /* @__PURE__ */ h("td", null, percent(e[k].mean), " ", /* @__PURE__ */ h("small", null, percent(e[k].low), "–", percent(e[k].high)))))))), e?.missed && e.missed.length > 0 && /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("missed"), " (", e.missed.length, ")"), /* @__PURE__ */ h("ul", null, e.missed.slice(0, 20).map((m) => /* @__PURE__ */ h("li", null, m.question)))), /* @__PURE__ */ h(Command, { line: `suiren knowledge eval ${base}` }));
}
export {
  Knowledge as default
};
