// src/pages/traces.tsx
import { Card, Command, count, day, Empty, FactList, Field, Fragment, get, h, Loaded, Page, say, seconds, short, store, t, Tabs, Tag, useAct, useEffect, useGet, useRef, useState, Fail } from "./kit.js";

// src/pages/traces.words.ts
var words = {
  lead: ["Every answer as it was given: what was asked, how long each part took, what the rails decided, and the receipt from which it can be made again.", "每个回答的原貌：问了什么、每一步用时、护栏的判定，以及可据以重现的回执。"],
  views: ["Views", "视图"],
  tab_traces: ["Traces", "轨迹"],
  tab_audit: ["Audit log", "审计日志"],
  search: ["Words in it", "包含文字"],
  key: ["Key", "密钥"],
  rated: ["Rated", "评价"],
  rated_: ["all", "全部"],
  rated_good: ["good", "好"],
  rated_bad: ["bad", "不好"],
  rated_any: ["rated", "已评价"],
  slower: ["Slower than (s)", "慢于（秒）"],
  reason: ["Ended by", "结束原因"],
  none: ["No answer was given yet", "还没有回答"],
  noneHelp: ["Each answer leaves a trace here: ask something on the chat page.", "每个回答都会留下轨迹：去对话页提问。"],
  time: ["Time", "时间"],
  number: ["Trace", "轨迹"],
  operation: ["What", "种类"],
  operation_: ["everything", "全部"],
  operation_chat: ["answers", "回答"],
  operation_embeddings: ["embeddings", "向量"],
  operation_rerank: ["rankings", "排序"],
  operation_job: ["steps of plans", "计划步骤"],
  reason_stop: ["finished", "正常结束"],
  reason_length: ["at its limit of tokens", "达到词元上限"],
  reason_content_filter: ["refused", "被拒绝"],
  reason_cancelled: ["cancelled", "已取消"],
  reason_tool_calls: ["calls a tool", "调用工具"],
  reason_error: ["failed", "出错"],
  model: ["Model", "模型"],
  tokens: ["Tokens", "词元"],
  took: ["Took", "用时"],
  more: ["Earlier ones", "更早的"],
  first: ["From the newest", "回到最新"],
  trace: ["Trace {0}", "轨迹 {0}"],
  close: ["Close", "关闭"],
  timeline: ["Timeline", "时间线"],
  queue: ["queue", "排队"],
  reading: ["reading the prompt", "读入提示"],
  writing: ["writing", "生成"],
  asked: ["What was asked", "提问"],
  thought: ["Thought", "思考"],
  answered: ["What was answered", "回答"],
  sources: ["Sources", "出处"],
  rails: ["What the rails decided", "护栏判定"],
  noRails: ["No rail had anything to say.", "护栏没有动作。"],
  receipt: ["Receipt", "回执"],
  notKept: ["What was said is not kept here: only how much.", "此处不保存内容，只保存用量。"],
  person: ["Person", "人员"],
  release: ["Release", "发布版本"],
  seed: ["Seed", "种子"],
  toData: ["Answers rated good become data: a plan's documents block reads them by traces = release.NAME.", "评价为“好”的回答可成为数据：计划中的 documents 块以 traces = release.名称 读取。"],
  verify: ["Verify the chain", "校验哈希链"],
  holds: ["It holds: {0} lines, the last is {1}, and it agrees with {2} checkpoints.", "完整：共 {0} 行，链尾 {1}，与 {2} 个检查点一致。"],
  holdsNot: ["It does not hold: {0}", "不完整：{0}"],
  auditHelp: ["Who did what. Lines are chained: what was changed or cut is found out. Contents are kept as keyed digests alone.", "谁做了什么。各行以哈希相连，改动或截断都会被发现。内容只保存带密钥的摘要。"],
  actor: ["Who", "谁"],
  action: ["Action", "动作"],
  subject: ["Subject", "对象"],
  line: ["Line", "行"],
  auditNone: ["The log has no such line.", "日志中没有这样的行。"]
};

// src/pages/traces.tsx
var w = say(words);
var operations = ["chat", "embeddings", "rerank", "job", ""];
var reason = (v) => Object.hasOwn(words, "reason_" + v) ? w(`reason_${v}`) : v;
var ns = (v) => v < 1e8 ? `${+(v / 1e6).toPrecision(3)} ms` : seconds(v / 1e9);
function Traces() {
  const tab = store.rest === "audit" ? "audit" : "traces";
  return /* @__PURE__ */ h(Page, { title: t("traces"), lead: w("lead"), side: /* @__PURE__ */ h(Tabs, { label: w("views"), at: tab, set: (to) => {
    location.hash = to === "audit" ? "#traces/audit" : "#traces";
  }, of: [["traces", w("tab_traces")], ["audit", w("tab_audit")]] }) }, tab === "traces" ? /* @__PURE__ */ h(List, null) : /* @__PURE__ */ h(Audit, null));
}
function List() {
  const [f, change] = useState({ operation: "chat", text: "", key: "", rated: "", slower: "" }), [asked, ask] = useState(f), [before, setBefore] = useState(0), [open, setOpen] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => {
      setBefore(0);
      ask(f);
    }, 300);
    return () => clearTimeout(timer);
  }, [f]);
  const query = new URLSearchParams(Object.entries({ ...asked, before: before ? String(before) : "", limit: "100" }).filter(([, v]) => v));
  const got = useGet("/api/traces?" + query);
  const input = (k) => (e) => change({ ...f, [k]: e.target.value });
  return /* @__PURE__ */ h(Card, null, /* @__PURE__ */ h("div", { class: "form" }, /* @__PURE__ */ h(Field, { label: w("operation") }, (id) => /* @__PURE__ */ h("select", { id, value: f.operation, onChange: input("operation") }, operations.map((v) => /* @__PURE__ */ h("option", { key: v, value: v }, w(`operation_${v}`))))), /* @__PURE__ */ h(Field, { label: w("search") }, (id) => /* @__PURE__ */ h("input", { id, value: f.text, onInput: input("text") })), /* @__PURE__ */ h(Field, { label: w("key") }, (id) => /* @__PURE__ */ h("input", { id, value: f.key, onInput: input("key") })), /* @__PURE__ */ h(Field, { label: w("rated") }, (id) => /* @__PURE__ */ h("select", { id, value: f.rated, onChange: input("rated") }, ["", "good", "bad", "any"].map((v) => /* @__PURE__ */ h("option", { key: v, value: v }, w(`rated_${v}`))))), /* @__PURE__ */ h(Field, { label: w("slower") }, (id) => /* @__PURE__ */ h("input", { id, type: "number", min: "0", step: "any", value: f.slower, onInput: input("slower") }))), /* @__PURE__ */ h(Loaded, { of: got }, ({ traces, next }) => !traces || traces.length === 0 ? /* @__PURE__ */ h(Empty, { title: w("none") }, /* @__PURE__ */ h("p", null, w("noneHelp")), /* @__PURE__ */ h("a", { class: "button", href: "#chat" }, t("chat"))) : /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("traces") }, /* @__PURE__ */ h("table", { class: "left" }, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, w("time")), /* @__PURE__ */ h("th", { scope: "col" }, w("number")), /* @__PURE__ */ h("th", { scope: "col" }, w("key")), /* @__PURE__ */ h("th", { scope: "col" }, w("model")), /* @__PURE__ */ h("th", { scope: "col" }, w("tokens")), /* @__PURE__ */ h("th", { scope: "col" }, w("took")), /* @__PURE__ */ h("th", { scope: "col" }, w("reason")))), /* @__PURE__ */ h("tbody", null, traces.map((one) => /* @__PURE__ */ h("tr", { key: one.id }, /* @__PURE__ */ h("th", { scope: "row" }, /* @__PURE__ */ h("button", { class: "bare trace", onClick: () => setOpen(one.id) }, day(one.time))), /* @__PURE__ */ h("td", { class: "clip" }, /* @__PURE__ */ h("code", null, one.id)), /* @__PURE__ */ h("td", null, one.account?.key), /* @__PURE__ */ h("td", null, one.supply?.model), /* @__PURE__ */ h("td", null, count(one.amounts.prompt + one.amounts.thought + one.amounts.answer)), /* @__PURE__ */ h("td", null, ns(one.total)), /* @__PURE__ */ h("td", null, /* @__PURE__ */ h(Tag, { kind: one.reason === "stop" ? "done" : one.reason === "error" ? "failed" : "" }, reason(one.reason)), one.rating && /* @__PURE__ */ h(Tag, { kind: one.rating.good ? "done" : "failed" }, one.rating.good ? w("rated_good") : w("rated_bad")))))))), /* @__PURE__ */ h("div", { class: "row" }, before > 0 && /* @__PURE__ */ h("button", { onClick: () => setBefore(0) }, w("first")), next > 0 && /* @__PURE__ */ h("button", { onClick: () => setBefore(next) }, w("more"))))), /* @__PURE__ */ h("p", { class: "quiet" }, w("toData")), /* @__PURE__ */ h(Command, { line: "suiren trace list" }), open && /* @__PURE__ */ h(One, { id: open, close: () => setOpen("") }));
}
function One({ id, close }) {
  const got = useGet("/api/traces/" + encodeURIComponent(id)), box = useRef(null);
  useEffect(() => {
    if (!box.current.open) box.current.showModal();
  }, []);
  return /* @__PURE__ */ h("dialog", { ref: box, class: "document", "aria-label": w("trace", id), onClose: close }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("h2", null, w("trace", id)), /* @__PURE__ */ h("button", { class: "push", onClick: () => box.current.close() }, w("close"))), /* @__PURE__ */ h(Loaded, { of: got }, ({ trace: one }) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(FactList, { rows: [
    [w("time"), day(one.time)],
    [w("key"), one.account?.key ?? ""],
    [w("person"), one.account?.person ?? ""],
    [w("model"), one.supply?.model ?? ""],
    [w("release"), short(one.supply?.release ?? "")],
    [w("seed"), String(one.seed)],
    [w("reason"), reason(one.reason)],
    [w("rated"), one.rating ? [one.rating.good ? w("rated_good") : w("rated_bad"), one.rating.why].filter(Boolean).join(": ") : ""],
    [w("tokens"), `${count(one.amounts.prompt)} + ${count(one.amounts.thought)} + ${count(one.amounts.answer)}`]
  ] }), /* @__PURE__ */ h("h3", null, w("timeline")), /* @__PURE__ */ h(Timeline, { of: one }), /* @__PURE__ */ h("h3", null, w("rails")), !one.rails?.length ? /* @__PURE__ */ h("p", { class: "quiet" }, w("noRails")) : /* @__PURE__ */ h("ul", { class: "plainlist" }, one.rails.map((d) => /* @__PURE__ */ h("li", null, /* @__PURE__ */ h(Tag, { kind: d.action === "refuse" ? "failed" : "" }, d.action), " ", /* @__PURE__ */ h("code", null, d.class), " ", d.rule))), one.content ? /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("h3", null, w("asked")), one.content.messages.map((m) => /* @__PURE__ */ h("p", { class: "passage" }, /* @__PURE__ */ h("b", null, m.role), " ", m.text)), one.content.thought && /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("thought")), /* @__PURE__ */ h("p", { class: "passage" }, one.content.thought)), /* @__PURE__ */ h("h3", null, w("answered")), /* @__PURE__ */ h("p", { class: "passage" }, one.content.answer), one.content.sources && one.content.sources.length > 0 && /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("sources")), one.content.sources.map((s) => /* @__PURE__ */ h("blockquote", null, /* @__PURE__ */ h("code", null, s.file), /* @__PURE__ */ h("p", { class: "passage" }, s.text)))), one.content.receipt ? /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("receipt")), /* @__PURE__ */ h("pre", { tabIndex: 0, "aria-label": w("receipt") }, JSON.stringify(one.content.receipt, null, 2))) : null) : /* @__PURE__ */ h("p", { class: "quiet" }, w("notKept")))));
}
function Timeline({ of }) {
  const spans = of.spans?.length ? of.spans : of.operation === "job" ? [{ name: of.supply?.model ?? "", start: 0, total: of.total }] : [{ name: w("queue"), start: 0, total: of.wait }, { name: w("reading"), start: of.wait, total: Math.max(0, (of.first || of.total) - of.wait) }, ...of.first ? [{ name: w("writing"), start: of.first, total: of.total - of.first }] : []];
  const all = Math.max(of.total, ...spans.map((s) => s.start + s.total), 1);
  return /* @__PURE__ */ h("ol", { class: "timeline" }, spans.map((s) => /* @__PURE__ */ h("li", { key: s.name + s.start, class: s.parent ? "inner" : "" }, /* @__PURE__ */ h("span", null, s.name, s.count ? /* @__PURE__ */ h("span", { class: "quiet" }, " · ", count(s.count)) : null), /* @__PURE__ */ h("svg", { viewBox: "0 0 1000 12", preserveAspectRatio: "none", role: "img", "aria-label": `${s.name} ${ns(s.total)}` }, /* @__PURE__ */ h("rect", { class: "track", width: "1000", height: "12" }), /* @__PURE__ */ h("rect", { class: "part", x: s.start / all * 1e3, width: Math.max(s.total / all * 1e3, 2), height: "12" })), /* @__PURE__ */ h("span", { class: "number" }, ns(s.total)))));
}
function Audit() {
  const [f, change] = useState({ actor: "", action: "", text: "" }), [asked, ask] = useState(f), [before, setBefore] = useState(0), [verified, setVerified] = useState(null), verify = useAct();
  useEffect(() => {
    const timer = setTimeout(() => {
      setBefore(0);
      ask(f);
    }, 300);
    return () => clearTimeout(timer);
  }, [f]);
  const query = new URLSearchParams(Object.entries({ ...asked, before: before ? String(before) : "", limit: "100" }).filter(([, v]) => v));
  const got = useGet("/api/audit?" + query);
  const input = (k) => (e) => change({ ...f, [k]: e.target.value });
  return /* @__PURE__ */ h(Card, null, /* @__PURE__ */ h("p", { class: "quiet" }, w("auditHelp")), /* @__PURE__ */ h("div", { class: "form" }, /* @__PURE__ */ h(Field, { label: w("actor") }, (id) => /* @__PURE__ */ h("input", { id, value: f.actor, onInput: input("actor") })), /* @__PURE__ */ h(Field, { label: w("action") }, (id) => /* @__PURE__ */ h("input", { id, value: f.action, onInput: input("action") })), /* @__PURE__ */ h(Field, { label: w("search") }, (id) => /* @__PURE__ */ h("input", { id, value: f.text, onInput: input("text") })), /* @__PURE__ */ h("button", { class: "main", disabled: verify.busy, onClick: () => verify.run(async () => setVerified((await get("/api/audit?limit=1&verify=1"))?.verified ?? null)) }, w("verify"))), verify.failure && /* @__PURE__ */ h(Fail, { of: verify.failure }), /* @__PURE__ */ h("p", { role: "status", class: verified?.holds === false ? "bad" : "good" }, verified ? verified.holds ? "✓ " + w("holds", count(verified.lines), short(verified.hash), verified.checkpoints) : "✗ " + w("holdsNot", store.lang === "en" ? verified.error?.en ?? "" : verified.error?.zh ?? "") : ""), /* @__PURE__ */ h(Loaded, { of: got }, ({ entries, next }) => !entries || entries.length === 0 ? /* @__PURE__ */ h("p", null, w("auditNone")) : /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w("tab_audit") }, /* @__PURE__ */ h("table", { class: "left" }, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, w("line")), /* @__PURE__ */ h("th", { scope: "col" }, w("time")), /* @__PURE__ */ h("th", { scope: "col" }, w("actor")), /* @__PURE__ */ h("th", { scope: "col" }, w("action")), /* @__PURE__ */ h("th", { scope: "col" }, w("subject")))), /* @__PURE__ */ h("tbody", null, entries.map((e) => /* @__PURE__ */ h("tr", { key: e.n }, /* @__PURE__ */ h("th", { scope: "row" }, e.n), /* @__PURE__ */ h("td", null, day(e.time)), /* @__PURE__ */ h("td", null, e.actor), /* @__PURE__ */ h("td", null, /* @__PURE__ */ h("code", null, e.action)), /* @__PURE__ */ h("td", { class: "wrap" }, e.subject)))))), /* @__PURE__ */ h("div", { class: "row" }, before > 0 && /* @__PURE__ */ h("button", { onClick: () => setBefore(0) }, w("first")), next > 0 && /* @__PURE__ */ h("button", { onClick: () => setBefore(next) }, w("more"))))), /* @__PURE__ */ h(Command, { line: "suiren audit verify" }));
}
export {
  Traces as default
};
