// My account: who I am, where I am signed in, my passkeys and my password.
import { act, Card, Command, day, FactList, Fail, Failure, Field, h, Loaded, Page, say, signedIn, store, t, Tag, useAct, useGet, useState, listed } from "../kit";
import { forget, me as holder } from "../pages/kept";
import { newPasskey, passkeys } from "./webauthn";
import { words } from "./account.words";

const w = say(words);

interface Session { id: string; kind: string; two_factors?: boolean; made: string; ends: string }
interface Passkey { id: string; label: string; made: string; used?: string }

const known = (prefix: string, v: string) => Object.hasOwn(words, `${prefix}_${v}`) ? w(`${prefix}_${v}` as "role_owner") : v;

export default function Account() {
  const me = store.who;
  if (!me) return <p class="middle quiet">{t("loading")}</p>;
  return <Page title={t("account")} lead={w("lead")}>
    <Card title={w("who")}><FactList rows={[[w("name"), me.title ? `${me.title} (${me.name})` : me.name], [w("roles"), listed((me.roles ?? []).map(r => known("role", r)))],
      [w("tenant"), me.tenant || w("house")], [w("came"), known("kind", me.kind ?? "page")], [w("factors"), me.two_factors ? w("yes") : w("no")]]} /></Card>
    <div class="two"><Sessions />{me.kind === "person" && <Passkeys />}</div>
    {me.kind === "person" && !me.source && <Password />}
    {me.kind === "person" && (me.may.break_glass || me.emergency) && <Emergency />}
  </Page>;
}

function Sessions() {
  const got = useGet<{ sessions: Session[]; this: string }>("/api/session/list"), run = useAct();
  return <Card title={w("sessions")}>
    <Loaded of={got}>{({ sessions, this: mine }) => <ul class="plainlist sessions">{sessions.map(s => <li key={s.id} class="row">
      <span>{w("began")} {day(s.made)} <span class="quiet">{w("ends")} {day(s.ends)}</span></span> {s.id === mine && <Tag kind="done">{w("this")}</Tag>} {s.two_factors && <Tag>{w("factors")}</Tag>}
      {s.id !== mine && <button class="push" disabled={run.busy} onClick={() => run.run(() => act("DELETE", "/api/session/list/" + encodeURIComponent(s.id))).then(got.reload)}>{w("end")}</button>}</li>)}</ul>}</Loaded>
    <button disabled={run.busy} onClick={() => run.run(() => act("DELETE", "/api/session/list")).then(async ok => { if (ok) { await forget(holder()); location.reload(); } })}>{w("endAll")}</button>
    <p class="quiet">{w("endAllHelp")}</p>
    {run.failure && <Fail of={run.failure} />}
  </Card>;
}

function Passkeys() {
  const got = useGet<{ passkeys: Passkey[] | null }>("/api/session/passkeys"), ways = useGet<{ passkey: boolean }>("/api/session/ways");
  const [label, setLabel] = useState(""), [said, setSaid] = useState(""), run = useAct();
  const add = async () => {
    const begun = await act<{ id: string; publicKey: unknown }>("POST", "/api/session/passkeys/begin");
    const credential = await newPasskey(begun.publicKey).catch(() => { throw new Failure(0, "cancelled", w("cancelled")); });
    await act("POST", "/api/session/passkeys/finish", { id: begun.id, label: label || w("labelPlace"), credential });
    setLabel("");
    setSaid(w("added"));
  };
  return <Card title={w("passkeys")}>
    <p class="quiet">{w("passkeysHelp")}</p>
    <Loaded of={got}>{({ passkeys: list }) => !list?.length ? <p>{w("noPasskeys")}</p> : <ul class="plainlist passkeys">{list.map(k => <li key={k.id} class="row"><b>{k.label}</b><span class="quiet">{day(k.made)}{k.used && day(k.used) ? " · " + w("used", day(k.used)) : ""}</span>
      <button class="push" disabled={run.busy} onClick={() => run.run(() => act("DELETE", "/api/session/passkeys/" + k.id.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""))).then(got.reload)}>{w("remove")}</button></li>)}</ul>}</Loaded>
    {ways.data && !ways.data.passkey ? <p class="quiet">{w("byName", location.origin.replace(location.hostname, "localhost"))}</p> : !passkeys() ? <p class="quiet">{w("cannot")}</p>
      : <form class="form" onSubmit={e => { e.preventDefault(); setSaid(""); run.run(add).then(got.reload); }}>
        <Field label={w("label")}>{id => <input id={id} class="passkey-label" maxLength={64} placeholder={w("labelPlace")} value={label} onInput={e => setLabel((e.target as HTMLInputElement).value)} />}</Field>
        <button class="main add-passkey" disabled={run.busy}>{w("addPasskey")}</button></form>}
    <p role="status" class="good">{said}</p>
    {run.failure && <Fail of={run.failure} />}
  </Card>;
}

function Password() {
  const [old, setOld] = useState(""), [next, setNext] = useState(""), [said, setSaid] = useState(""), run = useAct();
  return <Card title={w("password")}>
    <form class="form" onSubmit={e => { e.preventDefault(); setSaid(""); run.run(async () => {
      await act("POST", "/api/session/password", { old, new: next });
      setOld("");
      setNext("");
      setSaid(w("changed"));
    }); }}>
      <Field label={w("old")}>{id => <input id={id} type="password" autocomplete="current-password" required value={old} onInput={e => setOld((e.target as HTMLInputElement).value)} />}</Field>
      <Field label={w("new")}>{id => <input id={id} type="password" autocomplete="new-password" minLength={12} required value={next} onInput={e => setNext((e.target as HTMLInputElement).value)} />}</Field>
      <button class="main" disabled={run.busy || !old || !next}>{w("change")}</button>
    </form>
    <p role="status" class="good">{said}</p>
    {run.failure && <Fail of={run.failure} />}
    <Command line={`suiren user link ${store.who?.name ?? "NAME"}`} />
  </Card>;
}

function Emergency() {
  const [reason, setReason] = useState(""), run = useAct(), now = store.who!.emergency;
  const go = (f: () => Promise<unknown>) => run.run(async () => { await f(); signedIn(); });
  return <Card title={w("emergency")}>
    <p class="quiet">{w("emergencyHelp")}</p>
    {now ? <div class="row"><p class="bad" role="status">{w("broken", day(now.ends), now.reason)}</p><button disabled={run.busy} onClick={() => go(() => act("DELETE", "/api/session/emergency"))}>{w("mend")}</button></div>
      : <form class="form" onSubmit={e => { e.preventDefault(); go(() => act("POST", "/api/session/emergency", { reason, minutes: 60 })); }}>
        <Field label={w("reason")}>{id => <input id={id} required maxLength={500} value={reason} onInput={e => setReason((e.target as HTMLInputElement).value)} />}</Field>
        <button disabled={run.busy || !reason.trim()}>{w("break")}</button></form>}
    {run.failure && <Fail of={run.failure} />}
  </Card>;
}
