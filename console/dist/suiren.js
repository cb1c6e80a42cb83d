// src/suiren.tsx
import { Flame, followLive, Fragment, get, h, inTurn, keep, loadPlan, mayOpen, onDraw, onSignedIn, redraw, render, showRun, store, t, useState } from "./kit.js";
var groups = [
  ["use", ["home", "chat", "knowledge"]],
  ["make", ["plan", "data", "training", "evaluation", "models", "releases"]],
  ["keep", ["guard", "usage", "traces"]],
  ["house", ["compute", "people", "settings", "account"]]
];
var loaders = {
  home: () => import("./home.js"),
  chat: () => import("./chat.js"),
  knowledge: () => import("./knowledge.js"),
  plan: () => import("./plan.js"),
  data: () => import("./data.js"),
  training: () => import("./training.js"),
  evaluation: () => import("./evaluation.js"),
  models: () => import("./models.js"),
  releases: () => import("./releases.js"),
  guard: () => import("./guard.js"),
  usage: () => import("./usage.js"),
  traces: () => import("./traces.js"),
  people: () => import("./people.js"),
  compute: () => import("./compute.js"),
  settings: () => import("./settings.js"),
  account: () => import("./account.js"),
  sign: () => import("./sign.js"),
  kept: () => import("./kept.js")
};
var loaded = /* @__PURE__ */ new Map();
var failed = /* @__PURE__ */ new Set();
var tried = 0;
function App() {
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("a", { class: "skip", href: "#main", onClick: skip }, t("skip")), /* @__PURE__ */ h("header", null, /* @__PURE__ */ h("span", { class: "brand" }, /* @__PURE__ */ h(Flame, null), "Suiren ", /* @__PURE__ */ h("small", { lang: "zh-CN" }, "燧人")), /* @__PURE__ */ h("div", { class: "switches" }, store.who?.keys && !store.signIn && /* @__PURE__ */ h("span", { class: "row who-am-i" }, /* @__PURE__ */ h("a", { href: "#account", title: t("account") }, store.who.kind === "page" ? t("ownerHere") : store.who.title || store.who.name), /* @__PURE__ */ h("button", { class: "bare", onClick: signOut }, t("signOut"))), /* @__PURE__ */ h("select", { "aria-label": t("language"), value: store.lang, onChange: setLang }, /* @__PURE__ */ h("option", { value: "en" }, "English"), /* @__PURE__ */ h("option", { value: "zh-CN" }, "简体中文")), /* @__PURE__ */ h("select", { "aria-label": t("theme"), value: store.theme, onChange: setTheme }, ["auto", "light", "dark"].map((v) => /* @__PURE__ */ h("option", { value: v }, t(`theme_${v}`))))), store.lost && !store.signIn && /* @__PURE__ */ h("p", { class: "lost", role: "status" }, t("lost"))), /* @__PURE__ */ h("div", { class: "frame" }, !store.signIn && /* @__PURE__ */ h(Navigation, null), /* @__PURE__ */ h("main", { id: "main", tabIndex: -1 }, /* @__PURE__ */ h(Opened, { at: store.signIn ? "sign" : store.page }))), store.leaving && /* @__PURE__ */ h(Opened, { at: "kept" }));
}
function Navigation() {
  const [open, setOpen] = useState(false);
  return /* @__PURE__ */ h("nav", { "aria-label": t("menu"), class: open ? "open" : "" }, /* @__PURE__ */ h("button", { type: "button", class: "menu", "aria-expanded": open, onClick: () => setOpen(!open) }, t("menu"), " · ", t(store.page)), /* @__PURE__ */ h("div", { class: "groups" }, groups.filter(([, pages]) => pages.some(mayOpen)).map(([group, pages]) => /* @__PURE__ */ h("div", { key: group, role: "group", "aria-label": t(`group_${group}`) }, /* @__PURE__ */ h("span", { class: "group", "aria-hidden": "true" }, t(`group_${group}`)), pages.filter(mayOpen).map((p) => /* @__PURE__ */ h("a", { key: p, href: "#" + p, "aria-current": store.page === p ? "page" : void 0, onClick: () => setOpen(false) }, t(p)))))));
}
function Opened({ at }) {
  const View = loaded.get(at);
  if (View) return /* @__PURE__ */ h(View, { key: at });
  if (failed.has(at)) return /* @__PURE__ */ h("div", { class: "failure middle", role: "alert" }, /* @__PURE__ */ h("p", null, t("pageFailed")), /* @__PURE__ */ h("button", { onClick: () => {
    failed.clear();
    load(at);
  } }, t("retry")));
  if (at === "sign" || at === "kept") load(at);
  return /* @__PURE__ */ h("p", { class: "middle quiet" }, store.failure?.message ?? t("loading"));
}
async function load(page) {
  if (loaded.has(page) || failed.has(page)) return;
  try {
    loaded.set(page, (await loaders[page]()).default);
  } catch {
    failed.add(page);
  }
  redraw();
}
function skip(e) {
  e.preventDefault();
  document.getElementById("main").focus();
}
function signOut() {
  store.leaving = true;
  redraw();
}
function setLang(e) {
  store.lang = e.target.value;
  keep("lang", store.lang);
  dress();
  redraw();
  if (store.signIn || !following) return;
  loadPlan();
  if (store.run !== "latest") showRun(store.run);
  followLive(refresh, ended);
}
function setTheme(e) {
  store.theme = e.target.value;
  keep("theme", store.theme);
  dress();
  redraw();
}
function dress() {
  document.documentElement.lang = store.lang;
  document.documentElement.dataset.theme = store.theme;
}
function turnTo() {
  const link = /^#join=(.+)$/.exec(location.hash);
  const outside = /^#failed=([a-z_]+)$/.exec(location.hash);
  if (outside) {
    store.outside = outside[1];
    history.replaceState(null, "", "#home");
  }
  if (link) {
    store.joining = link[1];
    history.replaceState(null, "", "#home");
    store.signIn = true;
  }
  const [page, ...rest] = location.hash.slice(1).split("/");
  const moved = store.page !== page;
  store.page = Object.hasOwn(loaders, page) && page !== "sign" && page !== "kept" ? page : "home";
  try {
    store.rest = decodeURIComponent(rest.join("/"));
  } catch {
    store.rest = "";
  }
  load(store.page);
  redraw();
  if (moved) scrollTo(0, 0);
}
async function start() {
  if (store.joining) {
    store.signIn = true;
    redraw();
    return;
  }
  await refresh();
  if (store.signIn) return;
  if (!store.server) {
    setTimeout(start, 3e3);
  } else if (!following) {
    following = true;
    loadPlan();
    followLive(refresh, ended);
  }
}
function ended() {
  following = false;
  start();
}
var refresh = inTurn(async () => {
  try {
    const server = await get("/api/state");
    store.who = server?.has.includes("session") ? await get("/api/session") : null;
    store.server = server;
    store.failure = null;
    if (!store.joining) store.signIn = false;
  } catch (err) {
    store.failure = err;
    store.signIn = store.failure.status === 401;
    if (store.signIn) store.failure = null;
  }
  redraw();
});
var following = false;
onSignedIn(start);
var forgotten = false;
onDraw(() => {
  if (store.erased && !forgotten) import("./kept.js").then((kept) => kept.erased());
  forgotten = store.erased;
  if (tried !== store.back) {
    tried = store.back;
    failed.clear();
    load(store.page);
  }
  document.title = [store.page === "chat" && store.title || t(store.page), store.server?.release?.name, "Suiren"].filter(Boolean).join(" · ");
  render(/* @__PURE__ */ h(App, null), document.getElementById("page"));
});
addEventListener("hashchange", turnTo);
dress();
turnTo();
start();
