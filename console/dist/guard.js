// src/pages/guard.tsx
import { act, Card, Command, count, day, Empty, Fail, Field, Fragment, h, idOf, Loaded, maybe, mayDo, Page, percent, say, span, store, t, Tabs, Tag, TaskList, useAct, useEffect, useGet, useState, listed, told } from "./kit.js";

// src/pages/guard.words.ts
var words = {
  lead: ["The rails between people and models: what each does, tried on a text, replayed on what was asked lately, and what waits for a person.", "人与模型之间的护栏：各自的作用，在文本上试用，用最近的请求重放，以及等待人工处理的内容。"],
  views: ["Views of the guard", "护栏视图"],
  tab_policies: ["Policies", "策略"],
  tab_try: ["Playground", "试用"],
  tab_replay: ["Replay a draft", "重放草案"],
  tab_review: ["Review", "人工审核"],
  none: ["No policy guards what is served", "正在服务的模型没有策略"],
  noneHelp: ['A release answers through a policy block of its plan, such as pack = "minors-zh". Models that are served by themselves have none; the playground still tries any pack.', '发布版本通过计划中的 policy 块（例如 pack = "minors-zh"）回答。单独提供的模型没有策略；试用页可以试任何策略包。'],
  mode_off: ["off", "关闭"],
  mode_observe: ["observes", "只观察"],
  mode_enforce: ["enforces", "执行"],
  pack: ["Pack", "策略包"],
  rail: ["Rail", "护栏"],
  class: ["Class", "类别"],
  on: ["Where", "环节"],
  what: ["What it looks for", "检查内容"],
  action: ["What it does", "动作"],
  owner: ["Owner", "责任人"],
  kinds: ["Kinds that classifiers learnt", "分类器学到的类别"],
  kind: ["Kind of sentence", "句子类别"],
  sentences: ["Learnt from", "学自句数"],
  threshold: ["Counts from", "计入阈值"],
  precision: ["Precision", "精确率"],
  recall: ["Recall", "召回率"],
  kindsHelp: ["Of sentences that were kept apart: how many of those that it names are of the kind, and how many of the kind it names.", "在留出的句子上：判为该类的句子中判对的比例，以及该类句子中被找到的比例。"],
  keywords: ["{0} keywords", "{0} 个关键词"],
  expired: ["past its review", "已过复核日期"],
  modeHelp: ['A policy is changed in the plan: mode = "observe" writes down what it would refuse and refuses nothing. Try a draft here first, replay it, then change the plan.', '策略在计划中修改：mode = "observe" 只记录将会拒绝的内容而不拒绝。请先在这里试用并重放草案，再改计划。'],
  policy: ["Policy or pack", "策略或策略包"],
  served: ["{0} (served)", "{0}（在线）"],
  draft: ["Or a draft: a policy block as the plan says it", "或草案：按计划写法的 policy 块"],
  stage: ["Where the text stands", "文本所在环节"],
  text: ["Text", "文本"],
  try: ["Pass it through", "通过护栏"],
  verdict_passed: ["It passes.", "放行。"],
  verdict_changed: ["It passes, changed.", "改动后放行。"],
  verdict_withdrawn: ["What had left is withdrawn.", "已输出的内容被撤回。"],
  verdict_asked: ["A person is asked.", "转人工。"],
  verdict_refused: ["It is refused.", "拒绝。"],
  rule: ["by the rule {0} of class {1}", "依据规则 {0}，类别 {1}"],
  leaves: ["What leaves", "输出内容"],
  nothing: ["nothing", "无"],
  held: ["On a stream, at most {0} bytes are held back until it is certain.", "流式输出时，至多保留 {0} 字节直到确定。"],
  stream: ["How it passes on a stream: written and let go", "流式经过：写入与放行"],
  written: ["written", "写入"],
  left: ["let go", "放行"],
  steps: ["Each rail that heard something", "有反应的护栏"],
  observed: ["only observed", "仅观察"],
  last: ["Requests", "请求数"],
  replay: ["Replay", "重放"],
  replayHelp: ["The last requests are passed through the policy that serves and through the draft. Nothing is sent, and nobody's answer changes.", "用现行策略和草案分别处理最近的请求。不会发送任何内容，也不改变任何人的回答。"],
  replayed: ["Of {0} requests the draft judges {1} more strictly and {2} less.", "{0} 个请求中，草案更严 {1} 个，更宽 {2} 个。"],
  noChange: ["The draft changes none of them.", "草案对它们没有影响。"],
  request: ["Request", "请求"],
  now: ["Now", "现行"],
  then: ["With the draft", "草案"],
  waiting: ["What waits for a person", "等待人工处理"],
  noneWaits: ["Nothing waits.", "没有待处理内容。"],
  unnamed: ["name not shown", "不显示姓名"],
  byPolicy: ["{0}, by policy {1}", "{0}，策略 {1}"],
  saidBefore: ["Said before ({0})", "此前的对话（{0}）"],
  role_system: ["System", "系统"],
  role_user: ["User", "用户"],
  role_assistant: ["Assistant", "助手"],
  role_tool: ["Tool", "工具"],
  calls: ["Call", "调用"],
  text_input: ["Asked", "提问"],
  text_retrieval: ["Passage", "段落"],
  text_tool_result: ["Tool returned", "工具返回"],
  text_thought: ["Thought", "思考"],
  text_tool_call: ["Argument", "参数"],
  text_output: ["Answer, as far as it is written", "回答（已写出的部分）"],
  leftOut: ["Something is not shown, for its length; decide on others first if nothing is.", "因过长有内容未显示；如全无内容，请先处理其他项。"],
  ifAllowed: ["If you allow it", "若放行"],
  ifRefused: ["If you refuse it, or nobody decides", "若拒绝，或无人处理"],
  goesIn: ["It goes on to the model.", "交给模型。"],
  goesOut: ["It goes on to the caller.", "发给调用者。"],
  callerTold: ["The caller is told: {0}", "告知调用者：{0}"],
  modelTold: ["The model is told that it is withheld: {0}", "告知模型不予提供：{0}"],
  isLeftOut: ["The passage is left out.", "不使用该段落。"],
  until: ["until {0}", "至 {0}"],
  allow: ["Allow", "放行"],
  refuse: ["Refuse", "拒绝"],
  why: ["Reason", "理由"],
  appeal: ["appeal", "申诉"],
  answer: ["answer", "回答"],
  suspended: ["Suspended callers", "被暂停的调用者"],
  nobody: ["Nobody is suspended.", "没有被暂停的调用者。"],
  goesOn: ["What goes on to the model", "继续交给模型的内容"],
  change: ["The policy as the plan says it; change it here", "计划中的策略，可在此修改"],
  onlyObserved: ["Only observed", "仅观察"],
  changeIt: ["Change it: observe, replay, enforce", "修改：观察、重放、执行"],
  carry: ["Carry it into the plan", "写入计划"],
  carryHelp: ["First observe: what it would refuse is written down, and nothing is refused. Replay shows what it would change. Then enforce.", "先观察：只记录将拒绝的内容，不拒绝任何请求。重放可看到会改变什么。然后执行。"],
  go_observe: ["Observe it", "先观察"],
  go_enforce: ["Enforce it", "正式执行"],
  diff: ["What changes in the plan file", "计划文件的改动"],
  sameText: ["The plan says this already.", "计划已是如此。"],
  makes: ["To be made:", "将会制作："],
  write: ["Write it into the plan, and make it", "写入计划并制作"],
  noBlock: ["No plan of this server says this policy: it can be tried and replayed here, and changed where the server is started.", "本服务器的计划中没有此策略：可在此试用和重放，修改请在启动服务器处进行。"],
  audit: ["What was refused stands in the audit log.", "拒绝的记录见审计日志。"],
  tab_assess: ["Assessments", "评估报告"],
  assessHelp: ["A release judged by a regulation, with all evidence beside the report. Who answers for it has signed its SHA-256 in the audit log.", "按法规评估发布版本，证据与报告同在。负责人将报告的 SHA-256 签入审计日志。"],
  assessNone: ["No report lies beside the plan yet. Packs: {0}.", "计划旁还没有报告。评估包：{0}。"],
  assessSigned: ["{0} answers for it, by the audit log.", "由 {0} 负责（见审计日志）。"],
  assessUnsigned: ["Nobody answers for it yet.", "尚无人负责。"],
  assessOf: ["{0} questions; {1}.", "{0} 题；{1}。"],
  unconfirmed: ["Not confirmed against the regulation's text yet: {0} numbers of the pack.", "评估包中有 {0} 个数值尚未与标准原文核对。"],
  condition: ["What is asked", "要求内容"],
  clause: ["Clause", "条款"],
  found: ["Found", "实测"],
  asked: ["Asked for", "要求"],
  outcome: ["Outcome", "结果"],
  outcome_surely: ["surely met", "连同区间达到"],
  outcome_met: ["met", "达到"],
  outcome_missed: ["missed", "未达到"],
  outcome_missing: ["not assessed", "未评估"],
  assessRelease: ["Release", "发布版本"],
  assessPack: ["By which regulation", "依据的标准"],
  assessBank: ["Questions: tables beside the plan", "题库：计划目录中的表格"],
  assessNoBank: ["No table of questions lies beside the plan. Put a CSV file there, then come back.", "计划目录中没有题库表格。请放入 CSV 文件后再来。"],
  assessGo: ["Begin an assessment", "开始评估"],
  assessGoHelp: ["Two questions at a time: those who use the server come first. Begun again, it goes on.", "每次同时两题，使用者优先。再次开始会接着进行。"],
  comma: [", ", "、"],
  everywhere: ["everywhere", "全部环节"],
  stage_input: ["what people write", "用户输入"],
  stage_ingest: ["documents that are read in", "导入的文档"],
  stage_retrieval: ["passages that are found", "检索段落"],
  stage_tool_result: ["what tools return", "工具结果"],
  stage_thought: ["thoughts", "思考"],
  stage_tool_call: ["calls of tools", "工具调用"],
  stage_output: ["answers", "回答"],
  action_suspend: ["refuse, suspend the caller", "拒绝并暂停调用者"],
  action_refuse: ["refuse", "拒绝"],
  action_mask: ["mask", "遮盖"],
  action_log: ["write down", "记录"],
  action_pass: ["let pass", "放行"],
  action_stand_in: ["put a stand-in", "以替身代替"],
  action_rewrite: ["put its own text", "改写"],
  action_retract: ["withdraw at the end", "结束后撤回"],
  action_ask_human: ["ask a person", "转人工"],
  class_A1a: ["incitement to subvert the state", "煽动颠覆国家政权、推翻社会主义制度"],
  class_A1b: ["harm to national security and interests", "危害国家安全和利益、损害国家形象"],
  class_A1c: ["separatism, undermining social stability", "煽动分裂国家、破坏国家统一和社会稳定"],
  class_A1d: ["terrorism and extremism", "宣扬恐怖主义、极端主义"],
  class_A1e: ["ethnic hatred", "宣扬民族仇恨"],
  class_A1f: ["violence and pornography", "宣扬暴力、淫秽色情"],
  class_A1g: ["false and harmful information", "传播虚假有害信息"],
  class_A1h: ["other content that laws forbid", "其他法律、行政法规禁止的内容"],
  class_A2: ["discrimination", "歧视：民族、信仰、国别、地域、性别、年龄、职业、健康等"],
  class_A3: ["commercial wrongs: property, ethics, secrets, competition", "商业违法违规：知识产权、商业道德、商业秘密、不正当竞争"],
  class_A4a: ["harm to another's body or mind", "侵害他人身心健康"],
  class_A4c: ["harm to another's reputation", "侵害他人名誉权"],
  class_A4e: ["harm to another's privacy", "侵害他人隐私权"],
  class_A4f: ["misuse of personal information", "侵害他人个人信息权益"],
  class_LLM01: ["prompt injection", "提示注入"],
  class_LLM02: ["disclosure of sensitive information", "敏感信息泄露"],
  class_LLM06: ["unbounded consumption", "无界消耗"],
  class_LLM10: ["improper output handling", "输出处理不当"],
  lift: ["Lift", "解除"]
};

// src/pages/guard.tsx
import { Lines } from "./lines.js";
var w = say(words);
var known = (prefix, v) => Object.hasOwn(words, `${prefix}_${v}`) ? w(`${prefix}_${v}`) : v;
var where = (on, all) => on.length === all.length ? w("everywhere") : on.map((s) => known("stage", s)).join(w("comma"));
var classOf = (r) => {
  const key = "class_" + r.class.replaceAll(".", "");
  const own = r.about && /\p{Script=Han}/u.test(r.about) === (store.lang !== "en");
  return !own && Object.hasOwn(words, key) ? w(key) : r.about ?? "";
};
var verdict = (v) => Object.hasOwn(words, "verdict_" + v) ? w(`verdict_${v}`) : v;
var mode = (v) => Object.hasOwn(words, "mode_" + v) ? w(`mode_${v}`) : v;
function Guard() {
  const all = [["policies", w("tab_policies")], ["try", w("tab_try")], ["replay", w("tab_replay")], ["review", w("tab_review")], ["assess", w("tab_assess")]];
  const tabs = all.filter(([k]) => k !== "replay" || mayDo("read_traces")), tab = tabs.find(([k]) => k === store.rest)?.[0] ?? "policies";
  const got = useGet("/api/guard", 5e3);
  return /* @__PURE__ */ h(Page, { title: t("guard"), lead: w("lead"), side: /* @__PURE__ */ h(Tabs, { label: w("views"), at: tab, set: (to) => {
    location.hash = to === "policies" ? "#guard" : "#guard/" + to;
  }, of: tabs }) }, /* @__PURE__ */ h(Loaded, { of: got }, (g) => tab === "try" ? /* @__PURE__ */ h(Playground, { of: g }) : tab === "replay" ? /* @__PURE__ */ h(Replay, { of: g, changed: got.reload }) : tab === "review" ? /* @__PURE__ */ h(Reviews, null) : tab === "assess" ? /* @__PURE__ */ h(Assessments, null) : /* @__PURE__ */ h(List, { of: g })));
}
function List({ of }) {
  if (of.policies.length === 0) return /* @__PURE__ */ h(Empty, { title: w("none") }, /* @__PURE__ */ h("p", null, w("noneHelp")), /* @__PURE__ */ h("a", { class: "button", href: "#guard/try" }, w("tab_try")));
  return /* @__PURE__ */ h(Fragment, null, of.policies.map((p) => /* @__PURE__ */ h(Card, { key: p.release, title: `${p.release} · ${p.title || p.pack}`, side: /* @__PURE__ */ h(Tag, { kind: p.mode === "enforce" ? "done" : p.mode === "observe" ? "running" : "failed" }, mode(p.mode)) }, /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": p.release }, /* @__PURE__ */ h("table", { class: "left" }, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, w("rail")), /* @__PURE__ */ h("th", { scope: "col" }, w("what")), /* @__PURE__ */ h("th", { scope: "col" }, w("action")), /* @__PURE__ */ h("th", { scope: "col" }, w("on")), /* @__PURE__ */ h("th", { scope: "col" }, w("class")))), /* @__PURE__ */ h("tbody", null, p.rails.map((r) => /* @__PURE__ */ h("tr", { key: r.pack + r.id }, /* @__PURE__ */ h("th", { scope: "row" }, /* @__PURE__ */ h("code", null, r.id)), "        ", /* @__PURE__ */ h("td", { class: "wrap" }, classOf(r), " ", /* @__PURE__ */ h("span", { class: "quiet" }, listed([r.keywords ? w("keywords", count(r.keywords)) : "", ...r.detect ?? []]), r.owner && /* @__PURE__ */ h(Fragment, null, " · ", told(w("owner"), r.owner))), " ", r.expired && /* @__PURE__ */ h(Tag, { kind: "failed" }, w("expired"))), /* @__PURE__ */ h("td", null, known("action", r.action), r.mode !== p.mode && /* @__PURE__ */ h(Fragment, null, " ", /* @__PURE__ */ h(Tag, { kind: r.mode === "enforce" ? "done" : r.mode === "observe" ? "running" : "" }, mode(r.mode)))), /* @__PURE__ */ h("td", { class: "wrap" }, where(r.on, of.stages)), /* @__PURE__ */ h("td", null, r.class)))))), p.kinds && /* @__PURE__ */ h(Kinds, { of: p.kinds }), mayDo("read_traces") && mayDo("set_policy") && /* @__PURE__ */ h("a", { class: "button", href: "#guard/replay" }, w("changeIt")))), /* @__PURE__ */ h("p", { class: "quiet" }, w("modeHelp"), " ", mayDo("read_audit") && /* @__PURE__ */ h("a", { href: "#traces/audit" }, w("audit"))));
}
function Kinds({ of }) {
  const share = (n, all) => all ? `${percent(n / all)} (${n}/${all})` : "–";
  return /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w("kinds") }, /* @__PURE__ */ h("table", { class: "left" }, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, w("kind")), /* @__PURE__ */ h("th", { scope: "col" }, w("sentences")), /* @__PURE__ */ h("th", { scope: "col" }, w("threshold")), /* @__PURE__ */ h("th", { scope: "col" }, w("precision")), /* @__PURE__ */ h("th", { scope: "col" }, w("recall")))), /* @__PURE__ */ h("tbody", null, of.map((k) => /* @__PURE__ */ h("tr", { key: k.name }, /* @__PURE__ */ h("th", { scope: "row" }, /* @__PURE__ */ h("code", null, "classify:", k.name)), /* @__PURE__ */ h("td", null, count(k.sentences)), /* @__PURE__ */ h("td", null, k.threshold), /* @__PURE__ */ h("td", null, share(k.found, k.found + k.wrong)), /* @__PURE__ */ h("td", null, share(k.found, k.asked)))))), /* @__PURE__ */ h("p", { class: "quiet" }, w("kindsHelp")));
}
function Choice({ of, value, set, packs }) {
  return /* @__PURE__ */ h(Field, { label: w("policy") }, (id) => /* @__PURE__ */ h("select", { id, value, onChange: (e) => set(e.target.value) }, of.policies.map((p) => /* @__PURE__ */ h("option", { key: p.release, value: p.release }, w("served", p.release))), packs && of.packs.map((p) => /* @__PURE__ */ h("option", { key: p, value: p }, p))));
}
function Playground({ of }) {
  const [policy, setPolicy] = useState(of.policies[0]?.release ?? of.packs[0] ?? ""), [draft, setDraft] = useState(""), [stage, setStage] = useState(of.stages[0] ?? "input"), [text, setText] = useState("");
  const run = useAct(), [got, setGot] = useState(null);
  return /* @__PURE__ */ h(Card, { title: w("tab_try") }, /* @__PURE__ */ h("form", { onSubmit: (e) => {
    e.preventDefault();
    run.run(async () => setGot({ ...await act("POST", "/api/guard/try", { policy: draft ? "" : policy, draft, stage, text }), of: text, at: stage }));
  } }, /* @__PURE__ */ h("div", { class: "form" }, /* @__PURE__ */ h(Choice, { of, value: policy, set: setPolicy, packs: true }), /* @__PURE__ */ h(Field, { label: w("stage") }, (id) => /* @__PURE__ */ h("select", { id, value: stage, onChange: (e) => setStage(e.target.value) }, of.stages.map((s) => /* @__PURE__ */ h("option", { key: s, value: s }, known("stage", s)))))), /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("draft")), /* @__PURE__ */ h(Field, { label: w("draft") }, (id) => /* @__PURE__ */ h("textarea", { id, rows: 6, spellcheck: false, class: "code", value: draft, placeholder: 'policy "draft" {\n  pack = "minors-zh"\n  mode = "observe"\n}', onInput: (e) => setDraft(e.target.value) }))), /* @__PURE__ */ h(Field, { label: w("text") }, (id) => /* @__PURE__ */ h("textarea", { id, class: "trial", rows: 4, required: true, value: text, onInput: (e) => setText(e.target.value) })), /* @__PURE__ */ h("p", null, /* @__PURE__ */ h("button", { class: "main", disabled: run.busy || !text }, w("try")))), run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }), got && /* @__PURE__ */ h("div", { class: "verdict", role: "status" }, /* @__PURE__ */ h("p", null, /* @__PURE__ */ h("b", { class: got.verdict === "passed" ? "good" : got.verdict === "refused" ? "bad" : "" }, verdict(got.verdict)), " ", got.rule && w("rule", got.rule, got.class ?? "")), got.text && /* @__PURE__ */ h("blockquote", { class: "said-by" }, got.text), /* @__PURE__ */ h("h3", null, w(["thought", "output"].includes(got.at) ? "leaves" : "goesOn")), /* @__PURE__ */ h("p", { class: "passage tokens" }, got.left || w("nothing")), /* @__PURE__ */ h("h3", null, w("stream")), /* @__PURE__ */ h(Holds, { of: got.holds }), /* @__PURE__ */ h("p", { class: "quiet" }, w("held", got.most_held)), got.steps.length > 0 && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("h3", null, w("steps")), /* @__PURE__ */ h("ul", { class: "plainlist" }, got.steps.map((s, i) => /* @__PURE__ */ h("li", { key: i }, /* @__PURE__ */ h(Tag, { kind: s.holds ? "failed" : "" }, known("action", s.action)), " ", /* @__PURE__ */ h("code", null, s.rule), " ", s.detector, s.kind && "/" + s.kind, " ", /* @__PURE__ */ h("mark", null, slice(got.of, s.from, s.to)), " ", s.observed && /* @__PURE__ */ h("span", { class: "quiet" }, w("observed")), " ", s.error && /* @__PURE__ */ h("span", { class: "bad" }, s.error)))))), /* @__PURE__ */ h(Command, { line: `suiren guard check ${draft ? "FILE" : of.policies.find((p) => p.release === policy)?.pack ?? policy}` }));
}
function slice(text, from, to) {
  return new TextDecoder().decode(new TextEncoder().encode(text).slice(from, to));
}
function Holds({ of }) {
  const most = Math.max(of.at(-1)?.at ?? 1, 1), wide = 600, high = 90;
  const line = (f) => of.map((o, i) => `${i ? "L" : "M"}${(i / Math.max(of.length - 1, 1) * wide).toFixed(1)} ${(high - f(o) / most * (high - 6) - 2).toFixed(1)}`).join("");
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("svg", { class: "chart", viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": w("stream") }, /* @__PURE__ */ h("path", { class: "line c1", d: line((o) => o.at), "stroke-dasharray": "6 3" }), /* @__PURE__ */ h("path", { class: "line c0", d: line((o) => o.left) })), /* @__PURE__ */ h("ul", { class: "legend" }, /* @__PURE__ */ h("li", null, /* @__PURE__ */ h("svg", { width: "22", height: "8", "aria-hidden": "true" }, /* @__PURE__ */ h("line", { class: "line c1", x1: "1", x2: "21", y1: "4", y2: "4", "stroke-dasharray": "6 3" })), w("written")), /* @__PURE__ */ h("li", null, /* @__PURE__ */ h("svg", { width: "22", height: "8", "aria-hidden": "true" }, /* @__PURE__ */ h("line", { class: "line c0", x1: "1", x2: "21", y1: "4", y2: "4" })), w("left"))));
}
function Replay({ of, changed }) {
  const [release, setRelease] = useState(of.policies[0]?.release ?? ""), [written, write] = useState(null), [last, setLast] = useState(100);
  const own = useGet(release ? "/api/guard/policy?release=" + encodeURIComponent(release) : "");
  const run = useAct(), [compared, setCompared] = useState(null);
  if (of.policies.length === 0) return /* @__PURE__ */ h(Empty, { title: w("none") }, /* @__PURE__ */ h("p", null, w("noneHelp")));
  const serving = of.policies.find((p) => p.release === release);
  const draft = written ?? own.data?.text ?? (own.loading ? "" : `policy "draft" {
  pack = "${serving?.pack ?? of.packs[0] ?? ""}"
  mode = "observe"
}
`);
  const got = compared?.of === release + draft ? compared : null;
  const outcome = (o) => `${verdict(o.verdict)} ${o.rule ?? ""}`;
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(Card, { title: w("tab_replay"), side: serving && /* @__PURE__ */ h(Tag, { kind: serving.mode === "enforce" ? "done" : "running" }, mode(serving.mode)) }, /* @__PURE__ */ h("p", { class: "quiet" }, w("replayHelp")), /* @__PURE__ */ h("form", { onSubmit: (e) => {
    e.preventDefault();
    run.run(async () => setCompared({ ...await act("POST", "/api/guard/replay", { release, draft, last }), of: release + draft }));
  } }, /* @__PURE__ */ h("div", { class: "form" }, /* @__PURE__ */ h(Choice, { of, value: release, set: (v) => {
    setRelease(v);
    write(null);
  }, packs: false }), /* @__PURE__ */ h(Field, { label: w("last") }, (id) => /* @__PURE__ */ h("input", { id, type: "number", min: "1", max: "10000", value: last, onInput: (e) => setLast(+e.target.value) }))), /* @__PURE__ */ h(Field, { label: w("change") }, (id) => /* @__PURE__ */ h("textarea", { id, rows: 8, spellcheck: false, class: "code", value: draft, onInput: (e) => write(e.target.value) })), /* @__PURE__ */ h("p", null, /* @__PURE__ */ h("button", { class: "main", disabled: run.busy || !draft }, w("replay")))), run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }), got && /* @__PURE__ */ h("div", { class: "replayed", role: "status" }, /* @__PURE__ */ h("p", null, /* @__PURE__ */ h("b", null, w("replayed", count(got.requests), count(got.tighter), count(got.looser)))), !got.differences?.length ? /* @__PURE__ */ h("p", null, w("noChange")) : /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w("tab_replay") }, /* @__PURE__ */ h("table", { class: "left" }, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, w("request")), /* @__PURE__ */ h("th", { scope: "col" }, w("now")), /* @__PURE__ */ h("th", { scope: "col" }, w("then")))), /* @__PURE__ */ h("tbody", null, got.differences.slice(0, 200).map((d) => /* @__PURE__ */ h("tr", { key: d.id }, /* @__PURE__ */ h("th", { scope: "row" }, /* @__PURE__ */ h("a", { href: "#traces" }, day(d.time) || d.id)), /* @__PURE__ */ h("td", null, outcome(d.before)), /* @__PURE__ */ h("td", null, outcome(d.after))))))), got.rules && got.rules.length > 0 && /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w("rail") }, /* @__PURE__ */ h("table", { class: "left" }, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, w("rail")), /* @__PURE__ */ h("th", { scope: "col" }, w("now")), /* @__PURE__ */ h("th", { scope: "col" }, w("then")), /* @__PURE__ */ h("th", { scope: "col" }, w("onlyObserved")))), /* @__PURE__ */ h("tbody", null, got.rules.map((r) => /* @__PURE__ */ h("tr", { key: r.rule }, /* @__PURE__ */ h("th", { scope: "row" }, /* @__PURE__ */ h("code", null, r.rule)), /* @__PURE__ */ h("td", null, count(r.before)), /* @__PURE__ */ h("td", null, count(r.after)), /* @__PURE__ */ h("td", null, count(r.observed ?? 0)))))))), /* @__PURE__ */ h(Command, { line: "suiren guard replay --draft FILE" })), !mayDo("set_policy") || !mayDo("set_plan") ? null : own.data ? /* @__PURE__ */ h(Stage, { release, draft, done: () => {
    write(null);
    setCompared(null);
    own.reload();
    changed();
  } }) : !own.loading && /* @__PURE__ */ h("p", { class: "quiet" }, w("noBlock")));
}
function Stage({ release, draft, done }) {
  const [shown, setStaged] = useState(null), staged = shown?.of === release + draft ? shown : null, stage = useAct(), make = useAct(), [begun, begin] = useState(0);
  const task = store.now?.tasks?.find((one) => one.id === begun);
  useEffect(() => {
    if (task?.ended) {
      begin(0);
      if (!task.failed) {
        setStaged(null);
        done();
      }
    }
  }, [task?.ended]);
  const show = (to) => stage.run(async () => {
    const s = await act("POST", "/api/guard/policy", { release, draft, mode: to });
    const c = await act("POST", "/api/plan/check", { text: s.text });
    setStaged({ ...s, view: c.view, wrong: c.diagnostics.map((d) => d.what), of: release + draft });
  });
  const go = () => make.run(async () => {
    const saved = await act("PUT", "/api/plan/file", { text: staged.text, sum: staged.sum });
    begin((await act("POST", "/api/plan/apply", { sum: saved.sum })).task);
  });
  const steps = (staged?.view?.nodes ?? []).filter((n) => n.action !== "keep");
  return /* @__PURE__ */ h(Card, { title: w("carry") }, /* @__PURE__ */ h("p", { class: "quiet" }, w("carryHelp")), /* @__PURE__ */ h("div", { class: "row" }, ["observe", "enforce"].map((to) => /* @__PURE__ */ h("button", { key: to, class: "stage-" + to, disabled: stage.busy || !!begun, onClick: () => show(to) }, w(`go_${to}`)))), stage.failure && /* @__PURE__ */ h(Fail, { of: stage.failure }), staged && /* @__PURE__ */ h("div", { class: "staged" }, /* @__PURE__ */ h("h3", null, w("diff")), /* @__PURE__ */ h(Lines, { label: w("diff"), before: staged.before, after: staged.after }), staged.wrong.map((what) => /* @__PURE__ */ h("p", { class: "bad", key: what }, what)), staged.before === staged.after ? /* @__PURE__ */ h("p", null, w("sameText")) : /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("p", null, w("makes"), " ", steps.map((n) => /* @__PURE__ */ h(Tag, { key: idOf(n) }, maybe("action", n.action), " ", idOf(n))), " ", /* @__PURE__ */ h("span", { class: "quiet" }, span(steps.reduce((s, n) => s + (n.forecast?.low ?? 0), 0), steps.reduce((s, n) => s + (n.forecast?.high ?? 0), 0)))), /* @__PURE__ */ h("button", { class: "main carry", disabled: make.busy || !!begun || staged.wrong.length > 0, onClick: go }, w("write"))), make.failure && /* @__PURE__ */ h(Fail, { of: make.failure })), /* @__PURE__ */ h(TaskList, { kinds: ["plan"] }), /* @__PURE__ */ h(Command, { line: "suiren plan && suiren apply" }));
}
function Assessments() {
  const got = useGet("/api/guard/assessments"), ended = (store.now?.tasks ?? []).find((one) => one.kind === "assess")?.ended;
  useEffect(got.reload, [ended]);
  const said = (v) => v ? store.lang === "en" ? v.en : v.zh : "";
  const result = (v) => ({ surely: w("outcome_surely"), met: w("outcome_met"), missed: w("outcome_missed"), "not assessed": w("outcome_missing") })[v] ?? v;
  const number = (v) => v === void 0 ? "" : v <= 1 && v >= 0 && !Number.isInteger(v) ? percent(v) : count(v);
  return /* @__PURE__ */ h(Card, { title: w("tab_assess") }, /* @__PURE__ */ h("p", { class: "quiet" }, w("assessHelp")), /* @__PURE__ */ h(TaskList, { kinds: ["assess"] }), /* @__PURE__ */ h(Loaded, { of: got }, ({ reports, packs, banks }) => /* @__PURE__ */ h(Fragment, null, mayDo("set_policy") && /* @__PURE__ */ h(Begin, { packs, banks: banks ?? [] }), reports.length === 0 ? /* @__PURE__ */ h("p", null, w("assessNone", listed(packs))) : reports.map((a) => /* @__PURE__ */ h("details", { key: a.sha256, class: "assessment" }, /* @__PURE__ */ h("summary", null, /* @__PURE__ */ h("b", null, said(a.report.pack.title)), " · ", a.report.subject.name, " · ", a.report.as_of, " ", Object.entries(a.report.counts).map(([k, n]) => /* @__PURE__ */ h(Tag, { key: k, kind: { surely: "done", met: "done", missed: "failed" }[k] ?? "" }, result(k), " ", n))), /* @__PURE__ */ h("p", { class: a.signed ? "good" : "quiet" }, a.signed ? "✓ " + w("assessSigned", a.signed) : w("assessUnsigned")), a.report.unconfirmed > 0 && /* @__PURE__ */ h("p", { class: "bad" }, w("unconfirmed", a.report.unconfirmed)), /* @__PURE__ */ h("p", { class: "quiet" }, w("assessOf", count(a.report.questions), a.report.pack.source), " ", /* @__PURE__ */ h("code", null, a.folder, "/report.html"), " ", /* @__PURE__ */ h("code", null, "SHA-256 ", a.sha256)), /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": said(a.report.pack.title) }, /* @__PURE__ */ h("table", { class: "left" }, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, w("clause")), /* @__PURE__ */ h("th", { scope: "col" }, w("condition")), /* @__PURE__ */ h("th", { scope: "col" }, w("found")), /* @__PURE__ */ h("th", { scope: "col" }, w("asked")), /* @__PURE__ */ h("th", { scope: "col" }, w("outcome")))), /* @__PURE__ */ h("tbody", null, a.report.results.map((r) => /* @__PURE__ */ h("tr", { key: r.id }, /* @__PURE__ */ h("th", { scope: "row" }, r.clause || r.id), /* @__PURE__ */ h("td", { class: "wrap" }, store.lang === "en" ? r.en : r.zh, r.why && /* @__PURE__ */ h("div", { class: "quiet" }, said(r.why))), /* @__PURE__ */ h("td", null, number(r.got), r.low !== void 0 && r.high !== void 0 ? /* @__PURE__ */ h("small", null, percent(r.low), " – ", percent(r.high)) : null), /* @__PURE__ */ h("td", null, r.least !== void 0 ? "≥ " + number(r.least) : r.most !== void 0 ? "≤ " + number(r.most) : ""), /* @__PURE__ */ h("td", null, /* @__PURE__ */ h(Tag, { kind: { surely: "done", met: "done", missed: "failed" }[r.outcome] ?? "" }, result(r.outcome)))))))))))), /* @__PURE__ */ h(Command, { line: "suiren guard assess --bank FOLDER --sign NAME" }));
}
function Begin({ packs, banks }) {
  const releases = (store.server?.releases ?? []).map((r) => r.name), begin = useAct();
  const [release, setRelease] = useState(releases[0] ?? ""), [pack, setPack] = useState(packs[0] ?? ""), [chosen, choose] = useState([]);
  return /* @__PURE__ */ h("form", { onSubmit: (e) => {
    e.preventDefault();
    begin.run(() => act("POST", "/api/guard/assessments", { release, pack, bank: chosen }));
  } }, /* @__PURE__ */ h("div", { class: "form" }, /* @__PURE__ */ h(Field, { label: w("assessRelease") }, (id) => /* @__PURE__ */ h("select", { id, value: release, onChange: (e) => setRelease(e.target.value) }, releases.map((r) => /* @__PURE__ */ h("option", { key: r }, r)))), /* @__PURE__ */ h(Field, { label: w("assessPack") }, (id) => /* @__PURE__ */ h("select", { id, class: "assess-pack", value: pack, onChange: (e) => setPack(e.target.value) }, packs.map((p) => /* @__PURE__ */ h("option", { key: p }, p))))), banks.length === 0 ? /* @__PURE__ */ h("p", null, w("assessNoBank")) : /* @__PURE__ */ h("fieldset", { class: "roles" }, /* @__PURE__ */ h("legend", null, w("assessBank")), banks.map((b) => /* @__PURE__ */ h("label", { key: b, class: "pick" }, /* @__PURE__ */ h("input", { type: "checkbox", checked: chosen.includes(b), onChange: () => choose(chosen.includes(b) ? chosen.filter((o) => o !== b) : [...chosen, b]) }), /* @__PURE__ */ h("code", null, b)))), /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("button", { class: "main assess", disabled: begin.busy || chosen.length === 0 }, w("assessGo")), /* @__PURE__ */ h("span", { class: "quiet" }, w("assessGoHelp"))), begin.failure && /* @__PURE__ */ h(Fail, { of: begin.failure }));
}
function Decided({ of: c }) {
  const refusal = c.refusal && (store.lang === "en" ? c.refusal.en : c.refusal.zh), stage = c.stage ?? "";
  return /* @__PURE__ */ h(Fragment, null, c.policy && /* @__PURE__ */ h("p", { class: "quiet" }, w("byPolicy", c.release ?? "", c.policy), " ", /* @__PURE__ */ h("code", { title: c.digest }, c.digest?.slice(0, 12))), !!c.said?.length && /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("saidBefore", count(c.said.length))), c.said.map((m, k) => /* @__PURE__ */ h("p", { key: k, class: "passage" }, /* @__PURE__ */ h("b", null, known("role", m.role)), " ", m.text))), c.call && /* @__PURE__ */ h("p", { class: "passage" }, /* @__PURE__ */ h("b", null, w("calls")), " ", /* @__PURE__ */ h("code", null, c.call.name, c.call.arguments)), c.found && /* @__PURE__ */ h("p", { class: "passage" }, /* @__PURE__ */ h("b", null, known("text", stage)), " ", c.before, /* @__PURE__ */ h("mark", null, c.found), c.after), c.appealed && /* @__PURE__ */ h("p", { class: "passage" }, c.appealed), c.cut && /* @__PURE__ */ h("p", { class: "quiet" }, w("leftOut")), refusal !== void 0 && /* @__PURE__ */ h("dl", { class: "facts-list" }, /* @__PURE__ */ h("div", null, /* @__PURE__ */ h("dt", null, w("ifAllowed")), /* @__PURE__ */ h("dd", null, w(["thought", "tool_call", "output"].includes(stage) ? "goesOut" : "goesIn"))), /* @__PURE__ */ h("div", null, /* @__PURE__ */ h("dt", null, w("ifRefused")), /* @__PURE__ */ h("dd", null, stage === "retrieval" ? w("isLeftOut") : w(stage === "tool_result" ? "modelTold" : "callerTold", refusal)))));
}
function Reviews() {
  const items = useGet(mayDo("set_policy") ? "/api/guard/reviews" : "", 5e3), barred = useGet("/api/guard/suspended");
  const decide = useAct(), [why, setWhy] = useState({});
  const waiting = (items.data ?? []).filter((i) => i.state === "waiting");
  return /* @__PURE__ */ h(Fragment, null, mayDo("set_policy") && /* @__PURE__ */ h(Card, { title: w("waiting") }, decide.failure && /* @__PURE__ */ h(Fail, { of: decide.failure }), !items.data && items.loading ? /* @__PURE__ */ h("p", { class: "quiet" }, t("loading")) : waiting.length === 0 ? /* @__PURE__ */ h("p", null, w("noneWaits")) : /* @__PURE__ */ h("ul", { class: "plainlist" }, waiting.map((i) => /* @__PURE__ */ h("li", { key: i.id, class: "card" }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h(Tag, null, w(i.kind === "appeal" ? "appeal" : "answer")), /* @__PURE__ */ h("b", null, i.caller || w("unnamed")), /* @__PURE__ */ h("code", null, i.rule), /* @__PURE__ */ h("span", { class: "quiet" }, w("until", day(i.until)))), /* @__PURE__ */ h(Decided, { of: i.content }), /* @__PURE__ */ h("div", { class: "form" }, /* @__PURE__ */ h(Field, { label: w("why") }, (id) => /* @__PURE__ */ h("input", { id, value: why[i.id] ?? "", onInput: (e) => setWhy({ ...why, [i.id]: e.target.value }) })), [true, false].map((allow) => /* @__PURE__ */ h("button", { class: allow ? "" : "main", disabled: decide.busy, onClick: () => decide.run(() => act("POST", "/api/guard/reviews/" + encodeURIComponent(i.id), { allow, reason: why[i.id] ?? "" })).then(() => {
    items.reload();
    barred.reload();
  }) }, allow ? w("allow") : w("refuse"))))))), /* @__PURE__ */ h(Command, { line: "suiren guard review" })), /* @__PURE__ */ h(Card, { title: w("suspended") }, !barred.data && barred.loading ? /* @__PURE__ */ h("p", { class: "quiet" }, t("loading")) : !barred.data?.length ? /* @__PURE__ */ h("p", null, w("nobody")) : /* @__PURE__ */ h("ul", { class: "plainlist" }, barred.data.map((s, i) => /* @__PURE__ */ h("li", { key: s.caller || i, class: "row" }, /* @__PURE__ */ h("b", null, s.caller || w("unnamed")), /* @__PURE__ */ h("code", null, s.why), /* @__PURE__ */ h("span", { class: "quiet" }, w("until", day(s.until))), mayDo("set_policy") && s.caller && /* @__PURE__ */ h("button", { disabled: decide.busy, onClick: () => decide.run(() => act("DELETE", "/api/guard/suspended/" + encodeURIComponent(s.caller))).then(barred.reload) }, w("lift")))))));
}
export {
  Guard as default
};
