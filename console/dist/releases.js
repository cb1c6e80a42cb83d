// src/pages/releases.tsx
import { act, Card, Command, day, Empty, Fail, Field, Fragment, h, Loaded, Page, count, bytes, mayDo, percent, say, short, store, t, Tag, TaskList, useAct, useEffect, useGet, useState, FactList, listed } from "./kit.js";
import { PairRows } from "./pairs.js";

// src/pages/releases.words.ts
var words = {
  lead: ["What was released, what is tried on a few, and the way back: one digest over weights, documents, policy and verdict.", "已发布的、正在灰度的，以及如何回退：一个摘要涵盖权重、文档、策略和评测。"],
  none: ["No release yet", "还没有发布版本"],
  noneHelp: ["A release block of a plan makes one when its verdict passes.", "计划中的 release 块在评测通过后生成发布版本。"],
  stage_candidate: ["candidate", "候选"],
  stage_canary: ["canary", "灰度"],
  stage_live: ["live", "在线"],
  stage_retired: ["retired", "已下线"],
  newest: ["newest", "最新"],
  gone: ["files are gone", "文件已清理"],
  made: ["made {0}", "生成于 {0}"],
  since: ["since {0}, by {1}", "自 {0} 起，由 {1} 设定"],
  checks: ["Checks", "检查"],
  notChecked: ["not checked yet", "尚未检查"],
  check_evaluation: ["its verdict passes", "评测通过"],
  check_guard: ["its policy does what its rules say", "策略按规则生效"],
  check_parity: ["served, it gives the replies that were judged", "服务时的回答与评测时一致"],
  check: ["Check", "检查"],
  canary: ["Try on a few", "灰度"],
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
  done: ["It holds from version {0} of the tracks on.", "自状态第 {0} 版起生效。"],
  working: ["Being checked: its answers are made again…", "正在检查：重新生成其回答……"]
};

// src/pages/releases.tsx
var w = say(words);
var stage = (v) => Object.hasOwn(words, "stage_" + v) ? w(`stage_${v}`) : v;
var needed = ["evaluation", "guard", "parity"];
function Releases() {
  const got = useGet("/api/releases");
  const [chosen, choose] = useState("");
  const none = /* @__PURE__ */ h(Empty, { title: w("none") }, /* @__PURE__ */ h("p", null, w("noneHelp")), /* @__PURE__ */ h("a", { class: "button", href: "#plan" }, t("plan")));
  return /* @__PURE__ */ h(Page, { title: t("releases"), lead: w("lead") }, /* @__PURE__ */ h(Loaded, { of: got, none }, ({ releases }) => {
    if (releases.length === 0) return none;
    const r = releases.find((one) => one.digest === chosen) ?? releases[0];
    return /* @__PURE__ */ h("div", { class: "listed" }, /* @__PURE__ */ h("ul", { class: "picks" }, releases.map((one) => /* @__PURE__ */ h("li", { key: one.digest }, /* @__PURE__ */ h("button", { "aria-pressed": one === r, onClick: () => choose(one.digest) }, /* @__PURE__ */ h("b", null, one.name), " ", /* @__PURE__ */ h("code", null, short(one.digest)), /* @__PURE__ */ h("span", { class: "row" }, /* @__PURE__ */ h(Tag, { kind: { live: "done", canary: "running", retired: "failed" }[one.stage] ?? "" }, stage(one.stage)), one.newest && /* @__PURE__ */ h(Tag, null, w("newest")), !one.present && /* @__PURE__ */ h(Tag, { kind: "failed" }, w("gone")), /* @__PURE__ */ h("span", { class: "quiet" }, w("made", day(one.made)))))))), /* @__PURE__ */ h("div", { class: "stack" }, /* @__PURE__ */ h(One, { key: r.digest, of: r, reload: got.reload }), /* @__PURE__ */ h(Origin, { key: "of" + r.digest, of: r }), /* @__PURE__ */ h(Compare, { of: releases, at: r })));
  }));
}
function One({ of, reload }) {
  const [why, setWhy] = useState(""), [share, setShare] = useState(10), [stop, setStop] = useState("errors=2%"), run = useAct(), [said, setSaid] = useState("");
  const go = (what) => {
    setSaid(what === "check" ? w("working") : "");
    run.run(async () => {
      const r = await act("POST", "/api/releases/" + what, { release: of.digest, why, ...what === "canary" ? { share: share / 100, stop } : {} });
      setSaid(r.version ? w("done", r.version) : "");
    }).then((ok) => {
      if (!ok) setSaid("");
      reload();
    });
  };
  return /* @__PURE__ */ h(Card, { title: of.name, side: /* @__PURE__ */ h(Tag, { kind: of.stage === "live" ? "done" : "running" }, stage(of.stage)) }, /* @__PURE__ */ h("p", { class: "quiet" }, /* @__PURE__ */ h("code", null, of.digest), of.since && day(of.since) ? /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("br", null), w("since", day(of.since), of.by ?? ""), " ", of.why) : null, of.before && !/^0*$/.test(of.before) ? /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("br", null), w("before", short(of.before))) : null), of.rule?.share ? /* @__PURE__ */ h("p", null, w("canaryOf", percent(of.rule.share, 0))) : null, /* @__PURE__ */ h("h3", null, w("checks")), /* @__PURE__ */ h("ul", { class: "plainlist" }, needed.map((name) => {
    const c = of.checks?.find((one) => one.name === name);
    return /* @__PURE__ */ h("li", { key: name }, c ? c.ok ? /* @__PURE__ */ h("span", { class: "good" }, "✓") : /* @__PURE__ */ h("span", { class: "bad" }, "✗") : "○", " ", w(`check_${name}`), " ", /* @__PURE__ */ h("span", { class: "quiet" }, c ? day(c.time) : w("notChecked")));
  })), mayDo("set_release") && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(Field, { label: w("why"), hint: w("whyHint") }, (id) => /* @__PURE__ */ h("input", { id, class: "why-release", value: why, maxLength: 200, onInput: (e) => setWhy(e.target.value) })), /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("button", { class: "check", disabled: run.busy, onClick: () => go("check") }, w("check")), /* @__PURE__ */ h("button", { class: "main promote", disabled: run.busy || of.stage === "live", onClick: () => go("promote") }, w("promote")), /* @__PURE__ */ h("button", { class: "rollback", disabled: run.busy, onClick: () => go("rollback") }, w("rollback")), /* @__PURE__ */ h("button", { disabled: run.busy, onClick: () => go("retire") }, w("retire"))), /* @__PURE__ */ h("div", { class: "form" }, /* @__PURE__ */ h(Field, { label: w("share", share) }, (id) => /* @__PURE__ */ h("input", { id, type: "range", min: "1", max: "100", value: share, onInput: (e) => setShare(+e.target.value) })), /* @__PURE__ */ h(Field, { label: w("stop"), hint: w("stopHint") }, (id) => /* @__PURE__ */ h("input", { id, value: stop, onInput: (e) => setStop(e.target.value) })), /* @__PURE__ */ h("button", { class: "canary", disabled: run.busy || of.stage === "live", onClick: () => go("canary") }, w("canary")))), /* @__PURE__ */ h("p", { role: "status" }, said), run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }), mayDo("set_release") && /* @__PURE__ */ h(Command, { line: `suiren release promote ${short(of.digest)}` }));
}
function Origin({ of }) {
  const [open, setOpen] = useState(false), got = useGet(open ? "/api/lineage?release=" + of.digest : "");
  return /* @__PURE__ */ h(Card, { title: w("lineage") }, /* @__PURE__ */ h("p", { class: "quiet" }, w("lineageHelp")), !open ? /* @__PURE__ */ h("button", { class: "lineage", disabled: !of.present, onClick: () => setOpen(true) }, w("lineageShow")) : /* @__PURE__ */ h(Loaded, { of: got }, (l) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("p", { class: l.signed ? "good" : "bad", role: "status" }, l.signed ? "✓ " + w("signed") : "✗ " + l.why), /* @__PURE__ */ h("ul", { class: "tree" }, /* @__PURE__ */ h(Branch, { of: l, at: l.root, seen: [] })))), /* @__PURE__ */ h(Command, { line: `suiren release bill ${short(of.digest)}` }));
}
function Branch({ of: l, at, seen }) {
  const part = l.parts.find((p) => p["bom-ref"] === at), below = l.made_of.find((d) => d.ref === at)?.dependsOn ?? [];
  if (!part) return null;
  return /* @__PURE__ */ h("li", null, /* @__PURE__ */ h("details", { open: seen.length < 2 }, /* @__PURE__ */ h("summary", null, /* @__PURE__ */ h("b", null, part.name), " ", /* @__PURE__ */ h("code", null, part.version), part.licenses?.map((one) => /* @__PURE__ */ h(Tag, { key: one.license.name }, one.license.name))), /* @__PURE__ */ h(PartCard, { of: part, all: l }), below.length > 0 && !seen.includes(at) && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("span", { class: "quiet" }, w("madeOf")), /* @__PURE__ */ h("ul", { class: "tree" }, below.map((ref) => /* @__PURE__ */ h(Branch, { key: ref, of: l, at: ref, seen: [...seen, at] }))))));
}
function PartCard({ of: p, all }) {
  const value = (name) => p.properties?.find((one) => one.name === "suiren:" + name)?.value ?? "", learnt = p.modelCard?.modelParameters;
  return /* @__PURE__ */ h(Fragment, null, p.description && /* @__PURE__ */ h("p", { class: "quiet" }, w("owners")), /* @__PURE__ */ h(FactList, { rows: [
    [w("operator"), value("operator")],
    [w("madeAt"), day(value("made"))],
    [w("size"), value("bytes") ? bytes(+value("bytes")) : ""],
    [w("program"), value("program")],
    [w("licence"), value("licence") ? w("notStated") : ""],
    [w("approach"), learnt?.approach?.type ?? ""],
    [w("learnt"), listed((learnt?.datasets ?? []).map((d) => all.parts.find((one) => one["bom-ref"] === d.ref)?.name ?? d.ref))]
  ] }), value("settings") && value("settings") !== "{}" && /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("settings")), /* @__PURE__ */ h("pre", { tabIndex: 0, "aria-label": w("settings") }, pretty(value("settings")))));
}
function pretty(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
function Compare({ of, at }) {
  const others = of.filter((o) => o.digest !== at.digest && o.present), [other, choose] = useState(""), run = useAct();
  const got = useGet("/api/comparison"), ended = JSON.stringify((store.now?.tasks ?? []).filter((task) => task.kind === "compare"));
  useEffect(got.reload, [ended]);
  const with_ = others.find((o) => o.digest === other) ?? others[0], c = got.data;
  const signed = (v) => (v > 0 ? "+" : "") + percent(v);
  return /* @__PURE__ */ h(Card, { title: w("compare") }, /* @__PURE__ */ h("p", { class: "quiet" }, w("compareHelp")), /* @__PURE__ */ h(TaskList, { kinds: ["compare"] }), !with_ ? /* @__PURE__ */ h("p", null, w("compareNone")) : mayDo("set_release") && /* @__PURE__ */ h("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    run.run(() => act("POST", "/api/comparison", { first: with_.digest, second: at.digest }));
  } }, /* @__PURE__ */ h(Field, { label: w("with") }, (id) => /* @__PURE__ */ h("select", { id, value: with_.digest, onChange: (e) => choose(e.target.value) }, others.map((o) => /* @__PURE__ */ h("option", { key: o.digest, value: o.digest }, o.name, " ", short(o.digest), " · ", stage(o.stage))))), /* @__PURE__ */ h("button", { class: "compare", disabled: run.busy || !at.present }, w("compareGo"))), run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }), c && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("p", { role: "status" }, /* @__PURE__ */ h("b", null, w("found", c.second, c.first, signed(c.overall.value), signed(c.overall.low), signed(c.overall.high))), " ", w("counts", count(c.overall.gained), count(c.overall.lost), c.p.toPrecision(2))), mayDo("read_traces") && /* @__PURE__ */ h(PairRows, { path: "/api/comparison?", names: [c.first, c.second] })), /* @__PURE__ */ h(Command, { line: `suiren release compare ${with_ ? short(with_.digest) : "FIRST"} ${short(at.digest)}` }));
}
export {
  Releases as default
};
