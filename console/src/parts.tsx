// The parts that pages are put together from.
import { h, Fragment, type ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact-hooks";
import { Failure, failureOf, get } from "./api";
import { count } from "./format";
import { mayDo, redraw, store } from "./state";
import { maybe, t } from "./words";

// Page is one page: its title, a sentence of what it is for, and what it does.
export function Page({ title, lead, side, children }: { title: string; lead?: string; side?: ComponentChildren; children: ComponentChildren }) {
  return <div class="page">
    <div class="row head"><h1>{title}</h1>{side && <div class="push row">{side}</div>}</div>
    {lead && <p class="lead">{lead}</p>}
    {children}
  </div>;
}

// Card is a part of a page under a heading.
let cards = 0;
export function Card({ title, side, children, id }: { title?: string; side?: ComponentChildren; children: ComponentChildren; id?: string }) {
  const own = useRef(id ?? "card" + ++cards).current;
  return <section class="card" aria-labelledby={title ? own : undefined}>
    {title && <div class="row"><h2 id={own}>{title}</h2>{side && <div class="push row">{side}</div>}</div>}
    {children}
  </section>;
}

// Empty teaches what would be here, and how it comes.
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return <div class="empty"><Flame /><div><h2>{title}</h2>{children}</div></div>;
}

export function Flame() {
  return <svg viewBox="0 0 32 32" width="40" height="40" aria-hidden="true" class="flame">
    <path d="M16 3c2 6 8 8 8 15a8 8 0 0 1-16 0c0-4 2-6 3-8 1 2 2 3 3 4 1-4 0-7 2-11z" />
  </svg>;
}

export function Fail({ of, retry }: { of: Failure; retry?: () => void }) {
  if (of.status === 202) return <div class="once" role="status"><p>{of.message}</p><a href="#settings/two">{t("proposals")}</a></div>; // nothing failed: a second person was asked
  return <div class="failure" role="alert"><p>{of.message}</p>{retry && <button onClick={retry}>{t("retry")}</button>}</div>;
}

// missed is why something did not come. Who is signed out by now signs in.
export function missed(err: unknown): Failure {
  const failure = failureOf(err);
  if (failure.status === 401) { store.signIn = true; redraw(); }
  return failure;
}

export interface Got<T> { data: T | null; failure: Failure | null; loading: boolean; reload: () => void }

// useGet asks for JSON when a page opens, and again when the path or the
// language changes, or the server is heard again. A path of "" asks for nothing. every is in milliseconds.
export function useGet<T>(path: string, every = 0): Got<T> {
  const [state, set] = useState<{ path: string; data: T | null; failure: Failure | null }>({ path: "", data: null, failure: null });
  const [turn, next] = useState(0);
  const lang = store.lang;
  useEffect(() => {
    if (!path) return;
    let over = false, timer = 0;
    const run = async () => {
      let data: T | null = null, failure: Failure | null = null;
      try {
        data = await get<T>(path);
      } catch (err) {
        failure = missed(err);
      }
      if (over) return;
      set(old => ({ path, data: failure && old.path === path ? old.data : data, failure }));
      if (every) timer = setTimeout(run, every);
    };
    run();
    return () => { over = true; clearTimeout(timer); };
  }, [path, lang, turn, store.back]);
  return { data: state.path === path ? state.data : null, failure: state.failure, loading: state.path !== path, reload: () => next(n => n + 1) };
}

// Loaded shows what was asked for, why it did not come, or, where the server has none, that.
export function Loaded<T>({ of, none, children }: { of: Got<T>; none?: ComponentChildren; children: (data: T) => ComponentChildren }) {
  if (of.failure) return <Fail of={of.failure} retry={of.reload} />;
  if (of.loading) return <p class="quiet">{t("loading")}</p>;
  return <Fragment>{of.data === null ? none : children(of.data)}</Fragment>;
}

// useAct does something once at a time and keeps its failure.
export function useAct(): { busy: boolean; failure: Failure | null; run: (f: () => Promise<unknown>) => Promise<boolean> } {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  return {
    busy, failure, run: async f => {
      setBusy(true);
      setFailure(null);
      try {
        await f();
        return true;
      } catch (err) {
        setFailure(failureOf(err));
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}

// Facts are names and values.
export function FactList({ rows }: { rows: [string, ComponentChildren][] }) {
  return <dl class="facts-list">{rows.filter(([, v]) => v !== "" && v !== null && v !== undefined)
    .map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{v}</dd></div>)}</dl>;
}

// Meter is a share of a whole, with its words beside it.
export function Meter({ part, label }: { part: number; label: string }) {
  return <div class="meter-row"><div class="meter" role="img" aria-label={label}><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" width="100" height="6" /><rect class={part > 0.9 ? "full" : "part"} width={Math.max(0, Math.min(1, part)) * 100} height="6" />
  </svg></div><span class="quiet">{label}</span></div>;
}

export function Tag({ kind = "", children }: { kind?: string; children: ComponentChildren }) { return <span class={"tag " + kind}>{children}</span>; }

// Command shows the command line that does the same.
// What its user is to fill in is written in capitals.
export function Command({ line }: { line: string }) {
  const own = line.replace(/(?<=^[^"]*[ :])[A-Z]+(?![\w/.-])/g, of => maybe("place", of));
  return <p class="quiet command">{t("sameAs")} <code tabIndex={0}>{own}</code></p>;
}

// Field is a labelled control.
let fields = 0;
export function Field({ label, hint, children }: { label: string; hint?: string; children: (id: string) => ComponentChildren }) {
  const id = useRef("field" + ++fields).current;
  return <div class="labelled"><label for={id}>{label}</label>{hint && <span class="quiet">{hint}</span>}{children(id)}</div>;
}

// Tabs choose one of some views.
export function Tabs<K extends string>({ of, at, set, label }: { of: [K, string][]; at: K; set: (k: K) => void; label: string }) {
  return <div class="tabs" role="group" aria-label={label}>{of.map(([k, name]) =>
    <button key={k} type="button" aria-pressed={k === at} onClick={() => set(k)}>{name}</button>)}</div>;
}

// mends is where on the page a finding is put right.
const mends: Record<string, string> = { ready: "#models", backup: "#settings/backup", release: "#releases", disk: "#settings/keep", quota: "#settings/keep", queue: "#compute", kv: "#compute", memory: "#models" };

interface Health { status: string; checks: { name: string; level: string; why: string }[] }

// HealthCard says how the server is, and why; on one page only what is not well.
export function HealthCard({ only = false }: { only?: boolean }) {
  const got = useGet<Health>(store.server && mayDo("read_metrics") ? "/api/health" : "", 15000);
  if (got.failure || store.lost) return null; // what was well may not be
  const list = (got.data?.checks ?? []).filter(c => !only || c.level !== "ok");
  if (!list.length) return only && got.data ? <p class="good">✓ {t("healthy")}</p> : null;
  const rows = <ul class="plainlist health">{list.map(c => <li key={c.name}><Tag kind={{ ok: "done", warn: "running" }[c.level] ?? "failed"}>{maybe("level", c.level)}</Tag> <b>{maybe("health", c.name)}</b> {c.why}
    {c.level !== "ok" && mends[c.name] && <a class="mend" href={mends[c.name]}>{t("mend")}</a>}</li>)}</ul>;
  return only ? rows : <Card title={t("health")}>{rows}</Card>;
}

export function TaskList({ kinds }: { kinds: string[] }) {
  const list = (store.now?.tasks ?? []).filter(task => kinds.includes(task.kind));
  return list.length === 0 ? null : <ul class="tasks" aria-live="polite">{list.slice(0, 5).map(task => <li key={task.id} class={task.failed ? "bad" : ""}>
    <span class={task.ended ? "" : "pulse"}>{task.ended ? task.failed ? "✗" : "✓" : "◐"}</span> <b>{task.name}</b> {task.failed ?? task.done ?? t("underWay")}
    {!task.ended && task.of ? <Meter part={(task.steps ?? 0) / task.of} label={t("stepsOf", count(task.steps ?? 0), count(task.of))} /> : null}</li>)}</ul>;
}
