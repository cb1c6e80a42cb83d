// Requests to the server that this page came from, and the shapes it answers in.
import { store } from "./state";
import { t } from "./words";

export interface Example { en: string; zh: string }
export interface Release {
  name: string; digest: string; context: number; label: boolean; answers: boolean; bases?: boolean; base?: string; // bases: it answers from the knowledge base that a request names; base: from this one if none is named
  examples: Example[]; about: About | null;
}
export interface About { parameters?: number; layers?: number; think?: number; passages?: number; adapters?: string[] }
export interface ServerState { version: string; caller: string; release: Release | null; releases: Release[]; has: string[] }
export interface Who { // keys: callers must show one; since: when the account or key was made; source: where a person's account comes from, "" is here
  name: string; since?: string; title?: string; source?: string; keys: boolean; may: Record<string, boolean>; kind?: "person" | "key" | "page"; roles?: string[] | null; tenant?: string;
  two_factors?: boolean; emergency?: { reason: string; ends: string };
}
export interface Source { id?: string; file: string; heading?: string; text: string; score: number; page?: number; start?: number; end?: number; quotes?: [number, number][] }
export interface Task { id: number; kind: string; name: string; began: string; ended?: string; done?: string; failed?: string; steps?: number; of?: number }
export interface LiveRelease { name: string; context?: number; origin?: string; stats: { Pages: number; PagesUsed: number; Running: number; Waiting: number } }
export interface Live { slots: number; working?: number; waiting?: number; most: number; releases: LiveRelease[]; tasks?: Task[] }

// A Failure is an error with words for the reader. Status 0 means that the
// server did not answer at all.
export class Failure extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly after = 0) { super(message); } // after: seconds to wait
}

// failureOf is err as a Failure.
export const failureOf = (err: unknown) => err instanceof Failure ? err : new Failure(0, "broken", String(err));

export async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal,
  headers: Record<string, string> = {}): Promise<Response> {
  let r: Response;
  try {
    r = await fetch(path, {
      method, signal, body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
      headers: { "Accept-Language": store.lang, ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
    });
  } catch (err) {
    if (signal?.aborted) throw err;
    throw new Failure(0, "unreachable", t("unreachable"));
  }
  if (r.ok) return r;
  let code = "", message = `${r.status} ${r.statusText}`;
  try {
    const e = (await r.json()).error;
    code = e.code;
    message = e.message;
  } catch { /* not our server's words: the status must do */ }
  if (code === "account_erased") store.erased = true;
  throw new Failure(r.status, code, message, +(r.headers.get("Retry-After") ?? 0) || 0);
}

// get asks for JSON; null if the server has no such thing.
export async function get<T>(path: string): Promise<T | null> {
  try {
    return await (await ask("GET", path)).json();
  } catch (err) {
    if (err instanceof Failure && err.status === 404) return null;
    throw err;
  }
}

// act sends what is to be done and returns the answer.
export async function act<T>(method: string, path: string, body: unknown = {}): Promise<T> {
  const r = await ask(method, path, body), out = await r.json();
  if (r.status === 202 && out.approval) throw new Failure(202, "asked", t("asked", out.approval.id));
  return out;
}

export interface ServerEvent { id: string; data: string }

// events reads a response's server-sent events until it ends.
export async function* events(r: Response): AsyncGenerator<ServerEvent> {
  const reader = r.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "", id = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
        let data = "";
        for (const line of text.slice(0, end).split("\n")) {
          if (line.startsWith("id: ")) id = line.slice(4);
          if (line.startsWith("data: ")) data += line.slice(6);
        }
        if (data) yield { id, data };
      }
    }
  } finally {
    reader.cancel().catch(() => {}); // leaving the loop ends the request
  }
}
