// The page: its frame, and what keeps it in step with the server.
import { type ComponentChildren, type Failure, Flame, followLive, Fragment, get, h, inTurn, keep, type Lang, loadPlan, mayOpen, onDraw, onSignedIn, redraw, render, type ServerState, showRun, store, t, type Theme, useState, type Who } from "./kit";

// The pages, in groups, and where each is loaded from when it is first opened.
const groups = [
  ["use", ["home", "chat", "knowledge"]],
  ["make", ["plan", "data", "training", "evaluation", "models", "releases"]],
  ["keep", ["guard", "usage", "traces"]],
  ["house", ["compute", "people", "settings", "account"]],
] as const;
type Name = typeof groups[number][1][number];

const loaders: Record<Name | "sign" | "kept", () => Promise<{ default: () => ComponentChildren }>> = {
  home: () => import("./pages/home"), chat: () => import("./pages/chat"), knowledge: () => import("./pages/knowledge"),
  plan: () => import("./pages/plan"), data: () => import("./pages/data"), training: () => import("./pages/training"),
  evaluation: () => import("./pages/evaluation"), models: () => import("./pages/models"),
  releases: () => import("./pages/releases"), guard: () => import("./pages/guard"), usage: () => import("./pages/usage"),
  traces: () => import("./pages/traces"), people: () => import("./pages/people"),
  compute: () => import("./pages/compute"), settings: () => import("./pages/settings"),
  account: () => import("./pages/account"), sign: () => import("./pages/sign"), kept: () => import("./pages/kept"),
};
const loaded = new Map<string, () => ComponentChildren>();
const failed = new Set<string>();
let tried = 0; // store.back when the pages that failed were last tried

function App() {
  return <Fragment>
    <a class="skip" href="#main" onClick={skip}>{t("skip")}</a>
    <header>
      <span class="brand"><Flame />Suiren <small lang="zh-CN">燧人{/* the language's own name */}</small></span>
      <div class="switches">
        {store.who?.keys && !store.signIn && <span class="row who-am-i"><a href="#account" title={t("account")}>{store.who.kind === "page" ? t("ownerHere") : store.who.title || store.who.name}</a><button class="bare" onClick={signOut}>{t("signOut")}</button></span>}
        <select aria-label={t("language")} value={store.lang} onChange={setLang}>
          <option value="en">English</option>
          <option value="zh-CN">简体中文{/* the language's own name */}</option>
        </select>
        <select aria-label={t("theme")} value={store.theme} onChange={setTheme}>
          {(["auto", "light", "dark"] as const).map(v => <option value={v}>{t(`theme_${v}`)}</option>)}
        </select>
      </div>
      {store.lost && !store.signIn && <p class="lost" role="status">{t("lost")}</p>}
    </header>
    <div class="frame">
      {!store.signIn && <Navigation />}
      <main id="main" tabIndex={-1}><Opened at={store.signIn ? "sign" : store.page} /></main>
    </div>
    {store.leaving && <Opened at="kept" />}
  </Fragment>;
}

function Navigation() {
  const [open, setOpen] = useState(false);
  return <nav aria-label={t("menu")} class={open ? "open" : ""}>
    <button type="button" class="menu" aria-expanded={open} onClick={() => setOpen(!open)}>{t("menu")} · {t(store.page as Name)}</button>
    <div class="groups">{groups.filter(([, pages]) => pages.some(mayOpen)).map(([group, pages]) => <div key={group} role="group" aria-label={t(`group_${group}`)}>
      <span class="group" aria-hidden="true">{t(`group_${group}`)}</span>
      {pages.filter(mayOpen).map(p => <a key={p} href={"#" + p} aria-current={store.page === p ? "page" : undefined} onClick={() => setOpen(false)}>{t(p)}</a>)}
    </div>)}</div>
  </nav>;
}

function Opened({ at }: { at: string }) {
  const View = loaded.get(at);
  if (View) return <View key={at} />;
  if (failed.has(at)) return <div class="failure middle" role="alert"><p>{t("pageFailed")}</p><button onClick={() => { failed.clear(); load(at as Name); }}>{t("retry")}</button></div>;
  if (at === "sign" || at === "kept") load(at);
  return <p class="middle quiet">{store.failure?.message ?? t("loading")}</p>;
}

async function load(page: Name | "sign" | "kept") {
  if (loaded.has(page) || failed.has(page)) return;
  try {
    loaded.set(page, (await loaders[page]()).default);
  } catch {
    failed.add(page);
  }
  redraw();
}

function skip(e: Event) {
  e.preventDefault();
  document.getElementById("main")!.focus();
}

function signOut() {
  store.leaving = true;
  redraw();
}

function setLang(e: Event) {
  store.lang = (e.target as HTMLSelectElement).value as Lang;
  keep("lang", store.lang);
  dress();
  redraw();
  if (store.signIn || !following) return;
  loadPlan(); // the server's own words change too
  if (store.run !== "latest") showRun(store.run);
  followLive(refresh, ended);
}

function setTheme(e: Event) {
  store.theme = (e.target as HTMLSelectElement).value as Theme;
  keep("theme", store.theme);
  dress();
  redraw();
}

function dress() {
  document.documentElement.lang = store.lang;
  document.documentElement.dataset.theme = store.theme;
}

function turnTo() {
  const link = /^#join=(.+)$/.exec(location.hash);
  const outside = /^#failed=([a-z_]+)$/.exec(location.hash);
  if (outside) {
    store.outside = outside[1];
    history.replaceState(null, "", "#home");
  }
  if (link) {
    store.joining = link[1];
    history.replaceState(null, "", "#home"); // nor does it stay in the address
    store.signIn = true;
  }
  const [page, ...rest] = location.hash.slice(1).split("/");
  const moved = store.page !== page;
  store.page = Object.hasOwn(loaders, page) && page !== "sign" && page !== "kept" ? page : "home";
  try { store.rest = decodeURIComponent(rest.join("/")); } catch { store.rest = ""; } // an address that somebody mistyped
  load(store.page as Name);
  redraw();
  if (moved) scrollTo(0, 0);
}

// start, which signing in calls too, asks for what the page shows, and again until the server answers.
async function start() {
  if (store.joining) {
    store.signIn = true;
    redraw();
    return;
  }
  await refresh();
  if (store.signIn) return;
  if (!store.server) {
    setTimeout(start, 3000);
  } else if (!following) {
    following = true;
    loadPlan();
    followLive(refresh, ended);
  }
}

// ended begins again with the server's stream, or by signing in.
function ended() {
  following = false;
  start();
}

const refresh = inTurn(async () => {
  try {
    const server = await get<ServerState>("/api/state");
    store.who = server?.has.includes("session") ? await get<Who>("/api/session") : null;
    store.server = server;
    store.failure = null;
    if (!store.joining) store.signIn = false; // who was asked to may have signed in meanwhile
  } catch (err) {
    store.failure = err as Failure;
    store.signIn = store.failure.status === 401;
    if (store.signIn) store.failure = null; // not asked yet
  }
  redraw();
});

let following = false;

onSignedIn(start);
let forgotten = false;

onDraw(() => {
  if (store.erased && !forgotten) import("./pages/kept").then(kept => kept.erased());
  forgotten = store.erased;
  if (tried !== store.back) {
    tried = store.back;
    failed.clear();
    load(store.page as Name);
  }
  document.title = [store.page === "chat" && store.title || t(store.page as Name), store.server?.release?.name, "Suiren"].filter(Boolean).join(" · ");
  render(<App />, document.getElementById("page")!);
});
addEventListener("hashchange", turnTo);
dress();
turnTo();
start();
