// src/pages/sign.tsx
import { act, Failure, Field, Fragment, get, h, say, signedIn, store, useAct, useEffect, useState } from "./kit.js";
import { fromPasskey } from "./webauthn.js";

// src/pages/sign.words.ts
var words = {
  title: ["This page needs your key", "请输入密钥"],
  erased: ["Your account was erased. The conversations that were kept in this browser are deleted.", "您的账户已被清除，此浏览器中保存的对话已删除。"],
  help: ["Open the address that the server printed when it started, or give an API key.", "请打开服务器启动时打印的网址，或输入 API 密钥。"],
  key: ["API key", "API 密钥"],
  as: ["Or sign in as yourself", "或用账户登录"],
  name: ["Name", "名字"],
  password: ["Password", "密码"],
  signIn: ["Sign in", "登录"],
  passkey: ["Sign in with a passkey", "用通行密钥登录"],
  noPasskey: ["Passkeys work where the page is opened by a name: localhost, or one given with --host.", "用名称打开页面（localhost 或 --host 指定的名称）时，才能使用通行密钥。"],
  wait: ["Try again in {0} s", "{0} 秒后可重试"],
  slow: ["After some failures the server lets a name and an address wait, longer each time.", "多次失败后，服务器会让该名字和地址等待，时间逐次加长。"],
  joinTitle: ["Set your password", "设置密码"],
  joinHelp: ["This link works once. The password should be long; a sentence is good.", "此链接只能用一次。密码要长，一句话最好。"],
  joinGo: ["Set it and sign in", "设置并登录"],
  cancelled: ["The passkey was not used: it was cancelled, or there is none for this place.", "未使用通行密钥：已取消，或此处没有通行密钥。"],
  failed_no_grant: ["You are known there, but none of your groups is let in here. Ask whoever runs this server.", "身份已确认，但您所在的组均未获准使用本系统。请联系管理员。"],
  failed_wrong_state: ["That sign-in was not begun here, or took too long. Sign in again.", "该登录不是从这里发起的，或已超时。请重新登录。"],
  failed_issuer_failed: ["The sign-in server did not answer as it should. Try again, or sign in another way.", "登录服务器没有正确应答。请重试，或换一种方式登录。"],
  failed_wrong_password: ["This account is suspended here. Ask whoever runs this server.", "该账户在本系统已暂停。请联系管理员。"],
  failed_: ["The sign-in at the other server failed. Try again, or sign in another way.", "外部登录失败。请重试，或换一种方式登录。"]
};

// src/pages/sign.tsx
var w = say(words);
function Sign() {
  return store.joining ? /* @__PURE__ */ h(Join, null) : /* @__PURE__ */ h(Ways, null);
}
function Join() {
  const [password, setPassword] = useState(""), join = useAct();
  return /* @__PURE__ */ h("form", { class: "card sign", onSubmit: (e) => {
    e.preventDefault();
    join.run(async () => {
      await act("POST", "/api/session/join", { token: store.joining, password });
      location.hash = "#home";
      signedIn();
    });
  } }, /* @__PURE__ */ h("h1", null, w("joinTitle")), /* @__PURE__ */ h("p", null, w("joinHelp")), /* @__PURE__ */ h("label", { for: "password" }, w("password")), /* @__PURE__ */ h("input", { id: "password", type: "password", autocomplete: "new-password", minLength: 12, required: true, value: password, onInput: (e) => setPassword(e.target.value) }), /* @__PURE__ */ h("button", { class: "main", disabled: join.busy }, w("joinGo")), join.failure && /* @__PURE__ */ h("p", { class: "failure", role: "alert" }, join.failure.message));
}
function Ways() {
  const [key, setKey] = useState(""), [name, setName] = useState(""), [password, setPassword] = useState(""), [ways, setWays] = useState(null);
  const byKey = useAct(), byName = useAct(), byPasskey = useAct(), wait = useWait(byName.failure);
  useEffect(() => {
    get("/api/session/ways").then(setWays, () => {
    });
  }, []);
  const text = (set) => (e) => set(e.target.value);
  const send = (run, body) => run.run(async () => {
    await act("POST", "/api/session", body);
    signedIn();
  });
  const outside = store.outside && (Object.hasOwn(words, "failed_" + store.outside) ? w(`failed_${store.outside}`) : w("failed_"));
  return /* @__PURE__ */ h("div", { class: "sign" }, store.erased && /* @__PURE__ */ h("p", { class: "once", role: "status" }, w("erased")), outside && /* @__PURE__ */ h("p", { class: "failure", role: "alert" }, outside), /* @__PURE__ */ h("form", { class: "card", onSubmit: (e) => {
    e.preventDefault();
    send(byKey, { key });
  } }, /* @__PURE__ */ h("h1", null, w("title")), /* @__PURE__ */ h("p", null, w("help")), /* @__PURE__ */ h("label", { for: "key" }, w("key")), /* @__PURE__ */ h("input", { id: "key", type: "password", autocomplete: "off", required: true, value: key, onInput: text(setKey) }), /* @__PURE__ */ h("button", { class: "main", disabled: byKey.busy }, w("signIn")), byKey.failure && /* @__PURE__ */ h("p", { class: "failure", role: "alert" }, byKey.failure.message)), ways && /* @__PURE__ */ h("section", { class: "card", "aria-labelledby": "as" }, /* @__PURE__ */ h("h2", { id: "as" }, w("as")), /* @__PURE__ */ h("form", { class: "by-name", onSubmit: (e) => {
    e.preventDefault();
    send(byName, { name, password });
  } }, /* @__PURE__ */ h(Field, { label: w("name") }, (id) => /* @__PURE__ */ h("input", { id, class: "sign-name", autocomplete: "username", required: true, value: name, onInput: text(setName) })), /* @__PURE__ */ h(Field, { label: w("password"), hint: w("slow") }, (id) => /* @__PURE__ */ h("input", { id, class: "sign-password", type: "password", autocomplete: "current-password", required: true, value: password, onInput: text(setPassword) })), /* @__PURE__ */ h("button", { disabled: byName.busy || wait > 0 }, wait > 0 ? w("wait", wait) : w("signIn")), byName.failure && /* @__PURE__ */ h("p", { class: "failure", role: "alert" }, byName.failure.message)), ways.passkey ? /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("button", { class: "passkey", disabled: byPasskey.busy, onClick: () => byPasskey.run(async () => {
    await enter();
    signedIn();
  }) }, w("passkey")), byPasskey.failure && /* @__PURE__ */ h("p", { class: "failure", role: "alert" }, byPasskey.failure.message)) : /* @__PURE__ */ h("p", { class: "quiet" }, w("noPasskey")), ways.oidc && /* @__PURE__ */ h("a", { class: "button oidc", href: "/api/session/oidc" }, ways.oidc)));
}
async function enter() {
  const begun = await act("POST", "/api/session/passkey/begin");
  const credential = await fromPasskey(begun.publicKey).catch(() => {
    throw new Failure(0, "cancelled", w("cancelled"));
  });
  await act("POST", "/api/session/passkey/finish", { id: begun.id, credential });
}
function useWait(of) {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    setLeft(of?.after ?? 0);
  }, [of]);
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1e3);
    return () => clearTimeout(timer);
  }, [left]);
  return left;
}
export {
  Sign as default
};
