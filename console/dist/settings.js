// src/pages/settings.tsx
import { Card as Card2, Fragment as Fragment2, h as h2, Loaded as Loaded2, mayDo as mayDo2, Page, say as say2, store as store2, t as t2, Tabs, Tag as Tag2, useGet as useGet2 } from "./kit.js";

// src/pages/keeping.tsx
import { act, bytes, Card, Command, count, day, Empty, Fail, Field, Fragment, h, Loaded, mayDo, say, short, store, t, Tag, TaskList, useAct, useEffect, useGet, useState, listed, told, clauses } from "./kit.js";

// src/pages/keeping.words.ts
var words = {
  keep: ["How long things are kept", "保留多久"],
  keepHelp: ["What is older is deleted, once a day and when you say so. Numbers of use stay in the ledger, and the audit log is never cut.", "超过期限的内容每天自动删除，也可立即删除。用量保留在账本中，审计日志从不删减。"],
  days: ["Days it is kept (0: until someone deletes it)", "保留天数（0：直到有人删除）"],
  least: ["at least {0}, as was promised", "不少于 {0} 天（已承诺）"],
  save: ["Save", "保存"],
  saved: ["Saved.", "已保存。"],
  origin: ["Origin: database, care.json of the books", "来源：数据库，账目中的 care.json"],
  dry: ["Say what would go", "查看将删除什么"],
  run: ["Delete what is too old now", "立即删除过期内容"],
  would: ["It would delete", "将删除"],
  did: ["It deleted", "已删除"],
  onHold: ["Everyone is on hold: nothing goes.", "所有人均处于保全状态：不删除任何内容。"],
  count_contents: ["contents", "内容"],
  count_traces: ["traces", "轨迹"],
  count_spans: ["spans of others", "外部跨度"],
  count_reasons: ["reasons of ratings", "评价原因"],
  count_reviews: ["decisions of reviewers", "审核决定"],
  count_glasses: ["broken glasses", "紧急访问"],
  count_copies: ["old copies", "旧副本"],
  nothing: ["nothing", "无"],
  last: ["Last time", "上次"],
  holds: ["On hold", "保全"],
  holdsHelp: ["What is on hold is not deleted, by age or by erasure: for a law suit, say.", "保全中的内容不会因到期或清除而删除，例如涉及诉讼时。"],
  hold: ["Hold", "保全"],
  who: ["Whose (* is everyone's)", "谁的（* 为所有人）"],
  reason: ["Reason", "理由"],
  end: ["End", "解除"],
  noHolds: ["Nobody is on hold.", "没有保全。"],
  noPlan: ["No plan yet", "还没有计划"],
  noPlanHelp: ["A backup holds what a plan has made and what was written down of it. The home page begins a plan; then say here when backups are made.", "备份包含计划制作的内容及其记录。先在首页开始一个计划，再在这里设定备份时间。"],
  schedule: ["When backups are made", "备份计划"],
  scheduleHelp: ["Each is read again after it was made. A folder on another disk survives this one.", "每次备份后都会重新核对。放在另一块磁盘上更安全。"],
  hours: ["Hours between two (0: none by itself)", "间隔小时数（0：不自动备份）"],
  folder: ["Folder", "目录"],
  copies: ["How many are kept", "保留份数"],
  now: ["Back up now", "立即备份"],
  made: ["Backups", "备份"],
  noBackups: ["None was made here yet.", "还没有做过备份。"],
  next: ["the next on {0}", "下一次于 {0}"],
  two: ["What needs two people", "须双人批准的操作"],
  twoHelp: ["One asks, another approves; nobody approves their own. To take an act off the list needs two people as well.", "一人申请，另一人批准，不得批准自己的申请。从清单中去掉某项也须双人批准。"],
  act_erase: ["erase a person", "清除个人数据"],
  act_release: ["promote or roll back a release", "发布版本上线或回退"],
  act_break_glass: ["break the glass", "紧急授权"],
  act_retention: ["keep something for a shorter time, end a hold", "缩短保留期限、解除保全"],
  act_audit_export: ["export the audit log", "导出审计日志"],
  act_plan: ["write the plan", "改写计划"],
  changes: ["What would change in the plan file", "计划文件将有的改动"],
  act_reset: ["reset", "重置"],
  act_one_person: ["let one person do it again", "恢复为单人操作"],
  waiting: ["What waits for a second person", "等待第二人批准"],
  noneWaits: ["Nothing waits.", "没有待批准的操作。"],
  asked: ["{0} asked on {1}", "{0} 于 {1} 申请"],
  approve: ["Approve, and do it", "批准并执行"],
  refuse: ["Refuse", "拒绝"],
  state_waiting: ["waits", "等待"],
  state_approved: ["approved", "已批准"],
  state_refused: ["refused", "已拒绝"],
  state_expired: ["expired", "已过期"],
  state_done: ["done", "已执行"],
  signedIn: ["Only people who signed in with an account approve.", "只有用账户登录的人员可以批准。"]
};

// src/pages/keeping.tsx
import { Lines } from "./lines.js";
var w = say(words);
var known = (prefix, v) => Object.hasOwn(words, `${prefix}_${v}`) ? w(`${prefix}_${v}`) : v;
var text = (set) => (e) => set(e.target.value);
function Keeping() {
  const got = useGet("/api/care"), [days, setDays] = useState({}), [said, setSaid] = useState(""), save = useAct(), run = useAct();
  const [gone, setGone] = useState(null);
  const go = (dry) => run.run(async () => setGone({ dry, counts: await act("POST", "/api/care/run", { dry }) })).then(got.reload);
  return /* @__PURE__ */ h(Loaded, { of: got }, (c) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(Card, { title: w("keep"), side: /* @__PURE__ */ h(Tag, null, w("origin")) }, /* @__PURE__ */ h("p", { class: "quiet" }, w("keepHelp")), /* @__PURE__ */ h("ul", { class: "plainlist" }, c.classes.map((one) => /* @__PURE__ */ h("li", { key: one.name, class: "form keep" }, /* @__PURE__ */ h(Field, { label: one.what, hint: clauses([w("days"), one.least ? w("least", one.least) : ""]) }, (id) => /* @__PURE__ */ h("input", { id, class: "keep-" + one.name, type: "number", readOnly: !mayDo("set_policy"), min: "0", max: "36500", value: days[one.name] ?? one.days, onInput: text((v) => {
    setSaid("");
    setDays({ ...days, [one.name]: v });
  }) })), mayDo("set_policy") && /* @__PURE__ */ h("button", { disabled: save.busy || days[one.name] === void 0 || +days[one.name] === one.days, onClick: () => save.run(() => act("PUT", "/api/care", { class: one.name, days: +days[one.name] })).then((ok) => {
    if (ok) setSaid(w("saved"));
    got.reload();
  }) }, w("save"))))), /* @__PURE__ */ h("p", { role: "status", class: "good" }, said), save.failure && /* @__PURE__ */ h(Fail, { of: save.failure }), /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("button", { disabled: run.busy, onClick: () => go(true) }, w("dry")), /* @__PURE__ */ h("button", { class: "main", disabled: run.busy, onClick: () => go(false) }, w("run")), c.last?.time && day(c.last.time) && /* @__PURE__ */ h("span", { class: "quiet" }, w("last"), " ", day(c.last.time), " ", c.last.error)), gone && /* @__PURE__ */ h("div", { role: "status" }, /* @__PURE__ */ h("p", null, told(gone.dry ? w("would") : w("did"), listed(Object.entries(gone.counts).filter(([, n]) => typeof n === "number" && n > 0).map(([k, n]) => `${known("count", k)} ${count(n)}`)) || w("nothing"))), gone.counts.on_hold && /* @__PURE__ */ h("p", null, w("onHold"))), run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }), /* @__PURE__ */ h(Command, { line: "suiren care keep CLASS DAYS" })), /* @__PURE__ */ h(Holds, { of: c.holds, reload: got.reload })));
}
function Holds({ of, reload }) {
  const [name, setName] = useState(""), [reason, setReason] = useState(""), set = useAct();
  return /* @__PURE__ */ h(Card, { title: w("holds") }, /* @__PURE__ */ h("p", { class: "quiet" }, w("holdsHelp")), of.length === 0 ? /* @__PURE__ */ h("p", null, w("noHolds")) : /* @__PURE__ */ h("ul", { class: "plainlist" }, of.map((one) => /* @__PURE__ */ h("li", { key: one.name, class: "row" }, /* @__PURE__ */ h("b", null, one.name), /* @__PURE__ */ h("span", null, one.reason), /* @__PURE__ */ h("span", { class: "quiet" }, one.by), mayDo("set_policy") && /* @__PURE__ */ h("button", { class: "push", disabled: set.busy, onClick: () => set.run(() => act("PUT", "/api/care", { unhold: one.name })).then(reload) }, w("end"))))), mayDo("set_policy") && /* @__PURE__ */ h("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    set.run(() => act("PUT", "/api/care", { hold: name, reason })).then((ok) => {
      if (ok) {
        setName("");
        setReason("");
      }
      reload();
    });
  } }, /* @__PURE__ */ h(Field, { label: w("who") }, (id) => /* @__PURE__ */ h("input", { id, class: "hold-name", required: true, value: name, onInput: text(setName) })), /* @__PURE__ */ h(Field, { label: w("reason") }, (id) => /* @__PURE__ */ h("input", { id, class: "hold-reason", required: true, value: reason, onInput: text(setReason) })), /* @__PURE__ */ h("button", { class: "hold", disabled: set.busy || !name || !reason }, w("hold"))), set.failure && /* @__PURE__ */ h(Fail, { of: set.failure }));
}
function Backups() {
  const got = useGet("/api/backups"), set = useAct(), now = useAct();
  const [s, change] = useState(null), [said, setSaid] = useState("");
  const tasks = JSON.stringify((store.now?.tasks ?? []).filter((task) => task.kind === "backup"));
  useEffect(got.reload, [tasks]);
  const own = s ?? { hours: String(got.data?.schedule?.hours ?? 24), folder: got.data?.schedule?.folder ?? "", keep: String(got.data?.schedule?.keep ?? 7) };
  return /* @__PURE__ */ h(Loaded, { of: got, none: /* @__PURE__ */ h(Empty, { title: w("noPlan") }, /* @__PURE__ */ h("p", null, w("noPlanHelp")), /* @__PURE__ */ h("a", { class: "button", href: "#home" }, t("home"))) }, (b) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(Card, { title: w("schedule"), side: /* @__PURE__ */ h(Tag, null, w("origin")) }, /* @__PURE__ */ h("p", { class: "quiet" }, w("scheduleHelp")), /* @__PURE__ */ h("form", { class: "form", onSubmit: (e) => {
    e.preventDefault();
    setSaid("");
    set.run(() => act("PUT", "/api/backups", { hours: +own.hours, folder: own.folder, keep: +own.keep, to: b.schedule?.to ?? [] })).then((ok) => {
      if (ok) {
        setSaid(w("saved"));
        change(null);
      }
      got.reload();
    });
  } }, /* @__PURE__ */ h(Field, { label: w("folder") }, (id) => /* @__PURE__ */ h("input", { id, class: "backup-folder", value: own.folder, onInput: text((v) => change({ ...own, folder: v })) })), /* @__PURE__ */ h(Field, { label: w("hours") }, (id) => /* @__PURE__ */ h("input", { id, type: "number", min: "0", max: "8784", value: own.hours, onInput: text((v) => change({ ...own, hours: v })) })), /* @__PURE__ */ h(Field, { label: w("copies") }, (id) => /* @__PURE__ */ h("input", { id, type: "number", min: "1", max: "1000", value: own.keep, onInput: text((v) => change({ ...own, keep: v })) })), /* @__PURE__ */ h("button", { class: "main", disabled: set.busy || !own.folder && +own.hours > 0 }, w("save"))), /* @__PURE__ */ h("p", { role: "status", class: "good" }, said), set.failure && /* @__PURE__ */ h(Fail, { of: set.failure }), /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("button", { class: "backup-now", disabled: now.busy || !b.schedule, onClick: () => now.run(() => act("POST", "/api/backups")) }, w("now")), b.schedule?.next && day(b.schedule.next) && /* @__PURE__ */ h("span", { class: "quiet" }, w("next", day(b.schedule.next))), b.schedule?.last?.error && /* @__PURE__ */ h("span", { class: "bad" }, b.schedule.last.error)), now.failure && /* @__PURE__ */ h(Fail, { of: now.failure }), /* @__PURE__ */ h(TaskList, { kinds: ["backup"] }), /* @__PURE__ */ h(Command, { line: "suiren care backup" })), /* @__PURE__ */ h(Card, { title: w("made") }, !b.made.length ? /* @__PURE__ */ h("p", null, b.last?.time && day(b.last.time) ? `${w("last")} ${day(b.last.time)}` : w("noBackups")) : /* @__PURE__ */ h("ul", { class: "plainlist backups" }, [...b.made].reverse().map((one) => /* @__PURE__ */ h("li", { key: one.name, class: "row" }, /* @__PURE__ */ h("b", null, one.name), /* @__PURE__ */ h("span", null, day(one.time)), /* @__PURE__ */ h("span", null, bytes(one.bytes)), /* @__PURE__ */ h("code", null, short(one.sha256))))))));
}
function Approvals() {
  const got = useGet("/api/approvals", 5e3), set = useAct(), decide = useAct();
  const [why, setWhy] = useState({}), plans = (got.data?.approvals ?? []).some((r) => r.act === "plan" && r.state === "waiting");
  const file = useGet(plans && mayDo("read_plan") ? "/api/plan/file" : "");
  const choose = (list) => set.run(() => act("PUT", "/api/approvals", { two_people: list })).then(got.reload);
  return /* @__PURE__ */ h(Loaded, { of: got }, (a) => /* @__PURE__ */ h(Fragment, null, /* @__PURE__ */ h(Card, { title: w("waiting") }, decide.failure && /* @__PURE__ */ h(Fail, { of: decide.failure }), a.approvals.length === 0 ? /* @__PURE__ */ h("p", null, w("noneWaits")) : /* @__PURE__ */ h("ul", { class: "plainlist approvals" }, a.approvals.map((r) => /* @__PURE__ */ h("li", { key: r.id, class: "card" }, /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h(Tag, { kind: { waiting: "running", approved: "done", done: "done", refused: "failed", expired: "failed" }[r.state] ?? "" }, known("state", r.state)), /* @__PURE__ */ h("b", null, known("act", r.act)), /* @__PURE__ */ h("code", null, r.subject), /* @__PURE__ */ h("span", { class: "quiet" }, w("asked", r.asker, day(r.asked)))), r.act === "plan" && r.state === "waiting" && r.body?.text && file.data && /* @__PURE__ */ h(Lines, { label: w("changes"), before: file.data.text, after: r.body.text }), r.reason && /* @__PURE__ */ h("p", null, r.reason), r.why && /* @__PURE__ */ h("p", { class: "quiet" }, r.decider, ": ", r.why), r.state === "waiting" && (a.may_approve ? /* @__PURE__ */ h("div", { class: "form" }, /* @__PURE__ */ h(Field, { label: w("reason") }, (id) => /* @__PURE__ */ h("input", { id, value: why[r.id] ?? "", onInput: text((v) => setWhy({ ...why, [r.id]: v })) })), [true, false].map((ok) => /* @__PURE__ */ h("button", { key: String(ok), class: ok ? "main approve" : "refuse", disabled: decide.busy || r.asker === store.who?.name, onClick: () => decide.run(() => act("POST", "/api/approvals/" + encodeURIComponent(r.id), { approve: ok, reason: why[r.id] ?? "" })).then(got.reload) }, ok ? w("approve") : w("refuse")))) : /* @__PURE__ */ h("p", { class: "quiet" }, w("signedIn"))))))), /* @__PURE__ */ h(Card, { title: w("two"), side: /* @__PURE__ */ h(Tag, null, w("origin")) }, /* @__PURE__ */ h("p", { class: "quiet" }, w("twoHelp")), /* @__PURE__ */ h("fieldset", { class: "roles" }, /* @__PURE__ */ h("legend", { class: "hidden" }, w("two")), a.acts.map((one) => /* @__PURE__ */ h("label", { key: one, class: "pick" }, /* @__PURE__ */ h(
    "input",
    {
      type: "checkbox",
      disabled: set.busy || !mayDo("set_policy"),
      checked: a.two_people.includes(one),
      onChange: () => choose(a.two_people.includes(one) ? a.two_people.filter((o) => o !== one) : [...a.two_people, one])
    }
  ), known("act", one)))), set.failure && /* @__PURE__ */ h(Fail, { of: set.failure }), /* @__PURE__ */ h(Command, { line: "suiren care two-people ACT" }))));
}

// src/pages/settings.words.ts
var words2 = {
  lead: ["Each setting with where it comes from. What a flag, a variable or a file sets is changed there, not here.", "每项设置及其来源。由选项、环境变量或文件设定的，请在原处修改。"],
  views: ["Views", "视图"],
  tab_process: ["Process", "进程"],
  tab_keep: ["Retention", "保留期限"],
  tab_backup: ["Backup", "备份"],
  tab_two: ["Two people", "双人批准"],
  access: ["Who comes in, and what they may", "登录与权限"],
  list: ["Settings of the process", "进程设置"],
  places: ["Where things lie", "文件位置"],
  name: ["Name", "名称"],
  value: ["Value", "值"],
  origin: ["Origin", "来源"],
  what: ["What it does", "作用"],
  origin_flag: ["flag {0}", "选项 {0}"],
  origin_environment: ["environment, {0}", "环境变量 {0}"],
  origin_default: ["default", "默认"],
  origin_file: ["file {0}", "文件 {0}"],
  origin_database: ["database {0}", "数据库 {0}"],
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
var w2 = say2(words2);
function Settings() {
  const has = (path) => !!store2.server?.has.includes(path);
  const tabs = [];
  if (mayDo2("read_machine")) tabs.push(["process", w2("tab_process")]);
  if (has("care") && mayDo2("keep")) tabs.push(["keep", w2("tab_keep")]);
  if (has("backups") && mayDo2("keep")) tabs.push(["backup", w2("tab_backup")]);
  if (has("approvals")) tabs.push(["two", w2("tab_two")]);
  const at = tabs.find(([k]) => k === store2.rest)?.[0] ?? tabs[0]?.[0];
  return /* @__PURE__ */ h2(Page, { title: t2("settings"), lead: w2("lead"), side: tabs.length > 1 && /* @__PURE__ */ h2(Tabs, { label: w2("views"), at, set: (to) => {
    location.hash = to === "process" ? "#settings" : "#settings/" + to;
  }, of: tabs }) }, at === "keep" ? /* @__PURE__ */ h2(Keeping, null) : at === "backup" ? /* @__PURE__ */ h2(Backups, null) : at === "two" ? /* @__PURE__ */ h2(Approvals, null) : at === "process" && /* @__PURE__ */ h2(Process, null));
}
function Process() {
  const got = useGet2("/api/settings");
  const table = (list, title) => /* @__PURE__ */ h2("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": title }, /* @__PURE__ */ h2("table", { class: "left" }, /* @__PURE__ */ h2("thead", null, /* @__PURE__ */ h2("tr", null, /* @__PURE__ */ h2("th", { scope: "col" }, w2("name")), /* @__PURE__ */ h2("th", { scope: "col" }, w2("value")), /* @__PURE__ */ h2("th", { scope: "col" }, w2("origin")), /* @__PURE__ */ h2("th", { scope: "col" }, w2("what")))), /* @__PURE__ */ h2("tbody", null, list.map((s) => /* @__PURE__ */ h2("tr", { key: s.name }, /* @__PURE__ */ h2("th", { scope: "row" }, /* @__PURE__ */ h2("code", null, s.name)), /* @__PURE__ */ h2("td", { class: "value" }, s.value && s.value !== "[]" ? /* @__PURE__ */ h2("code", null, s.value) : /* @__PURE__ */ h2("span", { class: "quiet" }, w2("empty"))), /* @__PURE__ */ h2("td", null, /* @__PURE__ */ h2(Tag2, { kind: s.origin === "default" ? "" : "running" }, w2(`origin_${s.origin}`, s.from))), /* @__PURE__ */ h2("td", { class: "wrap" }, s.what))))));
  return /* @__PURE__ */ h2(Loaded2, { of: got }, ({ settings, places, access }) => /* @__PURE__ */ h2(Fragment2, null, /* @__PURE__ */ h2(Card2, { title: w2("places") }, /* @__PURE__ */ h2("dl", { class: "facts-list tall" }, places.map((p) => /* @__PURE__ */ h2("div", { key: p.name }, /* @__PURE__ */ h2("dt", null, w2(`place_${p.name}`)), /* @__PURE__ */ h2("dd", null, /* @__PURE__ */ h2("code", null, p.value)))))), /* @__PURE__ */ h2(Card2, { title: w2("list"), side: /* @__PURE__ */ h2(Tag2, null, w2("readOnly")) }, table(settings, w2("list"))), /* @__PURE__ */ h2(Card2, { title: w2("access"), side: /* @__PURE__ */ h2("a", { class: "button", href: "#people" }, t2("people")) }, table(access, w2("access"))), /* @__PURE__ */ h2(Card2, { title: w2("language") }, /* @__PURE__ */ h2("p", { class: "quiet" }, w2("languageHelp")))));
}
export {
  Settings as default
};
