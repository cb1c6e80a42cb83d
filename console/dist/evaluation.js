// src/pages/evaluation.tsx
import { Card, Command, count, Empty, Fragment, h, Loaded, maybe, mayDo, Page, percent, say, short, t, Tabs, useGet, useState, listed, clauses } from "./kit.js";

// src/pages/evaluation.words.ts
var words = {
  lead: ["What each verdict found on problems that no training saw: shares with 95% intervals, and the same problems side by side.", "每次评测在训练未见过的题上的结果：占比附 95% 区间，并在同一批题上逐一对比。"],
  none: ["No verdict yet", "还没有评测"],
  noneHelp: ["A verdict block judges a scenario before its release: it needs problems that the training did not see.", "verdict 块在发布前评测一个场景，需要训练没有见过的题目。"],
  choose: ["Verdict", "评测"],
  against: ["Compared with", "对照"],
  pairedWith: ["{0} against {1}", "{0} 对 {1}"],
  paired: ["Paired: the same problems, {0} against {1}", "配对比较：同一批题，{0} 对 {1}"],
  both: ["both right", "都对"],
  gained: ["improved", "改进"],
  lost: ["regressed", "退步"],
  neither: ["neither right", "都错"],
  difference: ["Difference", "差值"],
  interval: ["95% interval", "95% 区间"],
  clear: ["It is clearly better: the interval lies above zero.", "明显更好：区间在零以上。"],
  worse: ["It is clearly worse: the interval lies below zero.", "明显更差：区间在零以下。"],
  open: ["It cannot be told: the interval holds zero.", "无法判定：区间包含零。"],
  family: ["Family", "题型"]
};

// src/pages/evaluation.tsx
import { PairRows } from "./pairs.js";
import { Report as ReportView } from "./report.js";
var w = say(words);
function Evaluation() {
  const list = useGet("/api/verdicts");
  const [name, choose] = useState("");
  const none = /* @__PURE__ */ h(Empty, { title: w("none") }, /* @__PURE__ */ h("p", null, w("noneHelp")), /* @__PURE__ */ h("a", { class: "button", href: "#plan" }, t("plan")));
  return /* @__PURE__ */ h(Page, { title: t("evaluation"), lead: w("lead") }, /* @__PURE__ */ h(Loaded, { of: list, none }, (all) => {
    const v = all.find((one) => one.name === name) ?? all[0];
    if (!v) return none;
    return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(Card, { title: v.name, side: /* @__PURE__ */ h(Fragment, null, all.length > 1 && /* @__PURE__ */ h("label", null, w("choose"), " ", /* @__PURE__ */ h("select", { value: v.name, onChange: (e) => choose(e.target.value) }, all.map((o) => /* @__PURE__ */ h("option", { key: o.name }, o.name)))), /* @__PURE__ */ h("code", null, short(v.digest))) }, /* @__PURE__ */ h(ReportView, { report: v.report })), /* @__PURE__ */ h(Changes, { of: v }));
  }));
}
function Changes({ of: v }) {
  const list = v.report.changes ?? [], [over, choose] = useState(""), c = list.find((o) => o.over === over) ?? list[0];
  return c ? /* @__PURE__ */ h(Fragment, null, list.length > 1 && /* @__PURE__ */ h(Tabs, { label: w("against"), at: c.over, set: choose, of: list.map((o) => [o.over, w("pairedWith", maybe("role", v.report.models.at(-1)?.name ?? ""), maybe("role", o.over))]) }), /* @__PURE__ */ h(Change, { key: v.name + c.over, verdict: v.name, of: c, mine: v.report.models.at(-1)?.name ?? "" })) : null;
}
function Change({ of, mine, verdict }) {
  const o = of.overall;
  return /* @__PURE__ */ h(Card, { title: w("paired", maybe("role", mine), maybe("role", of.over)) }, /* @__PURE__ */ h(Bar, { of: o }), /* @__PURE__ */ h("p", null, /* @__PURE__ */ h("b", null, o.low > 0 ? w("clear") : o.high < 0 ? w("worse") : w("open")), " ", clauses([`${w("difference")} ${signed(o.value)}`, `${w("interval")} ${signed(o.low)} – ${signed(o.high)}`])), of.families && of.families.length > 0 && /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w("family") }, /* @__PURE__ */ h("table", null, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, w("family")), /* @__PURE__ */ h("th", { scope: "col" }, w("both")), /* @__PURE__ */ h("th", { scope: "col" }, w("gained")), /* @__PURE__ */ h("th", { scope: "col" }, w("lost")), /* @__PURE__ */ h("th", { scope: "col" }, w("neither")), /* @__PURE__ */ h("th", { scope: "col" }, w("difference")))), /* @__PURE__ */ h("tbody", null, of.families.map((f) => /* @__PURE__ */ h("tr", { key: f.name }, /* @__PURE__ */ h("th", { scope: "row" }, maybe("family", f.name)), /* @__PURE__ */ h("td", null, count(f.both)), /* @__PURE__ */ h("td", { class: "good" }, count(f.gained)), /* @__PURE__ */ h("td", { class: "bad" }, count(f.lost)), /* @__PURE__ */ h("td", null, count(f.neither)), /* @__PURE__ */ h("td", null, signed(f.value), " ", /* @__PURE__ */ h("small", null, signed(f.low), " – ", signed(f.high)))))))), mayDo("read_traces") && /* @__PURE__ */ h(PairRows, { path: `/api/verdicts/replies?verdict=${encodeURIComponent(verdict)}&over=${encodeURIComponent(of.over)}`, names: [maybe("role", of.over), maybe("role", mine)] }), /* @__PURE__ */ h(Command, { line: `suiren show verdict.${verdict}` }));
}
var signed = (v) => (v > 0 ? "+" : "") + percent(v);
function Bar({ of }) {
  const all = of.both + of.gained + of.lost + of.neither || 1;
  const parts = [[w("both"), of.both, "rest"], [w("gained"), of.gained, "gained"], [w("lost"), of.lost, "lost"], [w("neither"), of.neither, "none"]];
  let at = 0;
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("svg", { class: "map", viewBox: "0 0 1000 28", preserveAspectRatio: "none", role: "img", "aria-label": listed(parts.map(([n, v]) => `${n} ${v}`)) }, parts.map(([n, v, c]) => {
    const from = at;
    at += v / all * 1e3;
    return /* @__PURE__ */ h("rect", { key: n, class: c, x: from, width: v / all * 1e3, height: "28" });
  })), /* @__PURE__ */ h("ul", { class: "legend" }, parts.map(([n, v, c]) => /* @__PURE__ */ h("li", { key: n }, /* @__PURE__ */ h("svg", { width: "14", height: "14", "aria-hidden": "true" }, /* @__PURE__ */ h("rect", { class: c, width: "14", height: "14" })), n, " ", /* @__PURE__ */ h("b", null, count(v))))));
}
export {
  Evaluation as default
};
