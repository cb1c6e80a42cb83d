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
function Document({ path, at, close }) {
  const got = useGet(path), box = useRef(null);
  useEffect(() => {
    if (!box.current.open) box.current.showModal();
  }, []);
  return /* @__PURE__ */ h("dialog", { ref: box, class: "document", "aria-label": at.file, onClose: close }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("h2", null, at.file), /* @__PURE__ */ h("button", { class: "push", onClick: () => box.current.close() }, w("close"))), /* @__PURE__ */ h(Loaded, { of: got }, ({ passages }) => passages.length === 0 ? /* @__PURE__ */ h("p", null, w("gone")) : /* @__PURE__ */ h(Pages, { of: passages, at, picture: /\.pdf$/i.test(at.file) ? picture(path) : null })));
}
var picture = (path) => (page) => `${path.replace(/(\/text)?\?/, "/page?")}&page=${page}`;
function Pages({ of, at, picture: picture2 }) {
  const cited = of.find((p) => p.id === at.id);
  const on = (p) => [p.page ?? 0, ...(p.turns ?? []).map((one) => one.page)];
  const numbers = [...new Set(of.flatMap(on))].sort((a, b) => a - b);
  const [page, turn] = useState(at.page && numbers.includes(at.page) ? at.page : cited?.page ?? numbers[0]), [marked, mark] = useState(cited?.id ?? "");
  const here = of.filter((p) => on(p).includes(page)), i = numbers.indexOf(page), span = useRef(null);
  const [drawn, draw] = useState(!!picture2), [undrawn, setUndrawn] = useState(false), shows = !!picture2 && drawn && !undrawn && page > 0;
  const quotes = at.id ? `&id=${encodeURIComponent(at.id)}${(at.quotes ?? []).slice(0, 100).map(([from, to]) => `&quote=${from}-${to}`).join("")}` : "";
  const places = useGet(shows ? `${picture2(page)}&boxes=true${quotes}` : "").data;
  const [pointed, point] = useState(""), [loaded, setLoaded] = useState(0), first = useRef(null);
  useEffect(() => {
    setUndrawn(false);
    point("");
  }, [page]);
  useEffect(() => {
    (shows ? first : span).current?.scrollIntoView({ block: "center" });
  }, [page, marked, shows, places, loaded]);
  const quoted = marked === at.id && places?.quoted.length ? places.quoted : null, lines = quoted ?? places?.passages[marked] ?? [];
  const rect = ([left, top, right, bottom]) => ({ x: left, y: top, width: right - left, height: bottom - top });
  const told = !places || !here.some((p) => p.id === marked) ? w("drawnHelp") : lines.length === 0 ? w("unplaced") : w(quoted ? "placedQuote" : "placed", 1 + here.findIndex((p) => p.id === marked), Math.round(100 * Math.min(...lines.map((b) => b[1]))), Math.round(100 * Math.max(...lines.map((b) => b[3]))));
  const text = (p) => spans(p.text, p.id === at.id ? at.quotes : void 0).map(([text2, quoted2], k) => quoted2 ? /* @__PURE__ */ h("mark", { key: k, ref: k < 2 ? span : void 0 }, text2) : /* @__PURE__ */ h("span", { key: k, ref: k === 0 ? span : void 0 }, text2));
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("h3", null, page ? w("page", page) : w("whole")), numbers.length > 1 && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("button", { disabled: i <= 0, onClick: () => turn(numbers[i - 1]) }, w("before")), /* @__PURE__ */ h("button", { disabled: i === numbers.length - 1, onClick: () => turn(numbers[i + 1]) }, w("next"))), picture2 && page > 0 && /* @__PURE__ */ h("span", { class: "push" }, /* @__PURE__ */ h(Tabs, { label: w("views"), at: shows ? "page" : "text", set: (to) => {
    setUndrawn(false);
    draw(to === "page");
  }, of: [["page", w("asDrawn")], ["text", w("asText")]] }))), /* @__PURE__ */ h("p", { class: "quiet", role: "status" }, undrawn ? w("undrawn") : shows ? told : w("asRead")), /* @__PURE__ */ h("div", { class: "beside" }, /* @__PURE__ */ h("div", { class: "sheet", tabIndex: 0, role: "region", "aria-label": page ? w("page", page) : w("whole") }, shows ? /* @__PURE__ */ h("div", { class: "drawn" }, /* @__PURE__ */ h("img", { key: page, src: picture2(page) + "&width=1200", alt: w("drawnAlt", page, at.file), onLoad: () => setLoaded((n) => n + 1), onError: () => setUndrawn(true) }), /* @__PURE__ */ h("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" }, here.flatMap((p) => (places?.passages[p.id] ?? []).map((b, k) => /* @__PURE__ */ h(
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
function spans(text, quotes) {
  if (!quotes?.length) return [[text, true]];
  const letters = [...text], out = [];
  let at = 0;
  for (const [from, to] of [...quotes].sort((a, b) => a[0] - b[0])) {
    if (from < at || to <= from || to > letters.length) continue;
    if (from > at) out.push([letters.slice(at, from).join(""), false]);
    out.push([letters.slice(from, to).join(""), true]);
    at = to;
  }
  if (at < letters.length) out.push([letters.slice(at).join(""), false]);
  return out;
}
export {
  Document,
  spans
};
