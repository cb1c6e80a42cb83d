// src/pages/evaluation.tsx
import { Card, count as count2, Empty, Fragment as Fragment2, h as h2, Loaded, maybe as maybe2, Page, percent as percent2, say, short, store as store2, t as t2, useGet, useState } from "./kit.js";

// src/pages/evaluation.words.ts
var words = {
  lead: ["What each verdict found on problems that no training saw: shares with 95% intervals, and the same problems side by side.", "每次评测在训练未见过的题上的结果：占比附 95% 区间，并在同一批题上逐一对比。"],
  none: ["No verdict yet", "还没有评测"],
  noneHelp: ["A verdict block judges a scenario before its release: it needs problems that the training did not see.", "verdict 块在发布前评测一个场景，需要训练没有见过的题目。"],
  choose: ["Verdict", "评测"],
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

// src/pages/report.tsx
import { bytes, count, flops, Fragment, h, idOf, maybe, percent, seconds, span, store, t } from "./kit.js";
function Report({ report: r, nodes }) {
  return /* @__PURE__ */ h(Fragment, null, !r ? /* @__PURE__ */ h("p", { class: "quiet" }, t("noReport")) : /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("p", { class: r.pass ? "passed" : "failure" }, r.pass ? "✓ " + t("pass") : "✗ " + t("fail")), /* @__PURE__ */ h(Scores, { title: t("accuracy"), models: r.models, groups: r.overall ? [r.overall, ...r.families] : r.families, total: r.overall }), r.said && r.said.length > 0 && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("h3", null, t("inWords")), /* @__PURE__ */ h("ul", { class: "said" }, r.said.map((s) => /* @__PURE__ */ h("li", null, store.lang === "en" ? s.en : s.zh)))), /* @__PURE__ */ h(Checks, { list: r.checks ?? [] }), r.length && r.length.length > 0 && /* @__PURE__ */ h(Scores, { title: t("lengths"), models: r.models, groups: r.length }), /* @__PURE__ */ h(Costs, { report: r })), /* @__PURE__ */ h(Predicted, { nodes }));
}
var nameOf = (m) => maybe("role", m.role === "tutor" && m.method === "grpo" ? "rl" : m.role ?? m.name);
function Scores({ title, models, groups, total }) {
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("h3", null, title), /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": title }, /* @__PURE__ */ h("table", { class: "scores" }, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, t("family")), /* @__PURE__ */ h("th", { scope: "col" }, t("problems")), models.map((m) => /* @__PURE__ */ h("th", { scope: "col", title: m.name }, nameOf(m))))), /* @__PURE__ */ h("tbody", null, groups.map((g) => /* @__PURE__ */ h("tr", { class: g === total ? "total" : "" }, /* @__PURE__ */ h("th", { scope: "row" }, g === total ? t("overall") : maybe("family", g.name)), /* @__PURE__ */ h("td", null, g.problems), g.scores.map((s, i) => /* @__PURE__ */ h("td", null, /* @__PURE__ */ h("div", { class: "score" }, /* @__PURE__ */ h(Interval, { score: s, colour: i % 6 }), /* @__PURE__ */ h("span", null, percent(s.accuracy), /* @__PURE__ */ h("small", null, percent(s.low), " – ", percent(s.high))))))))))));
}
function Interval({ score: s, colour }) {
  const wide = 96, x = (v) => 4 + v * (wide - 8);
  return /* @__PURE__ */ h("svg", { class: `interval c${colour}`, width: wide, height: "16", viewBox: `0 0 ${wide} 16`, "aria-hidden": "true" }, /* @__PURE__ */ h("line", { class: "track", x1: x(0), x2: x(1), y1: "8", y2: "8" }), /* @__PURE__ */ h("line", { class: "reach", x1: x(s.low), x2: x(s.high), y1: "8", y2: "8" }), /* @__PURE__ */ h("circle", { cx: x(s.accuracy), cy: "8", r: "4" }));
}
function Checks({ list }) {
  if (list.length === 0) return null;
  const named = (c) => {
    const family = maybe("family", c.name);
    return family !== c.name ? t("needFamily", family) : maybe("need", c.name);
  };
  const unseen = (c) => c.name === "unseen";
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("h3", null, t("checks")), /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("checks") }, /* @__PURE__ */ h("table", null, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, ["check", "wanted", "measured"].map((k) => /* @__PURE__ */ h("th", { scope: "col" }, t(k))), /* @__PURE__ */ h("th", null))), /* @__PURE__ */ h("tbody", null, list.map((c) => /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "row" }, named(c)), /* @__PURE__ */ h("td", null, unseen(c) ? t("none") : t("atLeast", percent(c.want))), /* @__PURE__ */ h("td", null, c.got === void 0 ? t("notMeasured") : unseen(c) ? count(c.got) : percent(c.got)), /* @__PURE__ */ h("td", { class: c.ok ? "good" : "bad" }, c.ok ? "✓ " + t("ok") : "✗ " + t("notOk"))))))));
}
function Costs({ report: r }) {
  const some = (f) => r.models.some((m) => f(m));
  const columns = [
    [t("meanTokens"), (_, i) => count(r.overall?.scores[i].tokens ?? 0), !!r.overall],
    [t("field_flops"), (m) => m.flops ? flops(m.flops) : "–", some((m) => m.flops)],
    [t("sampled"), (m) => m.sample_flops ? flops(m.sample_flops) : "–", some((m) => m.sample_flops)],
    [t("field_time"), (m) => m.seconds ? seconds(m.seconds) : "–", some((m) => m.seconds)],
    [t("share"), (m) => m.share ? percent(m.share) : "–", some((m) => m.share)],
    [t("field_memory"), (m) => m.memory ? bytes(m.memory) : "–", some((m) => m.memory)]
  ];
  const shown = columns.filter((c) => c[2]);
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("h3", null, t("costs")), /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("costs") }, /* @__PURE__ */ h("table", null, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, t("model")), shown.map(([name]) => /* @__PURE__ */ h("th", { scope: "col" }, name)))), /* @__PURE__ */ h("tbody", null, r.models.map((m, i) => /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "row" }, nameOf(m)), shown.map(([, value]) => /* @__PURE__ */ h("td", null, value(m, i)))))))));
}
function Predicted({ nodes }) {
  const made = nodes.filter((n) => n.actual && n.actual.seconds > 0);
  const told = made.filter((n) => n.forecast && n.forecast.high > 0);
  if (told.length === 0) return null;
  const sum = (f) => told.reduce((s, n) => s + f(n), 0);
  const rows = told.map((n) => ({ name: idOf(n), low: n.forecast.low, high: n.forecast.high, took: n.actual.seconds, memory: n.forecast.memory, used: n.actual.memory }));
  if (told.length > 1) rows.push({
    name: "",
    low: sum((n) => n.forecast.low),
    high: sum((n) => n.forecast.high),
    took: sum((n) => n.actual.seconds),
    memory: Math.max(...told.map((n) => n.forecast.memory)),
    used: Math.max(...told.map((n) => n.actual.memory))
  });
  const error = (v) => v >= 2 ? v.toPrecision(2) + " ×" : (v < 1 ? "−" : "+") + percent(Math.abs(v - 1), 0);
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("h3", null, t("predicted")), /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("predicted") }, /* @__PURE__ */ h("table", null, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, ["stepName", "timePlanned", "timeActual", "error", "memoryPlanned", "memoryActual", "error"].map((k) => /* @__PURE__ */ h("th", { scope: "col" }, t(k))))), /* @__PURE__ */ h("tbody", null, rows.map((r) => /* @__PURE__ */ h("tr", { class: r.name ? "" : "total" }, /* @__PURE__ */ h("th", { scope: "row" }, r.name || t("inAll")), /* @__PURE__ */ h("td", null, span(r.low, r.high)), /* @__PURE__ */ h("td", null, seconds(r.took)), /* @__PURE__ */ h("td", null, r.took > r.high ? error(r.took / r.high) : r.took < r.low ? error(r.took / r.low) : t("within")), /* @__PURE__ */ h("td", null, r.memory > 0 ? bytes(r.memory) : "–"), /* @__PURE__ */ h("td", null, r.used > 0 ? bytes(r.used) : "–"), /* @__PURE__ */ h("td", null, r.memory > 0 && r.used > 0 ? error(r.used / r.memory) : "–")))))));
}

// src/pages/evaluation.tsx
var w = say(words);
function Evaluation() {
  const list = useGet("/api/verdicts");
  const [name, choose] = useState("");
  const none = /* @__PURE__ */ h2(Empty, { title: w("none") }, /* @__PURE__ */ h2("p", null, w("noneHelp")), /* @__PURE__ */ h2("a", { class: "button", href: "#plan" }, t2("plan")));
  return /* @__PURE__ */ h2(Page, { title: t2("evaluation"), lead: w("lead") }, /* @__PURE__ */ h2(Loaded, { of: list }, (all) => {
    const v = all.find((one) => one.name === name) ?? all[0];
    if (!v) return none;
    return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2(Card, { title: v.name, side: /* @__PURE__ */ h2(Fragment2, null, all.length > 1 && /* @__PURE__ */ h2("label", null, w("choose"), " ", /* @__PURE__ */ h2("select", { value: v.name, onChange: (e) => choose(e.target.value) }, all.map((o) => /* @__PURE__ */ h2("option", { key: o.name }, o.name)))), /* @__PURE__ */ h2("code", null, short(v.digest))) }, /* @__PURE__ */ h2(Report, { report: v.report, nodes: store2.plan?.nodes ?? [] })), (v.report.changes ?? []).map((c) => /* @__PURE__ */ h2(Change, { key: c.over, of: c, mine: v.report.models.at(-1)?.name ?? "" })));
  }), list.data === null && !list.loading && !list.failure && none);
}
function Change({ of, mine }) {
  const o = of.overall;
  return /* @__PURE__ */ h2(Card, { title: w("paired", maybe2("role", mine), maybe2("role", of.over)) }, /* @__PURE__ */ h2(Bar, { of: o }), /* @__PURE__ */ h2("p", null, /* @__PURE__ */ h2("b", null, o.low > 0 ? w("clear") : o.high < 0 ? w("worse") : w("open")), " ", w("difference"), " ", signed(o.value), ", ", w("interval"), " ", signed(o.low), " – ", signed(o.high)), of.families && of.families.length > 0 && /* @__PURE__ */ h2("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w("family") }, /* @__PURE__ */ h2("table", null, /* @__PURE__ */ h2("thead", null, /* @__PURE__ */ h2("tr", null, /* @__PURE__ */ h2("th", { scope: "col" }, w("family")), /* @__PURE__ */ h2("th", { scope: "col" }, w("both")), /* @__PURE__ */ h2("th", { scope: "col" }, w("gained")), /* @__PURE__ */ h2("th", { scope: "col" }, w("lost")), /* @__PURE__ */ h2("th", { scope: "col" }, w("neither")), /* @__PURE__ */ h2("th", { scope: "col" }, w("difference")))), /* @__PURE__ */ h2("tbody", null, of.families.map((f) => /* @__PURE__ */ h2("tr", { key: f.name }, /* @__PURE__ */ h2("th", { scope: "row" }, maybe2("family", f.name)), /* @__PURE__ */ h2("td", null, count2(f.both)), /* @__PURE__ */ h2("td", { class: "good" }, count2(f.gained)), /* @__PURE__ */ h2("td", { class: "bad" }, count2(f.lost)), /* @__PURE__ */ h2("td", null, count2(f.neither)), /* @__PURE__ */ h2("td", null, signed(f.value), " ", /* @__PURE__ */ h2("small", null, signed(f.low), " – ", signed(f.high)))))))));
}
var signed = (v) => (v > 0 ? "+" : "") + percent2(v);
function Bar({ of }) {
  const all = of.both + of.gained + of.lost + of.neither || 1;
  const parts = [[w("both"), of.both, "rest"], [w("gained"), of.gained, "gained"], [w("lost"), of.lost, "lost"], [w("neither"), of.neither, "none"]];
  let at = 0;
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("svg", { class: "map", viewBox: "0 0 1000 28", preserveAspectRatio: "none", role: "img", "aria-label": parts.map(([n, v]) => `${n} ${v}`).join(", ") }, parts.map(([n, v, c]) => {
    const from = at;
    at += v / all * 1e3;
    return /* @__PURE__ */ h2("rect", { key: n, class: c, x: from, width: v / all * 1e3, height: "28" });
  })), /* @__PURE__ */ h2("ul", { class: "legend" }, parts.map(([n, v, c]) => /* @__PURE__ */ h2("li", { key: n }, /* @__PURE__ */ h2("svg", { width: "14", height: "14", "aria-hidden": "true" }, /* @__PURE__ */ h2("rect", { class: c, width: "14", height: "14" })), n, " ", /* @__PURE__ */ h2("b", null, count2(v))))));
}
export {
  Evaluation as default
};
