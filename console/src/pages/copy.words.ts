import type { Pairs } from "../words";

export const words = {
  copied: ["Copied.", "已复制。"],
  copyFailed: ["The browser does not allow it: mark the text and copy it by hand.", "浏览器不允许：请选中文字手动复制。"],
  copyCode: ["Copy the code", "复制代码"],
} satisfies Pairs;
