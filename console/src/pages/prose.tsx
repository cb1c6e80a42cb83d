// A model's words as text. Nothing in them becomes markup of the page's: code,
// headings and bold words get a shape; links, pictures and HTML stay what they are, text.
import { h, Fragment, type ComponentChildren } from "../kit";
import { CopyCode } from "./copy";

// plain renders what is neither code nor a mark of bold words, and begins at a place of the text.
export function Prose({ text, plain = s => s }: { text: string; plain?: (text: string, from: number) => ComponentChildren }) {
  const out: ComponentChildren[] = [];
  let at = 0;
  text.split(/^```/m).forEach((part, i) => {
    const from = at;
    at += part.length + 3;
    if (i % 2 === 1) { // within a fence; an open one is still coming
      const end = part.indexOf("\n"), code = end < 0 ? "" : part.slice(end + 1);
      out.push(<div key={i}><pre tabIndex={0}><code>{code}</code></pre><CopyCode text={code} /></div>);
    } else if (part.trim()) {
      let begin = from;
      out.push(<span key={i}>{part.split("\n").map((line, j, all) => {
        const head = /^(#{1,6} )(.*)$/.exec(line), here = begin;
        begin += line.length + 1;
        return <Fragment key={j}>{head ? <b>{plain(head[2], here + head[1].length)}</b> : inline(line, here, plain)}{j < all.length - 1 && "\n"}</Fragment>;
      })}</span>);
    }
  });
  return <Fragment>{out}</Fragment>;
}

function inline(line: string, from: number, plain: (text: string, from: number) => ComponentChildren): ComponentChildren {
  return line.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((s, i) => {
    const here = from;
    from += s.length;
    return i % 2 === 0 ? <Fragment key={i}>{plain(s, here)}</Fragment> : s[0] === "`" ? <code key={i}>{s.slice(1, -1)}</code> : <b key={i}>{plain(s.slice(2, -2), here + 2)}</b>;
  });
}
