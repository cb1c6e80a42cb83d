// The page's one state. Whoever changes it calls redraw.
import type { Failure, ServerState } from "./api";
import type { Turn } from "./chat";
import type { PlanView, Run, StepLive } from "./plan";
import type { Report } from "./report";

export type Lang = "en" | "zh-CN";
export type Theme = "auto" | "light" | "dark";

const kept = (key: string) => { try { return localStorage.getItem("suiren-" + key); } catch { return null; } };

export function keep(key: string, value: string) {
  try { localStorage.setItem("suiren-" + key, value); } catch { /* a private window keeps nothing */ }
}

export const store = {
  lang: (kept("lang") ?? (navigator.language.startsWith("zh") ? "zh-CN" : "en")) as Lang,
  theme: (kept("theme") ?? "auto") as Theme,
  page: "chat",
  server: null as ServerState | null,
  failure: null as Failure | null, // of the page as a whole
  signIn: false,
  draft: "",
  turns: [] as Turn[],
  plan: null as PlanView | null,
  noPlan: false,
  report: null as Report | null,
  runs: [] as Run[],
  run: "latest",
  live: new Map<string, StepLive>(),
  picked: "", // the step whose details show
};

let draw = () => {};
let queued = false;

export function onDraw(f: () => void) { draw = f; }

// redraw shows the state soon; many changes make one drawing.
export function redraw() {
  if (queued) return;
  queued = true;
  setTimeout(() => { queued = false; draw(); }, 16);
}
