// src/pages/pairs.tsx
import { count, Field, Fragment, h, Loaded, maybe, say, Tag, useGet, useState } from "./kit.js";

// src/pages/pairs.words.ts
var words = {
  list: ["Problem by problem", "逐题对比"],
  change: ["Which", "哪些"],
  change_: ["all", "全部"],
  change_improved: ["improved", "变好"],
  change_regressed: ["regressed", "变差"],
  change_same: ["the same", "不变"],
  rows: ["{0} problems", "{0} 题"],
  at: ["{0} to {1}", "第 {0}–{1} 题"],
  before: ["Before", "上一页"],
  next: ["Next", "下一页"],
  want: ["Right is", "正确答案"],
  right: ["right", "对"],
  wrong: ["wrong", "错"],
  trace: ["How it came: {0} tokens, ended by {1}", "过程：{0} 个词元，因 {1} 结束"],
  noThought: ["It did not think.", "没有思考过程。"],
  masked: ["the policy changed it", "被策略改动"],
  called: ["called {0}", "调用了 {0}"],
  refused: ["refused by {0}", "被 {0} 拒绝"],
  nothing: ["no answer", "没有回答"],
  none: ["None of these.", "没有这样的题。"]
};

// src/pages/pairs.tsx
var w = say(words);
var some = 10;
function PairRows({ path, names }) {
  const [change, setChange] = useState("regressed"), [from, setFrom] = useState(0);
  const got = useGet(`${path}&change=${change}&from=${from}&n=${some}`);
  return /* @__PURE__ */ h("div", { class: "pairs" }, /* @__PURE__ */ h("h3", null, w("list")), /* @__PURE__ */ h("div", { class: "form" }, /* @__PURE__ */ h(Field, { label: w("change") }, (id) => /* @__PURE__ */ h("select", { id, class: "change", value: change, onChange: (e) => {
    setFrom(0);
    setChange(e.target.value);
  } }, ["regressed", "improved", "same", ""].map((v) => /* @__PURE__ */ h("option", { key: v, value: v }, w(`change_${v}`)))))), /* @__PURE__ */ h(Loaded, { of: got }, ({ total, rows }) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("p", { role: "status", class: "quiet" }, w("rows", count(total)), rows.length > 0 && " · " + w("at", from + 1, from + rows.length)), total === 0 && /* @__PURE__ */ h("p", null, w("none")), /* @__PURE__ */ h("ul", { class: "plainlist" }, rows.map((r) => /* @__PURE__ */ h("li", { key: r.id, class: "card pair" }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h(Tag, { kind: { improved: "done", regressed: "failed" }[r.change] ?? "" }, Object.hasOwn(words, "change_" + r.change) ? w(`change_${r.change}`) : r.change), r.family && /* @__PURE__ */ h("span", { class: "quiet" }, maybe("family", r.family))), /* @__PURE__ */ h("p", { class: "passage" }, r.prompt), r.want && /* @__PURE__ */ h("p", { class: "quiet" }, w("want"), ": ", /* @__PURE__ */ h("b", null, r.want)), /* @__PURE__ */ h("div", { class: "two" }, /* @__PURE__ */ h(Side, { of: r.first, name: names[0] }), /* @__PURE__ */ h(Side, { of: r.second, name: names[1] }))))), /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("button", { disabled: from === 0, onClick: () => setFrom(Math.max(0, from - some)) }, w("before")), /* @__PURE__ */ h("button", { disabled: from + rows.length >= total, onClick: () => setFrom(from + some) }, w("next"))))));
}
function Side({ of: g, name }) {
  return /* @__PURE__ */ h("section", { "aria-label": name }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("h4", null, name), /* @__PURE__ */ h(Tag, { kind: g.right ? "done" : "failed" }, g.right ? "✓ " + w("right") : "✗ " + w("wrong")), g.rule && /* @__PURE__ */ h(Tag, { kind: "failed" }, w("refused", g.rule)), g.masked && /* @__PURE__ */ h(Tag, null, w("masked")), g.called && /* @__PURE__ */ h(Tag, null, w("called", g.called))), /* @__PURE__ */ h("p", { class: "passage" }, g.answer || /* @__PURE__ */ h("span", { class: "quiet" }, w("nothing"))), /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("trace", count(g.tokens), g.finish)), /* @__PURE__ */ h("p", { class: "passage" }, g.thought || w("noThought"))));
}
export {
  PairRows
};
