// Home: what runs, what it can still hold, what waits and why, and the next step.
import { act, bytes, Card, count, day, Fail, h, HealthCard, mayDo, mayOpen, Meter, Page, progressOfPlan, say, showRun, store, t, Tag, TaskList, useAct, useGet, clauses } from "../kit";
import { words } from "./home.words";

const w = say(words);

export default function Home() {
  return <Page title={w("title")} lead={w("lead")}>
    <Doors />
    <div class="two">
      <Now />
      {mayDo("read_runs") && <Last />}
    </div>
  </Page>;
}

// Doors are those that the caller may go through; who may go through none, as those who keep
// the house, is told what else is theirs.
function Doors() {
  const first = store.server?.release, p = progressOfPlan(), start = useAct();
  const run = first ? mayDo("chat") : mayDo("set_library"), ask = mayDo("search") || mayDo("read_bases"), train = store.plan ? mayDo("read_plan") : mayDo("set_plan");
  if (!store.server) return null;
  if (!run && !ask && !train) return <section aria-label={w("next")} class="doors"><Card title={w("next")}>
    <ul class="plainlist next">{(["guard", "traces", "people", "usage", "releases", "compute", "settings"] as const).filter(mayOpen).map(p => <li key={p}><a href={"#" + p}>{t(p)}</a> <span class="quiet">{w(`next_${p}`)}</span></li>)}</ul>
  </Card></section>;
  return <section aria-label={w("doors")} class="doors">
    {run && <article class="card door">
      <h2>{w("doorRun")}</h2><p>{w("doorRunHelp")}</p>
      {first ? <a class="button main" href="#chat">{w("doorTalk", first.name)}</a> : <a class="button main" href="#models">{w("doorRunGo")}</a>}
    </article>}
    {ask && <article class="card door">
      <h2>{w("doorAsk")}</h2><p>{w("doorAskHelp")}</p>
      <a class="button main" href="#knowledge">{w("doorAskGo")}</a>
    </article>}
    {train && <article class="card door">
      <h2>{w("doorTrain")}</h2><p>{w("doorTrainHelp")}</p>
      {store.plan ? <a class="button main" href="#plan">{p?.now ? w("doorTrainOn") : w("doorTrainPlan")}</a>
        : <button class="main" disabled={start.busy} onClick={() => start.run(async () => { await act("POST", "/api/first"); location.hash = "#plan"; })}>{w("doorTrainGo")}</button>}
      {start.failure && <Fail of={start.failure} />}
    </article>}
  </section>;
}

function Now() {
  const now = store.now, p = progressOfPlan(), free = useGet<{ free: number }>(store.server && mayDo("read_library") ? "/api/library" : "");
  return <Card title={w("now")}>
    {store.server && store.server.releases.length === 0 && <p>{w("nothing")}</p>}
    <ul class="plainlist">{now?.releases.map(r => <li key={r.name}>
      {mayDo("chat") ? <a href="#chat"><b>{r.name}</b></a> : <b>{r.name}</b>} {r.context ? <span class="quiet">{clauses([w("context", count(r.context)), r.origin && Object.hasOwn(words, "origin_" + r.origin) ? w(`origin_${r.origin}` as "origin_model") : ""])}</span> : null}
      {r.stats.Pages > 0 && <Meter part={r.stats.PagesUsed / r.stats.Pages} label={w("holds", count(r.stats.PagesUsed), count(r.stats.Pages))} />}
    </li>)}</ul>
    {p?.now && <div><Meter part={p.part} label={w("making", p.done, p.all)} /><p class="quiet">{p.now}</p></div>}
    {now?.working !== undefined && now.waiting !== undefined && <div>
      <Meter part={now.working / now.slots} label={w("answering", now.working, now.slots)} />
      <Meter part={now.waiting / now.most} label={w("waiting", now.waiting, now.most)} />
      <p class="quiet">{now.waiting > 0 ? w("waitsWhy", now.slots) : w("waitsNot")}</p>
    </div>}
    <HealthCard only />
    {free.data && <p class="quiet">{w("free", bytes(free.data.free))}</p>}
    <TaskList kinds={["knowledge", "model", "load", "plan"]} />
  </Card>;
}

function Last() {
  const list = store.runs.slice(0, 8);
  return <Card title={w("last")}>
    {list.length === 0 ? <p>{w("noRuns")}</p> : <ul class="plainlist">{list.map(r => <li key={r.id}>
      <a href="#plan" onClick={() => showRun(r === list[0] ? "latest" : r.id)}>{day(r.began)}</a> <Tag kind={r.state}>{Object.hasOwn(words, "run_" + r.state) ? w(`run_${r.state}` as "run_done") : r.state}</Tag>
    </li>)}</ul>}
  </Card>;
}
