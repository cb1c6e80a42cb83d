import type { Pairs } from "../words";

export const words = {
  close: ["Close", "关闭"],
  page: ["Page {0}", "第 {0} 页"],
  whole: ["The document", "全文"],
  before: ["Page before", "上一页"],
  next: ["Next page", "下一页"],
  asRead: ["The text as it was read: without its layout and pictures. What is cited is marked.", "读入的文字，不含版式与图片。被引用处已标出。"],
  passages: ["Its passages", "所含段落"],
  place: ["bytes {0} to {1} of the text", "文本字节 {0}–{1}"],
  gone: ["You may not read this document, or it is not there any more.", "您无权阅读该文档，或它已不在。"],
} satisfies Pairs;
