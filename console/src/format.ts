// Numbers as people read them.
import { store } from "./state";

const zh = () => store.lang !== "en";

export function seconds(s: number): string {
  if (s >= 59.5) s = Math.round(s); // or it would be 60 s, or 1 min 60 s
  if (s < 0.1) return zh() ? "< 0.1 秒" : "< 0.1 s"; // the language's own name
  if (s < 10) return s.toFixed(1) + (zh() ? " 秒" : " s"); // the language's own name
  if (s < 60) return Math.round(s) + (zh() ? " 秒" : " s"); // the language's own name
  const m = Math.floor(s / 60), r = s % 60;
  if (m < 60) return zh() ? `${m} 分 ${r} 秒` : `${m} min ${r} s`; // the language's own name
  return zh() ? `${Math.floor(m / 60)} 小时 ${m % 60} 分` : `${Math.floor(m / 60)} h ${m % 60} min`; // the language's own name
}

export function milliseconds(v: number): string {
  return (v < 0.01 ? "< 0.01" : +v.toPrecision(3)) + (zh() ? " 毫秒" : " ms"); // the language's own name
}

// span is a time that is not known exactly.
export function span(low: number, high: number): string {
  const a = seconds(low), b = seconds(high);
  if (a === b) return a;
  if (high >= 60) return `${a} – ${b}`;
  const digits = high < 10 ? 1 : 0;
  return `${low.toFixed(digits)} – ${high.toFixed(digits)}` + (zh() ? " 秒" : " s"); // the language's own name
}

export function bytes(b: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  while (b >= 1024 && i < units.length - 1) { b /= 1024; i++; }
  return (i === 0 || b >= 100 ? b.toFixed(0) : b.toFixed(1)) + " " + units[i];
}

export function flops(v: number): string { return v.toExponential(1).replace("e+", "e"); }

export function count(v: number): string {
  return Number.isInteger(v) || Math.abs(v) >= 100 ? Math.round(v).toLocaleString("en") : v.toPrecision(3);
}

// params is a number of parameters.
export function params(v: number): string {
  const units = zh() ? [["亿", 1e8], ["万", 1e4]] as const : [["B", 1e9], ["M", 1e6], ["K", 1e3]] as const; // the language's own name
  for (const [unit, of] of units) if (v >= of) return +(v / of).toPrecision(3) + " " + unit;
  return count(v);
}

export function percent(v: number, digits = 1): string { return (100 * v).toFixed(digits) + "%"; }

// listed parts words and clauses parts clauses as the language parts them; told parts a name from what is said of it.
export function listed(words: (string | undefined)[]): string { return words.filter(Boolean).join(zh() ? "、" : ", "); }
export function clauses(said: (string | undefined)[]): string { return said.filter(Boolean).join(zh() ? "，" : ", "); }
export function told(name: string, of: string | number): string { return name + (zh() ? "：" : ": ") + of; }

// day is a time as people write it, in the reader's place.
export function day(v: string | number): string {
  const d = new Date(typeof v === "number" ? v * 1000 : v);
  if (Number.isNaN(d.getTime()) || d.getFullYear() < 1971) return "";
  const two = (n: number) => String(n).padStart(2, "0");
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}`;
}

// short is the beginning of a digest.
export function short(digest: string): string { return digest.replace(/^sha256:/, "").slice(0, 12); }
