// src/pages/traces.tsx
import { act as act2, Card as Card2, Command as Command2, count as count2, day as day2, Empty, FactList, Field as Field2, Fragment as Fragment2, get, h as h2, Loaded as Loaded2, mayDo as mayDo2, Page, say as say2, seconds, short, store, t, Tabs, Tag as Tag2, useAct as useAct2, useEffect, useGet as useGet2, useRef, useState as useState2, Fail as Fail2, milliseconds } from "./kit.js";

// src/pages/chosen.tsx
import { act, Card, Command, count, day, Fail, Field, Fragment, h, Loaded, mayDo, say, Tag, useAct, useState, listed } from "./kit.js";

// src/pages/chosen.words.ts
var words = {
  toData: ["Answers rated good need no set: a documents block with traces = release.NAME alone reads them.", "评价为“好”的回答无需数据集：documents 块只写 traces = release.名称 即可读取。"],
  setName: ["Set", "数据集"],
  setHint: ["A new name makes a new set: small letters, digits, hyphens.", "填新名称即新建：小写字母、数字、连字符。"],
  add: ["Add {0} to data", "把 {0} 条加入数据"],
  added: ["{0} added to {1}.", "已将 {0} 条加入 {1}。"],
  already: ["{0} were in it.", "{0} 条原已在内。"],
  empty: ["{0} left out: what was said was not kept.", "{0} 条因未保存内容而略过。"],
  sets: ["Chosen for data", "选作数据"],
  setsHelp: ["A set names answers and copies nothing: what is erased or grows too old leaves it. A plan makes documents of it.", "数据集只记下编号，不含副本：被清除或到期的回答随之消失。计划可由它制作文档。"],
  setsNone: ["No set yet. Tick answers above, name a set, and add them.", "还没有数据集。在上面勾选回答，填写名称，即可加入。"],
  setHolds: ["{0} answers", "{0} 条回答"],
  setLost: ["{0} without content", "{0} 条已无内容"],
  setShow: ["Show them", "查看"],
  setAway: ["Remove the set", "删除数据集"]
};

// src/pages/chosen.tsx
var w = say(words);
var at = (name) => "/api/sets/" + encodeURIComponent(name);
function Choose({ ids, sets, done }) {
  const [name, setName] = useState(sets[0]?.name ?? ""), [said, setSaid] = useState(""), add = useAct();
  return /* @__PURE__ */ h("form", { class: "form choose", onSubmit: (e) => {
    e.preventDefault();
    setSaid("");
    add.run(async () => {
      const c = await act("POST", at(name), { traces: ids });
      setSaid([w("added", count(c.added), name), c.already ? w("already", count(c.already)) : "", c.empty ? w("empty", count(c.empty)) : ""].filter(Boolean).join(" "));
      done();
    });
  } }, /* @__PURE__ */ h(Field, { label: w("setName"), hint: w("setHint") }, (id) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("input", { id, class: "set-name", list: id + "known", required: true, pattern: "[a-z][a-z0-9_\\-]{0,62}", value: name, onInput: (e) => setName(e.target.value) }), /* @__PURE__ */ h("datalist", { id: id + "known" }, sets.map((s) => /* @__PURE__ */ h("option", { key: s.name, value: s.name }))))), /* @__PURE__ */ h("button", { class: "main add-to-set", disabled: add.busy || !name || ids.length === 0 || !mayDo("set_data") }, w("add", count(ids.length))), /* @__PURE__ */ h("span", { role: "status", class: "good" }, said), add.failure && /* @__PURE__ */ h(Fail, { of: add.failure }));
}
function Sets({ of, show }) {
  const take = useAct();
  return /* @__PURE__ */ h(Card, { title: w("sets") }, /* @__PURE__ */ h("p", { class: "quiet" }, w("setsHelp")), /* @__PURE__ */ h(Loaded, { of }, ({ sets }) => !sets?.length ? /* @__PURE__ */ h("p", null, w("setsNone")) : /* @__PURE__ */ h("ul", { class: "plainlist sets" }, sets.map((s) => /* @__PURE__ */ h("li", { key: s.name, class: "row" }, /* @__PURE__ */ h("b", null, s.name), " ", /* @__PURE__ */ h("span", null, w("setHolds", count(s.traces))), s.kept < s.traces && /* @__PURE__ */ h(Tag, { kind: "running" }, w("setLost", count(s.traces - s.kept))), /* @__PURE__ */ h("span", { class: "quiet" }, day(s.last), " ", listed(s.actors ?? [])), /* @__PURE__ */ h("span", { class: "push row" }, /* @__PURE__ */ h("button", { onClick: () => show(s.name) }, w("setShow")), mayDo("set_data") && /* @__PURE__ */ h("button", { disabled: take.busy, onClick: () => take.run(() => act("DELETE", at(s.name))).then(of.reload) }, w("setAway"))), /* @__PURE__ */ h("pre", { class: "in-plan", tabIndex: 0, "aria-label": s.name }, `documents "${s.name}" {
  traces = release.NAME
  set    = "${s.name}"
}`))))), take.failure && /* @__PURE__ */ h(Fail, { of: take.failure }), /* @__PURE__ */ h("p", { class: "quiet" }, w("toData")), /* @__PURE__ */ h(Command, { line: "suiren trace set add SET ID…" }));
}

// src/pages/traces.words.ts
var words2 = {
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
  operation_assess: ["assessments", "评估"],
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
  tokensOf: ["prompt {0}, thought {1}, answer {2}", "提示 {0}，思考 {1}，回答 {2}"],
  role_user: ["person", "用户"],
  role_assistant: ["model", "模型"],
  role_system: ["told before", "系统"],
  role_tool: ["tool", "工具"],
  rail_refuse: ["refused", "拒绝"],
  rail_suspend: ["refused, caller suspended", "拒绝并暂停调用者"],
  rail_mask: ["masked", "遮盖"],
  rail_stand_in: ["stand-in", "替身"],
  rail_rewrite: ["rewritten", "改写"],
  rail_retract: ["withdrawn", "撤回"],
  rail_ask_human: ["a person was asked", "转人工"],
  rail_log: ["written down", "记录"],
  span_reserve: ["budget reserved", "预留额度"],
  span_queue: ["queue", "排队"],
  span_input_rails: ["rails on the question", "输入护栏"],
  span_model: ["model", "模型"],
  span_retrieval: ["passages found", "检索段落"],
  span_prefill: ["prompt read", "读入提示"],
  span_thought: ["thought", "思考"],
  span_answer: ["answer", "回答"],
  span_tool_call: ["call of a tool", "工具调用"],
  span_output_rails: ["rails on the answer", "输出护栏"],
  span_send: ["sent", "发送"],
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
  set: ["Chosen for", "选入数据集"],
  pick: ["Choose {0}", "选中 {0}"],
  pickAll: ["Choose all that show", "全选本页"],
  toSet: ["Add to data", "加入数据集"],
  takeOut: ["Take {0} out of {1}", "将 {0} 条移出 {1}"],
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
import { checked, Written } from "./written.js";
var w2 = say2(words2);
var operations = ["chat", "embeddings", "rerank", "job", "assess", ""];
var reason = (v) => Object.hasOwn(words2, "reason_" + v) ? w2(`reason_${v}`) : v;
var moment = (v) => {
  const d = new Date(v);
  return `${day2(v)}:${String(d.getSeconds()).padStart(2, "0")}`;
};
var known = (prefix, v) => Object.hasOwn(words2, `${prefix}_${v}`) ? w2(`${prefix}_${v}`) : v.replaceAll("_", " ");
var ns = (v) => v < 1e8 ? milliseconds(v / 1e6) : seconds(v / 1e9);
function Traces() {
  const tabs = [];
  if (mayDo2("read_traces")) tabs.push(["traces", w2("tab_traces")]);
  if (mayDo2("read_audit")) tabs.push(["audit", w2("tab_audit")]);
  const tab = tabs.find(([k]) => k === store.rest)?.[0] ?? tabs[0]?.[0];
  return /* @__PURE__ */ h2(Page, { title: t("traces"), lead: w2("lead"), side: tabs.length > 1 && /* @__PURE__ */ h2(Tabs, { label: w2("views"), at: tab, set: (to) => {
    location.hash = to === "audit" ? "#traces/audit" : "#traces";
  }, of: tabs }) }, tab === "traces" ? /* @__PURE__ */ h2(List, null) : tab === "audit" && /* @__PURE__ */ h2(Audit, null));
}
function List() {
  const [f, change] = useState2({ operation: "chat", text: "", key: "", rated: "", slower: "", set: "" }), [asked, ask] = useState2(f), [before, setBefore] = useState2(0), [open, setOpen] = useState2("");
  const [picked, pick] = useState2([]), sets = useGet2("/api/sets"), out = useAct2();
  useEffect(() => {
    const timer = setTimeout(() => {
      setBefore(0);
      ask(f);
    }, 300);
    return () => clearTimeout(timer);
  }, [f]);
  const query = new URLSearchParams(Object.entries({ ...asked, before: before ? String(before) : "", limit: "100" }).filter(([, v]) => v));
  const got = useGet2("/api/traces?" + query);
  const input = (k) => (e) => change({ ...f, [k]: e.target.value });
  const toggle = (id) => pick(picked.includes(id) ? picked.filter((o) => o !== id) : [...picked, id]);
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2(Card2, null, /* @__PURE__ */ h2("div", { class: "form" }, /* @__PURE__ */ h2(Field2, { label: w2("operation") }, (id) => /* @__PURE__ */ h2("select", { id, value: f.operation, onChange: input("operation") }, operations.map((v) => /* @__PURE__ */ h2("option", { key: v, value: v }, w2(`operation_${v}`))))), /* @__PURE__ */ h2(Field2, { label: w2("search") }, (id) => /* @__PURE__ */ h2("input", { id, value: f.text, onInput: input("text") })), /* @__PURE__ */ h2(Field2, { label: w2("key") }, (id) => /* @__PURE__ */ h2("input", { id, value: f.key, onInput: input("key") })), /* @__PURE__ */ h2(Field2, { label: w2("rated") }, (id) => /* @__PURE__ */ h2("select", { id, value: f.rated, onChange: input("rated") }, ["", "good", "bad", "any"].map((v) => /* @__PURE__ */ h2("option", { key: v, value: v }, w2(`rated_${v}`))))), /* @__PURE__ */ h2(Field2, { label: w2("slower") }, (id) => /* @__PURE__ */ h2("input", { id, type: "number", min: "0", step: "any", value: f.slower, onInput: input("slower") })), (sets.data?.sets ?? []).length > 0 && /* @__PURE__ */ h2(Field2, { label: w2("set") }, (id) => /* @__PURE__ */ h2("select", { id, value: f.set, onChange: input("set") }, /* @__PURE__ */ h2("option", { value: "" }, w2("rated_")), sets.data.sets.map((s) => /* @__PURE__ */ h2("option", { key: s.name }, s.name))))), /* @__PURE__ */ h2(Loaded2, { of: got }, ({ traces, next }) => !traces || traces.length === 0 ? /* @__PURE__ */ h2(Empty, { title: w2("none") }, /* @__PURE__ */ h2("p", null, w2("noneHelp")), mayDo2("chat") && /* @__PURE__ */ h2("a", { class: "button", href: "#chat" }, t("chat"))) : /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("traces") }, /* @__PURE__ */ h2("table", { class: "left traces" }, /* @__PURE__ */ h2("thead", null, /* @__PURE__ */ h2("tr", null, /* @__PURE__ */ h2("th", { scope: "col" }, /* @__PURE__ */ h2(
    "input",
    {
      type: "checkbox",
      "aria-label": w2("pickAll"),
      checked: traces.every((one) => picked.includes(one.id)),
      onChange: () => pick(traces.every((one) => picked.includes(one.id)) ? [] : traces.map((one) => one.id))
    }
  )), /* @__PURE__ */ h2("th", { scope: "col" }, w2("time")), /* @__PURE__ */ h2("th", { scope: "col" }, w2("key")), /* @__PURE__ */ h2("th", { scope: "col" }, w2("model")), /* @__PURE__ */ h2("th", { scope: "col" }, w2("tokens")), /* @__PURE__ */ h2("th", { scope: "col" }, w2("took")), /* @__PURE__ */ h2("th", { scope: "col" }, w2("reason")), /* @__PURE__ */ h2("th", { scope: "col" }, w2("number")))), /* @__PURE__ */ h2("tbody", null, traces.map((one) => /* @__PURE__ */ h2("tr", { key: one.id }, /* @__PURE__ */ h2("td", null, /* @__PURE__ */ h2("input", { type: "checkbox", "aria-label": w2("pick", one.id), checked: picked.includes(one.id), onChange: () => toggle(one.id) })), /* @__PURE__ */ h2("th", { scope: "row" }, /* @__PURE__ */ h2("button", { class: "bare trace", onClick: () => setOpen(one.id) }, moment(one.time))), /* @__PURE__ */ h2("td", null, one.account?.key), /* @__PURE__ */ h2("td", null, one.supply?.model), /* @__PURE__ */ h2("td", null, count2(one.amounts.prompt + one.amounts.thought + one.amounts.answer)), /* @__PURE__ */ h2("td", null, ns(one.total)), /* @__PURE__ */ h2("td", null, /* @__PURE__ */ h2(Tag2, { kind: one.reason === "stop" ? "done" : one.reason === "error" ? "failed" : "" }, reason(one.reason)), one.rating && /* @__PURE__ */ h2(Tag2, { kind: one.rating.good ? "done" : "failed" }, one.rating.good ? w2("rated_good") : w2("rated_bad"))), /* @__PURE__ */ h2("td", { class: "clip" }, /* @__PURE__ */ h2("code", null, one.id))))))), /* @__PURE__ */ h2("div", { class: "row" }, before > 0 && /* @__PURE__ */ h2("button", { onClick: () => setBefore(0) }, w2("first")), next > 0 && /* @__PURE__ */ h2("button", { onClick: () => setBefore(next) }, w2("more"))))), picked.length > 0 && mayDo2("set_data") && /* @__PURE__ */ h2(Choose, { ids: picked, sets: sets.data?.sets ?? [], done: () => {
    pick([]);
    sets.reload();
  } }), picked.length > 0 && f.set && mayDo2("set_data") && /* @__PURE__ */ h2("button", { disabled: out.busy, onClick: () => out.run(() => act2("DELETE", "/api/sets/" + encodeURIComponent(f.set), { traces: picked })).then(() => {
    pick([]);
    sets.reload();
    got.reload();
  }) }, w2("takeOut", count2(picked.length), f.set)), out.failure && /* @__PURE__ */ h2(Fail2, { of: out.failure }), /* @__PURE__ */ h2(Command2, { line: "suiren trace list" }), open && /* @__PURE__ */ h2(One, { id: open, sets: sets.data?.sets ?? [], close: () => {
    setOpen("");
    sets.reload();
  } })), /* @__PURE__ */ h2(Sets, { of: sets, show: (name) => change({ ...f, set: name }) }));
}
function One({ id, sets, close }) {
  const got = useGet2("/api/traces/" + encodeURIComponent(id)), box = useRef(null);
  useEffect(() => {
    if (!box.current.open) box.current.showModal();
  }, []);
  return /* @__PURE__ */ h2("dialog", { ref: box, class: "document", "aria-label": w2("trace", id), onClose: close }, /* @__PURE__ */ h2("div", { class: "row" }, /* @__PURE__ */ h2("h2", null, w2("trace", id)), /* @__PURE__ */ h2("button", { class: "push", onClick: () => box.current.close() }, w2("close"))), /* @__PURE__ */ h2(Loaded2, { of: got }, ({ trace: one }) => /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2(FactList, { rows: [
    [w2("time"), moment(one.time)],
    [w2("key"), one.account?.key ?? ""],
    [w2("person"), one.account?.person ?? ""],
    [w2("model"), one.supply?.model ?? ""],
    [w2("release"), short(one.supply?.release ?? "")],
    [w2("seed"), String(one.seed)],
    [w2("reason"), reason(one.reason)],
    [w2("rated"), one.rating ? [one.rating.good ? w2("rated_good") : w2("rated_bad"), one.rating.why].filter(Boolean).join(": ") : ""],
    [w2("tokens"), w2("tokensOf", count2(one.amounts.prompt), count2(one.amounts.thought), count2(one.amounts.answer))]
  ] }), /* @__PURE__ */ h2("h3", null, w2("timeline")), /* @__PURE__ */ h2(Timeline, { of: one }), /* @__PURE__ */ h2("h3", null, w2("rails")), !one.rails?.length ? /* @__PURE__ */ h2("p", { class: "quiet" }, w2("noRails")) : /* @__PURE__ */ h2("ul", { class: "plainlist" }, one.rails.map((d) => /* @__PURE__ */ h2("li", null, /* @__PURE__ */ h2(Tag2, { kind: d.action === "refuse" ? "failed" : "" }, known("rail", d.action)), " ", /* @__PURE__ */ h2("code", null, d.class), " ", d.rule))), one.content ? /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("h3", null, w2("asked")), one.content.messages.map((m) => /* @__PURE__ */ h2("p", { class: "passage" }, /* @__PURE__ */ h2("b", null, known("role", m.role)), " ", m.text)), one.content.thought && /* @__PURE__ */ h2("details", null, /* @__PURE__ */ h2("summary", null, w2("thought")), /* @__PURE__ */ h2("p", { class: "passage" }, one.content.thought)), /* @__PURE__ */ h2("h3", null, w2("answered")), one.content.marks?.length ? /* @__PURE__ */ h2(Written, { of: { answer: one.content.answer, sources: one.content.sources ?? [], marks: one.content.marks } }) : /* @__PURE__ */ h2("p", { class: "passage" }, one.content.answer), !one.content.marks?.length && one.content.sources && one.content.sources.length > 0 && /* @__PURE__ */ h2("details", null, /* @__PURE__ */ h2("summary", null, w2("sources")), one.content.sources.map((s) => /* @__PURE__ */ h2("blockquote", null, /* @__PURE__ */ h2("code", null, s.file), /* @__PURE__ */ h2("p", { class: "passage" }, s.text)))), one.content.receipt ? /* @__PURE__ */ h2("details", null, /* @__PURE__ */ h2("summary", null, w2("receipt")), /* @__PURE__ */ h2("pre", { tabIndex: 0, "aria-label": w2("receipt") }, JSON.stringify(one.content.receipt, null, 2))) : null, mayDo2("set_data") && /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("h3", null, w2("toSet")), /* @__PURE__ */ h2(Choose, { ids: [id], sets, done: () => {
  } }))) : /* @__PURE__ */ h2(Fragment2, null, one.sentences && /* @__PURE__ */ h2("p", { class: "quiet" }, checked(one.sentences.unsupported, one.sentences.all, one.sentences.corrected)), /* @__PURE__ */ h2("p", { class: "quiet" }, w2("notKept"))))));
}
function Timeline({ of }) {
  const spans = of.spans?.length ? of.spans : of.operation === "job" ? [{ name: of.supply?.model ?? "", start: 0, total: of.total }] : [{ name: w2("queue"), start: 0, total: of.wait }, { name: w2("reading"), start: of.wait, total: Math.max(0, (of.first || of.total) - of.wait) }, ...of.first ? [{ name: w2("writing"), start: of.first, total: of.total - of.first }] : []];
  const all = Math.max(of.total, ...spans.map((s) => s.start + s.total), 1);
  return /* @__PURE__ */ h2("ol", { class: "timeline" }, spans.map((s) => /* @__PURE__ */ h2("li", { key: s.name + s.start, class: s.parent ? "inner" : "" }, /* @__PURE__ */ h2("span", null, known("span", s.name.replaceAll(" ", "_")), s.count ? /* @__PURE__ */ h2("span", { class: "quiet" }, " · ", count2(s.count)) : null), /* @__PURE__ */ h2("svg", { viewBox: "0 0 1000 12", preserveAspectRatio: "none", role: "img", "aria-label": `${s.name} ${ns(s.total)}` }, /* @__PURE__ */ h2("rect", { class: "track", width: "1000", height: "12" }), /* @__PURE__ */ h2("rect", { class: "part", x: s.start / all * 1e3, width: Math.max(s.total / all * 1e3, 2), height: "12" })), /* @__PURE__ */ h2("span", { class: "number" }, ns(s.total)))));
}
function Audit() {
  const [f, change] = useState2({ actor: "", action: "", text: "" }), [asked, ask] = useState2(f), [before, setBefore] = useState2(0), [verified, setVerified] = useState2(null), verify = useAct2();
  useEffect(() => {
    const timer = setTimeout(() => {
      setBefore(0);
      ask(f);
    }, 300);
    return () => clearTimeout(timer);
  }, [f]);
  const query = new URLSearchParams(Object.entries({ ...asked, before: before ? String(before) : "", limit: "100" }).filter(([, v]) => v));
  const got = useGet2("/api/audit?" + query);
  const input = (k) => (e) => change({ ...f, [k]: e.target.value });
  return /* @__PURE__ */ h2(Card2, null, /* @__PURE__ */ h2("p", { class: "quiet" }, w2("auditHelp")), /* @__PURE__ */ h2("div", { class: "form" }, /* @__PURE__ */ h2(Field2, { label: w2("actor") }, (id) => /* @__PURE__ */ h2("input", { id, value: f.actor, onInput: input("actor") })), /* @__PURE__ */ h2(Field2, { label: w2("action") }, (id) => /* @__PURE__ */ h2("input", { id, value: f.action, onInput: input("action") })), /* @__PURE__ */ h2(Field2, { label: w2("search") }, (id) => /* @__PURE__ */ h2("input", { id, value: f.text, onInput: input("text") })), /* @__PURE__ */ h2("button", { class: "main", disabled: verify.busy, onClick: () => verify.run(async () => setVerified((await get("/api/audit?limit=1&verify=1"))?.verified ?? null)) }, w2("verify"))), verify.failure && /* @__PURE__ */ h2(Fail2, { of: verify.failure }), /* @__PURE__ */ h2("p", { role: "status", class: verified?.holds === false ? "bad" : "good" }, verified ? verified.holds ? "✓ " + w2("holds", count2(verified.lines), short(verified.hash), verified.checkpoints) : "✗ " + w2("holdsNot", store.lang === "en" ? verified.error?.en ?? "" : verified.error?.zh ?? "") : ""), /* @__PURE__ */ h2(Loaded2, { of: got }, ({ entries, next }) => !entries || entries.length === 0 ? /* @__PURE__ */ h2("p", null, w2("auditNone")) : /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w2("tab_audit") }, /* @__PURE__ */ h2("table", { class: "left" }, /* @__PURE__ */ h2("thead", null, /* @__PURE__ */ h2("tr", null, /* @__PURE__ */ h2("th", { scope: "col" }, w2("line")), /* @__PURE__ */ h2("th", { scope: "col" }, w2("time")), /* @__PURE__ */ h2("th", { scope: "col" }, w2("actor")), /* @__PURE__ */ h2("th", { scope: "col" }, w2("action")), /* @__PURE__ */ h2("th", { scope: "col" }, w2("subject")))), /* @__PURE__ */ h2("tbody", null, entries.map((e) => /* @__PURE__ */ h2("tr", { key: e.n }, /* @__PURE__ */ h2("th", { scope: "row" }, e.n), /* @__PURE__ */ h2("td", null, day2(e.time)), /* @__PURE__ */ h2("td", null, e.actor), /* @__PURE__ */ h2("td", null, /* @__PURE__ */ h2("code", null, e.action)), /* @__PURE__ */ h2("td", { class: "wrap" }, e.subject)))))), /* @__PURE__ */ h2("div", { class: "row" }, before > 0 && /* @__PURE__ */ h2("button", { onClick: () => setBefore(0) }, w2("first")), next > 0 && /* @__PURE__ */ h2("button", { onClick: () => setBefore(next) }, w2("more"))))), /* @__PURE__ */ h2(Command2, { line: "suiren audit verify" }));
}
export {
  Traces as default
};
