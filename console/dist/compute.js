// src/pages/compute.tsx
import { bytes, Card, Command, count, FactList, Fragment, h, HealthCard, Loaded, Meter, Page, say, store, t, Tag, useGet, listed, told } from "./kit.js";

// src/pages/compute.words.ts
var words = {
  lead: ["This machine as it was measured: what it can compute, how fast it reads memory, who holds the memory, and what waits.", "实测的本机：计算能力、内存读取速度、内存由谁占用、什么在排队。"],
  machine: ["The machine", "机器"],
  processor: ["Processor", "处理器"],
  kind: ["Instruction set", "指令集"],
  threads: ["Threads to use", "使用线程"],
  cores: ["{0} of {1}", "{0}/{1}"],
  memory: ["Memory for the process", "进程可用内存"],
  peak: ["Measured peak", "实测峰值"],
  bandwidth: ["Measured reading of memory", "实测内存读取"],
  ridge: ["Balance", "平衡点"],
  ridgeOf: ["{0} FLOP for each byte", "每字节 {0} FLOP"],
  roof: ["Roofline", "屋顶线"],
  roofHelp: ["Left of the bend a computation waits for memory, right of it for the processor. Writing an answer token by token lies far left; training lies right.", "折点左侧受内存限制，右侧受处理器限制。逐词元生成在左侧，训练在右侧。"],
  intensity: ["FLOP for each byte read", "每读一字节的 FLOP"],
  gflops: ["GFLOP/s", "GFLOP/s"],
  decode: ["one answer", "单个回答"],
  batch: ["16 answers", "16 个回答"],
  train: ["training", "训练"],
  bound: ["at {0} FLOP a byte, {1} GFLOP/s at most, bound by {2}", "每字节 {0} FLOP，至多 {1} GFLOP/s，受限于{2}"],
  byMemory: ["memory", "内存"],
  byProcessor: ["the processor", "处理器"],
  map: ["Who holds the memory", "内存占用"],
  weights: ["{0}: weights", "{0}：权重"],
  pages: ["{0}: keys and values", "{0}：键值缓存"],
  program: ["the program's heap", "程序堆"],
  free: ["free for models", "可用于模型"],
  queue: ["The queue", "队列"],
  working: ["{0} of {1} answers at once", "同时回答 {0}/{1} 个"],
  waiting: ["{0} wait", "{0} 个在等待"],
  why: ["They wait because all {0} places are taken; a place comes free when an answer ends.", "因为 {0} 个位置都已占用；有回答结束就会空出位置。"],
  whyNot: ["Nothing waits: a request begins at once.", "没有排队，请求立即开始。"],
  checks: ["Checks", "检查"],
  sharePages: ["{0}: {1} of {2} pages of keys and values", "{0}：键值缓存 {1}/{2} 页"]
};

// src/pages/compute.tsx
var w = say(words);
function Compute() {
  const got = useGet("/api/machine");
  return /* @__PURE__ */ h(Page, { title: t("compute"), lead: w("lead") }, /* @__PURE__ */ h(Loaded, { of: got }, (m) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("div", { class: "two" }, /* @__PURE__ */ h("div", { class: "stack" }, /* @__PURE__ */ h(Card, { title: w("machine") }, /* @__PURE__ */ h(FactList, { rows: [
    [w("processor"), m.machine.cpu],
    [w("kind"), m.machine.arch],
    [w("threads"), w("cores", m.machine.threads, m.machine.cores)],
    [w("memory"), bytes(m.machine.memory)],
    [w("peak"), `${(m.machine.peak / 1e9).toFixed(1)} GFLOP/s`],
    [w("bandwidth"), `${(m.machine.bandwidth / 1e9).toFixed(1)} GB/s`],
    [w("ridge"), w("ridgeOf", (m.machine.peak / m.machine.bandwidth).toFixed(1))]
  ] }), /* @__PURE__ */ h(Command, { line: "suiren doctor" })), /* @__PURE__ */ h(Queue, null)), /* @__PURE__ */ h(Card, { title: w("roof") }, /* @__PURE__ */ h(Roof, { peak: m.machine.peak, bandwidth: m.machine.bandwidth }), /* @__PURE__ */ h("p", { class: "quiet" }, w("roofHelp")))), /* @__PURE__ */ h(Card, { title: w("map") }, /* @__PURE__ */ h(Map, { of: m })), /* @__PURE__ */ h("div", { class: "two" }, /* @__PURE__ */ h(HealthCard, null), /* @__PURE__ */ h(Card, { title: w("checks") }, /* @__PURE__ */ h("ul", { class: "plainlist" }, m.checks.map((c) => /* @__PURE__ */ h("li", { key: c.name }, /* @__PURE__ */ h(Tag, { kind: c.status === "✓" ? "done" : "failed" }, c.status), " ", /* @__PURE__ */ h("b", null, c.name), " ", c.found, c.next && /* @__PURE__ */ h("div", { class: "quiet" }, "→ ", c.next)))))))));
}
var wide = 360;
var high = 250;
var left = 46;
var bottom = 52;
var top = 24;
var right = 14;
function Roof({ peak, bandwidth }) {
  const x0 = -2, x1 = 3, y1 = Math.ceil(Math.log10(peak / 1e9) + 0.2), y0 = y1 - 4;
  const x = (v) => left + (Math.log10(v) - x0) / (x1 - x0) * (wide - left - right);
  const y = (v) => top + (y1 - Math.max(y0, Math.log10(v / 1e9))) / (y1 - y0) * (high - top - bottom);
  const ridge = peak / bandwidth, reach = (v) => Math.min(peak, bandwidth * v);
  const marks = [[w("decode"), 0.5], [w("batch"), 8], [w("train"), 100]];
  const name = told(w("roof"), listed([`${(peak / 1e9).toFixed(1)} GFLOP/s`, `${(bandwidth / 1e9).toFixed(1)} GB/s`]));
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("svg", { class: "chart roof", viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": name }, Array.from({ length: 5 }, (_, i) => y0 + i).map((p) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("line", { class: "grid", x1: left, x2: wide - right, y1: y(10 ** p * 1e9), y2: y(10 ** p * 1e9) }), /* @__PURE__ */ h("text", { x: left - 6, y: y(10 ** p * 1e9) + 4, "text-anchor": "end" }, 10 ** p))), Array.from({ length: 6 }, (_, i) => x0 + i).map((p) => /* @__PURE__ */ h("text", { x: x(10 ** p), y: high - 26, "text-anchor": "middle" }, 10 ** p)), /* @__PURE__ */ h("text", { x: (wide + left) / 2, y: high - 4, "text-anchor": "middle" }, w("intensity")), /* @__PURE__ */ h("text", { x: left, y: top - 8 }, w("gflops")), /* @__PURE__ */ h("path", { class: "line c0", d: `M${x(10 ** x0)} ${y(bandwidth * 10 ** x0)}L${x(ridge)} ${y(peak)}L${x(10 ** x1)} ${y(peak)}` }), marks.map(([label, v], i) => /* @__PURE__ */ h("g", { key: label }, /* @__PURE__ */ h("circle", { class: "dot c1", cx: x(v), cy: y(reach(v)), r: "8" }), /* @__PURE__ */ h("text", { class: "mark", x: x(v), y: y(reach(v)) + 4, "text-anchor": "middle" }, i + 1)))), /* @__PURE__ */ h("ol", { class: "marks" }, marks.map(([label, v]) => /* @__PURE__ */ h("li", { key: label }, label, " ", /* @__PURE__ */ h("span", { class: "quiet" }, w("bound", v, (reach(v) / 1e9).toPrecision(3), bandwidth * v < peak ? w("byMemory") : w("byProcessor")))))));
}
function Map({ of }) {
  const parts = of.holders.flatMap((o) => [[w("weights", o.name), o.bytes - o.pages], [w("pages", o.name), o.pages]]);
  parts.push([w("program"), of.heap], [w("free"), of.free]);
  const all = parts.reduce((s, [, b]) => s + b, 0);
  let at = 0;
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("svg", { class: "map", viewBox: "0 0 1000 40", preserveAspectRatio: "none", role: "img", "aria-label": w("map") }, parts.map(([name, b], i) => {
    const from = at / all * 1e3;
    at += b;
    return /* @__PURE__ */ h("rect", { key: name, class: i === parts.length - 1 ? "rest" : `fill c${i % 6}`, x: from, width: Math.max(b / all * 1e3, 1), height: "40" });
  })), /* @__PURE__ */ h("ul", { class: "legend" }, parts.map(([name, b], i) => /* @__PURE__ */ h("li", { key: name }, /* @__PURE__ */ h("svg", { width: "14", height: "14", "aria-hidden": "true" }, /* @__PURE__ */ h("rect", { class: i === parts.length - 1 ? "rest" : `fill c${i % 6}`, width: "14", height: "14" })), name, " ", /* @__PURE__ */ h("b", null, bytes(b))))));
}
function Queue() {
  const now = store.now;
  return /* @__PURE__ */ h(Card, { title: w("queue") }, now?.working !== void 0 && now.waiting !== void 0 ? /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(Meter, { part: now.working / now.slots, label: w("working", now.working, now.slots) }), /* @__PURE__ */ h(Meter, { part: now.waiting / now.most, label: w("waiting", now.waiting) }), now.releases.filter((r) => r.stats.Pages > 0).map((r) => /* @__PURE__ */ h(Meter, { key: r.name, part: r.stats.PagesUsed / r.stats.Pages, label: w("sharePages", r.name, count(r.stats.PagesUsed), count(r.stats.Pages)) })), /* @__PURE__ */ h("p", { class: "quiet" }, now.waiting > 0 ? w("why", now.slots) : w("whyNot"))) : /* @__PURE__ */ h("p", { class: "quiet" }, t("loading")));
}
export {
  Compute as default
};
