// src/pages/training.tsx
import { bytes, Card, Command, count, Curve, day, Empty, FactList, flops, Fragment, h, Loaded, maybe, Page, percent, progressOfPlan, say, seconds, store, t, useEffect, useGet, useState } from "./kit.js";

// src/pages/training.words.ts
var words = {
  lead: ["Every training of this plan, whatever started it: loss and held-out loss, rate, gradients, share of the machine's peak, memory, and what looks wrong.", "本计划的每次训练，无论由谁启动：损失与留出集损失、速率、梯度、占峰值比例、内存，以及异常。"],
  none: ["No training yet", "还没有训练"],
  noneHelp: ["Curves appear here as soon as a plan trains weights. The home page makes a first model in a minute or two.", "计划开始训练权重后，曲线会出现在这里。首页可在一两分钟内制作第一个模型。"],
  list: ["Trainings", "训练列表"],
  compare: ["Compare {0}", "对比 {0}"],
  which: ["Choose one or more to compare.", "选择一个或多个进行对比。"],
  points: ["{0} points to step {1}", "{0} 个点，至第 {1} 步"],
  took: ["over {0}", "历时 {0}"],
  loss: ["Loss", "损失"],
  heldout: ["held out", "留出集"],
  watched: ["watched problems", "观察题"],
  norm: ["Gradient norm", "梯度范数"],
  tokens_per_s: ["Rate", "速率"],
  tokens: ["tokens/s", "词元/秒"],
  share_of_peak: ["Share of the measured peak", "占实测峰值的比例"],
  memory: ["Memory", "内存"],
  rate: ["Learning rate, of its peak", "学习率，相对其峰值"],
  reward: ["Reward", "奖励"],
  others: ["Other series", "其他序列"],
  doctor: ["What looks wrong", "异常诊断"],
  healthy: ["Nothing looks wrong in {0}.", "{0} 未见异常。"],
  counts: ["Numbers of the training", "训练的数字"],
  params: ["Parameters", "参数"],
  epochs: ["Epochs", "轮数"],
  batch: ["Rows in a batch", "每批行数"],
  layers: ["Layers", "层数"],
  width: ["Width", "宽度"],
  flops: ["FLOPs so far", "已用 FLOPs"],
  samples: ["Samples and notes of the run under way", "当前运行的样例与记录"],
  noNotes: ["No samples were told yet.", "还没有样例。"],
  left: ["Under way", "正在进行"],
  drag: ["Drag over a curve, or use +, to look closer: the server sends only what a drawing can show.", "在曲线上拖动或按 + 放大；服务器只发送图上看得到的点。"]
};

// src/pages/training.tsx
var w = say(words);
var known = ["loss", "norm", "tokens_per_s", "share_of_peak", "memory", "rate", "reward"];
var watched = { loss: ["watch_loss", "heldout"], reward: ["watch_reward", "watched"] };
function Training() {
  const list = useGet("/api/curves");
  const running = (store.plan?.nodes ?? []).some((n) => n.state === "running");
  const [picked, pick] = useState([]);
  const done = store.now?.tasks?.[0]?.ended ?? "";
  useEffect(list.reload, [running, done]);
  const none = /* @__PURE__ */ h(Empty, { title: w("none") }, /* @__PURE__ */ h("p", null, w("noneHelp")), /* @__PURE__ */ h("a", { class: "button", href: "#home" }, t("home")));
  return /* @__PURE__ */ h(Page, { title: t("training"), lead: w("lead") }, /* @__PURE__ */ h(Loaded, { of: list, none }, (all) => {
    if (all.length === 0) return none;
    const chosen = all.filter((c) => picked.includes(c.id));
    if (!chosen.length) chosen.push(all.find((c) => c.points > 1) ?? all[0]);
    return /* @__PURE__ */ h(Fragment, null, running && /* @__PURE__ */ h(UnderWay, null), /* @__PURE__ */ h(Card, { title: w("list") }, /* @__PURE__ */ h("p", { class: "quiet" }, w("which")), /* @__PURE__ */ h("ul", { class: "picks" }, all.slice(0, 50).map((c) => /* @__PURE__ */ h("li", { key: c.id }, /* @__PURE__ */ h("label", { class: "pick" }, /* @__PURE__ */ h(
      "input",
      {
        type: "checkbox",
        "aria-label": w("compare", c.step),
        checked: chosen.includes(c),
        onChange: () => pick(chosen.includes(c) ? chosen.filter((o) => o !== c).map((o) => o.id) : [...chosen, c].map((o) => o.id))
      }
    ), /* @__PURE__ */ h("span", null, /* @__PURE__ */ h("b", null, c.step), " ", /* @__PURE__ */ h("code", null, c.id.split("/")[1]), " ", /* @__PURE__ */ h("span", { class: "quiet" }, day(c.updated), " · ", w("points", count(c.points), count(c.last)), " · ", w("took", seconds(c.seconds)), c.values.loss !== void 0 && ` · ${w("loss")} ${c.values.loss.toFixed(3)}`))))))), /* @__PURE__ */ h(Charts, { of: chosen, live: running }), chosen.map((c) => /* @__PURE__ */ h(Doctor, { key: c.id, of: c })));
  }));
}
function UnderWay() {
  const p = progressOfPlan();
  const notes = [...store.live.entries()].flatMap(([step, s]) => s.notes.slice(-3).map((n) => ({ step, n })));
  return /* @__PURE__ */ h(Card, { title: w("left") }, p && /* @__PURE__ */ h("p", { role: "status" }, p.now), /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("samples")), notes.length === 0 ? /* @__PURE__ */ h("p", { class: "quiet" }, w("noNotes")) : /* @__PURE__ */ h("ul", null, notes.map(({ step, n }) => /* @__PURE__ */ h("li", null, /* @__PURE__ */ h("b", null, step), " ", /* @__PURE__ */ h("span", { class: "passage" }, n))))));
}
function Charts({ of, live }) {
  const has = (name) => of.some((c) => c.series.includes(name) || c.series.includes(watched[name]?.[0] ?? name));
  const called = (c) => of.filter((o) => o.step === c.step).length > 1 ? `${c.step} ${c.id.split("/")[1].slice(0, 6)}` : c.step;
  const wanted = (name, suffix = "") => of.filter((c) => c.series.includes(name)).map((c) => ({ id: c.id, series: name, name: (of.length > 1 || !suffix ? called(c) + (suffix ? " " : "") : "") + suffix }));
  const withWatched = (name) => {
    const [series, word] = watched[name] ?? [];
    return series && word ? wanted(series, w(word)) : [];
  };
  const rest = [...new Set(of.flatMap((c) => c.series))].filter((s) => !known.includes(s) && !["watch_loss", "watch_reward", "flops"].includes(s));
  const title = { loss: w("loss"), norm: w("norm"), tokens_per_s: w("tokens_per_s"), share_of_peak: w("share_of_peak"), memory: w("memory"), rate: w("rate"), reward: w("reward") };
  const unit = { tokens_per_s: w("tokens"), memory: "MiB", share_of_peak: "%" };
  const every = live ? 5e3 : 0;
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("p", { class: "quiet" }, w("drag")), /* @__PURE__ */ h("div", { class: "charts" }, known.filter(has).map((name) => /* @__PURE__ */ h("div", { class: "card", key: name }, /* @__PURE__ */ h(
    Curve,
    {
      title: title[name],
      unit: unit[name],
      every,
      scale: name === "memory" ? 1 / (1 << 20) : name === "share_of_peak" ? 100 : 1,
      shares: name === "reward",
      of: [...wanted(name), ...withWatched(name)]
    }
  )))), rest.length > 0 && /* @__PURE__ */ h("details", { class: "card" }, /* @__PURE__ */ h("summary", null, w("others"), " (", rest.length, ")"), /* @__PURE__ */ h("div", { class: "charts" }, rest.slice(0, 40).map((name) => /* @__PURE__ */ h(Curve, { key: name, title: maybe("series", name), of: wanted(name), every })))));
}
function Doctor({ of }) {
  const found = useGet("/api/curves/findings?id=" + encodeURIComponent(of.id));
  const c = of.counts ?? {}, v = of.values;
  const fact = (name) => [w(name), c[name] === void 0 ? "" : count(c[name])];
  return /* @__PURE__ */ h(Card, { title: of.step }, /* @__PURE__ */ h(FactList, { rows: [
    fact("params"),
    fact("layers"),
    fact("width"),
    fact("batch"),
    fact("epochs"),
    [w("flops"), v.flops ? flops(v.flops) : ""],
    [w("share_of_peak"), v.share_of_peak ? percent(v.share_of_peak) : ""],
    [w("memory"), v.memory ? bytes(v.memory) : ""],
    [w("tokens_per_s"), v.tokens_per_s ? `${count(Math.round(v.tokens_per_s))} ${w("tokens")}` : ""]
  ] }), /* @__PURE__ */ h("h3", null, w("doctor")), /* @__PURE__ */ h(Loaded, { of: found }, (list) => list.length === 0 ? /* @__PURE__ */ h("p", { class: "good" }, w("healthy", of.step)) : /* @__PURE__ */ h("ul", null, list.map((f) => /* @__PURE__ */ h("li", { key: f.code }, /* @__PURE__ */ h("b", null, f.what), f.next && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("br", null), "→ ", f.next))))), /* @__PURE__ */ h(Command, { line: `suiren doctor ${of.step}` }));
}
export {
  Training as default
};
