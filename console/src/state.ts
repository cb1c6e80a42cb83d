// The page's one state. Whoever changes it calls redraw.
import type { Failure, Live, ServerState, Who } from "./api";
import type { PlanView, Run, StepLive } from "./follow";

export type Lang = "en" | "zh-CN";
export type Theme = "auto" | "light" | "dark";

export const kept = (key: string) => { try { return localStorage.getItem("suiren-" + key); } catch { return null; } };

export function keep(key: string, value: string) {
  try { localStorage.setItem("suiren-" + key, value); } catch { /* a private window keeps nothing */ }
}

export const store = {
  lang: (kept("lang") ?? (navigator.language.startsWith("zh") ? "zh-CN" : "en")) as Lang,
  theme: (kept("theme") ?? "auto") as Theme,
  page: "home",
  title: "", // of what the page shows, in place of the page's
  rest: "", // of the address, after the page: #knowledge/handbook
  server: null as ServerState | null,
  now: null as Live | null, // what the server does, told by the stream
  who: null as Who | null,
  failure: null as Failure | null, // of the page as a whole
  lost: false, // the server is not heard
  back: 0, // how often it was heard again
  signIn: false,
  leaving: false, // asked whether to sign out
  erased: false,  // who was signed in here has no account any more
  joining: "", // the token of a link that works once: what follows # no server is sent
  outside: "", // the code of why an outer sign-in failed
  plan: null as PlanView | null,
  noPlan: false,
  runs: [] as Run[],
  run: "latest",
  live: new Map<string, StepLive>(),
};

let entered = () => {};

export function onSignedIn(f: () => void) { entered = f; }

// signedIn begins the page anew for who has signed in.
export function signedIn() {
  Object.assign(store, { signIn: false, erased: false, joining: "", outside: "", failure: null });
  entered();
  redraw();
}

let draw = () => {};
let queued = false;

export function onDraw(f: () => void) { draw = f; }

// redraw shows the state soon; many changes make one drawing.
export function redraw() {
  if (queued) return;
  queued = true;
  setTimeout(() => { queued = false; draw(); }, 16);
}

// inTurn has f run once at a time. Who asks while it runs has it run once more, so that
// what came last is what is newest: of answers that overlap the older may come later.
export function inTurn(f: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null, more = false;
  return () => {
    more = true;
    return running ??= (async () => {
      try {
        while (more) {
          more = false;
          await f();
        }
      } finally { running = null; }
    })();
  };
}

// mayDo reports whether the caller may do something, as far as the page knows; the server decides.
export const mayDo = (action: string) => !!store.server && store.who?.may[action] !== false;

// needs is what a caller must be allowed to, to have use of a page.
const needs: Record<string, string> = {
  chat: "chat", knowledge: "search", plan: "read_plan", data: "read_data", training: "read_runs", evaluation: "read_plan", models: "read_library",
  releases: "read_releases", guard: "read_policy", usage: "read_usage", traces: "read_traces", compute: "read_machine", people: "read_people", settings: "read_machine",
};
const instead: Record<string, string> = { settings: "approve", knowledge: "read_bases" }; // a second person decides there; who keeps the bases need not ask them

// mayOpen reports whether a page is of use to the caller. The server decides all the same.
export const mayOpen = (page: string) => (!needs[page] || !!store.server && (mayDo(needs[page]!) || !!instead[page] && mayDo(instead[page]!)))
  && (!["releases", "guard", "usage", "traces", "people"].includes(page) || !!store.server?.has.includes(page))
  && (page !== "account" || !!store.who?.keys); // without keys everyone is anyone
