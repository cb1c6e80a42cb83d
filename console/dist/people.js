// src/pages/people.tsx
import { act, Card, Command, day, Empty, Fail, Field, Fragment, h, Loaded, mayDo, Page, say, store, t, Tabs, Tag, useAct, useGet, useState, listed } from "./kit.js";

// src/pages/people.words.ts
var words = {
  lead: ["Who may do what: people with their roles, keys for programs, and tenants that share one house without seeing each other.", "谁可以做什么：人员及角色、程序用的密钥，以及同住一处互不可见的租户。"],
  views: ["Views", "视图"],
  tab_people: ["People", "人员"],
  tab_keys: ["Keys", "密钥"],
  tab_tenants: ["Tenants", "租户"],
  noPeople: ["Nobody has an account yet", "还没有账户"],
  noPeopleHelp: ["Add a person: they get a link that works once, and set a password or a passkey with it. Whoever opened the address that the terminal printed is the owner.", "添加一个人：对方会得到一次性链接，用它设置密码或通行密钥。打开终端所打印网址的人即为所有者。"],
  name: ["Name", "名字"],
  title: ["Full name", "全名"],
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
  state: ["State", "状态"],
  works: ["works", "有效"],
  ended: ["ended", "已失效"],
  active: ["active", "有效"],
  suspended: ["suspended", "已暂停"],
  noWay: ["has not signed in yet", "尚未登录"],
  suspend: ["Suspend", "暂停"],
  admit: ["Admit again", "恢复"],
  remove: ["Remove", "删除"],
  removing: ["Remove the account {0} for good?", "确定删除账户 {0}？"],
  erase: ["Erase", "清除"],
  erasing: ["Erase {0}: the account, and all that was asked and answered?", "清除 {0}：账户，以及全部提问与回答？"],
  sureErase: ["Yes, erase", "确定清除"],
  erased: ["Erased.", "已清除。"],
  erasedWhat: ["What was said in {0} requests is gone; what they cost stands under {1}.", "{0} 个请求的内容已删除；其用量记在 {1} 名下。"],
  erasedHeld: ["{0} refused requests are kept until {1}, as the rules of safety ask.", "{0} 个被拒绝的请求按安全规定保留至 {1}。"],
  sure: ["Yes, remove", "确定删除"],
  cancel: ["Cancel", "取消"],
  link: ["New link", "新链接"],
  out: ["Sign out everywhere", "退出全部登录"],
  add: ["Add a person", "添加人员"],
  addKey: ["Make a key", "新建密钥"],
  addTenant: ["Add a tenant", "添加租户"],
  made: ["Made", "创建时间"],
  expires: ["Ends", "到期"],
  days: ["Days until it ends (0: never)", "有效天数（0：不过期）"],
  rotate: ["Rotate", "轮换"],
  revoke: ["End it", "撤销"],
  grace: ["When a key is rotated, its old secret", "轮换密钥时，旧内容"],
  grace_0: ["ends at once", "立即失效"],
  grace_1: ["works for 1 hour more", "再有效 1 小时"],
  grace_24: ["works for 24 hours more", "再有效 24 小时"],
  grace_168: ["works for 7 days more", "再有效 7 天"],
  oldUntil: ["The old secret works until {0}.", "旧内容有效至 {0}。"],
  oldEnded: ["The old secret no longer works.", "旧内容已失效。"],
  secret: ["Shown once; keep it now:", "只显示一次，请立即保存："],
  oneLink: ["Send this link, which works once:", "请发送此一次性链接："],
  changeRoles: ["Change roles", "修改角色"],
  save: ["Save", "保存"],
  noTenants: ["There are no tenants: everything belongs to the house.", "没有租户：一切属于本机构。"],
  shares: ["Models and bases that it shares", "共享的模型与知识库"]
};

// src/pages/people.tsx
var w = say(words);
var roles = ["owner", "system", "security", "audit", "operator", "user", "viewer"];
var role = (r) => Object.hasOwn(words, "role_" + r) ? w(`role_${r}`) : r;
var at = (kind, name) => `/api/${kind}/${encodeURIComponent(name)}`;
var over = (roles2) => !roles2?.includes("owner") || !!store.who?.roles?.includes("owner");
var mayTake = (roles2) => over(roles2) && (mayDo("set_roles") || (roles2 ?? []).every((r) => ["viewer", "user", "operator"].includes(r) || !!store.who?.roles?.includes(r)));
function People() {
  const tab = ["keys", "tenants"].includes(store.rest) ? store.rest : "people";
  return /* @__PURE__ */ h(Page, { title: t("people"), lead: w("lead"), side: /* @__PURE__ */ h(Tabs, { label: w("views"), at: tab, set: (to) => {
    location.hash = to === "people" ? "#people" : "#people/" + to;
  }, of: [["people", w("tab_people")], ["keys", w("tab_keys")], ["tenants", w("tab_tenants")]] }) }, tab === "people" ? /* @__PURE__ */ h(Accounts, null) : tab === "keys" ? /* @__PURE__ */ h(Keys, null) : /* @__PURE__ */ h(Tenants, null));
}
function Roles({ value, set, free = ["user", "viewer"] }) {
  const may = (r) => over([r]) && (mayDo("set_roles") || free.includes(r));
  return /* @__PURE__ */ h("fieldset", { class: "roles" }, /* @__PURE__ */ h("legend", null, w("roles")), roles.filter(may).map((r) => /* @__PURE__ */ h("label", { key: r, class: "pick" }, /* @__PURE__ */ h("input", { type: "checkbox", checked: value.includes(r), onChange: () => set(value.includes(r) ? value.filter((o) => o !== r) : [...value, r]) }), role(r))));
}
function Once({ label, text }) {
  return text ? /* @__PURE__ */ h("p", { class: "once", role: "status" }, /* @__PURE__ */ h("b", null, label), " ", /* @__PURE__ */ h("code", { tabIndex: 0 }, text)) : null;
}
function Accounts() {
  const got = useGet("/api/people"), run = useAct(), [link, setLink] = useState(""), [remove, setRemove] = useState(""), [erase, setErase] = useState(""), [done, setDone] = useState(null), [editing, edit] = useState(null);
  const [name, setName] = useState(""), [title, setTitle] = useState(""), [given, give] = useState(["user"]);
  const go = (f) => run.run(f).then(got.reload);
  const linked = async (r) => setLink(location.origin + (await r).link);
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(Once, { label: w("oneLink"), text: link }), run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }), done && /* @__PURE__ */ h("p", { class: "once", role: "status" }, /* @__PURE__ */ h("b", null, w("erased")), " ", w("erasedWhat", done.contents ?? 0, done.as ?? ""), done.held ? /* @__PURE__ */ h("span", { class: "bad" }, " ", w("erasedHeld", done.held, day(done.until ?? ""))) : null), /* @__PURE__ */ h(Loaded, { of: got }, ({ people }) => people.length === 0 ? /* @__PURE__ */ h(Empty, { title: w("noPeople") }, /* @__PURE__ */ h("p", null, w("noPeopleHelp"))) : /* @__PURE__ */ h(Card, { title: w("tab_people") }, /* @__PURE__ */ h("ul", { class: "plainlist" }, people.map((p) => /* @__PURE__ */ h("li", { key: p.name, class: "card person" }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("b", null, p.name), p.title && /* @__PURE__ */ h("span", null, p.title), (p.roles ?? []).map((r) => /* @__PURE__ */ h(Tag, { key: r }, role(r))), /* @__PURE__ */ h(Tag, { kind: day(p.suspended ?? "") ? "failed" : p.password || p.passkeys || p.source ? "done" : "" }, day(p.suspended ?? "") ? w("suspended") : p.password || p.passkeys || p.source ? w("active") : w("noWay")), /* @__PURE__ */ h("span", { class: "quiet" }, p.tenant || w("house"), " · ", day(p.made))), /* @__PURE__ */ h("div", { class: "row" }, mayDo("set_roles") && over(p.roles) && /* @__PURE__ */ h("button", { onClick: () => edit({ name: p.name, roles: p.roles ?? [] }) }, w("changeRoles")), mayDo("set_people") && over(p.roles) && /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("button", { disabled: run.busy, onClick: () => go(() => act("PATCH", at("people", p.name), { suspended: !day(p.suspended ?? "") })) }, day(p.suspended ?? "") ? w("admit") : w("suspend")), mayTake(p.roles) && /* @__PURE__ */ h("button", { disabled: run.busy, onClick: () => run.run(() => linked(act("POST", at("people", p.name) + "/link"))) }, w("link")), /* @__PURE__ */ h("button", { disabled: run.busy, onClick: () => run.run(() => act("DELETE", at("people", p.name) + "/sessions")) }, w("out")), remove === p.name ? /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("span", { class: "bad" }, w("removing", p.name)), /* @__PURE__ */ h("button", { class: "main", disabled: run.busy, onClick: () => {
    setRemove("");
    go(() => act("DELETE", at("people", p.name)));
  } }, w("sure")), /* @__PURE__ */ h("button", { onClick: () => setRemove("") }, w("cancel"))) : /* @__PURE__ */ h("button", { class: "remove", onClick: () => setRemove(p.name) }, w("remove")), erase === p.name ? /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h("span", { class: "bad" }, w("erasing", p.name)), /* @__PURE__ */ h("button", { class: "main", disabled: run.busy, onClick: () => {
    setErase("");
    setLink("");
    go(async () => setDone(await act("POST", at("people", p.name) + "/erase")));
  } }, w("sureErase")), /* @__PURE__ */ h("button", { onClick: () => setErase("") }, w("cancel"))) : /* @__PURE__ */ h("button", { class: "erase", onClick: () => setErase(p.name) }, w("erase")))), editing?.name === p.name && /* @__PURE__ */ h("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    go(() => act("PUT", at("people", p.name) + "/roles", { roles: editing.roles }));
    edit(null);
  } }, /* @__PURE__ */ h(Roles, { value: editing.roles, set: (r) => edit({ ...editing, roles: r }) }), /* @__PURE__ */ h("button", { class: "main", disabled: run.busy }, w("save")))))))), mayDo("set_people") && /* @__PURE__ */ h(Card, { title: w("add") }, /* @__PURE__ */ h("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    go(() => linked(act("POST", "/api/people", { name, title, roles: given })).then(() => {
      setName("");
      setTitle("");
      give(["user"]);
    }));
  } }, /* @__PURE__ */ h(Field, { label: w("name") }, (id) => /* @__PURE__ */ h("input", { id, class: "person-name", required: true, value: name, onInput: (e) => setName(e.target.value) })), /* @__PURE__ */ h(Field, { label: w("title") }, (id) => /* @__PURE__ */ h("input", { id, value: title, onInput: (e) => setTitle(e.target.value) })), /* @__PURE__ */ h(Roles, { value: given, set: give }), /* @__PURE__ */ h("button", { class: "main", disabled: run.busy || !name }, w("add"))), /* @__PURE__ */ h(Command, { line: `suiren user add ${name || "NAME"}` })));
}
function Keys() {
  const got = useGet("/api/keys"), run = useAct(), [secret, setSecret] = useState(""), [name, setName] = useState(""), [days, setDays] = useState("90"), [given, give] = useState(["user"]);
  const [grace, setGrace] = useState("0"), [before, setBefore] = useState("");
  const shown = async (r, rotated = false) => {
    const got2 = await r;
    setBefore(!rotated ? "" : got2.until ? w("oldUntil", day(got2.until)) : w("oldEnded"));
    setSecret(got2.secret);
  };
  return /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(Once, { label: w("secret"), text: secret }), before && /* @__PURE__ */ h("p", { role: "status" }, before), run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }), /* @__PURE__ */ h(Loaded, { of: got }, ({ keys }) => /* @__PURE__ */ h(Card, { title: w("tab_keys"), side: mayDo("set_keys") && /* @__PURE__ */ h(Field, { label: w("grace") }, (id) => /* @__PURE__ */ h("select", { id, class: "grace", value: grace, onChange: (e) => setGrace(e.target.value) }, ["0", "1", "24", "168"].map((n) => /* @__PURE__ */ h("option", { key: n, value: n }, w(`grace_${n}`))))) }, /* @__PURE__ */ h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": w("tab_keys") }, /* @__PURE__ */ h("table", { class: "left" }, /* @__PURE__ */ h("thead", null, /* @__PURE__ */ h("tr", null, /* @__PURE__ */ h("th", { scope: "col" }, w("name")), /* @__PURE__ */ h("th", { scope: "col" }, w("roles")), /* @__PURE__ */ h("th", { scope: "col" }, w("tenant")), /* @__PURE__ */ h("th", { scope: "col" }, w("state")), /* @__PURE__ */ h("th", { scope: "col" }, w("made")), /* @__PURE__ */ h("th", { scope: "col" }, w("expires")), /* @__PURE__ */ h("th", { scope: "col" }, w("rotate")))), /* @__PURE__ */ h("tbody", null, keys.map((k) => /* @__PURE__ */ h("tr", { key: k.name }, /* @__PURE__ */ h("th", { scope: "row" }, k.name), /* @__PURE__ */ h("td", null, listed((k.roles ?? []).map(role))), /* @__PURE__ */ h("td", null, k.tenant || w("house")), /* @__PURE__ */ h("td", null, /* @__PURE__ */ h(Tag, { kind: k.works ? "done" : "failed" }, k.works ? w("works") : w("ended")), k.works && k.until && Date.parse(k.until) > Date.now() && /* @__PURE__ */ h("div", { class: "quiet" }, w("oldUntil", day(k.until)))), /* @__PURE__ */ h("td", null, day(k.made)), /* @__PURE__ */ h("td", null, day(k.expires ?? "")), /* @__PURE__ */ h("td", null, k.works && mayDo("set_keys") && over(k.roles) && /* @__PURE__ */ h("div", { class: "row" }, mayTake(k.roles) && /* @__PURE__ */ h("button", { disabled: run.busy, onClick: () => run.run(() => shown(act("POST", at("keys", k.name) + "/rotate", { hours: +grace }), true)).then(got.reload) }, w("rotate")), /* @__PURE__ */ h("button", { disabled: run.busy, onClick: () => run.run(() => act("DELETE", at("keys", k.name))).then(got.reload) }, w("revoke"))))))))))), mayDo("set_keys") && /* @__PURE__ */ h(Card, { title: w("addKey") }, /* @__PURE__ */ h("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    run.run(() => shown(act("POST", "/api/keys", { name, roles: given, days: +days || 0 })).then(() => {
      setName("");
      give(["user"]);
    })).then(got.reload);
  } }, /* @__PURE__ */ h(Field, { label: w("name") }, (id) => /* @__PURE__ */ h("input", { id, required: true, value: name, onInput: (e) => setName(e.target.value) })), /* @__PURE__ */ h(Field, { label: w("days") }, (id) => /* @__PURE__ */ h("input", { id, type: "number", min: "0", max: "3650", value: days, onInput: (e) => setDays(e.target.value) })), /* @__PURE__ */ h(Roles, { value: given, set: give, free: ["user", "viewer", "operator"] }), /* @__PURE__ */ h("button", { class: "main", disabled: run.busy || !name }, w("addKey"))), /* @__PURE__ */ h(Command, { line: `suiren key create ${name || "NAME"}` })));
}
function Tenants() {
  const got = useGet("/api/tenants"), run = useAct(), [name, setName] = useState("");
  return /* @__PURE__ */ h(Fragment, null, run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }), /* @__PURE__ */ h(Loaded, { of: got }, ({ tenants }) => /* @__PURE__ */ h(Card, { title: w("tab_tenants") }, tenants.length === 0 ? /* @__PURE__ */ h("p", null, w("noTenants")) : /* @__PURE__ */ h("ul", { class: "plainlist" }, tenants.map((one) => /* @__PURE__ */ h("li", { key: one.name, class: "row" }, /* @__PURE__ */ h("b", null, one.name), one.title && /* @__PURE__ */ h("span", null, one.title), one.shares ? /* @__PURE__ */ h("span", { class: "quiet" }, w("shares"), ": ", JSON.stringify(one.shares)) : null, mayDo("set_tenants") && /* @__PURE__ */ h("button", { class: "push", disabled: run.busy, onClick: () => run.run(() => act("DELETE", at("tenants", one.name))).then(got.reload) }, w("remove"))))))), mayDo("set_tenants") && /* @__PURE__ */ h(Card, { title: w("addTenant") }, /* @__PURE__ */ h("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    run.run(() => act("POST", "/api/tenants", { name })).then(got.reload);
  } }, /* @__PURE__ */ h(Field, { label: w("name") }, (id) => /* @__PURE__ */ h("input", { id, required: true, value: name, onInput: (e) => setName(e.target.value) })), /* @__PURE__ */ h("button", { class: "main", disabled: run.busy || !name }, w("addTenant"))), /* @__PURE__ */ h(Command, { line: `suiren tenant add ${name || "NAME"}` })));
}
export {
  People as default
};
