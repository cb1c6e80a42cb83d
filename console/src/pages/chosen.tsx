// Traces that were chosen for data: adding to a set, and the sets that there are.
import { act, Card, Command, count, day, Fail, Field, Fragment, h, Loaded, mayDo, say, Tag, useAct, useGet, useState, listed } from "../kit";
import { words } from "./chosen.words";

const w = say(words);

export interface Set { name: string; traces: number; kept: number; last: string; actors: string[] | null }

const at = (name: string) => "/api/sets/" + encodeURIComponent(name);

// Choose adds traces to a set that is named, or is there.
export function Choose({ ids, sets, done }: { ids: string[]; sets: Set[]; done: () => void }) {
  const [name, setName] = useState(sets[0]?.name ?? ""), [said, setSaid] = useState(""), add = useAct();
  return <form class="form choose" onSubmit={e => { e.preventDefault(); setSaid(""); add.run(async () => {
    const c = await act<{ added: number; already: number; empty: number }>("POST", at(name), { traces: ids });
    setSaid([w("added", count(c.added), name), c.already ? w("already", count(c.already)) : "", c.empty ? w("empty", count(c.empty)) : ""].filter(Boolean).join(" "));
    done();
  }); }}>
    <Field label={w("setName")} hint={w("setHint")}>{id => <Fragment><input id={id} class="set-name" list={id + "known"} required pattern="[a-z][a-z0-9_\-]{0,62}" value={name} onInput={e => setName((e.target as HTMLInputElement).value)} />
      <datalist id={id + "known"}>{sets.map(s => <option key={s.name} value={s.name} />)}</datalist></Fragment>}</Field>
    <button class="main add-to-set" disabled={add.busy || !name || ids.length === 0 || !mayDo("set_data")}>{w("add", count(ids.length))}</button>
    <span role="status" class="good">{said}</span>
    {add.failure && <Fail of={add.failure} />}
  </form>;
}

// Sets are all of them, each with how a plan reads it.
export function Sets({ of, show }: { of: ReturnType<typeof useGet<{ sets: Set[] | null }>>; show: (name: string) => void }) {
  const take = useAct();
  return <Card title={w("sets")}>
    <p class="quiet">{w("setsHelp")}</p>
    <Loaded of={of}>{({ sets }) => !sets?.length ? <p>{w("setsNone")}</p> : <ul class="plainlist sets">{sets.map(s => <li key={s.name} class="row">
      <b>{s.name}</b> <span>{w("setHolds", count(s.traces))}</span>{s.kept < s.traces && <Tag kind="running">{w("setLost", count(s.traces - s.kept))}</Tag>}<span class="quiet">{day(s.last)} {listed(s.actors ?? [])}</span>
      <span class="push row"><button onClick={() => show(s.name)}>{w("setShow")}</button>{mayDo("set_data") && <button disabled={take.busy} onClick={() => take.run(() => act("DELETE", at(s.name))).then(of.reload)}>{w("setAway")}</button>}</span>
      <pre class="in-plan" tabIndex={0} aria-label={s.name}>{`documents "${s.name}" {\n  traces = release.NAME\n  set    = "${s.name}"\n}`}</pre></li>)}</ul>}</Loaded>
    {take.failure && <Fail of={take.failure} />}
    <p class="quiet">{w("toData")}</p>
    <Command line="suiren trace set add SET ID…" />
  </Card>;
}
