// src/pages/plan.tsx
import { act, bytes, Card, Chart, Command, count, day, Empty, Fail, failureOf, flops, Fragment as Fragment2, h as h2, idOf as idOf2, liveText, Loaded, maybe as maybe2, mayDo, Page, progressOfPlan, redraw, say, scaleOfShares, seconds, showRun, span, stateOf as stateOf2, store, t as t2, Tabs, Tag, TaskList, useAct, useEffect, useGet, useRef, useState, listed, told, clauses } from "./kit.js";

// src/pages/graph.tsx
import { Fragment, h, idOf, maybe, percent, stateOf, t } from "./kit.js";
var wide = 132;
var high = 50;
var lane = 6;
var across = 34;
var down = 16;
var edge = 6;
var marks = { make: "+", change: "~", remove: "-" };
var glyphs = { waiting: "○", running: "◐", done: "✓", failed: "✗", skipped: "–" };
var drawn = null;
function layoutOf(nodes) {
  if (drawn?.nodes !== nodes) drawn = { nodes, layout: layout(nodes) };
  return drawn.layout;
}
function layout(nodes) {
  const byID = new Map(nodes.map((n) => [idOf(n), n]));
  const inputs = (id) => (byID.get(id).inputs ?? []).filter((i) => byID.has(i));
  const depth = /* @__PURE__ */ new Map();
  const find = (id) => {
    const known = depth.get(id);
    if (known !== void 0) return known;
    depth.set(id, 0);
    const from = inputs(id).map(find);
    const d = from.length ? 1 + Math.max(...from) : 0;
    depth.set(id, d);
    return d;
  };
  nodes.forEach((n) => find(idOf(n)));
  for (const id of byID.keys()) {
    const fed = [...byID.keys()].filter((to) => inputs(to).includes(id));
    if (!inputs(id).length && fed.length) depth.set(id, Math.max(0, Math.min(...fed.map((to) => depth.get(to))) - 1));
  }
  const columns = [];
  const places = /* @__PURE__ */ new Map();
  const put = (id, column, node) => {
    const p = { id, node, column, high: node ? high : lane, y: 0, next: [], last: [] };
    (columns[column] ??= []).push(p);
    places.set(id, p);
    return p;
  };
  for (const [id, n] of byID) put(id, depth.get(id), n);
  const link = (a, b) => {
    if (!a.next.includes(b)) {
      a.next.push(b);
      b.last.push(a);
    }
  };
  const ways = [];
  for (const to of byID.keys()) for (const from of inputs(to)) {
    const way = [places.get(from)];
    for (let c = depth.get(from) + 1; c < depth.get(to); c++) way.push(places.get(`${from} ${c}`) ?? put(`${from} ${c}`, c));
    way.push(places.get(to));
    for (let i = 1; i < way.length; i++) link(way[i - 1], way[i]);
    ways.push({ from: way[0], to: way.at(-1), way });
  }
  const mean = (p, near) => {
    let sum = 0, all2 = 0;
    for (const n of near) {
      const pull = (p.node ? 1 : 4) * (n.node ? 1 : 4);
      sum += pull * n.y;
      all2 += pull;
    }
    return all2 ? sum / all2 : p.y;
  };
  const stack = (c) => {
    let y = -c.reduce((sum, p) => sum + p.high + down, -down) / 2;
    for (const p of c) {
      p.y = y + p.high / 2;
      y += p.high + down;
    }
  };
  columns.forEach(stack);
  for (let sweep = 0; sweep < 12; sweep++) {
    for (const c of sweep % 2 ? [...columns].reverse() : columns) {
      const at = new Map(c.map((p) => [p, mean(p, sweep % 2 ? p.next : p.last)]));
      c.sort((a, b) => at.get(a) - at.get(b));
      stack(c);
    }
  }
  for (let sweep = 0; sweep < 200; sweep++) {
    for (const c of sweep % 2 ? [...columns].reverse() : columns) settle(c, c.map((p) => mean(p, [...p.next, ...p.last])));
  }
  const all = [...places.values()];
  let end = -Infinity, up = 0;
  for (const p of [...all].sort((a, b) => a.y - a.high / 2 - (b.y - b.high / 2))) {
    if (end === -Infinity) end = p.y;
    up += Math.max(0, p.y - p.high / 2 - up - end - down);
    p.y -= up;
    end = Math.max(end, p.y + p.high / 2);
  }
  const top = Math.min(...all.map((p) => p.y - p.high / 2)), bottom = Math.max(...all.map((p) => p.y + p.high / 2));
  for (const p of all) p.y += edge - top;
  const x = (p) => edge + p.column * (wide + across);
  const edges = ways.map(({ from, to, way }) => {
    let path = `M${x(from) + wide} ${from.y}`;
    for (let i = 1; i < way.length; i++) {
      const a = way[i - 1], b = way[i], half = across / 2;
      path += `C${x(a) + wide + half} ${a.y} ${x(b) - half} ${b.y} ${x(b)} ${b.y}`;
      if (!b.node) path += `H${x(b) + wide}`;
    }
    return { from: from.id, to: to.id, path };
  });
  return { places: all.filter((p) => p.node), edges, width: 2 * edge + columns.length * (wide + across) - across, height: 2 * edge + bottom - top, x };
}
function settle(c, want) {
  const blocks = [];
  c.forEach((p, i2) => {
    let block = { sum: want[i2], n: 1, offsets: [0] };
    for (let before; before = blocks.at(-1); blocks.pop()) {
      const gap = (c[i2 - block.offsets.length + 1].high + c[i2 - block.offsets.length].high) / 2 + down;
      const reach = before.offsets.at(-1) + gap;
      if (before.sum / before.n + reach <= block.sum / block.n) break;
      block = {
        sum: before.sum + block.sum - reach * block.n,
        n: before.n + block.n,
        offsets: [...before.offsets, ...block.offsets.map((o) => o + reach)]
      };
    }
    blocks.push(block);
  });
  let i = 0;
  for (const b of blocks) for (const o of b.offsets) c[i++].y = b.sum / b.n + o;
}
function corner(n) {
  const { state, part } = stateOf(n);
  return state === "running" ? percent(part, 0) : state === "done" ? "" : marks[n.action] ?? "";
}
function Graph({ nodes, picked: picked2, pick }) {
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(Drawing, { nodes, picked: picked2, pick }), /* @__PURE__ */ h(List, { nodes, picked: picked2, pick }));
}
function Drawing({ nodes, picked: picked2, pick }) {
  const { places, edges, width, height, x } = layoutOf(nodes);
  const near = (e) => e.from === picked2 || e.to === picked2;
  return /* @__PURE__ */ h("div", { class: "graph", role: "group", "aria-label": t("graph") }, /* @__PURE__ */ h("svg", { width, height, viewBox: `0 0 ${width} ${height}` }, edges.filter((e) => !near(e)).map((e) => /* @__PURE__ */ h("path", { class: "edge", d: e.path })), edges.filter(near).map((e) => /* @__PURE__ */ h("path", { class: "edge near", d: e.path })), places.map((p) => {
    const n = p.node, { state, part } = stateOf(n), kind = maybe("kind", n.kind);
    const name = n.name.length > 13 ? n.name.slice(0, 12) + "…" : n.name;
    return /* @__PURE__ */ h(
      "g",
      {
        key: p.id,
        class: `node ${state}`,
        transform: `translate(${x(p)} ${p.y - high / 2})`,
        tabindex: 0,
        role: "button",
        "aria-pressed": picked2 === p.id,
        "aria-description": name === n.name ? void 0 : n.name,
        onClick: () => pick(p.id),
        onKeyDown: (e) => {
          if (e.key === "Enter" || e.key === " ") {
            e.preventDefault();
            pick(p.id);
          }
        }
      },
      /* @__PURE__ */ h("rect", { class: "box", width: wide, height: high, rx: "9" }),
      state === "running" && /* @__PURE__ */ h("rect", { class: "bar", x: "10", y: high - 7, width: Math.max(3, (wide - 20) * part), height: "3", rx: "1.5" }),
      /* @__PURE__ */ h("text", { class: "kind", x: "11", y: "19" }, kind),
      " ",
      /* @__PURE__ */ h("text", { class: "name", x: "11", y: "36" }, name),
      " ",
      /* @__PURE__ */ h("text", { class: "glyph", role: "img", "aria-label": maybe("state", state), x: wide - 11, y: "20", "text-anchor": "end" }, glyphs[state] ?? "○"),
      /* @__PURE__ */ h("text", { class: "mark", "aria-hidden": "true", x: wide - 11, y: "37", "text-anchor": "end" }, corner(n))
    );
  })));
}
function List({ nodes, picked: picked2, pick }) {
  return /* @__PURE__ */ h("ol", { class: "steps", "aria-label": t("graph") }, nodes.map((n) => {
    const id = idOf(n), { state } = stateOf(n);
    return /* @__PURE__ */ h("li", null, /* @__PURE__ */ h("button", { class: state, "aria-pressed": picked2 === id, onClick: () => pick(id) }, /* @__PURE__ */ h("span", { class: "glyph", "aria-label": maybe("state", state) }, glyphs[state] ?? "○"), /* @__PURE__ */ h("span", null, maybe("kind", n.kind), " ", /* @__PURE__ */ h("b", null, n.name)), /* @__PURE__ */ h("span", { class: "push" }, corner(n))));
  }));
}

// src/pages/plan.words.ts
var words = {
  lead: ["The file is the truth: what it says, what that comes to, and the making of it as it goes.", "以文件为准：它写了什么、会得到什么，以及制作过程。"],
  none: ["No plan yet", "还没有计划"],
  noneHelp: ["A plan is a text that says which documents, which model and which checks there are to be. suiren plan says what it comes to; apply makes it. The home page makes a first one.", "计划是一份文本，写明要有哪些文档、模型和检查。suiren plan 说明代价，apply 负责制作。首页可以制作第一个。"],
  views: ["Views of the plan", "计划视图"],
  tab_graph: ["Graph", "图"],
  tab_file: ["File", "文件"],
  tab_report: ["Report", "报告"],
  text: ["Text of the plan", "计划文本"],
  file: ["Plan file", "计划文件"],
  saved: ["Saved", "已保存"],
  changed: ["Changed, not saved", "已修改，未保存"],
  save: ["Save", "保存"],
  again: ["Read the file again", "重新载入文件"],
  apply: ["Apply", "执行"],
  applyHelp: ["Makes exactly what the list below says, one step at a time. What is done stays done if it is interrupted.", "按下面的清单逐步制作。中断后，已完成的不会丢失。"],
  applied: ["It is being made: see the graph.", "正在制作，请看图。"],
  right: ["The text is right.", "文本无误。"],
  wrong: ["{0} things are wrong", "有 {0} 处错误"],
  line: ["line {0}", "第 {0} 行"],
  diff: ["What would be made", "将要制作的内容"],
  proposed: ["Proposed, for a second person", "等待第二人批准"],
  proposedBy: ["by {0}, {1}", "{0} 提交于 {1}"],
  proposal_waiting: ["waits", "待批准"],
  proposal_approved: ["approved", "已批准"],
  proposal_done: ["written", "已写入"],
  proposal_refused: ["refused", "已拒绝"],
  proposal_expired: ["too late", "已过期"],
  toDecide: ["See it, and decide", "查看并处理"],
  stays: ["Unchanged: {0}", "未变：{0} 个"],
  nothing: ["Nothing: all of it stands.", "没有：全部已完成。"],
  block: ["Block", "块"],
  action: ["What", "动作"],
  why: ["Why", "原因"],
  time: ["Time", "时间"],
  memory: ["Memory", "内存"],
  derived: ["Derived", "推得"],
  basis: ["Basis", "依据"],
  inAll: ["In all", "合计"]
};

// src/pages/plan.tsx
import { Outcome } from "./report.js";
var w = say(words);
var picked = "";
function Plan() {
  const tab = store.rest === "file" ? "file" : "graph", setTab = (to) => {
    location.hash = to === "file" ? "#plan/file" : "#plan";
  };
  if (store.noPlan) return /* @__PURE__ */ h2(Page, { title: t2("plan"), lead: w("lead") }, /* @__PURE__ */ h2(Empty, { title: w("none") }, /* @__PURE__ */ h2("p", null, w("noneHelp")), /* @__PURE__ */ h2("a", { class: "button", href: "#home" }, t2("home"))));
  if (!store.plan) return /* @__PURE__ */ h2("p", { class: "middle quiet" }, store.failure?.message ?? t2("loading"));
  return /* @__PURE__ */ h2(Page, { title: `${t2("plan")} ${store.plan.name ?? ""}`, lead: w("lead"), side: /* @__PURE__ */ h2(Tabs, { label: w("views"), at: tab, set: setTab, of: [["graph", w("tab_graph")], ["file", w("tab_file")]] }) }, /* @__PURE__ */ h2(TaskList, { kinds: ["plan"] }), tab === "graph" ? /* @__PURE__ */ h2(Steps, null) : /* @__PURE__ */ h2(Editor, null));
}
function Steps() {
  const nodes = store.plan.nodes, report = useGet("/api/report");
  const done = nodes.map((n) => n.state + n.digest).join();
  useEffect(report.reload, [done]);
  const chosen = nodes.find((n) => idOf2(n) === picked) ?? nodes.find((n) => n.state === "running") ?? nodes.at(-1);
  const p = progressOfPlan();
  return /* @__PURE__ */ h2("div", { class: "plan" }, /* @__PURE__ */ h2("section", { class: "card", "aria-labelledby": "graph" }, /* @__PURE__ */ h2("div", { class: "row" }, /* @__PURE__ */ h2("h2", { id: "graph" }, w("tab_graph")), p && /* @__PURE__ */ h2("span", { class: "quiet", role: "status" }, p.text), /* @__PURE__ */ h2("span", { class: "quiet push" }, t2("graphHelp"))), nodes.some((n) => n.state === "running") && p && /* @__PURE__ */ h2("progress", { max: 1, value: p.part, "aria-label": t2("running") }), /* @__PURE__ */ h2(Graph, { nodes, picked: chosen && idOf2(chosen), pick: (id) => {
    picked = id;
    redraw();
  } }), chosen && /* @__PURE__ */ h2(Details, { node: chosen })), /* @__PURE__ */ h2("section", { class: "card", "aria-labelledby": "curves" }, /* @__PURE__ */ h2("div", { class: "row" }, /* @__PURE__ */ h2("h2", { id: "curves" }, t2("curves")), store.runs.length > 1 && /* @__PURE__ */ h2("label", { class: "push" }, t2("which"), " ", /* @__PURE__ */ h2("select", { value: store.run, onChange: (e) => showRun(e.target.value) }, /* @__PURE__ */ h2("option", { value: "latest" }, t2("latest")), store.runs.slice(0, 50).map((r) => /* @__PURE__ */ h2("option", { value: r.id }, day(r.began) || r.id))))), /* @__PURE__ */ h2(Curves, { coming: nodes.some((n) => n.state === "running" || n.state === "waiting") })), /* @__PURE__ */ h2("section", { class: "card", "aria-labelledby": "report" }, /* @__PURE__ */ h2("h2", { id: "report" }, w("tab_report")), /* @__PURE__ */ h2(Outcome, { report: report.data, nodes })));
}
function Editor() {
  const file = useGet("/api/plan/file");
  const [text, setText] = useState(null), [sum, setSum] = useState(""), [checked, setChecked] = useState(null);
  const [unchecked, setUnchecked] = useState(null), save = useAct(), apply = useAct(), area = useRef(null), [begun, setBegun] = useState(false);
  const now = text ?? file.data?.text ?? "", saved = text === null || text === file.data?.text, own = sum || file.data?.sum || "";
  useEffect(() => {
    if (!file.data || !mayDo("set_plan")) return;
    let over = false;
    const timer = setTimeout(async () => {
      try {
        const found = await act("POST", "/api/plan/check", { text: now });
        if (!over) {
          setChecked({ ...found, of: now });
          setUnchecked(null);
        }
      } catch (err) {
        if (!over) setUnchecked(failureOf(err));
      }
    }, 400);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [now, file.data, store.lang, store.now?.tasks?.[0]?.ended]);
  const wrong = checked?.diagnostics ?? [];
  const go = (line) => {
    const at = now.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    area.current.focus();
    area.current.setSelectionRange(at, at);
  };
  return /* @__PURE__ */ h2(Loaded, { of: file }, (f) => /* @__PURE__ */ h2("div", { class: "two editor-page" }, /* @__PURE__ */ h2(Card, { title: w("file"), side: /* @__PURE__ */ h2(Tag, { kind: saved ? "done" : "running" }, saved ? w("saved") : w("changed")) }, /* @__PURE__ */ h2("code", { class: "quiet" }, f.path), /* @__PURE__ */ h2("label", { class: "hidden", for: "plan-text" }, w("text")), /* @__PURE__ */ h2("div", { class: "editor" }, /* @__PURE__ */ h2("pre", { "aria-hidden": "true", class: "lines" }, now.split("\n").map((_, i) => /* @__PURE__ */ h2("span", { class: wrong.some((d) => d.line === i + 1) ? "bad" : "" }, i + 1, "\n"))), /* @__PURE__ */ h2("textarea", { id: "plan-text", readOnly: !mayDo("set_plan"), ref: area, spellcheck: false, value: now, rows: now.split("\n").length + 1, wrap: "off", onInput: (e) => {
    setBegun(false);
    setText(e.target.value);
  } })), mayDo("set_plan") && /* @__PURE__ */ h2("div", { class: "row" }, /* @__PURE__ */ h2("button", { class: "main", disabled: saved || wrong.length > 0 || save.busy, onClick: () => save.run(async () => {
    const r = await act("PUT", "/api/plan/file", { text: now, sum: own });
    setSum(r.sum);
    file.reload();
  }) }, w("save")), /* @__PURE__ */ h2("button", { onClick: () => {
    setText(null);
    setSum("");
    file.reload();
  } }, w("again"))), save.failure && /* @__PURE__ */ h2(Fail, { of: save.failure }), store.server?.has.includes("approvals") && /* @__PURE__ */ h2(Proposals, { after: save.busy }), unchecked && /* @__PURE__ */ h2(Fail, { of: unchecked }), /* @__PURE__ */ h2("div", { role: "status" }, checked && (wrong.length === 0 ? /* @__PURE__ */ h2("p", { class: "good" }, "✓ ", w("right")) : /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("p", { class: "bad" }, "✗ ", w("wrong", wrong.length)), /* @__PURE__ */ h2("ul", { class: "plainlist" }, wrong.map((d) => /* @__PURE__ */ h2("li", null, d.line ? /* @__PURE__ */ h2("button", { class: "bare", onClick: () => go(d.line) }, w("line", d.line)) : null, " ", d.what, d.next && /* @__PURE__ */ h2("div", { class: "quiet" }, "→ ", d.next)))))))), mayDo("set_plan") && /* @__PURE__ */ h2(Card, { title: w("diff") }, checked?.view && /* @__PURE__ */ h2(Diff, { of: checked.view }), checked?.empty && /* @__PURE__ */ h2("p", null, w("nothing")), checked?.view && !checked.empty && /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("p", { class: "quiet" }, w("applyHelp")), /* @__PURE__ */ h2("button", { class: "main apply", disabled: !saved || checked.of !== now || apply.busy || begun, onClick: () => apply.run(() => act("POST", "/api/plan/apply", { sum: own })).then((ok) => {
    setBegun(ok);
    if (ok) {
      showRun("latest");
    }
  }) }, w("apply"))), begun && /* @__PURE__ */ h2("p", { role: "status" }, w("applied")), apply.failure && /* @__PURE__ */ h2(Fail, { of: apply.failure }), /* @__PURE__ */ h2(Command, { line: "suiren plan && suiren apply" }))));
}
function Proposals({ after }) {
  const got = useGet("/api/approvals", 1e4);
  useEffect(got.reload, [after]);
  const list = (got.data?.approvals ?? []).filter((r) => r.act === "plan"), shown = [...list.filter((r) => r.state === "waiting"), ...list.filter((r) => r.state !== "waiting").slice(0, 1)];
  return shown.length === 0 ? null : /* @__PURE__ */ h2("section", { class: "proposals", "aria-label": w("proposed") }, /* @__PURE__ */ h2("h3", null, w("proposed")), /* @__PURE__ */ h2("ul", { class: "plainlist" }, shown.map((r) => /* @__PURE__ */ h2("li", { key: r.id }, /* @__PURE__ */ h2(Tag, { kind: { waiting: "running", approved: "done", done: "done" }[r.state] ?? "failed" }, Object.hasOwn(words, "proposal_" + r.state) ? w(`proposal_${r.state}`) : r.state), " ", w("proposedBy", r.asker, day(r.asked)), r.decider && /* @__PURE__ */ h2("span", { class: "quiet" }, " · ", r.decider, r.why && told("", r.why)), " ", r.state === "waiting" && /* @__PURE__ */ h2("a", { href: "#settings/two" }, w("toDecide"))))));
}
var marks2 = { make: "+", change: "~", remove: "-", keep: "=" };
function Diff({ of }) {
  const list = of.nodes.filter((n) => n.action !== "keep");
  const stays = of.nodes.filter((n) => n.action === "keep");
  const low = list.reduce((s, n) => s + (n.forecast?.low ?? 0), 0), high2 = list.reduce((s, n) => s + (n.forecast?.high ?? 0), 0);
  return /* @__PURE__ */ h2(Fragment2, null, list.length > 0 && /* @__PURE__ */ h2("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w("diff") }, /* @__PURE__ */ h2("table", { class: "left" }, /* @__PURE__ */ h2("thead", null, /* @__PURE__ */ h2("tr", null, /* @__PURE__ */ h2("th", { scope: "col" }, w("block")), /* @__PURE__ */ h2("th", { scope: "col" }, w("action")), /* @__PURE__ */ h2("th", { scope: "col" }, w("time")), /* @__PURE__ */ h2("th", { scope: "col" }, w("memory")), /* @__PURE__ */ h2("th", { scope: "col" }, w("why")))), /* @__PURE__ */ h2("tbody", null, list.map((n) => /* @__PURE__ */ h2("tr", null, /* @__PURE__ */ h2("th", { scope: "row" }, /* @__PURE__ */ h2("code", null, marks2[n.action], " ", idOf2(n))), /* @__PURE__ */ h2("td", null, maybe2("action", n.action)), /* @__PURE__ */ h2("td", null, n.forecast && n.forecast.high > 0 ? span(n.forecast.low, n.forecast.high) : ""), /* @__PURE__ */ h2("td", null, n.forecast?.memory ? bytes(n.forecast.memory) : ""), /* @__PURE__ */ h2("td", { class: "wrap" }, n.reason ?? "", n.forecast?.disk ? /* @__PURE__ */ h2("div", { class: "quiet" }, told(t2("field_disk"), bytes(n.forecast.disk))) : "", n.forecast?.derived && /* @__PURE__ */ h2("div", { class: "quiet" }, told(w("derived"), n.forecast.derived)), n.forecast?.basis && /* @__PURE__ */ h2("div", { class: "quiet" }, told(w("basis"), n.forecast.basis))))), list.length > 0 && /* @__PURE__ */ h2("tr", { class: "total" }, /* @__PURE__ */ h2("th", { scope: "row" }, w("inAll")), /* @__PURE__ */ h2("td", null, count(list.length)), /* @__PURE__ */ h2("td", null, high2 > 0 ? span(low, high2) : ""), /* @__PURE__ */ h2("td", null, bytes(Math.max(0, ...list.map((n) => n.forecast?.memory ?? 0)))), /* @__PURE__ */ h2("td", null))))), stays.length > 0 && /* @__PURE__ */ h2("details", null, /* @__PURE__ */ h2("summary", null, w("stays", count(stays.length))), /* @__PURE__ */ h2("table", { class: "left unchanged" }, /* @__PURE__ */ h2("tbody", null, stays.map((n) => /* @__PURE__ */ h2("tr", null, /* @__PURE__ */ h2("th", { scope: "row" }, /* @__PURE__ */ h2("code", null, marks2[n.action], " ", idOf2(n)))))))));
}
function Curves({ coming }) {
  const charts = [];
  for (const [step, live] of store.live) {
    const loss = live.series.get("loss");
    const watched = live.series.get("watch_loss"), norm = live.series.get("norm");
    if (loss) charts.push(/* @__PURE__ */ h2(Chart, { title: t2("loss", step), series: [
      { name: maybe2("series", "loss"), points: loss },
      ...watched ? [{ name: maybe2("series", "watch_loss"), points: watched }] : []
    ] }));
    if (norm) charts.push(/* @__PURE__ */ h2(Chart, { title: t2("norm", step), series: [{ name: maybe2("series", "norm"), points: norm }] }));
    const scores = [];
    for (const [name, points] of live.series) {
      const family = name.replace(/^heldout_/, "");
      if (["reward", "heldout", "watch_reward"].includes(name) || family !== name) scores.push({ name: family === name ? maybe2("series", name) : family, points });
    }
    if (scores.length) charts.push(/* @__PURE__ */ h2(Chart, { title: t2("scores", step), series: scores, ...scaleOfShares(scores) }));
  }
  return charts.length ? /* @__PURE__ */ h2("div", { class: "charts" }, charts) : /* @__PURE__ */ h2("p", { class: "quiet" }, t2(coming ? "curvesComing" : "noCurves"));
}
function Details({ node: n }) {
  const s = stateOf2(n), live = store.live.get(idOf2(n)), f = n.forecast, a = n.actual;
  const rows = [];
  if (n.why) rows.push([t2("field_why"), n.why]);
  if (s.state === "running" && live) rows.push([t2("field_now"), liveText(n)]);
  const time = [], memory = [];
  if (f && f.high > 0) time.push(t2("forecast", span(f.low, f.high)));
  if (a && a.seconds > 0) time.push(t2("actual", seconds(a.seconds)));
  if (f && f.memory > 0) memory.push(t2("forecast", bytes(f.memory)));
  if (a && a.memory > 0) memory.push(t2("used", bytes(a.memory)));
  if (time.length) rows.push([t2("field_time"), clauses(time)]);
  if (memory.length) rows.push([t2("field_memory"), clauses(memory)]);
  if (f?.disk) rows.push([t2("field_disk"), bytes(f.disk)]);
  if (f?.flops) rows.push([t2("field_flops"), flops(f.flops)]);
  if (f?.derived) rows.push([t2("field_derived"), f.derived]);
  if (f?.basis) rows.push([t2("field_basis"), f.basis]);
  if (n.reason) rows.push([t2("field_reason"), n.reason]);
  if (n.inputs?.length) rows.push([t2("field_inputs"), listed(n.inputs)]);
  if (n.digest) rows.push([t2("field_digest"), n.digest.slice(0, 16)]);
  return /* @__PURE__ */ h2("div", { class: "details", role: "region", "aria-live": "off", "aria-label": idOf2(n) }, /* @__PURE__ */ h2("h2", null, maybe2("kind", n.kind), " ", /* @__PURE__ */ h2("b", null, n.name), " ", /* @__PURE__ */ h2("span", { class: "tag " + s.state }, maybe2("state", s.state)), " ", n.action && (s.state !== "done" || n.action === "keep") && /* @__PURE__ */ h2("span", { class: "tag" }, maybe2("action", n.action))), /* @__PURE__ */ h2("dl", null, rows.map(([name, value]) => /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2("dt", null, name), /* @__PURE__ */ h2("dd", null, value)))), live && live.notes.length > 0 && /* @__PURE__ */ h2("details", null, /* @__PURE__ */ h2("summary", null, t2("notes")), /* @__PURE__ */ h2("ul", null, live.notes.map((note) => /* @__PURE__ */ h2("li", null, note)))));
}
export {
  Plan as default
};
