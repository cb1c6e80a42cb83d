// A model's words as text. Nothing in them becomes markup of the page's: code,
// headings and bold words get a shape; links, pictures and HTML stay what they are, text.
import { h, Fragment, type ComponentChildren } from "../kit";
import { CopyCode } from "./copy";

export function Prose({ text }: { text: string }) {
  const out: ComponentChildren[] = [];
  text.split(/^```/m).forEach((part, i) => {
    if (i % 2 === 1) { // within a fence; an open one is still coming
      const end = part.indexOf("\n"), code = end < 0 ? "" : part.slice(end + 1);
      out.push(<div key={i}><pre tabIndex={0}><code>{code}</code></pre><CopyCode text={code} /></div>);
    } else if (part.trim()) {
      out.push(<span key={i}>{part.split("\n").map((line, j, all) => {
        const head = /^#{1,6} (.*)$/.exec(line);
        return <Fragment key={j}>{head ? <b>{head[1]}</b> : inline(line)}{j < all.length - 1 && "\n"}</Fragment>;
      })}</span>);
    }
  });
  return <Fragment>{out}</Fragment>;
}

function inline(line: string): ComponentChildren {
  return line.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((s, i) =>
    i % 2 === 0 ? s : s[0] === "`" ? <code key={i}>{s.slice(1, -1)}</code> : <b key={i}>{s.slice(2, -2)}</b>);
}
