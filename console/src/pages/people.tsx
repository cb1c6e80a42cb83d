// People: accounts with their roles, keys for programs, and tenants.
import { act, Card, Command, day, Empty, Fail, Field, Fragment, h, Loaded, mayDo, Page, say, store, t, Tabs, Tag, useAct, useGet, useState, listed } from "../kit";
import { words } from "./people.words";

const w = say(words);

interface Person { name: string; title?: string; roles: string[] | null; tenant?: string; source?: string; made: string; suspended?: string; password: boolean; passkeys?: number }
interface Key { name: string; roles: string[] | null; tenant?: string; made: string; expires?: string; revoked?: string; until?: string; works: boolean }
interface Erased { as?: string; contents?: number; held?: number; until?: string }
interface Tenant { name: string; title?: string; shares?: unknown }

const roles = ["owner", "system", "security", "audit", "operator", "user", "viewer"] as const;
const role = (r: string) => Object.hasOwn(words, "role_" + r) ? w(`role_${r}` as "role_user") : r;
const at = (kind: string, name: string) => `/api/${kind}/${encodeURIComponent(name)}`;

// over reports whether the caller may change who has these roles: an owner only by an owner.
const over = (roles: string[] | null) => !roles?.includes("owner") || !!store.who?.roles?.includes("owner");

// mayTake reports whether the caller may have a new secret of who has these roles: no more than theirs, unless they give out roles.
const mayTake = (roles: string[] | null) => over(roles) && (mayDo("set_roles") || (roles ?? []).every(r => ["viewer", "user", "operator"].includes(r) || !!store.who?.roles?.includes(r)));

type View = "people" | "keys" | "tenants";

export default function People() {
  const tab = (["keys", "tenants"].includes(store.rest) ? store.rest : "people") as View;
  return <Page title={t("people")} lead={w("lead")} side={<Tabs label={w("views")} at={tab} set={to => { location.hash = to === "people" ? "#people" : "#people/" + to; }} of={[["people", w("tab_people")], ["keys", w("tab_keys")], ["tenants", w("tab_tenants")]]} />}>
    {tab === "people" ? <Accounts /> : tab === "keys" ? <Keys /> : <Tenants />}
  </Page>;
}

// Roles offers those that the caller may give; those of free, whoever makes what gets them.
function Roles({ value, set, free = ["user", "viewer"] }: { value: string[]; set: (v: string[]) => void; free?: string[] }) {
  const may = (r: string) => over([r]) && (mayDo("set_roles") || free.includes(r));
  return <fieldset class="roles"><legend>{w("roles")}</legend>{roles.filter(may).map(r => <label key={r} class="pick"><input type="checkbox" checked={value.includes(r)} onChange={() => set(value.includes(r) ? value.filter(o => o !== r) : [...value, r])} />{role(r)}</label>)}</fieldset>;
}

// Once shows what is shown once.
function Once({ label, text }: { label: string; text: string }) {
  return text ? <p class="once" role="status"><b>{label}</b> <code tabIndex={0}>{text}</code></p> : null;
}

function Accounts() {
  const got = useGet<{ people: Person[] }>("/api/people"), run = useAct(), [link, setLink] = useState(""), [remove, setRemove] = useState(""), [erase, setErase] = useState(""), [done, setDone] = useState<Erased | null>(null), [editing, edit] = useState<{ name: string; roles: string[] } | null>(null);
  const [name, setName] = useState(""), [title, setTitle] = useState(""), [given, give] = useState<string[]>(["user"]);
  const go = (f: () => Promise<unknown>) => run.run(f).then(got.reload);
  const linked = async (r: Promise<{ link: string }>) => setLink(location.origin + (await r).link);
  return <Fragment>
    <Once label={w("oneLink")} text={link} />
    {run.failure && <Fail of={run.failure} />}
    {done && <p class="once" role="status"><b>{w("erased")}</b> {w("erasedWhat", done.contents ?? 0, done.as ?? "")}{done.held ? <span class="bad"> {w("erasedHeld", done.held, day(done.until ?? ""))}</span> : null}</p>}
    <Loaded of={got}>{({ people }) => people.length === 0 ? <Empty title={w("noPeople")}><p>{w("noPeopleHelp")}</p></Empty> : <Card title={w("tab_people")}><ul class="plainlist">{people.map(p => <li key={p.name} class="card person">
      <div class="row"><b>{p.name}</b>{p.title && <span>{p.title}</span>}{(p.roles ?? []).map(r => <Tag key={r}>{role(r)}</Tag>)}<Tag kind={day(p.suspended ?? "") ? "failed" : p.password || p.passkeys || p.source ? "done" : ""}>{day(p.suspended ?? "") ? w("suspended") : p.password || p.passkeys || p.source ? w("active") : w("noWay")}</Tag>
        <span class="quiet">{p.tenant || w("house")} · {day(p.made)}</span></div>
      <div class="row">
        {mayDo("set_roles") && over(p.roles) && <button onClick={() => edit({ name: p.name, roles: p.roles ?? [] })}>{w("changeRoles")}</button>}
        {mayDo("set_people") && over(p.roles) && <Fragment>
        <button disabled={run.busy} onClick={() => go(() => act("PATCH", at("people", p.name), { suspended: !day(p.suspended ?? "") }))}>{day(p.suspended ?? "") ? w("admit") : w("suspend")}</button>
        {mayTake(p.roles) && <button disabled={run.busy} onClick={() => run.run(() => linked(act("POST", at("people", p.name) + "/link")))}>{w("link")}</button>}
        <button disabled={run.busy} onClick={() => run.run(() => act("DELETE", at("people", p.name) + "/sessions"))}>{w("out")}</button>
        {remove === p.name ? <Fragment><span class="bad">{w("removing", p.name)}</span><button class="main" disabled={run.busy} onClick={() => { setRemove(""); go(() => act("DELETE", at("people", p.name))); }}>{w("sure")}</button><button onClick={() => setRemove("")}>{w("cancel")}</button></Fragment>
          : <button class="remove" onClick={() => setRemove(p.name)}>{w("remove")}</button>}
        {erase === p.name ? <Fragment><span class="bad">{w("erasing", p.name)}</span><button class="main" disabled={run.busy} onClick={() => { setErase(""); setLink(""); go(async () => setDone(await act<Erased>("POST", at("people", p.name) + "/erase"))); }}>{w("sureErase")}</button><button onClick={() => setErase("")}>{w("cancel")}</button></Fragment>
          : <button class="erase" onClick={() => setErase(p.name)}>{w("erase")}</button>}</Fragment>}
      </div>
      {editing?.name === p.name && <form class="form" onSubmit={e => { e.preventDefault(); go(() => act("PUT", at("people", p.name) + "/roles", { roles: editing.roles })); edit(null); }}><Roles value={editing.roles} set={r => edit({ ...editing, roles: r })} /><button class="main" disabled={run.busy}>{w("save")}</button></form>}
    </li>)}</ul></Card>}</Loaded>
    {mayDo("set_people") && <Card title={w("add")}><form class="form" onSubmit={e => { e.preventDefault(); go(() => linked(act("POST", "/api/people", { name, title, roles: given })).then(() => { setName(""); setTitle(""); give(["user"]); })); }}>
      <Field label={w("name")}>{id => <input id={id} class="person-name" required value={name} onInput={e => setName((e.target as HTMLInputElement).value)} />}</Field>
      <Field label={w("title")}>{id => <input id={id} value={title} onInput={e => setTitle((e.target as HTMLInputElement).value)} />}</Field>
      <Roles value={given} set={give} /><button class="main" disabled={run.busy || !name}>{w("add")}</button></form>
      <Command line={`suiren user add ${name || "NAME"}`} /></Card>}
  </Fragment>;
}

function Keys() {
  const got = useGet<{ keys: Key[] }>("/api/keys"), run = useAct(), [secret, setSecret] = useState(""), [name, setName] = useState(""), [days, setDays] = useState("90"), [given, give] = useState<string[]>(["user"]);
  const [grace, setGrace] = useState("0"), [before, setBefore] = useState("");
  const shown = async (r: Promise<{ secret: string; until?: string }>, rotated = false) => { const got = await r; setBefore(!rotated ? "" : got.until ? w("oldUntil", day(got.until)) : w("oldEnded")); setSecret(got.secret); };
  return <Fragment>
    <Once label={w("secret")} text={secret} />
    {before && <p role="status">{before}</p>}
    {run.failure && <Fail of={run.failure} />}
    <Loaded of={got}>{({ keys }) => <Card title={w("tab_keys")} side={mayDo("set_keys") && <Field label={w("grace")}>{id => <select id={id} class="grace" value={grace} onChange={e => setGrace((e.target as HTMLSelectElement).value)}>{(["0", "1", "24", "168"] as const).map(n => <option key={n} value={n}>{w(`grace_${n}`)}</option>)}</select>}</Field>}><div class="scroll" tabIndex={0} role="region" aria-label={w("tab_keys")}><table class="left"><thead><tr><th scope="col">{w("name")}</th><th scope="col">{w("roles")}</th><th scope="col">{w("tenant")}</th><th scope="col">{w("state")}</th><th scope="col">{w("made")}</th><th scope="col">{w("expires")}</th><th scope="col">{w("rotate")}</th></tr></thead>
      <tbody>{keys.map(k => <tr key={k.name}><th scope="row">{k.name}</th><td>{listed((k.roles ?? []).map(role))}</td><td>{k.tenant || w("house")}</td><td><Tag kind={k.works ? "done" : "failed"}>{k.works ? w("works") : w("ended")}</Tag>{k.works && k.until && Date.parse(k.until) > Date.now() && <div class="quiet">{w("oldUntil", day(k.until))}</div>}</td><td>{day(k.made)}</td><td>{day(k.expires ?? "")}</td>
        <td>{k.works && mayDo("set_keys") && over(k.roles) && <div class="row">{mayTake(k.roles) && <button disabled={run.busy} onClick={() => run.run(() => shown(act("POST", at("keys", k.name) + "/rotate", { hours: +grace }), true)).then(got.reload)}>{w("rotate")}</button>}<button disabled={run.busy} onClick={() => run.run(() => act("DELETE", at("keys", k.name))).then(got.reload)}>{w("revoke")}</button></div>}</td></tr>)}</tbody></table></div></Card>}</Loaded>
    {mayDo("set_keys") && <Card title={w("addKey")}><form class="form" onSubmit={e => { e.preventDefault(); run.run(() => shown(act("POST", "/api/keys", { name, roles: given, days: +days || 0 })).then(() => { setName(""); give(["user"]); })).then(got.reload); }}>
      <Field label={w("name")}>{id => <input id={id} required value={name} onInput={e => setName((e.target as HTMLInputElement).value)} />}</Field>
      <Field label={w("days")}>{id => <input id={id} type="number" min="0" max="3650" value={days} onInput={e => setDays((e.target as HTMLInputElement).value)} />}</Field>
      <Roles value={given} set={give} free={["user", "viewer", "operator"]} /><button class="main" disabled={run.busy || !name}>{w("addKey")}</button></form>
      <Command line={`suiren key create ${name || "NAME"}`} /></Card>}
  </Fragment>;
}

function Tenants() {
  const got = useGet<{ tenants: Tenant[] }>("/api/tenants"), run = useAct(), [name, setName] = useState("");
  return <Fragment>
    {run.failure && <Fail of={run.failure} />}
    <Loaded of={got}>{({ tenants }) => <Card title={w("tab_tenants")}>{tenants.length === 0 ? <p>{w("noTenants")}</p> : <ul class="plainlist">{tenants.map(one => <li key={one.name} class="row"><b>{one.name}</b>{one.title && <span>{one.title}</span>}{one.shares ? <span class="quiet">{w("shares")}: {JSON.stringify(one.shares)}</span> : null}
      {mayDo("set_tenants") && <button class="push" disabled={run.busy} onClick={() => run.run(() => act("DELETE", at("tenants", one.name))).then(got.reload)}>{w("remove")}</button>}</li>)}</ul>}</Card>}</Loaded>
    {mayDo("set_tenants") && <Card title={w("addTenant")}><form class="form" onSubmit={e => { e.preventDefault(); run.run(() => act("POST", "/api/tenants", { name })).then(got.reload); }}>
      <Field label={w("name")}>{id => <input id={id} required value={name} onInput={e => setName((e.target as HTMLInputElement).value)} />}</Field><button class="main" disabled={run.busy || !name}>{w("addTenant")}</button></form>
      <Command line={`suiren tenant add ${name || "NAME"}`} /></Card>}
  </Fragment>;
}
