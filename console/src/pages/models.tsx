// Models: what was brought, whether it fits before it is loaded, and how to load it.
import { act, bytes, Card, Command, count, day, Empty, Fail, FactList, Field, Fragment, h, Loaded, mayDo, Meter, Page, params, say, short, store, Tag, TaskList, t, useAct, useEffect, useGet, useState } from "../kit";
import { words } from "./models.words";

const w = say(words);

interface Model {
  name: string; path: string; format: string; architecture: string; context?: number; parameters: number; bytes: number; digest: string; added: string;
  changed: string[] | null; served: string; fit: Fit;
}
interface Fit { fits: boolean; free: number; bytes: number; pages?: number; context?: number; whole?: number; longest?: number; why?: string }

export default function Models() {
  const list = useGet<{ models: Model[]; free: number }>("/api/library");
  const [chosen, choose] = useState("");
  const tasks = JSON.stringify((store.now?.tasks ?? []).map(task => [task.id, task.ended]));
  useEffect(list.reload, [tasks, store.server?.releases.length]);
  const model = list.data?.models.find(m => m.name === chosen) ?? list.data?.models[0];
  return <Page title={t("models")} lead={w("lead")} side={list.data && <span class="quiet">{w("free", bytes(list.data.free))}</span>}>
    <TaskList kinds={["model", "load"]} />
    <Loaded of={list}>{({ models }) => models.length === 0
      ? <Empty title={w("none")}><p>{w("noneHelp")}</p></Empty>
      : <div class="listed">
        <ul class="picks">{models.map(m => <li key={m.name}><button aria-pressed={m === model} onClick={() => choose(m.name)}>
          <b>{m.name}</b> <span class="quiet">{m.architecture} · {params(m.parameters)} · {bytes(m.bytes)}</span>
          <span class="row">{m.served && <Tag kind="done">{w("served")}</Tag>}<Tag kind={m.fit.fits ? "done" : "failed"}>{m.fit.fits ? w("fits") : w("fitsNot")}</Tag></span>
        </button></li>)}</ul>
        {model && <Fitting key={model.name} of={model} reload={list.reload} />}
      </div>}</Loaded>
    {mayDo("set_library") && <Add />}
  </Page>;
}

function Fitting({ of, reload }: { of: Model; reload: () => void }) {
  const most = of.context || 4096;
  const [context, setContext] = useState(Math.min(most, 4096));
  const [kv, setKV] = useState("f16"), [adapter, setAdapter] = useState({ name: "", path: "" }), own = adapter.name && adapter.path ? { [adapter.name]: adapter.path } : undefined;
  const named = store.server?.releases.find(r => r.name === of.served)?.about?.adapters ?? [];
  const [asked, ask] = useState(context);
  useEffect(() => { const timer = setTimeout(() => ask(context), 150); return () => clearTimeout(timer); }, [context]);
  const fit = useGet<Fit>(`/api/library/fit?model=${encodeURIComponent(of.name)}&context=${asked}&kv=${kv}`);
  const load = useAct(), shown = fit.data;
  return <Card title={of.name}>
    <FactList rows={[[w("format"), `${of.format} · ${of.architecture}`], [w("parameters"), count(of.parameters)], [w("size"), bytes(of.bytes)],
      [w("added"), day(of.added)], [w("digest"), <code>{short(of.digest)}</code>], [w("from"), <code>{of.path}</code>]]} />
    {of.changed && of.changed.length > 0 && <p class="bad">{w("changed")}</p>}
    <h3>{w("fit")}</h3>
    <Field label={w("context", count(context))} hint={w("contextHint")}>{id =>
      <input id={id} type="range" min={256} max={Math.max(most, 512)} step={256} value={context} onInput={e => setContext(+(e.target as HTMLInputElement).value)} />}</Field>
    <Field label={w("kv")} hint={w("kvHint")}>{id => <select id={id} value={kv} onChange={e => setKV((e.target as HTMLSelectElement).value)}>
      {["f16", "f32", "int8"].map(v => <option key={v}>{v}</option>)}</select>}</Field>
    {named.length > 0 && <p>{w("adapters")} {named.map(a => <Tag key={a}>{a}</Tag>)} <span class="quiet">{w("adaptersHelp")}</span></p>}
    {!of.served && mayDo("set_library") && <details><summary>{w("adapter")}</summary><div class="form">
      <Field label={w("adapterName")}>{id => <input id={id} class="adapter-name" maxLength={64} value={adapter.name} onInput={e => setAdapter({ ...adapter, name: (e.target as HTMLInputElement).value })} />}</Field>
      <Field label={w("adapterPath")} hint={w("adapterHint")}>{id => <input id={id} class="adapter-path" value={adapter.path} onInput={e => setAdapter({ ...adapter, path: (e.target as HTMLInputElement).value })} />}</Field></div></details>}
    {shown && <div role="status">
      <Tag kind={shown.fits ? "done" : "failed"}>{shown.fits ? w("fits") : w("fitsNot")}</Tag>
      {shown.bytes > 0 && <Meter part={shown.bytes / Math.max(shown.free, 1)} label={w("needs", bytes(shown.bytes), bytes(shown.free))} />}
      {shown.pages ? <p class="quiet">{w("weights")} {bytes(shown.bytes - shown.pages)} + {w("pages")} {bytes(shown.pages)}</p> : null}
      {shown.whole ? <p>{w("holds", Math.floor(shown.whole), count(shown.context ?? 0))}</p> : null}
      {shown.why ? <p class="bad">{shown.why}</p> : <p class="quiet">{w("basis")}</p>}
    </div>}
    {of.served ? <div class="row">{mayDo("chat") && <a class="button main" href="#chat">{w("open")}</a>}{mayDo("set_library") && <Fragment><button class="unload" disabled={load.busy} onClick={() => load.run(() => act("POST", "/api/library/unload", { model: of.served })).then(reload)}>{w("unload")}</button><span class="quiet">{w("unloadHelp")}</span></Fragment>}</div> : mayDo("set_library") && <button class="main" disabled={load.busy || !shown?.fits}
      onClick={() => load.run(() => act("POST", "/api/library/load", { model: of.name, context, kv, adapters: own }))}>{w("load")}</button>}
    {load.failure && <Fail of={load.failure} />}
    <Command line={`suiren serve ${of.name} --context ${context} --kv ${kv}${own ? ` --adapter ${adapter.name}=${adapter.path}` : ""}`} />
  </Card>;
}

function Add() {
  const [path, setPath] = useState(""), [name, setName] = useState(""), add = useAct();
  return <Card title={w("add")}>
    <form class="form" onSubmit={e => { e.preventDefault(); add.run(() => act("POST", "/api/library", { path, name })); }}>
      <Field label={w("path")} hint={w("pathHint")}>{id => <input id={id} value={path} required onInput={e => setPath((e.target as HTMLInputElement).value)} />}</Field>
      <Field label={w("name")}>{id => <input id={id} value={name} onInput={e => setName((e.target as HTMLInputElement).value)} />}</Field>
      <button class="main" disabled={add.busy || !path}>{w("addGo")}</button>
    </form>
    {add.failure && <Fail of={add.failure} />}
    <Command line={`suiren models add ${path || "PATH"}${name ? " --name " + name : ""}`} />
  </Card>;
}
