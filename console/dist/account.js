// src/pages/account.tsx
import { act, Card, Command, day, FactList, Fail, Failure, Field, h, Loaded, Page, say, signedIn, store, t, Tag, useAct, useGet, useState, listed } from "./kit.js";
import { forget, me as holder } from "./kept.js";
import { newPasskey, passkeys } from "./webauthn.js";

// src/pages/account.words.ts
var words = {
  lead: ["Who you are here, how you come in, and where you are signed in.", "您在这里的身份、登录方式，以及登录在哪些地方。"],
  who: ["Who you are", "身份"],
  name: ["Name", "名字"],
  roles: ["Roles", "角色"],
  role_owner: ["owner", "所有者"],
  role_system: ["system administrator", "系统管理员"],
  role_security: ["security administrator", "安全管理员"],
  role_audit: ["auditor", "审计管理员"],
  role_operator: ["operator", "运维"],
  role_user: ["user", "用户"],
  role_viewer: ["viewer", "查看者"],
  tenant: ["Tenant", "租户"],
  house: ["the house", "本机构"],
  came: ["You came by", "登录方式"],
  kind_person: ["your account", "账户"],
  kind_key: ["an API key", "API 密钥"],
  kind_page: ["the address that the terminal printed", "终端打印的网址"],
  factors: ["Two factors", "双因素"],
  yes: ["yes", "是"],
  no: ["no", "否"],
  sessions: ["Where you are signed in", "已登录的地方"],
  began: ["Began", "开始"],
  ends: ["Ends by itself", "自动结束"],
  this: ["this browser", "本浏览器"],
  end: ["End", "结束"],
  endAll: ["Sign out everywhere", "退出全部登录"],
  endAllHelp: ["This browser too; the conversations that it keeps of yours are deleted.", "包括此浏览器；其中保存的您的对话将被删除。"],
  passkeys: ["Passkeys", "通行密钥"],
  passkeysHelp: ["A passkey stays on a device and opens with its lock: nothing to remember, nothing that a false page could ask for.", "通行密钥保存在设备里，用设备的锁打开：不用记，假网页也骗不走。"],
  noPasskeys: ["You have none yet.", "还没有通行密钥。"],
  label: ["What to call it", "名称"],
  labelPlace: ["My notebook", "我的笔记本电脑"],
  addPasskey: ["Add a passkey", "添加通行密钥"],
  added: ["Added. You can sign in with it from now on.", "已添加，今后可用它登录。"],
  used: ["last used {0}", "上次使用 {0}"],
  remove: ["Remove", "删除"],
  byName: ["Passkeys need the page to be opened by a name. Open it as {0}, and sign in there.", "通行密钥要求用名称打开页面。请打开 {0} 并在那里登录。"],
  cannot: ["This browser cannot make passkeys here: they need HTTPS or localhost, and a browser of 2025 or later.", "此浏览器在这里不能使用通行密钥：需要 HTTPS 或 localhost，以及 2025 年之后的浏览器。"],
  cancelled: ["No passkey was made: it was cancelled, or the device has one for this account already.", "没有创建通行密钥：已取消，或该设备已有此账户的通行密钥。"],
  password: ["Password", "密码"],
  old: ["The one you have", "现在的密码"],
  new: ["A new one, of 12 characters or more", "新密码，不少于 12 个字符"],
  change: ["Change it", "修改密码"],
  changed: ["Changed. All other places were signed out.", "已修改，其他地方均已退出登录。"],
  emergency: ["In an emergency", "紧急情况"],
  emergencyHelp: ["The rules let some people past them for a while, for a reason that others will read in the audit log.", "规则允许部分人员在限定时间内越过限制，理由会记入审计日志供他人查阅。"],
  reason: ["Reason", "理由"],
  break: ["Break the glass for an hour", "紧急授权一小时"],
  broken: ["It holds until {0}: {1}", "有效至 {0}：{1}"],
  mend: ["End it", "结束紧急授权"]
};

// src/pages/account.tsx
var w = say(words);
var known = (prefix, v) => Object.hasOwn(words, `${prefix}_${v}`) ? w(`${prefix}_${v}`) : v;
function Account() {
  const me = store.who;
  if (!me) return /* @__PURE__ */ h("p", { class: "middle quiet" }, t("loading"));
  return /* @__PURE__ */ h(Page, { title: t("account"), lead: w("lead") }, /* @__PURE__ */ h(Card, { title: w("who") }, /* @__PURE__ */ h(FactList, { rows: [
    [w("name"), me.title ? `${me.title} (${me.name})` : me.name],
    [w("roles"), listed((me.roles ?? []).map((r) => known("role", r)))],
    [w("tenant"), me.tenant || w("house")],
    [w("came"), known("kind", me.kind ?? "page")],
    [w("factors"), me.two_factors ? w("yes") : w("no")]
  ] })), /* @__PURE__ */ h("div", { class: "two" }, /* @__PURE__ */ h(Sessions, null), me.kind === "person" && /* @__PURE__ */ h(Passkeys, null)), me.kind === "person" && !me.source && /* @__PURE__ */ h(Password, null), me.kind === "person" && (me.may.break_glass || me.emergency) && /* @__PURE__ */ h(Emergency, null));
}
function Sessions() {
  const got = useGet("/api/session/list"), run = useAct();
  return /* @__PURE__ */ h(Card, { title: w("sessions") }, /* @__PURE__ */ h(Loaded, { of: got }, ({ sessions, this: mine }) => /* @__PURE__ */ h("ul", { class: "plainlist sessions" }, sessions.map((s) => /* @__PURE__ */ h("li", { key: s.id, class: "row" }, /* @__PURE__ */ h("span", null, w("began"), " ", day(s.made), " ", /* @__PURE__ */ h("span", { class: "quiet" }, w("ends"), " ", day(s.ends))), " ", s.id === mine && /* @__PURE__ */ h(Tag, { kind: "done" }, w("this")), " ", s.two_factors && /* @__PURE__ */ h(Tag, null, w("factors")), s.id !== mine && /* @__PURE__ */ h("button", { class: "push", disabled: run.busy, onClick: () => run.run(() => act("DELETE", "/api/session/list/" + encodeURIComponent(s.id))).then(got.reload) }, w("end")))))), /* @__PURE__ */ h("button", { disabled: run.busy, onClick: () => run.run(() => act("DELETE", "/api/session/list")).then(async (ok) => {
    if (ok) {
      await forget(holder());
      location.reload();
    }
  }) }, w("endAll")), /* @__PURE__ */ h("p", { class: "quiet" }, w("endAllHelp")), run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }));
}
function Passkeys() {
  const got = useGet("/api/session/passkeys"), ways = useGet("/api/session/ways");
  const [label, setLabel] = useState(""), [said, setSaid] = useState(""), run = useAct();
  const add = async () => {
    const begun = await act("POST", "/api/session/passkeys/begin");
    const credential = await newPasskey(begun.publicKey).catch(() => {
      throw new Failure(0, "cancelled", w("cancelled"));
    });
    await act("POST", "/api/session/passkeys/finish", { id: begun.id, label: label || w("labelPlace"), credential });
    setLabel("");
    setSaid(w("added"));
  };
  return /* @__PURE__ */ h(Card, { title: w("passkeys") }, /* @__PURE__ */ h("p", { class: "quiet" }, w("passkeysHelp")), /* @__PURE__ */ h(Loaded, { of: got }, ({ passkeys: list }) => !list?.length ? /* @__PURE__ */ h("p", null, w("noPasskeys")) : /* @__PURE__ */ h("ul", { class: "plainlist passkeys" }, list.map((k) => /* @__PURE__ */ h("li", { key: k.id, class: "row" }, /* @__PURE__ */ h("b", null, k.label), /* @__PURE__ */ h("span", { class: "quiet" }, day(k.made), k.used && day(k.used) ? " · " + w("used", day(k.used)) : ""), /* @__PURE__ */ h("button", { class: "push", disabled: run.busy, onClick: () => run.run(() => act("DELETE", "/api/session/passkeys/" + k.id.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""))).then(got.reload) }, w("remove")))))), ways.data && !ways.data.passkey ? /* @__PURE__ */ h("p", { class: "quiet" }, w("byName", location.origin.replace(location.hostname, "localhost"))) : !passkeys() ? /* @__PURE__ */ h("p", { class: "quiet" }, w("cannot")) : /* @__PURE__ */ h("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    setSaid("");
    run.run(add).then(got.reload);
  } }, /* @__PURE__ */ h(Field, { label: w("label") }, (id) => /* @__PURE__ */ h("input", { id, class: "passkey-label", maxLength: 64, placeholder: w("labelPlace"), value: label, onInput: (e) => setLabel(e.target.value) })), /* @__PURE__ */ h("button", { class: "main add-passkey", disabled: run.busy }, w("addPasskey"))), /* @__PURE__ */ h("p", { role: "status", class: "good" }, said), run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }));
}
function Password() {
  const [old, setOld] = useState(""), [next, setNext] = useState(""), [said, setSaid] = useState(""), run = useAct();
  return /* @__PURE__ */ h(Card, { title: w("password") }, /* @__PURE__ */ h("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    setSaid("");
    run.run(async () => {
      await act("POST", "/api/session/password", { old, new: next });
      setOld("");
      setNext("");
      setSaid(w("changed"));
    });
  } }, /* @__PURE__ */ h(Field, { label: w("old") }, (id) => /* @__PURE__ */ h("input", { id, type: "password", autocomplete: "current-password", required: true, value: old, onInput: (e) => setOld(e.target.value) })), /* @__PURE__ */ h(Field, { label: w("new") }, (id) => /* @__PURE__ */ h("input", { id, type: "password", autocomplete: "new-password", minLength: 12, required: true, value: next, onInput: (e) => setNext(e.target.value) })), /* @__PURE__ */ h("button", { class: "main", disabled: run.busy || !old || !next }, w("change"))), /* @__PURE__ */ h("p", { role: "status", class: "good" }, said), run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }), /* @__PURE__ */ h(Command, { line: `suiren user link ${store.who?.name ?? "NAME"}` }));
}
function Emergency() {
  const [reason, setReason] = useState(""), run = useAct(), now = store.who.emergency;
  const go = (f) => run.run(async () => {
    await f();
    signedIn();
  });
  return /* @__PURE__ */ h(Card, { title: w("emergency") }, /* @__PURE__ */ h("p", { class: "quiet" }, w("emergencyHelp")), now ? /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("p", { class: "bad", role: "status" }, w("broken", day(now.ends), now.reason)), /* @__PURE__ */ h("button", { disabled: run.busy, onClick: () => go(() => act("DELETE", "/api/session/emergency")) }, w("mend"))) : /* @__PURE__ */ h("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    go(() => act("POST", "/api/session/emergency", { reason, minutes: 60 }));
  } }, /* @__PURE__ */ h(Field, { label: w("reason") }, (id) => /* @__PURE__ */ h("input", { id, required: true, maxLength: 500, value: reason, onInput: (e) => setReason(e.target.value) })), /* @__PURE__ */ h("button", { disabled: run.busy || !reason.trim() }, w("break"))), run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }));
}
export {
  Account as default
};
