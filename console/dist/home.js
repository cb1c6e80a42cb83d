// src/pages/home.tsx
import { act, bytes, Card, count, day, Fail, h, HealthCard, mayDo, mayOpen, Meter, Page, progressOfPlan, say, showRun, store, t, Tag, TaskList, useAct, useGet, clauses } from "./kit.js";

// src/pages/home.words.ts
var words = {
  title: ["By the fire", "围炉"],
  lead: ["What runs here, what it can still hold, and the next step.", "这里正在运行什么，还能容纳多少，下一步做什么。"],
  doors: ["Three doors", "三扇门"],
  next: ["What is yours here", "您在这里可以做的"],
  next_guard: ["what the policies refuse, and what waits for a person", "策略拒绝什么，哪些在等人工审核"],
  next_traces: ["each answer as it was, and the audit log", "每个回答的原貌，以及审计日志"],
  next_people: ["who may do what", "谁可以做什么"],
  next_usage: ["who used how much, and budgets", "谁用了多少，以及预算"],
  next_releases: ["what answers, and the way back", "由哪个版本作答，以及如何回退"],
  next_compute: ["what this machine can do, and what waits", "本机的能力，以及什么在排队"],
  next_settings: ["how long things are kept, backups, approvals", "保留期限、备份与批准"],
  doorRun: ["Run a model", "运行一个模型"],
  doorRunHelp: ["Name a GGUF file or a Hugging Face folder on this machine; see whether it fits; talk with it.", "指定本机上的 GGUF 文件或 Hugging Face 目录，先看是否放得下，再与它对话。"],
  doorRunGo: ["Choose a model", "选择模型"],
  doorTalk: ["Talk with {0}", "与 {0} 对话"],
  doorAsk: ["Ask my documents", "问我的文档"],
  doorAskHelp: ["Name a folder; its files are read where they lie, and questions are answered with sentences and sources. No model is needed.", "指定一个目录：文件就地读入，问题用原句回答并附出处，不需要模型。"],
  doorAskGo: ["Open knowledge", "打开知识库"],
  doorTrain: ["Train my own", "训练自己的模型"],
  doorTrainHelp: ["A small model from random weights, made here in a minute or two, that you can talk with. Then change its plan.", "从随机权重起步，一两分钟内在本机训练一个能对话的小模型，然后修改它的计划。"],
  doorTrainGo: ["Make a first model", "制作第一个模型"],
  doorTrainOn: ["Watch it being made", "查看制作过程"],
  doorTrainPlan: ["Open the plan", "打开计划"],
  now: ["What runs now", "正在运行"],
  nothing: ["No model answers yet. Choose one of the doors.", "还没有模型可以回答，请从三扇门中选一扇。"],
  answering: ["{0} of {1} answers at once", "同时回答 {0}/{1} 个"],
  waiting: ["{0} of {1} places in the queue", "排队 {0}/{1} 个"],
  waitsWhy: ["Requests wait because all {0} places are taken.", "{0} 个位置都已占用，请求正在排队。"],
  waitsNot: ["Nothing waits.", "没有排队。"],
  context: ["{0} tokens of context", "上下文 {0} 个词元"],
  origin_model: ["as the model has it", "模型自身的上限"],
  origin_memory: ["as the memory holds", "由内存决定"],
  origin_option: ["as --context says", "由 --context 指定"],
  origin_release: ["as the release says", "由发布版本指定"],
  holds: ["keys and values: {0} of {1} pages", "键值缓存：{0}/{1} 页"],
  free: ["{0} of memory free for models", "可用于模型的内存 {0}"],
  last: ["Last runs", "最近的运行"],
  noRuns: ["Nothing was made here yet. A plan says what is to be made, and a run makes it.", "这里还没有制作过。计划写明要做什么，运行把它做出来。"],
  run_running: ["running", "进行中"],
  run_done: ["done", "完成"],
  run_failed: ["failed", "失败"],
  run_interrupted: ["interrupted; apply goes on with it", "已中断，可继续"],
  making: ["Being made: {0} of {1} steps", "正在制作：{0}/{1} 步"]
};

// src/pages/home.tsx
var w = say(words);
function Home() {
  return /* @__PURE__ */ h(Page, { title: w("title"), lead: w("lead") }, /* @__PURE__ */ h(Doors, null), /* @__PURE__ */ h("div", { class: "two" }, /* @__PURE__ */ h(Now, null), mayDo("read_runs") && /* @__PURE__ */ h(Last, null)));
}
function Doors() {
  const first = store.server?.release, p = progressOfPlan(), start = useAct();
  const run = first ? mayDo("chat") : mayDo("set_library"), ask = mayDo("search") || mayDo("read_bases"), train = store.plan ? mayDo("read_plan") : mayDo("set_plan");
  if (!store.server) return null;
  if (!run && !ask && !train) return /* @__PURE__ */ h("section", { "aria-label": w("next"), class: "doors" }, /* @__PURE__ */ h(Card, { title: w("next") }, /* @__PURE__ */ h("ul", { class: "plainlist next" }, ["guard", "traces", "people", "usage", "releases", "compute", "settings"].filter(mayOpen).map((p2) => /* @__PURE__ */ h("li", { key: p2 }, /* @__PURE__ */ h("a", { href: "#" + p2 }, t(p2)), " ", /* @__PURE__ */ h("span", { class: "quiet" }, w(`next_${p2}`)))))));
  return /* @__PURE__ */ h("section", { "aria-label": w("doors"), class: "doors" }, run && /* @__PURE__ */ h("article", { class: "card door" }, /* @__PURE__ */ h("h2", null, w("doorRun")), /* @__PURE__ */ h("p", null, w("doorRunHelp")), first ? /* @__PURE__ */ h("a", { class: "button main", href: "#chat" }, w("doorTalk", first.name)) : /* @__PURE__ */ h("a", { class: "button main", href: "#models" }, w("doorRunGo"))), ask && /* @__PURE__ */ h("article", { class: "card door" }, /* @__PURE__ */ h("h2", null, w("doorAsk")), /* @__PURE__ */ h("p", null, w("doorAskHelp")), /* @__PURE__ */ h("a", { class: "button main", href: "#knowledge" }, w("doorAskGo"))), train && /* @__PURE__ */ h("article", { class: "card door" }, /* @__PURE__ */ h("h2", null, w("doorTrain")), /* @__PURE__ */ h("p", null, w("doorTrainHelp")), store.plan ? /* @__PURE__ */ h("a", { class: "button main", href: "#plan" }, p?.now ? w("doorTrainOn") : w("doorTrainPlan")) : /* @__PURE__ */ h("button", { class: "main", disabled: start.busy, onClick: () => start.run(async () => {
    await act("POST", "/api/first");
    location.hash = "#plan";
  }) }, w("doorTrainGo")), start.failure && /* @__PURE__ */ h(Fail, { of: start.failure })));
}
function Now() {
  const now = store.now, p = progressOfPlan(), free = useGet(store.server && mayDo("read_library") ? "/api/library" : "");
  return /* @__PURE__ */ h(Card, { title: w("now") }, store.server && store.server.releases.length === 0 && /* @__PURE__ */ h("p", null, w("nothing")), /* @__PURE__ */ h("ul", { class: "plainlist" }, now?.releases.map((r) => /* @__PURE__ */ h("li", { key: r.name }, mayDo("chat") ? /* @__PURE__ */ h("a", { href: "#chat" }, /* @__PURE__ */ h("b", null, r.name)) : /* @__PURE__ */ h("b", null, r.name), " ", r.context ? /* @__PURE__ */ h("span", { class: "quiet" }, clauses([w("context", count(r.context)), r.origin && Object.hasOwn(words, "origin_" + r.origin) ? w(`origin_${r.origin}`) : ""])) : null, r.stats.Pages > 0 && /* @__PURE__ */ h(Meter, { part: r.stats.PagesUsed / r.stats.Pages, label: w("holds", count(r.stats.PagesUsed), count(r.stats.Pages)) })))), p?.now && /* @__PURE__ */ h("div", null, /* @__PURE__ */ h(Meter, { part: p.part, label: w("making", p.done, p.all) }), /* @__PURE__ */ h("p", { class: "quiet" }, p.now)), now?.working !== void 0 && now.waiting !== void 0 && /* @__PURE__ */ h("div", null, /* @__PURE__ */ h(Meter, { part: now.working / now.slots, label: w("answering", now.working, now.slots) }), /* @__PURE__ */ h(Meter, { part: now.waiting / now.most, label: w("waiting", now.waiting, now.most) }), /* @__PURE__ */ h("p", { class: "quiet" }, now.waiting > 0 ? w("waitsWhy", now.slots) : w("waitsNot"))), /* @__PURE__ */ h(HealthCard, { only: true }), free.data && /* @__PURE__ */ h("p", { class: "quiet" }, w("free", bytes(free.data.free))), /* @__PURE__ */ h(TaskList, { kinds: ["knowledge", "model", "load", "plan"] }));
}
function Last() {
  const list = store.runs.slice(0, 8);
  return /* @__PURE__ */ h(Card, { title: w("last") }, list.length === 0 ? /* @__PURE__ */ h("p", null, w("noRuns")) : /* @__PURE__ */ h("ul", { class: "plainlist" }, list.map((r) => /* @__PURE__ */ h("li", { key: r.id }, /* @__PURE__ */ h("a", { href: "#plan", onClick: () => showRun(r === list[0] ? "latest" : r.id) }, day(r.began)), " ", /* @__PURE__ */ h(Tag, { kind: r.state }, Object.hasOwn(words, "run_" + r.state) ? w(`run_${r.state}`) : r.state)))));
}
export {
  Home as default
};
