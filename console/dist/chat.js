// src/pages/chat.tsx
import { ask as ask2, count as count2, Empty, Field, Fragment as Fragment3, h as h3, mayDo, Meter, params, progressOfPlan, redraw as redraw2, say as say2, seconds, store as store2, t as t2, useAct, useEffect as useEffect2, useState as useState2, Fail } from "./kit.js";

// src/pages/chat.words.ts
var words = {
  none: ["No model answers yet", "还没有模型可以回答"],
  noneHelp: ["Load one that you brought, or make one of your own; this page opens by itself when it is there.", "请载入带来的模型，或自己制作一个；就绪后本页会自动打开。"],
  load: ["Load a model", "载入模型"],
  first: ["Make my own", "自己制作"],
  model: ["Model", "模型"],
  beside: ["Beside it", "并排对比"],
  nobody: ["nobody", "不对比"],
  adapter: ["Adapter (LoRA)", "适配器（LoRA）"],
  noAdapter: ["none: the model itself", "无：模型本身"],
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

// src/pages/conversation.ts
import { ask, events, Failure, redraw, store, t } from "./kit.js";
var root = { id: 0, question: "", replies: [], parent: null, children: [], chosen: 0 };
var turns = 0;
var talk = {
  draft: "",
  model: "",
  beside: "",
  options: { system: "", temperature: "", top_p: "", max_tokens: "", seed: "", think: "", adapter: "" }
};
var now = () => performance.timeOrigin + performance.now();
function path() {
  const out = [];
  for (let at = root; at.children.length; out.push(at = at.children[at.chosen])) ;
  return out;
}
function clear() {
  root.children = [];
  root.chosen = 0;
  redraw();
}
var coming = () => path().flatMap((turn) => turn.replies).filter((r) => !r.reason && !r.failure);
var release = (name) => store.server?.releases.find((r) => r.name === name);
var alone = (r) => !!r?.about?.layers;
function modelsNow() {
  const can = (store.server?.releases ?? []).filter((r) => r.answers).map((r) => r.name);
  const one = can.includes(talk.model) ? talk.model : can[0];
  return [one, ...can.includes(talk.beside) && talk.beside !== one ? [talk.beside] : []].filter(Boolean);
}
function send(text, after = path().at(-1) ?? root) {
  text = text.trim();
  if (!text || coming().length) return;
  const turn = { id: ++turns, question: text, replies: [], parent: after, children: [], chosen: 0 };
  after.children.push(turn);
  after.chosen = after.children.length - 1;
  for (const model of modelsNow()) turn.replies.push(begin(turn, model));
  redraw();
}
var again = (turn, text = turn.question) => send(text, turn.parent ?? root);
function body(turn, model, seed = talk.options.seed) {
  const o = talk.options, messages = [];
  if (o.system.trim()) messages.push({ role: "system", content: o.system });
  if (!alone(release(model))) {
    const before = [];
    for (let at = turn.parent; at && at !== root; at = at.parent) before.unshift(at);
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
  if (o.think) b.think = o.think === "on";
  if (/^\d+$/.test(seed)) b.seed = seed;
  return b;
}
var wire = (b, space = 0) => JSON.stringify(b, null, space).replace(/"seed":( ?)"(\d+)"/, '"seed":$1$2');
function begin(turn, model, seed) {
  const reply = {
    model,
    id: "",
    thought: "",
    answer: "",
    calls: [],
    sources: [],
    refusal: "",
    reason: "",
    failure: null,
    began: now(),
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
  };
  run(reply, wire({ ...body(turn, model, seed), stream: true, stream_options: { include_usage: true } }));
  return reply;
}
async function run(reply, text) {
  try {
    const r = await ask("POST", "/v1/chat/completions", text, reply.abort.signal);
    let whole = false;
    for await (const e of events(r)) {
      if (e.data === "[DONE]") {
        whole = true;
        break;
      }
      take(reply, e.data);
      change(reply);
    }
    if (!whole) throw new Failure(0, "broken", t("brokenOff"));
  } catch (err) {
    if (reply.abort.signal.aborted) reply.reason = "cancelled";
    else reply.failure = err instanceof Failure ? err : new Failure(0, "broken", t("brokenOff"));
    if (reply.failure?.status === 401) store.signIn = true;
  }
  reply.ended = now();
  change(reply);
}
function take(reply, data) {
  const c = JSON.parse(data);
  if (c.error) throw new Failure(500, c.error.code, c.error.message);
  reply.id = c.id;
  reply.first ||= now();
  if (c.suiren?.sources) reply.sources = c.suiren.sources;
  if (c.suiren?.refusal) reply.refusal = c.suiren.refusal.text;
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
function change(reply) {
  const page = document.scrollingElement;
  const low = page.scrollHeight - page.scrollTop - page.clientHeight < 120 || !reply.id;
  redraw();
  if (low) setTimeout(() => page.scrollTo({ top: page.scrollHeight }), 40);
}
async function rate(reply, good, reason = "") {
  const before = reply.rating;
  reply.rating = good;
  reply.ratingSaid = "";
  redraw();
  try {
    await ask("POST", "/api/feedback", { id: reply.id, good, reason });
    reply.ratingSaid = t("thanks");
  } catch (err) {
    reply.rating = before;
    reply.ratingSaid = err.message;
  }
  redraw();
}

// src/pages/document.tsx
import { count, Fragment, h, Loaded, say, Tabs, useEffect, useGet, useRef, useState } from "./kit.js";

// src/pages/document.words.ts
var words2 = {
  close: ["Close", "关闭"],
  page: ["Page {0}", "第 {0} 页"],
  whole: ["The document", "全文"],
  before: ["Page before", "上一页"],
  next: ["Next page", "下一页"],
  asRead: ["The text as it was read: without its layout and pictures. What is cited is marked.", "读入的文字，不含版式与图片。被引用处已标出。"],
  views: ["How the page shows", "页面显示方式"],
  asDrawn: ["As it looks", "原样"],
  asText: ["As text", "文字"],
  drawnHelp: ["The page as it looks. What is cited is marked beside it, and in its text.", "页面原样。被引用处在右侧和文字视图中标出。"],
  drawnAlt: ["Page {0} of {1}, drawn", "{1} 第 {0} 页的图像"],
  undrawn: ["The page cannot be drawn: the file changed or went since it was read. This is its text.", "无法绘制该页：文件在读入后有改动或已移走。以下是其文字。"],
  passages: ["Its passages", "所含段落"],
  place: ["bytes {0} to {1} of the text", "文本字节 {0}–{1}"],
  gone: ["You may not read this document, or it is not there any more.", "您无权阅读该文档，或它已不在。"]
};

// src/pages/document.tsx
var w = say(words2);
function Document({ path: path2, at, close }) {
  const got = useGet(path2), box = useRef(null);
  useEffect(() => {
    if (!box.current.open) box.current.showModal();
  }, []);
  return /* @__PURE__ */ h("dialog", { ref: box, class: "document", "aria-label": at.file, onClose: close }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("h2", null, at.file), /* @__PURE__ */ h("button", { class: "push", onClick: () => box.current.close() }, w("close"))), /* @__PURE__ */ h(Loaded, { of: got }, ({ passages }) => passages.length === 0 ? /* @__PURE__ */ h("p", null, w("gone")) : /* @__PURE__ */ h(Pages, { of: passages, at, picture: /\.pdf$/i.test(at.file) ? picture(path2) : null })));
}
var picture = (path2) => (page) => `${path2.replace(/(\/text)?\?/, "/page?")}&page=${page}&width=1200`;
function Pages({ of, at, picture: picture2 }) {
  const cited = of.find((p) => p.id === at.id);
  const on = (p) => [p.page ?? 0, ...(p.turns ?? []).map((one) => one.page)];
  const numbers = [...new Set(of.flatMap(on))].sort((a, b) => a - b);
  const [page, turn] = useState(at.page && numbers.includes(at.page) ? at.page : cited?.page ?? numbers[0]), [marked, mark] = useState(cited?.id ?? "");
  const here = of.filter((p) => on(p).includes(page)), i = numbers.indexOf(page), span = useRef(null);
  const [drawn, draw] = useState(!!picture2), [undrawn, setUndrawn] = useState(false), shows = !!picture2 && drawn && !undrawn && page > 0;
  useEffect(() => setUndrawn(false), [page]);
  useEffect(() => {
    span.current?.scrollIntoView({ block: "center" });
  }, [page, marked, shows]);
  const text = (p) => spans(p.text, p.id === at.id ? at.quotes : void 0).map(([text2, quoted], k) => quoted ? /* @__PURE__ */ h("mark", { key: k, ref: k < 2 ? span : void 0 }, text2) : /* @__PURE__ */ h("span", { key: k, ref: k === 0 ? span : void 0 }, text2));
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("h3", null, page ? w("page", page) : w("whole")), numbers.length > 1 && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("button", { disabled: i <= 0, onClick: () => turn(numbers[i - 1]) }, w("before")), /* @__PURE__ */ h("button", { disabled: i === numbers.length - 1, onClick: () => turn(numbers[i + 1]) }, w("next"))), picture2 && page > 0 && /* @__PURE__ */ h("span", { class: "push" }, /* @__PURE__ */ h(Tabs, { label: w("views"), at: shows ? "page" : "text", set: (to) => {
    setUndrawn(false);
    draw(to === "page");
  }, of: [["page", w("asDrawn")], ["text", w("asText")]] }))), /* @__PURE__ */ h("p", { class: "quiet", role: "status" }, undrawn ? w("undrawn") : shows ? w("drawnHelp") : w("asRead")), /* @__PURE__ */ h("div", { class: "beside" }, /* @__PURE__ */ h("div", { class: "sheet", tabIndex: 0, role: "region", "aria-label": page ? w("page", page) : w("whole") }, shows ? /* @__PURE__ */ h("img", { class: "drawn", key: page, src: picture2(page), alt: w("drawnAlt", page, at.file), onError: () => setUndrawn(true) }) : here.map((p, n) => /* @__PURE__ */ h(Fragment, { key: p.id + n }, p.heading && p.heading !== here[n - 1]?.heading && /* @__PURE__ */ h("h4", null, p.heading), /* @__PURE__ */ h("p", { class: p.id === marked ? "passage here" : "passage" }, p.id === marked ? text(p) : p.text)))), /* @__PURE__ */ h("section", { "aria-label": w("passages") }, /* @__PURE__ */ h("h3", null, w("passages")), /* @__PURE__ */ h("ol", { class: "passages" }, here.map((p, n) => /* @__PURE__ */ h("li", { key: p.id + n, class: p.id === marked ? "here" : "" }, /* @__PURE__ */ h("button", { class: "bare", "aria-pressed": p.id === marked, onClick: () => mark(p.id) }, n + 1, ". ", [...p.text].slice(0, 60).join(""), [...p.text].length > 60 && "…"), shows && p.id === marked && /* @__PURE__ */ h("p", { class: "passage" }, text(p)), p.end ? /* @__PURE__ */ h("span", { class: "quiet" }, w("place", count(p.start ?? 0), count(p.end))) : null))))));
}
function spans(text, quotes) {
  if (!quotes?.length) return [[text, true]];
  const letters = [...text], out = [];
  let at = 0;
  for (const [from, to] of [...quotes].sort((a, b) => a[0] - b[0])) {
    if (from < at || to <= from || to > letters.length) continue;
    if (from > at) out.push([letters.slice(at, from).join(""), false]);
    out.push([letters.slice(from, to).join(""), true]);
    at = to;
  }
  if (at < letters.length) out.push([letters.slice(at).join(""), false]);
  return out;
}

// src/pages/prose.tsx
import { h as h2, Fragment as Fragment2 } from "./kit.js";
function Prose({ text }) {
  const out = [];
  text.split(/^```/m).forEach((part, i) => {
    if (i % 2 === 1) {
      const end = part.indexOf("\n");
      out.push(/* @__PURE__ */ h2("pre", { key: i, tabIndex: 0 }, /* @__PURE__ */ h2("code", null, end < 0 ? "" : part.slice(end + 1))));
    } else if (part.trim()) {
      out.push(/* @__PURE__ */ h2("span", { key: i }, part.split("\n").map((line, j, all) => {
        const head = /^#{1,6} (.*)$/.exec(line);
        return /* @__PURE__ */ h2(Fragment2, { key: j }, head ? /* @__PURE__ */ h2("b", null, head[1]) : inline(line), j < all.length - 1 && "\n");
      })));
    }
  });
  return /* @__PURE__ */ h2(Fragment2, null, out);
}
function inline(line) {
  return line.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((s, i) => i % 2 === 0 ? s : s[0] === "`" ? /* @__PURE__ */ h2("code", { key: i }, s.slice(1, -1)) : /* @__PURE__ */ h2("b", { key: i }, s.slice(2, -2)));
}

// src/pages/chat.tsx
var w2 = say2(words);
function Chat() {
  const s = store2.server;
  useEffect2(() => {
    document.addEventListener("copy", labelled);
    return () => document.removeEventListener("copy", labelled);
  }, []);
  if (store2.failure && !s) return /* @__PURE__ */ h3("div", { class: "card middle", role: "alert" }, /* @__PURE__ */ h3("p", { class: "failure" }, store2.failure.message));
  if (!s) return /* @__PURE__ */ h3("p", { class: "middle quiet" }, t2("loading"));
  if (!modelsNow().length) return store2.plan ? /* @__PURE__ */ h3(NotReady, null) : /* @__PURE__ */ h3(Nobody, null);
  const turns2 = path();
  return /* @__PURE__ */ h3("div", { class: turns2.length ? "chat" : "chat new" }, turns2.length > 0 && /* @__PURE__ */ h3("h1", { class: "hidden" }, t2("chat")), /* @__PURE__ */ h3("div", { class: "turns", role: "log", "aria-live": "polite", "aria-label": t2("conversation") }, turns2.length === 0 ? /* @__PURE__ */ h3(Hello, null) : turns2.map((turn) => /* @__PURE__ */ h3(TurnView, { key: turn.id, turn }))), /* @__PURE__ */ h3(Ask, null));
}
function Nobody() {
  return /* @__PURE__ */ h3(Fragment3, null, /* @__PURE__ */ h3("h1", { class: "hidden" }, t2("chat")), /* @__PURE__ */ h3(Empty, { title: w2("none") }, /* @__PURE__ */ h3("p", null, w2("noneHelp")), /* @__PURE__ */ h3("div", { class: "row" }, /* @__PURE__ */ h3("a", { class: "button main", href: "#models" }, w2("load")), /* @__PURE__ */ h3("a", { class: "button", href: "#home" }, w2("first")))));
}
function NotReady() {
  const p = progressOfPlan();
  return /* @__PURE__ */ h3("div", { class: "card middle" }, /* @__PURE__ */ h3("h1", null, t2("notReady")), p && /* @__PURE__ */ h3(Fragment3, null, /* @__PURE__ */ h3("progress", { max: 1, value: p.part, "aria-label": t2("notReady") }), /* @__PURE__ */ h3("p", null, t2("stepsDone", p.done, p.all), p.now && /* @__PURE__ */ h3("span", { class: "quiet" }, " · ", p.now))), /* @__PURE__ */ h3("p", { class: "quiet" }, t2("notReadyHelp")), /* @__PURE__ */ h3("a", { class: "button main", href: "#plan" }, t2("toPlan")));
}
function Hello() {
  const r = release(modelsNow()[0]), en = store2.lang === "en";
  return /* @__PURE__ */ h3("div", { class: "hello" }, /* @__PURE__ */ h3("h1", null, t2("hello", r.name)), alone(r) && /* @__PURE__ */ h3("p", { class: "quiet" }, t2("helloHelp")), /* @__PURE__ */ h3(Facts, null), r.examples.length > 0 && /* @__PURE__ */ h3("ul", { class: "examples", "aria-label": t2("examples") }, r.examples.map((e) => /* @__PURE__ */ h3("li", null, /* @__PURE__ */ h3("button", { onClick: () => send(en ? e.en : e.zh) }, en ? e.en : e.zh)))));
}
function Facts() {
  const r = release(modelsNow()[0]), a = r.about, facts = [];
  if (a?.parameters) facts.push(t2("factParameters", params(a.parameters)));
  if (a?.think) facts.push(t2("factThink", count2(a.think)));
  if (a?.passages) facts.push(t2("factPassages", count2(a.passages)));
  facts.push(t2("factHere"));
  return /* @__PURE__ */ h3("ul", { class: "facts" }, facts.map((f) => /* @__PURE__ */ h3("li", null, f)));
}
function TurnView({ turn }) {
  const [editing, edit] = useState2(null);
  const beside = turn.parent.children, at = beside.indexOf(turn);
  const turnTo = (i) => {
    turn.parent.chosen = i;
    redraw2();
  };
  const idle = coming().length === 0;
  return /* @__PURE__ */ h3("article", { class: "turn" }, editing === null ? /* @__PURE__ */ h3("div", { class: "question" }, /* @__PURE__ */ h3("span", { class: "hidden" }, t2("you"), ": "), turn.question) : /* @__PURE__ */ h3("form", { class: "question edit", onSubmit: (e) => {
    e.preventDefault();
    edit(null);
    again(turn, editing);
  } }, /* @__PURE__ */ h3(Field, { label: w2("editing") }, (id) => /* @__PURE__ */ h3("textarea", { id, rows: 2, value: editing, onInput: (e) => edit(e.target.value) })), /* @__PURE__ */ h3("div", { class: "row" }, /* @__PURE__ */ h3("button", { class: "main", disabled: !editing.trim() || !idle }, t2("send")), /* @__PURE__ */ h3("button", { type: "button", onClick: () => edit(null) }, w2("cancel")))), /* @__PURE__ */ h3("div", { class: "turn-tools" }, beside.length > 1 && /* @__PURE__ */ h3("span", { class: "branches" }, /* @__PURE__ */ h3("button", { class: "bare", disabled: at === 0, "aria-label": w2("earlier"), onClick: () => turnTo(at - 1) }, "‹"), /* @__PURE__ */ h3("span", { class: "quiet" }, w2("branch", at + 1, beside.length)), /* @__PURE__ */ h3("button", { class: "bare", disabled: at === beside.length - 1, "aria-label": w2("later"), onClick: () => turnTo(at + 1) }, "›")), idle && editing === null && /* @__PURE__ */ h3(Fragment3, null, /* @__PURE__ */ h3("button", { class: "bare", onClick: () => edit(turn.question) }, w2("edit")), /* @__PURE__ */ h3("button", { class: "bare", onClick: () => again(turn) }, w2("again")))), /* @__PURE__ */ h3("div", { class: turn.replies.length > 1 ? "replies two" : "replies" }, turn.replies.map((r) => /* @__PURE__ */ h3(ReplyView, { key: r.model, reply: r, turn, many: turn.replies.length > 1 }))));
}
function labelled(e) {
  const chosen = getSelection(), at = document.activeElement;
  if (!chosen?.rangeCount || chosen.isCollapsed || !e.clipboardData || at instanceof HTMLTextAreaElement || at instanceof HTMLInputElement) return;
  const range = chosen.getRangeAt(0), label = t2("aiLabel");
  if (![...document.querySelectorAll(".reply.made :is(.answer, .thoughts)")].some((n) => range.intersectsNode(n))) return;
  const rich = document.createElement("div"), last = document.createElement("p");
  last.textContent = label;
  rich.append(range.cloneContents(), last);
  e.clipboardData.setData("text/plain", chosen + "\n\n" + label);
  e.clipboardData.setData("text/html", rich.innerHTML);
  e.preventDefault();
}
function ReplyView({ reply, turn, many }) {
  return /* @__PURE__ */ h3("div", { class: release(reply.model)?.label ? "reply made" : "reply" }, many && /* @__PURE__ */ h3("h2", { class: "who" }, reply.model), /* @__PURE__ */ h3(Thought, { reply }), reply.calls.map((name) => /* @__PURE__ */ h3("p", { class: "quiet" }, w2("tool", name))), reply.answer && /* @__PURE__ */ h3("div", { class: "answer" }, /* @__PURE__ */ h3(Prose, { text: answerOf(reply) })), reply.refusal && /* @__PURE__ */ h3("div", { class: "answer refusal" }, reply.refusal), reply.failure && /* @__PURE__ */ h3("div", { class: "failure", role: "alert" }, /* @__PURE__ */ h3("p", null, reply.failure.message), reply.failure.code === "model_not_ready" ? /* @__PURE__ */ h3("a", { class: "button", href: "#plan" }, t2("toPlan")) : /* @__PURE__ */ h3("button", { onClick: () => again(turn) }, t2("retry"))), reply.reason === "cancelled" && /* @__PURE__ */ h3("p", { class: "quiet" }, t2("stopped")), reply.reason === "length" && /* @__PURE__ */ h3("p", { class: "quiet" }, t2("cutShort")), reply.sources.length > 0 && reply.answer && /* @__PURE__ */ h3(Sources, { of: reply }), reply.reason && /* @__PURE__ */ h3(Foot, { reply, turn }));
}
function answerOf(reply) {
  const end = reply.answer.lastIndexOf("\n\n");
  const named = end > 0 && reply.sources.some((s) => reply.answer.indexOf(s.file, end) > 0);
  return named ? reply.answer.slice(0, end) : reply.answer;
}
function Thought({ reply }) {
  if (!reply.thought) return reply.reason || reply.answer || reply.failure ? null : /* @__PURE__ */ h3("p", { class: "quiet pulse" }, t2("waiting"));
  const thinking = !reply.answerAt && !reply.reason;
  const took = seconds(((reply.answerAt || reply.ended) - reply.began) / 1e3);
  return /* @__PURE__ */ h3("details", { class: "thought", open: reply.unfold ?? thinking }, /* @__PURE__ */ h3("summary", { class: thinking ? "pulse" : "", onClick: (e) => {
    e.preventDefault();
    reply.unfold = !(reply.unfold ?? thinking);
    redraw2();
  } }, thinking ? t2("thinking") : reply.thoughtTokens ? t2("thoughtTokens", took, reply.thoughtTokens) : t2("thought", took)), /* @__PURE__ */ h3("div", { class: "thoughts" }, reply.thought));
}
function Sources({ of }) {
  const quoted = answerOf(of).replace(/[“”]/g, "").trim(), [open, setOpen] = useState2(null);
  const cited = (s) => {
    const at = quoted.length > 8 ? s.text.indexOf(quoted) : -1, from = [...s.text.slice(0, Math.max(at, 0))].length;
    return { ...s, quotes: s.quotes?.length ? s.quotes : at < 0 ? void 0 : [[from, from + [...quoted].length]] };
  };
  return /* @__PURE__ */ h3("section", { class: "sources", "aria-label": t2("sources") }, /* @__PURE__ */ h3("h2", null, t2("sources")), of.sources.map((s) => {
    const c = cited(s);
    return /* @__PURE__ */ h3("details", null, /* @__PURE__ */ h3("summary", null, s.heading && /* @__PURE__ */ h3("span", null, s.heading, " · "), s.page ? /* @__PURE__ */ h3("span", null, w2("page", s.page), " · ") : null, /* @__PURE__ */ h3("code", null, s.file)), /* @__PURE__ */ h3("blockquote", null, c.quotes ? spans(s.text, c.quotes).map(([text, here]) => here ? /* @__PURE__ */ h3("mark", null, text) : text) : s.text), /* @__PURE__ */ h3("button", { class: "open-source", onClick: () => setOpen(c) }, w2("openAt")));
  }), open && /* @__PURE__ */ h3(Document, { path: `/api/documents/${encodeURIComponent(of.model)}?file=${encodeURIComponent(open.file)}`, at: open, close: () => setOpen(null) }));
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
  return /* @__PURE__ */ h3(Fragment3, null, /* @__PURE__ */ h3("footer", { class: said ? "" : "hidden" }, r?.label && said && /* @__PURE__ */ h3("span", { class: "label" }, t2("aiLabel")), reply.tokens > 0 && /* @__PURE__ */ h3("span", { class: "quiet" }, after > 0.05 ? w2("speed", reply.tokens, seconds(total), seconds(first), count2(+(Math.max(reply.tokens - 1, 1) / after).toPrecision(3))) : t2("cost", reply.tokens, seconds(total))), reply.id && reply.answer && /* @__PURE__ */ h3("span", { class: "rate" }, /* @__PURE__ */ h3("button", { "aria-pressed": reply.rating === true, "aria-label": t2("good"), title: t2("good"), onClick: () => click(true) }, /* @__PURE__ */ h3(Thumb, { up: true })), /* @__PURE__ */ h3("button", { "aria-pressed": reply.rating === false, "aria-label": t2("bad"), title: t2("bad"), onClick: () => click(false) }, /* @__PURE__ */ h3(Thumb, null))), /* @__PURE__ */ h3("span", { class: "quiet", role: "status" }, reply.ratingSaid)), why !== null && reply.rating !== null && /* @__PURE__ */ h3("form", { class: "why row", onSubmit: (e) => {
    e.preventDefault();
    rate(reply, reply.rating, why);
    setWhy(null);
  } }, /* @__PURE__ */ h3(Field, { label: w2("why") }, (id) => /* @__PURE__ */ h3("input", { id, value: why, maxLength: 2e3, onInput: (e) => setWhy(e.target.value) })), /* @__PURE__ */ h3("button", { disabled: !why.trim() }, w2("send"))), r && r.context > 0 && reply.prompt > 0 && /* @__PURE__ */ h3(Limit, { used: reply.prompt + reply.tokens, of: r.context }), said && /* @__PURE__ */ h3(Proof, { reply, turn }));
}
function Limit({ used, of }) {
  return /* @__PURE__ */ h3("div", { class: "limit" }, /* @__PURE__ */ h3(Meter, { part: used / of, label: w2("context", count2(used), count2(of)) }), used / of > 0.9 && /* @__PURE__ */ h3("p", { class: "bad" }, w2("full")));
}
function Proof({ reply, turn }) {
  const [receipt, setReceipt] = useState2(null), [same, setSame] = useState2(null), [busy, setBusy] = useState2(false);
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
  return /* @__PURE__ */ h3(Fragment3, null, /* @__PURE__ */ h3("details", { class: "proof", onToggle: (e) => {
    if (e.target.open) load();
  } }, /* @__PURE__ */ h3("summary", null, w2("receipt")), /* @__PURE__ */ h3("p", { class: "quiet" }, w2("receiptHelp")), receipt === "" && /* @__PURE__ */ h3("p", null, w2("noReceipt")), receipt && /* @__PURE__ */ h3(Fragment3, null, /* @__PURE__ */ h3("pre", { tabIndex: 0, "aria-label": w2("receipt") }, receipt), /* @__PURE__ */ h3("a", { class: "button", download: `${reply.id}.json`, href: URL.createObjectURL(new Blob([receipt], { type: "application/json" })) }, w2("save"))), reply.seed && /* @__PURE__ */ h3("button", { disabled: busy, onClick: replay }, w2("replay")), /* @__PURE__ */ h3("p", { role: "status" }, busy ? w2("replaying") : same === null ? "" : same ? "✓ " + w2("same") : "✗ " + w2("differs"))), /* @__PURE__ */ h3("details", { class: "proof" }, /* @__PURE__ */ h3("summary", null, w2("code")), /* @__PURE__ */ h3(Code, { turn, model: reply.model })));
}
function Code({ turn, model }) {
  const [tongue, setTongue] = useState2("curl"), [said, setSaid] = useState2("");
  const json = wire(body(turn, model), 2), base = location.origin + "/v1";
  const text = tongue === "curl" ? `curl ${base}/chat/completions \\
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
  return /* @__PURE__ */ h3(Fragment3, null, /* @__PURE__ */ h3("div", { class: "row" }, /* @__PURE__ */ h3("label", { class: "hidden", for: "tongue" + turn.id + model }, w2("code")), /* @__PURE__ */ h3("select", { id: "tongue" + turn.id + model, value: tongue, onChange: (e) => {
    setSaid("");
    setTongue(e.target.value);
  } }, ["curl", "Python", "Go"].map((v) => /* @__PURE__ */ h3("option", { key: v }, v))), /* @__PURE__ */ h3("button", { onClick: async () => {
    await navigator.clipboard.writeText(text);
    setSaid(w2("copied"));
  } }, w2("copy")), /* @__PURE__ */ h3("span", { class: "quiet", role: "status" }, said)), /* @__PURE__ */ h3("pre", { tabIndex: 0, "aria-label": w2("code") }, /* @__PURE__ */ h3("code", null, text)));
}
var goText = (s) => s.includes("`") ? JSON.stringify(s) : "`" + s + "`";
function Thumb({ up = false }) {
  return /* @__PURE__ */ h3("svg", { class: up ? "" : "down", viewBox: "0 0 20 20", width: "18", height: "18", "aria-hidden": "true" }, /* @__PURE__ */ h3(
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
  const busy = coming();
  return /* @__PURE__ */ h3("form", { class: "ask", onSubmit: (e) => {
    e.preventDefault();
    const text = talk.draft;
    talk.draft = "";
    send(text);
  } }, /* @__PURE__ */ h3("label", { class: "hidden", for: "question" }, t2("question")), /* @__PURE__ */ h3("div", { class: "field" }, /* @__PURE__ */ h3(
    "textarea",
    {
      id: "question",
      rows: 1,
      placeholder: t2("askPlace"),
      value: talk.draft,
      "aria-describedby": "how",
      onInput: (e) => {
        talk.draft = e.target.value;
        redraw2();
      },
      onKeyDown: (e) => {
        if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
        e.preventDefault();
        if (!talk.draft.trim() || coming().length) return;
        const text = talk.draft;
        talk.draft = "";
        send(text);
      }
    }
  ), /* @__PURE__ */ h3("div", { class: "buttons" }, /* @__PURE__ */ h3("span", { id: "how", class: "quiet" }, t2("askHint")), path().length > 0 && !busy.length && /* @__PURE__ */ h3("button", { type: "button", class: "bare", onClick: clear }, t2("clear")), busy.length ? /* @__PURE__ */ h3("button", { type: "button", class: "main", onClick: () => busy.forEach((r) => r.abort.abort()) }, t2("stop")) : /* @__PURE__ */ h3("button", { type: "submit", class: "main", disabled: !talk.draft.trim() }, t2("send")))), /* @__PURE__ */ h3(Parameters, null), path().length > 0 && !busy.length && mayDo("export") && /* @__PURE__ */ h3(Save, null));
}
var inSight = (e) => e.target.closest("form").scrollIntoView({ block: "end" });
var formats = ["docx", "pdf", "html", "md", "json"];
function Save() {
  const [format, setFormat] = useState2("docx"), save = useAct();
  const go = () => save.run(async () => {
    const turns2 = path().flatMap((turn) => [{ role: "user", text: turn.question }, ...turn.replies.filter((r) => r.answer || r.refusal).map((r) => ({ role: "assistant", text: r.answer || r.refusal }))]);
    const file = await (await ask2("POST", "/api/export", { format, title: path()[0].question.slice(0, 80), turns: turns2, answer: path().at(-1)?.replies[0]?.id ?? "" })).blob();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "conversation." + format;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  return /* @__PURE__ */ h3("details", { class: "parameters export", onToggle: inSight }, /* @__PURE__ */ h3("summary", null, w2("export")), /* @__PURE__ */ h3("div", { class: "row" }, /* @__PURE__ */ h3("label", { class: "hidden", for: "format" }, w2("format")), /* @__PURE__ */ h3("select", { id: "format", value: format, onChange: (e) => setFormat(e.target.value) }, formats.map((f) => /* @__PURE__ */ h3("option", { key: f }, f))), /* @__PURE__ */ h3("button", { type: "button", disabled: save.busy, onClick: go }, w2("exportGo")), /* @__PURE__ */ h3("span", { class: "quiet" }, w2("exportHelp"))), save.failure && /* @__PURE__ */ h3(Fail, { of: save.failure }));
}
function Parameters() {
  const names = (store2.server?.releases ?? []).filter((r) => r.answers).map((r) => r.name), o = talk.options;
  const set = (k) => (e) => {
    o[k] = e.target.value;
    redraw2();
  };
  return /* @__PURE__ */ h3("details", { class: "parameters", onToggle: inSight }, /* @__PURE__ */ h3("summary", null, w2("options"), " · ", modelsNow().join(" | ")), /* @__PURE__ */ h3("div", { class: "form" }, /* @__PURE__ */ h3(Field, { label: w2("model") }, (id) => /* @__PURE__ */ h3("select", { id, class: "model", value: modelsNow()[0], onChange: (e) => {
    talk.model = e.target.value;
    redraw2();
  } }, names.map((n) => /* @__PURE__ */ h3("option", { key: n }, n)))), names.length > 1 && /* @__PURE__ */ h3(Field, { label: w2("beside") }, (id) => /* @__PURE__ */ h3("select", { id, class: "beside", value: talk.beside, onChange: (e) => {
    talk.beside = e.target.value;
    redraw2();
  } }, /* @__PURE__ */ h3("option", { value: "" }, w2("nobody")), names.filter((n) => n !== modelsNow()[0]).map((n) => /* @__PURE__ */ h3("option", { key: n }, n)))), (release(modelsNow()[0])?.about?.adapters ?? []).length > 0 && /* @__PURE__ */ h3(Field, { label: w2("adapter") }, (id) => /* @__PURE__ */ h3("select", { id, class: "adapter", value: o.adapter, onChange: set("adapter") }, /* @__PURE__ */ h3("option", { value: "" }, w2("noAdapter")), release(modelsNow()[0]).about.adapters.map((a) => /* @__PURE__ */ h3("option", { key: a }, a)))), /* @__PURE__ */ h3(Field, { label: w2("temperature"), hint: w2("temperatureHint") }, (id) => /* @__PURE__ */ h3("input", { id, type: "number", min: "0", max: "2", step: "0.1", value: o.temperature, onInput: set("temperature") })), /* @__PURE__ */ h3(Field, { label: w2("top_p") }, (id) => /* @__PURE__ */ h3("input", { id, type: "number", min: "0.01", max: "1", step: "0.01", value: o.top_p, onInput: set("top_p") })), /* @__PURE__ */ h3(Field, { label: w2("tokens"), hint: w2("tokensHint") }, (id) => /* @__PURE__ */ h3("input", { id, type: "number", min: "1", step: "1", value: o.max_tokens, onInput: set("max_tokens") })), /* @__PURE__ */ h3(Field, { label: w2("seed"), hint: w2("seedHint") }, (id) => /* @__PURE__ */ h3("input", { id, inputMode: "numeric", pattern: "[0-9]*", value: o.seed, onInput: set("seed") })), /* @__PURE__ */ h3(Field, { label: w2("think") }, (id) => /* @__PURE__ */ h3("select", { id, value: o.think, onChange: set("think") }, /* @__PURE__ */ h3("option", { value: "" }, w2("think_")), /* @__PURE__ */ h3("option", { value: "on" }, w2("think_on")), /* @__PURE__ */ h3("option", { value: "off" }, w2("think_off")))), /* @__PURE__ */ h3(Field, { label: w2("system") }, (id) => /* @__PURE__ */ h3("textarea", { id, rows: 2, value: o.system, onInput: set("system") })), alone(release(modelsNow()[0])) && /* @__PURE__ */ h3("p", { class: "quiet" }, w2("alone"))));
}
export {
  Chat as default
};
