// The conversations that are kept: in this browser alone, each for who held it.
// What is read back may have been written by anybody, and is believed only in
// the form that is written here. Where the browser keeps nothing, they stay in
// memory while the page is open.
import { act, Failure, h, keep, kept as remembered, redraw, say, store, useAct, useEffect, useRef, Fail } from "../kit";
import { words } from "./kept.words";

const w = say(words);

export const most = 200, mostAll = 32 << 20, mostOne = 4 << 20; // conversations of one person; characters of all and of one

const form = 1; // of what is written here; what has another is left alone

// A Head is what the list shows of a conversation. Its version counts the
// writes, so that two tabs know of each other's.
export interface Head { id: string; form: number; who: string; title: string; named: boolean; changed: number; version: number; size: number }

export const shelf = {
  heads: [] as Head[], // the newest first
  strange: 0,          // of another form
  trouble: "" as "" | "refused" | "newer" | "full", // why the browser keeps no more
  dropped: "", // the title of the one that went last
};

// me is whose conversations show: somebody new of an old name is somebody else.
export const me = () => store.who?.keys ? [store.who.kind ?? "page", store.who.name, store.who.since ?? ""].join("\n") : "anyone";

// A Place keeps heads and bodies by id.
interface Place {
  heads(who: string): Promise<unknown[]>;
  read(id: string): Promise<[unknown, unknown]>;
  change(id: string, f: (head: unknown, body: unknown) => [Head, unknown] | null): Promise<void>; // null: leave it
  remove(ids: string[]): Promise<void>;
}

const answer = <T,>(r: IDBRequest<T>) => new Promise<T>((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });

function ofBrowser(db: IDBDatabase): Place {
  const both = ["heads", "bodies"];
  const all = async (f: (heads: IDBObjectStore, bodies: IDBObjectStore) => Promise<void>) => {
    const t = db.transaction(both, "readwrite");
    const end = new Promise<void>((ok, no) => { t.oncomplete = () => ok(); t.onabort = () => no(t.error); });
    await Promise.all([f(t.objectStore("heads"), t.objectStore("bodies")), end]);
  };
  return {
    heads: who => answer(db.transaction("heads").objectStore("heads").index("who").getAll(who)),
    read: id => { const t = db.transaction(both); return Promise.all([answer(t.objectStore("heads").get(id)), answer(t.objectStore("bodies").get(id))]); },
    change: (id, f) => all(async (heads, bodies) => {
      const to = f(await answer(heads.get(id)), await answer(bodies.get(id)));
      if (to) await Promise.all([answer(heads.put(to[0])), answer(bodies.put(to[1], id))]);
    }),
    remove: ids => all(async (heads, bodies) => { await Promise.all(ids.flatMap(id => [answer(heads.delete(id)), answer(bodies.delete(id))])); }),
  };
}

function inMemory(): Place {
  const of = new Map<string, [Head, unknown]>();
  return {
    heads: async who => [...of.values()].map(one => one[0]).filter(head => head.who === who),
    read: async id => of.get(id) ?? [undefined, undefined],
    change: async (id, f) => { const [head, body] = of.get(id) ?? [], to = f(head, body); if (to) of.set(id, to); },
    remove: async ids => { for (const id of ids) of.delete(id); },
  };
}

let opened: Promise<Place> | null = null;

const place = () => opened ??= new Promise<Place>(ok => {
  const refuse = (why: "refused" | "newer") => { shelf.trouble = why; ok(inMemory()); };
  try {
    const r = indexedDB.open("suiren", 1);
    r.onupgradeneeded = () => { r.result.createObjectStore("heads", { keyPath: "id" }).createIndex("who", "who"); r.result.createObjectStore("bodies"); };
    r.onsuccess = () => {
      const names = r.result.objectStoreNames;
      if (!names.contains("heads") || !names.contains("bodies")) return refuse("newer");
      r.result.onversionchange = () => r.result.close();
      ok(ofBrowser(r.result));
    };
    r.onerror = () => refuse(r.error?.name === "VersionError" ? "newer" : "refused");
  } catch { refuse("refused"); }
});

const number = (v: unknown): v is number => typeof v === "number" && Number.isFinite(v);

export function headOf(v: any): Head | null {
  if (v?.form !== form || typeof v.id !== "string" || !/^[0-9a-f]{16}$/.test(v.id) || typeof v.who !== "string" || typeof v.title !== "string" || !number(v.changed) || !number(v.version) || !number(v.size)) return null;
  return { id: v.id, form, who: v.who, title: v.title.slice(0, 200), named: v.named === true, changed: v.changed, version: v.version, size: v.size };
}

// Tabs tell each other what they wrote, what is gone, and who left.
export interface Told { who: string; wrote?: string; version?: number; coming?: boolean; gone?: string[]; left?: boolean }
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("suiren");
const tell = (what: Omit<Told, "who">, who = me()) => channel?.postMessage({ who, ...what });
let heard: (m: Told) => void = () => {};
export function onTold(f: (m: Told) => void) { heard = f; }
// A tab that is not in sight hears when it is: its reading would hold up the writing of the one that is.
const unheard: Told[] = [];
function hear() {
  if (document.hidden || !unheard.length) return;
  list();
  for (const m of unheard.splice(0)) if (m.who === me()) heard(m);
}
if (channel) {
  channel.onmessage = ({ data }: MessageEvent<Told>) => {
    if (data?.who !== me()) return;
    if (data.left) return location.reload();
    const same = unheard.findIndex(m => m.wrote && m.wrote === data.wrote);
    if (same >= 0) unheard.splice(same, 1);
    unheard.push(data);
    hear();
  };
  document.addEventListener("visibilitychange", hear);
}

// list reads the heads of who is here.
export async function list() {
  const who = me();
  try {
    const all = await (await place()).heads(who);
    if (who !== me()) return;
    shelf.heads = all.map(headOf).filter(head => head !== null).sort((a, b) => b.changed - a.changed);
    shelf.strange = all.length - shelf.heads.length;
  } catch { shelf.trouble ||= "refused"; }
  if (shelf.heads.length && remembered("held") !== who) keep("held", who);
  redraw();
}

const sum = () => shelf.heads.reduce((n, head) => n + head.size, 0);

// next is the conversation that goes when one more is kept; null while there is room.
export const next = () => shelf.heads.length >= most || sum() > 0.9 * mostAll ? shelf.heads.at(-1) ?? null : null;

// read returns a conversation of who is here, null if there is none.
export async function read(id: string): Promise<{ head: Head; body: unknown } | null> {
  try {
    const [found, body] = await (await place()).read(id), head = headOf(found);
    return head && head.who === me() ? { head, body } : null;
  } catch { return null; }
}

// write lets f make of what is kept under an id what is to be; null leaves it.
// It reports whether the browser keeps it.
export async function write(id: string, f: (old: { head: Head; body: unknown } | null) => { title: string; body: string } | null, coming = false): Promise<Head | null> {
  const who = me();
  let out: Head | null = null;
  try {
    await (await place()).change(id, (found, body) => {
      const old = headOf(found);
      if (found !== undefined && old?.who !== who) return null; // another's, or of another form
      const to = f(old && { head: old, body });
      out = to && { id, form, who, title: old?.named ? old.title : to.title, named: !!old?.named, changed: Date.now(), version: (old?.version ?? 0) + 1, size: to.body.length };
      return out && [out, to!.body];
    });
  } catch (err) {
    shelf.trouble ||= (err as Error)?.name === "QuotaExceededError" ? "full" : "refused";
    redraw();
    return null;
  }
  if (!out) return null;
  if (shelf.trouble === "full") shelf.trouble = "";
  await list();
  const over: string[] = []; // the oldest go
  for (let n = shelf.heads.length, size = sum(); n > 1 && (n > most || size > mostAll) && shelf.heads[n - 1].id !== id; n--) {
    over.push(shelf.heads[n - 1].id);
    size -= shelf.heads[n - 1].size;
    shelf.dropped = shelf.heads[n - 1].title;
  }
  tell({ wrote: id, version: (out as Head).version, coming });
  if (over.length) await remove(over);
  return out;
}

export async function rename(id: string, title: string) {
  const who = me();
  await (await place()).change(id, (found, body) => {
    const head = headOf(found);
    return head && head.who === who ? [{ ...head, title: title.slice(0, 200), named: true }, body] : null;
  }).catch(() => {});
  await list();
  tell({});
}

export async function remove(ids: string[]) {
  if (!ids.length) return;
  await (await place()).remove(ids).catch(() => {});
  if (shelf.trouble === "full") shelf.trouble = "";
  await list();
  tell({ gone: ids });
}

// forget deletes all that is kept of somebody, of whatever form.
export async function forget(who: string) {
  try {
    const at = await place(), ids = (await at.heads(who)).map((head: any) => head?.id).filter(id => typeof id === "string");
    await at.remove(ids);
  } catch { /* nothing can be kept here either */ }
  if (remembered("held") === who) keep("held", "");
  tell({ left: true }, who);
}

// erased deletes what is kept of who was signed in here last and is no more.
export const erased = () => forget(remembered("held") ?? "");

// search returns the ids of conversations that say some words.
export async function search(text: string, words: (body: unknown) => string): Promise<string[]> {
  const at = await place(), want = text.toLowerCase(), out: string[] = [];
  for (const head of shelf.heads) {
    if (head.title.toLowerCase().includes(want)) out.push(head.id);
    else try { if (words((await at.read(head.id))[1]).toLowerCase().includes(want)) out.push(head.id); } catch { /* not read, not found */ }
  }
  return out;
}

// leave signs out, and deletes the conversations of who leaves in this browser.
async function leave() {
  const who = me();
  await act("DELETE", "/api/session").catch(err => { if (!(err instanceof Failure) || err.status !== 401) throw err; });
  await forget(who);
  location.reload();
}

// Leaving says what signing out deletes here, and does it.
export default function Leaving() {
  const box = useRef<HTMLDialogElement>(null), run = useAct();
  const n = shelf.heads.length + shelf.strange;
  useEffect(() => {
    list().then(() => shelf.heads.length + shelf.strange > 0 ? box.current!.showModal() : run.run(leave).then(ok => { if (!ok) box.current!.showModal(); }));
  }, []);
  return <dialog ref={box} class="document leaving" aria-label={w("leave")} onClose={() => { store.leaving = false; redraw(); }}>
    <h2>{w("leave")}</h2>
    <p>{w("leaves", n)}</p>
    {run.failure && <Fail of={run.failure} />}
    <div class="row"><button class="main" disabled={run.busy} onClick={() => run.run(leave)}>{w("leaveGo")}</button><button onClick={() => box.current!.close()}>{w("stay")}</button></div>
  </dialog>;
}
