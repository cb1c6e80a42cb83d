// src/pages/lines.tsx
import { h } from "./kit.js";
function Lines({ label, before, after }) {
  const a = before.split("\n"), b = after.split("\n"), rows = [];
  const long = a.map(() => new Array(b.length + 1).fill(0)).concat([new Array(b.length + 1).fill(0)]);
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) long[i][j] = a[i] === b[j] ? long[i + 1][j + 1] + 1 : Math.max(long[i + 1][j], long[i][j + 1]);
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      rows.push(["=", a[i++]]);
      j++;
    } else if (j >= b.length || i < a.length && long[i + 1][j] >= long[i][j + 1]) rows.push(["-", a[i++]]);
    else rows.push(["+", b[j++]]);
  }
  return /* @__PURE__ */ h("pre", { class: "lines-diff", tabIndex: 0, "aria-label": label }, rows.map(([mark, line], i) => /* @__PURE__ */ h("span", { key: i, class: { "+": "good", "-": "bad" }[mark] ?? "" }, mark === "=" ? "  " : mark + " ", line, "\n")));
}
export {
  Lines
};
