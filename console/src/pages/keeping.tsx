// How long things are kept, backups, and what needs two people.
import { act, bytes, Card, Command, count, day, Empty, Fail, Field, Fragment, h, Loaded, mayDo, say, short, store, t, Tag, TaskList, useAct, useEffect, useGet, useState, listed, told, clauses } from "../kit";
import { words } from "./keeping.words";
import { Lines } from "./lines";

const w = say(words);
const known = (prefix: string, v: string) => Object.hasOwn(words, `${prefix}_${v}`) ? w(`${prefix}_${v}` as "act_erase") : v;
const text = (set: (v: string) => void) => (e: Event) => set((e.target as HTMLInputElement).value);

interface Class { name: string; days: number; least: number; what: string }
interface Hold { name: string; reason: string; by: string; since?: string }
interface Run { time?: string; error?: string }
interface Care { classes: Class[]; holds: Hold[]; last: Run; erased: number; under_way: number }

export function Keeping() {
  const got = useGet<Care>("/api/care"), [days, setDays] = useState<Record<string, string>>({}), [said, setSaid] = useState(""), save = useAct(), run = useAct();
  const [gone, setGone] = useState<{ dry: boolean; counts: Record<string, number | boolean> } | null>(null);
  const go = (dry: boolean) => run.run(async () => setGone({ dry, counts: await act("POST", "/api/care/run", { dry }) })).then(got.reload);
  return <Loaded of={got}>{c => <Fragment>
    <Card title={w("keep")} side={<Tag>{w("origin")}</Tag>}>
      <p class="quiet">{w("keepHelp")}</p>
      <ul class="plainlist">{c.classes.map(one => <li key={one.name} class="form keep">
        <Field label={one.what} hint={clauses([w("days"), one.least ? w("least", one.least) : ""])}>{id => <input id={id} class={"keep-" + one.name} type="number" readOnly={!mayDo("set_policy")} min="0" max="36500" value={days[one.name] ?? one.days} onInput={text(v => { setSaid(""); setDays({ ...days, [one.name]: v }); })} />}</Field>
        {mayDo("set_policy") && <button disabled={save.busy || days[one.name] === undefined || +days[one.name] === one.days} onClick={() => save.run(() => act("PUT", "/api/care", { class: one.name, days: +days[one.name] })).then(ok => { if (ok) setSaid(w("saved")); got.reload(); })}>{w("save")}</button>}</li>)}</ul>
      <p role="status" class="good">{said}</p>
      {save.failure && <Fail of={save.failure} />}
      <div class="row"><button disabled={run.busy} onClick={() => go(true)}>{w("dry")}</button><button class="main" disabled={run.busy} onClick={() => go(false)}>{w("run")}</button>
        {c.last?.time && day(c.last.time) && <span class="quiet">{w("last")} {day(c.last.time)} {c.last.error}</span>}</div>
      {gone && <div role="status"><p>{told(gone.dry ? w("would") : w("did"), listed(Object.entries(gone.counts).filter(([, n]) => typeof n === "number" && n > 0).map(([k, n]) => `${known("count", k)} ${count(n as number)}`)) || w("nothing"))}</p>{gone.counts.on_hold && <p>{w("onHold")}</p>}</div>}
      {run.failure && <Fail of={run.failure} />}
      <Command line="suiren care keep CLASS DAYS" />
    </Card>
    <Holds of={c.holds} reload={got.reload} />
  </Fragment>}</Loaded>;
}

function Holds({ of, reload }: { of: Hold[]; reload: () => void }) {
  const [name, setName] = useState(""), [reason, setReason] = useState(""), set = useAct();
  return <Card title={w("holds")}>
    <p class="quiet">{w("holdsHelp")}</p>
    {of.length === 0 ? <p>{w("noHolds")}</p> : <ul class="plainlist">{of.map(one => <li key={one.name} class="row"><b>{one.name}</b><span>{one.reason}</span><span class="quiet">{one.by}</span>
      {mayDo("set_policy") && <button class="push" disabled={set.busy} onClick={() => set.run(() => act("PUT", "/api/care", { unhold: one.name })).then(reload)}>{w("end")}</button>}</li>)}</ul>}
    {mayDo("set_policy") && <form class="form" onSubmit={e => { e.preventDefault(); set.run(() => act("PUT", "/api/care", { hold: name, reason })).then(ok => { if (ok) { setName(""); setReason(""); } reload(); }); }}>
      <Field label={w("who")}>{id => <input id={id} class="hold-name" required value={name} onInput={text(setName)} />}</Field>
      <Field label={w("reason")}>{id => <input id={id} class="hold-reason" required value={reason} onInput={text(setReason)} />}</Field>
      <button class="hold" disabled={set.busy || !name || !reason}>{w("hold")}</button></form>}
    {set.failure && <Fail of={set.failure} />}
  </Card>;
}

interface Made { name: string; time: string; bytes: number; sha256: string }
interface Schedule { hours: number; folder: string; keep: number; to?: string[]; last?: Run; next?: string }

export function Backups() {
  const got = useGet<{ schedule: Schedule | null; made: Made[]; last: { time?: string } | null }>("/api/backups"), set = useAct(), now = useAct();
  const [s, change] = useState<{ hours: string; folder: string; keep: string } | null>(null), [said, setSaid] = useState("");
  const tasks = JSON.stringify((store.now?.tasks ?? []).filter(task => task.kind === "backup"));
  useEffect(got.reload, [tasks]);
  const own = s ?? { hours: String(got.data?.schedule?.hours ?? 24), folder: got.data?.schedule?.folder ?? "", keep: String(got.data?.schedule?.keep ?? 7) };
  return <Loaded of={got} none={<Empty title={w("noPlan")}><p>{w("noPlanHelp")}</p><a class="button" href="#home">{t("home")}</a></Empty>}>{b => <Fragment>
    <Card title={w("schedule")} side={<Tag>{w("origin")}</Tag>}>
      <p class="quiet">{w("scheduleHelp")}</p>
      <form class="form" onSubmit={e => { e.preventDefault(); setSaid(""); set.run(() => act("PUT", "/api/backups", { hours: +own.hours, folder: own.folder, keep: +own.keep, to: b.schedule?.to ?? [] })).then(ok => { if (ok) { setSaid(w("saved")); change(null); } got.reload(); }); }}>
        <Field label={w("folder")}>{id => <input id={id} class="backup-folder" value={own.folder} onInput={text(v => change({ ...own, folder: v }))} />}</Field>
        <Field label={w("hours")}>{id => <input id={id} type="number" min="0" max="8784" value={own.hours} onInput={text(v => change({ ...own, hours: v }))} />}</Field>
        <Field label={w("copies")}>{id => <input id={id} type="number" min="1" max="1000" value={own.keep} onInput={text(v => change({ ...own, keep: v }))} />}</Field>
        <button class="main" disabled={set.busy || !own.folder && +own.hours > 0}>{w("save")}</button></form>
      <p role="status" class="good">{said}</p>
      {set.failure && <Fail of={set.failure} />}
      <div class="row"><button class="backup-now" disabled={now.busy || !b.schedule} onClick={() => now.run(() => act("POST", "/api/backups"))}>{w("now")}</button>
        {b.schedule?.next && day(b.schedule.next) && <span class="quiet">{w("next", day(b.schedule.next))}</span>}{b.schedule?.last?.error && <span class="bad">{b.schedule.last.error}</span>}</div>
      {now.failure && <Fail of={now.failure} />}
      <TaskList kinds={["backup"]} />
      <Command line="suiren care backup" />
    </Card>
    <Card title={w("made")}>{!b.made.length ? <p>{b.last?.time && day(b.last.time) ? `${w("last")} ${day(b.last.time)}` : w("noBackups")}</p> : <ul class="plainlist backups">{[...b.made].reverse().map(one => <li key={one.name} class="row"><b>{one.name}</b><span>{day(one.time)}</span><span>{bytes(one.bytes)}</span><code>{short(one.sha256)}</code></li>)}</ul>}</Card>
  </Fragment>}</Loaded>;
}

interface Request { id: string; act: string; subject: string; asker: string; reason?: string; asked: string; ends: string; state: string; decider?: string; why?: string; body?: { text?: string } }

export function Approvals() {
  const got = useGet<{ approvals: Request[]; two_people: string[]; acts: string[]; may_approve: boolean }>("/api/approvals", 5000), set = useAct(), decide = useAct();
  const [why, setWhy] = useState<Record<string, string>>({}), plans = (got.data?.approvals ?? []).some(r => r.act === "plan" && r.state === "waiting");
  const file = useGet<{ text: string }>(plans && mayDo("read_plan") ? "/api/plan/file" : "");
  const choose = (list: string[]) => set.run(() => act("PUT", "/api/approvals", { two_people: list })).then(got.reload);
  return <Loaded of={got}>{a => <Fragment>
    <Card title={w("waiting")}>
      {decide.failure && <Fail of={decide.failure} />}
      {a.approvals.length === 0 ? <p>{w("noneWaits")}</p> : <ul class="plainlist approvals">{a.approvals.map(r => <li key={r.id} class="card">
        <div class="row"><Tag kind={{ waiting: "running", approved: "done", done: "done", refused: "failed", expired: "failed" }[r.state] ?? ""}>{known("state", r.state)}</Tag><b>{known("act", r.act)}</b><code>{r.subject}</code><span class="quiet">{w("asked", r.asker, day(r.asked))}</span></div>
        {r.act === "plan" && r.state === "waiting" && r.body?.text && file.data && <Lines label={w("changes")} before={file.data.text} after={r.body.text} />}
        {r.reason && <p>{r.reason}</p>}{r.why && <p class="quiet">{r.decider}: {r.why}</p>}
        {r.state === "waiting" && (a.may_approve ? <div class="form"><Field label={w("reason")}>{id => <input id={id} value={why[r.id] ?? ""} onInput={text(v => setWhy({ ...why, [r.id]: v }))} />}</Field>
          {([true, false] as const).map(ok => <button key={String(ok)} class={ok ? "main approve" : "refuse"} disabled={decide.busy || r.asker === store.who?.name} onClick={() => decide.run(() => act("POST", "/api/approvals/" + encodeURIComponent(r.id), { approve: ok, reason: why[r.id] ?? "" })).then(got.reload)}>{ok ? w("approve") : w("refuse")}</button>)}</div> : <p class="quiet">{w("signedIn")}</p>)}</li>)}</ul>}
    </Card>
    <Card title={w("two")} side={<Tag>{w("origin")}</Tag>}>
      <p class="quiet">{w("twoHelp")}</p>
      <fieldset class="roles"><legend class="hidden">{w("two")}</legend>{a.acts.map(one => <label key={one} class="pick"><input type="checkbox" disabled={set.busy || !mayDo("set_policy")} checked={a.two_people.includes(one)}
        onChange={() => choose(a.two_people.includes(one) ? a.two_people.filter(o => o !== one) : [...a.two_people, one])} />{known("act", one)}</label>)}</fieldset>
      {set.failure && <Fail of={set.failure} />}
      <Command line="suiren care two-people ACT" />
    </Card>
  </Fragment>}</Loaded>;
}
