// src/pages/written.tsx
import { ask, events, Failure, Fail, Field, Fragment, h, say, store, t, useEffect, useRef, useState } from "./kit.js";
import { Document, spans } from "./document.js";
import { Prose } from "./prose.js";

// src/pages/written.words.ts
var words = {
  cite: ["Source {0}: {1}", "出处 {0}：{1}"],
  unsupported: ["not in the sources", "出处中没有依据"],
  count: ["{0} of {1} sentences are not in the sources.", "{1} 句中有 {0} 句在出处中没有依据。"],
  allIn: ["All {0} sentences are in the sources.", "{0} 句在出处中都有依据。"],
  corrected: ["Numbers of sources put right or taken out: {0}.", "改正或去掉的出处编号：{0} 个。"],
  read: ["Also read, and not cited ({0})", "读过但未引用（{0}）"],
  page: ["page {0}", "第 {0} 页"],
  openAt: ["Open the document here", "在此处打开文档"],
  write: ["Have a model write the answer", "由模型撰写回答"],
  model: ["Model", "模型"],
  writing: ["The model is reading the passages…", "模型正在阅读段落……"]
};

// src/pages/written.tsx
var w = say(words);
function Written({ of, path }) {
  const [open, setOpen] = useState(null), [unfolded, unfold] = useState(0);
  const marks = inUnits(of.answer, of.marks), loose = of.marks.filter((m) => !m.supported).length, fixed = of.marks.reduce((n, m) => n + (m.corrected ?? 0), 0);
  const show = (c) => !path ? unfold(c.source) : setOpen({ file: c.file, id: c.id, page: c.page, quotes: c.quotes });
  const button = (c, key) => /* @__PURE__ */ h("button", { key, type: "button", class: "cite", title: w("cite", c.source, c.file), "aria-label": w("cite", c.source, c.file), onClick: () => show(c) }, c.source);
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
        out.push(/* @__PURE__ */ h("span", { key: `n${from + s.at}`, class: "cites" }, list.map((c, i) => button(c, `${i}`)), after));
        at += after.length;
      } else {
        pass(s.at);
        const said = of.answer.slice(s.m.from, s.m.to);
        if (s.m.supported) {
          for (const c of s.m.cites ?? []) if (!new RegExp(`[\\[【,，、 ]${c.source}[\\]】,，、 ]`).test(said)) out.push(button(c, `m${s.m.to}.${c.source}`));
        }
        if (!s.m.supported) out.push(/* @__PURE__ */ h("span", { key: `u${s.m.to}`, class: "loose" }, w("unsupported")));
      }
    }
    pass(text.length);
    return out;
  };
  const cited = of.sources.map((s, i) => ({ s, n: i + 1, cites: of.marks.flatMap((m) => m.cites ?? []).filter((c) => c.source === i + 1) }));
  const row = ({ s, n, cites }) => {
    const quotes = cites.flatMap((c) => c.quotes ?? []), page = cites.find((c) => c.page)?.page ?? s.page;
    return /* @__PURE__ */ h("details", { key: n, open: unfolded === n }, /* @__PURE__ */ h("summary", null, /* @__PURE__ */ h("b", null, n), " ", s.heading && /* @__PURE__ */ h("span", null, s.heading, " · "), page ? /* @__PURE__ */ h("span", null, w("page", page), " · ") : null, /* @__PURE__ */ h("code", null, s.file)), /* @__PURE__ */ h("blockquote", null, quotes.length ? spans(s.text, quotes).map(([text, here]) => here ? /* @__PURE__ */ h("mark", null, text) : text) : s.text), path && /* @__PURE__ */ h("button", { class: "open-source", onClick: () => setOpen({ ...s, page, quotes: quotes.length ? quotes : void 0 }) }, w("openAt")));
  };
  const rest = cited.filter((c) => !c.cites.length);
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("div", { class: "answer written" }, /* @__PURE__ */ h(Prose, { text: of.answer, plain })), (loose > 0 || fixed > 0) && /* @__PURE__ */ h("p", { class: "quiet checked" }, checked(loose, of.marks.length, fixed)), of.sources.length > 0 && /* @__PURE__ */ h("section", { class: "sources", "aria-label": t("sources") }, /* @__PURE__ */ h("h2", null, t("sources")), cited.filter((c) => c.cites.length).map(row), rest.length > 0 && /* @__PURE__ */ h("details", null, /* @__PURE__ */ h("summary", null, w("read", rest.length)), rest.map(row))), open && path && /* @__PURE__ */ h(Document, { key: open.file + open.id, path: path(open.file), at: open, close: () => setOpen(null) }));
}
var checked = (loose, all, fixed = 0) => [loose > 0 && w("count", loose, all), fixed > 0 && w("corrected", fixed)].filter(Boolean).join(" ") || w("allIn", all);
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
function AskWritten({ base, question, path }) {
  const can = (store.server?.releases ?? []).filter((r) => r.bases).map((r) => r.name);
  const [model, setModel] = useState(""), [got, setGot] = useState(null), [busy, setBusy] = useState(false), [failure, setFailure] = useState(null);
  const stop = useRef(null);
  useEffect(() => () => stop.current?.abort(), []);
  useEffect(() => {
    stop.current?.abort();
    setGot(null);
    setFailure(null);
  }, [question, base]);
  if (!can.length) return null;
  const one = can.includes(model) ? model : can[0];
  const run = async () => {
    const own = stop.current = new AbortController(), a = { answer: "", sources: [], marks: [] };
    setBusy(true);
    setFailure(null);
    setGot({ ...a });
    try {
      const r = await ask("POST", "/v1/chat/completions", { model: one, knowledge: base, messages: [{ role: "user", content: question }], stream: true }, own.signal);
      for await (const e of events(r)) {
        if (e.data === "[DONE]") break;
        const c = JSON.parse(e.data);
        if (c.error) throw new Failure(500, c.error.code, c.error.message);
        if (c.suiren?.sources) a.sources = c.suiren.sources;
        a.marks = [...a.marks, ...c.suiren?.marks ?? []];
        a.answer += c.choices[0]?.delta.refusal ?? c.choices[0]?.delta.content ?? "";
        if (stop.current === own) setGot({ ...a });
      }
    } catch (err) {
      if (!own.signal.aborted) setFailure(err instanceof Failure ? err : new Failure(0, "broken", t("brokenOff")));
    }
    setBusy(false);
  };
  return /* @__PURE__ */ h("div", { class: "ask-written" }, /* @__PURE__ */ h("div", { class: "form" }, can.length > 1 && /* @__PURE__ */ h(Field, { label: w("model") }, (id) => /* @__PURE__ */ h("select", { id, value: one, onChange: (e) => setModel(e.target.value) }, can.map((name) => /* @__PURE__ */ h("option", null, name)))), /* @__PURE__ */ h("button", { type: "button", disabled: busy || !question, onClick: run }, w("write"))), failure && /* @__PURE__ */ h(Fail, { of: failure }), /* @__PURE__ */ h("div", { "aria-live": "polite" }, got && (got.answer ? /* @__PURE__ */ h(Written, { of: got, path }) : busy && /* @__PURE__ */ h("p", { class: "quiet pulse" }, w("writing")))));
}
export {
  AskWritten,
  Written,
  checked
};
