// src/pages/chat.tsx
import { ask as ask2, count, Empty, Field, Fragment as Fragment2, h as h2, Meter, progressOfPlan, redraw as redraw2, say, seconds, store as store2, t as t2, useState } from "./kit.js";

// src/pages/chat.words.ts
var words = {
  none: ["No model answers yet", "还没有模型可以回答"],
  noneHelp: ["Load one that you brought, or make one of your own; this page opens by itself when it is there.", "请载入带来的模型，或自己制作一个；就绪后本页会自动打开。"],
  load: ["Load a model", "载入模型"],
  first: ["Make my own", "自己制作"],
  model: ["Model", "模型"],
  beside: ["Beside it", "并排对比"],
  nobody: ["nobody", "不对比"],
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
  options: { system: "", temperature: "", top_p: "", max_tokens: "", seed: "", think: "" }
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

// src/pages/prose.tsx
import { h, Fragment } from "./kit.js";
function Prose({ text }) {
  const out = [];
  text.split(/^```/m).forEach((part, i) => {
    if (i % 2 === 1) {
      const end = part.indexOf("\n");
      out.push(/* @__PURE__ */ h("pre", { key: i, tabIndex: 0 }, /* @__PURE__ */ h("code", null, end < 0 ? "" : part.slice(end + 1))));
    } else if (part.trim()) {
      out.push(/* @__PURE__ */ h("span", { key: i }, part.split("\n").map((line, j, all) => {
        const head = /^#{1,6} (.*)$/.exec(line);
        return /* @__PURE__ */ h(Fragment, { key: j }, head ? /* @__PURE__ */ h("b", null, head[1]) : inline(line), j < all.length - 1 && "\n");
      })));
    }
  });
  return /* @__PURE__ */ h(Fragment, null, out);
}
function inline(line) {
  return line.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((s, i) => i % 2 === 0 ? s : s[0] === "`" ? /* @__PURE__ */ h("code", { key: i }, s.slice(1, -1)) : /* @__PURE__ */ h("b", { key: i }, s.slice(2, -2)));
}

// src/pages/chat.tsx
var w = say(words);
function Chat() {
  const s = store2.server;
  if (store2.failure && !s) return /* @__PURE__ */ h2("div", { class: "card middle", role: "alert" }, /* @__PURE__ */ h2("p", { class: "failure" }, store2.failure.message));
  if (!s) return /* @__PURE__ */ h2("p", { class: "middle quiet" }, t2("loading"));
  if (!modelsNow().length) return store2.plan ? /* @__PURE__ */ h2(NotReady, null) : /* @__PURE__ */ h2(Nobody, null);
  const turns2 = path();
  return /* @__PURE__ */ h2("div", { class: turns2.length ? "chat" : "chat new" }, turns2.length > 0 && /* @__PURE__ */ h2("h1", { class: "hidden" }, t2("chat")), /* @__PURE__ */ h2("div", { class: "turns", role: "log", "aria-live": "polite", "aria-label": t2("conversation") }, turns2.length === 0 ? /* @__PURE__ */ h2(Hello, null) : turns2.map((turn) => /* @__PURE__ */ h2(TurnView, { key: turn.id, turn }))), /* @__PURE__ */ h2(Ask, null));
}
function Nobody() {
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("h1", { class: "hidden" }, t2("chat")), /* @__PURE__ */ h2(Empty, { title: w("none") }, /* @__PURE__ */ h2("p", null, w("noneHelp")), /* @__PURE__ */ h2("div", { class: "row" }, /* @__PURE__ */ h2("a", { class: "button main", href: "#models" }, w("load")), /* @__PURE__ */ h2("a", { class: "button", href: "#home" }, w("first")))));
}
function NotReady() {
  const p = progressOfPlan();
  return /* @__PURE__ */ h2("div", { class: "card middle" }, /* @__PURE__ */ h2("h1", null, t2("notReady")), p && /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("progress", { max: 1, value: p.part, "aria-label": t2("notReady") }), /* @__PURE__ */ h2("p", null, t2("stepsDone", p.done, p.all), p.now && /* @__PURE__ */ h2("span", { class: "quiet" }, " · ", p.now))), /* @__PURE__ */ h2("p", { class: "quiet" }, t2("notReadyHelp")), /* @__PURE__ */ h2("a", { class: "button main", href: "#plan" }, t2("toPlan")));
}
function Hello() {
  const r = release(modelsNow()[0]), en = store2.lang === "en";
  return /* @__PURE__ */ h2("div", { class: "hello" }, /* @__PURE__ */ h2("h1", null, t2("hello", r.name)), alone(r) && /* @__PURE__ */ h2("p", { class: "quiet" }, t2("helloHelp")), /* @__PURE__ */ h2(Facts, null), r.examples.length > 0 && /* @__PURE__ */ h2("ul", { class: "examples", "aria-label": t2("examples") }, r.examples.map((e) => /* @__PURE__ */ h2("li", null, /* @__PURE__ */ h2("button", { onClick: () => send(en ? e.en : e.zh) }, en ? e.en : e.zh)))));
}
function Facts() {
  const r = release(modelsNow()[0]), a = r.about, facts = [];
  if (a?.parameters) facts.push(t2("factParameters", a.parameters < 1e6 ? count(Math.round(a.parameters / 1e3)) + " K" : (a.parameters / 1e6).toFixed(1) + " M"));
  if (a?.think) facts.push(t2("factThink", count(a.think)));
  if (a?.passages) facts.push(t2("factPassages", count(a.passages)));
  facts.push(t2("factHere"));
  return /* @__PURE__ */ h2("ul", { class: "facts" }, facts.map((f) => /* @__PURE__ */ h2("li", null, f)));
}
function TurnView({ turn }) {
  const [editing, edit] = useState(null);
  const beside = turn.parent.children, at = beside.indexOf(turn);
  const turnTo = (i) => {
    turn.parent.chosen = i;
    redraw2();
  };
  const idle = coming().length === 0;
  return /* @__PURE__ */ h2("article", { class: "turn" }, editing === null ? /* @__PURE__ */ h2("div", { class: "question" }, /* @__PURE__ */ h2("span", { class: "hidden" }, t2("you"), ": "), turn.question) : /* @__PURE__ */ h2("form", { class: "question edit", onSubmit: (e) => {
    e.preventDefault();
    edit(null);
    again(turn, editing);
  } }, /* @__PURE__ */ h2(Field, { label: w("editing") }, (id) => /* @__PURE__ */ h2("textarea", { id, rows: 2, value: editing, onInput: (e) => edit(e.target.value) })), /* @__PURE__ */ h2("div", { class: "row" }, /* @__PURE__ */ h2("button", { class: "main", disabled: !editing.trim() || !idle }, t2("send")), /* @__PURE__ */ h2("button", { type: "button", onClick: () => edit(null) }, w("cancel")))), /* @__PURE__ */ h2("div", { class: "turn-tools" }, beside.length > 1 && /* @__PURE__ */ h2("span", { class: "branches" }, /* @__PURE__ */ h2("button", { class: "bare", disabled: at === 0, "aria-label": w("earlier"), onClick: () => turnTo(at - 1) }, "‹"), /* @__PURE__ */ h2("span", { class: "quiet" }, w("branch", at + 1, beside.length)), /* @__PURE__ */ h2("button", { class: "bare", disabled: at === beside.length - 1, "aria-label": w("later"), onClick: () => turnTo(at + 1) }, "›")), idle && editing === null && /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("button", { class: "bare", onClick: () => edit(turn.question) }, w("edit")), /* @__PURE__ */ h2("button", { class: "bare", onClick: () => again(turn) }, w("again")))), /* @__PURE__ */ h2("div", { class: turn.replies.length > 1 ? "replies two" : "replies" }, turn.replies.map((r) => /* @__PURE__ */ h2(ReplyView, { key: r.model, reply: r, turn, many: turn.replies.length > 1 }))));
}
function ReplyView({ reply, turn, many }) {
  return /* @__PURE__ */ h2("div", { class: "reply" }, many && /* @__PURE__ */ h2("h2", { class: "who" }, reply.model), /* @__PURE__ */ h2(Thought, { reply }), reply.calls.map((name) => /* @__PURE__ */ h2("p", { class: "quiet" }, w("tool", name))), reply.answer && /* @__PURE__ */ h2("div", { class: "answer" }, /* @__PURE__ */ h2(Prose, { text: answerOf(reply) })), reply.refusal && /* @__PURE__ */ h2("div", { class: "answer refusal" }, reply.refusal), reply.failure && /* @__PURE__ */ h2("div", { class: "failure", role: "alert" }, /* @__PURE__ */ h2("p", null, reply.failure.message), reply.failure.code === "model_not_ready" ? /* @__PURE__ */ h2("a", { class: "button", href: "#plan" }, t2("toPlan")) : /* @__PURE__ */ h2("button", { onClick: () => again(turn) }, t2("retry"))), reply.reason === "cancelled" && /* @__PURE__ */ h2("p", { class: "quiet" }, t2("stopped")), reply.reason === "length" && /* @__PURE__ */ h2("p", { class: "quiet" }, t2("cutShort")), reply.sources.length > 0 && reply.answer && /* @__PURE__ */ h2(Sources, { of: reply }), reply.reason && /* @__PURE__ */ h2(Foot, { reply, turn }));
}
function answerOf(reply) {
  const end = reply.answer.lastIndexOf("\n\n");
  const named = end > 0 && reply.sources.some((s) => reply.answer.indexOf(s.file, end) > 0);
  return named ? reply.answer.slice(0, end) : reply.answer;
}
function Thought({ reply }) {
  if (!reply.thought) return reply.reason || reply.answer || reply.failure ? null : /* @__PURE__ */ h2("p", { class: "quiet pulse" }, t2("waiting"));
  const thinking = !reply.answerAt && !reply.reason;
  const took = seconds(((reply.answerAt || reply.ended) - reply.began) / 1e3);
  return /* @__PURE__ */ h2("details", { class: "thought", open: reply.unfold ?? thinking }, /* @__PURE__ */ h2("summary", { class: thinking ? "pulse" : "", onClick: (e) => {
    e.preventDefault();
    reply.unfold = !(reply.unfold ?? thinking);
    redraw2();
  } }, thinking ? t2("thinking") : reply.thoughtTokens ? t2("thoughtTokens", took, reply.thoughtTokens) : t2("thought", took)), /* @__PURE__ */ h2("div", { class: "thoughts" }, reply.thought));
}
function Sources({ of }) {
  const quoted = answerOf(of).replace(/[“”]/g, "").trim();
  return /* @__PURE__ */ h2("section", { class: "sources", "aria-label": t2("sources") }, /* @__PURE__ */ h2("h2", null, t2("sources")), of.sources.map((s) => {
    const at = quoted.length > 8 ? s.text.indexOf(quoted) : -1;
    return /* @__PURE__ */ h2("details", null, /* @__PURE__ */ h2("summary", null, s.heading && /* @__PURE__ */ h2("span", null, s.heading, " · "), /* @__PURE__ */ h2("code", null, s.file)), /* @__PURE__ */ h2("blockquote", null, at < 0 ? s.text : /* @__PURE__ */ h2(Fragment2, null, s.text.slice(0, at), /* @__PURE__ */ h2("mark", null, s.text.slice(at, at + quoted.length)), s.text.slice(at + quoted.length))));
  }));
}
function Foot({ reply, turn }) {
  const said = reply.answer || reply.thought, r = release(reply.model);
  const [why, setWhy] = useState(null);
  const total = (reply.ended - reply.began) / 1e3, first = (reply.first - reply.began) / 1e3;
  const after = total - first;
  const click = (good) => {
    setWhy("");
    rate(reply, good);
  };
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("footer", { class: said ? "" : "hidden" }, r?.label && said && /* @__PURE__ */ h2("span", { class: "label" }, t2("aiLabel")), reply.tokens > 0 && /* @__PURE__ */ h2("span", { class: "quiet" }, after > 0.05 ? w("speed", reply.tokens, seconds(total), seconds(first), count(+(Math.max(reply.tokens - 1, 1) / after).toPrecision(3))) : t2("cost", reply.tokens, seconds(total))), reply.id && reply.answer && /* @__PURE__ */ h2("span", { class: "rate" }, /* @__PURE__ */ h2("button", { "aria-pressed": reply.rating === true, "aria-label": t2("good"), title: t2("good"), onClick: () => click(true) }, /* @__PURE__ */ h2(Thumb, { up: true })), /* @__PURE__ */ h2("button", { "aria-pressed": reply.rating === false, "aria-label": t2("bad"), title: t2("bad"), onClick: () => click(false) }, /* @__PURE__ */ h2(Thumb, null))), /* @__PURE__ */ h2("span", { class: "quiet", role: "status" }, reply.ratingSaid)), why !== null && reply.rating !== null && /* @__PURE__ */ h2("form", { class: "why row", onSubmit: (e) => {
    e.preventDefault();
    rate(reply, reply.rating, why);
    setWhy(null);
  } }, /* @__PURE__ */ h2(Field, { label: w("why") }, (id) => /* @__PURE__ */ h2("input", { id, value: why, maxLength: 2e3, onInput: (e) => setWhy(e.target.value) })), /* @__PURE__ */ h2("button", { disabled: !why.trim() }, w("send"))), r && r.context > 0 && reply.prompt > 0 && /* @__PURE__ */ h2(Limit, { used: reply.prompt + reply.tokens, of: r.context }), said && /* @__PURE__ */ h2(Proof, { reply, turn }));
}
function Limit({ used, of }) {
  return /* @__PURE__ */ h2("div", { class: "limit" }, /* @__PURE__ */ h2(Meter, { part: used / of, label: w("context", count(used), count(of)) }), used / of > 0.9 && /* @__PURE__ */ h2("p", { class: "bad" }, w("full")));
}
function Proof({ reply, turn }) {
  const [receipt, setReceipt] = useState(null), [same, setSame] = useState(null), [busy, setBusy] = useState(false);
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
  } }, /* @__PURE__ */ h2("summary", null, w("receipt")), /* @__PURE__ */ h2("p", { class: "quiet" }, w("receiptHelp")), receipt === "" && /* @__PURE__ */ h2("p", null, w("noReceipt")), receipt && /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("pre", { tabIndex: 0, "aria-label": w("receipt") }, receipt), /* @__PURE__ */ h2("a", { class: "button", download: `${reply.id}.json`, href: URL.createObjectURL(new Blob([receipt], { type: "application/json" })) }, w("save"))), reply.seed && /* @__PURE__ */ h2("button", { disabled: busy, onClick: replay }, w("replay")), /* @__PURE__ */ h2("p", { role: "status" }, busy ? w("replaying") : same === null ? "" : same ? "✓ " + w("same") : "✗ " + w("differs"))), /* @__PURE__ */ h2("details", { class: "proof" }, /* @__PURE__ */ h2("summary", null, w("code")), /* @__PURE__ */ h2(Code, { turn, model: reply.model })));
}
function Code({ turn, model }) {
  const [tongue, setTongue] = useState("curl"), [said, setSaid] = useState("");
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
  return /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("div", { class: "row" }, /* @__PURE__ */ h2("label", { class: "hidden", for: "tongue" + turn.id + model }, w("code")), /* @__PURE__ */ h2("select", { id: "tongue" + turn.id + model, value: tongue, onChange: (e) => {
    setSaid("");
    setTongue(e.target.value);
  } }, ["curl", "Python", "Go"].map((v) => /* @__PURE__ */ h2("option", { key: v }, v))), /* @__PURE__ */ h2("button", { onClick: async () => {
    await navigator.clipboard.writeText(text);
    setSaid(w("copied"));
  } }, w("copy")), /* @__PURE__ */ h2("span", { class: "quiet", role: "status" }, said)), /* @__PURE__ */ h2("pre", { tabIndex: 0, "aria-label": w("code") }, /* @__PURE__ */ h2("code", null, text)));
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
  const busy = coming();
  return /* @__PURE__ */ h2("form", { class: "ask", onSubmit: (e) => {
    e.preventDefault();
    const text = talk.draft;
    talk.draft = "";
    send(text);
  } }, /* @__PURE__ */ h2("label", { class: "hidden", for: "question" }, t2("question")), /* @__PURE__ */ h2("div", { class: "field" }, /* @__PURE__ */ h2(
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
  ), /* @__PURE__ */ h2("div", { class: "buttons" }, /* @__PURE__ */ h2("span", { id: "how", class: "quiet" }, t2("askHint")), path().length > 0 && !busy.length && /* @__PURE__ */ h2("button", { type: "button", class: "bare", onClick: clear }, t2("clear")), busy.length ? /* @__PURE__ */ h2("button", { type: "button", class: "main", onClick: () => busy.forEach((r) => r.abort.abort()) }, t2("stop")) : /* @__PURE__ */ h2("button", { type: "submit", class: "main", disabled: !talk.draft.trim() }, t2("send")))), /* @__PURE__ */ h2(Parameters, null));
}
function Parameters() {
  const names = (store2.server?.releases ?? []).filter((r) => r.answers).map((r) => r.name), o = talk.options;
  const set = (k) => (e) => {
    o[k] = e.target.value;
    redraw2();
  };
  return /* @__PURE__ */ h2("details", { class: "parameters" }, /* @__PURE__ */ h2("summary", null, w("options"), " · ", modelsNow().join(" | ")), /* @__PURE__ */ h2("div", { class: "form" }, /* @__PURE__ */ h2(Field, { label: w("model") }, (id) => /* @__PURE__ */ h2("select", { id, class: "model", value: modelsNow()[0], onChange: (e) => {
    talk.model = e.target.value;
    redraw2();
  } }, names.map((n) => /* @__PURE__ */ h2("option", { key: n }, n)))), names.length > 1 && /* @__PURE__ */ h2(Field, { label: w("beside") }, (id) => /* @__PURE__ */ h2("select", { id, class: "beside", value: talk.beside, onChange: (e) => {
    talk.beside = e.target.value;
    redraw2();
  } }, /* @__PURE__ */ h2("option", { value: "" }, w("nobody")), names.filter((n) => n !== modelsNow()[0]).map((n) => /* @__PURE__ */ h2("option", { key: n }, n)))), /* @__PURE__ */ h2(Field, { label: w("temperature"), hint: w("temperatureHint") }, (id) => /* @__PURE__ */ h2("input", { id, type: "number", min: "0", max: "2", step: "0.1", value: o.temperature, onInput: set("temperature") })), /* @__PURE__ */ h2(Field, { label: w("top_p") }, (id) => /* @__PURE__ */ h2("input", { id, type: "number", min: "0.01", max: "1", step: "0.01", value: o.top_p, onInput: set("top_p") })), /* @__PURE__ */ h2(Field, { label: w("tokens"), hint: w("tokensHint") }, (id) => /* @__PURE__ */ h2("input", { id, type: "number", min: "1", step: "1", value: o.max_tokens, onInput: set("max_tokens") })), /* @__PURE__ */ h2(Field, { label: w("seed"), hint: w("seedHint") }, (id) => /* @__PURE__ */ h2("input", { id, inputMode: "numeric", pattern: "[0-9]*", value: o.seed, onInput: set("seed") })), /* @__PURE__ */ h2(Field, { label: w("think") }, (id) => /* @__PURE__ */ h2("select", { id, value: o.think, onChange: set("think") }, /* @__PURE__ */ h2("option", { value: "" }, w("think_")), /* @__PURE__ */ h2("option", { value: "on" }, w("think_on")), /* @__PURE__ */ h2("option", { value: "off" }, w("think_off")))), /* @__PURE__ */ h2(Field, { label: w("system") }, (id) => /* @__PURE__ */ h2("textarea", { id, rows: 2, value: o.system, onInput: set("system") })), alone(release(modelsNow()[0])) && /* @__PURE__ */ h2("p", { class: "quiet" }, w("alone"))));
}
export {
  Chat as default
};
