// src/pages/data.tsx
import { bytes, Card, Command, count, Empty, FactList, Field, Fragment, get, h, Loaded, Page, percent, say, short, t, Table, Tabs, Tag, useEffect, useGet, useRef, useState, listed, told } from "./kit.js";

// src/pages/data.words.ts
var words = {
  lead: ["What was read, what was kept, what each rule left out and why, and how it becomes what a model learns.", "读入了什么、保留了什么、每条规则去掉了什么及原因，以及它如何变成模型学习的内容。"],
  none: ["No corpus yet", "还没有语料"],
  noneHelp: ["A plan with documents and a corpus block makes one: each document is measured, and the journal says what was decided.", "在计划中写 documents 和 corpus 块即可制作：每篇文档都被度量，日志写明判定。"],
  corpus: ["Corpus", "语料"],
  views: ["Views of the data", "数据视图"],
  tab_documents: ["Documents", "文档"],
  tab_rules: ["Rules", "规则"],
  tab_near: ["Near-duplicates", "近似重复"],
  tab_card: ["Data card", "数据卡"],
  tab_rows: ["As the model reads it", "模型读到的样子"],
  kept: ["{0} of {1} documents kept, {2}", "保留 {0}/{1} 篇，{2}"],
  usedBy: ["Used by", "用于"],
  show: ["Show", "显示"],
  all: ["all documents", "全部文档"],
  onlyKept: ["kept", "保留的"],
  onlyLeft: ["left out", "去掉的"],
  onlyPII: ["with personal data", "含个人信息的"],
  search: ["Path holds", "路径包含"],
  document: ["Document", "文档"],
  verdict: ["Verdict", "结论"],
  language: ["Language", "语言"],
  characters: ["Characters", "字数"],
  source: ["From", "来自"],
  left: ["left out: {0}", "去掉：{0}"],
  path: ["The way of this document", "此文档的去向"],
  noPII: ["None was found in it.", "其中没有发现。"],
  pii: ["Personal data", "个人信息"],
  reasons: ["Why documents were left out", "去掉的原因"],
  noneLeft: ["None was left out.", "没有去掉任何文档。"],
  count: ["Documents", "文档数"],
  rule: ["Rule", "规则"],
  threshold: ["Threshold: {0}", "阈值：{0}"],
  thresholdHelp: ["Move it to see what another value would decide. Nothing is changed: the plan's recipe says what holds.", "移动可查看其他取值的判定。不会改动任何东西：以计划的配方为准。"],
  would: ["{0} of {1} documents would be left out", "将去掉 {0}/{1} 篇"],
  limits: ["In the recipe: {0}", "配方中：{0}"],
  noMeasures: ['The corpus holds no measure of this rule: its recipe asks for none. One made with recipe = "measure" holds all of them.', '语料没有这条规则的测量值：它的配方没有测量。用 recipe = "measure" 制作的语料保留全部测量值。'],
  noLimit: ["The recipe does not ask for this rule.", "配方没有使用这条规则。"],
  most: ["more than the threshold is left out", "超过阈值的去掉"],
  least: ["less than the threshold is left out", "低于阈值的去掉"],
  nearest: ["Documents that lie nearest to it", "最接近阈值的文档"],
  clusters: ["{0} clusters; the first of each stays.", "共 {0} 组；每组保留第一篇。"],
  noClusters: ["No document is nearly the same as another.", "没有近似重复的文档。"],
  stays: ["stays", "保留"],
  similar: ["{0} alike", "相似 {0}"],
  lineage: ["Lineage of {0}", "{0} 的来历"],
  asked: ["What was asked of it", "对它的判定"],
  value: ["Value", "取值"],
  limit: ["Limit", "阈值"],
  close: ["Close", "关闭"],
  text: ["Its text", "正文"],
  noText: ["Its text is not kept in the folders it was made of.", "来源目录里没有保存正文。"],
  block: ["Tokens", "词元块"],
  row: ["Row {0} of {1}", "第 {0}/{1} 行"],
  before: ["Before", "上一行"],
  next: ["Next", "下一行"],
  noBlocks: ["No tokens block stands yet: it packs conversations into rows, and says which tokens are learnt.", "还没有 tokens 块：它把对话装成数据行，并标明哪些词元参与学习。"],
  mask: ["Tokens on a coloured ground are learnt; the others are only read. {0} of all tokens are learnt.", "有底色的词元参与学习，其余只读。全部词元的 {0} 参与学习。"],
  learnt: ["learnt", "学习"],
  onlyRead: ["only read", "只读"],
  piece: ["Document {0}", "第 {0} 篇"]
};

// src/pages/data.tsx
var w = say(words);
var at = (name) => "/api/corpora/" + encodeURIComponent(name);
function Data() {
  const list = useGet("/api/corpora");
  const blocks = useGet("/api/rows");
  const [name, choose] = useState(""), [tab, setTab] = useState("documents"), [open, setOpen] = useState("");
  return /* @__PURE__ */ h(Page, { title: t("data"), lead: w("lead") }, /* @__PURE__ */ h(Loaded, { of: list, none: /* @__PURE__ */ h(Empty, { title: w("none") }, /* @__PURE__ */ h("p", null, w("noneHelp")), /* @__PURE__ */ h("a", { class: "button", href: "#home" }, t("home"))) }, (got) => {
    const corpora = got.corpora, c = corpora.find((one) => one.name === name) ?? corpora[0];
    return /* @__PURE__ */ h(Fragment, null, !c && /* @__PURE__ */ h(Empty, { title: w("none") }, /* @__PURE__ */ h("p", null, w("noneHelp")), /* @__PURE__ */ h("a", { class: "button", href: "#plan" }, t("plan"))), c && /* @__PURE__ */ h(Card, { title: c.name, side: corpora.length > 1 && /* @__PURE__ */ h("label", null, w("corpus"), " ", /* @__PURE__ */ h("select", { value: c.name, onChange: (e) => choose(e.target.value) }, corpora.map((o) => /* @__PURE__ */ h("option", { key: o.name }, o.name)))) }, /* @__PURE__ */ h("p", null, w("kept", count(c.report.kept), count(c.report.read), bytes(c.report.bytes)), " · ", /* @__PURE__ */ h("code", null, c.report.recipe), " · ", /* @__PURE__ */ h("code", null, short(c.digest))), /* @__PURE__ */ h(Reasons, { of: c }), /* @__PURE__ */ h(Tabs, { label: w("views"), at: tab, set: setTab, of: [["documents", w("tab_documents")], ["rules", w("tab_rules")], ["near", w("tab_near")], ["card", w("tab_card")], ["rows", w("tab_rows")]] }), tab === "documents" && /* @__PURE__ */ h(Documents, { of: c, open: setOpen }), tab === "rules" && /* @__PURE__ */ h(Rules, { of: c, rules: got.rules, open: setOpen }), tab === "near" && /* @__PURE__ */ h(Near, { of: c, open: setOpen }), tab === "card" && /* @__PURE__ */ h(DataCard, { of: c }), tab === "rows" && /* @__PURE__ */ h(Rows, { blocks: blocks.data?.blocks ?? [] }), open && /* @__PURE__ */ h(Lineage, { of: c, id: open, close: () => setOpen("") })), !c && blocks.data && blocks.data.blocks.length > 0 && /* @__PURE__ */ h(Card, { title: w("tab_rows") }, /* @__PURE__ */ h(Rows, { blocks: blocks.data.blocks })));
  }));
}
function Reasons({ of }) {
  const list = Object.entries(of.report.reasons ?? {}).sort((a, b) => b[1] - a[1]), pii = Object.entries(of.report.pii ?? {});
  return /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("reasons"), " (", list.reduce((s, [, n]) => s + n, 0), ")"), list.length === 0 ? /* @__PURE__ */ h("p", { class: "quiet" }, w("noneLeft")) : /* @__PURE__ */ h(FactList, { rows: list.map(([name, n]) => [name, count(n)]) }), pii.length > 0 && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("h3", null, w("pii")), /* @__PURE__ */ h(FactList, { rows: pii.map(([name, n]) => [name, count(n)]) })), of.used_by && of.used_by.length > 0 && /* @__PURE__ */ h("p", null, w("usedBy"), " ", listed(of.used_by)));
}
function Documents({ of, open }) {
  const [reason, setReason] = useState(""), [q, setQ] = useState(""), [asked, ask] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => ask(q), 250);
    return () => clearTimeout(timer);
  }, [q]);
  const path = `${at(of.name)}/journal?reason=${encodeURIComponent(reason)}&q=${encodeURIComponent(asked)}`;
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("div", { class: "form" }, /* @__PURE__ */ h(Field, { label: w("show") }, (id) => /* @__PURE__ */ h("select", { id, value: reason, onChange: (e) => setReason(e.target.value) }, /* @__PURE__ */ h("option", { value: "" }, w("all")), /* @__PURE__ */ h("option", { value: "kept" }, w("onlyKept")), /* @__PURE__ */ h("option", { value: "left" }, w("onlyLeft")), /* @__PURE__ */ h("option", { value: "pii" }, w("onlyPII")), Object.keys(of.report.reasons ?? {}).map((r) => /* @__PURE__ */ h("option", { key: r, value: r }, w("left", r))))), /* @__PURE__ */ h(Field, { label: w("search") }, (id) => /* @__PURE__ */ h("input", { id, value: q, onInput: (e) => setQ(e.target.value) }))), /* @__PURE__ */ h(Table, { label: w("tab_documents"), source: path, load: (from, n) => get(`${path}&from=${from}&n=${n}`), columns: [
    { key: "path", title: w("document"), wide: 3, cell: (e) => /* @__PURE__ */ h("button", { class: "bare", title: e.path, onClick: () => open(e.id) }, e.path) },
    { key: "verdict", title: w("verdict"), wide: 1.4, cell: (e) => /* @__PURE__ */ h(Tag, { kind: e.kept ? "done" : "failed" }, e.kept ? w("onlyKept") : w("left", e.reason ?? "")) },
    { key: "lang", title: w("language"), wide: 1.1, cell: (e) => e.lang },
    { key: "pii", title: w("pii"), wide: 1.6, cell: (e) => listed(Object.entries(e.pii ?? {}).map(([k, n]) => `${k} ${n}`)) },
    { key: "chars", title: w("characters"), wide: 1.2, number: true, cell: (e) => count(e.chars) },
    { key: "source", title: w("source"), wide: 1.9, cell: (e) => e.source }
  ] }));
}
function Rules({ of, rules, open }) {
  const [rule, setRule] = useState(rules.find((r) => r === "words_least") ?? rules[0]), [moved, move] = useState(null), [asked, ask] = useState(null);
  useEffect(() => {
    const timer = setTimeout(() => ask(moved), 120);
    return () => clearTimeout(timer);
  }, [moved]);
  const got = useGet(`${at(of.name)}/measure?rule=${encodeURIComponent(rule)}${asked === null ? "" : "&at=" + asked}`);
  const last = useRef(null);
  if (got.data) last.current = got.data;
  const m = last.current?.rule === rule ? last.current : null;
  const value = moved ?? m?.at ?? 0, limits = Object.entries(m?.limits ?? {});
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(Field, { label: w("rule") }, (id) => /* @__PURE__ */ h("select", { id, value: rule, onChange: (e) => {
    move(null);
    ask(null);
    setRule(e.target.value);
  } }, rules.map((r) => /* @__PURE__ */ h("option", { key: r }, r)))), m && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("p", { class: "quiet" }, m.most ? w("most") : w("least"), " · ", limits.length ? w("limits", listed(limits.map(([lang, v]) => `${lang} ${+v.toPrecision(4)}`))) : w("noLimit")), m.total === 0 ? /* @__PURE__ */ h("p", { class: "measureless" }, w("noMeasures")) : /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(Histogram, { of: m, at: value }), /* @__PURE__ */ h(Field, { label: w("threshold", +value.toPrecision(4)), hint: w("thresholdHelp") }, (id) => /* @__PURE__ */ h("input", { id, type: "range", min: m.low, max: m.high, step: (m.high - m.low) / 200, value, onInput: (e) => move(+e.target.value) })), /* @__PURE__ */ h("p", { role: "status" }, /* @__PURE__ */ h("b", null, w("would", count(m.most ? m.total - m.below : m.below), count(m.total)))), /* @__PURE__ */ h("h3", null, w("nearest")), /* @__PURE__ */ h("ul", { class: "plainlist" }, (m.samples ?? []).map((s) => /* @__PURE__ */ h("li", { key: s.id }, /* @__PURE__ */ h("button", { class: "bare", onClick: () => open(s.id) }, s.path), " ", /* @__PURE__ */ h("span", { class: "quiet" }, +s.value.toPrecision(4)))))), /* @__PURE__ */ h(Command, { line: `suiren data try ${of.name} --set ${rule}=${+value.toPrecision(4)}` })));
}
function Histogram({ of, at: value }) {
  const most = Math.max(...of.counts, 1), wide = 600, high = 150, each = wide / of.counts.length;
  const x = (value - of.low) / (of.high - of.low) * wide;
  return /* @__PURE__ */ h("svg", { class: "chart histogram", viewBox: `0 0 ${wide} ${high + 18}`, role: "img", "aria-label": told(of.rule, of.counts.join(" ")) }, of.counts.map((n, i) => {
    const tall = Math.sqrt(n / most) * high;
    const out = of.most ? (i + 0.5) * each > x : (i + 0.5) * each < x;
    return /* @__PURE__ */ h("rect", { key: i, class: out ? "out" : "fill c1", x: i * each + 1, width: each - 2, y: high - tall, height: tall });
  }), /* @__PURE__ */ h("line", { class: "threshold", x1: x, x2: x, y1: "0", y2: high }), /* @__PURE__ */ h("text", { x: "0", y: high + 14 }, +of.low.toPrecision(3)), /* @__PURE__ */ h("text", { x: wide, y: high + 14, "text-anchor": "end" }, +of.high.toPrecision(3)));
}
function Near({ of, open }) {
  const got = useGet(at(of.name) + "/near");
  return /* @__PURE__ */ h(Loaded, { of: got }, ({ total, clusters }) => total === 0 ? /* @__PURE__ */ h("p", { class: "quiet" }, w("noClusters")) : /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("p", { class: "quiet" }, w("clusters", count(total))), clusters.map((c) => /* @__PURE__ */ h("details", { key: c.kept }, /* @__PURE__ */ h("summary", null, c.path || c.kept, " (", c.count + 1, ")"), /* @__PURE__ */ h("ul", { class: "plainlist" }, /* @__PURE__ */ h("li", null, /* @__PURE__ */ h("button", { class: "bare", onClick: () => open(c.kept) }, c.path || c.kept), " ", /* @__PURE__ */ h(Tag, { kind: "done" }, w("stays"))), c.members.map((m) => /* @__PURE__ */ h("li", { key: m.id }, /* @__PURE__ */ h("button", { class: "bare", onClick: () => open(m.id) }, m.path), " ", /* @__PURE__ */ h(Tag, null, m.reason), " ", m.jaccard ? /* @__PURE__ */ h("span", { class: "quiet" }, w("similar", percent(m.jaccard, 0))) : null)))))));
}
function DataCard({ of }) {
  const got = useGet(at(of.name) + "/card");
  return /* @__PURE__ */ h(Loaded, { of: got }, ({ markdown }) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("div", { class: "markdown" }, markdown.split("\n").map((line, i) => line.startsWith("# ") ? null : line.startsWith("## ") ? /* @__PURE__ */ h("h3", { key: i }, line.slice(3)) : line.startsWith("- ") ? /* @__PURE__ */ h("p", { class: "item", key: i }, "• " + line.slice(2)) : line && /* @__PURE__ */ h("p", { key: i }, line.replaceAll("`", "")))), /* @__PURE__ */ h(Command, { line: `suiren data card ${of.name}` })));
}
function Lineage({ of, id, close }) {
  const got = useGet(`${at(of.name)}/document?id=${encodeURIComponent(id)}`), box = useRef(null);
  useEffect(() => {
    if (!box.current.open) box.current.showModal();
  }, []);
  return /* @__PURE__ */ h("dialog", { ref: box, class: "document", "aria-label": w("lineage", id), onClose: close }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("h2", null, w("lineage", got.data?.entry.path ?? id)), /* @__PURE__ */ h("button", { class: "push", onClick: () => box.current.close() }, w("close"))), /* @__PURE__ */ h(Loaded, { of: got }, (d) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(FactList, { rows: [
    ["id", /* @__PURE__ */ h("code", null, d.entry.id)],
    [w("source"), d.entry.source],
    [w("language"), d.entry.lang],
    [w("verdict"), d.entry.kept ? w("onlyKept") : w("left", d.entry.reason ?? "")],
    ["SHA-256", /* @__PURE__ */ h("code", null, d.entry.before, d.entry.after && ` → ${d.entry.after}`)],
    [w("usedBy"), d.entry.kept ? listed(d.used_by ?? []) : ""]
  ] }), /* @__PURE__ */ h("h3", null, w("asked")), /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w("asked") }, /* @__PURE__ */ h("table", null, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, w("rule")), /* @__PURE__ */ h("th", { scope: "col" }, w("value")), /* @__PURE__ */ h("th", { scope: "col" }, w("limit")))), /* @__PURE__ */ h("tbody", null, (d.rules ?? []).map((r) => /* @__PURE__ */ h("tr", { key: r.rule, class: r.dropped ? "bad" : "" }, /* @__PURE__ */ h("th", { scope: "row" }, r.dropped ? "✗ " : "", r.rule), /* @__PURE__ */ h("td", null, +r.value.toPrecision(4)), /* @__PURE__ */ h("td", null, r.most ? "≤" : "≥", " ", +r.limit.toPrecision(4))))))), /* @__PURE__ */ h("h3", null, w("path")), /* @__PURE__ */ h("ol", { class: "chain" }, [d.entry.source || w("source"), d.entry.path, "corpus." + of.name, ...d.entry.kept ? d.used_by ?? [] : []].filter(Boolean).map((step, i) => /* @__PURE__ */ h("li", { key: i }, /* @__PURE__ */ h("code", null, step))), !d.entry.kept && /* @__PURE__ */ h("li", { class: "bad" }, w("left", d.entry.reason ?? ""))), /* @__PURE__ */ h("h3", null, w("pii")), !d.pii?.length ? /* @__PURE__ */ h("p", { class: "quiet" }, w("noPII")) : /* @__PURE__ */ h("ul", { class: "plainlist pii" }, d.pii.map((hit, i) => /* @__PURE__ */ h("li", { key: i }, /* @__PURE__ */ h(Tag, null, hit.kind), " ", /* @__PURE__ */ h("mark", null, hit.text)))), /* @__PURE__ */ h("h3", null, w("text")), d.text ? /* @__PURE__ */ h("p", { class: "passage", tabIndex: 0 }, d.text) : /* @__PURE__ */ h("p", { class: "quiet" }, w("noText")), /* @__PURE__ */ h(Command, { line: `suiren data explain ${d.entry.id}` }))));
}
function Rows({ blocks }) {
  const [block, setBlock] = useState(""), [row, setRow] = useState(0);
  const now = block || blocks[0] || "";
  const got = useGet(now && `/api/rows?block=${encodeURIComponent(now)}&from=${row}`);
  if (!now) return /* @__PURE__ */ h("p", { class: "quiet" }, w("noBlocks"));
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("label", null, w("block"), " ", /* @__PURE__ */ h("select", { value: now, onChange: (e) => {
    setRow(0);
    setBlock(e.target.value);
  } }, blocks.map((b) => /* @__PURE__ */ h("option", { key: b }, b)))), /* @__PURE__ */ h("button", { disabled: row === 0, onClick: () => setRow(row - 1) }, w("before")), /* @__PURE__ */ h("button", { disabled: !got.data || row + 1 >= got.data.rows, onClick: () => setRow(row + 1) }, w("next")), got.data && /* @__PURE__ */ h("span", { role: "status", class: "quiet" }, w("row", count(row + 1), count(got.data.rows)))), /* @__PURE__ */ h(Loaded, { of: got }, (v) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("p", { class: "quiet" }, w("mask", percent(v.learnt))), v.parts.map((parts, i) => /* @__PURE__ */ h("figure", { key: i }, /* @__PURE__ */ h("figcaption", null, w("piece", i + 1)), /* @__PURE__ */ h("p", { class: "passage tokens" }, parts.map((p) => p.learn ? /* @__PURE__ */ h("mark", { title: w("learnt") }, p.text) : /* @__PURE__ */ h("span", { title: w("onlyRead") }, p.text))))))), /* @__PURE__ */ h(Command, { line: `suiren preview ${now} --from ${row}` }));
}
export {
  Data as default
};
