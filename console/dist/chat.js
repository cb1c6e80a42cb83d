// src/pages/chat.tsx
import { ask as ask3, count as count2, Empty, Field as Field2, Fragment as Fragment4, h as h4, mayDo, Meter, params, progressOfPlan, redraw as redraw2, say as say3, seconds, store as store3, t as t3, useAct, useEffect as useEffect3, useState as useState3, Fail as Fail2 } from "./kit.js";

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
    marks: [],
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
  if (c.suiren?.marks) reply.marks.push(...c.suiren.marks);
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
  drawnHelp: ["The page as it looks. Choose a passage to see where it stands.", "页面原样。选择段落可查看其位置。"],
  placed: ["The page as it looks. Passage {0} is marked, from {1} to {2} % of its height.", "页面原样。第 {0} 段已标出，位于页高的 {1}% 至 {2}%。"],
  placedQuote: ["The page as it looks. What is cited of passage {0} is marked, from {1} to {2} % of its height.", "页面原样。第 {0} 段中被引用处已标出，位于页高的 {1}% 至 {2}%。"],
  unplaced: ["The page as it looks. Where the passage stands on it was not found; it is marked in the text.", "页面原样。未能在图上找到该段落的位置；文字视图中已标出。"],
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
var picture = (path2) => (page) => `${path2.replace(/(\/text)?\?/, "/page?")}&page=${page}`;
function Pages({ of, at, picture: picture2 }) {
  const cited = of.find((p) => p.id === at.id);
  const on = (p) => [p.page ?? 0, ...(p.turns ?? []).map((one) => one.page)];
  const numbers = [...new Set(of.flatMap(on))].sort((a, b) => a - b);
  const [page, turn] = useState(at.page && numbers.includes(at.page) ? at.page : cited?.page ?? numbers[0]), [marked, mark] = useState(cited?.id ?? "");
  const here = of.filter((p) => on(p).includes(page)), i = numbers.indexOf(page), span = useRef(null);
  const [drawn, draw] = useState(!!picture2), [undrawn, setUndrawn] = useState(false), shows = !!picture2 && drawn && !undrawn && page > 0;
  const quotes = at.id ? `&id=${encodeURIComponent(at.id)}${(at.quotes ?? []).slice(0, 100).map(([from, to]) => `&quote=${from}-${to}`).join("")}` : "";
  const places = useGet(shows ? `${picture2(page)}&boxes=true${quotes}` : "").data;
  const [pointed, point] = useState(""), [loaded, setLoaded] = useState(0), first = useRef(null);
  useEffect(() => {
    setUndrawn(false);
    point("");
  }, [page]);
  useEffect(() => {
    (shows ? first : span).current?.scrollIntoView({ block: "center" });
  }, [page, marked, shows, places, loaded]);
  const quoted = marked === at.id && places?.quoted.length ? places.quoted : null, lines = quoted ?? places?.passages[marked] ?? [];
  const rect = ([left, top, right, bottom]) => ({ x: left, y: top, width: right - left, height: bottom - top });
  const told = !places || !here.some((p) => p.id === marked) ? w("drawnHelp") : lines.length === 0 ? w("unplaced") : w(quoted ? "placedQuote" : "placed", 1 + here.findIndex((p) => p.id === marked), Math.round(100 * Math.min(...lines.map((b) => b[1]))), Math.round(100 * Math.max(...lines.map((b) => b[3]))));
  const text = (p) => spans(p.text, p.id === at.id ? at.quotes : void 0).map(([text2, quoted2], k) => quoted2 ? /* @__PURE__ */ h("mark", { key: k, ref: k < 2 ? span : void 0 }, text2) : /* @__PURE__ */ h("span", { key: k, ref: k === 0 ? span : void 0 }, text2));
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("h3", null, page ? w("page", page) : w("whole")), numbers.length > 1 && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("button", { disabled: i <= 0, onClick: () => turn(numbers[i - 1]) }, w("before")), /* @__PURE__ */ h("button", { disabled: i === numbers.length - 1, onClick: () => turn(numbers[i + 1]) }, w("next"))), picture2 && page > 0 && /* @__PURE__ */ h("span", { class: "push" }, /* @__PURE__ */ h(Tabs, { label: w("views"), at: shows ? "page" : "text", set: (to) => {
    setUndrawn(false);
    draw(to === "page");
  }, of: [["page", w("asDrawn")], ["text", w("asText")]] }))), /* @__PURE__ */ h("p", { class: "quiet", role: "status" }, undrawn ? w("undrawn") : shows ? told : w("asRead")), /* @__PURE__ */ h("div", { class: "beside" }, /* @__PURE__ */ h("div", { class: "sheet", tabIndex: 0, role: "region", "aria-label": page ? w("page", page) : w("whole") }, shows ? /* @__PURE__ */ h("div", { class: "drawn" }, /* @__PURE__ */ h("img", { key: page, src: picture2(page) + "&width=1200", alt: w("drawnAlt", page, at.file), onLoad: () => setLoaded((n) => n + 1), onError: () => setUndrawn(true) }), /* @__PURE__ */ h("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" }, here.flatMap((p) => (places?.passages[p.id] ?? []).map((b, k) => /* @__PURE__ */ h(
    "rect",
    {
      key: p.id + k,
      ...rect(b),
      class: p.id === pointed ? "pointed" : p.id === marked && !quoted ? "marked" : "",
      ref: p.id === marked && !quoted && k === 0 ? first : void 0,
      onMouseEnter: () => point(p.id),
      onMouseLeave: () => point(""),
      onClick: () => mark(p.id)
    }
  ))), quoted?.map((b, k) => /* @__PURE__ */ h("rect", { key: "quoted" + k, ...rect(b), class: "marked quoted", ref: k === 0 ? first : void 0 })))) : here.map((p, n) => /* @__PURE__ */ h(Fragment, { key: p.id + n }, p.heading && p.heading !== here[n - 1]?.heading && /* @__PURE__ */ h("h4", null, p.heading), /* @__PURE__ */ h("p", { class: p.id === marked ? "passage here" : "passage" }, p.id === marked ? text(p) : p.text)))), /* @__PURE__ */ h("section", { "aria-label": w("passages") }, /* @__PURE__ */ h("h3", null, w("passages")), /* @__PURE__ */ h("ol", { class: "passages" }, here.map((p, n) => /* @__PURE__ */ h("li", { key: p.id + n, class: p.id === marked ? "here" : p.id === pointed ? "pointed" : "", onMouseEnter: () => point(p.id), onMouseLeave: () => point("") }, /* @__PURE__ */ h("button", { class: "bare", "aria-pressed": p.id === marked, onFocus: () => point(p.id), onBlur: () => point(""), onClick: () => mark(p.id) }, n + 1, ". ", [...p.text].slice(0, 60).join(""), [...p.text].length > 60 && "…"), shows && p.id === marked && /* @__PURE__ */ h("p", { class: "passage" }, text(p)), p.end ? /* @__PURE__ */ h("span", { class: "quiet" }, w("place", count(p.start ?? 0), count(p.end))) : null))))));
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
function Prose({ text, plain = (s) => s }) {
  const out = [];
  let at = 0;
  text.split(/^```/m).forEach((part, i) => {
    const from = at;
    at += part.length + 3;
    if (i % 2 === 1) {
      const end = part.indexOf("\n");
      out.push(/* @__PURE__ */ h2("pre", { key: i, tabIndex: 0 }, /* @__PURE__ */ h2("code", null, end < 0 ? "" : part.slice(end + 1))));
    } else if (part.trim()) {
      let begin2 = from;
      out.push(/* @__PURE__ */ h2("span", { key: i }, part.split("\n").map((line, j, all) => {
        const head = /^(#{1,6} )(.*)$/.exec(line), here = begin2;
        begin2 += line.length + 1;
        return /* @__PURE__ */ h2(Fragment2, { key: j }, head ? /* @__PURE__ */ h2("b", null, plain(head[2], here + head[1].length)) : inline(line, here, plain), j < all.length - 1 && "\n");
      })));
    }
  });
  return /* @__PURE__ */ h2(Fragment2, null, out);
}
function inline(line, from, plain) {
  return line.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((s, i) => {
    const here = from;
    from += s.length;
    return i % 2 === 0 ? /* @__PURE__ */ h2(Fragment2, { key: i }, plain(s, here)) : s[0] === "`" ? /* @__PURE__ */ h2("code", { key: i }, s.slice(1, -1)) : /* @__PURE__ */ h2("b", { key: i }, plain(s.slice(2, -2), here + 2));
  });
}

// src/pages/written.tsx
import { ask as ask2, events as events2, Failure as Failure2, Fail, Field, Fragment as Fragment3, h as h3, say as say2, store as store2, t as t2, useEffect as useEffect2, useRef as useRef2, useState as useState2 } from "./kit.js";

// src/pages/written.words.ts
var words3 = {
  cite: ["Source {0}: {1}", "出处 {0}：{1}"],
  unsupported: ["not in the sources", "出处中没有依据"],
  count: ["{0} of {1} sentences are not in the sources.", "{1} 句中有 {0} 句在出处中没有依据。"],
  corrected: ["Numbers of sources put right or taken out: {0}.", "改正或去掉的出处编号：{0} 个。"],
  read: ["Also read, and not cited ({0})", "读过但未引用（{0}）"],
  page: ["page {0}", "第 {0} 页"],
  openAt: ["Open the document here", "在此处打开文档"],
  write: ["Have a model write the answer", "由模型撰写回答"],
  model: ["Model", "模型"],
  writing: ["The model is reading the passages…", "模型正在阅读段落……"]
};

// src/pages/written.tsx
var w2 = say2(words3);
function Written({ of, path: path2 }) {
  const [open, setOpen] = useState2(null);
  const marks = inUnits(of.answer, of.marks), loose = of.marks.filter((m) => !m.supported).length, fixed = of.marks.reduce((n, m) => n + (m.corrected ?? 0), 0);
  const show = (c) => setOpen({ file: c.file, id: c.id, page: c.page, quotes: c.quotes });
  const button = (c, key) => /* @__PURE__ */ h3("button", { key, type: "button", class: "cite", title: w2("cite", c.source, c.file), "aria-label": w2("cite", c.source, c.file), onClick: () => show(c) }, c.source);
  const plain = (text, from) => {
    const out = [];
    let at = 0;
    const pass = (to) => {
      if (to > at) out.push(text.slice(at, to));
      at = to;
    };
    const numbers = [...text.matchAll(/ ?(?:\[\d{1,3}(?:[ ,，、]+\d{1,3})*\]|【\d{1,3}(?:[ ,，、]+\d{1,3})*】)/g)];
    const ends = marks.filter((m) => m.to > from && m.to <= from + text.length);
    const stops = [...numbers.map((n) => ({ at: n.index, n: n[0] })), ...ends.map((m) => ({ at: m.to - from, m }))].sort((a, b) => a.at - b.at);
    for (const s of stops) {
      if ("n" in s) {
        const mark = marks.find((m) => m.from <= from + s.at && m.to >= from + s.at + s.n.length);
        const list = (s.n.match(/\d+/g) ?? []).map((n) => mark?.cites?.find((c) => c.source === +n));
        if (!list.length || list.includes(void 0)) continue;
        pass(s.at);
        at = s.at + s.n.length;
        const after = /^[.,;:!?。，；：！？）)]*/.exec(text.slice(at))[0];
        out.push(/* @__PURE__ */ h3("span", { key: `n${from + s.at}`, class: "cites" }, list.map((c, i) => button(c, `${i}`)), after));
        at += after.length;
      } else {
        pass(s.at);
        const said = of.answer.slice(s.m.from, s.m.to);
        if (s.m.supported) {
          for (const c of s.m.cites ?? []) if (!new RegExp(`[\\[【,，、 ]${c.source}[\\]】,，、 ]`).test(said)) out.push(button(c, `m${s.m.to}.${c.source}`));
        }
        if (!s.m.supported) out.push(/* @__PURE__ */ h3("span", { key: `u${s.m.to}`, class: "loose" }, w2("unsupported")));
      }
    }
    pass(text.length);
    return out;
  };
  const cited = of.sources.map((s, i) => ({ s, n: i + 1, cites: of.marks.flatMap((m) => m.cites ?? []).filter((c) => c.source === i + 1) }));
  const row = ({ s, n, cites }) => {
    const quotes = cites.flatMap((c) => c.quotes ?? []), page = cites.find((c) => c.page)?.page ?? s.page;
    return /* @__PURE__ */ h3("details", { key: n }, /* @__PURE__ */ h3("summary", null, /* @__PURE__ */ h3("b", null, n), " ", s.heading && /* @__PURE__ */ h3("span", null, s.heading, " · "), page ? /* @__PURE__ */ h3("span", null, w2("page", page), " · ") : null, /* @__PURE__ */ h3("code", null, s.file)), /* @__PURE__ */ h3("blockquote", null, quotes.length ? spans(s.text, quotes).map(([text, here]) => here ? /* @__PURE__ */ h3("mark", null, text) : text) : s.text), /* @__PURE__ */ h3("button", { class: "open-source", onClick: () => setOpen({ ...s, page, quotes: quotes.length ? quotes : void 0 }) }, w2("openAt")));
  };
  const rest = cited.filter((c) => !c.cites.length);
  return /* @__PURE__ */ h3(Fragment3, null, /* @__PURE__ */ h3("div", { class: "answer written" }, /* @__PURE__ */ h3(Prose, { text: of.answer, plain })), (loose > 0 || fixed > 0) && /* @__PURE__ */ h3("p", { class: "quiet checked" }, loose > 0 && w2("count", loose, of.marks.length), " ", fixed > 0 && w2("corrected", fixed)), of.sources.length > 0 && /* @__PURE__ */ h3("section", { class: "sources", "aria-label": t2("sources") }, /* @__PURE__ */ h3("h2", null, t2("sources")), cited.filter((c) => c.cites.length).map(row), rest.length > 0 && /* @__PURE__ */ h3("details", null, /* @__PURE__ */ h3("summary", null, w2("read", rest.length)), rest.map(row))), open && /* @__PURE__ */ h3(Document, { key: open.file + open.id, path: path2(open.file), at: open, close: () => setOpen(null) }));
}
function inUnits(text, marks) {
  const at = [];
  let i = 0;
  for (const c of text) {
    at.push(i);
    i += c.length;
  }
  at.push(i);
  return marks.map((m) => ({ ...m, from: at[m.from] ?? i, to: at[m.to] ?? i }));
}

// src/pages/chat.tsx
var w3 = say3(words);
function Chat() {
  const s = store3.server;
  useEffect3(() => {
    document.addEventListener("copy", labelled);
    return () => document.removeEventListener("copy", labelled);
  }, []);
  if (store3.failure && !s) return /* @__PURE__ */ h4("div", { class: "card middle", role: "alert" }, /* @__PURE__ */ h4("p", { class: "failure" }, store3.failure.message));
  if (!s) return /* @__PURE__ */ h4("p", { class: "middle quiet" }, t3("loading"));
  if (!modelsNow().length) return store3.plan ? /* @__PURE__ */ h4(NotReady, null) : /* @__PURE__ */ h4(Nobody, null);
  const turns2 = path();
  return /* @__PURE__ */ h4("div", { class: turns2.length ? "chat" : "chat new" }, turns2.length > 0 && /* @__PURE__ */ h4("h1", { class: "hidden" }, t3("chat")), /* @__PURE__ */ h4("div", { class: "turns", role: "log", "aria-live": "polite", "aria-label": t3("conversation") }, turns2.length === 0 ? /* @__PURE__ */ h4(Hello, null) : turns2.map((turn) => /* @__PURE__ */ h4(TurnView, { key: turn.id, turn }))), /* @__PURE__ */ h4(Ask, null));
}
function Nobody() {
  return /* @__PURE__ */ h4(Fragment4, null, /* @__PURE__ */ h4("h1", { class: "hidden" }, t3("chat")), /* @__PURE__ */ h4(Empty, { title: w3("none") }, /* @__PURE__ */ h4("p", null, w3("noneHelp")), /* @__PURE__ */ h4("div", { class: "row" }, /* @__PURE__ */ h4("a", { class: "button main", href: "#models" }, w3("load")), /* @__PURE__ */ h4("a", { class: "button", href: "#home" }, w3("first")))));
}
function NotReady() {
  const p = progressOfPlan();
  return /* @__PURE__ */ h4("div", { class: "card middle" }, /* @__PURE__ */ h4("h1", null, t3("notReady")), p && /* @__PURE__ */ h4(Fragment4, null, /* @__PURE__ */ h4("progress", { max: 1, value: p.part, "aria-label": t3("notReady") }), /* @__PURE__ */ h4("p", null, t3("stepsDone", p.done, p.all), p.now && /* @__PURE__ */ h4("span", { class: "quiet" }, " · ", p.now))), /* @__PURE__ */ h4("p", { class: "quiet" }, t3("notReadyHelp")), /* @__PURE__ */ h4("a", { class: "button main", href: "#plan" }, t3("toPlan")));
}
function Hello() {
  const r = release(modelsNow()[0]), en = store3.lang === "en";
  return /* @__PURE__ */ h4("div", { class: "hello" }, /* @__PURE__ */ h4("h1", null, t3("hello", r.name)), alone(r) && /* @__PURE__ */ h4("p", { class: "quiet" }, t3("helloHelp")), /* @__PURE__ */ h4(Facts, null), r.examples.length > 0 && /* @__PURE__ */ h4("ul", { class: "examples", "aria-label": t3("examples") }, r.examples.map((e) => /* @__PURE__ */ h4("li", null, /* @__PURE__ */ h4("button", { onClick: () => send(en ? e.en : e.zh) }, en ? e.en : e.zh)))));
}
function Facts() {
  const r = release(modelsNow()[0]), a = r.about, facts = [];
  if (a?.parameters) facts.push(t3("factParameters", params(a.parameters)));
  if (a?.think) facts.push(t3("factThink", count2(a.think)));
  if (a?.passages) facts.push(t3("factPassages", count2(a.passages)));
  facts.push(t3("factHere"));
  return /* @__PURE__ */ h4("ul", { class: "facts" }, facts.map((f) => /* @__PURE__ */ h4("li", null, f)));
}
function TurnView({ turn }) {
  const [editing, edit] = useState3(null);
  const beside = turn.parent.children, at = beside.indexOf(turn);
  const turnTo = (i) => {
    turn.parent.chosen = i;
    redraw2();
  };
  const idle = coming().length === 0;
  return /* @__PURE__ */ h4("article", { class: "turn" }, editing === null ? /* @__PURE__ */ h4("div", { class: "question" }, /* @__PURE__ */ h4("span", { class: "hidden" }, t3("you"), ": "), turn.question) : /* @__PURE__ */ h4("form", { class: "question edit", onSubmit: (e) => {
    e.preventDefault();
    edit(null);
    again(turn, editing);
  } }, /* @__PURE__ */ h4(Field2, { label: w3("editing") }, (id) => /* @__PURE__ */ h4("textarea", { id, rows: 2, value: editing, onInput: (e) => edit(e.target.value) })), /* @__PURE__ */ h4("div", { class: "row" }, /* @__PURE__ */ h4("button", { class: "main", disabled: !editing.trim() || !idle }, t3("send")), /* @__PURE__ */ h4("button", { type: "button", onClick: () => edit(null) }, w3("cancel")))), /* @__PURE__ */ h4("div", { class: "turn-tools" }, beside.length > 1 && /* @__PURE__ */ h4("span", { class: "branches" }, /* @__PURE__ */ h4("button", { class: "bare", disabled: at === 0, "aria-label": w3("earlier"), onClick: () => turnTo(at - 1) }, "‹"), /* @__PURE__ */ h4("span", { class: "quiet" }, w3("branch", at + 1, beside.length)), /* @__PURE__ */ h4("button", { class: "bare", disabled: at === beside.length - 1, "aria-label": w3("later"), onClick: () => turnTo(at + 1) }, "›")), idle && editing === null && /* @__PURE__ */ h4(Fragment4, null, /* @__PURE__ */ h4("button", { class: "bare", onClick: () => edit(turn.question) }, w3("edit")), /* @__PURE__ */ h4("button", { class: "bare", onClick: () => again(turn) }, w3("again")))), /* @__PURE__ */ h4("div", { class: turn.replies.length > 1 ? "replies two" : "replies" }, turn.replies.map((r) => /* @__PURE__ */ h4(ReplyView, { key: r.model, reply: r, turn, many: turn.replies.length > 1 }))));
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
  return /* @__PURE__ */ h4("div", { class: release(reply.model)?.label ? "reply made" : "reply" }, many && /* @__PURE__ */ h4("h2", { class: "who" }, reply.model), /* @__PURE__ */ h4(Thought, { reply }), reply.calls.map((name) => /* @__PURE__ */ h4("p", { class: "quiet" }, w3("tool", name))), reply.marks.length > 0 ? /* @__PURE__ */ h4(Written, { of: reply, path: (file) => documentOf(reply.model, file) }) : reply.answer && /* @__PURE__ */ h4("div", { class: "answer" }, /* @__PURE__ */ h4(Prose, { text: answerOf(reply) })), reply.refusal && /* @__PURE__ */ h4("div", { class: "answer refusal" }, reply.refusal), reply.failure && /* @__PURE__ */ h4("div", { class: "failure", role: "alert" }, /* @__PURE__ */ h4("p", null, reply.failure.message), reply.failure.code === "model_not_ready" ? /* @__PURE__ */ h4("a", { class: "button", href: "#plan" }, t3("toPlan")) : /* @__PURE__ */ h4("button", { onClick: () => again(turn) }, t3("retry"))), reply.reason === "cancelled" && /* @__PURE__ */ h4("p", { class: "quiet" }, t3("stopped")), reply.reason === "length" && /* @__PURE__ */ h4("p", { class: "quiet" }, t3("cutShort")), reply.sources.length > 0 && reply.answer && !reply.marks.length && /* @__PURE__ */ h4(Sources, { of: reply }), reply.reason && /* @__PURE__ */ h4(Foot, { reply, turn }));
}
function answerOf(reply) {
  const end = reply.answer.lastIndexOf("\n\n");
  const named = end > 0 && reply.sources.some((s) => reply.answer.indexOf(s.file, end) > 0);
  return named ? reply.answer.slice(0, end) : reply.answer;
}
function Thought({ reply }) {
  if (!reply.thought) return reply.reason || reply.answer || reply.failure ? null : /* @__PURE__ */ h4("p", { class: "quiet pulse" }, t3("waiting"));
  const thinking = !reply.answerAt && !reply.reason;
  const took = seconds(((reply.answerAt || reply.ended) - reply.began) / 1e3);
  return /* @__PURE__ */ h4("details", { class: "thought", open: reply.unfold ?? thinking }, /* @__PURE__ */ h4("summary", { class: thinking ? "pulse" : "", onClick: (e) => {
    e.preventDefault();
    reply.unfold = !(reply.unfold ?? thinking);
    redraw2();
  } }, thinking ? t3("thinking") : reply.thoughtTokens ? t3("thoughtTokens", took, reply.thoughtTokens) : t3("thought", took)), /* @__PURE__ */ h4("div", { class: "thoughts" }, reply.thought));
}
var documentOf = (model, file) => `/api/documents/${encodeURIComponent(model)}?file=${encodeURIComponent(file)}`;
function Sources({ of }) {
  const quoted = answerOf(of).replace(/[“”]/g, "").trim(), [open, setOpen] = useState3(null);
  const cited = (s) => {
    const at = quoted.length > 8 ? s.text.indexOf(quoted) : -1, from = [...s.text.slice(0, Math.max(at, 0))].length;
    return { ...s, quotes: s.quotes?.length ? s.quotes : at < 0 ? void 0 : [[from, from + [...quoted].length]] };
  };
  return /* @__PURE__ */ h4("section", { class: "sources", "aria-label": t3("sources") }, /* @__PURE__ */ h4("h2", null, t3("sources")), of.sources.map((s) => {
    const c = cited(s);
    return /* @__PURE__ */ h4("details", null, /* @__PURE__ */ h4("summary", null, s.heading && /* @__PURE__ */ h4("span", null, s.heading, " · "), s.page ? /* @__PURE__ */ h4("span", null, w3("page", s.page), " · ") : null, /* @__PURE__ */ h4("code", null, s.file)), /* @__PURE__ */ h4("blockquote", null, c.quotes ? spans(s.text, c.quotes).map(([text, here]) => here ? /* @__PURE__ */ h4("mark", null, text) : text) : s.text), /* @__PURE__ */ h4("button", { class: "open-source", onClick: () => setOpen(c) }, w3("openAt")));
  }), open && /* @__PURE__ */ h4(Document, { path: documentOf(of.model, open.file), at: open, close: () => setOpen(null) }));
}
function Foot({ reply, turn }) {
  const said = reply.answer || reply.thought, r = release(reply.model);
  const [why, setWhy] = useState3(null);
  const total = (reply.ended - reply.began) / 1e3, first = (reply.first - reply.began) / 1e3;
  const after = total - first;
  const click = (good) => {
    setWhy("");
    rate(reply, good);
  };
  return /* @__PURE__ */ h4(Fragment4, null, /* @__PURE__ */ h4("footer", { class: said ? "" : "hidden" }, r?.label && said && /* @__PURE__ */ h4("span", { class: "label" }, t3("aiLabel")), reply.tokens > 0 && /* @__PURE__ */ h4("span", { class: "quiet" }, after > 0.05 ? w3("speed", reply.tokens, seconds(total), seconds(first), count2(+(Math.max(reply.tokens - 1, 1) / after).toPrecision(3))) : t3("cost", reply.tokens, seconds(total))), reply.id && reply.answer && /* @__PURE__ */ h4("span", { class: "rate" }, /* @__PURE__ */ h4("button", { "aria-pressed": reply.rating === true, "aria-label": t3("good"), title: t3("good"), onClick: () => click(true) }, /* @__PURE__ */ h4(Thumb, { up: true })), /* @__PURE__ */ h4("button", { "aria-pressed": reply.rating === false, "aria-label": t3("bad"), title: t3("bad"), onClick: () => click(false) }, /* @__PURE__ */ h4(Thumb, null))), /* @__PURE__ */ h4("span", { class: "quiet", role: "status" }, reply.ratingSaid)), why !== null && reply.rating !== null && /* @__PURE__ */ h4("form", { class: "why row", onSubmit: (e) => {
    e.preventDefault();
    rate(reply, reply.rating, why);
    setWhy(null);
  } }, /* @__PURE__ */ h4(Field2, { label: w3("why") }, (id) => /* @__PURE__ */ h4("input", { id, value: why, maxLength: 2e3, onInput: (e) => setWhy(e.target.value) })), /* @__PURE__ */ h4("button", { disabled: !why.trim() }, w3("send"))), r && r.context > 0 && reply.prompt > 0 && /* @__PURE__ */ h4(Limit, { used: reply.prompt + reply.tokens, of: r.context }), said && /* @__PURE__ */ h4(Proof, { reply, turn }));
}
function Limit({ used, of }) {
  return /* @__PURE__ */ h4("div", { class: "limit" }, /* @__PURE__ */ h4(Meter, { part: used / of, label: w3("context", count2(used), count2(of)) }), used / of > 0.9 && /* @__PURE__ */ h4("p", { class: "bad" }, w3("full")));
}
function Proof({ reply, turn }) {
  const [receipt, setReceipt] = useState3(null), [same, setSame] = useState3(null), [busy, setBusy] = useState3(false);
  const load = async () => {
    if (receipt !== null || !reply.id) return;
    try {
      setReceipt(JSON.stringify(await (await ask3("GET", "/v1/receipts/" + encodeURIComponent(reply.id))).json(), null, 2));
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
  return /* @__PURE__ */ h4(Fragment4, null, /* @__PURE__ */ h4("details", { class: "proof", onToggle: (e) => {
    if (e.target.open) load();
  } }, /* @__PURE__ */ h4("summary", null, w3("receipt")), /* @__PURE__ */ h4("p", { class: "quiet" }, w3("receiptHelp")), receipt === "" && /* @__PURE__ */ h4("p", null, w3("noReceipt")), receipt && /* @__PURE__ */ h4(Fragment4, null, /* @__PURE__ */ h4("pre", { tabIndex: 0, "aria-label": w3("receipt") }, receipt), /* @__PURE__ */ h4("a", { class: "button", download: `${reply.id}.json`, href: URL.createObjectURL(new Blob([receipt], { type: "application/json" })) }, w3("save"))), reply.seed && /* @__PURE__ */ h4("button", { disabled: busy, onClick: replay }, w3("replay")), /* @__PURE__ */ h4("p", { role: "status" }, busy ? w3("replaying") : same === null ? "" : same ? "✓ " + w3("same") : "✗ " + w3("differs"))), /* @__PURE__ */ h4("details", { class: "proof" }, /* @__PURE__ */ h4("summary", null, w3("code")), /* @__PURE__ */ h4(Code, { turn, model: reply.model })));
}
function Code({ turn, model }) {
  const [tongue, setTongue] = useState3("curl"), [said, setSaid] = useState3("");
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
  return /* @__PURE__ */ h4(Fragment4, null, /* @__PURE__ */ h4("div", { class: "row" }, /* @__PURE__ */ h4("label", { class: "hidden", for: "tongue" + turn.id + model }, w3("code")), /* @__PURE__ */ h4("select", { id: "tongue" + turn.id + model, value: tongue, onChange: (e) => {
    setSaid("");
    setTongue(e.target.value);
  } }, ["curl", "Python", "Go"].map((v) => /* @__PURE__ */ h4("option", { key: v }, v))), /* @__PURE__ */ h4("button", { onClick: async () => {
    await navigator.clipboard.writeText(text);
    setSaid(w3("copied"));
  } }, w3("copy")), /* @__PURE__ */ h4("span", { class: "quiet", role: "status" }, said)), /* @__PURE__ */ h4("pre", { tabIndex: 0, "aria-label": w3("code") }, /* @__PURE__ */ h4("code", null, text)));
}
var goText = (s) => s.includes("`") ? JSON.stringify(s) : "`" + s + "`";
function Thumb({ up = false }) {
  return /* @__PURE__ */ h4("svg", { class: up ? "" : "down", viewBox: "0 0 20 20", width: "18", height: "18", "aria-hidden": "true" }, /* @__PURE__ */ h4(
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
  return /* @__PURE__ */ h4("form", { class: "ask", onSubmit: (e) => {
    e.preventDefault();
    const text = talk.draft;
    talk.draft = "";
    send(text);
  } }, /* @__PURE__ */ h4("label", { class: "hidden", for: "question" }, t3("question")), /* @__PURE__ */ h4("div", { class: "field" }, /* @__PURE__ */ h4(
    "textarea",
    {
      id: "question",
      rows: 1,
      placeholder: t3("askPlace"),
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
  ), /* @__PURE__ */ h4("div", { class: "buttons" }, /* @__PURE__ */ h4("span", { id: "how", class: "quiet" }, t3("askHint")), path().length > 0 && !busy.length && /* @__PURE__ */ h4("button", { type: "button", class: "bare", onClick: clear }, t3("clear")), busy.length ? /* @__PURE__ */ h4("button", { type: "button", class: "main", onClick: () => busy.forEach((r) => r.abort.abort()) }, t3("stop")) : /* @__PURE__ */ h4("button", { type: "submit", class: "main", disabled: !talk.draft.trim() }, t3("send")))), /* @__PURE__ */ h4(Parameters, null), path().length > 0 && !busy.length && mayDo("export") && /* @__PURE__ */ h4(Save, null));
}
var inSight = (e) => e.target.closest("form").scrollIntoView({ block: "end" });
var formats = ["docx", "pdf", "html", "md", "json"];
function Save() {
  const [format, setFormat] = useState3("docx"), save = useAct();
  const go = () => save.run(async () => {
    const turns2 = path().flatMap((turn) => [{ role: "user", text: turn.question }, ...turn.replies.filter((r) => r.answer || r.refusal).map((r) => ({ role: "assistant", text: r.answer || r.refusal }))]);
    const file = await (await ask3("POST", "/api/export", { format, title: path()[0].question.slice(0, 80), turns: turns2, answer: path().at(-1)?.replies[0]?.id ?? "" })).blob();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "conversation." + format;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  return /* @__PURE__ */ h4("details", { class: "parameters export", onToggle: inSight }, /* @__PURE__ */ h4("summary", null, w3("export")), /* @__PURE__ */ h4("div", { class: "row" }, /* @__PURE__ */ h4("label", { class: "hidden", for: "format" }, w3("format")), /* @__PURE__ */ h4("select", { id: "format", value: format, onChange: (e) => setFormat(e.target.value) }, formats.map((f) => /* @__PURE__ */ h4("option", { key: f }, f))), /* @__PURE__ */ h4("button", { type: "button", disabled: save.busy, onClick: go }, w3("exportGo")), /* @__PURE__ */ h4("span", { class: "quiet" }, w3("exportHelp"))), save.failure && /* @__PURE__ */ h4(Fail2, { of: save.failure }));
}
function Parameters() {
  const names = (store3.server?.releases ?? []).filter((r) => r.answers).map((r) => r.name), o = talk.options;
  const set = (k) => (e) => {
    o[k] = e.target.value;
    redraw2();
  };
  return /* @__PURE__ */ h4("details", { class: "parameters", onToggle: inSight }, /* @__PURE__ */ h4("summary", null, w3("options"), " · ", modelsNow().join(" | ")), /* @__PURE__ */ h4("div", { class: "form" }, /* @__PURE__ */ h4(Field2, { label: w3("model") }, (id) => /* @__PURE__ */ h4("select", { id, class: "model", value: modelsNow()[0], onChange: (e) => {
    talk.model = e.target.value;
    redraw2();
  } }, names.map((n) => /* @__PURE__ */ h4("option", { key: n }, n)))), names.length > 1 && /* @__PURE__ */ h4(Field2, { label: w3("beside") }, (id) => /* @__PURE__ */ h4("select", { id, class: "beside", value: talk.beside, onChange: (e) => {
    talk.beside = e.target.value;
    redraw2();
  } }, /* @__PURE__ */ h4("option", { value: "" }, w3("nobody")), names.filter((n) => n !== modelsNow()[0]).map((n) => /* @__PURE__ */ h4("option", { key: n }, n)))), (release(modelsNow()[0])?.about?.adapters ?? []).length > 0 && /* @__PURE__ */ h4(Field2, { label: w3("adapter") }, (id) => /* @__PURE__ */ h4("select", { id, class: "adapter", value: o.adapter, onChange: set("adapter") }, /* @__PURE__ */ h4("option", { value: "" }, w3("noAdapter")), release(modelsNow()[0]).about.adapters.map((a) => /* @__PURE__ */ h4("option", { key: a }, a)))), /* @__PURE__ */ h4(Field2, { label: w3("temperature"), hint: w3("temperatureHint") }, (id) => /* @__PURE__ */ h4("input", { id, type: "number", min: "0", max: "2", step: "0.1", value: o.temperature, onInput: set("temperature") })), /* @__PURE__ */ h4(Field2, { label: w3("top_p") }, (id) => /* @__PURE__ */ h4("input", { id, type: "number", min: "0.01", max: "1", step: "0.01", value: o.top_p, onInput: set("top_p") })), /* @__PURE__ */ h4(Field2, { label: w3("tokens"), hint: w3("tokensHint") }, (id) => /* @__PURE__ */ h4("input", { id, type: "number", min: "1", step: "1", value: o.max_tokens, onInput: set("max_tokens") })), /* @__PURE__ */ h4(Field2, { label: w3("seed"), hint: w3("seedHint") }, (id) => /* @__PURE__ */ h4("input", { id, inputMode: "numeric", pattern: "[0-9]*", value: o.seed, onInput: set("seed") })), /* @__PURE__ */ h4(Field2, { label: w3("think") }, (id) => /* @__PURE__ */ h4("select", { id, value: o.think, onChange: set("think") }, /* @__PURE__ */ h4("option", { value: "" }, w3("think_")), /* @__PURE__ */ h4("option", { value: "on" }, w3("think_on")), /* @__PURE__ */ h4("option", { value: "off" }, w3("think_off")))), /* @__PURE__ */ h4(Field2, { label: w3("system") }, (id) => /* @__PURE__ */ h4("textarea", { id, rows: 2, value: o.system, onInput: set("system") })), alone(release(modelsNow()[0])) && /* @__PURE__ */ h4("p", { class: "quiet" }, w3("alone"))));
}
export {
  Chat as default
};
