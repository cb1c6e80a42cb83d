// src/pages/knowledge.tsx
import { act, bytes, Card, Command, count, Empty, Fail, Field, Fragment, get, h, Loaded, Page, percent, say, store, t, Table, Tabs, Tag, TaskList, useAct, useEffect, useGet, useRef, useState } from "./kit.js";

// src/pages/knowledge.words.ts
var words = {
  lead: ["Folders of your documents. Answers are sentences from them, with file, page and place; what they do not say is not answered.", "您的文档目录。回答都是文档中的原句，注明文件、页码和位置；文档没说的就不答。"],
  make: ["Read a folder", "读入目录"],
  name: ["Name of the base", "知识库名称"],
  nameHint: ["Letters, digits and hyphens.", "字母、数字和连字符。"],
  path: ["Folder or file on this machine", "本机上的目录或文件"],
  pathHint: ["The whole path, from the root. Files stay where they are.", "从根开始的完整路径，文件留在原处。"],
  go: ["Read it", "开始读入"],
  none: ["No documents yet", "还没有文档"],
  noneHelp: ["Name a folder with PDF, Word, Markdown, text or web pages. It is read on this machine, usually in seconds, and what cannot be read says why.", "请指定含 PDF、Word、Markdown、文本或网页的目录。在本机读取，通常几秒完成；无法读取的会说明原因。"],
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
  why: ["because of", "依据"],
  page: ["page {0}", "第 {0} 页"],
  place: ["bytes {0} to {1}", "字节 {0}–{1}"],
  openAt: ["Open at this place", "在此处打开"],
  file: ["File", "文件"],
  state: ["State", "状态"],
  reason: ["Reason", "原因"],
  changed: ["Changed", "修改时间"],
  size: ["Size", "大小"],
  state_read: ["read", "已读入"],
  state_stale: ["changed since", "其后有改动"],
  state_aside: ["set aside", "未读入"],
  text: ["{0}: its passages", "{0}：段落"],
  close: ["Close", "关闭"],
  noPage: ["No pages", "不分页"],
  rule: ["Folder or document", "目录或文档"],
  allow: ["Who may read it, parted by commas", "谁可读，用逗号分隔"],
  rules: ["Who may read what. The rule with the longest path counts; what has none may be read by all.", "谁可读什么。以路径最长的规则为准；没有规则的人人可读。"],
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
var w = say(words);
var at = (name) => "/api/bases/" + encodeURIComponent(name);
function Knowledge() {
  const list = useGet("/api/bases");
  const tasks = JSON.stringify((store.now?.tasks ?? []).filter((task) => task.kind === "knowledge"));
  useEffect(list.reload, [tasks]);
  const name = store.rest || list.data?.[0]?.name || "";
  const base = list.data?.find((b) => b.name === name);
  return /* @__PURE__ */ h(Page, { title: t("knowledge"), lead: w("lead") }, /* @__PURE__ */ h(TaskList, { kinds: ["knowledge"] }), /* @__PURE__ */ h(Loaded, { of: list }, (bases) => /* @__PURE__ */ h(Fragment, null, bases.length === 0 && /* @__PURE__ */ h(Empty, { title: w("none") }, /* @__PURE__ */ h("p", null, w("noneHelp"))), bases.length > 0 && /* @__PURE__ */ h("ul", { class: "picks row" }, bases.map((b) => /* @__PURE__ */ h("li", { key: b.name }, /* @__PURE__ */ h("a", { class: "button", href: "#knowledge/" + encodeURIComponent(b.name), "aria-current": b.name === name ? "true" : void 0 }, /* @__PURE__ */ h("b", null, b.name), " ", /* @__PURE__ */ h("span", { class: "quiet" }, w("files", count(b.files))), b.stale > 0 && /* @__PURE__ */ h(Tag, { kind: "running" }, w("stale", b.stale)), b.aside > 0 && /* @__PURE__ */ h(Tag, null, w("aside", b.aside)))))), base && /* @__PURE__ */ h(One, { key: base.name, of: base, changed: list.reload }))), /* @__PURE__ */ h(Make, null));
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
  const [tab, setTab] = useState("ask");
  const [open, setOpen] = useState(null);
  const again = useAct();
  return /* @__PURE__ */ h(Card, { title: of.name, side: /* @__PURE__ */ h("button", { disabled: again.busy, onClick: () => again.run(() => act("POST", at(of.name), { paths: [] })).then(changed) }, w("again")) }, again.failure && /* @__PURE__ */ h(Fail, { of: again.failure }), /* @__PURE__ */ h(Tabs, { label: w("views"), at: tab, set: setTab, of: [["ask", w("tab_ask")], ["files", w("tab_files")], ["readers", w("tab_readers")], ["eval", w("tab_eval")]] }), tab === "ask" && /* @__PURE__ */ h(Asking, { base: of.name, open: setOpen }), tab === "files" && /* @__PURE__ */ h(Table, { label: w("tab_files"), source: of.name + of.files + of.stale, load: (from, n) => get(`${at(of.name)}?from=${from}&n=${n}`), columns: [
    { key: "name", title: w("file"), wide: 3, cell: (f) => /* @__PURE__ */ h("button", { class: "bare", title: f.name, onClick: () => setOpen({ file: f.name }) }, f.name) },
    { key: "state", title: w("state"), cell: (f) => /* @__PURE__ */ h(Tag, { kind: { read: "done", stale: "running", aside: "failed" }[f.state] }, w(`state_${f.state}`)) },
    { key: "why", title: w("reason"), wide: 2, cell: (f) => /* @__PURE__ */ h("span", { title: f.why }, f.why ?? "") },
    { key: "size", title: w("size"), number: true, cell: (f) => bytes(f.size) },
    { key: "changed", title: w("changed"), number: true, cell: (f) => f.changed }
  ] }), tab === "readers" && /* @__PURE__ */ h(Readers, { base: of.name }), tab === "eval" && /* @__PURE__ */ h(Evaluate, { base: of.name }), open && /* @__PURE__ */ h(Document, { base: of.name, at: open, close: () => setOpen(null) }));
}
function Asking({ base, open }) {
  const [q, setQ] = useState(""), [as, setAs] = useState(""), [found, setFound] = useState(null), ask = useAct();
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    ask.run(async () => setFound(await get(`${at(base)}/find?q=${encodeURIComponent(q)}&as=${encodeURIComponent(as)}`)));
  } }, /* @__PURE__ */ h(Field, { label: w("question") }, (id) => /* @__PURE__ */ h("input", { id, class: "base-question", value: q, required: true, onInput: (e) => setQ(e.target.value) })), /* @__PURE__ */ h(Field, { label: w("as"), hint: w("asHint") }, (id) => /* @__PURE__ */ h("input", { id, value: as, onInput: (e) => setAs(e.target.value) })), /* @__PURE__ */ h("button", { class: "main", disabled: ask.busy || !q }, w("ask"))), ask.failure && /* @__PURE__ */ h(Fail, { of: ask.failure }), found && /* @__PURE__ */ h("div", { class: "found", "aria-live": "polite" }, /* @__PURE__ */ h("h3", null, w("answer")), found.refused ? /* @__PURE__ */ h("p", null, w("refused")) : /* @__PURE__ */ h("blockquote", { class: "said-by" }, found.sentences.map((s) => /* @__PURE__ */ h("p", null, s.text, !s.supported && /* @__PURE__ */ h(Tag, { kind: "failed" }, w("unsupported")))), found.source && /* @__PURE__ */ h("footer", null, /* @__PURE__ */ h(Place, { of: found.source, open }))), found.differ.map(([, other]) => /* @__PURE__ */ h("p", { class: "bad" }, w("differs"), ": ", other)), /* @__PURE__ */ h("h3", null, w("hits")), found.hits.length === 0 ? /* @__PURE__ */ h("p", { class: "quiet" }, w("noHits")) : /* @__PURE__ */ h("ol", { class: "hits" }, found.hits.map((hit) => /* @__PURE__ */ h("li", { key: hit.id }, /* @__PURE__ */ h(Place, { of: hit, open }), /* @__PURE__ */ h("p", { class: "quiet" }, w("score", hit.score.toFixed(2), percent(hit.coverage, 0)), " · ", w("why"), " ", (hit.terms ?? []).slice(0, 8).map((m) => /* @__PURE__ */ h("span", { class: "term" }, m.term, " ", m.score.toFixed(2)))), /* @__PURE__ */ h("p", { class: "passage" }, hit.text.slice(0, 400), hit.text.length > 400 && "…")))), /* @__PURE__ */ h(Command, { line: `suiren knowledge search ${base} ${JSON.stringify(q)}` })));
}
function Place({ of, open }) {
  return /* @__PURE__ */ h("button", { type: "button", class: "bare place", title: w("openAt"), onClick: () => open(of) }, /* @__PURE__ */ h("code", null, of.file), of.page > 0 && /* @__PURE__ */ h("span", null, " · ", w("page", of.page)), of.heading && /* @__PURE__ */ h("span", null, " · ", of.heading));
}
function Document({ base, at: hit, close }) {
  const text = useGet(`${at(base)}/text?file=${encodeURIComponent(hit.file)}`);
  const here = useRef(null), box = useRef(null);
  useEffect(() => {
    if (!box.current.open) box.current.showModal();
  }, []);
  useEffect(() => {
    here.current?.scrollIntoView({ block: "center" });
  }, [text.data, hit.id]);
  return /* @__PURE__ */ h("dialog", { ref: box, class: "document", "aria-label": w("text", hit.file), onClose: close }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("h2", null, w("text", hit.file)), /* @__PURE__ */ h("button", { class: "push", onClick: () => box.current.close() }, w("close"))), /* @__PURE__ */ h(Loaded, { of: text }, ({ passages }) => /* @__PURE__ */ h("ol", { class: "passages", tabIndex: 0, "aria-label": hit.file }, passages.map((p, i) => /* @__PURE__ */ h("li", { key: p.id + i, ref: p.id === hit.id ? here : void 0, class: p.id === hit.id ? "here" : "" }, /* @__PURE__ */ h("p", { class: "quiet" }, p.page ? w("page", p.page) : w("noPage"), p.end ? " · " + w("place", count(p.start ?? 0), count(p.end)) : "", p.heading && " · " + p.heading), p.id === hit.id ? /* @__PURE__ */ h("mark", { class: "passage" }, p.text) : /* @__PURE__ */ h("p", { class: "passage" }, p.text))))));
}
function Readers({ base }) {
  const got = useGet(`${at(base)}?n=0`);
  const [rules, setRules] = useState(null), save = useAct(), [saved, setSaved] = useState(false);
  const now = rules ?? got.data?.rules ?? [];
  const set = (i, r) => {
    setSaved(false);
    setRules(r ? now.map((old, j) => j === i ? r : old) : now.filter((_, j) => j !== i));
  };
  return /* @__PURE__ */ h(Loaded, { of: got }, () => /* @__PURE__ */ h("div", null, /* @__PURE__ */ h("p", { class: "quiet" }, w("rules")), now.map((r, i) => /* @__PURE__ */ h("div", { class: "form", key: i }, /* @__PURE__ */ h(Field, { label: w("rule") }, (id) => /* @__PURE__ */ h("input", { id, value: r.path, onInput: (e) => set(i, { ...r, path: e.target.value }) })), /* @__PURE__ */ h(Field, { label: w("allow") }, (id) => /* @__PURE__ */ h("input", { id, value: (r.allow ?? []).join(", "), onChange: (e) => set(i, { ...r, allow: e.target.value.split(/[,，]/).map((s) => s.trim()).filter(Boolean) }) })), /* @__PURE__ */ h("button", { onClick: () => set(i, null) }, w("remove")))), /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("button", { onClick: () => {
    setSaved(false);
    setRules([...now, { path: "", allow: [] }]);
  } }, w("addRule")), /* @__PURE__ */ h("button", { class: "main", disabled: save.busy || !rules, onClick: () => save.run(() => act("PUT", at(base) + "/readers", { rules: now })).then(setSaved) }, w("save")), /* @__PURE__ */ h("span", { class: "quiet", role: "status" }, saved ? w("saved") : "")), save.failure && /* @__PURE__ */ h(Fail, { of: save.failure })));
}
function Evaluate({ base }) {
  const [e, setE] = useState(null), run = useAct();
  return /* @__PURE__ */ h("div", null, /* @__PURE__ */ h("p", { class: "quiet" }, w("evalHelp")), /* @__PURE__ */ h("button", { class: "main", disabled: run.busy, onClick: () => run.run(async () => setE(await act("POST", at(base) + "/eval"))) }, w("evalGo")), run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }), e && /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w("tab_eval") }, /* @__PURE__ */ h("table", null, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, w("measure")), /* @__PURE__ */ h("th", { scope: "col" }, w("value")))), /* @__PURE__ */ h("tbody", null, ["recall_at_1", "recall_at_3", "recall_at_10", "ndcg_at_10", "mrr_at_10", "answered"].map((k) => /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "row" }, w(k)), /* @__PURE__ */ h("td", null, percent(e[k].mean), " ", /* @__PURE__ */ h("small", null, percent(e[k].low), "–", percent(e[k].high)))))))), e?.missed && e.missed.length > 0 && /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("missed"), " (", e.missed.length, ")"), /* @__PURE__ */ h("ul", null, e.missed.slice(0, 20).map((m) => /* @__PURE__ */ h("li", null, m.question)))), /* @__PURE__ */ h(Command, { line: `suiren knowledge eval ${base}` }));
}
export {
  Knowledge as default
};
