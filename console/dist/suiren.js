// src/suiren.tsx
import { act, Flame, followLive, Fragment, get, h, keep, loadPlan, onDraw, redraw, render, showRun, store, t, useState } from "./kit.js";
var groups = [
  ["use", ["home", "chat", "knowledge"]],
  ["make", ["plan", "data", "training", "evaluation", "models"]],
  ["house", ["compute", "settings"]]
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
  compute: () => import("./compute.js"),
  settings: () => import("./settings.js")
};
var loaded = /* @__PURE__ */ new Map();
var failed = /* @__PURE__ */ new Set();
function App() {
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("a", { class: "skip", href: "#main", onClick: skip }, t("skip")), /* @__PURE__ */ h("header", null, /* @__PURE__ */ h("span", { class: "brand" }, /* @__PURE__ */ h(Flame, null), "Suiren ", /* @__PURE__ */ h("small", { lang: "zh-CN" }, "燧人")), /* @__PURE__ */ h("div", { class: "switches" }, /* @__PURE__ */ h("select", { "aria-label": t("language"), value: store.lang, onChange: setLang }, /* @__PURE__ */ h("option", { value: "en" }, "English"), /* @__PURE__ */ h("option", { value: "zh-CN" }, "简体中文")), /* @__PURE__ */ h("select", { "aria-label": t("theme"), value: store.theme, onChange: setTheme }, ["auto", "light", "dark"].map((v) => /* @__PURE__ */ h("option", { value: v }, t(`theme_${v}`)))))), /* @__PURE__ */ h("div", { class: "frame" }, !store.signIn && /* @__PURE__ */ h(Navigation, null), /* @__PURE__ */ h("main", { id: "main", tabIndex: -1 }, store.signIn ? /* @__PURE__ */ h(SignIn, null) : /* @__PURE__ */ h(Opened, null))));
}
function Navigation() {
  const [open, setOpen] = useState(false);
  return /* @__PURE__ */ h("nav", { "aria-label": t("menu"), class: open ? "open" : "" }, /* @__PURE__ */ h("button", { type: "button", class: "menu", "aria-expanded": open, onClick: () => setOpen(!open) }, t("menu"), " · ", t(store.page)), /* @__PURE__ */ h("div", { class: "groups" }, groups.map(([group, pages]) => /* @__PURE__ */ h("div", { key: group, role: "group", "aria-label": t(`group_${group}`) }, /* @__PURE__ */ h("span", { class: "group", "aria-hidden": "true" }, t(`group_${group}`)), pages.map((p) => /* @__PURE__ */ h("a", { key: p, href: "#" + p, "aria-current": store.page === p ? "page" : void 0, onClick: () => setOpen(false) }, t(p)))))));
}
function Opened() {
  const View = loaded.get(store.page);
  if (View) return /* @__PURE__ */ h(View, { key: store.page });
  if (failed.has(store.page)) return /* @__PURE__ */ h("div", { class: "failure", role: "alert" }, /* @__PURE__ */ h("p", null, t("pageFailed")), /* @__PURE__ */ h("button", { onClick: () => {
    failed.clear();
    load(store.page);
  } }, t("retry")));
  return /* @__PURE__ */ h("p", { class: "middle quiet" }, store.failure?.message ?? t("loading"));
}
async function load(page) {
  if (loaded.has(page)) return;
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
function SignIn() {
  return /* @__PURE__ */ h("form", { class: "card sign", onSubmit: signIn }, /* @__PURE__ */ h("h1", null, t("signInTitle")), /* @__PURE__ */ h("p", null, t("signInHelp")), /* @__PURE__ */ h("label", { for: "key" }, t("key")), /* @__PURE__ */ h("input", { id: "key", name: "key", type: "password", autocomplete: "current-password", required: true }), /* @__PURE__ */ h("button", { class: "main" }, t("signIn")), store.failure && /* @__PURE__ */ h("p", { class: "failure", role: "alert" }, store.failure.message));
}
async function signIn(e) {
  e.preventDefault();
  const key = new FormData(e.target).get("key");
  try {
    await act("POST", "/api/session", { key });
    store.signIn = false;
    store.failure = null;
    start();
  } catch (err) {
    store.failure = err;
  }
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
  followLive(refresh);
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
  const [page, ...rest] = location.hash.slice(1).split("/");
  const moved = store.page !== page;
  store.page = Object.hasOwn(loaders, page) ? page : "home";
  store.rest = decodeURIComponent(rest.join("/"));
  load(store.page);
  redraw();
  if (moved) scrollTo(0, 0);
}
async function start() {
  await refresh();
  if (store.signIn) return;
  if (!store.server) {
    setTimeout(start, 3e3);
  } else if (!following) {
    following = true;
    loadPlan();
    followLive(refresh);
  }
}
async function refresh() {
  try {
    store.server = await get("/api/state");
    store.failure = null;
  } catch (err) {
    store.failure = err;
    store.signIn = store.failure.status === 401;
    if (store.signIn) store.failure = null;
  }
  redraw();
}
var following = false;
onDraw(() => {
  document.title = store.server?.release ? `${t(store.page)} · ${store.server.release.name} · Suiren` : `${t(store.page)} · Suiren`;
  render(/* @__PURE__ */ h(App, null), document.getElementById("page"));
});
addEventListener("hashchange", turnTo);
dress();
turnTo();
start();
