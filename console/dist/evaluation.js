// src/pages/evaluation.tsx
import { Card, Command, count as count3, Empty, Fragment as Fragment3, h as h3, Loaded as Loaded2, maybe as maybe3, mayDo, Page, percent as percent2, say as say2, short, t as t2, Tabs, useGet as useGet2, useState as useState2 } from "./kit.js";

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

// src/pages/pairs.tsx
import { count, Field, Fragment, h, Loaded, maybe, say, Tag, useGet, useState } from "./kit.js";

// src/pages/pairs.words.ts
var words2 = {
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
  refused: ["refused by {0}", "被 {0} 拒绝"],
  nothing: ["no answer", "没有回答"],
  none: ["None of these.", "没有这样的题。"]
};

// src/pages/pairs.tsx
var w = say(words2);
var some = 10;
function PairRows({ path, names }) {
  const [change, setChange] = useState("regressed"), [from, setFrom] = useState(0);
  const got = useGet(`${path}&change=${change}&from=${from}&n=${some}`);
  return /* @__PURE__ */ h("div", { class: "pairs" }, /* @__PURE__ */ h("h3", null, w("list")), /* @__PURE__ */ h("div", { class: "form" }, /* @__PURE__ */ h(Field, { label: w("change") }, (id) => /* @__PURE__ */ h("select", { id, class: "change", value: change, onChange: (e) => {
    setFrom(0);
    setChange(e.target.value);
  } }, ["regressed", "improved", "same", ""].map((v) => /* @__PURE__ */ h("option", { key: v, value: v }, w(`change_${v}`)))))), /* @__PURE__ */ h(Loaded, { of: got }, ({ total, rows }) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("p", { role: "status", class: "quiet" }, w("rows", count(total)), rows.length > 0 && " · " + w("at", from + 1, from + rows.length)), total === 0 && /* @__PURE__ */ h("p", null, w("none")), /* @__PURE__ */ h("ul", { class: "plainlist" }, rows.map((r) => /* @__PURE__ */ h("li", { key: r.id, class: "card pair" }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h(Tag, { kind: { improved: "done", regressed: "failed" }[r.change] ?? "" }, Object.hasOwn(words2, "change_" + r.change) ? w(`change_${r.change}`) : r.change), r.family && /* @__PURE__ */ h("span", { class: "quiet" }, maybe("family", r.family))), /* @__PURE__ */ h("p", { class: "passage" }, r.prompt), r.want && /* @__PURE__ */ h("p", { class: "quiet" }, w("want"), ": ", /* @__PURE__ */ h("b", null, r.want)), /* @__PURE__ */ h("div", { class: "two" }, /* @__PURE__ */ h(Side, { of: r.first, name: names[0] }), /* @__PURE__ */ h(Side, { of: r.second, name: names[1] }))))), /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("button", { disabled: from === 0, onClick: () => setFrom(Math.max(0, from - some)) }, w("before")), /* @__PURE__ */ h("button", { disabled: from + rows.length >= total, onClick: () => setFrom(from + some) }, w("next"))))));
}
function Side({ of: g, name }) {
  return /* @__PURE__ */ h("section", { "aria-label": name }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("h4", null, name), /* @__PURE__ */ h(Tag, { kind: g.right ? "done" : "failed" }, g.right ? "✓ " + w("right") : "✗ " + w("wrong")), g.rule && /* @__PURE__ */ h(Tag, { kind: "failed" }, w("refused", g.rule)), g.masked && /* @__PURE__ */ h(Tag, null, w("masked"))), /* @__PURE__ */ h("p", { class: "passage" }, g.answer || /* @__PURE__ */ h("span", { class: "quiet" }, w("nothing"))), /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("trace", count(g.tokens), g.finish)), /* @__PURE__ */ h("p", { class: "passage" }, g.thought || w("noThought"))));
}

// src/pages/report.tsx
import { bytes, count as count2, flops, Fragment as Fragment2, h as h2, idOf, maybe as maybe2, percent, seconds, span, store, t } from "./kit.js";
function Passed({ of: r }) {
  return /* @__PURE__ */ h2("p", { class: r.pass ? "passed" : "failure" }, r.pass ? "✓ " + t("pass") : "✗ " + t("fail"));
}
function Report({ report: r }) {
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2(Passed, { of: r }), /* @__PURE__ */ h2(Scores, { title: t("accuracy"), models: r.models, groups: r.overall ? [r.overall, ...r.families] : r.families, total: r.overall }), r.said && r.said.length > 0 && /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("h3", null, t("inWords")), /* @__PURE__ */ h2("ul", { class: "said" }, r.said.map((s) => /* @__PURE__ */ h2("li", null, store.lang === "en" ? s.en : s.zh)))), /* @__PURE__ */ h2(Checks, { list: r.checks ?? [] }), r.length && r.length.length > 0 && /* @__PURE__ */ h2(Scores, { title: t("lengths"), models: r.models, groups: r.length }), /* @__PURE__ */ h2(Costs, { report: r }));
}
var nameOf = (m) => maybe2("role", m.role === "tutor" && m.method === "grpo" ? "rl" : m.role ?? m.name);
function Scores({ title, models, groups, total }) {
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("h3", null, title), /* @__PURE__ */ h2("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": title }, /* @__PURE__ */ h2("table", { class: "scores" }, /* @__PURE__ */ h2("thead", null, /* @__PURE__ */ h2("tr", null, /* @__PURE__ */ h2("th", { scope: "col" }, t("family")), /* @__PURE__ */ h2("th", { scope: "col" }, t("problems")), models.map((m) => /* @__PURE__ */ h2("th", { scope: "col", title: m.name }, nameOf(m))))), /* @__PURE__ */ h2("tbody", null, groups.map((g) => /* @__PURE__ */ h2("tr", { class: g === total ? "total" : "" }, /* @__PURE__ */ h2("th", { scope: "row" }, g === total ? t("overall") : maybe2("family", g.name)), /* @__PURE__ */ h2("td", null, g.problems), g.scores.map((s, i) => /* @__PURE__ */ h2("td", null, /* @__PURE__ */ h2("div", { class: "score" }, /* @__PURE__ */ h2(Interval, { score: s, colour: i % 6 }), /* @__PURE__ */ h2("span", null, percent(s.accuracy), /* @__PURE__ */ h2("small", null, percent(s.low), " – ", percent(s.high))))))))))));
}
function Interval({ score: s, colour }) {
  const wide = 96, x = (v) => 4 + v * (wide - 8);
  return /* @__PURE__ */ h2("svg", { class: `interval c${colour}`, width: wide, height: "16", viewBox: `0 0 ${wide} 16`, "aria-hidden": "true" }, /* @__PURE__ */ h2("line", { class: "track", x1: x(0), x2: x(1), y1: "8", y2: "8" }), /* @__PURE__ */ h2("line", { class: "reach", x1: x(s.low), x2: x(s.high), y1: "8", y2: "8" }), /* @__PURE__ */ h2("circle", { cx: x(s.accuracy), cy: "8", r: "4" }));
}
function Checks({ list }) {
  if (list.length === 0) return null;
  const named = (c) => {
    const family = maybe2("family", c.name);
    return family !== c.name ? t("needFamily", family) : maybe2("need", c.name);
  };
  const unseen = (c) => c.name === "unseen";
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("h3", null, t("checks")), /* @__PURE__ */ h2("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("checks") }, /* @__PURE__ */ h2("table", null, /* @__PURE__ */ h2("thead", null, /* @__PURE__ */ h2("tr", null, ["check", "wanted", "measured"].map((k) => /* @__PURE__ */ h2("th", { scope: "col" }, t(k))), /* @__PURE__ */ h2("th", null))), /* @__PURE__ */ h2("tbody", null, list.map((c) => /* @__PURE__ */ h2("tr", null, /* @__PURE__ */ h2("th", { scope: "row" }, named(c)), /* @__PURE__ */ h2("td", null, unseen(c) ? t("none") : t("atLeast", percent(c.want))), /* @__PURE__ */ h2("td", null, c.got === void 0 ? t("notMeasured") : unseen(c) ? count2(c.got) : percent(c.got)), /* @__PURE__ */ h2("td", { class: c.ok ? "good" : "bad" }, c.ok ? "✓ " + t("ok") : "✗ " + t("notOk"))))))));
}
function Costs({ report: r }) {
  const some2 = (f) => r.models.some((m) => f(m));
  const columns = [
    [t("meanTokens"), (_, i) => count2(r.overall?.scores[i].tokens ?? 0), !!r.overall],
    [t("field_flops"), (m) => m.flops ? flops(m.flops) : "–", some2((m) => m.flops)],
    [t("sampled"), (m) => m.sample_flops ? flops(m.sample_flops) : "–", some2((m) => m.sample_flops)],
    [t("field_time"), (m) => m.seconds ? seconds(m.seconds) : "–", some2((m) => m.seconds)],
    [t("share"), (m) => m.share ? percent(m.share) : "–", some2((m) => m.share)],
    [t("field_memory"), (m) => m.memory ? bytes(m.memory) : "–", some2((m) => m.memory)]
  ];
  const shown = columns.filter((c) => c[2]);
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("h3", null, t("costs")), /* @__PURE__ */ h2("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("costs") }, /* @__PURE__ */ h2("table", null, /* @__PURE__ */ h2("thead", null, /* @__PURE__ */ h2("tr", null, /* @__PURE__ */ h2("th", { scope: "col" }, t("model")), shown.map(([name]) => /* @__PURE__ */ h2("th", { scope: "col" }, name)))), /* @__PURE__ */ h2("tbody", null, r.models.map((m, i) => /* @__PURE__ */ h2("tr", null, /* @__PURE__ */ h2("th", { scope: "row" }, nameOf(m)), shown.map(([, value]) => /* @__PURE__ */ h2("td", null, value(m, i)))))))));
}

// src/pages/evaluation.tsx
var w2 = say2(words);
function Evaluation() {
  const list = useGet2("/api/verdicts");
  const [name, choose] = useState2("");
  const none = /* @__PURE__ */ h3(Empty, { title: w2("none") }, /* @__PURE__ */ h3("p", null, w2("noneHelp")), /* @__PURE__ */ h3("a", { class: "button", href: "#plan" }, t2("plan")));
  return /* @__PURE__ */ h3(Page, { title: t2("evaluation"), lead: w2("lead") }, /* @__PURE__ */ h3(Loaded2, { of: list }, (all) => {
    const v = all.find((one) => one.name === name) ?? all[0];
    if (!v) return none;
    return /* @__PURE__ */ h3(Fragment3, null, /* @__PURE__ */ h3(Card, { title: v.name, side: /* @__PURE__ */ h3(Fragment3, null, all.length > 1 && /* @__PURE__ */ h3("label", null, w2("choose"), " ", /* @__PURE__ */ h3("select", { value: v.name, onChange: (e) => choose(e.target.value) }, all.map((o) => /* @__PURE__ */ h3("option", { key: o.name }, o.name)))), /* @__PURE__ */ h3("code", null, short(v.digest))) }, /* @__PURE__ */ h3(Report, { report: v.report })), /* @__PURE__ */ h3(Changes, { of: v }));
  }), list.data === null && !list.loading && !list.failure && none);
}
function Changes({ of: v }) {
  const list = v.report.changes ?? [], [over, choose] = useState2(""), c = list.find((o) => o.over === over) ?? list[0];
  return c ? /* @__PURE__ */ h3(Fragment3, null, list.length > 1 && /* @__PURE__ */ h3(Tabs, { label: w2("against"), at: c.over, set: choose, of: list.map((o) => [o.over, w2("pairedWith", maybe3("role", v.report.models.at(-1)?.name ?? ""), maybe3("role", o.over))]) }), /* @__PURE__ */ h3(Change, { key: v.name + c.over, verdict: v.name, of: c, mine: v.report.models.at(-1)?.name ?? "" })) : null;
}
function Change({ of, mine, verdict }) {
  const o = of.overall;
  return /* @__PURE__ */ h3(Card, { title: w2("paired", maybe3("role", mine), maybe3("role", of.over)) }, /* @__PURE__ */ h3(Bar, { of: o }), /* @__PURE__ */ h3("p", null, /* @__PURE__ */ h3("b", null, o.low > 0 ? w2("clear") : o.high < 0 ? w2("worse") : w2("open")), " ", w2("difference"), " ", signed(o.value), ", ", w2("interval"), " ", signed(o.low), " – ", signed(o.high)), of.families && of.families.length > 0 && /* @__PURE__ */ h3("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w2("family") }, /* @__PURE__ */ h3("table", null, /* @__PURE__ */ h3("thead", null, /* @__PURE__ */ h3("tr", null, /* @__PURE__ */ h3("th", { scope: "col" }, w2("family")), /* @__PURE__ */ h3("th", { scope: "col" }, w2("both")), /* @__PURE__ */ h3("th", { scope: "col" }, w2("gained")), /* @__PURE__ */ h3("th", { scope: "col" }, w2("lost")), /* @__PURE__ */ h3("th", { scope: "col" }, w2("neither")), /* @__PURE__ */ h3("th", { scope: "col" }, w2("difference")))), /* @__PURE__ */ h3("tbody", null, of.families.map((f) => /* @__PURE__ */ h3("tr", { key: f.name }, /* @__PURE__ */ h3("th", { scope: "row" }, maybe3("family", f.name)), /* @__PURE__ */ h3("td", null, count3(f.both)), /* @__PURE__ */ h3("td", { class: "good" }, count3(f.gained)), /* @__PURE__ */ h3("td", { class: "bad" }, count3(f.lost)), /* @__PURE__ */ h3("td", null, count3(f.neither)), /* @__PURE__ */ h3("td", null, signed(f.value), " ", /* @__PURE__ */ h3("small", null, signed(f.low), " – ", signed(f.high)))))))), mayDo("read_traces") && /* @__PURE__ */ h3(PairRows, { path: `/api/verdicts/replies?verdict=${encodeURIComponent(verdict)}&over=${encodeURIComponent(of.over)}`, names: [maybe3("role", of.over), maybe3("role", mine)] }), /* @__PURE__ */ h3(Command, { line: `suiren show verdict.${verdict}` }));
}
var signed = (v) => (v > 0 ? "+" : "") + percent2(v);
function Bar({ of }) {
  const all = of.both + of.gained + of.lost + of.neither || 1;
  const parts = [[w2("both"), of.both, "rest"], [w2("gained"), of.gained, "gained"], [w2("lost"), of.lost, "lost"], [w2("neither"), of.neither, "none"]];
  let at = 0;
  return /* @__PURE__ */ h3(Fragment3, null, /* @__PURE__ */ h3("svg", { class: "map", viewBox: "0 0 1000 28", preserveAspectRatio: "none", role: "img", "aria-label": parts.map(([n, v]) => `${n} ${v}`).join(", ") }, parts.map(([n, v, c]) => {
    const from = at;
    at += v / all * 1e3;
    return /* @__PURE__ */ h3("rect", { key: n, class: c, x: from, width: v / all * 1e3, height: "28" });
  })), /* @__PURE__ */ h3("ul", { class: "legend" }, parts.map(([n, v, c]) => /* @__PURE__ */ h3("li", { key: n }, /* @__PURE__ */ h3("svg", { width: "14", height: "14", "aria-hidden": "true" }, /* @__PURE__ */ h3("rect", { class: c, width: "14", height: "14" })), n, " ", /* @__PURE__ */ h3("b", null, count3(v))))));
}
export {
  Evaluation as default
};
