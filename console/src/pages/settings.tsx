// Settings: what the process was started with and how one comes in, each with its
// origin; and what the owner sets here: how long things are kept, backups, and what
// needs two people.
import { Card, Fragment, h, Loaded, mayDo, Page, say, store, t, Tabs, Tag, useGet } from "../kit";
import { Approvals, Backups, Keeping } from "./keeping";
import { words } from "./settings.words";

const w = say(words);

interface Setting { name: string; value: string; origin: "flag" | "environment" | "default" | "file" | "database"; from: string; what: string }
type View = "process" | "keep" | "backup" | "two";

export default function Settings() {
  const has = (path: string) => !!store.server?.has.includes(path);
  const tabs: [View, string][] = [];
  if (mayDo("read_machine")) tabs.push(["process", w("tab_process")]);
  if (has("care") && mayDo("keep")) tabs.push(["keep", w("tab_keep")]);
  if (has("backups") && mayDo("keep")) tabs.push(["backup", w("tab_backup")]);
  if (has("approvals")) tabs.push(["two", w("tab_two")]);
  const at = tabs.find(([k]) => k === store.rest)?.[0] ?? tabs[0]?.[0];
  return <Page title={t("settings")} lead={w("lead")} side={tabs.length > 1 && <Tabs label={w("views")} at={at!} set={to => { location.hash = to === "process" ? "#settings" : "#settings/" + to; }} of={tabs} />}>
    {at === "keep" ? <Keeping /> : at === "backup" ? <Backups /> : at === "two" ? <Approvals /> : at === "process" && <Process />}
  </Page>;
}

function Process() {
  const got = useGet<{ settings: Setting[]; places: Setting[]; access: Setting[] }>("/api/settings");
  const table = (list: Setting[], title: string) => <div class="scroll" tabIndex={0} role="region" aria-label={title}><table class="left"><thead><tr>
    <th scope="col">{w("name")}</th><th scope="col">{w("value")}</th><th scope="col">{w("origin")}</th><th scope="col">{w("what")}</th></tr></thead>
    <tbody>{list.map(s => <tr key={s.name}><th scope="row"><code>{s.name}</code></th><td class="value">{s.value && s.value !== "[]" ? <code>{s.value}</code> : <span class="quiet">{w("empty")}</span>}</td>
      <td><Tag kind={s.origin === "default" ? "" : "running"}>{w(`origin_${s.origin}`, s.from)}</Tag></td><td class="wrap">{s.what}</td></tr>)}</tbody></table></div>;
  return <Loaded of={got}>{({ settings, places, access }) => <Fragment>
    <Card title={w("places")}><dl class="facts-list tall">{places.map(p => <div key={p.name}><dt>{w(`place_${p.name}` as "place_home")}</dt><dd><code>{p.value}</code></dd></div>)}</dl></Card>
    <Card title={w("list")} side={<Tag>{w("readOnly")}</Tag>}>{table(settings, w("list"))}</Card>
    <Card title={w("access")} side={<a class="button" href="#people">{t("people")}</a>}>{table(access, w("access"))}</Card>
    <Card title={w("language")}><p class="quiet">{w("languageHelp")}</p></Card>
  </Fragment>}</Loaded>;
}
