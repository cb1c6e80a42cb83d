// A button that puts a text where it can be pasted from.
import { Fragment, h, say, useState } from "../kit";
import { words } from "./copy.words";

const w = say(words);

// copy reports whether the text can be pasted now. A page that is not opened by
// https or by this machine's own name has no clipboard but by the old way.
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea"), before = document.activeElement as HTMLElement | null;
    area.value = text;
    area.className = "hidden";
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    before?.focus();
    return done;
  }
}

export const CopyCode = ({ text }: { text: string }) => <div class="row copy-code"><Copy text={text} label={w("copyCode")} /></div>;

export function Copy({ text, label }: { text: string; label: string }) {
  const [said, set] = useState("");
  return <Fragment><button type="button" class="bare copy" onClick={async () => { set(""); set(await copy(text) ? w("copied") : w("copyFailed")); }} onBlur={() => set("")}>{label}</button><span class="quiet" role="status">{said}</span></Fragment>;
}
