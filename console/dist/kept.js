// src/pages/kept.tsx
import { act, Failure, h, keep, kept as remembered, redraw, say, store, useAct, useEffect, useRef, Fail } from "./kit.js";

// src/pages/kept.words.ts
var words = {
  leave: ["Sign out of this browser", "在此浏览器退出登录"],
  leaves: ["Conversations kept in this browser alone: {0}. Signing out deletes them.", "只保存在此浏览器中的对话：{0} 个。退出登录会将其删除。"],
  leaveGo: ["Delete and sign out", "删除并退出"],
  stay: ["Stay", "不退出"]
};

// src/pages/kept.tsx
var w = say(words);
var most = 200;
var mostAll = 32 << 20;
var mostOne = 4 << 20;
var form = 1;
var shelf = {
  heads: [],
  // the newest first
  strange: 0,
  // of another form
  trouble: "",
  // why the browser keeps no more
  dropped: ""
  // the title of the one that went last
};
var me = () => store.who?.keys ? [store.who.kind ?? "page", store.who.name, store.who.since ?? ""].join("\n") : "anyone";
var answer = (r) => new Promise((ok, no) => {
  r.onsuccess = () => ok(r.result);
  r.onerror = () => no(r.error);
});
function ofBrowser(db) {
  const both = ["heads", "bodies"];
  const all = async (f) => {
    const t = db.transaction(both, "readwrite");
    const end = new Promise((ok, no) => {
      t.oncomplete = () => ok();
      t.onabort = () => no(t.error);
    });
    await Promise.all([f(t.objectStore("heads"), t.objectStore("bodies")), end]);
  };
  return {
    heads: (who) => answer(db.transaction("heads").objectStore("heads").index("who").getAll(who)),
    read: (id) => {
      const t = db.transaction(both);
      return Promise.all([answer(t.objectStore("heads").get(id)), answer(t.objectStore("bodies").get(id))]);
    },
    change: (id, f) => all(async (heads, bodies) => {
      const to = f(await answer(heads.get(id)), await answer(bodies.get(id)));
      if (to) await Promise.all([answer(heads.put(to[0])), answer(bodies.put(to[1], id))]);
    }),
    remove: (ids) => all(async (heads, bodies) => {
      await Promise.all(ids.flatMap((id) => [answer(heads.delete(id)), answer(bodies.delete(id))]));
    })
  };
}
function inMemory() {
  const of = /* @__PURE__ */ new Map();
  return {
    heads: async (who) => [...of.values()].map((one) => one[0]).filter((head) => head.who === who),
    read: async (id) => of.get(id) ?? [void 0, void 0],
    change: async (id, f) => {
      const [head, body] = of.get(id) ?? [], to = f(head, body);
      if (to) of.set(id, to);
    },
    remove: async (ids) => {
      for (const id of ids) of.delete(id);
    }
  };
}
var opened = null;
var place = () => opened ??= new Promise((ok) => {
  const refuse = (why) => {
    shelf.trouble = why;
    ok(inMemory());
  };
  try {
    const r = indexedDB.open("suiren", 1);
    r.onupgradeneeded = () => {
      r.result.createObjectStore("heads", { keyPath: "id" }).createIndex("who", "who");
      r.result.createObjectStore("bodies");
    };
    r.onsuccess = () => {
      const names = r.result.objectStoreNames;
      if (!names.contains("heads") || !names.contains("bodies")) return refuse("newer");
      r.result.onversionchange = () => r.result.close();
      ok(ofBrowser(r.result));
    };
    r.onerror = () => refuse(r.error?.name === "VersionError" ? "newer" : "refused");
  } catch {
    refuse("refused");
  }
});
var number = (v) => typeof v === "number" && Number.isFinite(v);
function headOf(v) {
  if (v?.form !== form || typeof v.id !== "string" || !/^[0-9a-f]{16}$/.test(v.id) || typeof v.who !== "string" || typeof v.title !== "string" || !number(v.changed) || !number(v.version) || !number(v.size)) return null;
  return { id: v.id, form, who: v.who, title: v.title.slice(0, 200), named: v.named === true, changed: v.changed, version: v.version, size: v.size };
}
var channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("suiren");
var tell = (what, who = me()) => channel?.postMessage({ who, ...what });
var heard = () => {
};
function onTold(f) {
  heard = f;
}
var unheard = [];
function hear() {
  if (document.hidden || !unheard.length) return;
  list();
  for (const m of unheard.splice(0)) if (m.who === me()) heard(m);
}
if (channel) {
  channel.onmessage = ({ data }) => {
    if (data?.who !== me()) return;
    if (data.left) return location.reload();
    const same = unheard.findIndex((m) => m.wrote && m.wrote === data.wrote);
    if (same >= 0) unheard.splice(same, 1);
    unheard.push(data);
    hear();
  };
  document.addEventListener("visibilitychange", hear);
}
async function list() {
  const who = me();
  try {
    const all = await (await place()).heads(who);
    if (who !== me()) return;
    shelf.heads = all.map(headOf).filter((head) => head !== null).sort((a, b) => b.changed - a.changed);
    shelf.strange = all.length - shelf.heads.length;
  } catch {
    shelf.trouble ||= "refused";
  }
  if (shelf.heads.length && remembered("held") !== who) keep("held", who);
  redraw();
}
var sum = () => shelf.heads.reduce((n, head) => n + head.size, 0);
var next = () => shelf.heads.length >= most || sum() > 0.9 * mostAll ? shelf.heads.at(-1) ?? null : null;
async function read(id) {
  try {
    const [found, body] = await (await place()).read(id), head = headOf(found);
    return head && head.who === me() ? { head, body } : null;
  } catch {
    return null;
  }
}
async function write(id, f, coming = false) {
  const who = me();
  let out = null;
  try {
    await (await place()).change(id, (found, body) => {
      const old = headOf(found);
      if (found !== void 0 && old?.who !== who) return null;
      const to = f(old && { head: old, body });
      out = to && { id, form, who, title: old?.named ? old.title : to.title, named: !!old?.named, changed: Date.now(), version: (old?.version ?? 0) + 1, size: to.body.length };
      return out && [out, to.body];
    });
  } catch (err) {
    shelf.trouble ||= err?.name === "QuotaExceededError" ? "full" : "refused";
    redraw();
    return null;
  }
  if (!out) return null;
  if (shelf.trouble === "full") shelf.trouble = "";
  await list();
  const over = [];
  for (let n = shelf.heads.length, size = sum(); n > 1 && (n > most || size > mostAll) && shelf.heads[n - 1].id !== id; n--) {
    over.push(shelf.heads[n - 1].id);
    size -= shelf.heads[n - 1].size;
    shelf.dropped = shelf.heads[n - 1].title;
  }
  tell({ wrote: id, version: out.version, coming });
  if (over.length) await remove(over);
  return out;
}
async function rename(id, title) {
  const who = me();
  await (await place()).change(id, (found, body) => {
    const head = headOf(found);
    return head && head.who === who ? [{ ...head, title: title.slice(0, 200), named: true }, body] : null;
  }).catch(() => {
  });
  await list();
  tell({});
}
async function remove(ids) {
  if (!ids.length) return;
  await (await place()).remove(ids).catch(() => {
  });
  if (shelf.trouble === "full") shelf.trouble = "";
  await list();
  tell({ gone: ids });
}
async function forget(who) {
  try {
    const at = await place(), ids = (await at.heads(who)).map((head) => head?.id).filter((id) => typeof id === "string");
    await at.remove(ids);
  } catch {
  }
  if (remembered("held") === who) keep("held", "");
  tell({ left: true }, who);
}
var erased = () => forget(remembered("held") ?? "");
async function search(text, words2) {
  const at = await place(), want = text.toLowerCase(), out = [];
  for (const head of shelf.heads) {
    if (head.title.toLowerCase().includes(want)) out.push(head.id);
    else try {
      if (words2((await at.read(head.id))[1]).toLowerCase().includes(want)) out.push(head.id);
    } catch {
    }
  }
  return out;
}
async function leave() {
  const who = me();
  await act("DELETE", "/api/session").catch((err) => {
    if (!(err instanceof Failure) || err.status !== 401) throw err;
  });
  await forget(who);
  location.reload();
}
function Leaving() {
  const box = useRef(null), run = useAct();
  const n = shelf.heads.length + shelf.strange;
  useEffect(() => {
    list().then(() => shelf.heads.length + shelf.strange > 0 ? box.current.showModal() : run.run(leave).then((ok) => {
      if (!ok) box.current.showModal();
    }));
  }, []);
  return /* @__PURE__ */ h("dialog", { ref: box, class: "document leaving", "aria-label": w("leave"), onClose: () => {
    store.leaving = false;
    redraw();
  } }, /* @__PURE__ */ h("h2", null, w("leave")), /* @__PURE__ */ h("p", null, w("leaves", n)), run.failure && /* @__PURE__ */ h(Fail, { of: run.failure }), /* @__PURE__ */ h("div", { class: "row" }, /* @__PURE__ */ h("button", { class: "main", disabled: run.busy, onClick: () => run.run(leave) }, w("leaveGo")), /* @__PURE__ */ h("button", { onClick: () => box.current.close() }, w("stay"))));
}
export {
  Leaving as default,
  erased,
  forget,
  headOf,
  list,
  me,
  most,
  mostAll,
  mostOne,
  next,
  onTold,
  read,
  remove,
  rename,
  search,
  shelf,
  write
};
