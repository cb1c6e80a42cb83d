// src/pages/chat.tsx
import { ask as ask2, count, Empty, Field as Field2, Fragment as Fragment2, h as h2, mayDo as mayDo2, Meter, params, progressOfPlan, redraw as redraw3, say as say2, seconds, store as store3, t as t3, useAct, useEffect as useEffect2, useGet, useMemo, useState as useState2, Fail } from "./kit.js";

// src/pages/chat.words.ts
var words = {
  none: ["No model answers yet", "还没有模型可以回答"],
  noneHelp: ["Load one that you brought, or make one of your own; this page opens by itself when it is there. Weights of a plan without a release answer by suiren serve weights.NAME.", "请载入带来的模型，或自己制作一个；就绪后本页会自动打开。没有发布版本的计划，其权重用 suiren serve weights.名称 提供服务。"],
  load: ["Load a model", "载入模型"],
  first: ["Make my own", "自己制作"],
  model: ["Model", "模型"],
  beside: ["Beside it", "并排对比"],
  nobody: ["nobody", "不对比"],
  adapter: ["Adapter (LoRA)", "适配器（LoRA）"],
  noAdapter: ["none: the model itself", "无：模型本身"],
  knowledgeHint: ["The answer is written from its documents.", "回答依据其中的文档撰写。"],
  noBase: ["none", "不使用"],
  ownBase: ["{0} (as served)", "{0}（服务默认）"],
  options: ["Parameters", "参数"],
  system: ["What it is told before", "对话前的说明"],
  temperature: ["Temperature", "温度"],
  temperatureHint: ["0 takes the likeliest token. Empty: the model's own.", "0 总取最可能的词元。留空：随模型。"],
  top_p: ["Top p", "Top p"],
  tokens: ["Most tokens", "最多词元数"],
  tokensHint: ["Of thought and answer. Empty: as many as fit.", "思考与回答合计。留空：能放多少就放多少。"],
  seed: ["Seed", "种子"],
  seedHint: ["The same seed gives the same answer.", "种子相同则回答相同。"],
  think: ["Thought", "思考"],
  think_: ["the model's way", "随模型"],
  think_on: ["on", "开"],
  think_off: ["off", "关"],
  fresh: ["New conversation", "新对话"],
  elsewhere: ["It comes in another tab.", "正在另一标签页中作答。"],
  edit: ["Edit", "编辑"],
  editing: ["Ask it differently", "换个问法"],
  cancel: ["Cancel", "取消"],
  again: ["Answer again", "再答一次"],
  branch: ["Version {0} of {1}", "第 {0}/{1} 版"],
  earlier: ["Earlier version", "上一版"],
  later: ["Later version", "下一版"],
  context: ["Context: {0} of {1} tokens", "上下文：{0}/{1} 个词元"],
  full: ["The context is nearly full: begin a new conversation, or the next question may not fit.", "上下文快满了：请开始新对话，否则下一个问题可能放不下。"],
  alone: ["Each question stands on its own here: this release was judged that way.", "这里每个问题独立作答：该发布版本就是这样评测的。"],
  speed: ["{0} tokens in {1}, first after {2}, {3} tokens/s", "{0} 个词元，用时 {1}，首词 {2}，每秒 {3} 个"],
  receipt: ["Receipt", "回执"],
  receiptHelp: ["How this answer was made: with it, suiren replay makes the answer again, bit for bit.", "回答的制作记录：suiren replay 可据此逐位重现回答。"],
  noReceipt: ["This server keeps no receipt of this answer.", "服务器没有保存此回答的回执。"],
  save: ["Save as a file", "保存为文件"],
  replay: ["Replay", "重放"],
  replaying: ["Being made again…", "正在重做……"],
  same: ["Made again with the same seed: the same answer, character by character.", "用同一种子重做：逐字相同。"],
  differs: ["Made again with the same seed, and it differs.", "用同一种子重做，结果不同。"],
  code: ["As code", "生成代码"],
  copy: ["Copy", "复制"],
  copyCode: ["Copy the request", "复制请求"],
  copied: ["Copied.", "已复制。"],
  why: ["Why? (optional)", "原因（可不填）"],
  send: ["Send the reason", "提交原因"],
  page: ["page {0}", "第 {0} 页"],
  openAt: ["Open the document here", "在此处打开文档"],
  export: ["Save the conversation", "保存对话"],
  format: ["Format", "格式"],
  exportGo: ["Save as a file", "保存为文件"],
  exportHelp: ["It says in itself that a model wrote it, and which.", "文件内含 AI 生成标识及模型名称。"],
  tool: ["Asked for the tool {0}", "请求使用工具 {0}"]
};

// src/pages/conversations.tsx
import { day, Field, Fragment, h, mayDo, redraw as redraw2, say, store as store2, t as t2, useEffect, useState } from "./kit.js";

// src/pages/conversation.ts
import { ask, events, Failure as Failure2, redraw, store, t } from "./kit.js";
import { list as list2, me, mostOne, onTold, read, remove, shelf, write } from "./kept.js";

// src/pages/talk.ts
import { Failure } from "./kit.js";
var newId = () => [...crypto.getRandomValues(new Uint8Array(8))].map((b) => b.toString(16).padStart(2, "0")).join("");
var newTurn = (question, parent, id = newId()) => ({ id, question, replies: [], parent, children: [], chosen: 0 });
var newReply = (model, knowledge = "") => ({
  model,
  knowledge,
  id: "",
  thought: "",
  answer: "",
  calls: [],
  sources: [],
  marks: [],
  refusal: "",
  reason: "",
  failure: null,
  began: 0,
  first: 0,
  answerAt: 0,
  ended: 0,
  prompt: 0,
  tokens: 0,
  thoughtTokens: 0,
  seed: "",
  unfold: null,
  rating: null,
  ratingSaid: "",
  abort: new AbortController()
});
var newTalk = (like) => ({
  id: newId(),
  root: newTurn("", null, ""),
  draft: "",
  model: like?.model ?? "",
  beside: like?.beside ?? "",
  version: 0,
  dirty: false,
  gone: false,
  options: like ? { ...like.options } : { system: "", temperature: "", top_p: "", max_tokens: "", seed: "", think: "", adapter: "", knowledge: "" }
});
function turnsOf(t4) {
  const out = [];
  for (const list3 = [...t4.root.children]; list3.length; ) {
    const turn = list3.shift();
    out.push(turn);
    list3.push(...turn.children);
  }
  return out;
}
var numbers = ["began", "first", "answerAt", "ended", "prompt", "tokens", "thoughtTokens"];
var texts = ["model", "knowledge", "id", "thought", "answer", "refusal", "reason", "seed"];
function written(t4) {
  return JSON.stringify({
    draft: t4.draft,
    model: t4.model,
    beside: t4.beside,
    options: t4.options,
    chosen: t4.root.chosen,
    turns: turnsOf(t4).map((turn) => ({
      id: turn.id,
      after: turn.parent.id,
      question: turn.question,
      chosen: turn.chosen,
      replies: turn.replies.map(({ abort, failure, unfold, ratingSaid, ...r }) => ({ ...r, reason: r.reason === "elsewhere" ? "" : r.reason, failure: failure && { status: failure.status, code: failure.code, message: failure.message } }))
    }))
  });
}
var text = (v, most = 4 << 20) => typeof v === "string" ? v.slice(0, most) : "";
var number = (v) => typeof v === "number" && Number.isFinite(v) ? v : 0;
var list = (v) => Array.isArray(v) ? v : [];
var own = (v) => typeof v === "object" && v !== null ? v : {};
var quotes = (v) => list(v).filter((q) => Array.isArray(q) && q.length === 2 && q.every(Number.isInteger));
function taken(body2, id, version, coming2, brokenOff) {
  let v;
  try {
    v = typeof body2 === "string" ? JSON.parse(body2) : null;
  } catch {
    v = null;
  }
  if (!Array.isArray(v?.turns) || v.turns.length > 1e4) return null;
  const t4 = newTalk(), by = /* @__PURE__ */ new Map([["", t4.root]]);
  Object.assign(t4, { id, version, draft: text(v.draft), model: text(v.model, 200), beside: text(v.beside, 200) });
  for (const k of Object.keys(t4.options)) t4.options[k] = text(own(v.options)[k]);
  for (const one of v.turns) {
    const after = by.get(one?.after);
    if (!after || typeof one.id !== "string" || !/^[0-9a-f]{16}$/.test(one.id) || by.has(one.id) || typeof one.question !== "string") return null;
    const turn = newTurn(one.question, after, one.id);
    turn.chosen = number(one.chosen);
    for (const r of list(one.replies)) if (!turn.replies.some((other) => other.model === r?.model)) turn.replies.push(replyOf(own(r), coming2, brokenOff));
    after.children.push(turn);
    by.set(turn.id, turn);
  }
  t4.root.chosen = number(v.chosen);
  for (const turn of by.values()) if (!turn.children[turn.chosen]) turn.chosen = Math.max(0, turn.children.length - 1);
  return t4;
}
function replyOf(r, coming2, brokenOff) {
  const out = newReply("");
  for (const k of texts) out[k] = text(r[k]);
  for (const k of numbers) out[k] = number(r[k]);
  if (!/^\d*$/.test(out.seed)) out.seed = "";
  out.calls = list(r.calls).filter((c) => typeof c === "string");
  out.sources = list(r.sources).map(own).filter((s) => typeof s.file === "string" && typeof s.text === "string").map((s) => ({
    id: text(s.id),
    file: s.file,
    heading: text(s.heading),
    text: s.text,
    score: number(s.score),
    page: number(s.page),
    start: number(s.start),
    end: number(s.end),
    quotes: quotes(s.quotes)
  }));
  out.marks = list(r.marks).map(own).filter((m) => Number.isInteger(m.from) && Number.isInteger(m.to)).map((m) => ({
    from: m.from,
    to: m.to,
    supported: m.supported === true,
    corrected: number(m.corrected),
    cites: list(m.cites).map(own).filter((c) => Number.isInteger(c.source) && typeof c.file === "string").map((c) => ({ source: c.source, id: text(c.id), file: c.file, page: number(c.page), quotes: quotes(c.quotes) }))
  }));
  out.rating = typeof r.rating === "boolean" ? r.rating : null;
  if (r.failure) out.failure = new Failure(number(r.failure.status), text(r.failure.code), text(r.failure.message));
  else if (!out.reason) {
    if (coming2) out.reason = "elsewhere";
    else out.failure = new Failure(0, "broken", brokenOff);
  }
  return out;
}
function merge(into, from) {
  const by = new Map(turnsOf(into).map((turn) => [turn.id, turn]));
  by.set("", into.root);
  let more = false;
  for (const theirs of turnsOf(from)) {
    const mine = by.get(theirs.id);
    if (!mine) {
      const turn = newTurn(theirs.question, by.get(theirs.parent.id), theirs.id);
      turn.replies = theirs.replies;
      turn.parent.children.push(turn);
      by.set(turn.id, turn);
      more = true;
      continue;
    }
    theirs.replies.forEach((r) => {
      const at = mine.replies.findIndex((other) => other.model === r.model);
      if (at < 0) mine.replies.push(r);
      else if (mine.replies[at].reason === "elsewhere" || mine.replies[at].failure?.code === "broken" && r.reason) mine.replies[at] = r;
      else mine.replies[at].rating ??= r.rating;
    });
  }
  return more;
}
function wordsOf(body2) {
  const t4 = taken(body2, "", 0, false, "");
  return t4 ? turnsOf(t4).flatMap((turn) => [turn.question, ...turn.replies.map((r) => r.answer)]).join("\n") : "";
}

// src/pages/conversation.ts
var talk = newTalk();
var state = { told: "" };
var open = /* @__PURE__ */ new Map();
var who = "";
var reads = 0;
var now = () => performance.timeOrigin + performance.now();
function path(of = talk) {
  const out = [];
  for (let at = of.root; at.children.length; out.push(at = at.children[at.chosen])) ;
  return out;
}
var pending = (r) => !r.reason && !r.failure;
var coming = () => turnsOf(talk).flatMap((turn) => turn.replies).filter(pending);
var busy = (id) => {
  const of = talk.id === id ? talk : open.get(id);
  return !!of && turnsOf(of).some((turn) => turn.replies.some(pending));
};
var stop = () => coming().forEach((r) => r.abort.abort());
var keyboard = { here: false };
function fresh() {
  location.hash = "#chat/new";
  keyboard.here = true;
  redraw();
}
var release = (name) => store.server?.releases.find((r) => r.name === name);
var alone = (r) => !!r?.about?.layers;
var noBase = "-";
var baseFor = (model) => {
  const r = release(model), base = talk.options.knowledge;
  return !r?.bases || base === (r.base ?? noBase) ? "" : base;
};
function modelsNow() {
  const can = (store.server?.releases ?? []).filter((r) => r.answers).map((r) => r.name);
  const one = can.includes(talk.model) ? talk.model : can[0];
  return [one, ...can.includes(talk.beside) && talk.beside !== one ? [talk.beside] : []].filter(Boolean);
}
function forMe() {
  if (who === me()) return;
  for (const of of [talk, ...open.values()]) silence(of);
  open.clear();
  who = me();
  talk = newTalk();
  shelf.heads = [];
  list2();
}
function silence(of) {
  for (const turn of turnsOf(of)) for (const r of turn.replies) r.abort.abort();
}
async function turnTo(rest) {
  if (rest === talk.id || (rest === "" || rest === "new") && blank(talk)) return;
  if (rest === "") return address();
  state.told = "";
  if (!talk.gone && (talk.dirty || saving.has(talk) || busy(talk.id))) open.set(talk.id, talk);
  else open.delete(talk.id);
  if (rest === "new" || open.has(rest)) {
    talk = open.get(rest) ?? newTalk(talk);
    return redraw();
  }
  const mine = ++reads, found = await read(rest);
  const of = found && taken(found.body, rest, found.head.version, false, t("brokenOff"));
  if (mine !== reads || store.rest !== rest) return;
  if (of) talk = of;
  else {
    state.told = found ? "broken" : "missing";
    talk = newTalk(talk);
    address("new");
  }
  redraw();
  if (of) setTimeout(() => document.scrollingElement.scrollTo({ top: document.scrollingElement.scrollHeight }), 60);
}
var blank = (of) => !of.root.children.length && !of.draft.trim();
function address(rest = talk.id) {
  if (store.page !== "chat") return;
  store.rest = rest;
  history.replaceState(null, "", "#chat/" + rest);
}
function touched(of = talk, soon = 400) {
  of.dirty = true;
  if (of === talk) {
    if (state.told !== "large") state.told = "";
    if (!blank(of) && store.rest !== of.id) address();
  }
  redraw();
  later(of, soon);
}
var timers = /* @__PURE__ */ new Map();
var saving = /* @__PURE__ */ new Set();
function later(of, ms) {
  const due = now() + ms, before = timers.get(of);
  if (before && before.due <= due) return;
  clearTimeout(before?.timer);
  timers.set(of, { due, timer: setTimeout(() => {
    timers.delete(of);
    save(of);
  }, ms) });
}
async function save(of) {
  if (!of.dirty || of.gone || who !== me() || blank(of) && !of.version) return;
  if (saving.has(of)) return later(of, 100);
  if (blank(of)) {
    of.version = 0;
    of.dirty = false;
    return remove([of.id]);
  }
  saving.add(of);
  of.dirty = false;
  let more = false, large = false, gone = false;
  const kept = await write(of.id, (old) => {
    if (!old && of.version > 0) {
      gone = true;
      return null;
    }
    if (old && old.head.version !== of.version) {
      const theirs = taken(old.body, of.id, old.head.version, true, "");
      more = !!theirs && merge(of, theirs);
    }
    const body2 = written(of);
    if (body2.length > mostOne) {
      large = true;
      return null;
    }
    return { title: (of.root.children[0]?.question ?? of.draft).trim().split("\n")[0].slice(0, 80), body: body2 };
  }, busy(of.id));
  saving.delete(of);
  if (kept) of.version = kept.version;
  else if (gone) lose(of);
  else of.dirty = true;
  if (of === talk && (large || more)) state.told = large ? "large" : "both";
  if (of !== talk && !of.dirty && !busy(of.id)) open.delete(of.id);
  redraw();
}
function lose(of) {
  of.gone = true;
  silence(of);
  open.delete(of.id);
  if (of !== talk) return;
  talk = newTalk(of);
  address("new");
  redraw();
}
function deleted(ids, elsewhere = false) {
  for (const of of [talk, ...open.values()]) if (ids.includes(of.id)) {
    if (of === talk && elsewhere) state.told = "gone";
    lose(of);
  }
}
onTold(async (m) => {
  if (m.gone) deleted(m.gone, true);
  const of = talk, own2 = () => of.dirty || saving.has(of) || coming().length > 0;
  if (m.wrote !== of.id || own2() || m.version <= of.version) return;
  const found = await read(of.id), theirs = found && taken(found.body, of.id, found.head.version, !!m.coming, t("brokenOff"));
  if (!theirs || talk !== of || own2() || theirs.version <= of.version) return;
  const said = (one) => turnsOf(one).map((turn) => turn.id + turn.replies.map((r) => r.model + r.answer + r.reason)).join();
  if (said(theirs) !== said(of)) state.told = "other";
  talk = theirs;
  redraw();
});
addEventListener("pagehide", () => {
  for (const of of [talk, ...open.values()]) save(of);
});
addEventListener("visibilitychange", () => {
  if (document.hidden) for (const of of [talk, ...open.values()]) save(of);
});
function send(text2, after = path().at(-1) ?? talk.root) {
  text2 = text2.trim();
  if (!text2 || coming().length) return;
  const turn = newTurn(text2, after);
  after.children.push(turn);
  after.chosen = after.children.length - 1;
  for (const model of modelsNow()) turn.replies.push(begin(turn, model));
  touched(talk, 0);
}
function sendDraft() {
  if (!talk.draft.trim() || coming().length) return;
  const text2 = talk.draft;
  talk.draft = "";
  send(text2);
}
var again = (turn, text2 = turn.question) => send(text2, turn.parent);
function body(turn, model, seed = talk.options.seed) {
  const o = talk.options, messages = [];
  if (o.system.trim()) messages.push({ role: "system", content: o.system });
  if (!alone(release(model))) {
    const before = [];
    for (let at = turn.parent; at?.parent; at = at.parent) before.unshift(at);
    for (const old of before) {
      const r = old.replies.find((one) => one.model === model) ?? old.replies[0];
      messages.push({ role: "user", content: old.question });
      if (r?.answer) messages.push({ role: "assistant", content: r.answer });
    }
  }
  messages.push({ role: "user", content: turn.question });
  const b = { model, messages };
  for (const k of ["temperature", "top_p", "max_tokens"]) if (o[k] !== "" && Number.isFinite(+o[k])) b[k] = +o[k];
  if (release(model)?.about?.adapters?.includes(o.adapter)) b.adapter = o.adapter;
  const base = baseFor(model);
  if (base) b.knowledge = base !== noBase && base;
  if (o.think) b.think = o.think === "on";
  if (/^\d+$/.test(seed)) b.seed = seed;
  return b;
}
var wire = (b, space = 0) => JSON.stringify(b, null, space).replace(/"seed":( ?)"(\d+)"/, '"seed":$1$2');
function begin(turn, model, seed) {
  const base = baseFor(model), reply = { ...newReply(model, base === noBase ? "" : base), began: now() };
  run(talk, reply, wire({ ...body(turn, model, seed), stream: true, stream_options: { include_usage: true } }));
  return reply;
}
async function run(of, reply, text2) {
  try {
    const r = await ask("POST", "/v1/chat/completions", text2, reply.abort.signal);
    let whole = false;
    for await (const e of events(r)) {
      if (e.data === "[DONE]") {
        whole = true;
        break;
      }
      take(reply, e.data);
      change(of, reply);
    }
    if (!whole) throw new Failure2(0, "broken", t("brokenOff"));
  } catch (err) {
    if (reply.abort.signal.aborted) reply.reason = "cancelled";
    else reply.failure = err instanceof Failure2 ? err : new Failure2(0, "broken", t("brokenOff"));
    if (reply.failure?.status === 401) store.signIn = true;
  }
  reply.ended = now();
  change(of, reply);
}
function take(reply, data) {
  const c = JSON.parse(data);
  if (c.error) throw new Failure2(500, c.error.code, c.error.message);
  reply.id = c.id;
  reply.first ||= now();
  if (c.suiren?.sources) reply.sources = c.suiren.sources;
  if (c.suiren?.marks) reply.marks.push(...c.suiren.marks);
  if (c.suiren?.refusal) reply.refusal = c.suiren.refusal.text;
  if (c.suiren?.retract) {
    const { from, text: text2 } = c.suiren.retract;
    reply.answer = new TextDecoder().decode(new TextEncoder().encode(reply.answer).slice(0, from));
    reply.marks = reply.marks.filter((m) => m.to <= [...reply.answer].length);
    reply.refusal = text2;
  }
  if (c.suiren?.seed !== void 0) reply.seed = /"seed":(\d+)/.exec(data)?.[1] ?? "";
  if (c.usage) {
    reply.prompt = c.usage.prompt_tokens;
    reply.tokens = c.usage.completion_tokens;
    reply.thoughtTokens = c.usage.completion_tokens_details?.reasoning_tokens ?? 0;
  }
  const choice = c.choices[0];
  if (!choice) return;
  if (choice.delta.reasoning_content) reply.thought += choice.delta.reasoning_content;
  for (const call of choice.delta.tool_calls ?? []) if (call.function?.name) reply.calls.push(call.function.name);
  if (choice.delta.content && !choice.delta.refusal) {
    reply.answerAt ||= now();
    reply.answer += choice.delta.content;
  }
  if (choice.finish_reason) {
    reply.ended = now();
    reply.reason = choice.finish_reason;
  }
}
function change(of, reply) {
  of.dirty = true;
  later(of, pending(reply) ? 500 : 0);
  if (of !== talk) return redraw();
  const page = document.scrollingElement;
  const low = page.scrollHeight - page.scrollTop - page.clientHeight < 120 || !reply.id;
  redraw();
  if (low) setTimeout(() => page.scrollTo({ top: page.scrollHeight }), 40);
}
var rated = Promise.resolve();
var rating = /* @__PURE__ */ new Map();
function rate(reply, good, reason = "") {
  const before = reply.rating, of = talk, mine = (rating.get(reply) ?? 0) + 1;
  rating.set(reply, mine);
  reply.rating = good;
  reply.ratingSaid = "";
  redraw();
  rated = rated.then(async () => {
    let said = "thanks", failed = false;
    try {
      await ask("POST", "/api/feedback", { id: reply.id, good, reason });
    } catch (err) {
      [said, failed] = [err.message, true];
    }
    if (rating.get(reply) !== mine) return;
    rating.delete(reply);
    if (failed) reply.rating = before;
    reply.ratingSaid = said;
    touched(of);
  });
}

// src/pages/conversations.words.ts
var words2 = {
  title: ["Conversations", "对话列表"],
  fresh: ["New conversation", "新对话"],
  search: ["Search conversations", "搜索对话"],
  found: ["{0} found", "找到 {0} 个"],
  foundNone: ["No conversation says that.", "没有对话含有这些字。"],
  untitled: ["Untitled", "未命名"],
  coming: ["answering", "作答中"],
  rename: ["Rename", "改名"],
  renameOf: ["Rename {0}", "改名：{0}"],
  name: ["New name", "新名称"],
  save: ["Save", "保存"],
  delete: ["Delete", "删除"],
  deleteOf: ["Delete {0}", "删除：{0}"],
  sure: ["Delete it?", "删除？"],
  all: ["Delete all", "全部删除"],
  sureAll: ["Delete all {0}?", "删除全部 {0} 个？"],
  yes: ["Yes, delete", "确认删除"],
  no: ["Cancel", "取消"],
  kept: ["Conversations are kept in this browser alone, for you; signing out deletes them.", "对话只为您保存在此浏览器中，退出登录即删除。"],
  keptAll: ["Conversations are kept in this browser alone; whoever uses it sees them.", "对话只保存在此浏览器中，使用此浏览器的人都能看到。"],
  trouble_refused: ["This browser keeps nothing, as in a private window: conversations end with this page.", "此浏览器不保存内容（如无痕窗口）：关闭本页，对话即消失。"],
  trouble_newer: ["What this browser keeps was written by a newer Suiren and is left alone; conversations end with this page.", "此浏览器中的内容由较新的 Suiren 写入，未作改动；关闭本页，对话即消失。"],
  trouble_full: ["This browser has no more room: what comes now ends with this page. Delete conversations that you no longer need.", "此浏览器空间已满：新内容随本页关闭而消失。请删除不再需要的对话。"],
  strange: ["{0} more were written by another version and are left as they are.", "另有 {0} 个由其他版本写入，保持原样。"],
  next: ["The room for conversations is nearly used: when another is kept, the oldest goes, “{0}”.", "保存对话的空间即将用完：再保存新对话时，最旧的“{0}”将被删除。"],
  close: ["Close", "关闭"],
  dropped: ["The oldest conversation went, there was no more room: “{0}”.", "空间不足，最旧的对话已删除：“{0}”。"],
  told_other: ["Another tab went on with this conversation; this is what it wrote.", "另一标签页继续了此对话，这里显示其内容。"],
  told_both: ["Another tab wrote in this conversation too; both are here, as versions where they part.", "另一标签页也写入了此对话；两者都已保留，分歧处成为不同版本。"],
  told_gone: ["The conversation that was open here was deleted in another tab.", "此处打开的对话已在另一标签页中删除。"],
  told_missing: ["There is no such conversation in this browser. Here is a new one.", "此浏览器中没有该对话。已新建一个。"],
  told_broken: ["That conversation cannot be read and is left as it is. Here is a new one.", "该对话无法读取，保持原样。已新建一个。"],
  told_file: ["A file is not asked about here. Documents are read into a base, and answered from there with their place.", "此处不能直接就文件提问。请把文档读入知识库，在那里提问，回答会注明出处。"],
  told_large: ["This conversation is too long to keep: what comes now ends with this page. Begin a new one.", "此对话过长，无法继续保存：新内容随本页关闭而消失。请开始新对话。"]
};

// src/pages/conversations.tsx
import { next, remove as remove2, rename, search, shelf as shelf2 } from "./kept.js";
var w = say(words2);
function Conversations() {
  const [unfolded, unfold] = useState(false), [text2, setText] = useState(""), [found, setFound] = useState(null), [sure, ask3] = useState(false);
  useEffect(() => {
    if (!text2.trim()) return setFound(null);
    let over = false;
    const timer = setTimeout(() => search(text2.trim(), wordsOf).then((ids) => {
      if (!over) setFound(ids);
    }), 200);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [text2, shelf2.heads]);
  const heads = shelf2.heads.filter((head) => !found || found.includes(head.id)), close = () => unfold(false);
  return /* @__PURE__ */ h("aside", { class: unfolded ? "conversations open" : "conversations", "aria-label": w("title") }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("button", { type: "button", class: "fold", "aria-expanded": unfolded, onClick: () => unfold(!unfolded) }, w("title"), shelf2.heads.length > 0 && ` · ${shelf2.heads.length}`), /* @__PURE__ */ h("a", { class: "button", href: "#chat/new", onClick: () => {
    close();
    fresh();
  } }, "＋ ", w("fresh"))), /* @__PURE__ */ h("div", { class: "shelf" }, shelf2.heads.length > 0 && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("label", { class: "hidden", for: "search" }, w("search")), /* @__PURE__ */ h("input", { id: "search", type: "search", placeholder: w("search"), value: text2, maxLength: 200, onInput: (e) => setText(e.target.value) }), /* @__PURE__ */ h("p", { class: "hidden", role: "status" }, found ? w("found", heads.length) : ""), found && heads.length === 0 && /* @__PURE__ */ h("p", { class: "quiet" }, w("foundNone")), /* @__PURE__ */ h("ul", { class: "plainlist" }, heads.map((head) => /* @__PURE__ */ h(Item, { key: head.id, head, opened: close })))), /* @__PURE__ */ h("p", { class: "quiet" }, shelf2.trouble ? w(`trouble_${shelf2.trouble}`) : w(store2.who?.keys ? "kept" : "keptAll")), shelf2.strange > 0 && /* @__PURE__ */ h("p", { class: "quiet" }, w("strange", shelf2.strange)), next() && /* @__PURE__ */ h("p", { class: "bad" }, w("next", next().title)), shelf2.heads.length > 1 && (sure ? /* @__PURE__ */ h("div", { class: "row", role: "group", "aria-label": w("all") }, /* @__PURE__ */ h("span", { class: "bad" }, w("sureAll", shelf2.heads.length)), /* @__PURE__ */ h("button", { type: "button", onClick: () => {
    const ids = shelf2.heads.map((head) => head.id);
    ask3(false);
    remove2(ids);
    deleted(ids);
  } }, w("yes")), /* @__PURE__ */ h("button", { type: "button", onClick: () => ask3(false) }, w("no"))) : /* @__PURE__ */ h("button", { type: "button", class: "bare", onClick: () => ask3(true) }, w("all")))));
}
function Item({ head, opened }) {
  const [doing, set] = useState(""), [title, setTitle] = useState(""), here = head.id === talk.id;
  if (doing === "rename") return /* @__PURE__ */ h("li", null, /* @__PURE__ */ h("form", { onSubmit: (e) => {
    e.preventDefault();
    set("");
    if (title.trim()) rename(head.id, title.trim());
  }, onKeyDown: (e) => {
    if (e.key === "Escape") set("");
  } }, /* @__PURE__ */ h(Field, { label: w("name") }, (id) => /* @__PURE__ */ h("input", { id, ref: (e) => {
    if (e && document.activeElement !== e && !e.dataset.met) {
      e.dataset.met = "1";
      e.select();
    }
  }, value: title, maxLength: 200, onInput: (e) => setTitle(e.target.value) })), /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("button", { class: "main" }, w("save")), /* @__PURE__ */ h("button", { type: "button", onClick: () => set("") }, w("no")))));
  return /* @__PURE__ */ h("li", { class: here ? "here" : "" }, /* @__PURE__ */ h("a", { href: "#chat/" + head.id, "aria-current": here ? "page" : void 0, title: day(head.changed / 1e3), onClick: opened }, head.title || w("untitled"), busy(head.id) && /* @__PURE__ */ h("span", { class: "quiet pulse" }, " · ", w("coming"))), doing === "delete" ? /* @__PURE__ */ h("div", { class: "row", role: "group", "aria-label": w("delete") }, /* @__PURE__ */ h("span", { class: "bad" }, w("sure")), /* @__PURE__ */ h("button", { type: "button", onClick: () => {
    remove2([head.id]);
    deleted([head.id]);
  } }, w("yes")), /* @__PURE__ */ h("button", { type: "button", onClick: () => set("") }, w("no"))) : /* @__PURE__ */ h("span", { class: "tools" }, /* @__PURE__ */ h("button", { type: "button", class: "bare", "aria-label": w("renameOf", head.title), onClick: () => {
    setTitle(head.title);
    set("rename");
  } }, w("rename")), /* @__PURE__ */ h("button", { type: "button", class: "bare", "aria-label": w("deleteOf", head.title), onClick: () => set("delete") }, w("delete"))));
}
function Trouble() {
  return /* @__PURE__ */ h("div", { role: "status", class: "told" }, state.told && /* @__PURE__ */ h("p", { class: "once" }, w(`told_${state.told}`), " ", state.told === "file" && mayDo("search") && /* @__PURE__ */ h("a", { href: "#knowledge" }, t2("knowledge"))), shelf2.dropped && /* @__PURE__ */ h("p", { class: "once" }, w("dropped", shelf2.dropped), " ", /* @__PURE__ */ h("button", { type: "button", class: "bare", onClick: () => {
    shelf2.dropped = "";
    redraw2();
  } }, w("close"))));
}

// src/pages/chat.tsx
import { copy, Copy } from "./copy.js";
import { Document, spans } from "./document.js";
import { me as me2 } from "./kept.js";
import { Prose } from "./prose.js";
import { Written } from "./written.js";
var w2 = say2(words);
function Chat() {
  const s = store3.server;
  useEffect2(() => {
    document.addEventListener("copy", labelled);
    return () => document.removeEventListener("copy", labelled);
  }, []);
  if (store3.failure && !s) return /* @__PURE__ */ h2("div", { class: "card middle", role: "alert" }, /* @__PURE__ */ h2("p", { class: "failure" }, store3.failure.message));
  if (!s) return /* @__PURE__ */ h2("p", { class: "middle quiet" }, t3("loading"));
  forMe();
  return /* @__PURE__ */ h2(Talks, { key: me2() });
}
function Talks() {
  useEffect2(() => {
    turnTo(store3.rest);
  }, [store3.rest]);
  useEffect2(() => {
    const key = (e) => {
      if (e.key !== "Escape" || e.isComposing || e.defaultPrevented || document.querySelector("dialog[open]") || e.target.closest(".shelf, .edit")) return;
      stop();
    };
    const over = (e) => {
      if (e.dataTransfer?.types.includes("Files")) e.preventDefault();
    };
    const drop = (e) => {
      if (!e.dataTransfer?.types.includes("Files")) return;
      e.preventDefault();
      state.told = "file";
      redraw3();
    };
    document.addEventListener("keydown", key);
    document.addEventListener("dragover", over);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("keydown", key);
      document.removeEventListener("dragover", over);
      document.removeEventListener("drop", drop);
      store3.title = "";
    };
  }, []);
  const turns = path();
  store3.title = turns[0]?.question.trim().split("\n")[0].slice(0, 60) ?? "";
  const comes = !["", "new", talk.id].includes(store3.rest), none = !modelsNow().length;
  return /* @__PURE__ */ h2("div", { class: "talks" }, /* @__PURE__ */ h2(Conversations, null), /* @__PURE__ */ h2("div", { key: talk.id, class: turns.length || none ? "chat" : "chat new" }, turns.length > 0 && /* @__PURE__ */ h2("h1", { class: "hidden" }, t3("chat")), /* @__PURE__ */ h2(Trouble, null), comes ? /* @__PURE__ */ h2("p", { class: "quiet" }, t3("loading")) : /* @__PURE__ */ h2(Fragment2, null, (turns.length > 0 || !none) && /* @__PURE__ */ h2("div", { class: "turns", role: "log", "aria-live": "polite", "aria-label": t3("conversation") }, turns.length === 0 ? /* @__PURE__ */ h2(Hello, null) : turns.map((turn) => /* @__PURE__ */ h2(TurnView, { key: turn.id, turn }))), none ? store3.plan ? /* @__PURE__ */ h2(NotReady, null) : /* @__PURE__ */ h2(Nobody, null) : /* @__PURE__ */ h2(Ask, null))));
}
function Nobody() {
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("h1", { class: "hidden" }, t3("chat")), /* @__PURE__ */ h2(Empty, { title: w2("none") }, /* @__PURE__ */ h2("p", null, w2("noneHelp")), /* @__PURE__ */ h2("div", { class: "row" }, /* @__PURE__ */ h2("a", { class: "button main", href: "#models" }, w2("load")), /* @__PURE__ */ h2("a", { class: "button", href: "#home" }, w2("first")))));
}
function NotReady() {
  const p = progressOfPlan();
  return /* @__PURE__ */ h2("div", { class: "card middle" }, /* @__PURE__ */ h2("h1", null, t3("notReady")), p && /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("progress", { max: 1, value: p.part, "aria-label": t3("notReady") }), /* @__PURE__ */ h2("p", null, p.text, p.now && /* @__PURE__ */ h2("span", { class: "quiet" }, " · ", p.now))), /* @__PURE__ */ h2("p", { class: "quiet" }, t3("notReadyHelp")), /* @__PURE__ */ h2("a", { class: "button main", href: "#plan" }, t3("toPlan")));
}
function Hello() {
  const r = release(modelsNow()[0]), en = store3.lang === "en";
  return /* @__PURE__ */ h2("div", { class: "hello" }, /* @__PURE__ */ h2("h1", null, t3("hello", r.name)), alone(r) && /* @__PURE__ */ h2("p", { class: "quiet" }, t3("helloHelp")), /* @__PURE__ */ h2(Facts, null), r.examples.length > 0 && /* @__PURE__ */ h2("ul", { class: "examples", "aria-label": t3("examples") }, r.examples.map((e) => /* @__PURE__ */ h2("li", null, /* @__PURE__ */ h2("button", { onClick: () => send(en ? e.en : e.zh) }, en ? e.en : e.zh)))));
}
function Facts() {
  const r = release(modelsNow()[0]), a = r.about, facts = [];
  if (a?.parameters) facts.push(t3("factParameters", params(a.parameters)));
  if (a?.think) facts.push(t3("factThink", count(a.think)));
  if (a?.passages) facts.push(t3("factPassages", count(a.passages)));
  facts.push(t3("factHere"));
  return /* @__PURE__ */ h2("ul", { class: "facts" }, facts.map((f) => /* @__PURE__ */ h2("li", null, f)));
}
function TurnView({ turn }) {
  const [editing, edit] = useState2(null);
  const beside = turn.parent.children, at = beside.indexOf(turn);
  const choose = (i) => {
    turn.parent.chosen = i;
    touched();
  };
  const idle = coming().length === 0;
  return /* @__PURE__ */ h2("article", { class: "turn" }, editing === null ? /* @__PURE__ */ h2("div", { class: "question" }, /* @__PURE__ */ h2("span", { class: "hidden" }, t3("you"), ": "), turn.question) : /* @__PURE__ */ h2("form", { class: "question edit", onSubmit: (e) => {
    e.preventDefault();
    edit(null);
    again(turn, editing);
  } }, /* @__PURE__ */ h2(Field2, { label: w2("editing") }, (id) => /* @__PURE__ */ h2("textarea", { id, rows: 2, value: editing, onInput: (e) => edit(e.target.value) })), /* @__PURE__ */ h2("div", { class: "row" }, /* @__PURE__ */ h2("button", { class: "main", disabled: !editing.trim() || !idle }, t3("send")), /* @__PURE__ */ h2("button", { type: "button", onClick: () => edit(null) }, w2("cancel")))), /* @__PURE__ */ h2("div", { class: "turn-tools" }, beside.length > 1 && /* @__PURE__ */ h2("span", { class: "branches" }, /* @__PURE__ */ h2("button", { class: "bare", disabled: at === 0, "aria-label": w2("earlier"), onClick: () => choose(at - 1) }, "‹"), /* @__PURE__ */ h2("span", { class: "quiet" }, w2("branch", at + 1, beside.length)), /* @__PURE__ */ h2("button", { class: "bare", disabled: at === beside.length - 1, "aria-label": w2("later"), onClick: () => choose(at + 1) }, "›")), idle && editing === null && /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("button", { class: "bare", onClick: () => edit(turn.question) }, w2("edit")), /* @__PURE__ */ h2("button", { class: "bare", onClick: () => again(turn) }, w2("again")))), /* @__PURE__ */ h2("div", { class: turn.replies.length > 1 ? "replies two" : "replies" }, turn.replies.map((r) => /* @__PURE__ */ h2(ReplyView, { key: r.model, reply: r, turn, many: turn.replies.length > 1 }))));
}
function labelled(e) {
  const chosen = getSelection(), at = document.activeElement;
  if (!chosen?.rangeCount || chosen.isCollapsed || !e.clipboardData || at instanceof HTMLTextAreaElement || at instanceof HTMLInputElement) return;
  const range = chosen.getRangeAt(0), label = t3("aiLabel");
  if (![...document.querySelectorAll(".reply.made :is(.answer, .thoughts)")].some((n) => range.intersectsNode(n))) return;
  const rich = document.createElement("div"), last = document.createElement("p");
  last.textContent = label;
  rich.append(range.cloneContents(), last);
  e.clipboardData.setData("text/plain", chosen + "\n\n" + label);
  e.clipboardData.setData("text/html", rich.innerHTML);
  e.preventDefault();
}
function ReplyView({ reply, turn, many }) {
  return /* @__PURE__ */ h2("div", { class: release(reply.model)?.label ? "reply made" : "reply" }, many && /* @__PURE__ */ h2("h2", { class: "who" }, reply.model), /* @__PURE__ */ h2(Thought, { reply }), reply.calls.map((name) => /* @__PURE__ */ h2("p", { class: "quiet" }, w2("tool", name))), reply.marks.length > 0 ? /* @__PURE__ */ h2(Written, { of: reply, path: (file) => documentOf(reply, file) }) : reply.answer && /* @__PURE__ */ h2("div", { class: "answer" }, /* @__PURE__ */ h2(Prose, { text: answerOf(reply) })), reply.refusal && /* @__PURE__ */ h2("div", { class: "answer refusal" }, reply.refusal), reply.failure && /* @__PURE__ */ h2("div", { class: "failure", role: "alert" }, /* @__PURE__ */ h2("p", null, reply.failure.message), reply.failure.code === "model_not_ready" ? /* @__PURE__ */ h2("a", { class: "button", href: "#plan" }, t3("toPlan")) : /* @__PURE__ */ h2("button", { onClick: () => again(turn) }, t3("retry"))), reply.reason === "elsewhere" && /* @__PURE__ */ h2("p", { class: "quiet pulse" }, w2("elsewhere")), reply.reason === "cancelled" && /* @__PURE__ */ h2("p", { class: "quiet" }, t3("stopped")), reply.reason === "length" && /* @__PURE__ */ h2("p", { class: "quiet" }, t3("cutShort")), reply.sources.length > 0 && reply.answer && !reply.marks.length && /* @__PURE__ */ h2(Sources, { of: reply }), reply.reason && reply.reason !== "elsewhere" && /* @__PURE__ */ h2(Foot, { reply, turn }));
}
function answerOf(reply) {
  const end = reply.answer.lastIndexOf("\n\n");
  const named = end > 0 && reply.sources.some((s) => reply.answer.indexOf(s.file, end) > 0);
  return named ? reply.answer.slice(0, end) : reply.answer;
}
function Thought({ reply }) {
  if (!reply.thought) return reply.reason || reply.answer || reply.failure ? null : /* @__PURE__ */ h2("p", { class: "quiet pulse" }, t3("waiting"));
  const thinking = !reply.answerAt && !reply.reason;
  const took = seconds(((reply.answerAt || reply.ended) - reply.began) / 1e3);
  return /* @__PURE__ */ h2("details", { class: "thought", open: reply.unfold ?? thinking }, /* @__PURE__ */ h2("summary", { class: thinking ? "pulse" : "", onClick: (e) => {
    e.preventDefault();
    reply.unfold = !(reply.unfold ?? thinking);
    redraw3();
  } }, thinking ? t3("thinking") : reply.thoughtTokens ? t3("thoughtTokens", took, reply.thoughtTokens) : t3("thought", took)), /* @__PURE__ */ h2("div", { class: "thoughts" }, reply.thought));
}
var documentOf = (of, file) => `${of.knowledge ? `/api/bases/${encodeURIComponent(of.knowledge)}/text` : `/api/documents/${encodeURIComponent(of.model)}`}?file=${encodeURIComponent(file)}`;
function Sources({ of }) {
  const quoted = answerOf(of).replace(/[“”]/g, "").trim(), [open2, setOpen] = useState2(null);
  const cited = (s) => {
    const at = quoted.length > 8 ? s.text.indexOf(quoted) : -1, from = [...s.text.slice(0, Math.max(at, 0))].length;
    return { ...s, quotes: s.quotes?.length ? s.quotes : at < 0 ? void 0 : [[from, from + [...quoted].length]] };
  };
  return /* @__PURE__ */ h2("section", { class: "sources", "aria-label": t3("sources") }, /* @__PURE__ */ h2("h2", null, t3("sources")), of.sources.map((s) => {
    const c = cited(s);
    return /* @__PURE__ */ h2("details", null, /* @__PURE__ */ h2("summary", null, s.heading && /* @__PURE__ */ h2("span", null, s.heading, " · "), s.page ? /* @__PURE__ */ h2("span", null, w2("page", s.page), " · ") : null, /* @__PURE__ */ h2("code", null, s.file)), /* @__PURE__ */ h2("blockquote", null, c.quotes ? spans(s.text, c.quotes).map(([text2, here]) => here ? /* @__PURE__ */ h2("mark", null, text2) : text2) : s.text), /* @__PURE__ */ h2("button", { class: "open-source", onClick: () => setOpen(c) }, w2("openAt")));
  }), open2 && /* @__PURE__ */ h2(Document, { path: documentOf(of, open2.file), at: open2, close: () => setOpen(null) }));
}
function Foot({ reply, turn }) {
  const said = reply.answer || reply.thought, r = release(reply.model);
  const [why, setWhy] = useState2(null);
  const total = (reply.ended - reply.began) / 1e3, first = (reply.first - reply.began) / 1e3;
  const after = total - first;
  const click = (good) => {
    setWhy("");
    rate(reply, good);
  };
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("footer", { class: said ? "" : "hidden" }, r?.label && said && /* @__PURE__ */ h2("span", { class: "label" }, t3("aiLabel")), reply.tokens > 0 && /* @__PURE__ */ h2("span", { class: "quiet" }, after > 0.05 ? w2("speed", reply.tokens, seconds(total), seconds(first), count(+(Math.max(reply.tokens - 1, 1) / after).toPrecision(3))) : t3("cost", reply.tokens, seconds(total))), reply.id && reply.answer && /* @__PURE__ */ h2("span", { class: "rate" }, /* @__PURE__ */ h2("button", { "aria-pressed": reply.rating === true, "aria-label": t3("good"), title: t3("good"), onClick: () => click(true) }, /* @__PURE__ */ h2(Thumb, { up: true })), /* @__PURE__ */ h2("button", { "aria-pressed": reply.rating === false, "aria-label": t3("bad"), title: t3("bad"), onClick: () => click(false) }, /* @__PURE__ */ h2(Thumb, null))), reply.answer && /* @__PURE__ */ h2(Copy, { text: reply.answer + (r?.label ? `

[${t3("aiLabel")}]` : ""), label: w2("copy") }), /* @__PURE__ */ h2("span", { class: "quiet", role: "status" }, reply.ratingSaid === "thanks" ? t3("thanks") : reply.ratingSaid)), why !== null && reply.rating !== null && /* @__PURE__ */ h2("form", { class: "why row", onSubmit: (e) => {
    e.preventDefault();
    rate(reply, reply.rating, why);
    setWhy(null);
  } }, /* @__PURE__ */ h2(Field2, { label: w2("why") }, (id) => /* @__PURE__ */ h2("input", { id, value: why, maxLength: 2e3, onInput: (e) => setWhy(e.target.value) })), /* @__PURE__ */ h2("button", { disabled: !why.trim() }, w2("send"))), r && r.context > 0 && reply.prompt > 0 && /* @__PURE__ */ h2(Limit, { used: reply.prompt + reply.tokens, of: r.context }), said && /* @__PURE__ */ h2(Proof, { reply, turn }));
}
function Limit({ used, of }) {
  return /* @__PURE__ */ h2("div", { class: "limit" }, /* @__PURE__ */ h2(Meter, { part: used / of, label: w2("context", count(used), count(of)) }), used / of > 0.9 && /* @__PURE__ */ h2("p", { class: "bad" }, w2("full")));
}
function Proof({ reply, turn }) {
  const [receipt, setReceipt] = useState2(null), [same, setSame] = useState2(null), [busy2, setBusy] = useState2(false);
  const file = useMemo(() => receipt ? URL.createObjectURL(new Blob([receipt], { type: "application/json" })) : "", [receipt]);
  const load = async () => {
    if (receipt !== null || !reply.id) return;
    try {
      setReceipt(JSON.stringify(await (await ask2("GET", "/v1/receipts/" + encodeURIComponent(reply.id))).json(), null, 2));
    } catch {
      setReceipt("");
    }
  };
  const replay = () => {
    setBusy(true);
    setSame(null);
    const second = begin(turn, reply.model, reply.seed);
    const timer = setInterval(() => {
      if (!second.reason && !second.failure) return;
      clearInterval(timer);
      setBusy(false);
      setSame(!second.failure && second.answer === reply.answer && second.thought === reply.thought);
    }, 50);
  };
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("details", { class: "proof", onToggle: (e) => {
    if (e.target.open) load();
  } }, /* @__PURE__ */ h2("summary", null, w2("receipt")), /* @__PURE__ */ h2("p", { class: "quiet" }, w2("receiptHelp")), receipt === "" && /* @__PURE__ */ h2("p", null, w2("noReceipt")), receipt && /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("pre", { tabIndex: 0, "aria-label": w2("receipt") }, receipt), /* @__PURE__ */ h2("a", { class: "button", download: `${reply.id}.json`, href: file }, w2("save"))), reply.seed && /* @__PURE__ */ h2("button", { disabled: busy2, onClick: replay }, w2("replay")), /* @__PURE__ */ h2("p", { role: "status" }, busy2 ? w2("replaying") : same === null ? "" : same ? "✓ " + w2("same") : "✗ " + w2("differs"))), /* @__PURE__ */ h2("details", { class: "proof" }, /* @__PURE__ */ h2("summary", null, w2("code")), /* @__PURE__ */ h2(Code, { turn, model: reply.model })));
}
function Code({ turn, model }) {
  const [tongue, setTongue] = useState2("curl"), [said, setSaid] = useState2("");
  const json = wire(body(turn, model), 2), base = location.origin + "/v1";
  const text2 = tongue === "curl" ? `curl ${base}/chat/completions \\
  -H "Authorization: Bearer $SUIREN_KEY" \\
  -H "Content-Type: application/json" \\
  -d @- <<'JSON'
${json}
JSON` : tongue === "Python" ? `import json, os
from openai import OpenAI

client = OpenAI(base_url="${base}", api_key=os.environ["SUIREN_KEY"])
request = json.loads(r"""
${json.replaceAll('"""', "\\u0022\\u0022\\u0022")}
""")
reply = client.post("/chat/completions", body=request, cast_to=dict)
print(reply["choices"][0]["message"]["content"])` : `package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func main() {
	body := strings.NewReader(${goText(json)})
	r, err := http.NewRequest("POST", "${base}/chat/completions", body)
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer "+os.Getenv("SUIREN_KEY"))
	r.Header.Set("Content-Type", "application/json")
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		panic(err)
	}
	defer reply.Body.Close()
	text, _ := io.ReadAll(reply.Body)
	fmt.Println(string(text))
}`;
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("div", { class: "row" }, /* @__PURE__ */ h2("label", { class: "hidden", for: "tongue" + turn.id + model }, w2("code")), /* @__PURE__ */ h2("select", { id: "tongue" + turn.id + model, value: tongue, onChange: (e) => {
    setSaid("");
    setTongue(e.target.value);
  } }, ["curl", "Python", "Go"].map((v) => /* @__PURE__ */ h2("option", { key: v }, v))), /* @__PURE__ */ h2("button", { onClick: async () => setSaid(await copy(text2) ? w2("copied") : "") }, w2("copyCode")), /* @__PURE__ */ h2("span", { class: "quiet", role: "status" }, said)), /* @__PURE__ */ h2("pre", { tabIndex: 0, "aria-label": w2("code") }, /* @__PURE__ */ h2("code", null, text2)));
}
var goText = (s) => s.includes("`") ? JSON.stringify(s) : "`" + s + "`";
function Thumb({ up = false }) {
  return /* @__PURE__ */ h2("svg", { class: up ? "" : "down", viewBox: "0 0 20 20", width: "18", height: "18", "aria-hidden": "true" }, /* @__PURE__ */ h2(
    "path",
    {
      d: "M2 9h3v8H2zM7 9l3-7c1.5 0 2 1 2 2.2L11.6 8H16c1.2 0 2 .9 1.8 2l-1 5.5c-.2.9-.9 1.5-1.8 1.5H7z",
      fill: "none",
      stroke: "currentColor",
      "stroke-width": "1.5",
      "stroke-linejoin": "round"
    }
  ));
}
function Ask() {
  const busy2 = coming();
  useEffect2(() => {
    if (!keyboard.here || path().length || talk.draft.trim()) return;
    keyboard.here = false;
    document.getElementById("question").focus();
  });
  return /* @__PURE__ */ h2("form", { class: "ask", onSubmit: (e) => {
    e.preventDefault();
    sendDraft();
    document.getElementById("question").focus();
  } }, /* @__PURE__ */ h2("label", { class: "hidden", for: "question" }, t3("question")), /* @__PURE__ */ h2("div", { class: "field" }, /* @__PURE__ */ h2(
    "textarea",
    {
      id: "question",
      rows: 1,
      placeholder: t3("askPlace"),
      value: talk.draft,
      "aria-describedby": "how",
      onInput: (e) => {
        talk.draft = e.target.value;
        touched();
      },
      onKeyDown: (e) => {
        if (e.key !== "Enter" || e.shiftKey || e.isComposing || e.keyCode === 229) return;
        e.preventDefault();
        sendDraft();
      }
    }
  ), /* @__PURE__ */ h2("div", { class: "buttons" }, /* @__PURE__ */ h2("span", { id: "how", class: "quiet" }, t3("askHint")), path().length > 0 && !busy2.length && /* @__PURE__ */ h2("button", { type: "button", class: "bare", onClick: fresh }, w2("fresh")), busy2.length ? /* @__PURE__ */ h2("button", { type: "button", class: "main", onClick: stop }, t3("stop")) : /* @__PURE__ */ h2("button", { type: "submit", class: "main", disabled: !talk.draft.trim() }, t3("send")))), /* @__PURE__ */ h2(Parameters, null), path().length > 0 && !busy2.length && mayDo2("export") && /* @__PURE__ */ h2(Save, null));
}
var inSight = (e) => e.target.closest("form").scrollIntoView({ block: "end" });
var formats = ["docx", "pdf", "html", "md", "json"];
function Save() {
  const [format, setFormat] = useState2("docx"), save2 = useAct();
  const go = () => save2.run(async () => {
    const turns = path().flatMap((turn) => [{ role: "user", text: turn.question }, ...turn.replies.filter((r) => r.answer || r.refusal).map((r) => ({ role: "assistant", text: r.answer || r.refusal }))]);
    const file = await (await ask2("POST", "/api/export", { format, title: path()[0].question.slice(0, 80), turns, answer: path().at(-1)?.replies[0]?.id ?? "" })).blob();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "conversation." + format;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  return /* @__PURE__ */ h2("details", { class: "parameters export", onToggle: inSight }, /* @__PURE__ */ h2("summary", null, w2("export")), /* @__PURE__ */ h2("div", { class: "row" }, /* @__PURE__ */ h2("label", { class: "hidden", for: "format" }, w2("format")), /* @__PURE__ */ h2("select", { id: "format", value: format, onChange: (e) => setFormat(e.target.value) }, formats.map((f) => /* @__PURE__ */ h2("option", { key: f }, f))), /* @__PURE__ */ h2("button", { type: "button", disabled: save2.busy, onClick: go }, w2("exportGo")), /* @__PURE__ */ h2("span", { class: "quiet" }, w2("exportHelp"))), save2.failure && /* @__PURE__ */ h2(Fail, { of: save2.failure }));
}
function Parameters() {
  const names = (store3.server?.releases ?? []).filter((r) => r.answers).map((r) => r.name), o = talk.options;
  const set = (k) => (e) => {
    o[k] = e.target.value;
    touched();
  };
  const model = modelsNow()[0], bases = useGet(release(model)?.bases && mayDo2("search") && store3.server?.has.includes("bases") ? "/api/bases" : "").data ?? [];
  const own2 = release(model)?.base ?? "", chosen = baseFor(model), base = chosen === noBase ? "" : chosen || own2;
  const choices = [["", own2 ? w2("ownBase", own2) : w2("noBase")], ...own2 ? [[noBase, w2("noBase")]] : []];
  for (const n of /* @__PURE__ */ new Set([...bases.map((b) => b.name), chosen])) if (n !== own2 && choices.every((c) => c[0] !== n)) choices.push([n, n]);
  return /* @__PURE__ */ h2("details", { class: "parameters", onToggle: inSight }, /* @__PURE__ */ h2("summary", null, w2("options"), " · ", [modelsNow().join(" | "), base].filter(Boolean).join(" · ")), /* @__PURE__ */ h2("div", { class: "form" }, /* @__PURE__ */ h2(Field2, { label: w2("model") }, (id) => /* @__PURE__ */ h2("select", { id, class: "model", value: modelsNow()[0], onChange: (e) => {
    talk.model = e.target.value;
    touched();
  } }, names.map((n) => /* @__PURE__ */ h2("option", { key: n }, n)))), names.length > 1 && /* @__PURE__ */ h2(Field2, { label: w2("beside") }, (id) => /* @__PURE__ */ h2("select", { id, class: "beside", value: talk.beside, onChange: (e) => {
    talk.beside = e.target.value;
    touched();
  } }, /* @__PURE__ */ h2("option", { value: "" }, w2("nobody")), names.filter((n) => n !== modelsNow()[0]).map((n) => /* @__PURE__ */ h2("option", { key: n }, n)))), choices.length > 1 && /* @__PURE__ */ h2(Field2, { label: t3("knowledge"), hint: w2("knowledgeHint") }, (id) => /* @__PURE__ */ h2("select", { id, class: "knowledge", value: chosen, onChange: set("knowledge") }, choices.map(([n, label]) => /* @__PURE__ */ h2("option", { key: n, value: n }, label)))), (release(modelsNow()[0])?.about?.adapters ?? []).length > 0 && /* @__PURE__ */ h2(Field2, { label: w2("adapter") }, (id) => /* @__PURE__ */ h2("select", { id, class: "adapter", value: o.adapter, onChange: set("adapter") }, /* @__PURE__ */ h2("option", { value: "" }, w2("noAdapter")), release(modelsNow()[0]).about.adapters.map((a) => /* @__PURE__ */ h2("option", { key: a }, a)))), /* @__PURE__ */ h2(Field2, { label: w2("temperature"), hint: w2("temperatureHint") }, (id) => /* @__PURE__ */ h2("input", { id, type: "number", min: "0", max: "2", step: "0.1", value: o.temperature, onInput: set("temperature") })), /* @__PURE__ */ h2(Field2, { label: w2("top_p") }, (id) => /* @__PURE__ */ h2("input", { id, type: "number", min: "0.01", max: "1", step: "0.01", value: o.top_p, onInput: set("top_p") })), /* @__PURE__ */ h2(Field2, { label: w2("tokens"), hint: w2("tokensHint") }, (id) => /* @__PURE__ */ h2("input", { id, type: "number", min: "1", step: "1", value: o.max_tokens, onInput: set("max_tokens") })), /* @__PURE__ */ h2(Field2, { label: w2("seed"), hint: w2("seedHint") }, (id) => /* @__PURE__ */ h2("input", { id, inputMode: "numeric", pattern: "[0-9]*", value: o.seed, onInput: set("seed") })), /* @__PURE__ */ h2(Field2, { label: w2("think") }, (id) => /* @__PURE__ */ h2("select", { id, value: o.think, onChange: set("think") }, /* @__PURE__ */ h2("option", { value: "" }, w2("think_")), /* @__PURE__ */ h2("option", { value: "on" }, w2("think_on")), /* @__PURE__ */ h2("option", { value: "off" }, w2("think_off")))), /* @__PURE__ */ h2(Field2, { label: w2("system") }, (id) => /* @__PURE__ */ h2("textarea", { id, rows: 2, value: o.system, onInput: set("system") })), alone(release(modelsNow()[0])) && /* @__PURE__ */ h2("p", { class: "quiet" }, w2("alone"))));
}
export {
  Chat as default
};
