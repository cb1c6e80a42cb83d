// src/pages/report.tsx
import { bytes, count, flops, Fragment, h, idOf, maybe, percent, seconds, span, store, t } from "./kit.js";
function Outcome({ report: r, nodes }) {
  return /* @__PURE__ */ h(Fragment, null, !r ? /* @__PURE__ */ h("p", { class: "quiet" }, t("noReport")) : /* @__PURE__ */ h(Fragment, null, r.name && /* @__PURE__ */ h("p", null, /* @__PURE__ */ h("code", null, "verdict.", r.name)), /* @__PURE__ */ h(Passed, { of: r }), /* @__PURE__ */ h(Checks, { list: r.checks ?? [] }), /* @__PURE__ */ h("p", null, /* @__PURE__ */ h("a", { class: "button", href: "#evaluation" }, t("wholeReport")))), /* @__PURE__ */ h(Predicted, { nodes }));
}
function Passed({ of: r }) {
  return /* @__PURE__ */ h("p", { class: r.pass ? "passed" : "failure" }, r.pass ? "✓ " + t("pass") : "✗ " + t("fail"));
}
function Report({ report: r }) {
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(Passed, { of: r }), /* @__PURE__ */ h(Scores, { title: t("accuracy"), models: r.models, groups: r.overall ? [r.overall, ...r.families] : r.families, total: r.overall }), r.said && r.said.length > 0 && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("h3", null, t("inWords")), /* @__PURE__ */ h("ul", { class: "said" }, r.said.map((s) => /* @__PURE__ */ h("li", null, store.lang === "en" ? s.en : s.zh)))), /* @__PURE__ */ h(Checks, { list: r.checks ?? [] }), r.length && r.length.length > 0 && /* @__PURE__ */ h(Scores, { title: t("lengths"), models: r.models, groups: r.length }), /* @__PURE__ */ h(Costs, { report: r }));
}
var nameOf = (m) => maybe("role", m.role === "tutor" && m.method === "grpo" ? "rl" : m.role ?? m.block ?? m.name);
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
    const need = maybe("need", c.name);
    return need !== c.name ? need : t("needFamily", maybe("family", c.name));
  };
  const unseen = (c) => c.name === "unseen";
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("h3", null, t("checks")), /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("checks") }, /* @__PURE__ */ h("table", null, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, ["check", "wanted", "measured"].map((k) => /* @__PURE__ */ h("th", { scope: "col" }, t(k))), /* @__PURE__ */ h("th", null))), /* @__PURE__ */ h("tbody", null, list.map((c) => /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "row" }, named(c)), /* @__PURE__ */ h("td", null, unseen(c) ? t("none") : t("atLeast", percent(c.want))), /* @__PURE__ */ h("td", null, c.got === void 0 ? t("notMeasured") : unseen(c) ? count(c.got) : percent(c.got)), /* @__PURE__ */ h("td", { class: c.ok ? "good" : "bad" }, c.ok ? "✓ " + t("ok") : "✗ " + t("notOk"))))))), list.some((c) => unseen(c) && !c.ok) && /* @__PURE__ */ h("p", null, t("unseenNext")));
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
export {
  Outcome,
  Report
};
