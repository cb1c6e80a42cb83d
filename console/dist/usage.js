// src/pages/usage.tsx
import { act, Card, Command, count, day, Empty, Fail, Field, Fragment, h, Loaded, mayDo, Meter, Page, say, seconds, t, useAct, useGet, useState, listed, clauses } from "./kit.js";

// src/pages/usage.words.ts
var words = {
  lead: ["What was used, by whom, and what it cost; what is allowed, and what is left of it.", "谁用了多少、花费多少；额度多少、还剩多少。"],
  by: ["Added up by", "汇总方式"],
  by_key: ["key", "密钥"],
  by_person: ["person", "人员"],
  by_project: ["project", "项目"],
  by_tenant: ["tenant", "租户"],
  by_scenario: ["scenario", "场景"],
  by_model: ["model", "模型"],
  by_release: ["release", "发布版本"],
  by_day: ["day", "日"],
  by_month: ["month", "月"],
  from: ["From", "从"],
  to: ["To", "到"],
  requests: ["Requests", "请求"],
  prompt: ["Prompt tokens", "提示词元"],
  cached: ["of them read before", "其中命中缓存"],
  thought: ["Thought tokens", "思考词元"],
  answer: ["Answer tokens", "回答词元"],
  cpu: ["Processor", "处理器"],
  energy: ["Energy", "能耗"],
  money: ["Cost", "费用"],
  none: ["Nothing was used in these days", "这些天没有用量"],
  noneHelp: ["Every request is written down here when it ends: ask something on the chat page, or call /v1/chat/completions.", "每个请求结束时都记在这里：去对话页提问，或调用 /v1/chat/completions。"],
  noPrices: ["No price book is in force, so no cost is shown. suiren usage prices sets one.", "没有生效的价目表，因此不显示费用。可用 suiren usage prices 设定。"],
  all: ["In all", "合计"],
  nobody: ["(none)", "（无）"],
  perCorrect: ["A right answer costs", "每个正确回答的代价"],
  tokensEach: ["{0} tokens", "{0} 个词元"],
  notJudged: ["not judged", "未评测"],
  perCorrectHelp: ["By the accuracy that the release's verdict found on problems that no training saw.", "按该版本评测在未见题上的正确率计算。"],
  export: ["Export the entries as CSV", "导出明细 CSV"],
  closed: ["Closed months: {0}", "已结账月份：{0}"],
  budgets: ["Budgets", "预算"],
  budgetsNone: ["No budget bounds anyone: a key may use as much as the machine gives.", "没有预算限制：密钥可用到机器的极限。"],
  scope: ["Of", "范围"],
  scope_: ["everyone", "所有人"],
  scope_all: ["everyone", "所有人"],
  scope_key: ["key", "密钥"],
  scope_person: ["person", "人员"],
  scope_project: ["project", "项目"],
  scope_tenant: ["tenant", "租户"],
  scope_scenario: ["scenario", "场景"],
  scope_model: ["model", "模型"],
  name: ["Name", "名称"],
  unit: ["Unit", "单位"],
  unit_requests: ["requests", "请求"],
  unit_tokens: ["tokens", "词元"],
  unit_cpu: ["processor seconds", "处理器秒"],
  unit_energy: ["watt hours", "瓦时"],
  unit_money: ["money", "金额"],
  period: ["Period", "周期"],
  period_day: ["a day", "每天"],
  period_5h: ["five hours", "五小时"],
  period_month: ["a month", "每月"],
  period_total: ["ever", "总计"],
  amount: ["Amount", "额度"],
  amountHint: ["In the unit that was chosen.", "以所选单位计。"],
  set: ["Set the budget", "设定预算"],
  take: ["Take away", "取消"],
  used: ["{0} of {1} used", "已用 {0}/{1}"],
  next: ["begins anew {0}", "{0} 重新开始"]
};

// src/pages/usage.tsx
var w = say(words);
var groups = ["key", "person", "project", "tenant", "scenario", "model", "release", "day", "month"];
var measures = ["requests", "prompt", "cached", "thought", "answer", "cpu", "energy", "money"];
var scales = { cpu: 1e6, energy: 1e6, money: 1e6 };
var bounds = { ...scales, energy: 36e8 };
function shown(unit, v, currency = "") {
  const scaled = v / (scales[unit] ?? 1);
  if (unit === "cpu") return seconds(scaled);
  if (unit === "energy") return scaled >= 36e4 ? (scaled / 36e5).toFixed(3) + " kWh" : scaled.toFixed(1) + " J";
  if (unit === "money") return scaled.toFixed(4) + (currency ? " " + currency : "");
  return count(scaled);
}
function Usage() {
  const [by, setBy] = useState("key"), [from, setFrom] = useState(""), [to, setTo] = useState("");
  const query = `from=${from}&to=${to}`;
  const got = useGet(`/api/usage?by=${by}&${query}`), right = useGet(by === "release" ? "/api/usage/correct" : "");
  const perCorrect = (u, name, a) => {
    const share = right.data?.[name] ?? 0;
    if (!share || !a.requests) return w("notJudged");
    const one = (v) => v / (a.requests * share);
    return `${shown(u.currency ? "money" : "cpu", one(u.currency ? a.money : a.cpu), u.currency)} · ${w("tokensEach", count(Math.round(one(a.prompt + a.thought + a.answer))))}`;
  };
  return /* @__PURE__ */ h(Page, { title: t("usage"), lead: w("lead"), side: /* @__PURE__ */ h("a", { class: "button", href: "/api/usage/entries?" + query, download: "usage.csv" }, w("export")) }, /* @__PURE__ */ h(Card, null, /* @__PURE__ */ h("div", { class: "form" }, /* @__PURE__ */ h(Field, { label: w("by") }, (id) => /* @__PURE__ */ h("select", { id, class: "usage-by", value: by, onChange: (e) => setBy(e.target.value) }, groups.map((g) => /* @__PURE__ */ h("option", { key: g, value: g }, w(`by_${g}`))))), /* @__PURE__ */ h(Field, { label: w("from") }, (id) => /* @__PURE__ */ h("input", { id, type: "date", value: from, onChange: (e) => setFrom(e.target.value) })), /* @__PURE__ */ h(Field, { label: w("to") }, (id) => /* @__PURE__ */ h("input", { id, type: "date", value: to, onChange: (e) => setTo(e.target.value) }))), /* @__PURE__ */ h(Loaded, { of: got }, (u) => {
    const rows = u.usage.map((r) => ({ name: r.by.join(" "), amounts: r.amounts ?? r }));
    if (rows.length === 0) return /* @__PURE__ */ h(Empty, { title: w("none") }, /* @__PURE__ */ h("p", null, w("noneHelp")));
    const columns = measures.filter((m) => m !== "money" || u.currency).filter((m) => m !== "energy" || rows.some((r) => r.amounts.energy > 0));
    return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("usage") }, /* @__PURE__ */ h("table", null, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, w(`by_${by}`)), columns.map((m) => /* @__PURE__ */ h("th", { scope: "col", key: m }, w(m))), by === "release" && /* @__PURE__ */ h("th", { scope: "col" }, w("perCorrect")))), /* @__PURE__ */ h("tbody", null, rows.map((r) => /* @__PURE__ */ h("tr", { key: r.name }, /* @__PURE__ */ h("th", { scope: "row" }, r.name ? by === "release" ? r.name.slice(0, 12) : r.name : w("nobody")), columns.map((m) => /* @__PURE__ */ h("td", { key: m }, shown(m, r.amounts[m], u.currency))), by === "release" && /* @__PURE__ */ h("td", { class: "per-correct" }, perCorrect(u, r.name, r.amounts)))), /* @__PURE__ */ h("tr", { class: "total" }, /* @__PURE__ */ h("th", { scope: "row" }, w("all")), columns.map((m) => /* @__PURE__ */ h("td", { key: m }, shown(m, rows.reduce((s, r) => s + r.amounts[m], 0), u.currency))), by === "release" && /* @__PURE__ */ h("td", null))))), by === "release" && /* @__PURE__ */ h("p", { class: "quiet" }, w("perCorrectHelp")), !u.currency && /* @__PURE__ */ h("p", { class: "quiet" }, w("noPrices")), u.closed && u.closed.length > 0 && /* @__PURE__ */ h("p", { class: "quiet" }, w("closed", listed(u.closed.map((m) => m.month)))));
  }), /* @__PURE__ */ h(Command, { line: `suiren usage --by ${by}` })), /* @__PURE__ */ h(Budgets, null));
}
var known = (prefix, v) => Object.hasOwn(words, `${prefix}_${v}`) ? w(`${prefix}_${v}`) : v;
var bounded = (one, v) => one.unit === "energy" ? `${+(v / bounds.energy).toPrecision(3)} Wh` : shown(one.unit, v, one.currency);
function Budgets() {
  const got = useGet("/api/budgets"), set = useAct();
  const [b, change] = useState({ scope: "key", name: "", unit: "tokens", period: "day", amount: "" });
  const input = (k) => (e) => change({ ...b, [k]: e.target.value });
  const save = (one) => set.run(() => act("POST", "/api/budgets", one)).then(got.reload);
  return /* @__PURE__ */ h(Card, { title: w("budgets") }, /* @__PURE__ */ h(Loaded, { of: got }, ({ budgets }) => budgets.length === 0 ? /* @__PURE__ */ h("p", null, w("budgetsNone")) : /* @__PURE__ */ h("ul", { class: "plainlist" }, budgets.map((one) => /* @__PURE__ */ h("li", { key: one.scope + one.name + one.unit + one.period }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("b", null, known("scope", one.scope), " ", one.name), /* @__PURE__ */ h("span", { class: "quiet" }, clauses([known("unit", one.unit), known("period", one.period)]), one.next && " · " + w("next", day(one.next))), mayDo("set_budget") && /* @__PURE__ */ h("button", { class: "push", disabled: set.busy, onClick: () => save({ scope: one.scope, name: one.name, unit: one.unit, period: one.period, amount: -1 }) }, w("take"))), /* @__PURE__ */ h(Meter, { part: (one.used + one.held) / Math.max(one.amount, 1), label: w("used", bounded(one, one.used + one.held), bounded(one, one.amount)) }))))), mayDo("set_budget") && /* @__PURE__ */ h("form", { class: "form budget", onSubmit: (e) => {
    e.preventDefault();
    save({ ...b, name: b.scope === "all" ? "" : b.name, amount: Math.round(+b.amount * (bounds[b.unit] ?? 1)) });
  } }, /* @__PURE__ */ h(Field, { label: w("scope") }, (id) => /* @__PURE__ */ h("select", { id, value: b.scope, onChange: input("scope") }, ["all", "key", "person", "project", "tenant", "scenario", "model"].map((v) => /* @__PURE__ */ h("option", { key: v, value: v }, known("scope", v))))), b.scope !== "all" && /* @__PURE__ */ h(Field, { label: w("name") }, (id) => /* @__PURE__ */ h("input", { id, class: "budget-name", value: b.name, required: true, onInput: input("name") })), /* @__PURE__ */ h(Field, { label: w("unit") }, (id) => /* @__PURE__ */ h("select", { id, value: b.unit, onChange: input("unit") }, ["requests", "tokens", "cpu", "energy", "money"].map((v) => /* @__PURE__ */ h("option", { key: v, value: v }, known("unit", v))))), /* @__PURE__ */ h(Field, { label: w("period") }, (id) => /* @__PURE__ */ h("select", { id, value: b.period, onChange: input("period") }, ["5h", "day", "month", "total"].map((v) => /* @__PURE__ */ h("option", { key: v, value: v }, known("period", v))))), /* @__PURE__ */ h(Field, { label: w("amount"), hint: w("amountHint") }, (id) => /* @__PURE__ */ h("input", { id, class: "budget-amount", type: "number", min: "0", step: "any", required: true, value: b.amount, onInput: input("amount") })), /* @__PURE__ */ h("button", { class: "main", disabled: set.busy }, w("set"))), set.failure && /* @__PURE__ */ h(Fail, { of: set.failure }), mayDo("set_budget") && /* @__PURE__ */ h(Command, { line: `suiren budget set ${b.scope === "all" ? "all" : `${b.scope}:${b.name || "NAME"}`} --${b.unit} ${b.amount || "N"} --per ${b.period}` }));
}
export {
  Usage as default
};
