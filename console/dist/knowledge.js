// src/pages/knowledge.tsx
import { act, bytes, Card, Command, count as count2, Empty, Fail as Fail2, Field as Field2, Fragment as Fragment5, get, h as h5, Loaded as Loaded2, mayDo, Page, percent, say as say4, store as store2, t as t2, Table, Tabs as Tabs2, Tag, TaskList, useAct, useEffect as useEffect3, useGet as useGet2, useState as useState4 } from "./kit.js";

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
  drawnHelp: ["The page as it looks. Choose a passage to see where it stands.", "页面原样。选择段落可查看其位置。"],
  placed: ["The page as it looks. Passage {0} is marked, from {1} to {2} % of its height.", "页面原样。第 {0} 段已标出，位于页高的 {1}% 至 {2}%。"],
  placedQuote: ["The page as it looks. What is cited of passage {0} is marked, from {1} to {2} % of its height.", "页面原样。第 {0} 段中被引用处已标出，位于页高的 {1}% 至 {2}%。"],
  unplaced: ["The page as it looks. Where the passage stands on it was not found; it is marked in the text.", "页面原样。未能在图上找到该段落的位置；文字视图中已标出。"],
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
var picture = (path) => (page) => `${path.replace(/(\/text)?\?/, "/page?")}&page=${page}`;
function Pages({ of, at: at2, picture: picture2 }) {
  const cited = of.find((p) => p.id === at2.id);
  const on = (p) => [p.page ?? 0, ...(p.turns ?? []).map((one) => one.page)];
  const numbers = [...new Set(of.flatMap(on))].sort((a, b) => a - b);
  const [page, turn] = useState(at2.page && numbers.includes(at2.page) ? at2.page : cited?.page ?? numbers[0]), [marked, mark] = useState(cited?.id ?? "");
  const here = of.filter((p) => on(p).includes(page)), i = numbers.indexOf(page), span = useRef(null);
  const [drawn, draw] = useState(!!picture2), [undrawn, setUndrawn] = useState(false), shows = !!picture2 && drawn && !undrawn && page > 0;
  const quotes2 = at2.id ? `&id=${encodeURIComponent(at2.id)}${(at2.quotes ?? []).slice(0, 100).map(([from, to]) => `&quote=${from}-${to}`).join("")}` : "";
  const places = useGet(shows ? `${picture2(page)}&boxes=true${quotes2}` : "").data;
  const [pointed, point] = useState(""), [loaded, setLoaded] = useState(0), first = useRef(null);
  useEffect(() => {
    setUndrawn(false);
    point("");
  }, [page]);
  useEffect(() => {
    (shows ? first : span).current?.scrollIntoView({ block: "center" });
  }, [page, marked, shows, places, loaded]);
  const quoted = marked === at2.id && places?.quoted.length ? places.quoted : null, lines = quoted ?? places?.passages[marked] ?? [];
  const rect = ([left, top, right, bottom]) => ({ x: left, y: top, width: right - left, height: bottom - top });
  const told = !places || !here.some((p) => p.id === marked) ? w("drawnHelp") : lines.length === 0 ? w("unplaced") : w(quoted ? "placedQuote" : "placed", 1 + here.findIndex((p) => p.id === marked), Math.round(100 * Math.min(...lines.map((b) => b[1]))), Math.round(100 * Math.max(...lines.map((b) => b[3]))));
  const text = (p) => spans(p.text, p.id === at2.id ? at2.quotes : void 0).map(([text2, quoted2], k) => quoted2 ? /* @__PURE__ */ h("mark", { key: k, ref: k < 2 ? span : void 0 }, text2) : /* @__PURE__ */ h("span", { key: k, ref: k === 0 ? span : void 0 }, text2));
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("h3", null, page ? w("page", page) : w("whole")), numbers.length > 1 && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("button", { disabled: i <= 0, onClick: () => turn(numbers[i - 1]) }, w("before")), /* @__PURE__ */ h("button", { disabled: i === numbers.length - 1, onClick: () => turn(numbers[i + 1]) }, w("next"))), picture2 && page > 0 && /* @__PURE__ */ h("span", { class: "push" }, /* @__PURE__ */ h(Tabs, { label: w("views"), at: shows ? "page" : "text", set: (to) => {
    setUndrawn(false);
    draw(to === "page");
  }, of: [["page", w("asDrawn")], ["text", w("asText")]] }))), /* @__PURE__ */ h("p", { class: "quiet", role: "status" }, undrawn ? w("undrawn") : shows ? told : w("asRead")), /* @__PURE__ */ h("div", { class: "beside" }, /* @__PURE__ */ h("div", { class: "sheet", tabIndex: 0, role: "region", "aria-label": page ? w("page", page) : w("whole") }, shows ? /* @__PURE__ */ h("div", { class: "drawn" }, /* @__PURE__ */ h("img", { key: page, src: picture2(page) + "&width=1200", alt: w("drawnAlt", page, at2.file), onLoad: () => setLoaded((n) => n + 1), onError: () => setUndrawn(true) }), /* @__PURE__ */ h("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" }, here.flatMap((p) => (places?.passages[p.id] ?? []).map((b, k) => /* @__PURE__ */ h(
    "rect",
    {
      key: p.id + k,
      ...rect(b),
      class: p.id === pointed ? "pointed" : p.id === marked && !quoted ? "marked" : "",
      ref: p.id === marked && !quoted && k === 0 ? first : void 0,
      onMouseEnter: () => point(p.id),
      onMouseLeave: () => point(""),
      onClick: () => mark(p.id)
    }
  ))), quoted?.map((b, k) => /* @__PURE__ */ h("rect", { key: "quoted" + k, ...rect(b), class: "marked quoted", ref: k === 0 ? first : void 0 })))) : here.map((p, n) => /* @__PURE__ */ h(Fragment, { key: p.id + n }, p.heading && p.heading !== here[n - 1]?.heading && /* @__PURE__ */ h("h4", null, p.heading), /* @__PURE__ */ h("p", { class: p.id === marked ? "passage here" : "passage" }, p.id === marked ? text(p) : p.text)))), /* @__PURE__ */ h("section", { "aria-label": w("passages") }, /* @__PURE__ */ h("h3", null, w("passages")), /* @__PURE__ */ h("ol", { class: "passages" }, here.map((p, n) => /* @__PURE__ */ h("li", { key: p.id + n, class: p.id === marked ? "here" : p.id === pointed ? "pointed" : "", onMouseEnter: () => point(p.id), onMouseLeave: () => point("") }, /* @__PURE__ */ h("button", { class: "bare", "aria-pressed": p.id === marked, onFocus: () => point(p.id), onBlur: () => point(""), onClick: () => mark(p.id) }, n + 1, ". ", [...p.text].slice(0, 60).join(""), [...p.text].length > 60 && "…"), shows && p.id === marked && /* @__PURE__ */ h("p", { class: "passage" }, text(p)), p.end ? /* @__PURE__ */ h("span", { class: "quiet" }, w("place", count(p.start ?? 0), count(p.end))) : null))))));
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

// src/pages/written.tsx
import { ask, events, Failure, Fail, Field, Fragment as Fragment4, h as h4, say as say3, store, t, useEffect as useEffect2, useRef as useRef2, useState as useState3 } from "./kit.js";

// src/pages/prose.tsx
import { h as h3, Fragment as Fragment3 } from "./kit.js";

// src/pages/copy.tsx
import { Fragment as Fragment2, h as h2, say as say2, useState as useState2 } from "./kit.js";

// src/pages/copy.words.ts
var words3 = {
  copied: ["Copied.", "已复制。"],
  copyFailed: ["The browser does not allow it: mark the text and copy it by hand.", "浏览器不允许：请选中文字手动复制。"],
  copyCode: ["Copy the code", "复制代码"]
};

// src/pages/copy.tsx
var w2 = say2(words3);
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea"), before = document.activeElement;
    area.value = text;
    area.className = "hidden";
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    before?.focus();
    return done;
  }
}
var CopyCode = ({ text }) => /* @__PURE__ */ h2("div", { class: "row copy-code" }, /* @__PURE__ */ h2(Copy, { text, label: w2("copyCode") }));
function Copy({ text, label }) {
  const [said, set] = useState2("");
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("button", { type: "button", class: "bare copy", onClick: async () => {
    set(await copy(text) ? w2("copied") : w2("copyFailed"));
    setTimeout(() => set(""), 4e3);
  } }, label), /* @__PURE__ */ h2("span", { class: "quiet", role: "status" }, said));
}

// src/pages/prose.tsx
function Prose({ text, plain = (s) => s }) {
  const out = [];
  let at2 = 0;
  text.split(/^```/m).forEach((part, i) => {
    const from = at2;
    at2 += part.length + 3;
    if (i % 2 === 1) {
      const end = part.indexOf("\n"), code = end < 0 ? "" : part.slice(end + 1);
      out.push(/* @__PURE__ */ h3("div", { key: i }, /* @__PURE__ */ h3("pre", { tabIndex: 0 }, /* @__PURE__ */ h3("code", null, code)), /* @__PURE__ */ h3(CopyCode, { text: code })));
    } else if (part.trim()) {
      let begin = from;
      out.push(/* @__PURE__ */ h3("span", { key: i }, part.split("\n").map((line, j, all) => {
        const head = /^(#{1,6} )(.*)$/.exec(line), here = begin;
        begin += line.length + 1;
        return /* @__PURE__ */ h3(Fragment3, { key: j }, head ? /* @__PURE__ */ h3("b", null, plain(head[2], here + head[1].length)) : inline(line, here, plain), j < all.length - 1 && "\n");
      })));
    }
  });
  return /* @__PURE__ */ h3(Fragment3, null, out);
}
function inline(line, from, plain) {
  return line.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((s, i) => {
    const here = from;
    from += s.length;
    return i % 2 === 0 ? /* @__PURE__ */ h3(Fragment3, { key: i }, plain(s, here)) : s[0] === "`" ? /* @__PURE__ */ h3("code", { key: i }, s.slice(1, -1)) : /* @__PURE__ */ h3("b", { key: i }, plain(s.slice(2, -2), here + 2));
  });
}

// src/pages/written.words.ts
var words4 = {
  cite: ["Source {0}: {1}", "出处 {0}：{1}"],
  unsupported: ["not in the sources", "出处中没有依据"],
  count: ["{0} of {1} sentences are not in the sources.", "{1} 句中有 {0} 句在出处中没有依据。"],
  corrected: ["Numbers of sources put right or taken out: {0}.", "改正或去掉的出处编号：{0} 个。"],
  read: ["Also read, and not cited ({0})", "读过但未引用（{0}）"],
  page: ["page {0}", "第 {0} 页"],
  openAt: ["Open the document here", "在此处打开文档"],
  write: ["Have a model write the answer", "由模型撰写回答"],
  model: ["Model", "模型"],
  writing: ["The model is reading the passages…", "模型正在阅读段落……"]
};

// src/pages/written.tsx
var w3 = say3(words4);
function Written({ of, path }) {
  const [open, setOpen] = useState3(null);
  const marks = inUnits(of.answer, of.marks), loose = of.marks.filter((m) => !m.supported).length, fixed = of.marks.reduce((n, m) => n + (m.corrected ?? 0), 0);
  const show = (c) => setOpen({ file: c.file, id: c.id, page: c.page, quotes: c.quotes });
  const button = (c, key) => /* @__PURE__ */ h4("button", { key, type: "button", class: "cite", title: w3("cite", c.source, c.file), "aria-label": w3("cite", c.source, c.file), onClick: () => show(c) }, c.source);
  const plain = (text, from) => {
    const out = [];
    let at2 = 0;
    const pass = (to) => {
      if (to > at2) out.push(text.slice(at2, to));
      at2 = to;
    };
    const numbers = [...text.matchAll(/ ?(?:\[\d{1,3}(?:[ ,，、]+\d{1,3})*\]|【\d{1,3}(?:[ ,，、]+\d{1,3})*】)/g)];
    const ends = marks.filter((m) => m.to > from && m.to <= from + text.length);
    const stops = [...numbers.map((n) => ({ at: n.index, n: n[0] })), ...ends.map((m) => ({ at: m.to - from, m }))].sort((a, b) => a.at - b.at);
    for (const s of stops) {
      if ("n" in s) {
        const mark = marks.find((m) => m.from <= from + s.at && m.to >= from + s.at + s.n.length);
        const list = (s.n.match(/\d+/g) ?? []).map((n) => mark?.cites?.find((c) => c.source === +n));
        if (!list.length || list.includes(void 0)) continue;
        pass(s.at);
        at2 = s.at + s.n.length;
        const after = /^[.,;:!?。，；：！？）)]*/.exec(text.slice(at2))[0];
        out.push(/* @__PURE__ */ h4("span", { key: `n${from + s.at}`, class: "cites" }, list.map((c, i) => button(c, `${i}`)), after));
        at2 += after.length;
      } else {
        pass(s.at);
        const said = of.answer.slice(s.m.from, s.m.to);
        if (s.m.supported) {
          for (const c of s.m.cites ?? []) if (!new RegExp(`[\\[【,，、 ]${c.source}[\\]】,，、 ]`).test(said)) out.push(button(c, `m${s.m.to}.${c.source}`));
        }
        if (!s.m.supported) out.push(/* @__PURE__ */ h4("span", { key: `u${s.m.to}`, class: "loose" }, w3("unsupported")));
      }
    }
    pass(text.length);
    return out;
  };
  const cited = of.sources.map((s, i) => ({ s, n: i + 1, cites: of.marks.flatMap((m) => m.cites ?? []).filter((c) => c.source === i + 1) }));
  const row = ({ s, n, cites }) => {
    const quotes2 = cites.flatMap((c) => c.quotes ?? []), page = cites.find((c) => c.page)?.page ?? s.page;
    return /* @__PURE__ */ h4("details", { key: n }, /* @__PURE__ */ h4("summary", null, /* @__PURE__ */ h4("b", null, n), " ", s.heading && /* @__PURE__ */ h4("span", null, s.heading, " · "), page ? /* @__PURE__ */ h4("span", null, w3("page", page), " · ") : null, /* @__PURE__ */ h4("code", null, s.file)), /* @__PURE__ */ h4("blockquote", null, quotes2.length ? spans(s.text, quotes2).map(([text, here]) => here ? /* @__PURE__ */ h4("mark", null, text) : text) : s.text), /* @__PURE__ */ h4("button", { class: "open-source", onClick: () => setOpen({ ...s, page, quotes: quotes2.length ? quotes2 : void 0 }) }, w3("openAt")));
  };
  const rest = cited.filter((c) => !c.cites.length);
  return /* @__PURE__ */ h4(Fragment4, null, /* @__PURE__ */ h4("div", { class: "answer written" }, /* @__PURE__ */ h4(Prose, { text: of.answer, plain })), (loose > 0 || fixed > 0) && /* @__PURE__ */ h4("p", { class: "quiet checked" }, loose > 0 && w3("count", loose, of.marks.length), " ", fixed > 0 && w3("corrected", fixed)), of.sources.length > 0 && /* @__PURE__ */ h4("section", { class: "sources", "aria-label": t("sources") }, /* @__PURE__ */ h4("h2", null, t("sources")), cited.filter((c) => c.cites.length).map(row), rest.length > 0 && /* @__PURE__ */ h4("details", null, /* @__PURE__ */ h4("summary", null, w3("read", rest.length)), rest.map(row))), open && /* @__PURE__ */ h4(Document, { key: open.file + open.id, path: path(open.file), at: open, close: () => setOpen(null) }));
}
function inUnits(text, marks) {
  const at2 = [];
  let i = 0;
  for (const c of text) {
    at2.push(i);
    i += c.length;
  }
  at2.push(i);
  return marks.map((m) => ({ ...m, from: at2[m.from] ?? i, to: at2[m.to] ?? i }));
}
function AskWritten({ base, question, path }) {
  const can = (store.server?.releases ?? []).filter((r) => r.bases).map((r) => r.name);
  const [model, setModel] = useState3(""), [got, setGot] = useState3(null), [busy, setBusy] = useState3(false), [failure, setFailure] = useState3(null);
  const stop = useRef2(null);
  useEffect2(() => () => stop.current?.abort(), []);
  useEffect2(() => {
    stop.current?.abort();
    setGot(null);
    setFailure(null);
  }, [question, base]);
  if (!can.length) return null;
  const one = can.includes(model) ? model : can[0];
  const run = async () => {
    const own = stop.current = new AbortController(), a = { answer: "", sources: [], marks: [] };
    setBusy(true);
    setFailure(null);
    setGot({ ...a });
    try {
      const r = await ask("POST", "/v1/chat/completions", { model: one, knowledge: base, messages: [{ role: "user", content: question }], stream: true }, own.signal);
      for await (const e of events(r)) {
        if (e.data === "[DONE]") break;
        const c = JSON.parse(e.data);
        if (c.error) throw new Failure(500, c.error.code, c.error.message);
        if (c.suiren?.sources) a.sources = c.suiren.sources;
        a.marks = [...a.marks, ...c.suiren?.marks ?? []];
        a.answer += c.choices[0]?.delta.refusal ?? c.choices[0]?.delta.content ?? "";
        if (stop.current === own) setGot({ ...a });
      }
    } catch (err) {
      if (!own.signal.aborted) setFailure(err instanceof Failure ? err : new Failure(0, "broken", t("brokenOff")));
    }
    setBusy(false);
  };
  return /* @__PURE__ */ h4("div", { class: "ask-written" }, /* @__PURE__ */ h4("div", { class: "form" }, can.length > 1 && /* @__PURE__ */ h4(Field, { label: w3("model") }, (id) => /* @__PURE__ */ h4("select", { id, value: one, onChange: (e) => setModel(e.target.value) }, can.map((name) => /* @__PURE__ */ h4("option", null, name)))), /* @__PURE__ */ h4("button", { type: "button", disabled: busy || !question, onClick: run }, w3("write"))), failure && /* @__PURE__ */ h4(Fail, { of: failure }), /* @__PURE__ */ h4("div", { "aria-live": "polite" }, got && (got.answer ? /* @__PURE__ */ h4(Written, { of: got, path }) : busy && /* @__PURE__ */ h4("p", { class: "quiet pulse" }, w3("writing")))));
}

// src/pages/knowledge.tsx
var w4 = say4(words2);
var at = (name) => "/api/bases/" + encodeURIComponent(name);
function Knowledge() {
  const list = useGet2("/api/bases");
  const tasks = JSON.stringify((store2.now?.tasks ?? []).filter((task) => task.kind === "knowledge"));
  useEffect3(list.reload, [tasks]);
  const name = store2.rest || list.data?.[0]?.name || "";
  const base = list.data?.find((b) => b.name === name);
  return /* @__PURE__ */ h5(Page, { title: t2("knowledge"), lead: w4("lead") }, /* @__PURE__ */ h5(TaskList, { kinds: ["knowledge"] }), /* @__PURE__ */ h5(Loaded2, { of: list }, (bases) => /* @__PURE__ */ h5(Fragment5, null, bases.length === 0 && /* @__PURE__ */ h5(Empty, { title: w4("none") }, /* @__PURE__ */ h5("p", null, w4(mayDo("set_bases") ? "noneHelp" : "noneOpen"))), bases.length > 0 && /* @__PURE__ */ h5("ul", { class: "picks row" }, bases.map((b) => /* @__PURE__ */ h5("li", { key: b.name }, /* @__PURE__ */ h5("a", { class: "button", href: "#knowledge/" + encodeURIComponent(b.name), "aria-current": b.name === name ? "true" : void 0 }, /* @__PURE__ */ h5("b", null, b.name), " ", /* @__PURE__ */ h5("span", { class: "quiet" }, w4("files", count2(b.files))), b.stale > 0 && /* @__PURE__ */ h5(Tag, { kind: "running" }, w4("stale", b.stale)), b.aside > 0 && /* @__PURE__ */ h5(Tag, null, w4("aside", b.aside)))))), base && /* @__PURE__ */ h5(One, { key: base.name, of: base, changed: list.reload }))), mayDo("set_bases") && /* @__PURE__ */ h5(Make, null));
}
function Make() {
  const [name, setName] = useState4("handbook"), [path, setPath] = useState4(""), make = useAct();
  return /* @__PURE__ */ h5(Card, { title: w4("make") }, /* @__PURE__ */ h5("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    make.run(async () => {
      await act("POST", at(name), { paths: [path] });
      location.hash = "#knowledge/" + encodeURIComponent(name);
    });
  } }, /* @__PURE__ */ h5(Field2, { label: w4("name"), hint: w4("nameHint") }, (id) => /* @__PURE__ */ h5("input", { id, value: name, required: true, onInput: (e) => setName(e.target.value) })), /* @__PURE__ */ h5(Field2, { label: w4("path"), hint: w4("pathHint") }, (id) => /* @__PURE__ */ h5("input", { id, class: "base-path", value: path, required: true, onInput: (e) => setPath(e.target.value) })), /* @__PURE__ */ h5("button", { class: "main", disabled: make.busy || !name || !path }, w4("go"))), make.failure && /* @__PURE__ */ h5(Fail2, { of: make.failure }), /* @__PURE__ */ h5(Command, { line: `suiren knowledge add ${name || "NAME"} ${path || "PATH"}` }));
}
function One({ of, changed }) {
  const [tab, setTab] = useState4(mayDo("search") ? "ask" : "files");
  const [open, setOpen] = useState4(null);
  const again = useAct(), keeps = mayDo("read_bases");
  const tabs = [["ask", w4("tab_ask")], ["files", w4("tab_files")], ["conflicts", w4("tab_conflicts")], ["readers", w4("tab_readers")], ["eval", w4("tab_eval")]];
  return /* @__PURE__ */ h5(Card, { title: of.name, side: mayDo("set_bases") && /* @__PURE__ */ h5("button", { disabled: again.busy, onClick: () => again.run(() => act("POST", at(of.name), { paths: [] })).then(changed) }, w4("again")) }, again.failure && /* @__PURE__ */ h5(Fail2, { of: again.failure }), /* @__PURE__ */ h5(Tabs2, { label: w4("views"), at: tab, set: setTab, of: tabs.filter(([k]) => k === "files" || (k === "readers" ? keeps && mayDo("set_bases") : mayDo("search"))) }), tab === "ask" && /* @__PURE__ */ h5(Asking, { base: of.name, open: setOpen }), tab === "files" && (keeps ? /* @__PURE__ */ h5(Table, { label: w4("tab_files"), source: of.name + of.files + of.stale, load: (from, n) => get(`${at(of.name)}?from=${from}&n=${n}`), columns: [
    { key: "name", title: w4("file"), wide: 3, cell: (f) => /* @__PURE__ */ h5("button", { class: "bare", title: f.name, onClick: () => setOpen({ file: f.name }) }, f.name) },
    { key: "state", title: w4("state"), cell: (f) => /* @__PURE__ */ h5(Tag, { kind: { read: "done", stale: "running", aside: "failed" }[f.state] }, w4(`state_${f.state}`)) },
    { key: "why", title: w4("reason"), wide: 2, cell: (f) => /* @__PURE__ */ h5("span", { title: f.why }, f.why ?? "") },
    { key: "size", title: w4("size"), number: true, cell: (f) => bytes(f.size) },
    { key: "changed", title: w4("changed"), number: true, cell: (f) => f.changed }
  ] }) : /* @__PURE__ */ h5(Table, { label: w4("tab_files"), source: of.name + of.files, load: (from, n) => get(`${at(of.name)}/documents?from=${from}&n=${n}`), columns: [
    { key: "name", title: w4("file"), wide: 3, cell: (f) => /* @__PURE__ */ h5("button", { class: "bare", title: f.name, onClick: () => setOpen({ file: f.name }) }, f.name) }
  ] })), tab === "conflicts" && /* @__PURE__ */ h5(Conflicts, { base: of.name, open: setOpen }), tab === "readers" && /* @__PURE__ */ h5(Readers, { base: of.name }), tab === "eval" && /* @__PURE__ */ h5(Evaluate, { base: of.name }), open && /* @__PURE__ */ h5(Document, { key: open.file + open.id, path: `${at(of.name)}/text?file=${encodeURIComponent(open.file)}`, at: open, close: () => setOpen(null) }));
}
function Asking({ base, open }) {
  const [q, setQ] = useState4(""), [as, setAs] = useState4(""), [found, setFound] = useState4(null), ask2 = useAct();
  return /* @__PURE__ */ h5(Fragment5, null, /* @__PURE__ */ h5("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    ask2.run(async () => {
      const got = await get(`${at(base)}/find?q=${encodeURIComponent(q)}&as=${encodeURIComponent(as)}`);
      setFound(got && { ...got, q });
    });
  } }, /* @__PURE__ */ h5(Field2, { label: w4("question") }, (id) => /* @__PURE__ */ h5("input", { id, class: "base-question", value: q, required: true, onInput: (e) => setQ(e.target.value) })), mayDo("set_bases") && /* @__PURE__ */ h5(Field2, { label: w4("as"), hint: w4("asHint") }, (id) => /* @__PURE__ */ h5("input", { id, value: as, onInput: (e) => setAs(e.target.value) })), /* @__PURE__ */ h5("button", { class: "main", disabled: ask2.busy || !q }, w4("ask"))), ask2.failure && /* @__PURE__ */ h5(Fail2, { of: ask2.failure }), found && /* @__PURE__ */ h5("div", { class: "found", "aria-live": "polite" }, /* @__PURE__ */ h5("h3", null, w4("answer")), found.refused ? /* @__PURE__ */ h5("p", null, w4("refused")) : /* @__PURE__ */ h5("blockquote", { class: "said-by" }, found.sentences.map((s) => /* @__PURE__ */ h5("p", null, s.text, !s.supported && /* @__PURE__ */ h5(Tag, { kind: "failed" }, w4("unsupported")))), found.source && /* @__PURE__ */ h5("footer", null, /* @__PURE__ */ h5(Place, { of: found.source, open: (h6) => open({ ...h6, quotes: quotes(h6.text, found.sentences.map((s) => s.text)) }) }))), !as && /* @__PURE__ */ h5(AskWritten, { base, question: found.q, path: (file) => `${at(base)}/text?file=${encodeURIComponent(file)}` }), found.differ.map(([, other]) => /* @__PURE__ */ h5("p", { class: "bad" }, w4("differs"), ": ", other)), /* @__PURE__ */ h5("h3", null, w4("hits")), found.hits.length === 0 ? /* @__PURE__ */ h5("p", { class: "quiet" }, w4("noHits")) : /* @__PURE__ */ h5("ol", { class: "hits" }, found.hits.map((hit) => /* @__PURE__ */ h5("li", { key: hit.id }, /* @__PURE__ */ h5(Place, { of: hit, open: (h6) => open({ ...h6, quotes: quotes(h6.text, found.sentences.map((s) => s.text)) }) }), /* @__PURE__ */ h5("p", { class: "quiet" }, w4("score", hit.score.toFixed(2), percent(hit.coverage, 0)), " · ", w4("byWords", hit.words.toFixed(2)), " ", (hit.terms ?? []).slice(0, 8).map((m) => /* @__PURE__ */ h5("span", { class: "term" }, m.term, " ", m.score.toFixed(2))), hit.meaning ? /* @__PURE__ */ h5(Fragment5, null, " · ", w4("byMeaning", hit.meaning.toFixed(2))) : null), /* @__PURE__ */ h5("p", { class: "passage" }, hit.text.slice(0, 400), hit.text.length > 400 && "…")))), /* @__PURE__ */ h5(Command, { line: `suiren knowledge search ${base} ${JSON.stringify(q)}` })));
}
function quotes(text, sentences) {
  return sentences.flatMap((s) => {
    const at2 = text.indexOf(s), from = [...text.slice(0, Math.max(at2, 0))].length;
    return at2 < 0 || !s ? [] : [[from, from + [...s].length]];
  });
}
function Place({ of, open }) {
  return /* @__PURE__ */ h5("button", { type: "button", class: "bare place", title: w4("openAt"), onClick: () => open(of) }, /* @__PURE__ */ h5("code", null, of.file), of.page > 0 && /* @__PURE__ */ h5("span", null, " · ", w4("page", of.page)), of.heading && /* @__PURE__ */ h5("span", null, " · ", of.heading));
}
function Conflicts({ base, open }) {
  const got = useGet2(at(base) + "/conflicts");
  const stands = (s) => /* @__PURE__ */ h5(Fragment5, null, /* @__PURE__ */ h5("p", { class: "passage" }, s.text), /* @__PURE__ */ h5(Place, { of: { ...s, page: s.page ?? 0, heading: s.heading ?? "" }, open: () => open({ ...s, quotes: [s.quote] }) }));
  return /* @__PURE__ */ h5("div", { class: "conflicts" }, /* @__PURE__ */ h5("p", { class: "quiet" }, w4("conflictsHelp")), /* @__PURE__ */ h5(Loaded2, { of: got }, (c) => /* @__PURE__ */ h5(Fragment5, null, c.stale.length + c.outdated.length + c.pairs.length === 0 && /* @__PURE__ */ h5("p", null, w4("noConflicts")), c.stale.length > 0 && /* @__PURE__ */ h5(Fragment5, null, /* @__PURE__ */ h5("h3", null, w4("staleFiles", count2(c.stale.length))), /* @__PURE__ */ h5("ul", { class: "plainlist" }, c.stale.map((f) => /* @__PURE__ */ h5("li", { key: f.file, class: "row" }, /* @__PURE__ */ h5("button", { class: "bare place", title: w4("openAt"), onClick: () => open({ file: f.file }) }, /* @__PURE__ */ h5("code", null, f.file)), /* @__PURE__ */ h5(Tag, { kind: f.state === "gone" ? "failed" : "running" }, w4(f.state === "gone" ? "state_gone" : "state_stale")))))), c.outdated.length > 0 && /* @__PURE__ */ h5(Fragment5, null, /* @__PURE__ */ h5("h3", null, w4("outdated", count2(c.outdated.length))), /* @__PURE__ */ h5("ul", { class: "plainlist" }, c.outdated.map((o, i) => /* @__PURE__ */ h5("li", { key: i, class: "card" }, /* @__PURE__ */ h5(Tag, { kind: "running" }, w4("heldUntil", o.until)), stands(o))))), c.pairs.length > 0 && /* @__PURE__ */ h5(Fragment5, null, /* @__PURE__ */ h5("h3", null, w4("pairs", count2(c.pairs.length))), /* @__PURE__ */ h5("ol", { class: "plainlist" }, c.pairs.map((p, i) => /* @__PURE__ */ h5("li", { key: i, class: "card pair" }, stands(p.one), stands(p.two))))), c.cut && /* @__PURE__ */ h5("p", { class: "quiet" }, w4("conflictsCut")))), /* @__PURE__ */ h5(Command, { line: `suiren knowledge conflicts ${base}` }));
}
function Readers({ base }) {
  const got = useGet2(`${at(base)}?n=1`);
  const [rules, setRules] = useState4(null), save = useAct(), [saved, setSaved] = useState4(false), [under, setUnder] = useState4(null);
  const now = rules ?? got.data?.rules ?? [];
  const set = (i, r) => {
    setSaved(false);
    setUnder(null);
    setRules(r ? now.map((old, j) => j === i ? r : old) : now.filter((_, j) => j !== i));
  };
  const counts = rules ? under : got.data?.governed;
  return /* @__PURE__ */ h5(Loaded2, { of: got }, ({ rows }) => /* @__PURE__ */ h5("div", null, /* @__PURE__ */ h5("p", { class: "quiet" }, w4("rules"), rows[0] && " " + w4("like", rows[0].name)), now.map((r, i) => /* @__PURE__ */ h5("div", { class: "form", key: i }, /* @__PURE__ */ h5(Field2, { label: w4("rule") }, (id) => /* @__PURE__ */ h5("input", { id, value: r.path, onInput: (e) => set(i, { ...r, path: e.target.value }) })), /* @__PURE__ */ h5(Field2, { label: w4("allow") }, (id) => /* @__PURE__ */ h5("input", { id, value: (r.allow ?? []).join(", "), onChange: (e) => set(i, { ...r, allow: e.target.value.split(/[,，]/).map((s) => s.trim()).filter(Boolean) }) })), counts && (counts[i] ? /* @__PURE__ */ h5("span", { class: "quiet" }, w4("files", count2(counts[i]))) : /* @__PURE__ */ h5("span", { class: "bad" }, w4("governsNone"))), /* @__PURE__ */ h5("button", { onClick: () => set(i, null) }, w4("remove")))), /* @__PURE__ */ h5("div", { class: "row" }, /* @__PURE__ */ h5("button", { onClick: () => {
    setSaved(false);
    setUnder(null);
    setRules([...now, { path: "", allow: [] }]);
  } }, w4("addRule")), /* @__PURE__ */ h5("button", { class: "main", disabled: save.busy || !rules, onClick: () => save.run(async () => setUnder((await act("PUT", at(base) + "/readers", { rules: now })).governed)).then(setSaved) }, w4("save")), /* @__PURE__ */ h5("span", { class: "quiet", role: "status" }, saved ? w4("saved") : "")), save.failure && /* @__PURE__ */ h5(Fail2, { of: save.failure })));
}
function Evaluate({ base }) {
  const [e, setE] = useState4(null), run = useAct();
  return /* @__PURE__ */ h5("div", null, /* @__PURE__ */ h5("p", { class: "quiet" }, w4("evalHelp")), /* @__PURE__ */ h5("button", { class: "main", disabled: run.busy, onClick: () => run.run(async () => setE(await act("POST", at(base) + "/eval"))) }, w4("evalGo")), run.failure && /* @__PURE__ */ h5(Fail2, { of: run.failure }), e && /* @__PURE__ */ h5("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w4("tab_eval") }, /* @__PURE__ */ h5("table", null, /* @__PURE__ */ h5("thead", null, /* @__PURE__ */ h5("tr", null, /* @__PURE__ */ h5("th", { scope: "col" }, w4("measure")), /* @__PURE__ */ h5("th", { scope: "col" }, w4("value")))), /* @__PURE__ */ h5("tbody", null, ["recall_at_1", "recall_at_3", "recall_at_10", "ndcg_at_10", "mrr_at_10", "answered"].map((k) => /* @__PURE__ */ h5("tr", null, /* @__PURE__ */ h5("th", { scope: "row" }, w4(k)), /* @__PURE__ */ h5("td", null, percent(e[k].mean), " ", /* @__PURE__ */ h5("small", null, percent(e[k].low), "–", percent(e[k].high)))))))), e?.missed && e.missed.length > 0 && /* @__PURE__ */ h5("details", null, /* @__PURE__ */ h5("summary", null, w4("missed"), " (", e.missed.length, ")"), /* @__PURE__ */ h5("ul", null, e.missed.slice(0, 20).map((m) => /* @__PURE__ */ h5("li", null, m.question)))), /* @__PURE__ */ h5(Command, { line: `suiren knowledge eval ${base}` }));
}
export {
  Knowledge as default
};
