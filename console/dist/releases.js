// src/pages/releases.tsx
import { act, Card, Command, day, Empty, Fail, Field as Field2, Fragment as Fragment2, h as h2, Loaded as Loaded2, Page, count as count2, bytes, mayDo, percent, say as say2, short, store, t, Tag as Tag2, TaskList, useAct, useEffect, useGet as useGet2, useState as useState2, FactList } from "./kit.js";

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
  return /* @__PURE__ */ h("section", { "aria-label": name }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("h4", null, name), /* @__PURE__ */ h(Tag, { kind: g.right ? "done" : "failed" }, g.right ? "✓ " + w("right") : "✗ " + w("wrong")), g.rule && /* @__PURE__ */ h(Tag, { kind: "failed" }, w("refused", g.rule)), g.masked && /* @__PURE__ */ h(Tag, null, w("masked"))), /* @__PURE__ */ h("p", { class: "passage" }, g.answer || /* @__PURE__ */ h("span", { class: "quiet" }, w("nothing"))), /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("trace", count(g.tokens), g.finish)), /* @__PURE__ */ h("p", { class: "passage" }, g.thought || w("noThought"))));
}

// src/pages/releases.words.ts
var words2 = {
  lead: ["What was released, what is tried on a few, and the way back: one digest over weights, documents, policy and verdict.", "已发布的、正在小范围试用的，以及如何回退：一个摘要涵盖权重、文档、策略和评测。"],
  none: ["No release yet", "还没有发布版本"],
  noneHelp: ["A release block of a plan makes one when its verdict passes.", "计划中的 release 块在评测通过后生成发布版本。"],
  stage_candidate: ["candidate", "候选"],
  stage_canary: ["canary", "灰度"],
  stage_live: ["live", "在线"],
  stage_retired: ["retired", "已下线"],
  newest: ["newest", "最新"],
  gone: ["files are gone", "文件已清理"],
  made: ["made {0}", "生成于 {0}"],
  since: ["since {0}, by {1}", "自 {0}，由 {1}"],
  checks: ["Checks", "检查"],
  notChecked: ["not checked yet", "尚未检查"],
  check_evaluation: ["its verdict passes", "评测通过"],
  check_guard: ["its policy does what its rules say", "策略按规则生效"],
  check_parity: ["served, it gives the replies that were judged", "服务时的回答与评测时一致"],
  check: ["Check", "检查"],
  canary: ["Try on a few", "小范围试用"],
  promote: ["Promote", "上线"],
  rollback: ["Roll back", "回退"],
  retire: ["Retire", "下线"],
  why: ["Why", "原因"],
  whyHint: ["It stands in the audit log.", "会记入审计日志。"],
  share: ["Share of conversations: {0}%", "对话占比：{0}%"],
  stop: ["What ends it by itself", "自动终止条件"],
  stopHint: ["Like errors=2%,slow=5s.", "例如 errors=2%,slow=5s。"],
  canaryOf: ["{0} of the conversations", "{0} 的对话"],
  before: ["before it: {0}", "之前：{0}"],
  lineage: ["What it was made of", "由来"],
  lineageHelp: ["From the documents to this release: each part with how it was made. The bill of origin is signed with the owner's key.", "从文档到此版本：每一部分如何制作。来源清单由所有者的密钥签署。"],
  lineageShow: ["Show it, and verify the signature", "显示并验证签名"],
  signed: ["The bill is as its owner signed it.", "清单与所有者签署的一致。"],
  madeOf: ["made of", "由以下制成"],
  owners: ["Files of the owner's, as they were when the plan was made.", "所有者的文件，取制定计划时的状态。"],
  operator: ["Operator and revision", "算子与版次"],
  madeAt: ["Made", "制作时间"],
  size: ["Size", "大小"],
  program: ["Program", "程序"],
  licence: ["Licence", "许可"],
  notStated: ["not stated", "未注明"],
  approach: ["Learning", "学习方式"],
  learnt: ["Learnt from", "学自"],
  settings: ["Its settings", "设置"],
  compare: ["Compare", "比较"],
  compareHelp: ["The questions of its verdict are put to both, each through its own policy.", "向双方提出其评测题，各自经过自己的策略。"],
  compareNone: ["There is no other release whose files are still here.", "没有文件仍在的其他版本。"],
  with: ["With", "与之比较"],
  compareGo: ["Ask both", "向双方提问"],
  found: ["{0} against {1}: {2} (95% interval {3} to {4}).", "{0} 对 {1}：{2}（95% 区间 {3} 至 {4}）。"],
  counts: ["{0} improved, {1} regressed, McNemar p = {2}.", "变好 {0} 题，变差 {1} 题，McNemar p = {2}。"],
  done: ["It holds from version {0} of the tracks on.", "自轨道版本 {0} 起生效。"],
  working: ["Being checked: its answers are made again…", "正在检查：重新生成其回答……"]
};

// src/pages/releases.tsx
var w2 = say2(words2);
var stage = (v) => Object.hasOwn(words2, "stage_" + v) ? w2(`stage_${v}`) : v;
var needed = ["evaluation", "guard", "parity"];
function Releases() {
  const got = useGet2("/api/releases");
  const [chosen, choose] = useState2("");
  return /* @__PURE__ */ h2(Page, { title: t("releases"), lead: w2("lead") }, /* @__PURE__ */ h2(Loaded2, { of: got }, ({ releases }) => {
    if (releases.length === 0) return /* @__PURE__ */ h2(Empty, { title: w2("none") }, /* @__PURE__ */ h2("p", null, w2("noneHelp")), /* @__PURE__ */ h2("a", { class: "button", href: "#plan" }, t("plan")));
    const r = releases.find((one) => one.digest === chosen) ?? releases[0];
    return /* @__PURE__ */ h2("div", { class: "listed" }, /* @__PURE__ */ h2("ul", { class: "picks" }, releases.map((one) => /* @__PURE__ */ h2("li", { key: one.digest }, /* @__PURE__ */ h2("button", { "aria-pressed": one === r, onClick: () => choose(one.digest) }, /* @__PURE__ */ h2("b", null, one.name), " ", /* @__PURE__ */ h2("code", null, short(one.digest)), /* @__PURE__ */ h2("span", { class: "row" }, /* @__PURE__ */ h2(Tag2, { kind: { live: "done", canary: "running", retired: "failed" }[one.stage] ?? "" }, stage(one.stage)), one.newest && /* @__PURE__ */ h2(Tag2, null, w2("newest")), !one.present && /* @__PURE__ */ h2(Tag2, { kind: "failed" }, w2("gone")), /* @__PURE__ */ h2("span", { class: "quiet" }, w2("made", day(one.made)))))))), /* @__PURE__ */ h2("div", { class: "stack" }, /* @__PURE__ */ h2(One, { key: r.digest, of: r, reload: got.reload }), /* @__PURE__ */ h2(Origin, { key: "of" + r.digest, of: r }), /* @__PURE__ */ h2(Compare, { of: releases, at: r })));
  }), got.data === null && !got.loading && !got.failure && /* @__PURE__ */ h2(Empty, { title: w2("none") }, /* @__PURE__ */ h2("p", null, w2("noneHelp"))));
}
function One({ of, reload }) {
  const [why, setWhy] = useState2(""), [share, setShare] = useState2(10), [stop, setStop] = useState2("errors=2%"), run = useAct(), [said, setSaid] = useState2("");
  const go = (what) => {
    setSaid(what === "check" ? w2("working") : "");
    run.run(async () => {
      const r = await act("POST", "/api/releases/" + what, { release: of.digest, why, ...what === "canary" ? { share: share / 100, stop } : {} });
      setSaid(r.version ? w2("done", r.version) : "");
    }).then((ok) => {
      if (!ok) setSaid("");
      reload();
    });
  };
  return /* @__PURE__ */ h2(Card, { title: of.name, side: /* @__PURE__ */ h2(Tag2, { kind: of.stage === "live" ? "done" : "running" }, stage(of.stage)) }, /* @__PURE__ */ h2("p", { class: "quiet" }, /* @__PURE__ */ h2("code", null, of.digest), of.since && day(of.since) ? /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("br", null), w2("since", day(of.since), of.by ?? ""), " ", of.why) : null, of.before && !/^0*$/.test(of.before) ? /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("br", null), w2("before", short(of.before))) : null), of.rule?.share ? /* @__PURE__ */ h2("p", null, w2("canaryOf", percent(of.rule.share, 0))) : null, /* @__PURE__ */ h2("h3", null, w2("checks")), /* @__PURE__ */ h2("ul", { class: "plainlist" }, needed.map((name) => {
    const c = of.checks?.find((one) => one.name === name);
    return /* @__PURE__ */ h2("li", { key: name }, c ? c.ok ? /* @__PURE__ */ h2("span", { class: "good" }, "✓") : /* @__PURE__ */ h2("span", { class: "bad" }, "✗") : "○", " ", w2(`check_${name}`), " ", /* @__PURE__ */ h2("span", { class: "quiet" }, c ? day(c.time) : w2("notChecked")));
  })), mayDo("set_release") && /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2(Field2, { label: w2("why"), hint: w2("whyHint") }, (id) => /* @__PURE__ */ h2("input", { id, class: "why-release", value: why, maxLength: 200, onInput: (e) => setWhy(e.target.value) })), /* @__PURE__ */ h2("div", { class: "row" }, /* @__PURE__ */ h2("button", { class: "check", disabled: run.busy, onClick: () => go("check") }, w2("check")), /* @__PURE__ */ h2("button", { class: "main promote", disabled: run.busy || of.stage === "live", onClick: () => go("promote") }, w2("promote")), /* @__PURE__ */ h2("button", { class: "rollback", disabled: run.busy, onClick: () => go("rollback") }, w2("rollback")), /* @__PURE__ */ h2("button", { disabled: run.busy, onClick: () => go("retire") }, w2("retire"))), /* @__PURE__ */ h2("div", { class: "form" }, /* @__PURE__ */ h2(Field2, { label: w2("share", share) }, (id) => /* @__PURE__ */ h2("input", { id, type: "range", min: "1", max: "100", value: share, onInput: (e) => setShare(+e.target.value) })), /* @__PURE__ */ h2(Field2, { label: w2("stop"), hint: w2("stopHint") }, (id) => /* @__PURE__ */ h2("input", { id, value: stop, onInput: (e) => setStop(e.target.value) })), /* @__PURE__ */ h2("button", { class: "canary", disabled: run.busy || of.stage === "live", onClick: () => go("canary") }, w2("canary")))), /* @__PURE__ */ h2("p", { role: "status" }, said), run.failure && /* @__PURE__ */ h2(Fail, { of: run.failure }), mayDo("set_release") && /* @__PURE__ */ h2(Command, { line: `suiren release promote ${short(of.digest)}` }));
}
function Origin({ of }) {
  const [open, setOpen] = useState2(false), got = useGet2(open ? "/api/lineage?release=" + of.digest : "");
  return /* @__PURE__ */ h2(Card, { title: w2("lineage") }, /* @__PURE__ */ h2("p", { class: "quiet" }, w2("lineageHelp")), !open ? /* @__PURE__ */ h2("button", { class: "lineage", disabled: !of.present, onClick: () => setOpen(true) }, w2("lineageShow")) : /* @__PURE__ */ h2(Loaded2, { of: got }, (l) => /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("p", { class: l.signed ? "good" : "bad", role: "status" }, l.signed ? "✓ " + w2("signed") : "✗ " + l.why), /* @__PURE__ */ h2("ul", { class: "tree" }, /* @__PURE__ */ h2(Branch, { of: l, at: l.root, seen: [] })))), /* @__PURE__ */ h2(Command, { line: `suiren release bill ${short(of.digest)}` }));
}
function Branch({ of: l, at, seen }) {
  const part = l.parts.find((p) => p["bom-ref"] === at), below = l.made_of.find((d) => d.ref === at)?.dependsOn ?? [];
  if (!part) return null;
  return /* @__PURE__ */ h2("li", null, /* @__PURE__ */ h2("details", { open: seen.length < 2 }, /* @__PURE__ */ h2("summary", null, /* @__PURE__ */ h2("b", null, part.name), " ", /* @__PURE__ */ h2("code", null, part.version), part.licenses?.map((one) => /* @__PURE__ */ h2(Tag2, { key: one.license.name }, one.license.name))), /* @__PURE__ */ h2(PartCard, { of: part, all: l }), below.length > 0 && !seen.includes(at) && /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("span", { class: "quiet" }, w2("madeOf")), /* @__PURE__ */ h2("ul", { class: "tree" }, below.map((ref) => /* @__PURE__ */ h2(Branch, { key: ref, of: l, at: ref, seen: [...seen, at] }))))));
}
function PartCard({ of: p, all }) {
  const value = (name) => p.properties?.find((one) => one.name === "suiren:" + name)?.value ?? "", learnt = p.modelCard?.modelParameters;
  return /* @__PURE__ */ h2(Fragment2, null, p.description && /* @__PURE__ */ h2("p", { class: "quiet" }, w2("owners")), /* @__PURE__ */ h2(FactList, { rows: [
    [w2("operator"), value("operator")],
    [w2("madeAt"), day(value("made"))],
    [w2("size"), value("bytes") ? bytes(+value("bytes")) : ""],
    [w2("program"), value("program")],
    [w2("licence"), value("licence") ? w2("notStated") : ""],
    [w2("approach"), learnt?.approach?.type ?? ""],
    [w2("learnt"), (learnt?.datasets ?? []).map((d) => all.parts.find((one) => one["bom-ref"] === d.ref)?.name ?? d.ref).join(", ")]
  ] }), value("settings") && value("settings") !== "{}" && /* @__PURE__ */ h2("details", null, /* @__PURE__ */ h2("summary", null, w2("settings")), /* @__PURE__ */ h2("pre", { tabIndex: 0, "aria-label": w2("settings") }, pretty(value("settings")))));
}
function pretty(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
function Compare({ of, at }) {
  const others = of.filter((o) => o.digest !== at.digest && o.present), [other, choose] = useState2(""), run = useAct();
  const got = useGet2("/api/comparison"), ended = JSON.stringify((store.now?.tasks ?? []).filter((task) => task.kind === "compare"));
  useEffect(got.reload, [ended]);
  const with_ = others.find((o) => o.digest === other) ?? others[0], c = got.data;
  const signed = (v) => (v > 0 ? "+" : "") + percent(v);
  return /* @__PURE__ */ h2(Card, { title: w2("compare") }, /* @__PURE__ */ h2("p", { class: "quiet" }, w2("compareHelp")), /* @__PURE__ */ h2(TaskList, { kinds: ["compare"] }), !with_ ? /* @__PURE__ */ h2("p", null, w2("compareNone")) : mayDo("set_release") && /* @__PURE__ */ h2("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    run.run(() => act("POST", "/api/comparison", { first: with_.digest, second: at.digest }));
  } }, /* @__PURE__ */ h2(Field2, { label: w2("with") }, (id) => /* @__PURE__ */ h2("select", { id, value: with_.digest, onChange: (e) => choose(e.target.value) }, others.map((o) => /* @__PURE__ */ h2("option", { key: o.digest, value: o.digest }, o.name, " ", short(o.digest), " · ", stage(o.stage))))), /* @__PURE__ */ h2("button", { class: "compare", disabled: run.busy || !at.present }, w2("compareGo"))), run.failure && /* @__PURE__ */ h2(Fail, { of: run.failure }), c && /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("p", { role: "status" }, /* @__PURE__ */ h2("b", null, w2("found", c.second, c.first, signed(c.overall.value), signed(c.overall.low), signed(c.overall.high))), " ", w2("counts", count2(c.overall.gained), count2(c.overall.lost), c.p.toPrecision(2))), /* @__PURE__ */ h2(PairRows, { path: "/api/comparison?", names: [c.first, c.second] })), /* @__PURE__ */ h2(Command, { line: `suiren release compare ${with_ ? short(with_.digest) : "FIRST"} ${short(at.digest)}` }));
}
export {
  Releases as default
};
