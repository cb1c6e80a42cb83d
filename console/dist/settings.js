// src/pages/settings.tsx
import { Card, Fragment, h, Loaded, Page, say, t, Tag, useGet } from "./kit.js";

// src/pages/settings.words.ts
var words = {
  lead: ["What this process was started with, and where each setting comes from. What a flag, a variable or a file sets is changed there, not here.", "本进程的启动设置及每项的来源。由选项、环境变量或文件设定的，请在原处修改。"],
  list: ["Settings of the process", "进程设置"],
  places: ["Where things lie", "文件位置"],
  name: ["Name", "名称"],
  value: ["Value", "值"],
  origin: ["Origin", "来源"],
  what: ["What it does", "作用"],
  origin_flag: ["flag {0}", "选项 {0}"],
  origin_environment: ["environment, {0}", "环境变量 {0}"],
  origin_default: ["default", "默认"],
  origin_file: ["file", "文件"],
  place_home: ["Everything of the owner's that is no plan's", "不属于计划的全部内容"],
  place_books: ["Keys, ledger, traces, audit log", "密钥、账本、轨迹、审计日志"],
  place_plan: ["The plan file", "计划文件"],
  place_state: ["What the plan made", "计划的产物"],
  empty: ["not set", "未设置"],
  readOnly: ["read-only here", "此处只读"],
  language: ["Of this page", "本页"],
  languageHelp: ["Language and colours are kept in this browser alone.", "语言和配色只保存在本浏览器。"]
};

// src/pages/settings.tsx
var w = say(words);
function Settings() {
  const got = useGet("/api/settings");
  return /* @__PURE__ */ h(Page, { title: t("settings"), lead: w("lead") }, /* @__PURE__ */ h(Loaded, { of: got }, ({ settings, places }) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(Card, { title: w("places") }, /* @__PURE__ */ h("dl", { class: "facts-list tall" }, places.map((p) => /* @__PURE__ */ h("div", { key: p.name }, /* @__PURE__ */ h("dt", null, w(`place_${p.name}`)), /* @__PURE__ */ h("dd", null, /* @__PURE__ */ h("code", null, p.value)))))), /* @__PURE__ */ h(Card, { title: w("list"), side: /* @__PURE__ */ h(Tag, null, w("readOnly")) }, /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w("list") }, /* @__PURE__ */ h("table", { class: "left" }, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, w("name")), /* @__PURE__ */ h("th", { scope: "col" }, w("value")), /* @__PURE__ */ h("th", { scope: "col" }, w("origin")), /* @__PURE__ */ h("th", { scope: "col" }, w("what")))), /* @__PURE__ */ h("tbody", null, settings.map((s) => /* @__PURE__ */ h("tr", { key: s.name }, /* @__PURE__ */ h("th", { scope: "row" }, /* @__PURE__ */ h("code", null, s.name)), /* @__PURE__ */ h("td", null, s.value && s.value !== "[]" ? /* @__PURE__ */ h("code", null, s.value) : /* @__PURE__ */ h("span", { class: "quiet" }, w("empty"))), /* @__PURE__ */ h("td", null, /* @__PURE__ */ h(Tag, { kind: s.origin === "default" ? "" : "running" }, w(`origin_${s.origin}`, s.from))), /* @__PURE__ */ h("td", { class: "wrap" }, s.what))))))), /* @__PURE__ */ h(Card, { title: w("language") }, /* @__PURE__ */ h("p", { class: "quiet" }, w("languageHelp"))))));
}
export {
  Settings as default
};
